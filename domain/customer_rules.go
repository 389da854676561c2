package domain

import (
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/shopspring/decimal"
)

// CustomerRules is how this ledger settles with a customer. The ERP knows
// nothing of them. Without any, every residual with a reason is contested and
// nothing is given up.
type CustomerRules struct {
	Tolerance Tolerance `json:"tolerance,omitzero"`
	// WriteOffSmall gives residuals within the tolerance up; otherwise they
	// stay open.
	WriteOffSmall bool `json:"write_off_small,omitempty"`
	// OldestFirst applies cash that nothing was advised of to the oldest items;
	// otherwise it stays unapplied.
	OldestFirst bool `json:"oldest_first,omitempty"`
	// Dunning is when the customer is reminded of what is overdue; without
	// levels, never.
	Dunning []DunningLevel `json:"dunning,omitempty"`
}

// Tolerance is the residual of a payment that is not worth a case. Where both
// are set the lesser counts; without either it is nought.
type Tolerance struct {
	Amount  money.Money `json:"amount"`            // residuals in another currency are over it
	Percent string      `json:"percent,omitempty"` // of what was open before the payment
}

func (t Tolerance) none() bool { return !t.Amount.IsSet() && t.Percent == "" }

// covers tells whether a residual of what was open lies within the tolerance.
func (t Tolerance) covers(residual, open money.Money) (bool, error) {
	if t.none() {
		return false, nil
	}
	if t.Amount.IsSet() {
		if t.Amount.Currency() != residual.Currency() {
			return false, nil
		}
		if over, err := residual.Cmp(t.Amount); err != nil || over > 0 {
			return false, err
		}
	}
	if t.Percent != "" {
		percent, err := money.ParseDecimal(t.Percent)
		if err != nil {
			return false, fmt.Errorf("tolerance of %.20q per cent: %w", t.Percent, err)
		}
		return residual.Amount().LessThanOrEqual(open.Amount().Mul(percent).Shift(-2)), nil
	}
	return true, nil
}

func (r CustomerRules) check() error {
	if a := r.Tolerance.Amount; a.IsSet() && (a.IsNegative() || !a.IsWholeMinor()) {
		return refuse(Invalid, "a tolerance of %s", a)
	}
	if text := r.Tolerance.Percent; text != "" {
		percent, err := money.ParseDecimal(text)
		if err != nil || percent.IsNegative() || percent.Shift(-2).GreaterThan(decimal.NewFromInt(1)) {
			return refuse(Invalid, "a tolerance of %.20q per cent: want 0 to 100", text)
		}
	}
	if r.WriteOffSmall && r.Tolerance.none() {
		return refuse(Invalid, "small residuals are to be written off, and no tolerance says which")
	}
	return checkDunning(r.Dunning)
}

func (r CustomerRules) equal(s CustomerRules) bool {
	return r.WriteOffSmall == s.WriteOffSmall && r.OldestFirst == s.OldestFirst && slices.Equal(r.Dunning, s.Dunning) && r.Tolerance.Percent == s.Tolerance.Percent && r.Tolerance.Amount.Equal(s.Tolerance.Amount)
}

// CustomerRulesSet puts rules in force for whatever is decided from then on.
type CustomerRulesSet struct {
	Customer CustomerID    `json:"customer"`
	Rules    CustomerRules `json:"rules"`
	By       string        `json:"by"`
}

func (CustomerRulesSet) EventType() string { return "CustomerRulesSet" }

// SetCustomerRules puts rules in force; the same again changes nothing.
type SetCustomerRules struct{ CustomerRulesSet }

func (c SetCustomerRules) Stream() Stream    { return c.Customer.Stream() }
func (SetCustomerRules) CommandName() string { return "SetCustomerRules" }

func (c SetCustomerRules) Decide(a Customer) ([]Event, error) {
	if err := CheckID("customer", string(c.Customer)); err != nil {
		return nil, err
	}
	if c.By == "" {
		return nil, refuse(Invalid, "customer %s: say who sets its rules", c.Customer)
	}
	if err := c.Rules.check(); err != nil {
		return nil, err
	}
	if c.Rules.equal(a.Rules) {
		return nil, nil
	}
	return []Event{c.CustomerRulesSet}, nil
}
