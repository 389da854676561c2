package domain

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/tax"
)

// Tax is decided when a candidate is sealed, by the rules that its issuer has
// adopted for the date of service of each line, and computed over all of its
// lines. The invoice keeps all that it went by: it can be computed again from
// itself and the version of the rules that it names.

// Taxed is how the tax of an invoice was decided. Lines refer to it by place.
type Taxed struct {
	Registrant string         `json:"registrant"`
	Seller     Issuer         `json:"seller"`    // as it was
	Buyer      tax.Customer   `json:"buyer"`     // as it was
	Facts      []TaxFacts     `json:"facts"`     // of movements, each once
	Decisions  []tax.Decision `json:"decisions"` // each once, without the evidence, which lines name
	Subtotals  []tax.Subtotal `json:"subtotals"` // by code, tax and percentage
	Notices    []string       `json:"notices,omitempty"`
}

// TaxedLine is the tax of a line.
type TaxedLine struct {
	Facts    int            `json:"facts"`    // place in Taxed.Facts, from 0
	Decision int            `json:"decision"` // place in Taxed.Decisions, from 0
	Evidence []tax.Evidence `json:"evidence,omitempty"`
	Levies   []Levied       `json:"levies,omitempty"` // one for each of the decision's
}

// Levied is an amount of one tax.
type Levied struct {
	Tax          string      `json:"tax"`          // "HST", "QST"
	Jurisdiction string      `json:"jurisdiction"` // "CA-ON"
	Amount       money.Money `json:"amount"`
}

// lack is what keeps tax from being decided.
type lack struct {
	reason string
	text   string
}

// sealing is what tax at the seal goes by.
type sealing struct {
	listed     IssuerListed
	registrant Registrant
	buyer      tax.Customer
}

// issuer learns who bills a candidate. None is answered where nobody was set
// up, or no default that it could go to: then the terms of its orders say the
// tax.
func (c SealCandidate) issuer(v Invoice) (*sealing, *lack, error) {
	issuers, err := known[Issuers](c.knowledge, IssuersStream)
	if err != nil {
		return nil, nil, err
	}
	id := cmp.Or(v.Candidate.Issuer, issuers.Default)
	if id == "" || len(issuers.Listed) == 0 {
		return nil, nil, nil
	}
	s := sealing{buyer: c.Buyer}
	s.buyer.Customer = string(v.Candidate.Customer)
	var listed bool
	if s.registrant, err = known[Registrant](c.knowledge, RegistrantStream(id)); err != nil {
		return nil, nil, err
	}
	if s.listed, listed = issuers.issuer(id); !listed {
		s.registrant.ID = id
		return &s, &lack{HoldIssuer, "registrant " + id + " is not set up"}, nil
	}
	return &s, nil, nil
}

// decide determines the tax of every line. Lines without an answer lack
// something, which is told.
func (s sealing) decide(v Invoice) ([]tax.Decision, *lack) {
	var lacks []lack
	decisions := make([]tax.Decision, len(v.Lines))
	for i, line := range v.Lines {
		var err error
		facts := line.taxFacts(s.buyer)
		rules, err := s.registrant.Rules.On(facts.TaxDate)
		if err == nil {
			decisions[i], err = rules.Determine(facts)
		}
		at := fmt.Sprintf("shipment %s, charge %s: ", line.Shipment, line.Charge)
		if fact, ok := errors.AsType[*tax.FactError](err); ok {
			lacks = append(lacks, lack{HoldTaxFacts, at + fact.Error()})
		} else if err != nil {
			if _, none := errors.AsType[*tax.NotInForceError](err); none && len(s.registrant.Rules) == 0 {
				err = fmt.Errorf("registrant %s has adopted no tax rules", s.registrant.ID)
			}
			lacks = append(lacks, lack{HoldTaxRules, at + err.Error()})
		}
		for _, need := range decisions[i].Lacks {
			text := fmt.Sprintf("%srule %s needs %s", at, decisions[i].Rule, need.Evidence)
			if need.Detail != "" {
				text += ": " + need.Detail
			}
			lacks = append(lacks, lack{HoldTaxFacts, text})
		}
	}
	if len(lacks) == 0 {
		return decisions, nil
	}
	return nil, told(lacks)
}

// maxLacks bounds how many lacks a hold tells one by one.
const maxLacks = 20

// told puts lacks of the first kind into one text.
func told(lacks []lack) *lack {
	first := lack{reason: lacks[0].reason}
	var texts []string
	for _, l := range lacks {
		if l.reason == first.reason {
			texts = append(texts, l.text)
		}
	}
	if more := len(texts) - maxLacks; more > 0 {
		texts = append(texts[:maxLacks], fmt.Sprintf("and %d lines more", more))
	}
	first.text = strings.Join(texts, "; ")
	return &first
}

