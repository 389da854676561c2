package persistent

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// Source is what a group shares out: a stream or the whole history.
type Source interface {
	// Read gives up to n events at a place or after it, in order, how many
	// others it passed over, and where to read on. Having reached the end, it
	// gives no events or fewer than n.
	Read(ctx context.Context, from uint64, n int) (events []Event, skipped int, next uint64, err error)
	// Changed gives a channel that is closed once there may be an event at a
	// place or after it.
	Changed(from uint64) <-chan struct{}
}

// Memory keeps what a group must not forget.
type Memory interface {
	// Checkpoint notes that all events up to a place are done with.
	Checkpoint(ctx context.Context, place uint64) error
	// Park keeps an event aside.
	Park(ctx context.Context, e Event, reason string) error
	// Parked gives up to n parked events at a number or after it and before
	// end, and the number to read on from; an event that cannot be found any
	// more has no records. At the end next is end.
	Parked(ctx context.Context, from, end uint64, n int) (events []ParkedEvent, next uint64, err error)
	// Unpark forgets the parked events before a number.
	Unpark(ctx context.Context, before uint64) error
	// Parking gives the numbers of the first parked event and the one after
	// the last.
	Parking(ctx context.Context) (first, end uint64, err error)
}

// ParkedEvent is an event with its number among the parked. When what it
// points to is gone, it has no records.
type ParkedEvent struct {
	Event
	Number uint64
}

// Options are what a group runs with.
type Options struct {
	Settings Settings
	From     uint64 // the place of the first event, or the one after the checkpoint's
	Source   Source
	Memory   Memory
	Clock    func() time.Time
	Logger   *slog.Logger
}

// ErrTooManySubscribers refuses a consumer beyond Settings.MaxSubscribers.
var ErrTooManySubscribers = errors.New("the group has as many subscribers as it may have")

// ErrStopped refuses what is asked of a group that has ended.
var ErrStopped = errors.New("the group has ended")

// Group runs a persistent subscription. Its methods may be called
// concurrently.
type Group struct {
	opts    Options
	started time.Time

	mu       sync.Mutex
	core     *core
	joined   uint64 // consumers so far
	measured measure
	stopped  bool
	// The parked events from nextParked, before endParked, are to be replayed.
	nextParked, endParked uint64

	wake   chan struct{} // holds one
	cancel context.CancelFunc
	done   chan struct{}
}

// retryAfter is how long a group waits when its source or memory fails.
const retryAfter = time.Second

// Start runs a group until Stop.
func Start(o Options) *Group {
	ctx, cancel := context.WithCancel(context.Background())
	now := o.Clock()
	g := &Group{
		opts: o, started: now, core: newCore(o.Settings, o.From, now), measured: measure{at: now},
		wake: make(chan struct{}, 1), cancel: cancel, done: make(chan struct{}),
	}
	go func() {
		defer close(g.done)
		g.run(ctx)
	}()
	return g
}

// Stop drops all consumers and writes a last checkpoint.
func (g *Group) Stop(ctx context.Context) error {
	g.cancel()
	<-g.done
	g.mu.Lock()
	if g.stopped {
		g.mu.Unlock()
		return nil
	}
	g.stopped = true
	for _, n := range g.core.consumers {
		close(n.gone)
	}
	g.core.consumers = nil
	t := g.core.place
	g.mu.Unlock()
	if !t.moved || t.events == 0 && t.skipped == 0 {
		return nil
	}
	return g.opts.Memory.Checkpoint(ctx, t.through)
}

// Join adds a consumer with a number of slots for events in hand.
func (g *Group) Join(slots int, w Who) (*Consumer, error) {
	slots = min(max(slots, 1), mostSlots)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return nil, ErrStopped
	}
	n := &Consumer{group: g, who: w, number: g.joined, slots: slots, out: make(chan Message, slots), gone: make(chan struct{})}
	if !g.core.join(n) {
		return nil, ErrTooManySubscribers
	}
	g.joined++
	g.core.deliver(g.opts.Clock())
	g.ring()
	return n, nil
}

