package projections

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/freightledger/freightledger/eventstore"
)

// Projection turns events into rows. An instance belongs to one file, because
// it may remember what it read and wrote there.
type Projection interface {
	// Name is permanent; the checkpoint is kept under it.
	Name() string
	// Version counts changes of what Handle makes of events.
	Version() int
	// Schema is the DDL of its tables. They are WITHOUT ROWID: a row's number
	// would depend on the way it came about.
	Schema() []string
	// Handle takes the next event. It may keep changes back until Flush, and
	// what it writes must depend on the events alone, not on where pages end.
	Handle(tx *Tx, e eventstore.Decoded) error
	// Flush writes what Handle kept back; the transaction is then committed.
	Flush(tx *Tx) error
	// Forget drops what is remembered: the transaction was undone.
	Forget()
}

// LayoutOf is the layout of a file that holds these projections.
func LayoutOf(name string, projections []Projection) Layout {
	l := Layout{Name: name}
	for _, p := range projections {
		l.Statements = append(l.Statements, p.Schema()...)
		l.Versions = append(l.Versions, fmt.Sprintf("%s %d", p.Name(), p.Version()))
	}
	return l
}

// Progress is told to whoever watches a runner.
type Progress struct {
	Handled  int // events in this run
	Events   int64
	Recorded time.Time // when the last of them was recorded
}

// OutOfOrder refuses an event that does not come after the one before it.
type OutOfOrder struct {
	Stream   string
	Revision uint64
	At       eventstore.Position
	After    eventstore.Position
}

func (e *OutOfOrder) Error() string {
	return fmt.Sprintf("event %d of stream %s is at %s, which is not after %s: the store gave events out of order; verify it", e.Revision, e.Stream, e.At, e.After)
}

// Runner keeps a file's projections up to date. Several processes may have one
// on a file: the one that holds the file's lease works, the others wait.
type Runner struct {
	db          *DB
	store       eventstore.Follower
	codec       eventstore.Codec
	projections []Projection
	log         *slog.Logger
	page        int
	lease       LeaseOptions
	applicant   *Applicant

	mu sync.Mutex // of at, which the one that holds the lease moves
	at Checkpoint
}

// Options adjust a Runner. The zero Options are good.
type Options struct {
	PageEvents int // PageEvents when 0
	Logger     *slog.Logger
	Lease      LeaseOptions
}

// LeaseName is that of a [Runner]'s lease.
const LeaseName = "follow"

