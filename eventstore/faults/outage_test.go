package faults

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/internal/wirefault"
)

func note() []eventstore.Proposed {
	return []eventstore.Proposed{{ID: uuid.New(), Type: "shipment-noted.v1", Data: []byte(`{}`)}}
}

// The official client gives up for good when it finds no server for a second,
// and lets calls wait that have long run out of time. Callers of the adapter
// notice neither.
func TestAnOutageThatTheClientDoesNotSurvive(t *testing.T) {
	const callers = 20
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w := openWire(t, seed).(*wire)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	first := note()
	_, err := w.Append(ctx, "shipment-0", eventstore.NoStream, first)
	require.NoError(t, err)

	// Given a server out of reach, while many ask for this and that.
	require.Positive(t, w.proxy.Outage(time.Hour))
	asked := make([][]eventstore.Proposed, callers)
	unsure := make([]bool, callers)
	var g errgroup.Group
	for c := range callers {
		asked[c] = note()
		g.Go(func() error {
			for round := range 4 {
				short, cancel := context.WithTimeout(ctx, 700*time.Millisecond)
				var err error
				switch (c + round) % 4 {
				case 0:
					_, err = w.Append(short, fmt.Sprintf("charge-%d", c), eventstore.NoStream, asked[c])
					unsure[c] = unsure[c] || errors.Is(err, eventstore.ErrUnknownOutcome)
				case 1:
					_, err = w.Head(short)
				case 2:
					for _, err = range w.ReadStream(short, "shipment-0", 0) {
					}
				case 3:
					for _, err = range w.Follow(short, eventstore.Start) {
					}
				}
				cancel()
				if err == nil {
					return errors.New("a server that is out of reach answered")
				}
			}
			return nil
		})
	}
	// Then each hears of it when its time is over.
	require.NoError(t, g.Wait())

	// And when the server is back, the same adapter goes on.
	w.Heal()
	for c := range callers {
		if !unsure[c] {
			asked[c] = note() // the first was not stored, and nor must it be now
		}
		a, err := w.Append(ctx, fmt.Sprintf("charge-%d", c), eventstore.NoStream, asked[c])
		require.NoError(t, err)
		require.Zero(t, a.Last)
	}
	var ids []uuid.UUID
	for r, err := range w.ReadAll(ctx, eventstore.Start) {
		require.NoError(t, err)
		ids = append(ids, r.ID)
	}
	want := []uuid.UUID{first[0].ID}
	for _, evs := range asked {
		want = append(want, evs[0].ID)
	}
	require.Equal(t, want, ids)
	t.Logf("%d calls during the outage; %v", 4*callers, w.Fired())
}

// Whatever broke, and while whatever was under way, nothing runs on once the
// store is closed.
func TestNothingIsLeftBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("faults", func(t *testing.T) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		w := openWire(t, seed).(*wire)
		for _, f := range []wirefault.Fault{wirefault.Reset, wirefault.HalfOpen, wirefault.ThenSilence, wirefault.Outage, serverRestart} {
			var g errgroup.Group
			for c := range 8 {
				g.Go(func() error {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(50+50*c)*time.Millisecond)
					defer cancel()
					for ctx.Err() == nil {
						_, _ = w.Append(ctx, "shipment-"+uuid.NewString(), eventstore.NoStream, note()) // any outcome will do
						for range w.Follow(ctx, eventstore.Start) {
							break
						}
					}
					return nil
				})
			}
			w.Disturb(string(f))
			require.NoError(t, g.Wait())
			w.Heal()
		}
	})
	for deadline := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("still there:\n%s", stacks[:runtime.Stack(stacks, true)])
		}
	}
}
