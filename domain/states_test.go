package domain_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

// standing is a state, by the history that leads to it.
type standing struct {
	name string
	h    domaintest.History
}

// wording is a command, by what the desk would call it.
type wording struct {
	name string
	c    domain.Command
}

// Each machine has one readable table in testdata/states: what every command
// leads to in every state.
func machine(t *testing.T, name string, states []standing, commands []wording) {
	t.Helper()
	width := 0
	for _, c := range commands {
		width = max(width, len(c.name))
	}
	var table strings.Builder
	for _, s := range states {
		fmt.Fprintf(&table, "%s\n", s.name)
		for _, c := range commands {
			fmt.Fprintf(&table, "  %-*s  %s\n", width, c.name, said(s.h, c.c))
		}
	}
	path := filepath.Join("testdata", "states", name+".txt")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(table.String()), 0o644))
	}
	golden, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(golden), table.String())
}

func said(h domaintest.History, c domain.Command) string {
	aggregate, err := domain.AggregateOf(c.Stream())
	if err != nil {
		return err.Error()
	}
	state := aggregate.Zero()
	for _, e := range h {
		state = aggregate.Evolve(state, e)
	}
	events, err := domain.DecideKnowing(aggregate, state, c, nothingElse)
	if err != nil {
		refusal, ok := err.(*domain.Refusal)
		switch {
		case !ok:
			return "broken: " + err.Error()
		case refusal.Rule != 0:
			return fmt.Sprintf("refused: %s, rule %d", refusal.Code, refusal.Rule)
		}
		return "refused: " + string(refusal.Code)
	}
	if len(events) == 0 {
		return "nothing"
	}
	return strings.Join(types(events), ", ")
}

// nothingElse tells a decision that other streams have no history.
func nothingElse(s domain.Stream) (any, error) {
	aggregate, err := domain.AggregateOf(s)
	if err != nil {
		return nil, err
	}
	return aggregate.Zero(), nil
}

func TestStatesOfATender(t *testing.T) {
	tender := func(carrier string) domain.Command {
		return domain.TenderOrder{OrderTendered: domain.OrderTendered{Shipment: shipment, Carrier: carrier, At: at("2024-03-01")}}
	}
	accept := func(carrier string) domain.Command {
		return domain.AcceptTender{TenderAccepted: domain.TenderAccepted{Shipment: shipment, Carrier: carrier, At: at("2024-03-01")}}
	}
	decline := domain.DeclineTender{TenderDeclined: domain.TenderDeclined{Shipment: shipment, Carrier: "XPOL", At: at("2024-03-01")}}
	expire := domain.ExpireTender{TenderExpired: domain.TenderExpired{Shipment: shipment, Carrier: "XPOL", At: at("2024-03-01")}}
	dispatch := domain.Dispatch{ShipmentDispatched: domain.ShipmentDispatched{Shipment: shipment, Load: "LD-1", At: at("2024-03-02")}}
	cancel := domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: shipment, Reason: "withdrawn", At: at("2024-03-02")}}
	open := played(t, released(), tender("XPOL"))
	machine(t, "tender", []standing{
		{"unknown", nil}, {"released", released()}, {"tendered", open}, {"accepted", played(t, open, accept("XPOL"))},
		{"declined", played(t, open, decline)}, {"expired", played(t, open, expire)}, {"dispatched", played(t, open, accept("XPOL"), dispatch)},
		{"picked up", played(t, open, accept("XPOL"), dispatch, record(1, domain.Loaded, "2024-03-04"))},
		{"cancelled", played(t, released(), cancel)},
	}, []wording{{"tender", tender("XPOL")}, {"tender to another", tender("ODFL")}, {"accept", accept("XPOL")}, {"accept by another", accept("ODFL")},
		{"decline", decline}, {"expire", expire}, {"dispatch", dispatch}, {"cancel", cancel}})
}

