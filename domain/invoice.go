package domain

import (
	"slices"
	"time"

	"github.com/freightledger/freightledger/domain/money"
)

// An invoice begins as a candidate that gathers one customer's charges of one
// month, is sealed when billing may begin, gets its gap-free number, and is
// issued; from then on it is never edited (rule 35).
//
// Rules: 12 (with the shipment's claim), 26, 29, 34 (with Numbering), 35, 36,
// 37, 38, 47.

// MaxInvoiceLines bounds a candidate, so that an issued invoice stays one
// event; charges beyond it go to the customer's next candidate.
const MaxInvoiceLines = 1000

// InvoiceStatus is where an invoice stands.
type InvoiceStatus string

// Statuses of an invoice.
const (
	InvoiceOpen     InvoiceStatus = "candidate"
	InvoiceIsHeld   InvoiceStatus = "held"
	InvoiceSealed   InvoiceStatus = "sealed" // waits for its number
	InvoiceIsIssued InvoiceStatus = "issued"
	InvoiceIsPosted InvoiceStatus = "posted"
	InvoiceIsVoid   InvoiceStatus = "void"
	InvoiceIsPaid   InvoiceStatus = "paid"
	InvoiceIsShort  InvoiceStatus = "partially-paid"
	InvoiceCredited InvoiceStatus = "credited"
)

// Reasons for holding a candidate.
const (
	HoldCustomerUnknown  = "customer-unknown"
	HoldCustomerInactive = "customer-inactive"
	HoldCurrency         = "wrong-currency"
	HoldNegativeTotal    = "negative-total"
	HoldByHand           = "by-hand"
)

// Invoice is the state of an invoice's stream.
type Invoice struct {
	ID          InvoiceID
	Candidate   Candidate
	BillingDate string
	Status      InvoiceStatus
	Holds       []string // reasons in force
	Lines       []BillLine
	Number      string
	TermsDays   int
	IssueDate   string
	DueDate     string
	Net         money.Money
	Tax         money.Money
	Total       money.Money
	Posted      bool
	Credits     []Credit
	Applied     []Application
	Disputes    []DisputedLines
}

// Credit reduces lines of an issued invoice.
type Credit struct {
	ID     string       `json:"credit"` // within the invoice
	Number string       `json:"number,omitempty"`
	Reason string       `json:"reason"`
	Lines  []CreditLine `json:"lines"`
	Rebill bool         `json:"rebill,omitempty"`
	Date   string       `json:"-"` // of the request, until the credit is issued; events carry their own
}

// CreditLine is the part of a line that is given back.
type CreditLine struct {
	Shipment ShipmentID  `json:"shipment"`
	Charge   ChargeID    `json:"charge"`
	Kind     ChargeKind  `json:"kind"`
	Amount   money.Money `json:"amount"`
	Tax      money.Money `json:"tax"`
}

// Application is cash that paid a part of an invoice.
type Application struct {
	Payment PaymentID
	Amount  money.Money
}

// DisputedLines is what a customer contests.
type DisputedLines struct {
	Dispute DisputeID
	Lines   []CreditLine
	Open    bool
}

