package node

import (
	"context"
	"errors"
	"iter"
	"math"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// reading is one call of Read, parsed.
type reading struct {
	history *history
	options *api.ReadReq_Options
	call    api.Streams_ReadServer

	stream    string // allStream for all
	direction embedded.Direction
	filter    *filter
	textIDs   bool
	newer     bool // the client understands first and last stream positions
}

// Read implements api.StreamsServer.
func (s *streams) Read(req *api.ReadReq, call api.Streams_ReadServer) error {
	r, err := s.parseReading(req.GetOptions())
	if err != nil {
		return err
	}
	if err := s.node.mayRead(call.Context(), r.stream); err != nil {
		return err
	}
	r.call = call
	switch r.options.GetCountOption().(type) {
	case *api.ReadReq_Options_Subscription:
		return s.subscribe(call.Context(), r)
	case *api.ReadReq_Options_Count:
		if r.stream == allStream {
			return r.all(call.Context())
		}
		return r.one(call.Context())
	}
	return invalid("read of %s: say how many events, or that it is a subscription", r.stream)
}

func (s *streams) parseReading(o *api.ReadReq_Options) (*reading, error) {
	r := &reading{history: s.history, options: o}
	switch o.GetStreamOption().(type) {
	case *api.ReadReq_Options_Stream:
		var err error
		if r.stream, err = parseName(o.GetStream().GetStreamIdentifier()); err != nil {
			return nil, err
		}
		if r.stream == allStream {
			return nil, invalid("read: %s is not a stream; ask for all", allStream)
		}
	case *api.ReadReq_Options_All:
		r.stream = allStream
	default:
		return nil, invalid("read: say which stream")
	}
	if o.GetUuidOption() == nil {
		return nil, invalid("read of %s: say the form of ids, uuid_option", r.stream)
	}
	_, r.textIDs = o.GetUuidOption().GetContent().(*api.ReadReq_Options_UUIDOption_String_)
	r.direction = o.GetReadDirection() == api.ReadReq_Options_Backwards
	r.newer = o.GetControlOption().GetCompatibility() >= 1
	var err error
	if r.filter, err = parseFilter(o); err != nil {
		return nil, err
	}
	_, subscription := o.GetCountOption().(*api.ReadReq_Options_Subscription)
	_, stream := o.GetStreamOption().(*api.ReadReq_Options_Stream)
	switch {
	case stream && r.filter != nil:
		return nil, invalid("read of %s: only $all can be filtered", r.stream)
	case subscription && r.direction == embedded.Backwards:
		return nil, invalid("read of %s: a subscription goes forwards", r.stream)
	}
	return r, nil
}

// event sends one event, with its link followed if the client asked for it.
func (r *reading) event(ctx context.Context, e event) error {
	out := resolved{Event: &e}
	if r.options.GetResolveLinks() && e.Type == typeLink {
		var err error
		if out, err = r.history.resolve(ctx, e); err != nil {
			return err
		}
	}
	return r.call.SendMsg(&outgoing{out, r.textIDs})
}

func (r *reading) send(m *api.ReadResp) error { return r.call.Send(m) }

// from is where the client has a stream's reading begin.
func (r *reading) from() uint64 {
	o := r.options.GetStream()
	switch o.GetRevisionOption().(type) {
	case *api.ReadReq_Options_StreamOptions_Revision:
		return o.GetRevision()
	case *api.ReadReq_Options_StreamOptions_End:
		return embedded.End
	}
	return 0
}

// one reads a stream.
func (r *reading) one(ctx context.Context) error {
	count, from := r.options.GetCount(), r.from()
	b, err := r.history.bounds(ctx, r.stream)
	if errors.Is(err, errNoStream) {
		return r.send(notFoundMessage(r.stream))
	}
	if err != nil {
		return err
	}
	sent := uint64(0)
	for e, err := range r.limited(r.history.within(ctx, r.stream, b, from, r.direction), count) {
		if err != nil {
			return err
		}
		if err := r.event(ctx, e); err != nil {
			return err
		}
		sent++
	}
	if !r.newer {
		return nil
	}
	if sent == 0 && r.direction == embedded.Forwards && count > 0 {
		if first := max(b.first, min(from, b.next)); first != from {
			if err := r.send(firstMessage(first)); err != nil {
				return err
			}
		}
	}
	return r.send(lastMessage(b.next - 1))
}

// all reads the whole history.
func (r *reading) all(ctx context.Context) error {
	o := r.options.GetAll()
	var from eventstore.Position
	switch o.GetAllOption().(type) {
	case *api.ReadReq_Options_AllOptions_Position:
		from = eventstore.Position{Commit: o.GetPosition().GetCommitPosition(), Prepare: o.GetPosition().GetPreparePosition()}
	case *api.ReadReq_Options_AllOptions_End:
		from = eventstore.Position{Commit: math.MaxUint64, Prepare: math.MaxUint64}
	}
	for e, err := range r.limited(r.taken(r.history.all(ctx, from, r.direction)), r.options.GetCount()) {
		if err != nil {
			return err
		}
		if err := r.event(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// taken passes the events that the filter takes.
func (r *reading) taken(events iter.Seq2[event, error]) iter.Seq2[event, error] {
	if r.filter == nil {
		return events
	}
	return func(yield func(event, error) bool) {
		for e, err := range events {
			if err == nil && !r.filter.takes(&e) {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// limited ends after so many events.
func (r *reading) limited(events iter.Seq2[event, error], count uint64) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		if count == 0 {
			return
		}
		for e, err := range events {
			if !yield(e, err) {
				return
			}
			if count--; count == 0 {
				return
			}
		}
	}
}
