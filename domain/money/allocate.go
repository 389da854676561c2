package money

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"
)

// Allocate shares the amount out in proportion to the weights, in whole minor
// units. The shares add up to the amount exactly: what truncation leaves over
// goes, one minor unit each, to the largest remainders, and among equal
// remainders to the earlier weight. A negative amount is shared as the mirror
// image of the positive one, and a weight of zero gets nothing.
//
// It refuses no weights, a negative weight, weights that are all zero (all
// ErrWeights), and an amount that is not whole in minor units (ErrFraction).
func (m Money) Allocate(weights []decimal.Decimal) ([]Money, error) {
	units, err := m.minorUnits()
	if err != nil {
		return nil, fmt.Errorf("allocate: %w", err)
	}
	parts, whole, err := integerWeights(weights)
	if err != nil {
		return nil, fmt.Errorf("allocate %s: %w", m, err)
	}
	sign := units.Sign()
	left := new(big.Int).Abs(units)
	pool := new(big.Int).Set(left)
	shares := make([]*big.Int, len(parts))
	remainders := make([]*big.Int, len(parts))
	for i, part := range parts {
		shares[i], remainders[i] = new(big.Int).QuoRem(part.Mul(part, pool), whole, new(big.Int))
		left.Sub(left, shares[i])
	}
	order := make([]int, len(parts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return remainders[b].Cmp(remainders[a]) })
	// The remainders add up to left × whole and each is less than whole, so
	// left is smaller than the number of weights with a remainder.
	one := big.NewInt(1)
	for _, i := range order[:left.Int64()] {
		shares[i].Add(shares[i], one)
	}
	digits := m.currency.Digits()
	out := make([]Money, len(shares))
	for i, share := range shares {
		if sign < 0 {
			share.Neg(share)
		}
		out[i] = canonical(decimal.NewFromBigInt(share, -digits), m.currency)
	}
	return out, nil
}

// maxWeightExponent keeps a weight's integer form small.
const maxWeightExponent = 1000

// integerWeights brings the weights to one exponent, so that proportions become
// ratios of integers, and returns their sum.
func integerWeights(weights []decimal.Decimal) (parts []*big.Int, whole *big.Int, err error) {
	if len(weights) == 0 {
		return nil, nil, fmt.Errorf("there are none: %w", ErrWeights)
	}
	lowest := int32(0)
	for i, w := range weights {
		switch e := w.Exponent(); {
		case w.IsNegative():
			return nil, nil, fmt.Errorf("weight %d is negative: %w", i+1, ErrWeights)
		case e > maxWeightExponent || e < -maxWeightExponent:
			return nil, nil, fmt.Errorf("weight %d has decimal exponent %d, at most ±%d is taken: %w", i+1, e, maxWeightExponent, ErrWeights)
		default:
			lowest = min(lowest, e)
		}
	}
	parts = make([]*big.Int, len(weights))
	whole = new(big.Int)
	for i, w := range weights {
		parts[i] = w.Shift(-lowest).BigInt()
		whole.Add(whole, parts[i])
	}
	if whole.Sign() == 0 {
		return nil, nil, fmt.Errorf("all are zero: %w", ErrWeights)
	}
	return parts, whole, nil
}
