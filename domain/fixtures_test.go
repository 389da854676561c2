package domain_test

import (
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/stretchr/testify/require"
)

// The shipment of these tests: from a dock in Chicago to one in Dallas for
// ACME, in dollars; accessorials above 50.00 need approval.
const (
	shipment domain.ShipmentID = "SH-1"
	customer domain.CustomerID = "ACME"
	invoice  domain.InvoiceID  = "ACME_2024-03_USD_1"
	number                     = "INV-2024-000001"
)

func usd(amount string) money.Money { return money.MustParse(amount, "USD") }

// at reads "2024-03-05" or "2024-03-05T14:00:00", stated without a zone.
func at(s string) domain.Moment {
	layout := domain.LocalLayout
	if len(s) == len(domain.DayLayout) {
		layout = domain.DayLayout
	}
	utc, err := time.Parse(layout, s)
	if err != nil {
		panic(err)
	}
	return domain.Moment{UTC: utc, Local: s}
}

func order() domain.OrderReleased {
	return domain.OrderReleased{
		Shipment: shipment, Customer: customer, Currency: "USD",
		Stops: []domain.Stop{
			{Seq: 1, Kind: domain.StopPickup, Place: "Chicago", Zone: "America/Chicago"},
			{Seq: 2, Kind: domain.StopDelivery, Place: "Dallas", Zone: "America/Chicago"},
		},
		Terms: domain.Terms{Agreement: "ACME-2024", Version: "3", ApprovalAbove: usd("50.00")},
	}
}

// orderWith is the order under other terms.
func orderWith(change func(*domain.OrderReleased)) domain.OrderReleased {
	o := order()
	change(&o)
	return o
}

func report(stop int, kind, when string) domain.Milestone {
	return domain.Milestone{Shipment: shipment, Stop: stop, Kind: kind, At: at(when)}
}

func record(stop int, kind, when string) domain.RecordMilestone {
	return domain.RecordMilestone{Milestone: report(stop, kind, when)}
}

func unload(when string) domain.RecordMilestone { return record(2, domain.Unloaded, when) }

func podOf(when string) domain.PODReceived {
	return domain.PODReceived{Shipment: shipment, Version: 1, Document: "receipt 881", SignedBy: "dock 4", At: at(when)}
}

func receivePOD(when string) domain.ReceivePOD { return domain.ReceivePOD{PODReceived: podOf(when)} }

func verifyPOD(outcome string) domain.VerifyPOD {
	return domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: shipment, Version: 1, Outcome: outcome, By: "billing desk"}}
}

func charge(id domain.ChargeID, kind domain.ChargeKind, amount string) domain.ChargeEntered {
	return domain.ChargeEntered{Shipment: shipment, Charge: id, Kind: kind, Amount: usd(amount), RequestedBy: "rating"}
}

func enter(id domain.ChargeID, kind domain.ChargeKind, amount string) domain.EnterCharge {
	return domain.EnterCharge{ChargeEntered: charge(id, kind, amount)}
}

func approve(id domain.ChargeID, amount, by string) domain.ApproveCharge {
	return domain.ApproveCharge{ChargeApproved: domain.ChargeApproved{Shipment: shipment, Charge: id, Amount: usd(amount), By: by, Evidence: "sha256:51ab"}}
}

func amend(id domain.ChargeID, amount string) domain.AmendCharge {
	return domain.AmendCharge{ChargeAmended: domain.ChargeAmended{Shipment: shipment, Charge: id, Amount: usd(amount), RequestedBy: "rating", Reason: "agreed by phone"}}
}

func reject(id domain.ChargeID) domain.RejectCharge {
	return domain.RejectCharge{ChargeRejected: domain.ChargeRejected{Shipment: shipment, Charge: id, By: "billing desk", Reason: "not owed"}}
}

func waive(id domain.ChargeID) domain.WaiveCharge {
	return domain.WaiveCharge{ChargeWaived: domain.ChargeWaived{Shipment: shipment, Charge: id, By: "billing desk", Reason: "goodwill"}}
}

func resolve(exception string) domain.ResolveException {
	return domain.ResolveException{ExceptionResolved: domain.ExceptionResolved{Shipment: shipment, Exception: exception, Resolution: "looked into", By: "dispatch desk"}}
}

// played is a history continued by commands, each of which must be accepted.
func played(t testing.TB, h domaintest.History, commands ...domain.Command) domaintest.History {
	t.Helper()
	for _, c := range commands {
		h = h.And(domaintest.When(t, h, c).Events()...)
	}
	return h
}

func released() domaintest.History { return domaintest.Given(order()) }

