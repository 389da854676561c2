package reconciler_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/reconciler"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// edit is one change that somebody makes in the ERP, and the break that it is.
type edit struct {
	name  string
	kind  reconciler.Kind
	also  []reconciler.Kind
	whole bool
	do    func(b *erp, d *erpDocument, e *erpEntry)
}

func changeAmount(e *erpEntry, by string) {
	add := func(s string) string { return decimal.RequireFromString(s).Add(decimal.RequireFromString(by)).String() }
	if decimal.RequireFromString(e.debit).IsZero() {
		e.credit = add(e.credit)
	} else {
		e.debit = add(e.debit)
	}
	e.modifiedAt = editTime
}

func edits() []edit {
	line := func(f func(e *erpEntry)) func(*erp, *erpDocument, *erpEntry) {
		return func(_ *erp, _ *erpDocument, e *erpEntry) { f(e); e.modifiedAt = editTime }
	}
	header := func(f func(d *erpDocument)) func(*erp, *erpDocument, *erpEntry) {
		return func(_ *erp, d *erpDocument, _ *erpEntry) { f(d); d.modifiedAt = editTime }
	}
	return []edit{
		{"amount", reconciler.WrongAmount, nil, false, line(func(e *erpEntry) { changeAmount(e, "7") })},
		{"amount by the smallest unit", reconciler.WrongAmount, nil, false, line(func(e *erpEntry) { changeAmount(e, "0.001") })},
		{"amount without a mark", reconciler.WrongAmount, nil, false, func(_ *erp, _ *erpDocument, e *erpEntry) { changeAmount(e, "1"); e.modifiedAt = editTime.Truncate(0) }},
		{"flipped side", reconciler.WrongAmount, nil, false, line(func(e *erpEntry) { e.debit, e.credit = e.credit, e.debit })},
		{"both sides", reconciler.WrongAmount, nil, false, line(func(e *erpEntry) {
			more := func(s string) string { return decimal.RequireFromString(s).Add(decimal.NewFromInt(5)).String() }
			e.debit, e.credit = more(e.debit), more(e.credit)
		})},
		{"account", reconciler.WrongAccount, nil, false, line(func(e *erpEntry) { e.account = "6999" })},
		{"account and amount", reconciler.WrongAccount, []reconciler.Kind{reconciler.WrongAmount}, false, line(func(e *erpEntry) { e.account = "6999"; changeAmount(e, "7") })},
		{"memo", reconciler.EditedAfterPosting, nil, false, line(func(e *erpEntry) { e.memo = "see e-mail" })},
		{"reference", reconciler.EditedAfterPosting, nil, true, header(func(*erpDocument) {})},
		{"customer", reconciler.WrongCustomer, nil, true, header(func(d *erpDocument) { d.customer = "C-666" })},
		{"period", reconciler.WrongPeriod, nil, true, header(func(d *erpDocument) { d.period = "2027-01" })},
		{"date", reconciler.WrongPeriod, nil, true, header(func(d *erpDocument) { d.date = d.period + "-29" })},
		{"date and period", reconciler.WrongPeriod, nil, true, header(func(d *erpDocument) { d.date, d.period = "2027-01-31", "2027-01" })},
		{"currency", reconciler.WrongCurrency, nil, true, header(func(d *erpDocument) { d.currency = "CHF" })},
		{"currency that is none", reconciler.WrongCurrency, nil, true, header(func(d *erpDocument) { d.currency = "QQQ" })},
		{"whole header", reconciler.WrongCustomer, []reconciler.Kind{reconciler.WrongPeriod, reconciler.WrongCurrency}, true, header(func(d *erpDocument) {
			d.customer, d.date, d.period, d.currency = "C-666", "2027-01-31", "2027-01", "CHF"
		})},
		{"deleted document", reconciler.MissingInERP, nil, true, func(b *erp, d *erpDocument, _ *erpEntry) { b.delete(d) }},
		{"deleted line", reconciler.MissingInERP, nil, false, func(b *erp, d *erpDocument, e *erpEntry) { b.deleteEntry(d, slices.Index(d.entries, e)) }},
		{"duplicate", reconciler.Duplicate, nil, true, func(b *erp, d *erpDocument, _ *erpEntry) { b.duplicate(d) }},
		{"duplicate with an edit", reconciler.Duplicate, nil, true, func(b *erp, d *erpDocument, _ *erpEntry) {
			copied := b.duplicate(d)
			copied.customer, copied.modifiedAt = "C-666", editTime
			changeAmount(copied.entries[0], "3")
		}},
		{"stray line", reconciler.MissingInHistory, nil, false, func(b *erp, d *erpDocument, _ *erpEntry) {
			b.add(d, "X-"+d.number, "6999", "12", "0", "stray")
			d.modifiedAt = editTime
		}},
		{"line twice", reconciler.Duplicate, nil, false, func(b *erp, d *erpDocument, e *erpEntry) {
			b.add(d, e.ref, e.account, e.debit, e.credit, e.memo)
			d.modifiedAt = editTime
		}},
		{"manual journal", reconciler.MissingInHistory, nil, true, func(b *erp, d *erpDocument, _ *erpEntry) {
			manual := b.duplicate(d)
			manual.number, manual.kind = "MJ-"+d.number, "journal"
		}},
		{"manual journal without a number", reconciler.MissingInHistory, nil, true, func(b *erp, d *erpDocument, _ *erpEntry) {
			b.duplicate(d).number = ""
		}},
	}
}

