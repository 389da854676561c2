package projections_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/internal/replica"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/stretchr/testify/require"
)

// The tests here run this test binary as several processes on one file. What a
// process is to do stands in its environment.
const (
	errandPath    = "PROJECTIONS_TEST_PATH"
	errandHolder  = "PROJECTIONS_TEST_HOLDER"
	errandHistory = "PROJECTIONS_TEST_HISTORY"
	errandTTL     = "PROJECTIONS_TEST_TTL"
)

func TestMain(m *testing.M) {
	errands := map[string]func(context.Context, string, projections.LeaseOptions) error{"mark": markErrand, "follow": followErrand}
	errand, ok := errands[os.Getenv(replica.Errand)]
	if !ok {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ttl, err := time.ParseDuration(os.Getenv(errandTTL))
	if err == nil {
		err = errand(ctx, os.Getenv(errandPath), projections.LeaseOptions{Holder: os.Getenv(errandHolder), TTL: ttl})
	}
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "process:", err)
		os.Exit(1)
	}
}

// markErrand leaves marks as fast as it may.
func markErrand(ctx context.Context, path string, lease projections.LeaseOptions) error {
	db, err := projections.OpenDB(ctx, path, marksLayout(), nil)
	if err != nil {
		return err
	}
	return errors.Join(projections.Hold(ctx, db, "work", lease, func(ctx context.Context, held projections.Held) error {
		for {
			if err := mark(ctx, db, held); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Millisecond):
			}
		}
	}), db.Close())
}

// followErrand keeps read models up to date.
func followErrand(ctx context.Context, path string, lease projections.LeaseOptions) error {
	list := views.Projections()
	db, err := views.Open(ctx, path, list, nil)
	if err != nil {
		return err
	}
	r, err := projections.NewRunner(ctx, db, replica.Dial(os.Getenv(errandHistory)), eventstore.NewCodec(domain.Events()), list, projections.Options{PageEvents: 20, Lease: lease})
	if err == nil {
		err = r.Run(ctx)
	}
	return errors.Join(err, db.Close())
}

// crew is some processes on one file, and the file as this one sees it.
type crew struct {
	t       *testing.T
	errand  string
	path    string
	env     []string
	db      *projections.DB
	name    string // of the lease
	dice    *rand.Rand
	hired   int
	members map[string]*replica.Process
	worst   time.Duration // that a take-over has taken
}

func assemble(t *testing.T, errand, path, lease string, db *projections.DB, ttl time.Duration, env ...string) *crew {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return &crew{t: t, errand: errand, path: path, db: db, name: lease, dice: rand.New(rand.NewPCG(seed, 0)), members: map[string]*replica.Process{},
		env: append(env, errandPath+"="+path, errandTTL+"="+ttl.String())}
}

func (c *crew) hire() {
	c.t.Helper()
	c.hired++
	name := replica.Name(c.hired)
	c.members[name] = replica.Start(c.t, c.errand, name, append(slices.Clone(c.env), errandHolder+"="+name)...)
}

func (c *crew) lease() projections.Lease {
	c.t.Helper()
	all, err := c.db.Leases(c.t.Context())
	require.NoError(c.t, err)
	for _, l := range all {
		if l.Name == c.name {
			return l
		}
	}
	return projections.Lease{}
}

// holder waits until one of the crew has the lease under a later epoch.
func (c *crew) holder(after int64) (*replica.Process, projections.Lease) {
	c.t.Helper()
	began := time.Now()
	for time.Since(began) < 30*time.Second {
		if l := c.lease(); l.Epoch > after && c.members[l.Holder] != nil {
			return c.members[l.Holder], l
		}
		for _, p := range c.members {
			p.Running()
		}
		time.Sleep(5 * time.Millisecond)
	}
	for _, p := range c.members {
		c.t.Logf("%s: %s", p.Name, p.Output())
	}
	require.FailNow(c.t, "nobody has the lease", "%+v after %d", c.lease(), after)
	return nil, projections.Lease{}
}

