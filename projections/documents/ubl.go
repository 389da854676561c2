package documents

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// customization is BT-24 of a document that keeps to EN 16931 and no more.
const customization = "urn:cen.eu:en16931:2017"

// Codes of UNTDID 1001 (BT-3). A rebill is an invoice of its own: what it bills
// again was credited in full (rule 37), so it corrects nothing (384).
const (
	codeInvoice    = "380"
	codeCreditNote = "381"
	codeDebitNote  = "383"
)

const codeCreditTransfer = "30" // UNCL 4461

// taxScheme is what EN 16931 calls every tax of its breakdown, GST and HST
// too: its rules look for no other.
const taxScheme = "VAT"

// ubl is the document in UBL 2.1; standard holds it to EN 16931.
func (v Invoice) ubl(standard bool) ([]byte, error) {
	rows, err := v.breakdown()
	if err != nil {
		return nil, err
	}
	if standard {
		if err := v.checkStandard(rows); err != nil {
			return nil, err
		}
	}
	d := v.ublHead()
	if standard {
		d.Customization = customization
	}
	total := ublTaxTotal{Amount: amount(v.Tax)}
	for _, row := range rows {
		category := row.Rule.ublCategory(v.several())
		category.ReasonCode, category.Reason = row.Rule.Exemption, row.Rule.Text
		total.Subtotals = append(total.Subtotals, ublSubtotal{amount(row.Taxable), amount(row.Tax), category})
	}
	d.TaxTotals = []ublTaxTotal{total}
	if v.statesTaxInBooks() {
		d.TaxCurrency = string(v.Exchange.Tax.Currency())
		d.TaxTotals = append(d.TaxTotals, ublTaxTotal{Amount: amount(v.Exchange.Tax)})
	}
	d.Totals = ublTotals{amount(v.Net), amount(v.Net), amount(v.Total), amount(v.Total)}
	for _, s := range v.Shipments {
		for _, l := range s.Lines {
			if v.Kind == CreditMemo {
				d.CreditLines = append(d.CreditLines, l.ubl(s, true, v.several()))
			} else {
				d.InvoiceLines = append(d.InvoiceLines, l.ubl(s, false, v.several()))
			}
		}
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	encoder := xml.NewEncoder(&b)
	encoder.Indent("", "  ")
	if err := encoder.Encode(d); err != nil {
		return nil, fmt.Errorf("document %s: %w", v.Number, err)
	}
	b.WriteByte('\n')
	return tame(b.Bytes()), nil
}

func (v Invoice) ublHead() ublDocument {
	d := ublDocument{Aggregates: namespaceAggregates, Basics: namespaceBasics, ID: v.Number, IssueDate: v.IssueDate,
		Notes: v.ublNotes(), Currency: string(v.Currency), BuyerReference: v.BuyerReference}
	switch v.Kind {
	case CreditMemo:
		d.XMLName.Local, d.Namespace, d.CreditNoteType = "CreditNote", namespaceCreditNote, codeCreditNote
	case DebitMemo:
		d.XMLName.Local, d.Namespace, d.InvoiceType = "Invoice", namespaceInvoice, codeDebitNote
	default:
		d.XMLName.Local, d.Namespace, d.InvoiceType = "Invoice", namespaceInvoice, codeInvoice
	}
	for _, r := range v.Replaces {
		d.Billing = append(d.Billing, ublBilling{ublReference{ID: ublID{Value: r.Number}, IssueDate: r.Date}})
	}
	if order := v.order(); order != "" {
		d.Order = &ublReference{ID: ublID{Value: order}}
	}
	if v.Contract != "" {
		d.Contract = &ublReference{ID: ublID{Value: v.Contract}}
	}
	for _, s := range v.Shipments {
		if p := s.Proof; p.Document != "" {
			d.Additional = append(d.Additional, ublReference{ID: ublID{Value: p.Document}, Description: "Proof of delivery of shipment " + string(s.ID) + prefixed(", signed by ", p.SignedBy) + prefixed(", ", p.Date)})
		}
	}
	if first, last := v.service(); first != "" && first == last {
		d.Delivery = &ublDelivery{first}
	} else if first != "" {
		d.Period = &ublPeriod{first, last}
	}
	d.Supplier, d.Customer = v.Seller.ubl(v.outOfScope(), true), v.Buyer.ubl(v.outOfScope(), false)
	if v.Remit.Payee != "" && v.Remit.Payee != v.Seller.Name {
		d.Payee = &ublPayee{v.Remit.Payee}
	}
	if v.Terms != "" {
		d.Terms = &ublTerms{v.Terms}
	}
	if v.Kind != CreditMemo {
		d.DueDate, d.Means = v.DueDate, v.means()
	}
	return d
}

// ublNotes are the notes, and the notices of the tax that the standard lets stand
// in no other place: it wants no reason beside a rate, even one of nought.
func (v Invoice) ublNotes() []string {
	notes := slices.Clone(v.Notes)
	for _, l := range v.lines() {
		if r := l.TaxRule; r.Decided && !r.reasoned() && r.Text != "" && !slices.Contains(notes, r.Text) {
			notes = append(notes, r.Text)
		}
	}
	return notes
}

// means is nil where the document does not say how to pay.
func (v Invoice) means() *ublMeans {
	r := v.Remit
	if r.Means == "" && r.Account == "" {
		return nil
	}
	m := &ublMeans{Code: cmp.Or(r.Means, codeCreditTransfer), Reference: cmp.Or(r.Reference, v.Number)}
	if r.Account != "" {
		m.Account = &ublAccount{ID: r.Account, Holder: r.Holder}
		if bank := cmp.Or(r.Bank, r.Routing); bank != "" {
			m.Account.Bank = &ublReference{ID: ublID{Value: bank}} // BIC or national clearing code
		}
	}
	return m
}

// order is the one purchase order of the document, "" where shipments have
// different ones: those stand with their lines.
func (v Invoice) order() string {
	if v.Order != "" {
		return v.Order
	}
	var order string
	for _, s := range v.Shipments {
		of := s.reference("PO")
		if of == "" || order != "" && of != order {
			return ""
		}
		order = of
	}
	return order
}

func (s Shipment) reference(kind string) string {
	i := slices.IndexFunc(s.References, func(r domain.Reference) bool { return r.Kind == kind })
	if i < 0 {
		return ""
	}
	return s.References[i].Value
}

// outOfScope tells a document without any tax, which must not name numbers
// for VAT (BR-O-02).
func (v Invoice) outOfScope() bool {
	return !slices.ContainsFunc(v.lines(), func(l Line) bool { return l.TaxRule.category() != categoryOut })
}

func (p Party) ubl(outOfScope, seller bool) ublParty {
	u := ublParty{Entity: ublEntity{Name: p.Name, Company: p.taxID(LegalRegistration)}, Address: p.Address.ubl()}
	if p.ID != "" {
		u.Identification = &ublReference{ID: ublID{Value: p.ID}}
	}
	if id := p.taxID(VATNumber); id != "" && !outOfScope {
		u.Taxes = append(u.Taxes, ublPartyTax{id, taxScheme})
	}
	if id := p.taxID(TaxRegistration); id != "" && seller {
		u.Taxes = append(u.Taxes, ublPartyTax{id, "TAX"})
	}
	if p.Contact != (Contact{}) {
		u.Contact = &ublContact{p.Contact.Name, p.Contact.Phone, p.Contact.Email}
	}
	return u
}

// taxID is the first of a scheme; UBL-SR-11 to 18 admit no second.
func (p Party) taxID(scheme TaxScheme) string {
	i := slices.IndexFunc(p.TaxIDs, func(id TaxID) bool { return id.Scheme == scheme })
	if i < 0 {
		return ""
	}
	return p.TaxIDs[i].Value
}

func (a Address) ubl() ublAddress {
	u := ublAddress{City: a.City, PostalZone: a.PostalCode, Region: a.Region, Country: ublCountry{a.Country}}
	if len(a.Lines) > 0 {
		u.Street = a.Lines[0]
	}
	if len(a.Lines) > 1 {
		u.Additional = a.Lines[1]
	}
	if len(a.Lines) > 2 {
		u.Line = &ublAddressLine{joined(", ", a.Lines[2:]...)}
	}
	return u
}

// ublCategory is BG-30. Where several taxes are charged on one line each has its
// own name, which EN 16931 does not admit.
func (r TaxRule) ublCategory(several bool) ublCategory {
	c := ublCategory{ID: r.category(), Scheme: taxScheme}
	if several && r.Name != "" {
		c.Scheme = r.Name
	}
	if c.ID == categoryOut {
		return c // BR-O-05: no rate
	}
	c.Percent = "0"
	if percent, err := r.percent(); err == nil && levied(c.ID) {
		c.Percent = percent.String()
	}
	return c
}

func (l Line) ubl(s Shipment, credit, several bool) ublLine {
	quantity, price := l.priced()
	u := ublLine{ID: fmt.Sprint(l.Number), Net: amount(l.Net), Price: price,
		Item: ublItem{Name: l.name(), Properties: s.properties()}}
	for _, levy := range l.taxes() {
		u.Item.Categories = append(u.Item.Categories, levy.Rule.ublCategory(several))
	}
	if credit {
		u.Credited = &quantity
	} else {
		u.Invoiced = &quantity
	}
	if l.ServiceDate != "" {
		u.Period = &ublPeriod{l.ServiceDate, l.ServiceDate}
	}
	if l.Code != "" {
		u.Item.SellersID = &ublReference{ID: ublID{Value: l.Code}}
	}
	// UNTDID 1153: CN carrier's reference number, BM bill of lading number.
	for _, by := range []struct{ kind, scheme string }{{"PRO", "CN"}, {"BOL", "BM"}} {
		if number := s.reference(by.kind); number != "" {
			u.Object = &ublReference{ID: ublID{by.scheme, number}, Type: "130"}
			break
		}
	}
	return u
}

// priced is quantity and price of a line; without a measure it is one, or for
// a discount minus one, at the net amount.
func (l Line) priced() (ublQuantity, ublPrice) {
	currency := string(l.Net.Currency())
	m := l.Measure
	if m == nil {
		if l.Net.IsNegative() {
			return ublQuantity{"C62", "-1"}, ublPrice{Amount: amount(l.Net.Neg())}
		}
		return ublQuantity{"C62", "1"}, ublPrice{Amount: amount(l.Net)}
	}
	price := ublPrice{Amount: ublAmount{currency, exact(m.Rate)}}
	if !m.Per.Equal(one) {
		price.Base = &ublQuantity{m.Unit, exact(m.Per)}
	}
	return ublQuantity{m.Unit, exact(m.Quantity)}, price
}

// properties say of which shipment a line is, as EN 16931 has no group for it.
func (s Shipment) properties() []ublProperty {
	list := []ublProperty{{"Shipment", string(s.ID)}}
	for _, r := range s.References {
		list = append(list, ublProperty{r.Kind, r.Value})
	}
	for _, stop := range s.Stops {
		if value := joined(", ", stop.Name, stop.Place, stop.Date); value != "" {
			list = append(list, ublProperty{cmp.Or(stop.Role, "stop"), value})
		}
	}
	return slices.DeleteFunc(list, func(p ublProperty) bool { return p.Name == "" || p.Value == "" })
}

func amount(m money.Money) ublAmount { return ublAmount{string(m.Currency()), m.Format()} }
