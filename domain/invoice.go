package domain

import (
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

// An invoice begins as a candidate that gathers one customer's charges of one
// month, is sealed when billing may begin, gets its gap-free number, and is
// issued; from then on it is never edited (rule 35).
//
// Rules: 12 (with the shipment's claim), 26, 29, 34 (with Numbering), 35, 36,
// 37, 38, 47.

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
	// InvoiceWrittenOff: nothing is open because the rest was given up.
	InvoiceWrittenOff InvoiceStatus = "written-off"
)

// Invoice is the state of an invoice's stream.
type Invoice struct {
	ID           InvoiceID
	Candidate    Candidate
	BillingDate  string
	SealDate     string // of its issue, unless the series is ahead of it
	Status       InvoiceStatus
	Holds        []string      // reasons in force
	HeldBy       string        // who holds it by hand
	Limits       []ReviewLimit // of the shipments that came
	Moved        []MovedLine   // off it by hand
	Lines        []BillLine
	Number       string
	TermsDays    int
	IssueDate    string
	DueDate      string
	Net          money.Money
	Tax          money.Money
	Total        money.Money
	Series       string // of its number, from the seal on
	Taxed        *Taxed // nil where the terms of its orders say the tax
	Exchange     *Exchange
	Changes      int // of the registrant, that were known when it was decided
	Posted       bool
	Credits      []Credit
	Applied      []Application
	Disputes     []DisputedLines
	Cancellation Cancellation
	Allowed      []string      // reasons for a hold that a person ended
	Links        []InvoiceLink // to the invoices that were made because of this one
	Shorts       []Short
	Asked        WriteOffRequest // to be approved; none without an id
	WriteOffs    []WriteOff
	Reversals    int // of write-offs
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
		Taxed     *Taxed      `json:"taxed,omitempty"` // absent where the terms of the orders say the tax
		// In the currency of the issuer's books; absent where that is the
		// invoice's own.
		Exchange *Exchange `json:"exchange,omitempty"`
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

func (InvoiceIssued) EventType() string { return "InvoiceIssued" }
func (InvoicePosted) EventType() string { return "InvoicePosted" }
func (InvoiceVoided) EventType() string { return "InvoiceVoided" }

// Commands of invoices.
type (
	// IssueInvoice issues a sealed invoice under its number, on the date that
	// came with the number.
	IssueInvoice struct {
		Invoice InvoiceID `json:"invoice"`
		Number  string    `json:"number"`
		Date    string    `json:"date,omitempty"`
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

func (c IssueInvoice) Stream() Stream { return c.Invoice.Stream() }
func (c MarkPosted) Stream() Stream   { return c.Invoice.Stream() }
func (c VoidInvoice) Stream() Stream  { return c.Invoice.Stream() }

func (IssueInvoice) CommandName() string { return "IssueInvoice" }
func (MarkPosted) CommandName() string   { return "MarkPosted" }
func (VoidInvoice) CommandName() string  { return "VoidInvoice" }

func (c IssueInvoice) Decide(v Invoice) ([]Event, error) {
	switch {
	case v.Number == c.Number && v.Number != "":
		return nil, nil
	case v.Number != "":
		return nil, refuseByRule(34, Conflict, "invoice %s has number %s already", c.Invoice, v.Number)
	case v.Status != InvoiceSealed:
		return nil, refuse(NotReady, "invoice %s is not sealed", c.Invoice)
	}
	date := max(c.Date, v.SealDate)
	due, err := addDays(date, v.TermsDays)
	if err != nil {
		return nil, err
	}
	return []Event{InvoiceIssued{v.ID, c.Number, v.Candidate, date, due, v.Net, v.Tax, v.Total, issuedLines(v.Lines), v.Taxed, v.Exchange}}, nil
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
	case len(v.Credits) > 0 || len(v.Applied) > 0 || v.standing():
		return nil, refuse(TooLate, "invoice %s has credits, payments or write-offs: credit the rest instead", v.Number)
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
		v = v.withLimit(e.Shipment, e.ReviewAbove).notMoved(e.Lines)
		// Who looked at it did not look at these.
		v.Allowed = slices.DeleteFunc(slices.Clone(v.Allowed), func(r string) bool { return r == HoldAboveLimit })
	case LinesWithdrawn:
		v.Lines = e.without(v.Lines)
	case LinesMoved:
		v = v.withMoved(e)
	case InvoiceHeld:
		v.Status, v.Holds = InvoiceIsHeld, append(slices.Clip(v.Holds), e.Reason)
		if HoldTypeOf(e.Reason).Ends == EndsAnother {
			v.HeldBy = e.By
		}
	case HoldReleased:
		v.Holds = slices.DeleteFunc(slices.Clone(v.Holds), func(r string) bool { return r == e.Reason })
		if len(v.Holds) == 0 {
			v.Status = InvoiceOpen
		}
		if e.By != itself {
			v.Allowed = append(slices.Clip(v.Allowed), e.Reason)
		}
	case CandidateSealed:
		v.Status, v.SealDate, v.TermsDays, v.Net, v.Tax, v.Total = InvoiceSealed, e.IssueDate, e.TermsDays, e.Net, e.Tax, e.Total
		v.Series, v.Taxed, v.Changes, v.Lines = e.Series, e.Taxed, e.Changes, withTax(v.Lines, e.Taxed, e.Lines)
		v.Exchange = e.Exchange
	case LinesRestated:
		v.Lines = e.restated(v.Lines)
	case InvoiceIssued:
		v.Number, v.IssueDate, v.DueDate, v.Lines, v.Taxed, v.Exchange = e.Number, e.IssueDate, e.DueDate, e.Lines, e.Taxed, e.Exchange
		v.Net, v.Tax, v.Total = e.Net, e.Tax, e.Total
	case RebillLinked:
		v.Links = append(slices.Clip(v.Links), InvoiceLink{LinkRebilled, e.By, e.Number})
	case DebitLinked:
		v.Links = append(slices.Clip(v.Links), InvoiceLink{LinkRaised, e.By, e.Number})
	case InvoicePosted:
		v.Posted = true
	case InvoiceVoided:
		v.Status = InvoiceIsVoid
		return v
	default:
		v = v.withSettlement(e).withCancellation(e)
	}
	if v.Number != "" && v.Status != InvoiceIsVoid {
		v.Status = v.settledStatus()
	}
	return v
}

func (v Invoice) line(s ShipmentID, c ChargeID) *BillLine {
	if i := slices.IndexFunc(v.Lines, func(l BillLine) bool { return l.Shipment == s && l.Charge == c }); i >= 0 {
		return &v.Lines[i]
	}
	return nil
}
