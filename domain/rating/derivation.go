package rating

import (
	"errors"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
)

// Derivation is how an amount came about: what an auditor needs to compute it
// again by hand, and [Derivation.Verify] by machine.
type Derivation struct {
	// Clause is the place in the agreement: "lane TX-CA", "accessorial DET".
	Clause string `json:"clause"`
	Steps  []Step `json:"steps"`
}

// Step is one line of a sheet. The last one's value is the amount.
type Step struct {
	Label string `json:"label"` // what the value is: "weight in lb", "rate per cwt"
	Op    Op     `json:"op"`
	// Args are the numbers of earlier steps, from 0.
	Args []int `json:"args,omitempty"`
	// From is where a given value was read: "fact stops/2/arrived", "lane
	// TX-CA/linehaul/breaks/3/rate", "index EIA-DIESEL-US of 2026-03-02",
	// "charge linehaul", "definition 1 mi = 1.609344 km".
	From string `json:"from,omitempty"`
	// Round is how a round step rounds.
	Round *Round `json:"round,omitempty"`
	// Value is the exact result: a decimal, or a fraction in lowest terms,
	// "1000/3", where no decimal is exact. Nothing but a round step rounds.
	Value string `json:"value"`
}

// Op says how a step's value follows from its arguments. The names are
// permanent: they are stored in history.
type Op string

// Operations.
const (
	Given   Op = "given"   // no arguments: read from From
	Add     Op = "add"     // the sum of all
	Sub     Op = "sub"     // the first less the second
	Mul     Op = "mul"     // the product of all
	Div     Op = "div"     // the first by the second, exactly
	Percent Op = "percent" // the second, as per cent, of the first
	Min     Op = "min"     // the smallest
	Max     Op = "max"     // the greatest
	Neg     Op = "neg"     // the first with its sign changed
	Rounded Op = "round"   // the first, rounded by Round
)

// Round is a rounding: its mode, and the step to whose multiples it rounds.
type Round struct {
	Mode money.Rounding `json:"mode"`
	Step Decimal        `json:"step"` // "0.01"; for units of time "15", "1"
}

// maxSteps bounds a sheet that comes from outside, and the arguments of a step.
const maxSteps = 200

// Verify computes every step but the given ones again and tells the first that
// does not hold, in bounded time whatever the sheet holds. Its result is the
// amount in the currency. That the given values are those of the facts and of
// the agreement is for [Result.Verify] to tell.
func (d Derivation) Verify(c money.Currency) (money.Money, error) {
	if len(d.Steps) == 0 || len(d.Steps) > maxSteps {
		return money.Money{}, fmt.Errorf("%.80s: a sheet has 1 to %d steps, this one %d", d.Clause, maxSteps, len(d.Steps))
	}
	values := make([]number, len(d.Steps))
	for i, step := range d.Steps {
		v, err := step.again(values[:i])
		if err != nil {
			return money.Money{}, fmt.Errorf("%.80s: step %d, %.80s: %w", d.Clause, i, step.Label, err)
		}
		values[i] = v
	}
	amount, err := amountOf(values[len(values)-1], c)
	if err != nil {
		return money.Money{}, fmt.Errorf("%.80s: %w", d.Clause, err)
	}
	return amount, nil
}

// again computes the step from the values of those before it and compares it
// with what it states.
func (s Step) again(before []number) (number, error) {
	if err := s.wellFormed(len(before)); err != nil {
		return number{}, err
	}
	stated, err := parseNumber(s.Value)
	if err != nil || s.Op == Given {
		return stated, err
	}
	v, err := s.compute(before)
	if err == nil && v.cmp(stated) != 0 {
		err = fmt.Errorf("%s is stated, it is %s", s.Value, v)
	}
	return v, err
}

// wellFormed checks all of a step but its value. before is the number of steps
// that it may use.
func (s Step) wellFormed(before int) error {
	least, most := 1, 1
	switch s.Op {
	case Given:
		least, most = 0, 0
	case Sub, Div, Percent:
		least, most = 2, 2
	case Add, Mul, Min, Max:
		most = maxSteps
	case Neg, Rounded:
	default:
		return fmt.Errorf("operation %.40q is not known", string(s.Op))
	}
	if len(s.Args) < least || len(s.Args) > most {
		return fmt.Errorf("%s with %d arguments", s.Op, len(s.Args))
	}
	for _, a := range s.Args {
		if a < 0 || a >= before {
			return fmt.Errorf("argument %d is no earlier step", a)
		}
	}
	switch {
	case (s.Op == Given) != (s.From != ""):
		return errors.New("a given value, and no other, says where it was read")
	case (s.Op == Rounded) != (s.Round != nil):
		return errors.New("a round step, and no other, says how it rounds")
	case s.Round != nil && (!s.Round.Mode.Known() || s.Round.Step.Sign() <= 0):
		return fmt.Errorf("rounding %.40q to %q: name a mode and a step above nought", string(s.Round.Mode), s.Round.Step)
	}
	return nil
}

// compute is the value of a well-formed step that is not given.
func (s Step) compute(values []number) (number, error) {
	v := values[s.Args[0]]
	switch s.Op {
	case Neg:
		return v.neg(), nil
	case Rounded:
		v = v.round(s.Round.Mode, s.Round.Step.number())
		return v, v.bounded()
	}
	for _, a := range s.Args[1:] {
		arg := values[a]
		switch s.Op {
		case Add:
			v = v.plus(arg)
		case Sub:
			v = v.minus(arg)
		case Mul:
			v = v.times(arg)
		case Div:
			if arg.sign() == 0 {
				return number{}, errNought
			}
			v = v.over(arg)
		case Percent:
			v = v.times(arg).hundredth()
		case Min:
			if arg.cmp(v) < 0 {
				v = arg
			}
		case Max:
			if arg.cmp(v) > 0 {
				v = arg
			}
		}
		if err := v.bounded(); err != nil {
			return number{}, err
		}
	}
	return v, nil
}

// equal tells the same step.
func (s Step) equal(t Step) bool {
	round := s.Round == nil && t.Round == nil ||
		s.Round != nil && t.Round != nil && s.Round.Mode == t.Round.Mode && s.Round.Step.String() == t.Round.Step.String()
	return round && s.Label == t.Label && s.Op == t.Op && slices.Equal(s.Args, t.Args) && s.From == t.From && s.Value == t.Value
}

// amountOf makes money of a value, which must be whole minor units: a sheet
// ends with a rounding.
func amountOf(v number, c money.Currency) (money.Money, error) {
	digits := c.Digits()
	if v.wide == nil && v.places <= int(digits) {
		if minor, ok := scale(v.coef, int(digits)-v.places); ok {
			if m := money.FromMinor(minor, c); m.IsSet() {
				return m, m.Check()
			}
		}
	}
	minor := v.times(narrow(1, -int(digits)))
	if minor.wide == nil && minor.places > 0 || minor.wide != nil && !minor.wide.IsInt() {
		return money.Money{}, fmt.Errorf("%s %s is not in whole minor units", v, c)
	}
	return money.New(decimal.NewFromBigInt(minor.rat().Num(), -digits), c)
}
