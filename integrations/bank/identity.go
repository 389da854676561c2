package bank

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// part is what one command is made of: an entry with one transaction or none,
// one transaction of a batch, or the charges that were kept of an entry.
type part struct {
	statement *Statement
	entry     *Entry
	detail    Detail // empty when the entry has none
	index     int    // of the detail, from 1; 0 when the entry has one at most
	amount    money.Money
	credit    bool
	charge    bool

	line     *Line  // what becomes of it
	within   string // the item's name of its statement, in a file of several
	again    bool   // of a statement that the file has before
	kind     Kind
	what     string // it is, when it is no receipt
	document string
	payment  domain.PaymentID
	movement domain.MovementID
	sum      string // fingerprint
}

// parts cuts an entry up.
func parts(s *Statement, e *Entry) []*part {
	kept := *e
	kept.Details = nil
	var list []*part
	switch {
	case len(e.Details) == 0:
		list = append(list, &part{statement: s, entry: &kept, amount: e.Amount, credit: e.Credit})
	case e.Unsplit != "":
		list = append(list, &part{statement: s, entry: &kept, amount: e.Amount, credit: e.Credit})
	case len(e.Details) == 1:
		d := e.Details[0]
		list = append(list, &part{statement: s, entry: &kept, detail: d, amount: d.Amount, credit: d.Credit})
	default:
		for i, d := range e.Details {
			list = append(list, &part{statement: s, entry: &kept, detail: d, index: i + 1, amount: d.Amount, credit: d.Credit})
		}
	}
	if e.Charged.IsSet() {
		p := &part{statement: s, entry: &kept, amount: e.Charged, charge: true}
		if e.Charged.IsNegative() {
			p.amount, p.credit = e.Charged.Neg(), true
		}
		list = append(list, p)
	}
	return list
}

// item names a part within its statement.
func (p *part) item() string {
	name := fmt.Sprintf("entry %d", p.entry.Number)
	switch {
	case p.charge:
		name += " charges"
	case p.index > 0:
		name += fmt.Sprintf("/%d", p.index)
	}
	return name
}

func (p *part) place() string {
	place := p.statement.placeOf(p.entry)
	if p.index > 0 {
		place += fmt.Sprintf(", transaction %d", p.index)
	}
	return place
}

// receipt tells the parts that have a payment's id.
func (p *part) receipt() bool { return p.kind == KindReceipt && p.entry.Status == StatusBooked }

// digest is a short hash of texts, each with its length before it.
func digest(texts ...string) string {
	h := sha256.New()
	for _, text := range texts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(text)))
		h.Write(n[:])
		h.Write([]byte(text))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// fingerprint tells parts apart by what they say, never by where they stand.
func (p *part) fingerprint() string {
	d := p.detail
	texts := []string{p.entry.Booked, p.entry.Reference, p.amount.String(), fmt.Sprint(p.credit), d.Reference, d.EndToEnd, d.Transaction, d.Instruction,
		d.Payer.Name, d.Payer.Account, d.Remittance.Reference, p.entry.Text, d.Text}
	for _, document := range d.Remittance.Documents {
		texts = append(texts, document.Number, document.Paid.String())
	}
	return digest(append(texts, d.Remittance.Text...)...)
}

// PaymentID is the id of a payment that is booked on an account, on a day,
// under the bank's reference. The day belongs to it because some banks number
// their entries from 1 each day. It is permanent.
func PaymentID(account, day, reference string) domain.PaymentID {
	return domain.PaymentID("bank-" + digest(account, day, reference))
}

// reference is the bank's, for the entry or for its only transaction.
func (p *part) reference() string {
	if p.index > 0 {
		return p.entry.Reference
	}
	return cmp.Or(p.entry.Reference, p.detail.Reference)
}

// identify gives receipts their documents and ids. The bank's reference
// decides; among several receipts of a day that share it, the amount. Of a
// batch's transactions, and where there is no reference, it is what the receipt
// says. Receipts that are the same in all this are numbered: a statement that
// lists two equal movements means two, and listing them again means the same
// two.
func identify(list []*part) {
	groups := map[[3]string][]*part{}
	others := map[[3]string]int{}
	for _, p := range list {
		if !p.receipt() {
			p.movement = p.otherID(others)
			p.document = clip(cmp.Or(p.detail.Reference, p.entry.Reference), 80)
			continue
		}
		p.sum = p.fingerprint()
		base := p.reference()
		p.document = base
		if p.index > 0 || base == "" {
			base += "\x00" + p.sum
			own := cmp.Or(p.detail.Reference, p.detail.Transaction, p.detail.EndToEnd, p.sum[:12])
			if p.document == "" || p.document == own {
				p.document = own
			} else {
				p.document = clip(p.document, 40) + "/" + own
			}
		}
		key := [3]string{p.statement.Account, p.entry.Booked, base}
		groups[key] = append(groups[key], p)
	}
	for key, group := range groups {
		slices.SortStableFunc(group, func(a, b *part) int { return cmp.Compare(a.sum, b.sum) })
		mixed := slices.ContainsFunc(group, func(p *part) bool { return !p.amount.Equal(group[0].amount) })
		times := map[string]int{}
		for _, p := range group {
			base := key[2]
			if mixed {
				base += "\x00" + p.amount.String()
			}
			if times[base]++; times[base] > 1 {
				p.document = fmt.Sprintf("%s#%d", clip(p.document, 70), times[base])
				base = fmt.Sprintf("%s\x00#%d", base, times[base])
			}
			p.document, p.payment = clip(p.document, 80), PaymentID(p.statement.Account, p.entry.Booked, base)
			p.movement = domain.MovementID(p.payment)
		}
	}
}

// otherID is the id of what is no receipt: by the bank's reference, else by
// what it says; equal ones of a file are numbered. Pending entries have none.
func (p *part) otherID(times map[[3]string]int) domain.MovementID {
	if p.entry.Status != StatusBooked {
		return ""
	}
	base := p.reference()
	if p.index > 0 || base == "" {
		base += "\x00" + p.fingerprint()
	}
	key := [3]string{p.statement.Account, p.entry.Booked, fmt.Sprint(base, "\x00", p.amount, p.credit, p.charge)}
	times[key]++
	return domain.MovementID("bank-" + digest(append(key[:], fmt.Sprint(times[key]))...))
}

// references are the numbers by which others may name the part.
func (p *part) references() []string {
	var list []string
	for _, r := range []string{p.detail.EndToEnd, p.detail.Transaction, p.detail.Instruction, p.detail.Reference, p.entry.Reference} {
		if r != "" && !slices.Contains(list, r) {
			list = append(list, r)
		}
	}
	return list
}
