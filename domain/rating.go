package domain

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
)

// Rating turns what happened to a shipment into charges, by the version of its
// agreement that was in force. It happens when the freight is earned, and again
// whenever a fact that it went by has changed.
//
// Rules: 14, 15, 19 to 24 (in package rating), 18 (a changed amount or sheet
// voids an approval), 22, 35 (what was billed is not amended).

// Rated is what the last rating went by.
type Rated struct {
	Agreement string
	Version   string
	Facts     string // digest of the facts, without what was looked up for them
	Due       string // digest of the facts that wait to be rated; "" when none
	Blocked   string // why nothing could be rated
	Missing   []rating.Note
	Charges   []RatedCharge // that rating entered, with what they are by the last one; "" nothing any more
}

// Events of rating.
type (
	// RatingDue asks for a shipment under an agreement to be rated, because
	// it was earned or a fact has changed.
	RatingDue struct {
		Shipment  ShipmentID `json:"shipment"`
		Agreement string     `json:"agreement"`
		Facts     string     `json:"facts"` // their digest
	}
	// ShipmentRated is a rating: the facts, and what the version made of
	// them. The charges follow as events of their own.
	ShipmentRated struct {
		Shipment  ShipmentID     `json:"shipment"`
		Agreement string         `json:"agreement"`
		Version   string         `json:"version"`
		Effective string         `json:"effective"`
		Digest    string         `json:"digest"` // of the facts, without the index values
		Facts     rating.Facts   `json:"facts"`
		Clauses   Terms          `json:"clauses"` // that the shipment is billed under from here on
		Charges   []RatedCharge  `json:"charges,omitempty"`
		Notes     []rating.Note  `json:"notes,omitempty"`
		Missing   []rating.Note  `json:"missing,omitempty"`
		Awaits    []string       `json:"awaits,omitempty"` // indexes whose value is missing
		Lacks     []LackOfCharge `json:"lacks,omitempty"`
		// ByPayor: its charges are those of their payors. Earlier ratings split
		// nothing.
		ByPayor bool `json:"by_payor,omitempty"`
	}
	// RatingBlocked says why a shipment cannot be rated yet.
	RatingBlocked struct {
		Shipment  ShipmentID `json:"shipment"`
		Agreement string     `json:"agreement"`
		Facts     string     `json:"facts"`
		Reason    string     `json:"reason"`
	}
)

// RatedCharge is a charge as rating gave it; its sheet is in its own event.
type RatedCharge struct {
	Charge ChargeID   `json:"charge"`
	Amount string     `json:"amount"`          // decimal, in the shipment's currency
	Payor  CustomerID `json:"payor,omitempty"` // absent: the shipment's customer
}

// LackOfCharge is evidence that a charge still needs, to be asked for before
// the invoice.
type LackOfCharge struct {
	Charge ChargeID    `json:"charge"`
	Lack   rating.Lack `json:"lack"`
}

func (RatingDue) EventType() string     { return "RatingDue" }
func (ShipmentRated) EventType() string { return "ShipmentRated" }
func (RatingBlocked) EventType() string { return "RatingBlocked" }

// RateShipment rates a shipment by its agreement. It learns of the agreement
// and the indexes; rating the same facts again changes nothing.
type RateShipment struct {
	Shipment ShipmentID `json:"shipment"`

	knowledge Knowledge
}

func (c RateShipment) Stream() Stream            { return c.Shipment.Stream() }
func (RateShipment) CommandName() string         { return "RateShipment" }
func (c RateShipment) Learn(k Knowledge) Command { c.knowledge = k; return c }

