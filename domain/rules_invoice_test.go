package domain_test

import (
	"fmt"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/stretchr/testify/require"
)

func TestRule26LinesAndTaxSumToTheTotalExactly(t *testing.T) {
	h := played(t, nil, addLines(line("A", "100.01", "5.00"), line("B", "-0.02", "0.00"), line("C", "0.10", "0.01")))
	domaintest.When(t, h, domain.SealCandidate{Invoice: invoice, TermsDays: 30}).Then(
		domain.CandidateSealed{Invoice: invoice, Series: "INV", BillingDate: "2024-03-31", IssueDate: "2024-03-31", TermsDays: 30, Net: usd("100.09"), Tax: usd("5.01"), Total: usd("105.10")})

	// A candidate that sums to less than nothing waits for more lines, and goes on when they come
	negative := played(t, nil, addLines(line("A", "-10.00", "0.00")), domain.SealCandidate{Invoice: invoice, TermsDays: 30})
	require.Equal(t, []string{domain.HoldNegativeTotal}, domaintest.Fold[domain.Invoice](negative...).Holds)
	domaintest.When(t, negative, domain.SealCandidate{Invoice: invoice, TermsDays: 30}).Nothing()
	domaintest.When(t, negative, addLines(line("B", "9.99", "0.00"))).Then(
		domain.LinesAdded{Invoice: invoice, Shipment: shipment, Lines: []domain.BillLine{line("B", "9.99", "0.00")}})
	domaintest.When(t, negative, addLines(line("B", "10.00", "0.00"))).Then(
		domain.LinesAdded{Invoice: invoice, Shipment: shipment, Lines: []domain.BillLine{line("B", "10.00", "0.00")}},
		domain.HoldReleased{Invoice: invoice, Reason: domain.HoldNegativeTotal, By: "freightledger", Candidate: candidate()})
}

func TestRule29OneCurrencyAnInvoice(t *testing.T) {
	euro := line("A", "1.00", "0.00")
	euro.Amount = money.MustParse("1.00", "EUR")
	domaintest.When(t, nil, addLines(euro)).Refused(domain.Invalid).ByRule(29)

	asked := enter("F", domain.Freight, "1.00")
	asked.Amount = money.MustParse("1.00", "EUR")
	domaintest.When(t, released(), asked).Refused(domain.Invalid).ByRule(29)
	mixed := orderWith(func(o *domain.OrderReleased) { o.Terms.ApprovalAbove = money.MustParse("1.00", "EUR") })
	domaintest.When(t, nil, domain.ReleaseOrder{OrderReleased: mixed}).Refused(domain.Invalid).ByRule(29)

	given := creditLine("A", "1.00", "0.00")
	given.Amount = money.MustParse("1.00", "EUR")
	domaintest.When(t, issued(t), credit("C1", given)).Refused(domain.Invalid).ByRule(29)
	domaintest.When(t, issued(t), dispute("D1", given)).Refused(domain.Invalid).ByRule(29)
}

func TestRule30AmountsAreWholeMinorUnits(t *testing.T) {
	fraction := enter("F", domain.Freight, "1.005")
	domaintest.When(t, released(), fraction).Refused(domain.Invalid).ByRule(30)
	yen := domaintest.Given(orderWith(func(o *domain.OrderReleased) { o.Currency, o.Terms.ApprovalAbove = "JPY", money.Money{} }))
	fraction.Amount = money.MustParse("1.5", "JPY")
	domaintest.When(t, yen, fraction).Refused(domain.Invalid).ByRule(30)
	domaintest.When(t, issued(t), credit("C1", creditLine("A", "0.005", "0.00"))).Refused(domain.Invalid).ByRule(30)
	domaintest.When(t, issued(t), credit("C1", creditLine("A", "1.00", "0.001"))).Refused(domain.Invalid).ByRule(30)
}

