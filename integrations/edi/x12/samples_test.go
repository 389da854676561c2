package x12

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sampleFolder holds real files collected from partners and public parsers.
var sampleFolder = filepath.Join("..", "..", "..", "..", "shared", "samples")

// readSamples returns every sample by its path below the folder.
func readSamples(tb testing.TB) map[string][]byte {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join(sampleFolder, "*", "*"))
	require.NoError(tb, err)
	if len(paths) == 0 {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("no sample files below %s, and CI must have them", sampleFolder)
		}
		tb.Skipf("no sample files below %s: the real-file checks are skipped", sampleFolder)
	}
	samples := make(map[string][]byte, len(paths))
	for _, path := range paths {
		body, err := os.ReadFile(path)
		require.NoError(tb, err)
		name, err := filepath.Rel(sampleFolder, path)
		require.NoError(tb, err)
		samples[filepath.ToSlash(name)] = body
	}
	return samples
}

// want is what one sample must give: one line an interchange, a group and a set,
// then the notices, or the refusal.
type want struct {
	envelopes string
	notices   []string // severity, code, segment and element, line, and the count when above 1
	refusal   ErrorCode
	line      int
}

func TestEverySampleGivesWhatItHolds(t *testing.T) {
	samples := readSamples(t)
	simple997 := func(control string) string {
		return fmt.Sprintf("%s ReceiverID>Sender 00501 *:^~ / FA 000005 005010X230 / 997 0001 8", control)
	}
	var canadaPost []string
	for n := 1; n <= 19; n++ {
		canadaPost = append(canadaPost, fmt.Sprintf("214 %09d 13", n))
	}
	canadaPost[3] = "214 000000004 14"
	table := map[string]want{
		"204/indice-edinet_204-MGCTLYST.edi": {
			envelopes: `000018718 MGCTLYST>SCAC 00401 *:\n / SM 17878 004010 / 204 178780001 38`,
			notices:   []string{"warning segment-count SE01 line 40"},
		},
		"210/indice-edinet_210-MGCTLYST.edi": {
			envelopes: `000001838 SCAC>MGCTLYST 00401 *:~ / IM 1838 004010 / 210 18380001 31`,
			notices:   []string{"info trailing-blanks line 33"},
		},
		"210/jftech-omniparser_ups_210.txt": {
			envelopes: `000002838 UPSN>PHH 00400 *>| / IM 2767 004030 / 210 000158669 48 / 210 000158670 82 / 210 000158671 91 / 210 000158672 377 / 210 000158673 720`,
			notices:   []string{"warning segment-count SE01 line 50"},
		},
		"210/xlate-staedi_issue128_ts210_80char.edi": {
			envelopes: `000026003 DDDD>XXXXXX 00401 *>~ / IM 2619 004010 / 210 1305 31`,
			notices:   []string{"info wrapped line 1 ×9"},
		},
		"214/dominicfinn-open_tms_lit_B10-misordered.edi": {
			envelopes: `000000001 CARRIER>OPENTMS 00401 *:~ / QM 1 004010 / 214 0001 7`,
			notices:   []string{"warning segment-count SE01 line 9"},
		},
		"214/indice-edinet_214-MGCTLYST.edi": {
			envelopes: `000082265 SCAC>MGCTLYST 00403 *>~ / QM 82265 004030 / 214 822650001 16`,
			notices:   []string{"info no-repetition ISA11 line 1"},
		},
		"214/indice-edinet_x12.214.edi": {
			envelopes: `000082265 SCAC>MGCTLYST 00403 *>~ / QM 82265 004030 / 214 822650001 16`,
			notices:   []string{"info bom line 1", "info no-repetition ISA11 line 1", "warning line-break ISA line 1"},
		},
		"214/jftech-omniparser_canadapost_214.txt": {
			envelopes: `000001644 CPC>00602679321 00401 *>\n / QM 000001644 004010 / ` + strings.Join(canadaPost, " / "),
		},
		"214/xlate-staedi_issue109_ts214_ellipses_segterm.edi": {
			envelopes: `000075776 XXXX>DDDDDD 00400 *>… / QM 75776 004010 / 214 757760001 20`,
		},
		"820/dominicfinn-open_tms_lit_short-pay.edi": {
			envelopes: `000000456 BIGRETAIL>OPENTMS 00401 *>~ / RA 456 004010 / 820 0001 13`,
		},
		"820/indice-edinet_x12.820.issue140.edi": {
			envelopes: `820101047 TPTESTUS00>TESTCOMP 00501 *>:\n / RA 820101047 005010 / 820 101053 68`,
		},
		"820/moov-io-x12_stp820_sample.txt": {
			envelopes: `000000001 227777777>577777777 00401 *~\ / RA 1 004010 / 820 0001 11`,
			notices:   []string{"info collapsed-isa ISA line 1"},
		},
		"990/indice-edinet_990-MGCTLYST.edi": {
			envelopes: `000002356 SCAC>MGCTLYST 00400 *>\n / GF 267 004010 / 990 000000448 3`,
		},
		"997/transcom-mymove_lit_824.edi": {
			envelopes: `000000001 8004171844>MILMOVE 00401 *|\n / AG 1 004010 / 824 000000001 5`,
			notices:   []string{"info blank-lines line 1"},
		},
		"997/transcom-mymove_lit_824_8digit-ISA13_group-ctl-mismatch.edi": {
			envelopes: `00000995 MILMOVE>8004171844 00401 *|\n / AG 1 004010 / 824 000000001 5`,
			notices:   []string{"info blank-lines line 1", "info collapsed-isa ISA line 2"},
		},
		"997/transcom-mymove_lit_997_blank-lines.edi": {
			envelopes: `000000022 8004171844>MILMOVE 00401 *:\n / FA 220001 004010 / 997 0001 6`,
			notices:   []string{"info blank-lines line 1", "info blank-lines line 7"},
		},
		"997/xlate-staedi_empty997.edi": {
			envelopes: `000000001 ReceiverID>Sender 00401 *:~ / FA 1 005010 / 997 0001 2`,
		},
		"997/xlate-staedi_extraDelimiter997.edi": {envelopes: simple997("508121953")},
		"997/xlate-staedi_invalid997.edi":        {envelopes: simple997("508121953")},
		"997/xlate-staedi_invalid997_min.edi": {
			envelopes: `508121953 ReceiverID>Sender 00501 *:^~ / FA 000005 005010X230 / 997 0001 4`,
			notices:   []string{"warning group-control GE02 line 7"},
		},
		"997/xlate-staedi_optionalInterchangeServices.edi": {
			envelopes: `000003438 ABCDEFGHIJKLMNO>123456789012345 00401 *>~ +ISB+ISE / FA 000005 005010X230 / 997 0001 4`,
		},
		"997/xlate-staedi_simple997-multiple-interchanges.edi": {
			envelopes: simple997("000000001") + " / " + simple997("000000002") + " / " + simple997("000000003"),
		},
		"997/xlate-staedi_simple997.edi": {envelopes: simple997("508121953")},
		"envelope/hellooops_X12-interchanges.x12": {
			envelopes: `000000001 SENDER>RECEIVER 00401 *:~ / PO 1 004010 / 850 0001 3 / 864 0002 3 / PO 2 004010 / 850 0003 3`,
		},
		"envelope/hellooops_multiple_transactions.x12": {
			envelopes: `000000089 TEST>TEST 00401 *>~ / PC 13 004010 / 860 0001 4 / 860 0002 4`,
			notices:   []string{"info blank-lines line 2 ×3"},
		},
		"envelope/hellooops_EDIFACT-interchanges.edifact": {refusal: CodeEDIFACT, line: 1},
		"envelope/hellooops_bug-edifact-escape.edifact":   {refusal: CodeEDIFACT, line: 1},
		"envelope/hellooops_syntaxVersion4.edifact":       {refusal: CodeEDIFACT, line: 1},
	}
	for name := range table {
		require.Contains(t, samples, name, "the table names a sample that is not there")
	}
	for name, body := range samples {
		t.Run(name, func(t *testing.T) {
			expected, known := table[name]
			require.True(t, known, "a sample without an expectation")
			file, err := Parse(body, Limits{})
			if expected.refusal != "" {
				require.Nil(t, file)
				require.Equal(t, expected.refusal, ErrorCodeOf(err))
				require.Equal(t, expected.line, err.(*Error).Line)
				return
			}
			require.NoError(t, err)
			require.Equal(t, expected.envelopes, describe(file))
			require.Equal(t, expected.notices, describeNotices(file.AllNotices()))
			requireFaithful(t, body, file)
		})
	}
}

