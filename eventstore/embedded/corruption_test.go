package embedded_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// copyOf gives a disk with the same content.
func copyOf(disk *vfs.MemFS) *vfs.MemFS {
	return disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
}

func readFile(t *testing.T, disk vfs.FS, name string) []byte {
	t.Helper()
	f, err := disk.Open(name)
	require.NoError(t, err)
	defer f.Close()
	data, err := io.ReadAll(f)
	require.NoError(t, err)
	return data
}

func writeFile(t *testing.T, disk vfs.FS, name string, data []byte) {
	t.Helper()
	f, err := disk.Create(name, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = f.Write(data)
	require.NoError(t, err)
	require.NoError(t, f.Sync())
	require.NoError(t, f.Close())
}

// tiny makes the smallest files that are useful, so that a short history has
// several segments and tables.
func tiny(disk vfs.FS) embedded.Options {
	return embedded.Options{FS: disk, Logger: silent, SegmentBytes: 32 << 10, MemTableBytes: 64 << 10}
}

// filled gives a disk with a history in several segments, and that history. It
// is the disk of a store that was closed, or of a machine that lost its power.
func filled(t *testing.T, closed bool) (*vfs.MemFS, []eventstore.Record) {
	t.Helper()
	disk := vfs.NewCrashableMem()
	s, err := embedded.Open("data", tiny(disk))
	require.NoError(t, err)
	for i := range 150 {
		_, err := s.Append(t.Context(), fmt.Sprintf("shipment-%d", i%10), eventstore.Revision(i/10*2-1), events(2))
		require.NoError(t, err)
	}
	all, err := readWhole(t, s)
	require.NoError(t, err)
	image := copyOf(disk)
	require.NoError(t, s.Close())
	if closed {
		image = copyOf(disk)
	}
	return image, all
}

// files lists all files of a data folder.
func files(t *testing.T, disk vfs.FS, dir string) []string {
	t.Helper()
	names, err := disk.List(dir)
	require.NoError(t, err)
	slices.Sort(names)
	var all []string
	for _, name := range names {
		name = dir + "/" + name
		info, err := disk.Stat(name)
		require.NoError(t, err)
		if info.IsDir() {
			all = append(all, files(t, disk, name)...)
		} else {
			all = append(all, name)
		}
	}
	return all
}

// readWhole reads the history until its end or an error, and then each stream,
// which must be a part of the history.
func readWhole(t *testing.T, s *embedded.Store) ([]eventstore.Record, error) {
	t.Helper()
	var all []eventstore.Record
	streams := make(map[string][]eventstore.Record)
	for r, err := range s.ReadAll(t.Context(), eventstore.Start) {
		if err != nil {
			return all, err
		}
		all = append(all, r)
		streams[r.Stream] = append(streams[r.Stream], r)
	}
	for stream, want := range streams {
		i := 0
		for r, err := range s.ReadStream(t.Context(), stream, 0) {
			if err != nil {
				return all, err
			}
			require.Equal(t, want[i], r)
			i++
		}
		require.Len(t, want, i)
	}
	return all, nil
}

// TestFlippedByte changes a byte of a data folder, again and again, at places
// in every file. Opening or reading must then fail and name a place, or give
// the history as it was.
func TestFlippedByte(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, closed := range []bool{true, false} {
		t.Run(fmt.Sprintf("closed %t", closed), func(t *testing.T) {
			disk, want := filled(t, closed)
			detected, harmless := 0, 0
			for _, name := range files(t, disk, "data") {
				whole := readFile(t, disk, name)
				flips := scaled(12)
				if strings.HasPrefix(name, "data/index/") {
					flips = scaled(5) // the engine looks long for what was flipped
				}
				for range min(len(whole), flips) {
					at, bit := random.IntN(len(whole)), byte(1)<<random.IntN(8)
					where := fmt.Sprintf("byte %d bit %02x of %s", at, bit, name)
					damaged := copyOf(disk)
					flipped := append([]byte(nil), whole...)
					flipped[at] ^= bit
					writeFile(t, damaged, name, flipped)

					got, err := openAndRead(t, damaged)
					requireBegins(t, want, got)
					if err == nil {
						harmless++
						require.Len(t, got, len(want), "events are lost and nobody noticed: "+where)
						continue
					}
					detected++
					require.ErrorContains(t, err, "data", where)
					if strings.HasPrefix(name, "data/index/") {
						requireIndexHeals(t, damaged, want, where)
					}
				}
			}
			t.Logf("%d flips detected, %d harmless", detected, harmless)
			require.Positive(t, detected)
			require.Positive(t, harmless)
		})
	}
}

// requireIndexHeals opens a folder whose index misled a reader.
func requireIndexHeals(t *testing.T, disk vfs.FS, want []eventstore.Record, where string) {
	t.Helper()
	got, err := openAndRead(t, disk)
	require.NoError(t, err, where)
	require.Equal(t, want, got, where)
}

// requireBegins checks that got is how want begins.
func requireBegins(t *testing.T, want, got []eventstore.Record) {
	t.Helper()
	require.LessOrEqual(t, len(got), len(want))
	if len(got) > 0 {
		require.Equal(t, want[:len(got)], got)
	}
}

func openAndRead(t *testing.T, disk vfs.FS) ([]eventstore.Record, error) {
	t.Helper()
	s, err := embedded.Open("data", tiny(disk))
	if err != nil {
		return nil, err
	}
	got, err := readWhole(t, s)
	_, verr := s.Verify(t.Context(), nil)
	if err != nil {
		require.Error(t, verr, "what cannot be read does not verify")
	} else if verr != nil {
		// What no reader needs is verified too: unused space, a digest.
		require.ErrorAs(t, verr, new(*embedded.Corrupt))
	}
	_ = s.Close() // may fail as the disk is damaged
	return got, err
}

func TestCutFile(t *testing.T) {
	for _, closed := range []bool{true, false} {
		disk, want := filled(t, closed)
		for _, name := range files(t, disk, "data") {
			whole := readFile(t, disk, name)
			for _, keep := range []int{0, len(whole) / 2, len(whole) - 1} {
				if keep < 0 || keep >= len(whole) {
					continue
				}
				where := fmt.Sprintf("%s cut to %d bytes", name, keep)
				damaged := copyOf(disk)
				writeFile(t, damaged, name, whole[:keep])
				got, err := openAndRead(t, damaged)
				requireBegins(t, want, got)
				if err == nil {
					require.Len(t, got, len(want), where+": events are lost and nobody noticed")
				} else if strings.HasPrefix(name, "data/index/") {
					requireIndexHeals(t, damaged, want, where)
				}
			}
		}
	}
}

// TestLostFile removes each file of a folder.
func TestLostFile(t *testing.T) {
	disk, want := filled(t, true)
	for _, name := range files(t, disk, "data") {
		damaged := copyOf(disk)
		require.NoError(t, damaged.Remove(name))
		got, err := openAndRead(t, damaged)
		if strings.HasSuffix(name, ".events") {
			require.ErrorAs(t, err, new(*embedded.Corrupt), name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
	}
}

// TestRefusedFolderIsLeftAsItIs: what is damaged may be repaired by hand, so
// nothing of it is touched.
func TestRefusedFolderIsLeftAsItIs(t *testing.T) {
	disk, _ := filled(t, true)
	require.NoError(t, disk.RemoveAll("data/index"))
	segments := segmentFiles(t, disk)
	last := segments[len(segments)-1]
	whole := readFile(t, disk, last)
	whole[200] ^= 1 // of its first group
	writeFile(t, disk, last, whole)
	before := make(map[string][]byte)
	for _, name := range segments {
		before[name] = readFile(t, disk, name)
	}
	for range 2 {
		_, err := embedded.Open("data", tiny(disk))
		require.ErrorAs(t, err, new(*embedded.Corrupt))
		for _, name := range segments {
			require.Equal(t, before[name], readFile(t, disk, name))
		}
	}
}

func segmentFiles(t *testing.T, disk vfs.FS) []string {
	t.Helper()
	names := slices.DeleteFunc(files(t, disk, "data"), func(name string) bool { return !strings.HasSuffix(name, ".events") })
	require.Greater(t, len(names), 2)
	return names
}

// TestHistoryThatLostItsEndIsRefused: the last group is gone as if it had never
// been there, index and all.
func TestHistoryThatLostItsEndIsRefused(t *testing.T) {
	disk, want := filled(t, true)
	require.Len(t, want, 300)
	segments := segmentFiles(t, disk)
	last := segments[len(segments)-1]
	whole := readFile(t, disk, last)
	end := bytes.LastIndex(whole, []byte("\xf1GRP"))
	clear(whole[end:])
	writeFile(t, disk, last, whole)
	_, err := embedded.Open("data", tiny(disk))
	var damage *embedded.Corrupt
	require.ErrorAs(t, err, &damage)
	require.Equal(t, "record 299", damage.Place)
}

func TestOtherFormatsAreRefused(t *testing.T) {
	mark := func(format int) []byte {
		text := fmt.Sprintf("freightledger events format %d head 300", format)
		text = fmt.Sprintf("%s crc %08x", text, crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli)))
		return []byte(text + strings.Repeat(" ", 511-len(text)) + "\n")
	}
	t.Run("newer, says the mark", func(t *testing.T) {
		disk, _ := filled(t, true)
		writeFile(t, disk, "data/HIGHWATER", mark(3))
		_, err := embedded.Open("data", tiny(disk))
		var format *embedded.NewerFormat
		require.ErrorAs(t, err, &format)
		require.Equal(t, embedded.NewerFormat{Dir: "data", Have: 3, Want: 2}, *format)
		require.ErrorContains(t, err, "upgrade")
	})
	t.Run("newer, says a segment", func(t *testing.T) {
		disk, _ := filled(t, true)
		name := segmentFiles(t, disk)[1]
		header := readFile(t, disk, name)
		binary.BigEndian.PutUint32(header[8:], 3)
		binary.BigEndian.PutUint32(header[124:], crc32.Checksum(header[:124], crc32.MakeTable(crc32.Castagnoli)))
		writeFile(t, disk, name, header)
		_, err := embedded.Open("data", tiny(disk))
		require.ErrorAs(t, err, new(*embedded.NewerFormat))
	})
	older := func(t *testing.T, disk vfs.FS) {
		t.Helper()
		_, err := embedded.Open("data", tiny(disk))
		var format *embedded.OlderFormat
		require.ErrorAs(t, err, &format)
		require.Equal(t, embedded.OlderFormat{Dir: "data", Have: 1, Want: 2}, *format)
		require.ErrorContains(t, err, "import again")
	}
	t.Run("older, says the mark", func(t *testing.T) {
		disk := vfs.NewMem()
		require.NoError(t, disk.MkdirAll("data", 0o750))
		writeFile(t, disk, "data/HIGHWATER", mark(1))
		older(t, disk)
	})
	t.Run("older, without a mark", func(t *testing.T) {
		disk := vfs.NewMem()
		require.NoError(t, disk.MkdirAll("data", 0o750))
		writeFile(t, disk, "data/MANIFEST-000001", []byte("x"))
		older(t, disk)
	})
}

func TestLostMarkIsWrittenAnew(t *testing.T) {
	disk, want := filled(t, true)
	require.NoError(t, disk.Remove("data/HIGHWATER"))
	got, err := openAndRead(t, disk)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Contains(t, string(readFile(t, disk, "data/HIGHWATER")), "format 2 head 300 ")
}
