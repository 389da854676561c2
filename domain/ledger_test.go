package domain_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

// ledger is the whole of freightledger in memory: streams, their states, and
// the policy that answers every event, at once or when its time has come.
type ledger struct {
	policy   domain.Policy
	now      time.Time
	streams  map[domain.Stream][]domain.Event
	states   map[domain.Stream][]any // after each event; the zero state first
	all      []domain.Event
	deferred []domain.Reaction
	refused  []refusedReaction // reactions that the domain said no to
	revenue  *domaintest.Revenue
	charts   domain.Charts
	memory   domain.MapMemory
	books    []domain.Document // with their accounts
}

type refusedReaction struct {
	command domain.Command
	cause   domain.Event
	refusal error
}

func newLedger(p domain.Policy) *ledger {
	return &ledger{policy: p, now: time.Date(2024, time.March, 1, 0, 0, 0, 0, time.UTC), streams: map[domain.Stream][]domain.Event{}, states: map[domain.Stream][]any{}, revenue: domaintest.NewRevenue(), memory: domain.MapMemory{}}
}

func (l *ledger) state(s domain.Stream) any {
	if states := l.states[s]; len(states) > 0 {
		return states[len(states)-1]
	}
	aggregate, err := domain.AggregateOf(s)
	if err != nil {
		panic(err)
	}
	return aggregate.Zero()
}

// do decides a command, stores what it led to and answers that, until nothing
// follows at once. It gives back the refusal, if there was one.
func (l *ledger) do(c domain.Command) error {
	events, err := l.decide(c)
	if err != nil {
		return err
	}
	for len(events) > 0 {
		e := events[0]
		events = events[1:]
		for _, r := range l.policy.React(e, l.now) {
			if r.NotBefore.After(l.now) {
				l.deferred = append(l.deferred, r)
				continue
			}
			more, err := l.decide(r.Command)
			if err != nil && !domaintest.IsRefusal(err) {
				return fmt.Errorf("%s after %s: %w", r.Command.CommandName(), e.EventType(), err)
			}
			if err != nil {
				l.refused = append(l.refused, refusedReaction{r.Command, e, err})
			}
			events = append(events, more...)
		}
	}
	return nil
}

func (l *ledger) decide(c domain.Command) ([]domain.Event, error) {
	stream := c.Stream()
	aggregate, err := domain.AggregateOf(stream)
	if err != nil {
		return nil, err
	}
	if l.states[stream] == nil {
		l.states[stream] = []any{aggregate.Zero()}
	}
	events, err := domain.DecideKnowing(aggregate, l.state(stream), c, func(s domain.Stream) (any, error) { return l.state(s), nil })
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		l.states[stream] = append(l.states[stream], aggregate.Evolve(l.state(stream), e))
	}
	l.streams[stream] = append(l.streams[stream], events...)
	l.all = append(l.all, events...)
	for _, e := range events {
		l.revenue.Fold(stream, e)
		if e, ok := e.(domain.ChartAdopted); ok {
			l.charts = l.charts.With(e)
		}
		if d, ok, err := l.charts.Book(e, l.memory); err != nil {
			return nil, err
		} else if ok {
			l.books = append(l.books, d)
		}
	}
	// At every position of every history that a ledger of these tests plays.
	if _, err := l.revenue.Check(); err != nil {
		return nil, fmt.Errorf("after %s: %w", c.CommandName(), err)
	}
	if s, ok := l.state(stream).(domain.Shipment); ok {
		if err := approvalsStand(s); err != nil {
			return nil, fmt.Errorf("after %s: %w", c.CommandName(), err)
		}
	}
	return events, nil
}

// approvalsStand tells that what is ready to be billed is approved as it is
// (rule 18).
func approvalsStand(s domain.Shipment) error {
	for _, c := range s.Charges {
		if c.Status != domain.ChargeReady {
			continue
		}
		now := s.Exhibits(c)
		for _, seen := range c.Exhibits {
			if !slices.Contains(now, seen) {
				return fmt.Errorf("charge %s is ready; %s saw %s: %s", c.ID, c.ApprovedBy, seen.Of, seen.Shows)
			}
		}
	}
	return nil
}

// wait lets time pass and does what it was waited for with.
func (l *ledger) wait(d time.Duration) error {
	l.now = l.now.Add(d)
	waiting := l.deferred
	l.deferred = nil
	for _, r := range waiting {
		if r.NotBefore.After(l.now) {
			l.deferred = append(l.deferred, r)
			continue
		}
		if err := l.do(r.Command); err != nil && !domaintest.IsRefusal(err) {
			return err
		}
	}
	return nil
}

func (l *ledger) must(t testing.TB, commands ...domain.Command) {
	t.Helper()
	for _, c := range commands {
		require.NoError(t, l.do(c), c.CommandName())
	}
}

// last is the latest event of a type.
func (l *ledger) last(t testing.TB, like domain.Event) domain.Event {
	t.Helper()
	for _, e := range slices.Backward(l.all) {
		if e.EventType() == like.EventType() {
			return e
		}
	}
	require.Fail(t, "no "+like.EventType())
	return nil
}

func (l *ledger) shipment() domain.Shipment { return l.state(shipment.Stream()).(domain.Shipment) }

func (l *ledger) invoice(id domain.InvoiceID) domain.Invoice {
	return l.state(id.Stream()).(domain.Invoice)
}

// invoices lists them in order of candidate number.
func (l *ledger) invoices() []domain.Invoice {
	var list []domain.Invoice
	for _, e := range l.all {
		if e, ok := e.(domain.CandidateOpened); ok {
			list = append(list, l.invoice(e.Invoice))
		}
	}
	return list
}

// balances sums the journal by role, debits positive, as decimals of the one
// currency of these tests.
func (l *ledger) balances(t require.TestingT) map[domain.Role]string {
	return sums(t, l.books, func(e domain.Entry) domain.Role { return e.Role })
}

func sums[K comparable](t require.TestingT, books []domain.Document, by func(domain.Entry) K) map[K]string {
	sums := map[K]domain.Document{}
	out := map[K]string{}
	for _, d := range books {
		require.True(t, d.Balanced(), "%s %s", d.Kind, d.Number)
		for _, entry := range d.Entries {
			sum := sums[by(entry)]
			sum.Entries = append(sum.Entries, entry)
			sums[by(entry)] = sum
		}
	}
	for key, d := range sums {
		total := usd("0.00")
		for _, entry := range d.Entries {
			var err error
			if entry.Side == domain.DebitSide {
				total, err = total.Add(entry.Amount)
			} else {
				total, err = total.Sub(entry.Amount)
			}
			require.NoError(t, err)
		}
		out[key] = total.Format()
	}
	return out
}
