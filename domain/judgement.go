package domain

import "github.com/freightledger/freightledger/domain/money"

// What becomes of a short pay is its customer's account's to say.

// Judgements of short pays.
type (
	// ShortPayContested takes a residual over the customer's tolerance for a
	// dispute of it.
	ShortPayContested struct {
		Customer CustomerID  `json:"customer"`
		Invoice  InvoiceID   `json:"invoice"`
		Payment  PaymentID   `json:"payment"`
		Case     DisputeID   `json:"case"`
		Residual money.Money `json:"residual"`
		Reason   string      `json:"reason"`
	}
	// ShortPayForgiven gives a residual within the tolerance up.
	ShortPayForgiven struct {
		Customer CustomerID  `json:"customer"`
		Invoice  InvoiceID   `json:"invoice"`
		Payment  PaymentID   `json:"payment"`
		Date     string      `json:"date"`
		Residual money.Money `json:"residual"`
		Reason   string      `json:"reason,omitempty"`
	}
)

func (ShortPayContested) EventType() string { return "ShortPayContested" }
func (ShortPayForgiven) EventType() string  { return "ShortPayForgiven" }

// JudgeShortPay asks the customer's account what becomes of a residual, by policy.
type JudgeShortPay struct {
	Customer CustomerID  `json:"customer"`
	Invoice  InvoiceID   `json:"invoice"`
	Payment  PaymentID   `json:"payment"`
	Case     DisputeID   `json:"case,omitempty"`
	Date     string      `json:"date"`
	Open     money.Money `json:"open"`
	Residual money.Money `json:"residual"`
	Reason   string      `json:"reason,omitempty"`
}

func (c JudgeShortPay) Stream() Stream    { return c.Customer.Stream() }
func (JudgeShortPay) CommandName() string { return "JudgeShortPay" }

// A residual without a reason is no case: it is what is still to be paid.
func (c JudgeShortPay) Decide(a Customer) ([]Event, error) {
	small, err := a.Rules.Tolerance.covers(c.Residual, c.Open)
	if err != nil {
		return nil, refuse(Invalid, "customer %s: %v", c.Customer, err)
	}
	switch {
	case small && a.Rules.WriteOffSmall:
		return []Event{ShortPayForgiven{c.Customer, c.Invoice, c.Payment, c.Date, c.Residual, c.Reason}}, nil
	case !small && c.Case != "":
		return []Event{ShortPayContested{c.Customer, c.Invoice, c.Payment, c.Case, c.Residual, c.Reason}}, nil
	}
	return nil, nil
}
