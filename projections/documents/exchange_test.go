package documents_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/projections/documents"
)

// inDollars is of an issuer in Ontario that keeps its books in CAD, and bills in
// USD: 231.95 and HST of 30.15 at 1.3643.
func inDollars(t testing.TB) (domain.InvoiceIssued, documents.Extras) {
	e, x := ontarioHST(t)
	e.Candidate.Currency, e.Lines, e.Number = "USD", nil, "INV-2025-000045"
	e = taxedBy(t, rulesOf(t, "ca"), lakeshore, e.Taxed.Buyer, e, carriage{in("CA", "QC"), in("CA", "ON"), "31.95"}, carriage{in("CA", "ON"), in("CA", "ON"), "200.00"})
	e.Exchange = &domain.Exchange{Per: "USD", On: "2025-06-30", Net: cad("316.45"), Tax: cad("41.13"), Total: cad("357.58"),
		Rate: rating.IndexValue{Index: "BOC-USD", Published: "2025-06-27", Effective: "2025-06-27", Value: rating.MustDecimal("1.3643"), Source: "Bank of Canada"}}
	return e, x
}

func cad(amount string) money.Money { return money.MustParse(amount, "CAD") }

func TestAnInvoiceInAnotherCurrencySaysWhatItIsInItsIssuersBooksAndByWhichRate(t *testing.T) {
	v := everyDocument(t)["in-dollars"]
	const note = "In CAD, at 1 USD = 1.3643 CAD (Bank of Canada, BOC-USD, 27 Jun 2025): 316.45 without tax, 41.13 tax, 357.58 in all."
	require.Contains(t, string(render(t, v, documents.HTML)), note)

	text := string(render(t, v, documents.XML))
	require.Contains(t, text, "<cbc:Note>"+note+"</cbc:Note>")
	require.Regexp(t, `<cbc:DocumentCurrencyCode>USD</cbc:DocumentCurrencyCode>\s*<cbc:TaxCurrencyCode>CAD</cbc:TaxCurrencyCode>`, text)
	require.Regexp(t, `(?s)<cbc:TaxAmount currencyID="USD">30.15<.*</cac:TaxTotal>\s*<cac:TaxTotal>\s*<cbc:TaxAmount currencyID="CAD">41.13</cbc:TaxAmount>\s*</cac:TaxTotal>`, text)

	// A rate of the other currency reads the other way
	e, x := inDollars(t)
	e.Exchange.Per = "CAD"
	v, err := documents.FromIssued(e, x)
	require.NoError(t, err)
	require.Contains(t, string(render(t, v, documents.HTML)), "1 CAD = 1.3643 USD")

}

func TestACreditMemoInAnotherCurrencySaysTheSame(t *testing.T) {
	of, x := inDollars(t)
	usd := func(amount string) money.Money { return money.MustParse(amount, "USD") }
	back := *of.Exchange
	back.Net, back.Tax, back.Total = cad("272.86"), cad("35.47"), cad("308.33")
	credit := domain.CreditIssued{Invoice: of.Invoice, Of: of.Number, Customer: "MAPLE", Date: "2025-07-02", Total: usd("226.00"), Exchange: &back, Credit: domain.Credit{ID: "C1", Number: "CM-2025-000001", Reason: "lost",
		Lines:  []domain.CreditLine{{Shipment: of.Lines[1].Shipment, Charge: of.Lines[1].Charge, Kind: domain.Freight, Amount: usd("200.00"), Tax: usd("26.00")}},
		Levies: []domain.CreditedLevy{{Shipment: of.Lines[1].Shipment, Charge: of.Lines[1].Charge, Levied: domain.Levied{Tax: "HST", Jurisdiction: "CA-ON", Amount: usd("26.00")}}}}}
	v, err := documents.FromCredit(credit, of, x)
	require.NoError(t, err)
	require.Contains(t, string(render(t, v, documents.HTML)), "272.86 without tax, 35.47 tax, 308.33 in all.")
	require.Contains(t, string(render(t, v, documents.XML)), `<cbc:TaxAmount currencyID="CAD">35.47<`)
}

func TestTaxInACurrencyOfThreeDecimalsIsBeyondTheStandard(t *testing.T) {
	e, x := inDollars(t)
	dinar := func(amount string) money.Money { return money.MustParse(amount, "KWD") }
	e.Exchange.Net, e.Exchange.Tax, e.Exchange.Total = dinar("70.815"), dinar("9.205"), dinar("80.020")
	v, err := documents.FromIssued(e, x)
	require.NoError(t, err)
	wants(t, documents.Write(t.Output(), v, documents.XML, documents.Options{}), "Exchange", "BT-111", "BR-DEC-15")
	require.Contains(t, string(render(t, v, documents.UBL)), `currencyID="KWD">9.205<`)
}
