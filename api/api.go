// Package api answers over HTTP: commands in, read models, traces and the
// history itself out.
//
// Everything is JSON under /v1. A command needs an Idempotency-Key and answers
// with the events that it led to, the second time with those of the first.
// Lists are paged by opaque cursors. Every error is a problem (RFC 9457) whose
// code is stable and whose text is not.
//
// Nobody is authenticated here: whoever can connect may do everything, and
// X-Actor is taken at its word. Bind to the loopback interface, or put a proxy
// in front that knows people. Against web pages that reach for the loopback
// interface from a browser, requests from other origins and requests that name
// a foreign host are refused.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections/documents"
	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/freightledger/freightledger/projections/trace"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/freightledger/freightledger/reconciler"
	"github.com/google/uuid"
	"github.com/gorilla/mux"
)

// Tracer follows documents back through the history; *trace.Tracer does. It
// answers what it does not know with a *domain.Refusal of code NotFound.
type Tracer interface {
	Invoice(ctx context.Context, reference string) (trace.InvoiceTrace, error)
	Accounts(ctx context.Context, history trace.History, v *trace.InvoiceTrace) error
	Charge(ctx context.Context, ref domain.ChargeRef) (trace.ChargeTrace, error)
	Replay(ctx context.Context, id domain.ShipmentID, asOf time.Time) (trace.ShipmentReplay, error)
	Ask(ctx context.Context, id domain.ShipmentID, asOf time.Time, reports []domain.Milestone) (trace.WhatIf, error)
	Missing(ctx context.Context, reference, today string) (trace.Missing, error)
}

// Deps is what the API stands on. What is said to be optional may be left out;
// the routes that need it then answer not-ready.
type Deps struct {
	// Execute decides a command; (*eventstore.Executor).Execute does.
	Execute func(ctx context.Context, cmd domain.Command, req eventstore.Request) (eventstore.Result, error)
	// Correlation gives the business transaction of a command; optional, by
	// default every command is one of its own.
	Correlation func(cmd domain.Command) uuid.UUID
	Views       *views.Views
	Tracer      Tracer
	History     eventstore.Follower // the events themselves

	// Import takes a message in and tells what became of it, in any form that
	// is JSON, and how many of its items were refused. Optional.
	Import func(ctx context.Context, channel, name string, content []byte) (report any, refused int, err error)
	// Channels that Import reads; another one is refused before it is called.
	Channels []string
	// Replay applies a dead letter again, reported as by Import. It answers a
	// *domain.Refusal of code NotFound when there is no such item. Optional.
	Replay func(ctx context.Context, message domain.MessageID, item string) (report any, refused int, err error)
	// Print writes an issued invoice or credit memo, named by its number, as the
	// customer gets it. It answers a *domain.Refusal of code NotFound or NotReady
	// when there is none, and [documents.FieldError] when it lacks what it must
	// state. Optional.
	Print func(ctx context.Context, number string, format documents.Format, paper documents.Paper) ([]byte, error)
	// Recompute computes a shipment's or an invoice's amounts again;
	// [recompute.Of] does. Optional.
	Recompute func(ctx context.Context, stream domain.Stream) (recompute.Report, error)
	// Duplicates flags freight that may be billed twice; it reads the whole
	// history. Optional.
	Duplicates func(ctx context.Context) ([]domain.Duplicate, error)
	// Schemas are the JSON Schemas of the documents that files of terms hold, by
	// kind; terms.Schemas of integrations has them.
	Schemas map[string]string
	// Reconcile compares the ERP's ledger with the history. Nil without an ERP.
	Reconcile func(ctx context.Context, opts reconciler.Options) (*reconciler.Report, error)

	// Ready tells whether requests can be served well; (*Freshness).Ready does.
	// Optional: then only the store's head is read.
	Ready func(ctx context.Context) error
	// ViewsAt is the position that the views have reached; (*Freshness).At
	// does. Optional: reads then do not say how fresh they are.
	ViewsAt func(ctx context.Context) (eventstore.Position, error)
	// WaitFor returns when the views have reached a position, or with ctx's
	// error; (*Freshness).WaitFor does. Optional: min_position is then refused.
	WaitFor func(ctx context.Context, position eventstore.Position) error
	// WaitLimit bounds WaitFor; 5 seconds when zero.
	WaitLimit time.Duration
	// Status adds to GET /v1/status what other parts have to say. Optional.
	Status func(ctx context.Context) (any, error)
	// Busy tells errors after which repeating the request later may help, and
	// of which nothing was stored: a full disk, say. Optional.
	Busy func(error) bool

	// Hosts are names, besides localhost and bare addresses, under which
	// requests may reach this server.
	Hosts   []string
	Version string
	Logger  *slog.Logger     // slog.Default() when nil
	Clock   func() time.Time // the system's when nil
}

// Bounds of what is read from a request.
const (
	maxCommandBytes = 1 << 20
	maxMessageBytes = 16 << 20
)

// How long requests may take.
const (
	patience          = 30 * time.Second
	importPatience    = 5 * time.Minute
	historyPatience   = 5 * time.Minute // what reads the whole history
	reconcilePatience = 30 * time.Minute
)

// server holds what the handlers share.
type server struct {
	Deps
	reconciling seat
	flagging    seat // of who looks for duplicates
	booking     seat // of who asks what an invoice's documents book
	keys        *keyring
	catalogue   []commandShape
	shapes      map[string]*shape
}

// seat is for what reads the whole history: one request at a time may take it.
type seat chan struct{}

// take gives a function that leaves the seat; false when it is taken.
func (s seat) take() (leave func(), ok bool) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, true
	default:
		return nil, false
	}
}

// New returns the API as a handler, with everything around it that a request
// passes first: an id, the access log, recovery, limits of time and size,
// security headers.
func New(deps Deps) http.Handler {
	if deps.Logger == nil {
		deps.Logger = slog.Default()
	}
	if deps.Clock == nil {
		deps.Clock = time.Now
	}
	if deps.WaitLimit <= 0 {
		deps.WaitLimit = 5 * time.Second
	}
	s := &server{Deps: deps, reconciling: make(seat, 1), flagging: make(seat, 1), booking: make(seat, 1), keys: newKeyring(keysKept), shapes: map[string]*shape{}}
	for _, form := range domain.Commands() {
		sh := shapeOf(form.Zero)
		s.shapes[form.Name] = sh
		s.catalogue = append(s.catalogue, commandShape{form.Name, sh.Fields})
	}
	// Identifiers hold slashes, so routes are matched on the path as it was
	// encoded, and no path is "cleaned" into another one by a redirect.
	router := mux.NewRouter().UseEncodedPath().SkipClean(true)
	byPath := map[string]methods{}
	for _, r := range s.routes() {
		if byPath[r.path] == nil {
			byPath[r.path] = methods{}
			router.Handle(r.path, s.dispatch(byPath[r.path]))
		}
		byPath[r.path][r.method] = r
	}
	router.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, problem(http.StatusNotFound, "no-such-route", "there is nothing at "+oneLine(r.URL.EscapedPath(), 200)+": see docs/API.md for the routes"))
	})
	return s.around(router)
}
