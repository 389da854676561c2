package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/transfer"
)

func open(t *testing.T) *embedded.Store {
	t.Helper()
	s, err := embedded.Open(t.TempDir(), embedded.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// write gives a store n events in a few streams, in runs of several lengths.
func write(t *testing.T, s eventstore.Appender, n int, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	next := map[string]eventstore.Revision{}
	for done := 0; done < n; {
		stream := fmt.Sprintf("shipment-%d-%d", seed, rng.IntN(7))
		events := make([]eventstore.Proposed, min(1+rng.IntN(3), n-done))
		for i := range events {
			var id uuid.UUID
			for j := range id {
				id[j] = byte(rng.Uint32())
			}
			events[i] = eventstore.Proposed{ID: id, Type: "T", Data: []byte(`{"n":` + fmt.Sprint(rng.IntN(1e9)) + `,"s":"` + strings.Repeat("é", rng.IntN(200)) + `"}`)}
			if i > 0 {
				events[i].Metadata = []byte(`{"m": 1}`)
			}
		}
		at, ok := next[stream]
		if !ok {
			at = eventstore.NoStream
		}
		a, err := s.Append(t.Context(), stream, at, events)
		require.NoError(t, err)
		next[stream] = a.Last
		done += len(events)
	}
}

func records(t *testing.T, s eventstore.Follower) (all []eventstore.Record) {
	t.Helper()
	for r, err := range s.ReadAll(t.Context(), eventstore.Start) {
		require.NoError(t, err)
		all = append(all, r)
	}
	return all
}

func TestAHistoryIsMovedEventByEvent(t *testing.T) {
	from, to := open(t), open(t)
	write(t, from, 2_000, 1)
	report, err := transfer.Run(t.Context(), from, to, transfer.Options{})
	require.NoError(t, err)
	require.Equal(t, uint64(2_000), report.Copied)
	require.Equal(t, uint64(2_000), report.Events)

	want, got := records(t, from), records(t, to)
	require.Len(t, got, len(want))
	for i := range want {
		want[i].Created = got[i].Created // the one thing that a store says itself
		require.Equal(t, want[i], got[i])
	}

	// Doing it again copies nothing and comes to the same digest
	again, err := transfer.Run(t.Context(), from, to, transfer.Options{})
	require.NoError(t, err)
	require.Equal(t, transfer.Report{Events: 2_000, Digest: report.Digest}, again)

	// And so does a history that grew
	write(t, from, 10, 99)
	_, err = transfer.Run(t.Context(), from, to, transfer.Options{})
	require.NoError(t, err)
	require.Len(t, records(t, to), 2_010)
}

// failing is a target whose appends fail after some, with the events stored or
// not.
type failing struct {
	transfer.Target
	left   int
	stored bool
}

var errLine = errors.New("line cut")

func (f *failing) Append(ctx context.Context, stream string, at eventstore.Revision, events []eventstore.Proposed) (eventstore.Appended, error) {
	f.left--
	if f.left >= 0 {
		return f.Target.Append(ctx, stream, at, events)
	}
	if f.stored {
		if _, err := f.Target.Append(ctx, stream, at, events); err != nil {
			return eventstore.Appended{}, err
		}
	}
	return eventstore.Appended{}, errLine
}

func TestAMoveThatWasCutGoesOnWhereItWas(t *testing.T) {
	from, to := open(t), open(t)
	write(t, from, 500, 2)
	var last transfer.Report
	for i := 1; ; i++ {
		report, err := transfer.Run(t.Context(), from, &failing{Target: to, left: 20 * i, stored: i%2 == 0}, transfer.Options{})
		if err == nil {
			last = report
			break
		}
		require.ErrorIs(t, err, errLine)
		require.ErrorContains(t, err, "run it again")
	}
	fresh := open(t)
	whole, err := transfer.Run(t.Context(), from, fresh, transfer.Options{})
	require.NoError(t, err)
	require.Equal(t, whole.Digest, last.Digest)
	require.Equal(t, uint64(500), last.Events)
	require.Less(t, last.Copied, uint64(500))
}

func TestATargetWithOtherEventsIsRefusedAndLeftAlone(t *testing.T) {
	from := open(t)
	write(t, from, 50, 3)
	for name, seed := range map[string]uint64{"another history": 4, "a longer one": 3} {
		t.Run(name, func(t *testing.T) {
			to := open(t)
			write(t, to, 80, seed)
			before := records(t, to)
			_, err := transfer.Run(t.Context(), from, to, transfer.Options{})
			var differs *transfer.Differs
			require.ErrorAs(t, err, &differs)
			require.Equal(t, before, records(t, to))
		})
	}
}
