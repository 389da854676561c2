package domain

import "slices"

// LinesWithdrawn takes a shipment's lines off an invoice that is not issued:
// what let them be billed does not hold any more. Other shipments' lines do not
// wait for them.
type LinesWithdrawn struct {
	Invoice  InvoiceID  `json:"invoice"`
	Shipment ShipmentID `json:"shipment"`
	Lines    []BillLine `json:"lines"` // as they were
	Reason   string     `json:"reason"`
}

func (LinesWithdrawn) EventType() string { return "LinesWithdrawn" }

// WithdrawLines takes a shipment's lines off an invoice that is not issued.
type WithdrawLines struct {
	Invoice  InvoiceID  `json:"invoice"`
	Shipment ShipmentID `json:"shipment"`
	Charges  []ChargeID `json:"charges"`
	Reason   string     `json:"reason"`
}

func (c WithdrawLines) Stream() Stream    { return c.Invoice.Stream() }
func (WithdrawLines) CommandName() string { return "WithdrawLines" }

func (c WithdrawLines) Decide(v Invoice) ([]Event, error) {
	if v.Status != InvoiceOpen && v.Status != InvoiceIsHeld && v.Status != InvoiceSealed {
		return nil, nil // unknown here, or issued: then it is never edited (rule 3)
	}
	e := LinesWithdrawn{Invoice: v.ID, Shipment: c.Shipment, Reason: c.Reason}
	for _, line := range v.Lines {
		if line.Shipment == c.Shipment && slices.Contains(c.Charges, line.Charge) {
			e.Lines = append(e.Lines, line)
		}
	}
	if len(e.Lines) == 0 {
		return nil, nil
	}
	rest := v.Evolve(e)
	if v.Status != InvoiceSealed {
		changed, err := rest.concludeLines()
		return append([]Event{e}, changed...), err
	}
	// A number was asked for and may have been given: it must be used. So the
	// invoice is issued without these lines, or, if without them it could not
	// be issued, with them.
	sealed, err := rest.sealAgain()
	if err != nil || len(rest.Lines) == 0 || sealed.Total.IsNegative() {
		return nil, err
	}
	return []Event{e, sealed}, nil
}

// concludeLines holds a candidate that has no lines, and ends the holds that
// its lines had caused.
func (v Invoice) concludeLines() ([]Event, error) {
	var events []Event
	empty := slices.Contains(v.Holds, HoldEmpty)
	switch {
	case len(v.Lines) == 0 && !empty:
		events = append(events, InvoiceHeld{v.ID, HoldEmpty, "its lines were withdrawn"})
	case len(v.Lines) > 0 && empty:
		events = append(events, HoldReleased{v.ID, HoldEmpty, itself, v.Candidate})
	}
	if slices.Contains(v.Holds, HoldNegativeTotal) {
		sealed, err := v.seal(sealOf{})
		if err != nil {
			return nil, err
		}
		if !sealed.Total.IsNegative() {
			events = append(events, HoldReleased{v.ID, HoldNegativeTotal, itself, v.Candidate})
		}
	}
	return events, nil
}

// without is an invoice's lines without those that were withdrawn.
func (e LinesWithdrawn) without(lines []BillLine) []BillLine {
	return slices.DeleteFunc(slices.Clone(lines), func(l BillLine) bool {
		return slices.ContainsFunc(e.Lines, func(gone BillLine) bool { return gone.Shipment == l.Shipment && gone.Charge == l.Charge })
	})
}
