package recompute_test

import (
	"slices"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/stretchr/testify/require"
)

// credited gives parts of the invoice of canadian back: by hand, after a
// write-off, for a dispute, and by its cancellation.
func credited(t *testing.T) (*seeded.Desk, domain.InvoiceIssued) {
	t.Helper()
	d, v := canadian(t)
	line := func(amount string) []domain.CreditLine {
		return []domain.CreditLine{{Shipment: "Q1", Charge: "F", Amount: cad(amount)}}
	}
	d.Must(domain.CreditInvoice{Invoice: v.Invoice, Credit: "late", Lines: line("33.33"), Reason: "late", By: "billing"})
	settle(d)
	d.Must(domain.RequestWriteOff{Invoice: v.Invoice, WriteOff: "W1", Amount: cad("77.77"), Date: "2026-05-01", Reason: "not worth a case", By: "desk"})
	d.Must(domain.ApproveWriteOff{Invoice: v.Invoice, WriteOff: "W1", Amount: cad("77.77"), By: "manager"})
	d.Must(domain.CreditInvoice{Invoice: v.Invoice, Credit: "short", Lines: line("10.01"), Reason: "short", By: "billing"})
	settle(d)
	d.Must(domain.DisputeLines{LinesDisputed: domain.LinesDisputed{Invoice: v.Invoice, Dispute: "D1", Reason: "damaged", DisputeTerms: domain.DisputeTerms{Code: domain.ReasonPricing, Opened: v.IssueDate},
		Lines: []domain.CreditLine{{Shipment: "Q1", Charge: "F", Amount: cad("100.00"), Tax: cad("14.97")}}}})
	settle(d)
	d.Must(domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: "D1", By: "desk", Reason: "it was", Lines: []domain.CreditLine{{Shipment: "Q1", Charge: "F", Amount: cad("50.00"), Tax: cad("7.48")}}}})
	settle(d)
	d.Must(domain.ReverseWriteOff{Invoice: v.Invoice, WriteOff: "W1", Date: "2026-05-20", Reason: "found after all", By: "desk"})
	d.Must(domain.CancelInvoice{Invoice: v.Invoice, Date: "2026-06-01", Reason: "wrong customer", By: "billing"})
	settle(d)
	return d, v
}

func TestEveryCreditIsDecidedAgainFromWhatWasGivenBackBefore(t *testing.T) {
	d, v := credited(t)
	var ids []string
	for _, e := range d.All() {
		if e, ok := e.Event.(domain.CreditIssued); ok {
			ids = append(ids, e.ID)
			require.NotEmpty(t, e.Levies)
		}
	}
	require.Equal(t, []string{"late", "short", "dispute-D1", "cancellation"}, ids)
	for _, report := range []recompute.Report{again(d), of(d, v.Invoice.Stream())} {
		require.True(t, report.Equal(), "%v", report.Differences)
		require.Equal(t, []int{5, 5}, []int{report.Invoices, report.Credited}, "the cancellation is of two lines")
	}
}

