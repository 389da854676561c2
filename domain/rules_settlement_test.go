package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/stretchr/testify/require"
)

func TestRule38ADisputeNamesLinesAndAmountsWithinWhatIsOpen(t *testing.T) {
	h := issued(t)
	domaintest.When(t, h, dispute("D1", creditLine("A", "60.00", "3.00"))).Then(dispute("D1", creditLine("A", "60.00", "3.00")).LinesDisputed)
	domaintest.When(t, h, dispute("D1")).Refused(domain.Invalid).ByRule(38)
	domaintest.When(t, h, dispute("D1", creditLine("Z", "1.00", "0.00"))).Refused(domain.NotFound)
	for name, lines := range map[string][]domain.CreditLine{
		"more than was billed": {creditLine("A", "100.01", "0.00")},
		"more tax than billed": {creditLine("A", "1.00", "5.01")},
		"a negative amount":    {creditLine("A", "-1.00", "0.00")},
		"a line twice":         {creditLine("A", "60.00", "0.00"), creditLine("A", "60.00", "0.00")},
	} {
		t.Run(name, func(t *testing.T) {
			domaintest.When(t, h, dispute("D1", lines...)).Refused(domain.Invalid).ByRule(38)
		})
	}
	// Two open disputes cannot contest the same money: both may be upheld
	d := played(t, h, dispute("D1", creditLine("A", "60.00", "3.00")))
	domaintest.When(t, d, dispute("D2", creditLine("A", "40.01", "0.00"))).Refused(domain.Invalid).ByRule(38)
	domaintest.When(t, d, dispute("D1", creditLine("A", "60.00", "3.00"))).Nothing()
	// nor what was credited
	c := played(t, h, credit("C1", creditLine("A", "100.00", "5.00")))
	domaintest.When(t, c, dispute("D1", creditLine("A", "1.00", "0.00"))).Refused(domain.Invalid).ByRule(38)
	// nor more than is still open
	p := played(t, h, pay("P1", "100.00"))
	domaintest.When(t, p, dispute("D1", creditLine("A", "47.01", "0.00"))).Refused(domain.Conflict).ByRule(38)

	// What is upheld lies within what is contested
	opened := played(t, nil, domain.OpenDispute{DisputeOpened: domain.DisputeOpened{Dispute: "D1", Invoice: invoice, Customer: customer, Reason: "not agreed",
		Lines: []domain.CreditLine{creditLine("A", "60.00", "3.00")}}})
	uphold := func(lines ...domain.CreditLine) domain.UpholdDispute {
		return domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: "D1", Invoice: invoice, By: "billing desk", Reason: "agreed", Lines: lines}}
	}
	domaintest.When(t, opened, uphold(creditLine("A", "60.01", "0.00"))).Refused(domain.Invalid).ByRule(38)
	domaintest.When(t, opened, uphold(creditLine("A", "40.00", "0.00"), creditLine("A", "40.00", "0.00"))).Refused(domain.Invalid).ByRule(38)
	domaintest.When(t, opened, uphold(creditLine("A", "20.00", "1.00"))).Then(domain.DisputePartlyUpheld{Dispute: "D1", Invoice: invoice, By: "billing desk", Reason: "agreed",
		Lines: []domain.CreditLine{creditLine("A", "20.00", "1.00")}, Disputed: usd("63.00"), Upheld: usd("21.00")})
	domaintest.When(t, opened, uphold(creditLine("A", "0.00", "0.00"))).Refused(domain.Invalid)
	domaintest.When(t, opened, uphold()).Then(uphold(creditLine("A", "60.00", "3.00")).DisputeUpheld)
}

