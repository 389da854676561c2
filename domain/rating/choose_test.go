package rating

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func version(name, from, through string) Agreement {
	a := soundAgreement()
	a.Version, a.From, a.Through = name, from, through
	return a
}

func TestTheVersionInForceOnTheDateOfItsBasisCounts(t *testing.T) {
	january, july := version("2026-01", "2026-01-01", "2026-06-30"), version("2026-07", "2026-07-01", "")
	byDelivery := version("2026-07", "2026-07-01", "")
	byDelivery.DateBasis = ByDelivery
	amendment := version("2026-07b", "2026-08-01", "2026-08-31")

	for _, c := range []struct {
		name     string
		versions []Agreement
		facts    Facts
		want     string
	}{
		{"the first day", []Agreement{january, july}, Facts{PickedUp: "2026-01-01"}, "2026-01"},
		{"the last day", []Agreement{january, july}, Facts{PickedUp: "2026-06-30"}, "2026-01"},
		{"the day after", []Agreement{january, july}, Facts{PickedUp: "2026-07-01"}, "2026-07"},
		{"an open version has no last day", []Agreement{january, july}, Facts{PickedUp: "2031-01-01"}, "2026-07"},
		{"the date of pickup counts, whenever it is delivered", []Agreement{january, july}, Facts{PickedUp: "2026-06-29", Delivered: "2026-07-02"}, "2026-01"},
		{"each version goes by its own date", []Agreement{january, byDelivery}, Facts{PickedUp: "2026-06-29", Delivered: "2026-07-02"}, "2026-07"},
		{"an amendment supersedes the open version", []Agreement{january, july, amendment}, Facts{PickedUp: "2026-08-15"}, "2026-07b"},
		{"and the open version counts again after it", []Agreement{january, july, amendment}, Facts{PickedUp: "2026-09-01"}, "2026-07"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Choose(c.versions, c.facts)
			require.NoError(t, err)
			require.Equal(t, c.want, got.Version)
		})
	}
}

func TestWithoutAVersionInForceTheErrorSaysWhichWere(t *testing.T) {
	versions := []Agreement{version("2026-01", "2026-01-01", "2026-03-31"), version("2026-05", "2026-05-01", "")}

	_, err := Choose(versions, Facts{PickedUp: "2026-04-15"})

	var none *NotInForceError
	require.ErrorAs(t, err, &none)
	require.Equal(t, &NotInForceError{"ACME", []Term{
		{"2026-01", "2026-01-01", "2026-03-31", ByPickup, "2026-04-15"},
		{"2026-05", "2026-05-01", "", ByPickup, "2026-04-15"},
	}}, none)
	require.Contains(t, err.Error(), "2026-01 counts from 2026-01-01 through 2026-03-31, pickup was 2026-04-15; 2026-05 counts from 2026-05-01, pickup was")

	_, err = Choose(nil, Facts{PickedUp: "2026-04-15"})
	require.ErrorAs(t, err, &none)
	require.Empty(t, none.Terms)
}

func TestADateThatIsNotKnownYetIsToldApart(t *testing.T) {
	byDelivery := version("2026-07", "2026-07-01", "")
	byDelivery.DateBasis = ByDelivery
	versions := []Agreement{version("2026-01", "2026-01-01", ""), byDelivery}

	// Given a shipment on its way, the later version may come to count
	_, err := Choose(versions, Facts{PickedUp: "2026-06-30"})
	var unknown *DateUnknownError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, &DateUnknownError{"ACME", "2026-07", ByDelivery}, unknown)

	// And what is no date is not known
	_, known := versions[0].EffectiveDate(Facts{PickedUp: "30.06.2026"})
	require.False(t, known)
}

func TestACancelledShipmentGoesByTheDayItsTruckWasOrderedFor(t *testing.T) {
	f := Facts{
		Cancelled: &Cancellation{Dispatched: true},
		Stops: []Stop{
			{Seq: 2, Kind: "pickup", From: Instant{Local: "2026-07-02T08:00:00"}},
			{Seq: 1, Kind: "pickup", From: Instant{Local: "2026-07-01T08:00:00"}},
		},
	}
	date, known := soundAgreement().EffectiveDate(f)
	require.True(t, known)
	require.Equal(t, "2026-07-01", date)

	f.Stops = nil
	_, known = soundAgreement().EffectiveDate(f)
	require.False(t, known)
}

func TestTheFirstLaneThatMatchesCounts(t *testing.T) {
	d := MustDecimal
	dallas := Place{"US", "TX", "DALLAS", "75201-1234"}
	fresno := Place{"US", "CA", "Fresno", "93650"}
	facts := func(change func(*Facts)) Facts {
		f := Facts{Mode: "TL", Equipment: "53V", Distance: Quantity{Value: d("1500"), Unit: "mi"}, Stops: []Stop{
			{Seq: 3, Kind: "delivery", Place: fresno}, {Seq: 2, Kind: "delivery", Place: Place{"US", "AZ", "Yuma", "85364"}}, {Seq: 1, Kind: "pickup", Place: dallas},
		}}
		change(&f)
		return f
	}
	for _, c := range []struct {
		name   string
		change func(*Facts)
		want   string
	}{
		{"from the first pickup to the last delivery", func(*Facts) {}, "TX-CA"},
		{"modes are compared without case", func(f *Facts) { f.Mode = "tl" }, "TX-CA"},
		{"another mode", func(f *Facts) { f.Mode = "LTL" }, "LTL"},
		{"other equipment", func(f *Facts) { f.Equipment = "reefer" }, "ANY"},
		{"an unknown equipment is not the one asked for", func(f *Facts) { f.Equipment = "" }, "ANY"},
		{"at the least distance", func(f *Facts) { f.Distance.Value = d("100") }, "TX-CA"},
		{"at the end of the range", func(f *Facts) { f.Distance.Value = d("2000") }, "ANY"},
		{"just below it, in kilometres", func(f *Facts) { f.Distance = Quantity{Value: d("3218.6"), Unit: "km"} }, "TX-CA"},
		{"just at it, in kilometres", func(f *Facts) { f.Distance = Quantity{Value: d("3218.688"), Unit: "km"} }, "ANY"},
		{"without a distance", func(f *Facts) { f.Distance = Quantity{} }, "ANY"},
		{"from elsewhere", func(f *Facts) { f.Stops[2].Place.Postal = "76001" }, "ANY"},
		{"from what is excluded", func(f *Facts) { f.Stops[2].Place.Postal = "75261" }, "ANY"},
		{"the other way", func(f *Facts) { f.Stops[0].Place, f.Stops[2].Place = dallas, fresno }, "ANY"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lane, ok := soundAgreement().lane(facts(c.change))
			require.True(t, ok)
			require.Equal(t, c.want, lane.Lane)
		})
	}
	a := soundAgreement()
	a.Lanes = a.Lanes[:1]
	_, ok := a.lane(Facts{})
	require.False(t, ok)
}
