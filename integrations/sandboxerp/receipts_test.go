package sandboxerp_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

func TestAReceiptIsBookedAndFed(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{Clock: fixedClock})
	var receipt sandboxerp.Receipt
	d.must("POST", "/receipts", sandboxerp.ReceiptInput{
		Invoice: "INV-1", Customer: "ACME", Amount: "108", Currency: "USD", Date: "2026-04-09",
		Reference: "WIRE 55", Remittance: "INV-1 less nothing",
	}, &receipt)
	require.Equal(t, sandboxerp.Receipt{
		N: 1, Number: "RCPT-00000001", Document: 1, Customer: "ACME", Invoice: "INV-1", Amount: "108.00", Currency: "USD",
		Date: "2026-04-09", Reference: "WIRE 55", Remittance: "INV-1 less nothing", BookedAt: fixedClock().Truncate(1000),
	}, receipt)
	require.Equal(t, []sandboxerp.Receipt{receipt}, d.receipts())

	entries := d.ledger("").entries
	require.Len(t, entries, 2)
	require.Equal(t, []string{"RCPT-00000001", "receipt", "1000", "108.00", "0.00"},
		[]string{entries[0].Number, entries[0].Kind, entries[0].Account, entries[0].Debit, entries[0].Credit})
	require.Equal(t, []string{"2100", "0.00", "108.00"}, []string{entries[1].Account, entries[1].Debit, entries[1].Credit})

	// The bank keeps its line when the booked document is deleted.
	d.must("DELETE", "/documents/1", nil, nil)
	require.Equal(t, []sandboxerp.Receipt{receipt}, d.receipts())
}

func TestReceiptsObeyTheRulesOfDocuments(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{PeriodsClosedBefore: "2026-01"})
	good := sandboxerp.ReceiptInput{Customer: "ACME", Amount: "5.00", Currency: "USD", Date: "2026-04-09", Reference: "W"}
	for code, change := range map[string]func(*sandboxerp.ReceiptInput){
		sandboxerp.CodeUnknownCustomer:  func(r *sandboxerp.ReceiptInput) { r.Customer = "NOBODY" },
		sandboxerp.CodeCurrencyMismatch: func(r *sandboxerp.ReceiptInput) { r.Currency = "CAD" },
		sandboxerp.CodeClosedPeriod:     func(r *sandboxerp.ReceiptInput) { r.Date = "2025-11-30" },
		sandboxerp.CodeBadAmount:        func(r *sandboxerp.ReceiptInput) { r.Amount = "0" },
		sandboxerp.CodeBadDocument:      func(r *sandboxerp.ReceiptInput) { r.Date = "yesterday" },
	} {
		bad := good
		change(&bad)
		d.refused(422, code, "POST", "/receipts", bad)
	}
	// A customer who is inactive may still pay what is owed.
	gone := good
	gone.Customer = "GONE"
	var receipt sandboxerp.Receipt
	d.must("POST", "/receipts", gone, &receipt)
	require.EqualValues(t, 1, receipt.N, "refused receipts use up no number")
}

func TestAReceiptThatTheBankTakesBackIsBookedOnce(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{PeriodsClosedBefore: "2026-01"})
	d.must("POST", "/receipts", sandboxerp.ReceiptInput{Customer: "ACME", Amount: "108", Currency: "USD", Date: "2026-04-09", Reference: "W"}, nil)
	d.refused(404, sandboxerp.CodeNotFound, "POST", "/receipts/RCPT-00000002/return", sandboxerp.ReturnInput{Date: "2026-04-12", Reason: "account closed"})
	d.refused(422, sandboxerp.CodeClosedPeriod, "POST", "/receipts/RCPT-00000001/return", sandboxerp.ReturnInput{Date: "2025-11-12", Reason: "account closed"})
	var returned, again sandboxerp.Returned
	d.must("POST", "/receipts/RCPT-00000001/return", sandboxerp.ReturnInput{Date: "2026-04-12", Reason: "account closed"}, &returned)
	require.Equal(t, sandboxerp.Returned{Number: "RTRN-00000001", Document: 2, Receipt: "RCPT-00000001", Amount: "108.00", Currency: "USD", Date: "2026-04-12"}, returned)
	d.must("POST", "/receipts/RCPT-00000001/return", sandboxerp.ReturnInput{Date: "2026-04-13", Reason: "account closed"}, &again)
	require.Equal(t, returned, again)

	entries := d.ledger("").entries
	require.Len(t, entries, 4)
	require.Equal(t, []string{"RTRN-00000001", "receipt", "1000", "0.00", "108.00"},
		[]string{entries[2].Number, entries[2].Kind, entries[2].Account, entries[2].Debit, entries[2].Credit})
	require.Equal(t, []string{"2100", "108.00", "0.00"}, []string{entries[3].Account, entries[3].Debit, entries[3].Credit})
	require.Len(t, d.receipts(), 1, "the feed keeps what the bank had said")
}

