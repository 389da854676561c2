// Package eventstore keeps the one history that everything else in
// freightledger is derived from.
//
// A history is a set of streams, each an append-only list of events named
// "category-id", and one total order over all of them. A store promises:
//
//   - An append names the exact revision it expects, or NoStream. It is
//     atomic: all of its events are stored, next to each other, or none.
//   - What an append acknowledged is durable and is never lost, changed or
//     reordered. There is no delete.
//   - An append that was stored already (same stream, same expected revision,
//     same event ids in the same order) answers as it did the first time.
//   - Positions are opaque and totally ordered; reading or following after a
//     position gives every later event once, in order.
//
// Package storetest is this contract as a test suite; every store passes it.
//
// [Executor] turns a domain command into events at an exact revision, and is
// the only way by which freightledger writes.
package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// MaxAppendBytes bounds the sum of the sizes of one append's events (see
// [Proposed.Size]); it is EventStoreDB's default limit, so that a history can
// move between stores.
const MaxAppendBytes = 1 << 20

// Revision says which event an append expects to be the stream's last: the
// zero-based number of that event, or NoStream.
type Revision int64

// NoStream is expected by an append that creates its stream.
const NoStream Revision = -1

func (r Revision) String() string {
	if r == NoStream {
		return "no stream"
	}
	return strconv.FormatInt(int64(r), 10)
}

// Position is a place in the total order of all events. Callers only compare
// positions, keep them and give them back: their numbers have no meaning
// across stores and may leave gaps. The zero Position is before every event.
type Position struct {
	Commit  uint64
	Prepare uint64
}

// Start is before every event.
var Start = Position{}

// Compare is negative when p is before q, zero when they are the same place.
func (p Position) Compare(q Position) int {
	switch {
	case p.Commit < q.Commit, p.Commit == q.Commit && p.Prepare < q.Prepare:
		return -1
	case p == q:
		return 0
	}
	return 1
}

// String is the stored form of a position: fixed width, so that strings sort
// as their positions do.
func (p Position) String() string { return fmt.Sprintf("%016x.%016x", p.Commit, p.Prepare) }

// ParsePosition reads what [Position.String] wrote.
func ParsePosition(s string) (Position, error) {
	commit, prepare, ok := strings.Cut(s, ".")
	if !ok || len(commit) != 16 || len(prepare) != 16 {
		return Position{}, fmt.Errorf("position %.40q: want two 16-digit hexadecimal numbers joined by a point", s)
	}
	c, err := strconv.ParseUint(commit, 16, 64)
	if err != nil {
		return Position{}, fmt.Errorf("position %.40q: %w", s, err)
	}
	p, err := strconv.ParseUint(prepare, 16, 64)
	if err != nil {
		return Position{}, fmt.Errorf("position %.40q: %w", s, err)
	}
	return Position{c, p}, nil
}

// Proposed is an event that is to be stored.
type Proposed struct {
	ID       uuid.UUID
	Type     string // permanent name, see domain.Registry
	Data     []byte // JSON
	Metadata []byte // JSON, see Meta
}

// Size is what the event counts towards MaxAppendBytes.
func (p Proposed) Size() int { return len(p.Data) + len(p.Metadata) + 2*len(p.Type) }

// Record is an event as it was stored.
type Record struct {
	ID       uuid.UUID
	Stream   string
	Revision uint64 // zero-based number within the stream
	Position Position
	Type     string
	Data     []byte // the caller's own copy
	Metadata []byte // the caller's own copy
	Created  time.Time
}

// Appended tells where an append's last event was stored.
type Appended struct {
	Last     Revision
	Position Position
}

// Appender stores events.
//
// Errors: *WrongRevision when the stream is not at the expected revision (and
// the append is not a repeat of one that was stored), *TooLarge, ErrClosed,
// ErrUnknownOutcome when the events may or may not have been stored: retry
// with the same ids until the answer is known. Any other error means that
// nothing was stored.
type Appender interface {
	Append(ctx context.Context, stream string, expected Revision, events []Proposed) (Appended, error)
}

// StreamReader reads one stream forwards from a revision, inclusive. A stream
// without events gives none. The sequence ends at the first error.
type StreamReader interface {
	ReadStream(ctx context.Context, stream string, from uint64) iter.Seq2[Record, error]
}

// Follower reads the whole history.
type Follower interface {
	// ReadAll gives every event after a position, up to the last one that was
	// stored when it is reached.
	ReadAll(ctx context.Context, after Position) iter.Seq2[Record, error]
	// Follow is ReadAll that does not end: it waits for further events until
	// its context ends, which ends the sequence with the context's error.
	Follow(ctx context.Context, after Position) iter.Seq2[Record, error]
	// Head is the position of the last event stored, or Start.
	Head(ctx context.Context) (Position, error)
}

// Store is a whole event store.
type Store interface {
	Appender
	StreamReader
	Follower
}

// Errors that a store can answer with, besides the typed ones.
var (
	// ErrClosed: the store was closed; open it again.
	ErrClosed = errors.New("event store is closed")
	// ErrUnknownOutcome: the events may have been stored. Repeat the same
	// append with the same ids; the store settles it.
	ErrUnknownOutcome = errors.New("outcome of the append is unknown")
)

// WrongRevision refuses an append whose stream is at another revision.
type WrongRevision struct {
	Stream   string
	Expected Revision
	Actual   Revision
}

func (e *WrongRevision) Error() string {
	return fmt.Sprintf("stream %s: expected revision %s, is at %s", e.Stream, e.Expected, e.Actual)
}

// TooLarge refuses an append over the store's size limit.
type TooLarge struct {
	Stream string
	Size   int
	Limit  int
}

func (e *TooLarge) Error() string {
	return fmt.Sprintf("stream %s: append of %d bytes is over the limit of %d", e.Stream, e.Size, e.Limit)
}

// CheckAppend refuses what no store takes: a stream name that is empty, over
// 512 bytes, not UTF-8 or not "category-id", no events, an event without id,
// type or data, or with a type that is over 512 bytes or not UTF-8, or more
// bytes than MaxAppendBytes. Stores call it first.
func CheckAppend(stream string, expected Revision, events []Proposed) error {
	category, id, ok := strings.Cut(stream, "-")
	switch {
	case !ok || category == "" || id == "" || len(stream) > 512 || strings.HasPrefix(stream, "$") || !utf8.ValidString(stream):
		return fmt.Errorf("stream %.80q: want category-id, UTF-8 of at most 512 bytes", stream)
	case expected < NoStream:
		return fmt.Errorf("stream %s: expected revision %d: name the exact revision or NoStream", stream, int64(expected))
	case len(events) == 0:
		return fmt.Errorf("stream %s: an append needs at least one event", stream)
	}
	size := 0
	for i, e := range events {
		if e.ID == uuid.Nil || e.Type == "" || len(e.Data) == 0 {
			return fmt.Errorf("stream %s: event %d has no id, type or data", stream, i)
		}
		if len(e.Type) > 512 || !utf8.ValidString(e.Type) {
			return fmt.Errorf("stream %s: event %d: type %.80q: want UTF-8 of at most 512 bytes", stream, i, e.Type)
		}
		size += e.Size()
	}
	if size > MaxAppendBytes {
		return &TooLarge{Stream: stream, Size: size, Limit: MaxAppendBytes}
	}
	return nil
}
