package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/stretchr/testify/require"
)

func writeOff(t testing.TB, h domaintest.History, amount string) domain.WrittenOff {
	t.Helper()
	h = played(t, h, askWriteOff("W1", amount))
	asked := h[len(h)-1].(domain.WriteOffRequested).Amount
	return domaintest.When(t, h, approveWriteOff("W1", asked.Amount().String(), "finance lead")).Events()[0].(domain.WrittenOff)
}

func TestADiscountEndsWithItsInvoiceAndLosesNothingBefore(t *testing.T) {
	require.Equal(t, []domain.CreditLine{creditLine("A", "110.00", "0.00"), creditLine("D", "-10.00", "0.00")}, writeOff(t, discounted(t), "").Lines)
	require.Equal(t, []domain.CreditLine{creditLine("A", "40.00", "0.00")}, writeOff(t, discounted(t), "40.00").Lines)
}

func TestAContestedDiscountLeavesNoMoreToWriteOffThanIsOpen(t *testing.T) {
	h := played(t, discounted(t), dispute("D1", creditLine("D", "-10.00", "0.00")))
	h = played(t, h, domain.CreditInvoice{Invoice: invoice, Credit: "C1", Rebill: true, Date: "2024-05-02", Reason: "wrong rate", By: "billing desk"})
	require.Equal(t, "0.00", openAmount(t, h))
	domaintest.When(t, h, askWriteOff("W1", "")).Refused(domain.Conflict)
	domaintest.When(t, h, askWriteOff("W1", "10.00")).Refused(domain.Conflict)
}

func TestWhatWasCreditedIsNotWrittenOff(t *testing.T) {
	h := played(t, issued(t), credit("C1", creditLine("A", "100.00", "5.00")))
	require.Equal(t, []domain.CreditLine{creditLine("B", "40.00", "2.00")}, writeOff(t, h, "").Lines)
}

func TestRule18WhatIsDisputedAfterAWriteOffWasAskedForIsNotGivenUp(t *testing.T) {
	// Given 47.00 open of 147.00, a request to give them up, and a dispute of all of them
	h := played(t, issued(t), pay("P1", "100.00"), askWriteOff("W1", ""), dispute("D1", creditLine("A", "44.76", "2.24")))
	// Then the lines would bear it, but nothing of what is open is undisputed
	domaintest.When(t, h, approveWriteOff("W1", "47.00", "finance lead")).Refused(domain.Conflict).ByRule(18)
	domaintest.When(t, h, askWriteOff("W1", "47.00")).Refused(domain.Conflict)
}

func TestAWriteOffIsAskedForByOneWithAReasonAndInWholeCents(t *testing.T) {
	h := issued(t)
	of := func(change func(*domain.RequestWriteOff)) domain.RequestWriteOff {
		c := askWriteOff("W1", "47.00")
		change(&c)
		return c
	}
	for name, change := range map[string]func(*domain.RequestWriteOff){
		"no id":           func(c *domain.RequestWriteOff) { c.WriteOff = "" },
		"no stream's id":  func(c *domain.RequestWriteOff) { c.WriteOff = "W 1" },
		"no reason":       func(c *domain.RequestWriteOff) { c.Reason = "" },
		"nobody":          func(c *domain.RequestWriteOff) { c.By = "" },
		"no day":          func(c *domain.RequestWriteOff) { c.Date = "" },
		"parts of a cent": func(c *domain.RequestWriteOff) { c.Amount = usd("47.001") },
	} {
		t.Run(name, func(t *testing.T) { domaintest.When(t, h, of(change)).Refused(domain.Invalid) })
	}
	domaintest.When(t, h, of(func(c *domain.RequestWriteOff) { c.Amount = usd("0.00") })).Refused(domain.Conflict)
	domaintest.When(t, h, of(func(c *domain.RequestWriteOff) { c.Amount = usd("147.01") })).Refused(domain.Conflict)
	domaintest.When(t, h, of(func(c *domain.RequestWriteOff) { c.Amount = eur("47.00") })).Refused(domain.Conflict)

	// While one waits it is asked for once, and no other
	asked := played(t, h, askWriteOff("W1", "47.00"))
	domaintest.When(t, asked, askWriteOff("W1", "47.00")).Nothing()
	domaintest.When(t, asked, of(func(c *domain.RequestWriteOff) { c.Amount = usd("46.00") })).Refused(domain.Conflict)
	domaintest.When(t, asked, of(func(c *domain.RequestWriteOff) { c.By = "somebody else" })).Refused(domain.Conflict)
	domaintest.When(t, asked, askWriteOff("W2", "47.00")).Refused(domain.Conflict)
}

