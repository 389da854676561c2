package sandboxerp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

// desk is somebody at the ERP's door: a running server and a client for it.
type desk struct {
	t   testing.TB
	erp *sandboxerp.ERP
	url string
}

func open(t testing.TB, opts sandboxerp.Options) *desk {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "books.db"), opts)
}

func openAt(t testing.TB, path string, opts sandboxerp.Options) *desk {
	t.Helper()
	erp, err := sandboxerp.Open(path, opts)
	require.NoError(t, err)
	server := httptest.NewServer(erp.Handler())
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, erp.Close())
	})
	d := &desk{t: t, erp: erp, url: server.URL}
	return d
}

// withCustomers opens books with the customers that most tests need.
func withCustomers(t testing.TB, opts sandboxerp.Options) *desk {
	t.Helper()
	d := open(t, opts)
	no := false
	d.must("POST", "/customers:batch", sandboxerp.CustomerBatch{Customers: []sandboxerp.CustomerInput{
		{Code: "ACME", Name: "Acme Mills", TermsDays: 30, Currency: "USD"},
		{Code: "HOLD", Name: "Slow Payers", TermsDays: 10, CreditStatus: "hold"},
		{Code: "GONE", Name: "Closed Works", Active: &no},
		{Code: "ANYC", Name: "Any Currency Lines", TermsDays: 14},
	}}, nil)
	return d
}

func (d *desk) try(method, path string, body any) (*http.Response, []byte, error) {
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = bytes.NewBufferString(b)
	default:
		encoded, err := json.Marshal(b)
		require.NoError(d.t, err)
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, d.url+path, reader)
	require.NoError(d.t, err)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response, answer, err
}

func (d *desk) must(method, path string, body, into any) {
	d.t.Helper()
	response, answer, err := d.try(method, path, body)
	require.NoError(d.t, err)
	require.Equal(d.t, http.StatusOK, response.StatusCode, "%s %s: %s", method, path, answer)
	if into != nil {
		decoder := json.NewDecoder(bytes.NewReader(answer))
		decoder.DisallowUnknownFields()
		require.NoError(d.t, decoder.Decode(into), "%s", answer)
	}
}

// refused asserts a refusal by status and code, never by text.
func (d *desk) refused(status int, code, method, path string, body any) {
	d.t.Helper()
	response, answer, err := d.try(method, path, body)
	require.NoError(d.t, err)
	require.Equal(d.t, status, response.StatusCode, "%s", answer)
	var problem sandboxerp.ErrorAnswer
	require.NoError(d.t, json.Unmarshal(answer, &problem))
	require.Equal(d.t, code, problem.Error.Code, problem.Error.Message)
	require.NotEmpty(d.t, problem.Error.Message)
}

func (d *desk) book(documents ...sandboxerp.Document) []sandboxerp.BookResult {
	d.t.Helper()
	var answer sandboxerp.BookAnswer
	d.must("POST", "/documents", sandboxerp.BookRequest{Documents: documents}, &answer)
	require.Len(d.t, answer.Results, len(documents))
	return answer.Results
}

func (d *desk) probe(numbers ...string) []sandboxerp.BookedDocument {
	d.t.Helper()
	var answer sandboxerp.ProbeAnswer
	d.must("POST", "/documents:probe", sandboxerp.ProbeRequest{Numbers: numbers}, &answer)
	return answer.Documents
}

func (d *desk) receipts() []sandboxerp.Receipt {
	d.t.Helper()
	var page sandboxerp.ReceiptPage
	d.must("GET", "/receipts?limit=1000", nil, &page)
	return page.Receipts
}

func (d *desk) ledger(query string) extract {
	d.t.Helper()
	response, answer, err := d.try("GET", "/ledger"+query, nil)
	require.NoError(d.t, err)
	require.Equal(d.t, http.StatusOK, response.StatusCode, "%s", answer)
	return readExtract(d.t, bytes.NewReader(answer))
}

// extract is a ledger extract read back; whole says that it ended in a trailer.
type extract struct {
	header  sandboxerp.LedgerHeader
	entries []sandboxerp.LedgerEntry
	trailer sandboxerp.LedgerTrailer
	whole   bool
}

func readExtract(t testing.TB, from io.Reader) extract {
	t.Helper()
	var out extract
	decoder := json.NewDecoder(from)
	for {
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if err != nil {
			return out
		}
		var kind struct{ Record string }
		require.NoError(t, json.Unmarshal(raw, &kind))
		strict := json.NewDecoder(bytes.NewReader(raw))
		strict.DisallowUnknownFields()
		switch kind.Record {
		case "header":
			require.Empty(t, out.header.Record)
			require.NoError(t, strict.Decode(&out.header))
		case "entry":
			var entry sandboxerp.LedgerEntry
			require.NoError(t, strict.Decode(&entry))
			out.entries = append(out.entries, entry)
		case "trailer":
			require.NoError(t, strict.Decode(&out.trailer))
			out.whole = true
		default:
			require.Fail(t, "unknown record", kind.Record)
		}
	}
}

// invoice bills one freight charge with tax: total 108.00 for a freight of 100.
func invoice(number string) sandboxerp.Document {
	return sandboxerp.Document{
		Number: number, Kind: sandboxerp.KindInvoice, Customer: "ACME", Date: "2026-03-10", Currency: "USD",
		DueDate: "2026-04-09", Reference: "BOL 7781",
		Lines: []sandboxerp.Line{
			{Ref: "ar", Account: "1200", Debit: "108.00"},
			{Ref: "freight", Account: "4010", Credit: "100.00", Memo: "Chicago to Dallas"},
			{Ref: "tax", Account: "2200", Credit: "8.00"},
		},
	}
}

// load is a document of ten lines, as the benchmarks post them.
func load(number string) sandboxerp.Document {
	d := invoice(number)
	d.Lines = []sandboxerp.Line{{Ref: "00-receivable", Account: "1200", Debit: "900.00"}}
	for i := 1; i < 10; i++ {
		d.Lines = append(d.Lines, sandboxerp.Line{
			Ref: fmt.Sprintf("%02d-charge", i), Account: "4010", Credit: "100.00", Memo: "freight charge",
		})
	}
	return d
}

// streamSlowly asks for the ledger over a connection whose buffers hold little, so
// that the ERP is still reading its books while the test has only the beginning.
func (d *desk) streamSlowly() *http.Response {
	d.t.Helper()
	const buffer = 16 << 10
	server := httptest.NewUnstartedServer(d.erp.Handler())
	server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		_ = conn.(*net.TCPConn).SetWriteBuffer(buffer)
		return ctx
	}
	server.Start()
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			var dialer net.Dialer
			conn, err := dialer.DialContext(ctx, network, address)
			if err == nil {
				err = conn.(*net.TCPConn).SetReadBuffer(buffer)
			}
			return conn, err
		},
	}}
	response, err := client.Get(server.URL + "/ledger")
	require.NoError(d.t, err)
	d.t.Cleanup(func() {
		response.Body.Close()
		server.Close()
	})
	return response
}

func fixedClock() time.Time { return time.Date(2026, 3, 15, 9, 30, 0, 123456789, time.UTC) }

// serveOn serves an ERP that the test closes by itself.
func serveOn(t testing.TB, erp *sandboxerp.ERP) string {
	server := httptest.NewServer(erp.Handler())
	t.Cleanup(server.Close)
	return server.URL
}
