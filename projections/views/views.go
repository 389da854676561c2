// Package views holds the read models that people and programs ask about:
// shipments and their charges, invoices, receivables, postings, payments,
// disputes, customers, exceptions, messages and their dead letters, search by
// any reference, and a summary.
//
// Each file is one read model: its tables, how events change them, and the
// questions it answers. Shipments, invoices and payments are folded with the
// domain's own Evolve and written when a page ends, so that a read model can
// say only what the domain would say; the others follow event by event.
//
// Lists are paged by key: give the last key of one page as After of the next.
package views

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/freightledger/freightledger/projections"
)

// Name is the layout's name in the file.
const Name = "views"

// Projections gives fresh instances of every read model here.
func Projections() []projections.Projection {
	return []projections.Projection{
		newShipments(), exceptions{}, newInvoices(), credits{}, postings{}, newPayments(), banking{}, newDisputes(), subledger{}, customers{}, messages{}, newSearch(), newCounts(),
	}
}

// Open opens the file of these read models; see [projections.OpenDB]. Give the
// same projections to the runner.
func Open(ctx context.Context, path string, list []projections.Projection, log *slog.Logger) (*projections.DB, error) {
	return projections.OpenDB(ctx, path, projections.LayoutOf(Name, list), log)
}

// Views answers questions. It is safe for concurrent use.
type Views struct{ db *projections.Reader }

// New returns the questions to a file that [Open] opened.
func New(db *projections.DB) *Views { return &Views{db.Read()} }

// Page asks for rows after a key, at most Limit of them.
type Page struct {
	After string
	Limit int
}

// Bounds of a page.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

func (p Page) limit() int {
	if p.Limit <= 0 {
		return DefaultLimit
	}
	return min(p.Limit, MaxLimit)
}

// timeLayout has a fixed width, so that texts sort as instants do.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}

// when scans an instant.
type when struct{ t *time.Time }

func (w when) Scan(v any) error {
	text, ok := v.(string)
	if !ok && v != nil {
		return fmt.Errorf("time is stored as %T", v)
	}
	if text == "" {
		*w.t = time.Time{}
		return nil
	}
	var err error
	*w.t, err = time.Parse(timeLayout, text)
	return err
}

// selectAll scans all rows of a query.
func selectAll[T any](ctx context.Context, db *projections.Reader, scan func(row) (T, error), query string, args ...any) (all []T, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("ask the read model: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	all = []T{} // a list in JSON even when it is empty
	for rows.Next() {
		t, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read the read model: %w", err)
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// selectOne scans the first row of a query; false when there is none.
func selectOne[T any](ctx context.Context, db *projections.Reader, scan func(row) (T, error), query string, args ...any) (T, bool, error) {
	all, err := selectAll(ctx, db, scan, query, args...)
	if err != nil || len(all) == 0 {
		var none T
		return none, false, err
	}
	return all[0], true, nil
}

type row interface{ Scan(...any) error }
