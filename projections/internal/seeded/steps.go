package seeded

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

// Steps takes n random steps: of shipments, charges, messages, invoices, cash,
// disputes and postings. What the domain refuses is part of it.
func (d *Desk) Steps(n int) {
	for range n {
		d.learn()
		d.Pass(time.Duration(d.Rand.IntN(3600)) * time.Second)
		if len(d.shipments) == 0 || d.Rand.IntN(6) == 0 {
			d.release()
			continue
		}
		[]func(){d.move, d.move, d.move, d.charge, d.charge, d.pod, d.exception, d.message, d.book, d.book, d.cash, d.credit, d.dispute, d.master}[d.Rand.IntN(14)]()
	}
}

// learn reads what the history knows by now.
func (d *Desk) learn() {
	for r, err := range d.Store.ReadAll(context.Background(), d.seen) {
		require.NoError(d.T, err)
		e, err := d.Codec.Decode(r)
		require.NoError(d.T, err)
		d.seen = r.Position
		switch e := e.Event.(type) {
		case domain.InvoiceIssued:
			d.invoices = append(d.invoices, e)
		case domain.PostingRequested:
			d.documents = append(d.documents, e.Document)
		case domain.PaymentReceived:
			d.payments = append(d.payments, e)
		case domain.DisputeOpened:
			d.disputes = append(d.disputes, e.Dispute)
		}
	}
}

func pick[T any](d *Desk, list []T) T { return list[d.Rand.IntN(len(list))] }

func (d *Desk) customer() domain.CustomerID {
	return domain.CustomerID(fmt.Sprintf("C%d", d.Rand.IntN(4)))
}

func (d *Desk) name(prefix string) string {
	d.seq++
	return fmt.Sprintf("%s%d", prefix, d.seq)
}

func (d *Desk) release() {
	id := domain.ShipmentID(d.name("S"))
	d.shipments = append(d.shipments, id)
	var source domain.Source
	if len(d.messages) > 0 {
		source = domain.Source{Message: pick(d, d.messages), Place: "line 2", Offset: 3, Length: 9}
	}
	if d.Rand.IntN(2) == 0 {
		d.Ship(id, d.customer(), d.Clock().AddDate(0, 0, d.Rand.IntN(40)), source)
		return
	}
	d.Must(Order(id, d.customer(), source))
}

func (d *Desk) move() {
	id, at := pick(d, d.shipments), d.Clock().AddDate(0, 0, d.Rand.IntN(10))
	carrier := pick(d, []string{"ABCD", "WXYZ"})
	switch d.Rand.IntN(10) {
	case 0:
		d.Try(domain.TenderOrder{OrderTendered: domain.OrderTendered{Shipment: id, Carrier: carrier, At: domain.MomentIn(at, nil)}})
	case 1:
		d.Try(domain.AcceptTender{TenderAccepted: domain.TenderAccepted{Shipment: id, Carrier: carrier, DispatchRef: "D" + string(id), At: domain.MomentIn(at, nil)}})
	case 2:
		d.Try(domain.Dispatch{ShipmentDispatched: domain.ShipmentDispatched{Shipment: id, Load: "L" + string(id), At: domain.MomentIn(at, nil)}})
	case 3:
		d.Try(domain.AddReference{ReferenceAdded: domain.ReferenceAdded{Shipment: id, Reference: domain.Reference{Kind: "PRO", Value: d.name("pro ")}}})
	case 4:
		d.Try(domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: id, Reason: "customer withdrew", At: domain.MomentIn(at, nil)}})
	default:
		kind := pick(d, []string{domain.ArrivedPickup, domain.Loaded, domain.ArrivedDelivery, domain.Unloaded, domain.Unloaded, domain.Damaged, domain.EnRoute})
		d.Try(Milestone(id, 1+d.Rand.IntN(2), kind, at, domain.Source{}))
	}
}

