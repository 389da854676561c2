package domain

// Who pays a charge is the shipment's customer, whom the agreement names
// (package rating), or whom the desk names before the charge is billed.

// ChargeAssigned says who pays a charge, and where it arose.
type ChargeAssigned struct {
	Shipment ShipmentID `json:"shipment"`
	Charge   ChargeID   `json:"charge"`
	Payor    CustomerID `json:"payor,omitempty"` // absent: the shipment's customer
	Stop     int        `json:"stop,omitempty"`
	By       string     `json:"by"`
	Reason   string     `json:"reason"`
}

func (ChargeAssigned) EventType() string { return "ChargeAssigned" }

// AssignCharge says who pays a charge that is not billed yet. What was accrued
// for it moves to that customer.
type AssignCharge struct{ ChargeAssigned }

func (c AssignCharge) Stream() Stream    { return c.Shipment.Stream() }
func (AssignCharge) CommandName() string { return "AssignCharge" }

func (c AssignCharge) Decide(s Shipment) ([]Event, error) {
	old, err := s.mustHave(c.Shipment, c.Charge)
	switch {
	case err != nil:
		return nil, err
	case old.Payor == c.Payor && old.Stop == c.Stop:
		return nil, nil
	case old.Status == ChargeClaimed:
		return nil, s.onInvoice(old, "credit it and bill again")
	case old.Status != ChargePending && old.Status != ChargeReady:
		return nil, refuse(Conflict, "charge %s of shipment %s is %s", c.Charge, s.ID, old.Status)
	case c.Reason == "" || c.By == "":
		return nil, refuse(Invalid, "charge %s of shipment %s: say who names its payor and why", c.Charge, s.ID)
	}
	if err := s.checkPayor(c.Charge, c.Payor, c.Stop); err != nil {
		return nil, err
	}
	return s.conclude(s.assigned(old, c.ChargeAssigned)...), nil
}

func (s Shipment) checkPayor(charge ChargeID, payor CustomerID, stop int) error {
	if payor != "" {
		if err := CheckID("payor of charge "+string(charge), string(payor)); err != nil {
			return err
		}
	}
	if stop != 0 && s.stop(stop) == nil {
		return refuse(NotFound, "charge %s: shipment %s has no stop %d", charge, s.ID, stop)
	}
	return nil
}

// assigned gives a charge to a payor. What was accrued for the one before is
// taken back; conclude accrues it for the new one.
func (s Shipment) assigned(c Charge, e ChargeAssigned) []Event {
	var events []Event
	after := c
	after.Payor = e.Payor
	if !c.Accrued.IsZero() && s.payor(c) != s.payor(after) {
		for _, accrual := range s.accrue(nil, c, c.Accrued.Neg(), nil) {
			events = append(events, accrual)
		}
	}
	return append(events, e)
}
