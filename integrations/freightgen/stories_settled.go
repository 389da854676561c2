package freightgen

import (
	"github.com/freightledger/freightledger/domain"
)

// Stories of what becomes of an invoice that was issued.

// disputes: four charges of 250.00. One is credited whole, one by 100.00, two
// are owed: 650.00 is paid.
func disputes(t teller) Story {
	t.name = "dispute"
	v := t.invoice(february, 1)
	charges := make([]domain.Command, 4)
	for i, id := range []domain.ChargeID{"F1", "F2", "F3", "F4"} {
		charges[i] = t.enter(1, id, domain.Freight, "", "250.00")
	}
	evidence := domain.DisputeEvidence{Document: "rate confirmation", SHA256: "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069", By: billing, At: t.at("2026-03-11", "10:00")}
	return t.story("four disputes: upheld, upheld in part, denied after it was escalated, withdrawn", paidUp("1000.00", "350.00", "650.00"),
		Step{Note: "billed", Commands: commands(t.moved(1, delivery, charges...)...)},
		Step{Note: "contested", Commands: commands(
			t.contest(v, "D1", "billed twice", domain.ReasonDuplicate, t.line(1, "F1", "250.00")),
			t.contest(v, "D2", "the rate is 150.00", domain.ReasonPricing, t.line(1, "F2", "150.00")),
			t.contest(v, "D3", "no receipt", domain.ReasonPODMissing, t.line(1, "F3", "250.00")),
			t.contest(v, "D4", "ours after all?", domain.ReasonOther, t.line(1, "F4", "50.00")))},
		Step{Note: "looked into", Commands: commands(
			domain.AcknowledgeDispute{DisputeAcknowledged: domain.DisputeAcknowledged{Dispute: t.dispute("D1"), By: billing}},
			domain.AttachDisputeEvidence{DisputeEvidenceAttached: domain.DisputeEvidenceAttached{Dispute: t.dispute("D2"), DisputeEvidence: evidence}},
			domain.EscalateDispute{DisputeEscalated: domain.DisputeEscalated{Dispute: t.dispute("D3"), By: billing, To: finance, Reason: "the customer insists"}})},
		Step{Note: "decided", Commands: commands(
			domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: t.dispute("D1"), Invoice: v, By: billing, Reason: "it was"}},
			domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: t.dispute("D2"), Invoice: v, By: billing, Reason: "150.00 by the confirmation",
				Lines: []domain.CreditLine{t.line(1, "F2", "100.00")}}},
			domain.DenyDispute{DisputeDenied: domain.DisputeDenied{Dispute: t.dispute("D3"), Invoice: v, By: finance, Reason: "signed at 14:05"}},
			domain.WithdrawDispute{DisputeWithdrawn: domain.DisputeWithdrawn{Dispute: t.dispute("D4"), Invoice: v, By: "customer"}})},
		Step{Note: "paid", Receipts: []Receipt{{"1", v, "650.00", inMarch}}})
}

// credited: 100.00 of 1,000.00 is given back after it was paid.
func credited(t teller) Story {
	t.name = "credit"
	v := t.invoice(february, 1)
	return t.story("a credit memo on a paid invoice, and its cash given back by two people", paidUp("1000.00", "100.00", "900.00"),
		Step{Note: "billed", Commands: commands(t.moved(1, delivery, t.freight(1, "1000.00"))...)},
		Step{Note: "paid", Receipts: []Receipt{{"1", v, "1000.00", inMarch}}},
		Step{Note: "credited", Commands: commands(domain.CreditInvoice{Invoice: v, Credit: "damage", Lines: []domain.CreditLine{t.line(1, "F", "100.00")},
			Date: "2026-03-31", Reason: "a pallet was damaged", By: billing})},
		Step{Note: "refunded", Commands: func(k Known) []domain.Command {
			return []domain.Command{domain.RefundPayment{Payment: k.Payment("1"), Refund: "R1", Date: laterDate, Reason: "credit memo", RequestedBy: finance, ApprovedBy: lead}}
		}})
}