func TestRule31TaxNamesItsJurisdictionAndTheVersionOfItsRule(t *testing.T) {
	standard := domain.Tax{Code: domain.TaxStandard, Jurisdiction: "CA-ON", Percent: "13", Version: "2024-01"}
	for name, test := range map[string]struct {
		tax  domain.Tax
		rule int // 0: taken
	}{
		"standard":                  {standard, 0},
		"none stated":               {domain.Tax{}, 0},
		"exempt":                    {domain.Tax{Code: domain.TaxExempt}, 0},
		"reverse charge":            {domain.Tax{Code: domain.TaxReverseCharge}, 0},
		"exempt with a percentage":  {domain.Tax{Code: domain.TaxExempt, Percent: "13"}, 31},
		"percentage without a code": {domain.Tax{Percent: "13"}, 31},
		"no jurisdiction":           {domain.Tax{Code: domain.TaxStandard, Percent: "13", Version: "1"}, 31},
		"no version":                {domain.Tax{Code: domain.TaxStandard, Percent: "13", Jurisdiction: "CA-ON"}, 31},
		"not a percentage":          {domain.Tax{Code: domain.TaxStandard, Percent: "13%", Jurisdiction: "CA-ON", Version: "1"}, 31},
		"negative":                  {domain.Tax{Code: domain.TaxStandard, Percent: "-1", Jurisdiction: "CA-ON", Version: "1"}, 31},
		"over a hundred":            {domain.Tax{Code: domain.TaxStandard, Percent: "100.01", Jurisdiction: "CA-ON", Version: "1"}, 31},
		"unknown code":              {domain.Tax{Code: "luxury"}, 31},
	} {
		t.Run(name, func(t *testing.T) {
			o := orderWith(func(o *domain.OrderReleased) { o.Terms.Tax = test.tax })
			outcome := domaintest.When(t, nil, domain.ReleaseOrder{OrderReleased: o})
			if test.rule == 0 {
				outcome.Then(o)
				return
			}
			outcome.Refused(domain.Invalid).ByRule(test.rule)
		})
	}
}

func TestRule32ZeroRatingNeedsStoredEvidence(t *testing.T) {
	o := orderWith(func(o *domain.OrderReleased) { o.Terms.Tax = domain.Tax{Code: domain.TaxZeroRated} })
	domaintest.When(t, nil, domain.ReleaseOrder{OrderReleased: o}).Refused(domain.Invalid).ByRule(32)
	o.Terms.Tax.Evidence = "customs declaration 4711"
	domaintest.When(t, nil, domain.ReleaseOrder{OrderReleased: o}).Then(o)
}

func TestRule33TaxIsRoundedHalfUpOnceALine(t *testing.T) {
	h := domaintest.Given(orderWith(func(o *domain.OrderReleased) {
		o.Terms.Tax = domain.Tax{Code: domain.TaxStandard, Jurisdiction: "CA-ON", Percent: "13", Version: "2024-01"}
	}))
	h = played(t, h, enter("A", domain.Freight, "31.95"), enter("B", domain.FuelSurcharge, "0.50"), enter("C", domain.Discount, "-0.50"),
		unload("2024-03-05"), receivePOD("2024-03-05"), verifyPOD(domain.PODClean))
	claim := h[len(h)-1].(domain.ChargesClaimed)
	require.Equal(t, []money.Money{usd("4.15"), usd("0.07"), usd("-0.07")}, []money.Money{claim.Lines[0].Tax, claim.Lines[1].Tax, claim.Lines[2].Tax})
}

func TestRule34NumbersAreGapFreeAndNeverGivenTwice(t *testing.T) {
	assign := func(n int, credit string) domain.AssignNumber {
		return domain.AssignNumber{Series: "INV-2024", For: domain.NumberFor{Invoice: domain.InvoiceID(fmt.Sprintf("V%d", n)), Credit: credit}}
	}
	var h domaintest.History
	for n := 1; n <= 40; n++ {
		domaintest.When(t, h, assign(n, "")).Then(domain.NumberAssigned{Series: "INV-2024", N: int64(n), Number: fmt.Sprintf("INV-2024-%06d", n), For: assign(n, "").For})
		h = played(t, h, assign(n, ""))
		domaintest.When(t, h, assign(n, "")).Nothing()
		domaintest.When(t, h, assign(1, "")).Nothing()
	}
	got, ok := domaintest.Fold[domain.Numbering](h...).Number(assign(17, "").For)
	require.True(t, ok)
	require.Equal(t, "INV-2024-000017", got)
	require.Len(t, domaintest.When(t, h, assign(17, "C1")).Events(), 1, "a credit of an invoice is another document")

	v := issued(t)
	domaintest.When(t, v, domain.IssueInvoice{Invoice: invoice, Number: number}).Nothing()
	domaintest.When(t, v, domain.IssueInvoice{Invoice: invoice, Number: "INV-2024-000002"}).Refused(domain.Conflict).ByRule(34)
	c := played(t, v, credit("C1"), domain.IssueCredit{Invoice: invoice, Credit: "C1", Number: "CM-2024-000001"})
	domaintest.When(t, c, domain.IssueCredit{Invoice: invoice, Credit: "C1", Number: "CM-2024-000002"}).Refused(domain.Conflict).ByRule(34)
}

