package node_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore/node"
)

func TestAGroupBeginsWithTheEventThatItNames(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	for _, at := range []struct {
		from  esdb.StreamPosition
		first uint64
	}{{esdb.Start{}, 0}, {esdb.Revision(2), 2}, {esdb.Revision(7), 7}} {
		t.Run(fmt.Sprint(at.from), func(t *testing.T) {
			stream := fmt.Sprintf("order-%d", at.first)
			s.append(c, stream, esdb.NoStream{}, notes(5)...)
			s.makeGroup(c, stream, at.from, eager())
			s.append(c, stream, esdb.Revision(4), notes(5)...)
			n := s.consume(c, stream, 10)
			require.Equal(t, at.first, n.next().Event.OriginalEvent().EventNumber)
		})
	}
}

func TestAGroupThatNamesNoStartBeginsWithTheNextEventThereIs(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "order-1", esdb.NoStream{}, notes(3)...)
	s.makeGroup(c, "order-1", nil, eager())
	s.append(c, "order-1", esdb.Revision(2), notes(2)...) // nobody is connected
	require.IsType(t, esdb.End{}, s.info(c, "order-1").Settings.StartFrom)

	n := s.consume(c, "order-1", 10)
	require.Equal(t, []uint64{3, 4}, n.handle(2))
	s.append(c, "order-1", esdb.Revision(4), notes(1)...)
	require.Equal(t, []uint64{5}, n.handle(1))
}

func TestAGroupOnAllBeginsWithTheEventAtItsPosition(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "order-1", esdb.NoStream{}, notes(1)...)
	done := s.append(c, "order-2", esdb.NoStream{}, notes(1)...)
	s.append(c, "order-3", esdb.NoStream{}, notes(1)...)
	settings := eager()
	require.NoError(t, c.CreatePersistentSubscriptionToAll(within(t), "desk", esdb.PersistentAllSubscriptionOptions{
		StartFrom: esdb.Position{Commit: done.CommitPosition, Prepare: done.PreparePosition}, Settings: &settings}))
	n := s.consume(c, "$all", 10)
	require.Equal(t, "order-2", n.next().Event.OriginalEvent().StreamID)
	require.Equal(t, "order-3", n.next().Event.OriginalEvent().StreamID)
}

func TestAGroupOnAllSeesWhatItsFilterTakesAndNeverItsOwnBooks(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	settings := eager()
	make := func(group string, filter *esdb.SubscriptionFilter) {
		require.NoError(t, c.CreatePersistentSubscriptionToAll(within(t), group, esdb.PersistentAllSubscriptionOptions{
			StartFrom: esdb.Start{}, Settings: &settings, Filter: filter}))
	}
	make("desk", &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{"order-", "$persistentsubscription"}})
	s.append(c, "order-1", esdb.NoStream{}, notes(1)...)
	s.append(c, "truck-1", esdb.NoStream{}, notes(1)...)
	s.append(c, "order-2", esdb.NoStream{}, notes(1)...)
	n := s.consume(c, "$all", 10)
	require.Equal(t, "order-1", n.next().Event.OriginalEvent().StreamID)
	second := n.next()
	require.Equal(t, "order-2", second.Event.OriginalEvent().StreamID)
	require.NoError(t, n.Nack("so", esdb.NackActionPark, second.Event))
	s.parked(c, "$all", 1) // an event in the group's own books
	s.append(c, "order-3", esdb.NoStream{}, notes(1)...)
	require.Equal(t, "order-3", n.next().Event.OriginalEvent().StreamID)
}

func TestLinksAreResolvedForAGroupThatAsksForIt(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "order-1", esdb.NoStream{}, notes(1)...)
	s.append(c, "desk-list", esdb.NoStream{}, link("0@order-1"), link("9@order-1"))
	settings := eager()
	settings.ResolveLinkTos = true
	s.makeGroup(c, "desk-list", esdb.Start{}, settings)
	n := s.consume(c, "desk-list", 1)

	e := n.next().Event
	require.Equal(t, "order-1", e.Event.StreamID)
	require.Equal(t, "desk-list", e.Link.StreamID)
	require.NoError(t, n.Ack(e)) // by the link's id

	e = n.next().Event
	require.Nil(t, e.Event, "there is no such event")
	require.Equal(t, uint64(1), e.Link.EventNumber)
	require.NoError(t, n.Ack(e))
	s.checkpointed(c, "desk-list", 1)
}

