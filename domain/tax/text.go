package tax

import (
	"strings"

	"github.com/shopspring/decimal"
)

var hundred = decimal.New(100, 0)

// percentage tells a stated rate above 0 and at most 100.
func percentage(d Decimal) bool {
	return d.value.Sign() > 0 && !d.value.GreaterThan(hundred)
}

func isName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for i, c := range []byte(s) {
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && (i == 0 || c != '.' && c != '_' && c != '-') {
			return false
		}
	}
	return true
}

// isJurisdiction tells a country, ISO 3166-1 alpha-2, or a part of one, ISO
// 3166-2: "CA", "CA-QC".
func isJurisdiction(s string) bool {
	country, part, ofPart := strings.Cut(s, "-")
	if len(country) != 2 || !capitals(country, false) {
		return false
	}
	return !ofPart || len(part) >= 1 && len(part) <= 3 && capitals(part, true)
}

func isVATEX(s string) bool {
	code, ok := strings.CutPrefix(s, "VATEX-")
	return ok && code != "" && len(s) <= maxName && capitals(strings.ReplaceAll(code, "-", "A"), true)
}

func capitals(s string, digits bool) bool {
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (!digits || c < '0' || c > '9') {
			return false
		}
	}
	return true
}
