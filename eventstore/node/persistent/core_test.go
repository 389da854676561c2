package persistent

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// scene is a core, its consumers, and a clock that stands until it is moved.
type scene struct {
	t   *testing.T
	c   *core
	now time.Time
}

func usual() Settings {
	return Settings{MaxRetries: 10, Timeout: 30 * time.Second, MinCheckpoint: 10, MaxCheckpoint: 1000, CheckpointAfter: 2 * time.Second,
		LiveBuffer: 500, HistoryBuffer: 500, ReadBatch: 20, Strategy: RoundRobin}
}

func given(t *testing.T, s Settings) *scene {
	require.NoError(t, s.Check())
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	return &scene{t: t, c: newCore(s, 0, now), now: now}
}

func (s *scene) consumer(slots int) *Consumer {
	n := &Consumer{number: uint64(len(s.c.consumers)), slots: slots, out: make(chan Message, slots), gone: make(chan struct{})}
	require.True(s.t, s.c.join(n))
	return n
}

// id is that of the event at a place.
func id(place uint64) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, place)) }

func eventAt(place uint64, stream string) Event {
	return Event{Place: place, Event: &embedded.RawRecord{Record: eventstore.Record{ID: id(place), Stream: stream, Revision: place, Type: "noted"}}}
}

// events puts the next n events of the source into the buffer.
func (s *scene) events(n int) {
	var events []Event
	next := s.c.next
	for range n {
		events = append(events, eventAt(next, "order-1"))
		next++
	}
	s.c.take(events, 0, next)
	s.c.deliver(s.now)
}

// later moves the clock, and lets the core notice.
func (s *scene) later(d time.Duration) {
	s.now = s.now.Add(d)
	s.c.expire(s.now)
	s.c.deliver(s.now)
}

func (s *scene) ack(places ...uint64) {
	for _, p := range places {
		s.c.ack(id(p))
	}
	s.c.deliver(s.now)
}

func (s *scene) nack(n *Consumer, a Action, places ...uint64) {
	for _, p := range places {
		s.c.nack(n, id(p), a, "no such customer")
	}
	s.c.deliver(s.now)
}

// parkAll says that what was to be parked is.
func (s *scene) parkAll() (places []uint64) {
	parking := s.c.toPark()
	for _, m := range parking {
		places = append(places, m.Place)
	}
	s.c.parked(parking, nil)
	return places
}

// got is what a consumer was handed since the last time.
func got(n *Consumer) (places []uint64) {
	for {
		select {
		case m := <-n.out:
			places = append(places, m.Place)
		default:
			return places
		}
	}
}

// through is up to where everything is finished; -1 is nowhere.
func (s *scene) through() int {
	if !s.c.place.moved {
		return -1
	}
	return int(s.c.place.through)
}

func TestAConsumerHasNoMoreEventsInHandThanSlots(t *testing.T) {
	s := given(t, usual())
	n := s.consumer(2)
	s.events(5)
	require.Equal(t, []uint64{0, 1}, got(n))
	s.ack(0)
	require.Equal(t, []uint64{2}, got(n))
	s.ack(1, 2)
	require.Equal(t, []uint64{3, 4}, got(n))
}

func TestTheCheckpointTrailsTheLowestEventThatIsNotFinished(t *testing.T) {
	s := given(t, usual())
	n := s.consumer(10)
	s.events(6)
	require.Len(t, got(n), 6)

	s.ack(1, 2, 4)
	require.Equal(t, -1, s.through(), "event 0 is in hand")
	s.ack(0)
	require.Equal(t, 2, s.through(), "event 3 is in hand")
	s.nack(n, Retry, 3)
	require.Equal(t, 2, s.through(), "event 3 was handed out again")
	s.nack(n, Park, 3)
	require.Equal(t, 2, s.through(), "event 3 is not parked yet")
	require.Equal(t, []uint64{3}, s.parkAll())
	require.Equal(t, 4, s.through())
	s.nack(n, Skip, 5)
	require.Equal(t, 5, s.through())
}

func TestACheckpointIsWrittenForManyEventsAtOnceAndForFewAfterATime(t *testing.T) {
	settings := usual()
	settings.MinCheckpoint, settings.MaxCheckpoint = 2, 4
	s := given(t, settings)
	s.consumer(10)
	s.events(10)
	due := func() bool {
		place, events, skipped, due := s.c.checkpoint(s.now)
		if due {
			require.Equal(t, s.through(), int(place))
			s.c.place.written(events, skipped)
			s.c.checkpointed = s.now
		}
		return due
	}
	s.ack(0)
	require.False(t, due())
	s.later(settings.CheckpointAfter)
	require.False(t, due(), "one event is fewer than the minimum")
	s.ack(1)
	require.True(t, due(), "the time is over, and two are enough")
	s.ack(2, 3)
	require.False(t, due(), "the time begins anew")
	require.Equal(t, s.now.Add(settings.CheckpointAfter), s.c.wake())
	s.ack(4, 5)
	require.True(t, due(), "four are the maximum")
	s.later(time.Hour)
	require.False(t, due(), "there is nothing new")
}

