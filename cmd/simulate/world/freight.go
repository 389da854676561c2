package world

import (
	"time"

	"github.com/freightledger/freightledger/cmd/simulate/kernel"
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// What people do with freight, from its order to its charges.

func freightActions() []action {
	return []action{
		{"release", 8, release},
		{"go on", 90, goOn},
		{"report", 12, report},
		{"decline", 2, decline},
		{"expire", 2, expire},
		{"cancel shipment", 1, cancelShipment},
		{"reference", 1, func(p *people) domain.Command {
			s, ok := p.shipment()
			if !ok {
				return nil
			}
			return domain.AddReference{ReferenceAdded: domain.ReferenceAdded{Shipment: s.ID, Reference: domain.Reference{Kind: "PRO", Value: p.name("pro ")}}}
		}},
		{"proof", 6, proof},
		{"exception", 3, func(p *people) domain.Command {
			s, ok := p.shipment()
			if !ok {
				return nil
			}
			return domain.RaiseException{ExceptionRaised: domain.ExceptionRaised{Shipment: s.ID, Exception: p.name("x"), Kind: domain.ExceptionOther, Detail: "seal broken"}}
		}},
		{"resolve", 20, func(p *people) domain.Command {
			for range 5 {
				s, ok := p.shipment()
				if !ok {
					return nil
				}
				for _, x := range s.Exceptions {
					if x.Open {
						return domain.ResolveException{ExceptionResolved: domain.ExceptionResolved{Shipment: s.ID, Exception: x.ID, Resolution: "checked", By: "desk lead"}}
					}
				}
			}
			return nil
		}},
		{"enter", 10, enter},
		{"amend", 4, amend},
		{"approve", 24, approve},
		{"reject", 2, func(p *people) domain.Command {
			s, c, ok := p.chargeThat(isPending)
			if !ok {
				return nil
			}
			return domain.RejectCharge{ChargeRejected: domain.ChargeRejected{Shipment: s.ID, Charge: c.ID, By: "lead", Reason: "not owed"}}
		}},
		{"waive", 3, func(p *people) domain.Command {
			s, c, ok := p.chargeThat(isOpen)
			if !ok {
				return nil
			}
			return domain.WaiveCharge{ChargeWaived: domain.ChargeWaived{Shipment: s.ID, Charge: c.ID, By: "lead", Reason: "goodwill"}}
		}},
		{"hold charge", 1, func(p *people) domain.Command {
			s, ok := p.shipment()
			if !ok {
				return nil
			}
			return domain.HoldCharge{ChargeHeld: domain.ChargeHeld{Shipment: s.ID, Charge: domain.ChargeID(p.name("H")), Kind: domain.Freight, Reason: "no figure yet"}}
		}},
		{"link charge", 1, func(p *people) domain.Command {
			s, ok := p.shipment()
			other, _ := p.shipment()
			if !ok || other.ID == "" {
				return nil
			}
			return domain.LinkCharge{ChargeLinked: domain.ChargeLinked{Shipment: s.ID, Charge: domain.ChargeID(p.name("L")), Kind: domain.Freight,
				BilledBy: domain.ChargeRef{Shipment: other.ID, Charge: "F1"}, Reason: "on the other bill"}}
		}},
		{"not billable", 2, func(p *people) domain.Command {
			s, ok := p.shipment()
			if !ok {
				return nil
			}
			return domain.DeclareNotBillable{ChargeNotBillable: domain.ChargeNotBillable{Shipment: s.ID, Charge: domain.ChargeID(p.name("N")), Kind: domain.Freight, Reason: "included"}}
		}},
	}
}

func release(p *people) domain.Command {
	w, k := p.w, p.w.k
	if len(p.shipments) >= w.cfg.shipments {
		return nil
	}
	customer := k.Int(len(w.customers))
	id := domain.ShipmentID(p.name("S"))
	o := domain.OrderReleased{Shipment: id, Customer: w.customers[customer], Currency: currencyOf(customer), Mode: "Truck",
		References: []domain.Reference{{Kind: "BOL", Value: "bol-" + string(id)}}, Promised: domain.MomentIn(k.Now().AddDate(0, 0, 5).Truncate(time.Second), nil),
		Stops: []domain.Stop{{Seq: 1, Kind: domain.StopPickup}, {Seq: 2, Kind: domain.StopDelivery}},
		Terms: domain.Terms{ApprovalAbove: money.FromMinor(int64(k.Int(3)*5000), currencyOf(customer)), BillWithExceptions: k.OneIn(4)}}
	if !k.OneIn(3) {
		o.Terms.Tax = domain.Tax{Code: domain.TaxStandard, Percent: kernel.Pick(k, []string{"8.25", "13", "19", "7.7"}), Jurisdiction: "US-TX", Version: "2024"}
	}
	if k.OneIn(6) {
		o.Terms.PODWaiver = "clause 7"
	}
	w.tariffs.order(&o)
	return domain.ReleaseOrder{OrderReleased: o}
}

// currencyOf is what a customer is billed in.
func currencyOf(customer int) money.Currency {
	return []money.Currency{"USD", "EUR", "JPY"}[customer%3]
}

// goOn takes a shipment where it would go if all went well.
func goOn(p *people) domain.Command {
	for range 4 {
		s, ok := p.shipment()
		if !ok {
			return nil
		}
		if c := next(p, s); c != nil {
			return c
		}
	}
	return nil
}

func next(p *people, s domain.Shipment) domain.Command {
	k, at := p.w.k, p.now()
	carrier := kernel.Pick(k, []string{"ABCD", "WXYZ"})
	reported := func(kind string) bool {
		for _, m := range s.Actuals {
			if m.Kind == kind {
				return true
			}
		}
		return false
	}
	report := func(stop int, kind string) domain.Command {
		return domain.RecordMilestone{Milestone: domain.Milestone{Shipment: s.ID, Stop: stop, Kind: kind, At: at}}
	}
	switch {
	case s.Cancelled != "":
		return nil
	case len(s.Charges) == 0 && !s.Terms.Rate && k.OneIn(2):
		return domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: s.ID, Charge: "F1", Kind: domain.Freight, Description: "linehaul",
			Amount: p.amount(s.Currency, 200_000), RequestedBy: "rating"}}
	case s.Tender.State == "" || s.Tender.State == domain.TenderWasNot || s.Tender.State == domain.TenderRanOut:
		return domain.TenderOrder{OrderTendered: domain.OrderTendered{Shipment: s.ID, Carrier: carrier, At: at}}
	case s.Tender.State == domain.TenderOpen:
		return domain.AcceptTender{TenderAccepted: domain.TenderAccepted{Shipment: s.ID, Carrier: s.Tender.Carrier, DispatchRef: "D" + string(s.ID), At: at}}
	case s.Dispatched.IsZero():
		return domain.Dispatch{ShipmentDispatched: domain.ShipmentDispatched{Shipment: s.ID, Load: "L" + string(s.ID), At: at}}
	case !reported(domain.ArrivedPickup):
		return report(1, domain.ArrivedPickup)
	case !reported(domain.Loaded):
		return report(1, domain.Loaded)
	case !reported(domain.ArrivedDelivery):
		return report(2, domain.ArrivedDelivery)
	case !reported(domain.Unloaded):
		return report(2, domain.Unloaded)
	case s.POD.State == "", s.POD.State == domain.PODIsUnreadable:
		return domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: s.ID, Document: p.name("pod "), SignedBy: "dock", At: at}}
	case s.POD.State == domain.PODIsReceived:
		return domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: s.ID, Outcome: domain.PODClean, By: "billing"}}
	}
	return nil
}

