package reconciler

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// expected is a document that the history says the ERP should hold.
type expected struct {
	number     string
	kind       string
	customer   string
	date       string
	currency   string
	reference  string
	byERP      bool
	late       bool // learned while the ledger was being opened
	recordedAt time.Time
	origin     Departure
	entries    []expectedEntry
	debits     decimal.Decimal
}

type expectedEntry struct {
	ref     string
	account string
	credit  bool
	amount  decimal.Decimal
	memo    string
}

func (e expectedEntry) side() string {
	if e.credit {
		return string(domain.CreditSide)
	}
	return string(domain.DebitSide)
}

func (e expectedEntry) sides() (debit, credit decimal.Decimal) {
	if e.credit {
		return decimal.Decimal{}, e.amount
	}
	return e.amount, decimal.Decimal{}
}

func (e expectedEntry) net() decimal.Decimal {
	if e.credit {
		return e.amount.Neg()
	}
	return e.amount
}

// posting is what the history says about a document's way into the ERP.
type posting struct {
	status    domain.PostingStatus // "" when nobody asked
	erpID     string
	code      string // of the last rejection, or why it is parked
	redated   string // the date it was moved to
	redating  Departure
	late      bool // it was confirmed while the ledger was being opened
	confirmed Departure
}

// Tags of the records that are sorted.
const (
	tagDocument = 'D'
	tagPosting  = 'P'
)

// packer writes the fields of a record; unpacker reads them in the same order.
type packer []byte

func (p *packer) text(s string) {
	*p = binary.AppendUvarint(*p, uint64(len(s)))
	*p = append(*p, s...)
}

func (p *packer) number(n uint64) { *p = binary.AppendUvarint(*p, n) }

func (p *packer) flag(set bool) {
	if set {
		p.number(1)
	} else {
		p.number(0)
	}
}

func (p *packer) departure(d Departure) {
	p.text(d.Stream)
	p.number(d.Revision)
	*p = append(*p, d.Event[:]...)
	p.text(d.Type)
}

type unpacker struct {
	rest   string
	broken bool
}

func (u *unpacker) text() string {
	n := u.number()
	if n > uint64(len(u.rest)) {
		u.broken = true
		return ""
	}
	s := u.rest[:n]
	u.rest = u.rest[n:]
	return s
}

func (u *unpacker) number() uint64 {
	var n uint64
	for i := range len(u.rest) {
		c := u.rest[i]
		if i == binary.MaxVarintLen64 {
			break
		}
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			u.rest = u.rest[i+1:]
			return n
		}
	}
	u.broken = true
	return 0
}

func (u *unpacker) flag() bool { return u.number() != 0 }

func (u *unpacker) departure() Departure {
	d := Departure{Stream: u.text(), Revision: u.number()}
	if len(u.rest) < len(d.Event) {
		u.broken = true
		return d
	}
	d.Event = uuid.UUID([]byte(u.rest[:len(d.Event)]))
	u.rest = u.rest[len(d.Event):]
	d.Type = u.text()
	return d
}

// pack appends the stored form of a journal document.
func (p *packer) document(d *domain.Document, origin Departure, recordedAt time.Time, late bool) {
	*p = append(*p, tagDocument)
	p.text(d.Kind)
	p.text(string(d.Customer))
	p.text(d.Date)
	p.text(string(d.Currency))
	p.text(d.Reference)
	p.flag(d.ByERP)
	p.flag(late)
	p.number(uint64(max(recordedAt.Unix(), 0)))
	p.departure(origin)
	p.number(uint64(len(d.Entries)))
	for _, e := range d.Entries {
		p.text(e.Ref)
		p.text(string(e.Account))
		p.flag(e.Side == domain.CreditSide)
		p.text(e.Amount.Format())
		p.text(e.Memo)
	}
}

var errRecord = errors.New("a sorted record does not read back: the temporary folder was damaged")

// unpackDocument reads what packer.document wrote, after its tag. The strings
// share one copy of the body.
func unpackDocument(number string, body []byte) (*expected, error) {
	u := unpacker{rest: string(body)}
	d := &expected{number: number, kind: u.text(), customer: u.text(), date: u.text(), currency: u.text(), reference: u.text(),
		byERP: u.flag(), late: u.flag(), recordedAt: time.Unix(int64(u.number()), 0).UTC(), origin: u.departure()}
	n := u.number()
	if n > uint64(len(u.rest)) {
		return nil, fmt.Errorf("document %s: %w", number, errRecord)
	}
	d.entries = make([]expectedEntry, n)
	for i := range d.entries {
		e := &d.entries[i]
		e.ref, e.account, e.credit = u.text(), u.text(), u.flag()
		amount, err := money.ParseDecimal(u.text())
		if err != nil {
			return nil, fmt.Errorf("document %s: %w: %w", number, errRecord, err)
		}
		e.amount, e.memo = amount, u.text()
		if !e.credit {
			d.debits = d.debits.Add(e.amount)
		}
	}
	if u.broken || u.rest != "" {
		return nil, fmt.Errorf("document %s: %w", number, errRecord)
	}
	return d, nil
}

// Facts of a posting that are sorted beside the documents.
const (
	factAsked = iota
	factConfirmed
	factRejected
	factRedated
	factParked
)

func (p *packer) posting(fact uint64, detail string, origin Departure, late bool) {
	*p = append(*p, tagPosting)
	p.number(fact)
	p.text(detail)
	p.flag(late)
	p.departure(origin)
}

// apply folds a posting's fact, in the order of the history.
func (s *posting) apply(body []byte) error {
	u := unpacker{rest: string(body)}
	fact, detail, late, origin := u.number(), u.text(), u.flag(), u.departure()
	if u.broken || u.rest != "" {
		return errRecord
	}
	switch fact {
	case factAsked:
		s.status = domain.PostingAsked
	case factConfirmed:
		s.status, s.erpID, s.code, s.late, s.confirmed = domain.PostingIsIn, detail, "", late, origin
	case factRejected:
		s.status, s.code = domain.PostingWasNot, detail
	case factRedated:
		s.status, s.redated, s.redating = domain.PostingAsked, detail, origin
	case factParked:
		s.status, s.code = domain.PostingIsParked, detail
	}
	return nil
}
