package main

import (
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

func TestThePopulationIsWhatTheSuiteExpects(t *testing.T) {
	s, err := unpack(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.remove()) })
	all, err := readFixtures(filepath.Join(s.client(), "resources", "test"))
	require.NoError(t, err)
	h := &history{all: all}

	t.Run("the streams have as many events as it counts", func(t *testing.T) {
		store, err := embedded.Open("data", embedded.Options{FS: vfs.NewMem(), Clock: h.clock, MinFree: -1})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		raw := store.Raw()
		require.NoError(t, h.fill(t.Context(), raw))
		require.EqualValues(t, len(h.all), raw.Head().Commit)
		for stream, last := range map[string]eventstore.Revision{"dataset20M-0": 5999, "dataset20M-1800": 1999, "$stats-0.0.0.0:2113": 11, "$projections-$master": 320} {
			at, err := raw.Last(t.Context(), stream)
			require.NoError(t, err)
			require.Equal(t, last, at, stream)
		}
		require.Equal(t, "2020-01-12 18:20:14.583749 +0000 UTC", lastCreated(t, raw), "fixtures keep their times")
	})
	t.Run("positions and numbers are each other's inverse", func(t *testing.T) {
		last, before := uint64(len(h.all)), eventstore.Start
		for n := uint64(1); n <= last+500; n++ {
			p := h.Wire(n)
			between := p
			between.Commit--
			if p.Compare(before) <= 0 || h.Number(p) != n || h.Number(between) != n {
				require.Fail(t, "not inverse", "event %d at %v after %v is number %d, and the next after %v is %d", n, p, before, h.Number(p), between, h.Number(between))
			}
			before = p
		}
	})
}

func lastCreated(t *testing.T, raw embedded.Raw) string {
	for e, err := range raw.ReadAll(t.Context(), eventstore.Position{Commit: embedded.End, Prepare: embedded.End}, embedded.Backwards) {
		require.NoError(t, err)
		return e.Created.String()
	}
	return ""
}