func TestRule38ADisputeIsOpenedWithin180DaysOrSomebodyAllowsIt(t *testing.T) {
	of := func(change func(*domain.DisputeTerms)) domain.DisputeLines {
		d := dispute("D1", creditLine("A", "60.00", "3.00"))
		change(&d.DisputeTerms)
		return d
	}
	opened := func(day string) domain.DisputeLines {
		return of(func(d *domain.DisputeTerms) { d.Opened, d.AnswerDue = day, "" })
	}
	h := issued(t) // on 2024-03-31

	// The last day is the 180th; the answer is due after 60 days
	last := domaintest.When(t, h, opened("2024-09-27")).Events()[0].(domain.LinesDisputed)
	require.Equal(t, domain.DisputeTerms{Code: domain.ReasonPricing, Opened: "2024-09-27", AnswerDue: "2024-11-26"}, last.DisputeTerms)
	late := opened("2024-09-28")
	domaintest.When(t, h, late).Refused(domain.TooLate).ByRule(38)
	late.LateAllowedBy = "finance desk"
	domaintest.When(t, h, late).Refused(domain.TooLate).ByRule(38)
	late.LateReason = "the bill went to a former address"
	require.Equal(t, "finance desk", domaintest.When(t, h, late).Events()[0].(domain.LinesDisputed).LateAllowedBy)

	// Nothing is contested before it is billed, on no day, for no known reason, or answered before it is asked
	domaintest.When(t, h, opened("2024-03-30")).Refused(domain.Invalid).ByRule(38)
	domaintest.When(t, h, opened("")).Refused(domain.Invalid)
	domaintest.When(t, h, of(func(d *domain.DisputeTerms) { d.Code = "" })).Refused(domain.Invalid).ByRule(38)
	domaintest.When(t, h, of(func(d *domain.DisputeTerms) { d.Code = "price" })).Refused(domain.Invalid).ByRule(38)
	domaintest.When(t, h, of(func(d *domain.DisputeTerms) { d.AnswerDue = "2024-05-01" })).Refused(domain.Invalid)
	domaintest.When(t, h, of(func(d *domain.DisputeTerms) { d.AnswerDue = "soon" })).Refused(domain.Invalid)
	require.Equal(t, [3]string{"pricing error", "duplicate billing", "proof of delivery not received"},
		[3]string{domain.ReasonPricing.Name(), domain.ReasonDuplicate.Name(), domain.ReasonPODMissing.Name()})
}

func TestRule38WhatIsUpheldIsCreditedAsFarAsItWasNotGivenBackBefore(t *testing.T) {
	credited := func(lines ...domain.CreditLine) domain.CreditDispute {
		return domain.CreditDispute{Invoice: invoice, Dispute: "D1", Lines: lines, Date: "2024-05-20", Reason: "agreed", By: "disputes desk"}
	}
	requested := func(lines ...domain.CreditLine) domain.CreditRequested {
		return domain.CreditRequested{Invoice: invoice, Of: number, Customer: customer, Series: "CM", Date: "2024-05-20", By: "disputes desk",
			Credit: domain.Credit{ID: "dispute-D1", Reason: "agreed", Lines: lines}}
	}
	all := []domain.CreditLine{creditLine("A", "60.00", "3.00"), creditLine("B", "20.00", "1.00")}
	h := played(t, issued(t), dispute("D1", all...))
	domaintest.When(t, h, credited(all...)).Then(requested(all...))

	// Given a manual credit of a part meanwhile, then the rest is credited; of all of it, then nothing is
	some := played(t, h, credit("C1", creditLine("A", "70.00", "5.00"), creditLine("B", "40.00", "2.00")))
	domaintest.When(t, some, credited(all...)).Then(requested(creditLine("A", "30.00", "0.00")))
	none := played(t, h, credit("C1"))
	domaintest.When(t, none, credited(all...)).Then(domain.DisputeCleared{Invoice: invoice, Dispute: "D1", End: domain.EndNothingLeft, Credited: usd("0.00")})
	void := played(t, h, domain.VoidInvoice{Invoice: invoice, Reason: "wrong", By: "billing desk"})
	domaintest.When(t, void, credited(all...)).Then(domain.DisputeCleared{Invoice: invoice, Dispute: "D1", End: domain.EndNothingLeft, Credited: usd("0.00")})

	// While its credit waits for a number the dispute is open, and its money is not counted twice
	waits := played(t, h, credited(all...))
	domaintest.When(t, waits, credited(all...)).Nothing()
	require.True(t, domaintest.Fold[domain.Invoice](waits...).Disputes[0].Open)
	require.Len(t, domaintest.When(t, waits, dispute("D2", creditLine("A", "40.00", "2.00"), creditLine("B", "20.00", "1.00"))).Events(), 1)
	issue := domain.IssueCredit{Invoice: invoice, Credit: "dispute-D1", Number: "CM-2024-000001"}
	events := domaintest.When(t, waits, issue).Events()
	require.Equal(t, []string{"CreditIssued", "DisputeCleared"}, types(events))
	require.Equal(t, domain.DisputeCleared{Invoice: invoice, Dispute: "D1", End: domain.EndCredited, Credit: "CM-2024-000001", Credited: usd("84.00")}, events[1])
	domaintest.When(t, waits.And(events...), credited(all...)).Nothing()

	// Nobody takes the id of a dispute's credit by hand
	domaintest.When(t, h, credit("dispute-D1")).Refused(domain.Invalid)
	domaintest.When(t, nil, credited(all...)).Refused(domain.NotFound)
}

