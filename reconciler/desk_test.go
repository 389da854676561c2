package reconciler_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// desk is a freight desk at work: it executes commands on the embedded store,
// follows them with the policy, posts what the policy asks for to an ERP, and
// records what the ERP answers.
type desk struct {
	t        testing.TB
	rng      *rand.Rand
	store    *embedded.Store
	executor *eventstore.Executor
	erp      *erp
	policy   domain.Policy
	now      time.Time

	commands int
	later    []domain.Command
	asked    []string // documents whose posting is open
	journals map[string]domain.Document
	issued   []domain.InvoiceIssued
}

var registered = sync.OnceValue(domain.Events)

func codec() eventstore.Codec { return eventstore.NewCodec(registered()) }

func newDesk(t testing.TB, seed uint64) *desk {
	t.Helper()
	store, err := embedded.Open(t.TempDir(), embedded.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	d := &desk{t: t, rng: rand.New(rand.NewPCG(seed, 1)), store: store, erp: &erp{}, journals: map[string]domain.Document{},
		now: time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)}
	d.executor = eventstore.NewExecutor(store, codec(), func() time.Time {
		d.now = d.now.Add(time.Second)
		return d.now
	})
	return d
}

// do executes a command and whatever follows from it at once.
func (d *desk) do(c domain.Command) []domain.Event {
	d.t.Helper()
	d.commands++
	done, err := d.executor.Execute(context.Background(), c, eventstore.Request{ID: uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, d.commands)), Actor: "desk"})
	require.NoError(d.t, err, "%s", c.CommandName())
	var events []domain.Event
	for _, e := range done.Events {
		events = append(events, e.Event)
		if doc, ok := domaintest.Booked(e.Event); ok {
			d.journals[doc.Number] = doc
		}
		switch e := e.Event.(type) {
		case domain.PostingRequested:
			d.asked = append(d.asked, e.Document)
		case domain.InvoiceIssued:
			d.issued = append(d.issued, e)
		}
		for _, r := range d.policy.React(e.Event, e.Meta.RecordedAt) {
			if r.NotBefore.IsZero() {
				d.do(r.Command)
			} else {
				d.later = append(d.later, r.Command)
			}
		}
	}
	return events
}

// monthEnd does what had to wait for its time.
func (d *desk) monthEnd() {
	for len(d.later) > 0 {
		c := d.later[0]
		d.later = d.later[1:]
		d.do(c)
	}
}

// post books every document that is asked for and records the confirmation.
func (d *desk) post() {
	for len(d.asked) > 0 {
		number := d.asked[0]
		d.asked = d.asked[1:]
		d.confirm(number)
	}
}

func (d *desk) confirm(number string) {
	booked := d.erp.book(d.journals[number], "")
	d.do(domain.ConfirmPosting{Document: number, ERPID: strconv.FormatInt(booked.id, 10), Date: booked.date})
}

// postAsTheyCome confirms most documents, and moves some to the next month as
// the ERP's closed periods ask for.
func (d *desk) postAsTheyCome() {
	for len(d.asked) > 0 {
		number := d.asked[0]
		d.asked = d.asked[1:]
		if d.rng.IntN(12) == 0 {
			d.redate(number)
			continue
		}
		d.confirm(number)
	}
}

func (d *desk) redate(number string) {
	date, err := time.Parse(domain.DayLayout, d.journals[number].Date)
	require.NoError(d.t, err)
	to := time.Date(date.Year(), date.Month()+1, 1, 0, 0, 0, 0, time.UTC).Format(domain.DayLayout)
	d.do(domain.RejectPosting{PostingRejected: domain.PostingRejected{Document: number, Code: "closed-period", Message: "the month is closed"}})
	d.do(domain.RedatePosting{PostingRedated: domain.PostingRedated{Document: number, To: to, Reason: "closed-period"}})
	booked := d.erp.book(d.journals[number], to)
	d.do(domain.ConfirmPosting{Document: number, ERPID: strconv.FormatInt(booked.id, 10), Date: to})
}

// customers are billed in currencies of nought, two and three decimals.
func customers() map[domain.CustomerID]money.Currency {
	return map[domain.CustomerID]money.Currency{"C-100": "USD", "C-200": "EUR", "C-300": "JPY", "C-400": "KWD", "C-500": "USD"}
}

// year has a desk dispatch, deliver, bill, post and collect: n shipments, and
// everything that can happen to them.
func year(t testing.TB, seed uint64, n int) *desk {
	d := newDesk(t, seed)
	for _, id := range []domain.CustomerID{"C-100", "C-200", "C-300", "C-400"} { // the ERP does not know C-500
		d.do(domain.SyncCustomer{CustomerSynced: domain.CustomerSynced{Customer: id, Source: "erp",
			Master: domain.CustomerMaster{Name: string(id), TermsDays: 30, Credit: domain.CreditGood, Active: true, Currency: customers()[id]}}})
	}
	for i := range n {
		d.shipment(i)
	}
	d.monthEnd()
	d.corrections()
	d.monthEnd()
	d.postAsTheyCome()
	d.cash()
	d.credits()
	d.monthEnd()
	d.postAsTheyCome()
	return d
}

