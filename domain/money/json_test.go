package money

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestJSONIsCanonical(t *testing.T) {
	for text, want := range map[string]string{
		"12.5 USD":                   `{"amount":"12.50","currency":"USD"}`,
		"-0 USD":                     `{"amount":"0.00","currency":"USD"}`,
		"0.000123 USD":               `{"amount":"0.000123","currency":"USD"}`,
		"-1000 JPY":                  `{"amount":"-1000","currency":"JPY"}`,
		"999999999999999.999999 USD": `{"amount":"999999999999999.999999","currency":"USD"}`,
	} {
		m := parseText(t, text)
		got, err := json.Marshal(m)
		require.NoError(t, err)
		require.Equal(t, want, string(got))

		var back Money
		require.NoError(t, json.Unmarshal(got, &back))
		require.Equal(t, m, back)
	}
}

func TestJSONOfTheZeroMoneyIsNull(t *testing.T) {
	got, err := json.Marshal(Money{})
	require.NoError(t, err)
	require.Equal(t, "null", string(got))

	m := MustParse("1.00", "USD")
	require.NoError(t, json.Unmarshal([]byte(" null\n"), &m))
	require.Equal(t, Money{}, m)

	m = MustParse("1.00", "USD")
	require.NoError(t, m.UnmarshalJSON([]byte(" null\n")))
	require.Equal(t, Money{}, m)
}

func TestJSONFieldsOfARecord(t *testing.T) {
	type record struct {
		Net   Money
		Tax   Money  `json:",omitzero"`
		Limit *Money `json:",omitempty"`
	}
	zero := Zero("USD")

	// Given amounts of 0.00, When they are written, Then the plain field keeps
	// its amount and the omitzero field, as IsZero documents, loses it.
	got, err := json.Marshal(record{Net: zero, Tax: zero, Limit: &zero})
	require.NoError(t, err)
	require.Equal(t, `{"Net":{"amount":"0.00","currency":"USD"},"Limit":{"amount":"0.00","currency":"USD"}}`, string(got))

	// Given no amounts, Then the plain field says so.
	got, err = json.Marshal(record{})
	require.NoError(t, err)
	require.Equal(t, `{"Net":null}`, string(got))

	// And a record without the field reads back as no amount.
	var back record
	require.NoError(t, json.Unmarshal([]byte(`{"Limit":{"amount":"5","currency":"USD"}}`), &back))
	require.False(t, back.Net.IsSet())
	require.Equal(t, MustParse("5", "USD"), *back.Limit)

	got, err = json.Marshal(record{Tax: MustParse("0.01", "USD")})
	require.NoError(t, err)
	require.Equal(t, `{"Net":null,"Tax":{"amount":"0.01","currency":"USD"}}`, string(got))
}

func TestUnmarshalAcceptsSpaceAndEitherOrder(t *testing.T) {
	for _, text := range []string{
		`{"amount":"12.5","currency":"USD"}`,
		`{"currency":"USD","amount":"12.50"}`,
		" {\n\t\"amount\" : \"12.500000\" ,\r\n \"currency\":\"USD\" } ",
		`{"amount":"12.5","currency":"USD"}` + strings.Repeat(" ", maxJSON-34),
	} {
		var m Money
		require.NoError(t, m.UnmarshalJSON([]byte(text)), text)
		require.Equal(t, MustParse("12.50", "USD"), m, text)
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"nothing":             {``, ErrAmount},
		"space":               {`  `, ErrAmount},
		"number":              {`12.50`, ErrAmount},
		"string":              {`"12.50 USD"`, ErrAmount},
		"array":               {`["12.50","USD"]`, ErrAmount},
		"empty object":        {`{}`, ErrAmount},
		"amount only":         {`{"amount":"12.50"}`, ErrAmount},
		"currency only":       {`{"currency":"USD"}`, ErrAmount},
		"amount as number":    {`{"amount":12.50,"currency":"USD"}`, ErrAmount},
		"amount null":         {`{"amount":null,"currency":"USD"}`, ErrAmount},
		"currency null":       {`{"amount":"12.50","currency":null}`, ErrAmount},
		"amount twice":        {`{"amount":"1","currency":"USD","amount":"2"}`, ErrAmount},
		"currency twice":      {`{"amount":"1","currency":"USD","currency":"USD"}`, ErrAmount},
		"unknown key":         {`{"amount":"1","currency":"USD","scale":"2"}`, ErrAmount},
		"key in another case": {`{"Amount":"1","currency":"USD"}`, ErrAmount},
		"escaped amount":      {`{"amount":"\u0031","currency":"USD"}`, ErrAmount},
		"escaped key":         {`{"\u0061mount":"1","currency":"USD"}`, ErrAmount},
		"trailing comma":      {`{"amount":"1","currency":"USD",}`, ErrAmount},
		"leading comma":       {`{,"amount":"1","currency":"USD"}`, ErrAmount},
		"no colon":            {`{"amount" "1","currency":"USD"}`, ErrAmount},
		"cut short":           {`{"amount":"1","currency":"USD`, ErrAmount},
		"cut shorter":         {`{"amount":"1","currency":"USD"`, ErrAmount},
		"after the end":       {`{"amount":"1","currency":"USD"}{`, ErrAmount},
		"null and more":       {`null null`, ErrAmount},
		"NULL":                {`NULL`, ErrAmount},
		"no opening brace":    {`"amount":"1","currency":"USD"}`, ErrAmount},
		"no opening quote":    {`{amount":"1","currency":"USD"}`, ErrAmount},
		"no value":            {`{"amount":"1","currency":}`, ErrAmount},
		"line feed in text":   {"{\"amount\":\"1\n\",\"currency\":\"USD\"}", ErrAmount},
		"not ASCII":           {`{"amount":"１","currency":"USD"}`, ErrAmount},
		"grammar":             {`{"amount":"1e5","currency":"USD"}`, ErrAmount},
		"space in amount":     {`{"amount":" 1","currency":"USD"}`, ErrAmount},
		"escaped currency":    {`{"amount":"1","currency":"US\u0044"}`, ErrAmount},
		"tab in currency":     {"{\"amount\":\"1\",\"currency\":\"US\tD\"}", ErrAmount},
		"currency not ASCII":  {`{"amount":"1","currency":"UЅD"}`, ErrAmount},
		"delete in currency":  {"{\"amount\":\"1\",\"currency\":\"USD\x7f\"}", ErrAmount},
		"space in currency":   {`{"amount":"1","currency":"USD "}`, ErrCurrency}, // plain text, but no code
		"tilde in currency":   {`{"amount":"1","currency":"USD~"}`, ErrCurrency},
		"empty strings":       {`{"amount":"","currency":""}`, ErrCurrency},
		"unknown currency":    {`{"amount":"1","currency":"usd"}`, ErrCurrency},
		"too long":            {`{"amount":"1","currency":"USD"}` + strings.Repeat(" ", maxJSON), ErrAmount},
		"long null":           {strings.Repeat(" ", maxJSON) + `null`, ErrAmount},
	} {
		t.Run(name, func(t *testing.T) {
			before := MustParse("7.00", "USD")
			m := before
			require.ErrorIs(t, m.UnmarshalJSON([]byte(test.text)), test.want)
			require.Equal(t, before, m, "a refused text leaves the amount alone")
		})
	}
}
