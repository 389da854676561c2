package domain_test

import (
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
)

func exampleIssuer() domain.Issuer {
	return domain.Issuer{Name: "Lakeshore Freight Ltd.", Register: "Ontario 1234567", Book: "CAD", Default: true,
		Address:       domain.Address{Street: "1 Dock Road", City: "Hamilton", Region: "ON", PostalCode: "L8L 1A1", Country: "CA"},
		Registrations: []domain.TaxID{{Jurisdiction: "CA", ID: "123456789 RT0001"}}, Series: domain.DefaultSeries(),
		Exchange: []domain.BookRate{{Currency: "USD", Index: "BOC-USD", Per: "USD", On: domain.RateOnService, WithinDays: 5}}}
}

// exampleExchange is a document in the books: 1 USD = 1.3761 CAD.
func exampleExchange(net, tax, total string) *domain.Exchange {
	return &domain.Exchange{Per: "USD", On: "2024-04-04", Known: 12, Net: cad(net), Tax: cad(tax), Total: cad(total),
		Rate: rating.IndexValue{Index: "BOC-USD", Published: "2024-04-03", Effective: "2024-04-03", Value: number6("1.3761"), Source: "Bank of Canada"}}
}

func exampleBuyer() tax.Customer {
	return tax.Customer{Customer: string(customer), Established: tax.Place{Country: "CA", State: "ON"}, Status: tax.Business,
		TaxIDs:       []tax.TaxID{{Jurisdiction: "CA", Number: "987654321 RT0001"}},
		Certificates: []tax.Certificate{{Certificate: "first-nation", Number: "77", From: "2024-01-01", Through: "2024-12-31"}}}
}

func exampleTaxFacts() domain.TaxFacts {
	return domain.TaxFacts{Origin: tax.Place{Country: "CA", State: "ON"}, Destination: tax.Place{Country: "CA", State: "ON"}, Via: []tax.Place{{Country: "CA", State: "QC"}},
		ShippedFrom: tax.Place{Country: "CA", State: "ON"}, ShippedTo: tax.Place{Country: "US", State: "NY"}, Circumstances: []string{tax.TiedToExport},
		Evidence: []tax.Evidence{{Evidence: tax.CrossBorderDocument, Reference: "BOL 881204", Jurisdiction: "CA"}}}
}

func exampleRounding() tax.Rounding {
	return tax.Rounding{Per: tax.PerLine, Parts: tax.Combined, Mode: money.HalfUp, Step: tax.MustDecimal("0.01")}
}

func exampleDecision() tax.Decision {
	return tax.Decision{Registrant: "LAKE", Version: "2024-1", Rule: "on", TaxDate: "2024-03-05", Code: tax.Standard, Jurisdiction: "CA-ON", Registration: "123456789 RT0001",
		Levies: []tax.Levy{{Tax: "HST", Jurisdiction: "CA-ON", Registration: "123456789 RT0001", Percent: tax.MustDecimal("13"), Round: exampleRounding(),
			Parts: []tax.Component{{Name: "GST part", Percent: tax.MustDecimal("5"), Of: "HST"}, {Name: "Ontario part", Percent: tax.MustDecimal("8"), Of: "HST"}}}},
		Basis: "Excise Tax Act, Sch. IX, Part VI", Unconfirmed: "the schedule was not read", Notice: "HST included", Category: "S",
		PassedOver: []tax.PassedOver{{Rule: "export", Lacks: []tax.Need{{Evidence: tax.CrossBorderDocument, Detail: "bill of lading"}}}}}
}

