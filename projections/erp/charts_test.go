package erp_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/projections/erp"
)

// chartFrom is the built-in chart with every account on another number.
func chartFrom(day, suffix string) domain.ChartAdopted {
	c := domain.BuiltInChart()
	c.Version, c.From = day, day
	for i := range c.Rows {
		c.Rows[i].Account += domain.Account(suffix)
	}
	return domain.ChartAdopted{Chart: c.Chart, Terms: c, By: "finance desk"}
}

// onAccounts lists the accounts of a document in the ERP's ledger.
func (d *desk) onAccounts(number string) map[string]string {
	d.t.Helper()
	on := map[string]string{}
	extract, err := d.books.Ledger(d.ctx, "", "")
	require.NoError(d.t, err)
	defer extract.Close()
	for e, err := range extract.Entries() {
		require.NoError(d.t, err)
		if e.Number == number {
			on[e.Ref] = e.Account
		}
	}
	return on
}

// The outbox keeps by which accounts documents were booked: across the end of
// the process, and where the file is derived anew.
func TestAnAccrualIsReversedWhereItWasBookedAlsoByTheNextProcess(t *testing.T) {
	for name, between := range map[string]func(*desk){
		"the same process": func(*desk) {},
		"the next process": func(d *desk) { d.restart() },
		"a file derived anew": func(d *desk) {
			require.NoError(d.t, d.outbox.Close())
			require.NoError(d.t, os.Remove(d.path))
			d.openOutbox()
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, sandboxerp.Options{})
			for _, row := range domain.BuiltInChart().Rows {
				for _, suffix := range []string{"-A", "-B"} {
					require.NoError(t, d.books.PutAccount(d.ctx, string(row.Account)+suffix, sandboxerp.AccountInput{Name: "other", Type: "asset"}))
				}
			}
			ask := func(number, kind string, subject domain.Stream, date string) {
				d.do(domain.RequestPosting{PostingRequested: domain.PostingRequested{Document: number, Kind: kind, Subject: subject, Date: date}})
			}
			amount := money.MustParse("100.00", "USD")

			// Given an accrual under one chart
			d.happened(domain.ChartStream(domain.DefaultChart), chartFrom("2026-01-01", "-A"))
			d.happened(domain.ShipmentID("SH-1").Stream(), domain.RevenueAccrued{Shipment: "SH-1", Customer: "ACME", Document: "ACC-SH-1-1", Date: "2026-02-10",
				Lines: []domain.AccrualLine{{Charge: "F", Kind: domain.Freight, Amount: amount}}})
			ask("ACC-SH-1-1", domain.DocumentAccrual, "shipment-SH-1", "2026-02-10")
			require.Equal(t, 1, d.postAll().Confirmed)
			between(d)

			// When another one comes and the freight is invoiced and paid
			d.happened(domain.ChartStream(domain.DefaultChart), chartFrom("2026-03-01", "-B"))
			id := domain.InvoiceID("ACME_2026-02_USD_1")
			d.happened(id.Stream(), domain.InvoiceIssued{Invoice: id, Number: "INV-1", Candidate: domain.Candidate{Customer: "ACME", Period: "2026-02", Currency: "USD", Number: 1},
				IssueDate: "2026-03-02", DueDate: "2026-04-01", Net: amount, Tax: money.Zero("USD"), Total: amount,
				Lines: []domain.BillLine{{Shipment: "SH-1", Charge: "F", Kind: domain.Freight, Amount: amount, Tax: money.Zero("USD"), Accrued: amount, ServiceDate: "2026-02-10"}}})
			ask("INV-1", domain.DocumentInvoice, id.Stream(), "2026-03-02")
			require.Equal(t, 1, d.postAll().Confirmed)
			between(d)
			d.happened(id.Stream(), domain.PaymentApplied{Invoice: id, Number: "INV-1", Customer: "ACME", Payment: "P1", Document: "APP-1", Date: "2026-04-01",
				Amount: amount, Excess: money.Zero("USD"), Residual: money.Zero("USD")})
			ask("APP-1", domain.DocumentApplication, id.Stream(), "2026-04-01")
			require.Equal(t, 1, d.postAll().Confirmed)

			// Then each is on the accounts of what it hangs on
			require.Equal(t, map[string]string{"L0001-accrued": "4090-A", "L0001-unbilled": "1250-A"}, d.onAccounts("ACC-SH-1-1"))
			require.Equal(t, map[string]string{"AR": "1200-B", "L0001-accrued": "4090-A", "L0001-unbilled": "1250-A", "L0001-revenue": "4010-B"}, d.onAccounts("INV-1"))
			require.Equal(t, map[string]string{"AR": "1200-B", "unapplied": "2100"}, d.onAccounts("APP-1"))
		})
	}
}

// An account that the ERP does not have: the document is rejected with its
// reason, the others go on, and it goes on when the account is there.
func TestADocumentOnAnUnknownAccountWaitsForTheAccount(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	first := d.issueMany(1)
	chart := chartFrom("2026-01-01", "")
	for i, row := range chart.Terms.Rows {
		if row.Role == domain.Receivable {
			chart.Terms.Rows[i].Account = "1299"
		}
	}
	require.Equal(t, 1, d.postAll().Confirmed)
	d.happened(domain.ChartStream(domain.DefaultChart), chart)
	numbers := d.issue(invoice("ACME", 7, 2, "2026-03-10"))

	require.Equal(t, 1, d.postAll().Rejected)
	items, err := d.outbox.Open(d.ctx, erp.Rejected, "", "", 10)
	require.NoError(t, err)
	require.Len(t, items, 1)
	require.Equal(t, "unknown-account", items[0].Code)
	require.Contains(t, items[0].Message, `"1299"`)

	require.NoError(t, d.books.PutAccount(d.ctx, "1299", sandboxerp.AccountInput{Name: "Receivable", Type: "asset"}))
	d.do(domain.RetryPosting{PostingRetried: domain.PostingRetried{Document: numbers[0], By: "finance desk"}})
	require.Equal(t, 1, d.postAll().Confirmed)
	require.Equal(t, "1299", d.onAccounts(numbers[0])["AR"])
	require.Equal(t, "1200", d.onAccounts(first[0])["AR"], "what was booked before stays")
}
