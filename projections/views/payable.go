package views

import (
	"context"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// States reads aggregates as they are now; *eventstore.Executor does.
type States interface {
	State(ctx context.Context, stream domain.Stream) (any, error)
}

// Payable finds what cash pays: in the read models, checked against the
// history where money is decided.
type Payable struct {
	views  *Views
	states States
}

// NewPayable returns the lookups of read models and a history.
func NewPayable(v *Views, states States) Payable { return Payable{v, states} }

// InvoiceByNumber finds an issued invoice and what is open on it, or was written
// off: cash that comes after all is welcome.
func (p Payable) InvoiceByNumber(ctx context.Context, number string) (domain.InvoiceID, money.Money, bool, error) {
	found, ok, err := p.views.Invoice(ctx, number)
	if err != nil || !ok {
		return "", money.Money{}, false, err
	}
	state, err := p.states.State(ctx, found.ID.Stream())
	if err != nil {
		return "", money.Money{}, false, err
	}
	invoice := state.(domain.Invoice)
	if invoice.Number != number || invoice.Status == domain.InvoiceIsVoid {
		return "", money.Money{}, false, nil
	}
	open, err := invoice.Open()
	if err != nil {
		return "", money.Money{}, false, err
	}
	writtenOff, err := invoice.WrittenOff()
	if err != nil {
		return "", money.Money{}, false, err
	}
	payable, err := open.Add(writtenOff)
	return invoice.ID, payable, err == nil, err
}

// OpenItems lists what a customer owes.
func (p Payable) OpenItems(ctx context.Context, customer domain.CustomerID) ([]domain.OpenItem, error) {
	var items []domain.OpenItem
	filter := InvoiceFilter{Customer: customer, OpenOnly: true, Page: Page{Limit: MaxLimit}}
	for {
		page, err := p.views.Invoices(ctx, filter)
		if err != nil || len(page) == 0 {
			return items, err
		}
		filter.After = string(page[len(page)-1].ID)
		for _, found := range page {
			state, err := p.states.State(ctx, found.ID.Stream())
			if err != nil {
				return nil, err
			}
			item, open, err := state.(domain.Invoice).OpenItem()
			if err != nil {
				return nil, err
			}
			if open {
				items = append(items, item)
			}
		}
	}
}

// RemittanceByReference finds the items of an announced remittance that adds up.
func (p Payable) RemittanceByReference(ctx context.Context, reference string) ([]domain.RemittanceItem, bool, error) {
	hits, err := p.views.Search(ctx, reference, 20)
	if err != nil {
		return nil, false, err
	}
	for _, hit := range hits {
		if hit.Kind != HitTrace || hit.Value != reference {
			continue
		}
		state, err := p.states.State(ctx, hit.Stream)
		if err != nil {
			return nil, false, err
		}
		if payment := state.(domain.Payment); payment.Announced && payment.Held == "" {
			return payment.Items, true, nil
		}
	}
	return nil, false, nil
}
