package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

func issueCredit(id, number string) domain.IssueCredit {
	return domain.IssueCredit{Invoice: invoice, Credit: id, Number: number}
}

func TestTheCancellationOfAnInvoiceWaitsForOneNamedThingAfterTheOther(t *testing.T) {
	cancel := domain.CancelInvoice{Invoice: invoice, Date: "2024-05-20", Reason: "wrong customer", By: "finance desk"}
	goOn := domain.ContinueCancellation{Invoice: invoice, Date: "2024-05-20"}
	clear := func(id domain.DisputeID) domain.ClearDispute {
		return domain.ClearDispute{DisputeCleared: domain.DisputeCleared{Invoice: invoice, Dispute: id, End: domain.EndDenied}}
	}
	state := func(h domaintest.History) [2]string {
		c := domaintest.Fold[domain.Invoice](h...).Cancellation
		return [2]string{c.State(), c.Subject}
	}
	require.Equal(t, [2]string{"", ""}, state(issued(t)))

	// Given a paid invoice with two disputes
	h := played(t, issued(t), pay("P1", "100.00"), dispute("D1", creditLine("A", "10.00", "0.00")), dispute("D2", creditLine("B", "10.00", "0.00")), cancel)
	require.Equal(t, [2]string{"under-way", ""}, state(h))
	h = played(t, h, goOn)
	require.Equal(t, [2]string{"open-dispute", "D1"}, state(h))
	domaintest.When(t, h, goOn).Nothing()
	// When one of them is cleared, then it waits for the other; a credit that is asked for meanwhile comes before it
	h = played(t, h, clear("D1"), goOn)
	require.Equal(t, [2]string{"open-dispute", "D2"}, state(h))
	h = played(t, h, credit("C1", creditLine("A", "50.00", "2.50")))
	require.Equal(t, [2]string{"open-dispute", "D2"}, state(h))
	h = played(t, h, goOn)
	require.Equal(t, [2]string{"credit-in-flight", "C1"}, state(h))
	h = played(t, h, issueCredit("C1", "CM-2024-000001"), clear("D2"))
	// When nothing holds it any more, then the rest of cash and lines goes back
	events := domaintest.When(t, h, goOn).Events()
	require.Equal(t, []string{"CashReleased", "CreditRequested"}, types(events))
	require.Equal(t, []domain.CreditLine{creditLine("A", "50.00", "2.50"), creditLine("B", "40.00", "2.00")}, events[1].(domain.CreditRequested).Lines)
	h = h.And(events...)
	require.Equal(t, [2]string{"under-way", ""}, state(h))
	domaintest.When(t, h, goOn).Nothing()
	h = played(t, h, issueCredit("cancellation", "CM-2024-000002"))
	require.Equal(t, [2]string{"done", ""}, state(h))
}

func TestACancellationThatFindsNothingLeftIsDone(t *testing.T) {
	// Given a cancellation that waits for a dispute, while all is credited by hand
	h := played(t, issued(t), pay("P1", "10.00"), dispute("D1", creditLine("A", "10.00", "0.00")), domain.CancelInvoice{Invoice: invoice, Reason: "wrong customer", By: "finance desk"},
		domain.ContinueCancellation{Invoice: invoice, Date: "2024-05-20"}, credit("C1"), issueCredit("C1", "CM-2024-000001"),
		domain.ClearDispute{DisputeCleared: domain.DisputeCleared{Invoice: invoice, Dispute: "D1", End: domain.EndNothingLeft}})
	domaintest.When(t, h, domain.ContinueCancellation{Invoice: invoice, Date: "2024-05-20"}).Then(domain.CancellationDone{Invoice: invoice, Number: number})
}

func TestACancellationReleasesOnlyCashThatIsStillThere(t *testing.T) {
	// Given two payments of 100.00 and 47.00, the second of which a credit gave back, and a write-off that was reversed
	h := played(t, issued(t), askWriteOff("W1", "1.00"), approveWriteOff("W1", "1.00", "finance lead"), domain.ReverseWriteOff{Invoice: invoice, WriteOff: "W1", Date: "2024-10-01", Reason: "a mistake", By: "finance desk"},
		pay("P1", "100.00"), pay("P2", "47.00"), credit("C1", creditLine("A", "44.76", "2.24")), issueCredit("C1", "CM-2024-000001"))
	require.Equal(t, "P2", string(h[len(h)-1].(domain.CashReleased).Payment))
	h = played(t, h, domain.CancelInvoice{Invoice: invoice, Reason: "wrong customer", By: "finance desk"})
	events := domaintest.When(t, h, domain.ContinueCancellation{Invoice: invoice, Date: "2024-05-20"}).Events()
	require.Equal(t, []string{"CashReleased", "CreditRequested"}, types(events))
	require.Equal(t, domain.CashReleased{Invoice: invoice, Number: number, Customer: customer, Payment: "P1", Document: "REL-P1-" + number, Date: "2024-05-20", Amount: usd("100.00")}, events[0])
}
