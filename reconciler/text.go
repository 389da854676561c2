package reconciler

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// WriteText writes the report for people: what was compared, each break that is
// kept with what to do, the tie-out by account and period, what is in flight and
// the bridge from charges entered to billed.
func (r *Report) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	p := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	p("Reconciliation of the history with the ERP's general ledger")
	p("")
	p("Periods    %s", r.periods())
	p("History    %s events, up to position %s", grouped(r.Events), r.HistoryHead)
	p("Documents  %s expected, %s in the ERP, %s compared", grouped(r.Documents.Expected), grouped(r.Documents.Actual), grouped(r.Documents.Compared))
	p("Entries    %s expected, %s in the ERP, %s compared", grouped(r.Entries.Expected), grouped(r.Entries.Actual), grouped(r.Entries.Compared))
	p("In flight  %s", r.flightLine())
	p("")
	p("%s", plural(r.BreakCount, "break"))
	r.writeBreaks(p)
	r.writeTieOut(p)
	r.writeFlights(p)
	r.Bridge.write(p)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the reconciliation report: %w", err)
	}
	return nil
}

func (r *Report) periods() string {
	switch {
	case r.From == "" && r.To == "":
		return "all"
	case r.To == "":
		return "from " + r.From
	case r.From == "":
		return "up to " + r.To
	case r.From == r.To:
		return r.From
	}
	return r.From + " to " + r.To
}

func (r *Report) flightLine() string {
	text := plural(r.InFlight.Count, "document")
	if r.InFlight.Held > 0 {
		text += ", and " + grouped(r.InFlight.Held) + " that the ERP holds and did not confirm"
	}
	if r.Strict {
		text += " (strict: whatever the ERP does not hold is a break)"
	}
	return text
}

func (r *Report) writeBreaks(p func(string, ...any)) {
	if r.BreakCount == 0 {
		return
	}
	p("")
	t := table{left: 1}
	t.row("kind", "count", "net difference", "at stake")
	for _, k := range r.ByKind {
		t.row(string(k.Kind), grouped(k.Count), figures(k.Difference), figures(k.Stake))
	}
	t.write(p)
	for i, b := range r.Breaks {
		p("")
		p("%s. [%s] %s", grouped(i+1), b.Kind, clean(b.Explanation))
		p("   To do: %s", clean(b.Remedy))
		if b.Departs != nil {
			p("   Departs from %s.", clean(b.Departs.String()))
		}
	}
	if rest := r.BreakCount - len(r.Breaks); rest > 0 {
		p("")
		p("Counted above and not listed: %s.", plural(rest, "further break"))
	}
}

func (r *Report) writeTieOut(p func(string, ...any)) {
	p("")
	p("Tie-out by account and period (debits less credits)")
	p("")
	t := table{left: 3}
	t.row("account", "period", "currency", "expected", "actual", "difference", "in flight")
	for _, row := range r.TieOut {
		t.row(clean(row.Account), clean(row.Period), clean(row.Expected.Currency), row.Expected.Grouped(), row.Actual.Grouped(), row.Difference.Grouped(), row.InFlight.Grouped())
	}
	t.write(p)
	p("")
	t = table{left: 1}
	t.row("totals", "expected debit", "actual debit", "expected credit", "actual credit", "in flight")
	for _, row := range r.Totals {
		t.row(clean(row.Currency), row.ExpectedDebit.Grouped(), row.ActualDebit.Grouped(), row.ExpectedCredit.Grouped(), row.ActualCredit.Grouped(), row.InFlightDebit.Grouped())
	}
	t.write(p)
	p("")
	if r.Ties() {
		p("Every account ties out.")
	} else {
		p("The accounts do not tie out.")
	}
}

func (r *Report) writeFlights(p func(string, ...any)) {
	if len(r.InFlight.Documents) == 0 {
		return
	}
	p("")
	p("In flight")
	p("")
	t := table{left: 5}
	t.row("document", "kind", "date", "status", "detail", "amount")
	for _, f := range r.InFlight.Documents {
		status := string(f.Status)
		if f.Held {
			status += ", in the ERP"
		}
		t.row(clean(f.Number), f.Kind, f.Date, status, clean(f.Detail), f.Amount.String())
	}
	t.write(p)
	if rest := r.InFlight.Count + r.InFlight.Held - len(r.InFlight.Documents); rest > 0 {
		p("Not listed: %s.", plural(rest, "further document"))
	}
}

func (b Bridge) write(p func(string, ...any)) {
	p("")
	p("Charges entered and billed (the whole history)")
	p("")
	t := table{left: 2}
	t.row("kind", "currency", "entered", "billed", "held", "rejected", "waived", "difference", "no figure")
	for _, row := range b.Rows {
		t.row(string(row.Kind), row.Entered.Currency, row.Entered.Grouped(), row.Billed.Grouped(), row.Held.Grouped(),
			row.Rejected.Grouped(), row.Waived.Grouped(), row.Difference.Grouped(), grouped(row.NoFigure))
	}
	t.write(p)
	p("")
	t = table{left: 1}
	t.row("accrued", "held", "stranded", "account 1250", "difference")
	for _, check := range b.Accrued {
		t.row(check.Held.Currency, check.Held.Grouped(), check.Stranded.Grouped(), check.Books.Grouped(), check.Difference.Grouped())
	}
	t.write(p)
	b.writeHeld(p, "Held", b.Held, b.HeldCount)
	b.writeHeld(p, "Accrued and never to be billed: reverse the accrual", b.Stranded, b.StrandedCount)
}

func (b Bridge) writeHeld(p func(string, ...any), title string, lines []HeldLine, count int) {
	if count == 0 {
		return
	}
	p("")
	p("%s (%s)", title, grouped(count))
	p("")
	t := table{left: 3, tail: true}
	t.row("shipment", "charge", "kind", "amount", "accrued", "reason")
	for _, line := range lines {
		amount, accrued := "no figure", ""
		if line.Amount != nil {
			amount = line.Amount.String()
		}
		if line.Accrued != nil {
			accrued = line.Accrued.String()
		}
		t.row(string(line.Shipment), string(line.Charge), string(line.Kind), amount, accrued, clean(line.Reason))
	}
	t.write(p)
	if rest := count - len(lines); rest > 0 {
		p("Counted above and not listed: %s.", plural(rest, "further line"))
	}
}

// table aligns columns: the first ones to the left, numbers to the right.
type table struct {
	left int  // columns that begin at the left
	tail bool // the last column is text of any length
	rows [][]string
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) write(p func(string, ...any)) {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				line.WriteString("  ")
			}
			if text := i < t.left || t.tail && i == len(row)-1; text {
				line.WriteString(cell + pad)
			} else {
				line.WriteString(pad + cell)
			}
		}
		p("%s", strings.TrimRight(line.String(), " "))
	}
}

// clean keeps what the ERP holds from steering the reader's terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}

func figures(fs []Figure) string {
	texts := make([]string, len(fs))
	for i, f := range fs {
		texts[i] = clean(f.String())
	}
	return strings.Join(texts, ", ")
}
