package domain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/stretchr/testify/require"
)

func place(country, state string) tax.Place { return tax.Place{Country: country, State: state} }

func recordFacts(f domain.TaxFacts) domain.RecordTaxFacts {
	return domain.RecordTaxFacts{TaxFactsRecorded: domain.TaxFactsRecorded{Shipment: shipment, Facts: f, By: "customs desk"}}
}

// stops are a journey: "+CA-ON" is a pickup there, "-US-NY" a delivery.
func stops(places ...string) []domain.Stop {
	list := make([]domain.Stop, len(places))
	for i, p := range places {
		list[i] = domain.Stop{Seq: i + 1, Kind: domain.StopPickup}
		if p[0] == '-' {
			list[i].Kind = domain.StopDelivery
		}
		list[i].Where.Country, list[i].Where.State, _ = strings.Cut(p[1:], "-")
	}
	return list
}

// claimedOf is a shipment whose charge F is on a candidate, and what its line
// says.
func claimedOf(t testing.TB, o domain.OrderReleased) (domaintest.History, domain.BillLine) {
	t.Helper()
	h := played(t, domaintest.Given(o), enter("F", domain.Freight, "100.00"))
	for _, stop := range o.Stops {
		if stop.Kind == domain.StopDelivery {
			h = played(t, h, record(stop.Seq, domain.Unloaded, "2024-03-05T14:00:00"))
		}
	}
	h = played(t, h, receivePOD("2024-03-05"))
	events := domaintest.When(t, h, verifyPOD(domain.PODClean)).Events()
	for _, e := range events {
		if e, ok := e.(domain.ChargesClaimed); ok {
			return h.And(events...), e.Lines[0]
		}
	}
	require.Fail(t, "nothing was claimed")
	return nil, domain.BillLine{}
}

func TestWhatTaxKnowsOfAMovementIsInItsOrder(t *testing.T) {
	on, qc, ny := place("CA", "ON"), place("CA", "QC"), place("US", "NY")
	for name, test := range map[string]struct {
		stops []domain.Stop
		want  *domain.TaxFacts
	}{
		"from the pickup to the delivery":           {stops("+CA-ON", "-US-NY"), &domain.TaxFacts{Origin: on, Destination: ny}},
		"the first pickup, and by way of the rest":  {stops("+CA-ON", "+CA-QC", "-US-NY"), &domain.TaxFacts{Origin: on, Destination: ny, Via: []tax.Place{qc}}},
		"the last delivery, by way of the others":   {stops("+CA-ON", "-CA-QC", "-US-NY"), &domain.TaxFacts{Origin: on, Destination: ny, Via: []tax.Place{qc}}},
		"a pickup behind it is no destination":      {stops("+CA-ON", "-US-NY", "+CA-QC"), &domain.TaxFacts{Origin: on, Destination: ny, Via: []tax.Place{qc}}},
		"a delivery before it is no origin":         {stops("-CA-QC", "+CA-ON", "-US-NY"), &domain.TaxFacts{Origin: on, Destination: ny, Via: []tax.Place{qc}}},
		"by way of each place once":                 {stops("+CA-ON", "+CA-QC", "+CA-QC", "-CA-QC", "-US-NY"), &domain.TaxFacts{Origin: on, Destination: ny, Via: []tax.Place{qc}}},
		"where a stop lies need not be known":       {stops("+CA-ON", "+", "-", "-US-NY"), &domain.TaxFacts{Origin: on, Destination: ny}},
		"and may be known of none":                  {stops("+", "-"), nil},
		"a country has two letters":                 {stops("+CAN-ON", "-US-NY"), &domain.TaxFacts{Destination: ny}},
		"of the alphabet":                           {stops("+C1-ON", "-US-NY"), &domain.TaxFacts{Destination: ny}},
		"which are capitals":                        {stops("+ca-ON", "-US-NY"), &domain.TaxFacts{Destination: ny}},
		"a state is left out that is written out":   {stops("+CA-ONTARIO", "-US-NY"), &domain.TaxFacts{Origin: place("CA", ""), Destination: ny}},
		"or in small letters":                       {stops("+CA-on", "-US-NY"), &domain.TaxFacts{Origin: place("CA", ""), Destination: ny}},
		"a state may have three letters or figures": {stops("+GB-ENG", "-FR-75C"), &domain.TaxFacts{Origin: place("GB", "ENG"), Destination: place("FR", "75C")}},
		"and its country before it":                 {stops("+CA-CA-ON", "-US-NY"), &domain.TaxFacts{Origin: on, Destination: ny}},
	} {
		t.Run(name, func(t *testing.T) {
			_, line := claimedOf(t, orderWith(func(o *domain.OrderReleased) { o.Stops = test.stops }))
			require.Equal(t, test.want, line.Facts)
		})
	}
}

