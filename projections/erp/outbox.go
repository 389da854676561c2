package erp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/freightledger/freightledger/eventstore"
)

// schemaVersion stands in the file; a file of another version is derived anew.
const schemaVersion = 1

// The columns from claimed on are the poster's; all others follow from history.
const schema = `
CREATE TABLE documents (
	number      TEXT PRIMARY KEY,
	customer    TEXT NOT NULL DEFAULT '',
	state       TEXT NOT NULL,
	date        TEXT NOT NULL,              -- in force
	body        BLOB,                       -- the document; empty once confirmed
	size        INTEGER NOT NULL DEFAULT 0, -- of the body, in bytes
	revision    INTEGER NOT NULL,           -- of the last event of the posting that was followed
	asked       BLOB,                       -- id of the event that last asked for it
	asked_at    TEXT NOT NULL DEFAULT '',   -- and its position
	correlation BLOB,
	code        TEXT NOT NULL DEFAULT '',
	message     TEXT NOT NULL DEFAULT '',
	erp_id      TEXT NOT NULL DEFAULT '',
	claimed     INTEGER NOT NULL DEFAULT 0, -- being sent
	doubt       INTEGER NOT NULL DEFAULT 0, -- microseconds: since when it may be in the ERP unseen
	attempts    INTEGER NOT NULL DEFAULT 0,
	due         INTEGER NOT NULL DEFAULT 0  -- microseconds: not to be tried before
);
CREATE INDEX documents_due ON documents (date, number) WHERE state = 'requested' AND claimed = 0;
CREATE INDEX documents_claimed ON documents (number) WHERE claimed = 1;
CREATE INDEX documents_open ON documents (state, customer, number) WHERE state <> 'confirmed';
CREATE TABLE customers (
	code     TEXT PRIMARY KEY,
	active   INTEGER NOT NULL,
	event    BLOB NOT NULL,
	position TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE unapplied (
	payment TEXT PRIMARY KEY,
	receipt TEXT NOT NULL, -- JSON of the receipt, '' when it is not to be matched again
	amount  TEXT NOT NULL, -- JSON of what is left
	reason  TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE progress (
	one       INTEGER PRIMARY KEY CHECK (one = 1),
	position  TEXT NOT NULL,    -- history is followed up to here
	confirmed INTEGER NOT NULL, -- documents, ever
	receipts  TEXT NOT NULL     -- cursor of the receipts feed
);
INSERT INTO progress VALUES (1, '0000000000000000.0000000000000000', 0, '');
`

// States of a document in the outbox. A document is journaled from its journal
// event until it is asked to be posted.
const (
	Journaled = "journaled"
	Requested = "requested"
	Confirmed = "confirmed"
	Rejected  = "rejected"
	Parked    = "parked"
)

// ErrBusy: another poster works on this outbox.
var ErrBusy = errors.New("another poster works on this outbox")

// Locked: another process has the outbox open.
type Locked struct {
	Path string
	Err  error
}

func (e *Locked) Error() string {
	return fmt.Sprintf("outbox %s is open in another process: stop that one first", e.Path)
}

func (e *Locked) Unwrap() error { return e.Err }

// Outbox is an open outbox file. It is safe for concurrent use.
type Outbox struct {
	path string
	db   *sql.DB
	now  func() time.Time

	posting   sync.Mutex // held by the one poster
	following sync.Mutex // held by the one follower
	cashing   sync.Mutex // held by the one Receive

	statements statements
}

// OpenOutbox opens an outbox file and creates it if there is none. A nil clock
// is the system's; another one must go on as real time does, because the poster
// waits by it.
//
// Errors: *Locked, or what the file system or SQLite answers.
func OpenOutbox(ctx context.Context, path string, clock func() time.Time) (*Outbox, error) {
	if clock == nil {
		clock = time.Now
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open outbox %s: %w", path, err)
	}
	// The exclusive lock keeps other processes out; the operating system lifts
	// it when this one ends, however it ends. It admits one connection.
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute)}
	db, err := sql.Open("sqlite", file.String()+"?_pragma=busy_timeout(1000)&_pragma=locking_mode(EXCLUSIVE)"+
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-16384)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open outbox %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	o := &Outbox{path: path, db: db, now: clock}
	if err := o.prepare(ctx); err != nil {
		_ = db.Close()
		var e *sqlite.Error
		if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY {
			return nil, &Locked{path, err}
		}
		return nil, fmt.Errorf("open outbox %s: %w; if it stays so, delete the file: it is derived from history again", path, err)
	}
	return o, nil
}

