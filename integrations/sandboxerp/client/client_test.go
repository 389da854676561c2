package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/integrations/sandboxerp/client"
	"github.com/freightledger/freightledger/projections/erp"
)

// open serves a sandbox ERP with one customer, and a client of it.
func open(t testing.TB, opts sandboxerp.Options) *client.Client {
	t.Helper()
	opts.Log = slog.New(slog.DiscardHandler)
	books, err := sandboxerp.Open(filepath.Join(t.TempDir(), "books.db"), opts)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(books.Handler())
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, books.Close())
	})
	c, err := client.New(server.URL+"/", client.Options{Timeout: time.Minute})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	require.NoError(t, c.PutCustomers(t.Context(), []sandboxerp.CustomerInput{{Code: "ACME", Name: "Acme Mills", TermsDays: 30}}))
	return c
}

// answering serves one answer to everything.
func answering(t *testing.T, handler http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Only behind the body does the server notice that its client left.
		_, _ = io.Copy(io.Discard, r.Body)
		handler(w, r)
	}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, client.Options{Timeout: time.Second, Stall: 100 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// invoice is a document of n debits of 1.25 and one credit.
func invoice(number string, n int) domain.Document {
	d := domain.Document{Number: number, Kind: domain.DocumentInvoice, Customer: "ACME", Date: "2026-03-10", DueDate: "2026-04-09", Reference: "BOL 1", Currency: "USD"}
	for i := range n {
		d.Entries = append(d.Entries, domain.Entry{Ref: fmt.Sprintf("L%04d", i), Account: "1200", Side: domain.DebitSide, Amount: money.FromMinor(125, "USD")})
	}
	d.Entries = append(d.Entries, domain.Entry{Ref: "Z", Account: "4010", Side: domain.CreditSide, Amount: money.FromMinor(int64(125*n), "USD")})
	return d
}

func TestPostAndProbe(t *testing.T) {
	c := open(t, sandboxerp.Options{})
	unknown := invoice("INV-2", 1)
	unknown.Customer = "NOBODY"

	outcomes, err := c.Post(t.Context(), []domain.Document{invoice("INV-1", 3), unknown})

	require.NoError(t, err)
	require.Len(t, outcomes, 2)
	require.Equal(t, erp.Outcome{Number: "INV-1", Status: erp.OutcomeBooked, ID: "1"}, outcomes[0])
	require.Equal(t, erp.CodeUnknownCustomer, outcomes[1].Code)
	require.NotEmpty(t, outcomes[1].Message)

	found, err := c.Probe(t.Context(), []string{"INV-1", "INV-2"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Len(t, found["INV-1"], 1)
	booked := found["INV-1"][0]
	require.Equal(t, "3.75 USD", booked.Total.String())
	booked.Total = money.Money{}
	require.Equal(t, erp.Booked{ID: "1", Kind: domain.DocumentInvoice, Customer: "ACME", Date: "2026-03-10"}, booked)
}

func TestCodesAreTheERPs(t *testing.T) {
	require.Equal(t, sandboxerp.CodeClosedPeriod, erp.CodeClosedPeriod)
	require.Equal(t, sandboxerp.CodeUnknownCustomer, erp.CodeUnknownCustomer)
	require.Equal(t, sandboxerp.CodeInactiveCustomer, erp.CodeInactiveCustomer)
	require.Equal(t, sandboxerp.CodeCurrencyMismatch, erp.CodeCurrencyMismatch)
}

func TestManyDocumentsGoInSeveralRequests(t *testing.T) {
	c := open(t, sandboxerp.Options{})
	var docs []domain.Document
	var numbers []string
	for i := range 450 {
		docs = append(docs, invoice(fmt.Sprintf("INV-%d", i), 1))
		numbers = append(numbers, docs[i].Number)
	}
	// Documents of a megabyte each: not even eight of them fit one request.
	for i := range 9 {
		big := invoice(fmt.Sprintf("BIG-%d", i), 520)
		for j := range big.Entries {
			big.Entries[j].Memo = strings.Repeat("m", 1990)
		}
		docs, numbers = append(docs, big), append(numbers, big.Number)
	}

	outcomes, err := c.Post(t.Context(), docs)

	require.NoError(t, err)
	require.Len(t, outcomes, len(docs))
	for i, o := range outcomes {
		require.Equal(t, numbers[i], o.Number)
		require.Equal(t, erp.OutcomeBooked, o.Status, o.Message)
	}
	found, err := c.Probe(t.Context(), numbers)
	require.NoError(t, err)
	require.Len(t, found, len(docs))
}

// A document that the ERP cannot even read is rejected alone.
func TestRefusedRequestIsSentInHalves(t *testing.T) {
	c := open(t, sandboxerp.Options{})
	huge := invoice("HUGE", 4000)
	for i := range huge.Entries {
		huge.Entries[i].Memo = strings.Repeat("m", 3000)
	}

	outcomes, err := c.Post(t.Context(), []domain.Document{invoice("A", 1), huge, invoice("B", 1)})

	require.NoError(t, err)
	require.Len(t, outcomes, 3)
	require.Equal(t, erp.OutcomeBooked, outcomes[0].Status)
	require.Equal(t, erp.Outcome{Number: "HUGE", Status: erp.OutcomeRejected, Code: sandboxerp.CodeBodyTooLarge, Message: outcomes[1].Message}, outcomes[1])
	require.Equal(t, erp.OutcomeBooked, outcomes[2].Status)
}

func TestHowSureAnErrorIs(t *testing.T) {
	abort := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	says := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for _, c := range []struct {
		name             string
		handler          http.HandlerFunc
		nothing, settled bool
		wait             time.Duration
	}{
		{"cut", abort, false, false, 0},
		{"down", says(503, `{"error":{"code":"down","message":"x"}}`), true, true, 3 * time.Second},
		{"closing", says(503, `{"error":{"code":"closing","message":"x"}}`), true, true, 3 * time.Second},
		{"stumbled before booking", says(500, `{"error":{"code":"transient","message":"x"}}`), true, true, 3 * time.Second},
		{"broke inside", says(500, `{"error":{"code":"internal","message":"x"}}`), false, true, 3 * time.Second},
		{"a proxy gave up", says(504, `<html>gateway timeout</html>`), false, false, 3 * time.Second},
		{"a redirect", says(307, ``), false, false, 3 * time.Second},
		{"not JSON", says(200, `hello`), false, false, 0},
		{"too few answers", says(200, `{"results":[]}`), false, false, 0},
		{"an answer for another", says(200, `{"results":[{"number":"X","status":"booked","id":1}]}`), false, false, 0},
		{"an answer without id", says(200, `{"results":[{"number":"INV-1","status":"booked"}]}`), false, false, 0},
		{"too slow", func(http.ResponseWriter, *http.Request) { time.Sleep(1200 * time.Millisecond) }, false, false, 0},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			for err := error(nil); err == nil; {
				_, err = w.Write(make([]byte, 1<<20))
			}
		}, false, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			books := answering(t, c.handler)

			outcomes, err := books.Post(t.Context(), []domain.Document{invoice("INV-1", 1)})

			require.Empty(t, outcomes)
			var e erp.Certainty
			require.True(t, errors.As(err, &e), "%v", err)
			require.Equal(t, c.nothing, e.NothingBooked(), "%v", err)
			require.Equal(t, c.settled, e.Settled(), "%v", err)
			require.Equal(t, c.wait, e.RetryAfter())
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		address := listener.Addr().String()
		require.NoError(t, listener.Close())
		books, err := client.New("http://"+address, client.Options{})
		require.NoError(t, err)

		_, err = books.Post(t.Context(), []domain.Document{invoice("INV-1", 1)})

		var e erp.Certainty
		require.True(t, errors.As(err, &e))
		require.True(t, e.NothingBooked())
	})
}

func TestLostAnswerIsNotRepeated(t *testing.T) {
	c := open(t, sandboxerp.Options{})
	_, err := c.Post(t.Context(), []domain.Document{invoice("WARM", 1)}) // the connection is used again
	require.NoError(t, err)
	require.NoError(t, c.SetFaults(t.Context(), sandboxerp.Faults{DropRate: "1"}))

	_, err = c.Post(t.Context(), []domain.Document{invoice("INV-1", 1)})

	var e *client.Error
	require.ErrorAs(t, err, &e)
	require.False(t, e.NothingBooked())
	faults, err := c.Faults(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, faults.Fired.Dropped)
	found, err := c.Probe(t.Context(), []string{"INV-1"})
	require.NoError(t, err)
	require.Len(t, found["INV-1"], 1)
}

func TestFirstOpenDate(t *testing.T) {
	c := open(t, sandboxerp.Options{PeriodsClosedBefore: "2026-03"})
	require.NoError(t, c.SetPeriod(t.Context(), "2026-03", "closed"))
	require.NoError(t, c.SetPeriod(t.Context(), "2026-05", "closed"))
	require.NoError(t, c.SetPeriod(t.Context(), "2025-12", "open"))
	for from, want := range map[string]string{
		"2025-10-31": "2025-12-01", "2025-12-24": "2025-12-24", "2026-01-15": "2026-04-01",
		"2026-04-30": "2026-04-30", "2026-05-02": "2026-06-01", "2027-01-01": "2027-01-01",
	} {
		got, err := c.FirstOpenDate(t.Context(), from)
		require.NoError(t, err)
		require.Equal(t, want, got, "from %s", from)
	}
	_, err := c.FirstOpenDate(t.Context(), "soon")
	require.Error(t, err)
}

func TestFeeds(t *testing.T) {
	c := open(t, sandboxerp.Options{})
	for i := range 3 {
		_, err := c.PutReceipt(t.Context(), sandboxerp.ReceiptInput{Invoice: "INV-1", Customer: "ACME", Amount: "12.50", Currency: "USD", Date: "2026-04-01",
			Reference: fmt.Sprintf("wire %d", i), Remittance: []string{"", "TRACE-1", ""}[i]})
		require.NoError(t, err)
	}

	page, next, err := c.Receipts(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, page, 3)
	require.Equal(t, "12.50 USD", page[1].Amount.String())
	require.Equal(t, "TRACE-1", page[1].Reference)
	require.Equal(t, "wire 2", page[2].Reference)
	require.Equal(t, "sandboxerp", page[2].Source)
	page, again, err := c.Receipts(t.Context(), next)
	require.NoError(t, err)
	require.Empty(t, page)
	require.Equal(t, next, again)

	customers, next, err := c.Customers(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, next)
	require.Equal(t, []domain.CustomerSynced{{Customer: "ACME", Source: "sandboxerp",
		Master: domain.CustomerMaster{Name: "Acme Mills", TermsDays: 30, Credit: domain.CreditGood, Active: true}}}, customers)
}

func TestAddressIsChecked(t *testing.T) {
	for _, address := range []string{"", "localhost:80", "ftp://x", "http://", "http://x?y=1", "http://x\n"} {
		_, err := client.New(address, client.Options{})
		require.Error(t, err, address)
	}
}

func TestCallsEndWithTheirContext(t *testing.T) {
	c := answering(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	_, err := c.Probe(ctx, []string{"INV-1"})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
