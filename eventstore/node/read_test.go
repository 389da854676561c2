package node_test

import (
	"errors"
	"io"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/node"
)

// readStream asks for a whole stream, forwards; changes make it another request.
func readStream(stream string, changes ...func(*api.ReadReq_Options)) *api.ReadReq {
	o := &api.ReadReq_Options{
		StreamOption: &api.ReadReq_Options_Stream{Stream: &api.ReadReq_Options_StreamOptions{StreamIdentifier: name(stream),
			RevisionOption: &api.ReadReq_Options_StreamOptions_Start{Start: &shared.Empty{}}}},
		CountOption:  &api.ReadReq_Options_Count{Count: math.MaxUint64},
		FilterOption: &api.ReadReq_Options_NoFilter{NoFilter: &shared.Empty{}},
		UuidOption:   &api.ReadReq_Options_UUIDOption{Content: &api.ReadReq_Options_UUIDOption_Structured{Structured: &shared.Empty{}}},
	}
	for _, change := range changes {
		change(o)
	}
	return &api.ReadReq{Options: o}
}

// readAll asks for everything, forwards.
func readAll(changes ...func(*api.ReadReq_Options)) *api.ReadReq {
	return readStream("", append([]func(*api.ReadReq_Options){func(o *api.ReadReq_Options) {
		o.StreamOption = &api.ReadReq_Options_All{All: &api.ReadReq_Options_AllOptions{AllOption: &api.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}}}}
	}}, changes...)...)
}

func subscribing(o *api.ReadReq_Options) {
	o.CountOption = &api.ReadReq_Options_Subscription{Subscription: &api.ReadReq_Options_SubscriptionOptions{}}
}

// messages are all answers to a request.
func (s *served) messages(req *api.ReadReq) ([]*api.ReadResp, error) {
	s.t.Helper()
	call, err := s.stubs().Read(within(s.t), req)
	require.NoError(s.t, err)
	var all []*api.ReadResp
	for {
		m, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, m)
	}
}

func TestAStreamIsReadFromAnywhere(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(5)...)
	for _, r := range []struct {
		name      string
		direction esdb.Direction
		from      esdb.StreamPosition
		count     uint64
		want      []uint64
	}{
		{"forwards from the start", esdb.Forwards, esdb.Start{}, 9, []uint64{0, 1, 2, 3, 4}},
		{"forwards from a revision, which is included", esdb.Forwards, esdb.Revision(2), 9, []uint64{2, 3, 4}},
		{"forwards from after the end", esdb.Forwards, esdb.Revision(5), 9, nil},
		{"forwards from the end", esdb.Forwards, esdb.End{}, 9, nil},
		{"forwards, so many", esdb.Forwards, esdb.Revision(1), 2, []uint64{1, 2}},
		{"backwards from the end", esdb.Backwards, esdb.End{}, 9, []uint64{4, 3, 2, 1, 0}},
		{"backwards from a revision, which is included", esdb.Backwards, esdb.Revision(2), 9, []uint64{2, 1, 0}},
		{"backwards from after the end", esdb.Backwards, esdb.Revision(77), 2, []uint64{4, 3}},
		{"backwards from the start", esdb.Backwards, esdb.Start{}, 9, []uint64{0}},
		{"none", esdb.Forwards, esdb.Start{}, 0, nil},
	} {
		t.Run(r.name, func(t *testing.T) {
			stream, err := c.ReadStream(within(t), "shipment-1", esdb.ReadStreamOptions{Direction: r.direction, From: r.from}, r.count)
			require.NoError(t, err)
			got, err := drain(stream)
			require.NoError(t, err)
			require.Equal(t, r.want, revisions(got))
		})
	}
	_, err := s.read(c, "shipment-2")
	require.Equal(t, esdb.ErrorCodeResourceNotFound, code(t, err))
}

