package erp_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections/erp"
)

const account domain.BankAccountID = "DE89370400440532013000"

// teller knows bank accounts from history itself.
type teller struct {
	d       *desk
	advices map[string]domain.PaymentID // by reference
	broken  error                       // what it answers instead
}

// events are those of a category of streams.
func (b teller) events(ctx context.Context, category string) (all []domain.Event, err error) {
	for record, err := range b.d.store.ReadAll(ctx, eventstore.Start) {
		if err != nil {
			return nil, err
		}
		if domain.Stream(record.Stream).Category() != category {
			continue
		}
		e, err := b.d.codec.Decode(record)
		if err != nil {
			return nil, err
		}
		all = append(all, e.Event)
	}
	return all, b.broken
}

func (b teller) BooksItself(ctx context.Context, gl domain.Account, currency money.Currency, day string) (domain.BankAccountID, bool, error) {
	var known domain.BankAccount
	events, err := b.events(ctx, "bank")
	for _, e := range events {
		known = known.Evolve(e)
	}
	terms, ok := known.On(day)
	return account, ok && terms.Source == domain.CashFromBank && terms.GL == gl && terms.Currency == currency, err
}

// payments are those that statements brought, or the ERP, which were received.
func (b teller) payments(ctx context.Context, ofBanks bool) (all []domain.PaymentReceived, err error) {
	events, err := b.events(ctx, "payment")
	for _, e := range events {
		if p, ok := e.(domain.PaymentReceived); ok && ofBanks == (p.Account != "") {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, c domain.PaymentReceived) int { return cmp.Compare(a.Payment, c.Payment) })
	return all, err
}

func (b teller) Received(ctx context.Context, after domain.PaymentID, limit int) ([]domain.PaymentReceived, error) {
	all, err := b.payments(ctx, true)
	all = slices.DeleteFunc(all, func(p domain.PaymentReceived) bool {
		left, err := b.d.payment(p.Payment).Unallocated()
		return p.Payment <= after || err != nil || left.IsZero()
	})
	return all[:min(limit, len(all))], err
}

func (b teller) Noted(ctx context.Context, after domain.MovementID, limit int) (all []domain.MovementNoted, err error) {
	events, err := b.events(ctx, "movement")
	for _, e := range events {
		if m, ok := e.(domain.MovementNoted); ok && m.Movement > after && b.movement(m.Movement).End == "" {
			all = append(all, m)
		}
	}
	return all[:min(limit, len(all))], err
}

func (b teller) Unmatched(ctx context.Context, m domain.MovementNoted) ([]domain.PaymentReceived, error) {
	all, err := b.payments(ctx, m.BookedBy == domain.CashFromBank)
	return slices.DeleteFunc(all, func(p domain.PaymentReceived) bool {
		return b.d.payment(p.Payment).Match != "" || !p.Amount.Equal(m.Amount) || p.BankGL() != m.GL
	}), err
}

func (b teller) Advice(_ context.Context, p domain.PaymentReceived) (domain.PaymentID, []domain.RemittanceItem, bool, error) {
	id, ok := b.advices[p.Reference]
	if !ok {
		return "", nil, false, b.broken
	}
	return id, b.d.payment(id).Items, true, b.broken
}

func (b teller) movement(id domain.MovementID) domain.Movement {
	b.d.t.Helper()
	state, err := b.d.exec.State(b.d.ctx, id.Stream())
	require.NoError(b.d.t, err)
	return state.(domain.Movement)
}

// adopt gives the usual account to the bank's statements from a day on.
func (d *desk) adopt(from string) {
	d.t.Helper()
	d.do(domain.AdoptBankAccount{BankAccountAdopted: domain.BankAccountAdopted{Account: account, By: "finance",
		BankTerms: domain.BankTerms{From: from, Source: domain.CashFromBank, GL: domain.UsualBank, Currency: "USD"}}})
}

// brought is a receipt that a statement booked, a day after those of the ERP.
func (d *desk) brought(id domain.PaymentID, cents int64, reference, invoice string) {
	d.t.Helper()
	d.do(domain.ReceivePayment{PaymentReceived: domain.PaymentReceived{Payment: id, Customer: "ACME", Document: "BK-" + string(id), Reference: reference, Invoice: invoice,
		Amount: usd(cents), Date: "2026-04-02", Account: account, GL: domain.UsualBank, Source: "camt053"}})
}

// taken is what is done with cash when somebody knows bank accounts.
func (d *desk) taken(b bookkeeper, banks erp.Banks) (erp.CashReport, error) {
	d.t.Helper()
	options := quick
	options.Banks = banks
	report, err := erp.NewCash(d.outbox, d.exec, d.books, b, options).Receive(d.ctx)
	d.followUp()
	return report, err
}

func (d *desk) takes(b bookkeeper, banks erp.Banks) erp.CashReport {
	d.t.Helper()
	report, err := d.taken(b, banks)
	require.NoError(d.t, err)
	return report
}

