package rating

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
)

// oracle is a worked bill that others published.
type oracle struct {
	ID    string   `json:"id"`
	Calc  string   `json:"calc"`
	Lines []string `json:"lines"`
	Total string   `json:"total"`
	Note  string   `json:"note"`
}

func theOracle(t *testing.T, id string) oracle {
	t.Helper()
	raw, err := os.ReadFile("testdata/oracles.json")
	require.NoError(t, err)
	var file struct {
		Cases []oracle `json:"cases"`
	}
	require.NoError(t, json.Unmarshal(raw, &file))
	for _, o := range file.Cases {
		if o.ID == id {
			return o
		}
	}
	require.FailNow(t, "no such oracle", id)
	return oracle{}
}

// figures are the numbers at the places of a pattern.
func figures(t *testing.T, text, pattern string) []Decimal {
	t.Helper()
	match := regexp.MustCompile(pattern).FindStringSubmatch(text)
	require.NotNil(t, match, "%q has no %s", text, pattern)
	var out []Decimal
	for _, m := range match[1:] {
		out = append(out, MustDecimal(m))
	}
	return out
}

func lines(r Result) (out []string) {
	for _, c := range r.Charges {
		out = append(out, c.Amount.Format())
	}
	return out
}

func sum(t *testing.T, charges []Charge) string {
	t.Helper()
	total := money.Zero("USD")
	for _, c := range charges {
		var err error
		total, err = total.Add(c.Amount)
		require.NoError(t, err)
	}
	return total.Format()
}

func proven(t *testing.T, a Agreement, f Facts) Result {
	t.Helper()
	require.NoError(t, a.Check())
	r, err := a.Rate(f)
	require.NoError(t, err)
	require.NoError(t, r.Verify(a, f))
	return r
}

// statedFuel is a surcharge in per cent that the bill itself states.
func statedFuel(of Unit, percent Decimal) Fuel {
	return Fuel{Method: FuelBands, Unit: of, Bands: []Band{{From: MustDecimal("0"), Rate: percent}}}
}

// hundredweight is what a bill gives in hundredweight, as the scale had it.
func hundredweight(d Decimal) string { return d.Exact().Shift(2).String() }

func TestTheLessThanTruckloadBillOfXPOIsReproduced(t *testing.T) {
	// Given the weight, rate, discount and surcharge of the published 210
	o := theOracle(t, "xpo-210")
	n := figures(t, o.Calc, `^([\d.]+) cwt x ([\d.]+) .* ([\d.]+)% discount .* FSC ([\d.]+)% of net`)
	a := terms("USD", "0.01", Linehaul{Per: PerCWT, Rate: n[1], Discount: n[2]}).burning(statedFuel(OfNet, n[3]))

	// When they are rated
	r := proven(t, a, trip().weighing(hundredweight(n[0]), "lb"))

	// Then its three lines and its total come out, to the cent
	require.Equal(t, o.Lines, lines(r))
	require.Equal(t, o.Total, sum(t, r.Charges))
}

func TestTheSurchargeThatABillStatesAndDoesNotChargeIsFound(t *testing.T) {
	// Given a published 210 that says its surcharge is 0.72 per cent
	o := theOracle(t, "mgctlyst-210")
	n := figures(t, o.Calc, `^([\d.]+) cwt x ([\d.]+) .* customs ([\d.]+); FSC ([\d.]+); discount ([\d.]+)%`)
	percent := figures(t, o.Note, `FSC 0?([\d.]+)% but`)[0]
	billed := money.MustParse(n[3].String(), "USD")
	require.Equal(t, o.Lines[2], billed.Format())

	for _, of := range []Unit{OfNet, OfGross} {
		a := terms("USD", "0.01", Linehaul{Per: PerCWT, Rate: n[1], Discount: n[4]}).burning(statedFuel(of, percent))
		a.Accessorials = []Accessorial{{Code: "CUS", Name: "customs", Trigger: TriggerService, Price: Price{Rate: n[2]}}}
		f := trip().weighing(hundredweight(n[0]), "lb")
		f.Services = []Service{{Service: "1", Code: "CUS"}}

		// When it is rated
		r := proven(t, a, f)
		require.Equal(t, []string{"linehaul", "discount", "fuel", "CUS-1"}, []string{r.Charges[0].Charge, r.Charges[1].Charge, r.Charges[2].Charge, r.Charges[3].Charge})

		// Then all but the surcharge is as billed
		require.Equal(t, []string{o.Lines[0], o.Lines[3], o.Lines[1]}, []string{r.Charges[0].Amount.Format(), r.Charges[1].Amount.Format(), r.Charges[3].Amount.Format()})
		require.Equal(t, map[Unit]string{OfNet: "4.45", OfGross: "26.18"}[of], r.Charges[2].Amount.Format())

		// And the bill's own amount, with which its total foots, is an exception
		r.Charges[2].Amount = billed
		require.Equal(t, o.Total, sum(t, r.Charges))
		var found *Difference
		require.ErrorAs(t, r.Verify(a, f), &found)
		require.Equal(t, "fuel", found.Charge)
		require.Equal(t, "26.27 USD", found.Stored)
	}
}

func TestTheFuelExampleOfTheGSAIsReproducedAndTruncated(t *testing.T) {
	// Given miles, miles per gallon, and the two prices
	o := theOracle(t, "gsa-fsc")
	n := figures(t, o.Calc, `^([\d.]+) mi / ([\d.]+) mpg x \(([\d.]+) - ([\d.]+)\)`)
	a := terms("USD", "0.01", Linehaul{Per: Flat, Rate: MustDecimal("1000")}).
		burning(Fuel{Method: FuelFormula, Peg: n[3], MilesPerGallon: n[1], Round: &Round{money.Down, MustDecimal("0.01")}})
	f := trip().going(n[0].String(), "mi")
	f.Indexes = []IndexValue{diesel(n[2].String())}

	// When and then
	r := proven(t, a, f)
	require.Equal(t, []string{"1000.00", o.Total}, lines(r))

	// And "all results are truncated, not rounded": 750.9 / 5 × 0.999 is 150.02982
	r = proven(t, a, func() Facts { g := f.going("750.9", "mi"); g.Indexes = []IndexValue{diesel("3.998")}; return g }())
	require.Equal(t, "150.02", r.Charges[1].Amount.Format())
	r = proven(t, a, func() Facts { g := f.going("750.999", "mi"); g.Indexes = []IndexValue{diesel("3.998")}; return g }())
	require.Equal(t, "150.04", r.Charges[1].Amount.Format(), "150.0496 is not rounded to 150.05")
}
