package x12

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner walks the text once and cuts it into segments. It knows separators,
// lines and bytes; it knows nothing of envelopes.
type scanner struct {
	text   string
	base   int // bytes of the byte-order mark before text
	pos    int
	limits Limits
	seps   *Separators

	lineEnd   byte // '\n', or '\r' in a file that holds no '\n'
	line      int  // 1-based line of pos
	lineStart int  // where that line starts
	lines     int  // complete lines seen since the last ISA
	width     int  // their common width in characters, -1 when they differ

	tail int // where the blanks, NULs and Ctrl-Z at the end of the text start

	layout  func(Notice) // receives what is forgiven between segments
	content []Notice     // what was forgiven inside the segment being cut
}

// token is one segment as cut from the text.
type token struct {
	id         string
	text       string // without terminator and line breaks
	start, end int    // bytes of the scanner's text, terminator included
	line       int
	terminated bool
	notices    []Notice // content notices, for the envelope the segment belongs to
}

func newScanner(text string, base int, limits Limits) *scanner {
	s := &scanner{text: text, base: base, limits: limits, line: 1, lineEnd: '\n'}
	if strings.IndexByte(text, '\n') < 0 {
		s.lineEnd = '\r'
	}
	s.tail = len(strings.TrimRight(text, " \t\r\n\x1a\x00"))
	return s
}

func (s *scanner) offset(at int) int64 { return int64(s.base + at) }

// lineOf is the line of an offset at or after pos; for refusals only.
func (s *scanner) lineOf(at int) int {
	return s.line + strings.Count(s.text[s.pos:min(at, len(s.text))], string(rune(s.lineEnd)))
}

// atISA tells whether an ISA starts at pos.
func (s *scanner) atISA() bool {
	return strings.HasPrefix(s.text[s.pos:], "ISA") &&
		(s.pos+3 == len(s.text) || !isAlphanumeric(s.text[s.pos+3]))
}

// startLines forgets the widths of earlier lines: each interchange may be
// wrapped differently.
func (s *scanner) startLines() { s.lines, s.width = 0, 0 }

// moveTo moves pos forward and accounts for the lines passed.
func (s *scanner) moveTo(to int) {
	for s.pos < to {
		at := strings.IndexByte(s.text[s.pos:to], s.lineEnd)
		if at < 0 {
			break
		}
		s.endLine(s.pos + at)
	}
	s.pos = to
}

// endLine passes the line end at the given offset and returns the width of the
// line it ends; widths stop being measured once they are known to differ.
func (s *scanner) endLine(at int) (width int) {
	if s.width >= 0 {
		width = utf8.RuneCountInString(strings.TrimSuffix(s.text[s.lineStart:at], "\r"))
		if s.lines > 0 && width != s.width {
			s.width = -1
		} else {
			s.width = width
		}
	}
	s.lines++
	s.line++
	s.pos, s.lineStart = at+1, at+1
	return width
}

// skipBlanks moves to the next segment and notes what lay between. It reports
// false at the end of the text. atLineStart tells that a line end was just
// consumed as terminator, or that nothing precedes.
func (s *scanner) skipBlanks(atLineStart bool) bool {
	start, startLine := s.pos, s.line
	end := start
	for end < len(s.text) && isBlank(s.text[end]) {
		end++
	}
	gap := s.text[start:end]
	if end >= s.tail && end < len(s.text) {
		s.moveTo(end)
		s.noteLayout(NoticeEndMark, end, s.line, "Ctrl-Z or NUL bytes follow the last segment")
		s.moveTo(len(s.text))
		return false
	}
	s.moveTo(end)
	if gap == "" || gap == "\n" || gap == "\r\n" {
		if gap != "" && atLineStart && end < len(s.text) {
			s.noteLayout(NoticeBlankLines, start, startLine, "empty lines between segments")
		}
		return end < len(s.text)
	}
	first := strings.IndexAny(gap, "\r\n")
	last := strings.LastIndexAny(gap, "\r\n")
	breaks := strings.Count(gap, string(rune(s.lineEnd)))
	if atLineStart {
		breaks++
	}
	if !atLineStart && (first > 0 || (first < 0 && end == len(s.text))) {
		s.noteLayout(NoticeTrailingBlanks, start, startLine, "blanks between a terminator and the end of its line")
	}
	if end == len(s.text) {
		return false
	}
	if breaks > 1 {
		s.noteLayout(NoticeBlankLines, start, startLine, "empty lines between segments")
	}
	if last+1 < len(gap) {
		s.noteLayout(NoticeIndented, end, s.line, "blanks before a segment")
	}
	return true
}

