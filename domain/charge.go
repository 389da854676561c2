package domain

import (
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

// A charge is money asked for moving a shipment, or the statement that a part
// of it is not asked for here: billed by another line, not billable, or held
// until somebody says whose it is. None of them vanishes (rule 13).

// Charge is the state of one charge within its shipment.
type Charge struct {
	ID          ChargeID
	Kind        ChargeKind
	Code        string // X12 element 150 where there is one
	Description string
	Amount      money.Money
	Basis       Basis
	Status      ChargeStatus
	RequestedBy string
	ApprovedBy  string
	Evidence    string    // what else the approver looked at
	Exhibits    []Exhibit // what the approver saw of it
	Approval    string    // digest of what was approved
	Reason      string    // why rejected, waived, held, not billable, or waits anew
	EndedBy     string    // who rejected or waived it
	BilledBy    ChargeRef
	Invoice     InvoiceID   // the live claim
	Questioned  bool        // the live claim was
	Prior       InvoiceID   // the claim before it was released
	Accrued     money.Money // what stands in the books for it while it is not invoiced
	PassThrough *PassThrough
	Source      Source
	Payor       CustomerID // who pays it; "" the shipment's customer
	Stop        int        // where it arose; 0 at none
	AssignedBy  string     // who said so; "" who entered it
}

// ChargeRef names a charge of any shipment.
type ChargeRef struct {
	Shipment ShipmentID `json:"shipment"`
	Charge   ChargeID   `json:"charge"`
}

// ChargeKind decides the revenue account.
type ChargeKind string

// Kinds of charge.
const (
	Freight       ChargeKind = "freight" // linehaul
	Insurance     ChargeKind = "insurance"
	FuelSurcharge ChargeKind = "fuel-surcharge"
	Accessorial   ChargeKind = "accessorial" // detention, layover, lumper …: see Code
	Discount      ChargeKind = "discount"    // negative
)

// ChargeStatus is where a charge stands.
type ChargeStatus string

// Statuses of a charge.
const (
	ChargePending     ChargeStatus = "pending-approval"
	ChargeReady       ChargeStatus = "ready"
	ChargeClaimed     ChargeStatus = "claimed" // on an invoice or its candidate
	ChargeRefused     ChargeStatus = "rejected"
	ChargeWasWaived   ChargeStatus = "waived"
	ChargeIsLinked    ChargeStatus = "linked"       // billed by another charge
	ChargeUnbillable  ChargeStatus = "not-billable" // with its reason
	ChargeIsHeld      ChargeStatus = "held"         // no figure yet
	ChargeWrittenOff  ChargeStatus = "written-off"  // billed, and nothing of it is owed any more
	lumper                         = "LUM"
	truckOrderedUnmet              = "VOR" // X12 150: vehicle ordered but not used
)

// Bounds of what is said of a charge: a full invoice stays one event.
const (
	maxDescription = 200
	maxCode        = 20
)

// PassThrough bounds a charge that passes somebody else's bill on (rule 25).
type PassThrough struct {
	Receipt money.Money `json:"receipt"`
	Fee     money.Money `json:"fee"` // agreed
}

// Events of charges.
type (
	// ChargeEntered is a charge as rated or entered.
	ChargeEntered struct {
		Shipment      ShipmentID   `json:"shipment"`
		Charge        ChargeID     `json:"charge"`
		Kind          ChargeKind   `json:"kind"`
		Code          string       `json:"code,omitempty"`
		Description   string       `json:"description,omitempty"`
		Amount        money.Money  `json:"amount"`
		Basis         Basis        `json:"basis,omitzero"`
		PassThrough   *PassThrough `json:"pass_through,omitempty"`
		RequestedBy   string       `json:"requested_by"`
		NeedsApproval bool         `json:"needs_approval,omitempty"`
		Source        Source       `json:"source,omitzero"`
		Payor         CustomerID   `json:"payor,omitempty"` // absent: the shipment's customer
		Stop          int          `json:"stop,omitempty"`  // where it arose
	}
	// ChargeAmended changes the amount before it is billed; approval is void.
	ChargeAmended struct {
		Shipment      ShipmentID  `json:"shipment"`
		Charge        ChargeID    `json:"charge"`
		Amount        money.Money `json:"amount"`
		Basis         Basis       `json:"basis,omitzero"`
		RequestedBy   string      `json:"requested_by"`
		Reason        string      `json:"reason"`
		NeedsApproval bool        `json:"needs_approval,omitempty"`
	}
	// ChargeRejected ends a charge that is not owed.
	ChargeRejected struct {
		Shipment ShipmentID `json:"shipment"`
		Charge   ChargeID   `json:"charge"`
		By       string     `json:"by"`
		Reason   string     `json:"reason"`
	}
	// ChargeWaived gives up a charge that is owed.
	ChargeWaived struct {
		Shipment ShipmentID `json:"shipment"`
		Charge   ChargeID   `json:"charge"`
		By       string     `json:"by"`
		Reason   string     `json:"reason"`
	}
	// ChargeLinked says which charge bills this one.
	ChargeLinked struct {
		Shipment ShipmentID `json:"shipment"`
		Charge   ChargeID   `json:"charge"`
		Kind     ChargeKind `json:"kind"`
		BilledBy ChargeRef  `json:"billed_by"`
		Reason   string     `json:"reason"`
		Source   Source     `json:"source,omitzero"`
	}
	// ChargeNotBillable says why no money is asked for.
	ChargeNotBillable struct {
		Shipment ShipmentID `json:"shipment"`
		Charge   ChargeID   `json:"charge"`
		Kind     ChargeKind `json:"kind"`
		Reason   string     `json:"reason"`
		Source   Source     `json:"source,omitzero"`
	}
	// ChargeHeld keeps a place for money without a figure.
	ChargeHeld struct {
		Shipment ShipmentID `json:"shipment"`
		Charge   ChargeID   `json:"charge"`
		Kind     ChargeKind `json:"kind"`
		Reason   string     `json:"reason"`
		Refers   ChargeRef  `json:"refers,omitzero"`
		Source   Source     `json:"source,omitzero"`
	}
)

func (ChargeEntered) EventType() string     { return "ChargeEntered" }
func (ChargeAmended) EventType() string     { return "ChargeAmended" }
func (ChargeRejected) EventType() string    { return "ChargeRejected" }
func (ChargeWaived) EventType() string      { return "ChargeWaived" }
func (ChargeLinked) EventType() string      { return "ChargeLinked" }
func (ChargeNotBillable) EventType() string { return "ChargeNotBillable" }
func (ChargeHeld) EventType() string        { return "ChargeHeld" }

// Commands of charges.
type (
	// EnterCharge adds a charge; NeedsApproval is decided here. A charge with
	// a basis may leave its amount out: it is computed.
	EnterCharge struct{ ChargeEntered }
	// AmendCharge changes its amount before it is billed.
	AmendCharge struct{ ChargeAmended }
	// RejectCharge finds it not owed.
	RejectCharge struct{ ChargeRejected }
	// WaiveCharge gives it up.
	WaiveCharge struct{ ChargeWaived }
	// LinkCharge says which other charge bills it.
	LinkCharge struct{ ChargeLinked }
	// DeclareNotBillable says why it is not billed.
	DeclareNotBillable struct{ ChargeNotBillable }
	// HoldCharge keeps its place until it has a figure; EnterCharge with the
	// same id settles it.
	HoldCharge struct{ ChargeHeld }
)

func (c EnterCharge) Stream() Stream        { return c.Shipment.Stream() }
func (c AmendCharge) Stream() Stream        { return c.Shipment.Stream() }
func (c RejectCharge) Stream() Stream       { return c.Shipment.Stream() }
func (c WaiveCharge) Stream() Stream        { return c.Shipment.Stream() }
func (c LinkCharge) Stream() Stream         { return c.Shipment.Stream() }
func (c DeclareNotBillable) Stream() Stream { return c.Shipment.Stream() }
func (c HoldCharge) Stream() Stream         { return c.Shipment.Stream() }

func (EnterCharge) CommandName() string        { return "EnterCharge" }
func (AmendCharge) CommandName() string        { return "AmendCharge" }
func (RejectCharge) CommandName() string       { return "RejectCharge" }
func (WaiveCharge) CommandName() string        { return "WaiveCharge" }
func (LinkCharge) CommandName() string         { return "LinkCharge" }
func (DeclareNotBillable) CommandName() string { return "DeclareNotBillable" }
func (HoldCharge) CommandName() string         { return "HoldCharge" }

func (c EnterCharge) Decide(s Shipment) ([]Event, error) {
	if err := s.mustTake(c.Shipment, c.Code); err != nil {
		return nil, err
	}
	e := c.ChargeEntered
	amount, err := s.priced(e.Charge, e.Amount, e.Basis)
	if err != nil {
		return nil, err
	}
	e.Amount = amount
	if old := s.charge(c.Charge); old != nil && old.Status != ChargeIsHeld {
		if old.Kind == e.Kind && old.Amount.Equal(amount) && (e.Payor == "" || e.Payor == old.Payor) {
			return nil, nil
		}
		return nil, refuse(Conflict, "charge %s of shipment %s is %s %s: amend it with a reason", c.Charge, s.ID, old.Kind, old.Amount)
	}
	if err := CheckID("charge", string(c.Charge)); err != nil {
		return nil, err
	}
	if err := s.checkPayor(e.Charge, e.Payor, e.Stop); err != nil {
		return nil, err
	}
	if len(e.Description) > maxDescription || len(e.Code) > maxCode {
		return nil, refuse(Invalid, "charge %s of shipment %s: the description has %d bytes and the code %d; at most %d and %d are taken", c.Charge, s.ID, len(e.Description), len(e.Code), maxDescription, maxCode)
	}
	switch e.Kind {
	case Freight, Insurance, FuelSurcharge, Accessorial:
		if amount.IsNegative() {
			return nil, refuse(Invalid, "charge %s of shipment %s: %s of %s: only a discount is negative", c.Charge, s.ID, e.Kind, amount)
		}
	case Discount:
		if amount.Sign() > 0 {
			return nil, refuse(Invalid, "charge %s of shipment %s: a discount of %s is not negative", c.Charge, s.ID, amount)
		}
	default:
		return nil, refuse(Invalid, "charge %s of shipment %s: kind %q is not known", c.Charge, s.ID, e.Kind)
	}
	if e.RequestedBy == "" {
		return nil, refuseByRule(17, Invalid, "charge %s of shipment %s: who asks for it is missing", c.Charge, s.ID)
	}
	for _, other := range s.Charges {
		notUsed := e.Code == truckOrderedUnmet && other.Kind == Freight || e.Kind == Freight && other.Code == truckOrderedUnmet
		if notUsed && other.live() {
			return nil, refuseByRule(22, Conflict, "shipment %s: linehaul and truck ordered not used exclude each other (charge %s)", s.ID, other.ID)
		}
	}
	if err := checkPassThrough(s, e, amount); err != nil {
		return nil, err
	}
	e.NeedsApproval = s.needsApproval(e.Kind, amount)
	return s.conclude(e), nil
}

func checkPassThrough(s Shipment, e ChargeEntered, amount money.Money) error {
	if e.PassThrough == nil {
		if e.Code == lumper {
			return refuseByRule(25, Invalid, "charge %s of shipment %s: a lumper's fee needs its receipt", e.Charge, s.ID)
		}
		return nil
	}
	limit, err := e.PassThrough.Receipt.Add(e.PassThrough.Fee)
	if err != nil {
		return refuseByRule(25, Invalid, "charge %s of shipment %s: %v", e.Charge, s.ID, err)
	}
	if over, err := amount.Cmp(limit); err != nil || over > 0 {
		return refuseByRule(25, Invalid, "charge %s of shipment %s: %s is over receipt and agreed fee, %s", e.Charge, s.ID, amount, limit)
	}
	return nil
}

// priced checks an amount against its basis, or computes it.
func (s Shipment) priced(id ChargeID, amount money.Money, basis Basis) (money.Money, error) {
	if basis.Formula != "" {
		computed, err := basis.Amount(s.Currency)
		if err != nil {
			return money.Money{}, err
		}
		if amount.IsSet() && !amount.Equal(computed) {
			return money.Money{}, refuseByRule(15, Invalid, "charge %s of shipment %s: %s is stated, its basis gives %s", id, s.ID, amount, computed)
		}
		return computed, nil
	}
	switch {
	case !amount.IsSet():
		return money.Money{}, refuse(Invalid, "charge %s of shipment %s has neither amount nor basis", id, s.ID)
	case amount.Currency() != s.Currency:
		return money.Money{}, refuseByRule(29, Invalid, "charge %s of shipment %s is in %s, the shipment in %s", id, s.ID, amount.Currency(), s.Currency)
	case !amount.IsWholeMinor():
		return money.Money{}, refuseByRule(30, Invalid, "charge %s of shipment %s: %s has more decimals than %s has", id, s.ID, amount, s.Currency)
	}
	return amount, nil
}

// needsApproval: accessorials above the agreement's threshold (rule 16).
func (s Shipment) needsApproval(kind ChargeKind, amount money.Money) bool {
	if kind != Accessorial {
		return false
	}
	threshold := s.Terms.ApprovalAbove
	if threshold.IsZero() {
		return true
	}
	over, err := amount.Cmp(threshold)
	return err != nil || over > 0
}

func (c AmendCharge) Decide(s Shipment) ([]Event, error) {
	old, err := s.mustHave(c.Shipment, c.Charge)
	if err != nil {
		return nil, err
	}
	e := c.ChargeAmended
	if e.Amount, err = s.priced(e.Charge, e.Amount, e.Basis); err != nil {
		return nil, err
	}
	switch {
	case old.Status == ChargeClaimed:
		return nil, s.onInvoice(old, "credit it and bill again")
	case old.Status != ChargePending && old.Status != ChargeReady:
		return nil, refuse(Conflict, "charge %s of shipment %s is %s", c.Charge, s.ID, old.Status)
	case e.Reason == "" || e.RequestedBy == "":
		return nil, refuse(Invalid, "charge %s of shipment %s: amending needs a reason and who asks for it", c.Charge, s.ID)
	case e.Amount.Equal(old.Amount) && (same(e.Basis, Basis{}) || same(e.Basis, old.Basis)):
		return nil, nil
	case (old.Kind == Discount) != (e.Amount.Sign() < 0) && !e.Amount.IsZero():
		return nil, refuse(Invalid, "charge %s of shipment %s: a %s of %s has the wrong sign", c.Charge, s.ID, old.Kind, e.Amount)
	}
	if err := checkPassThrough(s, ChargeEntered{Charge: old.ID, Code: old.Code, PassThrough: old.PassThrough}, e.Amount); err != nil {
		return nil, err
	}
	// A charge that was approved by somebody is approved again (rule 18), and
	// so is one that crosses the threshold.
	e.NeedsApproval = old.Status == ChargePending || old.ApprovedBy != "" || s.needsApproval(old.Kind, e.Amount)
	return s.conclude(e), nil
}

func (c RejectCharge) Decide(s Shipment) ([]Event, error) {
	ended, err := s.endCharge(c.Shipment, c.Charge, ChargeRefused, c.By, c.Reason)
	if ended || err != nil {
		return nil, err
	}
	return s.conclude(c.ChargeRejected), nil
}

func (c WaiveCharge) Decide(s Shipment) ([]Event, error) {
	ended, err := s.endCharge(c.Shipment, c.Charge, ChargeWasWaived, c.By, c.Reason)
	if ended || err != nil {
		return nil, err
	}
	return s.conclude(c.ChargeWaived), nil
}

// onInvoice refuses to change a charge that an invoice or its candidate has.
// Which of them it is, only the invoice knows.
func (s Shipment) onInvoice(c Charge, issued string) error {
	return refuseByRule(35, TooLate, "charge %s of shipment %s is on invoice %s: if that has a number, %s; if not, take it off by RaiseException on the shipment, change it, and bill it by ResolveException",
		c.ID, s.ID, c.Invoice, issued)
}

// endCharge tells whether a charge already ended so.
func (s Shipment) endCharge(id ShipmentID, charge ChargeID, end ChargeStatus, by, reason string) (bool, error) {
	// Also on a cancelled shipment: its charges must end somehow (rule 13).
	c := s.charge(charge)
	switch {
	case c == nil:
		return false, refuse(NotFound, "shipment %s has no charge %s", id, charge)
	case c.Status == end:
		return true, nil
	case by == "" || reason == "":
		return false, refuse(Invalid, "charge %s of shipment %s: say who ends it and why", charge, id)
	case c.Status == ChargeClaimed:
		return false, s.onInvoice(*c, "credit it instead")
	case c.Status != ChargePending && c.Status != ChargeReady && c.Status != ChargeIsHeld:
		return false, refuse(Conflict, "charge %s of shipment %s is %s", charge, id, c.Status)
	}
	return false, nil
}

func (c LinkCharge) Decide(s Shipment) ([]Event, error) {
	known, err := s.placeCharge(c.Shipment, c.Charge, ChargeIsLinked)
	switch {
	case known || err != nil:
		return nil, err
	case c.BilledBy.Charge == "" || c.BilledBy == ChargeRef{c.Shipment, c.Charge}:
		return nil, refuse(Invalid, "charge %s of shipment %s: link it to another charge", c.Charge, c.Shipment)
	}
	return s.conclude(c.ChargeLinked), nil
}

func (c DeclareNotBillable) Decide(s Shipment) ([]Event, error) {
	known, err := s.placeCharge(c.Shipment, c.Charge, ChargeUnbillable)
	switch {
	case known || err != nil:
		return nil, err
	case c.Reason == "":
		return nil, refuseByRule(13, Invalid, "charge %s of shipment %s: say why it is not billable", c.Charge, c.Shipment)
	}
	return s.conclude(c.ChargeNotBillable), nil
}

func (c HoldCharge) Decide(s Shipment) ([]Event, error) {
	known, err := s.placeCharge(c.Shipment, c.Charge, ChargeIsHeld)
	switch {
	case known || err != nil:
		return nil, err
	case c.Reason == "":
		return nil, refuseByRule(13, Invalid, "charge %s of shipment %s: say why it is held", c.Charge, c.Shipment)
	}
	return s.conclude(c.ChargeHeld), nil
}

// placeCharge tells whether a charge without an amount is there already. A
// held one may become linked or not billable.
func (s Shipment) placeCharge(id ShipmentID, charge ChargeID, status ChargeStatus) (bool, error) {
	if err := s.mustBeLive(id); err != nil {
		return false, err
	}
	if err := CheckID("charge", string(charge)); err != nil {
		return false, err
	}
	old := s.charge(charge)
	switch {
	case old == nil:
		return false, nil
	case old.Status == status:
		return true, nil
	case old.Status == ChargeIsHeld:
		return false, nil
	}
	return false, refuse(Conflict, "charge %s of shipment %s is %s", charge, id, old.Status)
}

// live tells whether money is asked for, or may yet be.
func (c Charge) live() bool {
	return c.Status == ChargePending || c.Status == ChargeReady || c.Status == ChargeClaimed || c.Status == ChargeIsHeld
}

func (s Shipment) charge(id ChargeID) *Charge {
	if i := slices.IndexFunc(s.Charges, func(c Charge) bool { return c.ID == id }); i >= 0 {
		return &s.Charges[i]
	}
	return nil
}

func (s Shipment) mustHave(id ShipmentID, charge ChargeID) (Charge, error) {
	if !s.Released() {
		return Charge{}, s.mustBeLive(id)
	}
	c := s.charge(charge)
	if c == nil {
		return Charge{}, refuse(NotFound, "shipment %s has no charge %s", id, charge)
	}
	if !s.owes(*c) {
		return Charge{}, s.mustBeLive(id)
	}
	return *c, nil
}

// mustTake refuses a charge on a shipment that was cancelled, unless it is for
// the truck that was ordered and not used.
func (s Shipment) mustTake(id ShipmentID, code string) error {
	if s.Cancelled != "" && code == truckOrderedUnmet {
		return nil
	}
	return s.mustBeLive(id)
}

// owes tells whether a charge may still be billed: of a cancelled shipment,
// only what its truck cost and what rating found for it.
func (s Shipment) owes(c Charge) bool {
	return s.Cancelled == "" || c.Code == truckOrderedUnmet || s.rates(c.ID)
}
