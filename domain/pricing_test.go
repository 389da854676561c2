package domain_test

import (
	"errors"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/stretchr/testify/require"
)

// under are ACME's terms, changed, with the diesel of told.
func under(t testing.TB, changes ...func(*rating.Agreement)) domaintest.Told {
	t.Helper()
	versions := []rating.Agreement{}
	for _, change := range changes {
		v := terms()
		change(&v)
		versions = append(versions, v)
	}
	knowing := told(t)
	knowing[domain.AgreementStream("ACME")] = adopted(t, versions...)
	return knowing
}

// rated is a history with the rating that follows.
func rated(t testing.TB, h domaintest.History, knowing domaintest.Told) domaintest.History {
	t.Helper()
	return h.And(domaintest.When(t, h, rate, knowing).Events()...)
}

// departed corrects when the truck left the consignee, one report after the other.
func departed(when, reported string) domain.RecordMilestone {
	c := zoned(2, domain.DepartedDelivery, "2024-03-05T"+when)
	c.ReportedAt = at("2024-03-06T" + reported)
	return c
}

func factsOf(t testing.TB, o domain.OrderReleased, commands ...domain.Command) rating.Facts {
	t.Helper()
	return domaintest.When(t, played(t, domaintest.Given(o), commands...), rate, told(t)).Events()[0].(domain.ShipmentRated).Facts
}

func TestChargesThatAreEnteredAreNotRated(t *testing.T) {
	domaintest.When(t, deliveredWith(t), rate).Refused(domain.NotReady)
}

func TestAnotherVersionForTheSameFactsIsRatedAnew(t *testing.T) {
	h := rated(t, unrated(t), under(t, func(*rating.Agreement) {}))
	both := under(t, func(*rating.Agreement) {}, func(a *rating.Agreement) {
		a.Version, a.From = "2024-03", "2024-03-01"
		a.Lanes[0].Linehaul.Rate = number6("2.20")
	})
	h = rated(t, h, both)
	require.Equal(t, "1320.00 ready", amounts(h)["linehaul"])
	domaintest.When(t, h, rate, both).Nothing()
}

func TestAPriceIsToldWithoutBeingRecorded(t *testing.T) {
	s := domaintest.Fold[domain.Shipment](unrated(t)...)
	streams := map[domain.Stream]any{domain.AgreementStream("ACME"): domaintest.Fold[domain.Agreement](adopted(t, terms())...), domain.IndexStream("DIESEL"): domaintest.Fold[domain.Index](published(t, diesel("2024-03-04", "4.05"))...)}
	p, err := s.Price(func(stream domain.Stream) (any, error) { return streams[stream], nil })
	require.NoError(t, err)
	require.Empty(t, p.Blocked)
	require.Equal(t, "1260.00", p.Result.Charges[0].Amount.Format())

	away := errors.New("the disk is away")
	_, err = s.Price(func(domain.Stream) (any, error) { return nil, away })
	require.ErrorIs(t, err, away)
	_, err = s.Price(func(domain.Stream) (any, error) { return "nonsense", nil })
	require.ErrorContains(t, err, "agreement-ACME")
}

func TestARatingSaysWhichIndexAndWhichEvidenceItWaitsFor(t *testing.T) {
	notice := func(a *rating.Agreement) {
		a.Accessorials[0].Evidence, a.Accessorials[0].NoticeMinutes = []rating.Evidence{rating.NeedsNotice}, 30
	}
	knowing := under(t, notice)
	delete(knowing, domain.IndexStream("DIESEL"))
	e := domaintest.When(t, unrated(t), rate, knowing).Events()[0].(domain.ShipmentRated)
	require.Equal(t, []string{"DIESEL"}, e.Awaits)
	require.Len(t, e.Lacks, 1)
	require.Equal(t, domain.ChargeID("DET-2"), e.Lacks[0].Charge)
	// The shipment waits in the index's stream, and rating anew is asked for when it comes
	require.Contains(t, domain.Policy{}.React(e, at("2024-03-06").UTC), domain.Reaction{Command: domain.AwaitIndex{IndexAwaited: domain.IndexAwaited{Index: "DIESEL", Shipment: shipment}}})
}