func TestStatesOfAPOD(t *testing.T) {
	received := played(t, released(), unload("2024-03-05"), receivePOD("2024-03-05"))
	unreadable := domain.RejectPOD{PODUnreadable: domain.PODUnreadable{Shipment: shipment, Version: 1, By: "billing desk"}}
	another := podOf("2024-03-06")
	another.Document = "receipt 882"
	correct := domain.CorrectPOD{PODCorrected: domain.PODCorrected{PODReceived: another, Reason: "better scan"}}
	machine(t, "pod", []standing{
		{"unknown", nil}, {"missing", played(t, released(), unload("2024-03-05"))}, {"received", received}, {"verified clean", played(t, received, verifyPOD(domain.PODClean))},
		{"verified with exceptions", played(t, received, verifyPOD(domain.PODWithExceptions))}, {"unreadable", played(t, received, unreadable)}, {"corrected", played(t, received, correct)},
	}, []wording{{"receive", receivePOD("2024-03-05")}, {"receive another", domain.ReceivePOD{PODReceived: another}}, {"verify clean", verifyPOD(domain.PODClean)},
		{"verify with exceptions", verifyPOD(domain.PODWithExceptions)}, {"reject", unreadable}, {"correct", correct}})
}

func TestStatesOfACharge(t *testing.T) {
	h := released()
	pending := played(t, h, enter("D", domain.Accessorial, "80.00"))
	hold := domain.HoldCharge{ChargeHeld: domain.ChargeHeld{Shipment: shipment, Charge: "D", Kind: domain.Accessorial, Reason: "no figure"}}
	link := domain.LinkCharge{ChargeLinked: domain.ChargeLinked{Shipment: shipment, Charge: "D", Kind: domain.Accessorial, BilledBy: domain.ChargeRef{Shipment: "SH-2", Charge: "D"}}}
	unbillable := domain.DeclareNotBillable{ChargeNotBillable: domain.ChargeNotBillable{Shipment: shipment, Charge: "D", Kind: domain.Accessorial, Reason: "included"}}
	release := domain.ReleaseCharges{ChargesReleased: domain.ChargesReleased{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"D"}, Reason: "voided", AccrualRestored: true}}
	lost := domain.WriteOffCharges{ChargesWrittenOff: domain.ChargesWrittenOff{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"D"}}}
	found := domain.ReinstateCharges{ChargesReinstated: domain.ChargesReinstated{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"D"}}}
	ready := played(t, pending, approve("D", "80.00", "desk lead"))
	billed := played(t, ready, unload("2024-03-05"), receivePOD("2024-03-05"), verifyPOD(domain.PODClean))
	machine(t, "charge", []standing{
		{"missing", h}, {"pending", pending}, {"ready", ready}, {"claimed", billed}, {"written off", played(t, billed, lost)}, {"released", played(t, billed, release)}, {"rejected", played(t, pending, reject("D"))},
		{"waived", played(t, pending, waive("D"))}, {"held", played(t, h, hold)}, {"linked", played(t, h, link)}, {"not billable", played(t, h, unbillable)},
	}, []wording{{"enter", enter("D", domain.Accessorial, "80.00")}, {"enter otherwise", enter("D", domain.Accessorial, "81.00")}, {"amend", amend("D", "70.00")},
		{"approve", approve("D", "80.00", "desk lead")}, {"reject", reject("D")}, {"waive", waive("D")}, {"hold", hold}, {"link", link}, {"not billable", unbillable},
		{"move claim", domain.MoveClaim{Shipment: shipment, From: invoice, To: candidate().Next(), Charges: []domain.ChargeID{"D"}}}, {"release", release},
		{"return", domain.ReturnCharges{ChargesReturned: domain.ChargesReturned{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"D"}, Reason: "exception X1"}}}, {"write off", lost}, {"reinstate", found}})
}

