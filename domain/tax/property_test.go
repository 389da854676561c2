package tax

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/freightledger/freightledger/domain/money"
)

func roundings(per ...Per) *rapid.Generator[Rounding] {
	return rapid.Custom(func(t *rapid.T) Rounding {
		return Rounding{
			Per:   rapid.SampledFrom(per).Draw(t, "per"),
			Parts: Combined,
			Mode:  rapid.SampledFrom([]money.Rounding{money.HalfUp, money.HalfEven, money.Down, money.Up}).Draw(t, "mode"),
			Step:  rapid.SampledFrom([]Decimal{{}, MustDecimal("1"), MustDecimal("0.01"), MustDecimal("0.05")}).Draw(t, "step"),
		}
	})
}

// decisions draws one of a few taxes, so that lines share subtotals.
func decisions(round Rounding) *rapid.Generator[Decision] {
	levy := func(tax, in, percent string) Levy {
		return Levy{Tax: tax, Jurisdiction: in, Registration: "R", Percent: MustDecimal(percent), Round: round}
	}
	base := Decision{Registrant: "r", Version: "1", Rule: "x", Code: Standard, Jurisdiction: "CA", Category: "S"}
	with := func(levies ...Levy) Decision {
		d := base
		d.Levies = levies
		return d
	}
	free := base
	free.Code, free.Category = Exempt, "E"
	return rapid.SampledFrom([]Decision{
		with(levy("GST", "CA", "5")), with(levy("GST", "CA", "5"), levy("QST", "CA-QC", "9.975")),
		with(levy("HST", "CA-ON", "13")), with(levy("X", "CA", "0.000001")), with(levy("X", "CA", "33.333333")), free,
	})
}

// bills draws lines of charges and discounts.
func bills(round Rounding, least, most int) *rapid.Generator[[]Line] {
	return rapid.Custom(func(t *rapid.T) []Line {
		lines := make([]Line, rapid.IntRange(least, most).Draw(t, "lines"))
		for i := range lines {
			cents := rapid.OneOf(rapid.Int64Range(-300, 3000), rapid.Int64Range(-99999999, 999999999)).Draw(t, "cents")
			lines[i] = Line{fmt.Sprint(i), money.FromMinor(cents, "CAD"), decisions(round).Draw(t, "decision")}
		}
		return lines
	})
}

func TestPropertyRule33TheTaxesOfTheLinesSumToTheTaxOfTheInvoice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		round := roundings(PerLine, PerInvoice).Draw(t, "rounding")
		lines := bills(round, 0, 12).Draw(t, "bill")
		b, err := Compute("CAD", lines)
		require.NoError(t, err)
		require.NoError(t, b.Verify())

		taxes := money.Zero("CAD")
		perLevy := map[string]decimal.Decimal{}
		for _, line := range b.Lines {
			taxes, err = taxes.Add(line.Tax)
			require.NoError(t, err)
			for _, a := range line.Amounts {
				require.True(t, a.Amount.IsWholeMinor())
				perLevy[a.Tax+a.Percent.String()] = perLevy[a.Tax+a.Percent.String()].Add(a.Amount.Amount())
				if round.Step.IsZero() || round.Step.String() == "0.01" {
					off := a.Amount.Amount().Sub(decimal.RequireFromString(a.Exact)).Abs()
					require.True(t, off.LessThan(decimal.New(1, -2)), "%s of %s is a cent or more off", a.Amount, a.Exact)
				}
			}
		}
		require.Equal(t, b.Tax, taxes)
		step := decimal.New(1, -2)
		if !round.Step.IsZero() {
			step = round.Step.Exact()
		}
		for _, s := range b.Subtotals {
			require.True(t, s.Amount.Amount().Equal(perLevy[s.Tax+s.Percent.String()]), "%s", s.Tax)
			// The subtotal is a rounding of the exact one
			if s.Means == Allotted {
				require.True(t, s.Amount.Amount().Sub(decimal.RequireFromString(s.Exact)).Abs().LessThan(step))
			}
			if s.Means != "" {
				require.True(t, s.Amount.Amount().Mod(step).IsZero())
			}
		}
	})
}

