package documents

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// FieldError says what a document lacks, or what in it does not agree.
type FieldError struct {
	Document string // its number
	Field    string // of Invoice: "Buyer.Address.Country"
	Term     string // of EN 16931: "BT-55 buyer country code"
	Rule     string // "BR-11", "rule 26"; "" where none says so
	Reason   string
}

func (e *FieldError) Error() string {
	text := fmt.Sprintf("document %s: %s (%s) %s", cmp.Or(e.Document, "without number"), e.Field, e.Term, e.Reason)
	if e.Rule != "" {
		text += " [" + e.Rule + "]"
	}
	return text
}

// problems gathers everything that is wrong with a document.
type problems []error

func (p *problems) add(v Invoice, field, term, rule, reason string) {
	*p = append(*p, &FieldError{v.Number, field, term, rule, reason})
}

// need adds a problem where a text is missing.
func (p *problems) need(v Invoice, text, field, term, rule string) {
	if strings.TrimSpace(text) == "" {
		p.add(v, field, term, rule, "is missing")
	}
}

func (p *problems) day(v Invoice, day, field, term, rule string) {
	if _, err := time.Parse(domain.DayLayout, day); err != nil {
		p.add(v, field, term, rule, fmt.Sprintf("is %.20q: want a civil date like 2024-03-31", day))
	}
}

func (p problems) err() error { return errors.Join(p...) }

// Check tells what a document lacks in any format, and amounts that do not
// agree, as *FieldError joined into one error.
func (v Invoice) Check() error {
	var p problems
	switch v.Kind {
	case Bill:
	case CreditMemo, DebitMemo, Rebill:
		if len(v.Replaces) == 0 {
			p.add(v, "Replaces", "BT-25 preceding invoice reference", "BR-55", fmt.Sprintf("is missing: a %s names the invoice it refers to", v.Kind))
		}
	default:
		p.add(v, "Kind", "BT-3 type code", "BR-04", fmt.Sprintf("is %q, no kind of document", v.Kind))
	}
	p.need(v, v.Number, "Number", "BT-1 invoice number", "BR-02")
	p.day(v, v.IssueDate, "IssueDate", "BT-2 issue date", "BR-03")
	if v.DueDate != "" {
		p.day(v, v.DueDate, "DueDate", "BT-9 due date", "")
	}
	p.need(v, v.Seller.Name, "Seller.Name", "BT-27 seller name", "BR-06")
	p.need(v, v.Buyer.Name, "Buyer.Name", "BT-44 buyer name", "BR-07")
	for i, r := range v.Replaces {
		p.need(v, r.Number, fmt.Sprintf("Replaces[%d].Number", i), "BT-25 preceding invoice reference", "BR-55")
		if r.Date != "" {
			p.day(v, r.Date, fmt.Sprintf("Replaces[%d].Date", i), "BT-26 preceding invoice date", "")
		}
	}
	if !v.Currency.Known() {
		p.add(v, "Currency", "BT-5 currency code", "BR-05", fmt.Sprintf("is %.10q, not a currency of ISO 4217", string(v.Currency)))
		return p.err() // no amount can be right
	}
	v.checkShipments(&p)
	v.checkTotals(&p)
	return p.err()
}

