package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
)

// Problem is an error as callers get it (RFC 9457). Programs go by Code.
type Problem struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Detail  string `json:"detail,omitempty"`
	Rule    int    `json:"rule,omitempty"`  // of the domain, where one said no
	Place   string `json:"place,omitempty"` // "query limit", "body /stops/0/kind", "header Idempotency-Key"
	Request string `json:"request,omitempty"`
	Report  any    `json:"report,omitempty"` // what became of a message of which items were refused

	retryAfter int // seconds
}

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

func problem(status int, code, detail string) *Problem {
	return &Problem{Type: "urn:freightledger:problem:" + code, Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

func (p *Problem) at(place string) *Problem {
	p.Place = place
	return p
}

func (p *Problem) later(seconds int) *Problem {
	p.retryAfter = seconds
	return p
}

func badQuery(parameter, detail string) *Problem {
	return problem(http.StatusBadRequest, "bad-query", detail).at("query " + parameter)
}

func badHeader(name, detail string) *Problem {
	return problem(http.StatusBadRequest, "bad-header", detail).at("header " + name)
}

func noSuch(what, id string) *Problem {
	if id == "" {
		return problem(http.StatusNotFound, string(domain.NotFound), "no "+what+" is known by that id")
	}
	return problem(http.StatusNotFound, string(domain.NotFound), what+" "+oneLine(id, 120)+" is not known")
}

// statusOf is the one table from the domain's codes to HTTP.
func statusOf(code domain.Code) int {
	switch code {
	case domain.NotFound:
		return http.StatusNotFound
	case domain.Invalid:
		return http.StatusUnprocessableEntity
	case domain.Conflict, domain.NotReady, domain.TooLate:
		return http.StatusConflict
	case domain.Denied:
		return http.StatusForbidden
	}
	return http.StatusUnprocessableEntity
}

// problemOf words any error for the caller. What broke inside stays inside:
// internal tells that it belongs in the log.
func (s *server) problemOf(err error) (p *Problem, internal bool) {
	var (
		refusal  *domain.Refusal
		reused   *eventstore.CommandReused
		large    *eventstore.TooLarge
		tooLarge *http.MaxBytesError
	)
	switch {
	case errors.As(err, &p):
		return p, false
	case errors.As(err, &refusal):
		p = problem(statusOf(refusal.Code), string(refusal.Code), refusal.Text)
		p.Rule = refusal.Rule
		return p, false
	case errors.As(err, &reused):
		return reusedKey(), false
	case errors.As(err, &large):
		return problem(http.StatusRequestEntityTooLarge, "too-large", "the events of this command would be larger than the event store takes at once"), false
	case errors.As(err, &tooLarge):
		return problem(http.StatusRequestEntityTooLarge, "too-large", "the body is over "+strconv.FormatInt(tooLarge.Limit, 10)+" bytes").at("body"), false
	case errors.Is(err, eventstore.ErrUnknownOutcome):
		return problem(http.StatusServiceUnavailable, "unknown-outcome",
			"it is not known whether the command was stored: repeat it with the same Idempotency-Key").later(1), true
	case errors.Is(err, eventstore.ErrClosed):
		return problem(http.StatusServiceUnavailable, "stopping", "the server is stopping").later(5), true
	case s.Busy != nil && s.Busy(err):
		return problem(http.StatusServiceUnavailable, "busy", "the server cannot take this now; nothing was stored").later(30), true
	case errors.Is(err, context.DeadlineExceeded):
		return problem(http.StatusServiceUnavailable, "timeout",
			"the request took too long; a command may have been stored: repeat it with the same Idempotency-Key").later(5), true
	case errors.Is(err, context.Canceled):
		return problem(http.StatusServiceUnavailable, "cancelled", "the request was broken off").later(1), false
	}
	return problem(http.StatusInternalServerError, "internal", "something broke inside; the server's log tells more under this request's id"), true
}

func reusedKey() *Problem {
	return problem(http.StatusUnprocessableEntity, "idempotency-key-reused",
		"this key was used for another command before: use a new one").at("header Idempotency-Key")
}

// refuse answers with a problem.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	known, internal := s.problemOf(err)
	p := *known
	p.Request = requestID(r.Context())
	if internal {
		s.Logger.ErrorContext(r.Context(), "request broke", "request", p.Request, "code", p.Code, "error", oneLine(err.Error(), 2000))
	}
	if p.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	body, encodeErr := encode(p)
	if encodeErr != nil { // only a report can be to blame
		s.Logger.ErrorContext(r.Context(), "problem cannot be encoded", "request", p.Request, "error", oneLine(encodeErr.Error(), 2000))
		p.Report = nil
		if body, encodeErr = encode(p); encodeErr != nil {
			panic(encodeErr) // strings and numbers only
		}
	}
	send(w, r, p.Status, "application/problem+json", body)
}

// reply answers with JSON, or with a file as it is.
func (s *server) reply(w http.ResponseWriter, r *http.Request, a answer) {
	mediaType := "application/json"
	var body []byte
	if f, ok := a.body.(file); ok {
		mediaType, body = f.mediaType, f.content
		f.tell(w.Header())
	} else {
		var err error
		if body, err = encode(a.body); err != nil {
			s.refuse(w, r, err)
			return
		}
	}
	if a.position != "" {
		w.Header().Set("Ledger-Position", a.position)
	}
	if a.next != "" {
		w.Header().Set("Link", "<"+a.next+`>; rel="next"`)
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	send(w, r, a.status, mediaType, body)
}

// encode leaves stored JSON as it is: nosniff and the content type keep it
// from being taken for a page.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func send(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a caller that left needs no answer
	}
}
