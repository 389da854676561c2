package domain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

const day = 24 * time.Hour

// billedLedger is a ledger whose shipment was delivered, proven and, when its
// month is over, billed: freight of 100.00.
func billedLedger(t *testing.T) *ledger {
	t.Helper()
	l := newLedger(domain.Policy{Grace: 3 * day})
	l.must(t, syncAcme(true), domain.ReleaseOrder{OrderReleased: order()}, enter("F", domain.Freight, "100.00"), unload("2024-03-05"), receivePOD("2024-03-05"), verifyPOD(domain.PODClean))
	return l
}

func syncAcme(active bool) domain.SyncCustomer {
	return domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: customer, Source: "sandbox",
		Master: domain.CustomerMaster{Name: "Acme Stores", TermsDays: 30, Credit: domain.CreditGood, Active: active}}}
}

func (l *ledger) statuses() (out []string) {
	for _, v := range l.invoices() {
		out = append(out, string(v.ID)+" "+string(v.Status))
	}
	return out
}

func TestAMonthIsBilledWhenItIsOverAndLateChargesHadTheirTime(t *testing.T) {
	l := billedLedger(t)
	require.NoError(t, l.wait(33*day-time.Second)) // March has 31 days, and 3 of grace
	require.Equal(t, []string{"ACME_2024-03_USD_1 candidate"}, l.statuses())
	require.NoError(t, l.wait(day+time.Second))
	require.Equal(t, []string{"ACME_2024-03_USD_1 issued"}, l.statuses())
	require.Empty(t, l.refused)
}

func TestDocumentsAreDatedByTheDayTheyAreMadeInTheOrderOfTheirNumbers(t *testing.T) {
	// Given a month that is billed on 4 April and a charge that comes two months later
	l := billedLedger(t)
	require.NoError(t, l.wait(34*day))
	require.Equal(t, [2]string{"2024-04-04", "2024-05-04"}, [2]string{l.invoice(invoice).IssueDate, l.invoice(invoice).DueDate})
	require.NoError(t, l.wait(60*day))
	l.must(t, enter("F2", domain.Freight, "7.00"))
	late := l.invoice("ACME_2024-03_USD_1_DM1")
	require.Equal(t, [3]string{"DM-2024-000001", "2024-06-03", "2024-03-05"}, [3]string{late.Number, late.IssueDate, late.Lines[0].ServiceDate})

	// A credit that somebody granted earlier is dated so, one without a date by its day; neither before the last
	granted := credit("C1", creditLine("F", "1.00", "0.00"))
	granted.Date = "2024-05-31"
	undated := credit("C2", creditLine("F", "1.00", "0.00"))
	undated.Date = ""
	ahead := credit("C3", creditLine("F", "1.00", "0.00"))
	ahead.Date = "2024-12-24"
	early := credit("C4", creditLine("F", "1.00", "0.00"))
	early.Date = "2024-05-01"
	l.must(t, granted, undated, ahead, early)
	var dates []string
	for _, e := range l.all {
		if e, ok := e.(domain.CreditIssued); ok {
			dates = append(dates, e.Credit.Number+" "+e.Date)
		}
	}
	require.Equal(t, []string{"CM-2024-000001 2024-05-31", "CM-2024-000002 2024-06-03", "CM-2024-000003 2024-06-03", "CM-2024-000004 2024-06-03"}, dates)

	// A history from before the ledger was in use is dated by its periods
	l = newLedger(domain.Policy{ByPeriod: true})
	l.now = at("2026-01-01").UTC
	l.must(t, syncAcme(true), domain.ReleaseOrder{OrderReleased: order()}, enter("F", domain.Freight, "100.00"), unload("2024-03-05"), receivePOD("2024-03-05"), verifyPOD(domain.PODClean))
	require.Equal(t, [2]string{"INV-2024-000001", "2024-03-31"}, [2]string{l.invoice(invoice).Number, l.invoice(invoice).IssueDate})
}

