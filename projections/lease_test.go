package projections_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/stretchr/testify/require"
)

var quiet = slog.New(slog.DiscardHandler)

// marks is a file in which every commit leaves the epoch it was made under.
func marks(t testing.TB, path string) *projections.DB {
	t.Helper()
	db, err := projections.OpenDB(t.Context(), path, marksLayout(), quiet)
	require.NoError(t, err)
	return db
}

func marksLayout() projections.Layout {
	return projections.Layout{Name: "marks", Statements: []string{"CREATE TABLE marks (n INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, holder TEXT NOT NULL)"}}
}

func mark(ctx context.Context, db *projections.DB, held projections.Held) error {
	return db.Write(ctx, func(tx *projections.Tx) error {
		return tx.Exec("INSERT INTO marks SELECT coalesce(max(n), 0) + 1, ?, ? FROM marks", held.Epoch, held.Holder)
	})
}

func marked(t testing.TB, db *projections.DB) (n int) {
	t.Helper()
	require.NoError(t, db.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM marks").Scan(&n))
	return n
}

// at is a clock that stands still.
func at(when time.Time) func() time.Time { return func() time.Time { return when } }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// holding takes a lease and keeps it until it is told to give it up.
func holding(t *testing.T, db *projections.DB, opts projections.LeaseOptions) (under context.Context, held projections.Held, giveUp func() error) {
	t.Helper()
	type got struct {
		ctx  context.Context
		held projections.Held
	}
	has, enough, ended := make(chan got), make(chan struct{}), make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	opts.Log = quiet
	go func() {
		ended <- projections.Hold(ctx, db, "work", opts, func(ctx context.Context, held projections.Held) error {
			has <- got{ctx, held}
			<-enough
			return nil
		})
	}()
	select {
	case g := <-has:
		return g.ctx, g.held, func() error {
			stop() // a lost lease is not waited for again
			close(enough)
			return <-ended
		}
	case err := <-ended:
		require.FailNow(t, "lease was not held", "%v", err)
	}
	return
}

func TestALeaseThatIsGivenUpGoesToTheNext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "marks.db")
	one, two := marks(t, path), marks(t, path)
	ctx, held, giveUp := holding(t, one, projections.LeaseOptions{Holder: "one", Clock: at(noon), TTL: time.Hour})
	require.NoError(t, mark(ctx, one, held))

	// Given that it is held, and everybody can see by whom
	all, err := two.Leases(t.Context())
	require.NoError(t, err)
	require.Equal(t, []projections.Lease{{Name: "work", Holder: "one", Epoch: 1, Renewed: noon, Expires: noon.Add(time.Hour)}}, all)
	waited := false
	err = projections.Share(t.Context(), two, "work", projections.LeaseOptions{Clock: at(noon)}, func(context.Context, projections.Held) error {
		t.Error("two processes hold it")
		return nil
	}, func(context.Context) (bool, error) { waited = true; return true, nil })
	require.NoError(t, err)
	require.True(t, waited)

	// When it is given up
	require.NoError(t, giveUp())

	// Then the other one has it, and knows that nothing is under way
	require.NoError(t, projections.Hold(t.Context(), two, "work", projections.LeaseOptions{Holder: "two", Clock: at(noon)}, func(ctx context.Context, held projections.Held) error {
		require.EqualValues(t, 2, held.Epoch)
		require.False(t, held.Abandoned)
		// A lease that is held already is worked under as it is.
		return projections.Hold(ctx, two, "work", projections.LeaseOptions{}, func(ctx context.Context, again projections.Held) error {
			require.Equal(t, held, again)
			return mark(ctx, two, again)
		})
	}))
	require.Equal(t, 2, marked(t, one))
	require.NoError(t, one.Close())
	require.NoError(t, two.Close())
}

