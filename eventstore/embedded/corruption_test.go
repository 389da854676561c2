package embedded_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
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

// filled gives a disk with a history in several tables and a log, and that
// history. It is the disk of a store that was closed, or of a machine that lost
// its power.
func filled(t *testing.T, closed bool) (*vfs.MemFS, []eventstore.Record) {
	t.Helper()
	disk := vfs.NewCrashableMem()
	s, err := embedded.Open("data", embedded.Options{FS: disk, Logger: silent, MemTableBytes: 64 << 10})
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
			names, err := disk.List("data")
			require.NoError(t, err)
			detected, harmless := 0, 0
			for _, name := range names {
				name = "data/" + name
				whole := readFile(t, disk, name)
				for range min(len(whole), scaled(30)) {
					at, bit := random.IntN(len(whole)), byte(1)<<random.IntN(8)
					damaged := copyOf(disk)
					flipped := append([]byte(nil), whole...)
					flipped[at] ^= bit
					writeFile(t, damaged, name, flipped)

					got, err := openAndRead(t, damaged)
					switch {
					case err != nil:
						detected++
						require.ErrorContains(t, err, "data", "byte %d bit %02x of %s", at, bit, name)
						requireBegins(t, want, got)
					case len(got) == len(want):
						harmless++
						require.Equal(t, want, got, "byte %d bit %02x of %s", at, bit, name)
					default:
						require.Fail(t, "events are lost and nobody noticed", "byte %d bit %02x of %s", at, bit, name)
					}
				}
			}
			t.Logf("%d flips detected, %d harmless", detected, harmless)
			require.Positive(t, detected)
			require.Positive(t, harmless)
		})
	}
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
	s, err := embedded.Open("data", embedded.Options{FS: disk, Logger: silent})
	if err != nil {
		return nil, err
	}
	got, err := readWhole(t, s)
	_, verr := s.Verify(t.Context(), nil)
	if err != nil {
		require.Error(t, verr, "what cannot be read does not verify")
	} else if len(got) > 0 {
		require.NoError(t, verr, "what can be read verifies")
	}
	_ = s.Close() // may fail as the disk is damaged
	return got, err
}

func TestCutFile(t *testing.T) {
	for _, closed := range []bool{true, false} {
		disk, want := filled(t, closed)
		names, err := disk.List("data")
		require.NoError(t, err)
		for _, name := range names {
			name = "data/" + name
			whole := readFile(t, disk, name)
			for _, keep := range []int{0, len(whole) / 3, len(whole) / 2, len(whole) - 1} {
				if keep < 0 || keep >= len(whole) {
					continue
				}
				damaged := copyOf(disk)
				writeFile(t, damaged, name, whole[:keep])
				got, err := openAndRead(t, damaged)
				requireBegins(t, want, got)
				if err == nil {
					require.Len(t, got, len(want), "%s cut to %d bytes: events are lost and nobody noticed", name, keep)
				}
			}
		}
	}
}

// TestRefusedFolderKeepsItsFiles: an engine that starts from a damaged manifest
// would delete the tables that it does not know of.
func TestRefusedFolderKeepsItsFiles(t *testing.T) {
	disk, want := filled(t, true)
	names, err := disk.List("data")
	require.NoError(t, err)
	refused := 0
	for _, name := range names {
		if !strings.HasPrefix(name, "MANIFEST-") {
			continue
		}
		whole := readFile(t, disk, "data/"+name)
		for keep := range len(whole) {
			damaged := copyOf(disk)
			writeFile(t, damaged, "data/"+name, whole[:keep])
			s, err := embedded.Open("data", embedded.Options{FS: damaged, Logger: silent})
			if err == nil {
				// A table may have dropped out of the midst: then reading says
				// so, and before long so does appending.
				var got []eventstore.Record
				if got, err = readWhole(t, s); err == nil {
					require.Equal(t, want, got, "%s cut to %d bytes", name, keep)
				} else {
					requireRefusesAppends(t, s)
				}
				require.NoError(t, s.Close())
			}
			if err == nil {
				continue
			}
			require.ErrorContains(t, err, "data folder data")
			refused++
			for _, kept := range names {
				if strings.HasSuffix(kept, ".sst") {
					require.Equal(t, readFile(t, disk, "data/"+kept), readFile(t, damaged, "data/"+kept))
				}
			}
		}
	}
	require.Greater(t, refused, 10)
}

