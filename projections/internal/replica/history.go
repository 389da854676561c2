// Package replica lets tests run several processes on one history and one data
// folder: it serves a store to them, and starts them.
package replica

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"

	"github.com/freightledger/freightledger/eventstore"
)

// line is one line of an answer; a sequence without its end was cut.
type line struct {
	Record   *eventstore.Record        `json:",omitempty"`
	Position *eventstore.Position      `json:",omitempty"`
	Appended *eventstore.Appended      `json:",omitempty"`
	Wrong    *eventstore.WrongRevision `json:",omitempty"`
	Error    string                    `json:",omitempty"`
	End      bool                      `json:",omitempty"`
}

type appendRequest struct {
	Stream   string
	Expected eventstore.Revision
	Events   []eventstore.Proposed
}

// Serve serves a store to [Dial].
func Serve(store eventstore.Store) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /append", func(w http.ResponseWriter, r *http.Request) {
		var a appendRequest
		if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		appended, err := store.Append(r.Context(), a.Stream, a.Expected, a.Events)
		var wrong *eventstore.WrongRevision
		switch {
		case errors.As(err, &wrong):
			answer(w, line{Wrong: wrong})
		case err != nil:
			answer(w, line{Error: err.Error()})
		default:
			answer(w, line{Appended: &appended})
		}
	})
	mux.HandleFunc("GET /head", func(w http.ResponseWriter, r *http.Request) {
		head, err := store.Head(r.Context())
		if err != nil {
			answer(w, line{Error: err.Error()})
			return
		}
		answer(w, line{Position: &head})
	})
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		from, err := strconv.ParseUint(r.FormValue("from"), 10, 64)
		sequence(w, store.ReadStream(r.Context(), r.FormValue("name"), from), err)
	})
	mux.HandleFunc("GET /all", func(w http.ResponseWriter, r *http.Request) {
		after, err := eventstore.ParsePosition(r.FormValue("after"))
		sequence(w, store.ReadAll(r.Context(), after), err)
	})
	mux.HandleFunc("GET /follow", func(w http.ResponseWriter, r *http.Request) {
		after, err := eventstore.ParsePosition(r.FormValue("after"))
		sequence(w, store.Follow(r.Context(), after), err)
	})
	return mux
}

// answer writes a line. Who does not read it has gone.
func answer(w http.ResponseWriter, l line) {
	if json.NewEncoder(w).Encode(l) == nil {
		_ = http.NewResponseController(w).Flush()
	}
}

func sequence(w http.ResponseWriter, records iter.Seq2[eventstore.Record, error], err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_ = http.NewResponseController(w).Flush()
	for r, err := range records {
		if err != nil {
			answer(w, line{Error: err.Error()})
			return
		}
		answer(w, line{Record: &r})
	}
	answer(w, line{End: true})
}

// Dial is a store that [Serve] serves at an address. It does not say whether an
// append whose answer was lost was stored: eventstore.ErrUnknownOutcome.
func Dial(address string) eventstore.Store { return remote(address) }

type remote string

func (s remote) call(ctx context.Context, method, path string, query url.Values, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, string(s)+path+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, errors.Join(ctx.Err(), err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("%s %s: %s", method, path, response.Status), response.Body.Close())
	}
	return response, nil
}

func (s remote) one(ctx context.Context, method, path string, body []byte) (l line, err error) {
	response, err := s.call(ctx, method, path, nil, body)
	if err != nil {
		return l, err
	}
	defer response.Body.Close()
	err = json.NewDecoder(response.Body).Decode(&l)
	if err == nil && l.Error != "" {
		err = errors.New(l.Error)
	}
	return l, err
}

func (s remote) Append(ctx context.Context, stream string, expected eventstore.Revision, events []eventstore.Proposed) (eventstore.Appended, error) {
	body, err := json.Marshal(appendRequest{stream, expected, events})
	if err != nil {
		return eventstore.Appended{}, err
	}
	l, err := s.one(ctx, "POST", "/append", body)
	switch {
	case l.Wrong != nil:
		return eventstore.Appended{}, l.Wrong
	case err != nil:
		return eventstore.Appended{}, errors.Join(eventstore.ErrUnknownOutcome, err)
	case l.Appended == nil:
		return eventstore.Appended{}, eventstore.ErrUnknownOutcome
	}
	return *l.Appended, nil
}

func (s remote) Head(ctx context.Context) (eventstore.Position, error) {
	l, err := s.one(ctx, "GET", "/head", nil)
	if err != nil || l.Position == nil {
		return eventstore.Start, errors.Join(errors.New("read head"), err)
	}
	return *l.Position, nil
}

func (s remote) ReadStream(ctx context.Context, stream string, from uint64) iter.Seq2[eventstore.Record, error] {
	return s.records(ctx, "/stream", url.Values{"name": {stream}, "from": {strconv.FormatUint(from, 10)}})
}

func (s remote) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return s.records(ctx, "/all", url.Values{"after": {after.String()}})
}

func (s remote) Follow(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return s.records(ctx, "/follow", url.Values{"after": {after.String()}})
}

func (s remote) records(ctx context.Context, path string, query url.Values) iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) {
		response, err := s.call(ctx, "GET", path, query, nil)
		if err != nil {
			yield(eventstore.Record{}, err)
			return
		}
		defer response.Body.Close()
		lines := json.NewDecoder(bufio.NewReader(response.Body))
		for {
			var l line
			err := lines.Decode(&l)
			switch {
			case err != nil:
				if errors.Is(err, io.EOF) {
					err = io.ErrUnexpectedEOF
				}
				yield(eventstore.Record{}, errors.Join(ctx.Err(), err))
				return
			case l.End:
				return
			case l.Record == nil:
				yield(eventstore.Record{}, errors.New(l.Error))
				return
			case !yield(*l.Record, nil):
				return
			}
		}
	}
}

// Listen serves a store until the test ends, and says at which address.
func Listen(t testing.TB, store eventstore.Store) string {
	t.Helper()
	server := httptest.NewServer(Serve(store))
	t.Cleanup(func() {
		server.CloseClientConnections() // of those who follow
		server.Close()
	})
	return server.URL
}