func TestRule34NumbersAreInTheOrderOfTheDocumentsDates(t *testing.T) {
	assign := func(n int, date string) domain.AssignNumber {
		return domain.AssignNumber{Series: "INV-2024", For: domain.NumberFor{Invoice: domain.InvoiceID(fmt.Sprintf("V%d", n))}, Date: date}
	}
	dated := func(h domaintest.History, c domain.AssignNumber) string {
		return domaintest.When(t, h, c).Events()[0].(domain.NumberAssigned).Date
	}
	h := played(t, nil, assign(1, "2024-04-04"))
	require.Equal(t, "2024-04-04", dated(nil, assign(1, "2024-04-04")))
	require.Equal(t, "2024-04-04", dated(h, assign(2, "2024-04-01")), "nothing is dated before the document of the number before")
	require.Equal(t, "2024-04-05", dated(h, assign(2, "2024-04-05")))
	domaintest.When(t, h, assign(2, "April")).Refused(domain.Invalid)
	// What is dated by its period says so itself, and moves nothing
	require.Empty(t, dated(h, assign(2, "")))
	require.Equal(t, "2024-04-04", dated(played(t, h, assign(2, "")), assign(3, "2024-04-02")))

	// An invoice bears the day of its issue, and not one before the end of its billing period
	seal := func(date string) domain.SealCandidate {
		return domain.SealCandidate{Invoice: invoice, TermsDays: 30, Date: date}
	}
	open := played(t, nil, addLines(line("A", "100.00", "5.00")))
	for _, test := range []struct{ sealed, numbered, issued, due string }{
		{"2024-04-04", "2024-04-04", "2024-04-04", "2024-05-04"},
		{"2024-04-04", "2024-04-07", "2024-04-07", "2024-05-07"},
		{"2024-03-20", "2024-03-20", "2024-03-31", "2024-04-30"},
		{"", "", "2024-03-31", "2024-04-30"},
	} {
		h := played(t, open, seal(test.sealed))
		e := domaintest.When(t, h, domain.IssueInvoice{Invoice: invoice, Number: number, Date: test.numbered}).Events()[0].(domain.InvoiceIssued)
		require.Equal(t, [2]string{test.issued, test.due}, [2]string{e.IssueDate, e.DueDate}, "%v", test)
		require.Equal(t, "2024-03-05", e.Lines[0].ServiceDate)
	}
	domaintest.When(t, open, seal("soon")).Refused(domain.Invalid)

	// A credit memo bears the day of its number, and none before its invoice
	c := played(t, issued(t), credit("C1"))
	for numbered, memo := range map[string]string{"2024-05-09": "2024-05-09", "": "2024-05-02", "2024-03-01": "2024-03-31"} {
		require.Equal(t, memo, domaintest.When(t, c, domain.IssueCredit{Invoice: invoice, Credit: "C1", Number: "CM-2024-000001", Date: numbered}).Events()[0].(domain.CreditIssued).Date)
	}
}

