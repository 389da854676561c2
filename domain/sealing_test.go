package domain_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/stretchr/testify/require"
)

// canadian are a default issuer's particulars and rules, told to a decision.
func canadian(t testing.TB) domaintest.Told {
	ca := rulesOf(t, "ca")
	return domaintest.Told{domain.IssuersStream: {domain.IssuerListed{Registrant: ca.Registrant, Default: true, Series: domain.DefaultSeries()}},
		domain.RegistrantStream(ca.Registrant): {issuer(ca.Registrant).IssuerSet, domain.TaxRulesAdopted{Registrant: ca.Registrant, Rules: ca, By: "finance desk"}}}
}

func june() domain.Candidate {
	return domain.Candidate{Customer: customer, Period: "2025-06", Currency: "CAD", Number: 1}
}

// way is what tax knows of freight between two places, with its bill of lading.
func way(from, to string, bol string) *domain.TaxFacts {
	f := domain.TaxFacts{Origin: tax.Place{Country: from[:2], State: from[3:]}, Destination: tax.Place{Country: to[:2], State: to[3:]}}
	if bol != "" {
		f.Evidence = []tax.Evidence{{Evidence: tax.CrossBorderDocument, Reference: bol}}
	}
	return &f
}

func juneLine(s domain.ShipmentID, kind domain.ChargeKind, amount string, facts *domain.TaxFacts) domain.AddLines {
	return domain.AddLines{Candidate: june(), Shipment: s, Lines: []domain.BillLine{
		{Shipment: s, Charge: "F", Kind: kind, Amount: cad(amount), Accrued: cad(amount), ServiceDate: "2025-06-30", Facts: facts}}}
}

func sealJune() domain.SealCandidate {
	return domain.SealCandidate{Invoice: june().ID(), TermsDays: 30, Buyer: tax.Customer{Established: place("CA", "ON"), Status: tax.Business}}
}

// issuedJune is the invoice of these lines.
func issuedJune(t testing.TB, lines ...domain.AddLines) domain.InvoiceIssued {
	t.Helper()
	var h domaintest.History
	for _, c := range lines {
		h = played(t, h, c)
	}
	h = h.And(domaintest.When(t, h, sealJune(), canadian(t)).Events()...)
	return domaintest.When(t, h, domain.IssueInvoice{Invoice: june().ID(), Number: "INV-2025-000001"}).Events()[0].(domain.InvoiceIssued)
}

// lacking is why candidates of these lines are not sealed.
func lacking(t testing.TB, buyer tax.Customer, lines ...domain.AddLines) domain.TaxBlocked {
	t.Helper()
	var h domaintest.History
	for _, c := range lines {
		h = played(t, h, c)
	}
	seal := sealJune()
	seal.Invoice, seal.Buyer = lines[0].Candidate.ID(), buyer
	events := domaintest.When(t, h, seal, canadian(t)).Events()
	require.IsType(t, domain.TaxBlocked{}, lastOf(events))
	return lastOf(events).(domain.TaxBlocked)
}

func TestWhatTaxLacksIsToldOfEveryLineUpToABound(t *testing.T) {
	inOntario := tax.Customer{Established: place("CA", "ON"), Status: tax.Business}

	// A fact that makes no sense is a fact that is missing
	lacks := lacking(t, tax.Customer{Status: tax.Business}, juneLine("SH-1", domain.Freight, "10.00", way("CA-ON", "CA-ON", "")))
	require.Equal(t, domain.HoldTaxFacts, lacks.Reason)
	require.Contains(t, lacks.Detail, "shipment SH-1, charge F: fact customer/established: ")
	require.Equal(t, domain.HoldTaxFacts, lacking(t, inOntario, juneLine("SH-1", domain.Freight, "10.00", nil)).Reason, "where it goes is not known at all")

	// A hold tells what lacks for one reason, that of its first line
	before := juneLine("SH-2", domain.Freight, "10.00", way("CA-ON", "CA-ON", ""))
	before.Lines[0].ServiceDate = "2010-06-30"
	lacks = lacking(t, inOntario, juneLine("SH-1", domain.Freight, "10.00", way("CA-ON", "US-NY", "")), before)
	require.Equal(t, [2]string{domain.HoldTaxFacts, "shipment SH-1, charge F: rule outbound needs cross-border-document: bill of lading, customs entry"}, [2]string{lacks.Reason, lacks.Detail})
	lacks = lacking(t, inOntario, before, juneLine("SH-1", domain.Freight, "10.00", way("CA-ON", "US-NY", "")))
	require.Equal(t, domain.HoldTaxRules, lacks.Reason)
	require.NotContains(t, lacks.Detail, "SH-1")

	// Twenty are told one by one
	var many []domain.AddLines
	for i := range 23 {
		many = append(many, juneLine(domain.ShipmentID(fmt.Sprintf("SH-%02d", i)), domain.Freight, "1.00", way("CA-ON", "US-NY", "")))
	}
	lacks = lacking(t, inOntario, many...)
	require.Contains(t, lacks.Detail, "SH-19")
	require.NotContains(t, lacks.Detail, "SH-20")
	require.Contains(t, lacks.Detail, "; and 3 lines more")
	require.NotContains(t, lacking(t, inOntario, many[:20]...).Detail, "lines more")
}

