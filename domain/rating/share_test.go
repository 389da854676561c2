package rating

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/freightledger/freightledger/domain/money"
)

// paid are the charges by id, each with its payor.
func paid(charges []Charge) map[string]string {
	all := map[string]string{}
	for _, c := range charges {
		all[c.Charge] = c.Amount.Format() + " " + c.Payor
	}
	return all
}

func TestChargesOfTheBillToAreSplitAndThoseOfANamedPayorAreNot(t *testing.T) {
	// Given that linehaul and fuel are split in thirds, and the consignee pays unloading
	a := terms("USD", "0.01", Linehaul{Per: Flat, Rate: MustDecimal("1000.00")})
	a.Accessorials = []Accessorial{
		{Code: "LUM", Name: "lumper", Trigger: TriggerPassThrough, Payor: "consignee"},
		{Code: "LFT", Name: "liftgate", Trigger: TriggerService, Price: Price{Rate: MustDecimal("50")}, ApprovalAbove: MustDecimal("40")},
	}
	a.Billing.Split = []Share{{"A", MustDecimal("33.33")}, {"B", MustDecimal("33.33")}, {"C", MustDecimal("33.34")}}
	require.NoError(t, a.Check())
	f := trip()
	f.Services = []Service{{Service: "1", Code: "LUM", Stop: 2, Receipt: money.MustParse("185.00", "USD")}, {Service: "2", Code: "LFT", Stop: 2}}

	r, err := a.Rate(f)

	// Then each part is a charge of its own, with what the whole needs
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"linehaul:A": "333.30 A", "linehaul:B": "333.30 B", "linehaul:C": "333.40 C", "LUM-1": "185.00 CONSIGNEE",
		"LFT-2:A": "16.67 A", "LFT-2:B": "16.66 B", "LFT-2:C": "16.67 C",
	}, paid(r.Charges))
	for _, c := range r.Charges {
		require.Equal(t, strings.HasPrefix(c.Charge, "LFT") || c.Charge == "LUM-1", c.NeedsApproval, c.Charge)
	}
	require.NoError(t, r.Verify(a, f))

	// And when all is one other customer's, it is that customer's charge
	a.Billing.Split = []Share{{"A", MustDecimal("100")}}
	r, err = a.Rate(f)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"linehaul": "1000.00 A", "LUM-1": "185.00 CONSIGNEE", "LFT-2": "50.00 A"}, paid(r.Charges))
}

func TestWhatCannotBeSplitIsMissingAndNotGuessed(t *testing.T) {
	a := terms("USD", "0.01", Linehaul{Per: Flat, Rate: MustDecimal("1000.00")})
	a.Billing.SplitByWeight = true
	r, err := a.Rate(trip()) // no weight was delivered to anybody
	require.NoError(t, err)
	require.Empty(t, r.Charges)
	require.Equal(t, []Note{{Clause: "billing", Text: "charge linehaul: the consignees pay: stop 2: its consignee and weight must be known to share by weight"}}, r.Missing)
	// Nothing is not shared
	a.Lanes[0].Linehaul.Rate = MustDecimal("0")
	r, err = a.Rate(trip())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"linehaul": "0.00 "}, paid(r.Charges))
}

func TestPropertyRule28APartIsADerivedChargeAndThePartsSumToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawAgreement(t)
		f := drawFacts(t)
		whole, err := a.Rate(f)
		if err != nil {
			t.Skip("it cannot be rated")
		}
		if rapid.Bool().Draw(t, "by weight") {
			a.Billing.SplitByWeight = true
			for i := range f.Stops {
				f.Stops[i].Party = rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "party")
				f.Stops[i].Weight = MustDecimal(narrow(rapid.Int64Range(1, 50_000).Draw(t, "delivered"), 1).String())
			}
			if whole, err = withoutSplit(a).Rate(f); err != nil {
				t.Skip("it cannot be rated")
			}
		} else {
			first := rapid.Int64Range(1, 9_998).Draw(t, "first share")
			second := rapid.Int64Range(1, 9_999-first).Draw(t, "second share")
			for i, hundredths := range []int64{first, second, 10_000 - first - second} {
				a.Billing.Split = append(a.Billing.Split, Share{"C-" + string(rune('1'+i)), MustDecimal(money.FromMinor(hundredths, "USD").Format())})
			}
		}

		split, err := a.Rate(f)

		require.NoError(t, err)
		require.NoError(t, split.Verify(a, f))
		sums := map[string]money.Money{}
		for _, c := range split.Charges {
			id, party, shared := strings.Cut(c.Charge, payorMark)
			if shared {
				require.Equal(t, c.Payor, party)
			}
			if sum, there := sums[id]; there {
				sums[id], err = sum.Add(c.Amount)
				require.NoError(t, err)
			} else {
				sums[id] = c.Amount
			}
		}
		for _, c := range whole.Charges {
			require.True(t, c.Amount.Equal(sums[c.Charge]), "%s of %s, its parts come to %s", c.Charge, c.Amount, sums[c.Charge])
			delete(sums, c.Charge)
		}
		require.Empty(t, sums)
	})
}

func withoutSplit(a Agreement) Agreement {
	a.Billing = Billing{}
	return a
}

func TestAPeriodClosesOnItsLastDay(t *testing.T) {
	for key, closes := range map[string]string{
		"2026-03": "2026-03-31", "2028-02": "2028-02-29", "2026-W10": "2026-03-08", "2026-W53": "2027-01-03", "2026-03-04": "2026-03-04",
		"": "", "2026": "", "2026-13": "", "2026-W54": "", "2025-W53": "", "2026-W00": "", "2026-W1": "", "2026-W+1": "", "2026-03-32": "", "-W10": "",
	} {
		got, ok := PeriodCloses(key)
		require.Equal(t, closes, got, key)
		require.Equal(t, closes != "", ok, key)
	}
}

func TestPropertyAPeriodClosesAsTheDeliveriesInItSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(2020, 1, 1+rapid.IntRange(0, 20_000).Draw(t, "day"), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		for _, cycle := range []Cycle{"", Monthly, Weekly, PerShipment, PerDelivery} {
			key, closes := Billing{Cycle: cycle}.Period(day)
			again, ok := PeriodCloses(key)
			require.True(t, ok, key)
			require.Equal(t, closes, again)
			require.LessOrEqual(t, day, closes)
		}
	})
}
