package rating

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
)

// soundAgreement is one that Check passes and that uses every part of it.
func soundAgreement() Agreement {
	d := MustDecimal
	return Agreement{
		Agreement: "ACME", Version: "2026-01", Title: "Acme Foods", Customers: []string{"C-100"}, Groups: []string{"retail"},
		Currency: "USD", From: "2026-01-01", Through: "2026-12-31", DateBasis: ByPickup,
		Round: Round{money.HalfUp, d("0.01")},
		Regions: []Region{
			{"TX", []Area{{Country: "US", States: []string{"TX"}, Cities: []string{"Dallas"}, Postal: []string{"750", "75001-75399"}, Exclude: []string{"75261"}}}},
			{"CA", []Area{{Country: "US", States: []string{"CA"}}}},
		},
		Lanes: []Lane{
			{
				Lane: "TX-CA", From: "TX", To: "CA", Modes: []string{"TL"}, Equipment: []string{"53V"},
				Distance: Range{d("100"), d("2000")}, Fuel: "doe",
				Linehaul: Linehaul{Per: PerMile, Rate: d("2.15"), Minimum: d("800"), MinimumAt: AfterFuel, Round: &Round{money.Up, d("1.00")}},
			},
			{Lane: "LTL", Modes: []string{"LTL"}, Fuel: "table", Linehaul: Linehaul{
				Per: PerCWT, Breaks: []Break{{d("0"), d("60")}, {d("500"), d("50")}, {d("1000"), d("40")}}, Deficit: true, Discount: d("80"),
			}},
			{Lane: "ANY", Fuel: "stepped", Linehaul: Linehaul{Per: Flat, Rate: d("900")}},
		},
		Fuel: []Fuel{
			{Fuel: "doe", Index: "EIA", Basis: ByDelivery, Lookup: LookupMid, Method: FuelFormula, Peg: d("1.20"), MilesPerGallon: d("6"), RateRound: &Round{money.HalfUp, d("0.001")}},
			{Fuel: "table", Index: "EIA", MaxAgeDays: 8, Method: FuelBands, Unit: OfNet, Bands: []Band{
				{d("1.20"), d("1.25"), d("0")}, {d("1.25"), d("1.30"), d("1")}, {d("1.30"), Decimal{}, d("2")},
			}},
			{Fuel: "stepped", Index: "EIA", Method: FuelSteps, Unit: PerMile, Peg: d("1.20"), Step: d("0.06"), StepRound: money.Up, PerStep: d("0.01"), Round: &Round{money.Down, d("0.01")}},
		},
		Accessorials: []Accessorial{
			{
				Code: "DET", Name: "Detention", Trigger: TriggerDetention, At: "pickup", Price: Price{Per: PerHour, Rate: d("50")}, Payor: "shipper",
				Time:     &Time{FreeMinutes: 120, IncrementMinutes: 15, IncrementRound: money.Up, Starts: FromWindow, Ends: ToWorked, LateArrival: LateForfeit, Admissible: []string{"eld"}, CarrierReasons: []string{"AH"}, MaxMinutes: 600, LayoverAfter: 540},
				Evidence: []Evidence{NeedsTimes, NeedsNotice}, NoticeMinutes: 30, ApprovalAbove: d("200"),
			},
			{Code: "DET", Name: "Detention", Trigger: TriggerDetention, At: "delivery", Price: Price{Per: PerHour, Rate: d("60")}, Time: &Time{FreeMinutes: 60}},
			{Code: "LAY", Name: "Layover", Trigger: TriggerLayover, At: "pickup", Price: Price{Per: PerNight, Rate: d("350")}},
			{Code: "SOC", Name: "Stop-off", Trigger: TriggerStopOff, Price: Price{Per: PerStop, Tiers: []Break{{d("1"), d("100")}, {d("3"), d("175")}}}},
			{Code: "RCL", Name: "Redelivery", Trigger: TriggerRedelivery, Price: Price{Per: PerMile, Rate: d("1.50"), Minimum: d("150"), Maximum: d("900")}},
			{Code: "LUM", Name: "Lumper", Trigger: TriggerPassThrough, Fee: d("10"), Evidence: []Evidence{NeedsReceipt}},
		},
		Clauses: Clauses{ApprovalAbove: d("100"), PODWaiver: "section 4", Tax: "US-1"},
		Billing: Billing{Cycle: Weekly, References: []string{"PO"}, Split: []Share{{"C-100", d("66.67")}, {"C-101", d("33.33")}}},
	}
}

