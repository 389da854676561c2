package projections_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/flow"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/stretchr/testify/require"
)

var policy = domain.Policy{Grace: 24 * time.Hour, Quiet: time.Hour}

// live is a read model that follows a desk.
type live struct {
	*projections.Runner
	db *projections.DB
}

func follow(t testing.TB, d *seeded.Desk, path string, page int) live {
	t.Helper()
	list := views.Projections()
	db, err := views.Open(t.Context(), path, list, d.Log)
	require.NoError(t, err)
	r, err := projections.NewRunner(t.Context(), db, d.Store, d.Codec, list, projections.Options{PageEvents: page, Logger: d.Log})
	require.NoError(t, err)
	return live{r, db}
}

func (l live) dump(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, l.db.Dump(t.Context(), &b))
	return b.String()
}

func reactor(t testing.TB, d *seeded.Desk) *flow.Reactor {
	t.Helper()
	r, err := flow.Open(t.Context(), filepath.Join(t.TempDir(), "flow.db"), d.Store, d.Codec, d.Exec, policy, flow.Options{Clock: d.Clock, Logger: d.Log})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

var errStumble = errors.New("stumbled")

// stumbling is a projection that breaks off after it has handled some events,
// in the middle of a page, as a crash would.
type stumbling struct {
	projections.Projection
	left *int
}

func (s stumbling) Handle(tx *projections.Tx, e eventstore.Decoded) error {
	if err := s.Projection.Handle(tx, e); err != nil {
		return err
	}
	if *s.left--; *s.left < 0 {
		return errStumble
	}
	return nil
}

func TestARebuiltReadModelEqualsTheFollowedOneByteForByte(t *testing.T) {
	for _, seed := range []uint64{1, 2} {
		d := seeded.Open(t, seed)
		react := reactor(t, d)
		path := filepath.Join(t.TempDir(), "views #1 %.db") // a name that needs escaping

		// Given a random history, followed in pages of random sizes by read
		// models that are closed and opened again, and that break off in the
		// middle of pages
		for round := range 12 {
			d.Steps(60)
			if round%2 == 1 {
				d.Pass(20 * 24 * time.Hour)
			}
			_, err := react.Settle(t.Context(), nil)
			require.NoError(t, err)

			list := views.Projections()
			db, err := views.Open(t.Context(), path, list, d.Log)
			require.NoError(t, err)
			require.Empty(t, db.Renewed())
			left := d.Rand.IntN(40)
			list[0] = stumbling{list[0], &left}
			r, err := projections.NewRunner(t.Context(), db, d.Store, d.Codec, list, projections.Options{PageEvents: 1 + d.Rand.IntN(50), Logger: d.Log})
			require.NoError(t, err)
			_, err = r.CatchUp(t.Context(), nil)
			require.ErrorIs(t, err, errStumble)
			if d.Rand.IntN(2) == 0 { // the same instances go on
				left = 1 << 30
				_, err = r.CatchUp(t.Context(), nil)
				require.NoError(t, err)
			}
			require.NoError(t, db.Close())
		}
		followed := follow(t, d, path, 17)
		_, err := followed.CatchUp(t.Context(), nil)
		require.NoError(t, err)
		require.NoError(t, followed.Verify(t.Context()))
		want := followed.dump(t)
		require.NoError(t, followed.db.Close())
		for _, table := range []string{"shipments", "charges", "exceptions", "invoices", "invoice_lines", "credits", "postings", "payments", "applications",
			"disputes", "customers", "message_items", "refs", "event_counts", "checkpoint"} {
			require.Contains(t, want, "\n"+table+"\t", "seed %d has no %s", seed, table)
		}

		// When it is rebuilt from zero beside the old one
		at, err := projections.Rebuild(t.Context(), path, views.Name, d.Store, d.Codec, views.Projections(), projections.RebuildOptions{Logger: d.Log})
		require.NoError(t, err)
		require.Equal(t, followed.At(), at)

		// Then not a byte differs, and nothing is left to handle
		rebuilt := follow(t, d, path, 0)
		require.Empty(t, rebuilt.db.Renewed())
		require.Equal(t, want, rebuilt.dump(t))
		n, err := rebuilt.CatchUp(t.Context(), nil)
		require.NoError(t, err)
		require.Zero(t, n)
		require.NoError(t, rebuilt.Verify(t.Context()))
		require.NoError(t, rebuilt.db.Close())
		require.NoFileExists(t, path+".rebuild")
	}
}

func TestRunFollowsUntilItsContextEnds(t *testing.T) {
	d := seeded.Open(t, 4)
	d.Sync("C1", 30)
	l := follow(t, d, filepath.Join(t.TempDir(), "views.db"), 0)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()

	// When events come while it runs
	for i := range 20 {
		d.Ship(domain.ShipmentID("S"+string(rune('a'+i))), "C1", d.Clock(), domain.Source{})
	}

	// Then it has them soon, without more being asked
	v := views.New(l.db)
	require.Eventually(t, func() bool {
		all, err := v.Shipments(t.Context(), views.ShipmentFilter{})
		return err == nil && len(all) == 20
	}, 5*time.Second, 5*time.Millisecond)
	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.NoError(t, l.Verify(t.Context()))
	require.NoError(t, l.db.Close())
}

// shuffled is a store that gives its events in another order, or twice.
type shuffled struct {
	eventstore.Follower
	order func([]eventstore.Record) []eventstore.Record
}

func (s shuffled) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) {
		var all []eventstore.Record
		for r, err := range s.Follower.ReadAll(ctx, after) {
			if err != nil {
				yield(r, err)
				return
			}
			all = append(all, r)
		}
		for _, r := range s.order(all) {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestEventsOutOfOrderAreRefusedAndSkippedOnesShow(t *testing.T) {
	d := seeded.Open(t, 5)
	d.Ship("S1", "C1", d.Clock(), domain.Source{})
	run := func(order func([]eventstore.Record) []eventstore.Record) (live, error) {
		l := follow(t, d, filepath.Join(t.TempDir(), "views.db"), 0)
		t.Cleanup(func() { require.NoError(t, l.db.Close()) })
		broken, err := projections.NewRunner(t.Context(), l.db, shuffled{d.Store, order}, d.Codec, views.Projections(), projections.Options{Logger: d.Log})
		require.NoError(t, err)
		_, err = broken.CatchUp(t.Context(), nil)
		l.Runner = broken
		return l, err
	}
	for name, order := range map[string]func([]eventstore.Record) []eventstore.Record{
		"swapped": func(all []eventstore.Record) []eventstore.Record { all[3], all[4] = all[4], all[3]; return all },
		"twice":   func(all []eventstore.Record) []eventstore.Record { return append(all, all[len(all)-1]) },
	} {
		t.Run(name, func(t *testing.T) {
			l, err := run(order)
			var no *projections.OutOfOrder
			require.ErrorAs(t, err, &no)
			require.Zero(t, l.At().Events, "nothing of the page stays")
		})
	}
	t.Run("skipped", func(t *testing.T) {
		l, err := run(func(all []eventstore.Record) []eventstore.Record { return append(all[:0], all[:len(all)-1]...) })
		require.NoError(t, err)
		require.NoError(t, l.Verify(t.Context()), "the last one is only not handled yet")
		l, err = run(func(all []eventstore.Record) []eventstore.Record { return append(all[:5:5], all[6:]...) })
		require.NoError(t, err)
		whole, err := projections.NewRunner(t.Context(), l.db, d.Store, d.Codec, views.Projections(), projections.Options{Logger: d.Log})
		require.NoError(t, err)
		require.ErrorContains(t, whole.Verify(t.Context()), "rebuild it")
	})
}

func TestTwoRunnersOnOneFileDoNotHandleAnEventTwice(t *testing.T) {
	// Given two runners on one file, of which each remembers what it saw
	d := seeded.Open(t, 6)
	d.Ship("S1", "C1", d.Clock(), domain.Source{})
	path := filepath.Join(t.TempDir(), "views.db")
	first, second := follow(t, d, path, 0), follow(t, d, path, 0)

	// When they catch up by turns
	handled := 0
	for i, r := range []live{first, second, first, second} {
		n, err := r.CatchUp(t.Context(), nil)
		require.NoError(t, err)
		handled += n
		require.NoError(t, r.Verify(t.Context()))
		d.Ship(domain.ShipmentID(fmt.Sprintf("T%d", i)), "C1", d.Clock(), domain.Source{})
	}

	// Then each event was handled by one of them, and nothing is remembered wrongly
	n, err := first.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, d.All(), handled+n)
	alone := follow(t, d, filepath.Join(t.TempDir(), "views.db"), 0)
	_, err = alone.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, alone.dump(t), first.dump(t))
	for _, r := range []live{first, second, alone} {
		require.NoError(t, r.db.Close())
	}
}

