package views_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/stretchr/testify/require"
)

func may(day int) time.Time { return time.Date(2013, 5, day, 10, 0, 0, 0, time.UTC) }

func TestEveryLineEndsBilledLinkedNotBillableOrHeld(t *testing.T) {
	d := open(t, 5)
	ctx := t.Context()
	d.Sync("ACME", 30)
	d.Ship("S1", "ACME", may(3), domain.Source{})
	d.Must(domain.LinkCharge{ChargeLinked: domain.ChargeLinked{Shipment: "S1", Charge: "L1", Kind: domain.Freight, BilledBy: domain.ChargeRef{Shipment: "S2", Charge: "F1"}, Reason: "one truck"}})
	d.Must(domain.DeclareNotBillable{ChargeNotBillable: domain.ChargeNotBillable{Shipment: "S1", Charge: "N1", Kind: domain.Insurance, Reason: "included in commodity cost"}})
	d.Must(domain.HoldCharge{ChargeHeld: domain.ChargeHeld{Shipment: "S1", Charge: "H1", Kind: domain.Freight, Reason: "see DN-4"}})
	d.Must(seeded.Order("S2", "ACME", domain.Source{}))
	d.Must(seeded.Freight("S2", "F1", "77.70", domain.Source{}))
	d.Must(domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: "S2", Charge: "A1", Kind: domain.Accessorial, Amount: seeded.USD("500.00"), RequestedBy: "desk"}})
	d.bill()

	all, err := d.Dispositions(ctx)
	require.NoError(t, err)
	require.Equal(t, []views.Disposition{
		{Kind: domain.Accessorial, Disposition: "pending-approval", Currency: "USD", Count: 1, Amount: seeded.USD("500.00")},
		{Kind: domain.Freight, Disposition: "billed", Currency: "USD", Count: 1, Amount: seeded.USD("812.40")},
		{Kind: domain.Freight, Disposition: "held", Currency: "USD", Count: 1, NoFigure: 1, Amount: seeded.USD("0.00")},
		{Kind: domain.Freight, Disposition: "linked", Currency: "USD", Count: 1, NoFigure: 1, Amount: seeded.USD("0.00")},
		{Kind: domain.Freight, Disposition: "ready", Currency: "USD", Count: 1, Amount: seeded.USD("77.70")},
		{Kind: domain.Insurance, Disposition: "billed", Currency: "USD", Count: 1, Amount: seeded.USD("3.15")},
		{Kind: domain.Insurance, Disposition: "not-billable", Currency: "USD", Count: 1, NoFigure: 1, Amount: seeded.USD("0.00")},
	}, all)

	reasons := map[string]string{}
	unbilled, err := d.Charges(ctx, views.ChargeFilter{NotBilled: true})
	require.NoError(t, err)
	for _, c := range unbilled {
		reasons[string(c.Shipment)+" "+string(c.Charge)] = c.Reason
	}
	require.Equal(t, map[string]string{
		"S1 H1": "see DN-4",
		"S1 L1": "billed by charge F1 of shipment S2: one truck",
		"S1 N1": "included in commodity cost",
		"S2 A1": "waits for approval",
		"S2 F1": "not delivered, no verified proof of delivery, charge A1 waits for approval",
	}, reasons)
}

func TestAChargeOnAHeldCandidateSaysSo(t *testing.T) {
	d := open(t, 6)
	d.Ship("S1", "NOBODY", may(3), domain.Source{})
	d.bill()
	charges, err := d.Charges(t.Context(), views.ChargeFilter{Disposition: "claimed"})
	require.NoError(t, err)
	require.Len(t, charges, 2)
	require.Equal(t, "its invoice is held: customer-unknown", charges[0].Reason)
	customer, ok, err := d.Customer(t.Context(), "NOBODY")
	require.NoError(t, err)
	require.True(t, ok)
	require.False(t, customer.Known)
	require.Equal(t, domain.HoldCustomerUnknown, customer.Waiting[0].Reason)
	list, err := d.Customers(t.Context(), views.Page{})
	require.NoError(t, err)
	require.Equal(t, []views.Customer{customer}, list)
}

