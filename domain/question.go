package domain

import (
	"fmt"
	"slices"
)

// Between the claim of a shipment's charges and the issue of their invoice the
// evidence may fall away: a proof of delivery is corrected, an exception is
// raised, what an approver saw changes. The claim is questioned then. If the invoice is not issued, it gives
// the lines back and the shipment claims its charges again when nothing holds
// them (rules 1 to 3, 18); if it is, the exception is the case, and an approval
// stands.

type (
	// ClaimQuestioned: charges are on an invoice or its candidate, and what let
	// them be billed does not hold any more.
	ClaimQuestioned struct {
		Shipment ShipmentID `json:"shipment"`
		Invoice  InvoiceID  `json:"invoice"`
		Charges  []ChargeID `json:"charges"`
		Holds    []string   `json:"holds"` // what is missing now
	}
	// ChargesReturned: the candidate gave them back unbilled. They are as they
	// were before they were claimed.
	ChargesReturned struct {
		Shipment ShipmentID `json:"shipment"`
		Invoice  InvoiceID  `json:"invoice"`
		Charges  []ChargeID `json:"charges"`
		Reason   string     `json:"reason"`
	}
)

func (ClaimQuestioned) EventType() string { return "ClaimQuestioned" }
func (ChargesReturned) EventType() string { return "ChargesReturned" }

// ReturnCharges takes charges back that a candidate gave back.
type ReturnCharges struct{ ChargesReturned }

func (c ReturnCharges) Stream() Stream    { return c.Shipment.Stream() }
func (ReturnCharges) CommandName() string { return "ReturnCharges" }

func (c ReturnCharges) Decide(s Shipment) ([]Event, error) {
	e := c.ChargesReturned
	if e.Charges = s.claimedBy(c.Invoice, c.Charges); len(e.Charges) == 0 {
		return nil, nil
	}
	return s.conclude(e), nil
}

func (c Charge) unquestioned() bool { return c.Status == ChargeClaimed && !c.Questioned }

// claimedBy are those of the charges that an invoice has claimed.
func (s Shipment) claimedBy(v InvoiceID, charges []ChargeID) []ChargeID {
	var claimed []ChargeID
	for _, id := range charges {
		if c := s.charge(id); c != nil && c.Status == ChargeClaimed && c.Invoice == v {
			claimed = append(claimed, id)
		}
	}
	return claimed
}

// approvalHolds says of which charges the approval is not good any more.
func (s Shipment) approvalHolds(charges []ChargeID) []string {
	var holds []string
	for _, id := range charges {
		c := *s.charge(id)
		if changes := s.approvalChanges(c); len(changes) > 0 {
			holds = append(holds, fmt.Sprintf("charge %s: %s", c.ID, sinceApproved(changes, c.ApprovedBy)))
		}
	}
	return holds
}

// concludeQuestions questions each claim once when what let it be billed has
// fallen away.
func (s Shipment) concludeQuestions() []Event {
	var questions []ClaimQuestioned
	for _, c := range s.Charges {
		if !c.unquestioned() {
			continue
		}
		i := slices.IndexFunc(questions, func(q ClaimQuestioned) bool { return q.Invoice == c.Invoice })
		if i < 0 {
			i = len(questions)
			questions = append(questions, ClaimQuestioned{Shipment: s.ID, Invoice: c.Invoice})
		}
		questions[i].Charges = append(questions[i].Charges, c.ID)
	}
	var events []Event
	for _, q := range questions {
		if q.Holds = append(s.evidenceHolds(), s.approvalHolds(q.Charges)...); len(q.Holds) > 0 {
			events = append(events, q)
		}
	}
	return events
}
