package rating

import "github.com/freightledger/freightledger/domain/money"

// Agreement is one version of the terms under which freight is priced. A
// version is never changed once adopted: what changes is a new one.
//
// Customers, lanes, fuel, accessorials, tax regions and roundings are all
// figures and names in it. A new customer or rule needs no code.
type Agreement struct {
	Agreement string         `json:"agreement"` // id, the same for all versions
	Version   string         `json:"version"`   // "2026-01", "3"
	Title     string         `json:"title,omitempty"`
	Customers []string       `json:"customers,omitempty"` // ids; with Groups: whom it binds; none: who names it
	Groups    []string       `json:"groups,omitempty"`    // of customers, as the customer's account names its group
	Currency  money.Currency `json:"currency"`
	From      string         `json:"from"`                 // first civil date in force
	Through   string         `json:"through,omitempty"`    // last one; "" open
	DateBasis DateBasis      `json:"date_basis,omitempty"` // which date chooses the version; ByPickup when ""
	Round     Round          `json:"round"`                // of every amount that names no other
	Exchange  []Exchange     `json:"exchange,omitempty"`   // the other currencies that it is billed in

	Regions      []Region      `json:"regions,omitempty"`
	Lanes        []Lane        `json:"lanes"`
	Fuel         []Fuel        `json:"fuel,omitempty"`
	Accessorials []Accessorial `json:"accessorials,omitempty"`
	Clauses      Clauses       `json:"clauses,omitzero"`
	Billing      Billing       `json:"billing,omitzero"`
}

// DateBasis is the date of a shipment that a clause goes by.
type DateBasis string

// Date bases.
const (
	ByPickup   DateBasis = "pickup"
	ByDelivery DateBasis = "delivery"
	ByOrder    DateBasis = "order"
)

// Region is a named set of places.
type Region struct {
	Region string `json:"region"`
	Areas  []Area `json:"areas"`
}

// Area is a set of places: all that match every stated part.
type Area struct {
	Country string   `json:"country"`           // ISO 3166-1 alpha-2
	States  []string `json:"states,omitempty"`  // ISO 3166-2 without the country: "TX", "ON"
	Cities  []string `json:"cities,omitempty"`  // compared without case
	Postal  []string `json:"postal,omitempty"`  // prefixes "750", "M5V", "EC1A"; ranges "75001-75399", "B1-B20"
	Exclude []string `json:"exclude,omitempty"` // postal prefixes or ranges that are not meant
}

// Lane prices the movement between two regions. Of several that match, the
// first in the agreement counts.
type Lane struct {
	Lane      string   `json:"lane"`
	From      string   `json:"from,omitempty"` // region; "" anywhere
	To        string   `json:"to,omitempty"`
	Modes     []string `json:"modes,omitempty"`     // "TL", "LTL", "intermodal"; none: any
	Equipment []string `json:"equipment,omitempty"` // "53V", "reefer"; none: any
	Distance  Range    `json:"distance,omitzero"`   // in the linehaul's unit of distance
	Linehaul  Linehaul `json:"linehaul"`
	Fuel      string   `json:"fuel,omitempty"` // a Fuel of the agreement; "" no surcharge
}

// Range is from, inclusive, to below, exclusive; not stated is unbounded.
type Range struct {
	From  Decimal `json:"from,omitzero"`
	Below Decimal `json:"below,omitzero"`
}

