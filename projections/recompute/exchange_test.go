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

func rate(day, value string) domain.PublishIndex {
	return domain.PublishIndex{Index: "BOC-USD", Values: []rating.IndexValue{{Published: day, Effective: day, Value: rating.MustDecimal(value)}}}
}

// inDollars bills 2,000.00 USD and 149.75 of tax of an issuer that keeps its
// books in CAD, and gives 500.00 back.
func inDollars(t *testing.T) (*seeded.Desk, domain.InvoiceIssued) {
	t.Helper()
	d, issued := canadianIn(t, "USD", rate("2026-02-26", "1.3705"), rate("2026-02-27", "1.3643"))
	d.Must(domain.CreditInvoice{Invoice: issued.Invoice, Credit: "C1", Date: "2026-04-01", Reason: "billed twice", By: "billing",
		Lines: []domain.CreditLine{{Shipment: "Q1", Charge: "F", Amount: money.MustParse("500.00", "USD")}}})
	settle(d)
	return d, issued
}

func TestTheRateOfAnInvoiceIsChosenAgainAmongThoseThatWereKnown(t *testing.T) {
	d, issued := inDollars(t)
	require.Equal(t, []money.Money{cad("2728.60"), cad("204.30"), cad("2932.90")}, []money.Money{issued.Exchange.Net, issued.Exchange.Tax, issued.Exchange.Total})

	sealed := func(change func(*domain.Exchange)) func(*seeded.Desk) *seeded.Desk {
		return func(d *seeded.Desk) *seeded.Desk {
			both := changed(d, func(e *domain.CandidateSealed) { x := *e.Exchange; change(&x); e.Exchange = &x })
			return changed(both, func(e *domain.InvoiceIssued) { x := *e.Exchange; change(&x); e.Exchange = &x })
		}
	}
	later := domain.IndexPublished{Index: "BOC-USD", Values: []rating.IndexValue{{Index: "BOC-USD", Published: "2026-02-28", Effective: "2026-02-28", Value: rating.MustDecimal("1.5")}}}
	early := func(d *seeded.Desk) *seeded.Desk {
		return inserted(d, domain.IndexStream("BOC-USD"), later, is[domain.OrderReleased])
	}
	for name, test := range map[string]struct {
		forge func(*seeded.Desk) *seeded.Desk
		what  []string
	}{
		"as it was":    {func(d *seeded.Desk) *seeded.Desk { return d }, nil},
		"another rate": {sealed(func(x *domain.Exchange) { x.Rate.Value = rating.MustDecimal("1.3644") }), []string{"exchange", "credit memo"}},
		"an amount":    {sealed(func(x *domain.Exchange) { x.Net, x.Total = cad("2728.61"), cad("2932.91") }), []string{"exchange"}},
		"another day":  {sealed(func(x *domain.Exchange) { x.On = "2026-02-27" }), []string{"exchange", "credit memo"}},
		"fewer values than had to be known": {sealed(func(x *domain.Exchange) {
			x.Known, x.Rate = 1, rating.IndexValue{Index: "BOC-USD", Published: "2026-02-26", Effective: "2026-02-26", Value: rating.MustDecimal("1.3705")}
		}),
			[]string{"exchange", "values of BOC-USD", "credit memo"}},
		"more values than there were":   {sealed(func(x *domain.Exchange) { x.Known = 3 }), []string{"values of BOC-USD", "credit memo"}},
		"a rate of before, passed over": {early, []string{"values of BOC-USD"}},
		"a rate that came later": {func(d *seeded.Desk) *seeded.Desk {
			return inserted(d, domain.IndexStream("BOC-USD"), later, is[domain.InvoiceIssued])
		}, nil},
		"an invoice that was sealed other": {func(d *seeded.Desk) *seeded.Desk {
			return changed(d, func(e *domain.InvoiceIssued) { x := *e.Exchange; x.Known = 1; e.Exchange = &x })
		}, []string{"seal", "credit memo"}},
		"a credit of another amount": {func(d *seeded.Desk) *seeded.Desk {
			return changed(d, func(e *domain.CreditIssued) {
				x := *e.Exchange
				x.Net, x.Total = cad("682.16"), cad("733.24")
				e.Exchange = &x
			})
		}, []string{"credit memo"}},
		"a seal without": {func(d *seeded.Desk) *seeded.Desk {
			return changed(d, func(e *domain.CandidateSealed) { e.Exchange = nil })
		}, []string{"exchange", "seal"}},
	} {
		t.Run(name, func(t *testing.T) {
			history := test.forge(d)
			for _, report := range []recompute.Report{again(history), of(history, issued.Invoice.Stream())} {
				require.Equal(t, test.what, what(report), "%v", report.Differences)
			}
		})
	}
}
