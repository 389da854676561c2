package x12

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// plain is a small correct interchange in which the cases below break things.
const plain = "ISA*00*          *00*          *02*SCAC           *ZZ*SHIPPER        *260726*1303*U*00401*000000007*0*P*:~\n" +
	"GS*QM*SCAC*SHIPPER*20260726*1303*7*X*004010~\n" +
	"ST*214*0001~\n" +
	"B10*PRO1*LOAD1*SCAC~\n" +
	"AT7*D1*NS***20260726*1230*LT~\n" +
	"SE*4*0001~\n" +
	"GE*1*7~\n" +
	"IEA*1*000000007~\n"

// edited is plain with pairs of old and new text replaced once.
func edited(pairs ...string) string {
	text := plain
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			panic("the interchange holds no " + pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

func TestWhatIsToleratedIsNoted(t *testing.T) {
	cases := []struct {
		name    string
		text    string
		notices []string
		sets    int
	}{
		{"a correct interchange has no notice", plain, nil, 1},
		{"no line ends at all", strings.ReplaceAll(plain, "\n", ""), nil, 1},
		{"CRLF after terminators", strings.ReplaceAll(plain, "\n", "\r\n"), nil, 1},
		{"CR alone after terminators", strings.ReplaceAll(plain, "\n", "\r"), nil, 1},
		{"lines as segments", strings.ReplaceAll(plain, "~\n", "\n"), nil, 1},
		{"CRLF lines as segments", strings.ReplaceAll(plain, "~\n", "\r\n"), nil, 1},
		{"CR lines as segments", strings.ReplaceAll(plain, "~\n", "\r"), nil, 1},
		{"a Latin-1 terminator", strings.ReplaceAll(plain, "~", "\x85"), nil, 1},
		{"a control character as separator", strings.ReplaceAll(plain, "*", "\x1d"), nil, 1},
		{"byte-order mark", "\ufeff" + plain, []string{"info bom line 1"}, 1},
		{"blank lines before and between", "\n\n" + edited("ST*", "\n\nST*"), []string{"info blank-lines line 1", "info blank-lines line 4"}, 1},
		{"indentation", strings.ReplaceAll(plain, "\n", "\n  "), []string{"info indented line 2 ×7"}, 1},
		{"blanks after terminators", edited("0001~\n", "0001~  \n"), []string{"info trailing-blanks line 3"}, 1},
		{"Ctrl-Z at the end", plain + "\x1a", []string{"info end-mark line 9"}, 1},
		{"an empty segment", edited("SE*4", "~SE*4"), []string{"info empty-segment line 6"}, 1},
		{"no terminator after IEA", strings.TrimSuffix(plain, "~\n"), []string{"info unterminated IEA line 8"}, 1},
		{"collapsed ISA", edited("          ", "", "          ", "", "SCAC           ", "SCAC", "SHIPPER        ", "SHIPPER"), []string{"info collapsed-isa ISA line 1"}, 1},
		{"overlong sender", edited("SCAC           ", "SCAC-LOGISTICS-NORTH"), []string{"warning overlong-isa ISA06 line 1", "info collapsed-isa ISA line 1"}, 1},
		{"a version that is no number", edited("00401", "4010 "), []string{"warning isa-version ISA12 line 1"}, 1},
		{"no repetition separator in 00501", edited("00401", "00501"), []string{"info no-repetition ISA11 line 1"}, 1},
		{"ISA wrapped between ISA16 and terminator", edited(":~\n", ":\n~"), []string{"warning line-break ISA line 1"}, 1},
		{"a line break in a text", edited("LOAD1", "LOAD\n1"), []string{"warning line-break B10 line 4"}, 1},
		{"a terminator missing", edited("SCAC~\nAT7", "SCAC\nAT7"), []string{"doubt missing-terminator B10 line 4", "warning segment-count SE01 line 6"}, 1},
		{"bytes of Latin-1", edited("LOAD1", "M\xfcnchen"), []string{"warning encoding B10 line 4"}, 1},
		{"control characters", edited("LOAD1", "LO\x07A\x07D"), []string{"warning control-character B10 line 4 ×2"}, 1},
		{"a name that is no segment ID", edited("B10*PRO1", "b-10*PRO1"), []string{"doubt segment-id b-10 line 4"}, 1},
		{"SE01 wrong", edited("SE*4", "SE*9"), []string{"warning segment-count SE01 line 6"}, 1},
		{"SE01 no number", edited("SE*4", "SE*four"), []string{"warning segment-count SE01 line 6"}, 1},
		{"SE01 zero-padded", edited("SE*4", "SE*0000000004"), nil, 1},
		{"SE02 wrong", edited("SE*4*0001", "SE*4*1"), []string{"warning transaction-control SE02 line 6"}, 1},
		{"ST01 empty", edited("ST*214", "ST*"), []string{"doubt transaction-id ST01 line 3"}, 1},
		{"ST02 empty", edited("ST*214*0001", "ST*214", "SE*4*0001", "SE*4"), []string{"warning no-transaction-control ST02 line 3"}, 1},
		{"ST02 twice", edited("GE*1", "ST*214*0001~SE*2*0001~GE*2"), []string{"warning duplicate-transaction ST02 line 7"}, 2},
		{"no SE", edited("SE*4*0001~\n", ""), []string{"doubt missing-se AT7 line 5"}, 1},
		{"no SE before the next ST", edited("SE*4*0001~\nGE*1", "ST*214*0002~SE*2*0002~\nGE*2"), []string{"doubt missing-se AT7 line 5"}, 2},
		{"GE01 wrong", edited("GE*1", "GE*2"), []string{"warning group-count GE01 line 7"}, 1},
		{"GE02 wrong", edited("GE*1*7", "GE*1*8"), []string{"warning group-control GE02 line 7"}, 1},
		{"GE02 padded", edited("GE*1*7", "GE*1*0007"), nil, 1},
		{"GS06 twice", edited("IEA*1", "GS*QM*A*B*20260726*1303*7*X*004010~GE*0*7~IEA*2"), []string{"warning duplicate-group GS06 line 8"}, 1},
		{"no GE", edited("GE*1*7~\n", ""), []string{"doubt missing-ge GS line 2"}, 1},
		{"no GS", edited("GS*QM*SCAC*SHIPPER*20260726*1303*7*X*004010~\n", "", "IEA*1", "IEA*0"), []string{"doubt missing-gs ST line 2"}, 1},
		{"a second GE", edited("GE*1*7~\n", "GE*1*7~\nGE*1*7~\n"), []string{"doubt misplaced-segment GE line 8"}, 1},
		{"IEA01 wrong", edited("IEA*1", "IEA*2"), []string{"warning interchange-count IEA01 line 8"}, 1},
		{"IEA02 wrong", edited("IEA*1*000000007", "IEA*1*000000008"), []string{"warning interchange-control IEA02 line 8"}, 1},
		{"no IEA", edited("IEA*1*000000007~\n", ""), []string{"doubt missing-iea ISA line 1"}, 1},
		{"no IEA before the next ISA", edited("IEA*1*000000007~\n", "") + plain, []string{"doubt missing-iea ISA line 1"}, 2},
		{"a segment before the first ST", edited("ST*214", "B10*X~ST*214"), []string{"doubt misplaced-segment B10 line 3"}, 1},
		{"a segment between groups", edited("IEA*1", "B10*X~IEA*1"), []string{"doubt misplaced-segment B10 line 8"}, 1},
		{"text after the last interchange", plain + "end of file", []string{"doubt unterminated end of file line 9", "doubt misplaced-segment end of file line 9"}, 1},
		{"interchange service segments", edited("GS*", "TA1*000000006*260726*1303*A*000~GS*"), nil, 1},
		{"two interchanges with different separators", plain + strings.NewReplacer("*", "|", "~", "'").Replace(plain), nil, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			file, err := Parse([]byte(c.text), Limits{})
			require.NoError(t, err)
			require.Equal(t, c.notices, describeNotices(file.AllNotices()))
			sets := 0
			for range file.Transactions() {
				sets++
			}
			require.Equal(t, c.sets, sets)
			requireFaithful(t, []byte(c.text), file)
		})
	}
}

func TestWhatCannotBeReadIsRefusedWithItsPlace(t *testing.T) {
	size := int64(len(plain))
	find := func(text string) int64 { return int64(strings.Index(plain, text)) }
	cases := []struct {
		name    string
		text    string
		code    ErrorCode
		segment string
		element int
		line    int
		offset  int64
	}{
		{"nothing", "", CodeEmpty, "", 0, 1, 0},
		{"blanks only", " \r\n \n", CodeEmpty, "", 0, 3, 5},
		{"a byte-order mark only", "\ufeff", CodeEmpty, "", 0, 1, 3},
		{"EDIFACT with UNA", "UNA:+.? 'UNB+UNOA:2'", CodeEDIFACT, "", 0, 1, 0},
		{"EDIFACT with UNB after blank lines", "\n\nUNB+UNOA:2'", CodeEDIFACT, "", 0, 3, 2},
		{"JSON", `{"isa": 1}`, CodeNotX12, "", 0, 1, 0},
		{"a word that begins with ISA", "ISABEL*00", CodeNotX12, "", 0, 1, 0},
		{"a group without interchange", "GS*QM*A*B~", CodeNotX12, "", 0, 1, 0},
		{"UTF-16", "\xff\xfeI\x00S\x00A\x00", CodeBinary, "", 0, 1, 0},
		{"a zip archive", "PK\x03\x04\x14\x00\x00\x00", CodeBinary, "", 0, 1, 0},
		{"a gzip archive", "\x1f\x8b\x08\x08\x9a\x01\xff\x03", CodeBinary, "", 0, 1, 0},
		{"only the letters ISA", "ISA", CodeTruncatedISA, "ISA", 0, 1, 3},
		{"an ISA cut inside", plain[:60], CodeTruncatedISA, "ISA", 8, 1, 60},
		{"an ISA cut before ISA16", plain[:104], CodeTruncatedISA, "ISA", 16, 1, 104},
		{"an ISA cut before its terminator", plain[:105], CodeTruncatedISA, "ISA", 16, 1, 105},
		{"a letter as element separator", strings.ReplaceAll(plain, "*", " "), CodeSeparators, "ISA", 1, 1, 3},
		{"a letter as component separator", edited("*P*:", "*P*C"), CodeSeparators, "ISA", 16, 1, 104},
		{"component and element separator the same", edited("*P*:", "*P**"), CodeSeparators, "ISA", 16, 1, 104},
		{"terminator and component separator the same", edited("*P*:~", "*P*::"), CodeSeparators, "ISA", 16, 1, 104},
		{"a digit as terminator", edited("*P*:~", "*P*:9"), CodeSeparators, "ISA", 0, 1, 104},
		{"repetition and component separator the same", edited("*U*00401", "*:*00501"), CodeSeparators, "ISA", 16, 1, 104},
		{"an element of the ISA missing", edited("*U*00401*", "*00401*"), CodeMalformedISA, "ISA", 11, 1, 0},
		{"NUL in the ISA", edited("SCAC ", "SCAC\x00"), CodeBinary, "ISA", 0, 1, 39},
		{"NUL in a segment", edited("LOAD1", "LO\x00D1"), CodeBinary, "B10", 0, 4, find("LOAD1") + 2},
		{"SE without ST", edited("ST*214*0001~\n", ""), CodeNoST, "SE", 0, 5, find("SE*4") - int64(len("ST*214*0001~\n"))},
		{"a group after IEA", plain + "GS*QM*A*B~", CodeOutside, "GS", 0, 9, size},
		{"a second IEA", plain + "IEA*1*000000007~", CodeOutside, "IEA", 0, 9, size},
		{"a second ISA cut", plain + plain[:40], CodeTruncatedISA, "ISA", 6, 9, size + 40},
		{"a terminator parted by a line break", strings.Replace(strings.ReplaceAll(plain, "~", "…"), "SCAC…\nAT7", "SCAC\xe2\n\x80\xa6AT7", 1), CodeSeparators, "B10", 0, 4, find("B10") + 3*int64(len("…")-1)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			file, err := Parse([]byte(c.text), Limits{})
			require.Nil(t, file)
			var refused *Error
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.code, refused.Code, refused.Error())
			require.Equal(t, []any{c.segment, c.element, c.line, c.offset},
				[]any{refused.Segment, refused.Element, refused.Line, refused.Offset}, refused.Error())
			require.NotEmpty(t, refused.Reason)
			require.NotEmpty(t, refused.Remedy)
			require.Contains(t, refused.Error(), refused.Reason)
			require.Contains(t, refused.Error(), c.segment)
		})
	}
}

