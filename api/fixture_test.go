package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/integrations/desk"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/integrations/terms"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/documents"
	"github.com/freightledger/freightledger/projections/duplicates"
	"github.com/freightledger/freightledger/projections/flow"
	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/freightledger/freightledger/projections/trace"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// house is a whole ledger behind the API: the durable store, the read models
// that follow it, the policy that is settled on demand.
type house struct {
	t      testing.TB
	store  *embedded.Store
	exec   *eventstore.Executor
	codec  eventstore.Codec
	runner *projections.Runner
	fresh  *Freshness
	flow   *flow.Reactor
	inbox  inbox.Inbox
	deps   Deps
	url    string
	api    http.Handler
	log    *logBook
}

// logBook is a log that can be read while it is written.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBook) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSuffix(l.text.String(), "\n"), "\n")
}

// await gives the last line that holds a text; a line is written after the
// caller has its answer.
func (l *logBook) await(t testing.TB, text string) string {
	t.Helper()
	var found string
	require.Eventually(t, func() bool {
		for _, line := range l.lines() {
			if strings.Contains(line, text) {
				found = line
			}
		}
		return found != ""
	}, 5*time.Second, 5*time.Millisecond, "no log line with %s", text)
	return found
}

// open builds a house; following is false for read models that stand still.
func open(t testing.TB, following bool, change func(*Deps)) *house {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	h := &house{t: t, codec: eventstore.NewCodec(domain.Events()), log: &logBook{}}
	quiet := slog.New(slog.DiscardHandler)
	var err error
	h.store, err = embedded.Open(t.TempDir(), embedded.Options{Logger: quiet})
	require.NoError(t, err)
	h.exec = eventstore.NewExecutor(h.store, h.codec, nil)
	list := views.Projections()
	dir := t.TempDir()
	db, err := views.Open(ctx, filepath.Join(dir, "views.db"), list, quiet)
	require.NoError(t, err)
	h.runner, err = projections.NewRunner(ctx, db, h.store, h.codec, list, projections.Options{Logger: quiet})
	require.NoError(t, err)
	h.flow, err = flow.Open(ctx, filepath.Join(dir, "flow.db"), h.store, h.codec, h.exec, domain.Policy{ByPeriod: true}, flow.Options{Logger: quiet})
	require.NoError(t, err)
	h.inbox = inbox.Inbox{Exec: h.exec, Actor: "import", Workers: 4}
	h.fresh = &Freshness{DB: db, History: h.store, Projection: list[0].Name(), MaxBehind: 10}

	done := make(chan error, 1)
	if following {
		go func() { done <- h.runner.Run(ctx) }()
	} else {
		done <- context.Canceled
	}
	h.deps = Deps{
		Execute: h.exec.Execute, Views: views.New(db), Tracer: trace.New(h.store, h.codec), History: h.store,
		Import: h.take, Channels: []string{desk.Channel}, Replay: h.replay,
		Print: h.print, Schemas: terms.Schemas(),
		Recompute: func(ctx context.Context, stream domain.Stream) (recompute.Report, error) {
			return recompute.Of(ctx, h.store, h.codec, stream)
		},
		Duplicates: func(ctx context.Context) ([]domain.Duplicate, error) {
			return duplicates.Find(ctx, h.store, h.codec, nil)
		},
		Ready: h.fresh.Ready, ViewsAt: h.fresh.At, WaitFor: h.fresh.WaitFor,
		Version: "test", Logger: slog.New(slog.NewJSONHandler(h.log, nil)),
	}
	if change != nil {
		change(&h.deps)
	}
	h.api = New(h.deps)
	server := httptest.NewServer(h.api)
	h.url = server.URL
	t.Cleanup(func() {
		server.Close()
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		require.NoError(t, h.flow.Close())
		require.NoError(t, db.Close())
		require.NoError(t, h.store.Close())
	})
	return h
}

