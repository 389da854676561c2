package world

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/freightledger/freightledger/reconciler"
)

// conclude judges what can be judged only when all is over.
func (w *World) conclude(ctx context.Context) {
	for _, check := range []func(context.Context) error{w.check.kept, w.check.numbered, w.check.earned, w.check.owed.settled, w.check.posted, w.check.rated, w.post.kept, w.rebuilt, w.reconcile, w.cashBooked, w.recomputed} {
		if err := check(ctx); err != nil {
			w.k.Fail("simulator", "%v", err)
		}
		if w.k.Failed() != nil {
			return
		}
	}
	w.k.Tracef("all is well: %d events, %d documents", w.check.events, len(w.check.order))
}

// kept: every acknowledged event is where it was, as it was.
func (c *checker) kept(context.Context) error {
	for _, a := range c.acked {
		if hashOf(c.w.history.records[a.place]) != a.hash {
			c.w.k.Fail(acknowledged, "event %d of the history is not what was acknowledged", a.place)
		}
	}
	return nil
}

// numbered: every number that was given is a document.
func (c *checker) numbered(context.Context) error {
	for _, number := range slices.Sorted(maps.Keys(c.numbers)) {
		if !c.issued[number] {
			c.w.k.Fail(series, "%s was given to %+v and never issued", number, c.numbers[number])
		}
	}
	return nil
}

func (c *checker) earned(context.Context) error {
	if _, err := c.revenue.Check(); err != nil {
		c.w.k.Fail(revenue, "%v", err)
	}
	return nil
}

// posted: every document of the journal is in the ERP once, and the history
// says so.
func (c *checker) posted(context.Context) error {
	for _, number := range c.order {
		d := c.documents[number]
		if d.ByERP {
			continue
		}
		p := state[domain.Posting](c.w, domain.PostingStream(number))
		if p.Status != domain.PostingIsIn || c.inERP[number] != 1 {
			c.w.k.Fail(oneDocument, "%s stands as %q %s, and the ERP has booked it %d times", number, p.Status, p.Code, c.inERP[number])
		}
	}
	return nil
}

// rebuilt: the read models that were followed through all troubles are those
// that the history gives in one go.
func (w *World) rebuilt(ctx context.Context) error {
	n := w.nodes[0]
	if err := n.runner.Verify(ctx); err != nil {
		w.k.Fail(projected, "%v", err)
		return nil
	}
	var followed, built bytes.Buffer
	if err := n.viewDB.Dump(ctx, &followed); err != nil {
		return err
	}
	path, list := filepath.Join(w.dir, "rebuilt.db"), views.Projections()
	db, err := views.Open(ctx, path, list, w.log)
	if err != nil {
		return err
	}
	runner, err := projections.NewRunner(ctx, db, backend{n}, w.codec, list, projections.Options{Logger: w.log})
	if err != nil {
		return err
	}
	for {
		handled, err := runner.Step(ctx)
		if err != nil {
			return err
		}
		if handled == 0 {
			break
		}
	}
	if err := db.Dump(ctx, &built); err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	if !bytes.Equal(followed.Bytes(), built.Bytes()) {
		w.k.Fail(projected, "%s", firstDifference(followed.String(), built.String()))
	}
	return nil
}

func firstDifference(followed, built string) string {
	a, b := strings.Split(followed, "\n"), strings.Split(built, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("followed: %s; built anew: %s", a[i], b[i])
		}
	}
	return fmt.Sprintf("followed: %d rows; built anew: %d", len(a), len(b))
}

// reconcile: the ERP's ledger is, to the cent, what the history says.
func (w *World) reconcile(ctx context.Context) error {
	report, err := reconciler.Run(ctx, backend{w.nodes[0]}, w.codec, extract{w}, reconciler.Options{Strict: true, TempDir: w.dir})
	if err != nil {
		return err
	}
	if found := report.Err(); found != nil {
		var text bytes.Buffer
		if err := report.WriteText(&text); err != nil {
			return err
		}
		w.k.Fail(reconciled, "%v\n%s", found, text.String())
	}
	return nil
}

// extract is the ERP's ledger.
type extract struct{ w *World }

func (x extract) Entries(ctx context.Context) iter.Seq2[reconciler.LedgerEntry, error] {
	return func(yield func(reconciler.LedgerEntry, error) bool) {
		ledger, err := x.w.nodes[0].books.Ledger(ctx, "", "")
		if err != nil {
			yield(reconciler.LedgerEntry{}, err)
			return
		}
		defer ledger.Close()
		for e, err := range ledger.Entries() {
			entry := reconciler.LedgerEntry{Entry: e.ID, Document: e.DocumentID, Number: e.Number, Kind: e.Kind, Customer: e.Customer, Date: e.Date,
				Period: e.Period, Currency: e.Currency, Ref: e.Ref, Account: e.Account, Debit: e.Debit.String(), Credit: e.Credit.String(),
				Memo: e.Memo, BookedAt: e.BookedAt, ModifiedAt: e.ModifiedAt, DocModifiedAt: e.DocumentModifiedAt}
			if !yield(entry, err) || err != nil {
				return
			}
		}
	}
}