func TestAProcessThatSleptThroughItsLeaseCommitsNothing(t *testing.T) {
	// Given a holder for whom no time passes: it is stopped
	path := filepath.Join(t.TempDir(), "marks.db")
	slow, next := marks(t, path), marks(t, path)
	ctx, held, giveUp := holding(t, slow, projections.LeaseOptions{Holder: "slow", Clock: at(noon), TTL: time.Hour})
	require.NoError(t, mark(ctx, slow, held))
	require.NoError(t, projections.Confirm(ctx, slow))

	// When its lease is over, and another process takes it
	late := projections.LeaseOptions{Holder: "next", Clock: at(noon.Add(time.Hour)), TTL: time.Hour}
	_, taken, done := holding(t, next, late)
	require.EqualValues(t, 2, taken.Epoch)
	require.True(t, taken.Abandoned)

	// Then whatever it does when it wakes up is refused, and it is told
	require.NoError(t, projections.Sure(ctx, slow), "its own clock knows nothing")
	var lost *projections.LeaseLost
	require.ErrorAs(t, mark(ctx, slow, held), &lost)
	require.EqualValues(t, 1, lost.Epoch)
	require.ErrorAs(t, context.Cause(ctx), &lost)
	require.ErrorIs(t, ctx.Err(), context.Canceled)
	require.Equal(t, 1, marked(t, next))
	_ = giveUp()
	all, err := next.Leases(t.Context())
	require.NoError(t, err)
	require.Equal(t, "next", all[0].Holder, "what it gives up is not the other's")
	require.NoError(t, done())
	require.NoError(t, slow.Close())
	require.NoError(t, next.Close())
}

func TestTheFileIsAskedBeforeWhatCannotBeTakenBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "marks.db")
	slow, next := marks(t, path), marks(t, path)
	ctx, _, giveUp := holding(t, slow, projections.LeaseOptions{Clock: at(noon), TTL: time.Hour})
	_, _, done := holding(t, next, projections.LeaseOptions{Clock: at(noon.Add(time.Hour)), TTL: time.Hour})

	var lost *projections.LeaseLost
	require.ErrorAs(t, projections.Confirm(ctx, slow), &lost)
	require.Error(t, ctx.Err())
	_ = giveUp()
	require.NoError(t, done())
	require.NoError(t, slow.Close())
	require.NoError(t, next.Close())
}

func TestAHolderIsNotSureBeforeOthersMayTakeOver(t *testing.T) {
	db := marks(t, filepath.Join(t.TempDir(), "marks.db"))
	var mu sync.Mutex
	now := noon
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	pass := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	ctx, held, giveUp := holding(t, db, projections.LeaseOptions{Clock: clock, TTL: time.Hour})

	pass(40 * time.Minute)
	require.NoError(t, projections.Sure(ctx, db))
	require.NoError(t, mark(ctx, db, held), "what is committed renews the lease")
	pass(40 * time.Minute)
	require.NoError(t, projections.Sure(ctx, db))
	pass(10 * time.Minute)
	var lost *projections.LeaseLost
	require.ErrorAs(t, projections.Sure(ctx, db), &lost)
	_ = giveUp()
	require.NoError(t, db.Close())
}

func TestALeaseIsRenewedWhileItsHolderWaits(t *testing.T) {
	db := marks(t, filepath.Join(t.TempDir(), "marks.db"))
	_, held, giveUp := holding(t, db, projections.LeaseOptions{TTL: 3 * time.Second})
	require.Eventually(t, func() bool {
		all, err := db.Leases(t.Context())
		return err == nil && all[0].Renewed.After(held.Renewed) && all[0].Epoch == held.Epoch
	}, 20*time.Second, 20*time.Millisecond)
	require.ErrorIs(t, giveUp(), error(nil))
	require.NoError(t, db.Close())
}

// abandon leaves a lease as a killed process does.
func abandon(t *testing.T, path string, opts projections.LeaseOptions) {
	t.Helper()
	db := marks(t, path)
	opts.Log = quiet
	require.NoError(t, projections.Hold(t.Context(), db, "work", opts, func(context.Context, projections.Held) error { return db.Close() }))
}

func TestALeaseOfTheFutureEndsToo(t *testing.T) {
	// Given a lease that was taken before the clock was put back by a day
	path := filepath.Join(t.TempDir(), "marks.db")
	abandon(t, path, projections.LeaseOptions{Clock: at(noon.AddDate(0, 0, 1)), TTL: 200 * time.Millisecond})

	// When another process waits as long as it lasts
	db := marks(t, path)
	began := time.Now()
	clock := func() time.Time { return noon.Add(time.Since(began)) }
	err := projections.Hold(t.Context(), db, "work", projections.LeaseOptions{Clock: clock, TTL: 200 * time.Millisecond, Log: quiet}, func(_ context.Context, held projections.Held) error {
		require.True(t, held.Abandoned)
		return nil
	})

	// Then it has it, but not before
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(began), 200*time.Millisecond)
	require.NoError(t, db.Close())
}

