package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/spf13/cobra"
)

func (a *app) whatIfCommand() *cobra.Command {
	var asOf string
	var reports []string
	cmd := &cobra.Command{
		Use:   "whatif SHIPMENT --report \"STOP KIND TIME ZONE\"",
		Short: "Price a shipment as if something else had been reported, and show the difference by charge",
		Long: `whatif rates a shipment as it stands (or stood at --as-of), and again with the
reports in place of what was reported for their stops: the argument of a
dispute, with its price. Nothing is recorded.

A report is a stop's number, a kind of milestone (arrived-delivery, unloaded,
departed-delivery, arrived-pickup, loaded, departed-pickup …), the local time
and the zone. --report may be repeated.`,
		Example: `  freightledger whatif SH-000001 --report "2 arrived-delivery 2026-03-05T10:05:00 America/Chicago"
  freightledger whatif SH-000001 --as-of 2026-03-10 --report "2 departed-delivery 2026-03-05T12:00:00 -06:00" --json`,
		Args: exactArgs(1, "a shipment"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(reports) == 0 {
				return &usageError{fmt.Errorf("whatif wants at least one --report: see freightledger whatif --help")}
			}
			milestones := make([]domain.Milestone, len(reports))
			for i, text := range reports {
				var err error
				if milestones[i], err = parseReport(text); err != nil {
					return &usageError{err}
				}
			}
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				at, err := l.instant(ctx, asOf)
				if err != nil {
					return err
				}
				w, err := l.tracer().Ask(ctx, domain.ShipmentID(args[0]), at, milestones)
				if err != nil {
					return err
				}
				return a.printTree(w, w.WriteText)
			})
		},
	}
	cmd.Flags().StringVar(&asOf, "as-of", "", "as known at "+asOfUsage)
	cmd.Flags().StringArrayVar(&reports, "report", nil, "a report: stop, kind, local time and zone")
	return cmd
}

// parseReport reads "2 arrived-delivery 2026-03-05T10:05:00 America/Chicago".
func parseReport(text string) (domain.Milestone, error) {
	fields := strings.Fields(text)
	if len(fields) != 4 {
		return domain.Milestone{}, fmt.Errorf("report %q: want a stop, a kind, a local time and a zone", text)
	}
	stop, err := strconv.Atoi(fields[0])
	if err != nil {
		return domain.Milestone{}, fmt.Errorf("report %q: stop %q is no number", text, fields[0])
	}
	zone, err := parseZone(fields[3])
	if err != nil {
		return domain.Milestone{}, fmt.Errorf("report %q: %w", text, err)
	}
	at, err := time.ParseInLocation(domain.LocalLayout, fields[2], zone)
	if err != nil {
		return domain.Milestone{}, fmt.Errorf("report %q: time %q: want one like 2026-03-05T10:05:00", text, fields[2])
	}
	return domain.Milestone{Stop: stop, Kind: fields[1], At: domain.MomentIn(at, zone)}, nil
}

// parseZone reads an IANA name or an offset like -06:00.
func parseZone(s string) (*time.Location, error) {
	if t, err := time.Parse("-07:00", s); err == nil {
		_, offset := t.Zone()
		return time.FixedZone(s, offset), nil
	}
	zone, err := time.LoadLocation(s)
	if err != nil || s == "" || s == "Local" {
		return nil, fmt.Errorf("zone %q: want a name like America/Chicago or an offset like -06:00", s)
	}
	return zone, nil
}
