package esdb

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/freightledger/freightledger/eventstore"
)

// Append implements eventstore.Appender. While the outcome is unknown it
// repeats the append unchanged, for as long as its context and the store's
// patience last. It may so answer *Lost as well, and *NoConnection when the
// server was not asked at all.
func (s *Store) Append(ctx context.Context, stream string, expect eventstore.Revision, events []eventstore.Proposed) (eventstore.Appended, error) {
	if err := eventstore.CheckAppend(stream, expect, events); err != nil {
		return eventstore.Appended{}, err
	}
	if err := ctx.Err(); err != nil {
		return eventstore.Appended{}, err
	}
	at, err := expected(expect)
	if err != nil {
		return eventstore.Appended{}, err
	}
	a := &appending{s: s, stream: stream, expect: expect, events: events, at: at, data: proposed(events)}
	answer, err := a.run(ctx)
	if err != nil {
		return eventstore.Appended{}, fmt.Errorf("append to %s: %w", stream, err)
	}
	return answer, nil
}

// appending is an append that is under way.
type appending struct {
	s      *Store
	stream string
	expect eventstore.Revision
	events []eventstore.Proposed
	at     client.ExpectedRevision
	data   []client.EventData

	doubt error // an attempt that may have stored the events
	cuts  int   // attempts in a row that the server ended before it had all
}

// mostCuts is how often in a row an append is ended before the server has all
// of it until that is taken for an answer.
const mostCuts = 5

func (a *appending) run(ctx context.Context) (eventstore.Appended, error) {
	trying, stop := a.s.enter(ctx, a.s.patience)
	defer stop()
	pause := pauses(10*time.Millisecond, 2*time.Second)
	for {
		answer, again, err := a.attempt(trying)
		switch {
		case err == nil:
			return answer, nil
		case !again:
			return eventstore.Appended{}, a.verdict(err)
		case sleep(trying, pause.NextBackOff()):
			continue
		}
		return a.giveUp(ctx, err)
	}
}

// attempt appends once; again says that the same may end otherwise.
func (a *appending) attempt(ctx context.Context) (_ eventstore.Appended, again bool, _ error) {
	g, err := a.s.line.acquire(ctx)
	if err != nil {
		return eventstore.Appended{}, mends(err) || ctx.Err() != nil, err
	}
	result, err := a.send(ctx, g)
	if err == nil {
		return a.stored(ctx, result)
	}
	switch answer := outcome(a.stream, err); {
	case errors.Is(answer, errWrongRevision):
		a.cuts = 0
		return a.settle(ctx)
	case errors.Is(answer, errClientGone):
		return eventstore.Appended{}, true, answer
	case cutShort(err):
		a.cuts++
		return eventstore.Appended{}, a.cuts < mostCuts,
			fmt.Errorf("the server ends this append of %d bytes before it has all of it: check the user's rights, and that its MaxAppendSize is %d: %w", a.size(), eventstore.MaxAppendBytes, err)
	case errors.Is(answer, eventstore.ErrUnknownOutcome):
		a.cuts, a.doubt = 0, answer
		return eventstore.Appended{}, !errors.Is(answer, errPanic), answer
	default:
		return eventstore.Appended{}, false, answer
	}
}

func (a *appending) size() (bytes int) {
	for _, e := range a.events {
		bytes += e.Size()
	}
	return bytes
}

// send is one call of the client.
func (a *appending) send(ctx context.Context, g *generation) (*client.WriteResult, error) {
	l := a.s.line
	ctx, cancel := context.WithTimeout(ctx, a.s.timeout)
	defer cancel()
	watch := l.watch(g)
	return call(ctx, func() { l.release(g) }, func() (*client.WriteResult, error) {
		in, err := g.enter(ctx)
		if err != nil {
			watch.Stop()
			return nil, err
		}
		defer in.done()
		result, err := g.client.AppendToStream(in, a.stream, client.AppendToStreamOptions{ExpectedRevision: a.at, Deadline: &a.s.timeout}, a.data...)
		switch {
		case err != nil && clientLost(err):
			watch.Stop()
			l.drop(g, err)
		case err == nil || ctx.Err() == nil:
			watch.Stop()
			l.heardFrom(g)
		}
		return result, err
	})
}

