package sandboxerp

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// entriesAtOnce is how many entries one insert statement takes. Each call of the
// driver has a fixed cost, and binding parameters one that grows with the square
// of their number; around five rows the sum is least.
const entriesAtOnce = 5

// inserts are the statements that booking runs for every document and line,
// prepared once on the writer's connection.
type inserts struct {
	document *sql.Stmt
	one      *sql.Stmt
	several  *sql.Stmt
}

func prepareInserts(ctx context.Context, conn *sql.Conn) (inserts, error) {
	const head = `INSERT INTO entries (id, document, ref, account, debit, credit, memo) VALUES `
	const row = `(?, ?, ?, ?, ?, ?, ?)`
	var s inserts
	for _, prepare := range []struct {
		into **sql.Stmt
		text string
	}{
		{&s.document, `INSERT INTO documents
			(id, number, kind, customer, date, period, currency, due_date, reference, booked_at, entries)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.one, head + row},
		{&s.several, head + strings.TrimSuffix(strings.Repeat(row+", ", entriesAtOnce), ", ")},
	} {
		stmt, err := conn.PrepareContext(ctx, prepare.text)
		if err != nil {
			return inserts{}, errors.Join(fmt.Errorf("prepare the inserts: %w", err), s.close())
		}
		*prepare.into = stmt
	}
	return s, nil
}

func (s inserts) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.document, s.one, s.several} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// batch is one write transaction that books documents, with what it needs to
// know of the books read once at its start.
type batch struct {
	erp       *ERP
	tx        *sql.Tx
	now       time.Time
	customers map[string]Customer
	accounts  map[string]bool
	periods   map[string]string
	// the last id of each kind that was given out
	document, receipt, autopaid int64
	args                        []any
}

// book runs fn with a batch and stores the counters that it moved.
func (e *ERP) book(customers []string, fn func(b *batch) error) error {
	return e.update(func(tx *sql.Tx, now time.Time) error {
		b := &batch{erp: e, tx: tx, now: now}
		if err := b.load(customers); err != nil {
			return err
		}
		before := *b
		if err := fn(b); err != nil {
			return err
		}
		for _, counter := range []struct {
			name        string
			was, stands int64
		}{
			{"document", before.document, b.document},
			{"receipt", before.receipt, b.receipt},
			{"autopaid", before.autopaid, b.autopaid},
		} {
			if counter.was == counter.stands {
				continue
			}
			if _, err := tx.Exec(`UPDATE counters SET value = ? WHERE name = ?`, counter.stands, counter.name); err != nil {
				return fmt.Errorf("store the %s counter: %w", counter.name, err)
			}
		}
		return nil
	})
}

func (b *batch) load(customers []string) error {
	ctx := context.Background()
	err := b.tx.QueryRow(`SELECT
		(SELECT value FROM counters WHERE name = 'document'),
		(SELECT value FROM counters WHERE name = 'receipt'),
		(SELECT value FROM counters WHERE name = 'autopaid')`).Scan(&b.document, &b.receipt, &b.autopaid)
	if err != nil {
		return fmt.Errorf("read the counters: %w", err)
	}
	b.accounts = map[string]bool{}
	if err := each(ctx, b.tx, `SELECT code FROM accounts`, nil, func(scan func(...any) error) error {
		var code string
		err := scan(&code)
		b.accounts[code] = true
		return err
	}); err != nil {
		return fmt.Errorf("read accounts: %w", err)
	}
	codes, err := json.Marshal(customers)
	if err != nil {
		return fmt.Errorf("name the customers: %w", err)
	}
	b.customers = make(map[string]Customer, len(customers))
	if err := each(ctx, b.tx, selectCustomers+`
		WHERE c.code IN (SELECT value FROM json_each(?))`, []any{string(codes)}, func(scan func(...any) error) error {
		c, err := scanCustomer(scan)
		b.customers[c.Code] = c
		return err
	}); err != nil {
		return fmt.Errorf("read customers: %w", err)
	}
	periods, err := readPeriods(ctx, b.tx)
	if err != nil {
		return err
	}
	b.periods = make(map[string]string, len(periods))
	for _, p := range periods {
		b.periods[p.Period] = p.Status
	}
	return nil
}

// each calls fn with every row of a query.
func each(ctx context.Context, from querier, query string, args []any, fn func(scan func(...any) error) error) error {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (b *batch) isClosed(period string) bool {
	return b.erp.statusOf(period, b.periods[period]) == PeriodClosed
}

// insert books a draft, whatever its number, and returns the document's id.
func (b *batch) insert(d draft) (int64, error) {
	b.document++
	id := b.document
	if _, err := b.erp.inserts.document.Exec(id, d.Number, d.Kind, d.Customer, d.Date, d.period, d.Currency,
		d.DueDate, d.Reference, b.now.UnixMicro(), len(d.entries)); err != nil {
		return 0, fmt.Errorf("insert document %s: %w", d.Number, err)
	}
	entry := entryID(id, 0)
	for rest := d.entries; len(rest) > 0; {
		stmt, n := b.erp.inserts.several, entriesAtOnce
		if len(rest) < n {
			stmt, n = b.erp.inserts.one, 1
		}
		b.args = b.args[:0]
		for _, line := range rest[:n] {
			entry++
			b.args = append(b.args, entry, id, line.ref, line.account, int64(line.debit), int64(line.credit), line.memo)
		}
		if _, err := stmt.Exec(b.args...); err != nil {
			return 0, fmt.Errorf("insert entries of document %s: %w", d.Number, err)
		}
		rest = rest[n:]
	}
	return id, nil
}

// postDocuments books each document or rejects it on its own, all in one
// transaction. A number that is in the books already is booked again.
func (e *ERP) postDocuments(r *http.Request) (any, error) {
	var request BookRequest
	if err := decode(r, &request); err != nil {
		return nil, err
	}
	if len(request.Documents) == 0 {
		return nil, badRequest("there are no documents to book")
	}
	if len(request.Documents) > MaxDocuments {
		return nil, badRequest("%d documents in one batch, at most %d fit", len(request.Documents), MaxDocuments)
	}
	drafts := make([]draft, len(request.Documents))
	rejections := make([]*rejection, len(request.Documents))
	customers := make([]string, len(request.Documents))
	for i, document := range request.Documents {
		drafts[i], rejections[i] = readPosted(document)
		customers[i] = document.Customer
	}
	results := make([]BookResult, len(request.Documents))
	err := e.book(customers, func(b *batch) error {
		for i, d := range drafts {
			result := BookResult{Number: request.Documents[i].Number, Status: StatusBooked}
			rejected := rejections[i]
			if rejected == nil {
				rejected = b.weigh(d)
			}
			if rejected != nil {
				result.Status, result.Code, result.Message = StatusRejected, rejected.code, rejected.message
				results[i] = result
				continue
			}
			id, err := b.insert(d)
			if err != nil {
				return err
			}
			result.ID = id
			results[i] = result
			if err := b.autopay(d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return BookAnswer{Results: results}, nil
}