// NewRunner returns a runner that goes on at the file's checkpoint.
func NewRunner(ctx context.Context, db *DB, store eventstore.Follower, codec eventstore.Codec, projections []Projection, opts Options) (*Runner, error) {
	r := &Runner{db: db, store: store, codec: codec, projections: projections, log: opts.Logger, page: opts.PageEvents, lease: opts.Lease}
	if r.log == nil {
		r.log = slog.Default()
	}
	if r.lease.Log == nil {
		r.lease.Log = r.log
	}
	if r.page <= 0 {
		r.page = PageEvents
	}
	r.applicant = Apply(db, LeaseName, r.lease)
	if err := r.load(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// load forgets everything and reads the checkpoint; the projections of a file
// stand at the same place.
func (r *Runner) load(ctx context.Context) error {
	// One statement, because another process may be at work.
	checkpoints, err := r.db.checkpoints(ctx)
	if err != nil {
		return err
	}
	var at Checkpoint
	for i, p := range r.projections {
		p.Forget()
		c := checkpoints[p.Name()]
		if i > 0 && c != at {
			return fmt.Errorf("%s: projection %s stands at event %d, %s at event %d: delete the file, it is built anew from the history",
				r.db.path, r.projections[0].Name(), at.Events, p.Name(), c.Events)
		}
		at = c
	}
	r.moved(at)
	return nil
}

func (r *Runner) moved(to Checkpoint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = to
}

// At is the checkpoint of what this runner has handled or found handled when
// it last had the lease.
func (r *Runner) At() Checkpoint {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

// CatchUp sees to it that the file has everything up to the history's present
// end: it handles that, or waits until the process that holds the lease has. It
// says how many events it has handled itself. progress may be nil.
func (r *Runner) CatchUp(ctx context.Context, progress func(Progress)) (handled int, err error) {
	head, err := r.store.Head(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the history's end: %w", err)
	}
	err = Share(ctx, r.db, LeaseName, r.lease, func(ctx context.Context, _ Held) error {
		if err := r.load(ctx); err != nil {
			return err
		}
		return r.catchUp(ctx, &handled, progress)
	}, func(ctx context.Context) (bool, error) {
		at, err := r.db.Checkpoint(ctx, r.projections[0].Name())
		return at.Position.Compare(head) >= 0, err
	})
	return handled, err
}

func (r *Runner) catchUp(ctx context.Context, handled *int, progress func(Progress)) error {
	for page, err := range Pages(ctx, r.store, r.codec, r.at.Position, r.page) {
		if err != nil {
			return fmt.Errorf("read history after event %d: %w", r.at.Events, err)
		}
		if err := r.handle(ctx, page); err != nil {
			return err
		}
		*handled += len(page)
		if progress != nil {
			progress(Progress{*handled, r.at.Events, page[len(page)-1].Meta.RecordedAt})
		}
	}
	return nil
}

// Step handles at most one page, if the lease is free, and says how many events
// it had. It never waits, and begins nothing that goes on beside it: whoever
// calls it again and again decides what happens in between.
func (r *Runner) Step(ctx context.Context) (handled int, err error) {
	_, err = r.applicant.Once(ctx, func(ctx context.Context, _ Held) error {
		if err := r.load(ctx); err != nil {
			return err
		}
		page, err := FirstPage(ctx, r.store, r.codec, r.at.Position, r.page)
		if err != nil {
			return fmt.Errorf("read history after event %d: %w", r.at.Events, err)
		}
		if len(page) == 0 {
			return nil
		}
		if err := r.handle(ctx, page); err != nil {
			return err
		}
		handled = len(page)
		return nil
	})
	return handled, err
}

// Run follows the history as often as it has the lease, until ctx ends, whose
// error it answers, or something breaks. While another process has it, Run waits.
func (r *Runner) Run(ctx context.Context) error {
	return Hold(ctx, r.db, LeaseName, r.lease, func(ctx context.Context, _ Held) error {
		if err := r.load(ctx); err != nil {
			return err
		}
		if err := r.catchUp(ctx, new(int), nil); err != nil {
			return err
		}
		for page, err := range Live(ctx, r.store, r.codec, r.at.Position, r.page) {
			if err != nil {
				return fmt.Errorf("follow history after event %d: %w", r.at.Events, err)
			}
			if err := r.handle(ctx, page); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
}

// handle commits a page: rows and checkpoints, or nothing.
func (r *Runner) handle(ctx context.Context, page []eventstore.Decoded) error {
	at := r.at
	err := r.db.Write(ctx, func(tx *Tx) error {
		for i, e := range page {
			if i%256 == 255 && ctx.Err() != nil {
				return ctx.Err()
			}
			if e.Position.Compare(at.Position) <= 0 {
				return &OutOfOrder{e.Stream, e.Revision, e.Position, at.Position}
			}
			at = at.Next(e)
			for _, p := range r.projections {
				if err := p.Handle(tx, e); err != nil {
					return fmt.Errorf("projection %s: event %d of stream %s (%s): %w", p.Name(), e.Revision, e.Stream, e.Type, err)
				}
			}
		}
		for _, p := range r.projections {
			if err := p.Flush(tx); err != nil {
				return fmt.Errorf("projection %s: write a page: %w", p.Name(), err)
			}
			if err := tx.Advance(p.Name(), r.at, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for _, p := range r.projections {
			p.Forget()
		}
		return err
	}
	r.moved(at)
	return nil
}

// Verify reads the history again up to the checkpoint and compares count and
// digest: a difference means that an event was skipped, doubled or changed
// places since it was handled.
func (r *Runner) Verify(ctx context.Context) error {
	at, err := r.db.Checkpoint(ctx, r.projections[0].Name())
	if err != nil {
		return err
	}
	var again Checkpoint
	for record, err := range r.store.ReadAll(ctx, eventstore.Start) {
		if err != nil {
			return fmt.Errorf("read history after event %d: %w", again.Events, err)
		}
		if record.Position.Compare(at.Position) > 0 {
			break
		}
		again = again.Next(eventstore.Decoded{Record: record})
	}
	if again != at {
		return fmt.Errorf("%s handled %d events (digest %x), the history up to there has %d (digest %x): rebuild it, and verify the event store",
			r.db.path, at.Events, at.Digest[:8], again.Events, again.Digest[:8])
	}
	return nil
}
