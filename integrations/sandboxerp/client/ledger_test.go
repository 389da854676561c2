package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/integrations/sandboxerp/client"
)

func TestLedgerIsWhatWasBooked(t *testing.T) {
	c := open(t, sandboxerp.Options{})
	var docs []domain.Document
	for i := range 120 {
		docs = append(docs, invoice(fmt.Sprintf("INV-%d", i), 1+i%3))
	}
	_, err := c.Post(t.Context(), docs)
	require.NoError(t, err)
	_, err = c.DuplicateDocument(t.Context(), "7")
	require.NoError(t, err)
	_, err = c.AddEntry(t.Context(), sandboxerp.StrayEntry{Document: 9, Ref: "Z", Account: "4010", Credit: "0.01"})
	require.NoError(t, err)

	x, err := c.Ledger(t.Context(), "2026-03", "2026-03")
	require.NoError(t, err)
	defer x.Close()
	require.False(t, x.AsOf.IsZero())
	documents, edited := map[int64]bool{}, 0
	for e, err := range x.Entries() {
		require.NoError(t, err)
		documents[e.DocumentID] = true
		require.NotEqual(t, e.Debit.IsZero(), e.Credit.IsZero())
		if !e.DocumentModifiedAt.IsZero() {
			edited++
		}
	}
	require.Len(t, documents, 121)
	require.Positive(t, edited)
	require.Positive(t, x.Count())

	empty, err := c.Ledger(t.Context(), "2030-01", "")
	require.NoError(t, err)
	for range empty.Entries() {
		t.Fatal("an entry of 2030")
	}
	require.NoError(t, empty.Close())
}

// An extract of three entries in two documents and two currencies.
const (
	header   = `{"record":"header","as_of":"2026-03-31T12:00:00Z"}`
	first    = `{"record":"entry","entry":1,"document":1,"number":"A","currency":"USD","ref":"1","account":"1200","debit":"10.00","credit":"0.00","booked_at":"2026-03-31T11:00:00Z","modified_at":null,"doc_modified_at":null}`
	second   = `{"record":"entry","entry":2,"document":1,"number":"A","currency":"USD","ref":"2","account":"4010","debit":"0.00","credit":"10.00","booked_at":"2026-03-31T11:00:00Z"}`
	third    = `{"record":"entry","entry":3,"document":2,"number":"B","currency":"JPY","ref":"1","account":"4010","debit":"0","credit":"500","booked_at":"2026-03-31T11:00:00Z","modified_at":"2026-03-31T11:30:00Z"}`
	trailer  = `{"record":"trailer","entries":3,"debit":{"USD":"10.00","JPY":"0"},"credit":{"USD":"10.00","JPY":"500"}}`
	whole    = header + "\n" + first + "\n" + second + "\n" + third + "\n" + trailer + "\n"
	notTotal = `{"record":"trailer","entries":3,"debit":{"USD":"10.00","JPY":"0"},"credit":{"USD":"10.01","JPY":"500"}}`
)

func readAll(text string) (int, error) {
	x, err := client.ReadExtract(strings.NewReader(text))
	if err != nil {
		return 0, err
	}
	for _, err := range x.Entries() {
		if err != nil {
			return int(x.Count()), err
		}
	}
	return int(x.Count()), x.Close()
}

