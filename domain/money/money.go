// Package money holds amounts of money: an exact decimal together with an ISO
// 4217 currency.
//
// An amount enters through Parse (text from outside, checked by hand before any
// arithmetic), New (a decimal already in memory) or its JSON form
// {"amount":"12.50","currency":"USD"}. It leaves through String, Format, Grouped
// or the same JSON form. In between nothing is ever a float and nothing is ever
// rounded silently: Round and Mul name their Rounding at the call, and only
// they round.
//
// Unit rates may carry more decimals than the currency's minor unit, up to
// MaxDecimals; amounts on an invoice line are whole minor units (IsWholeMinor).
// The way from one to the other is Mul, which multiplies exactly and rounds
// once. Allocate shares an amount out by weight without losing a minor unit.
//
// Currencies never mix. Arithmetic on two currencies answers a *MismatchError,
// and so does arithmetic on the zero Money, which means "no amount", not zero:
// a total that was never started must not pass for 0.00.
//
// Every Money within bounds is kept in one canonical form, so equal amounts
// have equal text, equal JSON bytes and are equal to reflect.DeepEqual. Compare
// with Equal or Cmp; the == operator does not compile.
package money

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"
)

// Bounds of an amount: fewer than 10^15 whole units, at most six decimals.
const (
	MaxWholeDigits = 15
	MaxDecimals    = 6
)

// The families of refusal. Every error of this package except *MismatchError
// wraps one of them.
var (
	// ErrAmount marks text that is not an amount.
	ErrAmount = errors.New("not an amount")
	// ErrCurrency marks a code outside the ISO 4217 table.
	ErrCurrency = errors.New("not an ISO 4217 currency")
	// ErrUnset marks the zero Money where an amount is needed.
	ErrUnset = errors.New("no amount")
	// ErrRange marks an amount beyond the bounds of this package.
	ErrRange = errors.New("amount out of range")
	// ErrFraction marks an amount with a fraction of a minor unit where whole
	// minor units are needed: round it first, once, with a named mode.
	ErrFraction = errors.New("fraction of a minor unit")
	// ErrRounding marks an unknown rounding mode.
	ErrRounding = errors.New("not a rounding mode")
	// ErrWeights marks weights by which nothing can be allocated.
	ErrWeights = errors.New("cannot allocate by these weights")
)

// MismatchError reports arithmetic on two different currencies, or on an amount
// without any. An empty currency stands for the zero Money.
type MismatchError struct {
	A, B Currency
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("cannot combine an amount in %s with one in %s: convert to one currency first", named(e.A), named(e.B))
}

func named(c Currency) string {
	if c == "" {
		return "no currency"
	}
	return string(c)
}

// Money is an exact amount in one currency. The zero Money is "no amount": it
// has no currency and adds to nothing.
type Money struct {
	_        [0]func() // forbids ==, which would compare pointers
	amount   decimal.Decimal
	currency Currency
}

// New makes an amount of a decimal. It refuses an unknown currency, 10^15 or
// more whole units, and more than six significant decimals.
func New(d decimal.Decimal, c Currency) (Money, error) {
	if !c.Known() {
		return Money{}, unknownCurrency(string(c))
	}
	if err := inBounds(d); err != nil {
		return Money{}, err
	}
	return canonical(d, c), nil
}

// Zero is the amount 0 in c. An empty or unknown c gives the zero Money, which
// every operation refuses.
func Zero(c Currency) Money { return FromMinor(0, c) }

// FromMinor makes an amount of whole minor units: cents, fils, or yen. An empty
// or unknown c gives the zero Money. Units of more than 15 whole digits are kept
// exactly, but Check, arithmetic and MarshalJSON refuse the result.
func FromMinor(units int64, c Currency) Money {
	digits, ok := c.lookup()
	if !ok {
		return Money{}
	}
	return Money{amount: decimal.New(units, -digits), currency: c}
}

// MustParse is Parse for constants and tests; it panics on an error.
func MustParse(amount, currency string) Money {
	c, err := ParseCurrency(currency)
	if err != nil {
		panic("money.MustParse: " + err.Error())
	}
	m, err := Parse(amount, c)
	if err != nil {
		panic("money.MustParse: " + err.Error())
	}
	return m
}

// Amount is the number alone, in units of the currency.
func (m Money) Amount() decimal.Decimal { return m.amount }

// Currency is empty for the zero Money.
func (m Money) Currency() Currency { return m.currency }

// IsSet tells an amount, even 0.00, from the zero Money.
func (m Money) IsSet() bool { return m.currency != "" }

// IsZero reports a number of 0, in any currency or none.
//
// encoding/json asks this method for fields tagged omitzero, so such a field
// drops 0.00 USD as well as "no amount". Give fields of stored records plain
// tags: then 0.00 USD is kept and "no amount" is written as null.
func (m Money) IsZero() bool { return m.amount.IsZero() }

