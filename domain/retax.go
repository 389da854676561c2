package domain

import (
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain/tax"
)

// TaxedAgain is the invoice as its tax should have it: every line decided anew
// by the version that its decision names, from the facts and the buyer that the
// invoice keeps, and the bill computed as at the seal. An invoice without Taxed
// is given back as it is.
//
// The version is one of those given, which are all that had been adopted: a
// later one that covers the same day changes nothing that was sealed. Where
// there is none the error is a *tax.NotInForceError; others are those of
// tax.Rules.Determine and tax.Compute.
func (e InvoiceIssued) TaxedAgain(adopted tax.Versions) (InvoiceIssued, error) {
	t := e.Taxed
	if t == nil {
		return e, nil
	}
	v := Invoice{ID: e.Invoice, Candidate: e.Candidate, Lines: slices.Clone(e.Lines)}
	decisions := make([]tax.Decision, len(v.Lines))
	for i := range v.Lines {
		line := &v.Lines[i]
		if !t.states(line.Taxed) {
			return e, fmt.Errorf("line %s refers to no facts and decision of the invoice", line.id())
		}
		line.Facts = &t.Facts[line.Taxed.Facts]
		facts := line.taxFacts(t.Buyer)
		rules, err := t.version(adopted, t.Decisions[line.Taxed.Decision].Version, facts.TaxDate)
		if err == nil {
			decisions[i], err = rules.Determine(facts)
		}
		if err != nil {
			return e, fmt.Errorf("line %s: %w", line.id(), err)
		}
	}
	bill, err := v.computed(decisions)
	if err != nil {
		return e, err
	}
	taxed, lines := v.kept(decisions, bill, t.Seller, t.Registrant, t.Buyer)
	v.Lines = withTax(v.Lines, taxed, lines)
	if e.Net, e.Tax, err = v.totals(); err != nil {
		return e, err
	}
	e.Taxed, e.Lines = taxed, issuedLines(v.Lines)
	e.Total, err = e.Net.Add(e.Tax)
	return e, err
}

// version is the one of a name.
func (t *Taxed) version(adopted tax.Versions, name, day string) (tax.Rules, error) {
	for _, rules := range adopted {
		if rules.Version == name {
			return rules, nil
		}
	}
	return tax.Rules{}, &tax.NotInForceError{Registrant: t.Registrant, Version: name, TaxDate: day}
}

// Decided is the decision on the tax of a line, whole, none where the terms of
// its order said the tax.
func (t *Taxed) Decided(line BillLine) (tax.Decision, bool) {
	if t == nil || !t.states(line.Taxed) {
		return tax.Decision{}, false
	}
	return t.decided(*line.Taxed), true
}

// states tells that the places a line refers to are there.
func (t *Taxed) states(l *TaxedLine) bool {
	return l != nil && 0 <= l.Facts && l.Facts < len(t.Facts) && 0 <= l.Decision && l.Decision < len(t.Decisions)
}
