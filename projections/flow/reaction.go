package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// reaction is a command that follows from an event.
type reaction struct {
	id        uuid.UUID
	cause     eventstore.Decoded
	command   domain.Command
	notBefore time.Time // zero: at once
}

// refusal is a reaction that the domain said no to.
type refusal struct {
	reaction
	no *domain.Refusal
}

// reactions asks the policy, and names each answer.
func (r *Reactor) reactions(e eventstore.Decoded) []reaction {
	answers := r.policy.React(e.Event, e.Meta.RecordedAt)
	if len(answers) == 0 {
		return nil
	}
	all := make([]reaction, len(answers))
	for i, a := range answers {
		name, stream := a.Command.CommandName(), a.Command.Stream()
		occurrence := 0
		for _, before := range all[:i] {
			if before.command.CommandName() == name && before.command.Stream() == stream {
				occurrence++
			}
		}
		all[i] = reaction{commandID(e.ID, name, stream, occurrence), e, a.Command, a.NotBefore}
	}
	return all
}

// commandID is the same whenever an event is reacted to. It does not depend on
// the other reactions, so that a policy may learn new ones.
func commandID(cause uuid.UUID, name string, stream domain.Stream, occurrence int) uuid.UUID {
	buf := make([]byte, 0, 128)
	buf = append(buf, name...)
	buf = append(buf, ' ')
	buf = append(buf, stream...)
	buf = append(buf, ' ')
	return uuid.NewSHA1(cause, strconv.AppendInt(buf, int64(occurrence), 10))
}

// execute executes reactions: those on one stream in their order, streams at
// the same time. It answers the refusals, in the order of reactions. After an
// error any of them may have been executed.
func (r *Reactor) execute(ctx context.Context, reactions []reaction) ([]refusal, error) {
	byStream := map[domain.Stream][]int{}
	var order []domain.Stream
	for i, x := range reactions {
		stream := x.command.Stream()
		if byStream[stream] == nil {
			order = append(order, stream)
		}
		byStream[stream] = append(byStream[stream], i)
	}
	// The longest lists first: nothing else is left to do beside the last one.
	slices.SortStableFunc(order, func(a, b domain.Stream) int { return len(byStream[b]) - len(byStream[a]) })
	noes := make([]*domain.Refusal, len(reactions))
	g, ctx := errgroup.WithContext(ctx)
	work := make(chan []int)
	for range min(r.opts.Workers, len(order)) {
		g.Go(func() error {
			for list := range work {
				for _, i := range list {
					no, err := r.executeOne(ctx, reactions[i])
					if err != nil {
						return err
					}
					noes[i] = no
				}
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(work)
		for _, stream := range order {
			select {
			case work <- byStream[stream]:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var refused []refusal
	for i, no := range noes {
		if no != nil {
			refused = append(refused, refusal{reactions[i], no})
		}
	}
	return refused, nil
}

func (r *Reactor) executeOne(ctx context.Context, x reaction) (*domain.Refusal, error) {
	// Executing it twice has no effect, but what was refused the first time
	// might not be refused again: not by a process that slept meanwhile.
	if err := projections.Sure(ctx, r.db); err != nil {
		return nil, err
	}
	_, err := r.exec.Execute(ctx, x.command, eventstore.Request{ID: x.id, Correlation: x.cause.Meta.Correlation, Causation: x.cause.ID,
		Actor: Actor, Via: "reaction to " + x.cause.Type})
	var no *domain.Refusal
	var reused *eventstore.CommandReused
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &no):
		return no, nil
	case errors.As(err, &reused):
		// The id is the cause's: the reaction was executed before, in other
		// words, by another version of the policy. What is recorded stands.
		r.opts.Logger.Warn("reaction was executed before with another body; what is recorded stands",
			"command", x.command.CommandName(), "stream", string(x.command.Stream()), "cause", place(x.cause))
		return nil, nil
	}
	return nil, fmt.Errorf("%s on %s, which follows from %s: %w", x.command.CommandName(), x.command.Stream(), place(x.cause), err)
}

// place names an event for people.
func place(e eventstore.Decoded) string {
	return e.Type + ", event " + strconv.FormatUint(e.Revision, 10) + " of " + e.Stream
}