// kill ends the holder at once, and waits for the next one.
func (c *crew) kill() {
	c.t.Helper()
	p, l := c.holder(0)
	delete(c.members, p.Name)
	p.Kill()
	killed := time.Now()
	c.hire()
	_, next := c.holder(l.Epoch)
	took := time.Since(killed)
	c.worst = max(c.worst, took)
	c.t.Logf("%s was killed under epoch %d; %s has it under %d after %s", p.Name, l.Epoch, next.Holder, next.Epoch, took.Round(time.Millisecond))
}

// betweenCommits runs f while nobody commits to the file.
func (c *crew) betweenCommits(f func()) {
	c.t.Helper()
	db, err := sql.Open("sqlite", "file:"+c.path+"?_txlock=immediate&_pragma=busy_timeout(30000)")
	require.NoError(c.t, err)
	defer func() { require.NoError(c.t, db.Close()) }()
	tx, err := db.BeginTx(c.t.Context(), nil)
	require.NoError(c.t, err)
	defer func() { require.NoError(c.t, tx.Rollback()) }()
	f()
}

// stopped suspends the holder until another one has taken over. A process that
// happens to be stopped while it commits keeps everybody out; it is let go on
// and stopped anew, from then on between two commits, which on a busy machine
// are too close to each other to be hit by chance.
func (c *crew) stopped() (p *replica.Process, next projections.Lease) {
	c.t.Helper()
	for try := range 6 {
		p, l := c.holder(0)
		if try < 2 {
			p.Stop()
		} else {
			c.betweenCommits(p.Stop)
		}
		for stopped := time.Now(); time.Since(stopped) < 1500*time.Millisecond; time.Sleep(5 * time.Millisecond) {
			if next := c.lease(); next.Epoch > l.Epoch {
				c.t.Logf("%s was stopped under epoch %d; %s has it under %d after %s", p.Name, l.Epoch, next.Holder, next.Epoch, time.Since(stopped).Round(time.Millisecond))
				return p, next
			}
		}
		c.t.Logf("%s was stopped in the middle of a commit", p.Name)
		p.Continue()
		c.pause(200 * time.Millisecond)
	}
	require.FailNow(c.t, "nobody takes over from a stopped process")
	return nil, projections.Lease{}
}

// rounds is how often a test kills and stops; the variable multiplies it.
func rounds(n int) int {
	if times, err := strconv.Atoi(os.Getenv("FREIGHTLEDGER_ROUNDS")); err == nil {
		return n * times
	}
	return n
}

func (c *crew) pause(most time.Duration) { time.Sleep(time.Duration(c.dice.Int64N(int64(most)))) }

func TestProcessesThatAreKilledOrStoppedCommitOnlyUnderTheirLease(t *testing.T) {
	// Given three processes that all want to write into one new file
	path := filepath.Join(t.TempDir(), "marks.db")
	c := assemble(t, "mark", path, "work", nil, 400*time.Millisecond)
	for range 3 {
		c.hire()
	}
	c.db = marks(t, path)
	defer func() { require.NoError(t, c.db.Close()) }()

	// When the one that does is killed, or stopped and woken up after another
	// one has taken over, again and again
	for range rounds(3) {
		c.holder(0)
		c.pause(300 * time.Millisecond)
		c.kill()
		c.pause(300 * time.Millisecond)
		p, _ := c.stopped()
		c.pause(100 * time.Millisecond)
		p.Continue()
	}
	for _, p := range c.members {
		p.Finish()
	}

	// Then nobody ever wrote under a lease that was another's by then
	rows, err := c.db.Read().QueryContext(t.Context(), "SELECT n, epoch, holder FROM marks ORDER BY n")
	require.NoError(t, err)
	n, last, holders := 0, int64(0), map[int64]string{}
	for rows.Next() {
		var row int
		var epoch int64
		var holder string
		require.NoError(t, rows.Scan(&row, &epoch, &holder))
		n++
		require.Equal(t, n, row)
		require.GreaterOrEqual(t, epoch, last, "mark %d of %s comes after those of epoch %d", n, holder, last)
		if holders[epoch] != "" {
			require.Equal(t, holders[epoch], holder, "two processes under epoch %d", epoch)
		}
		last, holders[epoch] = epoch, holder
	}
	require.NoError(t, rows.Err())
	require.NoError(t, rows.Close())
	require.GreaterOrEqual(t, len(holders), rounds(6))
	t.Logf("%d marks under %d leases; the slowest take-over took %s", n, last, c.worst.Round(time.Millisecond))
	require.Less(t, c.worst, 30*time.Second)
	require.Empty(t, c.lease().Holder, "the last one gave it up")
}

