package node

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/freightledger/freightledger/eventstore"
)

// Bounds of one BatchAppend call; a client that wants more waits.
const (
	batchFlights  = 256      // appends being stored
	batchGathered = 1024     // appends whose last message has not come
	batchBytes    = 16 << 20 // of the latter, together
)

// BatchAppend implements api.StreamsServer: many appends over one call, told
// apart by their correlation ids. Those to one stream are stored in the order
// in which their last messages came.
func (s *streams) BatchAppend(call api.Streams_BatchAppendServer) error {
	ctx, cancel := context.WithCancel(call.Context())
	defer cancel()
	b := &batch{streams: s, ctx: ctx, answers: make(chan *api.BatchAppendResp), gathered: make(map[uuid.UUID]*gathering),
		slots: make(chan struct{}, batchFlights), tails: make(map[string]chan struct{})}
	sent := make(chan error, 1)
	go func() {
		var err error
		for a := range b.answers {
			if err == nil {
				err = call.Send(a)
			}
			if err != nil {
				cancel() // and let those who answer go on
			}
		}
		sent <- err
	}()
	err := b.receive(call)
	if err != nil {
		cancel()
	}
	b.flights.Wait()
	close(b.answers)
	if sending := <-sent; err == nil {
		err = sending
	}
	return err
}

// batch is one call.
type batch struct {
	streams *streams
	ctx     context.Context
	answers chan *api.BatchAppendResp
	flights sync.WaitGroup
	slots   chan struct{}

	// The receiver's own:
	gathered map[uuid.UUID]*gathering
	bytes    int

	mu    sync.Mutex
	tails map[string]chan struct{} // closed when the last append to the stream has been answered
}

// gathering is an append whose messages are coming in.
type gathering struct {
	correlation *shared.UUID
	id          *shared.StreamIdentifier
	stream      string
	expected    eventstore.Revision
	deadline    time.Time // zero: none
	events      []rawEvent
	size        int
}

func (b *batch) receive(call api.Streams_BatchAppendServer) error {
	for {
		m, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		key, ok := parseID(m.GetCorrelationId())
		if !ok {
			return invalid("batch append: the correlation id is missing, zero or not a UUID")
		}
		g, err := b.gather(key, m)
		if err != nil {
			b.drop(key)
			if err := b.refuse(m, g, err); err != nil {
				return err
			}
			continue
		}
		if g == nil || !m.GetIsFinal() {
			continue // of an append that was refused, or there is more to come
		}
		b.drop(key)
		select {
		case b.slots <- struct{}{}:
		case <-b.ctx.Done():
			return b.ctx.Err()
		}
		b.launch(g)
	}
}

// gather adds a message to its append. Nil without an error is a message of an
// append that was refused before.
func (b *batch) gather(key uuid.UUID, m *api.BatchAppendReq) (*gathering, error) {
	g := b.gathered[key]
	if o := m.GetOptions(); o != nil && g == nil {
		if len(b.gathered) >= batchGathered {
			return nil, status.Errorf(codes.ResourceExhausted, "batch append: over %d appends are waiting for their last message", batchGathered)
		}
		g = &gathering{correlation: m.GetCorrelationId(), id: o.GetStreamIdentifier()}
		if err := b.options(g, o); err != nil {
			return g, err
		}
		b.gathered[key] = g
	}
	if g == nil {
		return nil, nil
	}
	for _, p := range m.GetProposedMessages() {
		e, err := parseEvent(p.GetId(), p.GetMetadata(), p.GetCustomMetadata(), p.GetData())
		if err == nil {
			err = reserved(g.stream, e)
		}
		if err != nil {
			return g, err
		}
		g.size += e.Size()
		b.bytes += e.Size()
		g.events = append(g.events, e)
		if limit := b.streams.history.limit; g.size > limit {
			return g, &eventstore.TooLarge{Stream: g.stream, Size: g.size, Limit: limit}
		}
		if b.bytes > batchBytes {
			return g, status.Errorf(codes.ResourceExhausted, "batch append: over %d bytes are waiting for their last message", batchBytes)
		}
	}
	return g, nil
}

func (b *batch) options(g *gathering, o *api.BatchAppendReq_Options) (err error) {
	if g.stream, err = parseName(o.GetStreamIdentifier()); err != nil {
		return err
	}
	switch by := o.GetExpectedStreamPosition().(type) {
	case *api.BatchAppendReq_Options_StreamPosition:
		g.expected, err = exact(by.StreamPosition)
	case *api.BatchAppendReq_Options_NoStream:
		g.expected = eventstore.NoStream
	case *api.BatchAppendReq_Options_Any:
		g.expected = anyRevision
	case *api.BatchAppendReq_Options_StreamExists:
		g.expected = streamExists
	default:
		err = invalid("append to %s: say which revision is expected", g.stream)
	}
	if err != nil {
		return err
	}
	now := b.streams.node.opts.Clock()
	switch by := o.GetDeadlineOption().(type) {
	case *api.BatchAppendReq_Options_Deadline:
		g.deadline = now.Add(by.Deadline.AsDuration())
	case *api.BatchAppendReq_Options_Deadline_21_10_0:
		g.deadline = by.Deadline_21_10_0.AsTime()
	}
	if !g.deadline.IsZero() && !g.deadline.After(now) {
		return context.DeadlineExceeded
	}
	return b.streams.node.mayAppend(b.ctx, g.stream, g.expected)
}

func (b *batch) drop(key uuid.UUID) {
	if g := b.gathered[key]; g != nil {
		b.bytes -= g.size
		delete(b.gathered, key)
	}
}

