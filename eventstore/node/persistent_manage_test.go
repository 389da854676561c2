package node_test

//lint:file-ignore SA1019 older clients send the deprecated fields, and the Node.js client still does

import (
	"math"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	wire "github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/freightledger/freightledger/eventstore/node"
)

// oldSettings are settings as a client sends them that knows only the fields
// of servers before 21: the stream is named beside them, the start within.
func oldSettings(revision uint64) *wire.CreateReq_Settings {
	return &wire.CreateReq_Settings{
		Revision: revision, MaxRetryCount: 10, MinCheckpointCount: 10, MaxCheckpointCount: 1000, LiveBufferSize: 500, ReadBatchSize: 20,
		HistoryBufferSize: 500, NamedConsumerStrategy: wire.CreateReq_RoundRobin,
		MessageTimeout: &wire.CreateReq_Settings_MessageTimeoutTicks{MessageTimeoutTicks: 300_000_000},
	}
}

func TestClientsThatUseTheOlderFieldsAreUnderstood(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	for name, at := range map[string]struct{ revision, first uint64 }{"at a revision": {2, 2}, "at the start": {0, 0}, "at the end": {math.MaxUint64, 4}} {
		t.Run(name, func(t *testing.T) {
			stream := "order-" + name
			s.append(c, stream, esdb.NoStream{}, notes(4)...)
			_, err := s.groups().Create(within(t), &wire.CreateReq{Options: &wire.CreateReq_Options{
				StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(stream)}, GroupName: "desk", Settings: oldSettings(at.revision)}})
			require.NoError(t, err)
			s.append(c, stream, esdb.Revision(3), notes(1)...)
			require.Equal(t, int32(30_000), s.info(c, stream).Settings.MessageTimeout)
			require.Equal(t, at.first, s.consume(c, stream, 1).next().Event.OriginalEvent().EventNumber)

			changed := wire.UpdateReq_Settings{Revision: at.revision, MaxRetryCount: 3, MaxCheckpointCount: 1, ReadBatchSize: 20, HistoryBufferSize: 500}
			_, err = s.groups().Update(within(t), &wire.UpdateReq{Options: &wire.UpdateReq_Options{
				StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(stream)}, GroupName: "desk", Settings: &changed}})
			require.NoError(t, err)
			require.Equal(t, int32(3), s.info(c, stream).Settings.MaxRetryCount)
		})
	}
}

func TestTheNewerStrategyFieldGoesBeforeTheOlder(t *testing.T) {
	s := serve(t, node.Options{})
	settings := oldSettings(0)
	settings.ConsumerStrategy = "PinnedByCorrelation"
	_, err := s.groups().Create(within(t), &wire.CreateReq{Options: &wire.CreateReq_Options{
		StreamIdentifier: name("order-1"), GroupName: "desk", Settings: settings}})
	require.NoError(t, err)
	require.EqualValues(t, "PinnedByCorrelation", s.info(s.client(), "order-1").Settings.ConsumerStrategyName)
}

// refusal is what an error says to a client that looks at its trailers.
type refusal struct {
	code              codes.Code
	exception, stream string
	group             string
}

func refused(t *testing.T, err error, trailers metadata.MD) refusal {
	t.Helper()
	require.Error(t, err)
	value := func(key string) string {
		if all := trailers.Get(key); len(all) == 1 {
			return all[0]
		}
		return ""
	}
	return refusal{status.Code(err), value("exception"), value("stream-name"), value("group-name")}
}

func TestRefusalsNameTheirKindInTheTrailers(t *testing.T) {
	s := serve(t, node.Options{})
	c, stubs := s.client(), s.groups()
	settings := eager()
	settings.MaxSubscriberCount = 1
	s.makeGroup(c, "order-1", esdb.Start{}, settings)
	s.consume(c, "order-1", 1)

	var trailers metadata.MD
	_, err := stubs.Create(within(t), &wire.CreateReq{Options: &wire.CreateReq_Options{
		StreamIdentifier: name("order-1"), GroupName: "desk", Settings: oldSettings(0)}}, grpc.Trailer(&trailers))
	require.Equal(t, refusal{codes.AlreadyExists, "persistent-subscription-exists", "order-1", "desk"}, refused(t, err, trailers))

	missing := refusal{codes.NotFound, "persistent-subscription-does-not-exist", "order-1", "night desk"}
	_, err = stubs.Delete(within(t), &wire.DeleteReq{Options: &wire.DeleteReq_Options{GroupName: "night desk",
		StreamOption: &wire.DeleteReq_Options_StreamIdentifier{StreamIdentifier: name("order-1")}}}, grpc.Trailer(&trailers))
	require.Equal(t, missing, refused(t, err, trailers))
	_, err = stubs.Update(within(t), &wire.UpdateReq{Options: &wire.UpdateReq_Options{StreamIdentifier: name("order-1"), GroupName: "night desk",
		Settings: &wire.UpdateReq_Settings{ReadBatchSize: 20, HistoryBufferSize: 500}}}, grpc.Trailer(&trailers))
	require.Equal(t, missing, refused(t, err, trailers))
	_, err = stubs.ReplayParked(within(t), &wire.ReplayParkedReq{Options: &wire.ReplayParkedReq_Options{GroupName: "night desk",
		StreamOption: &wire.ReplayParkedReq_Options_StreamIdentifier{StreamIdentifier: name("order-1")}}}, grpc.Trailer(&trailers))
	require.Equal(t, missing, refused(t, err, trailers))
	_, err = stubs.GetInfo(within(t), &wire.GetInfoReq{Options: &wire.GetInfoReq_Options{GroupName: "night desk",
		StreamOption: &wire.GetInfoReq_Options_StreamIdentifier{StreamIdentifier: name("order-1")}}}, grpc.Trailer(&trailers))
	require.Equal(t, missing, refused(t, err, trailers))

	read := func(group string) refusal {
		call, err := stubs.Read(within(t))
		require.NoError(t, err)
		require.NoError(t, call.Send(&wire.ReadReq{Content: &wire.ReadReq_Options_{Options: &wire.ReadReq_Options{
			StreamOption: &wire.ReadReq_Options_StreamIdentifier{StreamIdentifier: name("order-1")}, GroupName: group, BufferSize: 1}}}))
		_, err = call.Recv()
		return refused(t, err, call.Trailer())
	}
	require.Equal(t, missing, read("night desk"))
	require.Equal(t, refusal{codes.FailedPrecondition, "maximum-subscribers-reached", "order-1", "desk"}, read("desk"))
}

