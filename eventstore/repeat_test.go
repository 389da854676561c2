package eventstore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/stretchr/testify/require"
)

func TestARepeatAnswersAsTheFirstTime(t *testing.T) {
	dir := t.TempDir()
	store, shut := open(t, dir)
	x := executor(store)
	receive, part0, part1 := message("m", []byte("a"))
	batch := domain.Together{receive, part0, part1}

	// Given a command that led to three events, followed by others
	first := execute(t, x, batch, "batch")
	require.Len(t, first.Events, 3)
	for i := range 5 {
		refuse := domain.RefuseItem{MessageRefused: domain.MessageRefused{Message: "m", Item: fmt.Sprint(i), Kind: "test", Code: "unreadable", Place: "line 1", Reason: "torn"}}
		execute(t, x, refuse, fmt.Sprint("refuse ", i))
	}
	stored := len(history(t, store, receive.Stream()))

	again := func(t *testing.T, x *eventstore.Executor, store eventstore.StreamReader) {
		t.Helper()
		// When it is asked for again, with whatever else beside its id
		req := ask("batch")
		req.Actor, req.Correlation = "somebody else", id("another transaction")
		result, err := x.Execute(t.Context(), batch, req)

		// Then the answer is the first one, and nothing is stored
		require.NoError(t, err)
		require.True(t, result.Repeated)
		requireSame(t, first.Events, result.Events)
		require.Len(t, history(t, store, receive.Stream()), stored)
	}
	t.Run("after other commands", func(t *testing.T) { again(t, x, store) })
	t.Run("after its state was let go", func(t *testing.T) {
		x.KeepStates(1)
		for i := range 3 {
			execute(t, x, numberFor(fmt.Sprint(i)), fmt.Sprint("number ", i))
		}
		execute(t, x, domain.AssignNumber{Series: "CM-2026", For: domain.NumberFor{Invoice: "I"}}, "credit")
		require.Equal(t, 1, x.StatesHeld())
		again(t, x, store)
	})
	t.Run("by another process", func(t *testing.T) { again(t, executor(store), store) })
	t.Run("after a restart", func(t *testing.T) {
		shut()
		store, _ := open(t, dir)
		again(t, executor(store), store)
	})
}

// Another process holds the stream's state as it was right before the command,
// so it decides the command anew, on the same revision.
func TestARepeatThroughAnotherProcessAnswersAsTheFirstTime(t *testing.T) {
	store, _ := open(t, t.TempDir())
	one, two := executor(store), executor(store)
	execute(t, one, numberFor("A"), "A")
	_, err := two.State(t.Context(), numberFor("A").Stream())
	require.NoError(t, err)

	first := execute(t, one, numberFor("B"), "B")
	again := execute(t, two, numberFor("B"), "B")

	require.Equal(t, first.Events[0].ID, again.Events[0].ID)
	require.Equal(t, first.Events[0].Event, again.Events[0].Event)
	require.Equal(t, first.Events[0].Position, again.Events[0].Position)
	require.Len(t, history(t, store, numberFor("B").Stream()), 2)
	next := execute(t, two, numberFor("C"), "C")
	require.EqualValues(t, 3, next.Events[0].Event.(domain.NumberAssigned).N)
}

// What a command needs to know of other streams may have changed between two
// processes' decisions of it: only what was stored counts.
func TestAProcessNeverHoldsWhatWasNotStored(t *testing.T) {
	store, _ := open(t, t.TempDir())
	one, two := executor(store), executor(store)
	shipment := domain.ShipmentID("S1")
	execute(t, one, contracted(shipment), "release")
	execute(t, one, domain.RecordMilestone{Milestone: domain.Milestone{Shipment: shipment, Stop: 2, Kind: domain.Unloaded, At: domain.DayMoment(2026, 3, 5)}}, "deliver")
	_, err := two.State(t.Context(), shipment.Stream())
	require.NoError(t, err)

	// Given a shipment that one process finds no agreement for
	rate := domain.RateShipment{Shipment: shipment}
	first := execute(t, one, rate, "rate")
	require.IsType(t, domain.RatingBlocked{}, first.Events[0].Event)

	// When it has one, and another process is asked for the same command
	execute(t, one, perMile("A"), "adopt")
	again := execute(t, two, rate, "rate")

	// Then the answer is the first one, and both know the same of it
	require.True(t, again.Repeated)
	requireSame(t, first.Events, again.Events)
	var states []any
	for _, x := range []*eventstore.Executor{two, executor(store)} {
		state, err := x.State(t.Context(), shipment.Stream())
		require.NoError(t, err)
		states = append(states, state)
	}
	require.Equal(t, states[1], states[0])
}

// contracted is a shipment to be rated under agreement A.
func contracted(id domain.ShipmentID) domain.ReleaseOrder {
	return domain.ReleaseOrder{OrderReleased: domain.OrderReleased{Shipment: id, Customer: "ACME", Currency: "USD", Mode: "Truck", Promised: domain.DayMoment(2026, 3, 5),
		Stops:    []domain.Stop{{Seq: 1, Kind: domain.StopPickup}, {Seq: 2, Kind: domain.StopDelivery}},
		Measures: domain.Measures{Distance: rating.Quantity{Value: rating.MustDecimal("600"), Unit: "mi"}},
		Terms:    domain.Terms{Agreement: "A", Rate: true}}}
}

