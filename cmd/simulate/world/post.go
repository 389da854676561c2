package world

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/freightledger/freightledger/domain"
	statements "github.com/freightledger/freightledger/integrations/bank"
	"github.com/freightledger/freightledger/integrations/desk"
	"github.com/freightledger/freightledger/integrations/edi"
	"github.com/freightledger/freightledger/integrations/inbox"
	"github.com/freightledger/freightledger/projections/views"
)

// post is what reaches freightledger as messages, through its inbox: late,
// twice, in any order. A message that no process has taken in is sent again.
type post struct {
	w        *World
	sent     []domain.MessageID // in order of their first sending
	contents map[domain.MessageID]inbox.Content
	spoiled  map[domain.MessageID]bool
	control  int // of the last interchange
}

// invoiceNumbers finds invoices' numbers in what payers write, as the program
// does.
var invoiceNumbers = regexp.MustCompile(`\b(?:` + domain.InvoiceSeries + `|` + domain.DebitSeries + `)-\d{4}-\d{6,}\b`)

// reader is how a process cuts a channel's messages into items.
func (n *node) reader(channel string) inbox.Reader {
	switch channel {
	case desk.Channel:
		return desk.Items
	case edi.Channel:
		m := edi.Mapper{Shipments: edi.States{Exec: n.exec}, Lookup: views.NewReferences(n.views)}
		return m.Items
	}
	states, banks := statements.States{Exec: n.exec}, views.NewBanks(n.views, n.exec)
	m := &statements.Mapper{Accounts: states, Payments: states, Receipts: banks, Statements: states, Options: statements.Options{InvoiceNumbers: []*regexp.Regexp{invoiceNumbers}}}
	return m.Camt053
}

// current tells whether the read models know all that was recorded, which a
// process waits for before it reads a message.
func (n *node) current(ctx context.Context) bool {
	at, err := n.viewDB.Checkpoint(ctx, n.w.projection)
	return err == nil && at.Position == n.w.history.head()
}

// deliver sends a message in a while.
func (p *post) deliver(c inbox.Content, in time.Duration) {
	id := c.ID()
	if _, again := p.contents[id]; !again {
		p.sent, p.contents[id] = append(p.sent, id), c
	}
	p.hand(in, "message "+c.Name, func(ctx context.Context, n *node) (inbox.Report, error) {
		return n.inbox.Take(ctx, c, n.reader(c.Channel), nil)
	}, nil)
}

// replay has one item of a message tried again.
func (p *post) replay(id domain.MessageID, item string) {
	c := p.contents[id]
	p.hand(p.w.k.During(0, time.Minute), "item "+item+" of "+c.Name, func(ctx context.Context, n *node) (inbox.Report, error) {
		report, err := n.inbox.Replay(ctx, id, item, c.Bytes, n.reader(c.Channel))
		var no *domain.Refusal
		if errors.As(err, &no) {
			err = nil // it is not there, or stands for nothing any more
		}
		return report, err
	}, nil)
}

// hand gives a process something to do with a message, until one has done it.
func (p *post) hand(in time.Duration, what string, do func(context.Context, *node) (inbox.Report, error), then func(inbox.Report)) {
	w, k := p.w, p.w.k
	if in <= time.Minute {
		w.people.waiting++
	}
	var try func()
	again := func(most time.Duration) { k.After(k.During(10*time.Millisecond, most), "message again", try) }
	try = func() {
		n := w.free()
		if n == nil || !n.current(context.Background()) {
			again(10 * time.Second)
			return
		}
		life := n.life
		n.busy = true
		report, err := do(n.ctx, n)
		n.busy = false
		switch {
		case k.Failed() != nil:
		case !n.up || n.life != life: // how it noticed is not the same each time
			k.Tracef("%s was killed over %s", n.name, what)
			again(10 * time.Second)
		case err != nil:
			k.Tracef("%s: %s: %v", n.name, what, err)
			w.expect("inbox", err)
			again(10 * time.Second)
		default:
			k.Tracef("%s took %s in: %d items, %d applied, %d refused, %d events", n.name, what, report.Items, report.Applied, len(report.Refused), report.Events)
			p.count(report)
			w.people.waiting--
			if then != nil {
				then(report)
			}
		}
	}
	k.After(in, "message", func() {
		if in > time.Minute {
			w.people.waiting++
		}
		try()
	})
}

func (p *post) count(r inbox.Report) {
	k := p.w.k
	if r.Known {
		k.Count("fault: message comes again")
	}
	for _, x := range r.Refused {
		if x.Code == "unreadable" && !p.spoiled[r.Message] {
			k.Fail(letter, "%s is sound, and %s of it cannot be read: %s", r.Name, x.Place, x.Reason)
		}
		k.Tracef("refused: %s %s: %s", x.Place, x.Code, x.Reason)
		k.Count("seen: dead letter, " + x.Code)
	}
}

// replayAll tries every dead letter again, as long as one helps another on.
func (p *post) replayAll(rounds int) {
	helped, left := 0, 0
	for _, id := range p.sent {
		c := p.contents[id]
		for _, item := range state[domain.Message](p.w, id.Stream()).Items {
			if item.Status != domain.ItemRefused {
				continue
			}
			left++
			p.hand(p.w.k.During(0, time.Minute), "dead letters of "+c.Name, func(ctx context.Context, n *node) (inbox.Report, error) {
				return n.inbox.Take(ctx, c, n.reader(c.Channel), nil)
			}, func(r inbox.Report) {
				helped += r.Applied
				if left--; left == 0 && helped > 0 && rounds > 1 {
					p.replayAll(rounds - 1)
				}
			})
			break
		}
	}
}

const letter = "every message is taken in or is a dead letter"

// kept: every message is in history as it was sent, and each of its items had
// its effect or is a dead letter.
func (p *post) kept(ctx context.Context) error {
	for _, id := range p.sent {
		m, c := state[domain.Message](p.w, id.Stream()), p.contents[id]
		i := slices.IndexFunc(m.Items, func(item domain.MessageItem) bool { return item.Item == inbox.WholeMessage })
		if i < 0 || m.Kept != m.Parts || m.Items[i].Status != domain.ItemApplied && !p.spoiled[id] {
			p.w.k.Fail(letter, "%s (%s) is neither: %d of %d parts are kept, its items are %v", c.Name, id, m.Kept, m.Parts, m.Items)
		}
	}
	return ctx.Err()
}

// named is a file's name.
func (p *post) named(what string) string { return fmt.Sprintf("%s-%d", what, len(p.sent)+1) }
