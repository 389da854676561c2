// Package esdb keeps the history in EventStoreDB, for a ledger that several
// machines share.
//
// It speaks through the official Go client and keeps these rules:
//
//   - An append names NoStream or the exact revision, never Any: only then does
//     the server know a repeated append by its event ids.
//   - An answer that does not say for certain that nothing was stored is
//     followed by the same append with the same ids, and settled by the ids
//     that the stream then has.
//   - Nothing is guessed at: links, events that are not JSON, gaps in a stream
//     and streams that somebody deleted or truncated are errors.
//   - A connection that is lost is made again. Readings go on after the last
//     event that they gave.
//
// The client dies of an outage of a second, waits where it was told not to,
// and panics when it is closed at the wrong time; line.go tells how the store
// lives with that.
package esdb

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/freightledger/freightledger/eventstore"
)

// Store is a history in EventStoreDB. It is safe for concurrent use.
type Store struct {
	line     *line
	timeout  time.Duration
	patience time.Duration
	life     context.Context // ends with Close
	end      context.CancelCauseFunc
	once     sync.Once

	mu   sync.Mutex
	tail tail
}

// Open gives the store on a server. Unless the Config is lazy it reads one
// event first, and answers a *NoConnection that says what to do when it cannot.
func Open(ctx context.Context, c Config) (*Store, error) {
	log := c.Logger
	if log == nil {
		log = slog.Default()
	}
	t, err := c.resolve(log)
	if err != nil {
		return nil, err
	}
	s := &Store{timeout: cmp.Or(c.Timeout, DefaultTimeout), patience: cmp.Or(c.Patience, DefaultPatience)}
	s.life, s.end = context.WithCancelCause(context.Background())
	s.line = newLine(s.life, t, s.timeout, min(s.timeout, s.patience), log)
	if c.Lazy {
		return s, nil
	}
	if err := s.line.connect(ctx); err != nil {
		_ = s.Close() // has no error to give
		return nil, err
	}
	return s, nil
}

// Close ends everything that is under way with ErrClosed. An append that it
// cuts off may have been stored; its error is ErrUnknownOutcome as well.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.end(eventstore.ErrClosed)
		s.line.finish()
	})
	return nil
}

// enter gives the context of an operation, which also ends with the store and,
// unless it is zero, after a time.
func (s *Store) enter(ctx context.Context, most time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(s.life, func() { cancel(eventstore.ErrClosed) })
	stop := func() {}
	if most > 0 {
		ctx, stop = context.WithTimeout(ctx, most)
	}
	return ctx, func() {
		stop()
		unhook()
		cancel(nil)
	}
}

// over says why an operation has to end, if it has: its caller's context has
// ended, or the store was closed. The context may be the caller's or one that
// enter made of it.
func (s *Store) over(ctx context.Context) error {
	if err := ctx.Err(); err != nil && context.Cause(ctx) != eventstore.ErrClosed {
		return err
	}
	if s.life.Err() != nil {
		return eventstore.ErrClosed
	}
	return ctx.Err()
}

// sleep waits, and says whether the context still lasts.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// patiently tries a reading again while that may help and the store's patience
// lasts; progress begins both anew.
func (s *Store) patiently(ctx context.Context, read func() (progress bool, _ error)) error {
	return s.persist(ctx, s.patience, read)
}

// persist is patiently with a patience of its own, endless when zero.
func (s *Store) persist(ctx context.Context, patience time.Duration, read func() (progress bool, _ error)) error {
	pause := pauses(10*time.Millisecond, 2*time.Second)
	since := time.Now()
	for {
		progress, err := read()
		if err == nil {
			return nil
		}
		if over := s.over(ctx); over != nil {
			return over
		}
		if !passing(err) {
			return err
		}
		if progress {
			pause.Reset()
			since = time.Now()
		}
		wait := pause.NextBackOff()
		if patience > 0 && time.Since(since)+wait > patience {
			return s.line.none(err)
		}
		if !sleep(ctx, wait) {
			if over := s.over(ctx); over != nil {
				return over
			}
			return err
		}
	}
}

// page reads some events of a stream; none when there is no such stream.
func (s *Store) page(ctx context.Context, stream string, from client.StreamPosition, d client.Direction, count int) ([]eventstore.Record, error) {
	var page []eventstore.Record
	for it, err := range s.items(ctx, reads, readStream(stream, from, d, uint64(count))) {
		if err != nil {
			return nil, s.unread(ctx, stream, err)
		}
		r, err := record(it.event)
		if err != nil {
			return nil, err
		}
		if start, ok := from.(client.StreamRevision); ok {
			if err := inPlace(r, stream, start.Value+uint64(len(page))); err != nil {
				return nil, err
			}
		}
		page = append(page, r)
	}
	return page, nil
}