func TestAllIsReadFromAnywhere(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	for _, stream := range []string{"shipment-1", "$own-1", "shipment-2"} {
		s.append(c, stream, esdb.NoStream{}, notes(2)...)
	}
	at := func(n uint64) esdb.Position { return esdb.Position{Commit: n, Prepare: n} }
	for _, r := range []struct {
		name      string
		direction esdb.Direction
		from      esdb.AllPosition
		count     uint64
		want      []uint64
	}{
		{"forwards from the start, system streams too", esdb.Forwards, esdb.Start{}, 99, []uint64{1, 2, 3, 4, 5, 6}},
		{"forwards from a position, which is included", esdb.Forwards, at(5), 99, []uint64{5, 6}},
		{"forwards from between two", esdb.Forwards, esdb.Position{Commit: 5, Prepare: 4}, 99, []uint64{5, 6}},
		{"forwards from after the last", esdb.Forwards, at(7), 99, nil},
		{"forwards from the end", esdb.Forwards, esdb.End{}, 99, nil},
		{"forwards, so many", esdb.Forwards, at(2), 3, []uint64{2, 3, 4}},
		{"backwards from the end", esdb.Backwards, esdb.End{}, 2, []uint64{6, 5}},
		{"backwards from a position, which is not included", esdb.Backwards, at(3), 99, []uint64{2, 1}},
		{"backwards from the start", esdb.Backwards, esdb.Start{}, 99, nil},
	} {
		t.Run(r.name, func(t *testing.T) {
			stream, err := c.ReadAll(within(t), esdb.ReadAllOptions{Direction: r.direction, From: r.from}, r.count)
			require.NoError(t, err)
			got, err := drain(stream)
			require.NoError(t, err)
			var positions []uint64
			for _, e := range got {
				require.Equal(t, e.Event.Position.Commit, e.Event.Position.Prepare)
				positions = append(positions, e.Event.Position.Commit)
			}
			require.Equal(t, r.want, positions)
		})
	}
}

func filtered(by *api.ReadReq_Options_FilterOptions) func(*api.ReadReq_Options) {
	return func(o *api.ReadReq_Options) { o.FilterOption = &api.ReadReq_Options_Filter{Filter: by} }
}

func byStream(window uint32, interval uint32, regex string, prefixes ...string) *api.ReadReq_Options_FilterOptions {
	return &api.ReadReq_Options_FilterOptions{Window: &api.ReadReq_Options_FilterOptions_Max{Max: window}, CheckpointIntervalMultiplier: interval,
		Filter: &api.ReadReq_Options_FilterOptions_StreamIdentifier{StreamIdentifier: &api.ReadReq_Options_FilterOptions_Expression{Regex: regex, Prefix: prefixes}}}
}

func byType(regex string, prefixes ...string) *api.ReadReq_Options_FilterOptions {
	return &api.ReadReq_Options_FilterOptions{Window: &api.ReadReq_Options_FilterOptions_Count{Count: &shared.Empty{}}, CheckpointIntervalMultiplier: 1,
		Filter: &api.ReadReq_Options_FilterOptions_EventType{EventType: &api.ReadReq_Options_FilterOptions_Expression{Regex: regex, Prefix: prefixes}}}
}

