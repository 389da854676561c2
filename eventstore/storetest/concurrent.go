package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/freightledger/freightledger/eventstore"
)

func testWritersOneStream(t *testing.T, ctx context.Context, s eventstore.Store) {
	const writers, each = 16, 12
	taken := make([]atomic.Int32, writers*each)
	var g errgroup.Group
	for range writers {
		g.Go(func() error {
			at := eventstore.NoStream
			for won := 0; won < each; {
				a, err := s.Append(ctx, "ledger-1", at, events(1))
				var wrong *eventstore.WrongRevision
				switch {
				case errors.As(err, &wrong):
					if wrong.Actual < at {
						return fmt.Errorf("the stream went back from %s to %s", at, wrong.Actual)
					}
					at = wrong.Actual
				case err != nil:
					return err
				default:
					won++
					at = a.Last
					taken[a.Last].Add(1)
				}
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	for revision := range taken {
		require.EqualValues(t, 1, taken[revision].Load(), "revision %d", revision)
	}
	require.Len(t, readStream(t, ctx, s, "ledger-1"), writers*each)
}

func testWritersManyStreams(t *testing.T, ctx context.Context, s eventstore.Store) {
	const writers, each = 24, 25
	proposed := make([][]eventstore.Proposed, writers)
	var g errgroup.Group
	for w := range writers {
		proposed[w] = events(each)
		g.Go(func() error {
			var last eventstore.Position
			for i, e := range proposed[w] {
				a, err := s.Append(ctx, fmt.Sprintf("shipment-%d", w), eventstore.Revision(i-1), []eventstore.Proposed{e})
				if err != nil {
					return err
				}
				if a.Position.Compare(last) <= 0 {
					return fmt.Errorf("position %s follows %s", a.Position, last)
				}
				last = a.Position
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	for w := range writers {
		stream := fmt.Sprintf("shipment-%d", w)
		requireStored(t, stream, 0, proposed[w], readStream(t, ctx, s, stream))
	}
	require.Len(t, readAll(t, ctx, s, eventstore.Start), writers*each)
}

// testRacingRepeats has callers that retry the same append at the same time,
// as after a timeout: all get the one answer.
func testRacingRepeats(t *testing.T, ctx context.Context, s eventstore.Store) {
	const rounds, racers = 10, 8
	for round := range rounds {
		evs := events(2)
		answers := make([]eventstore.Appended, racers)
		var g errgroup.Group
		for i := range racers {
			g.Go(func() (err error) {
				answers[i], err = s.Append(ctx, "shipment-1", eventstore.Revision(2*round-1), evs)
				return err
			})
		}
		require.NoError(t, g.Wait())
		for _, a := range answers {
			require.Equal(t, answers[0].Last, a.Last)
			require.Equal(t, answers[0].Position, a.Position)
		}
	}
	require.Len(t, readStream(t, ctx, s, "shipment-1"), 2*rounds)
}

// testReadersAgree reads while others write: what a stream shows, the history
// shows too, whole appends only, and an acknowledged append is there at once.
func testReadersAgree(t *testing.T, ctx context.Context, s eventstore.Store) {
	const writers, each, size = 4, 40, 3
	var g, readers errgroup.Group
	done := make(chan struct{})
	for w := range writers {
		stream := fmt.Sprintf("shipment-%d", w)
		g.Go(func() error {
			for i := range each {
				a, err := s.Append(ctx, stream, eventstore.Revision(i*size-1), events(size))
				if err != nil {
					return err
				}
				got, err := collect(s.ReadStream(ctx, stream, uint64(i*size)))
				if err != nil {
					return err
				}
				if len(got) != size || got[size-1].Position != a.Position {
					return fmt.Errorf("%s: append %d is not there", stream, i)
				}
			}
			return nil
		})
		readers.Go(func() error {
			for {
				select {
				case <-done:
					return nil
				default:
				}
				got, err := collect(s.ReadStream(ctx, stream, 0))
				if err != nil {
					return err
				}
				if len(got)%size != 0 {
					return fmt.Errorf("%s: %d events are not whole appends", stream, len(got))
				}
				if len(got) == 0 {
					continue
				}
				head, err := s.Head(ctx)
				if err != nil {
					return err
				}
				if got[len(got)-1].Position.Compare(head) > 0 {
					return fmt.Errorf("%s is beyond the head", stream)
				}
			}
		})
	}
	err := g.Wait()
	close(done)
	require.NoError(t, err)
	require.NoError(t, readers.Wait())
}
