package recompute_test

import (
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

// forge stores an event that no decision led to.
func forge(d *seeded.Desk, stream string, e domain.Event) {
	d.T.Helper()
	p, err := d.Codec.Encode(uuid.NewSHA1(uuid.NameSpaceOID, []byte(stream)), e, eventstore.Meta{RecordedAt: d.Clock()})
	require.NoError(d.T, err)
	_, err = d.Store.Append(d.T.Context(), stream, eventstore.NoStream, []eventstore.Proposed{p})
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
			forge(d, "invoice-X", domain.InvoiceIssued{Invoice: "X", Number: "INV-1", Total: usd("10.01"), Lines: []domain.BillLine{{Amount: usd("9.00"), Tax: usd("1.00")}}})
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
