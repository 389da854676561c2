package domain

import (
	"encoding/json"
	"slices"

	"github.com/freightledger/freightledger/domain/rating"
)

// A rate agreement is the terms under which customers' freight is priced, in
// versions that are never changed once adopted. Shipments that cannot be rated
// yet wait in its stream, and go on when a version comes.
//
// Rules: 14, 15 (with package rating).

// Agreement is the state of an agreement's stream.
type Agreement struct {
	ID       string
	Versions []rating.Agreement // in order of adoption
	Waiting  []ShipmentID
}

// AgreementStream names an agreement's stream.
func AgreementStream(id string) Stream { return Stream("agreement-" + id) }

// Events of agreements.
type (
	// AgreementAdopted puts a version into force from its first date on.
	AgreementAdopted struct {
		Agreement string           `json:"agreement"`
		Terms     rating.Agreement `json:"terms"`
		By        string           `json:"by"`
		Source    Source           `json:"source,omitzero"`
		Waiting   []ShipmentID     `json:"waiting,omitempty"` // shipments to be rated now
	}
	// AgreementAwaited keeps a shipment that no version prices yet.
	AgreementAwaited struct {
		Agreement string     `json:"agreement"`
		Shipment  ShipmentID `json:"shipment"`
	}
)

func (AgreementAdopted) EventType() string { return "AgreementAdopted" }
func (AgreementAwaited) EventType() string { return "AgreementAwaited" }

// Commands of agreements.
type (
	// AdoptAgreement puts a version into force. The same version again changes
	// nothing; another text under its name is refused.
	AdoptAgreement struct {
		Terms  rating.Agreement `json:"terms"`
		By     string           `json:"by"`
		Source Source           `json:"source,omitzero"`
	}
	// AwaitAgreement keeps a shipment until a version prices it.
	AwaitAgreement struct{ AgreementAwaited }
)

func (c AdoptAgreement) Stream() Stream    { return AgreementStream(c.Terms.Agreement) }
func (c AwaitAgreement) Stream() Stream    { return AgreementStream(c.Agreement) }
func (AdoptAgreement) CommandName() string { return "AdoptAgreement" }
func (AwaitAgreement) CommandName() string { return "AwaitAgreement" }

func (c AdoptAgreement) Decide(a Agreement) ([]Event, error) {
	if err := CheckID("agreement", c.Terms.Agreement); err != nil {
		return nil, err
	}
	if err := c.Terms.Check(); err != nil {
		return nil, refuse(Invalid, "agreement %s version %s: %v", c.Terms.Agreement, c.Terms.Version, err)
	}
	if c.By == "" {
		return nil, refuse(Invalid, "agreement %s version %s: who adopts it is missing", c.Terms.Agreement, c.Terms.Version)
	}
	for _, v := range a.Versions {
		if v.Version != c.Terms.Version {
			continue
		}
		if same(v, c.Terms) {
			return nil, nil
		}
		return nil, refuseByRule(14, Conflict, "agreement %s version %s was adopted with another text: give the new text a new version", a.ID, v.Version)
	}
	return []Event{AgreementAdopted{c.Terms.Agreement, c.Terms, c.By, c.Source, a.Waiting}}, nil
}

// same compares what two values store as.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

func (c AwaitAgreement) Decide(a Agreement) ([]Event, error) {
	if slices.Contains(a.Waiting, c.Shipment) {
		return nil, nil
	}
	return []Event{c.AgreementAwaited}, nil
}

// Evolve applies an event to the agreement.
func (a Agreement) Evolve(e Event) Agreement {
	switch e := e.(type) {
	case AgreementAdopted:
		a.ID, a.Versions, a.Waiting = e.Agreement, append(slices.Clip(a.Versions), e.Terms), nil
	case AgreementAwaited:
		a.Waiting = append(slices.Clip(a.Waiting), e.Shipment)
	}
	return a
}
