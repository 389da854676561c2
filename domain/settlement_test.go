package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

func statusOf(h domaintest.History) domain.InvoiceStatus {
	return domaintest.Fold[domain.Invoice](h...).Status
}

func TestCashForAnInvoiceThatIsCreditedStaysWithItsPayment(t *testing.T) {
	// Given an invoice of 147.00 of which 100.00 were paid and then all is credited
	h := played(t, issued(t), pay("P1", "100.00"), credit("C1"))
	require.Equal(t, "-100.00", openAmount(t, h))
	// Then it takes no cash
	e := domaintest.When(t, h, pay("P2", "10.00")).Events()[0].(domain.PaymentApplied)
	require.Equal(t, [3]string{"0.00", "10.00", "0.00"}, [3]string{e.Amount.Format(), e.Excess.Format(), e.Residual.Format()})
}

func TestAnInvoiceIsPaidCreditedOrGivenUpByWhatEndedIt(t *testing.T) {
	all := []domain.Command{credit("C1"), domain.IssueCredit{Invoice: invoice, Credit: "C1", Number: "CM-2024-000001"}}
	require.Equal(t, domain.InvoiceCredited, statusOf(played(t, issued(t), all...)))
	require.Equal(t, domain.InvoiceIsPaid, statusOf(played(t, issued(t), credit("C1", creditLine("A", "100.00", "5.00")), pay("P1", "42.00"))))
	require.Equal(t, domain.InvoiceIsShort, statusOf(played(t, issued(t), credit("C1", creditLine("A", "100.00", "5.00")), pay("P1", "41.99"))))
	require.Equal(t, domain.InvoiceIsIssued, statusOf(played(t, issued(t), credit("C1", creditLine("A", "100.00", "5.00")))))
	require.Equal(t, domain.InvoiceWrittenOff, statusOf(played(t, issued(t), pay("P1", "100.00"), askWriteOff("W1", ""), approveWriteOff("W1", "47.00", "finance lead"))))
	require.Equal(t, domain.InvoiceIsIssued, statusOf(played(t, issued(t), askWriteOff("W1", "47.00"), approveWriteOff("W1", "47.00", "finance lead"))), "100.00 are owed")
	// An invoice of nothing is paid as it is issued
	require.Equal(t, domain.InvoiceIsPaid, statusOf(issuedWith(t, line("A", "10.00", "0.00"), line("D", "-10.00", "0.00"))))
	// Cash that went back is none; what the ERP holds is posted
	posted := played(t, issued(t), domain.MarkPosted{InvoicePosted: domain.InvoicePosted{Invoice: invoice, Number: number}}, pay("P1", "147.00"))
	require.Equal(t, domain.InvoiceIsPaid, statusOf(posted))
	require.Equal(t, domain.InvoiceIsPosted, statusOf(played(t, posted, domain.UnapplyPayment{Invoice: invoice, Payment: "P1", Date: "2024-05-20"})))
}

func TestOnlyTheBouncedPaymentAndWhatWasGivenUpForItComeBack(t *testing.T) {
	unapply := func(p domain.PaymentID) domain.UnapplyPayment {
		return domain.UnapplyPayment{Invoice: invoice, Payment: p, Date: "2024-05-20"}
	}
	small := domain.WriteOffSmall{Invoice: invoice, Payment: "P2", Date: "2024-05-10", Amount: usd("0.40")}
	h := played(t, issued(t), pay("P1", "100.00"), pay("P2", "46.60"), small)
	require.Equal(t, []string{"PaymentUnapplied"}, types(domaintest.When(t, h, unapply("P1")).Events()))
	events := domaintest.When(t, h, unapply("P2")).Events()
	require.Equal(t, usd("46.60"), events[0].(domain.PaymentUnapplied).Amount)
	require.Equal(t, domain.WriteOffReversed{Invoice: invoice, Number: number, Customer: customer, Document: "WOR-" + number + "-1", WriteOff: "small-P2", Date: "2024-05-20",
		Amount: usd("0.40"), Small: true, Reason: "payment P2 was reversed", By: "freightledger", Lines: givenUp(h)}, events[1])
	// What was reversed by hand before is not reversed twice
	byHand := domain.ReverseWriteOff{Invoice: invoice, WriteOff: "small-P2", Date: "2024-05-12", Reason: "they paid it", By: "finance desk"}
	require.Equal(t, []string{"PaymentUnapplied"}, types(domaintest.When(t, played(t, h, byHand), unapply("P2")).Events()))
}

// givenUp are the lines that a history's last write-off gave up.
func givenUp(h domaintest.History) []domain.CreditLine {
	return h[len(h)-1].(domain.WrittenOff).Lines
}