func TestEvidenceOfADisputeIsKeptByItsHash(t *testing.T) {
	h := played(t, nil, domain.OpenDispute{DisputeOpened: domain.DisputeOpened{Dispute: "D1", Invoice: invoice, Customer: customer, Reason: "not agreed",
		Lines: []domain.CreditLine{creditLine("A", "60.00", "3.00")}, DisputeTerms: disputeTerms()}})
	attach := func(change func(*domain.DisputeEvidence)) domain.AttachDisputeEvidence {
		e := domain.DisputeEvidenceAttached{Dispute: "D1", DisputeEvidence: evidence("receipt 881")}
		change(&e.DisputeEvidence)
		return domain.AttachDisputeEvidence{DisputeEvidenceAttached: e}
	}
	as := func(e *domain.DisputeEvidence) {}
	domaintest.When(t, h, attach(as)).Then(attach(as).DisputeEvidenceAttached)
	with := played(t, h, attach(as))
	domaintest.When(t, with, attach(as)).Nothing()
	require.Equal(t, []domain.DisputeEvidence{evidence("receipt 881")}, domaintest.Fold[domain.Dispute](with...).Evidence)
	for name, change := range map[string]func(*domain.DisputeEvidence){
		"no document":      func(e *domain.DisputeEvidence) { e.Document = "" },
		"no hash":          func(e *domain.DisputeEvidence) { e.SHA256 = "" },
		"half a hash":      func(e *domain.DisputeEvidence) { e.SHA256 = e.SHA256[:32] },
		"no hash's digits": func(e *domain.DisputeEvidence) { e.SHA256 = "z" + e.SHA256[1:] },
		"nobody":           func(e *domain.DisputeEvidence) { e.By = "" },
		"at no time":       func(e *domain.DisputeEvidence) { e.At = domain.Moment{} },
	} {
		t.Run(name, func(t *testing.T) { domaintest.When(t, h, attach(change)).Refused(domain.Invalid) })
	}
}

func requestPosting(document string) domain.RequestPosting {
	return domain.RequestPosting{PostingRequested: domain.PostingRequested{Document: document, Kind: domain.DocumentInvoice, Subject: invoice.Stream(), Date: "2024-03-31"}}
}

func TestRule40ADocumentMovesIntoAnOpenPeriodOnlyForward(t *testing.T) {
	h := played(t, nil, requestPosting(number))
	redate := func(to string) domain.RedatePosting {
		return domain.RedatePosting{PostingRedated: domain.PostingRedated{Document: number, From: "2024-03-31", To: to, Reason: "period closed"}}
	}
	domaintest.When(t, h, redate("2024-03-30")).Refused(domain.Invalid).ByRule(40)
	domaintest.When(t, h, redate("2024-03-31")).Nothing()
	domaintest.When(t, h, redate("next month")).Refused(domain.Invalid)
	domaintest.When(t, h, redate("2024-04-01")).Then(redate("2024-04-01").PostingRedated)
	require.Equal(t, "2024-04-01", domaintest.Fold[domain.Posting](played(t, h, redate("2024-04-01"))...).Date)
}