// Replay hands out the events that are parked by now again, those with a
// number before stop.
func (g *Group) Replay(ctx context.Context, stop uint64) error {
	first, end, err := g.opts.Memory.Parking(ctx)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return ErrStopped
	}
	g.nextParked = max(g.nextParked, first)
	g.endParked = max(g.endParked, min(end, stop))
	g.ring()
	return nil
}

// do tells the core something and hands out what follows from it.
func (g *Group) do(tell func(*core)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	tell(g.core)
	g.core.deliver(g.opts.Clock())
	g.ring()
}

func (g *Group) ring() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// run does for the core what takes time.
func (g *Group) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		more, err := g.step(ctx)
		if ctx.Err() != nil {
			return
		}
		if more && err == nil {
			continue
		}
		g.mu.Lock()
		from, hungry, wait := g.core.next, g.core.room() > 0, time.Hour
		if at := g.core.wake(); !at.IsZero() {
			wait = at.Sub(g.opts.Clock())
		}
		g.mu.Unlock()
		if err != nil {
			g.opts.Logger.Error("persistent subscription: trying again", "error", err)
			wait, hungry = retryAfter, false
		}
		var changed <-chan struct{}
		if hungry {
			changed = g.opts.Source.Changed(from)
		}
		timer.Reset(max(wait, time.Millisecond))
		select {
		case <-ctx.Done():
		case <-g.wake:
		case <-changed:
		case <-timer.C:
		}
	}
}

// work is what the core wants done at a moment.
type work struct {
	parking               []*message
	checkpoint            bool
	through               uint64 // the checkpoint's place, for
	events, skipped       int
	replayed              trail
	room, replayRoom      int
	from                  uint64
	nextParked, endParked uint64
}

func (g *Group) look() work {
	g.mu.Lock()
	defer g.mu.Unlock()
	c, now := g.core, g.opts.Clock()
	c.expire(now)
	c.deliver(now)
	w := work{
		parking: c.toPark(), room: c.room(), replayRoom: c.replayRoom(), from: c.next,
		nextParked: g.nextParked, endParked: g.endParked, replayed: c.replay,
	}
	w.through, w.events, w.skipped, w.checkpoint = c.checkpoint(now)
	return w
}

// step does one round, and says whether there may be more to do at once.
func (g *Group) step(ctx context.Context) (more bool, err error) {
	w := g.look()
	if len(w.parking) > 0 {
		more = true
		if err := g.park(ctx, w.parking); err != nil {
			return false, err
		}
	}
	if r := w.replayed; r.events+r.skipped > 0 {
		if err := g.opts.Memory.Unpark(ctx, r.through+1); err != nil {
			return false, err
		}
		g.mu.Lock()
		g.core.replay.written(r.events, r.skipped)
		g.mu.Unlock()
	}
	if w.checkpoint {
		if err := g.opts.Memory.Checkpoint(ctx, w.through); err != nil {
			return false, err
		}
		g.mu.Lock()
		g.core.place.written(w.events, w.skipped)
		g.core.checkpointed = g.opts.Clock()
		g.mu.Unlock()
	}
	if w.replayRoom > 0 && w.nextParked < w.endParked {
		more = true
		if err := g.replayPage(ctx, w); err != nil {
			return false, err
		}
	}
	if w.room > 0 {
		events, skipped, next, err := g.opts.Source.Read(ctx, w.from, w.room)
		if err != nil {
			return false, err
		}
		g.mu.Lock()
		g.core.take(events, skipped, next)
		g.mu.Unlock()
		more = more || next > w.from
	}
	return more, nil
}

// park sets messages aside; those for which that fails wait in the group.
func (g *Group) park(ctx context.Context, messages []*message) (err error) {
	done := 0
	for _, m := range messages {
		if err = g.opts.Memory.Park(ctx, m.Event, m.reason); err != nil {
			break
		}
		done++
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.core.parked(messages[:done], messages[done:])
	return err
}

func (g *Group) replayPage(ctx context.Context, w work) error {
	events, next, err := g.opts.Memory.Parked(ctx, w.nextParked, w.endParked, w.replayRoom)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range events {
		if e.Original() == nil {
			g.core.replay.skip(e.Number, 1) // it was deleted meanwhile
			continue
		}
		g.core.takeParked(e.Event, e.Number)
	}
	g.nextParked = next
	return nil
}
