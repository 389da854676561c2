package domain

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
)

// An approval lets a charge be billed that waits for it. It is given by
// somebody who did not ask for the charge (rule 17), for one amount on the
// evidence that the ledger had for it then, and is void when either changes
// before the charge's invoice is issued (rule 18).
//
// What was seen must still be so. What was not known then, as a stop reached
// later, leaves the approval alone: where it counts for a charge of an
// agreement, that is rated anew and amended. Only time lost at a stop that had
// been reached is a change, because the carrier may have to bear it (rule 19).

// Exhibit is one thing that a charge rests on, with all of it that counts.
type Exhibit struct {
	Of    string `json:"of"`    // "basis", "unloaded at stop 2", "proof of delivery"
	Shows string `json:"shows"` // in the ledger's words
}

// ExhibitChange is an exhibit that is not what an approver saw.
type ExhibitChange struct {
	Of  string `json:"of"`
	Was string `json:"was"`
	Is  string `json:"is,omitempty"` // "" when it is there no more
}

// Events of approvals.
type (
	// ChargeApproved binds an approval to the amount and evidence seen. Before
	// version 2 it was bound to the amount alone.
	ChargeApproved struct {
		Shipment ShipmentID  `json:"shipment"`
		Charge   ChargeID    `json:"charge"`
		Amount   money.Money `json:"amount"`
		By       string      `json:"by"`
		Evidence string      `json:"evidence,omitempty"` // what else the approver looked at
		Exhibits []Exhibit   `json:"exhibits,omitempty"` // what the charge rested on
		Digest   string      `json:"digest,omitempty"`   // SHA-256, in hexadecimal, of shipment, charge, amount and exhibits
	}
	// ApprovalVoided ends an approval whose evidence has changed. The charge
	// waits for approval anew.
	ApprovalVoided struct {
		Shipment ShipmentID      `json:"shipment"`
		Charge   ChargeID        `json:"charge"`
		By       string          `json:"by"`     // who had approved it
		Digest   string          `json:"digest"` // of what was approved
		Changes  []ExhibitChange `json:"changes"`
	}
)

func (ChargeApproved) EventType() string { return "ChargeApproved" }
func (ApprovalVoided) EventType() string { return "ApprovalVoided" }

// ApproveCharge lets a charge be billed. The exhibits are set here; a digest
// that is stated says what the approver saw, and must be today's.
type ApproveCharge struct{ ChargeApproved }

func (c ApproveCharge) Stream() Stream    { return c.Shipment.Stream() }
func (ApproveCharge) CommandName() string { return "ApproveCharge" }

func (c ApproveCharge) Decide(s Shipment) ([]Event, error) {
	charge, err := s.mustHave(c.Shipment, c.Charge)
	if err != nil {
		return nil, err
	}
	switch {
	case charge.Status == ChargeReady && charge.ApprovedBy == c.By && charge.Amount.Equal(c.Amount) && cmp.Or(c.Digest, charge.Approval) == charge.Approval:
		return nil, nil
	case c.By != "" && charge.Status != ChargePending:
		return nil, refuse(Conflict, "charge %s of shipment %s is %s, it does not wait for approval", c.Charge, s.ID, charge.Status)
	}
	if err := checkApprover(fmt.Sprintf("charge %s of shipment %s", c.Charge, s.ID), charge.RequestedBy, c.By); err != nil {
		return nil, err
	}
	if !c.Amount.Equal(charge.Amount) {
		return nil, refuseByRule(18, Conflict, "charge %s of shipment %s is %s; the approval is for %s", c.Charge, s.ID, charge.Amount, c.Amount)
	}
	e := c.ChargeApproved
	e.Exhibits = s.Exhibits(charge)
	e.Digest = ApprovalDigest(s.ID, c.Charge, c.Amount, e.Exhibits)
	if c.Digest != "" && c.Digest != e.Digest {
		return nil, refuseByRule(18, Conflict, "charge %s of shipment %s rests on other evidence than the approval says, %.12s and not %.12s: look at it again", c.Charge, s.ID, e.Digest, c.Digest)
	}
	return s.conclude(e), nil
}

