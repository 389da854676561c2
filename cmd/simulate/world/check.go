package world

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
)

// The invariants. They are checked with every event, and what can only be
// judged when all is over, at the end.
const (
	acknowledged = "I1 what was acknowledged stays"
	gapless      = "I2 revisions have no gaps"
	oneEffect    = "I3 one command id, one effect"
	series       = "I4 numbers have no gaps"
	sums         = "I5 lines, totals and postings agree"
	oneDocument  = "I6 one document in the ERP"
	twoPersons   = "I7 who asks does not approve"
	projected    = "I8 read models are their events"
	drains       = "I11 everything drains when healed"
	revenue      = "revenue: earned = billed + unbilled + waived + written off"
	reconciled   = "the ERP's ledger is what the history says"
	working      = "nothing breaks but what a fault explains"
)

// checker follows the history with the domain's own states, and holds every
// event against the invariants.
type checker struct {
	w         *World
	states    map[domain.Stream]any
	events    int
	revisions map[string]uint64 // next
	effects   map[uuid.UUID]effect
	hashes    [][sha256.Size]byte // of records, by place
	acked     []ack
	revenue   *domaintest.Revenue
	owed      *owed
	cash      cash

	numbers   map[string]domain.NumberFor // assigned
	given     map[domain.NumberFor]string
	issued    map[string]bool
	documents map[string]domain.Document // journal, by number
	order     []string                   // of documents
	inERP     map[string]int
}

// effect is what a command has recorded.
type effect struct {
	stream      string
	first, last uint64
	place       int // of the last event
}

// ack is an event that a process has told to be stored.
type ack struct {
	place int
	hash  [sha256.Size]byte
}

func newChecker(w *World) *checker {
	return &checker{w: w, states: map[domain.Stream]any{}, revisions: map[string]uint64{}, effects: map[uuid.UUID]effect{}, revenue: domaintest.NewRevenue(), owed: newOwed(w), cash: cash{reversed: map[domain.PaymentID]bool{}},
		numbers: map[string]domain.NumberFor{}, given: map[domain.NumberFor]string{}, issued: map[string]bool{},
		documents: map[string]domain.Document{}, inERP: map[string]int{}}
}

// hashOf is the fingerprint of everything that was stored of an event.
func hashOf(r eventstore.Record) [sha256.Size]byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %d %s %s\n", r.ID, r.Stream, r.Revision, r.Position, r.Type)
	b.Write(r.Data)
	b.WriteByte(0)
	b.Write(r.Metadata)
	return sha256.Sum256(b.Bytes())
}

// event takes the next event of the history.
func (c *checker) event(r eventstore.Record) {
	k := c.w.k
	hash := hashOf(r)
	c.hashes = append(c.hashes, hash)
	k.Tracef("stored %s/%d %s %s %x", r.Stream, r.Revision, r.Type, short(r.ID), hash[:6])
	if want := c.revisions[r.Stream]; r.Revision != want {
		k.Fail(gapless, "%s has revision %d where %d should be", r.Stream, r.Revision, want)
	}
	c.revisions[r.Stream] = r.Revision + 1
	e, err := c.w.codec.Decode(r)
	if err != nil {
		k.Fail(acknowledged, "event %d of %s cannot be read: %v", r.Revision, r.Stream, err)
		return
	}
	c.effect(e, len(c.hashes)-1)
	stream := domain.Stream(r.Stream)
	c.judge(stream, e)
	aggregate, err := domain.AggregateOf(stream)
	if err != nil {
		k.Fail(gapless, "%v", err)
		return
	}
	state, known := c.states[stream]
	if !known {
		state = aggregate.Zero()
	}
	c.states[stream] = aggregate.Evolve(state, e.Event)
	c.revenue.Fold(stream, e.Event)
	c.owed.event(e.Event)
	c.cash.event(e.Event)
	c.events++
	c.w.people.learn(e)
}

// effect: whatever a command records, it records at once.
func (c *checker) effect(e eventstore.Decoded, place int) {
	before, known := c.effects[e.Meta.Command]
	switch {
	case !known:
		before = effect{e.Stream, e.Revision, e.Revision, place}
	case before.stream == e.Stream && before.last+1 == e.Revision && before.place+1 == place:
		before.last, before.place = e.Revision, place
	default:
		c.w.k.Fail(oneEffect, "command %s recorded events %d to %d of %s, and event %d of %s", e.Meta.Command, before.first, before.last, before.stream, e.Revision, e.Stream)
	}
	c.effects[e.Meta.Command] = before
}

// told checks what a process answered to a command, when it answers.
func (c *checker) told(id uuid.UUID, result eventstore.Result) {
	k := c.w.k
	for _, e := range result.Events {
		stored, ok := c.w.history.event(e.Stream, e.Revision)
		if !ok || stored.ID != e.ID || !bytes.Equal(stored.Data, e.Data) {
			k.Fail(acknowledged, "event %d of %s was acknowledged for command %s and is not in the history", e.Revision, e.Stream, id)
			return
		}
		place := int(stored.Position.Commit) - 1
		c.acked = append(c.acked, ack{place, c.hashes[place]})
	}
	if e, recorded := c.effects[id]; recorded && uint64(len(result.Events)) != e.last-e.first+1 {
		k.Fail(oneEffect, "command %s recorded %d events and was answered with %d", id, e.last-e.first+1, len(result.Events))
	}
}

