package x12

import (
	"fmt"
	"strings"
)

// ErrorCode names why a file was refused. Codes are permanent.
type ErrorCode string

// The reasons to refuse a file.
const (
	CodeEmpty        ErrorCode = "empty"         // no bytes, or blanks only
	CodeEDIFACT      ErrorCode = "edifact"       // the file opens with UNA or UNB
	CodeNotX12       ErrorCode = "not-x12"       // text that does not open with ISA
	CodeBinary       ErrorCode = "binary"        // NUL bytes, UTF-16 or compressed data
	CodeTruncatedISA ErrorCode = "truncated-isa" // the file ends, or loses its shape, inside an ISA
	CodeMalformedISA ErrorCode = "malformed-isa" // an ISA element too long for the separators to be trusted
	CodeSeparators   ErrorCode = "separators"    // a separator is a letter, digit or blank, or serves twice
	CodeLimit        ErrorCode = "limit"         // a Limits bound was passed
	CodeNoST         ErrorCode = "no-st"         // SE without ST: a set whose start is unknown
	CodeOutside      ErrorCode = "outside"       // an envelope segment outside any interchange
)

// Error refuses a file: it tells what was met, where, and what to do.
type Error struct {
	Code    ErrorCode
	Segment string // segment ID, "" before the first segment
	Index   int    // 1-based position in the transaction set; 0 in the envelope
	Element int    // 1-based element, 0 when the whole segment is meant
	Line    int    // 1-based line of the file
	Offset  int64  // byte offset in the file, from 0
	Reason  string // what is wrong
	Remedy  string // what the operator can do
}

// Error names the segment, the position, the reason and the remedy in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("x12: ")
	if e.Segment != "" {
		fmt.Fprintf(&b, "segment %s", e.Segment)
		if e.Element > 0 {
			fmt.Fprintf(&b, "%02d", e.Element)
		}
		if e.Index > 0 {
			fmt.Fprintf(&b, " (number %d of its set)", e.Index)
		}
		b.WriteString(" at ")
	}
	fmt.Fprintf(&b, "line %d, byte %d: %s", e.Line, e.Offset, e.Reason)
	if e.Remedy != "" {
		b.WriteString("; ")
		b.WriteString(e.Remedy)
	}
	return b.String()
}
