package documents

import "encoding/xml"

// The elements of UBL 2.1 that EN 16931 uses, in the order in which the UBL
// schemas want them; Invoice and CreditNote differ in the names of a few.

const (
	namespaceInvoice    = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
	namespaceCreditNote = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
	namespaceAggregates = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
	namespaceBasics     = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
)

type ublDocument struct {
	XMLName        xml.Name
	Namespace      string         `xml:"xmlns,attr"`
	Aggregates     string         `xml:"xmlns:cac,attr"`
	Basics         string         `xml:"xmlns:cbc,attr"`
	Customization  string         `xml:"cbc:CustomizationID,omitempty"` // BT-24
	ID             string         `xml:"cbc:ID"`                        // BT-1
	IssueDate      string         `xml:"cbc:IssueDate"`                 // BT-2
	DueDate        string         `xml:"cbc:DueDate,omitempty"`         // BT-9, invoices only
	InvoiceType    string         `xml:"cbc:InvoiceTypeCode,omitempty"` // BT-3
	CreditNoteType string         `xml:"cbc:CreditNoteTypeCode,omitempty"`
	Notes          []string       `xml:"cbc:Note"`                              // BT-22
	Currency       string         `xml:"cbc:DocumentCurrencyCode"`              // BT-5
	TaxCurrency    string         `xml:"cbc:TaxCurrencyCode,omitempty"`         // BT-6
	BuyerReference string         `xml:"cbc:BuyerReference,omitempty"`          // BT-10
	Period         *ublPeriod     `xml:"cac:InvoicePeriod"`                     // BG-14
	Order          *ublReference  `xml:"cac:OrderReference"`                    // BT-13
	Billing        []ublBilling   `xml:"cac:BillingReference"`                  // BG-3
	Contract       *ublReference  `xml:"cac:ContractDocumentReference"`         // BT-12
	Additional     []ublReference `xml:"cac:AdditionalDocumentReference"`       // BG-24
	Supplier       ublParty       `xml:"cac:AccountingSupplierParty>cac:Party"` // BG-4
	Customer       ublParty       `xml:"cac:AccountingCustomerParty>cac:Party"` // BG-7
	Payee          *ublPayee      `xml:"cac:PayeeParty"`                        // BG-10
	Delivery       *ublDelivery   `xml:"cac:Delivery"`                          // BG-13
	Means          *ublMeans      `xml:"cac:PaymentMeans"`                      // BG-16
	Terms          *ublTerms      `xml:"cac:PaymentTerms"`                      // BT-20
	TaxTotals      []ublTaxTotal  `xml:"cac:TaxTotal"`
	Totals         ublTotals      `xml:"cac:LegalMonetaryTotal"` // BG-22
	InvoiceLines   []ublLine      `xml:"cac:InvoiceLine"`        // BG-25
	CreditLines    []ublLine      `xml:"cac:CreditNoteLine"`
}

type ublAmount struct {
	Currency string `xml:"currencyID,attr"`
	Value    string `xml:",chardata"`
}

type ublQuantity struct {
	Unit  string `xml:"unitCode,attr"`
	Value string `xml:",chardata"`
}

type ublPeriod struct {
	Start string `xml:"cbc:StartDate"` // BT-73, BT-134
	End   string `xml:"cbc:EndDate"`   // BT-74, BT-135
}

type ublID struct {
	Scheme string `xml:"schemeID,attr,omitempty"`
	Value  string `xml:",chardata"`
}

type ublReference struct {
	ID          ublID  `xml:"cbc:ID"`
	IssueDate   string `xml:"cbc:IssueDate,omitempty"`
	Type        string `xml:"cbc:DocumentTypeCode,omitempty"`
	Description string `xml:"cbc:DocumentDescription,omitempty"`
}

type ublBilling struct {
	Invoice ublReference `xml:"cac:InvoiceDocumentReference"`
}

type ublParty struct {
	Identification *ublReference `xml:"cac:PartyIdentification"` // BT-29, BT-46
	Address        ublAddress    `xml:"cac:PostalAddress"`       // BG-5, BG-8
	Taxes          []ublPartyTax `xml:"cac:PartyTaxScheme"`      // BT-31, BT-32, BT-48
	Entity         ublEntity     `xml:"cac:PartyLegalEntity"`
	Contact        *ublContact   `xml:"cac:Contact"` // BG-6, BG-9
}

type ublAddress struct {
	Street     string          `xml:"cbc:StreetName,omitempty"`           // BT-35, BT-50
	Additional string          `xml:"cbc:AdditionalStreetName,omitempty"` // BT-36, BT-51
	City       string          `xml:"cbc:CityName,omitempty"`             // BT-37, BT-52
	PostalZone string          `xml:"cbc:PostalZone,omitempty"`           // BT-38, BT-53
	Region     string          `xml:"cbc:CountrySubentity,omitempty"`     // BT-39, BT-54
	Line       *ublAddressLine `xml:"cac:AddressLine"`                    // BT-162, BT-163
	Country    ublCountry      `xml:"cac:Country"`
}

