package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Tx is the transaction that writes. Its statements are prepared once and kept
// with the connection, so texts of statements must be constant.
type Tx struct{ db *DB }

// Write runs f in a transaction and commits it, or undoes all of it when f
// fails or ctx has ended. Transactions follow one another.
//
// ctx must come from [Hold] or [Share]: the transaction is committed only if
// the lease is still the one that ctx stands for. A process that was stopped,
// and wakes up after another one has taken over, therefore commits nothing.
//
// Errors: *NotHeld, *LeaseLost, f's, ctx's, or SQLite's.
func (d *DB) Write(ctx context.Context, f func(*Tx) error) error {
	t := d.term(ctx)
	if t == nil {
		return &NotHeld{d.path}
	}
	return t.write(ctx, f)
}

// write is Write without a lease.
func (d *DB) write(ctx context.Context, f func(*Tx) error) (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	tx := &Tx{d}
	// Immediate: who has read the checkpoint and the lease is the one who writes.
	if err := tx.Exec("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("write %s: %w", d.path, err)
	}
	done := false
	defer func() {
		if !done {
			if undo := tx.Exec("ROLLBACK"); undo != nil {
				err = errors.Join(err, fmt.Errorf("undo in %s: %w", d.path, undo))
			}
		}
	}()
	if err := f(tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := tx.Exec("COMMIT"); err != nil {
		return fmt.Errorf("commit to %s: %w", d.path, err)
	}
	done = true
	return nil
}

func (t *Tx) statement(query string) (*sql.Stmt, error) {
	if s, ok := t.db.stmts[query]; ok {
		return s, nil
	}
	s, err := t.db.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("prepare %.80q: %w", query, err)
	}
	t.db.stmts[query] = s
	return s, nil
}

// Exec runs a statement.
//
// It takes no context: a statement lasts microseconds, and watching a context
// would cost more than the statement.
func (t *Tx) Exec(query string, args ...any) error {
	s, err := t.statement(query)
	if err != nil {
		return err
	}
	if _, err := s.ExecContext(context.Background(), args...); err != nil {
		return fmt.Errorf("%.80q: %w", query, err)
	}
	return nil
}

// Row scans the first row of a query, and tells whether there was one.
func (t *Tx) Row(query string, args []any, into ...any) (bool, error) {
	s, err := t.statement(query)
	if err != nil {
		return false, err
	}
	ok, err := found(s.QueryRowContext(context.Background(), args...).Scan(into...))
	if err != nil {
		return false, fmt.Errorf("%.80q: %w", query, err)
	}
	return ok, nil
}

// scanRow scans the first row of a query, and tells whether there was one.
type scanRow func(query string, args []any, into ...any) (bool, error)

// row is a scanRow of the pool.
func (r *Reader) row(ctx context.Context) scanRow {
	return func(query string, args []any, into ...any) (bool, error) {
		return found(r.QueryRowContext(ctx, query, args...).Scan(into...))
	}
}

func found(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Rows calls each for every row of a query, which scans it, until each answers
// false.
func (t *Tx) Rows(query string, args []any, each func(scan func(...any) error) (bool, error)) (err error) {
	s, err := t.statement(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(context.Background(), args...)
	if err != nil {
		return fmt.Errorf("%.80q: %w", query, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if more, err := each(rows.Scan); err != nil || !more {
			return err
		}
	}
	return rows.Err()
}
