package views

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Invoice is one invoice, or a candidate that becomes one.
type Invoice struct {
	ID          domain.InvoiceID     `json:"id"`
	Number      string               `json:"number"` // "" until it is issued
	Customer    domain.CustomerID    `json:"customer"`
	Issuer      string               `json:"issuer"` // the legal entity that bills, "" the only one there is
	Period      string               `json:"period"` // of billing: "2026-03", "2026-W10", "2026-03-04"
	Month       string               `json:"month"`  // in which the period ends
	PO          string               `json:"po"`     // of a candidate by purchase order
	Currency    money.Currency       `json:"currency"`
	Candidate   int                  `json:"candidate"` // its number among those of the same customer, period and the rest
	Raises      string               `json:"raises"`    // the number of the invoice that it is a debit memo to
	Status      domain.InvoiceStatus `json:"status"`
	BillingDate string               `json:"billing_date"`
	IssueDate   string               `json:"issue_date"`
	DueDate     string               `json:"due_date"`
	Lines       int                  `json:"lines"`
	Net         money.Money          `json:"net"`
	Tax         money.Money          `json:"tax"`
	Total       money.Money          `json:"total"`
	Open        money.Money          `json:"open"`       // still owed; 0 before it is issued and when it is void
	Disputed    money.Money          `json:"disputed"`   // in open disputes
	Exchange    *domain.Exchange     `json:"exchange"`   // what it is in its issuer's books, null where they are in its currency
	Posted      bool                 `json:"posted"`     // the ERP holds it
	Holds       []string             `json:"holds"`      // their reasons
	Held        []Hold               `json:"held"`       // the same, with since when and who ends each
	Cancelling  string               `json:"cancelling"` // under-way, done, or what the cancellation stops at; "" when there is none
	Opened      time.Time            `json:"opened"`     // recorded times
	Changed     time.Time            `json:"changed"`
	Revision    uint64               `json:"revision"`
}

// InvoiceLine is a charge as an invoice bills it.
type InvoiceLine struct {
	Invoice domain.InvoiceID `json:"invoice"`
	domain.BillLine
}

type invoices struct{ *folded[invoiceState] }

// invoiceState leaves the lines to their table: a month's invoice has up to a
// thousand of them, and grows by a few at a time.
type invoiceState struct {
	Invoice  domain.Invoice // without Lines
	Lines    int
	Net, Tax money.Money // of the lines so far
	Held     []placed    // holds in force
	Opened   time.Time
	Changed  time.Time
	Revision uint64
}

func newInvoices() invoices { return invoices{newFolded[invoiceState]("invoice_states")} }

func (invoices) Name() string { return "invoices" }
func (invoices) Version() int { return 5 }
func (p invoices) Forget()    { p.forget() }

func (p invoices) Schema() []string {
	return []string{`CREATE TABLE invoices (id TEXT PRIMARY KEY, number TEXT NOT NULL, customer TEXT NOT NULL, issuer TEXT NOT NULL, period TEXT NOT NULL, month TEXT NOT NULL, po TEXT NOT NULL, currency TEXT NOT NULL,
	candidate INTEGER NOT NULL, raises TEXT NOT NULL, status TEXT NOT NULL, billing_date TEXT NOT NULL, issue_date TEXT NOT NULL, due_date TEXT NOT NULL, lines INTEGER NOT NULL,
	net, tax, total, open, disputed, exchange TEXT NOT NULL, posted INTEGER NOT NULL, holds TEXT NOT NULL, held TEXT NOT NULL, cancelling TEXT NOT NULL, opened TEXT NOT NULL, changed TEXT NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID`,
		"CREATE INDEX invoices_number ON invoices (number) WHERE number <> ''",
		"CREATE INDEX invoices_customer ON invoices (customer)",
		"CREATE INDEX invoices_status ON invoices (status)",
		`CREATE TABLE invoice_lines (invoice TEXT NOT NULL, shipment TEXT NOT NULL, charge TEXT NOT NULL, kind TEXT NOT NULL, code TEXT NOT NULL,
	description TEXT NOT NULL, currency TEXT NOT NULL, amount, tax, tax_code TEXT NOT NULL, accrued, service_date TEXT NOT NULL, rebills TEXT NOT NULL,
	unit TEXT NOT NULL, origin TEXT NOT NULL, destination TEXT NOT NULL, jurisdiction TEXT NOT NULL,
	PRIMARY KEY (invoice, shipment, charge)) WITHOUT ROWID`,
		p.schema()}
}

