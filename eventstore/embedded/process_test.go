package embedded_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// The tests here run the store in a child process, which is this test binary
// with an errand in its environment.
const (
	childDir  = "EMBEDDED_TEST_DIR"  // the data folder to append to
	childFail = "EMBEDDED_TEST_FAIL" // the error that its log meets
	childLeft = "EMBEDDED_TEST_LEFT" // after so many writes and syncs
	childFill = "EMBEDDED_TEST_FILL" // so many events, then it kills itself
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		fmt.Fprintln(os.Stderr, "child:", child(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// ack is what the child says about an append once it is acknowledged.
type ack struct {
	Stream   string
	Expected eventstore.Revision
	IDs      []uuid.UUID
	Last     eventstore.Revision
	Position eventstore.Position
}

// child appends from many goroutines until something ends it.
func child(dir string) error {
	opts := embedded.Options{Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	if name := os.Getenv(childFail); name != "" {
		left, err := strconv.Atoi(os.Getenv(childLeft))
		if err != nil {
			return err
		}
		opts.FS = &failingLog{FS: vfs.Default, left: left, err: logErrors[name]}
	}
	if os.Getenv(childFill) == "" {
		opts.SegmentBytes, opts.MemTableBytes = 256<<10, 256<<10
	}
	s, err := embedded.Open(dir, opts)
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(os.Getenv(childFill)); err == nil {
		return errors.Join(populate(s, n), syscall.Kill(os.Getpid(), syscall.SIGKILL))
	}
	var mu sync.Mutex
	out := json.NewEncoder(os.Stdout)
	failed := make(chan error)
	for w := range 16 {
		go func() {
			at := eventstore.NoStream
			stream := fmt.Sprintf("shipment-%d", w)
			if w < 2 {
				stream = "ledger-1" // two share a stream
			}
			for n := 0; ; n++ {
				evs := events(1 + n%4)
				a, err := s.Append(context.Background(), stream, at, evs)
				var wrong *eventstore.WrongRevision
				if errors.As(err, &wrong) {
					at = wrong.Actual
					continue
				}
				if err != nil {
					failed <- err
					return
				}
				said := ack{Stream: stream, Expected: at, Last: a.Last, Position: a.Position}
				for _, e := range evs {
					said.IDs = append(said.IDs, e.ID)
				}
				at = a.Last
				mu.Lock()
				err = out.Encode(said)
				mu.Unlock()
				if err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// runChild gives what the child acknowledged until it ended, and how it did. A
// positive life ends it by SIGKILL.
func runChild(t *testing.T, dir string, life time.Duration, env ...string) ([]ack, *exec.ExitError, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(append(os.Environ(), childDir+"="+dir), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())

	var acks []ack
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break // a line without its end was never said
		}
		var a ack
		require.NoError(t, json.Unmarshal(line, &a))
		if len(acks) == 0 && life > 0 {
			time.AfterFunc(life, func() { _ = cmd.Process.Kill() })
		}
		acks = append(acks, a)
	}
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit)
	return acks, exit, stderr.String()
}

// requireAcks checks that what a child acknowledged is in the history.
func requireAcks(t *testing.T, dir string, acks []ack) {
	t.Helper()
	s := open(t, dir, embedded.Options{})
	requireWhole(t, s)

	streams := make(map[string][]eventstore.Record)
	seen := make(map[uuid.UUID]bool)
	for r, err := range s.ReadAll(t.Context(), eventstore.Start) {
		require.NoError(t, err)
		require.False(t, seen[r.ID], "event %s is stored twice", r.ID)
		seen[r.ID] = true
		require.EqualValues(t, len(streams[r.Stream]), r.Revision, "%s has no gaps", r.Stream)
		streams[r.Stream] = append(streams[r.Stream], r)
	}
	for stream, want := range streams {
		require.Equal(t, want, readStream(t, s, stream))
	}
	for _, a := range acks {
		got := streams[a.Stream]
		require.Greater(t, len(got), int(a.Last), "%s is acknowledged to %s", a.Stream, a.Last)
		for i, id := range a.IDs {
			require.Equal(t, id, got[int(a.Expected)+1+i].ID)
		}
		require.Equal(t, a.Position, got[a.Last].Position)
	}
	require.NoError(t, s.Close())
}

// TestKill ends a process that appends at random moments, several times on one
// folder. Everything that was ever acknowledged stays.
func TestKill(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	var acks []ack
	rounds := scaled(8)
	for range rounds {
		said, exit, stderr := runChild(t, dir, time.Duration(1+random.IntN(150))*time.Millisecond)
		require.Equal(t, -1, exit.ExitCode(), "the child was killed: %s", stderr)
		require.NotEmpty(t, said)
		acks = append(acks, said...)
		requireAcks(t, dir, acks)
	}
	t.Logf("%d appends acknowledged over %d kills", len(acks), rounds)
}

// TestFailingLogEndsTheProcess has the disk refuse writes or syncs of the log,
// from each of the first on. Nobody knows then what is on the disk.
func TestFailingLogEndsTheProcess(t *testing.T) {
	for name := range logErrors {
		began := false
		for left := range scaled(40) {
			dir := t.TempDir()
			acks, exit, stderr := runChild(t, dir, 0, childFail+"="+name, childLeft+"="+strconv.Itoa(left))
			if began = began || exit.ExitCode() == 70; began {
				require.Equal(t, 70, exit.ExitCode(), "%s after %d: %s", name, left, stderr)
				require.Contains(t, stderr, "check the disk")
			} else {
				require.Contains(t, stderr, "data folder", "it was not opened yet")
				require.Empty(t, acks)
			}
			requireAcks(t, dir, acks)
		}
		require.True(t, began)
	}
}
