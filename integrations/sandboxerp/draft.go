package sandboxerp

import (
	"fmt"
	"slices"
	"time"
)

// rejection is why one document was not booked.
type rejection struct {
	code    string
	message string
}

func (r *rejection) Error() string { return r.code + ": " + r.message }

func reject(code, format string, args ...any) *rejection {
	return &rejection{code, fmt.Sprintf(format, args...)}
}

// draft is a document whose texts have been read: ready to be weighed against
// the books and, if they agree, inserted.
type draft struct {
	Document
	day     time.Time
	period  string
	entries []draftEntry
}

type draftEntry struct {
	ref, account, memo string
	debit, credit      amount
}

// kinds that anyone may post.
func postable(kind string) bool {
	switch kind {
	case KindInvoice, KindAccrual, KindCreditMemo, KindDebitMemo, KindVoid, KindCashApplication, KindWriteOff, KindRefund, KindJournal, KindReceipt:
		return true
	}
	return false
}

// readPosted reads a document that somebody posted.
func readPosted(d Document) (draft, *rejection) {
	if !postable(d.Kind) {
		return draft{}, reject(CodeBadDocument, "the kind %q is not one of invoice, accrual, credit-memo, debit-memo, void, cash-application, write-off, refund, journal, receipt", d.Kind)
	}
	return read(d)
}

// read checks what can be checked without the books, whoever wrote the document.
func read(d Document) (draft, *rejection) {
	day, err := parseDate(d.Date)
	if err != nil {
		return draft{}, reject(CodeBadDocument, "date: %v", err)
	}
	if d.DueDate != "" {
		if _, err := parseDate(d.DueDate); err != nil {
			return draft{}, reject(CodeBadDocument, "due_date: %v", err)
		}
	}
	if !validCurrency(d.Currency) {
		return draft{}, reject(CodeBadDocument, "the currency %q is not three capitals such as USD", d.Currency)
	}
	for _, err := range []error{
		checkText("number", d.Number, maxCodeBytes, true),
		checkText("customer", d.Customer, maxCodeBytes, d.Kind != KindJournal),
		checkText("reference", d.Reference, maxNameBytes, false),
	} {
		if err != nil {
			return draft{}, reject(CodeBadDocument, "%v", err)
		}
	}
	if len(d.Lines) == 0 {
		return draft{}, reject(CodeBadDocument, "the document has no lines")
	}
	if len(d.Lines) > MaxLines {
		return draft{}, reject(CodeTooManyLines, "the document has %d lines, at most %d fit", len(d.Lines), MaxLines)
	}
	out := draft{Document: d, day: day, period: d.Date[:len("2006-01")], entries: make([]draftEntry, len(d.Lines))}
	for i, line := range d.Lines {
		entry, rejected := readLine(line, d.Currency)
		if rejected != nil {
			return draft{}, rejected
		}
		out.entries[i] = entry
	}
	return out, checkRefs(out.entries)
}

func readLine(line Line, currency string) (draftEntry, *rejection) {
	for _, err := range []error{
		checkText("ref", line.Ref, maxNameBytes, true),
		checkText("memo", line.Memo, maxTextBytes, false),
	} {
		if err != nil {
			return draftEntry{}, reject(CodeBadDocument, "line %q: %v", line.Ref, err)
		}
	}
	debit, err := parseAmount(line.Debit, currency)
	if err != nil {
		return draftEntry{}, reject(CodeBadAmount, "line %q: debit: %v", line.Ref, err)
	}
	credit, err := parseAmount(line.Credit, currency)
	if err != nil {
		return draftEntry{}, reject(CodeBadAmount, "line %q: credit: %v", line.Ref, err)
	}
	if debit != 0 && credit != 0 {
		return draftEntry{}, reject(CodeBadAmount, "line %q is both a debit and a credit", line.Ref)
	}
	return draftEntry{ref: line.Ref, account: line.Account, memo: line.Memo, debit: debit, credit: credit}, nil
}

func checkRefs(entries []draftEntry) *rejection {
	refs := make([]string, len(entries))
	for i, entry := range entries {
		refs[i] = entry.ref
	}
	slices.Sort(refs)
	for i := 1; i < len(refs); i++ {
		if refs[i] == refs[i-1] {
			return reject(CodeDuplicateLineRef, "the line ref %q occurs twice in the document", refs[i])
		}
	}
	return nil
}

// weigh checks a draft against the books.
func (b *batch) weigh(d draft) *rejection {
	if d.Customer != "" {
		customer, known := b.customers[d.Customer]
		switch {
		case !known:
			return reject(CodeUnknownCustomer, "there is no customer %s", d.Customer)
		case !customer.Active && d.Kind != KindReceipt:
			return reject(CodeInactiveCustomer, "customer %s is inactive", d.Customer)
		case customer.Currency != "" && customer.Currency != d.Currency:
			return reject(CodeCurrencyMismatch, "customer %s is billed in %s, the document is in %s", d.Customer, customer.Currency, d.Currency)
		}
	}
	for _, entry := range d.entries {
		if !b.accounts[entry.account] {
			return reject(CodeUnknownAccount, "line %q: there is no account %q", entry.ref, entry.account)
		}
	}
	if b.isClosed(d.period) {
		return reject(CodeClosedPeriod, "period %s is closed", d.period)
	}
	var debit, credit total
	for _, entry := range d.entries {
		debit.add(entry.debit)
		credit.add(entry.credit)
	}
	if debit.int().Cmp(credit.int()) != 0 {
		return reject(CodeUnbalanced, "debits are %s and credits %s", debit.text(d.Currency), credit.text(d.Currency))
	}
	return nil
}
