package rating_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/integrations/terms"
)

func readAgreements(t testing.TB, file string) []rating.Agreement {
	t.Helper()
	return readTerms(t, "testdata/agreements/"+file).Agreements
}

func readTerms(t testing.TB, file string) terms.Terms {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	got, err := terms.Read(file, f, nil)
	require.NoError(t, err)
	return got
}

func diesel(t testing.TB) []rating.IndexValue {
	return readTerms(t, "testdata/indexes/eia-diesel-us.yaml").Indexes[0].Series()
}

// rated rates under the only version, with the index values that it needs.
func rated(t testing.TB, a rating.Agreement, f rating.Facts) rating.Result {
	t.Helper()
	for _, need := range a.Needs(f) {
		value, ok := need.Pick(diesel(t))
		require.True(t, ok, "%v", need)
		f.Indexes = append(f.Indexes, value)
	}
	chosen, err := rating.Choose([]rating.Agreement{a}, f)
	require.NoError(t, err)
	result, err := chosen.Rate(f)
	require.NoError(t, err)
	require.NoError(t, result.Verify(chosen, f))
	return result
}

func amounts(r rating.Result) map[string]string {
	lines := map[string]string{}
	for _, c := range r.Charges {
		lines[c.Charge] = c.Amount.Format()
	}
	return lines
}

func quantity(value, unit string) rating.Quantity {
	return rating.Quantity{Value: rating.MustDecimal(value), Unit: unit}
}

func place(seq int, kind, country, state, city, postal string) rating.Stop {
	return rating.Stop{Seq: seq, Kind: kind, Place: rating.Place{Country: country, State: state, City: city, Postal: postal}}
}

// The lines of the 210 sample whose totals agree: 13.40 cwt at 41.93, less
// 80 per cent, and fuel of 10.50 per cent of the net.
func TestTheLTLSampleComesToThePublishedInvoice(t *testing.T) {
	a := readAgreements(t, "us-ltl-cwt.yaml")[0]
	r := rated(t, a, rating.Facts{Shipment: "S-1", Mode: "LTL", PickedUp: "2026-03-12", Weight: quantity("1340", "lb")})
	require.Equal(t, map[string]string{"linehaul": "561.86", "discount": "-449.49", "fuel": "11.80"}, amounts(r))
}

// 750 miles at 3.999: the example of the movers' association.
func TestTheGSASampleComesToThePublishedSurcharge(t *testing.T) {
	a := readAgreements(t, "us-gsa-formula.yaml")[0]
	f := rating.Facts{Shipment: "S-2", PickedUp: "2026-03-15", Weight: quantity("5000", "lb"), Distance: quantity("750", "mi")}
	require.Equal(t, "150.00", amounts(rated(t, a, f))["fuel"])
}

func TestTheTruckloadSamplePricesByItsLanes(t *testing.T) {
	a := readAgreements(t, "us-tl-per-mile.yaml")[0]
	f := rating.Facts{
		Shipment: "S-3", Mode: "TL", Equipment: "53V", PickedUp: "2026-03-10", Distance: quantity("1436", "mi"),
		Stops: []rating.Stop{place(1, "pickup", "US", "TX", "Dallas", "75201"), place(2, "delivery", "US", "CA", "Los Angeles", "90021-1234")},
	}
	// 1,436 mi at 2.15; fuel (3.518 - 1.20) / 6.5 = 0.3566… → 0.357 a mile
	require.Equal(t, map[string]string{"linehaul": "3087.40", "fuel": "512.65"}, amounts(rated(t, a, f)))

	f.Equipment = "reefer"
	require.Equal(t, "3546.92", amounts(rated(t, a, f))["linehaul"])

	// From the excluded ZIP code of the airport the general rate counts.
	f.Stops[0].Place.Postal = "75261"
	require.Equal(t, "3733.60", amounts(rated(t, a, f))["linehaul"])
}

// Two hours free, 50 dollars an hour in quarters up to nine hours, then a
// layover; the second extra stop costs more than the first.
func TestTheFWCCSampleChargesItsRules(t *testing.T) {
	a := readAgreements(t, "us-fwcc-accessorials.yaml")[0]
	at := func(hour, minute int) rating.Report {
		return rating.Report{Instant: rating.Instant{UTC: time.Date(2026, 3, 10, hour, minute, 0, 0, time.UTC)}, Source: "eld"}
	}
	stay := func(s rating.Stop, from, to rating.Report) rating.Stop {
		s.From, s.Arrive, s.Depart = from.Instant, from, to
		return s
	}
	f := rating.Facts{
		Shipment: "S-4", PickedUp: "2026-03-10", Distance: quantity("400", "mi"),
		Stops: []rating.Stop{
			stay(place(1, "pickup", "US", "IA", "Ames", "50010"), at(6, 0), at(10, 20)), // 140 minutes over: nine quarters
			stay(place(2, "delivery", "US", "IL", "Joliet", "60431"), at(11, 0), at(11, 30)),
			stay(place(3, "delivery", "US", "IN", "Gary", "46402"), at(12, 0), at(12, 30)),
			stay(place(4, "delivery", "US", "OH", "Toledo", "43604"), at(13, 0), at(23, 0)), // ten hours: seven of detention, then a night
		},
		Services: []rating.Service{
			{Service: "R1", Code: "RCL", Miles: rating.MustDecimal("80")},
			{Service: "R2", Code: "RCC"},
		},
	}
	require.Equal(t, map[string]string{
		"linehaul": "740.00", "DET-1": "112.50", "SOC-2": "100.00", "SOC-3": "175.00",
		"DET-4": "350.00", "LAY-4": "350.00", "RCL-R1": "150.00", "RCC-R2": "125.00",
	}, amounts(rated(t, a, f)))
}