// rebilled: 1,000.00 becomes 900.00 on another invoice.
func rebilled(t teller) Story {
	t.name = "rebill"
	v := t.invoice(february, 1)
	return t.story("credit and rebill: the wrong invoice is taken back whole and billed anew, linked both ways", paidUp("1900.00", "1000.00", "900.00"),
		Step{Note: "billed", Commands: commands(t.moved(1, delivery, t.freight(1, "1000.00"))...)},
		Step{Note: "taken back", Commands: commands(domain.CreditInvoice{Invoice: v, Credit: "rebill", Rebill: true, Reason: "the wrong lane", By: billing, Date: "2026-03-05"})},
		Step{Note: "the right amount", Commands: commands(
			domain.AmendCharge{ChargeAmended: domain.ChargeAmended{Shipment: t.shipment(1), Charge: "F", Amount: dollars("900.00"), RequestedBy: rater, Reason: "lane Chicago to Dallas"}},
			t.approve(1, "F", "900.00"))},
		Step{Note: "paid", Receipts: []Receipt{{"1", t.invoice(february, 2), "900.00", inMarch}}})
}

// lateCharge: unloading of 45.00 comes when the freight has been billed.
func lateCharge(t teller) Story {
	t.name = "late"
	v := t.invoice(february, 1)
	return t.story("a charge that comes after the invoice goes on a debit memo to it", paidUp("1045.00", "0.00", "1045.00"),
		Step{Note: "billed", Commands: commands(t.moved(1, delivery, t.freight(1, "1000.00"))...)},
		Step{Note: "unloading was forgotten", Commands: commands(t.enter(1, "UNL", domain.Accessorial, "UNL", "45.00"))},
		Step{Note: "both are paid", Receipts: []Receipt{{"1", v, "1000.00", inMarch},
			{"2", domain.Candidate{Raises: domain.Raised{Invoice: v}, Number: 1}.ID(), "45.00", inMarch}}})
}

// voided: 600.00 is billed to the wrong reference, and again.
func voided(t teller) Story {
	t.name = "void"
	v := t.invoice(february, 1)
	return t.story("an invoice is taken back before the ERP has it, and its number stays used", paidUp("600.00", "0.00", "600.00"),
		Step{Note: "billed, and not posted yet", Commands: commands(t.moved(1, delivery, t.freight(1, "600.00"))...)},
		Step{Note: "voided", Commands: commands(domain.VoidInvoice{Invoice: v, Reason: "addressed wrongly", By: billing})},
		Step{Note: "approved anew", Commands: commands(t.approve(1, "F", "600.00"))},
		Step{Note: "paid", Receipts: []Receipt{{"1", t.invoice(february, 2), "600.00", inMarch}}})
}

// cancelled: 1,000.00 is paid, cancelled, billed anew, and paid by the same cash.
func cancelled(t teller) Story {
	t.name = "cancel"
	v, w := t.invoice(february, 1), t.invoice(february, 2)
	return t.story("a paid and disputed invoice is cancelled: it waits for the dispute, then its cash and charges come free", paidUp("2000.00", "1000.00", "1000.00"),
		Step{Note: "billed", Commands: commands(t.moved(1, delivery, t.freight(1, "1000.00"))...)},
		Step{Note: "paid, and contested", Receipts: []Receipt{{"1", v, "1000.00", inMarch}},
			Commands: commands(t.contest(v, "D1", "the wrong company", domain.ReasonOther, t.line(1, "F", "100.00")))},
		Step{Note: "cancelled: the dispute is in the way", Commands: commands(domain.CancelInvoice{Invoice: v, Reason: "the wrong company", By: finance})},
		Step{Note: "the dispute is withdrawn", Commands: commands(domain.WithdrawDispute{DisputeWithdrawn: domain.DisputeWithdrawn{Dispute: t.dispute("D1"), Invoice: v, By: "customer"}})},
		Step{Note: "approved anew", Commands: commands(t.approve(1, "F", "1000.00"))},
		Step{Note: "paid by the cash that came free", Commands: func(k Known) []domain.Command {
			return []domain.Command{domain.AllocatePayment{PaymentAllocated: domain.PaymentAllocated{Payment: k.Payment("1"), Date: laterDate,
				Allocations: []domain.Allocation{{Invoice: w, Amount: dollars("1000.00")}}}}}
		}})
}

