package domain_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/stretchr/testify/require"
)

// rulesOf are the sample rules of a country.
func rulesOf(t testing.TB, country string) tax.Rules {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("tax", "testdata", "rules", country+".json"))
	require.NoError(t, err)
	rules, err := tax.Decode(raw)
	require.NoError(t, err)
	return rules
}

func adoptRules(rules tax.Rules) domain.AdoptTaxRules {
	return domain.AdoptTaxRules{Rules: rules, By: "finance desk"}
}

// issuer is a default issuer in Hamilton under the id of some rules.
func issuer(registrant string, change ...func(*domain.Issuer)) domain.SetIssuer {
	i := exampleIssuer()
	i.Series, i.Exchange = domain.Series{}, nil
	for _, f := range change {
		f(&i)
	}
	return domain.SetIssuer{IssuerSet: domain.IssuerSet{Registrant: registrant, Issuer: i, By: "finance desk"}}
}

// booksIn says in which currency an issuer keeps its books.
func booksIn(c money.Currency) func(*domain.Issuer) {
	return func(i *domain.Issuer) { i.Book = c }
}

// another makes an issuer one beside the default, with a series of its own.
func another(prefix string) func(*domain.Issuer) {
	return func(i *domain.Issuer) {
		i.Default, i.Series = false, domain.Series{Invoice: prefix, Debit: prefix + "D", Credit: prefix + "C"}
	}
}

// freightOf is a shipment of one freight charge between two places like CA-ON.
type freightOf struct {
	id       domain.ShipmentID
	from, to string
	day      string
	amount   money.Money
	issuer   string
}

func at2(place string) rating.Place {
	if len(place) == 2 {
		return rating.Place{Country: place}
	}
	return rating.Place{Country: place[:2], State: place[3:]}
}

// moved releases, delivers and proves freight.
func (f freightOf) moved() []domain.Command {
	o := order()
	o.Shipment, o.Currency = f.id, f.amount.Currency()
	o.Stops = []domain.Stop{{Seq: 1, Kind: domain.StopPickup, Where: at2(f.from)}, {Seq: 2, Kind: domain.StopDelivery, Where: at2(f.to)}}
	o.Terms.ApprovalAbove, o.Terms.Issuer = money.Money{}, f.issuer
	pod := podOf(f.day)
	pod.Shipment = f.id
	unloaded := report(2, domain.Unloaded, f.day)
	unloaded.Shipment = f.id
	verify := verifyPOD(domain.PODClean)
	verify.Shipment = f.id
	return []domain.Command{domain.ReleaseOrder{OrderReleased: o},
		domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: f.id, Charge: "F", Kind: domain.Freight, Amount: f.amount, RequestedBy: "rating"}},
		domain.RecordMilestone{Milestone: unloaded}, domain.ReceivePOD{PODReceived: pod}, verify}
}

func buyer(country, region string, ids ...domain.TaxID) domain.SyncCustomer {
	return domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: customer, Source: "sandbox",
		Master: domain.CustomerMaster{Name: "Acme Stores", TermsDays: 30, Credit: domain.CreditGood, Active: true, TaxStatus: tax.Business,
			BillingTo: domain.Address{Country: country, Region: region}, TaxIDs: ids}}}
}

// onwards are the rules in force from a day on, as a version of their own.
func onwards(rules tax.Rules, from string) tax.Rules {
	rules.Version, rules.From = "from-"+from, from
	rules.Rules = slices.DeleteFunc(slices.Clone(rules.Rules), func(r tax.Rule) bool { return r.Through != "" && r.Through < from })
	return rules
}

// taxedLedger is a ledger with a default issuer under the rules of a country,
// which keeps its books in the country's currency.
func taxedLedger(t testing.TB, country string, c domain.SyncCustomer) *ledger {
	t.Helper()
	l := newLedger(domain.Policy{ByPeriod: true})
	l.now = at("2026-01-01").UTC
	rules := rulesOf(t, country)
	books := map[string]money.Currency{"ca": "CAD", "gb": "GBP", "de": "EUR", "in": "INR", "us": "USD"}
	l.must(t, issuer(rules.Registrant, booksIn(books[country])), adoptRules(rules), c)
	return l
}

