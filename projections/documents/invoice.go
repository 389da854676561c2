package documents

import (
	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// Kind is what a document does to the customer's account.
type Kind string

// Kinds of document. Amounts of a credit memo are positive: what is given back.
const (
	Bill       Kind = "invoice"
	CreditMemo Kind = "credit-memo"
	DebitMemo  Kind = "debit-memo"
	Rebill     Kind = "rebill" // a new invoice for charges that were credited (rule 37)
)

// Invoice is a document as its reader gets it.
type Invoice struct {
	Kind      Kind
	Number    string         // BT-1
	IssueDate string         // BT-2, civil date
	DueDate   string         // BT-9, civil date; none on a credit memo
	Currency  money.Currency // BT-5
	Seller    Party          // BG-4
	Buyer     Party          // BG-7
	Remit     Remit          // BG-16, and BG-10 where somebody else is paid
	Replaces  []Preceding    // BG-3: what is credited, debited or billed again

	BuyerReference string // BT-10
	Order          string // BT-13, where one order covers everything
	Contract       string // BT-12
	Terms          string // BT-20
	Notes          []string

	Shipments []Shipment
	Net       money.Money // BT-109
	Tax       money.Money // BT-110
	Total     money.Money // BT-112
	// Exchange is what it is in the currency of the seller's books (BT-6), in
	// which tax is owed: its Tax is BT-111. None where that is Currency.
	Exchange *domain.Exchange
}

// Party is the seller or the buyer.
type Party struct {
	ID      string // BT-29, BT-46: the account number that the other side knows
	Name    string // BT-27, BT-44
	Address Address
	TaxIDs  []TaxID
	Contact Contact // BG-6, BG-9
}

// Address is a postal address.
type Address struct {
	Lines      []string // BT-35, BT-36, BT-162: at most three are kept by UBL
	City       string
	PostalCode string
	Region     string // state or province
	Country    string // ISO 3166-1 alpha-2
}

// Contact is whom to ask.
type Contact struct{ Name, Phone, Email string }

// TaxID identifies a party to an authority.
type TaxID struct {
	Scheme TaxScheme
	Label  string // as printed: "EIN", "GST/HST", "USt-IdNr."
	Value  string
}

// TaxScheme says what a TaxID is to EN 16931.
type TaxScheme string

// Schemes.
const (
	VATNumber         TaxScheme = "vat"   // BT-31, BT-48: begins with the country's code
	TaxRegistration   TaxScheme = "tax"   // BT-32: a number for tax within the country
	LegalRegistration TaxScheme = "legal" // BT-30, BT-47: company register, EIN
)

// Remit says how to pay.
type Remit struct {
	Payee     string   // BT-59, where it is not the seller: a factor, a lockbox
	Address   []string // where to send a check
	Means     string   // BT-81, UNCL 4461; "30" credit transfer when empty
	Account   string   // BT-84: IBAN or account number
	Holder    string   // BT-85
	Bank      string   // BT-86: BIC
	Routing   string   // the bank's clearing number where it has no BIC: ABA
	Reference string   // BT-83; the document's number when empty
	Hint      string   // "send remittance advice to …"
}

// Preceding is an earlier document that this one refers to.
type Preceding struct {
	Number string // BT-25
	Date   string // BT-26, civil date
}

// Shipment groups the lines of one shipment.
type Shipment struct {
	ID         domain.ShipmentID
	References []domain.Reference // BOL, PRO, PO, LOAD …
	Stops      []Stop
	Proof      Proof
	Lines      []Line // BG-25
}

// Stop is a place of a shipment.
type Stop struct {
	Role  string // "origin", "destination", "stop"
	Name  string
	Place string // "Dallas, TX, US"
	Date  string // civil date
}

// Proof is the signed proof of delivery.
type Proof struct {
	Document string // BT-122
	SignedBy string
	Date     string // civil date
}

// Line is a charge.
type Line struct {
	Number      int // BT-126
	Charge      domain.ChargeID
	Kind        domain.ChargeKind
	Code        string // BT-155: X12 element 150
	Description string // BT-153
	Measure     *Measure
	Net         money.Money // BT-131
	Tax         money.Money
	TaxRule     TaxRule  // BG-30; of several taxes all together
	Levies      []Levy   // each tax, where several are charged; they sum up to Tax
	ServiceDate string   // BT-134, BT-135
	Derivation  []string // how the amount was computed, a step each
}

// Measure says of what a line is the price: Net is Quantity × Rate ÷ Per,
// rounded. It is stated only where that holds.
type Measure struct {
	Quantity decimal.Decimal // BT-129; of a discount negative
	Unit     string          // BT-130, UN/ECE recommendation 20: LBR, SMI, HUR; P1 is per cent
	Rate     decimal.Decimal // BT-146, never negative
	Per      decimal.Decimal // BT-149: 100 where the rate is per hundred
}

// lines are all lines in the order they are printed.
func (v Invoice) lines() []Line {
	var all []Line
	for _, s := range v.Shipments {
		all = append(all, s.Lines...)
	}
	return all
}

// name is what a line is called when it has no description.
func (l Line) name() string {
	if l.Description != "" {
		return l.Description
	}
	switch l.Kind {
	case domain.FuelSurcharge:
		return "Fuel surcharge"
	case domain.Insurance:
		return "Insurance"
	case domain.Accessorial:
		return "Accessorial"
	case domain.Discount:
		return "Discount"
	}
	return "Freight"
}
