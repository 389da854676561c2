package api

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

type requestKey struct{}

// requestID is the id under which a request is logged.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// around is what every request passes first, also one that no route takes:
// the router's own middleware would not see that one.
func (s *server) around(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		began := time.Now()
		id := r.Header.Get("X-Request-Id")
		if !goodRequestID(id) {
			id = uuid.NewString()
		}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, id))
		w := &recorder{ResponseWriter: rw}
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		defer s.log(w, r, began)
		defer s.recover(w, r)
		if !s.ourHost(r.Host) {
			s.refuse(w, r, problem(http.StatusMisdirectedRequest, "wrong-host", "this server does not go by that name: use its address, or localhost").at("header Host"))
			return
		}
		if err := origins.Check(r); err != nil {
			s.refuse(w, r, problem(http.StatusForbidden, "cross-origin", "a page of another origin may not change anything here"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ourHost tells a host by which this server may be called. A name that a
// stranger points at a loopback address is none.
func (s *server) ourHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return true
	}
	return name == "localhost" || slices.ContainsFunc(s.Hosts, func(ours string) bool { return strings.EqualFold(ours, name) })
}

// recover answers a panic. The connection goes on, the process too.
func (s *server) recover(w *recorder, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler {
		panic(cause) // the server's own way to cut a connection
	}
	s.Logger.ErrorContext(r.Context(), "request panicked", "request", requestID(r.Context()),
		"cause", oneLine(fmt.Sprint(cause), 2000), "stack", oneLine(string(debug.Stack()), 8000))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not pass for a whole one
	}
	s.refuse(w, r, problem(http.StatusInternalServerError, "internal", "something broke inside; the server's log tells more under this request's id"))
}

// log writes the access log: one line a request.
func (s *server) log(w *recorder, r *http.Request, began time.Time) {
	s.Logger.InfoContext(r.Context(), "request",
		"request", requestID(r.Context()),
		"method", oneLine(r.Method, 20),
		"path", oneLine(r.URL.EscapedPath(), 300),
		"status", w.status,
		"bytes", w.bytes,
		"ms", time.Since(began).Milliseconds(),
		"remote", oneLine(r.RemoteAddr, 60),
		"actor", oneLine(r.Header.Get("X-Actor"), maxActorBytes),
	)
}

func goodRequestID(id string) bool {
	return 0 < len(id) && len(id) <= 64 && !strings.ContainsFunc(id, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.')
	})
}

// unprintable tells characters that break a line or change how it reads:
// controls, separators of lines, and formats such as right-to-left overrides.
func unprintable(c rune) bool {
	return unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs)
}

// oneLine makes a text from outside safe to log and to repeat: at most so many
// bytes of it, with everything unprintable escaped.
func oneLine(s string, most int) string {
	var b strings.Builder
	for i, c := range s {
		if b.Len() >= most {
			b.WriteString("…")
			break
		}
		switch {
		case c == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[i])+0x100, 16)[1:])
		case unprintable(c):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(c), "'"))
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
