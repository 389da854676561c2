package node_test

import (
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	wire "github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// How long a test waits for what must happen, and how often it looks.
const (
	waitLong = 15 * time.Second
	waitStep = 5 * time.Millisecond
)

// eager are the client's usual settings, with a checkpoint for every event.
func eager() esdb.PersistentSubscriptionSettings {
	s := esdb.SubscriptionSettingsDefault()
	s.CheckpointLowerBound, s.CheckpointUpperBound = 1, 1
	return s
}

// makeGroup makes a group that every test knows by the name "desk".
func (s *served) makeGroup(c *esdb.Client, stream string, from esdb.StreamPosition, settings esdb.PersistentSubscriptionSettings) {
	s.t.Helper()
	require.NoError(s.t, c.CreatePersistentSubscription(within(s.t), stream, "desk",
		esdb.PersistentStreamSubscriptionOptions{StartFrom: from, Settings: &settings}))
}

// consume joins the group "desk".
func (s *served) consume(c *esdb.Client, stream string, slots uint32) *consumer {
	s.t.Helper()
	options := esdb.SubscribeToPersistentSubscriptionOptions{BufferSize: slots}
	if stream == "$all" {
		sub, err := c.SubscribeToPersistentSubscriptionToAll(within(s.t), "desk", options)
		require.NoError(s.t, err)
		s.t.Cleanup(func() { sub.Close() })
		return &consumer{sub, s.t}
	}
	sub, err := c.SubscribeToPersistentSubscription(within(s.t), stream, "desk", options)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { sub.Close() })
	return &consumer{sub, s.t}
}

// consumer is a consumer of a group.
type consumer struct {
	*esdb.PersistentSubscription
	t testing.TB
}

// next waits for an event.
func (n *consumer) next() *esdb.EventAppeared {
	n.t.Helper()
	e := n.Recv()
	require.NotNil(n.t, e.EventAppeared, "dropped: %+v", e.SubscriptionDropped)
	return e.EventAppeared
}

// take waits for n events and gives them as a reader sees them.
func (n *consumer) take(count int) []*esdb.ResolvedEvent {
	n.t.Helper()
	events := make([]*esdb.ResolvedEvent, count)
	for i := range events {
		events[i] = n.next().Event
	}
	return events
}

// handle waits for n events, acknowledges them, and gives their revisions.
func (n *consumer) handle(count int) []uint64 {
	n.t.Helper()
	events := n.take(count)
	require.NoError(n.t, n.Ack(events...))
	return revisions(events)
}

// dropped waits for the end of the subscription.
func (n *consumer) dropped() error {
	n.t.Helper()
	e := n.Recv()
	require.NotNil(n.t, e.SubscriptionDropped, "an event: %+v", e.EventAppeared)
	return e.SubscriptionDropped.Error
}

// info is what the node says of the group "desk".
func (s *served) info(c *esdb.Client, stream string) *esdb.PersistentSubscriptionInfo {
	s.t.Helper()
	var info *esdb.PersistentSubscriptionInfo
	var err error
	if stream == "$all" {
		info, err = c.GetPersistentSubscriptionInfoToAll(within(s.t), "desk", esdb.GetPersistentSubscriptionOptions{})
	} else {
		info, err = c.GetPersistentSubscriptionInfo(within(s.t), stream, "desk", esdb.GetPersistentSubscriptionOptions{})
	}
	require.NoError(s.t, err)
	return info
}

// await waits until what the node says of the group "desk" is as wanted.
func (s *served) await(c *esdb.Client, stream string, wanted func(*esdb.PersistentSubscriptionInfo) bool) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return wanted(s.info(c, stream)) }, waitLong, waitStep)
}

// parked waits until so many events are parked.
func (s *served) parked(c *esdb.Client, stream string, n int64) {
	s.t.Helper()
	s.await(c, stream, func(i *esdb.PersistentSubscriptionInfo) bool { return i.Stats.ParkedMessagesCount == n })
}

// checkpointed waits until the group's checkpoint is at a revision.
func (s *served) checkpointed(c *esdb.Client, stream string, at uint64) {
	s.t.Helper()
	s.await(c, stream, func(i *esdb.PersistentSubscriptionInfo) bool {
		last := i.Stats.LastCheckpointedEventRevision
		return last != nil && *last == at
	})
}

// groups are the generated client, for what the official one never sends.
func (s *served) groups() wire.PersistentSubscriptionsClient {
	s.t.Helper()
	conn, err := grpc.NewClient(s.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(s.t, err)
	s.t.Cleanup(func() { conn.Close() })
	return wire.NewPersistentSubscriptionsClient(conn)
}

// link makes an event that points to another.
func link(to string) esdb.EventData {
	return esdb.EventData{EventID: uuid.New(), EventType: "$>", ContentType: esdb.ContentTypeBinary, Data: []byte(to)}
}
