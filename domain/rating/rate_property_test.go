package rating

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/freightledger/freightledger/domain/money"
)

// Drawn agreements pass Check; drawn facts pass theirs. Rapid prints the seed
// and the smallest case of what fails.

func drawDecimal(t *rapid.T, label string, most int64, places int) Decimal {
	return MustDecimal(narrow(rapid.Int64Range(0, most).Draw(t, label), rapid.IntRange(0, places).Draw(t, label+" places")).String())
}

func drawRounding(t *rapid.T, label string) money.Rounding {
	return rapid.SampledFrom([]money.Rounding{money.HalfUp, money.HalfEven, money.Down, money.Up, money.Floor, money.Ceiling}).Draw(t, label)
}

func drawBreaks(t *rapid.T) []Break {
	var breaks []Break
	from := int64(0)
	for range rapid.IntRange(1, 6).Draw(t, "breaks") {
		breaks = append(breaks, Break{MustDecimal(whole(from).String()), drawDecimal(t, "break rate", 100_000, 4)})
		from += rapid.Int64Range(1, 5_000).Draw(t, "threshold")
	}
	return breaks
}

func drawAgreement(t *rapid.T) Agreement {
	currency := rapid.SampledFrom(money.Currencies()).Draw(t, "currency")
	minor := MustDecimal(money.FromMinor(rapid.SampledFrom([]int64{1, 1, 5, 100}).Draw(t, "step"), currency).Format())
	l := Linehaul{Per: rapid.SampledFrom([]Unit{Flat, PerMile, PerKm, PerCWT, Per100kg, PerLb, PerKg, PerPallet, PerPiece}).Draw(t, "per")}
	byWeight := slices.Contains([]Unit{PerCWT, Per100kg, PerLb, PerKg}, l.Per)
	if l.Per != PerPallet && l.Per != PerPiece && rapid.Bool().Draw(t, "by breaks") {
		l.Breaks = drawBreaks(t)
		l.Deficit = byWeight && len(l.Breaks) > 1 && rapid.Bool().Draw(t, "deficit")
	} else {
		l.Rate = drawDecimal(t, "rate", 1_000_000, 4)
	}
	if rapid.Bool().Draw(t, "discounted") {
		l.Discount = drawDecimal(t, "discount", 100, 2)
	}
	if rapid.Bool().Draw(t, "with a minimum") {
		l.Minimum = MustDecimal(money.FromMinor(rapid.Int64Range(0, 100_000).Draw(t, "minimum"), currency).Format())
		l.MinimumAt = rapid.SampledFrom([]MinimumAt{"", AfterDiscount, BeforeDiscount, AfterFuel}).Draw(t, "minimum at")
	}
	a := terms(currency, minor.String(), l)
	a.Round.Mode = drawRounding(t, "mode")
	if rapid.Bool().Draw(t, "fuelled") {
		a = a.burning(drawFuel(t))
	}
	withFuel := rapid.Bool().Draw(t, "services with fuel")
	a.Accessorials = []Accessorial{
		{Code: "LFT", Name: "liftgate", Trigger: TriggerService, Price: Price{Rate: drawDecimal(t, "liftgate", 50_000, 2)}, WithFuel: withFuel},
		{Code: "DET", Name: "detention", Trigger: TriggerDetention, Price: Price{Per: PerHour, Rate: drawDecimal(t, "detention", 20_000, 3)}, Time: &Time{FreeMinutes: 60}, WithFuel: withFuel},
		{Code: "SOC", Name: "stop-off", Trigger: TriggerStopOff, Price: Price{Per: PerStop, Rate: drawDecimal(t, "stop-off", 50_000, 2)}},
	}
	require.NoError(t, a.Check())
	return a
}

