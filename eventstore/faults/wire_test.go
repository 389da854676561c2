package faults

import (
	"context"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/esdb"
	"github.com/freightledger/freightledger/eventstore/internal/wirefault"
	"github.com/freightledger/freightledger/eventstore/node"
	"github.com/freightledger/freightledger/eventstore/storetest"
)

// serverRestart ends the node and its store in an orderly way and starts them
// again at the same address.
const serverRestart wirefault.Fault = "server restarted"

// server is a node over an embedded store, which can be restarted.
type server struct {
	t    *testing.T
	fs   vfs.FS
	addr string

	mu    sync.Mutex
	store *embedded.Store
	end   context.CancelFunc
	ended chan error
}

func startServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, fs: vfs.NewMem(), addr: "127.0.0.1:0"}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	s.t.Helper()
	var err error
	s.store, err = embedded.Open("data", embedded.Options{FS: s.fs, MinFree: -1, Logger: silent})
	require.NoError(s.t, err)
	n, err := node.New(s.store.Raw(), node.Options{Logger: silent})
	require.NoError(s.t, err)
	// Somebody else may have had the port for a moment.
	var l net.Listener
	require.Eventually(s.t, func() bool {
		l, err = net.Listen("tcp", s.addr)
		return err == nil
	}, time.Minute, time.Millisecond)
	s.addr = l.Addr().String()
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Serve(ctx, l) }()
	s.end, s.ended = end, ended
}

func (s *server) stop() {
	s.t.Helper()
	s.end()
	require.NoError(s.t, <-s.ended)
	require.NoError(s.t, s.store.Close())
}

func (s *server) restart() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
	s.start()
}

// dial opens the adapter to a server at an address, with so much time for an
// attempt.
func dial(t *testing.T, addr string, timeout time.Duration) *esdb.Store {
	t.Helper()
	s, err := esdb.Open(t.Context(), esdb.Config{Connection: "esdb://" + addr + "?tls=false", Timeout: timeout, Logger: silent})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// wire is the adapter, the server, and between them what breaks the way.
type wire struct {
	*esdb.Store
	server *server
	proxy  *wirefault.Proxy
	relay  *wirefault.Relay
	counts *wirefault.Counts

	mu     sync.Mutex
	random *rand.Rand
}

func openWire(t *testing.T, seed uint64) storetest.Faulty {
	t.Helper()
	w := &wire{server: startServer(t), counts: new(wirefault.Counts), random: rand.New(rand.NewPCG(seed, 5))}
	var err error
	w.relay, err = wirefault.NewRelay(w.server.addr, &wirefault.Calls{Counts: w.counts, Method: "/Append"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.relay.Close()) })
	w.proxy, err = wirefault.NewProxy(w.relay.Addr(), seed, w.counts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.proxy.Close()) })
	w.Store = dial(t, w.proxy.Addr(), time.Second)
	return w
}

func (w *wire) between(low, high int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return low + w.random.IntN(high-low)
}

func (w *wire) ms(low, high int) time.Duration {
	return time.Duration(w.between(low, high)) * time.Millisecond
}

// strikes says how each fault is brought about.
func (w *wire) strikes() map[wirefault.Fault]func() {
	call := func(f wirefault.Fault) func() {
		return func() { w.relay.Calls.Next(f, w.ms(1, 60)) }
	}
	return map[wirefault.Fault]func(){
		wirefault.Reset:  func() { w.connected(w.proxy.Reset) },
		wirefault.Closed: func() { w.connected(w.proxy.CloseAll) },
		wirefault.HalfOpen: func() {
			d := wirefault.Direction(w.between(1, 4))
			w.connected(func() int { return w.proxy.HalfOpen(d) })
		},
		wirefault.Outage: func() {
			// The official client gives up for good after one second.
			d := w.ms(5, 1500)
			w.connected(func() int { return w.proxy.Outage(d) })
		},
		wirefault.LostAnswer: func() { w.proxy.LoseAnswers(1) },
		wirefault.CutCall:    func() { w.proxy.CutCall(w.between(1, 6)) },
		wirefault.CutBytes: func() {
			w.proxy.CutAfter(wirefault.Direction(w.between(1, 3)), w.between(1, 4000))
		},
		wirefault.Sliced:          func() { w.proxy.Slice(w.between(1, 40)) },
		wirefault.Refused:         call(wirefault.Refused),
		wirefault.Delayed:         call(wirefault.Delayed),
		wirefault.Late:            call(wirefault.Late),
		wirefault.ThenUnavailable: call(wirefault.ThenUnavailable),
		wirefault.ThenDeadline:    call(wirefault.ThenDeadline),
		wirefault.ThenAborted:     call(wirefault.ThenAborted),
		wirefault.ThenSilence:     call(wirefault.ThenSilence),
		wirefault.GoAway: func() {
			addr, err := w.relay.GoAway(w.ms(1, 30))
			require.NoError(w.server.t, err)
			w.proxy.SetTarget(addr)
		},
		serverRestart: func() {
			w.server.restart()
			w.counts.Add(serverRestart, 1)
		},
	}
}

// connected does something to the connections once there are any.
func (w *wire) connected(do func() int) {
	ctx := w.server.t.Context()
	for ctx.Err() == nil && (w.proxy.Connections() == 0 || do() == 0) {
		time.Sleep(time.Millisecond)
	}
}

func (w *wire) Faults() []string {
	var names []string
	for f := range w.strikes() {
		names = append(names, string(f))
	}
	slices.Sort(names)
	return names
}

func (w *wire) Disturb(fault string) { w.strikes()[wirefault.Fault(fault)]() }

func (w *wire) Heal() {
	w.proxy.Heal()
	w.relay.Calls.Heal()
}

func (w *wire) Fired() map[string]int {
	fired := make(map[string]int)
	for f, n := range w.counts.All() {
		fired[string(f)] = n
	}
	return fired
}

func (w *wire) Disconnect() int { return w.proxy.Reset() }

func TestEventStoreDBsContract(t *testing.T) {
	servers := make(map[eventstore.Store]*server)
	storetest.Run(t,
		func(t *testing.T) eventstore.Store {
			server := startServer(t)
			s := dial(t, server.addr, time.Minute)
			servers[s] = server
			return s
		},
		func(t *testing.T, s eventstore.Store) eventstore.Store {
			server := servers[s]
			require.NoError(t, s.(*esdb.Store).Close())
			server.restart()
			again := dial(t, server.addr, time.Minute)
			servers[again] = server
			return again
		})
}

func TestEventStoreDBUnderFaults(t *testing.T) {
	storetest.RunFaults(t, openWire)
}

func TestEventStoreDBsHistoriesAreLinear(t *testing.T) {
	storetest.RunHistories(t, openWire, 4)
}
