package main

import (
	"context"
	"errors"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/spf13/cobra"
)

func (a *app) recomputeCommand() *cobra.Command {
	var shipment, invoice string
	cmd := &cobra.Command{
		Use:   "recompute",
		Short: "Compute every amount in the history again and name what differs",
		Long: `recompute proves the amounts: every charge from the basis that is stored with it,
every rating from its stored facts under the version of the agreement and the
index values that the history held at that point, every invoice from its lines
and the tax that the rules of its issuer decide, every credit memo from its
invoice and what was given back of it before. The versions have to be those that
were in force by what was known. Amounts that somebody entered without a basis
are counted as stated: there is nothing to compute.

With --shipment or --invoice it reads no more than the streams that one shipment
or one invoice rests on. An invoice is named by its id, its number or that of a
credit memo.

It exits with 3 when anything differs, by a cent or by a step of a sheet.`,
		Example: `  freightledger recompute
  freightledger recompute --shipment SH-000001
  freightledger recompute --invoice INV-2026-000001 --json | jq .differences`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			one, other := cmd.Flags().Changed("shipment"), cmd.Flags().Changed("invoice")
			if one && other {
				return &usageError{errors.New("recompute: want --shipment or --invoice, not both")}
			}
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				var report recompute.Report
				var err error
				switch {
				case one:
					report, err = recompute.Of(ctx, l.store, l.codec, domain.ShipmentID(shipment).Stream())
				case other:
					var id domain.InvoiceID
					if id, err = l.tracer().InvoiceID(ctx, invoice); err == nil {
						report, err = recompute.Of(ctx, l.store, l.codec, id.Stream())
					}
				default:
					show, finish := l.bars.stage("recompute")
					report, err = recompute.Run(ctx, l.store, l.codec, func(n uint64) { show(int(n), 0) })
					finish()
				}
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
	cmd.Flags().StringVar(&shipment, "shipment", "", "only this shipment")
	cmd.Flags().StringVar(&invoice, "invoice", "", "only this invoice, with its credit memos and shipments")
	return cmd
}
