package esdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"

	"github.com/freightledger/freightledger/eventstore"
)

// pageEvents is how many events are asked for at a time: the server then holds
// nothing for a reader that is slow or gone.
const pageEvents = 4096

// maxName is the longest name of a stream that the ledger has, in bytes.
const maxName = 512

// errStop ends a reading whose reader has left.
var errStop = errors.New("the reader has left")

// ReadStream implements eventstore.StreamReader. It answers *Lost when events
// are missing that the stream had.
func (s *Store) ReadStream(ctx context.Context, stream string, from uint64) iter.Seq2[eventstore.Record, error] {
	return s.sequence(ctx, func(ctx context.Context, yield func(eventstore.Record) bool) error {
		if stream == "" || system(stream) || len(stream) > maxName || from > math.MaxInt64 {
			return s.over(ctx)
		}
		next := from
		for {
			n := 0
			err := s.patiently(ctx, func() (progress bool, err error) {
				n = 0
				for it, err := range s.items(ctx, reads, readStream(stream, client.Revision(next), client.Forwards, pageEvents)) {
					switch {
					case err != nil && absent(err) && next > from:
						return false, &Lost{Stream: stream, Reason: fmt.Sprintf("it ended at event %d while it was read", next-1), Err: err}
					case err != nil:
						return n > 0, s.unread(ctx, stream, err)
					}
					r, err := record(it.event)
					if err == nil {
						err = inPlace(r, stream, next)
					}
					if err != nil {
						return n > 0, err
					}
					n++
					next++
					if !yield(r) {
						return true, errStop
					}
				}
				if next == 0 {
					return false, &Lost{Stream: stream, Reason: "all of its events have expired"}
				}
				return n > 0, nil
			})
			if err != nil {
				return fmt.Errorf("read %s from revision %d: %w", stream, next, err)
			}
			if n < pageEvents {
				return nil
			}
		}
	})
}

// sequence makes a sequence of what a function yields. It ends with the
// function's error, or the end of the context.
func (s *Store) sequence(ctx context.Context, read func(context.Context, func(eventstore.Record) bool) error) iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) {
		inner, stop := s.enter(ctx, 0)
		defer stop()
		left := false
		err := s.over(inner)
		if err == nil {
			err = read(inner, func(r eventstore.Record) bool {
				left = inner.Err() == nil && !yield(r, nil)
				return inner.Err() == nil && !left
			})
		}
		if errors.Is(err, errStop) {
			err = s.over(inner)
		}
		if err != nil && !left {
			yield(eventstore.Record{}, err)
		}
	}
}

// inPlace says whether an event is the one that has to follow.
func inPlace(r eventstore.Record, stream string, revision uint64) error {
	switch {
	case r.Stream != stream:
		return fmt.Errorf("the server gave an event of stream %s for one of stream %s", r.Stream, stream)
	case r.Revision != revision:
		return &Lost{Stream: stream, Reason: fmt.Sprintf("event %d is missing, the next is %d", revision, r.Revision)}
	}
	return nil
}

// absent says whether the server has no such stream.
func absent(err error) bool { return code(err) == codes.NotFound }

// unread says why a stream could not be read; nil if it was never there.
func (s *Store) unread(ctx context.Context, stream string, err error) error {
	var known *client.Error
	switch {
	case absent(err):
		return s.neverWas(ctx, stream)
	case errors.As(err, &known) && known.Code() == client.ErrorCodeStreamDeleted:
		return &Lost{Stream: stream, Reason: "it was deleted for good", Err: err}
	}
	return err
}

