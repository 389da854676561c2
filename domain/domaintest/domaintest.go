// Package domaintest lets the rules of package domain be told as given a
// history, when a command, then events, nothing, or a refusal. It is for tests
// only.
//
//	domaintest.When(t, domaintest.Given(released), deliver).Then(recorded, delivered)
//	domaintest.When(t, domaintest.Given(released), approve).Refused(domain.NotFound)
//
// Everything that is decided also goes through the registry and must come back
// as it was: a decision that storing would change is a mistake. So is one that
// changes the state that it was made on.
package domaintest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

// History is what happened before a command, in order.
type History []domain.Event

// Given is the history of the aggregate that a command goes to.
func Given(events ...domain.Event) History { return events }

// And is the history with further events.
func (h History) And(events ...domain.Event) History {
	return append(h[:len(h):len(h)], events...)
}

// Outcome is what a command led to.
type Outcome struct {
	t      testing.TB
	events []domain.Event
	err    error
}

// When decides a command on the state that the history leads to.
// What it needs to know of other streams is what the test tells; a stream that
// it does not tell is one without a history.
func When(t testing.TB, given History, c domain.Command, told ...Told) *Outcome {
	t.Helper()
	aggregate, err := domain.AggregateOf(c.Stream())
	require.NoError(t, err)
	state := aggregate.Zero()
	for _, e := range given {
		state = aggregate.Evolve(state, e)
	}
	was := written(t, state)
	events, err := domain.DecideKnowing(aggregate, state, c, func(s domain.Stream) (any, error) { return fold(t, s, told), nil })
	if err != nil {
		require.Empty(t, events, "%s was refused and still decided events", c.CommandName())
	}
	after := state
	for _, e := range events {
		after = aggregate.Evolve(after, e)
	}
	require.Equal(t, was, written(t, state), "%s changed the state that it was decided on", c.CommandName())
	for _, e := range events {
		require.Equal(t, e, Stored(t, e), "%s is not the same when it is read back", e.EventType())
	}
	return &Outcome{t, events, err}
}

// written is a state down to the last of what it holds, to compare it with
// itself later.
func written(t testing.TB, state any) string {
	t.Helper()
	if n, ok := state.(domain.Numbering); ok { // by document, which JSON has no keys for
		return fmt.Sprintf("%+v", n)
	}
	text, err := json.Marshal(state)
	require.NoError(t, err)
	return string(text)
}

// Told are the histories of other streams that a decision may ask for.
type Told map[domain.Stream]History

func fold(t testing.TB, s domain.Stream, told []Told) any {
	t.Helper()
	aggregate, err := domain.AggregateOf(s)
	require.NoError(t, err)
	state := aggregate.Zero()
	for _, m := range told {
		for _, e := range m[s] {
			state = aggregate.Evolve(state, e)
		}
	}
	return state
}

// Then expects exactly these events, in this order and nothing else.
func (o *Outcome) Then(events ...domain.Event) {
	o.t.Helper()
	require.NoError(o.t, o.err)
	require.Equal(o.t, events, o.events)
}

// Nothing expects that nothing had to change.
func (o *Outcome) Nothing() {
	o.t.Helper()
	require.NoError(o.t, o.err)
	require.Empty(o.t, o.events)
}

// Events gives what was decided, for histories that continue.
func (o *Outcome) Events() []domain.Event {
	o.t.Helper()
	require.NoError(o.t, o.err)
	return o.events
}

// Refused expects a refusal of this code.
func (o *Outcome) Refused(code domain.Code) *Refused {
	o.t.Helper()
	require.Empty(o.t, o.events)
	var refusal *domain.Refusal
	require.ErrorAs(o.t, o.err, &refusal)
	require.Equal(o.t, code, refusal.Code, refusal.Text)
	require.NotEmpty(o.t, refusal.Text)
	return &Refused{o.t, refusal}
}

// Refused is a refusal whose code was as expected.
type Refused struct {
	t       testing.TB
	refusal *domain.Refusal
}

// ByRule expects the rule's number.
func (r *Refused) ByRule(n int) {
	r.t.Helper()
	require.Equal(r.t, n, r.refusal.Rule, r.refusal.Text)
}

// Fold gives the state that a history leads to.
func Fold[S interface{ Evolve(domain.Event) S }](events ...domain.Event) S {
	var state S
	for _, e := range events {
		state = state.Evolve(e)
	}
	return state
}

// Stored is an event as history gives it back.
func Stored(t testing.TB, e domain.Event) domain.Event {
	t.Helper()
	registry := domain.Events()
	name, version, body, err := registry.Encode(e)
	require.NoError(t, err)
	back, err := registry.Decode(name, version, body)
	require.NoError(t, err)
	return back
}

// IsRefusal tells a refusal from something that is broken.
func IsRefusal(err error) bool {
	var refusal *domain.Refusal
	return errors.As(err, &refusal)
}
