package main

import (
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/terms"
	"github.com/freightledger/freightledger/projections/documents"
)

// parties is what printed documents say of seller and buyers and the history
// does not know. The file has a document of kind seller, and one of kind buyer
// for each customer that prints otherwise than its master data.
type parties struct {
	seller seller
	buyers map[domain.CustomerID]buyer
}

type party struct {
	Name    string   `json:"name"`
	Lines   []string `json:"address"` // street, at most three lines
	City    string   `json:"city"`
	Postal  string   `json:"postal_code"`
	Region  string   `json:"region"`
	Country string   `json:"country"` // ISO 3166-1, two letters
	TaxIDs  []taxID  `json:"tax_ids"`
	Contact contact  `json:"contact"`
}

type taxID struct {
	Scheme string `json:"scheme"` // vat, tax or legal
	Label  string `json:"label"`  // as printed: "EIN", "GST/HST"
	Value  string `json:"value"`
}

type contact struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
	Email string `json:"email"`
}

type seller struct {
	party
	Remit remit    `json:"remit"`
	Terms string   `json:"terms"`
	Notes []string `json:"notes"`
}

type remit struct {
	Payee   string   `json:"payee"`
	Address []string `json:"address"`
	Account string   `json:"account"`
	Holder  string   `json:"holder"`
	Bank    string   `json:"bank"`    // BIC
	Routing string   `json:"routing"` // ABA, sort code
	Hint    string   `json:"hint"`
}

type buyer struct {
	Customer domain.CustomerID `json:"customer"`
	party
	Reference string `json:"reference"` // the buyer's own for its invoices
}

// readParties reads the file, strictly: a field that is not known is an error
// with its line.
func readParties(path string) (parties, error) {
	p := parties{buyers: map[domain.CustomerID]buyer{}}
	if path == "" {
		return p, nil
	}
	_, err := readTerms(path, terms.Kinds{
		"seller": func(d terms.Document) error { return d.Decode(&p.seller) },
		"buyer": func(d terms.Document) error {
			var b buyer
			if err := d.Decode(&b); err != nil {
				return err
			}
			if _, twice := p.buyers[b.Customer]; twice || b.Customer == "" {
				return d.Refuse("/customer", "customer %.40q is missing or has a document already", b.Customer)
			}
			p.buyers[b.Customer] = b
			return nil
		},
	})
	return p, err
}

func (p party) document(id string) documents.Party {
	d := documents.Party{ID: id, Name: p.Name, Address: documents.Address{Lines: p.Lines, City: p.City, PostalCode: p.Postal, Region: p.Region, Country: p.Country},
		Contact: documents.Contact{Name: p.Contact.Name, Phone: p.Contact.Phone, Email: p.Contact.Email}}
	for _, t := range p.TaxIDs {
		d.TaxIDs = append(d.TaxIDs, documents.TaxID{Scheme: documents.TaxScheme(t.Scheme), Label: t.Label, Value: t.Value})
	}
	return d
}

// buyer is what the file says of a customer, or else its master data.
func (p parties) buyer(id domain.CustomerID, m domain.CustomerMaster) documents.Party {
	if b, known := p.buyers[id]; known {
		return b.document(string(id))
	}
	d := documents.Party{ID: string(id), Name: m.Name, Address: documents.Address{City: m.BillingTo.City, PostalCode: m.BillingTo.PostalCode,
		Region: m.BillingTo.Region, Country: m.BillingTo.Country}}
	if m.BillingTo.Street != "" {
		d.Address.Lines = []string{m.BillingTo.Street}
	}
	for _, t := range m.TaxIDs {
		d.TaxIDs = append(d.TaxIDs, documents.TaxID{Scheme: documents.VATNumber, Label: "tax id " + t.Jurisdiction, Value: t.ID})
	}
	return d
}

// extras are what every document of the seller states.
func (p parties) extras() documents.Extras {
	s := p.seller
	return documents.Extras{Seller: s.document(""), Terms: s.Terms, Notes: s.Notes, Shipments: map[domain.ShipmentID]documents.ShipmentExtras{},
		Charges: map[domain.ChargeRef]documents.ChargeExtras{}, Invoices: map[domain.InvoiceID]documents.Preceding{},
		Remit: documents.Remit{Payee: s.Remit.Payee, Address: s.Remit.Address, Account: s.Remit.Account, Holder: s.Remit.Holder, Bank: s.Remit.Bank,
			Routing: s.Remit.Routing, Hint: s.Remit.Hint}}
}

const partiesExample = `  kind: seller
  name: Prairie Freight LLC
  address: [1200 W Lake St]
  city: Chicago
  region: IL
  postal_code: "60607"
  country: US
  tax_ids: [{scheme: legal, label: EIN, value: 12-3456789}]
  remit: {account: "000123456789", routing: "071000013"}
  ---
  kind: buyer
  customer: ACME
  name: Acme Stores Inc.
  address: [500 Elm St]
  city: Dallas
  region: TX
  postal_code: "75201"
  country: US`

// errNoParties says what a document lacks when nobody named the parties.
func errNoParties(err error) error {
	return fmt.Errorf("%w\nsay who sells and who buys with --parties FILE, for example:\n%s", err, partiesExample)
}
