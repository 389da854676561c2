package domain

import (
	"slices"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/tax"
)

// A candidate gathers one customer's charges of one month until it is sealed.

// MaxInvoiceLines bounds a candidate, so that an issued invoice stays one
// event; charges beyond it go to the customer's next candidate.
const MaxInvoiceLines = 1000

// Events of candidates.
type (
	// CandidateOpened begins an invoice.
	CandidateOpened struct {
		Invoice     InvoiceID `json:"invoice"`
		Candidate   Candidate `json:"candidate"`
		BillingDate string    `json:"billing_date"`
	}
	// LinesAdded puts claimed charges on the candidate.
	LinesAdded struct {
		Invoice  InvoiceID  `json:"invoice"`
		Shipment ShipmentID `json:"shipment"`
		Lines    []BillLine `json:"lines"`
		// ReviewAbove is the total above which the agreement has a person look
		// at the invoice; unset where it does not.
		ReviewAbove money.Money `json:"review_above"`
	}
	// LinesDeclined sends claimed charges to the next candidate.
	LinesDeclined struct {
		Invoice  InvoiceID  `json:"invoice"`
		Shipment ShipmentID `json:"shipment"`
		Charges  []ChargeID `json:"charges"`
		Next     Candidate  `json:"next"`
		Reason   string     `json:"reason"`
	}
	// CandidateSealed fixes lines and totals; a number is asked for.
	CandidateSealed struct {
		Invoice     InvoiceID   `json:"invoice"`
		Series      string      `json:"series"`       // of its number: InvoiceSeries, DebitSeries or one of its issuer's
		BillingDate string      `json:"billing_date"` // the last day of its billing period
		IssueDate   string      `json:"issue_date"`   // the series may move it forward
		TermsDays   int         `json:"terms_days"`
		Net         money.Money `json:"net"`
		Tax         money.Money `json:"tax"`
		Total       money.Money `json:"total"`
		// By the rules of the issuer; absent where the terms of the orders say
		// the tax.
		Taxed *Taxed      `json:"taxed,omitempty"`
		Lines []TaxedLine `json:"lines,omitempty"` // one for each line of the candidate, in order
		// In the currency of the issuer's books; absent where that is the
		// invoice's own.
		Exchange *Exchange `json:"exchange,omitempty"`
		// Changes of the registrant that were known when the tax was decided;
		// absent where the terms of the orders say it, and in seals that did not
		// say so yet.
		Changes int `json:"changes,omitempty"`
	}
)

func (CandidateOpened) EventType() string { return "CandidateOpened" }
func (LinesAdded) EventType() string      { return "LinesAdded" }
func (LinesDeclined) EventType() string   { return "LinesDeclined" }
func (CandidateSealed) EventType() string { return "CandidateSealed" }

// Commands of candidates.
type (
	// AddLines puts a shipment's claimed charges on a candidate.
	AddLines struct {
		Candidate   Candidate   `json:"candidate"`
		Shipment    ShipmentID  `json:"shipment"`
		Lines       []BillLine  `json:"lines"`
		ReviewAbove money.Money `json:"review_above"`
	}
	// SealCandidate fixes lines and totals under the customer's terms. It
	// ends the holds that the customer's master data had caused.
	SealCandidate struct {
		Invoice   InvoiceID `json:"invoice"`
		TermsDays int       `json:"terms_days"`
		// Date is the civil date of its issue; the last day of the billing
		// period when none is stated, or an earlier one.
		Date string `json:"date,omitempty"`
		// Buyer is what tax knows of the customer.
		Buyer tax.Customer `json:"buyer,omitzero"`

		knowledge Knowledge
	}
)

func (c AddLines) Stream() Stream      { return c.Candidate.ID().Stream() }
func (c SealCandidate) Stream() Stream { return c.Invoice.Stream() }

func (c SealCandidate) Learn(k Knowledge) Command { c.knowledge = k; return c }

func (AddLines) CommandName() string      { return "AddLines" }
func (SealCandidate) CommandName() string { return "SealCandidate" }

