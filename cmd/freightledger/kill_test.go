package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
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

	killed := 0
	for round := 1; killed < kills; round++ {
		// Given an ERP without idempotency that fails at random
		o := newOffice(t).withERP("--autopay")
		o.must("sandbox-erp", "customers", "--scms", file)
		o.must("sandbox-erp", "faults", "--drop-rate", "0.15", "--reject-rate", "0.10", "--seed", strconv.FormatUint(seed+uint64(round), 10))

		// When the program is killed on its way, wherever it happens to be,
		// and started again until it comes to its end
		for finished := false; !finished && killed < kills; {
			stage := ""
			if finished, stage = runAndKill(t, o, file, time.Duration(100+rng.IntN(9000))*time.Millisecond); !finished {
				killed++
				t.Logf("kill %d in round %d, %s", killed, round, stage)
			}
		}

		// Then the last run takes it to the end, and every figure holds: no
		// document twice, none missing
		last := ask[importAnswer](o, "import", "scms", file)
		t.Logf("round %d: %d posted in the last run, %d found by a probe after a lost answer", round, last.Settled.Posted, last.Settled.Found)
		require.Contains(t, o.must("doctor").out, "verified")
		requireTheFigures(t, o)
	}
}

// runAndKill imports the file and kills the program after a while, unless it
// ends before. It says after which stage the program was killed.
func runAndKill(t *testing.T, o *office, file string, after time.Duration) (finished bool, stage string) {
	t.Helper()
	cmd := exec.Command(binary, "--data", o.data, "--erp", o.erp, "import", "scms", file)
	var progress bytes.Buffer
	cmd.Stderr = &progress
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		require.NoError(t, err, progress.String())
		return true, ""
	case <-time.After(after):
		require.NoError(t, cmd.Process.Kill())
		<-ended
	}
	stage = "before the first stage was over"
	for line := range strings.Lines(progress.String()) {
		if name, _, done := strings.Cut(line, " done in"); done {
			stage = "after " + strings.Join(strings.Fields(name), " ")
		}
	}
	return false, stage
}
