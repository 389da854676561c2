package api

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/freightledger/freightledger/domain"
)

// What is answered here is read from the history itself, not from the views.

func (s *server) invoiceTrace(r *request) (answer, error) {
	id := r.id("id")
	if id == "" {
		return answer{}, noSuch("invoice", id)
	}
	accounts, err := r.flag("accounts")
	if err != nil {
		return answer{}, err
	}
	v, err := s.Tracer.Invoice(r.Context(), id)
	if err != nil || !accounts {
		return answer{body: v}, err
	}
	leave, free := s.booking.take()
	if !free {
		return answer{}, problem(http.StatusConflict, "accounts-running", "the history is being read for somebody else's accounts: wait for it").later(5)
	}
	defer leave()
	err = s.Tracer.Accounts(r.Context(), s.History, &v)
	return answer{body: v}, err
}

func (s *server) chargeTrace(r *request) (answer, error) {
	ref := domain.ChargeRef{Shipment: domain.ShipmentID(r.id("id")), Charge: domain.ChargeID(r.id("charge"))}
	if ref.Shipment == "" || ref.Charge == "" {
		return answer{}, noSuch("charge", "")
	}
	v, err := s.Tracer.Charge(r.Context(), ref)
	return answer{body: v}, err
}

func (s *server) missing(r *request) (answer, error) {
	id := r.id("id")
	if id == "" {
		return answer{}, noSuch("shipment or candidate", id)
	}
	m, err := s.Tracer.Missing(r.Context(), id, s.today())
	return answer{body: m}, err
}

func (s *server) replay(r *request) (answer, error) {
	id := r.id("id")
	if id == "" {
		return answer{}, noSuch("shipment", id)
	}
	asOf, err := r.instant("as_of")
	if err != nil {
		return answer{}, err
	}
	v, err := s.Tracer.Replay(r.Context(), domain.ShipmentID(id), asOf)
	return answer{body: v}, err
}

// maxReports bounds what may be otherwise in one question.
const maxReports = 100

// whatIfQuestion is the body of POST /v1/shipments/{id}/whatif.
type whatIfQuestion struct {
	Reports []whatIfReport `json:"reports"`
}

// whatIfReport stands in for what was reported for its stop and kind.
type whatIfReport struct {
	Stop   int           `json:"stop"`
	Kind   string        `json:"kind"`
	At     domain.Moment `json:"at"`
	Medium string        `json:"medium,omitempty"` // that of what it stands in for, when absent
}

func (q whatIfQuestion) milestones() ([]domain.Milestone, error) {
	if n := len(q.Reports); n == 0 || n > maxReports {
		return nil, problem(http.StatusUnprocessableEntity, "invalid", fmt.Sprintf("%d reports: want 1 to %d", n, maxReports)).at("body /reports")
	}
	milestones := make([]domain.Milestone, len(q.Reports))
	for i, m := range q.Reports {
		if m.At.UTC.IsZero() {
			return nil, problem(http.StatusUnprocessableEntity, "invalid", "want the instant in UTC, beside the local time").at(fmt.Sprintf("body /reports/%d/at/utc", i))
		}
		milestones[i] = domain.Milestone{Stop: m.Stop, Kind: m.Kind, At: m.At, Medium: m.Medium}
	}
	return milestones, nil
}

// whatIf prices a shipment as if something else had been reported. It is a
// question: nothing is recorded, and no key is needed.
func (s *server) whatIf(r *request) (answer, error) {
	id := r.id("id")
	if id == "" {
		return answer{}, noSuch("shipment", id)
	}
	asOf, err := r.instant("as_of")
	if err != nil {
		return answer{}, err
	}
	if err := wantJSON(r.Header); err != nil {
		return answer{}, err
	}
	body, err := r.body(maxCommandBytes)
	if err != nil {
		return answer{}, err
	}
	var q whatIfQuestion
	if err := checkJSON(body, shapeOf(q)); err != nil {
		return answer{}, err
	}
	if err := json.Unmarshal(body, &q); err != nil {
		return answer{}, badJSON("", `want {"reports":[{"stop":2,"kind":"arrived-delivery","at":{"utc":"…","local":"…","zone":"…"}}]}`)
	}
	milestones, err := q.milestones()
	if err != nil {
		return answer{}, err
	}
	w, err := s.Tracer.Ask(r.Context(), domain.ShipmentID(id), asOf, milestones)
	return answer{body: w}, err
}

func (s *server) recomputeShipment(r *request) (answer, error) {
	return s.recompute(r, domain.ShipmentID(r.id("id")).Stream())
}

func (s *server) recomputeInvoice(r *request) (answer, error) {
	v, err := s.findInvoice(r) // knows the id of a number
	if err != nil {
		return answer{}, err
	}
	return s.recompute(r, v.ID.Stream())
}

// recompute computes the amounts of one stream again. That some differ is no
// error: it is the answer.
func (s *server) recompute(r *request, stream domain.Stream) (answer, error) {
	switch {
	case s.Recompute == nil:
		return answer{}, problem(http.StatusConflict, "not-ready", "this server recomputes nothing")
	case stream.ID() == "":
		return answer{}, noSuch(stream.Category(), "")
	}
	report, err := s.Recompute(r.Context(), stream)
	return answer{body: report}, err
}

// duplicates flags freight that may be billed twice, one request at a time:
// each reads the whole history.
func (s *server) duplicates(r *request) (answer, error) {
	if s.Duplicates == nil {
		return answer{}, problem(http.StatusConflict, "not-ready", "this server does not look for duplicates")
	}
	key := func(d domain.Duplicate) []string {
		first := "1"
		if d.Kind == domain.SameCarrierAndPRO {
			first = "0"
		}
		return []string{first, d.Number, d.Carrier, d.Date, d.Amount.String()}
	}
	return listed(r, 5, func(after []string, limit int) ([]domain.Duplicate, error) {
		leave, free := s.flagging.take()
		if !free {
			return nil, problem(http.StatusConflict, "duplicates-running", "the history is being searched for somebody else: wait for it").later(5)
		}
		defer leave()
		all, err := s.Duplicates(r.Context())
		return beyond(all, after, limit, key), err
	}, key)
}
