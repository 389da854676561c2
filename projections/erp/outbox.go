package erp

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// layout is the outbox's. The columns from claimed on are the poster's; all
// others follow from history.
func layout() projections.Layout {
	// Durable: what is marked as being sent must still be so after a power failure.
	return projections.Layout{Name: "outbox", Durable: true, Statements: []string{
		`CREATE TABLE documents (
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
)`,
		"CREATE INDEX documents_due ON documents (date, number) WHERE state = 'requested' AND claimed = 0",
		"CREATE INDEX documents_claimed ON documents (number) WHERE claimed = 1",
		"CREATE INDEX documents_open ON documents (state, customer, number) WHERE state <> 'confirmed'",
		// By what accounts documents are booked, see domain.Charts.
		"CREATE TABLE charts (n INTEGER PRIMARY KEY, body BLOB NOT NULL)",
		"CREATE TABLE booked (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
		`CREATE TABLE customers (
	code     TEXT PRIMARY KEY,
	active   INTEGER NOT NULL,
	event    BLOB NOT NULL,
	position TEXT NOT NULL
) WITHOUT ROWID`,
		`CREATE TABLE unapplied (
	payment TEXT PRIMARY KEY,
	receipt TEXT NOT NULL, -- JSON of the receipt, '' when it is not to be matched again
	amount  TEXT NOT NULL, -- JSON of what is left
	reason  TEXT NOT NULL
) WITHOUT ROWID`,
		`CREATE TABLE progress (
	one       INTEGER PRIMARY KEY CHECK (one = 1),
	position  TEXT NOT NULL,    -- history is followed up to here
	confirmed INTEGER NOT NULL, -- documents, ever
	receipts  TEXT NOT NULL     -- cursor of the receipts feed
)`,
		"INSERT INTO progress VALUES (1, '0000000000000000.0000000000000000', 0, '')",
	}}
}

// Leases on an outbox: each is held by one process at a time.
const (
	PostingLease = "posting" // of the one that follows history and posts
	CashLease    = "cash"    // of the one that takes receipts
)

// States of a document in the outbox. A document is journaled from its journal
// event until it is asked to be posted.
const (
	Journaled = "journaled"
	Requested = "requested"
	Confirmed = "confirmed"
	Rejected  = "rejected"
	Parked    = "parked"
)

// Outbox is an open outbox file. It is safe for concurrent use, by any number
// of processes.
type Outbox struct {
	path string
	db   *projections.DB
	now  func() time.Time
	// charts are those of the file as far as the last transaction that read
	// them; guarded by that: transactions follow one another.
	charts domain.Charts
}

// OpenOutbox opens an outbox file and creates it if there is none. A nil clock
// is the system's; another one must go on as real time does, because the poster
// waits by it.
//
// Errors: those of [projections.OpenDB].
func OpenOutbox(ctx context.Context, path string, clock func() time.Time) (*Outbox, error) {
	if clock == nil {
		clock = time.Now
	}
	db, err := projections.OpenDB(ctx, path, layout(), slog.Default())
	if err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	return &Outbox{path: path, db: db, now: clock}, nil
}

// Close closes the file. Whoever works on the outbox must have stopped.
func (o *Outbox) Close() error { return o.db.Close() }

// Leases tells who does what on this outbox.
func (o *Outbox) Leases(ctx context.Context) ([]projections.Lease, error) { return o.db.Leases(ctx) }

// Hold runs work in one of the processes on this outbox; see [projections.Hold].
// It is for work beside posting and cash that only one should do at a time.
func (o *Outbox) Hold(ctx context.Context, name string, opts projections.LeaseOptions, work func(context.Context) error) error {
	return projections.Hold(ctx, o.db, name, opts, func(ctx context.Context, _ projections.Held) error { return work(ctx) })
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
	rows, err := o.db.Read().QueryContext(ctx, `SELECT state, count(*), count(*) FILTER (WHERE due > ?), count(*) FILTER (WHERE doubt > 0)
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
	if err := o.db.Read().QueryRowContext(ctx, `SELECT confirmed FROM progress`).Scan(&c.Confirmed); err != nil {
		return c, fmt.Errorf("count the outbox: %w", err)
	}
	return c, nil
}

// Position is how far the outbox has followed history.
func (o *Outbox) Position(ctx context.Context) (eventstore.Position, error) {
	var text string
	if err := o.db.Read().QueryRowContext(ctx, `SELECT position FROM progress`).Scan(&text); err != nil {
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
	rows, err := o.db.Read().QueryContext(ctx, `SELECT number, customer, state, date, code, message, attempts, due, doubt FROM documents
		WHERE state <> 'confirmed' AND state = ? AND (customer, number) > (?, ?) ORDER BY customer, number LIMIT +?`, state, afterCustomer, afterNumber, limit)
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
