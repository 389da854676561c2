package tax

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
)

func TestRulesUpToTheirBoundsAreTakenAndNotBeyond(t *testing.T) {
	places := func(n int) []string { return slices.Repeat([]string{"CA-MB"}, n) }
	origin := func(p Places) func(*Rules) {
		return func(r *Rules) { r.Rules[3].When.Origin = p }
	}
	const noted = "rules/3 noted/when/origin"
	for _, c := range []struct {
		name, place string
		most, more  func(*Rules)
	}{
		{"rules", "rules", charging(200), charging(201)},
		{"a note", "note", func(r *Rules) { r.Note = strings.Repeat("é\n", 5000) }, func(r *Rules) { r.Note = strings.Repeat("é", 10_001) }},
		{"a title", "title", func(r *Rules) { r.Title = strings.Repeat("é", 1000) }, func(r *Rules) { r.Title = strings.Repeat("é", 1001) }},
		{"a text", "sources/0/title", func(r *Rules) { r.Sources[0].Title = strings.Repeat("x", 1000) }, func(r *Rules) { r.Sources[0].Title = strings.Repeat("x", 1001) }},
		{"a region", "regions/0/places", func(r *Rules) { r.Regions[0].Places = places(300) }, func(r *Rules) { r.Regions[0].Places = places(301) }},
		{"a region's letter", "regions/1/region", func(r *Rules) { r.Regions = append(r.Regions, Region{"abroad", []string{"US"}}) },
			func(r *Rules) { r.Regions = append(r.Regions, Region{"`broad", []string{"US"}}) }},
		{"places", noted, origin(Places{In: places(300)}), origin(Places{In: places(301)})},
		{"places of both kinds", noted, origin(Places{In: places(150), NotIn: slices.Repeat([]string{"US"}, 150)}), origin(Places{In: places(150), NotIn: slices.Repeat([]string{"US"}, 151)})},
		{"places outside", noted, origin(Places{NotIn: places(300)}), origin(Places{NotIn: places(301)})},
		{"places of regions", noted, origin(Places{In: slices.Repeat([]string{"west"}, 150)}), origin(Places{In: append(places(1), slices.Repeat([]string{"west"}, 150)...)})},
		{"places of regions outside", noted, origin(Places{NotIn: slices.Repeat([]string{"west"}, 150)}), origin(Places{NotIn: append(places(1), slices.Repeat([]string{"west"}, 150)...)})},
		{"places of regions of both kinds", noted, origin(Places{In: places(100), NotIn: slices.Repeat([]string{"west"}, 100)}),
			origin(Places{In: places(101), NotIn: slices.Repeat([]string{"west"}, 100)})},
		{"the day of an option", "options/0/chosen/0/through", func(r *Rules) { r.Options[0].Chosen[0].Through = r.Options[0].Chosen[0].From },
			func(r *Rules) { r.Options[0].Chosen[0].Through = "2025-01-31" }},
		{"the first day of the version", "rules/3 noted", func(r *Rules) { r.Rules[3].Through = r.From }, func(r *Rules) { r.Rules[3].Through = "2024-12-31" }},
		{"the last day of the version", "rules/3 noted", func(r *Rules) { r.Through, r.Rules[3].From = "2025-12-31", "2025-12-31" },
			func(r *Rules) { r.Through, r.Rules[3].From = "2025-12-31", "2026-01-01" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := smallRules()
			c.most(&r)
			require.NoError(t, r.Check())
			r = smallRules()
			c.more(&r)
			var told []string
			for _, p := range problems(r.Check()) {
				told = append(told, p.Place)
			}
			require.Contains(t, told, c.place)
		})
	}
}

// charging gives rules for so many kinds of charges.
func charging(n int) func(*Rules) {
	return func(r *Rules) {
		r.Rules = nil
		for i := range n {
			name := fmt.Sprintf("kind-%d", i)
			r.Rules = append(r.Rules, Rule{Rule: name, When: When{Charges: Names{In: []string{name}}}, Then: standard("CA-ON", "13")})
		}
	}
}

func TestAProblemIsToldOnceAndReachOnlyOfRulesThatMakeSense(t *testing.T) {
	// Given a place that is none on both sides of a condition
	r := smallRules()
	r.Rules[3].When.Origin = Places{In: []string{"east"}, NotIn: []string{"east"}}
	// And a rule that an earlier one leaves nothing
	last := r.Rules[8]
	last.Rule = "last"
	r.Rules = append(r.Rules, last)

	// Then only the place is told, for each side
	err := r.Check()
	require.Len(t, problems(err), 2, "%v", err)
	require.NotContains(t, err.Error(), "matches whatever it matches")

	// And once it is mended, the rule
	r.Rules[3].When.Origin = Places{}
	require.ErrorContains(t, r.Check(), "rules/9 last: rules/8 all matches whatever it matches")
}

func TestRule33TaxIsChargedOnlyWhereANumberAndARoundingAreStated(t *testing.T) {
	half := Rounding{PerLine, Combined, money.HalfUp, Decimal{}}
	quebec := func() Rules {
		r := smallRules()
		r.Registrations = append(r.Registrations, Registration{[]string{"CA-QC"}, "Q1"})
		r.Rounding = append(r.Rounding, RoundingIn{[]string{"CA-QC"}, half})
		r.Rules[8].Then.Components = append(r.Rules[8].Then.Components, Component{Name: "QST", Percent: MustDecimal("9.975"), Jurisdiction: "CA-QC"})
		return r
	}
	r := quebec()
	require.NoError(t, r.Check())
	r.Registrations = r.Registrations[:1]
	require.ErrorContains(t, r.Check(), "no registration in \"CA-QC\"")
	r = quebec()
	r.Rounding = r.Rounding[:1]
	require.ErrorContains(t, r.Check(), "no rounding in \"CA-QC\"")

	// And each tax is rounded as its own jurisdiction is
	d := determined(t, quebec(), freight("2025-06-30", "CA-AB", "CA-ON"))
	require.Equal(t, []string{"half-up to 0.01 per line, combined", "half-up to the minor unit per line, combined"},
		[]string{d.Levies[0].Round.String(), d.Levies[1].Round.String()})
}
