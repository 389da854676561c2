package node

import (
	"context"
	"errors"
	"io"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/google/uuid"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/freightledger/freightledger/eventstore/node/persistent"
)

// Read implements api.PersistentSubscriptionsServer: one consumer, until it
// goes away, its group is changed or the node stops.
func (s *persistentService) Read(call api.PersistentSubscriptions_ReadServer) error {
	ctx := call.Context()
	req, err := call.Recv()
	if err != nil {
		return err
	}
	o := req.GetOptions()
	if o == nil {
		return invalid("a persistent subscription begins with its options")
	}
	name, err := parseGroup(o.GetStreamIdentifier(), o.GetAll() != nil, o.GetGroupName())
	if err != nil {
		return err
	}
	if o.GetBufferSize() < 1 {
		return invalid("a consumer of group %s asks for %d events at a time: want at least 1", name.Group, o.GetBufferSize())
	}
	consumer, err := s.join(ctx, name, int(o.GetBufferSize()))
	if err != nil {
		return err
	}
	defer func() {
		select {
		case <-s.node.stopping: // the group ends too; leaving it would cost its events a retry
		default:
			consumer.Leave()
		}
	}()
	if err := call.Send(&api.ReadResp{Content: &api.ReadResp_SubscriptionConfirmation_{
		SubscriptionConfirmation: &api.ReadResp_SubscriptionConfirmation{SubscriptionId: name.Stream + "::" + name.Group}}}); err != nil {
		return err
	}
	_, textIDs := o.GetUuidOption().GetContent().(*api.ReadReq_Options_UUIDOption_String_)
	received := make(chan error, 1)
	go func() { received <- receive(call, consumer) }() // ends with the call
	for {
		select {
		case m := <-consumer.Messages():
			if err := call.Send(handed(m, textIDs)); err != nil {
				return err
			}
		case <-consumer.Dropped():
			return groupDropped(name)
		case <-s.node.stopping:
			return errStopping
		case <-ctx.Done():
			return ctx.Err()
		case err := <-received:
			if errors.Is(err, io.EOF) {
				return nil // the client has no more to say, so nothing can be acknowledged
			}
			return err
		}
	}
}

// join makes the caller a consumer of a group.
func (s *persistentService) join(ctx context.Context, name groupName, slots int) (*persistent.Consumer, error) {
	if err := s.node.mayRead(ctx, name.Stream); err != nil {
		return nil, err
	}
	who := callerOf(ctx)
	if who.is(RoleReader) && !who.is(RoleAdmin) {
		return nil, accessDenied() // whoever takes events out of a group changes it
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	g := s.groups[name]
	if g == nil {
		return nil, noGroup(name)
	}
	from := persistent.Who{User: who.name}
	if p, ok := peer.FromContext(ctx); ok {
		from.From = p.Addr.String()
	}
	if names := metadata.ValueFromIncomingContext(ctx, "connection-name"); len(names) > 0 {
		from.Name = names[0]
	}
	c, err := g.Join(slots, from)
	if errors.Is(err, persistent.ErrTooManySubscribers) {
		return nil, groupFull(name)
	}
	return c, err
}

// parseAction reads what is to become of events, in this project's terms.
func parseAction(a api.ReadReq_Nack_Action) (persistent.Action, error) {
	switch a {
	case api.ReadReq_Nack_Unknown, api.ReadReq_Nack_Retry:
		return persistent.Retry, nil
	case api.ReadReq_Nack_Park:
		return persistent.Park, nil
	case api.ReadReq_Nack_Skip:
		return persistent.Skip, nil
	case api.ReadReq_Nack_Stop:
		return persistent.Stop, nil
	}
	return 0, invalid("there is no action %d for events that could not be handled", a)
}

// receive takes a consumer's answers until there are no more.
func receive(call api.PersistentSubscriptions_ReadServer, consumer *persistent.Consumer) error {
	for {
		req, err := call.Recv()
		if err != nil {
			return err
		}
		switch answer := req.GetContent().(type) {
		case *api.ReadReq_Ack_:
			ids, err := parseIDs(answer.Ack.GetIds())
			if err != nil {
				return err
			}
			consumer.Ack(ids)
		case *api.ReadReq_Nack_:
			ids, err := parseIDs(answer.Nack.GetIds())
			if err != nil {
				return err
			}
			action, err := parseAction(answer.Nack.GetAction())
			if err != nil {
				return err
			}
			consumer.Nack(ids, action, answer.Nack.GetReason())
		default:
			return invalid("a consumer's options are followed by answers only")
		}
	}
}

// maxAnswers bounds the events of one answer: nobody has more in hand.
const maxAnswers = 10_000

func parseIDs(wire []*shared.UUID) ([]uuid.UUID, error) {
	if len(wire) > maxAnswers {
		return nil, invalid("an answer to %d events: want at most %d", len(wire), maxAnswers)
	}
	ids := make([]uuid.UUID, len(wire))
	for i, one := range wire {
		var ok bool
		if ids[i], ok = parseID(one); !ok {
			return nil, invalid("answer to event %d of %d: its id is missing, zero or not a UUID", i+1, len(wire))
		}
	}
	return ids, nil
}

func handed(m persistent.Message, textIDs bool) *api.ReadResp {
	return &api.ReadResp{Content: &api.ReadResp_Event{Event: &api.ReadResp_ReadEvent{
		Event:    handedEvent(m.Event.Event, textIDs),
		Link:     handedEvent(m.Link, textIDs),
		Position: &api.ReadResp_ReadEvent_CommitPosition{CommitPosition: m.Original().Position.Commit},
		Count:    &api.ReadResp_ReadEvent_RetryCount{RetryCount: int32(m.Retries)},
	}}}
}

func handedEvent(e *event, textIDs bool) *api.ReadResp_ReadEvent_RecordedEvent {
	if e == nil {
		return nil
	}
	return &api.ReadResp_ReadEvent_RecordedEvent{
		Id:               wireID(e.ID, textIDs),
		StreamIdentifier: identifier(e.Stream),
		StreamRevision:   e.Revision,
		PreparePosition:  e.Position.Prepare,
		CommitPosition:   e.Position.Commit,
		Metadata:         map[string]string{"type": e.Type, "created": stamp(e), "content-type": contentType(e)},
		CustomMetadata:   e.Metadata,
		Data:             e.Data,
	}
}
