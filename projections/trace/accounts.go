package trace

import (
	"context"
	"fmt"
	"iter"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
)

// History gives every event in the order of the history, as
// [eventstore.Follower] does.
type History interface {
	ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error]
}

// EntryTrace is an entry of a document, and why it is on its account.
type EntryTrace struct {
	Ref          string            `json:"ref"`
	Account      domain.Account    `json:"account"`
	Side         domain.Side       `json:"side"`
	Amount       money.Money       `json:"amount"`
	Memo         string            `json:"memo,omitempty"`
	Chart        string            `json:"chart"` // version that chose the account
	Row          int               `json:"row"`   // its row, from 1
	Role         domain.Role       `json:"role"`
	Kind         domain.ChargeKind `json:"charge_kind,omitempty"`
	Code         string            `json:"code,omitempty"`
	Unit         string            `json:"unit,omitempty"`
	Origin       string            `json:"origin,omitempty"`
	Destination  string            `json:"destination,omitempty"`
	Jurisdiction string            `json:"jurisdiction,omitempty"`
}

// Accounts adds to an invoice's postings what they book and by which row of
// which version of the chart. Which version was known when a document was
// recorded is a matter of the order of the whole history, so that is read
// through, though only the events of a few streams are looked at.
func (t *Tracer) Accounts(ctx context.Context, history History, v *InvoiceTrace) error {
	of := map[string]bool{string(v.ID.Stream()): true}
	for _, line := range v.Lines {
		of[string(line.Shipment.Stream())] = true
	}
	for _, p := range v.Payments {
		of[string(p.Payment.Stream())] = true
	}
	entries := map[string][]EntryTrace{}
	charts, memory := domain.Charts{}, domain.MapMemory{}
	for r, err := range history.ReadAll(ctx, eventstore.Start) {
		if err != nil {
			return fmt.Errorf("read the history for the accounts of invoice %s: %w", v.ID, err)
		}
		if !of[r.Stream] && domain.Stream(r.Stream).Category() != domain.ChartStream("").Category() {
			continue
		}
		e, err := t.codec.Decode(r)
		if err != nil {
			return err
		}
		switch x := e.Event.(type) {
		case domain.ChartAdopted:
			charts = charts.With(x)
		case domain.ChargesClaimed:
			// Another invoice may have reversed the accrual, and given it back.
			of[string(x.Candidate.ID().Stream())] = true
		}
		d, ok, err := charts.Book(e.Event, memory)
		if err != nil {
			return err
		}
		if ok && r.Stream == string(v.ID.Stream()) {
			entries[d.Number] = entriesOf(d)
		}
	}
	for i := range v.Postings {
		v.Postings[i].Entries = entries[v.Postings[i].Document]
	}
	return nil
}

func entriesOf(d domain.Document) []EntryTrace {
	entries := make([]EntryTrace, len(d.Entries))
	for i, e := range d.Entries {
		entries[i] = EntryTrace{e.Ref, e.Account, e.Side, e.Amount, e.Memo, e.Chart, e.Row, e.Role, e.Kind, e.Code, e.Unit, e.Origin, e.Destination, e.Jurisdiction}
	}
	return entries
}

// why says in words what chose the account.
func (e EntryTrace) why() string {
	text := fmt.Sprintf("chart %s row %d: %s", e.Chart, e.Row, e.Role)
	for _, c := range []struct{ name, is string }{{"", string(e.Kind)}, {"code ", e.Code}, {"unit ", e.Unit}, {"from ", e.Origin}, {"to ", e.Destination}, {"taxed in ", e.Jurisdiction}} {
		if c.is != "" {
			text += ", " + c.name + c.is
		}
	}
	return text
}
