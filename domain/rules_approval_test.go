package domain_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/stretchr/testify/require"
)

// The desk lead approves a lumper's fee of 85.00 that waits, having seen its
// basis, its receipt, the stops' times, a notice and the proof of delivery.

func lumper() domain.EnterCharge {
	c := enter("LUM-1", domain.Accessorial, "85.00")
	c.Code, c.PassThrough = "LUM", &domain.PassThrough{Receipt: usd("80.00"), Fee: usd("5.00")}
	c.Basis = domain.Basis{Tariff: "ACME-2024", Version: "3", Formula: domain.FormulaStated, Inputs: map[string]string{"amount": "85.00"}, Rounding: money.HalfUp}
	return c
}

func service(id, code, receipt string) domain.RecordService {
	return domain.RecordService{ServiceRecorded: domain.ServiceRecorded{Shipment: shipment, By: "dispatch desk", Reason: "better copy",
		Service: rating.Service{Service: id, Code: code, Stop: 2, Quantity: number6("2"), Receipt: usd(receipt), Document: "receipt 4711", Approval: "mail of 5 March", At: exampleInstant()}}}
}

func notice(when, medium string) domain.RecordNotice {
	return domain.RecordNotice{NoticeRecorded: domain.NoticeRecorded{Shipment: shipment, Stop: 2, At: inChicago(when), Medium: medium}}
}

func delay(id, reason string) domain.RecordDelay {
	return domain.RecordDelay{DelayRecorded: domain.DelayRecorded{Shipment: shipment, Delay: id, Stop: 2, From: inChicago("2024-03-05T08:10:00"), Until: inChicago("2024-03-05T08:40:00"), Reason: reason}}
}

// timed is a proof of delivery on which the times of stop 2 stand.
func timed() domain.VerifyPOD {
	v := verifyPOD(domain.PODClean)
	v.Timed = []int{2}
	return v
}

func lumperSeen(t testing.TB) domaintest.History {
	t.Helper()
	return played(t, released(), lumper(), zoned(1, domain.DepartedPickup, "2024-03-04T10:00:00"), zoned(2, domain.ArrivedDelivery, "2024-03-05T08:00:00"),
		service("L1", "LUM", "80.00"), service("S0", "LFT", "40.00"), notice("2024-03-05T10:00:00", "e-mail"), delay("D1", "AM"),
		zoned(2, domain.Unloaded, "2024-03-05T11:00:00"), receivePOD("2024-03-05T17:30:00"), timed())
}

func lumperApproved(t testing.TB) domaintest.History {
	t.Helper()
	h := played(t, lumperSeen(t), raise("X1")) // which keeps it from being claimed
	return played(t, h, approve("LUM-1", "85.00", "desk lead"))
}

func corrected(document string) domain.CorrectPOD {
	pod := podOf("2024-03-05T17:30:00")
	pod.Document = document
	return domain.CorrectPOD{PODCorrected: domain.PODCorrected{PODReceived: pod, Reason: "wrong page scanned"}}
}

func chargeOf(h domaintest.History, id domain.ChargeID) domain.Charge {
	for _, c := range domaintest.Fold[domain.Shipment](h...).Charges {
		if c.ID == id {
			return c
		}
	}
	return domain.Charge{}
}

func TestRule17NobodyApprovesAnApprovalOfHisOwnHoweverTheNameIsWritten(t *testing.T) {
	h := lumperSeen(t)
	for _, by := range []string{"rating", "Rating", " rating\t", "freightledger", "Freightledger "} {
		domaintest.When(t, h, approve("LUM-1", "85.00", by)).Refused(domain.Denied).ByRule(17)
	}
	domaintest.When(t, h, approve("LUM-1", "85.00", "  ")).Refused(domain.Invalid)
	domaintest.When(t, h, approve("LUM-1", "85.00", "ratings")).Events()
}

