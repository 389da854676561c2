package money

import (
	"encoding/json"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// decimals draws numbers of the edge grammar, in every length and sign.
func decimals() *rapid.Generator[string] {
	return rapid.StringMatching(`-?[0-9]{1,15}(\.[0-9]{1,6})?`)
}

// codes favours the currencies with unusual minor units.
func codes() *rapid.Generator[Currency] {
	return rapid.OneOf(rapid.SampledFrom([]Currency{"USD", "JPY", "KWD", "CLF"}), rapid.SampledFrom(Currencies()))
}

func amounts(c Currency) *rapid.Generator[Money] {
	return rapid.Map(decimals(), func(s string) Money { return MustParse(s, string(c)) })
}

// halves draws amounts whose sums stay within bounds.
func halves(c Currency) *rapid.Generator[Money] {
	return rapid.Map(rapid.StringMatching(`-?[0-4][0-9]{0,14}(\.[0-9]{1,6})?`), func(s string) Money { return MustParse(s, string(c)) })
}

func TestPropertyParseReadsWhatFormatWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := codes().Draw(t, "currency")
		text := decimals().Draw(t, "amount")
		m, err := Parse(text, c)
		require.NoError(t, err)
		require.True(t, m.Amount().Equal(decimal.RequireFromString(text)))
		again, err := Parse(m.Format(), c)
		require.NoError(t, err)
		require.Equal(t, m, again)
		require.Equal(t, m.Format(), again.Format())
		require.Equal(t, m.String(), m.Format()+" "+string(c))
		require.NoError(t, m.Check())
	})
}

func TestPropertyJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := amounts(codes().Draw(t, "currency")).Draw(t, "amount")
		raw, err := json.Marshal(m)
		require.NoError(t, err)
		require.LessOrEqual(t, len(raw), 64)
		var back Money
		require.NoError(t, json.Unmarshal(raw, &back))
		require.Equal(t, m, back)
		// A decoder that knows nothing of Money sees the same two strings.
		var plain map[string]string
		require.NoError(t, json.Unmarshal(raw, &plain))
		require.Equal(t, map[string]string{"amount": m.Format(), "currency": string(m.Currency())}, plain)
	})
}

func TestPropertySubUndoesAdd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := codes().Draw(t, "currency")
		a, b := halves(c).Draw(t, "a"), halves(c).Draw(t, "b")
		sum, err := a.Add(b)
		require.NoError(t, err)
		swapped, err := b.Add(a)
		require.NoError(t, err)
		require.Equal(t, sum, swapped)
		back, err := sum.Sub(b)
		require.NoError(t, err)
		require.Equal(t, a, back)
		viaNeg, err := sum.Add(b.Neg())
		require.NoError(t, err)
		require.Equal(t, back, viaNeg)
		total, err := Sum(c, a, b)
		require.NoError(t, err)
		require.Equal(t, sum, total)
		require.Equal(t, a, a.Neg().Neg())
	})
}

func TestPropertyRule28AllocationPreservesTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := codes().Draw(t, "currency")
		whole := amounts(c).Draw(t, "amount").Round(Down)
		ws := rapid.SliceOfN(rapid.Map(rapid.StringMatching(`(0|[0-9]{1,9}(\.[0-9]{1,6})?)`), decimal.RequireFromString), 1, 40).Draw(t, "weights")
		sumOfWeights := decimal.Sum(decimal.Zero, ws...)
		shares, err := whole.Allocate(ws)
		if sumOfWeights.IsZero() {
			require.ErrorIs(t, err, ErrWeights)
			return
		}
		require.NoError(t, err)
		require.Len(t, shares, len(ws))
		total, err := Sum(c, shares...)
		require.NoError(t, err)
		require.Equal(t, whole, total)

		minor := decimal.New(1, -c.Digits())
		for i, share := range shares {
			require.True(t, share.IsWholeMinor())
			require.GreaterOrEqual(t, share.Sign()*whole.Sign(), 0, "share %d has the other sign", i)
			if ws[i].IsZero() {
				require.True(t, share.IsZero())
			}
			// |share × Σweights − whole × weight| < one minor unit × Σweights
			off := share.Amount().Mul(sumOfWeights).Sub(whole.Amount().Mul(ws[i])).Abs()
			require.True(t, off.LessThan(minor.Mul(sumOfWeights)), "share %d is a minor unit or more off", i)
			// Equal weights: the earlier never gets less.
			for j := range i {
				if ws[j].Equal(ws[i]) {
					require.False(t, shares[j].Amount().Abs().LessThan(share.Amount().Abs()))
				}
			}
		}
		mirrored, err := whole.Neg().Allocate(ws)
		require.NoError(t, err)
		for i := range shares {
			require.Equal(t, shares[i].Neg(), mirrored[i])
		}
	})
}

func TestPropertyRoundingStaysWithinOneMinorUnit(t *testing.T) {
	modes := []Rounding{HalfUp, HalfEven, Down, Up, Floor, Ceiling}
	rapid.Check(t, func(t *rapid.T) {
		c := codes().Draw(t, "currency")
		m := amounts(c).Draw(t, "amount")
		mode := rapid.SampledFrom(modes).Draw(t, "mode")
		rounded := m.Round(mode)
		require.True(t, rounded.IsWholeMinor())
		require.Equal(t, rounded, rounded.Round(mode), "rounding twice changes nothing")
		require.Equal(t, rounded, m.Mul(decimal.NewFromInt(1), mode))

		minor := decimal.New(1, -c.Digits())
		move := rounded.Amount().Sub(m.Amount())
		require.True(t, move.Abs().LessThan(minor))
		switch mode {
		case HalfUp, HalfEven:
			require.False(t, move.Abs().Mul(decimal.NewFromInt(2)).GreaterThan(minor))
		case Down:
			require.LessOrEqual(t, move.Sign()*m.Sign(), 0)
		case Up:
			require.GreaterOrEqual(t, move.Sign()*m.Sign(), 0)
		case Floor:
			require.False(t, move.IsPositive())
		case Ceiling:
			require.False(t, move.IsNegative())
		}
		if m.IsWholeMinor() {
			require.Equal(t, m, rounded)
		}
	})
}
