package domain_test

import (
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

// payShort is cash of 100.00 on an invoice of 147.00, for reasons.
func payShort(reason string, kept ...domain.Deduction) domain.ApplyPayment {
	c := pay("P1", "100.00")
	c.Reason, c.Deductions = reason, kept
	return c
}

func kept(line, reason, amount string) domain.Deduction {
	return domain.Deduction{Line: line, Reason: reason, Amount: usd(amount)}
}

func part(charge domain.ChargeID, reason, amount string) domain.ShortPart {
	p := domain.ShortPart{Reason: reason, Amount: usd(amount)}
	if charge != "" {
		p.Shipment, p.Charge = shipment, charge
	}
	return p
}

func TestRule46ADeductionIsKeptOnTheLineThatTheAdviceNames(t *testing.T) {
	for name, test := range map[string]struct {
		command domain.ApplyPayment
		reason  string
		parts   []domain.ShortPart
	}{
		"a line by its charge":              {payShort("", kept("B", "59", "42.00"), kept("A", "L1", "5.00")), "59, L1", []domain.ShortPart{part("B", "59", "42.00"), part("A", "L1", "5.00")}},
		"by shipment and charge":            {payShort("", kept("SH-1/B", "59", "47.00")), "59", []domain.ShortPart{part("B", "59", "47.00")}},
		"a name that means several lines":   {payShort("", kept("SH-1", "59", "47.00")), "59", []domain.ShortPart{part("", "59", "47.00")}},
		"a name that means none":            {payShort("", kept("Z", "59", "47.00")), "59", []domain.ShortPart{part("", "59", "47.00")}},
		"no line at all":                    {payShort("CS"), "CS", []domain.ShortPart{part("", "CS", "47.00")}},
		"less than what is short":           {payShort("", kept("B", "59", "7.00")), "59", []domain.ShortPart{part("B", "59", "7.00"), part("", "59", "40.00")}},
		"more than what is short":           {payShort("", kept("B", "59", "40.00"), kept("A", "L1", "100.00")), "59, L1", []domain.ShortPart{part("B", "59", "40.00"), part("A", "L1", "7.00")}},
		"the same line for several reasons": {payShort("", kept("A", "59", "40.00"), kept("A", "L1", "7.00")), "59, L1", []domain.ShortPart{part("A", "59", "40.00"), part("A", "L1", "7.00")}},
	} {
		t.Run(name, func(t *testing.T) {
			domaintest.When(t, issued(t), test.command).Then(
				domain.PaymentApplied{Invoice: invoice, Number: number, Customer: customer, Payment: "P1", Document: "APP-P1-" + number, Date: "2024-05-10",
					Amount: usd("100.00"), Excess: usd("0.00"), Residual: usd("47.00"), Reason: test.reason},
				domain.ShortPaid{Invoice: invoice, Number: number, Customer: customer, Payment: "P1", Case: number + "-S1", Date: "2024-05-10",
					Open: usd("147.00"), Residual: usd("47.00"), Reason: test.reason, Parts: test.parts})
		})
	}
	// Without a reason it is a part of what is owed; without a residual, a reason means nothing
	require.Equal(t, []string{"PaymentApplied"}, types(domaintest.When(t, issued(t), payShort("")).Events()))
	whole := payShort("CS")
	whole.Amount = usd("147.00")
	events := domaintest.When(t, issued(t), whole).Events()
	require.Equal(t, []string{"PaymentApplied"}, types(events))
	require.Empty(t, events[0].(domain.PaymentApplied).Reason)

	// What an item keeps back are its deductions, not its additions
	item := domain.RemittanceItem{Adjustments: []domain.Adjustment{{Amount: usd("-80.00"), Reason: "59", Line: "B"}, {Amount: usd("10.00"), Reason: "86"}}}
	require.Equal(t, []domain.Deduction{kept("B", "59", "80.00")}, item.Deductions())
	h := played(t, nil, receipt("100.00"))
	domaintest.When(t, h, allocate(domain.Allocation{Invoice: invoice, Amount: usd("50.00"), Deductions: []domain.Deduction{kept("A", "59", "-1.00")}})).Refused(domain.Invalid)
}

func TestRule38AShortPayContestsTheLinesItNamesAndTheRestInProportion(t *testing.T) {
	contest := domain.DisputeShortPay{Invoice: invoice, Case: number + "-S1"}
	disputed := func(reason string, lines ...domain.CreditLine) domain.LinesDisputed {
		return domain.LinesDisputed{Invoice: invoice, Dispute: number + "-S1", Customer: customer, Reason: reason, Lines: lines,
			DisputeTerms: domain.DisputeTerms{Code: map[bool]domain.DisputeReason{true: "CS", false: domain.ReasonOther}[reason == "CS"], Opened: "2024-05-10", AnswerDue: "2024-07-09"}}
	}
	// The named line first, tax in proportion: 42.00 is all of B
	h := played(t, issued(t), payShort("", kept("B", "59", "42.00"), kept("A", "L1", "5.00")))
	domaintest.When(t, h, contest).Then(disputed("59, L1", creditLine("B", "40.00", "2.00"), creditLine("A", "4.76", "0.24")))
	domaintest.When(t, played(t, h, contest), contest).Nothing()
	// None named: 47.00 on 105.00 and 42.00
	h = played(t, issued(t), payShort("CS"))
	domaintest.When(t, h, contest).Then(disputed("CS", creditLine("A", "31.97", "1.60"), creditLine("B", "12.79", "0.64")))
	// A credit since then makes it less; cash for the rest makes it nothing
	domaintest.When(t, played(t, h, credit("C1", creditLine("A", "44.00", "2.00"))), contest).Then(disputed("CS", creditLine("A", "0.55", "0.03"), creditLine("B", "0.40", "0.02")))
	domaintest.When(t, played(t, h, pay("P2", "47.00")), contest).Nothing()
	domaintest.When(t, issued(t), contest).Refused(domain.NotFound)
}

func TestAResidualIsContestedForgivenOrLeftAsTheCustomersRulesSay(t *testing.T) {
	judge := func(residual, reason string) domain.JudgeShortPay {
		c := domain.JudgeShortPay{Customer: customer, Invoice: invoice, Payment: "P1", Date: "2024-05-10", Open: usd("100.00"), Residual: usd(residual), Reason: reason}
		if reason != "" {
			c.Case = number + "-S1"
		}
		return c
	}
	contested := func(residual string) []domain.Event {
		return []domain.Event{domain.ShortPayContested{Customer: customer, Invoice: invoice, Payment: "P1", Case: number + "-S1", Residual: usd(residual), Reason: "59"}}
	}
	forgiven := func(residual, reason string) []domain.Event {
		return []domain.Event{domain.ShortPayForgiven{Customer: customer, Invoice: invoice, Payment: "P1", Date: "2024-05-10", Residual: usd(residual), Reason: reason}}
	}
	for name, test := range map[string]struct {
		amount, percent string
		writeOff        bool
		residual        string
		reason          string
		want            []domain.Event
	}{
		"no rules: a cent is contested":          {"", "", false, "0.01", "59", contested("0.01")},
		"no rules and no reason: it stays open":  {"", "", false, "47.00", "", nil},
		"within the amount, kept open":           {"5.00", "", false, "5.00", "59", nil},
		"within the amount, given up":            {"5.00", "", true, "5.00", "59", forgiven("5.00", "59")},
		"within, without a reason":               {"5.00", "", true, "0.02", "", forgiven("0.02", "")},
		"over the amount":                        {"5.00", "", true, "5.01", "59", contested("5.01")},
		"over the amount, without a reason":      {"5.00", "", true, "5.01", "", nil},
		"within the percentage of what was open": {"", "2.5", true, "2.50", "59", forgiven("2.50", "59")},
		"over the percentage":                    {"", "2.5", true, "2.51", "59", contested("2.51")},
		"the lesser counts: amount":              {"1.00", "2.5", true, "1.01", "59", contested("1.01")},
		"the lesser counts: percentage":          {"5.00", "2.5", true, "2.51", "59", contested("2.51")},
		"an amount of nought tolerates nothing":  {"0.00", "", true, "0.01", "59", contested("0.01")},
	} {
		t.Run(name, func(t *testing.T) {
			var h domaintest.History
			if test.amount+test.percent != "" {
				h = played(t, nil, setRules(test.amount, test.percent, test.writeOff))
			}
			outcome := domaintest.When(t, h, judge(test.residual, test.reason))
			if test.want == nil {
				outcome.Nothing()
				return
			}
			outcome.Then(test.want...)
		})
	}
	// In another currency no amount tolerates it
	yen := judge("1.00", "59")
	euro := setRules("", "", false)
	euro.Rules.Tolerance.Amount = eur("5.00")
	require.Len(t, domaintest.When(t, played(t, nil, euro), yen).Events(), 1)
	domaintest.When(t, played(t, nil, euro), euro).Nothing()

	for name, c := range map[string]domain.SetCustomerRules{
		"a negative amount": setRules("-1.00", "", false), "no percentage": setRules("", "2,5", false), "over a hundred": setRules("", "100.01", false),
		"small without a tolerance": setRules("", "", true),
	} {
		t.Run(name, func(t *testing.T) { domaintest.When(t, nil, c).Refused(domain.Invalid) })
	}
}

func TestRule17WhoAsksForAWriteOffDoesNotApproveIt(t *testing.T) {
	h := played(t, issued(t), askWriteOff("W1", ""))
	domaintest.When(t, h, approveWriteOff("W1", "147.00", "finance desk")).Refused(domain.Denied).ByRule(17)
	domaintest.When(t, h, approveWriteOff("W1", "147.00", "")).Refused(domain.Invalid)
	domaintest.When(t, h, approveWriteOff("W1", "147.00", "finance lead")).Then(domain.WrittenOff{Invoice: invoice, Number: number, Customer: customer,
		Document: "WOF-" + number + "-1", WriteOff: "W1", Date: "2024-09-30", Amount: usd("147.00"), Open: usd("147.00"), Reason: "insolvent", RequestedBy: "finance desk", ApprovedBy: "finance lead",
		Lines: []domain.CreditLine{creditLine("A", "100.00", "5.00"), creditLine("B", "40.00", "2.00")},
		Ended: []domain.ChargeRef{{Shipment: shipment, Charge: "A"}, {Shipment: shipment, Charge: "B"}}})
}

func TestRule18ApprovalOfAWriteOffIsForOneAmountWhileOneBalanceIsOpen(t *testing.T) {
	h := played(t, issued(t), askWriteOff("W1", "47.00"))
	domaintest.When(t, h, approveWriteOff("W1", "46.99", "finance lead")).Refused(domain.Conflict).ByRule(18)
	domaintest.When(t, h, approveWriteOff("W2", "47.00", "finance lead")).Refused(domain.Conflict).ByRule(18)
	// Whatever changes what is open ends the request, also when it changes back
	for name, meanwhile := range map[string][]domain.Command{
		"cash":               {pay("P1", "10.00")},
		"a credit":           {credit("C1", creditLine("A", "1.00", "0.00"))},
		"cash that bounced":  {pay("P1", "10.00"), domain.UnapplyPayment{Invoice: invoice, Payment: "P1", Date: "2024-05-20"}},
		"a declined request": {domain.DeclineWriteOff{WriteOffDeclined: domain.WriteOffDeclined{Invoice: invoice, WriteOff: "W1", Reason: "they pay", By: "finance lead"}}},
	} {
		t.Run(name, func(t *testing.T) {
			domaintest.When(t, played(t, h, meanwhile...), approveWriteOff("W1", "47.00", "finance lead")).Refused(domain.Conflict).ByRule(18)
			require.Len(t, domaintest.When(t, played(t, h, meanwhile...), askWriteOff("W1", "47.00")).Events(), 1, "it may be asked for anew")
		})
	}
	// What is disputed is not given up
	d := played(t, issued(t), dispute("D1", creditLine("A", "100.00", "5.00")))
	domaintest.When(t, d, askWriteOff("W1", "42.01")).Refused(domain.Conflict)
	asked := played(t, d, askWriteOff("W1", ""))
	require.Equal(t, usd("42.00"), asked[len(asked)-1].(domain.WriteOffRequested).Amount)
	domaintest.When(t, played(t, h, dispute("D1", creditLine("A", "100.00", "5.00"))), approveWriteOff("W1", "47.00", "finance lead")).Refused(domain.Conflict).ByRule(18)
}

func TestWhatIsWrittenOffIsNeitherCreditedNorContestedNorBilledAgain(t *testing.T) {
	h := played(t, issued(t), askWriteOff("W1", ""), approveWriteOff("W1", "147.00", "finance lead"))
	require.Equal(t, domain.InvoiceWrittenOff, domaintest.Fold[domain.Invoice](h...).Status)
	require.Equal(t, "0.00", openAmount(t, h))
	domaintest.When(t, h, credit("C1", creditLine("A", "1.00", "0.00"))).Refused(domain.Conflict).ByRule(36)
	domaintest.When(t, h, dispute("D1", creditLine("A", "1.00", "0.00"))).Refused(domain.Invalid).ByRule(38)
	rebill := credit("C1")
	rebill.Rebill = true
	domaintest.When(t, h, rebill).Refused(domain.Conflict).ByRule(37)
	domaintest.When(t, h, domain.VoidInvoice{Invoice: invoice, Date: "2024-10-01", Reason: "wrong", By: "billing desk"}).Refused(domain.TooLate)
	// until it is taken back
	back := played(t, h, domain.ReverseWriteOff{Invoice: invoice, WriteOff: "W1", Date: "2024-10-01", Reason: "a mistake", By: "finance desk"})
	require.Equal(t, "147.00", openAmount(t, back))
	require.Equal(t, domain.InvoiceIsIssued, domaintest.Fold[domain.Invoice](back...).Status)
	require.Len(t, domaintest.When(t, back, rebill).Events(), 1)
}

func TestCashThatComesAfterAllTakesAWriteOffBackAsFarAsItReaches(t *testing.T) {
	// Given 47.00 written off of an invoice whose rest was paid
	h := played(t, issued(t), pay("P1", "100.00"), askWriteOff("W1", ""), approveWriteOff("W1", "47.00", "finance lead"))
	// When 30.00 of it come, then 17.00 stay written off
	events := domaintest.When(t, h, pay("P2", "30.00")).Events()
	require.Equal(t, []string{"WriteOffReversed", "PaymentApplied"}, types(events))
	require.Equal(t, usd("30.00"), events[0].(domain.WriteOffReversed).Amount)
	require.Equal(t, usd("30.00"), events[1].(domain.PaymentApplied).Amount)
	require.Equal(t, usd("0.00"), events[1].(domain.PaymentApplied).Excess)
	v := domaintest.Fold[domain.Invoice](h.And(events...)...)
	lost, err := v.WrittenOff()
	require.NoError(t, err)
	require.Equal(t, usd("17.00"), lost)
	require.Equal(t, domain.InvoiceWrittenOff, v.Status)
	// When more comes than was written off, the rest stays with the payment
	events = domaintest.When(t, h, pay("P2", "50.00")).Events()
	require.Equal(t, usd("47.00"), events[1].(domain.PaymentApplied).Amount)
	require.Equal(t, usd("3.00"), events[1].(domain.PaymentApplied).Excess)
	require.Equal(t, domain.InvoiceIsPaid, domaintest.Fold[domain.Invoice](h.And(events...)...).Status)
	// and when that bounces, it is owed: nobody gave it up again
	again := played(t, h.And(events...), domain.UnapplyPayment{Invoice: invoice, Payment: "P2", Date: "2024-12-01"})
	require.Equal(t, "47.00", openAmount(t, again))
}

func TestABouncedPaymentRestoresWhatItHadPaidAndWhatWasGivenUpForIt(t *testing.T) {
	unapply := domain.UnapplyPayment{Invoice: invoice, Payment: "P1", Date: "2024-05-20"}
	// Credited meanwhile: only the cash comes back
	h := played(t, issued(t), pay("P1", "100.00"), credit("C1", creditLine("A", "44.00", "2.00")), unapply)
	require.Equal(t, "101.00", openAmount(t, h))
	// Two payments, one of which bounced
	h = played(t, issued(t), pay("P1", "100.00"), pay("P2", "40.00"), unapply)
	require.Equal(t, "107.00", openAmount(t, h))
	require.Equal(t, domain.InvoiceIsShort, domaintest.Fold[domain.Invoice](h...).Status)
	domaintest.When(t, h, unapply).Nothing()
	// and it is paid anew by another
	require.Equal(t, "0.00", openAmount(t, played(t, h, pay("P3", "107.00"))))
	// A small rest that was given up for it comes back with it
	small := domain.WriteOffSmall{Invoice: invoice, Payment: "P1", Date: "2024-05-10", Amount: usd("0.40")}
	h = played(t, issued(t), pay("P1", "146.60"), small)
	require.Equal(t, domain.InvoiceIsPaid, domaintest.Fold[domain.Invoice](h...).Status)
	domaintest.When(t, h, small).Nothing()
	require.Equal(t, []string{"PaymentUnapplied", "WriteOffReversed"}, types(domaintest.When(t, h, unapply).Events()))
	require.Equal(t, "147.00", openAmount(t, played(t, h, unapply)))
	// It is given up only while it is what is open
	domaintest.When(t, played(t, issued(t), pay("P1", "146.60"), credit("C1", creditLine("A", "0.10", "0.00"))), small).Nothing()
}

func TestAShortPayGoesItsWayWithNobodyInBetween(t *testing.T) {
	bill := func(rules ...domain.Command) *ledger {
		l := billedLedger(t)
		l.must(t, rules...)
		require.NoError(t, l.wait(60*day))
		return l
	}
	short := func(l *ledger, amount string) {
		l.must(t, receipt(amount), allocate(domain.Allocation{Invoice: invoice, Amount: usd(amount), Deductions: []domain.Deduction{kept("F", "59", "20.00")}}))
		require.Empty(t, l.refused)
	}
	// Contested by default, on the line and with the reason that the payer gave
	l := bill()
	short(l, "80.00")
	d := l.state(domain.DisputeID(number + "-S1").Stream()).(domain.Dispute)
	require.Equal(t, domain.DisputeIsOpen, d.Status)
	require.Equal(t, []domain.CreditLine{creditLine("F", "20.00", "0.00")}, d.Lines)

	// Given up within the tolerance
	l = bill(setRules("20.00", "", true))
	short(l, "80.00")
	require.Equal(t, []string{"ACME_2024-03_USD_1 paid"}, l.statuses())
	books := l.balances(t)
	require.Equal(t, [2]string{"0.00", "20.00"}, [2]string{books[domain.Receivable], books[domain.SmallBalances]})
	require.Equal(t, domain.ChargeClaimed, l.shipment().Charges[0].Status, "80.00 of it were paid")

	// Left open, neither contested nor given up
	l = bill(setRules("20.00", "", false))
	short(l, "80.00")
	require.Equal(t, []string{"ACME_2024-03_USD_1 partially-paid"}, l.statuses())
	require.Empty(t, l.invoice(invoice).Disputes)
}

func TestRule13AChargeOfWhichNothingIsOwedAnyMoreEndsWrittenOff(t *testing.T) {
	l := billedLedger(t)
	require.NoError(t, l.wait(60*day))
	l.must(t, askWriteOff("W1", ""), approveWriteOff("W1", "100.00", "finance lead"))
	require.Equal(t, domain.ChargeWrittenOff, l.shipment().Charges[0].Status)
	books := l.balances(t)
	require.Equal(t, [2]string{"0.00", "100.00"}, [2]string{books[domain.Receivable], books[domain.BadDebt]})

	// Cash for a part of it means that it is owed after all
	l.must(t, receipt("30.00"), allocate(domain.Allocation{Invoice: invoice, Amount: usd("30.00")}))
	require.Equal(t, domain.ChargeClaimed, l.shipment().Charges[0].Status)
	books = l.balances(t)
	require.Equal(t, [3]string{"0.00", "70.00", "0.00"}, [3]string{books[domain.Receivable], books[domain.BadDebt], books[domain.UnappliedCash]})
	require.Empty(t, l.refused)
}

func TestRule47CashThatNothingWasAdvisedOfGoesToTheOldestItems(t *testing.T) {
	item := func(id, due, open, disputed string) domain.OpenItem {
		i := domain.OpenItem{Invoice: domain.InvoiceID(id), Number: "N-" + id, Customer: customer, DueDate: due, Open: usd(open)}
		if disputed != "" {
			i.Disputed = usd(disputed)
		}
		return i
	}
	euros := item("E", "2023-01-01", "1.00", "")
	euros.Open = eur("500.00")
	items := []domain.OpenItem{item("C", "2024-06-30", "50.00", ""), item("B", "2024-04-30", "30.00", ""), item("A", "2024-04-30", "20.00", "5.00"),
		item("credited", "2024-01-31", "-10.00", ""), item("contested", "2024-01-31", "10.00", "10.00"), euros}
	to := func(id, amount string) domain.Allocation {
		return domain.Allocation{Invoice: domain.InvoiceID(id), Amount: usd(amount)}
	}
	for cash, want := range map[string][]domain.Allocation{
		"0.00":   nil,
		"10.00":  {to("A", "10.00")},
		"40.00":  {to("A", "15.00"), to("B", "25.00")},
		"200.00": {to("A", "15.00"), to("B", "30.00"), to("C", "50.00")},
	} {
		got, err := domain.OldestFirst(usd(cash), items)
		require.NoError(t, err)
		require.Equal(t, want, got, cash)
	}
	got, err := domain.OldestFirst(usd("5.00"), nil)
	require.NoError(t, err)
	require.Empty(t, got)

	// What an issued invoice owes is its item
	h := played(t, issued(t), pay("P1", "100.00"), dispute("D1", creditLine("A", "10.00", "0.00")))
	open, ok, err := domaintest.Fold[domain.Invoice](h...).OpenItem()
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, domain.OpenItem{Invoice: invoice, Number: number, Customer: customer, DueDate: "2024-04-30", Open: usd("47.00"), Disputed: usd("10.00")}, open)
	_, ok, err = domaintest.Fold[domain.Invoice](played(t, issued(t), pay("P1", "147.00"))...).OpenItem()
	require.NoError(t, err)
	require.False(t, ok)
}