func TestAWriteOffIsDeclinedOrReversedBySomebodyWithAReason(t *testing.T) {
	decline := func(id, by, reason string) domain.DeclineWriteOff {
		return domain.DeclineWriteOff{WriteOffDeclined: domain.WriteOffDeclined{Invoice: invoice, WriteOff: id, By: by, Reason: reason}}
	}
	reverse := func(id, by, reason string) domain.ReverseWriteOff {
		return domain.ReverseWriteOff{Invoice: invoice, WriteOff: id, Date: "2024-11-15", By: by, Reason: reason}
	}
	asked := played(t, issued(t), askWriteOff("W1", "47.00"))
	domaintest.When(t, asked, decline("W1", "", "they pay")).Refused(domain.Invalid)
	domaintest.When(t, asked, decline("W1", "finance lead", "")).Refused(domain.Invalid)
	domaintest.When(t, asked, decline("W2", "finance lead", "they pay")).Nothing()
	domaintest.When(t, asked, decline("W1", "finance lead", "they pay")).Then(decline("W1", "finance lead", "they pay").WriteOffDeclined)

	gone := played(t, asked, approveWriteOff("W1", "47.00", "finance lead"))
	domaintest.When(t, gone, reverse("W1", "", "a mistake")).Refused(domain.Invalid)
	domaintest.When(t, gone, reverse("W1", "finance desk", "")).Refused(domain.Invalid)
	domaintest.When(t, gone, reverse("W2", "finance desk", "a mistake")).Refused(domain.NotFound)
	undated := reverse("W1", "finance desk", "a mistake")
	undated.Date = "some day"
	domaintest.When(t, gone, undated).Refused(domain.Invalid)

	// Each reversal has a number of its own, and ends what waits for approval: another balance is open (rule 18)
	back := played(t, gone, reverse("W1", "finance desk", "a mistake"))
	domaintest.When(t, back, reverse("W1", "finance desk", "a mistake")).Nothing()
	second := played(t, back, askWriteOff("W2", "10.00"), approveWriteOff("W2", "10.00", "finance lead"), askWriteOff("W3", "5.00"), reverse("W2", "finance desk", "a mistake"))
	require.Equal(t, "WOR-"+number+"-2", second[len(second)-1].(domain.WriteOffReversed).Document)
	domaintest.When(t, second, approveWriteOff("W3", "5.00", "finance lead")).Refused(domain.Conflict).ByRule(18)
}

func TestASmallRestIsGivenUpOnceAndWithItsReason(t *testing.T) {
	small := domain.WriteOffSmall{Invoice: invoice, Payment: "P1", Date: "2024-05-10", Amount: usd("0.40")}
	h := played(t, issued(t), pay("P1", "146.60"))
	require.Equal(t, "within the customer's tolerance", domaintest.When(t, h, small).Events()[0].(domain.WrittenOff).Reason)
	// Reversed by hand, it stays owed
	back := played(t, h, small, domain.ReverseWriteOff{Invoice: invoice, WriteOff: "small-P1", Date: "2024-05-12", Reason: "they pay", By: "finance desk"})
	require.Equal(t, "0.40", openAmount(t, back))
	domaintest.When(t, back, small).Nothing()
	small.Reason = "59"
	require.Equal(t, "within the customer's tolerance: 59", domaintest.When(t, h, small).Events()[0].(domain.WrittenOff).Reason)
	// Of an invoice that is paid there is none
	small.Amount = usd("0.00")
	domaintest.When(t, played(t, issued(t), pay("P1", "147.00")), small).Nothing()
}

func TestCashThatPaysWhatIsOpenTakesNoWriteOffBack(t *testing.T) {
	h := played(t, issued(t), askWriteOff("W1", "47.00"), approveWriteOff("W1", "47.00", "finance lead"))
	require.Equal(t, []string{"PaymentApplied"}, types(domaintest.When(t, h, pay("P1", "100.00")).Events()))
}

