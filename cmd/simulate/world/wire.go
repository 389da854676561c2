package world

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

// wire is a process's connection to the ERP: HTTP without a network, and with
// everything that networks and servers do to it.
type wire struct{ n *node }

var (
	errTimeout = errors.New("no answer in time")
	errReset   = errors.New("connection reset")
)

// RoundTrip carries one request to the ERP and its answer back.
func (t wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w, n := t.n.w, t.n
	ctx := r.Context()
	if err := n.alive(ctx); err != nil {
		return nil, err
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	f := w.faults
	w.lastCall = w.k.Now()
	n.dawdle(f.slow)
	if err := n.mayCrash(ctx); err != nil {
		return nil, err
	}
	books := r.Method == http.MethodPost && r.URL.Path == "/documents"
	switch {
	case w.erp == nil, w.fires(f.refused, "ERP unreachable"):
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	case w.fires(f.requestLost, "ERP request lost"):
		n.dawdle(1)
		return nil, errTimeout
	case w.fires(f.busy, "ERP says it is down"):
		return problem(r, http.StatusServiceUnavailable, sandboxerp.CodeDown), nil
	case books && w.fires(f.stumble, "ERP stumbles before booking"):
		return problem(r, http.StatusInternalServerError, sandboxerp.CodeTransient), nil
	case books && w.fires(f.late, "ERP books after the client has gone"):
		w.inFlight++
		w.k.After(w.k.During(0, w.cfg.linger), "late request", func() {
			w.inFlight--
			if w.erp != nil {
				w.k.Tracef("the ERP gets to a request whose client has gone")
				w.serve(r.Method, r.URL.RequestURI(), body)
			}
		})
		return nil, errTimeout
	}
	status, answer := w.serve(r.Method, r.URL.RequestURI(), body)
	if err := n.mayCrash(ctx); err != nil {
		return nil, err
	}
	switch {
	case w.fires(f.answerLost, "ERP answer lost"):
		n.dawdle(1)
		return nil, errReset
	case w.fires(f.proxy, "ERP answer replaced by a proxy's"):
		return response(r, http.StatusBadGateway, []byte("<html>bad gateway</html>")), nil
	case w.fires(f.truncated, "ERP answer cut short"):
		cut := response(r, status, answer[:w.k.Int(len(answer))])
		cut.Body = io.NopCloser(io.MultiReader(cut.Body, failing{errReset}))
		return cut, nil
	}
	return response(r, status, answer), n.alive(ctx)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func response(r *http.Request, status int, body []byte) *http.Response {
	return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: -1, Request: r}
}

func problem(r *http.Request, status int, code string) *http.Response {
	text, _ := json.Marshal(sandboxerp.ErrorAnswer{Error: sandboxerp.ErrorDetail{Code: code, Message: "simulated"}}) // always encodes
	return response(r, status, text)
}

// recorder is the ERP's side of an answer.
type recorder struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// serve has the ERP answer a request, and watches what it books.
func (w *World) serve(method, uri string, body []byte) (status int, answer []byte) {
	r, err := http.NewRequestWithContext(context.Background(), method, "http://erp.example"+uri, bytes.NewReader(body))
	if err != nil {
		w.k.Fail("simulator", "request to the ERP: %v", err)
		return http.StatusInternalServerError, nil
	}
	out := &recorder{status: http.StatusOK, header: http.Header{}}
	w.erpHandler.ServeHTTP(out, r)
	answer = out.body.Bytes()
	if out.status >= 500 {
		w.k.Fail("simulator", "the ERP broke on %s %s: %s", method, uri, answer)
	}
	if out.status != http.StatusOK {
		return out.status, answer
	}
	if method != http.MethodGet && uri != "/documents:probe" {
		w.bookings++
	}
	switch {
	case method == http.MethodPost && uri == "/documents":
		w.booked(answer)
	case method == http.MethodPost && uri == "/documents:probe":
		answer = w.hide(answer)
	}
	return out.status, answer
}

// booked takes note of every number that the ERP books: none is booked twice.
func (w *World) booked(answer []byte) {
	var a sandboxerp.BookAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		w.k.Fail("simulator", "read the ERP's answer: %v", err)
		return
	}
	for _, r := range a.Results {
		w.k.Tracef("ERP: %s %s %s", r.Number, r.Status, r.Code)
		if r.Status != sandboxerp.StatusBooked {
			w.k.Count("fault: ERP rejects a document")
			continue
		}
		w.check.bookedByERP(r.Number)
		if w.faults.hidden > 0 && w.k.OneIn(w.faults.hidden) {
			w.hiddenUntil[r.Number] = w.k.Now().Add(w.k.During(0, w.cfg.settle-w.cfg.linger))
			w.lastHidden = later(w.lastHidden, w.hiddenUntil[r.Number])
		}
	}
	w.wakeAll("cash", w.k.During(0, time.Minute)) // autopay
}

// hide keeps from a probe what its index does not show yet.
func (w *World) hide(answer []byte) []byte {
	if len(w.hiddenUntil) == 0 {
		return answer
	}
	var a sandboxerp.ProbeAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		w.k.Fail("simulator", "read the ERP's answer: %v", err)
		return answer
	}
	seen := a.Documents[:0]
	for _, d := range a.Documents {
		if w.k.Now().Before(w.hiddenUntil[d.Number]) {
			w.k.Count("fault: ERP search lags")
			continue
		}
		seen = append(seen, d)
	}
	a.Documents = seen
	text, _ := json.Marshal(a) // what came in goes out
	return text
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// bankDo asks the ERP for something on behalf of people there, whom no network
// troubles.
func (w *World) bankDo(method, uri string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	status, answer := w.serve(method, uri, body)
	if status != http.StatusOK {
		return fmt.Errorf("%s %s: the ERP answered %d: %s", method, uri, status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}
