package embedded_test

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// crashDisk is a disk of which images can be taken. Taking one while the
// MemFS reuses a file would deadlock it: ReuseForWrite read-locks it twice.
type crashDisk struct {
	*vfs.MemFS
	reuse sync.Mutex
}

func (d *crashDisk) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	d.reuse.Lock()
	defer d.reuse.Unlock()
	return d.MemFS.ReuseForWrite(from, to, c)
}

func (d *crashDisk) CrashClone(c vfs.CrashCloneCfg) *vfs.MemFS {
	d.reuse.Lock()
	defer d.reuse.Unlock()
	return d.MemFS.CrashClone(c)
}

func (d *crashDisk) Unwrap() vfs.FS { return d.MemFS }

// TestPowerLoss takes images of the disk at random moments of concurrent
// appending. In each image the data that was not synced is lost, kept, or half
// of it at random.
func TestPowerLoss(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, kept := range []int{0, 50, 100} {
		t.Run(strconv.Itoa(kept)+" percent of unsynced data", func(t *testing.T) {
			disk := &crashDisk{MemFS: vfs.NewCrashableMem()}
			// Small buffers make the engine move its data about all the time.
			opts := embedded.Options{FS: disk, Logger: silent, SegmentBytes: 64 << 10, MemTableBytes: 64 << 10}
			s, err := embedded.Open("data", opts)
			require.NoError(t, err)

			var mu sync.Mutex
			var acks []acked
			ctx, stop := context.WithCancel(t.Context())
			var g errgroup.Group
			for w := range 8 {
				g.Go(func() error {
					at := eventstore.NoStream
					stream := "shipment-" + strconv.Itoa(w)
					for n := 0; n < 500 && ctx.Err() == nil; n++ {
						a := acked{stream: stream, expected: at, events: events(1 + n%3)}
						var err error
						if a.answer, err = s.Append(context.Background(), stream, at, a.events); err != nil {
							return err
						}
						at = a.answer.Last
						mu.Lock()
						acks = append(acks, a)
						mu.Unlock()
					}
					return nil
				})
			}
			type image struct {
				disk *vfs.MemFS
				acks []acked
			}
			var images []image
			for range scaled(25) {
				time.Sleep(time.Duration(random.IntN(4000)) * time.Microsecond)
				mu.Lock()
				then := append([]acked(nil), acks...)
				mu.Unlock()
				images = append(images, image{disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: kept, RNG: random}), then})
			}
			stop()
			require.NoError(t, g.Wait())
			require.NoError(t, s.Close())

			sizes := make(map[string]map[uint64]bool) // stream, then where its appends may end
			for _, a := range acks {
				if sizes[a.stream] == nil {
					sizes[a.stream] = map[uint64]bool{0: true}
				}
				sizes[a.stream][uint64(a.answer.Last+1)] = true
			}
			for _, i := range images {
				opts.FS = i.disk
				s := open(t, "data", opts)
				requireWhole(t, s)
				requireKept(t, s, i.acks)
				for stream, ends := range sizes {
					n := uint64(0)
					for _, err := range s.ReadStream(t.Context(), stream, 0) {
						require.NoError(t, err)
						n++
					}
					require.True(t, ends[n], "%s ends at %d, within an append", stream, n)
				}
				require.NoError(t, s.Close())
			}
			require.NotEmpty(t, images[len(images)-1].acks)
		})
	}
}

// TestOpeningInterrupted takes an image of the disk before each step by which
// a folder is made. Whatever an interruption leaves can be opened, and is empty.
func TestOpeningInterrupted(t *testing.T) {
	for _, kept := range []int{0, 50, 100} {
		steps := &stepwise{disk: vfs.NewCrashableMem(), kept: kept}
		steps.FS = steps.disk
		s, err := embedded.Open("data", embedded.Options{FS: steps, Logger: silent, SegmentBytes: 64 << 10})
		require.NoError(t, err)
		require.NoError(t, s.Close())
		images := steps.take()
		require.Greater(t, len(images), 10)
		for i, image := range images {
			got, err := openAndRead(t, image)
			require.NoError(t, err, "before step %d", i)
			require.Empty(t, got)
			require.Contains(t, string(readFile(t, image, "data/HIGHWATER")), "format 2 head 0 ")
		}
	}
}

// stepwise takes an image before each operation that changes names.
type stepwise struct {
	vfs.FS
	disk   *vfs.MemFS
	kept   int
	mu     sync.Mutex
	images []*vfs.MemFS
}

func (f *stepwise) step() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.images = append(f.images, f.disk.CrashClone(vfs.CrashCloneCfg{
		UnsyncedDataPercent: f.kept, RNG: rand.New(rand.NewPCG(uint64(len(f.images)), 0))}))
}

func (f *stepwise) take() []*vfs.MemFS {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.images
}

func (f *stepwise) MkdirAll(name string, mode os.FileMode) error {
	f.step()
	return f.FS.MkdirAll(name, mode)
}

func (f *stepwise) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f.step()
	return f.FS.Create(name, c)
}

func (f *stepwise) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	f.step()
	return f.FS.OpenReadWrite(name, c, opts...)
}

func (f *stepwise) Rename(from, to string) error {
	f.step()
	return f.FS.Rename(from, to)
}

func (f *stepwise) Remove(name string) error {
	f.step()
	return f.FS.Remove(name)
}

func (f *stepwise) OpenDir(name string) (vfs.File, error) {
	f.step()
	return f.FS.OpenDir(name)
}

func (f *stepwise) Unwrap() vfs.FS { return f.FS }
