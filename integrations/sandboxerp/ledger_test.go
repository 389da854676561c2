package sandboxerp_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

func inExtractOrder(a, b sandboxerp.LedgerEntry) int {
	return cmp.Or(strings.Compare(a.Number, b.Number), cmp.Compare(a.Document, b.Document),
		strings.Compare(a.Ref, b.Ref), cmp.Compare(a.Entry, b.Entry))
}

// requireTrailerHolds checks a whole extract against its own trailer.
func requireTrailerHolds(t *testing.T, out extract) {
	t.Helper()
	require.True(t, out.whole, "the extract ends in a trailer")
	require.EqualValues(t, len(out.entries), out.trailer.Entries)
	sums := [2]map[string]decimal.Decimal{{}, {}}
	for _, entry := range out.entries {
		sums[0][entry.Currency] = sums[0][entry.Currency].Add(decimal.RequireFromString(entry.Debit))
		sums[1][entry.Currency] = sums[1][entry.Currency].Add(decimal.RequireFromString(entry.Credit))
	}
	for i, told := range []map[string]string{out.trailer.Debit, out.trailer.Credit} {
		require.Len(t, told, len(sums[i]))
		for currency, sum := range sums[i] {
			require.True(t, sum.Equal(decimal.RequireFromString(told[currency])), "%s: %s, trailer %s", currency, sum, told[currency])
		}
	}
}

func TestTheExtractIsSortedBytewiseAndAddsUp(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	d := withCustomers(t, sandboxerp.Options{})
	numbers := []string{"INV-9", "INV-10", "inv-1", "Überfracht", "A B", "A-B", "A", "日本", "INV-9", `Q"\<&>`, "A"}
	booked := 0
	for range 4 {
		dice.Shuffle(len(numbers), func(i, j int) { numbers[i], numbers[j] = numbers[j], numbers[i] })
		var batch []sandboxerp.Document
		for _, number := range numbers {
			document := invoice(number)
			dice.Shuffle(3, func(i, j int) { document.Lines[i], document.Lines[j] = document.Lines[j], document.Lines[i] })
			document.Lines[0].Memo = "größer, \"quoted\" <b>&</b>  "
			if dice.IntN(2) == 0 {
				document.Customer, document.Currency, document.Date = "ANYC", "KWD", "2026-05-01"
			}
			batch = append(batch, document)
			booked += 3
		}
		d.book(batch...)
	}
	out := d.ledger("")
	require.Equal(t, "header", out.header.Record)
	require.Len(t, out.entries, booked)
	require.True(t, slices.IsSortedFunc(out.entries, inExtractOrder))
	requireTrailerHolds(t, out)
	var memos int
	for _, entry := range out.entries {
		if entry.Memo == "größer, \"quoted\" <b>&</b>  " {
			memos++
		}
	}
	require.Equal(t, booked/3, memos)

	march, later := d.ledger("?period_to=2026-03"), d.ledger("?period_from=2026-04&period_to=2026-05")
	requireTrailerHolds(t, march)
	requireTrailerHolds(t, later)
	require.Equal(t, "2026-04", later.header.From)
	require.Equal(t, booked, len(march.entries)+len(later.entries))
	for _, entry := range later.entries {
		require.Equal(t, "2026-05", entry.Period)
	}
}

func TestAnEntryOfTheExtractCarriesItsDocument(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{Clock: fixedClock})
	id := d.book(invoice("INV-1"))[0].ID
	out := d.ledger("")
	require.Equal(t, fixedClock().Truncate(time.Microsecond), out.header.AsOf)
	require.Equal(t, sandboxerp.LedgerEntry{
		Record: "entry", Entry: out.entries[1].Entry, Document: id, Number: "INV-1", Kind: "invoice", Customer: "ACME",
		Date: "2026-03-10", Period: "2026-03", Currency: "USD", Ref: "freight", Account: "4010",
		Debit: "0.00", Credit: "100.00", Memo: "Chicago to Dallas", BookedAt: fixedClock().Truncate(time.Microsecond),
	}, out.entries[1])
	require.Equal(t, map[string]string{"USD": "108.00"}, out.trailer.Debit)
}

func TestAnEmptyLedgerStillHasHeaderAndTrailer(t *testing.T) {
	out := open(t, sandboxerp.Options{}).ledger("")
	require.Equal(t, "header", out.header.Record)
	require.Equal(t, sandboxerp.LedgerTrailer{Record: "trailer", Debit: map[string]string{}, Credit: map[string]string{}}, out.trailer)
}

