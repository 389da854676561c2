package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A fileLock says that a process has a file of ours open, or keeps all others
// from opening it. It is the lock of an empty SQLite database beside the file:
// the operating system lifts it when the process ends, however it ends, and it
// stays where it is when the file itself is deleted or replaced.
type fileLock struct{ db *sql.DB }

// How a file is locked, and for how many milliseconds that is tried: whoever
// begins a file anew or swaps one in is soon done, whoever uses it is not.
type lockMode struct{ statements, wait string }

var (
	shared    = lockMode{"BEGIN; SELECT COUNT(*) FROM sqlite_master", "10000"}
	exclusive = lockMode{"BEGIN EXCLUSIVE", "500"}
)

// lockFile waits a little for the lock of a file.
//
// Errors: *InUse when another process has the file.
func lockFile(ctx context.Context, path string, how lockMode) (*fileLock, error) {
	db, err := sql.Open("sqlite", source(path+".lock")+"?_pragma=busy_timeout("+how.wait+")&_pragma=journal_mode(MEMORY)")
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // the lock lives as long as this connection
	if _, err := db.ExecContext(ctx, how.statements); err != nil {
		if isBusy(err) {
			err = &InUse{path, err}
		} else {
			err = fmt.Errorf("lock %s: %w", path, err)
		}
		return nil, errors.Join(err, db.Close())
	}
	return &fileLock{db}, nil
}

// release lifts the lock. A nil lock is none.
func (l *fileLock) release() error {
	if l == nil {
		return nil
	}
	return l.db.Close()
}

// isBusy tells that another connection holds a lock of SQLite's.
func isBusy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}
