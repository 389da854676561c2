package tax

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
)

// Share is the part of a billed line that a credit gives back.
type Share struct {
	Net    money.Money `json:"net"`    // of the line as it was billed
	Tax    money.Money `json:"tax"`    // of this levy on it
	Before money.Money `json:"before"` // net that earlier credits gave back
	Now    money.Money `json:"now"`    // net that this one gives back
}

// Credit is the tax of giving back a part of a billed line: net is what is given
// back now, before what earlier credits gave back, both with the sign of the
// line. The result has the opposite sign. A credit never computes tax anew, it
// mirrors the line's: whatever the parts, when the whole line is given back so
// is its whole tax, and never more (rule 36).
func Credit(line LineTax, before, net money.Money) (LineTax, error) {
	c := line.Net.Currency()
	after, err := before.Add(net)
	if err != nil {
		return LineTax{}, fmt.Errorf("line %s: credit: %w", line.Line, err)
	}
	for _, m := range []money.Money{before, net, after} {
		if m.Currency() != c || !m.IsWholeMinor() || m.Sign()*line.Net.Sign() < 0 || m.Amount().Abs().GreaterThan(line.Net.Amount().Abs()) {
			return LineTax{}, fmt.Errorf("line %s: %s was credited of %s, so %s cannot be: credit what is left, in whole minor units", line.Line, before, line.Net, net)
		}
	}
	out := line
	out.Net, out.Tax, out.Amounts = net.Neg(), money.Zero(c), nil
	for _, a := range line.Amounts {
		share := Share{line.Net, a.Amount, before, net}
		amount, err := share.tax()
		if err != nil {
			return LineTax{}, fmt.Errorf("line %s, %s: %w", line.Line, a.Tax, err)
		}
		a.Net, a.Exact, a.Means, a.Amount, a.Credits = net.Neg(), a.Percent.of(net.Neg()).String(), Credited, amount, &share
		out.Amounts = append(out.Amounts, a)
		if out.Tax, err = out.Tax.Add(amount); err != nil {
			return LineTax{}, err
		}
	}
	return out, nil
}

// tax is what has to be given back after this credit less what was before it,
// negated.
func (s Share) tax() (money.Money, error) {
	after, err := s.Before.Add(s.Now)
	if err != nil {
		return money.Money{}, err
	}
	due, err := s.upTo(after)
	if err != nil {
		return money.Money{}, err
	}
	was, err := s.upTo(s.Before)
	if err != nil {
		return money.Money{}, err
	}
	return was.Sub(due)
}

// upTo is the tax that goes with a part of the net amount: in proportion, to the
// nearest minor unit.
func (s Share) upTo(part money.Money) (money.Money, error) {
	if part.IsZero() {
		return money.Zero(s.Tax.Currency()), nil
	}
	rest, err := s.Net.Sub(part)
	if err != nil {
		return money.Money{}, err
	}
	shares, err := s.Tax.Allocate([]decimal.Decimal{part.Amount().Abs(), rest.Amount().Abs()})
	if err != nil {
		return money.Money{}, err
	}
	return shares[0], nil
}