func TestAllCanBeFiltered(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	for i, stream := range []string{"shipment-1", "invoice-1", "shipment-2", "carrier-1"} {
		s.append(c, stream, esdb.NoStream{}, esdb.EventData{EventType: "kind-" + strconv.Itoa(i), Data: []byte("x")})
	}
	backwards := func(o *api.ReadReq_Options) {
		o.ReadDirection = api.ReadReq_Options_Backwards
		o.GetAll().AllOption = &api.ReadReq_Options_AllOptions_End{End: &shared.Empty{}}
	}
	for _, r := range []struct {
		name string
		req  *api.ReadReq
		want []string
	}{
		{"by prefixes of the stream", readAll(filtered(byStream(10, 1, "", "ship", "inv"))), []string{"shipment-1", "invoice-1", "shipment-2"}},
		{"by a pattern of the stream", readAll(filtered(byStream(10, 1, "-1$"))), []string{"shipment-1", "invoice-1", "carrier-1"}},
		{"by prefixes of the type", readAll(filtered(byType("", "kind-3", "kind-0"))), []string{"shipment-1", "carrier-1"}},
		{"by a pattern of the type", readAll(filtered(byType("[12]"))), []string{"invoice-1", "shipment-2"}},
		{"backwards", readAll(filtered(byStream(10, 1, "", "ship")), backwards), []string{"shipment-2", "shipment-1"}},
		{"and counted after that", readAll(filtered(byStream(10, 1, "", "ship")), func(o *api.ReadReq_Options) {
			o.CountOption = &api.ReadReq_Options_Count{Count: 1}
		}), []string{"shipment-1"}},
	} {
		t.Run(r.name, func(t *testing.T) {
			got, err := s.messages(r.req)
			require.NoError(t, err)
			var streams []string
			for _, m := range got {
				streams = append(streams, string(m.GetEvent().GetEvent().GetStreamIdentifier().GetStreamName()))
			}
			require.Equal(t, r.want, streams)
		})
	}
}

func TestAReadThatMakesNoSenseIsRefused(t *testing.T) {
	s := serve(t, node.Options{})
	long := make([]byte, 1025)
	for i := range long {
		long[i] = 'x'
	}
	noWindow := byStream(1, 1, "", "x")
	noWindow.Window = nil
	many := make([]string, 257)
	for name, req := range map[string]*api.ReadReq{
		"no options":                 {},
		"no stream":                  readStream("shipment-1", func(o *api.ReadReq_Options) { o.StreamOption = nil }),
		"no name":                    readStream(""),
		"no form of ids":             readStream("shipment-1", func(o *api.ReadReq_Options) { o.UuidOption = nil }),
		"no count":                   readStream("shipment-1", func(o *api.ReadReq_Options) { o.CountOption = nil }),
		"a stream with a filter":     readStream("shipment-1", filtered(byStream(1, 1, "", "x"))),
		"a filter on nothing":        readAll(filtered(&api.ReadReq_Options_FilterOptions{Window: noWindow.Window})),
		"a filter without a window":  readAll(filtered(noWindow)),
		"a window of none":           readAll(filtered(byStream(0, 1, "", "x"))),
		"a pattern that is too long": readAll(filtered(byStream(1, 1, string(long)))),
		"$all as a stream":           readStream("$all"),
		"a prefix that is too long":  readAll(filtered(byStream(1, 1, "", string(long)))),
		"too many prefixes":          readAll(filtered(byStream(1, 1, "", many...))),
		"a pattern that looks ahead": readAll(filtered(byStream(1, 1, `^(?!\$).*$`))),
		"an interval of none":        readAll(filtered(byStream(1, 0, "", "x")), subscribing),
		"a subscription backwards":   readAll(subscribing, func(o *api.ReadReq_Options) { o.ReadDirection = api.ReadReq_Options_Backwards }),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.messages(req)
			require.Equal(t, codes.InvalidArgument, status.Code(err), "%v", err)
		})
	}
	_, err := s.messages(readAll(filtered(byStream(1, 1, `^(?!\$).*$`))))
	require.ErrorContains(t, err, `^(?!\\$).*$`, "the pattern is named")
}

func TestIdsComeAsTheClientWantsThem(t *testing.T) {
	s := serve(t, node.Options{})
	events := notes(1)
	s.append(s.client(), "shipment-1", esdb.NoStream{}, events...)
	got, err := s.messages(readStream("shipment-1", func(o *api.ReadReq_Options) {
		o.UuidOption.Content = &api.ReadReq_Options_UUIDOption_String_{String_: &shared.Empty{}}
	}))
	require.NoError(t, err)
	require.Equal(t, events[0].EventID.String(), got[0].GetEvent().GetEvent().GetId().GetString_())
	got, err = s.messages(readStream("shipment-1"))
	require.NoError(t, err)
	most, least := esdb.UUIDAsInt64(events[0].EventID)
	require.Equal(t, most, got[0].GetEvent().GetEvent().GetId().GetStructured().GetMostSignificantBits())
	require.Equal(t, least, got[0].GetEvent().GetEvent().GetId().GetStructured().GetLeastSignificantBits())
}