func TestRule47ARefundGivesBackWhatIsUnappliedWithTwoPairsOfEyes(t *testing.T) {
	refund := func(id, amount, by, approver string) domain.RefundPayment {
		c := domain.RefundPayment{Payment: "P1", Refund: id, Date: "2024-06-03", Reason: "paid too much", RequestedBy: by, ApprovedBy: approver}
		if amount != "" {
			c.Amount = usd(amount)
		}
		return c
	}
	h := played(t, nil, receipt("100.00"), allocate(domain.Allocation{Invoice: invoice, Amount: usd("60.00")}))
	domaintest.When(t, h, refund("R1", "40.01", "a", "b")).Refused(domain.Conflict).ByRule(47)
	domaintest.When(t, h, refund("R1", "-1.00", "a", "b")).Refused(domain.Conflict).ByRule(47)
	domaintest.When(t, h, refund("R1", "40.00", "a", "a")).Refused(domain.Denied).ByRule(17)
	domaintest.When(t, h, refund("R1", "40.00", "a", "")).Refused(domain.Invalid)
	domaintest.When(t, nil, refund("R1", "40.00", "a", "b")).Refused(domain.NotReady)
	domaintest.When(t, h, refund("R1", "30.00", "a", "b")).Then(domain.PaymentRefunded{Payment: "P1", Customer: customer, Document: "RF-P1-1", Refund: "R1", Date: "2024-06-03",
		Amount: usd("30.00"), Left: usd("10.00"), Reason: "paid too much", RequestedBy: "a", ApprovedBy: "b"})
	h = played(t, h, refund("R1", "30.00", "a", "b"))
	domaintest.When(t, h, refund("R1", "30.00", "a", "b")).Nothing()
	domaintest.When(t, h, allocate(domain.Allocation{Invoice: "other", Amount: usd("10.01")})).Refused(domain.Conflict).ByRule(47)
	h = played(t, h, refund("R2", "", "a", "b"))
	left, err := domaintest.Fold[domain.Payment](h...).Unallocated()
	require.NoError(t, err)
	require.Equal(t, usd("0.00"), left)
	bounced := played(t, h, domain.ReversePayment{Payment: "P1", Document: "RC-1-R", Date: "2024-05-20", Reason: "insufficient funds"})
	domaintest.When(t, bounced, refund("R3", "", "a", "b")).Refused(domain.TooLate)
}

