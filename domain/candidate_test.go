package domain_test

import (
	"fmt"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/stretchr/testify/require"
)

// lines are n lines of a cent.
func lines(n int, prefix string) []domain.BillLine {
	all := make([]domain.BillLine, n)
	for i := range all {
		all[i] = line(domain.ChargeID(fmt.Sprint(prefix, i)), "0.01", "0.00")
	}
	return all
}

func TestAnInvoiceThatIsFullLeavesLinesToTheNext(t *testing.T) {
	domaintest.When(t, nil, addLines(lines(domain.MaxInvoiceLines+1, "A")...)).Refused(domain.Invalid)
	require.Equal(t, []string{"CandidateOpened", "LinesAdded"}, types(domaintest.When(t, nil, addLines(lines(domain.MaxInvoiceLines, "A")...)).Events()))
	full := domaintest.Given(domain.CandidateOpened{Invoice: invoice, Candidate: candidate(), BillingDate: "2024-03-31"}, domain.LinesAdded{Invoice: invoice, Shipment: shipment, Lines: lines(domain.MaxInvoiceLines-1, "A")})
	require.Equal(t, []string{"LinesAdded"}, types(domaintest.When(t, full, addLines(line("B", "1.00", "0.00"))).Events()))
	domaintest.When(t, full, addLines(lines(2, "B")...)).Then(domain.LinesDeclined{Invoice: invoice, Shipment: shipment, Charges: []domain.ChargeID{"B0", "B1"}, Next: candidate().Next(), Reason: "candidate is full"})
}

func TestALineIsThereByItsShipmentAndCharge(t *testing.T) {
	h := played(t, nil, addLines(line("A", "100.00", "0.00")))
	elsewhere := line("A", "7.00", "0.00")
	elsewhere.Shipment = "SH-2"
	c := addLines(elsewhere)
	c.Shipment = "SH-2"
	require.Len(t, domaintest.When(t, h, c).Events(), 1)
	require.Len(t, domaintest.When(t, h, addLines(line("B", "7.00", "0.00"))).Events(), 1)
}

func TestAPeriodIsAMonthAWeekOrADay(t *testing.T) {
	c := addLines(line("A", "100.00", "0.00"))
	c.Candidate.Period = "2024-13"
	domaintest.When(t, nil, c).Refused(domain.Invalid)
}

func TestRule12ACreditToBeBilledAgainFreesTheLinesThatItGivesBack(t *testing.T) {
	// Given an invoice of A, which was credited because it is not owed, and B, which is to be billed otherwise
	again := credit("C2")
	again.Rebill = true
	h := played(t, issued(t), credit("C1", creditLine("A", "100.00", "5.00")), domain.IssueCredit{Invoice: invoice, Credit: "C1", Number: "CM-2024-000001"},
		again, domain.IssueCredit{Invoice: invoice, Credit: "C2", Number: "CM-2024-000002"})
	// Then B is billed anew, and A is not
	require.Equal(t, []string{"LinesDeclined"}, types(domaintest.When(t, h, addLines(line("B", "30.00", "1.50"))).Events()))
	domaintest.When(t, h, addLines(line("A", "90.00", "4.50"))).Nothing()
}

func TestACandidateThatIsHeldOrSealedSaysWhy(t *testing.T) {
	h := played(t, nil, addLines(line("A", "100.00", "0.00")))
	domaintest.When(t, h, domain.HoldInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: invoice, By: "billing desk"}}).Refused(domain.Invalid)

	// A hold that a person ends is allowed from then on, one of two leaves it held
	hold := func(reason string) domain.BlockInvoice {
		return domain.BlockInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: invoice, Reason: reason}}
	}
	free := domain.ReleaseHold{HoldReleased: domain.HoldReleased{Invoice: invoice, Reason: domain.HoldByHand, By: "finance desk"}}
	held := played(t, h, hold(domain.HoldByHand), hold("customer asked"), free)
	v := domaintest.Fold[domain.Invoice](held...)
	require.Equal(t, domain.InvoiceIsHeld, v.Status)
	require.Equal(t, []string{domain.HoldByHand}, v.Allowed)
}

