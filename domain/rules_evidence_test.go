package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

func TestRule01NothingIsClaimedWithoutVerifiedPODOrWaiver(t *testing.T) {
	// Given a delivered shipment whose receipt nobody has verified
	h := deliveredWith(t)
	require.Equal(t, []string{"no verified proof of delivery"}, domaintest.Fold[domain.Shipment](h...).BillingHolds())

	// When it is verified, then the charge is claimed, with its evidence
	bill := domain.BillLine{Shipment: shipment, Charge: "F", Kind: domain.Freight, Amount: usd("100.00"), Tax: usd("0.00"), Accrued: usd("100.00"), ServiceDate: "2024-03-05"}
	domaintest.When(t, h, verifyPOD(domain.PODClean)).Then(
		domain.PODVerified{Shipment: shipment, Version: 1, Outcome: domain.PODClean, By: "billing desk"},
		domain.ChargesClaimed{Shipment: shipment, Candidate: candidate(), Evidence: "POD 1: receipt 881", Lines: []domain.BillLine{bill}},
	)

	// When the agreement waives it, then the waiver's reference is recorded
	waived := played(t, domaintest.Given(orderWith(func(o *domain.OrderReleased) { o.Terms.PODWaiver = "ACME-2024 §7" })), enter("F", domain.Freight, "100.00"))
	domaintest.When(t, waived, unload("2024-03-05")).Then(
		domain.MilestoneRecorded{Milestone: report(2, domain.Unloaded, "2024-03-05")},
		domain.ShipmentDelivered{Shipment: shipment, At: at("2024-03-05")},
		domain.RevenueAccrued{Shipment: shipment, Customer: customer, Document: "ACC-SH-1-1", Date: "2024-03-05",
			Lines: []domain.AccrualLine{{Charge: "F", Kind: domain.Freight, Amount: usd("100.00")}}},
		domain.ChargesClaimed{Shipment: shipment, Candidate: candidate(), Evidence: "waiver: ACME-2024 §7", Lines: []domain.BillLine{bill}},
	)

	// A receipt that came in all the same is verified like any other
	received := played(t, waived, receivePOD("2024-03-05"))
	require.NotContains(t, types(domaintest.When(t, received, unload("2024-03-05")).Events()), "ChargesClaimed")
}

func TestRule02ExceptionPODHoldsTheBillUnlessTheTermsAllowIt(t *testing.T) {
	domaintest.When(t, deliveredWith(t), verifyPOD(domain.PODWithExceptions)).Then(
		domain.PODVerified{Shipment: shipment, Version: 1, Outcome: domain.PODWithExceptions, By: "billing desk"},
		domain.ExceptionRaised{Shipment: shipment, Exception: "pod-with-exceptions-1", Kind: domain.ExceptionPODNotes},
	)
	held := deliveredWith(t, verifyPOD(domain.PODWithExceptions))
	require.Equal(t, []string{"ExceptionResolved", "ChargesClaimed"}, types(domaintest.When(t, held, resolve("pod-with-exceptions-1")).Events()))

	allowed := played(t, domaintest.Given(orderWith(func(o *domain.OrderReleased) { o.Terms.BillWithExceptions = true })),
		enter("F", domain.Freight, "100.00"), unload("2024-03-05"), receivePOD("2024-03-05"))
	require.Equal(t, []string{"PODVerified", "ChargesClaimed"}, types(domaintest.When(t, allowed, verifyPOD(domain.PODWithExceptions)).Events()))
}