func TestReceivablesAgeByDueDate(t *testing.T) {
	// Given an invoice for each of four months, due 30 days after its month
	d := open(t, 7)
	ctx := t.Context()
	d.Sync("ACME", 30)
	for i := range 4 {
		d.Ship(domain.ShipmentID(fmt.Sprintf("S%d", i)), "ACME", time.Date(2013, time.Month(2+i), 10, 9, 0, 0, 0, time.UTC), domain.Source{})
	}
	d.bill()
	each := seeded.USD("882.83")
	zero := seeded.USD("0.00")
	twice, err := each.Add(each)
	require.NoError(t, err)
	all, err := money.Sum("USD", each, each, each, each)
	require.NoError(t, err)

	thrice, err := twice.Add(each)
	require.NoError(t, err)

	// Then they age as of each date: they are issued at the ends of their months
	// and due on 30 March, 30 April, 30 May and 30 June
	aged := func(n int, open money.Money, ages ...money.Money) views.Receivable {
		return views.Receivable{Customer: "ACME", Currency: "USD", Ageing: domain.Ageing{Invoices: n, Open: open,
			Current: ages[0], To30: ages[1], To60: ages[2], To90: ages[3], Over90: ages[4], Disputed: zero}}
	}
	for asOf, want := range map[string]views.Receivable{
		"2013-06-30": aged(4, all, each, zero, each, each, each),
		"2013-07-01": aged(4, all, zero, each, each, each, each),
		"2013-03-30": aged(1, each, each, zero, zero, zero, zero),
		"2013-05-01": aged(3, thrice, each, each, each, zero, zero),
	} {
		got, err := d.Receivables(ctx, asOf, "")
		require.NoError(t, err)
		require.Equal(t, []views.Receivable{want}, got, asOf)
		totals, err := views.ReceivableTotals(append(got, got...))
		require.NoError(t, err)
		require.Equal(t, 2*want.Invoices, totals[0].Invoices)
	}
	none, err := d.Receivables(ctx, "2013-06-30", "OTHER")
	require.NoError(t, err)
	require.Empty(t, none)
	_, err = d.Receivables(ctx, "30.6.2013", "")
	require.Error(t, err)
}