// checkApprover refuses an approval by nobody, and by whoever asked for what
// it is of, however the name is written (rule 17).
func checkApprover(what, requestedBy, by string) error {
	by = strings.TrimSpace(by)
	switch {
	case by == "":
		return refuse(Invalid, "%s: who approves it is missing", what)
	case strings.EqualFold(by, itself):
		return refuseByRule(17, Denied, "%s: %s is nobody's name: a person approves it", what, by)
	case strings.EqualFold(by, strings.TrimSpace(requestedBy)):
		return refuseByRule(17, Denied, "%s was asked for by %s, who cannot approve it", what, requestedBy)
	}
	return nil
}

// ApprovalDigest is the SHA-256, in hexadecimal, of the JSON of what an
// approval is for: an object with shipment, charge, amount and exhibits, in
// this order.
func ApprovalDigest(id ShipmentID, charge ChargeID, amount money.Money, exhibits []Exhibit) string {
	return sha256OfJSON(struct {
		Shipment ShipmentID  `json:"shipment"`
		Charge   ChargeID    `json:"charge"`
		Amount   money.Money `json:"amount"`
		Exhibits []Exhibit   `json:"exhibits"`
	}{id, charge, amount, exhibits})
}

func sha256OfJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "" // nothing that is stored fails to encode
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Exhibits are what a charge rests on: how it was priced, the receipt that it
// passes on, what happened at its stops, the services of its code and the
// proof of delivery. A charge of an agreement has the stops that its sheet
// names, an entered one all of them.
func (s Shipment) Exhibits(c Charge) []Exhibit {
	var all []Exhibit
	add := func(of, shows string) { all = append(all, Exhibit{of, shows}) }
	if !same(c.Basis, Basis{}) {
		add("basis", strings.TrimSpace(c.Basis.Tariff+" "+c.Basis.Version)+", "+c.Basis.Formula+", SHA-256 "+sha256OfJSON(c.Basis))
	}
	if c.PassThrough != nil {
		add("receipt", fmt.Sprintf("%s, agreed fee %s", c.PassThrough.Receipt, c.PassThrough.Fee))
	}
	for _, stop := range s.Stops {
		if c.restsOn(stop.Seq) {
			all = append(all, s.stopExhibits(stop.Seq)...)
		}
	}
	for _, v := range s.Services {
		if v.Code == c.Code {
			add("service "+v.Service, sayService(v))
		}
	}
	if s.POD.Version > 0 && s.POD.State != PODIsUnreadable {
		add("proof of delivery", fmt.Sprintf("version %d, %s, signed by %q at %s: %q", s.POD.Version, s.POD.Document, s.POD.SignedBy, sayMoment(s.POD.At), s.POD.Notes))
	}
	return all
}

// restsOn tells whether a charge goes by what happened at a stop.
func (c Charge) restsOn(stop int) bool {
	if c.Basis.Sheet == nil {
		return true
	}
	fact := fmt.Sprintf("fact stops/%d", stop)
	return slices.ContainsFunc(c.Basis.Sheet.Steps, func(step rating.Step) bool {
		return step.From == fact || strings.HasPrefix(step.From, fact+"/")
	})
}

