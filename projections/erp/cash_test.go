package erp_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
	"github.com/freightledger/freightledger/projections/erp"
)

// bookkeeper looks invoices up in history itself.
type bookkeeper struct {
	d           *desk
	invoices    map[string]domain.InvoiceID
	remittances map[string][]domain.RemittanceItem
}

func (b bookkeeper) InvoiceByNumber(ctx context.Context, number string) (domain.InvoiceID, money.Money, bool, error) {
	id, ok := b.invoices[number]
	if !ok {
		return "", money.Money{}, false, nil
	}
	state, err := b.d.exec.State(ctx, id.Stream())
	if err != nil {
		return "", money.Money{}, false, err
	}
	open, err := state.(domain.Invoice).Open()
	return id, open, true, err
}

func (b bookkeeper) OpenItems(ctx context.Context, customer domain.CustomerID) ([]domain.OpenItem, error) {
	var items []domain.OpenItem
	for _, id := range b.invoices {
		state, err := b.d.exec.State(ctx, id.Stream())
		if err != nil {
			return nil, err
		}
		item, open, err := state.(domain.Invoice).OpenItem()
		if err != nil {
			return nil, err
		}
		if open && item.Customer == customer {
			items = append(items, item)
		}
	}
	return items, nil
}

func (b bookkeeper) RemittanceByReference(_ context.Context, reference string) ([]domain.RemittanceItem, bool, error) {
	items, ok := b.remittances[reference]
	return items, ok, nil
}

// billed is a desk with n invoices of ACME over 3.00 each, and who knows them.
func billed(t *testing.T, n int) (*desk, bookkeeper) {
	t.Helper()
	d := open(t, sandboxerp.Options{})
	b := bookkeeper{d, map[string]domain.InvoiceID{}, map[string][]domain.RemittanceItem{}}
	for i := range n {
		e := invoice("ACME", i+1, 2, "2026-03-10")
		d.issue(e)
		b.invoices[e.Number] = e.Invoice
	}
	return d, b
}

func (d *desk) pays(number, amount, reference string) {
	d.t.Helper()
	_, err := d.books.PutReceipt(d.ctx, sandboxerp.ReceiptInput{Invoice: number, Customer: "ACME", Amount: amount, Currency: "USD", Date: "2026-04-01", Reference: reference})
	require.NoError(d.t, err)
}

func (d *desk) receive(b bookkeeper) erp.CashReport {
	d.t.Helper()
	report, err := erp.NewCash(d.outbox, d.exec, d.books, b, quick).Receive(d.ctx)
	require.NoError(d.t, err)
	d.followUp()
	return report
}

// followUp does what the policy asks for after allocations.
func (d *desk) followUp() {
	d.t.Helper()
	var all []domain.Event
	for record, err := range d.store.ReadAll(d.ctx, eventstore.Start) {
		require.NoError(d.t, err)
		e, err := d.codec.Decode(record)
		require.NoError(d.t, err)
		all = append(all, e.Event)
	}
	for _, e := range all {
		if e, ok := e.(domain.PaymentAllocated); ok {
			for _, a := range e.Allocations {
				for _, applied := range d.do(domain.ApplyPayment{Invoice: a.Invoice, Payment: e.Payment, Date: e.Date, Amount: a.Amount, Reason: a.Reason}).Events {
					if over, ok := applied.Event.(domain.PaymentApplied); ok && !over.Excess.IsZero() {
						d.do(domain.ReduceAllocation{AllocationReduced: domain.AllocationReduced{Payment: e.Payment, Invoice: a.Invoice, By: over.Excess}})
					}
				}
			}
		}
	}
}

func (d *desk) payment(id domain.PaymentID) domain.Payment {
	d.t.Helper()
	state, err := d.exec.State(d.ctx, id.Stream())
	require.NoError(d.t, err)
	return state.(domain.Payment)
}

func (d *desk) unapplied() map[domain.PaymentID]string {
	d.t.Helper()
	list, err := d.outbox.Unapplied(d.ctx, "", 100)
	require.NoError(d.t, err)
	left := map[domain.PaymentID]string{}
	for _, u := range list {
		require.NotEmpty(d.t, u.Reason)
		left[u.Payment] = u.Left.String()
	}
	return left
}

