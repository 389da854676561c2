package projections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"
)

// Lease says which process does a file's work under a name, and until when
// nobody else may. Of several processes on one file each tries to have it; the
// holder renews it, and when the holder is gone the next one takes it over.
//
// A lease is a row of the file that it is about, so that taking it and what is
// committed under it go through the same lock. It has an epoch, which counts
// how often it was taken: what is committed under an earlier epoch is refused.
// Nothing else keeps a process from writing that was stopped, and wakes up
// after its lease was taken over. Clocks only decide how soon that is.
//
// All processes are on one machine, where SQLite's files must be, and share its
// clock. A clock that is put forward ends a lease early, to no harm. One that
// is put back would prolong it; therefore a lease also counts as over when the
// waiting process has seen no sign of life for as long as it lasts.
//
// A process that is stopped in the middle of a commit keeps SQLite's own lock:
// until it goes on or is killed nobody can take over.
type Lease struct {
	Name    string    `json:"name"`
	Holder  string    `json:"holder"` // "" when nobody has it
	Epoch   int64     `json:"epoch"`
	Renewed time.Time `json:"renewed"`
	Expires time.Time `json:"expires"`
}

const leaseTable = "CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, epoch INTEGER NOT NULL, renewed TEXT NOT NULL, expires TEXT NOT NULL) WITHOUT ROWID"

// timeLayout has a fixed width, so that texts sort as instants do.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

// LeaseTTL is how long a lease lasts unless it is renewed. When its holder is
// killed another process takes over soon after that.
const LeaseTTL = 5 * time.Second

// LeaseOptions say how a lease is held. The zero LeaseOptions are good.
type LeaseOptions struct {
	// Holder is what the process is called; the default is its machine and number.
	Holder string
	// TTL is how long the lease lasts unless it is renewed, which is tried
	// three times as often; LeaseTTL when 0.
	TTL time.Duration
	// Clock is the machine's when nil. It must go on as real time does.
	Clock func() time.Time
	// Alone says that no other process can be at work, because something else
	// keeps it out: the embedded event store's lock. What a crash left held is
	// then taken at once.
	Alone bool
	// Log hears of leases that were lost or taken over; slog.Default() when nil.
	Log *slog.Logger
}

func (o LeaseOptions) withDefaults() LeaseOptions {
	if o.Holder == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "unknown"
		}
		o.Holder = fmt.Sprintf("%s:%d", host, os.Getpid())
	}
	o.TTL = cmp.Or(max(o.TTL, 0), LeaseTTL)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// Held tells who works under a lease how it was come by.
type Held struct {
	Lease
	// Abandoned: the holder before has not given it up. It was killed, or it is
	// only stopped, and what it asked of others may still be under way.
	Abandoned bool
}

// NotHeld refuses to write without a lease.
type NotHeld struct{ Path string }

func (e *NotHeld) Error() string {
	return fmt.Sprintf("write %s: the context holds no lease on it", e.Path)
}

// LeaseLost tells that a lease ended while it was worked under: another process
// has taken it over, or it could not be renewed. What was not committed is
// undone and is the next holder's to do.
type LeaseLost struct {
	Path string
	Lease
	Err error // why it could not be renewed, or nil
}

func (e *LeaseLost) Error() string {
	text := fmt.Sprintf("lease %s on %s, taken as number %d at %s, is lost", e.Name, e.Path, e.Epoch, e.Holder)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *LeaseLost) Unwrap() error { return e.Err }

// Hold waits until it has a lease and runs work, with a context that ends when
// the lease is lost and under which [DB.Write] commits. When work returns, the
// lease is given up, so that another process can go on at once. When it was
// lost instead, Hold waits for it again.
//
// Whatever work remembers of the file it must read anew when it begins:
// another process may have worked on it. Under a context that has the lease
// already, Hold only runs work.
//
// Errors: work's, ctx's, or what keeps the lease from being read.
func Hold(ctx context.Context, db *DB, name string, opts LeaseOptions, work func(context.Context, Held) error) error {
	return wait(ctx, db, name, opts, waitEvery, work, func(context.Context) (bool, error) { return false, nil })
}

// Share sees to it that some work is done: by this process if the lease is free,
// else by the one that holds it, until done tells that it is. Everything else is
// as with [Hold].
func Share(ctx context.Context, db *DB, name string, opts LeaseOptions, work func(context.Context, Held) error, done func(context.Context) (bool, error)) error {
	return wait(ctx, db, name, opts, shareEvery, work, done)
}

// How often a waiting process looks: for a lease to become free, and at what
// another process does.
const (
	waitEvery  = 200 * time.Millisecond
	shareEvery = 20 * time.Millisecond
)

