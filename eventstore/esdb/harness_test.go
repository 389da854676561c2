package esdb_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/esdb"
	"github.com/freightledger/freightledger/eventstore/node"
)

// patience ends a test that waits in vain.
const patience = 20 * time.Second

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// server is a node on an address that it keeps when it is stopped and started,
// and whose connections can be cut.
type server struct {
	t       testing.TB
	opts    node.Options
	store   *embedded.Store
	fs      vfs.FS // nil is the machine's
	dir     string
	address string

	mu    sync.Mutex
	conns map[*conn]struct{}
	took  int // connections taken
	stop  func()
}

func newFS() vfs.FS { return vfs.NewMem() }

// serve starts a node over an empty history.
func serve(t testing.TB, opts node.Options) *server {
	t.Helper()
	opts.Logger = quiet()
	s := &server{t: t, opts: opts, fs: newFS(), dir: "data", address: "127.0.0.1:0"}
	s.start()
	t.Cleanup(s.end)
	return s
}

// start begins to serve; a history that was served before goes on.
func (s *server) start() {
	s.t.Helper()
	var err error
	s.store, err = embedded.Open(s.dir, embedded.Options{FS: s.fs, MinFree: -1, Logger: quiet()})
	require.NoError(s.t, err)
	n, err := node.New(s.store.Raw(), s.opts)
	require.NoError(s.t, err)
	var l net.Listener
	require.Eventually(s.t, func() bool { // its last owner may not be gone yet
		l, err = net.Listen("tcp", s.address)
		return err == nil
	}, patience, 10*time.Millisecond)
	s.address = l.Addr().String()
	s.conns = make(map[*conn]struct{})
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- n.Serve(ctx, kept{l, s}) }()
	s.stop = func() {
		cancel()
		require.NoError(s.t, <-served)
		require.NoError(s.t, s.store.Close())
		s.stop = nil
	}
}

// end stops serving, if it serves.
func (s *server) end() {
	if s.stop != nil {
		s.stop()
	}
}

// cut ends all connections as a network does, in the middle of things.
func (s *server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close() // it is to be broken, and may be already
	}
	clear(s.conns)
}

// freeze keeps all present connections open and has nothing come through them.
func (s *server) freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.frozen.Store(true)
	}
}

// taken is how many connections the server took so far.
func (s *server) taken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.took
}

// kept remembers the connections that a listener takes.
type kept struct {
	net.Listener
	s *server
}

func (k kept) Accept() (net.Conn, error) {
	accepted, err := k.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: accepted}
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	k.s.conns[c] = struct{}{}
	k.s.took++
	return c, nil
}

// conn is a connection that can be made to lose everything.
type conn struct {
	net.Conn
	frozen atomic.Bool
}

func (c *conn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if err != nil || !c.frozen.Load() {
			return n, err
		}
	}
}

func (c *conn) Write(p []byte) (int, error) {
	if c.frozen.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

func (s *server) connection() string { return "esdb://" + s.address + "?tls=false" }

// open opens an adapter to the server, and closes it with the test.
func (s *server) open(adjust ...func(*esdb.Config)) *esdb.Store {
	s.t.Helper()
	c := esdb.Config{Connection: s.connection(), Logger: quiet()}
	for _, f := range adjust {
		f(&c)
	}
	store, err := esdb.Open(within(s.t, patience), c)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { require.NoError(s.t, store.Close()) })
	return store
}

func lazy(c *esdb.Config) { c.Lazy = true }

func timeout(d time.Duration) func(*esdb.Config) {
	return func(c *esdb.Config) { c.Timeout = d }
}

// event makes an event that is like no other.
func event() eventstore.Proposed {
	id := uuid.New()
	return eventstore.Proposed{ID: id, Type: "shipment-noted.v1", Data: []byte(`{"seen":"` + id.String() + `"}`), Metadata: []byte(`{"version":1}`)}
}

func events(n int) []eventstore.Proposed {
	made := make([]eventstore.Proposed, n)
	for i := range made {
		made[i] = event()
	}
	return made
}

func ids(records []eventstore.Record) (all []uuid.UUID) {
	for _, r := range records {
		all = append(all, r.ID)
	}
	return all
}

func proposedIDs(events []eventstore.Proposed) (all []uuid.UUID) {
	for _, e := range events {
		all = append(all, e.ID)
	}
	return all
}

func collect(seq iter.Seq2[eventstore.Record, error]) ([]eventstore.Record, error) {
	var all []eventstore.Record
	for r, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, r)
	}
	return all, nil
}

// take reads n events of a sequence.
func take(seq iter.Seq2[eventstore.Record, error], n int) ([]eventstore.Record, error) {
	var all []eventstore.Record
	for r, err := range seq {
		if err != nil {
			return all, err
		}
		if all = append(all, r); len(all) == n {
			return all, nil
		}
	}
	return all, errors.New("the sequence ended")
}

// leftovers gives a check that waits until no goroutine of the adapter, of the
// client or of gRPC is left that was not there before.
func leftovers(t testing.TB) (check func()) {
	t.Helper()
	before := running()
	return func() {
		t.Helper()
		var left []string
		if !settles(func() bool {
			left = nil
			for name, stack := range running() {
				_, creator, _ := strings.Cut(stack, " in goroutine ")
				creator, _, _ = strings.Cut(creator, "\n")
				if before[name] == "" && before["goroutine "+creator] == "" {
					left = append(left, stack)
				}
			}
			return len(left) == 0
		}) {
			t.Fatalf("goroutines are left:\n%s", strings.Join(left, "\n\n"))
		}
	}
}

func settles(ok func() bool) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return true
		}
	}
	return ok()
}

// running are the goroutines that are the adapter's doing, by their names.
func running() map[string]string {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	ours := make(map[string]string)
	for _, g := range strings.Split(string(stacks), "\n\n") {
		if strings.Contains(g, "eventstore/esdb.(") && !strings.Contains(g, "esdb_test.") ||
			strings.Contains(g, "EventStore-Client-Go") || strings.Contains(g, "google.golang.org/grpc") {
			name, _, _ := strings.Cut(g, " [")
			ours[name] = g
		}
	}
	return ours
}

// stream names the nth stream of a test.
func stream(n int) string { return fmt.Sprintf("shipment-%d", n) }