func TestEveryEditIsExactlyThatBreak(t *testing.T) {
	d := year(t, 11, 30)
	byKind := map[string]string{}
	for _, doc := range d.erp.documents {
		byKind[doc.kind] = doc.number
	}
	require.Len(t, byKind, 6, "accrual, invoice, void, credit memo, receipt and application")
	for kind, number := range byKind {
		for _, change := range edits() {
			for at := range d.erp.find(number).entries {
				if at > 0 && at < len(d.erp.find(number).entries)-1 {
					continue // the first and the last will do
				}
				t.Run(fmt.Sprintf("%s/%s/%d", kind, change.name, at), func(t *testing.T) {
					// given a faithful ledger with one change
					books := d.erp.clone()
					doc := books.find(number)
					entry := doc.entries[at]
					change.do(books, doc, entry)

					// when it is reconciled
					report := reconcile(t, d, books, reconciler.Options{})

					// then there is one break and it is that one
					require.Equal(t, 1, report.BreakCount, text(t, report))
					b := report.Breaks[0]
					require.Equal(t, change.kind, b.Kind)
					require.Equal(t, change.also, nilIfNone(b.Also))
					require.Equal(t, change.whole, b.Whole())
					require.Len(t, report.ByKind, 1)
					require.Equal(t, fmt.Sprint(b.Kind, 1, b.Difference, b.Stake), fmt.Sprint(report.ByKind[0].Kind, report.ByKind[0].Count, report.ByKind[0].Difference[0], report.ByKind[0].Stake[0]))
					require.NotEmpty(t, b.Explanation)
					require.NotEmpty(t, b.Remedy)
					require.False(t, b.Stake.Amount.IsNegative())
					if b.Actual == nil || b.Expected != nil {
						require.Equal(t, number, b.Number)
						require.NotNil(t, b.Departs, "what was expected comes from an event")
						require.NotEmpty(t, b.Departs.Stream)
					}
					require.Error(t, report.Err())
				})
			}
		}
	}
}

func nilIfNone(kinds []reconciler.Kind) []reconciler.Kind {
	if len(kinds) == 0 {
		return nil
	}
	return kinds
}

// Whatever 25 people each do to a document of their own, 25 breaks are found,
// and each is what was done.
func TestTwentyFiveEditsAreTwentyFiveBreaks(t *testing.T) {
	const people = 25
	d := year(t, 12, 80)
	require.Greater(t, len(d.erp.documents), 2*people)
	usual := edits()
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 25))
		books := d.erp.clone()
		want := map[string]string{}
		for _, at := range rng.Perm(len(books.documents))[:people] {
			doc := d.erp.documents[at]
			doc = books.find(doc.number)
			change := usual[rng.IntN(len(usual))]
			number := doc.number
			switch change.name {
			case "manual journal":
				number = "MJ-" + doc.number
			case "manual journal without a number":
				change.do(books, doc, doc.entries[0])
				books.documents[len(books.documents)-1].number = "MJ2-" + doc.number
				want["MJ2-"+doc.number] = string(change.kind)
				continue
			}
			change.do(books, doc, doc.entries[rng.IntN(len(doc.entries))])
			want[number] = strings.Join(append([]string{string(change.kind)}, kinds(change.also)...), "+")
		}

		report := reconcile(t, d, books, reconciler.Options{MemoryBytes: 64 << 10})

		got := map[string]string{}
		for _, b := range report.Breaks {
			require.NotContains(t, got, b.Number, "seed %d: one document, one break\n%s", seed, text(t, report))
			got[b.Number] = strings.Join(append([]string{string(b.Kind)}, kinds(b.Also)...), "+")
		}
		require.Equal(t, want, got, "seed %d", seed)
		require.Equal(t, people, report.BreakCount, "seed %d", seed)
	}
}