func TestTheFeedIsReadInPages(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{})
	for i := range 5 {
		d.must("POST", "/receipts", sandboxerp.ReceiptInput{
			Customer: "ACME", Amount: fmt.Sprint(i + 1), Currency: "USD", Date: "2026-04-09", Reference: "W",
		}, nil)
	}
	var seen []string
	var after int64
	for range 4 {
		var page sandboxerp.ReceiptPage
		d.must("GET", fmt.Sprintf("/receipts?after=%d&limit=2", after), nil, &page)
		for _, receipt := range page.Receipts {
			seen = append(seen, receipt.Number)
		}
		after = page.Next
	}
	require.Equal(t, []string{"RCPT-00000001", "RCPT-00000002", "RCPT-00000003", "RCPT-00000004", "RCPT-00000005"}, seen)
	require.EqualValues(t, 5, after, "asked again, the feed repeats where it stands")
}

func TestAutopayPaysAnInvoiceNumberOnce(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{})
	d.book(invoice("BEFORE"))
	require.Empty(t, d.receipts(), "autopay is off unless asked for")
	d.must("PUT", "/autopay", sandboxerp.AutoPay{Enabled: true}, nil)

	onTerms := invoice("INV-2")
	onTerms.DueDate = ""
	accrual := invoice("ACC-1")
	accrual.Kind = sandboxerp.KindAccrual
	rejected := invoice("BAD")
	rejected.Customer = "NOBODY"
	d.book(invoice("INV-1"), invoice("INV-1"), onTerms, accrual, rejected)
	d.book(invoice("INV-1"))

	paid := d.receipts()
	require.Len(t, paid, 2)
	require.Equal(t, []string{"INV-1", "108.00", "2026-04-09", "USD", "ACME"},
		[]string{paid[0].Invoice, paid[0].Amount, paid[0].Date, paid[0].Currency, paid[0].Customer})
	require.Equal(t, []string{"INV-2", "2026-04-09"}, []string{paid[1].Invoice, paid[1].Date}, "30 days after 10 March")
}

func TestEveryNthPaymentFallsShort(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{AutoPay: sandboxerp.AutoPay{Enabled: true, ShortPayEvery: 3, ShortPayPercent: "2.5"}})
	for i := 1; i <= 7; i++ {
		d.book(invoice(fmt.Sprintf("INV-%d", i)))
		d.book(invoice(fmt.Sprintf("INV-%d", i))) // a double booking moves no payment and no count
	}
	var amounts []string
	for _, receipt := range d.receipts() {
		amounts = append(amounts, receipt.Amount)
	}
	// 97.5 percent of 108.00 is 105.30.
	require.Equal(t, []string{"108.00", "108.00", "105.30", "108.00", "108.00", "105.30", "108.00"}, amounts)
}

func TestAPaymentDueInAClosedMonthSlips(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{AutoPay: sandboxerp.AutoPay{Enabled: true}})
	d.must("PUT", "/periods/2026-04", `{"status":"closed"}`, nil)
	d.must("PUT", "/periods/2026-05", `{"status":"closed"}`, nil)
	d.book(invoice("INV-1"))
	require.Equal(t, "2026-06-01", d.receipts()[0].Date)
}

func TestAutopaySettingsAreChecked(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	for _, percent := range []string{"0", "100", "-5", "1e1", "many", "1.2345678"} {
		d.refused(400, sandboxerp.CodeBadRequest, "PUT", "/autopay", sandboxerp.AutoPay{ShortPayPercent: percent})
	}
	d.refused(400, sandboxerp.CodeBadRequest, "PUT", "/autopay", sandboxerp.AutoPay{ShortPayEvery: -1})
	var settings sandboxerp.AutoPay
	d.must("GET", "/autopay", nil, &settings)
	require.Equal(t, sandboxerp.AutoPay{ShortPayPercent: "5"}, settings)
}
