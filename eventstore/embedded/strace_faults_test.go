package embedded_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore/embedded/internal/segment"
)

// fault is what strace does to a call of the child.
type fault struct{ call, does string }

const sigkill = "signal=SIGKILL"

// TestFaultsAtEverySyncPoint runs a child under strace, which ends it, or has
// the disk fail, at the first, the second, and so on of its calls that sync or
// write: while it makes a folder, appends, begins segments, writes the index,
// closes, and opens again. What was acknowledged stays.
func TestFaultsAtEverySyncPoint(t *testing.T) {
	if dir := os.Getenv(straceDir); dir != "" {
		os.Exit(straceChild(dir))
	}
	needStrace(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	// Given what the child does when nothing goes wrong.
	dir := filepath.Join(t.TempDir(), "data")
	whole := strace(t, dir, "")
	require.Zero(t, whole.status, whole.stderr)
	require.Equal(t, rounds*(1+sessions)*(len(planStreams)+1), len(whole.acks)) // the last session repeats the first
	requireSynced(t, dir, whole)
	requireRepeatable(t, dir, whole.acks)
	segments, err := filepath.Glob(filepath.Join(dir, "*"+segment.Suffix))
	require.NoError(t, err)
	require.Greater(t, len(segments), 3, "segments end")
	require.Positive(t, whole.synced[".sst"], "the index is written")
	t.Logf("%d fsync, %d fdatasync, %d pwrite64, %d fallocate; %d segments; %d acknowledgements",
		whole.calls["fsync"], whole.calls["fdatasync"], whole.calls["pwrite64"], whole.calls["fallocate"], len(segments), len(whole.acks))

	for _, f := range []fault{
		{"fsync", sigkill}, {"fdatasync", sigkill}, {"pwrite64", sigkill},
		{"fsync", "error=EIO"}, {"fdatasync", "error=EIO"}, {"pwrite64", "error=EIO"},
		{"pwrite64", "error=ENOSPC"}, {"fallocate", "error=ENOSPC"},
	} {
		t.Run(f.call+" "+f.does, func(t *testing.T) { walk(t, f, whole.calls[f.call], random) })
	}
}

// walk has a fault happen at one call after the other.
func walk(t *testing.T, f fault, calls int, random *rand.Rand) {
	stride, first, few := 1, 1, scaled(5)
	if os.Getenv(syncPoints) != "all" {
		stride = max(1, (calls+few-1)/few)
		first += random.IntN(stride)
	}
	tried, fired, acks, recoveries := 0, 0, 0, 0
	ends := make(map[int]int)
	for n := first; n <= calls; n += stride {
		ok := t.Run(fmt.Sprint(n), func(t *testing.T) {
			tried++
			dir := filepath.Join(t.TempDir(), "data")
			got := strace(t, dir, fmt.Sprintf("%s:%s:when=%d", f.call, f.does, n))
			if got.fired {
				fired++
			}
			ends[got.status]++
			requireSynced(t, dir, got)
			f.requireEnd(t, dir, got)
			if f.does == sigkill && got.fired {
				// The next start is ended too, somewhere.
				again := strace(t, dir, fmt.Sprintf("%s:%s:when=%d", f.call, f.does, 1+random.IntN(10)))
				if again.fired {
					recoveries++
				}
				f.requireEnd(t, dir, again)
				got.acks = append(got.acks, again.acks...)
			}
			acks += len(got.acks)
			requireRepeatable(t, dir, got.acks)
		})
		if !ok {
			return
		}
	}
	// How appends share syncs differs a little from run to run.
	require.GreaterOrEqual(t, fired*2, tried, "too few faults happened")
	require.Positive(t, acks)
	t.Logf("of %d points %d tried, %d faults and %d during the start after; ends by status %v; %d acknowledgements, lost 0",
		calls, tried, fired, recoveries, ends, acks)
}

// requireEnd checks that a child ended as it has to after a fault.
func (f fault) requireEnd(t *testing.T, dir string, got traced) {
	t.Helper()
	switch rel, _ := filepath.Rel(dir, got.target); {
	case !got.fired:
		require.Zero(t, got.status, got.stderr)
	case f.does == sigkill:
		require.Equal(t, -1, got.status, got.stderr)
	case strings.HasPrefix(rel, "index"), rel == "." && !got.begins:
		// The index can be written later, or made anew. It has the folder
		// synced too.
		require.Contains(t, []int{0, exitOpen, exitRefused, exitClose, 70}, got.status, got.stderr)
	case rel == "HIGHWATER":
		require.Contains(t, []int{0, exitOpen, exitClose}, got.status, got.stderr)
	case f.does == "error=ENOSPC":
		require.Contains(t, []int{exitOpen, exitFull, 70}, got.status, got.stderr)
	default: // the events, and the folders
		require.Contains(t, []int{exitOpen, 70}, got.status, got.stderr)
	}
	if got.status == 70 {
		require.Contains(t, got.stderr, "check the disk")
	}
}

// needStrace skips the test aloud where strace does not work; in CI it fails.
func needStrace(t *testing.T) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "strace", "-f", "-qq", "-o", os.DevNull, "true").CombinedOutput()
	if err == nil {
		return
	}
	why := fmt.Sprintf("strace does not run: %v %s; install the package strace (apt-get install strace), "+
		"and in a container permit ptrace (--cap-add=SYS_PTRACE)", err, out)
	if os.Getenv("CI") == "true" {
		t.Fatal("CI must not skip this: " + why)
	}
	t.Skip("SKIPPED: " + why)
}

// oneThread writes and syncs all files from one thread: strace counts the calls
// of each thread by itself, and Go calls from any.
type oneThread struct {
	vfs.FS
	calls chan func()
}

func newOneThread(fs vfs.FS) *oneThread {
	o := &oneThread{fs, make(chan func())}
	go func() { // ends with the process
		runtime.LockOSThread()
		for call := range o.calls {
			call()
		}
	}()
	return o
}

func (o *oneThread) call(f func()) {
	done := make(chan struct{})
	o.calls <- func() { f(); close(done) }
	<-done
}

func (o *oneThread) wrap(file vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &oneThreadFile{file, o}, nil
}

func (o *oneThread) Unwrap() vfs.FS { return o.FS }

func (o *oneThread) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return o.wrap(o.FS.Create(name, c))
}

func (o *oneThread) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return o.wrap(o.FS.OpenReadWrite(name, c, opts...))
}

func (o *oneThread) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return o.wrap(o.FS.ReuseForWrite(from, to, c))
}

func (o *oneThread) OpenDir(name string) (vfs.File, error) { return o.wrap(o.FS.OpenDir(name)) }

type oneThreadFile struct {
	vfs.File
	on *oneThread
}

func (f *oneThreadFile) WriteAt(p []byte, at int64) (n int, err error) {
	f.on.call(func() { n, err = f.File.WriteAt(p, at) })
	return n, err
}

func (f *oneThreadFile) Preallocate(at, n int64) (err error) {
	f.on.call(func() { err = f.File.Preallocate(at, n) })
	return err
}

func (f *oneThreadFile) Sync() (err error) {
	f.on.call(func() { err = f.File.Sync() })
	return err
}

func (f *oneThreadFile) SyncData() (err error) {
	f.on.call(func() { err = f.File.SyncData() })
	return err
}

func (f *oneThreadFile) SyncTo(n int64) (full bool, err error) {
	f.on.call(func() { full, err = f.File.SyncTo(n) })
	return full, err
}
