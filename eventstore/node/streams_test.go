package node_test

import (
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore/node"
)

func TestWhatIsAppendedIsReadBack(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	events := notes(3)
	done := s.append(c, "shipment-1", esdb.NoStream{}, events...)
	require.Equal(t, uint64(2), done.NextExpectedVersion)
	require.Equal(t, uint64(3), done.CommitPosition)

	got, err := s.read(c, "shipment-1")
	require.NoError(t, err)
	require.Equal(t, []uint64{0, 1, 2}, revisions(got))
	for i, e := range got {
		require.Equal(t, events[i].EventID, e.Event.EventID)
		require.Equal(t, events[i].EventType, e.Event.EventType)
		require.Equal(t, events[i].Data, e.Event.Data)
		require.Equal(t, events[i].Metadata, e.Event.UserMetadata)
		require.Equal(t, "application/json", e.Event.ContentType)
		require.Equal(t, uint64(i+1), e.Event.Position.Commit)
		require.Equal(t, uint64(i+1), *e.Commit)
	}
}

func TestASubscriptionGetsWhatIsThereAndWhatComes(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(2)...)
	sub, err := c.SubscribeToStream(within(t), "shipment-1", esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	require.NoError(t, err)
	defer sub.Close()
	require.Equal(t, uint64(0), sub.Recv().EventAppeared.Event.EventNumber)
	require.Equal(t, uint64(1), sub.Recv().EventAppeared.Event.EventNumber)
	require.NotNil(t, sub.Recv().CaughtUp)
	s.append(c, "shipment-1", esdb.Revision(1), notes(1)...)
	require.Equal(t, uint64(2), sub.Recv().EventAppeared.Event.EventNumber)
}
