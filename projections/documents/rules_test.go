package documents_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/projections/documents"
)

// Read back as a receiver does, by local names, knowing nothing of how it was
// written.
type received struct {
	XMLName xml.Name
	Lines   []receivedLine `xml:"InvoiceLine"`
	Tax     struct {
		Amount    decimal.Decimal `xml:"TaxAmount"`
		Subtotals []struct {
			Taxable  decimal.Decimal  `xml:"TaxableAmount"`
			Tax      decimal.Decimal  `xml:"TaxAmount"`
			Category receivedCategory `xml:"TaxCategory"`
		} `xml:"TaxSubtotal"`
	} `xml:"TaxTotal"`
	Totals struct {
		Lines     decimal.Decimal `xml:"LineExtensionAmount"`
		Exclusive decimal.Decimal `xml:"TaxExclusiveAmount"`
		Inclusive decimal.Decimal `xml:"TaxInclusiveAmount"`
		Payable   decimal.Decimal `xml:"PayableAmount"`
	} `xml:"LegalMonetaryTotal"`
}

type receivedLine struct {
	Quantity decimal.Decimal  `xml:"InvoicedQuantity"`
	Net      decimal.Decimal  `xml:"LineExtensionAmount"`
	Price    decimal.Decimal  `xml:"Price>PriceAmount"`
	Per      *decimal.Decimal `xml:"Price>BaseQuantity"`
	Category receivedCategory `xml:"Item>ClassifiedTaxCategory"`
}

type receivedCategory struct {
	ID      string           `xml:"ID"`
	Percent *decimal.Decimal `xml:"Percent"`
}

func (c receivedCategory) key() string {
	if c.Percent == nil {
		return c.ID
	}
	return c.ID + c.Percent.String()
}

// broken names the rules of EN 16931's arithmetic that a document breaks.
func broken(text []byte) []string {
	var d received
	if err := xml.Unmarshal(text, &d); err != nil {
		return []string{err.Error()}
	}
	var rules []string
	hold := func(rule string, ok bool) {
		if !ok {
			rules = append(rules, rule)
		}
	}
	one := decimal.NewFromInt(1)
	lines, byCategory := decimal.Zero, map[string]decimal.Decimal{}
	for _, l := range d.Lines {
		lines = lines.Add(l.Net)
		byCategory[l.Category.key()] = byCategory[l.Category.key()].Add(l.Net)
		per := one
		if l.Per != nil {
			per = *l.Per
		}
		hold("BR-27", !l.Price.IsNegative())
		// PEPPOL-EN16931-R120, which gives two hundredths; this ledger needs one.
		hold("R120", l.Quantity.Mul(l.Price).Sub(l.Net.Mul(per)).Abs().LessThan(per.Shift(-2)))
	}
	tax := decimal.Zero
	for _, s := range d.Tax.Subtotals {
		tax = tax.Add(s.Tax)
		hold("BR-"+s.Category.ID+"-08", s.Taxable.Equal(byCategory[s.Category.key()]))
		delete(byCategory, s.Category.key())
		if s.Category.ID == "S" {
			exact := s.Taxable.Mul(*s.Category.Percent).Shift(-2).Round(2)
			hold("BR-S-09", exact.Abs().Sub(s.Tax.Abs()).Abs().LessThan(one))
		} else {
			hold("BR-"+s.Category.ID+"-09", s.Tax.IsZero())
		}
	}
	hold("BR-CO-18", len(byCategory) == 0)
	hold("BR-CO-10", d.Totals.Lines.Equal(lines))
	hold("BR-CO-13", d.Totals.Exclusive.Equal(lines))
	hold("BR-CO-14", d.Tax.Amount.Equal(tax))
	hold("BR-CO-15", d.Totals.Inclusive.Equal(lines.Add(tax)))
	hold("BR-CO-16", d.Totals.Payable.Equal(d.Totals.Inclusive))
	return rules
}

func TestAnyInvoiceThatIsWrittenKeepsTheArithmeticOfTheStandard(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		e, x := someInvoice(r)
		v, err := documents.FromIssued(e, x)
		require.NoError(r, err)
		var b bytes.Buffer
		err = documents.Write(&b, v, documents.XML, documents.Options{})
		if err != nil {
			var f *documents.FieldError
			require.ErrorAs(r, err, &f)
			require.Equal(r, "BR-S-09", f.Rule, "nothing else may keep it from the standard: %v", err)
			b.Reset()
			require.NoError(r, documents.Write(&b, v, documents.UBL, documents.Options{}))
			require.Contains(r, broken(b.Bytes()), "BR-S-09", "refused without reason")
			return
		}
		require.Empty(r, broken(b.Bytes()), b.String())
	})
}

