package main

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// population is that of the client's release.
func population(t *testing.T) []planned {
	t.Helper()
	s, err := unpack(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.remove()) })
	all, err := readFixtures(filepath.Join(s.client(), "resources", "test"))
	require.NoError(t, err)
	return all
}

func TestThePopulationHasTheStreamsThatTheSuiteCounts(t *testing.T) {
	h := &history{all: population(t)}
	store, err := embedded.Open("data", embedded.Options{FS: vfs.NewMem(), Clock: h.clock, MinFree: -1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	raw := store.Raw()
	require.NoError(t, h.fill(t.Context(), raw))
	require.EqualValues(t, len(h.all), raw.Head().Commit)
	for stream, last := range map[string]eventstore.Revision{"dataset20M-0": 5999, "dataset20M-1800": 1999, "$stats-0.0.0.0:2113": 11, "$projections-$master": 320} {
		at, err := raw.Last(context.Background(), stream)
		require.NoError(t, err)
		require.Equal(t, last, at, stream)
	}
	require.Equal(t, "2020-01-12 18:20:14.583749 +0000 UTC", lastCreated(t, raw), "fixtures keep their times")
}

func lastCreated(t *testing.T, raw embedded.Raw) string {
	for e, err := range raw.ReadAll(t.Context(), eventstore.Position{Commit: embedded.End, Prepare: embedded.End}, embedded.Backwards) {
		require.NoError(t, err)
		return e.Created.String()
	}
	return ""
}

func TestPositionsAndNumbersAreEachOthersInverse(t *testing.T) {
	h := &history{all: population(t)}
	last := uint64(len(h.all))
	before := eventstore.Start
	for n := uint64(1); n <= last+500; n++ {
		p := h.Wire(n)
		require.Positive(t, p.Compare(before))
		require.Equal(t, n, h.Number(p))
		p.Commit--
		require.Equal(t, n, h.Number(p), "between two events the later one is next")
		before = h.Wire(n)
	}
}
