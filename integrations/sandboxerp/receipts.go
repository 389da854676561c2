package sandboxerp

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

const defaultShortPay = "5"

// shortPay is the share of an invoice that a short payment still pays.
type shortPay struct {
	every int64
	share decimal.Decimal
}

func checkAutoPay(a AutoPay) (shortPay, AutoPay, error) {
	if a.ShortPayPercent == "" {
		a.ShortPayPercent = defaultShortPay
	}
	hundred := decimal.NewFromInt(100)
	percent, err := parsePlain(a.ShortPayPercent)
	if err != nil || !percent.IsPositive() || percent.GreaterThanOrEqual(hundred) {
		return shortPay{}, a, fmt.Errorf("short_pay_percent is %q, want more than 0 and less than 100, such as 5 or 2.5", a.ShortPayPercent)
	}
	if a.ShortPayEvery < 0 {
		return shortPay{}, a, fmt.Errorf("short_pay_every is %d, want 0 for never or a positive number", a.ShortPayEvery)
	}
	return shortPay{int64(a.ShortPayEvery), hundred.Sub(percent).Shift(-2)}, a, nil
}

func (e *ERP) getAutoPay(*http.Request) (any, error) {
	e.writing.Lock()
	defer e.writing.Unlock()
	return e.autopay, nil
}

func (e *ERP) putAutoPay(r *http.Request) (any, error) {
	var input AutoPay
	if err := decode(r, &input); err != nil {
		return nil, err
	}
	short, settings, err := checkAutoPay(input)
	if err != nil {
		return nil, badRequest("%v", err)
	}
	e.writing.Lock()
	defer e.writing.Unlock()
	e.shortPay, e.autopay = short, settings
	return settings, nil
}

// autopay lets the customer pay an invoice that was just booked: what it adds to
// receivables, on its due date or after the customer's terms, once per invoice
// number. A due date in a closed month slips to the next open one.
func (b *batch) autopay(d draft) error {
	if !b.erp.autopay.Enabled || d.Kind != KindInvoice && d.Kind != KindDebitMemo {
		return nil
	}
	var debit, credit total
	for _, entry := range d.entries {
		if slices.Contains(b.erp.own.Receivable, entry.account) {
			debit.add(entry.debit)
			credit.add(entry.credit)
		}
	}
	owed := debit.int()
	if owed.Sub(owed, credit.int()); owed.Sign() <= 0 || !owed.IsInt64() {
		return nil
	}
	var paid int64
	err := b.tx.QueryRow(`SELECT receipt FROM autopaid WHERE invoice = ?`, d.Number).Scan(&paid)
	if err == nil {
		return nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("look for a payment of %s: %w", d.Number, err)
	}
	day, err := b.payday(d)
	if err != nil {
		return err
	}
	b.autopaid++
	pays := amount(owed.Int64())
	if every := b.erp.shortPay.every; every > 0 && b.autopaid%every == 0 {
		pays = b.erp.shortPay.of(pays, d.Currency)
	}
	receipt, err := b.receive(ReceiptInput{
		Invoice: d.Number, Customer: d.Customer, Currency: d.Currency, Date: day.Format(time.DateOnly),
		Reference: "PAY " + d.Number, Remittance: d.Number,
	}, pays)
	if err != nil {
		return err
	}
	if _, err := b.tx.Exec(`INSERT INTO autopaid (invoice, receipt) VALUES (?, ?)`, d.Number, receipt.N); err != nil {
		return fmt.Errorf("note the payment of %s: %w", d.Number, err)
	}
	return nil
}

// of rounds half away from zero to the currency's digits. An invoice too small
// to fall short of is paid in full.
func (s shortPay) of(owed amount, currency string) amount {
	short := decimal.New(int64(owed), -amountScale).Mul(s.share).Round(int32(minorDigits(currency)))
	if !short.IsPositive() {
		return owed
	}
	return amount(short.Shift(amountScale).IntPart())
}

// payday is the day an invoice is paid.
func (b *batch) payday(d draft) (time.Time, error) {
	day := d.day.AddDate(0, 0, b.customers[d.Customer].TermsDays)
	if d.DueDate != "" {
		due, err := parseDate(d.DueDate)
		if err != nil {
			return time.Time{}, fmt.Errorf("due date of %s: %w", d.Number, err)
		}
		day = due
	}
	const farthest = 1200 // months
	for range farthest {
		if !b.isClosed(day.Format("2006-01")) {
			return day, nil
		}
		day = time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}, unacceptable(CodeClosedPeriod, "no month is open to pay invoice %s in; open one or switch autopay off", d.Number)
}

