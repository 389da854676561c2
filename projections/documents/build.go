package documents

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// Extras is what a document states and the event does not hold.
type Extras struct {
	Seller, Buyer  Party
	Remit          Remit
	BuyerReference string
	Order          string
	Contract       string
	Terms          string
	Notes          []string

	// Debits names the invoices that this one raises: it is a debit memo then.
	Debits []Preceding
	// Invoices gives number and date of the invoices that lines were credited
	// from, by which a rebill names them.
	Invoices  map[domain.InvoiceID]Preceding
	Shipments map[domain.ShipmentID]ShipmentExtras
	Charges   map[domain.ChargeRef]ChargeExtras
}

// ShipmentExtras is what is known of a shipment beside its charges.
type ShipmentExtras struct {
	References []domain.Reference
	Stops      []Stop
	Proof      Proof
	Tax        TaxRule // of all its charges
}

// ChargeExtras is what is known of a charge beside its amount.
type ChargeExtras struct {
	Basis domain.Basis
	// Unit is the basis's quantity in UN/ECE recommendation 20: "LBR", "SMI".
	Unit string
	// Tax replaces the shipment's rule.
	Tax *TaxRule
	// Derivation replaces the steps that follow from the basis.
	Derivation []string
}

// FromIssued is the document of an issued invoice. Its errors are of the kinds
// that Check gives, all of them joined.
func FromIssued(e domain.InvoiceIssued, x Extras) (Invoice, error) {
	x, problems := x.soldBy(Invoice{Number: e.Number}, e.Taxed)
	x.Order = cmp.Or(x.Order, x.orderOf(e))
	v := newInvoice(Bill, e.Number, e.IssueDate, e.Candidate.Currency, x)
	v.DueDate, v.Net, v.Tax, v.Total = e.DueDate, e.Net, e.Tax, e.Total
	v = v.inBooks(e.Exchange)
	if len(x.Debits) > 0 {
		v.Kind, v.Replaces = DebitMemo, x.Debits
	}
	for i, line := range e.Lines {
		at := fmt.Sprintf("Lines[%d]", i)
		if line.Rebills != "" && v.Kind != DebitMemo {
			v.Kind = Rebill
			before, known := x.Invoices[line.Rebills]
			if !known {
				problems.add(v, at+".Rebills", "BT-25 preceding invoice reference", "", fmt.Sprintf("bills again what invoice %s billed, whose number is not given: fill Extras.Invoices", line.Rebills))
			} else if !slices.Contains(v.Replaces, before) {
				v.Replaces = append(v.Replaces, before)
			}
		}
		l, err := billed(line, e.Taxed, x)
		if err != nil {
			problems.add(v, at, "BG-25 invoice line", "", err.Error())
			continue
		}
		v.place(line.Shipment, l, x)
	}
	if e.Taxed != nil && problems == nil {
		v.checkSubtotals(&problems, e.Taxed)
	}
	return v.finished(problems)
}

// FromCredit is the document of a credit memo: of is the invoice that it
// credits, from which its lines have their descriptions.
func FromCredit(e domain.CreditIssued, of domain.InvoiceIssued, x Extras) (Invoice, error) {
	x, problems := x.soldBy(Invoice{Number: e.Number}, of.Taxed)
	x.Order = cmp.Or(x.Order, x.orderOf(of))
	v := newInvoice(CreditMemo, e.Number, e.Date, of.Candidate.Currency, x)
	v.Replaces = []Preceding{{of.Number, of.IssueDate}}
	v.Total = e.Total
	if e.Reason != "" {
		v.Notes = append([]string{"Reason: " + e.Reason}, v.Notes...)
	}
	v = v.inBooks(e.Exchange)
	if e.Of != of.Number || e.Invoice != of.Invoice {
		problems.add(v, "Replaces", "BT-25 preceding invoice reference", "", fmt.Sprintf("credits invoice %s (%s), not %s (%s)", e.Of, e.Invoice, of.Number, of.Invoice))
	}
	var net, tax []money.Money
	for i, credit := range e.Lines {
		at := fmt.Sprintf("Lines[%d]", i)
		n := slices.IndexFunc(of.Lines, func(l domain.BillLine) bool { return l.Shipment == credit.Shipment && l.Charge == credit.Charge })
		if n < 0 {
			problems.add(v, at, "BG-25 invoice line", "", fmt.Sprintf("invoice %s has no charge %s of shipment %s", of.Number, credit.Charge, credit.Shipment))
			continue
		}
		line := of.Lines[n]
		whole := line.Amount.Equal(credit.Amount)
		if !credit.Amount.IsSet() { // tax alone
			credit.Amount = money.Zero(v.Currency)
		}
		line.Taxed = givenBack(line, e.Credit)
		line.Amount, line.Tax = credit.Amount, credit.Tax
		var parts = x
		if !whole {
			parts = withoutBasis(x, domain.ChargeRef{Shipment: credit.Shipment, Charge: credit.Charge})
		}
		l, err := billed(line, of.Taxed, parts)
		if err != nil {
			problems.add(v, at, "BG-25 invoice line", "", err.Error())
			continue
		}
		net, tax = append(net, l.Net), append(tax, l.Tax)
		v.place(line.Shipment, l, x)
	}
	// The event states the total alone; Check holds it against these sums.
	var err error
	if v.Net, err = money.Sum(v.Currency, net...); err != nil {
		problems.add(v, "Net", "BT-109 total without tax", "", err.Error())
	}
	if v.Tax, err = money.Sum(v.Currency, tax...); err != nil {
		problems.add(v, "Tax", "BT-110 total tax", "", err.Error())
	}
	return v.finished(problems)
}

