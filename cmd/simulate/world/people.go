package world

import (
	"errors"
	"fmt"
	"time"

	"github.com/freightledger/freightledger/cmd/simulate/kernel"
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
)

// people are those who use freightledger: desks, carriers, approvers, and the
// programs of customers. They see the history as it is when they decide, and
// act on it a little later. Whoever gets no answer asks again, with the same id.
type people struct {
	w       *World
	actions []action
	weights int
	waiting int // calls without an answer
	open    bool
	count   int

	shipments []domain.ShipmentID
	invoices  []domain.InvoiceID // issued
	drafts    []domain.InvoiceID // opened, perhaps not issued
	payments  []domain.PaymentID
	disputes  []domain.DisputeID
	rejected  []string // documents, ever

	slips int // one in so many invoices is seen to be wrong at once
}

// action is something that somebody does; it gives nothing when there is
// nothing to do.
type action struct {
	name   string
	weight int
	do     func(*people) domain.Command
}

// call is a command on its way.
type call struct {
	id      uuid.UUID
	command domain.Command
	actor   string
	told    int // answers
	then    func()
	events  []uuid.UUID
}

func newPeople(w *World) *people {
	p := &people{w: w, slips: w.k.Int(8)}
	for _, a := range actions() {
		// A life without some of it goes further in the rest.
		if w.k.OneIn(5) && a.weight > 0 {
			continue
		}
		a.weight *= w.k.Between(1, 3)
		p.weights += a.weight
		p.actions = append(p.actions, a)
	}
	return p
}

// learn notes what there is to act upon.
func (p *people) learn(e eventstore.Decoded) {
	switch e := e.Event.(type) {
	case domain.OrderReleased:
		p.shipments = append(p.shipments, e.Shipment)
	case domain.CandidateOpened:
		p.drafts = append(p.drafts, e.Candidate.ID())
	case domain.InvoiceIssued:
		p.invoices = append(p.invoices, e.Invoice)
		if p.w.k.OneIn(p.slips) { // before the ERP holds it
			p.askWithin(2*time.Second, domain.VoidInvoice{Invoice: e.Invoice, Date: p.today(), Reason: "wrong customer", By: "billing"})
		}
	case domain.PaymentReceived:
		p.payments = append(p.payments, e.Payment)
		p.w.bank.receipts[e.Payment] = e.Document
	case domain.MovementNoted:
		p.w.account.noted(e)
	case domain.DisputeOpened:
		p.disputes = append(p.disputes, e.Dispute)
	case domain.PostingRejected:
		p.rejected = append(p.rejected, e.Document)
	}
}

// work has somebody do something, and again later, until an instant.
func (p *people) work(until time.Time) {
	k := p.w.k
	k.After(k.During(time.Minute, p.w.cfg.pace), "people", func() {
		if k.Now().After(until) {
			return
		}
		p.act()
		p.work(until)
	})
}

// act does something that chance picks, and if nothing of the kind is to be
// done, something else.
func (p *people) act() {
	for range 5 {
		at := p.w.k.Int(p.weights)
		for _, a := range p.actions {
			if at -= a.weight; at < 0 {
				if c := a.do(p); c != nil {
					p.ask(c)
					return
				}
				break
			}
		}
	}
}

// ask sends a command, some time after it was thought of.
func (p *people) ask(c domain.Command) {
	if !p.mail(c) {
		p.askWithin(2*time.Minute, c)
	}
}

// askThen goes on when the command has its first answer.
func (p *people) askThen(c domain.Command, then func()) { p.call(2*time.Minute, c, then) }

func (p *people) askWithin(d time.Duration, c domain.Command) { p.call(d, c, nil) }

func (p *people) call(d time.Duration, c domain.Command, then func()) {
	k := p.w.k
	request := &call{id: k.UUID(), command: c, actor: "desk", then: then}
	p.waiting++
	k.After(k.During(0, d), "call", func() { p.send(request) })
}

