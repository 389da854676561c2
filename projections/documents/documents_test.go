package documents_test

import (
	"bytes"
	"errors"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/projections/documents"
)

// wants tells that an error has a FieldError for a field and a term.
func wants(t *testing.T, err error, field, term, rule string) {
	t.Helper()
	for _, e := range all(err) {
		var f *documents.FieldError
		if errors.As(e, &f) && f.Field == field && f.Rule == rule {
			require.Contains(t, f.Term, term)
			return
		}
	}
	t.Fatalf("no complaint about %s (%s, %s) in: %v", field, term, rule, err)
}

func all(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

func render(t testing.TB, v documents.Invoice, f documents.Format) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, documents.Write(&b, v, f, documents.Options{}))
	return b.Bytes()
}

func TestAnIssuedInvoiceBecomesADocumentLineByLine(t *testing.T) {
	v := issued(t, usFreight)
	require.Equal(t, documents.Bill, v.Kind)
	require.Len(t, v.Shipments, 2)
	require.Len(t, v.Shipments[0].Lines, 4)
	linehaul, discount := v.Shipments[0].Lines[0], v.Shipments[0].Lines[1]
	require.Equal(t, "4193", linehaul.Measure.Quantity.String())
	require.Equal(t, "13.4", linehaul.Measure.Rate.String())
	require.Equal(t, []string{"Tariff T-100, version 7, in force since 2024-01-01", "13.40 × 4193 ÷ 100 = 561.8620", "rounded half-up: 561.86 USD"}, linehaul.Derivation)
	require.Equal(t, "-80", discount.Measure.Quantity.String(), "a price is never negative, a quantity may be")
	require.Nil(t, v.Shipments[0].Lines[3].Measure, "an amount that was stated has no quantity")
	require.Equal(t, 5, v.Shipments[1].Lines[0].Number)
}

func TestAMinimumThatMadeTheAmountLeavesNoRateToMultiply(t *testing.T) {
	e, x := usFreight()
	ref := domain.ChargeRef{Shipment: "SH-2", Charge: "F"}
	basis := rate("2.00", "500")
	basis.Inputs["minimum"] = "1240.00"
	x.Charges[ref] = documents.ChargeExtras{Basis: basis, Unit: "LBR"}
	v, err := documents.FromIssued(e, x)
	require.NoError(t, err)
	require.Nil(t, v.Shipments[1].Lines[0].Measure)
	require.Contains(t, v.Shipments[1].Lines[0].Derivation, "at least 1240.00")
}

func TestLinesOfAShipmentStandTogether(t *testing.T) {
	e, x := usFreight()
	e.Lines[1], e.Lines[4] = e.Lines[4], e.Lines[1]
	v, err := documents.FromIssued(e, x)
	require.NoError(t, err)
	require.Len(t, v.Shipments, 2)
	for n, l := range append(v.Shipments[0].Lines, v.Shipments[1].Lines...) {
		require.Equal(t, n+1, l.Number)
	}
}

func TestABasisThatDoesNotExplainItsAmountIsRefused(t *testing.T) {
	e, x := usFreight()
	x.Charges[domain.ChargeRef{Shipment: "SH-1", Charge: "F"}] = documents.ChargeExtras{Basis: rate("13.50", "4193")}
	_, err := documents.FromIssued(e, x)
	wants(t, err, "Lines[0]", "BG-25", "")
	require.ErrorContains(t, err, "566.06")
}

// Rule 26: Σ lines + Σ tax = total.
func TestTotalsAreCheckedAndNeverMadeToFit(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*domain.InvoiceIssued)
		field  string
	}{
		"net is not the sum of the lines":      {func(e *domain.InvoiceIssued) { e.Net, e.Total = usd("1449.18"), usd("1449.18") }, "Net"},
		"tax is not the sum of the lines' tax": {func(e *domain.InvoiceIssued) { e.Tax, e.Total = usd("0.01"), usd("1449.18") }, "Tax"},
		"total is not net and tax":             {func(e *domain.InvoiceIssued) { e.Total = usd("1449.16") }, "Total"},
	} {
		t.Run(name, func(t *testing.T) {
			e, x := usFreight()
			c.change(&e)
			_, err := documents.FromIssued(e, x)
			wants(t, err, c.field, "BT-1", "rule 26")
		})
	}
}

