package trace_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/freightledger/freightledger/projections/flow"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/trace"
	"github.com/stretchr/testify/require"
)

// northern are rules of two: what leaves the country is zero-rated on its bill
// of lading, what stays in Québec bears two taxes.
func northern() tax.Rules {
	all := []string{"CA", "CA-QC"}
	return tax.Rules{Registrant: "north", Version: "2026-1", From: "2026-01-01", Home: "CA-QC",
		Sources:       []tax.Source{{Source: "act", Title: "The act"}},
		Registrations: []tax.Registration{{Jurisdictions: []string{"CA"}, Number: "EXAMPLE RT0001"}, {Jurisdictions: []string{"CA-QC"}, Number: "EXAMPLE TQ0001"}},
		Rounding:      []tax.RoundingIn{{Jurisdictions: all, Rounding: tax.Rounding{Per: tax.PerLine, Parts: tax.Combined, Mode: money.HalfUp, Step: tax.MustDecimal("0.01")}}},
		Rules: []tax.Rule{
			{Rule: "outbound", When: tax.When{Destination: tax.Places{NotIn: []string{"CA"}}},
				Then: tax.Outcome{Code: tax.ZeroRated, Jurisdiction: "CA", Needs: []tax.Need{{Evidence: tax.CrossBorderDocument, Detail: "bill of lading"}}, Lacking: tax.Hold,
					Basis: tax.Basis{Text: "s. 6", Source: "act"}, Category: "Z"}},
			{Rule: "within", When: tax.When{Destination: tax.Places{In: []string{"CA-QC"}}},
				Then: tax.Outcome{Code: tax.Standard, Jurisdiction: "CA-QC", Basis: tax.Basis{Text: "s. 2", Source: "act"}, Category: "S",
					Components: []tax.Component{{Name: "GST", Percent: tax.MustDecimal("5"), Jurisdiction: "CA"}, {Name: "QST", Percent: tax.MustDecimal("9.975")}}}}}}
}

// northernDesk is a ledger of an issuer in Québec with books in CAD, under its
// northern rules; settle lets everything follow that follows.
func northernDesk(t *testing.T, rates ...domain.BookRate) (d *seeded.Desk, settle func()) {
	t.Helper()
	d = seeded.Open(t, 1)
	r, err := flow.Open(t.Context(), filepath.Join(t.TempDir(), "flow.db"), d.Store, d.Codec, d.Exec, domain.Policy{ByPeriod: true}, flow.Options{Clock: d.Clock, Logger: d.Log})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	d.Pass(13 * 365 * 24 * time.Hour)
	d.Must(domain.SetIssuer{IssuerSet: domain.IssuerSet{Registrant: "north", By: "finance",
		Issuer: domain.Issuer{Name: "North Freight", Address: domain.Address{Country: "CA"}, Book: "CAD", Default: true, Exchange: rates}}})
	d.Must(domain.AdoptTaxRules{Rules: northern(), By: "finance"})
	d.Must(domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: "ACME", Source: "books", Master: domain.CustomerMaster{Name: "Acme Stores", TermsDays: 30,
		Credit: domain.CreditGood, Active: true, TaxStatus: tax.Business, BillingTo: domain.Address{Country: "CA", Region: "QC"}}}})
	return d, func() {
		_, err := r.Settle(t.Context(), nil)
		require.NoError(t, err)
	}
}

// carried delivers freight from Québec, with its proof.
func carried(d *seeded.Desk, id domain.ShipmentID, amount money.Money, to rating.Place) {
	d.T.Helper()
	order := seeded.Order(id, "ACME", domain.Source{})
	order.Currency, order.Terms = amount.Currency(), domain.Terms{}
	order.Stops = []domain.Stop{{Seq: 1, Kind: domain.StopPickup, Where: rating.Place{Country: "CA", State: "QC"}}, {Seq: 2, Kind: domain.StopDelivery, Where: to}}
	at := time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC)
	d.Must(domain.Together{order,
		domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: id, Charge: "F", Kind: domain.Freight, Amount: amount, RequestedBy: "rating"}},
		seeded.Milestone(id, 2, domain.Unloaded, at, domain.Source{}),
		domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: id, Document: "pod", SignedBy: "dock", At: domain.MomentIn(at, nil)}},
		domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: id, Outcome: domain.PODClean, By: "billing"}}})
}

func TestTheRuleOfTheTaxOfALineIsTraced(t *testing.T) {
	// Given 1,000.00 to New York and 100.00 within Québec, on one candidate
	d, settle := northernDesk(t)
	carried(d, "Q1", money.MustParse("100.00", "CAD"), rating.Place{Country: "CA", State: "QC"})
	carried(d, "U1", money.MustParse("1000.00", "CAD"), rating.Place{Country: "US", State: "NY"})
	settle()
	tracer := trace.New(d.Store, d.Codec)

	// Then it is held, and what is missing says what tax lacks
	missing, err := tracer.Missing(t.Context(), "U1", "2026-06-01")
	require.NoError(t, err)
	require.Len(t, missing.Obstacles, 1)
	require.Equal(t, domain.HoldTaxFacts, missing.Obstacles[0].Code)
	require.Equal(t, "it is held: tax-facts-missing: shipment U1, charge F: rule outbound needs cross-border-document: bill of lading", missing.Obstacles[0].Text)

	// When the bill of lading is recorded, the trace of the invoice names rules, percentages and levies
	d.Must(domain.RecordTaxFacts{TaxFactsRecorded: domain.TaxFactsRecorded{Shipment: "U1", By: "customs",
		Facts: domain.TaxFacts{Evidence: []tax.Evidence{{Evidence: tax.CrossBorderDocument, Reference: "BOL 7"}}}}})
	settle()
	missing, err = tracer.Missing(t.Context(), "U1", "2026-06-01")
	require.NoError(t, err)
	require.Empty(t, missing.Obstacles)
	v, err := tracer.Invoice(t.Context(), "ACME_2026-02_CAD_1")
	require.NoError(t, err)
	var text strings.Builder
	require.NoError(t, v.WriteText(&text))
	for _, want := range []string{`
      tax 14.98 CAD, standard in CA-QC: rule within of north version 2026-1, on 2026-02-03
         by s. 2 [The act]
         GST CA: 5 % of 100.00 CAD is 5.00 CAD, registration EXAMPLE RT0001
         QST CA-QC: 9.975 % of 100.00 CAD is 9.98 CAD, registration EXAMPLE TQ0001
`, `
      tax 0.00 CAD, zero-rated in CA: rule outbound of north version 2026-1, on 2026-02-03
         by s. 6 [The act]
         proved by cross-border-document BOL 7
`} {
		require.Contains(t, text.String(), want)
	}
	for _, line := range v.Lines {
		require.Equal(t, map[domain.ShipmentID]string{"Q1": "within", "U1": "outbound"}[line.Shipment], line.Decision.Rule)
	}
}
