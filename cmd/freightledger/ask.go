package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/spf13/cobra"
)

func (a *app) traceCommand() *cobra.Command {
	var charge string
	var accounts bool
	cmd := &cobra.Command{
		Use:   "trace INVOICE",
		Short: "Show where an invoice comes from: lines, charges, rules, POD, delivery, raw message",
		Long: `trace prints the tree from an invoice down to the line or segment of the raw
message that each fact came from. INVOICE is its number or id, or a credit
memo's number. With --accounts it shows what its documents book, and which row
of which version of the chart chose each account; that reads the whole history.
With --charge it traces one charge of a shipment.`,
		Example: `  freightledger trace INV-2026-000001
  freightledger trace INV-2026-000001 --accounts
  freightledger trace SH-000001 --charge fuel --json`,
		Args: exactArgs(1, "an invoice number or id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				if charge != "" {
					tree, err := l.tracer().Charge(ctx, domain.ChargeRef{Shipment: domain.ShipmentID(args[0]), Charge: domain.ChargeID(charge)})
					if err != nil {
						return err
					}
					return a.printTree(tree, tree.WriteText)
				}
				tree, err := l.tracer().Invoice(ctx, args[0])
				if err != nil {
					return err
				}
				if accounts {
					if err := l.tracer().Accounts(ctx, l.store, &tree); err != nil {
						return err
					}
				}
				return a.printTree(tree, tree.WriteText)
			})
		},
	}
	cmd.Flags().BoolVar(&accounts, "accounts", false, "show what is booked, and by which rows of the chart")
	cmd.Flags().StringVar(&charge, "charge", "", "trace this charge of the shipment instead")
	return cmd
}

func (a *app) missingCommand() *cobra.Command {
	var asOf string
	cmd := &cobra.Command{
		Use:   "missing SHIPMENT|CANDIDATE",
		Short: "Say why a shipment, or a candidate, is not billed, and what to do about it",
		Example: `  freightledger missing SH-000001
  freightledger missing ACME_2026-10_USD_1 --as-of 2026-10-31 --json`,
		Args: exactArgs(1, "a shipment or a candidate"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := time.Parse(domain.DayLayout, asOf); err != nil {
				return &usageError{fmt.Errorf("--as-of %.20q: want a date like 2026-10-31", asOf)}
			}
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				missing, err := l.tracer().Missing(ctx, args[0], asOf)
				if err != nil {
					return err
				}
				return a.printTree(missing, missing.WriteText)
			})
		},
	}
	cmd.Flags().StringVar(&asOf, "as-of", time.Now().UTC().Format(domain.DayLayout), "what is missing on this date, of what is known now")
	return cmd
}

func (a *app) replayCommand() *cobra.Command {
	var asOf string
	cmd := &cobra.Command{
		Use:   "replay SHIPMENT",
		Short: "Show a shipment's state and timeline as known at an instant, or when it was billed",
		Example: `  freightledger replay SH-000001
  freightledger replay SH-000001 --as-of INV-2026-000001
  freightledger replay ASN-93 --as-of 2026-11-22T10:00:00Z --json`,
		Args: exactArgs(1, "a shipment"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				at, err := l.instant(ctx, asOf)
				if err != nil {
					return err
				}
				replay, err := l.tracer().Replay(ctx, domain.ShipmentID(args[0]), at)
				if err != nil {
					return err
				}
				return a.printTree(replay, replay.WriteText)
			})
		},
	}
	cmd.Flags().StringVar(&asOf, "as-of", "", asOfUsage)
	return cmd
}

const asOfUsage = "an instant like 2026-11-22T10:00:00Z, a day in UTC (its end), or a document's number (when it got it); now when absent"

// instant reads an instant, a day as its last instant, or the number of a
// document as the instant at which it got it.
func (l *ledger) instant(ctx context.Context, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	if t, err := time.Parse(domain.DayLayout, s); err == nil {
		return t.AddDate(0, 0, 1).Add(-time.Nanosecond), nil
	}
	at, err := l.tracer().Numbered(ctx, s)
	if refusal := (*domain.Refusal)(nil); errors.As(err, &refusal) {
		return at, &usageError{fmt.Errorf("instant %q: want 2026-11-22T10:00:00Z, 2026-11-22 or the number of an invoice or credit memo", s)}
	}
	return at, err
}

