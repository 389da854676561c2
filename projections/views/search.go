package views

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Hit is something known by a reference.
type Hit struct {
	Kind   string        `json:"kind"`   // "shipment", "invoice-number", or the kind of a shipment's reference
	Value  string        `json:"value"`  // as it was stated
	Stream domain.Stream `json:"stream"` // where to look
}

// Kinds of hit besides the kinds of a shipment's references.
const (
	HitShipment  = "shipment"
	HitCharge    = "charge"
	HitCustomer  = "customer"
	HitInvoice   = "invoice"
	HitNumber    = "invoice-number"
	HitCredit    = "credit-memo"
	HitPayment   = "payment"
	HitReceipt   = "receipt"
	HitTrace     = "payment-reference"
	HitDispute   = "dispute"
	HitMessage   = "message"
	HitFile      = "message-name"
	HitPosting   = "posting"
	HitERPRecord = "erp-record"
	HitMovement  = "movement"
	HitAccount   = "bank-account"
)

// search gathers the references of a page and writes them in order, which
// costs the index the least.
type search struct{ *found }

type found struct{ hits []Hit }

func newSearch() search { return search{&found{}} }

func (search) Name() string { return "search" }
func (search) Version() int { return 2 }
func (p search) Forget()    { p.hits = nil }

func (search) Schema() []string {
	return []string{"CREATE TABLE refs (needle TEXT NOT NULL, kind TEXT NOT NULL, stream TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (needle, kind, stream, value)) WITHOUT ROWID"}
}

// normal is the form in which references are compared.
func normal(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }

func (p search) Handle(_ *projections.Tx, e eventstore.Decoded) error {
	stream := domain.Stream(e.Stream)
	add := func(kind, value string) {
		if value != "" {
			p.hits = append(p.hits, Hit{kind, value, stream})
		}
	}
	switch e := e.Event.(type) {
	case domain.OrderReleased:
		add(HitShipment, string(e.Shipment))
		for _, r := range e.References {
			add(r.Kind, r.Value)
		}
		p.hits = append(p.hits, Hit{HitCustomer, string(e.Customer), e.Customer.Stream()})
	case domain.ReferenceAdded:
		add(e.Reference.Kind, e.Reference.Value)
	case domain.TenderAccepted:
		add("DISPATCH", e.DispatchRef)
	case domain.ShipmentDispatched:
		add("LOAD", e.Load)
	case domain.ChargeEntered:
		add(HitCharge, string(e.Charge))
	case domain.ChargeLinked:
		add(HitCharge, string(e.Charge))
	case domain.ChargeNotBillable:
		add(HitCharge, string(e.Charge))
	case domain.ChargeHeld:
		add(HitCharge, string(e.Charge))
	case domain.CandidateOpened:
		add(HitInvoice, string(e.Invoice))
	case domain.InvoiceIssued:
		add(HitNumber, e.Number)
	case domain.CreditIssued:
		add(HitCredit, e.Credit.Number)
	case domain.RemittanceAnnounced:
		add(HitPayment, string(e.Payment))
		add(HitTrace, e.Reference)
	case domain.PaymentReceived:
		add(HitPayment, string(e.Payment))
		add(HitReceipt, e.Document)
		add(HitTrace, e.Reference)
	case domain.PaymentReversed:
		add(HitReceipt, e.Document)
	case domain.ReceiptMatched:
		add(HitReceipt, e.Document)
	case domain.MovementNoted:
		add(HitMovement, string(e.Movement))
		add(HitMovement, e.Document)
		for _, r := range e.References {
			add(HitMovement, r)
		}
	case domain.BankAccountAdopted:
		add(HitAccount, string(e.Account))
	case domain.DisputeOpened:
		add(HitDispute, string(e.Dispute))
	case domain.CustomerSynced:
		add(HitCustomer, string(e.Customer))
	case domain.PostingRequested:
		add(HitPosting, e.Document)
	case domain.PostingConfirmed:
		add(HitERPRecord, e.ERPID)
	case domain.MessageReceived:
		add(HitMessage, string(e.Message))
		add(HitFile, e.Name)
	}
	return nil
}

func (p search) Flush(tx *projections.Tx) error {
	slices.SortFunc(p.hits, func(a, b Hit) int { return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Kind, b.Kind)) })
	for _, h := range p.hits {
		if err := tx.Exec("INSERT OR IGNORE INTO refs VALUES (?,?,?,?)", normal(h.Value), h.Kind, string(h.Stream), h.Value); err != nil {
			return err
		}
	}
	p.hits = p.hits[:0]
	return nil
}

// Search finds everything known by a reference, or by one that begins with the
// text: exact hits first. Case and outer blanks do not matter. An empty text
// finds nothing.
func (v *Views) Search(ctx context.Context, text string, limit int) ([]Hit, error) {
	needle := normal(text)
	if needle == "" || len(needle) > 512 {
		return []Hit{}, nil
	}
	return selectAll(ctx, v.db, func(r row) (h Hit, err error) {
		err = r.Scan(&h.Kind, &h.Value, &h.Stream)
		return h, err
	}, `SELECT kind, value, stream FROM refs WHERE needle >= ? AND needle < ? ORDER BY needle, kind, stream, value LIMIT +?`,
		needle, needle+"\U0010FFFF", Page{Limit: limit}.limit())
}