// orderOf is the purchase order that an invoice was made for, "" where it was
// made for several or none, or bills a shipment that names others only: lines may
// have been moved to it by hand.
func (x Extras) orderOf(e domain.InvoiceIssued) string {
	order := e.Candidate.PO
	for _, line := range e.Lines {
		names, has := false, false
		for _, r := range x.Shipments[line.Shipment].References {
			if strings.EqualFold(r.Kind, "PO") {
				names, has = true, has || r.Value == order
			}
		}
		if names && !has {
			return ""
		}
	}
	return order
}

// withoutBasis leaves out how a charge was computed: a part of it was not
// computed so.
func withoutBasis(x Extras, ref domain.ChargeRef) Extras {
	x.Charges = map[domain.ChargeRef]ChargeExtras{ref: {Tax: x.Charges[ref].Tax}}
	return x
}

func newInvoice(kind Kind, number, date string, c money.Currency, x Extras) Invoice {
	return Invoice{Kind: kind, Number: number, IssueDate: date, Currency: c, Seller: x.Seller, Buyer: x.Buyer, Remit: x.Remit,
		BuyerReference: x.BuyerReference, Order: x.Order, Contract: x.Contract, Terms: x.Terms, Notes: slices.Clone(x.Notes)}
}

// place puts a line with the others of its shipment.
func (v *Invoice) place(id domain.ShipmentID, l Line, x Extras) {
	i := slices.IndexFunc(v.Shipments, func(s Shipment) bool { return s.ID == id })
	if i < 0 {
		i = len(v.Shipments)
		more := x.Shipments[id]
		v.Shipments = append(v.Shipments, Shipment{ID: id, References: more.References, Stops: more.Stops, Proof: more.Proof})
	}
	v.Shipments[i].Lines = append(v.Shipments[i].Lines, l)
}

// finished numbers the lines as they are printed and checks the document.
func (v Invoice) finished(found problems) (Invoice, error) {
	n := 0
	for i := range v.Shipments {
		for j := range v.Shipments[i].Lines {
			n++
			v.Shipments[i].Lines[j].Number = n
		}
	}
	if found != nil {
		return Invoice{}, found.err()
	}
	if err := v.Check(); err != nil {
		return Invoice{}, err
	}
	return v, nil
}

// billed is a line as the event has it, with what is known beside.
func billed(b domain.BillLine, t *domain.Taxed, x Extras) (Line, error) {
	more := x.Charges[domain.ChargeRef{Shipment: b.Shipment, Charge: b.Charge}]
	rule, levies, err := taxed(b, t, more, x)
	if err != nil {
		return Line{}, err
	}
	tax := b.Tax
	if !tax.IsSet() {
		tax = money.Zero(b.Amount.Currency())
	}
	l := Line{Charge: b.Charge, Kind: b.Kind, Code: b.Code, Description: b.Description, Net: b.Amount, Tax: tax,
		TaxRule: rule, Levies: levies, ServiceDate: b.ServiceDate, Derivation: more.Derivation}
	if more.Basis.Formula == "" {
		return l, nil
	}
	amount, err := more.Basis.Amount(b.Amount.Currency())
	if err != nil {
		return Line{}, fmt.Errorf("charge %s of shipment %s: %w", b.Charge, b.Shipment, err)
	}
	if !amount.Equal(b.Amount) {
		return Line{}, fmt.Errorf("charge %s of shipment %s is %s, its basis gives %s", b.Charge, b.Shipment, b.Amount, amount)
	}
	l.Measure = measure(more.Basis, more.Unit, b.Amount)
	if l.Derivation == nil {
		l.Derivation = steps(more.Basis, b.Amount)
	}
	return l, nil
}

// taxed is the rule by which a line is taxed, with each of its taxes where
// there are several: as its issuer decided, or else as the terms say.
func taxed(b domain.BillLine, t *domain.Taxed, more ChargeExtras, x Extras) (TaxRule, []Levy, error) {
	if t != nil {
		return decided(t, b)
	}
	rule := x.Shipments[b.Shipment].Tax
	if more.Tax != nil {
		rule = *more.Tax
	}
	if rule == (TaxRule{}) {
		rule.Code = b.TaxCode
	}
	if stated := (TaxRule{Code: b.TaxCode}); stated.code() != rule.code() {
		return TaxRule{}, nil, fmt.Errorf("charge %s of shipment %s is taxed as %s, the rule given is %s", b.Charge, b.Shipment, stated.code(), rule.code())
	}
	return rule, nil, nil
}
