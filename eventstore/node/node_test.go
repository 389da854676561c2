package node_test

import (
	"bytes"
	"context"
	"log/slog"
	"math"
	"net"
	"sync"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/projections"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/freightledger/freightledger/eventstore/node"
)

func (s *served) dial() *grpc.ClientConn {
	s.t.Helper()
	conn, err := grpc.NewClient(s.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(s.t, err)
	s.t.Cleanup(func() { conn.Close() })
	return conn
}

func TestTheNodeSaysWhatItCan(t *testing.T) {
	s := serve(t, node.Options{})
	version, err := s.client().GetServerVersion()
	require.NoError(t, err)
	require.Equal(t, esdb.ServerVersion{Major: 24, Minor: 10, Patch: 0}, *version)

	f, err := serverfeatures.NewServerFeaturesClient(s.dial()).GetSupportedMethods(within(t), &shared.Empty{})
	require.NoError(t, err)
	has := make(map[string][]string)
	for _, m := range f.GetMethods() {
		has[m.GetServiceName()] = append(has[m.GetServiceName()], m.GetMethodName())
	}
	require.ElementsMatch(t, []string{"read", "append", "delete", "tombstone", "batchappend"}, has["event_store.client.streams.streams"])
}

func TestTheNodeIsAClusterOfOne(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.connect("esdb+discover://" + s.addr + "?tls=false")
	s.append(c, "shipment-1", esdb.NoStream{}, notes(1)...)

	s = serve(t, node.Options{Advertise: "node.example:2113"})
	info, err := gossip.NewGossipClient(s.dial()).Read(within(t), &shared.Empty{})
	require.NoError(t, err)
	require.Len(t, info.GetMembers(), 1)
	one := info.GetMembers()[0]
	require.Equal(t, gossip.MemberInfo_Leader, one.GetState())
	require.True(t, one.GetIsAlive())
	require.Equal(t, "node.example", one.GetHttpEndPoint().GetAddress())
	require.Equal(t, uint32(2113), one.GetHttpEndPoint().GetPort())
}

func TestWhatIsNotThereSaysWhereToLook(t *testing.T) {
	s := serve(t, node.Options{})
	_, err := projections.NewProjectionsClient(s.dial()).RestartSubsystem(within(t), &shared.Empty{})
	require.Equal(t, codes.Unimplemented, status.Code(err))
	require.ErrorContains(t, err, "docs/operations/node.md")
}

func TestAFaultInACallEndsTheCallAlone(t *testing.T) {
	var log bytes.Buffer
	var mu sync.Mutex
	s := serve(t, node.Options{
		Ledger: func(stream string) bool { return stream == "fault-1" && stream[math.MaxInt8] == 0 },
		Logger: slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return log.Write(p)
		}), nil)),
	})
	c := s.client()
	_, _, err := appendRaw(t, s.stubs(), expectNone("fault-1"), proposal(nil))
	require.Equal(t, codes.Internal, status.Code(err))
	_, err = c.DeleteStream(within(t), "fault-1", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	require.Error(t, err)
	require.NoError(t, appendTo(t, c, "shipment-1", esdb.NoStream{}))
	mu.Lock()
	defer mu.Unlock()
	require.Contains(t, log.String(), "index out of range")
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestStoppingEndsSubscriptionsAndWaitsForCalls(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(1)...)
	one, all := s.follow(c, "shipment-1", esdb.Start{}), s.followAll(c, esdb.SubscribeToAllOptions{From: esdb.Start{}})
	for _, sub := range []*esdb.Subscription{one, all} {
		requireHeard(t, sub, "shipment-1 0", "caught up")
	}
	stubs := s.stubs()
	call, err := stubs.Append(within(t))
	require.NoError(t, err)
	require.NoError(t, send(call, expectNone("shipment-2"), proposal(nil)))
	// One connection's calls reach the node in order: once a later one was
	// answered, it has this one.
	_, _, err = appendRaw(t, stubs, expectNone("shipment-3"), proposal(nil))
	require.NoError(t, err)
	for _, sub := range []*esdb.Subscription{all} {
		requireHeard(t, sub, "shipment-3 0")
	}

	ended := make(chan struct{})
	go func() { s.stop(); close(ended) }()
	for _, sub := range []*esdb.Subscription{one, all} {
		dropped := sub.Recv().SubscriptionDropped
		require.NotNil(t, dropped)
		require.Equal(t, codes.Unavailable, status.Code(dropped.Error))
	}
	resp, err := call.CloseAndRecv()
	require.NoError(t, err, "the call under way is finished")
	require.NotNil(t, resp.GetSuccess())
	<-ended
}

func TestANodeServesOnce(t *testing.T) {
	s := serve(t, node.Options{})
	n, err := node.New(s.store.Raw(), node.Options{Logger: quiet()})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for i := range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		err = n.Serve(ctx, l)
		require.Equal(t, i == 0, err == nil)
		l.Close()
	}
	_, err = node.New(s.store.Raw(), node.Options{Advertise: "nowhere"})
	require.Error(t, err)
	_, err = node.New(s.store.Raw(), node.Options{MaxAppendBytes: 1 << 30})
	require.Error(t, err)
}

func TestAClosedStoreEndsWhatReadsIt(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	sub := s.followAll(c, esdb.SubscribeToAllOptions{From: esdb.Start{}})
	requireHeard(t, sub, "caught up")
	require.NoError(t, s.store.Close())
	require.Equal(t, codes.Unavailable, status.Code(sub.Recv().SubscriptionDropped.Error))
	_, _, err := appendRaw(t, s.stubs(), expectNone("shipment-1"), proposal(nil))
	require.Equal(t, codes.Unavailable, status.Code(err))
}