func TestExtractThatMustNotBeBelieved(t *testing.T) {
	lines := func(l ...string) string { return strings.Join(l, "\n") + "\n" }
	n, err := readAll(whole)
	require.NoError(t, err)
	require.Equal(t, 3, n)
	for _, c := range []struct {
		name, text string
		kind       error
	}{
		{"nothing", "", client.ErrExtractEmpty},
		{"header only", lines(header), client.ErrExtractTruncated},
		{"no trailer", lines(header, first, second, third), client.ErrExtractTruncated},
		{"cut within a record", whole[:len(whole)-20], client.ErrExtractTruncated},
		{"no header", lines(first, second, third, trailer), client.ErrExtractForm},
		{"entries swapped", lines(header, second, first, third, trailer), client.ErrExtractOrder},
		{"documents swapped", lines(header, third, first, second, trailer), client.ErrExtractOrder},
		{"an entry twice", lines(header, first, first, second, third, trailer), client.ErrExtractRepeated},
		{"an entry missing", lines(header, first, third, trailer), client.ErrExtractTotals},
		{"another total", lines(header, first, second, third, notTotal), client.ErrExtractTotals},
		{"a currency missing", lines(header, first, second, `{"record":"trailer","entries":2,"debit":{},"credit":{}}`), client.ErrExtractTotals},
		{"a currency too many", lines(header, first, second, strings.Replace(trailer, `"entries":3`, `"entries":2`, 1)), client.ErrExtractTotals},
		{"two trailers", whole + trailer + "\n", client.ErrExtractForm},
		{"a second extract", whole + whole, client.ErrExtractForm},
		{"a header inside", lines(header, first, header, second, third, trailer), client.ErrExtractForm},
		{"no number", lines(header, strings.Replace(first, `"10.00"`, `"1e9"`, 1), second, third, trailer), client.ErrExtractForm},
		{"an exponent in a total", lines(header, first, second, third, strings.Replace(trailer, `"500"`, `"5e2"`, 1)), client.ErrExtractForm},
		{"not JSON", lines(header, "hello"), client.ErrExtractForm},
		{"a record without end", header + "\n" + strings.Repeat("x", 2<<20), client.ErrExtractForm},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readAll(c.text)
			require.ErrorIs(t, err, c.kind)
			var e *client.ExtractError
			require.ErrorAs(t, err, &e)
			require.Positive(t, e.Line)
		})
	}
}

// Cut anywhere, an extract is never taken for a whole one.
func TestExtractCutAtEveryByte(t *testing.T) {
	for i := range len(whole) {
		_, err := readAll(whole[:i])
		require.Error(t, err, "cut at byte %d", i)
	}
}

func TestLedgerThatBreaksOff(t *testing.T) {
	for name, end := range map[string]func(*http.Request){
		"connection cut": func(*http.Request) { panic(http.ErrAbortHandler) },
		"stalled":        func(r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			c := answering(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = w.Write([]byte(header + "\n" + first + "\n"))
				_ = http.NewResponseController(w).Flush()
				end(r)
			})
			x, err := c.Ledger(t.Context(), "", "")
			require.NoError(t, err)
			defer x.Close()
			var last error
			for _, err := range x.Entries() {
				last = err
			}
			require.Error(t, last)
		})
	}
}

func TestLedgerOfOtherMonthsIsRefused(t *testing.T) {
	c := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(whole)) })
	_, err := c.Ledger(t.Context(), "2026-03", "")
	require.ErrorIs(t, err, client.ErrExtractForm)
}

func FuzzReadExtract(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(header + "\n" + trailer))
	f.Fuzz(func(t *testing.T, text []byte) {
		x, err := client.ReadExtract(bytes.NewReader(text))
		if err != nil {
			return
		}
		var last error
		n := int64(0)
		for _, err := range x.Entries() {
			if last = err; err == nil {
				n++
			}
		}
		if last == nil && n != x.Count() || last != nil && errors.Is(last, client.ErrExtractEmpty) {
			t.Fatalf("%d entries of %d: %v", n, x.Count(), last)
		}
	})
}

func BenchmarkReadExtract(b *testing.B) {
	const entries = 10_000
	var text bytes.Buffer
	fmt.Fprintln(&text, header)
	for i := range entries {
		fmt.Fprintf(&text, `{"record":"entry","entry":%d,"document":%d,"number":"INV-2026-%06d","kind":"invoice","customer":"ACME","date":"2026-03-10","period":"2026-03","currency":"USD","ref":"%02d-charge","account":"4010","debit":"0.00","credit":"100.00","memo":"S-1234 freight-1 freight","booked_at":"2026-03-31T11:00:00.123456Z","modified_at":null,"doc_modified_at":null}`+"\n",
			i, i/10, i/10, i%10)
	}
	fmt.Fprintf(&text, `{"record":"trailer","entries":%d,"debit":{"USD":"0"},"credit":{"USD":"%d"}}`+"\n", entries, entries*100)
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		n, err := readAll(text.String())
		require.NoError(b, err)
		require.Equal(b, entries, n)
	}
	b.ReportMetric(entries*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
