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
func (d *DB) Write(ctx context.Context, f func(*Tx) error) (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	tx := &Tx{d}
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
	switch err := s.QueryRowContext(context.Background(), args...).Scan(into...); {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("%.80q: %w", query, err)
	}
	return true, nil
}
