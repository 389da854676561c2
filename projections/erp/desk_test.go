package erp_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/integrations/sandboxerp/client"
	"github.com/freightledger/freightledger/projections/erp"
)

// desk is a history, an outbox and an ERP, all real.
type desk struct {
	t      testing.TB
	ctx    context.Context
	store  *embedded.Store
	codec  eventstore.Codec
	exec   *eventstore.Executor
	path   string // of the outbox
	outbox *erp.Outbox
	books  *client.Client
	server *httptest.Server
	last   map[string]uint64 // revision after the last of each stream that issue wrote
}

// quick waits for nothing longer than a test can bear.
var quick = erp.Options{ERP: "sandboxerp", Settle: 20 * time.Millisecond, Again: 5 * time.Millisecond,
	FirstDelay: time.Millisecond, LongestDelay: 10 * time.Millisecond, Patience: 20 * time.Second, Log: slog.New(slog.DiscardHandler)}

func open(t testing.TB, opts sandboxerp.Options) *desk {
	t.Helper()
	d := &desk{t: t, ctx: t.Context(), codec: eventstore.NewCodec(domain.Events()), path: filepath.Join(t.TempDir(), "outbox.db"), last: map[string]uint64{}}
	var err error
	d.store, err = embedded.Open(t.TempDir(), embedded.Options{Logger: quick.Log})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.store.Close()) })
	d.exec = eventstore.NewExecutor(d.store, d.codec, nil)

	opts.Log = quick.Log
	books, err := sandboxerp.Open(filepath.Join(t.TempDir(), "books.db"), opts)
	require.NoError(t, err)
	d.server = httptest.NewUnstartedServer(books.Handler())
	d.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	d.server.Start()
	t.Cleanup(func() {
		d.server.Close()
		require.NoError(t, books.Close())
	})
	d.books, err = client.New(d.server.URL, client.Options{Timeout: 10 * time.Second})
	require.NoError(t, err)
	t.Cleanup(d.books.Close)
	require.NoError(t, d.books.PutCustomers(d.ctx, []sandboxerp.CustomerInput{{Code: "ACME", Name: "Acme Mills", TermsDays: 30, Currency: "USD"}}))
	d.openOutbox()
	t.Cleanup(func() { require.NoError(t, d.outbox.Close()) })
	return d
}

func (d *desk) openOutbox() {
	d.t.Helper()
	var err error
	d.outbox, err = erp.OpenOutbox(context.Background(), d.path, nil)
	require.NoError(d.t, err)
}

// restart is the end of a process and the beginning of the next.
func (d *desk) restart() {
	d.t.Helper()
	require.NoError(d.t, d.outbox.Close())
	d.exec = eventstore.NewExecutor(d.store, d.codec, nil)
	d.openOutbox()
}

func (d *desk) poster(change func(*erp.Options)) *erp.Poster {
	opts := quick
	if change != nil {
		change(&opts)
	}
	return erp.NewPoster(d.outbox, d.store, d.codec, d.exec, d.books, opts)
}

func (d *desk) postAll() erp.Report {
	d.t.Helper()
	report, err := d.poster(nil).PostAll(d.ctx, nil)
	require.NoError(d.t, err)
	return report
}

// happened appends events to a stream as they are.
func (d *desk) happened(stream domain.Stream, events ...domain.Event) {
	d.t.Helper()
	proposed := make([]eventstore.Proposed, len(events))
	for i, e := range events {
		p, err := d.codec.Encode(uuid.New(), e, eventstore.Meta{Correlation: uuid.New(), Causation: uuid.New(), Command: uuid.New(), Actor: "test", RecordedAt: time.Now().UTC()})
		require.NoError(d.t, err)
		proposed[i] = p
	}
	next, known := d.last[string(stream)]
	expected := eventstore.NoStream
	if known {
		expected = eventstore.Revision(next) - 1
	}
	_, err := d.store.Append(d.ctx, string(stream), expected, proposed)
	require.NoError(d.t, err)
	d.last[string(stream)] = next + uint64(len(events))
}

func (d *desk) do(cmd domain.Command) eventstore.Result {
	d.t.Helper()
	result, err := d.exec.Execute(d.ctx, cmd, eventstore.Request{ID: uuid.New(), Actor: "test"})
	require.NoError(d.t, err)
	return result
}

func usd(cents int64) money.Money { return money.FromMinor(cents, "USD") }