func TestWhoIsAloneTakesALeaseThatACrashLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "marks.db")
	abandon(t, path, projections.LeaseOptions{Clock: at(noon), TTL: time.Hour})
	db := marks(t, path)
	alone := projections.LeaseOptions{Clock: at(noon), TTL: time.Hour, Alone: true}
	ctx, held, giveUp := holding(t, db, alone)
	require.EqualValues(t, 2, held.Epoch)
	require.False(t, held.Abandoned, "whoever had it is gone")
	require.NoError(t, mark(ctx, db, held))

	// But not the one of another part of itself.
	require.NoError(t, projections.Share(t.Context(), db, "work", alone, func(context.Context, projections.Held) error {
		t.Error("two parts hold it")
		return nil
	}, func(context.Context) (bool, error) { return true, nil }))
	require.NoError(t, giveUp())
	require.NoError(t, db.Close())
}

func TestNothingIsWrittenWithoutALease(t *testing.T) {
	db := marks(t, filepath.Join(t.TempDir(), "marks.db"))
	var no *projections.NotHeld
	require.ErrorAs(t, mark(t.Context(), db, projections.Held{}), &no)
	require.ErrorAs(t, projections.Sure(t.Context(), db), &no)
	require.Zero(t, marked(t, db))
	require.NoError(t, db.Close())
}

func TestWhatBreaksUnderALeaseGivesItUp(t *testing.T) {
	db := marks(t, filepath.Join(t.TempDir(), "marks.db"))
	broken := errors.New("broken")
	for range 2 {
		require.ErrorIs(t, projections.Hold(t.Context(), db, "work", projections.LeaseOptions{Clock: at(noon)}, func(context.Context, projections.Held) error { return broken }), broken)
	}
	all, err := db.Leases(t.Context())
	require.NoError(t, err)
	require.Empty(t, all[0].Holder)
	require.EqualValues(t, 2, all[0].Epoch)
	require.NoError(t, db.Close())
}

func TestManyProcessesMayBeginAFileTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "marks.db")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			db, err := projections.OpenDB(t.Context(), path, marksLayout(), quiet)
			if err != nil {
				t.Error(err)
				return
			}
			if err := projections.Hold(t.Context(), db, "work", projections.LeaseOptions{TTL: time.Minute, Log: quiet}, func(ctx context.Context, held projections.Held) error { return mark(ctx, db, held) }); err != nil {
				t.Error(err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	db := marks(t, path)
	require.Equal(t, 8, marked(t, db))
	require.NoError(t, db.Close())
}

func TestAnotherVersionDoesNotTakeAFileThatIsInUse(t *testing.T) {
	// Given a file that is followed
	d := seeded.Open(t, 11)
	d.Ship("S1", "C1", d.Clock(), domain.Source{})
	path := filepath.Join(t.TempDir(), "views.db")
	l := follow(t, d, path, 0)
	_, err := l.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	want := l.dump(t)

	// When a program with another layout opens it
	layout := projections.LayoutOf(views.Name, views.Projections())
	layout.Versions = append(layout.Versions, "later 1")
	_, err = projections.OpenDB(t.Context(), path, layout, d.Log)

	// Then it is refused, and the file is as it was
	var no *projections.OtherVersion
	require.ErrorAs(t, err, &no)
	require.ErrorContains(t, err, "stop the processes of that version first")
	d.Ship("S2", "C1", d.Clock(), domain.Source{})
	n, err := l.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	require.Positive(t, n)
	require.NotEqual(t, want, l.dump(t))
	require.NoError(t, l.Verify(t.Context()))

	// And once nobody uses it, it is begun anew
	require.NoError(t, l.db.Close())
	db, err := projections.OpenDB(t.Context(), path, layout, d.Log)
	require.NoError(t, err)
	require.NotEmpty(t, db.Renewed())
	_, err = views.Open(t.Context(), path, views.Projections(), d.Log)
	require.ErrorAs(t, err, &no, "and now the older one is refused")
	require.NoError(t, db.Close())
}
