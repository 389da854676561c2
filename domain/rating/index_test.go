package rating

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func published(published, effective, value string) IndexValue {
	return IndexValue{Index: "EIA", Published: published, Effective: effective, Value: MustDecimal(value)}
}

// The prices of four Mondays, effective from Tuesday, and a revision.
func dieselSeries() []IndexValue {
	return []IndexValue{
		published("2026-02-23", "2026-02-24", "3.482"),
		published("2026-03-02", "2026-03-03", "3.500"),
		published("2026-03-09", "2026-03-10", "3.518"),
		published("2026-03-11", "2026-03-10", "3.521"), // revises the one before
		published("2026-03-16", "2026-03-17", "3.544"),
		{Index: "OTHER", Published: "2026-03-16", Effective: "2026-03-17", Value: MustDecimal("9")},
	}
}

// Rule 23: the value that was published first for the date counts.
func TestRule23TheValueForTheDateCountsAndRevisionsDoNot(t *testing.T) {
	for _, c := range []struct {
		name   string
		need   Need
		want   string // "" not there
		series []IndexValue
	}{
		{"the Monday is still of the week before", Need{Date: "2026-03-02"}, "3.482", dieselSeries()},
		{"from Tuesday on", Need{Date: "2026-03-03"}, "3.500", dieselSeries()},
		{"until the next Monday", Need{Date: "2026-03-09"}, "3.500", dieselSeries()},
		{"a revision does not re-rate", Need{Date: "2026-03-12"}, "3.518", dieselSeries()},
		{"not even when it comes in first", Need{Date: "2026-03-12"}, "3.518", reversed(dieselSeries())},
		{"before the series begins", Need{Date: "2026-02-23"}, "", dieselSeries()},
		{"the last one goes on", Need{Date: "2026-05-01"}, "3.544", dieselSeries()},
		{"but not when it is too old", Need{Date: "2026-05-01", MaxAgeDays: 8}, "", dieselSeries()},
		{"on the last day of its age", Need{Date: "2026-03-25", MaxAgeDays: 8}, "3.544", dieselSeries()},
		{"on the day after", Need{Date: "2026-03-26", MaxAgeDays: 8}, "", dieselSeries()},
		{"no date", Need{Date: ""}, "", dieselSeries()},
		{"no series", Need{Date: "2026-03-12"}, "", nil},
		{"a value without dates", Need{Date: "2026-03-12"}, "", []IndexValue{published("", "2026-03-10", "3.5"), published("2026-03-09", "soon", "3.5")}},

		{"from the 15th the month's first", Need{Date: "2026-03-15", Lookup: LookupMid}, "3.500", dieselSeries()},
		{"to the end of the month", Need{Date: "2026-03-31", Lookup: LookupMid}, "3.500", dieselSeries()},
		{"to the 14th of the next", Need{Date: "2026-04-14", Lookup: LookupMid}, "3.500", dieselSeries()},
		{"from whose 15th its own counts, which is not there", Need{Date: "2026-04-15", Lookup: LookupMid}, "", dieselSeries()},
		{"before the 15th that of the month before, whose first weeks are not there", Need{Date: "2026-03-14", Lookup: LookupMid}, "", dieselSeries()},
		{"over the turn of the year", Need{Date: "2026-01-14", Lookup: LookupMid}, "3.6", []IndexValue{published("2025-12-01", "2025-12-02", "3.6"), published("2026-01-05", "2026-01-06", "3.7")}},
		{"a first Monday that is a holiday", Need{Date: "2025-09-20", Lookup: LookupMid}, "3.7", []IndexValue{published("2025-09-02", "2025-09-03", "3.7"), published("2025-09-08", "2025-09-09", "3.8")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.need.Index = "EIA"
			got, ok := c.need.Pick(c.series)
			require.Equal(t, c.want != "", ok)
			require.Equal(t, c.want, got.Value.String())
		})
	}
}

func reversed(series []IndexValue) []IndexValue {
	slices.Reverse(series)
	return series
}

func TestAShipmentNeedsTheIndexOfItsLane(t *testing.T) {
	a := soundAgreement()
	ltl := Facts{Mode: "LTL", PickedUp: "2026-03-02", Delivered: "2026-03-05"}

	require.Equal(t, []Need{{Fuel: "table", Index: "EIA", Date: "2026-03-02", Lookup: LookupEffective, MaxAgeDays: 8}}, a.Needs(ltl))

	// Given a fuel that goes by the delivery, nothing can be asked for before it
	a.Fuel[1].Basis, a.Fuel[1].Lookup = ByDelivery, LookupMid
	require.Equal(t, []Need{{Fuel: "table", Index: "EIA", Date: "2026-03-05", Lookup: LookupMid, MaxAgeDays: 8}}, a.Needs(ltl))
	require.Empty(t, a.Needs(Facts{Mode: "LTL", PickedUp: "2026-03-02"}))

	// And nothing is needed where nothing moved, no lane is, or it has no fuel
	ltl.Cancelled = &Cancellation{}
	require.Empty(t, a.Needs(ltl))
	a.Lanes = a.Lanes[:1]
	require.Empty(t, a.Needs(Facts{Mode: "LTL", PickedUp: "2026-03-02"}))
	a.Lanes[0] = Lane{Lane: "ANY", Linehaul: Linehaul{Per: Flat, Rate: MustDecimal("1")}}
	require.Empty(t, a.Needs(Facts{PickedUp: "2026-03-02"}))
}