// send asks a process, and again until one answers.
func (p *people) send(c *call) {
	w, k := p.w, p.w.k
	n := w.free()
	if n == nil {
		k.After(k.During(100*time.Millisecond, 5*time.Second), "call again", func() { p.send(c) })
		return
	}
	n.busy = true
	result, err := n.exec.Execute(n.ctx, c.command, eventstore.Request{ID: c.id, Actor: c.actor, Via: "POST /v1"})
	n.busy = false
	var no *domain.Refusal
	switch {
	case k.Failed() != nil:
	case err == nil:
		k.Tracef("%s answers %s %s on %s: %d events, repeated %t", n.name, c.command.CommandName(), short(c.id), c.command.Stream(), len(result.Events), result.Repeated)
		p.answered(c, result)
	case errors.As(err, &no):
		k.Tracef("%s refuses %s %s on %s: %v", n.name, c.command.CommandName(), short(c.id), c.command.Stream(), no)
		k.Count("refused: " + c.command.CommandName())
		if c.events != nil {
			k.Fail(oneEffect, "%s %s was acknowledged, and is refused when it comes again: %v", c.command.CommandName(), c.id, no)
		}
		p.over(c)
		c.told++
	default:
		k.Tracef("%s: %s %s on %s: %v", n.name, c.command.CommandName(), short(c.id), c.command.Stream(), err)
		w.expect("API", err)
		k.After(k.During(10*time.Millisecond, 10*time.Second), "call again", func() { p.send(c) })
	}
}

// answered checks an answer, and now and then delivers the command once more.
func (p *people) answered(c *call, result eventstore.Result) {
	k := p.w.k
	p.w.check.told(c.id, result)
	var ids []uuid.UUID
	for _, e := range result.Events {
		ids = append(ids, e.ID)
	}
	if c.events != nil && fmt.Sprint(ids) != fmt.Sprint(c.events) {
		k.Fail(oneEffect, "%s %s was acknowledged with events %v, and with %v when it came again", c.command.CommandName(), c.id, c.events, ids)
	}
	if c.told == 0 && len(ids) > 0 {
		k.Count("acknowledged: " + c.command.CommandName())
	}
	c.events = ids
	p.over(c)
	if c.told++; c.told < 3 && p.w.fires(p.w.faults.repeated, "command delivered again") {
		k.After(k.During(0, 24*time.Hour), "call repeated", func() { p.send(c) })
	}
}

// over notes the first answer to a call.
func (p *people) over(c *call) {
	if c.told > 0 {
		return
	}
	p.waiting--
	if c.then != nil {
		c.then()
	}
}

// name is a new one.
func (p *people) name(prefix string) string {
	p.count++
	return fmt.Sprintf("%s%d", prefix, p.count)
}

// anyOf picks one of a list, the later ones rather; false when there is none.
func anyOf[T any](k *kernel.Kernel, list []T) (one T, ok bool) {
	if len(list) == 0 {
		return one, false
	}
	if k.OneIn(2) {
		list = list[max(0, len(list)-5):]
	}
	return kernel.Pick(k, list), true
}

// state is a stream's as the history has it now.
func state[S any](w *World, s domain.Stream) S {
	found, _ := w.check.states[s].(S)
	return found
}

func (p *people) shipment() (domain.Shipment, bool) {
	id, ok := anyOf(p.w.k, p.shipments)
	return state[domain.Shipment](p.w, id.Stream()), ok
}

func (p *people) invoice() (domain.Invoice, bool) {
	id, ok := anyOf(p.w.k, p.invoices)
	return state[domain.Invoice](p.w, id.Stream()), ok
}

// now is a moment about now.
func (p *people) now() domain.Moment { return domain.MomentIn(p.w.k.Now().Truncate(time.Second), nil) }

// today is a civil date about now.
func (p *people) today() string { return p.w.k.Now().UTC().Format(domain.DayLayout) }

// amount draws an amount of a currency.
func (p *people) amount(currency money.Currency, most int) money.Money {
	return money.FromMinor(int64(p.w.k.Between(1, most)), currency)
}

// part draws a part of an amount, not always a proper one.
func (p *people) part(whole money.Money) money.Money {
	minor, err := whole.Minor()
	if err != nil || minor == 0 {
		return whole
	}
	return money.FromMinor(max(minor*int64(p.w.k.Between(1, 4))/4, min(minor, 1)), whole.Currency())
}
