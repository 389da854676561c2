package main

import (
	"context"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
)

// guarded is the executor of what people and messages ask for, by whatever way
// they come. It refuses what no stream can tell by itself and the read models
// can.
type guarded struct {
	*eventstore.Executor
	ledger *ledger
}

func (x guarded) Execute(ctx context.Context, c domain.Command, req eventstore.Request) (eventstore.Result, error) {
	all := []domain.Command{c}
	if together, ok := c.(domain.Together); ok {
		all = together
	}
	for _, c := range all {
		if adopts, ok := c.(domain.AdoptBankAccount); ok {
			if err := x.ledger.mayAdopt(ctx, adopts); err != nil {
				return eventstore.Result{}, err
			}
		}
	}
	return x.Executor.Execute(ctx, c, req)
}

// mayAdopt refuses to give an account to the bank's statements for days of
// which the ERP's receipts were taken already: they would count twice.
func (l *ledger) mayAdopt(ctx context.Context, c domain.AdoptBankAccount) error {
	if c.Source != domain.CashFromBank {
		return nil
	}
	if err := l.current(ctx); err != nil {
		return err
	}
	last, booked, err := l.views.LastFromERP(ctx, c.GL, c.Currency)
	if err != nil || !booked || last.Date < c.From {
		return err
	}
	return &domain.Refusal{Code: domain.Conflict, Text: fmt.Sprintf("bank account %s: the ERP booked receipt %s on account %s on %s: let the statements begin after the ERP's last receipt", c.Account, last.Document, c.GL, last.Date)}
}
