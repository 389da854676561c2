package rating

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
)

func charge(t *testing.T, r Result, id string) Charge {
	t.Helper()
	for _, c := range r.Charges {
		if c.Charge == id {
			return c
		}
	}
	require.FailNow(t, "no such charge", id)
	return Charge{}
}

func ids(r Result) (out []string) {
	for _, c := range r.Charges {
		out = append(out, c.Charge)
	}
	return out
}

func TestEveryWayOfPricingALinehaul(t *testing.T) {
	rate := MustDecimal("2.155")
	loaded := trip().weighing("20500", "lb").going("412.5", "mi")
	loaded.Pallets, loaded.Pieces = MustDecimal("22"), MustDecimal("1040")
	metric := trip().weighing("9298.643", "kg").going("663.8544", "km") // 412.5 mi
	for per, want := range map[Unit]string{
		Flat: "2.16", PerMile: "888.94", PerKm: "1430.61", PerCWT: "441.78", Per100kg: "200.39", PerLb: "44177.50", PerKg: "20038.58",
		PerPallet: "47.41", PerPiece: "2241.20",
	} {
		t.Run(string(per), func(t *testing.T) {
			a := terms("USD", "0.01", Linehaul{Per: per, Rate: rate})
			require.Equal(t, []string{want}, lines(proven(t, a, loaded)))
			if per == PerMile || per == PerKm {
				require.Equal(t, []string{want}, lines(proven(t, a, metric)), "the same way in the other unit")
			}
			if per != Flat {
				r := proven(t, a, trip())
				require.Empty(t, r.Charges)
				require.Len(t, r.Missing, 1)
				require.Equal(t, "lane ALL", r.Missing[0].Clause)
			}
		})
	}
}

func TestABreakCountsFromItsThreshold(t *testing.T) {
	byWeight := terms("USD", "0.01", Linehaul{Per: PerCWT, Breaks: classes()})
	for weight, want := range map[string]string{"0": "0.00", "499.999": "209.65", "500": "175.50", "999.99": "351.00", "1000": "285.50", "50000": "9900.00"} {
		require.Equal(t, []string{want}, lines(proven(t, byWeight, trip().weighing(weight, "lb"))), weight)
	}
	zones := terms("USD", "0.01", Linehaul{Per: Flat, Breaks: []Break{{MustDecimal("0"), MustDecimal("150")}, {MustDecimal("161"), MustDecimal("290")}}})
	for distance, want := range map[string]string{"100": "150.00", "259.104": "150.00", "259.105": "290.00"} { // 161 mi are 259.104384 km
		require.Equal(t, []string{want}, lines(proven(t, zones, trip().going(distance, "km"))), distance)
	}
}

func TestDeficitTakesTheCheapestOfAllLaterBreaks(t *testing.T) {
	// Given a tariff whose third rate is so low that 1,000 lb cost less than 500
	a := terms("USD", "0.01", Linehaul{Per: PerCWT, Deficit: true, Breaks: []Break{
		{MustDecimal("0"), MustDecimal("10")}, {MustDecimal("500"), MustDecimal("9")}, {MustDecimal("1000"), MustDecimal("3")}, {MustDecimal("2000"), MustDecimal("2.50")},
	}})
	for weight, want := range map[string]string{"299.9": "29.99", "300": "30.00", "300.1": "30.00", "499": "30.00", "999": "30.00", "1000": "30.00", "1700": "50.00", "2000": "50.00", "2400": "60.00"} {
		require.Equal(t, []string{want}, lines(proven(t, a, trip().weighing(weight, "lb"))), weight)
	}
}

