package embedded_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

var silent = slog.New(slog.DiscardHandler)

// acked is an append that a store acknowledged, or one that it was asked for.
type acked struct {
	stream   string
	expected eventstore.Revision
	events   []eventstore.Proposed
	answer   eventstore.Appended
}

// requireKept checks that a history has every acknowledged append in its place.
func requireKept(t *testing.T, s *embedded.Store, acks []acked) {
	t.Helper()
	for _, a := range acks {
		again, err := s.Append(t.Context(), a.stream, a.expected, a.events)
		require.NoError(t, err, "append to %s at %s was acknowledged", a.stream, a.expected)
		require.Equal(t, a.answer, again)
	}
}

// diskOf is a disk whose free space the test decides.
type diskOf struct {
	vfs.FS
	free func() uint64
}

func (d diskOf) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: d.free(), TotalBytes: 1 << 40}, nil
}

func (d diskOf) Unwrap() vfs.FS { return d.FS }

func TestDiskAlmostFullRefusesAppendsAndReads(t *testing.T) {
	free := uint64(1 << 30)
	s := open(t, "data", embedded.Options{FS: diskOf{vfs.NewMem(), func() uint64 { return free }}, MinFree: 10 << 20})
	kept := events(2)
	a, err := s.Append(t.Context(), "shipment-1", eventstore.NoStream, kept)
	require.NoError(t, err)

	// When the disk fills up, then appends are refused, and say why.
	free = 9 << 20
	_, err = s.Append(t.Context(), "shipment-1", 1, events(1))
	var full *embedded.DiskFull
	require.ErrorAs(t, err, &full)
	require.Equal(t, embedded.DiskFull{Dir: "data", Free: 9 << 20, Need: 10 << 20}, *full)

	// And what is known is still answered, and nothing was stored.
	again, err := s.Append(t.Context(), "shipment-1", eventstore.NoStream, kept)
	require.NoError(t, err)
	require.Equal(t, a, again)
	head, err := s.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, a.Position, head)

	// When there is space again, then appends go on.
	free = 11 << 20
	_, err = s.Append(t.Context(), "shipment-1", 1, events(1))
	require.NoError(t, err)
}

func TestCloseEndsThoughTablesCannotBeWritten(t *testing.T) {
	disk := &noSpace{FS: vfs.NewMem(), suffix: ".sst"}
	s := open(t, "data", embedded.Options{FS: disk, Logger: silent})
	disk.full.Store(true)
	evs := events(3)
	a, err := s.Append(t.Context(), "shipment-1", eventstore.NoStream, evs)
	require.NoError(t, err)
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		require.NoError(t, err)
	case <-time.After(time.Minute):
		t.Fatal("Close does not end")
	}
	disk.full.Store(false)
	requireKept(t, open(t, "data", embedded.Options{FS: disk}), []acked{{"shipment-1", eventstore.NoStream, evs, a}})
}

func TestLockedFolder(t *testing.T) {
	for name, opts := range map[string]embedded.Options{
		"disk":   {FS: vfs.Default},
		"memory": {FS: vfs.NewMem()},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			opts.Logger = silent
			require.NoError(t, opts.FS.MkdirAll(filepath.Dir(dir), 0o750))
			s := open(t, dir, opts)
			_, err := embedded.Open(dir, opts)
			var locked *embedded.Locked
			require.ErrorAs(t, err, &locked)
			require.Equal(t, dir, locked.Dir)

			require.NoError(t, s.Close())
			open(t, dir, opts)
		})
	}
}

func TestFolderThatCannotBeMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	f, err := vfs.Default.Create(dir, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	_, err = embedded.Open(filepath.Join(dir, "data"), embedded.Options{Logger: silent})
	require.ErrorContains(t, err, dir)
	var locked *embedded.Locked
	require.False(t, errors.As(err, &locked))
}

