package x12

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDate8(t *testing.T) {
	d, err := Date8("20160726")
	require.NoError(t, err)
	require.Equal(t, Date{2016, time.July, 26}, d)
	require.Equal(t, "2016-07-26", d.String())
	d, err = Date8("20240229")
	require.NoError(t, err)
	require.Equal(t, Date{2024, time.February, 29}, d)
	for _, bad := range []string{"", "160726", "2016-7-26", "20160732", "20161301", "20230229", "20160700", "BAD_DATE", "00000000", "18991231", "22000101", "201607261", " 2016072", "２０１６"} {
		_, err := Date8(bad)
		var refused *ValueError
		require.ErrorAs(t, err, &refused, bad)
	}
}

// The window is fixed: 70 to 99 belong to the nineteen hundreds.
func TestDate6CenturyWindow(t *testing.T) {
	for text, want := range map[string]string{
		"160726": "2016-07-26", "700101": "1970-01-01", "991231": "1999-12-31", "000101": "2000-01-01", "691231": "2069-12-31",
	} {
		d, err := Date6(text)
		require.NoError(t, err)
		require.Equal(t, want, d.String())
	}
	for _, bad := range []string{"", "20160726", "161301", "160732", "230229", "1607 6"} {
		_, err := Date6(bad)
		require.Error(t, err, bad)
	}
}

func TestDatesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := time.Unix(rapid.Int64Range(0, 3124223999).Draw(t, "seconds"), 0).UTC()
		eight, err := Date8(day.Format("20060102"))
		require.NoError(t, err)
		six, err := Date6(day.Format("060102"))
		require.NoError(t, err)
		clock, err := Time(day.Format("150405"))
		require.NoError(t, err)
		require.True(t, eight.At(clock, time.UTC).Equal(day))
		if day.Year() < 2069 {
			require.Equal(t, eight, six)
		}
	})
}

func TestTime(t *testing.T) {
	for text, want := range map[string]Clock{
		"0800": {Hour: 8}, "2359": {Hour: 23, Minute: 59}, "080015": {Hour: 8, Second: 15},
		"0800159": {Hour: 8, Second: 15, Hundredths: 90}, "08001599": {Hour: 8, Second: 15, Hundredths: 99},
	} {
		c, err := Time(text)
		require.NoError(t, err)
		require.Equal(t, want, c)
	}
	require.Equal(t, "08:00:15.05", Clock{Hour: 8, Second: 15, Hundredths: 5}.String())
	require.Equal(t, "08:00:15", Clock{Hour: 8, Second: 15}.String())
	for _, bad := range []string{"", "8", "800", "08000", "2400", "0860", "080060", "295335", "08:00", "080015999", "-800"} {
		_, err := Time(bad)
		require.Error(t, err, bad)
	}
}

func TestImpliedDecimals(t *testing.T) {
	for text, want := range map[string]string{
		"5165": "51.65", "0": "0", "5": "0.05", "-301791": "-3017.91", "000001000": "10", "-0": "0",
		"999999999999999999": "9999999999999999.99",
	} {
		n, err := N2(text)
		require.NoError(t, err, text)
		require.True(t, decimal.RequireFromString(want).Equal(n), "%s is %s, not %s", text, n, want)
	}
	for _, bad := range []string{"", "-", "+5", "1e5", "1,000", " 5", "5 ", "--5", "5-", "0x10", "NaN", "1000000000000000000", "٣"} {
		_, err := N2(bad)
		require.Error(t, err, bad)
	}
	_, err := N2("3200.00")
	require.EqualError(t, err, `N2 "3200.00": a decimal point is written where 2 decimals are implied; state in the partner's profile what it means`)
	whole, err := N("41", 0)
	require.NoError(t, err)
	require.Equal(t, "41", whole.String())
	_, err = N("41", 10)
	require.Error(t, err)
}

func TestExplicitDecimals(t *testing.T) {
	for text, want := range map[string]string{
		"557.21": "557.21", "-143.76": "-143.76", ".5": "0.5", "5472.": "5472", "5472.0": "5472", "0": "0", "-.5": "-0.5",
	} {
		n, err := R(text)
		require.NoError(t, err, text)
		require.True(t, decimal.RequireFromString(want).Equal(n), "%s is %s, not %s", text, n, want)
	}
	for _, bad := range []string{"", ".", "-", "-.", "1.2.3", "1e999999999", "1E5", "+1", "1,5", " 1", "Inf", "1234567890123456.789"} {
		_, err := R(bad)
		var refused *ValueError
		require.ErrorAs(t, err, &refused, bad)
	}
}

// An amount survives both spellings exactly.
func TestAmountsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cents := rapid.Int64Range(-999_999_999_999_999, 999_999_999_999_999).Draw(t, "cents")
		amount := decimal.New(cents, -2)
		implied, err := N2(decimal.NewFromInt(cents).String())
		require.NoError(t, err)
		explicit, err := R(amount.StringFixed(2))
		require.NoError(t, err)
		require.True(t, implied.Equal(amount))
		require.True(t, explicit.Equal(amount))
	})
}

func TestZones(t *testing.T) {
	winter, summer := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC), time.Date(2026, 7, 15, 12, 0, 0, 0, time.UTC)
	hours := func(h float64) int { return int(h * 3600) }
	for code, want := range map[string][2]float64{
		"ET": {-5, -4}, "CT": {-6, -5}, "MT": {-7, -6}, "PT": {-8, -7}, "AT": {-9, -8}, "HT": {-10, -10}, "NT": {-3.5, -2.5}, "TT": {-4, -3},
		"ES": {-5, -5}, "ED": {-4, -4}, "CS": {-6, -6}, "CD": {-5, -5}, "MS": {-7, -7}, "MD": {-6, -6}, "PS": {-8, -8}, "PD": {-7, -7},
		"AS": {-9, -9}, "AD": {-8, -8}, "HS": {-10, -10}, "HD": {-9, -9}, "NS": {-3.5, -3.5}, "ND": {-2.5, -2.5}, "TS": {-4, -4}, "TD": {-3, -3},
		"UT": {0, 0}, "GM": {0, 0}, "01": {1, 1}, "12": {12, 12}, "13": {-12, -12}, "20": {-5, -5}, "24": {-1, -1},
	} {
		zone, ok := Zone(code)
		require.True(t, ok, code)
		require.Equal(t, code, zone.Code)
		location, err := zone.Location()
		require.NoError(t, err, code)
		_, offset := winter.In(location).Zone()
		require.Equal(t, hours(want[0]), offset, "%s in winter", code)
		_, offset = summer.In(location).Zone()
		require.Equal(t, hours(want[1]), offset, "%s in summer", code)
	}
	for _, code := range []string{"", "LT"} {
		zone, ok := Zone(code)
		require.True(t, ok)
		require.True(t, zone.Local)
		_, err := zone.Location()
		require.ErrorContains(t, err, "local to the stop")
	}
	for _, code := range []string{"00", "25", "99", "1", "et", "EST", "XX", "ET "} {
		_, ok := Zone(code)
		require.False(t, ok, code)
	}
}
