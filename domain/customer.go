package domain

import (
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

// A customer account is the ERP's master data as last seen, and the gate that
// lets a candidate be billed. The ERP is the authority; nothing here edits it.

// Customer is the state of a customer's stream.
type Customer struct {
	ID      CustomerID
	Master  CustomerMaster
	Rules   CustomerRules
	Waiting []Blocked // candidates that wait for better master data
}

// CustomerMaster is what the ERP says of a customer.
type CustomerMaster struct {
	Name      string         `json:"name"`
	TermsDays int            `json:"terms_days"`
	Credit    string         `json:"credit"` // CreditGood or CreditHold
	Active    bool           `json:"active"`
	Currency  money.Currency `json:"currency,omitempty"` // "" when any is taken
	// What an ERP may not have: absent means that it does not say.
	Group        string  `json:"group,omitempty"`         // whose accounts belong together
	TaxIDs       []TaxID `json:"tax_ids,omitempty"`       // at most one a jurisdiction
	BillingTo    Address `json:"billing_to,omitzero"`     // where invoices are addressed to
	BillingRules string  `json:"billing_rules,omitempty"` // reference of the ERP's own rules
}

// TaxID is the number by which a jurisdiction knows the customer.
type TaxID struct {
	Jurisdiction string `json:"jurisdiction"` // as Tax names it: "CA-ON", "DE"
	ID           string `json:"id"`
}

// Address is where a company is reached.
type Address struct {
	Street     string `json:"street,omitempty"`
	City       string `json:"city,omitempty"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country,omitempty"` // ISO 3166-1, two letters
}

// equal tells whether the ERP says exactly the same, the order of its tax ids
// included.
func (m CustomerMaster) equal(n CustomerMaster) bool {
	return m.Name == n.Name && m.TermsDays == n.TermsDays && m.Credit == n.Credit && m.Active == n.Active && m.Currency == n.Currency &&
		m.Group == n.Group && slices.Equal(m.TaxIDs, n.TaxIDs) && m.BillingTo == n.BillingTo && m.BillingRules == n.BillingRules
}

// Bounds of master data.
const (
	maxTaxIDs   = 50
	maxMaster   = 200 // bytes of a text
	countryCode = 2
)

// check refuses what no customer can have.
func (m CustomerMaster) check(id CustomerID) error {
	switch {
	case m.TermsDays < 0 || m.TermsDays > 365:
		return refuse(Invalid, "customer %s: payment terms of %d days", id, m.TermsDays)
	case m.Credit != CreditGood && m.Credit != CreditHold:
		return refuse(Invalid, "customer %s: credit status %q is neither %q nor %q", id, m.Credit, CreditGood, CreditHold)
	case len(m.TaxIDs) > maxTaxIDs:
		return refuse(Invalid, "customer %s: %d tax ids; at most %d are taken", id, len(m.TaxIDs), maxTaxIDs)
	case m.BillingTo.Country != "" && len(m.BillingTo.Country) != countryCode:
		return refuse(Invalid, "customer %s: country %.20q: want the two letters of ISO 3166-1", id, m.BillingTo.Country)
	}
	for i, t := range m.TaxIDs {
		if t.Jurisdiction == "" || t.ID == "" || len(t.Jurisdiction)+len(t.ID) > maxMaster {
			return refuseByRule(31, Invalid, "customer %s: tax id %d wants its jurisdiction and number, %d bytes at most", id, i+1, maxMaster)
		}
		if slices.ContainsFunc(m.TaxIDs[:i], func(o TaxID) bool { return o.Jurisdiction == t.Jurisdiction }) {
			return refuseByRule(31, Invalid, "customer %s: two tax ids of jurisdiction %s", id, t.Jurisdiction)
		}
	}
	for _, text := range []string{m.Group, m.BillingRules, m.BillingTo.Street, m.BillingTo.City, m.BillingTo.Region, m.BillingTo.PostalCode} {
		if len(text) > maxMaster {
			return refuse(Invalid, "customer %s: %.40q… has %d bytes; at most %d are taken", id, text, len(text), maxMaster)
		}
	}
	return nil
}

// Credit statuses.
const (
	CreditGood = "good"
	CreditHold = "hold"
)

// Blocked is a candidate that the customer's master data keeps from billing.
type Blocked struct {
	Candidate Candidate
	Reason    string
}

// Events of customers.
type (
	// CustomerSynced is the ERP's master data where it differs from before.
	CustomerSynced struct {
		Customer CustomerID     `json:"customer"`
		Master   CustomerMaster `json:"master"`
		Source   string         `json:"source"` // which ERP
	}
	// BillingAllowed lets a candidate be sealed under the customer's terms.
	BillingAllowed struct {
		Customer  CustomerID `json:"customer"`
		Candidate Candidate  `json:"candidate"`
		TermsDays int        `json:"terms_days"`
	}
	// BillingBlocked keeps it back.
	BillingBlocked struct {
		Customer  CustomerID `json:"customer"`
		Candidate Candidate  `json:"candidate"`
		Reason    string     `json:"reason"`
		Detail    string     `json:"detail"`
	}
)

func (CustomerSynced) EventType() string { return "CustomerSynced" }
func (BillingAllowed) EventType() string { return "BillingAllowed" }
func (BillingBlocked) EventType() string { return "BillingBlocked" }

// Commands of customers.
type (
	// SyncCustomer records the ERP's master data; the same again changes
	// nothing. Candidates that waited for it are decided anew.
	SyncCustomer struct{ CustomerSynced }
	// RequestBilling asks whether a candidate may be sealed.
	RequestBilling struct {
		Candidate Candidate `json:"candidate"`
	}
)

func (c SyncCustomer) Stream() Stream      { return c.Customer.Stream() }
func (c RequestBilling) Stream() Stream    { return c.Candidate.Customer.Stream() }
func (SyncCustomer) CommandName() string   { return "SyncCustomer" }
func (RequestBilling) CommandName() string { return "RequestBilling" }

func (c SyncCustomer) Decide(a Customer) ([]Event, error) {
	if err := CheckID("customer", string(c.Customer)); err != nil {
		return nil, err
	}
	m := c.Master
	if err := m.check(c.Customer); err != nil {
		return nil, err
	}
	if a.ID != "" && a.Master.equal(m) {
		return nil, nil
	}
	events := []Event{c.CustomerSynced}
	a = a.Evolve(c.CustomerSynced)
	for _, w := range a.Waiting {
		if reason, _ := a.blocks(w.Candidate); reason == "" {
			events = append(events, BillingAllowed{a.ID, w.Candidate, w.Candidate.termsDays(m.TermsDays)})
		}
	}
	return events, nil
}

func (c RequestBilling) Decide(a Customer) ([]Event, error) {
	reason, detail := a.blocks(c.Candidate)
	if reason == "" {
		return []Event{BillingAllowed{c.Candidate.Customer, c.Candidate, c.Candidate.termsDays(a.Master.TermsDays)}}, nil
	}
	// Also when it waits already: what is recorded is not decided again when the
	// same is asked later.
	return []Event{BillingBlocked{c.Candidate.Customer, c.Candidate, reason, detail}}, nil
}

// blocks says why a candidate may not be billed, "" when it may. Credit on
// hold stops new freight, not the bill for freight already moved.
func (a Customer) blocks(c Candidate) (reason, detail string) {
	switch {
	case a.ID == "":
		return HoldCustomerUnknown, "the ERP has no customer " + string(c.Customer) + ": create it there and sync customers"
	case !a.Master.Active:
		return HoldCustomerInactive, "customer " + string(c.Customer) + " is inactive in the ERP"
	case a.Master.Currency != "" && a.Master.Currency != c.Currency:
		return HoldCurrency, "the ERP bills customer " + string(c.Customer) + " in " + string(a.Master.Currency) + ", the charges are in " + string(c.Currency)
	}
	return "", ""
}

// Evolve applies an event to the customer.
func (a Customer) Evolve(e Event) Customer {
	without := func(c Candidate) []Blocked {
		return slices.DeleteFunc(slices.Clone(a.Waiting), func(b Blocked) bool { return b.Candidate == c })
	}
	switch e := e.(type) {
	case CustomerSynced:
		a.ID, a.Master = e.Customer, e.Master
	case CustomerRulesSet:
		a.Rules = e.Rules
	case BillingAllowed:
		a.Waiting = without(e.Candidate)
	case BillingBlocked:
		a.Waiting = append(without(e.Candidate), Blocked{e.Candidate, e.Reason})
	}
	return a
}