func TestRule41EveryJournalBalances(t *testing.T) {
	for _, e := range examples() {
		if d, ok := domain.Journal(e); ok {
			require.True(t, d.Balanced(), e.EventType())
		}
	}
	unbalanced := domain.Document{Currency: "USD", Entries: []domain.Entry{{Side: domain.DebitSide, Amount: usd("1.00")}, {Side: domain.CreditSide, Amount: usd("0.99")}}}
	require.False(t, unbalanced.Balanced())
	mixed := domain.Document{Currency: "USD", Entries: []domain.Entry{{Side: domain.DebitSide, Amount: usd("1.00")}, {Side: domain.CreditSide, Amount: money.MustParse("1.00", "EUR")}}}
	require.False(t, mixed.Balanced())
}

func TestRule42ADocumentIsPostedOnce(t *testing.T) {
	h := played(t, nil, requestPosting(number))
	domaintest.When(t, h, requestPosting(number)).Nothing()
	confirm := domain.ConfirmPosting{Document: number, ERPID: "erp-77", Date: "2024-03-31"}
	h = played(t, h, confirm)
	confirm.Found = true
	domaintest.When(t, h, confirm).Nothing()
	confirm.ERPID = "erp-78"
	domaintest.When(t, h, confirm).Refused(domain.Conflict).ByRule(42)
}

func TestRule43OnlyTheERPsRecordMakesAnInvoicePosted(t *testing.T) {
	h := played(t, nil, requestPosting(number))
	domaintest.When(t, h, domain.ConfirmPosting{Document: number, Date: "2024-03-31"}).Refused(domain.Invalid).ByRule(43)
	domaintest.When(t, nil, domain.ConfirmPosting{Document: number, ERPID: "erp-77"}).Refused(domain.NotFound)

	l := newLedger(domain.Policy{})
	l.must(t, requestPosting(number))
	l.must(t, domain.RejectPosting{PostingRejected: domain.PostingRejected{Document: number, Code: "period-closed", Message: "closed"}})
	require.Equal(t, domain.PostingWasNot, l.state(domain.PostingStream(number)).(domain.Posting).Status)
	require.Empty(t, l.streams[invoice.Stream()], "a rejection changed the invoice")

	// Only a confirmed invoice document marks the invoice
	reactions := domain.Policy{}.React(domain.PostingConfirmed{Document: number, Kind: domain.DocumentInvoice, Subject: invoice.Stream(), ERPID: "erp-77"}, l.now)
	require.Equal(t, []domain.Reaction{{Command: domain.MarkPosted{InvoicePosted: domain.InvoicePosted{Invoice: invoice, Number: number}}}}, reactions)
	require.Empty(t, domain.Policy{}.React(domain.PostingConfirmed{Document: "CM-1", Kind: domain.DocumentCredit, Subject: invoice.Stream(), ERPID: "erp-78"}, l.now))
	require.Empty(t, domain.Policy{}.React(domain.PostingRejected{Document: number}, l.now))
}