func TestSearchFindsEverythingByAnyReference(t *testing.T) {
	d := open(t, 8)
	ctx := t.Context()
	d.Sync("ACME", 30)
	d.Desk.Message("m-77", "orders.csv", "a\n", 10)
	d.Ship("S1", "ACME", may(3), domain.Source{})
	d.bill()
	v := domain.InvoiceID("ACME_2013-05_USD_1")
	d.Must(domain.ConfirmPosting{Document: "INV-2013-000001", ERPID: "account.invoice,7", Date: "2013-05-31"})
	d.Must(domain.ReceivePayment{PaymentReceived: domain.PaymentReceived{Payment: "P1", Customer: "ACME", Document: "RCT-1", Reference: "wire 9", Amount: seeded.USD("5.00"), Date: "2013-06-20", Source: "books"}})
	d.Must(domain.CreditInvoice{Invoice: v, Credit: "c1", Lines: []domain.CreditLine{{Shipment: "S1", Charge: "F1", Amount: seeded.USD("12.40"), Tax: seeded.USD("0.00")}}, Reason: "rate", By: "billing"})
	d.Must(domain.DisputeLines{LinesDisputed: domain.LinesDisputed{Invoice: v, Dispute: "D1", Reason: "x", DisputeTerms: domain.DisputeTerms{Code: domain.ReasonPricing, Opened: d.Clock().Format(domain.DayLayout)},
		Lines: []domain.CreditLine{{Shipment: "S1", Charge: "F1", Amount: seeded.USD("1.00"), Tax: seeded.USD("0.00")}}}})
	d.settle()

	for text, want := range map[string]views.Hit{
		"s1":                {Kind: views.HitShipment, Value: "S1", Stream: "shipment-S1"},
		"BOL-S1 ":           {Kind: "BOL", Value: "bol-S1", Stream: "shipment-S1"},
		"  po s":            {Kind: "PO", Value: "PO S1", Stream: "shipment-S1"},
		"LS1":               {Kind: "LOAD", Value: "LS1", Stream: "shipment-S1"},
		"DS1":               {Kind: "DISPATCH", Value: "DS1", Stream: "shipment-S1"},
		"f1":                {Kind: views.HitCharge, Value: "F1", Stream: "shipment-S1"},
		"acme":              {Kind: views.HitCustomer, Value: "ACME", Stream: "customer-ACME"},
		"acme_2013-05":      {Kind: views.HitInvoice, Value: string(v), Stream: v.Stream()},
		"inv-2013-000001":   {Kind: views.HitNumber, Value: "INV-2013-000001", Stream: v.Stream()},
		"cm-2013-000001":    {Kind: views.HitCredit, Value: "CM-2013-000001", Stream: v.Stream()},
		"p1":                {Kind: views.HitPayment, Value: "P1", Stream: "payment-P1"},
		"rct-1":             {Kind: views.HitReceipt, Value: "RCT-1", Stream: "payment-P1"},
		"wire 9":            {Kind: views.HitTrace, Value: "wire 9", Stream: "payment-P1"},
		"d1":                {Kind: views.HitDispute, Value: "D1", Stream: "dispute-D1"},
		"m-77":              {Kind: views.HitMessage, Value: "m-77", Stream: "message-m-77"},
		"orders.CSV":        {Kind: views.HitFile, Value: "orders.csv", Stream: "message-m-77"},
		"account.invoice,7": {Kind: views.HitERPRecord, Value: "account.invoice,7", Stream: "posting-INV-2013-000001"},
		"acc-s1":            {Kind: views.HitPosting, Value: "ACC-S1-1", Stream: "posting-ACC-S1-1"},
	} {
		hits, err := d.Search(ctx, text, 10)
		require.NoError(t, err)
		require.Contains(t, hits, want, text)
	}
	for _, text := range []string{"", " ", "nothing", "%", "_"} {
		hits, err := d.Search(ctx, text, 10)
		require.NoError(t, err)
		require.Empty(t, hits, text)
	}
	hits, err := d.Search(ctx, "inv-2013-000001", 1)
	require.NoError(t, err)
	require.Equal(t, "INV-2013-000001", hits[0].Value, "the exact hit comes first")
}

func TestDeadLettersStayUntilTheyAreAppliedOrDismissed(t *testing.T) {
	d := open(t, 9)
	ctx := t.Context()
	d.Desk.Message("m1", "orders.csv", "a\nb\nc\n", 4)
	refuse := func(item string) {
		d.Must(domain.RefuseItem{MessageRefused: domain.MessageRefused{Message: "m1", Item: item, Kind: "order", Code: "invalid", Place: item + ", column 3", Reason: "no date", Remedy: "add it"}})
	}
	refuse("line 1")
	refuse("line 2")
	refuse("line 2")
	refuse("line 3")
	d.Must(domain.ApplyItem{MessageApplied: domain.MessageApplied{Message: "m1", Item: "line 1", Kind: "order", Subject: "shipment-S1"}})
	d.Must(domain.DismissItem{MessageDismissed: domain.MessageDismissed{Message: "m1", Item: "line 3", By: "desk", Reason: "a comment"}})
	d.settle()

	dead, err := d.DeadLetters(ctx, views.ItemKey{}, 10)
	require.NoError(t, err)
	require.Equal(t, []views.Item{{Message: "m1", Item: "line 2", Kind: "order", Status: domain.ItemRefused, Notes: []string{}, Code: "invalid", Place: "line 2, column 3",
		Reason: "no date", Remedy: "add it", Tries: 2, Recorded: d.Clock()}}, dead)
	more, err := d.DeadLetters(ctx, views.ItemKey{Message: "m1", Item: "line 2"}, 10)
	require.NoError(t, err)
	require.Empty(t, more)
	m, ok, err := d.Views.Message(ctx, "m1")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, views.Message{ID: "m1", Channel: "files", Name: "orders.csv", Size: 6, Parts: 2, Kept: 2, Applied: 1, Refused: 1, Dismissed: 1, Received: d.Clock()}, m)
	items, err := d.Items(ctx, "m1", "line 1", 10)
	require.NoError(t, err)
	require.Len(t, items, 2)
	list, err := d.Messages(ctx, views.Page{})
	require.NoError(t, err)
	require.Equal(t, []views.Message{m}, list)
}