// report says something of a shipment, late, again, or against what was said.
func report(p *people) domain.Command {
	s, ok := p.shipment()
	if !ok || p.w.tariffs.silent(s) {
		return nil
	}
	k := p.w.k
	kinds := []string{domain.ArrivedPickup, domain.Loaded, domain.DepartedPickup, domain.EnRoute, domain.ArrivedDelivery, domain.Unloaded, domain.Unloaded,
		domain.DepartedDelivery, domain.Damaged, domain.Delayed, domain.Attempted}
	at := k.Now().Add(-k.During(0, 72*time.Hour)).Truncate(time.Minute)
	if len(s.Actuals) > 0 && k.OneIn(3) {
		again := kernel.Pick(k, s.Actuals)
		return domain.RecordMilestone{Milestone: again}
	}
	return domain.RecordMilestone{Milestone: domain.Milestone{Shipment: s.ID, Stop: k.Between(1, 2), Kind: kernel.Pick(k, kinds), At: domain.MomentIn(at, nil), Estimate: k.OneIn(6)}}
}

func decline(p *people) domain.Command {
	s, ok := p.shipmentThat(func(s domain.Shipment) bool { return s.Tender.State == domain.TenderOpen })
	if !ok {
		return nil
	}
	return domain.DeclineTender{TenderDeclined: domain.TenderDeclined{Shipment: s.ID, Carrier: s.Tender.Carrier, Reason: "no truck", At: p.now()}}
}

