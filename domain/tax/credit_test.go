package tax

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
)

func TestRule36CreditsMirrorTheTaxOfTheirLineUntilAllOfItIsGivenBack(t *testing.T) {
	// Given a line whose tax was allotted: 4.15 on 31.95
	d := determined(t, rulesOf(t, "ca"), freight("2025-06-30", "CA-ON", "CA-ON"))
	line := taxed(t, d, cad("31.95")).Lines[0]

	// When it is credited in three parts, each of which would bear 1.38 alone
	before, given := cad("0.00"), cad("0.00")
	for _, c := range []struct{ net, tax string }{{"10.65", "-1.38"}, {"10.65", "-1.39"}, {"10.65", "-1.38"}} {
		credit, err := Credit(line, before, cad(c.net))
		require.NoError(t, err)
		require.Equal(t, cad(c.net).Neg(), credit.Net)
		require.Equal(t, cad(c.tax), credit.Tax)
		require.Equal(t, Credited, credit.Amounts[0].Means)

		// Then each is a memo that can be computed again
		memo, err := Sum("CAD", []LineTax{credit})
		require.NoError(t, err)
		require.NoError(t, memo.Verify())
		require.Equal(t, cad(c.tax), memo.Subtotals[0].Amount)

		before, err = before.Add(cad(c.net))
		require.NoError(t, err)
		given, err = given.Add(credit.Tax)
		require.NoError(t, err)
	}

	// And together they are the whole tax, after which nothing is left
	require.Equal(t, line.Tax.Neg(), given)
	_, err := Credit(line, before, cad("0.01"))
	require.Error(t, err)
}

func TestACreditOfAnAllottedLineGivesBackItsShareAndNotItsOwnRounding(t *testing.T) {
	d := determined(t, rulesOf(t, "ca").rounded(PerInvoice, Combined, money.HalfUp), freight("2025-06-30", "CA-ON", "CA-ON"))
	b, err := Compute("CAD", []Line{{"a", cad("0.80"), d}, {"b", cad("0.80"), d}, {"c", cad("0.80"), d}})
	require.NoError(t, err)
	whole := cad("0.00")
	var lines []LineTax
	for _, line := range b.Lines {
		credit, err := Credit(line, whole, line.Net)
		require.NoError(t, err)
		require.Equal(t, line.Tax.Neg(), credit.Tax)
		lines = append(lines, credit)
	}
	memo, err := Sum("CAD", lines)
	require.NoError(t, err)
	require.NoError(t, memo.Verify())
	require.Equal(t, b.Tax.Neg(), memo.Tax)
	require.Equal(t, b.Total.Neg(), memo.Total)
}

func TestACreditOfAnUntaxedLineBearsNoTaxAndKeepsItsCode(t *testing.T) {
	d := determined(t, rulesOf(t, "de"), freight("2025-06-30", "DE", "DE").forA(Business, "FR", "FR"))
	line := taxed(t, d, money.MustParse("10.00", "EUR")).Lines[0]
	credit, err := Credit(line, money.Zero("EUR"), money.MustParse("4.00", "EUR"))
	require.NoError(t, err)
	require.Equal(t, ReverseCharge, credit.Code)
	require.Equal(t, "AE", credit.Category)
	require.True(t, credit.Tax.IsZero())
}

func TestCreditsOutsideTheirLineAreRefused(t *testing.T) {
	d := determined(t, rulesOf(t, "ca"), freight("2025-06-30", "CA-ON", "CA-ON"))
	line := taxed(t, d, cad("10.00")).Lines[0]
	for name, c := range map[string][2]money.Money{
		"more than the line":   {cad("0.00"), cad("10.01")},
		"more than is left":    {cad("9.00"), cad("1.01")},
		"the other sign":       {cad("0.00"), cad("-1.00")},
		"another currency":     {gbp("0.00"), gbp("1.00")},
		"a fraction of a cent": {cad("0.00"), cad("0.001")},
		"no amount":            {cad("0.00"), {}},
	} {
		_, err := Credit(line, c[0], c[1])
		require.Error(t, err, name)
	}
}