// Closing the ERP while an extract streams must cut it, not end it: the reader
// sees an error or a missing trailer, never a shorter ledger that looks whole.
func TestACutExtractIsSeenToBeCut(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{})
	for i := range 4 {
		post(t, d.url, batchOf(t, i))
	}
	response := d.streamSlowly()
	head := make([]byte, 64<<10)
	_, err := io.ReadFull(response.Body, head)
	require.NoError(t, err)
	closed := make(chan error, 1)
	go func() { closed <- d.erp.Close() }()
	rest := time.NewTimer(200 * time.Millisecond) // the writer fills the socket's buffers and waits
	<-rest.C
	tail, err := io.ReadAll(response.Body)
	require.Error(t, err)
	require.NoError(t, <-closed)
	require.False(t, readExtract(t, bytes.NewReader(append(head, tail...))).whole)
}

// An extract shows one instant: what is booked while it streams is not in it.
func TestTheExtractIsASnapshot(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{})
	const booked = 4000
	for i := range booked / 1000 {
		post(t, d.url, batchOf(t, i))
	}
	response := d.streamSlowly()
	d.book(load("ZZZ-after"))
	d.must("DELETE", "/documents/1", nil, nil)
	out := readExtract(t, response.Body)
	require.Len(t, out.entries, booked)
	requireTrailerHolds(t, out)
	for _, entry := range out.entries {
		require.False(t, entry.BookedAt.After(out.header.AsOf))
	}
	require.Len(t, d.ledger("").entries, booked, "one document of ten lines came and one went")
}

func TestTheTrialBalanceSumsByAccountPeriodAndCurrency(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{})
	april, yen := invoice("INV-3"), invoice("INV-4")
	april.Date = "2026-04-01"
	yen.Customer, yen.Currency = "ANYC", "JPY"
	d.book(invoice("INV-1"), invoice("INV-2"), april, yen)
	var balance sandboxerp.TrialBalance
	d.must("GET", "/trial-balance?period_from=2026-03&period_to=2026-03", nil, &balance)
	require.Equal(t, []sandboxerp.TrialBalanceRow{
		{Account: "1200", Period: "2026-03", Currency: "JPY", Debit: "108", Credit: "0"},
		{Account: "1200", Period: "2026-03", Currency: "USD", Debit: "216.00", Credit: "0.00"},
		{Account: "2200", Period: "2026-03", Currency: "JPY", Debit: "0", Credit: "8"},
		{Account: "2200", Period: "2026-03", Currency: "USD", Debit: "0.00", Credit: "16.00"},
		{Account: "4010", Period: "2026-03", Currency: "JPY", Debit: "0", Credit: "100"},
		{Account: "4010", Period: "2026-03", Currency: "USD", Debit: "0.00", Credit: "200.00"},
	}, balance.Rows)
	d.must("GET", "/trial-balance", nil, &balance)
	require.Len(t, balance.Rows, 9)
}

