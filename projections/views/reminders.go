package views

import (
	"context"

	"github.com/freightledger/freightledger/domain"
)

// Reminders says what customers are to be reminded of as of a civil date, by
// the levels of their rules, in order of customer and due date; see
// [domain.Dun].
func (v *Views) Reminders(ctx context.Context, asOf string, customer domain.CustomerID) ([]domain.Reminder, error) {
	items, err := v.OpenItems(ctx, asOf, customer)
	if err != nil {
		return nil, err
	}
	all := []domain.Reminder{}
	for len(items) > 0 {
		n := 1
		for n < len(items) && items[n].Customer == items[0].Customer {
			n++
		}
		c, known, err := v.Customer(ctx, items[0].Customer)
		if err != nil {
			return nil, err
		}
		if known {
			reminders, err := domain.Dun(items[:n], c.Rules.Dunning, asOf)
			if err != nil {
				return nil, err
			}
			all = append(all, reminders...)
		}
		items = items[n:]
	}
	return all, nil
}