func TestRule24TheMinimumAppliesAfterDiscountAndBeforeFuelUnlessTheAgreementSaysOtherwise(t *testing.T) {
	// Given 142.56 before discount, 80 per cent of discount, 10.5 per cent of fuel
	for name, test := range map[string]struct {
		at      MinimumAt
		minimum string
		of      Unit
		want    []string
	}{
		"none":                            {"", "", OfNet, []string{"142.56", "-114.05", "2.99"}},
		"not reached":                     {"", "28.51", OfNet, []string{"142.56", "-114.05", "2.99"}},
		"after discount, by a cent":       {"", "28.52", OfNet, []string{"28.52", "2.99"}},
		"after discount":                  {AfterDiscount, "95.00", OfNet, []string{"95.00", "9.98"}},
		"after discount, fuel of gross":   {AfterDiscount, "95.00", OfGross, []string{"95.00", "14.97"}},
		"after discount, above the gross": {AfterDiscount, "200.00", OfGross, []string{"200.00", "21.00"}},
		"before discount":                 {BeforeDiscount, "95.00", OfNet, []string{"142.56", "-114.05", "2.99"}},
		"before discount, above it":       {BeforeDiscount, "300.00", OfNet, []string{"300.00", "-240.00", "6.30"}},
		"after fuel":                      {AfterFuel, "95.00", OfNet, []string{"92.01", "2.99"}},
		"after fuel, of gross":            {AfterFuel, "95.00", OfGross, []string{"80.03", "14.97"}},
		"after fuel, not reached":         {AfterFuel, "31.50", OfNet, []string{"142.56", "-114.05", "2.99"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := Linehaul{Per: PerCWT, Rate: MustDecimal("41.93"), Discount: MustDecimal("80"), MinimumAt: test.at}
			if test.minimum != "" {
				l.Minimum = MustDecimal(test.minimum)
			}
			a := terms("USD", "0.01", l).burning(statedFuel(test.of, MustDecimal("10.5")))
			r := proven(t, a, trip().weighing("340", "lb"))
			require.Equal(t, test.want, lines(r))
		})
	}
	t.Run("without a discount", func(t *testing.T) {
		a := terms("USD", "0.01", Linehaul{Per: PerCWT, Rate: MustDecimal("41.93"), Minimum: MustDecimal("150")}).burning(statedFuel(OfGross, MustDecimal("10")))
		require.Equal(t, []string{"150.00", "15.00"}, lines(proven(t, a, trip().weighing("340", "lb"))))
	})
	t.Run("after fuel and without any", func(t *testing.T) {
		a := terms("USD", "0.01", Linehaul{Per: PerCWT, Rate: MustDecimal("41.93"), Discount: MustDecimal("80"), Minimum: MustDecimal("95"), MinimumAt: AfterFuel})
		require.Equal(t, []string{"95.00"}, lines(proven(t, a, trip().weighing("340", "lb"))))
	})
	t.Run("after a fuel surcharge that is not known", func(t *testing.T) {
		a := terms("USD", "0.01", Linehaul{Per: PerCWT, Rate: MustDecimal("41.93"), Minimum: MustDecimal("150"), MinimumAt: AfterFuel}).burning(statedFuel(OfNet, MustDecimal("10")))
		f := trip().weighing("340", "lb")
		f.Indexes = nil
		r := proven(t, a, f)
		require.Empty(t, r.Charges)
		require.Equal(t, []string{"lane ALL", "fuel DOE"}, []string{r.Missing[0].Clause, r.Missing[1].Clause})
		r = proven(t, a, f.weighing("3400", "lb"))
		require.Equal(t, []string{"1425.62"}, lines(r), "above the minimum without it")
		require.Len(t, r.Missing, 1)
	})
}

