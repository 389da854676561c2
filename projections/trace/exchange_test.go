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

func TestTheRateOfAnInvoiceIsTracedToItsPublication(t *testing.T) {
	// Given 1,000.00 USD within Québec of an issuer that keeps its books in CAD
	d := seeded.Open(t, 1)
	r, err := flow.Open(t.Context(), filepath.Join(t.TempDir(), "flow.db"), d.Store, d.Codec, d.Exec, domain.Policy{ByPeriod: true}, flow.Options{Clock: d.Clock, Logger: d.Log})
	require.NoError(t, err)
	settle := func() {
		_, err := r.Settle(t.Context(), nil)
		require.NoError(t, err)
	}
	d.Pass(13 * 365 * 24 * time.Hour)
	d.Must(domain.SetIssuer{IssuerSet: domain.IssuerSet{Registrant: "north", By: "finance",
		Issuer: domain.Issuer{Name: "North Freight", Address: domain.Address{Country: "CA"}, Book: "CAD", Default: true,
			Exchange: []domain.BookRate{{Currency: "USD", Index: "BOC-USD", Per: "USD"}}}}})
	d.Must(domain.AdoptTaxRules{Rules: northern(), By: "finance"})
	d.Must(domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: "ACME", Source: "books", Master: domain.CustomerMaster{Name: "Acme Stores", TermsDays: 30,
		Credit: domain.CreditGood, Active: true, TaxStatus: tax.Business, BillingTo: domain.Address{Country: "CA", Region: "QC"}}}})
	order := seeded.Order("Q1", "ACME", domain.Source{})
	order.Currency, order.Terms = "USD", domain.Terms{}
	order.Stops = []domain.Stop{{Seq: 1, Kind: domain.StopPickup, Where: rating.Place{Country: "CA", State: "QC"}}, {Seq: 2, Kind: domain.StopDelivery, Where: rating.Place{Country: "CA", State: "QC"}}}
	at := time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC)
	d.Must(domain.Together{order,
		domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: "Q1", Charge: "F", Kind: domain.Freight, Amount: money.MustParse("1000.00", "USD"), RequestedBy: "rating"}},
		seeded.Milestone("Q1", 2, domain.Unloaded, at, domain.Source{}),
		domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: "Q1", Document: "pod", SignedBy: "dock", At: domain.MomentIn(at, nil)}},
		domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: "Q1", Outcome: domain.PODClean, By: "billing"}}})
	settle()
	tracer := trace.New(d.Store, d.Codec)

	// Then it is held, and what is missing names the series and the day
	missing, err := tracer.Missing(t.Context(), "Q1", "2026-06-01")
	require.NoError(t, err)
	require.Len(t, missing.Obstacles, 1)
	require.Equal(t, "it is held: no-exchange-rate: series BOC-USD has no rate of USD for CAD in effect on 2026-02-28 or in the 7 days before", missing.Obstacles[0].Text)

	// When it is published, the trace of the invoice names it
	d.Must(domain.PublishIndex{Index: "BOC-USD", Values: []rating.IndexValue{
		{Published: "2026-02-26", Effective: "2026-02-26", Value: rating.MustDecimal("1.3700")}, {Published: "2026-02-27", Effective: "2026-02-27", Value: rating.MustDecimal("1.3685")}}})
	settle()
	require.NoError(t, r.Close())
	v, err := tracer.Invoice(t.Context(), "ACME_2026-02_USD_1")
	require.NoError(t, err)
	var text strings.Builder
	require.NoError(t, v.WriteText(&text))
	require.Contains(t, text.String(), `
   in CAD: net 1368.50, tax 204.93, total 1573.43: 1 USD = 1.3685 CAD, BOC-USD of 2026-02-27, in effect on 2026-02-27, looked up for 2026-02-28
      └ IndexPublished`)
	require.Contains(t, text.String(), "1149.75 USD, 1573.43 CAD in the books, due ")
	require.Equal(t, "IndexPublished", v.Exchange.Published.Type)
}