func TestRule44TheReversalIsWhatWasAccruedAndTheDifferenceIsVariance(t *testing.T) {
	amended := line("A", "120.00", "0.00")
	amended.Accrued = usd("100.00")
	h := issuedWith(t, amended)
	d, ok := domain.Journal(h[len(h)-1])
	require.True(t, ok)
	require.True(t, d.Balanced())
	require.Equal(t, []domain.Entry{
		{Ref: "AR", Role: domain.Receivable, Side: domain.DebitSide, Amount: usd("120.00")},
		{Ref: "L0001-accrued", Role: domain.AccruedRevenue, Kind: domain.Freight, Side: domain.DebitSide, Amount: usd("100.00"), Memo: "SH-1 A freight"},
		{Ref: "L0001-revenue", Role: domain.Revenue, Kind: domain.Freight, Side: domain.CreditSide, Amount: usd("100.00"), Memo: "SH-1 A freight"},
		{Ref: "L0001-unbilled", Role: domain.Unbilled, Kind: domain.Freight, Side: domain.CreditSide, Amount: usd("100.00"), Memo: "SH-1 A freight"},
		{Ref: "L0001-variance", Role: domain.AccrualVariance, Kind: domain.Freight, Side: domain.CreditSide, Amount: usd("20.00"), Memo: "SH-1 A freight"},
	}, d.Entries)

	// An amendment before billing is accrued as the difference
	lower := played(t, deliveredWith(t), amend("F", "90.00"))
	require.Equal(t, domain.RevenueAccrued{Shipment: shipment, Customer: customer, Document: "ACC-SH-1-2", Date: "2024-03-05",
		Lines: []domain.AccrualLine{{Charge: "F", Kind: domain.Freight, Amount: usd("-10.00")}}}, lower[len(lower)-1])

	// What was accrued and is never invoiced leaves the books with the charge
	reversal := func(n string) domain.RevenueAccrued {
		return domain.RevenueAccrued{Shipment: shipment, Customer: customer, Document: "ACC-SH-1-" + n, Date: "2024-03-05",
			Lines: []domain.AccrualLine{{Charge: "F", Kind: domain.Freight, Amount: usd("-100.00")}}}
	}
	domaintest.When(t, deliveredWith(t), waive("F")).Then(waive("F").ChargeWaived, reversal("2"))
	domaintest.When(t, deliveredWith(t), reject("F")).Then(reject("F").ChargeRejected, reversal("2"))

	// also after a void, which puts the accrual back; not after a rebill, which does not
	release := domain.ReleaseCharges{ChargesReleased: domain.ChargesReleased{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"F"}, Reason: "taken back", AccrualRestored: true}}
	domaintest.When(t, played(t, claimed(t), release), waive("F")).Then(waive("F").ChargeWaived, reversal("2"))
	release.AccrualRestored = false
	domaintest.When(t, played(t, claimed(t), release), waive("F")).Then(waive("F").ChargeWaived)
}

func remittance(amount string, items ...domain.RemittanceItem) domain.AnnounceRemittance {
	return domain.AnnounceRemittance{RemittanceAnnounced: domain.RemittanceAnnounced{Payment: "P1", Payer: "ACME", Amount: usd(amount), Items: items}}
}

func TestRule45ItemsThatDoNotSumToThePaymentHoldTheRemittance(t *testing.T) {
	good := remittance("30.00", domain.RemittanceItem{Document: "A", Paid: usd("10.00")}, domain.RemittanceItem{Document: "B", Paid: usd("20.00")})
	domaintest.When(t, nil, good).Then(good.RemittanceAnnounced)
	bad := remittance("30.01", domain.RemittanceItem{Document: "A", Paid: usd("10.00")}, domain.RemittanceItem{Document: "B", Paid: usd("20.00")})
	domaintest.When(t, nil, bad).Then(bad.RemittanceAnnounced,
		domain.RemittanceHeld{Payment: "P1", Rule: 45, Detail: "the items sum to 30.00 USD, the payment is 30.01 USD"})
	require.NotEmpty(t, domaintest.Fold[domain.Payment](played(t, nil, bad)...).Held)
	mixed := remittance("30.00", domain.RemittanceItem{Document: "A", Paid: money.MustParse("30.00", "EUR")})
	domaintest.When(t, nil, mixed).Refused(domain.Invalid).ByRule(29)
}

