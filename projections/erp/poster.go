package erp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Options adjust a Poster. The zero Options are good.
type Options struct {
	// ERP is what history calls the ERP; the default is "erp".
	ERP string
	// Batch is how many documents one request carries; the default is 100.
	Batch int
	// Workers is how many answers are recorded at the same time, so that they
	// share the cost of making them durable; the default is 64.
	Workers int
	// Settle is how long the ERP may go on working on a request whose client
	// has gone, and how long a booked document may stay hidden from a probe.
	// A document in doubt is not posted before. The default is 5 seconds; a
	// negative duration is none at all.
	Settle time.Duration
	// Again is when a single document that could not be dealt with is tried
	// again; the default is 1 second.
	Again time.Duration
	// FirstDelay and LongestDelay bound the backoff while the ERP fails, also
	// where it asks for a longer one; the defaults are 100 milliseconds and 30
	// seconds.
	FirstDelay, LongestDelay time.Duration
	// CallTimeout is the longest that a call of Books.Post may take, by the
	// limits of its client; the default is 30 seconds. What a process was
	// sending that lost its lease, but may not have noticed, is in doubt for as
	// long.
	CallTimeout time.Duration
	// Patience is after how long without any document getting anywhere PostAll
	// leaves the rest for later; the default is 1 minute.
	Patience time.Duration
	// Log hears what an operator should know; the default is slog.Default().
	Log *slog.Logger
	// Banks is what cash knows of bank accounts; nil: none was adopted, and the
	// ERP books all receipts.
	Banks Banks
	// Lease is how the outbox's leases are held.
	Lease projections.LeaseOptions
}

