package rating

import (
	"time"

	"github.com/freightledger/freightledger/domain/money"
)

// Facts are all that rating knows of a shipment: they are stored beside the
// charges, so that these can be computed again (rules 14, 15).
type Facts struct {
	Shipment string `json:"shipment"`
	Customer string `json:"customer"`
	// Currency is what is billed in; "" that of the agreement.
	Currency  money.Currency `json:"currency,omitempty"`
	Mode      string         `json:"mode,omitempty"`
	Equipment string         `json:"equipment,omitempty"`
	Ordered   string         `json:"ordered,omitempty"` // civil dates at the place
	PickedUp  string         `json:"picked_up,omitempty"`
	Delivered string         `json:"delivered,omitempty"`
	Weight    Quantity       `json:"weight,omitzero"`   // "lb" or "kg"
	Distance  Quantity       `json:"distance,omitzero"` // "mi" or "km"
	Pallets   Decimal        `json:"pallets,omitzero"`
	Pieces    Decimal        `json:"pieces,omitzero"`

	Stops     []Stop        `json:"stops,omitempty"`
	Services  []Service     `json:"services,omitempty"`
	Cancelled *Cancellation `json:"cancelled,omitempty"`
	Indexes   []IndexValue  `json:"indexes,omitempty"` // as asked for by [Agreement.Needs]
}

// Quantity is a number of units.
type Quantity struct {
	Value  Decimal `json:"value"`
	Unit   string  `json:"unit"`
	Source string  `json:"source,omitempty"` // "PC*MILER 38 practical", "scale ticket 8812"
}

// Stop is a place on the way and what happened there.
type Stop struct {
	Seq    int      `json:"seq"`
	Kind   string   `json:"kind"` // "pickup" or "delivery"
	Place  Place    `json:"place,omitzero"`
	Party  string   `json:"party,omitempty"`  // the shipper or consignee, a customer id
	Weight Decimal  `json:"weight,omitzero"`  // picked up or delivered here, in the shipment's unit
	From   Instant  `json:"from,omitzero"`    // appointment window
	Until  Instant  `json:"until,omitzero"`   // zero: the window is its beginning
	Open   []Window `json:"open,omitempty"`   // opening hours that touch the stay
	Arrive Report   `json:"arrived,omitzero"` // the arrival that counts
	Worked Report   `json:"worked,omitzero"`  // loaded or unloaded
	Depart Report   `json:"departed,omitzero"`
	Delays []Delay  `json:"delays,omitempty"`
	Notice *Report  `json:"notice,omitempty"` // of detention, given to the customer
	Signed bool     `json:"signed,omitempty"` // in and out times stand on the signed receipt
}

// Place is where a stop is.
type Place struct {
	Country string `json:"country,omitempty"` // ISO 3166-1 alpha-2
	State   string `json:"state,omitempty"`
	City    string `json:"city,omitempty"`
	Postal  string `json:"postal,omitempty"`
}

// Instant is a moment in UTC beside its local reading and zone as stated.
type Instant struct {
	UTC   time.Time `json:"utc"`
	Local string    `json:"local,omitempty"`
	Zone  string    `json:"zone,omitempty"`
}

// IsZero tells a moment that is not known.
func (t Instant) IsZero() bool { return t.UTC.IsZero() }

// Report is a moment and who says so.
type Report struct {
	Instant
	Source string `json:"source,omitempty"` // kind: "eld", "gps", "edi-214", "driver", "receipt", "desk"
}

// Window is from, inclusive, to until, exclusive.
type Window struct {
	From  Instant `json:"from"`
	Until Instant `json:"until"`
}

// Delay is time lost at a stop for a reason.
type Delay struct {
	Window
	Reason string `json:"reason"` // X12 element 1651
}

// Service is something that was done, asked for or paid for on the way.
type Service struct {
	Service  string      `json:"service"` // id within the shipment
	Code     string      `json:"code"`    // of an Accessorial
	Stop     int         `json:"stop,omitempty"`
	Quantity Decimal     `json:"quantity,omitzero"` // units of the price; 1 when not stated
	Miles    Decimal     `json:"miles,omitzero"`    // driven for it: redelivery, reconsignment
	Receipt  money.Money `json:"receipt"`           // what was paid to somebody else
	Document string      `json:"document,omitempty"`
	Approval string      `json:"approval,omitempty"` // the customer's reference
	At       Instant     `json:"at,omitzero"`
}

// Cancellation ends a shipment before its pickup.
type Cancellation struct {
	At         Instant `json:"at"`
	Dispatched bool    `json:"dispatched,omitempty"` // a truck was on its way
	Reason     string  `json:"reason,omitempty"`
	ByCarrier  bool    `json:"by_carrier,omitempty"`
}

// IndexValue is one value of a published series.
type IndexValue struct {
	Index     string  `json:"index"`
	Published string  `json:"published"` // civil date
	Effective string  `json:"effective"` // civil date from which it counts
	Value     Decimal `json:"value"`
	Source    string  `json:"source,omitempty"`
}