func TestAFileOfAnotherLayoutIsBegunAnew(t *testing.T) {
	// Given a file that another version wrote
	path := filepath.Join(t.TempDir(), "views.db")
	d := seeded.Open(t, 7)
	d.Ship("S1", "C1", d.Clock(), domain.Source{})
	old := follow(t, d, path, 0)
	_, err := old.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, old.db.Close())

	// When it is opened with another layout
	layout := projections.LayoutOf(views.Name, views.Projections())
	layout.Versions = append(layout.Versions, "later 1")
	db, err := projections.OpenDB(t.Context(), path, layout, d.Log)
	require.NoError(t, err)

	// Then it says why it is empty, and is built from the history
	require.Equal(t, "another version of freightledger wrote it", db.Renewed())
	r, err := projections.NewRunner(t.Context(), db, d.Store, d.Codec, views.Projections(), projections.Options{Logger: d.Log})
	require.NoError(t, err)
	require.Zero(t, r.At().Events)
	_, err = r.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, old.At(), r.At())
	require.NoError(t, db.Close())
}

func TestAFileThatIsNotOursIsLeftAlone(t *testing.T) {
	layout := projections.LayoutOf(views.Name, views.Projections())
	d := seeded.Open(t, 8)
	var no *projections.NotOurs

	path := filepath.Join(t.TempDir(), "ledger.csv")
	require.NoError(t, os.WriteFile(path, []byte("id,amount\n1,2.00\n"), 0o600))
	_, err := projections.OpenDB(t.Context(), path, layout, d.Log)
	require.ErrorAs(t, err, &no)
	_, err = projections.Rebuild(t.Context(), path, views.Name, d.Store, d.Codec, views.Projections(), projections.RebuildOptions{Logger: d.Log})
	require.ErrorAs(t, err, &no)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "id,amount\n1,2.00\n", string(content))

	// A file of ours that holds something else is not taken either.
	path = filepath.Join(t.TempDir(), "other.db")
	other, err := projections.OpenDB(t.Context(), path, projections.Layout{Name: "other"}, d.Log)
	require.NoError(t, err)
	require.NoError(t, other.Close())
	_, err = projections.OpenDB(t.Context(), path, layout, d.Log)
	require.ErrorAs(t, err, &no)
}

