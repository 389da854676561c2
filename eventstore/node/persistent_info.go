package node

import (
	"cmp"
	"context"
	"slices"
	"time"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
)

// GetInfo implements api.PersistentSubscriptionsServer.
func (s *persistentService) GetInfo(ctx context.Context, req *api.GetInfoReq) (*api.GetInfoResp, error) {
	unlock, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	o := req.GetOptions()
	_, g, err := s.named(o.GetStreamIdentifier(), o.GetAll() != nil, o.GetGroupName())
	if err != nil {
		return nil, err
	}
	info, err := g.info(ctx)
	return &api.GetInfoResp{SubscriptionInfo: info}, err
}

// List implements api.PersistentSubscriptionsServer.
func (s *persistentService) List(ctx context.Context, req *api.ListReq) (*api.ListResp, error) {
	unlock, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	stream := "" // every one
	if of := req.GetOptions().GetListForStream(); of != nil {
		stream = allStream
		if of.GetAll() == nil {
			if stream, err = parseName(of.GetStream()); err != nil {
				return nil, err
			}
		}
	}
	var chosen []*group
	for name, g := range s.groups {
		if stream == "" || name.Stream == stream {
			chosen = append(chosen, g)
		}
	}
	if stream != "" && len(chosen) == 0 {
		return nil, noGroup(groupName{Stream: stream})
	}
	slices.SortFunc(chosen, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.config.Stream, b.config.Stream), cmp.Compare(a.config.Group, b.config.Group))
	})
	resp := &api.ListResp{}
	for _, g := range chosen {
		info, err := g.info(ctx)
		if err != nil {
			return nil, err
		}
		resp.Subscriptions = append(resp.Subscriptions, info)
	}
	return resp, nil
}

// info tells how a group stands, in the protocol's terms.
func (g *group) info(ctx context.Context) (*api.SubscriptionInfo, error) {
	stats, err := g.Stats(ctx)
	if err != nil {
		return nil, err
	}
	end, err := g.source.end(ctx)
	if err != nil {
		return nil, err
	}
	h, c, set := g.source.history, g.config, g.config.Settings
	info := &api.SubscriptionInfo{
		EventSource: c.Stream, GroupName: c.Group, Status: "Live",
		AveragePerSecond: int32(stats.PerSecond), TotalItems: stats.Total, CountSinceLastMeasurement: stats.SinceMeasured,
		ResolveLinkTos: set.ResolveLinks, StartFrom: g.startFrom(),
		MessageTimeoutMilliseconds: milliseconds(set.Timeout), ExtraStatistics: set.ExtraStatistics, MaxRetryCount: int32(set.MaxRetries),
		LiveBufferSize: int32(set.LiveBuffer), BufferSize: int32(set.HistoryBuffer), ReadBatchSize: int32(set.ReadBatch),
		CheckPointAfterMilliseconds: milliseconds(set.CheckpointAfter),
		MinCheckPointCount:          int32(set.MinCheckpoint), MaxCheckPointCount: int32(set.MaxCheckpoint),
		ReadBufferCount: int32(stats.Buffered), RetryBufferCount: int32(stats.Retrying),
		TotalInFlightMessages: int32(stats.InFlight), OutstandingMessagesCount: int32(stats.InFlight),
		NamedConsumerStrategy: string(set.Strategy), MaxSubscriberCount: int32(set.MaxSubscribers), ParkedMessageCount: stats.Parked,
	}
	if stats.Next < end {
		info.Status = "Behind"
	}
	if end > c.first() {
		info.LastKnownEventPosition = h.placeText(c.groupName, end-1)
	}
	if through := g.memory.through.Load(); through != nil {
		info.LastCheckpointedEventPosition = h.placeText(c.groupName, *through)
	}
	for _, n := range stats.Consumers {
		info.Connections = append(info.Connections, &api.SubscriptionInfo_ConnectionInfo{
			From: n.From, Username: n.User, ConnectionName: n.Name, AverageItemsPerSecond: int32(n.PerSecond), TotalItems: n.Total,
			CountSinceLastMeasurement: n.SinceMeasured, AvailableSlots: int32(n.Slots), InFlightMessages: int32(n.InFlight),
		})
	}
	return info, nil
}

// first is the place of the first event that there can be.
func (c groupConfig) first() uint64 {
	if c.all() {
		return 1
	}
	return 0
}

func (g *group) startFrom() string {
	h, c := g.source.history, g.config
	switch {
	case c.all() && c.Start.AtEnd:
		return "C:-1/P:-1"
	case c.Start.AtEnd:
		return "-1"
	case c.all() && c.Start.From <= 1:
		return "C:0/P:0"
	}
	return h.placeText(c.groupName, c.Start.From)
}

func milliseconds(d time.Duration) int32 { return int32(min(d/time.Millisecond, 1<<31-1)) }