func TestRule39WhatIsDisputedIsNotDunnedAndAgesAllTheSame(t *testing.T) {
	levels := []domain.DunningLevel{{AfterDays: 7, Name: "reminder"}, {AfterDays: 30, Name: "final notice"}}
	item := func(number, due, open, disputed string) domain.OpenItem {
		return domain.OpenItem{Number: number, Customer: customer, DueDate: due, Open: usd(open), Disputed: usd(disputed)}
	}
	items := []domain.OpenItem{item("N3", "2024-05-24", "30.00", "0.00"), item("N2", "2024-04-30", "20.00", "5.00"), item("N1", "2024-04-30", "10.00", "10.00"),
		item("N4", "2024-05-25", "40.00", "0.00"), item("N0", "2024-01-01", "-9.00", "0.00")}

	// Given a dispute, when customers are reminded, then of the rest only
	got, err := domain.Dun(items, levels, "2024-05-31")
	require.NoError(t, err)
	require.Equal(t, []domain.Reminder{
		{OpenItem: items[1], DaysOverdue: 31, Level: 2, Name: "final notice", Amount: usd("15.00")},
		{OpenItem: items[0], DaysOverdue: 7, Level: 1, Name: "reminder", Amount: usd("30.00")},
	}, got)
	none, err := domain.Dun(items, nil, "2024-05-31")
	require.NoError(t, err)
	require.Empty(t, none)

	// and its amount grows old with the others
	ageing := domain.NewAgeing("USD")
	for _, i := range items {
		require.NoError(t, ageing.Age(i, "2024-05-31"))
	}
	require.Equal(t, domain.Ageing{Invoices: 5, Open: usd("91.00"), Current: usd("0.00"), To30: usd("70.00"), To60: usd("30.00"), To90: usd("0.00"), Over90: usd("-9.00"), Disputed: usd("15.00")}, ageing)

	for days, want := range map[string]int{"2024-05-24": 0, "2024-05-23": -1, "2024-06-24": 31, "2025-05-24": 365} {
		overdue, err := domain.DaysOverdue("2024-05-24", days)
		require.NoError(t, err)
		require.Equal(t, want, overdue, days)
	}
	_, err = domain.Dun([]domain.OpenItem{item("N1", "May", "1.00", "0.00")}, levels, "2024-05-31")
	require.Error(t, err)
	for name, levels := range map[string][]domain.DunningLevel{
		"not overdue": {{AfterDays: 0, Name: "a"}}, "no name": {{AfterDays: 7}}, "out of order": {{AfterDays: 7, Name: "a"}, {AfterDays: 7, Name: "b"}}, "too many": make([]domain.DunningLevel, 10),
	} {
		t.Run(name, func(t *testing.T) {
			c := setRules("", "", false)
			c.Rules.Dunning = levels
			domaintest.When(t, nil, c).Refused(domain.Invalid)
		})
	}
}