func TestEveryWayOfPricingFuel(t *testing.T) {
	bands := []Band{{MustDecimal("0"), MustDecimal("3.10"), MustDecimal("0")}, {MustDecimal("3.10"), MustDecimal("3.999"), MustDecimal("21.5")}, {From: MustDecimal("3.999"), Below: MustDecimal("5"), Rate: MustDecimal("22")}}
	step := Fuel{Method: FuelSteps, Peg: MustDecimal("2.50"), Step: MustDecimal("0.05"), PerStep: MustDecimal("0.01")}
	with := func(f Fuel, change func(*Fuel)) Fuel { change(&f); return f }
	for name, test := range map[string]struct {
		fuel  Fuel
		index string
		want  string // "" none
	}{
		"formula":                       {Fuel{Method: FuelFormula, Peg: MustDecimal("2.5"), MilesPerGallon: MustDecimal("6")}, "3.999", "103.06"}, // 1.499 / 6 × 412.5 = 103.05625
		"formula at the peg":            {Fuel{Method: FuelFormula, Peg: MustDecimal("3.999"), MilesPerGallon: MustDecimal("6")}, "3.999", ""},
		"formula below the peg":         {Fuel{Method: FuelFormula, Peg: MustDecimal("4.5"), MilesPerGallon: MustDecimal("6")}, "3.999", ""},
		"formula as published":          {Fuel{Method: FuelFormula, Peg: MustDecimal("2.5"), MilesPerGallon: MustDecimal("6"), RateRound: &Round{money.Down, MustDecimal("0.01")}}, "3.999", "99.00"},
		"whole steps per mile":          {with(step, func(f *Fuel) { f.Unit = PerMile }), "3.999", "119.63"}, // 29 × 0.01 × 412.5 = 119.625
		"begun steps per mile":          {with(step, func(f *Fuel) { f.Unit, f.StepRound = PerMile, money.Up }), "3.999", "123.75"},
		"begun steps at a step":         {with(step, func(f *Fuel) { f.Unit, f.StepRound = PerMile, money.Up }), "2.55", "4.13"},
		"less than a step":              {with(step, func(f *Fuel) { f.Unit = PerMile }), "2.549", ""},
		"steps per km":                  {with(step, func(f *Fuel) { f.Unit = PerKm }), "3.999", "192.52"},
		"steps of per cent":             {with(step, func(f *Fuel) { f.Unit, f.PerStep = OfNet, MustDecimal("0.5") }), "3.999", "145.00"},
		"steps of a flat amount":        {with(step, func(f *Fuel) { f.Unit, f.PerStep = Flat, MustDecimal("1.255") }), "3.999", "36.40"},
		"band without surcharge":        {Fuel{Method: FuelBands, Unit: OfNet, Bands: bands}, "3.099999", ""},
		"band at its beginning":         {Fuel{Method: FuelBands, Unit: OfNet, Bands: bands}, "3.10", "215.00"},
		"band to below its end":         {Fuel{Method: FuelBands, Unit: OfNet, Bands: bands}, "3.998999", "215.00"},
		"the next band":                 {Fuel{Method: FuelBands, Unit: OfGross, Bands: bands}, "3.999", "220.00"},
		"a surcharge below half a cent": {Fuel{Method: FuelFormula, Peg: MustDecimal("3.998999"), MilesPerGallon: MustDecimal("6"), Round: &Round{money.Down, MustDecimal("0.01")}}, "3.999", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := terms("USD", "0.01", Linehaul{Per: Flat, Rate: MustDecimal("1000")}).burning(test.fuel)
			f := trip().going("412.5", "mi")
			f.Indexes = []IndexValue{diesel(test.index)}
			r := proven(t, a, f)
			require.Empty(t, r.Missing)
			if test.want == "" {
				require.Equal(t, []string{"1000.00"}, lines(r))
				require.Len(t, r.Notes, 1, "it says why there is none")
				require.Equal(t, "fuel DOE", r.Notes[0].Clause)
				return
			}
			require.Equal(t, []string{"1000.00", test.want}, lines(r))
		})
	}
	t.Run("beyond the last band", func(t *testing.T) {
		a := terms("USD", "0.01", Linehaul{Per: Flat, Rate: MustDecimal("1000")}).burning(Fuel{Method: FuelBands, Unit: OfNet, Bands: bands})
		f := trip()
		f.Indexes = []IndexValue{diesel("5.000")}
		r := proven(t, a, f)
		require.Equal(t, []string{"1000.00"}, lines(r))
		require.Equal(t, []Note{{Clause: "fuel DOE", Text: "index EIA-DIESEL-US of 2026-03-02, 5.000, is in no band"}}, r.Missing)
	})
}