func TestWhatCannotBeComputedBlocksTheRating(t *testing.T) {
	// Given two services that would be charged under one id
	service := func(code string) rating.Accessorial {
		return rating.Accessorial{Code: code, Name: code, Trigger: rating.TriggerService, Price: rating.Price{Rate: number6("10")}}
	}
	knowing := under(t, func(a *rating.Agreement) {
		a.Accessorials = append(a.Accessorials, service("X"), service("X-Y"))
	})
	h := played(t, unrated(t), served(func(e *domain.ServiceRecorded) { e.Service = rating.Service{Service: "Y-Z", Code: "X"} }),
		served(func(e *domain.ServiceRecorded) { e.Service = rating.Service{Service: "Z", Code: "X-Y"} }))
	events := domaintest.When(t, h, rate, knowing).Events()
	require.Equal(t, []string{"RatingBlocked"}, types(events))
	require.Contains(t, events[0].(domain.RatingBlocked).Reason, "X-Y-Z")
}

func TestAChargeThatTheFactsNoLongerAskForIsRejectedAndComesBackWithThem(t *testing.T) {
	// Given detention of 50.00, and then a truck that left in time
	h := rated(t, unrated(t), told(t))
	h = rated(t, played(t, h, departed("09:00:00", "10:00:00")), told(t))
	require.Equal(t, map[domain.ChargeID]string{"linehaul": "1260.00 ready", "fuel": "285.00 ready", "DET-2": "50.00 rejected"}, amounts(h))
	// A rating that goes by the same facts leaves it so
	domaintest.When(t, h, rate, told(t)).Nothing()
	h = rated(t, played(t, h, delayed("a", 1, "09:00:00", "09:10:00", "AI")), told(t))
	require.Equal(t, "50.00 rejected", amounts(h)["DET-2"])
	// When it did wait after all, then detention is entered again
	h = rated(t, played(t, h, departed("11:20:00", "11:00:00")), told(t))
	require.Equal(t, "50.00 ready", amounts(h)["DET-2"])
}

func TestABilledChargeThatTheFactsNoLongerAskForIsACaseUntilItsInvoiceGivesItBack(t *testing.T) {
	h := played(t, rated(t, unrated(t), told(t)), receivePOD("2024-03-05"), verifyPOD(domain.PODClean))
	h = rated(t, played(t, h, departed("09:00:00", "10:00:00"), raise("X1")), told(t))
	require.Equal(t, "50.00 claimed", amounts(h)["DET-2"])
	cases := func() (open []string) {
		for _, x := range domaintest.Fold[domain.Shipment](h...).Exceptions {
			if x.Open {
				open = append(open, x.ID)
			}
		}
		return open
	}
	require.Equal(t, []string{"X1", "rated-otherwise-DET-2=nothing"}, cases())
	// Rated again by another fact, it is the same case
	h = played(t, h, delayed("a", 1, "09:00:00", "09:10:00", "AI"))
	require.Equal(t, []string{"ShipmentRated"}, types(domaintest.When(t, h, rate, told(t)).Events()))
	h = rated(t, h, told(t))
	// The rejection of the charge ends its case, and no other
	h = played(t, h, domain.ReturnCharges{ChargesReturned: domain.ChargesReturned{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"linehaul", "fuel", "DET-2"}, Reason: "exception"}})
	h = rated(t, h, told(t))
	require.Equal(t, "50.00 rejected", amounts(h)["DET-2"])
	require.Equal(t, []string{"X1"}, cases())
	// What has ended does not end again when the charge comes back and is amended
	h = rated(t, played(t, h, departed("11:20:00", "11:00:00")), told(t))
	h = played(t, h, departed("13:20:00", "12:00:00"))
	require.Equal(t, []string{"ShipmentRated", "ChargeAmended"}, types(domaintest.When(t, h, rate, told(t)).Events()))
}