func (p invoices) Handle(tx *projections.Tx, e eventstore.Decoded) error {
	if !strings.HasPrefix(e.Stream, "invoice-") {
		return nil
	}
	v, err := p.change(tx, e.Stream)
	if err != nil {
		return err
	}
	if e.Revision == 0 {
		v.Opened = e.Meta.RecordedAt
	}
	v.Invoice = v.Invoice.Evolve(e.Event)
	v.Invoice.Lines = nil
	v.Changed, v.Revision = e.Meta.RecordedAt, e.Revision
	v.changeHolds(e.Event, e.Meta.RecordedAt)
	switch e := e.Event.(type) {
	case domain.CandidateOpened:
		v.Net, v.Tax = money.Zero(e.Candidate.Currency), money.Zero(e.Candidate.Currency)
	case domain.LinesAdded:
		// An invoice is issued with the lines that were added and not
		// withdrawn or moved, so they are written once.
		return v.addLines(tx, e)
	case domain.LinesWithdrawn:
		return v.removeLines(tx, e.Invoice, e.Lines)
	case domain.LinesMoved:
		return v.removeLines(tx, e.Invoice, e.Lines)
	}
	return nil
}

func (v *invoiceState) addLines(tx *projections.Tx, e domain.LinesAdded) (err error) {
	for _, line := range e.Lines {
		if v.Net, err = v.Net.Add(line.Amount); err != nil {
			return err
		}
		if line.Tax.IsSet() {
			if v.Tax, err = v.Tax.Add(line.Tax); err != nil {
				return err
			}
		}
		if err := tx.Exec("INSERT OR REPLACE INTO invoice_lines VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", string(e.Invoice), string(line.Shipment), string(line.Charge),
			string(line.Kind), line.Code, line.Description, string(line.Amount.Currency()), stored(line.Amount), stored(line.Tax), line.TaxCode,
			stored(line.Accrued), line.ServiceDate, string(line.Rebills),
			line.Dimensions.Unit, line.Dimensions.Origin, line.Dimensions.Destination, line.Dimensions.Jurisdiction); err != nil {
			return err
		}
	}
	v.Lines += len(e.Lines)
	return nil
}

func (v *invoiceState) removeLines(tx *projections.Tx, invoice domain.InvoiceID, lines []domain.BillLine) (err error) {
	for _, line := range lines {
		if v.Net, err = v.Net.Sub(line.Amount); err != nil {
			return err
		}
		if line.Tax.IsSet() {
			if v.Tax, err = v.Tax.Sub(line.Tax); err != nil {
				return err
			}
		}
		if err := tx.Exec("DELETE FROM invoice_lines WHERE invoice = ? AND shipment = ? AND charge = ?", string(invoice), string(line.Shipment), string(line.Charge)); err != nil {
			return err
		}
	}
	v.Lines -= len(lines)
	return nil
}

func (p invoices) Flush(tx *projections.Tx) error {
	return p.flush(tx, func(_ string, s *invoiceState) error { return s.write(tx) })
}

func (s *invoiceState) write(tx *projections.Tx) error {
	v := s.Invoice
	currency := v.Candidate.Currency
	net, tax, total, open := s.Net, s.Tax, v.Total, money.Zero(currency)
	var err error
	if !total.IsSet() {
		if total, err = net.Add(tax); err != nil {
			return err
		}
	}
	if v.Number != "" && v.Status != domain.InvoiceIsVoid {
		if open, err = v.Open(); err != nil {
			return err
		}
	}
	disputed := money.Zero(currency)
	for _, d := range v.Disputes {
		if d.Open {
			part, err := linesTotal(currency, d.Lines)
			if err != nil {
				return err
			}
			if disputed, err = disputed.Add(part); err != nil {
				return err
			}
		}
	}
	holds, err := json.Marshal(notNil(v.Holds))
	if err != nil {
		return err
	}
	held, err := json.Marshal(notNil(s.Held))
	if err != nil {
		return err
	}
	exchange, err := json.Marshal(v.Exchange)
	if err != nil {
		return err
	}
	return tx.Exec("INSERT OR REPLACE INTO invoices VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		string(v.ID), v.Number, string(v.Candidate.Customer), v.Candidate.Issuer, v.Candidate.Period, monthOf(v.BillingDate), v.Candidate.PO, string(currency), v.Candidate.Number, v.Candidate.Raises.Number, string(v.Status), v.BillingDate, v.IssueDate, v.DueDate, s.Lines,
		stored(net), stored(tax), stored(total), stored(open), stored(disputed), string(exchange), v.Posted, string(holds), string(held), v.Cancellation.State(), instant(s.Opened), instant(s.Changed), int64(s.Revision))
}