// next cuts the segment at pos. pos must not be at the end of the text.
func (s *scanner) next() (token, *Error) {
	start, line := s.pos, s.line
	s.content = s.content[:0] // the last segment's notices are copied by now
	window := s.text[start:]
	if room := s.limits.SegmentBytes + len(s.seps.Terminator); len(window) > room {
		window = window[:room]
	}
	terminator := s.seps.Terminator
	if terminator == "\r\n" {
		terminator = "\n"
	}
	length := strings.Index(window, terminator)
	t := token{start: start, line: line, terminated: length >= 0}
	switch {
	case length >= 0:
		t.end = start + length + len(terminator)
	case len(window) < len(s.text)-start || len(window) > s.limits.SegmentBytes:
		return t, s.limitError(window, fmt.Sprintf("no segment terminator %q within %d bytes", s.seps.Terminator, s.limits.SegmentBytes))
	default:
		length = len(window)
		t.end = len(s.text)
	}
	body := window[:length]
	if s.seps.newline() {
		body = strings.TrimRight(body, "\r")
	}
	text, err := s.inspect(body)
	if err != nil {
		return t, err
	}
	t.text, t.id, t.notices = text, s.rawID(text), s.content
	if strings.Count(text, string(rune(s.seps.Element))) > s.limits.ElementsPerSegment {
		return t, s.limitError(text, fmt.Sprintf("more than %d elements", s.limits.ElementsPerSegment))
	}
	s.moveTo(t.end)
	return t, nil
}

// inspect looks at every byte of a segment: NUL refuses the file, other oddities
// are noted, line breaks are removed.
func (s *scanner) inspect(body string) (string, *Error) {
	plain := true
	for i := 0; i < len(body); i++ {
		if c := body[i]; c < ' ' || c >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return body, nil
	}
	broken, foreign, control, controls := false, false, -1, 0
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == 0:
			return "", &Error{Code: CodeBinary, Segment: s.idOf(body), Line: s.lineOf(s.pos + i), Offset: s.offset(s.pos + i),
				Reason: "a NUL byte inside a segment: the file is binary or damaged",
				Remedy: "ask the sender for a text file"}
		case c == '\r' || c == '\n':
			broken = true
		case c >= 0x80:
			foreign = true
		case (c < ' ' || c == 0x7f) && c != '\t' && !s.seps.has(c):
			if controls++; control < 0 {
				control = i
			}
		}
	}
	id := s.idOf(body)
	if controls > 0 {
		s.noteContent(NoticeControlCharacter, Warning, id, s.pos+control, s.lineOf(s.pos+control), controls,
			"a control character inside the segment, kept as it is")
	}
	if foreign && !utf8.ValidString(body) {
		s.noteContent(NoticeEncoding, Warning, id, s.pos, s.line, 1,
			"the segment holds bytes that are not UTF-8, kept as they are")
	}
	if !broken {
		return body, nil
	}
	start, line := s.pos, s.line
	text := s.unwrap(body, id)
	if strings.Contains(text, s.seps.Terminator) || strings.HasPrefix(text, "ISA") {
		return "", &Error{Code: CodeSeparators, Segment: id, Line: line, Offset: s.offset(start),
			Reason: "a line break parts a terminator or the letters ISA", Remedy: "ask the sender for the file without line wrapping"}
	}
	return text, nil
}