// describe writes a file's envelopes on one line.
func describe(f *File) string {
	var parts []string
	for _, ic := range f.Interchanges {
		separators := string(ic.Separators.Element) + string(ic.Separators.Component)
		if ic.Separators.Repetition != 0 {
			separators += string(ic.Separators.Repetition)
		}
		separators += strings.ReplaceAll(strings.ReplaceAll(ic.Separators.Terminator, "\r", `\r`), "\n", `\n`)
		line := fmt.Sprintf("%s %s>%s %s %s", ic.Control, ic.Sender, ic.Receiver, ic.Version, separators)
		for i, s := range ic.Service {
			line += map[bool]string{true: " ", false: ""}[i == 0] + "+" + s.ID
		}
		parts = append(parts, line)
		for _, g := range ic.Groups {
			parts = append(parts, fmt.Sprintf("%s %s %s", g.FunctionalID, g.Control, g.Version))
			for _, set := range g.Transactions {
				parts = append(parts, fmt.Sprintf("%s %s %d", set.Set, set.Control, len(set.Segments)))
			}
		}
	}
	return strings.Join(parts, " / ")
}

func describeNotices(notices []Notice) []string {
	var lines []string
	for _, n := range notices {
		line := fmt.Sprintf("%s %s", n.Severity, n.Code)
		if n.Segment != "" {
			line += " " + n.Segment
		}
		if n.Element > 0 {
			line += fmt.Sprintf("%02d", n.Element)
		}
		line += fmt.Sprintf(" line %d", n.Line)
		if n.Count > 1 {
			line += fmt.Sprintf(" ×%d", n.Count)
		}
		lines = append(lines, line)
	}
	return lines
}

