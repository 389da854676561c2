package projections

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// maxStatements bounds what a [Reader] keeps prepared. It is more than there
// are texts of queries; if ever there are more, the others are prepared each
// time.
const maxStatements = 256

// Reader is a file's pool for queries; it cannot write. It is safe for
// concurrent use.
//
// Preparing a query costs more than running most of them, so each text is
// prepared once for a connection and kept, until the file is closed. SQLite
// itself prepares a statement anew when the tables have changed under it, and
// also for every value that a plain parameter gives to LIMIT, to plan for it:
// write LIMIT +? to keep it from that.
type Reader struct {
	pool *sql.DB

	mu    sync.Mutex
	stmts map[string]*sql.Stmt // nil once it is closed
}

// QueryContext is [sql.DB.QueryContext].
func (r *Reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := r.statement(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return r.pool.QueryContext(ctx, query, args...)
}

// QueryRowContext is [sql.DB.QueryRowContext].
func (r *Reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := r.statement(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return r.pool.QueryRowContext(ctx, query, args...)
}

// statement is the prepared query, or nil when it is not kept or cannot be
// prepared: the pool then says why.
func (r *Reader) statement(ctx context.Context, query string) *sql.Stmt {
	r.mu.Lock()
	s, full := r.stmts[query], len(r.stmts) >= maxStatements
	r.mu.Unlock()
	if s != nil || full {
		return s
	}
	// Without the lock, because this may wait for a connection.
	s, err := r.pool.PrepareContext(ctx, query)
	if err != nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if other := r.stmts[query]; other != nil || r.stmts == nil || len(r.stmts) >= maxStatements {
		_ = s.Close() // nothing has been run with it
		return other
	}
	r.stmts[query] = s
	return s
}

func (r *Reader) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, s := range r.stmts {
		errs = append(errs, s.Close())
	}
	r.stmts = nil
	return errors.Join(append(errs, r.pool.Close())...)
}
