// Package flow carries freight from dispatch to cash: it follows the history,
// asks [domain.Policy] what follows from each event, and executes it.
//
// Every reaction has a deterministic id, derived from the event that causes
// it, so executing it again changes nothing. That makes the reactor's own file
// a convenience: it says where to go on, which reactions wait for their time
// and which were refused. Without it everything is reacted to again, to no
// effect.
//
// A page of events is reacted to before its checkpoint is committed. Reactions
// on different streams run at the same time, those on one stream in the order
// of their causes. A reaction that waits for an instant is executed when that
// instant has come and the reactor has seen the end of the history, so that
// everything recorded before it is answered first: a month that is long over
// is billed once, not line by line.
package flow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Actor is who the reactor's commands are from.
const Actor = "policy"

// pageEvents is larger than a read model's page: most events have no reaction,
// and the more there are at a time the more of them share one sync of the
// event store.
const pageEvents = 16_384

// Executor executes commands; *eventstore.Executor is one.
type Executor interface {
	Execute(ctx context.Context, cmd domain.Command, req eventstore.Request) (eventstore.Result, error)
}

// History is what the reactor reads: all events, and the one that a waiting
// reaction follows from.
type History interface {
	eventstore.Follower
	eventstore.StreamReader
}

// Options adjust a Reactor. The zero Options are good.
type Options struct {
	Workers    int              // streams worked on at the same time; 64 when 0
	PageEvents int              // 16,384 when 0
	Clock      func() time.Time // the system's when nil
	Logger     *slog.Logger
	Lease      projections.LeaseOptions
}

// LeaseName is that of a [Reactor]'s lease on its file.
const LeaseName = "react"

// Reactor runs the policy. Several processes may have one on a file: the one
// that holds the file's lease works, the others wait. A process that lost it
// unawares may at most execute a reaction again, to no effect.
type Reactor struct {
	db      *projections.DB
	history History
	codec   eventstore.Codec
	exec    Executor
	policy  domain.Policy
	opts    Options

	applicant *projections.Applicant

	mu sync.Mutex // of at, which the one that holds the lease moves
	at projections.Checkpoint
}

// Progress is told to whoever watches Settle.
type Progress struct {
	Events    int // followed in this run
	Reactions int // executed, waiting ones when their time has come
	Refused   int
}

func (p Progress) plus(q Progress) Progress {
	return Progress{p.Events + q.Events, p.Reactions + q.Reactions, p.Refused + q.Refused}
}

