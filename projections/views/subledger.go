package views

import (
	"context"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// The subledger is what the journal books on accounts receivable, document by
// document: whatever is said of receivables as of a date, of statements and of
// days outstanding is a sum over it, and so agrees with the books.
type subledger struct{ plain }

func (subledger) Name() string { return "subledger" }
func (subledger) Version() int { return 1 }

func (subledger) Schema() []string {
	return []string{`CREATE TABLE subledger (document TEXT PRIMARY KEY, customer TEXT NOT NULL, currency TEXT NOT NULL, date TEXT NOT NULL, kind TEXT NOT NULL,
	invoice TEXT NOT NULL, due_date TEXT NOT NULL, amount) WITHOUT ROWID`,
		"CREATE INDEX subledger_customer ON subledger (customer, currency, date)"}
}

func (subledger) Handle(tx *projections.Tx, e eventstore.Decoded) error {
	d, ok := domain.Journal(e.Event)
	if !ok {
		return nil
	}
	owed := money.Zero(d.Currency)
	for _, entry := range d.Entries {
		if entry.Role != domain.Receivable {
			continue
		}
		amount := entry.Amount
		if entry.Side == domain.CreditSide {
			amount = amount.Neg()
		}
		var err error
		if owed, err = owed.Add(amount); err != nil {
			return fmt.Errorf("document %s: %w", d.Number, err)
		}
	}
	if owed.IsZero() {
		return nil
	}
	invoice := d.Reference
	if d.Kind == domain.DocumentInvoice {
		invoice = d.Number
	}
	return tx.Exec("INSERT OR REPLACE INTO subledger VALUES (?,?,?,?,?,?,?,?)", d.Number, string(d.Customer), string(d.Currency), d.Date, d.Kind, invoice, d.DueDate, stored(owed))
}

// Receivable is what a customer owed in one currency, by age: days past due.
type Receivable struct {
	Customer domain.CustomerID `json:"customer"`
	Currency money.Currency    `json:"currency"`
	domain.Ageing
}

// Receivables ages what was open at the end of a civil date ("2013-10-31") by
// due date, in order of customer and currency. Disputed is what is contested
// now of what was open then: when a dispute was raised has no civil date.
func (v *Views) Receivables(ctx context.Context, asOf string, customer domain.CustomerID) ([]Receivable, error) {
	items, err := v.OpenItems(ctx, asOf, customer)
	if err != nil {
		return nil, err
	}
	all := []Receivable{}
	for _, item := range items {
		currency := item.Open.Currency()
		if last := len(all) - 1; last < 0 || all[last].Customer != item.Customer || all[last].Currency != currency {
			all = append(all, Receivable{item.Customer, currency, domain.NewAgeing(currency)})
		}
		if err := all[len(all)-1].Age(item, asOf); err != nil {
			return nil, fmt.Errorf("invoice %s of customer %s: %w", item.Number, item.Customer, err)
		}
	}
	return all, nil
}

// OpenItems lists the invoices that were open at the end of a civil date, of
// one customer or of all ("") in order of customer, currency and number.
func (v *Views) OpenItems(ctx context.Context, asOf string, customer domain.CustomerID) ([]domain.OpenItem, error) {
	if _, err := domain.DaysOverdue(asOf, asOf); err != nil {
		return nil, err
	}
	return selectAll(ctx, v.db, func(r row) (i domain.OpenItem, err error) {
		var currency money.Currency
		var owed total
		var disputed amount
		if err = r.Scan(&i.Invoice, &i.Number, &i.Customer, &currency, &i.DueDate, &owed.whole, &owed.odd, &disputed); err != nil {
			return i, err
		}
		if i.Open, err = owed.in(currency); err != nil {
			return i, err
		}
		if i.Disputed, err = disputed.in(currency); err != nil {
			return i, err
		}
		// What was paid or credited since may have been contested before.
		i.Disputed, err = i.Disputed.Min(i.Open)
		return i, err
	}, `SELECT i.id, i.number, s.customer, s.currency, i.due_date, `+sumOf("s.amount")+`, i.disputed
		FROM subledger s JOIN invoices i ON i.number = s.invoice AND i.number <> ''
		WHERE s.date <= ? AND (? = '' OR s.customer = ?) GROUP BY s.customer, s.currency, s.invoice
		HAVING SUM(s.amount) <> 0 ORDER BY s.customer, s.currency, s.invoice`, asOf, string(customer), string(customer))
}

// ReceivableTotals adds receivables up by currency.
func ReceivableTotals(all []Receivable) ([]Receivable, error) {
	totals := []Receivable{}
	at := map[money.Currency]int{}
	for _, r := range all {
		i, known := at[r.Currency]
		if !known {
			at[r.Currency] = len(totals)
			r.Customer = ""
			totals = append(totals, r)
			continue
		}
		if err := totals[i].Add(r.Ageing); err != nil {
			return nil, err
		}
	}
	return totals, nil
}