// exampleTaxed is the tax of exampleLines.
func exampleTaxed() *domain.Taxed {
	reverse := tax.Decision{Registrant: "LAKE", Version: "2024-1", Rule: "abroad", TaxDate: "2024-03-05", Code: tax.ReverseCharge, Jurisdiction: "FR", Basis: "Article 196",
		Notice: "Reverse charge", Category: "AE", VATEX: "VATEX-EU-AE"}
	round := exampleRounding()
	return &domain.Taxed{Registrant: "LAKE", Seller: exampleIssuer(), Buyer: exampleBuyer(), Facts: []domain.TaxFacts{exampleTaxFacts(), exampleTaxFacts()},
		Decisions: []tax.Decision{reverse, exampleDecision()},
		Subtotals: []tax.Subtotal{{Code: tax.Standard, Category: "S", Tax: "HST", Jurisdiction: "CA-ON", Registration: "123456789 RT0001", Net: usd("219.17"), Percent: tax.MustDecimal("13"),
			Exact: "28.4921", Means: tax.Rounded, Round: &round, Amount: usd("28.49")}},
		Notices: []string{"HST included"}}
}

func exampleTaxedLine(amount string) domain.TaxedLine {
	return domain.TaxedLine{Facts: 1, Decision: 1, Evidence: []tax.Evidence{{Evidence: tax.CustomerTaxID, Reference: "987654321 RT0001", Jurisdiction: "CA"}},
		Levies: []domain.Levied{{Tax: "HST", Jurisdiction: "CA-ON", Amount: usd(amount)}}}
}

func exampleTaxedLines() []domain.TaxedLine {
	var lines []domain.TaxedLine
	for _, line := range exampleLines() {
		lines = append(lines, *line.Taxed)
	}
	return lines
}

func taxExamples() []domain.Event {
	waiting := []domain.Candidate{exampleCandidate()}
	rules := tax.Rules{Registrant: "LAKE", Version: "2024-1", Title: "Ontario", From: "2024-01-01", Through: "2024-12-31", Home: "CA-ON", Note: "an example",
		Sources:       []tax.Source{{Source: "eta", Title: "Excise Tax Act", URL: "https://laws-lois.justice.gc.ca"}},
		Registrations: []tax.Registration{{Jurisdictions: []string{"CA-ON"}, Number: "123456789 RT0001"}},
		Rounding:      []tax.RoundingIn{{Jurisdictions: []string{"CA-ON"}, Rounding: exampleRounding()}},
		Rules: []tax.Rule{{Rule: "on", When: tax.When{Origin: tax.Places{In: []string{"CA"}}},
			Then: tax.Outcome{Code: tax.Standard, Jurisdiction: "CA-ON", Components: []tax.Component{{Name: "HST", Percent: tax.MustDecimal("13")}}, Basis: tax.Basis{Text: "Sch. IX", Source: "eta"}, Category: "S"}}}}
	return []domain.Event{
		domain.IssuerSet{Registrant: "LAKE", Issuer: exampleIssuer(), By: "finance desk", Source: exampleSource, Waiting: waiting},
		domain.IssuerListed{Registrant: "LAKE", Default: true, Series: domain.DefaultSeries()},
		domain.TaxRulesAdopted{Registrant: "LAKE", Rules: rules, By: "finance desk", Source: exampleSource, Waiting: waiting},
		domain.RegistrantAwaited{Registrant: "LAKE", Candidate: exampleCandidate(), Changed: true},
		domain.TaxFactsRecorded{Shipment: shipment, Facts: exampleTaxFacts(), By: "customs desk", Source: exampleSource},
		domain.ClaimRestated{Shipment: shipment, Invoice: invoice, Facts: exampleTaxFacts()},
		domain.LinesRestated{Invoice: invoice, Shipment: shipment, Facts: exampleTaxFacts()},
		domain.ExchangeBlocked{Invoice: invoice, Candidate: exampleCandidate(), Registrant: "LAKE", Changes: 2, Index: "BOC-USD", Values: 7,
			Detail: "series BOC-USD has no rate of USD for CAD in effect on 2024-04-04 or in the 5 days before"},
		domain.TaxBlocked{Invoice: invoice, Candidate: exampleCandidate(), Registrant: "LAKE", Changes: 2, Buyer: exampleBuyer(), Reason: domain.HoldTaxFacts,
			Detail: "shipment SH-1, charge F: rule export needs cross-border-document: bill of lading"},
	}
}