// Open opens the reactor's file, or begins one.
func Open(ctx context.Context, path string, history History, codec eventstore.Codec, exec Executor, policy domain.Policy, opts Options) (*Reactor, error) {
	if opts.Workers <= 0 {
		opts.Workers = 64
	}
	if opts.PageEvents <= 0 {
		opts.PageEvents = pageEvents
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.Lease.Log == nil {
		opts.Lease.Log = opts.Logger
	}
	db, err := projections.OpenDB(ctx, path, layout(), opts.Logger)
	if err != nil {
		return nil, err
	}
	r := &Reactor{db: db, history: history, codec: codec.Only(policy.Answers), exec: exec, policy: policy, opts: opts,
		applicant: projections.Apply(db, LeaseName, opts.Lease)}
	if err := r.load(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return r, nil
}

func (r *Reactor) load(ctx context.Context) error {
	at, err := r.db.Checkpoint(ctx, checkpointName)
	if err != nil {
		return err
	}
	r.moved(at)
	return nil
}

func (r *Reactor) moved(to projections.Checkpoint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = to
}

// Close closes the reactor's file.
func (r *Reactor) Close() error { return r.db.Close() }

// Leases tells who runs the policy on this file.
func (r *Reactor) Leases(ctx context.Context) ([]projections.Lease, error) { return r.db.Leases(ctx) }

// At is the checkpoint up to which this reactor has reacted to every event, or
// found it reacted to when it last had the lease.
func (r *Reactor) At() projections.Checkpoint {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

// Settle sees to it that nothing more follows: it catches up with the history,
// executes what has become due, and begins again while that led to new events.
// While another process holds the lease, Settle waits until that one has, by
// its own policy; Progress tells what this one has done. progress may be nil.
func (r *Reactor) Settle(ctx context.Context, progress func(Progress)) (done Progress, err error) {
	head, err := r.history.Head(ctx)
	if err != nil {
		return done, fmt.Errorf("read the history's end: %w", err)
	}
	err = projections.Share(ctx, r.db, LeaseName, r.opts.Lease, func(ctx context.Context, _ projections.Held) error {
		if err := r.load(ctx); err != nil {
			return err
		}
		return r.settle(ctx, func(p Progress) {
			done = done.plus(p)
			if progress != nil {
				progress(done)
			}
		})
	}, func(ctx context.Context) (bool, error) {
		at, err := r.db.Checkpoint(ctx, checkpointName)
		if err != nil || at.Position.Compare(head) < 0 {
			return false, err
		}
		next, waits, err := r.nextDue(ctx)
		return !waits || next.After(r.opts.Clock()), err
	})
	return done, err
}

func (r *Reactor) settle(ctx context.Context, tell func(Progress)) error {
	for {
		seen, err := r.catchUp(ctx, tell)
		if err != nil {
			return err
		}
		due, err := r.runDue(ctx)
		if err != nil {
			return err
		}
		if due.Reactions > 0 {
			tell(due)
		}
		if seen == 0 && due.Reactions == 0 {
			return nil
		}
	}
}

// Run settles and then follows the history as often as it has the lease, until
// ctx ends, whose error it answers, or something breaks. While another process
// has it, Run waits.
func (r *Reactor) Run(ctx context.Context) error {
	return projections.Hold(ctx, r.db, LeaseName, r.opts.Lease, func(ctx context.Context, _ projections.Held) error {
		if err := r.load(ctx); err != nil {
			return err
		}
		for {
			if err := r.settle(ctx, func(Progress) {}); err != nil {
				return err
			}
			if err := r.wait(ctx); err != nil {
				return err
			}
		}
	})
}

// Step reacts to at most one page, if the lease is free; at the end of the
// history it executes what has become due. It says what it did, and when the
// next waiting reaction is due, zero when none waits. It never waits itself.
func (r *Reactor) Step(ctx context.Context) (done Progress, next time.Time, err error) {
	_, err = r.applicant.Once(ctx, func(ctx context.Context, _ projections.Held) error {
		if err := r.load(ctx); err != nil {
			return err
		}
		page, err := projections.FirstPage(ctx, r.history, r.codec, r.at.Position, r.opts.PageEvents)
		switch {
		case err != nil:
			return fmt.Errorf("read history after event %d: %w", r.at.Events, err)
		case len(page) > 0:
			done, err = r.handle(ctx, page)
		default:
			done, err = r.runDue(ctx)
		}
		return err
	})
	if err != nil {
		return done, next, err
	}
	next, _, err = r.nextDue(ctx)
	return done, next, err
}

// wait returns when there is a new event or a reaction has become due.
func (r *Reactor) wait(ctx context.Context) error {
	next, waits, err := r.nextDue(ctx)
	if err != nil {
		return err
	}
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	if waits {
		// The injected clock may run otherwise than the timer does; then this
		// only looks again too early or a little late.
		timer := time.AfterFunc(min(max(next.Sub(r.opts.Clock()), time.Millisecond), time.Minute), stop)
		defer timer.Stop()
	}
	for _, err := range r.history.Follow(waiting, r.at.Position) {
		switch {
		case err == nil, waiting.Err() != nil:
			return ctx.Err()
		default:
			return fmt.Errorf("follow history after event %d: %w", r.at.Events, err)
		}
	}
	return ctx.Err()
}

func (r *Reactor) catchUp(ctx context.Context, tell func(Progress)) (seen int, err error) {
	for page, err := range projections.Pages(ctx, r.history, r.codec, r.at.Position, r.opts.PageEvents) {
		if err != nil {
			return seen, fmt.Errorf("read history after event %d: %w", r.at.Events, err)
		}
		done, err := r.handle(ctx, page)
		if err != nil {
			return seen, err
		}
		seen += len(page)
		tell(done)
	}
	return seen, nil
}

// handle executes what follows from a page at once, and commits the rest with
// the checkpoint.
func (r *Reactor) handle(ctx context.Context, page []eventstore.Decoded) (Progress, error) {
	at := r.at
	var now, later []reaction
	for _, e := range page {
		if e.Position.Compare(at.Position) <= 0 {
			return Progress{}, &projections.OutOfOrder{Stream: e.Stream, Revision: e.Revision, At: e.Position, After: at.Position}
		}
		at = at.Next(e)
		for _, x := range r.reactions(e) {
			if x.notBefore.IsZero() {
				now = append(now, x)
			} else {
				later = append(later, x)
			}
		}
	}
	refused, err := r.execute(ctx, now)
	if err != nil {
		return Progress{}, err
	}
	if err := r.db.Write(ctx, func(tx *projections.Tx) error {
		for _, x := range later {
			if err := keepWaiting(tx, x); err != nil {
				return err
			}
		}
		if err := r.keepRefused(tx, refused); err != nil {
			return err
		}
		return tx.Advance(checkpointName, r.at, at)
	}); err != nil {
		return Progress{}, err
	}
	r.moved(at)
	return Progress{len(page), len(now), len(refused)}, nil
}

// runDue executes the waiting reactions whose time has come.
func (r *Reactor) runDue(ctx context.Context) (Progress, error) {
	due, err := r.loadDue(ctx, r.opts.Clock())
	if err != nil || len(due) == 0 {
		return Progress{}, err
	}
	refused, err := r.execute(ctx, due)
	if err != nil {
		return Progress{}, err
	}
	if err := r.db.Write(ctx, func(tx *projections.Tx) error {
		for _, x := range due {
			if err := tx.Exec("DELETE FROM waiting WHERE id = ?", x.id.String()); err != nil {
				return err
			}
		}
		return r.keepRefused(tx, refused)
	}); err != nil {
		return Progress{}, err
	}
	return Progress{0, len(due), len(refused)}, nil
}
