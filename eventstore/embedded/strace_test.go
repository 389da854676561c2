package embedded_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/embedded/internal/segment"
)

const (
	straceDir  = "EMBEDDED_TEST_STRACE"     // has the test be the child on this folder
	syncPoints = "FREIGHTLEDGER_SYNCPOINTS" // "all" walks every point; otherwise a few of each kind
)

// How the traced child ends, apart from 0, 70 and by SIGKILL.
const (
	exitOpen    = 3 // the folder was not opened
	exitFull    = 4 // an append was refused with *DiskFull
	exitRefused = 5 // an append was refused with another error
	exitClose   = 6 // the folder was not closed well
)

// planned is an append of the traced child, the same in every run.
type planned struct {
	expected eventstore.Revision
	events   []eventstore.Proposed
}

const (
	sessions = 2 // the child opens and closes the folder so often
	rounds   = 4 // appends to each stream in a session
)

var planStreams = []string{"ledger-1", "shipment-1", "shipment-2", "charge-1"}

// plan is what the child appends to a stream. Its ids follow from the stream
// and the revision, so that whoever comes later can repeat them.
func plan(stream string) []planned {
	var appends []planned
	at := eventstore.NoStream
	for n := range sessions * rounds {
		p := planned{expected: at}
		for range 1 + n%3 {
			at++
			id := uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%s/%d", stream, at))
			p.events = append(p.events, eventstore.Proposed{ID: id, Type: "shipment-noted.v1",
				Data:     fmt.Appendf(nil, `{"note":"%s"}`, strings.Repeat(id.String(), 8)),
				Metadata: []byte(`{}`)})
		}
		appends = append(appends, p)
	}
	return appends
}

// said is what the child writes to its parent when an append is acknowledged.
type said struct {
	Stream string
	N      int // of the plan
	Answer eventstore.Appended
}

// straceOptions have segments end often.
func straceOptions(w io.Writer) embedded.Options {
	return embedded.Options{SegmentBytes: 4 << 10, MemTableBytes: 256 << 10,
		Logger: slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))}
}

// straceChild follows the plan with several writers, two of which append the
// same to one stream, and gives the status with which to exit.
func straceChild(dir string) int {
	opts := straceOptions(os.Stderr)
	opts.FS = newOneThread(vfs.Default)
	var mu sync.Mutex
	out := json.NewEncoder(os.Stdout)
	for session := range sessions {
		s, err := embedded.Open(dir, opts)
		if err != nil {
			fmt.Fprintln(os.Stderr, "open:", err)
			return exitOpen
		}
		var writers sync.WaitGroup
		for _, stream := range append(planStreams, planStreams[0]) {
			writers.Go(func() {
				for n, p := range plan(stream)[:(session+1)*rounds] {
					a, err := s.Append(context.Background(), stream, p.expected, p.events)
					mu.Lock()
					if err == nil {
						err = out.Encode(said{stream, n, a})
					}
					if err != nil {
						fmt.Fprintln(os.Stderr, "append:", err)
						if errors.As(err, new(*embedded.DiskFull)) {
							os.Exit(exitFull)
						}
						os.Exit(exitRefused)
					}
					mu.Unlock()
				}
			})
		}
		writers.Wait()
		if err := s.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "close:", err)
			return exitClose
		}
	}
	return 0
}

// traced is how a child under strace went.
type traced struct {
	acks   []acked
	fired  bool           // the fault was met
	target string         // the file at which the fault was met
	begins bool           // the fault was met right after the header of a file of events was synced
	status int            // how the child ended; -1 by SIGKILL
	calls  map[string]int // that strace saw
	synced map[string]int // files, by what ends their names
	groups uint64         // of events whose sync has returned
	stderr string
}

// strace runs the child on a folder. The fault is one of strace's, or none.
func strace(t *testing.T, dir, fault string) traced {
	t.Helper()
	trace := filepath.Join(t.TempDir(), "trace")
	args := []string{"-f", "-qqq", "-y", "-s", "0", "-e", "signal=none", "-o", trace,
		"-e", "trace=fsync,fdatasync,pwrite64,fallocate"}
	if fault != "" {
		args = append(args, "-e", "inject="+fault)
	}
	test, _, _ := strings.Cut(t.Name(), "/")
	cmd := exec.CommandContext(t.Context(), "strace", append(args, os.Args[0], "-test.run=^"+test+"$")...)
	cmd.Env = append(os.Environ(), straceDir+"="+dir)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	got := traced{calls: make(map[string]int), synced: make(map[string]int), stderr: stderr.String()}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got.status = exit.ExitCode()
		if status := exit.Sys().(syscall.WaitStatus); status.Signaled() {
			require.Equal(t, syscall.SIGKILL, status.Signal(), stderr.String())
			got.fired = true
		}
	} else {
		require.NoError(t, err)
	}

	for line := range bytes.Lines(stdout.Bytes()) {
		if !bytes.HasPrefix(line, []byte("{")) || !bytes.HasSuffix(line, []byte("\n")) {
			break // a line without its end was never said; others are of a panic
		}
		var a said
		require.NoError(t, json.Unmarshal(line, &a), "%s", line)
		p := plan(a.Stream)[a.N]
		got.acks = append(got.acks, acked{a.Stream, p.expected, p.events, a.Answer})
	}
	text, err := os.ReadFile(trace)
	require.NoError(t, err)
	got.read(t, string(text))
	return got
}

