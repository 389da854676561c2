package domain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/shopspring/decimal"
)

// Billing is where a shipment's charges leave it: revenue is accrued when it
// is earned, and a charge is claimed by one invoice before that invoice is
// issued (rule 12).

// Tax is the rule a shipment's charges are taxed by (rule 31).
type Tax struct {
	Code         string `json:"code,omitempty"` // TaxOutOfScope when empty
	Jurisdiction string `json:"jurisdiction,omitempty"`
	Percent      string `json:"percent,omitempty"`
	Version      string `json:"version,omitempty"`
	Evidence     string `json:"evidence,omitempty"` // cross-border proof (rule 32)
}

// Codes of Tax.
const (
	TaxOutOfScope    = "out-of-scope"
	TaxStandard      = "standard"
	TaxZeroRated     = "zero-rated"
	TaxExempt        = "exempt"
	TaxReverseCharge = "reverse-charge"
)

// BillLine is a charge as an invoice bills it.
type BillLine struct {
	Shipment    ShipmentID  `json:"shipment"`
	Charge      ChargeID    `json:"charge"`
	Kind        ChargeKind  `json:"kind"`
	Code        string      `json:"code,omitempty"`
	Description string      `json:"description,omitempty"`
	Amount      money.Money `json:"amount"`
	Tax         money.Money `json:"tax"`
	TaxCode     string      `json:"tax_code,omitempty"`
	Accrued     money.Money `json:"accrued"`
	ServiceDate string      `json:"service_date"`      // civil date of delivery
	Rebills     InvoiceID   `json:"rebills,omitempty"` // the invoice it was credited or voided from (rule 37)
	Dimensions  Dimensions  `json:"dimensions,omitzero"`
	// Facts are what tax knew of the shipment. On an issued invoice they stand
	// in Taxed, each once.
	Facts *TaxFacts  `json:"facts,omitempty"`
	Taxed *TaxedLine `json:"taxed,omitempty"` // by the rules of the issuer; absent where the terms of the order say the tax
}

// AccrualLine is earned revenue that is not invoiced yet; a negative amount
// takes back what was accrued before.
type AccrualLine struct {
	Charge ChargeID    `json:"charge"`
	Kind   ChargeKind  `json:"kind"`
	Code   string      `json:"code,omitempty"`
	Amount money.Money `json:"amount"`
	// Share is what the amount follows from when the freight is under way.
	Share *TransitShare `json:"share,omitempty"`
}

// Events of billing.
type (
	// RevenueAccrued books earned, uninvoiced revenue.
	RevenueAccrued struct {
		Shipment ShipmentID    `json:"shipment"`
		Customer CustomerID    `json:"customer"`
		Document string        `json:"document"`
		Date     string        `json:"date"` // civil date of delivery, or the month's last day under way
		Lines    []AccrualLine `json:"lines"`
		// Issuer is the legal entity that bills; with the dimensions, those of all
		// lines.
		Issuer     string     `json:"issuer,omitempty"`
		Dimensions Dimensions `json:"dimensions,omitzero"`
	}
	// ChargesClaimed binds charges to one invoice candidate.
	ChargesClaimed struct {
		Shipment  ShipmentID `json:"shipment"`
		Candidate Candidate  `json:"candidate"`
		MovedFrom InvoiceID  `json:"moved_from,omitempty"`
		Evidence  string     `json:"evidence"` // the POD or waiver that lets it be billed (rule 1)
		Lines     []BillLine `json:"lines"`
		// ReviewAbove is the total above which the agreement has a person look
		// at the invoice; unset where it does not.
		ReviewAbove money.Money `json:"review_above"`
	}
	// ChargesReleased unbinds them: the invoice was voided or credited. They
	// wait for approval anew.
	ChargesReleased struct {
		Shipment ShipmentID `json:"shipment"`
		Invoice  InvoiceID  `json:"invoice"`
		Charges  []ChargeID `json:"charges"`
		Reason   string     `json:"reason"`
		// AccrualRestored: the voided invoice's reversal of the accrual is
		// undone with it, so the next invoice reverses it again.
		AccrualRestored bool `json:"accrual_restored,omitempty"`
	}
)

func (RevenueAccrued) EventType() string  { return "RevenueAccrued" }
func (ChargesClaimed) EventType() string  { return "ChargesClaimed" }
func (ChargesReleased) EventType() string { return "ChargesReleased" }

