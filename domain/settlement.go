package domain

import (
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

// Settlement is what happens to an issued invoice's open amount: credits,
// cash and disputes. The invoice is the guard of all three.

// Events of settlement.
type (
	// PaymentApplied is cash that paid a part of the invoice. What the
	// invoice could not take goes back to the payment.
	PaymentApplied struct {
		Invoice  InvoiceID   `json:"invoice"`
		Number   string      `json:"number"`
		Customer CustomerID  `json:"customer"`
		Payment  PaymentID   `json:"payment"`
		Document string      `json:"document"`
		Date     string      `json:"date"`
		Amount   money.Money `json:"amount"`
		Excess   money.Money `json:"excess"`
		Residual money.Money `json:"residual"`         // open afterwards
		Reason   string      `json:"reason,omitempty"` // of a short pay, as the remittance gives it
	}
	// PaymentUnapplied restores the open amount: the payment was reversed.
	PaymentUnapplied struct {
		Invoice  InvoiceID   `json:"invoice"`
		Number   string      `json:"number"`
		Customer CustomerID  `json:"customer"`
		Payment  PaymentID   `json:"payment"`
		Document string      `json:"document"`
		Date     string      `json:"date"`
		Amount   money.Money `json:"amount"`
	}
	// LinesDisputed marks what a customer contests.
	LinesDisputed struct {
		Invoice  InvoiceID    `json:"invoice"`
		Dispute  DisputeID    `json:"dispute"`
		Customer CustomerID   `json:"customer"`
		Reason   string       `json:"reason"`
		Lines    []CreditLine `json:"lines"`
		DisputeTerms
	}
	// DisputeCleared ends the mark.
	DisputeCleared struct {
		Invoice  InvoiceID   `json:"invoice"`
		Dispute  DisputeID   `json:"dispute"`
		End      DisputeEnd  `json:"end"`
		Credit   string      `json:"credit,omitempty"` // number of the credit memo
		Credited money.Money `json:"credited"`         // by it
	}
)

func (PaymentApplied) EventType() string   { return "PaymentApplied" }
func (PaymentUnapplied) EventType() string { return "PaymentUnapplied" }
func (LinesDisputed) EventType() string    { return "LinesDisputed" }
func (DisputeCleared) EventType() string   { return "DisputeCleared" }

// Commands of settlement.
type (
	// ApplyPayment pays a part of the invoice.
	ApplyPayment struct {
		Invoice InvoiceID   `json:"invoice"`
		Payment PaymentID   `json:"payment"`
		Date    string      `json:"date"`
		Amount  money.Money `json:"amount"`
		Reason  string      `json:"reason,omitempty"`
		// Deductions are what the payer keeps back.
		Deductions []Deduction `json:"deductions,omitempty"`
	}
	// UnapplyPayment restores what a reversed payment had paid.
	UnapplyPayment struct {
		Invoice InvoiceID `json:"invoice"`
		Payment PaymentID `json:"payment"`
		Date    string    `json:"date"`
	}
	// DisputeLines marks what a customer contests.
	DisputeLines struct{ LinesDisputed }
	// ClearDispute ends the mark.
	ClearDispute struct{ DisputeCleared }
)

func (c ApplyPayment) Stream() Stream   { return c.Invoice.Stream() }
func (c UnapplyPayment) Stream() Stream { return c.Invoice.Stream() }
func (c DisputeLines) Stream() Stream   { return c.Invoice.Stream() }
func (c ClearDispute) Stream() Stream   { return c.Invoice.Stream() }

func (ApplyPayment) CommandName() string   { return "ApplyPayment" }
func (UnapplyPayment) CommandName() string { return "UnapplyPayment" }
func (DisputeLines) CommandName() string   { return "DisputeLines" }
func (ClearDispute) CommandName() string   { return "ClearDispute" }

// namedTwice gives a charge that two lines name, or "".
func namedTwice(lines []CreditLine) ChargeID {
	seen := map[ChargeRef]bool{}
	for _, line := range lines {
		ref := ChargeRef{line.Shipment, line.Charge}
		if seen[ref] {
			return line.Charge
		}
		seen[ref] = true
	}
	return ""
}

// disputable is what is left of a line after its credits and what other open
// disputes contest: all of them can be upheld (rules 36, 38).
func (v Invoice) disputable(line BillLine) (amount, tax money.Money, err error) {
	return line.leaves(v.given(), v.claims())
}

// leaves is what claims leave of a line of which some was given back for good:
// where a dispute and a later credit mean the same money, it is gone once.
func (line BillLine) leaves(given, claims []Credit) (amount, tax money.Money, err error) {
	rest, restTax, err := line.less(given)
	if err != nil {
		return
	}
	if amount, tax, err = line.less(claims); err != nil {
		return
	}
	return nearest(amount, rest), nearest(tax, restTax), nil
}

func (line BillLine) less(credits []Credit) (amount, tax money.Money, err error) {
	amount, tax = line.Amount, line.Tax
	if !tax.IsSet() {
		tax = money.Zero(line.Amount.Currency())
	}
	for _, credit := range credits {
		for _, given := range credit.Lines {
			if given.Shipment != line.Shipment || given.Charge != line.Charge {
				continue
			}
			if given.Amount.IsSet() {
				if amount, err = amount.Sub(given.Amount); err != nil {
					return
				}
			}
			if given.Tax.IsSet() {
				if tax, err = tax.Sub(given.Tax); err != nil {
					return
				}
			}
		}
	}
	return
}

func (c ApplyPayment) Decide(v Invoice) ([]Event, error) {
	// One that was voided since cash was meant for it takes none of it.
	void := v.Status == InvoiceIsVoid
	if err := v.mustBeIssued(c.Invoice); err != nil && !void {
		return nil, err
	}
	if slices.ContainsFunc(v.Applied, func(a Application) bool { return a.Payment == c.Payment }) {
		return nil, nil
	}
	if c.Amount.Currency() != v.Candidate.Currency || c.Amount.Sign() <= 0 {
		return nil, refuseByRule(47, Invalid, "invoice %s: a payment of %s cannot be applied", v.Number, c.Amount)
	}
	v, events, err := v.recover(c)
	if err != nil {
		return nil, err
	}
	open, err := v.Open()
	if err != nil {
		return nil, err
	}
	if open.IsNegative() || void {
		open = money.Zero(v.Candidate.Currency)
	}
	applied, err := c.Amount.Min(open) // rule 47
	if err != nil {
		return nil, err
	}
	excess, err := c.Amount.Sub(applied)
	if err != nil {
		return nil, err
	}
	residual, err := open.Sub(applied)
	if err != nil {
		return nil, err
	}
	reason := ""
	if !residual.IsZero() {
		reason = reasonOf(c.Reason, c.Deductions)
	}
	events = append(events, PaymentApplied{Invoice: v.ID, Number: v.Number, Customer: v.Candidate.Customer, Payment: c.Payment,
		Document: "APP-" + string(c.Payment) + "-" + v.Number, Date: c.Date, Amount: applied, Excess: excess, Residual: residual, Reason: reason})
	if reason == "" {
		return events, nil
	}
	parts, err := v.shortParts(residual, c.Deductions, reason)
	if err != nil {
		return nil, refuseByRule(29, Invalid, "invoice %s: %v", v.Number, err)
	}
	return append(events, ShortPaid{Invoice: v.ID, Number: v.Number, Customer: v.Candidate.Customer, Payment: c.Payment,
		Case: DisputeID(fmt.Sprintf("%s-S%d", v.Number, len(v.Shorts)+1)), Date: c.Date, Open: open, Residual: residual, Reason: reason, Parts: parts}), nil
}

func (c UnapplyPayment) Decide(v Invoice) ([]Event, error) {
	i := slices.IndexFunc(v.Applied, func(a Application) bool { return a.Payment == c.Payment })
	if i < 0 {
		return nil, nil
	}
	events := []Event{PaymentUnapplied{v.ID, v.Number, v.Candidate.Customer, c.Payment, "UNA-" + string(c.Payment) + "-" + v.Number, c.Date, v.Applied[i].Amount}}
	// What was given up because of this cash is owed again with it.
	w := v.writeOff(smallWriteOff(c.Payment))
	if w == nil || len(w.Lines) == 0 {
		return events, nil
	}
	back, err := v.reverse(*w, w.Lines, c.Date, itself, "payment "+string(c.Payment)+" was reversed")
	if err != nil {
		return nil, err
	}
	return append(events, back), nil
}

func (c DisputeLines) Decide(v Invoice) ([]Event, error) {
	if err := v.mustBeIssued(c.Invoice); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(v.Disputes, func(d DisputedLines) bool { return d.Dispute == c.Dispute }) {
		return nil, nil
	}
	if c.Dispute == "" || c.Reason == "" || currencyOf(c.Lines) == "" {
		return nil, refuseByRule(38, Invalid, "invoice %s: a dispute names its lines, amounts and reason", v.Number)
	}
	disputed, err := Credit{Lines: c.Lines}.total(v.Candidate.Currency)
	if err != nil {
		return nil, refuseByRule(29, Invalid, "invoice %s: %v", v.Number, err)
	}
	terms, err := c.DisputeTerms.checked(v)
	if err != nil {
		return nil, err
	}
	if twice := namedTwice(c.Lines); twice != "" {
		return nil, refuseByRule(38, Invalid, "invoice %s: charge %s is named twice in one dispute: sum it up", v.Number, twice)
	}
	for _, line := range c.Lines {
		billed := v.line(line.Shipment, line.Charge)
		if billed == nil {
			return nil, refuse(NotFound, "invoice %s has no line for charge %s of shipment %s", v.Number, line.Charge, line.Shipment)
		}
		rest, restTax, err := v.disputable(*billed)
		if err != nil {
			return nil, err
		}
		if !within(line.Amount, rest) || !within(line.Tax, restTax) {
			return nil, refuseByRule(38, Invalid, "invoice %s, charge %s: %s (tax %s) is disputed, %s (tax %s) is left to dispute", v.Number, line.Charge, line.Amount, line.Tax, rest, restTax)
		}
	}
	left, err := v.uncontested()
	if err != nil {
		return nil, err
	}
	if over, err := disputed.Cmp(left); err != nil || over > 0 {
		return nil, refuseByRule(38, Conflict, "invoice %s: %s would be disputed, %s is open and not disputed yet", v.Number, disputed, left)
	}
	e := c.LinesDisputed
	e.Customer, e.DisputeTerms = v.Candidate.Customer, terms
	return []Event{e}, nil
}

func (c ClearDispute) Decide(v Invoice) ([]Event, error) {
	for _, d := range v.Disputes {
		if d.Dispute == c.Dispute && d.Open {
			return []Event{c.DisputeCleared}, nil
		}
	}
	return nil, nil
}

func (v Invoice) mustBeIssued(id InvoiceID) error {
	switch {
	case v.ID == "":
		return refuse(NotFound, "invoice %s is not known", id)
	case v.Number == "":
		return refuse(NotReady, "invoice %s is not issued yet", id)
	case v.Status == InvoiceIsVoid:
		return refuse(TooLate, "invoice %s is void", v.Number)
	}
	return nil
}

// Open is what is still owed: total less issued and requested credits, what
// was written off, and cash.
func (v Invoice) Open() (money.Money, error) {
	open := v.Total
	for _, credit := range v.given() {
		given, err := credit.total(v.Candidate.Currency)
		if err != nil {
			return open, err
		}
		if open, err = open.Sub(given); err != nil {
			return open, err
		}
	}
	for _, a := range v.Applied {
		var err error
		if open, err = open.Sub(a.Amount); err != nil {
			return open, err
		}
	}
	return open, nil
}

func (v Invoice) withSettlement(e Event) Invoice {
	switch e := e.(type) {
	case CreditRequested:
		credit := e.Credit
		credit.Date = e.Date
		v.Credits = append(slices.Clip(v.Credits), credit)
	case CreditIssued:
		v.Credits = slices.Clone(v.Credits)
		for i := range v.Credits {
			if v.Credits[i].ID == e.ID {
				v.Credits[i].Number = e.Credit.Number
			}
		}
	case PaymentApplied:
		v.Applied = append(slices.Clip(v.Applied), Application{e.Payment, e.Amount})
	case PaymentUnapplied:
		v.Applied = slices.DeleteFunc(slices.Clone(v.Applied), func(a Application) bool { return a.Payment == e.Payment })
	case CashReleased:
		v = v.withoutCash(e)
	case LinesDisputed:
		v.Disputes = append(slices.Clip(v.Disputes), DisputedLines{e.Dispute, e.Lines, true})
	case DisputeCleared:
		v.Disputes = slices.Clone(v.Disputes)
		for i := range v.Disputes {
			if v.Disputes[i].Dispute == e.Dispute {
				v.Disputes[i].Open = false
			}
		}
	case ShortPaid:
		v.Shorts = append(slices.Clip(v.Shorts), Short{e.Case, e.Date, e.Reason, e.Residual, e.Parts})
	default:
		return v.withWriteOff(e)
	}
	switch e.(type) {
	case CreditRequested, PaymentApplied, PaymentUnapplied, LinesDisputed, DisputeCleared:
		v.Asked = WriteOffRequest{} // what was open or disputed has changed (rule 18)
	}
	return v
}

func (v Invoice) settledStatus() InvoiceStatus {
	open, err := v.Open()
	settled := err == nil && open.Sign() <= 0
	cash := slices.ContainsFunc(v.Applied, func(a Application) bool { return !a.Amount.IsZero() })
	switch {
	case err == nil && open.IsZero() && v.writtenOff():
		return InvoiceWrittenOff
	case settled && (cash || v.Total.IsZero()):
		return InvoiceIsPaid
	case settled: // by credits alone
		return InvoiceCredited
	case cash:
		return InvoiceIsShort
	case v.Posted:
		return InvoiceIsPosted
	}
	return InvoiceIsIssued
}
