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
	)
	// Before billing it is a new version and no case
	domaintest.When(t, deliveredWith(t), correct).Then(domain.PODCorrected{PODReceived: corrected, Reason: "wrong page scanned"})
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
	domaintest.When(t, released(), estimate).Then(domain.MilestoneRecorded(estimate))
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
	)
}