func TestTheYenAndTheDinarHaveTheirOwnMinorUnits(t *testing.T) {
	flat := readAgreements(t, "flat-jpy-and-kwd.yaml")
	require.Len(t, flat, 2)
	yen := rated(t, flat[0], rating.Facts{Shipment: "S-5", Mode: "TL", PickedUp: "2026-04-02"})
	require.Equal(t, map[string]string{"linehaul": "128000", "discount": "-4480"}, amounts(yen))
	dinar := rated(t, flat[1], rating.Facts{Shipment: "S-6", PickedUp: "2026-04-02", Services: []rating.Service{{Service: "U1", Code: "UNL", Quantity: rating.MustDecimal("2.5")}}})
	require.Equal(t, map[string]string{"linehaul": "87.375", "UNL-U1": "10.313"}, amounts(dinar))
}

// An agreement that was read is the same after it was stored.
func TestAnAgreementSurvivesItsStoredForm(t *testing.T) {
	for _, file := range sampleFiles(t) {
		for _, a := range readTerms(t, file).Agreements {
			stored, err := json.Marshal(a)
			require.NoError(t, err)
			var again rating.Agreement
			require.NoError(t, json.Unmarshal(stored, &again))
			require.Equal(t, a, again, file)
			require.NoError(t, again.Check())
		}
	}
}

// busyTrip has something of all that can be charged.
func busyTrip() rating.Facts {
	day := time.Date(2026, 4, 2, 8, 0, 0, 0, time.UTC)
	report := func(hours int) rating.Report {
		return rating.Report{Instant: rating.Instant{UTC: day.Add(time.Duration(hours) * time.Hour)}, Source: "eld"}
	}
	return rating.Facts{
		Shipment: "S-1", Mode: "TL", Equipment: "53V", Ordered: "2026-04-01", PickedUp: "2026-04-02", Delivered: "2026-04-03",
		Weight: quantity("1340.5", "lb"), Distance: quantity("750", "mi"), Pallets: rating.MustDecimal("5"), Pieces: rating.MustDecimal("40"),
		Stops: []rating.Stop{
			{Seq: 1, Kind: "pickup", Place: rating.Place{Country: "US", State: "TX", City: "Dallas", Postal: "75201"}, Party: "A", Weight: rating.MustDecimal("1340.5"), Arrive: report(0), Worked: report(5), Depart: report(6)},
			{Seq: 2, Kind: "delivery", Place: rating.Place{Country: "US", State: "CA", Postal: "90001"}, Party: "B", Weight: rating.MustDecimal("340.5"), Arrive: report(20), Depart: report(33)},
			{Seq: 3, Kind: "delivery", Place: rating.Place{Country: "US", State: "CA", Postal: "90002"}, Party: "C", Weight: rating.MustDecimal("1000"), Arrive: report(40), Depart: report(41)},
		},
		Services: []rating.Service{
			{Service: "1", Code: "LFT", Quantity: rating.MustDecimal("3")}, {Service: "2", Code: "RCL", Miles: rating.MustDecimal("80")},
			{Service: "3", Code: "LUM", Receipt: money.MustParse("120.00", "USD")},
		},
	}
}

// ratesEverything rates by an agreement that passed Check.
func ratesEverything(t *testing.T, a rating.Agreement) {
	t.Helper()
	f := busyTrip()
	for _, need := range a.Needs(f) {
		f.Indexes = append(f.Indexes, rating.IndexValue{Index: need.Index, Published: "2026-03-02", Effective: "2026-03-03", Value: rating.MustDecimal("3.999")})
	}
	result, err := a.Rate(f)
	if errors.Is(err, money.ErrRange) {
		return // rates of a million million
	}
	require.NoError(t, err)
	require.NoError(t, result.Verify(a, f))
}

// Whatever bytes come as an agreement: what Check takes, rates.
func FuzzAgreement(f *testing.F) {
	for _, file := range []string{"us-tl-per-mile.yaml", "us-ltl-cwt.yaml", "us-gsa-formula.yaml", "us-fwcc-accessorials.yaml", "ca-per-km.yaml", "eu-groupage.yaml", "flat-jpy-and-kwd.yaml"} {
		for _, a := range readAgreements(f, file) {
			seed, err := json.Marshal(a)
			require.NoError(f, err)
			f.Add(seed)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 1<<16 {
			return
		}
		var a rating.Agreement
		if json.Unmarshal(body, &a) != nil {
			return
		}
		if err := a.Check(); err != nil {
			require.Less(t, len(err.Error()), 64<<10)
			return
		}
		ratesEverything(t, a)
	})
}