func TestAnEventThatIsNotAnsweredInTimeIsHandedOutAgain(t *testing.T) {
	settings := usual()
	s := given(t, settings)
	a := s.consumer(1)
	s.events(1)
	require.Equal(t, []uint64{0}, got(a))
	require.Equal(t, s.now.Add(settings.Timeout), s.c.wake())

	s.later(settings.Timeout - 1)
	require.Empty(t, got(a))
	s.later(1)
	m := <-a.out
	require.Equal(t, id(0), m.Original().ID)
	require.Equal(t, 1, m.Retries)
}

func TestWithoutATimeoutAnEventIsWaitedForForEver(t *testing.T) {
	settings := usual()
	settings.Timeout = 0
	s := given(t, settings)
	a := s.consumer(1)
	s.events(1)
	require.Equal(t, []uint64{0}, got(a))
	s.later(10_000 * time.Hour)
	require.Empty(t, got(a))
	require.True(t, s.c.wake().IsZero())
	s.ack(0)
	require.Equal(t, 0, s.through())
}

func TestAnAnswerThatComesTooLateCounts(t *testing.T) {
	settings := usual()
	s := given(t, settings)
	a := s.consumer(1)
	s.events(1)
	require.Equal(t, []uint64{0}, got(a))

	t.Run("while another consumer has the event", func(t *testing.T) {
		b := s.consumer(1)
		s.later(settings.Timeout)
		s.ack(0)
		require.Equal(t, 0, s.through())
		require.Zero(t, a.flying)
		require.Zero(t, b.flying)
		got(a)
		got(b)
		s.c.leave(b)
	})
	t.Run("while the event waits for being handed out again", func(t *testing.T) {
		s.events(2)
		require.Equal(t, []uint64{1}, got(a))
		s.c.leave(a)
		s.ack(1)
		require.Equal(t, 1, s.through())
		require.Empty(t, s.c.retries)
	})
}

func TestOnlyTheConsumerThatHasAnEventCanHandItBack(t *testing.T) {
	s := given(t, usual())
	a, b := s.consumer(1), s.consumer(1)
	s.events(1)
	require.Equal(t, []uint64{0}, got(a))
	s.nack(b, Skip, 0)
	require.Equal(t, -1, s.through())
	s.nack(a, Skip, 0)
	require.Equal(t, 0, s.through())
}

func TestAfterTheLastRetryAnEventIsParked(t *testing.T) {
	for name, again := range map[string]func(*scene, *Consumer){
		"handed back":          func(s *scene, n *Consumer) { s.nack(n, Retry, 0) },
		"not answered in time": func(s *scene, _ *Consumer) { s.later(s.c.settings.Timeout) },
	} {
		t.Run(name, func(t *testing.T) {
			settings := usual()
			settings.MaxRetries = 2
			s := given(t, settings)
			n := s.consumer(1)
			s.events(1)
			for range 3 {
				require.Empty(t, s.parkAll())
				require.Equal(t, []uint64{0}, got(n))
				again(s, n)
			}
			require.Empty(t, got(n))
			require.Equal(t, []uint64{0}, s.parkAll())
			require.Equal(t, 0, s.through())
		})
	}
}

func TestWhatAConsumerHadGoesToTheOthersWhenItLeavesInOrder(t *testing.T) {
	s := given(t, usual())
	a := s.consumer(3)
	s.events(5)
	require.Equal(t, []uint64{0, 1, 2}, got(a))
	s.ack(1)
	require.Equal(t, []uint64{3}, got(a))
	s.c.leave(a)
	require.Empty(t, s.c.flying)
	b := s.consumer(10)
	s.c.deliver(s.now)
	require.Equal(t, []uint64{0, 2, 3, 4}, got(b))
	require.Equal(t, -1, s.through())
}

func TestAConsumerThatStopsKeepsItsTimeButNotItsSlot(t *testing.T) {
	s := given(t, usual())
	a := s.consumer(1)
	s.events(2)
	require.Equal(t, []uint64{0}, got(a))
	s.nack(a, Stop, 0)
	require.Equal(t, []uint64{1}, got(a), "the slot is free")
	s.ack(1)
	require.Equal(t, -1, s.through(), "event 0 was not handled")
	s.later(s.c.settings.Timeout)
	require.Equal(t, []uint64{0}, got(a))

	s.nack(a, Stop, 0)
	s.c.leave(a)
	b := s.consumer(1)
	s.c.deliver(s.now)
	require.Equal(t, []uint64{0}, got(b), "it does not wait for a consumer that is gone")
}

func TestAParkedEventWaitsUntilItIsStored(t *testing.T) {
	s := given(t, usual())
	n := s.consumer(2)
	s.events(2)
	require.Len(t, got(n), 2)
	s.nack(n, Park, 0, 1)
	parking := s.c.toPark()
	require.Len(t, parking, 2)
	require.Equal(t, "no such customer", parking[0].reason)
	s.c.parked(parking[:1], parking[1:]) // the second could not be stored
	require.Equal(t, 0, s.through())
	require.Equal(t, []uint64{1}, s.parkAll())
	require.Equal(t, 1, s.through())
}