func TestWhatLacksNoDetailIsToldWithoutOne(t *testing.T) {
	l := taxedLedger(t, "de", buyer("FR", ""))
	l.must(t, freightOf{"SH-1", "DE", "FR", "2025-06-30", eur("100.00"), ""}.moved()...)
	detail := l.last(t, domain.TaxBlocked{}).(domain.TaxBlocked).Detail
	require.Contains(t, detail, "needs customer-tax-id")
	require.NotRegexp(t, `: $`, detail)
}

func TestRule31ADiscountIsTaxedAsTheFreightThatItIsTakenOff(t *testing.T) {
	// Given rules that speak of freight, and others of any other charge
	ca := rulesOf(t, "ca")
	ca.Rules = slices.Clone(ca.Rules)
	at := slices.IndexFunc(ca.Rules, func(r tax.Rule) bool { return r.Rule == "on" })
	exempt := ca.Rules[at]
	exempt.Rule = "on-other"
	ca.Rules[at].When.Charges = tax.Names{In: []string{string(domain.Freight)}}
	exempt.Then = tax.Outcome{Code: tax.Exempt, Jurisdiction: "CA-ON", Basis: exempt.Then.Basis, Category: "E"}
	ca.Rules = slices.Insert(ca.Rules, at+1, exempt)
	told := canadian(t)
	told[domain.RegistrantStream(ca.Registrant)] = domaintest.Given(issuer(ca.Registrant).IssuerSet, domain.TaxRulesAdopted{Registrant: ca.Registrant, Rules: ca, By: "finance desk"})

	// Then a discount is taxed by the first, and a fuel surcharge by the second
	h := played(t, nil, juneLine("SH-1", domain.Freight, "100.00", way("CA-ON", "CA-ON", "")), juneLine("SH-2", domain.Discount, "-10.00", way("CA-ON", "CA-ON", "")),
		juneLine("SH-3", domain.FuelSurcharge, "10.00", way("CA-ON", "CA-ON", "")))
	sealed := domaintest.When(t, h, sealJune(), told).Events()[0].(domain.CandidateSealed)
	require.Equal(t, "11.70", sealed.Tax.Format())
	require.Equal(t, []int{0, 0, 1}, []int{sealed.Lines[0].Decision, sealed.Lines[1].Decision, sealed.Lines[2].Decision})
}

func TestRule31APartOfAContinuousMovementIsTaxedAsTheWholeOfIt(t *testing.T) {
	// Given freight within Canada that is a part of a movement to the United States
	part := way("CA-ON", "CA-QC", "BOL 7")
	part.ShippedFrom, part.ShippedTo = place("CA", "ON"), place("US", "NY")
	part.Evidence = append(part.Evidence, tax.Evidence{Evidence: tax.Declaration, Reference: "letter 3"})
	e := issuedJune(t, juneLine("SH-1", domain.Freight, "100.00", part))
	require.Equal(t, "0.00", e.Tax.Format())
	require.Equal(t, *part, e.Taxed.Facts[0])
	require.NotEqual(t, "0.00", issuedJune(t, juneLine("SH-1", domain.Freight, "100.00", way("CA-ON", "CA-QC", "BOL 7"))).Tax.Format())
}