// Commands of billing.
type (
	// MoveClaim takes a claim to another candidate because the one it named
	// was closed, or a person moved its lines.
	MoveClaim struct {
		Shipment ShipmentID `json:"shipment"`
		From     InvoiceID  `json:"from"`
		To       Candidate  `json:"to"`
		Charges  []ChargeID `json:"charges"`
	}
	// ReleaseCharges undoes a claim.
	ReleaseCharges struct{ ChargesReleased }
)

func (c MoveClaim) Stream() Stream         { return c.Shipment.Stream() }
func (c ReleaseCharges) Stream() Stream    { return c.Shipment.Stream() }
func (MoveClaim) CommandName() string      { return "MoveClaim" }
func (ReleaseCharges) CommandName() string { return "ReleaseCharges" }

func (c MoveClaim) Decide(s Shipment) ([]Event, error) {
	back := s.claimedBy(c.From, c.Charges)
	if holds := append(s.evidenceHolds(), s.approvalHolds(back)...); len(holds) > 0 {
		if len(back) > 0 {
			return s.conclude(ChargesReturned{s.ID, c.From, back, strings.Join(holds, "; ")}), nil
		}
		return nil, nil
	}
	var lines []BillLine
	for _, id := range c.Charges {
		charge, err := s.mustHave(c.Shipment, id)
		if err != nil {
			return nil, err
		}
		if charge.Status != ChargeClaimed || charge.Invoice != c.From {
			continue // moved or released before
		}
		line, err := s.billLine(charge)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return nil, nil
	}
	return []Event{ChargesClaimed{s.ID, c.To, c.From, s.evidence(), lines, s.reviewAbove()}}, nil
}

func (c ReleaseCharges) Decide(s Shipment) ([]Event, error) {
	e := c.ChargesReleased
	if e.Charges = s.claimedBy(c.Invoice, c.Charges); len(e.Charges) == 0 {
		return nil, nil
	}
	return []Event{e}, nil
}

// withCharge evolves charges.
func (s Shipment) withCharge(e Event) Shipment {
	change := func(id ChargeID, f func(*Charge)) {
		s.Charges = slices.Clone(s.Charges)
		if c := s.charge(id); c != nil {
			f(c)
			return
		}
		c := Charge{ID: id}
		f(&c)
		s.Charges = append(s.Charges, c)
	}
	waiting := func(needsApproval bool) ChargeStatus {
		if needsApproval {
			return ChargePending
		}
		return ChargeReady
	}
	switch e := e.(type) {
	case ChargeEntered:
		change(e.Charge, func(c *Charge) {
			*c = Charge{ID: e.Charge, Kind: e.Kind, Code: e.Code, Description: e.Description, Amount: e.Amount, Basis: e.Basis,
				Status: waiting(e.NeedsApproval), RequestedBy: e.RequestedBy, PassThrough: e.PassThrough, Source: e.Source,
				Payor: e.Payor, Stop: e.Stop}
		})
	case ChargeAssigned:
		change(e.Charge, func(c *Charge) { c.Payor, c.Stop, c.AssignedBy = e.Payor, e.Stop, e.By })
	case ChargeAmended:
		change(e.Charge, func(c *Charge) {
			c.Amount, c.Basis, c.RequestedBy = e.Amount, e.Basis, e.RequestedBy
			*c = c.unapproved(waiting(e.NeedsApproval), "")
		})
	case ChargeApproved:
		change(e.Charge, func(c *Charge) {
			c.Status, c.Reason, c.ApprovedBy = ChargeReady, "", e.By
			c.Evidence, c.Exhibits, c.Approval = e.Evidence, e.Exhibits, e.Digest
		})
	case ApprovalVoided:
		change(e.Charge, func(c *Charge) { *c = c.unapproved(ChargePending, e.why()) })
	case ChargeRejected:
		change(e.Charge, func(c *Charge) { c.Status, c.Reason, c.EndedBy = ChargeRefused, e.Reason, e.By })
	case ChargeWaived:
		change(e.Charge, func(c *Charge) { c.Status, c.Reason, c.EndedBy = ChargeWasWaived, e.Reason, e.By })
	case ChargeLinked:
		change(e.Charge, func(c *Charge) {
			c.Kind, c.Status, c.BilledBy, c.Reason, c.Source = e.Kind, ChargeIsLinked, e.BilledBy, e.Reason, e.Source
		})
	case ChargeNotBillable:
		change(e.Charge, func(c *Charge) { c.Kind, c.Status, c.Reason, c.Source = e.Kind, ChargeUnbillable, e.Reason, e.Source })
	case ChargeHeld:
		change(e.Charge, func(c *Charge) {
			c.Kind, c.Status, c.Reason, c.BilledBy, c.Source = e.Kind, ChargeIsHeld, e.Reason, e.Refers, e.Source
		})
	case RevenueAccrued:
		s.Accruals++
		for _, line := range e.Lines {
			change(line.Charge, func(c *Charge) {
				// Both are in the shipment's one currency, so Add cannot fail.
				if sum, err := c.Accrued.Add(line.Amount); err == nil {
					c.Accrued = sum
				} else {
					c.Accrued = line.Amount // the first
				}
			})
		}
	case ChargesClaimed:
		for _, line := range e.Lines {
			change(line.Charge, func(c *Charge) { c.Status, c.Invoice, c.Questioned = ChargeClaimed, e.Candidate.ID(), false })
		}
	case ClaimQuestioned:
		for _, id := range e.Charges {
			change(id, func(c *Charge) { c.Questioned = true })
		}
	case ChargesReturned:
		for _, id := range e.Charges {
			change(id, func(c *Charge) { c.Status, c.Invoice, c.Questioned = ChargeReady, "", false })
		}
	case ChargesWrittenOff:
		for _, id := range e.Charges {
			change(id, func(c *Charge) { c.Status, c.Reason = ChargeWrittenOff, "written off on invoice "+string(e.Invoice) })
		}
	case ChargesReinstated:
		for _, id := range e.Charges {
			change(id, func(c *Charge) { c.Status, c.Reason = ChargeClaimed, "" })
		}
	case ChargesReleased:
		for _, id := range e.Charges {
			change(id, func(c *Charge) {
				*c = c.unapproved(ChargePending, e.Reason)
				c.Prior, c.Invoice, c.Questioned = e.Invoice, "", false
				if !e.AccrualRestored {
					c.Accrued = money.Zero(s.Currency)
				}
			})
		}
	}
	return s
}