func TestWithoutResolvingAGroupHandsOutTheLinks(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "order-1", esdb.NoStream{}, notes(1)...)
	s.append(c, "desk-list", esdb.NoStream{}, link("0@order-1"))
	s.makeGroup(c, "desk-list", esdb.Start{}, eager())
	e := s.consume(c, "desk-list", 1).next().Event
	require.Nil(t, e.Link)
	require.Equal(t, "0@order-1", string(e.Event.Data))
}

func TestTheStreamOfAGroupMayComeLaterOrBeDeleted(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.makeGroup(c, "order-1", esdb.Start{}, eager())
	n := s.consume(c, "order-1", 10)
	s.append(c, "order-1", esdb.NoStream{}, notes(2)...)
	require.Equal(t, []uint64{0, 1}, n.handle(2))

	_, err := c.DeleteStream(within(t), "order-1", esdb.DeleteStreamOptions{})
	require.NoError(t, err)
	s.append(c, "order-1", esdb.NoStream{}, notes(1)...)
	require.Equal(t, []uint64{2}, n.handle(1), "the stream began anew")
}

func TestAnEventThatIsNotAnsweredInTimeComesAgain(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "order-1", esdb.NoStream{}, notes(1)...)
	settings := eager()
	settings.MessageTimeout = 20
	s.makeGroup(c, "order-1", esdb.Start{}, settings)
	n := s.consume(c, "order-1", 1)
	first := n.next()
	require.Zero(t, first.RetryCount)
	again := n.next()
	require.Equal(t, first.Event.Event.EventID, again.Event.Event.EventID)
	require.Equal(t, 1, again.RetryCount)
}

func TestWhatAConsumerHadGoesToAnotherWhenItDisconnects(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "order-1", esdb.NoStream{}, notes(4)...)
	s.makeGroup(c, "order-1", esdb.Start{}, eager())
	first := s.consume(c, "order-1", 3)
	events := first.take(3)
	require.NoError(t, first.Ack(events[1]))
	require.Equal(t, uint64(3), first.next().Event.OriginalEvent().EventNumber) // so the answer has arrived
	require.NoError(t, first.Close())

	second := s.consume(c, "order-1", 10)
	require.Equal(t, []uint64{0, 2, 3}, revisions(second.take(3)))
}

func TestAConsumerThatDoesNotReadHoldsNobodyUp(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	big := notes(60)
	for i := range big { // far beyond what a connection buffers
		big[i].Data, _ = json.Marshal(string(make([]byte, 20_000)))
	}
	for i := 0; i < len(big); i += 5 {
		s.append(c, "order-1", esdb.Any{}, big[i:i+5]...)
	}
	s.makeGroup(c, "order-1", esdb.Start{}, eager())
	s.consume(s.client(), "order-1", 30)
	n := s.consume(c, "order-1", 5)
	for range 6 {
		n.handle(5)
	}
	s.await(c, "order-1", func(i *esdb.PersistentSubscriptionInfo) bool { return i.Stats.TotalInFlightMessages == 30 })
}

func TestTheStrategyOfAGroupIsFollowed(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "order-1", esdb.NoStream{}, notes(4)...)
	settings := eager()
	settings.ConsumerStrategyName = esdb.ConsumerStrategyDispatchToSingle
	s.makeGroup(c, "order-1", esdb.Start{}, settings)
	first := s.consume(c, "order-1", 3)
	require.Equal(t, []uint64{0, 1, 2}, revisions(first.take(3)))
	second := s.consume(c, "order-1", 3)
	require.Equal(t, []uint64{3}, second.handle(1))
}

func TestASubscriptionEndsWithItsContext(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.makeGroup(c, "order-1", esdb.Start{}, eager())
	ctx, cancel := context.WithCancel(within(t))
	sub, err := c.SubscribeToPersistentSubscription(ctx, "order-1", "desk", esdb.SubscribeToPersistentSubscriptionOptions{})
	require.NoError(t, err)
	require.Len(t, s.info(c, "order-1").Connections, 1)
	cancel()
	require.NotNil(t, sub.Recv().SubscriptionDropped)
	s.await(c, "order-1", func(i *esdb.PersistentSubscriptionInfo) bool { return len(i.Connections) == 0 })
}
