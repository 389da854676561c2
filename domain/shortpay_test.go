package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

var contestShortPay = domain.DisputeShortPay{Invoice: invoice, Case: number + "-S1"}

// contested is the dispute that a history's short pay becomes.
func contested(t testing.TB, h domaintest.History) domain.LinesDisputed {
	t.Helper()
	events := domaintest.When(t, h, contestShortPay).Events()
	require.Len(t, events, 1)
	return events[0].(domain.LinesDisputed)
}

// paidShort is an invoice of 105.00 for A and 42.00 for B that was paid with
// an amount, and what its payer kept back.
func paidShort(t testing.TB, amount, reason string, kept ...domain.Deduction) domaintest.History {
	t.Helper()
	c := pay("P1", amount)
	c.Reason, c.Deductions = reason, kept
	return played(t, issued(t), c)
}

func shortParts(h domaintest.History) []domain.ShortPart {
	return h[len(h)-1].(domain.ShortPaid).Parts
}

func TestDeductionsBeyondTheResidualAreLeftOut(t *testing.T) {
	// Given an advice that keeps back more than is short, then the last of it counts for nothing
	h := paidShort(t, "100.00", "", kept("B", "59", "40.00"), kept("A", "L1", "7.00"), kept("A", "09", "1.00"))
	require.Equal(t, []domain.ShortPart{part("B", "59", "40.00"), part("A", "L1", "7.00")}, shortParts(h))
}

func TestAShortPayNamesEachOfItsReasonsOnce(t *testing.T) {
	h := paidShort(t, "100.00", "", kept("A", "59", "40.00"), kept("B", "59", "5.00"), kept("A", "", "2.00"))
	require.Equal(t, "59", h[len(h)-1].(domain.ShortPaid).Reason)
}

func TestADisputedShortPayBearsItsOneReasonOrNone(t *testing.T) {
	require.Equal(t, domain.ReasonNotReceived, contested(t, paidShort(t, "100.00", "", kept("A", "59", "47.00"))).Code)
	require.Equal(t, domain.DisputeReason("CS"), contested(t, paidShort(t, "100.00", "CS")).Code)
	require.Equal(t, domain.ReasonOther, contested(t, paidShort(t, "100.00", "see letter")).Code)
	// A reason that sums several up says nothing about any of them
	require.Equal(t, domain.ReasonOther, contested(t, paidShort(t, "100.00", "CS", kept("B", "59", "42.00"), kept("A", "L1", "5.00"))).Code)
}

func TestRule38AShortPayIsNeverTooLateToBeContested(t *testing.T) {
	// Given an invoice of 31 March, which is contested as of right for 180 days
	on := func(day string) domaintest.History {
		c := payShort("CS")
		c.Date = day
		return played(t, issued(t), c)
	}
	require.Equal(t, domain.DisputeTerms{Code: "CS", Opened: "2024-09-27", AnswerDue: "2024-11-26"}, contested(t, on("2024-09-27")).DisputeTerms)
	// When it is paid short later, then the payment itself allows the dispute
	require.Equal(t, domain.DisputeTerms{Code: "CS", Opened: "2024-09-28", AnswerDue: "2024-11-27", LateAllowedBy: "freightledger", LateReason: "short paid on 2024-09-28"},
		contested(t, on("2024-09-28")).DisputeTerms)
}

func TestAShortPayIsContestedOnce(t *testing.T) {
	h := paidShort(t, "100.00", "CS")
	denied := domain.ClearDispute{DisputeCleared: domain.DisputeCleared{Invoice: invoice, Dispute: contestShortPay.Case, End: domain.EndDenied}}
	domaintest.When(t, played(t, h, contestShortPay, denied), contestShortPay).Nothing()
	// and beside another dispute for what that one leaves
	other := played(t, h, dispute("D1", creditLine("A", "40.00", "2.00")))
	require.Equal(t, []domain.CreditLine{creditLine("A", "2.86", "0.14"), creditLine("B", "1.90", "0.10")}, contested(t, other).Lines)
}

func TestRule38EachDeductionIsContestedOnItsLineAsFarAsTheLineGoes(t *testing.T) {
	for name, test := range map[string]struct {
		h    domaintest.History
		want []domain.CreditLine
	}{
		"each with its own amount": {paidShort(t, "100.00", "", kept("A", "L1", "5.00"), kept("B", "59", "42.00")),
			[]domain.CreditLine{creditLine("A", "4.76", "0.24"), creditLine("B", "40.00", "2.00")}},
		"two on one line, which leave 5.00 to the other": {paidShort(t, "37.00", "", kept("A", "59", "60.00"), kept("A", "L1", "50.00")),
			[]domain.CreditLine{creditLine("A", "100.00", "5.00"), creditLine("B", "4.76", "0.24")}},
		"no more than is still open": {played(t, paidShort(t, "100.00", "", kept("A", "L1", "47.00")), pay("P2", "26.00")),
			[]domain.CreditLine{creditLine("A", "20.00", "1.00")}},
		"a line that was given back meanwhile": {played(t, paidShort(t, "100.00", "", kept("B", "59", "42.00"), kept("A", "L1", "5.00")), credit("C1", creditLine("B", "40.00", "2.00"))),
			[]domain.CreditLine{creditLine("A", "4.76", "0.24")}},
		"a cent, which one line takes": {paidShort(t, "146.99", "CS"), []domain.CreditLine{creditLine("A", "0.01", "0.00")}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, contested(t, test.h).Lines) })
	}
}

// discounted is an invoice of 110.00 less a discount of 10.00.
func discounted(t testing.TB) domaintest.History {
	t.Helper()
	return issuedWith(t, line("A", "110.00", "0.00"), line("D", "-10.00", "0.00"))
}

func TestADiscountIsNotContested(t *testing.T) {
	short := pay("P1", "40.00")
	// Named by its payer, it stands: the line does for it
	short.Deductions = []domain.Deduction{kept("D", "59", "10.00"), kept("A", "59", "50.00")}
	require.Equal(t, []domain.CreditLine{creditLine("A", "60.00", "0.00")}, contested(t, played(t, discounted(t), short)).Lines)
	// It also stands where what the payer named is all that is open: 40.00 bounced and were credited
	short.Deductions = []domain.Deduction{kept("A", "59", "60.00")}
	h := played(t, discounted(t), short, domain.UnapplyPayment{Invoice: invoice, Payment: "P1", Date: "2024-05-20"}, credit("C1", creditLine("A", "40.00", "0.00")))
	require.Equal(t, []domain.CreditLine{creditLine("A", "60.00", "0.00")}, contested(t, h).Lines)
}
