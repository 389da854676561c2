package world

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

const (
	owing = "what is open on an invoice is its events' sum, and never too little"
	spent = "no payment pays more than it brought"
	meant = "cash that is meant for invoices is on them"
	made  = "every bill whose time has come is made"
	bound = "no charge is bound to an invoice that is void"
	early = "an invoice in the ERP is never voided"
)

// owed sums invoices and payments from events alone, beside the domain's states.
type owed struct {
	w        *World
	total    map[domain.InvoiceID]money.Money
	open     map[domain.InvoiceID]money.Money
	void     map[domain.InvoiceID]bool
	inERP    map[domain.InvoiceID]bool
	cash     map[domain.PaymentID]money.Money // what is left of it
	free     map[domain.PaymentID]money.Money // what is not meant for an invoice
	reversed map[domain.PaymentID]bool
}

func newOwed(w *World) *owed {
	return &owed{w, map[domain.InvoiceID]money.Money{}, map[domain.InvoiceID]money.Money{}, map[domain.InvoiceID]bool{}, map[domain.InvoiceID]bool{},
		map[domain.PaymentID]money.Money{}, map[domain.PaymentID]money.Money{}, map[domain.PaymentID]bool{}}
}

// event takes the next event.
func (o *owed) event(e domain.Event) {
	switch e := e.(type) {
	case domain.InvoiceIssued:
		o.total[e.Invoice], o.open[e.Invoice] = e.Total, e.Total
	case domain.InvoicePosted:
		o.inERP[e.Invoice] = true
	case domain.InvoiceVoided:
		if o.inERP[e.Invoice] {
			o.w.k.Fail(early, "invoice %s was voided after the ERP held it", e.Number)
		}
		o.void[e.Invoice] = true
	case domain.CreditIssued:
		add(o, o.open, e.Invoice, e.Total.Neg())
	case domain.WrittenOff:
		add(o, o.open, e.Invoice, e.Amount.Neg())
	case domain.WriteOffReversed:
		add(o, o.open, e.Invoice, e.Amount)
	case domain.PaymentReceived:
		o.cash[e.Payment], o.free[e.Payment] = e.Amount, e.Amount
	case domain.PaymentAllocated:
		for _, a := range e.Allocations {
			add(o, o.free, e.Payment, a.Amount.Neg())
		}
	case domain.AllocationReduced:
		add(o, o.free, e.Payment, e.By)
	case domain.PaymentApplied:
		add(o, o.open, e.Invoice, e.Amount.Neg())
		add(o, o.cash, e.Payment, e.Amount.Neg())
	case domain.PaymentUnapplied:
		add(o, o.open, e.Invoice, e.Amount)
		add(o, o.cash, e.Payment, e.Amount)
	case domain.CashReleased:
		add(o, o.open, e.Invoice, e.Amount)
		add(o, o.cash, e.Payment, e.Amount)
	case domain.PaymentRefunded:
		add(o, o.cash, e.Payment, e.Amount.Neg())
		add(o, o.free, e.Payment, e.Amount.Neg())
	case domain.PaymentReversed:
		o.reversed[e.Payment] = true
	}
}

func add[K comparable](o *owed, to map[K]money.Money, key K, amount money.Money) {
	sum, err := to[key].Add(amount)
	if err != nil {
		o.w.k.Fail(sums, "%v: %s and %s: %v", key, to[key], amount, err)
		return
	}
	to[key] = sum
}

// settled: when all is done, no invoice holds more than it is owed, none says
// otherwise, and no payment has gone twice.
func (o *owed) settled(context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(o.open)) {
		open, total := o.open[id], o.total[id]
		if o.void[id] {
			continue
		}
		if says, err := state[domain.Invoice](o.w, id.Stream()).Open(); err != nil || !says.Equal(open) {
			o.w.k.Fail(owing, "invoice %s says that %s is open; its events sum to %s (%v)", id, says, open, err)
		}
		if over, err := open.Cmp(total); err != nil || over > 0 || open.Sign() < 0 {
			o.w.k.Fail(owing, "of %s of invoice %s %s is open", total, id, open)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(o.cash)) {
		if o.cash[id].Sign() < 0 {
			o.w.k.Fail(spent, "payment %s has %s left", id, o.cash[id])
		}
		if !o.reversed[id] && !o.cash[id].Equal(o.free[id]) {
			o.w.k.Fail(meant, "of payment %s %s is not meant for an invoice, and %s is on none", id, o.free[id], o.cash[id])
		}
	}
	for _, id := range o.w.people.drafts {
		v := state[domain.Invoice](o.w, id.Stream())
		end, err := time.Parse(domain.DayLayout, v.BillingDate)
		due := end.AddDate(0, 0, 2).Add(o.w.cfg.policy.Grace + o.w.cfg.policy.Quiet)
		if err != nil || v.Status == domain.InvoiceOpen && len(v.Lines) > 0 && due.Before(o.w.clock()) {
			o.w.k.Fail(made, "bill %s of %s is still open (%v)", id, v.BillingDate, err)
		}
	}
	for _, id := range o.w.people.shipments {
		for _, c := range state[domain.Shipment](o.w, id.Stream()).Charges {
			if c.Status == domain.ChargeClaimed && o.void[c.Invoice] {
				o.w.k.Fail(bound, "charge %s of shipment %s is bound to invoice %s", c.ID, id, c.Invoice)
			}
		}
	}
	return nil
}