// concludeAccrual keeps what is accrued in step with what is earned and not
// invoiced: the amount of a delivered shipment's ready charge, or its share on
// the way, and nothing of one that was rejected or waived. A charge on an invoice is reversed by it, and one
// that waits for approval keeps what it had.
func (s Shipment) concludeAccrual() []Event {
	var accruals []RevenueAccrued
	for _, c := range s.Charges {
		if !s.owes(c) {
			continue
		}
		earned, share := money.Zero(s.Currency), (*TransitShare)(nil)
		switch c.Status {
		case ChargeReady:
			earned, share = s.earnedOf(c)
		case ChargeRefused, ChargeWasWaived:
		default:
			continue
		}
		// Both are in the shipment's one currency, so Sub cannot fail.
		if change, err := earned.Sub(orZero(c.Accrued, earned)); err == nil && !change.IsZero() {
			accruals = s.accrue(accruals, c, change, share)
		}
	}
	events := make([]Event, len(accruals))
	for i, e := range accruals {
		events[i] = e
	}
	return events
}

// accrue adds a change of what is accrued for a charge to the document of the
// one who pays it.
func (s Shipment) accrue(accruals []RevenueAccrued, c Charge, change money.Money, share *TransitShare) []RevenueAccrued {
	payor := s.payor(c)
	i := slices.IndexFunc(accruals, func(e RevenueAccrued) bool { return e.Customer == payor })
	if i < 0 {
		i = len(accruals)
		accruals = append(accruals, RevenueAccrued{Shipment: s.ID, Customer: payor, Date: s.recognizedOn(),
			Document: fmt.Sprintf("ACC-%s-%d", s.ID, s.Accruals+i+1), Issuer: s.Terms.Issuer, Dimensions: s.dimensions()})
	}
	accruals[i].Lines = append(accruals[i].Lines, AccrualLine{c.ID, c.Kind, c.Code, change, share})
	return accruals
}

// concludeBilling claims the ready charges of a shipment that may be billed:
// each goes to the candidate of its payor.
func (s Shipment) concludeBilling() []Event {
	if len(s.BillingHolds()) > 0 {
		return nil
	}
	var claims []ChargesClaimed
	for _, c := range s.Charges {
		if c.Status != ChargeReady || !s.owes(c) {
			continue
		}
		line, err := s.billLine(c)
		if err != nil {
			return nil // unreachable: the terms were checked at release
		}
		candidate := s.candidateOf(c)
		i := slices.IndexFunc(claims, func(e ChargesClaimed) bool { return e.Candidate == candidate })
		if i < 0 {
			i = len(claims)
			claims = append(claims, ChargesClaimed{Shipment: s.ID, Candidate: candidate, Evidence: s.evidence(), ReviewAbove: s.reviewAbove()})
		}
		claims[i].Lines = append(claims[i].Lines, line)
	}
	events := make([]Event, len(claims))
	for i, e := range claims {
		events[i] = e
	}
	return events
}

