package views_test

import (
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/stretchr/testify/require"
)

// owing is ACME, who owes 882.83 for February and for March and has paid
// 500.00 of the first on 10 May.
func owing(t *testing.T) (*desk, []views.Invoice) {
	t.Helper()
	d := open(t, 9)
	d.Sync("ACME", 30)
	d.Ship("S1", "ACME", time.Date(2013, 2, 10, 9, 0, 0, 0, time.UTC), domain.Source{})
	d.Ship("S2", "ACME", time.Date(2013, 3, 10, 9, 0, 0, 0, time.UTC), domain.Source{})
	d.bill()
	invoices, err := d.Invoices(t.Context(), views.InvoiceFilter{})
	require.NoError(t, err)
	require.Len(t, invoices, 2)
	d.Must(domain.ReceivePayment{PaymentReceived: domain.PaymentReceived{Payment: "P1", Customer: "ACME", Document: "RC-1", Amount: seeded.USD("500.00"), Date: "2013-05-10", Source: "sandbox"}})
	d.Must(domain.AllocatePayment{PaymentAllocated: domain.PaymentAllocated{Payment: "P1", Date: "2013-05-10",
		Allocations: []domain.Allocation{{Invoice: invoices[0].ID, Amount: seeded.USD("500.00")}}}})
	d.settle()
	return d, invoices
}

func TestAStatementLeadsFromItsOpeningToItsClosingBalance(t *testing.T) {
	d, invoices := owing(t)
	ctx := t.Context()
	zero, each, both := seeded.USD("0.00"), seeded.USD("882.83"), seeded.USD("1265.66")
	got, err := d.Statements(ctx, "ACME", "2013-03-01", "2013-05-31")
	require.NoError(t, err)
	require.Equal(t, []views.Statement{{Customer: "ACME", Currency: "USD", From: "2013-03-01", To: "2013-05-31", Opening: each, Closing: both,
		Documents: []views.StatementLine{
			{Date: "2013-03-31", Document: invoices[1].Number, Kind: domain.DocumentInvoice, Invoice: invoices[1].Number, DueDate: "2013-04-30", Amount: each, Balance: seeded.USD("1765.66")},
			{Date: "2013-05-10", Document: "APP-P1-" + invoices[0].Number, Kind: domain.DocumentApplication, Invoice: invoices[0].Number, Amount: seeded.USD("-500.00"), Balance: both},
		},
		Ageing: domain.Ageing{Invoices: 2, Open: both, Current: zero, To30: zero, To60: each, To90: seeded.USD("382.83"), Over90: zero, Disputed: zero}}}, got)

	// A period ends where the next begins
	before, err := d.Statements(ctx, "ACME", "2013-01-01", "2013-02-28")
	require.NoError(t, err)
	require.Equal(t, zero, before[0].Opening)
	require.Equal(t, got[0].Opening, before[0].Closing)
	after, err := d.Statements(ctx, "ACME", "2013-06-01", "2013-06-30")
	require.NoError(t, err)
	require.Equal(t, got[0].Closing, after[0].Opening)
	require.Empty(t, after[0].Documents)

	none, err := d.Statements(ctx, "NOBODY", "2013-03-01", "2013-05-31")
	require.NoError(t, err)
	require.Empty(t, none)
	for _, period := range [][2]string{{"2013-05-31", "2013-05-30"}, {"May", "2013-05-31"}, {"2013-05-31", ""}} {
		_, err = d.Statements(ctx, "ACME", period[0], period[1])
		require.Error(t, err)
	}
}

func TestDaysOutstandingAreReceivableByBilledTimesDays(t *testing.T) {
	d, _ := owing(t)
	ctx := t.Context()
	got, err := d.DaysOutstanding(ctx, "2013-05-31", 90, "ACME")
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, seeded.USD("1265.66"), got[0].Receivable)
	require.Equal(t, seeded.USD("882.83"), got[0].Billed, "March only: February was billed before")
	require.Equal(t, "129", got[0].Outstanding.String()) // 1265.66 × 90 ÷ 882.83 = 129.03

	// All customers together, over a year: 1265.66 × 365 ÷ 1765.66
	got, err = d.DaysOutstanding(ctx, "2013-05-31", 365, "")
	require.NoError(t, err)
	require.Equal(t, "261.6", got[0].Outstanding.String())
	// Nothing billed, nothing to divide by
	got, err = d.DaysOutstanding(ctx, "2013-05-31", 30, "ACME")
	require.NoError(t, err)
	require.Nil(t, got[0].Outstanding)
	_, err = d.DaysOutstanding(ctx, "2013-05-31", 0, "")
	require.Error(t, err)
}

func TestCustomersAreRemindedByTheirRulesWithoutWhatTheyContest(t *testing.T) {
	d, invoices := owing(t)
	ctx := t.Context()
	remind := func(asOf string) (said []string) {
		reminders, err := d.Reminders(ctx, asOf, "")
		require.NoError(t, err)
		for _, r := range reminders {
			require.Contains(t, []string{invoices[0].Number, invoices[1].Number}, r.Number)
			said = append(said, r.DueDate+" "+r.Name+" "+r.Amount.Format())
		}
		return said
	}
	require.Empty(t, remind("2013-05-31"), "no rules, no reminders")
	d.Must(domain.SetCustomerRules{CustomerRulesSet: domain.CustomerRulesSet{Customer: "ACME", By: "credit desk", Rules: domain.CustomerRules{
		Dunning: []domain.DunningLevel{{AfterDays: 7, Name: "reminder"}, {AfterDays: 30, Name: "final notice"}}}}})
	lines, err := d.InvoiceLines(ctx, invoices[1].ID, domain.ChargeRef{}, 1)
	require.NoError(t, err)
	d.Must(domain.DisputeLines{LinesDisputed: domain.LinesDisputed{Invoice: invoices[1].ID, Dispute: "D1", Customer: "ACME", Reason: "59",
		Lines: []domain.CreditLine{{Shipment: lines[0].Shipment, Charge: lines[0].Charge, Kind: lines[0].Kind, Amount: seeded.USD("2.83"), Tax: seeded.USD("0.00")}}, DisputeTerms: domain.DisputeTerms{Code: domain.ReasonNotReceived, Opened: invoices[1].IssueDate}}})
	d.settle()
	require.Empty(t, remind("2013-04-05"))
	require.Equal(t, []string{"2013-03-30 reminder 882.83"}, remind("2013-04-06"))
	require.Equal(t, []string{"2013-03-30 final notice 382.83", "2013-04-30 final notice 880.00"}, remind("2013-05-31"))
	receivables, err := d.Receivables(ctx, "2013-05-31", "ACME")
	require.NoError(t, err)
	require.Equal(t, seeded.USD("1265.66"), receivables[0].Open, "what is contested ages all the same")
	require.Equal(t, seeded.USD("2.83"), receivables[0].Disputed)

	customer, _, err := d.Customer(ctx, "ACME")
	require.NoError(t, err)
	require.Len(t, customer.Rules.Dunning, 2)
}
