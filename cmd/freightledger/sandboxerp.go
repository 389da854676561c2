package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/integrations/sandboxerp/client"
	"github.com/freightledger/freightledger/integrations/scms"
	"github.com/spf13/cobra"
)

func (a *app) sandboxERPCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sandbox-erp",
		Short: "An ERP to try freightledger against: ledger, customers, periods, faults",
		Long: `sandbox-erp is an HTTP server of its own with customers, periods and a
double-entry ledger. Like most real ERPs it has no idempotency: what is posted
twice is booked twice. It can be told to be slow, down, to reject, or to drop
its answer after booking.`,
	}
	cmd.AddCommand(a.sandboxServeCommand(), a.sandboxCustomersCommand(), a.sandboxAccountsCommand(), a.sandboxReceiptCommand(), a.sandboxReturnCommand(), a.sandboxPeriodCommand(), a.sandboxFaultsCommand(), a.sandboxTamperCommand())
	return cmd
}

func (a *app) sandboxServeCommand() *cobra.Command {
	var addr, books string
	var autopay bool
	var closedBefore string
	var shortEvery int
	var own sandboxerp.OwnAccounts
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the sandbox ERP until interrupted",
		Example: `  freightledger sandbox-erp serve --books erp.db --autopay
  freightledger sandbox-erp serve --addr 127.0.0.1:9100 --short-pay-every 50`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options := sandboxerp.Options{Log: a.logger(), PeriodsClosedBefore: closedBefore, Accounts: own, AutoPay: sandboxerp.AutoPay{Enabled: autopay || shortEvery > 0, ShortPayEvery: shortEvery}}
			erp, err := sandboxerp.Open(books, options)
			if err != nil {
				return err
			}
			listener, err := net.Listen("tcp", addr)
			if err != nil {
				return errors.Join(fmt.Errorf("listen for the sandbox ERP: %w", err), erp.Close())
			}
			fmt.Fprintf(a.out, "sandbox ERP at http://%s, books in %s\n", listener.Addr(), books)
			return errors.Join(sandboxerp.Serve(cmd.Context(), listener, erp), erp.Close())
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8090", "address to listen on")
	cmd.Flags().StringVar(&books, "books", "sandbox-erp.db", "file of its books")
	cmd.Flags().BoolVar(&autopay, "autopay", false, "customers pay each invoice when it is booked, dated when it is due")
	cmd.Flags().StringVar(&closedBefore, "closed-before", "", "months before this one, like 2006-07, are closed")
	cmd.Flags().StringVar(&own.Bank, "bank-account", "1000", "account that receipts go to")
	cmd.Flags().StringVar(&own.UnappliedCash, "unapplied-account", "2100", "account that receipts are owed on until they are applied")
	cmd.Flags().StringSliceVar(&own.Receivable, "receivable-account", []string{"1200"}, "accounts that customers owe on, for --autopay")
	cmd.Flags().IntVar(&shortEvery, "short-pay-every", 0, "every n-th payment is 5 % short (implies --autopay)")
	return cmd
}

func (a *app) sandboxCustomersCommand() *cobra.Command {
	var terms int
	cmd := &cobra.Command{
		Use:   "customers (--scms FILE | FILE.json)",
		Short: "Give the sandbox ERP its customers",
		Example: `  freightledger sandbox-erp customers --scms delivery_history.csv --erp http://127.0.0.1:8090
  freightledger sandbox-erp customers freight/customers.json --erp http://127.0.0.1:8090`,
		Args: cobra.MaximumNArgs(1),
	}
	file := cmd.Flags().String("scms", "", "delivery history whose project codes become customers")
	cmd.Flags().IntVar(&terms, "terms-days", 30, "payment terms of customers from a delivery history")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var customers []sandboxerp.CustomerInput
		switch {
		case *file != "":
			f, err := readHistory(*file)
			if err != nil {
				return err
			}
			for _, code := range f.Customers() {
				customers = append(customers, sandboxerp.CustomerInput{Code: code, Name: "Project " + code, TermsDays: terms, Currency: "USD"})
			}
		case len(args) == 1:
			body, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			if err := json.Unmarshal(body, &customers); err != nil {
				return fmt.Errorf("read customers of %s: %w", args[0], err)
			}
		default:
			return &usageError{errors.New("name a file of customers, or --scms FILE")}
		}
		erp, err := a.erpClient()
		if err != nil {
			return err
		}
		if err := erp.PutCustomers(cmd.Context(), customers); err != nil {
			return err
		}
		fmt.Fprintln(a.out, plural(len(customers), "customer", "customers"), "written")
		return nil
	}
	return cmd
}

func readHistory(path string) (*scms.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	history, err := scms.Read(f, scms.Options{})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Base(path), err)
	}
	return history, nil
}

func (a *app) sandboxFaultsCommand() *cobra.Command {
	var faults sandboxerp.Faults
	cmd := &cobra.Command{
		Use:   "faults",
		Short: "Tell the sandbox ERP how to misbehave; without flags it is healthy again",
		Example: `  freightledger sandbox-erp faults --drop-rate 0.1 --reject-rate 0.1 --erp http://127.0.0.1:8090
  freightledger sandbox-erp faults --erp http://127.0.0.1:8090`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			erp, err := a.erpClient()
			if err != nil {
				return err
			}
			if err := erp.SetFaults(cmd.Context(), faults); err != nil {
				return err
			}
			answer, err := erp.Faults(cmd.Context())
			if err != nil {
				return err
			}
			return a.printJSON(answer)
		},
	}
	f := cmd.Flags()
	f.IntVar(&faults.LatencyMS, "latency-ms", 0, "wait before every answer")
	f.BoolVar(&faults.Down, "down", false, "answer 503 to everything")
	f.StringVar(&faults.RejectRate, "reject-rate", "", "share of requests answered 500 before anything is booked")
	f.StringVar(&faults.DropRate, "drop-rate", "", "share of requests whose answer is lost after booking")
	f.Uint64Var(&faults.Seed, "seed", 1, "seed of the dice")
	return cmd
}

// erpClient is the connector to the ERP that --erp names.
func (a *app) erpClient() (*client.Client, error) {
	if a.erp == "" {
		return nil, &usageError{errors.New("name the ERP with --erp URL or FREIGHTLEDGER_ERP")}
	}
	return client.New(strings.TrimRight(a.erp, "/"), client.Options{})
}

// startSandbox runs a sandbox ERP within this process and returns its URL; it
// ends with ctx.
func (a *app) startSandbox(ctx context.Context, books string, options sandboxerp.Options) (url string, done <-chan error, err error) {
	erp, err := sandboxerp.Open(books, options)
	if err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, errors.Join(err, erp.Close())
	}
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(sandboxerp.Serve(ctx, listener, erp), erp.Close()) }()
	return "http://" + listener.Addr().String(), ended, nil
}
