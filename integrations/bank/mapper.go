package bank

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/inbox"
)

// Camt053Channel is how ISO 20022 statements come in.
const Camt053Channel = "camt053"

// Mapper reads bank statements for the inbox. It keeps nothing between
// messages and is safe for concurrent use when its parts are.
type Mapper struct {
	// Accounts says how bank accounts are kept, who their payers are and what
	// became of movements. Nil: receipts are of no account that was adopted, and
	// nothing is noted.
	Accounts   Accounts
	Payers     Payers     // further payers; nil: none
	Payments   Payments   // what the ledger holds
	Receipts   Receipts   // nil: a reversal finds receipts of the same file alone
	Statements Statements // nil: gaps and repetitions are seen within a file alone
	Options    Options
}

// Options say how an account's statements are read.
type Options struct {
	// InvoiceNumbers find invoice numbers in the text of a payment: the first
	// group of a pattern, or all of it.
	InvoiceNumbers []*regexp.Regexp
	// Kinds gives codes of movements a meaning, before what this package makes
	// of them: by "domain/family/sub-family" as in "PMNT/RCDT/ESCT", or by the
	// bank's own code.
	Kinds map[string]Kind
	// Limits bound one file.
	Limits Limits
}

// Camt053 cuts a camt.053 file into items; it has the signature of
// [inbox.Reader]. There is an item for each statement, which keeps the summary,
// and one for each entry or transaction.
func (m *Mapper) Camt053(ctx context.Context, id domain.MessageID, content []byte) ([]inbox.Item, error) {
	return m.items(ctx, id, content, m.camt053)
}

// CSV cuts files of a profile into items.
func (m *Mapper) CSV(p Profile) inbox.Reader {
	return func(ctx context.Context, id domain.MessageID, content []byte) ([]inbox.Item, error) {
		return m.items(ctx, id, content, m.csv(p))
	}
}

// ReportCamt053 accounts for every entry of a file, as of now, and changes
// nothing.
func (m *Mapper) ReportCamt053(ctx context.Context, id domain.MessageID, content []byte) (Report, error) {
	return m.report(ctx, id, content, m.camt053)
}

// ReportCSV does so for a file of a profile.
func (m *Mapper) ReportCSV(ctx context.Context, p Profile, id domain.MessageID, content []byte) (Report, error) {
	return m.report(ctx, id, content, m.csv(p))
}

// visitor is told each entry.
type visitor = func(*Statement, *Entry) error

// reader reads a file of some format.
type reader func(content []byte, visit visitor) ([]*Statement, error)

func (m *Mapper) camt053(content []byte, visit visitor) ([]*Statement, error) {
	return ReadCamt053(bytes.NewReader(content), m.Options.Limits, visit)
}

func (m *Mapper) csv(p Profile) reader {
	return func(content []byte, visit visitor) ([]*Statement, error) {
		return ReadCSV(bytes.NewReader(content), p, m.Options.Limits, visit)
	}
}

// items lists all receipts before the reversals: a statement may list a
// reversal before what it reverses.
func (m *Mapper) items(ctx context.Context, id domain.MessageID, content []byte, read reader) ([]inbox.Item, error) {
	report, err := m.report(ctx, id, content, read)
	if err != nil {
		return nil, err
	}
	var items, after []inbox.Item
	for _, s := range report.Statements {
		list, err := s.items()
		if err != nil {
			return nil, err
		}
		for _, item := range list {
			if _, reversal := item.Command.(domain.ReversePayment); reversal {
				after = append(after, item)
			} else {
				items = append(items, item)
			}
		}
	}
	return append(items, after...), nil
}

func (m *Mapper) report(ctx context.Context, id domain.MessageID, content []byte, read reader) (Report, error) {
	byStatement := map[*Statement][]*part{}
	statements, err := read(content, func(s *Statement, e *Entry) error {
		byStatement[s] = append(byStatement[s], parts(s, e)...)
		return ctx.Err()
	})
	if err != nil {
		return Report{}, err
	}
	f := &file{mapper: m, message: id, names: map[string]int{}, sequences: sequencesOf(statements),
		byReference: map[string][]*part{}, held: map[domain.PaymentID]bool{}, reversed: map[domain.PaymentID]string{}}
	if f.accounts, err = m.accountsOf(ctx, statements); err != nil {
		return Report{}, err
	}
	report := Report{Statements: make([]StatementReport, len(statements))}
	var all []*part
	for i, s := range statements {
		r := &report.Statements[i]
		*r = StatementReport{ID: s.ID, Format: s.Format, Account: s.Account, Currency: s.Currency, Sequence: s.Sequence, From: s.From, To: s.To,
			Opening: s.Opening.Amount, Closing: s.Closing.Amount, Entries: s.Entries, Booked: s.Booked}
		again, err := f.weigh(ctx, s, byStatement[s], r)
		if err != nil {
			return Report{}, err
		}
		if r.Refusal != nil {
			continue
		}
		if m.Accounts != nil && !again {
			r.Command = s.taken(r.Item, id)
		}
		r.Lines = make([]Line, len(byStatement[s]))
		for n, p := range byStatement[s] {
			if p.line = &r.Lines[n]; len(statements) > 1 {
				p.within = fmt.Sprintf("statement %d ", i+1)
			}
			p.kind, p.what = m.Options.kindOf(p)
			p.again = again
			all = append(all, p)
		}
	}
	return report, f.lines(ctx, all)
}