func TestReadModelsThatReplicasKeepByTurnsEqualThoseOfOne(t *testing.T) {
	// Given freight, and three replicas on one file of read models
	d := seeded.Open(t, 12)
	for i := range 6 {
		d.Sync(domain.CustomerID(fmt.Sprintf("C%02d", i)), 30)
	}
	path := filepath.Join(t.TempDir(), "views.db")
	c := assemble(t, "follow", path, projections.LeaseName, nil, 500*time.Millisecond, errandHistory+"="+replica.Listen(t, d.Store))
	for range 3 {
		c.hire()
	}
	l := follow(t, d, path, 0)
	c.db = l.db

	// When freight moves while the one that follows is killed or stopped, wherever it is
	busy, rest := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(rest)
		for i := 0; ; i++ {
			select {
			case <-busy:
				return
			case <-time.After(70 * time.Millisecond):
				d.Ship(domain.ShipmentID("S"+strconv.Itoa(i)), domain.CustomerID(fmt.Sprintf("C%02d", i%6)), d.Clock(), domain.Source{})
			}
		}
	}()
	for range rounds(3) {
		c.pause(400 * time.Millisecond)
		c.kill()
		c.pause(400 * time.Millisecond)
		p, _ := c.stopped()
		p.Continue()
	}
	close(busy)
	<-rest

	// Then a command that needs them up to date waits for the replicas, and has them
	handled, err := l.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	require.Zero(t, handled, "a replica holds the lease")
	require.NoError(t, l.Verify(t.Context()), "the digest is the history's: no event is missing, none counts twice")
	alone := follow(t, d, filepath.Join(t.TempDir(), "alone.db"), 0)
	events, err := alone.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, alone.dump(t), l.dump(t))
	t.Logf("%d events; the slowest take-over took %s", events, c.worst.Round(time.Millisecond))
	require.Less(t, c.worst, 30*time.Second)

	// And when they have stopped, it does the work itself at once
	for _, p := range c.members {
		p.Finish()
	}
	d.Ship("LAST", "C00", d.Clock(), domain.Source{})
	handled, err = l.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	require.Positive(t, handled)
	require.NoError(t, l.db.Close())
	require.NoError(t, alone.db.Close())
}

func TestAStoppedReplicaThatWakesUpFollowsAgain(t *testing.T) {
	d := seeded.Open(t, 13)
	path := filepath.Join(t.TempDir(), "views.db")
	c := assemble(t, "follow", path, projections.LeaseName, nil, 400*time.Millisecond, errandHistory+"="+replica.Listen(t, d.Store))
	c.hire()
	c.hire()
	l := follow(t, d, path, 0)
	c.db = l.db
	d.Ship("S1", "C1", d.Clock(), domain.Source{})

	// Given a replica that wakes up when another has gone on without it
	p, next := c.stopped()
	d.Ship("S2", "C1", d.Clock(), domain.Source{})
	_, err := l.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	p.Continue()

	// When that one ends in turn
	other := c.members[next.Holder]
	delete(c.members, next.Holder)
	other.Kill()
	d.Ship("S3", "C1", d.Clock(), domain.Source{})

	// Then the first goes on where the other stopped, not where it was
	_, again := c.holder(next.Epoch)
	require.Equal(t, p.Name, again.Holder)
	_, err = l.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, l.Verify(t.Context()))
	p.Finish()
	require.NotContains(t, p.Output(), slog.LevelError.String())
	require.NoError(t, l.db.Close())
}