func TestErrorNamesSegmentPositionReasonAndRemedy(t *testing.T) {
	_, err := Parse([]byte(edited("LOAD1", "LO\x00D1")), Limits{})
	require.EqualError(t, err, "x12: segment B10 (number 2 of its set) at line 4, byte 176: "+
		"a NUL byte inside a segment: the file is binary or damaged; ask the sender for a text file")
	_, err = Parse([]byte("UNB+UNOA:2'"), Limits{})
	require.ErrorContains(t, err, "this is EDIFACT (UNA/UNB); X12 expected")
}

func TestEveryLimitRefuses(t *testing.T) {
	two := plain + plain
	cases := []struct {
		name   string
		text   string
		limits Limits
		reason string
	}{
		{"file", plain, Limits{FileBytes: int64(len(plain)) - 1}, "the file is longer than 251 bytes"},
		{"segment", plain, Limits{SegmentBytes: 20}, "within 20 bytes"},
		{"segment at the end", edited("IEA*1*000000007~\n", "IEA*1*000000007"+strings.Repeat("0", 60)), Limits{SegmentBytes: 50}, "within 50 bytes"},
		{"segments of a set", plain, Limits{SegmentsPerTransaction: 3}, "more than 3 segments in one transaction set"},
		{"elements", plain, Limits{ElementsPerSegment: 6}, "more than 6 elements"},
		{"interchanges", two, Limits{Interchanges: 1}, "more than 1 interchanges"},
		{"groups", two, Limits{Groups: 1}, "more than 1 groups"},
		{"sets", two, Limits{Transactions: 1}, "more than 1 transaction sets"},
		{"segments", plain, Limits{Segments: 7}, "more than 7 segments in the file"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, parse := range []func() (*File, error){
				func() (*File, error) { return Parse([]byte(c.text), c.limits) },
				func() (*File, error) { return Read(strings.NewReader(c.text), c.limits) },
			} {
				_, err := parse()
				require.Equal(t, CodeLimit, ErrorCodeOf(err))
				require.ErrorContains(t, err, c.reason)
			}
		})
	}
	t.Run("exactly at the limits", func(t *testing.T) {
		_, err := Parse([]byte(two), Limits{FileBytes: int64(len(two)), SegmentBytes: 44, SegmentsPerTransaction: 4,
			ElementsPerSegment: 8, Interchanges: 2, Groups: 2, Transactions: 2, Segments: 16})
		require.NoError(t, err)
	})
}

