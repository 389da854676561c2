package erp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/projections/erp"
)

// errCrashed is what everything answers once the process is dead.
var errCrashed = errors.New("the process ended here")

// crash ends a process at one of its steps: before or after a call to the ERP
// or to history. What was called before it has had its effect.
type crash struct {
	at    int64 // the step, from 1; 0 never
	steps atomic.Int64
	dead  context.CancelCauseFunc
}

func (c *crash) step(ctx context.Context) error {
	if c.steps.Add(1) == c.at {
		c.dead(errCrashed)
	}
	return ctx.Err()
}

// dyingBooks and dyingExec are the real things with steps around them.
type dyingBooks struct {
	erp.Books
	*crash
}

func (b dyingBooks) Probe(ctx context.Context, numbers []string) (map[string][]erp.Booked, error) {
	if err := b.step(ctx); err != nil {
		return nil, err
	}
	found, err := b.Books.Probe(ctx, numbers)
	if e := b.step(ctx); e != nil {
		return nil, e
	}
	return found, err
}

func (b dyingBooks) Post(ctx context.Context, docs []domain.Document) ([]erp.Outcome, error) {
	if err := b.step(ctx); err != nil {
		return nil, err
	}
	outcomes, err := b.Books.Post(ctx, docs)
	if e := b.step(ctx); e != nil {
		return nil, e
	}
	return outcomes, err
}

func (b dyingBooks) FirstOpenDate(ctx context.Context, from string) (string, error) {
	if err := b.step(ctx); err != nil {
		return "", err
	}
	return b.Books.FirstOpenDate(ctx, from)
}

type dyingExec struct {
	erp.Executor
	*crash
}

func (x dyingExec) Execute(ctx context.Context, cmd domain.Command, req eventstore.Request) (eventstore.Result, error) {
	if err := x.step(ctx); err != nil {
		return eventstore.Result{}, err
	}
	result, err := x.Executor.Execute(ctx, cmd, req)
	if e := x.step(ctx); e != nil {
		return eventstore.Result{}, e
	}
	return result, err
}

// postUntil posts until a step and tells whether the process died there.
func (d *desk) postUntil(step int64, batch int) (died bool) {
	d.t.Helper()
	ctx, dead := context.WithCancelCause(d.ctx)
	defer dead(nil)
	c := &crash{at: step, dead: dead}
	opts := quick
	opts.Batch = batch
	p := erp.NewPoster(d.outbox, d.store, d.codec, dyingExec{d.exec, c}, dyingBooks{d.books, c}, opts)
	_, err := p.PostAll(ctx, nil)
	if err != nil {
		require.ErrorIs(d.t, context.Cause(ctx), errCrashed, "%v", err)
	}
	return err != nil
}

// The process ends at each single step of posting, once with an ERP that is
// well and once with one whose period is closed; the next process finishes the
// work.
func TestRestartAtEveryStep(t *testing.T) {
	for _, closed := range []bool{false, true} {
		t.Run(fmt.Sprintf("period closed %v", closed), func(t *testing.T) {
			step := int64(1)
			for died := true; died; step++ {
				opts := sandboxerp.Options{}
				if closed {
					opts.PeriodsClosedBefore = "2026-04"
				}
				d := open(t, opts)
				numbers := d.issueMany(3)
				died = d.postUntil(step, 2)
				d.restart()
				report := d.postAll()
				require.Equal(t, erp.Counts{Confirmed: len(numbers)}, report.Left, "after a crash at step %d", step)
				d.bookedOnce(numbers)
			}
			require.Greater(t, step, int64(15))
		})
	}
}

// One process after the other dies at a random step, under an ERP that loses
// answers, fails and stalls.
func TestManyRestartsUnderFaults(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	for range 2 {
		d := open(t, sandboxerp.Options{PeriodsClosedBefore: "2026-03"})
		var invoices []domain.InvoiceIssued
		for i := range 120 {
			invoices = append(invoices, invoice("ACME", i+1, 1+i%3, fmt.Sprintf("2026-%02d-%02d", 2+i%3, 1+i%28)))
		}
		numbers := d.issue(invoices...)
		d.faults(sandboxerp.Faults{DropRate: "0.3", RejectRate: "0.2", LatencyMS: 1, Seed: seed})
		deaths := 0
		for d.postUntil(1+dice.Int64N(90), 1+dice.IntN(40)) {
			deaths++
			d.restart()
		}
		t.Logf("%d deaths", deaths)
		d.faults(sandboxerp.Faults{})
		require.Equal(t, erp.Counts{Confirmed: len(numbers)}, d.postAll().Left)
		d.bookedOnce(numbers)
	}
}