// unwrap removes the line breaks inside a segment, and tells a hard wrap, whose
// lines all have one width, from a break that may hide a missing terminator.
func (s *scanner) unwrap(body, id string) string {
	start := s.pos
	for at := 0; at < len(body); {
		i := strings.IndexAny(body[at:], "\r\n")
		if i < 0 {
			break
		}
		breakAt := at + i
		at = breakAt
		for at < len(body) && (body[at] == '\r' || body[at] == '\n') {
			at++
		}
		line := s.line
		s.moveTo(start + breakAt)
		if end := strings.IndexByte(body[breakAt:at], s.lineEnd); end >= 0 {
			s.endLine(start + breakAt + end)
			if s.wrapped() {
				s.noteLayout(NoticeWrapped, start+breakAt, line, "lines are hard-wrapped at one width; the line breaks inside segments were removed")
				continue
			}
		}
		if s.looksLikeSegment(body[at:]) {
			s.noteContent(NoticeMissingTerminator, Doubt, id, start+breakAt, line, 1,
				"the segment runs on into a line that looks like a segment of its own; a terminator is probably missing")
			continue
		}
		s.noteContent(NoticeLineBreak, Warning, id, start+breakAt, line, 1,
			"a line break inside the segment was removed")
	}
	return dropLineEnds(body)
}

// wrapWidthLeast is the narrowest hard wrap believed; below it, lines of equal
// length are more likely a coincidence.
const wrapWidthLeast = 40

// wrapped tells whether the line just ended belongs to a hard-wrapped text: all
// lines so far share one width. A first line is judged by the second.
func (s *scanner) wrapped() bool {
	if s.width < wrapWidthLeast {
		return false
	}
	if s.lines > 1 {
		return true
	}
	next := s.text[s.lineStart:min(len(s.text), s.lineStart+4*s.width+2)]
	end := strings.IndexByte(next, s.lineEnd)
	if end < 0 {
		return utf8.RuneCountInString(next) <= s.width
	}
	return utf8.RuneCountInString(strings.TrimSuffix(next[:end], "\r")) == s.width
}

// looksLikeSegment tells whether text opens like "AT7*".
func (s *scanner) looksLikeSegment(text string) bool {
	text = strings.TrimLeft(text, " \t")
	for _, n := range []int{2, 3} {
		if len(text) > n && text[n] == s.seps.Element && isSegmentID(text[:n]) {
			return true
		}
	}
	return false
}

// rawID is what stands before the first element separator.
func (s *scanner) rawID(text string) string {
	if at := strings.IndexByte(text, s.seps.Element); at >= 0 {
		text = text[:at]
	}
	return strings.TrimRight(text, " \t")
}

// idOf is the segment's ID made fit for a message: short and printable.
func (s *scanner) idOf(text string) string {
	return shorten(s.rawID(dropLineEnds(text[:min(len(text), 24)])), 12)
}

func (s *scanner) limitError(text, reason string) *Error {
	return &Error{Code: CodeLimit, Segment: s.idOf(text), Line: s.line, Offset: s.offset(s.pos),
		Reason: reason, Remedy: "check that the file is X12 and undamaged, or raise the limit for this partner"}
}

func (s *scanner) noteLayout(code NoticeCode, at, line int, text string) {
	s.layout(Notice{Code: code, Severity: Info, Line: line, Offset: s.offset(at), Count: 1, Text: text})
}

// noteContent folds repetitions within one segment.
func (s *scanner) noteContent(code NoticeCode, severity Severity, id string, at, line, count int, text string) {
	s.content = foldNotice(s.content, Notice{Code: code, Severity: severity, Segment: id,
		Line: line, Offset: s.offset(at), Count: count, Text: text})
}

func isBlank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'
}

// isSegmentID tells two or three characters of A–Z and 0–9, the first a letter.
func isSegmentID(id string) bool {
	if len(id) < 2 || len(id) > 3 || !isUpper(id[0]) {
		return false
	}
	for i := 1; i < len(id); i++ {
		if !isUpper(id[i]) && !isDigit(id[i]) {
			return false
		}
	}
	return true
}

// shorten cuts text to at most n bytes and hides what cannot be printed, for
// messages.
func shorten(text string, n int) string {
	cut := text
	if len(text) > n {
		cut = text[:n]
	}
	cut = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, cut)
	if len(text) > n {
		cut += "…"
	}
	return cut
}