// neverWas asks whether a stream that the server does not show was deleted. A
// deleted stream leaves metadata behind, and a ledger's streams have none.
func (s *Store) neverWas(ctx context.Context, stream string) error {
	for it, err := range s.items(ctx, reads, readStream("$$"+stream, client.End{}, client.Backwards, 1)) {
		switch {
		case err != nil && absent(err):
			return nil
		case err != nil:
			return fmt.Errorf("read the metadata of stream %s: %w", stream, err)
		case it.event.Event == nil:
			continue
		}
		var meta struct {
			Before   uint64 `json:"$tb"`
			MaxCount uint64 `json:"$maxCount"`
			MaxAge   uint64 `json:"$maxAge"`
		}
		if err := json.Unmarshal(it.event.Event.Data, &meta); err != nil {
			return &Lost{Stream: stream, Reason: "it is hidden, and its metadata cannot be read", Err: err}
		}
		if meta.Before > 0 || meta.MaxCount > 0 || meta.MaxAge > 0 {
			return &Lost{Stream: stream, Reason: "it was deleted or truncated"}
		}
	}
	return nil
}

// ReadAll implements eventstore.Follower.
func (s *Store) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return s.sequence(ctx, func(ctx context.Context, yield func(eventstore.Record) bool) error {
		at := after
		for {
			n := 0
			err := s.patiently(ctx, func() (progress bool, err error) {
				n = 0
				begin := at
				for it, err := range s.items(ctx, reads, readAll(from(begin), client.Forwards, pageEvents)) {
					if err != nil {
						return at != begin, err
					}
					n++
					r, ledgers, err := placed(it.event, at, n == 1 && begin != eventstore.Start)
					if err != nil {
						return at != begin, err
					}
					at = r.Position
					if ledgers && !yield(r) {
						return true, errStop
					}
				}
				return true, nil
			})
			if err != nil {
				return fmt.Errorf("read the history after %s: %w", at, err)
			}
			if n < pageEvents {
				return nil
			}
		}
	})
}

// placed is an event of the history that has to be after another. The first
// one after a place may be the one at the place, which is passed over, as are
// the server's own events: ledgers says that it is neither.
func placed(resolved *client.ResolvedEvent, after eventstore.Position, first bool) (r eventstore.Record, ledgers bool, err error) {
	if resolved.Event == nil {
		_, err := record(resolved)
		return r, false, err
	}
	r.Position = positionOf(resolved.Event.Position)
	switch c := r.Position.Compare(after); {
	case c == 0 && first:
		return r, false, nil
	case c <= 0:
		return r, false, fmt.Errorf("the server gave the event at %s after %s: its history is out of order", r.Position, after)
	case system(resolved.Event.StreamID):
		return r, false, nil
	}
	r, err = record(resolved)
	return r, true, err
}

// tail is what was found the last time that the end of the history was read,
// so that a long row of the server's own events is read once only.
type tail struct {
	end  eventstore.Position // of the last event of all
	head eventstore.Position // of the last one of the ledger
}

// Head implements eventstore.Follower.
func (s *Store) Head(ctx context.Context) (eventstore.Position, error) {
	if err := s.over(ctx); err != nil {
		return eventstore.Start, err
	}
	inner, stop := s.enter(ctx, 0)
	defer stop()
	s.mu.Lock()
	known := s.tail
	s.mu.Unlock()
	now := tail{}
	var from client.AllPosition = client.End{}
	for size := 8; ; size = min(8*size, pageEvents) {
		n, found := 0, false
		err := s.patiently(inner, func() (bool, error) {
			n = 0
			for it, err := range s.items(inner, reads, readAll(from, client.Backwards, uint64(size))) {
				switch {
				case err != nil:
					return false, err
				case it.event.Event == nil:
					_, err := record(it.event)
					return false, err
				}
				n++
				p := positionOf(it.event.Event.Position)
				if now.end == eventstore.Start {
					now.end = p
				}
				switch {
				case !system(it.event.Event.StreamID):
					now.head, found = p, true
				case p.Compare(known.end) <= 0:
					now.head, found = known.head, true
				}
				if found {
					return true, nil
				}
				from = position(p)
			}
			return true, nil
		})
		if err != nil {
			return eventstore.Start, fmt.Errorf("find the end of the history: %w", err)
		}
		if found || n < size {
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.end.Compare(s.tail.end) > 0 {
		s.tail = now
	}
	return now.head, nil
}
