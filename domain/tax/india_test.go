package tax

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
)

// choosing exercises an option of the registrant.
func choosing(r Rules, option string) Rules {
	r.Options = append([]Option(nil), r.Options...)
	for i := range r.Options {
		if r.Options[i].Option == option {
			r.Options[i].Chosen = []Period{{From: "2022-07-18", Reference: "Annexure V"}}
		}
	}
	return r
}

func TestIndianRoadFreightIsTheRegistrantsChoiceOfRate(t *testing.T) {
	in := rulesOf(t, "in")
	with := choosing(in, "forward-with-credit")
	without := choosing(in, "forward-without-credit")
	require.NoError(t, with.Check())
	facts := func(day, established string) Facts {
		return freight(day, "IN-MH", "IN-GJ").forA(Business, established, established).under(ConsignmentNote)
	}
	for _, c := range []struct {
		name        string
		rules       Rules
		f           Facts
		code        Code
		rates, rule string
	}{
		{"with credit, within the state", with, facts("2025-09-22", "IN-MH"), Standard, "CGST 9 + SGST 9", "forward-18-intra"},
		{"with credit, to another state", with, facts("2025-09-22", "IN-GJ"), Standard, "IGST 18", "forward-18-inter"},
		{"with credit, the day before", with, facts("2025-09-21", "IN-GJ"), Standard, "IGST 12", "forward-12-inter"},
		{"with credit, the day before, within", with, facts("2025-09-21", "IN-MH"), Standard, "CGST 6 + SGST 6", "forward-12-intra"},
		{"without credit, within the state", without, facts("2025-09-22", "IN-MH"), Standard, "CGST 2.5 + SGST 2.5", "forward-5-intra"},
		{"without credit, earlier", without, facts("2025-01-01", "IN-GJ"), Standard, "IGST 5", "forward-5-inter"},
		{"no option", in, facts("2025-09-22", "IN-GJ"), ReverseCharge, "", "reverse-charge"},
		{"no consignment note", with, facts("2025-09-22", "IN-GJ").under(), Exempt, "", "no-consignment-note"},
		{"unregistered consumer", in, facts("2025-09-22", "IN-GJ").forA(Consumer, "IN-GJ"), Exempt, "", "unregistered-consumer"},
	} {
		d := determined(t, c.rules, c.f)
		require.Equal(t, c.rule, d.Rule, c.name)
		require.Equal(t, c.code, d.Code, c.name)
		require.Equal(t, c.rates, rates(d), c.name)
		require.False(t, d.Held(), c.name)
	}
	// The declaration that the option asks for is printed
	b := taxed(t, determined(t, with, facts("2025-09-22", "IN-GJ")), money.MustParse("1000.00", "INR"))
	require.Equal(t, money.MustParse("180.00", "INR"), b.Tax)
	require.Contains(t, b.Notices[0], "exercised the option to pay tax")
}

func TestUSFreightIsOutOfScopeAndSaysThatAnAdviserIsNeeded(t *testing.T) {
	us := rulesOf(t, "us")
	d := determined(t, us, freight("2025-06-30", "US-TX", "US-CA"))
	require.Equal(t, OutOfScope, d.Code)
	require.Contains(t, d.Basis, "generally untaxed; needs an adviser")
	require.NotEmpty(t, d.Unconfirmed)
	_, err := us.Determine(freight("2025-06-30", "US-TX", "MX"))
	var none *NoRuleError
	require.ErrorAs(t, err, &none)
}
