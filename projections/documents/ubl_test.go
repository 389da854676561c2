package documents_test

import (
	"bytes"
	"encoding/xml"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/projections/documents"
)

func standard(v documents.Invoice) error {
	return documents.Write(&bytes.Buffer{}, v, documents.XML, documents.Options{})
}

// amountsIn are the amounts of an element, by its local name.
func amountsIn(t *testing.T, document []byte, element string) []string {
	t.Helper()
	var found []string
	d := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := d.Token()
		if token == nil {
			require.Contains(t, err.Error(), "EOF")
			return found
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == element {
			var text string
			require.NoError(t, d.DecodeElement(&text, &start))
			found = append(found, text)
		}
	}
}

func TestAmountsHaveTheDecimalsOfTheirCurrency(t *testing.T) {
	for currency, amount := range map[money.Currency]string{"USD": "1234.50", "JPY": "123456", "KWD": "1234.500"} {
		v := issued(t, func() (domain.InvoiceIssued, documents.Extras) { return inCurrency(currency, amount) })
		document := render(t, v, documents.UBL)
		require.Equal(t, []string{amount}, amountsIn(t, document, "PayableAmount"))
		require.Equal(t, []string{amount}, amountsIn(t, document, "PriceAmount"))
	}
}

func TestACurrencyOfThreeDecimalsIsBeyondTheStandard(t *testing.T) {
	v := issued(t, func() (domain.InvoiceIssued, documents.Extras) { return inCurrency("KWD", "1234.567") })
	wants(t, standard(v), "Currency", "BT-5", "BR-DEC-14")
	require.NotContains(t, string(render(t, v, documents.UBL)), "en16931", "what does not conform does not claim to")
}

func TestADiscountHasANegativeQuantityAndAPriceThatIsNot(t *testing.T) {
	document := render(t, issued(t, usFreight), documents.XML)
	require.Equal(t, []string{"4193", "-80", "10.50", "1", "1"}, amountsIn(t, document, "InvoicedQuantity"))
	require.Equal(t, []string{"13.40", "561.86", "112.37", "85.00", "1240.00"}, amountsIn(t, document, "PriceAmount"))
	require.Equal(t, []string{"100", "100", "100"}, amountsIn(t, document, "BaseQuantity"))
	require.NotContains(t, string(document), "AllowanceCharge")

	e, x := usFreight()
	delete(x.Charges, domain.ChargeRef{Shipment: "SH-1", Charge: "DISC"})
	v, err := documents.FromIssued(e, x)
	require.NoError(t, err)
	require.Equal(t, "-1", amountsIn(t, render(t, v, documents.XML), "InvoicedQuantity")[1])
}

func TestADocumentOutOfScopeOfTaxNamesNoVATNumber(t *testing.T) {
	e, x := usFreight()
	x.Seller.TaxIDs = append(x.Seller.TaxIDs, documents.TaxID{Scheme: documents.VATNumber, Value: "DE000000000"})
	v, err := documents.FromIssued(e, x)
	require.NoError(t, err)
	require.NotContains(t, string(render(t, v, documents.XML)), "DE000000000") // BR-O-02
	require.Contains(t, string(render(t, v, documents.HTML)), "DE000000000")
}

func TestWhatTheStandardWantsIsNamedByTermAndRule(t *testing.T) {
	taxed := func(change func(*documents.TaxRule)) func(*documents.Invoice) {
		return func(v *documents.Invoice) { change(&v.Shipments[0].Lines[0].TaxRule) }
	}
	for name, c := range map[string]struct {
		given             func() (domain.InvoiceIssued, documents.Extras)
		change            func(*documents.Invoice)
		field, term, rule string
	}{
		"seller's country":       {usFreight, func(v *documents.Invoice) { v.Seller.Address.Country = "" }, "Seller.Address.Country", "BT-40", "BR-09"},
		"buyer's country":        {usFreight, func(v *documents.Invoice) { v.Buyer.Address.Country = "" }, "Buyer.Address.Country", "BT-55", "BR-11"},
		"a country in words":     {usFreight, func(v *documents.Invoice) { v.Buyer.Address.Country = "Germany" }, "Buyer.Address.Country", "BT-55", "BR-CL-14"},
		"who the seller is":      {usFreight, func(v *documents.Invoice) { v.Seller.TaxIDs = nil }, "Seller.TaxIDs", "BT-30", "BR-CO-26"},
		"until when to pay":      {usFreight, func(v *documents.Invoice) { v.DueDate, v.Terms = "", "" }, "DueDate", "BT-9", "BR-CO-25"},
		"an account to pay to":   {usFreight, func(v *documents.Invoice) { v.Remit = documents.Remit{Means: "30"} }, "Remit.Account", "BT-84", "BR-61"},
		"seller's tax number":    {canadianHST, func(v *documents.Invoice) { v.Seller.TaxIDs = v.Seller.TaxIDs[1:] }, "Seller.TaxIDs", "BT-31", "BR-S-02"},
		"a rate above nought":    {canadianHST, taxed(func(r *documents.TaxRule) { r.Percent = "0" }), "TaxRule.Percent", "BT-152", "BR-S-05"},
		"a category of freight":  {canadianHST, taxed(func(r *documents.TaxRule) { r.Category = "K" }), "TaxRule.Category", "BT-151", "BR-CL-18"},
		"buyer's VAT number":     {euReverse, func(v *documents.Invoice) { v.Buyer.TaxIDs = nil }, "Buyer.TaxIDs", "BT-48", "BR-AE-02"},
		"seller's VAT number":    {euReverse, func(v *documents.Invoice) { v.Seller.TaxIDs = nil }, "Seller.TaxIDs", "BT-31", "BR-AE-02"},
		"a VAT number's country": {euReverse, func(v *documents.Invoice) { v.Seller.TaxIDs[0].Value = "000000000B01" }, "Seller.TaxIDs", "BT-31", "BR-CO-09"},
		"why it is exempt":       {euReverse, taxed(func(r *documents.TaxRule) { *r = documents.TaxRule{Code: domain.TaxExempt} }), "TaxRule.Text", "BT-120", "BR-E-10"},
		"one scope":              {euReverse, taxed(func(r *documents.TaxRule) { *r = documents.TaxRule{} }), "TaxRule", "BT-118", "BR-O-11"},
	} {
		t.Run(name, func(t *testing.T) {
			v := issued(t, c.given)
			require.NoError(t, standard(v))
			c.change(&v)
			wants(t, standard(v), c.field, c.term, c.rule)
		})
	}
}