func TestRebuildLeavesAFileInUseAlone(t *testing.T) {
	d := seeded.Open(t, 9)
	d.Ship("S1", "C1", d.Clock(), domain.Source{})
	path := filepath.Join(t.TempDir(), "views.db")
	l := follow(t, d, path, 0)
	_, err := l.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	want := l.dump(t)

	_, err = projections.Rebuild(t.Context(), path, views.Name, d.Store, d.Codec, views.Projections(), projections.RebuildOptions{Logger: d.Log})
	var inUse *projections.InUse
	require.ErrorAs(t, err, &inUse)
	require.NoFileExists(t, path+".rebuild")
	require.Equal(t, want, l.dump(t))

	// It goes through when whoever serves the file closes it at the end.
	_, err = projections.Rebuild(t.Context(), path, views.Name, d.Store, d.Codec, views.Projections(), projections.RebuildOptions{Logger: d.Log, Ready: l.db.Close})
	require.NoError(t, err)
	again := follow(t, d, path, 0)
	require.Equal(t, want, again.dump(t))
	require.NoError(t, again.db.Close())
}

func TestACancelledRebuildLeavesTheOldFile(t *testing.T) {
	d := seeded.Open(t, 10)
	d.Ship("S1", "C1", d.Clock(), domain.Source{})
	path := filepath.Join(t.TempDir(), "views.db")
	l := follow(t, d, path, 0)
	_, err := l.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, l.db.Close())

	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err = projections.Rebuild(ctx, path, views.Name, d.Store, d.Codec, views.Projections(), projections.RebuildOptions{Logger: d.Log})
	require.ErrorIs(t, err, context.Canceled)
	again := follow(t, d, path, 0)
	require.Equal(t, l.At(), again.At())
	require.NoError(t, again.db.Dump(t.Context(), io.Discard))
	require.NoError(t, again.db.Close())
}
