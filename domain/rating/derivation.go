package rating

import (
	"fmt"
	"math/big"
	"strings"

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
	Label string `json:"label"` // what the value is: "chargeable weight", "rate per cwt"
	Op    Op     `json:"op"`
	// Args are the numbers of earlier steps, from 0.
	Args []int `json:"args,omitempty"`
	// From is where a given value was read: "fact stops/2/arrived", "lane
	// TX-CA/linehaul/breaks/3", "index EIA-DIESEL-US 2026-03-02".
	From string `json:"from,omitempty"`
	// Round is how a round step rounds.
	Round *Round `json:"round,omitempty"`
	// Value is the exact result: a decimal, or a fraction "1/3" where no
	// decimal of twelve places is exact.
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

// maxSteps bounds a sheet that comes from outside.
const maxSteps = 200

// Verify computes every step but the given ones again and tells the first that
// does not hold. Its result is the amount in the currency.
func (d Derivation) Verify(c money.Currency) (money.Money, error) {
	if len(d.Steps) == 0 || len(d.Steps) > maxSteps {
		return money.Money{}, fmt.Errorf("%s: a sheet has 1 to %d steps, this one %d", d.Clause, maxSteps, len(d.Steps))
	}
	values := make([]*big.Rat, len(d.Steps))
	for i, step := range d.Steps {
		args := make([]*big.Rat, len(step.Args))
		for j, a := range step.Args {
			if a < 0 || a >= i {
				return money.Money{}, fmt.Errorf("%s: step %d, %s: argument %d is no earlier step", d.Clause, i, step.Label, a)
			}
			args[j] = values[a]
		}
		var err error
		if step.Op == Given {
			values[i], err = parseValue(step.Value)
		} else {
			values[i], err = step.compute(args)
		}
		if err == nil && formatValue(values[i]) != step.Value {
			err = fmt.Errorf("%s is stated, it is %s", step.Value, formatValue(values[i]))
		}
		if err != nil {
			return money.Money{}, fmt.Errorf("%s: step %d, %s: %w", d.Clause, i, step.Label, err)
		}
	}
	return amountOf(values[len(values)-1], c)
}

func (s Step) compute(args []*big.Rat) (*big.Rat, error) {
	least, most := 1, 1
	switch s.Op {
	case Sub, Div, Percent:
		least, most = 2, 2
	case Add, Mul, Min, Max:
		least, most = 1, maxSteps
	}
	if len(args) < least || len(args) > most {
		return nil, fmt.Errorf("%s with %d arguments", s.Op, len(args))
	}
	v := new(big.Rat).Set(args[0])
	rest := args[1:]
	switch s.Op {
	case Add:
		for _, a := range rest {
			v.Add(v, a)
		}
	case Sub:
		v.Sub(v, rest[0])
	case Mul:
		for _, a := range rest {
			v.Mul(v, a)
		}
	case Div:
		if rest[0].Sign() == 0 {
			return nil, fmt.Errorf("division by nought")
		}
		v.Quo(v, rest[0])
	case Percent:
		v.Mul(v, rest[0])
		v.Mul(v, hundredth)
	case Min:
		for _, a := range rest {
			if a.Cmp(v) < 0 {
				v.Set(a)
			}
		}
	case Max:
		for _, a := range rest {
			if a.Cmp(v) > 0 {
				v.Set(a)
			}
		}
	case Neg:
		v.Neg(v)
	case Rounded:
		if s.Round == nil {
			return nil, fmt.Errorf("it does not say how it rounds")
		}
		return s.Round.apply(v)
	default:
		return nil, fmt.Errorf("operation %q is not known", s.Op)
	}
	return v, nil
}

var hundredth = big.NewRat(1, 100)

// apply rounds to a multiple of the step.
func (r Round) apply(v *big.Rat) (*big.Rat, error) {
	if !r.Mode.Known() || r.Step.Sign() <= 0 {
		return nil, fmt.Errorf("rounding %q to %q: name a mode and a step above nought", r.Mode, r.Step)
	}
	step := r.Step.rat()
	units := new(big.Rat).Quo(v, step)
	return units.Mul(new(big.Rat).SetInt(roundInt(units, r.Mode)), step), nil
}

// roundInt rounds to a whole number.
func roundInt(v *big.Rat, mode money.Rounding) *big.Int {
	whole, rest := new(big.Int).QuoRem(v.Num(), v.Denom(), new(big.Int)) // toward zero
	if rest.Sign() == 0 {
		return whole
	}
	away := false
	switch mode {
	case money.Up:
		away = true
	case money.Floor:
		away = v.Sign() < 0
	case money.Ceiling:
		away = v.Sign() > 0
	case money.HalfUp, money.HalfEven:
		twice := new(big.Int).Lsh(rest.Abs(rest), 1)
		half := twice.Cmp(v.Denom())
		away = half > 0 || half == 0 && (mode == money.HalfUp || whole.Bit(0) == 1)
	}
	if away {
		whole.Add(whole, big.NewInt(int64(v.Sign())))
	}
	return whole
}

// valuePlaces is how many decimals a value is written with where that is exact.
const valuePlaces = 12

// formatValue writes a value: a decimal where one is exact, else a fraction.
func formatValue(v *big.Rat) string {
	if v.IsInt() {
		return v.Num().String()
	}
	if places, exact := v.FloatPrec(); exact && places <= valuePlaces {
		return v.FloatString(places)
	}
	return v.RatString()
}

// maxValueBytes bounds a value that comes from outside.
const maxValueBytes = 200

func parseValue(s string) (*big.Rat, error) {
	if len(s) > maxValueBytes || strings.ContainsAny(s, "eEpPxX_ ") {
		return nil, fmt.Errorf("%.40q is not a decimal or a fraction", s)
	}
	v, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, fmt.Errorf("%.40q is not a decimal or a fraction", s)
	}
	return v, nil
}

