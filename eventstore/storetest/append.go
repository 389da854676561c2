package storetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
)

func testReadBack(t *testing.T, ctx context.Context, s eventstore.Store) {
	require.Empty(t, readStream(t, ctx, s, "shipment-1"))

	first, second := events(1), events(2)
	a := mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, first)
	b := mustAppend(t, ctx, s, "shipment-1", 0, second)

	got := readStream(t, ctx, s, "shipment-1")
	requireStored(t, "shipment-1", 0, append(first, second...), got)
	require.Equal(t, a.Position, got[0].Position)
	require.Equal(t, b.Position, got[2].Position)
	require.Less(t, time.Since(got[0].Created).Abs(), time.Hour)

	bare := []eventstore.Proposed{{ID: uuid.New(), Type: "shipment-noted.v1", Data: []byte(`{}`)}}
	mustAppend(t, ctx, s, "shipment-2", eventstore.NoStream, bare)
	requireStored(t, "shipment-2", 0, bare, readStream(t, ctx, s, "shipment-2"))
}

func testExactRevision(t *testing.T, ctx context.Context, s eventstore.Store) {
	mustAppend(t, ctx, s, "charge-1", eventstore.NoStream, events(3))
	before := readAll(t, ctx, s, eventstore.Start)

	for _, c := range []struct {
		stream           string
		expected, actual eventstore.Revision
	}{
		{"charge-1", eventstore.NoStream, 2},
		{"charge-1", 0, 2},
		{"charge-1", 1, 2},
		{"charge-1", 3, 2},
		{"charge-1", 1 << 40, 2},
		{"charge-2", 0, eventstore.NoStream},
		{"charge-2", 7, eventstore.NoStream},
	} {
		_, err := s.Append(ctx, c.stream, c.expected, events(1))
		var wrong *eventstore.WrongRevision
		require.ErrorAs(t, err, &wrong, "%s expected at %s", c.stream, c.expected)
		require.Equal(t, eventstore.WrongRevision{Stream: c.stream, Expected: c.expected, Actual: c.actual}, *wrong)
	}

	require.Equal(t, before, readAll(t, ctx, s, eventstore.Start), "a refused append stores nothing")
	mustAppend(t, ctx, s, "charge-1", 2, events(1))
}

func testAtomic(t *testing.T, ctx context.Context, s eventstore.Store) {
	mustAppend(t, ctx, s, "invoice-1", eventstore.NoStream, events(1))
	many := events(100)
	a := mustAppend(t, ctx, s, "invoice-2", eventstore.NoStream, many)
	mustAppend(t, ctx, s, "invoice-1", 0, events(1))

	all := readAll(t, ctx, s, eventstore.Start)
	require.Len(t, all, 102)
	requireStored(t, "invoice-2", 0, many, all[1:101])
	require.Equal(t, a.Position, all[100].Position, "the answer is the last event's place")

	_, err := s.Append(ctx, "invoice-2", 50, events(100))
	var wrong *eventstore.WrongRevision
	require.ErrorAs(t, err, &wrong)
	require.Len(t, readStream(t, ctx, s, "invoice-2"), 100)
}

func testRefusals(t *testing.T, ctx context.Context, s eventstore.Store) {
	good := events(1)
	noID, noType, noData := event(""), event(""), event("")
	noID.ID, noType.Type, noData.Data = uuid.Nil, "", nil

	for name, c := range map[string]struct {
		stream   string
		expected eventstore.Revision
		events   []eventstore.Proposed
	}{
		"no name":         {"", eventstore.NoStream, good},
		"no category":     {"-1", eventstore.NoStream, good},
		"no id":           {"shipment-", eventstore.NoStream, good},
		"one word":        {"shipment", eventstore.NoStream, good},
		"a system name":   {"$shipment-1", eventstore.NoStream, good},
		"a long name":     {"shipment-" + strings.Repeat("x", 504), eventstore.NoStream, good},
		"any revision":    {"shipment-1", -2, good},
		"no events":       {"shipment-1", eventstore.NoStream, nil},
		"event, no id":    {"shipment-1", eventstore.NoStream, []eventstore.Proposed{good[0], noID}},
		"event, no type":  {"shipment-1", eventstore.NoStream, []eventstore.Proposed{good[0], noType}},
		"event, no data":  {"shipment-1", eventstore.NoStream, []eventstore.Proposed{good[0], noData}},
		"events too many": {"shipment-1", eventstore.NoStream, tooMany()},
	} {
		_, err := s.Append(ctx, c.stream, c.expected, c.events)
		require.Error(t, err, name)
		require.NotErrorIs(t, err, eventstore.ErrUnknownOutcome, name)
	}
	require.Empty(t, readAll(t, ctx, s, eventstore.Start))

	longest := "shipment-" + strings.Repeat("x", 503)
	mustAppend(t, ctx, s, longest, eventstore.NoStream, good)
	requireStored(t, longest, 0, good, readStream(t, ctx, s, longest))
}

// tooMany are events each within the limit, but not together.
func tooMany() []eventstore.Proposed {
	evs := events(3)
	for i := range evs {
		evs[i].Data = load(eventstore.MaxAppendBytes / 2)
	}
	return evs
}

func testSizeLimit(t *testing.T, ctx context.Context, s eventstore.Store) {
	// Given an append of exactly the limit, in one event and in several.
	fill := func(n, limit int) []eventstore.Proposed {
		evs := events(n)
		rest := limit
		for _, e := range evs[1:] {
			rest -= e.Size()
		}
		evs[0].Data = load(rest - evs[0].Size() + len(evs[0].Data))
		return evs
	}
	for i, n := range []int{1, 9} {
		stream := []string{"invoice-1", "invoice-2"}[i]
		full := fill(n, eventstore.MaxAppendBytes)
		mustAppend(t, ctx, s, stream, eventstore.NoStream, full)
		requireStored(t, stream, 0, full, readStream(t, ctx, s, stream))

		// When one byte is added, then it is refused.
		_, err := s.Append(ctx, stream, eventstore.Revision(n-1), fill(n, eventstore.MaxAppendBytes+1))
		var large *eventstore.TooLarge
		require.ErrorAs(t, err, &large)
		require.Equal(t, eventstore.TooLarge{Stream: stream, Size: eventstore.MaxAppendBytes + 1, Limit: eventstore.MaxAppendBytes}, *large)
		require.Len(t, readStream(t, ctx, s, stream), n)
	}
}

func testCancelledAppend(t *testing.T, ctx context.Context, s eventstore.Store) {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err := s.Append(ended, "shipment-1", eventstore.NoStream, events(1))
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, eventstore.ErrUnknownOutcome)
	require.Empty(t, readAll(t, ctx, s, eventstore.Start))
	mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, events(1))
}

func testStreamNames(t *testing.T, ctx context.Context, s eventstore.Store) {
	names := []string{
		"shipment-1", "shipment-10", "shipment-1-0", "shipment-1/0", "shipment-1 0", "Shipment-1",
		"shipment-é", "shipment-e\u0301", "shipment-货物", "s-1", "shipmen-t1", "shipment-1.", "shipment--1",
	}
	proposed := make(map[string][]eventstore.Proposed)
	for round := range 3 {
		for _, name := range names {
			e := events(1)
			mustAppend(t, ctx, s, name, eventstore.Revision(round-1), e)
			proposed[name] = append(proposed[name], e...)
		}
	}
	for _, name := range names {
		requireStored(t, name, 0, proposed[name], readStream(t, ctx, s, name))
	}
}
