package projections

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// term is the time during which this process holds a lease.
type term struct {
	db   *DB
	opts LeaseOptions
	held Held

	mu      sync.Mutex
	renewed time.Time // read before the renewal was committed
	lost    error     // *LeaseLost once it is
	stop    context.CancelCauseFunc
}

// termKey finds a file's term in a context.
type termKey struct{ db *DB }

// term is the lease on the file that ctx stands for, or nil.
func (d *DB) term(ctx context.Context) *term {
	t, _ := ctx.Value(termKey{d}).(*term)
	return t
}

// run works under the lease, renews it meanwhile, and gives it up. It tells
// whether the lease was lost before the work was over.
func (t *term) run(ctx context.Context, work func(context.Context, Held) error) (lost bool, err error) {
	working, stop := context.WithCancelCause(context.WithValue(ctx, termKey{t.db}, t))
	t.mu.Lock()
	t.stop = stop
	t.mu.Unlock()
	var renewing sync.WaitGroup
	renewing.Go(func() { t.keep(working) })
	err = work(working, t.held)
	t.mu.Lock()
	why := t.lost
	t.mu.Unlock()
	stop(context.Canceled)
	renewing.Wait()
	t.release(ctx)
	if why != nil {
		t.opts.Log.Warn("lease was lost; what was under way is left to its next holder", "lease", t.held.Name, "path", t.db.path, "reason", why, "ended", err)
	}
	return why != nil, err
}

// keep renews the lease until ctx ends.
func (t *term) keep(ctx context.Context) {
	tick := time.NewTicker(t.opts.TTL / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := t.write(ctx, func(*Tx) error { return nil }); err == nil || ctx.Err() != nil {
			continue
		} else if t.sure() {
			t.opts.Log.Warn("lease could not be renewed; will try again", "lease", t.held.Name, "path", t.db.path, "error", err)
		} else {
			_ = t.lose(err)
		}
	}
}

// write commits what f writes if the lease is still ours, and renews it when
// it is time to.
func (t *term) write(ctx context.Context, f func(*Tx) error) error {
	var now time.Time
	err := t.db.write(ctx, func(tx *Tx) error {
		row, err := readLease(t.held.Name, tx.Row)
		if err != nil {
			return err
		}
		if row.Epoch != t.held.Epoch {
			return t.lose(nil)
		}
		if err := f(tx); err != nil {
			return err
		}
		if at := t.opts.Clock(); t.since(at) >= t.opts.TTL/4 {
			now = at
			return tx.Exec("UPDATE lease SET renewed = ?, expires = ? WHERE name = ?", instant(now), instant(now.Add(t.opts.TTL)), t.held.Name)
		}
		return nil
	})
	if err == nil && !now.IsZero() {
		t.mu.Lock()
		t.renewed = now
		t.mu.Unlock()
	}
	return err
}

// since is how long ago the lease was renewed.
func (t *term) since(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return now.Sub(t.renewed)
}

// sure tells that by the clock nobody else can have the lease. The margin is
// for what follows from the answer.
func (t *term) sure() bool {
	age := t.since(t.opts.Clock())
	return age >= 0 && age < t.opts.TTL*4/5
}

// lose ends the work under the lease.
func (t *term) lose(why error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lost == nil {
		t.lost = &LeaseLost{t.db.path, t.held.Lease, why}
		t.stop(t.lost)
	}
	return t.lost
}

// release gives the lease up. Where that fails it ends by itself.
func (t *term) release(ctx context.Context) {
	defer t.db.terms.Delete(t.held.Name)
	now := instant(t.opts.Clock())
	if err := t.db.write(context.WithoutCancel(ctx), func(tx *Tx) error {
		return tx.Exec("UPDATE lease SET holder = '', expires = ? WHERE name = ? AND epoch = ?", now, t.held.Name, t.held.Epoch)
	}); err != nil {
		t.opts.Log.Warn("lease could not be given up; it ends by itself", "lease", t.held.Name, "path", t.db.path, "error", err)
	}
}

// Sure answers nil as long as nobody else can have the lease that ctx stands
// for, by the clock alone: ask it before every step that is felt outside of the
// file and may not be repeated late. It costs nothing.
//
// Errors: *NotHeld or *LeaseLost, which also ends the work.
func Sure(ctx context.Context, db *DB) error {
	t := db.term(ctx)
	switch {
	case t == nil:
		return &NotHeld{db.path}
	case t.sure():
		return ctx.Err()
	}
	return t.lose(fmt.Errorf("it was last renewed %s ago", t.since(t.opts.Clock())))
}

// Confirm is [Sure], and the file says so too: ask it before a step that can
// never be taken back.
func Confirm(ctx context.Context, db *DB) error {
	if err := Sure(ctx, db); err != nil {
		return err
	}
	t := db.term(ctx)
	row, err := readLease(t.held.Name, db.reader.row(ctx))
	if err != nil {
		return fmt.Errorf("read lease %s on %s: %w", t.held.Name, db.path, err)
	}
	if row.Epoch != t.held.Epoch {
		return t.lose(nil)
	}
	return Sure(ctx, db) // reading may have taken its time
}
