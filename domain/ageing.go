package domain

import (
	"fmt"
	"time"

	"github.com/freightledger/freightledger/domain/money"
)

// DaysOverdue is how many days of the calendar lie between a due date and a
// date; negative before it is due.
func DaysOverdue(due, asOf string) (int, error) {
	from, err := time.Parse(DayLayout, due)
	if err != nil {
		return 0, fmt.Errorf("due date %.20q: want year, month and day like 2013-10-31", due)
	}
	to, err := time.Parse(DayLayout, asOf)
	if err != nil {
		return 0, fmt.Errorf("date %.20q: want year, month and day like 2013-10-31", asOf)
	}
	return int(to.Sub(from) / (24 * time.Hour)), nil
}

// Ageing is what is open in one currency by days past due. What is disputed
// grows old like everything else (rule 39).
type Ageing struct {
	Invoices int         `json:"invoices"`
	Open     money.Money `json:"open"`
	Current  money.Money `json:"current"` // not due yet
	To30     money.Money `json:"days_1_30"`
	To60     money.Money `json:"days_31_60"`
	To90     money.Money `json:"days_61_90"`
	Over90   money.Money `json:"days_91_up"`
	Disputed money.Money `json:"disputed"` // a part of Open
}

// NewAgeing is the ageing of nothing.
func NewAgeing(c money.Currency) Ageing {
	zero := money.Zero(c)
	return Ageing{0, zero, zero, zero, zero, zero, zero, zero}
}

// Age adds an item, as of a date.
func (a *Ageing) Age(item OpenItem, asOf string) error {
	days, err := DaysOverdue(item.DueDate, asOf)
	if err != nil {
		return err
	}
	one := NewAgeing(item.Open.Currency())
	one.Invoices, one.Open = 1, item.Open
	if item.Disputed.IsSet() {
		one.Disputed = item.Disputed
	}
	switch {
	case days <= 0:
		one.Current = item.Open
	case days <= 30:
		one.To30 = item.Open
	case days <= 60:
		one.To60 = item.Open
	case days <= 90:
		one.To90 = item.Open
	default:
		one.Over90 = item.Open
	}
	return a.Add(one)
}

// Add adds another ageing of the same currency.
func (a *Ageing) Add(b Ageing) error {
	sum := *a
	sum.Invoices += b.Invoices
	for _, part := range []struct {
		to   *money.Money
		part money.Money
	}{{&sum.Open, b.Open}, {&sum.Current, b.Current}, {&sum.To30, b.To30}, {&sum.To60, b.To60}, {&sum.To90, b.To90}, {&sum.Over90, b.Over90}, {&sum.Disputed, b.Disputed}} {
		var err error
		if *part.to, err = part.to.Add(part.part); err != nil {
			return err
		}
	}
	*a = sum
	return nil
}
