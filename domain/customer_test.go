package domain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/stretchr/testify/require"
)

// synced is ACME as the ERP has it, changed.
func synced(change func(*domain.CustomerMaster)) domain.SyncCustomer {
	c := syncAcme(true)
	change(&c.Master)
	return c
}

func taxIDs(n int) []domain.TaxID {
	var ids []domain.TaxID
	for i := range n {
		ids = append(ids, domain.TaxID{Jurisdiction: fmt.Sprint("J", i), ID: "1"})
	}
	return ids
}

func certificates(n int) []tax.Certificate {
	list := make([]tax.Certificate, n)
	for i := range list {
		list[i] = tax.Certificate{Certificate: "exempt", Number: fmt.Sprint(i)}
	}
	return list
}

func TestMasterDataHasItsBounds(t *testing.T) {
	for name, test := range map[string]struct{ taken, refused func(*domain.CustomerMaster) }{
		"terms of no days": {func(m *domain.CustomerMaster) { m.TermsDays = 0 }, func(m *domain.CustomerMaster) { m.TermsDays = -1 }},
		"terms of a year":  {func(m *domain.CustomerMaster) { m.TermsDays = 365 }, func(m *domain.CustomerMaster) { m.TermsDays = 366 }},
		"credit":           {func(m *domain.CustomerMaster) { m.Credit = domain.CreditHold }, func(m *domain.CustomerMaster) { m.Credit = "doubtful" }},
		"tax ids":          {func(m *domain.CustomerMaster) { m.TaxIDs = taxIDs(50) }, func(m *domain.CustomerMaster) { m.TaxIDs = taxIDs(51) }},
		"the length of a tax": {func(m *domain.CustomerMaster) {
			m.TaxIDs = []domain.TaxID{{Jurisdiction: strings.Repeat("J", 150), ID: strings.Repeat("1", 50)}}
		}, func(m *domain.CustomerMaster) {
			m.TaxIDs = []domain.TaxID{{Jurisdiction: strings.Repeat("J", 150), ID: strings.Repeat("1", 51)}}
		}},
		"a tax id's number": {func(m *domain.CustomerMaster) { m.TaxIDs = taxIDs(1) }, func(m *domain.CustomerMaster) { m.TaxIDs = []domain.TaxID{{Jurisdiction: "DE"}} }},
		"certificates":      {func(m *domain.CustomerMaster) { m.Certificates = certificates(50) }, func(m *domain.CustomerMaster) { m.Certificates = certificates(51) }},
		"a certificate's number": {func(m *domain.CustomerMaster) { m.Certificates = certificates(1) }, func(m *domain.CustomerMaster) {
			m.Certificates = []tax.Certificate{{Certificate: "exempt"}}
		}},
		"a certificate's name": {func(m *domain.CustomerMaster) { m.Certificates = certificates(2) }, func(m *domain.CustomerMaster) {
			m.Certificates = []tax.Certificate{{Number: "1"}}
		}},
		"the length of a certificate": {func(m *domain.CustomerMaster) {
			m.Certificates = []tax.Certificate{{Certificate: strings.Repeat("c", 150), Number: strings.Repeat("1", 50)}}
		}, func(m *domain.CustomerMaster) {
			m.Certificates = []tax.Certificate{{Certificate: strings.Repeat("c", 150), Number: strings.Repeat("1", 51)}}
		}},
		"a certificate's dates": {func(m *domain.CustomerMaster) {
			m.Certificates = []tax.Certificate{{Certificate: "exempt", Number: "1", From: "2024-01-01", Through: "2024-12-31"}}
		}, func(m *domain.CustomerMaster) {
			m.Certificates = []tax.Certificate{{Certificate: "exempt", Number: "1", Through: "31 December"}}
		}},
		"a business": {func(m *domain.CustomerMaster) { m.TaxStatus = tax.Business }, func(m *domain.CustomerMaster) { m.TaxStatus = "charity" }},
		"a consumer": {func(m *domain.CustomerMaster) { m.TaxStatus = tax.Consumer }, func(m *domain.CustomerMaster) { m.TaxStatus = "Consumer" }},
		"a city":     {func(m *domain.CustomerMaster) { m.BillingTo.City = strings.Repeat("c", 200) }, func(m *domain.CustomerMaster) { m.BillingTo.City = strings.Repeat("c", 201) }},
	} {
		t.Run(name, func(t *testing.T) {
			domaintest.When(t, nil, synced(test.taken)).Then(synced(test.taken).CustomerSynced)
			domaintest.When(t, nil, synced(test.refused)).Refused(domain.Invalid)
		})
	}
}

