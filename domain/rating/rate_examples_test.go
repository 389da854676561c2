package rating

import (
	"slices"
	"time"

	"github.com/freightledger/freightledger/domain/money"
)

// example is facts under a version, each with something of its own to show.
type example struct {
	name      string
	agreement Agreement
	facts     Facts
}

// terms is a version with one lane for everything.
func terms(currency money.Currency, step string, l Linehaul) Agreement {
	return Agreement{
		Agreement: "ACME", Version: "2026-01", Currency: currency, From: "2026-01-01",
		Round: Round{money.HalfUp, MustDecimal(step)},
		Lanes: []Lane{{Lane: "ALL", Linehaul: l}},
	}
}

// burning adds a fuel clause to every lane.
func (a Agreement) burning(f Fuel) Agreement {
	if f.Fuel == "" {
		f.Fuel = "DOE"
	}
	if f.Index == "" {
		f.Index = "EIA-DIESEL-US"
	}
	a.Fuel = append(a.Fuel, f)
	lanes := append([]Lane(nil), a.Lanes...)
	for i := range lanes {
		lanes[i].Fuel = f.Fuel
	}
	a.Lanes = lanes
	return a
}

// trip is a shipment from Dallas to Los Angeles.
func trip() Facts {
	at := func(text string) Instant {
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			panic(err)
		}
		return Instant{UTC: t}
	}
	report := func(text string) Report { return Report{at(text), "eld"} }
	return Facts{
		Shipment: "S-1", Customer: "C-1", Mode: "TL", Equipment: "53V",
		Ordered: "2026-03-01", PickedUp: "2026-03-04", Delivered: "2026-03-06",
		Stops: []Stop{
			{Seq: 1, Kind: "pickup", Place: Place{"US", "TX", "Dallas", "75201"}, Party: "SHIPPER",
				From: at("2026-03-04T14:00:00Z"), Until: at("2026-03-04T16:00:00Z"),
				Arrive: report("2026-03-04T14:30:00Z"), Worked: report("2026-03-04T15:30:00Z"), Depart: report("2026-03-04T15:45:00Z")},
			{Seq: 2, Kind: "delivery", Place: Place{"US", "CA", "Los Angeles", "90001"}, Party: "CONSIGNEE",
				From: at("2026-03-06T16:00:00Z"), Until: at("2026-03-06T18:00:00Z"),
				Arrive: report("2026-03-06T16:10:00Z"), Worked: report("2026-03-06T21:00:00Z"), Depart: report("2026-03-06T21:20:00Z")},
		},
		Indexes: []IndexValue{diesel("3.999")},
	}
}

func diesel(value string) IndexValue {
	return IndexValue{Index: "EIA-DIESEL-US", Published: "2026-03-02", Effective: "2026-03-03", Value: MustDecimal(value), Source: "U.S. Energy Information Administration"}
}

// weighing and going are the trip with a weight and a distance.
func (f Facts) weighing(value, unit string) Facts {
	f.Weight = Quantity{MustDecimal(value), unit, "scale ticket 8812"}
	return f
}

func (f Facts) going(value, unit string) Facts {
	f.Distance = Quantity{MustDecimal(value), unit, "PC*MILER 38 practical"}
	return f
}

// classes are rates of less-than-truckload by weight.
func classes() []Break {
	return []Break{
		{MustDecimal("0"), MustDecimal("41.93")}, {MustDecimal("500"), MustDecimal("35.10")},
		{MustDecimal("1000"), MustDecimal("28.55")}, {MustDecimal("2000"), MustDecimal("19.80")},
	}
}

