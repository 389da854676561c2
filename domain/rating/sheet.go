package rating

import (
	"fmt"

	"github.com/freightledger/freightledger/domain/money"
)

// sheet is a derivation under way. A step that cannot be computed, as a division
// by nought under an agreement that nobody checked, stays with it as an error
// that its end tells.
type sheet struct {
	clause string
	steps  []Step
	values []number
	args   []int // room for the steps' arguments
	err    error
}

// ref is a step of a sheet.
type ref int

func newSheet(clause string) *sheet {
	const usual = 12 // steps of a sheet: more only cost another allocation
	return &sheet{clause: clause, steps: make([]Step, 0, usual), values: make([]number, 0, usual), args: make([]int, 0, usual)}
}

// given notes a value that was read somewhere.
func (s *sheet) given(label, from string, v Decimal) ref {
	return s.note(Step{Label: label, Op: Given, From: from}, v.number())
}

// counted is given for a whole number: minutes, stops.
func (s *sheet) counted(label, from string, n int64) ref {
	return s.note(Step{Label: label, Op: Given, From: from}, whole(n))
}

// billed is given for the amount of another charge or of a receipt.
func (s *sheet) billed(label, from string, m money.Money) ref {
	return s.note(Step{Label: label, Op: Given, From: from}, numberOf(m))
}

// constant is given for what a definition fixes.
func (s *sheet) constant(label, from string, v number) ref {
	return s.note(Step{Label: label, Op: Given, From: from}, v)
}

// do computes a step.
func (s *sheet) do(label string, op Op, args ...ref) ref {
	return s.step(Step{Label: label, Op: op}, args)
}

// round rounds a step.
func (s *sheet) round(label string, a ref, r Round) ref {
	return s.step(Step{Label: label, Op: Rounded, Round: &r}, []ref{a})
}

func (s *sheet) step(step Step, args []ref) ref {
	first := len(s.args)
	for _, a := range args {
		s.args = append(s.args, int(a))
	}
	step.Args = s.args[first:len(s.args):len(s.args)]
	err := step.wellFormed(len(s.steps))
	var v number
	if err == nil {
		v, err = step.compute(s.values)
	}
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("%s: %s: %w", s.clause, step.Label, err)
	}
	return s.note(step, v)
}

func (s *sheet) note(step Step, v number) ref {
	step.Value = v.String()
	s.steps, s.values = append(s.steps, step), append(s.values, v)
	return ref(len(s.steps) - 1)
}

// keep drops the steps behind a.
func (s *sheet) keep(a ref) { s.steps, s.values = s.steps[:a+1], s.values[:a+1] }

// end gives the amount of the last step, and the derivation.
func (s *sheet) end(c money.Currency) (money.Money, Derivation, error) {
	d := Derivation{s.clause, s.steps}
	if s.err != nil {
		return money.Money{}, d, s.err
	}
	if len(s.steps) == 0 || len(s.steps) > maxSteps {
		return money.Money{}, d, fmt.Errorf("%s: a sheet has 1 to %d steps, this one %d", s.clause, maxSteps, len(s.steps))
	}
	amount, err := amountOf(s.values[len(s.values)-1], c)
	if err != nil {
		return money.Money{}, d, fmt.Errorf("%s: %w", s.clause, err)
	}
	return amount, d, nil
}
