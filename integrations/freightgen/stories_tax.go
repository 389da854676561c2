package freightgen

import (
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
)

// exported: 800.00 from Ontario to New York, zero-rated on its bill of lading,
// and 100.00 within Ontario with 13.00 of tax, for an issuer whose books are in
// CAD: at 1.3643 it is 1,227.87 and 17.74 of tax there.
func exported(t teller) Story {
	t.name = "export"
	const issuer = "ST-NORTH"
	order := func(n int, from, to domain.Stop) domain.Command {
		o := t.order(n)
		o.Terms.Issuer = issuer
		from.Seq, from.Kind, to.Seq, to.Kind = 1, domain.StopPickup, 2, domain.StopDelivery
		o.Stops = []domain.Stop{from, to}
		return domain.ReleaseOrder{OrderReleased: o}
	}
	var ontario, newYork domain.Stop
	ontario.Where.Country, ontario.Where.State = "CA", "ON"
	newYork.Where.Country, newYork.Where.State = "US", "NY"
	v := domain.Candidate{Customer: t.customer(), Issuer: issuer, Period: february, Currency: "USD", Number: 1}.ID()
	rules := storyRules(issuer)
	rules.Registrations = []tax.Registration{{Jurisdictions: []string{"CA", "CA-ON"}, Number: "EXAMPLE RT0001"}}
	rules.Rounding = []tax.RoundingIn{{Jurisdictions: []string{"CA", "CA-ON"}, Rounding: tax.Rounding{Per: tax.PerLine, Parts: tax.Combined, Mode: money.HalfUp, Step: tax.MustDecimal("0.01")}}}
	rules.Rules = []tax.Rule{
		{Rule: "outbound", When: tax.When{Origin: tax.Places{In: []string{"CA"}}, Destination: tax.Places{NotIn: []string{"CA"}}},
			Then: tax.Outcome{Code: tax.ZeroRated, Jurisdiction: "CA", Needs: []tax.Need{{Evidence: tax.CrossBorderDocument, Detail: "bill of lading"}}, Lacking: tax.Hold,
				Basis: tax.Basis{Text: "freight out of the country", Source: "story"}, Notice: "International freight: zero-rated", Category: "Z"}},
		{Rule: "within", When: tax.When{Destination: tax.Places{In: []string{"CA-ON"}}},
			Then: tax.Outcome{Code: tax.Standard, Jurisdiction: "CA-ON", Components: []tax.Component{{Name: "HST", Percent: tax.MustDecimal("13")}},
				Basis: tax.Basis{Text: "freight by destination", Source: "story"}, Category: "S"}}}
	first := append([]domain.Command{order(1, ontario, newYork), t.freight(1, "800.00")}, t.delivered(1, delivery)...)
	first = append(append(first, order(2, ontario, ontario), t.freight(2, "100.00")), t.delivered(2, delivery)...)
	s := t.story("tax by the rules of the issuer, which come late; zero-rated on a bill of lading that comes later; billed when the rate for its books is published", paidUp("913.00", "0.00", "913.00"),
		Step{Note: "delivered for an issuer that has adopted no rules", Commands: commands(append(first, setIssuer(issuer, "STN", "CAD", domain.BookRate{Currency: "USD", Index: "ST-BOC-USD", Per: "USD"}))...)},
		Step{Note: "its rules come", Commands: commands(domain.AdoptTaxRules{Rules: rules, By: finance})},
		Step{Note: "the bill of lading is recorded", Commands: commands(domain.RecordTaxFacts{TaxFactsRecorded: domain.TaxFactsRecorded{Shipment: t.shipment(1), By: dispatch,
			Facts: domain.TaxFacts{Evidence: []tax.Evidence{{Evidence: tax.CrossBorderDocument, Reference: "BOL " + string(t.shipment(1))}}}}})},
		Step{Note: "the rate is published", Commands: commands(domain.PublishIndex{Index: "ST-BOC-USD", Values: []rating.IndexValue{
			{Published: "2026-02-26", Effective: "2026-02-26", Value: rating.MustDecimal("1.3705"), Source: "a story"},
			{Published: "2026-02-27", Effective: "2026-02-27", Value: rating.MustDecimal("1.3643"), Source: "a story"}}})},
		Step{Note: "paid", Receipts: []Receipt{{"1", v, "913.00", inMarch}}})
	s.Customer.Tax = inNewYork
	return s
}

var inNewYork = &CustomerTax{Status: "business", Country: "US", Region: "NY"}

// setIssuer sets up an issuer with number series and books of its own.
func setIssuer(id, series string, book money.Currency, rates ...domain.BookRate) domain.Command {
	return domain.SetIssuer{IssuerSet: domain.IssuerSet{Registrant: id, By: finance, Issuer: domain.Issuer{Name: "Story " + id,
		Address:       domain.Address{Street: "1 Dock Road", City: "Hamilton", Region: "ON", PostalCode: "L8L 1A1", Country: "CA"},
		Registrations: []domain.TaxID{{Jurisdiction: "CA", ID: "EXAMPLE RT0001"}}, Book: book, Exchange: rates,
		Series: domain.Series{Invoice: series, Debit: series + "D", Credit: series + "C"}}}}
}

// storyRules are rules by which freight between two known countries is outside
// of any tax.
func storyRules(registrant string) tax.Rules {
	return tax.Rules{Registrant: registrant, Version: "2026-1", From: "2026-01-01", Home: "CA-ON", Note: "Rules of a story, no tax advice.",
		Sources: []tax.Source{{Source: "story", Title: "A story of this program"}},
		Rules:   []tax.Rule{{Rule: "all", Then: tax.Outcome{Code: tax.OutOfScope, Jurisdiction: "US", Basis: tax.Basis{Text: "no tax on freight", Source: "story"}, Category: "O"}}}}
}