func (c RateShipment) Decide(s Shipment) ([]Event, error) {
	switch {
	case !s.Released():
		return nil, refuse(NotFound, "shipment %s is not known: release its order first", c.Shipment)
	case !s.Terms.Rate:
		return nil, refuse(NotReady, "shipment %s is not rated by an agreement: its charges are entered", c.Shipment)
	case s.earned().IsZero() && !s.moving():
		return nil, refuse(NotReady, "shipment %s is not delivered: nothing is earned yet", c.Shipment)
	}
	p, err := s.price(c.knowledge)
	switch {
	case err != nil:
		return nil, err
	case p.Blocked != "" && p.listed && s.Rated.Blocked == p.Blocked && s.Rated.Due == p.digest:
		return nil, nil
	case p.Blocked != "":
		return []Event{RatingBlocked{s.ID, s.Terms.Agreement, p.digest, p.Blocked}}, nil
	case s.Rated.Facts == p.digest && s.Rated.Version == p.version.Version && s.Rated.Due == "" && !s.outdated() &&
		(len(s.ratingHolds()) == 0 || p.listed && slices.Equal(s.Rated.Missing, p.Result.Missing)):
		return nil, nil
	case s.earned().IsZero() && s.unpriced() && s.Rated.Blocked == "" && s.Terms.under(p.version, p.Facts).recognition() != RecognizedOverTransit:
		return nil, nil // it earns nothing before its delivery
	}
	events, err := s.rateTheWay(c.knowledge, p.version)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		s = s.Evolve(e)
	}
	return append(events, s.conclude(s.rate(p)...)...), nil
}

// Pricing is what a shipment costs by the facts known of it.
type Pricing struct {
	Facts   rating.Facts
	Result  rating.Result
	Blocked string // why it has no price, "" when it has one

	version rating.Agreement
	digest  string
	awaits  []string
	// listed: it is known to wait wherever it has to. Whatever takes it off such
	// a list has it rated, so this may be old knowledge.
	listed bool
}

// Price rates the shipment as it is, and records nothing: for what would have
// been. Tell gives the states of the streams that it needs to know of.
func (s Shipment) Price(tell func(Stream) (any, error)) (Pricing, error) {
	k := Knowledge{}
	for {
		p, err := s.price(k)
		unknown, asks := err.(*Unknown)
		if !asks {
			return p, err
		}
		if k, err = k.and(unknown, tell); err != nil {
			return p, err
		}
	}
}

func (s Shipment) price(k Knowledge) (Pricing, error) {
	facts := s.facts()
	book, err := known[Agreement](k, AgreementStream(s.Terms.Agreement))
	if err != nil {
		return Pricing{}, err
	}
	listed := slices.Contains(book.Waiting, s.ID)
	version, err := rating.Choose(book.Versions, facts)
	if none, ok := errors.AsType[*rating.NotInForceError](err); ok {
		none.Agreement = s.Terms.Agreement // which may have no version to tell its name
	}
	if err != nil {
		return Pricing{Facts: facts, Blocked: err.Error(), digest: digestOf(facts), listed: listed}, nil
	}
	p, err := s.priceBy(version, k)
	if p.Blocked != "" {
		p.listed = listed
	}
	return p, err
}

// priceBy prices by a version that was chosen.
func (s Shipment) priceBy(version rating.Agreement, k Knowledge) (Pricing, error) {
	p := Pricing{Facts: s.facts(), version: version}
	p.digest = digestOf(p.Facts)
	var err error
	if !p.version.Exchanges(s.Currency) {
		p.Blocked = fmt.Sprintf("agreement %s version %s is in %s and names no rate of exchange, the shipment is in %s", p.version.Agreement, p.version.Version, p.version.Currency, s.Currency)
		return p, nil
	}
	for _, need := range p.version.Needs(p.Facts) {
		index, err := known[Index](k, IndexStream(need.Index))
		if err != nil {
			return p, err
		}
		if value, ok := need.Pick(index.Values); ok {
			p.Facts.Indexes = append(p.Facts.Indexes, value)
		} else {
			p.listed = (p.listed || len(p.awaits) == 0) && slices.Contains(index.Waiting, s.ID)
			p.awaits = append(p.awaits, need.Index)
		}
	}
	if p.Result, err = p.version.Rate(p.Facts); err != nil {
		p.Blocked = err.Error()
	}
	return p, nil
}

