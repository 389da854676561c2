package documents

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// TaxRule is the rule by which a line is taxed, as it is printed.
type TaxRule struct {
	Code         string // domain.TaxStandard …; "" is domain.TaxOutOfScope
	Name         string // "HST", "VAT"; "Tax" when empty
	Jurisdiction string // "CA-ON", "DE"
	Percent      string // of the standard code, "13"
	Version      string
	Text         string // BT-120: what the law wants printed
	Category     string // BT-151, UNCL 5305; by Code when empty
	Exemption    string // BT-121: a VATEX code
	Registration string // the seller's number for this tax
	// Decided: the rules of the issuer say all of it, and nothing is added.
	Decided bool
}

// Tax categories of UNCL 5305 that freight needs.
const (
	categoryStandard = "S"
	categoryZero     = "Z"
	categoryExempt   = "E"
	categoryReverse  = "AE"
	categoryExport   = "G"
	categoryOut      = "O"
	// Of the rules of an issuer alone:
	categoryCommunity = "K" // supply within the EU
)

// levied tells the categories of a rate: L and M are the taxes of the Canaries and
// of Ceuta and Melilla.
func levied(category string) bool {
	return category == categoryStandard || category == "L" || category == "M"
}

func (r TaxRule) code() string { return cmp.Or(r.Code, domain.TaxOutOfScope) }

// category is BT-151. An override may say export, or exempt where the ledger
// says zero-rated (transport tied to an export is exempt with the right to
// deduct by Article 146 of Directive 2006/112/EC).
func (r TaxRule) category() string {
	if r.Category != "" {
		return r.Category
	}
	switch r.code() {
	case domain.TaxStandard:
		return categoryStandard
	case domain.TaxZeroRated:
		return categoryZero
	case domain.TaxExempt:
		return categoryExempt
	case domain.TaxReverseCharge:
		return categoryReverse
	}
	return categoryOut
}

// exemption is BT-121 and BT-120: why no tax is asked for.
func (r TaxRule) exemption() (code, text string) {
	if r.Decided {
		if r.reasoned() {
			return r.Exemption, r.Text
		}
		return "", ""
	}
	switch r.category() {
	case categoryReverse:
		return cmp.Or(r.Exemption, "VATEX-EU-AE"), cmp.Or(r.Text, "Reverse charge")
	case categoryExport:
		return cmp.Or(r.Exemption, "VATEX-EU-G"), cmp.Or(r.Text, "Export outside the EU")
	case categoryOut:
		return cmp.Or(r.Exemption, "VATEX-EU-O"), cmp.Or(r.Text, "Not subject to VAT")
	case categoryExempt:
		return r.Exemption, r.Text
	}
	return "", ""
}

// reasoned tells whether the standard lets the category say why no tax is asked
// for: BR-S-10 and BR-Z-10 forbid it.
func (r TaxRule) reasoned() bool {
	return slices.Contains([]string{categoryExempt, categoryExport, categoryCommunity, categoryReverse, categoryOut}, r.category())
}

// percent is BT-152: 0 for all but the standard category.
func (r TaxRule) percent() (decimal.Decimal, error) {
	if r.Percent == "" {
		return decimal.Zero, nil
	}
	return money.ParseDecimal(r.Percent)
}

// label names the rule for people: "HST 13% (CA-ON)".
func (r TaxRule) label() string {
	name := cmp.Or(r.Name, "Tax")
	switch r.code() {
	case domain.TaxStandard:
		name += " " + r.Percent + "%"
	case domain.TaxZeroRated:
		name += " 0%, zero-rated"
	case domain.TaxExempt:
		name += " exempt"
	case domain.TaxReverseCharge:
		name += " reverse charge"
	default:
		name = "Not subject to tax"
	}
	if r.Jurisdiction != "" {
		name += " (" + r.Jurisdiction + ")"
	}
	if r.Registration != "" {
		name += ", no. " + r.Registration
	}
	return name
}

// short is the rule in a narrow column.
func (r TaxRule) short() string {
	switch r.code() {
	case domain.TaxStandard:
		return r.Percent + "%"
	case domain.TaxZeroRated:
		return "0%"
	case domain.TaxExempt:
		return "exempt"
	case domain.TaxReverseCharge:
		return "reverse"
	}
	return "none"
}

// TaxTotal is one row of the tax summary.
type TaxTotal struct {
	Rule    TaxRule
	Taxable money.Money
	Tax     money.Money
}

// TaxSummary sums the lines of each rule, in the order in which they first
// appear; a line of several taxes is in the row of each. It refuses lines whose amounts cannot be added.
func (v Invoice) TaxSummary() ([]TaxTotal, error) {
	return summarize(v, func(r TaxRule) TaxRule { return r })
}

// summarize sums the lines for each different key.
func summarize(v Invoice, key func(TaxRule) TaxRule) ([]TaxTotal, error) {
	var rows []TaxTotal
	at := map[TaxRule]int{}
	for _, l := range v.lines() {
		for _, levy := range l.taxes() {
			k := key(levy.Rule)
			i, known := at[k]
			if !known {
				i = len(rows)
				at[k] = i
				rows = append(rows, TaxTotal{k, money.Zero(v.Currency), money.Zero(v.Currency)})
			}
			var err error
			if rows[i].Taxable, err = rows[i].Taxable.Add(l.Net); err != nil {
				return nil, err
			}
			if rows[i].Tax, err = rows[i].Tax.Add(levy.Tax); err != nil {
				return nil, err
			}
		}
	}
	return rows, nil
}
