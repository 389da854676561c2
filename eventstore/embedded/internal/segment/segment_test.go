package segment_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore/embedded/internal/segment"
)

const dir = "log"

// body is what record n holds.
func body(n uint64) []byte {
	return []byte(fmt.Sprintf("record %d %s", n, bytes.Repeat([]byte{'x'}, int(n%7)*9)))
}

// open opens a log, scans it and makes it ready. Segments have 1 KiB.
func open(disk vfs.FS) (*segment.Log, segment.State, error) {
	l, err := segment.Open(disk, dir, 1<<10)
	if err != nil {
		return nil, segment.State{}, err
	}
	end, err := l.Scan(l.Start(), func(before segment.State, _ segment.Chain, entries []segment.Entry) error {
		for i, e := range entries {
			if e.Number != before.Records+1+uint64(i) || !bytes.Equal(e.Body, body(e.Number)) {
				return fmt.Errorf("record %d is %q", e.Number, e.Body)
			}
		}
		return nil
	})
	if err == nil {
		_, err = l.Continue(end)
	}
	if err != nil {
		return nil, end, errors.Join(err, l.Close())
	}
	return l, l.End(), nil
}

func appendGroup(t *testing.T, l *segment.Log, records int) {
	t.Helper()
	var g segment.Group
	g.Reset()
	for n := l.End().Records; records > 0; records-- {
		n++
		g.Add(n, body(n))
	}
	require.NoError(t, l.Reserve(&g))
	_, err := l.Append(&g)
	require.NoError(t, err)
}

// written gives a disk with a log of several segments, and its end.
func written(t *testing.T) (*vfs.MemFS, segment.State) {
	t.Helper()
	disk := vfs.NewCrashableMem()
	require.NoError(t, disk.MkdirAll(dir, 0o750))
	l, _, err := open(disk)
	require.NoError(t, err)
	for i := range 14 {
		appendGroup(t, l, 1+i%4)
	}
	end := l.End()
	require.Len(t, l.Segments(), 4)
	require.NoError(t, l.Close())
	return disk, end
}

func copyOf(disk *vfs.MemFS) *vfs.MemFS {
	return disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
}

func read(t *testing.T, disk vfs.FS, name string) []byte {
	t.Helper()
	f, err := disk.Open(dir + "/" + name)
	require.NoError(t, err)
	defer f.Close()
	b, err := io.ReadAll(f)
	require.NoError(t, err)
	return b
}

