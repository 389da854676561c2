package api

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/reconciler"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// A shipment whose id needs every kind of encoding in a path.
const awkward = "SCMS/2024:03#7+a"

func TestEveryRouteAnswersAboutABilledShipment(t *testing.T) {
	h := open(t, true, nil)
	h.bill(awkward)
	id := url.PathEscape(awkward)

	require.Len(t, h.items("/v1/shipments"), 1)
	require.Len(t, h.items("/v1/shipments?customer=ACME&held=false"), 1)
	require.Empty(t, h.items("/v1/shipments?customer=NOBODY"))
	status := h.ok("/v1/shipments/" + id)["status"].(string)
	require.Len(t, h.items("/v1/shipments?status="+url.QueryEscape(status)), 1)
	charge := h.items("/v1/shipments/" + id + "/charges")[0].(map[string]any)
	require.Equal(t, "billed", charge["disposition"])
	require.Equal(t, map[string]any{"amount": "100.00", "currency": "USD"}, charge["amount"], "amounts are text")
	require.Len(t, h.items("/v1/charges?status=billed&kind=freight"), 1)
	require.Empty(t, h.items("/v1/charges?not_billed=true"))
	require.Len(t, h.items("/v1/dispositions"), 1)

	invoice := h.items("/v1/invoices?customer=ACME&month=2024-03&open=true")[0].(map[string]any)
	invoiceID, number := invoice["id"].(string), invoice["number"].(string)
	require.Equal(t, "INV-2024-000001", number)
	for _, name := range []string{invoiceID, number} {
		require.Equal(t, invoice, h.ok("/v1/invoices/"+url.PathEscape(name)))
		require.Len(t, h.items("/v1/invoices/"+url.PathEscape(name)+"/lines"), 1)
		require.Equal(t, number, h.ok("/v1/invoices/" + url.PathEscape(name) + "/trace")["number"])
	}
	require.Len(t, h.items("/v1/charges?invoice="+url.QueryEscape(invoiceID)), 1)

	receivables := h.ok("/v1/receivables?as_of=2024-04-01&customer=ACME")
	require.Equal(t, "2024-04-01", receivables["as_of"])
	require.Len(t, receivables["items"], 1)
	require.Len(t, receivables["totals"], 1)
	require.NotEmpty(t, h.ok("/v1/receivables")["as_of"])

	posting := h.items("/v1/postings?status=requested")[0].(map[string]any)
	require.Equal(t, posting, h.ok("/v1/postings/"+url.PathEscape(posting["document"].(string))))
	require.Equal(t, "Acme Mills", h.ok("/v1/customers/ACME")["name"])
	require.Len(t, h.items("/v1/customers"), 1)
	require.Empty(t, h.items("/v1/payments?customer=ACME&unapplied=true&held=false"))
	require.NotEmpty(t, h.items("/v1/search?q=bol-"+url.QueryEscape(strings.ToLower(awkward))))

	replay := h.ok("/v1/shipments/" + id + "/replay?as_of=" + url.QueryEscape(time.Now().Add(time.Hour).Format(time.RFC3339)))
	require.Equal(t, status, replay["status"])
	h.get("/v1/shipments/"+id+"/replay?as_of=2001-01-01T00:00:00Z").problem(t, http.StatusNotFound, "not-found")

	require.Empty(t, h.ok("/v1/missing/" + id)["obstacles"], "all of it is billed")
	require.Empty(t, h.ok("/v1/missing/" + url.PathEscape(invoiceID))["obstacles"])

	h.done("RaiseException", `{"shipment":"`+awkward+`","exception":"x1","kind":"damage","detail":"dented"}`)
	h.done("DisputeLines", fmt.Sprintf(`{"invoice":%q,"dispute":"D1","code":"59","reason":"short","opened":%q,"late_allowed_by":"finance desk","late_reason":"agreed",
		"lines":[{"shipment":%q,"charge":"F","amount":{"amount":"10.00","currency":"USD"}}]}`, invoiceID, time.Now().UTC().Format(domain.DayLayout), awkward))
	h.settle()
	require.Len(t, h.items("/v1/exceptions"), 1)
	require.Len(t, h.items("/v1/exceptions?resolved=true"), 1)
	require.Len(t, h.items("/v1/disputes?open=true&invoice="+url.QueryEscape(invoiceID)), 1)

	state := h.ok("/v1/status")
	require.Equal(t, "test", state["version"])
	require.Equal(t, state["head"], state["views_at"])
	require.Equal(t, "up", h.ok("/healthz")["status"])
	require.Equal(t, "ready", h.ok("/readyz")["status"])
	require.Equal(t, "no-store", h.get("/readyz").header.Get("Cache-Control"))
}