// requireFaithful checks what holds for every accepted file: positions point
// into the file, numbering is dense, and the raw bytes are the file's.
func requireFaithful(tb require.TestingT, body []byte, f *File) {
	require.Equal(tb, int64(len(body)), f.Bytes)
	require.NotEmpty(tb, f.Interchanges)
	previous := int64(0)
	for envelope, set := range f.Transactions() {
		require.GreaterOrEqual(tb, set.Start, previous, "sets stand in file order and do not overlap")
		require.LessOrEqual(tb, envelope.Interchange.Start, set.Start)
		require.LessOrEqual(tb, set.End, envelope.Group.End)
		require.LessOrEqual(tb, envelope.Group.End, envelope.Interchange.End)
		require.Equal(tb, string(body[set.Start:set.End]), set.Raw)
		previous = set.End
		require.Equal(tb, "ST", set.Segments[0].ID)
		for i, s := range set.Segments {
			require.Equal(tb, i+1, s.Index)
			require.True(tb, strings.HasPrefix(string(body[s.Offset:]), s.ID[:min(1, len(s.ID))]), "segment %s at byte %d", s, s.Offset)
			elements := []string{strings.SplitN(s.String(), string(envelope.Interchange.Separators.Element), 2)[0]}
			for n := 1; n <= s.Len(); n++ {
				elements = append(elements, s.Raw(n))
			}
			require.Equal(tb, s.String(), strings.Join(elements, string(envelope.Interchange.Separators.Element)))
		}
	}
	for _, n := range f.AllNotices() {
		require.NotEmpty(tb, n.Code)
		require.NotEmpty(tb, n.Text)
		require.Positive(tb, n.Severity)
		require.Positive(tb, n.Line)
		require.Positive(tb, n.Count)
		require.LessOrEqual(tb, n.Offset, f.Bytes)
	}
}

