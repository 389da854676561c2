package x12

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// FuzzParse: any bytes are answered; an accepted file's sets, written out again
// segment by segment, read back the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(plain))
	f.Add([]byte(strings.ReplaceAll(plain, "~\n", "\r\n")))
	f.Add([]byte(strings.ReplaceAll(plain, "~", "…")))
	f.Add([]byte(edited("*U*00401", "*^*00501", "LOAD1", "A^B:C")))
	f.Add([]byte("UNA:+.? 'UNB+UNOA:2'"))
	paths, err := filepath.Glob(filepath.Join(sampleFolder, "*", "*")) // seeds only: the cases above suffice without
	require.NoError(f, err)
	for _, path := range paths {
		body, err := os.ReadFile(path)
		require.NoError(f, err)
		if len(body) < 2_000 {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) { requireAnswer(t, body) })
}

// Given any run of envelope pieces, separators and odd bytes, when it is read,
// then what holds for fuzzed bytes holds: this reaches nestings that byte
// mutations rarely find.
func TestAnyRunOfPiecesIsAnswered(t *testing.T) {
	isa := plain[:strings.Index(plain, "\n")]
	pieces := []string{
		isa, isa + "\n", strings.Replace(isa, ":~", ":\n", 1), strings.Replace(isa, ":~", ":…", 1), strings.Replace(isa, "*U*00401", "*^*00501", 1),
		"GS*QM*A*B*20260726*1303*7*X*004010", "ST*214*0001", "ST*214", "B10*P*L*S", "AT7*D1^X:Y", "SE*3*0001", "SE", "GE*1*7", "GE", "IEA*1*000000007", "IEA",
		"TA1*1", "ISA", "ISA*", "IS", "A*", "*", ":", "^", "~", "~", "~\n", "~\n", "\n", "\r\n", "\r", " ", "  \n", "…", "\xe2", "\x80\xa6", "\x1a", "\x00", "\x07", "\xff", "x", "\ufeff",
		strings.Repeat("A", 60) + "\n",
	}
	rapid.Check(t, func(t *rapid.T) {
		run := rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 40).Draw(t, "pieces")
		requireAnswer(t, []byte(isa+strings.Join(run, "")))
	})
}

// requireAnswer parses any bytes and checks the answer.
func requireAnswer(t require.TestingT, body []byte) {
	limits := Limits{FileBytes: 1 << 16, SegmentBytes: 4096, SegmentsPerTransaction: 500, ElementsPerSegment: 50, Interchanges: 20, Groups: 50, Transactions: 100}
	file, err := Parse(body, limits)
	if err != nil {
		require.Nil(t, file)
		require.NotEmpty(t, ErrorCodeOf(err))
		require.NotEmpty(t, err.Error())
		return
	}
	requireFaithful(t, body, file)
	for i := range file.Interchanges {
		requireSameWhenWritten(t, &file.Interchanges[i])
	}
}

// requireSameWhenWritten writes the interchange from its segments and reads that.
func requireSameWhenWritten(t require.TestingT, ic *Interchange) {
	var out strings.Builder
	write := func(s Segment) {
		out.WriteString(s.String())
		out.WriteString(ic.Separators.Terminator)
	}
	write(ic.Header)
	for _, s := range ic.Service {
		write(s)
	}
	var want []string
	for _, group := range ic.Groups {
		if group.Header.ID != "" {
			write(group.Header)
		}
		for _, set := range group.Transactions {
			for _, s := range set.Segments {
				write(s)
				want = append(want, s.String())
			}
		}
	}
	again, err := Parse([]byte(out.String()), Limits{SegmentBytes: 8192})
	require.NoError(t, err)
	require.Len(t, again.Interchanges, 1)
	require.Equal(t, ic.Separators, again.Interchanges[0].Separators)
	require.Equal(t, ic.Sender, again.Interchanges[0].Sender)
	require.Len(t, again.Interchanges[0].Service, len(ic.Service))
	require.Equal(t, want, texts(again))
}

// FuzzValues: typed elements answer any text, and what they accept is bounded.
func FuzzValues(f *testing.F) {
	for _, seed := range []string{"20160726", "160726", "0800", "08001599", "5165", "-301791", "557.21", "1e999999999", "3200.00", "ET", "24"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := Date8(text); err == nil {
			require.Equal(t, text, strings.ReplaceAll(d.String(), "-", ""))
		}
		if d, err := Date6(text); err == nil {
			require.Equal(t, text, strings.ReplaceAll(d.String(), "-", "")[2:])
		}
		if c, err := Time(text); err == nil {
			require.True(t, strings.HasPrefix(strings.ReplaceAll(c.String(), ":", ""), text[:4]))
		}
		if n, err := N2(text); err == nil {
			require.LessOrEqual(t, n.NumDigits(), digitsMost)
		}
		if n, err := R(text); err == nil {
			require.LessOrEqual(t, n.NumDigits(), digitsMost)
		}
		if zone, ok := Zone(text); ok {
			require.LessOrEqual(t, len(zone.Code), 2)
		}
	})
}