func drawFuel(t *rapid.T) Fuel {
	f := Fuel{Method: rapid.SampledFrom([]FuelMethod{FuelFormula, FuelSteps, FuelBands}).Draw(t, "method")}
	if f.Method != FuelFormula {
		f.Unit = rapid.SampledFrom([]Unit{PerMile, PerKm, OfNet, OfGross, Flat}).Draw(t, "fuel unit")
	}
	switch f.Method {
	case FuelFormula:
		f.Peg, f.MilesPerGallon = drawDecimal(t, "peg", 5_000, 3), MustDecimal(whole(rapid.Int64Range(1, 13).Draw(t, "mpg")).String())
	case FuelSteps:
		f.Peg, f.Step = drawDecimal(t, "peg", 5_000, 3), MustDecimal(narrow(rapid.Int64Range(1, 100).Draw(t, "fuel step"), 3).String())
		f.PerStep, f.StepRound = drawDecimal(t, "per step", 100, 3), rapid.SampledFrom([]money.Rounding{"", money.Up, money.HalfUp}).Draw(t, "fuel steps")
	case FuelBands: // rates that rise with the index
		var from, rate int64
		for range rapid.IntRange(1, 5).Draw(t, "bands") {
			b := Band{From: MustDecimal(narrow(from, 3).String()), Rate: MustDecimal(narrow(rate, 2).String())}
			from += rapid.Int64Range(1, 2_000).Draw(t, "band")
			rate += rapid.Int64Range(0, 1_500).Draw(t, "band rate")
			b.Below = MustDecimal(narrow(from, 3).String())
			f.Bands = append(f.Bands, b)
		}
		f.Bands[len(f.Bands)-1].Below = Decimal{}
	}
	if rapid.Bool().Draw(t, "published rate") {
		f.RateRound = &Round{drawRounding(t, "rate mode"), MustDecimal("0.001")}
	}
	return f
}

func drawIndex(t *rapid.T) Decimal {
	return MustDecimal(narrow(rapid.Int64Range(1, 9_000).Draw(t, "index"), 3).String())
}

func drawFacts(t *rapid.T) Facts {
	f := trip().
		weighing(drawDecimal(t, "weight", 50_000_000, 6).String(), rapid.SampledFrom([]string{"lb", "kg"}).Draw(t, "weight unit")).
		going(drawDecimal(t, "distance", 5_000_000, 3).String(), rapid.SampledFrom([]string{"mi", "km"}).Draw(t, "distance unit"))
	f.Pallets, f.Pieces = drawDecimal(t, "pallets", 30, 1), drawDecimal(t, "pieces", 10_000, 0)
	f.Indexes = []IndexValue{diesel(drawIndex(t).String()), {Index: "OTHER", Published: "2026-03-02", Effective: "2026-03-03", Value: MustDecimal("9")}}
	extra := f.Stops[1]
	extra.Seq = 3
	f.Stops = append(f.Stops, extra)
	for i := range rapid.IntRange(0, 3).Draw(t, "services") {
		f.Services = append(f.Services, Service{Service: fmt.Sprint("s", i), Code: rapid.SampledFrom([]string{"LFT", "???"}).Draw(t, "service")})
	}
	f.Stops[1].Delays = []Delay{{Window{f.Stops[1].Arrive.Instant, f.Stops[1].Worked.Instant}, "AG"}, {Window{f.Stops[1].From, f.Stops[1].Until}, "NS"}}
	return f
}

func encode(t require.TestingT, v any) string {
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return string(raw)
}

func TestPropertyRatingIsAPureFunctionWhoseResultProvesItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, f := drawAgreement(t), drawFacts(t)
		terms, facts := encode(t, a), encode(t, f)
		r, err := a.Rate(f)
		require.NoError(t, err)

		// Twice the same bytes, and what it was given is as it was.
		again, err := a.Rate(f)
		require.NoError(t, err)
		require.Equal(t, encode(t, r), encode(t, again))
		require.Equal(t, terms, encode(t, a))
		require.Equal(t, facts, encode(t, f))

		// Stored and read, agreement, facts and result are byte for byte the
		// same, and the stored prove each other (rules 14, 15).
		var a2 Agreement
		var f2 Facts
		var r2 Result
		require.NoError(t, json.Unmarshal([]byte(terms), &a2))
		require.NoError(t, json.Unmarshal([]byte(facts), &f2))
		require.NoError(t, json.Unmarshal([]byte(encode(t, r)), &r2))
		require.Equal(t, terms, encode(t, a2))
		require.Equal(t, facts, encode(t, f2))
		require.Equal(t, encode(t, r), encode(t, r2))
		require.NoError(t, r2.Verify(a2, f2))

		// Amounts are whole minor units (rule 30), in the one currency (rule
		// 29), with the sign of their kind; ids are there once.
		seen := map[string]bool{}
		for _, c := range r.Charges {
			require.True(t, c.Amount.IsWholeMinor(), c.Amount)
			require.Equal(t, a.Currency, c.Amount.Currency())
			require.Equal(t, c.Kind == KindDiscount, c.Amount.IsNegative() || c.Kind == KindDiscount && c.Amount.IsZero(), "%s %s", c.Charge, c.Amount)
			require.True(t, c.Rounding.Known())
			require.False(t, seen[c.Charge], c.Charge)
			seen[c.Charge] = true
		}
	})
}

