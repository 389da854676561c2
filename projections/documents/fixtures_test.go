package documents_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/projections/documents"
)

func usd(amount string) money.Money { return money.MustParse(amount, "USD") }

var carrier = documents.Party{
	Name:    "Prairie Line Haul Inc.",
	Address: documents.Address{Lines: []string{"4100 Freight Way", "Suite 200"}, City: "Joliet", PostalCode: "60431", Region: "IL", Country: "US"},
	TaxIDs:  []documents.TaxID{{Scheme: documents.LegalRegistration, Label: "EIN", Value: "00-0000001"}},
	Contact: documents.Contact{Name: "Billing desk", Phone: "+1 555 0100", Email: "billing@prairie.example"},
}

var shipper = documents.Party{
	ID:      "ACME",
	Name:    "Acme Tools Co.",
	Address: documents.Address{Lines: []string{"1 Anvil Road"}, City: "Dallas", PostalCode: "75201", Region: "TX", Country: "US"},
}

func rate(perHundred, pounds string) domain.Basis {
	return domain.Basis{Tariff: "T-100", Version: "7", Effective: "2024-01-01", Formula: domain.FormulaRate,
		Inputs: map[string]string{"rate": perHundred, "quantity": pounds, "per": "100"}, Rounding: money.HalfUp}
}

func percentOf(base, percent string) domain.Basis {
	return domain.Basis{Tariff: "T-100", Version: "7", Formula: domain.FormulaPercent,
		Inputs: map[string]string{"base": base, "percent": percent, "index": "EIA-DIESEL-US 2024-03-04"}, Rounding: money.HalfUp}
}

// usFreight is a plain invoice of two shipments without tax: linehaul by
// weight, a discount, fuel, and a lumper's fee passed on.
func usFreight() (domain.InvoiceIssued, documents.Extras) {
	line := func(s domain.ShipmentID, c domain.ChargeID, kind domain.ChargeKind, code, description, amount, day string) domain.BillLine {
		return domain.BillLine{Shipment: s, Charge: c, Kind: kind, Code: code, Description: description, Amount: usd(amount), Tax: usd("0.00"), ServiceDate: day}
	}
	e := domain.InvoiceIssued{
		Invoice: "ACME_2024-03_USD_1", Number: "INV-2024-000001",
		Candidate: domain.Candidate{Customer: "ACME", Period: "2024-03", Currency: "USD", Number: 1},
		IssueDate: "2024-03-31", DueDate: "2024-04-30",
		Net: usd("1449.17"), Tax: usd("0.00"), Total: usd("1449.17"),
		Lines: []domain.BillLine{
			line("SH-1", "F", domain.Freight, "400", "Linehaul Chicago to Dallas", "561.86", "2024-03-05"),
			line("SH-1", "DISC", domain.Discount, "DSC", "Discount on linehaul", "-449.49", "2024-03-05"),
			line("SH-1", "FSC", domain.FuelSurcharge, "FUE", "", "11.80", "2024-03-05"),
			line("SH-1", "LUM-1", domain.Accessorial, "LUM", "Third-party unloading", "85.00", "2024-03-05"),
			line("SH-2", "F", domain.Freight, "400", "Linehaul Dallas to Laredo", "1240.00", "2024-03-18"),
		},
	}
	x := documents.Extras{
		Seller: carrier, Buyer: shipper, Terms: "Net 30 days", BuyerReference: "Freight desk 12",
		Remit: documents.Remit{Payee: "Prairie Lockbox", Address: []string{"PO Box 100", "Joliet, IL 60434"}, Account: "000123456789",
			Holder: "Prairie Line Haul Inc.", Routing: "000000000", Hint: "Send the remittance advice to billing@prairie.example."},
		Notes: []string{"Interline charges are included."},
		Shipments: map[domain.ShipmentID]documents.ShipmentExtras{
			"SH-1": {
				References: []domain.Reference{{Kind: "BOL", Value: "BL-77120"}, {Kind: "PRO", Value: "123-456789-0"}, {Kind: "PO", Value: "4500012345"}},
				Stops: []documents.Stop{{Role: "origin", Name: "Acme Plant 1", Place: "Chicago, IL, US", Date: "2024-03-02"},
					{Role: "destination", Name: "Acme DC", Place: "Dallas, TX, US", Date: "2024-03-05"}},
				Proof: documents.Proof{Document: "POD-88213", SignedBy: "R. Okafor", Date: "2024-03-05"},
			},
			"SH-2": {References: []domain.Reference{{Kind: "BOL", Value: "BL-77290"}, {Kind: "LOAD", Value: "L-9"}},
				Stops: []documents.Stop{{Role: "origin", Place: "Dallas, TX, US"}, {Role: "destination", Place: "Laredo, TX, US", Date: "2024-03-18"}}},
		},
		Charges: map[domain.ChargeRef]documents.ChargeExtras{
			{Shipment: "SH-1", Charge: "F"}:     {Basis: rate("13.40", "4193"), Unit: "LBR"},
			{Shipment: "SH-1", Charge: "DISC"}:  {Basis: percentOf("561.86", "-80")},
			{Shipment: "SH-1", Charge: "FSC"}:   {Basis: percentOf("112.37", "10.50")},
			{Shipment: "SH-1", Charge: "LUM-1"}: {Basis: domain.Basis{Formula: domain.FormulaStated, Inputs: map[string]string{"amount": "85.00", "receipt": "R-55"}, Rounding: money.HalfUp}},
		},
	}
	return e, x
}

