package rating

import (
	"bytes"
	"encoding/json"
	"math/big"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
)

// Decimal is a number of an agreement or a fact, exactly as it was written. In
// JSON it is a string, "2.15"; a bare number is read too, by its digits and
// never as floating point. The zero Decimal is "not stated", which is not 0.
type Decimal struct {
	text  string
	value decimal.Decimal
}

// ParseDecimal reads the grammar of money.ParseDecimal.
func ParseDecimal(s string) (Decimal, error) {
	d, err := money.ParseDecimal(s)
	if err != nil {
		return Decimal{}, err
	}
	return Decimal{s, d}, nil
}

// MustDecimal is ParseDecimal for constants and tests; it panics on an error.
func MustDecimal(s string) Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic("rating.MustDecimal: " + err.Error())
	}
	return d
}

// IsZero tells a number that was not stated; see [Decimal.Sign] for nought.
func (d Decimal) IsZero() bool { return d.text == "" }

// Sign is -1, 0 or 1; that of a number that was not stated is 0.
func (d Decimal) Sign() int { return d.value.Sign() }

// Cmp is -1, 0 or 1 as d is below, equal to or above e.
func (d Decimal) Cmp(e Decimal) int { return d.value.Cmp(e.value) }

// Equal tells the same number, however it was written, or both not stated.
func (d Decimal) Equal(e Decimal) bool {
	return d.IsZero() == e.IsZero() && d.value.Equal(e.value)
}

// Exact is the number for arithmetic.
func (d Decimal) Exact() decimal.Decimal { return d.value }

func (d Decimal) rat() *big.Rat { return d.value.Rat() }

// number is d for a sheet. A text of 18 bytes fits a narrow number.
func (d Decimal) number() number {
	if len(d.text) <= 18 && d.text != "" {
		return narrow(d.value.CoefficientInt64(), -int(d.value.Exponent()))
	}
	return ofRat(d.value.Rat())
}

func (d Decimal) String() string { return d.text }

// MarshalJSON writes the number as it was written, in quotes. Its grammar has
// nothing that JSON would escape.
func (d Decimal) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, len(d.text)+2)
	return append(append(append(b, '"'), d.text...), '"'), nil
}

// UnmarshalJSON reads a string or a bare number; "" and null are not stated.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	text := string(b)
	switch {
	case text == "null" || text == `""`:
		*d = Decimal{}
		return nil
	case len(b) > 0 && b[0] == '"':
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	}
	read, err := ParseDecimal(text)
	if err != nil {
		return err
	}
	*d = read
	return nil
}