func TestPropertyChargesDoNotChangeWithTheOrderOfFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, f := drawAgreement(t), drawFacts(t)
		before, err := a.Rate(f)
		require.NoError(t, err)
		g := f
		g.Stops = rapid.Permutation(f.Stops).Draw(t, "stops")
		g.Services = rapid.Permutation(f.Services).Draw(t, "services in order")
		g.Indexes = rapid.Permutation(f.Indexes).Draw(t, "indexes")
		for i := range g.Stops {
			g.Stops[i].Delays = rapid.Permutation(g.Stops[i].Delays).Draw(t, "delays")
			g.Stops[i].Place.City = strings.ToUpper(g.Stops[i].Place.City)
		}
		after, err := a.Rate(g)
		require.NoError(t, err)
		require.Equal(t, encode(t, before), encode(t, after))
	})
}

// of sums the lines of the movement.
func of(t require.TestingT, r Result, c money.Currency, ids ...string) money.Money {
	total := money.Zero(c)
	for _, charge := range r.Charges {
		if slices.Contains(ids, charge.Charge) {
			var err error
			total, err = total.Add(charge.Amount)
			require.NoError(t, err)
		}
	}
	return total
}

func TestPropertyMoreWeightNeverCostsLessWithDeficit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, f := drawAgreement(t), drawFacts(t)
		l := &a.Lanes[0].Linehaul
		l.Per, l.Rate, l.Deficit = rapid.SampledFrom([]Unit{PerCWT, Per100kg, PerLb, PerKg}).Draw(t, "per weight"), Decimal{}, true
		if l.Breaks == nil {
			l.Breaks = drawBreaks(t)
		}
		if len(l.Breaks) < 2 {
			l.Breaks = append(l.Breaks, Break{MustDecimal("1000"), drawDecimal(t, "second rate", 1_000, 2)})
		}
		a.Lanes[0].Fuel, l.MinimumAt = "", ""
		require.NoError(t, a.Check())
		// Weights about the thresholds, where the rates change.
		near := rapid.SampledFrom(l.Breaks).Draw(t, "near").From.Exact().Sub(drawDecimal(t, "below it", 1_000, 2).Exact())
		f = f.weighing(near.Abs().String(), f.Weight.Unit)
		light, err := a.Rate(f)
		require.NoError(t, err)
		more := drawDecimal(t, "more weight", 5_000, 2)
		heavier := f.weighing(f.Weight.Value.Exact().Add(more.Exact()).String(), f.Weight.Unit)
		heavy, err := a.Rate(heavier)
		require.NoError(t, err)
		was, is := of(t, light, a.Currency, linehaulID, discountID), of(t, heavy, a.Currency, linehaulID, discountID)
		order, err := is.Cmp(was)
		require.NoError(t, err)
		require.GreaterOrEqual(t, order, 0, "%s for %s, %s for %s", was, f.Weight.Value, is, heavier.Weight.Value)
	})
}

func TestPropertyFuelNeverFallsWhileTheIndexRises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, f := drawAgreement(t), drawFacts(t)
		if len(a.Fuel) == 0 {
			a = a.burning(drawFuel(t))
		}
		a.Lanes[0].Linehaul.MinimumAt = "" // else the linehaul gives way to it
		require.NoError(t, a.Check())
		low, high := drawIndex(t), drawIndex(t)
		if low.Cmp(high) > 0 {
			low, high = high, low
		}
		amount := func(index Decimal) money.Money {
			g := f
			g.Indexes = []IndexValue{diesel(index.String())}
			r, err := a.Rate(g)
			require.NoError(t, err)
			return of(t, r, a.Currency, fuelID)
		}
		was, is := amount(low), amount(high)
		order, err := is.Cmp(was)
		require.NoError(t, err)
		require.GreaterOrEqual(t, order, 0, "%s at %s, %s at %s", was, low, is, high)
		require.False(t, was.IsNegative())
	})
}

func TestPropertyRule24TheLinesComeToTheMinimumAtLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, f := drawAgreement(t), drawFacts(t)
		a.Round.Step = MustDecimal(money.FromMinor(1, a.Currency).Format())
		l := &a.Lanes[0].Linehaul
		l.Minimum = MustDecimal(money.FromMinor(rapid.Int64Range(0, 10_000_000).Draw(t, "least"), a.Currency).Format())
		require.NoError(t, a.Check())
		r, err := a.Rate(f)
		require.NoError(t, err)
		lines := []string{linehaulID}
		switch l.MinimumAt {
		case AfterFuel:
			lines = append(lines, discountID, fuelID)
		case "", AfterDiscount:
			lines = append(lines, discountID)
		}
		total := of(t, r, a.Currency, lines...)
		require.False(t, numberOf(total).cmp(l.Minimum.number()) < 0, "%s is below %s", total, l.Minimum)
	})
}
