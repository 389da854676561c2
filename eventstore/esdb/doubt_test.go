package esdb_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/esdb"
	"github.com/freightledger/freightledger/eventstore/node"
)

// between stands between an adapter and a node. It passes readings through,
// and appends as it is told.
type between struct {
	streams.UnimplementedStreamsServer
	to     streams.StreamsClient
	behind *server
	append func(attempt int, s streams.Streams_AppendServer, pass func() (*streams.AppendResp, error)) error

	attempts atomic.Int32
}

func (b *between) Append(s streams.Streams_AppendServer) error {
	return b.append(int(b.attempts.Add(1)), s, func() (*streams.AppendResp, error) {
		to, err := b.to.Append(context.WithoutCancel(s.Context())) // what was stored stays stored
		if err != nil {
			return nil, err
		}
		for {
			m, err := s.Recv()
			if errors.Is(err, io.EOF) {
				return to.CloseAndRecv()
			}
			if err != nil {
				return nil, err
			}
			if err := to.Send(m); err != nil {
				return nil, err
			}
		}
	})
}

func (b *between) Read(r *streams.ReadReq, s streams.Streams_ReadServer) error {
	from, err := b.to.Read(s.Context(), r)
	if err != nil {
		return err
	}
	for {
		m, err := from.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.Send(m); err != nil {
			return err
		}
	}
}

// through opens an adapter whose appends go through a function.
func through(t *testing.T, f func(attempt int, s streams.Streams_AppendServer, pass func() (*streams.AppendResp, error)) error) (*esdb.Store, *between) {
	t.Helper()
	behind := serve(t, node.Options{})
	conn, err := grpc.NewClient(behind.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	b := &between{to: streams.NewStreamsClient(conn), behind: behind, append: f}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	front := grpc.NewServer(grpc.MaxRecvMsgSize(16 << 20))
	streams.RegisterStreamsServer(front, b)
	served := make(chan error, 1)
	go func() { served <- front.Serve(l) }()
	t.Cleanup(func() {
		front.Stop()
		require.NoError(t, <-served)
	})
	s, err := esdb.Open(t.Context(), esdb.Config{Connection: "esdb://" + l.Addr().String() + "?tls=false", Timeout: time.Second, Patience: 3 * time.Second, Logger: quiet()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, b
}

func TestAnAnswerThatWasLostIsFound(t *testing.T) {
	for name, lose := range map[string]func(streams.Streams_AppendServer) error{
		"unavailable":       func(streams.Streams_AppendServer) error { return status.Error(codes.Unavailable, "as told") },
		"deadline exceeded": func(streams.Streams_AppendServer) error { return status.Error(codes.DeadlineExceeded, "as told") },
		"aborted":           func(streams.Streams_AppendServer) error { return status.Error(codes.Aborted, "as told") },
		"cancelled":         func(streams.Streams_AppendServer) error { return status.Error(codes.Canceled, "as told") },
		"unknown":           func(streams.Streams_AppendServer) error { return status.Error(codes.Unknown, "as told") },
		"silence":           func(s streams.Streams_AppendServer) error { <-s.Context().Done(); return nil },
		"no position": func(s streams.Streams_AppendServer) error {
			return s.SendAndClose(&streams.AppendResp{Result: &streams.AppendResp_Success_{Success: &streams.AppendResp_Success{
				CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: 1}, PositionOption: &streams.AppendResp_Success_NoPosition{}}}})
		},
	} {
		for how, stored := range map[string]bool{"after it was stored": true, "before it was stored": false} {
			if name == "no position" && !stored {
				continue // says that it was stored
			}
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				ctx := within(t, patience)
				// Given a server whose first answer to an append is lost
				s, b := through(t, func(attempt int, s streams.Streams_AppendServer, pass func() (*streams.AppendResp, error)) error {
					if attempt > 1 || stored {
						answer, err := pass()
						if err != nil {
							return err
						}
						if attempt > 1 {
							return s.SendAndClose(answer)
						}
					}
					return lose(s)
				})
				// When two events are appended
				two := events(2)
				a, err := s.Append(ctx, stream(0), eventstore.NoStream, two)
				// Then they are stored once, and the answer is their place
				require.NoError(t, err)
				got, err := collect(s.ReadStream(ctx, stream(0), 0))
				require.NoError(t, err)
				require.Equal(t, proposedIDs(two), ids(got))
				require.Equal(t, eventstore.Appended{Last: 1, Position: got[1].Position}, a)
				require.LessOrEqual(t, b.attempts.Load(), int32(2))
			})
		}
	}
}

