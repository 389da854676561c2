package x12

import "fmt"

// Severity tells how far a notice touches the content. It advises; the caller
// decides, by code, by severity or by partner.
type Severity int

// Severities in rising order.
const (
	// Info: the layout was unusual, the content is certain.
	Info Severity = iota + 1
	// Warning: the file contradicts itself or the standard, but every segment
	// was read as it stands.
	Warning
	// Doubt: something may be lost, cut short or read in the wrong place. A set
	// with a doubt should not be posted unseen.
	Doubt
)

// String is the severity's name in lower case.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warning:
		return "warning"
	case Doubt:
		return "doubt"
	}
	return fmt.Sprintf("severity %d", int(s))
}

// NoticeCode names something tolerated. Codes are permanent.
type NoticeCode string

// Layout: noted once on each interchange (or file), with a count.
const (
	NoticeBOM            NoticeCode = "bom"             // Info: UTF-8 byte-order mark before the first ISA
	NoticeBlankLines     NoticeCode = "blank-lines"     // Info: empty lines before or between segments
	NoticeIndented       NoticeCode = "indented"        // Info: blanks before a segment
	NoticeTrailingBlanks NoticeCode = "trailing-blanks" // Info: blanks between a terminator and the end of its line
	NoticeWrapped        NoticeCode = "wrapped"         // Info: hard-wrapped at one column; the breaks were removed
	NoticeEndMark        NoticeCode = "end-mark"        // Info: Ctrl-Z or NUL padding after the last segment
	NoticeCollapsedISA   NoticeCode = "collapsed-isa"   // Info: ISA elements not padded to their fixed widths
	NoticeOverlongISA    NoticeCode = "overlong-isa"    // Warning: an ISA element longer than X12 allows
	NoticeVersion        NoticeCode = "isa-version"     // Warning: ISA12 is not five digits, so no repetition separator is used
	NoticeNoRepetition   NoticeCode = "no-repetition"   // Info: ISA12 is 00402 or later but ISA11 is a letter, digit or blank
	NoticeUnterminated   NoticeCode = "unterminated"    // Info on a complete IEA, Doubt elsewhere: the file ends without a terminator
	NoticeEmptySegment   NoticeCode = "empty-segment"   // Info: a terminator with nothing before it
	NoticeMore           NoticeCode = "more"            // worst severity dropped: the list was full, Count were left out
)

// Content: noted on the innermost envelope open at that place.
const (
	NoticeLineBreak         NoticeCode = "line-break"         // Warning: a line break inside a segment, removed
	NoticeMissingTerminator NoticeCode = "missing-terminator" // Doubt: a line break followed by what looks like another segment
	NoticeEncoding          NoticeCode = "encoding"           // Warning: bytes that are not UTF-8, kept as they are
	NoticeControlCharacter  NoticeCode = "control-character"  // Warning: a control character inside an element, kept
	NoticeSegmentID         NoticeCode = "segment-id"         // Doubt: a segment ID that is not two or three of A–Z, 0–9
	NoticeMisplaced         NoticeCode = "misplaced-segment"  // Doubt: a segment where its envelope has no place for it; left out
)

// Envelope: counts, control numbers and trailers.
const (
	NoticeSegmentCount         NoticeCode = "segment-count"          // Warning, 718 code 4: SE01 is not the number of segments
	NoticeTransactionControl   NoticeCode = "transaction-control"    // Warning, 718 code 3: SE02 is not ST02
	NoticeTransactionID        NoticeCode = "transaction-id"         // Doubt, 718 code 6: ST01 is not three characters
	NoticeNoTransactionControl NoticeCode = "no-transaction-control" // Warning, 718 code 7: ST02 is absent
	NoticeDuplicateTransaction NoticeCode = "duplicate-transaction"  // Warning, 718 code 23: ST02 used before in the group
	NoticeMissingSE            NoticeCode = "missing-se"             // Doubt, 718 code 2: the set ends without SE
	NoticeGroupCount           NoticeCode = "group-count"            // Warning, 716 code 5: GE01 is not the number of sets
	NoticeGroupControl         NoticeCode = "group-control"          // Warning, 716 code 4: GE02 is not GS06
	NoticeDuplicateGroup       NoticeCode = "duplicate-group"        // Warning, 716 code 19: GS06 used before in the interchange
	NoticeMissingGE            NoticeCode = "missing-ge"             // Doubt, 716 code 3: the group ends without GE
	NoticeMissingGS            NoticeCode = "missing-gs"             // Doubt: a set outside any group; a group without header holds it
	NoticeInterchangeCount     NoticeCode = "interchange-count"      // Warning: IEA01 is not the number of groups
	NoticeInterchangeControl   NoticeCode = "interchange-control"    // Warning: IEA02 is not ISA13
	NoticeMissingIEA           NoticeCode = "missing-iea"            // Doubt: the interchange ends without IEA
)