func TestACreditsTotalIsHeldAgainstItsLines(t *testing.T) {
	e, of, x := creditMemo()
	e.Total = usd("105.01")
	_, err := documents.FromCredit(e, of, x)
	wants(t, err, "Total", "BT-112", "rule 26")
}

func TestMissingDataIsNamedByFieldAndTerm(t *testing.T) {
	for name, c := range map[string]struct {
		change            func(*domain.InvoiceIssued, *documents.Extras)
		field, term, rule string
	}{
		"no number":             {func(e *domain.InvoiceIssued, _ *documents.Extras) { e.Number = "" }, "Number", "BT-1", "BR-02"},
		"no issue date":         {func(e *domain.InvoiceIssued, _ *documents.Extras) { e.IssueDate = "" }, "IssueDate", "BT-2", "BR-03"},
		"a due date of nowhere": {func(e *domain.InvoiceIssued, _ *documents.Extras) { e.DueDate = "2024-02-30" }, "DueDate", "BT-9", ""},
		"no seller":             {func(_ *domain.InvoiceIssued, x *documents.Extras) { x.Seller.Name = " " }, "Seller.Name", "BT-27", "BR-06"},
		"no buyer":              {func(_ *domain.InvoiceIssued, x *documents.Extras) { x.Buyer.Name = "" }, "Buyer.Name", "BT-44", "BR-07"},
		"no line":               {func(e *domain.InvoiceIssued, _ *documents.Extras) { e.Lines = nil }, "Shipments", "BG-25", "BR-16"},
		"no currency":           {func(e *domain.InvoiceIssued, _ *documents.Extras) { e.Candidate.Currency = "XXX" }, "Currency", "BT-5", "BR-05"},
		"another currency": {func(e *domain.InvoiceIssued, _ *documents.Extras) {
			e.Lines[4].Amount = money.MustParse("1240.00", "CAD")
		}, "Shipments[1].Lines[0].Net", "BT-131", "rule 29"},
		"no rate of tax": {func(e *domain.InvoiceIssued, _ *documents.Extras) { e.Lines[4].TaxCode = domain.TaxStandard }, "Shipments[1].Lines[0].TaxRule.Percent", "BT-152", "rule 31"},
		"another tax code": {func(e *domain.InvoiceIssued, x *documents.Extras) {
			s := x.Shipments["SH-2"]
			s.Tax.Code = domain.TaxExempt
			x.Shipments["SH-2"] = s
		}, "Lines[4]", "BG-25", ""},
		"a rebill of an unknown invoice": {func(e *domain.InvoiceIssued, _ *documents.Extras) { e.Lines[0].Rebills = "ACME_2024-02_USD_1" }, "Lines[0].Rebills", "BT-25", ""},
		"a debit of nothing":             {func(_ *domain.InvoiceIssued, x *documents.Extras) { x.Debits = []documents.Preceding{{}} }, "Replaces[0].Number", "BT-25", "BR-55"},
	} {
		t.Run(name, func(t *testing.T) {
			e, x := usFreight()
			c.change(&e, &x)
			_, err := documents.FromIssued(e, x)
			wants(t, err, c.field, c.term, c.rule)
		})
	}
}

func TestACreditOfWhatWasNotBilledIsRefused(t *testing.T) {
	e, of, x := creditMemo()
	e.Lines[0].Charge = "NONE"
	_, err := documents.FromCredit(e, of, x)
	wants(t, err, "Lines[0]", "BG-25", "")

	e, of, x = creditMemo()
	of.Number = "INV-2024-000002"
	_, err = documents.FromCredit(e, of, x)
	wants(t, err, "Replaces", "BT-25", "")
}