// file is what is known of one file while it is mapped.
type file struct {
	mapper      *Mapper
	message     domain.MessageID
	accounts    map[string]domain.BankAccount // nil when they are not known
	names       map[string]int
	seen        []sighting
	sequences   map[string]map[int64]money.Money
	byReference map[string][]*part // receipts of the file
	held        map[domain.PaymentID]bool
	reversed    map[domain.PaymentID]string // and by what
}

// lines says what becomes of each part: of reversals last, because a statement
// may list them before what they reverse.
func (f *file) lines(ctx context.Context, all []*part) error {
	fresh := slices.DeleteFunc(slices.Clone(all), func(p *part) bool { return p.again })
	identify(fresh)
	for _, p := range fresh {
		if p.receipt() {
			for _, r := range p.references() {
				f.byReference[r] = append(f.byReference[r], p)
			}
		}
	}
	for _, reversals := range []bool{false, true} {
		for _, p := range all {
			if (p.kind == KindReversal) != reversals {
				continue
			}
			err := ctx.Err()
			if err == nil {
				err = f.line(ctx, p)
			}
			if err != nil {
				return fmt.Errorf("read %s: %w", p.place(), err)
			}
		}
	}
	return nil
}

// line says what becomes of a part.
func (f *file) line(ctx context.Context, p *part) error {
	l := p.line
	*l = Line{Item: p.within + p.item(), Place: p.place(), Amount: signed(p.amount, p.credit), Date: p.entry.Booked, Document: p.document}
	switch {
	case p.again:
		l.Outcome, l.Reason = Repeated, "the file has its statement before"
	case p.entry.Status != StatusBooked:
		l.Outcome, l.Reason = Pending, "status "+clip(p.entry.Status, 40)
	case p.amount.IsZero():
		l.Outcome, l.Reason = NotReceipt, "no money moved"
	case p.kind != KindReceipt && p.kind != KindReversal:
		l.Outcome, l.Reason = NotReceipt, p.what
		if p.credit || p.kind == KindFee || p.kind == KindInterest {
			return f.note(ctx, p, l) // somebody has to see to it
		}
	case !f.booksItself(p):
		l.Outcome, l.Reason = Noted, "the ERP books the receipts of this account"
		return f.note(ctx, p, l)
	case p.entry.Unsplit != "":
		l.hold(CodeUnsplit, "the entry is a batch: "+p.entry.Unsplit, "ask the bank for statements that list a batch's transactions with their amounts, or enter its payments by hand and dismiss this item")
	case p.kind == KindReversal:
		return f.reversal(ctx, p, l)
	default:
		return f.receive(ctx, p, l)
	}
	return nil
}

// hold makes a line one that somebody has to look at.
func (l *Line) hold(code, reason, remedy string) {
	l.Outcome, l.Reason = Held, reason
	l.Refusal = &inbox.Refusal{Code: code, Place: l.Place, Reason: fmt.Sprintf("%s, %s: %s", l.Amount, l.Date, reason), Remedy: remedy}
}

