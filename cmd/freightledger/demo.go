package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/freightgen"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/freightledger/freightledger/reconciler"
	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"
)

func (a *app) demoCommand() *cobra.Command {
	var options freightgen.Options
	var folder string
	var edits int
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "The whole way on generated freight: orders to cash, reconciled, tampered with, caught",
		Long: `demo makes freight (orders, tenders, milestones of several stops with late and
repeated messages, accessorials, refusals, short pays), a part of it priced by an
agreement from what happened, takes it in, bills it, posts to a sandbox ERP that
loses answers and applies the receipts. Stories of disputes, credits, rebills,
cancellations and short pays follow. Then it computes every amount again,
reconciles, edits the ERP's ledger behind freightledger's back and reconciles again.
It works in a folder of its own, which it makes anew each time.`,
		Example: `  freightledger demo
  freightledger demo --shipments 20000 --seed 7 --folder /tmp/demo`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if options.Contracts < 0 {
				options.Contracts = options.Shipments / 5
			}
			return a.demo(cmd.Context(), folder, options, edits)
		},
	}
	cmd.Flags().IntVar(&options.Shipments, "shipments", 3000, "how many shipments")
	cmd.Flags().IntVar(&options.Contracts, "contracts", -1, "how many more are priced by an agreement; a fifth of --shipments when absent")
	cmd.Flags().Uint64Var(&options.Seed, "seed", 1, "one seed gives the same freight for ever")
	cmd.Flags().StringVar(&folder, "folder", "freightledger-demo", "folder to work in")
	cmd.Flags().IntVar(&edits, "edits", 25, "edits to make in the ERP's ledger")
	return cmd
}

// demoMark tells a folder that a demo made, so that no other is ever removed.
const demoMark = ".freightledger-demo"

func (a *app) demo(ctx context.Context, folder string, options freightgen.Options, edits int) error {
	freight, err := freightgen.Make(options)
	if err != nil {
		return &usageError{err}
	}
	if err := freshFolder(folder); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	a.data = filepath.Join(folder, "ledger")
	books := filepath.Join(folder, "erp.db")
	url, ended, err := a.startSandbox(ctx, books, sandboxerp.Options{
		Log:     a.logger(),
		AutoPay: sandboxerp.AutoPay{Enabled: true, ShortPayEvery: 20, ShortPayPercent: "5"},
		Faults:  sandboxerp.Faults{DropRate: "0.10", RejectRate: "0.05", Seed: options.Seed},
	})
	if err != nil {
		return err
	}
	a.erp = url
	err = a.withLedger(ctx, func(ctx context.Context, l *ledger) error { return a.tour(ctx, l, freight, edits) })
	stop()
	err = errors.Join(err, <-ended)
	if err == nil {
		a.whatNext(folder, books)
	}
	return err
}

// freshFolder makes a folder for a demo, in place of an earlier demo's.
func freshFolder(folder string) error {
	if entries, err := os.ReadDir(folder); err == nil && len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(folder, demoMark)); err != nil {
			return fmt.Errorf("folder %s is not empty and no demo made it: name another with --folder", folder)
		}
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, demoMark), []byte("made by freightledger demo; it is removed when the demo runs again\n"), 0o644)
}

// tour is the demo's way, told as it goes.
func (a *app) tour(ctx context.Context, l *ledger, freight freightgen.Freight, edits int) error {
	t := freight.Truth
	heading(a.out, "1. Freight")
	fmt.Fprintf(a.out, "%s with %s for %s: %s, %d of them sent twice,\n%s late, %s declined at first, and a desk's records.\n",
		plural(t.Shipments, "shipment", "shipments"), plural(t.Stops, "stop", "stops"), plural(len(freight.Customers), "customer", "customers"),
		plural(t.Messages, "X12 message", "X12 messages"), t.Repeats, plural(t.LateMilestone, "milestone that comes", "milestones that come"), plural(t.TendersTwice, "tender", "tenders"))
	if t.Contracts > 0 {
		fmt.Fprintf(a.out, "%s under a rate agreement in two versions with a fuel index: nobody\nenters their charges, they are rated from what the trucks reported.\n", plural(t.Contracts, "more shipment is", "more shipments are"))
	}
	if err := l.books.PutCustomers(ctx, erpCustomers(freight.Customers)); err != nil {
		return err
	}
	var refused []inbox.RefusedItem
	events := 0
	reports, err := l.takeAll(ctx, len(freight.Files), func(i int) (inbox.Content, error) {
		f := freight.Files[i]
		return inbox.Content{Channel: f.Channel, Name: f.Name, Bytes: f.Content}, nil
	})
	if err != nil {
		return err
	}
	for _, report := range reports {
		refused = append(refused, report.Refused...)
		events += report.Events
	}
	fmt.Fprintf(a.out, "Taken in as %d events; %s refused.\n", events, plural(len(refused), "item was", "items were"))
	for _, r := range refused[:min(len(refused), 5)] {
		fmt.Fprintf(a.out, "  %s: %s\n", printable(r.Place), printable(r.Reason))
	}

	heading(a.out, "2. Billed, posted, paid")
	fmt.Fprintln(a.out, "The ERP loses one answer in ten after booking, and refuses one request in twenty.")
	settled, err := l.settle(ctx)
	if err != nil {
		return err
	}
	settled.print(a)
	if err := a.checkTruth(ctx, l, t); err != nil {
		return err
	}

	heading(a.out, "3. Stories")
	stories, err := freightgen.Stories()
	if err != nil {
		return err
	}
	fmt.Fprintln(a.out, "What happens to few shipments, and where the money leaks: one customer each.")
	if err := a.tellStories(ctx, l, stories); err != nil {
		return err
	}

	heading(a.out, "4. Computed again")
	again, err := recompute.Run(ctx, l.store, l.codec, nil)
	if err != nil {
		return err
	}
	again.WriteText(a.out)
	if !again.Equal() {
		return errors.New("amounts in the history are not what they are computed from")
	}

	heading(a.out, "5. Reconciled")
	report, err := l.reconcile(ctx, "", reconciler.Options{})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s and %s compared with the ERP's ledger: %s.\n", plural(report.Documents.Compared, "document", "documents"), plural(report.Entries.Compared, "entry", "entries"), plural(report.BreakCount, "break", "breaks"))
	if err := report.Err(); err != nil {
		return err
	}

	heading(a.out, "6. Tampered with")
	done, err := tamper(ctx, l.books, edits, 7)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s made directly in the ERP's ledger. Reconciled again:\n\n", plural(len(done), "edit was", "edits were"))
	report, err = l.reconcile(ctx, "", reconciler.Options{})
	if err != nil {
		return err
	}
	return a.compareEdits(done, report)
}

