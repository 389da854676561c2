package domain

import (
	"slices"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain/money"
)

// What an invoice takes from a dispute, and what it does about its outcome.

// Days of a dispute.
const (
	// ContestDays is how long after its issue an invoice is contested as of
	// right: 49 USC 13710(a)(3)(B) gives a shipper 180 days from the receipt of
	// the bill, which is not before its issue.
	ContestDays = 180
	// AnswerDays is when an answer is due unless something else was agreed: 49
	// CFR 378.8 has a claim paid, declined or settled within 60 days.
	AnswerDays = 60
)

// DisputeTerms say what kind of case it is, since when, and until when it is
// answered.
type DisputeTerms struct {
	Code      DisputeReason `json:"code"`                 // X12 element 426
	Opened    string        `json:"opened,omitempty"`     // civil date; recorded since version 2
	AnswerDue string        `json:"answer_due,omitempty"` // civil date; 60 days after it was opened when nothing else is stated
	// LateAllowedBy lets the invoice be contested after its 180 days.
	LateAllowedBy string `json:"late_allowed_by,omitempty"`
	LateReason    string `json:"late_reason,omitempty"`
}

// checked completes the terms of a dispute of an invoice, or refuses them.
func (d DisputeTerms) checked(v Invoice) (DisputeTerms, error) {
	if d.Code.Name() == "" {
		return d, refuseByRule(38, Invalid, "invoice %s: the code %.10q is no reason for a dispute: take one of X12 element 426, like 01, or ZZ with the reason in words", v.Number, string(d.Code))
	}
	what := "invoice " + v.Number + ": the dispute"
	if err := checkDay(what, d.Opened); err != nil {
		return d, err
	}
	if d.Opened < v.IssueDate {
		return d, refuseByRule(38, Invalid, "invoice %s of %s cannot be contested on %s", v.Number, v.IssueDate, d.Opened)
	}
	last, err := addDays(v.IssueDate, ContestDays)
	if err != nil {
		return d, err
	}
	if d.Opened > last && (d.LateAllowedBy == "" || d.LateReason == "") {
		return d, refuseByRule(38, TooLate, "invoice %s could be contested until %s: say who allows it later, and why", v.Number, last)
	}
	if d.AnswerDue == "" {
		d.AnswerDue, err = addDays(d.Opened, AnswerDays)
		return d, err
	}
	if err := checkDay(what+"'s answer", d.AnswerDue); err != nil {
		return d, err
	}
	if d.AnswerDue < d.Opened {
		return d, refuse(Invalid, "invoice %s: the dispute of %s cannot be answered by %s", v.Number, d.Opened, d.AnswerDue)
	}
	return d, nil
}

// addDays counts civil days.
func addDays(day string, n int) (string, error) {
	t, err := time.Parse(DayLayout, day)
	if err != nil {
		return "", refuse(Invalid, "date %.20q: want year, month and day like 2013-10-30", day)
	}
	return t.AddDate(0, 0, n).Format(DayLayout), nil
}

// DisputeEnd is how a dispute ended on its invoice.
type DisputeEnd string

// Ends of a dispute.
const (
	EndCredited    DisputeEnd = "credited"
	EndNothingLeft DisputeEnd = "nothing-left" // what was upheld had been given back before
	EndDenied      DisputeEnd = "denied"
	EndWithdrawn   DisputeEnd = "withdrawn"
	EndUnstated    DisputeEnd = "unstated" // recorded before ends were
)

// CreditDispute gives back what a dispute found for the customer, as far as
// it was not given back already. When nothing is left to give, the dispute is
// cleared as such; otherwise it is cleared when the credit is issued.
type CreditDispute struct {
	Invoice InvoiceID    `json:"invoice"`
	Dispute DisputeID    `json:"dispute"`
	Lines   []CreditLine `json:"lines"`
	Date    string       `json:"date"`
	Reason  string       `json:"reason"`
	By      string       `json:"by"`
}

func (c CreditDispute) Stream() Stream    { return c.Invoice.Stream() }
func (CreditDispute) CommandName() string { return "CreditDispute" }

func (c CreditDispute) Decide(v Invoice) ([]Event, error) {
	if v.Number == "" {
		return nil, refuse(NotFound, "invoice %s was not issued", c.Invoice)
	}
	if v.openDispute(c.Dispute) == nil || v.credit(disputeCredit(c.Dispute)) != nil {
		return nil, nil // ended, or its credit waits for a number
	}
	lines, err := v.left(c.Lines)
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 || v.Status == InvoiceIsVoid {
		nothing := money.Zero(v.Candidate.Currency)
		return []Event{DisputeCleared{Invoice: v.ID, Dispute: c.Dispute, End: EndNothingLeft, Credited: nothing}}, nil
	}
	e, err := v.requested(Credit{ID: disputeCredit(c.Dispute), Reason: c.Reason, Lines: lines}, max(c.Date, v.IssueDate), c.By)
	if err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

// left is the part of what should be given back that was not given back
// before.
func (v Invoice) left(lines []CreditLine) ([]CreditLine, error) {
	var left []CreditLine
	for _, wanted := range lines {
		line := v.line(wanted.Shipment, wanted.Charge)
		if line == nil {
			continue
		}
		rest, restTax, err := v.creditable(*line)
		if err != nil {
			return nil, err
		}
		part := line.part(nearest(wanted.Amount, rest), nearest(wanted.Tax, restTax))
		if !part.Amount.IsZero() || !part.Tax.IsZero() {
			left = append(left, part)
		}
	}
	return left, nil
}

// nearest is the amount within whole that comes closest to part.
func nearest(part, whole money.Money) money.Money {
	switch {
	case within(part, whole):
		return orZero(part, whole)
	case part.Sign() == whole.Sign():
		return whole
	}
	return money.Zero(whole.Currency())
}

// disputeCredit names the credit that a dispute leads to.
func disputeCredit(id DisputeID) string { return disputeCredits + string(id) }

// disputeCredits begins the ids of credits that disputes lead to.
const disputeCredits = "dispute-"

// Dispute is the dispute that a credit follows from.
func (c Credit) Dispute() (DisputeID, bool) {
	id, follows := strings.CutPrefix(c.ID, disputeCredits)
	return DisputeID(id), follows
}

func (v Invoice) credit(id string) *Credit {
	if i := slices.IndexFunc(v.Credits, func(c Credit) bool { return c.ID == id }); i >= 0 {
		return &v.Credits[i]
	}
	return nil
}

func (v Invoice) openDispute(id DisputeID) *DisputedLines {
	if i := slices.IndexFunc(v.Disputes, func(d DisputedLines) bool { return d.Dispute == id && d.Open }); i >= 0 {
		return &v.Disputes[i]
	}
	return nil
}

// contested tells whether a dispute keeps its lines from other claims: once it
// has its credit, the credit does.
func (v Invoice) contested(d DisputedLines) bool {
	return d.Open && v.credit(disputeCredit(d.Dispute)) == nil
}

// concludeDispute clears the dispute that an issued credit answers.
func (v Invoice) concludeDispute(e CreditIssued) []Event {
	for _, d := range v.Disputes {
		if d.Open && disputeCredit(d.Dispute) == e.ID {
			return []Event{DisputeCleared{Invoice: v.ID, Dispute: d.Dispute, End: EndCredited, Credit: e.Credit.Number, Credited: e.Total}}
		}
	}
	return nil
}
