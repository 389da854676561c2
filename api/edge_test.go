package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections/trace"
	"github.com/stretchr/testify/require"
)

func TestEveryAnswerCarriesTheSameHeaders(t *testing.T) {
	h := open(t, true, nil)
	for _, path := range []string{"/v1/shipments", "/nothing", "/healthz"} {
		r := h.get(path)
		require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"))
		require.Equal(t, "no-store", r.header.Get("Cache-Control"))
		require.Contains(t, r.header.Get("Content-Security-Policy"), "default-src 'none'")
		require.NotEmpty(t, r.header.Get("X-Request-Id"))
	}
	require.Equal(t, "mine-1", h.call(http.MethodGet, "/healthz", nil, "X-Request-Id", "mine-1").header.Get("X-Request-Id"))
	for _, id := range []string{"a b", strings.Repeat("x", 65), "ü"} {
		require.NotEqual(t, id, h.call(http.MethodGet, "/healthz", nil, "X-Request-Id", id).header.Get("X-Request-Id"))
	}
}

func TestNothingBreaksALogLine(t *testing.T) {
	evil := "a\r\n{\"level\":\"ERROR\"}\x1b[31m\u202e\u2028\xff"
	for name, handler := range map[string]func(io.Writer) slog.Handler{
		"json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
		"text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			h := open(t, true, func(d *Deps) {
				d.Logger = slog.New(handler(&out))
				d.Tracer = brokenTracer{err: errors.New(evil)}
			})
			// Past the HTTP server, which would refuse such headers already.
			for _, path := range []string{"/v1/shipments/", "/v1/commands/", "/", "/v1/invoices/"} {
				out.Reset()
				r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
				r.URL = &url.URL{Path: path + evil}
				if path == "/v1/invoices/" {
					r.URL = &url.URL{Path: path + "x/trace"}
				}
				r.Method = http.MethodGet
				r.Header["X-Actor"] = []string{evil}
				r.Header["X-Request-Id"] = []string{evil}
				r.Header["Idempotency-Key"] = []string{evil}
				r.RemoteAddr = evil
				w := httptest.NewRecorder()
				h.api.ServeHTTP(w, r)
				lines := strings.Count(strings.TrimSuffix(out.String(), "\n"), "\n") + 1
				require.LessOrEqual(t, lines, 2, out.String()) // the access line, and one for what broke
				require.NotContains(t, out.String(), "\u202e")
				require.NotContains(t, out.String(), "\x1b")
				require.NotContains(t, out.String(), "\r")
				require.NotContains(t, out.String(), "\u2028")
				for _, values := range w.Header() {
					require.NotContains(t, strings.Join(values, ""), "\n")
				}
				require.NotContains(t, w.Body.String(), "\u202e")
			}
		})
	}
}

func TestTheAccessLogIsOneLineARequest(t *testing.T) {
	h := open(t, true, nil)
	h.call(http.MethodGet, "/v1/shipments/a%0d%0ab?customer=secret", nil, "X-Request-Id", "r-17", "X-Actor", "Kim")
	line := h.log.await(t, "r-17")
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(line), &got))
	require.Equal(t, "GET", got["method"])
	require.Equal(t, "/v1/shipments/a%0d%0ab", got["path"])
	require.EqualValues(t, 400, got["status"])
	require.Equal(t, "Kim", got["actor"])
}

func TestOneLine(t *testing.T) {
	require.Equal(t, `a\r\nb\x1b\u202e\xff\u2028é…`, oneLine("a\r\nb\x1b\u202e\xff\u2028é and more", 27))
	require.Equal(t, "�", oneLine("\ufffd", 10))
	require.Equal(t, "", oneLine("", 10))
}

type brokenTracer struct {
	*trace.Tracer
	err error
}

func (b brokenTracer) Invoice(context.Context, string) (trace.InvoiceTrace, error) {
	if b.err == nil {
		panic("index out of range [7] at secret.go")
	}
	return trace.InvoiceTrace{}, b.err
}

func (b brokenTracer) Replay(ctx context.Context, _ domain.ShipmentID, _ time.Time) (trace.ShipmentReplay, error) {
	<-ctx.Done()
	return trace.ShipmentReplay{}, ctx.Err()
}

func (b brokenTracer) Missing(context.Context, string, string) (trace.Missing, error) {
	return trace.Missing{}, b.err
}