// launch stores an append once those before it, to the same stream, have been.
func (b *batch) launch(g *gathering) {
	done := make(chan struct{})
	b.mu.Lock()
	before := b.tails[g.stream]
	b.tails[g.stream] = done
	b.mu.Unlock()
	b.flights.Go(func() {
		defer func() {
			close(done)
			b.mu.Lock()
			if b.tails[g.stream] == done {
				delete(b.tails, g.stream)
			}
			b.mu.Unlock()
			<-b.slots
		}()
		if before != nil {
			<-before
		}
		b.answers <- b.answer(g)
	})
}

// answer stores an append and tells what became of it.
func (b *batch) answer(g *gathering) *api.BatchAppendResp {
	a := &api.BatchAppendResp{CorrelationId: g.correlation, StreamIdentifier: g.id}
	if done, err := b.store(g); err != nil {
		a.Result = batchError(err)
	} else {
		a.Result = batchSuccess(done)
	}
	return a
}

func (b *batch) store(g *gathering) (_ eventstore.Appended, err error) {
	defer b.streams.node.recovered(api.Streams_BatchAppend_FullMethodName, &err)
	ctx := b.ctx
	if !g.deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, g.deadline.Sub(b.streams.node.opts.Clock()))
		defer cancel()
	}
	return b.streams.history.append(ctx, g.stream, g.expected, g.events)
}

func batchSuccess(done eventstore.Appended) *api.BatchAppendResp_Success_ {
	ok := &api.BatchAppendResp_Success{
		CurrentRevisionOption: &api.BatchAppendResp_Success_CurrentRevision{CurrentRevision: uint64(done.Last)},
		PositionOption: &api.BatchAppendResp_Success_Position{Position: &shared.AllStreamPosition{
			CommitPosition: done.Position.Commit, PreparePosition: done.Position.Prepare}},
	}
	if done.Last == eventstore.NoStream {
		ok.CurrentRevisionOption = &api.BatchAppendResp_Success_NoStream{NoStream: &emptypb.Empty{}}
	}
	if done.Position == eventstore.Start {
		ok.PositionOption = &api.BatchAppendResp_Success_NoPosition{NoPosition: &emptypb.Empty{}}
	}
	return &api.BatchAppendResp_Success_{Success: ok}
}

// refuse answers an append that cannot be stored. G is nil when not even its
// options were taken.
func (b *batch) refuse(m *api.BatchAppendReq, g *gathering, err error) error {
	a := &api.BatchAppendResp{CorrelationId: m.GetCorrelationId(), StreamIdentifier: m.GetOptions().GetStreamIdentifier(), Result: batchError(err)}
	if g != nil {
		a.StreamIdentifier = g.id
	}
	select {
	case b.answers <- a:
		return nil
	case <-b.ctx.Done():
		return b.ctx.Err()
	}
}

// batchError is an error as a status with details, by which clients tell what
// it is. Source of the codes: Status.cs of EventStoreDB 24.10.
func batchError(err error) *api.BatchAppendResp_Error {
	var (
		wrong   *eventstore.WrongRevision
		large   *eventstore.TooLarge
		deleted *streamDeleted
	)
	code, text, detail := codes.Unknown, "Unknown", protoadapt.MessageV1(&shared.Unknown{})
	told := status.Convert(answer(err))
	switch {
	case errors.As(err, &wrong):
		code, text, detail = codes.AlreadyExists, "WrongExpectedVersion", wrongDetail(wrong)
	case errors.As(err, &large):
		code, text, detail = codes.InvalidArgument, "MaximumAppendSizeExceeded", &shared.MaximumAppendSizeExceeded{MaxAppendSize: uint32(large.Limit)}
	case errors.As(err, &deleted):
		code, text, detail = codes.NotFound, "StreamDeleted", &shared.StreamDeleted{StreamIdentifier: identifier(deleted.stream)}
	case told.Code() == codes.PermissionDenied:
		code, text, detail = codes.PermissionDenied, "AccessDenied", &shared.AccessDenied{}
	case told.Code() == codes.DeadlineExceeded, told.Code() == codes.Aborted, told.Code() == codes.Canceled:
		code, text, detail = codes.DeadlineExceeded, "Timeout", &shared.Timeout{}
	case told.Code() == codes.InvalidArgument:
		code, text, detail = codes.InvalidArgument, "BadRequest", &shared.BadRequest{Message: told.Message()}
	default:
		code, text = told.Code(), told.Message()
	}
	s := status.New(code, text)
	if detailed, err := s.WithDetails(detail); err == nil {
		s = detailed
	}
	return &api.BatchAppendResp_Error{Error: s.Proto()}
}

func wrongDetail(wrong *eventstore.WrongRevision) *shared.WrongExpectedVersion {
	d := &shared.WrongExpectedVersion{CurrentStreamRevisionOption: &shared.WrongExpectedVersion_CurrentStreamRevision{CurrentStreamRevision: uint64(wrong.Actual)}}
	none := &emptypb.Empty{}
	if wrong.Actual == eventstore.NoStream {
		d.CurrentStreamRevisionOption = &shared.WrongExpectedVersion_CurrentNoStream{CurrentNoStream: none}
	}
	switch wrong.Expected {
	case eventstore.NoStream:
		d.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: none}
	case anyRevision:
		d.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedAny{ExpectedAny: none}
	case streamExists:
		d.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: none}
	default:
		d.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedStreamPosition{ExpectedStreamPosition: uint64(wrong.Expected)}
	}
	return d
}