func TestRule03CorrectingAPODAfterBillingOpensACaseAndLeavesTheInvoice(t *testing.T) {
	corrected := podOf("2024-03-06")
	corrected.Document = "receipt 882"
	correct := domain.CorrectPOD{PODCorrected: domain.PODCorrected{PODReceived: corrected, Reason: "wrong page scanned"}}
	corrected.Version = 2
	domaintest.When(t, claimed(t), correct).Then(
		domain.PODCorrected{PODReceived: corrected, Reason: "wrong page scanned"},
		domain.ExceptionRaised{Shipment: shipment, Exception: "changed-after-billing-pod-2", Kind: domain.ExceptionAfterBilling,
			Detail: "proof of delivery corrected after its charges were claimed: wrong page scanned"},
		domain.ClaimQuestioned{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"F"},
			Holds: []string{"no verified proof of delivery", "exception changed-after-billing-pod-2"}},
	)
	// Before billing it is a new version and no case
	domaintest.When(t, deliveredWith(t), correct).Then(domain.PODCorrected{PODReceived: corrected, Reason: "wrong page scanned"})
}

func raise(exception string) domain.RaiseException {
	return domain.RaiseException{ExceptionRaised: domain.ExceptionRaised{Shipment: shipment, Exception: exception, Kind: domain.ExceptionOther, Detail: "seal broken"}}
}

func TestRule01AClaimWhoseEvidenceFallsAwayIsQuestionedOnceAndComesBack(t *testing.T) {
	question := domain.ClaimQuestioned{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"F"}, Holds: []string{"exception X1"}}
	returned := domain.ChargesReturned{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"F"}, Reason: "exception X1"}
	domaintest.When(t, claimed(t), raise("X1")).Then(raise("X1").ExceptionRaised, question)
	h := played(t, claimed(t), raise("X1"))
	domaintest.When(t, h, raise("X2")).Then(raise("X2").ExceptionRaised)
	domaintest.When(t, deliveredWith(t), raise("X1")).Then(raise("X1").ExceptionRaised)

	// While the exception is open what comes back waits, approved as it was; then it is claimed anew
	domaintest.When(t, h, domain.ReturnCharges{ChargesReturned: returned}).Then(returned)
	back := played(t, h, domain.ReturnCharges{ChargesReturned: returned})
	require.Equal(t, domain.ChargeReady, domaintest.Fold[domain.Shipment](back...).Charges[0].Status)
	domaintest.When(t, back, domain.ReturnCharges{ChargesReturned: returned}).Nothing()
	require.Equal(t, []string{"ExceptionResolved", "ChargesClaimed"}, types(domaintest.When(t, back, resolve("X1")).Events()))
	domaintest.When(t, played(t, back, resolve("X1")), raise("X2")).Then(raise("X2").ExceptionRaised,
		domain.ClaimQuestioned{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"F"}, Holds: []string{"exception X2"}})
	// or at once, when nothing holds it any more
	require.Equal(t, []string{"ChargesReturned", "ChargesClaimed"}, types(domaintest.When(t, played(t, h, resolve("X1")), domain.ReturnCharges{ChargesReturned: returned}).Events()))

	// A claim does not move to the next candidate without what lets it be billed
	move := domain.MoveClaim{Shipment: shipment, From: invoice, To: candidate().Next(), Charges: []domain.ChargeID{"F"}}
	domaintest.When(t, h, move).Then(returned)
	domaintest.When(t, back, move).Nothing()
}