func TestRule46AnItemThatDoesNotFootHoldsTheRemittance(t *testing.T) {
	item := domain.RemittanceItem{Document: "A", Gross: usd("4650.41"), Discount: usd("97.90"), Paid: usd("4408.75"), Place: "RMR 1",
		Adjustments: []domain.Adjustment{{Amount: usd("-143.76"), Reason: "59"}}}
	domaintest.When(t, nil, remittance("4408.75", item)).Then(remittance("4408.75", item).RemittanceAnnounced)
	item.Discount = usd("97.91")
	domaintest.When(t, nil, remittance("4408.75", item)).Then(remittance("4408.75", item).RemittanceAnnounced,
		domain.RemittanceHeld{Payment: "P1", Rule: 46, Detail: "RMR 1: invoice A: gross less discount plus adjustments is 4408.74 USD, paid is 4408.75 USD"})
}

func receipt(amount string) domain.ReceivePayment {
	return domain.ReceivePayment{PaymentReceived: domain.PaymentReceived{Payment: "P1", Customer: customer, Document: "RC-1", Amount: usd(amount), Date: "2024-05-10", Source: "sandbox"}}
}

func allocate(allocations ...domain.Allocation) domain.AllocatePayment {
	return domain.AllocatePayment{PaymentAllocated: domain.PaymentAllocated{Payment: "P1", Date: "2024-05-10", Allocations: allocations}}
}

func TestRule47AppliedStaysWithinPaymentAndOpenAndTheRestStaysUnapplied(t *testing.T) {
	h := played(t, nil, receipt("100.00"))
	domaintest.When(t, h, allocate(domain.Allocation{Invoice: invoice, Amount: usd("100.01")})).Refused(domain.Conflict).ByRule(47)
	domaintest.When(t, h, allocate(domain.Allocation{Invoice: invoice, Amount: usd("-1.00")})).Refused(domain.Invalid).ByRule(47)
	// An invoice named twice is applied once, with the sum
	domaintest.When(t, h, allocate(domain.Allocation{Invoice: invoice, Amount: usd("60.00")}, domain.Allocation{Invoice: invoice, Amount: usd("30.00"), Reason: "short"})).
		Then(allocate(domain.Allocation{Invoice: invoice, Amount: usd("90.00"), Reason: "short"}).PaymentAllocated)
	domaintest.When(t, h, allocate(domain.Allocation{Invoice: invoice, Amount: usd("60.00")}, domain.Allocation{Invoice: invoice, Amount: usd("40.01")})).Refused(domain.Conflict).ByRule(47)

	// The invoice takes what is open; the rest goes back to the payment
	applied := domain.PaymentApplied{Invoice: invoice, Number: number, Customer: customer, Payment: "P1", Document: "APP-P1-" + number, Date: "2024-05-10",
		Amount: usd("147.00"), Excess: usd("3.00"), Residual: usd("0.00")}
	domaintest.When(t, issued(t), pay("P1", "150.00")).Then(applied)
	applied.Amount, applied.Excess, applied.Residual = usd("140.00"), usd("0.00"), usd("7.00")
	domaintest.When(t, issued(t), pay("P1", "140.00")).Then(applied)
	domaintest.When(t, issued(t), pay("P1", "0.00")).Refused(domain.Invalid).ByRule(47)
	euro := pay("P1", "1.00")
	euro.Amount = money.MustParse("1.00", "EUR")
	domaintest.When(t, issued(t), euro).Refused(domain.Invalid).ByRule(47)

	h = played(t, h, allocate(domain.Allocation{Invoice: invoice, Amount: usd("90.00")}))
	reduce := func(by string) domain.ReduceAllocation {
		return domain.ReduceAllocation{AllocationReduced: domain.AllocationReduced{Payment: "P1", Invoice: invoice, By: usd(by)}}
	}
	domaintest.When(t, h, reduce("90.01")).Refused(domain.Conflict)
	domaintest.When(t, h, reduce("-5.00")).Refused(domain.Conflict)
	left, err := domaintest.Fold[domain.Payment](played(t, h, reduce("3.00"))...).Unallocated()
	require.NoError(t, err)
	require.Equal(t, usd("13.00"), left)
}

