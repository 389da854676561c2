package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/stretchr/testify/require"
)

func TestAnAdviceThatComesAgainSaysTheSameOrContradicts(t *testing.T) {
	item := func(change func(*domain.RemittanceItem)) domain.AnnounceRemittance {
		i := domain.RemittanceItem{Document: "A", Gross: usd("100.00"), Paid: usd("80.00"), Place: "RMR 1",
			Adjustments: []domain.Adjustment{{Amount: usd("-20.00"), Reason: "59", Line: "B"}}}
		change(&i)
		return remittance("80.00", i)
	}
	as := func(*domain.RemittanceItem) {}
	h := played(t, nil, item(as))
	require.Len(t, h, 1, "it foots without a discount")
	domaintest.When(t, h, item(as)).Nothing()
	domaintest.When(t, h, item(func(i *domain.RemittanceItem) { i.Place = "RMR 7" })).Nothing()
	for name, change := range map[string]func(*domain.RemittanceItem){
		"another invoice":    func(i *domain.RemittanceItem) { i.Document = "B" },
		"another gross":      func(i *domain.RemittanceItem) { i.Gross = usd("99.00") },
		"another discount":   func(i *domain.RemittanceItem) { i.Discount = usd("1.00") },
		"another payment":    func(i *domain.RemittanceItem) { i.Paid = usd("79.00") },
		"another deduction":  func(i *domain.RemittanceItem) { i.Adjustments[0].Amount = usd("-19.00") },
		"for another reason": func(i *domain.RemittanceItem) { i.Adjustments[0].Reason = "L1" },
		"of another line":    func(i *domain.RemittanceItem) { i.Adjustments[0].Line = "A" },
	} {
		t.Run(name, func(t *testing.T) { domaintest.When(t, h, item(change)).Refused(domain.Conflict) })
	}
	below, none := remittance("-1.00"), remittance("1.00")
	none.Amount = money.Money{}
	domaintest.When(t, nil, below).Refused(domain.Invalid)
	domaintest.When(t, nil, none).Refused(domain.Invalid)
}

func TestAReceiptHasAnAmountANumberAndADay(t *testing.T) {
	for name, change := range map[string]func(*domain.ReceivePayment){
		"of nothing":     func(c *domain.ReceivePayment) { c.Amount = usd("0.00") },
		"less":           func(c *domain.ReceivePayment) { c.Amount = usd("-1.00") },
		"without number": func(c *domain.ReceivePayment) { c.Document = "" },
		"on no day":      func(c *domain.ReceivePayment) { c.Date = "" },
	} {
		t.Run(name, func(t *testing.T) {
			c := receipt("100.00")
			change(&c)
			domaintest.When(t, nil, c).Refused(domain.Invalid)
		})
	}
	silent := domain.ReversePayment{Payment: "P1", Document: "RC-1-R", Date: "2024-05-20"}
	domaintest.When(t, played(t, nil, receipt("100.00")), silent).Refused(domain.Invalid)
}

func TestCashIsMeantForInvoicesInPartsThatArePositive(t *testing.T) {
	h := played(t, nil, receipt("100.00"))
	part := func(v domain.InvoiceID, amount string, kept ...domain.Deduction) domain.Allocation {
		return domain.Allocation{Invoice: v, Amount: usd(amount), Deductions: kept}
	}
	domaintest.When(t, h, allocate(part(invoice, "0.00"))).Refused(domain.Invalid).ByRule(47)
	domaintest.When(t, h, allocate(part(invoice, "50.00", kept("A", "59", "0.00")))).Refused(domain.Invalid)
	// An invoice that is named twice keeps all of its deductions
	domaintest.When(t, h, allocate(part(invoice, "50.00", kept("A", "59", "1.00")), part(invoice, "10.00", kept("B", "L1", "2.00")))).
		Then(allocate(part(invoice, "60.00", kept("A", "59", "1.00"), kept("B", "L1", "2.00"))).PaymentAllocated)

	// What is taken back comes from the invoice it was meant for
	h = played(t, h, allocate(part("other", "60.00"), part(invoice, "30.00")))
	reduce := func(v domain.InvoiceID, by string) domain.ReduceAllocation {
		return domain.ReduceAllocation{AllocationReduced: domain.AllocationReduced{Payment: "P1", Invoice: v, By: usd(by)}}
	}
	domaintest.When(t, h, reduce(invoice, "30.01")).Refused(domain.Conflict)
	domaintest.When(t, h, reduce(invoice, "0.00")).Refused(domain.Conflict)
	domaintest.When(t, h, reduce("a third", "1.00")).Nothing()
	allocations := domaintest.Fold[domain.Payment](played(t, h, reduce(invoice, "30.00"))...).Allocations
	require.Equal(t, [2]money.Money{usd("60.00"), usd("0.00")}, [2]money.Money{allocations[0].Amount, allocations[1].Amount})
}