func (d *desk) pick(weights ...int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	at := d.rng.IntN(total)
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return 0
}

func (d *desk) amount(c money.Currency, upTo int64) money.Money {
	return money.FromMinor(1000+d.rng.Int64N(upTo), c)
}

// shipment takes one shipment as far as it happens to come.
func (d *desk) shipment(i int) {
	id := domain.ShipmentID(fmt.Sprintf("S%05d", i))
	customer := domain.CustomerID(fmt.Sprintf("C-%d00", 1+d.pick(40, 25, 15, 15, 5)))
	currency := customers()[customer]
	at := func(day int) domain.Moment { return domain.DayMoment(2026, time.Month(1+i%3), 1+day%28) }
	terms := domain.Terms{ApprovalAbove: money.FromMinor(50_000, currency)}
	if d.pick(2, 1) == 1 {
		terms.Tax = domain.Tax{Code: domain.TaxStandard, Jurisdiction: "DE", Percent: "19", Version: "2026"}
	}
	d.do(domain.ReleaseOrder{OrderReleased: domain.OrderReleased{Shipment: id, Customer: customer, Currency: currency, Terms: terms,
		Stops: []domain.Stop{{Seq: 1, Kind: domain.StopPickup}, {Seq: 2, Kind: domain.StopDelivery}}}})
	d.charge(id, "FRT", domain.Freight, "", d.amount(currency, 500_000))
	if d.pick(1, 1) == 1 {
		d.charge(id, "FSC", domain.FuelSurcharge, "FUE", d.amount(currency, 50_000))
	}
	if d.pick(3, 1) == 1 {
		d.charge(id, "DSC", domain.Discount, "", money.FromMinor(-500, currency))
	}
	if d.pick(3, 1) == 1 {
		d.accessorial(id, currency)
	}
	switch d.pick(20, 1, 1, 1) {
	case 1:
		d.do(domain.HoldCharge{ChargeHeld: domain.ChargeHeld{Shipment: id, Charge: "INS", Kind: domain.Insurance, Reason: "value not declared"}})
	case 2:
		d.do(domain.LinkCharge{ChargeLinked: domain.ChargeLinked{Shipment: id, Charge: "INS", Kind: domain.Insurance, Reason: "one policy", BilledBy: domain.ChargeRef{Shipment: "S00000", Charge: "INS"}}})
	case 3:
		d.do(domain.DeclareNotBillable{ChargeNotBillable: domain.ChargeNotBillable{Shipment: id, Charge: "INS", Kind: domain.Insurance, Reason: "included"}})
	}
	if d.pick(25, 1) == 1 {
		d.do(domain.RaiseException{ExceptionRaised: domain.ExceptionRaised{Shipment: id, Exception: "x1", Kind: domain.ExceptionOther, Detail: "wrong seal"}})
	}
	switch d.pick(30, 1, 1) {
	case 1:
		return // still on the road
	case 2:
		d.do(domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: id, Reason: "order withdrawn", At: at(3)}})
		return
	}
	d.do(domain.RecordMilestone{Milestone: domain.Milestone{Shipment: id, Stop: 2, Kind: domain.Unloaded, At: at(i % 27)}})
	if d.pick(25, 1) == 1 {
		return // no proof of delivery yet
	}
	if d.pick(20, 1) == 1 { // changed after it was accrued: the invoice will show a variance
		if s := d.state(id); len(s.Charges) > 0 && s.Charges[0].Status == domain.ChargeReady {
			d.do(domain.AmendCharge{ChargeAmended: domain.ChargeAmended{Shipment: id, Charge: s.Charges[0].ID, Amount: d.amount(currency, 500_000), RequestedBy: "billing", Reason: "weighed again"}})
		}
	}
	if d.pick(40, 1) == 1 { // given up after it was accrued
		d.do(domain.WaiveCharge{ChargeWaived: domain.ChargeWaived{Shipment: id, Charge: "FRT", By: "manager", Reason: "goodwill"}})
	}
	d.do(domain.ReceivePOD{PODReceived: domain.PODReceived{Shipment: id, Document: "pod-" + string(id), At: at(i % 27)}})
	d.do(domain.VerifyPOD{PODVerified: domain.PODVerified{Shipment: id, Outcome: domain.PODClean, By: "clerk"}})
	if d.pick(15, 1) == 1 { // detention comes in late
		d.charge(id, "LATE", domain.Accessorial, "DET", d.amount(currency, 40_000))
	}
}

func (d *desk) charge(id domain.ShipmentID, charge domain.ChargeID, kind domain.ChargeKind, code string, amount money.Money) {
	d.do(domain.EnterCharge{ChargeEntered: domain.ChargeEntered{Shipment: id, Charge: charge, Kind: kind, Code: code, Amount: amount, RequestedBy: "rating"}})
}