// amountOf makes money of a value, which must be whole minor units: a sheet
// ends with a rounding.
func amountOf(v *big.Rat, c money.Currency) (money.Money, error) {
	minor := new(big.Rat).Mul(v, decimal.New(1, c.Digits()).Rat())
	if !minor.IsInt() {
		return money.Money{}, fmt.Errorf("%s %s is not in whole minor units", formatValue(v), c)
	}
	return money.New(decimal.NewFromBigInt(minor.Num(), -c.Digits()), c)
}

// sheet is a derivation under way.
type sheet struct {
	clause string
	steps  []Step
	values []*big.Rat
}

// ref is a step of a sheet.
type ref int

func newSheet(clause string) *sheet { return &sheet{clause: clause} }

// given notes a value that was read somewhere.
func (s *sheet) given(label, from string, v Decimal) ref {
	return s.note(Step{Label: label, Op: Given, From: from}, v.rat())
}

// counted is given for a whole number: minutes, stops.
func (s *sheet) counted(label, from string, n int64) ref {
	return s.note(Step{Label: label, Op: Given, From: from}, new(big.Rat).SetInt64(n))
}

// do computes a step. It panics on a division by nought and a wrong number of
// arguments, which are mistakes of the program: agreements are checked before
// anything is rated by them.
func (s *sheet) do(label string, op Op, args ...ref) ref {
	return s.step(Step{Label: label, Op: op}, args...)
}

// round rounds a step.
func (s *sheet) round(label string, a ref, r Round) ref {
	return s.step(Step{Label: label, Op: Rounded, Round: &r}, a)
}

func (s *sheet) step(step Step, args ...ref) ref {
	values := make([]*big.Rat, len(args))
	step.Args = make([]int, len(args))
	for i, a := range args {
		values[i], step.Args[i] = s.values[a], int(a)
	}
	v, err := step.compute(values)
	if err != nil {
		panic(fmt.Sprintf("rating: %s: %s: %v", s.clause, step.Label, err))
	}
	return s.note(step, v)
}

func (s *sheet) note(step Step, v *big.Rat) ref {
	step.Value = formatValue(v)
	s.steps, s.values = append(s.steps, step), append(s.values, v)
	return ref(len(s.steps) - 1)
}

// value is a step's exact value; it must not be changed.
func (s *sheet) value(a ref) *big.Rat { return s.values[a] }

// end gives the amount of the last step, and the derivation.
func (s *sheet) end(c money.Currency) (money.Money, Derivation, error) {
	amount, err := amountOf(s.values[len(s.values)-1], c)
	return amount, Derivation{s.clause, s.steps}, err
}
