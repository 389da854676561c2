package world

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
)

// history is the event store's server: it keeps the contract of package
// eventstore, in memory, and is never wrong. What goes wrong is on the way to
// it; see backend.
type history struct {
	records []eventstore.Record
	streams map[string][]int // places in records, by revision
	stored  func([]eventstore.Record)
	differs func(eventstore.Record, eventstore.Proposed)
	now     clock
	appends int
	lose    int // the append that is lost
}

func newHistory(now clock, stored func([]eventstore.Record)) *history {
	return &history{streams: map[string][]int{}, stored: stored, now: now}
}

func (h *history) append(stream string, expected eventstore.Revision, events []eventstore.Proposed) (eventstore.Appended, error) {
	if err := eventstore.CheckAppend(stream, expected, events); err != nil {
		return eventstore.Appended{}, err
	}
	places := h.streams[stream]
	if again, is := h.repeated(places, expected, events); is {
		return again, nil
	}
	if actual := eventstore.Revision(len(places)) - 1; actual != expected {
		return eventstore.Appended{}, &eventstore.WrongRevision{Stream: stream, Expected: expected, Actual: actual}
	}
	if h.appends++; h.appends == h.lose {
		return eventstore.Appended{Last: expected + eventstore.Revision(len(events)), Position: h.head()}, nil
	}
	first := len(h.records)
	for _, e := range events {
		position := uint64(len(h.records)) + 1
		h.streams[stream] = append(h.streams[stream], len(h.records))
		h.records = append(h.records, eventstore.Record{ID: e.ID, Stream: stream, Revision: uint64(len(h.streams[stream]) - 1),
			Position: eventstore.Position{Commit: position, Prepare: position}, Type: e.Type,
			Data: slices.Clone(e.Data), Metadata: slices.Clone(e.Metadata), Created: h.now()})
	}
	h.stored(h.records[first:len(h.records):len(h.records)])
	last := h.records[len(h.records)-1]
	return eventstore.Appended{Last: eventstore.Revision(last.Revision), Position: last.Position}, nil
}

// repeated answers an append that was stored before as it was answered then.
func (h *history) repeated(places []int, expected eventstore.Revision, events []eventstore.Proposed) (eventstore.Appended, bool) {
	from := int(expected) + 1
	if from+len(events) > len(places) {
		return eventstore.Appended{}, false
	}
	for i, e := range events {
		if h.records[places[from+i]].ID != e.ID {
			return eventstore.Appended{}, false
		}
	}
	for i, e := range events {
		if old := h.records[places[from+i]]; old.Type != e.Type || !bytes.Equal(old.Data, e.Data) {
			h.differs(old, e)
		}
	}
	last := h.records[places[from+len(events)-1]]
	return eventstore.Appended{Last: eventstore.Revision(last.Revision), Position: last.Position}, true
}

func (h *history) head() eventstore.Position {
	if len(h.records) == 0 {
		return eventstore.Start
	}
	return h.records[len(h.records)-1].Position
}

// event finds an event of a stream.
func (h *history) event(stream string, revision uint64) (eventstore.Record, bool) {
	places := h.streams[stream]
	if revision >= uint64(len(places)) {
		return eventstore.Record{}, false
	}
	return h.records[places[revision]], true
}

// Errors on the way to the store, after which certainly nothing was stored.
var (
	errUnavailable = errors.New("the event store cannot be reached")
	errCut         = errors.New("the connection to the event store was cut")
)

// backend is a process's connection to the event store.
type backend struct{ n *node }

// Append stores events, unless something goes wrong.
func (b backend) Append(ctx context.Context, stream string, expected eventstore.Revision, events []eventstore.Proposed) (eventstore.Appended, error) {
	w := b.n.w
	if err := b.n.alive(ctx); err != nil {
		return eventstore.Appended{}, err
	}
	f := w.faults
	b.n.dawdle(f.slow)
	if err := b.n.mayCrash(ctx); err != nil {
		return eventstore.Appended{}, err
	}
	switch {
	case w.dark(), w.fires(f.unavailable, "store unavailable"):
		return eventstore.Appended{}, errUnavailable
	case w.fires(f.appendLost, "append unknown, not stored"):
		b.n.dawdle(1)
		return eventstore.Appended{}, eventstore.ErrUnknownOutcome
	case w.fires(f.appendLate, "append unknown, stored late"):
		w.fly(stream, expected, events, w.k.During(time.Millisecond, w.cfg.late))
		return eventstore.Appended{}, eventstore.ErrUnknownOutcome
	case w.fires(f.powerLoss, "store loses its power"):
		w.fly(stream, expected, events, 0)
		w.powerLoss(b.n)
		if err := b.n.alive(ctx); err != nil {
			return eventstore.Appended{}, err
		}
		return eventstore.Appended{}, eventstore.ErrUnknownOutcome
	}
	appended, err := w.history.append(stream, expected, events)
	if errors.As(err, new(*eventstore.WrongRevision)) {
		w.k.Count("fault: append conflict")
		w.k.Tracef("%s: append to %s at %s conflicts", b.n.name, stream, expected)
	}
	if err != nil {
		return appended, err
	}
	if err := b.n.mayCrash(ctx); err != nil {
		return eventstore.Appended{}, err
	}
	if w.fires(f.appendStored, "append unknown, stored") {
		b.n.dawdle(1)
		return eventstore.Appended{}, eventstore.ErrUnknownOutcome
	}
	return appended, b.n.alive(ctx)
}

// ReadStream reads a stream as it is when it is asked for.
func (b backend) ReadStream(ctx context.Context, stream string, from uint64) iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) {
		w := b.n.w
		if err := b.n.alive(ctx); err != nil {
			yield(eventstore.Record{}, err)
			return
		}
		if w.dark() {
			yield(eventstore.Record{}, errUnavailable)
			return
		}
		places := w.history.streams[stream]
		if from > uint64(len(places)) {
			from = uint64(len(places))
		}
		places = places[from:]
		cut := -1
		if w.fires(w.faults.read, "read error") {
			cut = w.k.Int(len(places) + 1)
		}
		for i, p := range places {
			if i == cut {
				break
			}
			if !yield(w.history.records[p], nil) {
				return
			}
		}
		if cut >= 0 {
			yield(eventstore.Record{}, errCut)
		}
	}
}

// ReadAll reads what there is when it is asked for, unless the subscription is
// cut before its end.
func (b backend) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) {
		w := b.n.w
		if err := b.n.alive(ctx); err != nil {
			yield(eventstore.Record{}, err)
			return
		}
		if w.dark() {
			yield(eventstore.Record{}, errUnavailable)
			return
		}
		records := w.history.records[min(after.Commit, uint64(len(w.history.records))):]
		cut := -1
		if w.fires(w.faults.cut, "subscription cut") {
			cut = w.k.Int(min(len(records), 20) + 1)
		}
		for i, r := range records {
			if i == cut {
				break
			}
			if !yield(r, nil) {
				return
			}
		}
		if cut >= 0 {
			yield(eventstore.Record{}, errCut)
		}
	}
}

// Follow is not for those who are stepped.
func (b backend) Follow(context.Context, eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) {
		yield(eventstore.Record{}, errors.New("a stepped component does not follow"))
	}
}

// Head is the position of the last event stored.
func (b backend) Head(ctx context.Context) (eventstore.Position, error) {
	if b.n.w.dark() {
		return eventstore.Position{}, errUnavailable
	}
	return b.n.w.history.head(), b.n.alive(ctx)
}

// short names an event in the trace.
func short(id uuid.UUID) string { return fmt.Sprintf("%x", id[:4]) }
