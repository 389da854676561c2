package documents

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
)

// A sheet is a document put into words: the same for HTML and PDF.
type sheet struct {
	Title    string // "Invoice INV-2024-000001"
	Number   string
	Currency string
	Parties  []block // seller and buyer
	Facts    []fact
	Groups   []group
	Taxes    []taxRow
	Totals   []fact // the last is what is to be paid
	Payment  []fact
	Hint     string
	Notes    []string
	Annex    []derived
}

// block is a party's name, address and numbers.
type block struct {
	Heading string
	Name    string
	Lines   []string
}

type fact struct {
	Label, Value string
	Day          string // of a date, as machines read it
}

// group is a shipment.
type group struct {
	Heading string
	Facts   []fact // references and proof of delivery
	Stops   []string
	Rows    []row
}

type row struct {
	Number, Description, Code, Date, Quantity, Rate, TaxRate, Tax, Net string
}

type taxRow struct{ Label, Text, Taxable, Tax string }

type derived struct {
	Number, Description string
	Steps               []string
}

func (v Invoice) sheet() (sheet, error) {
	taxes, err := v.TaxSummary()
	if err != nil {
		return sheet{}, err
	}
	s := sheet{Title: v.Kind.title() + " " + v.Number, Number: v.Number, Currency: string(v.Currency),
		Parties: []block{v.Seller.block("From"), v.Buyer.block("To")}, Facts: v.facts(), Notes: v.Notes}
	for _, shipment := range v.Shipments {
		s.Groups = append(s.Groups, shipment.group())
		for _, l := range shipment.Lines {
			if len(l.Derivation) > 0 {
				s.Annex = append(s.Annex, derived{fmt.Sprint(l.Number), l.name(), l.Derivation})
			}
		}
	}
	for _, t := range taxes {
		text := t.Rule.Text
		if t.Rule.code() == domain.TaxReverseCharge {
			_, text = t.Rule.exemption()
		}
		s.Taxes = append(s.Taxes, taxRow{t.Rule.label(), text, t.Taxable.Grouped(), t.Tax.Grouped()})
	}
	due := "Amount due"
	if v.Kind == CreditMemo {
		due = "Amount credited"
	}
	s.Totals = []fact{{Label: "Total without tax", Value: v.Net.Grouped()}, {Label: "Tax", Value: v.Tax.Grouped()},
		{Label: due, Value: v.Total.Grouped() + " " + string(v.Currency)}}
	if v.Kind != CreditMemo {
		s.Payment, s.Hint = v.payment(), v.Remit.Hint
	}
	return s, nil
}

func (k Kind) title() string {
	switch k {
	case CreditMemo:
		return "Credit memo"
	case DebitMemo:
		return "Debit memo"
	}
	return "Invoice"
}

func (p Party) block(heading string) block {
	b := block{Heading: heading, Name: p.Name, Lines: slices.Clone(p.Address.Lines)}
	b.add(p.Address.city())
	for _, id := range p.TaxIDs {
		b.add(cmp.Or(id.Label, id.Scheme.label()) + " " + id.Value)
	}
	if p.ID != "" {
		b.add("Account " + p.ID)
	}
	b.add(joined(", ", p.Contact.Name, p.Contact.Phone, p.Contact.Email))
	return b
}

// city is an address's last line, with the postal code where the country
// writes it.
func (a Address) city() string {
	switch a.Country {
	case "US", "CA", "AU", "GB":
		return joined(", ", a.City, joined(" ", a.Region, a.PostalCode), a.Country)
	}
	return joined(", ", joined(" ", a.PostalCode, a.City), a.Region, a.Country)
}

func (b *block) add(line string) {
	if line != "" {
		b.Lines = append(b.Lines, line)
	}
}

func (s TaxScheme) label() string {
	switch s {
	case VATNumber:
		return "VAT"
	case TaxRegistration:
		return "Tax registration"
	}
	return "Registration"
}

// facts are the header's table.
func (v Invoice) facts() []fact {
	facts := []fact{{Label: v.Kind.title() + " number", Value: v.Number}, dated("Issued", v.IssueDate)}
	if v.DueDate != "" {
		facts = append(facts, dated("Due", v.DueDate))
	}
	if first, last := v.service(); first == last && first != "" {
		facts = append(facts, dated("Service date", first))
	} else if first != "" {
		facts = append(facts, fact{Label: "Service dates", Value: date(first) + " to " + date(last)})
	}
	facts = append(facts, fact{Label: "Currency", Value: string(v.Currency)})
	for _, more := range []fact{{Label: "Your reference", Value: v.BuyerReference}, {Label: "Your order", Value: v.Order}, {Label: "Contract", Value: v.Contract}} {
		if more.Value != "" {
			facts = append(facts, more)
		}
	}
	label := map[Kind]string{CreditMemo: "Credits invoice", DebitMemo: "Raises invoice", Rebill: "Bills again what was billed by"}[v.Kind]
	for _, r := range v.Replaces {
		value := r.Number
		if r.Date != "" {
			value += " of " + date(r.Date)
		}
		facts = append(facts, fact{Label: cmp.Or(label, "Refers to"), Value: value})
	}
	return facts
}

