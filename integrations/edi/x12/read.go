package x12

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

const byteOrderMark = "\ufeff"

// Read reads one file of interchanges to its end. It never holds more than
// limits.FileBytes and one byte of it. An error is an [*Error] when the file is
// refused, and wraps the reader's error when reading breaks.
func Read(r io.Reader, limits Limits) (*File, error) {
	limits = limits.orDefaults()
	var text strings.Builder
	n, err := io.Copy(&text, io.LimitReader(r, limits.FileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read X12 file after %d bytes: %w", n, err)
	}
	if n > limits.FileBytes {
		return nil, fileTooLong(limits)
	}
	return parse(text.String(), limits)
}

// Parse reads one file of interchanges held in memory; it keeps a copy of b.
// An error is always an [*Error].
func Parse(b []byte, limits Limits) (*File, error) {
	limits = limits.orDefaults()
	if int64(len(b)) > limits.FileBytes {
		return nil, fileTooLong(limits)
	}
	return parse(string(b), limits)
}

// ErrorCodeOf is the code of the [*Error] in err's chain, "" when there is none.
func ErrorCodeOf(err error) ErrorCode {
	if refused, ok := errors.AsType[*Error](err); ok {
		return refused.Code
	}
	return ""
}

func fileTooLong(limits Limits) *Error {
	return &Error{Code: CodeLimit, Line: 1, Offset: limits.FileBytes,
		Reason: fmt.Sprintf("the file is longer than %d bytes", limits.FileBytes),
		Remedy: "ask the sender to split it, or raise the limit for this partner"}
}

func parse(text string, limits Limits) (*File, error) {
	base := 0
	p := &parser{file: &File{Bytes: int64(len(text))}, limits: limits}
	if strings.HasPrefix(text, byteOrderMark) {
		base = len(byteOrderMark)
		p.file.Notices = append(p.file.Notices, Notice{Code: NoticeBOM, Severity: Info, Line: 1, Count: 1,
			Text: "a UTF-8 byte-order mark precedes the first ISA"})
	}
	p.scan = newScanner(text[base:], base, limits)
	p.scan.layout = p.layout
	if err := recognise(p.scan); err != nil {
		return nil, err
	}
	if err := p.run(); err != nil {
		return nil, err
	}
	return p.file, nil
}

// recognise refuses what does not open with an ISA, naming what it is when it can.
func recognise(s *scanner) *Error {
	at := 0
	for at < len(s.text) && isBlank(s.text[at]) {
		at++
	}
	refuse := func(code ErrorCode, reason, remedy string) *Error {
		return &Error{Code: code, Line: s.lineOf(at), Offset: s.offset(at), Reason: reason, Remedy: remedy}
	}
	rest := s.text[at:]
	switch {
	case rest == "":
		return refuse(CodeEmpty, "the file holds no segments", "ask the sender to send it again")
	case strings.HasPrefix(rest, "ISA") && (len(rest) == 3 || !isAlphanumeric(rest[3])):
		return nil
	case strings.HasPrefix(rest, "UNA") || strings.HasPrefix(rest, "UNB"):
		return refuse(CodeEDIFACT, "this is EDIFACT (UNA/UNB); X12 expected", "send it to the EDIFACT reader")
	case looksBinary(rest[:min(len(rest), 256)]):
		return refuse(CodeBinary, "the file is binary, compressed or UTF-16; X12 text expected", "unpack it, or save it as ASCII or UTF-8")
	default:
		return refuse(CodeNotX12, fmt.Sprintf("the file begins with %q; X12 begins with ISA", shorten(rest, 12)),
			"check that the right file was sent and that it is complete")
	}
}

// looksBinary judges the beginning of a file by its control characters.
func looksBinary(head string) bool {
	if strings.HasPrefix(head, "\xff\xfe") || strings.HasPrefix(head, "\xfe\xff") {
		return true
	}
	strange := 0
	for i, r := range head {
		if r == 0 {
			return true
		}
		cutRune := r == utf8.RuneError && i+utf8.UTFMax > len(head) // a character cut by the sample's end
		if (unicode.IsControl(r) && !unicode.IsSpace(r)) || (r == utf8.RuneError && !cutRune) {
			strange++
		}
	}
	return strange*8 > len(head)
}
