package domain_test

import (
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

// follows are the commands that follow from an event of 6 March 2024.
func follows(p domain.Policy, e domain.Event) (commands []domain.Command) {
	for _, r := range p.React(e, at("2024-03-06").UTC) {
		if _, books := r.Command.(domain.RequestPosting); !books {
			commands = append(commands, r.Command)
		}
	}
	return commands
}

func TestWhatIsEarnedIsRatedAndWaitsForItsIndexes(t *testing.T) {
	require.Equal(t, []domain.Command{rate}, follows(domain.Policy{}, domain.RatingDue{Shipment: shipment, Agreement: "ACME"}))
	await := func(index string) domain.Command {
		return domain.AwaitIndex{IndexAwaited: domain.IndexAwaited{Index: index, Shipment: shipment}}
	}
	require.Equal(t, []domain.Command{await("DIESEL"), await("TOLL")}, follows(domain.Policy{}, domain.ShipmentRated{Shipment: shipment, Awaits: []string{"DIESEL", "TOLL"}}))
}

func TestACandidateThatWasDecidedBeforeSomethingChangedIsDecidedAnew(t *testing.T) {
	ask := []domain.Command{domain.RequestBilling{Candidate: candidate()}}
	require.Equal(t, ask, follows(domain.Policy{}, domain.RegistrantAwaited{Registrant: "LAKE", Candidate: candidate(), Changed: true}))
	require.Empty(t, follows(domain.Policy{}, domain.RegistrantAwaited{Registrant: "LAKE", Candidate: candidate()}))
	require.Equal(t, ask, follows(domain.Policy{}, domain.RateAwaited{Index: "BOC-USD", Candidate: candidate(), Changed: true}))
	require.Empty(t, follows(domain.Policy{}, domain.RateAwaited{Index: "BOC-USD", Candidate: candidate()}))
}

func TestWhatTheCustomerBlocksIsHeldAndWhatTheSealHeldIsAlready(t *testing.T) {
	require.Equal(t, []domain.Command{domain.BlockInvoice{InvoiceHeld: domain.InvoiceHeld{Invoice: invoice, Reason: domain.HoldCurrency}}},
		follows(domain.Policy{}, domain.BillingBlocked{Customer: customer, Candidate: candidate(), Reason: domain.HoldCurrency}))
	for _, reason := range []string{domain.HoldIssuer, domain.HoldTaxRules, domain.HoldTaxFacts, domain.HoldExchange} {
		require.Empty(t, follows(domain.Policy{}, domain.BillingBlocked{Customer: customer, Candidate: candidate(), Reason: reason}), reason)
	}
}

func TestMoneyThatBecameAPaymentIsNobodysNoMore(t *testing.T) {
	end := func(m domain.MovementID, as domain.MovementEnd) []domain.Command {
		return []domain.Command{domain.EndMovement{Movement: m, End: as, Payment: "P1"}}
	}
	received := domain.PaymentReceived{Payment: "P1", Amount: usd("1.00"), Date: "2024-03-05"}
	require.Empty(t, follows(domain.Policy{}, received), "what the ERP booked was never noted here")
	received.Own = true
	require.Equal(t, end("P1", domain.EndReceived), follows(domain.Policy{}, received))
	require.Equal(t, end("M1", domain.EndMatched), follows(domain.Policy{}, domain.ReceiptMatched{Payment: "P1", Movement: "M1"}))
}

func TestANumberIsAskedForTheDayOrThePeriod(t *testing.T) {
	sealed := domain.CandidateSealed{Invoice: invoice, Series: "INV", IssueDate: "2024-03-31"}
	number := func(date string) []domain.Command {
		return []domain.Command{domain.AssignNumber{Series: "INV-2024", For: domain.NumberFor{Invoice: invoice}, Date: date}}
	}
	require.Equal(t, number("2024-03-31"), follows(domain.Policy{}, sealed))
	require.Equal(t, number(""), follows(domain.Policy{ByPeriod: true}, sealed))
}

func TestACancellationGoesOnWithWhateverItMayHaveWaitedFor(t *testing.T) {
	goOn := domain.ContinueCancellation{Invoice: invoice, Date: "2024-03-06"}
	for _, e := range []domain.Event{domain.CancellationBegan{Invoice: invoice}, domain.CreditIssued{Invoice: invoice, Total: usd("1.00"), Credit: domain.Credit{Lines: []domain.CreditLine{creditLine("A", "1.00", "0.00")}}},
		domain.WriteOffReversed{Invoice: invoice, Amount: usd("1.00")}, domain.DisputeCleared{Invoice: invoice, Dispute: "D1", End: domain.EndDenied}} {
		require.Equal(t, []domain.Command{goOn}, follows(domain.Policy{}, e), e.EventType())
	}
}

func TestAResidualIsJudgedWithItsReasonOrWithoutOne(t *testing.T) {
	applied := domain.PaymentApplied{Invoice: invoice, Customer: customer, Payment: "P1", Date: "2024-05-10", Amount: usd("100.00"), Excess: usd("0.00"), Residual: usd("47.00")}
	require.Equal(t, []domain.Command{domain.JudgeShortPay{Customer: customer, Invoice: invoice, Payment: "P1", Date: "2024-05-10", Open: usd("147.00"), Residual: usd("47.00")}}, follows(domain.Policy{}, applied))
	// With a reason the short pay itself is judged, and with no residual nothing
	given := applied
	given.Reason = "59"
	require.Empty(t, follows(domain.Policy{}, given))
	applied.Residual = usd("0.00")
	require.Empty(t, follows(domain.Policy{}, applied))
}

func TestAWithdrawnDisputeIsClearedOnItsInvoice(t *testing.T) {
	require.Equal(t, []domain.Command{domain.ClearDispute{DisputeCleared: domain.DisputeCleared{Invoice: invoice, Dispute: "D1", End: domain.EndWithdrawn}}},
		follows(domain.Policy{}, domain.DisputeWithdrawn{Invoice: invoice, Dispute: "D1"}))
}

func TestChargesGoBackToEachShipmentInOneCommand(t *testing.T) {
	line := func(s domain.ShipmentID, c domain.ChargeID) domain.BillLine {
		return domain.BillLine{Shipment: s, Charge: c, Kind: domain.Freight, Amount: usd("1.00"), Accrued: usd("1.00")}
	}
	release := func(s domain.ShipmentID, charges ...domain.ChargeID) domain.Command {
		return domain.ReleaseCharges{ChargesReleased: domain.ChargesReleased{Shipment: s, Invoice: invoice, Charges: charges, Reason: "invoice " + number + " voided: wrong", AccrualRestored: true}}
	}
	require.Equal(t, []domain.Command{release("SH-2", "A", "B"), release("SH-1", "A")},
		follows(domain.Policy{}, domain.InvoiceVoided{Invoice: invoice, Number: number, Reason: "wrong", Total: usd("3.00"), Lines: []domain.BillLine{line("SH-2", "A"), line("SH-1", "A"), line("SH-2", "B")}}))
}

func TestACandidateOfAMonthThatIsOverWaitsForQuietOnly(t *testing.T) {
	opened := domain.CandidateOpened{Invoice: invoice, Candidate: candidate(), BillingDate: "2024-03-31"}
	from := func(recorded time.Time) time.Time {
		return domain.Policy{Grace: 3 * day, Quiet: time.Hour}.React(opened, recorded)[0].NotBefore
	}
	require.Equal(t, time.Date(2024, time.April, 4, 0, 0, 0, 0, time.UTC), from(at("2024-03-06").UTC))
	require.Equal(t, time.Date(2024, time.June, 1, 1, 0, 0, 0, time.UTC), from(at("2024-06-01").UTC))
}

func TestAPostingMovesFromItsDateAndIsToldAnotherReason(t *testing.T) {
	h := played(t, nil, requestPosting(number))
	redate := domain.RedatePosting{PostingRedated: domain.PostingRedated{Document: number, To: "2024-04-01", Reason: "period closed"}}
	require.Equal(t, "2024-03-31", domaintest.When(t, h, redate).Events()[0].(domain.PostingRedated).From)
	rejected := func(code string) domain.RejectPosting {
		return domain.RejectPosting{PostingRejected: domain.PostingRejected{Document: number, Code: code, Message: code}}
	}
	h = played(t, h, rejected("closed"))
	domaintest.When(t, h, rejected("closed")).Nothing()
	require.Len(t, domaintest.When(t, h, rejected("no such account")).Events(), 1)
	retried := played(t, h, domain.RetryPosting{PostingRetried: domain.PostingRetried{Document: number, By: "erp desk"}})
	require.Equal(t, domain.PostingAsked, domaintest.Fold[domain.Posting](retried...).Status)
	require.Len(t, domaintest.When(t, retried, rejected("closed")).Events(), 1)
}
