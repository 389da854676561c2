package documents_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/freightledger/freightledger/projections/documents"
)

// carriage is a line between two places like CA-ON.
type carriage struct {
	from, to tax.Place
	amount   string
}

// rulesOf are the sample rules of a country.
func rulesOf(t testing.TB, country string) tax.Rules {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "domain", "tax", "testdata", "rules", country+".json"))
	require.NoError(t, err)
	rules, err := tax.Decode(raw)
	require.NoError(t, err)
	return rules
}

// taxedBy taxes the lines of an invoice by the rules of its issuer, as a seal
// does.
func taxedBy(t testing.TB, rules tax.Rules, seller domain.Issuer, buyer tax.Customer, e domain.InvoiceIssued, lines ...carriage) domain.InvoiceIssued {
	t.Helper()
	currency := e.Candidate.Currency
	taxed := &domain.Taxed{Registrant: rules.Registrant, Seller: seller, Buyer: buyer}
	var of []tax.Line
	for i, c := range lines {
		id := domain.ChargeID("F" + string(rune('1'+i)))
		line := domain.BillLine{Shipment: "SH-1", Charge: id, Kind: domain.Freight, Code: "400", Description: "Linehaul " + c.from.String() + " to " + c.to.String(),
			Amount: money.MustParse(c.amount, string(currency)), ServiceDate: "2025-06-11"}
		d, err := rules.Determine(tax.Facts{TaxDate: line.ServiceDate, Customer: buyer, Charge: string(line.Kind), ChargeCode: line.Code, Origin: c.from, Destination: c.to})
		require.NoError(t, err)
		e.Lines, of = append(e.Lines, line), append(of, tax.Line{Line: string(id), Net: line.Amount, Decision: d})
		taxed.Decisions = append(taxed.Decisions, d)
	}
	bill, err := tax.Compute(currency, of)
	require.NoError(t, err)
	for i := range e.Lines {
		l := &e.Lines[i]
		l.Tax, l.TaxCode, l.Taxed = bill.Lines[i].Tax, string(bill.Lines[i].Code), &domain.TaxedLine{Decision: i}
		for _, a := range bill.Lines[i].Amounts {
			l.Taxed.Levies = append(l.Taxed.Levies, domain.Levied{Tax: a.Tax, Jurisdiction: a.Jurisdiction, Amount: a.Amount})
		}
	}
	taxed.Subtotals, taxed.Notices = bill.Subtotals, bill.Notices
	e.Net, e.Tax, e.Total, e.Taxed = bill.Net, bill.Tax, bill.Total, taxed
	return e
}

func in(country, state string) tax.Place { return tax.Place{Country: country, State: state} }

var lakeshore = domain.Issuer{Name: "Lakeshore Freight Ltd.", Register: "Ontario 1234567", Book: "CAD", Default: true,
	Address:       domain.Address{Street: "1 Dock Road", City: "Hamilton", Region: "ON", PostalCode: "L8L 1A1", Country: "CA"},
	Registrations: []domain.TaxID{{Jurisdiction: "CA-QC", ID: "EXAMPLE TQ0001"}, {Jurisdiction: "CA", ID: "EXAMPLE RT0001"}}}

// canadian is taxed by an issuer in Ontario. What is given beside adds to it.
func canadian(t testing.TB, lines ...carriage) (domain.InvoiceIssued, documents.Extras) {
	buyer := tax.Customer{Customer: "MAPLE", Established: in("CA", "ON"), Status: tax.Business}
	e, x := canadianHST()
	e.Number, e.Lines = "INV-2025-000043", nil
	x.Seller = documents.Party{Contact: carrier.Contact, TaxIDs: []documents.TaxID{{Scheme: documents.TaxRegistration, Label: "GST/HST", Value: "EXAMPLERT0001"}}}
	return taxedBy(t, rulesOf(t, "ca"), lakeshore, buyer, e, lines...), x
}

func ontarioHST(t testing.TB) (domain.InvoiceIssued, documents.Extras) {
	return canadian(t, carriage{in("CA", "QC"), in("CA", "ON"), "31.95"}, carriage{in("CA", "ON"), in("CA", "ON"), "200.00"})
}

func withinQuebec(t testing.TB) (domain.InvoiceIssued, documents.Extras) {
	return canadian(t, carriage{in("CA", "QC"), in("CA", "QC"), "100.00"}, carriage{in("CA", "ON"), in("CA", "QC"), "200.00"})
}

