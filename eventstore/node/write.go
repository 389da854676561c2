package node

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

type rawEvent = embedded.RawEvent

// Expectations that name no revision, with the protocol's own numbers.
const (
	anyRevision  eventstore.Revision = -2
	streamExists eventstore.Revision = -4
)

// append stores events and answers with a position of the wire. Expected is an
// exact revision, NoStream, anyRevision or streamExists. Errors:
// *eventstore.WrongRevision, *eventstore.TooLarge, *streamDeleted, or the
// store's.
func (h *history) append(ctx context.Context, stream string, expected eventstore.Revision, events []rawEvent) (eventstore.Appended, error) {
	done, err := h.appendNumbered(ctx, stream, expected, events)
	if err == nil && done.Position != eventstore.Start {
		done.Position = h.positions.Wire(done.Position.Commit)
	}
	return done, err
}

func (h *history) appendNumbered(ctx context.Context, stream string, expected eventstore.Revision, events []rawEvent) (eventstore.Appended, error) {
	s := h.stripe(stream)
	if of, meta := described(stream); meta {
		return h.appendMetadata(ctx, s, of, expected, events)
	}
	done, hidden, err := h.appendPlainly(ctx, s, stream, expected, events)
	if hidden {
		return h.appendHidden(ctx, s, stream, expected, events)
	}
	return done, err
}

// appendPlainly appends to a stream that no deletion hides.
func (h *history) appendPlainly(ctx context.Context, s *stripe, stream string, expected eventstore.Revision, events []rawEvent) (_ eventstore.Appended, hidden bool, _ error) {
	s.change.RLock()
	defer s.change.RUnlock()
	m, err := h.ruled(ctx, s, stream)
	switch {
	case err != nil:
		return eventstore.Appended{}, false, err
	case m.tombstoned:
		return eventstore.Appended{}, false, &streamDeleted{stream}
	case m.softDeleted():
		return eventstore.Appended{}, true, nil
	}
	if expected >= eventstore.NoStream {
		done, err := h.store(ctx, stream, expected, events)
		return done, false, err
	}
	done, err := h.appendAtEnd(ctx, s, stream, expected, events)
	return done, false, err
}

// store appends at an exact revision and remembers the events. No events are
// stored as nothing, if the revision is right.
func (h *history) store(ctx context.Context, stream string, expected eventstore.Revision, events []rawEvent) (eventstore.Appended, error) {
	if len(events) == 0 {
		last, err := h.raw.Last(ctx, stream)
		if err == nil && last != expected {
			err = &eventstore.WrongRevision{Stream: stream, Expected: expected, Actual: last}
		}
		return eventstore.Appended{Last: last}, err
	}
	done, err := h.raw.Append(ctx, stream, expected, events, h.limit)
	if errors.Is(err, eventstore.ErrUnknownOutcome) && !errors.Is(err, eventstore.ErrClosed) {
		// The caller's time ended while the events were being written. The
		// answer may not reach him, but if he repeats the append without a
		// revision, they must be known.
		done, err = h.raw.Append(context.WithoutCancel(ctx), stream, expected, events, h.limit)
	}
	if err == nil {
		h.written.add(stream, events, done)
	}
	return done, err
}

// appendHidden appends to a stream that was deleted and so begins anew: with
// the revision after the last one, and with what was deleted staying hidden.
// The stream is made visible first, so that no crash can leave events that
// were acknowledged hidden.
func (h *history) appendHidden(ctx context.Context, s *stripe, stream string, expected eventstore.Revision, events []rawEvent) (eventstore.Appended, error) {
	s.change.Lock()
	defer s.change.Unlock()
	m, err := h.ruled(ctx, s, stream)
	switch {
	case err != nil:
		return eventstore.Appended{}, err
	case m.tombstoned, expected == streamExists:
		return eventstore.Appended{}, &streamDeleted{stream}
	}
	last, err := h.raw.Last(ctx, stream)
	if err != nil {
		return eventstore.Appended{}, err
	}
	switch {
	case expected == anyRevision:
		switch done, repeated, partly := h.written.repeat(stream, events); {
		case repeated:
			return done, nil
		case partly:
			return eventstore.Appended{}, &eventstore.WrongRevision{Stream: stream, Expected: expected, Actual: last}
		}
	case expected < last:
		// These events may be those that were deleted. If not, a caller who
		// knows nothing of the stream may begin it anew.
		done, err := h.store(ctx, stream, expected, events)
		var wrong *eventstore.WrongRevision
		if expected != eventstore.NoStream || !errors.As(err, &wrong) {
			return done, err
		}
		if begins, err := h.begins(ctx, stream, events); err != nil || begins {
			return eventstore.Appended{}, errors.Join(err, wrong) // only some of them are
		}
	case expected > last:
		return eventstore.Appended{}, &eventstore.WrongRevision{Stream: stream, Expected: expected, Actual: last}
	}
	if m.softDeleted() {
		if err := h.recreate(ctx, s, stream, uint64(last+1)); err != nil {
			return eventstore.Appended{}, err
		}
	}
	return h.store(ctx, stream, last, events)
}

