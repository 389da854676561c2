package bank

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/inbox"
)

// Accounts says how bank accounts are kept.
type Accounts interface {
	// BankAccount is an account's present state, zero before it was adopted.
	BankAccount(ctx context.Context, id domain.BankAccountID) (domain.BankAccount, error)
	// Movement is a movement's present state, zero before it was noted.
	Movement(ctx context.Context, id domain.MovementID) (domain.Movement, error)
}

// accountsOf looks the accounts of a file up. One that nobody adopted refuses
// the file: who books its receipts is not for this package to guess.
func (m *Mapper) accountsOf(ctx context.Context, statements []*Statement) (map[string]domain.BankAccount, error) {
	if m.Accounts == nil {
		return nil, nil
	}
	all := map[string]domain.BankAccount{}
	for _, s := range statements {
		if _, known := all[s.Account]; known || s.Fault != nil {
			continue
		}
		remedy := fmt.Sprintf("adopt it (freightledger bank adopt %s --help), then replay this message", s.Account)
		if domain.CheckID("account", s.Account) != nil {
			return nil, &Fault{Code: CodeInvalid, Place: s.place(), Reason: "the account " + quote(s.Account) + " cannot be kept", Remedy: "ask the bank for its IBAN", whole: true}
		}
		account, err := m.Accounts.BankAccount(ctx, domain.BankAccountID(s.Account))
		if err != nil {
			return nil, lookup("look account %s up: %w", quote(s.Account), err)
		}
		if len(account.Terms) == 0 {
			return nil, &Fault{Code: CodeUnknownAccount, Place: s.place(), Reason: "nobody adopted the account " + quote(s.Account), Remedy: remedy, whole: true}
		}
		all[s.Account] = account
	}
	return all, nil
}

// taken records the statement.
func (s *Statement) taken(item string, message domain.MessageID) domain.TakeStatement {
	return domain.TakeStatement{StatementTaken: domain.StatementTaken{Account: domain.BankAccountID(s.Account), Statement: item, Format: s.Format, Year: s.year(),
		Sequence: s.Sequence, Page: s.Page, From: s.From, To: cmp.Or(s.To, s.Closing.Date), Currency: s.Currency, Opening: s.Opening.Amount, Closing: s.Closing.Amount,
		Entries: s.Entries, Booked: s.Booked, Message: message}}
}

// booksItself tells whether the account's statements book its receipts on the
// part's day.
func (f *file) booksItself(p *part) bool {
	return f.accounts == nil || f.accounts[p.statement.Account].BooksItself(p.entry.Booked)
}

// customer finds whose payment a receipt is: a clerk's word decides, then what
// the account knows of the payer, then further payers.
func (f *file) customer(ctx context.Context, p *part, documents []string, l *Line) (known bool, err error) {
	payer := Payer{Account: p.detail.Payer.Account, Name: p.detail.Payer.Name, EndToEnd: p.detail.EndToEnd, Reference: p.detail.Remittance.Reference, Documents: documents}
	if f.accounts != nil {
		noted, err := f.mapper.Accounts.Movement(ctx, domain.MovementID(p.payment))
		if err != nil {
			return false, lookup("look movement %s up: %w", p.payment, err)
		}
		if l.Customer = noted.Customer; l.Customer != "" {
			return true, nil
		}
		if l.Customer, known = f.accounts[p.statement.Account].CustomerOf(payer.Account, []string{payer.Reference, payer.EndToEnd}, payer.Name); known {
			return true, nil
		}
	}
	if f.mapper.Payers != nil {
		if l.Customer, known, err = f.mapper.Payers.CustomerOf(ctx, payer); err != nil {
			return false, lookup("look the payer up: %w", err)
		}
	}
	return known, nil
}

