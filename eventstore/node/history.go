package node

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// Names that the protocol gives a meaning.
const (
	allStream      = "$all"
	metaPrefix     = "$$" // "$$s" holds the metadata of the stream s
	typeLink       = "$>"
	typeMetadata   = "$metadata"
	typeDeleted    = "$streamDeleted"
	lastRevision   = math.MaxInt64 // the revision of a tombstone, and the $tb of a deleted stream
	maxStreamBytes = 1000          // of a name, which leaves the store room for "$$"
	maxTypeBytes   = 1024
)

// event is an event as the wire shows it: its position is the wire's, and a
// tombstone is the last event of the stream that it ended.
type event = embedded.RawRecord

// resolved is what a reader gets: an event, or a link and the event that it
// points to.
type resolved struct {
	Event *event // nil when the link's target is gone
	Link  *event // nil when nothing was resolved
}

// original is the event that the reader's stream holds.
func (r resolved) original() *event {
	if r.Link != nil {
		return r.Link
	}
	return r.Event
}

// errNoStream: the stream has no events, or they were deleted.
var errNoStream = errors.New("stream does not exist")

// streamDeleted: the stream ended with a tombstone.
type streamDeleted struct{ stream string }

func (e *streamDeleted) Error() string { return fmt.Sprintf("stream %s is deleted for good", e.stream) }

// Positions maps the store's numbering of events, 1 for the first and without
// gaps, to positions on the wire.
type Positions interface {
	// Wire is the position of an event; it grows with the event's number.
	Wire(number uint64) eventstore.Position
	// Number is that of the first event at a position or after it.
	Number(at eventstore.Position) uint64
}

// plain has both numbers of a position equal to the event's number.
type plain struct{}

func (plain) Wire(n uint64) eventstore.Position { return eventstore.Position{Commit: n, Prepare: n} }

func (plain) Number(at eventstore.Position) uint64 {
	if at.Prepare > at.Commit && at.Commit < math.MaxUint64 {
		return at.Commit + 1
	}
	return at.Commit
}

// history is the raw store with the protocol's rules: metadata that hide
// events, deleted streams, links, and appends that do not name a revision.
//
// A tombstone is kept as the last event of the stream's metadata, "$$s", so
// that one look says all that an append must know; readers see it where the
// protocol has it, as the last event of s.
type history struct {
	raw       embedded.Raw
	positions Positions
	clock     func() time.Time
	limit     int // bytes of an append
	seed      maphash.Seed
	stripes   [stripes]stripe
	written   *written
}

func newHistory(raw embedded.Raw, o Options) *history {
	return &history{raw: raw, positions: o.Positions, clock: o.Clock, limit: o.MaxAppendBytes,
		seed: maphash.MakeSeed(), written: newWritten(writtenBytes)}
}

// show turns a stored event into the wire's.
func (h *history) show(e *event) {
	e.Position = h.positions.Wire(e.Position.Commit)
	if e.Type == typeDeleted && strings.HasPrefix(e.Stream, metaPrefix) {
		e.Stream = e.Stream[len(metaPrefix):]
		e.Revision = lastRevision
	}
}

// head is the wire's position of the last event, or Start.
func (h *history) head() eventstore.Position {
	if n := h.raw.Head().Commit; n > 0 {
		return h.positions.Wire(n)
	}
	return eventstore.Start
}

// changed gives a channel that is closed once there is an event after a
// position of the wire, and one that is closed when the store closes.
func (h *history) changed(after eventstore.Position) (more, closing <-chan struct{}) {
	n := h.after(after) - 1
	return h.raw.Changed(eventstore.Position{Commit: n, Prepare: n})
}

// after is the number of the first event after a position of the wire.
func (h *history) after(p eventstore.Position) uint64 {
	n := max(1, h.positions.Number(p))
	if n <= h.raw.Head().Commit && h.positions.Wire(n) == p {
		n++
	}
	return n
}

// all reads the whole history: forwards every event at a position of the wire
// or after it, backwards every event before it. Nothing is hidden.
func (h *history) all(ctx context.Context, from eventstore.Position, d embedded.Direction) iter.Seq2[event, error] {
	return h.numbered(ctx, h.positions.Number(from), d)
}

