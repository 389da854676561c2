package storetest

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
)

// A crew at work finds what a store does wrong while it breaks, whether in
// appends, in reads or in following.
func TestACrewSeesWhatAStoreDoesWrong(t *testing.T) {
	type (
		records = iter.Seq2[eventstore.Record, error]
		yield   = func(eventstore.Record, error) bool
	)
	nothing := eventstore.Appended{}
	var mu sync.Mutex
	once := make(map[uuid.UUID]bool)
	honest := map[string]bool{"nothing": true, "stored, but the answer was lost": true}
	for name, liar := range map[string]*lying{
		"nothing": {},
		"stored, but the answer was lost": {append: func(s eventstore.Store, ctx context.Context, stream string, expected eventstore.Revision, evs []eventstore.Proposed) (eventstore.Appended, error) {
			if _, err := s.Append(ctx, stream, expected, evs); err != nil {
				return nothing, err
			}
			return nothing, eventstore.ErrUnknownOutcome
		}},
		"a repeat is stored again": {append: func(s eventstore.Store, ctx context.Context, stream string, expected eventstore.Revision, evs []eventstore.Proposed) (eventstore.Appended, error) {
			mu.Lock()
			defer mu.Unlock()
			if once[evs[0].ID] {
				return s.Append(ctx, stream, expected, evs)
			}
			once[evs[0].ID] = true
			a, err := s.Append(ctx, stream, expected, evs)
			if err != nil {
				return a, err
			}
			if _, err := s.Append(ctx, stream, a.Last, evs); err != nil {
				return nothing, err
			}
			return nothing, eventstore.ErrUnknownOutcome
		}},
		"acknowledged and not stored": {append: func(_ eventstore.Store, _ context.Context, _ string, expected eventstore.Revision, evs []eventstore.Proposed) (eventstore.Appended, error) {
			return eventstore.Appended{Last: expected + eventstore.Revision(len(evs)), Position: eventstore.Position{Commit: 1}}, nil
		}},
		"refused and stored": {append: func(s eventstore.Store, ctx context.Context, stream string, expected eventstore.Revision, evs []eventstore.Proposed) (eventstore.Appended, error) {
			if _, err := s.Append(ctx, stream, expected, evs); err != nil {
				return nothing, err
			}
			return nothing, errors.New("refused")
		}},
		"a context that is not heeded": {append: func(_ eventstore.Store, ctx context.Context, _ string, _ eventstore.Revision, _ []eventstore.Proposed) (eventstore.Appended, error) {
			<-ctx.Done()
			time.Sleep(overdue + time.Second)
			return nothing, ctx.Err()
		}},
		"reads end early": {read: func(seq records) records {
			return func(yield yield) {
				n := 0
				for r, err := range seq {
					if n++; n > 1 || !yield(r, err) {
						return
					}
				}
			}
		}},
		"following passes one over": {follow: func(seq records) records {
			return func(yield yield) {
				n := 0
				for r, err := range seq {
					if n++; n != 7 && !yield(r, err) {
						return
					}
				}
			}
		}},
		"following gives one twice": {follow: func(seq records) records {
			return func(yield yield) {
				n := 0
				for r, err := range seq {
					if n++; n == 7 && !yield(r, err) || !yield(r, err) {
						return
					}
				}
			}
		}},
		"following ends": {follow: func(seq records) records {
			return func(yield yield) {
				n := 0
				for r, err := range seq {
					if n++; n == 7 || !yield(r, err) {
						return
					}
				}
			}
		}},
		"following changes an event": {follow: func(seq records) records {
			return func(yield yield) {
				n := 0
				for r, err := range seq {
					if n++; n == 7 {
						r.Data = []byte("{}")
					}
					if !yield(r, err) {
						return
					}
				}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := newSeed(t)
			liar.Store = openMemory(t)
			liar.random = rand.New(rand.NewPCG(seed, 7))
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			c := newCrew(liar, seed)
			finish := c.start(ctx)
			c.until(ctx, func() bool {
				return c.acknowledged.Load() > 200 && (liar.told() > 9 || liar.append == nil && liar.read == nil)
			})
			err := finish()
			if err == nil {
				err = c.verify(ctx)
			}
			t.Logf("%s; found: %v", c, err)
			if honest[name] {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
			}
		})
	}
}
