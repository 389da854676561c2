package freightgen

import (
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/tax"
)

// exported: 800.00 from Ontario to New York, zero-rated on its bill of lading,
// and 100.00 within Ontario with 13.00 of tax.
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
	particulars := domain.Issuer{Name: "Story North Ltd.", Address: domain.Address{Street: "1 Dock Road", City: "Hamilton", Region: "ON", PostalCode: "L8L 1A1", Country: "CA"},
		Registrations: []domain.TaxID{{Jurisdiction: "CA", ID: "EXAMPLE RT0001"}}, Book: "CAD", Series: domain.Series{Invoice: "STN", Debit: "STND", Credit: "STNC"}}
	rules := tax.Rules{Registrant: issuer, Version: "2026-1", From: "2026-01-01", Home: "CA-ON", Note: "Rates of a story, no tax advice.",
		Sources:       []tax.Source{{Source: "story", Title: "A story of this program"}},
		Registrations: []tax.Registration{{Jurisdictions: []string{"CA", "CA-ON"}, Number: "EXAMPLE RT0001"}},
		Rounding:      []tax.RoundingIn{{Jurisdictions: []string{"CA", "CA-ON"}, Rounding: tax.Rounding{Per: tax.PerLine, Parts: tax.Combined, Mode: money.HalfUp, Step: tax.MustDecimal("0.01")}}},
		Rules: []tax.Rule{
			{Rule: "outbound", When: tax.When{Origin: tax.Places{In: []string{"CA"}}, Destination: tax.Places{NotIn: []string{"CA"}}},
				Then: tax.Outcome{Code: tax.ZeroRated, Jurisdiction: "CA", Needs: []tax.Need{{Evidence: tax.CrossBorderDocument, Detail: "bill of lading"}}, Lacking: tax.Hold,
					Basis: tax.Basis{Text: "freight out of the country", Source: "story"}, Notice: "International freight: zero-rated", Category: "Z"}},
			{Rule: "within", When: tax.When{Destination: tax.Places{In: []string{"CA-ON"}}},
				Then: tax.Outcome{Code: tax.Standard, Jurisdiction: "CA-ON", Components: []tax.Component{{Name: "HST", Percent: tax.MustDecimal("13")}},
					Basis: tax.Basis{Text: "freight by destination", Source: "story"}, Category: "S"}}}}
	first := append([]domain.Command{order(1, ontario, newYork), t.freight(1, "800.00")}, t.delivered(1, delivery)...)
	first = append(append(first, order(2, ontario, ontario), t.freight(2, "100.00")), t.delivered(2, delivery)...)
	s := t.story("an issuer set up after its freight, tax by its rules, zero-rated on a bill of lading that comes late", paidUp("913.00", "0.00", "913.00"),
		Step{Note: "delivered for an issuer that nobody has set up", Commands: commands(first...)},
		Step{Note: "the issuer and its rules come", Commands: commands(
			domain.SetIssuer{IssuerSet: domain.IssuerSet{Registrant: issuer, Issuer: particulars, By: finance}}, domain.AdoptTaxRules{Rules: rules, By: finance})},
		Step{Note: "the bill of lading is recorded", Commands: commands(domain.RecordTaxFacts{TaxFactsRecorded: domain.TaxFactsRecorded{Shipment: t.shipment(1), By: dispatch,
			Facts: domain.TaxFacts{Evidence: []tax.Evidence{{Evidence: tax.CrossBorderDocument, Reference: "BOL " + string(t.shipment(1))}}}}})},
		Step{Note: "paid", Receipts: []Receipt{{"1", v, "913.00", inMarch}}})
	s.Customer.Tax = &CustomerTax{Status: "business", Country: "US", Region: "NY"}
	return s
}