// service is the first and last day of service.
func (v Invoice) service() (first, last string) {
	for _, l := range v.lines() {
		if day := l.ServiceDate; day != "" {
			if first == "" || day < first {
				first = day
			}
			last = max(last, day)
		}
	}
	return first, last
}

func (s Shipment) group() group {
	g := group{Heading: "Shipment " + string(s.ID)}
	for _, r := range s.References {
		g.Facts = append(g.Facts, fact{Label: r.Kind, Value: r.Value})
	}
	if proof := joined(", ", s.Proof.Document, prefixed("signed by ", s.Proof.SignedBy), prefixed("on ", date(s.Proof.Date))); proof != "" {
		g.Facts = append(g.Facts, fact{Label: "Proof of delivery", Value: proof})
	}
	for _, stop := range s.Stops {
		role := stop.Role
		if role != "" {
			role = strings.ToUpper(role[:1]) + role[1:] + ": "
		}
		g.Stops = append(g.Stops, role+joined(", ", stop.Name, stop.Place, date(stop.Date)))
	}
	for _, l := range s.Lines {
		r := row{Number: fmt.Sprint(l.Number), Description: l.name(), Code: l.Code, Date: date(l.ServiceDate),
			TaxRate: l.rates(), Tax: l.Tax.Grouped(), Net: l.Net.Grouped()}
		if l.Measure != nil {
			r.Quantity, r.Rate = l.Measure.words()
		}
		g.Rows = append(g.Rows, r)
	}
	return g
}

// rates are those of a line's taxes in a narrow column.
func (l Line) rates() string {
	var rates []string
	for _, levy := range l.taxes() {
		rates = append(rates, levy.Rule.short())
	}
	return strings.Join(rates, " + ")
}

// words puts a measure into a cell for the quantity and one for the rate.
func (m Measure) words() (quantity, rate string) {
	unit := symbol(m.Unit)
	if m.Unit == "P1" {
		return exact(m.Quantity) + "%", "of " + exact(m.Rate)
	}
	quantity, rate = joined(" ", exact(m.Quantity), unit), exact(m.Rate)
	if m.Per.Equal(hundred) || m.Per.GreaterThan(hundred) {
		rate += joined(" ", " per", exact(m.Per), unit)
	} else if unit != "" {
		rate += " per " + unit
	}
	return quantity, rate
}

// symbol is what people write for a unit of UN/ECE recommendation 20.
func symbol(unit string) string {
	switch unit {
	case "C62":
		return ""
	case "LBR":
		return "lb"
	case "CWA":
		return "cwt"
	case "KGM":
		return "kg"
	case "TNE":
		return "t"
	case "SMI":
		return "mi"
	case "KMT":
		return "km"
	case "HUR":
		return "h"
	case "MIN":
		return "min"
	case "DAY":
		return "d"
	}
	return unit
}

// payment is how to pay, and until when.
func (v Invoice) payment() []fact {
	var facts []fact
	add := func(label, value string) {
		if value != "" {
			facts = append(facts, fact{Label: label, Value: value})
		}
	}
	add("Terms", v.Terms)
	if v.DueDate != "" {
		facts = append(facts, dated("Pay by", v.DueDate))
	}
	r := v.Remit
	add("Remit to", cmp.Or(r.Payee, v.Seller.Name))
	add("Address", joined(", ", r.Address...))
	add("Account", r.Account)
	add("Account holder", r.Holder)
	add("BIC", r.Bank)
	add("Routing number", r.Routing)
	add("Reference", cmp.Or(r.Reference, v.Number))
	return facts
}

func dated(label, day string) fact { return fact{Label: label, Value: date(day), Day: day} }

// date is a civil date that reads the same on both sides of the Atlantic:
// "31 Mar 2024".
func date(day string) string {
	t, err := time.Parse(domain.DayLayout, day)
	if err != nil {
		return ""
	}
	return t.Format("2 Jan 2006")
}

// joined joins what is not empty.
func joined(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(s string) bool { return s == "" }), sep)
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
