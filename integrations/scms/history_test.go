package scms

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// history is the published file: the first 7,000 lines of the real history.
func history(t testing.TB) []byte {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", "scms_delivery_history.csv")
	data, err := os.ReadFile(path)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("the delivery history must be present: %v", err)
	}
	if err != nil {
		t.Skipf("skipped: the delivery history is not present: %v", err)
	}
	return data
}

func readHistory(t testing.TB) *File {
	t.Helper()
	f, err := Read(bytes.NewReader(history(t)), Options{})
	require.NoError(t, err)
	return f
}

func TestHistoryComesOutToTheCent(t *testing.T) {
	f := readHistory(t)
	got := Summary(f)

	require.Equal(t, 7000, got.Lines)
	require.Equal(t, 5068, got.Shipments)
	require.Equal(t, 132, got.Customers)
	require.Equal(t, 4402, got.OwnFreight.Count)
	require.Equal(t, "46922717.88", got.OwnFreight.Amount.StringFixed(2))
	require.Equal(t, 6713, got.Insurance.Count)
	require.Equal(t, "1328046.89", got.Insurance.Amount.StringFixed(2))
	require.Equal(t, 1293, got.Included)
	require.Equal(t, 197, got.InvoicedSeparately)
	require.Equal(t, 1108, got.Refers)
	require.Equal(t, 74, got.RefersWithoutFigure)
	require.Equal(t, 3, got.PODBeforeDelivery)
	require.Equal(t, 10, got.PromisesDiffer)
	require.Equal(t, 4455, got.Weighed.Count)
	require.Equal(t, 1437, got.CapturedSeparately)
	require.Equal(t, 1108, got.WeightRefers)
	require.Equal(t, 92, got.WeightRefersNoFigure)

	zero := 0
	for i := range f.Lines {
		if ins := f.Lines[i].Insurance; ins.Valid && ins.Decimal.IsZero() {
			zero++
		}
	}
	require.Equal(t, 49, zero, "insurance of 0.00 is an amount")
	require.Equal(t, "913e4d4df0f86f43b584252f5287eb5f6eafd95e6f95be6bfd19ba9c6345d926", f.SHA256)
	require.Equal(t, "ISO-8859-1", f.Encoding.String())
}

func TestHistoryRaisesItsQuestions(t *testing.T) {
	f := readHistory(t)
	count := make(map[FindingKind]int)
	var early []string
	promises := make(map[string]bool)
	for _, finding := range f.Findings() {
		count[finding.Kind]++
		switch finding.Kind {
		case PODBeforeDelivery:
			early = append(early, finding.ID)
		case PromiseDiffers:
			promises[finding.Shipment] = true
		case FreightWithoutFigure:
			require.Contains(t, finding.Detail, wordingInvoiced)
		}
	}
	require.ElementsMatch(t, []string{"29140", "57447", "72832"}, early)
	require.Equal(t, 74, count[FreightWithoutFigure])
	require.Equal(t, 92, count[WeightWithoutFigure])
	require.Len(t, promises, 10)
}

func TestHistoryKeepsEveryLineAsItStands(t *testing.T) {
	data := history(t)
	f := readHistory(t)
	physical := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i := range f.Lines {
		line := &f.Lines[i]
		var latin1 []byte
		for _, r := range line.Raw {
			if r > 0xff {
				t.Fatalf("line %d holds %q, which ISO-8859-1 does not have", line.Number, r)
			}
			latin1 = append(latin1, byte(r))
		}
		require.Equal(t, physical[line.Number-1], string(latin1))
	}
	require.Equal(t, "Côte d'Ivoire", f.Lines[0].Country)

	seen := make([]bool, len(f.Lines))
	last := -1
	for _, s := range f.Shipments {
		require.NotEmpty(t, s.Lines)
		require.Greater(t, s.Lines[0], last, "shipments stand in order of first appearance")
		last = s.Lines[0]
		require.True(t, s.Promised.SameDay(f.Lines[s.PromisedOn].Promised))
		for _, i := range s.Lines {
			require.False(t, seen[i])
			seen[i] = true
			require.Equal(t, s.ID, f.Lines[i].Shipment)
			require.False(t, f.Lines[i].Promised.Before(s.Promised))
		}
	}
	require.NotContains(t, seen, false)
}

func TestHistoryTakesLittleMemory(t *testing.T) {
	data := history(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f, err := Read(bytes.NewReader(data), Options{})
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	allocated := after.TotalAlloc - before.TotalAlloc
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("allocated %d KiB in all, %d KiB kept", allocated>>10, kept>>10)
	require.Less(t, allocated, uint64(30<<20), "bytes allocated while reading, garbage included")
	runtime.KeepAlive(f)
}

func BenchmarkRead(b *testing.B) {
	data := history(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(bytes.NewReader(data), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