func (o Options) withDefaults() Options {
	if o.ERP == "" {
		o.ERP = "erp"
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	for _, d := range []struct {
		into *int
		or   int
	}{{&o.Batch, 100}, {&o.Workers, 64}} {
		if *d.into <= 0 {
			*d.into = d.or
		}
	}
	for _, d := range []struct {
		into *time.Duration
		or   time.Duration
	}{{&o.Settle, 5 * time.Second}, {&o.Again, time.Second}, {&o.FirstDelay, 100 * time.Millisecond},
		{&o.LongestDelay, 30 * time.Second}, {&o.CallTimeout, 30 * time.Second}, {&o.Patience, time.Minute}} {
		if *d.into == 0 {
			*d.into = d.or
		}
	}
	o.Settle = max(o.Settle, 0)
	if o.Lease.Log == nil {
		o.Lease.Log = o.Log
	}
	return o
}

// Poster posts an outbox's documents to the ERP.
type Poster struct {
	outbox  *Outbox
	history eventstore.Follower
	codec   eventstore.Codec
	exec    Executor
	books   Books
	opts    Options
	breaker *breaker
	tally   tally

	applicant *projections.Applicant
}

// NewPoster returns a poster. It does nothing before PostAll or Run.
func NewPoster(outbox *Outbox, history eventstore.Follower, codec eventstore.Codec, exec Executor, books Books, opts Options) *Poster {
	opts = opts.withDefaults()
	return &Poster{outbox: outbox, history: history, codec: codec, exec: fenced{exec, outbox}, books: books, opts: opts,
		breaker:   newBreaker(outbox.now, opts.FirstDelay, opts.LongestDelay),
		applicant: projections.Apply(outbox.db, PostingLease, opts.Lease)}
}

// Status is how posting stands, for people.
func (p *Poster) Status(ctx context.Context) (Counts, Circuit, error) {
	counts, err := p.outbox.Counts(ctx)
	return counts, p.breaker.status(), err
}

// PostAll sees to it that history is followed to its end and posted, until
// nothing is left but documents that are rejected, parked, or backing off and
// got nowhere for Options.Patience. While another process holds the lease,
// PostAll waits until that one has done it; the report tells what this one has.
// It calls progress, unless that is nil, after each batch.
//
// Errors: ctx's, or what keeps answers from being recorded. What the ERP did
// wrong is no error: see Report.Left and Report.Circuit.
func (p *Poster) PostAll(ctx context.Context, progress func(Report)) (Report, error) {
	began := p.outbox.now()
	p.tally.reset()
	head, err := p.history.Head(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("read history's end: %w", err)
	}
	other := patience{left: -1}
	err = projections.Share(ctx, p.outbox.db, PostingLease, p.opts.Lease, func(ctx context.Context, held projections.Held) error {
		if err := p.takeOver(ctx, held); err != nil {
			return err
		}
		if err := p.outbox.catchUp(ctx, p.history, p.codec); err != nil {
			return err
		}
		return p.drain(ctx, drain{patience: p.opts.Patience, progress: progress, idle: func(ctx context.Context) error {
			return p.outbox.catchUp(ctx, p.history, p.codec)
		}})
	}, func(ctx context.Context) (bool, error) {
		at, err := p.outbox.Position(ctx)
		if err != nil || at.Compare(head) < 0 {
			return false, err
		}
		left, err := p.outbox.Counts(ctx)
		return left.Requested == 0 || other.over(left.Requested, p.outbox.now(), p.opts.Patience), err
	})
	report := p.tally.so()
	report.Circuit, report.Elapsed = p.breaker.status(), p.outbox.now().Sub(began)
	if err != nil {
		return report, err
	}
	report.Left, err = p.outbox.Counts(ctx)
	return report, err
}

// patience waits for another process as long as that one gets somewhere.
type patience struct {
	left  int
	since time.Time
}

func (p *patience) over(left int, now time.Time, most time.Duration) bool {
	if left != p.left {
		p.left, p.since = left, now
	}
	return now.Sub(p.since) > most
}

// takeOver puts back what the lease's former holder left claimed. One that has
// given the lease up has ended its requests; one that has not may be sending
// them still.
func (p *Poster) takeOver(ctx context.Context, held projections.Held) error {
	until := p.outbox.now()
	if held.Abandoned {
		until = until.Add(p.opts.CallTimeout)
	}
	return p.outbox.unclaim(ctx, until)
}

// Run follows history and posts as it goes on, as often as it holds the lease,
// until ctx ends, whose error it returns, or history cannot be followed. While
// another process holds the lease, Run waits.
func (p *Poster) Run(ctx context.Context) error {
	return projections.Hold(ctx, p.outbox.db, PostingLease, p.opts.Lease, p.run)
}

func (p *Poster) run(ctx context.Context, held projections.Held) error {
	if err := p.takeOver(ctx, held); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	news := make(chan struct{}, 1)
	var following sync.WaitGroup
	following.Go(func() {
		cancel(p.outbox.followOn(ctx, p.history, p.codec, func() {
			select {
			case news <- struct{}{}:
			default: // it will be seen anyway
			}
		}))
	})
	defer following.Wait()
	defer cancel(nil)
	for ctx.Err() == nil {
		if err := p.drain(ctx, drain{news: news}); err != nil && ctx.Err() == nil {
			if errors.Is(err, eventstore.ErrClosed) {
				return err
			}
			p.opts.Log.Error("posting to the ERP broke; it goes on shortly", "error", err)
			pause(ctx, p.breaker.failed(err), nil)
			continue
		}
		due, err := p.outbox.nextDue(ctx)
		if err != nil {
			pause(ctx, p.opts.Again, nil)
			continue
		}
		wait := time.Hour
		if !due.IsZero() {
			wait = due.Sub(p.outbox.now())
		}
		pause(ctx, wait, news)
	}
	return context.Cause(ctx)
}

// pause waits, until news comes or ctx ends.
func pause(ctx context.Context, d time.Duration, news <-chan struct{}) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-news:
	case <-ctx.Done():
	}
}

// drain says how to empty the outbox.
type drain struct {
	patience time.Duration // without any document getting anywhere; zero: for ever
	progress func(Report)
	idle     func(context.Context) error // before concluding that nothing is left
	news     <-chan struct{}             // wakes a live poster that waits
}

