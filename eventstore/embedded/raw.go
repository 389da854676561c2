package embedded

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
)

// Raw is the store without the ledger's rules about names and forms. A server
// of the EventStoreDB protocol keeps in it what its clients write: also system
// streams, whose names begin with "$", and events that are not JSON. The
// ledger's own reading, by ReadAll and Follow, passes system streams over.
//
// Revisions and positions are as in the store; a position's two numbers are
// equal, and the first event's is 1.
type Raw struct{ s *Store }

// RawEvent is an event that is to be stored.
type RawEvent struct {
	eventstore.Proposed
	Binary bool // Data are not JSON
}

// RawRecord is an event as it was stored.
type RawRecord struct {
	eventstore.Record
	Binary bool // Data are not JSON
}

// Direction is the order in which Raw reads.
type Direction bool

// The two directions.
const (
	Forwards  Direction = false
	Backwards Direction = true
)

// End is after every revision; reading backwards may begin there.
const End uint64 = math.MaxUint64

// maxName bounds a stream's name, in bytes.
const maxName = 1024

// Raw gives the store without the ledger's rules.
func (s *Store) Raw() Raw { return Raw{s} }

// Append stores events at the exact revision that it expects, as
// [Store.Append] does, repeats included. It refuses an empty name or one over
// 1024 bytes, no events, an event without id or type, and more than limit
// bytes or 8 MiB (*eventstore.TooLarge).
func (r Raw) Append(ctx context.Context, stream string, expected eventstore.Revision, events []RawEvent, limit int) (eventstore.Appended, error) {
	switch {
	case stream == "" || len(stream) > maxName:
		return eventstore.Appended{}, fmt.Errorf("stream %.80q: a name has 1 to %d bytes", stream, maxName)
	case expected < eventstore.NoStream:
		return eventstore.Appended{}, fmt.Errorf("stream %s: expected revision %d: name the exact revision or NoStream", stream, int64(expected))
	case len(events) == 0:
		return eventstore.Appended{}, fmt.Errorf("stream %s: an append needs at least one event", stream)
	}
	size := 0
	for i, e := range events {
		if e.ID == uuid.Nil || e.Type == "" {
			return eventstore.Appended{}, fmt.Errorf("stream %s: event %d has no id or type", stream, i)
		}
		size += e.Size()
	}
	if limit = min(limit, maxAppend); size > limit {
		return eventstore.Appended{}, &eventstore.TooLarge{Stream: stream, Size: size, Limit: limit}
	}
	return r.s.append(ctx, stream, expected, events)
}

// Last is the revision of a stream's last event, or NoStream.
func (r Raw) Last(ctx context.Context, stream string) (eventstore.Revision, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if !r.s.enter() {
		return 0, eventstore.ErrClosed
	}
	defer r.s.use.RUnlock()
	return r.s.lastRevision(stream, r.s.tip.get().seq)
}

// ReadStream reads a stream from a revision, inclusive, in either direction.
func (r Raw) ReadStream(ctx context.Context, stream string, from uint64, d Direction) iter.Seq2[RawRecord, error] {
	return func(yield func(RawRecord, error) bool) {
		from, types := from, make(names)
		if d == Forwards {
			r.s.pages(ctx, yield, func(page []RawRecord) ([]RawRecord, bool, error) {
				page, more, err := r.s.streamPage(page, stream, from, types)
				from += uint64(len(page))
				return page, more, err
			})
			return
		}
		last, err := r.Last(ctx, stream)
		if err != nil {
			yield(RawRecord{}, err)
			return
		}
		end := min(from, uint64(last)) + 1 // the revision after the next page; NoStream gives 0
		if last == eventstore.NoStream {
			end = 0
		}
		r.s.pages(ctx, yield, func(page []RawRecord) ([]RawRecord, bool, error) {
			if end == 0 {
				return page, false, nil
			}
			begin := end - min(end, pageEvents)
			for at := begin; at < end; {
				n := len(page)
				var err error
				if page, _, err = r.s.streamPage(page, stream, at, types); err != nil {
					return page[:0], false, err
				}
				if len(page) == n {
					return page[:0], false, r.s.mistrust(indexPlace(stream, at), "its entry is missing", nil)
				}
				at += uint64(len(page) - n)
			}
			page = page[:end-begin]
			slices.Reverse(page)
			end = begin
			return page, end > 0, nil
		})
	}
}

// ReadAll reads the whole history: forwards every event at a position or after
// it, backwards every event before it.
func (r Raw) ReadAll(ctx context.Context, from eventstore.Position, d Direction) iter.Seq2[RawRecord, error] {
	return func(yield func(RawRecord, error) bool) {
		seq := before(from)
		if d == Forwards {
			if seq == from.Commit && seq > 0 {
				seq-- // the event at the position itself
			}
			r.s.pages(ctx, yield, r.s.history(seq).page)
			return
		}
		end := min(seq, r.s.tip.get().seq+1) // the number after the next page
		r.s.pages(ctx, yield, func(page []RawRecord) ([]RawRecord, bool, error) {
			if end <= 1 {
				return page, false, nil
			}
			begin := end - min(end-1, pageEvents)
			h := r.s.history(begin - 1)
			for h.until = end - 1; h.seq < h.until; {
				var err error
				if page, _, err = h.page(page); err != nil {
					return page[:0], false, err
				}
			}
			page = page[:end-begin]
			slices.Reverse(page)
			end = begin
			return page, end > 1, nil
		})
	}
}

// Head is the position of the last event, system streams included, or Start.
func (r Raw) Head() eventstore.Position {
	seq := r.s.tip.get().seq
	return eventstore.Position{Commit: seq, Prepare: seq}
}

// Changed gives a channel that is closed once there is an event after a
// position, and one that is closed when the store closes.
func (r Raw) Changed(after eventstore.Position) (more, closing <-chan struct{}) {
	return r.s.tip.after(before(after)), r.s.closing
}

// system says whether a stream is a server's own.
func system(stream string) bool { return strings.HasPrefix(stream, "$") }

// records is what the ledger sees of a sequence.
func records(seq iter.Seq2[RawRecord, error]) iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) {
		for r, err := range seq {
			if err == nil && system(r.Stream) {
				continue
			}
			if !yield(r.Record, err) {
				return
			}
		}
	}
}
