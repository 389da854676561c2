package domain_test

import (
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/stretchr/testify/require"
)

const lake = "LAKE"

// series are those of a registrant beside the default.
func series(invoice, debit, credit string) func(*domain.Issuer) {
	return func(i *domain.Issuer) {
		i.Default, i.Series = false, domain.Series{Invoice: invoice, Debit: debit, Credit: credit}
	}
}

func TestAnIssuersParticularsHaveTheirBounds(t *testing.T) {
	long, longer := strings.Repeat("x", 200), strings.Repeat("x", 201)
	for name, test := range map[string]struct{ taken, refused func(*domain.Issuer) }{
		"its legal name":        {func(i *domain.Issuer) { i.Name = long }, func(i *domain.Issuer) { i.Name = longer }},
		"which it has":          {func(i *domain.Issuer) { i.Name = "L" }, func(i *domain.Issuer) { i.Name = "" }},
		"its register":          {func(i *domain.Issuer) { i.Register = long }, func(i *domain.Issuer) { i.Register = longer }},
		"its country":           {func(i *domain.Issuer) { i.Address.Country = "CA" }, func(i *domain.Issuer) { i.Address.Country = "CAN" }},
		"its street":            {func(i *domain.Issuer) { i.Address.Street = long }, func(i *domain.Issuer) { i.Address.Street = longer }},
		"its city":              {func(i *domain.Issuer) { i.Address.City = long }, func(i *domain.Issuer) { i.Address.City = longer }},
		"its region":            {func(i *domain.Issuer) { i.Address.Region = long }, func(i *domain.Issuer) { i.Address.Region = longer }},
		"its postal code":       {func(i *domain.Issuer) { i.Address.PostalCode = long }, func(i *domain.Issuer) { i.Address.PostalCode = longer }},
		"its registrations":     {func(i *domain.Issuer) { i.Registrations = taxIDs(50) }, func(i *domain.Issuer) { i.Registrations = taxIDs(51) }},
		"the currency of books": {func(i *domain.Issuer) { i.Book = "EUR" }, func(i *domain.Issuer) { i.Book = "EURO" }},
	} {
		t.Run(name, func(t *testing.T) {
			domaintest.When(t, nil, issuer(lake, test.taken)).Then(issuer(lake, test.taken).IssuerSet)
			domaintest.When(t, nil, issuer(lake, test.refused)).Refused(domain.Invalid)
		})
	}
	nobody := issuer(lake)
	nobody.By = ""
	domaintest.When(t, nil, nobody).Refused(domain.Invalid)
}

func TestRule34EverySeriesHasAPrefixOfItsOwn(t *testing.T) {
	for name, prefixes := range map[string]func(*domain.Issuer){
		"capitals and digits": series("AZ09", "0", "ZZ"),
		"up to twelve":        series("ABCDEFGHIJKL", "B", "C"),
	} {
		t.Run(name, func(t *testing.T) {
			domaintest.When(t, nil, issuer(lake, prefixes)).Then(issuer(lake, prefixes).IssuerSet)
		})
	}
	for name, prefixes := range map[string]func(*domain.Issuer){
		"thirteen":                       series("ABCDEFGHIJKLM", "B", "C"),
		"none":                           series("A", "", "C"),
		"small letters":                  series("flc", "B", "C"),
		"a sign below the digits":        series("A/", "B", "C"),
		"a sign above the digits":        series("A:", "B", "C"),
		"a sign below the letters":       series("A@", "B", "C"),
		"a sign above the letters":       series("A[", "B", "C"),
		"one for two kinds":              series("A", "B", "A"),
		"that of the default's invoices": series("A", "B", domain.InvoiceSeries),
		"that of the default's credits":  series(domain.CreditSeries, "B", "C"),
		"one for the default": func(i *domain.Issuer) {
			series("A", "B", "C")(i)
			i.Default = true
		},
	} {
		t.Run(name, func(t *testing.T) {
			domaintest.When(t, nil, issuer(lake, prefixes)).Refused(domain.Invalid).ByRule(34)
		})
	}
}

func TestRule34AnIssuersSeriesAndBooksStayAsTheyWereSetUp(t *testing.T) {
	flc := series("FLC", "FLD", "FLM")
	set := issuer(lake, flc)
	h := domaintest.Given(set.IssuerSet)

	// The same again changes nothing, and what else it says may change
	domaintest.When(t, h, set).Nothing()
	moved := issuer(lake, flc, func(i *domain.Issuer) { i.Address.City = "Toronto" })
	domaintest.When(t, h, moved).Then(moved.IssuerSet)

	for name, change := range map[string]func(*domain.Issuer){
		"its invoices' series":     series("FLX", "FLD", "FLM"),
		"its credits' series":      series("FLC", "FLD", "FLX"),
		"the currency of its book": func(i *domain.Issuer) { flc(i); i.Book, i.Exchange = "EUR", nil },
		"that it is not default":   func(i *domain.Issuer) { i.Default, i.Series = true, domain.Series{} },
	} {
		t.Run(name, func(t *testing.T) {
			domaintest.When(t, h, issuer(lake, change)).Refused(domain.Conflict).ByRule(34)
		})
	}
}