func TestRule18AnApprovalKeepsWhatItsApproverSaw(t *testing.T) {
	events := domaintest.When(t, lumperSeen(t), approve("LUM-1", "85.00", "desk lead")).Events()
	e := events[0].(domain.ChargeApproved)
	require.Equal(t, []domain.Exhibit{
		{Of: "basis", Shows: "ACME-2024 3, stated, SHA-256 55856d07b599091a31c060a37887c876912cb2f018cd152c56b8ec2cb3853f0d"},
		{Of: "receipt", Shows: "80.00 USD, agreed fee 5.00 USD"},
		{Of: "departed-pickup at stop 1", Shows: "2024-03-04T10:00:00 America/Chicago = 2024-03-04T16:00:00Z, by eld"},
		{Of: "time lost at stop 1", Shows: "none"},
		{Of: "arrived-delivery at stop 2", Shows: "2024-03-05T08:00:00 America/Chicago = 2024-03-05T14:00:00Z, by eld"},
		{Of: "unloaded at stop 2", Shows: "2024-03-05T11:00:00 America/Chicago = 2024-03-05T17:00:00Z, by eld"},
		{Of: "time lost at stop 2", Shows: "2024-03-05T08:10:00 America/Chicago = 2024-03-05T14:10:00Z until 2024-03-05T08:40:00 America/Chicago = 2024-03-05T14:40:00Z, reason AM"},
		{Of: "notice at stop 2", Shows: "2024-03-05T10:00:00 America/Chicago = 2024-03-05T16:00:00Z, by e-mail"},
		{Of: "times on the receipt at stop 2", Shows: "in and out"},
		{Of: "service L1", Shows: "LUM at stop 2, quantity 2, receipt of 80.00 USD, receipt 4711, approved by the customer: mail of 5 March, at 2024-03-05T16:00:00Z"},
		{Of: "proof of delivery", Shows: `version 1, receipt 881, signed by "dock 4" at 2024-03-05T17:30:00 = 2024-03-05T17:30:00Z: ""`},
	}, e.Exhibits)

	// The digest follows from the event alone, by anybody's SHA-256
	small := domain.ApprovalDigest("SH-1", "X", usd("1.00"), []domain.Exhibit{{Of: "a", Shows: "b"}})
	sum := sha256.Sum256([]byte(`{"shipment":"SH-1","charge":"X","amount":{"amount":"1.00","currency":"USD"},"exhibits":[{"of":"a","shows":"b"}]}`))
	require.Equal(t, hex.EncodeToString(sum[:]), small)
	require.Equal(t, domain.ApprovalDigest(e.Shipment, e.Charge, e.Amount, e.Exhibits), e.Digest)

	// An approver is shown it beforehand, and may say so
	shown := domaintest.Fold[domain.Shipment](lumperSeen(t)...).Missing()
	require.Equal(t, e.Exhibits, shown[len(shown)-1].Exhibits)
	require.Equal(t, e.Digest, shown[len(shown)-1].Digest)
	bound := approve("LUM-1", "85.00", "desk lead")
	bound.Digest = e.Digest
	domaintest.When(t, lumperSeen(t), bound).Then(events...)
	domaintest.When(t, played(t, lumperSeen(t), notice("2024-03-05T09:00:00", "edi")), bound).Refused(domain.Conflict).ByRule(18)

	// Approved again as it was, it is approved; otherwise, not
	h := played(t, lumperSeen(t), raise("X1"), bound)
	domaintest.When(t, h, bound).Nothing()
	domaintest.When(t, h, approve("LUM-1", "85.00", "desk lead")).Nothing()
	bound.Digest = small
	domaintest.When(t, h, bound).Refused(domain.Conflict)
	domaintest.When(t, h, approve("LUM-1", "84.00", "desk lead")).Refused(domain.Conflict)
	domaintest.When(t, h, approve("LUM-1", "85.00", "somebody else")).Refused(domain.Conflict)
}

func TestWhatAChargeRestsOnDependsOnNoOrder(t *testing.T) {
	one := played(t, released(), enter("X", domain.Accessorial, "80.00"), zoned(2, domain.ArrivedDelivery, "2024-03-05T08:00:00"), zoned(2, domain.Unloaded, "2024-03-05T11:00:00"))
	other := played(t, released(), enter("X", domain.Accessorial, "80.00"), zoned(2, domain.Unloaded, "2024-03-05T11:00:00"), zoned(2, domain.ArrivedDelivery, "2024-03-05T08:00:00"))
	seen := func(h domaintest.History) []domain.Exhibit {
		return domaintest.Fold[domain.Shipment](h...).Exhibits(chargeOf(h, "X"))
	}
	require.Len(t, seen(one), 3, "no basis, no receipt")
	require.Equal(t, seen(one), seen(other))
}

