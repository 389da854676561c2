package domain

import (
	"fmt"
	"strings"
)

// Event is something that happened. Its type name is permanent: history is
// read by it for ever.
type Event interface {
	EventType() string
}

// Stream names an aggregate's history: "category-id".
type Stream string

// Category is the part before the first dash.
func (s Stream) Category() string {
	category, _, _ := strings.Cut(string(s), "-")
	return category
}

// ID is the part after the first dash.
func (s Stream) ID() string {
	_, id, _ := strings.Cut(string(s), "-")
	return id
}

// Command asks for a change of one aggregate. Every command also has a method
// Decide(S) ([]Event, error) on its aggregate's state S.
type Command interface {
	Stream() Stream
	CommandName() string
}

// Together decides several commands on one aggregate, each on the outcome of
// those before it, and records all of their events or none.
type Together []Command

// Stream is the one aggregate of all the commands, "" when there are none.
func (t Together) Stream() Stream {
	if len(t) == 0 {
		return ""
	}
	return t[0].Stream()
}

func (t Together) CommandName() string { return "Together" }

// Names lists the commands' names, to tell one batch from another.
func (t Together) Names() []string {
	names := make([]string, len(t))
	for i, c := range t {
		names[i] = c.CommandName()
	}
	return names
}

// Aggregate binds a category of streams to its state's behaviour.
type Aggregate interface {
	Zero() any
	Evolve(state any, e Event) any
	Decide(state any, c Command) ([]Event, error)
}

// AggregateOf returns the behaviour of a stream's category.
func AggregateOf(s Stream) (Aggregate, error) {
	switch s.Category() {
	case "shipment":
		return behaviour[Shipment]{}, nil
	case "invoice":
		return behaviour[Invoice]{}, nil
	case "numbering":
		return behaviour[Numbering]{}, nil
	case "customer":
		return behaviour[Customer]{}, nil
	case "posting":
		return behaviour[Posting]{}, nil
	case "payment":
		return behaviour[Payment]{}, nil
	case "agreement":
		return behaviour[Agreement]{}, nil
	case "index":
		return behaviour[Index]{}, nil
	case "registrant":
		return behaviour[Registrant]{}, nil
	case "issuers":
		return behaviour[Issuers]{}, nil
	case "chart":
		return behaviour[Chart]{}, nil
	case "dispute":
		return behaviour[Dispute]{}, nil
	case "bank":
		return behaviour[BankAccount]{}, nil
	case "movement":
		return behaviour[Movement]{}, nil
	case "profile":
		return behaviour[StatementProfile]{}, nil
	case "message":
		return behaviour[Message]{}, nil
	}
	return nil, fmt.Errorf("stream %q has no aggregate", s)
}

// behaviour adapts a typed state to Aggregate. The zero S is the state before
// history.
type behaviour[S interface{ Evolve(Event) S }] struct{}

func (behaviour[S]) Zero() any {
	var zero S
	return zero
}

func (behaviour[S]) Evolve(state any, e Event) any { return state.(S).Evolve(e) }

func (b behaviour[S]) Decide(state any, c Command) ([]Event, error) {
	if batch, ok := c.(Together); ok {
		var all []Event
		for _, c := range batch {
			if c.Stream() != batch.Stream() {
				return nil, fmt.Errorf("command %s is of stream %q, the batch of %q: send it alone", c.CommandName(), c.Stream(), batch.Stream())
			}
			events, err := b.Decide(state, c)
			if err != nil {
				return nil, err
			}
			for _, e := range events {
				state = b.Evolve(state, e)
			}
			all = append(all, events...)
		}
		return all, nil
	}
	d, ok := c.(interface{ Decide(S) ([]Event, error) })
	if !ok {
		return nil, fmt.Errorf("command %s does not decide on %T", c.CommandName(), state)
	}
	return d.Decide(state.(S))
}
