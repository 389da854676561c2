package views

import (
	"context"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/shopspring/decimal"
)

// Statement is a customer's account in one currency over a period of civil
// dates, both included.
type Statement struct {
	Customer  domain.CustomerID `json:"customer"`
	Currency  money.Currency    `json:"currency"`
	From      string            `json:"from"`
	To        string            `json:"to"`
	Opening   money.Money       `json:"opening"`
	Documents []StatementLine   `json:"documents"` // by date and number
	Closing   money.Money       `json:"closing"`
	Ageing    domain.Ageing     `json:"ageing"` // of the closing balance, at the end of To
}

// StatementLine is one document; what it adds to the balance is positive.
type StatementLine struct {
	Date     string      `json:"date"`
	Document string      `json:"document"`
	Kind     string      `json:"kind"`
	Invoice  string      `json:"invoice"` // the number it belongs to
	DueDate  string      `json:"due_date,omitempty"`
	Amount   money.Money `json:"amount"`
	Balance  money.Money `json:"balance"` // afterwards
}

// Statements gives a customer's statements of a period, one a currency, in
// order of currency; currencies in which nothing was ever booked up to its end
// have none.
func (v *Views) Statements(ctx context.Context, customer domain.CustomerID, from, to string) ([]Statement, error) {
	if days, err := domain.DaysOverdue(from, to); err != nil {
		return nil, err
	} else if days < 0 {
		return nil, fmt.Errorf("the period from %s to %s ends before it begins", from, to)
	}
	receivables, err := v.Receivables(ctx, to, customer)
	if err != nil {
		return nil, err
	}
	all := []Statement{}
	openings, err := selectAll(ctx, v.db, func(r row) (m money.Money, err error) {
		var currency money.Currency
		var before total
		if err = r.Scan(&currency, &before.whole, &before.odd); err != nil {
			return m, err
		}
		return before.in(currency)
	}, "SELECT currency, "+sumOf("CASE WHEN date < ? THEN amount ELSE 0 END")+" FROM subledger WHERE customer = ? AND date <= ? GROUP BY currency ORDER BY currency",
		from, from, from, from, string(customer), to)
	if err != nil {
		return nil, err
	}
	for _, opening := range openings {
		s := Statement{Customer: customer, Currency: opening.Currency(), From: from, To: to, Opening: opening, Closing: opening, Ageing: domain.NewAgeing(opening.Currency())}
		for _, r := range receivables {
			if r.Currency == s.Currency {
				s.Ageing = r.Ageing
			}
		}
		if s.Documents, err = v.statementLines(ctx, s); err != nil {
			return nil, err
		}
		for i := range s.Documents {
			line := &s.Documents[i]
			if s.Closing, err = s.Closing.Add(line.Amount); err != nil {
				return nil, fmt.Errorf("document %s: %w", line.Document, err)
			}
			line.Balance = s.Closing
		}
		all = append(all, s)
	}
	return all, nil
}

func (v *Views) statementLines(ctx context.Context, s Statement) ([]StatementLine, error) {
	return selectAll(ctx, v.db, func(r row) (l StatementLine, err error) {
		var sum amount
		if err = r.Scan(&l.Date, &l.Document, &l.Kind, &l.Invoice, &l.DueDate, &sum); err != nil {
			return l, err
		}
		l.Amount, err = sum.in(s.Currency)
		return l, err
	}, "SELECT date, document, kind, invoice, due_date, amount FROM subledger WHERE customer = ? AND currency = ? AND date BETWEEN ? AND ? ORDER BY date, document",
		string(s.Customer), string(s.Currency), s.From, s.To)
}

// DSO says how many days of billing are outstanding: receivable ÷ billed × days.
type DSO struct {
	Customer   domain.CustomerID `json:"customer"`
	Currency   money.Currency    `json:"currency"`
	AsOf       string            `json:"as_of"`
	Days       int               `json:"days"`       // of the period that ends there
	Receivable money.Money       `json:"receivable"` // at its end
	Billed     money.Money       `json:"billed"`     // in it, tax included: invoices less voids and credit memos
	// Outstanding is to one decimal, half-up; null when nothing was billed.
	Outstanding *decimal.Decimal `json:"days_outstanding"`
}

// DaysOutstanding gives the days of sales outstanding at the end of a civil
// date, of one customer or of all together (""), by currency.
func (v *Views) DaysOutstanding(ctx context.Context, asOf string, days int, customer domain.CustomerID) ([]DSO, error) {
	if _, err := domain.DaysOverdue(asOf, asOf); err != nil {
		return nil, err
	}
	if days < 1 || days > 3660 {
		return nil, fmt.Errorf("a period of %d days: want 1 to 3660", days)
	}
	billed := fmt.Sprintf("CASE WHEN kind IN ('%s', '%s', '%s') AND date > date(?, ?) THEN amount ELSE 0 END", domain.DocumentInvoice, domain.DocumentVoid, domain.DocumentCredit)
	back := fmt.Sprintf("-%d days", days)
	return selectAll(ctx, v.db, func(r row) (d DSO, err error) {
		var owed, sold total
		if err = r.Scan(&d.Currency, &owed.whole, &owed.odd, &sold.whole, &sold.odd); err != nil {
			return d, err
		}
		d.Customer, d.AsOf, d.Days = customer, asOf, days
		if d.Receivable, err = owed.in(d.Currency); err != nil {
			return d, err
		}
		if d.Billed, err = sold.in(d.Currency); err != nil {
			return d, err
		}
		if d.Billed.Sign() > 0 {
			outstanding := d.Receivable.Amount().Mul(decimal.NewFromInt(int64(days))).DivRound(d.Billed.Amount(), 1)
			d.Outstanding = &outstanding
		}
		return d, nil
	}, "SELECT currency, "+sumOf("amount")+", "+sumOf(billed)+" FROM subledger WHERE date <= ? AND (? = '' OR customer = ?) GROUP BY currency ORDER BY currency",
		asOf, back, asOf, back, asOf, back, asOf, back, asOf, string(customer), string(customer))
}