// monthOf is the month of a civil date.
func monthOf(day string) string { return day[:min(len(day), len("2006-01"))] }

// linesTotal adds up amounts and tax of lines that are credited or contested.
func linesTotal(c money.Currency, lines []domain.CreditLine) (money.Money, error) {
	var parts []money.Money
	for _, line := range lines {
		for _, part := range []money.Money{line.Amount, line.Tax} {
			if part.IsSet() {
				parts = append(parts, part)
			}
		}
	}
	return money.Sum(c, parts...)
}

// InvoiceFilter narrows a list; empty fields do not.
type InvoiceFilter struct {
	Page
	Customer domain.CustomerID
	Month    string
	Status   domain.InvoiceStatus
	OpenOnly bool // with something still owed
}

const invoiceColumns = `id, number, customer, issuer, period, month, po, currency, candidate, raises, status, billing_date, issue_date, due_date, lines,
	net, tax, total, open, disputed, exchange, posted, holds, held, cancelling, opened, changed, revision`

// Invoices lists invoices and candidates in order of id.
func (v *Views) Invoices(ctx context.Context, f InvoiceFilter) ([]Invoice, error) {
	return selectAll(ctx, v.db, scanInvoice, "SELECT "+invoiceColumns+` FROM invoices WHERE id > ? AND (? = '' OR customer = ?) AND (? = '' OR month = ?)
		AND (? = '' OR status = ?) AND (NOT ? OR open <> 0) ORDER BY id LIMIT +?`,
		f.After, string(f.Customer), string(f.Customer), f.Month, f.Month, string(f.Status), string(f.Status), f.OpenOnly, f.limit())
}

// Invoice finds one by id or by number; false when neither is known.
func (v *Views) Invoice(ctx context.Context, idOrNumber string) (Invoice, bool, error) {
	if idOrNumber == "" {
		return Invoice{}, false, nil
	}
	found, ok, err := selectOne(ctx, v.db, scanInvoice, "SELECT "+invoiceColumns+" FROM invoices WHERE id = ?", idOrNumber)
	if ok || err != nil {
		return found, ok, err
	}
	return selectOne(ctx, v.db, scanInvoice, "SELECT "+invoiceColumns+" FROM invoices WHERE number = ? AND number <> ''", idOrNumber)
}

func scanInvoice(r row) (v Invoice, err error) {
	var net, tax, total, open, disputed amount
	var exchange, holds, held string
	if err = r.Scan(&v.ID, &v.Number, &v.Customer, &v.Issuer, &v.Period, &v.Month, &v.PO, &v.Currency, &v.Candidate, &v.Raises, &v.Status, &v.BillingDate, &v.IssueDate, &v.DueDate, &v.Lines,
		&net, &tax, &total, &open, &disputed, &exchange, &v.Posted, &holds, &held, &v.Cancelling, when{&v.Opened}, when{&v.Changed}, &v.Revision); err != nil {
		return v, err
	}
	if err = json.Unmarshal([]byte(exchange), &v.Exchange); err != nil {
		return v, err
	}
	if err = json.Unmarshal([]byte(holds), &v.Holds); err != nil {
		return v, err
	}
	if v.Held, err = holdsOf(held); err != nil {
		return v, err
	}
	return v, moneyIn(v.Currency, net, &v.Net, tax, &v.Tax, total, &v.Total, open, &v.Open, disputed, &v.Disputed)
}

// InvoiceLines lists an invoice's lines in order of shipment and charge.
func (v *Views) InvoiceLines(ctx context.Context, id domain.InvoiceID, after domain.ChargeRef, limit int) ([]InvoiceLine, error) {
	return selectAll(ctx, v.db, func(r row) (line InvoiceLine, err error) {
		var currency money.Currency
		var sum, tax, accrued amount
		if err = r.Scan(&line.Invoice, &line.Shipment, &line.Charge, &line.Kind, &line.Code, &line.Description, &currency, &sum, &tax, &line.TaxCode, &accrued,
			&line.ServiceDate, &line.Rebills, &line.Dimensions.Unit, &line.Dimensions.Origin, &line.Dimensions.Destination, &line.Dimensions.Jurisdiction); err != nil {
			return line, err
		}
		return line, moneyIn(currency, sum, &line.Amount, tax, &line.Tax, accrued, &line.Accrued)
	}, "SELECT * FROM invoice_lines WHERE invoice = ? AND (shipment, charge) > (?, ?) ORDER BY shipment, charge LIMIT +?",
		string(id), string(after.Shipment), string(after.Charge), Page{Limit: limit}.limit())
}
