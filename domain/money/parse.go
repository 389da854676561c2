package money

import (
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"
)

// quotedBytes bounds what an error repeats of its input.
const quotedBytes = 40

// ParseDecimal reads the one grammar for numbers from outside:
//
//	-?[0-9]{1,15}(\.[0-9]{1,6})?
//
// in ASCII. It looks at no more bytes than the longest number has, so neither an
// exponent nor ten megabytes of digits cost anything. "-0" is 0.
func ParseDecimal(s string) (decimal.Decimal, error) {
	const longest = 1 + MaxWholeDigits + 1 + MaxDecimals
	if len(s) > longest {
		return decimal.Decimal{}, notAmount(s)
	}
	digits := s
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	var units int64
	whole := 0
	for whole < len(digits) && isDigit(digits[whole]) {
		units = units*10 + int64(digits[whole]-'0')
		whole++
	}
	decimals := 0
	if whole < len(digits) {
		if digits[whole] != '.' {
			return decimal.Decimal{}, notAmount(s)
		}
		for _, c := range []byte(digits[whole+1:]) {
			if !isDigit(c) {
				return decimal.Decimal{}, notAmount(s)
			}
			units = units*10 + int64(c-'0')
			decimals++
		}
		if decimals < 1 || decimals > MaxDecimals {
			return decimal.Decimal{}, notAmount(s)
		}
	}
	if whole < 1 || whole > MaxWholeDigits {
		return decimal.Decimal{}, notAmount(s)
	}
	if whole+decimals > 18 { // units may have overflowed
		return decimal.NewFromString(s)
	}
	if len(digits) < len(s) {
		units = -units
	}
	return decimal.New(units, int32(-decimals)), nil
}

// Parse reads an amount in c by the grammar of ParseDecimal. Decimals beyond the
// minor unit are kept, because unit rates have them.
func Parse(amount string, c Currency) (Money, error) {
	if !c.Known() {
		return Money{}, unknownCurrency(string(c))
	}
	d, err := ParseDecimal(amount)
	if err != nil {
		return Money{}, err
	}
	return canonical(d, c), nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func notAmount(s string) error {
	return fmt.Errorf("%s: %w; write digits with a point, as in -1234.50: at most %d before the point and %d after it", quote(s), ErrAmount, MaxWholeDigits, MaxDecimals)
}

// quote repeats the beginning of untrusted text, escaped.
func quote(s string) string {
	if len(s) <= quotedBytes {
		return strconv.QuoteToASCII(s)
	}
	return strconv.QuoteToASCII(s[:quotedBytes]) + "…"
}
