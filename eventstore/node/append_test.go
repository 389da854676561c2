package node_test

import (
	"context"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/freightledger/freightledger/eventstore/node"
)

// appendRaw sends messages as they are and gives the answer with its trailers.
func appendRaw(t *testing.T, c api.StreamsClient, o *api.AppendReq_Options, events ...*api.AppendReq_ProposedMessage) (*api.AppendResp, metadata.MD, error) {
	t.Helper()
	var trailers metadata.MD
	call, err := c.Append(within(t), grpc.Trailer(&trailers))
	require.NoError(t, err)
	if err := send(call, o, events...); err != nil {
		require.ErrorIs(t, err, io.EOF, "the answer came early")
	}
	resp, err := call.CloseAndRecv()
	return resp, trailers, err
}

// send sends an append without its end.
func send(call api.Streams_AppendClient, o *api.AppendReq_Options, events ...*api.AppendReq_ProposedMessage) error {
	err := call.Send(&api.AppendReq{Content: &api.AppendReq_Options_{Options: o}})
	for _, e := range events {
		if err == nil {
			err = call.Send(&api.AppendReq{Content: &api.AppendReq_ProposedMessage_{ProposedMessage: e}})
		}
	}
	return err
}

func proposal(change func(*api.AppendReq_ProposedMessage)) *api.AppendReq_ProposedMessage {
	m := &api.AppendReq_ProposedMessage{
		Id:       &shared.UUID{Value: &shared.UUID_String_{String_: uuid.NewString()}},
		Metadata: map[string]string{"type": "noted", "content-type": "application/json"},
		Data:     []byte(`{}`),
	}
	if change != nil {
		change(m)
	}
	return m
}

func expectNone(stream string) *api.AppendReq_Options {
	return &api.AppendReq_Options{StreamIdentifier: name(stream), ExpectedStreamRevision: &api.AppendReq_Options_NoStream{NoStream: &shared.Empty{}}}
}

func TestAnAppendAtAnotherRevisionIsAnswered(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(2)...)
	for _, expected := range []esdb.ExpectedRevision{esdb.NoStream{}, esdb.Revision(0), esdb.Revision(2)} {
		_, err := c.AppendToStream(within(t), "shipment-1", esdb.AppendToStreamOptions{ExpectedRevision: expected}, notes(1)...)
		require.Equal(t, esdb.ErrorCodeWrongExpectedVersion, code(t, err))
	}
	_, err := c.AppendToStream(within(t), "shipment-2", esdb.AppendToStreamOptions{ExpectedRevision: esdb.StreamExists{}}, notes(1)...)
	require.Equal(t, esdb.ErrorCodeWrongExpectedVersion, code(t, err))

	resp, _, err := appendRaw(t, s.stubs(), expectNone("shipment-1"), proposal(nil))
	require.NoError(t, err, "a wrong revision is an answer, not an error")
	wrong := resp.GetWrongExpectedVersion()
	require.Equal(t, uint64(1), wrong.GetCurrentRevision())
	require.Equal(t, uint64(1), wrong.GetCurrentRevision_20_6_0())
	require.NotNil(t, wrong.GetExpectedNoStream())
	require.Equal(t, uint64(math.MaxUint64), wrong.GetExpectedRevision_20_6_0())

	resp, _, err = appendRaw(t, s.stubs(), &api.AppendReq_Options{StreamIdentifier: name("shipment-2"),
		ExpectedStreamRevision: &api.AppendReq_Options_Revision{Revision: 7}}, proposal(nil))
	require.NoError(t, err)
	wrong = resp.GetWrongExpectedVersion()
	require.NotNil(t, wrong.GetCurrentNoStream())
	require.NotNil(t, wrong.GetNoStream_20_6_0())
	require.Equal(t, uint64(7), wrong.GetExpectedRevision())
	require.Equal(t, uint64(7), wrong.GetExpectedRevision_20_6_0())
}

func TestARepeatedAppendIsAnsweredAsTheFirstTime(t *testing.T) {
	for _, c := range []struct {
		name     string
		expected esdb.ExpectedRevision
		before   int // events in the stream
	}{
		{"that creates its stream", esdb.NoStream{}, 0},
		{"at a revision", esdb.Revision(1), 2},
		{"at any revision", esdb.Any{}, 2},
		{"to a stream that exists", esdb.StreamExists{}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, node.Options{})
			client := s.client()
			if c.before > 0 {
				s.append(client, "shipment-1", esdb.NoStream{}, notes(c.before)...)
			}
			events := notes(2)
			first := s.append(client, "shipment-1", c.expected, events...)
			s.append(client, "shipment-1", esdb.Any{}, notes(1)...)
			require.Equal(t, first, s.append(client, "shipment-1", c.expected, events...))
			got, err := s.read(client, "shipment-1")
			require.NoError(t, err)
			require.Len(t, got, c.before+3)

			_, err = client.AppendToStream(within(t), "shipment-1", esdb.AppendToStreamOptions{ExpectedRevision: c.expected}, events[0], notes(1)[0])
			require.Equal(t, esdb.ErrorCodeWrongExpectedVersion, code(t, err), "only a part of it was stored before")
		})
	}
}

