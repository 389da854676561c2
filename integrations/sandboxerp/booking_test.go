package sandboxerp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

func TestEachRejectionHasItsCode(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{PeriodsClosedBefore: "2026-01"})
	d.must("PUT", "/periods/2026-02", sandboxerp.PeriodInput{Status: "closed"}, nil)
	for _, c := range []struct {
		name   string
		code   string
		change func(*sandboxerp.Document)
	}{
		{"a customer nobody knows", sandboxerp.CodeUnknownCustomer, func(d *sandboxerp.Document) { d.Customer = "NOBODY" }},
		{"an inactive customer", sandboxerp.CodeInactiveCustomer, func(d *sandboxerp.Document) { d.Customer = "GONE" }},
		{"an account outside the chart", sandboxerp.CodeUnknownAccount, func(d *sandboxerp.Document) { d.Lines[1].Account = "9999" }},
		{"a month closed by hand", sandboxerp.CodeClosedPeriod, func(d *sandboxerp.Document) { d.Date = "2026-02-28" }},
		{"a month before the closing date", sandboxerp.CodeClosedPeriod, func(d *sandboxerp.Document) { d.Date = "2025-12-31" }},
		{"debits without their credits", sandboxerp.CodeUnbalanced, func(d *sandboxerp.Document) { d.Lines[2].Credit = "8.01" }},
		{"another currency than the customer's", sandboxerp.CodeCurrencyMismatch, func(d *sandboxerp.Document) { d.Currency = "EUR" }},
		{"a negative amount", sandboxerp.CodeBadAmount, func(d *sandboxerp.Document) { d.Lines[0].Debit = "-108.00" }},
		{"an exponent", sandboxerp.CodeBadAmount, func(d *sandboxerp.Document) { d.Lines[0].Debit = "1.08e2" }},
		{"a fraction of a cent", sandboxerp.CodeBadAmount, func(d *sandboxerp.Document) { d.Lines[0].Debit = "108.001" }},
		{"a fraction of a yen", sandboxerp.CodeBadAmount, func(d *sandboxerp.Document) { d.Customer, d.Currency, d.Lines[0].Debit = "ANYC", "JPY", "108.50" }},
		{"a line on both sides", sandboxerp.CodeBadAmount, func(d *sandboxerp.Document) { d.Lines[0].Credit = "1.00" }},
		{"a line ref used twice", sandboxerp.CodeDuplicateLineRef, func(d *sandboxerp.Document) { d.Lines[2].Ref = "ar" }},
		{"more lines than fit", sandboxerp.CodeTooManyLines, func(d *sandboxerp.Document) {
			d.Lines = make([]sandboxerp.Line, sandboxerp.MaxLines+1)
		}},
		{"no lines", sandboxerp.CodeBadDocument, func(d *sandboxerp.Document) { d.Lines = nil }},
		{"no number", sandboxerp.CodeBadDocument, func(d *sandboxerp.Document) { d.Number = "" }},
		{"a control character in the number", sandboxerp.CodeBadDocument, func(d *sandboxerp.Document) { d.Number = "INV\n1" }},
		{"a day that is not in the calendar", sandboxerp.CodeBadDocument, func(d *sandboxerp.Document) { d.Date = "2026-02-30" }},
		{"a due date that is no date", sandboxerp.CodeBadDocument, func(d *sandboxerp.Document) { d.DueDate = "soon" }},
		{"a currency in small letters", sandboxerp.CodeBadDocument, func(d *sandboxerp.Document) { d.Currency = "usd" }},
		{"a kind nobody knows", sandboxerp.CodeBadDocument, func(d *sandboxerp.Document) { d.Kind = "gift" }},
		{"no customer on an invoice", sandboxerp.CodeBadDocument, func(d *sandboxerp.Document) { d.Customer = "" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			document := invoice("INV-1")
			c.change(&document)
			result := d.book(document)[0]
			require.Equal(t, sandboxerp.StatusRejected, result.Status)
			require.Equal(t, c.code, result.Code, result.Message)
			require.Equal(t, document.Number, result.Number)
			require.NotEmpty(t, result.Message)
			require.Zero(t, result.ID)
			if c.code == sandboxerp.CodeClosedPeriod {
				require.Contains(t, result.Message, document.Date[:7], "the message names the period")
			}
		})
	}
	require.Empty(t, d.ledger("").entries, "nothing rejected left a trace")
}

