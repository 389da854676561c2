package api

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/gorilla/mux"
)

// route is one thing that can be asked for.
type route struct {
	method, path string
	params       []string // query parameters that it knows
	views        bool     // it answers from read models: min_position, Ledger-Position
	patience     time.Duration
	do           func(*request) (answer, error)
}

// methods are the routes of one path.
type methods map[string]route

// answer is what a route says when all is well.
type answer struct {
	status   int // 200 when zero
	body     any
	position string // for the Ledger-Position header
	next     string // reference of the next page
}

// request is what a route is given.
type request struct {
	*http.Request
	w     http.ResponseWriter
	query url.Values
}

// maxIDBytes bounds an identifier in a path; no stored one is longer.
const maxIDBytes = 512

// id reads an identifier from the path, which comes percent-encoded. One that
// nothing can be known by is left empty, which finds nothing.
func (r *request) id(name string) string {
	id, err := url.PathUnescape(mux.Vars(r.Request)[name])
	if err != nil || len(id) > maxIDBytes {
		return ""
	}
	return id
}

func (s *server) routes() []route {
	get := func(path string, do func(*request) (answer, error), params ...string) route {
		return route{method: http.MethodGet, path: path, do: do, params: params}
	}
	view := func(path string, do func(*request) (answer, error), params ...string) route {
		return route{method: http.MethodGet, path: path, do: do, params: append(params, "min_position"), views: true}
	}
	list := func(path string, do func(*request) (answer, error), params ...string) route {
		return view(path, do, append(params, "after", "limit")...)
	}
	post := func(path string, patience time.Duration, do func(*request) (answer, error), params ...string) route {
		return route{method: http.MethodPost, path: path, patience: patience, do: do, params: params}
	}
	return []route{
		get("/v1/commands", s.listCommands),
		post("/v1/commands/{name}", patience, s.command),

		list("/v1/shipments", s.shipments, "customer", "status", "held"),
		view("/v1/shipments/{id}", s.shipment),
		list("/v1/shipments/{id}/charges", s.shipmentCharges),
		get("/v1/shipments/{id}/charges/{charge}/trace", s.chargeTrace),
		get("/v1/shipments/{id}/replay", s.replay, "as_of"),
		get("/v1/shipments/{id}/recompute", s.recomputeShipment),
		post("/v1/shipments/{id}/whatif", patience, s.whatIf, "as_of"),
		list("/v1/charges", s.charges, "status", "kind", "invoice", "not_billed"),
		view("/v1/dispositions", s.dispositions),
		{method: http.MethodGet, path: "/v1/duplicates", patience: historyPatience, do: s.duplicates, params: []string{"after", "limit"}},

		list("/v1/invoices", s.invoices, "customer", "month", "status", "open"),
		view("/v1/invoices/{id}", s.invoice),
		list("/v1/invoices/{id}/lines", s.invoiceLines),
		{method: http.MethodGet, path: "/v1/invoices/{id}/trace", patience: historyPatience, do: s.invoiceTrace, params: []string{"accounts"}},
		view("/v1/invoices/{id}/recompute", s.recomputeInvoice),
		get("/v1/invoices/{id}/document", s.document, "paper"),
		get("/v1/invoices/{id}/document.{format}", s.documentAs, "paper"),
		get("/v1/missing/{id}", s.missing),
		view("/v1/receivables", s.receivables, "as_of", "customer"),
		list("/v1/reminders", s.reminders, "as_of", "customer"),
		view("/v1/outstanding", s.outstanding, "as_of", "days", "customer"),
		list("/v1/payments", s.payments, "customer", "unapplied", "held", "received", "account"),
		view("/v1/payments/{id}", s.payment),
		list("/v1/movements", s.movements, "account", "open"),
		view("/v1/movements/{id}", s.movement),
		view("/v1/bank-accounts", s.bankAccounts),
		view("/v1/bank-statements", s.bankStatements, "account"),
		list("/v1/postings", s.postings, "status", "kind", "subject"),
		view("/v1/postings/{id}", s.posting),
		list("/v1/disputes", s.disputes, "invoice", "open"),
		list("/v1/exceptions", s.exceptions, "resolved"),
		list("/v1/customers", s.customers),
		view("/v1/customers/{id}", s.customer),
		view("/v1/customers/{id}/statement", s.statement, "from", "to"),
		view("/v1/search", s.search, "q", "limit"),

		list("/v1/messages", s.messages),
		post("/v1/messages", importPatience, s.takeMessage, "channel", "name"),
		view("/v1/messages/{id}", s.message),
		list("/v1/messages/{id}/items", s.messageItems),
		list("/v1/dead-letters", s.deadLetters),
		post("/v1/dead-letters/{message}/{item}/replay", importPatience, s.replayDeadLetter),

		get("/v1/schemas", s.listSchemas),
		get("/v1/schemas/{kind}", s.schema),

		post("/v1/reconciliations", reconcilePatience, s.reconcile),
		view("/v1/status", s.status),
		get("/v1/events", s.events, "after", "limit"),
		get("/healthz", s.health),
		get("/readyz", s.ready),
	}
}

// dispatch answers one path, whatever the method.
func (s *server) dispatch(m methods) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		chosen, ok := m[method]
		if !ok {
			w.Header().Set("Allow", m.allow())
			s.refuse(w, r, problem(http.StatusMethodNotAllowed, "method-not-allowed", "this path answers "+m.allow()))
			return
		}
		s.serve(w, r, chosen)
	})
}

func (m methods) allow() string {
	names := slices.Sorted(maps.Keys(m))
	if _, ok := m[http.MethodGet]; ok {
		names = append(names, http.MethodHead)
	}
	return strings.Join(names, ", ")
}

func (s *server) serve(w http.ResponseWriter, r *http.Request, to route) {
	limit := to.patience
	if limit == 0 {
		limit = patience
	}
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	defer cancel()
	r = r.WithContext(ctx)
	// A little beyond the limit, so that its problem can still be told. A
	// writer that knows no deadlines is not a connection.
	connection := http.NewResponseController(w)
	now := time.Now()
	_ = connection.SetReadDeadline(now.Add(limit + 5*time.Second))
	_ = connection.SetWriteDeadline(now.Add(limit + 15*time.Second))

	query, err := readQuery(r, to.params)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	req := &request{Request: r, w: w, query: query}
	var at string
	if to.views {
		if at, err = s.awaitViews(req); err != nil {
			s.refuse(w, r, err)
			return
		}
	}
	a, err := to.do(req)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	if a.position == "" {
		a.position = at
	}
	s.reply(w, r, a)
}

// awaitViews waits until the views have reached min_position, and says where
// they are.
func (s *server) awaitViews(r *request) (string, error) {
	if text := r.query.Get("min_position"); text != "" {
		position, err := eventstore.ParsePosition(text)
		if err != nil {
			return "", badQuery("min_position", "want a position as Ledger-Position gives it")
		}
		if s.WaitFor == nil {
			return "", problem(http.StatusConflict, "not-ready", "this server does not wait for positions")
		}
		ctx, cancel := context.WithTimeout(r.Context(), s.WaitLimit)
		defer cancel()
		if err := s.WaitFor(ctx, position); err != nil {
			if errors.Is(err, context.DeadlineExceeded) && r.Context().Err() == nil {
				return "", problem(http.StatusServiceUnavailable, "position-not-reached",
					"the read models have not reached "+position.String()+" yet: ask again").later(1)
			}
			return "", err
		}
	}
	if s.ViewsAt == nil {
		return "", nil
	}
	at, err := s.ViewsAt(r.Context())
	if err != nil {
		return "", err
	}
	return at.String(), nil
}
