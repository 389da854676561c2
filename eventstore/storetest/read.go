package storetest

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
)

// fill appends n events to one stream, by at most 100.
func fill(t *testing.T, ctx context.Context, s eventstore.Store, stream string, n int) []eventstore.Proposed {
	t.Helper()
	evs := events(n)
	for at := 0; at < n; at += 100 {
		mustAppend(t, ctx, s, stream, eventstore.Revision(at-1), evs[at:min(n, at+100)])
	}
	return evs
}

func testReadStreamFrom(t *testing.T, ctx context.Context, s eventstore.Store) {
	fill(t, ctx, s, "shipment-0", 2)
	evs := fill(t, ctx, s, "shipment-1", 5)
	fill(t, ctx, s, "shipment-2", 2)
	for from := range len(evs) {
		got, err := collect(s.ReadStream(ctx, "shipment-1", uint64(from)))
		require.NoError(t, err)
		requireStored(t, "shipment-1", uint64(from), evs[from:], got)
	}
	for _, from := range []uint64{5, 6, 1 << 40, math.MaxInt64} {
		got, err := collect(s.ReadStream(ctx, "shipment-1", from))
		require.NoError(t, err)
		require.Empty(t, got, "from %d", from)
	}
	for _, stream := range []string{"shipment-3", "shipment-", "shipment-11"} {
		got, err := collect(s.ReadStream(ctx, stream, 0))
		require.NoError(t, err)
		require.Empty(t, got, stream)
	}
}

func testReadAllOrder(t *testing.T, ctx context.Context, s eventstore.Store) {
	random := seeded(t)
	require.Empty(t, readAll(t, ctx, s, eventstore.Start))
	heads := make(map[string]eventstore.Revision)
	var want []eventstore.Proposed
	var ends []eventstore.Position
	for range 80 {
		stream := fmt.Sprintf("shipment-%d", random.IntN(7))
		expected, ok := heads[stream]
		if !ok {
			expected = eventstore.NoStream
		}
		evs := events(1 + random.IntN(4))
		a := mustAppend(t, ctx, s, stream, expected, evs)
		heads[stream] = a.Last
		want = append(want, evs...)
		ends = append(ends, a.Position)
	}
	got := readAll(t, ctx, s, eventstore.Start)
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i].ID, got[i].ID, "event %d", i)
	}
	for i := 1; i < len(ends); i++ {
		require.Positive(t, ends[i].Compare(ends[i-1]))
	}
}

func testReadAllResume(t *testing.T, ctx context.Context, s eventstore.Store) {
	for i := range 12 {
		mustAppend(t, ctx, s, fmt.Sprintf("shipment-%d", i), eventstore.NoStream, events(1+i%3))
	}
	all := readAll(t, ctx, s, eventstore.Start)
	for i, r := range all {
		require.Equal(t, len(all)-i-1, len(readAll(t, ctx, s, r.Position)))
		kept, err := eventstore.ParsePosition(r.Position.String())
		require.NoError(t, err)
		rest := readAll(t, ctx, s, kept)
		for j := range rest {
			require.Equal(t, all[i+1+j], rest[j])
		}
	}
}

// testPages has histories of lengths around those that stores page by.
func testPages(t *testing.T, ctx context.Context, s eventstore.Store) {
	total := 0
	for _, n := range []int{1, 99, 100, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1025} {
		stream := fmt.Sprintf("shipment-%d", n)
		start, err := s.Head(ctx)
		require.NoError(t, err)
		evs := fill(t, ctx, s, stream, n)
		total += n
		requireStored(t, stream, 0, evs, readStream(t, ctx, s, stream))
		requireStored(t, stream, 0, evs, readAll(t, ctx, s, start))
		last, err := collect(s.ReadStream(ctx, stream, uint64(n-1)))
		require.NoError(t, err)
		requireStored(t, stream, uint64(n-1), evs[n-1:], last)
	}
	require.Len(t, readAll(t, ctx, s, eventstore.Start), total)

	// Large events make pages of few.
	start, err := s.Head(ctx)
	require.NoError(t, err)
	large := events(12)
	for i := range large {
		large[i].Data = load(200<<10 + i)
		mustAppend(t, ctx, s, "shipment-large", eventstore.Revision(i-1), large[i:i+1])
	}
	requireStored(t, "shipment-large", 0, large, readStream(t, ctx, s, "shipment-large"))
	requireStored(t, "shipment-large", 0, large, readAll(t, ctx, s, start))
}

