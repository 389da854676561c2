package reconciler

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// Kind names a break.
type Kind string

// Kinds of break, in the order in which they are reported.
const (
	// MissingInERP: a document, or one entry of it, that the history expects is
	// not in the ledger.
	MissingInERP Kind = "missing-in-erp"
	// MissingInHistory: no event explains a document, or one entry of it. A
	// manual journal is one.
	MissingInHistory Kind = "missing-in-history"
	// Duplicate: a document is booked more than once, or an entry is there twice.
	Duplicate Kind = "duplicate"
	// WrongCustomer: the document is on another customer.
	WrongCustomer Kind = "customer"
	// WrongPeriod: the document is in another period, or has another date.
	WrongPeriod Kind = "period"
	// WrongCurrency: the document is in another currency.
	WrongCurrency Kind = "currency"
	// WrongAccount: the entry is on another account.
	WrongAccount Kind = "account"
	// WrongAmount: the entry has another amount, or is on the other side.
	WrongAmount Kind = "amount"
	// EditedAfterPosting: the ERP says that it was changed after it was booked,
	// although every figure that is compared still agrees.
	EditedAfterPosting Kind = "edited-after-posting"
)

// Kinds lists every kind of break in the order of reports.
func Kinds() []Kind {
	return []Kind{MissingInERP, MissingInHistory, Duplicate, WrongCustomer, WrongPeriod, WrongCurrency,
		WrongAccount, WrongAmount, EditedAfterPosting}
}

// Departure is the event that a break departs from.
type Departure struct {
	Stream   string    `json:"stream"`
	Revision uint64    `json:"revision"`
	Event    uuid.UUID `json:"event"`
	Type     string    `json:"type"`
}

func (d Departure) String() string {
	return fmt.Sprintf("%s, event %d of %s", d.Type, d.Revision, d.Stream)
}

// Position is one side of a break: a document, or one entry when it has a ref.
type Position struct {
	Kind       string    `json:"kind"` // of document: "invoice", "accrual" …
	Customer   string    `json:"customer"`
	Date       string    `json:"date"`
	Period     string    `json:"period"`
	Ref        string    `json:"ref,omitempty"`
	Account    string    `json:"account,omitempty"`
	Side       string    `json:"side,omitempty"` // "debit" or "credit"
	Amount     Figure    `json:"amount"`         // of the entry, or the document's debits
	Memo       string    `json:"memo,omitempty"`
	Document   int64     `json:"document,omitempty"` // the ERP's id
	Entry      int64     `json:"entry,omitempty"`    // the ERP's id
	BookedAt   time.Time `json:"booked_at,omitzero"`
	ModifiedAt time.Time `json:"modified_at,omitzero"`
}

// Break is one difference between the history and the ledger.
type Break struct {
	ID       string    `json:"id"`             // the same in every run that finds it
	Kind     Kind      `json:"kind"`           // the first of all that differs
	Also     []Kind    `json:"also,omitempty"` // what else differs in the same place
	Number   string    `json:"number"`         // of the document
	Ref      string    `json:"ref,omitempty"`  // of the entry; empty for a whole document
	Expected *Position `json:"expected,omitempty"`
	Actual   *Position `json:"actual,omitempty"`
	// Difference is actual less expected, debits positive; a whole document
	// counts by its debits, and a document that is merely on the wrong customer
	// or in the wrong period differs by nothing.
	Difference Figure `json:"difference"`
	// Stake is how much money stands wrong, never negative.
	Stake Figure `json:"stake"`
	// Departs is nil when no event explains what the ERP holds.
	Departs     *Departure `json:"departs,omitempty"`
	Explanation string     `json:"explanation"` // one sentence
	Remedy      string     `json:"remedy"`      // what to do
}

// Whole tells a break of a whole document from one of an entry.
func (b Break) Whole() bool { return b.Ref == "" && (b.Actual == nil || b.Actual.Entry == 0) }

// identify gives the break the id by which its age can be told from run to run.
func (b *Break) identify() {
	var document, entry int64
	if b.Actual != nil {
		document, entry = b.Actual.Document, b.Actual.Entry
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d %d", b.Kind, b.Number, b.Ref, document, entry))
	b.ID = hex.EncodeToString(sum[:10])
}

// side and size of a net amount, debits positive.
func sideOf(debit, credit decimal.Decimal) (side string, size decimal.Decimal) {
	net := debit.Sub(credit)
	if net.Sign() < 0 {
		return "credit", net.Neg()
	}
	return "debit", net
}
