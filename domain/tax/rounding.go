package tax

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
)

// Rounding is how tax is rounded. It is fixed for a registrant and jurisdiction
// (rule 33).
type Rounding struct {
	Per   Per            `json:"per"`
	Parts Parts          `json:"parts"`
	Mode  money.Rounding `json:"mode"` // floor and ceiling are refused: a credit would not mirror its invoice
	Step  Decimal        `json:"step,omitzero"`
}

// RoundingIn is the rounding of some jurisdictions.
type RoundingIn struct {
	Jurisdictions []string `json:"jurisdictions"`
	Rounding
}

// Per is the amount on which tax is rounded.
type Per string

// What tax is rounded on.
const (
	PerLine    Per = "line"    // each line's tax
	PerInvoice Per = "invoice" // the tax of all lines of one levy together, allotted to them
)

// Parts says how the parts of one tax are rounded.
type Parts string

// How parts are rounded.
const (
	Combined    Parts = "combined"     // put together, then rounded
	ByComponent Parts = "by-component" // each rounded on its own
)

func (r Rounding) String() string {
	step := "the minor unit"
	if !r.Step.IsZero() {
		step = r.Step.value.String()
	}
	return strings.Join([]string{string(r.Mode), "to", step, "per", string(r.Per) + ",", string(r.Parts)}, " ")
}

// symmetric tells a mode that rounds an amount and its credit alike.
func symmetric(m money.Rounding) bool {
	return m == money.HalfUp || m == money.HalfEven || m == money.Down || m == money.Up
}

func (r Rounding) check() error {
	switch {
	case r.Per != PerLine && r.Per != PerInvoice:
		return fmt.Errorf("per %q: say %s or %s", r.Per, PerLine, PerInvoice)
	case r.Parts != Combined && r.Parts != ByComponent:
		return fmt.Errorf("parts %q: say %s or %s", r.Parts, Combined, ByComponent)
	case !symmetric(r.Mode):
		return fmt.Errorf("mode %q: use half-up, half-even, down or up, which round a credit as its invoice", r.Mode)
	case !r.Step.IsZero() && (r.Step.value.Sign() <= 0 || r.Step.value.GreaterThan(maxStep)):
		return fmt.Errorf("step %s: state one above 0 and at most %s, or none for the currency's minor unit", r.Step, maxStep)
	}
	return nil
}

var maxStep = decimal.New(1000, 0)

var two = decimal.New(2, 0)

// apply rounds to a multiple of the step, once.
func (r Rounding) apply(exact decimal.Decimal, c money.Currency) (money.Money, error) {
	minor := decimal.New(1, -c.Digits())
	step := minor
	if !r.Step.IsZero() {
		step = r.Step.value
	}
	if !step.Mod(minor).IsZero() {
		return money.Money{}, fmt.Errorf("a step of %s is no multiple of the minor unit of %s: round to that or more", step, c)
	}
	steps, rest := exact.QuoRem(step, 0) // toward nought, so rest has the sign of exact
	if !rest.IsZero() {
		away := r.Mode == money.Up
		if r.Mode == money.HalfUp || r.Mode == money.HalfEven {
			half := rest.Abs().Mul(two).Cmp(step)
			odd := steps.BigInt().Bit(0) == 1
			away = half > 0 || half == 0 && (r.Mode == money.HalfUp || odd)
		}
		if away {
			steps = steps.Add(decimal.New(int64(rest.Sign()), 0))
		}
	}
	return money.New(steps.Mul(step), c)
}