func TestRule26AHoldForATotalBelowNoughtEndsWhenTaxLiftsIt(t *testing.T) {
	// Given lines that come to less than their discount, also with their tax
	h := played(t, nil, juneLine("SH-1", domain.Freight, "50.00", way("CA-ON", "CA-ON", "")), juneLine("SH-2", domain.Discount, "-105.00", way("CA-ON", "US-NY", "BOL 7")))
	h = h.And(domaintest.When(t, h, sealJune(), canadian(t)).Events()...)
	require.Equal(t, domain.HoldNegativeTotal, lastOf(h).(domain.InvoiceHeld).Reason)
	// When others are added that do so with their tax alone: 100.00 + 13.00 − 105.00
	h = played(t, h, juneLine("SH-3", domain.Freight, "50.00", way("CA-ON", "CA-ON", "")))
	events := domaintest.When(t, h, sealJune(), canadian(t)).Events()
	require.Equal(t, []string{"HoldReleased", "CandidateSealed"}, types(events))
	require.Equal(t, "8.00", events[1].(domain.CandidateSealed).Total.Format())
}

func TestTaxThatCannotBeRoundedInACurrencyHoldsTheBill(t *testing.T) {
	yen := juneLine("SH-1", domain.Freight, "1000.00", way("CA-ON", "CA-ON", ""))
	yen.Candidate.Currency = "JPY"
	yen.Lines[0].Amount, yen.Lines[0].Accrued = money.MustParse("1000", "JPY"), money.MustParse("1000", "JPY")
	lacks := lacking(t, tax.Customer{Established: place("CA", "ON"), Status: tax.Business}, yen)
	require.Equal(t, domain.HoldTaxRules, lacks.Reason)
}

func TestRule33WhatIsLeftOfASealedInvoiceKeepsItsEvidence(t *testing.T) {
	h := played(t, nil, juneLine("SH-1", domain.Freight, "100.00", way("CA-ON", "CA-ON", "")), juneLine("SH-2", domain.Freight, "70.00", way("CA-ON", "US-NY", "BOL 7")))
	h = h.And(domaintest.When(t, h, sealJune(), canadian(t)).Events()...)
	events := domaintest.When(t, h, domain.WithdrawLines{Invoice: june().ID(), Shipment: "SH-1", Charges: []domain.ChargeID{"F"}, Reason: "exception X1"}).Events()
	again := events[1].(domain.CandidateSealed)
	require.Equal(t, way("CA-ON", "US-NY", "BOL 7").Evidence, again.Lines[0].Evidence)
	require.Equal(t, *way("CA-ON", "US-NY", "BOL 7"), again.Taxed.Facts[0])
}

func TestWhatTaxLearnsOfAShipmentIsToldToItsCandidateAsNews(t *testing.T) {
	// Given a candidate of two shipments, held for what tax lacks and by a person
	known, better := way("CA-ON", "US-NY", ""), way("CA-ON", "US-NY", "BOL 7")
	h := played(t, nil, juneLine("SH-1", domain.Freight, "10.00", known), juneLine("SH-2", domain.Freight, "10.00", known), juneLine("SH-3", domain.Freight, "10.00", nil))
	h = h.And(domain.InvoiceHeld{Invoice: june().ID(), Reason: domain.HoldByHand, By: "billing desk"}, domain.InvoiceHeld{Invoice: june().ID(), Reason: domain.HoldTaxFacts})
	restate := func(s domain.ShipmentID, f *domain.TaxFacts) domain.RestateLines {
		return domain.RestateLines{LinesRestated: domain.LinesRestated{Invoice: june().ID(), Shipment: s, Facts: *f}}
	}
	ends := domain.HoldReleased{Invoice: june().ID(), Reason: domain.HoldTaxFacts, By: "freightledger", Candidate: june()}

	// Then news end the first hold, and what is known already, or of a shipment that is not there, does not
	domaintest.When(t, h, restate("SH-1", better)).Then(restate("SH-1", better).LinesRestated, ends)
	domaintest.When(t, h, restate("SH-3", better)).Then(restate("SH-3", better).LinesRestated, ends)
	domaintest.When(t, h, restate("SH-1", known)).Nothing()
	domaintest.When(t, h, restate("SH-9", better)).Nothing()

	// and they are that shipment's alone
	v := domaintest.Fold[domain.Invoice](played(t, h, restate("SH-1", better))...)
	require.Equal(t, []*domain.TaxFacts{better, known, nil}, []*domain.TaxFacts{v.Lines[0].Facts, v.Lines[1].Facts, v.Lines[2].Facts})

	// What is issued was decided
	issued := domaintest.Given(h[0], h[1], issuedJune(t, juneLine("SH-1", domain.Freight, "10.00", better)))
	domaintest.When(t, issued, restate("SH-1", known)).Nothing()
}