// drain posts until nothing is due, or nothing at all is left when it has an
// idle. Batches go to the ERP one after another; while one is with the ERP,
// the answers of the one before are recorded.
func (p *Poster) drain(ctx context.Context, d drain) error {
	// What an earlier round left claimed has been answered, or given up.
	if err := p.outbox.unclaim(ctx, p.outbox.now()); err != nil {
		return err
	}
	r := recorder{poster: p, progress: d.progress}
	defer func() { _ = r.wait() }()
	lastMove, moves := p.outbox.now(), p.tally.moved()
	concluding := false
	for {
		if n := p.tally.moved(); n != moves {
			lastMove, moves = p.outbox.now(), n
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		claimed, sendErr, err := p.batch(ctx, r.take)
		if err != nil {
			return err
		}
		if claimed == 0 {
			if err := r.wait(); err != nil {
				return err
			}
			if err := p.askAgain(ctx); err != nil {
				return err
			}
			due, err := p.outbox.nextDue(ctx)
			if err != nil {
				return err
			}
			now := p.outbox.now()
			switch {
			case !due.IsZero() && !due.After(now): // it was put back meanwhile
			case d.idle == nil:
				return nil
			case !concluding:
				concluding = true
				if err := d.idle(ctx); err != nil {
					return err
				}
			case due.IsZero():
				return nil
			case now.Sub(lastMove) > d.patience:
				return nil
			default:
				pause(ctx, due.Sub(now), d.news)
			}
			continue
		}
		concluding = false
		if sendErr == nil {
			continue
		}
		wait := p.breaker.failed(sendErr)
		if down := p.breaker.status(); down.Down && down.Failures == failuresUntilDown {
			p.opts.Log.Warn("the ERP does not answer; documents wait", "error", sendErr)
		}
		if d.patience > 0 && p.outbox.now().Sub(lastMove) > d.patience {
			return r.wait()
		}
		pause(ctx, wait, nil)
	}
}

// batch claims documents, sends them and hands the answers to record. sendErr is
// what the ERP did wrong; the claims then have answers all the same.
func (p *Poster) batch(ctx context.Context, record func(context.Context, []answer) error) (claimed int, sendErr, err error) {
	claims, err := p.outbox.claim(ctx, p.opts.Batch)
	if err != nil || len(claims) == 0 {
		return 0, nil, err
	}
	answers, sendErr := p.send(ctx, claims)
	if ctx.Err() != nil { // also when the lease is lost
		return len(claims), nil, context.Cause(ctx) // the claims tell the next poster
	}
	if err := record(ctx, answers); err != nil {
		return len(claims), nil, err
	}
	if sendErr == nil {
		p.breaker.answered()
	}
	return len(claims), sendErr, nil
}

// Step does what can be done now, if the lease is free: it follows history to
// its end, posts at most one batch, and where there is none asks again for
// rejections that may be otherwise by now. It says how many documents the batch
// had and when the next one is due, zero when none waits. It never waits itself,
// and begins nothing that goes on beside it: it is up to the caller to leave the
// ERP alone after an error.
func (p *Poster) Step(ctx context.Context) (posted int, next time.Time, err error) {
	_, err = p.applicant.Once(ctx, func(ctx context.Context, held projections.Held) error {
		if err := p.takeOver(ctx, held); err != nil {
			return err
		}
		if err := p.outbox.catchUp(ctx, p.history, p.codec); err != nil {
			return err
		}
		var sendErr error
		if posted, sendErr, err = p.batch(ctx, p.record); err != nil {
			return err
		}
		if sendErr != nil {
			p.breaker.failed(sendErr)
			return sendErr
		}
		if posted == 0 {
			return p.askAgain(ctx)
		}
		return nil
	})
	if err != nil {
		return posted, next, err
	}
	next, err = p.outbox.nextDue(ctx)
	return posted, next, err
}

// recorder records one batch while the next is with the ERP.
type recorder struct {
	poster   *Poster
	progress func(Report)
	running  chan error // of the batch under way; nil when there is none
}

// take hands a batch over, when the one before is done.
func (r *recorder) take(ctx context.Context, answers []answer) error {
	if err := r.wait(); err != nil {
		return err
	}
	done := make(chan error, 1)
	r.running = done
	go func() {
		err := r.poster.record(ctx, answers)
		if err == nil && r.progress != nil {
			r.progress(r.poster.tally.so())
		}
		done <- err
	}()
	return nil
}

func (r *recorder) wait() error {
	if r.running == nil {
		return nil
	}
	err := <-r.running
	r.running = nil
	return err
}
