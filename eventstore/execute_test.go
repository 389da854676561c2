package eventstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestACommandIsAppendedAtTheRevisionItWasDecidedOn(t *testing.T) {
	store, _ := open(t, t.TempDir())
	between := &wrapped{Store: store, append: func(_ int, next func() (eventstore.Appended, error)) (eventstore.Appended, error) { return next() }}
	x := executor(between)
	stream := string(domain.SeriesStream(series))

	// When three documents ask for numbers, one after the other
	for i := range 3 {
		result := execute(t, x, numberFor(fmt.Sprint("I", i)), fmt.Sprint("command ", i))
		require.False(t, result.Repeated)
		require.Len(t, result.Events, 1)
		require.Equal(t, uint64(i), result.Events[0].Revision)
		require.Equal(t, int64(i+1), result.Events[0].Event.(domain.NumberAssigned).N)
	}

	// Then each append named its revision, and what was answered is what is stored
	want := []string{"no stream", "0", "1"}
	for i, asked := range between.asked {
		require.True(t, strings.HasPrefix(asked, stream+" at "+want[i]+":"), asked)
	}
	head, err := store.Head(t.Context())
	require.NoError(t, err)
	last := execute(t, x, numberFor("I2"), "command 2")
	require.Equal(t, head, last.Events[0].Position)
	require.Equal(t, upTo(3), numbers(t, store))
}

func TestEventIdsComeFromTheCommand(t *testing.T) {
	// Given the same command in two stores
	receive, part0, part1 := message("m", []byte("a"))
	batch := domain.Together{receive, part0, part1}
	storeA, _ := open(t, t.TempDir())
	storeB, _ := open(t, t.TempDir())

	// When it is executed in both, under one id
	first := execute(t, executor(storeA), batch, "one")
	second := execute(t, executor(storeB), batch, "one")

	// Then the events have the same ids, each its own
	seen := map[uuid.UUID]bool{}
	for i := range first.Events {
		require.Equal(t, first.Events[i].ID, second.Events[i].ID)
		require.False(t, seen[first.Events[i].ID])
		seen[first.Events[i].ID] = true
	}
	require.Len(t, seen, 3)

	// And another command's have others, also on another stream
	receive.Message = "n"
	for _, name := range []string{"one", "two"} {
		for _, e := range execute(t, executor(storeA), receive, name).Events {
			require.False(t, seen[e.ID])
			seen[e.ID] = true
		}
	}
}

func TestMetadataSaysWhoAskedAndWhy(t *testing.T) {
	store, _ := open(t, t.TempDir())
	clock := func() time.Time { return time.Date(2026, 3, 1, 13, 0, 0, 0, time.FixedZone("CET", 3600)) }
	x := eventstore.NewExecutor(store, codec, clock)

	// Given a request that names nothing but its id, and one that names all
	bare := eventstore.Request{ID: id("bare")}
	full := eventstore.Request{ID: id("full"), Correlation: id("transaction"), Causation: id("cause"), Actor: "billing-desk", Via: "POST /v1/commands"}
	for name, c := range map[string]struct {
		req  eventstore.Request
		want eventstore.Meta
	}{
		"bare": {bare, eventstore.Meta{Correlation: id("bare"), Causation: id("bare"), Command: id("bare")}},
		"full": {full, eventstore.Meta{Correlation: id("transaction"), Causation: id("cause"), Command: id("full"), Actor: "billing-desk", Via: "POST /v1/commands"}},
	} {
		t.Run(name, func(t *testing.T) {
			// When it is executed
			result, err := x.Execute(t.Context(), numberFor(name), c.req)
			require.NoError(t, err)

			// Then the event says it, with the defaults, the form and the instant in UTC
			stored := history(t, store, domain.SeriesStream(series))
			for _, e := range []eventstore.Decoded{stored[len(stored)-1], result.Events[0]} {
				c.want.CommandHash, c.want.Version, c.want.RecordedAt = e.Meta.CommandHash, e.Meta.Version, e.Meta.RecordedAt
				require.Equal(t, c.want, e.Meta)
				require.Equal(t, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), e.Meta.RecordedAt)
				require.Len(t, e.Meta.CommandHash, 32)
				_, version, _, err := domain.Events().Encode(e.Event)
				require.NoError(t, err)
				require.Equal(t, version, e.Meta.Version)
			}
		})
	}
}

func TestACommandWithoutIdOrStreamIsNotDecided(t *testing.T) {
	store, _ := open(t, t.TempDir())
	x := executor(store)

	_, err := x.Execute(t.Context(), numberFor("I1"), eventstore.Request{})
	require.ErrorContains(t, err, "needs an id")
	_, err = x.Execute(t.Context(), domain.Together{}, ask("empty batch"))
	require.ErrorContains(t, err, "has no aggregate")
	for name, shipment := range map[string]string{"no id": "", "an id longer than a stream's name": strings.Repeat("S", 600)} {
		t.Run(name, func(t *testing.T) {
			_, err := x.Execute(t.Context(), domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: domain.ShipmentID(shipment)}}, ask(name))
			var no *domain.Refusal
			require.ErrorAs(t, err, &no)
			require.Equal(t, domain.Invalid, no.Code)
			require.Less(t, len(no.Text), 200)
		})
	}
	_, err = x.State(t.Context(), "warehouse-1")
	require.ErrorContains(t, err, "has no aggregate")
	require.Zero(t, x.StatesHeld(), "nothing is kept of what cannot be")
}