func (d *desk) accessorial(id domain.ShipmentID, currency money.Currency) {
	amount := money.FromMinor(60_000+d.rng.Int64N(9000), currency)
	d.charge(id, "DET", domain.Accessorial, "DET", amount)
	switch d.pick(6, 1, 1, 1) {
	case 0:
		d.do(domain.ApproveCharge{ChargeApproved: domain.ChargeApproved{Shipment: id, Charge: "DET", Amount: amount, By: "manager"}})
	case 1:
		d.do(domain.RejectCharge{ChargeRejected: domain.ChargeRejected{Shipment: id, Charge: "DET", By: "manager", Reason: "driver was late"}})
	case 2:
		d.do(domain.WaiveCharge{ChargeWaived: domain.ChargeWaived{Shipment: id, Charge: "DET", By: "manager", Reason: "goodwill"}})
	}
}

func (d *desk) state(id domain.ShipmentID) domain.Shipment {
	state, err := d.executor.State(context.Background(), id.Stream())
	require.NoError(d.t, err)
	return state.(domain.Shipment)
}

// corrections voids an invoice before it is posted, and approves its charges
// again.
func (d *desk) corrections() {
	for i, v := range d.issued {
		if i%7 != 3 {
			continue
		}
		d.do(domain.VoidInvoice{Invoice: v.Invoice, Reason: "wrong consignee", By: "billing"})
		d.approveAgain(v, i%2 == 0)
	}
}

// approveAgain approves the charges that came back from an invoice; or some of
// them, so that the others stay held.
func (d *desk) approveAgain(v domain.InvoiceIssued, all bool) {
	for i, line := range v.Lines {
		if all || i%2 == 0 {
			d.do(domain.ApproveCharge{ChargeApproved: domain.ChargeApproved{Shipment: line.Shipment, Charge: line.Charge, Amount: line.Amount, By: "manager"}})
		}
	}
}

// credits gives back a part of some invoices, and bills some again.
func (d *desk) credits() {
	for i, v := range d.issued {
		state, err := d.executor.State(context.Background(), v.Invoice.Stream())
		require.NoError(d.t, err)
		if invoice := state.(domain.Invoice); invoice.Status == domain.InvoiceIsVoid || len(invoice.Applied) > 0 {
			continue
		}
		if i%3 == 0 {
			line := v.Lines[0]
			d.do(domain.CreditInvoice{Invoice: v.Invoice, Credit: "part", Reason: "damage", By: "manager",
				Lines: []domain.CreditLine{{Shipment: line.Shipment, Charge: line.Charge, Amount: money.FromMinor(int64(100*line.Amount.Sign()), line.Amount.Currency())}}})
		}
		if i%5 == 0 {
			d.do(domain.CreditInvoice{Invoice: v.Invoice, Credit: "all", Rebill: true, Reason: "wrong payer", By: "manager"})
			d.approveAgain(v, i%2 == 0)
		}
	}
}

// cash has customers pay: in full, short, too much, and by a cheque that
// bounces.
func (d *desk) cash() {
	for i, v := range d.issued {
		if i%2 == 1 || v.Total.Sign() <= 0 {
			continue
		}
		state, err := d.executor.State(context.Background(), v.Invoice.Stream())
		require.NoError(d.t, err)
		if state.(domain.Invoice).Status == domain.InvoiceIsVoid {
			continue
		}
		amount := v.Total
		switch d.pick(6, 1, 1) {
		case 1:
			amount = money.FromMinor(777, v.Total.Currency())
		case 2:
			amount, err = v.Total.Add(money.FromMinor(1234, v.Total.Currency()))
			require.NoError(d.t, err)
		}
		id := domain.PaymentID(fmt.Sprintf("P%04d", i))
		receipt := d.receive(id, v, amount)
		d.do(domain.AllocatePayment{PaymentAllocated: domain.PaymentAllocated{Payment: id, Date: receipt.date, Allocations: []domain.Allocation{{Invoice: v.Invoice, Amount: amount}}}})
		if d.pick(8, 1) == 1 {
			back := d.erp.receipt(fmt.Sprintf("RCR-%04d", i), string(v.Candidate.Customer), "2026-06-01", amount, true)
			d.do(domain.ReversePayment{Payment: id, Document: back.number, Date: back.date, Reason: "cheque bounced"})
		}
	}
}

// receive has the ERP book a receipt of its own, and the history learn of it.
func (d *desk) receive(id domain.PaymentID, v domain.InvoiceIssued, amount money.Money) *erpDocument {
	receipt := d.erp.receipt("RC-"+string(id), string(v.Candidate.Customer), v.DueDate, amount, false)
	d.do(domain.ReceivePayment{PaymentReceived: domain.PaymentReceived{Payment: id, Customer: v.Candidate.Customer, Document: receipt.number,
		Invoice: v.Number, Amount: amount, Date: receipt.date, Source: "erp"}})
	return receipt
}
