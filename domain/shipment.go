package domain

import (
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
)

// A shipment is the goods under one bill of lading, from the order's release
// to the claim of its charges by an invoice.
//
// Rules: 1, 2 (proof of delivery before billing), 4 (delivered needs every
// mandatory delivery stop), 5, 6 (stop times), 7 (estimates), 10, 11
// (repeated and late messages), 12 to 18, 22, 25 (charges).

// Stop is a place where a shipment is picked up or delivered.
type Stop struct {
	Seq      int    `json:"seq"`  // as the order numbers it, from 1
	Kind     string `json:"kind"` // StopPickup or StopDelivery
	Place    string `json:"place,omitempty"`
	Zone     string `json:"zone,omitempty"` // IANA zone of the place
	Optional bool   `json:"optional,omitempty"`
	From     Moment `json:"from,omitzero"` // appointment window
	Until    Moment `json:"until,omitzero"`
	// For rating:
	Where  rating.Place   `json:"where,omitzero"`
	Party  CustomerID     `json:"party,omitempty"` // the shipper or consignee, where it may have to pay
	Weight rating.Decimal `json:"weight,omitzero"` // picked up or delivered here, in the unit of Measures.Weight
}

// Kinds of stop.
const (
	StopPickup   = "pickup"
	StopDelivery = "delivery"
)

// Terms are the agreement's clauses that a shipment is billed under, as they
// were in force when its order was released.
type Terms struct {
	Agreement          string      `json:"agreement,omitempty"`
	Version            string      `json:"version,omitempty"`
	ApprovalAbove      money.Money `json:"approval_above"`                 // accessorials above it need approval; zero: all of them do
	PODWaiver          string      `json:"pod_waiver,omitempty"`           // reference of the clause that waives proof of delivery
	BillWithExceptions bool        `json:"bill_with_exceptions,omitempty"` // an exception POD does not hold the bill
	Tax                Tax         `json:"tax,omitzero"`
	// Rate: the charges are those that the agreement gives; the version is
	// chosen, and the clauses above are set, when the shipment is rated.
	Rate bool `json:"rate,omitempty"`
	// Unit is the business unit whose revenue it is; a chart may tell accounts
	// apart by it.
	Unit string `json:"unit,omitempty"`
	// Issuer is the legal entity that bills; "" where there is one only.
	Issuer  string       `json:"issuer,omitempty"`
	Billing BillingTerms `json:"billing,omitzero"`
	// Recognition is the order's own word on when revenue is earned:
	// RecognizedOnDelivery or RecognizedOverTransit. Without it the agreement's
	// counts, in Billing; without that, delivery.
	Recognition string `json:"recognition,omitempty"`
}

// Measures are what a shipment is rated by.
type Measures struct {
	Equipment string          `json:"equipment,omitempty"` // "53V", "reefer"
	Weight    rating.Quantity `json:"weight,omitzero"`     // "lb" or "kg"
	Distance  rating.Quantity `json:"distance,omitzero"`   // "mi" or "km"
	Pallets   rating.Decimal  `json:"pallets,omitzero"`
	Pieces    rating.Decimal  `json:"pieces,omitzero"`
}

// Shipment is the state of a shipment's stream.
type Shipment struct {
	ID         ShipmentID
	Customer   CustomerID
	Currency   money.Currency
	References []Reference
	Mode       string
	Incoterm   string
	WeightKg   string
	Weight     WeightNote
	Measures   Measures
	Ordered    Moment
	Promised   Moment
	Stops      []Stop
	Terms      Terms
	Rated      Rated
	Tender     Tender
	Dispatched Moment
	Cancelled  string // reason, "" when live
	// Of a cancelled shipment:
	CancelledAt        Moment
	CancelledByCarrier bool
	Delivered          Moment
	Services           []rating.Service // by id
	Delays             []DelayRecorded  // by stop and id
	Notices            []NoticeRecorded // by instant
	Actuals            []Milestone      // the report that counts, one a stop and kind
	Reports            []Milestone      // every other report, superseded or estimated
	POD                POD
	Exceptions         []Exception
	Charges            []Charge
	TaxFacts           TaxFacts // recorded beside the order's
	Accruals           int      // accrual documents so far
	Transit            Transit
}