// shortPaid: of 1,000.00 comes 997.00, and 3.00 is within the tolerance; of
// 800.00 comes 700.00, the rest is contested, denied and paid.
func shortPaid(t teller) Story {
	t.name = "short"
	v, w := t.invoice(february, 1), t.invoice("2026-03", 1)
	rules := domain.CustomerRules{Tolerance: domain.Tolerance{Amount: dollars("5.00")}, WriteOffSmall: true}
	ends := paidUp("1800.00", "0.00", "1797.00")
	ends.WrittenOff = "3.00"
	return t.story("two short pays: a small one is given up by rule, the other contested on its line with the payer's reason", ends,
		Step{Note: "billed", Commands: commands(append(append(t.moved(1, delivery, t.freight(1, "1000.00")), t.moved(2, "2026-03-10", t.freight(2, "800.00"))...),
			domain.SetCustomerRules{CustomerRulesSet: domain.CustomerRulesSet{Customer: t.customer(), Rules: rules, By: "credit-desk"}})...)},
		Step{Note: "997.00 and 700.00 come", Receipts: []Receipt{{"1", v, "997.00", inMarch}, {"2", "", "700.00", laterDate}}},
		Step{Note: "the advice names the deduction", Commands: func(k Known) []domain.Command {
			return []domain.Command{domain.AllocatePayment{PaymentAllocated: domain.PaymentAllocated{Payment: k.Payment("2"), Date: laterDate,
				Allocations: []domain.Allocation{{Invoice: w, Amount: dollars("700.00"), Reason: string(domain.ReasonPricing),
					Deductions: []domain.Deduction{{Line: string(t.shipment(2)), Reason: string(domain.ReasonPricing), Amount: dollars("100.00")}}}}}}}
		}},
		Step{Note: "denied", Commands: func(k Known) []domain.Command {
			return []domain.Command{domain.DenyDispute{DisputeDenied: domain.DisputeDenied{Dispute: domain.DisputeID(k.Number(w) + "-S1"), Invoice: w, By: billing, Reason: "the rate is as agreed"}}}
		}},
		Step{Note: "paid", Receipts: []Receipt{{"3", w, "100.00", "2026-05-20"}}})
}

// writtenOff: 1,000.00 is written off, and 400.00 of it comes after all.
func writtenOff(t teller) Story {
	t.name = "loss"
	v := t.invoice(february, 1)
	ask := func(id string) domain.Command {
		return domain.RequestWriteOff{Invoice: v, WriteOff: id, Date: "2026-06-30", Reason: "insolvent", By: finance}
	}
	return t.story("a write-off that is declined, asked for again and approved by another; cash that comes after all takes it back", Ends{"1000.00", "0.00", "400.00", "600.00", "0.00", "0.00"},
		Step{Note: "billed", Commands: commands(t.moved(1, delivery, t.freight(1, "1000.00"))...)},
		Step{Note: "asked for and declined", Commands: commands(ask("W1"),
			domain.DeclineWriteOff{WriteOffDeclined: domain.WriteOffDeclined{Invoice: v, WriteOff: "W1", Reason: "wait for the administrator", By: lead}})},
		Step{Note: "asked for again and approved", Commands: commands(ask("W2"),
			domain.ApproveWriteOff{Invoice: v, WriteOff: "W2", Amount: dollars("1000.00"), By: lead})},
		Step{Note: "a dividend comes", Receipts: []Receipt{{"1", v, "400.00", "2026-07-15"}}})
}

// bounced: a payment comes back, and comes again.
func bounced(t teller) Story {
	t.name = "bounced"
	v := t.invoice(february, 1)
	return t.story("a payment that the bank takes back", paidUp("700.00", "0.00", "700.00"),
		Step{Note: "billed", Commands: commands(t.moved(1, delivery, t.freight(1, "700.00"))...)},
		Step{Note: "paid", Receipts: []Receipt{{"1", v, "700.00", inMarch}}},
		Step{Note: "taken back", Returned: []Returned{{"1", "2026-03-24", "account closed"}}},
		Step{Note: "paid again", Receipts: []Receipt{{"2", v, "700.00", laterDate}}})
}

// oldestFirst: 700.00 without a word pays 500.00 of February and 200.00 of March.
func oldestFirst(t teller) Story {
	t.name = "oldest"
	return t.story("cash that names nothing pays the oldest items first, by the customer's rules", Ends{"1000.00", "0.00", "700.00", "0.00", "300.00", "0.00"},
		Step{Note: "billed", Commands: commands(append(append(t.moved(1, delivery, t.freight(1, "500.00")), t.moved(2, "2026-03-10", t.freight(2, "500.00"))...),
			domain.SetCustomerRules{CustomerRulesSet: domain.CustomerRulesSet{Customer: t.customer(), Rules: domain.CustomerRules{OldestFirst: true}, By: "credit-desk"}})...)},
		Step{Note: "700.00 comes", Receipts: []Receipt{{"1", "", "700.00", laterDate}}})
}
