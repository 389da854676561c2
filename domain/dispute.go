package domain

import "github.com/freightledger/freightledger/domain/money"

// A dispute is a customer's case against lines of an invoice. The invoice
// guards what may be disputed (rule 38); the dispute carries the case.

// DisputeStatus is where a case stands.
type DisputeStatus string

// Statuses of a dispute.
const (
	DisputeIsOpen         DisputeStatus = "open"
	DisputeIsAcknowledged DisputeStatus = "acknowledged"
	DisputeIsUpheld       DisputeStatus = "upheld"
	DisputeIsDenied       DisputeStatus = "denied"
	DisputeIsWithdrawn    DisputeStatus = "withdrawn"
)

// Dispute is the state of a dispute's stream.
type Dispute struct {
	ID       DisputeID
	Invoice  InvoiceID
	Customer CustomerID
	Status   DisputeStatus
	Lines    []CreditLine
}

// Events of disputes.
type (
	// DisputeOpened begins a case.
	DisputeOpened struct {
		Dispute  DisputeID    `json:"dispute"`
		Invoice  InvoiceID    `json:"invoice"`
		Customer CustomerID   `json:"customer"`
		Reason   string       `json:"reason"`
		Lines    []CreditLine `json:"lines"`
	}
	// DisputeAcknowledged tells the customer that it is looked at.
	DisputeAcknowledged struct {
		Dispute DisputeID `json:"dispute"`
		By      string    `json:"by"`
	}
	// DisputeUpheld finds for the customer, wholly or for a part: the lines
	// are credited.
	DisputeUpheld struct {
		Dispute DisputeID    `json:"dispute"`
		Invoice InvoiceID    `json:"invoice"`
		By      string       `json:"by"`
		Reason  string       `json:"reason"`
		Lines   []CreditLine `json:"lines"`
	}
	// DisputeDenied finds against the customer.
	DisputeDenied struct {
		Dispute DisputeID `json:"dispute"`
		Invoice InvoiceID `json:"invoice"`
		By      string    `json:"by"`
		Reason  string    `json:"reason"`
	}
	// DisputeWithdrawn ends it by the customer's own word.
	DisputeWithdrawn struct {
		Dispute DisputeID `json:"dispute"`
		Invoice InvoiceID `json:"invoice"`
		By      string    `json:"by"`
	}
)

func (DisputeOpened) EventType() string       { return "DisputeOpened" }
func (DisputeAcknowledged) EventType() string { return "DisputeAcknowledged" }
func (DisputeUpheld) EventType() string       { return "DisputeUpheld" }
func (DisputeDenied) EventType() string       { return "DisputeDenied" }
func (DisputeWithdrawn) EventType() string    { return "DisputeWithdrawn" }

// Commands of disputes. OpenDispute follows from DisputeLines on the invoice.
type (
	// OpenDispute begins a case.
	OpenDispute struct{ DisputeOpened }
	// AcknowledgeDispute tells the customer that it is looked at.
	AcknowledgeDispute struct{ DisputeAcknowledged }
	// UpholdDispute finds for the customer; without lines, for all that is
	// disputed.
	UpholdDispute struct{ DisputeUpheld }
	// DenyDispute finds against the customer.
	DenyDispute struct{ DisputeDenied }
	// WithdrawDispute ends it by the customer's own word.
	WithdrawDispute struct{ DisputeWithdrawn }
)

func (c OpenDispute) Stream() Stream        { return c.Dispute.Stream() }
func (c AcknowledgeDispute) Stream() Stream { return c.Dispute.Stream() }
func (c UpholdDispute) Stream() Stream      { return c.Dispute.Stream() }
func (c DenyDispute) Stream() Stream        { return c.Dispute.Stream() }
func (c WithdrawDispute) Stream() Stream    { return c.Dispute.Stream() }

func (OpenDispute) CommandName() string        { return "OpenDispute" }
func (AcknowledgeDispute) CommandName() string { return "AcknowledgeDispute" }
func (UpholdDispute) CommandName() string      { return "UpholdDispute" }
func (DenyDispute) CommandName() string        { return "DenyDispute" }
func (WithdrawDispute) CommandName() string    { return "WithdrawDispute" }