// checkTruth holds what was billed against the generator's own plan.
func (a *app) checkTruth(ctx context.Context, l *ledger, t freightgen.Truth) error {
	rows, err := l.views.Dispositions(ctx)
	if err != nil {
		return err
	}
	billed := map[domain.ChargeKind]decimal.Decimal{}
	for _, r := range rows {
		if r.Disposition == views.Billed {
			billed[r.Kind] = billed[r.Kind].Add(r.Amount.Amount())
		}
	}
	heading(a.out, "Against the generator's own plan")
	table := a.table("kind", "planned", "billed", "difference")
	off := false
	for _, row := range []struct {
		kind domain.ChargeKind
		plan decimal.Decimal
	}{{domain.Freight, t.Freight}, {domain.FuelSurcharge, t.Fuel}, {domain.Accessorial, t.Accessorial}} {
		difference := billed[row.kind].Sub(row.plan)
		off = off || !difference.IsZero()
		table.row(row.kind, grouped(row.plan), grouped(billed[row.kind]), grouped(difference))
	}
	if err := table.flush(); err != nil {
		return err
	}
	held := 0
	for _, n := range t.Held {
		held += n
	}
	fmt.Fprintf(a.out, "%s held back, with %s USD: freightledger list held says why.\n", plural(held, fmt.Sprintf("of %d shipments is", t.Shipments), fmt.Sprintf("of %d shipments are", t.Shipments)), grouped(t.HeldMoney))
	if off {
		return errors.New("what was billed is not what was planned")
	}
	return nil
}

func grouped(d decimal.Decimal) string {
	m, err := money.New(d, "USD")
	if err != nil {
		return d.String()
	}
	return m.Grouped()
}

// compareEdits prints each edit beside the break that found it.
func (a *app) compareEdits(done []edit, report *reconciler.Report) error {
	found := map[string]reconciler.Break{}
	for _, b := range report.Breaks {
		found[b.Number] = b
	}
	table := a.table("edit", "document", "entry", "change", "found as")
	missed := 0
	for _, e := range done {
		b, ok := found[e.Document]
		as := "NOT FOUND"
		if ok {
			as = string(b.Kind)
		} else {
			missed++
		}
		table.row(e.Kind, e.Document, e.Ref, e.Change, as)
	}
	if err := table.flush(); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "\n%s, %s, %d not found.\n", plural(len(done), "edit", "edits"), plural(report.BreakCount, "break", "breaks"), missed)
	if missed > 0 || report.BreakCount != len(done) {
		return errors.New("the reconciliation did not name exactly the edits")
	}
	return nil
}

func (a *app) whatNext(folder, books string) {
	heading(a.out, "Try next")
	program, data := "freightledger", "--data "+filepath.Join(folder, "ledger")
	if strings.ContainsRune(os.Args[0], filepath.Separator) {
		program = os.Args[0] // as it was called
	}
	for _, line := range []string{
		program + " " + data + " trace INV-2026-000001          # an invoice down to the EDI segments it came from",
		program + " " + data + " replay SH-000001               # a shipment's history, as known at any instant",
		program + " " + data + " trace CT-000001 --charge fuel         # how an amount was computed, step by step",
		program + " " + data + " recompute                      # every amount again, from the history alone",
		program + " " + data + " search BOL-000042              # anything by any number",
		program + " " + data + " list held                      # what is not billed, and why",
		program + " sandbox-erp serve --books " + books + " &",
		program + " " + data + " --erp http://127.0.0.1:8090 reconcile   # the edits, one by one",
		program + " " + data + " --erp http://127.0.0.1:8090 serve       # the same as an API",
	} {
		fmt.Fprintln(a.out, "  "+line)
	}
}