func TestRule35AnIssuedInvoiceIsNeverEdited(t *testing.T) {
	h := claimed(t)
	domaintest.When(t, h, amend("F", "90.00")).Refused(domain.TooLate).ByRule(35)
	domaintest.When(t, h, waive("F")).Refused(domain.TooLate).ByRule(35)
	domaintest.When(t, h, reject("F")).Refused(domain.TooLate).ByRule(35)

	// Further lines go to the next candidate, a hold comes too late, and what is in the ERP is not voided
	v := issued(t)
	before := domaintest.Fold[domain.Invoice](v...)
	other := line("C", "1.00", "0.00")
	other.Shipment = "SH-2"
	late := addLines(other)
	late.Shipment = "SH-2"
	domaintest.When(t, v, late).Then(
		domain.LinesDeclined{Invoice: invoice, Shipment: "SH-2", Charges: []domain.ChargeID{"C"}, Next: candidate().Next(), Reason: "candidate is issued"})
	domaintest.When(t, v, domain.HoldInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: invoice, Reason: domain.HoldByHand, By: "billing desk"}}).Refused(domain.TooLate)
	domaintest.When(t, v, domain.SealCandidate{Invoice: invoice, TermsDays: 10}).Nothing()
	posted := played(t, v, domain.MarkPosted{InvoicePosted: domain.InvoicePosted{Invoice: invoice, Number: number}})
	domaintest.When(t, posted, domain.VoidInvoice{Invoice: invoice, Reason: "wrong", By: "billing desk"}).Refused(domain.TooLate).ByRule(35)

	// Whatever settles it leaves what was issued
	after := domaintest.Fold[domain.Invoice](played(t, posted, credit("C1", creditLine("A", "10.00", "0.50")), pay("P1", "20.00"), dispute("D1", creditLine("B", "5.00", "0.00")))...)
	require.Equal(t, before.Lines, after.Lines)
	require.Equal(t, [3]money.Money{before.Net, before.Tax, before.Total}, [3]money.Money{after.Net, after.Tax, after.Total})
	require.Equal(t, [3]string{before.Number, before.IssueDate, before.DueDate}, [3]string{after.Number, after.IssueDate, after.DueDate})
}

func debitMemo(n int) domain.Candidate {
	c := candidate()
	c.Number, c.Raises = n, domain.Raised{Invoice: invoice, Number: number, Issued: "2024-03-31"}
	return c
}

func TestRule35LaterChargesOfAShipmentRaiseItsInvoiceByADebitMemo(t *testing.T) {
	declined := func(next domain.Candidate, reason string) domain.LinesDeclined {
		return domain.LinesDeclined{Invoice: invoice, Shipment: shipment, Charges: []domain.ChargeID{"C"}, Next: next, Reason: reason}
	}
	add := addLines(line("C", "1.00", "0.00"))
	require.Equal(t, domain.InvoiceID("ACME_2024-03_USD_1_DM1"), debitMemo(1).ID())
	domaintest.When(t, issued(t), add).Then(declined(debitMemo(1), "candidate is issued"))
	// not by one to an invoice that does not stand
	domaintest.When(t, played(t, issued(t), domain.VoidInvoice{Invoice: invoice, Reason: "wrong", By: "billing desk"}), add).Then(declined(candidate().Next(), "candidate is void"))
	again := credit("C1")
	again.Rebill = true
	domaintest.When(t, played(t, issued(t), again), add).Then(declined(candidate().Next(), "candidate is credited"))
	// or was not issued yet
	domaintest.When(t, played(t, nil, addLines(line("A", "1.00", "0.00")), domain.SealCandidate{Invoice: invoice, TermsDays: 30}), add).Then(declined(candidate().Next(), "candidate is sealed"))

	// A debit memo that is closed is followed by another to the same invoice
	raise := domain.AddLines{Candidate: debitMemo(1), Shipment: shipment, Lines: []domain.BillLine{line("C", "1.00", "0.00")}}
	memo := debitMemo(1).ID()
	seal := func(date string) domain.SealCandidate {
		return domain.SealCandidate{Invoice: memo, TermsDays: 30, Date: date}
	}
	open := played(t, nil, raise)
	sealed := played(t, open, seal("2024-09-27"))
	require.Equal(t, "DM", sealed[len(sealed)-1].(domain.CandidateSealed).Series)
	out := played(t, sealed, domain.IssueInvoice{Invoice: memo, Number: "DM-2024-000001"})
	more := raise
	more.Lines = []domain.BillLine{line("D", "1.00", "0.00")}
	domaintest.When(t, out, more).Then(domain.LinesDeclined{Invoice: memo, Shipment: shipment, Charges: []domain.ChargeID{"D"}, Next: debitMemo(2), Reason: "candidate is issued"})

	// After 180 days it waits until somebody releases it
	hold := domain.InvoiceHeld{Invoice: memo, Reason: domain.HoldLateDebit, Detail: "invoice INV-2024-000001 could be raised until 2024-09-27"}
	domaintest.When(t, open, seal("2024-09-28")).Then(hold)
	held := played(t, open, seal("2024-09-28"))
	domaintest.When(t, held, seal("2024-09-29")).Nothing()
	free := domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: memo, Reason: domain.HoldLateDebit, By: "finance desk", Role: domain.RoleFinance}}
	require.Equal(t, []string{"CandidateSealed"}, types(domaintest.When(t, played(t, held, free), seal("2024-09-29")).Events()))

	// Both name each other
	link := domain.LinkDebit{DebitLinked: domain.DebitLinked{Invoice: invoice, By: memo, Number: "DM-2024-000001"}}
	domaintest.When(t, issued(t), link).Then(link.DebitLinked)
	domaintest.When(t, played(t, issued(t), link), link).Nothing()
	domaintest.When(t, nil, link).Refused(domain.NotFound)
}

