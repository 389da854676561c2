package erp

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/domain"
)

// What banks' statements book comes into history where they are taken in. Here
// it is meant for invoices; and what the ERP says of the same money is noted,
// never received, and matched.

// booked keeps of a page what the ERP books, and notes the rest: what a bank's
// statements book, or have booked already.
func (c *Cash) booked(ctx context.Context, page []domain.PaymentReceived, report *CashReport) ([]domain.PaymentReceived, error) {
	if c.banks == nil {
		return page, nil
	}
	own := make([]domain.PaymentReceived, 0, len(page))
	for _, p := range page {
		account, elsewhere, err := c.elsewhere(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("receipt %s: %w", p.Document, err)
		}
		if !elsewhere {
			own = append(own, p)
			continue
		}
		cmd := domain.NoteMovement{MovementNoted: noted(p, account)}
		if _, err := execute(ctx, c.exec, cmd, uuid.NewSHA1(namespace, []byte(cmd.Stream())), uuid.Nil, "receipts of "+c.erp); err != nil {
			var refusal *domain.Refusal
			if !errors.As(err, &refusal) {
				return nil, fmt.Errorf("receipt %s: %w", p.Document, err)
			}
		}
		report.Noted++
	}
	return own, nil
}

// elsewhere tells a receipt whose money a bank's statements book: by the terms
// of its account on its day, or because they have done so under a reference of
// it. What was received before stays received.
func (c *Cash) elsewhere(ctx context.Context, p domain.PaymentReceived) (account domain.BankAccountID, yes bool, err error) {
	if !p.Amount.IsSet() {
		return "", false, nil
	}
	state, err := c.exec.State(ctx, p.Payment.Stream())
	if err != nil {
		return "", false, err
	}
	if before, ok := state.(domain.Payment); ok && before.Received {
		return "", false, nil
	}
	if account, yes, err = c.banks.BooksItself(ctx, p.BankGL(), p.Amount.Currency(), p.Date); yes || err != nil {
		return account, yes, err
	}
	m := noted(p, "")
	receipts, err := c.banks.Unmatched(ctx, m)
	if err != nil {
		return "", false, err
	}
	for _, r := range receipts {
		if domain.LikenessOf(m, r) == domain.SameMoney {
			return r.Account, true, nil
		}
	}
	return "", false, nil
}

// noted is a receipt of the ERP as a movement.
func noted(p domain.PaymentReceived, account domain.BankAccountID) domain.MovementNoted {
	m := domain.MovementNoted{Movement: domain.MovementID("erp-" + p.Payment), Account: account, GL: p.BankGL(), Seen: domain.CashFromERP, BookedBy: domain.CashFromBank,
		Kind: domain.MovementReceipt, Reason: "the bank's statements book the receipts of this account", Amount: p.Amount, Date: p.Date, Document: p.Document, Customer: p.Customer}
	for _, r := range []string{p.Reference, p.Invoice} {
		if r != "" {
			m.References = append(m.References, r)
		}
	}
	return m
}

// fromBanks means what statements brought for invoices, but for what was tried
// in this run.
func (c *Cash) fromBanks(ctx context.Context, tried map[domain.PaymentID]bool, report *CashReport) error {
	after := domain.PaymentID("")
	for {
		page, err := c.banks.Received(ctx, after, 500)
		if err != nil {
			return fmt.Errorf("list what statements brought after %q: %w", after, err)
		}
		if len(page) == 0 {
			return nil
		}
		after = page[len(page)-1].Payment
		fresh := page[:0]
		for _, p := range page {
			if !tried[p.Payment] {
				fresh = append(fresh, p)
			}
		}
		if err := c.take(ctx, fresh, "", report); err != nil {
			return err
		}
	}
}

// sum is what movements and payments have in common that may be the same money.
type sum struct {
	gl     domain.Account
	amount string
	booked domain.CashSource
}

// recognise matches movements with the payments that are the same money.
func (c *Cash) recognise(ctx context.Context, report *CashReport) error {
	groups := map[sum][]domain.MovementNoted{}
	after := domain.MovementID("")
	for {
		page, err := c.banks.Noted(ctx, after, 500)
		if err != nil {
			return fmt.Errorf("list movements after %q: %w", after, err)
		}
		if len(page) == 0 {
			break
		}
		after = page[len(page)-1].Movement
		for _, m := range page {
			key := sum{m.GL, m.Amount.String(), m.BookedBy}
			groups[key] = append(groups[key], m)
		}
	}
	for key, movements := range groups {
		receipts, err := c.banks.Unmatched(ctx, movements[0])
		if err != nil {
			return fmt.Errorf("look for payments of %s: %w", key.amount, err)
		}
		for i, j := range domain.Pairs(movements, receipts) {
			m := movements[i]
			cmd := domain.MatchReceipt{ReceiptMatched: domain.ReceiptMatched{Payment: receipts[j].Payment, Movement: m.Movement, Document: m.Document, Date: m.Date, By: "freightledger"}}
			result, err := execute(ctx, c.exec, cmd, uuid.NewSHA1(namespace, []byte(m.Movement.Stream())), uuid.Nil, "cash")
			var refusal *domain.Refusal
			if err != nil && !errors.As(err, &refusal) {
				return fmt.Errorf("match movement %s: %w", m.Movement, err)
			}
			report.Matched += len(result.Events)
		}
	}
	return nil
}

// advice is what a payer has announced of a receipt, as far as it adds up. What
// a statement brought claims it: an advice announces one receipt.
func (c *Cash) advice(ctx context.Context, p domain.PaymentReceived) (items []domain.RemittanceItem, announced bool, err error) {
	if p.Account == "" || c.banks == nil {
		if p.Reference == "" {
			return nil, false, nil
		}
		return c.invoices.RemittanceByReference(ctx, p.Reference)
	}
	id, items, announced, err := c.banks.Advice(ctx, p)
	if err != nil || !announced || id == p.Payment {
		return items, announced, err
	}
	cmd := domain.MatchRemittance{RemittanceMatched: domain.RemittanceMatched{Payment: id, Receipt: p.Payment}}
	_, err = execute(ctx, c.exec, cmd, uuid.NewSHA1(namespace, []byte(p.Payment.Stream())), uuid.Nil, "cash")
	var refusal *domain.Refusal
	if errors.As(err, &refusal) {
		err = nil // it announced one that has bounced since
	}
	return items, announced, err
}
