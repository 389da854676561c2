package node_test

import (
	"errors"
	"io"
	"math"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/freightledger/freightledger/eventstore/node"
)

// batchOf is a whole append as one message.
func batchOf(stream string, events int, changes ...func(*api.BatchAppendReq)) *api.BatchAppendReq {
	m := &api.BatchAppendReq{CorrelationId: textID(uuid.New()), IsFinal: true, Options: &api.BatchAppendReq_Options{
		StreamIdentifier: name(stream), ExpectedStreamPosition: &api.BatchAppendReq_Options_NoStream{NoStream: &emptypb.Empty{}}}}
	for range events {
		m.ProposedMessages = append(m.ProposedMessages, &api.BatchAppendReq_ProposedMessage{Id: textID(uuid.New()),
			Metadata: map[string]string{"type": "noted", "content-type": "application/json"}, Data: []byte(`{}`)})
	}
	for _, change := range changes {
		change(m)
	}
	return m
}

func textID(id uuid.UUID) *shared.UUID {
	return &shared.UUID{Value: &shared.UUID_String_{String_: id.String()}}
}

// sendBatch sends messages and gives the answers by correlation id.
func (s *served) sendBatch(messages ...*api.BatchAppendReq) map[string]*api.BatchAppendResp {
	s.t.Helper()
	call, err := s.stubs().BatchAppend(within(s.t))
	require.NoError(s.t, err)
	for _, m := range messages {
		require.NoError(s.t, call.Send(m))
	}
	require.NoError(s.t, call.CloseSend())
	answers := make(map[string]*api.BatchAppendResp)
	for {
		a, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return answers
		}
		require.NoError(s.t, err)
		answers[a.GetCorrelationId().GetString_()] = a
	}
}

func TestABatchIsManyAppendsEachAnswered(t *testing.T) {
	s := serve(t, node.Options{})
	var sent []*api.BatchAppendReq
	for i := range 50 { // to one stream, in order, and none waits for an answer
		sent = append(sent, batchOf("shipment-1", 2, func(m *api.BatchAppendReq) {
			if i > 0 {
				m.Options.ExpectedStreamPosition = &api.BatchAppendReq_Options_StreamPosition{StreamPosition: uint64(2*i - 1)}
			}
		}))
	}
	sent = append(sent, batchOf("shipment-2", 1, func(m *api.BatchAppendReq) {
		m.Options.ExpectedStreamPosition = &api.BatchAppendReq_Options_Any{Any: &emptypb.Empty{}}
	}))
	got := s.sendBatch(sent...)
	require.Len(t, got, len(sent))
	for i, m := range sent[:50] {
		ok := got[m.GetCorrelationId().GetString_()].GetSuccess()
		require.NotNil(t, ok, "append %d", i)
		require.Equal(t, uint64(2*i+1), ok.GetCurrentRevision())
		require.NotZero(t, ok.GetPosition().GetCommitPosition())
	}
	events, err := s.read(s.client(), "shipment-1")
	require.NoError(t, err)
	require.Len(t, events, 100)
}

func TestAnAppendOfABatchMayComeInParts(t *testing.T) {
	s := serve(t, node.Options{})
	id := textID(uuid.New())
	part := func(final bool) func(*api.BatchAppendReq) {
		return func(m *api.BatchAppendReq) { m.CorrelationId, m.IsFinal, m.Options = id, final, nil }
	}
	first := batchOf("shipment-1", 1, func(m *api.BatchAppendReq) { m.CorrelationId, m.IsFinal = id, false })
	got := s.sendBatch(first, batchOf("", 2, part(false)), batchOf("shipment-2", 1), batchOf("", 1, part(true)))
	require.Len(t, got, 2)
	require.Equal(t, uint64(3), got[id.GetString_()].GetSuccess().GetCurrentRevision())
	require.Equal(t, "shipment-1", string(got[id.GetString_()].GetStreamIdentifier().GetStreamName()))
}