func cad(amount string) money.Money { return money.MustParse(amount, "CAD") }

func TestRule31TheRulesOfTheIssuerInForceOnTheDayOfServiceDecideTheTax(t *testing.T) {
	// Given freight of Ontario to Nova Scotia before and after the rate fell on 1 April 2025
	l := taxedLedger(t, "ca", buyer("CA", "ON"))
	l.must(t, freightOf{"SH-1", "CA-ON", "CA-NS", "2025-03-31", cad("100.00"), ""}.moved()...)
	l.must(t, freightOf{"SH-2", "CA-ON", "CA-NS", "2025-04-01", cad("100.00"), ""}.moved()...)
	before, after := l.invoice("ACME_2025-03_CAD_1"), l.invoice("ACME_2025-04_CAD_1")

	// Then each bears the rate of its day, and keeps the rule, its version and its basis
	require.Equal(t, [2]money.Money{cad("15.00"), cad("115.00")}, [2]money.Money{before.Tax, before.Total})
	require.Equal(t, [2]money.Money{cad("14.00"), cad("114.00")}, [2]money.Money{after.Tax, after.Total})
	d := after.Taxed.Decisions[after.Lines[0].Taxed.Decision]
	require.Equal(t, []string{"carrier-ca", "2025-1", "ns-from-2025-04", "2025-04-01"}, []string{d.Registrant, d.Version, d.Rule, d.TaxDate})
	require.Contains(t, d.Basis, "Transitional rules of the Nova Scotia HST decrease")
	require.Equal(t, []domain.Levied{{Tax: "HST", Jurisdiction: "CA-NS", Amount: cad("14.00")}}, after.Lines[0].Taxed.Levies)
	require.Equal(t, "Lakeshore Freight Ltd.", after.Taxed.Seller.Name)
	require.Equal(t, domain.DefaultSeries(), after.Taxed.Seller.Series)
	require.Equal(t, string(customer), after.Taxed.Buyer.Customer)
	require.Equal(t, tax.Place{Country: "CA", State: "NS"}, after.Taxed.Facts[0].Destination)
	require.Nil(t, after.Lines[0].Facts, "it stands once on the invoice")
	require.Empty(t, l.refused)
}

