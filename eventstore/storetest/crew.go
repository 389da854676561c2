package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/freightledger/freightledger/eventstore"
)

// crew are writers, a reader and a follower at work on a store that breaks.
// Four writers have a stream of their own; two share one. A writer repeats an
// append until its outcome is known, and each attempt has little time.
type crew struct {
	store eventstore.Store
	seed  uint64

	acknowledged, unknown, refused, conflicts, reads, failedReads atomic.Int64

	mu    sync.Mutex
	acks  []repeatable
	heads map[string]eventstore.Appended // as acknowledged
	never map[uuid.UUID]error            // ids that the store said it did not take, and how it said so
	fault error                          // what ended the work
	tail  *tail
}

func newCrew(s eventstore.Store, seed uint64) *crew {
	return &crew{store: s, seed: seed, heads: make(map[string]eventstore.Appended), never: make(map[uuid.UUID]error), tail: newTail()}
}

func (c *crew) String() string {
	return fmt.Sprintf("%d appends acknowledged, %d attempts of unknown outcome, %d refused, %d conflicts, %d reads and %d that failed",
		c.acknowledged.Load(), c.unknown.Load(), c.refused.Load(), c.conflicts.Load(), c.reads.Load(), c.failedReads.Load())
}

// start begins the work. The function it gives has everyone finish what they
// have begun, and tells what went wrong.
func (c *crew) start(ctx context.Context) (finish func() error) {
	stop := make(chan struct{})
	stopped := func() bool {
		select {
		case <-stop:
			return true
		default:
			return ctx.Err() != nil
		}
	}
	var work errgroup.Group
	begin := func(n uint64, do func(context.Context, *rand.Rand) error) {
		random := rand.New(rand.NewPCG(c.seed, 100+n))
		work.Go(func() error {
			for !stopped() {
				if err := do(ctx, random); err != nil {
					c.mu.Lock()
					c.fault = errors.Join(c.fault, err)
					c.mu.Unlock()
					return err
				}
			}
			return nil
		})
	}
	for w := range uint64(6) {
		stream := "ledger-1"
		if w < 4 {
			stream = fmt.Sprintf("shipment-%d", w)
		}
		wr := &writer{crew: c, stream: stream, alone: w < 4, at: eventstore.NoStream}
		begin(w, wr.write)
	}
	begin(10, c.read)
	following, leave := context.WithCancel(ctx)
	followed := make(chan error, 1)
	go func() { followed <- c.tail.follow(following, c.store) }()
	return func() error {
		close(stop)
		err := work.Wait()
		if err == nil {
			err = c.tail.wait(ctx, c.last())
		}
		leave()
		return errors.Join(err, <-followed, ctx.Err())
	}
}

// until waits for something while the crew works.
func (c *crew) until(ctx context.Context, done func() bool) bool {
	for !done() {
		c.mu.Lock()
		fault := c.fault
		c.mu.Unlock()
		if fault != nil || ctx.Err() != nil || c.tail.failed() {
			return false
		}
		pause(ctx, time.Millisecond)
	}
	return true
}

// last is the latest position that was acknowledged.
func (c *crew) last() (last eventstore.Position) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.heads {
		if a.Position.Compare(last) > 0 {
			last = a.Position
		}
	}
	return last
}

// writer appends to a stream, alone or beside others.
type writer struct {
	*crew
	stream string
	alone  bool
	at     eventstore.Revision
}

// write stores a few events, or learns that others were first.
func (w *writer) write(ctx context.Context, random *rand.Rand) error {
	evs := events(1 + random.IntN(3))
	for unsure := false; ctx.Err() == nil; {
		attempt, cancel := context.WithTimeout(ctx, time.Duration(100+random.IntN(500))*time.Millisecond)
		a, err := within(attempt, func(ctx context.Context) (eventstore.Appended, error) {
			return w.store.Append(ctx, w.stream, w.at, evs)
		})
		cancel()
		var wrong *eventstore.WrongRevision
		switch {
		case err == nil:
			if a.Last != w.at+eventstore.Revision(len(evs)) {
				return fmt.Errorf("append of %d to %s at %s: answered %+v", len(evs), w.stream, w.at, a)
			}
			w.acknowledge(repeatable{w.stream, w.at, evs, a})
			w.at = a.Last
			return nil
		case errors.Is(err, errOverdue):
			return fmt.Errorf("append to %s: %w", w.stream, err)
		case errors.Is(err, eventstore.ErrUnknownOutcome):
			w.unknown.Add(1)
			unsure = true
			pause(ctx, time.Millisecond)
		case errors.As(err, &wrong):
			if w.alone {
				return fmt.Errorf("something was stored that nobody was told of, or is lost: %w", err)
			}
			if wrong.Actual == wrong.Expected || wrong.Expected != w.at {
				return fmt.Errorf("append to %s at %s: %w", w.stream, w.at, err)
			}
			w.conflicts.Add(1)
			w.reject(evs, err)
			w.at = wrong.Actual
			return nil
		case unsure:
			// What is said of this attempt settles nothing about those before.
			w.refused.Add(1)
			pause(ctx, time.Millisecond)
		default:
			// Nothing was stored, says the store: other events take their place.
			w.refused.Add(1)
			w.reject(evs, err)
			pause(ctx, time.Millisecond)
			return nil
		}
	}
	return ctx.Err()
}