func TestLineNumbersAndOffsetsPointIntoTheFile(t *testing.T) {
	for name, body := range readSamples(t) {
		file, err := Parse(body, Limits{})
		if err != nil {
			continue
		}
		for _, set := range file.Transactions() {
			for _, s := range set.Segments {
				require.Equal(t, 1+strings.Count(string(body[:s.Offset]), "\n"), s.Line, "%s: %s", name, s)
			}
		}
	}
}

// Given any sample cut short at any byte (of the longest, at every seventh and
// throughout its end), when it is read, then it is refused or noted; only a cut between two interchanges leaves a complete file.
func TestACutFileIsNeverSilentlyAccepted(t *testing.T) {
	for name, body := range readSamples(t) {
		t.Run(name, func(t *testing.T) {
			whole, err := Parse(body, Limits{})
			if err != nil {
				t.Skip("the sample is refused whole")
			}
			complete := map[int64]bool{}
			for _, ic := range whole.Interchanges {
				complete[ic.End] = true
			}
			before := summary(whole.AllNotices())
			end := len(strings.TrimRight(string(body), " \r\n"))
			for cut := 0; cut < end; cut++ {
				if end > 10_000 && cut%7 != 0 && cut < end-200 {
					continue
				}
				file, err := Parse(body[:cut], Limits{})
				if err != nil {
					require.NotEmpty(t, ErrorCodeOf(err), "cut at %d", cut)
					continue
				}
				requireFaithfulCheaply(t, body[:cut], file)
				atBoundary := complete[int64(len(strings.TrimRight(string(body[:cut]), " \r\n")))] || complete[int64(cut)]
				if !atBoundary {
					after := summary(file.AllNotices())
					require.NotEqual(t, before, after, "cut at %d of %d", cut, len(body))
					require.NotEmpty(t, after, "cut at %d of %d", cut, len(body))
				}
			}
		})
	}
}

// Given any sample with one byte replaced or dropped, when it is read, then the
// reader answers without panic and its positions stay inside the file.
func TestADamagedByteIsSurvived(t *testing.T) {
	for name, body := range readSamples(t) {
		t.Run(name, func(t *testing.T) {
			step := max(1, len(body)/250)
			for at := 0; at < len(body); at += step {
				for _, put := range []string{"", "~", "*", "\n", "\x00", "Z", "\xff", "ISA*"} {
					damaged := string(body[:at]) + put + string(body[at+1:])
					file, err := Parse([]byte(damaged), Limits{})
					if err != nil {
						require.NotEmpty(t, ErrorCodeOf(err))
						continue
					}
					requireFaithfulCheaply(t, []byte(damaged), file)
				}
			}
		})
	}
}

// requireFaithfulCheaply is requireFaithful without the slow assertions.
func requireFaithfulCheaply(tb testing.TB, body []byte, f *File) {
	tb.Helper()
	for _, set := range f.Transactions() {
		if string(body[set.Start:set.End]) != set.Raw || set.Segments[0].ID != "ST" {
			tb.Fatalf("set %s does not stand at %d to %d", set.Control, set.Start, set.End)
		}
		for i, s := range set.Segments {
			if s.Index != i+1 || s.Offset < set.Start || s.Offset >= set.End {
				tb.Fatalf("segment %s, number %d, stands at %d outside its set", s, s.Index, s.Offset)
			}
		}
	}
}

func summary(notices []Notice) string { return strings.Join(describeNotices(notices), "\n") }