func TestTheSummaryAddsUpTheMoneyInEachStage(t *testing.T) {
	d := open(t, 10)
	ctx := t.Context()
	d.Sync("ACME", 30)
	d.Ship("S1", "ACME", may(3), domain.Source{})
	d.Ship("S2", "ACME", time.Date(2013, 6, 4, 9, 0, 0, 0, time.UTC), domain.Source{})
	d.bill()
	d.Must(domain.ConfirmPosting{Document: "INV-2013-000001", ERPID: "7", Date: "2013-05-31"})
	d.Must(domain.ReceivePayment{PaymentReceived: domain.PaymentReceived{Payment: "P1", Customer: "ACME", Document: "RCT-1", Amount: seeded.USD("100.00"), Date: "2013-06-20", Source: "books"}})
	d.Must(domain.AllocatePayment{PaymentAllocated: domain.PaymentAllocated{Payment: "P1", Date: "2013-06-20", Allocations: []domain.Allocation{{Invoice: "ACME_2013-05_USD_1", Amount: seeded.USD("80.00")}}}})
	d.Must(seeded.Order("S3", "ACME", domain.Source{}))
	d.Must(seeded.Freight("S3", "F1", "10.00", domain.Source{}))
	d.Must(domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: "S3", Charge: "A1", Kind: domain.Accessorial, Amount: seeded.USD("500.00"), RequestedBy: "desk"}})
	d.Must(domain.RaiseException{ExceptionRaised: domain.ExceptionRaised{Shipment: "S3", Exception: "x1", Kind: domain.ExceptionOther, Detail: "seal broken"}})
	d.Ship("S4", "OTHER", d.Clock(), domain.Source{})
	d.settle()

	s, err := d.Summary(ctx)
	require.NoError(t, err)
	require.Equal(t, []views.Stage{
		{Stage: views.StagePending, Count: 1, Amount: seeded.USD("500.00")},
		{Stage: views.StageEarning, Count: 1, Amount: seeded.USD("10.00")},
		{Stage: views.StageCandidate, Count: 2, Amount: seeded.USD("815.55")},
		{Stage: views.StageIssued, Count: 1, Amount: seeded.USD("882.83")},
		{Stage: views.StagePosted, Count: 1, Amount: seeded.USD("802.83")},
		{Stage: views.StagePaid, Count: 0, Amount: seeded.USD("80.00")},
	}, s.Money)
	require.Equal(t, []money.Money{seeded.USD("20.00")}, s.UnappliedCash)
	require.Equal(t, []views.Count{{Name: "delivered", Count: 3}, {Name: "exception", Count: 1}}, s.Shipments)
	require.Equal(t, 1, s.Exceptions)
	require.Equal(t, d.Clock(), s.LastRecorded)
	open, err := d.Exceptions(ctx, views.ExceptionKey{}, 10, false)
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, "seal broken", open[0].Detail)
	applied, err := d.Applications(ctx, "", "P1")
	require.NoError(t, err)
	require.Equal(t, "80.00 USD", applied[0].Amount.String())

	raw, err := json.Marshal(s)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"unapplied_cash":[{"amount":"20.00","currency":"USD"}]`)
}
