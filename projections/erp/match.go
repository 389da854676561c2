package erp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// target is an invoice that a payment is to pay.
type target struct {
	number string
	most   money.Money // that the payer means for it; unset: whatever is open
	reason string      // of a short pay
	kept   []domain.Deduction
}

// match means what is left of a payment for the invoices it pays, and says what
// then is left and why. The Reason is empty when nothing is left.
func (c *Cash) match(ctx context.Context, p domain.PaymentReceived) (rest Unapplied, meant bool, err error) {
	state, err := c.exec.State(ctx, p.Payment.Stream())
	if err != nil {
		return rest, false, err
	}
	payment, ok := state.(domain.Payment)
	if !ok || payment.Reversed {
		return rest, false, nil
	}
	left, err := payment.Unallocated()
	if err != nil || left.Sign() <= 0 {
		return rest, false, err
	}
	targets, reason, err := c.targets(ctx, p)
	if err != nil {
		return rest, false, err
	}
	allocations, err := c.oldestFirst(ctx, p, payment, len(targets) > 0)
	if err != nil {
		return rest, false, err
	}
	for _, a := range allocations {
		if left, err = left.Sub(a.Amount); err != nil {
			return rest, false, fmt.Errorf("pay invoice %s: %w", a.Invoice, err)
		}
	}
	for _, t := range targets {
		if left.Sign() <= 0 {
			break
		}
		id, open, ok, err := c.invoices.InvoiceByNumber(ctx, t.number)
		switch {
		case err != nil:
			return rest, false, fmt.Errorf("look invoice %s up: %w", t.number, err)
		case !ok:
			reason = fmt.Sprintf("there is no invoice %.80s", t.number)
			continue
		case open.Currency() != left.Currency():
			reason = fmt.Sprintf("invoice %s is in %s", t.number, open.Currency())
			continue
		case slices.ContainsFunc(payment.Allocations, func(a domain.Allocation) bool { return a.Invoice == id }),
			slices.ContainsFunc(allocations, func(a domain.Allocation) bool { return a.Invoice == id }):
			reason = fmt.Sprintf("invoice %s has its part of it already", t.number)
			continue
		}
		amount, err := left.Min(open)
		if err == nil && t.most.IsSet() {
			amount, err = amount.Min(t.most)
		}
		if err != nil {
			return rest, false, fmt.Errorf("pay invoice %s: %w", t.number, err)
		}
		if amount.Sign() <= 0 {
			reason = fmt.Sprintf("nothing is open on invoice %s", t.number)
			continue
		}
		a := domain.Allocation{Invoice: id, Amount: amount}
		if short, err := amount.Cmp(open); err == nil && short < 0 {
			a.Reason, a.Deductions = t.reason, t.kept
		}
		allocations = append(allocations, a)
		if left, err = left.Sub(amount); err != nil {
			return rest, false, fmt.Errorf("pay invoice %s: %w", t.number, err)
		}
	}
	if len(allocations) > 0 {
		cmd := domain.AllocatePayment{PaymentAllocated: domain.PaymentAllocated{Payment: p.Payment, Date: p.Date, Allocations: allocations}}
		result, err := execute(ctx, c.exec, cmd, uuid.NewSHA1(namespace, []byte(p.Payment.Stream())), uuid.Nil, "receipts of "+c.erp)
		if err != nil {
			return rest, false, err
		}
		meant = len(result.Events) > 0
	}
	if left.Sign() <= 0 {
		return rest, meant, nil
	}
	if reason == "" {
		reason = "it is more than its invoices take"
	}
	return Unapplied{Left: left, Reason: reason}, meant, nil
}

// oldestFirst means cash that nothing was advised of for the customer's oldest
// items, if its rules say so.
func (c *Cash) oldestFirst(ctx context.Context, p domain.PaymentReceived, payment domain.Payment, advised bool) ([]domain.Allocation, error) {
	if advised || p.Invoice != "" {
		return nil, nil
	}
	state, err := c.exec.State(ctx, p.Customer.Stream())
	if err != nil {
		return nil, err
	}
	if customer, ok := state.(domain.Customer); !ok || !customer.Rules.OldestFirst {
		return nil, nil
	}
	// Receipts are matched side by side, and must not all find the same item.
	c.mu.Lock()
	defer c.mu.Unlock()
	items, err := c.invoices.OpenItems(ctx, p.Customer)
	if err != nil {
		return nil, fmt.Errorf("look open items of customer %s up: %w", p.Customer, err)
	}
	var free []domain.OpenItem
	for _, item := range items {
		if slices.ContainsFunc(payment.Allocations, func(a domain.Allocation) bool { return a.Invoice == item.Invoice }) {
			continue // it is applied to an invoice once
		}
		if meant, ok := c.meant[item.Invoice]; ok {
			if item.Open, err = item.Open.Sub(meant); err != nil {
				return nil, fmt.Errorf("open item %s: %w", item.Number, err)
			}
		}
		free = append(free, item)
	}
	left, err := payment.Unallocated()
	if err != nil {
		return nil, err
	}
	allocations, err := domain.OldestFirst(left, free)
	if err != nil {
		return nil, err
	}
	for _, a := range allocations {
		sum := a.Amount
		if meant, ok := c.meant[a.Invoice]; ok {
			if sum, err = sum.Add(meant); err != nil {
				return nil, err
			}
		}
		c.meant[a.Invoice] = sum
	}
	return allocations, nil
}

// targets are the invoices that a payment names, or that the remittance with
// its reference names; reason says why there is none.
func (c *Cash) targets(ctx context.Context, p domain.PaymentReceived) (targets []target, reason string, err error) {
	items, announced, err := c.advice(ctx, p)
	if err != nil {
		return nil, "", fmt.Errorf("look remittance %.80s up: %w", p.Reference, err)
	}
	if p.Invoice != "" {
		t := target{number: p.Invoice}
		for _, item := range items {
			if item.Document == p.Invoice {
				t.reason, t.kept = adjustments(item), item.Deductions()
			}
		}
		_, _, known, err := c.invoices.InvoiceByNumber(ctx, p.Invoice)
		if err != nil {
			return nil, "", fmt.Errorf("look invoice %.80s up: %w", p.Invoice, err)
		}
		if known || !announced {
			return []target{t}, "", nil
		}
	}
	for _, item := range items {
		targets = append(targets, target{item.Document, item.Paid, adjustments(item), item.Deductions()})
	}
	switch {
	case !announced && p.Reference == "":
		reason = "it names neither an invoice nor a reference"
	case !announced:
		reason = fmt.Sprintf("it names no invoice, and no remittance %.80s was announced", p.Reference)
	case len(items) == 0:
		reason = fmt.Sprintf("remittance %.80s names no invoice", p.Reference)
	}
	return targets, reason, nil
}

// adjustments lists the reasons that a payer gives for paying otherwise.
func adjustments(item domain.RemittanceItem) string {
	var reasons []string
	for _, a := range item.Adjustments {
		if a.Reason != "" && !slices.Contains(reasons, a.Reason) {
			reasons = append(reasons, a.Reason)
		}
	}
	return strings.Join(reasons, ", ")
}