func TestAServiceIsShownWithWhatIsKnownOfIt(t *testing.T) {
	reason := zoned(2, domain.Attempted, "2024-03-05T08:00:00")
	reason.Reason = "BS"
	for shows, v := range map[string]rating.Service{
		"RCL":                          {},
		"RCL at stop 2, miles 12.5":    {Stop: 2, Miles: number6("12.5")},
		"RCL, quantity 3":              {Quantity: number6("3")},
		"RCL, receipt of 9.00 USD, R1": {Receipt: usd("9.00"), Document: "R1"},
	} {
		v.Service, v.Code = "S1", "RCL"
		c := enter("X", domain.Accessorial, "80.00")
		c.Code = "RCL"
		h := played(t, released(), c, reason, domain.RecordService{ServiceRecorded: domain.ServiceRecorded{Shipment: shipment, Service: v, By: "dispatch desk"}})
		require.Equal(t, []domain.Exhibit{
			{Of: "delivery-attempted at stop 2", Shows: "2024-03-05T08:00:00 America/Chicago = 2024-03-05T14:00:00Z, by eld, reason BS"},
			{Of: "time lost at stop 2", Shows: "none"},
			{Of: "service S1", Shows: shows},
		}, domaintest.Fold[domain.Shipment](h...).Exhibits(chargeOf(h, "X")))
	}
}

func TestRule18AChangeOfWhatWasSeenVoidsAnApproval(t *testing.T) {
	unreadable := domain.RejectPOD{PODUnreadable: domain.PODUnreadable{Shipment: shipment, By: "billing desk"}}
	for name, test := range map[string]struct {
		change  domain.Command
		changed string
	}{
		"a later report of a stop's time": {zoned(2, domain.Unloaded, "2024-03-05T11:20:00"), "unloaded at stop 2"},
		"time that the carrier lost":      {delay("D2", "AI"), "time lost at stop 2"},
		"another reason of a delay":       {delay("D1", "AI"), "time lost at stop 2"},
		"an earlier notice":               {notice("2024-03-05T09:00:00", "edi"), "notice at stop 2"},
		"another receipt":                 {service("L1", "LUM", "79.00"), "service L1"},
		"a service that was another one":  {service("L1", "LFT", "80.00"), "service L1"},
		"a better proof of delivery":      {corrected("receipt 882"), "times on the receipt at stop 2, proof of delivery"},
	} {
		t.Run(name, func(t *testing.T) {
			approved := chargeOf(lumperApproved(t), "LUM-1")
			events := domaintest.When(t, lumperApproved(t), test.change).Events()
			require.Contains(t, types(events), "ApprovalVoided")
			h := lumperApproved(t).And(events...)
			for _, e := range events {
				if e, ok := e.(domain.ApprovalVoided); ok {
					require.Equal(t, [3]string{"desk lead", approved.Approval, "LUM-1"}, [3]string{e.By, e.Digest, string(e.Charge)})
					for _, c := range e.Changes {
						require.Contains(t, approved.Exhibits, domain.Exhibit{Of: c.Of, Shows: c.Was})
						require.NotEqual(t, c.Was, c.Is)
					}
				}
			}
			// It waits anew, and says why
			c := chargeOf(h, "LUM-1")
			require.Equal(t, domain.ChargePending, c.Status)
			require.Empty(t, c.ApprovedBy)
			require.Empty(t, c.Exhibits)
			require.Contains(t, domaintest.Fold[domain.Shipment](h...).BillingHolds(), "charge LUM-1 waits for approval: "+test.changed+" changed after desk lead approved it")
			// until somebody approves it as it is now
			again := played(t, h, approve("LUM-1", "85.00", "desk lead"))
			require.Equal(t, domain.ChargeReady, chargeOf(again, "LUM-1").Status)
			require.Empty(t, chargeOf(again, "LUM-1").Reason)
		})
	}
	// A receipt that turns out to be unreadable is seen no more
	h := played(t, released(), lumper(), unload("2024-03-05T14:00:00"), receivePOD("2024-03-05"), approve("LUM-1", "85.00", "desk lead"))
	events := domaintest.When(t, h, unreadable).Events()
	require.Equal(t, []string{"PODUnreadable", "ApprovalVoided"}, types(events))
	require.Equal(t, []domain.ExhibitChange{{Of: "proof of delivery", Was: `version 1, receipt 881, signed by "dock 4" at 2024-03-05: ""`}}, events[1].(domain.ApprovalVoided).Changes)

	// Another derivation of the same amount is another basis
	derived := amend("LUM-1", "85.00")
	derived.Basis = domain.Basis{Tariff: "ACME-2024", Version: "4", Formula: domain.FormulaStated, Inputs: map[string]string{"amount": "85.00"}, Rounding: money.HalfUp}
	h = played(t, lumperApproved(t), derived)
	require.Equal(t, domain.ChargePending, chargeOf(h, "LUM-1").Status)
	require.Empty(t, chargeOf(h, "LUM-1").ApprovedBy)
	domaintest.When(t, h, derived).Nothing()
	domaintest.When(t, lumperApproved(t), amend("LUM-1", "85.00")).Nothing()
}

