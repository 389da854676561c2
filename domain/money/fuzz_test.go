package money

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// FuzzParseDecimal holds the hand-written check against the grammar stated as a
// regular expression, and its value against the library's.
func FuzzParseDecimal(f *testing.F) {
	for _, seed := range []string{
		"0", "-0", "-0.00", "1.50", "007", "999999999999999.999999", "1234567890123456", "1.1234567",
		"", "-", ".", "1.", ".5", "+1", " 1", "1\n", "1e999999999", "\u22121", "１", "1.-5", "1\xff",
	} {
		f.Add(seed)
	}
	grammar := regexp.MustCompile(`\A-?[0-9]{1,15}(\.[0-9]{1,6})?\z`)
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDecimal(s)
		require.Equal(t, grammar.MatchString(s), err == nil, "%q", s)
		if err != nil {
			require.ErrorIs(t, err, ErrAmount)
			require.Less(t, len(err.Error()), 400)
			return
		}
		require.True(t, d.Equal(decimal.RequireFromString(s)), "%q", s)
		m, err := New(d, "USD")
		require.NoError(t, err)
		again, err := Parse(m.Format(), "USD")
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}

// FuzzMoneyJSON checks that whatever is read is valid JSON of exactly two
// strings and has one canonical form, which reads back to itself.
func FuzzMoneyJSON(f *testing.F) {
	for _, seed := range []string{
		`null`, ` null `, `{"amount":"12.50","currency":"USD"}`, `{"currency":"JPY","amount":"-7"}`,
		`{"amount":"1","currency":"USD","amount":"2"}`, `{"amount":1,"currency":"USD"}`, `{}`, `[]`, `"`, `{"amount":"1","currency":"USD"}{`,
		"{\t\"amount\" : \"0.000001\",\n\"currency\":\"KWD\"}", `{"amount":"\u0031","currency":"USD"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m Money
		if err := m.UnmarshalJSON(raw); err != nil {
			require.Equal(t, Money{}, m)
			require.Less(t, len(err.Error()), 500)
			return
		}
		require.True(t, json.Valid(raw), "%q", raw)
		canonical, err := m.MarshalJSON()
		require.NoError(t, err)
		if !m.IsSet() {
			require.Equal(t, "null", string(canonical))
			return
		}
		var fields map[string]string
		require.NoError(t, json.Unmarshal(raw, &fields))
		require.Len(t, fields, 2)
		want, err := Parse(fields["amount"], Currency(fields["currency"]))
		require.NoError(t, err)
		require.Equal(t, want, m)

		var back Money
		require.NoError(t, back.UnmarshalJSON(canonical))
		require.Equal(t, m, back)
	})
}