// ukReverse is of an issuer in the United Kingdom whose rules let a business
// abroad account for the tax.
func ukReverse(t testing.TB) (domain.InvoiceIssued, documents.Extras) {
	rules := rulesOf(t, "gb")
	rules.Rules = []tax.Rule{{Rule: "overseas-business", When: tax.When{Status: tax.Business, Established: tax.Places{NotIn: []string{"GB"}}}, Then: tax.Outcome{
		Code: tax.ReverseCharge, Jurisdiction: tax.OfCustomer, Category: "AE", VATEX: "VATEX-EU-AE", Basis: tax.Basis{Text: "supplied where the business customer belongs", Source: "vatpostr3640"},
		Needs: []tax.Need{{Evidence: tax.CustomerTaxID, Of: tax.Places{NotIn: []string{"GB"}}}}, Lacking: tax.Hold,
		Notice: "Reverse charge: VAT to be accounted for by the recipient"}}}
	require.NoError(t, rules.Check())
	seller := domain.Issuer{Name: "Humber Haulage Ltd", Register: "Companies House 01234567", Book: "GBP", Default: true,
		Address:       domain.Address{Street: "2 Quay Street", City: "Hull", PostalCode: "HU1 1AA", Country: "GB"},
		Registrations: []domain.TaxID{{Jurisdiction: "NL", ID: "NL000000000B01"}, {Jurisdiction: "GB", ID: "GB000000000"}}}
	buyer := tax.Customer{Customer: "KLINGE", Established: in("DE", ""), Status: tax.Business, TaxIDs: []tax.TaxID{{Jurisdiction: "DE", Number: "DE000000000"}}}
	e, x := euReverse()
	e.Number, e.Candidate.Currency, e.Lines = "INV-2025-000044", "GBP", nil
	x.Seller, x.Buyer.TaxIDs, x.Remit, x.Terms = documents.Party{}, nil, documents.Remit{Account: "GB00BANK00000000000000", Holder: "Humber Haulage Ltd"}, "Net 14 days"
	return taxedBy(t, rules, seller, buyer, e, carriage{in("GB", ""), in("DE", ""), "1250.00"}), x
}

func TestAnInvoiceThatItsIssuerTaxedSaysWhoSellsAndHowItIsTaxed(t *testing.T) {
	// Given terms of the order that say another rate, which do not count
	e, x := ontarioHST(t)
	x.Shipments["SH-1"] = documents.ShipmentExtras{Tax: documents.TaxRule{Code: domain.TaxStandard, Name: "VAT", Percent: "21"}}
	v, err := documents.FromIssued(e, x)
	require.NoError(t, err)

	// Then the issuer is the seller, the number of this tax before others, under
	// the label that was given, and the contact stays
	require.Equal(t, "Lakeshore Freight Ltd.", v.Seller.Name)
	require.Equal(t, []documents.TaxID{{Scheme: documents.TaxRegistration, Label: "GST/HST", Value: "EXAMPLE RT0001"},
		{Scheme: documents.TaxRegistration, Label: "Tax registration CA-QC", Value: "EXAMPLE TQ0001"}, {Scheme: documents.LegalRegistration, Value: "Ontario 1234567"}}, v.Seller.TaxIDs)
	require.Equal(t, carrier.Contact, v.Seller.Contact)
	page := string(render(t, v, documents.HTML))
	require.Contains(t, page, "HST 13% (CA-ON), no. EXAMPLE RT0001")
	require.Contains(t, page, ">30.15<", "4.15 and 26.00")
}

func TestTheBuyerOfAReverseChargeIsNamedByTheNumberThatItCountsOn(t *testing.T) {
	text := string(render(t, everyDocument(t)["uk-reverse"], documents.XML))
	for _, part := range []string{"<cbc:CompanyID>GB000000000<", "<cbc:CompanyID>DE000000000<", "<cbc:ID>AE<", "VATEX-EU-AE", "Reverse charge: VAT to be accounted for by the recipient"} {
		require.Contains(t, text, part)
	}
	require.NotContains(t, text, "NL000000000B01", "the standard admits one number: that of the seller's country")
}

func TestSeveralTaxesOfALineAreShownOneByOne(t *testing.T) {
	// Given 5% and 9.975% on 100.00, and 5% on 200.00
	e, x := withinQuebec(t)
	v, err := documents.FromIssued(e, x)
	require.NoError(t, err)

	// Then people see both, each on what it is charged
	page := string(render(t, v, documents.HTML))
	for _, part := range []string{">5% &#43; 9.975%<", "GST 5% (CA), no. EXAMPLE RT0001", "QST 9.975% (CA-QC), no. EXAMPLE TQ0001", ">300.00<", ">15.00<", ">9.98<", ">324.98 CAD<"} {
		require.Contains(t, page, part)
	}
	require.NotEmpty(t, render(t, v, documents.PDF))

	// And UBL names each, while EN 16931 has one rate for a line
	text := string(render(t, v, documents.UBL))
	require.Regexp(t, `(?s)<cac:TaxSubtotal>.*<cbc:TaxAmount currencyID="CAD">15.00<.*<cbc:Percent>5<.*<cbc:ID>GST<.*<cbc:TaxAmount currencyID="CAD">9.98<.*<cbc:Percent>9.975<.*<cbc:ID>QST<`, text)
	require.NotContains(t, text, "14.975")
	err = documents.Write(t.Output(), v, documents.XML, documents.Options{})
	wants(t, err, "Lines", "BT-151", "BR-CO-04")
	require.ErrorContains(t, err, "use the format ubl")
}