func TestRule18WhatWasNotSeenLeavesAnApprovalAlone(t *testing.T) {
	estimate := zoned(2, domain.Unloaded, "2024-03-05T12:00:00")
	estimate.Estimate = true
	for name, change := range map[string]domain.Command{
		"a time that was not known":     zoned(2, domain.DepartedDelivery, "2024-03-05T11:30:00"),
		"an estimate":                   estimate,
		"a report that does not count":  zoned(2, domain.Unloaded, "2024-03-05T10:59:00"),
		"a later notice":                notice("2024-03-05T10:30:00", "edi"),
		"a service of another charge":   service("S1", "LFT", "40.00"),
		"another service of its code":   service("L2", "LUM", "10.00"),
		"another charge":                enter("F", domain.Freight, "100.00"),
		"an exception that is resolved": resolve("X1"),
	} {
		t.Run(name, func(t *testing.T) {
			events := domaintest.When(t, lumperApproved(t), change).Events()
			require.NotContains(t, types(events), "ApprovalVoided")
			require.NotContains(t, types(events), "ClaimQuestioned")
		})
	}
	// One that was given before the truck came anywhere stands when it does
	h := played(t, released(), lumper(), approve("LUM-1", "85.00", "desk lead"), zoned(2, domain.ArrivedDelivery, "2024-03-05T08:00:00"), delay("D1", "AM"),
		notice("2024-03-05T10:00:00", "e-mail"), service("L1", "LUM", "80.00"), zoned(2, domain.Unloaded, "2024-03-05T11:00:00"), receivePOD("2024-03-05T17:30:00"), timed())
	require.Equal(t, domain.ChargeClaimed, chargeOf(h, "LUM-1").Status)

	// and so does one of before evidence was kept with it
	old := lumperSeen(t).And(domain.ChargeApproved{Shipment: shipment, Charge: "LUM-1", Amount: usd("85.00"), By: "desk lead", Evidence: "sha256:51ab"})
	require.NotContains(t, types(domaintest.When(t, old, corrected("receipt 882")).Events()), "ApprovalVoided")
}

func TestRule18AChargeOfAnAgreementRestsOnTheStopsOfItsSheet(t *testing.T) {
	// Given detention of 150.00 at the consignee that was approved
	given := played(t, unrated(t), zoned(2, domain.DepartedDelivery, "2024-03-05T13:20:00"))
	h := given.And(domaintest.When(t, given, rate, told(t)).Events()...)
	h = played(t, h, approve("DET-2", "150.00", "desk lead"))
	require.Equal(t, "150.00 ready", amounts(h)["DET-2"])
	for _, x := range chargeOf(h, "DET-2").Exhibits {
		require.NotContains(t, x.Of, "stop 1")
	}

	// When the shipper's times change, then it stands
	require.NotContains(t, types(domaintest.When(t, h, zoned(1, domain.Loaded, "2024-03-04T10:30:00")).Events()), "ApprovalVoided")

	// When the consignee's do, then it is void at once, and amended when it is rated anew
	later := played(t, h, zoned(2, domain.DepartedDelivery, "2024-03-05T14:20:00"))
	require.Equal(t, []string{"MilestoneRecorded", "RatingDue", "ApprovalVoided"}, types(later[len(h):]))
	later = later.And(domaintest.When(t, later, rate, told(t)).Events()...)
	require.Equal(t, "200.00 pending-approval", amounts(later)["DET-2"])

	// When the change makes nothing of the amount, then it waits all the same
	another := zoned(2, domain.ArrivedDelivery, "2024-03-05T08:10:00")
	another.Medium, another.ReportedAt = domain.MediumGPS, inChicago("2024-03-06T08:00:00")
	same := played(t, h, another)
	same = same.And(domaintest.When(t, same, rate, told(t)).Events()...)
	require.Equal(t, "150.00 pending-approval", amounts(same)["DET-2"])
}