func (v Invoice) checkShipments(p *problems) {
	if len(v.lines()) == 0 {
		p.add(v, "Shipments", "BG-25 invoice line", "BR-16", "have no line")
	}
	for i, s := range v.Shipments {
		for j, stop := range s.Stops {
			if stop.Date != "" {
				p.day(v, stop.Date, fmt.Sprintf("Shipments[%d].Stops[%d].Date", i, j), "date of the stop", "")
			}
		}
		if s.Proof.Date != "" {
			p.day(v, s.Proof.Date, fmt.Sprintf("Shipments[%d].Proof.Date", i), "date of the proof of delivery", "")
		}
		for j, l := range s.Lines {
			at := fmt.Sprintf("Shipments[%d].Lines[%d]", i, j)
			v.checkAmount(p, l.Net, at+".Net", "BT-131 line net amount", "BR-24")
			v.checkAmount(p, l.Tax, at+".Tax", "tax of the line", "")
			if l.ServiceDate != "" {
				p.day(v, l.ServiceDate, at+".ServiceDate", "BT-134 line period", "")
			}
			if _, err := l.TaxRule.percent(); err != nil {
				p.add(v, at+".TaxRule.Percent", "BT-152 tax rate", "rule 31", "is not a percentage: "+err.Error())
			}
			if l.TaxRule.code() == domain.TaxStandard && l.TaxRule.Percent == "" {
				p.add(v, at+".TaxRule.Percent", "BT-152 tax rate", "rule 31", "is missing: fill Extras.Shipments with the rule of the tax")
			}
			if l.TaxRule.code() != domain.TaxStandard && !l.Tax.IsZero() {
				p.add(v, at+".Tax", "tax of the line", "rule 31", fmt.Sprintf("is %s, and its tax code is %s", l.Tax, l.TaxRule.code()))
			}
			v.checkLevies(p, l, at)
			if l.Measure != nil && !l.Measure.makes(l.Net) {
				p.add(v, at+".Measure", "BT-129 quantity", "rule 14", fmt.Sprintf("%s × %s ÷ %s is not %s", exact(l.Measure.Quantity), exact(l.Measure.Rate), exact(l.Measure.Per), l.Net))
			}
		}
	}
}

// checkLevies holds the taxes of a line against their sum.
func (v Invoice) checkLevies(p *problems, l Line, at string) {
	sum := money.Zero(v.Currency)
	for i, levy := range l.taxes() {
		var err error
		if sum, err = sum.Add(levy.Tax); err != nil {
			return // complained of with the line's tax
		}
		if _, err := levy.Rule.percent(); err != nil {
			p.add(v, fmt.Sprintf("%s.Levies[%d].Rule.Percent", at, i), "BT-152 tax rate", "rule 31", "is not a percentage: "+err.Error())
		}
	}
	if l.Levies != nil && !sum.Equal(l.Tax) {
		p.add(v, at+".Tax", "tax of the line", "rule 26", fmt.Sprintf("is %s, its levies make %s", l.Tax, sum))
	}
}

func (v Invoice) checkAmount(p *problems, m money.Money, field, term, rule string) bool {
	switch {
	case !m.IsSet():
		p.add(v, field, term, rule, "is missing")
	case m.Currency() != v.Currency:
		p.add(v, field, term, "rule 29", fmt.Sprintf("is %s, the document is in %s", m, v.Currency))
	case !m.IsWholeMinor():
		p.add(v, field, term, "rule 30", fmt.Sprintf("is %s: %s has %d decimals", m, v.Currency, v.Currency.Digits()))
	default:
		return true
	}
	return false
}

// checkTotals upholds rule 26 (BR-CO-10, BR-CO-14, BR-CO-15).
func (v Invoice) checkTotals(p *problems) {
	known := v.checkAmount(p, v.Net, "Net", "BT-109 total without tax", "BR-13")
	known = v.checkAmount(p, v.Tax, "Tax", "BT-110 total tax", "") && known
	known = v.checkAmount(p, v.Total, "Total", "BT-112 total with tax", "BR-14") && known
	if !known {
		return
	}
	var err error
	net, tax := money.Zero(v.Currency), money.Zero(v.Currency)
	for _, l := range v.lines() {
		if net, err = net.Add(l.Net); err == nil {
			tax, err = tax.Add(l.Tax)
		}
		if err != nil {
			return // a line was complained of already
		}
	}
	total, err := v.Net.Add(v.Tax)
	switch {
	case !net.Equal(v.Net):
		p.add(v, "Net", "BT-109 total without tax", "rule 26", fmt.Sprintf("is %s, the lines make %s", v.Net, net))
	case !tax.Equal(v.Tax):
		p.add(v, "Tax", "BT-110 total tax", "rule 26", fmt.Sprintf("is %s, the lines make %s", v.Tax, tax))
	case err != nil || !total.Equal(v.Total):
		p.add(v, "Total", "BT-112 total with tax", "rule 26", fmt.Sprintf("is %s, lines and tax make %s", v.Total, total))
	}
}
