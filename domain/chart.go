package domain

import (
	"slices"
	"strings"
)

// A chart says which account of the general ledger each part of a document is
// booked to. It is configuration with a date: each version is an event, is in
// force for documents dated from its first day on, and is never changed once
// adopted. What was booked stays as it was booked.

// Account is an account of the general ledger, by the number that the ERP
// knows it by.
type Account string

// Role is what an entry of a document is for.
type Role string

// Roles, with the account that the built-in chart gives them; see
// docs/ACCOUNTS.md.
const (
	Bank            Role = "bank"
	Receivable      Role = "receivable"
	Unbilled        Role = "unbilled" // contract asset: earned, not invoiced
	UnappliedCash   Role = "unapplied-cash"
	RefundsPayable  Role = "refunds-payable" // owed to customers, until the ERP pays it out
	TaxPayable      Role = "tax"
	Revenue         Role = "revenue"
	AccruedRevenue  Role = "accrued-revenue"  // earned, not invoiced; reversed at invoicing
	AccrualVariance Role = "accrual-variance" // invoiced otherwise than accrued (rule 44)
	CreditsGiven    Role = "credits"
	BadDebt         Role = "bad-debt"       // written off by request and approval
	SmallBalances   Role = "small-balances" // written off within a customer's tolerance
)

// scope is what a role's rows may be told apart by.
type scope int

const (
	ofDocument scope = iota // one entry for a whole document
	ofLine                  // an entry for each charge
	ofTax                   // the tax of a charge
)

// roles lists every role in the order of the books.
func roles() []struct {
	Role  Role
	scope scope
} {
	return []struct {
		Role  Role
		scope scope
	}{
		{Bank, ofDocument}, {Receivable, ofDocument}, {Unbilled, ofLine}, {UnappliedCash, ofDocument}, {RefundsPayable, ofDocument}, {TaxPayable, ofTax},
		{Revenue, ofLine}, {AccruedRevenue, ofLine}, {AccrualVariance, ofLine}, {CreditsGiven, ofLine}, {BadDebt, ofLine}, {SmallBalances, ofLine},
	}
}

// Dimensions are what, beside its kind and code, the account of a charge may be
// chosen by. Places are a country, or a country and a state: "US", "US-IL".
type Dimensions struct {
	Unit         string `json:"unit,omitempty"` // business unit, as the order states it
	Origin       string `json:"origin,omitempty"`
	Destination  string `json:"destination,omitempty"`
	Jurisdiction string `json:"jurisdiction,omitempty"` // of its tax
}

// ChartRow gives a role an account where all that it states is so. What it
// leaves out may be anything; a country stands for its states.
type ChartRow struct {
	Role         Role       `json:"role"`
	Kind         ChargeKind `json:"kind,omitempty"`
	Code         string     `json:"code,omitempty"`
	Unit         string     `json:"unit,omitempty"`
	Origin       string     `json:"origin,omitempty"`
	Destination  string     `json:"destination,omitempty"`
	Jurisdiction string     `json:"jurisdiction,omitempty"` // for tax only
	Account      Account    `json:"account"`
}

// ChartVersion is a chart as it is in force for documents dated from a day on,
// up to the next version's of the same chart. Of each role the first row that
// fits counts.
type ChartVersion struct {
	Chart   string     `json:"chart"`
	Version string     `json:"version"`
	Title   string     `json:"title,omitempty"`
	From    string     `json:"from"` // civil date
	Rows    []ChartRow `json:"rows"`
}

// UsualBank is the account of cash at the bank where neither a bank account nor a
// chart names another.
const UsualBank Account = "1000"

// DefaultChart is the id of the chart of every issuer that has none of its own.
// An issuer's own has the issuer's id.
const DefaultChart = "default"

