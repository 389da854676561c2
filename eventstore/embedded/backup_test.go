package embedded_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// small has segments of 64 KiB, so that a test has many.
func small(t *testing.T, dir string) *embedded.Store {
	t.Helper()
	s, err := embedded.Open(dir, embedded.Options{SegmentBytes: 64 << 10, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return s
}

// addEvents appends events of 500 bytes, each to a stream of its own.
func addEvents(t *testing.T, s *embedded.Store, from, n int) {
	t.Helper()
	for i := range n {
		_, err := s.Append(t.Context(), fmt.Sprintf("shipment-%d", from+i), eventstore.NoStream, []eventstore.Proposed{benchEvent()})
		require.NoError(t, err)
	}
}

func history(t *testing.T, s *embedded.Store) (all []eventstore.Record) {
	t.Helper()
	for r, err := range s.ReadAll(t.Context(), eventstore.Start) {
		require.NoError(t, err)
		all = append(all, r)
	}
	return all
}

func digestOf(all []eventstore.Record) string {
	d := eventstore.NewDigest()
	for _, r := range all {
		d.Add(r)
	}
	return d.String()
}

// requireCopy opens a copy and compares it with the first events of a history.
func requireCopy(t *testing.T, dir string, copied embedded.Copied, want []eventstore.Record) {
	t.Helper()
	s := small(t, dir)
	defer func() { require.NoError(t, s.Close()) }()
	got := history(t, s)
	require.Equal(t, copied.Digest, digestOf(got))
	require.Len(t, got, int(copied.Events))
	require.Equal(t, want[:len(got)], got)
	_, err := s.Verify(t.Context(), nil)
	require.NoError(t, err)
}

func TestABackupIsTakenWhileEventsAreAppended(t *testing.T) {
	dir := t.TempDir()
	s := small(t, filepath.Join(dir, "history"))
	defer s.Close()
	addEvents(t, s, 0, 100)

	// Given writers that do not stop
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	var acknowledged atomic.Int64
	acknowledged.Store(100)
	for w := range 8 {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if _, err := s.Append(context.Background(), fmt.Sprintf("invoice-%d.%d", w, i), eventstore.NoStream, []eventstore.Proposed{benchEvent(), benchEvent()}); err != nil {
					t.Error(err)
					return
				}
				acknowledged.Add(2)
			}
		})
	}
	// When backups are taken, some anew and some on top of the last
	var copies []embedded.Copied
	for i := range 12 {
		before := acknowledged.Load()
		to := filepath.Join(dir, fmt.Sprintf("copy%d", i/3))
		copied, err := embedded.Backup(t.Context(), filepath.Join(dir, "history"), to, embedded.BackupOptions{})
		require.NoError(t, err)
		require.GreaterOrEqual(t, copied.Events, uint64(before), "what was acknowledged before is in the copy")
		copies = append(copies, copied)
	}
	stop()
	writers.Wait()

	// Then each is a part of the history, from its beginning, and digests agree
	all := history(t, s)
	for i := 2; i < len(copies); i += 3 {
		require.Less(t, copies[i].Bytes, copies[i-2].Bytes+1<<20, "what was there is not copied again")
		requireCopy(t, filepath.Join(dir, fmt.Sprintf("copy%d", i/3)), copies[i], all)
	}
	copied, err := embedded.Backup(t.Context(), filepath.Join(dir, "history"), filepath.Join(dir, "last"), embedded.BackupOptions{})
	require.NoError(t, err)
	require.Equal(t, digestOf(all), copied.Digest)
	require.Len(t, all, int(copied.Events))
}

func TestABackupOfALedgerThatWasKilledOrClosed(t *testing.T) {
	dir := t.TempDir()
	s := small(t, filepath.Join(dir, "history"))
	addEvents(t, s, 0, 300)
	want := history(t, s)
	require.NoError(t, s.Close())
	copied, err := embedded.Backup(t.Context(), filepath.Join(dir, "history"), filepath.Join(dir, "copy"), embedded.BackupOptions{})
	require.NoError(t, err)
	require.Equal(t, uint64(300), copied.Events)

	// A copy of the copy is how it is restored, and it can be appended to
	again, err := embedded.Backup(t.Context(), filepath.Join(dir, "copy"), filepath.Join(dir, "restored"), embedded.BackupOptions{})
	require.NoError(t, err)
	require.Equal(t, copied.Digest, again.Digest)
	requireCopy(t, filepath.Join(dir, "restored"), again, want)
	restored := small(t, filepath.Join(dir, "restored"))
	addEvents(t, restored, 1000, 5)
	require.Len(t, history(t, restored), 305)
	require.NoError(t, restored.Close())
}

