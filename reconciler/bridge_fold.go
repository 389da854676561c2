package reconciler

import (
	"cmp"
	"slices"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// shipment gives the state that an event applies to. Every history begins with
// OrderReleased, so a shipment that is not there was dropped: it is delivered,
// proven and settled.
func (b *bridge) shipment(id domain.ShipmentID) *openShipment {
	s := b.open[id]
	if s == nil {
		s = &openShipment{charged: true}
		s.ID = id
		s.POD.State = domain.PODIsClean
		s.Delivered.UTC = s.Delivered.UTC.AddDate(1, 0, 0) // when is not known any more
		b.open[id] = s
	}
	return s
}

func (s *openShipment) find(id domain.ChargeID) *domain.Charge {
	if i := slices.IndexFunc(s.Charges, func(c domain.Charge) bool { return c.ID == id }); i >= 0 {
		return &s.Charges[i]
	}
	return nil
}

// take removes a charge that is settled.
func (s *openShipment) take(id domain.ChargeID) {
	s.Charges = slices.DeleteFunc(s.Charges, func(c domain.Charge) bool { return c.ID == id })
}

// ended tells a charge that will never be billed.
func ended(c domain.Charge) bool {
	switch c.Status {
	case domain.ChargeRefused, domain.ChargeWasWaived, domain.ChargeIsLinked, domain.ChargeUnbillable:
		return true
	}
	return false
}

// settle forgets charges that have ended, but for those that are accrued still,
// and drops a shipment of which nothing is open.
func (b *bridge) settle(s *openShipment) {
	s.Charges = slices.DeleteFunc(s.Charges, func(c domain.Charge) bool { return ended(c) && c.Accrued.IsZero() })
	if len(s.Charges) == 0 && (s.Cancelled != "" || s.charged && len(s.BillingHolds()) == 0) {
		delete(b.open, s.ID)
	}
}

func (b *bridge) evolve(id domain.ShipmentID, e domain.Event) *openShipment {
	s := b.shipment(id)
	s.Shipment = s.Evolve(e)
	b.settle(s)
	return s
}

// fold applies an event that is not of a posting.
func (b *bridge) fold(e domain.Event) {
	switch e := e.(type) {
	case domain.OrderReleased:
		b.open[e.Shipment] = &openShipment{}
		e.Stops, e.References = nil, nil
		b.evolve(e.Shipment, e)
	case domain.ShipmentCancelled:
		b.evolve(e.Shipment, e)
	case domain.ShipmentDelivered:
		b.evolve(e.Shipment, e)
	case domain.ExceptionRaised:
		b.evolve(e.Shipment, e)
	case domain.ExceptionResolved:
		b.evolve(e.Shipment, e)
	case domain.PODReceived:
		b.evolve(e.Shipment, e)
	case domain.PODVerified:
		b.evolve(e.Shipment, e)
	case domain.PODUnreadable:
		b.evolve(e.Shipment, e)
	case domain.PODCorrected:
		b.evolve(e.Shipment, e)
	case domain.InvoiceHeld:
		b.holds[e.Invoice] = append(b.holds[e.Invoice], e.Reason)
	case domain.HoldReleased:
		b.release(e)
	case domain.InvoiceIssued:
		b.issue(e)
	case domain.InvoiceVoided:
		for _, line := range e.Lines {
			b.reopen(line.Shipment, e.Customer, domain.Charge{ID: line.Charge, Kind: line.Kind, Amount: line.Amount, Accrued: line.Accrued, Invoice: e.Invoice})
		}
	case domain.CreditRequested:
		b.credit(e)
	case domain.CreditIssued:
		b.credited(e)
	default:
		b.foldCharge(e)
	}
}

func (b *bridge) foldCharge(e domain.Event) {
	switch e := e.(type) {
	case domain.ChargeEntered:
		b.of(e.Kind, e.Amount.Currency()).enter(e.Amount)
		e.Basis, e.Source = domain.Basis{}, domain.Source{}
		s := b.shipment(e.Shipment)
		s.charged, s.Currency = true, e.Amount.Currency()
		b.evolve(e.Shipment, e)
	case domain.ChargeHeld:
		b.shipment(e.Shipment).charged = true
		b.evolve(e.Shipment, e)
	case domain.ChargeAmended:
		if c := b.shipment(e.Shipment).find(e.Charge); c != nil && c.Amount.IsSet() {
			s := b.of(c.Kind, c.Amount.Currency())
			s.enter(e.Amount)
			s.enter(c.Amount.Neg())
			e.Basis = domain.Basis{}
			b.evolve(e.Shipment, e)
		}
	case domain.ChargeApproved:
		if b.shipment(e.Shipment).find(e.Charge) != nil {
			e.Exhibits = nil
			b.evolve(e.Shipment, e)
		}
	case domain.ApprovalVoided:
		if b.shipment(e.Shipment).find(e.Charge) != nil {
			b.evolve(e.Shipment, e)
		}
	case domain.ChargeRejected:
		if c := b.shipment(e.Shipment).find(e.Charge); c != nil {
			sums := b.of(c.Kind, cmp.Or(c.Amount.Currency(), b.shipment(e.Shipment).Currency))
			sums.rejected = sums.rejected.Add(c.Amount.Amount())
			b.evolve(e.Shipment, e)
		}
	case domain.ChargeWaived:
		if c := b.shipment(e.Shipment).find(e.Charge); c != nil {
			sums := b.of(c.Kind, cmp.Or(c.Amount.Currency(), b.shipment(e.Shipment).Currency))
			sums.waived = sums.waived.Add(c.Amount.Amount())
			b.evolve(e.Shipment, e)
		}
	case domain.ChargeLinked:
		s := b.shipment(e.Shipment)
		b.of(e.Kind, s.Currency).linked++
		s.charged = true
		b.evolve(e.Shipment, e)
	case domain.ChargeNotBillable:
		s := b.shipment(e.Shipment)
		b.of(e.Kind, s.Currency).notBillable++
		s.charged = true
		b.evolve(e.Shipment, e)
	case domain.RevenueAccrued:
		s := b.shipment(e.Shipment)
		s.Customer = e.Customer
		e.Lines = slices.DeleteFunc(slices.Clone(e.Lines), func(l domain.AccrualLine) bool { return s.find(l.Charge) == nil })
		b.evolve(e.Shipment, e)
	case domain.ChargesClaimed:
		s := b.shipment(e.Shipment)
		s.Customer = e.Candidate.Customer
		e.Lines = slices.DeleteFunc(slices.Clone(e.Lines), func(l domain.BillLine) bool { return s.find(l.Charge) == nil })
		b.evolve(e.Shipment, e)
	case domain.ChargesReturned:
		s := b.shipment(e.Shipment)
		e.Charges = slices.DeleteFunc(slices.Clone(e.Charges), func(id domain.ChargeID) bool { return s.find(id) == nil })
		b.evolve(e.Shipment, e)
	case domain.ChargesReleased:
		s := b.shipment(e.Shipment)
		e.Charges = slices.DeleteFunc(slices.Clone(e.Charges), func(id domain.ChargeID) bool { return s.find(id) == nil })
		b.evolve(e.Shipment, e)
	}
}

func (s *bridgeSums) enter(m money.Money) { s.entered = s.entered.Add(m.Amount()) }

func (b *bridge) release(e domain.HoldReleased) {
	b.holds[e.Invoice] = slices.DeleteFunc(b.holds[e.Invoice], func(reason string) bool { return reason == e.Reason })
	if len(b.holds[e.Invoice]) == 0 {
		delete(b.holds, e.Invoice)
	}
}

func (b *bridge) issue(e domain.InvoiceIssued) {
	delete(b.holds, e.Invoice)
	for _, line := range e.Lines {
		sums := b.of(line.Kind, line.Amount.Currency())
		sums.billed = sums.billed.Add(line.Amount.Amount())
		s := b.shipment(line.Shipment)
		s.take(line.Charge)
		b.settle(s)
	}
}

// reopen takes a charge off the invoice that billed it.
func (b *bridge) reopen(id domain.ShipmentID, customer domain.CustomerID, c domain.Charge) {
	sums := b.of(c.Kind, c.Amount.Currency())
	sums.billed = sums.billed.Sub(c.Amount.Amount())
	c.Status = domain.ChargeClaimed
	s := b.shipment(id)
	s.Customer, s.Currency = customer, c.Amount.Currency()
	s.take(c.ID)
	s.Charges = append(s.Charges, c)
}

// credit remembers what is given back of a line: a later rebill credits only
// the rest of it, and brings back the whole charge.
func (b *bridge) credit(e domain.CreditRequested) {
	if e.Rebill {
		return
	}
	for _, line := range e.Lines {
		key := chargeOnInvoice{e.Invoice, line.Shipment, line.Charge}
		b.credits[key] = b.credits[key].Add(line.Amount.Amount())
	}
}

func (b *bridge) credited(e domain.CreditIssued) {
	for _, line := range e.Lines {
		if !e.Rebill {
			sums := b.of(line.Kind, e.Total.Currency())
			sums.credited = sums.credited.Add(line.Amount.Amount())
			continue
		}
		key := chargeOnInvoice{e.Invoice, line.Shipment, line.Charge}
		whole, err := money.New(line.Amount.Amount().Add(b.credits[key]), e.Total.Currency())
		if err != nil {
			whole = line.Amount // beyond the bounds of money, so never billed like that
		}
		delete(b.credits, key)
		b.reopen(line.Shipment, e.Customer, domain.Charge{ID: line.Charge, Kind: line.Kind, Amount: whole,
			Accrued: money.Zero(whole.Currency()), Invoice: e.Invoice})
	}
}