func TestPropertyRule33RoundingToTheMinorUnitIsThatOfMoney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		round := roundings(PerLine).Draw(t, "rounding")
		round.Step = rapid.SampledFrom([]Decimal{{}, MustDecimal("0.01"), MustDecimal("0.010")}).Draw(t, "step")
		// Many of them halfway between cents
		exact := decimal.New(rapid.Int64Range(-4000, 4000).Draw(t, "mills"), -3)
		got, err := round.apply(exact, "CAD")
		require.NoError(t, err)
		want, err := money.New(exact, "CAD")
		require.NoError(t, err)
		require.Equal(t, want.Round(round.Mode), got, "%s of %s", round, exact)
		// A step of five cents rounds a fifth of the amount to cents
		round.Step = MustDecimal("0.05")
		got, err = round.apply(exact.Mul(decimal.New(5, 0)), "CAD")
		require.NoError(t, err)
		require.True(t, got.Amount().Equal(want.Round(round.Mode).Amount().Mul(decimal.New(5, 0))))
	})
}

func TestPropertyForOneLinePerLineIsPerInvoice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		round := roundings(PerLine).Draw(t, "rounding")
		lines := bills(round, 1, 1).Draw(t, "bill")
		one, err := Compute("CAD", lines)
		require.NoError(t, err)
		lines[0].Decision.Levies = slices.Clone(lines[0].Decision.Levies)
		for i := range lines[0].Decision.Levies {
			lines[0].Decision.Levies[i].Round.Per = PerInvoice
		}
		other, err := Compute("CAD", lines)
		require.NoError(t, err)
		require.Equal(t, one.Total, other.Total)
		for i, a := range one.Lines[0].Amounts {
			require.Equal(t, a.Amount, other.Lines[0].Amounts[i].Amount)
		}
	})
}

func TestPropertyTheCreditOfAllLinesIsTheMirrorOfTheBill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		round := roundings(PerLine, PerInvoice).Draw(t, "rounding")
		lines := bills(round, 1, 8).Draw(t, "bill")
		b, err := Compute("CAD", lines)
		require.NoError(t, err)
		// By computing the negated lines
		for i := range lines {
			lines[i].Net = lines[i].Net.Neg()
		}
		mirror, err := Compute("CAD", lines)
		require.NoError(t, err)
		// And by crediting each line
		var credited []LineTax
		for i, line := range b.Lines {
			require.Equal(t, line.Tax.Neg(), mirror.Lines[i].Tax)
			c, err := Credit(line, money.Zero("CAD"), line.Net)
			require.NoError(t, err)
			require.Equal(t, line.Tax.Neg(), c.Tax)
			credited = append(credited, c)
		}
		memo, err := Sum("CAD", credited)
		require.NoError(t, err)
		require.NoError(t, memo.Verify())
		require.Equal(t, b.Total.Neg(), mirror.Total)
		require.Equal(t, b.Total.Neg(), memo.Total)
	})
}

func TestPropertyRule36HoweverALineIsCreditedAllOfItsTaxComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := bills(roundings(PerLine, PerInvoice).Draw(t, "rounding"), 1, 4).Draw(t, "bill")
		b, err := Compute("CAD", lines)
		require.NoError(t, err)
		line := b.Lines[0]
		whole, err := line.Net.Minor()
		require.NoError(t, err)
		left, before, given := whole, money.Zero("CAD"), money.Zero("CAD")
		for n := 0; left != 0; n++ {
			part := left
			if n < 5 {
				part = rapid.Int64Range(min(left, 0), max(left, 0)).Draw(t, "part")
			}
			net := money.FromMinor(part, "CAD")
			c, err := Credit(line, before, net)
			require.NoError(t, err)
			require.LessOrEqual(t, c.Tax.Sign()*line.Tax.Sign(), 0, "a credit gives back")
			left -= part
			before, err = before.Add(net)
			require.NoError(t, err)
			given, err = given.Add(c.Tax)
			require.NoError(t, err)
			require.False(t, given.Amount().Abs().GreaterThan(line.Tax.Amount().Abs()), "never more than the line bore")
		}
		if whole != 0 {
			require.Equal(t, line.Tax.Neg(), given)
		}
	})
}

