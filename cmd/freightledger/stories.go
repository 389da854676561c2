package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/desk"
	"github.com/freightledger/freightledger/integrations/freightgen"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/projections/erp"
	"github.com/freightledger/freightledger/projections/views"
)

// told is what has happened of the stories so far.
type told struct {
	payments map[string]domain.PaymentID // by customer and reference
	numbers  map[domain.InvoiceID]string
	open     map[string]domain.MovementID // by amount
	dead     []freightgen.DeadLetter
}

// toldOf is what one story knows of it.
type toldOf struct {
	*told
	customer string
}

func (t toldOf) Payment(ref string) domain.PaymentID      { return t.payments[t.customer+" "+ref] }
func (t toldOf) Number(id domain.InvoiceID) string        { return t.numbers[id] }
func (t toldOf) Movement(amount string) domain.MovementID { return t.open[amount] }
func (t toldOf) DeadLetters() []freightgen.DeadLetter     { return t.dead }
func (t toldOf) put(ref string, payment domain.PaymentID) { t.payments[t.customer+" "+ref] = payment }

// tellStories lets all stories happen side by side, a step at a time, and holds
// every customer's account against the story's own arithmetic.
func (a *app) tellStories(ctx context.Context, l *ledger, stories []freightgen.Story) error {
	// Who pays what is a part of the stories, and a receipt of which the answer
	// is lost cannot be told from one that was not booked.
	if err := errors.Join(l.books.SetAutoPay(ctx, sandboxerp.AutoPay{}), l.books.SetFaults(ctx, sandboxerp.Faults{})); err != nil {
		return err
	}
	so := &told{payments: map[string]domain.PaymentID{}, numbers: map[domain.InvoiceID]string{}}
	steps := 0
	for _, s := range stories {
		steps = max(steps, len(s.Steps))
	}
	for step := 1; step <= steps; step++ {
		if err := a.tellStep(ctx, l, stories, step, so); err != nil {
			return fmt.Errorf("step %d of the stories: %w", step, err)
		}
	}
	return a.checkStories(ctx, l, stories)
}

func (a *app) tellStep(ctx context.Context, l *ledger, stories []freightgen.Story, step int, so *told) error {
	var commands []domain.Command
	var messages []freightgen.File
	var known []freightgen.Customer
	refuses, replays := 0, false
	for _, s := range stories {
		if max(s.Stranger, 1) == step {
			known = append(known, s.Customer)
		}
		if step > len(s.Steps) {
			continue
		}
		now, story := s.Steps[step-1], toldOf{so, s.Customer.Code}
		refuses, replays = refuses+now.Refuses, replays || now.Replays
		happened, files, err := story.happens(ctx, l, now)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		commands, messages = append(commands, happened...), append(messages, files...)
	}
	if len(known) > 0 {
		if err := l.books.PutCustomers(ctx, erpCustomers(known)); err != nil {
			return err
		}
		if _, err := erp.SyncCustomers(ctx, l.books, l.exec); err != nil {
			return err
		}
	}
	content, err := freightgen.Lines(commands)
	if err != nil {
		return err
	}
	messages = append([]freightgen.File{{Channel: desk.Channel, Name: fmt.Sprintf("stories-%d.jsonl", step), Content: content}}, messages...)
	for _, m := range messages {
		report, err := l.take(ctx, inbox.Content{Channel: m.Channel, Name: m.Name, Bytes: m.Content})
		if err != nil {
			return err
		}
		for _, r := range report.Refused {
			if refuses--; refuses < 0 {
				return fmt.Errorf("%s, %s, was refused: %s", m.Name, r.Place, r.Reason)
			}
		}
	}
	if replays {
		if _, err := l.replayAll(ctx); err != nil {
			return err
		}
	}
	return so.settle(ctx, l, step, stories)
}

// happens lets a step happen outside, and gives what comes in of it.
func (t toldOf) happens(ctx context.Context, l *ledger, now freightgen.Step) (commands []domain.Command, messages []freightgen.File, err error) {
	for _, account := range now.Accounts {
		if err := l.books.PutAccount(ctx, account, sandboxerp.AccountInput{Name: "bank of the stories", Type: "asset"}); err != nil {
			return nil, nil, err
		}
	}
	if now.Closes != "" {
		if err := l.books.SetPeriod(ctx, now.Closes, "closed"); err != nil {
			return nil, nil, err
		}
	}
	if err := t.receive(ctx, l, now.Receipts); err != nil {
		return nil, nil, err
	}
	if commands, err = t.giveBack(ctx, l, now.Returned); err != nil {
		return nil, nil, err
	}
	if now.Commands != nil {
		commands = append(commands, now.Commands(t)...)
	}
	if now.Messages != nil {
		messages, err = now.Messages(t)
	}
	return commands, messages, err
}

// receive lets the bank book receipts.
func (t toldOf) receive(ctx context.Context, l *ledger, receipts []freightgen.Receipt) error {
	for _, r := range receipts {
		booked, err := l.books.PutReceipt(ctx, sandboxerp.ReceiptInput{Invoice: t.numbers[r.Invoice], Customer: t.customer, Amount: r.Amount, Currency: "USD",
			Date: r.Date, Reference: t.customer + " " + r.Ref, Remittance: t.numbers[r.Invoice]})
		if err != nil {
			return err
		}
		t.put(r.Ref, domain.PaymentID(booked.Number))
	}
	return nil
}