func TestWhatOfAWriteOffIsPaidAfterAllStandsNoLonger(t *testing.T) {
	h := played(t, issuedWith(t, line("A", "100.00", "0.00")), askWriteOff("W1", ""), approveWriteOff("W1", "100.00", "finance lead"), pay("P1", "30.00"))
	lost, err := domaintest.Fold[domain.Invoice](h...).WrittenOff()
	require.NoError(t, err)
	require.Equal(t, usd("70.00"), lost)
}

func TestALineIsCreditedInAmountAndTaxApart(t *testing.T) {
	amount, tax := creditLine("A", "60.00", "0.00"), creditLine("A", "0.00", "3.00")
	amount.Tax, tax.Amount = money.Money{}, money.Money{}
	h := played(t, issued(t), credit("C1", amount), credit("C2", tax))
	require.Equal(t, []domain.CreditLine{creditLine("A", "40.00", "2.00"), creditLine("B", "40.00", "2.00")},
		domaintest.When(t, h, credit("C3")).Events()[0].(domain.CreditRequested).Lines)
	// A line that states no tax has none
	untaxed := line("A", "100.00", "0.00")
	untaxed.Tax = money.Money{}
	require.Equal(t, []domain.CreditLine{creditLine("A", "100.00", "0.00")}, domaintest.When(t, issuedWith(t, untaxed), credit("C1")).Events()[0].(domain.CreditRequested).Lines)
}

func TestADisputedDiscountThatIsCreditedLeavesNothingToGiveUpOrContest(t *testing.T) {
	// Given a discount that is disputed, and then given back with its invoice
	h := played(t, discounted(t), dispute("D1", creditLine("D", "-5.00", "0.00")), credit("C1"))
	require.Equal(t, "0.00", openAmount(t, h))
	domaintest.When(t, h, askWriteOff("W1", "")).Refused(domain.Conflict)
	domaintest.When(t, h, dispute("D2", creditLine("D", "5.00", "0.00"))).Refused(domain.Invalid).ByRule(38)
	// or given back alone, then the other line bears all that is given up
	h = played(t, discounted(t), dispute("D1", creditLine("D", "-5.00", "0.00")), credit("C1", creditLine("D", "-10.00", "0.00")))
	require.Equal(t, "110.00", openAmount(t, h))
	require.Equal(t, []domain.CreditLine{creditLine("A", "110.00", "0.00")}, writeOff(t, h, "").Lines)
}

func TestADisputedDiscountDoesNotRaiseWhatIsUndisputed(t *testing.T) {
	h := played(t, discounted(t), dispute("D1", creditLine("D", "-5.00", "0.00")))
	domaintest.When(t, h, askWriteOff("W1", "100.01")).Refused(domain.Conflict)
	require.Equal(t, usd("100.00"), domaintest.When(t, h, askWriteOff("W1", "")).Events()[0].(domain.WriteOffRequested).Amount)
}

func TestWhatIsDisputedAndCreditedIsTakenOffOnce(t *testing.T) {
	// Given a dispute of a line that is credited by hand meanwhile, then nothing of what is open is contested
	h := played(t, issued(t), dispute("D1", creditLine("A", "60.00", "3.00")), credit("C1", creditLine("A", "100.00", "5.00")))
	item, _, err := domaintest.Fold[domain.Invoice](h...).OpenItem()
	require.NoError(t, err)
	require.Equal(t, [2]string{"42.00", "0.00"}, [2]string{item.Open.Format(), item.Disputed.Format()})
	require.Equal(t, []domain.CreditLine{creditLine("B", "40.00", "2.00")}, writeOff(t, h, "").Lines)

	// and each line bears what is left of it, also beside a discount that is disputed and credited
	h = issuedWith(t, line("A", "110.00", "0.00"), line("B", "100.00", "0.00"), line("D", "-10.00", "0.00"))
	h = played(t, h, dispute("D1", creditLine("A", "50.00", "0.00")), dispute("D2", creditLine("D", "-10.00", "0.00")), credit("C1", creditLine("D", "-10.00", "0.00")))
	require.Equal(t, []domain.CreditLine{creditLine("A", "60.00", "0.00"), creditLine("B", "100.00", "0.00")}, writeOff(t, h, "").Lines)
}
