package documents

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
)

var one = decimal.NewFromInt(1)

// What EN 16931 wants beyond what every document has. The official validation
// artefacts are run on real documents by the tests; these checks say the same
// in the words of this package, before a document leaves.

// breakdown is BG-23: the lines summed by category and rate, whatever the
// jurisdiction. Rules of one category that differ in their texts are one row
// with both (BR-E-01 admits one).
func (v Invoice) breakdown() ([]TaxTotal, error) {
	several := v.several()
	rows, err := summarize(v, func(r TaxRule) TaxRule {
		k := TaxRule{Category: r.category()}
		if several {
			k.Name = r.Name
		}
		if levied(k.Category) {
			if percent, err := r.percent(); err == nil {
				k.Percent = percent.String()
			}
		}
		return k
	})
	if err != nil {
		return nil, err
	}
	for i := range rows {
		var codes, texts []string
		for _, l := range v.lines() {
			if l.TaxRule.category() != rows[i].Rule.Category {
				continue
			}
			code, text := l.TaxRule.exemption()
			if code != "" && !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
			if text != "" && !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
		if len(codes) == 1 {
			rows[i].Rule.Exemption = codes[0]
		} else {
			texts = append(texts, codes...)
		}
		rows[i].Rule.Text = strings.Join(texts, "; ")
	}
	return rows, nil
}

// checkStandard tells what keeps a document from EN 16931.
func (v Invoice) checkStandard(rows []TaxTotal) error {
	var p problems
	if v.Currency.Digits() > 2 {
		p.add(v, "Currency", "BT-5 currency code", "BR-DEC-14", fmt.Sprintf("is %s: the standard has at most two decimals, %s has %d: use the format %s", v.Currency, v.Currency, v.Currency.Digits(), UBL))
	}
	if v.statesTaxInBooks() && v.Exchange.Tax.Currency().Digits() > 2 {
		c := v.Exchange.Tax.Currency()
		p.add(v, "Exchange", "BT-111 total tax in accounting currency", "BR-DEC-15", fmt.Sprintf("is in %s: the standard has at most two decimals, %s has %d: use the format %s", c, c, c.Digits(), UBL))
	}
	if v.several() {
		p.add(v, "Lines", "BT-151 tax category", "BR-CO-04", fmt.Sprintf("bear several taxes each: the standard has one category and rate for a line, and a rate of all together is none that a law knows: use the format %s", UBL))
	}
	v.country(&p, v.Seller.Address.Country, "Seller.Address.Country", "BT-40 seller country code", "BR-09")
	v.country(&p, v.Buyer.Address.Country, "Buyer.Address.Country", "BT-55 buyer country code", "BR-11")
	seller := v.Seller
	legal, vat, registered := seller.taxID(LegalRegistration), seller.taxID(VATNumber), seller.taxID(TaxRegistration)
	if seller.ID == "" && legal == "" && (vat == "" || v.outOfScope()) {
		p.add(v, "Seller.TaxIDs", "BT-30 seller legal registration", "BR-CO-26", "is missing: give an account number (BT-29), a legal registration, or for taxed freight a VAT number (BT-31)")
	}
	for _, party := range []struct {
		vat, field, term string
	}{{vat, "Seller.TaxIDs", "BT-31 seller VAT identifier"}, {v.Buyer.taxID(VATNumber), "Buyer.TaxIDs", "BT-48 buyer VAT identifier"}} {
		if party.vat != "" && !v.outOfScope() && !startsWithCountry(party.vat) {
			p.add(v, party.field, party.term, "BR-CO-09", fmt.Sprintf("is %q: it begins with a country's code, as in DE123456789; a number for tax within the country is of the scheme %q", party.vat, TaxRegistration))
		}
	}
	if means := v.means(); v.Kind != CreditMemo && means != nil && (means.Code == "30" || means.Code == "58") && means.Account == nil {
		p.add(v, "Remit.Account", "BT-84 payment account", "BR-61", "is missing for a credit transfer")
	}
	if v.Kind != CreditMemo && v.Total.Sign() > 0 && v.DueDate == "" && v.Terms == "" {
		p.add(v, "DueDate", "BT-9 due date", "BR-CO-25", "is missing, and so are the terms of payment (BT-20)")
	}
	for _, row := range rows {
		v.checkCategory(&p, row, rows, vat, registered)
	}
	return p.err()
}

func (v Invoice) checkCategory(p *problems, row TaxTotal, rows []TaxTotal, vat, registered string) {
	category := row.Rule.Category
	missing := vat == "" && registered == ""
	switch category {
	case categoryStandard:
		v.checkRate(p, row)
	case categoryZero:
	case categoryExempt:
		if row.Rule.Text == "" && row.Rule.Exemption == "" {
			p.add(v, "TaxRule.Text", "BT-120 exemption reason", "BR-E-10", "is missing: say by which rule it is exempt, or give its VATEX code (BT-121)")
		}
	case categoryReverse:
		if v.Buyer.taxID(VATNumber) == "" && v.Buyer.taxID(LegalRegistration) == "" {
			p.add(v, "Buyer.TaxIDs", "BT-48 buyer VAT identifier", "BR-AE-02", "is missing: the buyer owes the tax")
		}
	case categoryExport:
		missing = vat == ""
	case categoryOut:
		missing = false
		if len(rows) > 1 {
			p.add(v, "TaxRule", "BT-118 tax category", "BR-O-11", "is out of scope for some lines and not for others: bill them apart")
		}
	default:
		p.add(v, "TaxRule.Category", "BT-151 tax category", "BR-CL-18", fmt.Sprintf("is %q, not one of S Z E AE G O", category))
	}
	if missing {
		p.add(v, "Seller.TaxIDs", "BT-31 seller VAT identifier", "BR-"+category+"-02", "is missing, and so is a tax registration (BT-32)")
	}
}

// checkRate holds the tax of a rate, summed over lines that were each rounded,
// against the rate on their sum: the standard lets them differ by less than
// one unit of the currency.
func (v Invoice) checkRate(p *problems, row TaxTotal) {
	percent, err := row.Rule.percent()
	if err != nil || percent.Sign() <= 0 {
		p.add(v, "TaxRule.Percent", "BT-152 tax rate", "BR-S-05", fmt.Sprintf("is %q: of the standard category it is above 0", row.Rule.Percent))
		return
	}
	on := row.Taxable.Mul(percent.Shift(-2), money.HalfUp)
	if difference := on.Amount().Abs().Sub(row.Tax.Amount().Abs()).Abs(); !difference.LessThan(one) {
		p.add(v, "Tax", "BT-117 tax amount", "BR-S-09", fmt.Sprintf("is %s at %s%%, computed by line; on their sum it is %s: the standard lets them differ by less than 1: use the format %s", row.Tax, row.Rule.Percent, on, UBL))
	}
}

func (v Invoice) country(p *problems, code, field, term, rule string) {
	switch {
	case code == "":
		p.add(v, field, term, rule, "is missing")
	case len(code) != 2 || !startsWithCountry(code):
		p.add(v, field, term, "BR-CL-14", fmt.Sprintf("is %.20q, not two capitals of ISO 3166-1", code))
	}
}

func startsWithCountry(id string) bool {
	capital := func(b byte) bool { return 'A' <= b && b <= 'Z' }
	return len(id) >= 2 && capital(id[0]) && capital(id[1])
}
