package sandboxerp

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gorilla/mux"
)

// endpoint answers one request with a value to encode as JSON.
type endpoint func(r *http.Request) (any, error)

// Handler serves the whole API.
func (e *ERP) Handler() http.Handler {
	router := mux.NewRouter()
	router.NotFoundHandler = e.answer(func(r *http.Request) (any, error) {
		return nil, notFound("there is nothing at %s", r.URL.Path)
	})
	router.MethodNotAllowedHandler = e.answer(func(r *http.Request) (any, error) {
		return nil, &problem{http.StatusMethodNotAllowed, CodeMethodNotAllowed, r.Method + " is not known at " + r.URL.Path}
	})
	route := func(method, path string, fn endpoint) {
		router.Handle(path, e.answer(fn)).Methods(method)
	}

	route("GET", "/health", func(*http.Request) (any, error) {
		return map[string]string{"status": "ok"}, nil
	})
	route("GET", "/faults", e.getFaults)
	route("PUT", "/faults", e.putFaults)

	route("GET", "/customers", e.listCustomers)
	route("POST", "/customers:batch", e.postCustomers)
	route("GET", "/customers/{code}", e.getCustomer)
	route("PUT", "/customers/{code}", e.putCustomer)

	route("GET", "/accounts", e.listAccounts)
	route("PUT", "/accounts/{code}", e.putAccount)

	route("GET", "/periods", e.listPeriods)
	route("GET", "/periods/{period}", e.getPeriod)
	route("PUT", "/periods/{period}", e.putPeriod)

	route("POST", "/documents", e.booking(e.postDocuments))
	route("GET", "/documents", e.getDocuments)
	route("POST", "/documents:probe", e.probeDocuments)
	route("GET", "/documents/{id:[0-9]+}", e.getDocument)
	route("PATCH", "/documents/{id:[0-9]+}", e.patchDocument)
	route("DELETE", "/documents/{id:[0-9]+}", e.deleteDocument)
	route("POST", "/documents/{id:[0-9]+}:duplicate", e.duplicateDocument)

	route("POST", "/entries", e.postEntry)
	route("PATCH", "/entries/{id:[0-9]+}", e.patchEntry)
	route("DELETE", "/entries/{id:[0-9]+}", e.deleteEntry)

	router.HandleFunc("/ledger", e.streamLedger).Methods("GET")
	route("GET", "/trial-balance", e.getTrialBalance)

	route("POST", "/receipts", e.booking(e.postReceipt))
	route("GET", "/receipts", e.listReceipts)
	route("POST", "/receipts/{number}/return", e.booking(e.postReturn))
	route("GET", "/autopay", e.getAutoPay)
	route("PUT", "/autopay", e.putAutoPay)

	return e.gated(e.troubled(router))
}

// gated keeps requests out of books that are closing.
func (e *ERP) gated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.gate.RLock()
		defer e.gate.RUnlock()
		if e.closed {
			e.writeProblem(w, r, &problem{http.StatusServiceUnavailable, CodeClosing, "the ERP is shutting down; try again when it is back"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (e *ERP) answer(fn endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value, err := fn(r)
		if err != nil {
			e.writeProblem(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, value)
	})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil { // the wire types always encode
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a caller who left needs no answer
}

func (e *ERP) writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
	if !errors.As(err, &p) {
		e.log.Error("sandbox ERP could not answer", "method", r.Method, "path", r.URL.Path, "error", err)
		p = &problem{http.StatusInternalServerError, CodeInternal, err.Error()}
	}
	if p.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	writeJSON(w, p.status, ErrorAnswer{ErrorDetail{Code: p.code, Message: p.message}})
}

// decode reads one JSON value, strictly: bounded, no unknown field, nothing after it.
func decode(r *http.Request, into any) error {
	body := http.MaxBytesReader(nil, r.Body, MaxBodyBytes)
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			return badRequest("the body holds more than one JSON value")
		}
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &problem{http.StatusRequestEntityTooLarge, CodeBodyTooLarge, "the body is larger than 8 MiB; send it in smaller batches"}
	}
	return badRequest("the body is not the JSON expected here: %v", err)
}

// checkQuery refuses parameters that would be silently ignored.
func checkQuery(r *http.Request, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the query does not parse: %v", err)
	}
next:
	for name := range values {
		for _, k := range known {
			if name == k {
				continue next
			}
		}
		return nil, badRequest("the query parameter %q is not known here", name)
	}
	return values, nil
}

// pageLimit reads limit=N: 100 when absent, at most MaxPage.
func pageLimit(values url.Values) (int, error) {
	text := values.Get("limit")
	if text == "" {
		return 100, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > MaxPage {
		return 0, badRequest("limit is %q, want a number from 1 to %d", text, MaxPage)
	}
	return n, nil
}
