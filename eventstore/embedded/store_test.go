package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/storetest"
)

// open opens a folder and, when the test ends, verifies and closes it.
func open(t *testing.T, dir string, opts embedded.Options) *embedded.Store {
	t.Helper()
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	s, err := embedded.Open(dir, opts)
	require.NoError(t, err)
	t.Cleanup(func() {
		requireWhole(t, s)
		require.NoError(t, s.Close())
	})
	return s
}

// requireWhole verifies a store unless the test closed it.
func requireWhole(t *testing.T, s *embedded.Store) embedded.Checked {
	t.Helper()
	checked, err := s.Verify(context.Background(), func(c *embedded.Corrupt) { t.Error(c) })
	if !errors.Is(err, eventstore.ErrClosed) {
		require.NoError(t, err)
		require.Equal(t, checked.Head.Commit, checked.Events)
	}
	return checked
}

// scaled is how often a random test tries; -short has it try less often.
func scaled(n int) int {
	if testing.Short() {
		return max(2, n/5)
	}
	return n
}

// events makes n events with ids and notes of their own.
func events(n int) []eventstore.Proposed {
	made := make([]eventstore.Proposed, n)
	for i := range made {
		id := uuid.New()
		made[i] = eventstore.Proposed{ID: id, Type: "shipment-noted.v1",
			Data:     []byte(fmt.Sprintf(`{"note":"%s"}`, strings.Repeat(id.String(), 8))),
			Metadata: []byte(`{"$correlationId":"` + id.String() + `"}`)}
	}
	return made
}

func TestContract(t *testing.T) {
	t.Run("on disk", func(t *testing.T) {
		dirs := make(map[eventstore.Store]string)
		storetest.Run(t,
			func(t *testing.T) eventstore.Store {
				dir := t.TempDir()
				s := open(t, dir, embedded.Options{})
				dirs[s] = dir
				return s
			},
			func(t *testing.T, s eventstore.Store) eventstore.Store {
				require.NoError(t, s.(*embedded.Store).Close())
				again := open(t, dirs[s], embedded.Options{})
				dirs[again] = dirs[s]
				return again
			})
	})
	t.Run("in memory, with small buffers", func(t *testing.T) {
		small := embedded.Options{SegmentBytes: 32 << 10, MemTableBytes: 256 << 10, CacheBytes: 64 << 10}
		filesystems := make(map[eventstore.Store]vfs.FS)
		reopen := func(t *testing.T, fs vfs.FS) eventstore.Store {
			opts := small
			opts.FS = fs
			s := open(t, "data", opts)
			filesystems[s] = fs
			return s
		}
		storetest.Run(t,
			func(t *testing.T) eventstore.Store { return reopen(t, vfs.NewMem()) },
			func(t *testing.T, s eventstore.Store) eventstore.Store {
				require.NoError(t, s.(*embedded.Store).Close())
				return reopen(t, filesystems[s])
			})
	})
}
