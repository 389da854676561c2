package trace

import (
	"context"
	"slices"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
)

// ChargeTrace is a charge and the facts that it rests on, as they were when it
// was claimed, or as they are when it was not.
type ChargeTrace struct {
	Shipment    domain.ShipmentID   `json:"shipment"`
	Charge      domain.ChargeID     `json:"charge"`
	Kind        domain.ChargeKind   `json:"kind"`
	Amount      money.Money         `json:"amount"`
	Status      domain.ChargeStatus `json:"status"`
	Reason      string              `json:"reason,omitempty"`
	Invoice     domain.InvoiceID    `json:"invoice,omitempty"`
	Basis       domain.Basis        `json:"basis,omitzero"` // the rule that priced it, and its inputs
	RequestedBy string              `json:"requested_by,omitempty"`
	ApprovedBy  string              `json:"approved_by,omitempty"` // "" when no approval was needed
	Approval    string              `json:"approval,omitempty"`    // what else the approver looked at
	Exhibits    []domain.Exhibit    `json:"exhibits,omitempty"`    // what it rested on when it was approved
	Digest      string              `json:"digest,omitempty"`      // of what was approved
	Events      []Hop               `json:"events"`
	Source      *Source             `json:"source,omitempty"` // nil when no raw message says so
	Entered     *Entry              `json:"entered,omitempty"`
	Proof       Proof               `json:"proof"`
}

// Proof is what let a shipment's charges be billed (rule 1).
type Proof struct {
	Evidence   string          `json:"evidence,omitempty"` // as the claim names it; "" before a claim
	POD        *PODTrace       `json:"pod,omitempty"`
	Deliveries []DeliveryTrace `json:"deliveries"`
}

// PODTrace is one version of the proof of delivery.
type PODTrace struct {
	Version    int     `json:"version"`
	State      string  `json:"state"`
	Document   string  `json:"document"`
	SignedBy   string  `json:"signed_by,omitempty"`
	VerifiedBy string  `json:"verified_by,omitempty"`
	Events     []Hop   `json:"events"`
	Source     *Source `json:"source,omitempty"`
	Entered    *Entry  `json:"entered,omitempty"`
}

// DeliveryTrace is the report by which a stop was delivered, or the conclusion
// (stop 0) that the shipment was.
type DeliveryTrace struct {
	Stop    int     `json:"stop"`
	At      string  `json:"at"`
	Event   Hop     `json:"event"`
	Source  *Source `json:"source,omitempty"`
	Entered *Entry  `json:"entered,omitempty"`
}

// Charge traces one charge, billed or not. It answers a *domain.Refusal with
// code NotFound when there is none.
func (t *Tracer) Charge(ctx context.Context, ref domain.ChargeRef) (ChargeTrace, error) {
	events, err := t.read(ctx, ref.Shipment.Stream())
	if err != nil {
		return ChargeTrace{}, err
	}
	file := &shipmentFile{id: ref.Shipment, events: events}
	var raw sources
	trace := file.charge(ref.Charge, "", &raw)
	if len(trace.Events) == 0 {
		return ChargeTrace{}, notFound("shipment %.80q has no charge %.80q", ref.Shipment, ref.Charge)
	}
	return trace, t.load(ctx, &raw)
}

// shipmentFile is a shipment's stream.
type shipmentFile struct {
	id     domain.ShipmentID
	events []eventstore.Decoded
}

// charge traces one charge up to its last claim by an invoice; with no invoice
// named, up to its last claim at all, or to the end.
func (f *shipmentFile) charge(id domain.ChargeID, invoice domain.InvoiceID, raw *sources) ChargeTrace {
	trace := ChargeTrace{Shipment: f.id, Charge: id}
	end := len(f.events)
	for i, e := range f.events {
		if claim, ok := e.Event.(domain.ChargesClaimed); ok && (invoice == "" || claim.Candidate.ID() == invoice) &&
			slices.ContainsFunc(claim.Lines, func(l domain.BillLine) bool { return l.Charge == id }) {
			end, trace.Proof.Evidence = i+1, claim.Evidence
		}
	}
	var then, now domain.Shipment
	var stated eventstore.Decoded // by which event the charge is what it was then
	for i, e := range f.events {
		now = now.Evolve(e.Event)
		if i < end {
			then = now
			if states(e.Event, id) {
				stated = e
			}
		}
		if concerns(e.Event, id) {
			trace.Events = append(trace.Events, hopOf(e))
		}
	}
	for _, c := range then.Charges {
		if c.ID == id {
			trace.Kind, trace.Amount, trace.Basis, trace.RequestedBy = c.Kind, c.Amount, c.Basis, c.RequestedBy
			trace.ApprovedBy, trace.Approval, trace.Exhibits, trace.Digest = c.ApprovedBy, c.Evidence, c.Exhibits, c.Approval
			trace.Source, trace.Entered = raw.of(c.Source, stated)
		}
	}
	for _, c := range now.Charges {
		if c.ID == id {
			trace.Status, trace.Reason, trace.Invoice = c.Status, c.Reason, c.Invoice
		}
	}
	trace.Proof.POD = f.pod(then, end, raw)
	trace.Proof.Deliveries = f.deliveries(then, end, raw)
	return trace
}