// rate makes the charges those of a rating.
func (s Shipment) rate(p Pricing) []Event {
	result := p.Result
	rated := ShipmentRated{Shipment: s.ID, Agreement: result.Agreement, Version: result.Version, Effective: result.Effective,
		Digest: p.digest, Facts: p.Facts, Clauses: s.Terms.under(p.version, p.Facts), Notes: result.Notes, Missing: result.Missing, Awaits: p.awaits, ByPayor: true}
	s.Terms = rated.Clauses
	now := s
	var changes []Event
	asked := map[ChargeID]bool{}
	for _, charge := range result.Charges {
		id := ChargeID(charge.Charge)
		asked[id] = true
		rated.Charges = append(rated.Charges, RatedCharge{id, charge.Amount.Format(), CustomerID(charge.Payor)})
		for _, lack := range charge.Lacks {
			rated.Lacks = append(rated.Lacks, LackOfCharge{id, lack})
		}
		for _, e := range now.rateCharge(result, charge) {
			now = now.Evolve(e)
			changes = append(changes, e)
		}
	}
	for _, before := range s.Rated.Charges {
		id := before.Charge
		old := s.charge(id)
		if old == nil || asked[id] {
			continue
		}
		switch old.Status {
		case ChargePending, ChargeReady, ChargeIsHeld:
			changes = append(changes, ChargeRejected{s.ID, id, itself, "rated anew: " + rated.Agreement + " " + rated.Version + " does not ask for it"})
			changes = append(changes, s.settled(id)...)
		case ChargeClaimed:
			changes = append(changes, s.ratedOtherwise(*old, "nothing")...)
		}
	}
	return append([]Event{rated}, changes...)
}

// rateCharge enters or amends a charge. What is on an invoice stays: the
// difference is a case for a person, who credits or bills it.
func (s Shipment) rateCharge(result rating.Result, c rating.Charge) []Event {
	id := ChargeID(c.Charge)
	basis := Basis{Tariff: result.Agreement, Version: result.Version, Effective: result.Effective, Formula: FormulaSheet,
		Rounding: c.Rounding, Sheet: &c.Derivation}
	old := s.charge(id)
	switch {
	case old == nil || old.Status == ChargeIsHeld || old.Status == ChargeRefused && old.EndedBy == itself:
		e := ChargeEntered{Shipment: s.ID, Charge: id, Kind: ChargeKind(c.Kind), Code: c.Code, Description: c.Description,
			Amount: c.Amount, Basis: basis, RequestedBy: itself, NeedsApproval: c.NeedsApproval, Payor: CustomerID(c.Payor), Stop: c.Stop}
		if c.Receipt.IsSet() {
			e.PassThrough = &PassThrough{c.Receipt, orZero(c.Fee, c.Receipt)}
		}
		return []Event{e}
	case (old.Status == ChargePending || old.Status == ChargeReady) && old.RequestedBy != itself:
		return nil // somebody has amended it, with a reason
	case old.Status == ChargePending || old.Status == ChargeReady:
		var events []Event
		if old.AssignedBy == "" || old.AssignedBy == itself {
			if payor := CustomerID(c.Payor); old.Payor != payor || old.Stop != c.Stop {
				events = s.assigned(*old, ChargeAssigned{s.ID, id, payor, c.Stop, itself, "rated anew"})
			}
		}
		if !old.Amount.Equal(c.Amount) || old.Basis.Sheet == nil || !same(*old.Basis.Sheet, c.Derivation) {
			events = append(events, ChargeAmended{Shipment: s.ID, Charge: id, Amount: c.Amount, Basis: basis, RequestedBy: itself,
				Reason: "rated anew", NeedsApproval: c.NeedsApproval})
		}
		if len(events) == 0 {
			return nil
		}
		return append(events, s.settled(id)...)
	case old.Status == ChargeClaimed && s.paidOtherwise(*old, CustomerID(c.Payor)):
		return s.ratedOtherwise(*old, c.Amount.String()+" to be paid by "+cmp.Or(c.Payor, string(s.Customer)))
	case old.Status == ChargeClaimed && !old.Amount.Equal(c.Amount):
		return s.ratedOtherwise(*old, c.Amount.String())
	}
	return nil
}

// paidOtherwise tells that rating names another payor of a charge, and the desk
// named none.
func (s Shipment) paidOtherwise(c Charge, payor CustomerID) bool {
	return c.Payor != payor && (c.AssignedBy == "" || c.AssignedBy == itself)
}