func TestOfACancelledShipmentWhatRatingFoundIsOwedUnderAnyCode(t *testing.T) {
	h := domaintest.Given(ratedOrder(), domain.OrderTendered{Shipment: shipment, Carrier: "XPOL"}, domain.TenderAccepted{Shipment: shipment, Carrier: "XPOL"}, domain.ShipmentDispatched{Shipment: shipment, At: at("2024-03-02")})
	h = played(t, h, enter("X", domain.Accessorial, "80.00"), domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: shipment, Reason: "no goods", At: inChicago("2024-03-04T09:00:00")}})
	h = rated(t, h, under(t, func(a *rating.Agreement) {
		a.Accessorials[1].Code, a.Accessorials[1].ApprovalAbove = "DRY", number6("200")
	}))
	require.Equal(t, "250.00 pending-approval", amounts(h)["DRY"])
	require.Equal(t, "ChargeApproved", types(domaintest.When(t, h, approve("DRY", "250.00", "desk lead")).Events())[0])
	domaintest.When(t, h, approve("X", "80.00", "desk lead")).Refused(domain.TooLate)
}

func TestEachChargesCaseIsItsOwn(t *testing.T) {
	// Given a billed linehaul and detention that both would be rated otherwise now
	h := played(t, rated(t, unrated(t), told(t)), receivePOD("2024-03-05"), verifyPOD(domain.PODClean))
	dearer := under(t, func(*rating.Agreement) {}, func(a *rating.Agreement) {
		a.Version, a.From = "2024-03", "2024-03-01"
		a.Lanes[0].Linehaul.Rate = number6("2.20")
	})
	h = rated(t, played(t, h, departed("12:00:00", "10:00:00")), dearer)
	open := func() int { return domaintest.Fold[domain.Shipment](h...).OpenExceptions() }
	require.Equal(t, 2, open())
	// When its candidate gives back the linehaul alone, then only that case ends
	h = played(t, h, domain.ReturnCharges{ChargesReturned: domain.ChargesReturned{Shipment: shipment, Invoice: invoice, Charges: []domain.ChargeID{"linehaul"}, Reason: "exception"}})
	h = rated(t, h, dearer)
	require.Equal(t, "1320.00 ready", amounts(h)["linehaul"])
	require.Equal(t, 1, open())
}

func TestOnlyWhatIsComputedOtherwiseIsAmended(t *testing.T) {
	h := rated(t, unrated(t), told(t))
	amended := func(h domaintest.History) (ids []domain.ChargeID) {
		for _, e := range domaintest.When(t, h, rate, told(t)).Events() {
			if e, ok := e.(domain.ChargeAmended); ok {
				ids = append(ids, e.Charge)
			}
		}
		return ids
	}
	require.Equal(t, []domain.ChargeID{"DET-2"}, amended(played(t, h, departed("13:20:00", "10:00:00"))))
	// Of the same amount by other steps, too: an approval is for one computation
	require.Equal(t, []domain.ChargeID{"DET-2"}, amended(played(t, h, departed("11:21:00", "10:00:00"))))
	// and not what a desk has amended, whether it is ready or waits
	waits := played(t, h, amend("DET-2", "120.00"), departed("13:20:00", "10:00:00"))
	require.Equal(t, "120.00 pending-approval", amounts(waits)["DET-2"])
	require.Empty(t, amended(waits))
}

func TestRule25AReceiptIsPassedThroughWithItsFee(t *testing.T) {
	knowing := under(t, func(a *rating.Agreement) {
		a.Accessorials = append(a.Accessorials, rating.Accessorial{Code: "LUM", Name: "lumper", Trigger: rating.TriggerPassThrough, ApprovalAbove: number6("500")})
	})
	h := rated(t, played(t, unrated(t), served(as)), knowing)
	var lumper domain.Charge
	for _, c := range domaintest.Fold[domain.Shipment](h...).Charges {
		if c.Code == "LUM" {
			lumper = c
		}
	}
	require.Equal(t, "80.00", lumper.Amount.Format())
	require.Equal(t, &domain.PassThrough{Receipt: usd("80.00"), Fee: usd("0.00")}, lumper.PassThrough)
}

