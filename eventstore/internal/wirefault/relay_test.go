package wirefault_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/freightledger/freightledger/eventstore/internal/wirefault"
)

// counter is a service whose Check counts, which stands for a commit, and whose
// Watch stays open.
type counter struct {
	grpc_health_v1.UnimplementedHealthServer
	n atomic.Int64
}

func (c *counter) Check(ctx context.Context, r *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	if r.Service == "none" {
		_ = grpc.SetTrailer(ctx, metadata.Pairs("exception", "not-found"))
		return nil, status.Error(codes.NotFound, "no such service")
	}
	c.n.Add(1)
	return &grpc_health_v1.HealthCheckResponse{}, nil
}

func (c *counter) Watch(r *grpc_health_v1.HealthCheckRequest, s grpc_health_v1.Health_WatchServer) error {
	if err := s.Send(&grpc_health_v1.HealthCheckResponse{}); err != nil {
		return err
	}
	<-s.Context().Done()
	return s.Context().Err()
}

// way is client, proxy, relay and server, as they stand one behind the other.
type way struct {
	*counter
	proxy  *wirefault.Proxy
	relay  *wirefault.Relay
	client grpc_health_v1.HealthClient
}

func open(t *testing.T) way {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := way{counter: new(counter)}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(32 << 20))
	grpc_health_v1.RegisterHealthServer(server, w.counter)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		require.NoError(t, <-served)
	})
	counts := new(wirefault.Counts)
	w.relay, err = wirefault.NewRelay(l.Addr().String(), &wirefault.Calls{Counts: counts, Method: "/Check"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.relay.Close()) })
	w.proxy = before(t, w.relay.Addr())
	w.proxy.Counts = counts
	conn, err := grpc.NewClient(w.proxy.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	w.client = grpc_health_v1.NewHealthClient(conn)
	require.Equal(t, codes.OK, w.call(t, ""))
	return w
}

func (w way) call(t *testing.T, service string) codes.Code {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := w.client.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: service}, grpc.WaitForReady(true))
	return status.Code(err)
}

func TestCallsPassUnchanged(t *testing.T) {
	w := open(t)
	require.Equal(t, codes.OK, w.call(t, strings.Repeat("x", 20<<20)))
	var trailer metadata.MD
	_, err := w.client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "none"}, grpc.Trailer(&trailer))
	require.Equal(t, codes.NotFound, status.Code(err))
	require.Equal(t, []string{"not-found"}, trailer.Get("exception"))
	require.EqualValues(t, 2, w.n.Load())
}

func TestAServerCommitsAndSaysSomethingElse(t *testing.T) {
	for fault, want := range map[wirefault.Fault]codes.Code{
		wirefault.ThenUnavailable: codes.Unavailable,
		wirefault.ThenDeadline:    codes.DeadlineExceeded,
		wirefault.ThenAborted:     codes.Aborted,
	} {
		t.Run(string(fault), func(t *testing.T) {
			w := open(t)
			w.relay.Calls.Next(fault, 0)
			require.Equal(t, want, w.call(t, ""))
			require.EqualValues(t, 2, w.n.Load())
			require.Equal(t, codes.OK, w.call(t, ""))
			require.Equal(t, map[wirefault.Fault]int{fault: 1}, w.proxy.Counts.All())

			// What was not committed is answered as it is, and the next has it.
			w.relay.Calls.Next(fault, 0)
			require.Equal(t, codes.NotFound, w.call(t, "none"))
			require.Equal(t, 1, w.proxy.Counts.Of(fault))
			require.Equal(t, want, w.call(t, ""))
			require.Equal(t, 2, w.proxy.Counts.Of(fault))
		})
	}
}

func TestAServerCommitsAndSaysNothing(t *testing.T) {
	w := open(t)
	w.relay.Calls.Next(wirefault.ThenSilence, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := w.client.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	require.Equal(t, codes.DeadlineExceeded, status.Code(err))
	require.EqualValues(t, 2, w.n.Load())
}

func TestAServerRefusesOrTakesItsTime(t *testing.T) {
	w := open(t)
	w.relay.Calls.Next(wirefault.Refused, 0)
	w.relay.Calls.Next(wirefault.Delayed, time.Millisecond)
	require.Equal(t, codes.Unavailable, w.call(t, ""))
	require.EqualValues(t, 1, w.n.Load())
	require.Equal(t, codes.OK, w.call(t, ""))
	require.EqualValues(t, 2, w.n.Load())

	w.relay.Calls.Next(wirefault.Refused, 0)
	w.relay.Calls.Heal()
	require.Equal(t, codes.OK, w.call(t, ""))
}

func TestARequestArrivesLate(t *testing.T) {
	w := open(t)
	w.relay.Calls.Next(wirefault.Late, time.Millisecond)
	require.Equal(t, codes.Unavailable, w.call(t, ""))
	require.Eventually(t, func() bool { return w.n.Load() == 2 }, time.Minute, time.Millisecond)
	require.Equal(t, map[wirefault.Fault]int{wirefault.Late: 1}, w.proxy.Counts.All())
}

func TestAnAnswerIsLostOnTheWay(t *testing.T) {
	w := open(t)
	w.proxy.LoseAnswers(1)
	require.Equal(t, codes.Unavailable, w.call(t, ""))
	require.EqualValues(t, 2, w.n.Load(), "the server did it")
	require.Equal(t, codes.OK, w.call(t, ""))
	require.Equal(t, 1, w.proxy.Counts.Of(wirefault.LostAnswer))
}

func TestTheNthCallIsCut(t *testing.T) {
	w := open(t)
	w.proxy.CutCall(3)
	require.Equal(t, codes.OK, w.call(t, ""))
	require.Equal(t, codes.OK, w.call(t, ""))
	require.Zero(t, w.proxy.Counts.Of(wirefault.CutCall))
	// The client repeats by itself what it knows the server did not take in.
	require.Contains(t, []codes.Code{codes.OK, codes.Unavailable}, w.call(t, ""))
	require.Equal(t, 1, w.proxy.Counts.Of(wirefault.CutCall))
}

func TestAServerGoesAway(t *testing.T) {
	w := open(t)
	watch, err := w.client.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	_, err = watch.Recv()
	require.NoError(t, err)

	addr, err := w.relay.GoAway(50 * time.Millisecond)
	require.NoError(t, err)
	w.proxy.SetTarget(addr)
	require.Equal(t, codes.OK, w.call(t, ""))
	_, err = watch.Recv()
	require.Equal(t, codes.Unavailable, status.Code(err), "its time was up")
	require.Equal(t, 1, w.proxy.Counts.Of(wirefault.GoAway))
}
