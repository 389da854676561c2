package main

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// kills is how often the program is killed; an import, billing, posting or
// taking cash is cut wherever it happens to be.
const kills = 20

// Killed at any moment, with an ERP that loses answers and fails, and started
// again, the ledger ends as if nothing had happened: no document twice, none
// missing, every figure to the cent.
func TestKilledAtTwentyRandomMoments(t *testing.T) {
	file := shared(t, "data", "scms_delivery_history.csv")
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv("FREIGHTLEDGER_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("seed %d (FREIGHTLEDGER_SEED=%d repeats it)", seed, seed)
	rng := rand.New(rand.NewPCG(seed, 0))

	// Given an ERP without idempotency that fails at random
	o := newOffice(t).withERP("--autopay")
	o.must("sandbox-erp", "customers", "--scms", file)
	o.must("sandbox-erp", "faults", "--drop-rate", "0.15", "--reject-rate", "0.10", "--seed", strconv.FormatUint(seed, 10))

	// When the program is killed twenty times on its way
	killed, finished := 0, 0
	for killed < kills {
		cmd := o.command("import", "scms", file)
		require.NoError(t, cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		// Moments spread from the first second over the whole way.
		after := time.Duration(rng.IntN(300*(killed+1))+100) * time.Millisecond
		select {
		case <-time.After(after):
			require.NoError(t, cmd.Process.Kill())
			<-ended
			killed++
		case err := <-ended:
			// It got to its end before the moment came: a later run has
			// nothing left to cut, so the rest of the kills cut that.
			require.NoError(t, err)
			finished++
			if finished > 3 {
				t.Logf("finished after %d kills", killed)
				killed = kills
			}
		}
	}

	// Then the last run takes it to the end
	last := ask[importAnswer](o, "import", "scms", file)
	t.Logf("posted in the last run: %d, found by a probe after a lost answer: %d", last.Settled.Posted, last.Settled.Found)
	require.Contains(t, o.must("doctor").out, "verified")
	requireTheFigures(t, o)
}