func TestRule31TheTaxOfAnInvoiceIsComputedAgainFromWhatItKeeps(t *testing.T) {
	// Given an invoice somebody has written other taxes into
	adopted := tax.Versions{rulesOf(t, "ca")}
	right := issuedJune(t, juneLine("SH-1", domain.Freight, "100.00", way("CA-ON", "CA-ON", "")), juneLine("SH-2", domain.Freight, "70.00", way("CA-ON", "US-NY", "BOL 7")))
	require.Equal(t, [2]string{"13.00", "183.00"}, [2]string{right.Tax.Format(), right.Total.Format()})
	wrong := right
	wrong.Net, wrong.Tax, wrong.Total = cad("171.00"), cad("9.00"), cad("180.00")
	wrong.Lines = slices.Clone(right.Lines)
	for i := range wrong.Lines {
		taxed := *wrong.Lines[i].Taxed
		taxed.Levies, taxed.Evidence = nil, nil
		wrong.Lines[i].Tax, wrong.Lines[i].TaxCode, wrong.Lines[i].Taxed = cad("4.50"), domain.TaxExempt, &taxed
	}
	of := *right.Taxed
	of.Subtotals, of.Notices = nil, nil
	wrong.Taxed = &of

	// Then it is the right one again
	again, err := wrong.TaxedAgain(adopted)
	require.NoError(t, err)
	require.Equal(t, right, again)

	// One whose orders said the tax is as it is
	plain := right
	plain.Taxed = nil
	again, err = plain.TaxedAgain(adopted)
	require.NoError(t, err)
	require.Equal(t, plain, again)
}

func TestALineThatRefersToNothingHasNoDecision(t *testing.T) {
	right := issuedJune(t, juneLine("SH-1", domain.Freight, "100.00", way("CA-ON", "CA-ON", "")), juneLine("SH-2", domain.Freight, "70.00", way("CA-ON", "US-NY", "BOL 7")))
	d, ok := right.Taxed.Decided(right.Lines[1])
	require.True(t, ok)
	require.Equal(t, "BOL 7", d.Evidence[0].Reference)

	of := func(change func(*domain.TaxedLine)) *domain.TaxedLine {
		l := *right.Lines[1].Taxed
		change(&l)
		return &l
	}
	for name, taxed := range map[string]*domain.TaxedLine{
		"no tax":                     nil,
		"facts below the first":      of(func(l *domain.TaxedLine) { l.Facts = -1 }),
		"facts behind the last":      of(func(l *domain.TaxedLine) { l.Facts = 2 }),
		"a decision below the first": of(func(l *domain.TaxedLine) { l.Decision = -1 }),
		"a decision behind the last": of(func(l *domain.TaxedLine) { l.Decision = 2 }),
	} {
		t.Run(name, func(t *testing.T) {
			e := right
			e.Lines = slices.Clone(right.Lines)
			e.Lines[1].Taxed = taxed
			_, ok := right.Taxed.Decided(e.Lines[1])
			require.False(t, ok)
			_, err := e.TaxedAgain(tax.Versions{rulesOf(t, "ca")})
			require.ErrorContains(t, err, "SH-2 F")
		})
	}
	_, ok = (*domain.Taxed)(nil).Decided(right.Lines[0])
	require.False(t, ok)

	// Nor has it an amount of tax
	for name, line := range map[string]domain.BillLine{
		"no tax":                     {},
		"a decision behind the last": {Taxed: of(func(l *domain.TaxedLine) { l.Decision = 2 })},
		"levies of another decision": {Taxed: of(func(l *domain.TaxedLine) { l.Levies = make([]domain.Levied, 1) })},
	} {
		_, ok := right.Taxed.LineTax(line)
		require.False(t, ok, name)
	}
	_, ok = (*domain.Taxed)(nil).LineTax(right.Lines[0])
	require.False(t, ok)
}