func TestTheProofThatAnOrderNamesIsEvidenceOfItsTax(t *testing.T) {
	_, line := claimedOf(t, orderWith(func(o *domain.OrderReleased) {
		o.Terms.Tax = domain.Tax{Code: domain.TaxZeroRated, Evidence: "CMR 7"}
	}))
	require.Equal(t, &domain.TaxFacts{Evidence: []tax.Evidence{{Evidence: tax.CrossBorderDocument, Reference: "CMR 7"}}}, line.Facts)
}

func TestWhatIsRecordedForTaxIsAddedToWhatIsKnown(t *testing.T) {
	// Given freight from Ontario to New York that is on a candidate, and a charge that is not
	bol, entry := tax.Evidence{Evidence: tax.CrossBorderDocument, Reference: "BOL 7"}, tax.Evidence{Evidence: tax.ImportProof, Reference: "entry 5"}
	h, _ := claimedOf(t, orderWith(func(o *domain.OrderReleased) { o.Stops = stops("+CA-ON", "-US-NY") }))
	h = h.And(charge("D", domain.Accessorial, "60.00"))

	// When tax is told more of it, then its invoice is told all, once
	first := recordFacts(domain.TaxFacts{ShippedFrom: place("CA", "QC"), Via: []tax.Place{place("US", "ME")}, Circumstances: []string{tax.TiedToExport}, Evidence: []tax.Evidence{bol}})
	told := domain.ClaimRestated{Shipment: shipment, Invoice: invoice, Facts: domain.TaxFacts{Origin: place("CA", "ON"), Destination: place("US", "NY"), Via: []tax.Place{place("US", "ME")},
		ShippedFrom: place("CA", "QC"), Circumstances: []string{tax.TiedToExport}, Evidence: []tax.Evidence{bol}}}
	domaintest.When(t, h, first).Then(first.TaxFactsRecorded, told)
	h = played(t, h, first)

	// and a place that is stated again replaces the one before, where lists grow
	second := recordFacts(domain.TaxFacts{Origin: place("CA", "NS"), ShippedFrom: place("CA", "NB"), ShippedTo: place("US", "MA"), Destination: place("US", "CT"),
		Via: []tax.Place{place("US", "ME"), place("US", "NH")}, Evidence: []tax.Evidence{bol, entry}})
	told.Facts = domain.TaxFacts{Origin: place("CA", "NS"), Destination: place("US", "CT"), ShippedFrom: place("CA", "NB"), ShippedTo: place("US", "MA"),
		Via: []tax.Place{place("US", "ME"), place("US", "NH")}, Circumstances: []string{tax.TiedToExport}, Evidence: []tax.Evidence{bol, entry}}
	domaintest.When(t, h, second).Then(second.TaxFactsRecorded, told)
	h = played(t, h, second)

	// and what is known already is no news
	domaintest.When(t, h, second).Nothing()
	domaintest.When(t, h, recordFacts(domain.TaxFacts{Evidence: []tax.Evidence{bol}})).Nothing()
}

func TestAnInvoiceThatClaimsSeveralChargesIsToldOnceWhatTaxKnows(t *testing.T) {
	h := deliveredWith(t, enter("I", domain.Insurance, "7.00"), verifyPOD(domain.PODClean))
	f := recordFacts(domain.TaxFacts{ShippedTo: place("US", "NY")})
	domaintest.When(t, h, f).Then(f.TaxFactsRecorded, domain.ClaimRestated{Shipment: shipment, Invoice: invoice, Facts: f.Facts})
	domaintest.When(t, deliveredWith(t), f).Then(f.TaxFactsRecorded)
}

