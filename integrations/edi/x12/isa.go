package x12

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// isaSearch bounds the search for the sixteen separators of an ISA: 106 bytes
// when padded, a few more when broken over lines or overlong.
const isaSearch = 1024

// isaWidths are the fixed widths of ISA01 to ISA16.
var isaWidths = [17]int{0, 2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1}

// isaTolerated are the longest elements still read as an ISA: names, dates and
// control numbers do run over in practice, but an overlong flag or version means
// that an element is missing and the separators would be taken from the wrong place.
var isaTolerated = [17]int{0, 2, 40, 2, 40, 4, 40, 4, 40, 8, 8, 1, 6, 15, 1, 1, 1}

// isa is an ISA as read: its cleaned text, its elements and its separators.
type isa struct {
	text     string // without line breaks and terminator
	elements [17]string
	seps     Separators
	end      int // offset of the terminator in the file's text
	notices  []Notice
}

// readISA reads the ISA that starts at s.pos, which is known to hold "ISA".
// It splits on the element separator, because padding cannot be trusted.
func (s *scanner) readISA() (isa, *Error) {
	var got isa
	if s.pos+3 >= len(s.text) {
		return got, s.isaError(CodeTruncatedISA, 0, len(s.text), "the file ends after \"ISA\"")
	}
	got.seps.Element = s.text[s.pos+3]
	if !canSeparate(got.seps.Element) {
		return got, s.isaError(CodeSeparators, 1, s.pos+3,
			fmt.Sprintf("the element separator (the byte after ISA) is %q; letters, digits, blanks and non-ASCII bytes cannot separate", rune(got.seps.Element)))
	}
	last, err := s.sixteenSeparators(got.seps.Element)
	if err != nil {
		return got, err
	}
	at := s.skipLineEnds(last + 1)
	if at >= len(s.text) {
		return got, s.isaError(CodeTruncatedISA, 16, at, "the file ends before ISA16, the component separator")
	}
	got.seps.Component = s.text[at]
	component := at + 1
	if got.end, err = s.readTerminator(component, &got.seps); err != nil {
		return got, err
	}
	got.text = dropLineEnds(s.text[s.pos:component])
	if nul := strings.IndexByte(s.text[s.pos:got.end], 0); nul >= 0 {
		return got, s.isaError(CodeBinary, 0, s.pos+nul, "a NUL byte inside the ISA: the file is binary or damaged")
	}
	copy(got.elements[:], strings.SplitN(got.text, string(rune(got.seps.Element)), len(got.elements)))
	if err := s.checkISA(&got); err != nil {
		return got, err
	}
	if element, reason := got.seps.check(); reason != "" {
		return got, s.isaError(CodeSeparators, element, at, reason)
	}
	return got, nil
}

// sixteenSeparators is the offset of the ISA's sixteenth element separator.
func (s *scanner) sixteenSeparators(element byte) (int, *Error) {
	window := s.text[s.pos:min(len(s.text), s.pos+isaSearch)]
	at := 0
	for n := 1; n <= 16; n++ {
		next := strings.IndexByte(window[at:], element)
		if next < 0 {
			return 0, s.isaError(CodeTruncatedISA, max(n-1, 1), s.pos+len(window),
				fmt.Sprintf("%d of the 16 element separators %q found within %d bytes", n-1, rune(element), len(window)))
		}
		at += next + 1
	}
	return s.pos + at - 1, nil
}

// readTerminator reads the segment terminator that follows ISA16 and returns
// its offset. A line end there is the terminator, unless punctuation on the next
// line shows that the file was wrapped between ISA16 and the terminator.
func (s *scanner) readTerminator(after int, seps *Separators) (int, *Error) {
	at := after
	for at < len(s.text) && (s.text[at] == ' ' || s.text[at] == '\t') {
		at++
	}
	if at >= len(s.text) {
		return 0, s.isaError(CodeTruncatedISA, 16, at, "the file ends before the segment terminator, the character after ISA16")
	}
	if s.text[at] == '\r' || s.text[at] == '\n' {
		next := s.skipLineEnds(at)
		if next >= len(s.text) || s.text[next] == ' ' || s.text[next] == '\t' || s.text[next] == 0x1a || isAlphanumeric(s.text[next]) {
			seps.Terminator = s.text[at : at+1]
			if strings.HasPrefix(s.text[at:], "\r\n") {
				seps.Terminator = "\r\n"
			}
			return at, nil
		}
		at = next
	}
	_, size := utf8.DecodeRuneInString(s.text[at:])
	seps.Terminator = s.text[at : at+size]
	return at, nil
}

// checkISA decides the repetition separator and weighs what is unusual.
func (s *scanner) checkISA(got *isa) *Error {
	collapsed := false
	for n := 1; n <= 16; n++ {
		value := got.elements[n]
		length := utf8.RuneCountInString(strings.TrimSpace(value))
		if length > isaTolerated[n] {
			return s.isaError(CodeMalformedISA, n, s.pos,
				fmt.Sprintf("ISA%02d holds %d characters, at most %d allowed; an element before it is probably missing", n, length, isaWidths[n]))
		}
		if length > isaWidths[n] {
			got.notices = append(got.notices, s.isaNotice(NoticeOverlongISA, Warning, n,
				fmt.Sprintf("ISA%02d holds %d characters, at most %d allowed", n, length, isaWidths[n])))
		}
		if utf8.RuneCountInString(value) != isaWidths[n] {
			collapsed = true
		}
	}
	if collapsed {
		got.notices = append(got.notices, s.isaNotice(NoticeCollapsedISA, Info, 0,
			"ISA elements are not padded to their fixed widths; they were split at the element separator"))
	}
	version := strings.TrimSpace(got.elements[12])
	if len(version) != 5 || strings.Trim(version, "0123456789") != "" {
		got.notices = append(got.notices, s.isaNotice(NoticeVersion, Warning, 12,
			fmt.Sprintf("ISA12 is %q, not a five-digit version; no repetition separator is used", version)))
		return nil
	}
	if version < "00402" {
		return nil
	}
	repetition := strings.TrimSpace(got.elements[11])
	if len(repetition) != 1 || isAlphanumeric(repetition[0]) {
		got.notices = append(got.notices, s.isaNotice(NoticeNoRepetition, Info, 11,
			fmt.Sprintf("ISA11 is %q, no repetition separator, though version %s has one", repetition, version)))
		return nil
	}
	got.seps.Repetition = repetition[0]
	return nil
}

func (s *scanner) isaNotice(code NoticeCode, severity Severity, element int, text string) Notice {
	return Notice{Code: code, Severity: severity, Segment: "ISA", Element: element,
		Line: s.line, Offset: s.offset(s.pos), Count: 1, Text: text}
}

func (s *scanner) isaError(code ErrorCode, element, at int, reason string) *Error {
	remedy := "ask the sender for the complete file"
	switch code {
	case CodeSeparators:
		remedy = "ask the sender to use four different punctuation marks as separators"
	case CodeMalformedISA:
		remedy = "ask the sender for an ISA of 16 elements"
	}
	return &Error{Code: code, Segment: "ISA", Element: element,
		Line: s.lineOf(at), Offset: s.offset(at), Reason: reason, Remedy: remedy}
}

func (s *scanner) skipLineEnds(at int) int {
	for at < len(s.text) && (s.text[at] == '\r' || s.text[at] == '\n') {
		at++
	}
	return at
}

func dropLineEnds(text string) string {
	if strings.IndexByte(text, '\n') < 0 && strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.NewReplacer("\r", "", "\n", "").Replace(text)
}
