package tax

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
)

// allot shares a rounded total out to the lines whose exact amounts it is the
// sum of, in whole minor units that sum to it. Each line gets its exact amount
// cut off toward nought; what is then missing or too much goes, a minor unit
// each, to the lines that lost most or least by the cut, among equals to the
// earlier. So every line is less than a minor unit off, also where charges and
// discounts stand on one bill. Turning all signs turns all shares.
//
// Where the step of the rounding is above the minor unit there may be more to
// share than lines to take it: see spread.
func allot(total money.Money, exact []decimal.Decimal) ([]money.Money, error) {
	digits := total.Currency().Digits()
	units := make([]decimal.Decimal, len(exact)) // shares in minor units
	rests := make([]decimal.Decimal, len(exact)) // what the cut took
	missing := total.Amount().Shift(digits)
	for i, e := range exact {
		e = e.Shift(digits)
		units[i] = e.Truncate(0)
		rests[i] = e.Sub(units[i])
		missing = missing.Sub(units[i])
	}
	sign := decimal.New(int64(missing.Sign()), 0)
	var takers []int
	for i, rest := range rests {
		if rest.Sign() == missing.Sign() {
			takers = append(takers, i)
		}
	}
	n := missing.Abs()
	if n.GreaterThan(decimal.New(int64(len(takers)), 0)) {
		return spread(total, exact)
	}
	slices.SortStableFunc(takers, func(a, b int) int {
		return cmp.Or(rests[b].Abs().Cmp(rests[a].Abs()), cmp.Compare(a, b))
	})
	for _, i := range takers[:n.IntPart()] {
		units[i] = units[i].Add(sign)
	}
	out := make([]money.Money, len(units))
	for i, u := range units {
		var err error
		if out[i], err = money.New(u.Shift(-digits), total.Currency()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// spread shares a total out in proportion to the exact amounts. Where these have
// both signs only what the rounding changed is in proportion, and each keeps the
// rest of its own: two large amounts that nearly cancel must not be blown up.
func spread(total money.Money, exact []decimal.Decimal) ([]money.Money, error) {
	weights := make([]decimal.Decimal, len(exact))
	charges, credits := false, false
	for i, e := range exact {
		weights[i] = e.Abs()
		charges, credits = charges || e.Sign() > 0, credits || e.Sign() < 0
	}
	if !charges || !credits {
		return total.Allocate(weights)
	}
	shares := make([]money.Money, len(exact))
	change := total
	for i, e := range exact {
		var err error
		if shares[i], err = money.New(e.Truncate(total.Currency().Digits()), total.Currency()); err != nil {
			return nil, err
		}
		if change, err = change.Sub(shares[i]); err != nil {
			return nil, err
		}
	}
	changes, err := change.Allocate(weights)
	for i := range changes {
		if shares[i], err = shares[i].Add(changes[i]); err != nil {
			return nil, err
		}
	}
	return shares, err
}