func TestWhatBreaksInsideStaysInside(t *testing.T) {
	full := errors.New("disk full at /data")
	for _, c := range []struct {
		err    error
		status int
		code   string
		retry  string
	}{
		{errors.New("open /data/history: permission denied"), 500, "internal", ""},
		{nil, 500, "internal", ""}, // it panics
		{fmt.Errorf("append: %w", eventstore.ErrUnknownOutcome), 503, "unknown-outcome", "1"},
		{fmt.Errorf("append: %w", eventstore.ErrClosed), 503, "stopping", "5"},
		{fmt.Errorf("append: %w", full), 503, "busy", "30"},
		{context.DeadlineExceeded, 503, "timeout", "5"},
		{context.Canceled, 503, "cancelled", "1"},
		{&eventstore.TooLarge{Stream: "shipment-1", Size: 2, Limit: 1}, 413, "too-large", ""},
		{&domain.Refusal{Code: domain.Denied, Rule: 17, Text: "approver and preparer are the same"}, 403, "denied", ""},
	} {
		t.Run(c.code, func(t *testing.T) {
			h := open(t, true, func(d *Deps) {
				d.Tracer = brokenTracer{err: c.err}
				d.Busy = func(err error) bool { return errors.Is(err, full) }
			})
			r := h.get("/v1/invoices/x/trace")
			p := r.problem(t, c.status, c.code)
			require.Equal(t, c.retry, r.header.Get("Retry-After"))
			require.NotContains(t, r.text, "/data")
			require.NotContains(t, r.text, "secret.go")
			if c.status == 500 {
				require.Contains(t, h.log.await(t, `"level":"ERROR"`), p.Request)
			}
			require.Equal(t, http.StatusOK, h.get("/healthz").status, "the server goes on")
		})
	}
}

func TestAClosedStoreIsNotReady(t *testing.T) {
	h := open(t, true, func(d *Deps) { d.Ready = func(context.Context) error { return eventstore.ErrClosed } })
	h.get("/readyz").problem(t, http.StatusServiceUnavailable, "not-ready")
	require.Equal(t, http.StatusOK, h.get("/healthz").status)
	plain := open(t, true, func(d *Deps) { d.Ready = nil })
	require.Equal(t, http.StatusOK, plain.get("/readyz").status)
}

func TestPagesOfOthersCannotReachIn(t *testing.T) {
	h := open(t, true, func(d *Deps) { d.Hosts = []string{"Ledger.internal"} })
	call := func(method, host, origin string) int {
		r := httptest.NewRequest(method, "http://"+host+"/v1/reconciliations", nil)
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, r)
		return w.Code
	}
	const reached = http.StatusConflict // there is no ERP
	require.Equal(t, reached, call("POST", "127.0.0.1:8080", ""))
	require.Equal(t, reached, call("POST", "[::1]:8080", ""))
	require.Equal(t, reached, call("POST", "localhost:8080", "http://localhost:8080"))
	require.Equal(t, reached, call("POST", "LEDGER.internal", ""))
	require.Equal(t, http.StatusForbidden, call("POST", "localhost:8080", "https://evil.example"))
	// A name that a stranger points at this machine.
	require.Equal(t, http.StatusMisdirectedRequest, call("POST", "evil.example:8080", "http://evil.example:8080"))
	require.Equal(t, http.StatusMisdirectedRequest, call("GET", "evil.example", ""))
	require.Equal(t, http.StatusMisdirectedRequest, call("GET", "127.0.0.1.evil.example", ""))
}

// listen serves a handler on a free port until stop is called; stopped then
// gives what Serve said.
func listen(t *testing.T, handler http.Handler, drain time.Duration) (address string, stop func(), stopped <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, l, handler, slog.New(slog.DiscardHandler), drain) }()
	t.Cleanup(cancel)
	return l.Addr().String(), cancel, done
}

func TestServeLetsRequestsFinish(t *testing.T) {
	began, release := make(chan struct{}), make(chan struct{})
	address, stop, stopped := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-release
		if r.Context().Err() == nil {
			_, _ = io.WriteString(w, "finished")
		}
	}), 10*time.Second)
	got := make(chan string, 1)
	go func() {
		res, err := http.Get("http://" + address)
		if err != nil {
			got <- err.Error()
			return
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		got <- string(text)
	}()
	<-began
	stop()
	require.Eventually(t, func() bool { // nobody new is let in
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	}, 5*time.Second, 5*time.Millisecond)
	close(release)
	require.Equal(t, "finished", <-got)
	require.NoError(t, <-stopped)
}

func TestServeCutsWhatDoesNotFinish(t *testing.T) {
	began := make(chan struct{})
	address, stop, stopped := listen(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
	}), 20*time.Millisecond)
	go func() {
		if res, err := http.Get("http://" + address); err == nil {
			_ = res.Body.Close()
		}
	}()
	<-began
	stop()
	require.NoError(t, <-stopped)
}

func TestServeTellsWhenItCannot(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	require.Error(t, Serve(t.Context(), l, http.NotFoundHandler(), nil))
}

func TestHeadersWithLineBreaksNeverArrive(t *testing.T) {
	h := open(t, true, nil)
	c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "GET /v1/shipments/a%0d%0ab HTTP/1.1\r\nHost: localhost\r\nX-Actor: a\x0bb\r\nConnection: close\r\n\r\n")
	require.NoError(t, err)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusBadRequest, res.StatusCode)
}
