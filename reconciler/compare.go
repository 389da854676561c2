package reconciler

import (
	"strconv"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/shopspring/decimal"
)

// comparison meets the two sides, one document number at a time.
type comparison struct {
	opts   Options
	report *Report
	tally  *tally
	newest time.Time // recorded time of the newest event: the history's own now
}

func (c *comparison) period(d *expected) string { return c.opts.PeriodOf(d.date) }

func (c *comparison) inRange(period string) bool {
	return (c.opts.From == "" || period >= c.opts.From) && (c.opts.To == "" || period <= c.opts.To)
}

// unexplained handles a document whose number no event has.
func (c *comparison) unexplained(d *booked) error {
	if !c.inRange(d.Period) {
		return nil
	}
	c.counts(d)
	return c.found(Break{Kind: MissingInHistory, Number: d.Number, Actual: d.position()})
}

func (c *comparison) counts(d *booked) {
	c.report.Documents.Actual++
	c.report.Entries.Actual += d.count
}

// unbooked handles a document of the history that the ledger does not hold.
func (c *comparison) unbooked(d *expected, p *posting) error {
	if !c.inRange(c.period(d)) {
		return nil
	}
	c.report.Documents.Expected++
	c.report.Entries.Expected += len(d.entries)
	status, inFlight := c.flight(d, p)
	inFlight = inFlight && !c.opts.Strict
	c.tally.expects(d, c.period(d), inFlight)
	if inFlight {
		return c.flies(d, p, status, false)
	}
	origin := d.origin
	return c.found(Break{Kind: MissingInERP, Number: d.number, Expected: c.position(d), Departs: &origin,
		Explanation: explainAbsence(d, p), Remedy: remedyAbsence(p)})
}

// flight tells whether a document may still be on its way into the ledger.
func (c *comparison) flight(d *expected, p *posting) (FlightStatus, bool) {
	switch p.status {
	case domain.PostingAsked:
		return FlightAsked, true
	case domain.PostingWasNot:
		return FlightRejected, true
	case domain.PostingIsParked:
		return FlightParked, true
	case domain.PostingIsIn:
		return FlightJustConfirmed, p.late
	}
	if d.late || !d.byERP && c.newest.Sub(d.recordedAt) < c.opts.Grace {
		return FlightNotAsked, true
	}
	return "", false
}

// both compares the documents of one number, which both sides have.
func (c *comparison) both(g *group, books []booked) error {
	for i := range g.documents {
		d := g.documents[i]
		if g.posting.redated != "" {
			d.date = g.posting.redated
		}
		at := c.counterpart(d, &g.posting, books)
		if at < 0 {
			if err := c.unbooked(d, &g.posting); err != nil {
				return err
			}
			continue
		}
		actual := &books[at]
		actual.taken = true
		if !c.inRange(c.period(d)) && !c.inRange(actual.Period) {
			continue
		}
		c.report.Documents.Expected++
		c.report.Documents.Compared++
		c.report.Entries.Expected += len(d.entries)
		c.counts(actual)
		if c.inRange(c.period(d)) {
			c.tally.expects(d, c.period(d), false)
		}
		if status, inFlight := c.flight(d, &g.posting); inFlight && status != FlightJustConfirmed && !d.byERP {
			if err := c.flies(d, &g.posting, status, true); err != nil {
				return err
			}
		}
		if err := c.document(d, &g.posting, actual); err != nil {
			return err
		}
	}
	for i := range books {
		if books[i].taken || !c.inRange(books[i].Period) {
			continue
		}
		c.counts(&books[i])
		d := g.documents[0]
		origin := d.origin
		b := Break{Kind: Duplicate, Number: d.number, Expected: c.position(d), Actual: books[i].position(), Departs: &origin}
		if err := c.found(b); err != nil {
			return err
		}
	}
	return nil
}

// counterpart finds the booked document that an expected one meets: the one
// that the ERP confirmed, else one that agrees in everything, else the first.
func (c *comparison) counterpart(d *expected, p *posting, books []booked) int {
	first := -1
	for i := range books {
		if books[i].taken {
			continue
		}
		if p.erpID != "" && strconv.FormatInt(books[i].Document, 10) == p.erpID {
			return i
		}
		if first < 0 {
			first = i
		}
	}
	if len(books) == 1 {
		return first
	}
	for i := range books {
		if !books[i].taken && c.agrees(d, &books[i]) {
			return i
		}
	}
	return first
}

func (c *comparison) agrees(d *expected, actual *booked) bool {
	if len(c.headerKinds(d, actual)) > 0 || len(d.entries) != len(actual.entries) {
		return false
	}
	match(d, actual)
	all := true
	for i := range actual.entries {
		all = all && actual.entries[i].met >= 0 && len(lineKinds(&d.entries[actual.entries[i].met], &actual.entries[i])) == 0
	}
	return all
}

func (c *comparison) headerKinds(d *expected, actual *booked) []Kind {
	var kinds []Kind
	if actual.Customer != d.customer {
		kinds = append(kinds, WrongCustomer)
	}
	if actual.Date != d.date || actual.Period != c.period(d) {
		kinds = append(kinds, WrongPeriod)
	}
	if actual.Currency != d.currency {
		kinds = append(kinds, WrongCurrency)
	}
	return kinds
}

func lineKinds(e *expectedEntry, actual *bookedEntry) []Kind {
	var kinds []Kind
	if actual.account != e.account {
		kinds = append(kinds, WrongAccount)
	}
	if debit, credit := e.sides(); !actual.debit.Equal(debit) || !actual.credit.Equal(credit) {
		kinds = append(kinds, WrongAmount)
	}
	return kinds
}