func TestStatesOfAnInvoice(t *testing.T) {
	add := addLines(line("A", "100.00", "5.00"), line("B", "40.00", "2.00"))
	seal := domain.SealCandidate{Invoice: invoice, TermsDays: 30}
	hold := domain.HoldInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: invoice, Reason: domain.HoldByHand, By: "billing desk"}}
	unknown := domain.BlockInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: invoice, Reason: domain.HoldCustomerUnknown}}
	free := domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: invoice, Reason: domain.HoldByHand, By: "finance desk"}}
	issue := domain.IssueInvoice{Invoice: invoice, Number: number}
	posted := domain.MarkPosted{InvoicePosted: domain.InvoicePosted{Invoice: invoice, Number: number}}
	void := domain.VoidInvoice{Invoice: invoice, Date: "2024-04-02", Reason: "wrong", By: "billing desk"}
	cancel := domain.CancelInvoice{Invoice: invoice, Date: "2024-04-02", Reason: "wrong", By: "billing desk"}
	goOn := domain.ContinueCancellation{Invoice: invoice, Date: "2024-05-20"}
	open := played(t, nil, add)
	out := played(t, open, seal, issue)
	issueCredit := domain.IssueCredit{Invoice: invoice, Credit: "C1", Number: "CM-2024-000001"}
	machine(t, "invoice", []standing{
		{"unknown", nil}, {"candidate", open}, {"held by hand", played(t, open, hold)}, {"held by master data", played(t, open, unknown)},
		{"held by both", played(t, open, hold, unknown)},
		{"empty", played(t, open, domain.WithdrawLines{Invoice: invoice, Shipment: shipment, Charges: []domain.ChargeID{"A", "B"}, Reason: "exception X1"})}, {"sealed", played(t, open, seal)}, {"issued", out},
		{"posted", played(t, out, posted)}, {"void", played(t, out, void)}, {"short paid", played(t, out, pay("P1", "100.00"))}, {"paid", played(t, out, pay("P1", "147.00"))},
		{"write-off requested", played(t, out, askWriteOff("W1", ""))}, {"written off", played(t, out, askWriteOff("W1", ""), approveWriteOff("W1", "147.00", "finance lead"))},
		{"paid after it was written off", played(t, out, askWriteOff("W1", ""), approveWriteOff("W1", "147.00", "finance lead"), pay("P1", "147.00"))},
		{"credit requested", played(t, out, credit("C1"))}, {"credited", played(t, out, credit("C1"), issueCredit)}, {"disputed", played(t, out, dispute("D1", creditLine("A", "60.00", "3.00")))},
		{"cancelling", played(t, out, pay("P1", "100.00"), cancel)}, {"cancelling, disputed", played(t, out, pay("P1", "10.00"), dispute("D1", creditLine("A", "60.00", "3.00")), cancel, goOn)},
	}, []wording{{"add the same lines", add}, {"add a line", addLines(line("C", "1.00", "0.00"))}, {"withdraw a line", domain.WithdrawLines{Invoice: invoice, Shipment: shipment, Charges: []domain.ChargeID{"B"}, Reason: "exception X1"}},
		{"withdraw all lines", domain.WithdrawLines{Invoice: invoice, Shipment: shipment, Charges: []domain.ChargeID{"A", "B"}, Reason: "exception X1"}},
		{"move a line to a part", domain.MoveLines{Invoice: invoice, Part: "dock-7", Lines: []domain.ChargeRef{{Shipment: shipment, Charge: "B"}}, By: "billing desk", Reason: "billed to dock 7"}},
		{"hold", hold}, {"release hold", free}, {"seal", seal}, {"issue", issue}, {"mark posted", posted},
		{"void", void}, {"cancel", cancel}, {"continue the cancellation", goOn}, {"credit a part", credit("C2", creditLine("B", "1.00", "0.00"))}, {"credit all", credit("C2")}, {"issue credit", issueCredit},
		{"pay", pay("P2", "50.00")}, {"unapply", domain.UnapplyPayment{Invoice: invoice, Payment: "P1", Date: "2024-05-20"}},
		{"dispute", dispute("D2", creditLine("B", "1.00", "0.00"))}, {"clear dispute", domain.ClearDispute{DisputeCleared: domain.DisputeCleared{Invoice: invoice, Dispute: "D1", End: domain.EndDenied}}},
		{"credit the dispute", domain.CreditDispute{Invoice: invoice, Dispute: "D1", Lines: []domain.CreditLine{creditLine("A", "60.00", "3.00")}, Date: "2024-05-20", Reason: "agreed", By: "disputes desk"}},
		{"rebill", domain.CreditInvoice{Invoice: invoice, Credit: "C3", Rebill: true, Date: "2024-05-02", Reason: "wrong rate", By: "billing desk"}},
		{"dispute the short pay", domain.DisputeShortPay{Invoice: invoice, Case: number + "-S1"}},
		{"request write-off", askWriteOff("W1", "")}, {"request another", askWriteOff("W2", "10.00")}, {"approve write-off", approveWriteOff("W1", "147.00", "finance lead")},
		{"decline write-off", domain.DeclineWriteOff{WriteOffDeclined: domain.WriteOffDeclined{Invoice: invoice, WriteOff: "W1", Reason: "they pay", By: "finance lead"}}},
		{"reverse write-off", domain.ReverseWriteOff{Invoice: invoice, WriteOff: "W1", Date: "2024-11-15", Reason: "a mistake", By: "finance desk"}},
		{"write a small rest off", domain.WriteOffSmall{Invoice: invoice, Payment: "P1", Date: "2024-05-10", Amount: usd("47.00")}}})
}

