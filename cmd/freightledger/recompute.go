package main

import (
	"context"

	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/spf13/cobra"
)

func (a *app) recomputeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "recompute",
		Short: "Compute every amount in the history again and name what differs",
		Long: `recompute proves the amounts: every charge from the basis that is stored with it,
every rating from its stored facts under the version of the agreement and the
index values that the history held at that point, every invoice and credit memo
from its lines. Amounts that somebody entered without a basis are counted as
stated: there is nothing to compute.

It exits with 3 when anything differs, by a cent or by a step of a sheet.`,
		Example: "  freightledger recompute\n  freightledger recompute --json | jq .differences",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				show, finish := l.bars.stage("recompute")
				report, err := recompute.Run(ctx, l.store, l.codec, func(n uint64) { show(int(n), 0) })
				finish()
				if err != nil {
					return err
				}
				if a.json {
					if err := a.printJSON(report); err != nil {
						return err
					}
				} else {
					report.WriteText(a.out)
				}
				if !report.Equal() {
					return &exit{code: exitBreaks}
				}
				return nil
			})
		},
	}
}
