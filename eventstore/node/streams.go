package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/freightledger/freightledger/eventstore"
)

// streams serves event_store.client.streams.Streams.
type streams struct {
	api.UnimplementedStreamsServer
	node    *Node
	history *history
}

// recovered turns a panic into an answer.
func (n *Node) recovered(method string, err *error) {
	if fault := recover(); fault != nil {
		n.opts.Logger.Error("node: a call failed by a fault of the program", "method", method, "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
		*err = status.Error(codes.Internal, "the node failed by a fault of its program; its log says more")
	}
}

// expectation is what all requests that write say of the stream's revision.
type expectation interface {
	GetRevision() uint64
	GetNoStream() *shared.Empty
	GetAny() *shared.Empty
	GetStreamExists() *shared.Empty
}

// exact reads a revision as a client sends it.
func exact(revision uint64) (eventstore.Revision, error) {
	if revision > math.MaxInt64 {
		return 0, invalid("expected revision %d: the highest is %d", revision, int64(math.MaxInt64))
	}
	return eventstore.Revision(revision), nil
}

// Append implements api.StreamsServer.
func (s *streams) Append(call api.Streams_AppendServer) error {
	first, err := call.Recv()
	if errors.Is(err, io.EOF) {
		return invalid("an append begins with its options")
	}
	if err != nil {
		return err
	}
	o := first.GetOptions()
	if o == nil {
		return invalid("an append begins with its options")
	}
	stream, err := parseName(o.GetStreamIdentifier())
	if err != nil {
		return err
	}
	var expected eventstore.Revision
	switch by := o.GetExpectedStreamRevision().(type) {
	case *api.AppendReq_Options_Revision:
		if expected, err = exact(by.Revision); err != nil {
			return err
		}
	case *api.AppendReq_Options_NoStream:
		expected = eventstore.NoStream
	case *api.AppendReq_Options_Any:
		expected = anyRevision
	case *api.AppendReq_Options_StreamExists:
		expected = streamExists
	default:
		return invalid("append to %s: say which revision is expected", stream)
	}
	if err := s.node.mayAppend(call.Context(), stream, expected); err != nil {
		return err
	}
	events, err := s.proposed(call, stream)
	if err != nil {
		return err
	}
	done, err := s.history.append(call.Context(), stream, expected, events)
	var wrong *eventstore.WrongRevision
	switch {
	case errors.As(err, &wrong):
		return call.SendAndClose(&api.AppendResp{Result: wrongResult(expected, wrong.Actual)})
	case err != nil:
		return err
	}
	return call.SendAndClose(&api.AppendResp{Result: &api.AppendResp_Success_{Success: success(done)}})
}

// proposed receives the events of an append.
func (s *streams) proposed(call api.Streams_AppendServer, stream string) ([]rawEvent, error) {
	var events []rawEvent
	size := 0
	for {
		req, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return nil, err
		}
		m := req.GetProposedMessage()
		if m == nil {
			return nil, invalid("append to %s: the options are followed by events only", stream)
		}
		e, err := parseEvent(m.GetId(), m.GetMetadata(), m.GetCustomMetadata(), m.GetData())
		if err != nil {
			return nil, err
		}
		if err := reserved(stream, e); err != nil {
			return nil, err
		}
		if size += e.Size(); size > s.history.limit {
			return nil, tooLarge(s.history.limit)
		}
		events = append(events, e)
	}
}

// reserved refuses what only the node itself may write: the mark that ends a
// stream lies in the stream's metadata.
func reserved(stream string, e rawEvent) error {
	if _, meta := described(stream); meta && e.Type == typeDeleted {
		return invalid("append to %s: events of type %s are written by the node itself, see Tombstone", stream, typeDeleted)
	}
	return nil
}

func success(done eventstore.Appended) *api.AppendResp_Success {
	ok := &api.AppendResp_Success{}
	if done.Last == eventstore.NoStream {
		ok.CurrentRevisionOption = &api.AppendResp_Success_NoStream{NoStream: &shared.Empty{}}
	} else {
		ok.CurrentRevisionOption = &api.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(done.Last)}
	}
	if done.Position == eventstore.Start {
		ok.PositionOption = &api.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}}
	} else {
		ok.PositionOption = &api.AppendResp_Success_Position{Position: &api.AppendResp_Position{
			CommitPosition: done.Position.Commit, PreparePosition: done.Position.Prepare}}
	}
	return ok
}

