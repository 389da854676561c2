package rating

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
)

// spot is a place in the agreement under check.
type spot struct {
	found          *InvalidError
	words, pointer string
}

// field is a part of the spot by its name in JSON.
func (s spot) field(name string) spot { return s.at(strings.ReplaceAll(name, "_", " "), name) }

// item is an element of the list that the spot is; its words replace those of
// the list, so that "lanes" of nothing becomes "lane TX-CA".
func (s spot) item(i int, words string) spot {
	if cut := strings.LastIndex(s.words, ", "); cut >= 0 {
		words = s.words[:cut] + ", " + words
	}
	return spot{s.found, words, s.pointer + "/" + strconv.Itoa(i)}
}

func (s spot) at(words, pointer string) spot {
	if s.words != "" {
		words = s.words + ", " + words
	}
	return spot{s.found, words, s.pointer + "/" + pointer}
}

func (s spot) refuse(format string, args ...any) {
	if len(s.found.Problems) == maxProblems {
		s.found.More++
		return
	}
	s.found.Problems = append(s.found.Problems, Problem{s.pointer, s.words, fmt.Sprintf(format, args...)})
}

// shown repeats untrusted text, its beginning, so that a person sees what was
// read.
func shown(text string) string {
	if text == "" {
		return "nothing"
	}
	if len(text) > 40 {
		return strconv.QuoteToASCII(text[:40]) + "…"
	}
	if validID(text) {
		return text
	}
	return strconv.QuoteToASCII(text)
}

// called names an element by its id, or by its number where that is no use.
func called(what, id string, i int) string {
	if validID(id) {
		return what + " " + id
	}
	return fmt.Sprintf("%s %d", what, i+1)
}

// validID is the grammar of all ids in the ledger.
func validID(id string) bool {
	if id == "" || len(id) > maxIDBytes {
		return false
	}
	return strings.IndexFunc(id, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("._:/+#-", c))
	}) < 0
}

func (s spot) id(id string) {
	switch {
	case id == "":
		s.refuse("is missing")
	case !validID(id):
		s.refuse("%s is no id: write 1 to %d of A-Z a-z 0-9 . _ : / + # -", shown(id), maxIDBytes)
	}
}

// text refuses what would not print on one line.
func (s spot) text(text string) {
	switch {
	case len(text) > maxTextBytes:
		s.refuse("is %d bytes long: at most %d are kept", len(text), maxTextBytes)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }):
		s.refuse("%s holds characters that do not print: write one line of text", shown(text))
	case text != "" && strings.TrimSpace(text) == "":
		s.refuse("is blank: write a text or leave it out")
	}
}

func (s spot) neededText(text string) {
	if text == "" {
		s.refuse("is missing")
		return
	}
	s.text(text)
}

// names checks a list of texts or ids, each there once.
func (s spot) names(names []string, each func(spot, string)) {
	if !s.atMost(len(names), maxNames) {
		return
	}
	seen := map[string]int{}
	for i, name := range names {
		at := spot{s.found, fmt.Sprintf("%s, entry %d", s.words, i+1), s.pointer + "/" + strconv.Itoa(i)}
		each(at, name)
		at.once(seen, name, i, shown(name))
	}
}

// once refuses what is there a second time.
func (s spot) once(seen map[string]int, key string, i int, what string) {
	if key == "" {
		return
	}
	if first, again := seen[key]; again {
		s.refuse("%s is there twice, as numbers %d and %d: keep one", what, first+1, i+1)
		return
	}
	seen[key] = i
}

func (s spot) atMost(n, most int) bool {
	if n > most {
		s.refuse("has %d entries: at most %d are taken", n, most)
	}
	return n <= most
}

func (s spot) within(n, least, most int) {
	if n < least || n > most {
		s.refuse("is %d: write %d to %d", n, least, most)
	}
}

// civilDate reads "2006-01-02".
func civilDate(text string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, text)
	return t, err == nil
}

func (s spot) date(text string) bool {
	if text == "" {
		s.refuse("is missing: write a date as in 2026-03-31")
		return false
	}
	if _, ok := civilDate(text); !ok {
		s.refuse("%s is no date: write year, month and day as in 2026-03-31", shown(text))
		return false
	}
	return true
}

func (s spot) dateBasis(b DateBasis) {
	if b != "" {
		oneOf(s.field("date_basis"), b, ByPickup, ByDelivery, ByOrder)
	}
}

// oneOf refuses a word that is not known here.
func oneOf[T ~string](s spot, word T, known ...T) bool {
	if slices.Contains(known, word) {
		return true
	}
	list := make([]string, len(known))
	for i, k := range known {
		list[i] = string(k)
	}
	if word == "" {
		s.refuse("is missing: write one of %s", strings.Join(list, ", "))
	} else {
		s.refuse("%s cannot be here: write one of %s", shown(string(word)), strings.Join(list, ", "))
	}
	return false
}

// least is what a number must not be below.
type least bool

const (
	above   least = true  // above nought
	atLeast least = false // nought or more
)

// number is one that must be there; false when it is not as it must be.
func (s spot) number(d Decimal, l least) bool {
	if d.IsZero() {
		s.refuse("is missing: write a number")
		return false
	}
	return s.signed(d, l)
}

// nonNegative is one that may be left out.
func (s spot) nonNegative(d Decimal) bool { return d.IsZero() || s.signed(d, atLeast) }

func (s spot) signed(d Decimal, l least) bool {
	switch {
	case d.Sign() < 0:
		s.refuse("is %s: write no number below 0", d)
	case l == above && d.Sign() == 0:
		s.refuse("is 0: write a number above 0")
	default:
		return true
	}
	return false
}

// percent may be left out.
func (s spot) percent(d Decimal) {
	if s.nonNegative(d) && d.Exact().Cmp(decimal.NewFromInt(100)) > 0 {
		s.refuse("is %s per cent: write 0 to 100", d)
	}
}

// payable is an amount that may become a charge as it stands; it may be left
// out.
func (s spot) payable(d Decimal, c money.Currency) {
	if s.nonNegative(d) && c.Known() && !d.Exact().Shift(c.Digits()).IsInteger() {
		s.refuse("is %s: %s has %d decimals, and nobody can pay less", d, c, c.Digits())
	}
}

// absent refuses a field that means nothing here.
func (s spot) absent(name string, isAbsent bool, why string) {
	if !isAbsent {
		s.field(name).refuse("%s: leave it out", why)
	}
}

// round checks a rounding that may be left out.
func (s spot) round(name string, r *Round) bool {
	if r == nil {
		return false
	}
	at := s.field(name)
	mode := oneOf(at.field("mode"), r.Mode, money.HalfUp, money.HalfEven, money.Down, money.Up, money.Floor, money.Ceiling)
	return at.field("step").number(r.Step, above) && mode
}

// amountRound checks the rounding of an amount, which must end in whole minor
// units.
func (s spot) amountRound(name string, r *Round, c money.Currency) {
	if s.round(name, r) && c.Known() && !r.Step.Exact().Shift(c.Digits()).IsInteger() {
		s.field(name).field("step").refuse("is %s: an amount in %s has %d decimals, so the step is a multiple of %s",
			r.Step, c, c.Digits(), money.FromMinor(1, c).Format())
	}
}
