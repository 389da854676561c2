package domain

import "fmt"

// POD is the signed proof of delivery, in its latest version.
type POD struct {
	Version    int // from 1; 0 when none was received
	State      string
	Document   string // where the signed receipt is kept: reference or hash
	SignedBy   string
	At         Moment // signed, or recorded where the signature has no date
	Notes      string // what the consignee noted
	VerifiedBy string
	Timed      []int // stops whose in and out times stand on the receipt
}

// States of a POD.
const (
	PODIsReceived   = "received"
	PODIsClean      = "verified-clean"
	PODIsException  = "verified-exception"
	PODIsUnreadable = "unreadable"
)

// Outcomes of a verification.
const (
	PODClean          = "clean"
	PODWithExceptions = "exception"
)

// Events of the proof of delivery.
type (
	// PODReceived attaches a signed delivery receipt.
	PODReceived struct {
		Shipment ShipmentID `json:"shipment"`
		Version  int        `json:"version"`
		Document string     `json:"document"`
		SignedBy string     `json:"signed_by,omitempty"`
		At       Moment     `json:"at"`
		Notes    string     `json:"notes,omitempty"`
		Source   Source     `json:"source,omitzero"`
	}
	// PODVerified says that the receipt proves the delivery, clean or with
	// exceptions noted.
	PODVerified struct {
		Shipment ShipmentID `json:"shipment"`
		Version  int        `json:"version"`
		Outcome  string     `json:"outcome"`
		By       string     `json:"by"`
		Timed    []int      `json:"timed,omitempty"` // stops whose in and out times stand on it
	}
	// PODUnreadable asks for a better one.
	PODUnreadable struct {
		Shipment ShipmentID `json:"shipment"`
		Version  int        `json:"version"`
		By       string     `json:"by"`
	}
	// PODCorrected replaces a receipt by a new version; the old one stays in
	// history.
	PODCorrected struct {
		PODReceived
		Reason string `json:"reason"`
	}
)

func (PODReceived) EventType() string   { return "PODReceived" }
func (PODVerified) EventType() string   { return "PODVerified" }
func (PODUnreadable) EventType() string { return "PODUnreadable" }
func (PODCorrected) EventType() string  { return "PODCorrected" }

// Commands of the proof of delivery.
type (
	// ReceivePOD attaches a signed delivery receipt; the version is counted here.
	ReceivePOD struct{ PODReceived }
	// VerifyPOD judges the latest version.
	VerifyPOD struct{ PODVerified }
	// RejectPOD finds the latest version unreadable.
	RejectPOD struct{ PODUnreadable }
	// CorrectPOD replaces the receipt.
	CorrectPOD struct{ PODCorrected }
)

func (c ReceivePOD) Stream() Stream { return c.Shipment.Stream() }
func (c VerifyPOD) Stream() Stream  { return c.Shipment.Stream() }
func (c RejectPOD) Stream() Stream  { return c.Shipment.Stream() }
func (c CorrectPOD) Stream() Stream { return c.Shipment.Stream() }

func (ReceivePOD) CommandName() string { return "ReceivePOD" }
func (VerifyPOD) CommandName() string  { return "VerifyPOD" }
func (RejectPOD) CommandName() string  { return "RejectPOD" }
func (CorrectPOD) CommandName() string { return "CorrectPOD" }

func (c ReceivePOD) Decide(s Shipment) ([]Event, error) {
	if err := s.mustBeLive(c.Shipment); err != nil {
		return nil, err
	}
	if err := c.At.check("shipment " + string(c.Shipment) + ": proof of delivery"); err != nil {
		return nil, err
	}
	switch {
	case c.Document == "":
		return nil, refuse(Invalid, "shipment %s: the proof of delivery names no document", c.Shipment)
	case s.POD.Document == c.Document && s.POD.At == c.At:
		return nil, nil
	case s.POD.Version > 0 && s.POD.State != PODIsUnreadable:
		return nil, refuse(Conflict, "shipment %s already has proof of delivery %s: correct it with a reason", c.Shipment, s.POD.Document)
	}
	e := c.PODReceived
	e.Version = s.POD.Version + 1
	return s.conclude(e), nil
}

