package rating

import (
	"time"

	"github.com/freightledger/freightledger/domain/money"
)

// Result is what an agreement makes of the facts.
type Result struct {
	Agreement string   `json:"agreement"`
	Version   string   `json:"version"`
	Effective string   `json:"effective"` // the date that chose the version
	Charges   []Charge `json:"charges,omitempty"`
	// Notes say what is not charged and why: "stop 2: 95 minutes within 120
	// free". They answer the question before it is asked.
	Notes []Note `json:"notes,omitempty"`
	// Missing are facts without which something cannot be priced.
	Missing []Note `json:"missing,omitempty"`
}

// Charge is one amount.
type Charge struct {
	Charge      string         `json:"charge"` // id within the shipment, the same whenever it is rated: "linehaul", "fuel", "DET-2"
	Kind        Kind           `json:"kind"`
	Code        string         `json:"code,omitempty"` // X12 element 150
	Description string         `json:"description"`
	Amount      money.Money    `json:"amount"`
	Payor       string         `json:"payor,omitempty"` // a customer id; "" the bill-to
	Stop        int            `json:"stop,omitempty"`
	Rounding    money.Rounding `json:"rounding"` // of the last step
	Derivation  Derivation     `json:"derivation"`
	// NeedsApproval: the amount is above the clause's threshold (rule 16).
	NeedsApproval bool   `json:"needs_approval,omitempty"`
	Lacks         []Lack `json:"lacks,omitempty"`
	// PassThrough bounds somebody else's bill (rule 25).
	Receipt money.Money `json:"receipt"`
	Fee     money.Money `json:"fee"`
}

// Kind decides the revenue account. The names are those of package domain.
type Kind string

// Kinds.
const (
	KindFreight     Kind = "freight"
	KindFuel        Kind = "fuel-surcharge"
	KindAccessorial Kind = "accessorial"
	KindDiscount    Kind = "discount"
)

// Lack is evidence that an accessorial still needs, to be asked for before the
// invoice and not after the dispute.
type Lack struct {
	Evidence Evidence  `json:"evidence"`
	Detail   string    `json:"detail"`
	Until    time.Time `json:"until,omitzero"` // after it the evidence is too late
	TooLate  bool      `json:"too_late,omitempty"`
}

// Note says something about a clause.
type Note struct {
	Clause string `json:"clause"`
	Text   string `json:"text"`
	// Unknown, of what is missing: nobody knows whether anything is owed at
	// all, as for a stay whose times were not reported. It holds no bill.
	Unknown bool `json:"unknown,omitempty"`
}

// Need is an index value that rating by an agreement needs (rule 23).
type Need struct {
	Fuel   string `json:"fuel,omitempty"` // the clause; "" for a rate of exchange
	Index  string `json:"index"`
	Date   string `json:"date"` // civil date of the shipment that the clause goes by
	Lookup Lookup `json:"lookup"`
	// MaxAgeDays is for how many days a value counts; 0 is for ever.
	MaxAgeDays int `json:"max_age_days,omitempty"`
}

// moved is what the movement itself came to, on which others build.
type moved struct {
	lane       *Lane // nil: no lane, as for a truck ordered and not used
	gross, net money.Money
}
