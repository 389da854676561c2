// Package client talks to a sandbox ERP (package sandboxerp) over HTTP.
//
// It is the connector that the posting and cash side of freightledger uses: it
// probes and posts documents, follows the bank feed, pages through customers
// and streams the ledger extract. What it answers is in freightledger's own
// words; the ERP's wire format does not leave this package, but for the thin
// calls of admin.go that only rehearsals and tests use.
//
// # How sure an error is
//
// The ERP has no idempotency, so the difference between "nothing was booked"
// and "nobody knows" decides whether a document may be sent again. Every error
// of a call is an *Error and says which of the two it is: see
// [Error.NothingBooked] and [Error.Settled]. What the client cannot classify
// counts as unknown. It repeats nothing by itself, and it sends no
// Idempotency-Key header, because Go's transport would then repeat a cut request
// that the ERP has booked.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

// Options adjust a Client. The zero Options are good.
type Options struct {
	// Name is what history calls this ERP; the default is "sandboxerp".
	Name string
	// Timeout bounds each call but the extract; the default is 30 seconds.
	Timeout time.Duration
	// Stall ends an extract that brings nothing for so long; the default is
	// one minute.
	Stall time.Duration
	// Transport carries the requests; the default keeps up to 16 connections
	// to the ERP open.
	Transport http.RoundTripper
}

// maxAnswerBytes bounds an answer that is read whole.
const maxAnswerBytes = 16 << 20

// Client is safe for concurrent use.
type Client struct {
	base string
	opts Options
	http *http.Client
}

// New returns a client of the ERP at an address such as
// "http://127.0.0.1:8090". It does not call it yet.
func New(baseURL string, opts Options) (*Client, error) {
	u, err := url.Parse(baseURL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("address of the ERP: %w", err)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("address of the ERP: %.80q is not an address such as http://127.0.0.1:8090", baseURL)
	}
	if opts.Name == "" {
		opts.Name = "sandboxerp"
	}
	if opts.Timeout == 0 {
		opts.Timeout = 30 * time.Second
	}
	if opts.Stall == 0 {
		opts.Stall = time.Minute
	}
	if opts.Transport == nil {
		opts.Transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConns:        16,
			MaxIdleConnsPerHost: 16,
			IdleConnTimeout:     time.Minute,
		}
	}
	c := &Client{base: strings.TrimSuffix(u.String(), "/"), opts: opts}
	c.http = &http.Client{Transport: opts.Transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // a redirected booking would be sent twice
	}}
	return c, nil
}

// Name is what history calls this ERP.
func (c *Client) Name() string { return c.opts.Name }

// Close lets idle connections go.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Error is a call that brought no answer that could be used.
type Error struct {
	Op      string // "POST /documents"
	Status  int    // 0 when there was no answer
	Code    string // the ERP's, "" when it gave none
	Message string
	Wait    time.Duration // how long the ERP asks to be left alone
	Err     error
}

func (e *Error) Error() string {
	switch {
	case e.Code != "":
		return fmt.Sprintf("%s: the ERP answered %d %s: %s", e.Op, e.Status, e.Code, e.Message)
	case e.Status != 0 && e.Err == nil:
		return fmt.Sprintf("%s: answered %d by something that is not the ERP: check its address and what stands between", e.Op, e.Status)
	}
	return fmt.Sprintf("%s: %v", e.Op, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// NothingBooked tells that the ERP certainly booked nothing for this call: it
// was never reached, it refused the request, or it says so.
func (e *Error) NothingBooked() bool {
	switch e.Code {
	case sandboxerp.CodeTransient, sandboxerp.CodeDown, sandboxerp.CodeClosing:
		return true
	case "":
		var op *net.OpError
		return e.Status == 0 && errors.As(e.Err, &op) && op.Op == "dial"
	}
	return e.refused()
}

// Settled tells that the ERP is done with the call: whatever it booked for it
// shows in the next probe.
func (e *Error) Settled() bool {
	return e.NothingBooked() || e.Code == sandboxerp.CodeInternal
}

// RetryAfter is how long the ERP asks to be left alone, zero when it does not.
func (e *Error) RetryAfter() time.Duration { return e.Wait }

// refused tells a request that the ERP will never take as it stands.
func (e *Error) refused() bool {
	return e.Code != "" && e.Status >= 400 && e.Status < 500
}

// call sends one request and decodes its answer into out, unless that is nil.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode %s %s: %w", method, path, err)
		}
	}
	return c.send(ctx, method, path, body, out)
}

func (c *Client) send(ctx context.Context, method, path string, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	op := method + " " + strings.SplitN(path, "?", 2)[0]
	response, err := c.open(ctx, op, method, path, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	switch {
	case err != nil:
		return &Error{Op: op, Err: fmt.Errorf("read the answer: %w", err)}
	case len(answer) > maxAnswerBytes:
		return &Error{Op: op, Err: fmt.Errorf("the answer is over %d bytes", maxAnswerBytes)}
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return &Error{Op: op, Err: fmt.Errorf("the answer is not what the ERP should say: %w", err)}
	}
	return nil
}

// open sends a request and returns its answer when that is a success.
func (c *Client) open(ctx context.Context, op, method, path string, body []byte) (*http.Response, error) {
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, reader)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, &Error{Op: op, Err: err}
	}
	if response.StatusCode == http.StatusOK {
		return response, nil
	}
	defer response.Body.Close()
	e := &Error{Op: op, Status: response.StatusCode}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 && seconds < 3600 {
		e.Wait = time.Duration(seconds) * time.Second
	}
	var answer sandboxerp.ErrorAnswer
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err == nil && json.Unmarshal(text, &answer) == nil {
		e.Code, e.Message = answer.Error.Code, answer.Error.Message
	}
	return nil, e
}