// stopExhibits are the reports that count for a stop, the time lost there, the
// notice that was given first, and whether the times stand on the receipt.
func (s Shipment) stopExhibits(seq int) []Exhibit {
	var all []Exhibit
	add := func(what, shows string) { all = append(all, Exhibit{fmt.Sprintf("%s at stop %d", what, seq), shows}) }
	for _, m := range s.Actuals {
		if m.Stop == seq {
			add(m.Kind, sayMoment(m.At)+given(", by ", m.Medium)+given(", reason ", m.Reason))
		}
	}
	slices.SortFunc(all, func(a, b Exhibit) int { return cmp.Compare(a.Of, b.Of) })
	if len(all) > 0 {
		var lost []string
		for _, d := range s.Delays {
			if d.Stop == seq {
				lost = append(lost, fmt.Sprintf("%s until %s, reason %s", sayMoment(d.From), sayMoment(d.Until), d.Reason))
			}
		}
		add("time lost", cmp.Or(strings.Join(lost, "; "), "none"))
	}
	if i := slices.IndexFunc(s.Notices, func(n NoticeRecorded) bool { return n.Stop == seq }); i >= 0 {
		add("notice", sayMoment(s.Notices[i].At)+", by "+s.Notices[i].Medium)
	}
	if slices.Contains(s.POD.Timed, seq) {
		add("times on the receipt", "in and out")
	}
	return all
}

func sayService(v rating.Service) string {
	text := v.Code
	if v.Stop != 0 {
		text += fmt.Sprintf(" at stop %d", v.Stop)
	}
	for _, part := range []struct {
		name  string
		value rating.Decimal
	}{{"quantity", v.Quantity}, {"miles", v.Miles}} {
		if !part.value.IsZero() {
			text += ", " + part.name + " " + part.value.String()
		}
	}
	if v.Receipt.IsSet() {
		text += ", receipt of " + v.Receipt.String()
	}
	text += given(", ", v.Document) + given(", approved by the customer: ", v.Approval)
	if !v.At.IsZero() {
		text += ", at " + v.At.UTC.Format(time.RFC3339Nano)
	}
	return text
}

func given(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// sayMoment gives a moment as it was stated, and what it was taken for.
func sayMoment(m Moment) string {
	if m.DayOnly() {
		return m.Local
	}
	return m.Local + given(" ", m.Zone) + " = " + m.UTC.Format(time.RFC3339Nano)
}

// approvalChanges are what an approver saw of a charge and is not so any more.
func (s Shipment) approvalChanges(c Charge) []ExhibitChange {
	if len(c.Exhibits) == 0 {
		return nil // most charges: spare them the comparison
	}
	var changes []ExhibitChange
	now := s.Exhibits(c)
	for _, was := range c.Exhibits {
		is := ""
		if i := slices.IndexFunc(now, func(x Exhibit) bool { return x.Of == was.Of }); i >= 0 {
			is = now[i].Shows
		}
		if is != was.Shows {
			changes = append(changes, ExhibitChange{was.Of, was.Shows, is})
		}
	}
	return changes
}

// concludeApprovals voids the approval of each charge that is on no invoice
// and rests on other evidence than was seen. One that is on a candidate is
// questioned first, and comes here when it is given back; what is issued
// stays (rule 35).
func (s Shipment) concludeApprovals() []Event {
	var events []Event
	for _, c := range s.Charges {
		if c.Status != ChargeReady {
			continue
		}
		if changes := s.approvalChanges(c); len(changes) > 0 {
			events = append(events, ApprovalVoided{s.ID, c.ID, c.ApprovedBy, c.Approval, changes})
		}
	}
	return events
}

// unapproved is a charge without an approval.
func (c Charge) unapproved(status ChargeStatus, reason string) Charge {
	c.Status, c.Reason, c.ApprovedBy = status, reason, ""
	c.Evidence, c.Exhibits, c.Approval = "", nil, ""
	return c
}

func (e ApprovalVoided) why() string { return sinceApproved(e.Changes, e.By) }

// sinceApproved says what has changed since somebody approved a charge.
func sinceApproved(changes []ExhibitChange, by string) string {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.Of
	}
	return strings.Join(names, ", ") + " changed after " + by + " approved it"
}

// waitsText says that a charge waits for approval, and why again.
func (c Charge) waitsText() string {
	return fmt.Sprintf("charge %s waits for approval%s", c.ID, given(": ", c.Reason))
}
