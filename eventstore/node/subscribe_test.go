package node_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/node"
)

// follow subscribes to a stream with the official client.
func (s *served) follow(c *esdb.Client, stream string, from esdb.StreamPosition) *esdb.Subscription {
	s.t.Helper()
	sub, err := c.SubscribeToStream(within(s.t), stream, esdb.SubscribeToStreamOptions{From: from})
	require.NoError(s.t, err)
	s.t.Cleanup(func() { sub.Close() })
	return sub
}

func (s *served) followAll(c *esdb.Client, o esdb.SubscribeToAllOptions) *esdb.Subscription {
	s.t.Helper()
	sub, err := c.SubscribeToAll(within(s.t), o)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { sub.Close() })
	return sub
}

// heard tells what a subscription received, in short.
func heard(e *esdb.SubscriptionEvent) string {
	switch {
	case e.EventAppeared != nil:
		original := e.EventAppeared.OriginalEvent()
		return fmt.Sprintf("%s %d", original.StreamID, original.EventNumber)
	case e.CheckPointReached != nil:
		return fmt.Sprintf("checkpoint %d", e.CheckPointReached.Commit)
	case e.CaughtUp != nil:
		return "caught up"
	case e.SubscriptionDropped != nil:
		return "dropped"
	}
	return "something else"
}

func requireHeard(t *testing.T, sub *esdb.Subscription, want ...string) {
	t.Helper()
	for i, w := range want {
		require.Equal(t, w, heard(sub.Recv()), "message %d", i)
	}
}

func TestASubscriptionToAStreamBeginsAfterARevision(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(3)...)
	s.append(c, "shipment-2", esdb.NoStream{}, notes(1)...)
	started, after, ended := s.follow(c, "shipment-1", esdb.Start{}), s.follow(c, "shipment-1", esdb.Revision(1)), s.follow(c, "shipment-1", esdb.End{})
	requireHeard(t, started, "shipment-1 0", "shipment-1 1", "shipment-1 2", "caught up")
	requireHeard(t, after, "shipment-1 2", "caught up")
	requireHeard(t, ended, "caught up")
	s.append(c, "shipment-2", esdb.Revision(0), notes(1)...)
	s.append(c, "shipment-1", esdb.Revision(2), notes(2)...)
	for _, sub := range []*esdb.Subscription{started, after, ended} {
		requireHeard(t, sub, "shipment-1 3", "shipment-1 4")
	}
}

func TestASubscriptionWaitsForItsStreamToBegin(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	for i, from := range []esdb.StreamPosition{esdb.Start{}, esdb.End{}} {
		stream := fmt.Sprintf("shipment-%d", i)
		sub := s.follow(c, stream, from)
		requireHeard(t, sub, "caught up")
		s.append(c, stream, esdb.NoStream{}, notes(1)...)
		requireHeard(t, sub, stream+" 0")
	}
}

func TestASubscriptionPassesOverADeletion(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(1)...)
	sub := s.follow(c, "shipment-1", esdb.Start{})
	requireHeard(t, sub, "shipment-1 0", "caught up")
	_, err := c.DeleteStream(within(t), "shipment-1", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	require.NoError(t, err)
	later := s.follow(c, "shipment-1", esdb.Start{})
	requireHeard(t, later, "caught up")
	s.append(c, "shipment-1", esdb.NoStream{}, notes(1)...)
	requireHeard(t, sub, "shipment-1 1")
}

func TestATombstoneEndsItsSubscriptions(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(1)...)
	var trailers metadata.MD
	call, err := s.stubs().Read(within(t), readStream("shipment-1", subscribing), grpc.Trailer(&trailers))
	require.NoError(t, err)
	next := func() *api.ReadResp {
		m, err := call.Recv()
		require.NoError(t, err)
		return m
	}
	require.NotEmpty(t, next().GetConfirmation().GetSubscriptionId(), "first of all it is confirmed")
	require.Equal(t, uint64(0), next().GetEvent().GetEvent().GetStreamRevision())
	require.NotNil(t, next().GetCaughtUp())
	_, err = c.TombstoneStream(within(t), "shipment-1", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	require.NoError(t, err)
	last := next().GetEvent().GetEvent()
	require.Equal(t, "$streamDeleted", last.GetMetadata()["type"])
	require.Equal(t, uint64(math.MaxInt64), last.GetStreamRevision())
	_, err = call.Recv()
	require.Equal(t, codes.FailedPrecondition, status.Code(err))
	require.Equal(t, []string{"stream-deleted"}, trailers.Get("exception"))
	require.Equal(t, []string{"shipment-1"}, trailers.Get("stream-name"))

	_, err = s.messages(readStream("shipment-1", subscribing))
	require.Equal(t, codes.FailedPrecondition, status.Code(err), "and so do those that come later")
}

