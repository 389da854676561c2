package trace

import (
	"context"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// ShipmentReplay is a shipment as it was known at an instant.
type ShipmentReplay struct {
	ID         domain.ShipmentID  `json:"id"`
	AsOf       time.Time          `json:"as_of,omitzero"` // zero: now
	Known      int                `json:"known"`          // events recorded by then
	Later      int                `json:"later"`          // events recorded afterwards, unknown then
	Status     string             `json:"status"`
	Customer   domain.CustomerID  `json:"customer"`
	Currency   money.Currency     `json:"currency"`
	References []domain.Reference `json:"references"`
	Carrier    string             `json:"carrier"`
	Promised   domain.Moment      `json:"promised,omitzero"`
	Delivered  domain.Moment      `json:"delivered,omitzero"`
	POD        ReplayedPOD        `json:"pod"`
	Charges    []ReplayedCharge   `json:"charges"`
	Open       []string           `json:"open_exceptions"`
	Holds      []string           `json:"billing_holds"`
	Timeline   []Moment           `json:"timeline"` // in the order of recording
	// State is the domain's own state at that instant.
	State domain.Shipment `json:"-"`
}

// ReplayedPOD is the proof of delivery as known then.
type ReplayedPOD struct {
	Version    int    `json:"version"`
	State      string `json:"state"`
	Document   string `json:"document"`
	SignedBy   string `json:"signed_by"`
	VerifiedBy string `json:"verified_by"`
}

// ReplayedCharge is a charge as known then.
type ReplayedCharge struct {
	Charge  domain.ChargeID     `json:"charge"`
	Kind    domain.ChargeKind   `json:"kind"`
	Amount  money.Money         `json:"amount"`
	Status  domain.ChargeStatus `json:"status"`
	Reason  string              `json:"reason,omitempty"`
	Invoice domain.InvoiceID    `json:"invoice,omitempty"`
}

// Moment is an event on both axes of time: Happened and Recorded of its hop.
type Moment struct {
	Hop
	Instant time.Time `json:"happened_utc,omitzero"` // Happened in UTC, where the event states a moment
	Source  string    `json:"source,omitempty"`
}

// Replay folds a shipment's events that were recorded at or before an instant;
// the zero asOf takes all. It answers a *domain.Refusal with code NotFound when
// the shipment was not known by then.
func (t *Tracer) Replay(ctx context.Context, id domain.ShipmentID, asOf time.Time) (ShipmentReplay, error) {
	events, err := t.read(ctx, id.Stream())
	if err != nil {
		return ShipmentReplay{}, err
	}
	r := ShipmentReplay{ID: id, AsOf: asOf.UTC(), References: []domain.Reference{}, Charges: []ReplayedCharge{}, Open: []string{}, Holds: []string{}, Timeline: []Moment{}}
	if asOf.IsZero() {
		r.AsOf = time.Time{}
	}
	var s domain.Shipment
	for _, e := range events {
		if !asOf.IsZero() && e.Meta.RecordedAt.After(asOf) {
			r.Later++
			continue
		}
		r.Known++
		s = s.Evolve(e.Event)
		m := Moment{Hop: hopOf(e), Instant: instantOf(e.Event)}
		if source := sourceOf(e.Event); source.Message != "" {
			m.Source = source.String()
		}
		r.Timeline = append(r.Timeline, m)
	}
	switch {
	case len(events) == 0:
		return ShipmentReplay{}, notFound("shipment %.80q is not known", id)
	case r.Known == 0:
		return ShipmentReplay{}, notFound("shipment %s was not known at %s: its first event was recorded at %s",
			id, asOf.UTC().Format(time.RFC3339), events[0].Meta.RecordedAt.Format(time.RFC3339))
	}
	r.State = s
	r.Status, r.Customer, r.Currency, r.Carrier = s.Status(), s.Customer, s.Currency, s.Tender.Carrier
	r.Promised, r.Delivered = s.Promised, s.Delivered
	r.POD = ReplayedPOD{s.POD.Version, s.POD.State, s.POD.Document, s.POD.SignedBy, s.POD.VerifiedBy}
	r.References = append(r.References, s.References...)
	r.Holds = append(r.Holds, s.BillingHolds()...)
	for _, x := range s.Exceptions {
		if x.Open {
			r.Open = append(r.Open, x.ID+given(": ", x.Detail))
		}
	}
	for _, c := range s.Charges {
		r.Charges = append(r.Charges, ReplayedCharge{c.ID, c.Kind, c.Amount, c.Status, c.Reason, c.Invoice})
	}
	return r, nil
}

// instantOf is when an event's fact happened, in UTC.
func instantOf(e domain.Event) time.Time {
	switch e := e.(type) {
	case domain.OrderTendered:
		return e.At.UTC
	case domain.TenderAccepted:
		return e.At.UTC
	case domain.TenderDeclined:
		return e.At.UTC
	case domain.TenderExpired:
		return e.At.UTC
	case domain.ShipmentDispatched:
		return e.At.UTC
	case domain.ShipmentCancelled:
		return e.At.UTC
	case domain.MilestoneRecorded:
		return e.At.UTC
	case domain.ShipmentDelivered:
		return e.At.UTC
	case domain.PODReceived:
		return e.At.UTC
	case domain.PODCorrected:
		return e.At.UTC
	}
	return time.Time{}
}