func TestPropertyTheSameFactsGiveTheSameDecisionAndBillByteForByte(t *testing.T) {
	var all []Rules
	for _, name := range []string{"ca", "gb", "de", "in", "us"} {
		all = append(all, rulesOf(t, name))
	}
	places := []string{"CA-ON", "CA-QC", "CA-NS", "CA-AB", "CA", "US-TX", "GB", "DE", "FR", "CH", "IN-MH", "IN-GJ"}
	rapid.Check(t, func(t *rapid.T) {
		place := rapid.SampledFrom(places)
		r := rapid.SampledFrom(all).Draw(t, "rules")
		f := freight(rapid.SampledFrom([]string{"2025-03-31", "2025-04-01", "2025-09-22"}).Draw(t, "day"), place.Draw(t, "from"), place.Draw(t, "to"))
		if rapid.Bool().Draw(t, "leg") {
			f = f.shipped(place.Draw(t, "shipped from"), place.Draw(t, "shipped to"))
		}
		status := rapid.SampledFrom([]Status{Business, Consumer}).Draw(t, "status")
		f = f.forA(status, place.Draw(t, "established"), rapid.SliceOfN(place, 0, 2).Draw(t, "ids")...)
		f = f.with(rapid.SliceOfN(rapid.SampledFrom([]EvidenceKind{CrossBorderDocument, ExportProof, Declaration, CustomerBusiness}), 0, 3).Draw(t, "evidence")...)
		f = f.under(rapid.SliceOfN(rapid.SampledFrom([]string{ConsignmentNote, TiedToExport}), 0, 2).Draw(t, "circumstances")...)

		d, err := r.Determine(f)
		again, errAgain := r.Determine(f)
		require.Equal(t, err, errAgain)
		if err != nil {
			return // no rule, or a state that is asked for
		}
		one, err := json.Marshal(d)
		require.NoError(t, err)
		two, err := json.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, string(one), string(two))

		// Rule 31: whatever is decided names its code, jurisdiction and version
		require.True(t, d.Code.Known())
		require.True(t, isJurisdiction(d.Jurisdiction))
		require.Equal(t, r.Version, d.Version)
		// Rule 32: nothing is zero-rated without evidence
		if d.Code == ZeroRated && !d.Held() {
			require.NotEmpty(t, d.Evidence)
		}
		// A decision that was stored is as good as a fresh one
		var stored Decision
		require.NoError(t, json.Unmarshal(one, &stored))
		if d.Held() {
			return
		}
		fresh, err := Compute("CAD", []Line{{"1", cad("100.05"), d}})
		require.NoError(t, err)
		old, err := Compute("CAD", []Line{{"1", cad("100.05"), stored}})
		require.NoError(t, err)
		require.Equal(t, fresh, old)
	})
}

func TestPropertyARuleThatIsRefusedAsUnreachableNeverCounts(t *testing.T) {
	r := smallRules()
	r.Circumstances = append(r.Circumstances, Circumstance{"other", "another"})
	places := []string{"CA", "CA-ON", "CA-AB", "US", "US-NY", "west"}
	subset := func(of ...string) *rapid.Generator[[]string] {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, 2, rapid.ID)
	}
	when := rapid.Custom(func(t *rapid.T) When {
		set := func(name string) Places {
			if rapid.IntRange(0, 2).Draw(t, name) > 0 {
				return Places{}
			}
			return Places{subset(places...).Draw(t, name+" in"), subset(places...).Draw(t, name+" not in")}
		}
		areas := rapid.SampledFrom([]Area{"", "", Country, State})
		return When{
			Origin: set("origin"), Destination: set("destination"), Via: set("via"), Registered: set("registered"),
			Within: areas.Draw(t, "within"), Crosses: areas.Draw(t, "crosses"),
			Status:        rapid.SampledFrom([]Status{"", "", Business}).Draw(t, "status"),
			Circumstances: Names{subset("noted", "other").Draw(t, "in"), subset("noted", "other").Draw(t, "not in")},
		}
	})
	dead := 0
	rapid.Check(t, func(t *rapid.T) {
		earlier := Rule{Rule: "earlier", When: when.Draw(t, "earlier")}
		later := Rule{Rule: "later", When: when.Draw(t, "later")}
		if !r.shadows(earlier, later) {
			return
		}
		dead++
		place := rapid.SampledFrom([]string{"CA-ON", "CA-AB", "CA-QC", "CA", "US-NY", "US", "MX"})
		for range 20 {
			f := freight("2025-06-30", place.Draw(t, "from"), place.Draw(t, "to"))
			f = f.forA(rapid.SampledFrom([]Status{Business, Consumer}).Draw(t, "status"), "CA-ON", rapid.SliceOfN(place, 0, 2).Draw(t, "ids")...)
			for _, via := range rapid.SliceOfN(place, 0, 2).Draw(t, "via") {
				f.Via = append(f.Via, at(via))
			}
			f = f.under(subset("noted", "other").Draw(t, "circumstances")...)
			if verdict, _ := r.judge(later, f); verdict == yes {
				verdict, why := r.judge(earlier, f)
				require.Equal(t, yes, verdict, "%s of %v does not hold of %s, all of %v does", why, earlier.When, f, later.When)
			}
		}
	})
	require.NotZero(t, dead, "no rule was shadowed: the test tells nothing")
}