// A subscriber that is woken by a tombstone must see it, however soon he looks.
func TestNoSubscriptionOutlivesItsTombstone(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	for n := range 200 {
		stream := fmt.Sprintf("shipment-%d", n)
		sub := s.follow(c, stream, esdb.Start{})
		requireHeard(t, sub, "caught up")
		_, err := c.TombstoneStream(within(t), stream, esdb.TombstoneStreamOptions{ExpectedRevision: esdb.NoStream{}})
		require.NoError(t, err)
		requireHeard(t, sub, fmt.Sprintf("%s %d", stream, uint64(math.MaxInt64)), "dropped")
	}
}

func TestMetadataAreFollowedOneByOne(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	for range 2 {
		s.describe(c, "shipment-1", func(*esdb.StreamMetadata) {})
	}
	sub := s.follow(c, "$$shipment-1", esdb.Start{})
	requireHeard(t, sub, "$$shipment-1 1", "caught up")
	for range 3 {
		s.describe(c, "shipment-1", func(*esdb.StreamMetadata) {})
	}
	requireHeard(t, sub, "$$shipment-1 2", "$$shipment-1 3", "$$shipment-1 4")
}

func TestASubscriptionToAllBeginsAfterAPosition(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(2)...)
	s.append(c, "$own-1", esdb.NoStream{}, notes(1)...)
	started := s.followAll(c, esdb.SubscribeToAllOptions{From: esdb.Start{}})
	after := s.followAll(c, esdb.SubscribeToAllOptions{From: esdb.Position{Commit: 2, Prepare: 2}})
	ended := s.followAll(c, esdb.SubscribeToAllOptions{From: esdb.End{}})
	beyond := s.followAll(c, esdb.SubscribeToAllOptions{From: esdb.Position{Commit: 4, Prepare: 4}})
	requireHeard(t, started, "shipment-1 0", "shipment-1 1", "$own-1 0", "caught up")
	requireHeard(t, after, "$own-1 0", "caught up")
	requireHeard(t, ended, "caught up")
	requireHeard(t, beyond, "caught up")
	s.append(c, "shipment-1", esdb.Revision(1), notes(2)...)
	for _, sub := range []*esdb.Subscription{started, after, ended} {
		requireHeard(t, sub, "shipment-1 2", "shipment-1 3")
	}
	requireHeard(t, beyond, "shipment-1 3")
}

func TestASubscriptionToAllHidesTheServersBooks(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	for _, stream := range []string{"$epoch-information", "$persistentsubscription-$all::desk-checkpoint", "$persistentsubscription-$all::desk-parked",
		"$persistentsubscription-shipment-1::desk-parked"} {
		s.append(c, stream, esdb.NoStream{}, notes(1)...)
	}
	requireHeard(t, s.followAll(c, esdb.SubscribeToAllOptions{From: esdb.Start{}}), "$persistentsubscription-shipment-1::desk-parked 0", "caught up")
	all, err := c.ReadAll(within(t), esdb.ReadAllOptions{}, 99)
	require.NoError(t, err)
	got, err := drain(all)
	require.NoError(t, err)
	require.Len(t, got, 4, "a plain reading shows them")
}

func TestAFilteredSubscriptionTellsHowFarItIs(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	ships := func(window, interval int) esdb.SubscribeToAllOptions {
		return esdb.SubscribeToAllOptions{From: esdb.Start{}, MaxSearchWindow: window, CheckpointInterval: interval,
			Filter: &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{"shipment-"}}}
	}
	empty := s.followAll(c, ships(2, 2))
	requireHeard(t, empty, "caught up") // and no checkpoint: there is no position
	s.append(c, "shipment-1", esdb.NoStream{}, notes(1)...)
	s.append(c, "carrier-1", esdb.NoStream{}, notes(8)...)
	s.append(c, "shipment-2", esdb.NoStream{}, notes(1)...)

	requireHeard(t, s.followAll(c, ships(2, 2)), "shipment-1 0", "checkpoint 4", "checkpoint 8", "shipment-2 0", "checkpoint 10", "caught up")
	requireHeard(t, s.followAll(c, ships(5, 1)), "shipment-1 0", "checkpoint 5", "shipment-2 0", "checkpoint 10", "caught up")
	requireHeard(t, empty, "shipment-1 0", "checkpoint 4", "checkpoint 8", "shipment-2 0")

	resumed := ships(2, 2)
	resumed.From = esdb.Position{Commit: 8, Prepare: 8}
	sub := s.followAll(c, resumed)
	requireHeard(t, sub, "shipment-2 0", "checkpoint 10", "caught up")
	s.append(c, "carrier-1", esdb.Revision(7), notes(2)...)
	requireHeard(t, sub, "checkpoint 12")
	s.append(c, "carrier-1", esdb.Revision(9), notes(4)...)
	requireHeard(t, sub, "checkpoint 16")
}

func TestAFilterOfASubscriptionIsOnTypesToo(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	sub := s.followAll(c, esdb.SubscribeToAllOptions{From: esdb.Start{}, Filter: &esdb.SubscriptionFilter{Type: esdb.EventFilterType, Regex: `^arr`}})
	requireHeard(t, sub, "caught up")
	s.append(c, "shipment-1", esdb.NoStream{}, esdb.EventData{EventType: "left"}, esdb.EventData{EventType: "arrived"}, esdb.EventData{EventType: "rearrived"})
	s.append(c, "shipment-2", esdb.NoStream{}, esdb.EventData{EventType: "arranged"})
	requireHeard(t, sub, "shipment-1 1", "shipment-2 0")
}