func TestWhatTheBanksStatementsBookIsNotedAndNeverReceived(t *testing.T) {
	// Given an account that is booked from its statements, and a receipt that the ERP booked on it all the same
	d, b := billed(t, 1)
	d.adopt("2026-04-01")
	d.pays("INV-ACME-00001", "3.00", "W-1")

	// When cash is taken, then it waits to be matched, and pays nothing …
	require.Equal(t, erp.CashReport{Receipts: 1, Noted: 1}, d.takes(b, teller{d: d}))
	require.False(t, d.payment("RCPT-00000001").Received)
	m := teller{d: d}.movement("erp-RCPT-00000001").Noted
	require.Equal(t, domain.CashFromERP, m.Seen)
	require.Equal(t, account, m.Account)
	require.Equal(t, []string{"W-1", "INV-ACME-00001"}, m.References)

	// … also when the outbox was lost and all of it is read again
	require.NoError(t, d.outbox.Close())
	d.path += ".new"
	d.openOutbox()
	require.Equal(t, erp.CashReport{Receipts: 1, Noted: 1}, d.takes(b, teller{d: d}))

	// When the statement comes, it pays the invoice, and both are the same money: once
	d.brought("P1", 300, "W-1", "INV-ACME-00001")
	require.Equal(t, erp.CashReport{Allocated: 1, Matched: 1}, d.takes(b, teller{d: d}))
	require.Equal(t, domain.MovementID("erp-RCPT-00000001"), d.payment("P1").Match)
	_, open, _, err := b.InvoiceByNumber(d.ctx, "INV-ACME-00001")
	require.NoError(t, err)
	require.True(t, open.IsZero())
	d.do(domain.EndMovement{Movement: "erp-RCPT-00000001", End: domain.EndMatched, Payment: "P1"}) // by policy
	require.Equal(t, erp.CashReport{}, d.takes(b, teller{d: d}))
}

func TestOnlyTheDaysOfItsTermsAreTheStatements(t *testing.T) {
	d, b := billed(t, 1)
	d.adopt("2026-04-02") // the day after
	d.pays("INV-ACME-00001", "3.00", "W-1")
	require.Equal(t, erp.CashReport{Receipts: 1, Received: 1, Allocated: 1}, d.takes(b, teller{d: d}))
}

func TestWhatWasReceivedBeforeAnAccountWasAdoptedStaysReceived(t *testing.T) {
	d, b := billed(t, 1)
	d.pays("INV-ACME-00001", "3.00", "W-1")
	d.receive(b)
	d.adopt("2026-04-01")
	require.NoError(t, d.outbox.Close())
	d.path += ".new"
	d.openOutbox()
	require.Equal(t, erp.CashReport{Receipts: 1}, d.takes(b, teller{d: d}))
	require.True(t, d.payment("RCPT-00000001").Received)
}

func TestMoneyThatAStatementBroughtUnderItsReferenceIsNotReceivedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		reference string
		want      erp.CashReport
	}{
		"the same reference": {"W-1", erp.CashReport{Receipts: 1, Allocated: 1, Noted: 1, Matched: 1}},
		"another reference":  {"W-2", erp.CashReport{Receipts: 1, Received: 1, Allocated: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			// Given a receipt of the first day that the statements book, and the ERP's word for it on the day before
			d, b := billed(t, 2)
			d.adopt("2026-04-02")
			d.brought("P1", 300, "W-1", "INV-ACME-00001")
			d.pays("INV-ACME-00002", "3.00", test.reference)
			require.Equal(t, test.want, d.takes(b, teller{d: d}))
			require.Equal(t, test.want.Received == 1, d.payment("RCPT-00000001").Received)
		})
	}
}

func TestTwoSumsThatNothingTellsApartAreNotMatched(t *testing.T) {
	d, b := billed(t, 2)
	d.adopt("2026-04-01")
	d.pays("", "3.00", "X-1")
	d.pays("", "3.00", "X-2")
	d.brought("P1", 300, "", "INV-ACME-00001")
	require.Equal(t, erp.CashReport{Receipts: 2, Allocated: 1, Noted: 2}, d.takes(b, teller{d: d}))
	require.Empty(t, d.payment("P1").Match)
}

func TestAnAdviceAnnouncesOneReceiptOfAStatement(t *testing.T) {
	// Given an advice that tells what a receipt is for
	d, b := billed(t, 2)
	d.adopt("2026-04-01")
	items := []domain.RemittanceItem{{Document: "INV-ACME-00001", Paid: usd(300)}, {Document: "INV-ACME-00002", Paid: usd(300)}}
	d.do(domain.AnnounceRemittance{RemittanceAnnounced: domain.RemittanceAnnounced{Payment: "ADVICE", Payer: "ACME", Reference: "TRACE-9", Amount: usd(600), Date: "2026-04-01", Items: items}})
	known := teller{d: d, advices: map[string]domain.PaymentID{"TRACE-9": "ADVICE"}}
	d.brought("P1", 600, "TRACE-9", "")

	require.Equal(t, erp.CashReport{Allocated: 1}, d.takes(b, known))
	require.Len(t, d.payment("P1").Allocations, 2)
	require.Equal(t, domain.PaymentID("P1"), d.payment("ADVICE").Advises)
	// A receipt that no advice names, names itself what it is for, or nothing
	d.brought("P2", 100, "OTHER", "")
	require.Equal(t, erp.CashReport{Unapplied: 1}, d.takes(b, known))
	require.Equal(t, map[domain.PaymentID]string{"P2": "1.00 USD"}, d.unapplied())
}

func TestWhatKeepsBanksFromAnsweringNamesTheReceipt(t *testing.T) {
	d, b := billed(t, 1)
	d.adopt("2026-04-01")
	d.pays("INV-ACME-00001", "3.00", "W-1")
	broken := errors.New("the read models are away")
	_, err := d.taken(b, teller{d: d, broken: broken})
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "RCPT-00000001")
	// Nothing was passed over
	require.Equal(t, erp.CashReport{Receipts: 1, Noted: 1}, d.takes(b, teller{d: d}))
}

func TestWithoutAnERPTheStatementsPay(t *testing.T) {
	d, b := billed(t, 1)
	d.adopt("2026-04-01")
	d.brought("P1", 300, "W-1", "INV-ACME-00001")
	options := quick
	options.Banks = teller{d: d}
	report, err := erp.NewCash(d.outbox, d.exec, nil, b, options).Receive(d.ctx)
	require.NoError(t, err)
	require.Equal(t, erp.CashReport{Allocated: 1}, report)
}
