package tax

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
)

// rounding fixes how every jurisdiction of the rules rounds.
func (r Rules) rounded(per Per, parts Parts, mode money.Rounding) Rules {
	r.Rounding = slices.Clone(r.Rounding)
	for i := range r.Rounding {
		r.Rounding[i].Per, r.Rounding[i].Parts, r.Rounding[i].Mode = per, parts, mode
	}
	return r
}

func TestRule33HSTIsRoundedCombinedOrByComponentAsTheRegistrantFixedIt(t *testing.T) {
	// Given the published question: 31.95 in Ontario
	raw, err := os.ReadFile("testdata/oracle.json")
	require.NoError(t, err)
	var oracle struct{ Src, Calc string }
	require.NoError(t, json.Unmarshal(raw, &oracle))
	figures := regexp.MustCompile(`^([\d.]+) x 13% = ([\d.]+) -> ([\d.]+); or 5% ([\d.]+) -> ([\d.]+) \+ 8% ([\d.]+) -> ([\d.]+) = ([\d.]+)$`).FindStringSubmatch(oracle.Calc)
	require.Len(t, figures, 9, oracle.Calc)
	net := cad(figures[1])
	ca := rulesOf(t, "ca")
	facts := freight("2025-06-30", "CA-ON", "CA-ON")

	// When the parts are rounded together
	b := taxed(t, determined(t, ca, facts), net)
	require.Equal(t, cad(figures[3]), b.Tax, oracle.Src)
	require.Equal(t, figures[2], b.Lines[0].Amounts[0].Exact)
	require.Equal(t, "HST", b.Subtotals[0].Tax)
	require.Equal(t, "13", b.Subtotals[0].Percent.String())

	// Or each on its own
	b = taxed(t, determined(t, ca.rounded(PerLine, ByComponent, money.HalfUp), facts), net)
	require.Equal(t, cad(figures[8]), b.Tax, oracle.Src)
	federal, provincial := b.Lines[0].Amounts[0], b.Lines[0].Amounts[1]
	require.Equal(t, []string{figures[4], figures[6]}, []string{federal.Exact, provincial.Exact})
	require.Equal(t, []money.Money{cad(figures[5]), cad(figures[7])}, []money.Money{federal.Amount, provincial.Amount})
	require.Len(t, b.Subtotals, 2)
}

func TestRule33TaxRoundedOnTheInvoiceIsAllottedToItsLines(t *testing.T) {
	// Given three lines whose taxes of 0.104 each sum to 0.312
	ca := rulesOf(t, "ca").rounded(PerInvoice, Combined, money.HalfUp)
	d := determined(t, ca, freight("2025-06-30", "CA-ON", "CA-ON"))
	lines := []Line{{"a", cad("0.80"), d}, {"b", cad("0.80"), d}, {"c", cad("0.80"), d}}
	b, err := Compute("CAD", lines)
	require.NoError(t, err)
	require.NoError(t, b.Verify())

	// Then the invoice bears 0.31, the first line the odd cent
	require.Equal(t, cad("0.31"), b.Tax)
	require.Equal(t, "0.312", b.Subtotals[0].Exact)
	require.Equal(t, []money.Money{cad("0.11"), cad("0.10"), cad("0.10")}, []money.Money{b.Lines[0].Tax, b.Lines[1].Tax, b.Lines[2].Tax})
	require.Equal(t, Allotted, b.Lines[0].Amounts[0].Means)

	// While line by line it bears 0.30
	perLine := determined(t, rulesOf(t, "ca"), freight("2025-06-30", "CA-ON", "CA-ON"))
	for i := range lines {
		lines[i].Decision = perLine
	}
	b, err = Compute("CAD", lines)
	require.NoError(t, err)
	require.Equal(t, cad("0.30"), b.Tax)
}

func TestTheOddCentGoesToTheLargestRemainder(t *testing.T) {
	d := determined(t, rulesOf(t, "ca").rounded(PerInvoice, Combined, money.HalfUp), freight("2025-06-30", "CA-ON", "CA-ON"))
	// 13% of 1.01, 1.07, -0.55: 0.1313, 0.1391, -0.0715; together 0.1989
	b, err := Compute("CAD", []Line{{"a", cad("1.01"), d}, {"b", cad("1.07"), d}, {"discount", cad("-0.55"), d}})
	require.NoError(t, err)
	require.NoError(t, b.Verify())
	require.Equal(t, cad("0.20"), b.Tax)
	require.Equal(t, []money.Money{cad("0.13"), cad("0.14"), cad("-0.07")}, []money.Money{b.Lines[0].Tax, b.Lines[1].Tax, b.Lines[2].Tax})
}

