package domain

import "slices"

// LinesRestated is what tax knows now of a shipment on a candidate.
type LinesRestated struct {
	Invoice  InvoiceID  `json:"invoice"`
	Shipment ShipmentID `json:"shipment"`
	Facts    TaxFacts   `json:"facts"`
}

func (LinesRestated) EventType() string { return "LinesRestated" }

// RestateLines tells a candidate what tax knows now of a shipment, by policy.
type RestateLines struct{ LinesRestated }

func (c RestateLines) Stream() Stream    { return c.Invoice.Stream() }
func (RestateLines) CommandName() string { return "RestateLines" }

func (c RestateLines) Decide(v Invoice) ([]Event, error) {
	if !v.gathers() {
		return nil, nil // it is decided: what was not right is credited
	}
	news := slices.ContainsFunc(v.Lines, func(l BillLine) bool {
		return l.Shipment == c.Shipment && (l.Facts == nil || !same(*l.Facts, c.Facts))
	})
	if !news {
		return nil, nil
	}
	events := []Event{c.LinesRestated}
	for _, reason := range v.Holds {
		if sealHold(reason) {
			events = append(events, v.released(reason))
		}
	}
	return events, nil
}

// restated are an invoice's lines with what tax knows now.
func (e LinesRestated) restated(lines []BillLine) []BillLine {
	lines = slices.Clone(lines)
	for i := range lines {
		if lines[i].Shipment == e.Shipment {
			lines[i].Facts = &e.Facts
		}
	}
	return lines
}
