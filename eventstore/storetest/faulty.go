package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
)

// Faulty is a store with faults between it and its caller. The store goes on
// through every fault: an append has an outcome, if only an unknown one, once
// its context ends, and following goes on by itself.
type Faulty interface {
	eventstore.Store
	// Faults names them.
	Faults() []string
	// Disturb has a fault strike, at once or with the next call that it
	// concerns. A fault that lasts ends by itself after a moment.
	Disturb(fault string)
	// Heal disarms what has not struck yet and ends what lasts.
	Heal()
	// Fired is how often each fault struck something.
	Fired() map[string]int
	// Disconnect ends every connection at once and says how many there were.
	Disconnect() int
}

// OpenFaulty gives a faulty store with an empty history, whose faults draw
// what is random from a seed. It closes the store with the test's Cleanup.
type OpenFaulty func(t *testing.T, seed uint64) Faulty

// overdue is how long after its context's end a call may still run, on the
// slowest of machines.
const overdue = 10 * time.Second

// longPatience bounds the tests with faults, which wait for recoveries: a test
// that does n times what is usual has so many times more.
func longPatience(n, usual int) time.Duration {
	return 5 * time.Minute * time.Duration(max(1, n/usual))
}

// errOverdue is a call's that did not end with its context.
var errOverdue = errors.New("the call goes on after its context has ended")

// within runs a call that must end with its context.
func within[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := call(ctx)
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
	}
	timer := time.NewTimer(overdue)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.value, r.err
	case <-timer.C:
		var none T
		return none, errOverdue
	}
}

// RunFaults tests that a store keeps its promises while the way to it breaks.
// Each fault has to strike, or its test is void and fails.
func RunFaults(t *testing.T, open OpenFaulty) {
	s := open(t, newSeed(t))
	t.Run("healthy", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		testReadBack(t, ctx, s)
		requireConsistent(t, ctx, s)
	})
	for _, fault := range s.Faults() {
		t.Run("appends are stored once/"+fault, func(t *testing.T) {
			t.Parallel()
			testAppendsUnder(t, open, fault)
		})
	}
	t.Run("following goes on", func(t *testing.T) {
		t.Parallel()
		testFollowUnder(t, open)
	})
}

// testAppendsUnder has writers, readers and one fault that strikes again and
// again.
func testAppendsUnder(t *testing.T, open OpenFaulty, fault string) {
	const (
		usual  = 24 // strikes
		least  = 3
		enough = 3 * time.Second // of the usual strikes, once the least are done
	)
	most := fromEnvironment(t, "FREIGHTLEDGER_STRIKES", usual)
	seed := newSeed(t)
	random := rand.New(rand.NewPCG(seed, 2))
	s := open(t, seed)
	ctx, cancel := context.WithTimeout(t.Context(), longPatience(most, usual))
	defer cancel()
	c := newCrew(s, seed)
	finish := c.start(ctx)

	begin := time.Now()
	strikes := 0
	for ; strikes < most && (strikes < least || time.Since(begin) < enough*time.Duration(most)/usual); strikes++ {
		fired, stored := s.Fired()[fault], c.acknowledged.Load()
		s.Disturb(fault)
		// It strikes, and then the work goes on.
		if !c.until(ctx, func() bool { return s.Fired()[fault] > fired && c.acknowledged.Load() > stored+3 }) {
			break
		}
		pause(ctx, time.Duration(random.IntN(10_000))*time.Microsecond)
	}
	fired := s.Fired()[fault]
	s.Heal()
	require.NoError(t, finish(), "after %d strikes", strikes)
	require.GreaterOrEqual(t, fired, least, "the fault did not strike: the test is void")
	require.NoError(t, c.verify(ctx))
	requireConsistent(t, ctx, s)
	t.Logf("%s: %d times; %s", fault, fired, c)
}

// pause rests for a moment.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// newSeed is a seed that is printed, so that another run can have it again.
func newSeed(t *testing.T) uint64 {
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv("FREIGHTLEDGER_SEED"); given != "" {
		var err error
		seed, err = strconv.ParseUint(given, 10, 64)
		require.NoError(t, err, "FREIGHTLEDGER_SEED")
	}
	t.Logf("seed %d", seed)
	return seed
}

// fromEnvironment is how often a test does something.
func fromEnvironment(t *testing.T, name string, usual int) int {
	given := os.Getenv(name)
	if given == "" {
		return usual
	}
	n, err := strconv.Atoi(given)
	require.NoError(t, err, name)
	require.Positive(t, n, name)
	return n
}

// tally writes counts in the order of their names.
func tally(counts map[string]int) string {
	text := ""
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		text += fmt.Sprintf("%s %d, ", name, counts[name])
	}
	return text
}
