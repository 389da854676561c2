package x12

import "fmt"

// Separators are the characters an ISA declares for its interchange.
type Separators struct {
	Element    byte   // the byte after "ISA"
	Component  byte   // ISA16
	Repetition byte   // ISA11 from version 00402 on; 0 when there is none
	Terminator string // the character after ISA16: one character, or "\r\n"
}

// DefaultSeparators are the ones most partners send: * : ~ and no repetition.
func DefaultSeparators() Separators {
	return Separators{Element: '*', Component: ':', Terminator: "~"}
}

// newline tells that lines are segments.
func (s Separators) newline() bool {
	return s.Terminator == "\n" || s.Terminator == "\r\n" || s.Terminator == "\r"
}

func (s Separators) has(c byte) bool {
	return c == s.Element || c == s.Component || (s.Repetition != 0 && c == s.Repetition)
}

// check finds the separator that cannot serve: reason is "" when all can, and
// element is the ISA element to blame, 0 for the segment terminator.
func (s Separators) check() (element int, reason string) {
	single := []struct {
		name    string
		element int
		char    byte
	}{
		{"element separator", 1, s.Element},
		{"repetition separator (ISA11)", 11, s.Repetition},
		{"component separator (ISA16)", 16, s.Component},
	}
	for i, c := range single {
		if c.element == 11 && c.char == 0 {
			continue
		}
		if !canSeparate(c.char) {
			return c.element, fmt.Sprintf("the %s is %q; letters, digits, blanks and non-ASCII bytes cannot separate", c.name, rune(c.char))
		}
		for _, earlier := range single[:i] {
			if earlier.char == c.char {
				return c.element, fmt.Sprintf("%q is both %s and %s", rune(c.char), earlier.name, c.name)
			}
		}
		if s.Terminator == string(rune(c.char)) {
			return c.element, fmt.Sprintf("%q is both %s and segment terminator", rune(c.char), c.name)
		}
	}
	if !s.newline() && !canTerminate(s.Terminator) {
		return 0, fmt.Sprintf("the segment terminator (the character after ISA16) is %q; letters, digits and blanks cannot terminate", s.Terminator)
	}
	return 0, ""
}

// canSeparate allows printable punctuation and the control characters some
// mainframes use (0x1C to 0x1F and their like), not blanks or line ends.
func canSeparate(c byte) bool {
	switch c {
	case 0, ' ', '\t', '\r', '\n', '\f', '\v', 0x7f:
		return false
	}
	return c < 0x80 && !isAlphanumeric(c)
}

// canTerminate allows one character: what can separate, or any beyond ASCII.
func canTerminate(terminator string) bool {
	return terminator != "" && (terminator[0] >= 0x80 || len(terminator) == 1 && canSeparate(terminator[0]))
}

func isAlphanumeric(c byte) bool {
	return isDigit(c) || isUpper(c) || 'a' <= c && c <= 'z'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