func TestTheThresholdOfAnOrderGivesWayToThatOfItsVersion(t *testing.T) {
	o := ratedOrder()
	o.Terms.ApprovalAbove = usd("10.00")
	h := played(t, domaintest.Given(o), zoned(1, domain.Loaded, "2024-03-04T10:00:00"), zoned(2, domain.Unloaded, "2024-03-05T11:00:00"))
	h = rated(t, h, under(t, func(a *rating.Agreement) { a.Clauses = rating.Clauses{} }))
	require.Equal(t, domain.Terms{Agreement: "ACME", Version: "2024", Rate: true}, domaintest.Fold[domain.Shipment](h...).Terms)
}

func TestTheFactsOfAShipmentAreWhatWasReportedOfItsStops(t *testing.T) {
	o := ratedOrder()
	o.WeightKg = "500"
	o.Measures.Weight = rating.Quantity{Value: number6("1340"), Unit: "lb"}
	o.Stops = []domain.Stop{{Seq: 1, Kind: domain.StopPickup}, {Seq: 2, Kind: domain.StopDelivery}, {Seq: 3, Kind: domain.StopPickup}}
	o.Stops[0].From, o.Stops[0].Until = at("2024-03-04"), inChicago("2024-03-04T12:00:00")
	facts := factsOf(t, o, zoned(1, domain.ArrivedPickup, "2024-03-03T22:00:00"), zoned(1, domain.DepartedPickup, "2024-03-04T10:00:00"), zoned(3, domain.Loaded, "2024-03-05T06:00:00"),
		noticed(2, "10:30:00", "phone"), noticed(2, "10:00:00", "e-mail"), noticed(1, "09:00:00", "edi"), zoned(2, domain.Unloaded, "2024-03-05T11:00:00"))
	// A weight in the order's own measures is better than one that was stated beside it
	require.Equal(t, "1340 lb", facts.Weight.Value.String()+" "+facts.Weight.Unit)
	// The freight was picked up at the first stop, when the truck left it
	require.Equal(t, "2024-03-04", facts.PickedUp)
	require.Equal(t, "2024-03-03T22:00:00", facts.Stops[0].Arrive.Local)
	require.True(t, facts.Stops[0].Worked.IsZero())
	require.Equal(t, "2024-03-05T06:00:00", facts.Stops[2].Worked.Local)
	// A day is no time, neither of an appointment nor of a report
	require.True(t, facts.Stops[0].From.IsZero())
	require.Equal(t, "2024-03-04T12:00:00", facts.Stops[0].Until.Local)
	dayInChicago := at("2024-03-05")
	dayInChicago.Zone = "America/Chicago"
	arrived := zoned(2, domain.ArrivedDelivery, "2024-03-05T08:10:00")
	arrived.At = dayInChicago
	require.True(t, factsOf(t, o, zoned(1, domain.Loaded, "2024-03-04T10:00:00"), arrived, zoned(2, domain.Unloaded, "2024-03-05T11:00:00")).Stops[1].Arrive.IsZero())
	// The first notice of each stop counts for that stop
	require.Equal(t, [2]string{"edi", "e-mail"}, [2]string{facts.Stops[0].Notice.Source, facts.Stops[1].Notice.Source})
	require.Nil(t, facts.Stops[2].Notice)
}

func TestRatingIsAskedForOnceWhileNothingChanges(t *testing.T) {
	h := unrated(t)
	domaintest.When(t, h, raise("X1")).Then(raise("X1").ExceptionRaised)
	// What is rated and has other facts since waits to be rated again, and is not billed
	h = played(t, rated(t, h, told(t)), receivePOD("2024-03-05"), departed("13:20:00", "10:00:00"), verifyPOD(domain.PODClean))
	require.Equal(t, []string{"waits to be rated"}, domaintest.Fold[domain.Shipment](h...).BillingHolds())
	require.NotContains(t, types(h), domain.ChargesClaimed{}.EventType())
}