func TestRule31FreightOfSeveralCountriesIsTaxedAsTheirSampleRulesSay(t *testing.T) {
	gstin := domain.TaxID{Jurisdiction: "IN", ID: "27AAAAA0000A1Z5"}
	for _, test := range []struct {
		name, country, from, to string
		net                     money.Money
		buyer                   domain.SyncCustomer
		recorded                domain.TaxFacts
		rule, tax               string
		levies                  []string
		notice                  string
	}{
		{"Ontario", "ca", "CA-ON", "CA-ON", cad("31.95"), buyer("CA", "ON"), domain.TaxFacts{}, "on", "4.15", []string{"HST CA-ON 4.15"}, ""},
		{"Ontario to Québec", "ca", "CA-ON", "CA-QC", cad("1000.00"), buyer("CA", "ON"), domain.TaxFacts{}, "qc-interprovincial", "50.00", []string{"GST CA 50.00"}, ""},
		{"within Québec", "ca", "CA-QC", "CA-QC", cad("1000.00"), buyer("CA", "QC"), domain.TaxFacts{}, "qc-within", "149.75", []string{"GST CA 50.00", "QST CA-QC 99.75"}, ""},
		{"Ontario to the United States", "ca", "CA-ON", "US-NY", cad("1000.00"), buyer("CA", "ON"),
			domain.TaxFacts{Evidence: []tax.Evidence{{Evidence: tax.CrossBorderDocument, Reference: "BOL 7"}}}, "outbound", "0.00", nil, "International freight: GST/HST zero-rated"},
		{"British freight for a French business", "gb", "GB", "GB", money.MustParse("100.00", "GBP"), buyer("FR", "", domain.TaxID{Jurisdiction: "FR", ID: "FR12345678901"}), domain.TaxFacts{}, "overseas-business-by-id", "0.00", nil, ""},
		{"German freight for a French business", "de", "DE", "FR", eur("100.00"), buyer("FR", "", domain.TaxID{Jurisdiction: "FR", ID: "FR12345678901"}), domain.TaxFacts{}, "member-state-business", "0.00", nil,
			"Reverse charge: VAT to be accounted for by the recipient"},
		{"India, reverse charge", "in", "IN-MH", "IN-MH", money.MustParse("1000.00", "INR"), buyer("IN", "MH", gstin),
			domain.TaxFacts{Circumstances: []string{tax.ConsignmentNote}}, "reverse-charge", "0.00", nil, "Tax is payable on reverse charge by the recipient"},
		{"United States", "us", "US-IL", "US-TX", usd("1000.00"), buyer("US", "TX"), domain.TaxFacts{}, "freight", "0.00", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := taxedLedger(t, test.country, test.buyer)
			moved := freightOf{"SH-1", test.from, test.to, "2025-06-30", test.net, ""}.moved()
			l.must(t, moved[0])
			if rules := test.recorded; len(rules.Evidence)+len(rules.Circumstances) > 0 {
				l.must(t, domain.RecordTaxFacts{TaxFactsRecorded: domain.TaxFactsRecorded{Shipment: "SH-1", Facts: rules, By: "customs desk"}})
			}
			l.must(t, moved[1:]...)
			v := l.invoices()[0]
			require.Equal(t, domain.InvoiceIsIssued, v.Status, "%v", v.Holds)
			d := v.Taxed.Decisions[0]
			require.Equal(t, [2]string{test.rule, test.tax}, [2]string{d.Rule, v.Tax.Format()})
			require.Equal(t, string(d.Code), v.Lines[0].TaxCode)
			var levies []string
			for _, levy := range v.Lines[0].Taxed.Levies {
				levies = append(levies, levy.Tax+" "+levy.Jurisdiction+" "+levy.Amount.Format())
			}
			require.Equal(t, test.levies, levies)
			if test.notice != "" {
				require.Contains(t, v.Taxed.Notices, test.notice)
			}
			line, ok := v.Taxed.LineTax(v.Lines[0])
			require.True(t, ok)
			bill, err := tax.Compute(v.Candidate.Currency, []tax.Line{{Line: line.Line, Net: v.Lines[0].Amount, Decision: decisionOf(v, 0)}})
			require.NoError(t, err)
			require.Equal(t, bill.Lines[0], line)
			require.Equal(t, bill.Subtotals, v.Taxed.Subtotals)
			require.Empty(t, l.refused)

			// It is the same again, also when a later version covers its day
			rules, later := rulesOf(t, test.country), rulesOf(t, test.country)
			later.Version, later.From, later.Rules = "later", "2025-06-01", nil
			issued := l.last(t, domain.InvoiceIssued{}).(domain.InvoiceIssued)
			again, err := issued.TaxedAgain(tax.Versions{rules, later})
			require.NoError(t, err)
			require.Equal(t, issued, again)
			_, err = issued.TaxedAgain(tax.Versions{later})
			var none *tax.NotInForceError
			require.ErrorAs(t, err, &none)
			require.Equal(t, rules.Version, none.Version)
		})
	}
}

// decisionOf is the whole decision of a line.
func decisionOf(v domain.Invoice, line int) tax.Decision {
	taxed := v.Lines[line].Taxed
	d := v.Taxed.Decisions[taxed.Decision]
	d.Evidence = taxed.Evidence
	return d
}