func TestRefusedAndEmptyDecisionsAreDecidedAgain(t *testing.T) {
	store, _ := open(t, t.TempDir())
	x := executor(store)
	receive, part0, _ := message("m", []byte("a"))

	// Given a part of a message that was not announced: refused
	_, err := x.Execute(t.Context(), part0, ask("part"))
	var no *domain.Refusal
	require.ErrorAs(t, err, &no)
	require.Equal(t, domain.NotFound, no.Code)

	// When the message is announced
	execute(t, x, receive, "receive")

	// Then the same command is decided anew
	result := execute(t, x, part0, "part")
	require.False(t, result.Repeated)
	require.Len(t, result.Events, 1)

	// And a command that changes nothing answers no events, every time
	for range 2 {
		result = execute(t, x, part0, "part under another id")
		require.False(t, result.Repeated)
		require.Empty(t, result.Events)
	}
	require.Len(t, history(t, store, receive.Stream()), 2)
}

func TestNoIsSaidAtTheEndOfTheStream(t *testing.T) {
	// Given two processes, of which one remembers an old state
	store, _ := open(t, t.TempDir())
	here, there := executor(store), executor(store)
	receive, part0, part1 := message("m", []byte("a"))
	execute(t, here, receive, "receive")
	execute(t, there, part0, "part 0")

	// When the first is asked for what its old state refuses
	result := execute(t, here, part1, "part 1")

	// Then it looks again before it says no
	require.Len(t, result.Events, 1)
	require.Len(t, history(t, store, receive.Stream()), 3)

	// And it does not say that nothing had to change when it had
	dismiss := domain.DismissItem{MessageDismissed: domain.MessageDismissed{Message: "m", Item: "1", By: "desk", Reason: "sent by mistake"}}
	refuse := domain.RefuseItem{MessageRefused: domain.MessageRefused{Message: "m", Item: "1", Kind: "test", Code: "unreadable", Place: "line 1", Reason: "torn"}}
	execute(t, here, refuse, "refuse")
	execute(t, here, dismiss, "dismiss")
	execute(t, there, refuse, "refuse again")
	require.Len(t, execute(t, here, dismiss, "dismiss again").Events, 1)
}

func TestTooLargeIsSaidAsSuch(t *testing.T) {
	store, _ := open(t, t.TempDir())
	x := executor(store)
	receive, part0, part1 := message("m", bytes.Repeat([]byte{1}, domain.MaxPartBytes))

	// When more is decided than an append may hold
	_, err := x.Execute(t.Context(), domain.Together{receive, part0, part1}, ask("all at once"))

	// Then the answer says so, nothing was stored, and less at a time works
	var large *eventstore.TooLarge
	require.ErrorAs(t, err, &large)
	require.Equal(t, eventstore.MaxAppendBytes, large.Limit)
	require.Greater(t, large.Size, large.Limit)
	require.Empty(t, history(t, store, receive.Stream()))
	for i, cmd := range []domain.Command{receive, part0, part1} {
		execute(t, x, cmd, fmt.Sprint("step ", i))
	}
	require.Len(t, history(t, store, receive.Stream()), 3)
}

func TestABatchIsAllOrNothing(t *testing.T) {
	store, _ := open(t, t.TempDir())
	x := executor(store)
	receive, part0, part1 := message("m", []byte("a"))
	_, err := x.Execute(t.Context(), domain.Together{receive, part1, part0}, ask("out of turn"))
	var no *domain.Refusal
	require.ErrorAs(t, err, &no)
	require.Empty(t, history(t, store, receive.Stream()))
}

func TestStateIsThePresentOne(t *testing.T) {
	store, _ := open(t, t.TempDir())
	here, there := executor(store), executor(store)

	// Given nothing
	state, err := here.State(t.Context(), domain.SeriesStream(series))
	require.NoError(t, err)
	require.Equal(t, domain.Numbering{}, state)

	// When another process writes
	execute(t, there, numberFor("I1"), "1")
	execute(t, there, numberFor("I2"), "2")

	// Then it is seen, and the state given before stays what it was
	later, err := here.State(t.Context(), domain.SeriesStream(series))
	require.NoError(t, err)
	require.Equal(t, int64(2), later.(domain.Numbering).Last)
	require.Zero(t, state.(domain.Numbering).Last)
}

func TestAnEndedContextStoresNothing(t *testing.T) {
	store, _ := open(t, t.TempDir())
	x := executor(store)
	ended, end := context.WithCancel(t.Context())
	end()
	for _, warm := range []bool{false, true} {
		if warm {
			execute(t, x, numberFor("I1"), "1")
		}
		before := numbers(t, store)
		_, err := x.Execute(ended, numberFor("I2"), ask("2"))
		require.ErrorIs(t, err, context.Canceled)
		_, err = x.State(ended, domain.SeriesStream(series))
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, before, numbers(t, store))
	}
	execute(t, x, numberFor("I2"), "2")
	require.Equal(t, upTo(2), numbers(t, store))
}

func TestAClosedStoreSaysSo(t *testing.T) {
	store, shut := open(t, t.TempDir())
	x := executor(store)
	execute(t, x, numberFor("I1"), "1")
	shut()
	for _, document := range []string{"I1", "I2"} {
		_, err := x.Execute(t.Context(), numberFor(document), ask("another"))
		require.True(t, errors.Is(err, eventstore.ErrClosed), "%v", err)
	}
}