func kinds(ks []reconciler.Kind) []string {
	out := make([]string, len(ks))
	for i, k := range ks {
		out[i] = string(k)
	}
	return out
}

func TestEditsOfOneDocumentAreCountedApart(t *testing.T) {
	d := year(t, 13, 40)
	invoice := func(books *erp) *erpDocument {
		i := slices.IndexFunc(books.documents, func(doc *erpDocument) bool { return doc.kind == "invoice" && len(doc.entries) > 5 })
		return books.documents[i]
	}
	for _, c := range []struct {
		name string
		do   func(b *erp, doc *erpDocument)
		want []reconciler.Kind
	}{
		{"two lines", func(_ *erp, doc *erpDocument) { changeAmount(doc.entries[1], "1"); changeAmount(doc.entries[3], "1") },
			[]reconciler.Kind{reconciler.WrongAmount, reconciler.WrongAmount}},
		{"header and line", func(_ *erp, doc *erpDocument) {
			doc.customer, doc.modifiedAt = "C-666", editTime
			changeAmount(doc.entries[3], "1")
		}, []reconciler.Kind{reconciler.WrongCustomer, reconciler.WrongAmount}},
		{"one line gone, another changed", func(b *erp, doc *erpDocument) { b.deleteEntry(doc, 0); changeAmount(doc.entries[3], "1") },
			[]reconciler.Kind{reconciler.MissingInERP, reconciler.WrongAmount}},
		{"changed ref", func(_ *erp, doc *erpDocument) {
			doc.entries[2].ref, doc.entries[2].modifiedAt = "ZZZ", editTime
		}, []reconciler.Kind{reconciler.MissingInERP, reconciler.MissingInHistory}},
		{"two copies", func(b *erp, doc *erpDocument) { b.duplicate(doc); b.duplicate(doc) },
			[]reconciler.Kind{reconciler.Duplicate, reconciler.Duplicate}},
		{"changed, then copied", func(b *erp, doc *erpDocument) { changeAmount(doc.entries[0], "1"); b.duplicate(doc) },
			[]reconciler.Kind{reconciler.WrongAmount, reconciler.Duplicate}},
		{"copied, then the original deleted", func(b *erp, doc *erpDocument) { b.duplicate(doc); b.delete(doc) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			books := d.erp.clone()
			c.do(books, invoice(books))
			report := reconcile(t, d, books, reconciler.Options{})
			var got []reconciler.Kind
			for _, b := range report.Breaks {
				got = append(got, b.Kind)
			}
			require.Equal(t, c.want, got, text(t, report))
		})
	}
}

func TestABreakNamesWhatItDepartsFrom(t *testing.T) {
	d := year(t, 14, 40)
	i := slices.IndexFunc(d.erp.documents, func(doc *erpDocument) bool { return doc.kind == "invoice" && doc.currency == "USD" })
	number := d.erp.documents[i].number

	books := d.erp.clone()
	receivable := books.find(number).entries[0]
	require.Equal(t, "AR", receivable.ref)
	was := decimal.RequireFromString(receivable.debit)
	changeAmount(receivable, "10.5")
	b := reconcile(t, d, books, reconciler.Options{}).Breaks[0]

	require.Equal(t, "InvoiceIssued", b.Departs.Type)
	require.Equal(t, "AR", b.Ref)
	require.Equal(t, "10.50 USD", b.Difference.String())
	require.Equal(t, "10.50 USD", b.Stake.String())
	require.True(t, b.Expected.Amount.Amount.Equal(was))
	require.Equal(t, receivable.id, b.Actual.Entry)
	require.Equal(t, editTime, b.Actual.ModifiedAt)
	found := false
	for r, err := range d.store.ReadStream(t.Context(), b.Departs.Stream, b.Departs.Revision) {
		require.NoError(t, err)
		require.Equal(t, b.Departs.Event, r.ID)
		require.Equal(t, b.Departs.Type, r.Type)
		found = true
		break
	}
	require.True(t, found, "the event is in the history")

	again := reconcile(t, d, books, reconciler.Options{}).Breaks[0]
	require.Equal(t, b.ID, again.ID, "a break keeps its id, so that its age can be told")
}
