package recompute_test

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// forge stores events that no decision led to.
func forge(d *seeded.Desk, stream string, events ...domain.Event) {
	d.Forged = true
	d.T.Helper()
	var proposed []eventstore.Proposed
	for i, e := range events {
		p, err := d.Codec.Encode(uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s %d", stream, i)), e, eventstore.Meta{RecordedAt: d.Clock()})
		require.NoError(d.T, err)
		proposed = append(proposed, p)
	}
	_, err := d.Store.Append(d.T.Context(), stream, eventstore.NoStream, proposed)
	require.NoError(d.T, err)
}

func again(d *seeded.Desk) recompute.Report {
	d.T.Helper()
	report, err := recompute.Run(d.T.Context(), d.Store, d.Codec, nil)
	require.NoError(d.T, err)
	return report
}

var day = time.Date(2013, 5, 3, 0, 0, 0, 0, time.UTC)

func usd(s string) money.Money { return money.MustParse(s, "USD") }

func TestEveryAmountIsReproduced(t *testing.T) {
	d := seeded.Open(t, 1)
	d.Contract()
	d.Contracted("S1", day)
	d.Must(domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: "S1", Charge: "by-hand", Kind: domain.Insurance, Amount: usd("12.00"), RequestedBy: "desk"}})
	// A revision of the index does not change what was rated (rule 23).
	d.Must(domain.PublishIndex{Index: "DIESEL", Values: []rating.IndexValue{{Published: "2013-04-30", Effective: "2013-04-30", Value: rating.MustDecimal("4.900")}}})

	report := again(d)
	require.True(t, report.Equal(), "%v", report.Differences)
	require.Equal(t, 1, report.Ratings)
	require.Equal(t, 3, report.Charges) // linehaul, fuel and detention
	require.Equal(t, 1, report.Stated)
}

// shared moves a shipment whose linehaul and fuel two customers share, and gives its rating.
func shared(d *seeded.Desk) domain.ShipmentRated {
	number := rating.MustDecimal
	d.Must(domain.AdoptAgreement{By: "pricing", Terms: rating.Agreement{Agreement: "A", Version: "1", Currency: "USD", From: "2013-01-01",
		Round:   rating.Round{Mode: money.HalfUp, Step: number("0.01")},
		Lanes:   []rating.Lane{{Lane: "any", Linehaul: rating.Linehaul{Per: rating.PerMile, Rate: number("2.105")}}},
		Billing: rating.Billing{Split: []rating.Share{{Customer: "ACME", Percent: number("33.33")}, {Customer: "BETA", Percent: number("66.67")}}}}})
	for _, e := range d.Contracted("S1", day).Events {
		if e, ok := e.Event.(domain.ShipmentRated); ok {
			return e
		}
	}
	require.FailNow(d.T, "not rated")
	return domain.ShipmentRated{}
}

func TestThePartsOfEveryPayorAreReproduced(t *testing.T) {
	d := seeded.Open(t, 1)
	rated := shared(d)
	require.Equal(t, []domain.RatedCharge{{Charge: "linehaul:ACME", Amount: "420.96", Payor: "ACME"}, {Charge: "linehaul:BETA", Amount: "842.04", Payor: "BETA"}}, rated.Charges)
	report := again(d)
	require.True(t, report.Equal(), "%v", report.Differences)
	require.Equal(t, 2, report.Charges)

	// A rating from before there were payors split nothing
	before := rated
	before.ByPayor, before.Charges = false, []domain.RatedCharge{{Charge: "linehaul", Amount: "1263.00"}}
	forge(d, "shipment-X", before)
	require.True(t, again(d).Equal(), "%v", again(d).Differences)

	// One that names another payor differs
	other := rated
	other.Charges = []domain.RatedCharge{{Charge: "linehaul:ACME", Amount: "420.96", Payor: "ACME"}, {Charge: "linehaul:BETA", Amount: "842.04", Payor: "ACME"}}
	forge(d, "shipment-Y", other)
	require.Equal(t, 1, again(d).Differ)
}

func TestAChargeOfAnotherPayorThanItsRatingNamesDiffers(t *testing.T) {
	d := seeded.Open(t, 1)
	rated := shared(d)
	entered := func() (e domain.ChargeEntered) {
		for e, err := range d.Codec.DecodeAll(t.Context(), func(ctx context.Context) iter.Seq2[eventstore.Record, error] {
			return d.Store.ReadAll(ctx, eventstore.Start)
		}) {
			require.NoError(t, err)
			if e, ok := e.Event.(domain.ChargeEntered); ok && e.Charge == "linehaul:BETA" {
				return e
			}
		}
		return e
	}()
	require.Equal(t, domain.CustomerID("BETA"), entered.Payor)
	entered.Payor = "ACME"
	forge(d, "shipment-X", rated, entered)
	report := again(d)
	require.Equal(t, 1, report.Differ)
	require.Equal(t, "payor of charge linehaul:BETA", report.Differences[0].What)
}