func TestMasterDataIsNewsOnlyWhereTheERPSaysSomethingElse(t *testing.T) {
	sync := func(change func(*domain.CustomerMaster)) domain.SyncCustomer {
		c := syncAcme(true)
		c.Master.TaxIDs = []domain.TaxID{{Jurisdiction: "CA-ON", ID: "123456789 RT0001"}, {Jurisdiction: "DE", ID: "DE811115368"}}
		c.Master.BillingTo.Country = "CA"
		change(&c.Master)
		return c
	}
	same := sync(func(*domain.CustomerMaster) {})
	h := played(t, nil, same)
	domaintest.When(t, h, same).Nothing()
	for name, change := range map[string]func(*domain.CustomerMaster){
		"name": func(m *domain.CustomerMaster) { m.Name = "Acme" }, "terms": func(m *domain.CustomerMaster) { m.TermsDays = 31 },
		"credit": func(m *domain.CustomerMaster) { m.Credit = domain.CreditHold }, "active": func(m *domain.CustomerMaster) { m.Active = false },
		"currency": func(m *domain.CustomerMaster) { m.Currency = "USD" }, "group": func(m *domain.CustomerMaster) { m.Group = "ACME-GROUP" },
		"tax id": func(m *domain.CustomerMaster) { m.TaxIDs[1].ID = "DE811115369" }, "one tax id less": func(m *domain.CustomerMaster) { m.TaxIDs = m.TaxIDs[:1] },
		"address": func(m *domain.CustomerMaster) { m.BillingTo.City = "Hamilton" }, "billing rules": func(m *domain.CustomerMaster) { m.BillingRules = "monthly" },
	} {
		t.Run(name, func(t *testing.T) { require.Len(t, domaintest.When(t, h, sync(change)).Events(), 1) })
	}
	for name, change := range map[string]func(*domain.CustomerMaster){
		"two tax ids of one jurisdiction": func(m *domain.CustomerMaster) { m.TaxIDs[1].Jurisdiction = "CA-ON" },
		"a tax id without a jurisdiction": func(m *domain.CustomerMaster) { m.TaxIDs[1].Jurisdiction = "" },
		"a country in words":              func(m *domain.CustomerMaster) { m.BillingTo.Country = "Canada" },
		"a very long group":               func(m *domain.CustomerMaster) { m.Group = strings.Repeat("x", 201) },
	} {
		t.Run(name, func(t *testing.T) { domaintest.When(t, h, sync(change)).Refused(domain.Invalid) })
	}
}