// begins says whether a stream's first event is the first of these.
func (h *history) begins(ctx context.Context, stream string, events []rawEvent) (bool, error) {
	for e, err := range h.raw.ReadStream(ctx, stream, 0, embedded.Forwards) {
		return err == nil && len(events) > 0 && e.ID == events[0].ID, err
	}
	return false, nil
}

// recreate makes a deleted stream visible from a revision on.
func (h *history) recreate(ctx context.Context, s *stripe, stream string, from uint64) error {
	document, at, err := h.rawMetadata(ctx, stream)
	if err != nil {
		return err
	}
	document, ok := truncated(document, from)
	if !ok {
		return nil
	}
	return h.describe(ctx, s, stream, at, rawEvent{Proposed: eventstore.Proposed{ID: uuid.New(), Type: typeMetadata, Data: document}})
}

// describe stores one event in a stream's metadata.
func (h *history) describe(ctx context.Context, s *stripe, stream string, at eventstore.Revision, e rawEvent) error {
	s.forget(stream)
	_, err := h.store(ctx, metaPrefix+stream, at, []rawEvent{e})
	return err
}

// appendMetadata appends to a stream's metadata. It makes a deleted stream
// visible again, with nothing in it.
func (h *history) appendMetadata(ctx context.Context, s *stripe, stream string, expected eventstore.Revision, events []rawEvent) (eventstore.Appended, error) {
	s.change.Lock()
	defer s.change.Unlock()
	m, err := h.ruled(ctx, s, stream)
	switch {
	case err != nil:
		return eventstore.Appended{}, err
	case m.tombstoned:
		return eventstore.Appended{}, &streamDeleted{metaPrefix + stream}
	}
	var done eventstore.Appended
	s.forget(stream)
	if expected >= eventstore.NoStream {
		done, err = h.store(ctx, metaPrefix+stream, expected, events)
	} else {
		done, err = h.appendAtEnd(ctx, s, metaPrefix+stream, expected, events)
	}
	if err != nil || !m.softDeleted() {
		return done, err
	}
	last, err := h.raw.Last(ctx, stream)
	if err != nil {
		return eventstore.Appended{}, err
	}
	// What was stored stays stored, so this goes on without the caller.
	return done, h.recreate(context.WithoutCancel(ctx), s, stream, uint64(last+1))
}

// remove deletes a stream: softly, so that it may begin anew, or for good. It
// answers with a position of the wire.
func (h *history) remove(ctx context.Context, stream string, expected eventstore.Revision, forGood bool) (eventstore.Position, error) {
	s := h.stripe(stream)
	s.change.Lock()
	defer s.change.Unlock()
	m, err := h.ruled(ctx, s, stream)
	if err != nil {
		return eventstore.Start, err
	}
	last, err := h.raw.Last(ctx, stream)
	if err != nil {
		return eventstore.Start, err
	}
	at, err := h.raw.Last(ctx, metaPrefix+stream)
	if err != nil {
		return eventstore.Start, err
	}
	nothing := last == eventstore.NoStream && at == eventstore.NoStream
	switch {
	case m.tombstoned, expected == streamExists && m.softDeleted():
		return eventstore.Start, &streamDeleted{stream}
	case expected >= eventstore.NoStream && expected != last && !(expected == eventstore.NoStream && m.softDeleted()),
		expected == streamExists && nothing,
		!forGood && nothing:
		return eventstore.Start, &eventstore.WrongRevision{Stream: stream, Expected: expected, Actual: last}
	}
	end := rawEvent{Proposed: eventstore.Proposed{ID: uuid.New(), Type: typeMetadata, Data: deletedDocument()}}
	if forGood {
		end.Type, end.Data, end.Binary = typeDeleted, nil, true
	}
	s.forget(stream)
	done, err := h.store(ctx, metaPrefix+stream, at, []rawEvent{end})
	if err != nil {
		return eventstore.Start, err
	}
	return h.positions.Wire(done.Position.Commit), nil
}

// deletedDocument are the metadata of a deleted stream; they replace all others.
func deletedDocument() []byte { return []byte(`{"$tb":9223372036854775807}`) }
