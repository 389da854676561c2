package domain

import (
	"slices"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/tax"
)

// A registrant is a legal entity that bills: who it is, by which numbers
// authorities know it, and the versions of the rules by which its charges are
// taxed. Candidates whose tax cannot be decided wait in its stream, and go on
// when its rules or particulars change.
//
// Rules: 31, 32, 33 (with package tax), 34 (with Issuers and Numbering).

// Registrant is the state of a registrant's stream.
type Registrant struct {
	ID      string
	Issuer  Issuer // not stated until it is set
	Rules   tax.Versions
	Changes int         // times that particulars or rules changed
	Waiting []Candidate // to be billed when they change
}

// RegistrantStream names a registrant's stream.
func RegistrantStream(id string) Stream { return Stream("registrant-" + id) }

// Issuer is who a registrant is, as its invoices say.
type Issuer struct {
	Name          string         `json:"name"` // legal name
	Address       Address        `json:"address"`
	Register      string         `json:"register,omitempty"` // company register and number
	Registrations []TaxID        `json:"registrations,omitempty"`
	Book          money.Currency `json:"book"`              // currency of its books
	Default       bool           `json:"default,omitempty"` // bills what names no issuer
	Series        Series         `json:"series,omitzero"`   // of a registrant that is not the default
	// Exchange says at which rates invoices in other currencies are stated in
	// that of its books.
	Exchange []BookRate `json:"exchange,omitempty"`
}

// Series are the numbering series of a registrant's documents. A year and a
// number follow: "FLC" gives FLC-2026-000001.
type Series struct {
	Invoice string `json:"invoice"`
	Debit   string `json:"debit"`
	Credit  string `json:"credit"`
}

// DefaultSeries are those of the default issuer, and of a ledger without any.
func DefaultSeries() Series { return Series{InvoiceSeries, DebitSeries, CreditSeries} }

func (s Series) names() []string { return []string{s.Invoice, s.Debit, s.Credit} }

// Events of registrants.
type (
	// IssuerSet says who a registrant is, from then on.
	IssuerSet struct {
		Registrant string `json:"registrant"`
		Issuer     Issuer `json:"issuer"`
		By         string `json:"by"`
		Source     Source `json:"source,omitzero"`
		// Waiting are candidates to be billed now.
		Waiting []Candidate `json:"waiting,omitempty"`
	}
	// TaxRulesAdopted puts a version of tax rules into force for its dates.
	TaxRulesAdopted struct {
		Registrant string      `json:"registrant"`
		Rules      tax.Rules   `json:"rules"`
		By         string      `json:"by"`
		Source     Source      `json:"source,omitzero"`
		Waiting    []Candidate `json:"waiting,omitempty"`
	}
	// RegistrantAwaited keeps a candidate until the registrant changes.
	RegistrantAwaited struct {
		Registrant string    `json:"registrant"`
		Candidate  Candidate `json:"candidate"`
		// Changed: it has changed since the candidate was decided, which is
		// decided anew at once.
		Changed bool `json:"changed,omitempty"`
	}
)

func (IssuerSet) EventType() string         { return "IssuerSet" }
func (TaxRulesAdopted) EventType() string   { return "TaxRulesAdopted" }
func (RegistrantAwaited) EventType() string { return "RegistrantAwaited" }

// Commands of registrants.
type (
	// SetIssuer says who a registrant is. The same again changes nothing; its
	// series, the currency of its books and whether it is the default are
	// fixed.
	SetIssuer struct {
		IssuerSet
		knowledge Knowledge
	}
	// AdoptTaxRules puts a version into force. The same version again changes
	// nothing; another text under its name is refused.
	AdoptTaxRules struct {
		Rules  tax.Rules `json:"rules"`
		By     string    `json:"by"`
		Source Source    `json:"source,omitzero"`
	}
	// AwaitRegistrant keeps a candidate, by policy.
	AwaitRegistrant struct {
		Registrant string    `json:"registrant"`
		Candidate  Candidate `json:"candidate"`
		Changes    int       `json:"changes"` // that were known when it was decided
	}
)

func (c SetIssuer) Stream() Stream            { return RegistrantStream(c.Registrant) }
func (c AdoptTaxRules) Stream() Stream        { return RegistrantStream(c.Rules.Registrant) }
func (c AwaitRegistrant) Stream() Stream      { return RegistrantStream(c.Registrant) }
func (SetIssuer) CommandName() string         { return "SetIssuer" }
func (AdoptTaxRules) CommandName() string     { return "AdoptTaxRules" }
func (AwaitRegistrant) CommandName() string   { return "AwaitRegistrant" }
func (c SetIssuer) Learn(k Knowledge) Command { c.knowledge = k; return c }