func expire(p *people) domain.Command {
	s, ok := p.shipmentThat(func(s domain.Shipment) bool { return s.Tender.State == domain.TenderOpen })
	if !ok {
		return nil
	}
	return domain.ExpireTender{TenderExpired: domain.TenderExpired{Shipment: s.ID, Carrier: s.Tender.Carrier, At: p.now()}}
}

func cancelShipment(p *people) domain.Command {
	s, ok := p.shipmentThat(func(s domain.Shipment) bool { return s.Cancelled == "" && len(s.Actuals) == 0 })
	if !ok {
		return nil
	}
	return domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: s.ID, Reason: "customer withdrew", At: p.now()}}
}

// shipmentThat finds a shipment of a kind, oldest first.
func (p *people) shipmentThat(is func(domain.Shipment) bool) (domain.Shipment, bool) {
	for _, id := range p.shipments {
		if s := state[domain.Shipment](p.w, id.Stream()); is(s) {
			return s, true
		}
	}
	return domain.Shipment{}, false
}

// proof deals with receipts otherwise than straight on.
func proof(p *people) domain.Command {
	s, ok := p.shipment()
	if !ok {
		return nil
	}
	k := p.w.k
	pod := domain.PODReceived{Shipment: s.ID, Document: p.name("pod "), SignedBy: "dock", At: p.now()}
	switch k.Int(4) {
	case 0:
		return domain.ReceivePOD{PODReceived: pod}
	case 1:
		return domain.RejectPOD{PODUnreadable: domain.PODUnreadable{Shipment: s.ID, By: "billing"}}
	case 2:
		return domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: s.ID, Outcome: kernel.Pick(k, []string{domain.PODClean, domain.PODWithExceptions}), By: "billing"}}
	}
	return domain.CorrectPOD{PODCorrected: domain.PODCorrected{PODReceived: pod, Reason: "better scan"}}
}

func isPending(c domain.Charge) bool { return c.Status == domain.ChargePending }
func isOpen(c domain.Charge) bool {
	return c.Status == domain.ChargePending || c.Status == domain.ChargeReady
}

// chargeThat finds a charge of a kind.
func (p *people) chargeThat(is func(domain.Charge) bool) (domain.Shipment, domain.Charge, bool) {
	for range 4 {
		s, ok := p.shipment()
		if !ok {
			break
		}
		for _, c := range s.Charges {
			if is(c) {
				return s, c, true
			}
		}
	}
	return domain.Shipment{}, domain.Charge{}, false
}

func enter(p *people) domain.Command {
	s, ok := p.shipment()
	if !ok || len(s.Charges) > 8 {
		return nil
	}
	k := p.w.k
	e := domain.ChargeEntered{Shipment: s.ID, Charge: domain.ChargeID(p.name("C")), Kind: kernel.Pick(k, []domain.ChargeKind{domain.Freight, domain.Insurance, domain.FuelSurcharge, domain.Accessorial, domain.Accessorial, domain.Discount}),
		Amount: p.amount(s.Currency, 60_000), RequestedBy: kernel.Pick(k, []string{"desk", "lead"})}
	for _, c := range s.Charges {
		if c.Status == domain.ChargeIsHeld && k.OneIn(2) {
			e.Charge, e.Kind = c.ID, c.Kind
		}
	}
	switch e.Kind {
	case domain.Discount:
		e.Amount = p.amount(s.Currency, 3_000).Neg()
	case domain.Accessorial:
		e.Code = "DET"
	}
	return domain.EnterCharge{ChargeEntered: e}
}

func amend(p *people) domain.Command {
	s, c, ok := p.chargeThat(isOpen)
	if !ok {
		return nil
	}
	amount := p.amount(s.Currency, 80_000)
	if c.Kind == domain.Discount {
		amount = p.amount(s.Currency, 3_000).Neg()
	}
	return domain.AmendCharge{ChargeAmended: domain.ChargeAmended{Shipment: s.ID, Charge: c.ID, Amount: amount, RequestedBy: kernel.Pick(p.w.k, []string{"desk", "lead"}), Reason: "wrong weight"}}
}

// approve lets a charge be billed; sometimes who asked for it tries to.
func approve(p *people) domain.Command {
	s, c, ok := p.chargeThat(isPending)
	if !ok || !c.Amount.IsSet() {
		return nil
	}
	return domain.ApproveCharge{ChargeApproved: domain.ChargeApproved{Shipment: s.ID, Charge: c.ID, Amount: c.Amount, By: kernel.Pick(p.w.k, []string{"lead", "manager", "manager"}), Evidence: "seen"}}
}
