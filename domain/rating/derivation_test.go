package rating

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/freightledger/freightledger/domain/money"
)

// anySheet draws a sheet that ends in whole cents.
func anySheet(t *rapid.T) *sheet {
	s := newSheet("drawn")
	pick := func() ref { return ref(rapid.IntRange(0, len(s.steps)-1).Draw(t, "argument")) }
	text := rapid.StringMatching(`-?[0-9]{1,6}(\.[0-9]{1,6})?`)
	s.given("first", "drawn", MustDecimal(text.Draw(t, "first")))
	for range rapid.IntRange(1, 20).Draw(t, "steps") {
		before := len(s.steps)
		switch op := rapid.SampledFrom([]Op{Given, Add, Sub, Mul, Div, Percent, Min, Max, Neg, Rounded}).Draw(t, "op"); op {
		case Given:
			s.given("given", "drawn", MustDecimal(text.Draw(t, "given")))
		case Sub, Div, Percent:
			s.do("two", op, pick(), pick())
		case Neg:
			s.do("one", op, pick())
		case Rounded:
			s.round("rounded", pick(), Round{money.HalfEven, MustDecimal("0.25")})
		default:
			s.do("many", op, pick(), pick(), pick())
		}
		if s.err != nil { // divided by nought, or grown too long
			s.err = nil
			s.keep(ref(before - 1))
		}
	}
	s.round("amount", ref(len(s.steps)-1), Round{money.HalfUp, MustDecimal("0.01")})
	return s
}

func TestPropertySheetsVerifyAndNoChangedValueDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Given a sheet whose amount is one
		amount, d, err := anySheet(t).end("USD")
		if err != nil {
			t.Skip("an amount beyond bounds")
		}

		// Then it verifies, as stored too
		raw, err := json.Marshal(d)
		require.NoError(t, err)
		var kept Derivation
		require.NoError(t, json.Unmarshal(raw, &kept))
		again, err := kept.Verify("USD")
		require.NoError(t, err)
		require.True(t, again.Equal(amount))
		require.NotEmpty(t, d.Text())

		// When one value is another
		i := rapid.IntRange(0, len(d.Steps)-1).Draw(t, "changed")
		old, err := parseNumber(d.Steps[i].Value)
		require.NoError(t, err)
		kept.Steps[i].Value = old.plus(narrow(rapid.Int64Range(1, 1_000).Draw(t, "by"), rapid.IntRange(0, 9).Draw(t, "places"))).String()
		again, err = kept.Verify("USD")

		// Then a computed one is found, and so is a given one on which anything
		// hangs: whether it is what was read is for Result.Verify
		if d.Steps[i].Op != Given {
			require.Error(t, err)
		} else if err == nil {
			require.True(t, again.Equal(amount))
		}
	})
}

func TestASheetThatCannotBeComputedIsAnErrorAndNoPanic(t *testing.T) {
	one, nought := MustDecimal("1"), MustDecimal("0")
	for name, test := range map[string]struct {
		write func(s *sheet)
		want  string
	}{
		"division by nought": {func(s *sheet) {
			s.round("amount", s.do("rate", Div, s.given("a", "x", one), s.given("b", "x", nought)), Round{money.HalfUp, one})
		}, "lane X: rate: division by nought"},
		"no steps":         {func(*sheet) {}, "lane X: a sheet has 1 to 200 steps, this one 0"},
		"a later argument": {func(s *sheet) { s.do("sum", Add, 3) }, "lane X: sum: argument 3 is no earlier step"},
		"a step of nought": {func(s *sheet) { s.round("amount", s.given("a", "x", one), Round{money.HalfUp, nought}) }, `lane X: amount: rounding "half-up" to "0": name a mode and a step above nought`},
		"no whole cents":   {func(s *sheet) { s.given("a", "x", MustDecimal("0.005")) }, "lane X: 0.005 USD is not in whole minor units"},
		"a third": {func(s *sheet) { s.do("a third", Div, s.given("a", "x", one), s.given("b", "x", MustDecimal("3"))) },
			"lane X: 1/3 USD is not in whole minor units"},
		"beyond any amount": {func(s *sheet) {
			most := s.given("a", "x", MustDecimal("999999999999999"))
			s.do("product", Mul, most, most)
		}, "lane X: 30 whole digits, at most 15 are kept: amount out of range"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSheet("lane X")
			test.write(s)
			_, _, err := s.end("USD")
			require.EqualError(t, err, test.want)
		})
	}
}