// receive makes a payment of a credit.
func (f *file) receive(ctx context.Context, p *part, l *Line) error {
	m := f.mapper
	l.Payment = p.payment
	n := names(p, m.Options.InvoiceNumbers)
	l.Notes = n.notes
	known, err := f.customer(ctx, p, n.documents, l)
	if err != nil {
		return err
	}
	before, err := m.Payments.Payment(ctx, p.payment)
	if err != nil {
		return lookup("look payment %s up: %w", p.payment, err)
	}
	if !known {
		if before.Received && before.Amount.Equal(p.amount) {
			l.Outcome, l.Customer = Repeated, before.Customer
			return nil
		}
		f.held[p.payment] = true
		l.hold(CodeUnknownPayer, fmt.Sprintf("nobody knows the payer %s, account %s", quote(p.detail.Payer.Name), quote(p.detail.Payer.Account)),
			"say whose payment it is, or add the payer to the list of payers; then replay this item")
		return f.note(ctx, p, l)
	}
	if erp, err := f.bookedByERP(ctx, p); err != nil || erp != "" {
		l.Outcome, l.Reason = Noted, "the ERP booked it before the account was adopted: payment "+string(erp)
		if err != nil {
			return err
		}
		return f.note(ctx, p, l)
	}
	if p.index > 0 && p.entry.Reference != "" {
		whole, err := m.Payments.Payment(ctx, PaymentID(p.statement.Account, p.entry.Booked, p.entry.Reference))
		if err != nil {
			return lookup("look the batch up: %w", err)
		}
		if whole.Received && !whole.Reversed {
			l.hold(CodeConflict, fmt.Sprintf("the batch was received as one payment, %s", whole.ID), "reverse that payment, then replay this item; or dismiss it")
			return nil
		}
	}
	if l.Outcome = Received; before.Received {
		l.Outcome = Repeated
	}
	if before.Received && !before.Amount.Equal(p.amount) {
		l.hold(CodeConflict, fmt.Sprintf("payment %s was received under this reference as %s", p.payment, before.Amount), "ask the bank which amount counts, correct the payment by hand, then dismiss this item")
		return nil
	}
	receive := domain.ReceivePayment{PaymentReceived: domain.PaymentReceived{Payment: p.payment, Customer: l.Customer, Document: p.document,
		Reference: p.detail.EndToEnd, Invoice: n.invoice, Amount: p.amount, Date: p.entry.Booked, Source: "bank " + p.statement.Account}}
	if f.accounts != nil {
		receive.Account = domain.BankAccountID(p.statement.Account)
	}
	if len(n.items) == 0 {
		l.Command = receive
		return nil
	}
	// The advice is this payment's own, and found by its id.
	receive.Reference = string(p.payment)
	announce := domain.AnnounceRemittance{RemittanceAnnounced: domain.RemittanceAnnounced{Payment: p.payment, Payer: string(l.Customer), Reference: p.detail.EndToEnd,
		Amount: p.amount, Date: p.entry.Booked, Items: n.items, Source: domain.Source{Message: f.message, Place: l.Place}}}
	l.Command = domain.Together{announce, receive}
	return nil
}

// reversal finds the payment that a debit takes back.
func (f *file) reversal(ctx context.Context, p *part, l *Line) error {
	references := p.references()
	var candidates []domain.PaymentID
	partial, elsewhere := "", ""
	add := func(id domain.PaymentID, of part) {
		switch {
		case !of.amount.Equal(p.amount):
			partial = fmt.Sprintf("payment %s has the same reference, but is %s", id, of.amount)
		case !slices.Contains(candidates, id):
			candidates = append(candidates, id)
		}
	}
	for _, r := range references {
		for _, other := range f.byReference[r] {
			if other.statement.Account == p.statement.Account {
				add(other.payment, *other)
			}
		}
		if f.mapper.Receipts == nil {
			continue
		}
		ids, err := f.mapper.Receipts.ReceiptsByReference(ctx, r)
		if err != nil {
			return lookup("look reference %s up: %w", quote(r), err)
		}
		for _, id := range ids {
			before, err := f.mapper.Payments.Payment(ctx, id)
			if err != nil {
				return lookup("look payment %s up: %w", id, err)
			}
			switch {
			case !before.Received:
			case f.accounts != nil && (!before.Own || string(before.Account) != p.statement.Account):
				elsewhere = fmt.Sprintf("; payment %s of this reference was booked elsewhere: reverse it where it was booked", id)
			default:
				add(id, part{amount: before.Amount})
			}
		}
	}
	switch {
	case len(candidates) > 1:
		slices.Sort(candidates)
		l.hold(CodeAmbiguous, fmt.Sprintf("it may take back any of %d payments: %s", len(candidates), clip(fmt.Sprint(candidates), 300)), "reverse the right one by hand, then dismiss this item")
		return nil
	case len(candidates) == 0 && partial != "":
		l.hold(CodePartial, "it takes back a part: "+partial, "weigh it by hand, then dismiss this item")
		return nil
	case len(candidates) == 0:
		l.hold(CodeUnknownPayment, fmt.Sprintf("no payment of this amount was received under %v%s", references, elsewhere), "import the statement that has the receipt, then replay this item; or reverse the payment by hand and dismiss it")
		return nil
	}
	l.Payment = candidates[0]
	if by, twice := f.reversed[l.Payment]; twice {
		l.hold(CodeAmbiguous, fmt.Sprintf("%s takes payment %s back already", by, l.Payment), "find the payment that it takes back, reverse it by hand, then dismiss this item")
		return nil
	}
	f.reversed[l.Payment] = l.Place
	before, err := f.mapper.Payments.Payment(ctx, l.Payment)
	if err != nil {
		return lookup("look payment %s up: %w", l.Payment, err)
	}
	if f.held[l.Payment] && !before.Received {
		l.hold(CodeUnknownPayment, fmt.Sprintf("the payment that it takes back, %s, is held", l.Payment), "replay the item of that payment, then this one")
		return nil
	}
	l.Outcome, l.Reason = Reversed, p.why()
	if before.Reversed {
		l.Outcome = Repeated
	}
	l.Command = domain.ReversePayment{Payment: l.Payment, Document: cmp.Or(p.document, string(l.Payment)+" reversed"), Date: p.entry.Booked, Reason: l.Reason}
	return nil
}
