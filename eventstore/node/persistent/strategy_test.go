package persistent

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

func using(by Strategy) Settings {
	s := usual()
	s.Strategy = by
	return s
}

func TestRoundRobinTakesTheConsumersInTurnAndPassesOverTheBusy(t *testing.T) {
	s := given(t, using(RoundRobin))
	a, b, c := s.consumer(1), s.consumer(2), s.consumer(2)
	s.events(5)
	require.Equal(t, []uint64{0}, got(a))
	require.Equal(t, []uint64{1, 3}, got(b))
	require.Equal(t, []uint64{2, 4}, got(c))
	s.ack(0, 1, 2)
	s.events(3)
	require.Equal(t, []uint64{5}, got(a))
	require.Equal(t, []uint64{6}, got(b))
	require.Equal(t, []uint64{7}, got(c))
}

func TestRoundRobinKeepsItsTurnWhenAConsumerLeaves(t *testing.T) {
	s := given(t, using(RoundRobin))
	a, b, c := s.consumer(5), s.consumer(5), s.consumer(5)
	s.events(2)
	require.Equal(t, []uint64{0}, got(a))
	require.Equal(t, []uint64{1}, got(b))
	s.ack(0)
	s.c.leave(a)
	s.events(1)
	require.Equal(t, []uint64{2}, got(c))
}

func TestDispatchToSingleUsesTheNextConsumerOnlyWhenTheFirstIsBusy(t *testing.T) {
	s := given(t, using(DispatchToSingle))
	a, b := s.consumer(2), s.consumer(2)
	s.events(3)
	require.Equal(t, []uint64{0, 1}, got(a))
	require.Equal(t, []uint64{2}, got(b))
	s.ack(0, 1, 2)
	s.events(1)
	require.Equal(t, []uint64{3}, got(a))
}

// streams puts one event of each stream into the buffer.
func (s *scene) streams(names ...string) {
	var events []Event
	next := s.c.next
	for _, name := range names {
		events = append(events, eventAt(next, name))
		next++
	}
	s.c.take(events, 0, next)
	s.c.deliver(s.now)
}

func TestPinnedGivesAStreamToOneConsumer(t *testing.T) {
	s := given(t, using(Pinned))
	consumers := []*Consumer{s.consumer(500), s.consumer(500), s.consumer(500)}
	var names []string
	for i := range 300 {
		names = append(names, fmt.Sprintf("order-%d", i%100))
	}
	s.streams(names...)
	owner := map[string]*Consumer{}
	for _, n := range consumers {
		places := got(n)
		require.Greater(t, len(places), 30, "every consumer has its share")
		for _, p := range places {
			if of := owner[names[p]]; of != nil {
				require.Same(t, of, n, names[p])
			}
			owner[names[p]] = n
		}
	}
	require.Len(t, owner, 100)

	t.Run("and only the streams of one that leaves change hands", func(t *testing.T) {
		gone := consumers[1]
		s.c.leave(gone)
		for name, n := range owner {
			if n != gone {
				require.Same(t, n, s.c.pinned(name))
			}
		}
	})
}

func TestPinnedLetsAStreamWaitForItsConsumerAndOthersPass(t *testing.T) {
	s := given(t, using(Pinned))
	a, b := s.consumer(1), s.consumer(1)
	var ofA, ofB string
	for i := 0; ofA == "" || ofB == ""; i++ {
		name := fmt.Sprintf("order-%d", i)
		if s.c.pinned(name) == a {
			ofA = name
		} else {
			ofB = name
		}
	}
	s.streams(ofA, ofA, ofB)
	require.Equal(t, []uint64{0}, got(a))
	require.Equal(t, []uint64{2}, got(b))
	s.ack(2)
	require.Empty(t, got(b), "the second event of the stream is not its")
	s.ack(0)
	require.Equal(t, []uint64{1}, got(a))
}

func TestWhatAnEventIsPinnedBy(t *testing.T) {
	record := func(stream, kind, data, meta string) *embedded.RawRecord {
		return &embedded.RawRecord{Record: eventstore.Record{Stream: stream, Type: kind, Data: []byte(data), Metadata: []byte(meta)}}
	}
	plain := Event{Event: record("order-1", "noted", "{}", `{"$correlationId":"c-9"}`)}
	require.Equal(t, "order-1", plain.key(Pinned))
	require.Equal(t, "c-9", plain.key(PinnedByCorrelation))

	resolved := Event{Event: plain.Event, Link: record("$ce-order", "$>", "0@order-1", "")}
	require.Equal(t, "order-1", resolved.key(Pinned))

	link := Event{Event: record("$ce-order", "$>", "3@order-2", "")}
	require.Equal(t, "order-2", link.key(Pinned))

	without := Event{Event: record("order-3", "noted", "{}", "not JSON")}
	require.Equal(t, "order-3", without.key(PinnedByCorrelation))

	lost := Event{Link: record("$ce-order", "$>", "3@order-4", "")}
	require.Equal(t, "order-4", lost.key(Pinned))
}