func TestHostileSheetsAreRefused(t *testing.T) {
	given := func(value string) Step { return Step{Label: "given", Op: Given, From: "x", Value: value} }
	half := &Round{money.HalfUp, MustDecimal("0.01")}
	for name, steps := range map[string][]Step{
		"none":                     {},
		"too many":                 slices.Repeat([]Step{given("1")}, maxSteps+1),
		"too many arguments":       {given("1"), {Op: Add, Args: make([]int, maxSteps+1), Value: "201"}},
		"of itself":                {{Op: Add, Args: []int{0}, Value: "0"}},
		"of a later one":           {{Op: Add, Args: []int{1}, Value: "1"}, given("1")},
		"of one before all":        {given("1"), {Op: Add, Args: []int{-1}, Value: "1"}},
		"no arguments":             {{Op: Add, Value: "0"}},
		"one argument of two":      {given("1"), {Op: Sub, Args: []int{0}, Value: "1"}},
		"two arguments of one":     {given("1"), {Op: Neg, Args: []int{0, 0}, Value: "-1"}},
		"by nought":                {given("0"), {Op: Div, Args: []int{0, 0}, Value: "1"}},
		"unknown":                  {given("1"), {Op: "pow", Args: []int{0, 0}, Value: "1"}},
		"given of another":         {given("1"), {Op: Given, From: "x", Args: []int{0}, Value: "1"}},
		"given by nobody":          {{Op: Given, Value: "1"}},
		"computed, from somewhere": {given("1"), {Op: Add, From: "x", Args: []int{0}, Value: "1"}},
		"rounded anyhow":           {given("1"), {Op: Rounded, Args: []int{0}, Value: "1"}},
		"rounded where none is":    {given("1"), {Op: Add, Args: []int{0}, Round: half, Value: "1"}},
		"rounded in no mode":       {given("1"), {Op: Rounded, Args: []int{0}, Round: &Round{"nearest", half.Step}, Value: "1"}},
		"rounded to nothing":       {given("1"), {Op: Rounded, Args: []int{0}, Round: &Round{Mode: money.Up}, Value: "1"}},
		"rounded to less":          {given("1"), {Op: Rounded, Args: []int{0}, Round: &Round{money.Up, MustDecimal("-1")}, Value: "1"}},
		"written in two ways":      {given("1.0")},
		"not in whole cents":       {given("1.005")},
		"a long number":            {given(strings.Repeat("9", maxText))},
		"a power tower":            {given(strings.Repeat("9", 200)), {Op: Mul, Args: make([]int, maxSteps), Value: "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Derivation{strings.Repeat("clause", 10_000), steps}.Verify("USD")
			require.Error(t, err)
			require.Less(t, len(err.Error()), 1_000)
		})
	}
	_, err := Derivation{"x", []Step{given("1")}}.Verify("XXX")
	require.ErrorIs(t, err, money.ErrCurrency)
}

// Whatever a sheet from outside holds, it is verified or refused, and what is
// verified is an amount that every step gives again.
func FuzzDerivationVerify(f *testing.F) {
	for _, e := range ratingExamples() {
		r, err := e.agreement.Rate(e.facts)
		require.NoError(f, err)
		for _, c := range r.Charges {
			raw, err := json.Marshal(c.Derivation)
			require.NoError(f, err)
			f.Add(raw)
		}
	}
	for _, value := range []string{"1e999999999", "1/3", "0x1p99999", strings.Repeat("9", 500), "1/" + strings.Repeat("3", 300)} {
		f.Add(fmt.Appendf(nil, `{"clause":"x","steps":[{"label":"a","op":"given","from":"x","value":%q},{"label":"b","op":"mul","args":[0,0,0],"value":%q}]}`, value, value))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var d Derivation
		if len(raw) > 1<<20 || json.Unmarshal(raw, &d) != nil {
			return
		}
		_ = d.Text()
		amount, err := d.Verify("USD")
		if err != nil {
			return
		}
		if !amount.IsWholeMinor() || amount.Check() != nil {
			t.Fatalf("%s is verified", amount)
		}
		last, err := parseNumber(d.Steps[len(d.Steps)-1].Value)
		if err != nil || numberOf(amount).cmp(last) != 0 {
			t.Fatalf("%s is verified, the last step has %s", amount, d.Steps[len(d.Steps)-1].Value)
		}
	})
}