func TestRule03LinesThatAreNotIssuedAreWithdrawnFromTheInvoice(t *testing.T) {
	of := func(id domain.ChargeID, amount string) domain.BillLine {
		l := line(id, amount, "0.00")
		l.Shipment = "SH-2"
		return l
	}
	withdraw := domain.WithdrawLines{Invoice: invoice, Shipment: shipment, Charges: []domain.ChargeID{"A", "B"}, Reason: "exception X1"}
	withdrawn := func(lines ...domain.BillLine) domain.LinesWithdrawn {
		return domain.LinesWithdrawn{Invoice: invoice, Shipment: shipment, Lines: lines, Reason: "exception X1"}
	}
	add2 := addLines(of("A", "7.00"))
	add2.Shipment = "SH-2"
	a, b := line("A", "100.00", "5.00"), line("B", "40.00", "2.00")

	// Given two shipments' lines, then those of the other stay
	h := played(t, nil, addLines(a, b), add2)
	domaintest.When(t, h, withdraw).Then(withdrawn(a, b))
	require.Equal(t, []domain.BillLine{of("A", "7.00")}, domaintest.Fold[domain.Invoice](played(t, h, withdraw)...).Lines)
	domaintest.When(t, played(t, h, withdraw), withdraw).Nothing()

	// An empty candidate is never billed; it goes on when lines come
	empty := played(t, nil, addLines(a, b), withdraw)
	require.Equal(t, []string{domain.HoldEmpty}, domaintest.Fold[domain.Invoice](empty...).Holds)
	domaintest.When(t, empty, domain.SealCandidate{Invoice: invoice, TermsDays: 30}).Nothing()
	domaintest.When(t, empty, addLines(a)).Then(domain.LinesAdded{Invoice: invoice, Shipment: shipment, Lines: []domain.BillLine{a}},
		domain.HoldReleased{Invoice: invoice, Reason: domain.HoldEmpty, By: "freightledger", Candidate: candidate()})

	// A discount that goes ends the hold that it caused
	discount := line("A", "-10.00", "0.00")
	negative := played(t, nil, addLines(discount), add2, domain.SealCandidate{Invoice: invoice, TermsDays: 30})
	domaintest.When(t, negative, withdraw).Then(withdrawn(discount), domain.HoldReleased{Invoice: invoice, Reason: domain.HoldNegativeTotal, By: "freightledger", Candidate: candidate()})

	// A sealed one, which may have its number, is sealed again with what is left …
	sealed := played(t, h, domain.SealCandidate{Invoice: invoice, TermsDays: 30})
	require.Equal(t, []string{"LinesWithdrawn", "CandidateSealed"}, types(domaintest.When(t, sealed, withdraw).Events()))
	out := domaintest.When(t, played(t, sealed, withdraw), domain.IssueInvoice{Invoice: invoice, Number: number}).Events()[0].(domain.InvoiceIssued)
	require.Equal(t, []domain.BillLine{of("A", "7.00")}, out.Lines)
	require.Equal(t, usd("7.00"), out.Total)
	// … unless nothing is left: its number must be used
	domaintest.When(t, played(t, nil, addLines(a, b), domain.SealCandidate{Invoice: invoice, TermsDays: 30}), withdraw).Nothing()

	// What is issued stays, and what is not there too
	domaintest.When(t, issued(t), withdraw).Nothing()
	domaintest.When(t, nil, withdraw).Nothing()
}

func TestRule04DeliveredRequiresEveryMandatoryDeliveryStop(t *testing.T) {
	three := orderWith(func(o *domain.OrderReleased) {
		o.Stops = append(o.Stops, domain.Stop{Seq: 3, Kind: domain.StopDelivery}, domain.Stop{Seq: 4, Kind: domain.StopDelivery, Optional: true})
	})
	h := domaintest.Given(three)

	// When one of two is unloaded, then it is not delivered
	domaintest.When(t, h, record(3, domain.Unloaded, "2024-03-06")).Then(domain.MilestoneRecorded{Milestone: report(3, domain.Unloaded, "2024-03-06")})
	h = played(t, h, record(3, domain.Unloaded, "2024-03-06"))

	// When the optional one is, it is not either; when the other one is, it is, at the last of them
	domaintest.When(t, h, record(4, domain.Unloaded, "2024-03-09")).Then(domain.MilestoneRecorded{Milestone: report(4, domain.Unloaded, "2024-03-09")})
	domaintest.When(t, h, unload("2024-03-05")).Then(
		domain.MilestoneRecorded{Milestone: report(2, domain.Unloaded, "2024-03-05")},
		domain.ShipmentDelivered{Shipment: shipment, At: at("2024-03-06")},
	)

	// An order that could never be delivered is refused, and so is a stop that a report between stops would deliver
	none := orderWith(func(o *domain.OrderReleased) { o.Stops[1].Optional = true })
	domaintest.When(t, nil, domain.ReleaseOrder{OrderReleased: none}).Refused(domain.Invalid).ByRule(4)
	zero := orderWith(func(o *domain.OrderReleased) { o.Stops[1].Seq = 0 })
	domaintest.When(t, nil, domain.ReleaseOrder{OrderReleased: zero}).Refused(domain.Invalid)
}