type ublAddressLine struct {
	Line string `xml:"cbc:Line"`
}

type ublCountry struct {
	Code string `xml:"cbc:IdentificationCode"` // BT-40, BT-55
}

type ublPartyTax struct {
	Company string `xml:"cbc:CompanyID"`
	Scheme  string `xml:"cac:TaxScheme>cbc:ID"`
}

type ublEntity struct {
	Name    string `xml:"cbc:RegistrationName"`    // BT-27, BT-44
	Company string `xml:"cbc:CompanyID,omitempty"` // BT-30, BT-47
}

type ublContact struct {
	Name  string `xml:"cbc:Name,omitempty"`
	Phone string `xml:"cbc:Telephone,omitempty"`
	Email string `xml:"cbc:ElectronicMail,omitempty"`
}

type ublPayee struct {
	Name string `xml:"cac:PartyName>cbc:Name"` // BT-59
}

type ublDelivery struct {
	Date string `xml:"cbc:ActualDeliveryDate"` // BT-72
}

type ublMeans struct {
	Code      string      `xml:"cbc:PaymentMeansCode"` // BT-81
	Reference string      `xml:"cbc:PaymentID"`        // BT-83
	Account   *ublAccount `xml:"cac:PayeeFinancialAccount"`
}

type ublAccount struct {
	ID     string        `xml:"cbc:ID"`                         // BT-84
	Holder string        `xml:"cbc:Name,omitempty"`             // BT-85
	Bank   *ublReference `xml:"cac:FinancialInstitutionBranch"` // BT-86
}

type ublTerms struct {
	Note string `xml:"cbc:Note"`
}

type ublTaxTotal struct {
	Amount    ublAmount     `xml:"cbc:TaxAmount"`   // BT-110; of the second BT-111
	Subtotals []ublSubtotal `xml:"cac:TaxSubtotal"` // BG-23
}

type ublSubtotal struct {
	Taxable  ublAmount   `xml:"cbc:TaxableAmount"` // BT-116
	Tax      ublAmount   `xml:"cbc:TaxAmount"`     // BT-117
	Category ublCategory `xml:"cac:TaxCategory"`
}

type ublCategory struct {
	ID         string `xml:"cbc:ID"`                               // BT-118, BT-151
	Percent    string `xml:"cbc:Percent,omitempty"`                // BT-119, BT-152
	ReasonCode string `xml:"cbc:TaxExemptionReasonCode,omitempty"` // BT-121
	Reason     string `xml:"cbc:TaxExemptionReason,omitempty"`     // BT-120
	Scheme     string `xml:"cac:TaxScheme>cbc:ID"`
}

type ublTotals struct {
	Lines     ublAmount `xml:"cbc:LineExtensionAmount"` // BT-106
	Exclusive ublAmount `xml:"cbc:TaxExclusiveAmount"`  // BT-109
	Inclusive ublAmount `xml:"cbc:TaxInclusiveAmount"`  // BT-112
	Payable   ublAmount `xml:"cbc:PayableAmount"`       // BT-115
}

type ublLine struct {
	ID       string        `xml:"cbc:ID"`               // BT-126
	Invoiced *ublQuantity  `xml:"cbc:InvoicedQuantity"` // BT-129
	Credited *ublQuantity  `xml:"cbc:CreditedQuantity"`
	Net      ublAmount     `xml:"cbc:LineExtensionAmount"` // BT-131
	Period   *ublPeriod    `xml:"cac:InvoicePeriod"`       // BG-26
	Object   *ublReference `xml:"cac:DocumentReference"`   // BT-128
	Item     ublItem       `xml:"cac:Item"`
	Price    ublPrice      `xml:"cac:Price"`
}

type ublItem struct {
	Name       string        `xml:"cbc:Name"`                      // BT-153
	SellersID  *ublReference `xml:"cac:SellersItemIdentification"` // BT-155
	Categories []ublCategory `xml:"cac:ClassifiedTaxCategory"`     // BG-30
	Properties []ublProperty `xml:"cac:AdditionalItemProperty"`    // BG-32
}

type ublProperty struct {
	Name  string `xml:"cbc:Name"`  // BT-160
	Value string `xml:"cbc:Value"` // BT-161
}

type ublPrice struct {
	Amount ublAmount    `xml:"cbc:PriceAmount"`  // BT-146
	Base   *ublQuantity `xml:"cbc:BaseQuantity"` // BT-149, BT-150
}
