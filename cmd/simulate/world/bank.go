package world

import (
	"fmt"
	"net/http"
	"time"

	"github.com/freightledger/freightledger/cmd/simulate/kernel"
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

// bank is the other side of the ERP: its people, who keep customers and months,
// and the bank, whose receipts reach it.
type bank struct {
	w        *World
	inactive map[int]bool
	receipts map[domain.PaymentID]string
	again    map[domain.PaymentID]bool
	closed   []string
}

// begin tells the ERP of the customers.
func (b *bank) begin() {
	b.inactive, b.again, b.receipts = map[int]bool{}, map[domain.PaymentID]bool{}, map[domain.PaymentID]string{}
	for i := range b.w.cfg.customers {
		b.w.customers = append(b.w.customers, domain.CustomerID(fmt.Sprintf("C%d", i+1)))
		b.put(i)
	}
}

func (b *bank) put(i int) {
	active := !b.inactive[i]
	k := b.w.k
	err := b.w.bankDo(http.MethodPost, "/customers:batch", sandboxerp.CustomerBatch{Customers: []sandboxerp.CustomerInput{{Code: string(b.w.customers[i]),
		Name: "Customer " + string(b.w.customers[i]), TermsDays: k.Int(4) * 10, CreditStatus: kernel.Pick(k, []string{"good", "good", "hold"}), Active: &active}}}, nil)
	b.must(err)
}

func (b *bank) must(err error) {
	if err != nil {
		b.w.k.Fail("simulator", "%v", err)
	}
}

// changeCustomer changes a customer's master data in the ERP.
func (b *bank) changeCustomer() {
	if b.w.erp == nil {
		return
	}
	i := b.w.k.Int(len(b.w.customers))
	b.inactive[i] = b.w.k.OneIn(4)
	b.w.k.Tracef("customer %s changes, inactive %t", b.w.customers[i], b.inactive[i])
	b.put(i)
	b.w.wakeAll("customers", b.w.k.During(0, 6*time.Hour))
}

// receive has a customer pay an invoice, or something else.
func (b *bank) receive() {
	p, k := b.w.people, b.w.k
	v, ok := p.invoice()
	if !ok {
		return
	}
	open, err := v.Open()
	if err != nil {
		return
	}
	amount := p.amount(v.Total.Currency(), 100_000)
	if open.Sign() > 0 {
		amount = open
		if k.OneIn(3) {
			amount = p.part(open)
		}
	}
	switch k.Int(4) {
	case 0:
		b.pays(v.Candidate.Customer, "", "no advice", amount, 0)
	default:
		b.pays(v.Candidate.Customer, v.Number, "", amount, 0)
	}
}

// pays has money reach the bank in a while.
func (b *bank) pays(customer domain.CustomerID, invoice, remittance string, amount money.Money, in time.Duration) {
	if amount.Sign() <= 0 {
		return
	}
	k := b.w.k
	k.After(in, "payment", func() {
		if b.w.account.takes(amount) {
			b.w.account.receive(customer, invoice, remittance, amount)
			return
		}
		if b.w.erp == nil {
			b.pays(customer, invoice, remittance, amount, time.Hour)
			return
		}
		var receipt sandboxerp.Receipt
		b.must(b.w.bankDo(http.MethodPost, "/receipts", sandboxerp.ReceiptInput{Customer: string(customer), Invoice: invoice, Remittance: remittance, Reference: "wire",
			Amount: amount.Amount().String(), Currency: string(amount.Currency()), Date: b.openDay()}, &receipt))
		k.Tracef("bank: %s pays %s as %s", customer, amount, receipt.Number)
		k.Count("seen: receipt")
		b.w.wakeAll("cash", k.During(0, 6*time.Hour))
	})
}

// openDay is today, or the first day of the next open month.
func (b *bank) openDay() string {
	day := b.w.k.Now().UTC()
	for _, month := range b.closed { // in order
		if day.Format("2006-01") == month {
			day = time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		}
	}
	return day.Format(domain.DayLayout)
}

// takeBack has a payment bounce.
func (b *bank) takeBack() {
	p, k := b.w.people, b.w.k
	if b.w.account.id != "" && k.OneIn(2) {
		b.w.account.bounce()
		return
	}
	id, ok := anyOf(k, p.payments)
	payment := state[domain.Payment](b.w, id.Stream())
	if !ok || b.again[id] || payment.Reversed || !payment.Received || payment.Own || b.w.erp == nil {
		return
	}
	var back sandboxerp.Returned
	if err := b.w.bankDo(http.MethodPost, "/receipts/"+b.receipts[id]+"/return", sandboxerp.ReturnInput{Date: b.openDay(), Reason: "returned by the bank"}, &back); err != nil {
		k.Tracef("bank: %s cannot be taken back now: %v", b.receipts[id], err)
		return
	}
	b.again[id] = true
	k.Count("seen: receipt taken back")
	p.ask(domain.ReversePayment{Payment: id, Document: back.Number, Date: back.Date, Reason: "returned by the bank"})
}

// closeMonth closes the month before, or opens it again.
func (b *bank) closeMonth() {
	if b.w.erp == nil {
		return
	}
	month := b.w.k.Now().UTC().AddDate(0, 0, -b.w.k.Int(35)).Format("2006-01")
	b.setPeriod(month, "closed")
	b.closed = append(b.closed, month)
	b.w.k.Count("fault: month closed")
}

func (b *bank) setPeriod(month, status string) {
	b.w.k.Tracef("ERP: month %s is %s", month, status)
	b.must(b.w.bankDo(http.MethodPut, "/periods/"+month, sandboxerp.PeriodInput{Status: status}, nil))
}

// heal undoes what people at the ERP did that keeps documents out.
func (b *bank) heal() {
	for i := range b.w.customers {
		if b.inactive[i] {
			b.inactive[i] = false
			b.put(i)
		}
	}
}
