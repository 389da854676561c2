package sandboxerp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

// batchOf encodes 100 documents of ten lines each.
func batchOf(tb testing.TB, batch int) []byte {
	var request sandboxerp.BookRequest
	for i := range 100 {
		request.Documents = append(request.Documents, load(fmt.Sprintf("INV-%06d-%03d", batch, i)))
	}
	body, err := json.Marshal(request)
	require.NoError(tb, err)
	return body
}

func post(tb testing.TB, url string, body []byte) {
	response, err := http.Post(url+"/documents", "application/json", bytes.NewReader(body))
	require.NoError(tb, err)
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(tb, err)
	require.NoError(tb, response.Body.Close())
	require.Equal(tb, http.StatusOK, response.StatusCode)
}

func BenchmarkBookBatchOf100(b *testing.B) {
	d := withCustomers(b, sandboxerp.Options{})
	bodies := make([][]byte, 64)
	for i := range bodies {
		bodies[i] = batchOf(b, i)
	}
	b.SetBytes(int64(len(bodies[0])))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		post(b, d.url, bodies[n%len(bodies)])
		n++
	}
	b.ReportMetric(float64(100*n)/b.Elapsed().Seconds(), "documents/s")
}

func BenchmarkExtract(b *testing.B) {
	d := withCustomers(b, sandboxerp.Options{})
	const batches = 100
	for i := range batches {
		post(b, d.url, batchOf(b, i))
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		response, err := http.Get(d.url + "/ledger")
		require.NoError(b, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(b, err)
		require.NoError(b, response.Body.Close())
		n++
	}
	b.ReportMetric(float64(batches*1000*n)/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkProbe200(b *testing.B) {
	d := withCustomers(b, sandboxerp.Options{})
	for i := range 20 {
		post(b, d.url, batchOf(b, i))
	}
	numbers := make([]string, sandboxerp.MaxProbeNumbers)
	for i := range numbers {
		numbers[i] = fmt.Sprintf("INV-%06d-%03d", i%20, i%100)
	}
	for b.Loop() {
		d.probe(numbers...)
	}
}
