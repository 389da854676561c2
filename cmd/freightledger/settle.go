package main

import (
	"context"
	"fmt"

	"github.com/freightledger/freightledger/projections/erp"
	"github.com/freightledger/freightledger/projections/flow"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

func (a *app) settleCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "settle",
		Short: "Carry everything as far as it goes: bill, post, take cash, apply it",
		Long: `settle runs the policies until nothing more follows: what is delivered and
proven is claimed, billed by payor and period, numbered and issued; with an
ERP its customers are read, documents are posted with exactly-once effect, and
receipts are taken in and applied. It may be interrupted and run again.`,
		Example: `  freightledger settle --erp http://127.0.0.1:8090
  freightledger settle --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				report, err := l.settle(ctx)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(report)
				}
				report.print(a)
				return nil
			})
		},
	}
}

// settleReport is what a settle has done.
type settleReport struct {
	Reactions int            `json:"reactions"`
	Refused   int            `json:"refused_reactions"`
	Customers int            `json:"customers_changed"`
	Posted    int            `json:"posted"`
	Found     int            `json:"found_after_lost_answers"`
	Rejected  int            `json:"rejected"`
	Parked    int            `json:"parked"`
	Problems  []string       `json:"problems,omitempty"`
	Waiting   int            `json:"waiting"`            // documents that the ERP has not answered
	ERPDown   string         `json:"erp_down,omitempty"` // what it said last
	Receipts  int            `json:"receipts"`
	Noted     int            `json:"receipts_booked_by_banks"` // the ERP's, noted and not received
	Matched   int            `json:"receipts_matched"`         // of both sources
	Unapplied int            `json:"unapplied_payments"`
	Summary   *views.Summary `json:"summary"`
	withERP   bool
}

// settle carries everything as far as it goes. Each round lets what the one
// before it recorded have its consequences; it ends when a round adds nothing.
func (l *ledger) settle(ctx context.Context) (*settleReport, error) {
	report := &settleReport{withERP: l.books != nil}
	if l.books != nil {
		masters, err := erp.SyncCustomers(ctx, l.books, l.exec)
		if err != nil {
			return report, fmt.Errorf("sync customers with the ERP: %w", err)
		}
		report.Customers = masters.Changed
		for id, why := range masters.Refused {
			report.Problems = append(report.Problems, fmt.Sprintf("customer %s: %s", id, why))
		}
	}
	for {
		before, err := l.store.Head(ctx)
		if err != nil {
			return report, err
		}
		if err := l.settleOnce(ctx, report); err != nil {
			return report, err
		}
		if after, err := l.store.Head(ctx); err != nil {
			return report, err
		} else if after == before || report.Waiting > 0 {
			break
		}
	}
	if err := l.refresh(ctx); err != nil {
		return report, err
	}
	summary, err := l.views.Summary(ctx)
	report.Summary = &summary
	return report, err
}

func (l *ledger) settleOnce(ctx context.Context, report *settleReport) error {
	show, finish := l.bars.stage("policies")
	done, err := l.flow.Settle(ctx, func(p flow.Progress) { show(p.Reactions, 0) })
	finish()
	if err != nil {
		return fmt.Errorf("run policies: %w", err)
	}
	report.Reactions += done.Reactions
	report.Refused += done.Refused
	if l.books == nil {
		return l.takeCash(ctx, report)
	}
	// While documents are posted, the read models catch up: cash is matched by
	// invoice number in them.
	var posted erp.Report
	both, running := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		show, finish := l.bars.stage("posting to the ERP")
		defer finish()
		if posted, err = l.poster.PostAll(running, func(r erp.Report) { show(r.Confirmed, 0) }); err != nil {
			return fmt.Errorf("post to the ERP: %w", err)
		}
		return nil
	})
	both.Go(func() error { return l.refresh(running) })
	if err := both.Wait(); err != nil {
		return err
	}
	report.Posted += posted.Confirmed
	report.Found += posted.Found
	report.Rejected += posted.Rejected
	report.Parked += posted.Parked
	report.Problems = append(report.Problems, posted.Problems...)
	report.Waiting, report.ERPDown = posted.Left.Requested, ""
	if report.Waiting > 0 {
		report.ERPDown = posted.Circuit.LastError
		return nil // nothing more to be had from it now
	}
	return l.takeCash(ctx, report)
}

// takeCash takes the ERP's receipts and means all cash for invoices.
func (l *ledger) takeCash(ctx context.Context, report *settleReport) error {
	if err := l.refresh(ctx); err != nil {
		return err
	}
	cash, err := l.cash.Receive(ctx)
	if err != nil {
		return fmt.Errorf("take receipts: %w", err)
	}
	report.Receipts += cash.Received
	report.Noted += cash.Noted
	report.Matched += cash.Matched
	report.Unapplied = cash.Unapplied
	return nil
}

func (r *settleReport) print(a *app) {
	fmt.Fprintf(a.out, "\n%s followed by policy", plural(r.Reactions, "command", "commands"))
	if r.withERP {
		fmt.Fprintf(a.out, "; %s posted (%d found after a lost answer, %d rejected, %d parked); %s taken in",
			plural(r.Posted, "document", "documents"), r.Found, r.Rejected, r.Parked, plural(r.Receipts, "receipt", "receipts"))
	} else {
		fmt.Fprint(a.out, "; no ERP is named, so nothing was posted")
	}
	fmt.Fprintln(a.out)
	if r.Waiting > 0 {
		fmt.Fprintf(a.out, "  the ERP does not answer (%s): %s until freightledger settle is run again\n", printable(r.ERPDown), plural(r.Waiting, "document waits", "documents wait"))
	}
	for _, p := range r.Problems {
		fmt.Fprintln(a.out, "  problem:", printable(p))
	}
	if r.Summary != nil {
		a.printSummary(*r.Summary)
	}
}
