package domain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
)

// Side of an entry.
type Side string

// Sides.
const (
	DebitSide  Side = "debit"
	CreditSide Side = "credit"
)

// Kinds of journal document.
const (
	DocumentAccrual     = "accrual"
	DocumentInvoice     = "invoice"
	DocumentDebit       = "debit-memo"
	DocumentVoid        = "void"
	DocumentCredit      = "credit-memo"
	DocumentReceipt     = "receipt" // booked by the source of its bank account
	DocumentApplication = "cash-application"
	DocumentWriteOff    = "write-off"
	DocumentRefund      = "refund"
)

// Entry is one line of a journal document: a positive amount on one side, and
// what its account is chosen by.
type Entry struct {
	Ref    string // unique in its document; entries are ordered by it
	Role   Role
	Side   Side
	Amount money.Money
	Memo   string
	// Of the charge, where the entry is of one:
	Kind ChargeKind
	Code string
	Dimensions
	// Account is chosen by [Charts.Book], unless the event states it, as a
	// bank account's.
	Account Account
	Chart   string // the version that chose the account, "" when it was stated
	Row     int    // its row, from 1

	version int // of the charts, from 1; 0 is the built-in one
}

// Document is what an event means in the books. It balances to zero (rule 41).
type Document struct {
	Number    string // unique; what the ERP is probed by
	Kind      string
	Customer  CustomerID
	Date      string // civil date; decides the period
	DueDate   string
	Reference string // the invoice it belongs to
	Currency  money.Currency
	ByERP     bool // booked by the ERP itself, never posted by us
	Entries   []Entry
}

// Journaled tells whether events of a type may mean something to the books.
func Journaled(eventType string) bool {
	switch eventType {
	case RevenueAccrued{}.EventType(), InvoiceIssued{}.EventType(), InvoiceVoided{}.EventType(), CreditIssued{}.EventType(),
		PaymentReceived{}.EventType(), PaymentReversed{}.EventType(), PaymentRefunded{}.EventType(), PaymentApplied{}.EventType(), PaymentUnapplied{}.EventType(),
		WrittenOff{}.EventType(), WriteOffReversed{}.EventType(), CashReleased{}.EventType():
		return true
	}
	return false
}

// Journal gives an event's entries by role; false when it means nothing to the
// books. Their accounts depend on what came before: see [Charts.Book].
func Journal(e Event) (Document, bool) { return compose(e, chosen{}) }

// chosen are the versions of the chart that a document's entries are booked by.
type chosen struct {
	own      int // in force on the document's date
	invoice  int // that the invoice was booked by
	payment  int // that the receipt was booked by
	accruals [][]accrued
}

// accrued is a part of a charge's accrual, and the version it was booked by.
type accrued struct {
	Version int         `json:"v"`
	Amount  money.Money `json:"a"`
}

// accrual gives the parts of what a line accrues or reverses: one, unless a
// new version came in between.
func (c chosen) accrual(line int, amount money.Money) []accrued {
	if c.accruals == nil {
		return []accrued{{c.own, amount}}
	}
	return c.accruals[line]
}