func write(t *testing.T, disk vfs.FS, name string, b []byte) {
	t.Helper()
	f, err := disk.Create(dir+"/"+name, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = f.Write(bytes.Clone(b))
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

func names(t *testing.T, disk vfs.FS) []string {
	t.Helper()
	l, err := segment.Open(disk, dir, 1<<10)
	require.NoError(t, err)
	defer l.Close()
	return l.Segments()
}

// check gives what Check finds, and how many records it visits.
func check(t *testing.T, l *segment.Log) (damages []*segment.Damage, records int) {
	t.Helper()
	require.NoError(t, l.Check(l.End(), func(entries []segment.Entry) error {
		for _, e := range entries {
			require.Equal(t, string(body(e.Number)), string(e.Body))
		}
		records += len(entries)
		return nil
	}, func(d *segment.Damage) { damages = append(damages, d) }))
	return damages, records
}

func TestALogIsReadAsItWasWritten(t *testing.T) {
	disk, end := written(t)
	l, again, err := open(disk)
	require.NoError(t, err)
	defer l.Close()
	require.Equal(t, end, again)
	damages, records := check(t, l)
	require.Empty(t, damages)
	require.EqualValues(t, end.Records, records)

	// From any record on, in pages of any size, and one by one.
	var places []segment.Place
	for from := uint64(1); from <= end.Records; from++ {
		for _, size := range []int{1, 100, 1 << 20} {
			r, err := l.From(from, segment.Place{})
			require.NoError(t, err)
			for n := from; n <= end.Records; n = r.Next() {
				require.NoError(t, r.Page(end.Records, size, func(e segment.Entry) error {
					require.Equal(t, n, e.Number)
					require.Equal(t, string(body(n)), string(e.Body))
					if from == 1 && size == 1 {
						places = append(places, segment.Place{Number: n, Offset: e.Offset, Length: segment.RecordHeader + len(e.Body)})
					}
					n++
					return nil
				}))
			}
		}
	}
	require.EqualValues(t, end.Records, len(places))
	for _, p := range places {
		b, err := l.Read(p)
		require.NoError(t, err)
		require.Equal(t, string(body(p.Number)), string(b))
		r, err := l.From(p.Number, p)
		require.NoError(t, err)
		require.Equal(t, p.Number, r.Next())
	}
	_, err = l.Read(segment.Place{Number: 2, Offset: places[2].Offset, Length: places[2].Length})
	require.ErrorAs(t, err, new(*segment.Damage))
}

// TestAWriteCutShortIsCleared leaves each length of the last group on the disk,
// as written from its front or from its back.
func TestAWriteCutShortIsCleared(t *testing.T) {
	disk, end := written(t)
	l, _, err := open(disk)
	require.NoError(t, err)
	appendGroup(t, l, 3)
	require.Equal(t, end.Segment, l.End().Segment, "the group is in the last segment")
	last, size := segment.Name(end.Segment), int(l.End().Offset-end.Offset)
	require.NoError(t, l.Close())
	whole := read(t, disk, last)
	for _, front := range []bool{true, false} {
		for kept := range size {
			torn := copyOf(disk)
			b := bytes.Clone(whole)
			if group := b[end.Offset : int(end.Offset)+size]; front {
				clear(group[kept:])
			} else {
				clear(group[:size-kept])
			}
			write(t, torn, last, b)
			l, at, err := open(torn)
			require.NoError(t, err, "%d bytes kept", kept)
			require.Equal(t, end, at)
			appendGroup(t, l, 2)
			require.NoError(t, l.Close())
			l, at, err = open(torn)
			require.NoError(t, err)
			require.Equal(t, end.Records+2, at.Records)
			damages, _ := check(t, l)
			require.Empty(t, damages)
			require.NoError(t, l.Close())
		}
	}
}

// TestEveryFlippedByteIsFound flips each byte of each segment. Reading the log
// from its start never gives anything but the records as they were; only the
// last group may be taken for a write that was cut short.
func TestEveryFlippedByteIsFound(t *testing.T) {
	disk, end := written(t)
	for _, name := range names(t, disk) {
		whole := read(t, disk, name)
		for at := range whole {
			flipped := copyOf(disk)
			b := bytes.Clone(whole)
			b[at] ^= 1 << (at % 8)
			write(t, flipped, name, b)
			l, got, err := open(flipped)
			if err != nil {
				require.ErrorAs(t, err, new(*segment.Damage), "%s byte %d", name, at)
				continue
			}
			if got != end {
				require.Equal(t, end.Groups-1, got.Groups, "%s byte %d", name, at)
				require.Equal(t, segment.Name(end.Segment), name)
			}
			require.NoError(t, l.Close())
		}
	}
}

// TestCheckFindsEveryFlippedByte flips them under an open log.
func TestCheckFindsEveryFlippedByte(t *testing.T) {
	disk, end := written(t)
	for _, name := range names(t, disk) {
		whole := read(t, disk, name)
		used := len(whole)
		if name == segment.Name(end.Segment) {
			used = int(end.Offset) // what follows is about to be written
		}
		l, _, err := open(disk)
		require.NoError(t, err)
		f, err := disk.OpenReadWrite(dir+"/"+name, vfs.WriteCategoryUnspecified)
		require.NoError(t, err)
		for at := range used {
			_, err := f.WriteAt([]byte{whole[at] ^ 1<<(at%8)}, int64(at))
			require.NoError(t, err)
			damages, records := check(t, l)
			require.NotEmpty(t, damages, "%s byte %d", name, at)
			require.Equal(t, name, damages[0].File)
			require.GreaterOrEqual(t, records, int(end.Records)-4, "%s byte %d: a damage concerns a group at most", name, at)
			_, err = f.WriteAt(whole[at:at+1], int64(at))
			require.NoError(t, err)
		}
		require.NoError(t, f.Close())
		damages, _ := check(t, l)
		require.Empty(t, damages)
		require.NoError(t, l.Close())
	}
}

func TestSegmentsThatAreNotInTheirPlace(t *testing.T) {
	disk, end := written(t)
	all := names(t, disk)
	other, _ := written(t)
	for name, c := range map[string]func(d *vfs.MemFS){
		"the first is missing":     func(d *vfs.MemFS) { require.NoError(t, d.Remove(dir+"/"+all[0])) },
		"one amid them is missing": func(d *vfs.MemFS) { require.NoError(t, d.Remove(dir+"/"+all[1])) },
		"two are swapped": func(d *vfs.MemFS) {
			write(t, d, all[1], read(t, disk, all[2]))
			write(t, d, all[2], read(t, disk, all[1]))
		},
		"one is there twice":        func(d *vfs.MemFS) { write(t, d, segment.Name(999), read(t, disk, all[1])) },
		"one is of another log":     func(d *vfs.MemFS) { write(t, d, all[1], read(t, other, all[1])) },
		"one is empty":              func(d *vfs.MemFS) { write(t, d, all[1], nil) },
		"one was cut":               func(d *vfs.MemFS) { write(t, d, all[1], read(t, disk, all[1])[:500]) },
		"the last lost its header":  func(d *vfs.MemFS) { b := read(t, disk, all[3]); clear(b[:100]); write(t, d, all[3], b) },
		"one is from an older copy": func(d *vfs.MemFS) { b := read(t, disk, all[1]); clear(b[400:]); write(t, d, all[1], b) },
	} {
		t.Run(name, func(t *testing.T) {
			damaged := copyOf(disk)
			c(damaged)
			_, _, err := open(damaged)
			require.ErrorAs(t, err, new(*segment.Damage))
		})
	}
	t.Run("the last is missing", func(t *testing.T) {
		// The log alone cannot tell.
		damaged := copyOf(disk)
		require.NoError(t, damaged.Remove(dir+"/"+all[3]))
		l, at, err := open(damaged)
		require.NoError(t, err)
		require.Less(t, at.Records, end.Records)
		require.NoError(t, l.Close())
	})
	t.Run("a new one was begun and not finished", func(t *testing.T) {
		for _, kept := range []int{0, 1, 60, 127} {
			begun := copyOf(disk)
			write(t, begun, segment.Name(end.Records+1), append(read(t, disk, all[3])[:kept:kept], make([]byte, 900)...))
			l, at, err := open(begun)
			require.NoError(t, err)
			require.Equal(t, end, at)
			appendGroup(t, l, 4)
			appendGroup(t, l, 4)
			require.NoError(t, l.Close())
		}
	})
}

// TestARecordMayLookLikeAGroup: what a record holds is no reason to take a
// write that was cut short for damage.
func TestARecordMayLookLikeAGroup(t *testing.T) {
	other, _ := written(t)
	disk := vfs.NewCrashableMem()
	require.NoError(t, disk.MkdirAll(dir, 0o750))
	l, err := segment.Open(disk, dir, 1<<20)
	require.NoError(t, err)
	_, err = l.Continue(l.Start())
	require.NoError(t, err)
	var g segment.Group
	g.Reset()
	for n := range uint64(3) {
		g.Add(n+1, read(t, other, segment.Name(1)))
	}
	require.NoError(t, l.Reserve(&g))
	before, err := l.Append(&g)
	require.NoError(t, err)
	require.NoError(t, l.Close())
	whole := read(t, disk, segment.Name(1))
	for _, at := range []int{0, 30, 70, 2000} {
		torn := copyOf(disk)
		b := bytes.Clone(whole)
		b[int(before.Offset)+at] ^= 1
		write(t, torn, segment.Name(1), b)
		l, err := segment.Open(torn, dir, 1<<20)
		require.NoError(t, err)
		end, err := l.Scan(l.Start(), func(segment.State, segment.Chain, []segment.Entry) error { return nil })
		require.NoError(t, err)
		require.Zero(t, end.Records)
		require.NoError(t, l.Close())
	}
}
