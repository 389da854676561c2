package sandboxerp

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

// Rates are kept in millionths, so that a die is one whole number.
const millionths = 1_000_000

const maxLatency = time.Minute

// faultBox holds the faults to play and the dice that choose whom they strike.
// The dice are a function of the seed alone: the n-th booking request after
// PUT /faults meets the same fate in every run.
type faultBox struct {
	mu       sync.Mutex
	faults   Faults
	reject   uint64 // millionths
	drop     uint64 // millionths
	dice     *rand.Rand
	requests int64
	fired    FaultCounts
}

func newFaultBox(f Faults) (*faultBox, error) {
	b := &faultBox{}
	if err := b.set(f); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *faultBox) set(f Faults) error {
	reject, err := parseRate("reject_rate", f.RejectRate)
	if err != nil {
		return err
	}
	drop, err := parseRate("drop_rate", f.DropRate)
	if err != nil {
		return err
	}
	if f.LatencyMS < 0 || time.Duration(f.LatencyMS)*time.Millisecond > maxLatency {
		return fmt.Errorf("latency_ms is %d, want 0 to %d", f.LatencyMS, maxLatency.Milliseconds())
	}
	if f.DownEvery < 0 {
		return fmt.Errorf("down_every is %d, want 0 for never or a positive number", f.DownEvery)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if f.RejectRate == "" {
		f.RejectRate = "0"
	}
	if f.DropRate == "" {
		f.DropRate = "0"
	}
	b.faults, b.reject, b.drop = f, reject, drop
	b.dice = rand.New(rand.NewPCG(f.Seed, 0x5ead_b00c))
	b.requests, b.fired = 0, FaultCounts{}
	return nil
}

func parseRate(name, text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	rate, err := parsePlain(text)
	if err != nil || rate.GreaterThan(decimal.NewFromInt(1)) {
		return 0, fmt.Errorf("%s is %q, want 0 to 1 with at most 6 digits after the point, such as 0.05", name, text)
	}
	return uint64(rate.Shift(6).IntPart()), nil
}

func (b *faultBox) answer() FaultsAnswer {
	b.mu.Lock()
	defer b.mu.Unlock()
	return FaultsAnswer{Faults: b.faults, Fired: b.fired}
}

// arrive counts a request in and says how long it waits and whether it finds the ERP down.
func (b *faultBox) arrive() (wait time.Duration, down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests++
	if b.faults.LatencyMS > 0 {
		b.fired.Delayed++
		wait = time.Duration(b.faults.LatencyMS) * time.Millisecond
	}
	every := int64(b.faults.DownEvery)
	if b.faults.Down || (every > 0 && b.requests%every == 0) {
		b.fired.Down++
		down = true
	}
	return wait, down
}

// roll throws the dice for one booking request. Both are always thrown, so that
// one rate does not shift the fate the other deals.
func (b *faultBox) roll() (reject, drop bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	reject = b.dice.Uint64N(millionths) < b.reject
	drop = b.dice.Uint64N(millionths) < b.drop
	if reject {
		b.fired.Rejected++
	}
	return reject, drop && !reject
}

func (b *faultBox) dropped() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fired.Dropped++
}

func (e *ERP) getFaults(*http.Request) (any, error) { return e.faults.answer(), nil }

func (e *ERP) putFaults(r *http.Request) (any, error) {
	var f Faults
	if err := decode(r, &f); err != nil {
		return nil, err
	}
	if err := e.faults.set(f); err != nil {
		return nil, badRequest("%v", err)
	}
	return e.faults.answer(), nil
}

// troubled plays latency and downtime before the request is looked at.
func (e *ERP) troubled(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" || r.URL.Path == "/faults" {
			next.ServeHTTP(w, r)
			return
		}
		wait, down := e.faults.arrive()
		if wait > 0 {
			timer := time.NewTimer(wait)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Context().Done():
				return
			case <-e.closing:
			}
		}
		if down {
			e.writeProblem(w, r, &problem{http.StatusServiceUnavailable, CodeDown, "the ERP is down"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// booking plays the faults that only a booking can meet. A dropped request has
// committed: the caller learns nothing, and a blind retry books it again.
func (e *ERP) booking(fn endpoint) endpoint {
	return func(r *http.Request) (any, error) {
		reject, drop := e.faults.roll()
		if reject {
			return nil, &problem{http.StatusInternalServerError, CodeTransient, "the ERP stumbled before booking; nothing was booked"}
		}
		value, err := fn(r)
		if err == nil && drop {
			e.faults.dropped()
			panic(http.ErrAbortHandler)
		}
		return value, err
	}
}
