package views

import (
	"context"
	"slices"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// Banks finds what is known of bank accounts in the read models, checked
// against the history where money is decided.
type Banks struct {
	views  *Views
	states States
}

// NewBanks returns the lookups of read models and a history.
func NewBanks(v *Views, states States) Banks { return Banks{v, states} }

// ReceiptsByReference finds received payments by a reference that they carry.
func (b Banks) ReceiptsByReference(ctx context.Context, reference string) (ids []domain.PaymentID, err error) {
	hits, err := b.views.Search(ctx, reference, 100)
	for _, hit := range hits {
		if (hit.Kind == HitReceipt || hit.Kind == HitTrace) && hit.Value == reference && hit.Stream.Category() == "payment" {
			ids = append(ids, domain.PaymentID(hit.Stream.ID()))
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// BooksItself finds the account whose statements book what reaches an account
// of the general ledger on a day.
func (b Banks) BooksItself(ctx context.Context, gl domain.Account, currency money.Currency, day string) (domain.BankAccountID, bool, error) {
	accounts, err := b.views.BankAccounts(ctx)
	for _, a := range accounts {
		terms, ok := domain.BankAccount{Terms: a.Terms}.On(day)
		if ok && terms.GL == gl && terms.Currency == currency && terms.Source == domain.CashFromBank {
			return a.Account, true, err
		}
	}
	return "", false, err
}

// Received lists what statements brought and no invoice has taken whole.
func (b Banks) Received(ctx context.Context, after domain.PaymentID, limit int) ([]domain.PaymentReceived, error) {
	page, err := b.views.Payments(ctx, PaymentFilter{Page: Page{After: string(after), Limit: limit}, Unapplied: true, OfBanks: true})
	return receipts(page), err
}

// receipts are payments as they were received.
func receipts(list []Payment) []domain.PaymentReceived {
	all := make([]domain.PaymentReceived, len(list))
	for i, p := range list {
		all[i] = domain.PaymentReceived{Payment: p.ID, Customer: p.Customer, Document: p.Document, Reference: p.Reference, Invoice: p.Names, Amount: p.Received, Date: p.Date,
			Account: p.Account, GL: p.GL, Own: p.Account != ""}
	}
	return all
}

// Noted lists movements that are to be matched.
func (b Banks) Noted(ctx context.Context, after domain.MovementID, limit int) ([]domain.MovementNoted, error) {
	page, err := b.views.Movements(ctx, MovementFilter{Page: Page{After: string(after), Limit: limit}, Open: true, Booked: true})
	all := make([]domain.MovementNoted, len(page))
	for i, m := range page {
		all[i] = m.MovementNoted
	}
	return all, err
}

// Unmatched lists the payments that may be a movement's money.
func (b Banks) Unmatched(ctx context.Context, m domain.MovementNoted) ([]domain.PaymentReceived, error) {
	list, err := b.views.Unmatched(ctx, m.GL, m.Amount, m.BookedBy == domain.CashFromBank)
	return receipts(list), err
}

// Advice finds the remittance that announced a receipt: the one that was
// recognised before, the one with its reference, or the only one of the
// customer, the amount and about the day.
func (b Banks) Advice(ctx context.Context, p domain.PaymentReceived) (domain.PaymentID, []domain.RemittanceItem, bool, error) {
	if known, ok, err := b.views.AdviceOf(ctx, p.Payment); err != nil || ok {
		return b.items(ctx, known.ID, p.Payment, err)
	}
	if p.Reference != "" {
		hits, err := b.views.Search(ctx, p.Reference, 20)
		if err != nil {
			return "", nil, false, err
		}
		for _, hit := range hits {
			if hit.Kind != HitTrace && hit.Kind != HitPayment || hit.Value != p.Reference {
				continue
			}
			if id, items, ok, err := b.items(ctx, domain.PaymentID(hit.Stream.ID()), p.Payment, nil); ok || err != nil {
				return id, items, ok, err
			}
		}
	}
	if p.Invoice != "" {
		return "", nil, false, nil
	}
	advices, err := b.views.Advices(ctx, p.Amount)
	if err != nil {
		return "", nil, false, err
	}
	state, err := b.states.State(ctx, p.Account.Stream())
	if err != nil {
		return "", nil, false, err
	}
	account := state.(domain.BankAccount)
	advices = slices.DeleteFunc(advices, func(a Payment) bool { return !mayAnnounce(a, p, account) })
	if len(advices) != 1 {
		return "", nil, false, nil
	}
	return b.items(ctx, advices[0].ID, p.Payment, nil)
}

// mayAnnounce tells an advice of the same customer about the receipt's day. The
// payer's word for itself is the customer's id, or one that the account knows.
func mayAnnounce(a Payment, p domain.PaymentReceived, account domain.BankAccount) bool {
	day := a.Date
	if day == "" {
		day = a.Recorded.UTC().Format(domain.DayLayout)
	}
	days, err := domain.DaysOverdue(day, p.Date)
	if err != nil || days < -domain.MatchDays || days > domain.MatchDays {
		return false
	}
	customer, _ := account.CustomerOf("", []string{a.Payer}, a.Payer)
	return customer == p.Customer || domain.AccountNumber(a.Payer) == domain.AccountNumber(string(p.Customer))
}

// items are those of an advice that adds up and announced no other cash, unless
// that has bounced.
func (b Banks) items(ctx context.Context, id, receipt domain.PaymentID, err error) (domain.PaymentID, []domain.RemittanceItem, bool, error) {
	if err != nil {
		return "", nil, false, err
	}
	advice, err := b.payment(ctx, id)
	if err != nil || !advice.Announced || advice.Held != "" {
		return "", nil, false, err
	}
	if advice.Advises != "" && advice.Advises != receipt {
		other, err := b.payment(ctx, advice.Advises)
		if err != nil || !other.Reversed {
			return "", nil, false, err
		}
	}
	return id, advice.Items, true, nil
}

func (b Banks) payment(ctx context.Context, id domain.PaymentID) (domain.Payment, error) {
	state, err := b.states.State(ctx, id.Stream())
	if err != nil {
		return domain.Payment{}, err
	}
	return state.(domain.Payment), nil
}
