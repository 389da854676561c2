package recompute_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/stretchr/testify/require"
)

func of(d *seeded.Desk, stream domain.Stream) recompute.Report {
	d.T.Helper()
	report, err := recompute.Of(d.T.Context(), d.Store, d.Codec, stream)
	require.NoError(d.T, err)
	return report
}

func TestOneShipmentIsRatedByWhatWasKnownThen(t *testing.T) {
	// Given two shipments that were rated before a price came that would have
	// counted for them, and before the agreement had another version
	d := seeded.Open(t, 1)
	d.Contract()
	d.Contracted("S1", day)
	d.Contracted("S2", day.AddDate(0, 0, 1))
	d.Must(domain.PublishIndex{Index: "DIESEL", Values: []rating.IndexValue{{Published: "2013-05-01", Effective: "2013-05-01", Value: rating.MustDecimal("4.900")}}})
	d.Must(domain.AdoptAgreement{By: "pricing", Terms: rating.Agreement{Agreement: "A", Version: "2", Currency: "USD", From: "2013-05-01",
		Round: rating.Round{Mode: money.HalfUp, Step: rating.MustDecimal("0.01")},
		Lanes: []rating.Lane{{Lane: "any", Linehaul: rating.Linehaul{Per: rating.PerMile, Rate: rating.MustDecimal("9")}}}}})

	// Then one alone is reproduced, from its own events and those that rate it
	report := of(d, "shipment-S1")
	require.True(t, report.Equal(), "%v", report.Differences)
	require.Equal(t, []int{1, 3, 0, 0}, []int{report.Ratings, report.Charges, report.Stated, report.Invoices})
	require.Less(t, report.Events, again(d).Events)
}

func TestAnInvoiceIsComputedWithItsShipments(t *testing.T) {
	d := seeded.Open(t, 1)
	d.Contract()
	d.Contracted("S1", day)
	d.Contracted("S2", day.AddDate(0, 0, 1))
	d.Contracted("S3", day.AddDate(0, 0, 2))
	wrong := domain.ChargeEntered{Shipment: "X", Charge: "freight", Kind: domain.Freight, Amount: usd("100.01"), RequestedBy: "desk",
		Basis: domain.Basis{Formula: domain.FormulaRate, Inputs: map[string]string{"rate": "10", "quantity": "10"}, Rounding: money.HalfUp}}
	forge(d, "shipment-X", wrong)
	line := func(id domain.ShipmentID, amount string) domain.BillLine {
		return domain.BillLine{Shipment: id, Charge: "linehaul", Amount: usd(amount)}
	}
	forge(d, "numbering-INV-2013", domain.NumberAssigned{Series: "INV-2013", N: 1, Number: "INV-2013-000001", For: domain.NumberFor{Invoice: "I1"}},
		domain.NumberAssigned{Series: "INV-2013", N: 2, Number: "INV-2013-000002", For: domain.NumberFor{Invoice: "I2"}})
	forge(d, "numbering-CM-2013", domain.NumberAssigned{Series: "CM-2013", N: 1, Number: "CM-2013-000001", For: domain.NumberFor{Invoice: "I1", Credit: "C1"}})
	credit := domain.Credit{ID: "C1", Reason: "late", Lines: []domain.CreditLine{{Shipment: "S1", Charge: "linehaul", Amount: usd("9.00")}}}
	memo := credit
	memo.Number = "CM-2013-000001"
	forge(d, "invoice-I1", domain.CandidateOpened{Invoice: "I1", Candidate: domain.Candidate{Customer: "ACME", Period: "2013-05", Currency: "USD", Number: 1}}, domain.InvoiceIssued{Invoice: "I1", Number: "INV-2013-000001", Total: usd("2526.00"), Lines: []domain.BillLine{line("S1", "1263.00"), line("S2", "1263.00")}},
		domain.CreditRequested{Invoice: "I1", Of: "INV-2013-000001", Customer: "ACME", Series: "CM", By: "desk", Credit: credit},
		domain.CreditIssued{Invoice: "I1", Of: "INV-2013-000001", Customer: "ACME", Total: usd("10.00"), Credit: memo})
	forge(d, "invoice-I2", domain.InvoiceIssued{Invoice: "I2", Number: "INV-2013-000002", Total: usd("1263.01"), Lines: []domain.BillLine{line("S3", "1263.00"), line("X", "0.01")}})

	// The first: two ratings, its own total right and its credit memo's wrong
	report := of(d, "invoice-I1")
	require.Equal(t, []int{2, 6, 2, 1}, []int{report.Ratings, report.Charges, report.Invoices, report.Differ})
	require.Equal(t, "CreditIssued", report.Differences[0].Type)
	// The second: its total is right, a charge that it bills is not
	report = of(d, "invoice-I2")
	require.Equal(t, []int{1, 4, 1, 1}, []int{report.Ratings, report.Charges, report.Invoices, report.Differ})
	require.Equal(t, "charge freight", report.Differences[0].What)
}

// What is said of each shipment is, together, what is said of all.
func TestTheShipmentsTogetherAreTheWholeHistory(t *testing.T) {
	d := seeded.Open(t, 11)
	d.Contract()
	d.Steps(120)
	for i, id := range []domain.ShipmentID{"R1", "R2", "R3"} {
		d.Contracted(id, day.AddDate(0, 0, i))
	}
	forge(d, "shipment-X", domain.ChargeEntered{Shipment: "X", Charge: "freight", Kind: domain.Freight, Amount: usd("100.01"), RequestedBy: "desk",
		Basis: domain.Basis{Formula: domain.FormulaRate, Inputs: map[string]string{"rate": "10", "quantity": "10"}, Rounding: money.HalfUp}})
	var sum recompute.Report
	seen := map[string]bool{}
	for _, e := range d.All() {
		if domain.Stream(e.Stream).Category() != "shipment" || seen[e.Stream] {
			continue
		}
		seen[e.Stream] = true
		r := of(d, domain.Stream(e.Stream))
		sum.Ratings, sum.Charges, sum.Stated = sum.Ratings+r.Ratings, sum.Charges+r.Charges, sum.Stated+r.Stated
		sum.Differences = append(sum.Differences, r.Differences...)
	}
	whole := again(d)
	require.Positive(t, whole.Stated)
	require.Equal(t, []int{whole.Ratings, whole.Charges, whole.Stated}, []int{sum.Ratings, sum.Charges, sum.Stated})
	require.ElementsMatch(t, whole.Differences, sum.Differences)
	require.Len(t, whole.Differences, 1)
}

func TestWhatIsNotKnownCannotBeRecomputed(t *testing.T) {
	d := seeded.Open(t, 1)
	d.Contract()
	for stream, code := range map[domain.Stream]domain.Code{"shipment-none": domain.NotFound, "invoice-none": domain.NotFound, "agreement-A": domain.Invalid} {
		_, err := recompute.Of(t.Context(), d.Store, d.Codec, stream)
		var no *domain.Refusal
		require.ErrorAs(t, err, &no)
		require.Equal(t, code, no.Code)
	}
}
