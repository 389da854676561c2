package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/freightledger/freightledger/eventstore"
)

// The size of one recorded history.
const (
	historyClients = 8
	historyStreams = 6
	historyCalls   = 2000 // at least
	historyStrikes = 40   // of faults, spread over the calls
)

// checking bounds the search for an order of a history's calls. A search that
// is not done by then has not shown anything, and fails.
const checking = time.Minute

// RunHistories records what concurrent callers ask a store that breaks, and
// what they hear, and has it checked that each stream's calls can have happened
// one at a time, each between its begin and its end. It records as many
// histories as FREIGHTLEDGER_HISTORIES says, or as usual. Every fault has to
// strike in some history.
func RunHistories(t *testing.T, open OpenFaulty, usual int) {
	var (
		mu            sync.Mutex
		fired         = make(map[string]int)
		calls, unsure int
	)
	histories := fromEnvironment(t, "FREIGHTLEDGER_HISTORIES", usual)
	t.Run("histories", func(t *testing.T) {
		for n := range histories {
			t.Run(strconv.Itoa(n+1), func(t *testing.T) {
				t.Parallel()
				seed := newSeed(t)
				s := open(t, seed)
				h := record(t, s, s, seed)
				h.requireLinear(t, seed)
				t.Logf("%d calls, %d of them of unknown outcome; %s", len(h.calls), h.unknown, tally(s.Fired()))
				mu.Lock()
				defer mu.Unlock()
				for _, name := range s.Faults() {
					fired[name] += s.Fired()[name]
				}
				calls += len(h.calls)
				unsure += h.unknown
			})
		}
	})
	t.Logf("%d histories, %d calls, %d of them of unknown outcome; %s", histories, calls, unsure, tally(fired))
	require.Positive(t, unsure, "no outcome was unknown: the run is void")
	for name, n := range fired {
		require.Positive(t, n, "%q never struck: the run is void", name)
	}
}

// history is what callers asked and heard.
type history struct {
	begin time.Time

	mu      sync.Mutex
	calls   []porcupine.Operation
	unknown int
}

func (h *history) now() int64 { return int64(time.Since(h.begin)) }

func (h *history) add(client int, input, output any, call int64) {
	op := porcupine.Operation{ClientId: client, Input: input, Output: output, Call: call, Return: h.now()}
	h.mu.Lock()
	defer h.mu.Unlock()
	if output == (unknown{}) {
		// It may still happen at any time to come.
		op.Return = math.MaxInt64
		h.unknown++
	}
	h.calls = append(h.calls, op)
}

func (h *history) len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.calls)
}