// stored checks an answer that says that the events are stored. One without a
// position is that of a server that knew the events, but could not read them.
func (a *appending) stored(ctx context.Context, result *client.WriteResult) (_ eventstore.Appended, again bool, _ error) {
	a.cuts = 0
	answer, err := appended(result)
	switch {
	case errors.Is(err, eventstore.ErrUnknownOutcome):
		a.doubt = err
		return a.settle(ctx)
	case err != nil:
		return eventstore.Appended{}, false, unknown(err)
	case answer.Last != a.expect+eventstore.Revision(len(a.events)):
		return eventstore.Appended{}, false, unknown(&Lost{Stream: a.stream,
			Reason: fmt.Sprintf("it goes on at revision %s after an append that expected %s: it was deleted", answer.Last, a.expect)})
	}
	return answer, false, nil
}

// settle finds out by the ids of the stream's events whether the append was
// stored, now that the stream has moved on.
func (a *appending) settle(ctx context.Context) (_ eventstore.Appended, again bool, _ error) {
	var after []eventstore.Record
	var last eventstore.Revision
	err := a.s.patiently(ctx, func() (bool, error) {
		// Most often the stream has few events more, and one page shows its end.
		const some = 16
		var err error
		count := len(a.events) + some
		if a.expect == math.MaxInt64 {
			count = 0 // no event can follow it
		} else if after, err = a.s.page(ctx, a.stream, client.Revision(uint64(a.expect+1)), client.Forwards, count); err != nil {
			return false, err
		}
		if n := len(after); n > 0 && n < count {
			last = eventstore.Revision(after[n-1].Revision)
			return false, nil
		}
		end, err := a.s.page(ctx, a.stream, client.End{}, client.Backwards, 1)
		if last = eventstore.NoStream; len(end) > 0 {
			last = eventstore.Revision(end[0].Revision)
		}
		return false, err
	})
	if err != nil {
		a.doubt = errors.Join(a.doubt, err)
		return eventstore.Appended{}, passing(err) || ctx.Err() != nil, err
	}
	if at, ok := a.among(after); ok {
		return at, false, nil
	}
	if last == a.expect || last < a.expect && a.doubt != nil {
		// It has arrived there only now, or this server lags behind another.
		a.doubt = unknown(errWrongRevision)
		return eventstore.Appended{}, true, a.doubt
	}
	a.doubt = nil // the place is taken by others for good, or was never reached
	return eventstore.Appended{}, false, &eventstore.WrongRevision{Stream: a.stream, Expected: a.expect, Actual: last}
}

// among finds the append's events where they would be.
func (a *appending) among(after []eventstore.Record) (eventstore.Appended, bool) {
	if len(after) < len(a.events) {
		return eventstore.Appended{}, false
	}
	for i, e := range a.events {
		if after[i].ID != e.ID {
			return eventstore.Appended{}, false
		}
	}
	last := after[len(a.events)-1]
	return eventstore.Appended{Last: eventstore.Revision(last.Revision), Position: last.Position}, true
}

// giveUp answers an append whose time is over.
func (a *appending) giveUp(ctx context.Context, last error) (eventstore.Appended, error) {
	if err := a.s.over(ctx); err != nil {
		return eventstore.Appended{}, a.verdict(err)
	}
	if a.doubt == nil {
		return eventstore.Appended{}, a.s.line.none(last)
	}
	settling, stop := a.s.enter(ctx, a.s.timeout)
	defer stop()
	answer, again, err := a.settle(settling)
	if err == nil || !again && a.doubt == nil {
		return answer, err
	}
	return eventstore.Appended{}, a.verdict(last)
}

// verdict is an error with the doubt that remains.
func (a *appending) verdict(err error) error {
	if a.doubt == nil || errors.Is(err, eventstore.ErrUnknownOutcome) {
		return err
	}
	return unknown(err)
}