// canadianHST is taxed at 13% in Ontario: 4.15 on 31.95.
func canadianHST() (domain.InvoiceIssued, documents.Extras) {
	cad := func(amount string) money.Money { return money.MustParse(amount, "CAD") }
	e := domain.InvoiceIssued{
		Invoice: "MAPLE_2025-06_CAD_1", Number: "INV-2025-000042",
		Candidate: domain.Candidate{Customer: "MAPLE", Period: "2025-06", Currency: "CAD", Number: 1},
		IssueDate: "2025-06-30", DueDate: "2025-07-30", Net: cad("31.95"), Tax: cad("4.15"), Total: cad("36.10"),
		Lines: []domain.BillLine{{Shipment: "CA-1", Charge: "F", Kind: domain.Freight, Code: "400", Description: "Parcel Toronto to Ottawa",
			Amount: cad("31.95"), Tax: cad("4.15"), TaxCode: domain.TaxStandard, ServiceDate: "2025-06-11"}},
	}
	seller := carrier
	seller.Address = documents.Address{Lines: []string{"90 Dock Street"}, City: "Toronto", PostalCode: "M5V 0A1", Region: "ON", Country: "CA"}
	seller.TaxIDs = []documents.TaxID{{Scheme: documents.TaxRegistration, Label: "GST/HST", Value: "000000001RT0001"},
		{Scheme: documents.LegalRegistration, Label: "Corporation number", Value: "000001-1"}}
	buyer := documents.Party{ID: "MAPLE", Name: "Maple & Sons Ltée", Address: documents.Address{Lines: []string{"12 rue de l’Église"}, City: "Ottawa", PostalCode: "K1A 0B1", Region: "ON", Country: "CA"}}
	return e, documents.Extras{Seller: seller, Buyer: buyer, Terms: "Net 30 days",
		Shipments: map[domain.ShipmentID]documents.ShipmentExtras{"CA-1": {Tax: documents.TaxRule{Code: domain.TaxStandard, Name: "HST", Jurisdiction: "CA-ON", Percent: "13", Version: "2010-07-01"}}}}
}

// euReverse is freight between two member states: the buyer owes the tax.
func euReverse() (domain.InvoiceIssued, documents.Extras) {
	eur := func(amount string) money.Money { return money.MustParse(amount, "EUR") }
	line := func(c domain.ChargeID, description, amount string) domain.BillLine {
		return domain.BillLine{Shipment: "EU-7", Charge: c, Kind: domain.Freight, Description: description, Amount: eur(amount), Tax: eur("0.00"), TaxCode: domain.TaxReverseCharge, ServiceDate: "2025-02-14"}
	}
	e := domain.InvoiceIssued{
		Invoice: "KLINGE_2025-02_EUR_1", Number: "RE-2025-000007",
		Candidate: domain.Candidate{Customer: "KLINGE", Period: "2025-02", Currency: "EUR", Number: 1},
		IssueDate: "2025-02-28", DueDate: "2025-03-14", Net: eur("1305.50"), Tax: eur("0.00"), Total: eur("1305.50"),
		Lines: []domain.BillLine{line("F", "Road freight Rotterdam to Köln", "1250.00"), line("T", "Toll", "55.50")},
	}
	seller := documents.Party{Name: "Waterweg Transport B.V.", Address: documents.Address{Lines: []string{"Maaskade 1"}, City: "Rotterdam", PostalCode: "3011 AA", Country: "NL"},
		TaxIDs: []documents.TaxID{{Scheme: documents.VATNumber, Label: "BTW", Value: "NL000000000B01"}}}
	buyer := documents.Party{ID: "KLINGE", Name: "Klinge Werkzeug GmbH", Address: documents.Address{Lines: []string{"Hafenstraße 9"}, City: "Köln", PostalCode: "50667", Country: "DE"},
		TaxIDs: []documents.TaxID{{Scheme: documents.VATNumber, Label: "USt-IdNr.", Value: "DE000000000"}}}
	return e, documents.Extras{Seller: seller, Buyer: buyer, Contract: "RV-2025-3",
		Remit: documents.Remit{Account: "NL00BANK0000000000", Bank: "BANKNL2A", Holder: "Waterweg Transport B.V."},
		Shipments: map[domain.ShipmentID]documents.ShipmentExtras{"EU-7": {
			References: []domain.Reference{{Kind: "PO", Value: "B-2201"}},
			Tax: documents.TaxRule{Code: domain.TaxReverseCharge, Name: "VAT", Jurisdiction: "DE", Version: "2006/112/EC",
				Text: "Reverse charge: the customer owes the tax (Article 196 of Directive 2006/112/EC)."}}}}
}

