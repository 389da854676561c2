package erp

import (
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Circuit is how the ERP has been answering.
type Circuit struct {
	Down      bool      // it has not answered for several calls in a row
	Failures  int       // calls in a row
	Since     time.Time // of the first of them
	LastError string
	NextTry   time.Time
}

// failuresUntilDown is how many calls in a row must fail before the ERP counts
// as down.
const failuresUntilDown = 3

// breaker paces the poster while the ERP fails.
type breaker struct {
	now   func() time.Time
	delay *backoff.ExponentialBackOff

	mu    sync.Mutex
	state Circuit
}

func newBreaker(now func() time.Time, first, longest time.Duration) *breaker {
	delay := backoff.NewExponentialBackOff()
	delay.InitialInterval, delay.MaxInterval, delay.Multiplier, delay.RandomizationFactor = first, longest, 2, 0.5
	delay.Reset()
	return &breaker{now: now, delay: delay}
}

// failed notes a failed call and says how long to leave the ERP alone.
func (b *breaker) failed(err error) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if b.state.Failures == 0 {
		b.state.Since = now
	}
	b.state.Failures++
	b.state.Down = b.state.Failures >= failuresUntilDown
	b.state.LastError = err.Error()
	wait := min(max(b.delay.NextBackOff(), retryAfter(err)), b.delay.MaxInterval)
	b.state.NextTry = now.Add(wait)
	return wait
}

// answered notes that the ERP is there.
func (b *breaker) answered() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state.Failures > 0 {
		b.state = Circuit{}
		b.delay.Reset()
	}
}

func (b *breaker) status() Circuit {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}