// TransactionError is the code of X12 element 718 (AK502…) that reports the
// notice in a functional acknowledgement; ok is false when the list has none.
func (c NoticeCode) TransactionError() (code string, ok bool) {
	switch c {
	case NoticeMissingSE:
		return "2", true
	case NoticeTransactionControl:
		return "3", true
	case NoticeSegmentCount:
		return "4", true
	case NoticeTransactionID:
		return "6", true
	case NoticeNoTransactionControl:
		return "7", true
	case NoticeDuplicateTransaction:
		return "23", true
	case NoticeSegmentID, NoticeMissingTerminator:
		return "5", true
	}
	return "", false
}

// GroupError is the code of X12 element 716 (AK905…) that reports the notice in
// a functional acknowledgement; ok is false when the list has none.
func (c NoticeCode) GroupError() (code string, ok bool) {
	switch c {
	case NoticeMissingGE:
		return "3", true
	case NoticeGroupControl:
		return "4", true
	case NoticeGroupCount:
		return "5", true
	case NoticeDuplicateGroup:
		return "19", true
	}
	return "", false
}

// Notice is one thing the reader forgave.
type Notice struct {
	Code     NoticeCode
	Severity Severity
	Segment  string // segment ID, "" when no segment is meant
	Index    int    // 1-based position in the transaction set, 0 in the envelope
	Element  int    // 1-based element, 0 when the whole segment is meant
	Line     int    // 1-based line of the file, of the first occurrence
	Offset   int64  // byte offset in the file, of the first occurrence
	Count    int    // occurrences folded into this notice, at least 1
	Text     string // one sentence for the operator
}

// String names the code, the place and the sentence.
func (n Notice) String() string {
	where := n.Segment
	if where != "" && n.Element > 0 {
		where += fmt.Sprintf("%02d", n.Element)
	}
	if where != "" {
		where += " "
	}
	return fmt.Sprintf("%s %s: %sat line %d, byte %d: %s", n.Severity, n.Code, where, n.Line, n.Offset, n.Text)
}

// noticesKept bounds one list, so that a hostile file cannot turn three bytes
// into a notice each.
const noticesKept = 100

func addNotice(list []Notice, n Notice) []Notice {
	n.Count = max(n.Count, 1)
	if len(list) < noticesKept {
		return append(list, n)
	}
	if len(list) == noticesKept {
		n.Code, n.Segment, n.Index, n.Element = NoticeMore, "", 0, 0
		n.Text = "further notices were counted, not kept"
		return append(list, n)
	}
	last := &list[noticesKept]
	last.Count += n.Count
	last.Severity = max(last.Severity, n.Severity)
	return list
}

// foldNotice adds n, or counts it on the notice of the same code.
func foldNotice(list []Notice, n Notice) []Notice {
	for i := range list {
		if list[i].Code == n.Code {
			list[i].Count += max(n.Count, 1)
			list[i].Severity = max(list[i].Severity, n.Severity)
			return list
		}
	}
	return addNotice(list, n)
}

// Worst is the highest severity of the notices, 0 when there are none.
func Worst(notices []Notice) Severity {
	var worst Severity
	for _, n := range notices {
		worst = max(worst, n.Severity)
	}
	return worst
}
