package domain

import "slices"

// A debit memo raises an issued invoice: it bills what came to the invoice's
// shipments later. It is an invoice in all it does, with a series of its own,
// and names the one it raises.

// DebitDays is how long after its issue an invoice is raised as of right: 49
// USC 13710(a)(3)(A) gives a carrier 180 days from the receipt of the original
// bill. Later, somebody must release the debit memo.
const DebitDays = 180

// Raised is the invoice that a debit memo raises.
type Raised struct {
	Invoice InvoiceID `json:"invoice"`
	Number  string    `json:"number"`
	Issued  string    `json:"issued"` // civil date
}

// next is the candidate of charges that come when the invoice takes none: the
// debit memo that raises it, if it stands and bills their shipment, or the next
// candidate.
func (v Invoice) next(c Candidate, s ShipmentID) Candidate {
	if c.Raises == (Raised{}) && v.stands() && slices.ContainsFunc(v.Lines, func(l BillLine) bool { return l.Shipment == s }) {
		c.Raises = Raised{v.ID, v.Number, v.IssueDate}
		c.Number = 1
		return c
	}
	return c.Next()
}

// stands tells an issued invoice that was neither voided nor credited to be
// billed again.
func (v Invoice) stands() bool {
	return v.Number != "" && v.Status != InvoiceIsVoid && !slices.ContainsFunc(v.Credits, func(c Credit) bool { return c.Rebill })
}

// of is the series that the candidate's number comes from.
func (c Candidate) of(s Series) string {
	if c.Raises != (Raised{}) {
		return s.Debit
	}
	return s.Invoice
}

// late holds a debit memo that the law gives no right to, until somebody
// releases it.
func (v Invoice) late(date string) ([]Event, error) {
	raises := v.Candidate.Raises
	if raises == (Raised{}) || slices.Contains(v.Allowed, HoldLateDebit) {
		return nil, nil
	}
	last, err := addDays(raises.Issued, DebitDays)
	if err != nil || date <= last {
		return nil, err
	}
	return []Event{InvoiceHeld{Invoice: v.ID, Reason: HoldLateDebit, Detail: "invoice " + raises.Number + " could be raised until " + last}}, nil
}
