package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/freightledger/freightledger/integrations/bank"
	"github.com/freightledger/freightledger/integrations/desk"
	"github.com/freightledger/freightledger/integrations/edi"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/integrations/rates"
	"github.com/freightledger/freightledger/integrations/scms"
	"github.com/freightledger/freightledger/integrations/terms"
	"github.com/spf13/cobra"
)

// maxImportBytes bounds a file that is taken in: it is held in memory once.
const maxImportBytes = 256 << 20

func (a *app) importCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Take files in: delivery histories, X12 interchanges, desk records, rate agreements, rates of exchange, bank statements",
		Long: `import keeps each file byte for byte in the history, applies what it says, and
carries everything as far as it goes: what is delivered and proven is billed,
and posted when an ERP is named. Importing a file again changes nothing.`,
	}
	cmd.AddCommand(
		a.importFilesCommand(scms.Channel, "scms FILE", "Take in a delivery history (tab-separated, ISO-8859-1)",
			`  freightledger import scms delivery_history.csv
  freightledger import scms delivery_history.csv --erp http://127.0.0.1:8090 --json`, exactArgs(1, "one file")),
		a.importFilesCommand(edi.Channel, "edi FILE...", "Take in X12 interchanges: 204, 990, 214, 820",
			`  freightledger import edi tender.x12 answer.x12
  freightledger import edi inbound/*.x12 --json`, someArgs("at least one file")),
		a.importFilesCommand(desk.Channel, "desk FILE...", "Take in a desk's commands as JSON lines",
			`  freightledger import desk desk.jsonl
  echo '{"command":"VerifyPOD","body":{"shipment":"SH-000001","outcome":"clean","by":"billing"}}' | freightledger import desk -`, someArgs("at least one file")),
		a.importFilesCommand(terms.Channel, "terms FILE...", "Adopt rate agreements, tax rules and charts of accounts, set up issuers, publish fuel indexes (YAML or JSON)",
			`  freightledger terms check agreements/*.yaml
  freightledger import terms agreements/*.yaml eia-diesel.yaml
  freightledger import terms chart.yaml`, someArgs("at least one file")),
		a.importFilesCommand(rates.Channel, "rates FILE...", "Take in rates of exchange as the European Central Bank and the Bank of Canada publish them (CSV, zip)",
			`  freightledger import rates eurofxref-hist.zip eurofxref.csv
  freightledger import rates fx-usd-cad.csv`, someArgs("at least one file")),
		a.importFilesCommand(bank.Camt053Channel, "camt053 FILE...", "Take in bank statements (ISO 20022 camt.053)",
			`  freightledger bank adopt DE89370400440532013000 --source bank --from 2026-03-01 --currency EUR
  freightledger import camt053 statements/*.xml`, someArgs("at least one file")),
		a.importBankCSVCommand(),
	)
	return cmd
}

func someArgs(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return &usageError{fmt.Errorf("%s wants %s: see %s --help", cmd.CommandPath(), what, cmd.CommandPath())}
		}
		return nil
	}
}

func (a *app) importFilesCommand(channel, use, short, example string, args cobra.PositionalArgs) *cobra.Command {
	var noSettle bool
	cmd := &cobra.Command{Use: use, Short: short, Example: example, Args: args,
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				return a.importAndSettle(ctx, l, channel, files, noSettle)
			})
		}}
	cmd.Flags().BoolVar(&noSettle, "no-settle", false, "only take the files in; `freightledger settle` carries them on")
	return cmd
}

// importAndSettle takes files in and carries on what they say.
func (a *app) importAndSettle(ctx context.Context, l *ledger, channel string, files []string, noSettle bool) error {
	reports, err := a.importFiles(ctx, l, channel, files)
	if err != nil {
		return err
	}
	return a.carryOn(ctx, l, reports, noSettle)
}

// carryOn carries on what was taken in, unless told not to, and prints what
// became of it.
func (a *app) carryOn(ctx context.Context, l *ledger, reports []inbox.Report, noSettle bool) error {
	var settled *settleReport
	if !noSettle {
		var err error
		if settled, err = l.settle(ctx); err != nil {
			return err
		}
	}
	return a.printImport(reports, settled)
}

// importFiles takes files in, one after the other.
func (a *app) importFiles(ctx context.Context, l *ledger, channel string, files []string) ([]inbox.Report, error) {
	message := func(i int) (inbox.Content, error) {
		content, err := readBounded(files[i])
		return inbox.Content{Channel: channel, Name: filepath.Base(files[i]), Bytes: content}, err
	}
	if len(files) > 1 {
		return l.takeAll(ctx, len(files), message)
	}
	c, err := message(0)
	if err != nil {
		return nil, err
	}
	report, err := l.take(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", files[0], err)
	}
	return []inbox.Report{report}, nil
}

// readBounded reads a file, or standard input for "-".
func readBounded(path string) ([]byte, error) {
	var from io.Reader = os.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, fmt.Errorf("%s is a folder: name its files", path)
		}
		from = f
	}
	content, err := io.ReadAll(io.LimitReader(from, maxImportBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(content) > maxImportBytes {
		return nil, fmt.Errorf("%s is over %d MiB: split it", path, maxImportBytes>>20)
	}
	if len(content) == 0 {
		return nil, fmt.Errorf("%s is empty", path)
	}
	return content, nil
}

// refusedShown is how many refused items are printed; the list has them all.
const refusedShown = 20

// printImport prints what became of the files; dead letters make the exit code.
func (a *app) printImport(reports []inbox.Report, settled *settleReport) error {
	refused := 0
	for _, r := range reports {
		refused += len(r.Refused)
	}
	if a.json {
		if err := a.printJSON(struct {
			Messages []inbox.Report `json:"messages"`
			Settled  *settleReport  `json:"settled,omitempty"`
		}{reports, settled}); err != nil {
			return err
		}
	} else {
		t := a.table("message", "items", "applied", "unchanged", "refused", "new events")
		for _, r := range reports {
			t.row(r.Name, r.Items, r.Applied, r.Repeated, len(r.Refused), r.Events)
		}
		if err := t.flush(); err != nil {
			return err
		}
		shown := 0
		for _, r := range reports {
			for _, x := range r.Refused {
				if shown++; shown > refusedShown {
					continue
				}
				fmt.Fprintf(a.out, "\n%s, %s: %s: %s\n", printable(r.Name), printable(x.Place), x.Code, printable(x.Reason))
				if x.Remedy != "" {
					fmt.Fprintf(a.out, "  remedy: %s\n", printable(x.Remedy))
				}
			}
		}
		if shown > refusedShown {
			fmt.Fprintf(a.out, "\n… and %d more\n", shown-refusedShown)
		}
		if settled != nil {
			settled.print(a)
		}
	}
	if refused > 0 {
		return &exit{exitRefused, errors.New(plural(refused, "item was", "items were") + " refused and kept as dead letters: see freightledger dead-letters list")}
	}
	return nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