// Events of invoices.
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
	}
	// LinesDeclined sends claimed charges to the next candidate.
	LinesDeclined struct {
		Invoice  InvoiceID  `json:"invoice"`
		Shipment ShipmentID `json:"shipment"`
		Charges  []ChargeID `json:"charges"`
		Next     Candidate  `json:"next"`
		Reason   string     `json:"reason"`
	}
	// InvoiceHeld keeps a candidate from being sealed.
	InvoiceHeld struct {
		Invoice InvoiceID `json:"invoice"`
		Reason  string    `json:"reason"`
		Detail  string    `json:"detail,omitempty"`
	}
	// HoldReleased ends one reason; the candidate asks for billing again.
	HoldReleased struct {
		Invoice   InvoiceID `json:"invoice"`
		Reason    string    `json:"reason"`
		By        string    `json:"by"`
		Candidate Candidate `json:"candidate"`
	}
	// CandidateSealed fixes lines and totals; a number is asked for.
	CandidateSealed struct {
		Invoice     InvoiceID   `json:"invoice"`
		BillingDate string      `json:"billing_date"`
		TermsDays   int         `json:"terms_days"`
		Net         money.Money `json:"net"`
		Tax         money.Money `json:"tax"`
		Total       money.Money `json:"total"`
	}
	// InvoiceIssued is the invoice as the customer gets it.
	InvoiceIssued struct {
		Invoice   InvoiceID   `json:"invoice"`
		Number    string      `json:"number"`
		Candidate Candidate   `json:"candidate"`
		IssueDate string      `json:"issue_date"`
		DueDate   string      `json:"due_date"`
		Net       money.Money `json:"net"`
		Tax       money.Money `json:"tax"`
		Total     money.Money `json:"total"`
		Lines     []BillLine  `json:"lines"`
	}
	// InvoicePosted: the ERP holds it.
	InvoicePosted struct {
		Invoice InvoiceID `json:"invoice"`
		Number  string    `json:"number"`
	}
	// InvoiceVoided takes an invoice back before the ERP held it.
	InvoiceVoided struct {
		Invoice  InvoiceID   `json:"invoice"`
		Number   string      `json:"number"`
		Customer CustomerID  `json:"customer"`
		Date     string      `json:"date"`
		Reason   string      `json:"reason"`
		By       string      `json:"by"`
		Lines    []BillLine  `json:"lines"`
		Total    money.Money `json:"total"`
	}
)

func (CandidateOpened) EventType() string { return "CandidateOpened" }
func (LinesAdded) EventType() string      { return "LinesAdded" }
func (LinesDeclined) EventType() string   { return "LinesDeclined" }
func (InvoiceHeld) EventType() string     { return "InvoiceHeld" }
func (HoldReleased) EventType() string    { return "HoldReleased" }
func (CandidateSealed) EventType() string { return "CandidateSealed" }
func (InvoiceIssued) EventType() string   { return "InvoiceIssued" }
func (InvoicePosted) EventType() string   { return "InvoicePosted" }
func (InvoiceVoided) EventType() string   { return "InvoiceVoided" }

// Commands of invoices.
type (
	// AddLines puts a shipment's claimed charges on a candidate.
	AddLines struct {
		Candidate Candidate  `json:"candidate"`
		Shipment  ShipmentID `json:"shipment"`
		Lines     []BillLine `json:"lines"`
	}
	// HoldInvoice keeps a candidate from being sealed.
	HoldInvoice struct{ InvoiceHeld }
	// ReleaseHold ends one reason.
	ReleaseHold struct{ HoldReleased }
	// SealCandidate fixes lines and totals under the customer's terms. It
	// ends the holds that the customer's master data had caused.
	SealCandidate struct {
		Invoice   InvoiceID `json:"invoice"`
		TermsDays int       `json:"terms_days"`
	}
	// IssueInvoice issues a sealed invoice under its number.
	IssueInvoice struct {
		Invoice InvoiceID `json:"invoice"`
		Number  string    `json:"number"`
	}
	// MarkPosted records that the ERP holds it (rule 43: only a confirmation
	// leads here).
	MarkPosted struct{ InvoicePosted }
	// VoidInvoice takes it back before it was posted.
	VoidInvoice struct {
		Invoice InvoiceID `json:"invoice"`
		Date    string    `json:"date"`
		Reason  string    `json:"reason"`
		By      string    `json:"by"`
	}
)

func (c AddLines) Stream() Stream      { return c.Candidate.ID().Stream() }
func (c HoldInvoice) Stream() Stream   { return c.Invoice.Stream() }
func (c ReleaseHold) Stream() Stream   { return c.Invoice.Stream() }
func (c SealCandidate) Stream() Stream { return c.Invoice.Stream() }
func (c IssueInvoice) Stream() Stream  { return c.Invoice.Stream() }
func (c MarkPosted) Stream() Stream    { return c.Invoice.Stream() }
func (c VoidInvoice) Stream() Stream   { return c.Invoice.Stream() }

