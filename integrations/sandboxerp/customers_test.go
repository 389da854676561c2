package sandboxerp_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

func TestACustomerIsWrittenAndRead(t *testing.T) {
	at := fixedClock()
	d := open(t, sandboxerp.Options{Clock: func() time.Time { return at }})
	first := at.Truncate(time.Microsecond)
	want := sandboxerp.Customer{Code: "ACME", Name: "Acme Mills", TermsDays: 30, CreditStatus: "good", Active: true, Currency: "USD", UpdatedAt: first}
	var got sandboxerp.Customer
	d.must("PUT", "/customers/ACME", `{"name":"Acme Mills","terms_days":30,"currency":"USD"}`, &got)
	require.Equal(t, want, got)

	at = at.Add(time.Hour)
	d.must("PUT", "/customers/ACME", `{"name":"Acme Mills","terms_days":30,"currency":"USD"}`, &got)
	require.Equal(t, want, got, "writing the same again changes nothing, not even updated_at")

	d.must("PUT", "/customers/ACME", `{"name":"Acme Mills","terms_days":30,"currency":"USD","credit_status":"hold","active":false}`, nil)
	d.must("GET", "/customers/ACME", nil, &got)
	want.CreditStatus, want.Active, want.UpdatedAt = "hold", false, first.Add(time.Hour)
	require.Equal(t, want, got)
}

func TestCustomersArePagedByCode(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	var batch sandboxerp.CustomerBatch
	for i := range sandboxerp.MaxCustomerBatch {
		batch.Customers = append(batch.Customers, sandboxerp.CustomerInput{Code: fmt.Sprintf("C%04d", 999-i), Name: "Shipper"})
	}
	var written sandboxerp.CustomerBatchAnswer
	d.must("POST", "/customers:batch", batch, &written)
	require.Equal(t, sandboxerp.MaxCustomerBatch, written.Written)
	var codes []string
	after := ""
	for {
		var page sandboxerp.CustomerPage
		d.must("GET", "/customers?limit=300&after="+after, nil, &page)
		for _, c := range page.Customers {
			codes = append(codes, c.Code)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	require.Len(t, codes, 1000)
	require.IsIncreasing(t, codes)
}

func TestABatchOfCustomersIsWrittenWholeOrNotAtAll(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	d.refused(400, sandboxerp.CodeBadRequest, "POST", "/customers:batch",
		`{"customers":[{"code":"A","name":"A"},{"code":"B","name":"B","currency":"usd"}]}`)
	d.refused(400, sandboxerp.CodeBadRequest, "POST", "/customers:batch",
		sandboxerp.CustomerBatch{Customers: make([]sandboxerp.CustomerInput, sandboxerp.MaxCustomerBatch+1)})
	var page sandboxerp.CustomerPage
	d.must("GET", "/customers", nil, &page)
	require.Empty(t, page.Customers)
}

func TestTheChartIsSeededOnce(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	var chart sandboxerp.AccountList
	d.must("GET", "/accounts", nil, &chart)
	require.Len(t, chart.Accounts, 15)
	require.Equal(t, sandboxerp.Account{Code: "1000", Name: "Bank", Type: "asset"}, chart.Accounts[0])
	require.Equal(t, sandboxerp.Account{Code: "4900", Name: "Credits and allowances", Type: "contra-revenue"}, chart.Accounts[12])
	d.must("PUT", "/accounts/1000", `{"name":"House bank","type":"asset"}`, nil)
	d.must("GET", "/accounts", nil, &chart)
	require.Equal(t, "House bank", chart.Accounts[0].Name)
}

func TestPeriodsAreOpenUnlessClosed(t *testing.T) {
	d := open(t, sandboxerp.Options{PeriodsClosedBefore: "2026-01"})
	status := func(period string) string {
		var p sandboxerp.Period
		d.must("GET", "/periods/"+period, nil, &p)
		require.Equal(t, period, p.Period)
		return p.Status
	}
	require.Equal(t, "closed", status("2025-12"))
	require.Equal(t, "open", status("2026-01"))
	d.must("PUT", "/periods/2025-12", `{"status":"open"}`, nil)
	d.must("PUT", "/periods/2026-01", `{"status":"closed"}`, nil)
	require.Equal(t, "open", status("2025-12"))
	require.Equal(t, "closed", status("2026-01"))
	var list sandboxerp.PeriodList
	d.must("GET", "/periods", nil, &list)
	require.Equal(t, sandboxerp.PeriodList{ClosedBefore: "2026-01", Periods: []sandboxerp.Period{
		{Period: "2025-12", Status: "open"}, {Period: "2026-01", Status: "closed"},
	}}, list)
}

// Books from before an account was of the chart get it when they are opened, and
// keep what somebody made of the others.
func TestOlderBooksGetTheAccountsTheyLack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	erp, err := sandboxerp.Open(path, sandboxerp.Options{})
	require.NoError(t, err)
	require.NoError(t, erp.Close())
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.Exec(`DELETE FROM accounts WHERE code IN ('2110', '6010', '6020'); UPDATE accounts SET name = 'House bank' WHERE code = '1000'`)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	d := openAt(t, path, sandboxerp.Options{})
	var chart sandboxerp.AccountList
	d.must("GET", "/accounts", nil, &chart)
	require.Len(t, chart.Accounts, 15)
	require.Equal(t, "House bank", chart.Accounts[0].Name)
}

func TestReceiptsGoToTheAccountsThatTheBooksAreSetUpWith(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{AutoPay: sandboxerp.AutoPay{Enabled: true},
		Accounts: sandboxerp.OwnAccounts{Bank: "1001", UnappliedCash: "2101", Receivable: []string{"1201", "1200"}}})
	for _, code := range []string{"1001", "1201", "2101"} {
		d.must("PUT", "/accounts/"+code, `{"name":"other","type":"asset"}`, nil)
	}
	other := invoice("INV-1")
	for i := range other.Lines {
		if other.Lines[i].Account == "1200" {
			other.Lines[i].Account = "1201"
		}
	}
	d.book(other, invoice("INV-2"))
	var receipts sandboxerp.ReceiptPage
	d.must("GET", "/receipts", nil, &receipts)
	require.Len(t, receipts.Receipts, 2)
	on := map[string]int{}
	for _, e := range d.ledger("").entries {
		if e.Kind == sandboxerp.KindReceipt {
			on[e.Account]++
		}
	}
	require.Equal(t, map[string]int{"1001": 2, "2101": 2}, on)
}