func TestADeletedGroupDropsItsConsumers(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.makeGroup(c, "order-1", esdb.Start{}, eager())
	call, err := s.groups().Read(within(t))
	require.NoError(t, err)
	require.NoError(t, call.Send(&wire.ReadReq{Content: &wire.ReadReq_Options_{Options: &wire.ReadReq_Options{
		StreamOption: &wire.ReadReq_Options_StreamIdentifier{StreamIdentifier: name("order-1")}, GroupName: "desk", BufferSize: 1}}}))
	first, err := call.Recv()
	require.NoError(t, err)
	require.Equal(t, "order-1::desk", first.GetSubscriptionConfirmation().GetSubscriptionId())

	require.NoError(t, c.DeletePersistentSubscription(within(t), "order-1", "desk", esdb.DeletePersistentSubscriptionOptions{}))
	_, err = call.Recv()
	require.Equal(t, refusal{codes.Canceled, "persistent-subscription-dropped", "order-1", "desk"}, refused(t, err, call.Trailer()))
}

func TestAnUpdateDropsConsumersAndGoesOnWhereTheGroupWas(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "order-1", esdb.NoStream{}, notes(3)...)
	s.makeGroup(c, "order-1", esdb.Start{}, esdb.SubscriptionSettingsDefault())
	desk := s.consume(c, "order-1", 1)
	require.Equal(t, []uint64{0}, desk.handle(1))
	desk.take(1)
	settings := eager()
	settings.ResolveLinkTos = true
	require.NoError(t, c.UpdatePersistentSubscription(within(t), "order-1", "desk",
		esdb.PersistentStreamSubscriptionOptions{StartFrom: esdb.Start{}, Settings: &settings}))
	require.Error(t, desk.dropped())
	require.True(t, s.info(c, "order-1").Settings.ResolveLinkTos)
	require.Equal(t, []uint64{1, 2}, s.consume(c, "order-1", 10).handle(2))
}

