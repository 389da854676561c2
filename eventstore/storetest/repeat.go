package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
)

// requireSame checks that an append answers as it did before.
func requireSame(t *testing.T, ctx context.Context, s eventstore.Store, first eventstore.Appended,
	stream string, expected eventstore.Revision, evs []eventstore.Proposed) {
	t.Helper()
	again, err := s.Append(ctx, stream, expected, evs)
	require.NoError(t, err)
	require.Equal(t, first.Last, again.Last)
	require.Equal(t, first.Position, again.Position)
}

func requireWrong(t *testing.T, ctx context.Context, s eventstore.Store, actual eventstore.Revision,
	stream string, expected eventstore.Revision, evs []eventstore.Proposed) {
	t.Helper()
	_, err := s.Append(ctx, stream, expected, evs)
	var wrong *eventstore.WrongRevision
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, eventstore.WrongRevision{Stream: stream, Expected: expected, Actual: actual}, *wrong)
}

func testRepeat(t *testing.T, ctx context.Context, s eventstore.Store) {
	one, three := events(1), events(3)
	a := mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, one)
	requireSame(t, ctx, s, a, "shipment-1", eventstore.NoStream, one)

	b := mustAppend(t, ctx, s, "shipment-1", 0, three)
	requireSame(t, ctx, s, b, "shipment-1", 0, three)
	requireSame(t, ctx, s, a, "shipment-1", eventstore.NoStream, one)
	require.Len(t, readAll(t, ctx, s, eventstore.Start), 4)
}

func testRepeatLater(t *testing.T, ctx context.Context, s eventstore.Store) {
	three := events(3)
	mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, events(5))
	a := mustAppend(t, ctx, s, "shipment-1", 4, three)
	for i := range 20 {
		mustAppend(t, ctx, s, "shipment-1", eventstore.Revision(7+i), events(1))
		mustAppend(t, ctx, s, "shipment-2", eventstore.Revision(i-1), events(1))
	}
	requireSame(t, ctx, s, a, "shipment-1", 4, three)
	require.Len(t, readAll(t, ctx, s, eventstore.Start), 48)
}

func testRepeatAltered(t *testing.T, ctx context.Context, s eventstore.Store) {
	three := events(3)
	a := mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, three)

	swapped := []eventstore.Proposed{three[1], three[0], three[2]}
	requireWrong(t, ctx, s, 2, "shipment-1", eventstore.NoStream, swapped)
	requireWrong(t, ctx, s, 2, "shipment-1", eventstore.NoStream, events(3))
	requireWrong(t, ctx, s, 2, "shipment-1", eventstore.NoStream, []eventstore.Proposed{three[0], three[1], event("new")})
	requireWrong(t, ctx, s, 2, "shipment-1", eventstore.NoStream, append(three[:3:3], event("one more")))
	requireWrong(t, ctx, s, 2, "shipment-1", 0, three)
	requireWrong(t, ctx, s, 2, "shipment-1", 1, three[1:2])
	requireWrong(t, ctx, s, 2, "shipment-1", 3, three)

	requireSame(t, ctx, s, a, "shipment-1", eventstore.NoStream, three)
	require.Len(t, readAll(t, ctx, s, eventstore.Start), 3)
}

func testRepeatElsewhere(t *testing.T, ctx context.Context, s eventstore.Store) {
	two := events(2)
	a := mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, two)
	b := mustAppend(t, ctx, s, "shipment-2", eventstore.NoStream, two)
	require.Positive(t, b.Position.Compare(a.Position))
	requireSame(t, ctx, s, a, "shipment-1", eventstore.NoStream, two)
	requireSame(t, ctx, s, b, "shipment-2", eventstore.NoStream, two)
	requireStored(t, "shipment-1", 0, two, readStream(t, ctx, s, "shipment-1"))
	requireStored(t, "shipment-2", 0, two, readStream(t, ctx, s, "shipment-2"))
}

// Ids settle only appends that expect an earlier revision.
func testRepeatAtHead(t *testing.T, ctx context.Context, s eventstore.Store) {
	one := events(1)
	mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, one)
	mustAppend(t, ctx, s, "shipment-1", 0, one)
	require.Len(t, readStream(t, ctx, s, "shipment-1"), 2)
}

func testReopen(t *testing.T, s eventstore.Store, reopen Reopen) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	three := events(3)
	a := mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, three)
	s = reopen(t, s)
	requireSame(t, ctx, s, a, "shipment-1", eventstore.NoStream, three)
	mustAppend(t, ctx, s, "shipment-2", eventstore.NoStream, events(2))
	b := mustAppend(t, ctx, s, "shipment-1", 2, events(1))
	require.Positive(t, b.Position.Compare(a.Position))

	before := readAll(t, ctx, s, eventstore.Start)
	s = reopen(t, s)
	require.Equal(t, before, readAll(t, ctx, s, eventstore.Start))
	requireSame(t, ctx, s, a, "shipment-1", eventstore.NoStream, three)
	requireWrong(t, ctx, s, 3, "shipment-1", eventstore.NoStream, events(3))

	// A position stays a place to resume from.
	later, err := collect(s.ReadAll(ctx, a.Position))
	require.NoError(t, err)
	require.Equal(t, before[3:], later)
	later, err = follow(ctx, s, a.Position, len(before)-3)
	require.NoError(t, err)
	require.Equal(t, before[3:], later)
	requireConsistent(t, ctx, s)
}

// testRepeatAfterRestart has callers that lost their answers and retry only
// when the store is back.
func testRepeatAfterRestart(t *testing.T, s eventstore.Store, reopen Reopen) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	var all []repeatable
	for i := range 40 {
		stream := fmt.Sprintf("shipment-%d", i%7)
		evs := events(1 + i%3)
		at := eventstore.Revision(len(readStream(t, ctx, s, stream)) - 1)
		all = append(all, repeatable{stream, at, evs, mustAppend(t, ctx, s, stream, at, evs)})
	}
	before := readAll(t, ctx, s, eventstore.Start)
	for range 2 {
		s = reopen(t, s)
		for _, d := range all {
			requireSame(t, ctx, s, d.answer, d.stream, d.expected, d.events)
			altered := append(d.events[:len(d.events)-1:len(d.events)-1], event("altered"))
			actual := eventstore.Revision(len(readStream(t, ctx, s, d.stream)) - 1)
			requireWrong(t, ctx, s, actual, d.stream, d.expected, altered)
		}
		require.Equal(t, before, readAll(t, ctx, s, eventstore.Start))
	}
}