func TestRule35WhatIsPostedOrPaidIsCancelledInOrderAndStopsAtANamedBlocker(t *testing.T) {
	cancel := domain.CancelInvoice{Invoice: invoice, Reason: "wrong customer", By: "finance desk"}
	goOn := domain.ContinueCancellation{Invoice: invoice, Date: "2024-06-01"}
	began := domain.CancellationBegan{Invoice: invoice, Number: number, Reason: "wrong customer", By: "finance desk"}
	blocked := func(blocker, subject string) domain.CancellationBlocked {
		return domain.CancellationBlocked{Invoice: invoice, Blocker: blocker, Subject: subject}
	}
	mark := domain.MarkPosted{InvoicePosted: domain.InvoicePosted{Invoice: invoice, Number: number}}
	all := []domain.CreditLine{creditLine("A", "100.00", "5.00"), creditLine("B", "40.00", "2.00")}
	requested := domain.CreditRequested{Invoice: invoice, Of: number, Customer: customer, Series: "CM", Date: "2024-06-01", By: "finance desk",
		Credit: domain.Credit{ID: "cancellation", Reason: "wrong customer", Lines: all, Rebill: true}}
	back := domain.CashReleased{Invoice: invoice, Number: number, Customer: customer, Payment: "P1", Document: "REL-P1-" + number, Date: "2024-06-01", Amount: usd("100.00")}
	state := func(h domaintest.History) string { return domaintest.Fold[domain.Invoice](h...).Cancellation.State() }

	// What nobody holds or paid is voided
	domaintest.When(t, issued(t), cancel).Then(domaintest.When(t, issued(t), domain.VoidInvoice{Invoice: invoice, Reason: "wrong customer", By: "finance desk"}).Events()...)

	// Given one that is posted and paid in part, then first its cash goes back, then all of it is credited
	h := played(t, issued(t), mark, pay("P1", "100.00"))
	domaintest.When(t, h, cancel).Then(began)
	h = played(t, h, cancel)
	domaintest.When(t, h, cancel).Nothing()
	domaintest.When(t, h, goOn).Then(back, requested)
	require.Equal(t, "under-way", state(h))
	h = played(t, h, goOn)
	domaintest.When(t, h, goOn).Nothing()
	domaintest.When(t, h, pay("P2", "10.00")).Then(domain.PaymentApplied{Invoice: invoice, Number: number, Customer: customer, Payment: "P2", Document: "APP-P2-" + number, Date: "2024-05-10",
		Amount: usd("0.00"), Excess: usd("10.00"), Residual: usd("0.00")})
	events := domaintest.When(t, h, domain.IssueCredit{Invoice: invoice, Credit: "cancellation", Number: "CM-2024-000001"}).Events()
	require.Equal(t, []string{"CreditIssued", "CancellationDone"}, types(events))
	require.Equal(t, [2]string{"done", "credited"}, [2]string{state(h.And(events...)), string(domaintest.Fold[domain.Invoice](h.And(events...)...).Status)})

	// Given an open dispute, then it stops there, says so once, and goes on when the dispute has ended
	d := played(t, issued(t), mark, dispute("D1", creditLine("A", "1.00", "0.00")), cancel)
	domaintest.When(t, d, goOn).Then(blocked(domain.BlockedByDispute, "D1"))
	d = played(t, d, goOn)
	domaintest.When(t, d, goOn).Nothing()
	require.Equal(t, "open-dispute", state(d))
	free := domain.ClearDispute{DisputeCleared: domain.DisputeCleared{Invoice: invoice, Dispute: "D1", End: domain.EndDenied}}
	domaintest.When(t, played(t, d, free), goOn).Then(requested)

	// Given a credit that waits for its number, then it waits for that, and credits the rest
	c := played(t, issued(t), mark, credit("C1", creditLine("A", "100.00", "5.00")), cancel)
	domaintest.When(t, c, goOn).Then(blocked(domain.BlockedByCredit, "C1"))
	c = played(t, c, domain.IssueCredit{Invoice: invoice, Credit: "C1", Number: "CM-2024-000001"})
	rest := domaintest.When(t, c, goOn).Events()[0].(domain.CreditRequested)
	require.Equal(t, []domain.CreditLine{creditLine("B", "40.00", "2.00")}, rest.Lines)

	// Given a part that was written off, then it waits until somebody takes that back
	w := played(t, issued(t), mark, askWriteOff("W1", "47.00"), approveWriteOff("W1", "47.00", "finance lead"), cancel)
	domaintest.When(t, w, goOn).Then(blocked(domain.BlockedByLoss, "W1"))
	w = played(t, w, domain.ReverseWriteOff{Invoice: invoice, WriteOff: "W1", Date: "2024-10-01", Reason: "the guarantor pays", By: "finance desk"})
	domaintest.When(t, w, goOn).Then(requested)

	// Who and why is said; what is credited already, or on its way, is not cancelled
	domaintest.When(t, played(t, issued(t), mark), domain.CancelInvoice{Invoice: invoice, By: "finance desk"}).Refused(domain.Invalid)
	domaintest.When(t, played(t, issued(t), mark, credit("C1")), cancel).Refused(domain.Conflict).ByRule(36)
	domaintest.When(t, issued(t), credit("cancellation")).Refused(domain.Invalid)
	domaintest.When(t, issued(t), goOn).Nothing()
}

