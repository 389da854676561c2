package reconciler

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
)

// History is what the reconciler needs of an event store: every event after a
// position, in order, up to the last. eventstore.Follower has it.
type History interface {
	ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error]
}

// reader turns the history into sorted expected documents and a bridge.
type reader struct {
	history  History
	codec    eventstore.Codec
	sorter   *sorter
	bridge   *bridge
	progress func(events int)
	packed   packer
	charts   domain.Charts
	memory   domain.MapMemory // of what is booked by them

	head      eventstore.Position
	newest    time.Time // recorded time of the newest event
	events    int
	mustExist int // documents that the ERP confirmed or booked itself
	late      bool
}

// concerns tells the types of events that are read; the others, which are many
// and large, say nothing about the books or about what is held.
func concerns(eventType string) bool {
	switch eventType {
	case domain.LinesAdded{}.EventType(), domain.CandidateOpened{}.EventType(), domain.CandidateSealed{}.EventType(), domain.BillingAllowed{}.EventType(),
		domain.NumberAssigned{}.EventType(), domain.InvoicePosted{}.EventType(), domain.PaymentAllocated{}.EventType(),
		domain.MilestoneRecorded{}.EventType(), domain.MessagePart{}.EventType():
		return false
	}
	return true
}

// read folds the events that the reader has not seen yet.
func (r *reader) read(ctx context.Context) error {
	for stored, err := range r.history.ReadAll(ctx, r.head) {
		if err != nil {
			return fmt.Errorf("read the history after %d events: %w", r.events, err)
		}
		e, err := r.codec.Decode(stored)
		if err != nil {
			return err
		}
		if err := r.fold(e); err != nil {
			return fmt.Errorf("event %d of stream %s: %w", stored.Revision, stored.Stream, err)
		}
		r.head = stored.Position
		r.events++
		if e.Meta.RecordedAt.After(r.newest) {
			r.newest = e.Meta.RecordedAt
		}
		r.progress(r.events)
	}
	return ctx.Err()
}

func (r *reader) fold(e eventstore.Decoded) error {
	origin := Departure{Stream: e.Stream, Revision: e.Revision, Event: e.ID, Type: e.Type}
	d, ok, err := r.charts.Book(e.Event, r.memory)
	if err != nil {
		return err
	}
	if ok {
		if d.ByERP {
			r.mustExist++
		}
		r.bridge.book(&d)
		r.packed = r.packed[:0]
		r.packed.document(&d, origin, e.Meta.RecordedAt, r.late)
		if err := r.sorter.add(d.Number, r.packed); err != nil {
			return err
		}
	}
	switch p := e.Event.(type) {
	case domain.ChartAdopted:
		r.charts = r.charts.With(p)
		return nil
	case domain.PostingRequested:
		return r.posting(p.Document, factAsked, "", origin)
	case domain.PostingConfirmed:
		r.mustExist++
		return r.posting(p.Document, factConfirmed, p.ERPID, origin)
	case domain.PostingRejected:
		return r.posting(p.Document, factRejected, p.Code, origin)
	case domain.PostingRedated:
		return r.posting(p.Document, factRedated, p.To, origin)
	case domain.PostingRetried:
		return r.posting(p.Document, factAsked, "", origin)
	case domain.PostingParked:
		return r.posting(p.Document, factParked, p.Reason, origin)
	}
	r.bridge.fold(e.Event)
	return nil
}

func (r *reader) posting(document string, fact uint64, detail string, origin Departure) error {
	r.packed = r.packed[:0]
	r.packed.posting(fact, detail, origin, r.late)
	return r.sorter.add(document, r.packed)
}

// group is everything the history says about one document number.
type group struct {
	number    string
	documents []*expected
	posting   posting
}

// groups reads the sorted records number by number.
type groups struct {
	next   func() (record, error)
	ahead  record
	number string // of ahead
	more   bool
}

func newGroups(next func() (record, error)) (*groups, error) {
	g := &groups{next: next}
	return g, g.advance()
}

func (g *groups) advance() error {
	r, err := g.next()
	switch {
	case err == io.EOF:
		g.ahead, g.more = nil, false
		return nil
	case err != nil:
		return err
	}
	g.ahead, g.more = r, true
	if n := r.number(); string(n) != g.number {
		g.number = string(n)
	}
	return nil
}

// take reads the group at hand.
func (g *groups) take() (group, error) {
	out := group{number: g.number}
	for g.more && g.number == out.number {
		body := g.ahead.body()
		switch {
		case len(body) == 0:
			return out, errRecord
		case body[0] == tagDocument:
			d, err := unpackDocument(out.number, body[1:])
			if err != nil {
				return out, err
			}
			out.documents = append(out.documents, d)
		default:
			if err := out.posting.apply(body[1:]); err != nil {
				return out, fmt.Errorf("posting of document %s: %w", out.number, err)
			}
		}
		if err := g.advance(); err != nil {
			return out, err
		}
	}
	return out, nil
}