func wait(ctx context.Context, db *DB, name string, opts LeaseOptions, every time.Duration, work func(context.Context, Held) error, done func(context.Context) (bool, error)) error {
	a := Apply(db, name, opts)
	for {
		if worked, err := a.Once(ctx, work); worked || err != nil {
			return err
		}
		if is, err := done(ctx); err != nil || is {
			return err
		}
		if err := sleep(ctx, min(every, a.opts.TTL/10)); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Applicant is a process that wants a lease, again and again. It remembers
// since when its holder has given no sign of life.
type Applicant struct {
	db   *DB
	name string
	opts LeaseOptions

	seen  Lease     // last
	since time.Time // when it was first seen so
}

// Apply returns an applicant for a lease on a file. It takes nothing yet.
func Apply(db *DB, name string, opts LeaseOptions) *Applicant {
	return &Applicant{db: db, name: name, opts: opts.withDefaults()}
}

// Once is [Hold] that does not wait: it runs work if the lease is free now, and
// tells whether it did, and kept the lease until work was over.
//
// Errors: work's, or what keeps the lease from being read.
func (a *Applicant) Once(ctx context.Context, work func(context.Context, Held) error) (worked bool, err error) {
	if t := a.db.term(ctx); t != nil && t.held.Name == a.name {
		return true, work(ctx, t.held)
	}
	t, err := a.try(ctx)
	if t == nil || err != nil {
		return false, err
	}
	lost, err := t.run(ctx, work)
	if lost {
		return false, nil // what was not committed is the next holder's
	}
	return true, err
}

// try takes the lease if it is free, and answers nil if it is not.
func (a *Applicant) try(ctx context.Context) (*term, error) {
	if _, ours := a.db.terms.LoadOrStore(a.name, true); ours {
		return nil, ctx.Err()
	}
	t, err := a.take(ctx)
	if t == nil {
		a.db.terms.Delete(a.name)
	}
	return t, err
}

func (a *Applicant) take(ctx context.Context) (*term, error) {
	now := a.opts.Clock()
	row, err := readLease(a.name, a.db.reader.row(ctx))
	if err != nil {
		return nil, fmt.Errorf("read lease %s on %s: %w", a.name, a.db.path, err)
	}
	if !row.same(a.seen) {
		a.seen, a.since = row, now
	}
	lasts := row.Expires.Sub(row.Renewed)
	if row.Holder != "" && now.Before(row.Expires) && now.Sub(a.since) < lasts && !a.opts.Alone {
		return nil, nil
	}
	next := Lease{Name: a.name, Holder: a.opts.Holder, Epoch: row.Epoch + 1, Renewed: now, Expires: now.Add(a.opts.TTL)}
	taken := false
	err = a.db.write(ctx, func(tx *Tx) error {
		current, err := readLease(a.name, tx.Row)
		if err != nil || !current.same(row) {
			return err // it is another's by now, or alive
		}
		taken = true
		return tx.Exec("INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?, ?)", next.Name, next.Holder, next.Epoch, instant(next.Renewed), instant(next.Expires))
	})
	switch {
	case isBusy(err):
		a.opts.Log.Warn("lease cannot be taken: a process holds the file's lock for long; if one is stopped, end it", "lease", a.name, "path", a.db.path, "holder", row.Holder)
		return nil, ctx.Err()
	case err != nil:
		return nil, fmt.Errorf("take lease %s on %s: %w", a.name, a.db.path, err)
	case !taken:
		return nil, nil
	}
	t := &term{db: a.db, opts: a.opts, held: Held{next, row.Holder != "" && !a.opts.Alone}, renewed: now}
	if t.held.Abandoned {
		a.opts.Log.Warn("lease is taken over from a process that has not given it up", "lease", a.name, "path", a.db.path, "from", row.Holder, "since", row.Renewed)
	}
	return t, nil
}

// same tells that nothing has happened to a lease.
func (l Lease) same(m Lease) bool {
	return l.Epoch == m.Epoch && l.Holder == m.Holder && l.Renewed.Equal(m.Renewed)
}

// readLease reads a lease; one that was never taken is free.
func readLease(name string, row scanRow) (Lease, error) {
	l := Lease{Name: name}
	var renewed, expires string
	ok, err := row("SELECT holder, epoch, renewed, expires FROM lease WHERE name = ?", []any{name}, &l.Holder, &l.Epoch, &renewed, &expires)
	if err != nil || !ok {
		return l, err
	}
	return l, l.times(renewed, expires)
}

func (l *Lease) times(renewed, expires string) (err error) {
	if l.Renewed, err = time.Parse(timeLayout, renewed); err != nil {
		return err
	}
	l.Expires, err = time.Parse(timeLayout, expires)
	return err
}

func instant(t time.Time) string { return t.UTC().Format(timeLayout) }

// Leases tells who holds which lease on the file, in order of their names. One
// whose Expires is over belongs to a process that is gone or stopped.
func (d *DB) Leases(ctx context.Context) (all []Lease, err error) {
	rows, err := d.reader.QueryContext(ctx, "SELECT name, holder, epoch, renewed, expires FROM lease ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("read the leases on %s: %w", d.path, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var l Lease
		var renewed, expires string
		if err := rows.Scan(&l.Name, &l.Holder, &l.Epoch, &renewed, &expires); err != nil {
			return nil, fmt.Errorf("read the leases on %s: %w", d.path, err)
		}
		if err := l.times(renewed, expires); err != nil {
			return nil, fmt.Errorf("read the leases on %s: %w", d.path, err)
		}
		all = append(all, l)
	}
	return all, rows.Err()
}