// A credit that the history does not lead to is named, and that alone: what
// comes after it goes by what is stored.
func TestACreditThatItsInvoiceDoesNotGiveIsNamed(t *testing.T) {
	d, v := credited(t)
	type request = domain.CreditRequested
	type memo = domain.CreditIssued
	// requested and issued forge the event of one credit.
	requested := func(id string, change func(*request)) *seeded.Desk {
		return changed(d, func(e *request) {
			if e.ID == id {
				change(e)
			}
		})
	}
	issued := func(id string, change func(*memo)) *seeded.Desk {
		return changed(d, func(e *memo) {
			if e.ID == id {
				change(e)
			}
		})
	}
	for _, test := range []struct {
		name    string
		history *seeded.Desk
		what    []string
	}{
		{"a levy's amount", issued("short", func(e *memo) { e.Levies[1].Amount = cad("1.01") }), []string{"line Q1 F, QST"}},
		{"the tax that a levy is of", issued("short", func(e *memo) { e.Levies[0].Tax = "HST" }), []string{"line Q1 F, GST"}},
		{"the jurisdiction of a levy", issued("short", func(e *memo) { e.Levies[0].Jurisdiction = "CA-ON" }), []string{"line Q1 F, GST"}},
		{"a levy that is left out", issued("short", func(e *memo) { e.Levies = e.Levies[:1] }), []string{"line Q1 F, QST"}},
		{"a levy too many", issued("short", func(e *memo) { e.Levies = append(e.Levies, e.Levies[0]) }), []string{"line Q1 F, GST"}},
		{"a line's tax", issued("short", func(e *memo) { e.Lines[0].Tax = cad("1.51") }), []string{"line Q1 F, tax"}},
		{"a line's amount", issued("short", func(e *memo) { e.Lines[0].Amount = cad("10.02") }), []string{"line Q1 F, amount"}},
		{"another charge", issued("short", func(e *memo) { e.Lines[0].Code = "999" }), []string{"line Q1 F, as billed"}},
		{"the total", issued("short", func(e *memo) { e.Total = cad("11.52") }), []string{"total"}},
		{"all of it by a cent", issued("short", func(e *memo) {
			e.Lines[0].Tax, e.Levies[0].Amount, e.Total = add(t, e.Lines[0].Tax), add(t, e.Levies[0].Amount), add(t, e.Total)
		}), []string{"line Q1 F, tax", "line Q1 F, GST", "total"}},
		{"a number that is another's", issued("short", func(e *memo) { e.Credit.Number = "CM-2026-000001" }), []string{"number"}},
		{"a day before its invoice", issued("short", func(e *memo) { e.Date = "2026-01-01" }), []string{"date"}},
		{"another invoice's number", issued("short", func(e *memo) { e.Of = "INV-000002" }), []string{"credit memo"}},
		{"another reason", issued("short", func(e *memo) { e.Reason = "gift" }), []string{"reason"}},
		{"a memo that nobody requested", rewritten(d, func(e eventstore.Decoded) []eventstore.Decoded {
			if x, ok := e.Event.(request); ok && x.ID == "cancellation" {
				return nil
			}
			return []eventstore.Decoded{e}
		}), []string{"credit"}},

		{"a requested tax that is off by two cents", requested("short", func(e *request) { e.Lines[0].Tax = add(t, add(t, e.Lines[0].Tax)) }), []string{"credit"}},
		{"a requested tax by a cent, which its levies do not give", requested("short", func(e *request) { e.Lines[0].Tax = add(t, e.Lines[0].Tax) }), []string{"line Q1 F, QST"}},
		{"a requested levy", requested("short", func(e *request) { e.Levies[0].Amount = add(t, e.Levies[0].Amount) }), []string{"line Q1 F, GST"}},
		{"another series", requested("short", func(e *request) { e.Series = "CN" }), []string{"series"}},
		{"more than is left", requested("cancellation", func(e *request) {
			e.Lines[0].Amount = add(t, e.Lines[0].Amount)
		}), []string{"line Q1 F, amount"}},
		{"more than the dispute found", requested("dispute-D1", func(e *request) { e.Lines[0].Amount = cad("50.01") }), []string{"line Q1 F, amount"}},
		{"a line that is given back twice", requested("short", func(e *request) { e.Lines = append(e.Lines, e.Lines[0]) }), []string{"credit"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, report := range []recompute.Report{again(test.history), of(test.history, v.Invoice.Stream())} {
				require.NotEmpty(t, report.Differences)
				first := slices.DeleteFunc(slices.Clone(report.Differences), func(x recompute.Difference) bool {
					return x.Revision != report.Differences[0].Revision
				})
				require.Equal(t, test.what, what(recompute.Report{Differences: first}), "%v", report.Differences)
			}
		})
	}
}

// add is a cent more.
func add(t *testing.T, m money.Money) money.Money {
	t.Helper()
	more, err := m.Add(cad("0.01"))
	require.NoError(t, err)
	return more
}

func TestASeriesGoesOnByOneAndWithItsDates(t *testing.T) {
	d, v := credited(t)
	numbered := func(change func(e *domain.NumberAssigned)) *seeded.Desk {
		return changed(d, func(e *domain.NumberAssigned) {
			if e.For.Credit == "short" {
				change(e)
			}
		})
	}
	for name, history := range map[string]*seeded.Desk{
		"a number left out":       numbered(func(e *domain.NumberAssigned) { e.N++ }),
		"a number given twice":    numbered(func(e *domain.NumberAssigned) { e.N-- }),
		"a text of another":       numbered(func(e *domain.NumberAssigned) { e.Number = e.Series + "-000009" }),
		"a day before the last's": numbered(func(e *domain.NumberAssigned) { e.Date = "2026-01-01" }),
	} {
		t.Run(name, func(t *testing.T) {
			for _, report := range []recompute.Report{again(history), of(history, v.Invoice.Stream())} {
				require.NotEmpty(t, report.Differences)
				require.Equal(t, []string{"NumberAssigned", "number"}, []string{report.Differences[0].Type, report.Differences[0].What})
			}
		})
	}
}

func TestAnInvoiceOfAnotherNumberThanItsSeriesGaveItIsNamed(t *testing.T) {
	d, v := canadian(t)
	for name, history := range map[string]*seeded.Desk{
		"another":          changed(d, func(e *domain.InvoiceIssued) { e.Number = "INV-2026-000002" }),
		"given to another": changed(d, func(e *domain.NumberAssigned) { e.For.Invoice = "other" }),
		"never given to it": rewritten(d, func(e eventstore.Decoded) []eventstore.Decoded {
			return slices.DeleteFunc([]eventstore.Decoded{e}, is[domain.NumberAssigned])
		}),
	} {
		t.Run(name, func(t *testing.T) {
			for _, report := range []recompute.Report{again(history), of(history, v.Invoice.Stream())} {
				require.Equal(t, []string{"number"}, what(report), "%v", report.Differences)
			}
		})
	}
}

func TestWhatADeskDoesAllDayIsReproduced(t *testing.T) {
	d := seeded.Open(t, 3)
	d.Contract()
	for range 8 {
		d.Steps(50)
		d.Pass(30 * 24 * time.Hour)
		settle(d)
	}
	report := again(d)
	require.True(t, report.Equal(), "%v", report.Differences)
	require.Positive(t, report.Credited)
}