func TestACandidateWaitsUntilItsCustomersMasterDataLetsItBeBilled(t *testing.T) {
	second := candidate().Next()
	ask, askSecond := domain.RequestBilling{Candidate: candidate()}, domain.RequestBilling{Candidate: second}
	blocked := func(reason string) []string {
		var out []string
		h := played(t, nil, synced(func(m *domain.CustomerMaster) {
			switch reason {
			case domain.HoldCustomerInactive:
				m.Active = false
			case domain.HoldCurrency:
				m.Currency = "EUR"
			}
		}))
		for _, e := range domaintest.When(t, h, ask).Events() {
			if b, ok := e.(domain.BillingBlocked); ok {
				out = append(out, b.Reason)
			}
		}
		return out
	}
	require.Equal(t, []string{domain.HoldCustomerInactive}, blocked(domain.HoldCustomerInactive))
	require.Equal(t, []string{domain.HoldCurrency}, blocked(domain.HoldCurrency))
	require.Empty(t, blocked(""))
	same := synced(func(m *domain.CustomerMaster) { m.Currency = "USD" })
	domaintest.When(t, played(t, nil, same), ask).Then(domain.BillingAllowed{Customer: customer, Candidate: candidate(), TermsDays: 30})

	// Given two that wait, one of which asked twice
	waiting := played(t, nil, ask, askSecond, ask)
	require.Len(t, domaintest.Fold[domain.Customer](waiting...).Waiting, 2)
	// When the ERP has the customer, but not active, then they wait on; when it is, they go on, once
	inactive := played(t, waiting, syncAcme(false))
	domaintest.When(t, waiting, syncAcme(false)).Then(syncAcme(false).CustomerSynced)
	domaintest.When(t, inactive, syncAcme(true)).Then(syncAcme(true).CustomerSynced,
		domain.BillingAllowed{Customer: customer, Candidate: second, TermsDays: 30}, domain.BillingAllowed{Customer: customer, Candidate: candidate(), TermsDays: 30})
	active := played(t, inactive, syncAcme(true))
	renamed := synced(func(m *domain.CustomerMaster) { m.Name = "Acme" })
	domaintest.When(t, active, renamed).Then(renamed.CustomerSynced)
}

func TestACustomersRulesAreNewsWhenAnyOfThemChanges(t *testing.T) {
	level := []domain.DunningLevel{{AfterDays: 7, Name: "reminder"}}
	of := func(change func(*domain.CustomerRules)) domain.SetCustomerRules {
		c := setRules("5.00", "2.5", true)
		c.Rules.Dunning = level
		change(&c.Rules)
		return c
	}
	h := played(t, nil, of(func(*domain.CustomerRules) {}))
	domaintest.When(t, h, of(func(*domain.CustomerRules) {})).Nothing()
	for name, change := range map[string]func(*domain.CustomerRules){
		"small rests stay open":  func(r *domain.CustomerRules) { r.WriteOffSmall = false },
		"the oldest items first": func(r *domain.CustomerRules) { r.OldestFirst = true },
		"no reminders":           func(r *domain.CustomerRules) { r.Dunning = nil },
		"another percentage":     func(r *domain.CustomerRules) { r.Tolerance.Percent = "3" },
		"another amount":         func(r *domain.CustomerRules) { r.Tolerance.Amount = usd("6.00") },
	} {
		t.Run(name, func(t *testing.T) { domaintest.When(t, h, of(change)).Then(of(change).CustomerRulesSet) })
	}
	nobody := of(func(r *domain.CustomerRules) { r.OldestFirst = true })
	nobody.By = ""
	domaintest.When(t, h, nobody).Refused(domain.Invalid)
}

func TestACustomerIsRemindedInNineStepsAtMost(t *testing.T) {
	steps := func(n int) domain.SetCustomerRules {
		c := setRules("", "", false)
		for i := range n {
			c.Rules.Dunning = append(c.Rules.Dunning, domain.DunningLevel{AfterDays: i + 1, Name: "reminder"})
		}
		return c
	}
	domaintest.When(t, nil, steps(9)).Then(steps(9).CustomerRulesSet)
	domaintest.When(t, nil, steps(10)).Refused(domain.Invalid)
}