func TestASoundAgreementIsAccepted(t *testing.T) {
	require.NoError(t, soundAgreement().Check())
}

func TestWhatRatingCouldNotDoIsRefusedWithItsPlace(t *testing.T) {
	d := MustDecimal
	for _, c := range []struct {
		name    string
		break_  func(*Agreement)
		pointer string
		says    string
	}{
		{"no id", func(a *Agreement) { a.Agreement = "" }, "/agreement", "agreement: is missing"},
		{"an id with a blank", func(a *Agreement) { a.Version = "2026 01" }, "/version", `version: "2026 01" is no id`},
		{"an id that is too long", func(a *Agreement) { a.Agreement = strings.Repeat("A", 121) }, "/agreement", "is no id"},
		{"a title of two lines", func(a *Agreement) { a.Title = "Acme\nFoods" }, "/title", "do not print"},
		{"a title of blanks", func(a *Agreement) { a.Title = "  " }, "/title", "is blank"},
		{"a title without end", func(a *Agreement) { a.Title = strings.Repeat("x", 201) }, "/title", "at most 200"},
		{"a customer twice", func(a *Agreement) { a.Customers = []string{"C-1", "C-2", "C-1"} }, "/customers/2", "customers, entry 3: C-1 is there twice, as numbers 1 and 3"},
		{"an unknown currency", func(a *Agreement) { a.Currency = "USX" }, "/currency", "currency: USX is not in ISO 4217"},
		{"a date that is none", func(a *Agreement) { a.From = "2026-02-30" }, "/from", "from: 2026-02-30 is no date"},
		{"an end before the beginning", func(a *Agreement) { a.Through = "2025-12-31" }, "/through", "through: 2025-12-31 is before the first day, 2026-01-01"},
		{"an unknown date basis", func(a *Agreement) { a.DateBasis = "invoice" }, "/date_basis", "date basis: invoice cannot be here: write one of pickup, delivery, order"},
		{"no rounding mode", func(a *Agreement) { a.Round.Mode = "" }, "/round/mode", "round, mode: is missing: write one of half-up"},
		{"a step of 0", func(a *Agreement) { a.Round.Step = d("0") }, "/round/step", "round, step: is 0: write a number above 0"},
		{"no step", func(a *Agreement) { a.Round.Step = Decimal{} }, "/round/step", "is missing"},
		{"a step below the minor unit", func(a *Agreement) { a.Round.Step = d("0.005") }, "/round/step", "the step is a multiple of 0.01"},

		{"a region without places", func(a *Agreement) { a.Regions[0].Areas = nil }, "/regions/0/areas", "region TX, areas: is missing"},
		{"a region twice", func(a *Agreement) { a.Regions[1].Region = "TX" }, "/regions/1", "region TX is there twice"},
		{"a country by its name", func(a *Agreement) { a.Regions[1].Areas[0].Country = "USA" }, "/regions/1/areas/0/country", "region CA, area 1, country: USA is no country"},
		{"a state in small letters", func(a *Agreement) { a.Regions[1].Areas[0].States = []string{"ca"} }, "/regions/1/areas/0/states/0", "ca is no state"},
		{"a city without name", func(a *Agreement) { a.Regions[0].Areas[0].Cities = []string{"Dallas", ""} }, "/regions/0/areas/0/cities/1", "is missing"},
		{"a postal range that falls", func(a *Agreement) { a.Regions[0].Areas[0].Postal = []string{"75399-75001"} }, "/regions/0/areas/0/postal/0", "postal 1: 75399-75001 is no range"},
		{"a ZIP+4 that looks like a range", func(a *Agreement) { a.Regions[0].Areas[0].Exclude = []string{"75001-1234"} }, "/regions/0/areas/0/exclude/0", "a single code without its hyphen"},
		{"a wildcard", func(a *Agreement) { a.Regions[0].Areas[0].Postal = []string{"75*"} }, "/regions/0/areas/0/postal/0", "is no postal code"},

		{"no lane", func(a *Agreement) { a.Lanes = nil }, "/lanes", "lanes: is missing"},
		{"a lane twice", func(a *Agreement) { a.Lanes[2].Lane = "TX-CA" }, "/lanes/2", "lane TX-CA: lane TX-CA is there twice, as numbers 1 and 3"},
		{"a lane without name", func(a *Agreement) { a.Lanes[2].Lane = "" }, "/lanes/2/lane", "lane 3, lane: is missing"},
		{"a lane that never counts", func(a *Agreement) { a.Lanes[2].Modes = []string{"ltl"} }, "/lanes/2", "lane ANY: never counts, because lane LTL comes first"},
		{"a lane from nowhere", func(a *Agreement) { a.Lanes[0].From = "OK" }, "/lanes/0/from", "lane TX-CA, from: region OK is not in the agreement"},
		{"a lane by a fuel that is not there", func(a *Agreement) { a.Lanes[0].Fuel = "DOE" }, "/lanes/0/fuel", "fuel DOE is not in the agreement"},
		{"a mode twice", func(a *Agreement) { a.Lanes[0].Modes = []string{"TL", "TL"} }, "/lanes/0/modes/1", "is there twice"},
		{"a range that holds nothing", func(a *Agreement) { a.Lanes[0].Distance = Range{From: d("500"), Below: d("500")} }, "/lanes/0/distance", "holds nothing"},
		{"a distance in furlongs", func(a *Agreement) { a.Lanes[0].Linehaul.DistanceUnit = "furlong" }, "/lanes/0/linehaul/distance_unit", "write one of mi, km"},
		{"kilometres of a rate per mile", func(a *Agreement) { a.Lanes[0].Linehaul.DistanceUnit = "km" }, "/lanes/0/linehaul/distance_unit", "is km while the rate is per mile"},
		{"a linehaul per night", func(a *Agreement) { a.Lanes[0].Linehaul.Per = PerNight }, "/lanes/0/linehaul/per", "lane TX-CA, linehaul, per: night cannot be here"},
		{"no rate", func(a *Agreement) { a.Lanes[0].Linehaul.Rate = Decimal{} }, "/lanes/0/linehaul/rate", "is missing"},
		{"a negative rate", func(a *Agreement) { a.Lanes[0].Linehaul.Rate = d("-2.15") }, "/lanes/0/linehaul/rate", "is -2.15: write no number below 0"},
		{"a rate beside breaks", func(a *Agreement) { a.Lanes[1].Linehaul.Rate = d("1") }, "/lanes/1/linehaul/rate", "beside breaks"},
		{"breaks that do not begin at 0", func(a *Agreement) { a.Lanes[1].Linehaul.Breaks[0].From = d("100") }, "/lanes/1/linehaul/breaks/0/from", "lane LTL, linehaul, break 1, from: is 100: the first begins at 0"},
		{"breaks that do not rise", func(a *Agreement) { a.Lanes[1].Linehaul.Breaks[2].From = d("500.0") }, "/lanes/1/linehaul/breaks/2/from", "the one before begins at 500: write them in rising order"},
		{"a break without rate", func(a *Agreement) { a.Lanes[1].Linehaul.Breaks[1].Rate = Decimal{} }, "/lanes/1/linehaul/breaks/1/rate", "is missing"},
		{"a deficit of one break", func(a *Agreement) { a.Lanes[1].Linehaul.Breaks = a.Lanes[1].Linehaul.Breaks[:1] }, "/lanes/1/linehaul/deficit", "needs two breaks or more"},
		{"a deficit of miles", func(a *Agreement) { a.Lanes[1].Linehaul.Per = PerMile }, "/lanes/1/linehaul/deficit", "is about weights"},
		{"a discount above 100", func(a *Agreement) { a.Lanes[1].Linehaul.Discount = d("100.01") }, "/lanes/1/linehaul/discount", "is 100.01 per cent: write 0 to 100"},
		{"a minimum that nobody can pay", func(a *Agreement) { a.Lanes[0].Linehaul.Minimum = d("800.005") }, "/lanes/0/linehaul/minimum", "USD has 2 decimals"},
		{"a place for no minimum", func(a *Agreement) { a.Lanes[1].Linehaul.MinimumAt = AfterFuel }, "/lanes/1/linehaul/minimum_at", "there is no minimum"},
		{"an unknown place for the minimum", func(a *Agreement) { a.Lanes[0].Linehaul.MinimumAt = "never" }, "/lanes/0/linehaul/minimum_at", "never cannot be here"},

		{"a fuel twice", func(a *Agreement) { a.Fuel[1].Fuel = "doe" }, "/fuel/1", "fuel doe is there twice"},
		{"a fuel without index", func(a *Agreement) { a.Fuel[0].Index = "" }, "/fuel/0/index", "is missing"},
		{"a fuel without method", func(a *Agreement) { a.Fuel[0].Method = "" }, "/fuel/0/method", "write one of formula, steps, bands"},
		{"division by nought", func(a *Agreement) { a.Fuel[0].MilesPerGallon = d("0.0") }, "/fuel/0/miles_per_gallon", "fuel doe, miles per gallon: is 0"},
		{"no peg", func(a *Agreement) { a.Fuel[0].Peg = Decimal{} }, "/fuel/0/peg", "is missing"},
		{"a formula per km", func(a *Agreement) { a.Fuel[0].Unit = PerKm }, "/fuel/0/unit", "km cannot be here: write one of mile"},
		{"bands in a formula", func(a *Agreement) { a.Fuel[0].Bands = a.Fuel[1].Bands }, "/fuel/0/bands", "it means nothing to the method formula: leave it out"},
		{"a fuel step of 0", func(a *Agreement) { a.Fuel[2].Step = d("0") }, "/fuel/2/step", "is 0: write a number above 0"},
		{"steps per pallet", func(a *Agreement) { a.Fuel[2].Unit = PerPallet }, "/fuel/2/unit", "pallet cannot be here"},
		{"an unknown rounding of steps", func(a *Agreement) { a.Fuel[2].StepRound = "nearest" }, "/fuel/2/step_round", "nearest cannot be here"},
		{"an age below 0", func(a *Agreement) { a.Fuel[1].MaxAgeDays = -1 }, "/fuel/1/max_age_days", "is -1: write 0 to 366"},
		{"no bands", func(a *Agreement) { a.Fuel[1].Bands = nil }, "/fuel/1/bands", "is missing"},
		{"a band without end in the middle", func(a *Agreement) { a.Fuel[1].Bands[0].Below = Decimal{} }, "/fuel/1/bands/0/below", "only the last band may be without end"},
		{"a band that holds nothing", func(a *Agreement) { a.Fuel[1].Bands[1].Below = d("1.25") }, "/fuel/1/bands/1", "holds nothing"},
		{"a gap", func(a *Agreement) { a.Fuel[1].Bands[2].From = d("1.310") }, "/fuel/1/bands/2", "fuel table, bands 2 and 3: 1.30 to 1.310 belongs to no band: begin band 3 at 1.30"},
		{"an overlap", func(a *Agreement) { a.Fuel[1].Bands[2].From = d("1.29") }, "/fuel/1/bands/2", "fuel table, bands 2 and 3: 1.29 to 1.30 belongs to both, they overlap"},
		{"a surcharge above 100 per cent", func(a *Agreement) { a.Fuel[1].Bands[2].Rate = d("150") }, "/fuel/1/bands/2/rate", "is 150 per cent"},
		{"a surcharge's rounding to nothing", func(a *Agreement) { a.Fuel[0].RateRound.Step = d("0") }, "/fuel/0/rate_round/step", "is 0"},

		{"an accessorial without code", func(a *Agreement) { a.Accessorials[0].Code = "" }, "/accessorials/0/code", "accessorial 1, code: is missing"},
		{"an accessorial without name", func(a *Agreement) { a.Accessorials[0].Name = "" }, "/accessorials/0/name", "is missing"},
		{"an unknown trigger", func(a *Agreement) { a.Accessorials[4].Trigger = "detour" }, "/accessorials/4/trigger", "detour cannot be here"},
		{"a code twice", func(a *Agreement) { a.Accessorials[4].Code = "SOC" }, "/accessorials/4/code", "is that of number 4 as well"},
		{"two detentions at the same stops", func(a *Agreement) { a.Accessorials[1].At, a.Accessorials[1].Code = "pickup", "DTL" }, "/accessorials/1/trigger", "detention is that of accessorial DET, number 1 as well"},
		{"two layovers of which one is for all stops", func(a *Agreement) {
			l := a.Accessorials[2]
			l.Code, l.At, l.Time = "LAX", "", &Time{LayoverAfter: 600}
			a.Accessorials = append(a.Accessorials, l)
		}, "/accessorials/6/trigger", "layover is that of accessorial LAY"},
		{"a place that no trigger knows", func(a *Agreement) { a.Accessorials[0].At = "terminal" }, "/accessorials/0/at", "write one of pickup, delivery"},
		{"a place for a redelivery", func(a *Agreement) { a.Accessorials[4].At = "delivery" }, "/accessorials/4/at", "means nothing to redelivery"},
		{"detention per pallet", func(a *Agreement) { a.Accessorials[0].Price.Per = PerPallet }, "/accessorials/0/price/per", "accessorial DET, price, per: pallet cannot be here: write one of hour, flat"},
		{"a minimum above the maximum", func(a *Agreement) { a.Accessorials[4].Price.Maximum = d("149.99") }, "/accessorials/4/price/maximum", "below the minimum of 150"},
		{"tiers from 0", func(a *Agreement) { a.Accessorials[3].Price.Tiers[0].From = d("0") }, "/accessorials/3/price/tiers/0/from", "tier 1, from: is 0: the first begins at 1"},
		{"half a tier", func(a *Agreement) { a.Accessorials[3].Price.Tiers[1].From = d("2.5") }, "/accessorials/3/price/tiers/1/from", "begins at a whole unit"},
		{"a rate beside tiers", func(a *Agreement) { a.Accessorials[3].Price.Rate = d("5") }, "/accessorials/3/price/rate", "beside tiers"},
		{"tiers of a flat price", func(a *Agreement) { a.Accessorials[3].Price.Per = Flat }, "/accessorials/3/price/tiers", "a price per flat has none"},
		{"a price above the receipt", func(a *Agreement) { a.Accessorials[5].Price.Rate = d("50") }, "/accessorials/5/price/rate", "a pass-through costs what its receipt says"},
		{"a fee without receipt", func(a *Agreement) { a.Accessorials[4].Fee = d("5") }, "/accessorials/4/fee", "it is what a pass-through adds to its receipt"},
		{"a percentage above 100", func(a *Agreement) { a.Accessorials[4].Price = Price{Per: OfNet, Rate: d("101")} }, "/accessorials/4/price/rate", "is 101 per cent"},
		{"an unknown payor", func(a *Agreement) { a.Accessorials[4].Payor = "broker" }, "/accessorials/4/payor", "broker cannot be here"},
		{"a negative threshold", func(a *Agreement) { a.Accessorials[4].ApprovalAbove = d("-1") }, "/accessorials/4/approval_above", "write no number below 0"},
		{"unknown evidence", func(a *Agreement) { a.Accessorials[4].Evidence = []Evidence{"photo"} }, "/accessorials/4/evidence/0", "photo cannot be here"},
		{"times of a redelivery", func(a *Agreement) { a.Accessorials[4].Evidence = []Evidence{NeedsTimes} }, "/accessorials/4/evidence/0", "times is about time at a stop"},
		{"a notice that nobody asks for", func(a *Agreement) { a.Accessorials[1].NoticeMinutes = 5 }, "/accessorials/1/notice_minutes", "no notice is asked for in evidence"},
		{"detention without clock", func(a *Agreement) { a.Accessorials[1].Time = nil }, "/accessorials/1/time", "accessorial DET, time: is missing"},
		{"a clock of a redelivery", func(a *Agreement) { a.Accessorials[4].Time = &Time{} }, "/accessorials/4/time", "which counts no time"},
		{"negative free time", func(a *Agreement) { a.Accessorials[1].Time.FreeMinutes = -1 }, "/accessorials/1/time/free_minutes", "is -1: write 0 to"},
		{"an unknown start", func(a *Agreement) { a.Accessorials[1].Time.Starts = "dock" }, "/accessorials/1/time/starts", "dock cannot be here"},
		{"an unknown end", func(a *Agreement) { a.Accessorials[1].Time.Ends = "gate" }, "/accessorials/1/time/ends", "gate cannot be here"},
		{"an unknown treatment of late arrivals", func(a *Agreement) { a.Accessorials[1].Time.LateArrival = "half" }, "/accessorials/1/time/late_arrival", "half cannot be here"},
		{"an unknown rounding of time", func(a *Agreement) { a.Accessorials[1].Time.IncrementRound = "quarter" }, "/accessorials/1/time/increment_round", "quarter cannot be here"},
		{"layover within free time", func(a *Agreement) { a.Accessorials[0].Time.LayoverAfter = 120 }, "/accessorials/0/time/layover_after", "is 120 minutes, of which 120 are free"},
		{"time that becomes nothing", func(a *Agreement) {
			a.Accessorials[2].At = "delivery"
			a.Accessorials[2].Time = &Time{LayoverAfter: 600}
		}, "/accessorials/0/time/layover_after", "no accessorial charges the layover at the same stops"},
		{"a layover that nothing begins", func(a *Agreement) { a.Accessorials[0].Time.LayoverAfter = 0 }, "/accessorials/2/time/layover_after", "nothing would begin the layover"},

		{"an unknown cycle", func(a *Agreement) { a.Billing.Cycle = "yearly" }, "/billing/cycle", "billing, cycle: yearly cannot be here"},
		{"terms of two years", func(a *Agreement) { n := 730; a.Billing.TermsDays = &n }, "/billing/terms_days", "is 730: write 0 to 365"},
		{"shares of 99.99", func(a *Agreement) { a.Billing.Split[1].Percent = d("33.32") }, "/billing/split", "the shares come to 99.99 per cent"},
		{"a share of nothing", func(a *Agreement) { a.Billing.Split[1].Percent = d("0") }, "/billing/split/1/percent", "share 2, percent: is 0"},
		{"a payor twice", func(a *Agreement) { a.Billing.Split[1].Customer = "C-100" }, "/billing/split/1", "customer C-100 is there twice"},
		{"two ways to split", func(a *Agreement) { a.Billing.SplitByWeight = true }, "/billing/split", "leave out one of split and split_by_weight"},
		{"a negative limit", func(a *Agreement) { a.Billing.ReviewAbove = d("-1") }, "/billing/review_above", "write no number below 0"},
		{"a recognition that nobody knows", func(a *Agreement) { a.Billing.Recognition = "monthly" }, "/billing/recognition", "monthly"},
		{"a waiver that does not print", func(a *Agreement) { a.Clauses.PODWaiver = "\x00" }, "/clauses/pod_waiver", "do not print"},
		{"a registrant that is no id", func(a *Agreement) { a.Clauses.Tax = "US 1" }, "/clauses/tax", "is no id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := soundAgreement()
			c.break_(&a)
			problem := problemAt(t, a.Check(), c.pointer)
			require.Contains(t, problem, c.says)
		})
	}
}

