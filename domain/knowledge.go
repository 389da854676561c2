package domain

import (
	"fmt"
	"maps"
	"strings"
)

// Knowledge is what a decision was told of other streams: their states. It
// holds only what is never taken back once it was said: adopted versions of
// agreements, published values of an index. So the decision is as good as if
// it had been on the command's own stream.
type Knowledge map[Stream]any

// Learner is a command whose decision may need to know of other streams. It
// answers [Unknown] until it was told of all that it needs, and is then
// decided anew.
type Learner interface {
	Command
	// Learn gives the same command with this knowledge.
	Learn(Knowledge) Command
}

// Unknown names the streams that a decision needs to know of.
type Unknown struct{ Streams []Stream }

func (u *Unknown) Error() string {
	names := make([]string, len(u.Streams))
	for i, s := range u.Streams {
		names[i] = string(s)
	}
	return "the decision needs to know of " + strings.Join(names, ", ")
}

// known gives the state of a stream, or asks for it.
func known[S any](k Knowledge, stream Stream) (S, error) {
	state, ok := k[stream]
	if !ok {
		var none S
		return none, &Unknown{[]Stream{stream}}
	}
	s, ok := state.(S)
	if !ok {
		return s, fmt.Errorf("%s is told as %T", stream, state)
	}
	return s, nil
}

// Learn gives every command of the batch the knowledge.
func (t Together) Learn(k Knowledge) Command {
	learned := make(Together, len(t))
	for i, c := range t {
		if l, ok := c.(Learner); ok {
			c = l.Learn(k)
		}
		learned[i] = c
	}
	return learned
}

// DecideKnowing decides a command and tells it what it asks for: tell gives
// the state of a stream.
func DecideKnowing(a Aggregate, state any, c Command, tell func(Stream) (any, error)) ([]Event, error) {
	k := Knowledge{}
	for {
		events, err := a.Decide(state, c)
		unknown, asks := err.(*Unknown)
		learner, learns := c.(Learner)
		if !asks || !learns {
			return events, err
		}
		if k, err = k.and(unknown, tell); err != nil {
			return nil, fmt.Errorf("%s: %w", c.CommandName(), err)
		}
		c = learner.Learn(k)
	}
}

// and is the knowledge with what a decision asked for.
func (k Knowledge) and(asked *Unknown, tell func(Stream) (any, error)) (Knowledge, error) {
	more := maps.Clone(k)
	for _, s := range asked.Streams {
		if _, told := k[s]; told {
			return nil, fmt.Errorf("it asks twice for %s", s)
		}
		state, err := tell(s)
		if err != nil {
			return nil, fmt.Errorf("it needs %s: %w", s, err)
		}
		more[s] = state
	}
	return more, nil
}
