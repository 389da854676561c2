package documents

import "strings"

// column of the table of charges.
type column struct {
	head, align string
	x, w        float64
}

// columns shares out the width: the description gets what the others leave.
func (p *printer) columns() []column {
	list := []column{{head: "Line", align: "L", w: 8}, {head: "Charge", align: "L"}, {head: "Date", align: "L", w: 19},
		{head: "Quantity", align: "R", w: 20}, {head: "Rate", align: "R", w: 28}, {head: "Tax rate", align: "R", w: 14},
		{head: "Tax", align: "R", w: 19}, {head: "Net", align: "R", w: 24}}
	rest := p.width
	for _, c := range list {
		rest -= c.w
	}
	list[1].w = rest
	x := float64(margin)
	for i := range list {
		list[i].x = x
		x += list[i].w
		list[i].w -= 1.5 // a gap
	}
	list[len(list)-1].w += 1.5
	return list
}

func (p *printer) columnHeads() {
	p.font("B", smallSize)
	for _, c := range p.table {
		p.cell(c.x, c.w, c.head, c.align)
	}
	p.y += lineStep
	p.rule()
	p.font("", bodySize)
}

func (p *printer) write(s sheet) {
	p.running = strings.ReplaceAll(p.text(s.Title), "\n", " ")
	p.f.AddPage()
	p.font("B", 16)
	for _, line := range p.f.SplitText(p.running, p.width) {
		p.cell(margin, p.width, line, "L")
		p.y += 2 * lineStep
	}
	p.parties(s.Parties)
	p.facts(s.Facts)
	p.charges(s.Groups, s.Currency)
	p.taxes(s.Taxes)
	p.totals(s.Totals)
	if len(s.Payment) > 0 {
		p.heading("Payment")
		p.facts(s.Payment)
		p.lines(margin, p.width, s.Hint)
	}
	if len(s.Notes) > 0 {
		p.heading("Notes")
		for _, note := range s.Notes {
			p.lines(margin, p.width, note)
		}
	}
	p.annex(s.Annex)
	if p.lacks {
		p.y += lineStep
		p.font("", smallSize)
		p.lines(margin, p.width, string(lacking)+" stands for a character that this typeface does not have; the HTML and XML forms of this document have it.")
	}
}

// parties stand side by side.
func (p *printer) parties(blocks []block) {
	top, end := p.y, p.y
	w := p.width / float64(max(1, len(blocks)))
	for i, b := range blocks {
		x := margin + float64(i)*w
		p.y = top
		p.font("", smallSize)
		p.cell(x, w, b.Heading, "L")
		p.y += lineStep
		p.font("B", bodySize)
		p.short(x, w-4, b.Name)
		p.font("", bodySize)
		for _, line := range b.Lines {
			p.short(x, w-4, line)
		}
		end = max(end, p.y)
	}
	p.y = end + lineStep
}

// short prints a text that stays on its page: at most five lines of it.
func (p *printer) short(x, w float64, text string) {
	lines := p.f.SplitText(p.text(text), w)
	if most := 5; len(lines) > most {
		lines = append(lines[:most-1], "…")
	}
	for _, line := range lines {
		if p.y > p.bottom {
			return
		}
		p.cell(x, w, line, "L")
		p.y += lineStep
	}
}

func (p *printer) facts(facts []fact) {
	const label = 45
	for _, f := range facts {
		p.room(lineStep)
		p.font("", bodySize)
		p.cell(margin, label-2, p.text(f.Label), "L")
		from, page := p.y, p.f.PageNo()
		p.lines(margin+label, p.width-label, f.Value)
		if p.y == from && p.f.PageNo() == page {
			p.y += lineStep // nothing but spaces
		}
	}
}

func (p *printer) charges(groups []group, currency string) {
	p.heading("Charges in " + currency)
	p.table = p.columns()
	p.columnHeads()
	for _, g := range groups {
		p.room(4 * lineStep)
		p.font("B", bodySize)
		p.lines(margin, p.width, g.Heading)
		p.font("", smallSize)
		var refs string
		for i, f := range g.Facts {
			if i > 0 {
				refs += "   "
			}
			refs += f.Label + " " + f.Value
		}
		p.lines(margin, p.width, refs)
		for _, stop := range g.Stops {
			p.lines(margin, p.width, stop)
		}
		p.font("", bodySize)
		for _, r := range g.Rows {
			p.row(r)
		}
		p.y += 1.5
	}
	p.table = nil
}

// row prints a charge; a cell that does not fit goes on below, on the next
// page if it must.
func (p *printer) row(r row) {
	charge := r.Description
	if r.Code != "" {
		charge += " (" + r.Code + ")"
	}
	var cells [8][]string
	height := 0
	for i, text := range [...]string{r.Number, charge, r.Date, r.Quantity, r.Rate, r.TaxRate, r.Tax, r.Net} {
		cells[i] = p.f.SplitText(p.text(text), p.table[i].w)
		height = max(height, len(cells[i]))
	}
	p.room(float64(height)*lineStep + 1)
	for n := range height {
		p.room(lineStep)
		for i, c := range p.table {
			if n < len(cells[i]) {
				p.cell(c.x, c.w, cells[i][n], c.align)
			}
		}
		p.y += lineStep
	}
	p.rule()
}

func (p *printer) taxes(rows []taxRow) {
	p.heading("Tax")
	const amount = 35
	label := p.width - 2*amount
	p.font("B", smallSize)
	p.cell(margin, label, "Rule", "L")
	p.cell(margin+label, amount, "Taxable", "R")
	p.cell(margin+label+amount, amount, "Tax", "R")
	p.y += lineStep
	p.rule()
	for _, t := range rows {
		p.font("", bodySize)
		p.room(2 * lineStep)
		p.cell(margin+label, amount, t.Taxable, "R")
		p.cell(margin+label+amount, amount, t.Tax, "R")
		p.lines(margin, label-2, t.Label)
		p.lines(margin, label-2, t.Text)
		p.rule()
	}
}

func (p *printer) totals(totals []fact) {
	p.y += lineStep
	p.room(float64(len(totals)+2) * lineStep)
	const w = 80
	x := margin + p.width - w
	for i, t := range totals {
		style := ""
		if i == len(totals)-1 {
			style = "B"
			p.f.SetDrawColor(0, 0, 0)
			p.f.SetLineWidth(0.3)
			p.f.Line(x, p.y, x+w, p.y)
			p.y++
		}
		p.font(style, bodySize+1)
		p.cell(x, 35, t.Label, "L")
		p.cell(x+35, w-35, t.Value, "R")
		p.y += lineStep + 1
	}
}

// annex begins on a page of its own.
func (p *printer) annex(list []derived) {
	if len(list) == 0 {
		return
	}
	p.f.AddPage()
	p.heading("Annex: how each amount was computed")
	for _, d := range list {
		p.room(2 * lineStep)
		p.font("B", bodySize)
		p.lines(margin, p.width, "Line "+d.Number+": "+d.Description)
		p.font("", bodySize)
		for _, step := range d.Steps {
			p.lines(margin+5, p.width-5, step)
		}
		p.y += 1
	}
}
