package tax

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPartsOfATaxAreJoinedOnlyWithPartsOfTheSame(t *testing.T) {
	// Given a tax of its own, and parts of one tax of two jurisdictions and of
	// another tax, in no order
	r := smallRules()
	percent := MustDecimal
	r.Rules[8].Then.Components = []Component{
		{Name: "HST", Percent: percent("1")},
		{Name: "HST federal part", Percent: percent("2"), Of: "HST"},
		{Name: "HST federal part of Canada", Percent: percent("3"), Of: "HST", Jurisdiction: "CA"},
		{Name: "levy part", Percent: percent("4"), Of: "levy"},
		{Name: "HST provincial part", Percent: percent("5"), Of: "HST"},
	}
	require.NoError(t, r.Check())

	// When a charge is decided on
	d := determined(t, r, freight("2025-06-30", "CA-AB", "CA-ON"))

	// Then just the two parts of one tax in one jurisdiction are put together
	require.Equal(t, "HST 1 + HST 7 + HST 3 + levy 4", rates(d))
	require.Empty(t, d.Levies[0].Parts)
	require.Len(t, d.Levies[1].Parts, 2)
	require.Equal(t, "CA", d.Levies[2].Jurisdiction)
}

func TestACertificateThatIsNotHeldHoldsTheBill(t *testing.T) {
	// Given a rule that asks for a certificate of whoever comes
	r := smallRules()
	r.Rules[1].When = When{Status: Business}
	facts := freight("2025-06-30", "CA-AB", "CA-ON")

	// Then a charge without it waits
	d := determined(t, r, facts)
	require.Equal(t, "certified", d.Rule)
	require.Equal(t, r.Rules[1].Then.Needs, d.Lacks)

	// And one with it, whatever its dates leave open, does not
	facts.Customer.Certificates = []Certificate{{Certificate: "diplomat", Number: "7", From: "2025-06-30"}}
	require.False(t, determined(t, r, facts).Held())
	facts.Customer.Certificates[0].From = "2025-07-01"
	require.True(t, determined(t, r, facts).Held())
}

func TestNoRuleTellsOfEachTheFirstConditionThatDidNotHold(t *testing.T) {
	r := smallRules()
	r.Rules = r.Rules[:2]
	r.Rules[0].When = When{Circumstances: Names{In: []string{"noted"}}, Charges: Names{In: []string{"fuel"}}, Origin: Places{In: []string{"US"}}}
	r.Rules[1].When = When{}
	r.Rules[1].Then.Lacking = NextRule

	_, err := r.Determine(freight("2025-06-30", "CA-AB", "CA-ON"))
	var none *NoRuleError
	require.ErrorAs(t, err, &none)
	require.Equal(t, []Miss{{"export", "charge"}, {"certified", "evidence"}}, none.Tried)
}

func TestTheFirstStateThatIsLackingIsAskedForUnlessAnotherConditionDecides(t *testing.T) {
	r := smallRules()
	r.Rules[0].When = When{Origin: Places{In: []string{"CA-AB"}}, Destination: Places{In: []string{"CA-ON"}}}
	facts := freight("2025-06-30", "CA", "CA")
	_, err := r.Determine(facts)
	var missing *FactError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "origin", missing.Fact)

	// A destination elsewhere decides against the rule, wherever it came from
	r.Rules[0].When.Destination = Places{In: []string{"US"}}
	r.Rules = append(r.Rules[:1], r.Rules[8])
	require.Equal(t, "all", determined(t, r, facts).Rule)
}

func TestWhetherTwoPlacesLieInOneCountryNeedsNoStates(t *testing.T) {
	r := smallRules()
	r.Rules = []Rule{
		{Rule: "abroad", When: When{Crosses: Country}, Then: standard("CA-ON", "1")},
		{Rule: "home", When: When{Within: Country}, Then: standard("CA-ON", "2")},
	}
	require.NoError(t, r.Check())
	for _, c := range []struct{ from, to, rule string }{
		{"CA", "CA", "home"}, {"CA-ON", "CA", "home"}, {"CA-AB", "CA-ON", "home"}, {"CA", "US", "abroad"}, {"CA-WA", "US-WA", "abroad"},
	} {
		require.Equal(t, c.rule, determined(t, r, freight("2025-06-30", c.from, c.to)).Rule, "from %s to %s", c.from, c.to)
	}
}

func TestStatesOfOneNameInTwoCountriesAreTwo(t *testing.T) {
	r := smallRules()
	r.Rules = []Rule{{Rule: "within", When: When{Within: State}, Then: standard("CA-ON", "1")}, {Rule: "else", Then: standard("CA-ON", "2")}}
	for from, rule := range map[string]string{"CA-WA": "else", "US-WA": "within", "CA": "else"} {
		require.Equal(t, rule, determined(t, r, freight("2025-06-30", from, "US-WA")).Rule, "from %s", from)
	}
}

func TestAVersionThatIsNotInForceNamesItself(t *testing.T) {
	_, err := smallRules().Determine(freight("2024-12-31", "CA-AB", "CA-ON"))
	require.EqualError(t, err, "tax rules carrier 1 are not in force on 2024-12-31: use the version that is")
}

func TestFactsAreToldInOneLine(t *testing.T) {
	f := freight("2025-06-30", "CA-QC", "CA-ON")
	require.Equal(t, "freight on 2025-06-30 from CA-QC to CA-ON for a business in CA-QC", f.String())
	require.Equal(t, "freight on 2025-06-30 from CA-QC to CA-ON (shipped from GB to CA-ON) for a business in CA-QC", f.shipped("GB", "CA-ON").String())
	require.Equal(t, "freight on 2025-06-30 from CA-QC to CA-ON (shipped from CA-QC to US) for a business in CA-QC", f.shipped("CA-QC", "US").String())
	require.Equal(t, "freight on 2025-06-30 from CA-QC to CA-ON for a consumer in FR registered in FR, DE, noted, other",
		f.forA(Consumer, "FR", "FR", "DE").under("noted", "other").String())
}

func TestACertificateHasCivilDatesOrNone(t *testing.T) {
	r := smallRules()
	for dates, good := range map[[2]string]bool{
		{"", ""}: true, {"2025-01-01", ""}: true, {"", "2025-12-31"}: true, {"2025-01-01", "2025-12-31"}: true,
		{"1.1.2025", ""}: false, {"", "2025-02-30"}: false,
	} {
		f := freight("2025-06-30", "CA-AB", "CA-ON")
		f.Customer.Certificates = []Certificate{{"diplomat", "7", dates[0], dates[1]}}
		_, err := r.Determine(f)
		if good {
			require.NoError(t, err, dates)
			continue
		}
		var refused *FactError
		require.ErrorAs(t, err, &refused, dates)
		require.Equal(t, "customer/certificates/0", refused.Fact)
	}
}
