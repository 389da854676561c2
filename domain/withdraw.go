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
	if !v.gathers() && v.Status != InvoiceSealed {
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
		changed, err := rest.concludeLess()
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

// concludeLess is concludeLines when lines were taken off: tax is decided anew,
// because it may have been theirs that could not be decided.
func (v Invoice) concludeLess() ([]Event, error) {
	events, err := v.concludeLines()
	return append(events, v.sealHolds(nil)...), err
}

// concludeLines holds a candidate that has no lines, and ends the holds that
// its lines had caused.
func (v Invoice) concludeLines() ([]Event, error) {
	var events []Event
	empty := slices.Contains(v.Holds, HoldEmpty)
	switch {
	case len(v.Lines) == 0 && !empty:
		events = append(events, InvoiceHeld{Invoice: v.ID, Reason: HoldEmpty, Detail: "its lines were taken off"})
	case len(v.Lines) > 0 && empty:
		events = append(events, v.released(HoldEmpty))
	}
	negative, above := slices.Contains(v.Holds, HoldNegativeTotal), slices.Contains(v.Holds, HoldAboveLimit)
	if !negative && !above {
		return events, nil
	}
	sealed, err := v.seal(sealOf{})
	if err != nil {
		return nil, err
	}
	if negative && !sealed.Total.IsNegative() {
		events = append(events, v.released(HoldNegativeTotal))
	}
	if above {
		still, err := v.aboveLimit(sealed.Total)
		if err != nil {
			return nil, err
		}
		if still == nil {
			events = append(events, v.released(HoldAboveLimit))
		}
	}
	return events, nil
}

// without is an invoice's lines without those that were withdrawn.
func (e LinesWithdrawn) without(lines []BillLine) []BillLine {
	return lessLines(lines, e.Lines)
}

func lessLines(lines, less []BillLine) []BillLine {
	return slices.DeleteFunc(slices.Clone(lines), func(l BillLine) bool {
		return slices.ContainsFunc(less, func(gone BillLine) bool { return gone.Shipment == l.Shipment && gone.Charge == l.Charge })
	})
}
