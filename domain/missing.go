package domain

import (
	"slices"
	"time"
)

// Obstacle is one thing that keeps money from being on an issued invoice, and
// what removes it.
type Obstacle struct {
	Code     string     `json:"code"` // stable; texts are not
	Shipment ShipmentID `json:"shipment,omitempty"`
	Charge   ChargeID   `json:"charge,omitempty"`  // absent: it concerns all of the shipment's
	Invoice  InvoiceID  `json:"invoice,omitempty"` // absent: they are on none
	Text     string     `json:"text"`
	Remedy   string     `json:"remedy"`
	// Of a hold of a candidate: who ends it, in words, and the instant since
	// which it is in force, where it is told.
	Ends  string    `json:"ends,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Of a charge that waits for approval: what it rests on, and the digest by
	// which its approver may say that this was seen.
	Exhibits []Exhibit `json:"exhibits,omitempty"`
	Digest   string    `json:"digest,omitempty"`
}

// Codes of obstacles; those of a candidate's holds are the holds' own reasons.
const (
	MissingDelivery  = "not-delivered"
	MissingPOD       = "no-proof-of-delivery"
	MissingVerdict   = "proof-not-verified"
	MissingReadable  = "proof-unreadable"
	MissingPeace     = "open-exception"
	MissingCharge    = "no-charge"
	MissingRating    = "not-rated"
	MissingApproval  = "waits-for-approval"
	MissingFigure    = "no-figure"
	MissingReference = "no-reference"
	MissingShipment  = "shipment-cancelled"
	MissingPeriod    = "period-not-over"
	MissingSeal      = "waits-for-billing"
	MissingNumber    = "waits-for-number"
)

// remedy says who does what about an obstacle.
func remedy(code string) string {
	switch code {
	case MissingDelivery:
		return "wait for the report of the last mandatory delivery stop, or record it"
	case MissingPOD:
		return "get the signed receipt and attach it"
	case MissingVerdict:
		return "look at the receipt and verify it"
	case MissingReadable:
		return "get a better copy and correct the proof of delivery"
	case MissingPeace:
		return "look into it and resolve the exception"
	case MissingCharge:
		return "rate it, or enter what is to be charged"
	case MissingRating:
		return "adopt the agreement's version, publish the index value or record the fact that is named; it is rated by itself then"
	case MissingApproval:
		return "approve the charge, by somebody who did not ask for it, or reject it"
	case MissingReference:
		return "add the reference to the shipment; it is billed by itself then"
	case MissingFigure:
		return "enter the amount, link it to the charge that bills it, or declare it not billable"
	case MissingPeriod:
		return "wait: the invoice is made when its period and its grace are over"
	case MissingSeal, MissingNumber:
		return "wait: it follows by itself while the policy runs"
	case MissingShipment:
		return "reject or waive the charge, or bill a truck ordered not used"
	}
	return HoldTypeOf(code).Remedy
}

// Missing says everything that keeps a shipment's charges from being claimed
// by an invoice. It is empty when nothing is left to claim.
func (s Shipment) Missing() []Obstacle {
	var list []Obstacle
	add := func(code string, charge ChargeID, text string) {
		list = append(list, Obstacle{Code: code, Shipment: s.ID, Charge: charge, Text: text, Remedy: remedy(code)})
	}
	none := len(s.Charges) == 0
	waits := slices.ContainsFunc(s.Charges, func(c Charge) bool { return (c.Status == ChargeReady || c.Status == ChargePending) && s.owes(c) })
	if none && s.Cancelled == "" || waits {
		list = s.lacks()
	}
	if s.Cancelled == "" && none {
		add(MissingCharge, "", "no charge was entered")
	}
	for _, c := range s.Charges {
		switch {
		case c.Status == ChargeIsHeld:
			add(MissingFigure, c.ID, "no figure: "+c.Reason)
		case c.Status != ChargePending && c.Status != ChargeReady:
		case !s.owes(c):
			add(MissingShipment, c.ID, "the shipment was cancelled: "+s.Cancelled)
		case c.Status == ChargePending:
			add(MissingApproval, c.ID, c.waitsText())
			last := &list[len(list)-1]
			last.Exhibits = s.Exhibits(c)
			last.Digest = ApprovalDigest(s.ID, c.ID, c.Amount, last.Exhibits)
		}
	}
	return list
}

// lacks says what is missing that lets a shipment be billed at all.
func (s Shipment) lacks() []Obstacle {
	var list []Obstacle
	add := func(code, text string) {
		list = append(list, Obstacle{Code: code, Shipment: s.ID, Text: text, Remedy: remedy(code)})
	}
	if s.earned().IsZero() {
		add(MissingDelivery, "not delivered")
	}
	if s.evidence() == "" { // rules 1, 2
		code := MissingPOD
		switch s.POD.State {
		case PODIsReceived:
			code = MissingVerdict
		case PODIsUnreadable:
			code = MissingReadable
		}
		add(code, "no verified proof of delivery")
	}
	for _, text := range s.ratingHolds() {
		add(MissingRating, text)
	}
	for _, kind := range s.lackingReferences() {
		add(MissingReference, "no reference "+kind+", which has to be on the bill")
	}
	for _, x := range s.Exceptions {
		if x.Open {
			add(MissingPeace, "exception "+x.ID)
		}
	}
	return list
}

// Missing says what keeps a candidate from being issued, on a civil date and
// with its customer's account as it is. It is empty when it was issued.
func (v Invoice) Missing(today string, a Customer) []Obstacle {
	if v.ID == "" || v.Number != "" {
		return nil
	}
	var list []Obstacle
	add := func(code, text string) {
		list = append(list, Obstacle{Code: code, Invoice: v.ID, Text: text, Remedy: remedy(code)})
	}
	if v.Status == InvoiceSealed {
		add(MissingNumber, "it is sealed and waits for its number")
		return list
	}
	if today <= v.BillingDate {
		add(MissingPeriod, "its billing period ends on "+v.BillingDate)
	}
	for _, reason := range v.Holds {
		add(reason, "it is held: "+reason)
		list[len(list)-1].Ends = HoldTypeOf(reason).Who(v.HeldBy)
	}
	if reason, detail := a.blocks(v.Candidate); reason != "" && !slices.Contains(v.Holds, reason) {
		add(reason, detail)
	}
	if len(list) == 0 {
		add(MissingSeal, "its period is over, and it is billed when late charges had their time")
	}
	return list
}