func (AddLines) CommandName() string      { return "AddLines" }
func (HoldInvoice) CommandName() string   { return "HoldInvoice" }
func (ReleaseHold) CommandName() string   { return "ReleaseHold" }
func (SealCandidate) CommandName() string { return "SealCandidate" }
func (IssueInvoice) CommandName() string  { return "IssueInvoice" }
func (MarkPosted) CommandName() string    { return "MarkPosted" }
func (VoidInvoice) CommandName() string   { return "VoidInvoice" }

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
		return []Event{LinesDeclined{id, c.Shipment, charges, c.Candidate.Next(), reason}}
	}
	switch {
	case len(news) == 0:
		return nil, nil
	case len(news) > MaxInvoiceLines:
		return nil, refuse(Invalid, "shipment %s asks for %d lines on one invoice; at most %d are taken", c.Shipment, len(news), MaxInvoiceLines)
	case v.ID != "" && v.Status != InvoiceOpen && v.Status != InvoiceIsHeld:
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
	events = append(events, LinesAdded{id, c.Shipment, news})
	if slices.Contains(v.Holds, HoldNegativeTotal) {
		v.Lines = append(slices.Clip(v.Lines), news...)
		net, tax, err := v.totals()
		if err != nil {
			return nil, err
		}
		if total, err := net.Add(tax); err != nil {
			return nil, err
		} else if !total.IsNegative() {
			events = append(events, HoldReleased{id, HoldNegativeTotal, itself, v.Candidate})
		}
	}
	return events, nil
}

func (c HoldInvoice) Decide(v Invoice) ([]Event, error) {
	switch {
	case v.ID == "":
		return nil, refuse(NotFound, "invoice %s is not known", c.Invoice)
	case slices.Contains(v.Holds, c.Reason):
		return nil, nil
	case v.Status != InvoiceOpen && v.Status != InvoiceIsHeld:
		return nil, refuse(TooLate, "invoice %s is %s: only a candidate is held", c.Invoice, v.Status)
	case c.Reason == "":
		return nil, refuse(Invalid, "invoice %s: a hold needs its reason", c.Invoice)
	}
	return []Event{c.InvoiceHeld}, nil
}

func (c ReleaseHold) Decide(v Invoice) ([]Event, error) {
	if v.ID == "" {
		return nil, refuse(NotFound, "invoice %s is not known", c.Invoice)
	}
	if !slices.Contains(v.Holds, c.Reason) {
		return nil, nil
	}
	e := c.HoldReleased
	e.Candidate = v.Candidate
	return []Event{e}, nil
}

func (c SealCandidate) Decide(v Invoice) ([]Event, error) {
	if v.ID == "" {
		return nil, refuse(NotFound, "invoice %s is not known", c.Invoice)
	}
	if v.Status != InvoiceOpen && v.Status != InvoiceIsHeld {
		return nil, nil
	}
	var events []Event
	negative, others := false, false
	for _, reason := range v.Holds {
		switch reason {
		case HoldCustomerUnknown, HoldCustomerInactive, HoldCurrency:
			events = append(events, HoldReleased{v.ID, reason, itself, v.Candidate})
		case HoldNegativeTotal:
			negative = true
		default:
			others = true
		}
	}
	if others {
		return events, nil // a reason that is not the customer's is still in force
	}
	net, tax, err := v.totals()
	if err != nil {
		return nil, err
	}
	total, err := net.Add(tax)
	if err != nil {
		return nil, err
	}
	if total.IsNegative() {
		if negative {
			return events, nil
		}
		return append(events, InvoiceHeld{v.ID, HoldNegativeTotal, "lines sum to " + total.String()}), nil
	}
	if negative {
		events = append(events, HoldReleased{v.ID, HoldNegativeTotal, itself, v.Candidate})
	}
	return append(events, CandidateSealed{v.ID, v.BillingDate, c.TermsDays, net, tax, total}), nil
}

// totals sums the lines: Σ lines + Σ tax = total, exactly (rule 26).
func (v Invoice) totals() (net, tax money.Money, err error) {
	net, tax = money.Zero(v.Candidate.Currency), money.Zero(v.Candidate.Currency)
	for _, line := range v.Lines {
		if net, err = net.Add(line.Amount); err != nil {
			return
		}
		if line.Tax.IsSet() {
			if tax, err = tax.Add(line.Tax); err != nil {
				return
			}
		}
	}
	return
}