func TestRule32WhatLacksEvidenceIsHeldUntilItIsRecorded(t *testing.T) {
	// Given freight to the United States without its bill of lading
	l := taxedLedger(t, "ca", buyer("CA", "ON"))
	l.must(t, freightOf{"SH-1", "CA-ON", "US-NY", "2025-06-30", cad("1000.00"), ""}.moved()...)
	v := l.invoices()[0]

	// Then its candidate is held, and says what is missing
	require.Equal(t, []string{domain.HoldTaxFacts}, v.Holds)
	blocked := l.last(t, domain.TaxBlocked{}).(domain.TaxBlocked)
	require.Equal(t, "shipment SH-1, charge F: rule outbound needs cross-border-document: bill of lading, customs entry", blocked.Detail)
	require.Contains(t, v.Missing("2026-01-01", l.state(customer.Stream()).(domain.Customer))[0].Remedy, "record what tax must know")

	// When what serves no rule is recorded, it stays
	record := func(e tax.Evidence) domain.RecordTaxFacts {
		return domain.RecordTaxFacts{TaxFactsRecorded: domain.TaxFactsRecorded{Shipment: "SH-1", By: "customs desk", Facts: domain.TaxFacts{Evidence: []tax.Evidence{e}}}}
	}
	l.must(t, record(tax.Evidence{Evidence: tax.ImportProof, Reference: "entry 5"}))
	require.Equal(t, domain.InvoiceIsHeld, l.invoice(v.ID).Status)

	// and when the bill of lading is, it is issued by itself, on that evidence
	l.must(t, record(tax.Evidence{Evidence: tax.CrossBorderDocument, Reference: "BOL 7"}))
	v = l.invoice(v.ID)
	require.Equal(t, domain.InvoiceIsIssued, v.Status)
	require.Equal(t, []tax.Evidence{{Evidence: tax.CrossBorderDocument, Reference: "BOL 7"}}, v.Lines[0].Taxed.Evidence)
	require.Equal(t, domain.TaxZeroRated, v.Lines[0].TaxCode)
	require.Empty(t, l.refused)

	// What comes after it was issued changes nothing
	l.must(t, record(tax.Evidence{Evidence: tax.ExportProof, Reference: "exit 5"}))
	require.Equal(t, v.Taxed, l.invoice(v.ID).Taxed)
}

func TestRule32ACandidateWaitsForTheTaxIDOfItsCustomer(t *testing.T) {
	// Given a reverse charge for a business whose tax id the ERP does not know
	l := taxedLedger(t, "de", buyer("FR", ""))
	l.must(t, freightOf{"SH-1", "DE", "FR", "2025-06-30", eur("100.00"), ""}.moved()...)
	v := l.invoices()[0]
	require.Equal(t, domain.InvoiceIsHeld, v.Status)
	require.Contains(t, l.last(t, domain.TaxBlocked{}).(domain.TaxBlocked).Detail, "customer-tax-id")

	// When the ERP's data change otherwise, it is decided anew and still waits
	named := buyer("FR", "")
	named.Master.Group = "ACME-GROUP"
	l.must(t, named)
	require.Equal(t, domain.InvoiceIsHeld, l.invoice(v.ID).Status)

	// and when the tax id comes, it is issued by itself
	l.must(t, buyer("FR", "", domain.TaxID{Jurisdiction: "FR", ID: "FR12345678901"}))
	require.Equal(t, domain.InvoiceIsIssued, l.invoice(v.ID).Status)
	require.Equal(t, "FR12345678901", l.invoice(v.ID).Lines[0].Taxed.Evidence[0].Reference)
	require.Empty(t, l.refused)
	require.Empty(t, l.state(customer.Stream()).(domain.Customer).Waiting)
}

