package tax

import (
	"fmt"
	"strings"
)

// Facts are all that tax knows of a charge: they are stored beside the decision,
// so that it can be made again.
type Facts struct {
	TaxDate     string  `json:"tax_date"` // civil date that decides versions and rates
	Origin      Place   `json:"origin"`   // where this service begins
	Destination Place   `json:"destination"`
	Via         []Place `json:"via,omitempty"`
	// ShippedFrom and ShippedTo are the ends of the continuous movement, under
	// the shipper's instructions, that this service is a part of. Not stated:
	// the service is the whole of it.
	ShippedFrom   Place      `json:"shipped_from,omitzero"`
	ShippedTo     Place      `json:"shipped_to,omitzero"`
	Customer      Customer   `json:"customer"`
	Charge        string     `json:"charge"`                // kind: "freight"
	ChargeCode    string     `json:"charge_code,omitempty"` // X12 element 150
	Circumstances []string   `json:"circumstances,omitempty"`
	Evidence      []Evidence `json:"evidence,omitempty"` // at hand
}

// Place is a country and, where it matters, a state of it.
type Place struct {
	Country string `json:"country"`         // ISO 3166-1 alpha-2
	State   string `json:"state,omitempty"` // ISO 3166-2 without the country: "ON"
}

// IsZero tells a place that is not stated.
func (p Place) IsZero() bool { return p == Place{} }

func (p Place) String() string {
	if p.State == "" {
		return p.Country
	}
	return p.Country + "-" + p.State
}

// Customer is who is billed.
type Customer struct {
	Customer     string        `json:"customer,omitempty"` // id
	Established  Place         `json:"established"`        // the establishment that the service is for
	Status       Status        `json:"status"`
	TaxIDs       []TaxID       `json:"tax_ids,omitempty"` // checked with their issuer
	Certificates []Certificate `json:"certificates,omitempty"`
}

// TaxID is a number under which somebody is registered.
type TaxID struct {
	Jurisdiction string `json:"jurisdiction"` // "FR", "CA-QC"
	Number       string `json:"number"`
}

// Certificate frees its holder from tax.
type Certificate struct {
	Certificate string `json:"certificate"` // name, as the rules name it
	Number      string `json:"number"`
	From        string `json:"from,omitempty"`
	Through     string `json:"through,omitempty"`
}

// Evidence is a document that shows something.
type Evidence struct {
	Evidence     EvidenceKind `json:"evidence"`
	Reference    string       `json:"reference"`              // where it is kept, or its number
	Jurisdiction string       `json:"jurisdiction,omitempty"` // of a tax id
}

// FactError is a fact that is missing or makes no sense.
type FactError struct {
	Fact string // "customer/established/state"
	Why  string // what it must be, and who asks for it
}

func (e *FactError) Error() string { return fmt.Sprintf("fact %s: %s", e.Fact, e.Why) }

// from is the beginning of the whole movement, to its end.
func (f Facts) from() Place {
	if f.ShippedFrom.IsZero() {
		return f.Origin
	}
	return f.ShippedFrom
}

func (f Facts) to() Place {
	if f.ShippedTo.IsZero() {
		return f.Destination
	}
	return f.ShippedTo
}

func (f Facts) check() error {
	if !isDay(f.TaxDate) {
		return &FactError{"tax_date", fmt.Sprintf("%q is no civil date like 2025-04-01", f.TaxDate)}
	}
	type stated struct {
		fact string
		at   Place
	}
	places := []stated{{"origin", f.Origin}, {"destination", f.Destination}, {"customer/established", f.Customer.Established}}
	for i, via := range f.Via {
		places = append(places, stated{fmt.Sprintf("via/%d", i), via})
	}
	if !f.ShippedFrom.IsZero() {
		places = append(places, stated{"shipped_from", f.ShippedFrom})
	}
	if !f.ShippedTo.IsZero() {
		places = append(places, stated{"shipped_to", f.ShippedTo})
	}
	for _, p := range places {
		if len(p.at.Country) != 2 || !isJurisdiction(p.at.String()) {
			return &FactError{p.fact, fmt.Sprintf("%q is no place: a country of two capitals, and a state where it matters", p.at)}
		}
	}
	if f.Customer.Status != Business && f.Customer.Status != Consumer {
		return &FactError{"customer/status", fmt.Sprintf("%q: say %s or %s", f.Customer.Status, Business, Consumer)}
	}
	for i, id := range f.Customer.TaxIDs {
		if !isJurisdiction(id.Jurisdiction) || id.Number == "" {
			return &FactError{fmt.Sprintf("customer/tax_ids/%d", i), "a tax id has a jurisdiction like FR and a number"}
		}
	}
	for i, c := range f.Customer.Certificates {
		if c.Certificate == "" || c.Number == "" || c.From != "" && !isDay(c.From) || c.Through != "" && !isDay(c.Through) {
			return &FactError{fmt.Sprintf("customer/certificates/%d", i), "a certificate has a name, a number and civil dates"}
		}
	}
	if f.Charge == "" {
		return &FactError{"charge", "name the kind of the charge"}
	}
	for i, e := range f.Evidence {
		if !e.Evidence.Known() || e.Reference == "" {
			return &FactError{fmt.Sprintf("evidence/%d", i), "evidence has a known kind and a reference by which it is found"}
		}
	}
	return nil
}

// String tells the facts that rules look at, in one line.
func (f Facts) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s from %s to %s", f.Charge, f.TaxDate, f.Origin, f.Destination)
	if f.from() != f.Origin || f.to() != f.Destination {
		fmt.Fprintf(&b, " (shipped from %s to %s)", f.from(), f.to())
	}
	fmt.Fprintf(&b, " for a %s in %s", f.Customer.Status, f.Customer.Established)
	for i, id := range f.Customer.TaxIDs {
		if i == 0 {
			b.WriteString(" registered in ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(id.Jurisdiction)
	}
	if len(f.Circumstances) > 0 {
		fmt.Fprintf(&b, ", %s", strings.Join(f.Circumstances, ", "))
	}
	return b.String()
}
