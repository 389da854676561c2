package domain_test

import (
	"fmt"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"pgregory.net/rapid"
)

// desk does what the people of a freight desk do, in any order that chance
// has: most of it is accepted, the rest is refused.
type desk struct {
	*ledger
	t        *rapid.T
	count    int
	disputes []domain.DisputeID
}

func randomDesk(t *rapid.T) *desk {
	policy := domain.Policy{Grace: time.Duration(rapid.IntRange(0, 10).Draw(t, "grace_days")) * 24 * time.Hour}
	d := &desk{ledger: newLedger(policy), t: t}
	o := order()
	o.Terms.BillWithExceptions = rapid.Bool().Draw(t, "bill_with_exceptions")
	if rapid.Bool().Draw(t, "taxed") {
		o.Terms.Tax = domain.Tax{Code: domain.TaxStandard, Jurisdiction: "CA-ON", Percent: "13", Version: "2024-01"}
	}
	if rapid.Bool().Draw(t, "over_transit") {
		o.Terms.Recognition = domain.RecognizedOverTransit
		o.Promised = domain.DayMoment(2024, time.March, rapid.IntRange(1, 60).Draw(t, "promised"))
	}
	if rapid.Bool().Draw(t, "tolerant") {
		d.try(setRules(rapid.SampledFrom([]string{"", "0.50", "80.00"}).Draw(t, "tolerance"), "20", true))
	}
	d.try(domain.ReleaseOrder{OrderReleased: o})
	return d
}

// work is days of a desk: before its freight is billed, and after.
func (d *desk) work() {
	d.t.Repeat(d.actions())
	d.finish()
	d.t.Repeat(d.actions())
	d.finish()
}

// try does a command; a refusal is part of the day's work, anything else is
// broken.
func (d *desk) try(c domain.Command) {
	if err := d.do(c); err != nil && !domaintest.IsRefusal(err) {
		d.t.Fatalf("%s: %v", c.CommandName(), err)
	}
}

func (d *desk) amount(label string) money.Money {
	return money.FromMinor(rapid.Int64Range(1, 30000).Draw(d.t, label), "USD")
}

// date is a day of March or early April.
func (d *desk) hour(label string) string {
	return at("2024-03-01").UTC.Add(time.Duration(rapid.IntRange(0, 24*40).Draw(d.t, label)) * time.Hour).Format(domain.LocalLayout)
}

func (d *desk) anyCharge() domain.Charge {
	charges := d.shipment().Charges
	if len(charges) == 0 {
		return domain.Charge{ID: "none"}
	}
	return charges[rapid.IntRange(0, len(charges)-1).Draw(d.t, "charge")]
}

func (d *desk) anyInvoice() domain.Invoice {
	list := d.invoices()
	if len(list) == 0 {
		return domain.Invoice{ID: "none"}
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(d.t, "invoice")]
}

// someOf is a part of a line, tax included, as a credit or dispute names it.
func (d *desk) someOf(v domain.Invoice) []domain.CreditLine {
	if len(v.Lines) == 0 {
		return nil
	}
	l := v.Lines[rapid.IntRange(0, len(v.Lines)-1).Draw(d.t, "line")]
	part := func(whole money.Money, label string) money.Money {
		units, err := whole.Minor()
		if err != nil || units == 0 {
			return usd("0.00")
		}
		return money.FromMinor(units*rapid.Int64Range(1, 4).Draw(d.t, label)/4, "USD")
	}
	return []domain.CreditLine{{Shipment: l.Shipment, Charge: l.Charge, Kind: l.Kind, Amount: part(l.Amount, "quarters"), Tax: part(l.Tax, "tax_quarters")}}
}

func (d *desk) name(prefix string) string {
	d.count++
	return fmt.Sprintf("%s%d", prefix, d.count)
}

func (d *desk) enterCharge() {
	kind := rapid.SampledFrom([]domain.ChargeKind{domain.Freight, domain.Insurance, domain.FuelSurcharge, domain.Accessorial, domain.Discount}).Draw(d.t, "kind")
	amount := d.amount("amount")
	if kind == domain.Discount {
		amount = amount.Neg()
	}
	c := charge(domain.ChargeID(d.name("C")), kind, amount.Format())
	d.try(domain.EnterCharge{ChargeEntered: c})
}