func (o *Outbox) prepare(ctx context.Context) error {
	var version int
	if err := o.db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if version != schemaVersion {
		err := o.update(ctx, func(tx *sql.Tx) error {
			for _, table := range []string{"documents", "customers", "unapplied", "progress"} {
				if _, err := tx.ExecContext(ctx, `DROP TABLE IF EXISTS `+table); err != nil {
					return err
				}
			}
			_, err := tx.ExecContext(ctx, schema+fmt.Sprintf(`PRAGMA user_version = %d`, schemaVersion))
			return err
		})
		if err != nil {
			return err
		}
	}
	// An open transaction takes the lock even where nothing is to be written.
	if err := o.update(ctx, func(*sql.Tx) error { return nil }); err != nil {
		return err
	}
	return o.statements.prepare(ctx, o.db)
}

// Close closes the file. Whoever works on the outbox must have stopped.
func (o *Outbox) Close() error {
	if err := errors.Join(o.statements.close(), o.db.Close()); err != nil {
		return fmt.Errorf("close outbox %s: %w", o.path, err)
	}
	return nil
}

// update runs fn in one transaction.
func (o *Outbox) update(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, err := o.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("outbox %s: %w", o.path, err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing once committed
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("outbox %s: %w", o.path, err)
	}
	return nil
}

// Counts is how many documents stand where.
type Counts struct {
	Journaled  int // not asked for yet
	Requested  int // to be posted, including the next two
	BackingOff int // requested, and waiting for their time
	InDoubt    int // requested, and perhaps in the ERP already
	Confirmed  int
	Rejected   int
	Parked     int
}

// Counts counts the documents.
func (o *Outbox) Counts(ctx context.Context) (Counts, error) {
	var c Counts
	rows, err := o.db.QueryContext(ctx, `SELECT state, count(*), count(*) FILTER (WHERE due > ?), count(*) FILTER (WHERE doubt > 0)
		FROM documents WHERE state <> 'confirmed' GROUP BY state`, o.now().UnixMicro())
	if err != nil {
		return c, fmt.Errorf("count the outbox: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var state string
		var n, waiting, doubtful int
		if err := rows.Scan(&state, &n, &waiting, &doubtful); err != nil {
			return c, fmt.Errorf("count the outbox: %w", err)
		}
		switch state {
		case Journaled:
			c.Journaled = n
		case Requested:
			c.Requested, c.BackingOff, c.InDoubt = n, waiting, doubtful
		case Rejected:
			c.Rejected = n
		case Parked:
			c.Parked = n
		}
	}
	if err := rows.Err(); err != nil {
		return c, fmt.Errorf("count the outbox: %w", err)
	}
	if err := rows.Close(); err != nil {
		return c, fmt.Errorf("count the outbox: %w", err)
	}
	if err := o.db.QueryRowContext(ctx, `SELECT confirmed FROM progress`).Scan(&c.Confirmed); err != nil {
		return c, fmt.Errorf("count the outbox: %w", err)
	}
	return c, nil
}

// Position is how far the outbox has followed history.
func (o *Outbox) Position(ctx context.Context) (eventstore.Position, error) {
	var text string
	if err := o.db.QueryRowContext(ctx, `SELECT position FROM progress`).Scan(&text); err != nil {
		return eventstore.Position{}, fmt.Errorf("read the outbox's checkpoint: %w", err)
	}
	p, err := eventstore.ParsePosition(text)
	if err != nil {
		return p, fmt.Errorf("read the outbox's checkpoint: %w", err)
	}
	return p, nil
}

// Item is a document that is not in the ERP yet.
type Item struct {
	Number   string
	Customer string
	State    string
	Date     string // in force
	Code     string // of the last rejection
	Message  string // what the ERP said, or why it is parked
	Attempts int
	Due      time.Time // zero: at once
	InDoubt  bool
}

// Open lists documents of a state that is not Confirmed in order of customer
// and number, up to limit of them after one, "" and "" being the first.
func (o *Outbox) Open(ctx context.Context, state, afterCustomer, afterNumber string, limit int) ([]Item, error) {
	rows, err := o.db.QueryContext(ctx, `SELECT number, customer, state, date, code, message, attempts, due, doubt FROM documents
		WHERE state <> 'confirmed' AND state = ? AND (customer, number) > (?, ?) ORDER BY customer, number LIMIT ?`, state, afterCustomer, afterNumber, limit)
	if err != nil {
		return nil, fmt.Errorf("list the outbox: %w", err)
	}
	defer rows.Close()
	var items []Item
	for rows.Next() {
		var i Item
		var due, doubt int64
		if err := rows.Scan(&i.Number, &i.Customer, &i.State, &i.Date, &i.Code, &i.Message, &i.Attempts, &due, &doubt); err != nil {
			return nil, fmt.Errorf("list the outbox: %w", err)
		}
		i.InDoubt = doubt > 0
		if due > 0 {
			i.Due = time.UnixMicro(due).UTC()
		}
		items = append(items, i)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the outbox: %w", err)
	}
	return items, nil
}