func (h *house) take(ctx context.Context, channel, name string, content []byte) (any, int, error) {
	report, err := h.inbox.Take(ctx, inbox.Content{Channel: channel, Name: name, Bytes: content}, desk.Items, nil)
	return report, len(report.Refused), err
}

func (h *house) replay(ctx context.Context, id domain.MessageID, item string) (any, int, error) {
	state, err := h.exec.State(ctx, id.Stream())
	if err != nil {
		return nil, 0, err
	}
	var content []byte
	for r, err := range h.store.ReadStream(ctx, string(id.Stream()), 0) {
		if err != nil {
			return nil, 0, err
		}
		e, err := h.codec.Decode(r)
		if err != nil {
			return nil, 0, err
		}
		if part, ok := e.Event.(domain.MessagePart); ok {
			content = append(content, part.Content...)
		}
	}
	if len(content) == 0 {
		return nil, 0, &domain.Refusal{Code: domain.NotFound, Text: fmt.Sprintf("message %s is not known (%T)", id, state)}
	}
	report, err := h.inbox.Replay(ctx, id, item, content, desk.Items)
	return report, len(report.Refused), err
}

// print writes an invoice for the one buyer who has an address here.
func (h *house) print(ctx context.Context, number string, format documents.Format, paper documents.Paper) ([]byte, error) {
	found, err := trace.New(h.store, h.codec).Invoice(ctx, number)
	if err != nil {
		return nil, err
	}
	for r, err := range h.store.ReadStream(ctx, string(found.ID.Stream()), 0) {
		if err != nil {
			return nil, err
		}
		e, err := h.codec.Decode(r)
		if err != nil {
			return nil, err
		}
		issued, ok := e.Event.(domain.InvoiceIssued)
		if !ok {
			continue
		}
		x := documents.Extras{Terms: "Net 30 days", Remit: documents.Remit{Account: "000123456789"},
			Seller: documents.Party{Name: "Prairie Freight LLC", Address: documents.Address{Lines: []string{"1200 W Lake St"}, City: "Chicago", PostalCode: "60607", Country: "US"},
				TaxIDs: []documents.TaxID{{Scheme: documents.LegalRegistration, Label: "EIN", Value: "12-3456789"}}}}
		if issued.Candidate.Customer == "ACME" {
			x.Buyer = documents.Party{ID: "ACME", Name: "Acme Mills", Address: documents.Address{Lines: []string{"500 Elm St"}, City: "Dallas", PostalCode: "75201", Country: "US"}}
		}
		invoice, err := documents.FromIssued(issued, x)
		if err != nil {
			return nil, err
		}
		var text bytes.Buffer
		err = documents.Write(&text, invoice, format, documents.Options{Paper: paper})
		return text.Bytes(), err
	}
	return nil, &domain.Refusal{Code: domain.NotReady, Text: fmt.Sprintf("invoice %s is not issued", found.ID)}
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	text   string
}

func (r reply) into(t testing.TB, v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(r.text))
	d.UseNumber()
	require.NoError(t, d.Decode(v), r.text)
}

func (r reply) object(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	r.into(t, &v)
	return v
}

// problem checks the form that every problem has.
func (r reply) problem(t testing.TB, status int, code string) Problem {
	t.Helper()
	require.Equal(t, status, r.status, r.text)
	require.Equal(t, "application/problem+json", r.header.Get("Content-Type"))
	var p Problem
	r.into(t, &p)
	require.Equal(t, code, p.Code, r.text)
	require.Equal(t, status, p.Status)
	require.Equal(t, "urn:freightledger:problem:"+code, p.Type)
	require.NotEmpty(t, p.Title)
	require.NotEmpty(t, p.Detail)
	require.Equal(t, r.header.Get("X-Request-Id"), p.Request)
	return p
}

