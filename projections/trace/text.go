package trace

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/freightledger/freightledger/domain"
)

// printer writes indented lines. Text from outside cannot steer a terminal:
// control characters are shown as points.
type printer struct{ to *bufio.Writer }

func newPrinter(w io.Writer) printer { return printer{bufio.NewWriter(w)} }

func (p printer) line(depth int, format string, args ...any) {
	text := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) {
			return r
		}
		return '·'
	}, fmt.Sprintf(format, args...))
	// bufio keeps the first error until Flush.
	_, _ = p.to.WriteString(strings.Repeat("   ", depth) + strings.TrimRight(text, " ") + "\n")
}

func (p printer) hop(depth int, h Hop) {
	happened := ""
	if h.Happened != "" {
		happened = ", happened " + h.Happened
	}
	p.line(depth, "└ %s%s", h.Type, given(": ", h.Says))
	p.line(depth, "    %s #%d, event %s", h.Stream, h.Revision, h.Event)
	p.line(depth, "    recorded %s by %s%s%s", h.Recorded.Format(time.RFC3339), orDash(h.Actor), given(" via ", h.Via), happened)
}

func (p printer) hops(depth int, hops []Hop) {
	for _, h := range hops {
		p.hop(depth, h)
	}
}

func (p printer) source(depth int, s *Source, entered *Entry) {
	if entered != nil {
		p.line(depth, "source: entered %s by %s%s", entered.Recorded.Format(time.RFC3339), orDash(entered.Actor), given(" via ", entered.Via))
	}
	if s == nil {
		return
	}
	bytes := ""
	if s.Length > 0 {
		bytes = fmt.Sprintf(", bytes %d to %d", s.Offset, s.Offset+s.Length)
	}
	p.line(depth, "source: %s (%s) %s, %s%s", s.Message, orDash(s.Channel), orDash(s.Name), orDash(s.Place), bytes)
	if s.Missing != "" {
		p.line(depth+1, "! %s", s.Missing)
	}
	for text := range strings.SplitSeq(strings.TrimRight(s.Text, "\r\n"), "\n") {
		if s.Text != "" {
			p.line(depth+1, "| %s", strings.TrimRight(text, "\r"))
		}
	}
	if s.Truncated {
		p.line(depth+1, "| … (%d of %d bytes)", MaxExcerpt, s.Length)
	}
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// WriteText prints the trace as a tree for people. The proof of a shipment
// that has several lines is printed with the first of them.
func (v InvoiceTrace) WriteText(w io.Writer) error {
	p := newPrinter(w)
	name := "candidate " + string(v.ID)
	if v.Number != "" {
		name = "invoice " + v.Number + " (" + string(v.ID) + ")"
	}
	p.line(0, "%s, customer %s, period %s: %s", name, v.Customer, v.Period, v.Status)
	p.line(1, "net %s, tax %s, total %s, open %s", v.Net, v.Tax, v.Total, v.Open)
	v.Exchange.write(p, v.Total.Currency())
	if v.Number != "" {
		p.line(1, "issued %s, due %s", v.IssueDate, v.DueDate)
	}
	if v.Raises.Number != "" {
		p.line(1, "raises %s of %s", v.Raises.Number, v.Raises.Issued)
	}
	for _, link := range v.Links {
		p.line(1, "%s %s (%s)", link.Kind, link.Number, link.Invoice)
	}
	if len(v.Holds) > 0 {
		p.line(1, "held: %s", strings.Join(v.Holds, ", "))
	}
	p.hops(1, v.Events)
	printed := map[domain.ShipmentID]bool{}
	for i, line := range v.Lines {
		p.line(1, "line %d: %s %s %s, shipment %s, delivered %s", i+1, line.Charge, line.Kind, line.Amount, line.Shipment, line.ServiceDate)
		line.writeTax(p, 2)
		line.Origin.write(p, 2, !printed[line.Shipment])
		printed[line.Shipment] = true
	}
	for _, c := range v.Credits {
		p.line(1, "credit %s %s: %s", c.ID, orDash(c.Number), c.Reason)
		p.hops(2, c.Events)
	}
	for _, c := range v.Payments {
		p.line(1, "payment %s: %s applied", c.Payment, c.Amount)
		p.hops(2, c.Events)
		p.hops(2, c.Cash)
	}
	for _, d := range v.Disputes {
		p.line(1, "dispute %s: %s", d.Dispute, orDash(string(d.Status)))
		p.hops(2, d.Events)
	}
	for _, d := range v.Postings {
		p.line(1, "posting %s (%s) of %s: %s%s", d.Document, d.Kind, d.Date, orDash(string(d.Status)), given(", in the ERP as ", d.ERPID))
		for _, e := range d.Entries {
			p.line(2, "%s %s %s %s  (%s)", e.Ref, e.Account, e.Side, e.Amount, e.why())
		}
		p.hops(2, d.Events)
	}
	return p.to.Flush()
}

// writeTax tells by which rule a line bears which taxes.
func (l LineTrace) writeTax(p printer, depth int) {
	d := l.Decision
	if d == nil {
		return
	}
	p.line(depth, "tax %s, %s in %s: rule %s of %s version %s, on %s", l.Tax, d.Code, d.Jurisdiction, d.Rule, d.Registrant, d.Version, d.TaxDate)
	p.line(depth+1, "by %s%s", d.Basis, given("; unconfirmed: ", d.Unconfirmed))
	for i, levy := range d.Levies {
		if i < len(l.Taxed.Levies) {
			p.line(depth+1, "%s %s: %s %% of %s is %s%s", levy.Tax, levy.Jurisdiction, levy.Percent, l.Amount, l.Taxed.Levies[i].Amount, given(", registration ", levy.Registration))
		}
	}
	for _, e := range d.Evidence {
		p.line(depth+1, "proved by %s %s%s", e.Evidence, e.Reference, given(" of ", e.Jurisdiction))
	}
	for _, passed := range d.PassedOver {
		p.line(depth+1, "rule %s was passed over for want of evidence", passed.Rule)
	}
}

// WriteText prints the trace as a tree for people.
func (c ChargeTrace) WriteText(w io.Writer) error {
	p := newPrinter(w)
	p.line(0, "charge %s of shipment %s: %s%s%s", c.Charge, c.Shipment, c.Status, given(", invoice ", string(c.Invoice)), given(": ", c.Reason))
	c.write(p, 1, true)
	return p.to.Flush()
}

func (c ChargeTrace) write(p printer, depth int, proof bool) {
	p.line(depth, "charge %s %s", c.Kind, c.Amount)
	if c.Basis.Tariff+c.Basis.Formula != "" {
		p.line(depth, "priced by %s version %s, %s", orDash(c.Basis.Tariff), orDash(c.Basis.Version), orDash(c.Basis.Formula))
	}
	if c.Basis.Sheet != nil {
		for line := range strings.Lines(c.Basis.Sheet.Text()) {
			p.line(depth+1, "%s", strings.TrimRight(line, "\n"))
		}
	}
	if c.ApprovedBy != "" {
		p.line(depth, "approved by %s%s%s", c.ApprovedBy, given(", who saw ", c.Approval), given(", digest ", c.Digest))
		for _, x := range c.Exhibits {
			p.line(depth+1, "%s: %s", x.Of, x.Shows)
		}
	}
	p.source(depth, c.Source, c.Entered)
	p.hops(depth, c.Events)
	if !proof {
		p.line(depth, "proof: as above for shipment %s", c.Shipment)
		return
	}
	p.line(depth, "proof: %s", orDash(c.Proof.Evidence))
	if pod := c.Proof.POD; pod != nil {
		p.line(depth+1, "proof of delivery %d: %s, %s%s%s", pod.Version, pod.Document, pod.State, given(", signed by ", pod.SignedBy), given(", verified by ", pod.VerifiedBy))
		p.hops(depth+2, pod.Events)
		p.source(depth+2, pod.Source, pod.Entered)
	}
	for _, d := range c.Proof.Deliveries {
		if d.Stop == 0 {
			p.line(depth+1, "shipment delivered %s", d.At)
		} else {
			p.line(depth+1, "stop %d delivered %s", d.Stop, d.At)
		}
		p.hop(depth+2, d.Event)
		if d.Stop != 0 {
			p.source(depth+2, d.Source, d.Entered)
		}
	}
}

// WriteText prints what was known, and the timeline, for people.
func (r ShipmentReplay) WriteText(w io.Writer) error {
	p := newPrinter(w)
	as := "as known now"
	if !r.AsOf.IsZero() {
		as = "as known at " + r.AsOf.Format(time.RFC3339)
	}
	p.line(0, "shipment %s %s: %s", r.ID, as, r.Status)
	p.line(1, "customer %s, currency %s, carrier %s", r.Customer, r.Currency, orDash(r.Carrier))
	p.line(1, "promised %s, delivered %s", orDash(r.Promised.Local), orDash(r.Delivered.Local))
	p.line(1, "proof of delivery: %s", orDash(strings.TrimSpace(r.POD.State+" "+r.POD.Document)))
	for _, ref := range r.References {
		p.line(1, "reference %s %s", ref.Kind, ref.Value)
	}
	for _, c := range r.Charges {
		p.line(1, "charge %s %s %s: %s%s%s", c.Charge, c.Kind, c.Amount, c.Status, given(", invoice ", string(c.Invoice)), given(": ", c.Reason))
	}
	for _, x := range r.Open {
		p.line(1, "open exception %s", x)
	}
	for _, h := range r.Holds {
		p.line(1, "not billed: %s", h)
	}
	p.line(1, "%d events were known, %d came later", r.Known, r.Later)
	p.line(0, "%-20s  %-36s  %s", "recorded", "happened", "event")
	for _, m := range r.Timeline {
		p.line(0, "%-20s  %-36s  #%d %s%s%s", m.Recorded.Format("2006-01-02T15:04:05Z07:00"), orDash(m.Happened), m.Revision, m.Type, given(": ", m.Says), given(" ← ", m.Source))
	}
	return p.to.Flush()
}
