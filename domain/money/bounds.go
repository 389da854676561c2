package money

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// bounded is New for a known currency.
func bounded(d decimal.Decimal, c Currency) (Money, error) {
	if err := inBounds(d); err != nil {
		return Money{}, err
	}
	return canonical(d, c), nil
}

// inBounds judges by the size of the coefficient first, so that a hostile
// exponent costs nothing.
func inBounds(d decimal.Decimal) error {
	if d.IsZero() {
		return nil
	}
	exp, digits := int64(d.Exponent()), int64(d.NumDigits())
	if digits+exp > MaxWholeDigits {
		return fmt.Errorf("%d whole digits, at most %d are kept: %w", digits+exp, MaxWholeDigits, ErrRange)
	}
	// A coefficient of no more than excess digits cannot end in excess zeros, so
	// Truncate works only on coefficients about as large as its power of ten.
	if excess := -MaxDecimals - exp; excess > 0 && (digits <= excess || !d.Equal(d.Truncate(MaxDecimals))) {
		return fmt.Errorf("more than %d decimals: %w", MaxDecimals, ErrRange)
	}
	return nil
}

// canonical gives d the exponent of the minor unit, or the fewest decimals that
// still hold it exactly. A zero is always the same zero, whatever made it.
func canonical(d decimal.Decimal, c Currency) Money {
	digits := c.Digits()
	switch exp := d.Exponent(); {
	case d.IsZero():
		d = decimal.New(0, -digits)
	case exp > -digits:
		d = d.RoundDown(digits) // adds zeros, drops nothing
	case exp < -digits:
		d = trimmed(d, digits)
	}
	return Money{amount: d, currency: c}
}

// trimmed drops trailing zeros beyond the minor unit.
func trimmed(d decimal.Decimal, digits int32) decimal.Decimal {
	for places := digits; places < -d.Exponent(); places++ {
		if short := d.Truncate(places); short.Equal(d) {
			return short
		}
	}
	return d
}
