package domain

import (
	"cmp"
	"slices"
)

// An invoice that is in the ERP, or was paid, is cancelled by an ordered
// unwind (rule 35): its cash goes back to the payments, the whole of it is
// credited, its charges are released. Each step follows from the one before.
// It stops before the first step at one named blocker, and goes on when that
// is gone.

// Cancellation is how far the cancellation of an invoice is.
type Cancellation struct {
	Reason  string
	By      string
	Blocker string // that it stops at, "" when at none
	Subject string // the dispute, credit or write-off that it stops at
	Done    bool
}

// State is a word for how far it is: "" when there is none, "under-way",
// "done", or what it stops at.
func (c Cancellation) State() string {
	switch {
	case c.By == "":
		return ""
	case c.Done:
		return "done"
	}
	return cmp.Or(c.Blocker, "under-way")
}

// Blockers of a cancellation.
const (
	BlockedByDispute = "open-dispute"     // until it is decided or withdrawn
	BlockedByCredit  = "credit-in-flight" // until the credit memo has its number
	BlockedByLoss    = "written-off"      // until the write-off is reversed
)

type (
	// CancellationBegan: somebody wants the invoice gone.
	CancellationBegan struct {
		Invoice InvoiceID `json:"invoice"`
		Number  string    `json:"number"`
		Reason  string    `json:"reason"`
		By      string    `json:"by"`
	}
	// CancellationBlocked names what it waits for.
	CancellationBlocked struct {
		Invoice InvoiceID `json:"invoice"`
		Blocker string    `json:"blocker"`
		Subject string    `json:"subject"` // the dispute, credit or write-off
	}
	// CancellationDone: nothing of the invoice is left.
	CancellationDone struct {
		Invoice InvoiceID `json:"invoice"`
		Number  string    `json:"number"`
		Credit  string    `json:"credit"` // number of the credit memo
	}
)

func (CancellationBegan) EventType() string   { return "CancellationBegan" }
func (CancellationBlocked) EventType() string { return "CancellationBlocked" }
func (CancellationDone) EventType() string    { return "CancellationDone" }

type (
	// CancelInvoice takes an issued invoice back, whatever became of it: it is
	// voided if the ERP does not hold it and nothing was done about it, and
	// unwound otherwise. Its charges wait for approval anew.
	CancelInvoice struct {
		Invoice InvoiceID `json:"invoice"`
		Date    string    `json:"date,omitempty"` // of a void; the issue date when absent
		Reason  string    `json:"reason"`
		By      string    `json:"by"`
	}
	// ContinueCancellation takes the next steps of a cancellation, if they can
	// be taken.
	ContinueCancellation struct {
		Invoice InvoiceID `json:"invoice"`
		Date    string    `json:"date"`
	}
)

func (c CancelInvoice) Stream() Stream           { return c.Invoice.Stream() }
func (c ContinueCancellation) Stream() Stream    { return c.Invoice.Stream() }
func (CancelInvoice) CommandName() string        { return "CancelInvoice" }
func (ContinueCancellation) CommandName() string { return "ContinueCancellation" }

func (c CancelInvoice) Decide(v Invoice) ([]Event, error) {
	if v.Status == InvoiceIsVoid || v.Cancellation.By != "" {
		return nil, nil
	}
	if err := v.mustBeIssued(c.Invoice); err != nil {
		return nil, err
	}
	if !v.Posted && len(v.Credits) == 0 && len(v.Applied) == 0 && !v.standing() {
		return VoidInvoice(c).Decide(v)
	}
	if c.Reason == "" || c.By == "" {
		return nil, refuse(Invalid, "invoice %s: say who cancels it and why", v.Number)
	}
	left, err := v.rest()
	if err != nil {
		return nil, err
	}
	if len(left) == 0 {
		return nil, refuseByRule(36, Conflict, "invoice %s is credited in full already", v.Number)
	}
	return []Event{CancellationBegan{v.ID, v.Number, c.Reason, c.By}}, nil
}

func (c ContinueCancellation) Decide(v Invoice) ([]Event, error) {
	going := v.Cancellation
	if going.By == "" || going.Done || v.credit(cancellationCredit) != nil {
		return nil, nil
	}
	if blocker, subject := v.blocker(); blocker != "" {
		if blocker == going.Blocker && subject == going.Subject {
			return nil, nil
		}
		return []Event{CancellationBlocked{v.ID, blocker, subject}}, nil
	}
	date := max(c.Date, v.IssueDate)
	var events []Event
	for _, a := range slices.Backward(v.Applied) {
		if !a.Amount.IsZero() {
			events = append(events, CashReleased{v.ID, v.Number, v.Candidate.Customer, a.Payment, "REL-" + string(a.Payment) + "-" + v.Number, date, a.Amount, ""})
		}
	}
	left, err := v.rest()
	if err != nil {
		return nil, err
	}
	if len(left) == 0 { // a credit that it waited for gave the last of it back
		return append(events, CancellationDone{v.ID, v.Number, ""}), nil
	}
	e, err := v.requested(Credit{ID: cancellationCredit, Reason: going.Reason, Lines: left, Rebill: true}, date, going.By)
	if err != nil {
		return nil, err
	}
	return append(events, e), nil
}

// cancellationCredit is the id of the credit of a whole invoice that is
// cancelled.
const cancellationCredit = "cancellation"

// blocker is the first thing that a cancellation waits for.
func (v Invoice) blocker() (blocker, subject string) {
	for _, credit := range v.Credits {
		if credit.Number == "" {
			return BlockedByCredit, credit.ID
		}
	}
	for _, d := range v.Disputes {
		if d.Open {
			return BlockedByDispute, string(d.Dispute)
		}
	}
	for _, w := range v.WriteOffs {
		if len(w.Lines) > 0 {
			return BlockedByLoss, w.ID
		}
	}
	return "", ""
}

// rest is all that is left to credit.
func (v Invoice) rest() ([]CreditLine, error) {
	whole := make([]CreditLine, len(v.Lines))
	for i, line := range v.Lines {
		whole[i] = line.part(line.Amount, line.Tax)
	}
	return v.left(whole)
}

// concludeCancellation ends it with its credit memo.
func (v Invoice) concludeCancellation(e CreditIssued) []Event {
	if e.ID != cancellationCredit {
		return nil
	}
	return []Event{CancellationDone{v.ID, v.Number, e.Credit.Number}}
}

func (v Invoice) withCancellation(e Event) Invoice {
	switch e := e.(type) {
	case CancellationBegan:
		v.Cancellation = Cancellation{Reason: e.Reason, By: e.By}
	case CancellationBlocked:
		v.Cancellation.Blocker, v.Cancellation.Subject = e.Blocker, e.Subject
	case CancellationDone:
		v.Cancellation.Blocker, v.Cancellation.Subject, v.Cancellation.Done = "", "", true
	case CreditRequested:
		if e.ID == cancellationCredit {
			v.Cancellation.Blocker, v.Cancellation.Subject = "", ""
		}
	}
	return v
}
