package domain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
)

// Account is a general-ledger account that freightledger books to.
type Account string

// The accounts, as in docs/ACCOUNTS.md.
const (
	Bank               Account = "1000"
	Receivable         Account = "1200"
	Unbilled           Account = "1250" // contract asset: earned, not invoiced
	UnappliedCash      Account = "2100"
	RefundsPayable     Account = "2110" // owed to customers, until the ERP pays it out
	TaxPayable         Account = "2200"
	FreightRevenue     Account = "4010"
	InsuranceRevenue   Account = "4020"
	FuelRevenue        Account = "4030"
	AccessorialRevenue Account = "4040"
	AccruedRevenue     Account = "4090" // earned, not invoiced; reversed at invoicing
	AccrualVariance    Account = "4190" // invoiced otherwise than accrued (rule 44)
	CreditsGiven       Account = "4900"
	BadDebt            Account = "6010" // written off by request and approval
	SmallBalances      Account = "6020" // written off within a customer's tolerance
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

// Entry is one line of a journal document: a positive amount on one side.
type Entry struct {
	Ref     string // unique in its document; entries are ordered by it
	Account Account
	Side    Side
	Amount  money.Money
	Memo    string
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

// Journal gives an event's entries; false when it means nothing to the books.
func Journal(e Event) (Document, bool) {
	var d Document
	switch e := e.(type) {
	case RevenueAccrued:
		d = Document{Number: e.Document, Kind: DocumentAccrual, Customer: e.Customer, Date: e.Date, Reference: string(e.Shipment)}
		for i, line := range e.Lines {
			memo := chargeMemo(e.Shipment, line.Charge, line.Kind)
			d.post(lineRef(i, "accrued"), AccruedRevenue, line.Amount.Neg(), memo)
			d.post(lineRef(i, "unbilled"), Unbilled, line.Amount, memo)
		}
	case InvoiceIssued:
		d = invoiceDocument(e.Lines, e.Total)
		d.Number, d.Kind, d.Customer, d.Date, d.DueDate, d.Reference = e.Number, DocumentInvoice, e.Candidate.Customer, e.IssueDate, e.DueDate, string(e.Invoice)
		if of := e.Candidate.Raises; of != (Raised{}) {
			d.Kind, d.Reference = DocumentDebit, of.Number
		}
	case InvoiceVoided:
		d = invoiceDocument(e.Lines, e.Total)
		d.Number, d.Kind, d.Customer, d.Date, d.Reference = "VOID-"+e.Number, DocumentVoid, e.Customer, e.Date, e.Number
		d.turn()
	case CreditIssued:
		d = Document{Number: e.Credit.Number, Kind: DocumentCredit, Customer: e.Customer, Date: e.Date, Reference: e.Of}
		d.post("AR", Receivable, e.Total.Neg(), e.Of)
		for i, line := range e.Lines {
			memo := chargeMemo(line.Shipment, line.Charge, line.Kind)
			if line.Amount.IsSet() {
				d.post(lineRef(i, "credit"), CreditsGiven, line.Amount, memo)
			}
			if line.Tax.IsSet() {
				d.post(lineRef(i, "tax"), TaxPayable, line.Tax, memo)
			}
		}
	case PaymentReceived:
		d = Document{Number: e.Document, Kind: DocumentReceipt, Customer: e.Customer, Date: e.Date, Reference: e.Invoice, ByERP: !e.Own}
		if e.Own {
			d.Number = receiptNumber(e.Payment)
		}
		d.post("bank", e.BankGL(), e.Amount, e.Reference)
		d.post("unapplied", UnappliedCash, e.Amount.Neg(), e.Reference)
	case PaymentReversed:
		d = Document{Number: e.Document, Kind: DocumentReceipt, Customer: e.Customer, Date: e.Date, ByERP: !e.Own}
		if e.Own {
			d.Number = receiptNumber(e.Payment) + "-R"
		}
		d.post("bank", PaymentReceived{GL: e.GL}.BankGL(), e.Amount.Neg(), e.Reason)
		d.post("unapplied", UnappliedCash, e.Amount, e.Reason)
	case PaymentRefunded:
		d = Document{Number: e.Document, Kind: DocumentRefund, Customer: e.Customer, Date: e.Date, Reference: string(e.Payment)}
		d.post("refund", RefundsPayable, e.Amount.Neg(), e.Reason)
		d.post("unapplied", UnappliedCash, e.Amount, e.Reason)
	case PaymentApplied:
		d = Document{Number: e.Document, Kind: DocumentApplication, Customer: e.Customer, Date: e.Date, Reference: e.Number}
		d.post("AR", Receivable, e.Amount.Neg(), e.Number)
		d.post("unapplied", UnappliedCash, e.Amount, e.Number)
	case PaymentUnapplied:
		d = Document{Number: e.Document, Kind: DocumentApplication, Customer: e.Customer, Date: e.Date, Reference: e.Number}
		d.post("AR", Receivable, e.Amount, e.Number)
		d.post("unapplied", UnappliedCash, e.Amount.Neg(), e.Number)
	case WrittenOff:
		d = writeOffDocument(e.Lines, e.Amount, e.Small, e.Number)
		d.Number, d.Kind, d.Customer, d.Date, d.Reference = e.Document, DocumentWriteOff, e.Customer, e.Date, e.Number
	case WriteOffReversed:
		d = writeOffDocument(e.Lines, e.Amount, e.Small, e.Number)
		d.Number, d.Kind, d.Customer, d.Date, d.Reference = e.Document, DocumentWriteOff, e.Customer, e.Date, e.Number
		d.turn()
	case CashReleased:
		d = Document{Number: e.Document, Kind: DocumentApplication, Customer: e.Customer, Date: e.Date, Reference: e.Number}
		d.post("AR", Receivable, e.Amount, e.Number)
		d.post("unapplied", UnappliedCash, e.Amount.Neg(), e.Number)
	}
	if len(d.Entries) == 0 {
		return Document{}, false
	}
	slices.SortFunc(d.Entries, func(a, b Entry) int { return strings.Compare(a.Ref, b.Ref) })
	d.Currency = d.Entries[0].Amount.Currency()
	return d, true
}

// invoiceDocument debits the receivable, credits revenue by kind of charge and
// tax, and reverses what was accrued, to the cent; an amount that differs from
// its accrual shows as variance (rule 44).
func invoiceDocument(lines []BillLine, total money.Money) Document {
	var d Document
	d.post("AR", Receivable, total, "")
	for i, line := range lines {
		memo := chargeMemo(line.Shipment, line.Charge, line.Kind)
		earned := line.Amount
		if line.Accrued.IsSet() && !line.Accrued.IsZero() {
			earned = line.Accrued
			d.post(lineRef(i, "accrued"), AccruedRevenue, line.Accrued, memo)
			d.post(lineRef(i, "unbilled"), Unbilled, line.Accrued.Neg(), memo)
			// Both are in the shipment's one currency, so Sub cannot fail.
			if variance, err := line.Amount.Sub(line.Accrued); err == nil {
				d.post(lineRef(i, "variance"), AccrualVariance, variance.Neg(), memo)
			}
		}
		d.post(lineRef(i, "revenue"), revenueAccount(line.Kind), earned.Neg(), memo)
		if line.Tax.IsSet() {
			d.post(lineRef(i, "tax"), TaxPayable, line.Tax.Neg(), memo)
		}
	}
	return d
}

// writeOffDocument credits the receivable and books the loss line by line, tax
// included: whether a tax authority gives it back is settled with that
// authority.
func writeOffDocument(lines []CreditLine, total money.Money, small bool, number string) Document {
	var d Document
	account, part := BadDebt, "bad-debt"
	if small {
		account, part = SmallBalances, "small"
	}
	d.post("AR", Receivable, total.Neg(), number)
	for i, line := range lines {
		// Both are in the invoice's one currency, so Add cannot fail.
		if amount, err := line.Amount.Add(line.Tax); err == nil {
			d.post(lineRef(i, part), account, amount, chargeMemo(line.Shipment, line.Charge, line.Kind))
		}
	}
	return d
}

// turn makes debits of credits, and credits of debits.
func (d *Document) turn() {
	for i := range d.Entries {
		d.Entries[i].Side = d.Entries[i].Side.other()
	}
}

// post adds an entry: positive amounts are debits, negative ones credits,
// nought is no entry.
func (d *Document) post(ref string, account Account, amount money.Money, memo string) {
	switch amount.Sign() {
	case 1:
		d.Entries = append(d.Entries, Entry{ref, account, DebitSide, amount, memo})
	case -1:
		d.Entries = append(d.Entries, Entry{ref, account, CreditSide, amount.Neg(), memo})
	}
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

// revenueAccount is the account that a kind of charge earns on.
func revenueAccount(kind ChargeKind) Account {
	switch kind {
	case Insurance:
		return InsuranceRevenue
	case FuelSurcharge:
		return FuelRevenue
	case Accessorial:
		return AccessorialRevenue
	}
	return FreightRevenue // freight and its discounts
}

func lineRef(i int, part string) string { return fmt.Sprintf("L%04d-%s", i+1, part) }

func chargeMemo(s ShipmentID, c ChargeID, kind ChargeKind) string {
	return string(s) + " " + string(c) + " " + string(kind)
}