// judge holds an event against the rules that no decision may break, with the
// states before it.
func (c *checker) judge(stream domain.Stream, e eventstore.Decoded) {
	c.approvals(stream, e.Event)
	c.rates(stream, e.Event)
	if d, ok := domain.Journal(e.Event); ok {
		c.journal(d)
	}
	switch e := e.Event.(type) {
	case domain.NumberAssigned:
		c.number(e)
	case domain.InvoiceIssued:
		c.use(e.Number, domain.NumberFor{Invoice: e.Invoice})
		c.foots(e)
	case domain.CreditIssued:
		c.use(e.Credit.Number, domain.NumberFor{Invoice: e.Invoice, Credit: e.Credit.ID})
	}
}

func (c *checker) number(e domain.NumberAssigned) {
	k := c.w.k
	var last int64
	if s, ok := c.states[domain.SeriesStream(e.Series)].(domain.Numbering); ok {
		last = s.Last
	}
	if e.N != last+1 || e.Number != fmt.Sprintf("%s-%06d", e.Series, e.N) {
		k.Fail(series, "series %s gives %s (%d) after %d", e.Series, e.Number, e.N, last)
	}
	if _, twice := c.numbers[e.Number]; twice {
		k.Fail(series, "number %s is given twice", e.Number)
	}
	if before, twice := c.given[e.For]; twice {
		k.Fail(series, "%+v is numbered %s and %s", e.For, before, e.Number)
	}
	c.numbers[e.Number], c.given[e.For] = e.For, e.Number
}

// use: a document bears the number that it was given, and nothing else does.
func (c *checker) use(number string, by domain.NumberFor) {
	if of, ok := c.numbers[number]; !ok || of != by {
		c.w.k.Fail(series, "%+v is issued as %s, which was given to %+v", by, number, of)
	}
	if c.issued[number] {
		c.w.k.Fail(series, "%s is issued twice", number)
	}
	c.issued[number] = true
}

// foots: lines, tax and total of an invoice are one sum.
func (c *checker) foots(e domain.InvoiceIssued) {
	net, tax := money.Zero(e.Total.Currency()), money.Zero(e.Total.Currency())
	var err error
	for _, l := range e.Lines {
		if net, err = net.Add(l.Amount); err != nil {
			c.w.k.Fail(sums, "invoice %s: %v", e.Number, err)
			return
		}
		if !l.Tax.IsSet() {
			continue
		}
		if tax, err = tax.Add(l.Tax); err != nil {
			c.w.k.Fail(sums, "invoice %s: %v", e.Number, err)
			return
		}
	}
	total, err := net.Add(tax)
	if err != nil || !total.Equal(e.Total) || !net.Equal(e.Net) || !tax.Equal(e.Tax) {
		c.w.k.Fail(sums, "invoice %s says %s + %s = %s; its lines say %s + %s", e.Number, e.Net, e.Tax, e.Total, net, tax)
	}
}

// journal: what goes to the books balances, once.
func (c *checker) journal(d domain.Document) {
	if !d.Balanced() {
		c.w.k.Fail(sums, "document %s does not balance", d.Number)
	}
	if _, twice := c.documents[d.Number]; twice {
		c.w.k.Fail(oneDocument, "two events are document %s", d.Number)
	}
	c.documents[d.Number] = d
	c.order = append(c.order, d.Number)
	for _, e := range d.Entries {
		if e.Amount.Sign() <= 0 || e.Role == "" {
			c.w.k.Fail(sums, "document %s has an entry of %s for %q", d.Number, e.Amount, e.Role)
		}
	}
}

// approvals: nobody lets pass what they asked for themselves.
func (c *checker) approvals(stream domain.Stream, e domain.Event) {
	same := func(what, asked, approved string) {
		if approved == "" || asked == approved {
			c.w.k.Fail(twoPersons, "%s was asked for by %q and approved by %q", what, asked, approved)
		}
	}
	switch e := e.(type) {
	case domain.ChargeApproved:
		s, _ := c.states[stream].(domain.Shipment)
		for _, charge := range s.Charges {
			if charge.ID == e.Charge {
				same("charge "+string(e.Charge)+" of "+string(stream), charge.RequestedBy, e.By)
				if !charge.Amount.Equal(e.Amount) {
					c.w.k.Fail(twoPersons, "charge %s of %s is %s and was approved as %s", e.Charge, stream, charge.Amount, e.Amount)
				}
			}
		}
	case domain.WrittenOff:
		if v, _ := c.states[stream].(domain.Invoice); !e.Small {
			same("write-off of "+string(stream), v.Asked.By, e.ApprovedBy)
		}
	case domain.PaymentRefunded:
		same("refund of "+string(stream), e.RequestedBy, e.ApprovedBy)
	}
}

// bookedByERP: a number is booked once.
func (c *checker) bookedByERP(number string) {
	c.inERP[number]++
	if n := c.inERP[number]; n > 1 {
		c.w.k.Fail(oneDocument, "the ERP has booked %s %d times", number, n)
	}
	if _, ours := c.documents[number]; !ours {
		c.w.k.Fail(oneDocument, "the ERP has booked %s, which no event is", number)
	}
}
