package views

import (
	"context"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Payment is cash, or the advice that announces it.
type Payment struct {
	ID        domain.PaymentID  `json:"id"`
	Customer  domain.CustomerID `json:"customer"`
	Status    string            `json:"status"`
	Document  string            `json:"document"`  // the ERP's receipt number, or the bank's reference
	Reference string            `json:"reference"` // trace number
	Payer     string            `json:"payer"`     // of a remittance, in its own words
	Names     string            `json:"names"`     // invoice number the payer named
	Currency  money.Currency    `json:"currency"`
	Announced money.Money       `json:"announced"` // by the remittance, null without one
	Received  money.Money       `json:"received"`  // null while it is only announced
	Allocated money.Money       `json:"allocated"` // meant for invoices
	Unapplied money.Money       `json:"unapplied"` // received, not meant for an invoice nor given back; 0 once reversed
	Date      string            `json:"date"`
	Hold      string            `json:"hold"` // why the remittance does not add up
	// Account is the bank account whose statement brought it, "" when the ERP
	// booked it; GL is that account in the books.
	Account domain.BankAccountID `json:"account"`
	GL      domain.Account       `json:"gl"`
	// Match is what the other source says of it; Advises the cash that a
	// remittance announced.
	Match    domain.MovementID `json:"match"`
	Advises  domain.PaymentID  `json:"advises"`
	Recorded time.Time         `json:"recorded"`
	Changed  time.Time         `json:"changed"`
	Revision uint64            `json:"revision"`
}

// Statuses of a payment in its list.
const (
	PaymentAnnounced = "announced" // no cash yet
	PaymentAdvised   = "advised"   // and the cash came as another payment
	PaymentReceived  = "received"
	PaymentReversed  = "reversed"
)

// Application is cash on an invoice.
type Application struct {
	Invoice   domain.InvoiceID `json:"invoice"`
	Number    string           `json:"number"`
	Payment   domain.PaymentID `json:"payment"`
	Document  string           `json:"document"`
	Date      string           `json:"date"`
	Amount    money.Money      `json:"amount"`
	Residual  money.Money      `json:"residual"` // open on the invoice afterwards
	Reason    string           `json:"reason"`   // of a short pay
	Unapplied bool             `json:"unapplied"`
	Recorded  time.Time        `json:"recorded"`
}

type payments struct{ *folded[paymentState] }

type paymentState struct {
	Payment   domain.Payment // without Items
	Announced money.Money
	Document  string
	Reference string
	Names     string
	Payer     string
	Advised   string // day
	Recorded  time.Time
	Changed   time.Time
	Revision  uint64
}

func newPayments() payments { return payments{newFolded[paymentState]("payment_states")} }

func (payments) Name() string { return "payments" }
func (payments) Version() int { return 3 }
func (p payments) Forget()    { p.forget() }

func (p payments) Schema() []string {
	return []string{`CREATE TABLE payments (id TEXT PRIMARY KEY, customer TEXT NOT NULL, status TEXT NOT NULL, document TEXT NOT NULL, reference TEXT NOT NULL,
	names TEXT NOT NULL, currency TEXT NOT NULL, announced, received, allocated, unapplied, date TEXT NOT NULL, hold TEXT NOT NULL,
	recorded TEXT NOT NULL, changed TEXT NOT NULL, revision INTEGER NOT NULL,
	payer TEXT NOT NULL, account TEXT NOT NULL, gl TEXT NOT NULL, match TEXT NOT NULL, advises TEXT NOT NULL) WITHOUT ROWID`,
		"CREATE INDEX payments_customer ON payments (customer)",
		"CREATE INDEX payments_of_account ON payments (account, id)",
		"CREATE INDEX payments_advice ON payments (currency, announced) WHERE status = 'announced'",
		"CREATE INDEX payments_match ON payments (match) WHERE match <> ''",
		"CREATE INDEX payments_advises ON payments (advises) WHERE advises <> ''",
		"CREATE INDEX payments_unmatched ON payments (gl, currency, received) WHERE status = 'received' AND match = ''",
		`CREATE TABLE applications (invoice TEXT NOT NULL, payment TEXT NOT NULL, number TEXT NOT NULL, document TEXT NOT NULL, date TEXT NOT NULL,
	currency TEXT NOT NULL, amount, residual, reason TEXT NOT NULL, unapplied INTEGER NOT NULL, recorded TEXT NOT NULL, PRIMARY KEY (invoice, payment)) WITHOUT ROWID`,
		"CREATE INDEX applications_payment ON applications (payment)",
		p.schema()}
}

func (p payments) Handle(tx *projections.Tx, e eventstore.Decoded) error {
	switch a := e.Event.(type) {
	case domain.PaymentApplied:
		return tx.Exec("INSERT OR REPLACE INTO applications VALUES (?,?,?,?,?,?,?,?,?,0,?)", string(a.Invoice), string(a.Payment), a.Number, a.Document, a.Date,
			string(a.Amount.Currency()), stored(a.Amount), stored(a.Residual), a.Reason, instant(e.Meta.RecordedAt))
	case domain.CashReleased:
		return lessApplied(tx, a)
	case domain.PaymentUnapplied:
		return tx.Exec("UPDATE applications SET unapplied = 1 WHERE invoice = ? AND payment = ?", string(a.Invoice), string(a.Payment))
	}
	if !strings.HasPrefix(e.Stream, "payment-") {
		return nil
	}
	s, err := p.change(tx, e.Stream)
	if err != nil {
		return err
	}
	if e.Revision == 0 {
		s.Recorded = e.Meta.RecordedAt
	}
	s.Payment = s.Payment.Evolve(e.Event)
	s.Payment.Items = nil
	s.Changed, s.Revision = e.Meta.RecordedAt, e.Revision
	switch e := e.Event.(type) {
	case domain.RemittanceAnnounced:
		s.Announced = e.Amount
		s.Reference, s.Payer, s.Advised = e.Reference, e.Payer, e.Date
	case domain.PaymentReceived:
		s.Document, s.Names = e.Document, e.Invoice
		if e.Reference != "" {
			s.Reference = e.Reference
		}
	}
	return nil
}

// lessApplied takes released cash off its application.
func lessApplied(tx *projections.Tx, e domain.CashReleased) error {
	var was amount
	if found, err := tx.Row("SELECT amount FROM applications WHERE invoice = ? AND payment = ?", []any{string(e.Invoice), string(e.Payment)}, &was); !found || err != nil {
		return err
	}
	left, err := was.in(e.Amount.Currency())
	if err != nil {
		return err
	}
	if left, err = left.Sub(e.Amount); err != nil {
		return err
	}
	return tx.Exec("UPDATE applications SET amount = ? WHERE invoice = ? AND payment = ?", stored(left), string(e.Invoice), string(e.Payment))
}

func (p payments) Flush(tx *projections.Tx) error {
	return p.flush(tx, func(_ string, s *paymentState) error { return s.write(tx) })
}

func (s *paymentState) write(tx *projections.Tx) (err error) {
	m := s.Payment
	status, currency := PaymentAnnounced, s.Announced.Currency()
	if m.Advises != "" {
		status = PaymentAdvised
	}
	date := m.Date
	if !m.Received {
		date = s.Advised
	}
	gl := m.GL
	if m.Received && gl == "" {
		gl = domain.UsualBank
	}
	var allocated, unapplied money.Money
	if m.Received {
		status, currency = PaymentReceived, m.Amount.Currency()
		if unapplied, err = m.Unallocated(); err != nil {
			return err
		}
		refunded, err := m.Refunded()
		if err != nil {
			return err
		}
		if allocated, err = m.Amount.Sub(unapplied); err != nil {
			return err
		}
		if allocated, err = allocated.Sub(refunded); err != nil {
			return err
		}
	}
	if m.Reversed {
		status, allocated, unapplied = PaymentReversed, money.Zero(currency), money.Zero(currency)
	}
	// An announcement in another currency than the cash has no column; the
	// history keeps it.
	announced := s.Announced
	if announced.Currency() != currency {
		announced = money.Money{}
	}
	return tx.Exec("INSERT OR REPLACE INTO payments VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", string(m.ID), string(m.Customer), status, s.Document, s.Reference,
		s.Names, string(currency), stored(announced), stored(m.Amount), stored(allocated), stored(unapplied), date, m.Held,
		instant(s.Recorded), instant(s.Changed), int64(s.Revision),
		s.Payer, string(m.Account), string(gl), string(m.Match), string(m.Advises))
}

// PaymentFilter narrows a list; empty fields do not.
type PaymentFilter struct {
	Page
	Customer  domain.CustomerID
	Unapplied bool // only with cash that no invoice has
	Held      bool // only remittances that do not add up
	Received  bool // only cash, not what announces it
	Account   domain.BankAccountID
	OfBanks   bool // only what statements brought
}

// Payments lists payments in order of id.
func (v *Views) Payments(ctx context.Context, f PaymentFilter) ([]Payment, error) {
	return selectAll(ctx, v.db, scanPayment, `SELECT * FROM payments WHERE id > ? AND (? = '' OR customer = ?) AND (NOT ? OR COALESCE(unapplied, 0) <> 0)
		AND (NOT ? OR hold <> '') AND (NOT ? OR status IN ('received', 'reversed')) AND (? = '' OR account = ?) AND (NOT ? OR account <> '') ORDER BY id LIMIT +?`,
		f.After, string(f.Customer), string(f.Customer), f.Unapplied, f.Held, f.Received, string(f.Account), string(f.Account), f.OfBanks, f.limit())
}

// Payment finds one; false when it is not known.
func (v *Views) Payment(ctx context.Context, id domain.PaymentID) (Payment, bool, error) {
	return selectOne(ctx, v.db, scanPayment, "SELECT * FROM payments WHERE id = ?", string(id))
}

func scanPayment(r row) (p Payment, err error) {
	var announced, received, allocated, unapplied amount
	if err = r.Scan(&p.ID, &p.Customer, &p.Status, &p.Document, &p.Reference, &p.Names, &p.Currency, &announced, &received, &allocated, &unapplied, &p.Date, &p.Hold,
		when{&p.Recorded}, when{&p.Changed}, &p.Revision, &p.Payer, &p.Account, &p.GL, &p.Match, &p.Advises); err != nil {
		return p, err
	}
	return p, moneyIn(p.Currency, announced, &p.Announced, received, &p.Received, allocated, &p.Allocated, unapplied, &p.Unapplied)
}

// Applications lists the cash on an invoice, or the invoices of a payment; one
// of the two is named.
func (v *Views) Applications(ctx context.Context, invoice domain.InvoiceID, payment domain.PaymentID) ([]Application, error) {
	return selectAll(ctx, v.db, func(r row) (a Application, err error) {
		var currency money.Currency
		var sum, residual amount
		if err = r.Scan(&a.Invoice, &a.Payment, &a.Number, &a.Document, &a.Date, &currency, &sum, &residual, &a.Reason, &a.Unapplied, when{&a.Recorded}); err != nil {
			return a, err
		}
		return a, moneyIn(currency, sum, &a.Amount, residual, &a.Residual)
	}, "SELECT * FROM applications WHERE invoice = ? OR payment = ? ORDER BY invoice, payment LIMIT +?", string(invoice), string(payment), MaxLimit)
}
