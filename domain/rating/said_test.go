package rating

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
)

func TestADecimalIsReadAsItWasWrittenOrNotAtAll(t *testing.T) {
	for text, want := range map[string]string{`"2.150"`: "2.150", `2.150`: "2.150", ` 7 `: "7", `null`: "", `""`: ""} {
		d := MustDecimal("1")
		require.NoError(t, d.UnmarshalJSON([]byte(text)), text)
		require.Equal(t, want, d.String(), text)
		require.Equal(t, want == "", d.IsZero(), text)
	}
	for _, text := range []string{"", `"`, `"2.15`, "1e3", `"1e3"`, "true"} {
		var d Decimal
		require.Error(t, d.UnmarshalJSON([]byte(text)), text)
	}
	// What is not stated is not nought.
	var none Decimal
	require.False(t, none.Equal(MustDecimal("0")))
	require.True(t, MustDecimal("2.0").Equal(MustDecimal("2")))
	// A number of any length is the same in a sheet.
	for _, text := range []string{"0", "999999999999999", "999999999999999.999999", "-0.000001"} {
		again, err := parseNumber(MustDecimal(text).number().String())
		require.NoError(t, err)
		require.Zero(t, again.cmp(MustDecimal(text).number()), text)
	}
}

// mileage is an agreement of one lane at 2.00 a mile.
func mileage(version, from string, basis DateBasis) Agreement {
	return Agreement{Agreement: "A", Version: version, Currency: "USD", From: from, DateBasis: basis, Customers: []string{"C"},
		Round: Round{Mode: money.HalfUp, Step: MustDecimal("0.01")},
		Lanes: []Lane{{Lane: "any", Linehaul: Linehaul{Per: PerMile, Rate: MustDecimal("2")}}}}
}

func hundredMiles() Facts {
	return Facts{Shipment: "S", Ordered: "2026-01-05", PickedUp: "2026-02-05", Delivered: "2026-03-05", Distance: Quantity{Value: MustDecimal("100"), Unit: miles}}
}

func TestEachVersionGoesByTheDateThatItNames(t *testing.T) {
	for basis, want := range map[DateBasis]string{"": "2026-02-05", ByPickup: "2026-02-05", ByDelivery: "2026-03-05", ByOrder: "2026-01-05"} {
		r, err := mileage("1", "2026-01-01", basis).Rate(hundredMiles())
		require.NoError(t, err)
		require.Equal(t, want, r.Effective, basis)
	}
}

func TestOnlyACancelledShipmentGoesByItsAppointment(t *testing.T) {
	f := Facts{Shipment: "S", Cancelled: &Cancellation{}, Stops: []Stop{
		{Seq: 3, Kind: "pickup", From: Instant{Local: "2026-02-09T08:00:00"}},
		{Seq: 1, Kind: "delivery", From: Instant{Local: "2026-02-11"}},
		{Seq: 2, Kind: "pickup", From: Instant{Local: "2026-02-07"}}}}
	date, known := mileage("1", "2026-01-01", "").EffectiveDate(f)
	require.True(t, known)
	require.Equal(t, "2026-02-07", date)

	// Without an appointment, and without a pickup, it is not known.
	f.Stops = []Stop{{Seq: 1, Kind: "pickup", From: Instant{Local: "2026"}}}
	_, known = mileage("1", "2026-01-01", "").EffectiveDate(f)
	require.False(t, known)
	f.Stops = nil
	_, known = mileage("1", "2026-01-01", "").EffectiveDate(f)
	require.False(t, known)
	// And one that was not cancelled does not go by its appointment.
	f = Facts{Stops: []Stop{{Seq: 1, Kind: "pickup", From: Instant{Local: "2026-02-07"}}}}
	_, known = mileage("1", "2026-01-01", "").EffectiveDate(f)
	require.False(t, known)
}

func TestWhoSeeksAVersionInVainIsToldAllThereAre(t *testing.T) {
	_, err := Choose([]Agreement{mileage("2", "2026-06-01", ""), mileage("3", "2026-07-01", ByDelivery)}, hundredMiles())
	require.EqualError(t, err, `agreement A: no version is in force for the shipment: 2 counts from 2026-06-01, pickup was 2026-02-05; `+
		`3 counts from 2026-07-01, delivery was 2026-03-05: adopt a version for that date, or correct the date`)
	require.EqualError(t, &NotInForceError{Agreement: "A"}, `agreement A: no version has been adopted`)
}

