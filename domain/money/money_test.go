package money

import (
	"math"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func TestRule29CurrenciesNeverMix(t *testing.T) {
	usd, eur := MustParse("10.00", "USD"), MustParse("10.00", "EUR")
	operations := map[string]func(a, b Money) error{
		"Add": func(a, b Money) error { _, err := a.Add(b); return err },
		"Sub": func(a, b Money) error { _, err := a.Sub(b); return err },
		"Cmp": func(a, b Money) error { _, err := a.Cmp(b); return err },
		"Min": func(a, b Money) error { _, err := a.Min(b); return err },
		"Sum": func(a, b Money) error { _, err := Sum(a.Currency(), a, b); return err },
	}
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			var mismatch *MismatchError
			require.ErrorAs(t, operation(usd, eur), &mismatch)
			require.Equal(t, MismatchError{A: "USD", B: "EUR"}, *mismatch)
			require.NoError(t, operation(usd, usd))
		})
	}
	require.False(t, usd.Equal(eur))
	require.EqualError(t, &MismatchError{A: "USD"}, "cannot combine an amount in USD with one in no currency: convert to one currency first")
}

func TestTheZeroMoneyAddsToNothing(t *testing.T) {
	// Given an amount nobody has set
	var unset Money
	usd := MustParse("1.00", "USD")

	// When it meets an amount, or another of its kind
	for _, pair := range [][2]Money{{unset, usd}, {usd, unset}, {unset, unset}} {
		_, addErr := pair[0].Add(pair[1])
		_, cmpErr := pair[0].Cmp(pair[1])

		// Then it is a mismatch, never a zero
		var mismatch *MismatchError
		require.ErrorAs(t, addErr, &mismatch)
		require.ErrorAs(t, cmpErr, &mismatch)
	}
	_, err := Sum("USD", usd, unset)
	var mismatch *MismatchError
	require.ErrorAs(t, err, &mismatch)

	require.False(t, unset.IsSet())
	require.True(t, unset.IsZero())
	require.False(t, unset.IsWholeMinor())
	require.ErrorIs(t, unset.Check(), ErrUnset)
	_, err = unset.Minor()
	require.ErrorIs(t, err, ErrUnset)
	_, err = unset.Allocate([]decimal.Decimal{decimal.NewFromInt(1)})
	require.ErrorIs(t, err, ErrUnset)

	// And it stays what it is through the operations that cannot refuse
	require.Equal(t, unset, unset.Neg())
	require.Equal(t, unset, unset.Round(HalfUp))
	require.Equal(t, unset, unset.Mul(decimal.NewFromInt(3), HalfUp))
	require.True(t, unset.Equal(Money{}))
	require.False(t, unset.Equal(Zero("USD")))
}

func TestZeroInNoKnownCurrencyIsTheZeroMoney(t *testing.T) {
	require.Equal(t, Money{}, Zero(""))
	require.Equal(t, Money{}, Zero("QQQ"))
	require.Equal(t, Money{}, FromMinor(5, "usd"))
	require.True(t, Zero("USD").IsSet())
}

func TestArithmetic(t *testing.T) {
	a, b := MustParse("10.05", "USD"), MustParse("-3.255", "USD")

	sum, err := a.Add(b)
	require.NoError(t, err)
	require.Equal(t, "6.795 USD", sum.String())

	difference, err := a.Sub(b)
	require.NoError(t, err)
	require.Equal(t, "13.305 USD", difference.String())

	require.Equal(t, "-10.05 USD", a.Neg().String())
	require.Equal(t, []int{1, -1, 0}, []int{a.Sign(), b.Sign(), Zero("USD").Sign()})
	require.True(t, b.IsNegative())
	require.False(t, a.IsNegative())

	order, err := a.Cmp(b)
	require.NoError(t, err)
	require.Equal(t, 1, order)

	for _, pair := range [][2]Money{{a, b}, {b, a}} {
		smaller, err := pair[0].Min(pair[1])
		require.NoError(t, err)
		require.Equal(t, b, smaller)
	}

	total, err := Sum("USD", a, b, a)
	require.NoError(t, err)
	require.Equal(t, MustParse("16.845", "USD"), total)

	none, err := Sum("USD")
	require.NoError(t, err)
	require.Equal(t, Zero("USD"), none)

	_, err = Sum("QQQ")
	require.ErrorIs(t, err, ErrCurrency)
}

