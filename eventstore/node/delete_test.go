package node_test

import (
	"context"
	"math"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/node"
)

func TestADeletedStreamIsNotFoundAndBeginsAnew(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(2)...)
	deleted, err := c.DeleteStream(within(t), "shipment-1", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(1)})
	require.NoError(t, err)
	require.Equal(t, uint64(3), deleted.Position.Commit)
	_, err = s.read(c, "shipment-1")
	require.Equal(t, esdb.ErrorCodeResourceNotFound, code(t, err))

	done := s.append(c, "shipment-1", esdb.NoStream{}, notes(1)...)
	require.Equal(t, uint64(2), done.NextExpectedVersion, "revisions go on")
	got, err := s.read(c, "shipment-1")
	require.NoError(t, err)
	require.Equal(t, []uint64{2}, revisions(got), "what was deleted stays hidden")
}

func TestADeletedStreamTakesWhatFits(t *testing.T) {
	deleted := func(t *testing.T) (*served, *esdb.Client, []esdb.EventData) {
		s := serve(t, node.Options{})
		c := s.client()
		events := notes(2)
		s.append(c, "shipment-1", esdb.NoStream{}, events...)
		_, err := c.DeleteStream(within(t), "shipment-1", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
		require.NoError(t, err)
		return s, c, events
	}
	for name, expected := range map[string]esdb.ExpectedRevision{"any": esdb.Any{}, "none": esdb.NoStream{}, "the last": esdb.Revision(1)} {
		t.Run("at revision "+name, func(t *testing.T) {
			s, c, _ := deleted(t)
			require.Equal(t, uint64(2), s.append(c, "shipment-1", expected, notes(1)...).NextExpectedVersion)
		})
	}
	for name, expected := range map[string]esdb.ExpectedRevision{"before": esdb.Revision(0), "after": esdb.Revision(2)} {
		t.Run("not at one "+name, func(t *testing.T) {
			_, c, _ := deleted(t)
			_, err := c.AppendToStream(within(t), "shipment-1", esdb.AppendToStreamOptions{ExpectedRevision: expected}, notes(1)...)
			require.Equal(t, esdb.ErrorCodeWrongExpectedVersion, code(t, err))
		})
	}
	t.Run("not as a stream that exists", func(t *testing.T) {
		_, c, _ := deleted(t)
		_, err := c.AppendToStream(within(t), "shipment-1", esdb.AppendToStreamOptions{ExpectedRevision: esdb.StreamExists{}}, notes(1)...)
		require.Equal(t, esdb.ErrorCodeStreamDeleted, code(t, err))
	})
	t.Run("a repeat is still a repeat", func(t *testing.T) {
		s, c, events := deleted(t)
		require.Equal(t, uint64(1), s.append(c, "shipment-1", esdb.NoStream{}, events...).NextExpectedVersion)
		require.Equal(t, uint64(1), s.append(c, "shipment-1", esdb.Any{}, events...).NextExpectedVersion)
		_, err := s.read(c, "shipment-1")
		require.Equal(t, esdb.ErrorCodeResourceNotFound, code(t, err), "and brings nothing back")
	})
	t.Run("metadata, which bring it back empty", func(t *testing.T) {
		s, c, _ := deleted(t)
		described := esdb.StreamMetadata{}
		described.SetMaxCount(5)
		_, err := c.SetStreamMetadata(within(t), "shipment-1", esdb.AppendToStreamOptions{}, described)
		require.NoError(t, err)
		got, err := s.read(c, "shipment-1")
		require.NoError(t, err)
		require.Empty(t, got)
		kept, err := c.GetStreamMetadata(within(t), "shipment-1", esdb.ReadStreamOptions{})
		require.NoError(t, err)
		require.Equal(t, uint64(5), *kept.MaxCount())
		require.Equal(t, uint64(2), *kept.TruncateBefore())
	})
}

func TestWhatIsThereCanBeDeletedAndElseNot(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(2)...)
	stubs := s.stubs()
	var trailers metadata.MD
	_, err := stubs.Delete(within(t), &api.DeleteReq{Options: &api.DeleteReq_Options{StreamIdentifier: name("shipment-1"),
		ExpectedStreamRevision: &api.DeleteReq_Options_Revision{Revision: 0}}}, grpc.Trailer(&trailers))
	require.Equal(t, codes.FailedPrecondition, status.Code(err))
	require.Equal(t, []string{"wrong-expected-version"}, trailers.Get("exception"))
	require.Equal(t, []string{"shipment-1"}, trailers.Get("stream-name"))
	require.Equal(t, []string{"0"}, trailers.Get("expected-version"))
	require.Equal(t, []string{"1"}, trailers.Get("actual-version"))

	for name, expected := range map[string]*api.DeleteReq_Options{
		"any":    {ExpectedStreamRevision: &api.DeleteReq_Options_Any{Any: &shared.Empty{}}},
		"none":   {ExpectedStreamRevision: &api.DeleteReq_Options_NoStream{NoStream: &shared.Empty{}}},
		"exists": {ExpectedStreamRevision: &api.DeleteReq_Options_StreamExists{StreamExists: &shared.Empty{}}},
	} {
		expected.StreamIdentifier = &shared.StreamIdentifier{StreamName: []byte("shipment-2")}
		_, err := stubs.Delete(within(t), &api.DeleteReq{Options: expected}, grpc.Trailer(&trailers))
		require.Equal(t, codes.FailedPrecondition, status.Code(err), name)
		require.Equal(t, []string{"-1"}, trailers.Get("actual-version"), name)
	}
	_, err = stubs.Delete(within(t), &api.DeleteReq{Options: &api.DeleteReq_Options{StreamIdentifier: name("$$shipment-1"),
		ExpectedStreamRevision: &api.DeleteReq_Options_Any{Any: &shared.Empty{}}}})
	require.Equal(t, codes.InvalidArgument, status.Code(err), "metadata are written anew, not deleted")
	_, err = stubs.Delete(within(t), &api.DeleteReq{Options: &api.DeleteReq_Options{StreamIdentifier: name("shipment-1")}})
	require.Equal(t, codes.InvalidArgument, status.Code(err), "without an expectation")
}