func TestWhatIsRecordedForTaxHasItsBounds(t *testing.T) {
	f := recordFacts(domain.TaxFacts{ShippedTo: place("US", "NY")})
	domaintest.When(t, nil, f).Refused(domain.NotFound)
	nobody := f
	nobody.By = ""
	domaintest.When(t, released(), nobody).Refused(domain.Invalid)

	many := func(n int) (f domain.TaxFacts) {
		for i := range n {
			f.Via = append(f.Via, place("FR", fmt.Sprintf("%02d", i)))
			f.Circumstances = append(f.Circumstances, fmt.Sprint("word-", i))
			f.Evidence = append(f.Evidence, tax.Evidence{Evidence: tax.Declaration, Reference: fmt.Sprint("page ", i)})
		}
		return f
	}
	document := func(kind tax.EvidenceKind, reference, jurisdiction string) domain.TaxFacts {
		return domain.TaxFacts{Evidence: []tax.Evidence{{Evidence: kind, Reference: reference, Jurisdiction: jurisdiction}}}
	}
	long := strings.Repeat("x", 190)
	for name, facts := range map[string]domain.TaxFacts{
		"as much as is taken":     many(50),
		"places with and without": {Origin: place("CA", ""), ShippedTo: place("GB", "ENG")},
		"a long word":             {Circumstances: []string{strings.Repeat("w", 40)}},
		"a long reference":        document(tax.ExportProof, long, "CA-ON-4567"),
	} {
		t.Run(name, func(t *testing.T) {
			domaintest.When(t, released(), recordFacts(facts)).Then(recordFacts(facts).TaxFactsRecorded)
		})
	}
	for name, test := range map[string]struct {
		facts domain.TaxFacts
		rule  int
	}{
		"too many places":                  {domain.TaxFacts{Via: many(51).Via}, 0},
		"too many circumstances":           {domain.TaxFacts{Circumstances: many(51).Circumstances}, 0},
		"too many documents":               {domain.TaxFacts{Evidence: many(51).Evidence}, 0},
		"a state that is written out":      {domain.TaxFacts{Origin: place("CA", "Ontario")}, 31},
		"a state without its country":      {domain.TaxFacts{Destination: place("", "ON")}, 31},
		"no country":                       {domain.TaxFacts{Via: []tax.Place{place("CAN", "")}}, 31},
		"a circumstance without a word":    {domain.TaxFacts{Circumstances: []string{""}}, 31},
		"too long a word":                  {domain.TaxFacts{Circumstances: []string{strings.Repeat("w", 41)}}, 31},
		"a kind that nobody knows":         {document("hearsay", "page 1", ""), 32},
		"a document that cannot be found":  {document(tax.ExportProof, "", "CA"), 32},
		"too long a reference":             {document(tax.ExportProof, long, "CA-ON-45678"), 32},
		"too long a reference and nothing": {document(tax.ExportProof, long+long, ""), 32},
	} {
		t.Run(name, func(t *testing.T) {
			domaintest.When(t, released(), recordFacts(test.facts)).Refused(domain.Invalid).ByRule(test.rule)
		})
	}
	// A list that grows beyond it is refused as well
	h := played(t, released(), recordFacts(domain.TaxFacts{Via: many(50).Via}))
	domaintest.When(t, h, recordFacts(domain.TaxFacts{Via: []tax.Place{place("US", "NY")}})).Refused(domain.Invalid)
}

func TestALineTellsAChartItsUnitAndWhereItBeginsAndEnds(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*domain.OrderReleased)
		want   domain.Dimensions
	}{
		"a country and a state":    {func(o *domain.OrderReleased) { o.Stops = stops("+us-il", "-US-TX") }, domain.Dimensions{Origin: "US-IL", Destination: "US-TX"}},
		"a country alone":          {func(o *domain.OrderReleased) { o.Stops = stops("+DE", "-FR") }, domain.Dimensions{Origin: "DE", Destination: "FR"}},
		"no state without country": {func(o *domain.OrderReleased) { o.Stops = stops("+-IL", "-US-TX") }, domain.Dimensions{Destination: "US-TX"}},
		"from the first pickup to the last delivery": {func(o *domain.OrderReleased) { o.Stops = stops("+US-IL", "+US-IA", "-US-OK", "-US-TX") },
			domain.Dimensions{Origin: "US-IL", Destination: "US-TX"}},
		"and not one that is optional": {func(o *domain.OrderReleased) {
			o.Stops = stops("+US-IL", "-US-OK", "-US-TX")
			o.Stops[2].Optional = true
		}, domain.Dimensions{Origin: "US-IL", Destination: "US-OK"}},
		"its unit, and whose tax": {func(o *domain.OrderReleased) {
			o.Terms.Unit, o.Terms.Tax = "reefer", domain.Tax{Code: domain.TaxExempt, Jurisdiction: "US-IL"}
			o.Stops[0].Where, o.Stops[1].Where = rating.Place{}, rating.Place{}
		}, domain.Dimensions{Unit: "reefer", Jurisdiction: "US-IL"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, line := claimedOf(t, orderWith(test.change))
			require.Equal(t, test.want, line.Dimensions)
		})
	}
}
