package scms

import (
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Encoding is how a file's letters are written as bytes.
type Encoding int

const (
	// Published expects ISO-8859-1, as the publisher writes, and refuses a file
	// that turns out to be UTF-8 rather than garble its accents.
	Published Encoding = iota
	// ISO88591 reads ISO-8859-1 without asking whether it might be UTF-8.
	ISO88591
	// UTF8 reads UTF-8, with or without a byte order mark.
	UTF8
)

// String is the encoding's registered name.
func (e Encoding) String() string {
	if e == UTF8 {
		return "UTF-8"
	}
	return "ISO-8859-1"
}

const byteOrderMark = "\xef\xbb\xbf"

// decoder turns records into text and watches for signs that the file was
// written in another encoding.
type decoder struct {
	encoding  Encoding
	multibyte int  // first line that is valid UTF-8 beyond ASCII
	notUTF8   bool // some line is not valid UTF-8
}

// text decodes one record. The error is a *fault that names bytes which cannot
// be letters.
func (d *decoder) text(rec record) (string, error) {
	plain := true
	for i, b := range rec.bytes {
		switch {
		case b >= utf8.RuneSelf:
			plain = false
		case b >= ' ' && b != 0x7f, b == '\t', b == '\n':
		case b == '\r' && i+1 < len(rec.bytes) && rec.bytes[i+1] == '\n':
		default:
			return "", &fault{rec.number, fmt.Sprintf("byte %d of the record is the control character 0x%02x", i+1, b),
				"remove it; if there are many, the file is damaged or not the delivery history"}
		}
	}
	if plain {
		return string(rec.bytes), nil
	}
	valid := utf8.Valid(rec.bytes)
	if !valid {
		d.notUTF8 = true
	} else if d.multibyte == 0 {
		d.multibyte = rec.number
	}
	if d.encoding == UTF8 {
		if !valid {
			return "", &fault{rec.number, "the line is not UTF-8", "read the file as ISO-8859-1, or convert it with iconv"}
		}
		return string(rec.bytes), nil
	}
	if !valid {
		// Windows-1252 puts curly quotes and dashes where ISO-8859-1 has controls.
		for i, b := range rec.bytes {
			if b >= 0x80 && b <= 0x9f {
				return "", &fault{rec.number, fmt.Sprintf("byte %d of the record, 0x%02x, is no letter in ISO-8859-1", i+1, b),
					"the file was probably saved as Windows-1252: convert it with iconv -f WINDOWS-1252 -t UTF-8 and read it as UTF-8"}
			}
		}
	}
	text, err := charmap.ISO8859_1.NewDecoder().Bytes(rec.bytes)
	if err != nil {
		return "", fmt.Errorf("decode line %d: %w", rec.number, err)
	}
	return string(text), nil
}

// suspicion is the problem of a file that was to be ISO-8859-1 but is UTF-8
// throughout; ISO-8859-1 text with accents is practically never valid UTF-8.
func (d *decoder) suspicion() (Problem, bool) {
	if d.encoding != Published || d.multibyte == 0 || d.notUTF8 {
		return Problem{}, false
	}
	return Problem{
		Line:   d.multibyte,
		Reason: "the file is written in UTF-8, but ISO-8859-1 was expected; accents would be garbled from this line on",
		Remedy: "state that the file is UTF-8, or state ISO-8859-1 if it is indeed that",
	}, true
}