// read takes from a trace what there is to know. Its lines are like
//
//	4711 fdatasync(17</data/00000000000000000001.events>) = 0
//
// or, when the end of another thread came between, like
//
//	4711 fdatasync(17</data/00000000000000000001.events> <unfinished ...>
//	4711 <... fdatasync resumed>) = 0
func (got *traced) read(t *testing.T, trace string) {
	t.Helper()
	var thread, name, file, injected string
	var before []string // calls and what ends the names of their files
	for line := range strings.Lines(trace) {
		tid, call, _ := strings.Cut(strings.TrimSpace(line), " ")
		call = strings.TrimSpace(call)
		if strings.HasPrefix(call, "+++") || strings.HasPrefix(call, "???") {
			continue // the end of a thread
		}
		if thread != "" && tid != thread && strings.HasSuffix(call, "<unfinished ...>") {
			continue // likewise: strace prints the last call again for a thread that is gone
		}
		require.Equal(t, cmp.Or(thread, tid), tid, "strace counts each thread by itself, so all calls must come from one: %s", line)
		thread = tid
		if !strings.HasPrefix(call, "<...") {
			var args string
			name, args, _ = strings.Cut(call, "(")
			_, args, _ = strings.Cut(args, "<")
			file, _, _ = strings.Cut(args, ">")
			require.True(t, filepath.IsAbs(file), line)
			got.calls[name]++
			before = append(before, name+" "+filepath.Ext(file))
		}
		switch {
		case strings.HasSuffix(call, "(INJECTED)"):
			got.fired, injected = true, file
			n := len(before)
			got.begins = n > 2 && before[n-3] == "pwrite64 "+segment.Suffix && before[n-2] == "fsync "+segment.Suffix
		case strings.HasSuffix(call, "= 0") && strings.HasSuffix(name, "sync"):
			got.synced[filepath.Ext(file)]++
			if name == "fdatasync" && strings.HasSuffix(file, segment.Suffix) {
				got.groups++
			}
		}
	}
	got.target = cmp.Or(injected, file) // by SIGKILL at the last call
}

// lastEvent gives the number of the last event in a group of the log.
func lastEvent(t *testing.T, dir string, group uint64) (last uint64) {
	t.Helper()
	log, err := segment.Open(vfs.Default, dir, 1<<20)
	require.NoError(t, err)
	_, err = log.Scan(log.Start(), func(before segment.State, _ segment.Chain, entries []segment.Entry) error {
		if before.Groups < group {
			last = entries[len(entries)-1].Number
		}
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, log.Close())
	return last
}

// requireSynced checks that nothing was acknowledged before its sync returned.
// The folder has to be as a child left it that was the first to write to it.
func requireSynced(t *testing.T, dir string, got traced) {
	t.Helper()
	if got.groups == 0 {
		require.Zero(t, len(got.acks), "appends were acknowledged and not synced")
		return
	}
	last := lastEvent(t, dir, got.groups)
	for _, a := range got.acks {
		require.LessOrEqual(t, a.answer.Position.Commit, last, "%s at %s was acknowledged and not synced", a.stream, a.expected)
	}
}

// requireRepeatable checks what is left of the plan, and follows it to its end.
func requireRepeatable(t *testing.T, dir string, acks []acked) {
	t.Helper()
	s := open(t, dir, straceOptions(io.Discard))
	requireWhole(t, s)
	total := uint64(0)
	for _, stream := range planStreams {
		// An append is stored as a whole or not at all, and after those before it.
		stored := readStream(t, s, stream)
		for _, p := range plan(stream) {
			total += uint64(len(p.events))
			if len(stored) == 0 {
				continue
			}
			require.GreaterOrEqual(t, len(stored), len(p.events), "the append to %s at %s was torn", stream, p.expected)
			for i, e := range p.events {
				require.EqualValues(t, int(p.expected)+1+i, stored[i].Revision)
				require.Equal(t, e, eventstore.Proposed{ID: stored[i].ID, Type: stored[i].Type, Data: stored[i].Data, Metadata: stored[i].Metadata})
			}
			stored = stored[len(p.events):]
		}
		require.Empty(t, stored, "%s has events that nobody appended", stream)
	}
	requireKept(t, s, acks)
	for _, stream := range planStreams {
		for _, p := range plan(stream) {
			a, err := s.Append(t.Context(), stream, p.expected, p.events)
			require.NoError(t, err)
			require.EqualValues(t, int(p.expected)+len(p.events), a.Last)
		}
	}
	head, err := s.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, total, head.Commit, "each event is stored once")
}