func TestRule23FuelUsesTheIndexKeptWithTheFactsAndNoLaterRevision(t *testing.T) {
	// Given a shipment rated by the value that was published for its date
	a := terms("USD", "0.01", Linehaul{Per: Flat, Rate: MustDecimal("1000")}).burning(statedFuel(OfNet, MustDecimal("12")))
	a.Fuel[0].Bands = []Band{{MustDecimal("0"), MustDecimal("4"), MustDecimal("12")}, {From: MustDecimal("4"), Rate: MustDecimal("13")}}
	f := trip()
	before := proven(t, a, f)
	require.Equal(t, []string{"1000.00", "120.00"}, lines(before))

	// When a revision of the same week, and the next week's value, come in
	revised, next := diesel("4.100"), diesel("4.200")
	revised.Published = "2026-03-05"
	next.Published, next.Effective = "2026-03-09", "2026-03-10"
	f.Indexes = []IndexValue{next, revised, f.Indexes[0]}

	// Then the shipment comes to the same
	require.NoError(t, before.Verify(a, f))

	// And without a value for its date the surcharge is missing, and nothing else
	f.Indexes = []IndexValue{next}
	r := proven(t, a, f)
	require.Equal(t, []string{"1000.00"}, lines(r))
	require.Equal(t, []Note{{Clause: "fuel DOE", Text: "index EIA-DIESEL-US has no value for 2026-03-04"}}, r.Missing)
	f.PickedUp = ""
	r = proven(t, a, f)
	require.Equal(t, []string{"1000.00"}, lines(r))
	require.Len(t, r.Missing, 2, "the date chooses the version as well")
}

func TestRule22NothingThatDidNotMoveHasLinehaulOrFuel(t *testing.T) {
	for _, e := range ratingExamples() {
		if e.name == "truck-ordered-not-used" {
			require.Equal(t, []string{"VOR"}, ids(proven(t, e.agreement, e.facts)))
		}
		if e.name == "truckload" {
			require.NotContains(t, ids(proven(t, e.agreement, e.facts)), "VOR")
		}
	}
}

func TestAccessorialsThatTheAgreementNamesAreInTheBaseOfFuel(t *testing.T) {
	for _, e := range ratingExamples() {
		if e.name != "truckload" {
			continue
		}
		with := proven(t, e.agreement, e.facts)
		require.Equal(t, []string{"linehaul", "fuel", "DTU-2", "LUM-L1"}, ids(with))
		e.agreement.Accessorials[0].WithFuel = false
		without := proven(t, e.agreement, e.facts)
		more, err := charge(t, with, "fuel").Amount.Sub(charge(t, without, "fuel").Amount)
		require.NoError(t, err)
		require.Equal(t, charge(t, with, "DTU-2").Amount.Mul(MustDecimal("0.245").Exact(), money.HalfUp).String(), more.String())
	}
}

func TestWithoutALaneItSaysWhatWasLookedFor(t *testing.T) {
	a := terms("USD", "0.01", Linehaul{Per: Flat, Rate: MustDecimal("1000")})
	a.Lanes[0].Modes = []string{"LTL"}
	r := proven(t, a, trip().going("412.5", "mi"))
	require.Empty(t, r.Charges)
	require.Equal(t, []Note{{Clause: "lanes", Text: "no lane is for a shipment from US TX Dallas 75201 to US CA Los Angeles 90001, mode TL, equipment 53V, distance " + shown("412.5 mi")}}, r.Missing)
}

