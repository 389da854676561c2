package domain

import "slices"

// An invoice names what it replaces or raises on its own lines and candidate;
// a link on the other one leads back (rule 37).

// InvoiceLink leads from an invoice to one that was made because of it.
type InvoiceLink struct {
	Kind    string    `json:"kind"` // LinkRebilled or LinkRaised
	Invoice InvoiceID `json:"invoice"`
	Number  string    `json:"number"`
}

// Kinds of InvoiceLink.
const (
	LinkRebilled = "rebilled-by"
	LinkRaised   = "raised-by"
)

type (
	// RebillLinked names the invoice that bills what this one was credited or
	// voided for. There may be several: charges are approved anew one by one.
	RebillLinked struct {
		Invoice InvoiceID `json:"invoice"`
		Credit  string    `json:"credit,omitempty"` // number of the credit memo; absent when it was voided
		By      InvoiceID `json:"by"`
		Number  string    `json:"number"`
	}
	// DebitLinked names a debit memo that raises this invoice.
	DebitLinked struct {
		Invoice InvoiceID `json:"invoice"`
		By      InvoiceID `json:"by"`
		Number  string    `json:"number"`
	}
)

func (RebillLinked) EventType() string { return "RebillLinked" }
func (DebitLinked) EventType() string  { return "DebitLinked" }

type (
	// LinkRebill names the invoice that bills again.
	LinkRebill struct{ RebillLinked }
	// LinkDebit names a debit memo.
	LinkDebit struct{ DebitLinked }
)

func (c LinkRebill) Stream() Stream    { return c.Invoice.Stream() }
func (c LinkDebit) Stream() Stream     { return c.Invoice.Stream() }
func (LinkRebill) CommandName() string { return "LinkRebill" }
func (LinkDebit) CommandName() string  { return "LinkDebit" }

func (c LinkRebill) Decide(v Invoice) ([]Event, error) {
	if v.Number == "" {
		return nil, refuse(NotFound, "invoice %s was not issued", c.Invoice)
	}
	if v.linked(LinkRebilled, c.By) {
		return nil, nil
	}
	e := c.RebillLinked
	for _, credit := range v.Credits {
		if credit.Rebill {
			e.Credit = credit.Number
		}
	}
	return []Event{e}, nil
}

func (c LinkDebit) Decide(v Invoice) ([]Event, error) {
	if v.Number == "" {
		return nil, refuse(NotFound, "invoice %s was not issued", c.Invoice)
	}
	if v.linked(LinkRaised, c.By) {
		return nil, nil
	}
	return []Event{c.DebitLinked}, nil
}

func (v Invoice) linked(kind string, to InvoiceID) bool {
	return slices.ContainsFunc(v.Links, func(l InvoiceLink) bool { return l.Kind == kind && l.Invoice == to })
}

// replaced are the invoices that lines are billed again from, each once.
func replaced(lines []BillLine) []InvoiceID {
	var ids []InvoiceID
	for _, line := range lines {
		if line.Rebills != "" && !slices.Contains(ids, line.Rebills) {
			ids = append(ids, line.Rebills)
		}
	}
	return ids
}