func TestABackupNeverMixesHistories(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"one", "two"} {
		s := small(t, filepath.Join(dir, name))
		addEvents(t, s, 0, 300)
		require.NoError(t, s.Close())
	}
	backup := func(from, to string) error {
		_, err := embedded.Backup(t.Context(), filepath.Join(dir, from), filepath.Join(dir, to), embedded.BackupOptions{})
		return err
	}
	require.NoError(t, backup("one", "copy"))
	require.ErrorAs(t, backup("two", "copy"), new(*embedded.Corrupt), "files of the same names and sizes are another's")
	require.ErrorAs(t, backup("one", "two"), new(*embedded.Occupied), "a ledger is never written over")
	require.ErrorAs(t, backup("nowhere", "copy2"), new(*embedded.NoHistory))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "things"), 0o700))
	require.ErrorAs(t, backup("things", "copy2"), new(*embedded.NoHistory))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "things", "letter.txt"), nil, 0o600))
	require.ErrorAs(t, backup("one", "things"), new(*embedded.Occupied))
	require.NoDirExists(t, filepath.Join(dir, "copy2"))
}

func TestABackupOfADamagedHistoryIsRefused(t *testing.T) {
	dir := t.TempDir()
	from := filepath.Join(dir, "history")
	s := small(t, from)
	addEvents(t, s, 0, 300)
	require.NoError(t, s.Close())
	files, err := filepath.Glob(filepath.Join(from, "*.events"))
	require.NoError(t, err)
	require.Greater(t, len(files), 2)
	for i, file := range files[:len(files)-1] {
		whole, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, at := range []int{0, 200, len(whole) / 2} {
			damaged := append([]byte(nil), whole...)
			damaged[at] ^= 4
			require.NoError(t, os.WriteFile(file, damaged, 0o600))
			_, err = embedded.Backup(t.Context(), from, filepath.Join(dir, fmt.Sprintf("copy%d.%d", i, at)), embedded.BackupOptions{})
			require.ErrorAs(t, err, new(*embedded.Corrupt), "%s byte %d", file, at)
			require.ErrorContains(t, err, filepath.Base(file))
		}
		require.NoError(t, os.WriteFile(file, whole, 0o600))
	}
	_, err = embedded.Backup(t.Context(), from, filepath.Join(dir, "copy"), embedded.BackupOptions{})
	require.NoError(t, err)
}

// A backup that fails at any of its writes is made whole by the next.
func TestABackupThatWasInterruptedGoesOn(t *testing.T) {
	dir := t.TempDir()
	from := filepath.Join(dir, "history")
	s := small(t, from)
	addEvents(t, s, 0, 300)
	want := history(t, s)
	require.NoError(t, s.Close())
	failures := 0
	for n := int32(0); ; n++ {
		to := filepath.Join(dir, fmt.Sprintf("copy%d", n))
		var writes atomic.Int32
		fs := errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && writes.Add(1) > n {
				return errorfs.ErrInjected
			}
			return nil
		}))
		_, err := embedded.Backup(t.Context(), from, to, embedded.BackupOptions{FS: fs})
		if err == nil {
			break
		}
		failures++
		require.ErrorIs(t, err, errorfs.ErrInjected)
		copied, err := embedded.Backup(t.Context(), from, to, embedded.BackupOptions{})
		require.NoError(t, err, "after %d writes", n)
		requireCopy(t, to, copied, want)
		require.NoError(t, os.RemoveAll(to))
	}
	require.Greater(t, failures, 20)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := embedded.Backup(ctx, from, filepath.Join(dir, "cancelled"), embedded.BackupOptions{})
	require.ErrorIs(t, err, context.Canceled)
}