// Given a reader without end, when it is read, then no more than the limit and
// one byte is taken from it.
func TestReadStopsAtTheLimit(t *testing.T) {
	endless := &counting{}
	_, err := Read(endless, Limits{FileBytes: 100_000})
	require.Equal(t, CodeLimit, ErrorCodeOf(err))
	require.LessOrEqual(t, endless.bytes, 100_001)
}

type counting struct{ bytes int }

func (c *counting) Read(p []byte) (int, error) {
	c.bytes += len(p)
	return copy(p, bytes.Repeat([]byte("A"), len(p))), nil
}

func TestReadWrapsTheReadersError(t *testing.T) {
	broken := errors.New("connection reset")
	_, err := Read(io.MultiReader(strings.NewReader(plain), iotest.ErrReader(broken)), Limits{})
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "after 252 bytes")
	require.Empty(t, ErrorCodeOf(err))
}

func TestReadInOneByteStepsEqualsParse(t *testing.T) {
	read, err := Read(iotest.OneByteReader(strings.NewReader(plain)), Limits{})
	require.NoError(t, err)
	parsed, err := Parse([]byte(plain), Limits{})
	require.NoError(t, err)
	require.Equal(t, parsed, read)
}

func TestParseKeepsItsOwnCopy(t *testing.T) {
	body := []byte(plain)
	file, err := Parse(body, Limits{})
	require.NoError(t, err)
	clear(body)
	require.Equal(t, "214", file.Interchanges[0].Groups[0].Transactions[0].Set)
	require.Equal(t, "B10*PRO1*LOAD1*SCAC", file.Interchanges[0].Groups[0].Transactions[0].Segments[1].String())
}

