package documents

import (
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// inputs are a basis's decimals; the basis was computed before, so each that
// its formula wants is there.
func inputs(b domain.Basis) map[string]decimal.Decimal {
	in := map[string]decimal.Decimal{}
	for name, text := range b.Inputs {
		if d, err := money.ParseDecimal(text); err == nil {
			in[name] = d
		}
	}
	return in
}

var hundred = decimal.NewFromInt(100)

// measure is what a basis says of quantity and rate, or nil where they do not
// make the amount: a minimum did, or nothing was multiplied.
func measure(b domain.Basis, unit string, amount money.Money) *Measure {
	in := inputs(b)
	m := Measure{Unit: unit, Per: decimal.NewFromInt(1)}
	switch b.Formula {
	case domain.FormulaRate:
		m.Quantity, m.Rate = in["quantity"], in["rate"]
		if per, given := in["per"]; given {
			m.Per = per
		}
	case domain.FormulaPercent:
		// So many per cent, each a hundredth of the base.
		m.Quantity, m.Rate, m.Per, m.Unit = in["percent"], in["base"], hundred, "P1"
	default:
		return nil
	}
	if m.Rate.IsNegative() {
		m.Rate, m.Quantity = m.Rate.Neg(), m.Quantity.Neg()
	}
	if m.Unit == "" {
		m.Unit = "C62" // one
	}
	if !m.makes(amount) {
		return nil
	}
	return &m
}

// makes tells whether quantity × rate ÷ per is the amount but for its rounding.
func (m Measure) makes(amount money.Money) bool {
	if m.Per.Sign() <= 0 || m.Quantity.IsZero() {
		return false
	}
	// Compared times per, so that nothing is divided.
	difference := m.Quantity.Mul(m.Rate).Sub(amount.Amount().Mul(m.Per)).Abs()
	return difference.LessThan(m.Per.Shift(-amount.Currency().Digits()))
}

// steps tells in words how a basis makes an amount.
func steps(b domain.Basis, amount money.Money) []string {
	var told []string
	if b.Tariff != "" {
		text := "Tariff " + b.Tariff
		if b.Version != "" {
			text += ", version " + b.Version
		}
		if b.Effective != "" {
			text += ", in force since " + b.Effective
		}
		told = append(told, text)
	}
	in, used := inputs(b), []string{"amount"}
	switch b.Formula {
	case domain.FormulaRate:
		used = []string{"rate", "quantity", "per", "minimum"}
		product, text := in["rate"].Mul(in["quantity"]), exact(in["rate"])+" × "+exact(in["quantity"])
		if per, given := in["per"]; given {
			product = product.Shift(-int32(per.NumDigits() - 1)) // a power of ten
			text += " ÷ " + exact(per)
		}
		told = append(told, text+" = "+exact(product))
		if minimum, given := in["minimum"]; given && product.LessThan(minimum) {
			told = append(told, "at least "+exact(minimum))
		}
	case domain.FormulaPercent:
		used = []string{"base", "percent"}
		told = append(told, fmt.Sprintf("%s%% of %s = %s", exact(in["percent"]), exact(in["base"]), exact(in["base"].Mul(in["percent"]).Shift(-2))))
	case domain.FormulaStated:
		told = append(told, "stated by its source")
	}
	for _, name := range slices.Sorted(maps.Keys(b.Inputs)) {
		if !slices.Contains(used, name) {
			told = append(told, name+": "+b.Inputs[name])
		}
	}
	return append(told, fmt.Sprintf("rounded %s: %s", b.Rounding, amount))
}

// exact writes a decimal with the places that it has.
func exact(d decimal.Decimal) string { return d.StringFixed(max(0, -d.Exponent())) }