// WeightNote says where a weight is when it is not a figure.
type WeightNote struct {
	Reason string `json:"reason,omitempty"` // "captured separately"
	Refers string `json:"refers,omitempty"` // the shipment or line that carries it
}

// Exception holds a shipment's bill until somebody resolves it.
type Exception struct {
	ID         string
	Kind       string
	Detail     string
	Open       bool
	ResolvedBy string
}

// itself signs what follows from the facts with nobody deciding it.
const itself = "freightledger"

// Kinds of exception.
const (
	ExceptionPODBeforeDelivery = "pod-before-delivery"
	ExceptionStopTimes         = "stop-times-contradict" // rule 5
	ExceptionStopOrder         = "stops-out-of-order"    // rule 6
	ExceptionPODNotes          = "pod-with-exceptions"   // rule 2
	ExceptionAfterBilling      = "changed-after-billing"
	ExceptionRatedOtherwise    = "rated-otherwise" // than what was billed
	ExceptionOther             = "reported"
)

// Events of the order.
type (
	// OrderReleased opens a shipment's history.
	OrderReleased struct {
		Shipment   ShipmentID     `json:"shipment"`
		Customer   CustomerID     `json:"customer"`
		Currency   money.Currency `json:"currency"`
		References []Reference    `json:"references,omitempty"`
		Mode       string         `json:"mode,omitempty"`
		Incoterm   string         `json:"incoterm,omitempty"`
		WeightKg   string         `json:"weight_kg,omitempty"` // decimal, as stated
		Weight     WeightNote     `json:"weight_note,omitzero"`
		Measures   Measures       `json:"measures,omitzero"`
		Ordered    Moment         `json:"ordered,omitzero"`
		Promised   Moment         `json:"promised,omitzero"`
		Stops      []Stop         `json:"stops"`
		Terms      Terms          `json:"terms,omitzero"`
		Source     Source         `json:"source,omitzero"`
	}
	// ReferenceAdded makes the shipment known by one more number.
	ReferenceAdded struct {
		Shipment  ShipmentID `json:"shipment"`
		Reference Reference  `json:"reference"`
		Source    Source     `json:"source,omitzero"`
	}
	// ShipmentCancelled ends a shipment that was not picked up.
	ShipmentCancelled struct {
		Shipment ShipmentID `json:"shipment"`
		Reason   string     `json:"reason"`
		At       Moment     `json:"at"`
		// ByCarrier: it is the carrier who does not come.
		ByCarrier bool   `json:"by_carrier,omitempty"`
		Source    Source `json:"source,omitzero"`
	}
	// ExceptionRaised holds the bill.
	ExceptionRaised struct {
		Shipment  ShipmentID `json:"shipment"`
		Exception string     `json:"exception"` // id within the shipment
		Kind      string     `json:"kind"`
		Detail    string     `json:"detail,omitempty"`
		Source    Source     `json:"source,omitzero"`
	}
	// ExceptionResolved lets the bill go on.
	ExceptionResolved struct {
		Shipment   ShipmentID `json:"shipment"`
		Exception  string     `json:"exception"`
		Resolution string     `json:"resolution"`
		By         string     `json:"by"`
	}
)

func (OrderReleased) EventType() string     { return "OrderReleased" }
func (ReferenceAdded) EventType() string    { return "ReferenceAdded" }
func (ShipmentCancelled) EventType() string { return "ShipmentCancelled" }
func (ExceptionRaised) EventType() string   { return "ExceptionRaised" }
func (ExceptionResolved) EventType() string { return "ExceptionResolved" }

// Commands of the order.
type (
	// ReleaseOrder opens a shipment. Releasing it again as it is changes nothing.
	ReleaseOrder struct{ OrderReleased }
	// AddReference makes the shipment known by one more number.
	AddReference struct{ ReferenceAdded }
	// CancelShipment ends a shipment before pickup.
	CancelShipment struct{ ShipmentCancelled }
	// RaiseException holds the bill for a reason that somebody reports.
	RaiseException struct{ ExceptionRaised }
	// ResolveException lets the bill go on.
	ResolveException struct{ ExceptionResolved }
)

func (c ReleaseOrder) Stream() Stream     { return c.Shipment.Stream() }
func (c AddReference) Stream() Stream     { return c.Shipment.Stream() }
func (c CancelShipment) Stream() Stream   { return c.Shipment.Stream() }
func (c RaiseException) Stream() Stream   { return c.Shipment.Stream() }
func (c ResolveException) Stream() Stream { return c.Shipment.Stream() }