func TestInterchangeAndGroupCarryTheirElements(t *testing.T) {
	file, err := Parse([]byte(edited("*0*P*:", "*1*T*:", "GS*", "TA1*000000006*260726*1303*A*000~\nGS*")), Limits{})
	require.NoError(t, err)
	ic := file.Interchanges[0]
	require.Equal(t, []string{"02", "SCAC", "ZZ", "SHIPPER", "260726", "1303", "00401", "000000007", "T"},
		[]string{ic.SenderQualifier, ic.Sender, ic.ReceiverQualifier, ic.Receiver, ic.Date, ic.Time, ic.Version, ic.Control, ic.Usage})
	require.True(t, ic.AckRequested)
	require.Equal(t, Separators{Element: '*', Component: ':', Terminator: "~"}, ic.Separators)
	require.Equal(t, "TA1", ic.Service[0].ID)
	require.Equal(t, "A", ic.Service[0].Element(4))
	g := ic.Groups[0]
	require.Equal(t, []string{"QM", "SCAC", "SHIPPER", "20260726", "1303", "7", "X", "004010"},
		[]string{g.FunctionalID, g.Sender, g.Receiver, g.Date, g.Time, g.Control, g.Agency, g.Version})
	require.Equal(t, "GS", g.Header.ID)
}