func TestAShortPaysCaseIsNumberedWithinItsInvoice(t *testing.T) {
	first := pay("P1", "100.00")
	first.Reason = "CS"
	second := pay("P2", "20.00")
	second.Reason = "59"
	h := played(t, issued(t), first, second)
	e := h[len(h)-1].(domain.ShortPaid)
	require.Equal(t, domain.ShortPaid{Invoice: invoice, Number: number, Customer: customer, Payment: "P2", Case: number + "-S2", Date: "2024-05-10",
		Open: usd("47.00"), Residual: usd("27.00"), Reason: "59", Parts: []domain.ShortPart{part("", "59", "27.00")}}, e)
}

func TestNothingIsSettledOfAnInvoiceThatIsNotOut(t *testing.T) {
	sealed := played(t, nil, addLines(line("A", "100.00", "0.00")), domain.SealCandidate{Invoice: invoice, TermsDays: 30})
	void := played(t, issued(t), domain.VoidInvoice{Invoice: invoice, Reason: "wrong", By: "billing desk"})
	for name, c := range map[string]domain.Command{"cash": pay("P1", "10.00"), "a dispute": dispute("D1", creditLine("A", "1.00", "0.00")), "a short pay": contestShortPay,
		"a write-off": askWriteOff("W1", "1.00"), "its approval": approveWriteOff("W1", "1.00", "finance lead"),
		"its decline":  domain.DeclineWriteOff{WriteOffDeclined: domain.WriteOffDeclined{Invoice: invoice, WriteOff: "W1", Reason: "they pay", By: "finance lead"}},
		"its reversal": domain.ReverseWriteOff{Invoice: invoice, WriteOff: "W1", Date: "2024-11-15", Reason: "a mistake", By: "finance desk"},
		"a small rest": domain.WriteOffSmall{Invoice: invoice, Payment: "P1", Date: "2024-05-10", Amount: usd("1.00")}} {
		t.Run(name, func(t *testing.T) {
			domaintest.When(t, nil, c).Refused(domain.NotFound)
			domaintest.When(t, sealed, c).Refused(domain.NotReady)
			if name != "cash" { // it goes back to its payment: rule 47
				domaintest.When(t, void, c).Refused(domain.TooLate)
			}
		})
	}
}

func TestARefundSaysWhatWhyAndWho(t *testing.T) {
	h := played(t, nil, receipt("100.00"))
	for name, change := range map[string]func(*domain.RefundPayment){
		"no id": func(c *domain.RefundPayment) { c.Refund = "" }, "no reason": func(c *domain.RefundPayment) { c.Reason = "" },
		"asked for by nobody": func(c *domain.RefundPayment) { c.RequestedBy = "" }, "no day": func(c *domain.RefundPayment) { c.Date = "" },
	} {
		t.Run(name, func(t *testing.T) {
			c := domain.RefundPayment{Payment: "P1", Refund: "R1", Date: "2024-06-03", Reason: "paid too much", RequestedBy: "a", ApprovedBy: "b"}
			change(&c)
			domaintest.When(t, h, c).Refused(domain.Invalid)
		})
	}
	nothing := domain.RefundPayment{Payment: "P1", Refund: "R1", Date: "2024-06-03", Amount: usd("0.00"), Reason: "paid too much", RequestedBy: "a", ApprovedBy: "b"}
	domaintest.When(t, h, nothing).Refused(domain.Conflict).ByRule(47)
}

func TestACreditReleasesOnlyCashThatIsStillThere(t *testing.T) {
	// Given a payment that went back whole with a first credit
	h := played(t, issued(t), pay("P1", "100.00"), pay("P2", "47.00"), credit("C1", creditLine("A", "44.76", "2.24")), issueCredit("C1", "CM-2024-000001"), credit("C2", creditLine("A", "10.00", "0.00")))
	events := domaintest.When(t, h, issueCredit("C2", "CM-2024-000002")).Events()
	require.Equal(t, []string{"CreditIssued", "CashReleased"}, types(events))
	require.Equal(t, domain.PaymentID("P1"), events[1].(domain.CashReleased).Payment)
	require.Equal(t, usd("10.00"), events[1].(domain.CashReleased).Amount)
}

func TestNothingIsOwedOnAnInvoiceThatIsNotOut(t *testing.T) {
	for name, h := range map[string]domaintest.History{
		"a candidate": played(t, nil, addLines(line("A", "100.00", "0.00"))),
		"sealed":      played(t, nil, addLines(line("A", "100.00", "0.00")), domain.SealCandidate{Invoice: invoice, TermsDays: 30}),
		"void":        played(t, issued(t), domain.VoidInvoice{Invoice: invoice, Reason: "wrong", By: "billing desk"}),
	} {
		t.Run(name, func(t *testing.T) {
			_, ok, err := domaintest.Fold[domain.Invoice](h...).OpenItem()
			require.NoError(t, err)
			require.False(t, ok)
		})
	}
}