// mixedTax has every category that may stand beside others, two rates, and a
// discount on a taxed line.
func mixedTax() (domain.InvoiceIssued, documents.Extras) {
	e, x := euReverse()
	eur := func(amount string) money.Money { return money.MustParse(amount, "EUR") }
	e.Number, e.Lines = "RE-2025-000008", nil
	add := func(s domain.ShipmentID, amount, tax string, rule documents.TaxRule) {
		kind := domain.Freight
		if eur(amount).IsNegative() {
			kind = domain.Discount
		}
		e.Lines = append(e.Lines, domain.BillLine{Shipment: s, Charge: domain.ChargeID("C" + amount), Kind: kind, Amount: eur(amount), Tax: eur(tax), TaxCode: rule.Code, ServiceDate: "2025-02-20"})
		x.Shipments[s] = documents.ShipmentExtras{Tax: rule}
	}
	standard := documents.TaxRule{Code: domain.TaxStandard, Name: "BTW", Jurisdiction: "NL", Percent: "21", Version: "2019"}
	reduced := standard
	reduced.Percent = "9.0"
	add("NL-1", "200.00", "42.00", standard)
	add("NL-1", "-20.00", "-4.20", standard)
	add("NL-2", "10.05", "0.90", reduced)
	add("NL-3", "30.00", "0.00", documents.TaxRule{Code: domain.TaxZeroRated, Name: "VAT", Jurisdiction: "IE"})
	add("NL-4", "40.00", "0.00", documents.TaxRule{Code: domain.TaxZeroRated, Name: "VAT", Jurisdiction: "NL", Category: "E", Exemption: "VATEX-EU-146-1E", Text: "Transport tied to an export: Article 146(1)(e) of Directive 2006/112/EC."})
	add("NL-5", "50.00", "0.00", documents.TaxRule{Code: domain.TaxZeroRated, Name: "VAT", Jurisdiction: "NL", Category: "G"})
	add("NL-6", "60.00", "0.00", documents.TaxRule{Code: domain.TaxExempt, Name: "VAT", Jurisdiction: "NL", Text: "Exempt postal service."})
	add("NL-7", "70.00", "0.00", documents.TaxRule{Code: domain.TaxReverseCharge, Name: "VAT", Jurisdiction: "DE"})
	e.Net, e.Tax, e.Total = eur("440.05"), eur("38.70"), eur("478.75")
	return e, x
}

// creditMemo gives the lumper's fee of usFreight back in full, and a part of
// its linehaul.
func creditMemo() (domain.CreditIssued, domain.InvoiceIssued, documents.Extras) {
	of, x := usFreight()
	return domain.CreditIssued{Invoice: of.Invoice, Of: of.Number, Customer: "ACME", Date: "2024-05-02", Total: usd("105.00"),
		Credit: domain.Credit{ID: "dispute-D1", Number: "CM-2024-000001", Reason: "unloading was not authorized", Lines: []domain.CreditLine{
			{Shipment: "SH-1", Charge: "LUM-1", Kind: domain.Accessorial, Amount: usd("85.00"), Tax: usd("0.00")},
			{Shipment: "SH-1", Charge: "F", Kind: domain.Freight, Amount: usd("20.00"), Tax: usd("0.00")},
		}}}, of, x
}

// inCurrency is one line of freight in a currency of other decimals.
func inCurrency(c money.Currency, amount string) (domain.InvoiceIssued, documents.Extras) {
	m := money.MustParse(amount, string(c))
	zero := money.Zero(c)
	_, x := usFreight()
	return domain.InvoiceIssued{Invoice: domain.InvoiceID("ACME_2024-03_" + string(c) + "_1"), Number: "INV-" + string(c) + "-1",
		Candidate: domain.Candidate{Customer: "ACME", Period: "2024-03", Currency: c, Number: 1}, IssueDate: "2024-03-31", DueDate: "2024-04-30",
		Net: m, Tax: zero, Total: m, Lines: []domain.BillLine{{Shipment: "SH-9", Charge: "F", Kind: domain.Freight, Amount: m, Tax: zero, ServiceDate: "2024-03-09"}}}, x
}

