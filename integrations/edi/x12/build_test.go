package x12

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 7, 26, 13, 3, 0, 0, time.UTC)

func options() Options {
	return Options{SenderQualifier: "02", Sender: "SCAC", Receiver: "SHIPPER", At: noon, Control: 7}
}

func TestBuilderWritesACorrectInterchange(t *testing.T) {
	b, err := NewInterchange(options())
	require.NoError(t, err)
	require.NoError(t, b.Group(GroupOptions{FunctionalID: "QM", Control: 7}))
	require.NoError(t, b.Transaction("214", "0001",
		[]string{"B10", "PRO1", "LOAD1", "SCAC"},
		[]string{"AT7", "D1", "NS", "", "", "20260726", "1230", "LT", "", ""}))
	out, err := b.Bytes()
	require.NoError(t, err)
	require.Equal(t, plain, string(out))
	require.Len(t, strings.SplitAfter(string(out), "~")[0], 106, "an ISA is 106 bytes")
	again, err := b.Bytes()
	require.NoError(t, err)
	require.Equal(t, out, again)
}

func TestBuilderRefuses(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"no sender":                     func(o *Options) { o.Sender = "" },
		"a sender too long":             func(o *Options) { o.Sender = "SIXTEEN-LETTERS-" },
		"a sender with a separator":     func(o *Options) { o.Sender = "SC*AC" },
		"a sender beyond ASCII":         func(o *Options) { o.Sender = "MÜNCHEN" },
		"a receiver with leading blank": func(o *Options) { o.Receiver = " SHIP" },
		"a qualifier of one letter":     func(o *Options) { o.ReceiverQualifier = "Z" },
		"a version that is no number":   func(o *Options) { o.Version = "4010A" },
		"a negative control number":     func(o *Options) { o.Control = -1 },
		"a control number too long":     func(o *Options) { o.Control = 1_000_000_000 },
		"a usage unknown":               func(o *Options) { o.Usage = "X" },
		"separators that clash":         func(o *Options) { o.Separators = Separators{Element: '*', Component: '*', Terminator: "~"} },
		"a letter as separator":         func(o *Options) { o.Separators = Separators{Element: 'A', Component: ':', Terminator: "~"} },
		"a terminator of two letters":   func(o *Options) { o.Separators = Separators{Element: '*', Component: ':', Terminator: "~~"} },
		"a terminator of two symbols":   func(o *Options) { o.Separators = Separators{Element: '*', Component: ':', Terminator: "……"} },
		"no repetition in 00501":        func(o *Options) { o.Version = "00501" },
		"repetition in 00401": func(o *Options) {
			o.Separators = Separators{Element: '*', Component: ':', Repetition: '^', Terminator: "~"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			change(&o)
			b, err := NewInterchange(o)
			require.ErrorContains(t, err, "write ISA")
			require.Nil(t, b)
		})
	}
	b, err := NewInterchange(options())
	require.NoError(t, err)
	_, err = b.Bytes()
	require.ErrorContains(t, err, "it has no group")
	require.ErrorContains(t, b.Transaction("214", "0001", []string{"B10", "X"}), "call Group first")
	for name, g := range map[string]GroupOptions{
		"GS01": {FunctionalID: "QMX", Control: 1},
		"GS02": {FunctionalID: "QM", Sender: "A*B", Control: 1},
		"GS06": {FunctionalID: "QM"},
		"GS08": {FunctionalID: "QM", Control: 1, Version: "004010VICS-TOO-LONG"},
	} {
		require.ErrorContains(t, b.Group(g), name)
	}
	require.NoError(t, b.Group(GroupOptions{FunctionalID: "QM", Control: 1}))
	require.ErrorContains(t, b.Group(GroupOptions{FunctionalID: "QM", Control: 1}), "used before")
	_, err = b.Bytes()
	require.ErrorContains(t, err, "it has no transaction set")

	for name, segment := range map[string][]string{
		"no elements at all":   {},
		"no element":           {"B10"},
		"only empty elements":  {"B10", "", ""},
		"a lower-case ID":      {"b10", "X"},
		"an envelope segment":  {"SE", "2", "0001"},
		"an element separator": {"B10", "A*B"},
		"a component":          {"B10", "A:B"},
		"a terminator":         {"B10", "A~B"},
		"a line end":           {"B10", "A\nB"},
		"a control character":  {"B10", "A\x00B"},
		"bytes of no text":     {"B10", "A\xff"},
		"trailing blanks":      {"B10", "A "},
	} {
		require.Error(t, b.Transaction("214", "0001", []string{"K1", "fine"}, segment), name)
	}
	require.ErrorContains(t, b.Transaction("214", "0001", []string{"K1", "fine"}, []string{"B10", "", "A*B"}),
		`write set 0001, segment 3: B1002: value "A*B" holds the separator '*'`)
	require.Error(t, b.Transaction("21", "0001"))
	require.Error(t, b.Transaction("214", "1"))
	require.NoError(t, b.Transaction("214", "0001", []string{"B10", "X"}), "refused calls leave the builder as it was")
	require.ErrorContains(t, b.Transaction("214", "0001", []string{"B10", "X"}), "used before")
	out, err := b.Bytes()
	require.NoError(t, err)
	file, err := Parse(out, Limits{})
	require.NoError(t, err)
	require.Empty(t, file.AllNotices())
	require.Len(t, file.Interchanges[0].Groups[0].Transactions, 1)
}

