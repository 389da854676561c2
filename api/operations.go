package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/freightledger/freightledger/reconciler"
	"github.com/google/uuid"
)

// reconcileOptions is the body of POST /v1/reconciliations.
type reconcileOptions struct {
	From   string `json:"from,omitempty"` // period, inclusive
	To     string `json:"to,omitempty"`
	Strict bool   `json:"strict,omitempty"`
}

func (o reconcileOptions) check() error {
	for _, p := range []struct{ place, period string }{{"/from", o.From}, {"/to", o.To}} {
		if _, err := time.Parse("2006-01", p.period); err != nil && p.period != "" {
			return problem(http.StatusUnprocessableEntity, "invalid", "want year and month like 2026-03").at("body " + p.place)
		}
	}
	if o.From != "" && o.To != "" && o.From > o.To {
		return problem(http.StatusUnprocessableEntity, "invalid", "the period ends before it begins").at("body /to")
	}
	return nil
}

type reconcileAnswer struct {
	Clean  bool               `json:"clean"` // no breaks, and everything ties
	Report *reconciler.Report `json:"report"`
}

// reconcile runs a reconciliation while the caller waits, one at a time: each
// reads the whole history and the whole ledger.
func (s *server) reconcile(r *request) (answer, error) {
	if s.Reconcile == nil {
		return answer{}, problem(http.StatusConflict, "no-erp", "no ERP is connected: start the server with --erp")
	}
	body, err := r.body(maxCommandBytes)
	if err != nil {
		return answer{}, err
	}
	var o reconcileOptions
	if len(body) > 0 {
		if err := wantJSON(r.Header); err != nil {
			return answer{}, err
		}
		if err := checkJSON(body, shapeOf(o)); err != nil {
			return answer{}, err
		}
		if err := json.Unmarshal(body, &o); err != nil {
			return answer{}, badJSON("", "want {\"from\":\"2026-01\",\"to\":\"2026-03\",\"strict\":false}, each of which may be left out")
		}
	}
	if err := o.check(); err != nil {
		return answer{}, err
	}
	leave, free := s.reconciling.take()
	if !free {
		return answer{}, problem(http.StatusConflict, "reconciliation-running", "a reconciliation is running: wait for it").later(10)
	}
	defer leave()
	report, err := s.Reconcile(r.Context(), reconciler.Options{From: o.From, To: o.To, Strict: o.Strict})
	if err != nil {
		return answer{}, err
	}
	return answer{body: reconcileAnswer{report.Err() == nil, report}}, nil
}

type statusAnswer struct {
	Version string        `json:"version"`
	Now     time.Time     `json:"now"`
	Head    string        `json:"head"`               // position of the last event
	ViewsAt string        `json:"views_at,omitempty"` // position that the read models reached
	Summary views.Summary `json:"summary"`
	Parts   any           `json:"parts,omitempty"`
}

func (s *server) status(r *request) (answer, error) {
	a := statusAnswer{Version: s.Version, Now: s.Clock().UTC()}
	head, err := s.History.Head(r.Context())
	if err != nil {
		return answer{}, err
	}
	a.Head = head.String()
	if s.ViewsAt != nil {
		at, err := s.ViewsAt(r.Context())
		if err != nil {
			return answer{}, err
		}
		a.ViewsAt = at.String()
	}
	if a.Summary, err = s.Views.Summary(r.Context()); err != nil {
		return answer{}, err
	}
	if s.Status != nil {
		if a.Parts, err = s.Status(r.Context()); err != nil {
			return answer{}, err
		}
	}
	return answer{body: a}, nil
}

type stateAnswer struct {
	Status  string `json:"status"`
	Version string `json:"version"`
}

// health tells that the process is up, whatever else may be wrong.
func (s *server) health(*request) (answer, error) {
	return answer{body: stateAnswer{"up", s.Version}}, nil
}

// ready tells that requests can be served well.
func (s *server) ready(r *request) (answer, error) {
	var err error
	if s.Ready != nil {
		err = s.Ready(r.Context())
	} else {
		_, err = s.History.Head(r.Context())
	}
	if err != nil {
		s.Logger.WarnContext(r.Context(), "not ready", "request", requestID(r.Context()), "error", oneLine(err.Error(), 2000))
		p := problem(http.StatusServiceUnavailable, "not-ready", "the store cannot be read; the server's log tells more").later(1)
		var behind *Behind
		if errors.As(err, &behind) {
			p.Detail = behind.Error()
		}
		return answer{}, p
	}
	return answer{body: stateAnswer{"ready", s.Version}}, nil
}

// maxFeedBytes bounds a page of the history.
const maxFeedBytes = 4 << 20

type feedAnswer struct {
	Events       []feedEvent `json:"events"`
	NextCursor   string      `json:"next_cursor,omitempty"` // absent at the end of the history
	LastPosition string      `json:"last_position"`         // to go on from later
}

type feedEvent struct {
	Position string          `json:"position"`
	Stream   string          `json:"stream"`
	Revision uint64          `json:"revision"`
	Type     string          `json:"type"`
	ID       uuid.UUID       `json:"id"`
	Data     json.RawMessage `json:"data"`
	Metadata json.RawMessage `json:"metadata"`
}

// events pages through the history as it is stored.
func (s *server) events(r *request) (answer, error) {
	limit, err := r.limit()
	if err != nil {
		return answer{}, err
	}
	after := eventstore.Start
	if text := r.query.Get("after"); text != "" {
		if after, err = eventstore.ParsePosition(text); err != nil {
			return answer{}, badQuery("after", "want a position, as events have it")
		}
	}
	f := feedAnswer{Events: []feedEvent{}, LastPosition: after.String()}
	a := answer{}
	size := 0
	for e, err := range s.History.ReadAll(r.Context(), after) {
		if err != nil {
			return answer{}, err
		}
		size += len(e.Data) + len(e.Metadata)
		if len(f.Events) == limit || len(f.Events) > 0 && size > maxFeedBytes {
			f.NextCursor = f.LastPosition
			a.next = r.nextPage(f.NextCursor)
			break
		}
		f.LastPosition = e.Position.String()
		f.Events = append(f.Events, feedEvent{f.LastPosition, e.Stream, e.Revision, e.Type, e.ID, e.Data, e.Metadata})
	}
	a.body, a.position = f, f.LastPosition
	return a, nil
}