func TestRule34NoSeriesHasTwoOwnersAndThereIsOneDefault(t *testing.T) {
	// Given a default issuer and another one
	first, second := domain.IssuerListed{Registrant: lake, Default: true, Series: domain.DefaultSeries()}, domain.IssuerListed{Registrant: "SEA", Series: domain.Series{Invoice: "S", Debit: "SD", Credit: "SC"}}
	list := domaintest.Given(first, second)
	told := domaintest.Told{domain.IssuersStream: list}
	require.Equal(t, domain.Issuers{Default: lake, Listed: []domain.IssuerListed{first, second}}, domaintest.Fold[domain.Issuers](list...))

	// Then a third one has to differ from both, when it is set up as well as when it is listed
	for name, prefixes := range map[string]func(*domain.Issuer){
		"a second default":      func(i *domain.Issuer) { i.Default = true },
		"a series of another":   series("R", "RD", "SC"),
		"a series of any kind":  series("SC", "RD", "RC"),
		"and its first of them": series("S", "RD", "RC"),
	} {
		t.Run(name, func(t *testing.T) {
			set := issuer("RIVER", prefixes)
			domaintest.When(t, nil, set, told).Refused(domain.Conflict).ByRule(34)
			listed := domain.IssuerListed{Registrant: "RIVER", Default: set.Issuer.Default, Series: set.Issuer.Series}
			domaintest.When(t, list, domain.ListIssuer{IssuerListed: listed}).Refused(domain.Conflict).ByRule(34)
		})
	}
	own := domain.IssuerListed{Registrant: "RIVER", Series: domain.Series{Invoice: "R", Debit: "RD", Credit: "RC"}}
	domaintest.When(t, nil, issuer("RIVER", series("R", "RD", "RC")), told).Then(issuer("RIVER", series("R", "RD", "RC")).IssuerSet)
	domaintest.When(t, list, domain.ListIssuer{IssuerListed: own}).Then(own)

	// and one that is listed stays so
	domaintest.When(t, list, domain.ListIssuer{IssuerListed: first}).Nothing()
	domaintest.When(t, list, domain.ListIssuer{IssuerListed: second}).Nothing()
}

func TestRule31AVersionOfTheRulesIsAdoptedOnceAndKeepsItsText(t *testing.T) {
	ca := rulesOf(t, "ca")
	next := onwards(ca, "2026-01-01")
	h := played(t, nil, adoptRules(ca), adoptRules(next))
	domaintest.When(t, h, adoptRules(ca)).Nothing()
	domaintest.When(t, h, adoptRules(next)).Nothing()
	otherwise := next
	otherwise.Title += ", corrected"
	domaintest.When(t, h, adoptRules(otherwise)).Refused(domain.Conflict).ByRule(31)
	nobody := adoptRules(onwards(ca, "2027-01-01"))
	nobody.By = ""
	domaintest.When(t, h, nobody).Refused(domain.Invalid)
}

func TestACandidateWaitsForItsIssuerOnceAndIsDecidedAnewWhereItHasChanged(t *testing.T) {
	ca := rulesOf(t, "ca")
	id := ca.Registrant
	await := func(c domain.Candidate, changes int) domain.AwaitRegistrant {
		return domain.AwaitRegistrant{Registrant: id, Candidate: c, Changes: changes}
	}
	first, second := candidate(), candidate().Next()

	// Given an issuer without rules, that a candidate waits for
	set := issuer(id).IssuerSet
	waits := domain.RegistrantAwaited{Registrant: id, Candidate: first}
	h := domaintest.Given(set)
	domaintest.When(t, h, await(first, 1)).Then(waits)
	h = h.And(waits)
	domaintest.When(t, h, await(first, 1)).Nothing()
	domaintest.When(t, h, await(second, 1)).Then(domain.RegistrantAwaited{Registrant: id, Candidate: second})

	// When it has changed since a candidate was decided, that one does not wait
	changed := domain.RegistrantAwaited{Registrant: id, Candidate: second, Changed: true}
	domaintest.When(t, h, await(second, 0)).Then(changed)
	domaintest.When(t, h, await(first, 0)).Then(domain.RegistrantAwaited{Registrant: id, Candidate: first, Changed: true})
	h = h.And(changed)

	// Then what it adopts lets those go on that wait
	adopted := domain.TaxRulesAdopted{Registrant: id, Rules: ca, By: "finance desk", Waiting: []domain.Candidate{first}}
	domaintest.When(t, h, adoptRules(ca)).Then(adopted)
	h = h.And(adopted)
	domaintest.When(t, h, await(first, 1)).Then(domain.RegistrantAwaited{Registrant: id, Candidate: first, Changed: true})
	domaintest.When(t, h, await(first, 2)).Then(waits)
	domaintest.When(t, h.And(waits), adoptRules(onwards(ca, "2026-01-01"))).Then(
		domain.TaxRulesAdopted{Registrant: id, Rules: onwards(ca, "2026-01-01"), By: "finance desk", Waiting: []domain.Candidate{first}})
	require.Equal(t, tax.Versions{ca}, domaintest.Fold[domain.Registrant](h...).Rules)
}
