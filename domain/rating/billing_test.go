package rating

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/freightledger/freightledger/domain/money"
)

func TestThePeriodOfADelivery(t *testing.T) {
	for _, c := range []struct {
		cycle                  Cycle
		delivered, key, closes string
	}{
		{"", "2026-03-04", "2026-03", "2026-03-31"},
		{Monthly, "2028-02-29", "2028-02", "2028-02-29"},
		{Monthly, "2026-12-31", "2026-12", "2026-12-31"},
		{Weekly, "2026-03-02", "2026-W10", "2026-03-08"}, // Monday
		{Weekly, "2026-03-08", "2026-W10", "2026-03-08"}, // Sunday
		{Weekly, "2026-03-09", "2026-W11", "2026-03-15"},
		{Weekly, "2027-01-01", "2026-W53", "2027-01-03"}, // a Friday of the old year's last week
		{PerShipment, "2026-03-04", "2026-03-04", "2026-03-04"},
		{PerDelivery, "2026-03-04", "2026-03-04", "2026-03-04"},
		{Monthly, "2026-02-30", "", ""},
		{Weekly, "", "", ""},
	} {
		key, closes := Billing{Cycle: c.cycle}.Period(c.delivered)
		require.Equal(t, c.key, key, "%s %s", c.cycle, c.delivered)
		require.Equal(t, c.closes, closes, "%s %s", c.cycle, c.delivered)
		require.True(t, key == "" || validID(key))
	}
}

// Rule 28: shares add up to the amount, to the last minor unit.
func TestPayorsShareToTheLastMinorUnit(t *testing.T) {
	d := MustDecimal
	third := Billing{Split: []Share{{"A", d("33.33")}, {"B", d("33.33")}, {"C", d("33.34")}}}
	for _, c := range []struct{ amount, currency, a, b, c string }{
		{"100.00", "USD", "33.33", "33.33", "33.34"},
		{"0.01", "USD", "0.00", "0.00", "0.01"}, // the largest remainder
		{"-10.00", "USD", "-3.33", "-3.33", "-3.34"},
		{"1000", "JPY", "333", "333", "334"},
		{"0.100", "KWD", "0.033", "0.033", "0.034"},
	} {
		parts, err := third.Shares(money.MustParse(c.amount, c.currency))
		require.NoError(t, err)
		require.Equal(t, []Part{
			{"A", money.MustParse(c.a, c.currency)}, {"B", money.MustParse(c.b, c.currency)}, {"C", money.MustParse(c.c, c.currency)},
		}, parts, c.amount)
	}

	whole, err := Billing{}.Shares(money.MustParse("12.34", "USD"))
	require.NoError(t, err)
	require.Equal(t, []Part{{"", money.MustParse("12.34", "USD")}}, whole)

	_, err = third.Shares(money.MustParse("0.005", "USD"))
	require.ErrorIs(t, err, money.ErrFraction)
}

func TestSharesAlwaysSumToTheAmount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := money.FromMinor(rapid.Int64Range(-1e12, 1e12).Draw(t, "minor units"), "USD")
		var split []Share
		left := int64(10_000)
		for i := rapid.IntRange(0, 5).Draw(t, "payors less one"); i > 0 && left > 1; i-- {
			n := rapid.Int64Range(1, left-1).Draw(t, "hundredths of a per cent")
			left -= n
			split = append(split, Share{"C", MustDecimal(money.FromMinor(n, "USD").Format())})
		}
		split = append(split, Share{"C", MustDecimal(money.FromMinor(left, "USD").Format())})

		parts, err := Billing{Split: split}.Shares(amount)

		if err != nil {
			t.Fatal(err)
		}
		sum := money.Zero("USD")
		for _, p := range parts {
			if sum, err = sum.Add(p.Amount); err != nil {
				t.Fatal(err)
			}
		}
		if !sum.Equal(amount) {
			t.Fatalf("%v come to %s, not %s", parts, sum, amount)
		}
	})
}

func TestConsigneesShareByWeight(t *testing.T) {
	d := MustDecimal
	stops := []Stop{
		{Seq: 1, Kind: "pickup", Party: "S", Weight: d("3000")},
		{Seq: 2, Kind: "delivery", Party: "B", Weight: d("500")},
		{Seq: 3, Kind: "delivery", Party: "A", Weight: d("2000")},
		{Seq: 4, Kind: "delivery", Party: "B", Weight: d("500")},
	}
	parts, err := SharesByWeight(money.MustParse("100.00", "USD"), stops)
	require.NoError(t, err)
	require.Equal(t, []Part{{"B", money.MustParse("33.33", "USD")}, {"A", money.MustParse("66.67", "USD")}}, parts)

	stops[2].Weight = Decimal{}
	_, err = SharesByWeight(money.MustParse("100.00", "USD"), stops)
	require.ErrorContains(t, err, "stop 3: its consignee and weight must be known")
	_, err = SharesByWeight(money.MustParse("100.00", "USD"), nil)
	require.ErrorIs(t, err, money.ErrWeights)
}
