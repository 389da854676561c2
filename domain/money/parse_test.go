package money

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseDecimalAccepts(t *testing.T) {
	for s, want := range map[string]string{
		"0": "0", "-0": "0", "-0.00": "0", "-000000000000000.000000": "0", "007": "7", "1.50": "1.5", "-1.5": "-1.5",
		"12.345678": "12.345678", "123456789012.345678": "123456789012.345678",
		"999999999999999": "999999999999999", "999999999999999.999999": "999999999999999.999999",
		"-999999999999999.999999": "-999999999999999.999999", "-123456789012345.6789": "-123456789012345.6789", "999999999999999.9999": "999999999999999.9999",
	} {
		d, err := ParseDecimal(s)
		require.NoError(t, err, s)
		require.Equal(t, want, d.String(), s)
	}
}

func TestParseDecimalRefuses(t *testing.T) {
	for name, s := range map[string]string{
		"empty": "", "minus": "-", "point": ".", "minus point": "-.", "exponent": "1e999999999", "small exponent": "1E2",
		"U+2212": "\u22121", "plus": "+1", "no whole": ".5", "minus no whole": "-.5", "no fraction": "1.", "leading space": " 1",
		"trailing space": "1 ", "newline": "1\n", "two points": "1.2.3", "two signs": "--1", "sign inside": "1-1", "sign after point": "1.-5",
		"comma": "1,234.50", "underscore": "1_000", "hex": "0x10", "Arabic digits": "١٢", "full-width": "１", "NaN": "NaN", "Inf": "Inf",
		"sixteen digits": "1234567890123456", "sixteen zeros": "0000000000000000", "seven decimals": "1.1234567", "NUL": "1\x00", "bad UTF-8": "1\xff",
		"overflowing": "99999999999999999999999", "ten megabytes": strings.Repeat("9", 10<<20),
	} {
		t.Run(name, func(t *testing.T) {
			d, err := ParseDecimal(s)
			require.ErrorIs(t, err, ErrAmount)
			require.True(t, d.IsZero())
			_, err = Parse(s, "USD")
			require.ErrorIs(t, err, ErrAmount)
		})
	}
}

func TestParseErrorsQuoteLittleAndEscaped(t *testing.T) {
	_, err := ParseDecimal("\x1b[31m\u22121\n" + strings.Repeat("x", 10<<20))
	require.Less(t, len(err.Error()), 300)
	for _, c := range err.Error() {
		require.False(t, c < ' ' || c == '\u2212', "%q", c)
	}
	_, err = ParseCurrency(strings.Repeat("\n", 10<<20))
	require.Less(t, len(err.Error()), 300)

	// Up to forty bytes are repeated whole
	_, err = ParseCurrency(strings.Repeat("x", 40))
	require.ErrorContains(t, err, `"`+strings.Repeat("x", 40)+`": not`)
	_, err = ParseCurrency(strings.Repeat("x", 41))
	require.ErrorContains(t, err, `"`+strings.Repeat("x", 40)+`"…: not`)

	_, err = ParseDecimal("12,50")
	require.EqualError(t, err, `"12,50": not an amount; write digits with a point, as in -1234.50: at most 15 before the point and 6 after it`)
}

func TestParseRefusesAnUnknownCurrencyFirst(t *testing.T) {
	_, err := Parse("rubbish", "QQQ")
	require.ErrorIs(t, err, ErrCurrency)
	_, err = Parse("1.00", "")
	require.ErrorIs(t, err, ErrCurrency)
}

func TestRefusingTenMegabytesCostsNothing(t *testing.T) {
	long := strings.Repeat("9", 10<<20)
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = ParseDecimal(long)
		}
	})
	require.Less(t, allocated.AllocedBytesPerOp(), int64(4096))
}
