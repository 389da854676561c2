package main

import (
	"fmt"

	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/spf13/cobra"
)

// What the sandbox ERP's own clerks do: freightledger only hears of it.

func (a *app) sandboxReceiptCommand() *cobra.Command {
	var r sandboxerp.ReceiptInput
	cmd := &cobra.Command{
		Use:   "receipt",
		Short: "Let the sandbox ERP book a receipt of its bank",
		Long: `receipt books cash of a customer in the sandbox ERP. The next settle takes it in
as a payment of the number that is printed, and applies it to the invoice that
--invoice names.`,
		Example: `  freightledger sandbox-erp receipt --customer ACME --amount 997.00 --date 2026-03-20 --invoice INV-2026-000001
  freightledger sandbox-erp receipt --customer ACME --amount 500.00 --currency CAD --date 2026-03-20 --erp http://127.0.0.1:8090`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			erp, err := a.erpClient()
			if err != nil {
				return err
			}
			r.Remittance = r.Invoice
			booked, err := erp.PutReceipt(cmd.Context(), r)
			if err != nil {
				return err
			}
			fmt.Fprintln(a.out, booked.Number, "booked")
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.Customer, "customer", "", "who paid")
	f.StringVar(&r.Amount, "amount", "", "like 997.00")
	f.StringVar(&r.Currency, "currency", "USD", "of the amount")
	f.StringVar(&r.Date, "date", "", "on which the bank booked it")
	f.StringVar(&r.Invoice, "invoice", "", "number of the invoice that the payer names")
	f.StringVar(&r.Reference, "reference", "", "of the transfer")
	required(cmd, "customer", "amount", "date")
	return cmd
}

func (a *app) sandboxReturnCommand() *cobra.Command {
	var r sandboxerp.ReturnInput
	cmd := &cobra.Command{
		Use:   "return RECEIPT",
		Short: "Let the sandbox ERP book that its bank took a receipt back",
		Long: `return books in the sandbox ERP that the bank took a receipt back, and prints the
number of that document. Its clerk tells the ledger with the command
ReversePayment.`,
		Example: `  freightledger sandbox-erp return RCPT-00000003 --date 2026-03-24 --reason "account closed"`,
		Args:    exactArgs(1, "the number of a receipt"),
		RunE: func(cmd *cobra.Command, args []string) error {
			erp, err := a.erpClient()
			if err != nil {
				return err
			}
			booked, err := erp.ReturnReceipt(cmd.Context(), args[0], r)
			if err != nil {
				return err
			}
			fmt.Fprintln(a.out, booked.Number, "booked")
			return nil
		},
	}
	cmd.Flags().StringVar(&r.Date, "date", "", "on which the bank took it back")
	cmd.Flags().StringVar(&r.Reason, "reason", "", "what the bank says")
	required(cmd, "date", "reason")
	return cmd
}

func (a *app) sandboxPeriodCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "period MONTH open|closed",
		Short:   "Open or close a month of the sandbox ERP's books",
		Example: `  freightledger sandbox-erp period 2026-02 closed --erp http://127.0.0.1:8090`,
		Args:    exactArgs(2, "a month and open or closed"),
		RunE: func(cmd *cobra.Command, args []string) error {
			erp, err := a.erpClient()
			if err != nil {
				return err
			}
			if err := erp.SetPeriod(cmd.Context(), args[0], args[1]); err != nil {
				return err
			}
			fmt.Fprintln(a.out, args[0], "is", args[1])
			return nil
		},
	}
}