func TestStatesOfADispute(t *testing.T) {
	open := domain.OpenDispute{DisputeOpened: domain.DisputeOpened{Dispute: "D1", Invoice: invoice, Customer: customer, Reason: "not agreed", Lines: []domain.CreditLine{creditLine("A", "60.00", "3.00")}}}
	acknowledge := domain.AcknowledgeDispute{DisputeAcknowledged: domain.DisputeAcknowledged{Dispute: "D1", By: "disputes desk"}}
	uphold := domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: "D1", By: "disputes desk", Reason: "agreed"}}
	deny := domain.DenyDispute{DisputeDenied: domain.DisputeDenied{Dispute: "D1", By: "disputes desk", Reason: "signed"}}
	withdraw := domain.WithdrawDispute{DisputeWithdrawn: domain.DisputeWithdrawn{Dispute: "D1", By: "customer"}}
	part := uphold
	part.Lines = []domain.CreditLine{creditLine("A", "20.00", "1.00")}
	escalate := domain.EscalateDispute{DisputeEscalated: domain.DisputeEscalated{Dispute: "D1", By: "disputes desk", To: "finance desk", Reason: "over 50.00"}}
	attach := domain.AttachDisputeEvidence{DisputeEvidenceAttached: domain.DisputeEvidenceAttached{Dispute: "D1", DisputeEvidence: evidence("receipt 881")}}
	settle := domain.SettleDispute{DisputeSettled: domain.DisputeSettled{Dispute: "D1", Invoice: invoice, End: domain.EndNothingLeft, Credited: usd("0.00")}}
	h := played(t, nil, open)
	machine(t, "dispute", []standing{{"unknown", nil}, {"open", h}, {"acknowledged", played(t, h, acknowledge)},
		{"escalated", played(t, h, escalate)}, {"upheld", played(t, h, uphold)}, {"partly upheld", played(t, h, part)}, {"settled", played(t, h, uphold, settle)}, {"denied", played(t, h, deny)}, {"withdrawn", played(t, h, withdraw)},
	}, []wording{{"open", open}, {"acknowledge", acknowledge}, {"attach evidence", attach}, {"escalate", escalate}, {"uphold", uphold}, {"uphold a part", part},
		{"deny", deny}, {"withdraw", withdraw}, {"settle", settle}})
}