func (ReleaseOrder) CommandName() string     { return "ReleaseOrder" }
func (AddReference) CommandName() string     { return "AddReference" }
func (CancelShipment) CommandName() string   { return "CancelShipment" }
func (RaiseException) CommandName() string   { return "RaiseException" }
func (ResolveException) CommandName() string { return "ResolveException" }

func (c ReleaseOrder) Decide(s Shipment) ([]Event, error) {
	if s.Released() {
		if s.Customer != c.Customer || s.Currency != c.Currency || len(s.Stops) != len(c.Stops) {
			return nil, refuse(Conflict, "shipment %s was released before, for customer %s in %s with %d stops", s.ID, s.Customer, s.Currency, len(s.Stops))
		}
		return nil, nil
	}
	if err := CheckID("shipment", string(c.Shipment)); err != nil {
		return nil, err
	}
	if err := CheckID("customer", string(c.Customer)); err != nil {
		return nil, err
	}
	if _, err := money.ParseCurrency(string(c.Currency)); err != nil {
		return nil, refuse(Invalid, "shipment %s: %v", c.Shipment, err)
	}
	if c.WeightKg != "" {
		if _, err := money.ParseDecimal(c.WeightKg); err != nil {
			return nil, refuse(Invalid, "shipment %s: weight: %v", c.Shipment, err)
		}
	}
	if err := c.checkMeasures(); err != nil {
		return nil, err
	}
	if c.Terms.Rate && c.Terms.Agreement == "" {
		return nil, refuseByRule(14, Invalid, "shipment %s is to be rated, but under no agreement", c.Shipment)
	}
	if t := c.Terms.ApprovalAbove; t.IsSet() && t.Currency() != c.Currency {
		return nil, refuseByRule(29, Invalid, "shipment %s: approval threshold in %s, shipment in %s", c.Shipment, t.Currency(), c.Currency)
	}
	if !readable(c.Terms.Unit, maxUnit) {
		return nil, refuse(Invalid, "shipment %s: unit %.80q: want at most %d bytes of plain text", c.Shipment, c.Terms.Unit, maxUnit)
	}
	if err := c.Terms.Tax.check(); err != nil {
		return nil, err
	}
	if err := checkRecognition(c.Shipment, c.Terms.Recognition); err != nil {
		return nil, err
	}
	if err := c.Terms.Billing.check(c.Shipment); err != nil {
		return nil, err
	}
	if c.Terms.Issuer != "" {
		if err := CheckID("issuer", c.Terms.Issuer); err != nil {
			return nil, err
		}
	}
	seen := map[int]bool{}
	deliveries := 0
	for _, stop := range c.Stops {
		if stop.Kind != StopPickup && stop.Kind != StopDelivery {
			return nil, refuse(Invalid, "shipment %s: stop %d is neither pickup nor delivery", c.Shipment, stop.Seq)
		}
		if stop.Seq < 1 {
			return nil, refuse(Invalid, "shipment %s: stop number %d: stops are numbered from 1", c.Shipment, stop.Seq)
		}
		if seen[stop.Seq] {
			return nil, refuse(Invalid, "shipment %s: stop number %d is used twice", c.Shipment, stop.Seq)
		}
		seen[stop.Seq] = true
		if stop.Party != "" {
			if err := CheckID(fmt.Sprintf("shipment %s: party of stop %d", c.Shipment, stop.Seq), string(stop.Party)); err != nil {
				return nil, err
			}
		}
		if stop.Kind == StopDelivery && !stop.Optional {
			deliveries++
		}
	}
	if deliveries == 0 {
		return nil, refuseByRule(4, Invalid, "shipment %s has no mandatory delivery stop: it could never be delivered", c.Shipment)
	}
	return []Event{c.OrderReleased}, nil
}

func (c ReleaseOrder) checkMeasures() error {
	for _, q := range []struct {
		name, one, other string
		quantity         rating.Quantity
	}{{"weight", "lb", "kg", c.Measures.Weight}, {"distance", "mi", "km", c.Measures.Distance}} {
		stated := !q.quantity.Value.IsZero()
		if q.quantity.Value.Sign() < 0 || stated && q.quantity.Unit != q.one && q.quantity.Unit != q.other {
			return refuse(Invalid, "shipment %s: %s of %s %q: want a number that is not negative, in %s or %s", c.Shipment, q.name, q.quantity.Value, q.quantity.Unit, q.one, q.other)
		}
	}
	if c.Measures.Pallets.Sign() < 0 || c.Measures.Pieces.Sign() < 0 {
		return refuse(Invalid, "shipment %s: pallets %s, pieces %s: neither is negative", c.Shipment, c.Measures.Pallets, c.Measures.Pieces)
	}
	return nil
}

