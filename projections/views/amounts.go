package views

import (
	"fmt"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/shopspring/decimal"
)

// Amounts are kept in columns without a type, next to their currency: as an
// INTEGER of minor units, so that SQL can add them exactly, or, should an
// amount ever have a fraction of a minor unit or not fit 64 bits, as the TEXT
// of its decimal in minor units. No amount is NULL.

// stored is an amount's column value.
func stored(m money.Money) any {
	if !m.IsSet() {
		return nil
	}
	if units, err := m.Minor(); err == nil {
		return units
	}
	return m.Amount().Shift(m.Currency().Digits()).String()
}

// amount scans a column value.
type amount struct {
	set   bool
	minor decimal.Decimal
}

func (a *amount) Scan(v any) (err error) {
	*a = amount{set: v != nil}
	switch v := v.(type) {
	case nil:
	case int64:
		a.minor = decimal.New(v, 0)
	case string:
		a.minor, err = decimal.NewFromString(v)
	default:
		err = fmt.Errorf("amount is stored as %T", v)
	}
	return err
}

// in reads the amount in its currency.
func (a amount) in(c money.Currency) (money.Money, error) {
	if !a.set {
		return money.Money{}, nil
	}
	return money.New(a.minor.Shift(-c.Digits()), c)
}

// sumOf selects the exact sum of a column of amounts, as two columns that
// total scans: the integers' sum, and the others joined by blanks.
func sumOf(column string) string {
	return "SUM(CASE typeof(" + column + ") WHEN 'integer' THEN " + column + " END), " +
		"GROUP_CONCAT(CASE typeof(" + column + ") WHEN 'text' THEN " + column + " END, ' ')"
}

// total is a sum; its two scan targets are &t.whole and &t.odd.
type total struct {
	whole amount
	odd   *string
}

// in reads the sum in its currency; the sum of nothing is 0.
func (t total) in(c money.Currency) (money.Money, error) {
	if !c.Known() {
		return money.Money{}, nil // rows without an amount
	}
	sum := t.whole.minor
	if t.odd != nil {
		for text := range strings.FieldsSeq(*t.odd) {
			d, err := decimal.NewFromString(text)
			if err != nil {
				return money.Money{}, fmt.Errorf("amount %.40q: %w", text, err)
			}
			sum = sum.Add(d)
		}
	}
	return money.New(sum.Shift(-c.Digits()), c)
}

// moneyIn reads several amounts of one currency.
func moneyIn(c money.Currency, pairs ...any) error {
	for i := 0; i < len(pairs); i += 2 {
		m, err := pairs[i].(amount).in(c)
		if err != nil {
			return err
		}
		*pairs[i+1].(*money.Money) = m
	}
	return nil
}