func TestReceiptPaysTheInvoiceItNames(t *testing.T) {
	d, b := billed(t, 2)
	d.pays("INV-ACME-00001", "3.00", "PAY 1")
	d.pays("INV-ACME-00002", "2.00", "PAY 2")

	report := d.receive(b)

	require.Equal(t, erp.CashReport{Receipts: 2, Received: 2, Allocated: 2}, report)
	require.Equal(t, "3.00 USD", d.payment("RCPT-00000001").Allocations[0].Amount.String())
	_, open, _, err := b.InvoiceByNumber(d.ctx, "INV-ACME-00001")
	require.NoError(t, err)
	require.True(t, open.IsZero())
	_, open, _, err = b.InvoiceByNumber(d.ctx, "INV-ACME-00002")
	require.NoError(t, err)
	require.Equal(t, "1.00 USD", open.String())

	// Nothing new, nothing done; also after the file was lost.
	require.Equal(t, erp.CashReport{}, d.receive(b))
	require.NoError(t, d.outbox.Close())
	require.NoError(t, os.Remove(d.path))
	d.openOutbox()
	require.Equal(t, erp.CashReport{Receipts: 2}, d.receive(b))
}

func TestRemittanceTellsWhatAPaymentIsFor(t *testing.T) {
	d, b := billed(t, 3)
	b.remittances["TRACE-9"] = []domain.RemittanceItem{
		{Document: "INV-ACME-00001", Paid: usd(300)},
		{Document: "INV-ACME-00002", Paid: usd(250), Gross: usd(300), Adjustments: []domain.Adjustment{{Amount: usd(-50), Reason: "01"}}},
		{Document: "INV-NOBODY", Paid: usd(100)},
	}
	d.pays("", "6.50", "TRACE-9")

	require.Equal(t, 1, d.receive(b).Unapplied)

	payment := d.payment("RCPT-00000001")
	require.Len(t, payment.Allocations, 2)
	require.Equal(t, "01", payment.Allocations[1].Reason)
	require.Equal(t, "2.50 USD", payment.Allocations[1].Amount.String())
	require.Equal(t, map[domain.PaymentID]string{"RCPT-00000001": "1.00 USD"}, d.unapplied())

	// The invoice turns up; the rest finds it.
	e := invoice("ACME", 9, 2, "2026-03-12")
	d.issue(e)
	b.invoices["INV-NOBODY"] = e.Invoice
	require.Equal(t, erp.CashReport{Allocated: 1}, d.receive(b))
	require.Empty(t, d.unapplied())
}

func TestShortPayTakesItsReasonFromTheRemittance(t *testing.T) {
	d, b := billed(t, 1)
	b.remittances["T1"] = []domain.RemittanceItem{{Document: "INV-ACME-00001", Paid: usd(200), Adjustments: []domain.Adjustment{{Amount: usd(-100), Reason: "damaged"}}}}
	d.pays("INV-ACME-00001", "2.00", "T1")

	d.receive(b)

	require.Equal(t, "damaged", d.payment("RCPT-00000001").Allocations[0].Reason)
}

func TestUnmatchedCashStaysUnapplied(t *testing.T) {
	d, b := billed(t, 1)
	d.pays("INV-UNHEARD-OF", "10.00", "x")
	d.pays("", "11.00", "")
	d.pays("INV-ACME-00001", "5.00", "y")
	_, err := d.books.PutReceipt(d.ctx, sandboxerp.ReceiptInput{Invoice: "INV-ACME-00001", Customer: "ACME", Amount: "12.00", Currency: "USD", Date: "2026-04-01", Reference: "z"})
	require.NoError(t, err)

	report := d.receive(b)

	// Both receipts may have found the invoice open; it takes its 3.00 once,
	// and what it cannot take comes back.
	require.Equal(t, 4, report.Received)
	d.receive(b)
	d.postAll() // follows history
	left := usd(0)
	for i := range 4 {
		rest, err := d.payment(domain.PaymentID(fmt.Sprintf("RCPT-%08d", i+1))).Unallocated()
		require.NoError(t, err)
		left, err = left.Add(rest)
		require.NoError(t, err)
	}
	require.Equal(t, "35.00 USD", left.String())
	list, err := d.outbox.Unapplied(d.ctx, "", 100)
	require.NoError(t, err)
	require.Len(t, list, 4)
	require.Contains(t, list[0].Reason, "INV-UNHEARD-OF")
}