func TestTheOddCentIsNotTakenByADiscountThatLostMore(t *testing.T) {
	// Given 1% of 10.60, 10.70 and -10.80: 0.1060 + 0.1070 - 0.1080, together
	// 0.105
	round := Rounding{PerInvoice, Combined, money.HalfUp, Decimal{}}
	d := Decision{Version: "1", Code: Standard, Jurisdiction: "CA", Category: "S",
		Levies: []Levy{{Tax: "GST", Jurisdiction: "CA", Percent: MustDecimal("1"), Round: round}}}
	b, err := Compute("CAD", []Line{{"a", cad("10.60"), d}, {"b", cad("10.70"), d}, {"discount", cad("-10.80"), d}})
	require.NoError(t, err)
	require.NoError(t, b.Verify())

	// Then the charge that lost most gets it, and the discount stays less than a
	// cent off
	require.Equal(t, cad("0.11"), b.Tax)
	require.Equal(t, []money.Money{cad("0.10"), cad("0.11"), cad("-0.10")}, []money.Money{b.Lines[0].Tax, b.Lines[1].Tax, b.Lines[2].Tax})
}

func TestRule33AUKInvoiceTraderMayRoundTheInvoiceDown(t *testing.T) {
	gb := rulesOf(t, "gb")
	facts := freight("2025-06-30", "GB", "GB")
	lines := func(d Decision) []Line { return []Line{{"a", gbp("10.04"), d}, {"b", gbp("10.04"), d}} }

	// 20% of 20.08 is 4.016
	down, err := Compute("GBP", lines(determined(t, gb, facts)))
	require.NoError(t, err)
	require.NoError(t, down.Verify())
	require.Equal(t, gbp("4.01"), down.Tax)
	require.Equal(t, []money.Money{gbp("2.01"), gbp("2.00")}, []money.Money{down.Lines[0].Tax, down.Lines[1].Tax})

	nearest, err := Compute("GBP", lines(determined(t, gb.rounded(PerInvoice, Combined, money.HalfUp), facts)))
	require.NoError(t, err)
	require.Equal(t, gbp("4.02"), nearest.Tax)
}

func TestTheFiveCodesAreSubtotalsOfTheirOwn(t *testing.T) {
	de := rulesOf(t, "de")
	b, err := Compute("EUR", []Line{
		{"1", money.MustParse("100.00", "EUR"), determined(t, de, freight("2025-06-30", "DE", "DE"))},
		{"2", money.MustParse("50.00", "EUR"), determined(t, de, freight("2025-06-30", "DE", "CH").with(ExportProof))},
		{"3", money.MustParse("25.00", "EUR"), determined(t, de, freight("2025-06-30", "DE", "DE"))},
		{"4", money.MustParse("10.00", "EUR"), determined(t, de, freight("2025-06-30", "DE", "DE").forA(Business, "FR", "FR"))},
	})
	require.NoError(t, err)
	require.NoError(t, b.Verify())
	var got []string
	for _, s := range b.Subtotals {
		got = append(got, s.Category+" "+s.Jurisdiction+" "+s.Net.Format()+" "+s.Amount.Format())
	}
	// What bears no tax states neither a rounding nor a product
	for _, s := range b.Subtotals[1:] {
		require.Nil(t, s.Round)
		require.Empty(t, s.Exact)
		require.Empty(t, s.Means)
	}
	require.Equal(t, []string{"S DE 125.00 23.75", "E DE 50.00 0.00", "AE FR 10.00 0.00"}, got)
	require.Len(t, b.Notices, 2)
	require.Equal(t, "208.75 EUR", b.Total.String())
}

func TestYenAreRoundedToYenAndRupeesToTheStepThatIsStated(t *testing.T) {
	ca := rulesOf(t, "ca")
	ca.Rounding = slices.Clone(ca.Rounding)
	ca.Rounding[0].Step = Decimal{}
	d := determined(t, ca, freight("2025-06-30", "CA-ON", "CA-AB"))
	require.Equal(t, money.MustParse("6", "JPY"), taxed(t, d, money.MustParse("110", "JPY")).Tax) // 5.5

	ca.Rounding[0].Step = MustDecimal("0.05")
	d = determined(t, ca, freight("2025-06-30", "CA-ON", "CA-AB"))
	require.Equal(t, cad("0.10"), taxed(t, d, cad("1.50")).Tax) // 0.075
	require.Equal(t, cad("0.05"), taxed(t, d, cad("1.49")).Tax) // 0.0745

	// A step that is no multiple of the minor unit gives what nobody can pay
	_, err := Compute("JPY", []Line{{"1", money.MustParse("110", "JPY"), d}})
	require.ErrorContains(t, err, "no multiple of the minor unit of JPY")
}