func TestRule36CreditsOnALineStayWithinItTaxIncluded(t *testing.T) {
	h := issued(t)
	domaintest.When(t, h, credit("C1", creditLine("A", "100.01", "0.00"))).Refused(domain.Conflict).ByRule(36)
	domaintest.When(t, h, credit("C1", creditLine("A", "1.00", "5.01"))).Refused(domain.Conflict).ByRule(36)
	domaintest.When(t, h, credit("C1", creditLine("A", "-1.00", "0.00"))).Refused(domain.Conflict).ByRule(36)
	domaintest.When(t, h, credit("C1", creditLine("A", "60.00", "0.00"), creditLine("A", "60.00", "0.00"))).Refused(domain.Invalid).ByRule(36)

	// The rest is what is left, also while the first credit has no number yet
	h = played(t, h, credit("C1", creditLine("A", "60.00", "3.00")))
	domaintest.When(t, h, credit("C2", creditLine("A", "40.01", "0.00"))).Refused(domain.Conflict).ByRule(36)
	whole := credit("C2")
	domaintest.When(t, h, whole).Then(domain.CreditRequested{Invoice: invoice, Of: number, Customer: customer, Series: "CM", Date: "2024-05-02", By: "billing desk",
		Credit: domain.Credit{ID: "C2", Reason: "billed wrongly", Lines: []domain.CreditLine{creditLine("A", "40.00", "2.00"), creditLine("B", "40.00", "2.00")}}})
	h = played(t, h, whole)
	domaintest.When(t, h, credit("C3")).Refused(domain.Conflict).ByRule(36)
	require.Equal(t, "0.00", openAmount(t, h))

	// The memo has the date it was granted on, which must be one
	domaintest.When(t, h, domain.IssueCredit{Invoice: invoice, Credit: "C1", Number: "CM-2024-000001"}).Then(domain.CreditIssued{
		Invoice: invoice, Of: number, Customer: customer, Date: "2024-05-02", Total: usd("63.00"),
		Credit: domain.Credit{ID: "C1", Number: "CM-2024-000001", Reason: "billed wrongly", Lines: []domain.CreditLine{creditLine("A", "60.00", "3.00")}}})
	undated := credit("C9")
	undated.Date = "May"
	domaintest.When(t, issued(t), undated).Refused(domain.Invalid)
}