// Given any interchange that can be written, when it is read back, then every
// envelope and element is the same and nothing had to be forgiven.
func TestWrittenInterchangesReadBackEqual(t *testing.T) {
	marks := []byte("*|+^:><!#%&;\\\x1c\x1d\x1f")
	rapid.Check(t, func(t *rapid.T) {
		chosen := rapid.Permutation(marks).Draw(t, "marks")
		o := options()
		o.Control = rapid.IntRange(0, 999_999_999).Draw(t, "control")
		o.OneLine = rapid.Bool().Draw(t, "one line")
		o.Usage = rapid.SampledFrom([]string{"P", "T", "I"}).Draw(t, "usage")
		o.Separators = Separators{Element: chosen[0], Component: chosen[1],
			Terminator: rapid.SampledFrom([]string{"~", ".", "-", "\n", "\r", "\r\n", "…", string(rune(chosen[3]))}).Draw(t, "terminator")}
		if rapid.Bool().Draw(t, "repetition") {
			o.Version, o.Separators.Repetition = "00501", chosen[2]
		}
		value := rapid.StringMatching(`[A-Za-z0-9 ÄÖé,/']{0,12}`)
		clean := rapid.Custom(func(t *rapid.T) string {
			return strings.TrimRight(value.Draw(t, "value"), " ")
		})
		b, err := NewInterchange(o)
		require.NoError(t, err)
		var want [][][]string // by set: segments and elements
		groups := rapid.IntRange(1, 3).Draw(t, "groups")
		for g := 1; g <= groups; g++ {
			require.NoError(t, b.Group(GroupOptions{FunctionalID: "SM", Control: g}))
			for s := range rapid.IntRange(1, 4).Draw(t, "sets") {
				var segments [][]string
				for range rapid.IntRange(0, 5).Draw(t, "segments") {
					segment := append([]string{rapid.StringMatching(`[A-Z][A-Z0-9]{1,2}`).Filter(func(id string) bool {
						return !strings.Contains(" ISA GS ST SE GE IEA ", " "+id+" ")
					}).Draw(t, "ID")}, rapid.SliceOfN(clean, 0, 6).Draw(t, "elements")...)
					segments = append(segments, append(segment, "last"))
				}
				require.NoError(t, b.Transaction("204", fmt.Sprintf("%04d", s+1), segments...))
				want = append(want, segments)
			}
		}
		out, err := b.Bytes()
		require.NoError(t, err)
		file, err := Parse(out, Limits{})
		require.NoError(t, err)
		require.Empty(t, file.AllNotices())
		requireFaithful(t, out, file)
		require.Equal(t, o.Separators, file.Interchanges[0].Separators)
		require.Equal(t, fmt.Sprintf("%09d", o.Control), file.Interchanges[0].Control)
		require.Equal(t, o.Usage, file.Interchanges[0].Usage)
		require.Len(t, file.Interchanges[0].Groups, groups)
		var got [][][]string
		for _, set := range file.Transactions() {
			var segments [][]string
			for _, s := range set.Segments[1 : len(set.Segments)-1] {
				segment := []string{s.ID}
				for n := 1; n <= s.Len(); n++ {
					segment = append(segment, s.Element(n))
				}
				segments = append(segments, segment)
			}
			got = append(got, segments)
		}
		require.Equal(t, want, got)
	})
}
