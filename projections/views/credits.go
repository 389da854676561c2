package views

import (
	"context"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Credit is a credit memo, or the request for one.
type Credit struct {
	Invoice   domain.InvoiceID  `json:"invoice"`
	Credit    string            `json:"credit"` // its id within the invoice
	Number    string            `json:"number"` // "" until it is issued
	Of        string            `json:"of"`     // number of the invoice
	Customer  domain.CustomerID `json:"customer"`
	Date      string            `json:"date"`
	Total     money.Money       `json:"total"`
	Reason    string            `json:"reason"`
	By        string            `json:"by"`
	Rebill    bool              `json:"rebill"`
	Requested time.Time         `json:"requested"` // recorded times
	Issued    time.Time         `json:"issued,omitzero"`
}

type credits struct{ plain }

func (credits) Name() string { return "credits" }
func (credits) Version() int { return 1 }

func (credits) Schema() []string {
	return []string{`CREATE TABLE credits (invoice TEXT NOT NULL, credit TEXT NOT NULL, number TEXT NOT NULL, of_invoice TEXT NOT NULL, customer TEXT NOT NULL,
	date TEXT NOT NULL, currency TEXT NOT NULL, total, reason TEXT NOT NULL, granted_by TEXT NOT NULL, rebill INTEGER NOT NULL,
	requested TEXT NOT NULL, issued TEXT NOT NULL, PRIMARY KEY (invoice, credit)) WITHOUT ROWID`}
}

func (credits) Handle(tx *projections.Tx, e eventstore.Decoded) error {
	switch c := e.Event.(type) {
	case domain.CreditRequested:
		var currency money.Currency
		for _, line := range c.Lines {
			for _, part := range []money.Money{line.Amount, line.Tax} {
				if part.IsSet() {
					currency = part.Currency()
				}
			}
		}
		var sum money.Money
		if currency != "" {
			var err error
			if sum, err = linesTotal(currency, c.Lines); err != nil {
				return err
			}
		}
		return tx.Exec("INSERT OR REPLACE INTO credits VALUES (?,?,'',?,?,?,?,?,?,?,?,?,'')", string(c.Invoice), c.ID, c.Of, string(c.Customer), c.Date,
			string(currency), stored(sum), c.Reason, c.By, c.Rebill, instant(e.Meta.RecordedAt))
	case domain.CreditIssued:
		return tx.Exec("UPDATE credits SET number = ?, date = ?, currency = ?, total = ?, issued = ? WHERE invoice = ? AND credit = ?",
			c.Credit.Number, c.Date, string(c.Total.Currency()), stored(c.Total), instant(e.Meta.RecordedAt), string(c.Invoice), c.ID)
	}
	return nil
}

// CreditKey is a place in the list of credits.
type CreditKey struct {
	Invoice domain.InvoiceID
	Credit  string
}

// Credits lists credits in order of invoice; of one invoice only when it is named.
func (v *Views) Credits(ctx context.Context, invoice domain.InvoiceID, after CreditKey, limit int) ([]Credit, error) {
	return selectAll(ctx, v.db, func(r row) (c Credit, err error) {
		var currency money.Currency
		var sum amount
		if err = r.Scan(&c.Invoice, &c.Credit, &c.Number, &c.Of, &c.Customer, &c.Date, &currency, &sum, &c.Reason, &c.By, &c.Rebill,
			when{&c.Requested}, when{&c.Issued}); err != nil {
			return c, err
		}
		return c, moneyIn(currency, sum, &c.Total)
	}, "SELECT * FROM credits WHERE (? = '' OR invoice = ?) AND (invoice, credit) > (?, ?) ORDER BY invoice, credit LIMIT +?",
		string(invoice), string(invoice), string(after.Invoice), after.Credit, Page{Limit: limit}.limit())
}
