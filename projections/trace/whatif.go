package trace

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
)

// WhatIf is what a shipment would have cost if something else had been
// reported: for a dispute, "arrived 10:05 instead of 09:10". Nothing is
// recorded.
type WhatIf struct {
	Shipment domain.ShipmentID  `json:"shipment"`
	AsOf     time.Time          `json:"as_of,omitzero"` // what was known then; zero: today
	Reports  []domain.Milestone `json:"reports"`
	Version  string             `json:"version"` // agreement and version that price it
	Lines    []WhatIfLine       `json:"lines"`
	Before   money.Money        `json:"before"`
	After    money.Money        `json:"after"`
	Change   money.Money        `json:"change"`
	Notes    []rating.Note      `json:"notes,omitempty"`
}

// WhatIfLine is one charge, as it is and as it would be.
type WhatIfLine struct {
	Charge  string             `json:"charge"`
	Billed  domain.InvoiceID   `json:"billed,omitempty"` // the invoice that bills it
	Before  money.Money        `json:"before"`
	After   money.Money        `json:"after"`
	Change  money.Money        `json:"change"`
	Was     *rating.Derivation `json:"was,omitempty"`
	WouldBe *rating.Derivation `json:"would_be,omitempty"`
}

// Ask prices a shipment as it stood at an instant (zero: now), and again with
// the reports in place of what was reported for their stops and kinds. Before
// and After are prices by the agreement; what was billed by hand is not among
// them.
func (t *Tracer) Ask(ctx context.Context, id domain.ShipmentID, asOf time.Time, reports []domain.Milestone) (WhatIf, error) {
	replay, err := t.Replay(ctx, id, asOf)
	if err != nil {
		return WhatIf{}, err
	}
	was := replay.State
	w := WhatIf{Shipment: id, AsOf: replay.AsOf}
	var latest time.Time
	for _, m := range slices.Concat(was.Actuals, was.Reports) {
		if m.ReportedAt.UTC.After(latest) {
			latest = m.ReportedAt.UTC
		}
	}
	aggregate, err := domain.AggregateOf(id.Stream())
	if err != nil {
		return w, err
	}
	would := any(was)
	for _, m := range reports {
		m.Shipment = id
		if now, ok := was.Actual(m.Stop, m.Kind); ok && m.Medium == "" {
			m.Medium = now.Medium // as admissible as what it stands in for
		}
		// It counts for more than anything that was reported for its place.
		m.ReportedAt = domain.MomentIn(latest.Add(time.Second), time.UTC)
		w.Reports = append(w.Reports, m)
		events, err := aggregate.Decide(would, domain.RecordMilestone{Milestone: m})
		if err != nil {
			return w, err
		}
		for _, e := range events {
			would = aggregate.Evolve(would, e)
		}
	}
	tell := func(s domain.Stream) (any, error) { return t.state(ctx, s, asOf) }
	before, err := was.Price(tell)
	if err != nil {
		return w, err
	}
	after, err := would.(domain.Shipment).Price(tell)
	if err != nil {
		return w, err
	}
	for _, p := range []domain.Pricing{before, after} {
		if p.Blocked != "" {
			return w, &domain.Refusal{Code: domain.NotReady, Text: fmt.Sprintf("shipment %s cannot be rated: %s", id, p.Blocked)}
		}
	}
	w.Version = after.Result.Agreement + " " + after.Result.Version
	w.Notes = after.Result.Notes
	return w, w.compare(was, before.Result, after.Result)
}

// state is a stream's as it was known at an instant.
func (t *Tracer) state(ctx context.Context, stream domain.Stream, asOf time.Time) (any, error) {
	aggregate, err := domain.AggregateOf(stream)
	if err != nil {
		return nil, err
	}
	events, err := t.read(ctx, stream)
	if err != nil {
		return nil, err
	}
	state := aggregate.Zero()
	for _, e := range events {
		if asOf.IsZero() || !e.Meta.RecordedAt.After(asOf) {
			state = aggregate.Evolve(state, e.Event)
		}
	}
	return state, nil
}

func (w *WhatIf) compare(s domain.Shipment, before, after rating.Result) error {
	w.Before, w.After = money.Zero(s.Currency), money.Zero(s.Currency)
	line := func(id string) *WhatIfLine {
		i := slices.IndexFunc(w.Lines, func(l WhatIfLine) bool { return l.Charge == id })
		if i < 0 {
			i = len(w.Lines)
			w.Lines = append(w.Lines, WhatIfLine{Charge: id, Before: money.Zero(s.Currency), After: money.Zero(s.Currency)})
			for _, c := range s.Charges {
				if string(c.ID) == id {
					w.Lines[i].Billed = c.Invoice
				}
			}
		}
		return &w.Lines[i]
	}
	for _, c := range before.Charges {
		l := line(c.Charge)
		l.Before, l.Was = c.Amount, &c.Derivation
	}
	for _, c := range after.Charges {
		l := line(c.Charge)
		l.After, l.WouldBe = c.Amount, &c.Derivation
	}
	slices.SortFunc(w.Lines, func(a, b WhatIfLine) int { return cmp.Compare(a.Charge, b.Charge) })
	var err error
	for i := range w.Lines {
		l := &w.Lines[i]
		if l.Change, err = l.After.Sub(l.Before); err != nil {
			return err
		}
		if w.Before, err = w.Before.Add(l.Before); err != nil {
			return err
		}
		if w.After, err = w.After.Add(l.After); err != nil {
			return err
		}
	}
	w.Change, err = w.After.Sub(w.Before)
	return err
}

// WriteText writes the difference for people.
func (w WhatIf) WriteText(out io.Writer) error {
	p := newPrinter(out)
	p.line(0, "shipment %s by %s, if it were so:", w.Shipment, w.Version)
	for _, m := range w.Reports {
		p.line(1, "stop %d %s at %s %s", m.Stop, m.Kind, m.At.Local, m.At.Zone)
	}
	p.line(0, "%-16s %14s  %14s  %14s", "charge", "as it is", "as it would be", "change")
	for _, l := range w.Lines {
		p.line(0, "%-16s %14s  %14s  %14s", l.Charge, l.Before.Format(), l.After.Format(), l.Change.Format())
		if !l.Change.IsZero() && l.WouldBe != nil {
			for line := range strings.Lines(l.WouldBe.Text()) {
				p.line(1, "%s", strings.TrimRight(line, "\n"))
			}
		}
		if !l.Change.IsZero() && l.Billed != "" {
			p.line(1, "billed by %s", l.Billed)
		}
	}
	p.line(0, "%-16s %14s  %14s  %14s", "total", w.Before.Format(), w.After.Format(), w.Change.Format())
	for _, n := range w.Notes {
		p.line(1, "%s: %s", n.Clause, n.Text)
	}
	return p.to.Flush()
}