func (a *app) searchCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "search REFERENCE",
		Short: "Find anything by any number: PRO, BOL, PO, shipment, invoice, receipt, file",
		Example: `  freightledger search BOL-000042
  freightledger search INV-2026 --json`,
		Args: exactArgs(1, "a reference or its beginning"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withViews(cmd.Context(), func(ctx context.Context, v *views.Views) error {
				hits, err := v.Search(ctx, args[0], limit)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(hits)
				}
				if len(hits) == 0 {
					fmt.Fprintf(a.out, "nothing is known by %q\n", printable(args[0]))
					return nil
				}
				t := a.table("reference", "is a", "look at")
				for _, h := range hits {
					t.row(h.Value, h.Kind, h.Stream)
				}
				return t.flush()
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many")
	return cmd
}

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say how the ledger stands: what waits, why, and how much money hangs on it",
		Example: `  freightledger status
  freightledger status --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withViews(cmd.Context(), func(ctx context.Context, v *views.Views) error {
				s, err := v.Summary(ctx)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(s)
				}
				a.printSummary(s)
				return nil
			})
		},
	}
}

func (a *app) printSummary(s views.Summary) {
	heading(a.out, "Ledger: "+plural(int(s.Events), "event", "events"))
	for _, group := range []struct {
		name   string
		counts []views.Count
	}{{"shipments", s.Shipments}, {"invoices", s.Invoices}, {"postings", s.Postings}} {
		parts := make([]string, len(group.counts))
		for i, c := range group.counts {
			parts[i] = fmt.Sprintf("%d %s", c.Count, c.Name)
		}
		if len(parts) > 0 {
			fmt.Fprintf(a.out, "%-11s %s\n", group.name, strings.Join(parts, ", "))
		}
	}
	if len(s.Money) > 0 {
		heading(a.out, "Money between dispatch and cash")
		t := a.table("stage", "count", "amount")
		for _, m := range s.Money {
			t.row(m.Stage, m.Count, m.Amount.Grouped()+" "+string(m.Amount.Currency()))
		}
		_ = t.flush() // a writer that fails fails at the next line too
	}
	for _, wait := range []struct {
		n         int
		one, many string
		where     string
	}{
		{s.Exceptions, "open exception", "open exceptions", " (freightledger list exceptions)"}, {s.HeldCharges, "charge held", "charges held", " (freightledger list held)"},
		{s.Blocked, "candidate blocked by master data", "candidates blocked by master data", ""},
		{s.DeadLetters, "dead letter", "dead letters", " (freightledger dead-letters list)"},
		{s.HeldPayments, "remittance held", "remittances held", ""}, {s.OpenDisputes, "open dispute", "open disputes", " (freightledger list disputes --open)"},
	} {
		if wait.n > 0 {
			fmt.Fprintf(a.out, "waiting     %s%s\n", plural(wait.n, wait.one, wait.many), wait.where)
		}
	}
	for _, cash := range s.UnappliedCash {
		if !cash.IsZero() {
			fmt.Fprintf(a.out, "unapplied   %s %s\n", cash.Grouped(), cash.Currency())
		}
	}
}

// commandCommand asks for one command, as a desk or a script would.
func (a *app) commandCommand() *cobra.Command {
	var actor string
	cmd := &cobra.Command{
		Use:   "command NAME BODY",
		Short: "Ask for one command, like resolving an exception or approving a charge",
		Long: `command asks for one command with its body as JSON; - reads it from standard
input. The names and their fields are listed in docs/COMMANDS.md.`,
		Example: `  freightledger command ResolveException '{"shipment":"ASN-22935","exception":"pod-before-delivery-1","resolution":"date confirmed","by":"billing"}'
  freightledger command ApproveCharge '{"shipment":"SH-000001","charge":"DET-1","amount":{"amount":"120.00","currency":"USD"},"by":"billing"}' --json`,
		Args: exactArgs(2, "a command's name and its body"),
		RunE: func(cmd *cobra.Command, args []string) error {
			body := []byte(args[1])
			if args[1] == "-" {
				var err error
				if body, err = readBounded("-"); err != nil {
					return err
				}
			}
			c, err := domain.DecodeCommand(args[0], body)
			if err != nil {
				return &usageError{err}
			}
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				result, err := l.asked.Execute(ctx, c, newRequest(actor, "command line: "+c.CommandName()))
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(eventsOf(result))
				}
				if len(result.Events) == 0 {
					fmt.Fprintln(a.out, "nothing had to change")
				}
				for _, e := range result.Events {
					fmt.Fprintf(a.out, "%s  %s %d\n", e.Type, e.Stream, e.Revision)
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&actor, "actor", envOr("USER", "operator"), "who asks")
	return cmd
}

// withViews opens the data folder with its read models up to date.
func (a *app) withViews(ctx context.Context, use func(context.Context, *views.Views) error) error {
	return a.withLedger(ctx, func(ctx context.Context, l *ledger) error {
		if err := l.refresh(ctx); err != nil {
			return err
		}
		return use(ctx, l.views)
	})
}

// printTree prints a trace or a replay.
func (a *app) printTree(v any, text func(io.Writer) error) error {
	if a.json {
		return a.printJSON(v)
	}
	return text(a.out)
}
