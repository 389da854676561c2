package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/freightledger/freightledger/eventstore"
)

// follow reads until it has n events.
func follow(ctx context.Context, s eventstore.Follower, after eventstore.Position, n int) ([]eventstore.Record, error) {
	var got []eventstore.Record
	if n == 0 {
		return got, nil
	}
	for r, err := range s.Follow(ctx, after) {
		if err != nil {
			return got, err
		}
		if got = append(got, r); len(got) == n {
			return got, nil
		}
	}
	return got, errors.New("following ended without an error")
}

func testFollowEmpty(t *testing.T, ctx context.Context, s eventstore.Store) {
	first := events(2)
	var got []eventstore.Record
	var g errgroup.Group
	g.Go(func() (err error) {
		got, err = follow(ctx, s, eventstore.Start, 2)
		return err
	})
	time.Sleep(20 * time.Millisecond) // lets it wait; without, it is the next test
	mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, first)
	require.NoError(t, g.Wait())
	requireStored(t, "shipment-1", 0, first, got)
}

func testFollowFrom(t *testing.T, ctx context.Context, s eventstore.Store) {
	for i := range 5 {
		mustAppend(t, ctx, s, "shipment-1", eventstore.Revision(i-1), events(1))
		all := readAll(t, ctx, s, eventstore.Start)
		for from := range all {
			after := eventstore.Start
			if from > 0 {
				after = all[from-1].Position
			}
			got, err := follow(ctx, s, after, len(all)-from)
			require.NoError(t, err, "%d events after the %dth", len(all)-from, from)
			require.Equal(t, all[from:], got)
		}
	}
}

func testFollowLive(t *testing.T, ctx context.Context, s eventstore.Store) {
	for _, writers := range []int{1, 2, 8} {
		t.Run(fmt.Sprintf("%d writers", writers), func(t *testing.T) {
			start, err := s.Head(ctx)
			require.NoError(t, err)
			name := func(w int) string { return fmt.Sprintf("live%d-%d", writers, w) }
			for w := range writers {
				mustAppend(t, ctx, s, name(w), eventstore.NoStream, events(30))
			}
			const live = 40
			total := writers * (30 + live)

			var g errgroup.Group
			got := make([][]eventstore.Record, 3)
			for i := range got {
				g.Go(func() (err error) {
					got[i], err = follow(ctx, s, start, total)
					return err
				})
			}
			for w := range writers {
				g.Go(func() error {
					for i := range live {
						if _, err := s.Append(ctx, name(w), eventstore.Revision(29+i), events(1)); err != nil {
							return err
						}
					}
					return nil
				})
			}
			require.NoError(t, g.Wait())
			want := readAll(t, ctx, s, start)
			for _, g := range got {
				require.Equal(t, want, g)
			}
		})
	}
}

func testFollowResume(t *testing.T, ctx context.Context, s eventstore.Store) {
	random := seeded(t)
	const writers, each = 4, 60
	var g errgroup.Group
	for w := range writers {
		g.Go(func() error {
			at := eventstore.NoStream
			for range each {
				a, err := s.Append(ctx, fmt.Sprintf("shipment-%d", w), at, events(2))
				if err != nil {
					return err
				}
				at = a.Last
			}
			return nil
		})
	}
	followers := make([][]eventstore.Record, 3)
	for i := range followers {
		random := rand.New(rand.NewPCG(random.Uint64(), 0))
		g.Go(func() (err error) {
			followers[i], err = followWithBreaks(ctx, s, random, writers*each*2)
			return err
		})
	}
	require.NoError(t, g.Wait())
	want := readAll(t, ctx, s, eventstore.Start)
	for _, got := range followers {
		require.Equal(t, want, got)
	}
}

// followWithBreaks stops now and then, by leaving the loop or by ending the
// context, and resumes after the last event it saw.
func followWithBreaks(ctx context.Context, s eventstore.Follower, random *rand.Rand, n int) ([]eventstore.Record, error) {
	var got []eventstore.Record
	after := eventstore.Start
	for len(got) < n {
		session, cancel := context.WithCancel(ctx)
		if random.IntN(2) == 0 {
			session, cancel = context.WithTimeout(ctx, time.Duration(random.IntN(8000))*time.Microsecond)
		}
		leave := 1 + random.IntN(40)
		for r, err := range s.Follow(session, after) {
			if err != nil {
				if session.Err() != nil && ctx.Err() == nil {
					break // our own doing
				}
				cancel()
				return got, err
			}
			got = append(got, r)
			after = r.Position
			if leave--; leave == 0 || len(got) == n {
				break
			}
		}
		cancel()
	}
	return got, nil
}

func testFollowCancelled(t *testing.T, ctx context.Context, s eventstore.Store) {
	mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, events(3))
	for _, after := range []string{"at once", "in history", "live"} {
		session, cancel := context.WithCancel(ctx)
		if after == "at once" {
			cancel()
		}
		seen, ends := 0, 0
		for _, err := range s.Follow(session, eventstore.Start) {
			if err != nil {
				require.ErrorIs(t, err, context.Canceled, after)
				ends++
				continue
			}
			require.Zero(t, ends, "an error is the end")
			seen++
			switch {
			case after == "in history" && seen == 1:
				cancel()
			case after == "live" && seen == 3:
				time.AfterFunc(10*time.Millisecond, cancel)
			}
		}
		require.Equal(t, 1, ends, after)
		if after == "live" {
			require.Equal(t, 3, seen)
		}
		cancel()
	}

	session, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	_, err := follow(session, s, eventstore.Start, 4)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func testFollowSlow(t *testing.T, ctx context.Context, s eventstore.Store) {
	const n = 800
	fill(t, ctx, s, "shipment-1", 10)
	var want []uuid.UUID
	var got []uuid.UUID
	for r, err := range s.Follow(ctx, eventstore.Start) {
		require.NoError(t, err)
		if r.Stream == "shipment-1" && r.Revision == 4 {
			// While it rests in the middle of its history, many more arrive.
			for _, e := range fill(t, ctx, s, "shipment-2", n) {
				want = append(want, e.ID)
			}
		}
		if r.Stream == "shipment-2" {
			if got = append(got, r.ID); len(got) == n {
				break
			}
		}
	}
	require.Equal(t, want, got)
}