func (d *Desk) charge() {
	id := pick(d, d.shipments)
	charge := pick(d, []domain.ChargeID{"F1", "A1", "A2", "I1"})
	amount := USD(fmt.Sprintf("%d.%02d", 1+d.Rand.IntN(900), d.Rand.IntN(100)))
	switch d.Rand.IntN(9) {
	case 0, 1:
		d.Try(domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: id, Charge: charge, Kind: domain.Accessorial, Code: "DET", Amount: amount, RequestedBy: "desk"}})
	case 2:
		d.Try(domain.HoldCharge{ChargeHeld: domain.ChargeHeld{Shipment: id, Charge: "H1", Kind: domain.Freight, Reason: "freight is on another line"}})
	case 3:
		d.Try(domain.LinkCharge{ChargeLinked: domain.ChargeLinked{Shipment: id, Charge: "H1", Kind: domain.Freight, BilledBy: domain.ChargeRef{Shipment: id, Charge: "F1"}, Reason: "included"}})
	case 4:
		d.Try(domain.DeclareNotBillable{ChargeNotBillable: domain.ChargeNotBillable{Shipment: id, Charge: "N1", Kind: domain.Freight, Reason: "included in commodity cost"}})
	case 5:
		d.Try(domain.AmendCharge{ChargeAmended: domain.ChargeAmended{Shipment: id, Charge: charge, Amount: amount, RequestedBy: "desk", Reason: "wrong weight"}})
	case 6:
		d.Try(domain.WaiveCharge{ChargeWaived: domain.ChargeWaived{Shipment: id, Charge: charge, By: "manager", Reason: "goodwill"}})
	default:
		state, err := d.Exec.State(context.Background(), id.Stream())
		require.NoError(d.T, err)
		for _, c := range state.(domain.Shipment).Charges {
			if c.Status == domain.ChargePending {
				d.Try(domain.ApproveCharge{ChargeApproved: domain.ChargeApproved{Shipment: id, Charge: c.ID, Amount: c.Amount, By: "manager", Evidence: "seen"}})
			}
		}
	}
}

func (d *Desk) pod() {
	id, at := pick(d, d.shipments), domain.MomentIn(d.Clock().AddDate(0, 0, 10), nil)
	switch d.Rand.IntN(5) {
	case 0, 1:
		d.Try(domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: id, Document: d.name("pod"), At: at}})
	case 2, 3:
		d.Try(domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: id, Outcome: pick(d, []string{domain.PODClean, domain.PODClean, domain.PODWithExceptions}), By: "billing"}})
	default:
		d.Try(domain.CorrectPOD{PODCorrected: domain.PODCorrected{PODReceived: domain.PODReceived{Shipment: id, Document: d.name("pod"), At: at}, Reason: "wrong page"}})
	}
}

func (d *Desk) exception() {
	id := pick(d, d.shipments)
	if d.Rand.IntN(3) == 0 {
		d.Try(domain.RaiseException{ExceptionRaised: domain.ExceptionRaised{Shipment: id, Exception: d.name("x"), Kind: domain.ExceptionOther, Detail: "seal broken"}})
		return
	}
	state, err := d.Exec.State(context.Background(), id.Stream())
	require.NoError(d.T, err)
	for _, x := range state.(domain.Shipment).Exceptions {
		if x.Open {
			d.Try(domain.ResolveException{ExceptionResolved: domain.ExceptionResolved{Shipment: id, Exception: x.ID, Resolution: "checked", By: "desk"}})
		}
	}
}

func (d *Desk) message() {
	if len(d.messages) == 0 || d.Rand.IntN(3) == 0 {
		id := domain.MessageID(d.name("m"))
		d.Message(id, "orders.csv", "id,value\n"+string(id)+",é 1\nlast,2\n", 7)
		d.messages = append(d.messages, id)
		return
	}
	id, item := pick(d, d.messages), fmt.Sprintf("line %d", d.Rand.IntN(4))
	switch d.Rand.IntN(3) {
	case 0:
		d.Try(domain.ApplyItem{MessageApplied: domain.MessageApplied{Message: id, Item: item, Kind: "order", Subject: pick(d, d.shipments).Stream(), Notes: []string{"trailing blanks"}}})
	case 1:
		d.Try(domain.RefuseItem{MessageRefused: domain.MessageRefused{Message: id, Item: item, Kind: "order", Code: "invalid", Place: item, Reason: "no date", Remedy: "add it"}})
	default:
		d.Try(domain.DismissItem{MessageDismissed: domain.MessageDismissed{Message: id, Item: item, By: "desk", Reason: "duplicate"}})
	}
}