// record has callers at work on a store until there are calls enough, and
// faults that strike meanwhile.
func record(t *testing.T, s eventstore.Store, faults Faulty, seed uint64) *history {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longPatience(1, 1))
	defer cancel()
	h := &history{begin: time.Now()}
	var callers, striking errgroup.Group
	for n := range historyClients {
		c := caller{history: h, store: s, client: n, random: rand.New(rand.NewPCG(seed, uint64(n))), heads: make(map[string]eventstore.Revision)}
		callers.Go(func() error {
			for h.len() < historyCalls && ctx.Err() == nil {
				if err := c.call(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	done := make(chan struct{})
	if faults != nil {
		striking.Go(func() error {
			random := rand.New(rand.NewPCG(seed, 99))
			// Each fault has its turn, and the calls go on between.
			names := faults.Faults()
			for strike := range historyStrikes {
				if strike%len(names) == 0 {
					random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
				}
				for next := historyCalls*strike/historyStrikes + random.IntN(historyCalls/historyStrikes); h.len() < next; {
					select {
					case <-done:
						return nil
					default:
						pause(ctx, time.Millisecond)
					}
				}
				faults.Disturb(names[strike%len(names)])
			}
			return nil
		})
	}
	err := callers.Wait()
	close(done)
	require.NoError(t, errors.Join(err, striking.Wait(), ctx.Err()))
	if faults != nil {
		faults.Heal()
	}
	// What is there in the end is part of the history.
	last := caller{history: h, store: s, client: historyClients}
	for n := range historyStreams {
		for before := h.len(); h.len() == before && ctx.Err() == nil; {
			require.NoError(t, last.read(ctx, fmt.Sprintf("shipment-%d", n), 0))
		}
	}
	require.NoError(t, ctx.Err())
	return h
}

// caller appends where it believes a stream to be, and reads.
type caller struct {
	*history
	store  eventstore.Store
	client int
	random *rand.Rand
	heads  map[string]eventstore.Revision
}

func (c *caller) call(ctx context.Context) error {
	stream := fmt.Sprintf("shipment-%d", c.random.IntN(historyStreams))
	at, known := c.heads[stream]
	if !known {
		at = eventstore.NoStream
	}
	if c.random.IntN(10) < 3 {
		from := 0
		if c.random.IntN(3) > 0 {
			from = max(0, int(at)-c.random.IntN(10))
		}
		return c.read(ctx, stream, from)
	}
	return c.append(ctx, stream, at)
}

// append asks once or, after an unknown outcome and mostly, again: each asking
// is a call of its own.
func (c *caller) append(ctx context.Context, stream string, at eventstore.Revision) error {
	in := appending{stream: stream, expected: at}
	evs := events(1 + c.random.IntN(3))
	for _, e := range evs {
		in.ids = append(in.ids, e.ID)
	}
	for {
		attempt, cancel := context.WithTimeout(ctx, time.Duration(50+c.random.IntN(950))*time.Millisecond)
		call := c.now()
		a, err := within(attempt, func(ctx context.Context) (eventstore.Appended, error) { return c.store.Append(ctx, stream, at, evs) })
		cancel()
		var refusal *eventstore.WrongRevision
		switch {
		case err == nil:
			c.add(c.client, in, stored{a.Last}, call)
			c.heads[stream] = a.Last
			return nil
		case errors.As(err, &refusal):
			c.add(c.client, in, wrong{refusal.Actual}, call)
			c.heads[stream] = refusal.Actual
			return nil
		case errors.Is(err, errOverdue):
			return fmt.Errorf("append to %s: %w", stream, err)
		case !errors.Is(err, eventstore.ErrUnknownOutcome):
			pause(ctx, time.Millisecond)
			return nil // nothing was stored: if it was, some read will show it
		}
		c.add(c.client, in, unknown{}, call)
		pause(ctx, time.Millisecond)
		if c.random.IntN(4) == 0 || ctx.Err() != nil {
			return nil // and nobody asks again
		}
	}
}

func (c *caller) read(ctx context.Context, stream string, from int) error {
	attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	call := c.now()
	got, err := within(attempt, func(ctx context.Context) ([]eventstore.Record, error) {
		return collect(c.store.ReadStream(ctx, stream, uint64(from)))
	})
	if errors.Is(err, errOverdue) {
		return fmt.Errorf("read %s: %w", stream, err)
	}
	if err != nil {
		pause(ctx, time.Millisecond)
		return nil // it showed nothing
	}
	ids := make([]uuid.UUID, len(got))
	for i, r := range got {
		if r.Stream != stream || r.Revision != uint64(from+i) {
			return fmt.Errorf("%s from %d: event %d is %s %d", stream, from, i, r.Stream, r.Revision)
		}
		ids[i] = r.ID
	}
	c.add(c.client, reading{stream, from}, read{ids}, call)
	if last := eventstore.Revision(from + len(ids) - 1); c.heads != nil && len(ids) > 0 {
		c.heads[stream] = last
	}
	return nil
}

// requireLinear has the history checked, and leaves a picture of one that is
// not in order.
func (h *history) requireLinear(t *testing.T, seed uint64) {
	t.Helper()
	require.GreaterOrEqual(t, len(h.calls), historyCalls)
	result, info := porcupine.CheckOperationsVerbose(linear(), settled(h.calls), checking)
	if result == porcupine.Ok {
		return
	}
	picture := filepath.Join(os.TempDir(), fmt.Sprintf("freightledger-history-%d.html", seed))
	if err := porcupine.VisualizePath(linear(), info, picture); err != nil {
		picture = err.Error()
	}
	t.Fatalf("seed %d: %d calls cannot have happened one at a time (%s): see %s", seed, len(h.calls), result, picture)
}