func TestDirectEditsShowInTheExtract(t *testing.T) {
	at := fixedClock()
	d := withCustomers(t, sandboxerp.Options{Clock: func() time.Time { return at }})
	id := d.book(invoice("INV-1"), invoice("INV-2"))[0].ID
	d.must("PUT", "/periods/2026-03", `{"status":"closed"}`, nil) // direct edits do not care
	booked := at.Truncate(time.Microsecond)
	edited := booked.Add(time.Hour)
	at = edited
	entries := d.ledger("").entries
	ar, freight, tax := entries[0].Entry, entries[1].Entry, entries[2].Entry

	var done sandboxerp.EditAnswer
	d.must("PATCH", fmt.Sprintf("/entries/%d", freight), `{"credit":"90.00","account":"4040","memo":"adjusted"}`, &done)
	require.Equal(t, sandboxerp.EditAnswer{Document: id, Entry: freight}, done)
	out := d.ledger("").entries
	require.Equal(t, []string{"4040", "0.00", "90.00", "adjusted"}, []string{out[1].Account, out[1].Debit, out[1].Credit, out[1].Memo})
	require.Equal(t, &edited, out[1].ModifiedAt)
	require.Equal(t, booked, out[1].BookedAt)
	require.Nil(t, out[1].DocModifiedAt)
	require.Equal(t, entries[0], out[0], "the other entries stand")

	d.must("DELETE", fmt.Sprintf("/entries/%d", tax), nil, &done)
	out = d.ledger("").entries
	require.Len(t, out, 5)
	require.Equal(t, []int64{ar, freight}, []int64{out[0].Entry, out[1].Entry})
	require.Equal(t, &edited, out[0].DocModifiedAt)

	d.must("POST", "/entries", sandboxerp.StrayEntry{Document: id, Ref: "ar", Account: "1200", Credit: "0.01"}, &done)
	require.NotEqual(t, tax, done.Entry, "a deleted entry's id is never given again")
	out = d.ledger("").entries
	require.Equal(t, []int64{ar, done.Entry, freight}, []int64{out[0].Entry, out[1].Entry, out[2].Entry})
	require.Equal(t, edited, out[1].BookedAt)

	d.must("PATCH", fmt.Sprintf("/documents/%d", id),
		`{"customer":"WRONG","date":"2026-01-05","period":"2026-06","currency":"JPY","reference":"x"}`, nil)
	out = d.ledger("?period_from=2026-06").entries
	require.Len(t, out, 3)
	require.Equal(t, []string{"WRONG", "2026-01-05", "2026-06", "JPY", "108", "0.01"},
		[]string{out[0].Customer, out[0].Date, out[0].Period, out[0].Currency, out[0].Debit, out[1].Credit})
	require.Equal(t, &edited, out[0].DocModifiedAt)
	requireTrailerHolds(t, d.ledger(""))

	var one sandboxerp.BookedDocument
	d.must("GET", fmt.Sprintf("/documents/%d", id), nil, &one)
	require.Equal(t, 3, one.LineCount)
	require.Equal(t, "x", one.Reference)
	require.Equal(t, &edited, one.ModifiedAt)

	d.must("POST", fmt.Sprintf("/documents/%d:duplicate", id), nil, &done)
	require.Equal(t, id+2, done.Document)
	found := d.probe("INV-1")
	require.Len(t, found, 2)
	require.Equal(t, found[0].TotalDebit, found[1].TotalDebit)
	require.Equal(t, edited, found[1].BookedAt)

	d.must("DELETE", fmt.Sprintf("/documents/%d", id), nil, nil)
	require.Len(t, d.probe("INV-1"), 1)
	require.Len(t, d.ledger("").entries, 6, "its lines went with it")
	d.refused(404, sandboxerp.CodeNotFound, "PATCH", fmt.Sprintf("/entries/%d", ar), `{"memo":"gone"}`)
}

func TestEditsThatWouldNotBeReadable(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{})
	id := d.book(invoice("INV-1"))[0].ID
	before := d.ledger("").entries
	entry := fmt.Sprintf("/entries/%d", before[0].Entry)
	document := fmt.Sprintf("/documents/%d", id)
	d.refused(422, sandboxerp.CodeUnknownAccount, "PATCH", entry, `{"account":"9999"}`)
	d.refused(422, sandboxerp.CodeBadAmount, "PATCH", entry, `{"debit":"-5"}`)
	d.refused(400, sandboxerp.CodeBadRequest, "PATCH", entry, `{}`)
	d.refused(400, sandboxerp.CodeBadRequest, "PATCH", document, `{}`)
	d.refused(400, sandboxerp.CodeBadRequest, "PATCH", document, `{"period":"2026"}`)
	d.refused(400, sandboxerp.CodeBadRequest, "PATCH", document, `{"number":"INV-2"}`)
	d.refused(422, sandboxerp.CodeUnknownAccount, "POST", "/entries", sandboxerp.StrayEntry{Document: id, Ref: "r", Account: "9999"})
	d.refused(404, sandboxerp.CodeNotFound, "POST", "/entries", sandboxerp.StrayEntry{Document: 77, Ref: "r", Account: "1200"})
	d.refused(404, sandboxerp.CodeNotFound, "POST", "/documents/77:duplicate", nil)
	require.Equal(t, before, d.ledger("").entries)
}

// The hand-built records must be what encoding/json would have written.
func TestExtractRecordsAreCanonicalJSON(t *testing.T) {
	d := withCustomers(t, sandboxerp.Options{})
	odd := invoice("é\"<\\")
	d.book(invoice("INV-1"), odd)
	_, answer, err := d.try("GET", "/ledger", nil)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(answer)), "\n")
	require.Len(t, lines, 8)
	for _, line := range lines[1:7] {
		var entry sandboxerp.LedgerEntry
		require.NoError(t, json.Unmarshal([]byte(line), &entry))
		encoded, err := json.Marshal(entry)
		require.NoError(t, err)
		require.Equal(t, string(encoded), line)
	}
}
