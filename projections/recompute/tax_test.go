package recompute_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/stretchr/testify/require"
)

func cad(s string) money.Money { return money.MustParse(s, "CAD") }

// canadian bills freight of 1,000.00 within Québec and from Ontario to New
// York, on its bill of lading, by the sample rules of Canada.
func canadian(t *testing.T) (*seeded.Desk, domain.InvoiceIssued) {
	t.Helper()
	return canadianIn(t, "CAD")
}

// canadianIn is the same in another currency, after what comes first.
func canadianIn(t *testing.T, currency money.Currency, first ...domain.Command) (*seeded.Desk, domain.InvoiceIssued) {
	t.Helper()
	d := seeded.Open(t, 1)
	raw, err := os.ReadFile(filepath.Join("..", "..", "domain", "tax", "testdata", "rules", "ca.json"))
	require.NoError(t, err)
	rules, err := tax.Decode(raw)
	require.NoError(t, err)
	d.Pass(13 * 365 * 24 * time.Hour)
	d.Must(domain.SetIssuer{IssuerSet: domain.IssuerSet{Registrant: rules.Registrant, By: "finance",
		Issuer: domain.Issuer{Name: "Lakeshore Freight Ltd.", Address: domain.Address{Country: "CA"}, Book: "CAD", Default: true,
			Exchange: []domain.BookRate{{Currency: "USD", Index: "BOC-USD", Per: "USD"}}}}})
	d.Must(domain.AdoptTaxRules{Rules: rules, By: "finance"})
	for _, c := range first {
		d.Must(c)
	}
	d.Must(domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: "ACME", Source: "books", Master: domain.CustomerMaster{Name: "Acme Stores", TermsDays: 30,
		Credit: domain.CreditGood, Active: true, TaxStatus: tax.Business, BillingTo: domain.Address{Country: "CA", Region: "ON"}}}})
	place := func(country, state string) rating.Place { return rating.Place{Country: country, State: state} }
	ship := func(id domain.ShipmentID, from, to rating.Place) {
		order := seeded.Order(id, "ACME", domain.Source{})
		order.Currency, order.Terms = currency, domain.Terms{}
		order.Stops = []domain.Stop{{Seq: 1, Kind: domain.StopPickup, Where: from}, {Seq: 2, Kind: domain.StopDelivery, Where: to}}
		at := time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC)
		d.Must(domain.Together{order,
			domain.RecordTaxFacts{TaxFactsRecorded: domain.TaxFactsRecorded{Shipment: id, By: "customs", Facts: domain.TaxFacts{Evidence: []tax.Evidence{{Evidence: tax.CrossBorderDocument, Reference: "BOL " + string(id)}}}}},
			domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: id, Charge: "F", Kind: domain.Freight, Amount: money.MustParse("1000.00", string(currency)), RequestedBy: "rating"}},
			seeded.Milestone(id, 2, domain.Unloaded, at, domain.Source{}),
			domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: id, Document: "pod", SignedBy: "dock", At: domain.MomentIn(at, nil)}},
			domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: id, Outcome: domain.PODClean, By: "billing"}}})
	}
	ship("Q1", place("CA", "QC"), place("CA", "QC"))
	ship("U1", place("CA", "ON"), place("US", "NY"))

	settle(d)
	for _, e := range d.All() {
		if e, ok := e.Event.(domain.InvoiceIssued); ok {
			return d, e
		}
	}
	require.FailNow(t, "not issued")
	return nil, domain.InvoiceIssued{}
}

func TestTheTaxOfAnInvoiceIsDecidedAgainByTheRulesOfItsIssuer(t *testing.T) {
	d, issued := canadian(t)
	require.Equal(t, []money.Money{cad("2000.00"), cad("149.75"), cad("2149.75")}, []money.Money{issued.Net, issued.Tax, issued.Total})

	report := again(d)
	require.True(t, report.Equal(), "%v", report.Differences)
	require.Equal(t, []int{1, 2}, []int{report.Invoices, report.Taxed})

	// One invoice alone is reproduced too, with the rules of its issuer
	report = of(d, issued.Invoice.Stream())
	require.True(t, report.Equal(), "%v", report.Differences)
	require.Equal(t, []int{1, 2}, []int{report.Invoices, report.Taxed})
}