func TestWhatIsNoReasonToReject(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{PeriodsClosedBefore: "2026-01"})
	d.must("PUT", "/periods/2025-12", sandboxerp.PeriodInput{Status: "open"}, nil)
	held, reopened, journal, yen := invoice("A"), invoice("B"), invoice("C"), invoice("D")
	held.Customer = "HOLD"
	reopened.Date = "2025-12-31"
	journal.Kind, journal.Customer = sandboxerp.KindJournal, ""
	yen.Customer, yen.Currency = "ANYC", "JPY"
	full := invoice("E")
	full.Lines = full.Lines[:0]
	for i := range sandboxerp.MaxLines {
		line := sandboxerp.Line{Ref: fmt.Sprint(i), Account: "1200", Debit: "999999999999999.99"}
		if i%2 == 1 {
			line.Debit, line.Credit = "", line.Debit
		}
		full.Lines = append(full.Lines, line)
	}
	for _, result := range d.book(held, reopened, journal, yen, full) {
		require.Equal(t, sandboxerp.StatusBooked, result.Status, "%s: %s", result.Number, result.Message)
	}
	require.Equal(t, "2499999999999999975.00", d.probe("E")[0].TotalDebit)
}

func TestPostingANumberTwiceBooksItTwice(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{Clock: fixedClock})
	first := d.book(invoice("INV-7"))[0]
	second := d.book(invoice("INV-7"), invoice("INV-7"))
	require.Equal(t, sandboxerp.StatusBooked, second[0].Status)

	found := d.probe("INV-7", "INV-8")
	require.Len(t, found, 3)
	require.Equal(t, []int64{first.ID, second[0].ID, second[1].ID}, []int64{found[0].ID, found[1].ID, found[2].ID})
	require.Equal(t, sandboxerp.BookedDocument{
		ID: first.ID, Number: "INV-7", Kind: "invoice", Customer: "ACME", Date: "2026-03-10", Period: "2026-03",
		Currency: "USD", DueDate: "2026-04-09", Reference: "BOL 7781", TotalDebit: "108.00", LineCount: 3,
		BookedAt: fixedClock().Truncate(1000),
	}, found[0])

	var byQuery sandboxerp.ProbeAnswer
	d.must("GET", "/documents?number=INV-7&number=INV-8", nil, &byQuery)
	require.Equal(t, found, byQuery.Documents)
	require.Len(t, d.ledger("").entries, 9)
}

func TestABatchIsBookedInPart(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{})
	wrong := invoice("INV-2")
	wrong.Customer = "NOBODY"
	results := d.book(invoice("INV-1"), wrong, invoice("INV-3"))
	require.Equal(t, sandboxerp.StatusBooked, results[0].Status)
	require.Equal(t, sandboxerp.CodeUnknownCustomer, results[1].Code)
	require.Equal(t, sandboxerp.StatusBooked, results[2].Status)
	require.Len(t, d.probe("INV-1", "INV-2", "INV-3"), 2)
}