func TestRule37ARebillCreditsAllAndItsLinesNameTheInvoiceTheyReplace(t *testing.T) {
	partly := credit("C1", creditLine("A", "100.00", "5.00"))
	partly.Rebill = true
	domaintest.When(t, issued(t), partly).Refused(domain.Invalid).ByRule(37)

	// Given a charge billed by an invoice that was credited to be billed again
	h := played(t, claimed(t), domain.ReleaseCharges{ChargesReleased: domain.ChargesReleased{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"F"}, Reason: "wrong rate"}})
	c := domaintest.Fold[domain.Shipment](h...).Charges[0]
	require.Equal(t, domain.ChargePending, c.Status)

	// When it is mended and approved anew, then it is earned anew, and its line names that invoice
	events := domaintest.When(t, played(t, h, amend("F", "90.00")), approve("F", "90.00", "desk lead")).Events()
	require.Equal(t, []string{"ChargeApproved", "RevenueAccrued", "ChargesClaimed"}, types(events))
	line := events[2].(domain.ChargesClaimed).Lines[0]
	require.Equal(t, invoice, line.Rebills)
	require.Equal(t, usd("90.00"), line.Accrued)
}

func TestRule37AnInvoiceThatIsBilledAgainNamesTheOneThatDoes(t *testing.T) {
	link := func(credit string) domain.LinkRebill {
		return domain.LinkRebill{RebillLinked: domain.RebillLinked{Invoice: invoice, Credit: credit, By: "ACME_2024-03_USD_2", Number: "INV-2024-000002"}}
	}
	again := credit("C1")
	again.Rebill = true
	h := played(t, issued(t), again, domain.IssueCredit{Invoice: invoice, Credit: "C1", Number: "CM-2024-000001"})
	domaintest.When(t, h, link("")).Then(link("CM-2024-000001").RebillLinked)
	domaintest.When(t, played(t, h, link("")), link("")).Nothing()
	require.Equal(t, []domain.InvoiceLink{{Kind: domain.LinkRebilled, Invoice: "ACME_2024-03_USD_2", Number: "INV-2024-000002"}}, domaintest.Fold[domain.Invoice](played(t, h, link(""))...).Links)
	void := played(t, issued(t), domain.VoidInvoice{Invoice: invoice, Reason: "wrong", By: "billing desk"})
	domaintest.When(t, void, link("")).Then(link("").RebillLinked)
	domaintest.When(t, nil, link("")).Refused(domain.NotFound)
}

func TestRule34ALongSeriesIsKeptInFewTables(t *testing.T) {
	var n domain.Numbering
	for i := range 1000 {
		n = n.Evolve(domain.NumberAssigned{Series: "INV-2024", N: int64(i + 1), Number: fmt.Sprint("INV-2024-", i+1), For: domain.NumberFor{Invoice: domain.InvoiceID(fmt.Sprint("I", i))}})
	}
	require.LessOrEqual(t, len(n.Given), 10)
	for _, i := range []int{0, 511, 512, 999} {
		number, given := n.Number(domain.NumberFor{Invoice: domain.InvoiceID(fmt.Sprint("I", i))})
		require.True(t, given)
		require.Equal(t, fmt.Sprint("INV-2024-", i+1), number)
	}
}
