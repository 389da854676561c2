package erp

import (
	"context"
	"errors"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
)

// Books is an ERP's ledger as the poster needs it.
//
// Errors may say how sure they are by the methods of [Certainty]; one that does
// not leaves every document without an outcome in doubt.
type Books interface {
	// Probe looks documents up by number. A number without a key is not in the
	// books; one with several documents was booked several times. Drafts that
	// move no balance do not count.
	Probe(ctx context.Context, numbers []string) (map[string][]Booked, error)
	// Post books documents, each on its own. It never posts one of them
	// twice. It may answer for a part of them and with an error for the rest.
	Post(ctx context.Context, docs []domain.Document) ([]Outcome, error)
	// FirstOpenDate is the first date not before from that can be posted to.
	FirstOpenDate(ctx context.Context, from string) (string, error)
}

// Receipts is the ERP's feed of money that reached the bank.
type Receipts interface {
	// Receipts gives a page after a cursor ("" is the beginning) and the
	// cursor after it; an empty page is the end for now. The payments have no
	// id yet. GL is the account that they were booked on, "" for the usual one.
	Receipts(ctx context.Context, after string) ([]domain.PaymentReceived, string, error)
}

// Masters is the ERP's master data.
type Masters interface {
	// Customers gives a page after a cursor and the next one, "" at the end.
	Customers(ctx context.Context, after string) ([]domain.CustomerSynced, string, error)
}

// Invoices answers what cash is matched by.
type Invoices interface {
	// InvoiceByNumber finds an issued invoice and what may be paid on it: what
	// is open, and what was written off, which cash takes back.
	InvoiceByNumber(ctx context.Context, number string) (id domain.InvoiceID, open money.Money, ok bool, err error)
	// OpenItems lists what a customer owes; cash that nothing was advised of
	// is meant for it where the customer's rules say so.
	OpenItems(ctx context.Context, customer domain.CustomerID) ([]domain.OpenItem, error)
	// RemittanceByReference finds the items of an announced remittance. One
	// that is held because it does not add up is not found.
	RemittanceByReference(ctx context.Context, reference string) (items []domain.RemittanceItem, ok bool, err error)
}

// Banks is what is known of bank accounts that were adopted.
type Banks interface {
	// BooksItself finds the account whose statements book what reaches an
	// account of the general ledger in a currency on a day.
	BooksItself(ctx context.Context, gl domain.Account, currency money.Currency, day string) (domain.BankAccountID, bool, error)
	// Received lists payments that statements brought and of which something
	// is left, after one, in order of their ids.
	Received(ctx context.Context, after domain.PaymentID, limit int) ([]domain.PaymentReceived, error)
	// Noted lists movements that the other source books and that no payment was
	// matched with, after one, in order of their ids.
	Noted(ctx context.Context, after domain.MovementID, limit int) ([]domain.MovementNoted, error)
	// Unmatched lists the payments of the source that books a movement, of its
	// amount and account, that no movement was matched with.
	Unmatched(ctx context.Context, m domain.MovementNoted) ([]domain.PaymentReceived, error)
	// Advice finds the remittance that announced a statement's receipt: by its
	// reference, else by customer, amount and date.
	Advice(ctx context.Context, p domain.PaymentReceived) (id domain.PaymentID, items []domain.RemittanceItem, ok bool, err error)
}

// Executor is how events are recorded: eventstore.Executor.
type Executor interface {
	Execute(ctx context.Context, cmd domain.Command, req eventstore.Request) (eventstore.Result, error)
	State(ctx context.Context, stream domain.Stream) (any, error)
}

// Booked is a document as the ERP holds it.
type Booked struct {
	ID       string // the ERP's own
	Kind     string // "" when the ERP does not tell
	Customer string
	Date     string
	Total    money.Money // of its debits
}

// Outcome is what became of one posted document.
type Outcome struct {
	Number  string
	Status  string // OutcomeBooked, OutcomeRejected or OutcomeDeferred
	ID      string // of a booked document, the ERP's own
	Code    string // of a rejection
	Message string
}

// Statuses of an Outcome.
const (
	OutcomeBooked   = "booked"
	OutcomeRejected = "rejected" // final until somebody acts
	OutcomeDeferred = "deferred" // nothing was booked; try again later
)

// Codes of rejections that the poster acts upon. Connectors translate to them.
const (
	CodeClosedPeriod     = "closed-period"
	CodeUnknownCustomer  = "unknown-customer"
	CodeInactiveCustomer = "inactive-customer"
	CodeCurrencyMismatch = "currency-mismatch"
)

// Certainty is how an error of Books says what it leaves behind.
type Certainty interface {
	error
	// NothingBooked tells that the ERP certainly booked nothing.
	NothingBooked() bool
	// Settled tells that whatever it booked shows in the next probe.
	Settled() bool
	// RetryAfter is how long the ERP asks to be left alone, or zero.
	RetryAfter() time.Duration
}

// settled tells whether the next probe may be believed after an error.
func settled(err error) bool {
	var c Certainty
	return errors.As(err, &c) && (c.NothingBooked() || c.Settled())
}

func retryAfter(err error) time.Duration {
	var c Certainty
	if errors.As(err, &c) {
		return c.RetryAfter()
	}
	return 0
}