func (d *Desk) book() {
	if len(d.documents) == 0 {
		return
	}
	document := pick(d, d.documents)
	switch d.Rand.IntN(6) {
	case 0:
		d.Try(domain.RejectPosting{PostingRejected: domain.PostingRejected{Document: document, Code: "period-closed", Message: "2013-05 is closed"}})
	case 1:
		d.Try(domain.RedatePosting{PostingRedated: domain.PostingRedated{Document: document, To: "2014-01-01", Reason: "period closed"}})
	case 2:
		d.Try(domain.RetryPosting{PostingRetried: domain.PostingRetried{Document: document, By: "desk"}})
	case 3:
		d.Try(domain.ParkPosting{PostingParked: domain.PostingParked{Document: document, Reason: "cannot be told"}})
	default:
		d.Try(domain.ConfirmPosting{Document: document, ERPID: "erp-" + document, Date: "2013-06-30", Found: d.Rand.IntN(4) == 0})
	}
}

func (d *Desk) cash() {
	id := domain.PaymentID(d.name("P"))
	if len(d.payments) > 0 && d.Rand.IntN(6) == 0 {
		p := pick(d, d.payments)
		d.Try(domain.ReversePayment{Payment: p.Payment, Document: "R" + p.Document, Date: "2013-09-01", Reason: "returned by the bank"})
		return
	}
	if d.Rand.IntN(5) == 0 {
		d.giveUp()
		return
	}
	if d.Rand.IntN(4) == 0 {
		paid := pick(d, []string{"10.00", "12.00"})
		d.Try(domain.AnnounceRemittance{RemittanceAnnounced: domain.RemittanceAnnounced{Payment: id, Payer: "payer", Reference: "TRN" + string(id), Amount: USD("10.00"),
			Items: []domain.RemittanceItem{{Document: "INV", Paid: USD(paid)}}}})
		return
	}
	if len(d.invoices) == 0 {
		return
	}
	v := pick(d, d.invoices)
	amount := USD(fmt.Sprintf("%d.50", 1+d.Rand.IntN(3000)))
	d.Try(domain.ReceivePayment{PaymentReceived: domain.PaymentReceived{Payment: id, Customer: v.Candidate.Customer, Document: "RCT-" + string(id), Reference: "wire",
		Invoice: v.Number, Amount: amount, Date: "2013-08-01", Source: "books"}})
	if d.Rand.IntN(4) > 0 {
		d.Try(domain.AllocatePayment{PaymentAllocated: domain.PaymentAllocated{Payment: id, Date: "2013-08-02", Allocations: []domain.Allocation{{Invoice: v.Invoice, Amount: amount}}}})
	}
}

// giveUp writes an invoice off, gives unapplied cash back, or says how small a
// rest is not worth a case.
func (d *Desk) giveUp() {
	if len(d.invoices) == 0 || len(d.payments) == 0 {
		return
	}
	v, id := pick(d, d.invoices), d.name("W")
	switch d.Rand.IntN(4) {
	case 0:
		d.Try(domain.SetCustomerRules{CustomerRulesSet: domain.CustomerRulesSet{Customer: v.Candidate.Customer, By: "credit desk",
			Rules: domain.CustomerRules{Tolerance: domain.Tolerance{Amount: USD("500.00"), Percent: pick(d, []string{"", "50"})}, WriteOffSmall: true}}})
	case 1:
		d.Try(domain.RefundPayment{Payment: pick(d, d.payments).Payment, Refund: id, Date: "2013-08-20", Reason: "paid too much", RequestedBy: "desk", ApprovedBy: "manager"})
	default:
		d.Try(domain.RequestWriteOff{Invoice: v.Invoice, WriteOff: id, Date: "2013-08-30", Reason: "insolvent", By: "desk"})
		state, err := d.Exec.State(context.Background(), v.Invoice.Stream())
		require.NoError(d.T, err)
		if asked := state.(domain.Invoice).Asked; asked.ID == id {
			d.Try(domain.ApproveWriteOff{Invoice: v.Invoice, WriteOff: id, Amount: asked.Amount, By: "manager"})
		}
	}
}