// The answer is lost and the ERP books only afterwards: a probe in between finds
// nothing, and proves nothing.
func TestERPThatBooksAfterItsClientHasGone(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprintf("restart %v", restart), func(t *testing.T) {
			d := open(t, sandboxerp.Options{})
			numbers := d.issueMany(10)
			var late sync.WaitGroup
			var lost atomic.Bool
			d.through(func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
				if r.URL.Path != "/documents" || lost.Swap(true) {
					return next.RoundTrip(r)
				}
				body, err := io.ReadAll(r.Body)
				if err != nil {
					return nil, err
				}
				late.Go(func() {
					time.Sleep(150 * time.Millisecond)
					again, err := http.NewRequest(r.Method, r.URL.String(), bytes.NewReader(body))
					if err == nil {
						var response *http.Response
						if response, err = next.RoundTrip(again); err == nil {
							err = response.Body.Close()
						}
					}
					if err != nil {
						t.Error(err)
					}
				})
				if restart { // the process ends while it waits for the answer
					<-r.Context().Done()
				}
				return nil, io.ErrUnexpectedEOF
			})
			patient := func(o *erp.Options) { o.Settle = time.Second }

			if restart {
				ctx, stop := context.WithTimeout(d.ctx, 50*time.Millisecond)
				_, err := d.poster(patient).PostAll(ctx, nil)
				stop()
				require.ErrorIs(t, err, context.DeadlineExceeded)
				d.restart()
			}
			report, err := d.poster(patient).PostAll(d.ctx, nil)

			late.Wait()
			require.NoError(t, err)
			require.Equal(t, 10, report.Found)
			d.bookedOnce(numbers)
		})
	}
}

// History does not take the answer: the document is found by the next probe.
func TestAnswerThatCannotBeRecorded(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	numbers := d.issueMany(7)
	full := errors.New("disk full")
	p := erp.NewPoster(d.outbox, d.store, d.codec, failingExec{d.exec, full}, d.books, quick)

	_, err := p.PostAll(d.ctx, nil)
	require.ErrorIs(t, err, full)
	require.Equal(t, domain.PostingAsked, d.posting(numbers[0]).Status)

	require.Equal(t, 7, d.postAll().Found)
	d.bookedOnce(numbers)
}

type failingExec struct {
	erp.Executor
	err error
}

func (x failingExec) Execute(context.Context, domain.Command, eventstore.Request) (eventstore.Result, error) {
	return eventstore.Result{}, x.err
}

// The ERP has said yes, and its own search does not show the document yet.
func TestAnAnswerThatCannotBeRecordedLeavesADoubt(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	numbers := d.issueMany(1)
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	require.NoError(t, d.outbox.Close())
	var err error
	d.outbox, err = erp.OpenOutbox(t.Context(), d.path, func() time.Time { return now })
	require.NoError(t, err)
	exec, books := &flakyExec{Executor: d.exec, fails: 1}, &laggingBooks{Books: d.books, lags: true}
	opts := quick
	opts.Settle, opts.Again = time.Minute, time.Second
	p := erp.NewPoster(d.outbox, d.store, d.codec, exec, books, opts)

	// Given a document that is booked, and an answer that cannot be recorded
	_, _, err = p.Step(t.Context())
	require.ErrorIs(t, err, errFlaky)

	// When it is tried again while the search lags
	now = now.Add(2 * time.Second)
	posted, next, err := p.Step(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, posted)
	require.False(t, next.IsZero())

	// Then it is left alone until the search can be believed, and found
	now, books.lags = next, false
	_, _, err = p.Step(t.Context())
	require.NoError(t, err)
	d.bookedOnce(numbers)
}

var errFlaky = errors.New("history cannot be reached")

// flakyExec fails at first.
type flakyExec struct {
	erp.Executor
	fails int
}

func (x *flakyExec) Execute(ctx context.Context, cmd domain.Command, req eventstore.Request) (eventstore.Result, error) {
	if x.fails--; x.fails >= 0 {
		return eventstore.Result{}, errFlaky
	}
	return x.Executor.Execute(ctx, cmd, req)
}

// laggingBooks find nothing while they lag.
type laggingBooks struct {
	erp.Books
	lags bool
}

func (b *laggingBooks) Probe(ctx context.Context, numbers []string) (map[string][]erp.Booked, error) {
	if b.lags {
		return nil, nil
	}
	return b.Books.Probe(ctx, numbers)
}
