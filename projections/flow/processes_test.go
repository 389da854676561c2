package flow_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/flow"
	"github.com/freightledger/freightledger/projections/internal/replica"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/stretchr/testify/require"
)

// The tests here run this test binary as several processes on one file.
const (
	errandPath    = "FLOW_TEST_PATH"
	errandHolder  = "FLOW_TEST_HOLDER"
	errandHistory = "FLOW_TEST_HISTORY"
	errandTTL     = "FLOW_TEST_TTL"
	errandNow     = "FLOW_TEST_NOW"
)

func TestMain(m *testing.M) {
	if os.Getenv(replica.Errand) != "react" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := reactErrand(ctx)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "process:", err)
		os.Exit(1)
	}
}

// reactErrand runs the policy, on a day that does not end.
func reactErrand(ctx context.Context) error {
	ttl, err := time.ParseDuration(os.Getenv(errandTTL))
	if err != nil {
		return err
	}
	now, err := time.Parse(time.RFC3339, os.Getenv(errandNow))
	if err != nil {
		return err
	}
	clock := func() time.Time { return now }
	store, codec := replica.Dial(os.Getenv(errandHistory)), eventstore.NewCodec(domain.Events())
	r, err := flow.Open(ctx, os.Getenv(errandPath), store, codec, eventstore.NewExecutor(store, codec, clock), domain.Policy{},
		flow.Options{PageEvents: 40, Workers: 2, Clock: clock, Lease: projections.LeaseOptions{Holder: os.Getenv(errandHolder), TTL: ttl}})
	if err != nil {
		return err
	}
	return errors.Join(r.Run(ctx), r.Close())
}

func TestReplicasThatAreKilledOrStoppedBillAsOneDoes(t *testing.T) {
	freight := func(d *seeded.Desk) {
		for i := range 40 {
			d.Sync(domain.CustomerID(fmt.Sprintf("C%02d", i)), 30)
		}
		d.Pass(365 * 24 * time.Hour)
		d.ShipMany(200)
	}
	// Given what one reactor makes of some freight
	calm := seeded.Open(t, 20)
	freight(calm)
	one, err := flow.Open(t.Context(), filepath.Join(t.TempDir(), "flow.db"), calm.Store, calm.Codec, calm.Exec, domain.Policy{}, flow.Options{Clock: calm.Clock, Logger: calm.Log})
	require.NoError(t, err)
	settle(t, one)
	require.NoError(t, one.Close())
	want := calm.All()
	requireBilledOnce(t, want)

	// When three replicas are at the same work, and the one that does it is
	// killed or stopped again and again
	d := seeded.Open(t, 20)
	freight(d)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "flow.db")
	address := replica.Listen(t, d.Store)
	crew, hired := map[string]*replica.Process{}, 0
	hire := func() {
		hired++
		name := replica.Name(hired)
		crew[name] = replica.Start(t, "react", name, errandPath+"="+path, errandHolder+"="+name, errandHistory+"="+address, errandTTL+"=300ms",
			errandNow+"="+d.Clock().Format(time.RFC3339))
	}
	for range 3 {
		hire()
	}
	r, err := flow.Open(t.Context(), path, d.Store, d.Codec, d.Exec, domain.Policy{}, flow.Options{Clock: d.Clock, Logger: d.Log})
	require.NoError(t, err)
	holder := func(after int64) projections.Lease {
		var lease projections.Lease
		require.Eventually(t, func() bool {
			all, err := r.Leases(t.Context())
			require.NoError(t, err)
			for _, p := range crew {
				p.Running()
			}
			if len(all) == 1 && all[0].Epoch > after && crew[all[0].Holder] != nil {
				lease = all[0]
				return true
			}
			return false
		}, 30*time.Second, 5*time.Millisecond)
		return lease
	}
	for round := range 8 {
		lease := holder(0)
		time.Sleep(time.Duration(dice.Int64N(int64(100 * time.Millisecond))))
		p := crew[lease.Holder]
		t.Logf("%s is cut short after %d events", p.Name, len(d.All()))
		if round%2 == 0 {
			delete(crew, lease.Holder)
			p.Kill()
			hire()
			holder(lease.Epoch)
			continue
		}
		p.Stop()
		time.Sleep(500 * time.Millisecond) // it may be in the middle of a commit, and keep the others out
		p.Continue()
	}

	// Then a command that needs it done waits until they have
	done, err := r.Settle(t.Context(), nil)
	require.NoError(t, err)
	require.Zero(t, done.Reactions, "a replica holds the lease")
	require.Eventually(t, func() bool { return len(d.All()) >= len(want) }, time.Minute, 500*time.Millisecond)
	for _, p := range crew {
		p.Finish()
	}
	_, err = r.Settle(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, r.Close())

	// And what it led to is what one would have done, and nothing twice
	got := d.All()
	requireBilledOnce(t, got)
	require.NotEmpty(t, ofType[domain.InvoiceIssued](got))
	require.Equal(t, content(want), content(got))
	t.Logf("%d events under %d replicas", len(got), hired)
}