func TestTheTaxSummaryHasARowForEachRule(t *testing.T) {
	e, x := canadianHST()
	e.Lines = append(e.Lines, e.Lines[0], e.Lines[0])
	e.Lines[1].Shipment, e.Lines[2].Shipment = "CA-2", "CA-3"
	for i, amount := range []string{"31.95", "10.00", "20.00"} {
		e.Lines[i].Amount = money.MustParse(amount, "CAD")
	}
	e.Lines[1].Tax, e.Lines[2].Tax = money.MustParse("1.50", "CAD"), money.MustParse("2.60", "CAD")
	e.Net, e.Tax, e.Total = money.MustParse("61.95", "CAD"), money.MustParse("8.25", "CAD"), money.MustParse("70.20", "CAD")
	ontario := x.Shipments["CA-1"].Tax
	novaScotia := documents.TaxRule{Code: domain.TaxStandard, Name: "HST", Jurisdiction: "CA-NB", Percent: "15"}
	x.Shipments["CA-2"], x.Shipments["CA-3"] = documents.ShipmentExtras{Tax: novaScotia}, documents.ShipmentExtras{Tax: ontario}
	v, err := documents.FromIssued(e, x)
	require.NoError(t, err)
	rows, err := v.TaxSummary()
	require.NoError(t, err)
	require.Len(t, rows, 2)
	require.Equal(t, "51.95 CAD", rows[0].Taxable.String())
	require.Equal(t, "6.75 CAD", rows[0].Tax.String())
	require.Equal(t, "1.50 CAD", rows[1].Tax.String())
}

func TestAFormatIsFoundByItsName(t *testing.T) {
	for _, f := range documents.Formats() {
		found, err := documents.ParseFormat(string(f))
		require.NoError(t, err)
		require.Equal(t, f, found)
		require.NotEmpty(t, f.MediaType())
		require.NotEmpty(t, render(t, issued(t, usFreight), f))
	}
	_, err := documents.ParseFormat("docx")
	require.ErrorContains(t, err, "html, pdf, xml, ubl")
	v := issued(t, usFreight)
	require.Error(t, documents.Write(&bytes.Buffer{}, v, "docx", documents.Options{}))
	require.Error(t, documents.Write(&bytes.Buffer{}, v, documents.PDF, documents.Options{Paper: "A5"}))
}

func TestNothingIsWrittenOfADocumentThatIsWrong(t *testing.T) {
	v := issued(t, usFreight)
	v.Total = usd("1.00")
	for _, f := range documents.Formats() {
		var b bytes.Buffer
		require.Error(t, documents.Write(&b, v, f, documents.Options{}))
		require.Zero(t, b.Len())
	}
}

func TestTheSameDocumentGivesTheSameBytes(t *testing.T) {
	once, again := everyDocument(t), everyDocument(t)
	for name := range once {
		for _, f := range documents.Formats() {
			require.True(t, bytes.Equal(render(t, once[name], f), render(t, again[name], f)), "%s as %s", name, f)
		}
	}
	first := render(t, once["hostile"], documents.PDF)
	for range 5 { // maps are ranged over in another order each time
		require.True(t, bytes.Equal(first, render(t, once["hostile"], documents.PDF)))
	}
}

// Whatever a customer writes, every format is made, and the page has the tags
// that it has without it.
func FuzzAnyText(f *testing.F) {
	f.Add("plain")
	f.Add(markup)
	f.Add(longWord + "\n\n\t" + longWord)
	f.Add("\x00\xff\u202e\ufeff\uE1E2\U0010FFFF{{.Title}}]]>\\()")
	tags := regexp.MustCompile(`<[a-zA-Z/!]`)
	f.Fuzz(func(t *testing.T, text string) {
		e, x := usFreight()
		plain := len(tags.FindAllIndex(render(t, issued(t, usFreight), documents.HTML), -1))
		e.Lines[0].Description = "L" + text
		x.Buyer.Name, x.Notes = "B"+text, []string{"N" + text}
		x.Seller.Address.City = "C" + text
		v, err := documents.FromIssued(e, x)
		require.NoError(t, err)
		require.Len(t, tags.FindAllIndex(render(t, v, documents.HTML), -1), plain)
		require.Empty(t, broken(render(t, v, documents.XML)))
		require.True(t, bytes.HasPrefix(render(t, v, documents.PDF), []byte("%PDF-")))
	})
}

func BenchmarkWrite(b *testing.B) {
	for _, size := range []struct {
		name  string
		given func() (domain.InvoiceIssued, documents.Extras)
	}{{"5-lines", usFreight}, {"1000-lines", thousandLines}} {
		v := issued(b, size.given)
		for _, f := range []documents.Format{documents.HTML, documents.PDF, documents.XML} {
			b.Run(size.name+"/"+string(f), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					var out bytes.Buffer
					if err := documents.Write(&out, v, f, documents.Options{}); err != nil {
						b.Fatal(err)
					}
					b.SetBytes(int64(out.Len()))
				}
			})
		}
	}
}
