package money

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func TestRoundingModes(t *testing.T) {
	amounts := []string{"0.005", "0.015", "0.0149", "0.0151", "-0.005", "-0.015", "-0.0151", "2.5", "0.001", "-0.001"}
	for mode, want := range map[Rounding][]string{
		HalfUp:   {"0.01", "0.02", "0.01", "0.02", "-0.01", "-0.02", "-0.02", "2.50", "0.00", "0.00"},
		HalfEven: {"0.00", "0.02", "0.01", "0.02", "0.00", "-0.02", "-0.02", "2.50", "0.00", "0.00"},
		Down:     {"0.00", "0.01", "0.01", "0.01", "0.00", "-0.01", "-0.01", "2.50", "0.00", "0.00"},
		Up:       {"0.01", "0.02", "0.02", "0.02", "-0.01", "-0.02", "-0.02", "2.50", "0.01", "-0.01"},
		Floor:    {"0.00", "0.01", "0.01", "0.01", "-0.01", "-0.02", "-0.02", "2.50", "0.00", "-0.01"},
		Ceiling:  {"0.01", "0.02", "0.02", "0.02", "0.00", "-0.01", "-0.01", "2.50", "0.01", "0.00"},
	} {
		t.Run(string(mode), func(t *testing.T) {
			var got []string
			for _, amount := range amounts {
				got = append(got, MustParse(amount, "USD").Round(mode).Format())
			}
			require.Equal(t, want, got)

			parsed, err := ParseRounding(string(mode))
			require.NoError(t, err)
			require.Equal(t, mode, parsed)
		})
	}
}

func TestRoundingNamesArePermanent(t *testing.T) {
	require.Equal(t,
		[]Rounding{"half-up", "half-even", "down", "up", "floor", "ceiling"},
		[]Rounding{HalfUp, HalfEven, Down, Up, Floor, Ceiling})
	for _, s := range []string{"", "HalfUp", "Half-Up", "half_up", " down", "truncate"} {
		_, err := ParseRounding(s)
		require.ErrorIs(t, err, ErrRounding, "%q", s)
		require.False(t, Rounding(s).Known())
	}
	require.Panics(t, func() { MustParse("1.005", "USD").Round("") })
}

func TestRule27RatesAreNotRoundedBeforeTheLineIs(t *testing.T) {
	// Given a unit rate with more decimals than the minor unit
	rate := MustParse("0.1234", "USD")

	// When 1,000 miles are charged
	line := rate.Mul(decimal.NewFromInt(1000), HalfUp)

	// Then the rate's decimals count; rounding the rate first would give 120.00
	require.Equal(t, "123.40 USD", line.String())
	require.Equal(t, "120.00 USD", rate.Round(HalfUp).Mul(decimal.NewFromInt(1000), HalfUp).String())
}

func TestRule27RoundingHappensOnce(t *testing.T) {
	// 4.8898 × 0.5 = 2.4449. Rounding digit by digit would climb from 2.445 to
	// 2.45.
	require.Equal(t, "2.44 USD", MustParse("4.8898", "USD").Mul(decimal.RequireFromString("0.5"), HalfUp).String())

	// A product of exactly half a cent is a tie, one digit less is not.
	require.Equal(t, "0.01 USD", MustParse("0.05", "USD").Mul(decimal.RequireFromString("0.1"), HalfUp).String())
	require.Equal(t, "0.00 USD", MustParse("0.05", "USD").Mul(decimal.RequireFromString("0.0999999"), HalfUp).String())
}