func TestACandidateHeldByHandOverTheMonthsEndIsBilledWhenItIsReleased(t *testing.T) {
	l := billedLedger(t)
	hold := domain.InvoiceHeld{Invoice: invoice, Reason: domain.HoldByHand, By: "billing desk"}
	free := domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: invoice, Reason: domain.HoldByHand, By: "finance desk"}}
	l.must(t, domain.HoldInvoice{InvoiceHeld: hold})
	require.NoError(t, l.wait(60*day))
	require.Equal(t, []string{"ACME_2024-03_USD_1 held"}, l.statuses())
	l.must(t, free)
	require.Equal(t, []string{"ACME_2024-03_USD_1 issued"}, l.statuses())

	// Released before the month is over, it waits for its end
	l = billedLedger(t)
	l.must(t, domain.HoldInvoice{InvoiceHeld: hold}, free)
	require.NoError(t, l.wait(20*day))
	require.Equal(t, []string{"ACME_2024-03_USD_1 candidate"}, l.statuses())
	require.NoError(t, l.wait(20*day))
	require.Equal(t, []string{"ACME_2024-03_USD_1 issued"}, l.statuses())
}

func TestAShipmentWhoseEvidenceFallsAwayBeforeTheInvoiceIsIssuedIsNotBilled(t *testing.T) {
	// Given a candidate, when an exception is raised, then its lines go back
	l := billedLedger(t)
	l.must(t, raise("X1"))
	require.Empty(t, l.invoice(invoice).Lines)
	require.NoError(t, l.wait(60*day))
	require.Equal(t, []string{"ACME_2024-03_USD_1 held"}, l.statuses())
	// and come again with its resolution
	l.must(t, resolve("X1"))
	require.Equal(t, []string{"ACME_2024-03_USD_1 issued"}, l.statuses())
	require.Equal(t, "100.00", l.balances(t)[domain.Receivable])

	// Given a proof of delivery that is corrected while the candidate is held
	l = billedLedger(t)
	l.must(t, domain.HoldInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: invoice, Reason: domain.HoldByHand, By: "billing desk"}})
	corrected := podOf("2024-03-06")
	corrected.Document = "receipt 882"
	l.must(t, domain.CorrectPOD{PODCorrected: domain.PODCorrected{PODReceived: corrected, Reason: "wrong page scanned"}},
		domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: invoice, Reason: domain.HoldByHand, By: "finance desk"}})
	require.NoError(t, l.wait(60*day))
	require.Empty(t, l.balances(t)[domain.Receivable])
	l.must(t, verifyPOD(domain.PODClean), resolve("changed-after-billing-pod-2"))
	require.Equal(t, []string{"ACME_2024-03_USD_1 issued"}, l.statuses())
	require.Equal(t, "POD 2: receipt 882", last[domain.ChargesClaimed](t, l).Evidence)

	// What is issued stays as it is, and the exception is the case
	l.must(t, raise("X1"))
	require.Equal(t, []string{"ACME_2024-03_USD_1 issued"}, l.statuses())
	require.Len(t, l.invoice(invoice).Lines, 1)
	require.Empty(t, l.refused)
}

func TestACandidateWaitsForItsCustomersMasterData(t *testing.T) {
	l := billedLedger(t)
	l.must(t, syncAcme(false))
	require.NoError(t, l.wait(60*day))
	require.Equal(t, []string{domain.HoldCustomerInactive}, l.invoice(invoice).Holds)
	l.must(t, syncAcme(true))
	require.Equal(t, []string{"ACME_2024-03_USD_1 issued"}, l.statuses())
}

