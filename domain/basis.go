package domain

import (
	"slices"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/shopspring/decimal"
)

// Basis is how an amount came about: the tariff and version that priced it,
// and the inputs from which anybody can compute it again (rules 14, 15).
type Basis struct {
	Tariff    string            `json:"tariff,omitempty"`
	Version   string            `json:"version,omitempty"`
	Effective string            `json:"effective,omitempty"` // civil date
	Formula   string            `json:"formula,omitempty"`
	Inputs    map[string]string `json:"inputs,omitempty"` // decimals as strings
	Rounding  money.Rounding    `json:"rounding,omitempty"`
	// Sheet is the computation of a rated charge, step by step, for
	// [FormulaSheet].
	Sheet *rating.Derivation `json:"sheet,omitempty"`
}

// Formulas of a basis. Each rounds once, at its end (rule 27).
const (
	// FormulaRate is rate × quantity ÷ per (inputs rate, quantity, per:
	// 100 for hundredweight), and at least minimum where one is given.
	FormulaRate = "rate-times-quantity"
	// FormulaPercent is base × percent ÷ 100 (inputs base, percent): fuel
	// surcharge on linehaul, discounts.
	FormulaPercent = "percent-of"
	// FormulaSheet is what the steps of the basis's sheet give; the last of
	// them rounds.
	FormulaSheet = "sheet"
	// FormulaStated is the amount as the source states it (input amount).
	FormulaStated = "stated"
)

// Amount computes the basis in exact decimals and rounds the result once to
// the currency's minor unit.
func (b Basis) Amount(c money.Currency) (money.Money, error) {
	if b.Formula == FormulaSheet {
		if b.Sheet == nil {
			return money.Money{}, refuseByRule(14, Invalid, "basis %s: its sheet is missing", b.Tariff)
		}
		amount, err := b.Sheet.Verify(c)
		if err != nil {
			return money.Money{}, refuseByRule(15, Invalid, "basis %s: %v", b.Tariff, err)
		}
		return amount, nil
	}
	mode, err := money.ParseRounding(string(b.Rounding))
	if err != nil {
		return money.Money{}, refuseByRule(14, Invalid, "basis %s: %v", b.Tariff, err)
	}
	var wanted []string
	switch b.Formula {
	case FormulaRate:
		wanted = []string{"rate", "quantity"}
	case FormulaPercent:
		wanted = []string{"base", "percent"}
	case FormulaStated:
		wanted = []string{"amount"}
	default:
		return money.Money{}, refuseByRule(14, Invalid, "basis %s: formula %q is not known", b.Tariff, b.Formula)
	}
	in := map[string]decimal.Decimal{}
	for name, text := range b.Inputs {
		if !slices.Contains(wanted, name) && (b.Formula != FormulaRate || name != "per" && name != "minimum") {
			continue // a fact kept for the reader: an index date, a lane
		}
		d, err := money.ParseDecimal(text)
		if err != nil {
			return money.Money{}, refuseByRule(14, Invalid, "basis %s: input %s: %v", b.Tariff, name, err)
		}
		in[name] = d
	}
	for _, name := range wanted {
		if _, ok := in[name]; !ok {
			return money.Money{}, refuseByRule(14, Invalid, "basis %s: input %s is missing", b.Tariff, name)
		}
	}
	one := money.FromMinor(1, c)
	unit := decimal.New(1, c.Digits()) // minor units in one major unit
	exact := func(d decimal.Decimal) (money.Money, error) {
		amount := one.Mul(d.Mul(unit), mode)
		if err := amount.Check(); err != nil {
			return money.Money{}, refuseByRule(14, Invalid, "basis %s: %v", b.Tariff, err)
		}
		return amount, nil
	}
	switch b.Formula {
	case FormulaRate:
		per := decimal.NewFromInt(1)
		if given, ok := in["per"]; ok {
			if !given.Equal(decimal.New(1, int32(given.NumDigits()-1))) {
				return money.Money{}, refuseByRule(14, Invalid, "basis %s: input per is %s, not 1, 10, 100 …", b.Tariff, given)
			}
			per = given
		}
		// Dividing by a power of ten is exact: it moves the point.
		product := in["rate"].Mul(in["quantity"]).Shift(-int32(per.NumDigits() - 1))
		if minimum, ok := in["minimum"]; ok && product.LessThan(minimum) {
			product = minimum
		}
		return exact(product)
	case FormulaPercent:
		return exact(in["base"].Mul(in["percent"]).Shift(-2))
	}
	return exact(in["amount"])
}
