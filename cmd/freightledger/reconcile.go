package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"

	"github.com/freightledger/freightledger/integrations/sandboxerp/client"
	"github.com/freightledger/freightledger/reconciler"
	"github.com/spf13/cobra"
)

func (a *app) reconcileCommand() *cobra.Command {
	var options reconciler.Options
	var extract string
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Compare the ERP's ledger with the history, to the cent, both ways",
		Long: `reconcile derives from the history what the ERP's ledger must hold, reads what
it does hold, and names every break by its kind and by the event that it
departs from. It ties out by account and period, and bridges what was entered
to what was billed, line by line. Exit code 3 means that there are breaks.`,
		Example: `  freightledger reconcile --erp http://127.0.0.1:8090
  freightledger reconcile --extract ledger.ndjson --from 2026-01 --to 2026-03 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				report, err := l.reconcile(ctx, extract, options)
				if err != nil {
					return err
				}
				if a.json {
					err = report.WriteJSON(a.out)
				} else {
					err = report.WriteText(a.out)
				}
				if found := report.Err(); err == nil && found != nil {
					return &exit{exitBreaks, found}
				}
				return err
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&options.From, "from", "", "first period of the report, like 2026-01")
	f.StringVar(&options.To, "to", "", "last period of the report")
	f.BoolVar(&options.Strict, "strict", false, "documents on their way to the ERP are breaks too")
	f.StringVar(&extract, "extract", "", "file with the ERP's ledger instead of the ERP itself")
	return cmd
}

func (l *ledger) reconcile(ctx context.Context, extractFile string, options reconciler.Options) (*reconciler.Report, error) {
	var open func(context.Context) (*client.Extract, error)
	switch {
	case extractFile != "":
		f, err := os.Open(extractFile)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		open = func(context.Context) (*client.Extract, error) { return client.ReadExtract(f) }
	case l.books != nil:
		open = func(ctx context.Context) (*client.Extract, error) { return l.books.Ledger(ctx, "", "") }
	default:
		return nil, &usageError{errors.New("name the ERP with --erp URL, or its ledger with --extract FILE")}
	}
	show, finish := l.bars.stage("reconcile")
	defer finish()
	options.TempDir = l.dir
	options.Progress = func(p reconciler.Progress) { show(p.Events+p.Entries, 0) }
	return reconciler.Run(ctx, l.store, l.codec, extractLedger(open), options)
}

// extractLedger gives the reconciler the ERP's extract, entry by entry.
type extractLedger func(context.Context) (*client.Extract, error)

func (open extractLedger) Entries(ctx context.Context) iter.Seq2[reconciler.LedgerEntry, error] {
	return func(yield func(reconciler.LedgerEntry, error) bool) {
		extract, err := open(ctx)
		if err != nil {
			yield(reconciler.LedgerEntry{}, fmt.Errorf("read the ERP's ledger: %w", err))
			return
		}
		defer extract.Close()
		for e, err := range extract.Entries() {
			entry := reconciler.LedgerEntry{Entry: e.ID, Document: e.DocumentID, Number: e.Number, Kind: e.Kind, Customer: e.Customer, Date: e.Date,
				Period: e.Period, Currency: e.Currency, Ref: e.Ref, Account: e.Account, Debit: e.Debit.String(), Credit: e.Credit.String(),
				Memo: e.Memo, BookedAt: e.BookedAt, ModifiedAt: e.ModifiedAt, DocModifiedAt: e.DocumentModifiedAt}
			if !yield(entry, err) || err != nil {
				return
			}
		}
	}
}
