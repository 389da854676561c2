package documents

import (
	_ "embed"
	"strconv"
	"strings"
	"unicode"
)

// The typeface of PDFs is a subset of Noto Sans: Latin, Greek and Cyrillic
// letters, punctuation and signs of currencies. scripts/typeface.sh makes it;
// font/LICENSE.txt is its licence, the SIL Open Font License 1.1, which lets
// programs and documents embed it.

//go:embed font/regular.ttf
var regularFont []byte

//go:embed font/bold.ttf
var boldFont []byte

// coverageText has the characters that both fonts have, a range a line.
//
//go:embed font/coverage.txt
var coverageText string

// covered are the characters that a PDF can show.
var covered = parseCoverage(coverageText)

// parseCoverage reads lines like 0020-007E. All are below U+10000, which is
// what the PDF library can show. It panics on a line that is no range: the
// text is part of the program.
func parseCoverage(text string) *unicode.RangeTable {
	table := &unicode.RangeTable{}
	for line := range strings.Lines(text) {
		first, last, _ := strings.Cut(strings.TrimSpace(line), "-")
		lo, err := strconv.ParseUint(first, 16, 16)
		hi, err2 := strconv.ParseUint(last, 16, 16)
		if err != nil || err2 != nil || hi < lo {
			panic("documents: font/coverage.txt: " + line)
		}
		table.R16 = append(table.R16, unicode.Range16{Lo: uint16(lo), Hi: uint16(hi), Stride: 1})
		if hi <= unicode.MaxLatin1 {
			table.LatinOffset = len(table.R16)
		}
	}
	return table
}

// lacking stands for a character that the typeface has not.
const lacking = unicode.ReplacementChar