// problemAt is what Check says of a place, as a line of its error.
func problemAt(t *testing.T, err error, pointer string) string {
	t.Helper()
	var invalid *InvalidError
	require.ErrorAs(t, err, &invalid)
	var lines []string
	for _, p := range invalid.Problems {
		if p.Pointer == pointer {
			lines = append(lines, p.String())
		}
	}
	require.NotEmpty(t, lines, "no problem at %s: %v", pointer, err)
	return strings.Join(lines, "\n")
}

// The fuel table that a carrier (TGS) publishes: its bands are 6 cents wide up
// to about 2.00 and 5 cents from there, no price gives a surcharge of 0.100,
// and the last but one ends at 4.999 while the last begins above 5.000.
func tgsTable() []Band {
	d := MustDecimal
	return []Band{
		{d("1.870"), d("1.930"), d("0.080")},
		{d("1.930"), d("1.990"), d("0.090")},
		{d("1.990"), d("2.040"), d("0.110")},
		{d("2.040"), d("2.090"), d("0.120")},
		{d("4.950"), d("5.000"), d("0.690")},
		{d("5.001"), Decimal{}, d("0.700")},
	}
}

func TestAPublishedTableWithHolesIsRefused(t *testing.T) {
	// Given the table as published, but for the bands left out here
	a := soundAgreement()
	table := tgsTable()
	table[3].Below = table[4].From
	a.Fuel[1] = Fuel{Fuel: "table", Index: "EIA", Method: FuelBands, Unit: PerMile, Bands: table}

	// Then the only fault is that 5.000 belongs to no band: bands may be of any
	// width, and a surcharge may leave a value out
	var invalid *InvalidError
	require.ErrorAs(t, a.Check(), &invalid)
	require.Equal(t, []Problem{{
		Pointer: "/fuel/1/bands/5", Place: "fuel table, bands 5 and 6",
		Text: "5.000 to 5.001 belongs to no band: begin band 6 at 5.000, where the one before ends",
	}}, invalid.Problems)

	// And the table without the bands between is refused for that hole too
	a.Fuel[1].Bands = tgsTable()
	require.ErrorAs(t, a.Check(), &invalid)
	require.Len(t, invalid.Problems, 2)
	require.Equal(t, "fuel table, bands 4 and 5: 2.090 to 4.950 belongs to no band: begin band 5 at 2.090, where the one before ends", invalid.Problems[0].String())

	// And mended as the error says, it is accepted
	table[5].From = MustDecimal("5.000")
	a.Fuel[1].Bands = table
	require.NoError(t, a.Check())
}

