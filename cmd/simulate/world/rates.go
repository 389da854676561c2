package world

import (
	"bytes"
	"context"
	"slices"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/projections/recompute"
)

const (
	rated    = "freight under an agreement is rated by what is known"
	computed = "every amount can be computed again"
)

// rates counts what becomes of freight under agreements.
func (c *checker) rates(stream domain.Stream, e domain.Event) {
	k := c.w.k
	c.w.tariffs.waits(e)
	switch e := e.(type) {
	case domain.RatingBlocked:
		k.Count("seen: freight waits for an agreement")
	case domain.AgreementAdopted:
		if len(e.Waiting) > 0 {
			k.Count("seen: an agreement that freight waited for")
		}
	case domain.IndexPublished:
		if len(e.Waiting) > 0 {
			k.Count("seen: an index value that freight waited for")
		}
	case domain.InvoiceIssued:
		if slices.ContainsFunc(e.Lines, func(l domain.BillLine) bool { return state[domain.Shipment](c.w, l.Shipment.Stream()).Terms.Rate }) {
			k.Count("seen: an invoice of rated freight")
		}
	case domain.ShipmentRated:
		if len(e.Awaits) > 0 {
			k.Count("seen: freight waits for an index value")
		}
		switch before := state[domain.Shipment](c.w, stream).Rated.Version; before {
		case "":
			k.Count("seen: freight rated")
		case e.Version:
			k.Count("seen: freight rated anew")
		default:
			k.Count("seen: freight rated by a version that superseded")
		}
	}
}

// rated: when everything was published, nothing is left that could be rated.
func (c *checker) rated(context.Context) error {
	tell := func(s domain.Stream) (any, error) {
		if state, known := c.states[s]; known {
			return state, nil
		}
		aggregate, err := domain.AggregateOf(s)
		return aggregate.Zero(), err
	}
	for _, id := range c.w.people.shipments {
		s := state[domain.Shipment](c.w, id.Stream())
		if !s.Terms.Rate || s.Delivered.IsZero() && s.Cancelled == "" {
			continue
		}
		now, err := s.Price(tell)
		if err != nil {
			return err
		}
		switch {
		case now.Blocked != "":
			if s.Rated.Blocked == "" {
				c.w.k.Fail(rated, "shipment %s cannot be rated (%s) and does not say so", id, now.Blocked)
			}
		case s.Rated.Blocked != "":
			c.w.k.Fail(rated, "shipment %s waits (%s), and can be rated by version %s", id, s.Rated.Blocked, now.Result.Version)
		case s.Rated.Due != "" || s.Rated.Version == "":
			c.w.k.Fail(rated, "shipment %s was to be rated and was not", id)
		case s.Rated.Version == now.Result.Version && missing(s.Rated.Missing) > missing(now.Result.Missing):
			c.w.k.Fail(rated, "shipment %s still lacks %v; by what is known it lacks %v", id, s.Rated.Missing, now.Result.Missing)
		}
	}
	return nil
}

// missing counts what keeps a bill.
func missing(notes []rating.Note) (n int) {
	for _, note := range notes {
		if !note.Unknown {
			n++
		}
	}
	return n
}

// recomputed: every amount comes from its basis again.
func (w *World) recomputed(ctx context.Context) error {
	report, err := recompute.Run(ctx, backend{w.nodes[0]}, w.codec, nil)
	if err != nil {
		return err
	}
	if !report.Equal() {
		var text bytes.Buffer
		report.WriteText(&text)
		w.k.Fail(computed, "%s", text.String())
	}
	return nil
}