func TestRule18AVoidApprovalTakesTheShipmentOffAnInvoiceThatIsNotIssued(t *testing.T) {
	later := record(2, domain.Unloaded, "2024-03-05T15:00:00")
	billed := func() *ledger {
		l := newLedger(domain.Policy{Grace: 3 * day})
		l.must(t, syncAcme(true), domain.ReleaseOrder{OrderReleased: order()}, enter("F", domain.Freight, "100.00"), lumper(), unload("2024-03-05T14:00:00"),
			receivePOD("2024-03-05T17:30:00"), verifyPOD(domain.PODClean), approve("LUM-1", "85.00", "desk lead"))
		require.Len(t, l.invoice(invoice).Lines, 2)
		return l
	}
	// Given a candidate, when the evidence changes, then all of the shipment goes back
	l := billed()
	l.must(t, later)
	require.Empty(t, l.invoice(invoice).Lines)
	question := last[domain.ClaimQuestioned](t, l)
	require.Equal(t, []domain.ChargeID{"F", "LUM-1"}, question.Charges)
	require.Equal(t, []string{"charge LUM-1: unloaded at stop 2 changed after desk lead approved it"}, question.Holds)
	require.Equal(t, domain.ChargePending, l.shipment().Charges[1].Status)
	require.Equal(t, domain.ChargeReady, l.shipment().Charges[0].Status)
	require.NoError(t, l.wait(60*day))
	require.Equal(t, []string{"ACME_2024-03_USD_1 held"}, l.statuses(), "nothing is billed without it")
	// and is billed when it is approved anew
	l.must(t, approve("LUM-1", "85.00", "desk lead"))
	require.Equal(t, []string{"ACME_2024-03_USD_1 issued"}, l.statuses())
	require.Len(t, l.invoice(invoice).Lines, 2)

	// What is issued stays, and its approval with it
	l = billed()
	require.NoError(t, l.wait(60*day))
	l.must(t, later)
	require.Len(t, l.invoice(invoice).Lines, 2)
	require.Equal(t, [2]string{"claimed", "desk lead"}, [2]string{string(l.shipment().Charges[1].Status), l.shipment().Charges[1].ApprovedBy})
	require.NotContains(t, types(l.all), "ApprovalVoided")

	// A claim does not move to the next candidate on an approval that is void
	h := played(t, deliveredWith(t, lumper(), approve("LUM-1", "85.00", "desk lead")), verifyPOD(domain.PODClean), later)
	require.Equal(t, "ClaimQuestioned", h[len(h)-1].EventType())
	move := domain.MoveClaim{Shipment: shipment, From: invoice, To: candidate().Next(), Charges: []domain.ChargeID{"F", "LUM-1"}}
	require.Equal(t, []string{"ChargesReturned", "ApprovalVoided"}, types(domaintest.When(t, h, move).Events()))
	// nor is it questioned twice
	departed := record(2, domain.DepartedDelivery, "2024-03-05T16:00:00")
	domaintest.When(t, h, departed).Then(domain.MilestoneRecorded{Milestone: departed.Milestone})

	// A late charge of an invoice that is issued goes on its debit memo, whatever became of an approval there
	l = billed()
	require.NoError(t, l.wait(60*day))
	l.must(t, later, enter("F2", domain.Freight, "7.00"))
	require.Equal(t, domain.InvoiceID("ACME_2024-03_USD_1_DM1"), l.shipment().Charges[2].Invoice)
}

func TestRule18AWriteOffIsApprovedWhileTheSameIsDisputedAndSaysWhatWasOpen(t *testing.T) {
	h := played(t, issued(t), askWriteOff("W1", "47.00"))
	require.Equal(t, usd("147.00"), domaintest.When(t, h, approveWriteOff("W1", "47.00", "finance lead")).Events()[0].(domain.WrittenOff).Open)
	disputed := played(t, h, dispute("D1", creditLine("A", "1.00", "0.00")))
	domaintest.When(t, disputed, approveWriteOff("W1", "47.00", "finance lead")).Refused(domain.Conflict).ByRule(18)
	asked := played(t, disputed, askWriteOff("W1", "47.00"))
	domaintest.When(t, asked, approveWriteOff("W1", "47.00", "finance lead")).Events()
	cleared := played(t, asked, domain.ClearDispute{DisputeCleared: domain.DisputeCleared{Invoice: invoice, Dispute: "D1", End: domain.EndDenied}})
	domaintest.When(t, cleared, approveWriteOff("W1", "47.00", "finance lead")).Refused(domain.Conflict).ByRule(18)
}