func TestAllProblemsAreToldAtOnce(t *testing.T) {
	a := soundAgreement()
	a.Currency = "XXQ"
	a.Lanes[0].Linehaul.Rate = MustDecimal("-1")
	a.Fuel[0].MilesPerGallon = MustDecimal("0")
	a.Accessorials[1].Time = nil

	err := a.Check()

	var invalid *InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Len(t, invalid.Problems, 4)
	require.Equal(t, `agreement ACME, version 2026-01, cannot be rated by
	currency: XXQ is not in ISO 4217: write an active code in capitals, as in USD
	fuel doe, miles per gallon: is 0: write a number above 0
	lane TX-CA, linehaul, rate: is -1: write no number below 0
	accessorial DET, time: is missing: detention counts time, write at least free_minutes`, err.Error())
}

func TestProblemsAreBounded(t *testing.T) {
	a := soundAgreement()
	a.Lanes = make([]Lane, maxLanes)

	var invalid *InvalidError
	require.ErrorAs(t, a.Check(), &invalid)
	require.Len(t, invalid.Problems, maxProblems)
	require.Greater(t, invalid.More, maxLanes)
	require.Less(t, len(invalid.Error()), 20_000)
}

func TestListsAreBounded(t *testing.T) {
	d := MustDecimal
	for pointer, grow := range map[string]func(*Agreement){
		"/customers":                   func(a *Agreement) { a.Customers = make([]string, maxNames+1) },
		"/regions":                     func(a *Agreement) { a.Regions = make([]Region, maxRegions+1) },
		"/regions/0/areas":             func(a *Agreement) { a.Regions[0].Areas = make([]Area, maxAreas+1) },
		"/regions/0/areas/0/postal":    func(a *Agreement) { a.Regions[0].Areas[0].Postal = make([]string, maxPlaces+1) },
		"/lanes":                       func(a *Agreement) { a.Lanes = make([]Lane, maxLanes+1) },
		"/lanes/1/linehaul/breaks":     func(a *Agreement) { a.Lanes[1].Linehaul.Breaks = make([]Break, maxBreaks+1) },
		"/fuel":                        func(a *Agreement) { a.Fuel = make([]Fuel, maxFuels+1) },
		"/fuel/1/bands":                func(a *Agreement) { a.Fuel[1].Bands = make([]Band, maxBands+1) },
		"/accessorials":                func(a *Agreement) { a.Accessorials = make([]Accessorial, maxAccessorials+1) },
		"/accessorials/0/evidence":     func(a *Agreement) { a.Accessorials[0].Evidence = make([]Evidence, maxNames+1) },
		"/billing/split":               func(a *Agreement) { a.Billing.Split = make([]Share, maxNames+1) },
		"/billing/references":          func(a *Agreement) { a.Billing.References = make([]string, maxNames+1) },
		"/accessorials/3/price/tiers":  func(a *Agreement) { a.Accessorials[3].Price.Tiers = make([]Break, maxBreaks+1) },
		"/accessorials/0/time/starts":  func(a *Agreement) { a.Accessorials[0].Time.Starts = ClockStart(strings.Repeat("x", 1e6)) },
		"/regions/0/areas/0/states/0":  func(a *Agreement) { a.Regions[0].Areas[0].States[0] = strings.Repeat("X", 1e6) },
		"/regions/0/areas/0/exclude/0": func(a *Agreement) { a.Regions[0].Areas[0].Exclude[0] = strings.Repeat("7", 1e6) },
	} {
		t.Run(pointer, func(t *testing.T) {
			a := soundAgreement()
			grow(&a)
			require.Less(t, len(problemAt(t, a.Check(), pointer)), 1000)
		})
	}
	// Ten thousand lanes and two thousand bands are taken.
	a := soundAgreement()
	a.Lanes = nil
	for i := range maxLanes {
		a.Lanes = append(a.Lanes, Lane{Lane: fmt.Sprint("L", i), Distance: Range{Below: d(fmt.Sprint(i + 1))}, Linehaul: Linehaul{Per: PerMile, Rate: d("1")}})
	}
	a.Fuel[1].Bands = nil
	for i := range maxBands {
		a.Fuel[1].Bands = append(a.Fuel[1].Bands, Band{d(fmt.Sprint(i)), d(fmt.Sprint(i + 1)), d("1")})
	}
	require.NoError(t, a.Check())
}
