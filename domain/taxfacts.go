package domain

import (
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
)

// What tax must know of a movement is mostly in its order: where it goes. The
// rest somebody records: the continuous movement that it is a part of, what
// happened that a rule asks for, and the documents that prove it (rule 32).

// TaxFacts are what tax knows of a shipment, beside its charges and customer.
type TaxFacts struct {
	Origin      tax.Place   `json:"origin,omitzero"` // where this service begins
	Destination tax.Place   `json:"destination,omitzero"`
	Via         []tax.Place `json:"via,omitempty"`
	// The ends of the movement that this is a part of; not stated, it is all
	// of it.
	ShippedFrom   tax.Place      `json:"shipped_from,omitzero"`
	ShippedTo     tax.Place      `json:"shipped_to,omitzero"`
	Circumstances []string       `json:"circumstances,omitempty"`
	Evidence      []tax.Evidence `json:"evidence,omitempty"`
}

// TaxFactsRecorded adds to what tax knows of a shipment: a place that is stated
// replaces the one before, the rest is added to it.
type TaxFactsRecorded struct {
	Shipment ShipmentID `json:"shipment"`
	Facts    TaxFacts   `json:"facts"`
	By       string     `json:"by"`
	Source   Source     `json:"source,omitzero"`
}

// ClaimRestated tells an invoice that claimed charges what tax knows now.
type ClaimRestated struct {
	Shipment ShipmentID `json:"shipment"`
	Invoice  InvoiceID  `json:"invoice"`
	Facts    TaxFacts   `json:"facts"` // all of them
}

func (TaxFactsRecorded) EventType() string { return "TaxFactsRecorded" }
func (ClaimRestated) EventType() string    { return "ClaimRestated" }

// RecordTaxFacts adds to what tax knows of a shipment; what is known already
// changes nothing.
type RecordTaxFacts struct{ TaxFactsRecorded }

func (c RecordTaxFacts) Stream() Stream    { return c.Shipment.Stream() }
func (RecordTaxFacts) CommandName() string { return "RecordTaxFacts" }

// maxTaxFacts bounds each list.
const maxTaxFacts = 50

func (c RecordTaxFacts) Decide(s Shipment) ([]Event, error) {
	if !s.Released() {
		return nil, refuse(NotFound, "shipment %s is not known: release its order first", c.Shipment)
	}
	if c.By == "" {
		return nil, refuse(Invalid, "shipment %s: say who records what tax must know", c.Shipment)
	}
	all := s.TaxFacts.with(c.Facts)
	if err := all.check(c.Shipment); err != nil {
		return nil, err
	}
	if same(all, s.TaxFacts) {
		return nil, nil
	}
	events := []Event{c.TaxFactsRecorded}
	s = s.Evolve(c.TaxFactsRecorded)
	var told []InvoiceID
	for _, charge := range s.Charges {
		if charge.Status == ChargeClaimed && !slices.Contains(told, charge.Invoice) {
			told = append(told, charge.Invoice)
			events = append(events, ClaimRestated{s.ID, charge.Invoice, s.taxFacts()})
		}
	}
	return events, nil
}

// with adds what is recorded later.
func (f TaxFacts) with(more TaxFacts) TaxFacts {
	for _, place := range []struct {
		at  *tax.Place
		now tax.Place
	}{{&f.Origin, more.Origin}, {&f.Destination, more.Destination}, {&f.ShippedFrom, more.ShippedFrom}, {&f.ShippedTo, more.ShippedTo}} {
		if !place.now.IsZero() {
			*place.at = place.now
		}
	}
	f.Via = union(f.Via, more.Via)
	f.Circumstances = union(f.Circumstances, more.Circumstances)
	f.Evidence = union(f.Evidence, more.Evidence)
	return f
}

// union adds what is not there yet, in order.
func union[T comparable](a, b []T) []T {
	for _, x := range b {
		if !slices.Contains(a, x) {
			a = append(slices.Clip(a), x)
		}
	}
	return a
}

func (f TaxFacts) check(id ShipmentID) error {
	if len(f.Via) > maxTaxFacts || len(f.Circumstances) > maxTaxFacts || len(f.Evidence) > maxTaxFacts {
		return refuse(Invalid, "shipment %s: more than %d places, circumstances or documents: tax needs fewer", id, maxTaxFacts)
	}
	for _, place := range append([]tax.Place{f.Origin, f.Destination, f.ShippedFrom, f.ShippedTo}, f.Via...) {
		if place != taxPlace(rating.Place{Country: place.Country, State: place.State}) {
			return refuseByRule(31, Invalid, "shipment %s: %q is no place: want a country of two capitals, and a state of it as ISO 3166-2 has it", id, place)
		}
	}
	for _, word := range f.Circumstances {
		if word == "" || len(word) > maxCode*2 {
			return refuseByRule(31, Invalid, "shipment %s: circumstance %.40q: use a word that the tax rules declare", id, word)
		}
	}
	for _, e := range f.Evidence {
		if !e.Evidence.Known() || e.Reference == "" || len(e.Reference)+len(e.Jurisdiction) > maxMaster {
			return refuseByRule(32, Invalid, "shipment %s: evidence %.40q, reference %.40q: want a kind that the tax rules know, and where the document is kept in %d bytes at most", id, e.Evidence, e.Reference, maxMaster)
		}
	}
	return nil
}

// taxFacts are all that tax knows of the shipment: what was recorded, and where
// that says nothing what the order says.
func (s Shipment) taxFacts() TaxFacts {
	var order TaxFacts
	var picked bool
	for _, stop := range s.Stops {
		at := taxPlace(stop.Where)
		if stop.Kind == StopPickup && !picked {
			order.Origin, picked = at, true
			continue
		}
		if stop.Kind == StopDelivery { // the last one, and what was thought so lies on the way
			at, order.Destination = order.Destination, at
		}
		if !at.IsZero() {
			order.Via = union(order.Via, []tax.Place{at})
		}
	}
	if proof := s.Terms.Tax.Evidence; proof != "" {
		order.Evidence = []tax.Evidence{{Evidence: tax.CrossBorderDocument, Reference: proof}}
	}
	return order.with(s.TaxFacts)
}

// stated gives the facts where there are any.
func (f TaxFacts) stated() *TaxFacts {
	if same(f, TaxFacts{}) {
		return nil
	}
	return &f
}

// taxPlace is a place as tax knows it: a state is left out that is not written
// as ISO 3166-2 has it, since it would be another one.
func taxPlace(at rating.Place) tax.Place {
	if len(at.Country) != countryCode || !letters(at.Country) {
		return tax.Place{}
	}
	state := strings.TrimPrefix(at.State, at.Country+"-")
	if len(state) > 3 || !capitalsAndDigits(state) {
		state = ""
	}
	return tax.Place{Country: at.Country, State: state}
}

func letters(s string) bool { return capitalsAndDigits(s) && !strings.ContainsAny(s, "0123456789") }