// receive books money in the bank and puts it in the feed.
func (b *batch) receive(input ReceiptInput, pays amount) (Receipt, error) {
	b.receipt++
	receipt := Receipt{
		N: b.receipt, Number: receiptNumber(b.receipt), Customer: input.Customer, Invoice: input.Invoice,
		Amount: formatAmount(pays, input.Currency), Currency: input.Currency, Date: input.Date,
		Reference: input.Reference, Remittance: input.Remittance, Account: input.Account, BookedAt: b.now,
	}
	bank := cmp.Or(input.Account, b.erp.own.Bank)
	d := draft{
		Document: Document{
			Number: receipt.Number, Kind: KindReceipt, Customer: input.Customer, Date: input.Date,
			Currency: input.Currency, Reference: input.Reference,
		},
		period: input.Date[:len("2006-01")],
		entries: []draftEntry{
			{ref: "1", account: bank, debit: pays, memo: input.Invoice},
			{ref: "2", account: b.erp.own.UnappliedCash, credit: pays, memo: input.Invoice},
		},
	}
	var err error
	if receipt.Document, err = b.insert(d); err != nil {
		return Receipt{}, err
	}
	if _, err := b.tx.Exec(`INSERT INTO receipts
		(n, document, customer, invoice, amount, currency, date, reference, remittance, booked_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		receipt.N, receipt.Document, receipt.Customer, receipt.Invoice, int64(pays), receipt.Currency,
		receipt.Date, receipt.Reference, receipt.Remittance, b.now.UnixMicro()); err != nil {
		return Receipt{}, fmt.Errorf("insert receipt %s: %w", receipt.Number, err)
	}
	if input.Account != "" {
		if _, err := b.tx.Exec(`INSERT INTO receipt_accounts (n, account) VALUES (?, ?)`, receipt.N, input.Account); err != nil {
			return Receipt{}, fmt.Errorf("insert receipt %s: %w", receipt.Number, err)
		}
	}
	return receipt, nil
}

func receiptNumber(n int64) string { return fmt.Sprintf("RCPT-%08d", n) }

func (e *ERP) postReceipt(r *http.Request) (any, error) {
	var input ReceiptInput
	if err := decode(r, &input); err != nil {
		return nil, err
	}
	for _, err := range []error{
		checkText("invoice", input.Invoice, maxCodeBytes, false),
		checkText("remittance", input.Remittance, maxTextBytes, false),
	} {
		if err != nil {
			return nil, badRequest("%v", err)
		}
	}
	if input.Account == e.own.Bank {
		input.Account = ""
	}
	// A receipt obeys the rules of a document, so it is read and weighed as one.
	d, rejected := read(Document{
		Number: receiptNumber(0), Kind: KindReceipt, Customer: input.Customer, Date: input.Date,
		Currency: input.Currency, Reference: input.Reference,
		Lines: []Line{
			{Ref: "1", Account: cmp.Or(input.Account, e.own.Bank), Debit: input.Amount},
			{Ref: "2", Account: e.own.UnappliedCash, Credit: input.Amount},
		},
	})
	if rejected != nil {
		return nil, unacceptable(rejected.code, "%s", rejected.message)
	}
	pays := d.entries[0].debit
	if pays == 0 {
		return nil, unacceptable(CodeBadAmount, "a receipt of nothing is no receipt: the amount is zero or missing")
	}
	var receipt Receipt
	err := e.book([]string{input.Customer}, func(b *batch) error {
		if rejected := b.weigh(d); rejected != nil {
			return unacceptable(rejected.code, "%s", rejected.message)
		}
		var err error
		receipt, err = b.receive(input, pays)
		return err
	})
	if err != nil {
		return nil, err
	}
	return receipt, nil
}

func (e *ERP) listReceipts(r *http.Request) (any, error) {
	query, err := checkQuery(r, "after", "limit")
	if err != nil {
		return nil, err
	}
	limit, err := pageLimit(query)
	if err != nil {
		return nil, err
	}
	page := ReceiptPage{Receipts: []Receipt{}}
	if text := query.Get("after"); text != "" {
		if page.Next, err = strconv.ParseInt(text, 10, 64); err != nil || page.Next < 0 {
			return nil, badRequest("after is %q, want the n of a receipt or 0", text)
		}
	}
	err = each(r.Context(), e.readers, `SELECT n, document, customer, invoice, amount, currency, date, reference, remittance, booked_at, COALESCE(account, '')
		FROM receipts LEFT JOIN receipt_accounts USING (n) WHERE n > ? ORDER BY n LIMIT ?`, []any{page.Next, limit}, func(scan func(...any) error) error {
		var receipt Receipt
		var paid, booked int64
		if err := scan(&receipt.N, &receipt.Document, &receipt.Customer, &receipt.Invoice, &paid, &receipt.Currency,
			&receipt.Date, &receipt.Reference, &receipt.Remittance, &booked, &receipt.Account); err != nil {
			return err
		}
		receipt.Number = receiptNumber(receipt.N)
		receipt.Amount = formatAmount(amount(paid), receipt.Currency)
		receipt.BookedAt = micros(booked)
		page.Receipts = append(page.Receipts, receipt)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list receipts: %w", err)
	}
	if n := len(page.Receipts); n > 0 {
		page.Next = page.Receipts[n-1].N
	}
	return page, nil
}