// BuiltInChart is the chart that is in force before any version.
func BuiltInChart() ChartVersion {
	return ChartVersion{Chart: DefaultChart, Version: "built-in", Title: "As docs/ACCOUNTS.md has it", From: "0001-01-01", Rows: []ChartRow{
		{Role: Bank, Account: UsualBank},
		{Role: Receivable, Account: "1200"},
		{Role: Unbilled, Account: "1250"},
		{Role: UnappliedCash, Account: "2100"},
		{Role: RefundsPayable, Account: "2110"},
		{Role: TaxPayable, Account: "2200"},
		{Role: Revenue, Kind: Insurance, Account: "4020"},
		{Role: Revenue, Kind: FuelSurcharge, Account: "4030"},
		{Role: Revenue, Kind: Accessorial, Account: "4040"},
		{Role: Revenue, Account: "4010"}, // freight and its discounts
		{Role: AccruedRevenue, Account: "4090"},
		{Role: AccrualVariance, Account: "4190"},
		{Role: CreditsGiven, Account: "4900"},
		{Role: BadDebt, Account: "6010"},
		{Role: SmallBalances, Account: "6020"},
	}}
}

// covers tells whether everything that another row is for is also for this one.
func (r ChartRow) covers(o ChartRow) bool {
	return r.Role == o.Role && (r.Kind == "" || r.Kind == o.Kind) && (r.Code == "" || r.Code == o.Code) && (r.Unit == "" || r.Unit == o.Unit) &&
		inPlace(r.Origin, o.Origin) && inPlace(r.Destination, o.Destination) && inPlace(r.Jurisdiction, o.Jurisdiction)
}

// conditional tells whether the row asks for anything but its role.
func (r ChartRow) conditional() bool { return r != ChartRow{Role: r.Role, Account: r.Account} }

// inPlace tells whether a place, as "US-IL", is what is wanted or lies in it.
func inPlace(wanted, place string) bool {
	return wanted == "" || place == wanted || strings.HasPrefix(place, wanted+"-")
}

// Chart is the state of a chart's stream.
type Chart struct {
	ID       string
	Versions []ChartVersion // in order of adoption
}

// ChartStream names a chart's stream.
func ChartStream(id string) Stream { return Stream("chart-" + id) }

// ChartAdopted puts a version into force from its first day on.
type ChartAdopted struct {
	Chart  string       `json:"chart"`
	Terms  ChartVersion `json:"terms"`
	By     string       `json:"by"`
	Source Source       `json:"source,omitzero"`
}

func (ChartAdopted) EventType() string { return "ChartAdopted" }

// AdoptChart puts a version into force. The same version again changes
// nothing; another text under its name, or from its day, is refused.
type AdoptChart struct {
	Terms  ChartVersion `json:"terms"`
	By     string       `json:"by"`
	Source Source       `json:"source,omitzero"`
}

func (c AdoptChart) Stream() Stream    { return ChartStream(c.Terms.Chart) }
func (AdoptChart) CommandName() string { return "AdoptChart" }

func (c AdoptChart) Decide(x Chart) ([]Event, error) {
	if err := c.Terms.Check(); err != nil {
		return nil, refuse(Invalid, "%v", err)
	}
	if c.By == "" {
		return nil, refuse(Invalid, "chart %s version %s: who adopts it is missing", c.Terms.Chart, c.Terms.Version)
	}
	for _, v := range x.Versions {
		switch {
		case v.Version == c.Terms.Version && same(v, c.Terms):
			return nil, nil
		case v.Version == c.Terms.Version:
			return nil, refuse(Conflict, "chart %s version %s was adopted with another text: give the new text a new version and a later day", x.ID, v.Version)
		case v.From == c.Terms.From:
			return nil, refuse(Conflict, "chart %s version %s: version %s is in force from %s as well: one of them would never be used; let this one begin on another day", x.ID, c.Terms.Version, v.Version, v.From)
		}
	}
	return []Event{ChartAdopted{c.Terms.Chart, c.Terms, c.By, c.Source}}, nil
}

// Evolve applies an event to the chart.
func (x Chart) Evolve(e Event) Chart {
	if e, ok := e.(ChartAdopted); ok {
		x.ID, x.Versions = e.Chart, append(slices.Clip(x.Versions), e.Terms)
	}
	return x
}
