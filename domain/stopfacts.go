package domain

import (
	"slices"

	"github.com/freightledger/freightledger/domain/rating"
)

// What an order did not say of a stop, and rating must know: who receives the
// freight there and how much of it, where charges are shared by weight.

// StopFactsRecorded says what is known of a stop beside the order.
type StopFactsRecorded struct {
	Shipment ShipmentID     `json:"shipment"`
	Stop     int            `json:"stop"`
	Party    CustomerID     `json:"party,omitempty"` // the shipper or consignee; absent: as before
	Weight   rating.Decimal `json:"weight,omitzero"` // in the unit of the shipment's weight; absent: as before
	By       string         `json:"by"`
	Reason   string         `json:"reason,omitempty"` // of a correction
	Source   Source         `json:"source,omitzero"`
}

func (StopFactsRecorded) EventType() string { return "StopFactsRecorded" }

// RecordStopFacts keeps who receives freight at a stop, and its weight there.
// What was stated otherwise is corrected with a reason.
type RecordStopFacts struct{ StopFactsRecorded }

func (c RecordStopFacts) Stream() Stream    { return c.Shipment.Stream() }
func (RecordStopFacts) CommandName() string { return "RecordStopFacts" }

func (c RecordStopFacts) Decide(s Shipment) ([]Event, error) {
	if err := s.mustBeLive(c.Shipment); err != nil {
		return nil, err
	}
	stop := s.stop(c.Stop)
	if c.Party != "" {
		if err := CheckID("party", string(c.Party)); err != nil {
			return nil, err
		}
	}
	switch {
	case stop == nil:
		return nil, refuse(NotFound, "shipment %s has no stop %d", c.Shipment, c.Stop)
	case c.By == "":
		return nil, refuse(Invalid, "shipment %s, stop %d: who records it is missing", c.Shipment, c.Stop)
	case c.Weight.Sign() < 0 || c.Weight.IsZero() && c.Party == "":
		return nil, refuse(Invalid, "shipment %s, stop %d: want its party, a weight above nought, or both", c.Shipment, c.Stop)
	}
	now := stop.with(c.StopFactsRecorded)
	switch {
	case same(now, *stop):
		return nil, nil
	case c.Reason == "" && (stop.Party != "" && now.Party != stop.Party || !stop.Weight.IsZero() && !now.Weight.Equal(stop.Weight)):
		return nil, refuse(Conflict, "shipment %s, stop %d: it was stated as %s for %s: correct it with a reason", c.Shipment, c.Stop, stop.Weight, stop.Party)
	}
	return s.conclude(c.StopFactsRecorded), nil
}

// with is the stop with what was recorded of it.
func (t Stop) with(e StopFactsRecorded) Stop {
	if e.Party != "" {
		t.Party = e.Party
	}
	if !e.Weight.IsZero() && !e.Weight.Equal(t.Weight) {
		t.Weight = e.Weight
	}
	return t
}

func (s Shipment) withStopFacts(e StopFactsRecorded) Shipment {
	s.Stops = slices.Clone(s.Stops)
	if stop := s.stop(e.Stop); stop != nil {
		*stop = stop.with(e)
	}
	return s
}