func TestALinehaulMayHaveARoundingOfItsOwn(t *testing.T) {
	a := mileage("1", "2026-01-01", "")
	a.Lanes[0].Linehaul.Rate = MustDecimal("2.0049")
	a.Lanes[0].Linehaul.Round = &Round{Mode: money.Up, Step: MustDecimal("5")}
	r, err := a.Rate(hundredMiles())
	require.NoError(t, err)
	require.Equal(t, "205.00", r.Charges[0].Amount.Format())
	require.Equal(t, money.Up, r.Charges[0].Rounding)
}

func TestTwoChargesOfOneIDAreNotTakenForOne(t *testing.T) {
	r := Result{Charges: []Charge{{Charge: "fuel"}, {Charge: "linehaul"}, {Charge: "fuel"}}}
	require.EqualError(t, r.distinct(), "charge fuel is there twice")
	r.Charges = r.Charges[:2]
	require.NoError(t, r.distinct())
}

func TestADifferenceSaysWhatIsStoredAndWhatItIsAgain(t *testing.T) {
	a := mileage("1", "2026-01-01", "")
	r, err := a.Rate(hundredMiles())
	require.NoError(t, err)
	require.NoError(t, r.Verify(a, hundredMiles()))
	stored, err := json.Marshal(r)
	require.NoError(t, err)
	changed := func(change func(*Result)) error {
		var s Result
		require.NoError(t, json.Unmarshal(stored, &s))
		change(&s)
		return s.Verify(a, hundredMiles())
	}
	for what, test := range map[string]struct {
		change func(*Result)
		err    string
	}{
		"version":                {func(s *Result) { s.Version = "2" }, `version: stored is 2, rated again it is 1`},
		"a charge too many":      {func(s *Result) { s.Charges = append(s.Charges, s.Charges[0]); s.Charges[1].Charge = "fuel" }, `charge fuel, amount: stored is "200.00 USD", rated again it is nothing`},
		"a charge that is gone":  {func(s *Result) { s.Charges = nil }, `charge linehaul, amount: stored is nothing, rated again it is "200.00 USD"`},
		"a charge of other name": {func(s *Result) { s.Charges[0].Charge = "freight" }, `charge linehaul, amount: stored is nothing, rated again it is "200.00 USD"`},
		"a step too many": {func(s *Result) {
			d := &s.Charges[0].Derivation
			last := d.Steps[len(d.Steps)-1]
			last.Args = []int{len(d.Steps) - 1}
			d.Steps = append(d.Steps, last)
		}, `charge linehaul, number of steps: stored is 5, rated again it is 4`},
	} {
		require.EqualError(t, changed(test.change), test.err, what)
	}
}

func TestADistanceRangeIsMeasuredInTheUnitOfItsLane(t *testing.T) {
	for _, test := range []struct {
		per, unit      string
		from, distance string
		in             string
		matches        bool
	}{
		{"mile", "", "100", "100", miles, true}, {"mile", "", "100", "99.9", miles, false},
		{"mile", "", "100", "160.9344", kilometres, true}, {"mile", "", "100", "160.9", kilometres, false},
		{"km", "", "161", "100", miles, false}, {"km", "", "160", "100", miles, true},
		{"flat", "km", "160", "100", miles, true}, {"flat", "mi", "100", "160.9", kilometres, false},
	} {
		a := mileage("1", "2026-01-01", "")
		a.Lanes[0].Linehaul = Linehaul{Per: Unit(test.per), Rate: MustDecimal("2"), DistanceUnit: test.unit}
		a.Lanes[0].Distance = Range{From: MustDecimal(test.from)}
		f := hundredMiles()
		f.Distance = Quantity{Value: MustDecimal(test.distance), Unit: test.in}
		_, ok := a.lane(f)
		require.Equal(t, test.matches, ok, "%+v", test)
		f.Distance = Quantity{}
		_, ok = a.lane(f)
		require.False(t, ok, "a distance that is not known is in no range")
	}
}