func TestRule05ArrivalAfterDepartureIsAnExceptionWhileTheReportsSaySo(t *testing.T) {
	h := played(t, released(), record(1, domain.ArrivedPickup, "2024-03-04T09:00:00"))
	const id = "stop-times-contradict-1"
	domaintest.When(t, h, record(1, domain.DepartedPickup, "2024-03-04T08:00:00")).Then(
		domain.MilestoneRecorded{Milestone: report(1, domain.DepartedPickup, "2024-03-04T08:00:00")},
		domain.ExceptionRaised{Shipment: shipment, Exception: id, Kind: domain.ExceptionStopTimes,
			Detail: "stop 1: departed 2024-03-04T08:00:00 before it arrived 2024-03-04T09:00:00"},
	)
	// UTC instants decide, not the local readings: 08:30 in Chicago is after 09:00 in New York
	chicago := domain.Moment{UTC: at("2024-03-04T14:30:00").UTC, Local: "2024-03-04T08:30:00", Zone: "America/Chicago"}
	newYork := domain.Moment{UTC: at("2024-03-04T14:00:00").UTC, Local: "2024-03-04T09:00:00", Zone: "America/New_York"}
	arrived, departed := report(1, domain.ArrivedPickup, "2024-03-04"), report(1, domain.DepartedPickup, "2024-03-04")
	arrived.At, departed.At = newYork, chicago
	domaintest.When(t, played(t, released(), domain.RecordMilestone{Milestone: arrived}), domain.RecordMilestone{Milestone: departed}).
		Then(domain.MilestoneRecorded{Milestone: departed})

	// When a later report mends it, then it is resolved; when one breaks it again, it is open again
	h = played(t, h, record(1, domain.DepartedPickup, "2024-03-04T08:00:00"))
	domaintest.When(t, h, record(1, domain.DepartedPickup, "2024-03-04T10:00:00")).Then(
		domain.MilestoneRecorded{Milestone: report(1, domain.DepartedPickup, "2024-03-04T10:00:00")},
		domain.ExceptionResolved{Shipment: shipment, Exception: id, Resolution: "the reports no longer contradict each other", By: "freightledger"},
	)
	h = played(t, h, record(1, domain.DepartedPickup, "2024-03-04T10:00:00"), record(1, domain.ArrivedPickup, "2024-03-04T11:00:00"))
	s := domaintest.Fold[domain.Shipment](h...)
	require.Len(t, s.Exceptions, 1)
	require.True(t, s.Exceptions[0].Open)

	// When a person has resolved it, then a further report does not open it again
	h = played(t, h, resolve(id), record(1, domain.ArrivedPickup, "2024-03-04T11:30:00"))
	require.Zero(t, domaintest.Fold[domain.Shipment](h...).OpenExceptions())
}

func TestRule06StopsOutOfOrderAreAnExceptionNotARefusal(t *testing.T) {
	h := played(t, released(), record(1, domain.ArrivedPickup, "2024-03-04T09:00:00"))
	domaintest.When(t, h, record(2, domain.ArrivedDelivery, "2024-03-03T09:00:00")).Then(
		domain.MilestoneRecorded{Milestone: report(2, domain.ArrivedDelivery, "2024-03-03T09:00:00")},
		domain.ExceptionRaised{Shipment: shipment, Exception: "stops-out-of-order-2", Kind: domain.ExceptionStopOrder, Detail: "stop 2 was reached before an earlier stop"},
	)
}