// Given inputs made to cost more than they weigh, when they are read, then time
// and memory stay in proportion to their bytes: a quadratic reader would take
// minutes here, not seconds.
func TestHostileShapesStayLinear(t *testing.T) {
	const size = 2 << 20
	isa := plain[:strings.Index(plain, "\n")]
	lines := strings.Replace(isa, ":~", ":\n", 1)
	head := isa + "GS*QM*A*B*20260726*1303*7*X*004010~ST*214*0001~"
	shapes := map[string]string{
		"terminators":             isa + fill("~", size),
		"blank lines":             isa + fill("\n", size),
		"blanks then text":        fill(" ", size) + plain,
		"Ctrl-Z lines":            lines + fill("\x1a\n", size) + "X" + fill(" ", size),
		"one endless segment":     isa + fill("A", size),
		"shortest segments":       head + fill("A*~", size),
		"shortest sets":           head + fill("ST*1*1~", size),
		"shortest groups":         isa + fill("GS~", size),
		"shortest interchanges":   fill(plain[:104]+":~", size),
		"service segments":        isa + fill("TA1~", size),
		"misplaced segments":      isa + fill("ZZ~", size),
		"segments full of breaks": head + fill("N1*"+fill("\n", 60_000)+"~", size),
		"breaks without elements": head + fill(fill("\nA", 60_000)+"~", size),
		"control characters":      head + fill("N1*"+fill("\x01", 60_000)+"~", size),
		"segments full of marks":  head + fill("N1"+fill("*", 190)+"~", size),
		"carriage returns":        lines + fill("\r", size) + "\n",
		"letters ISA":             fill("ISA", size),
		"broken interchanges":     fill("ISA*", size),
		"bytes beyond ASCII":      head + fill("N1*"+fill("\xff", 60_000)+"~", size),
	}
	for name, text := range shapes {
		t.Run(name, func(t *testing.T) {
			body := []byte(text)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := Parse(body, Limits{})
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if err != nil {
				require.NotEmpty(t, ErrorCodeOf(err))
			}
			allocated := after.TotalAlloc - before.TotalAlloc
			t.Logf("%v, %d MiB allocated for %d MiB, refusal %v", took, allocated>>20, len(body)>>20, ErrorCodeOf(err))
			require.Less(t, took, 10*time.Second)
			require.Less(t, allocated, uint64(200<<20))
		})
	}
}

// fill repeats text up to about size bytes.
func fill(text string, size int) string { return strings.Repeat(text, size/len(text)) }

// BenchmarkParse reads five thousand status messages of sixteen segments.
func BenchmarkParse(b *testing.B) {
	builder, err := NewInterchange(options())
	require.NoError(b, err)
	require.NoError(b, builder.Group(GroupOptions{FunctionalID: "QM", Control: 7}))
	for n := range 5_000 {
		require.NoError(b, builder.Transaction("214", fmt.Sprintf("%09d", n+1),
			[]string{"B10", "1751807", "75027674", "SCAC"},
			[]string{"N1", "SH", "NORTH PAPER (USA) INC"}, []string{"N3", "12 DUMP ROAD"}, []string{"N4", "RUMFORD", "ME", "04276"},
			[]string{"N1", "CN", "SOUTH FIBER, INC"}, []string{"N3", "161 MILL ROAD"}, []string{"N4", "BRATTLEBORO", "VT", "05301"},
			[]string{"N1", "BT", "NORTH PAPER"}, []string{"N3", "1 DUMP ROAD"}, []string{"N4", "RUMFORD", "ME", "04276"},
			[]string{"LX", "1"}, []string{"AT7", "D1", "NS", "", "", "20160726", "1230", "LT"},
			[]string{"MS1", "BRATTLEBORO", "VT"}, []string{"MS2", "SCAC", "30402"}))
	}
	body, err := builder.Bytes()
	require.NoError(b, err)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(body, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseAndReadElements is parsing plus one visit of every element.
func BenchmarkParseAndReadElements(b *testing.B) {
	samples := readSamples(b)
	body := samples["210/jftech-omniparser_ups_210.txt"]
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		file, err := Parse(body, Limits{})
		if err != nil {
			b.Fatal(err)
		}
		total := 0
		for _, set := range file.Transactions() {
			for _, s := range set.Segments {
				for n := 1; n <= s.Len(); n++ {
					total += len(s.Element(n))
				}
			}
		}
		if total == 0 {
			b.Fatal("no element was read")
		}
	}
}
