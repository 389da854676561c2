package node_test

import (
	"encoding/json"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore/node"
)

const parkedOrders = "$persistentsubscription-order-1::desk-parked"

func (s *served) replay(c *esdb.Client, stream string, stopAt int) {
	s.t.Helper()
	require.NoError(s.t, c.ReplayParkedMessages(within(s.t), stream, "desk", esdb.ReplayParkedMessagesOptions{StopAt: stopAt}))
}

// parkedOrder is a group on order-1 of whose events the first n are parked.
func parkedOrder(t *testing.T, s *served, c *esdb.Client, n int) *consumer {
	t.Helper()
	s.append(c, "order-1", esdb.NoStream{}, notes(n+1)...)
	s.makeGroup(c, "order-1", esdb.Start{}, eager())
	desk := s.consume(c, "order-1", 10)
	require.NoError(t, desk.Nack("no such customer", esdb.NackActionPark, desk.take(n)...))
	require.Equal(t, []uint64{uint64(n)}, desk.handle(1))
	s.parked(c, "order-1", int64(n))
	s.checkpointed(c, "order-1", uint64(n))
	return desk
}

func TestAParkedEventIsALinkThatSaysWhy(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	parkedOrder(t, s, c, 2)
	links, err := s.read(c, parkedOrders)
	require.NoError(t, err)
	require.Len(t, links, 2)
	require.Equal(t, "$>", links[1].Event.EventType)
	require.Equal(t, "1@order-1", string(links[1].Event.Data))
	var why struct{ Added, Reason string }
	require.NoError(t, json.Unmarshal(links[1].Event.UserMetadata, &why))
	require.Equal(t, "no such customer", why.Reason)
	require.NotEmpty(t, why.Added)
}

func TestReplayedEventsComeAgainAndStayParkedUntilTheyAreHandled(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	desk := parkedOrder(t, s, c, 3)
	s.replay(c, "order-1", 0)
	events := desk.take(3)
	require.Equal(t, []uint64{0, 1, 2}, revisions(events))
	require.Zero(t, s.info(c, "order-1").Stats.ParkedMessagesCount)
	left, err := s.read(c, parkedOrders)
	require.NoError(t, err)
	require.Len(t, left, 3, "until they are handled, a crash must not lose them")

	require.NoError(t, desk.Ack(events...))
	require.Eventually(t, func() bool {
		left, err := s.read(c, parkedOrders)
		return err == nil && len(left) == 0
	}, waitLong, waitStep)
	require.Equal(t, uint64(3), *s.info(c, "order-1").Stats.LastCheckpointedEventRevision, "a replay moves no checkpoint")
}

func TestAReplayStopsWhereItIsToldTo(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	desk := parkedOrder(t, s, c, 3)
	s.replay(c, "order-1", 2) // the number among the parked that is left out
	require.Equal(t, []uint64{0, 1}, desk.handle(2))
	s.parked(c, "order-1", 1)
	s.replay(c, "order-1", 0)
	require.Equal(t, []uint64{2}, desk.handle(1))
	s.parked(c, "order-1", 0)
}

func TestAReplayedEventCanBeParkedAgain(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	desk := parkedOrder(t, s, c, 1)
	for range 2 {
		s.replay(c, "order-1", 0)
		e := desk.next()
		require.Equal(t, uint64(0), e.Event.OriginalEvent().EventNumber)
		require.Zero(t, e.RetryCount)
		require.NoError(t, desk.Nack("still not", esdb.NackActionPark, e.Event))
		s.parked(c, "order-1", 1)
	}
}

func TestAfterTheLastRetryTheNodeParksAnEvent(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "order-1", esdb.NoStream{}, notes(1)...)
	settings := eager()
	settings.MaxRetryCount = 2
	s.makeGroup(c, "order-1", esdb.Start{}, settings)
	desk := s.consume(c, "order-1", 1)
	for retry := range 3 {
		e := desk.next()
		require.Equal(t, retry, e.RetryCount)
		require.NoError(t, desk.Nack("the ERP is down", esdb.NackActionRetry, e.Event))
	}
	s.parked(c, "order-1", 1)
	s.checkpointed(c, "order-1", 0)
}

func TestASkippedEventIsDoneWith(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "order-1", esdb.NoStream{}, notes(1)...)
	s.makeGroup(c, "order-1", esdb.Start{}, eager())
	desk := s.consume(c, "order-1", 1)
	require.NoError(t, desk.Nack("not ours", esdb.NackActionSkip, desk.take(1)...))
	s.checkpointed(c, "order-1", 0)
	s.parked(c, "order-1", 0)
}

func TestParkedEventsWhoseStreamIsGoneAreForgottenByAReplay(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	desk := parkedOrder(t, s, c, 2)
	_, err := c.DeleteStream(within(t), "order-1", esdb.DeleteStreamOptions{})
	require.NoError(t, err)
	s.replay(c, "order-1", 0)
	require.Eventually(t, func() bool {
		left, err := s.read(c, parkedOrders)
		return err == nil && len(left) == 0
	}, waitLong, waitStep)
	s.append(c, "order-1", esdb.Any{}, notes(1)...)
	require.Equal(t, []uint64{3}, desk.handle(1), "and nothing else comes")
}

func TestAParkedLinkIsReplayedAsItWasSeenFirst(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "order-1", esdb.NoStream{}, notes(1)...)
	s.append(c, "desk-list", esdb.NoStream{}, link("0@order-1"))
	settings := eager()
	settings.ResolveLinkTos = true
	s.makeGroup(c, "desk-list", esdb.Start{}, settings)
	desk := s.consume(c, "desk-list", 1)
	first := desk.next().Event
	require.NoError(t, desk.Nack("later", esdb.NackActionPark, first))
	s.parked(c, "desk-list", 1)
	s.replay(c, "desk-list", 0)
	require.Equal(t, first, desk.next().Event)
}