func TestWhatDiffersIsNamed(t *testing.T) {
	for name, test := range map[string]struct {
		forge func(d *seeded.Desk, rating domain.ShipmentRated, fuel domain.ChargeEntered)
		what  []string
	}{
		"an amount that its basis does not give": {func(d *seeded.Desk, _ domain.ShipmentRated, _ domain.ChargeEntered) {
			forge(d, "shipment-X", domain.ChargeEntered{Shipment: "X", Charge: "freight", Kind: domain.Freight, Amount: usd("100.01"), RequestedBy: "desk",
				Basis: domain.Basis{Formula: domain.FormulaRate, Inputs: map[string]string{"rate": "10", "quantity": "10"}, Rounding: money.HalfUp}})
		}, []string{"charge freight"}},
		"a sheet that no rating gave": {func(d *seeded.Desk, _ domain.ShipmentRated, fuel domain.ChargeEntered) {
			forge(d, "shipment-X", fuel)
		}, []string{"charge fuel"}},
		"facts that give other charges": {func(d *seeded.Desk, rated domain.ShipmentRated, _ domain.ChargeEntered) {
			rated.Facts.Distance.Value = rating.MustDecimal("601")
			forge(d, "shipment-X", rated)
		}, []string{"charges"}},
		"an index value that was never published": {func(d *seeded.Desk, rated domain.ShipmentRated, _ domain.ChargeEntered) {
			rated.Facts.Indexes = []rating.IndexValue{{Index: "DIESEL", Published: "2013-04-29", Effective: "2013-04-30", Value: rating.MustDecimal("3.951")}}
			forge(d, "shipment-X", rated)
		}, []string{"index values"}},
		"a version that was never adopted": {func(d *seeded.Desk, rated domain.ShipmentRated, _ domain.ChargeEntered) {
			rated.Version = "2"
			forge(d, "shipment-X", rated)
		}, []string{"rating"}},
		"an invoice whose lines sum to something else": {func(d *seeded.Desk, _ domain.ShipmentRated, _ domain.ChargeEntered) {
			forge(d, "numbering-INV-2013", domain.NumberAssigned{Series: "INV-2013", N: 1, Number: "INV-2013-000001", For: domain.NumberFor{Invoice: "X"}})
			forge(d, "invoice-X", domain.InvoiceIssued{Invoice: "X", Number: "INV-2013-000001", Total: usd("10.01"), Lines: []domain.BillLine{{Amount: usd("9.00"), Tax: usd("1.00")}}})
		}, []string{"total"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := seeded.Open(t, 1)
			d.Contract()
			var rated domain.ShipmentRated
			var fuel domain.ChargeEntered
			for _, e := range d.Contracted("S1", day).Events {
				switch e := e.Event.(type) {
				case domain.ShipmentRated:
					rated = e
				case domain.ChargeEntered:
					if e.Charge == "fuel" {
						fuel = e
					}
				}
			}
			test.forge(d, rated, fuel)

			report := again(d)
			require.False(t, report.Equal())
			var what []string
			for _, x := range report.Differences {
				what = append(what, x.What)
				require.Contains(t, []string{"shipment-X", "invoice-X"}, x.Stream)
			}
			require.Equal(t, test.what, what)
		})
	}
}

func TestWhatWasAccruedUnderWayIsReproducedFromItsDays(t *testing.T) {
	d := seeded.Open(t, 1)
	accrued := func(change func(*domain.AccrualLine)) domain.RevenueAccrued {
		line := domain.AccrualLine{Charge: "F", Kind: domain.Freight, Amount: usd("300.00"), Share: &domain.TransitShare{
			Price: usd("1000.00"), Before: usd("100.00"), PickedUp: "2013-04-27", Planned: "2013-05-07", Elapsed: 4, Days: 10}}
		change(&line)
		return domain.RevenueAccrued{Shipment: "X", Customer: "ACME", Document: "ACC-X-1", Date: "2013-04-30", Lines: []domain.AccrualLine{line}}
	}
	forge(d, "shipment-X", accrued(func(*domain.AccrualLine) {}))
	report := again(d)
	require.True(t, report.Equal(), "%v", report.Differences)
	require.Equal(t, 1, report.Shares)

	// A cent more, and days that are not those of its dates
	forge(d, "shipment-Y", accrued(func(l *domain.AccrualLine) { l.Amount = usd("300.01") }))
	forge(d, "shipment-Z", accrued(func(l *domain.AccrualLine) { l.Share.Elapsed, l.Amount = 5, usd("400.00") }))
	report = again(d)
	require.Equal(t, []recompute.Difference{
		{Stream: "shipment-Y", Revision: report.Differences[0].Revision, Type: "RevenueAccrued", What: "accrual of charge F", Stored: "300.01 USD", Computed: "300.00 USD"},
		{Stream: "shipment-Z", Revision: report.Differences[1].Revision, Type: "RevenueAccrued", What: "accrual of charge F, days", Stored: "5 of 10",
			Computed: "others through 2013-04-30, from pickup on 2013-04-27 to delivery on 2013-05-07"},
	}, report.Differences)
}