func TestUnknownThingsAreNotFound(t *testing.T) {
	h := open(t, true, nil)
	for _, path := range []string{
		"/v1/shipments/none", "/v1/shipments/none/charges", "/v1/shipments/none/replay", "/v1/invoices/none", "/v1/invoices/none/lines",
		"/v1/invoices/none/trace", "/v1/missing/none", "/v1/payments/none", "/v1/postings/none", "/v1/customers/none", "/v1/messages/none", "/v1/messages/none/items",
		"/v1/shipments/%00", "/v1/shipments/%0d%0aX:1/replay", "/v1/shipments/%ff", "/v1/invoices/%e2%80%ae/trace",
		"/v1/shipments/" + strings.Repeat("x", 600), "/v1/shipments/" + strings.Repeat("x", 600) + "/replay", "/v1/invoices/" + strings.Repeat("x", 600) + "/trace",
	} {
		h.get(path).problem(t, http.StatusNotFound, "not-found")
	}
	h.call(http.MethodPost, "/v1/dead-letters/none/none/replay", nil).problem(t, http.StatusNotFound, "not-found")
}

func TestRoutesThatAreNone(t *testing.T) {
	h := open(t, true, nil)
	for _, path := range []string{"/", "/v1", "/v1/", "/v1/nothing", "/v1/shipments/", "/v1//shipments", "/v1/shipments/a/b/c", "/v1/../v1/shipments", "/V1/shipments"} {
		h.get(path).problem(t, http.StatusNotFound, "no-such-route")
	}
	for path, allow := range map[string]string{"/v1/shipments": "GET, HEAD", "/v1/messages": "GET, POST, HEAD", "/v1/commands/ReleaseOrder": "POST", "/v1/reconciliations": "POST"} {
		r := h.call(http.MethodDelete, path, nil)
		r.problem(t, http.StatusMethodNotAllowed, "method-not-allowed")
		require.Equal(t, allow, r.header.Get("Allow"))
	}
	head := h.call(http.MethodHead, "/v1/shipments", nil)
	require.Equal(t, http.StatusOK, head.status)
	require.Empty(t, head.text)
}

func TestQueriesAreStrict(t *testing.T) {
	h := open(t, true, nil)
	for _, c := range []struct{ path, place string }{
		{"/v1/shipments?custmer=ACME", "query custmer"},
		{"/v1/shipments?customer=A&customer=B", "query customer"},
		{"/v1/shipments?limit=0", "query limit"},
		{"/v1/shipments?limit=501", "query limit"},
		{"/v1/shipments?limit=ten", "query limit"},
		{"/v1/shipments?held=yes", "query held"},
		{"/v1/charges?not_billed=1", "query not_billed"},
		{"/v1/invoices?open=1", "query open"},
		{"/v1/disputes?open=1", "query open"},
		{"/v1/exceptions?resolved=1", "query resolved"},
		{"/v1/payments?held=1", "query held"},
		{"/v1/payments?unapplied=1", "query unapplied"},
		{"/v1/search?q=x&limit=-1", "query limit"},
		{"/v1/shipments?after=zzz", "query after"},
		{"/v1/shipments?after=eyJrIjpbImEiXSwiZiI6IiJ9", "query after"},
		{"/v1/shipments?customer=%zz", "query"},
		{"/v1/shipments?a;b", "query"},
		{"/v1/shipments?min_position=12", "query min_position"},
		{"/v1/shipments/x/replay?as_of=yesterday", "query as_of"},
		{"/v1/receivables?as_of=2024-13-01", "query as_of"},
		{"/v1/search", "query q"},
		{"/v1/events?after=zzz", "query after"},
		{"/v1/commands?x=1", "query x"},
		{"/healthz?x=1", "query x"},
	} {
		p := h.get(c.path).problem(t, http.StatusBadRequest, "bad-query")
		require.Equal(t, c.place, p.Place, c.path)
	}
}