func TestRule07EstimatesNeverSetAnActual(t *testing.T) {
	estimate := record(2, domain.Unloaded, "2024-03-05")
	estimate.Estimate = true
	domaintest.When(t, released(), estimate).Then(domain.MilestoneRecorded{Milestone: estimate.Milestone})
	refusedThere := record(2, domain.Refused, "2024-03-05")
	refusedThere.Estimate = true

	s := domaintest.Fold[domain.Shipment](played(t, released(), estimate, refusedThere)...)
	_, actual := s.Actual(2, domain.Unloaded)
	require.False(t, actual)
	require.True(t, s.Delivered.IsZero())
	require.Len(t, s.Reports, 2)
	require.Zero(t, s.OpenExceptions())
}

func TestRule08ASupersededReportStaysReadable(t *testing.T) {
	h := played(t, released(), unload("2024-03-05T14:00:00"), unload("2024-03-05T16:00:00"))
	s := domaintest.Fold[domain.Shipment](h...)
	require.Equal(t, []domain.Milestone{report(2, domain.Unloaded, "2024-03-05T16:00:00")}, s.Actuals)
	require.Equal(t, []domain.Milestone{report(2, domain.Unloaded, "2024-03-05T14:00:00")}, s.Reports)
}

func TestRule10ARepeatedReportOrMessageHasNoSecondEffect(t *testing.T) {
	// Given a report, when the same news comes in another message, then nothing happens
	first, second := unload("2024-03-05"), unload("2024-03-05")
	first.Source = domain.Source{Message: "m1", Place: "segment 7"}
	second.Source = domain.Source{Message: "m2", Place: "segment 9"}
	h := played(t, released(), first)
	domaintest.When(t, h, second).Nothing()

	// The superseded report is no news either
	h = played(t, h, unload("2024-03-06"))
	domaintest.When(t, h, second).Nothing()

	// The same bytes are one message, and an item has its effect once
	received := domain.ReceiveMessage{MessageReceived: domain.MessageReceived{Message: "m1", Channel: "x12", Name: "214.edi", Size: 3, SHA256: "ab", Parts: 1}}
	applied := domain.ApplyItem{MessageApplied: domain.MessageApplied{Message: "m1", Item: "ST 0001", Kind: "214"}}
	m := played(t, nil, received)
	domaintest.When(t, m, received).Nothing()
	m = played(t, m, applied)
	domaintest.When(t, m, applied).Nothing()
}

func TestRule11ACorrectedDeliveryTimeCountsInWhateverOrderItComes(t *testing.T) {
	early, late := unload("2024-03-05T14:00:00"), unload("2024-03-06T09:00:00")
	early.ReportedAt, late.ReportedAt = at("2024-03-07T10:00:00"), at("2024-03-06T10:00:00") // the earlier time is the correction
	for name, order := range map[string][]domain.Command{"in order": {late, early}, "late": {early, late}} {
		t.Run(name, func(t *testing.T) {
			s := domaintest.Fold[domain.Shipment](played(t, played(t, released(), receivePOD("2024-03-05")), order...)...)
			require.Equal(t, early.At, s.Delivered)
			require.Zero(t, s.OpenExceptions(), "a proof dated before the delivery that no longer counts")
		})
	}
	// What was accrued and claimed keeps its date: the invoice is not edited
	h := claimed(t)
	domaintest.When(t, h, unload("2024-04-01T08:00:00")).Then(
		domain.MilestoneRecorded{Milestone: report(2, domain.Unloaded, "2024-04-01T08:00:00")},
		domain.ShipmentDelivered{Shipment: shipment, At: at("2024-04-01T08:00:00")},
		domain.ExceptionRaised{Shipment: shipment, Exception: "pod-before-delivery-1", Kind: domain.ExceptionPODBeforeDelivery,
			Detail: "proof of delivery of 2024-03-05, delivery on 2024-04-01T08:00:00"},
		domain.ClaimQuestioned{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"F"}, Holds: []string{"exception pod-before-delivery-1"}},
	)
}