func TestThePurchaseOrderThatAnInvoiceWasMadeForIsPrintedAndInUBL(t *testing.T) {
	e, x := usFreight()
	e.Candidate.PO = "4500012345"
	order := func() string {
		v, err := documents.FromIssued(e, x)
		require.NoError(t, err)
		if v.Order != "" {
			require.Contains(t, string(render(t, v, documents.HTML)), "Your order")
			require.Contains(t, string(render(t, v, documents.UBL)), "<cac:OrderReference>\n    <cbc:ID>"+v.Order+"</cbc:ID>")
		} else {
			require.NotContains(t, string(render(t, v, documents.UBL)), "cac:OrderReference")
		}
		return v.Order
	}
	require.Equal(t, "4500012345", order()) // the other shipment names none

	// Not where a shipment of another order came to it by hand
	other := x.Shipments["SH-2"]
	other.References = append(other.References, domain.Reference{Kind: "po", Value: "4500099999"})
	x.Shipments["SH-2"] = other
	require.Empty(t, order())

	// Nor where the order of one shipment was told later; what the parties file says is said
	e.Candidate.PO = ""
	require.Empty(t, order())
	x.Order = "blanket 7"
	require.Equal(t, "blanket 7", order())
}

// Tax is rounded once a line (rule 27), and the standard computes it once a
// rate. They may differ by less than one unit; a document beyond that is
// refused as xml and never changed.
func TestTaxByLineThatDriftsFromTaxByRateIsRefusedAndNotAdjusted(t *testing.T) {
	drift := func(lines int) documents.Invoice {
		e, x := canadianHST()
		line := e.Lines[0]
		e.Lines = nil
		cad := func(units int64) money.Money { return money.FromMinor(units, "CAD") }
		for range lines { // 13% of 0.04 is 0.0052, rounded up to 0.01
			line.Amount, line.Tax = cad(4), cad(1)
			e.Lines = append(e.Lines, line)
		}
		n := int64(lines)
		e.Net, e.Tax, e.Total = cad(4*n), cad(n), cad(5*n)
		v, err := documents.FromIssued(e, x)
		require.NoError(t, err)
		return v
	}
	require.NoError(t, standard(drift(200)), "2.00 by line, 1.04 by rate")
	wants(t, standard(drift(210)), "Tax", "BT-117", "BR-S-09")
	require.Equal(t, "2.10", amountsIn(t, render(t, drift(210), documents.UBL), "TaxAmount")[0])
}

func TestOneOrderOfAllShipmentsIsTheDocuments(t *testing.T) {
	e, x := usFreight()
	second := x.Shipments["SH-2"]
	second.References = []domain.Reference{{Kind: "PO", Value: "4500012345"}}
	x.Shipments["SH-2"] = second
	v, err := documents.FromIssued(e, x)
	require.NoError(t, err)
	require.Contains(t, string(render(t, v, documents.XML)), "<cac:OrderReference>\n    <cbc:ID>4500012345</cbc:ID>")
	require.NotContains(t, string(render(t, issued(t, usFreight), documents.XML)), "OrderReference", "SH-2 has no order")
}

func TestACreditMemoIsACreditNoteOfPositiveAmounts(t *testing.T) {
	document := render(t, credited(t), documents.XML)
	require.Contains(t, string(document), "<CreditNote xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2\"")
	require.Equal(t, []string{"381"}, amountsIn(t, document, "CreditNoteTypeCode"))
	require.Equal(t, []string{"105.00"}, amountsIn(t, document, "PayableAmount"))
	require.Contains(t, string(document), "<cbc:ID>INV-2024-000001</cbc:ID>\n      <cbc:IssueDate>2024-03-31</cbc:IssueDate>")
	require.NotContains(t, string(document), "PaymentMeans", "nobody pays a credit memo")
}