func compose(e Event, by chosen) (Document, bool) {
	var d Document
	switch e := e.(type) {
	case RevenueAccrued:
		d = Document{Number: e.Document, Kind: DocumentAccrual, Customer: e.Customer, Date: e.Date, Reference: string(e.Shipment)}
		for i, line := range e.Lines {
			of := Entry{Memo: chargeMemo(e.Shipment, line.Charge, line.Kind), Kind: line.Kind, Code: line.Code, Dimensions: e.Dimensions}
			d.accrue(i, by.accrual(i, line.Amount), of)
		}
	case InvoiceIssued:
		d = invoiceDocument(e.Lines, e.Total, by)
		d.Number, d.Kind, d.Customer, d.Date, d.DueDate, d.Reference = e.Number, DocumentInvoice, e.Candidate.Customer, e.IssueDate, e.DueDate, string(e.Invoice)
		if of := e.Candidate.Raises; of != (Raised{}) {
			d.Kind, d.Reference = DocumentDebit, of.Number
		}
	case InvoiceVoided:
		d = invoiceDocument(e.Lines, e.Total, by)
		d.Number, d.Kind, d.Customer, d.Date, d.Reference = "VOID-"+e.Number, DocumentVoid, e.Customer, e.Date, e.Number
		d.turn()
	case CreditIssued:
		d = Document{Number: e.Credit.Number, Kind: DocumentCredit, Customer: e.Customer, Date: e.Date, Reference: e.Of}
		d.post("AR", Receivable, e.Total.Neg(), Entry{Memo: e.Of, version: by.invoice})
		for i, line := range e.Lines {
			of := line.entry(by.invoice)
			d.post(lineRef(i, "credit"), CreditsGiven, line.Amount, of)
			d.postTax(i, DebitSide, line.Tax, e.levies(line), of)
		}
	case PaymentReceived:
		d = Document{Number: e.Document, Kind: DocumentReceipt, Customer: e.Customer, Date: e.Date, Reference: e.Invoice, ByERP: !e.Own}
		if e.Own {
			d.Number = receiptNumber(e.Payment)
		}
		d.post("bank", Bank, e.Amount, Entry{Memo: e.Reference, Account: e.GL, version: by.own})
		d.post("unapplied", UnappliedCash, e.Amount.Neg(), Entry{Memo: e.Reference, version: by.own})
	case PaymentReversed:
		d = Document{Number: e.Document, Kind: DocumentReceipt, Customer: e.Customer, Date: e.Date, ByERP: !e.Own}
		if e.Own {
			d.Number = receiptNumber(e.Payment) + "-R"
		}
		d.post("bank", Bank, e.Amount.Neg(), Entry{Memo: e.Reason, Account: e.GL, version: by.payment})
		d.post("unapplied", UnappliedCash, e.Amount, Entry{Memo: e.Reason, version: by.payment})
	case PaymentRefunded:
		d = Document{Number: e.Document, Kind: DocumentRefund, Customer: e.Customer, Date: e.Date, Reference: string(e.Payment)}
		d.post("refund", RefundsPayable, e.Amount.Neg(), Entry{Memo: e.Reason, version: by.own})
		d.post("unapplied", UnappliedCash, e.Amount, Entry{Memo: e.Reason, version: by.payment})
	case PaymentApplied:
		d = application(e.Document, e.Customer, e.Date, e.Number, e.Amount, by)
	case PaymentUnapplied:
		d = application(e.Document, e.Customer, e.Date, e.Number, e.Amount.Neg(), by)
	case CashReleased:
		d = application(e.Document, e.Customer, e.Date, e.Number, e.Amount.Neg(), by)
	case WrittenOff:
		d = writeOffDocument(e.Lines, e.Amount, e.Small, e.Number, by)
		d.Number, d.Kind, d.Customer, d.Date, d.Reference = e.Document, DocumentWriteOff, e.Customer, e.Date, e.Number
	case WriteOffReversed:
		d = writeOffDocument(e.Lines, e.Amount, e.Small, e.Number, by)
		d.Number, d.Kind, d.Customer, d.Date, d.Reference = e.Document, DocumentWriteOff, e.Customer, e.Date, e.Number
		d.turn()
	}
	if len(d.Entries) == 0 {
		return Document{}, false
	}
	slices.SortFunc(d.Entries, func(a, b Entry) int { return strings.Compare(a.Ref, b.Ref) })
	d.Currency = d.Entries[0].Amount.Currency()
	return d, true
}

// accrue books the parts of a charge's accrual; a negative one takes it back.
func (d *Document) accrue(line int, parts []accrued, of Entry) {
	for n, part := range parts {
		again := ""
		if n > 0 {
			again = fmt.Sprintf("-%d", n+1)
		}
		of.version = part.Version
		d.post(lineRef(line, "accrued")+again, AccruedRevenue, part.Amount.Neg(), of)
		d.post(lineRef(line, "unbilled")+again, Unbilled, part.Amount, of)
	}
}

// invoiceDocument debits the receivable, credits revenue by kind of charge and
// tax, and reverses what was accrued, to the cent; an amount that differs from
// its accrual shows as variance (rule 44).
func invoiceDocument(lines []BillLine, total money.Money, by chosen) Document {
	var d Document
	d.post("AR", Receivable, total, Entry{version: by.own})
	for i, line := range lines {
		of := Entry{Memo: chargeMemo(line.Shipment, line.Charge, line.Kind), Kind: line.Kind, Code: line.Code, Dimensions: line.Dimensions, version: by.own}
		earned := line.Amount
		if line.Accrued.IsSet() && !line.Accrued.IsZero() {
			earned = line.Accrued
			parts := slices.Clone(by.accrual(i, line.Accrued))
			for n := range parts {
				parts[n].Amount = parts[n].Amount.Neg()
			}
			d.accrue(i, parts, of)
			// Both are in the shipment's one currency, so Sub cannot fail.
			if variance, err := line.Amount.Sub(line.Accrued); err == nil {
				d.post(lineRef(i, "variance"), AccrualVariance, variance.Neg(), of)
			}
		}
		d.post(lineRef(i, "revenue"), Revenue, earned.Neg(), of)
		var levies []Levied
		if line.Taxed != nil {
			levies = line.Taxed.Levies
		}
		d.postTax(i, CreditSide, line.Tax, levies, of)
	}
	return d
}