// IsNegative reports an amount below 0.
func (m Money) IsNegative() bool { return m.amount.IsNegative() }

// Sign is -1, 0 or 1.
func (m Money) Sign() int { return m.amount.Sign() }

// Check is nil for an amount that is set and within bounds. Only Mul and
// FromMinor can exceed the bounds.
func (m Money) Check() error {
	if !m.IsSet() {
		return ErrUnset
	}
	return inBounds(m.amount)
}

// Neg turns a charge into its credit.
func (m Money) Neg() Money {
	if m.IsZero() {
		return m
	}
	m.amount = m.amount.Neg()
	return m
}

// Add refuses another currency and a sum out of range.
func (m Money) Add(n Money) (Money, error) {
	if err := m.match(n); err != nil {
		return Money{}, err
	}
	return bounded(m.amount.Add(n.amount), m.currency)
}

// Sub refuses another currency and a difference out of range.
func (m Money) Sub(n Money) (Money, error) {
	if err := m.match(n); err != nil {
		return Money{}, err
	}
	return bounded(m.amount.Sub(n.amount), m.currency)
}

// Cmp is -1, 0 or 1 as m is below, equal to or above n.
func (m Money) Cmp(n Money) (int, error) {
	if err := m.match(n); err != nil {
		return 0, err
	}
	return m.amount.Cmp(n.amount), nil
}

// Equal reports the same currency and the same value. Two zero Moneys are equal.
func (m Money) Equal(n Money) bool {
	return m.currency == n.currency && m.amount.Equal(n.amount)
}

// Min is the smaller of the two.
func (m Money) Min(n Money) (Money, error) {
	order, err := m.Cmp(n)
	if err != nil {
		return Money{}, err
	}
	if order > 0 {
		return n, nil
	}
	return m, nil
}

// Sum adds amounts that must all be in c; the sum of none is 0 in c. The bounds
// hold for the total, so the order of the amounts does not matter.
func Sum(c Currency, ms ...Money) (Money, error) {
	if !c.Known() {
		return Money{}, unknownCurrency(string(c))
	}
	total := Zero(c)
	for _, m := range ms {
		if err := total.match(m); err != nil {
			return Money{}, err
		}
		total.amount = total.amount.Add(m.amount)
	}
	return bounded(total.amount, c)
}

// Mul multiplies exactly by a rate (a quantity, a percentage as 0.105, an
// exchange rate within one currency) and rounds the product once, to minor
// units. The zero Money stays what it is.
//
// A product beyond the bounds is kept exactly, but Check, further sums and
// MarshalJSON refuse it. Mul panics on a rate whose decimal exponent is beyond
// ±10000, which no decoder yields, and on an unknown mode.
func (m Money) Mul(rate decimal.Decimal, mode Rounding) Money {
	if e := rate.Exponent(); e > maxRateExponent || e < -maxRateExponent {
		panic(fmt.Sprintf("money: rate with decimal exponent %d; rates from outside go through ParseDecimal", e))
	}
	m.amount = m.amount.Mul(rate)
	return m.Round(mode)
}

// maxRateExponent is what decimal's own decoders admit.
const maxRateExponent = 10_000

// Round rounds to the currency's minor unit. It panics on an unknown mode: modes
// from outside go through ParseRounding.
func (m Money) Round(mode Rounding) Money {
	if !m.IsSet() {
		return Money{}
	}
	return canonical(mode.apply(m.amount, m.currency.Digits()), m.currency)
}

// IsWholeMinor reports an amount without fractions of a minor unit.
func (m Money) IsWholeMinor() bool {
	return m.IsSet() && m.amount.Exponent() >= -m.currency.Digits()
}

// Minor counts minor units. It refuses fractions (ErrFraction), the zero Money
// (ErrUnset) and counts beyond an int64 (ErrRange).
func (m Money) Minor() (int64, error) {
	units, err := m.minorUnits()
	if err != nil {
		return 0, err
	}
	if !units.IsInt64() {
		return 0, fmt.Errorf("%s in minor units does not fit 64 bits: %w", m, ErrRange)
	}
	return units.Int64(), nil
}

func (m Money) minorUnits() (*big.Int, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	if !m.IsWholeMinor() {
		return nil, fmt.Errorf("%s: %w; round it first", m, ErrFraction)
	}
	return m.amount.Coefficient(), nil // the canonical exponent is exactly -Digits here
}

func (m Money) match(n Money) error {
	if m.currency != n.currency || m.currency == "" {
		return &MismatchError{A: m.currency, B: n.currency}
	}
	return nil
}