// A server answers a repeat with the wrong revision if it has forgotten, or if
// part of what follows is another's.
func TestOwnEventsAreKnownByTheirIDs(t *testing.T) {
	t.Parallel()
	ctx := within(t, patience)
	wrong := func(s streams.Streams_AppendServer) error {
		return s.SendAndClose(&streams.AppendResp{Result: &streams.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: &streams.AppendResp_WrongExpectedVersion{
			CurrentRevisionOption: &streams.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: 99}}}})
	}
	forgetful := false
	s, _ := through(t, func(_ int, s streams.Streams_AppendServer, pass func() (*streams.AppendResp, error)) error {
		answer, err := pass()
		if err != nil {
			return err
		}
		if forgetful {
			return wrong(s)
		}
		return s.SendAndClose(answer)
	})
	two := events(2)
	first, err := s.Append(ctx, stream(0), eventstore.NoStream, two)
	require.NoError(t, err)
	_, err = s.Append(ctx, stream(0), 1, events(40))
	require.NoError(t, err)
	forgetful = true
	again, err := s.Append(ctx, stream(0), eventstore.NoStream, two)
	require.NoError(t, err)
	require.Equal(t, first, again)
	for _, altered := range [][]eventstore.Proposed{{two[1], two[0]}, {two[0], event()}, events(2), append(two[:2:2], event())} {
		_, err = s.Append(ctx, stream(0), eventstore.NoStream, altered)
		var revision *eventstore.WrongRevision
		require.ErrorAs(t, err, &revision)
		require.Equal(t, eventstore.WrongRevision{Stream: stream(0), Expected: eventstore.NoStream, Actual: 41}, *revision)
		require.NotErrorIs(t, err, eventstore.ErrUnknownOutcome)
	}
}

func TestWhatStaysUnknownIsSaidToBe(t *testing.T) {
	t.Parallel()
	s, b := through(t, func(_ int, _ streams.Streams_AppendServer, pass func() (*streams.AppendResp, error)) error {
		return status.Error(codes.Aborted, "the write timed out")
	})
	_, err := s.Append(within(t, patience), stream(0), eventstore.NoStream, events(1))
	require.ErrorIs(t, err, eventstore.ErrUnknownOutcome)
	require.Greater(t, b.attempts.Load(), int32(2), "it was tried again")

	// The caller's own time counts as well, and its error is told.
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = s.Append(ctx, stream(0), eventstore.NoStream, events(1))
	require.ErrorIs(t, err, eventstore.ErrUnknownOutcome)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// While nobody knew, another took the place: then the append never happens.
func TestADoubtEndsWhenThePlaceIsTaken(t *testing.T) {
	t.Parallel()
	ctx := within(t, patience)
	var another *esdb.Store
	s, b := through(t, func(attempt int, s streams.Streams_AppendServer, pass func() (*streams.AppendResp, error)) error {
		if attempt == 1 {
			if _, err := another.Append(ctx, stream(0), eventstore.NoStream, events(2)); err != nil {
				return err
			}
			return status.Error(codes.Aborted, "the write timed out")
		}
		answer, err := pass()
		if err != nil {
			return err
		}
		return s.SendAndClose(answer)
	})
	another = b.behind.open()
	_, err := s.Append(ctx, stream(0), eventstore.NoStream, events(1))
	var wrong *eventstore.WrongRevision
	require.ErrorAs(t, err, &wrong)
	require.EqualValues(t, 1, wrong.Actual)
	require.NotErrorIs(t, err, eventstore.ErrUnknownOutcome)
	got, err := collect(s.ReadStream(ctx, stream(0), 0))
	require.NoError(t, err)
	require.Len(t, got, 2)
}

// The client loses the reason when a server ends an append early.
func TestAnAppendThatTheServerEndsEarlyIsARefusal(t *testing.T) {
	t.Parallel()
	ctx := within(t, patience)
	behind := serve(t, node.Options{MaxAppendBytes: 64 << 10})
	s := behind.open()
	large := events(200)
	for i := range large {
		large[i].Data = []byte(`"` + strings.Repeat("x", 4<<10) + `"`)
	}
	_, err := s.Append(ctx, stream(0), eventstore.NoStream, large)
	require.Error(t, err)
	require.NotErrorIs(t, err, eventstore.ErrUnknownOutcome)
	got, err := collect(s.ReadAll(ctx, eventstore.Start))
	require.NoError(t, err)
	require.Empty(t, got)
	_, err = s.Append(ctx, stream(0), eventstore.NoStream, events(1))
	require.NoError(t, err)
}

func TestARefusalIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(streams.Streams_AppendServer) error{
		"access denied": func(s streams.Streams_AppendServer) error {
			s.SetTrailer(metadata.Pairs("exception", "access-denied"))
			return status.Error(codes.PermissionDenied, "as told")
		},
		"not authenticated": func(streams.Streams_AppendServer) error { return status.Error(codes.Unauthenticated, "as told") },
		"not valid":         func(streams.Streams_AppendServer) error { return status.Error(codes.InvalidArgument, "as told") },
	} {
		t.Run(name, func(t *testing.T) {
			s, b := through(t, func(_ int, s streams.Streams_AppendServer, pass func() (*streams.AppendResp, error)) error {
				if _, err := s.Recv(); err != nil {
					return err
				}
				for {
					if _, err := s.Recv(); err != nil {
						return refuse(s)
					}
				}
			})
			_, err := s.Append(within(t, patience), stream(0), eventstore.NoStream, events(1))
			require.Error(t, err)
			require.NotErrorIs(t, err, eventstore.ErrUnknownOutcome)
			require.EqualValues(t, 1, b.attempts.Load())
		})
	}
}
