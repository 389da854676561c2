package domain

import (
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

// A refund gives cash back that no invoice takes. Who asks for it does not
// approve it (rule 17); both names come with one command, so nothing changes
// between the two, and the event says what was unapplied (rule 18). Paying it out is the ERP's: here the cash only leaves what is
// unapplied. There is no way to give one customer's cash to another: whose a
// receipt is, the ERP says.

// Refund is cash that was given back.
type Refund struct {
	ID     string
	Amount money.Money
}

// PaymentRefunded gives unapplied cash back.
type PaymentRefunded struct {
	Payment     PaymentID   `json:"payment"`
	Customer    CustomerID  `json:"customer"`
	Document    string      `json:"document"`
	Refund      string      `json:"refund"` // within the payment
	Date        string      `json:"date"`
	Amount      money.Money `json:"amount"`
	Left        money.Money `json:"left"` // unapplied afterwards
	Reason      string      `json:"reason"`
	RequestedBy string      `json:"requested_by"`
	ApprovedBy  string      `json:"approved_by"`
}

func (PaymentRefunded) EventType() string { return "PaymentRefunded" }

// RefundPayment gives unapplied cash back; without an amount, all of it.
type RefundPayment struct {
	Payment     PaymentID   `json:"payment"`
	Refund      string      `json:"refund"`
	Date        string      `json:"date"`
	Amount      money.Money `json:"amount"`
	Reason      string      `json:"reason"`
	RequestedBy string      `json:"requested_by"`
	ApprovedBy  string      `json:"approved_by"`
}

func (c RefundPayment) Stream() Stream    { return c.Payment.Stream() }
func (RefundPayment) CommandName() string { return "RefundPayment" }

func (c RefundPayment) Decide(p Payment) ([]Event, error) {
	switch {
	case !p.Received:
		return nil, refuse(NotReady, "payment %s was not received", c.Payment)
	case slices.ContainsFunc(p.Refunds, func(r Refund) bool { return r.ID == c.Refund }):
		return nil, nil
	case p.Reversed:
		return nil, refuse(TooLate, "payment %s was reversed", c.Payment)
	case c.Refund == "" || c.Reason == "" || c.RequestedBy == "":
		return nil, refuse(Invalid, "payment %s: a refund needs its id, a reason, who asks for it and who approves it", c.Payment)
	}
	if err := checkApprover("payment "+string(c.Payment)+": refund "+c.Refund, c.RequestedBy, c.ApprovedBy); err != nil {
		return nil, err
	}
	if err := checkDay("payment "+string(c.Payment)+": the refund", c.Date); err != nil {
		return nil, err
	}
	left, err := p.Unallocated()
	if err != nil {
		return nil, err
	}
	amount := c.Amount
	if !amount.IsSet() {
		amount = left
	}
	if over, err := amount.Cmp(left); err != nil || over > 0 || amount.Sign() <= 0 {
		return nil, refuseByRule(47, Conflict, "payment %s: %s cannot be given back: %s is unapplied", c.Payment, amount, left)
	}
	if left, err = left.Sub(amount); err != nil {
		return nil, err
	}
	return []Event{PaymentRefunded{p.ID, p.Customer, fmt.Sprintf("RF-%s-%d", p.ID, len(p.Refunds)+1), c.Refund, c.Date, amount, left, c.Reason, c.RequestedBy, c.ApprovedBy}}, nil
}

// Refunded is the cash that was given back.
func (p Payment) Refunded() (money.Money, error) {
	sum := money.Zero(p.Amount.Currency())
	for _, r := range p.Refunds {
		var err error
		if sum, err = sum.Add(r.Amount); err != nil {
			return sum, err
		}
	}
	return sum, nil
}