func TestRequestsRefusedWhole(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{})
	many := make([]sandboxerp.Document, sandboxerp.MaxDocuments+1)
	for _, c := range []struct {
		name, code   string
		status       int
		method, path string
		body         any
	}{
		{"not JSON", sandboxerp.CodeBadRequest, 400, "POST", "/documents", "{"},
		{"an unknown field", sandboxerp.CodeBadRequest, 400, "POST", "/documents", `{"documents":[],"force":true}`},
		{"an amount that is a number", sandboxerp.CodeBadRequest, 400, "POST", "/documents", `{"documents":[{"lines":[{"debit":1.5}]}]}`},
		{"two JSON values", sandboxerp.CodeBadRequest, 400, "POST", "/documents", `{"documents":[]} {}`},
		{"no documents", sandboxerp.CodeBadRequest, 400, "POST", "/documents", sandboxerp.BookRequest{}},
		{"too many documents", sandboxerp.CodeBadRequest, 400, "POST", "/documents", sandboxerp.BookRequest{Documents: many}},
		{"a body too large", sandboxerp.CodeBodyTooLarge, 413, "POST", "/documents", `{"documents":[{"number":"` + strings.Repeat("9", sandboxerp.MaxBodyBytes) + `"}]}`},
		{"too many numbers", sandboxerp.CodeBadRequest, 400, "POST", "/documents:probe", sandboxerp.ProbeRequest{Numbers: make([]string, 201)}},
		{"a parameter nobody reads", sandboxerp.CodeBadRequest, 400, "GET", "/ledger?period=2026-03", nil},
		{"a month that is none", sandboxerp.CodeBadRequest, 400, "GET", "/ledger?period_from=2026-13", nil},
		{"a page too long", sandboxerp.CodeBadRequest, 400, "GET", "/customers?limit=1001", nil},
		{"an unknown path", sandboxerp.CodeNotFound, 404, "GET", "/invoices", nil},
		{"a method nobody serves", sandboxerp.CodeMethodNotAllowed, 405, "DELETE", "/ledger", nil},
		{"a customer nobody knows", sandboxerp.CodeNotFound, 404, "GET", "/customers/NOBODY", nil},
		{"a document nobody booked", sandboxerp.CodeNotFound, 404, "GET", "/documents/77", nil},
		{"an entry nobody booked", sandboxerp.CodeNotFound, 404, "DELETE", "/entries/77", nil},
		{"an id out of range", sandboxerp.CodeBadRequest, 400, "DELETE", "/entries/99999999999999999999", nil},
		{"a customer with negative terms", sandboxerp.CodeBadRequest, 400, "PUT", "/customers/NEW", `{"name":"New","terms_days":-1}`},
		{"a status no month has", sandboxerp.CodeBadRequest, 400, "PUT", "/periods/2026-03", `{"status":"ajar"}`},
		{"a type no account has", sandboxerp.CodeBadRequest, 400, "PUT", "/accounts/5000", `{"name":"Fuel","type":"cost"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			(&desk{t: t, url: d.url}).refused(c.status, c.code, c.method, c.path, c.body)
		})
	}
	require.Empty(t, d.ledger("").entries)
}

func TestReopeningKeepsTheBooks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd name %20?#.db")
	erp, err := sandboxerp.Open(path, sandboxerp.Options{AutoPay: sandboxerp.AutoPay{Enabled: true}})
	require.NoError(t, err)
	serve := func(erp *sandboxerp.ERP) *desk {
		return &desk{t: t, url: serveOn(t, erp)}
	}
	d := serve(erp)
	d.must("PUT", "/customers/ACME", `{"name":"Acme Mills","terms_days":30}`, nil)
	d.must("PUT", "/accounts/5000", `{"name":"Claims","type":"expense"}`, nil)
	d.must("PUT", "/periods/2026-01", `{"status":"closed"}`, nil)
	booked := d.book(invoice("INV-1"))[0]
	before := d.ledger("")
	// The last document is deleted, and its id must not come back.
	last := d.book(load("INV-2"))[0]
	d.must("DELETE", fmt.Sprintf("/documents/%d", last.ID+1), nil, nil) // its receipt
	d.must("DELETE", fmt.Sprintf("/documents/%d", last.ID), nil, nil)
	require.NoError(t, erp.Close())
	require.NoError(t, erp.Close(), "closing twice is closing once")
	d.refused(http.StatusServiceUnavailable, sandboxerp.CodeClosing, "GET", "/accounts", nil)

	again, err := sandboxerp.Open(path, sandboxerp.Options{AutoPay: sandboxerp.AutoPay{Enabled: true}})
	require.NoError(t, err)
	defer func() { require.NoError(t, again.Close()) }()
	d = serve(again)
	require.Equal(t, before.entries, d.ledger("").entries)
	require.Equal(t, booked.ID, d.probe("INV-1")[0].ID)
	var period sandboxerp.Period
	d.must("GET", "/periods/2026-01", nil, &period)
	require.Equal(t, "closed", period.Status)
	var chart sandboxerp.AccountList
	d.must("GET", "/accounts", nil, &chart)
	require.Len(t, chart.Accounts, 16)
	require.Equal(t, last.ID+2, d.book(invoice("INV-1"))[0].ID)
	require.Len(t, d.receipts(), 2, "the invoice was paid before the reopening")
}

func TestATemporaryERPLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	erp, err := sandboxerp.Open(":memory:", sandboxerp.Options{})
	require.NoError(t, err)
	inside, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	require.Len(t, inside, 1)
	require.NoError(t, erp.Close())
	inside, err = filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	require.Empty(t, inside)
}

func TestBadOptionsAreRefused(t *testing.T) {
	for name, opts := range map[string]sandboxerp.Options{
		"closing month": {PeriodsClosedBefore: "2026-1"},
		"short pay":     {AutoPay: sandboxerp.AutoPay{ShortPayPercent: "100"}},
		"percent bomb":  {AutoPay: sandboxerp.AutoPay{ShortPayPercent: "1e-999999"}},
		"rate":          {Faults: sandboxerp.Faults{DropRate: "1.01"}},
		"rate sign":     {Faults: sandboxerp.Faults{RejectRate: "-0.1"}},
		"latency":       {Faults: sandboxerp.Faults{LatencyMS: -1}},
	} {
		_, err := sandboxerp.Open(":memory:", opts)
		require.Error(t, err, name)
	}
	_, err := sandboxerp.Open(filepath.Join(t.TempDir(), "no", "such", "folder.db"), sandboxerp.Options{})
	require.Error(t, err)
}

func TestConcurrentPostersAndReaders(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{AutoPay: sandboxerp.AutoPay{Enabled: true}})
	const posters, rounds, perBatch = 4, 6, 5
	var wg sync.WaitGroup
	errs := make(chan error, posters*rounds*2)
	for p := range posters {
		wg.Go(func() {
			for round := range rounds {
				var request sandboxerp.BookRequest
				for i := range perBatch {
					request.Documents = append(request.Documents, invoice(fmt.Sprintf("INV-%d-%d-%d", p, round, i)))
				}
				body, err := json.Marshal(request)
				if err != nil {
					errs <- err
					return
				}
				response, answer, err := d.try("POST", "/documents", string(body))
				if err != nil || response.StatusCode != http.StatusOK || strings.Contains(string(answer), "rejected") {
					errs <- fmt.Errorf("post: %w %s", err, answer)
				}
			}
		})
		wg.Go(func() {
			for range rounds {
				_, answer, err := d.try("GET", "/ledger", nil)
				if err != nil || !strings.Contains(string(answer), `"record":"trailer"`) {
					errs <- fmt.Errorf("ledger: %w %s", err, answer)
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	const documents = posters * rounds * perBatch
	out := d.ledger("")
	require.Len(t, out.entries, documents*5, "three lines an invoice, two a receipt")
	for n, receipt := range d.receipts() {
		require.EqualValues(t, n+1, receipt.N, "receipts are numbered without a gap")
	}
	require.Len(t, d.receipts(), documents)
	require.Equal(t, out.trailer.Debit, out.trailer.Credit)
}