// someInvoice has lines of many kinds, taxed by line as the ledger taxes them.
func someInvoice(r *rapid.T) (domain.InvoiceIssued, documents.Extras) {
	e, x := euReverse()
	x.Charges = map[domain.ChargeRef]documents.ChargeExtras{}
	rules := []documents.TaxRule{{Code: domain.TaxStandard, Percent: "21"}, {Code: domain.TaxStandard, Percent: "9.975"}, {Code: domain.TaxStandard, Percent: "21.0", Jurisdiction: "NL"},
		{Code: domain.TaxZeroRated}, {Code: domain.TaxExempt, Text: "Exempt."}, {Code: domain.TaxReverseCharge}}
	for i, rule := range rules {
		x.Shipments[shipment(i)] = documents.ShipmentExtras{Tax: rule}
	}
	eur := e.Candidate.Currency
	e.Lines, e.Net, e.Tax = nil, money.Zero(eur), money.Zero(eur)
	for n := range rapid.IntRange(1, 40).Draw(r, "lines") {
		at := rapid.IntRange(0, len(rules)-1).Draw(r, "rule")
		line := domain.BillLine{Shipment: shipment(at), Charge: domain.ChargeID(fmt.Sprint(n)), Kind: domain.Freight, TaxCode: rules[at].Code, ServiceDate: "2025-02-14"}
		basis := domain.Basis{Formula: domain.FormulaRate, Rounding: money.HalfUp, Inputs: map[string]string{
			"rate":     decimal.New(rapid.Int64Range(-99_999, 99_999).Draw(r, "rate"), -4).String(),
			"quantity": decimal.New(rapid.Int64Range(1, 99_999).Draw(r, "quantity"), -1).String(),
			"per":      rapid.SampledFrom([]string{"1", "100", "1000"}).Draw(r, "per")}}
		if rapid.Bool().Draw(r, "minimum") {
			basis.Inputs["minimum"] = "75.00"
		}
		amount, err := basis.Amount(eur)
		require.NoError(r, err)
		line.Amount, line.Tax = amount, money.Zero(eur)
		if rules[at].Percent != "" {
			line.Tax = amount.Mul(decimal.RequireFromString(rules[at].Percent).Shift(-2), money.HalfUp)
		}
		x.Charges[domain.ChargeRef{Shipment: line.Shipment, Charge: line.Charge}] = documents.ChargeExtras{Basis: basis, Unit: "KGM"}
		e.Lines = append(e.Lines, line)
		e.Net, err = e.Net.Add(line.Amount)
		require.NoError(r, err)
		e.Tax, err = e.Tax.Add(line.Tax)
		require.NoError(r, err)
	}
	var err error
	e.Total, err = e.Net.Add(e.Tax)
	require.NoError(r, err)
	return e, x
}

func shipment(n int) domain.ShipmentID { return domain.ShipmentID(fmt.Sprintf("R-%d", n)) }

func TestTheArithmeticCheckFindsEachFault(t *testing.T) {
	good := string(render(t, issued(t, mixedTax), documents.XML))
	require.Empty(t, broken([]byte(good)))
	for rule, change := range map[string][2]string{
		"BR-CO-10": {`<cbc:LineExtensionAmount currencyID="EUR">440.05<`, `<cbc:LineExtensionAmount currencyID="EUR">440.06<`},
		"BR-CO-13": {`<cbc:TaxExclusiveAmount currencyID="EUR">440.05<`, `<cbc:TaxExclusiveAmount currencyID="EUR">440.06<`},
		"BR-CO-14": {`<cbc:TaxAmount currencyID="EUR">38.70<`, `<cbc:TaxAmount currencyID="EUR">38.71<`},
		"BR-CO-15": {`<cbc:TaxInclusiveAmount currencyID="EUR">478.75<`, `<cbc:TaxInclusiveAmount currencyID="EUR">478.76<`},
		"BR-CO-16": {`<cbc:PayableAmount currencyID="EUR">478.75<`, `<cbc:PayableAmount currencyID="EUR">0.00<`},
		"BR-S-08":  {`<cbc:TaxableAmount currencyID="EUR">180.00<`, `<cbc:TaxableAmount currencyID="EUR">180.01<`},
		"BR-S-09":  {`<cbc:TaxAmount currencyID="EUR">37.80<`, `<cbc:TaxAmount currencyID="EUR">38.80<`},
		"BR-27":    {`<cbc:PriceAmount currencyID="EUR">20.00<`, `<cbc:PriceAmount currencyID="EUR">-20.00<`},
		"R120":     {`<cbc:InvoicedQuantity unitCode="C62">-1<`, `<cbc:InvoicedQuantity unitCode="C62">1<`},
	} {
		require.Equal(t, 1, strings.Count(good, change[0]), "%s: %s", rule, change[0])
		require.Contains(t, broken([]byte(strings.Replace(good, change[0], change[1], 1))), rule)
	}
}