// document compares two documents that belong together.
func (c *comparison) document(d *expected, p *posting, actual *booked) error {
	before := c.report.BreakCount
	origin := d.origin
	if kinds := c.headerKinds(d, actual); len(kinds) > 0 {
		b := Break{Kind: kinds[0], Also: kinds[1:], Number: d.number, Expected: c.position(d), Actual: actual.position(), Departs: &origin}
		if kinds[0] == WrongPeriod && p.redated != "" {
			redating := p.redating // it set the date that was departed from
			b.Departs = &redating
		}
		if err := c.found(b); err != nil {
			return err
		}
	}
	missing := match(d, actual)
	if err := c.lines(d, actual, missing); err != nil {
		return err
	}
	// Whoever changes a line or removes one may leave the mark on the document;
	// a mark that nothing else explains is a break of its own.
	if c.report.BreakCount == before && !actual.DocModifiedAt.IsZero() {
		return c.found(Break{Kind: EditedAfterPosting, Number: d.number, Expected: c.position(d), Actual: actual.position(), Departs: &origin})
	}
	return nil
}

// lines names what differs entry by entry, in order of ref: of the expected
// entry where there is one.
func (c *comparison) lines(d *expected, actual *booked, missing []bool) error {
	i := 0
	absent := func(until string, all bool) error {
		for ; i < len(d.entries) && (all || d.entries[i].ref <= until); i++ {
			if !missing[i] {
				continue
			}
			origin := d.origin
			b := Break{Kind: MissingInERP, Number: d.number, Ref: d.entries[i].ref, Expected: c.entryPosition(d, &d.entries[i]), Departs: &origin}
			if err := c.found(b); err != nil {
				return err
			}
		}
		return nil
	}
	for j := range actual.entries {
		a := &actual.entries[j]
		ref := a.ref
		if a.met >= 0 {
			ref = d.entries[a.met].ref
		}
		if err := absent(ref, false); err != nil {
			return err
		}
		if err := c.line(d, actual, a); err != nil {
			return err
		}
	}
	return absent("", true)
}

func (c *comparison) line(d *expected, actual *booked, a *bookedEntry) error {
	origin := d.origin
	b := Break{Number: d.number, Ref: a.ref, Actual: actual.entryPosition(a), Departs: &origin}
	switch {
	case a.twin >= 0: // its ref is there already
		b.Kind, b.Ref = Duplicate, d.entries[a.twin].ref
		b.Expected = c.entryPosition(d, &d.entries[a.twin])
	case a.met < 0:
		b.Kind = MissingInHistory
	default:
		e := &d.entries[a.met]
		b.Ref, b.Expected = e.ref, c.entryPosition(d, e)
		kinds := lineKinds(e, a)
		switch {
		case len(kinds) > 0:
			b.Kind, b.Also = kinds[0], kinds[1:]
		case !a.modifiedAt.IsZero():
			b.Kind = EditedAfterPosting
		default:
			c.report.Entries.Compared++
			return nil
		}
		c.report.Entries.Compared++
	}
	return c.found(b)
}

// found completes a break, counts it and hands it on.
func (c *comparison) found(b Break) error {
	b.measure()
	b.identify()
	b.explain()
	return c.report.add(b, c.opts)
}

// measure says by how much the break differs and how much money stands wrong.
func (b *Break) measure() {
	switch {
	case b.Actual == nil:
		b.Stake = b.Expected.Amount
		b.Difference = Figure{b.Expected.net().Neg(), b.Stake.Currency}
	case b.Expected == nil || b.Kind == Duplicate:
		b.Stake = Figure{b.Actual.Amount.Amount.Abs(), b.Actual.Amount.Currency}
		b.Difference = Figure{b.Actual.net(), b.Stake.Currency}
	default:
		b.Stake = Figure{decimal.Max(b.Expected.Amount.Amount, b.Actual.Amount.Amount).Abs(), b.Actual.Amount.Currency}
		b.Difference = Figure{decimal.Decimal{}, b.Stake.Currency}
		if b.Kind == WrongAmount || len(b.Also) > 0 && b.Also[len(b.Also)-1] == WrongAmount {
			b.Difference.Amount = b.Actual.net().Sub(b.Expected.net())
		}
		if b.Kind == WrongAmount && !b.Difference.Amount.IsZero() {
			b.Stake.Amount = b.Difference.Amount.Abs()
		}
	}
}

// net is the position's amount, debits positive; a document counts by its debits.
func (p *Position) net() decimal.Decimal {
	if p.Side == string(domain.CreditSide) {
		return p.Amount.Amount.Neg()
	}
	return p.Amount.Amount
}

func (c *comparison) position(d *expected) *Position {
	return &Position{Kind: d.kind, Customer: d.customer, Date: d.date, Period: c.period(d), Amount: Figure{d.debits, d.currency}, Memo: d.reference}
}

func (c *comparison) entryPosition(d *expected, e *expectedEntry) *Position {
	p := c.position(d)
	p.Ref, p.Account, p.Side, p.Amount, p.Memo = e.ref, e.account, e.side(), Figure{e.amount, d.currency}, e.memo
	return p
}

func (d *booked) position() *Position {
	return &Position{Kind: d.Kind, Customer: d.Customer, Date: d.Date, Period: d.Period,
		Amount: Figure{decimal.Max(d.debit, d.credit), d.Currency}, Document: d.Document, BookedAt: d.BookedAt, ModifiedAt: d.DocModifiedAt}
}

func (d *booked) entryPosition(e *bookedEntry) *Position {
	p := d.position()
	p.Ref, p.Account, p.Memo, p.Entry, p.BookedAt, p.ModifiedAt = e.ref, e.account, e.memo, e.id, e.bookedAt, e.modifiedAt
	side, amount := sideOf(e.debit, e.credit)
	p.Side, p.Amount = side, Figure{amount, d.Currency}
	return p
}