func TestARefusalInABatchIsItsOwn(t *testing.T) {
	s := serve(t, node.Options{MaxAppendBytes: 1000})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(1)...)
	_, err := c.TombstoneStream(within(t), "shipment-9", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.NoStream{}})
	require.NoError(t, err)
	for _, r := range []struct {
		name   string
		m      *api.BatchAppendReq
		code   codes.Code
		detail proto.Message
	}{
		{"another revision", batchOf("shipment-1", 1), codes.AlreadyExists, &shared.WrongExpectedVersion{
			CurrentStreamRevisionOption:  &shared.WrongExpectedVersion_CurrentStreamRevision{CurrentStreamRevision: 0},
			ExpectedStreamPositionOption: &shared.WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &emptypb.Empty{}}}},
		{"no stream", batchOf("shipment-2", 1, func(m *api.BatchAppendReq) {
			m.Options.ExpectedStreamPosition = &api.BatchAppendReq_Options_StreamPosition{StreamPosition: 4}
		}), codes.AlreadyExists, &shared.WrongExpectedVersion{
			CurrentStreamRevisionOption:  &shared.WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &emptypb.Empty{}},
			ExpectedStreamPositionOption: &shared.WrongExpectedVersion_ExpectedStreamPosition{ExpectedStreamPosition: 4}}},
		{"a stream that must exist", batchOf("shipment-2", 1, func(m *api.BatchAppendReq) {
			m.Options.ExpectedStreamPosition = &api.BatchAppendReq_Options_StreamExists{StreamExists: &emptypb.Empty{}}
		}), codes.AlreadyExists, &shared.WrongExpectedVersion{
			CurrentStreamRevisionOption:  &shared.WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &emptypb.Empty{}},
			ExpectedStreamPositionOption: &shared.WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &emptypb.Empty{}}}},
		{"a deleted stream", batchOf("shipment-9", 1), codes.NotFound, &shared.StreamDeleted{StreamIdentifier: name("shipment-9")}},
		{"too much", batchOf("shipment-2", 1, func(m *api.BatchAppendReq) { m.ProposedMessages[0].Data = make([]byte, 1000) }),
			codes.InvalidArgument, &shared.MaximumAppendSizeExceeded{MaxAppendSize: 1000}},
		{"a deadline that is over", batchOf("shipment-2", 1, func(m *api.BatchAppendReq) {
			m.Options.DeadlineOption = &api.BatchAppendReq_Options_Deadline{Deadline: durationpb.New(0)}
		}), codes.DeadlineExceeded, &shared.Timeout{}},
		{"an older form of it", batchOf("shipment-2", 1, func(m *api.BatchAppendReq) {
			m.Options.DeadlineOption = &api.BatchAppendReq_Options_Deadline_21_10_0{Deadline_21_10_0: timestamppb.New(time.Unix(1, 0))}
		}), codes.DeadlineExceeded, &shared.Timeout{}},
		{"no expectation", batchOf("shipment-2", 1, func(m *api.BatchAppendReq) { m.Options.ExpectedStreamPosition = nil }),
			codes.InvalidArgument, &shared.BadRequest{Message: "append to shipment-2: say which revision is expected"}},
		{"no name", batchOf("", 1), codes.InvalidArgument, &shared.BadRequest{Message: "a stream needs a name"}},
		{"no type", batchOf("shipment-2", 1, func(m *api.BatchAppendReq) { delete(m.ProposedMessages[0].Metadata, "type") }),
			codes.InvalidArgument, &shared.BadRequest{Message: "Required Metadata Property 'type' is missing"}},
	} {
		t.Run(r.name, func(t *testing.T) {
			good := batchOf("shipment-"+uuid.NewString(), 1)
			got := s.sendBatch(r.m, good)
			require.NotNil(t, got[good.GetCorrelationId().GetString_()].GetSuccess(), "the others go on")
			refused := got[r.m.GetCorrelationId().GetString_()].GetError()
			require.Equal(t, int32(r.code), refused.GetCode(), "%v", refused)
			require.Len(t, refused.GetDetails(), 1)
			detail, err := refused.GetDetails()[0].UnmarshalNew()
			require.NoError(t, err)
			require.True(t, proto.Equal(r.detail, detail), "%v", detail)
		})
	}
}

func TestABatchIsBounded(t *testing.T) {
	s := serve(t, node.Options{})
	call, err := s.stubs().BatchAppend(within(t))
	require.NoError(t, err)
	for range 1024 {
		require.NoError(t, call.Send(batchOf("shipment-1", 0, func(m *api.BatchAppendReq) { m.IsFinal = false })))
	}
	require.NoError(t, call.Send(batchOf("shipment-1", 0)))
	a, err := call.Recv()
	require.NoError(t, err)
	require.Equal(t, int32(codes.ResourceExhausted), a.GetError().GetCode())

	t.Run("and needs ids", func(t *testing.T) {
		call, err := s.stubs().BatchAppend(within(t))
		require.NoError(t, err)
		require.NoError(t, call.Send(batchOf("shipment-1", 0, func(m *api.BatchAppendReq) { m.CorrelationId = nil })))
		_, err = call.Recv()
		require.Equal(t, codes.InvalidArgument, status.Code(err))
	})
	t.Run("and revisions that there are", func(t *testing.T) {
		m := batchOf("shipment-1", 1, func(m *api.BatchAppendReq) {
			m.Options.ExpectedStreamPosition = &api.BatchAppendReq_Options_StreamPosition{StreamPosition: math.MaxUint64}
		})
		require.Equal(t, int32(codes.InvalidArgument), s.sendBatch(m)[m.GetCorrelationId().GetString_()].GetError().GetCode())
	})
}
