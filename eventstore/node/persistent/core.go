package persistent

import (
	"cmp"
	"container/list"
	"slices"
	"time"

	"github.com/google/uuid"
)

// core is what a group knows and decides. It is not safe for concurrent use
// and never waits.
//
// An event that came from the source is in exactly one of fresh, retries,
// flying and parking, and open in place, until it is finished. A replayed one
// is the same, but open in replay.
type core struct {
	settings  Settings
	consumers []*Consumer // in the order in which they came
	turn      int         // whose turn RoundRobin says it is

	next   uint64 // where to read the source on
	place  trail
	replay trail

	fresh   []*message // were never handed out; in the source's order
	retries []*message // go before fresh; in the source's order, the replayed last
	flying  map[uuid.UUID]*message
	flights list.List  // the flying, in the order of their deadlines
	parking []*message // wait for being parked
	bytes   int        // of all these

	checkpointed time.Time // when the last checkpoint was written, or could have been
	handed       int64     // messages handed out
}

func newCore(s Settings, next uint64, now time.Time) *core {
	return &core{settings: s, next: next, flying: map[uuid.UUID]*message{}, checkpointed: now}
}

// room is how many events are to be read from the source now. The buffer is
// filled again when it is half empty, or when a batch fits if that is more.
func (c *core) room() int {
	n := c.settings.HistoryBuffer - len(c.fresh) - len(c.retries) - len(c.parking)
	switch {
	case len(c.consumers) == 0, n < max(c.settings.ReadBatch, c.settings.HistoryBuffer/2), len(c.place.steps)+n > mostOpen, c.bytes >= bufferedBytes:
		return 0
	}
	return n
}

// take puts events that were read into the buffer; reading goes on at next,
// and skipped events before it are of no interest to the group.
func (c *core) take(events []Event, skipped int, next uint64) {
	for _, e := range events {
		m := c.message(e)
		c.bytes += m.bytes
		c.fresh = append(c.fresh, m)
		c.place.add(e.Place)
	}
	if skipped > 0 && next > 0 && (len(events) == 0 || events[len(events)-1].Place < next-1) {
		c.place.skip(next-1, skipped)
	}
	c.next = next
}

func (c *core) message(e Event) *message {
	m := &message{id: e.Original().ID, bytes: e.size()}
	m.Event = e
	if by := c.settings.Strategy; by == Pinned || by == PinnedByCorrelation {
		m.key = e.key(by)
	}
	return m
}

// replayRoom is how many parked events are to be read now.
func (c *core) replayRoom() int {
	if len(c.consumers) == 0 || c.bytes >= bufferedBytes {
		return 0
	}
	return max(0, c.settings.HistoryBuffer-len(c.retries)-len(c.parking)-len(c.replay.steps))
}

// takeParked puts a parked event back; it is retried from the beginning.
func (c *core) takeParked(e Event, parked uint64) {
	m := c.message(e)
	m.replayed, m.parked = true, parked
	c.bytes += m.bytes
	c.replay.add(parked)
	c.retries = append(c.retries, m)
}

// expire takes back what was not answered in time.
func (c *core) expire(now time.Time) {
	for e := c.flights.Front(); e != nil; e = c.flights.Front() {
		m := e.Value.(*message)
		if m.deadline.IsZero() || now.Before(m.deadline) {
			return
		}
		c.again(m, "not answered in time")
	}
}

// join lets a consumer in, unless there are as many as may be.
func (c *core) join(n *Consumer) bool {
	if most := c.settings.MaxSubscribers; most > 0 && len(c.consumers) >= most {
		return false
	}
	c.consumers = append(c.consumers, n)
	return true
}

// leave hands what a consumer had to the others.
func (c *core) leave(n *Consumer) {
	at := slices.Index(c.consumers, n)
	if at < 0 {
		return
	}
	c.consumers = slices.Delete(c.consumers, at, at+1)
	if at < c.turn {
		c.turn--
	}
	for e := c.flights.Front(); e != nil; {
		m := e.Value.(*message)
		e = e.Next()
		if m.from == n {
			c.again(m, "its consumer went away")
		}
	}
}

// ack finishes events. Which consumer says so does not matter: one that was
// too late has handled its event all the same.
func (c *core) ack(id uuid.UUID) {
	if m := c.flying[id]; m != nil {
		c.land(m)
		c.finish(m)
		return
	}
	if i := slices.IndexFunc(c.retries, func(m *message) bool { return m.id == id }); i >= 0 {
		m := c.retries[i]
		c.retries = slices.Delete(c.retries, i, i+1)
		c.finish(m)
	}
}

// Action is what is to become of an event that a consumer could not handle.
type Action int