func testReadBreak(t *testing.T, ctx context.Context, s eventstore.Store) {
	fill(t, ctx, s, "shipment-1", 10)
	sequences := map[string]func() int{
		"stream": func() int { return readUpTo(s.ReadStream(ctx, "shipment-1", 0), 3) },
		"all":    func() int { return readUpTo(s.ReadAll(ctx, eventstore.Start), 3) },
		"follow": func() int { return readUpTo(s.Follow(ctx, eventstore.Start), 3) },
	}
	for name, read := range sequences {
		require.Equal(t, 3, read(), name)
		require.Equal(t, 3, read(), name)
	}

	// A reader may append in the middle of reading, and a sequence may be
	// read a second time.
	seq := s.ReadStream(ctx, "shipment-1", 0)
	for r, err := range seq {
		require.NoError(t, err)
		if r.Revision == 2 {
			mustAppend(t, ctx, s, "shipment-1", 9, events(1))
			break
		}
	}
	again, err := collect(seq)
	require.NoError(t, err)
	require.Len(t, again, 11)
}

func readUpTo(seq func(func(eventstore.Record, error) bool), n int) int {
	got := 0
	seq(func(_ eventstore.Record, err error) bool {
		if err == nil {
			got++
		}
		return err == nil && got < n
	})
	return got
}

func testReadCancelled(t *testing.T, ctx context.Context, s eventstore.Store) {
	fill(t, ctx, s, "shipment-1", 3)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err := collect(s.ReadStream(ended, "shipment-1", 0))
	require.ErrorIs(t, err, context.Canceled)
	_, err = collect(s.ReadAll(ended, eventstore.Start))
	require.ErrorIs(t, err, context.Canceled)
}

func testHead(t *testing.T, ctx context.Context, s eventstore.Store) {
	head, err := s.Head(ctx)
	require.NoError(t, err)
	require.Equal(t, eventstore.Start, head)
	for i := range 3 {
		a := mustAppend(t, ctx, s, "shipment-1", eventstore.Revision(2*i-1), events(2))
		head, err = s.Head(ctx)
		require.NoError(t, err)
		require.Equal(t, a.Position, head)
	}
	require.Empty(t, readAll(t, ctx, s, head))
}

func testCopies(t *testing.T, ctx context.Context, s eventstore.Store) {
	// Given events whose slices the caller writes over after appending.
	evs := events(3)
	var want []eventstore.Proposed
	for _, e := range evs {
		e.Data, e.Metadata = append([]byte(nil), e.Data...), append([]byte(nil), e.Metadata...)
		want = append(want, e)
	}
	mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, evs)
	for i := range evs {
		clear(evs[i].Data)
		clear(evs[i].Metadata)
		evs[i].Type = "scribbled"
	}
	requireStored(t, "shipment-1", 0, want, readStream(t, ctx, s, "shipment-1"))

	// When it writes over what it read, within and beyond.
	for _, read := range []func() []eventstore.Record{
		func() []eventstore.Record { return readStream(t, ctx, s, "shipment-1") },
		func() []eventstore.Record { return readAll(t, ctx, s, eventstore.Start) },
	} {
		got := read()
		for i := range got {
			_ = append(got[i].Data, "beyond"...)
			_ = append(got[i].Metadata, "beyond"...)
		}
		requireStored(t, "shipment-1", 0, want, got)
		for i := range got {
			clear(got[i].Data)
			clear(got[i].Metadata)
		}
		// Then the history is as it was.
		requireStored(t, "shipment-1", 0, want, read())
	}
}