// walk follows next_cursor to the end and gives the ids it met.
func (h *house) walk(path, key string, between func()) []string {
	h.t.Helper()
	var ids []string
	for next := path; next != ""; {
		r := h.get(next)
		require.Equal(h.t, http.StatusOK, r.status, r.text)
		body := r.object(h.t)
		for _, item := range body["items"].([]any) {
			ids = append(ids, item.(map[string]any)[key].(string))
		}
		next = ""
		if cursor, ok := body["next_cursor"].(string); ok {
			next, _, _ = strings.Cut(strings.TrimPrefix(r.header.Get("Link"), "<"), ">")
			u, err := url.Parse(next)
			require.NoError(h.t, err)
			require.Equal(h.t, cursor, u.Query().Get("after"), "the link is the cursor")
			between()
		} else {
			require.Empty(h.t, r.header.Get("Link"))
		}
	}
	return ids
}

func TestPagesShowEverythingOnceWhileWritesGoOn(t *testing.T) {
	// Given shipments whose ids sort in the order of their numbers
	h := open(t, true, nil)
	var want []string
	for i := range 23 {
		id := fmt.Sprintf("SH-%03d", i*10)
		want = append(want, id)
		h.done("ReleaseOrder", releaseOrder(id))
	}
	h.settle()
	// When the list is walked while others are released, and these change
	n := 0
	got := h.walk("/v1/shipments?limit=4&customer=ACME", "id", func() {
		n++
		h.done("ReleaseOrder", releaseOrder(fmt.Sprintf("SH-%03d", n*10+5)))
		h.done("AddReference", fmt.Sprintf(`{"shipment":"SH-%03d","reference":{"kind":"PO","value":"%d"}}`, n*10, n))
		h.settle()
	})
	// Then each of the first ones shows once, and nothing shows twice
	require.True(t, slices.IsSorted(got))
	require.Equal(t, slices.Compact(slices.Clone(got)), got)
	require.Subset(t, got, want)
}

func TestCursorsOfKeysWithTwoParts(t *testing.T) {
	h := open(t, true, nil)
	var want []string
	for _, id := range []string{"SH-1", "SH-2"} {
		h.done("ReleaseOrder", releaseOrder(id))
		for i := range 5 {
			charge := fmt.Sprintf("%s/%d", id, i)
			want = append(want, charge)
			h.done("EnterCharge", enterCharge(id, charge, "1.00"))
		}
	}
	h.settle()
	require.Equal(t, want, h.walk("/v1/charges?limit=3", "charge", func() {}))
	require.Equal(t, want[5:], h.walk("/v1/shipments/SH-2/charges?limit=2", "charge", func() {}))
	// A cursor is good for its own list only.
	cursor := h.ok("/v1/charges?limit=3")["next_cursor"].(string)
	h.get("/v1/charges?kind=freight&limit=3&after="+cursor).problem(t, http.StatusBadRequest, "bad-query")
	h.get("/v1/shipments/SH-2/charges?after="+cursor).problem(t, http.StatusBadRequest, "bad-query")
	h.get("/v1/shipments?after="+cursor).problem(t, http.StatusBadRequest, "bad-query")
}

func TestTheHistoryIsPagedWhole(t *testing.T) {
	h := open(t, true, nil)
	h.bill("SH-1")
	var want []string
	for r, err := range h.store.ReadAll(t.Context(), h.position("")) {
		require.NoError(t, err)
		want = append(want, r.ID.String())
	}
	require.Greater(t, len(want), 10)
	var got []string
	last := ""
	for next := "/v1/events?limit=4"; next != ""; {
		r := h.get(next)
		body := r.object(t)
		for _, e := range body["events"].([]any) {
			e := e.(map[string]any)
			require.Greater(t, e["position"].(string), last)
			require.IsType(t, map[string]any{}, e["data"])
			require.IsType(t, map[string]any{}, e["metadata"])
			last = e["position"].(string)
			got = append(got, e["id"].(string))
		}
		require.Equal(t, last, body["last_position"])
		next = ""
		if cursor, ok := body["next_cursor"].(string); ok {
			next = "/v1/events?limit=4&after=" + cursor
		}
	}
	require.Equal(t, want, got)
	// At the end there is nothing, and the place to go on from stays.
	body := h.ok("/v1/events?after=" + last)
	require.Empty(t, body["events"])
	require.Equal(t, last, body["last_position"])
}