// Linehaul is the base price.
type Linehaul struct {
	Per  Unit    `json:"per"`
	Rate Decimal `json:"rate,omitzero"` // money for one unit; not with Breaks
	// Breaks are rates by weight (PerCWT, Per100kg, PerLb, PerKg), distance
	// (PerMile, PerKm, and Flat) or number (PerPallet, PerPiece), each
	// from its threshold, in the unit that Per counts (for PerCWT pounds, for
	// Per100kg kilograms, for Flat DistanceUnit). The first begins at 0; they
	// rise.
	Breaks []Break `json:"breaks,omitempty"`
	// DistanceUnit is what distances of the lane are stated in: its Distance, and
	// the thresholds of a Flat rate. "mi", "km", or that of Per; else "mi".
	DistanceUnit string `json:"distance_unit,omitempty"`
	// Deficit charges the next break's least weight where that is cheaper.
	Deficit bool `json:"deficit,omitempty"`
	// Discount is in per cent of the gross charge; it is a charge of its own.
	Discount Decimal `json:"discount,omitzero"`
	// Minimum is the least linehaul; applied as MinimumAt says (rule 24).
	Minimum   Decimal   `json:"minimum,omitzero"`
	MinimumAt MinimumAt `json:"minimum_at,omitempty"` // AfterDiscount when ""
	Round     *Round    `json:"round,omitempty"`
}

// distanceUnit is "km" or "mi".
func (l Linehaul) distanceUnit() string {
	switch {
	case l.DistanceUnit != "":
		return l.DistanceUnit
	case l.Per == PerKm:
		return kilometres
	}
	return miles
}

// Unit is what a rate is for.
type Unit string

// Units.
const (
	Flat      Unit = "flat"
	PerMile   Unit = "mile"
	PerKm     Unit = "km"
	PerCWT    Unit = "cwt" // hundred pounds
	Per100kg  Unit = "100kg"
	PerLb     Unit = "lb"
	PerKg     Unit = "kg"
	PerPallet Unit = "pallet"
	PerPiece  Unit = "piece"
	PerHour   Unit = "hour"
	PerNight  Unit = "night"
	PerStop   Unit = "stop"
	OfNet     Unit = "percent-of-net"   // per cent of linehaul after discount and minimum
	OfGross   Unit = "percent-of-gross" // per cent of linehaul before discount
)

// Break is a rate from a threshold on.
type Break struct {
	From Decimal `json:"from"`
	Rate Decimal `json:"rate"`
}

// MinimumAt says what a minimum is compared with.
type MinimumAt string

// Where a minimum applies (rule 24).
const (
	AfterDiscount  MinimumAt = "after-discount"
	BeforeDiscount MinimumAt = "before-discount"
	AfterFuel      MinimumAt = "after-fuel"
)

// Fuel is a surcharge by a published index.
type Fuel struct {
	Fuel  string `json:"fuel"`
	Index string `json:"index"` // a series: "EIA-DIESEL-US"
	// Basis is the shipment's date that the index is looked up for, and
	// Lookup how (rule 23).
	Basis  DateBasis `json:"basis,omitempty"` // ByPickup when ""
	Lookup Lookup    `json:"lookup,omitempty"`
	// MaxAgeDays is for how many days a value counts after its effective date:
	// an older one is not taken in place of one that has not come in yet. 0 is
	// any age. A weekly index says 7 or 8; LookupMid needs none.
	MaxAgeDays int        `json:"max_age_days,omitempty"`
	Method     FuelMethod `json:"method"`

	// For FuelFormula: (index - Peg) / MilesPerGallon x miles.
	Peg            Decimal `json:"peg,omitzero"`
	MilesPerGallon Decimal `json:"miles_per_gallon,omitzero"`
	// For FuelSteps: each Step above Peg, begun or whole as StepRound says,
	// gives PerStep in Unit.
	Step      Decimal        `json:"step,omitzero"`
	StepRound money.Rounding `json:"step_round,omitempty"` // money.Down when "": whole steps
	PerStep   Decimal        `json:"per_step,omitzero"`
	// For FuelBands: the band that holds the index gives its rate in Unit. They
	// rise without gap or overlap; below the first there is no surcharge.
	Bands []Band `json:"bands,omitempty"`
	// Unit is PerMile, PerKm, OfNet, OfGross or Flat.
	Unit Unit `json:"unit,omitempty"`

	RateRound *Round `json:"rate_round,omitempty"` // of the surcharge's rate, where its publisher rounds it
	Round     *Round `json:"round,omitempty"`      // of the amount
}

