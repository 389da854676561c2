package recompute

import (
	"context"
	"fmt"
	"iter"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
)

// history says when the parts of something came that only ever grows.
type history struct{ news []news }

// news is an event that brought parts.
type news struct {
	event    uuid.UUID
	position eventstore.Position
	parts    int
}

func newsOf(d eventstore.Decoded, parts int) news { return news{d.ID, d.Position, parts} }

// before counts the parts of which a decision must have known.
func (h history) before(from horizon) int {
	known, n := 0, 0
	for _, x := range h.news {
		n += x.parts
		if x.position.Compare(from.position) <= 0 || x.event == from.cause {
			known = n
		}
	}
	return known
}

// adopted says where a part came, from 0.
func (h history) adopted(part int) string {
	for _, x := range h.news {
		if part -= x.parts; part < 0 {
			return fmt.Sprintf("adopted before at position %s", x.position)
		}
	}
	return "adopted before"
}

// of is the entry of a key, made when there is none.
func of[K comparable, V any](m map[K]*V, key K) *V {
	if m[key] == nil {
		m[key] = new(V)
	}
	return m[key]
}

// horizon is what a decision must have known: everything through a position,
// and what caused it.
type horizon struct {
	position eventstore.Position
	cause    uuid.UUID
}

// horizon gives it for the decision that led to an event. A command is decided
// on the last event of its own stream, and learns of other streams afterwards,
// each to its end; a policy asks for it when it has read what caused it. So all
// that was stored before those was known.
//
// Of an invoice the decision is the first seal, which later ones only repeat
// for fewer lines, and its cause is the customer's account that let it be
// billed.
func (r *run) horizon(ctx context.Context, d eventstore.Decoded) (horizon, error) {
	var before, last eventstore.Decoded // of another command than what follows
	var customer domain.CustomerID
	for e, err := range r.from(ctx, d.Stream, 0) {
		if err != nil {
			return horizon{}, err
		}
		if e.Meta.Command != last.Meta.Command {
			before = last
		}
		last = e
		if opened, ok := e.Event.(domain.CandidateOpened); ok {
			customer = opened.Candidate.Customer
		}
		if _, seals := e.Event.(domain.CandidateSealed); seals || e.Revision >= d.Revision {
			break
		}
	}
	from := horizon{before.Position, last.Meta.Causation}
	if customer == "" {
		return from, nil
	}
	for e, err := range r.from(ctx, string(customer.Stream()), 0) {
		if err != nil {
			return from, err
		}
		if e.ID == from.cause {
			if e.Position.Compare(from.position) > 0 {
				from.position = e.Position
			}
			break
		}
	}
	return from, nil
}

// reader reads streams.
type reader struct {
	streams eventstore.StreamReader
	codec   eventstore.Codec
}

// from gives the events of a stream from a revision on, inclusive.
func (r reader) from(ctx context.Context, stream string, revision uint64) iter.Seq2[eventstore.Decoded, error] {
	return func(yield func(eventstore.Decoded, error) bool) {
		for record, err := range r.streams.ReadStream(ctx, stream, revision) {
			var e eventstore.Decoded
			if err == nil {
				e, err = r.codec.Decode(record)
			}
			if err != nil {
				yield(e, fmt.Errorf("read %s: %w", stream, err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// maxFolds bounds how many invoices are kept for their next credit; one may
// have a thousand lines.
const maxFolds = 16

// fold is an invoice as its stream's first events leave it.
type fold struct {
	stream  string
	next    uint64 // revision of the first event that is not in it
	invoice domain.Invoice
}

// invoice is the invoice of a stream before an event of it.
func (r *run) invoice(ctx context.Context, d eventstore.Decoded) (domain.Invoice, error) {
	f := &fold{stream: d.Stream}
	for i, kept := range r.folds {
		if kept.stream == d.Stream && kept.next <= d.Revision {
			f, r.folds = kept, append(r.folds[:i], r.folds[i+1:]...)
			break
		}
	}
	if len(r.folds) == maxFolds {
		r.folds = append(r.folds[:0], r.folds[1:]...)
	}
	r.folds = append(r.folds, f)
	if f.next == d.Revision {
		return f.invoice, nil
	}
	for e, err := range r.from(ctx, d.Stream, f.next) {
		if err != nil {
			return f.invoice, err
		}
		if e.Revision >= d.Revision {
			break
		}
		f.invoice, f.next = f.invoice.Evolve(e.Event), e.Revision+1
	}
	return f.invoice, nil
}