func (c AddLines) Decide(v Invoice) ([]Event, error) {
	id := c.Candidate.ID()
	var news []BillLine
	for _, line := range c.Lines {
		if line.Amount.Currency() != c.Candidate.Currency {
			return nil, refuseByRule(29, Invalid, "invoice %s is in %s, charge %s in %s", id, c.Candidate.Currency, line.Charge, line.Amount.Currency())
		}
		if !v.bills(line.Shipment, line.Charge) {
			news = append(news, line)
		}
	}
	decline := func(reason string) []Event {
		charges := make([]ChargeID, len(news))
		for i, line := range news {
			charges[i] = line.Charge
		}
		return []Event{LinesDeclined{id, c.Shipment, charges, v.next(c.Candidate, c.Shipment), reason}}
	}
	switch {
	case len(news) == 0:
		return nil, nil
	case len(news) > MaxInvoiceLines:
		return nil, refuse(Invalid, "shipment %s asks for %d lines on one invoice; at most %d are taken", c.Shipment, len(news), MaxInvoiceLines)
	case v.ID != "" && !v.gathers():
		return decline("candidate is " + string(v.Status)), nil
	case len(v.Lines)+len(news) > MaxInvoiceLines:
		return decline("candidate is full"), nil
	}
	var events []Event
	if v.ID == "" {
		date, err := c.Candidate.BillingDate()
		if err != nil {
			return nil, err
		}
		events = append(events, CandidateOpened{id, c.Candidate, date})
	}
	added := LinesAdded{id, c.Shipment, news, c.ReviewAbove}
	events = append(events, added)
	if len(v.Holds) > 0 {
		changed, err := v.Evolve(added).concludeLines()
		return append(events, changed...), err
	}
	return events, nil
}

func (c SealCandidate) Decide(v Invoice) ([]Event, error) {
	if v.ID == "" {
		return nil, refuse(NotFound, "invoice %s is not known", c.Invoice)
	}
	if !v.gathers() {
		return nil, nil
	}
	var events []Event
	negative, others := false, false
	for _, reason := range v.Holds {
		switch reason {
		case HoldCustomerUnknown, HoldCustomerInactive, HoldCurrency:
			events = append(events, v.released(reason))
		case HoldNegativeTotal:
			negative = true
		case HoldIssuer, HoldTaxRules, HoldTaxFacts, HoldExchange: // decided below
		default:
			others = true
		}
	}
	if others {
		return events, nil // a reason that is not the customer's is still in force
	}
	date := max(c.Date, v.BillingDate)
	if err := checkDay("invoice "+string(v.ID), date); err != nil {
		return nil, err
	}
	late, err := v.late(date)
	if err != nil || len(late) > 0 {
		return append(events, late...), err
	}
	sealed, lacks, err := c.seal(v, date)
	if err != nil {
		return nil, err
	}
	if lacks != nil {
		return append(append(events, v.sealHolds(&lacks.lack)...), lacks.event), nil
	}
	events = append(events, v.sealHolds(nil)...)
	if sealed.Total.IsNegative() {
		if negative {
			return events, nil
		}
		return append(events, InvoiceHeld{Invoice: v.ID, Reason: HoldNegativeTotal, Detail: "lines sum to " + sealed.Total.String()}), nil
	}
	if negative {
		events = append(events, v.released(HoldNegativeTotal))
	}
	above, err := v.aboveLimit(sealed.Total)
	if err != nil {
		return nil, err
	}
	if above != nil {
		return append(events, above), nil
	}
	return append(events, sealed), nil
}

// totals sums the lines: Σ lines + Σ tax = total, exactly (rule 26).
func (v Invoice) totals() (net, taxes money.Money, err error) {
	net, taxes = money.Zero(v.Candidate.Currency), money.Zero(v.Candidate.Currency)
	for _, line := range v.Lines {
		if net, err = net.Add(line.Amount); err != nil {
			return
		}
		if line.Tax.IsSet() {
			if taxes, err = taxes.Add(line.Tax); err != nil {
				return
			}
		}
	}
	return
}

// bills tells whether a charge is on the invoice and was not given back by a
// void or a rebill: only then may it not be billed again (rule 12).
func (v Invoice) bills(s ShipmentID, c ChargeID) bool {
	if v.Status == InvoiceIsVoid || v.line(s, c) == nil {
		return false
	}
	return !slices.ContainsFunc(v.Credits, func(credit Credit) bool {
		return credit.Rebill && credit.Number != "" && slices.ContainsFunc(credit.Lines, func(l CreditLine) bool { return l.Shipment == s && l.Charge == c })
	})
}
