package scms

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRead holds that any bytes are either refused with problems or read into
// a file whose parts account for every line, with no pointer left open.
func FuzzRead(f *testing.F) {
	for _, lines := range [][]string{
		{fixtureLine("1", nil)},
		{fixtureLine("1", cells{colItem: "\"Kit,\n\"\"30\"\"\"", colCountry: "C\xf4te"}), fixtureLine("2", cells{colInsurance: "0.02"})},
		{fixtureLine("1", cells{colFreight: see("ASN-2", "2")}), fixtureLine("2", cells{colFreight: see("ASN-1", "1")})},
		{fixtureLine("1", cells{colFreight: see("ASN-2", "2")}), fixtureLine("2", cells{colFreight: wordingInvoiced, colWeight: wordingCaptured})},
		{fixtureLine("1", cells{colFreight: "1e999999999"}), "", "2\tx", fixtureLine("3", cells{colItem: "5\" tube"})},
	} {
		f.Add([]byte(strings.Join(lines, "\n") + "\n"))
	}
	most := bounds{fileBytes: 1 << 20, recordBytes: 4 << 10, lines: 1000}
	f.Fuzz(func(t *testing.T, lines []byte) {
		file := append([]byte(fixtureHeader()+"\n"), lines...)
		got, err := read(bytes.NewReader(file), Options{}, most)
		if err != nil {
			require.Nil(t, got)
			var refusal *FileError
			require.ErrorAs(t, err, &refusal)
			require.NotEmpty(t, refusal.Problems)
			require.LessOrEqual(t, len(refusal.Problems), problemsMax)
			require.NotEmpty(t, refusal.Error())
			return
		}
		totals := Summary(got)
		require.Equal(t, totals.Lines, totals.OwnFreight.Count+totals.Included+totals.InvoicedSeparately+totals.Refers)
		require.Equal(t, totals.Lines, totals.Weighed.Count+totals.CapturedSeparately+totals.WeightRefers)
		held, number := 0, 2
		for _, s := range got.Shipments {
			held += len(s.Lines)
		}
		require.Equal(t, totals.Lines, held)
		for i := range got.Lines {
			require.Equal(t, number, got.Lines[i].Number)
			number += strings.Count(got.Lines[i].Raw, "\n") + 1
			carrier, _ := got.FreightCarrier(i)
			_, open := got.Lines[carrier].Freight.(Refers)
			require.False(t, open, "line %d", got.Lines[i].Number)
		}
		require.Equal(t, bytes.Count(file, []byte("\n"))+1, number)
	})
}

// FuzzSplit holds the cutting of records and fields against encoding/csv.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{"a\tb\n", "\"a\tb\"\t\"\"\n", "\"a\n\"\"b\"\tc\n\td\n", "a\"b\n", "\"a\"b\n", "\"a", "\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if bytes.ContainsAny(file, "\r") || bytes.HasPrefix(file, []byte("\n")) || bytes.Contains(file, []byte("\n\n")) {
			t.Skip("encoding/csv rewrites returns and passes over empty lines")
		}
		theirs := csv.NewReader(bytes.NewReader(file))
		theirs.Comma, theirs.FieldsPerRecord = '\t', -1
		ours := newRecords(bytes.NewReader(file), 1<<20)
		for {
			want, wantErr := theirs.Read()
			rec, err := ours.next()
			if errors.Is(wantErr, io.EOF) {
				require.Equal(t, io.EOF, err)
				return
			}
			var fields [columnCount]string
			var count int
			var bad *fault
			if err == nil {
				count, bad = split(string(rec.bytes), &fields)
			}
			if wantErr != nil {
				require.True(t, err != nil || bad != nil, "encoding/csv: %v", wantErr)
				return
			}
			require.NoError(t, err)
			require.Nil(t, bad)
			require.Equal(t, len(want), count)
			shown := min(count, columnCount)
			require.Equal(t, want[:shown], fields[:shown])
			line, _ := theirs.FieldPos(0)
			require.Equal(t, line, rec.number)
		}
	})
}