func TestReadYourWrites(t *testing.T) {
	t.Run("waits for the position", func(t *testing.T) {
		h := open(t, true, nil)
		for i := range 20 {
			id := fmt.Sprintf("SH-%d", i)
			at := h.done("ReleaseOrder", releaseOrder(id))
			r := h.get("/v1/shipments/" + id + "?min_position=" + at)
			require.Equal(t, http.StatusOK, r.status, r.text)
			require.GreaterOrEqual(t, r.header.Get("Ledger-Position"), at)
		}
	})
	t.Run("not for ever", func(t *testing.T) {
		h := open(t, false, func(d *Deps) { d.WaitLimit = 50 * time.Millisecond })
		at := h.done("ReleaseOrder", releaseOrder("SH-1"))
		r := h.get("/v1/shipments/SH-1?min_position=" + at)
		r.problem(t, http.StatusServiceUnavailable, "position-not-reached")
		require.Equal(t, "1", r.header.Get("Retry-After"))
	})
	t.Run("not where nobody waits", func(t *testing.T) {
		h := open(t, true, func(d *Deps) { d.WaitFor = nil })
		h.get("/v1/shipments?min_position="+h.position("").String()).problem(t, http.StatusConflict, "not-ready")
	})
}

func TestReadiness(t *testing.T) {
	h := open(t, false, nil)
	require.Equal(t, http.StatusOK, h.get("/readyz").status, "an empty history has been followed")
	for i := range 11 { // one more than MaxBehind
		h.done("ReleaseOrder", releaseOrder(fmt.Sprintf("SH-%d", i)))
	}
	p := h.get("/readyz").problem(t, http.StatusServiceUnavailable, "not-ready")
	require.Contains(t, p.Detail, "behind")
	require.Equal(t, http.StatusOK, h.get("/healthz").status)
	_, err := h.runner.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, h.get("/readyz").status)
}

func TestMessagesAndTheirDeadLetters(t *testing.T) {
	h := open(t, true, nil)
	// Given a message of which one line is refused, for its order is not known
	content := `{"command":"ReleaseOrder","body":` + strings.ReplaceAll(releaseOrder("SH-1"), "\n", " ") + "}\n" +
		`{"command":"AddReference","body":{"shipment":"SH-2","reference":{"kind":"PO","value":"77"}}}` + "\n"
	r := h.call(http.MethodPost, "/v1/messages?channel=desk&name=morning.jsonl", strings.NewReader(content))
	p := r.problem(t, http.StatusUnprocessableEntity, "items-refused")
	report := p.Report.(map[string]any)
	require.Len(t, report["refused"], 1)
	h.settle()
	message := report["message"].(string)
	require.Len(t, h.items("/v1/messages"), 1)
	require.Equal(t, "morning.jsonl", h.ok("/v1/messages/" + url.PathEscape(message))["name"])
	require.NotEmpty(t, h.items("/v1/messages/"+url.PathEscape(message)+"/items"))
	letter := h.items("/v1/dead-letters")[0].(map[string]any)
	replay := "/v1/dead-letters/" + url.PathEscape(letter["message"].(string)) + "/" + url.PathEscape(letter["item"].(string)) + "/replay"

	// When it is replayed before and after its cause is mended
	h.call(http.MethodPost, replay, nil).problem(t, http.StatusUnprocessableEntity, "items-refused")
	h.call(http.MethodPost, replay, strings.NewReader("{}")).problem(t, http.StatusBadRequest, "bad-body")
	h.done("ReleaseOrder", releaseOrder("SH-2"))
	r = h.call(http.MethodPost, replay, nil)
	require.Equal(t, http.StatusOK, r.status, r.text)
	h.settle()
	require.Empty(t, h.items("/v1/dead-letters"))

	// Then the same message again changes nothing
	r = h.call(http.MethodPost, "/v1/messages?channel=desk", strings.NewReader(content))
	require.Equal(t, http.StatusOK, r.status, r.text)
	require.Equal(t, true, r.object(t)["known"])
}