// call sends a request; headers come in pairs.
func (h *house) call(method, path string, body io.Reader, headers ...string) reply {
	h.t.Helper()
	req, err := http.NewRequest(method, h.url+path, body)
	require.NoError(h.t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(h.t, err)
	return reply{res.StatusCode, res.Header, string(text)}
}

func (h *house) get(path string) reply {
	h.t.Helper()
	return h.call(http.MethodGet, path, nil)
}

// ok gets what must be there.
func (h *house) ok(path string) map[string]any {
	h.t.Helper()
	r := h.get(path)
	require.Equal(h.t, http.StatusOK, r.status, "%s: %s", path, r.text)
	require.Equal(h.t, "application/json", r.header.Get("Content-Type"))
	return r.object(h.t)
}

func (h *house) items(path string) []any {
	h.t.Helper()
	return h.ok(path)["items"].([]any)
}

func (h *house) command(name, key, body string, headers ...string) reply {
	h.t.Helper()
	return h.call(http.MethodPost, "/v1/commands/"+name, strings.NewReader(body),
		append([]string{"Content-Type", "application/json", "Idempotency-Key", key}, headers...)...)
}

// done executes a command that must be accepted, and gives its position.
func (h *house) done(name, body string) string {
	h.t.Helper()
	r := h.command(name, uuid.NewString(), body)
	require.Equal(h.t, http.StatusOK, r.status, r.text)
	return r.header.Get("Ledger-Position")
}

func releaseOrder(id string) string {
	return fmt.Sprintf(`{"shipment":%q,"customer":"ACME","currency":"USD","references":[{"kind":"BOL","value":"BOL-%s"}],
		"stops":[{"seq":1,"kind":"pickup","place":"Chicago"},{"seq":2,"kind":"delivery","place":"Dallas"}],
		"terms":{"approval_above":{"amount":"50.00","currency":"USD"}}}`, id, id)
}

func enterCharge(shipment, charge, amount string) string {
	return fmt.Sprintf(`{"shipment":%q,"charge":%q,"kind":"freight","amount":{"amount":%q,"currency":"USD"},"requested_by":"rating"}`, shipment, charge, amount)
}

const day = `{"utc":"2024-03-05T14:00:00Z","local":"2024-03-05T14:00:00"}`

// ask executes commands that callers of the API do not send.
func (h *house) ask(commands ...domain.Command) {
	h.t.Helper()
	for _, c := range commands {
		_, err := h.exec.Execute(h.t.Context(), c, eventstore.Request{ID: uuid.New(), Actor: "erp"})
		require.NoError(h.t, err)
	}
}

// bill carries a shipment to its invoice, over HTTP but for the ERP's part.
func (h *house) bill(id string) {
	h.t.Helper()
	h.ask(domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: "ACME", Source: "erp",
		Master: domain.CustomerMaster{Name: "Acme Mills", TermsDays: 30, Credit: domain.CreditGood, Active: true}}})
	h.done("ReleaseOrder", releaseOrder(id))
	h.done("EnterCharge", enterCharge(id, "F", "100.00"))
	h.done("RecordMilestone", fmt.Sprintf(`{"shipment":%q,"stop":2,"kind":%q,"at":%s}`, id, domain.Unloaded, day))
	h.done("ReceivePOD", fmt.Sprintf(`{"shipment":%q,"version":1,"document":"receipt 881","signed_by":"dock 4","at":%s}`, id, day))
	h.done("VerifyPOD", fmt.Sprintf(`{"shipment":%q,"version":1,"outcome":"clean","by":"billing desk"}`, id))
	h.settle()
}

// settle lets the policy do what follows, and the read models see it.
func (h *house) settle() {
	h.t.Helper()
	_, err := h.flow.Settle(h.t.Context(), nil)
	require.NoError(h.t, err)
	head, err := h.store.Head(h.t.Context())
	require.NoError(h.t, err)
	ctx, cancel := context.WithTimeout(h.t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(h.t, h.fresh.WaitFor(ctx, head))
}