// The process ends at each step of taking cash in; the next one goes on, and
// each receipt counts once.
func TestCashSurvivesARestartAtEveryStep(t *testing.T) {
	step := int64(1)
	for died := true; died; step++ {
		d, b := billed(t, 3)
		for i := range 3 {
			d.pays(fmt.Sprintf("INV-ACME-%05d", i+1), "3.00", "PAY")
		}
		ctx, dead := context.WithCancelCause(d.ctx)
		_, err := erp.NewCash(d.outbox, dyingExec{d.exec, &crash{at: step, dead: dead}}, d.books, b, quick).Receive(ctx)
		if died = err != nil; died {
			require.ErrorIs(t, context.Cause(ctx), errCrashed, "%v", err)
		}
		dead(nil)
		d.restart()
		d.receive(b)
		require.Empty(t, d.unapplied())
		for i := range 3 {
			payment := d.payment(domain.PaymentID(fmt.Sprintf("RCPT-%08d", i+1)))
			require.Len(t, payment.Allocations, 1)
			require.Equal(t, "3.00 USD", payment.Allocations[0].Amount.String())
		}
	}
	require.Greater(t, step, int64(12))
}

func TestCashThatNothingWasAdvisedOfPaysTheOldestItemsIfTheCustomersRulesSaySo(t *testing.T) {
	d, b := billed(t, 3)
	d.pays("", "2.00", "") // before there are rules it stays unapplied
	require.Equal(t, 1, d.receive(b).Unapplied)
	d.do(domain.SetCustomerRules{CustomerRulesSet: domain.CustomerRulesSet{Customer: "ACME", Rules: domain.CustomerRules{OldestFirst: true}, By: "credit desk"}})
	d.pays("", "3.50", "no advice")
	d.pays("INV-UNHEARD-OF", "1.00", "") // something was advised

	report := d.receive(b)

	require.Equal(t, 1, report.Unapplied)
	require.Equal(t, map[domain.PaymentID]string{"RCPT-00000003": "1.00 USD"}, d.unapplied())
	var opens []string
	for _, number := range []string{"INV-ACME-00001", "INV-ACME-00002", "INV-ACME-00003"} {
		_, open, _, err := b.InvoiceByNumber(d.ctx, number)
		require.NoError(t, err)
		opens = append(opens, open.String())
	}
	require.Equal(t, []string{"0.00 USD", "0.50 USD", "3.00 USD"}, opens)
}

func TestSyncCustomersRecordsChangesOnly(t *testing.T) {
	d := open(t, sandboxerp.Options{})
	var many []sandboxerp.CustomerInput
	for i := range 1200 {
		many = append(many, sandboxerp.CustomerInput{Code: fmt.Sprintf("C%04d", i), Name: "Customer", TermsDays: i % 60})
	}
	many[7].TermsDays = 1000
	require.NoError(t, d.books.PutCustomers(d.ctx, many))
	sync := func() erp.MasterReport {
		report, err := erp.SyncCustomers(d.ctx, d.books, d.exec)
		require.NoError(t, err)
		return report
	}

	report := sync()
	require.Equal(t, 1201, report.Customers)
	require.Equal(t, 1200, report.Changed)
	require.Len(t, report.Refused, 1)
	require.NotEmpty(t, report.Refused["C0007"])
	require.Zero(t, sync().Changed)

	// A change and the way back are two changes.
	for _, name := range []string{"Renamed", "Customer"} {
		require.NoError(t, d.books.PutCustomers(d.ctx, []sandboxerp.CustomerInput{{Code: "C0009", Name: name, TermsDays: 9}}))
		require.Equal(t, 1, sync().Changed)
	}
	state, err := d.exec.State(d.ctx, domain.CustomerID("C0009").Stream())
	require.NoError(t, err)
	require.Equal(t, domain.CustomerMaster{Name: "Customer", TermsDays: 9, Credit: domain.CreditGood, Active: true}, state.(domain.Customer).Master)
}

func TestReceiptThatHistoryRefusesDoesNotHoldUpTheFeed(t *testing.T) {
	d, b := billed(t, 1)
	d.pays("INV-ACME-00001", "3.00", "PAY")
	_, err := d.exec.Execute(d.ctx, domain.ReceivePayment{PaymentReceived: domain.PaymentReceived{Payment: "RCPT-00000001", Customer: "ACME",
		Document: "RCPT-00000001", Amount: usd(1), Date: "2026-04-01"}}, eventstore.Request{ID: uuid.New()})
	require.NoError(t, err)

	report := d.receive(b)

	require.Equal(t, erp.CashReport{Receipts: 1, Unapplied: 1}, report)
}

func TestReceiveTellsWhenTheERPIsDown(t *testing.T) {
	d, b := billed(t, 1)
	d.faults(sandboxerp.Faults{Down: true})

	_, err := erp.NewCash(d.outbox, d.exec, d.books, b, quick).Receive(d.ctx)

	var certain erp.Certainty
	require.True(t, errors.As(err, &certain))
	require.True(t, certain.NothingBooked())
}