// BillingHolds says what keeps a shipment's ready charges from being billed.
// A charge that is held, linked or not billable keeps only itself back.
func (s Shipment) BillingHolds() []string {
	holds := s.evidenceHolds()
	for _, c := range s.Charges {
		if c.Status == ChargePending && s.owes(c) {
			holds = append(holds, c.waitsText())
		}
	}
	return holds
}

// evidenceHolds says what is missing that lets a shipment be billed at all.
func (s Shipment) evidenceHolds() []string {
	var holds []string
	for _, o := range s.lacks() {
		holds = append(holds, o.Text)
	}
	return holds
}

// evidence is what lets the shipment be billed: its verified POD, or the
// clause that waives it (rules 1 and 2). "" when there is none.
func (s Shipment) evidence() string {
	switch {
	case s.Cancelled != "": // nothing was carried
		return "cancelled: " + s.Cancelled
	case s.POD.State == PODIsClean, s.POD.State == PODIsException:
		return fmt.Sprintf("POD %d: %s", s.POD.Version, s.POD.Document)
	case s.POD.Version == 0 && s.Terms.PODWaiver != "":
		return "waiver: " + s.Terms.PODWaiver
	}
	return ""
}

func (s Shipment) anyClaimed() bool {
	return slices.ContainsFunc(s.Charges, func(c Charge) bool { return c.Status == ChargeClaimed || c.Status == ChargeWrittenOff })
}

func (s Shipment) billLine(c Charge) (BillLine, error) {
	tax, err := s.Terms.Tax.on(c.Amount)
	if err != nil {
		return BillLine{}, err
	}
	accrued := c.Accrued
	if !accrued.IsSet() {
		accrued = money.Zero(s.Currency)
	}
	return BillLine{Shipment: s.ID, Charge: c.ID, Kind: c.Kind, Code: c.Code, Description: c.Description, Amount: c.Amount,
		Tax: tax, TaxCode: s.Terms.Tax.Code, Accrued: accrued, ServiceDate: s.earned().Day(), Rebills: c.Prior, Dimensions: s.dimensions(),
		Facts: s.taxFacts().stated()}, nil
}

// dimensions are what a chart may tell the shipment's charges apart by.
func (s Shipment) dimensions() Dimensions {
	d := Dimensions{Unit: s.Terms.Unit, Jurisdiction: s.Terms.Tax.Jurisdiction}
	for _, stop := range s.Stops {
		switch {
		case stop.Kind == StopPickup && d.Origin == "":
			d.Origin = placeOf(stop.Where)
		case stop.Kind == StopDelivery && !stop.Optional:
			d.Destination = placeOf(stop.Where)
		}
	}
	return d
}

// placeOf names a place as a chart does: "US", "US-IL".
func placeOf(p rating.Place) string {
	country, state := strings.ToUpper(strings.TrimSpace(p.Country)), strings.ToUpper(strings.TrimSpace(p.State))
	if country == "" || state == "" {
		return country
	}
	return country + "-" + state
}

// check refuses tax that could not be computed or justified.
func (t Tax) check() error {
	switch t.Code {
	case "", TaxOutOfScope, TaxExempt, TaxReverseCharge:
		if t.Percent != "" {
			return refuseByRule(31, Invalid, "tax code %q takes no percentage", t.Code)
		}
	case TaxZeroRated:
		if t.Evidence == "" || t.Percent != "" {
			return refuseByRule(32, Invalid, "zero-rating needs cross-border evidence and no percentage")
		}
	case TaxStandard:
		percent, err := money.ParseDecimal(t.Percent)
		if err != nil || percent.Sign() < 0 || percent.Shift(-2).GreaterThan(decimal.NewFromInt(1)) || t.Jurisdiction == "" || t.Version == "" {
			return refuseByRule(31, Invalid, "tax needs a percentage, its jurisdiction and the version of its rule")
		}
	default:
		return refuseByRule(31, Invalid, "tax code %q is not known", t.Code)
	}
	return nil
}

// on computes the tax of one line: half-up, once a line (rules 27, 33).
func (t Tax) on(amount money.Money) (money.Money, error) {
	if t.Code != TaxStandard {
		return money.Zero(amount.Currency()), nil
	}
	percent, err := money.ParseDecimal(t.Percent)
	if err != nil {
		return money.Money{}, refuseByRule(31, Invalid, "tax percentage: %v", err)
	}
	return amount.Mul(percent.Shift(-2), money.HalfUp), nil
}