func (c *crew) acknowledge(r repeatable) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acks = append(c.acks, r)
	if r.answer.Position.Compare(c.heads[r.stream].Position) > 0 {
		c.heads[r.stream] = r.answer
	}
	c.acknowledged.Add(1)
}

func (c *crew) reject(evs []eventstore.Proposed, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range evs {
		c.never[e.ID] = err
	}
}

// read reads a stream, which shows everything that was acknowledged before, or
// an error.
func (c *crew) read(ctx context.Context, random *rand.Rand) error {
	stream := []string{"ledger-1", "shipment-0", "shipment-1", "shipment-2", "shipment-3"}[random.IntN(5)]
	c.mu.Lock()
	known := c.heads[stream]
	c.mu.Unlock()
	if known.Position == eventstore.Start {
		pause(ctx, time.Millisecond)
		return nil
	}
	attempt, cancel := context.WithTimeout(ctx, time.Duration(100+random.IntN(500))*time.Millisecond)
	defer cancel()
	from := uint64(random.Int64N(int64(known.Last) + 1))
	got, err := within(attempt, func(ctx context.Context) ([]eventstore.Record, error) {
		return collect(c.store.ReadStream(ctx, stream, from))
	})
	for i, r := range got {
		if r.Stream != stream || r.Revision != from+uint64(i) {
			return fmt.Errorf("%s from %d: event %d is %s %d", stream, from, i, r.Stream, r.Revision)
		}
	}
	switch {
	case errors.Is(err, errOverdue):
		return fmt.Errorf("read %s: %w", stream, err)
	case err != nil:
		c.failedReads.Add(1)
	case from+uint64(len(got)) <= uint64(known.Last):
		return fmt.Errorf("%s from %d: ends after %d events without an error, but revision %s was acknowledged", stream, from, len(got), known.Last)
	default:
		c.reads.Add(1)
	}
	head, err := within(attempt, c.store.Head)
	switch {
	case errors.Is(err, errOverdue):
		return fmt.Errorf("head: %w", err)
	case err != nil:
		c.failedReads.Add(1)
	case head.Compare(known.Position) < 0:
		return fmt.Errorf("the head is %s, but %s was acknowledged", head, known.Position)
	default:
		c.reads.Add(1)
	}
	pause(ctx, time.Millisecond)
	return nil
}

// verify checks that the history is what was acknowledged: all of it, once, and
// nothing else, and that the follower saw just that.
func (c *crew) verify(ctx context.Context) error {
	all, err := collect(c.store.ReadAll(ctx, eventstore.Start))
	if err != nil {
		return err
	}
	at := make(map[uuid.UUID]eventstore.Record)
	for _, r := range all {
		if _, twice := at[r.ID]; twice {
			return fmt.Errorf("event %s of %s is stored twice", r.ID, r.Stream)
		}
		if said, ok := c.never[r.ID]; ok {
			return fmt.Errorf("%s has event %s, of which the store said: %w", r.Stream, r.ID, said)
		}
		at[r.ID] = r
	}
	stored := 0
	for _, ack := range c.acks {
		for i, e := range ack.events {
			r, ok := at[e.ID]
			switch {
			case !ok:
				return fmt.Errorf("%s lost event %s, acknowledged up to %s", ack.stream, e.ID, ack.answer.Last)
			case r.Stream != ack.stream || r.Revision != uint64(ack.expected+1)+uint64(i) || !bytes.Equal(r.Data, e.Data):
				return fmt.Errorf("event %s was stored in %s after %s and is %+v", e.ID, ack.stream, ack.expected, r)
			case i == len(ack.events)-1 && r.Position != ack.answer.Position:
				return fmt.Errorf("event %s was acknowledged at %s and is at %s", e.ID, ack.answer.Position, r.Position)
			}
			stored++
		}
	}
	if stored != len(all) {
		return fmt.Errorf("%d events are stored, %d were acknowledged", len(all), stored)
	}
	if want, got := digestOf(all), c.tail.sum(); got != want {
		return fmt.Errorf("the follower saw %s, the history is %s", got, want)
	}
	return nil
}
