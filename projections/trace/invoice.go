package trace

import (
	"context"
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/freightledger/freightledger/eventstore"
)

// InvoiceTrace is an invoice and everything that it rests on.
type InvoiceTrace struct {
	ID        domain.InvoiceID     `json:"id"`
	Number    string               `json:"number"`
	Customer  domain.CustomerID    `json:"customer"`
	Period    string               `json:"period"` // of billing: "2026-03", "2026-W10", "2026-03-04"
	Status    domain.InvoiceStatus `json:"status"`
	Holds     []string             `json:"holds"`
	Raises    domain.Raised        `json:"raises,omitzero"` // of a debit memo
	Links     []domain.InvoiceLink `json:"links"`           // to invoices that were made because of it
	IssueDate string               `json:"issue_date"`
	DueDate   string               `json:"due_date"`
	Net       money.Money          `json:"net"`
	Tax       money.Money          `json:"tax"`
	Total     money.Money          `json:"total"`
	Open      money.Money          `json:"open"`
	Exchange  *ExchangeTrace       `json:"exchange,omitempty"` // where the books of the issuer are in another currency
	Events    []Hop                `json:"events"`
	Lines     []LineTrace          `json:"lines"`
	Credits   []CreditTrace        `json:"credits"`
	Payments  []PaymentTrace       `json:"payments"`
	Disputes  []DisputeTrace       `json:"disputes"`
	Postings  []PostingTrace       `json:"postings"`
}

// LineTrace is a line, the charge that it bills and the proof that let it, and
// the rule of the issuer that decided its tax.
type LineTrace struct {
	domain.BillLine
	Origin   ChargeTrace   `json:"origin"`
	Decision *tax.Decision `json:"decision,omitempty"` // absent where the terms of the order said the tax
}

// CreditTrace is a credit of the invoice.
type CreditTrace struct {
	domain.Credit
	Events []Hop `json:"events"`
}

// PaymentTrace is cash on the invoice.
type PaymentTrace struct {
	Payment domain.PaymentID `json:"payment"`
	Amount  money.Money      `json:"amount"`   // applied to this invoice, 0 when it was taken back
	Events  []Hop            `json:"events"`   // on the invoice
	Cash    []Hop            `json:"receipts"` // of the payment itself
}

// DisputeTrace is a case against the invoice.
type DisputeTrace struct {
	Dispute domain.DisputeID     `json:"dispute"`
	Status  domain.DisputeStatus `json:"status"`
	End     domain.DisputeEnd    `json:"end"` // what the invoice did about it, "" before it did
	Lines   []domain.CreditLine  `json:"lines"`
	Events  []Hop                `json:"events"`
}

// PostingTrace is a journal document of the invoice on its way into the ERP.
type PostingTrace struct {
	Document string               `json:"document"`
	Kind     string               `json:"kind"`
	Status   domain.PostingStatus `json:"status"` // "" when it was not asked for yet
	Date     string               `json:"date"`
	ERPID    string               `json:"erp_id"`
	Events   []Hop                `json:"events"`
	Entries  []EntryTrace         `json:"entries,omitempty"` // by [Tracer.Accounts]
}

// Invoice traces an invoice by its id or its number, or one that a credit memo
// belongs to by that memo's number. It answers a *domain.Refusal with code
// NotFound when there is none.
func (t *Tracer) Invoice(ctx context.Context, reference string) (InvoiceTrace, error) {
	id, err := t.InvoiceID(ctx, reference)
	if err != nil {
		return InvoiceTrace{}, err
	}
	events, err := t.read(ctx, id.Stream())
	if err != nil {
		return InvoiceTrace{}, err
	}
	var v domain.Invoice
	for _, e := range events {
		v = v.Evolve(e.Event)
	}
	trace := InvoiceTrace{ID: id, Number: v.Number, Customer: v.Candidate.Customer, Period: v.Candidate.Period, Status: v.Status, Holds: v.Holds, Raises: v.Candidate.Raises, Links: append([]domain.InvoiceLink{}, v.Links...),
		IssueDate: v.IssueDate, DueDate: v.DueDate, Net: v.Net, Tax: v.Tax, Total: v.Total, Open: money.Zero(v.Candidate.Currency),
		Events: []Hop{}, Lines: []LineTrace{}, Credits: []CreditTrace{}, Payments: []PaymentTrace{}, Disputes: []DisputeTrace{}, Postings: []PostingTrace{}}
	if v.Number != "" && v.Status != domain.InvoiceIsVoid {
		if trace.Open, err = v.Open(); err != nil {
			return InvoiceTrace{}, err
		}
	}
	if trace.Exchange, err = t.exchange(ctx, v.Exchange); err != nil {
		return InvoiceTrace{}, err
	}
	if err := t.lines(ctx, v, &trace); err != nil {
		return InvoiceTrace{}, err
	}
	if err := t.settlement(ctx, v, events, &trace); err != nil {
		return InvoiceTrace{}, err
	}
	return trace, nil
}