func TestVoidAndRebillTwiceBillTheChargeOnANewInvoiceEachTime(t *testing.T) {
	l := billedLedger(t)
	require.NoError(t, l.wait(60*day))

	// When the first is voided, the charge waits for approval, and is billed by the next
	l.must(t, domain.VoidInvoice{Invoice: invoice, Date: "2024-04-30", Reason: "wrong terms", By: "billing desk"}, approve("F", "100.00", "desk lead"))
	require.NoError(t, l.wait(60*day))
	second := candidate().Next().ID()
	require.Equal(t, second, l.shipment().Charges[0].Invoice)
	require.Equal(t, invoice, l.invoice(second).Lines[0].Rebills)

	// When that one is in the ERP, it is credited instead and billed again at another amount
	l.must(t, domain.MarkPosted{InvoicePosted: domain.InvoicePosted{Invoice: second, Number: l.invoice(second).Number}},
		domain.CreditInvoice{Invoice: second, Credit: "C1", Rebill: true, Date: "2024-06-30", Reason: "wrong rate", By: "billing desk"},
		amend("F", "90.00"), approve("F", "90.00", "desk lead"))
	require.NoError(t, l.wait(60*day))
	third := candidate().Next().Next().ID()
	require.Equal(t, second, l.invoice(third).Lines[0].Rebills)
	require.Equal(t, []string{"ACME_2024-03_USD_1 void", "ACME_2024-03_USD_2 credited", "ACME_2024-03_USD_3 issued"}, l.statuses())
	require.Equal(t, "CM-2024-000001", l.invoice(second).Credits[0].Number)
	require.Equal(t, []domain.InvoiceLink{{Kind: domain.LinkRebilled, Invoice: second, Number: l.invoice(second).Number}}, l.invoice(invoice).Links)
	require.Equal(t, []domain.InvoiceLink{{Kind: domain.LinkRebilled, Invoice: third, Number: l.invoice(third).Number}}, l.invoice(second).Links)
	require.Equal(t, "CM-2024-000001", last[domain.RebillLinked](t, l).Credit)

	// Then the books hold 90.00 of receivable and revenue, and nothing unbilled
	require.Equal(t, map[domain.Role]string{domain.Receivable: "90.00", domain.Unbilled: "0.00", domain.AccruedRevenue: "0.00",
		domain.Revenue: "-190.00", domain.CreditsGiven: "100.00"}, l.balances(t))
	require.Empty(t, l.refused)
}

func uphold(lines ...domain.CreditLine) domain.UpholdDispute {
	return domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: "D1", By: "disputes desk", Reason: "agreed", Lines: lines}}
}

func (l *ledger) dispute() domain.Dispute {
	return l.state(domain.DisputeID("D1").Stream()).(domain.Dispute)
}

func TestADisputeThatIsUpheldIsCreditedAndThenCleared(t *testing.T) {
	l := billedLedger(t)
	require.NoError(t, l.wait(60*day))
	l.must(t, dispute("D1", creditLine("F", "30.00", "0.00")), uphold(creditLine("F", "20.00", "0.00")))
	v := l.invoice(invoice)
	require.Equal(t, "CM-2024-000001", v.Credits[0].Number)
	require.False(t, v.Disputes[0].Open)
	open, err := v.Open()
	require.NoError(t, err)
	require.Equal(t, usd("80.00"), open)
	require.Equal(t, [3]string{"partly-upheld", "credited", "CM-2024-000001"}, [3]string{string(l.dispute().Status), string(l.dispute().End), l.dispute().Credit})
	require.Empty(t, l.refused)
}

