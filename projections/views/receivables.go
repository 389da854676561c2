package views

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// Receivable is what a customer owes in one currency, by age: days past due.
type Receivable struct {
	Customer domain.CustomerID `json:"customer"`
	Currency money.Currency    `json:"currency"`
	Invoices int               `json:"invoices"`
	Open     money.Money       `json:"open"`
	Current  money.Money       `json:"current"` // not due yet
	To30     money.Money       `json:"days_1_30"`
	To60     money.Money       `json:"days_31_60"`
	To90     money.Money       `json:"days_61_90"`
	Over90   money.Money       `json:"days_91_up"`
	Disputed money.Money       `json:"disputed"` // a part of Open
}

// Receivables ages what is open today by due date as of a civil date
// ("2013-10-31"), in order of customer and currency. It is today's open
// amounts, not those of that date; what was open then is in the history.
func (v *Views) Receivables(ctx context.Context, asOf string, customer domain.CustomerID) ([]Receivable, error) {
	day, err := time.Parse(domain.DayLayout, asOf)
	if err != nil {
		return nil, fmt.Errorf("date %.20q: want year, month and day like 2013-10-31", asOf)
	}
	type open struct {
		customer       domain.CustomerID
		currency       money.Currency
		due            string
		invoices       int
		owed, disputed money.Money
	}
	rows, err := selectAll(ctx, v.db, func(r row) (o open, err error) {
		var owed, disputed total
		if err = r.Scan(&o.customer, &o.currency, &o.due, &o.invoices, &owed.whole, &owed.odd, &disputed.whole, &disputed.odd); err != nil {
			return o, err
		}
		if o.owed, err = owed.in(o.currency); err != nil {
			return o, err
		}
		o.disputed, err = disputed.in(o.currency)
		return o, err
	}, "SELECT customer, currency, due_date, COUNT(*), "+sumOf("open")+", "+sumOf("disputed")+` FROM invoices
		WHERE number <> '' AND open <> 0 AND (? = '' OR customer = ?) GROUP BY customer, currency, due_date ORDER BY customer, currency, due_date`,
		string(customer), string(customer))
	if err != nil {
		return nil, err
	}
	all := []Receivable{}
	for _, o := range rows {
		if last := len(all) - 1; last < 0 || all[last].Customer != o.customer || all[last].Currency != o.currency {
			zero := money.Zero(o.currency)
			all = append(all, Receivable{o.customer, o.currency, 0, zero, zero, zero, zero, zero, zero, zero})
		}
		r := &all[len(all)-1]
		bucket, err := r.bucket(o.due, day)
		if err != nil {
			return nil, err
		}
		r.Invoices += o.invoices
		for _, add := range []struct {
			to   *money.Money
			part money.Money
		}{{&r.Open, o.owed}, {bucket, o.owed}, {&r.Disputed, o.disputed}} {
			if *add.to, err = add.to.Add(add.part); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func (r *Receivable) bucket(due string, asOf time.Time) (*money.Money, error) {
	t, err := time.Parse(domain.DayLayout, due)
	if err != nil {
		return nil, fmt.Errorf("due date %.20q of an invoice of customer %s: %w", due, r.Customer, err)
	}
	switch days := int(asOf.Sub(t).Hours() / 24); {
	case days <= 0:
		return &r.Current, nil
	case days <= 30:
		return &r.To30, nil
	case days <= 60:
		return &r.To60, nil
	case days <= 90:
		return &r.To90, nil
	}
	return &r.Over90, nil
}

// ReceivableTotals adds receivables up by currency.
func ReceivableTotals(all []Receivable) ([]Receivable, error) {
	totals := []Receivable{}
	for _, r := range all {
		i := slices.IndexFunc(totals, func(t Receivable) bool { return t.Currency == r.Currency })
		if i < 0 {
			r.Customer = ""
			totals = append(totals, r)
			continue
		}
		t := &totals[i]
		t.Invoices += r.Invoices
		for _, add := range []struct {
			to   *money.Money
			part money.Money
		}{{&t.Open, r.Open}, {&t.Current, r.Current}, {&t.To30, r.To30}, {&t.To60, r.To60}, {&t.To90, r.To90}, {&t.Over90, r.Over90}, {&t.Disputed, r.Disputed}} {
			sum, err := add.to.Add(add.part)
			if err != nil {
				return nil, err
			}
			*add.to = sum
		}
	}
	return totals, nil
}