func (c OpenDispute) Decide(d Dispute) ([]Event, error) {
	if d.ID != "" {
		return nil, nil
	}
	if err := CheckID("dispute", string(c.Dispute)); err != nil {
		return nil, err
	}
	return []Event{c.DisputeOpened}, nil
}

func (c AcknowledgeDispute) Decide(d Dispute) ([]Event, error) {
	if err := d.mustBeOpen(c.Dispute); err != nil || d.Status == DisputeIsAcknowledged {
		return nil, err
	}
	return []Event{c.DisputeAcknowledged}, nil
}

func (c UpholdDispute) Decide(d Dispute) ([]Event, error) {
	if d.Status == DisputeIsUpheld {
		return nil, nil
	}
	if err := d.mustBeOpen(c.Dispute); err != nil {
		return nil, err
	}
	if c.By == "" || c.Reason == "" {
		return nil, refuse(Invalid, "dispute %s: say who upholds it and why", c.Dispute)
	}
	e := c.DisputeUpheld
	e.Invoice = d.Invoice
	if len(e.Lines) == 0 {
		e.Lines = d.Lines
	}
	if twice := namedTwice(e.Lines); twice != "" {
		return nil, refuseByRule(38, Invalid, "dispute %s: charge %s is named twice: sum it up", d.ID, twice)
	}
	for _, line := range e.Lines {
		if !d.contests(line) {
			return nil, refuseByRule(38, Invalid, "dispute %s does not contest %s of charge %s, shipment %s", d.ID, line.Amount, line.Charge, line.Shipment)
		}
	}
	return []Event{e}, nil
}

func (c DenyDispute) Decide(d Dispute) ([]Event, error) {
	if d.Status == DisputeIsDenied {
		return nil, nil
	}
	if err := d.mustBeOpen(c.Dispute); err != nil {
		return nil, err
	}
	if c.By == "" || c.Reason == "" {
		return nil, refuse(Invalid, "dispute %s: say who denies it and why", c.Dispute)
	}
	e := c.DisputeDenied
	e.Invoice = d.Invoice
	return []Event{e}, nil
}

func (c WithdrawDispute) Decide(d Dispute) ([]Event, error) {
	if d.Status == DisputeIsWithdrawn {
		return nil, nil
	}
	if err := d.mustBeOpen(c.Dispute); err != nil {
		return nil, err
	}
	e := c.DisputeWithdrawn
	e.Invoice = d.Invoice
	return []Event{e}, nil
}

func (d Dispute) mustBeOpen(id DisputeID) error {
	switch {
	case d.ID == "":
		return refuse(NotFound, "dispute %s is not known", id)
	case d.Status != DisputeIsOpen && d.Status != DisputeIsAcknowledged:
		return refuse(TooLate, "dispute %s is %s", id, d.Status)
	}
	return nil
}

func (d Dispute) contests(line CreditLine) bool {
	for _, disputed := range d.Lines {
		if disputed.Shipment == line.Shipment && disputed.Charge == line.Charge {
			return within(line.Amount, disputed.Amount) && within(line.Tax, orZero(disputed.Tax, line.Tax))
		}
	}
	return false
}

// orZero reads an amount that was left out of an event as nought.
func orZero(m, like money.Money) money.Money {
	if m.IsSet() {
		return m
	}
	return money.Zero(like.Currency())
}

// Evolve applies an event to the dispute.
func (d Dispute) Evolve(e Event) Dispute {
	switch e := e.(type) {
	case DisputeOpened:
		d = Dispute{e.Dispute, e.Invoice, e.Customer, DisputeIsOpen, e.Lines}
	case DisputeAcknowledged:
		d.Status = DisputeIsAcknowledged
	case DisputeUpheld:
		d.Status = DisputeIsUpheld
	case DisputeDenied:
		d.Status = DisputeIsDenied
	case DisputeWithdrawn:
		d.Status = DisputeIsWithdrawn
	}
	return d
}