func TestAnIdIsWrittenAgainWhereTheRevisionIsRight(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	events := notes(1)
	s.append(c, "shipment-1", esdb.NoStream{}, events...)
	require.Equal(t, uint64(1), s.append(c, "shipment-1", esdb.Revision(0), events...).NextExpectedVersion)
	require.Equal(t, uint64(0), s.append(c, "shipment-2", esdb.Any{}, events...).NextExpectedVersion, "ids are known by stream")
}

func TestManyWritersOfOneStreamNeedNoRevision(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	const writers, each = 16, 20
	var all sync.WaitGroup
	var mu sync.Mutex
	where := make(map[uint64]uuid.UUID) // of the last event of each append
	for range writers {
		all.Go(func() {
			for range each {
				events := notes(2)
				done, err := c.AppendToStream(within(t), "shipment-1", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, events...)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				where[done.NextExpectedVersion] = events[1].EventID
				mu.Unlock()
			}
		})
	}
	all.Go(func() { // and one that finds its revision by itself
		for at := int64(-1); at < 0; {
			resp, err := c.AppendToStream(within(t), "shipment-1", esdb.AppendToStreamOptions{ExpectedRevision: esdb.StreamExists{}}, notes(1)...)
			if err == nil {
				at = int64(resp.NextExpectedVersion)
			}
		}
	})
	all.Wait()
	got, err := s.read(c, "shipment-1")
	require.NoError(t, err)
	require.Len(t, got, writers*each*2+1)
	require.Len(t, where, writers*each)
	for revision, id := range where {
		require.Equal(t, id, got[revision].Event.EventID, "every caller is told where his events are")
	}
}