// ratingExamples are the worked sheets: each has its golden.
func ratingExamples() []example {
	perMile := Fuel{Method: FuelFormula, Peg: MustDecimal("2.999"), MilesPerGallon: MustDecimal("5"), Unit: PerMile}
	ofNet := func(rate string) Fuel {
		return Fuel{Method: FuelBands, Unit: OfNet, Bands: []Band{{From: MustDecimal("0"), Rate: MustDecimal(rate)}}}
	}

	deficit := terms("USD", "0.01", Linehaul{Per: PerCWT, Breaks: classes(), Deficit: true, Discount: MustDecimal("62.5")})
	least := terms("USD", "0.01", Linehaul{Per: PerCWT, Breaks: classes(), Discount: MustDecimal("80"), Minimum: MustDecimal("95.00")}).burning(ofNet("10.50"))
	leastFirst := terms("USD", "0.01", Linehaul{Per: PerCWT, Breaks: classes(), Discount: MustDecimal("80"), Minimum: MustDecimal("300.00"), MinimumAt: BeforeDiscount})
	leastFuelled := terms("USD", "0.01", Linehaul{Per: PerCWT, Breaks: classes(), Discount: MustDecimal("80"), Minimum: MustDecimal("95.00"), MinimumAt: AfterFuel}).burning(ofNet("10.50"))

	steps := terms("JPY", "1", Linehaul{Per: PerKm, Breaks: []Break{{MustDecimal("0"), MustDecimal("310")}, {MustDecimal("300"), MustDecimal("274.5")}}}).
		burning(Fuel{Method: FuelSteps, Peg: MustDecimal("3.50"), Step: MustDecimal("0.06"), StepRound: money.Up, PerStep: MustDecimal("1.35"), Unit: PerKm})
	published := terms("KWD", "0.001", Linehaul{Per: Flat, Rate: MustDecimal("412.5")}).
		burning(Fuel{Method: FuelFormula, Peg: MustDecimal("1.2"), MilesPerGallon: MustDecimal("6"), RateRound: &Round{money.HalfUp, MustDecimal("0.005")}})

	truckload := terms("USD", "0.01", Linehaul{Per: PerMile, Rate: MustDecimal("2.15")}).burning(ofNet("24.5"))
	truckload.Accessorials = []Accessorial{
		{Code: "DTU", Name: "detention unloading", Trigger: TriggerDetention, At: "delivery", WithFuel: true, ApprovalAbove: MustDecimal("250"),
			Price: Price{Per: PerHour, Rate: MustDecimal("50")}, Time: &Time{FreeMinutes: 120, IncrementMinutes: 15}},
		{Code: "LUM", Name: "lumper", Trigger: TriggerPassThrough, Fee: MustDecimal("10.00"), ApprovalAbove: MustDecimal("250")},
		{Code: "VOR", Name: "vehicle ordered and not used", Trigger: TriggerNotUsed, Price: Price{Per: Flat, Rate: MustDecimal("250")}, ApprovalAbove: MustDecimal("250")},
	}
	long := trip().going("1436", "mi")
	long.Services = []Service{{Service: "L1", Code: "LUM", Stop: 2, Receipt: money.MustParse("185.00", "USD"), Document: "receipt 4471"}}
	cancelled := trip().going("1436", "mi")
	cancelled.PickedUp, cancelled.Delivered = "", ""
	cancelled.Stops = []Stop{{Seq: 1, Kind: "pickup", From: Instant{UTC: cancelled.Stops[0].From.UTC, Local: "2026-03-04T08:00:00", Zone: "America/Chicago"}}, {Seq: 2, Kind: "delivery"}}
	cancelled.Cancelled = &Cancellation{At: trip().Stops[0].From, Dispatched: true, Reason: "no freight"}

	halves := terms("USD", "0.01", Linehaul{Per: PerCWT, Breaks: classes(), Discount: MustDecimal("80")}).burning(ofNet("10.50"))
	halves.Billing.Split = []Share{{"C-1", MustDecimal("66.67")}, {"C-4", MustDecimal("33.33")}}
	weighed := truckload
	weighed.Billing.SplitByWeight = true
	two := long
	two.Stops = slices.Clone(long.Stops)
	two.Stops[1].Weight = MustDecimal("30000")
	two.Stops = append(two.Stops, Stop{Seq: 3, Kind: "delivery", Party: "DEPOT", Weight: MustDecimal("12000")})

	return []example{
		{"split-by-per-cent", halves, trip().weighing("340", "lb")},
		{"split-by-weight", weighed, two},
		{"deficit-weight", deficit, trip().weighing("940", "lb")},
		{"deficit-weight-not-cheaper", deficit, trip().weighing("510", "lb")},
		{"weight-in-kilograms", deficit, trip().weighing("1000", "kg")},
		{"minimum-after-discount", least, trip().weighing("340", "lb")},
		{"minimum-not-reached", least, trip().weighing("3400", "lb")},
		{"minimum-before-discount", leastFirst, trip().weighing("340", "lb")},
		{"minimum-after-fuel", leastFuelled, trip().weighing("340", "lb")},
		{"steps-of-fuel-per-km", steps, trip().going("250", "mi")},
		{"published-rate-of-fuel", published, trip().going("100", "km")},
		{"miles-per-gallon", terms("USD", "0.01", Linehaul{Per: PerMile, Rate: MustDecimal("2.15")}).burning(perMile), trip().going("1436.3", "mi")},
		{"truckload", truckload, long},
		{"truck-ordered-not-used", truckload, cancelled},
	}
}
