package domain

// A tender offers a shipment's order to a carrier, who takes it or not; only a
// shipment that a carrier has taken is dispatched.

// Tender is the carrier's side of the order.
type Tender struct {
	Carrier     string // SCAC
	State       string // "", TenderOpen, TenderAccepted, TenderDeclined, TenderExpired
	DispatchRef string
}

// States of a tender.
const (
	TenderOpen     = "tendered"
	TenderWasTaken = "accepted"
	TenderWasNot   = "declined"
	TenderRanOut   = "expired"
)

// Events of the tender.
type (
	// OrderTendered offers the order to a carrier.
	OrderTendered struct {
		Shipment ShipmentID `json:"shipment"`
		Carrier  string     `json:"carrier"`
		At       Moment     `json:"at"`
		Source   Source     `json:"source,omitzero"`
	}
	// TenderAccepted is the carrier's yes with its dispatch reference.
	TenderAccepted struct {
		Shipment    ShipmentID `json:"shipment"`
		Carrier     string     `json:"carrier"`
		DispatchRef string     `json:"dispatch_ref,omitempty"`
		At          Moment     `json:"at"`
		Source      Source     `json:"source,omitzero"`
	}
	// TenderDeclined is the carrier's no.
	TenderDeclined struct {
		Shipment ShipmentID `json:"shipment"`
		Carrier  string     `json:"carrier"`
		Reason   string     `json:"reason,omitempty"`
		At       Moment     `json:"at"`
		Source   Source     `json:"source,omitzero"`
	}
	// TenderExpired ends an unanswered tender.
	TenderExpired struct {
		Shipment ShipmentID `json:"shipment"`
		Carrier  string     `json:"carrier"`
		At       Moment     `json:"at"`
	}
	// ShipmentDispatched puts the shipment on a load.
	ShipmentDispatched struct {
		Shipment ShipmentID `json:"shipment"`
		Load     string     `json:"load,omitempty"`
		At       Moment     `json:"at"`
		Source   Source     `json:"source,omitzero"`
	}
)

func (OrderTendered) EventType() string      { return "OrderTendered" }
func (TenderAccepted) EventType() string     { return "TenderAccepted" }
func (TenderDeclined) EventType() string     { return "TenderDeclined" }
func (TenderExpired) EventType() string      { return "TenderExpired" }
func (ShipmentDispatched) EventType() string { return "ShipmentDispatched" }

// Commands of the tender.
type (
	// TenderOrder offers the order to a carrier.
	TenderOrder struct{ OrderTendered }
	// AcceptTender records the carrier's yes.
	AcceptTender struct{ TenderAccepted }
	// DeclineTender records the carrier's no.
	DeclineTender struct{ TenderDeclined }
	// ExpireTender ends an unanswered tender.
	ExpireTender struct{ TenderExpired }
	// Dispatch puts the shipment on a load.
	Dispatch struct{ ShipmentDispatched }
)

func (c TenderOrder) Stream() Stream   { return c.Shipment.Stream() }
func (c AcceptTender) Stream() Stream  { return c.Shipment.Stream() }
func (c DeclineTender) Stream() Stream { return c.Shipment.Stream() }
func (c ExpireTender) Stream() Stream  { return c.Shipment.Stream() }
func (c Dispatch) Stream() Stream      { return c.Shipment.Stream() }

func (TenderOrder) CommandName() string   { return "TenderOrder" }
func (AcceptTender) CommandName() string  { return "AcceptTender" }
func (DeclineTender) CommandName() string { return "DeclineTender" }
func (ExpireTender) CommandName() string  { return "ExpireTender" }
func (Dispatch) CommandName() string      { return "Dispatch" }

func (c TenderOrder) Decide(s Shipment) ([]Event, error) {
	if err := s.mustBeLive(c.Shipment); err != nil {
		return nil, err
	}
	switch {
	case c.Carrier == "":
		return nil, refuse(Invalid, "shipment %s: the carrier is missing", c.Shipment)
	case s.Tender.State == TenderOpen && s.Tender.Carrier == c.Carrier, s.Tender.State == TenderWasTaken && s.Tender.Carrier == c.Carrier:
		return nil, nil
	case s.Tender.State == TenderOpen, s.Tender.State == TenderWasTaken:
		return nil, refuse(Conflict, "shipment %s is %s with carrier %s", s.ID, s.Tender.State, s.Tender.Carrier)
	}
	return []Event{c.OrderTendered}, nil
}

func (c AcceptTender) Decide(s Shipment) ([]Event, error) {
	if answered, err := s.answerTender(c.Shipment, c.Carrier, TenderWasTaken); answered || err != nil {
		return nil, err
	}
	return []Event{c.TenderAccepted}, nil
}

func (c DeclineTender) Decide(s Shipment) ([]Event, error) {
	if answered, err := s.answerTender(c.Shipment, c.Carrier, TenderWasNot); answered || err != nil {
		return nil, err
	}
	return []Event{c.TenderDeclined}, nil
}

func (c ExpireTender) Decide(s Shipment) ([]Event, error) {
	if s.Tender.State != TenderOpen || s.Tender.Carrier != c.Carrier {
		return nil, nil
	}
	return []Event{c.TenderExpired}, nil
}

// answerTender tells whether the tender already has this answer.
func (s Shipment) answerTender(id ShipmentID, carrier, answer string) (bool, error) {
	if err := s.mustBeLive(id); err != nil {
		return false, err
	}
	switch {
	case s.Tender.State == answer && s.Tender.Carrier == carrier:
		return true, nil
	case s.Tender.State == "":
		return false, refuse(NotReady, "shipment %s was not tendered", id)
	case s.Tender.Carrier != carrier:
		return false, refuse(Conflict, "shipment %s is tendered to %s, not to %s", id, s.Tender.Carrier, carrier)
	case s.Tender.State != TenderOpen:
		return false, refuse(Conflict, "the tender of shipment %s to %s is %s", id, carrier, s.Tender.State)
	}
	return false, nil
}

func (c Dispatch) Decide(s Shipment) ([]Event, error) {
	if err := s.mustBeLive(c.Shipment); err != nil {
		return nil, err
	}
	if !s.Dispatched.IsZero() {
		return nil, nil
	}
	if s.Tender.State != TenderWasTaken {
		return nil, refuse(NotReady, "shipment %s: no carrier has accepted its tender", c.Shipment)
	}
	return s.conclude(c.ShipmentDispatched), nil
}
