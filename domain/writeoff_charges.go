package domain

// What the write-off of an invoice means for the charges that it bills: one of
// which nothing else is left has ended (rule 13).

// Events of charges that are written off.
type (
	// ChargesWrittenOff ends charges of a shipment (rule 13).
	ChargesWrittenOff struct {
		Shipment ShipmentID `json:"shipment"`
		Invoice  InvoiceID  `json:"invoice"`
		Charges  []ChargeID `json:"charges"`
	}
	// ChargesReinstated makes them billed as before.
	ChargesReinstated struct {
		Shipment ShipmentID `json:"shipment"`
		Invoice  InvoiceID  `json:"invoice"`
		Charges  []ChargeID `json:"charges"`
	}
)

func (ChargesWrittenOff) EventType() string { return "ChargesWrittenOff" }
func (ChargesReinstated) EventType() string { return "ChargesReinstated" }

// Commands of charges that are written off. They follow by policy.
type (
	// WriteOffCharges ends charges of which nothing else is left, by policy.
	WriteOffCharges struct{ ChargesWrittenOff }
	// ReinstateCharges undoes it.
	ReinstateCharges struct{ ChargesReinstated }
)

func (c WriteOffCharges) Stream() Stream     { return c.Shipment.Stream() }
func (c ReinstateCharges) Stream() Stream    { return c.Shipment.Stream() }
func (WriteOffCharges) CommandName() string  { return "WriteOffCharges" }
func (ReinstateCharges) CommandName() string { return "ReinstateCharges" }

func (c WriteOffCharges) Decide(s Shipment) ([]Event, error) {
	e := c.ChargesWrittenOff
	if e.Charges = s.chargesOn(c.Invoice, ChargeClaimed, c.Charges); len(e.Charges) == 0 {
		return nil, nil
	}
	return []Event{e}, nil
}

func (c ReinstateCharges) Decide(s Shipment) ([]Event, error) {
	e := c.ChargesReinstated
	if e.Charges = s.chargesOn(c.Invoice, ChargeWrittenOff, c.Charges); len(e.Charges) == 0 {
		return nil, nil
	}
	return []Event{e}, nil
}

// chargesOn keeps the charges that an invoice has, in a status.
func (s Shipment) chargesOn(invoice InvoiceID, status ChargeStatus, ids []ChargeID) (on []ChargeID) {
	for _, id := range ids {
		if c := s.charge(id); c != nil && c.Status == status && c.Invoice == invoice {
			on = append(on, id)
		}
	}
	return on
}