func TestFactsThatCannotBeAreRefusedByName(t *testing.T) {
	a := terms("USD", "0.01", Linehaul{Per: Flat, Rate: MustDecimal("1000")})
	for fact, change := range map[string]func(f *Facts){
		"weight":              func(f *Facts) { f.Weight = Quantity{MustDecimal("1"), "t", ""} },
		"distance":            func(f *Facts) { f.Distance = Quantity{MustDecimal("-1"), "mi", ""} },
		"pallets":             func(f *Facts) { f.Pallets = MustDecimal("-1") },
		"pieces":              func(f *Facts) { f.Pieces = MustDecimal("-0.5") },
		"ordered":             func(f *Facts) { f.Ordered = "2026-02-29" },
		"picked_up":           func(f *Facts) { f.PickedUp = "3/4/2026" },
		"delivered":           func(f *Facts) { f.Delivered = "2026-3-4" },
		"stops/1/seq":         func(f *Facts) { f.Stops[1].Seq = 1 },
		"stops/0/seq":         func(f *Facts) { f.Stops[0].Seq = 0 },
		"stops/0/kind":        func(f *Facts) { f.Stops[0].Kind = "PU" },
		"stops/1/weight":      func(f *Facts) { f.Stops[1].Weight = MustDecimal("-7") },
		"services/0/service":  func(f *Facts) { f.Services = []Service{{Code: "LUM"}} },
		"services/1/service":  func(f *Facts) { f.Services = []Service{{Service: "1"}, {Service: "1"}} },
		"services/0/quantity": func(f *Facts) { f.Services = []Service{{Service: "1", Quantity: MustDecimal("-1")}} },
		"services/0/miles":    func(f *Facts) { f.Services = []Service{{Service: "1", Miles: MustDecimal("-1")}} },
		"services/0/receipt":  func(f *Facts) { f.Services = []Service{{Service: "1", Receipt: money.MustParse("-1", "USD")}} },
		"indexes/0/value":     func(f *Facts) { f.Indexes[0].Value = Decimal{} },
		"indexes/0/published": func(f *Facts) { f.Indexes[0].Published = "" },
		"indexes/0/effective": func(f *Facts) { f.Indexes[0].Effective = "yesterday" },
	} {
		t.Run(fact, func(t *testing.T) {
			f := trip()
			change(&f)
			_, err := a.Rate(f)
			var refused *FactError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, fact, refused.Fact)
			require.Equal(t, "S-1", refused.Shipment)
		})
	}
}

func TestAnAgreementThatNobodyCheckedIsAnErrorAndNoPanic(t *testing.T) {
	flat := Linehaul{Per: Flat, Rate: MustDecimal("1000")}
	for name, a := range map[string]Agreement{
		"no rounding":         {Currency: "USD", Lanes: []Lane{{Linehaul: flat}}},
		"no currency":         {Round: Round{money.Up, MustDecimal("1")}, Lanes: []Lane{{Linehaul: flat}}},
		"half a cent":         terms("USD", "0.005", Linehaul{Per: Flat, Rate: MustDecimal("1.005")}),
		"no miles per gallon": terms("USD", "0.01", flat).burning(Fuel{Method: FuelFormula, Peg: MustDecimal("1")}),
		"no step":             terms("USD", "0.01", flat).burning(Fuel{Method: FuelSteps, Peg: MustDecimal("1"), Unit: Flat}),
		"more than there is":  terms("USD", "0.01", Linehaul{Per: PerMile, Rate: MustDecimal("999999999999999")}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.Rate(trip().going("412.5", "mi"))
			require.Error(t, err)
		})
	}
	for name, a := range map[string]Agreement{
		"no such fuel":   {Currency: "USD", Round: Round{money.Up, MustDecimal("1")}, Lanes: []Lane{{Linehaul: flat, Fuel: "X"}}},
		"no method":      terms("USD", "0.01", flat).burning(Fuel{}),
		"no bands":       terms("USD", "0.01", flat).burning(Fuel{Method: FuelBands}),
		"per night":      terms("USD", "0.01", Linehaul{Per: PerNight}),
		"fuel per night": terms("USD", "0.01", flat).burning(Fuel{Method: FuelSteps, Step: MustDecimal("1"), PerStep: MustDecimal("1"), Unit: PerNight}),
		"no first break": terms("USD", "0.01", Linehaul{Per: PerMile, Breaks: []Break{{MustDecimal("1000"), MustDecimal("1")}}}),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := a.Rate(trip().going("412.5", "mi"))
			require.NoError(t, err)
			require.NotEmpty(t, r.Missing)
		})
	}
}