// InvoiceID finds an invoice by its id, its number or a credit memo's. It
// answers a *domain.Refusal with code NotFound when there is none.
func (t *Tracer) InvoiceID(ctx context.Context, reference string) (domain.InvoiceID, error) {
	id := domain.InvoiceID(reference)
	for _, err := range t.streams.ReadStream(ctx, string(id.Stream()), 0) {
		if err != nil {
			return "", fmt.Errorf("read %s: %w", id.Stream(), err)
		}
		return id, nil
	}
	document, at, err := t.numbered(ctx, reference)
	if err == nil && at.IsZero() {
		err = notFound("no invoice or credit memo is known as %.80q", reference)
	}
	return document.Invoice, err
}

// lines traces each line; every shipment and every message is read once.
func (t *Tracer) lines(ctx context.Context, v domain.Invoice, trace *InvoiceTrace) error {
	var raw sources
	files := map[domain.ShipmentID]*shipmentFile{}
	for _, line := range v.Lines {
		file := files[line.Shipment]
		if file == nil {
			events, err := t.read(ctx, line.Shipment.Stream())
			if err != nil {
				return err
			}
			file = &shipmentFile{id: line.Shipment, events: events}
			files[line.Shipment] = file
		}
		traced := LineTrace{BillLine: line, Origin: file.charge(line.Charge, v.ID, &raw)}
		if decision, decided := v.Taxed.Decided(line); decided {
			traced.Decision = &decision
		}
		trace.Lines = append(trace.Lines, traced)
	}
	return t.load(ctx, &raw)
}

// settlement tells what became of the invoice after its lines.
func (t *Tracer) settlement(ctx context.Context, v domain.Invoice, events []eventstore.Decoded, trace *InvoiceTrace) error {
	for _, credit := range v.Credits {
		trace.Credits = append(trace.Credits, CreditTrace{Credit: credit})
	}
	for _, d := range v.Disputes {
		trace.Disputes = append(trace.Disputes, DisputeTrace{Dispute: d.Dispute, Lines: d.Lines})
	}
	for _, e := range events {
		hop := hopOf(e)
		trace.Events = append(trace.Events, hop)
		switch x := e.Event.(type) {
		case domain.CreditRequested:
			trace.credit(x.ID, hop)
		case domain.CreditIssued:
			trace.credit(x.ID, hop)
		case domain.PaymentApplied:
			trace.payment(x.Payment, hop).Amount = x.Amount
		case domain.CashReleased:
			p := trace.payment(x.Payment, hop)
			rest, err := p.Amount.Sub(x.Amount)
			if err != nil {
				return err
			}
			p.Amount = rest
		case domain.PaymentUnapplied:
			trace.payment(x.Payment, hop).Amount = money.Zero(v.Candidate.Currency)
		}
		if document, ok := domain.Journal(e.Event); ok && !document.ByERP {
			posting, err := t.posting(ctx, document)
			if err != nil {
				return err
			}
			trace.Postings = append(trace.Postings, posting)
		}
	}
	for i := range trace.Payments {
		cash, err := t.read(ctx, trace.Payments[i].Payment.Stream())
		if err != nil {
			return err
		}
		for _, e := range cash {
			trace.Payments[i].Cash = append(trace.Payments[i].Cash, hopOf(e))
		}
	}
	for i := range trace.Disputes {
		d := &trace.Disputes[i]
		history, err := t.read(ctx, d.Dispute.Stream())
		if err != nil {
			return err
		}
		var state domain.Dispute
		for _, e := range history {
			state = state.Evolve(e.Event)
			d.Events = append(d.Events, hopOf(e))
		}
		d.Status, d.End = state.Status, state.End
	}
	return nil
}

func (v *InvoiceTrace) credit(id string, hop Hop) {
	if i := slices.IndexFunc(v.Credits, func(c CreditTrace) bool { return c.ID == id }); i >= 0 {
		v.Credits[i].Events = append(v.Credits[i].Events, hop)
	}
}

func (v *InvoiceTrace) payment(id domain.PaymentID, hop Hop) *PaymentTrace {
	i := slices.IndexFunc(v.Payments, func(p PaymentTrace) bool { return p.Payment == id })
	if i < 0 {
		i = len(v.Payments)
		v.Payments = append(v.Payments, PaymentTrace{Payment: id})
	}
	v.Payments[i].Events = append(v.Payments[i].Events, hop)
	return &v.Payments[i]
}

func (t *Tracer) posting(ctx context.Context, document domain.Document) (PostingTrace, error) {
	events, err := t.read(ctx, domain.PostingStream(document.Number))
	if err != nil {
		return PostingTrace{}, err
	}
	trace := PostingTrace{Document: document.Number, Kind: document.Kind, Date: document.Date}
	var p domain.Posting
	for _, e := range events {
		p = p.Evolve(e.Event)
		trace.Events = append(trace.Events, hopOf(e))
	}
	if p.Document != "" {
		trace.Status, trace.Date, trace.ERPID = p.Status, p.Date, p.ERPID
	}
	return trace, nil
}
