package esdb_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/esdb"
	"github.com/freightledger/freightledger/eventstore/node"
)

// A second without its server is enough for the client to die for good.
func TestAllCallsWorkAgainAfterAnOutage(t *testing.T) {
	t.Parallel()
	ctx := within(t, patience)
	server := serve(t, node.Options{})
	s := server.open()
	first := events(1)
	_, err := s.Append(ctx, stream(0), eventstore.NoStream, first)
	require.NoError(t, err)

	// Given a follower, and callers who go on while the server is away
	const callers, each = 8, 20
	followed := make(chan error, 1)
	var seen []eventstore.Record
	go func() {
		var err error
		seen, err = take(s.Follow(ctx, eventstore.Start), 1+callers*each)
		followed <- err
	}()
	var g errgroup.Group
	for c := range callers {
		g.Go(func() error {
			for i := range each {
				if _, err := s.Append(ctx, stream(1+c), eventstore.Revision(i-1), events(1)); err != nil {
					return fmt.Errorf("append %d of %s: %w", i, stream(1+c), err)
				}
				time.Sleep(5 * time.Millisecond)
			}
			return nil
		})
	}

	// When it is away for longer than the client can bear, and comes back
	server.end()
	time.Sleep(2500 * time.Millisecond)
	server.start()

	// Then nobody notices but by the time it took
	require.NoError(t, g.Wait())
	require.NoError(t, <-followed)
	all, err := collect(s.ReadAll(ctx, eventstore.Start))
	require.NoError(t, err)
	require.Equal(t, all, seen)
	for c := range callers {
		got, err := collect(s.ReadStream(ctx, stream(1+c), 0))
		require.NoError(t, err)
		require.Len(t, got, each)
	}
	head, err := s.Head(ctx)
	require.NoError(t, err)
	require.Equal(t, all[len(all)-1].Position, head)
}