func TestOnlyNewerClientsAreToldFirstAndLastRevision(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(5)...)
	s.describe(c, "shipment-1", func(m *esdb.StreamMetadata) { m.SetTruncateBefore(5) })
	newer := func(o *api.ReadReq_Options) { o.ControlOption = &api.ReadReq_Options_ControlOption{Compatibility: 1} }

	got, err := s.messages(readStream("shipment-1"))
	require.NoError(t, err)
	require.Empty(t, got, "the official Go client panics on these messages")
	got, err = s.messages(readStream("shipment-1", newer))
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, uint64(5), got[0].GetFirstStreamPosition())
	require.Equal(t, uint64(4), got[1].GetLastStreamPosition())

	s.append(c, "shipment-1", esdb.Revision(4), notes(1)...)
	got, err = s.messages(readStream("shipment-1", newer))
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, uint64(5), got[0].GetEvent().GetEvent().GetStreamRevision())
	require.Equal(t, uint64(5), got[1].GetLastStreamPosition())
}

func TestEventsSayWhenTheyWereStored(t *testing.T) {
	stored := time.Date(2026, 3, 1, 12, 0, 0, 123456700, time.UTC)
	s := serve(t, node.Options{Clock: func() time.Time { return stored }})
	c := s.client()
	s.append(c, "shipment-1", esdb.NoStream{}, notes(1)...)
	got, err := s.read(c, "shipment-1")
	require.NoError(t, err)
	require.Equal(t, stored, got[0].Event.CreatedDate, "to the tenth of a microsecond")
}

// spread has a position every 100, commit and prepare apart.
type spread struct{}

func (spread) Wire(n uint64) eventstore.Position {
	return eventstore.Position{Commit: 100 * n, Prepare: 100*n - 1}
}

func (s spread) Number(at eventstore.Position) uint64 {
	n := at.Commit / 100
	if n > 0 && s.Wire(n).Compare(at) >= 0 {
		return n
	}
	return n + 1
}

func TestPositionsCanBeOthers(t *testing.T) {
	s := serve(t, node.Options{Positions: spread{}})
	c := s.client()
	done := s.append(c, "shipment-1", esdb.NoStream{}, notes(3)...)
	require.Equal(t, uint64(300), done.CommitPosition)
	require.Equal(t, uint64(299), done.PreparePosition)
	for from, want := range map[esdb.Position]int{{Commit: 200, Prepare: 199}: 2, {Commit: 200, Prepare: 200}: 1, {Commit: 1}: 3, {Commit: 300, Prepare: 300}: 0} {
		r, err := c.ReadAll(within(t), esdb.ReadAllOptions{From: from}, 99)
		require.NoError(t, err)
		got, err := drain(r)
		require.NoError(t, err)
		require.Len(t, got, want, "%v", from)
	}
	sub, err := c.SubscribeToAll(within(t), esdb.SubscribeToAllOptions{From: esdb.Position{Commit: 200, Prepare: 199}})
	require.NoError(t, err)
	defer sub.Close()
	require.Equal(t, esdb.Position{Commit: 300, Prepare: 299}, sub.Recv().EventAppeared.Event.Position)
	require.NotNil(t, sub.Recv().CaughtUp)
	s.append(c, "shipment-1", esdb.Revision(2), notes(1)...)
	require.Equal(t, esdb.Position{Commit: 400, Prepare: 399}, sub.Recv().EventAppeared.Event.Position)
}