func TestLinesThatCannotBeTaxedAreRefused(t *testing.T) {
	good := determined(t, rulesOf(t, "ca"), freight("2025-06-30", "CA-ON", "CA-ON"))
	change := func(f func(*Decision)) Decision {
		d := good
		d.Levies = slices.Clone(d.Levies)
		f(&d)
		return d
	}
	one := cad("1.00")
	for name, lines := range map[string][]Line{
		"another currency":       {{"1", money.MustParse("1.00", "USD"), good}},
		"a fraction of a cent":   {{"1", cad("1.001"), good}},
		"no amount":              {{"1", money.Money{}, good}},
		"no id":                  {{"", one, good}},
		"twice":                  {{"1", one, good}, {"1", one, good}},
		"no decision":            {{"1", one, Decision{}}},
		"no levy":                {{"1", one, change(func(d *Decision) { d.Levies = nil })}},
		"a levy on nothing":      {{"1", one, change(func(d *Decision) { d.Code = Exempt })}},
		"above 100 per cent":     {{"1", one, change(func(d *Decision) { d.Levies[0].Percent = MustDecimal("101") })}},
		"an unknown mode":        {{"1", one, change(func(d *Decision) { d.Levies[0].Round.Mode = "ceiling" })}},
		"per nothing":            {{"1", one, change(func(d *Decision) { d.Levies[0].Round.Per = "" })}},
		"a levy of no tax":       {{"1", one, change(func(d *Decision) { d.Levies[0].Tax = "" })}},
		"a levy of nobody":       {{"1", one, change(func(d *Decision) { d.Levies[0].Jurisdiction = "" })}},
		"no jurisdiction":        {{"1", one, change(func(d *Decision) { d.Jurisdiction = "" })}},
		"zero-rated for nothing": {{"1", one, change(func(d *Decision) { d.Code, d.Levies = ZeroRated, nil })}},
		"no version":             {{"1", one, change(func(d *Decision) { d.Version = "" })}},
	} {
		_, err := Compute("CAD", lines)
		require.Error(t, err, name)
	}
	_, err := Compute("CAD", []Line{{"1", one, good}})
	require.NoError(t, err)
	_, err = Compute("XXX", nil)
	require.Error(t, err)
}

func TestVerifyTellsWhatWasChanged(t *testing.T) {
	d := determined(t, rulesOf(t, "ca").rounded(PerInvoice, Combined, money.HalfUp), freight("2025-06-30", "CA-ON", "CA-ON"))
	bill := func() Bill {
		b, err := Compute("CAD", []Line{{"a", cad("0.80"), d}, {"b", cad("0.80"), d}})
		require.NoError(t, err)
		require.NoError(t, b.Verify())
		return b
	}
	for name, change := range map[string]func(*Bill){
		"an amount":   func(b *Bill) { b.Lines[0].Amounts[0].Amount = cad("0.12") },
		"a product":   func(b *Bill) { b.Lines[0].Amounts[0].Exact = "0.1" },
		"a base":      func(b *Bill) { b.Lines[0].Amounts[0].Net = cad("0.81") },
		"a percent":   func(b *Bill) { b.Lines[0].Amounts[0].Percent = MustDecimal("5") },
		"a line":      func(b *Bill) { b.Lines[0].Tax = cad("0.12") },
		"a subtotal":  func(b *Bill) { b.Subtotals[0].Amount = cad("0.22") },
		"a net":       func(b *Bill) { b.Subtotals[0].Net = cad("1.61") },
		"a lost line": func(b *Bill) { b.Lines = b.Lines[:1] },
		"lost totals": func(b *Bill) { b.Subtotals = nil },
		"the total":   func(b *Bill) { b.Total = cad("1.80") },
	} {
		b := bill()
		change(&b)
		require.Error(t, b.Verify(), name)
	}
	b := bill()
	b.Subtotals[0].Amount = cad("0.22")
	require.ErrorContains(t, b.Verify(), "subtotal 1, standard HST: stated is ")
}