func TestEqualAmountsAreDeeplyEqualHoweverTheyCameAbout(t *testing.T) {
	want := MustParse("12.50", "USD")
	sum, err := MustParse("12.345", "USD").Add(MustParse("0.155", "USD"))
	require.NoError(t, err)
	fromNew, err := New(decimal.RequireFromString("12.5000000000"), "USD")
	require.NoError(t, err)
	for _, same := range []Money{
		sum,
		fromNew,
		FromMinor(1250, "USD"),
		MustParse("12.5", "USD"),
		MustParse("0012.500000", "USD"),
		MustParse("100", "USD").Mul(decimal.RequireFromString("0.125"), Down),
	} {
		require.Equal(t, want, same)
	}

	gone, err := want.Sub(want)
	require.NoError(t, err)
	for _, zero := range []Money{
		gone,
		Zero("USD").Neg(),
		MustParse("-0", "USD"),
		MustParse("-0.000000", "USD"),
		MustParse("0.004", "USD").Round(Down),
		MustParse("-0.004", "USD").Round(HalfUp),
		want.Mul(decimal.Zero, Up),
	} {
		require.Equal(t, Zero("USD"), zero)
		require.Equal(t, "0.00 USD", zero.String())
	}
}

func TestNewHoldsTheBounds(t *testing.T) {
	tests := map[string]struct {
		d    decimal.Decimal
		want error
	}{
		"largest":                  {decimal.RequireFromString("999999999999999.999999"), nil},
		"smallest":                 {decimal.RequireFromString("-999999999999999.999999"), nil},
		"10^15":                    {decimal.New(1, 15), ErrRange},
		"-10^15":                   {decimal.New(-1, 15), ErrRange},
		"10^14 by exponent":        {decimal.New(1, 14), nil},
		"seven decimals":           {decimal.RequireFromString("0.0000001"), ErrRange},
		"seven decimals, last 0":   {decimal.RequireFromString("0.0000010"), nil},
		"mixed, seventh not 0":     {decimal.RequireFromString("12.3456781"), ErrRange},
		"exponent of two thousand": {decimal.New(1, 2_000_000_000), ErrRange},
		"hostile small exponent":   {decimal.New(1, -2_000_000_000), ErrRange},
		"zero with any exponent":   {decimal.New(0, 2_000_000_000), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := New(test.d, "USD")
			if test.want != nil {
				require.ErrorIs(t, err, test.want)
				require.Equal(t, Money{}, m)
				return
			}
			require.NoError(t, err)
			require.True(t, m.Amount().Equal(test.d))
			require.NoError(t, m.Check())
		})
	}
	_, err := New(decimal.NewFromInt(1), "QQQ")
	require.ErrorIs(t, err, ErrCurrency)
	_, err = New(decimal.New(1, 15), "USD")
	require.ErrorContains(t, err, "16 whole digits, at most 15 are kept")
}

func TestArithmeticHoldsTheBounds(t *testing.T) {
	most := MustParse("999999999999999.99", "USD")
	cent := MustParse("0.01", "USD")

	_, err := most.Add(cent)
	require.ErrorIs(t, err, ErrRange)
	_, err = most.Neg().Sub(cent)
	require.ErrorIs(t, err, ErrRange)

	// The total counts, not the way there.
	total, err := Sum("USD", most, cent, cent.Neg())
	require.NoError(t, err)
	require.Equal(t, most, total)
	_, err = Sum("USD", most, cent)
	require.ErrorIs(t, err, ErrRange)
}

func TestAProductOutOfRangeIsKeptExactlyAndRefusedOnwards(t *testing.T) {
	// Given a product beyond 10^15
	product := MustParse("999999999999999.99", "USD").Mul(decimal.NewFromInt(1000), HalfUp)
	require.Equal(t, "999999999999999990.00 USD", product.String())

	// Then every way onwards refuses it
	require.ErrorIs(t, product.Check(), ErrRange)
	_, err := product.Add(Zero("USD"))
	require.ErrorIs(t, err, ErrRange)
	_, err = product.MarshalJSON()
	require.ErrorIs(t, err, ErrRange)
	_, err = product.Minor()
	require.ErrorIs(t, err, ErrRange)
	_, err = product.Allocate([]decimal.Decimal{decimal.NewFromInt(1)})
	require.ErrorIs(t, err, ErrRange)

	// And so with minor units beyond 15 whole digits
	require.ErrorIs(t, FromMinor(math.MaxInt64, "USD").Check(), ErrRange)
	require.Equal(t, "-92233720368547758.08", FromMinor(math.MinInt64, "USD").Format())
}