func TestWhatIsOpenGrowsOldInStepsOfThirtyDays(t *testing.T) {
	for asOf, bucket := range map[string]func(*domain.Ageing){
		"2024-04-29": func(a *domain.Ageing) { a.Current = usd("10.00") },
		"2024-04-30": func(a *domain.Ageing) { a.Current = usd("10.00") }, // due on that day
		"2024-05-01": func(a *domain.Ageing) { a.To30 = usd("10.00") },
		"2024-05-30": func(a *domain.Ageing) { a.To30 = usd("10.00") },
		"2024-05-31": func(a *domain.Ageing) { a.To60 = usd("10.00") },
		"2024-06-29": func(a *domain.Ageing) { a.To60 = usd("10.00") },
		"2024-06-30": func(a *domain.Ageing) { a.To90 = usd("10.00") },
		"2024-07-29": func(a *domain.Ageing) { a.To90 = usd("10.00") },
		"2024-07-30": func(a *domain.Ageing) { a.Over90 = usd("10.00") },
	} {
		t.Run(asOf, func(t *testing.T) {
			want := domain.NewAgeing("USD")
			want.Invoices, want.Open = 1, usd("10.00")
			bucket(&want)
			got := domain.NewAgeing("USD")
			require.NoError(t, got.Age(domain.OpenItem{DueDate: "2024-04-30", Open: usd("10.00")}, asOf))
			require.Equal(t, want, got)
		})
	}
}

// buyerOf is what tax knows of a customer that may be billed.
func buyerOf(t testing.TB, h domaintest.History) tax.Customer {
	t.Helper()
	return domaintest.When(t, h, domain.RequestBilling{Candidate: candidate()}).Events()[0].(domain.BillingAllowed).Buyer
}

func TestWhoeverHasATaxIDIsInBusinessUnlessTheERPSaysOtherwise(t *testing.T) {
	for name, test := range map[string]struct {
		says tax.Status
		ids  int
		want tax.Status
	}{
		"nothing is known":            {"", 0, ""},
		"a tax id":                    {"", 1, tax.Business},
		"the ERP says so":             {tax.Business, 0, tax.Business},
		"a consumer with a number":    {tax.Consumer, 1, tax.Consumer},
		"a consumer without a number": {tax.Consumer, 0, tax.Consumer},
	} {
		t.Run(name, func(t *testing.T) {
			h := played(t, nil, synced(func(m *domain.CustomerMaster) { m.TaxStatus, m.TaxIDs = test.says, taxIDs(test.ids) }))
			require.Equal(t, test.want, buyerOf(t, h).Status)
			require.Len(t, buyerOf(t, h).TaxIDs, test.ids)
		})
	}
}

func TestACandidateWhoseTaxLacksSomethingWaitsForItsCustomer(t *testing.T) {
	// Given a customer as its tax was decided for
	ids := func(m *domain.CustomerMaster) { m.TaxIDs = taxIDs(1) }
	h := played(t, nil, synced(ids))
	await := domain.AwaitCustomer{Candidate: candidate(), Buyer: buyerOf(t, h), Reason: domain.HoldTaxFacts, Detail: "charge F: needs export-proof"}
	waits := domain.BillingBlocked{Customer: customer, Candidate: candidate(), Reason: domain.HoldTaxFacts, Detail: "charge F: needs export-proof"}

	// Then it waits, once, beside others
	domaintest.When(t, h, await).Then(waits)
	domaintest.When(t, h.And(waits), await).Nothing()
	other := waits
	other.Candidate = candidate().Next()
	domaintest.When(t, h.And(other), await).Then(waits)

	// and where the customer has changed since, it is decided anew at once
	changed := played(t, h, synced(func(m *domain.CustomerMaster) { m.TaxIDs = taxIDs(2) }))
	domaintest.When(t, changed, await).Then(domain.BillingAllowed{Customer: customer, Candidate: candidate(), TermsDays: 30,
		Buyer: buyerOf(t, changed)})

	// but not where it may not be billed at all
	inactive := played(t, h, synced(func(m *domain.CustomerMaster) { m.TaxIDs, m.Active = taxIDs(2), false }))
	domaintest.When(t, inactive, await).Then(waits)
}