// actions are what a desk may do next.
func (d *desk) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"report": func(t *rapid.T) {
			kinds := []string{domain.ArrivedPickup, domain.DepartedPickup, domain.ArrivedDelivery, domain.Unloaded, domain.Unloaded, domain.DepartedDelivery, domain.Damaged}
			d.try(record(rapid.IntRange(1, 2).Draw(t, "stop"), rapid.SampledFrom(kinds).Draw(t, "kind"), d.hour("at")))
		},
		"pod": func(t *rapid.T) {
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				d.try(receivePOD(d.hour("signed")))
			case 1:
				d.try(domain.RejectPOD{PODUnreadable: domain.PODUnreadable{Shipment: shipment, By: "billing desk"}})
			case 2:
				pod := podOf(d.hour("signed"))
				pod.Document = d.name("receipt ")
				d.try(domain.CorrectPOD{PODCorrected: domain.PODCorrected{PODReceived: pod, Reason: "better scan"}})
			default:
				d.try(verifyPOD(rapid.SampledFrom([]string{domain.PODClean, domain.PODWithExceptions}).Draw(t, "outcome")))
			}
		},
		"enter":   func(*rapid.T) { d.enterCharge() },
		"approve": func(*rapid.T) { c := d.anyCharge(); d.approve(c) },
		"amend":   func(*rapid.T) { c := d.anyCharge(); d.amend(c) },
		"end": func(t *rapid.T) {
			id := d.anyCharge().ID
			d.try(rapid.SampledFrom([]domain.Command{reject(id), waive(id)}).Draw(t, "end"))
		},
		"place": func(t *rapid.T) {
			id := domain.ChargeID(d.name("H"))
			d.try(rapid.SampledFrom([]domain.Command{
				domain.HoldCharge{ChargeHeld: domain.ChargeHeld{Shipment: shipment, Charge: id, Kind: domain.Freight, Reason: "no figure"}},
				domain.LinkCharge{ChargeLinked: domain.ChargeLinked{Shipment: shipment, Charge: id, Kind: domain.Freight, BilledBy: domain.ChargeRef{Shipment: "SH-2", Charge: "F"}}},
				domain.DeclareNotBillable{ChargeNotBillable: domain.ChargeNotBillable{Shipment: shipment, Charge: id, Kind: domain.Freight, Reason: "included"}},
			}).Draw(t, "place"))
		},
		"exception": func(*rapid.T) {
			d.try(domain.RaiseException{ExceptionRaised: domain.ExceptionRaised{Shipment: shipment, Exception: d.name("X"), Kind: domain.ExceptionOther}})
		},
		"resolve": func(*rapid.T) { d.resolveAll() },
		"sync": func(t *rapid.T) {
			d.sync(rapid.Bool().Draw(t, "active"))
		},
		"hold": func(t *rapid.T) {
			v := d.anyInvoice()
			d.try(rapid.SampledFrom([]domain.Command{
				domain.HoldInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: v.ID, Reason: domain.HoldByHand, By: "billing desk"}},
				domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: v.ID, Reason: domain.HoldByHand, By: "finance desk"}},
			}).Draw(t, "hold"))
		},
		"move": func(t *rapid.T) { someMove(t, d.ledger) },
		"wait": func(t *rapid.T) {
			if err := d.wait(time.Duration(rapid.IntRange(1, 30).Draw(t, "days")) * 24 * time.Hour); err != nil {
				t.Fatal(err)
			}
		},
		"void": func(*rapid.T) {
			d.try(domain.VoidInvoice{Invoice: d.anyInvoice().ID, Date: "2024-04-02", Reason: "wrong", By: "billing desk"})
		},
		"cancel": func(*rapid.T) {
			d.try(domain.CancelInvoice{Invoice: d.anyInvoice().ID, Date: "2024-04-02", Reason: "wrong", By: "finance desk"})
		},
		"credit": func(t *rapid.T) {
			v := d.anyInvoice()
			c := domain.CreditInvoice{Invoice: v.ID, Credit: d.name("CR"), Date: "2024-05-02", Reason: "wrong", By: "billing desk"}
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				c.Rebill = true
			case 1:
				c.Lines = d.someOf(v)
			}
			d.try(c)
		},
		"dispute": func(t *rapid.T) {
			v := d.anyInvoice()
			id := domain.DisputeID(d.name("D"))
			d.try(domain.DisputeLines{LinesDisputed: domain.LinesDisputed{Invoice: v.ID, Dispute: id, Customer: customer, Reason: "not agreed", Lines: d.someOf(v),
				DisputeTerms: domain.DisputeTerms{Code: domain.ReasonPricing, Opened: v.IssueDate}}})
			if d.state(id.Stream()).(domain.Dispute).ID != "" {
				d.disputes = append(d.disputes, id)
			}
		},
		"decide": func(t *rapid.T) {
			if len(d.disputes) == 0 {
				return
			}
			id := rapid.SampledFrom(d.disputes).Draw(t, "dispute")
			part := d.state(id.Stream()).(domain.Dispute).Lines
			if one := part[0]; rapid.Bool().Draw(t, "a_part") && !one.Amount.IsZero() {
				one.Amount, one.Tax = money.FromMinor(int64(one.Amount.Sign()), "USD"), usd("0.00")
				part = []domain.CreditLine{one}
			}
			d.try(rapid.SampledFrom([]domain.Command{
				domain.AcknowledgeDispute{DisputeAcknowledged: domain.DisputeAcknowledged{Dispute: id, By: "disputes desk"}},
				domain.EscalateDispute{DisputeEscalated: domain.DisputeEscalated{Dispute: id, By: "disputes desk", To: "finance desk", Reason: "large"}},
				domain.AttachDisputeEvidence{DisputeEvidenceAttached: domain.DisputeEvidenceAttached{Dispute: id, DisputeEvidence: evidence(d.name("letter "))}},
				domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: id, By: "disputes desk", Reason: "agreed", Lines: part}},
				domain.UpholdDispute{DisputeUpheld: domain.DisputeUpheld{Dispute: id, By: "disputes desk", Reason: "agreed", Lines: part}},
				domain.DenyDispute{DisputeDenied: domain.DisputeDenied{Dispute: id, By: "disputes desk", Reason: "not agreed"}},
				domain.WithdrawDispute{DisputeWithdrawn: domain.DisputeWithdrawn{Dispute: id, By: "customer"}},
			}).Draw(t, "end"))
		},
		"pay":       func(t *rapid.T) { d.pay() },
		"write off": func(*rapid.T) { d.writeOff() },
		"post": func(t *rapid.T) {
			for _, document := range d.asked() {
				if rapid.Bool().Draw(t, "rejected") {
					d.try(domain.RejectPosting{PostingRejected: domain.PostingRejected{Document: document, Code: "down", Message: "down"}})
					d.try(domain.RetryPosting{PostingRetried: domain.PostingRetried{Document: document, By: "finance desk"}})
				}
				if rapid.IntRange(0, 3).Draw(t, "closed") == 0 {
					d.try(domain.RedatePosting{PostingRedated: domain.PostingRedated{Document: document, To: "2025-01-01", Reason: "period 2024-03 is closed"}})
				}
				d.try(domain.ConfirmPosting{Document: document, ERPID: "erp-" + document, Date: "2024-04-01"})
			}
		},
	}
}