func (c VerifyPOD) Decide(s Shipment) ([]Event, error) {
	if err := s.mustBeLive(c.Shipment); err != nil {
		return nil, err
	}
	switch {
	case c.Outcome != PODClean && c.Outcome != PODWithExceptions:
		return nil, refuse(Invalid, "shipment %s: a proof of delivery is %q or %q, not %q", c.Shipment, PODClean, PODWithExceptions, c.Outcome)
	case c.By == "":
		return nil, refuse(Invalid, "shipment %s: who verified the proof of delivery is missing", c.Shipment)
	case s.POD.Version == 0:
		return nil, refuse(NotReady, "shipment %s has no proof of delivery", c.Shipment)
	case s.POD.State == PODIsUnreadable:
		return nil, refuse(Conflict, "the proof of delivery of shipment %s was found unreadable", c.Shipment)
	case s.POD.State != PODIsReceived:
		if (s.POD.State == PODIsClean) == (c.Outcome == PODClean) {
			return nil, nil
		}
		return nil, refuse(Conflict, "the proof of delivery of shipment %s is %s: correct it with a reason", c.Shipment, s.POD.State)
	}
	e := c.PODVerified
	e.Version = s.POD.Version
	return s.conclude(e), nil
}

func (c RejectPOD) Decide(s Shipment) ([]Event, error) {
	if err := s.mustBeLive(c.Shipment); err != nil {
		return nil, err
	}
	switch s.POD.State {
	case PODIsUnreadable:
		return nil, nil
	case PODIsReceived:
		e := c.PODUnreadable
		e.Version = s.POD.Version
		return s.conclude(e), nil
	}
	return nil, refuse(NotReady, "shipment %s has no proof of delivery that waits for verification", c.Shipment)
}

func (c CorrectPOD) Decide(s Shipment) ([]Event, error) {
	if err := s.mustBeLive(c.Shipment); err != nil {
		return nil, err
	}
	if err := c.At.check("shipment " + string(c.Shipment) + ": proof of delivery"); err != nil {
		return nil, err
	}
	switch {
	case s.POD.Version == 0:
		return nil, refuse(NotReady, "shipment %s has no proof of delivery to correct", c.Shipment)
	case c.Reason == "" || c.Document == "":
		return nil, refuse(Invalid, "shipment %s: correcting a proof of delivery needs the new document and a reason", c.Shipment)
	case s.POD.Document == c.Document && s.POD.At == c.At:
		return nil, nil
	}
	e := c.PODCorrected
	e.Version = s.POD.Version + 1
	events := []Event{e}
	// Rule 3: what was issued is never edited; the case is opened instead.
	if s.anyClaimed() {
		events = append(events, ExceptionRaised{Shipment: s.ID, Exception: fmt.Sprintf("%s-pod-%d", ExceptionAfterBilling, e.Version),
			Kind: ExceptionAfterBilling, Detail: "proof of delivery corrected after its charges were claimed: " + c.Reason, Source: e.Source})
	}
	return s.conclude(events...), nil
}

// concludePOD: a receipt dated before the delivery is an exception, not an
// error, and so is one on which the consignee noted exceptions (rule 2).
func (s Shipment) concludePOD() []Event {
	if s.Cancelled != "" {
		return nil
	}
	var events []Event
	for version := 1; version <= s.POD.Version; version++ {
		early := version == s.POD.Version && !s.Delivered.IsZero() && s.POD.At.Before(s.Delivered)
		events = append(events, s.keepException(fmt.Sprintf("%s-%d", ExceptionPODBeforeDelivery, version), ExceptionPODBeforeDelivery,
			fmt.Sprintf("proof of delivery of %s, delivery on %s", s.POD.At.Local, s.Delivered.Local), early)...)
	}
	id := fmt.Sprintf("%s-%d", ExceptionPODNotes, s.POD.Version)
	if s.POD.State == PODIsException && !s.Terms.BillWithExceptions && s.exception(id) == nil {
		events = append(events, ExceptionRaised{Shipment: s.ID, Exception: id, Kind: ExceptionPODNotes, Detail: s.POD.Notes})
	}
	return events
}