// Band is the surcharge while the index is in a range.
type Band struct {
	From  Decimal `json:"from"`
	Below Decimal `json:"below,omitzero"` // exclusive; only the last may leave it out
	Rate  Decimal `json:"rate"`
}

// FuelMethod is how an index becomes a surcharge.
type FuelMethod string

// Methods.
const (
	FuelFormula FuelMethod = "formula"
	FuelSteps   FuelMethod = "steps"
	FuelBands   FuelMethod = "bands"
)

// Lookup is which value of a series counts for a date.
type Lookup string

// Lookups. A value is published on a day and effective from a day on.
const (
	// LookupEffective is the value whose effective date is the latest one not
	// after the date. It is what "" means.
	LookupEffective Lookup = "effective"
	// LookupMid is that of the first value published in the month, from the
	// 15th of it to the 14th of the next.
	LookupMid Lookup = "first-of-month-from-15th"
)

// Accessorial is a service beyond the movement, or time that was lost.
type Accessorial struct {
	Code    string  `json:"code"` // X12 element 150 where there is one: "DET", "LAY"
	Name    string  `json:"name"`
	Trigger Trigger `json:"trigger"`
	At      string  `json:"at,omitempty"` // TriggerDetention, TriggerLayover: "pickup", "delivery", "" both
	Price   Price   `json:"price"`
	Time    *Time   `json:"time,omitempty"` // for triggers that count time
	// Fee is what a pass-through may add to its receipt (rule 25).
	Fee Decimal `json:"fee,omitzero"`
	// Payor is who pays: "bill-to" when "", "shipper", "consignee", or
	// "consignees" by weight.
	Payor         string     `json:"payor,omitempty"`
	ApprovalAbove Decimal    `json:"approval_above,omitzero"` // not stated: as Clauses say
	Evidence      []Evidence `json:"evidence,omitempty"`      // what must be there before it is billed
	NoticeMinutes int        `json:"notice_minutes,omitempty"`
	WithFuel      bool       `json:"with_fuel,omitempty"` // counts to the base of a percentage of fuel
}

// Trigger is the fact that causes an accessorial.
type Trigger string

// Triggers.
const (
	TriggerDetention   Trigger = "detention"
	TriggerLayover     Trigger = "layover"
	TriggerNotUsed     Trigger = "truck-ordered-not-used"
	TriggerStopOff     Trigger = "stop-off" // each stop beyond one pickup and one delivery
	TriggerRedelivery  Trigger = "redelivery"
	TriggerReconsigned Trigger = "reconsignment"
	TriggerPassThrough Trigger = "pass-through" // somebody else's bill, by its receipt: lumper, toll
	TriggerService     Trigger = "service"      // recorded as performed under Code
)

// Price is what an accessorial costs.
type Price struct {
	Per  Unit    `json:"per,omitempty"` // Flat when ""
	Rate Decimal `json:"rate,omitzero"`
	// Tiers price the n-th unit and those after it: extra stops at 100, 175,
	// 250. The first is from 1.
	Tiers   []Break `json:"tiers,omitempty"`
	Minimum Decimal `json:"minimum,omitzero"`
	Maximum Decimal `json:"maximum,omitzero"` // cap of the charge
	Round   *Round  `json:"round,omitempty"`
}

// Time is how time is counted.
type Time struct {
	FreeMinutes int `json:"free_minutes"`
	// Increment is the units of minutes that are charged, and how a begun one
	// counts.
	IncrementMinutes int            `json:"increment_minutes,omitempty"` // 1 when 0
	IncrementRound   money.Rounding `json:"increment_round,omitempty"`   // money.Down when "": whole ones only
	Starts           ClockStart     `json:"starts,omitempty"`
	Ends             ClockEnd       `json:"ends,omitempty"`
	// LateArrival is what becomes of time after an arrival behind the
	// appointment window.
	LateArrival LateArrival `json:"late_arrival,omitempty"`
	// OpenHoursOnly counts only the stop's opening hours.
	OpenHoursOnly bool `json:"open_hours_only,omitempty"`
	// Admissible are the kinds of source whose timestamps count (rule 19);
	// none: all.
	Admissible []string `json:"admissible,omitempty"`
	// CarrierReasons are the reason codes of delays that are the carrier's
	// own, whose time is not counted (rule 19).
	CarrierReasons []string `json:"carrier_reasons,omitempty"`
	// MaxMinutes caps what is counted (rule 20).
	MaxMinutes int `json:"max_minutes,omitempty"`
	// LayoverAfter is the dwell in minutes from which on the time is layover
	// and no longer detention (rules 20, 21); 0: never.
	LayoverAfter int `json:"layover_after,omitempty"`
}

