package x12

import (
	"strings"
)

// Segment is one segment, held as a slice of the file's text. Element numbers
// are 1-based as in the standard: AT7-01 is Element(1).
type Segment struct {
	ID     string // "AT7"
	Index  int    // 1-based position in the transaction set, ST = 1; 0 in the envelope
	Line   int    // 1-based line of the file on which it starts
	Offset int64  // byte offset in the file

	text string // the segment without terminator or line breaks
	seps *Separators
}

// String is the segment as it stood, without its terminator and without the
// line breaks of a wrapped file.
func (s Segment) String() string { return s.text }

// Len is the number of elements, empty ones between separators included.
func (s Segment) Len() int {
	if s.seps == nil {
		return 0
	}
	return strings.Count(s.text, s.elementSeparator())
}

func (s Segment) elementSeparator() string { return string(rune(s.seps.Element)) }

// Raw is element n with its padding, "" when absent.
func (s Segment) Raw(n int) string {
	if n < 1 || s.seps == nil {
		return ""
	}
	rest := s.text
	for ; n > 0; n-- {
		at := strings.IndexByte(rest, s.seps.Element)
		if at < 0 {
			return ""
		}
		rest = rest[at+1:]
	}
	if at := strings.IndexByte(rest, s.seps.Element); at >= 0 {
		rest = rest[:at]
	}
	return rest
}

// Element is element n without trailing blanks, "" when absent.
func (s Segment) Element(n int) string {
	return strings.TrimRight(s.Raw(n), " \t")
}

// Repeats is element n split at the repetition separator, each part without
// trailing blanks; nil when the element is absent. Before version 00402 there
// is no repetition separator and the element is its only part.
func (s Segment) Repeats(n int) []string {
	if s.seps == nil {
		return nil
	}
	return split(s.Raw(n), s.seps.Repetition)
}

// Components is element n split at the component separator, each part without
// trailing blanks; nil when the element is absent. Of a repeating element it
// splits the first repetition: use [Segment.RepeatComponents] for the others.
func (s Segment) Components(n int) []string {
	return s.RepeatComponents(n, 1)
}

// RepeatComponents is the r-th repetition (from 1) of element n, split at the
// component separator; nil when absent.
func (s Segment) RepeatComponents(n, r int) []string {
	repeats := s.Repeats(n)
	if r < 1 || r > len(repeats) {
		return nil
	}
	return split(repeats[r-1], s.seps.Component)
}

// Component is component c (from 1) of the first repetition of element n, ""
// when absent.
func (s Segment) Component(n, c int) string {
	parts := s.Components(n)
	if c < 1 || c > len(parts) {
		return ""
	}
	return parts[c-1]
}

func split(value string, separator byte) []string {
	if strings.TrimRight(value, " \t") == "" {
		return nil
	}
	parts := []string{value}
	if separator != 0 {
		parts = strings.Split(value, string(rune(separator)))
	}
	for i := range parts {
		parts[i] = strings.TrimRight(parts[i], " \t")
	}
	return parts
}