func TestClosedStoreAnswersErrClosed(t *testing.T) {
	s := open(t, "data", embedded.Options{FS: vfs.NewMem()})
	_, err := s.Append(t.Context(), "shipment-1", eventstore.NoStream, events(2))
	require.NoError(t, err)

	// Given a follower that waits, a reader in the middle, and appenders.
	var g errgroup.Group
	waits := make(chan struct{})
	g.Go(func() error {
		n := 0
		for _, err := range s.Follow(t.Context(), eventstore.Start) {
			if err != nil {
				return err
			}
			if n++; n == 2 {
				close(waits)
			}
		}
		return nil
	})
	<-waits
	var appenders errgroup.Group
	for w := range 8 {
		appenders.Go(func() error {
			for i := range 1 << 20 {
				_, err := s.Append(t.Context(), "charge-"+strconv.Itoa(w), eventstore.Revision(i-1), events(1))
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	// When the store is closed, twice at once.
	time.Sleep(5 * time.Millisecond)
	var closers errgroup.Group
	closers.Go(s.Close)
	closers.Go(s.Close)
	require.NoError(t, closers.Wait())

	// Then all end with ErrClosed.
	require.ErrorIs(t, g.Wait(), eventstore.ErrClosed)
	require.ErrorIs(t, appenders.Wait(), eventstore.ErrClosed)
	_, err = s.Append(t.Context(), "shipment-1", 1, events(1))
	require.ErrorIs(t, err, eventstore.ErrClosed)
	_, err = s.Head(t.Context())
	require.ErrorIs(t, err, eventstore.ErrClosed)
	for _, err := range s.ReadAll(t.Context(), eventstore.Start) {
		require.ErrorIs(t, err, eventstore.ErrClosed)
	}
	for _, err := range s.ReadStream(t.Context(), "shipment-1", 0) {
		require.ErrorIs(t, err, eventstore.ErrClosed)
	}
	_, err = s.Verify(t.Context(), nil)
	require.ErrorIs(t, err, eventstore.ErrClosed)
}

// slowSync holds up syncs of the log, and setting the mark, while it is held.
type slowSync struct {
	vfs.FS
	gate, mark sync.RWMutex
	marks      atomic.Int64 // how often the mark was to be set
}

type slowFile struct {
	vfs.File
	sync, write *sync.RWMutex // nil: at once
	writes      *atomic.Int64
}

func (f *slowSync) wrap(name string, file vfs.File, err error) (vfs.File, error) {
	switch {
	case err != nil:
		return file, err
	case strings.HasSuffix(name, ".events"):
		return &slowFile{File: file, sync: &f.gate}, nil
	case strings.HasSuffix(name, "HIGHWATER"):
		return &slowFile{File: file, write: &f.mark, writes: &f.marks}, nil
	}
	return file, nil
}

func (f *slowSync) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	file, err := f.FS.OpenReadWrite(name, c, opts...)
	return f.wrap(name, file, err)
}

func (f *slowSync) Unwrap() vfs.FS { return f.FS }

func pass(gate *sync.RWMutex) {
	if gate != nil {
		gate.RLock()
		defer gate.RUnlock()
	}
}

func (f *slowFile) Sync() error     { pass(f.sync); return f.File.Sync() }
func (f *slowFile) SyncData() error { pass(f.sync); return f.File.SyncData() }

func (f *slowFile) WriteAt(b []byte, at int64) (int, error) {
	if f.writes != nil {
		f.writes.Add(1)
	}
	pass(f.write)
	return f.File.WriteAt(b, at)
}

// TestNothingIsSeenBeforeItsSync stops the disk in the middle of an append.
func TestNothingIsSeenBeforeItsSync(t *testing.T) {
	disk := &slowSync{FS: vfs.NewMem()}
	s := open(t, "data", embedded.Options{FS: disk})
	first, err := s.Append(t.Context(), "shipment-1", eventstore.NoStream, events(1))
	require.NoError(t, err)

	// Given an append whose sync does not end.
	disk.gate.Lock()
	release := sync.OnceFunc(disk.gate.Unlock)
	t.Cleanup(release)
	second := events(2)
	answered := make(chan error, 1)
	hasty, giveUp := context.WithCancel(t.Context())
	go func() {
		_, err := s.Append(hasty, "shipment-1", 0, second)
		answered <- err
	}()
	time.Sleep(50 * time.Millisecond)

	// Then nobody sees its events.
	head, err := s.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, first.Position, head)
	require.Len(t, readStream(t, s, "shipment-1"), 1)
	for r, err := range s.ReadAll(t.Context(), eventstore.Start) {
		require.NoError(t, err)
		require.Equal(t, first.Position, r.Position)
	}

	// When another append, which waits behind it, is given up, then it is
	// known not to be stored.
	behind, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = s.Append(behind, "shipment-2", eventstore.NoStream, events(1))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, eventstore.ErrUnknownOutcome)

	// When the caller gives up the append that is being written, then its
	// outcome is unknown.
	giveUp()
	err = <-answered
	require.ErrorIs(t, err, eventstore.ErrUnknownOutcome)
	require.ErrorIs(t, err, context.Canceled)

	// And the repeat settles it.
	release()
	again, err := s.Append(t.Context(), "shipment-1", 0, second)
	require.NoError(t, err)
	require.EqualValues(t, 2, again.Last)
	require.Len(t, readStream(t, s, "shipment-1"), 3)
	require.Empty(t, readStream(t, s, "shipment-2"))
}

// TestEveryReaderSeesAnAppendAtTheSameTime stops an append between its entry
// into the index and its showing.
func TestEveryReaderSeesAnAppendAtTheSameTime(t *testing.T) {
	disk := &slowSync{FS: vfs.NewMem()}
	s := open(t, "data", embedded.Options{FS: disk})
	_, err := s.Append(t.Context(), "shipment-1", eventstore.NoStream, events(1))
	require.NoError(t, err)

	// Given appends that are in the index and not yet shown.
	disk.mark.Lock()
	release := sync.OnceFunc(disk.mark.Unlock)
	t.Cleanup(release)
	marks := disk.marks.Load()
	var appends errgroup.Group
	appends.Go(func() error {
		_, err := s.Append(t.Context(), "shipment-1", 0, events(3))
		return err
	})
	require.Eventually(t, func() bool { return disk.marks.Load() > marks }, time.Minute, time.Millisecond)

	// Then the stream's last event is the last that can be read, either way.
	for _, d := range []embedded.Direction{embedded.Forwards, embedded.Backwards} {
		from := uint64(0)
		if d == embedded.Backwards {
			from = embedded.End
		}
		var read []uint64
		for r, err := range s.Raw().ReadStream(t.Context(), "shipment-1", from, d) {
			require.NoError(t, err)
			read = append(read, r.Revision)
		}
		require.Equal(t, []uint64{0}, read)
	}
	last, err := s.Raw().Last(t.Context(), "shipment-1")
	require.NoError(t, err)
	require.EqualValues(t, 0, last)

	// And once it is shown, it is so for all.
	release()
	require.NoError(t, appends.Wait())
	last, err = s.Raw().Last(t.Context(), "shipment-1")
	require.NoError(t, err)
	require.EqualValues(t, 3, last)
	require.Len(t, readStream(t, s, "shipment-1"), 4)
}

func readStream(t *testing.T, s *embedded.Store, stream string) []eventstore.Record {
	t.Helper()
	var all []eventstore.Record
	for r, err := range s.ReadStream(t.Context(), stream, 0) {
		require.NoError(t, err)
		all = append(all, r)
	}
	return all
}