func TestStatesOfAPayment(t *testing.T) {
	item := domain.RemittanceItem{Document: number, Paid: usd("100.00")}
	announce, short := remittance("100.00", item), remittance("101.00", item)
	part := allocate(domain.Allocation{Invoice: invoice, Amount: usd("60.00")})
	reverse := domain.ReversePayment{Payment: "P1", Document: "RC-1-R", Date: "2024-05-20", Reason: "insufficient funds"}
	refund := domain.RefundPayment{Payment: "P1", Refund: "R1", Date: "2024-06-03", Amount: usd("40.00"), Reason: "paid too much", RequestedBy: "finance desk", ApprovedBy: "finance lead"}
	received := played(t, nil, receipt("100.00"))
	machine(t, "payment", []standing{{"unknown", nil}, {"announced", played(t, nil, announce)}, {"held", played(t, nil, short)}, {"received", received},
		{"allocated", played(t, received, part)}, {"refunded", played(t, received, part, refund)}, {"reversed", played(t, received, part, reverse)},
	}, []wording{{"announce", announce}, {"receive", receipt("100.00")}, {"receive otherwise", receipt("90.00")}, {"allocate", part},
		{"allocate too much", allocate(domain.Allocation{Invoice: "other", Amount: usd("100.01")})},
		{"reduce", domain.ReduceAllocation{AllocationReduced: domain.AllocationReduced{Payment: "P1", Invoice: invoice, By: usd("10.00")}}}, {"refund", refund}, {"reverse", reverse}})
}

func TestStatesOfAPosting(t *testing.T) {
	ask := requestPosting(number)
	confirm := domain.ConfirmPosting{Document: number, ERPID: "erp-77", Date: "2024-04-01"}
	rejected := domain.RejectPosting{PostingRejected: domain.PostingRejected{Document: number, Code: "closed", Message: "closed"}}
	redate := domain.RedatePosting{PostingRedated: domain.PostingRedated{Document: number, To: "2024-04-01", Reason: "closed"}}
	retry := domain.RetryPosting{PostingRetried: domain.PostingRetried{Document: number, By: "finance desk"}}
	park := domain.ParkPosting{PostingParked: domain.PostingParked{Document: number, Reason: "two of them"}}
	h := played(t, nil, ask)
	machine(t, "posting", []standing{{"unknown", nil}, {"requested", h}, {"rejected", played(t, h, rejected)}, {"parked", played(t, h, park)}, {"confirmed", played(t, h, confirm)}},
		[]wording{{"request", ask}, {"confirm", confirm}, {"reject", rejected}, {"redate", redate}, {"retry", retry}, {"park", park}})
}

func TestStatesOfAMessage(t *testing.T) {
	receive := domain.ReceiveMessage{MessageReceived: domain.MessageReceived{Message: "m1", Channel: "x12", Name: "214.edi", Size: 6, SHA256: "ab", Parts: 2}}
	part := func(n int) domain.Command {
		return domain.StorePart{MessagePart: domain.MessagePart{Message: "m1", Part: n, Content: []byte("ISA")}}
	}
	apply := domain.ApplyItem{MessageApplied: domain.MessageApplied{Message: "m1", Item: "ST 0001", Kind: "214"}}
	refuseIt := domain.RefuseItem{MessageRefused: domain.MessageRefused{Message: "m1", Item: "ST 0001", Kind: "214", Code: "not-found"}}
	dismiss := domain.DismissItem{MessageDismissed: domain.MessageDismissed{Message: "m1", Item: "ST 0001", By: "edi desk", Reason: "a test"}}
	h := played(t, nil, receive)
	kept := played(t, h, part(0), part(1))
	machine(t, "message", []standing{{"unknown", nil}, {"announced", h}, {"half kept", played(t, h, part(0))}, {"kept", kept}, {"applied", played(t, kept, apply)},
		{"refused", played(t, kept, refuseIt)}, {"dismissed", played(t, kept, refuseIt, dismiss)},
	}, []wording{{"receive", receive}, {"store part 0", part(0)}, {"store part 1", part(1)}, {"store part 2", part(2)}, {"apply", apply}, {"refuse", refuseIt}, {"dismiss", dismiss}})
}
