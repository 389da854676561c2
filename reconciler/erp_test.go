package reconciler_test

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/reconciler"
)

// erp is a general ledger that books faithfully and lets anybody change
// anything afterwards, as direct edits do: a changed line bears the mark of it,
// a changed header or a lost or added line marks the document, and what was
// deleted leaves no trace.
type erp struct {
	documents []*erpDocument
	lastID    int64
	lastEntry int64
}

type erpDocument struct {
	id                     int64
	number, kind, customer string
	date, period, currency string
	entries                []*erpEntry
	bookedAt, modifiedAt   time.Time
}

type erpEntry struct {
	id                  int64
	ref, account        string
	debit, credit, memo string
	modifiedAt          time.Time
}

var (
	bookingTime = time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
	editTime    = time.Date(2026, 5, 5, 17, 30, 0, 0, time.UTC)
)

// book takes a document at its own date, or at another one.
func (b *erp) book(d domain.Document, date string) *erpDocument {
	if date == "" {
		date = d.Date
	}
	b.lastID++
	out := &erpDocument{id: b.lastID, number: d.Number, kind: d.Kind, customer: string(d.Customer), date: date, period: date[:7],
		currency: string(d.Currency), bookedAt: bookingTime}
	for _, e := range d.Entries {
		debit, credit := e.Amount.Format(), money.Zero(d.Currency).Format()
		if e.Side == domain.CreditSide {
			debit, credit = credit, debit
		}
		b.add(out, e.Ref, string(e.Account), debit, credit, e.Memo)
	}
	b.documents = append(b.documents, out)
	return out
}

// receipt is booked by the ERP itself, with line numbers of its own.
func (b *erp) receipt(number, customer, date string, amount money.Money, reversed bool) *erpDocument {
	b.lastID++
	out := &erpDocument{id: b.lastID, number: number, kind: "receipt", customer: customer, date: date, period: date[:7],
		currency: string(amount.Currency()), bookedAt: bookingTime}
	zero := money.Zero(amount.Currency()).Format()
	debit, credit := amount.Format(), zero
	if reversed {
		debit, credit = credit, debit
	}
	b.add(out, "1", "1000", debit, credit, "")
	b.add(out, "2", "2100", credit, debit, "")
	b.documents = append(b.documents, out)
	return out
}

func (b *erp) add(d *erpDocument, ref, account, debit, credit, memo string) *erpEntry {
	b.lastEntry++
	e := &erpEntry{id: b.lastEntry, ref: ref, account: account, debit: debit, credit: credit, memo: memo}
	d.entries = append(d.entries, e)
	return e
}

func (b *erp) duplicate(d *erpDocument) *erpDocument {
	b.lastID++
	out := *d
	out.id, out.modifiedAt, out.entries = b.lastID, time.Time{}, nil
	for _, e := range d.entries {
		b.add(&out, e.ref, e.account, e.debit, e.credit, e.memo)
	}
	b.documents = append(b.documents, &out)
	return &out
}

func (b *erp) delete(d *erpDocument) {
	b.documents = slices.DeleteFunc(b.documents, func(other *erpDocument) bool { return other == d })
}

func (b *erp) deleteEntry(d *erpDocument, i int) {
	d.entries = slices.Delete(d.entries, i, i+1)
	d.modifiedAt = editTime
}

func (b *erp) find(number string) *erpDocument {
	for _, d := range b.documents {
		if d.number == number {
			return d
		}
	}
	return nil
}

// clone lets one year be edited in many ways.
func (b *erp) clone() *erp {
	out := &erp{lastID: b.lastID, lastEntry: b.lastEntry}
	for _, d := range b.documents {
		c := *d
		c.entries = nil
		for _, e := range d.entries {
			entry := *e
			c.entries = append(c.entries, &entry)
		}
		out.documents = append(out.documents, &c)
	}
	return out
}

// list gives the whole ledger in the order of an extract.
func (b *erp) list() []reconciler.LedgerEntry {
	var all []reconciler.LedgerEntry
	for _, d := range b.documents {
		for _, e := range d.entries {
			all = append(all, reconciler.LedgerEntry{Entry: e.id, Document: d.id, Number: d.number, Kind: d.kind, Customer: d.customer,
				Date: d.date, Period: d.period, Currency: d.currency, Ref: e.ref, Account: e.account, Debit: e.debit, Credit: e.credit,
				Memo: e.memo, BookedAt: d.bookedAt, ModifiedAt: e.modifiedAt, DocModifiedAt: d.modifiedAt})
		}
	}
	slices.SortFunc(all, func(a, b reconciler.LedgerEntry) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Document, b.Document), cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Entry, b.Entry))
	})
	return all
}

// Entries makes the ERP a reconciler.Ledger.
func (b *erp) Entries(context.Context) iter.Seq2[reconciler.LedgerEntry, error] {
	return extract{entries: b.list()}.Entries(context.Background())
}

// extract is a ledger as somebody hands it over.
type extract struct {
	entries []reconciler.LedgerEntry
	cut     error  // how it ends; nil is whole
	opened  func() // when the first entry is asked for
}

func (x extract) Entries(context.Context) iter.Seq2[reconciler.LedgerEntry, error] {
	return func(yield func(reconciler.LedgerEntry, error) bool) {
		if x.opened != nil {
			x.opened()
		}
		for _, e := range x.entries {
			if !yield(e, nil) {
				return
			}
		}
		if x.cut != nil {
			yield(reconciler.LedgerEntry{}, x.cut)
		}
	}
}

// lazily is a ledger that is opened when its entries are asked for.
type lazily func() reconciler.Ledger

func (l lazily) Entries(ctx context.Context) iter.Seq2[reconciler.LedgerEntry, error] {
	return func(yield func(reconciler.LedgerEntry, error) bool) { l().Entries(ctx)(yield) }
}
