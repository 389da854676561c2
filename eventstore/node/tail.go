package node

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
)

// Appends that name no revision have to find out where their stream ends, one
// after the other. Each would wait for a sync of its own, so whoever's turn it
// is stores, as one append, what has gathered for its stream.

// waiting is such an append.
type waiting struct {
	ctx      context.Context
	stream   string
	expected eventstore.Revision
	events   []rawEvent

	over bool // the rest is set; guarded by the stripe's tail
	done eventstore.Appended
	err  error
}

func (w *waiting) answer(done eventstore.Appended, err error) {
	w.over, w.done, w.err = true, done, err
}

// appendAtEnd appends where the stream ends.
func (h *history) appendAtEnd(ctx context.Context, s *stripe, stream string, expected eventstore.Revision, events []rawEvent) (eventstore.Appended, error) {
	mine := &waiting{ctx: ctx, stream: stream, expected: expected, events: events}
	s.mu.Lock()
	s.waiting = append(s.waiting, mine)
	s.mu.Unlock()
	s.tail.Lock()
	defer s.tail.Unlock()
	for !mine.over {
		h.storeWaiting(s, s.gather(mine, h.limit))
	}
	return mine.done, mine.err
}

// gather takes an append and those behind it that go to the same stream, up to
// so many bytes.
func (s *stripe) gather(first *waiting, limit int) []*waiting {
	s.mu.Lock()
	defer s.mu.Unlock()
	var group, rest []*waiting
	size, full := 0, false
	for _, w := range s.waiting {
		if w.stream != first.stream {
			rest = append(rest, w)
			continue
		}
		for _, e := range w.events {
			size += e.Size()
		}
		if full = full || size > limit; full && w != first {
			rest = append(rest, w)
		} else {
			group = append(group, w)
		}
	}
	clear(s.waiting)
	s.waiting = append(s.waiting[:0], rest...)
	return group
}

// storeWaiting stores appends to one stream behind each other, and answers them.
func (h *history) storeWaiting(s *stripe, group []*waiting) {
	stream := group[0].stream
	for {
		last, err := h.raw.Last(context.Background(), stream)
		if err != nil {
			for _, w := range group {
				w.answer(eventstore.Appended{}, err)
			}
			return
		}
		fit, events := h.fitting(s, group, last)
		if len(fit) == 0 {
			return
		}
		// Whether it was stored must be known here, for those who repeat it:
		// nobody's context ends what was begun for all.
		done, err := h.raw.Append(context.Background(), stream, last, events, maxGroupBytes)
		var moved *eventstore.WrongRevision
		if errors.As(err, &moved) {
			group = fit // by an append that names revisions, which does not wait for the tail
			continue
		}
		if err == nil {
			h.written.add(stream, events, done)
		}
		for i, back := len(fit)-1, 0; i >= 0; i-- {
			its := done
			its.Last -= eventstore.Revision(back)
			its.Position.Commit -= uint64(back)
			its.Position.Prepare = its.Position.Commit
			fit[i].answer(its, err)
			back += len(fit[i].events)
		}
		return
	}
}

// maxGroupBytes is no limit: those of the appends were looked at.
const maxGroupBytes = 2 * maxMessageBytes

// fitting answers the appends that are not to be stored and gives the others,
// with the events of all of them.
func (h *history) fitting(s *stripe, group []*waiting, last eventstore.Revision) (fit []*waiting, events []rawEvent) {
	ids := make(map[uuid.UUID]bool)
	for _, w := range group {
		if w.over {
			continue
		}
		if again := h.settled(w, last+eventstore.Revision(len(events))); again {
			continue
		}
		if ids[w.events[0].ID] {
			// It repeats one of this group, and is looked at after that.
			s.mu.Lock()
			s.waiting = append(s.waiting, w)
			s.mu.Unlock()
			continue
		}
		for _, e := range w.events {
			ids[e.ID] = true
		}
		fit = append(fit, w)
		events = append(events, w.events...)
	}
	return fit, events
}

// settled answers an append that is not to be stored behind a revision.
func (h *history) settled(w *waiting, last eventstore.Revision) bool {
	if err := w.ctx.Err(); err != nil {
		w.answer(eventstore.Appended{}, err)
		return true
	}
	if w.expected == streamExists && last == eventstore.NoStream {
		// A stream of which there are only metadata counts as one.
		at, err := h.raw.Last(w.ctx, metaPrefix+w.stream)
		if err == nil && at == eventstore.NoStream {
			err = &eventstore.WrongRevision{Stream: w.stream, Expected: w.expected, Actual: last}
		}
		if err != nil {
			w.answer(eventstore.Appended{}, err)
			return true
		}
	}
	switch done, repeated, partly := h.written.repeat(w.stream, w.events); {
	case repeated:
		w.answer(done, nil)
	case partly:
		w.answer(eventstore.Appended{}, &eventstore.WrongRevision{Stream: w.stream, Expected: w.expected, Actual: last})
	case len(w.events) == 0:
		w.answer(eventstore.Appended{Last: last}, nil)
	}
	return w.over
}