func TestRequestsThatMakeNoSenseAreRefused(t *testing.T) {
	s := serve(t, node.Options{})
	stubs := s.groups()
	good := func() *wire.CreateReq_Options {
		return &wire.CreateReq_Options{StreamIdentifier: name("order-1"), GroupName: "desk", Settings: oldSettings(0)}
	}
	for what, spoil := range map[string]func(*wire.CreateReq_Options){
		"no stream":           func(o *wire.CreateReq_Options) { o.StreamIdentifier = nil },
		"no group":            func(o *wire.CreateReq_Options) { o.GroupName = "" },
		"a stream in a group": func(o *wire.CreateReq_Options) { o.GroupName = "1::desk" },
		"half of a separator": func(o *wire.CreateReq_Options) { o.GroupName = ":desk" },
		"no settings":         func(o *wire.CreateReq_Options) { o.Settings = nil },
		"$all as a stream":    func(o *wire.CreateReq_Options) { o.StreamIdentifier = name("$all") },
		"names too long":      func(o *wire.CreateReq_Options) { o.GroupName = string(make([]byte, 1000)) },
		"a strange strategy":  func(o *wire.CreateReq_Options) { o.Settings.ConsumerStrategy = "Fairest" },
		"a negative count":    func(o *wire.CreateReq_Options) { o.Settings.MaxRetryCount = -1 },
		"a revision too high": func(o *wire.CreateReq_Options) {
			o.StreamOption = &wire.CreateReq_Options_Stream{Stream: &wire.CreateReq_StreamOptions{StreamIdentifier: name("order-1"), RevisionOption: &wire.CreateReq_StreamOptions_Revision{Revision: math.MaxUint64}}}
		},
		"a bad pattern": func(o *wire.CreateReq_Options) {
			o.StreamOption = &wire.CreateReq_Options_All{All: &wire.CreateReq_AllOptions{FilterOption: &wire.CreateReq_AllOptions_Filter{
				Filter: &wire.CreateReq_AllOptions_FilterOptions{Filter: &wire.CreateReq_AllOptions_FilterOptions_EventType{
					EventType: &wire.CreateReq_AllOptions_FilterOptions_Expression{Regex: "("}}}}}}
		},
	} {
		o := good()
		spoil(o)
		_, err := stubs.Create(within(t), &wire.CreateReq{Options: o})
		require.Equal(t, codes.InvalidArgument, status.Code(err), "%s: %v", what, err)
	}
	_, err := stubs.Create(within(t), &wire.CreateReq{})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	_, err = stubs.Create(within(t), &wire.CreateReq{Options: good()})
	require.NoError(t, err)

	options := &wire.ReadReq{Content: &wire.ReadReq_Options_{Options: &wire.ReadReq_Options{
		StreamOption: &wire.ReadReq_Options_StreamIdentifier{StreamIdentifier: name("order-1")}, GroupName: "desk", BufferSize: 1}}}
	for what, messages := range map[string][]*wire.ReadReq{
		"an answer first": {{Content: &wire.ReadReq_Ack_{Ack: &wire.ReadReq_Ack{}}}},
		"no slots": {{Content: &wire.ReadReq_Options_{Options: &wire.ReadReq_Options{
			StreamOption: &wire.ReadReq_Options_StreamIdentifier{StreamIdentifier: name("order-1")}, GroupName: "desk"}}}},
		"options twice":                     {options, options},
		"an id of nothing":                  {options, {Content: &wire.ReadReq_Ack_{Ack: &wire.ReadReq_Ack{Ids: []*shared.UUID{{}}}}}},
		"more ids than anybody has in hand": {options, {Content: &wire.ReadReq_Ack_{Ack: &wire.ReadReq_Ack{Ids: make([]*shared.UUID, 10_001)}}}},
		"an unknown action":                 {options, {Content: &wire.ReadReq_Nack_{Nack: &wire.ReadReq_Nack{Action: 9}}}},
	} {
		call, err := stubs.Read(within(t))
		require.NoError(t, err)
		for _, m := range messages {
			require.NoError(t, call.Send(m))
		}
		for err == nil {
			_, err = call.Recv()
		}
		require.Equal(t, codes.InvalidArgument, status.Code(err), "%s: %v", what, err)
	}
}

func TestGroupsAreListed(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	all, err := c.ListAllPersistentSubscriptions(within(t), esdb.ListPersistentSubscriptionsOptions{})
	require.NoError(t, err)
	require.Empty(t, all)
	s.makeGroup(c, "order-2", esdb.Start{}, eager())
	s.makeGroup(c, "order-1", esdb.Revision(5), eager())
	require.NoError(t, c.CreatePersistentSubscriptionToAll(within(t), "desk", esdb.PersistentAllSubscriptionOptions{}))

	all, err = c.ListAllPersistentSubscriptions(within(t), esdb.ListPersistentSubscriptionsOptions{})
	require.NoError(t, err)
	var sources []string
	for _, i := range all {
		sources = append(sources, i.EventSource)
	}
	require.Equal(t, []string{"$all", "order-1", "order-2"}, sources)
	one, err := c.ListPersistentSubscriptionsForStream(within(t), "order-1", esdb.ListPersistentSubscriptionsOptions{})
	require.NoError(t, err)
	require.Len(t, one, 1)
	_, err = c.ListPersistentSubscriptionsForStream(within(t), "order-9", esdb.ListPersistentSubscriptionsOptions{})
	require.Equal(t, esdb.ErrorCodeResourceNotFound, code(t, err))
}

func TestTheInfoTellsHowAGroupStands(t *testing.T) {
	s := serve(t, node.Options{})
	c := s.client()
	s.append(c, "order-1", esdb.NoStream{}, notes(10)...)
	settings := eager()
	settings.ExtraStatistics = true
	s.makeGroup(c, "order-1", esdb.Revision(2), settings)
	desk := s.consume(c, "order-1", 3)
	require.Equal(t, []uint64{2}, desk.handle(1))
	desk.take(3)
	s.checkpointed(c, "order-1", 2)

	info := s.info(c, "order-1")
	require.Equal(t, "Live", info.Status)
	require.EqualValues(t, 9, *info.Stats.LastKnownEventRevision)
	require.EqualValues(t, 4, info.Stats.TotalItems)
	require.EqualValues(t, 3, info.Stats.TotalInFlightMessages)
	require.EqualValues(t, 4, info.Stats.ReadBufferCount)
	require.Len(t, info.Connections, 1)
	require.EqualValues(t, 3, info.Connections[0].InFlightMessages)
	require.Zero(t, info.Connections[0].AvailableSlots)
	require.NotEmpty(t, info.Connections[0].From)
	require.Zero(t, info.Stats.CountSinceLastMeasurement, "nothing since the information before")
	info.Settings.StartFrom = nil
	require.Equal(t, &settings, info.Settings)
}