// ClockStart is when time begins to count.
type ClockStart string

// Starts.
const (
	// FromArrivalOrWindow is the arrival, or the beginning of the appointment
	// window if that is later. It is what "" means.
	FromArrivalOrWindow ClockStart = "arrival-or-window"
	FromArrival         ClockStart = "arrival"
	FromWindow          ClockStart = "window" // the appointment, also after a late arrival
)

// ClockEnd is when it ends.
type ClockEnd string

// Ends.
const (
	ToDeparture ClockEnd = "departure" // what "" means
	ToWorked    ClockEnd = "worked"    // loaded or unloaded
)

// LateArrival is how an arrival after the appointment window is treated.
type LateArrival string

// Treatments.
const (
	LateCounts  LateArrival = "counts"  // as any: what "" means
	LateForfeit LateArrival = "forfeit" // no detention
)

// Evidence is what an accessorial needs before it is billed.
type Evidence string

// Kinds of evidence.
const (
	NeedsTimes    Evidence = "times"    // both timestamps, from an admissible source
	NeedsNotice   Evidence = "notice"   // given within NoticeMinutes of the end of free time
	NeedsApproval Evidence = "approval" // the customer's, with its reference
	NeedsReceipt  Evidence = "receipt"
	NeedsPOD      Evidence = "pod" // in and out times on the signed receipt
)

// Clauses are the agreement's other terms.
type Clauses struct {
	ApprovalAbove      Decimal `json:"approval_above,omitzero"` // accessorials above it need approval; not stated: all
	PODWaiver          string  `json:"pod_waiver,omitempty"`    // reference of the clause that waives it (rule 1)
	BillWithExceptions bool    `json:"bill_with_exceptions,omitempty"`
	Tax                string  `json:"tax,omitempty"` // the registrant under whose rules it is taxed
}

// Billing says how charges become invoices.
type Billing struct {
	Cycle      Cycle    `json:"cycle,omitempty"`      // Monthly when ""
	ByPO       bool     `json:"by_po,omitempty"`      // one invoice a purchase order
	References []string `json:"references,omitempty"` // kinds that must be there: "PO", "BOL"
	TermsDays  *int     `json:"terms_days,omitempty"` // else the customer's
	Split      []Share  `json:"split,omitempty"`      // between payors by per cent
	// SplitByWeight shares each charge by the weight of the consignees.
	SplitByWeight bool `json:"split_by_weight,omitempty"`
	// ReviewAbove is the total of an invoice, in the agreement's currency,
	// above which a person looks at it before it is billed; not stated: none.
	ReviewAbove Decimal `json:"review_above,omitzero"`
	// Recognition says when revenue is earned: OnDelivery when "", or OverTransit.
	Recognition string `json:"recognition,omitempty"`
}

// When revenue is earned.
const (
	OnDelivery  = "delivery"
	OverTransit = "transit" // day by day on the way
)

// Cycle is when an invoice is closed.
type Cycle string

// Cycles.
const (
	PerShipment Cycle = "shipment"
	PerDelivery Cycle = "delivery"
	Weekly      Cycle = "weekly" // Monday to Sunday
	Monthly     Cycle = "monthly"
)

// Share is a payor's part.
type Share struct {
	Customer string  `json:"customer"`
	Percent  Decimal `json:"percent"`
}