func (f *shipmentFile) pod(then domain.Shipment, end int, raw *sources) *PODTrace {
	if then.POD.Version == 0 {
		return nil
	}
	trace := &PODTrace{Version: then.POD.Version, State: then.POD.State, Document: then.POD.Document, SignedBy: then.POD.SignedBy, VerifiedBy: then.POD.VerifiedBy}
	for _, e := range f.events[:end] {
		version := 0
		switch e := e.Event.(type) {
		case domain.PODReceived:
			version = e.Version
		case domain.PODCorrected:
			version = e.Version
		case domain.PODVerified:
			version = e.Version
		case domain.PODUnreadable:
			version = e.Version
		}
		if version != trace.Version {
			continue
		}
		trace.Events = append(trace.Events, hopOf(e))
		switch e.Event.(type) {
		case domain.PODReceived, domain.PODCorrected:
			trace.Source, trace.Entered = raw.of(sourceOf(e.Event), e)
		}
	}
	return trace
}

// deliveries gives the reports that count for the delivery stops, and the
// conclusion from them.
func (f *shipmentFile) deliveries(then domain.Shipment, end int, raw *sources) (all []DeliveryTrace) {
	for _, e := range f.events[:end] {
		switch x := e.Event.(type) {
		case domain.MilestoneRecorded:
			counts, ok := then.Actual(x.Stop, domain.Unloaded)
			if ok && x.Kind == domain.Unloaded && x.Milestone == counts && isDelivery(then, x.Stop) {
				source, entered := raw.of(x.Source, e)
				all = append(all, DeliveryTrace{x.Stop, x.At.Local, hopOf(e), source, entered})
			}
		case domain.ShipmentDelivered:
			if x.At == then.Delivered { // not one that was corrected since
				all = append(all, DeliveryTrace{0, x.At.Local, hopOf(e), nil, nil})
			}
		}
	}
	return all
}

func isDelivery(s domain.Shipment, stop int) bool {
	return slices.ContainsFunc(s.Stops, func(t domain.Stop) bool { return t.Seq == stop && t.Kind == domain.StopDelivery })
}

// states tells whether an event says what a charge is.
func states(e domain.Event, id domain.ChargeID) bool {
	switch e := e.(type) {
	case domain.ChargeEntered:
		return e.Charge == id
	case domain.ChargeAmended:
		return e.Charge == id
	}
	return false
}

// concerns tells whether an event changes a charge.
func concerns(e domain.Event, id domain.ChargeID) bool {
	switch e := e.(type) {
	case domain.ChargeEntered:
		return e.Charge == id
	case domain.ChargeAmended:
		return e.Charge == id
	case domain.ChargeAssigned:
		return e.Charge == id
	case domain.ChargeApproved:
		return e.Charge == id
	case domain.ApprovalVoided:
		return e.Charge == id
	case domain.ChargeRejected:
		return e.Charge == id
	case domain.ChargeWaived:
		return e.Charge == id
	case domain.ChargeLinked:
		return e.Charge == id
	case domain.ChargeNotBillable:
		return e.Charge == id
	case domain.ChargeHeld:
		return e.Charge == id
	case domain.RevenueAccrued:
		return slices.ContainsFunc(e.Lines, func(l domain.AccrualLine) bool { return l.Charge == id })
	case domain.ChargesClaimed:
		return slices.ContainsFunc(e.Lines, func(l domain.BillLine) bool { return l.Charge == id })
	case domain.ClaimQuestioned:
		return slices.Contains(e.Charges, id)
	case domain.ChargesReturned:
		return slices.Contains(e.Charges, id)
	case domain.ChargesReleased:
		return slices.Contains(e.Charges, id)
	}
	return false
}
