package recompute_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/stretchr/testify/require"
)

// inDollars bills 2,000.00 USD and 149.75 of tax at 1.3643, credits a part of
// it, and raises it by a debit memo after the rate has changed.
func inDollars(t *testing.T) (d *seeded.Desk, v, debit domain.InvoiceIssued) {
	t.Helper()
	d, v = canadianIn(t, "USD")
	d.Must(domain.CreditInvoice{Invoice: v.Invoice, Credit: "late", Lines: []domain.CreditLine{{Shipment: "Q1", Charge: "F", Amount: usd("33.33")}}, Reason: "late", By: "billing"})
	d.Must(domain.PublishIndex{Index: "BOC-USD", Values: []rating.IndexValue{{Published: "2026-02-28", Effective: "2026-02-28", Value: rating.MustDecimal("1.4")}}})
	d.Must(domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: "Q1", Charge: "F2", Kind: domain.Freight, Amount: usd("10.00"), RequestedBy: "rating"}})
	settle(d)
	for _, e := range d.All() {
		if e, ok := e.Event.(domain.InvoiceIssued); ok {
			debit = e
		}
	}
	require.Equal(t, v.Invoice, debit.Candidate.Raises.Invoice)
	return d, v, debit
}

func TestWhatADocumentIsInTheBooksIsReproduced(t *testing.T) {
	d, v, debit := inDollars(t)
	require.Equal(t, []string{"2728.60 CAD", "1.3643", "1.3643"}, []string{v.Exchange.Net.String(), v.Exchange.Rate.Value.String(), debit.Exchange.Rate.Value.String()})
	report := again(d)
	require.True(t, report.Equal(), "%v", report.Differences)
	require.Equal(t, []int{3, 2, 1}, []int{report.Invoices, report.Exchanged, report.Credited})
	for _, stream := range []domain.Stream{v.Invoice.Stream(), debit.Invoice.Stream()} {
		report = of(d, stream)
		require.True(t, report.Equal(), "%v", report.Differences)
		require.Equal(t, 1, report.Exchanged)
	}
}

func TestAnExchangeThatItsRateDoesNotGiveIsNamed(t *testing.T) {
	d, v, _ := inDollars(t)
	// both forges the seal and the invoice, so that they agree.
	both := func(change func(*domain.Exchange)) *seeded.Desk {
		sealed := changed(d, func(e *domain.CandidateSealed) {
			if e.Invoice == v.Invoice {
				change(e.Exchange)
			}
		})
		return changed(sealed, func(e *domain.InvoiceIssued) {
			if e.Invoice == v.Invoice {
				change(e.Exchange)
			}
		})
	}
	early := domain.IndexPublished{Index: "BOC-USD", Values: []rating.IndexValue{{Index: "BOC-USD", Published: "2026-02-28", Effective: "2026-02-28", Value: rating.MustDecimal("1.5")}}}
	for name, test := range map[string]struct {
		history *seeded.Desk
		what    []string
	}{
		"an amount":    {both(func(x *domain.Exchange) { x.Tax = cad("204.31") }), []string{"in the books, tax"}},
		"another rate": {both(func(x *domain.Exchange) { x.Rate.Value = rating.MustDecimal("1.3") }), []string{"rate of exchange"}},
		"the rate of another day": {both(func(x *domain.Exchange) {
			x.On, x.Rate.Published, x.Rate.Effective, x.Rate.Value = "2026-02-26", "2026-02-26", "2026-02-26", rating.MustDecimal("1.3705")
		}), []string{"rate of exchange"}},
		"fewer values than were known": {both(func(x *domain.Exchange) { x.Known = 1 }),
			[]string{"values of the rate", "in the books, net", "in the books, tax", "in the books, total", "rate of exchange"}},
		"more values than were there": {both(func(x *domain.Exchange) { x.Known = 3 }), []string{"values of the rate"}},
		"another than was sealed": {changed(d, func(e *domain.InvoiceIssued) {
			if e.Invoice == v.Invoice {
				e.Exchange.Tax = cad("204.31")
			}
		}), []string{"seal", "in the books, tax"}},
		"what a credit is in the books": {changed(d, func(e *domain.CreditIssued) { e.Exchange.Net = cad("45.48") }), []string{"in the books, net"}},
		"a value that was passed over":  {inserted(d, "index-BOC-USD", early, is[domain.OrderReleased]), []string{"values of the rate"}},
		"a value that came meanwhile":   {inserted(d, "index-BOC-USD", early, is[domain.CandidateSealed]), nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, report := range []recompute.Report{again(test.history), of(test.history, v.Invoice.Stream())} {
				var names []string
				for _, x := range report.Differences {
					if len(report.Differences) > 0 && x.Revision <= report.Differences[0].Revision && x.Stream == string(v.Invoice.Stream()) {
						names = append(names, x.What)
					}
				}
				require.Equal(t, test.what, names, "%v", report.Differences)
			}
		})
	}
}
