package money

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func weights(texts ...string) []decimal.Decimal {
	out := make([]decimal.Decimal, len(texts))
	for i, text := range texts {
		out[i] = decimal.RequireFromString(text)
	}
	return out
}

func TestRule28AllocationPreservesTheSum(t *testing.T) {
	tests := map[string]struct {
		amount, currency string
		weights          []decimal.Decimal
		want             []string
	}{
		"tie goes to the earlier":        {"100.00", "USD", weights("1", "1", "1"), []string{"33.34", "33.33", "33.33"}},
		"two left over":                  {"0.05", "USD", weights("1", "1", "1"), []string{"0.02", "0.02", "0.01"}},
		"largest remainder first":        {"10.00", "USD", weights("1", "2", "3.5"), []string{"1.54", "3.08", "5.38"}},
		"the later may be the larger":    {"0.01", "USD", weights("1", "2"), []string{"0.00", "0.01"}},
		"negative mirrors positive":      {"-100.00", "USD", weights("1", "1", "1"), []string{"-33.34", "-33.33", "-33.33"}},
		"zero weight gets nothing":       {"0.05", "USD", weights("0", "1", "0", "1"), []string{"0.00", "0.03", "0.00", "0.02"}},
		"nothing to share":               {"0", "USD", weights("1", "2"), []string{"0.00", "0.00"}},
		"one weight takes all":           {"7.77", "USD", weights("0.0001"), []string{"7.77"}},
		"yen have no cents":              {"100", "JPY", weights("1", "1", "1"), []string{"34", "33", "33"}},
		"fils":                           {"1.000", "KWD", weights("1", "1", "1"), []string{"0.334", "0.333", "0.333"}},
		"exponents differ":               {"1.00", "USD", []decimal.Decimal{decimal.New(1, 3), decimal.New(1000, 0), decimal.New(20000, -1)}, []string{"0.25", "0.25", "0.50"}},
		"largest amount, small weights":  {"999999999999999.99", "USD", weights("0.000001", "0.000002"), []string{"333333333333333.33", "666666666666666.66"}},
		"scattered by shipment weights":  {"124.17", "USD", weights("1340", "220.5", "87"), []string{"100.99", "16.62", "6.56"}},
		"fewer minor units than weights": {"0.02", "USD", weights("1", "1", "1", "1"), []string{"0.01", "0.01", "0.00", "0.00"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			whole := MustParse(test.amount, test.currency)
			shares, err := whole.Allocate(test.weights)
			require.NoError(t, err)
			var got []string
			for _, share := range shares {
				got = append(got, share.Format())
			}
			require.Equal(t, test.want, got)
			total, err := Sum(whole.Currency(), shares...)
			require.NoError(t, err)
			require.Equal(t, whole, total)
		})
	}
}

func TestAllocateRefuses(t *testing.T) {
	usd := MustParse("10.00", "USD")
	one := decimal.NewFromInt(1)
	for why, ws := range map[string][]decimal.Decimal{
		"there are none":       nil,
		"weight 2 is negative": weights("1", "-1", "5"),
		"all are zero":         weights("0", "0.00"),
		"weight 1 has decimal exponent 2000000000, at most ±1000": {decimal.New(1, 2_000_000_000)},
		"weight 2 has decimal exponent -2000000000":               {one, decimal.New(1, -2_000_000_000)},
		"weight 2 has decimal exponent 1001":                      {one, decimal.New(1, maxWeightExponent+1)},
		"weight 2 has decimal exponent -1001":                     {one, decimal.New(1, -maxWeightExponent-1)},
	} {
		t.Run(why, func(t *testing.T) {
			shares, err := usd.Allocate(ws)
			require.ErrorIs(t, err, ErrWeights)
			require.ErrorContains(t, err, why)
			require.Nil(t, shares)
		})
	}
	_, err := MustParse("10.005", "USD").Allocate(weights("1"))
	require.ErrorIs(t, err, ErrFraction)
}

func TestWeightsOfTheLargestExponentsAreTaken(t *testing.T) {
	// Given weights as far apart as may be, 1 and 10^2000
	shares, err := MustParse("10.00", "USD").Allocate([]decimal.Decimal{decimal.New(1, -maxWeightExponent), decimal.New(1, maxWeightExponent)})

	// Then the larger takes all
	require.NoError(t, err)
	require.Equal(t, []Money{Zero("USD"), MustParse("10.00", "USD")}, shares)
}

func TestAllocateLeavesTheWeightsAlone(t *testing.T) {
	ws := weights("1", "2", "3.5")
	_, err := MustParse("10.00", "USD").Allocate(ws)
	require.NoError(t, err)
	require.Equal(t, weights("1", "2", "3.5"), ws)
}
