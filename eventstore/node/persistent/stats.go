package persistent

import (
	"context"
	"time"
)

// Stats is how a group stands.
type Stats struct {
	Consumers     []ConsumerStats
	PerSecond     int    // events handed out per second, since the group started
	Total         int64  // events handed out since the group started
	SinceMeasured int64  // events handed out since the statistics were last asked for
	Next          uint64 // the place where reading goes on
	Buffered      int    // events that were read ahead
	Retrying      int    // events that wait for being handed out again
	InFlight      int    // events that wait for an answer
	Parked        int64  // parked events that are not being replayed
}

// ConsumerStats is how a consumer stands.
type ConsumerStats struct {
	Who
	PerSecond     int
	Total         int64
	SinceMeasured int64
	Slots         int // free ones
	InFlight      int
}

// measure is when the statistics were last asked for.
type measure struct {
	at     time.Time
	handed int64
}

// Stats tells how the group stands.
func (g *Group) Stats(ctx context.Context) (Stats, error) {
	first, end, err := g.opts.Memory.Parking(ctx)
	if err != nil {
		return Stats{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	c, now := g.core, g.opts.Clock()
	seconds := max(1, int64(now.Sub(g.started)/time.Second))
	s := Stats{
		PerSecond: int(c.handed / seconds), Total: c.handed, SinceMeasured: c.handed - g.measured.handed,
		Next:     c.next,
		Buffered: len(c.fresh), Retrying: len(c.retries), InFlight: len(c.flying),
		Parked: int64(end - min(end, max(first, g.nextParked))),
	}
	for _, n := range c.consumers {
		s.Consumers = append(s.Consumers, ConsumerStats{
			Who: n.who, PerSecond: int(n.handed / seconds), Total: n.handed, SinceMeasured: n.handed - n.measured,
			Slots: n.slots - n.flying, InFlight: n.flying,
		})
		n.measured = n.handed
	}
	g.measured = measure{at: now, handed: c.handed}
	return s, nil
}