// settled resolves the cases of a charge that is amended after all: its
// invoice gave it back.
func (s Shipment) settled(id ChargeID) []Event {
	var events []Event
	for _, x := range s.Exceptions {
		if x.Open && x.Kind == ExceptionRatedOtherwise && strings.HasPrefix(x.ID, ratedOtherwiseID(id)) {
			events = append(events, ExceptionResolved{s.ID, x.ID, "the charge was given back unbilled and is rated anew", itself})
		}
	}
	return events
}

func ratedOtherwiseID(id ChargeID) string { return ExceptionRatedOtherwise + "-" + string(id) + "=" }

// ratedOtherwise raises the case of a charge that is on an invoice and would
// be rated otherwise today.
func (s Shipment) ratedOtherwise(c Charge, now string) []Event {
	id := ratedOtherwiseID(c.ID) + now
	if s.exception(id) != nil {
		return nil
	}
	return []Event{ExceptionRaised{Shipment: s.ID, Exception: id, Kind: ExceptionRatedOtherwise,
		Detail: fmt.Sprintf("charge %s is on invoice %s with %s; by the facts known now it is %s", c.ID, c.Invoice, c.Amount, now)}}
}

// under gives the terms of the version that a shipment was rated by.
func (t Terms) under(version rating.Agreement, f rating.Facts) Terms {
	t.Agreement, t.Version = version.Agreement, version.Version
	t.PODWaiver, t.BillWithExceptions = version.Clauses.PODWaiver, version.Clauses.BillWithExceptions
	t.Billing = billingTerms(version.Billing)
	t.ApprovalAbove = money.Money{}
	if above := version.Clauses.ApprovalAbove; !above.IsZero() {
		t.ApprovalAbove, _ = version.In(f, above) // none while the rate of exchange is not known, when nothing is rated
	}
	if above := t.Billing.ReviewAbove; !above.IsZero() && f.Currency != version.Currency {
		t.Billing.ReviewAbove = rating.Decimal{}
		if m, ok := version.In(f, above); ok {
			t.Billing.ReviewAbove, _ = rating.ParseDecimal(m.Format()) // an amount always is one
		}
	}
	return t
}

// concludeRating asks for a rating when the freight is earned, or under way and
// earned over its transit, and when facts have changed since the last one.
func (s Shipment) concludeRating() []Event {
	if !s.Terms.Rate || s.earned().IsZero() && !s.underWay() {
		return nil
	}
	digest := digestOf(s.facts())
	if digest == s.Rated.Facts && s.Rated.Due == "" && !s.outdated() || digest == s.Rated.Due {
		return nil
	}
	return []Event{RatingDue{s.ID, s.Terms.Agreement, digest}}
}

// outdated tells that a charge may be amended again and is not what it was
// last rated to be: it was on an invoice then.
func (s Shipment) outdated() bool {
	return slices.ContainsFunc(s.Rated.Charges, func(r RatedCharge) bool {
		c := s.charge(r.Charge)
		return c != nil && (c.Status == ChargePending || c.Status == ChargeReady) && c.RequestedBy == itself && (c.Amount.Format() != r.Amount || s.paidOtherwise(*c, r.Payor))
	})
}

// unpriced tells freight that has to be rated and was not.
func (s Shipment) unpriced() bool { return s.Terms.Rate && s.Rated.Version == "" }

// rates tells whether a charge is of the agreement's.
func (s Shipment) rates(id ChargeID) bool {
	return slices.ContainsFunc(s.Rated.Charges, func(r RatedCharge) bool { return r.Charge == id })
}

// earned is when the freight was earned: delivered, or, for a truck that was
// ordered and not used, cancelled.
func (s Shipment) earned() Moment {
	if s.Cancelled != "" {
		return s.CancelledAt
	}
	return s.Delivered
}