// giveBack lets the ERP book what its bank takes back, and tells the ledger.
func (t toldOf) giveBack(ctx context.Context, l *ledger, returned []freightgen.Returned) ([]domain.Command, error) {
	var commands []domain.Command
	for _, r := range returned {
		booked, err := l.books.ReturnReceipt(ctx, string(t.Payment(r.Ref)), sandboxerp.ReturnInput{Date: r.Date, Reason: r.Reason})
		if err != nil {
			return nil, err
		}
		commands = append(commands, domain.ReversePayment{Payment: t.Payment(r.Ref), Document: booked.Number, Date: booked.Date, Reason: r.Reason})
	}
	return commands, nil
}

// settle carries a step as far as it goes. Behind the first, the ERP is not
// asked yet: an invoice is voided before it has it.
func (t *told) settle(ctx context.Context, l *ledger, step int, stories []freightgen.Story) error {
	if step == 1 {
		if _, err := l.flow.Settle(ctx, nil); err != nil {
			return err
		}
		if err := l.refresh(ctx); err != nil {
			return err
		}
	} else if _, err := l.settle(ctx); err != nil {
		return err
	}
	for _, s := range stories {
		invoices, err := l.views.Invoices(ctx, views.InvoiceFilter{Customer: domain.CustomerID(s.Customer.Code)})
		if err != nil {
			return err
		}
		for _, v := range invoices {
			t.numbers[v.ID] = v.Number
		}
	}
	movements, err := l.views.Movements(ctx, views.MovementFilter{Open: true})
	if err != nil {
		return err
	}
	t.open = map[string]domain.MovementID{}
	for _, m := range movements {
		t.open[m.Amount.Format()] = m.Movement
	}
	dead, err := l.views.DeadLetters(ctx, views.ItemKey{}, 0)
	t.dead = nil
	for _, d := range dead {
		t.dead = append(t.dead, freightgen.DeadLetter{Message: d.Message, Item: d.Item, Kind: d.Kind})
	}
	return err
}

// checkStories holds every account against its story's end.
func (a *app) checkStories(ctx context.Context, l *ledger, stories []freightgen.Story) error {
	table := a.table("story", "billed", "credited", "paid", "written off", "open", "what it shows")
	var off []string
	for _, s := range stories {
		stands, err := l.account(ctx, domain.CustomerID(s.Customer.Code))
		if err != nil {
			return err
		}
		if stands != s.Ends {
			off = append(off, fmt.Sprintf("%s stands at %+v, and should at %+v", s.Name, stands, s.Ends))
		}
		table.row(s.Name, stands.Billed, stands.Credited, stands.Paid, stands.WrittenOff, stands.Open, s.Tells)
	}
	if err := table.flush(); err != nil {
		return err
	}
	if off != nil {
		return errors.New(strings.Join(off, "; "))
	}
	fmt.Fprintf(a.out, "\n%s, each as it was computed by hand.\n", plural(len(stories), "story", "stories"))
	return nil
}

// account sums a customer's invoices and cash from their states.
func (l *ledger) account(ctx context.Context, id domain.CustomerID) (ends freightgen.Ends, err error) {
	zero := money.Zero("USD")
	billed, credited, paid, writtenOff, open, unapplied := zero, zero, zero, zero, zero, zero
	invoices, err := l.views.Invoices(ctx, views.InvoiceFilter{Customer: id})
	if err != nil {
		return ends, err
	}
	for _, found := range invoices {
		state, err := l.exec.State(ctx, found.ID.Stream())
		if err != nil {
			return ends, err
		}
		v := state.(domain.Invoice)
		if v.Number == "" || v.Status == domain.InvoiceIsVoid {
			continue
		}
		open, err = sum(open, found.Open, err)
		billed, err = sum(billed, v.Total, err)
		for _, c := range v.Credits {
			for _, line := range c.Lines {
				credited, err = sum(credited, line.Amount, err)
				credited, err = sum(credited, line.Tax, err)
			}
		}
		for _, p := range v.Applied {
			paid, err = sum(paid, p.Amount, err)
		}
		lost, lostErr := v.WrittenOff()
		if writtenOff, err = sum(writtenOff, lost, errors.Join(err, lostErr)); err != nil {
			return ends, err
		}
	}
	payments, err := l.views.Payments(ctx, views.PaymentFilter{Customer: id})
	for _, p := range payments {
		unapplied, err = sum(unapplied, p.Unapplied, err)
	}
	return freightgen.Ends{Billed: billed.Format(), Credited: credited.Format(), Paid: paid.Format(), WrittenOff: writtenOff.Format(), Open: open.Format(), Unapplied: unapplied.Format()}, err
}

func sum(to, m money.Money, err error) (money.Money, error) {
	if err != nil {
		return to, err
	}
	return to.Add(m)
}
