package sandboxerp

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/shopspring/decimal"
)

// amount is money in thousandths of the currency's unit. One scale serves every
// currency, so that an edit of a document's currency changes no number, and
// 15 digits before the point with 3 after it still fit an integer column.
type amount int64

const (
	amountScale       = 3
	maxWholeDigits    = 15
	maxFractionDigits = 6
)

// minorDigits returns how many digits follow the point in a currency.
func minorDigits(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
		"RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	}
	return 2
}

// parseAmount reads a plain decimal; the empty string is zero.
func parseAmount(text, currency string) (amount, error) {
	if text == "" {
		return 0, nil
	}
	if len(text) > maxWholeDigits+1+maxFractionDigits {
		return 0, errors.New("the amount is longer than 15 digits before and 6 after the point")
	}
	whole := 0
	for whole < len(text) && isDigit(text[whole]) {
		whole++
	}
	switch {
	case whole == 0:
		return 0, fmt.Errorf("the amount %q is not a plain decimal such as 1250.00", text)
	case whole > maxWholeDigits:
		return 0, fmt.Errorf("the amount %s has more than %d digits before the point", text, maxWholeDigits)
	case whole > 1 && text[0] == '0':
		return 0, fmt.Errorf("the amount %s has a leading zero", text)
	}
	fraction := text[whole:]
	if fraction != "" {
		if fraction[0] != '.' || len(fraction) == 1 {
			return 0, fmt.Errorf("the amount %q is not a plain decimal such as 1250.00", text)
		}
		fraction = fraction[1:]
	}
	if len(fraction) > maxFractionDigits {
		return 0, fmt.Errorf("the amount %s has more than %d digits after the point", text, maxFractionDigits)
	}
	var n int64
	for i := range whole {
		n = n*10 + int64(text[i]-'0')
	}
	digits := minorDigits(currency)
	for i := range maxFractionDigits {
		var digit byte = '0'
		if i < len(fraction) {
			digit = fraction[i]
		}
		switch {
		case !isDigit(digit):
			return 0, fmt.Errorf("the amount %q is not a plain decimal such as 1250.00", text)
		case i >= digits && digit != '0':
			return 0, fmt.Errorf("the amount %s is finer than %s allows, which has %d digits after the point", text, currency, digits)
		case i < amountScale:
			n = n*10 + int64(digit-'0')
		}
	}
	return amount(n), nil
}

// parsePlain reads a short decimal without sign or exponent: a rate or a percent.
func parsePlain(text string) (decimal.Decimal, error) {
	const longest = len("100.") + maxFractionDigits
	for i := range len(text) {
		if !isDigit(text[i]) && text[i] != '.' {
			return decimal.Zero, fmt.Errorf("%q is not a plain decimal", text)
		}
	}
	if len(text) > longest {
		return decimal.Zero, fmt.Errorf("%q is longer than %d characters", text, longest)
	}
	d, err := decimal.NewFromString(text)
	if err == nil && d.Exponent() < -maxFractionDigits {
		err = fmt.Errorf("%q has more than %d digits after the point", text, maxFractionDigits)
	}
	return d, err
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// appendAmount writes the amount with the currency's digits, and with more when
// an edit of the currency left a finer remainder.
func appendAmount(dst []byte, a amount, currency string) []byte {
	if a < 0 {
		dst = append(dst, '-')
		a = -a
	}
	whole, rest := int64(a)/1000, int64(a)%1000
	dst = strconv.AppendInt(dst, whole, 10)
	digits := minorDigits(currency)
	switch {
	case rest%10 != 0:
		digits = 3
	case rest%100 != 0:
		digits = max(digits, 2)
	case rest != 0:
		digits = max(digits, 1)
	}
	if digits == 0 {
		return dst
	}
	fraction := [amountScale]byte{byte('0' + rest/100), byte('0' + rest/10%10), byte('0' + rest%10)}
	dst = append(dst, '.')
	return append(dst, fraction[:digits]...)
}

func formatAmount(a amount, currency string) string {
	return string(appendAmount(nil, a, currency))
}

// total sums amounts without bound: it counts in one word until that would
// overflow, and in a big integer from then on.
type total struct {
	word int64
	big  *big.Int
}

func (t *total) add(a amount) {
	n := int64(a)
	if (n > 0 && t.word > math.MaxInt64-n) || (n < 0 && t.word < math.MinInt64-n) {
		if t.big == nil {
			t.big = new(big.Int)
		}
		t.big.Add(t.big, big.NewInt(t.word))
		t.word = 0
	}
	t.word += n
}

func (t total) int() *big.Int {
	n := big.NewInt(t.word)
	if t.big != nil {
		n.Add(n, t.big)
	}
	return n
}

func (t total) text(currency string) string {
	if t.big == nil && t.word > math.MinInt64 {
		return formatAmount(amount(t.word), currency)
	}
	sum := decimal.NewFromBigInt(t.int(), -amountScale)
	digits := int32(minorDigits(currency))
	for digits < amountScale && !sum.Equal(sum.Truncate(digits)) {
		digits++
	}
	return sum.StringFixed(digits)
}

// SQLite refuses to overflow a sum, so its sums are taken in two halves and put
// together here.
const (
	sumHalf    = 1_000_000_000
	debitSums  = `coalesce(sum(e.debit / 1000000000), 0), coalesce(sum(e.debit % 1000000000), 0)`
	creditSums = `coalesce(sum(e.credit / 1000000000), 0), coalesce(sum(e.credit % 1000000000), 0)`
)

func joinHalves(high, low int64) total {
	n := new(big.Int).Mul(big.NewInt(high), big.NewInt(sumHalf))
	return total{word: low, big: n}
}