func TestRule31ACandidateWaitsForItsIssuerAndForRulesThatSpeakOfIt(t *testing.T) {
	ca := rulesOf(t, "ca")
	l := newLedger(domain.Policy{ByPeriod: true})
	l.now = at("2026-01-01").UTC
	l.must(t, buyer("CA", "ON"), issuer("OTHER", another("OTH")))

	// Given freight that names an issuer which is not set up, while another is
	l.must(t, freightOf{"SH-1", "CA-ON", "CA-ON", "2025-06-30", cad("31.95"), ca.Registrant}.moved()...)
	v := l.invoices()[0]
	require.Equal(t, domain.InvoiceID("ACME_2025-06_issuer-carrier-ca_CAD_1"), v.ID)
	require.Equal(t, []string{domain.HoldIssuer}, v.Holds)

	// When it is, it has no rules yet
	l.must(t, issuer(ca.Registrant, another("FLC")))
	require.Equal(t, []string{domain.HoldTaxRules}, l.invoice(v.ID).Holds)
	require.Contains(t, l.last(t, domain.TaxBlocked{}).(domain.TaxBlocked).Detail, "has adopted no tax rules")

	// And rules that begin later do not help
	l.must(t, adoptRules(onwards(ca, "2030-01-01")))
	require.Equal(t, []string{domain.HoldTaxRules}, l.invoice(v.ID).Holds)
	require.Contains(t, l.last(t, domain.TaxBlocked{}).(domain.TaxBlocked).Detail, "no version is in force on 2025-06-30")
	require.ErrorContains(t, l.do(adoptRules(ca)), "order versions by their first days")

	// When versions are adopted in their order, it is issued in the series of its issuer
	l = newLedger(domain.Policy{ByPeriod: true})
	l.now = at("2026-01-01").UTC
	l.must(t, buyer("CA", "ON"), issuer(ca.Registrant, another("FLC")))
	l.must(t, freightOf{"SH-1", "CA-ON", "CA-ON", "2025-06-30", cad("31.95"), ca.Registrant}.moved()...)
	l.must(t, adoptRules(ca))
	v = l.invoice(v.ID)
	require.Equal(t, [3]string{string(domain.InvoiceIsIssued), "FLC-2025-000001", "4.15"}, [3]string{string(v.Status), v.Number, v.Tax.Format()})
	require.Empty(t, l.refused)
}

func TestRule31WithoutAnyIssuerTheTermsOfTheOrderSayTheTax(t *testing.T) {
	for _, named := range []string{"", "US01"} {
		l := newLedger(domain.Policy{ByPeriod: true})
		l.now = at("2026-01-01").UTC
		moved := freightOf{"SH-1", "CA-ON", "CA-ON", "2025-06-30", cad("31.95"), named}.moved()
		order := moved[0].(domain.ReleaseOrder)
		order.Terms.Tax = domain.Tax{Code: domain.TaxStandard, Percent: "13", Jurisdiction: "CA-ON", Version: "2024-01"}
		l.must(t, buyer("CA", "ON"), order)
		l.must(t, moved[1:]...)
		v := l.invoices()[0]
		require.Equal(t, [3]string{"issued", "INV-2025-000001", "4.15"}, [3]string{string(v.Status), v.Number, v.Tax.Format()})
		require.Nil(t, v.Taxed)
	}

	// Nor does an issuer of its own number series tax what goes to no issuer
	ca := rulesOf(t, "ca")
	l := newLedger(domain.Policy{ByPeriod: true})
	l.now = at("2026-01-01").UTC
	l.must(t, issuer(ca.Registrant, another("FLC")), adoptRules(ca), buyer("CA", "ON"))
	l.must(t, freightOf{"SH-1", "CA-ON", "CA-ON", "2025-06-30", cad("31.95"), ""}.moved()...)
	require.Equal(t, [2]string{"INV-2025-000001", "0.00"}, [2]string{l.invoices()[0].Number, l.invoices()[0].Tax.Format()})
}