// invoice is the n-th invoice of a customer, with some freight lines of 1.00 to
// lines.00 each.
func invoice(customer string, n, lines int, date string) domain.InvoiceIssued {
	c := domain.Candidate{Customer: domain.CustomerID(customer), Period: date[:7], Currency: "USD", Number: n}
	e := domain.InvoiceIssued{Invoice: c.ID(), Number: fmt.Sprintf("INV-%s-%05d", customer, n), Candidate: c, IssueDate: date, Tax: usd(0)}
	var cents int64
	for i := range lines {
		amount := int64(100 * (i + 1))
		cents += amount
		e.Lines = append(e.Lines, domain.BillLine{Shipment: domain.ShipmentID(fmt.Sprintf("S-%d-%d", n, i)), Charge: "freight", Kind: domain.Freight,
			Amount: usd(amount), Tax: usd(0), Accrued: usd(0), ServiceDate: date})
	}
	e.Net, e.Total = usd(cents), usd(cents)
	return e
}

// issue puts invoices into history and asks for their posting, as the policy
// does. It returns their numbers.
func (d *desk) issue(invoices ...domain.InvoiceIssued) []string {
	d.t.Helper()
	var numbers []string
	for _, e := range invoices {
		d.happened(e.Invoice.Stream(), domain.CandidateOpened{Invoice: e.Invoice, Candidate: e.Candidate, BillingDate: e.IssueDate}, e)
		for _, r := range (domain.Policy{}).React(e, time.Now()) {
			d.do(r.Command)
		}
		numbers = append(numbers, e.Number)
	}
	return numbers
}

func (d *desk) issueMany(n int) []string {
	d.t.Helper()
	invoices := make([]domain.InvoiceIssued, n)
	for i := range invoices {
		invoices[i] = invoice("ACME", i+1, 1+i%4, "2026-03-"+strconv.Itoa(10+i%20))
	}
	return d.issue(invoices...)
}

// bookedOnce asserts that the ERP's ledger holds each document exactly once,
// and that history confirms each exactly once, under the ERP's own id.
func (d *desk) bookedOnce(numbers []string) {
	d.t.Helper()
	ids := map[string]map[int64]bool{}
	extract, err := d.books.Ledger(context.Background(), "", "")
	require.NoError(d.t, err)
	defer extract.Close()
	for e, err := range extract.Entries() {
		require.NoError(d.t, err)
		if ids[e.Number] == nil {
			ids[e.Number] = map[int64]bool{}
		}
		ids[e.Number][e.DocumentID] = true
	}
	confirmed := map[string][]string{}
	for record, err := range d.store.ReadAll(context.Background(), eventstore.Start) {
		require.NoError(d.t, err)
		e, err := d.codec.Decode(record)
		require.NoError(d.t, err)
		if c, ok := e.Event.(domain.PostingConfirmed); ok {
			confirmed[c.Document] = append(confirmed[c.Document], c.ERPID)
		}
	}
	for _, number := range numbers {
		require.Len(d.t, ids[number], 1, "document %s in the ERP", number)
		require.Len(d.t, confirmed[number], 1, "confirmations of %s", number)
		id, err := strconv.ParseInt(confirmed[number][0], 10, 64)
		require.NoError(d.t, err)
		require.True(d.t, ids[number][id], "document %s is confirmed as %d", number, id)
	}
	require.Len(d.t, ids, len(numbers), "documents in the ERP")
	require.Len(d.t, confirmed, len(numbers), "documents confirmed")
}

func (d *desk) posting(number string) domain.Posting {
	d.t.Helper()
	state, err := d.exec.State(context.Background(), domain.PostingStream(number))
	require.NoError(d.t, err)
	return state.(domain.Posting)
}

// faults switches the ERP's troubles.
func (d *desk) faults(f sandboxerp.Faults) {
	d.t.Helper()
	require.NoError(d.t, d.books.SetFaults(context.Background(), f))
}

// through puts an ERP's answers through a function.
func (d *desk) through(change func(next http.RoundTripper, r *http.Request) (*http.Response, error)) {
	d.t.Helper()
	transport := &http.Transport{}
	d.t.Cleanup(transport.CloseIdleConnections)
	books, err := client.New(d.server.URL, client.Options{Timeout: 10 * time.Second, Transport: tripper(func(r *http.Request) (*http.Response, error) {
		return change(transport, r)
	})})
	require.NoError(d.t, err)
	d.books = books
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
