package rating

import (
	"slices"
	"strconv"
	"strings"
)

// holds tells a place in one of the region's areas.
func (r Region) holds(p Place) bool {
	return slices.ContainsFunc(r.Areas, func(a Area) bool { return a.holds(p) })
}

// holds tells a place that matches every stated part. What is not known of the
// place matches nothing that is asked for: neither a postal code that is
// wanted, nor one that is excluded, can be told of a place without.
func (a Area) holds(p Place) bool {
	equal := func(name, other string) bool {
		return strings.EqualFold(strings.TrimSpace(name), strings.TrimSpace(other))
	}
	in := func(names []string, name string) bool {
		return len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return equal(n, name) })
	}
	if !equal(a.Country, p.Country) || !in(a.States, p.State) || !in(a.Cities, p.City) {
		return false
	}
	if len(a.Postal) == 0 && len(a.Exclude) == 0 {
		return true
	}
	code := postalCode(a.Country, p.Postal)
	if code == (postal{}) {
		return false
	}
	matches := func(text string) bool {
		set, why := parsePostal(a.Country, text)
		return why == "" && set.holds(code)
	}
	return (len(a.Postal) == 0 || slices.ContainsFunc(a.Postal, matches)) && !slices.ContainsFunc(a.Exclude, matches)
}

// postal is a postal code for comparison: capitals and digits, without spaces
// and hyphens. British codes are told in their two halves, "SW1A" and "1AA",
// because district B1 is not the beginning of district B11.
type postal struct {
	out, in string // in is of British codes alone
}

func postalCode(country, text string) postal {
	text = strings.ToUpper(strings.TrimSpace(text))
	if country != "GB" {
		return postal{out: squeeze(text)}
	}
	if out, in, split := strings.Cut(text, " "); split {
		return postal{squeeze(out), squeeze(in)}
	}
	text = squeeze(text)
	if cut := len(text) - 3; cut >= 2 && isDigit(text[cut]) && isUpper(text[cut+1:], 2, 2, "") {
		return postal{text[:cut], text[cut:]}
	}
	return postal{out: text}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func squeeze(text string) string {
	return strings.Map(func(c rune) rune {
		if c == ' ' || c == '-' {
			return -1
		}
		return c
	}, text)
}

// postalSet is what one entry of Area.Postal means.
type postalSet struct {
	country   string
	low, high postal // high is zero for a prefix
}

const (
	maxPostalBytes = 30
	maxOutward     = 4 // "SW1A"
)

// parsePostal reads a prefix or a range; why says what is wrong with it.
func parsePostal(country, text string) (set postalSet, why string) {
	if len(text) > maxPostalBytes {
		return set, "is too long for a postal code"
	}
	low, high, ranged := strings.Cut(text, "-")
	set = postalSet{country, postalCode(country, low), postal{}}
	if !wellFormed(low) || ranged && !wellFormed(high) {
		return set, `is no postal code: write a prefix as in 750 or M5V, or a range as in 75001-75399`
	}
	if country == "GB" && set.low.in == "" && len(set.low.out) > maxOutward {
		return set, `is no British code: write its space, as in B1 1`
	}
	if !ranged {
		return set, ""
	}
	set.high = postalCode(country, high)
	if country == "GB" {
		area, from := district(set.low.out)
		same, to := district(set.high.out)
		if set.low.in+set.high.in != "" || area == "" || area != same || from < 0 || to < from {
			return set, `is no range: in GB write districts of one area in rising order, as in B1-B20`
		}
		return set, ""
	}
	if len(set.low.out) != len(set.high.out) || set.high.out < set.low.out {
		return set, `is no range: write two codes of the same length in rising order, as in 75001-75399, and a single code without its hyphen`
	}
	return set, ""
}

// wellFormed tells one to ten capitals and digits, and spaces between them.
func wellFormed(code string) bool {
	return strings.TrimSpace(code) == code && isUpper(squeeze(code), 1, 10, decimalDigits)
}

func (s postalSet) holds(code postal) bool {
	switch {
	case s.country == "GB":
		return s.holdsBritish(code)
	case s.high == postal{}:
		return strings.HasPrefix(code.out, s.low.out)
	case len(code.out) < len(s.low.out):
		return false
	}
	head := code.out[:len(s.low.out)]
	return s.low.out <= head && head <= s.high.out
}

// holdsBritish: "B" is an area, "B1" a district with its subdistricts B1A, but
// not B11; "B1 1" is a sector, "SW1A 1AA" one code. A range is of districts.
func (s postalSet) holdsBritish(code postal) bool {
	if (s.high != postal{}) {
		area, from := district(s.low.out)
		_, to := district(s.high.out)
		within, number := district(code.out)
		return within == area && from <= number && number <= to
	}
	if s.low.in != "" {
		return s.low.out == code.out && strings.HasPrefix(code.in, s.low.in)
	}
	rest, ok := strings.CutPrefix(code.out, s.low.out)
	wanted := s.low.out[len(s.low.out)-1]
	return ok && (rest == "" || isDigit(wanted) != isDigit(rest[0]))
}

// district splits "EC1A" into its area "EC" and number 1; -1 when it has none.
func district(out string) (area string, number int) {
	at := strings.IndexAny(out, decimalDigits)
	if at < 0 {
		return out, -1
	}
	end := at
	for end < len(out) && strings.ContainsRune(decimalDigits, rune(out[end])) {
		end++
	}
	number, err := strconv.Atoi(out[at:end])
	if err != nil {
		return out, -1
	}
	return out[:at], number
}