func TestADisputeWhoseLinesWereCreditedByHandEndsAsTheInvoiceSays(t *testing.T) {
	// Given a dispute of 30.00 and a credit by hand that uses up all but 10.00 of the line
	l := billedLedger(t)
	require.NoError(t, l.wait(60*day))
	l.must(t, dispute("D1", creditLine("F", "30.00", "0.00")), credit("C1", creditLine("F", "90.00", "0.00")), uphold())
	// then 10.00 is credited for it, and the dispute knows
	require.Equal(t, domain.DisputeIsUpheld, l.dispute().Status)
	require.Equal(t, domain.DisputeSettled{Dispute: "D1", Invoice: invoice, End: domain.EndCredited, Credit: "CM-2024-000002", Credited: usd("10.00")}, last[domain.DisputeSettled](t, l))

	// Given one that uses up all of it, then the dispute is cleared as having nothing left
	l = billedLedger(t)
	require.NoError(t, l.wait(60*day))
	l.must(t, dispute("D1", creditLine("F", "30.00", "0.00")), credit("C1"), uphold())
	require.Equal(t, domain.EndNothingLeft, l.dispute().End)
	require.Empty(t, l.dispute().Credit)
	require.Len(t, l.invoice(invoice).Credits, 1)
	require.Empty(t, l.refused)
}

// last is the newest event of a type.
func last[E domain.Event](t *testing.T, l *ledger) (e E) {
	t.Helper()
	for _, happened := range l.all {
		if found, ok := happened.(E); ok {
			e = found
		}
	}
	require.NotZero(t, e)
	return e
}

func TestCashBeyondTheInvoiceStaysUnappliedAndABouncedPaymentReopensIt(t *testing.T) {
	l := billedLedger(t)
	require.NoError(t, l.wait(60*day))
	l.must(t, receipt("150.00"), allocate(domain.Allocation{Invoice: invoice, Amount: usd("150.00")}))
	left, err := l.state(domain.PaymentID("P1").Stream()).(domain.Payment).Unallocated()
	require.NoError(t, err)
	require.Equal(t, usd("50.00"), left)
	require.Equal(t, []string{"ACME_2024-03_USD_1 paid"}, l.statuses())
	require.Equal(t, "-50.00", l.balances(t)[domain.UnappliedCash])

	l.must(t, domain.ReversePayment{Payment: "P1", Document: "RC-1-R", Date: "2024-05-20", Reason: "insufficient funds"})
	require.Equal(t, []string{"ACME_2024-03_USD_1 issued"}, l.statuses())
	books := l.balances(t)
	require.Equal(t, [3]string{"100.00", "0.00", "0.00"}, [3]string{books[domain.Receivable], books[domain.UnappliedCash], books[domain.Bank]})
}

func TestAPaidInvoiceThatIsCreditedGivesItsCashBack(t *testing.T) {
	l := billedLedger(t)
	require.NoError(t, l.wait(60*day))
	l.must(t, receipt("100.00"), allocate(domain.Allocation{Invoice: invoice, Amount: usd("100.00")}), credit("C1"))
	require.Equal(t, []string{"ACME_2024-03_USD_1 credited"}, l.statuses())
	left, err := l.state(domain.PaymentID("P1").Stream()).(domain.Payment).Unallocated()
	require.NoError(t, err)
	require.Equal(t, usd("100.00"), left)
	books := l.balances(t)
	require.Equal(t, [3]string{"0.00", "-100.00", "100.00"}, [3]string{books[domain.Receivable], books[domain.UnappliedCash], books[domain.Bank]})

	// Then the bank takes it back
	l.must(t, domain.ReversePayment{Payment: "P1", Document: "RC-1-R", Date: "2024-05-20", Reason: "insufficient funds"})
	books = l.balances(t)
	require.Equal(t, [3]string{"0.00", "0.00", "0.00"}, [3]string{books[domain.Receivable], books[domain.UnappliedCash], books[domain.Bank]})
	require.Empty(t, l.refused)
}