// The actions.
const (
	Retry Action = iota // hand it out again, also when the consumer does not know
	Park                // park it at once
	Skip                // finish it, as if it were acknowledged
	Stop                // the consumer takes no part in it any more: its time goes on
)

// nack answers an event that its consumer could not handle. An event that is
// not in this consumer's hands any more stays where it is.
func (c *core) nack(by *Consumer, id uuid.UUID, a Action, reason string) {
	m := c.flying[id]
	if m == nil || m.by != by {
		return
	}
	switch a {
	case Park:
		c.land(m)
		c.park(m, reason)
	case Skip:
		c.land(m)
		c.finish(m)
	case Stop:
		m.by = nil
		by.flying--
	default:
		c.again(m, reason)
	}
}

// again takes a message out of its consumer's hands, to hand it out again or,
// when that was done often enough, to park it.
func (c *core) again(m *message, reason string) {
	c.land(m)
	if m.Retries >= c.settings.MaxRetries {
		c.park(m, reason)
		return
	}
	m.Retries++
	i, _ := slices.BinarySearchFunc(c.retries, m, func(a, b *message) int {
		if a.replayed != b.replayed {
			if b.replayed {
				return -1
			}
			return 1
		}
		if a.replayed {
			return cmp.Compare(a.parked, b.parked)
		}
		return cmp.Compare(a.Place, b.Place)
	})
	c.retries = slices.Insert(c.retries, i, m)
}

func (c *core) land(m *message) {
	c.flights.Remove(m.flight)
	delete(c.flying, m.id)
	if m.by != nil {
		m.by.flying--
	}
	m.by, m.from, m.flight = nil, nil, nil
}

func (c *core) park(m *message, reason string) {
	m.reason = reason
	c.parking = append(c.parking, m)
}

// finish is the end of a message in this group.
func (c *core) finish(m *message) {
	c.bytes -= m.bytes
	if m.replayed {
		c.replay.finish(m.parked)
	} else {
		c.place.finish(m.Place)
	}
}

// toPark gives the messages that are to be parked; each comes back by parked.
func (c *core) toPark() []*message {
	out := c.parking
	c.parking = nil
	return out
}

// parked says whether the parked stream has taken messages; the others wait.
func (c *core) parked(done, others []*message) {
	for _, m := range done {
		c.finish(m)
	}
	c.parking = append(others, c.parking...)
}

// deliver hands out what it can.
func (c *core) deliver(now time.Time) {
	c.retries = c.deliverFrom(c.retries, now)
	c.fresh = c.deliverFrom(c.fresh, now)
}

func (c *core) deliverFrom(queue []*message, now time.Time) []*message {
	if len(queue) == 0 || !slices.ContainsFunc(c.consumers, (*Consumer).free) {
		return queue
	}
	var left []*message
	for i, m := range queue {
		if c.flying[m.id] != nil {
			left = append(left, m) // the same id twice: answers name the first
			continue
		}
		n := c.choose(m)
		if n == nil {
			left = append(left, m)
			if slices.ContainsFunc(c.consumers, (*Consumer).free) {
				continue // it is pinned to another
			}
			if len(left) == 1 {
				return queue[i:]
			}
			return append(left, queue[i+1:]...)
		}
		c.hand(m, n, now)
	}
	return left
}

func (c *core) hand(m *message, n *Consumer, now time.Time) {
	m.by, m.from = n, n
	m.deadline = time.Time{}
	if c.settings.Timeout > 0 {
		m.deadline = now.Add(c.settings.Timeout)
	}
	m.flight = c.flights.PushBack(m)
	c.flying[m.id] = m
	n.flying++
	n.handed++
	c.handed++
	n.out <- m.Message // free says that there is room
}

// checkpoint says whether one is to be written, at which place, and for how
// many events.
func (c *core) checkpoint(now time.Time) (place uint64, events, skipped int, due bool) {
	t := &c.place
	enough := t.events >= max(1, c.settings.MaxCheckpoint)
	if !enough && now.Sub(c.checkpointed) >= c.settings.CheckpointAfter {
		enough = c.worth()
	}
	return t.through, t.events, t.skipped, enough
}

// worth says that there is something to write when the time has come.
func (c *core) worth() bool {
	return c.place.events >= max(1, c.settings.MinCheckpoint) || c.place.skipped >= skippedAtOnce
}

// wake is when something is to be done although nothing happens, or zero.
func (c *core) wake() time.Time {
	var at time.Time
	if e := c.flights.Front(); e != nil {
		at = e.Value.(*message).deadline
	}
	if c.worth() {
		if due := c.checkpointed.Add(c.settings.CheckpointAfter); at.IsZero() || due.Before(at) {
			at = due
		}
	}
	return at
}