func TestMessagesThatAreNotTaken(t *testing.T) {
	h := open(t, true, nil)
	send := func(query string, body string) reply {
		return h.call(http.MethodPost, "/v1/messages"+query, strings.NewReader(body))
	}
	send("", "x").problem(t, http.StatusBadRequest, "bad-query")
	require.Contains(t, send("?channel=fax", "x").problem(t, http.StatusBadRequest, "bad-query").Detail, "desk")
	send("?channel=desk&name=a%0d%0ab", "x").problem(t, http.StatusBadRequest, "bad-query")
	send("?channel=desk", "").problem(t, http.StatusBadRequest, "empty-message")
	send("?channel=desk", strings.Repeat("x", maxMessageBytes+1)).problem(t, http.StatusRequestEntityTooLarge, "too-large")
	none := open(t, true, func(d *Deps) { d.Import, d.Replay = nil, nil })
	none.call(http.MethodPost, "/v1/messages?channel=desk", strings.NewReader("x")).problem(t, http.StatusConflict, "not-ready")
	none.call(http.MethodPost, "/v1/dead-letters/a/b/replay", nil).problem(t, http.StatusConflict, "not-ready")
}

// emptyBooks is the ledger of an ERP that booked nothing; it opens when told.
type emptyBooks struct{ opened chan struct{} }

func (b emptyBooks) Entries(ctx context.Context) iter.Seq2[reconciler.LedgerEntry, error] {
	return func(yield func(reconciler.LedgerEntry, error) bool) {
		select {
		case <-b.opened:
		case <-ctx.Done():
			yield(reconciler.LedgerEntry{}, ctx.Err())
		}
	}
}

func TestReconciliationsRunOneAtATime(t *testing.T) {
	books := emptyBooks{make(chan struct{})}
	began := make(chan struct{}, 1)
	var h *house
	h = open(t, true, func(d *Deps) {
		d.Reconcile = func(ctx context.Context, opts reconciler.Options) (*reconciler.Report, error) {
			began <- struct{}{}
			opts.TempDir = t.TempDir()
			return reconciler.Run(ctx, h.store, h.codec, books, opts)
		}
	})
	h.bill("SH-1")
	post := func(body string) reply {
		return h.call(http.MethodPost, "/v1/reconciliations", strings.NewReader(body), "Content-Type", "application/json")
	}
	post(`{"from":"2024"}`).problem(t, http.StatusUnprocessableEntity, "invalid")
	post(`{"from":"2024-05","to":"2024-04"}`).problem(t, http.StatusUnprocessableEntity, "invalid")
	post(`{"form":"2024-05"}`).problem(t, http.StatusBadRequest, "bad-json")
	post(`{"strict":1}`).problem(t, http.StatusBadRequest, "bad-json")

	first := make(chan reply, 1)
	go func() { first <- post(`{"strict":true}`) }()
	<-began
	post("").problem(t, http.StatusConflict, "reconciliation-running")
	close(books.opened)
	r := <-first
	require.Equal(t, http.StatusOK, r.status, r.text)
	body := r.object(t)
	require.Equal(t, false, body["clean"], "strict: what is in flight is a break")
	require.NotEmpty(t, body["report"].(map[string]any)["breaks"])
	require.Equal(t, http.StatusOK, post("").status, "the next one may run")

	open(t, true, nil).call(http.MethodPost, "/v1/reconciliations", nil).problem(t, http.StatusConflict, "no-erp")
}

func TestStatusTellsOfOtherParts(t *testing.T) {
	h := open(t, true, func(d *Deps) {
		d.Status = func(context.Context) (any, error) { return map[string]int{"outbox": 3}, nil }
	})
	h.done("ReleaseOrder", releaseOrder(uuid.NewString()))
	require.Contains(t, h.get("/v1/status").text, `"parts":{"outbox":3}`)
}

func TestStatusesOfTheDomainsCodes(t *testing.T) {
	for code, status := range map[domain.Code]int{domain.NotFound: 404, domain.Invalid: 422, domain.Conflict: 409, domain.NotReady: 409, domain.TooLate: 409, domain.Denied: 403} {
		require.Equal(t, status, statusOf(code), code)
	}
}
