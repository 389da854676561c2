package domain

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

// OpenItem is what is owed on one invoice.
type OpenItem struct {
	Invoice  InvoiceID   `json:"invoice"`
	Number   string      `json:"number"`
	Customer CustomerID  `json:"customer"`
	DueDate  string      `json:"due_date"`
	Open     money.Money `json:"open"`
	Disputed money.Money `json:"disputed"` // a part of Open
}

// OpenItem is what is owed on the invoice; false when nothing is, or it is not
// issued, or void.
func (v Invoice) OpenItem() (OpenItem, bool, error) {
	if v.mustBeIssued(v.ID) != nil {
		return OpenItem{}, false, nil
	}
	open, err := v.Open()
	if err != nil || open.IsZero() {
		return OpenItem{}, false, err
	}
	disputed, err := v.Contested()
	return OpenItem{v.ID, v.Number, v.Candidate.Customer, v.DueDate, open, disputed}, err == nil, err
}

// undisputed is what of an item nobody contests.
func (i OpenItem) undisputed() (money.Money, error) {
	if !i.Disputed.IsSet() {
		return i.Open, nil
	}
	return i.Open.Sub(i.Disputed)
}

// OldestFirst means cash that nothing was advised of for a customer's open
// items: by due date, then number, as far as it reaches (rule 47). What is
// disputed is left alone, and so are items in other currencies.
func OldestFirst(cash money.Money, items []OpenItem) ([]Allocation, error) {
	var allocations []Allocation
	for _, item := range slices.SortedFunc(slices.Values(items), OpenItem.compare) {
		if cash.Sign() <= 0 {
			break
		}
		if item.Open.Currency() != cash.Currency() {
			continue
		}
		owed, err := item.undisputed()
		if err != nil {
			return nil, fmt.Errorf("invoice %s: %w", item.Number, err)
		}
		if owed.Sign() <= 0 {
			continue
		}
		amount, err := cash.Min(owed)
		if err != nil {
			return nil, fmt.Errorf("invoice %s: %w", item.Number, err)
		}
		if cash, err = cash.Sub(amount); err != nil {
			return nil, fmt.Errorf("invoice %s: %w", item.Number, err)
		}
		allocations = append(allocations, Allocation{Invoice: item.Invoice, Amount: amount})
	}
	return allocations, nil
}

func (i OpenItem) compare(j OpenItem) int {
	return cmp.Or(cmp.Compare(i.DueDate, j.DueDate), cmp.Compare(i.Number, j.Number))
}