func TestRule47CashThatComesForAnInvoiceThatIsVoidByThenStaysUnapplied(t *testing.T) {
	// Given an invoice that was voided after cash was meant for it, and before it came
	voided := played(t, issued(t), domain.VoidInvoice{Invoice: invoice, Date: "2024-04-02", Reason: "wrong customer", By: "billing desk"})

	// When it comes, then all of it is in excess, and nothing is booked
	events := domaintest.When(t, voided, pay("P1", "147.00")).Events()
	require.Equal(t, []string{"PaymentApplied"}, types(events))
	applied := events[0].(domain.PaymentApplied)
	require.Equal(t, []money.Money{usd("0.00"), usd("147.00"), usd("0.00")}, []money.Money{applied.Amount, applied.Excess, applied.Residual})
	_, booked := domain.Journal(applied)
	require.False(t, booked)
	reactions := domain.Policy{}.React(applied, at("2024-05-10").UTC)
	require.Equal(t, []domain.Reaction{{Command: domain.ReduceAllocation{AllocationReduced: domain.AllocationReduced{Payment: "P1", Invoice: invoice, By: usd("147.00")}}}}, reactions)
	// once, and the invoice stays void
	h := voided.And(events...)
	domaintest.When(t, h, pay("P1", "147.00")).Nothing()
	require.Equal(t, domain.InvoiceIsVoid, domaintest.Fold[domain.Invoice](h...).Status)
}

func TestRule47CashBeyondWhatACreditLeavesGoesBackToItsPayment(t *testing.T) {
	issueCredit := domain.IssueCredit{Invoice: invoice, Credit: "C1", Number: "CM-2024-000001"}
	back := func(payment domain.PaymentID, amount string) domain.CashReleased {
		return domain.CashReleased{Invoice: invoice, Number: number, Customer: customer, Payment: payment, Document: "REL-" + string(payment) + "-CM-2024-000001", Date: "2024-05-02", Amount: usd(amount), Credit: "CM-2024-000001"}
	}
	status := func(h domaintest.History) domain.InvoiceStatus { return domaintest.Fold[domain.Invoice](h...).Status }

	// Given an invoice of 147.00 that was paid by two payments
	paid := played(t, issued(t), pay("P1", "100.00"), pay("P2", "47.00"))
	require.Equal(t, domain.InvoiceIsPaid, status(paid))

	// When all of it is credited, then all of the cash goes back, and nothing is open
	all := played(t, paid, credit("C1"))
	require.Equal(t, domain.InvoiceIsPaid, status(all), "until the credit memo has its number")
	events := domaintest.When(t, all, issueCredit).Events()
	require.Equal(t, []domain.Event{back("P2", "47.00"), back("P1", "100.00")}, events[1:])
	all = all.And(events...)
	require.Equal(t, [2]string{"credited", "0.00"}, [2]string{string(status(all)), openAmount(t, all)})
	domaintest.When(t, all, pay("P1", "100.00")).Nothing()
	returned := domain.UnapplyPayment{Invoice: invoice, Payment: "P1", Date: "2024-05-20"}
	require.Equal(t, usd("0.00"), domaintest.When(t, all, returned).Events()[0].(domain.PaymentUnapplied).Amount)

	// When a part is credited, then the cash that came last goes back, as much as is over
	part := played(t, paid, credit("C1", creditLine("A", "50.00", "2.50")), issueCredit)
	require.Equal(t, []domain.Event{back("P2", "47.00"), back("P1", "5.50")}, []domain.Event(part[len(part)-2:]))
	require.Equal(t, [2]string{"paid", "0.00"}, [2]string{string(status(part)), openAmount(t, part)})

	// When less is paid than the credit leaves, then none goes back
	short := played(t, issued(t), pay("P1", "97.00"), credit("C1", creditLine("A", "47.50", "2.50")))
	require.Len(t, domaintest.When(t, short, issueCredit).Events(), 1)
}