func TestTaxThatItsRulesDoNotGiveIsNamed(t *testing.T) {
	d, clean := canadian(t)
	// qc is the place of the line within Québec.
	qc := slices.IndexFunc(clean.Lines, func(l domain.BillLine) bool { return l.Shipment == "Q1" })
	us := 1 - qc
	for _, test := range []struct {
		name  string
		forge func(e *domain.InvoiceIssued)
		what  []string
	}{
		{"an amount of one tax, with all that follows from it", func(e *domain.InvoiceIssued) {
			e.Lines[qc].Taxed.Levies[1].Amount, e.Lines[qc].Tax, e.Tax, e.Total = cad("99.76"), cad("149.76"), cad("149.76"), cad("2149.76")
		}, []string{"seal", "line Q1 F, QST", "line Q1 F, tax", "tax"}},
		{"a tax that is left out", func(e *domain.InvoiceIssued) {
			e.Lines[qc].Taxed.Levies = e.Lines[qc].Taxed.Levies[:1]
		}, []string{"seal", "line Q1 F, QST"}},
		{"a decision for another rule", func(e *domain.InvoiceIssued) {
			e.Taxed.Decisions[e.Lines[qc].Taxed.Decision].Rule = "qc-interprovincial"
		}, []string{"seal", "line Q1 F, decision"}},
		{"a decision for another percentage", func(e *domain.InvoiceIssued) {
			e.Taxed.Decisions[e.Lines[qc].Taxed.Decision].Levies[0].Percent = tax.MustDecimal("4")
		}, []string{"seal", "line Q1 F, decision"}},
		{"evidence that is not the movement's", func(e *domain.InvoiceIssued) {
			e.Lines[us].Taxed.Evidence[0].Reference = "BOL of another"
		}, []string{"seal", "line U1 F, decision"}},
		{"zero-rated without evidence", func(e *domain.InvoiceIssued) {
			e.Taxed.Facts[e.Lines[us].Taxed.Facts].Evidence = nil
		}, []string{"seal", "tax"}},
		{"another day of service than that of the decision", func(e *domain.InvoiceIssued) {
			e.Lines[qc].ServiceDate = "2026-02-04"
		}, []string{"line Q1 F, decision"}},
		{"a subtotal", func(e *domain.InvoiceIssued) { e.Taxed.Subtotals[0].Net = cad("999.00") }, []string{"seal", "tax subtotals"}},
		{"a notice that is not printed", func(e *domain.InvoiceIssued) { e.Taxed.Notices = nil }, []string{"seal", "tax notices"}},
		{"a version that was never adopted", func(e *domain.InvoiceIssued) {
			e.Taxed.Decisions[e.Lines[qc].Taxed.Decision].Version = "2031-1"
		}, []string{"seal", "tax"}},
		{"an issuer that has no rules", func(e *domain.InvoiceIssued) { e.Taxed.Registrant = "nobody" }, []string{"seal", "tax"}},
		{"a line that refers to no decision", func(e *domain.InvoiceIssued) { e.Lines[qc].Taxed.Decision = -1 }, []string{"seal", "tax"}},
		{"a line without its tax", func(e *domain.InvoiceIssued) { e.Lines[us].Taxed = nil }, []string{"seal", "tax"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			forged := rewritten(d, func(e eventstore.Decoded) []eventstore.Decoded {
				if issued, ok := e.Event.(domain.InvoiceIssued); ok {
					test.forge(&issued)
					e.Event = issued
				}
				return []eventstore.Decoded{e}
			})
			for _, report := range []recompute.Report{again(forged), of(forged, clean.Invoice.Stream())} {
				require.Equal(t, test.what, what(report), "%v", report.Differences)
			}
		})
	}
}
