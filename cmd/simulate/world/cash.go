package world

import (
	"context"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/shopspring/decimal"
)

const cashOnce = "cash booked is what the bank's account received, once"

// cash keeps what statements brought into history.
type cash struct {
	received []domain.PaymentReceived
	reversed map[domain.PaymentID]bool
}

// event takes the next event.
func (c *cash) event(e domain.Event) {
	switch e := e.(type) {
	case domain.PaymentReceived:
		if e.Own {
			c.received = append(c.received, e)
		}
	case domain.PaymentReversed:
		c.reversed[e.Payment] = true
	}
}

// cashBooked: history and the ERP's ledger hold what the bank received, each
// receipt once, as whose it was.
func (w *World) cashBooked(ctx context.Context) error {
	a, k := w.account, w.k
	if a.id == "" {
		return nil
	}
	booked := map[string][]domain.PaymentReceived{}
	for _, p := range w.check.cash.received {
		booked[p.Document] = append(booked[p.Document], p)
	}
	want := money.Zero(a.currency)
	for _, e := range a.entries {
		if e.kind != domain.MovementReceipt {
			continue
		}
		all := booked[e.reference]
		delete(booked, e.reference)
		if len(all) != 1 {
			k.Fail(cashOnce, "%s of %s, %s from %s, is %d payments", e.reference, e.day, e.amount, e.customer, len(all))
			return nil
		}
		p := all[0]
		if !p.Amount.Equal(e.amount) || p.Customer != e.customer || p.Date != e.day || w.check.cash.reversed[p.Payment] != e.back {
			k.Fail(cashOnce, "%s of %s is %s from %s, taken back %t; payment %s is %s from %s of %s, reversed %t", e.reference, e.day, e.amount, e.customer, e.back,
				p.Payment, p.Amount, p.Customer, p.Date, w.check.cash.reversed[p.Payment])
		}
		if e.back {
			continue
		}
		sum, err := want.Add(e.amount)
		if err != nil {
			return err
		}
		want = sum
	}
	for document, all := range booked {
		k.Fail(cashOnce, "the bank knows nothing of %s, which is payment %s", document, all[0].Payment)
	}
	is := decimal.Decimal{}
	for e, err := range (extract{w}).Entries(ctx) {
		if err != nil {
			return err
		}
		if e.Account == string(a.gl) {
			is = is.Add(decimal.RequireFromString(e.Debit)).Sub(decimal.RequireFromString(e.Credit))
		}
	}
	if !is.Equal(want.Amount()) {
		k.Fail(cashOnce, "account %s of the ERP holds %s; the bank has received %s and not taken back", a.gl, is, want)
	}
	return nil
}