// Given lines of exactly one width, when segments run over their ends, then the
// breaks are a wrap, and blanks at the wrap are data.
func TestHardWrapRestoresTheUnwrappedFile(t *testing.T) {
	flat := strings.ReplaceAll(edited("LOAD1", "FUEL SURCHARGE 10.50 PERCENT OF LINE HAUL"), "\n", "")
	whole, err := Parse([]byte(flat), Limits{})
	require.NoError(t, err)
	for width := wrapWidthLeast; width <= 120; width++ {
		if width == 105 {
			continue // the wrap falls between ISA16 and the terminator, a case of its own above
		}
		for _, lineEnd := range []string{"\n", "\r\n"} {
			var wrapped strings.Builder
			for rest := flat; rest != ""; {
				cut := min(width, len(rest))
				wrapped.WriteString(rest[:cut] + lineEnd)
				rest = rest[cut:]
			}
			file, err := Parse([]byte(wrapped.String()), Limits{})
			require.NoError(t, err, "width %d", width)
			require.Equal(t, describe(whole), describe(file), "width %d", width)
			require.Equal(t, texts(whole), texts(file), "width %d", width)
			require.LessOrEqual(t, Worst(file.AllNotices()), Info, "width %d: %v", width, file.AllNotices())
		}
	}
}

func texts(f *File) (all []string) {
	for _, set := range f.Transactions() {
		for _, s := range set.Segments {
			all = append(all, s.String())
		}
	}
	return all
}

// Given more misplaced segments than a list keeps, when the file is read, then
// the rest are counted.
func TestNoticesAreBoundedAndCounted(t *testing.T) {
	file, err := Parse([]byte(edited("IEA*1", strings.Repeat("ZZ*1~", 500)+"IEA*1")), Limits{})
	require.NoError(t, err)
	notices := file.Interchanges[0].Notices
	require.Len(t, notices, noticesKept+1)
	require.Equal(t, NoticeMore, notices[noticesKept].Code)
	require.Equal(t, 400, notices[noticesKept].Count)
	require.Equal(t, Doubt, notices[noticesKept].Severity)
}

func TestNoticeCodesMapToAcknowledgementCodes(t *testing.T) {
	for code, want := range map[NoticeCode]string{
		NoticeMissingSE: "2", NoticeTransactionControl: "3", NoticeSegmentCount: "4", NoticeTransactionID: "6",
		NoticeNoTransactionControl: "7", NoticeDuplicateTransaction: "23", NoticeSegmentID: "5", NoticeMissingTerminator: "5",
	} {
		got, ok := code.TransactionError()
		require.True(t, ok, code)
		require.Equal(t, want, got, code)
		_, ok = code.GroupError()
		require.False(t, ok, code)
	}
	for code, want := range map[NoticeCode]string{
		NoticeMissingGE: "3", NoticeGroupControl: "4", NoticeGroupCount: "5", NoticeDuplicateGroup: "19",
	} {
		got, ok := code.GroupError()
		require.True(t, ok, code)
		require.Equal(t, want, got, code)
	}
	_, ok := NoticeBOM.TransactionError()
	require.False(t, ok)
}

func TestNoticeReadsAsASentence(t *testing.T) {
	file, err := Parse([]byte(edited("SE*4", "SE*9")), Limits{})
	require.NoError(t, err)
	require.Equal(t, `warning segment-count: SE01 at line 6, byte 216: SE01 declares "9" segments, the set has 4`,
		file.AllNotices()[0].String())
}