// allAfter reads every event after a position of the wire.
func (h *history) allAfter(ctx context.Context, p eventstore.Position) iter.Seq2[event, error] {
	return h.numbered(ctx, h.after(p), embedded.Forwards)
}

// numbered reads from an event's number: forwards with it, backwards before it.
func (h *history) numbered(ctx context.Context, n uint64, d embedded.Direction) iter.Seq2[event, error] {
	if d == embedded.Backwards {
		n = min(n, h.raw.Head().Commit+1)
	}
	return h.shown(h.raw.ReadAll(ctx, eventstore.Position{Commit: n, Prepare: n}, d))
}

func (h *history) shown(seq iter.Seq2[event, error]) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		for e, err := range seq {
			if err == nil {
				h.show(&e)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// bounds are the part of a stream that its metadata let readers see.
type bounds struct {
	first uint64 // the first revision that counts
	next  uint64 // the revision after the last
	since time.Time
}

// bounds looks at a stream before it is read. Errors: errNoStream,
// *streamDeleted.
func (h *history) bounds(ctx context.Context, stream string) (bounds, error) {
	m, err := h.rules(ctx, stream)
	switch {
	case err != nil:
		return bounds{}, err
	case m.tombstoned:
		return bounds{}, &streamDeleted{stream}
	case m.softDeleted():
		return bounds{}, errNoStream
	}
	last, err := h.raw.Last(ctx, stream)
	switch {
	case err != nil:
		return bounds{}, err
	case last == eventstore.NoStream:
		return bounds{}, errNoStream
	}
	b := bounds{first: m.truncateBefore, next: uint64(last) + 1}
	if m.maxCount > 0 && b.next > m.maxCount {
		b.first = max(b.first, b.next-m.maxCount)
	}
	if m.maxAge > 0 {
		b.since = h.clock().Add(-m.maxAge)
	}
	return b, nil
}

// stream reads a stream from a revision, inclusive, without what its metadata
// hide. Its errors are those of bounds and the store's.
func (h *history) stream(ctx context.Context, name string, from uint64, d embedded.Direction) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		b, err := h.bounds(ctx, name)
		if err != nil {
			yield(event{}, err)
			return
		}
		for e, err := range h.within(ctx, name, b, from, d) {
			if !yield(e, err) {
				return
			}
		}
	}
}

// within reads the part of a stream that lies in its bounds.
func (h *history) within(ctx context.Context, name string, b bounds, from uint64, d embedded.Direction) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		if d == embedded.Forwards {
			from = max(from, b.first)
		}
		for e, err := range h.raw.ReadStream(ctx, name, from, d) {
			if err == nil && d == embedded.Backwards && e.Revision < b.first {
				return
			}
			if err == nil && e.Created.Before(b.since) {
				continue
			}
			if err == nil {
				h.show(&e)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// resolve follows an event that is a link. A target that does not exist, or
// that its stream's metadata hide, leaves the link alone.
func (h *history) resolve(ctx context.Context, e event) (resolved, error) {
	if e.Type != typeLink {
		return resolved{Event: &e}, nil
	}
	revision, stream, ok := parseLink(e.Data)
	if !ok {
		return resolved{Link: &e}, nil
	}
	for target, err := range h.stream(ctx, stream, revision, embedded.Forwards) {
		var deleted *streamDeleted
		switch {
		case errors.Is(err, errNoStream), errors.As(err, &deleted):
			return resolved{Link: &e}, nil
		case err != nil:
			return resolved{}, err
		case target.Revision != revision:
			return resolved{Link: &e}, nil
		}
		return resolved{Event: &target, Link: &e}, nil
	}
	return resolved{Link: &e}, nil
}

// parseLink reads "revision@stream".
func parseLink(data []byte) (revision uint64, stream string, ok bool) {
	if len(data) > maxStreamBytes+24 {
		return 0, "", false
	}
	number, stream, ok := strings.Cut(string(data), "@")
	if !ok || stream == "" {
		return 0, "", false
	}
	revision, err := strconv.ParseUint(number, 10, 63)
	return revision, stream, err == nil
}

// linkTo is an event that points to another.
func linkTo(id uuid.UUID, e *event) embedded.RawEvent {
	return embedded.RawEvent{Proposed: eventstore.Proposed{ID: id, Type: typeLink,
		Data: fmt.Appendf(nil, "%d@%s", e.Revision, e.Stream)}, Binary: true}
}
