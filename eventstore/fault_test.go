package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

func TestSeveralProcessesGiveEachNumberOnce(t *testing.T) {
	const processes, workers, each = 3, 4, 15
	store, _ := open(t, t.TempDir())
	var g errgroup.Group
	var mu sync.Mutex
	got := map[int64]string{}
	for p := range processes {
		x := executor(store)
		for w := range workers {
			g.Go(func() error {
				for i := range each {
					document := fmt.Sprintf("I%d-%d-%d", p, w, i)
					result, err := x.Execute(context.Background(), numberFor(document), ask(document))
					if err != nil {
						return err
					}
					n := result.Events[0].Event.(domain.NumberAssigned)
					mu.Lock()
					if other, twice := got[n.N]; twice {
						err = fmt.Errorf("number %d is %s's and %s's", n.N, other, document)
					}
					got[n.N] = document
					mu.Unlock()
					if err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	require.NoError(t, g.Wait())

	// Then numbers have no gap, and each document has the one that it was told
	require.Equal(t, upTo(processes*workers*each), numbers(t, store))
	for _, e := range history(t, store, domain.SeriesStream(series)) {
		n := e.Event.(domain.NumberAssigned)
		require.Equal(t, got[n.N], string(n.For.Invoice))
	}
}

func TestOneCommandAskedForByManyIsExecutedOnce(t *testing.T) {
	store, _ := open(t, t.TempDir())
	receive, part0, part1 := message("m", []byte("a"))
	batch := domain.Together{receive, part0, part1}
	shared := executor(store)
	var g errgroup.Group
	results := make([]eventstore.Result, 24)
	for i := range results {
		x := shared
		if i%3 == 0 {
			x = executor(store) // another process
		}
		g.Go(func() (err error) {
			results[i], err = x.Execute(context.Background(), batch, ask("one"))
			return err
		})
	}
	require.NoError(t, g.Wait())
	stored := history(t, store, receive.Stream())
	require.Len(t, stored, 3)
	for _, r := range results {
		require.Len(t, r.Events, 3)
		for i, e := range r.Events {
			require.Equal(t, stored[i].ID, e.ID)
			require.Equal(t, stored[i].Event, e.Event)
			require.Equal(t, stored[i].Revision, e.Revision)
		}
	}
}

func TestAnUnknownOutcomeIsSettledByAskingAgain(t *testing.T) {
	lost := fmt.Errorf("connection reset: %w", eventstore.ErrUnknownOutcome)
	for name, stores := range map[string]bool{"the events were stored": true, "the events were not stored": false} {
		t.Run(name, func(t *testing.T) {
			store, _ := open(t, t.TempDir())
			// Given a store whose first answer to every append is lost
			faulty := &wrapped{Store: store, append: func(attempt int, next func() (eventstore.Appended, error)) (eventstore.Appended, error) {
				if attempt%2 == 0 {
					return next()
				}
				if stores {
					if _, err := next(); err != nil {
						return eventstore.Appended{}, err
					}
				}
				return eventstore.Appended{}, lost
			}}
			x := executor(faulty)

			// When a command is executed
			result := execute(t, x, numberFor("I1"), "1")

			// Then the same append was made twice, and its events are there once
			require.Len(t, faulty.asked, 2)
			require.Equal(t, faulty.asked[0], faulty.asked[1])
			stored := history(t, store, domain.SeriesStream(series))
			requireSame(t, stored, result.Events)
			require.Equal(t, upTo(1), numbers(t, store))
		})
	}
}

func TestAnotherWriterMayComeBetweenAnUnknownOutcomeAndItsRetry(t *testing.T) {
	for name, stores := range map[string]bool{"the events were stored": true, "the events were not stored": false} {
		t.Run(name, func(t *testing.T) {
			store, _ := open(t, t.TempDir())
			other := executor(store)
			faulty := &wrapped{Store: store, append: func(attempt int, next func() (eventstore.Appended, error)) (eventstore.Appended, error) {
				if attempt > 1 {
					return next()
				}
				if stores {
					if _, err := next(); err != nil {
						return eventstore.Appended{}, err
					}
				}
				execute(t, other, numberFor("other"), "other")
				return eventstore.Appended{}, eventstore.ErrUnknownOutcome
			}}
			result := execute(t, executor(faulty), numberFor("mine"), "mine")

			mine, others := int64(2), int64(1)
			if stores {
				mine, others = 1, 2
			}
			require.Equal(t, mine, result.Events[0].Event.(domain.NumberAssigned).N)
			require.Equal(t, upTo(2), numbers(t, store))
			repeated := execute(t, other, numberFor("other"), "other")
			require.Equal(t, others, repeated.Events[0].Event.(domain.NumberAssigned).N)
		})
	}
}

func TestARequestWhoseEndWasNotSeenTellsWhenRepeated(t *testing.T) {
	store, _ := open(t, t.TempDir())
	ctx, end := context.WithCancel(t.Context())
	defer end()
	// Given an append that is stored, while the caller's time runs out
	faulty := &wrapped{Store: store, append: func(attempt int, next func() (eventstore.Appended, error)) (eventstore.Appended, error) {
		a, err := next()
		if attempt == 1 && err == nil {
			end()
			return eventstore.Appended{}, fmt.Errorf("%w: %w", eventstore.ErrUnknownOutcome, context.Canceled)
		}
		return a, err
	}}
	x := executor(faulty)
	_, err := x.Execute(ctx, numberFor("I1"), ask("1"))
	require.ErrorIs(t, err, context.Canceled)

	// When the same request is repeated, and another comes
	again := execute(t, x, numberFor("I1"), "1")
	next := execute(t, x, numberFor("I2"), "2")

	// Then the first is known, with what was recorded then
	require.True(t, again.Repeated)
	stored := history(t, store, domain.SeriesStream(series))
	requireSame(t, stored[:1], again.Events)
	requireSame(t, stored[1:], next.Events)
	require.Equal(t, upTo(2), numbers(t, store))
}

func TestErrorsOfTheStorePassThrough(t *testing.T) {
	full := errors.New("disk is full: free some space")
	store, _ := open(t, t.TempDir())
	faulty := &wrapped{Store: store, append: func(int, func() (eventstore.Appended, error)) (eventstore.Appended, error) {
		return eventstore.Appended{}, full
	}}
	x := executor(faulty)
	_, err := x.Execute(t.Context(), numberFor("I1"), ask("1"))
	require.ErrorIs(t, err, full)
	require.ErrorContains(t, err, "append to numbering-"+series)
	require.Len(t, faulty.asked, 1, "it is not retried: nothing was stored")

	// And the state did not run ahead
	state, err := x.State(t.Context(), domain.SeriesStream(series))
	require.NoError(t, err)
	require.Zero(t, state.(domain.Numbering).Last)
}

func TestEndlessConflictsEnd(t *testing.T) {
	store, _ := open(t, t.TempDir())
	faulty := &wrapped{Store: store, append: func(int, func() (eventstore.Appended, error)) (eventstore.Appended, error) {
		return eventstore.Appended{}, &eventstore.WrongRevision{Stream: "numbering-" + series, Expected: eventstore.NoStream, Actual: 7}
	}}
	_, err := executor(faulty).Execute(t.Context(), numberFor("I1"), ask("1"))
	require.ErrorContains(t, err, "try again")
}

func TestHistoryThatCannotBeReadStopsEverything(t *testing.T) {
	broken := errors.New("checksum differs")
	for name, read := range map[string]func(eventstore.Record) (eventstore.Record, error){
		"metadata that are no JSON": func(r eventstore.Record) (eventstore.Record, error) { r.Metadata = []byte("{"); return r, nil },
		"no metadata":               func(r eventstore.Record) (eventstore.Record, error) { r.Metadata = nil; return r, nil },
		"a version not known": func(r eventstore.Record) (eventstore.Record, error) {
			r.Metadata = []byte(`{"version":99}`)
			return r, nil
		},
		"a type not known":      func(r eventstore.Record) (eventstore.Record, error) { r.Type = "NumberGuessed"; return r, nil },
		"a body that is broken": func(r eventstore.Record) (eventstore.Record, error) { r.Data = r.Data[:5]; return r, nil },
		"an error of the store": func(r eventstore.Record) (eventstore.Record, error) { return r, broken },
	} {
		t.Run(name, func(t *testing.T) {
			store, _ := open(t, t.TempDir())
			execute(t, executor(store), numberFor("I1"), "1")
			x := executor(&wrapped{Store: store, read: read})
			for _, attempt := range []string{"1", "2", "2"} {
				_, err := x.Execute(t.Context(), numberFor("I"+attempt), ask(attempt))
				require.ErrorContains(t, err, "numbering-"+series)
				var no *domain.Refusal
				require.False(t, errors.As(err, &no))
			}
			_, err := x.State(t.Context(), domain.SeriesStream(series))
			require.Error(t, err)
			require.Equal(t, upTo(1), numbers(t, store))
		})
	}
}

func TestARefusalDoesNotSettleWhatCameBeforeIt(t *testing.T) {
	full := errors.New("disk is full: free some space")
	store, _ := open(t, t.TempDir())
	// Given an append that is stored without an answer, and a store that then
	// refuses for another reason
	faulty := &wrapped{Store: store, append: func(attempt int, next func() (eventstore.Appended, error)) (eventstore.Appended, error) {
		if attempt == 1 {
			_, err := next()
			require.NoError(t, err)
			return eventstore.Appended{}, eventstore.ErrUnknownOutcome
		}
		return eventstore.Appended{}, full
	}}
	x := executor(faulty)
	// Then the outcome is still unknown, and the reason is told
	_, err := x.Execute(t.Context(), numberFor("I1"), ask("1"))
	require.ErrorIs(t, err, eventstore.ErrUnknownOutcome)
	require.ErrorIs(t, err, full)
	// and the same request settles it
	require.True(t, execute(t, executor(store), numberFor("I1"), "1").Repeated)
	require.Equal(t, upTo(1), numbers(t, store))
}