func digestOf(f rating.Facts) string {
	text, err := json.Marshal(f)
	if err != nil {
		return "" // no fact fails to encode
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// facts are what rating may know of the shipment. Moments without a time of
// day are no timestamps, and those without a zone cannot be compared with
// others.
func (s Shipment) facts() rating.Facts {
	f := rating.Facts{Shipment: string(s.ID), Customer: string(s.Customer), Currency: s.Currency, Mode: s.Mode, Equipment: s.Measures.Equipment,
		Ordered: s.Ordered.Day(), Delivered: s.Delivered.Day(), Weight: s.Measures.Weight, Distance: s.Measures.Distance,
		Pallets: s.Measures.Pallets, Pieces: s.Measures.Pieces, Services: s.Services}
	if f.Weight.Value.IsZero() && s.WeightKg != "" {
		if w, err := rating.ParseDecimal(s.WeightKg); err == nil { // it was checked at release
			f.Weight = rating.Quantity{Value: w, Unit: "kg"}
		}
	}
	if s.Cancelled != "" {
		f.Cancelled = &rating.Cancellation{At: s.CancelledAt.instant(), Dispatched: !s.Dispatched.IsZero(), Reason: s.Cancelled, ByCarrier: s.CancelledByCarrier}
	}
	for _, stop := range s.Stops {
		arrived, worked, departed := ArrivedPickup, Loaded, DepartedPickup
		if stop.Kind == StopDelivery {
			arrived, worked, departed = ArrivedDelivery, Unloaded, DepartedDelivery
		}
		at := rating.Stop{Seq: stop.Seq, Kind: stop.Kind, Place: stop.Where, Party: string(stop.Party), Weight: stop.Weight,
			From: stop.From.instant(), Until: stop.Until.instant(), Arrive: s.timestamp(stop.Seq, arrived), Worked: s.timestamp(stop.Seq, worked),
			Depart: s.timestamp(stop.Seq, departed), Signed: slices.Contains(s.POD.Timed, stop.Seq)}
		for _, d := range s.Delays {
			if d.Stop == stop.Seq {
				at.Delays = append(at.Delays, rating.Delay{Window: rating.Window{From: d.From.instant(), Until: d.Until.instant()}, Reason: d.Reason})
			}
		}
		for _, n := range s.Notices {
			if n.Stop == stop.Seq && at.Notice == nil {
				at.Notice = &rating.Report{Instant: n.At.instant(), Source: n.Medium}
			}
		}
		f.Stops = append(f.Stops, at)
		if f.PickedUp == "" && stop.Kind == StopPickup {
			for _, kind := range []string{Loaded, DepartedPickup, ArrivedPickup} {
				if m, ok := s.Actual(stop.Seq, kind); ok {
					f.PickedUp = m.At.Day()
					break
				}
			}
		}
	}
	return f
}

// timestamp is the report that counts, where it is one: with a time of day in
// a zone.
func (s Shipment) timestamp(stop int, kind string) rating.Report {
	m, _ := s.Actual(stop, kind)
	if m.At.DayOnly() || m.At.Zone == "" {
		return rating.Report{}
	}
	medium := m.Medium
	if medium == "" {
		medium = MediumDesk
	}
	return rating.Report{Instant: m.At.instant(), Source: medium}
}

func (m Moment) instant() rating.Instant {
	if m.DayOnly() {
		return rating.Instant{}
	}
	return rating.Instant{UTC: m.UTC, Local: m.Local, Zone: m.Zone}
}

// Evolve of what rating keeps.
func (s Shipment) withRating(e Event) Shipment {
	switch e := e.(type) {
	case RatingDue:
		s.Rated.Due = e.Facts
	case RatingBlocked:
		s.Rated.Due, s.Rated.Blocked = e.Facts, e.Reason
	case ShipmentRated:
		charges := slices.Clone(e.Charges)
		for _, before := range s.Rated.Charges {
			if !slices.ContainsFunc(charges, func(c RatedCharge) bool { return c.Charge == before.Charge }) {
				charges = append(charges, RatedCharge{Charge: before.Charge})
			}
		}
		s.Terms = e.Clauses
		s.Rated = Rated{Agreement: e.Agreement, Version: e.Version, Facts: e.Digest, Missing: e.Missing, Charges: charges}
	}
	return s
}

// ratingHolds says what keeps the bill because it is not rated yet.
func (s Shipment) ratingHolds() []string {
	switch {
	case !s.Terms.Rate:
		return nil
	case s.Rated.Blocked != "":
		return []string{"cannot be rated: " + s.Rated.Blocked}
	case s.Rated.Due != "" || s.Rated.Version == "":
		return []string{"waits to be rated"}
	}
	var holds []string
	for _, note := range s.Rated.Missing {
		if note.Unknown {
			continue
		}
		holds = append(holds, note.Clause+": "+note.Text)
	}
	return holds
}