func (c AddReference) Decide(s Shipment) ([]Event, error) {
	// Also of a cancelled shipment, whose truck may have to be billed.
	if !s.Released() {
		return nil, s.mustBeLive(c.Shipment)
	}
	if c.Reference.Kind == "" || c.Reference.Value == "" || len(c.Reference.Value) > 200 {
		return nil, refuse(Invalid, "shipment %s: a reference needs a kind and a value of at most 200 bytes", c.Shipment)
	}
	if slices.Contains(s.References, c.Reference) {
		return nil, nil
	}
	return s.conclude(c.ReferenceAdded), nil
}

func (c CancelShipment) Decide(s Shipment) ([]Event, error) {
	switch {
	case !s.Released():
		return nil, refuse(NotFound, "shipment %s is not known", c.Shipment)
	case s.Cancelled != "":
		return nil, nil
	case s.pickedUp():
		return nil, refuse(TooLate, "shipment %s was picked up: record a return or bill a truck ordered not used", c.Shipment)
	case c.Reason == "":
		return nil, refuse(Invalid, "shipment %s: cancelling needs a reason", c.Shipment)
	}
	return s.conclude(c.ShipmentCancelled), nil
}

func (c RaiseException) Decide(s Shipment) ([]Event, error) {
	if err := s.mustBeLive(c.Shipment); err != nil {
		return nil, err
	}
	if c.Exception == "" || c.Kind == "" {
		return nil, refuse(Invalid, "shipment %s: an exception needs an id and a kind", c.Shipment)
	}
	if s.exception(c.Exception) != nil {
		return nil, nil
	}
	return s.conclude(c.ExceptionRaised), nil
}

func (c ResolveException) Decide(s Shipment) ([]Event, error) {
	if !s.Released() {
		return nil, refuse(NotFound, "shipment %s is not known", c.Shipment)
	}
	e := s.exception(c.Exception)
	switch {
	case e == nil:
		return nil, refuse(NotFound, "shipment %s has no exception %s", c.Shipment, c.Exception)
	case !e.Open:
		return nil, nil
	case c.Resolution == "" || c.By == "":
		return nil, refuse(Invalid, "shipment %s: resolving exception %s needs a resolution and who resolves it", c.Shipment, c.Exception)
	}
	return s.conclude(c.ExceptionResolved), nil
}

// Released tells whether the shipment has a history.
func (s Shipment) Released() bool { return s.ID != "" }

// Status is the furthest state that the shipment has reached, in the words of
// the freight desk.
func (s Shipment) Status() string {
	switch {
	case !s.Released():
		return "unknown"
	case s.Cancelled != "":
		return "cancelled"
	case s.OpenExceptions() > 0:
		return "exception"
	case !s.Delivered.IsZero():
		return "delivered"
	case s.reached(StopDelivery):
		return "at-delivery"
	case s.pickedUp():
		return "in-transit"
	case s.reached(StopPickup):
		return "at-pickup"
	case !s.Dispatched.IsZero():
		return "dispatched"
	case s.Tender.State != "":
		return s.Tender.State
	}
	return "released"
}

// OpenExceptions counts the exceptions that hold the bill.
func (s Shipment) OpenExceptions() int {
	n := 0
	for _, e := range s.Exceptions {
		if e.Open {
			n++
		}
	}
	return n
}

func (s Shipment) mustBeLive(id ShipmentID) error {
	switch {
	case !s.Released():
		return refuse(NotFound, "shipment %s is not known: release its order first", id)
	case s.Cancelled != "":
		return refuse(TooLate, "shipment %s was cancelled: %s", id, s.Cancelled)
	}
	return nil
}

func (s Shipment) exception(id string) *Exception {
	if i := slices.IndexFunc(s.Exceptions, func(e Exception) bool { return e.ID == id }); i >= 0 {
		return &s.Exceptions[i]
	}
	return nil
}