func TestARepeatIsFoundWhileTheFirstIsBeingStored(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	for n := range 10 {
		events := notes(2)
		var all sync.WaitGroup
		results := make([]*esdb.WriteResult, 16)
		for i := range results {
			all.Go(func() {
				var err error
				results[i], err = c.AppendToStream(within(t), "shipment-1", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, events...)
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, r := range results {
			require.Equal(t, uint64(2*n+1), r.NextExpectedVersion)
			require.Equal(t, uint64(2*n+2), r.CommitPosition)
		}
	}
	require.Equal(t, uint64(20), s.store.Raw().Head().Commit)
}

func TestAnAppendWithoutEventsStoresNothing(t *testing.T) {
	s := serve(t, node.Options{})
	resp, _, err := appendRaw(t, s.stubs(), expectNone("shipment-1"))
	require.NoError(t, err)
	require.NotNil(t, resp.GetSuccess().GetNoStream())
	require.NotNil(t, resp.GetSuccess().GetNoPosition())
	_, err = s.read(s.client(), "shipment-1")
	require.Equal(t, esdb.ErrorCodeResourceNotFound, code(t, err))
}

func TestAnAppendIsBounded(t *testing.T) {
	const limit = 4096
	s := serve(t, node.Options{MaxAppendBytes: limit})
	stubs := s.stubs()
	sized := func(n int) *api.AppendReq_ProposedMessage {
		return proposal(func(m *api.AppendReq_ProposedMessage) { m.Data = make([]byte, n-2*len("noted")) })
	}
	_, _, err := appendRaw(t, stubs, expectNone("shipment-1"), sized(limit/2), sized(limit/2))
	require.NoError(t, err)
	_, trailers, err := appendRaw(t, stubs, expectNone("shipment-2"), sized(limit/2), sized(limit/2+1))
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	require.Equal(t, []string{"maximum-append-size-exceeded"}, trailers.Get("exception"))
	require.Equal(t, []string{"4096"}, trailers.Get("maximum-append-size"))

	t.Run("one message", func(t *testing.T) {
		_, _, err := appendRaw(t, stubs, expectNone("shipment-3"), sized(16<<20))
		require.Equal(t, codes.ResourceExhausted, status.Code(err))
	})
	t.Run("the official client is told", func(t *testing.T) {
		_, err := s.client().AppendToStream(within(t), "shipment-4", esdb.AppendToStreamOptions{},
			append([]esdb.EventData{{EventType: "noted", Data: make([]byte, limit+1)}}, notes(100)...)...)
		require.ErrorContains(t, err, "Maximum Append Size of 4096 Exceeded", "and not that the connection broke")
	})
}

func TestAnAppendThatCannotBeStoredIsRefused(t *testing.T) {
	s := serve(t, node.Options{})
	stubs := s.stubs()
	long := strings.Repeat("x", 2000)
	for _, c := range []struct {
		name      string
		options   *api.AppendReq_Options
		event     *api.AppendReq_ProposedMessage
		exception string
	}{
		{"no stream's name", expectNone(""), proposal(nil), ""},
		{"a name that is too long", expectNone(long), proposal(nil), ""},
		{"a name that is not UTF-8", expectNone("\xff"), proposal(nil), ""},
		{"$all", expectNone("$all"), proposal(nil), ""},
		{"metadata of no stream", expectNone("$$"), proposal(nil), ""},
		{"no expectation", &api.AppendReq_Options{StreamIdentifier: name("shipment-1")}, proposal(nil), ""},
		{"a revision that no stream has", &api.AppendReq_Options{StreamIdentifier: name("shipment-1"),
			ExpectedStreamRevision: &api.AppendReq_Options_Revision{Revision: math.MaxUint64}}, proposal(nil), ""},
		{"no type", expectNone("shipment-1"), proposal(func(m *api.AppendReq_ProposedMessage) { delete(m.Metadata, "type") }), "missing-required-metadata-property"},
		{"no content type", expectNone("shipment-1"), proposal(func(m *api.AppendReq_ProposedMessage) { delete(m.Metadata, "content-type") }), "missing-required-metadata-property"},
		{"a type that is too long", expectNone("shipment-1"), proposal(func(m *api.AppendReq_ProposedMessage) { m.Metadata["type"] = long }), ""},
		{"no id", expectNone("shipment-1"), proposal(func(m *api.AppendReq_ProposedMessage) { m.Id = nil }), ""},
		{"an id that is none", expectNone("shipment-1"), proposal(func(m *api.AppendReq_ProposedMessage) {
			m.Id = &shared.UUID{Value: &shared.UUID_String_{String_: "S-1"}}
		}), ""},
		{"the node's own mark of an end", expectNone("$$shipment-1"), proposal(func(m *api.AppendReq_ProposedMessage) { m.Metadata["type"] = "$streamDeleted" }), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, trailers, err := appendRaw(t, stubs, c.options, c.event)
			require.Equal(t, codes.InvalidArgument, status.Code(err), "%v", err)
			require.Equal(t, c.exception, strings.Join(trailers.Get("exception"), ","))
			require.Zero(t, s.store.Raw().Head().Commit)
		})
	}
	t.Run("events before options", func(t *testing.T) {
		call, err := stubs.Append(within(t))
		require.NoError(t, err)
		require.NoError(t, call.Send(&api.AppendReq{Content: &api.AppendReq_ProposedMessage_{ProposedMessage: proposal(nil)}}))
		_, err = call.CloseAndRecv()
		require.Equal(t, codes.InvalidArgument, status.Code(err))
	})
	t.Run("options among events", func(t *testing.T) {
		call, err := stubs.Append(within(t))
		require.NoError(t, err)
		for range 2 {
			require.NoError(t, call.Send(&api.AppendReq{Content: &api.AppendReq_Options_{Options: expectNone("shipment-1")}}))
		}
		_, err = call.CloseAndRecv()
		require.Equal(t, codes.InvalidArgument, status.Code(err))
	})
	t.Run("nothing at all", func(t *testing.T) {
		call, err := stubs.Append(within(t))
		require.NoError(t, err)
		_, err = call.CloseAndRecv()
		require.Equal(t, codes.InvalidArgument, status.Code(err))
	})
}

func TestNothingIsStoredAfterTheDeadline(t *testing.T) {
	s := serve(t, node.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	call, err := s.stubs().Append(ctx)
	require.NoError(t, err)
	require.NoError(t, send(call, expectNone("shipment-1"), proposal(nil)))
	<-ctx.Done() // before the request was complete
	// Closing the call would complete the request, which may still be in time
	// by the node's clock.
	err = call.RecvMsg(new(api.AppendResp))
	require.Equal(t, codes.DeadlineExceeded, status.Code(err))
	s.stop() // lets calls end first
	require.Zero(t, s.store.Raw().Head().Commit)
}

func TestEventsNeedNotBeJSON(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "$system-1", esdb.NoStream{}, esdb.EventData{EventType: "scanned", ContentType: esdb.ContentTypeBinary, Data: []byte{0, 1, 255}})
	got, err := s.read(c, "$system-1")
	require.NoError(t, err)
	require.Equal(t, "application/octet-stream", got[0].Event.ContentType)
	require.Equal(t, []byte{0, 1, 255}, got[0].Event.Data)
}