func (d *desk) approve(c domain.Charge) {
	if c.Amount.IsSet() {
		d.try(approve(c.ID, c.Amount.Format(), "desk lead"))
	}
}

func (d *desk) amend(c domain.Charge) {
	amount := d.amount("amended")
	if c.Kind == domain.Discount {
		amount = amount.Neg()
	}
	d.try(amend(c.ID, amount.Format()))
}

func (d *desk) resolveAll() {
	for _, x := range d.shipment().Exceptions {
		if x.Open {
			d.try(resolve(x.ID))
		}
	}
}

func (d *desk) sync(active bool) {
	d.try(domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: customer, Source: "sandbox",
		Master: domain.CustomerMaster{Name: "Acme Stores", TermsDays: 30, Credit: domain.CreditGood, Active: active}}})
}

// pay receives cash, means a part of it for an invoice that takes it, and may
// see it bounce.
func (d *desk) pay() {
	id := domain.PaymentID(d.name("P"))
	v := d.anyInvoice()
	amount := d.amount("paid")
	if open, err := v.Open(); err == nil && open.Sign() > 0 && rapid.Bool().Draw(d.t, "in_full") {
		amount = open
	}
	d.try(domain.ReceivePayment{PaymentReceived: domain.PaymentReceived{Payment: id, Customer: customer, Document: "RC-" + string(id), Amount: amount, Date: "2024-05-10", Source: "sandbox"}})
	if v.Number != "" && v.Status != domain.InvoiceIsVoid {
		d.try(domain.AllocatePayment{PaymentAllocated: domain.PaymentAllocated{Payment: id, Date: "2024-05-10", Allocations: []domain.Allocation{d.allocation(v, amount)}}})
	}
	if rapid.IntRange(0, 3).Draw(d.t, "given_back") == 0 {
		refund := domain.RefundPayment{Payment: id, Refund: "R1", Date: "2024-05-15", Reason: "paid too much", RequestedBy: "finance desk", ApprovedBy: "finance lead"}
		if rapid.Bool().Draw(d.t, "a_part") {
			refund.Amount = d.amount("back")
		}
		d.try(refund)
	}
	if rapid.IntRange(0, 3).Draw(d.t, "bounces") == 0 {
		d.try(domain.ReversePayment{Payment: id, Document: "RC-" + string(id) + "-R", Date: "2024-05-20", Reason: "insufficient funds"})
	}
}

