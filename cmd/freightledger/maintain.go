package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/integrations/freightgen"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/google/uuid"
	"github.com/spf13/cobra"
)

// newRequest is a request that a person makes once.
func newRequest(actor, via string) eventstore.Request {
	return eventstore.Request{ID: uuid.New(), Actor: actor, Via: via}
}

// storedEvent is an event as it is shown.
type storedEvent struct {
	Stream   string          `json:"stream"`
	Revision uint64          `json:"revision"`
	Type     string          `json:"type"`
	ID       uuid.UUID       `json:"id"`
	Recorded time.Time       `json:"recorded"`
	Body     json.RawMessage `json:"body"`
}

func eventsOf(r eventstore.Result) []storedEvent {
	events := make([]storedEvent, len(r.Events))
	for i, e := range r.Events {
		events[i] = storedEvent{e.Stream, e.Revision, e.Type, e.ID, e.Meta.RecordedAt, e.Data}
	}
	return events
}

func (a *app) projectionsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "projections", Short: "Rebuild or dump the read models, or show who works on them"}
	cmd.AddCommand(
		&cobra.Command{
			Use:   "leases",
			Short: "Show which process follows the history for what, and until when it holds the lease",
			Long: `leases shows who does what when several processes share a history on a server:
each of read models, policies, posting, cash and customers is done by one of
them, which holds a lease on it. When it is killed another takes over.`,
			Example: "  freightledger projections leases --store esdb://127.0.0.1:2113?tls=false",
			Args:    cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
					leases, err := l.leases(ctx)
					if err != nil {
						return err
					}
					if a.json {
						return a.printJSON(leases)
					}
					for _, lease := range leases {
						fmt.Fprintf(a.out, "%-10s %s, until %s\n", lease.Name, cmp.Or(lease.Holder, "nobody"), lease.Expires.Format(time.RFC3339))
					}
					return nil
				})
			},
		},
		&cobra.Command{
			Use:     "rebuild",
			Short:   "Build the read models anew from the first event and swap them in",
			Example: "  freightledger projections rebuild",
			Args:    cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
					if err := l.viewDB.Close(); err != nil {
						return err
					}
					l.viewDB = nil // rebuilt under its name; nobody may hold the old one
					show, finish := l.bars.stage("rebuild")
					at, err := projections.Rebuild(ctx, filepath.Join(l.dir, "views.db"), views.Name, l.store, l.codec, views.Projections(),
						projections.RebuildOptions{Logger: l.log, Progress: func(p projections.Progress) { show(p.Handled, 0) }})
					finish()
					if err != nil {
						return err
					}
					fmt.Fprintf(a.out, "rebuilt from %d events\n", at.Events)
					return nil
				})
			},
		},
		&cobra.Command{
			Use:     "dump",
			Short:   "Print every row of the read models in a canonical form, to compare two of them",
			Example: "  freightledger projections dump | sha256sum",
			Args:    cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
					if err := l.refresh(ctx); err != nil {
						return err
					}
					return l.viewDB.Dump(ctx, a.out)
				})
			},
		})
	return cmd
}

// leases are those on all files.
func (l *ledger) leases(ctx context.Context) (all []projections.Lease, err error) {
	for _, of := range []func(context.Context) ([]projections.Lease, error){l.viewDB.Leases, l.flow.Leases, func(ctx context.Context) ([]projections.Lease, error) {
		if l.outbox == nil {
			return nil, nil
		}
		return l.outbox.Leases(ctx)
	}} {
		leases, err := of(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, leases...)
	}
	return all, nil
}

func (a *app) generateCommand() *cobra.Command {
	var options freightgen.Options
	cmd := &cobra.Command{
		Use:   "generate FOLDER",
		Short: "Write generated freight as files to import: X12 and desk records",
		Example: `  freightledger generate freight --shipments 200 --seed 7
  freightledger import edi freight/*.x12 && freightledger import desk freight/desk.jsonl`,
		Args: exactArgs(1, "a folder"),
		RunE: func(_ *cobra.Command, args []string) error {
			freight, err := freightgen.Make(options)
			if err != nil {
				return &usageError{err}
			}
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			for _, f := range freight.Files {
				if err := os.WriteFile(filepath.Join(args[0], f.Name), f.Content, 0o644); err != nil {
					return err
				}
			}
			customers, err := json.MarshalIndent(erpCustomers(freight.Customers), "", "  ")
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(args[0], "customers.json"), append(customers, '\n'), 0o644); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%d shipments in %d files, and customers.json for the ERP\n", freight.Truth.Shipments, len(freight.Files))
			return nil
		},
	}
	cmd.Flags().IntVar(&options.Shipments, "shipments", 2000, "how many")
	cmd.Flags().Uint64Var(&options.Seed, "seed", 1, "one seed gives the same freight for ever")
	return cmd
}

func erpCustomers(from []freightgen.Customer) []sandboxerp.CustomerInput {
	customers := make([]sandboxerp.CustomerInput, len(from))
	for i, c := range from {
		customers[i] = sandboxerp.CustomerInput{Code: c.Code, Name: c.Name, TermsDays: c.TermsDays, Currency: "USD"}
		if t := c.Tax; t != nil {
			customers[i].Tax = &sandboxerp.CustomerTax{Status: t.Status, Country: t.Country, Region: t.Region}
		}
	}
	return customers
}