// perMile adopts an agreement at 2.00 a mile.
func perMile(agreement string) domain.AdoptAgreement {
	return domain.AdoptAgreement{By: "pricing", Terms: rating.Agreement{Agreement: agreement, Version: "1", Groups: []string{"all"}, Currency: "USD", From: "2026-01-01",
		Round: rating.Round{Mode: money.HalfUp, Step: rating.MustDecimal("0.01")},
		Lanes: []rating.Lane{{Lane: "any", Linehaul: rating.Linehaul{Per: rating.PerMile, Rate: rating.MustDecimal("2")}}}}}
}

func TestAnIdIsForOneCommandOnly(t *testing.T) {
	store, _ := open(t, t.TempDir())
	x := executor(store)
	receive, part0, part1 := message("m", []byte("a"))
	other := receive
	other.Name = "another name"
	execute(t, x, receive, "one")
	execute(t, x, domain.Together{part0, part1}, "batch")
	reversed := domain.Together{part1, part0}

	for name, c := range map[string]struct {
		id  string
		cmd domain.Command
	}{
		"the same command with another body":            {"one", other},
		"another command":                               {"one", part0},
		"the same command in a batch":                   {"one", domain.Together{receive}},
		"a command of the batch alone":                  {"batch", part0},
		"the batch in another order":                    {"batch", reversed},
		"a shorter batch":                               {"batch", domain.Together{part0}},
		"a command that would be refused for its state": {"one", domain.DismissItem{MessageDismissed: domain.MessageDismissed{Message: "m", Item: "9"}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, x := range []*eventstore.Executor{x, executor(store)} {
				_, err := x.Execute(t.Context(), c.cmd, ask(c.id))
				var reused *eventstore.CommandReused
				require.ErrorAs(t, err, &reused)
				require.Equal(t, eventstore.CommandReused{ID: id(c.id), Stream: "message-m"}, *reused)
				require.Contains(t, err.Error(), "use a new id")
			}
		})
	}
	require.Len(t, history(t, store, receive.Stream()), 3)

	// Batches are told apart by the names of their commands, not only by what
	// those hold
	refuse := domain.RefuseItem{MessageRefused: domain.MessageRefused{Message: "m", Item: "1"}}
	apply := domain.ApplyItem{MessageApplied: domain.MessageApplied{Message: "m", Item: "1"}}
	execute(t, x, domain.Together{refuse}, "told apart")
	_, err := x.Execute(t.Context(), domain.Together{apply}, ask("told apart"))
	var reused *eventstore.CommandReused
	require.ErrorAs(t, err, &reused)
}

func TestOneIdOnTwoStreamsIsTwoCommands(t *testing.T) {
	store, _ := open(t, t.TempDir())
	x := executor(store)
	for _, series := range []string{"INV-2026", "CM-2026"} {
		result := execute(t, x, domain.AssignNumber{Series: series, For: domain.NumberFor{Invoice: "I"}}, "one")
		require.False(t, result.Repeated)
		require.Len(t, result.Events, 1)
	}
}

func TestStatesKeptAreBounded(t *testing.T) {
	store, _ := open(t, t.TempDir())
	x := executor(store)
	x.KeepStates(10)
	for i := range 50 {
		execute(t, x, domain.AssignNumber{Series: fmt.Sprint("S", i), For: domain.NumberFor{Invoice: "I"}}, "one")
		require.LessOrEqual(t, x.StatesHeld(), 10)
	}
	require.Equal(t, 10, x.StatesHeld())

	// What was let go is read again, and goes on where it stood
	result := execute(t, x, domain.AssignNumber{Series: "S0", For: domain.NumberFor{Invoice: "J"}}, "two")
	require.Equal(t, int64(2), result.Events[0].Event.(domain.NumberAssigned).N)
	require.Equal(t, uint64(1), result.Events[0].Revision)
}

// What a read that broke off had given is known, but not that it is all.
func TestARepeatIsAnsweredWholeAfterAReadBrokeOffInItsMiddle(t *testing.T) {
	store, _ := open(t, t.TempDir())
	reads := 0
	faulty := &wrapped{Store: store, read: func(r eventstore.Record) (eventstore.Record, error) {
		if reads--; reads == 0 {
			return r, errors.New("connection reset")
		}
		return r, nil
	}}
	here, there := executor(faulty), executor(store)
	receive, part0, part1 := message("m", []byte("a"))

	// Given a process that knows the stream, a command of two events by another one, and a read that breaks off between them
	execute(t, here, receive, "receive")
	first := execute(t, there, domain.Together{part0, part1}, "parts")
	reads = 2
	_, err := here.State(t.Context(), receive.Stream())
	require.ErrorContains(t, err, "connection reset")

	// When the same command comes to it
	again := execute(t, here, domain.Together{part0, part1}, "parts")

	// Then it is answered with both
	require.True(t, again.Repeated)
	requireSame(t, first.Events, again.Events)
}