// allocation is cash for an invoice, sometimes short for a reason.
func (d *desk) allocation(v domain.Invoice, amount money.Money) domain.Allocation {
	a := domain.Allocation{Invoice: v.ID, Amount: amount}
	switch rapid.IntRange(0, 3).Draw(d.t, "short") {
	case 0:
		a.Reason = "CS"
	case 1:
		line := v.Lines[rapid.IntRange(0, len(v.Lines)-1).Draw(d.t, "named")]
		a.Deductions = []domain.Deduction{{Line: string(line.Charge), Reason: "59", Amount: d.amount("kept")}, {Line: "nobody knows", Reason: "L1", Amount: d.amount("kept_too")}}
	case 2:
		// All but a little
		if open, err := v.Open(); err == nil && open.Sign() > 0 {
			a.Amount, _ = open.Sub(money.FromMinor(rapid.Int64Range(0, 60).Draw(d.t, "little"), "USD"))
			a.Amount, _ = a.Amount.Min(amount)
		}
	}
	return a
}

// writeOff asks for a write-off of an invoice, has it decided or left, and may
// take it back.
func (d *desk) writeOff() {
	v := d.anyInvoice()
	id := d.name("W")
	ask := domain.RequestWriteOff{Invoice: v.ID, WriteOff: id, Date: "2024-09-30", Reason: "insolvent", By: "finance desk"}
	if rapid.Bool().Draw(d.t, "a_part") {
		ask.Amount = d.amount("given_up")
	}
	d.try(ask)
	if asked := d.invoice(v.ID).Asked; asked.ID == id {
		switch rapid.IntRange(0, 4).Draw(d.t, "decision") {
		case 0:
		case 1:
			d.try(domain.DeclineWriteOff{WriteOffDeclined: domain.WriteOffDeclined{Invoice: v.ID, WriteOff: id, Reason: "they pay", By: "finance lead"}})
		default:
			d.try(domain.ApproveWriteOff{Invoice: v.ID, WriteOff: id, Amount: asked.Amount, By: "finance lead"})
		}
	}
	if rapid.IntRange(0, 3).Draw(d.t, "mistaken") == 0 {
		d.try(domain.ReverseWriteOff{Invoice: v.ID, WriteOff: id, Date: "2024-11-15", Reason: "a mistake", By: "finance desk"})
	}
}

// asked lists the documents that wait for the ERP.
func (d *desk) asked() []string {
	var documents []string
	for _, e := range d.all {
		if e, ok := e.(domain.PostingRequested); ok && d.state(domain.PostingStream(e.Document)).(domain.Posting).Status == domain.PostingAsked {
			documents = append(documents, e.Document)
		}
	}
	return documents
}

// finish does what is left to do, until nothing is.
func (d *desk) finish() {
	d.sync(true)
	d.try(unload("2024-03-05T14:00:00"))
	for range 4 {
		switch d.shipment().POD.State {
		case "", domain.PODIsUnreadable:
			pod := podOf("2024-04-20")
			pod.Document = d.name("receipt ")
			d.try(domain.ReceivePOD{PODReceived: pod})
		}
		d.try(verifyPOD(domain.PODClean))
		d.resolveAll()
		for _, c := range d.shipment().Charges {
			switch c.Status {
			case domain.ChargePending:
				d.approve(c)
			case domain.ChargeIsHeld:
				d.try(enter(c.ID, c.Kind, "10.00"))
			}
		}
		for _, v := range d.invoices() {
			d.try(domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: v.ID, Reason: domain.HoldByHand, By: "finance desk"}})
			d.try(domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: v.ID, Reason: domain.HoldLateDebit, By: "finance desk", Role: domain.RoleFinance}})
		}
		if err := d.wait(90 * 24 * time.Hour); err != nil {
			d.t.Fatal(err)
		}
	}
	for _, document := range d.asked() {
		d.try(domain.ConfirmPosting{Document: document, ERPID: "erp-" + document, Date: "2024-04-01"})
	}
}
