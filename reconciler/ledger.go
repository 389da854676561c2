package reconciler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/shopspring/decimal"
)

// Ledger is the ERP's general ledger.
//
// Entries gives every entry of it, as of one instant where the ERP can, sorted
// by number (bytewise), document, ref (bytewise) and entry. It must yield an
// error, and end, when the ledger was cut short: the reconciler believes what
// ends without one. A ledger that is restricted to some periods makes documents
// that were moved out of them look missing; give the whole one and restrict the
// report instead (Options.From, Options.To).
type Ledger interface {
	Entries(ctx context.Context) iter.Seq2[LedgerEntry, error]
}

// LedgerEntry is one entry of the ledger, with its document's columns.
type LedgerEntry struct {
	Entry         int64 // the ERP's id
	Document      int64 // the ERP's id
	Number        string
	Kind          string
	Customer      string
	Date          string // "2026-03-31"
	Period        string // "2026-03"
	Currency      string
	Ref           string
	Account       string
	Debit         string // plain decimal; empty is zero
	Credit        string
	Memo          string
	BookedAt      time.Time
	ModifiedAt    time.Time // zero: never
	DocModifiedAt time.Time // zero: never
}

// Errors of ledgers that must not be believed.
var (
	// ErrEmptyLedger: the ledger has no entry although the ERP confirmed
	// documents. Check that the extract is of the right company and complete.
	ErrEmptyLedger = errors.New("the ERP's ledger is empty")
	// ErrUnsorted: the entries are not in order. Sort them bytewise: a database
	// that sorts by a language's rules does not.
	ErrUnsorted = errors.New("the ERP's ledger is not sorted")
	// ErrContradiction: two entries of one document state different headers.
	ErrContradiction = errors.New("the ERP's ledger contradicts itself")
)

// maxEntries bounds the entries of one document that is held for comparison.
const maxEntries = 1_000_000

// booked is a document as the ERP holds it.
type booked struct {
	LedgerEntry // of its first entry, for the header
	entries     []bookedEntry
	count       int
	debit       decimal.Decimal
	credit      decimal.Decimal
	taken       bool // it met its expected document
}

type bookedEntry struct {
	id         int64
	ref        string
	account    string
	debit      decimal.Decimal
	credit     decimal.Decimal
	memo       string
	bookedAt   time.Time
	modifiedAt time.Time
	met        int // the expected entry it belongs to, or -1
	twin       int // the expected entry that another one belongs to, or -1
}

// ledgerReader takes the ledger document by document and checks it on the way.
type ledgerReader struct {
	next  func() (LedgerEntry, error, bool)
	stop  func()
	ahead LedgerEntry
	more  bool
	count int
	each  func(e *LedgerEntry, debit, credit decimal.Decimal) // sees every entry once
}

func openLedger(ctx context.Context, l Ledger) (*ledgerReader, error) {
	r := &ledgerReader{each: func(*LedgerEntry, decimal.Decimal, decimal.Decimal) {}}
	r.next, r.stop = iter.Pull2(l.Entries(ctx))
	if err := r.advance(); err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}

func (r *ledgerReader) advance() error {
	e, err, ok := r.next()
	if err != nil {
		return fmt.Errorf("read the ERP's ledger after %d entries: %w", r.count, err)
	}
	if ok && r.more {
		if order := compareEntries(&r.ahead, &e); order >= 0 {
			what := "out of order"
			if order == 0 {
				what = "there twice"
			}
			return fmt.Errorf("entry %d of document %d (%.80q, ref %.80q) is %s after entry %d (%.80q, ref %.80q): %w",
				e.Entry, e.Document, e.Number, e.Ref, what, r.ahead.Entry, r.ahead.Number, r.ahead.Ref, ErrUnsorted)
		}
	}
	r.ahead, r.more = e, ok
	if ok {
		r.count++
	}
	return nil
}

func compareEntries(a, b *LedgerEntry) int {
	if c := strings.Compare(a.Number, b.Number); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Document, b.Document); c != 0 {
		return c
	}
	if c := strings.Compare(a.Ref, b.Ref); c != 0 {
		return c
	}
	return cmp.Compare(a.Entry, b.Entry)
}

// document reads the next document. Its entries are kept only if asked for:
// nobody bounds a manual journal.
func (r *ledgerReader) document(keep bool) (booked, error) {
	d := booked{LedgerEntry: r.ahead}
	for r.more && r.ahead.Number == d.Number && r.ahead.Document == d.Document {
		e := &r.ahead
		if e.Customer != d.Customer || e.Date != d.Date || e.Period != d.Period || e.Currency != d.Currency ||
			!e.DocModifiedAt.Equal(d.DocModifiedAt) {
			return d, fmt.Errorf("document %d (%.80q): entries %d and %d disagree on its header: %w", d.Document, d.Number, d.Entry, e.Entry, ErrContradiction)
		}
		debit, err := parseSide(e.Debit)
		if err != nil {
			return d, fmt.Errorf("entry %d of document %d (%.80q): debit: %w", e.Entry, e.Document, e.Number, err)
		}
		credit, err := parseSide(e.Credit)
		if err != nil {
			return d, fmt.Errorf("entry %d of document %d (%.80q): credit: %w", e.Entry, e.Document, e.Number, err)
		}
		r.each(e, debit, credit)
		d.count++
		d.debit, d.credit = d.debit.Add(debit), d.credit.Add(credit)
		if keep {
			if d.count > maxEntries {
				return d, fmt.Errorf("document %d (%.80q) has more than %d entries: the extract is not of documents", d.Document, d.Number, maxEntries)
			}
			d.entries = append(d.entries, bookedEntry{id: e.Entry, ref: e.Ref, account: e.Account, debit: debit, credit: credit,
				memo: e.Memo, bookedAt: e.BookedAt, modifiedAt: e.ModifiedAt})
		}
		if err := r.advance(); err != nil {
			return d, err
		}
	}
	return d, nil
}

func parseSide(s string) (decimal.Decimal, error) {
	if s == "" {
		return decimal.Decimal{}, nil
	}
	return money.ParseDecimal(s)
}
