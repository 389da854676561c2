package embedded_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// reopened opens a folder, which has a whole history, and says what it logged.
func reopened(t *testing.T, disk vfs.FS, opts embedded.Options, want []eventstore.Record) (logged string) {
	t.Helper()
	var out bytes.Buffer
	opts.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := embedded.Open("data", opts)
	require.NoError(t, err)
	got, err := readWhole(t, s)
	require.NoError(t, err)
	require.Equal(t, want, got)
	requireWhole(t, s)
	require.NoError(t, s.Close())
	return out.String()
}

// copyFolder puts one folder's files in the place of another.
func copyFolder(t *testing.T, from vfs.FS, to vfs.FS, dir string) {
	t.Helper()
	require.NoError(t, to.RemoveAll(dir))
	require.NoError(t, to.MkdirAll(dir, 0o750))
	for _, name := range files(t, from, dir) {
		require.NoError(t, to.MkdirAll(to.PathDir(name), 0o750))
		writeFile(t, to, name, readFile(t, from, name))
	}
}

const (
	anew = "made anew"

	patience = time.Minute
	tick     = time.Millisecond
)

func TestIndexIsMadeAnewWhenItIsGone(t *testing.T) {
	disk, want := filled(t, true)
	require.NotContains(t, reopened(t, disk, tiny(disk), want), anew, "a whole index is used")
	require.NoError(t, disk.RemoveAll("data/index"))
	reopened(t, disk, tiny(disk), want)
	require.NotContains(t, reopened(t, disk, tiny(disk), want), anew)
}

func TestIndexIsMadeAnewWhenItIsAskedFor(t *testing.T) {
	disk, want := filled(t, true)
	opts := tiny(disk)
	opts.RebuildIndex = true
	require.Contains(t, reopened(t, disk, opts, want), anew)
}

// TestIndexOfAnEarlierMomentCatchesUp puts an old copy of the index back.
func TestIndexOfAnEarlierMomentCatchesUp(t *testing.T) {
	old, _ := filled(t, true)
	disk := copyOf(old)
	s, err := embedded.Open("data", tiny(disk))
	require.NoError(t, err)
	for i := range 50 {
		_, err := s.Append(t.Context(), "charge-1", eventstore.Revision(i-1), events(1))
		require.NoError(t, err)
	}
	want, err := readWhole(t, s)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	copyFolder(t, old, disk, "data/index")
	require.NotContains(t, reopened(t, disk, tiny(disk), want), anew)
}

// TestIndexAheadOfTheLogIsMadeAnew: the log was put back from an older copy,
// the index was not.
func TestIndexAheadOfTheLogIsMadeAnew(t *testing.T) {
	old, want := filled(t, true)
	disk := copyOf(old)
	s, err := embedded.Open("data", tiny(disk))
	require.NoError(t, err)
	_, err = s.Append(t.Context(), "charge-1", eventstore.NoStream, events(1))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	index := copyOf(disk)
	copyFolder(t, old, disk, "data")
	copyFolder(t, index, disk, "data/index")
	require.Contains(t, reopened(t, disk, tiny(disk), want), anew)
}

// TestIndexOfAnotherHistoryIsMadeAnew: both have the same shape.
func TestIndexOfAnotherHistoryIsMadeAnew(t *testing.T) {
	disk, want := filled(t, true)
	other, _ := filled(t, true)
	copyFolder(t, other, disk, "data/index")
	require.Contains(t, reopened(t, disk, tiny(disk), want), anew)
}