func TestRule33RoundingIsFixedForARegistrantAndJurisdiction(t *testing.T) {
	// 31.95 at 13 % is 4.15 combined and 1.60 + 2.56 = 4.16 by component: CRA 125136
	ca := rulesOf(t, "ca")
	for _, test := range []struct {
		parts tax.Parts
		want  string
	}{{tax.Combined, "4.15"}, {tax.ByComponent, "4.16"}} {
		rules := ca
		rules.Rounding = []tax.RoundingIn{{Jurisdictions: ca.Rounding[0].Jurisdictions, Rounding: tax.Rounding{Per: tax.PerLine, Parts: test.parts, Mode: money.HalfUp, Step: tax.MustDecimal("0.01")}}}
		l := newLedger(domain.Policy{ByPeriod: true})
		l.now = at("2026-01-01").UTC
		l.must(t, issuer(rules.Registrant), adoptRules(rules), buyer("CA", "ON"))
		l.must(t, freightOf{"SH-1", "CA-ON", "CA-ON", "2025-06-30", cad("31.95"), ""}.moved()...)
		require.Equal(t, test.want, l.invoices()[0].Tax.Format())
	}

	// A later version that rounds otherwise is refused
	h := domaintest.Given(domain.TaxRulesAdopted{Registrant: ca.Registrant, Rules: ca, By: "finance desk"})
	next := onwards(ca, "2026-01-01")
	next.Rounding = []tax.RoundingIn{{Jurisdictions: ca.Rounding[0].Jurisdictions, Rounding: tax.Rounding{Per: tax.PerInvoice, Parts: tax.Combined, Mode: money.HalfUp, Step: tax.MustDecimal("0.01")}}}
	domaintest.When(t, h, adoptRules(next)).Refused(domain.Conflict).ByRule(33)
}

func TestRule33TaxRoundedOnTheInvoiceIsAllottedToItsLines(t *testing.T) {
	// Given a registrant that rounds on the invoice, and two shipments of 0.10 at 13 %
	ca := rulesOf(t, "ca")
	ca.Rounding = []tax.RoundingIn{{Jurisdictions: ca.Rounding[0].Jurisdictions, Rounding: tax.Rounding{Per: tax.PerInvoice, Parts: tax.Combined, Mode: money.HalfUp, Step: tax.MustDecimal("0.01")}}}
	l := newLedger(domain.Policy{Grace: 3 * day})
	l.now = at("2025-06-01").UTC
	l.must(t, issuer(ca.Registrant), adoptRules(ca), buyer("CA", "ON"))
	for _, id := range []domain.ShipmentID{"SH-1", "SH-2", "SH-3"} {
		l.must(t, freightOf{id, "CA-ON", "CA-ON", "2025-06-30", cad("0.10"), ""}.moved()...)
	}
	require.NoError(t, l.wait(40*day))

	// Then 0.039 is rounded once, to 0.04, of which one line bears two cents
	v := l.invoices()[0]
	require.Equal(t, "0.04", v.Tax.Format())
	require.Equal(t, []string{"0.02", "0.01", "0.01"}, []string{v.Lines[0].Tax.Format(), v.Lines[1].Tax.Format(), v.Lines[2].Tax.Format()})
	line, ok := v.Taxed.LineTax(v.Lines[0])
	require.True(t, ok)
	require.Equal(t, tax.Allotted, line.Amounts[0].Means)
	require.Empty(t, l.refused)
}