// thousandLines bills 250 shipments of four charges at 13%.
func thousandLines() (domain.InvoiceIssued, documents.Extras) {
	e, x := canadianHST()
	template := e.Lines[0]
	rule := x.Shipments["CA-1"].Tax
	e.Lines, e.Number = nil, "INV-2025-001000"
	for i := range 1000 {
		line := template
		line.Shipment, line.Charge = domain.ShipmentID(fmt.Sprintf("CA-%d", i/4+1)), domain.ChargeID(fmt.Sprintf("C%d", i%4))
		line.Description = fmt.Sprintf("Linehaul leg %d of route %d, standard service", i%4+1, i/4+1)
		line.Amount, line.Tax = money.MustParse("100.00", "CAD"), money.MustParse("13.00", "CAD")
		e.Lines = append(e.Lines, line)
		x.Shipments[line.Shipment] = documents.ShipmentExtras{Tax: rule, References: []domain.Reference{{Kind: "BOL", Value: fmt.Sprintf("BL-%05d", i/4)}}}
	}
	e.Net, e.Tax, e.Total = money.MustParse("100000.00", "CAD"), money.MustParse("13000.00", "CAD"), money.MustParse("113000.00", "CAD")
	return e, x
}

const (
	markup   = `<script>alert("x")</script>&lt;b&gt;` + "\u202e00.001\u202c"
	longWord = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihstelle"
)

// hostile has in every text what could break a page.
func hostile() (domain.InvoiceIssued, documents.Extras) {
	e, x := usFreight()
	e.Lines[0].Description = markup
	e.Lines[1].Description = longWord + longWord
	e.Lines[3].Code = "</th>"
	x.Buyer.Name = "Evil\x00\x1b[2J \"'><img src=x onerror=alert(1)> \ufffe \xff 東京 \U0001F69A"
	x.Buyer.Address.Lines = []string{longWord + longWord + longWord, "]]><!--", "{pages} {{.Title}}"}
	x.Notes = []string{"-->" + markup, "javascript:alert(1)"}
	x.Remit.Hint = `</style><script>`
	more := x.Shipments["SH-1"]
	more.References = append(more.References, domain.Reference{Kind: "<i>K", Value: `"><svg onload=alert(1)>`})
	more.Stops = append(more.Stops, documents.Stop{Role: "stop", Name: "\u2066isolated\u2069"})
	x.Shipments["SH-1"] = more
	return e, x
}

func issued(t testing.TB, given func() (domain.InvoiceIssued, documents.Extras)) documents.Invoice {
	t.Helper()
	e, x := given()
	v, err := documents.FromIssued(e, x)
	require.NoError(t, err)
	return v
}

func credited(t testing.TB) documents.Invoice {
	t.Helper()
	e, of, x := creditMemo()
	v, err := documents.FromCredit(e, of, x)
	require.NoError(t, err)
	return v
}

func rebill(t testing.TB) documents.Invoice {
	t.Helper()
	e, x := usFreight()
	e.Number = "INV-2024-000009"
	for i := range e.Lines {
		e.Lines[i].Rebills = "ACME_2024-02_USD_1"
	}
	x.Invoices = map[domain.InvoiceID]documents.Preceding{"ACME_2024-02_USD_1": {Number: "INV-2024-000000", Date: "2024-02-29"}}
	v, err := documents.FromIssued(e, x)
	require.NoError(t, err)
	return v
}

func debit(t testing.TB) documents.Invoice {
	t.Helper()
	e, x := usFreight()
	e.Number = "DM-2024-000001"
	x.Debits = []documents.Preceding{{Number: "INV-2024-000000", Date: "2024-02-29"}}
	v, err := documents.FromIssued(e, x)
	require.NoError(t, err)
	return v
}

// everyDocument are the documents that goldens and validators see.
func everyDocument(t testing.TB) map[string]documents.Invoice {
	t.Helper()
	return map[string]documents.Invoice{
		"us-freight":   issued(t, usFreight),
		"canadian-hst": issued(t, canadianHST),
		"eu-reverse":   issued(t, euReverse),
		"mixed-tax":    issued(t, mixedTax),
		"credit-memo":  credited(t),
		"rebill":       rebill(t),
		"debit-memo":   debit(t),
		"yen":          issued(t, func() (domain.InvoiceIssued, documents.Extras) { return inCurrency("JPY", "123456") }),
		"hostile":      issued(t, hostile),
		"issuer-hst":   issued(t, func() (domain.InvoiceIssued, documents.Extras) { return ontarioHST(t) }),
		"uk-reverse":   issued(t, func() (domain.InvoiceIssued, documents.Extras) { return ukReverse(t) }),
		"in-dollars":   issued(t, func() (domain.InvoiceIssued, documents.Extras) { return inDollars(t) }),
	}
}