// A client that does not read must cost nobody anything; when it reads again
// it misses nothing and is told anew that it has caught up.
func TestASlowSubscriberHoldsUpNobody(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	sub := s.followAll(c, esdb.SubscribeToAllOptions{From: esdb.Start{}})
	requireHeard(t, sub, "caught up")
	const appends, each = 100, 20
	for n := range appends {
		events := make([]embedded.RawEvent, each)
		for i := range events {
			events[i] = embedded.RawEvent{Proposed: eventstore.Proposed{ID: uuid.New(), Type: "noted", Data: make([]byte, 2000)}}
		}
		_, err := s.store.Raw().Append(within(t), fmt.Sprintf("shipment-%d", n), eventstore.NoStream, events, eventstore.MaxAppendBytes)
		require.NoError(t, err)
	}
	s.append(c, "last-1", esdb.NoStream{}, notes(1)...)
	told := 0
	for n := 0; n < appends*each; {
		switch h := heard(sub.Recv()); h {
		case "caught up":
			told++
		default:
			require.Equal(t, fmt.Sprintf("shipment-%d %d", n/each, n%each), h)
			n++
		}
	}
	requireHeard(t, sub, "last-1 0", "caught up")
}

func TestLinksAreFollowedIfAsked(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	events := notes(3)
	s.append(c, "shipment-1", esdb.NoStream{}, events...)
	s.append(c, "shipment-2", esdb.NoStream{}, notes(1)...)
	s.append(c, "shipment-3", esdb.NoStream{}, notes(1)...)
	for _, to := range []string{"1@shipment-1", "0@shipment-2", "0@shipment-3", "9@shipment-1", "0@nowhere", "not a link", "2@shipment-1"} {
		s.append(c, "list-1", esdb.Any{}, esdb.EventData{EventType: "$>", ContentType: esdb.ContentTypeBinary, Data: []byte(to)})
	}
	_, err := c.DeleteStream(within(t), "shipment-2", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	require.NoError(t, err)
	_, err = c.TombstoneStream(within(t), "shipment-3", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	require.NoError(t, err)

	check := func(t *testing.T, got []*esdb.ResolvedEvent) {
		require.Len(t, got, 7)
		for i, e := range got {
			require.Equal(t, "list-1", e.Link.StreamID)
			require.Equal(t, uint64(i), e.Link.EventNumber)
			require.Equal(t, e.Link.Position.Commit, *e.Commit)
			switch i {
			case 0:
				require.Equal(t, events[1].EventID, e.Event.EventID)
				require.Equal(t, "shipment-1", e.Event.StreamID)
			case 6:
				require.Equal(t, events[2].EventID, e.Event.EventID)
			default:
				require.Nil(t, e.Event, "%s points to nothing", e.Link.Data)
			}
		}
	}
	t.Run("when read", func(t *testing.T) {
		r, err := c.ReadStream(within(t), "list-1", esdb.ReadStreamOptions{ResolveLinkTos: true}, 99)
		require.NoError(t, err)
		got, err := drain(r)
		require.NoError(t, err)
		check(t, got)
	})
	t.Run("when followed", func(t *testing.T) {
		sub, err := c.SubscribeToStream(within(t), "list-1", esdb.SubscribeToStreamOptions{From: esdb.Start{}, ResolveLinkTos: true})
		require.NoError(t, err)
		defer sub.Close()
		var got []*esdb.ResolvedEvent
		for range 7 {
			got = append(got, sub.Recv().EventAppeared)
		}
		check(t, got)
	})
	t.Run("and else not", func(t *testing.T) {
		got, err := s.read(c, "list-1")
		require.NoError(t, err)
		require.Nil(t, got[0].Link)
		require.Equal(t, "$>", got[0].Event.EventType)
	})
}

func TestAnEndThatIsNamedAsAPositionIsTheEnd(t *testing.T) {
	s := serve(t, node.Options{})
	s.append(s.client(), "shipment-1", esdb.NoStream{}, notes(1)...)
	call, err := s.stubs().Read(within(t), readAll(subscribing, func(o *api.ReadReq_Options) {
		o.GetAll().AllOption = &api.ReadReq_Options_AllOptions_Position{Position: &api.ReadReq_Options_Position{CommitPosition: math.MaxUint64, PreparePosition: math.MaxUint64}}
		o.UuidOption.Content = &api.ReadReq_Options_UUIDOption_String_{String_: &shared.Empty{}}
	}))
	require.NoError(t, err)
	m, err := call.Recv()
	require.NoError(t, err)
	require.NotNil(t, m.GetConfirmation())
	m, err = call.Recv()
	require.NoError(t, err)
	require.NotNil(t, m.GetCaughtUp())
}
