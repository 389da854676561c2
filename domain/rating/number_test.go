package rating

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/freightledger/freightledger/domain/money"
)

// anyNumber draws numbers of every size: short decimals, those at the edge of
// 64 bits, and fractions.
func anyNumber(t *rapid.T, label string) number {
	switch rapid.IntRange(0, 3).Draw(t, label+" size") {
	case 0:
		return narrow(rapid.Int64Range(-1_000_000, 1_000_000).Draw(t, label), rapid.IntRange(0, 6).Draw(t, label+" places"))
	case 1:
		return narrow(rapid.Int64().Draw(t, label), rapid.IntRange(-3, 25).Draw(t, label+" places"))
	case 2:
		edge := rapid.SampledFrom([]int64{math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1, math.MaxInt64 / 10, 0, 1, -1}).Draw(t, label)
		return narrow(edge, rapid.IntRange(0, 19).Draw(t, label+" places"))
	}
	return ofRat(big.NewRat(rapid.Int64().Draw(t, label), rapid.Int64Range(1, math.MaxInt64).Draw(t, label+" below")))
}

func TestPropertyNumbersComputeAsFractionsDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyNumber(t, "a"), anyNumber(t, "b")
		x, y := a.rat(), b.rat()
		same := func(what string, want *big.Rat, got number) {
			if want.Cmp(got.rat()) != 0 {
				t.Fatalf("%s %s %s is %s, not %s", a, what, b, want, got)
			}
			// A value has one form, and its text gives it back.
			if one := ofRat(want); one.coef != got.coef || one.places != got.places || (one.wide == nil) != (got.wide == nil) {
				t.Fatalf("%s %s %s has two forms: %#v and %#v", a, what, b, one, got)
			}
			if len(got.String()) <= maxText && got.bounded() == nil {
				back, err := parseNumber(got.String())
				if err != nil || back.cmp(got) != 0 {
					t.Fatalf("%s reads as %s, %v", got, back, err)
				}
			}
		}
		same("itself", x, a)
		same("+", new(big.Rat).Add(x, y), a.plus(b))
		same("-", new(big.Rat).Sub(x, y), a.minus(b))
		same("*", new(big.Rat).Mul(x, y), a.times(b))
		same("neg", new(big.Rat).Neg(x), a.neg())
		same("per cent", new(big.Rat).Mul(x, big.NewRat(1, 100)), a.hundredth())
		if b.sign() != 0 {
			same("/", new(big.Rat).Quo(x, y), a.over(b))
		}
		if a.cmp(b) != x.Cmp(y) || a.sign() != x.Sign() {
			t.Fatalf("%s and %s do not compare as fractions", a, b)
		}
	})
}

func TestPropertyRoundingGivesTheMultipleThatItsModeNames(t *testing.T) {
	modes := []money.Rounding{money.HalfUp, money.HalfEven, money.Down, money.Up, money.Floor, money.Ceiling}
	rapid.Check(t, func(t *rapid.T) {
		v, mode := anyNumber(t, "value"), rapid.SampledFrom(modes).Draw(t, "mode")
		step := MustDecimal(rapid.SampledFrom([]string{"0.01", "1", "15", "0.005", "0.05", "0.0001", "1000000", "999999999999999.999999"}).Draw(t, "step")).number()
		got := v.round(mode, step)
		units := new(big.Rat).Quo(got.rat(), step.rat())
		if !units.IsInt() {
			t.Fatalf("%s to %s is %s, no multiple", v, step, got)
		}
		// off is how far it went, in steps: below one, and to the side of the mode.
		off := new(big.Rat).Quo(new(big.Rat).Sub(got.rat(), v.rat()), step.rat())
		far := new(big.Rat).Abs(off)
		half := far.Cmp(big.NewRat(1, 2))
		away := off.Sign()*v.sign() > 0
		ok := far.Cmp(big.NewRat(1, 1)) < 0
		switch {
		case off.Sign() == 0:
		case mode == money.Down:
			ok = ok && !away
		case mode == money.Up:
			ok = ok && away
		case mode == money.Floor:
			ok = ok && off.Sign() < 0
		case mode == money.Ceiling:
			ok = ok && off.Sign() > 0
		case mode == money.HalfUp:
			ok = half < 0 || half == 0 && away
		case mode == money.HalfEven:
			ok = half < 0 || half == 0 && units.Num().Bit(0) == 0
		}
		if !ok {
			t.Fatalf("%s %s to %s is %s", v, mode, step, got)
		}
	})
}

func TestEveryModeRoundsTiesAsItsNameSays(t *testing.T) {
	for mode, want := range map[money.Rounding][]string{
		money.HalfUp:   {"0.01", "0.02", "0.03", "-0.01", "-0.02", "0.01", "-0.01"},
		money.HalfEven: {"0", "0.02", "0.02", "0", "-0.02", "0", "0"},
		money.Down:     {"0", "0.01", "0.02", "0", "-0.01", "0", "0"},
		money.Up:       {"0.01", "0.02", "0.03", "-0.01", "-0.02", "0.01", "-0.01"},
		money.Floor:    {"0", "0.01", "0.02", "-0.01", "-0.02", "0", "-0.01"},
		money.Ceiling:  {"0.01", "0.02", "0.03", "0", "-0.01", "0.01", "0"},
	} {
		var got, gotWide []string
		for _, text := range []string{"0.005", "0.015", "0.025", "-0.005", "-0.015", "0.005", "-0.005"} {
			v, step := MustDecimal(text).number(), MustDecimal("0.01").number()
			got = append(got, v.round(mode, step).String())
			gotWide = append(gotWide, number{wide: v.rat()}.round(mode, step).String())
		}
		require.Equal(t, want, got, mode)
		require.Equal(t, want, gotWide, "%s, as fractions", mode)
	}
}

func TestOnlyTheOneTextOfANumberIsRead(t *testing.T) {
	for _, s := range []string{"0", "-1", "13.4", "0.00001", "-0.5", "1000/3", "-1/7", "123456789012345678901234567890", "0.1234567890123456789012345678901234567891", "99999999999999999999/7"} {
		n, err := parseNumber(s)
		require.NoError(t, err, s)
		require.Equal(t, s, n.String())
	}
	for _, s := range []string{
		"", "-", ".", "/", "-0", "+1", "01", "1.", "1.0", "13.40", ".5", "00", "1e5", "1E5", "0x10", "0b1", "1_000", " 1", "1 ", "NaN", "Inf",
		"2/4", "1/1", "1/-3", "1/0", "010/3", "1/2", "1//3", "1/3/5", "--1", "1.2.3", "1.5/3", "1/" + strings.Repeat("9", 320), strings.Repeat("9", 401), "٣",
	} {
		_, err := parseNumber(s)
		require.Error(t, err, s)
	}
}