func TestLinesThatAreWithdrawnFromASealedInvoiceLeaveTheTaxOfTheRest(t *testing.T) {
	ca := rulesOf(t, "ca")
	reg := domain.RegistrantStream(ca.Registrant)
	listed := domain.IssuerListed{Registrant: ca.Registrant, Default: true, Series: domain.DefaultSeries()}
	told := domaintest.Told{domain.IssuersStream: {listed}, reg: {issuer(ca.Registrant).IssuerSet, domain.TaxRulesAdopted{Registrant: ca.Registrant, Rules: ca, By: "finance desk"}}}
	facts := domain.TaxFacts{Origin: tax.Place{Country: "CA", State: "ON"}, Destination: tax.Place{Country: "CA", State: "ON"}}
	of := func(s domain.ShipmentID, amount string) domain.BillLine {
		return domain.BillLine{Shipment: s, Charge: "F", Kind: domain.Freight, Amount: cad(amount), ServiceDate: "2025-06-30", Facts: &facts}
	}
	c := domain.Candidate{Customer: customer, Period: "2025-06", Currency: "CAD", Number: 1}
	h := played(t, nil, domain.AddLines{Candidate: c, Shipment: "SH-1", Lines: []domain.BillLine{of("SH-1", "100.00")}},
		domain.AddLines{Candidate: c, Shipment: "SH-2", Lines: []domain.BillLine{of("SH-2", "31.95")}})
	sealed := domaintest.When(t, h, domain.SealCandidate{Invoice: c.ID(), TermsDays: 30, Buyer: tax.Customer{Established: tax.Place{Country: "CA", State: "ON"}, Status: tax.Business}}, told).Events()
	require.Equal(t, "17.15", sealed[0].(domain.CandidateSealed).Tax.Format())
	require.Equal(t, 2, sealed[0].(domain.CandidateSealed).Changes, "of its issuer that were known: who it is, and its rules")

	events := domaintest.When(t, h.And(sealed...), domain.WithdrawLines{Invoice: c.ID(), Shipment: "SH-1", Charges: []domain.ChargeID{"F"}, Reason: "exception X1"}).Events()
	again := events[1].(domain.CandidateSealed)
	require.Equal(t, [2]string{"4.15", "36.10"}, [2]string{again.Tax.Format(), again.Total.Format()})
	require.Len(t, again.Lines, 1)
	require.Equal(t, cad("31.95"), again.Taxed.Subtotals[0].Net)
	require.Equal(t, 2, again.Changes, "nothing was decided anew")
}

func TestAnInvoiceOfAsManyLinesAsItMayHaveStaysOneEventWithItsTax(t *testing.T) {
	const largest = 1 << 20 // bytes that a store appends at once
	ca := rulesOf(t, "ca")
	told := domaintest.Told{domain.IssuersStream: {domain.IssuerListed{Registrant: ca.Registrant, Default: true, Series: domain.DefaultSeries()}},
		domain.RegistrantStream(ca.Registrant): {issuer(ca.Registrant).IssuerSet, domain.TaxRulesAdopted{Registrant: ca.Registrant, Rules: ca, By: "finance desk"}}}
	c := domain.Candidate{Customer: customer, Period: "2025-06", Currency: "CAD", Number: 1}
	h := domaintest.Given(domain.CandidateOpened{Invoice: c.ID(), Candidate: c, BillingDate: "2025-06-30"})
	for i := range domain.MaxInvoiceLines {
		id := domain.ShipmentID(fmt.Sprintf("SHIPMENT-%06d", i))
		facts := domain.TaxFacts{Origin: tax.Place{Country: "CA", State: "ON"}, Destination: tax.Place{Country: "US", State: "NY"},
			Evidence: []tax.Evidence{{Evidence: tax.CrossBorderDocument, Reference: fmt.Sprintf("BOL-%08d", i)}}}
		day := fmt.Sprintf("2025-06-%02d", 1+i%30)
		h = h.And(domain.LinesAdded{Invoice: c.ID(), Shipment: id, Lines: []domain.BillLine{{Shipment: id, Charge: "linehaul", Kind: domain.Freight, Code: "400", Description: strings.Repeat("x", 100),
			Amount: cad("1234.56"), Tax: cad("0.00"), Accrued: cad("1234.56"), ServiceDate: day, Facts: &facts}}})
	}
	seal := domain.SealCandidate{Invoice: c.ID(), TermsDays: 30, Buyer: tax.Customer{Established: tax.Place{Country: "CA", State: "ON"}, Status: tax.Business}}
	h = h.And(domaintest.When(t, h, seal, told).Events()...)
	issued := domaintest.When(t, h, domain.IssueInvoice{Invoice: c.ID(), Number: "INV-2025-000001"}).Events()[0].(domain.InvoiceIssued)
	require.Len(t, issued.Taxed.Decisions, 30, "one a day")
	_, _, body, err := domain.Events().Encode(issued)
	require.NoError(t, err)
	require.Less(t, len(body), largest)
}
