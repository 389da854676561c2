package documents

import (
	"bytes"
	"unicode/utf8"
)

// Text of customers and carriers is data. html/template and encoding/xml
// escape it; what neither stops is a character that changes how its neighbours
// are read.

// harmless tells a character that may stand in a document: XML 1.0 has it, and
// it steers nothing. The directional overrides, embeddings and isolates could
// show "100.00" as "00.001"; the marks LRM and RLM only hint and stay.
func harmless(r rune) bool {
	switch {
	case r == '\n', r == '\t', r == '\r':
		return true
	case r < 0x20, 0x7F <= r && r <= 0x9F:
		return false // controls
	case 0x202A <= r && r <= 0x202E, 0x2066 <= r && r <= 0x2069:
		return false // direction
	case r == 0x2028, r == 0x2029, r == 0xFEFF:
		return false // line breaks and a byte order mark in disguise
	case 0xE0000 <= r && r <= 0xE007F, 0xFFF9 <= r && r <= 0xFFFB:
		return false // invisible tags and annotations
	case r&0xFFFE == 0xFFFE, 0xFDD0 <= r && r <= 0xFDEF:
		return false // noncharacters
	}
	return true
}

// tame replaces what is not harmless in rendered text by U+FFFD. Renderers
// write nothing harmful of their own, so what it finds came with the data.
func tame(text []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r == utf8.RuneError || !harmless(r) {
			return utf8.RuneError
		}
		return r
	}, text)
}