func (d *Desk) credit() {
	if len(d.invoices) == 0 {
		return
	}
	v := pick(d, d.invoices)
	switch d.Rand.IntN(4) {
	case 0:
		d.Try(domain.VoidInvoice{Invoice: v.Invoice, Reason: "wrong customer", By: "billing"})
	case 1:
		d.Try(domain.CreditInvoice{Invoice: v.Invoice, Credit: d.name("credit"), Rebill: true, Reason: "wrong rate", By: "billing"})
	default:
		line := pick(d, v.Lines)
		d.Try(domain.CreditInvoice{Invoice: v.Invoice, Credit: d.name("credit"), Lines: []domain.CreditLine{{Shipment: line.Shipment, Charge: line.Charge, Amount: USD("1.25")}},
			Reason: "late", By: "billing"})
	}
}

func (d *Desk) dispute() {
	if len(d.disputes) > 0 && d.Rand.IntN(2) == 0 {
		id := pick(d, d.disputes)
		switch d.Rand.IntN(7) {
		case 0:
			d.Try(domain.AcknowledgeDispute{DisputeAcknowledged: domain.DisputeAcknowledged{Dispute: id, By: "desk"}})
		case 1:
			d.Try(domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: id, By: "desk", Reason: "short delivery"}})
		case 2:
			d.Try(domain.EscalateDispute{DisputeEscalated: domain.DisputeEscalated{Dispute: id, By: "desk", To: "manager", Reason: "large"}})
		case 3:
			d.Try(domain.AttachDisputeEvidence{DisputeEvidenceAttached: domain.DisputeEvidenceAttached{Dispute: id, DisputeEvidence: domain.DisputeEvidence{Document: d.name("letter"), By: "desk",
				At: domain.MomentIn(d.Clock(), nil), SHA256: strings.Repeat("0f", 32)}}})
		case 4:
			state, err := d.Exec.State(context.Background(), id.Stream())
			require.NoError(d.T, err)
			part := state.(domain.Dispute).Lines[:1:1]
			part = []domain.CreditLine{{Shipment: part[0].Shipment, Charge: part[0].Charge, Amount: USD("0.25")}}
			d.Try(domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: id, By: "desk", Reason: "a part of it", Lines: part}})
		case 5:
			d.Try(domain.DenyDispute{DisputeDenied: domain.DisputeDenied{Dispute: id, By: "desk", Reason: "proof is clean"}})
		default:
			d.Try(domain.WithdrawDispute{DisputeWithdrawn: domain.DisputeWithdrawn{Dispute: id, By: "customer"}})
		}
		return
	}
	if len(d.invoices) == 0 {
		return
	}
	v := pick(d, d.invoices)
	line := pick(d, v.Lines)
	d.Try(domain.DisputeLines{LinesDisputed: domain.LinesDisputed{Invoice: v.Invoice, Dispute: domain.DisputeID(d.name("dsp")), Reason: "short",
		DisputeTerms: domain.DisputeTerms{Code: pick(d, []domain.DisputeReason{domain.ReasonPricing, domain.ReasonNotReceived}), Opened: v.IssueDate},
		Lines:        []domain.CreditLine{{Shipment: line.Shipment, Charge: line.Charge, Amount: USD("0.75")}}}})
}

func (d *Desk) master() {
	customer := d.customer()
	d.Try(domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: customer, Source: "books",
		Master: domain.CustomerMaster{Name: "Customer " + string(customer), TermsDays: 15 * d.Rand.IntN(4), Credit: pick(d, []string{domain.CreditGood, domain.CreditHold}), Active: d.Rand.IntN(5) > 0}}})
}