func (c SetIssuer) Decide(r Registrant) ([]Event, error) {
	if err := CheckID("registrant", c.Registrant); err != nil {
		return nil, err
	}
	if err := c.Issuer.Check(c.Registrant); err != nil {
		return nil, err
	}
	if c.By == "" {
		return nil, refuse(Invalid, "registrant %s: say who sets its particulars", c.Registrant)
	}
	if was := r.Issuer; was.Name != "" {
		if same(was, c.Issuer) {
			return nil, nil
		}
		if was.Series != c.Issuer.Series || was.Book != c.Issuer.Book || was.Default != c.Issuer.Default {
			return nil, refuseByRule(34, Conflict, "registrant %s: its series, the currency of its books and whether it is the default issuer are fixed: set up another registrant", c.Registrant)
		}
	} else {
		issuers, err := known[Issuers](c.knowledge, IssuersStream)
		if err != nil {
			return nil, err
		}
		if err := issuers.take(c.listing()); err != nil {
			return nil, err
		}
	}
	e := c.IssuerSet
	e.Waiting = r.Waiting
	return []Event{e}, nil
}

func (c AdoptTaxRules) Decide(r Registrant) ([]Event, error) {
	id, version := c.Rules.Registrant, c.Rules.Version
	if err := CheckID("registrant", id); err != nil {
		return nil, err
	}
	if err := c.Rules.Check(); err != nil {
		return nil, refuseByRule(31, Invalid, "tax rules %s version %s: %v", id, version, err)
	}
	if c.By == "" {
		return nil, refuse(Invalid, "tax rules %s version %s: say who adopts them", id, version)
	}
	for _, v := range r.Rules {
		if v.Version != version {
			continue
		}
		if same(v, c.Rules) {
			return nil, nil
		}
		return nil, refuseByRule(31, Conflict, "tax rules %s version %s were adopted with another text: give the new text a new version", id, version)
	}
	if err := append(slices.Clip(r.Rules), c.Rules).Check(); err != nil {
		return nil, refuseByRule(33, Conflict, "%v", err)
	}
	return []Event{TaxRulesAdopted{id, c.Rules, c.By, c.Source, r.Waiting}}, nil
}

func (c AwaitRegistrant) Decide(r Registrant) ([]Event, error) {
	if err := CheckID("registrant", c.Registrant); err != nil {
		return nil, err
	}
	changed := r.Changes != c.Changes
	if !changed && slices.Contains(r.Waiting, c.Candidate) {
		return nil, nil
	}
	return []Event{RegistrantAwaited{c.Registrant, c.Candidate, changed}}, nil
}

// Evolve applies an event to the registrant.
func (r Registrant) Evolve(e Event) Registrant {
	switch e := e.(type) {
	case IssuerSet:
		r.ID, r.Issuer, r.Waiting = e.Registrant, e.Issuer, nil
		r.Changes++
	case TaxRulesAdopted:
		r.ID, r.Rules, r.Waiting = e.Registrant, append(slices.Clip(r.Rules), e.Rules), nil
		r.Changes++
	case RegistrantAwaited:
		if !e.Changed {
			r.Waiting = append(slices.Clip(r.Waiting), e.Candidate)
		}
	}
	return r
}

// Check refuses what no issuer can be.
func (i Issuer) Check(id string) error {
	if i.Name == "" || len(i.Name) > maxMaster || len(i.Register) > maxMaster {
		return refuse(Invalid, "registrant %s: state its legal name, and its register if any, in %d bytes at most", id, maxMaster)
	}
	if len(i.Address.Country) != countryCode {
		return refuse(Invalid, "registrant %s: country %.20q: want the two letters of ISO 3166-1", id, i.Address.Country)
	}
	for _, text := range []string{i.Address.Street, i.Address.City, i.Address.Region, i.Address.PostalCode} {
		if len(text) > maxMaster {
			return refuse(Invalid, "registrant %s: %.40q… has %d bytes; at most %d are taken", id, text, len(text), maxMaster)
		}
	}
	if err := checkTaxIDs("registrant "+id, i.Registrations); err != nil {
		return err
	}
	if _, err := money.ParseCurrency(string(i.Book)); err != nil {
		return refuseByRule(29, Invalid, "registrant %s: the currency of its books: %v", id, err)
	}
	if err := checkBookRates(id, i.Book, i.Exchange); err != nil {
		return err
	}
	return i.Series.check(id, i.Default)
}

// maxSeries bounds a prefix, so that a document's number stays short.
const maxSeries = 12

func (s Series) check(id string, isDefault bool) error {
	if isDefault {
		if s != (Series{}) {
			return refuseByRule(34, Invalid, "registrant %s: the default issuer has the series %s, %s and %s: state none", id, InvoiceSeries, DebitSeries, CreditSeries)
		}
		return nil
	}
	names := s.names()
	for i, name := range names {
		if !capitalsAndDigits(name) || len(name) > maxSeries {
			return refuseByRule(34, Invalid, "registrant %s: series %.20q: want 1 to %d capitals and digits for each of invoice, debit and credit", id, name, maxSeries)
		}
		if slices.Contains(names[:i], name) || slices.Contains(DefaultSeries().names(), name) {
			return refuseByRule(34, Invalid, "registrant %s: series %s is taken: give invoices, debit memos and credit memos one of their own each", id, name)
		}
	}
	return nil
}

func capitalsAndDigits(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
