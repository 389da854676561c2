package node

import (
	"context"
	"net"
	"strconv"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// register adds all services to a server that listens at an address.
func (n *Node) register(s *grpc.Server, at net.Addr) {
	f := &features{answer: &serverfeatures.SupportedMethods{EventStoreServerVersion: Version}}
	f.add("event_store.client.streams.streams", "read", "position", "events")
	f.add("event_store.client.streams.streams", "append")
	f.add("event_store.client.streams.streams", "delete")
	f.add("event_store.client.streams.streams", "tombstone")
	f.add("event_store.client.streams.streams", "batchappend", "deadline_duration")
	f.add("event_store.client.gossip.gossip", "read")
	f.add("event_store.client.server_features.serverfeatures", "getsupportedmethods")
	api.RegisterStreamsServer(s, n.streams)
	for _, p := range n.parts {
		f.answer.Methods = append(f.answer.Methods, p.supported()...)
		p.register(s)
	}
	serverfeatures.RegisterServerFeaturesServer(s, f)
	gossip.RegisterGossipServer(s, &alone{node: n, id: uuid.New(), at: at})
}

// features serves event_store.client.server_features.ServerFeatures.
type features struct {
	serverfeatures.UnimplementedServerFeaturesServer
	answer *serverfeatures.SupportedMethods
}

func (f *features) add(service, method string, of ...string) {
	f.answer.Methods = append(f.answer.Methods, &serverfeatures.SupportedMethod{ServiceName: service, MethodName: method, Features: of})
}

// GetSupportedMethods implements serverfeatures.ServerFeaturesServer.
func (f *features) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	return f.answer, nil
}

// alone serves event_store.client.gossip.Gossip for a cluster of one.
type alone struct {
	gossip.UnimplementedGossipServer
	node *Node
	id   uuid.UUID
	at   net.Addr // of the listener
}

// Read implements gossip.GossipServer.
func (a *alone) Read(ctx context.Context, _ *shared.Empty) (*gossip.ClusterInfo, error) {
	host, port := a.address(ctx)
	return &gossip.ClusterInfo{Members: []*gossip.MemberInfo{{
		InstanceId:   wireID(a.id, false),
		TimeStamp:    a.node.opts.Clock().UnixNano() / 100,
		State:        gossip.MemberInfo_Leader,
		IsAlive:      true,
		HttpEndPoint: &gossip.EndPoint{Address: host, Port: port},
	}}}, nil
}

// address is where the client finds the node: as it was told to say, or where
// the client found it now, which a listener on all addresses cannot know.
func (a *alone) address(ctx context.Context) (host string, port uint32) {
	known := append([]string{a.node.opts.Advertise}, metadata.ValueFromIncomingContext(ctx, ":authority")...)
	for _, address := range append(known, a.at.String()) {
		host, text, err := net.SplitHostPort(address)
		if err != nil {
			continue
		}
		if number, err := strconv.ParseUint(text, 10, 16); err == nil {
			return host, uint32(number)
		}
	}
	return a.at.String(), 0
}