// bookedByERP finds the payment that the ERP booked for a receipt, as it may
// before an account is adopted: it has the amount, about the day, and a
// reference of the receipt.
func (f *file) bookedByERP(ctx context.Context, p *part) (domain.PaymentID, error) {
	if f.accounts == nil || f.mapper.Receipts == nil {
		return "", nil
	}
	m := f.movement(p)
	for _, r := range p.references() {
		ids, err := f.mapper.Receipts.ReceiptsByReference(ctx, r)
		if err != nil {
			return "", lookup("look reference %s up: %w", quote(r), err)
		}
		for _, id := range ids {
			before, err := f.mapper.Payments.Payment(ctx, id)
			if err != nil {
				return "", lookup("look payment %s up: %w", id, err)
			}
			said := domain.PaymentReceived{Amount: before.Amount, GL: before.GL, Date: before.Date, Reference: r}
			if before.Received && !before.Own && domain.LikenessOf(m, said) == domain.SameMoney {
				return id, nil
			}
		}
	}
	return "", nil
}

// note keeps what a part says, for a person or for the other source to
// recognise.
func (f *file) note(ctx context.Context, p *part, l *Line) error {
	if f.accounts == nil {
		return nil
	}
	m := f.movement(p)
	if m.Movement == "" {
		return nil
	}
	before, err := f.mapper.Accounts.Movement(ctx, m.Movement)
	if err != nil {
		return lookup("look movement %s up: %w", m.Movement, err)
	}
	m.Reason, m.Item = clip(l.Reason, 300), l.Item
	m.Source = domain.Source{Message: f.message, Place: l.Place}
	if l.Outcome == Noted {
		m.BookedBy = domain.CashFromERP
	}
	l.Note = domain.NoteMovement{MovementNoted: m}
	if before.Known() {
		l.Note = nil
	}
	return nil
}

// movement is a part as the ledger notes it.
func (f *file) movement(p *part) domain.MovementNoted {
	n := names(p, f.mapper.Options.InvoiceNumbers)
	terms, _ := f.accounts[p.statement.Account].On(p.entry.Booked)
	text := strings.Join(append([]string{p.entry.Text, p.detail.Text}, p.detail.Remittance.Text...), " ")
	m := domain.MovementNoted{Movement: p.movement, Account: domain.BankAccountID(p.statement.Account), GL: cmp.Or(terms.GL, domain.UsualBank), Seen: domain.CashFromBank, Kind: p.kind,
		Amount: signed(p.amount, p.credit), Date: p.entry.Booked, Document: p.document, References: append(p.references(), n.documents...),
		Payer: domain.Payer{Name: p.detail.Payer.Name, Account: p.detail.Payer.Account}, Text: clip(strings.Join(strings.Fields(text), " "), 400)}
	if len(m.References) > 20 {
		m.References = m.References[:20]
	}
	if m.Kind == "" {
		m.Kind = KindOther
	}
	return m
}

// BankAccount is the account's present state.
func (s States) BankAccount(ctx context.Context, id domain.BankAccountID) (domain.BankAccount, error) {
	return state[domain.BankAccount](ctx, s, id.Stream())
}

// Movement is the movement's present state.
func (s States) Movement(ctx context.Context, id domain.MovementID) (domain.Movement, error) {
	return state[domain.Movement](ctx, s, id.Stream())
}

// StatementTaken finds the message that brought a statement.
func (s States) StatementTaken(ctx context.Context, account, item string) (domain.MessageID, bool, error) {
	b, err := s.BankAccount(ctx, domain.BankAccountID(account))
	for _, taken := range b.Statements {
		if taken.Statement == item {
			return taken.Message, true, err
		}
	}
	return "", false, err
}

func state[S any](ctx context.Context, s States, stream domain.Stream) (S, error) {
	var none S
	state, err := s.Exec.State(ctx, stream)
	if err != nil {
		return none, err
	}
	of, ok := state.(S)
	if !ok {
		return none, fmt.Errorf("stream %s holds a %T", stream, state)
	}
	return of, nil
}

// lookup wraps an error of what the ledger was asked: the file is not to blame.
func lookup(format string, args ...any) error {
	return &inbox.LookupError{Err: fmt.Errorf(format, args...)}
}