func TestLinesBelowNoughtHoldACandidateUntilOthersComeToMore(t *testing.T) {
	seal := domain.SealCandidate{Invoice: invoice, TermsDays: 30}
	h := played(t, nil, addLines(line("D", "-10.00", "0.00")), seal)
	domaintest.When(t, h, seal).Nothing()
	// The line that makes it positive ends the hold, with nobody in between
	more := played(t, h, addLines(line("A", "100.00", "0.00")))
	v := domaintest.Fold[domain.Invoice](more...)
	require.Equal(t, domain.InvoiceOpen, v.Status)
	require.Empty(t, v.Holds)
	require.Empty(t, v.Allowed, "nobody allowed it")
	untaxed := line("B", "1.00", "0.00")
	untaxed.Tax = money.Money{}
	sealed := domaintest.When(t, played(t, more, addLines(untaxed)), seal).Events()[0].(domain.CandidateSealed)
	require.Equal(t, [3]money.Money{usd("91.00"), usd("0.00"), usd("91.00")}, [3]money.Money{sealed.Net, sealed.Tax, sealed.Total})
}

func TestACreditNamesLinesThatTheInvoiceHas(t *testing.T) {
	h := issued(t)
	domaintest.When(t, h, credit("C1", creditLine("Z", "1.00", "0.00"))).Refused(domain.NotFound)
	of := func(change func(*domain.CreditInvoice)) domain.CreditInvoice {
		c := credit("C1", creditLine("A", "1.00", "0.00"))
		change(&c)
		return c
	}
	for name, change := range map[string]func(*domain.CreditInvoice){"no id": func(c *domain.CreditInvoice) { c.Credit = "" }, "no reason": func(c *domain.CreditInvoice) { c.Reason = "" }, "nobody": func(c *domain.CreditInvoice) { c.By = "" }} {
		t.Run(name, func(t *testing.T) { domaintest.When(t, h, of(change)).Refused(domain.Invalid) })
	}
	// The kind of a charge is its line's, whatever the desk says; what the desk said stays as it was
	wrong := creditLine("A", "1.00", "0.00")
	wrong.Kind = domain.Insurance
	c := credit("C1", wrong)
	require.Equal(t, domain.Freight, domaintest.When(t, h, c).Events()[0].(domain.CreditRequested).Lines[0].Kind)
	require.Equal(t, domain.Insurance, c.Lines[0].Kind)
	// A credit is asked for once
	domaintest.When(t, played(t, h, c), credit("C1", creditLine("A", "2.00", "0.00"))).Nothing()
}

func TestAVoidSaysWhoAndWhyAndHasADay(t *testing.T) {
	void := func(change func(*domain.VoidInvoice)) domain.VoidInvoice {
		c := domain.VoidInvoice{Invoice: invoice, Date: "2024-04-02", Reason: "wrong customer", By: "billing desk"}
		change(&c)
		return c
	}
	h := issued(t)
	domaintest.When(t, h, void(func(c *domain.VoidInvoice) { c.Reason = "" })).Refused(domain.Invalid)
	domaintest.When(t, h, void(func(c *domain.VoidInvoice) { c.By = "" })).Refused(domain.Invalid)
	domaintest.When(t, h, void(func(c *domain.VoidInvoice) { c.Date = "soon" })).Refused(domain.Invalid)
	day := func(change func(*domain.VoidInvoice)) string {
		return domaintest.When(t, h, void(change)).Events()[0].(domain.InvoiceVoided).Date
	}
	require.Equal(t, "2024-04-02", day(func(*domain.VoidInvoice) {}))
	require.Equal(t, "2024-03-31", day(func(c *domain.VoidInvoice) { c.Date = "" }), "of its issue")
}
