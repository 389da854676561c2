package main

import (
	"context"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/spf13/cobra"
)

// lister runs a list and prints it.
type lister func(use, short, example string, list func(ctx context.Context, v *views.Views, limit int) (any, table, error)) *cobra.Command

// listAccounts adds what is said of customers' accounts as of a date.
func (a *app) listAccounts(add lister) {
	today := time.Now().UTC().Format(domain.DayLayout)
	var customer, asOf, from string
	var days int
	narrow := func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&customer, "customer", "", "only this customer")
		cmd.Flags().StringVar(&asOf, "as-of", today, "at the end of this date")
	}
	narrow(add("receivables", "Open amounts by customer and age", "  freightledger list receivables --as-of 2013-10-31",
		func(ctx context.Context, v *views.Views, _ int) (any, table, error) {
			rows, err := v.Receivables(ctx, asOf, domain.CustomerID(customer))
			t := a.table("customer", "invoices", "current", "1-30", "31-60", "61-90", "over 90", "open")
			for _, r := range rows {
				t.row(r.Customer, r.Invoices, r.Current.Grouped(), r.To30.Grouped(), r.To60.Grouped(), r.To90.Grouped(), r.Over90.Grouped(), show(r.Open))
			}
			return rows, t, err
		}))
	narrow(add("reminders", "What customers are to be reminded of, by the levels of their rules", "  freightledger list reminders --customer ACME",
		func(ctx context.Context, v *views.Views, _ int) (any, table, error) {
			rows, err := v.Reminders(ctx, asOf, domain.CustomerID(customer))
			t := a.table("customer", "invoice", "due", "days", "level", "name", "amount")
			for _, r := range rows {
				t.row(r.Customer, r.Number, r.DueDate, r.DaysOverdue, r.Level, r.Name, show(r.Amount))
			}
			return rows, t, err
		}))
	outstanding := add("outstanding", "Days of sales outstanding: receivable by billed, times days", "  freightledger list outstanding --days 90",
		func(ctx context.Context, v *views.Views, _ int) (any, table, error) {
			rows, err := v.DaysOutstanding(ctx, asOf, days, domain.CustomerID(customer))
			t := a.table("as of", "days", "receivable", "billed", "outstanding")
			for _, r := range rows {
				said := "nothing billed"
				if r.Outstanding != nil {
					said = r.Outstanding.StringFixed(1)
				}
				t.row(r.AsOf, r.Days, show(r.Receivable), show(r.Billed), said)
			}
			return rows, t, err
		})
	narrow(outstanding)
	outstanding.Flags().IntVar(&days, "days", 90, "of billing")
	statement := add("statement", "A customer's account: opening balance, documents, closing balance", "  freightledger list statement --customer ACME --from 2013-10-01 --as-of 2013-10-31",
		func(ctx context.Context, v *views.Views, _ int) (any, table, error) {
			statements, err := v.Statements(ctx, domain.CustomerID(customer), from, asOf)
			t := a.table("date", "document", "kind", "invoice", "due", "amount", "balance")
			for _, s := range statements {
				t.row(s.From, "", "opening balance", "", "", "", show(s.Opening))
				for _, l := range s.Documents {
					t.row(l.Date, l.Document, l.Kind, l.Invoice, l.DueDate, l.Amount.Grouped(), l.Balance.Grouped())
				}
				t.row(s.To, "", "closing balance", "", "", "", show(s.Closing))
			}
			return statements, t, err
		})
	narrow(statement)
	statement.Flags().StringVar(&from, "from", "", "the first date of the period")
	required(statement, "customer", "from")
}