// taxFacts are all that tax knows of a line. A discount is taxed as what it is
// taken off: freight.
func (l BillLine) taxFacts(buyer tax.Customer) tax.Facts {
	f := tax.Facts{TaxDate: l.ServiceDate, Customer: buyer, Charge: string(l.Kind), ChargeCode: l.Code}
	if l.Kind == Discount {
		f.Charge = string(Freight)
	}
	if known := l.Facts; known != nil {
		f.Origin, f.Destination, f.Via = known.Origin, known.Destination, known.Via
		f.ShippedFrom, f.ShippedTo = known.ShippedFrom, known.ShippedTo
		f.Circumstances, f.Evidence = known.Circumstances, known.Evidence
	}
	return f
}

// computed makes the tax of the lines by their decisions, rounded as the rules
// say (rules 26, 33).
func (v Invoice) computed(decisions []tax.Decision) (tax.Bill, error) {
	lines := make([]tax.Line, len(v.Lines))
	for i, line := range v.Lines {
		lines[i] = tax.Line{Line: line.id(), Net: line.Amount, Decision: decisions[i]}
	}
	return tax.Compute(v.Candidate.Currency, lines)
}

// id names a line within its invoice.
func (l BillLine) id() string { return string(l.Shipment) + " " + string(l.Charge) }

// kept is what an invoice keeps of its tax.
func (v Invoice) kept(decisions []tax.Decision, bill tax.Bill, seller Issuer, registrant string, buyer tax.Customer) (*Taxed, []TaxedLine) {
	lines := make([]TaxedLine, len(v.Lines))
	var facts distinct[TaxFacts]
	var once distinct[tax.Decision]
	for i, line := range v.Lines {
		d := decisions[i]
		var known TaxFacts
		if line.Facts != nil {
			known = *line.Facts
		}
		lines[i] = TaxedLine{Facts: facts.place(known), Evidence: d.Evidence}
		for _, a := range bill.Lines[i].Amounts {
			lines[i].Levies = append(lines[i].Levies, Levied{a.Tax, a.Jurisdiction, a.Amount})
		}
		d.Evidence = nil
		lines[i].Decision = once.place(d)
	}
	return &Taxed{registrant, seller, buyer, facts.all, once.all, bill.Subtotals, bill.Notices}, lines
}

// distinct is a list of different values, by what they are stored as.
type distinct[T any] struct {
	all []T
	at  map[string]int
}

// place is where a value stands in the list, to which it is added if it is new.
func (d *distinct[T]) place(x T) int {
	text, err := json.Marshal(x)
	if i, known := d.at[string(text)]; known && err == nil {
		return i
	}
	if d.at == nil {
		d.at = map[string]int{}
	}
	d.at[string(text)] = len(d.all)
	d.all = append(d.all, x)
	return len(d.all) - 1
}

// decided gives the stored decision of a line back whole.
func (t *Taxed) decided(l TaxedLine) tax.Decision {
	d := t.Decisions[l.Decision]
	d.Evidence = l.Evidence
	return d
}

// LineTax is the tax of a line as package tax computed it, none where the terms
// of its order said the tax.
func (t *Taxed) LineTax(line BillLine) (tax.LineTax, bool) {
	if t == nil || line.Taxed == nil || line.Taxed.Decision >= len(t.Decisions) {
		return tax.LineTax{}, false
	}
	d := t.Decisions[line.Taxed.Decision]
	if len(d.Levies) != len(line.Taxed.Levies) {
		return tax.LineTax{}, false
	}
	out := tax.LineTax{Line: line.id(), Net: line.Amount, Code: d.Code, Jurisdiction: d.Jurisdiction, Registration: d.Registration,
		Category: d.Category, VATEX: d.VATEX, Tax: line.Tax}
	for i, levy := range d.Levies {
		means := tax.Rounded
		if levy.Round.Per == tax.PerInvoice {
			means = tax.Allotted
		}
		out.Amounts = append(out.Amounts, tax.Amount{Tax: levy.Tax, Jurisdiction: levy.Jurisdiction, Registration: levy.Registration, Net: line.Amount,
			Percent: levy.Percent, Exact: line.Amount.Amount().Mul(levy.Percent.Exact()).Shift(-2).String(), Means: means, Round: levy.Round, Amount: line.Taxed.Levies[i].Amount})
	}
	return out, true
}

// withTax puts the tax of a seal on the lines; where it decided none they keep
// theirs.
func withTax(lines []BillLine, t *Taxed, taxed []TaxedLine) []BillLine {
	if len(taxed) != len(lines) {
		return lines
	}
	lines = slices.Clone(lines)
	for i := range lines {
		l := &lines[i]
		l.Tax, l.TaxCode, l.Taxed = money.Zero(l.Amount.Currency()), string(t.Decisions[taxed[i].Decision].Code), &taxed[i]
		for _, levy := range taxed[i].Levies {
			// All in the invoice's one currency, so Add cannot fail.
			if sum, err := l.Tax.Add(levy.Amount); err == nil {
				l.Tax = sum
			}
		}
	}
	return lines
}

// issuedLines are lines as an invoice states them: what tax went by stands once
// in Taxed.
func issuedLines(lines []BillLine) []BillLine {
	lines = slices.Clone(lines)
	for i := range lines {
		lines[i].Facts = nil
	}
	return lines
}
