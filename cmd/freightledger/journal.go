package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/spf13/cobra"
)

// bookedDocument is a document of the journal, as the ERP must hold it.
type bookedDocument struct {
	Number    string            `json:"number"`
	Kind      string            `json:"kind"`
	Customer  domain.CustomerID `json:"customer"`
	Date      string            `json:"date"`
	MovedFrom string            `json:"moved_from,omitempty"` // its own date, where that month was closed
	Reference string            `json:"reference"`            // invoice or shipment that it belongs to
	Entries   []bookedEntry     `json:"entries"`
}

type bookedEntry struct {
	Account domain.Account `json:"account"`
	Side    domain.Side    `json:"side"`
	Amount  money.Money    `json:"amount"`
	Memo    string         `json:"memo,omitempty"`
}

func (a *app) journalCommand() *cobra.Command {
	var customer, period string
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "Print what the history books, document by document",
		Long: `journal reads the whole history and prints the documents that it books, with
their entries: what the ERP's ledger must hold, in the order in which it was
decided. A document of a closed month is in the one that it was moved to.`,
		Example: `  freightledger journal --customer ACME
  freightledger journal --period 2026-02 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := time.Parse("2006-01", period); err != nil && period != "" {
				return &usageError{fmt.Errorf("--period %.20q: want a month like 2026-02", period)}
			}
			return a.withLedger(cmd.Context(), func(ctx context.Context, l *ledger) error {
				all, err := l.journal(ctx)
				if err != nil {
					return err
				}
				some := []bookedDocument{}
				for _, d := range all {
					if (customer == "" || string(d.Customer) == customer) && strings.HasPrefix(d.Date, period) {
						some = append(some, d)
					}
				}
				if a.json {
					return a.printJSON(some)
				}
				t := a.table("date", "document", "kind", "of", "account", "debit", "credit", "memo")
				for _, d := range some {
					for _, e := range d.Entries {
						debit, credit := show(e.Amount), ""
						if e.Side == domain.CreditSide {
							debit, credit = credit, debit
						}
						t.row(d.Date, d.Number, d.Kind, d.Reference, e.Account, debit, credit, e.Memo)
					}
				}
				return t.flush()
			})
		},
	}
	cmd.Flags().StringVar(&customer, "customer", "", "only this customer's")
	cmd.Flags().StringVar(&period, "period", "", "only this month's, like 2026-02")
	return cmd
}

// journal books the whole history.
func (l *ledger) journal(ctx context.Context) ([]bookedDocument, error) {
	show, finish := l.bars.stage("read every event")
	defer finish()
	var all []bookedDocument
	at := map[string]int{} // of a document's number
	charts, memory := domain.Charts{}, domain.MapMemory{}
	n := 0
	for r, err := range l.store.ReadAll(ctx, eventstore.Start) {
		if err != nil {
			return nil, err
		}
		e, err := l.codec.Decode(r)
		if err != nil {
			return nil, err
		}
		switch x := e.Event.(type) {
		case domain.ChartAdopted:
			charts = charts.With(x)
		case domain.PostingRedated:
			if i, booked := at[x.Document]; booked {
				if all[i].MovedFrom == "" {
					all[i].MovedFrom = all[i].Date
				}
				all[i].Date = x.To
			}
		}
		d, books, err := charts.Book(e.Event, memory)
		if err != nil {
			return nil, err
		}
		if books {
			at[d.Number] = len(all)
			all = append(all, booked(d))
		}
		if n++; n%1000 == 0 {
			show(n, 0)
		}
	}
	return all, nil
}

func booked(d domain.Document) bookedDocument {
	b := bookedDocument{Number: d.Number, Kind: d.Kind, Customer: d.Customer, Date: d.Date, Reference: d.Reference, Entries: make([]bookedEntry, len(d.Entries))}
	for i, e := range d.Entries {
		b.Entries[i] = bookedEntry{e.Account, e.Side, e.Amount, e.Memo}
	}
	return b
}
