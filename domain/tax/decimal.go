package tax

import (
	"encoding/json"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
)

// Decimal is a percentage or a step, exactly as it was written. In JSON it is a
// string, "9.975", and never a number. The zero Decimal is "not stated", which
// is not 0.
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
		panic("tax.MustDecimal: " + err.Error())
	}
	return d
}

// IsZero tells a number that was not stated.
func (d Decimal) IsZero() bool { return d.text == "" }

// Exact is the number for arithmetic.
func (d Decimal) Exact() decimal.Decimal { return d.value }

func (d Decimal) String() string { return d.text }

// plus adds; a number that is not stated counts as nought.
func (d Decimal) plus(e Decimal) Decimal {
	sum := d.value.Add(e.value)
	return Decimal{sum.String(), sum}
}

// MarshalJSON writes the number as it was written, in quotes.
func (d Decimal) MarshalJSON() ([]byte, error) { return json.Marshal(d.text) }

// UnmarshalJSON reads a string that ParseDecimal reads, and nothing else.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '"' {
		return fmt.Errorf("%.40q: write the decimal as a string, like \"9.975\"", b)
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	read, err := ParseDecimal(text)
	if err != nil {
		return err
	}
	*d = read
	return nil
}