func TestAPaidInvoiceIsCancelledAsSoonAsItsDisputeHasEnded(t *testing.T) {
	l := billedLedger(t)
	require.NoError(t, l.wait(60*day))
	l.must(t, domain.ConfirmPosting{Document: number, ERPID: "erp-1", Date: "2024-04-30"}, receipt("60.00"), allocate(domain.Allocation{Invoice: invoice, Amount: usd("60.00")}),
		dispute("D1", creditLine("F", "30.00", "0.00")), domain.CancelInvoice{Invoice: invoice, Reason: "wrong customer", By: "finance desk"})
	require.Equal(t, domain.Cancellation{Reason: "wrong customer", By: "finance desk", Blocker: domain.BlockedByDispute, Subject: "D1"}, l.invoice(invoice).Cancellation)
	require.Equal(t, "60.00", l.invoice(invoice).Applied[0].Amount.Format())

	l.must(t, uphold())
	require.True(t, l.invoice(invoice).Cancellation.Done)
	require.Equal(t, []string{"ACME_2024-03_USD_1 credited"}, l.statuses())
	require.Equal(t, domain.ChargePending, l.shipment().Charges[0].Status)
	books := l.balances(t)
	require.Equal(t, [3]string{"0.00", "-60.00", "100.00"}, [3]string{books[domain.Receivable], books[domain.UnappliedCash], books[domain.CreditsGiven]})
	require.Equal(t, []string{"CM-2024-000001", "CM-2024-000002"}, []string{l.invoice(invoice).Credits[0].Number, l.invoice(invoice).Credits[1].Number})
	require.Empty(t, l.refused)
}

func TestALaterChargeRaisesTheInvoiceByADebitMemoThatSettlesLikeOne(t *testing.T) {
	l := billedLedger(t)
	require.NoError(t, l.wait(60*day))
	l.must(t, enter("F2", domain.Freight, "7.00"))
	memo := domain.InvoiceID("ACME_2024-03_USD_1_DM1")
	require.Equal(t, []string{"ACME_2024-03_USD_1 issued", "ACME_2024-03_USD_1_DM1 issued"}, l.statuses())
	require.Equal(t, []domain.InvoiceLink{{Kind: domain.LinkRaised, Invoice: memo, Number: "DM-2024-000001"}}, l.invoice(invoice).Links)
	require.Equal(t, number, l.invoice(memo).Candidate.Raises.Number)

	// It is posted, paid, credited and billed again like an invoice
	l.must(t, domain.ConfirmPosting{Document: "DM-2024-000001", ERPID: "erp-9", Date: "2024-04-30"})
	require.True(t, l.invoice(memo).Posted)
	l.must(t, receipt("7.00"), allocate(domain.Allocation{Invoice: memo, Amount: usd("7.00")}))
	require.Equal(t, domain.InvoiceIsPaid, l.invoice(memo).Status)
	l.must(t, domain.CreditInvoice{Invoice: memo, Credit: "C1", Rebill: true, Reason: "wrong rate", By: "billing desk"},
		amend("F2", "6.00"), approve("F2", "6.00", "desk lead"))
	require.Equal(t, []string{"ACME_2024-03_USD_1 issued", "ACME_2024-03_USD_1_DM1 credited", "ACME_2024-03_USD_1_DM2 issued"}, l.statuses())
	require.Equal(t, map[domain.Role]string{domain.Receivable: "106.00", domain.Unbilled: "0.00", domain.AccruedRevenue: "0.00", domain.Bank: "7.00",
		domain.UnappliedCash: "-7.00", domain.Revenue: "-113.00", domain.CreditsGiven: "7.00"}, l.balances(t))
	require.Empty(t, l.refused)
}

func TestDocumentsOfTheLongestIdentifiersArePosted(t *testing.T) {
	long := domain.ShipmentID(strings.Repeat("S", 120))
	l := newLedger(domain.Policy{})
	l.must(t, domain.ReleaseOrder{OrderReleased: orderWith(func(o *domain.OrderReleased) { o.Shipment = long })})
	c, m := enter("F", domain.Freight, "100.00"), unload("2024-03-05")
	c.Shipment, m.Shipment = long, long
	l.must(t, c, m)
	require.Empty(t, l.refused)
	require.Equal(t, domain.PostingAsked, l.state(domain.PostingStream("ACC-"+string(long)+"-1")).(domain.Posting).Status)
}