// wrongResult says which revision was expected and which is there, in the
// fields of today and in those of 20.6.0.
func wrongResult(expected, actual eventstore.Revision) *api.AppendResp_WrongExpectedVersion_ {
	w := &api.AppendResp_WrongExpectedVersion{}
	none := &shared.Empty{}
	switch expected {
	case anyRevision:
		w.ExpectedRevisionOption = &api.AppendResp_WrongExpectedVersion_ExpectedAny{ExpectedAny: none}
		w.ExpectedRevisionOption_20_6_0 = &api.AppendResp_WrongExpectedVersion_Any_20_6_0{Any_20_6_0: none}
	case streamExists:
		w.ExpectedRevisionOption = &api.AppendResp_WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: none}
		w.ExpectedRevisionOption_20_6_0 = &api.AppendResp_WrongExpectedVersion_StreamExists_20_6_0{StreamExists_20_6_0: none}
	case eventstore.NoStream:
		w.ExpectedRevisionOption = &api.AppendResp_WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: none}
		w.ExpectedRevisionOption_20_6_0 = &api.AppendResp_WrongExpectedVersion_ExpectedRevision_20_6_0{ExpectedRevision_20_6_0: math.MaxUint64}
	default:
		w.ExpectedRevisionOption = &api.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: uint64(expected)}
		w.ExpectedRevisionOption_20_6_0 = &api.AppendResp_WrongExpectedVersion_ExpectedRevision_20_6_0{ExpectedRevision_20_6_0: uint64(expected)}
	}
	if actual == eventstore.NoStream {
		w.CurrentRevisionOption = &api.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: none}
		w.CurrentRevisionOption_20_6_0 = &api.AppendResp_WrongExpectedVersion_NoStream_20_6_0{NoStream_20_6_0: none}
	} else {
		w.CurrentRevisionOption = &api.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: uint64(actual)}
		w.CurrentRevisionOption_20_6_0 = &api.AppendResp_WrongExpectedVersion_CurrentRevision_20_6_0{CurrentRevision_20_6_0: uint64(actual)}
	}
	return &api.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: w}
}

// Delete implements api.StreamsServer.
func (s *streams) Delete(ctx context.Context, req *api.DeleteReq) (*api.DeleteResp, error) {
	o := req.GetOptions()
	_, stated := o.GetExpectedStreamRevision().(*api.DeleteReq_Options_Revision)
	at, err := s.remove(ctx, o.GetStreamIdentifier(), o, stated, false)
	if err != nil {
		return nil, err
	}
	return &api.DeleteResp{PositionOption: &api.DeleteResp_Position_{Position: &api.DeleteResp_Position{
		CommitPosition: at.Commit, PreparePosition: at.Prepare}}}, nil
}

// Tombstone implements api.StreamsServer.
func (s *streams) Tombstone(ctx context.Context, req *api.TombstoneReq) (*api.TombstoneResp, error) {
	o := req.GetOptions()
	_, stated := o.GetExpectedStreamRevision().(*api.TombstoneReq_Options_Revision)
	at, err := s.remove(ctx, o.GetStreamIdentifier(), o, stated, true)
	if err != nil {
		return nil, err
	}
	return &api.TombstoneResp{PositionOption: &api.TombstoneResp_Position_{Position: &api.TombstoneResp_Position{
		CommitPosition: at.Commit, PreparePosition: at.Prepare}}}, nil
}

func (s *streams) remove(ctx context.Context, id *shared.StreamIdentifier, o expectation, stated, forGood bool) (eventstore.Position, error) {
	stream, err := parseName(id)
	if err != nil {
		return eventstore.Start, err
	}
	var expected eventstore.Revision
	switch {
	case stated:
		expected, err = exact(o.GetRevision())
	case o.GetNoStream() != nil:
		expected = eventstore.NoStream
	case o.GetAny() != nil:
		expected = anyRevision
	case o.GetStreamExists() != nil:
		expected = streamExists
	default:
		err = invalid("delete %s: say which revision is expected", stream)
	}
	if err != nil {
		return eventstore.Start, err
	}
	if err := s.node.mayDelete(ctx, stream); err != nil {
		return eventstore.Start, err
	}
	at, err := s.history.remove(ctx, stream, expected, forGood)
	var wrong *eventstore.WrongRevision
	if errors.As(err, &wrong) {
		return eventstore.Start, wrongVersion("Delete", wrong)
	}
	return at, err
}
