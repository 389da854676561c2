package node

import (
	"context"
	"errors"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// liveEvents is how many events may have gathered while a live subscription
// sent others. With more it had fallen behind, and is told again when it has
// caught up.
const liveEvents = 256

// errStopping ends subscriptions when the node stops; clients connect anew.
var errStopping = status.Error(codes.Unavailable, "the node is stopping")

// subscription is a reading that does not end. It reads what there is, waits
// for more, and so needs no buffer of its own: a client that reads slowly
// reads later.
type subscription struct {
	*reading
	stopping <-chan struct{}

	live  bool // the client was told that it has caught up
	round int  // events considered since the last wait
}

func (s *streams) subscribe(ctx context.Context, r *reading) error {
	sub := &subscription{reading: r, stopping: s.node.stopping}
	if r.stream == allStream {
		return sub.all(ctx)
	}
	return sub.one(ctx)
}

// step counts an event and says whether to go on.
func (s *subscription) step() error {
	s.round++
	select {
	case <-s.stopping:
		return errStopping
	default:
		return nil
	}
}

// caughtUp tells the client that it has what there is, unless it knows.
func (s *subscription) caughtUp() error {
	behind := s.round > liveEvents
	s.round = 0
	if s.live && !behind {
		return nil
	}
	s.live = true
	return s.send(caughtUpMessage())
}

// wait waits for an event after a position.
func (s *subscription) wait(ctx context.Context, after eventstore.Position) error {
	more, closing := s.history.changed(after)
	select {
	case <-more:
		return nil
	case <-closing:
		return eventstore.ErrClosed
	case <-s.stopping:
		return errStopping
	case <-ctx.Done():
		return ctx.Err()
	}
}

// one follows a stream.
func (s *subscription) one(ctx context.Context) error {
	head := s.history.head()
	next, err := s.next(ctx)
	if err != nil {
		return err
	}
	if err := s.send(confirmationMessage()); err != nil {
		return err
	}
	b, err := s.history.bounds(ctx, s.stream)
	if err != nil && !errors.Is(err, errNoStream) {
		return err // also that it is deleted for good
	}
	if err == nil {
		if next, err = s.forward(ctx, b, next); err != nil {
			return err
		}
	}
	for {
		if err := s.caughtUp(); err != nil {
			return err
		}
		if err := s.wait(ctx, head); err != nil {
			return err
		}
		head = s.history.head()
		m, err := s.history.rules(ctx, s.stream)
		if err != nil {
			return err
		}
		// Whoever follows gets every event, also one that the metadata hide
		// by now.
		if next, err = s.forward(ctx, bounds{}, next); err != nil {
			return err
		}
		if m.tombstoned {
			return s.ended(ctx)
		}
	}
}

// next is the revision after the one where the client has the subscription
// begin.
func (s *subscription) next(ctx context.Context) (uint64, error) {
	switch s.options.GetStream().GetRevisionOption().(type) {
	case *api.ReadReq_Options_StreamOptions_Revision:
		return min(s.from(), lastRevision) + 1, nil
	case *api.ReadReq_Options_StreamOptions_End:
		last, err := s.history.raw.Last(ctx, s.stream)
		return uint64(last + 1), err
	}
	return 0, nil
}

// forward sends a stream's events from a revision on and answers the next.
func (s *subscription) forward(ctx context.Context, b bounds, next uint64) (uint64, error) {
	for e, err := range s.history.within(ctx, s.stream, b, next, embedded.Forwards) {
		if err == nil {
			err = s.step()
		}
		if err == nil {
			err = s.event(ctx, e)
		}
		if err != nil {
			return 0, err
		}
		next = e.Revision + 1
	}
	return next, nil
}

// ended sends the tombstone and ends the subscription.
func (s *subscription) ended(ctx context.Context) error {
	for e, err := range s.history.raw.ReadStream(ctx, metaPrefix+s.stream, embedded.End, embedded.Backwards) {
		if err != nil {
			return err
		}
		s.history.show(&e)
		if err := s.event(ctx, e); err != nil {
			return err
		}
		break
	}
	return &streamDeleted{s.stream}
}

// all follows the whole history.
func (s *subscription) all(ctx context.Context) error {
	head := s.history.head()
	at := s.after(head)
	if err := s.send(confirmationMessage()); err != nil {
		return err
	}
	c := checkpoints{subscription: s}
	if at.Compare(head) >= 0 {
		// Nothing to catch up with, and so nothing to note.
		if err := s.caughtUp(); err != nil {
			return err
		}
	}
	for {
		for e, err := range s.history.allAfter(ctx, at) {
			if err == nil {
				err = s.step()
			}
			if err == nil && s.filter.takes(&e) {
				err = s.event(ctx, e)
			}
			if err == nil {
				err = c.considered(e.Position)
			}
			if err != nil {
				return err
			}
			at = e.Position
		}
		if !s.live || s.round > liveEvents {
			if err := c.send(at); err != nil {
				return err
			}
		}
		if err := s.caughtUp(); err != nil {
			return err
		}
		if err := s.wait(ctx, at); err != nil {
			return err
		}
	}
}

// after is the position after which the client has the subscription begin.
func (s *subscription) after(head eventstore.Position) eventstore.Position {
	o := s.options.GetAll()
	switch o.GetAllOption().(type) {
	case *api.ReadReq_Options_AllOptions_Position:
		return eventstore.Position{Commit: o.GetPosition().GetCommitPosition(), Prepare: o.GetPosition().GetPreparePosition()}
	case *api.ReadReq_Options_AllOptions_End:
		return head
	}
	return eventstore.Start
}

// checkpoints tells the client of a filtered subscription how far it is, also
// when no event passes the filter.
type checkpoints struct {
	*subscription
	count uint64 // events considered since the last interval ended
	last  eventstore.Position
}

func (c *checkpoints) considered(at eventstore.Position) error {
	if c.filter == nil {
		return nil
	}
	if c.count++; c.count < c.filter.interval {
		return nil
	}
	c.count = 0
	return c.send(at)
}

func (c *checkpoints) send(at eventstore.Position) error {
	if c.filter == nil || at.Compare(c.last) <= 0 {
		return nil
	}
	c.last = at
	return c.reading.send(checkpointMessage(at))
}