func TestMulPanicsOnARateNoDecoderYields(t *testing.T) {
	usd := MustParse("1.00", "USD")
	require.Panics(t, func() { usd.Mul(decimal.New(1, 2_000_000_000), HalfUp) })
	require.Panics(t, func() { usd.Mul(decimal.New(1, -2_000_000_000), HalfUp) })
	require.Panics(t, func() { usd.Mul(decimal.NewFromInt(1), "nearest") })

	// The last exponents that a decoder yields are taken
	require.Panics(t, func() { usd.Mul(decimal.New(1, maxRateExponent+1), Up) })
	require.Panics(t, func() { usd.Mul(decimal.New(1, -maxRateExponent-1), Up) })
	require.Equal(t, "0.01 USD", usd.Mul(decimal.New(1, -maxRateExponent), Up).String())
	require.Equal(t, "0.00 USD", Zero("USD").Mul(decimal.New(1, maxRateExponent), Up).String())
}

func TestMinorCountsWholeMinorUnitsOnly(t *testing.T) {
	for text, want := range map[string]int64{"12.34 USD": 1234, "-0.01 USD": -1, "500 JPY": 500, "1.005 KWD": 1005, "2.0001 CLF": 20001} {
		m := parseText(t, text)
		require.True(t, m.IsWholeMinor(), text)
		units, err := m.Minor()
		require.NoError(t, err, text)
		require.Equal(t, want, units, text)
		require.Equal(t, m, FromMinor(units, m.Currency()), text)
	}
	for _, text := range []string{"12.345 USD", "0.5 JPY", "1.0005 KWD"} {
		m := parseText(t, text)
		require.False(t, m.IsWholeMinor(), text)
		_, err := m.Minor()
		require.ErrorIs(t, err, ErrFraction, text)
	}
	_, err := MustParse("999999999999999", "CLF").Minor() // 10^19 does not fit
	require.ErrorIs(t, err, ErrRange)
}

func TestMustParsePanics(t *testing.T) {
	require.Panics(t, func() { MustParse("1.00", "usd") })
	require.Panics(t, func() { MustParse("1,00", "USD") })
}

func TestTextForms(t *testing.T) {
	tests := []struct{ amount, currency, text, format, grouped string }{
		{"1234.5", "USD", "1234.50 USD", "1234.50", "1,234.50"},
		{"-1234.5", "USD", "-1234.50 USD", "-1234.50", "-1,234.50"},
		{"-123", "USD", "-123.00 USD", "-123.00", "-123.00"},
		{"0.005", "USD", "0.005 USD", "0.005", "0.005"},
		{"-0.01", "USD", "-0.01 USD", "-0.01", "-0.01"},
		{"0.000001", "JPY", "0.000001 JPY", "0.000001", "0.000001"},
		{"1000", "JPY", "1000 JPY", "1000", "1,000"},
		{"0", "KWD", "0.000 KWD", "0.000", "0.000"},
		{"100000.120", "USD", "100000.12 USD", "100000.12", "100,000.12"},
		{"999999999999999.999999", "USD", "999999999999999.999999 USD", "999999999999999.999999", "999,999,999,999,999.999999"},
		{"-999999999999999", "CLF", "-999999999999999.0000 CLF", "-999999999999999.0000", "-999,999,999,999,999.0000"},
	}
	for _, test := range tests {
		m := MustParse(test.amount, test.currency)
		require.Equal(t, test.text, m.String())
		require.Equal(t, test.format, m.Format())
		require.Equal(t, test.grouped, m.Grouped())
	}
	require.Equal(t, []string{"no amount", "", ""}, []string{Money{}.String(), Money{}.Format(), Money{}.Grouped()})
}

// parseText reads "12.50 USD".
func parseText(t *testing.T, text string) Money {
	t.Helper()
	at := len(text) - codeLen
	return MustParse(text[:at-1], text[at:])
}
