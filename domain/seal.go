package domain

import (
	"slices"

	"github.com/freightledger/freightledger/domain/tax"
)

// The seal fixes lines, tax and totals of a candidate. After it nothing can
// keep the invoice from being issued, so that its number is never lost
// (rule 34).

// TaxBlocked says why the tax of a candidate could not be decided. The
// candidate waits for its customer's master data and its issuer's rules, of
// which it says what it went by.
type TaxBlocked struct {
	Invoice    InvoiceID    `json:"invoice"`
	Candidate  Candidate    `json:"candidate"`
	Registrant string       `json:"registrant"`
	Changes    int          `json:"changes"` // of the registrant, that were known
	Buyer      tax.Customer `json:"buyer"`
	Reason     string       `json:"reason"` // of the hold
	Detail     string       `json:"detail"` // what is missing
}

func (TaxBlocked) EventType() string { return "TaxBlocked" }

// sealHold tells a hold that the seal put, and will end.
func sealHold(reason string) bool {
	return reason == HoldIssuer || reason == HoldTaxRules || reason == HoldTaxFacts || reason == HoldExchange
}

// sealHolds puts the hold of what is lacking in place of those that are in
// force.
func (v Invoice) sealHolds(lacks *lack) []Event {
	var events []Event
	for _, reason := range v.Holds {
		if sealHold(reason) && (lacks == nil || lacks.reason != reason) {
			events = append(events, v.released(reason))
		}
	}
	if lacks != nil && !slices.Contains(v.Holds, lacks.reason) {
		events = append(events, InvoiceHeld{Invoice: v.ID, Reason: lacks.reason, Detail: lacks.text})
	}
	return events
}

// blocked says why a candidate cannot be sealed: its hold, and the event that
// lets it wait for what is lacking.
type blocked struct {
	lack
	event Event
}

// sealOf is what a seal says beside the lines.
type sealOf struct {
	series    string
	termsDays int
	date      string
	taxed     *Taxed
	lines     []TaxedLine
	changes   int // of the registrant, that were known
}

// seal decides the tax of a candidate and the rate of exchange and fixes its
// totals, or says what is lacking.
func (c SealCandidate) seal(v Invoice, date string) (CandidateSealed, *blocked, error) {
	of := sealOf{series: v.Candidate.of(DefaultSeries()), termsDays: c.TermsDays, date: date}
	by, lacks, err := c.issuer(v)
	if err != nil {
		return CandidateSealed{}, nil, err
	}
	if by == nil {
		sealed, err := v.seal(of)
		return sealed, nil, err
	}
	var decisions []tax.Decision
	var bill tax.Bill
	if lacks == nil {
		decisions, lacks = by.decide(v)
	}
	if lacks == nil {
		if bill, err = v.computed(decisions); err != nil {
			lacks = &lack{HoldTaxRules, err.Error()} // a rounding that the currency does not have
		}
	}
	if lacks != nil {
		return CandidateSealed{}, &blocked{*lacks, TaxBlocked{v.ID, v.Candidate, by.registrant.ID, by.registrant.Changes, c.Buyer, lacks.reason, lacks.text}}, nil
	}
	of.series = v.Candidate.of(by.listed.Series)
	exchange, norate, err := c.exchange(v, date, by)
	if err != nil {
		return CandidateSealed{}, nil, err
	}
	if norate != nil {
		return CandidateSealed{}, norate.hold(), nil
	}
	seller := by.registrant.Issuer
	seller.Series, seller.Exchange = by.listed.Series, nil // the rate stands beside the totals
	of.taxed, of.lines = v.kept(decisions, bill, seller, by.registrant.ID, by.buyer)
	of.changes = by.registrant.Changes
	sealed, err := v.seal(of)
	if err != nil || exchange == nil {
		return sealed, nil, err
	}
	if sealed.Exchange, err = exchange.stating(sealed.Net, sealed.Tax, exchange.book()); err != nil {
		return sealed, c.beyond(v, by, exchange, err).hold(), nil
	}
	return sealed, nil, nil
}

// sealAgain fixes the totals of the lines that are left, by what the seal
// before went by.
func (v Invoice) sealAgain() (CandidateSealed, error) {
	of := sealOf{series: v.Series, termsDays: v.TermsDays, date: v.SealDate, changes: v.Changes}
	if t := v.Taxed; t != nil {
		decisions := make([]tax.Decision, len(v.Lines))
		for i, line := range v.Lines {
			decisions[i] = t.decided(*line.Taxed)
		}
		bill, err := v.computed(decisions)
		if err != nil {
			return CandidateSealed{}, err
		}
		of.taxed, of.lines = v.kept(decisions, bill, t.Seller, t.Registrant, t.Buyer)
	}
	sealed, err := v.seal(of)
	if err == nil && v.Exchange != nil {
		sealed.Exchange, err = v.Exchange.stating(sealed.Net, sealed.Tax, v.Exchange.book())
	}
	return sealed, err
}

func (v Invoice) seal(of sealOf) (CandidateSealed, error) {
	v.Lines = withTax(v.Lines, of.taxed, of.lines)
	net, taxes, err := v.totals()
	if err != nil {
		return CandidateSealed{}, err
	}
	total, err := net.Add(taxes)
	return CandidateSealed{v.ID, of.series, v.BillingDate, of.date, of.termsDays, net, taxes, total, of.taxed, of.lines, nil, of.changes}, err
}
