package domain

import (
	"cmp"
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

// A payment is cash: announced by a remittance (X12 820), received at the
// bank, allocated to invoices and applied by them. What no invoice takes stays
// unapplied (rule 47).

// Payment is the state of a payment's stream.
type Payment struct {
	ID          PaymentID
	Customer    CustomerID
	Amount      money.Money
	Date        string
	Received    bool
	Reversed    bool
	Held        string // why the remittance does not add up
	Announced   bool
	Advised     money.Money // by the remittance
	Items       []RemittanceItem
	Allocations []Allocation
	Refunds     []Refund
	Account     BankAccountID // whose statement brought it
	GL          Account       // the bank account's, in the books
	Own         bool          // booked by this ledger
	Match       MovementID    // the other source's word for it
	Advises     PaymentID     // the cash that this advice announced
}

// Allocation is a part of the payment meant for an invoice.
type Allocation struct {
	Invoice InvoiceID   `json:"invoice"`
	Amount  money.Money `json:"amount"`
	Reason  string      `json:"reason,omitempty"` // of a short pay
	// Deductions are what the payer keeps back of the invoice.
	Deductions []Deduction `json:"deductions,omitempty"`
}

// RemittanceItem is what the payer says it pays (820: RMR and its ADX).
type RemittanceItem struct {
	Document    string       `json:"document"` // the invoice number as the payer writes it
	Paid        money.Money  `json:"paid"`
	Gross       money.Money  `json:"gross"`
	Discount    money.Money  `json:"discount"`
	Adjustments []Adjustment `json:"adjustments,omitempty"`
	Place       string       `json:"place,omitempty"`
}

// same ignores where the item was read.
func (i RemittanceItem) same(j RemittanceItem) bool {
	return i.Document == j.Document && i.Paid.Equal(j.Paid) && i.Gross.Equal(j.Gross) && i.Discount.Equal(j.Discount) &&
		slices.EqualFunc(i.Adjustments, j.Adjustments, func(a, b Adjustment) bool {
			return a.Line == b.Line && a.Reason == b.Reason && a.Amount.Equal(b.Amount)
		})
}

// Adjustment is a deduction or addition with its reason (X12 element 426).
type Adjustment struct {
	Amount money.Money `json:"amount"`
	Reason string      `json:"reason"`
	// Line is the charge line, as the payer names it: by shipment, charge or
	// code, or "shipment/charge". It counts if it can mean one line only.
	Line string `json:"line,omitempty"`
}

// Events of payments.
type (
	// RemittanceAnnounced is the payer's advice; no cash yet.
	RemittanceAnnounced struct {
		Payment   PaymentID        `json:"payment"`
		Payer     string           `json:"payer,omitempty"`
		Reference string           `json:"reference,omitempty"` // trace number
		Amount    money.Money      `json:"amount"`
		Date      string           `json:"date,omitempty"`
		Items     []RemittanceItem `json:"items"`
		Source    Source           `json:"source,omitzero"`
	}
	// RemittanceHeld keeps advice that does not add up from being applied.
	RemittanceHeld struct {
		Payment PaymentID `json:"payment"`
		Rule    int       `json:"rule"`
		Detail  string    `json:"detail"`
	}
	// PaymentReceived is cash at the bank, as the source of its account booked
	// it: the ERP, or the bank's statement.
	PaymentReceived struct {
		Payment   PaymentID     `json:"payment"`
		Customer  CustomerID    `json:"customer"`
		Document  string        `json:"document"` // the ERP's receipt number, or the bank's reference
		Reference string        `json:"reference,omitempty"`
		Invoice   string        `json:"invoice,omitempty"` // invoice number the payer named
		Amount    money.Money   `json:"amount"`
		Date      string        `json:"date"`
		Source    string        `json:"source"`            // which ERP or bank account
		Account   BankAccountID `json:"account,omitempty"` // whose statement brought it
		GL        Account       `json:"gl,omitempty"`      // the bank account's, in the books; 1000 when absent
		Own       bool          `json:"own,omitempty"`     // this ledger books it, not the ERP
	}
	// PaymentAllocated means parts of the cash for invoices.
	PaymentAllocated struct {
		Payment     PaymentID    `json:"payment"`
		Date        string       `json:"date"`
		Allocations []Allocation `json:"allocations"`
	}
	// AllocationReduced takes back what an invoice could not take.
	AllocationReduced struct {
		Payment PaymentID   `json:"payment"`
		Invoice InvoiceID   `json:"invoice"`
		By      money.Money `json:"by"`
	}
	// PaymentReversed: the bank took the cash back.
	PaymentReversed struct {
		Payment  PaymentID   `json:"payment"`
		Customer CustomerID  `json:"customer"`
		Document string      `json:"document"`
		Amount   money.Money `json:"amount"`
		Date     string      `json:"date"`
		Reason   string      `json:"reason"`
		Invoices []InvoiceID `json:"invoices,omitempty"`
		GL       Account     `json:"gl,omitempty"`
		Own      bool        `json:"own,omitempty"` // this ledger books it, not the ERP
	}
)

func (RemittanceAnnounced) EventType() string { return "RemittanceAnnounced" }
func (RemittanceHeld) EventType() string      { return "RemittanceHeld" }
func (PaymentReceived) EventType() string     { return "PaymentReceived" }
func (PaymentAllocated) EventType() string    { return "PaymentAllocated" }
func (AllocationReduced) EventType() string   { return "AllocationReduced" }
func (PaymentReversed) EventType() string     { return "PaymentReversed" }

// Commands of payments.
type (
	// AnnounceRemittance records the payer's advice, held if it does not add up.
	AnnounceRemittance struct{ RemittanceAnnounced }
	// ReceivePayment records cash. What a statement brought is booked by this
	// ledger, if its account's terms say so; it learns of them.
	ReceivePayment struct {
		PaymentReceived

		knowledge Knowledge
	}
	// AllocatePayment means parts of it for invoices.
	AllocatePayment struct{ PaymentAllocated }
	// ReduceAllocation takes back what an invoice could not take.
	ReduceAllocation struct{ AllocationReduced }
	// ReversePayment records that the bank took it back.
	ReversePayment struct {
		Payment  PaymentID `json:"payment"`
		Document string    `json:"document"`
		Date     string    `json:"date"`
		Reason   string    `json:"reason"`
	}
)

func (c AnnounceRemittance) Stream() Stream { return c.Payment.Stream() }
func (c ReceivePayment) Stream() Stream     { return c.Payment.Stream() }
func (c AllocatePayment) Stream() Stream    { return c.Payment.Stream() }
func (c ReduceAllocation) Stream() Stream   { return c.Payment.Stream() }
func (c ReversePayment) Stream() Stream     { return c.Payment.Stream() }

func (AnnounceRemittance) CommandName() string { return "AnnounceRemittance" }
func (ReceivePayment) CommandName() string     { return "ReceivePayment" }
func (AllocatePayment) CommandName() string    { return "AllocatePayment" }
func (ReduceAllocation) CommandName() string   { return "ReduceAllocation" }
func (ReversePayment) CommandName() string     { return "ReversePayment" }

func (c AnnounceRemittance) Decide(p Payment) ([]Event, error) {
	if p.Announced {
		if !c.Amount.Equal(p.Advised) || !slices.EqualFunc(c.Items, p.Items, RemittanceItem.same) {
			return nil, refuse(Conflict, "remittance %s was announced as %s with %d items; this advice says something else: ask the payer which one counts", c.Payment, p.Advised, len(p.Items))
		}
		return nil, nil
	}
	if err := CheckID("payment", string(c.Payment)); err != nil {
		return nil, err
	}
	if !c.Amount.IsSet() || c.Amount.IsNegative() {
		return nil, refuse(Invalid, "remittance %s: the amount %s is missing or negative", c.Payment, c.Amount)
	}
	rule, detail, err := c.addUp()
	if err != nil {
		return nil, refuseByRule(29, Invalid, "remittance %s: %v", c.Payment, err)
	}
	events := []Event{c.RemittanceAnnounced}
	if rule != 0 {
		events = append(events, RemittanceHeld{c.Payment, rule, detail})
	}
	return events, nil
}

// addUp checks the advice: the items sum to the payment (rule 45), and each
// item that states its gross foots (rule 46).
func (c AnnounceRemittance) addUp() (rule int, detail string, err error) {
	sum := money.Zero(c.Amount.Currency())
	for _, item := range c.Items {
		if sum, err = sum.Add(item.Paid); err != nil {
			return 0, "", err
		}
		if !item.Gross.IsSet() {
			continue
		}
		net := item.Gross
		if item.Discount.IsSet() {
			if net, err = net.Sub(item.Discount); err != nil {
				return 0, "", err
			}
		}
		for _, a := range item.Adjustments {
			if net, err = net.Add(a.Amount); err != nil {
				return 0, "", err
			}
		}
		if !net.Equal(item.Paid) && rule == 0 {
			rule, detail = 46, item.Place+": invoice "+item.Document+": gross less discount plus adjustments is "+net.String()+", paid is "+item.Paid.String()
		}
	}
	if !sum.Equal(c.Amount) {
		return 45, "the items sum to " + sum.String() + ", the payment is " + c.Amount.String(), nil
	}
	return rule, detail, nil
}

func (c ReceivePayment) Decide(p Payment) ([]Event, error) {
	if p.Received {
		if p.Amount.Equal(c.Amount) {
			return nil, nil
		}
		return nil, refuse(Conflict, "payment %s was received as %s, not %s", c.Payment, p.Amount, c.Amount)
	}
	if err := CheckID("payment", string(c.Payment)); err != nil {
		return nil, err
	}
	switch {
	case c.Amount.Sign() <= 0:
		return nil, refuse(Invalid, "payment %s: an amount of %s is no receipt", c.Payment, c.Amount)
	case c.Document == "" || c.Date == "":
		return nil, refuse(Invalid, "payment %s: the receipt's number or date is missing", c.Payment)
	}
	e := c.PaymentReceived
	if e.Own = e.Account != ""; e.Own {
		var err error
		if e.GL, err = c.bookedOn(); err != nil {
			return nil, err
		}
	}
	return []Event{e}, nil
}

func (c AllocatePayment) Decide(p Payment) ([]Event, error) {
	switch {
	case !p.Received:
		return nil, refuse(NotReady, "payment %s was not received", c.Payment)
	case p.Reversed:
		return nil, refuse(TooLate, "payment %s was reversed", c.Payment)
	}
	e := c.PaymentAllocated
	e.Allocations = nil
	left, err := p.Unallocated()
	if err != nil {
		return nil, err
	}
	for _, a := range c.Allocations {
		if slices.ContainsFunc(p.Allocations, func(b Allocation) bool { return b.Invoice == a.Invoice }) {
			continue
		}
		if a.Amount.Sign() <= 0 {
			return nil, refuseByRule(47, Invalid, "payment %s: %s cannot be applied to invoice %s", c.Payment, a.Amount, a.Invoice)
		}
		if left, err = left.Sub(a.Amount); err != nil {
			return nil, refuseByRule(29, Invalid, "payment %s: %v", c.Payment, err)
		}
		for _, d := range a.Deductions {
			if d.Amount.Sign() <= 0 || d.Amount.Currency() != a.Amount.Currency() {
				return nil, refuse(Invalid, "payment %s: a deduction of %s from invoice %s", c.Payment, d.Amount, a.Invoice)
			}
		}
		if left.IsNegative() {
			return nil, refuseByRule(47, Conflict, "payment %s: allocations exceed it by %s", c.Payment, left.Neg())
		}
		// The payer may name an invoice twice; it is applied once.
		if i := slices.IndexFunc(e.Allocations, func(b Allocation) bool { return b.Invoice == a.Invoice }); i >= 0 {
			if e.Allocations[i].Amount, err = e.Allocations[i].Amount.Add(a.Amount); err != nil {
				return nil, err
			}
			e.Allocations[i].Reason = cmp.Or(e.Allocations[i].Reason, a.Reason)
			e.Allocations[i].Deductions = append(slices.Clip(e.Allocations[i].Deductions), a.Deductions...)
			continue
		}
		e.Allocations = append(e.Allocations, a)
	}
	if len(e.Allocations) == 0 {
		return nil, nil
	}
	return []Event{e}, nil
}

func (c ReduceAllocation) Decide(p Payment) ([]Event, error) {
	for _, a := range p.Allocations {
		if a.Invoice == c.Invoice {
			if over, err := c.By.Cmp(a.Amount); err != nil || over > 0 || c.By.Sign() <= 0 {
				return nil, refuse(Conflict, "payment %s: %s was meant for invoice %s, %s cannot be taken back", c.Payment, a.Amount, c.Invoice, c.By)
			}
			return []Event{c.AllocationReduced}, nil
		}
	}
	return nil, nil
}

func (c ReversePayment) Decide(p Payment) ([]Event, error) {
	switch {
	case !p.Received:
		return nil, refuse(NotFound, "payment %s was not received", c.Payment)
	case p.Reversed:
		return nil, nil
	case c.Reason == "":
		return nil, refuse(Invalid, "payment %s: a reversal needs its reason", c.Payment)
	}
	e := PaymentReversed{Payment: p.ID, Customer: p.Customer, Document: c.Document, Amount: p.Amount, Date: c.Date, Reason: c.Reason, GL: p.GL, Own: p.Own}
	for _, a := range p.Allocations {
		e.Invoices = append(e.Invoices, a.Invoice)
	}
	return []Event{e}, nil
}

// Unallocated is the cash that is not meant for an invoice and was not given
// back.
func (p Payment) Unallocated() (money.Money, error) {
	left := p.Amount
	for _, a := range p.Allocations {
		var err error
		if left, err = left.Sub(a.Amount); err != nil {
			return left, err
		}
	}
	refunded, err := p.Refunded()
	if err != nil {
		return left, err
	}
	return left.Sub(refunded)
}

// Evolve applies an event to the payment.
func (p Payment) Evolve(e Event) Payment {
	switch e := e.(type) {
	case RemittanceAnnounced:
		p.ID, p.Announced, p.Advised, p.Items = e.Payment, true, e.Amount, e.Items
	case RemittanceHeld:
		p.Held = e.Detail
	case PaymentReceived:
		p.ID, p.Received, p.Customer, p.Amount, p.Date = e.Payment, true, e.Customer, e.Amount, e.Date
		p.Account, p.GL, p.Own = e.Account, e.GL, e.Own
	case ReceiptMatched:
		p.Match = e.Movement
	case RemittanceMatched:
		p.Advises = e.Receipt
	case PaymentAllocated:
		p.Allocations = append(slices.Clip(p.Allocations), e.Allocations...)
	case AllocationReduced:
		p.Allocations = slices.Clone(p.Allocations)
		for i, a := range p.Allocations {
			if a.Invoice == e.Invoice {
				if rest, err := a.Amount.Sub(e.By); err == nil {
					p.Allocations[i].Amount = rest
				}
			}
		}
	case PaymentRefunded:
		p.Refunds = append(slices.Clip(p.Refunds), Refund{e.Refund, e.Amount})
	case PaymentReversed:
		p.Reversed = true
	}
	return p
}
