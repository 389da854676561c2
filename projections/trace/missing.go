package trace

import (
	"context"
	"io"
	"time"

	"github.com/freightledger/freightledger/domain"
)

// Missing is why a shipment's charges, or a candidate, are not billed.
type Missing struct {
	Shipment  domain.ShipmentID `json:"shipment,omitempty"`
	Invoice   domain.InvoiceID  `json:"invoice,omitempty"`
	Obstacles []domain.Obstacle `json:"obstacles"` // none: everything is on issued invoices, or has ended otherwise
}

// Missing says what keeps a shipment's charges from being on an issued
// invoice, on a civil date: what the shipment lacks, and what the candidates
// that its charges are on lack. Reference is a shipment's id or a candidate's.
// It answers a *domain.Refusal with code NotFound when there is none.
func (t *Tracer) Missing(ctx context.Context, reference, today string) (Missing, error) {
	id := domain.ShipmentID(reference)
	s, err := fold[domain.Shipment](ctx, t, id.Stream())
	if err != nil {
		return Missing{}, err
	}
	if !s.Released() {
		list, known, err := t.missingOf(ctx, domain.InvoiceID(reference), today)
		if err != nil {
			return Missing{}, err
		}
		if !known {
			return Missing{}, notFound("no shipment or candidate is known as %.80q", reference)
		}
		return Missing{Invoice: domain.InvoiceID(reference), Obstacles: list}, nil
	}
	missing := Missing{Shipment: id, Obstacles: append([]domain.Obstacle{}, s.Missing()...)}
	seen := map[domain.InvoiceID]bool{}
	for _, c := range s.Charges {
		if c.Status != domain.ChargeClaimed || seen[c.Invoice] {
			continue
		}
		seen[c.Invoice] = true
		list, _, err := t.missingOf(ctx, c.Invoice, today)
		if err != nil {
			return Missing{}, err
		}
		missing.Obstacles = append(missing.Obstacles, list...)
	}
	return missing, nil
}

func (t *Tracer) missingOf(ctx context.Context, id domain.InvoiceID, today string) ([]domain.Obstacle, bool, error) {
	events, err := t.read(ctx, id.Stream())
	if err != nil || len(events) == 0 {
		return nil, false, err
	}
	var v domain.Invoice
	since := map[string]time.Time{} // a hold was placed last
	lacks := map[string]string{}    // what the seal lacked last, by the reason of its hold
	for _, e := range events {
		v = v.Evolve(e.Event)
		switch x := e.Event.(type) {
		case domain.InvoiceHeld:
			since[x.Reason] = e.Meta.RecordedAt
		case domain.TaxBlocked:
			lacks[x.Reason] = x.Detail
		case domain.ExchangeBlocked:
			lacks[domain.HoldExchange] = x.Detail
		}
	}
	a, err := fold[domain.Customer](ctx, t, v.Candidate.Customer.Stream())
	if err != nil {
		return nil, false, err
	}
	list := append([]domain.Obstacle{}, v.Missing(today, a)...)
	for i, o := range list {
		if o.Ends != "" {
			list[i].Since = since[o.Code]
		}
		if lack := lacks[o.Code]; lack != "" {
			list[i].Text += ": " + lack
		}
	}
	return list, true, nil
}

// fold gives the state that a stream leads to.
func fold[S interface{ Evolve(domain.Event) S }](ctx context.Context, t *Tracer, stream domain.Stream) (state S, err error) {
	events, err := t.read(ctx, stream)
	for _, e := range events {
		state = state.Evolve(e.Event)
	}
	return state, err
}

// WriteText prints it for people.
func (m Missing) WriteText(w io.Writer) error {
	p := newPrinter(w)
	what := "shipment " + string(m.Shipment)
	if m.Shipment == "" {
		what = "candidate " + string(m.Invoice)
	}
	if len(m.Obstacles) == 0 {
		p.line(0, "%s: nothing is missing", what)
		return p.to.Flush()
	}
	p.line(0, "%s is not billed:", what)
	for _, o := range m.Obstacles {
		where := ""
		if o.Charge != "" {
			where = "charge " + string(o.Charge) + ": "
		} else if o.Invoice != "" {
			where = "candidate " + string(o.Invoice) + ": "
		}
		ends := ""
		if o.Ends != "" {
			ends = "since " + o.Since.UTC().Format(domain.DayLayout) + ", " + o.Ends + ": "
		}
		p.line(1, "%s%s (%s): %s%s", where, o.Text, o.Code, ends, o.Remedy)
	}
	return p.to.Flush()
}
