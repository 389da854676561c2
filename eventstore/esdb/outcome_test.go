package esdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/freightledger/freightledger/eventstore"
)

// answering is a server that takes an append in and answers it as it is told.
type answering struct {
	streams.UnimplementedStreamsServer
	answer func(streams.Streams_AppendServer) error
}

func (a *answering) Append(stream streams.Streams_AppendServer) error {
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return a.answer(stream)
		} else if err != nil {
			return err
		}
	}
}

// appendTo sends an event to a server that answers so, through the real client.
func appendTo(t *testing.T, ctx context.Context, answer func(streams.Streams_AppendServer) error) (*client.WriteResult, error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	streams.RegisterStreamsServer(server, &answering{answer: answer})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		require.NoError(t, <-served)
	})
	config, err := client.ParseConnectionString("esdb://" + listener.Addr().String() + "?tls=false")
	require.NoError(t, err)
	config.Logger = client.NoopLogging()
	c, err := client.NewClient(config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	revision, err := expected(4)
	require.NoError(t, err)
	return c.AppendToStream(ctx, "shipment-S1", client.AppendToStreamOptions{ExpectedRevision: revision},
		proposed([]eventstore.Proposed{{ID: uuid.New(), Type: "T", Data: []byte("{}")}})...)
}

func TestEveryAnswerOfAServerIsClassified(t *testing.T) {
	failing := func(code codes.Code, trailer ...string) func(streams.Streams_AppendServer) error {
		return func(s streams.Streams_AppendServer) error {
			s.SetTrailer(metadata.Pairs(trailer...))
			return status.Error(code, "as told")
		}
	}
	wrong := func(s streams.Streams_AppendServer) error {
		return s.SendAndClose(&streams.AppendResp{Result: &streams.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: &streams.AppendResp_WrongExpectedVersion{
			CurrentRevisionOption:  &streams.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: 7},
			ExpectedRevisionOption: &streams.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: 4},
		}}})
	}
	refused := errors.New("refused: nothing was stored, and repeating it does not help")
	for name, c := range map[string]struct {
		answer func(streams.Streams_AppendServer) error
		want   error
	}{
		"wrong revision":            {wrong, errWrongRevision},
		"deadline exceeded":         {failing(codes.DeadlineExceeded), eventstore.ErrUnknownOutcome},
		"unavailable":               {failing(codes.Unavailable), eventstore.ErrUnknownOutcome},
		"aborted: write timed out":  {failing(codes.Aborted), eventstore.ErrUnknownOutcome},
		"cancelled":                 {failing(codes.Canceled), eventstore.ErrUnknownOutcome},
		"internal":                  {failing(codes.Internal), eventstore.ErrUnknownOutcome},
		"unknown":                   {failing(codes.Unknown), eventstore.ErrUnknownOutcome},
		"not the leader":            {failing(codes.NotFound, "exception", "not-leader", "leader-endpoint-host", "127.0.0.1", "leader-endpoint-port", "1"), eventstore.ErrUnknownOutcome},
		"too large":                 {failing(codes.InvalidArgument, "exception", "maximum-append-size-exceeded"), refused},
		"failed precondition":       {failing(codes.FailedPrecondition), refused},
		"access denied":             {failing(codes.PermissionDenied, "exception", "access-denied"), refused},
		"not authenticated":         {failing(codes.Unauthenticated), refused},
		"stream deleted":            {failing(codes.FailedPrecondition, "exception", "stream-deleted", "stream-name", "shipment-S1"), refused},
		"a server that has no such": {failing(codes.Unimplemented), refused},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := appendTo(t, t.Context(), c.answer)
			require.Error(t, err)
			requireOutcome(t, err, c.want, refused)
			requireOutcome(t, fmt.Errorf("append to shipment-S1: %w", err), c.want, refused)
		})
	}
}

// requireOutcome asks for one class, and that the cause stays visible.
func requireOutcome(t *testing.T, err, want, refused error) {
	t.Helper()
	got := outcome("shipment-S1", err)
	require.ErrorIs(t, got, err)
	for _, class := range []error{errWrongRevision, errClientGone, eventstore.ErrUnknownOutcome} {
		require.Equal(t, want == class, errors.Is(got, class), "%v is %v", got, class)
	}
	if want == refused {
		require.ErrorContains(t, got, "EventStoreDB")
	}
}

func TestAnAppendThatWasStoredHasItsPlace(t *testing.T) {
	result, err := appendTo(t, t.Context(), func(s streams.Streams_AppendServer) error {
		return s.SendAndClose(&streams.AppendResp{Result: &streams.AppendResp_Success_{Success: &streams.AppendResp_Success{
			CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: 5},
			PositionOption:        &streams.AppendResp_Success_Position{Position: &streams.AppendResp_Position{CommitPosition: 900, PreparePosition: 800}},
		}}})
	})
	require.NoError(t, outcome("shipment-S1", err))
	got, err := appended(result)
	require.NoError(t, err)
	require.Equal(t, eventstore.Appended{Last: 5, Position: eventstore.Position{Commit: 900, Prepare: 800}}, got)
}

func TestACallersTimeMayRunOutWhileTheServerWrites(t *testing.T) {
	ctx, end := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer end()
	_, err := appendTo(t, ctx, func(s streams.Streams_AppendServer) error {
		<-s.Context().Done()
		return s.Context().Err()
	})
	require.ErrorIs(t, outcome("shipment-S1", err), eventstore.ErrUnknownOutcome)
}

func TestErrorsThatAreNotTheClientsAreNotKnown(t *testing.T) {
	require.NoError(t, outcome("shipment-S1", nil))
	for _, err := range []error{io.EOF, context.Canceled, context.DeadlineExceeded, status.Error(codes.InvalidArgument, "not by the client"), &client.Error{}} {
		require.ErrorIs(t, outcome("shipment-S1", err), eventstore.ErrUnknownOutcome)
		require.ErrorIs(t, outcome("shipment-S1", err), err)
	}
	eof, _ := client.FromError(io.EOF) // as the client says that a send was cut off
	require.ErrorIs(t, outcome("shipment-S1", eof), eventstore.ErrUnknownOutcome)
}

func TestAClientThatWasClosedIsGone(t *testing.T) {
	config, err := client.ParseConnectionString("esdb://127.0.0.1:1?tls=false")
	require.NoError(t, err)
	config.Logger = client.NoopLogging()
	c, err := client.NewClient(config)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	_, err = c.AppendToStream(t.Context(), "shipment-S1", client.AppendToStreamOptions{})
	require.ErrorIs(t, outcome("shipment-S1", err), errClientGone)
	require.NotErrorIs(t, outcome("shipment-S1", err), eventstore.ErrUnknownOutcome)
}