func (c IssueInvoice) Decide(v Invoice) ([]Event, error) {
	switch {
	case v.Number == c.Number && v.Number != "":
		return nil, nil
	case v.Number != "":
		return nil, refuseByRule(34, Conflict, "invoice %s has number %s already", c.Invoice, v.Number)
	case v.Status != InvoiceSealed:
		return nil, refuse(NotReady, "invoice %s is not sealed", c.Invoice)
	}
	issued, err := time.Parse(DayLayout, v.BillingDate)
	if err != nil {
		return nil, refuse(Invalid, "invoice %s: billing date %q", c.Invoice, v.BillingDate)
	}
	due := issued.AddDate(0, 0, v.TermsDays).Format(DayLayout)
	return []Event{InvoiceIssued{v.ID, c.Number, v.Candidate, v.BillingDate, due, v.Net, v.Tax, v.Total, v.Lines}}, nil
}

func (c MarkPosted) Decide(v Invoice) ([]Event, error) {
	switch {
	case v.Number == "":
		return nil, refuse(NotReady, "invoice %s is not issued", c.Invoice)
	case v.Posted:
		return nil, nil
	}
	return []Event{InvoicePosted{v.ID, v.Number}}, nil
}

func (c VoidInvoice) Decide(v Invoice) ([]Event, error) {
	switch {
	case v.ID == "":
		return nil, refuse(NotFound, "invoice %s is not known", c.Invoice)
	case v.Status == InvoiceIsVoid:
		return nil, nil
	case v.Posted:
		return nil, refuseByRule(35, TooLate, "invoice %s is in the ERP: credit it instead", v.Number)
	case v.Number == "":
		return nil, refuse(NotReady, "invoice %s is not issued yet", c.Invoice)
	case len(v.Credits) > 0 || len(v.Applied) > 0:
		return nil, refuse(TooLate, "invoice %s has credits or payments: credit the rest instead", v.Number)
	case c.Reason == "" || c.By == "":
		return nil, refuse(Invalid, "invoice %s: say who voids it and why", v.Number)
	}
	date := c.Date
	if date == "" {
		date = v.IssueDate
	}
	if err := checkDay("invoice "+v.Number+": the void", date); err != nil {
		return nil, err
	}
	return []Event{InvoiceVoided{v.ID, v.Number, v.Candidate.Customer, date, c.Reason, c.By, v.Lines, v.Total}}, nil
}

// Evolve applies an event to the invoice.
func (v Invoice) Evolve(e Event) Invoice {
	switch e := e.(type) {
	case CandidateOpened:
		v.ID, v.Candidate, v.BillingDate, v.Status = e.Invoice, e.Candidate, e.BillingDate, InvoiceOpen
	case LinesAdded:
		v.Lines = append(slices.Clip(v.Lines), e.Lines...)
	case InvoiceHeld:
		v.Status, v.Holds = InvoiceIsHeld, append(slices.Clip(v.Holds), e.Reason)
	case HoldReleased:
		v.Holds = slices.DeleteFunc(slices.Clone(v.Holds), func(r string) bool { return r == e.Reason })
		if len(v.Holds) == 0 {
			v.Status = InvoiceOpen
		}
	case CandidateSealed:
		v.Status, v.TermsDays, v.Net, v.Tax, v.Total = InvoiceSealed, e.TermsDays, e.Net, e.Tax, e.Total
	case InvoiceIssued:
		v.Number, v.IssueDate, v.DueDate, v.Lines = e.Number, e.IssueDate, e.DueDate, e.Lines
		v.Net, v.Tax, v.Total, v.Status = e.Net, e.Tax, e.Total, InvoiceIsIssued
	case InvoicePosted:
		v.Posted = true
	case InvoiceVoided:
		v.Status = InvoiceIsVoid
		return v
	default:
		v = v.withSettlement(e)
	}
	if v.Number != "" && v.Status != InvoiceIsVoid {
		v.Status = v.settledStatus()
	}
	return v
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

func (v Invoice) line(s ShipmentID, c ChargeID) *BillLine {
	if i := slices.IndexFunc(v.Lines, func(l BillLine) bool { return l.Shipment == s && l.Charge == c }); i >= 0 {
		return &v.Lines[i]
	}
	return nil
}
