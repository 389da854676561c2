package esdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// item is what a stream of the client's delivers: one of these.
type item struct {
	event   *client.ResolvedEvent
	reached *client.Position // a subscription has passed everything up to here
	idle    bool             // nothing came for a while
}

// flow is a stream under way.
type flow struct {
	items chan item
	err   error // why there are no more, io.EOF at the end; once items is closed
}

// source is a stream of the client's, open until it is stopped or its context ends.
type source struct {
	recv     func() (item, error)
	stop     func()
	answered bool // the server has taken it on
}

// opener starts a stream.
type opener func(context.Context, *client.Client) (source, error)

// ahead is how many events are fetched before the reader asks for them.
const ahead = 64

// readStream reads a stream's events, at most count of them.
func readStream(stream string, from client.StreamPosition, d client.Direction, count uint64) opener {
	return func(ctx context.Context, c *client.Client) (source, error) {
		return reading(c.ReadStream(ctx, stream, client.ReadStreamOptions{Direction: d, From: from}, count))
	}
}

// readAll reads events of all streams, the server's own among them.
func readAll(from client.AllPosition, d client.Direction, count uint64) opener {
	return func(ctx context.Context, c *client.Client) (source, error) {
		return reading(c.ReadAll(ctx, client.ReadAllOptions{Direction: d, From: from}, count))
	}
}

func reading(s *client.ReadStream, err error) (source, error) {
	if err != nil {
		return source{}, err
	}
	return source{recv: func() (item, error) {
		e, err := s.Recv()
		return item{event: e}, err
	}, stop: s.Close}, nil
}

// subscribe follows the events of all streams but the server's own.
func subscribe(from client.AllPosition) opener {
	return func(ctx context.Context, c *client.Client) (source, error) {
		s, err := c.SubscribeToAll(ctx, client.SubscribeToAllOptions{
			From: from,
			// By the stream's name, not the event's type: a deleted stream is
			// told by an event of the server's type in it.
			Filter:             &client.SubscriptionFilter{Type: client.StreamFilterType, Regex: `^[^$]`},
			MaxSearchWindow:    subscriptionWindow,
			CheckpointInterval: 1,
		})
		if err != nil {
			return source{}, err
		}
		return source{recv: func() (item, error) { return delivered(s) }, stop: func() { _ = s.Close() }, answered: true}, nil // closing has no error to give
	}
}

// delivered waits for what a subscription has to tell.
func delivered(s *client.Subscription) (item, error) {
	for {
		switch e := s.Recv(); {
		case e.SubscriptionDropped != nil:
			return item{}, e.SubscriptionDropped.Error
		case e.EventAppeared != nil:
			return item{event: e.EventAppeared}, nil
		case e.CheckPointReached != nil:
			return item{reached: e.CheckPointReached}, nil
		}
	}
}

// subscriptionWindow is how many events the server looks at between two
// messages that tell how far it is.
const subscriptionWindow = 256

// kind says what a silence of a timeout's length means to a stream.
type kind int

const (
	reads   kind = iota // the server fails: the stream ends with errSilent
	follows             // there is nothing new, probably: an idle item
)

// items opens a stream and gives what it delivers, until it ends or fails.
func (s *Store) items(ctx context.Context, k kind, open opener) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		g, err := s.line.acquire(ctx)
		if err != nil {
			yield(item{}, err)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		f := s.line.pump(ctx, g, open)
		quiet := time.NewTimer(s.timeout)
		defer quiet.Stop()
		for {
			var next item
			more := true
			select {
			case next, more = <-f.items:
			default:
				quiet.Reset(s.timeout)
				select {
				case next, more = <-f.items:
				case <-quiet.C:
					next.idle = true
				case <-ctx.Done():
				}
			}
			switch {
			case ctx.Err() != nil:
				yield(item{}, context.Cause(ctx))
				return
			case next.idle && k == reads:
				s.line.stalled(g, time.Now().Add(-s.timeout))
				yield(item{}, errSilent)
				return
			case !more:
				if !errors.Is(f.err, io.EOF) {
					yield(item{}, f.err)
				}
				return
			}
			if !yield(next, nil) {
				return
			}
		}
	}
}

// pump runs a stream in a goroutine of its own, which releases the generation
// when it ends.
func (l *line) pump(ctx context.Context, g *generation, open opener) *flow {
	f := &flow{items: make(chan item, ahead)}
	ctx, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(g.life, cancel)
	watch := l.watch(g)
	go func() {
		defer l.release(g)
		defer unhook()
		defer cancel()
		defer close(f.items)
		f.err = f.run(ctx, g, open, func() {
			watch.Stop()
			l.heardFrom(g)
		})
		switch {
		case errors.Is(f.err, io.EOF):
			watch.Stop()
			l.heardFrom(g)
		case g.life.Err() != nil:
			f.err = fmt.Errorf("%w: %w", errCut, f.err)
		case clientLost(f.err):
			l.drop(g, f.err)
		case ctx.Err() == nil:
			watch.Stop() // the server has refused; else the watch goes on
		}
	}()
	return f
}

// run passes a stream on.
func (f *flow) run(ctx context.Context, g *generation, open opener, heard func()) (err error) {
	defer guard(&err)
	in, err := g.enter(ctx)
	if err != nil {
		return err
	}
	defer in.done()
	source, err := open(in, g.client)
	if err != nil {
		return err
	}
	defer source.stop()
	if source.answered {
		heard()
	}
	for {
		next, err := source.recv()
		if err != nil {
			return err
		}
		heard()
		select {
		case f.items <- next:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
