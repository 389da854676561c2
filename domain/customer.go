package domain

import (
	"slices"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
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
	// TaxStatus is what it buys as; whoever has a tax id is in business.
	TaxStatus    tax.Status        `json:"tax_status,omitempty"`
	Certificates []tax.Certificate `json:"certificates,omitempty"` // that free it from tax
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
		m.Group == n.Group && slices.Equal(m.TaxIDs, n.TaxIDs) && m.BillingTo == n.BillingTo && m.BillingRules == n.BillingRules &&
		m.TaxStatus == n.TaxStatus && slices.Equal(m.Certificates, n.Certificates)
}

// buyer is what tax knows of the customer. A region that is not written as ISO
// 3166-2 has it is no state.
func (m CustomerMaster) buyer() tax.Customer {
	b := tax.Customer{Established: taxPlace(rating.Place{Country: m.BillingTo.Country, State: m.BillingTo.Region}), Status: m.TaxStatus, Certificates: m.Certificates}
	for _, id := range m.TaxIDs {
		b.TaxIDs = append(b.TaxIDs, tax.TaxID{Jurisdiction: id.Jurisdiction, Number: id.ID})
	}
	if b.Status == "" && len(b.TaxIDs) > 0 {
		b.Status = tax.Business
	}
	return b
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
	case m.BillingTo.Country != "" && len(m.BillingTo.Country) != countryCode:
		return refuse(Invalid, "customer %s: country %.20q: want the two letters of ISO 3166-1", id, m.BillingTo.Country)
	}
	if err := checkTaxIDs("customer "+string(id), m.TaxIDs); err != nil {
		return err
	}
	if err := m.checkTax(id); err != nil {
		return err
	}
	for _, text := range []string{m.Group, m.BillingRules, m.BillingTo.Street, m.BillingTo.City, m.BillingTo.Region, m.BillingTo.PostalCode} {
		if len(text) > maxMaster {
			return refuse(Invalid, "customer %s: %.40q… has %d bytes; at most %d are taken", id, text, len(text), maxMaster)
		}
	}
	return nil
}

// checkTax refuses what tax could not go by.
func (m CustomerMaster) checkTax(id CustomerID) error {
	if s := m.TaxStatus; s != "" && s != tax.Business && s != tax.Consumer {
		return refuseByRule(31, Invalid, "customer %s: tax status %.20q: say %s or %s", id, s, tax.Business, tax.Consumer)
	}
	if len(m.Certificates) > maxTaxIDs {
		return refuse(Invalid, "customer %s: %d certificates; at most %d are taken", id, len(m.Certificates), maxTaxIDs)
	}
	for i, c := range m.Certificates {
		if c.Certificate == "" || c.Number == "" || len(c.Certificate)+len(c.Number) > maxMaster {
			return refuseByRule(31, Invalid, "customer %s: certificate %d wants its name and number, %d bytes at most", id, i+1, maxMaster)
		}
		for _, day := range []string{c.From, c.Through} {
			if day == "" {
				continue
			}
			if err := checkDay("customer "+string(id)+": certificate "+c.Number, day); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkTaxIDs refuses numbers that no authority could have given.
func checkTaxIDs(who string, ids []TaxID) error {
	if len(ids) > maxTaxIDs {
		return refuse(Invalid, "%s: %d tax ids; at most %d are taken", who, len(ids), maxTaxIDs)
	}
	for i, t := range ids {
		if t.Jurisdiction == "" || t.ID == "" || len(t.Jurisdiction)+len(t.ID) > maxMaster {
			return refuseByRule(31, Invalid, "%s: tax id %d wants its jurisdiction and number, %d bytes at most", who, i+1, maxMaster)
		}
		if slices.ContainsFunc(ids[:i], func(o TaxID) bool { return o.Jurisdiction == t.Jurisdiction }) {
			return refuseByRule(31, Invalid, "%s: two tax ids of jurisdiction %s", who, t.Jurisdiction)
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
		// Buyer is what tax knows of the customer; its id is the event's.
		Buyer tax.Customer `json:"buyer,omitzero"`
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
			events = append(events, BillingAllowed{a.ID, w.Candidate, w.Candidate.termsDays(m.TermsDays), m.buyer()})
		}
	}
	return events, nil
}

func (c RequestBilling) Decide(a Customer) ([]Event, error) {
	reason, detail := a.blocks(c.Candidate)
	if reason == "" {
		return []Event{BillingAllowed{c.Candidate.Customer, c.Candidate, c.Candidate.termsDays(a.Master.TermsDays), a.Master.buyer()}}, nil
	}
	// Also when it waits already: what is recorded is not decided again when the
	// same is asked later.
	return []Event{BillingBlocked{c.Candidate.Customer, c.Candidate, reason, detail}}, nil
}

// AwaitCustomer keeps a candidate whose tax could not be decided, by policy,
// until the customer's master data change.
type AwaitCustomer struct {
	Candidate Candidate    `json:"candidate"`
	Buyer     tax.Customer `json:"buyer,omitzero"` // that was known when it was decided
	Reason    string       `json:"reason"`
	Detail    string       `json:"detail"`
}

func (c AwaitCustomer) Stream() Stream    { return c.Candidate.Customer.Stream() }
func (AwaitCustomer) CommandName() string { return "AwaitCustomer" }

func (c AwaitCustomer) Decide(a Customer) ([]Event, error) {
	if reason, _ := a.blocks(c.Candidate); reason == "" && !same(a.Master.buyer(), c.Buyer) {
		return RequestBilling{c.Candidate}.Decide(a) // they have changed since
	}
	if slices.ContainsFunc(a.Waiting, func(b Blocked) bool { return b.Candidate == c.Candidate }) {
		return nil, nil
	}
	return []Event{BillingBlocked{c.Candidate.Customer, c.Candidate, c.Reason, c.Detail}}, nil
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
