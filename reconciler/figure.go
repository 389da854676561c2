package reconciler

import (
	"encoding/json"
	"fmt"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/shopspring/decimal"
)

// Figure is an exact amount with a currency code as the ERP or the history
// states it. Unlike money.Money it holds sums of any size, and codes that ISO
// 4217 does not have: what somebody typed into a ledger must be reportable.
type Figure struct {
	Amount   decimal.Decimal
	Currency string
}

func figureOf(m money.Money) Figure { return Figure{m.Amount(), string(m.Currency())} }

// Text is the amount alone, padded to the currency's minor unit.
func (f Figure) Text() string {
	places := int32(2)
	if c := money.Currency(f.Currency); c.Known() {
		places = c.Digits()
	}
	return f.Amount.StringFixed(max(places, -f.Amount.Exponent()))
}

// Grouped is Text for people: "1,234.50".
func (f Figure) Grouped() string {
	if m, err := money.New(f.Amount, money.Currency(f.Currency)); err == nil {
		return m.Grouped()
	}
	return f.Text()
}

func (f Figure) String() string { return f.Grouped() + " " + f.Currency }

// figureWire is the form that money has in JSON everywhere.
type figureWire struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// MarshalJSON writes {"amount":"12.50","currency":"USD"}.
func (f Figure) MarshalJSON() ([]byte, error) {
	return json.Marshal(figureWire{f.Text(), f.Currency})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Figure) UnmarshalJSON(b []byte) error {
	var w figureWire
	if len(b) > 512 {
		return fmt.Errorf("figure of %d bytes: at most 512 are read", len(b))
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return fmt.Errorf("figure: %w", err)
	}
	// A sum may be longer than an amount, so the grammar of money is too narrow.
	for i := range len(w.Amount) {
		if c := w.Amount[i]; (c < '0' || c > '9') && c != '.' && c != '-' {
			return fmt.Errorf("figure: amount %.40q: want digits with a point, as in -1234.50", w.Amount)
		}
	}
	amount, err := decimal.NewFromString(w.Amount)
	if err != nil {
		return fmt.Errorf("figure: amount %.40q: %w", w.Amount, err)
	}
	*f = Figure{amount, w.Currency}
	return nil
}