func TestCallsToADeadServerEndWithTheirContexts(t *testing.T) {
	t.Parallel()
	server := serve(t, node.Options{})
	was := server.open()
	never := server.open(lazy)
	server.end()

	for name, s := range map[string]*esdb.Store{"a server that was there": was, "a server that never was": never} {
		before := runtime.NumGoroutine()
		ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
		var g errgroup.Group
		for i := range 20 {
			g.Go(func() error {
				_, err := s.Append(ctx, stream(i), eventstore.NoStream, events(1))
				return err
			})
		}
		ended := make(chan error, 1)
		go func() { ended <- g.Wait() }()
		select {
		case err := <-ended:
			require.ErrorIs(t, err, context.DeadlineExceeded, name)
		case <-time.After(patience):
			t.Fatalf("%s: calls outlive their context", name)
		}
		cancel()
		require.True(t, settles(func() bool { return runtime.NumGoroutine() < before+20 }), "%s: %d goroutines, were %d", name, runtime.NumGoroutine(), before)
	}

	// Reading has its own end too, by the store's patience or its context.
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := collect(was.ReadStream(ctx, stream(0), 0))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = collect(was.ReadAll(ctx, eventstore.Start))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = collect(was.Follow(ctx, eventstore.Start))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = was.Head(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestPatienceEndsWithWhatIsWrong(t *testing.T) {
	t.Parallel()
	server := serve(t, node.Options{})
	s := server.open(lazy, func(c *esdb.Config) { c.Patience = 200 * time.Millisecond })
	server.end()
	_, err := s.Append(t.Context(), stream(0), eventstore.NoStream, events(1))
	var none *esdb.NoConnection
	require.ErrorAs(t, err, &none, "nothing was sent")
	require.NotErrorIs(t, err, eventstore.ErrUnknownOutcome)
	_, err = collect(s.ReadStream(t.Context(), stream(0), 0))
	require.ErrorAs(t, err, &none)
	_, err = s.Head(t.Context())
	require.ErrorAs(t, err, &none)
}

func TestGoroutinesAreBoundedWhileTheServerIsAway(t *testing.T) {
	nothingIsLeft := leftovers(t)
	server := serve(t, node.Options{})
	s := server.open(timeout(300 * time.Millisecond))
	before := runtime.NumGoroutine()
	server.end()
	var g errgroup.Group
	for c := range 32 {
		g.Go(func() error {
			for range 50 {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
				if _, err := s.Append(ctx, stream(c), eventstore.NoStream, events(1)); err == nil {
					cancel()
					return fmt.Errorf("%s: stored without a server", stream(c))
				}
				cancel()
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	require.True(t, settles(func() bool { return runtime.NumGoroutine() < before+64 }), "%d goroutines after 1,600 calls, were %d", runtime.NumGoroutine(), before)
	server.start()
	_, err := s.Append(within(t, patience), stream(0), eventstore.NoStream, events(1))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	server.end()
	nothingIsLeft()
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	nothingIsLeft := leftovers(t)
	// Given a server that takes everything in and answers nothing
	server := serve(t, node.Options{})
	s := server.open()
	server.freeze()
	ctx := within(t, patience)
	calls := map[string]func() error{
		"append": func() error { _, err := s.Append(ctx, stream(0), eventstore.NoStream, events(1)); return err },
		"stream": func() error { _, err := collect(s.ReadStream(ctx, stream(0), 0)); return err },
		"all":    func() error { _, err := collect(s.ReadAll(ctx, eventstore.Start)); return err },
		"follow": func() error { _, err := collect(s.Follow(ctx, eventstore.Start)); return err },
		"head":   func() error { _, err := s.Head(ctx); return err },
	}
	const each = 8
	var mu sync.Mutex
	errs := make(map[string][]error)
	var g sync.WaitGroup
	for name, call := range calls {
		for range each {
			g.Go(func() {
				err := call()
				mu.Lock()
				defer mu.Unlock()
				errs[name] = append(errs[name], err)
			})
		}
	}
	time.Sleep(100 * time.Millisecond) // lets most of them get on their way; all may be anywhere

	// When the store is closed, twice at the same time
	g.Go(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	require.NoError(t, s.Close())
	g.Wait()

	// Then everything says so, and what may have been stored says that too
	for name := range calls {
		require.Len(t, errs[name], each)
		for _, err := range errs[name] {
			require.ErrorIs(t, err, eventstore.ErrClosed, name)
		}
		require.ErrorIs(t, calls[name](), eventstore.ErrClosed, name)
		require.NotErrorIs(t, calls[name](), eventstore.ErrUnknownOutcome, name)
	}
	require.ErrorIs(t, errs["append"][0], eventstore.ErrUnknownOutcome)
	server.end()
	nothingIsLeft()
}

func TestReadersAndFollowersGoOnThroughDisconnects(t *testing.T) {
	t.Parallel()
	ctx := within(t, 2*patience)
	server := serve(t, node.Options{})
	s := server.open()
	const streams, each = 4, 60
	var g errgroup.Group

	// Given writers, followers, and a network that breaks all the time
	var done sync.WaitGroup
	stop := make(chan struct{})
	done.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(80 * time.Millisecond):
				server.cut()
			}
		}
	})
	proposed := make([][]eventstore.Proposed, streams)
	for w := range streams {
		proposed[w] = events(each)
		g.Go(func() error {
			for i, e := range proposed[w] {
				if _, err := s.Append(ctx, stream(w), eventstore.Revision(i-1), []eventstore.Proposed{e}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	followed := make([][]eventstore.Record, 3)
	for i := range followed {
		g.Go(func() (err error) {
			followed[i], err = take(s.Follow(ctx, eventstore.Start), streams*each)
			return err
		})
	}
	require.NoError(t, g.Wait())

	// Then what was read while it broke has no gap and no repeat either
	all, err := collect(s.ReadAll(ctx, eventstore.Start))
	require.NoError(t, err)
	for w := range streams {
		got, err := collect(s.ReadStream(ctx, stream(w), 0))
		require.NoError(t, err)
		require.Equal(t, proposedIDs(proposed[w]), ids(got))
	}
	close(stop)
	done.Wait()
	again, err := collect(s.ReadAll(ctx, eventstore.Start))
	require.NoError(t, err)
	require.Len(t, again, streams*each)
	require.Equal(t, again, all)
	for _, f := range followed {
		require.Equal(t, again, f)
	}
}

func TestALongReadingGoesOnWhereItWasCut(t *testing.T) {
	t.Parallel()
	ctx := within(t, patience)
	server := serve(t, node.Options{})
	s := server.open()
	want := events(6_000)
	for at := 0; at < len(want); at += 500 {
		_, err := s.Append(ctx, stream(0), eventstore.Revision(at-1), want[at:at+500])
		require.NoError(t, err)
	}
	for name, seq := range map[string]func(func(eventstore.Record, error) bool){"stream": s.ReadStream(ctx, stream(0), 0), "all": s.ReadAll(ctx, eventstore.Start)} {
		var got []eventstore.Record
		for r, err := range seq {
			require.NoError(t, err, name)
			if got = append(got, r); len(got)%1100 == 0 {
				server.cut()
			}
		}
		require.Equal(t, proposedIDs(want), ids(got), name)
	}
}

// Both sides believe in a connection over which nothing comes any more.
func TestAHalfOpenConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	ctx := within(t, patience)
	server := serve(t, node.Options{})
	s := server.open(timeout(400 * time.Millisecond))
	writer := server.open()
	_, err := writer.Append(ctx, stream(0), eventstore.NoStream, events(1))
	require.NoError(t, err)

	reached := make(chan struct{})
	followed := make(chan error, 1)
	go func() {
		n := 0
		for _, err := range s.Follow(ctx, eventstore.Start) {
			if err != nil {
				followed <- err
				return
			}
			if n++; n == 1 {
				close(reached)
			}
			if n == 2 {
				followed <- nil
				return
			}
		}
	}()
	<-reached
	server.freeze()
	again := server.open()
	_, err = again.Append(ctx, stream(0), 0, events(1))
	require.NoError(t, err)
	require.NoError(t, <-followed)

	server.freeze()
	_, err = s.Append(ctx, stream(1), eventstore.NoStream, events(1))
	require.NoError(t, err)
	server.freeze()
	got, err := collect(s.ReadStream(ctx, stream(0), 0))
	require.NoError(t, err)
	require.Len(t, got, 2)
	server.freeze()
	_, err = s.Head(ctx)
	require.NoError(t, err)
}

// Each of them leaves before anybody could call the server silent.
func TestCallersInAHurryNoticeAHalfOpenConnection(t *testing.T) {
	t.Parallel()
	server := serve(t, node.Options{})
	s := server.open(timeout(400 * time.Millisecond))
	server.freeze()
	one := events(1)
	require.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := s.Append(ctx, stream(0), eventstore.NoStream, one)
		return err == nil
	}, patience, time.Millisecond)
	require.Equal(t, 2, server.taken())
}

// The client asks every 10 s whether its server is there, and a server that
// does not like that ends the connection after the third time.
func TestAnIdleFollowerLivesThroughKeepAlive(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	server := serve(t, node.Options{})
	s := server.open(timeout(time.Minute))
	var conns int
	followed := make(chan error, 1)
	go func() {
		_, err := take(s.Follow(ctx, eventstore.Start), 1)
		followed <- err
	}()
	time.Sleep(34 * time.Second)
	conns = server.taken()
	require.Equal(t, 1, conns)
	_, err := s.Append(ctx, stream(0), eventstore.NoStream, events(1))
	require.NoError(t, err)
	require.NoError(t, <-followed)
	require.Equal(t, 1, server.taken())
}

func TestALazyStoreWaitsForItsServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	s, err := esdb.Open(t.Context(), esdb.Config{Connection: "esdb://" + address + "?tls=false", Lazy: true, Logger: quiet()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	stored := make(chan error, 1)
	go func() {
		_, err := s.Append(within(t, patience), stream(0), eventstore.NoStream, events(1))
		stored <- err
	}()
	time.Sleep(300 * time.Millisecond)
	server := &server{t: t, opts: node.Options{Logger: quiet()}, fs: newFS(), dir: "data", address: address}
	server.start()
	t.Cleanup(server.end)
	require.NoError(t, <-stored)
}
