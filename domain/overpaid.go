package domain

import (
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

// An invoice that is credited after it was paid holds more cash than it may
// (rule 47): what is over goes back to the payments it came from.

// CashReleased gives cash that an invoice no longer may hold back to its
// payment, where it is unapplied.
type CashReleased struct {
	Invoice  InvoiceID   `json:"invoice"`
	Number   string      `json:"number"`
	Customer CustomerID  `json:"customer"`
	Payment  PaymentID   `json:"payment"`
	Document string      `json:"document"`
	Date     string      `json:"date"`
	Amount   money.Money `json:"amount"`
	Credit   string      `json:"credit,omitempty"` // number of the credit memo that made it too much; absent when the invoice is cancelled
}

func (CashReleased) EventType() string { return "CashReleased" }

// concludeCash releases what the invoice holds beyond what it is owed now that
// a credit memo is issued, the cash that came last first.
func (v Invoice) concludeCash(e CreditIssued) ([]Event, error) {
	open, err := v.Open()
	if err != nil {
		return nil, err
	}
	over := open.Neg()
	var events []Event
	for _, a := range slices.Backward(v.Applied) {
		part, err := over.Min(a.Amount)
		if err != nil {
			return nil, err
		}
		if part.Sign() <= 0 {
			continue // nothing is over, or all of this cash went back before
		}
		events = append(events, CashReleased{v.ID, v.Number, v.Candidate.Customer, a.Payment, "REL-" + string(a.Payment) + "-" + e.Credit.Number, e.Date, part, e.Credit.Number})
		if over, err = over.Sub(part); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// withoutCash takes released cash off the payment's application. It stays as
// nothing: a payment is applied to an invoice once.
func (v Invoice) withoutCash(e CashReleased) Invoice {
	v.Applied = slices.Clone(v.Applied)
	for i, a := range v.Applied {
		if a.Payment == e.Payment {
			// Both are in the invoice's one currency, so Sub cannot fail.
			if rest, err := a.Amount.Sub(e.Amount); err == nil {
				v.Applied[i].Amount = rest
			}
		}
	}
	return v
}