func TestATaxRoundedToRupeesIsSharedInProportion(t *testing.T) {
	// Given 9% of 10.89 and 0.11, rounded to a whole rupee: 0.9801 + 0.0099
	round := Rounding{PerInvoice, ByComponent, money.HalfUp, MustDecimal("1")}
	d := Decision{Version: "1", Code: Standard, Jurisdiction: "IN", Category: "S",
		Levies: []Levy{{Tax: "CGST", Jurisdiction: "IN", Percent: MustDecimal("9"), Round: round}}}
	inr := func(s string) money.Money { return money.MustParse(s, "INR") }
	taxes := func(nets ...string) []string {
		var lines []Line
		for i, net := range nets {
			lines = append(lines, Line{string(rune('a' + i)), inr(net), d})
		}
		b, err := Compute("INR", lines)
		require.NoError(t, err)
		require.NoError(t, b.Verify())
		var out []string
		for _, line := range b.Lines {
			out = append(out, line.Tax.Format())
		}
		return out
	}
	require.Equal(t, []string{"0.99", "0.01"}, taxes("10.89", "0.11"))
	// What rounding takes away is taken in proportion too, and turns no sign
	require.Equal(t, []string{"0.00", "0.00"}, taxes("5.00", "0.11"))
	// A line of nothing is neither a charge nor a discount
	require.Equal(t, []string{"0.02", "0.98", "0.00"}, taxes("0.11", "5.56", "0.00")) // 0.0099 + 0.5004
	require.Equal(t, []string{"-0.02", "-0.98", "0.00"}, taxes("-0.11", "-5.56", "0.00"))
	// Large amounts that cancel keep their size: 900.00 - 899.10 = 0.90, rounded to 1
	require.Equal(t, []string{"900.05", "-899.05"}, taxes("10000.00", "-9990.00"))
}

func TestRule31TaxOfTwoProvincesAtOneRateIsTwoSubtotals(t *testing.T) {
	ca := rulesOf(t, "ca")
	b, err := Compute("CAD", []Line{
		{"1", cad("100.00"), determined(t, ca, freight("2025-06-30", "CA-ON", "CA-NB"))},
		{"2", cad("200.00"), determined(t, ca, freight("2025-06-30", "CA-ON", "CA-PE"))},
	})
	require.NoError(t, err)
	require.NoError(t, b.Verify())
	require.Len(t, b.Subtotals, 2)
	require.Equal(t, []string{"CA-NB", "CA-PE"}, []string{b.Subtotals[0].Jurisdiction, b.Subtotals[1].Jurisdiction})
	require.Equal(t, []money.Money{cad("15.00"), cad("30.00")}, []money.Money{b.Subtotals[0].Amount, b.Subtotals[1].Amount})
}

func TestALineIsNotTaxedOnAnotherAmount(t *testing.T) {
	line := taxed(t, determined(t, rulesOf(t, "ca"), freight("2025-06-30", "CA-ON", "CA-ON")), cad("10.00")).Lines[0]
	_, err := Sum("CAD", []LineTax{line})
	require.NoError(t, err)
	line.Net = cad("11.00")
	_, err = Sum("CAD", []LineTax{line})
	require.Error(t, err)
}

func TestAnAmountIsMadeOnlyByTheMeansThatGoWithIt(t *testing.T) {
	facts := freight("2025-06-30", "CA-ON", "CA-ON")
	perLine := taxed(t, determined(t, rulesOf(t, "ca"), facts), cad("10.00")).Lines[0]
	perInvoice := taxed(t, determined(t, rulesOf(t, "ca").rounded(PerInvoice, Combined, money.HalfUp), facts), cad("10.00")).Lines[0]
	credit, err := Credit(perLine, cad("0.00"), cad("4.00"))
	require.NoError(t, err)
	with := func(line LineTax, f func(*Amount)) LineTax {
		line = clone([]LineTax{line})[0]
		f(&line.Amounts[0])
		return line
	}
	for name, line := range map[string]LineTax{
		"rounded per invoice":   with(perInvoice, func(a *Amount) { a.Means = Rounded }),
		"allotted per line":     with(perLine, func(a *Amount) { a.Means = Allotted }),
		"credited of nothing":   with(perLine, func(a *Amount) { a.Means = Credited }),
		"nothing that is named": with(credit, func(a *Amount) { a.Means = "guessed" }),
	} {
		_, err := Sum("CAD", []LineTax{line})
		require.ErrorContains(t, err, "do not go with rounding", name)
	}
	// And whatever amount is stated, it is made anew
	for name, line := range map[string]LineTax{"rounded": perLine, "allotted": perInvoice, "credited": credit} {
		b, err := Sum("CAD", []LineTax{with(line, func(a *Amount) { a.Amount = cad("7.00") })})
		require.NoError(t, err, name)
		require.Equal(t, line.Tax, b.Tax, name)
	}
}
