package sandboxerp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

func (d *desk) faults() sandboxerp.FaultsAnswer {
	d.t.Helper()
	var answer sandboxerp.FaultsAnswer
	d.must("GET", "/faults", nil, &answer)
	return answer
}

func TestADropBooksAndSaysNothing(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{})
	d.must("PUT", "/faults", sandboxerp.Faults{DropRate: "1"}, nil)
	_, _, err := d.try("POST", "/documents", sandboxerp.BookRequest{Documents: []sandboxerp.Document{invoice("INV-1")}})
	require.ErrorIs(t, err, io.EOF)
	require.Len(t, d.probe("INV-1"), 1, "the document is in the books, and probing is not struck")
	require.EqualValues(t, 1, d.faults().Fired.Dropped)

	d.must("PUT", "/faults", sandboxerp.Faults{}, nil)
	d.book(invoice("INV-1")) // the blind retry
	require.Len(t, d.probe("INV-1"), 2)
	require.Zero(t, d.faults().Fired)
}

func TestARejectBooksNothing(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{Faults: sandboxerp.Faults{RejectRate: "1.00", DropRate: "1"}})
	d.refused(500, sandboxerp.CodeTransient, "POST", "/documents", sandboxerp.BookRequest{Documents: []sandboxerp.Document{invoice("INV-1")}})
	d.refused(500, sandboxerp.CodeTransient, "POST", "/receipts", sandboxerp.ReceiptInput{})
	require.Empty(t, d.ledger("").entries)
	require.Equal(t, sandboxerp.FaultCounts{Rejected: 2}, d.faults().Fired)
}

func TestDownIsDownForAllButHealthAndFaults(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	d.must("PUT", "/faults", sandboxerp.Faults{Down: true}, nil)
	for _, path := range []string{"/accounts", "/ledger", "/nowhere"} {
		d.refused(503, sandboxerp.CodeDown, "GET", path, nil)
	}
	d.must("GET", "/health", nil, nil)
	require.EqualValues(t, 3, d.faults().Fired.Down)
	d.must("PUT", "/faults", sandboxerp.Faults{DownEvery: 3}, nil)
	var statuses []int
	for range 7 {
		response, _, err := d.try("GET", "/accounts", nil)
		require.NoError(t, err)
		statuses = append(statuses, response.StatusCode)
	}
	require.Equal(t, []int{200, 200, 503, 200, 200, 503, 200}, statuses)
}

func TestLatencyDelaysTheAnswer(t *testing.T) {
	d := open(t, sandboxerp.Options{Faults: sandboxerp.Faults{LatencyMS: 60}})
	start := time.Now()
	d.must("GET", "/accounts", nil, nil)
	require.GreaterOrEqual(t, time.Since(start), 60*time.Millisecond)
	require.EqualValues(t, 1, d.faults().Fired.Delayed)
}

// fates posts one document a request and notes what became of each.
func fates(t *testing.T, f sandboxerp.Faults) (out string) {
	d := withCustomers(t, sandboxerp.Options{})
	d.must("PUT", "/faults", f, nil)
	for i := range 60 {
		response, _, err := d.try("POST", "/documents", sandboxerp.BookRequest{Documents: []sandboxerp.Document{invoice(fmt.Sprint(i))}})
		switch {
		case errors.Is(err, io.EOF):
			out += "d"
		case err != nil:
			require.NoError(t, err)
		case response.StatusCode == http.StatusInternalServerError:
			out += "r"
		default:
			out += "."
		}
	}
	return out
}

func TestTheSameSeedDealsTheSameFaults(t *testing.T) {
	f := sandboxerp.Faults{RejectRate: "0.2", DropRate: "0.3", Seed: 7}
	first := fates(t, f)
	require.Contains(t, first, "d")
	require.Contains(t, first, "r")
	require.Contains(t, first, ".")
	require.Equal(t, first, fates(t, f))
	f.Seed = 8
	require.NotEqual(t, first, fates(t, f))
}

func TestFaultsAreChecked(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	for _, f := range []sandboxerp.Faults{
		{RejectRate: "2"}, {DropRate: "-1"}, {DropRate: "1e-9"}, {RejectRate: "0.0000001"}, {LatencyMS: -1},
		{LatencyMS: 3_600_000}, {DownEvery: -1}, {DropRate: "."},
	} {
		d.refused(400, sandboxerp.CodeBadRequest, "PUT", "/faults", f)
	}
	require.Equal(t, sandboxerp.FaultsAnswer{Faults: sandboxerp.Faults{RejectRate: "0", DropRate: "0"}}, d.faults())
}

func TestServeStopsWhenItsContextEnds(t *testing.T) {
	erp, err := sandboxerp.Open(":memory:", sandboxerp.Options{Faults: sandboxerp.Faults{LatencyMS: 150}})
	require.NoError(t, err)
	defer func() { require.NoError(t, erp.Close()) }()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- sandboxerp.Serve(ctx, listener, erp) }()
	d := &desk{t: t, url: "http://" + listener.Addr().String()}
	d.must("GET", "/health", nil, nil)

	answered := make(chan error, 1)
	go func() {
		response, _, err := d.try("GET", "/accounts", nil)
		if err == nil && response.StatusCode != http.StatusOK {
			err = errors.New(response.Status)
		}
		answered <- err
	}()
	require.Eventually(t, func() bool { return d.faults().Fired.Delayed == 1 }, 5*time.Second, time.Millisecond)
	stop()
	require.NoError(t, <-answered, "a request under way is answered")
	require.NoError(t, <-served)
	_, _, err = d.try("GET", "/health", nil)
	require.Error(t, err)
}