func TestReplayedEventsGoFirstAndMoveTheirOwnTrail(t *testing.T) {
	s := given(t, usual())
	n := s.consumer(1)
	s.events(2)
	require.Equal(t, []uint64{0}, got(n))
	parked := eventAt(77, "order-7")
	s.c.takeParked(parked, 5)
	s.ack(0)
	require.Equal(t, []uint64{77}, got(n), "before event 1")
	require.False(t, s.c.replay.moved)
	s.ack(77)
	require.Equal(t, uint64(5), s.c.replay.through)
	require.Equal(t, 0, s.through(), "event 1 is in hand")
}

func TestTheSameIDTwiceIsHandedOutOneAfterTheOther(t *testing.T) {
	s := given(t, usual())
	n := s.consumer(5)
	twin := eventAt(0, "order-1")
	second := eventAt(0, "order-2")
	second.Place = 1
	s.c.take([]Event{twin, second, eventAt(2, "order-1")}, 0, 3)
	s.c.deliver(s.now)
	require.Equal(t, []uint64{0, 2}, got(n))
	s.ack(0)
	require.Equal(t, []uint64{1}, got(n))
	require.Equal(t, 0, s.through())
	s.ack(0) // the second one's id
	require.Equal(t, 1, s.through())
}

func TestNoMoreIsReadThanTheBufferTakes(t *testing.T) {
	settings := usual()
	settings.HistoryBuffer, settings.ReadBatch = 50, 20
	s := given(t, settings)
	require.Zero(t, s.c.room(), "nobody is there to hand anything to")
	n := s.consumer(1)
	for s.c.room() > 0 {
		s.events(s.c.room())
	}
	require.Equal(t, 49, len(s.c.fresh), "and one is in hand")
	for place := range uint64(23) {
		got(n)
		s.ack(place)
		require.Zero(t, s.c.room(), "the buffer is more than half full")
	}
	got(n)
	s.ack(23)
	require.Equal(t, 24+1, s.c.room())

	t.Run("by bytes", func(t *testing.T) {
		s := given(t, settings)
		n := s.consumer(1)
		big := eventAt(0, "order-1")
		big.Event.Data = make([]byte, bufferedBytes)
		s.c.take([]Event{big}, 0, 1)
		s.c.deliver(s.now)
		require.Zero(t, s.c.room())
		require.Equal(t, []uint64{0}, got(n))
		s.ack(0)
		require.Equal(t, settings.HistoryBuffer, s.c.room())
		require.Zero(t, s.c.bytes)
	})
}

func TestWhatAFilterHidesMovesTheCheckpointButRarelyWritesOne(t *testing.T) {
	s := given(t, usual())
	n := s.consumer(5)
	s.c.take([]Event{eventAt(3, "order-1")}, 6, 10)
	s.c.deliver(s.now)
	require.Equal(t, []uint64{3}, got(n))
	require.Equal(t, -1, s.through())
	s.ack(3)
	require.Equal(t, 9, s.through())
	require.Equal(t, 1, s.c.place.events)
	s.later(time.Hour)
	_, _, _, due := s.c.checkpoint(s.now)
	require.False(t, due)
	s.c.take(nil, skippedAtOnce, 10+skippedAtOnce)
	place, _, _, due := s.c.checkpoint(s.now)
	require.True(t, due)
	require.Equal(t, uint64(9+skippedAtOnce), place)
}

func TestAGroupRefusesMoreConsumersThanItMayHave(t *testing.T) {
	settings := usual()
	settings.MaxSubscribers = 1
	s := given(t, settings)
	a := s.consumer(1)
	require.False(t, s.c.join(&Consumer{}))
	s.c.leave(a)
	require.True(t, s.c.join(&Consumer{}))
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Settings){
		"a negative number":                  func(s *Settings) { s.MaxRetries = -1 },
		"a negative time":                    func(s *Settings) { s.Timeout = -1 },
		"nothing is read":                    func(s *Settings) { s.ReadBatch = 0 },
		"a batch that fills the buffer":      func(s *Settings) { s.ReadBatch = s.HistoryBuffer },
		"a buffer beyond the bound":          func(s *Settings) { s.HistoryBuffer = mostBuffered + 1 },
		"checkpoint bounds the wrong way":    func(s *Settings) { s.MaxCheckpoint = s.MinCheckpoint - 1 },
		"a strategy that there is none of":   func(s *Settings) { s.Strategy = "Fairest" },
		"no strategy":                        func(s *Settings) { s.Strategy = "" },
		"a negative number of subscribers":   func(s *Settings) { s.MaxSubscribers = -1 },
		"a negative time between checkpoint": func(s *Settings) { s.CheckpointAfter = -1 },
	} {
		s := usual()
		change(&s)
		require.Error(t, s.Check(), name)
	}
}