func requireRefusesAppends(t *testing.T, s *embedded.Store) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := s.Append(t.Context(), "shipment-"+uuid.NewString(), eventstore.NoStream, events(1))
		var damage *embedded.Corrupt
		return errors.As(err, &damage)
	}, 10*time.Second, time.Millisecond)
}

// TestTableFromTheMidstOfHistory plants what a damaged manifest can leave: a
// folder whose head is right, with a gap, and tables that nobody lists.
func TestTableFromTheMidstOfHistory(t *testing.T) {
	for _, gap := range []bool{true, false} {
		disk, want := filled(t, true)
		if gap {
			raw(t, disk, func(db *pebble.DB) {
				require.NoError(t, db.Delete([]byte("e/\x00\x00\x00\x00\x00\x00\x00\x64"), pebble.Sync))
			})
		}
		const unlisted = "data/000001.sst"
		writeFile(t, disk, unlisted, []byte("a table once"))
		s, err := embedded.Open("data", embedded.Options{FS: disk, Logger: silent})
		require.NoError(t, err)
		if gap {
			requireRefusesAppends(t, s)
			require.NoError(t, s.Close())
			require.Equal(t, "a table once", string(readFile(t, disk, unlisted)))
			continue
		}
		require.Eventually(t, func() bool {
			_, err := disk.Stat(unlisted)
			return errors.Is(err, fs.ErrNotExist)
		}, 10*time.Second, time.Millisecond, "a table that nobody needs is deleted")
		got, err := readWhole(t, s)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.NoError(t, s.Close())
	}
}

func TestHistoryThatLostItsEndIsRefused(t *testing.T) {
	disk, want := filled(t, true)
	raw(t, disk, func(db *pebble.DB) {
		require.NoError(t, db.Delete([]byte("e/\x00\x00\x00\x00\x00\x00\x01\x2c"), pebble.Sync))
	})
	require.Len(t, want, 300)
	_, err := embedded.Open("data", embedded.Options{FS: disk, Logger: silent})
	var damage *embedded.Corrupt
	require.ErrorAs(t, err, &damage)
	require.Equal(t, "record 300", damage.Place)
}

func TestNewerFormatIsRefused(t *testing.T) {
	newer := func(t *testing.T, disk vfs.FS) {
		t.Helper()
		_, err := embedded.Open("data", embedded.Options{FS: disk, Logger: silent})
		var format *embedded.NewerFormat
		require.ErrorAs(t, err, &format)
		require.Equal(t, embedded.NewerFormat{Dir: "data", Have: 2, Want: 1}, *format)
		require.ErrorContains(t, err, "upgrade")
	}
	t.Run("stated in the engine", func(t *testing.T) {
		disk, _ := filled(t, true)
		raw(t, disk, func(db *pebble.DB) { require.NoError(t, db.Set([]byte("m/format"), []byte("2"), pebble.Sync)) })
		newer(t, disk)
	})
	t.Run("stated in the mark", func(t *testing.T) {
		const text = "freightledger events format 2 head 300 crc 8ccd3017"
		disk, _ := filled(t, true)
		writeFile(t, disk, "data/HIGHWATER", []byte(text+strings.Repeat(" ", 511-len(text))+"\n"))
		newer(t, disk)
	})
	t.Run("no format at all", func(t *testing.T) {
		disk, _ := filled(t, true)
		raw(t, disk, func(db *pebble.DB) { require.NoError(t, db.Delete([]byte("m/format"), pebble.Sync)) })
		_, err := embedded.Open("data", embedded.Options{FS: disk, Logger: silent})
		var damage *embedded.Corrupt
		require.ErrorAs(t, err, &damage)
		require.Equal(t, "key m/format", damage.Place)
	})
}

func TestLostMarkIsWrittenAnew(t *testing.T) {
	disk, want := filled(t, true)
	require.NoError(t, disk.Remove("data/HIGHWATER"))
	got, err := openAndRead(t, disk)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Contains(t, string(readFile(t, disk, "data/HIGHWATER")), "format 1 head 300 ")
}
