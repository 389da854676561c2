package documents

import (
	"bytes"
	"fmt"
	"time"
	"unicode"

	"codeberg.org/go-pdf/fpdf"

	"github.com/freightledger/freightledger/domain"
)

// Paper is the size of a PDF's pages.
type Paper string

// Paper sizes.
const (
	A4     Paper = "A4"
	Letter Paper = "Letter"
)

// paper is what the buyer's printer most likely holds.
func (v Invoice) paper() Paper {
	switch v.Buyer.Address.Country {
	case "US", "CA", "MX", "CL", "CO", "PH":
		return Letter
	}
	return A4
}

// pdf is the document on pages. The same document gives the same bytes: its
// only date is the day of issue.
func (v Invoice) pdf(paper Paper) ([]byte, error) {
	s, err := v.sheet()
	if err != nil {
		return nil, err
	}
	issued, err := time.Parse(domain.DayLayout, v.IssueDate)
	if err != nil {
		return nil, err
	}
	p := newPrinter(paper)
	p.f.SetCreationDate(issued)
	p.f.SetModificationDate(issued)
	p.f.SetTitle(p.text(s.Title), true)
	p.f.SetAuthor(p.text(v.Seller.Name), true)
	p.write(s)
	var b bytes.Buffer
	if err := p.f.Output(&b); err != nil {
		return nil, fmt.Errorf("document %s: %w", v.Number, err)
	}
	return b.Bytes(), nil
}

// Measures of a page, in millimetres; sizes of type in points.
const (
	margin    = 15
	footer    = 10 // from the paper's edge
	lineStep  = 4.2
	bodySize  = 8.5
	smallSize = 7.5
)

// pagesAlias stands for the number of pages until it is known. The typeface has
// no character of U+E1xx or U+E2xx, so neither a customer's text nor the second
// half of one character and the first of the next can be taken for it.
const pagesAlias = "\uE1E2"

// printer writes a sheet from top to bottom.
type printer struct {
	f       *fpdf.Fpdf
	width   float64 // between the margins
	bottom  float64 // where text ends
	y       float64
	table   []column // the table whose head the next page repeats
	running string   // what every page but the first begins with
	lacks   bool     // a character was replaced
}

func newPrinter(paper Paper) *printer {
	f := fpdf.New("P", "mm", string(paper), "")
	w, h := f.GetPageSize()
	p := &printer{f: f, width: w - 2*margin, bottom: h - margin - lineStep, y: margin}
	f.SetCatalogSort(true)
	f.SetProducer("freightledger", true)
	f.SetCreator("freightledger", true)
	f.SetLang("en")
	f.SetMargins(margin, margin, margin)
	f.SetCellMargin(0)
	f.SetAutoPageBreak(false, 0)
	f.AddUTF8FontFromBytes("text", "", regularFont)
	f.AddUTF8FontFromBytes("text", "B", boldFont)
	// After the fonts: they keep the digits, with which it is replaced.
	f.AliasNbPages(pagesAlias)
	f.SetHeaderFunc(p.head)
	f.SetFooterFunc(p.foot)
	return p
}

func (p *printer) head() {
	p.y = margin
	if p.f.PageNo() == 1 {
		return
	}
	p.font("", smallSize)
	p.cell(margin, p.width, p.running, "L")
	p.y += 2 * lineStep
	if p.table != nil {
		p.columnHeads()
	}
}

func (p *printer) foot() {
	_, h := p.f.GetPageSize()
	y := p.y
	p.y = h - footer - lineStep
	p.font("", smallSize)
	p.cell(margin, p.width-30, p.running, "L")
	// Of fixed place, for its width is not known before the last page is.
	p.cell(margin+p.width-25, 25, fmt.Sprintf("Page %d of %s", p.f.PageNo(), pagesAlias), "L")
	p.y = y
}

func (p *printer) font(style string, size float64) { p.f.SetFont("text", style, size) }

// text is what the typeface can show of a text.
func (p *printer) text(s string) string {
	runes := []rune(string(tame([]byte(s))))
	for i, r := range runes {
		switch {
		case r == '\t', r == '\r', r == 0xA0, r == 0x200E, r == 0x200F:
			runes[i] = ' '
		case r == '\n':
		case !unicode.Is(covered, r):
			runes[i], p.lacks = lacking, true
		}
	}
	return string(runes)
}

// cell prints one line of text at the present height.
func (p *printer) cell(x, w float64, text, align string) {
	p.f.SetXY(x, p.y)
	p.f.CellFormat(w, lineStep, text, "", 0, align, false, 0, "")
}

// room begins a new page unless so much space is left, or the page is empty.
func (p *printer) room(height float64) {
	if p.y+height > p.bottom && p.y > 3*margin {
		p.f.AddPage()
	}
}

// lines prints text over as many lines and pages as it takes.
func (p *printer) lines(x, w float64, text string) {
	for _, line := range p.f.SplitText(p.text(text), w) {
		p.room(lineStep)
		p.cell(x, w, line, "L")
		p.y += lineStep
	}
}

func (p *printer) heading(text string) {
	p.y += lineStep
	p.room(4 * lineStep)
	p.font("B", 10)
	p.cell(margin, p.width, text, "L")
	p.y += lineStep + 1
	p.font("", bodySize)
}

func (p *printer) rule() {
	p.f.SetDrawColor(150, 150, 150)
	p.f.SetLineWidth(0.1)
	p.f.Line(margin, p.y, margin+p.width, p.y)
	p.y += 0.6
}