// deliveredWith is a delivered shipment with one freight charge of 100.00 and
// an unverified proof of delivery.
func deliveredWith(t testing.TB, commands ...domain.Command) domaintest.History {
	t.Helper()
	h := played(t, released(), enter("F", domain.Freight, "100.00"), unload("2024-03-05T14:00:00"), receivePOD("2024-03-05"))
	return played(t, h, commands...)
}

// claimed is the same with its charge on the month's candidate.
func claimed(t testing.TB) domaintest.History {
	t.Helper()
	return deliveredWith(t, verifyPOD(domain.PODClean))
}

func candidate() domain.Candidate {
	return domain.Candidate{Customer: customer, Period: "2024-03", Currency: "USD", Number: 1}
}

func line(id domain.ChargeID, amount, tax string) domain.BillLine {
	return domain.BillLine{Shipment: shipment, Charge: id, Kind: domain.Freight, Amount: usd(amount), Tax: usd(tax), TaxCode: domain.TaxStandard,
		Accrued: usd(amount), ServiceDate: "2024-03-05"}
}

func addLines(lines ...domain.BillLine) domain.AddLines {
	return domain.AddLines{Candidate: candidate(), Shipment: shipment, Lines: lines}
}

// issuedWith is an invoice of these lines under its number.
func issuedWith(t testing.TB, lines ...domain.BillLine) domaintest.History {
	t.Helper()
	return played(t, nil, addLines(lines...), domain.SealCandidate{Invoice: invoice, TermsDays: 30}, domain.IssueInvoice{Invoice: invoice, Number: number})
}

// issued has two lines: A of 100.00 and B of 40.00, taxed at 5%: 147.00.
func issued(t testing.TB) domaintest.History {
	t.Helper()
	return issuedWith(t, line("A", "100.00", "5.00"), line("B", "40.00", "2.00"))
}

func creditLine(id domain.ChargeID, amount, tax string) domain.CreditLine {
	return domain.CreditLine{Shipment: shipment, Charge: id, Kind: domain.Freight, Amount: usd(amount), Tax: usd(tax)}
}

func credit(id string, lines ...domain.CreditLine) domain.CreditInvoice {
	return domain.CreditInvoice{Invoice: invoice, Credit: id, Lines: lines, Date: "2024-05-02", Reason: "billed wrongly", By: "billing desk"}
}

func dispute(id domain.DisputeID, lines ...domain.CreditLine) domain.DisputeLines {
	return domain.DisputeLines{LinesDisputed: domain.LinesDisputed{Invoice: invoice, Dispute: id, Customer: customer, Reason: "not agreed", Lines: lines, DisputeTerms: disputeTerms()}}
}

func disputeTerms() domain.DisputeTerms {
	return domain.DisputeTerms{Code: domain.ReasonPricing, Opened: "2024-05-02", AnswerDue: "2024-06-15"}
}

func evidence(document string) domain.DisputeEvidence {
	return domain.DisputeEvidence{Document: document, By: "disputes desk", At: at("2024-05-03"), SHA256: "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"}
}

func pay(payment domain.PaymentID, amount string) domain.ApplyPayment {
	return domain.ApplyPayment{Invoice: invoice, Payment: payment, Date: "2024-05-10", Amount: usd(amount)}
}

func askWriteOff(id, amount string) domain.RequestWriteOff {
	c := domain.RequestWriteOff{Invoice: invoice, WriteOff: id, Date: "2024-09-30", Reason: "insolvent", By: "finance desk"}
	if amount != "" {
		c.Amount = usd(amount)
	}
	return c
}

func approveWriteOff(id, amount, by string) domain.ApproveWriteOff {
	return domain.ApproveWriteOff{Invoice: invoice, WriteOff: id, Amount: usd(amount), By: by}
}

func setRules(amount, percent string, writeOff bool) domain.SetCustomerRules {
	rules := domain.CustomerRules{Tolerance: domain.Tolerance{Percent: percent}, WriteOffSmall: writeOff}
	if amount != "" {
		rules.Tolerance.Amount = usd(amount)
	}
	return domain.SetCustomerRules{CustomerRulesSet: domain.CustomerRulesSet{Customer: customer, Rules: rules, By: "credit desk"}}
}

func eur(amount string) money.Money { return money.MustParse(amount, "EUR") }

func openAmount(t testing.TB, h domaintest.History) string {
	t.Helper()
	open, err := domaintest.Fold[domain.Invoice](h...).Open()
	require.NoError(t, err)
	return open.Format()
}

func types(events []domain.Event) []string {
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = e.EventType()
	}
	return names
}