// postTax posts the tax of a line on a side: an entry for each levy, of the
// jurisdiction that it is owed to.
func (d *Document) postTax(line int, side Side, amount money.Money, levies []Levied, of Entry) {
	if len(levies) == 0 {
		levies = []Levied{{Jurisdiction: of.Jurisdiction, Amount: amount}}
	}
	for i, levy := range levies {
		ref, entry := lineRef(line, "tax"), of
		if i > 0 {
			ref = fmt.Sprintf("%s-%d", ref, i+1)
		}
		if levy.Tax != "" {
			entry.Memo += " " + levy.Tax + " " + levy.Jurisdiction
		}
		entry.Jurisdiction = levy.Jurisdiction
		if side == CreditSide {
			levy.Amount = levy.Amount.Neg()
		}
		d.post(ref, TaxPayable, levy.Amount, entry)
	}
}

// application moves cash from the payment to the receivable, a negative amount
// back.
func application(number string, customer CustomerID, date, invoice string, amount money.Money, by chosen) Document {
	d := Document{Number: number, Kind: DocumentApplication, Customer: customer, Date: date, Reference: invoice}
	d.post("AR", Receivable, amount.Neg(), Entry{Memo: invoice, version: by.invoice})
	d.post("unapplied", UnappliedCash, amount, Entry{Memo: invoice, version: by.payment})
	return d
}

// writeOffDocument credits the receivable and books the loss line by line, tax
// included: whether a tax authority gives it back is settled with that
// authority.
func writeOffDocument(lines []CreditLine, total money.Money, small bool, number string, by chosen) Document {
	var d Document
	role, part := BadDebt, "bad-debt"
	if small {
		role, part = SmallBalances, "small"
	}
	d.post("AR", Receivable, total.Neg(), Entry{Memo: number, version: by.invoice})
	for i, line := range lines {
		// Both are in the invoice's one currency, so Add cannot fail.
		if amount, err := line.Amount.Add(line.Tax); err == nil {
			d.post(lineRef(i, part), role, amount, line.entry(by.own))
		}
	}
	return d
}

// entry is what the entries of a line have in common.
func (line CreditLine) entry(version int) Entry {
	return Entry{Memo: chargeMemo(line.Shipment, line.Charge, line.Kind), Kind: line.Kind, Code: line.Code, Dimensions: line.Dimensions, version: version}
}

// turn makes debits of credits, and credits of debits.
func (d *Document) turn() {
	for i := range d.Entries {
		d.Entries[i].Side = d.Entries[i].Side.other()
	}
}

// post adds an entry: positive amounts are debits, negative ones credits,
// nought is no entry.
func (d *Document) post(ref string, role Role, amount money.Money, e Entry) {
	e.Ref, e.Role, e.Side, e.Amount = ref, role, DebitSide, amount
	switch amount.Sign() {
	case 0:
		return
	case -1:
		e.Side, e.Amount = CreditSide, amount.Neg()
	}
	d.Entries = append(d.Entries, e)
}

// Balanced tells whether debits equal credits in the document's one currency
// (rule 41).
func (d Document) Balanced() bool {
	sum := money.Zero(d.Currency)
	for _, e := range d.Entries {
		signed := e.Amount
		if e.Side == CreditSide {
			signed = signed.Neg()
		}
		var err error
		if sum, err = sum.Add(signed); err != nil {
			return false
		}
	}
	return sum.IsZero()
}

func (s Side) other() Side {
	if s == DebitSide {
		return CreditSide
	}
	return DebitSide
}

func lineRef(i int, part string) string { return fmt.Sprintf("L%04d-%s", i+1, part) }

func chargeMemo(s ShipmentID, c ChargeID, kind ChargeKind) string {
	return string(s) + " " + string(c) + " " + string(kind)
}