func TestATombstoneEndsAStreamForGood(t *testing.T) {
	for name, before := range map[string]int{"with events": 2, "that never was": 0} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, node.Options{})
			c := s.client()
			if before > 0 {
				s.append(c, "shipment-1", esdb.NoStream{}, notes(before)...)
			}
			gone, err := c.TombstoneStream(within(t), "shipment-1", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
			require.NoError(t, err)
			require.Equal(t, uint64(before+1), gone.Position.Commit)

			_, err = s.read(c, "shipment-1")
			require.Equal(t, esdb.ErrorCodeStreamDeleted, code(t, err))
			for _, expected := range []esdb.ExpectedRevision{esdb.Any{}, esdb.NoStream{}, esdb.StreamExists{}, esdb.Revision(uint64(max(0, before-1)))} {
				_, err = c.AppendToStream(within(t), "shipment-1", esdb.AppendToStreamOptions{ExpectedRevision: expected}, notes(1)...)
				require.Equal(t, esdb.ErrorCodeStreamDeleted, code(t, err))
			}
			_, err = c.DeleteStream(within(t), "shipment-1", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
			require.Equal(t, esdb.ErrorCodeStreamDeleted, code(t, err))
			_, err = c.TombstoneStream(within(t), "shipment-1", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
			require.Equal(t, esdb.ErrorCodeStreamDeleted, code(t, err))
			_, err = c.SetStreamMetadata(within(t), "shipment-1", esdb.AppendToStreamOptions{}, esdb.StreamMetadata{})
			require.Equal(t, esdb.ErrorCodeStreamDeleted, code(t, err))

			all, err := c.ReadAll(within(t), esdb.ReadAllOptions{Direction: esdb.Backwards, From: esdb.End{}}, 1)
			require.NoError(t, err)
			got, err := drain(all)
			require.NoError(t, err)
			require.Equal(t, "shipment-1", got[0].Event.StreamID)
			require.Equal(t, "$streamDeleted", got[0].Event.EventType)
			require.Equal(t, uint64(math.MaxInt64), got[0].Event.EventNumber)
		})
	}
}

func TestATombstoneIsToldWithItsStream(t *testing.T) {
	s := serve(t, node.Options{})
	_, err := s.client().TombstoneStream(within(t), "Sendung-ü", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.NoStream{}})
	require.NoError(t, err)
	var trailers metadata.MD
	call, err := s.stubs().Read(within(t), readStream("Sendung-ü"), grpc.Trailer(&trailers))
	require.NoError(t, err)
	_, err = call.Recv()
	require.Equal(t, codes.FailedPrecondition, status.Code(err))
	require.Equal(t, []string{"stream-deleted"}, trailers.Get("exception"))
	require.Equal(t, []string{`"Sendung-\u00fc"`}, trailers.Get("stream-name"), "a trailer is ASCII")
}

func TestDeletionOutlivesTheNode(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	for _, stream := range []string{"shipment-1", "shipment-2"} {
		s.append(c, stream, esdb.NoStream{}, notes(2)...)
	}
	_, err := c.DeleteStream(within(t), "shipment-1", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	require.NoError(t, err)
	_, err = c.TombstoneStream(within(t), "shipment-2", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	require.NoError(t, err)
	c.Close()
	s.stop()

	again := serveStore(t, s.store, node.Options{})
	c = again.client()
	_, err = again.read(c, "shipment-1")
	require.Equal(t, esdb.ErrorCodeResourceNotFound, code(t, err))
	_, err = again.read(c, "shipment-2")
	require.Equal(t, esdb.ErrorCodeStreamDeleted, code(t, err))
	last, err := s.store.Raw().Last(context.Background(), "shipment-2")
	require.NoError(t, err)
	require.Equal(t, eventstore.Revision(1), last, "the events themselves are where they were")
}