// TestHeadIsTheLastEventThatTheLedgerSees: a server keeps system streams in the
// store, which ReadAll passes over.
func TestHeadIsTheLastEventThatTheLedgerSees(t *testing.T) {
	disk := vfs.NewMem()
	s, err := embedded.Open("data", tiny(disk))
	require.NoError(t, err)
	a, err := s.Append(t.Context(), "shipment-1", eventstore.NoStream, events(2))
	require.NoError(t, err)
	for i := range 3 {
		_, err := s.Raw().Append(t.Context(), "$settings", eventstore.Revision(i-1), []embedded.RawEvent{{Proposed: events(1)[0], Binary: true}}, 1<<20)
		require.NoError(t, err)
	}
	for _, rebuild := range []bool{false, true} {
		head, err := s.Head(t.Context())
		require.NoError(t, err)
		require.Equal(t, a.Position, head)
		require.Equal(t, eventstore.Position{Commit: 5, Prepare: 5}, s.Raw().Head())
		var last eventstore.Position
		for r, err := range s.ReadAll(t.Context(), eventstore.Start) {
			require.NoError(t, err)
			last = r.Position
		}
		require.Equal(t, head, last)
		require.NoError(t, s.Close())
		opts := tiny(disk)
		opts.RebuildIndex = rebuild
		s, err = embedded.Open("data", opts)
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
}

func TestDigestIsThatOfTheWholeHistory(t *testing.T) {
	disk, _ := filled(t, true)
	digest := func(disk vfs.FS) string {
		s, err := embedded.Open("data", tiny(disk))
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		checked, err := s.Verify(t.Context(), nil)
		require.NoError(t, err)
		require.Equal(t, s.Digest().String(), checked.Digest)
		require.Equal(t, s.Digest().Head, checked.Head)
		return checked.Digest
	}
	whole := digest(disk)
	require.Len(t, whole, 64)
	require.Equal(t, whole, digest(copyOf(disk)))
	require.NoError(t, disk.RemoveAll("data/index"))
	require.Equal(t, whole, digest(disk))
	s, err := embedded.Open("data", tiny(disk))
	require.NoError(t, err)
	_, err = s.Append(t.Context(), "charge-1", eventstore.NoStream, events(1))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NotEqual(t, whole, digest(disk))
}

// noSpace has no space, while it is full, for files whose names end in a suffix.
type noSpace struct {
	vfs.FS
	suffix string
	full   atomic.Bool
}

func (f *noSpace) refuses(name string) bool {
	return f.full.Load() && strings.HasSuffix(name, f.suffix)
}

func (f *noSpace) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if f.refuses(name) {
		return nil, syscall.ENOSPC
	}
	return f.FS.Create(name, c)
}

func (f *noSpace) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	if f.refuses(name) {
		return nil, syscall.ENOSPC
	}
	return f.FS.OpenReadWrite(name, c, opts...)
}

func (f *noSpace) Unwrap() vfs.FS { return f.FS }

// TestNoSpaceForAnotherSegment refuses what needs one, and nothing else.
func TestNoSpaceForAnotherSegment(t *testing.T) {
	disk := &noSpace{FS: vfs.NewMem(), suffix: ".events"}
	s := open(t, "data", tiny(disk))
	var acks []acked
	add := func() error {
		a := acked{stream: fmt.Sprintf("shipment-%d", len(acks)), expected: eventstore.NoStream, events: events(5)}
		var err error
		if a.answer, err = s.Append(t.Context(), a.stream, a.expected, a.events); err == nil {
			acks = append(acks, a)
		}
		return err
	}
	require.NoError(t, add())
	disk.full.Store(true)
	var err error
	for err == nil {
		err = add()
	}
	var full *embedded.DiskFull
	require.ErrorAs(t, err, &full)
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Greater(t, len(acks), 5)
	require.ErrorAs(t, add(), &full)
	requireKept(t, s, acks)
	requireWhole(t, s)
	disk.full.Store(false)
	for range 30 {
		require.NoError(t, add())
	}
	requireKept(t, s, acks)
}

// TestNoSpaceForTheIndex: appends go on until the engine's memory is half full,
// are refused then, and go on when there is space again. None hangs.
func TestNoSpaceForTheIndex(t *testing.T) {
	disk := &noSpace{FS: vfs.NewMem(), suffix: ".sst"}
	s := open(t, "data", tiny(disk))
	disk.full.Store(true)
	at := eventstore.NoStream
	var err error
	for range 20_000 {
		var a eventstore.Appended
		if a, err = s.Append(t.Context(), "shipment-1", at, events(1)); err != nil {
			break
		}
		at = a.Last
	}
	require.ErrorAs(t, err, new(*embedded.DiskFull))
	require.Len(t, readStream(t, s, "shipment-1"), int(at)+1)
	disk.full.Store(false)
	require.Eventually(t, func() bool {
		_, err := s.Append(t.Context(), "shipment-1", at, events(1))
		return !errors.As(err, new(*embedded.DiskFull))
	}, patience, tick)
	require.Len(t, readStream(t, s, "shipment-1"), int(at)+2)
}
