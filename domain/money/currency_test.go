package money

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRule30MinorUnitsFollowISO4217(t *testing.T) {
	// Given every code whose minor unit is not a hundredth
	unusual := map[int32][]Currency{
		0: {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"},
		3: {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"},
		4: {"CLF", "UYW"},
	}
	want := map[Currency]int32{}
	for digits, codes := range unusual {
		for _, code := range codes {
			want[code] = digits
		}
	}
	require.Len(t, want, 26)

	// Then the table agrees on them, and on two decimals for all the others
	seen := 0
	for _, c := range Currencies() {
		digits, ok := want[c]
		if !ok {
			digits = 2
		} else {
			seen++
		}
		require.Equal(t, digits, c.Digits(), c)
	}
	require.Equal(t, len(want), seen)

	// And amounts are padded and rounded to them
	require.Equal(t, "1235 JPY", MustParse("1234.5", "JPY").Round(HalfUp).String())
	require.Equal(t, "1.235 KWD", MustParse("1.2345", "KWD").Round(HalfUp).String())
	require.Equal(t, "1.2000 CLF", MustParse("1.2", "CLF").String())
}

func TestTheTableIsSortedAndEveryCodeParses(t *testing.T) {
	codes := Currencies()
	require.Len(t, codes, 165)
	require.True(t, slices.IsSorted(codes))
	require.Len(t, slices.Compact(slices.Clone(codes)), len(codes))
	for _, code := range codes {
		parsed, err := ParseCurrency(string(code))
		require.NoError(t, err)
		require.Equal(t, code, parsed)
		require.Regexp(t, "^[A-Z]{3}$", string(code))
	}
}

func TestParseCurrencyRefuses(t *testing.T) {
	for _, s := range []string{
		"", "U", "US", "USDX", "usd", "Usd", " USD", "USD ", "AAA", "ZZZ", "D2 ", "2 E", "€", "UЅD",
		"XXX", "XTS", "XAU", "XDR", // in the standard, but without a minor unit
		"HRK", "SLL", "ANG", "ZWL", "CUC", "BGN", "DEM", // withdrawn
	} {
		c, err := ParseCurrency(s)
		require.ErrorIs(t, err, ErrCurrency, "%q", s)
		require.Empty(t, c)
		require.False(t, Currency(s).Known())
		require.Zero(t, Currency(s).Digits())
	}
}
