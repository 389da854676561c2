package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/duplicates"
	"github.com/spf13/cobra"
)

func (a *app) duplicatesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "duplicates",
		Short: "Flag freight that may be billed twice",
		Long: `duplicates reads the whole history and flags shipments that ask money for the
same service under one carrier's PRO, or the same amount under one bill of
lading on one day. Nothing is removed: link a charge of one to the other
(LinkCharge) where they belong together.`,
		Example: "  freightledger duplicates --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				found, err := l.duplicates(ctx)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(found)
				}
				if len(found) == 0 {
					fmt.Fprintln(a.out, "nothing looks as if it were billed twice")
					return nil
				}
				t := a.table("same", "carrier", "number", "date", "amount", "shipments")
				for _, d := range found {
					amount := ""
					if d.Amount.IsSet() {
						amount = show(d.Amount)
					}
					ids := make([]string, len(d.Shipments))
					for i, id := range d.Shipments {
						ids[i] = string(id)
					}
					t.row(d.Kind, d.Carrier, d.Number, d.Date, amount, strings.Join(ids, ", "))
				}
				return t.flush()
			})
		},
	}
}

func (l *ledger) duplicates(ctx context.Context) ([]domain.Duplicate, error) {
	show, finish := l.bars.stage("read every event")
	defer finish()
	return duplicates.Find(ctx, l.store, l.codec, func(n int) { show(n, 0) })
}