func TestACreditGivesBackEachOfSeveralTaxes(t *testing.T) {
	// Given half of a line with two taxes credited
	of, x := withinQuebec(t)
	cad := func(amount string) money.Money { return money.MustParse(amount, "CAD") }
	levy := func(name, jurisdiction, amount string) domain.CreditedLevy {
		return domain.CreditedLevy{Shipment: "SH-1", Charge: "F1", Levied: domain.Levied{Tax: name, Jurisdiction: jurisdiction, Amount: cad(amount)}}
	}
	credit := domain.CreditIssued{Invoice: of.Invoice, Of: of.Number, Customer: "MAPLE", Date: "2025-07-02", Total: cad("57.49"), Credit: domain.Credit{ID: "C1", Number: "CM-2025-000001",
		Lines:  []domain.CreditLine{{Shipment: "SH-1", Charge: "F1", Kind: domain.Freight, Amount: cad("50.00"), Tax: cad("7.49")}},
		Levies: []domain.CreditedLevy{levy("GST", "CA", "2.50"), levy("QST", "CA-QC", "4.99")}}}
	v, err := documents.FromCredit(credit, of, x)
	require.NoError(t, err)

	// Then the memo is the issuer's and shows both
	require.Equal(t, "Lakeshore Freight Ltd.", v.Seller.Name)
	page := string(render(t, v, documents.HTML))
	for _, part := range []string{">2.50<", ">4.99<", ">57.49 CAD<"} {
		require.Contains(t, page, part)
	}

	// And one whose taxes are not its tax is refused
	credit.Levies = credit.Levies[:1]
	_, err = documents.FromCredit(credit, of, x)
	wants(t, err, "Shipments[0].Lines[0].Tax", "tax of the line", "rule 26")

	// As tax alone it is of nothing
	credit.Lines[0].Amount, credit.Lines[0].Tax, credit.Total = money.Money{}, cad("2.50"), cad("2.50")
	v, err = documents.FromCredit(credit, of, x)
	require.NoError(t, err)
	require.Equal(t, [2]money.Money{cad("0.00"), cad("2.50")}, [2]money.Money{v.Net, v.Tax})
}

func TestANoticeBesideARateOfNoughtIsANoteInUBL(t *testing.T) {
	e, x := euReverse()
	e.Candidate.Currency, e.Lines = "GBP", nil
	rules, seller := rulesOf(t, "gb"), domain.Issuer{Name: "Humber Haulage Ltd", Address: domain.Address{Country: "GB"}, Registrations: []domain.TaxID{{Jurisdiction: "GB", ID: "GB000000000"}}}
	buyer := tax.Customer{Established: in("GB", ""), Status: tax.Business}
	i := 0
	for rules.Rules[i].Rule != "export-leg" {
		i++
	}
	rules.Rules = rules.Rules[i : i+1]
	rules.Rules[0].Then.Needs, rules.Rules[0].Then.Code, rules.Rules[0].Then.Components = nil, tax.Standard, []tax.Component{{Name: "VAT", Percent: tax.MustDecimal("20")}}
	rules.Rules[0].Then.Category = "S"
	x.Seller = documents.Party{}
	v, err := documents.FromIssued(taxedBy(t, rules, seller, buyer, e, carriage{in("GB", ""), in("DE", ""), "10.00"}), x)
	require.NoError(t, err)
	text := string(render(t, v, documents.XML))
	require.Contains(t, text, "<cbc:Note>International freight: zero-rated</cbc:Note>")
	require.NotContains(t, text, "TaxExemptionReason")
}

func TestWhatIsGivenBesideMustNotContradictTheIssuer(t *testing.T) {
	for name, c := range map[string]struct {
		change            func(*domain.InvoiceIssued, *documents.Extras)
		field, term, rule string
	}{
		"another name":    {func(_ *domain.InvoiceIssued, x *documents.Extras) { x.Seller.Name = "Prairie Line Haul Inc." }, "Seller.Name", "BT-27", ""},
		"another street":  {func(_ *domain.InvoiceIssued, x *documents.Extras) { x.Seller.Address.Lines = []string{"9 Elsewhere"} }, "Seller.Address.Lines", "BT-35", ""},
		"another country": {func(_ *domain.InvoiceIssued, x *documents.Extras) { x.Seller.Address.Country = "US" }, "Seller.Address.Country", "BT-40", ""},
		"another number":  {func(_ *domain.InvoiceIssued, x *documents.Extras) { x.Seller.TaxIDs = carrier.TaxIDs }, "Seller.TaxIDs", "BT-31", ""},
		"other subtotals": {func(e *domain.InvoiceIssued, _ *documents.Extras) { e.Taxed.Subtotals = e.Taxed.Subtotals[:0] }, "Tax", "BG-23", "rule 26"},
		"no decision":     {func(e *domain.InvoiceIssued, _ *documents.Extras) { e.Lines[0].Taxed = nil }, "Lines[0]", "BG-25", ""},
	} {
		t.Run(name, func(t *testing.T) {
			e, x := ontarioHST(t)
			c.change(&e, &x)
			_, err := documents.FromIssued(e, x)
			wants(t, err, c.field, c.term, c.rule)
		})
	}
}
