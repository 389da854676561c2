package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/stretchr/testify/require"
)

func number6(s string) rating.Decimal { return rating.MustDecimal(s) }

func cents() rating.Round { return rating.Round{Mode: money.HalfUp, Step: number6("0.01")} }

// terms are ACME's in 2024: 2.10 a mile, fuel by the diesel index above 1.20 at
// 6 miles a gallon, detention at 50.00 an hour after two hours, 250.00 for a
// truck ordered and not used.
func terms() rating.Agreement {
	return rating.Agreement{
		Agreement: "ACME", Version: "2024", Customers: []string{string(customer)}, Currency: "USD", From: "2024-01-01", Through: "2024-12-31",
		Round: cents(),
		Lanes: []rating.Lane{{Lane: "any", Linehaul: rating.Linehaul{Per: rating.PerMile, Rate: number6("2.10")}, Fuel: "diesel"}},
		Fuel:  []rating.Fuel{{Fuel: "diesel", Index: "DIESEL", Method: rating.FuelFormula, Peg: number6("1.20"), MilesPerGallon: number6("6"), Unit: rating.PerMile}},
		Accessorials: []rating.Accessorial{
			{Code: "DET", Name: "detention", Trigger: rating.TriggerDetention, Price: rating.Price{Per: rating.PerHour, Rate: number6("50")},
				Time: &rating.Time{FreeMinutes: 120, IncrementMinutes: 15}, ApprovalAbove: number6("100")},
			{Code: "VOR", Name: "truck ordered not used", Trigger: rating.TriggerNotUsed, Price: rating.Price{Rate: number6("250")}, ApprovalAbove: number6("300")},
		},
		Clauses: rating.Clauses{ApprovalAbove: number6("50")},
	}
}

func adopted(t testing.TB, versions ...rating.Agreement) domaintest.History {
	t.Helper()
	var h domaintest.History
	for _, v := range versions {
		h = played(t, h, domain.AdoptAgreement{Terms: v, By: "pricing desk"})
	}
	return h
}

func published(t testing.TB, values ...rating.IndexValue) domaintest.History {
	t.Helper()
	return played(t, nil, domain.PublishIndex{Index: "DIESEL", Values: values})
}

func diesel(day, value string) rating.IndexValue {
	return rating.IndexValue{Published: day, Effective: day, Value: number6(value), Source: "EIA"}
}

// ratedOrder is 600 miles under ACME's terms.
func ratedOrder() domain.OrderReleased {
	return orderWith(func(o *domain.OrderReleased) {
		o.Terms = domain.Terms{Agreement: "ACME", Rate: true}
		o.Measures = domain.Measures{Distance: rating.Quantity{Value: number6("600"), Unit: "mi"}}
		for i := range o.Stops {
			o.Stops[i].From, o.Stops[i].Until = inChicago("2024-03-05T08:00:00"), inChicago("2024-03-05T09:00:00")
		}
	})
}

func zoned(stop int, kind, when string) domain.RecordMilestone {
	return domain.RecordMilestone{Milestone: domain.Milestone{Shipment: shipment, Stop: stop, Kind: kind, At: inChicago(when), Medium: domain.MediumELD}}
}

// unrated is delivered after three hours and ten minutes at the consignee.
func unrated(t testing.TB) domaintest.History {
	t.Helper()
	return played(t, domaintest.Given(ratedOrder()), zoned(1, domain.Loaded, "2024-03-04T10:00:00"), zoned(2, domain.ArrivedDelivery, "2024-03-05T08:10:00"),
		zoned(2, domain.Unloaded, "2024-03-05T11:00:00"), zoned(2, domain.DepartedDelivery, "2024-03-05T11:20:00"))
}

func told(t testing.TB) domaintest.Told {
	t.Helper()
	return domaintest.Told{domain.AgreementStream("ACME"): adopted(t, terms()), domain.IndexStream("DIESEL"): published(t, diesel("2024-02-26", "3.90"), diesel("2024-03-04", "4.05"))}
}

var rate = domain.RateShipment{Shipment: shipment}

func amounts(h domaintest.History) map[domain.ChargeID]string {
	all := map[domain.ChargeID]string{}
	for _, c := range domaintest.Fold[domain.Shipment](h...).Charges {
		all[c.ID] = c.Amount.Format() + " " + string(c.Status)
	}
	return all
}

func TestAShipmentUnderAnAgreementAsksToBeRatedWhenItIsDelivered(t *testing.T) {
	h := unrated(t)
	require.Contains(t, types(h), domain.RatingDue{}.EventType())
	require.Contains(t, domaintest.Fold[domain.Shipment](h...).BillingHolds(), "waits to be rated")
}

func TestRatingGivesChargesWithTheirSheets(t *testing.T) {
	given := unrated(t)
	h := given.And(domaintest.When(t, given, rate, told(t)).Events()...)

	// 600 x 2.10; 600 x (4.05 - 1.20) / 6; 190 minutes less 120 free are four
	// quarters of an hour.
	require.Equal(t, map[domain.ChargeID]string{"linehaul": "1260.00 ready", "fuel": "285.00 ready", "DET-2": "50.00 ready"}, amounts(h))
	for _, c := range domaintest.Fold[domain.Shipment](h...).Charges {
		again, err := c.Basis.Amount("USD")
		require.NoError(t, err)
		require.True(t, again.Equal(c.Amount))
	}
	// Rating the same facts again changes nothing.
	domaintest.When(t, h, rate, told(t)).Nothing()
}

func TestALateFactIsRatedAnew(t *testing.T) {
	given := unrated(t)
	h := given.And(domaintest.When(t, given, rate, told(t)).Events()...)

	// When the carrier's own breakdown took an hour of the wait,
	h = h.And(domaintest.When(t, h, zoned(2, domain.DepartedDelivery, "2024-03-05T13:20:00")).Events()...)
	require.Equal(t, domain.RatingDue{}.EventType(), h[len(h)-1].EventType())
	h = h.And(domaintest.When(t, h, rate, told(t)).Events()...)

	// Then the detention is amended, and waits for approval above 100.00.
	require.Equal(t, "150.00 pending-approval", amounts(h)["DET-2"])
	require.Equal(t, "1260.00 ready", amounts(h)["linehaul"])
}

func TestWhatWasBilledIsNotAmendedByRating(t *testing.T) {
	given := unrated(t)
	h := given.And(domaintest.When(t, given, rate, told(t)).Events()...)
	h = played(t, h, receivePOD("2024-03-05"), verifyPOD(domain.PODClean))
	require.Equal(t, "50.00 claimed", amounts(h)["DET-2"])

	h = played(t, h, zoned(2, domain.DepartedDelivery, "2024-03-05T13:20:00"))
	h = h.And(domaintest.When(t, h, rate, told(t)).Events()...)

	require.Equal(t, "50.00 claimed", amounts(h)["DET-2"])
	require.Contains(t, types(h), domain.ExceptionRaised{}.EventType())
}

func TestRule23FuelGoesByTheValueOfItsDateAndNoLaterRevision(t *testing.T) {
	// Given a revision of the value of the pickup's week,
	revised := domaintest.Told{domain.AgreementStream("ACME"): adopted(t, terms()),
		domain.IndexStream("DIESEL"): published(t, diesel("2024-03-04", "4.05"), rating.IndexValue{Published: "2024-03-04", Effective: "2024-03-04", Value: number6("4.65")})}
	given := unrated(t)
	h := given.And(domaintest.When(t, given, rate, revised).Events()...)
	// Then the fuel is by what was published first.
	require.Equal(t, "285.00 ready", amounts(h)["fuel"])
}

func TestAShipmentWaitsForItsIndexAndItsAgreement(t *testing.T) {
	given := unrated(t)

	// Without a version in force it is blocked, and waits in the agreement's stream.
	blocked := domaintest.When(t, given, rate).Events()
	require.Equal(t, []string{"RatingBlocked"}, types(blocked))
	await := domain.Policy{}.React(blocked[0], at("2024-03-06").UTC)[0].Command
	waiting := played(t, nil, await)
	adoption := domaintest.When(t, waiting, domain.AdoptAgreement{Terms: terms(), By: "pricing desk"}).Events()
	require.Equal(t, []domain.Reaction{{Command: rate}}, domain.Policy{}.React(adoption[0], at("2024-03-06").UTC))

	// Without the index value everything else is rated, and the bill waits.
	h := given.And(blocked...)
	h = h.And(domaintest.When(t, h, rate, domaintest.Told{domain.AgreementStream("ACME"): adopted(t, terms())}).Events()...)
	require.Equal(t, map[domain.ChargeID]string{"linehaul": "1260.00 ready", "DET-2": "50.00 ready"}, amounts(h))
	h = played(t, h, receivePOD("2024-03-05"), verifyPOD(domain.PODClean))
	require.NotContains(t, types(h), domain.ChargesClaimed{}.EventType())

	// When it is published, the fuel comes, and all is claimed together.
	h = h.And(domaintest.When(t, h, rate, told(t)).Events()...)
	require.Equal(t, map[domain.ChargeID]string{"linehaul": "1260.00 claimed", "DET-2": "50.00 claimed", "fuel": "285.00 claimed"}, amounts(h))
}

func TestATruckOrderedAndNotUsedIsRatedAndBilledWithoutDelivery(t *testing.T) {
	h := played(t, domaintest.Given(ratedOrder()), domain.TenderOrder{OrderTendered: domain.OrderTendered{Shipment: shipment, Carrier: "XPOL", At: at("2024-03-01")}},
		domain.AcceptTender{TenderAccepted: domain.TenderAccepted{Shipment: shipment, Carrier: "XPOL", At: at("2024-03-01")}},
		domain.Dispatch{ShipmentDispatched: domain.ShipmentDispatched{Shipment: shipment, At: at("2024-03-02")}},
		domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: shipment, Reason: "no goods", At: inChicago("2024-03-04T09:00:00")}})
	h = h.And(domaintest.When(t, h, rate, told(t)).Events()...)
	require.Equal(t, map[domain.ChargeID]string{"VOR": "250.00 claimed"}, amounts(h))
	claim := h[len(h)-1].(domain.ChargesClaimed)
	require.Equal(t, "cancelled: no goods", claim.Evidence)
	require.Equal(t, "2024-03-04", claim.Lines[0].ServiceDate)
}

func TestAnAgreementsVersionIsNeverChanged(t *testing.T) {
	h := adopted(t, terms())
	domaintest.When(t, h, domain.AdoptAgreement{Terms: terms(), By: "somebody else"}).Nothing()
	dearer := terms()
	dearer.Lanes[0].Linehaul.Rate = number6("2.20")
	domaintest.When(t, h, domain.AdoptAgreement{Terms: dearer, By: "pricing desk"}).Refused(domain.Conflict).ByRule(14)
	dearer.Version = ""
	domaintest.When(t, h, domain.AdoptAgreement{Terms: dearer, By: "pricing desk"}).Refused(domain.Invalid)
}

func TestWhatItsCandidateGivesBackIsRatedAnew(t *testing.T) {
	given := unrated(t)
	h := given.And(domaintest.When(t, given, rate, told(t)).Events()...)
	h = played(t, h, receivePOD("2024-03-05"), verifyPOD(domain.PODClean))

	// Given a late departure after the charges were claimed, which is a case,
	h = played(t, h, zoned(2, domain.DepartedDelivery, "2024-03-05T11:50:00"))
	h = h.And(domaintest.When(t, h, rate, told(t)).Events()...)
	require.Equal(t, "50.00 claimed", amounts(h)["DET-2"])
	s := domaintest.Fold[domain.Shipment](h...)
	require.Equal(t, 1, s.OpenExceptions())
	require.Contains(t, types(h), domain.ClaimQuestioned{}.EventType())

	// When the candidate gives them back, it asks to be rated again,
	back := domain.ReturnCharges{ChargesReturned: domain.ChargesReturned{Shipment: shipment, Invoice: "ACME_2024-03_USD_1",
		Charges: []domain.ChargeID{"linehaul", "fuel", "DET-2"}, Reason: "exception"}}
	h = played(t, h, back)
	require.Equal(t, domain.RatingDue{}.EventType(), h[len(h)-1].EventType())
	h = h.And(domaintest.When(t, h, rate, told(t)).Events()...)

	// And then it is amended, the case is closed and all is claimed again.
	require.Equal(t, map[domain.ChargeID]string{"linehaul": "1260.00 claimed", "fuel": "285.00 claimed", "DET-2": "75.00 claimed"}, amounts(h))
	require.Zero(t, domaintest.Fold[domain.Shipment](h...).OpenExceptions())
}

func TestWhatADeskHasAmendedOrRejectedIsLeftToIt(t *testing.T) {
	given := unrated(t)
	h := given.And(domaintest.When(t, given, rate, told(t)).Events()...)
	h = played(t, h, amend("fuel", "200.00"), reject("DET-2"))
	require.NotEqual(t, domain.RatingDue{}.EventType(), h[len(h)-1].EventType())

	// When a late report has it rated anew, their decisions stand.
	h = played(t, h, zoned(2, domain.DepartedDelivery, "2024-03-05T13:20:00"))
	h = h.And(domaintest.When(t, h, rate, told(t)).Events()...)
	require.Equal(t, "200.00 ready", amounts(h)["fuel"])
	require.Equal(t, "50.00 rejected", amounts(h)["DET-2"])
}

func TestTheClausesOfTheVersionThatRatedItBillTheShipment(t *testing.T) {
	// Given a version that waives the proof of delivery, and asks for approval from 40.00 on
	waiving := terms()
	waiving.Clauses = rating.Clauses{ApprovalAbove: number6("40"), PODWaiver: "ACME §7", BillWithExceptions: true}
	knowing := told(t)
	knowing[domain.AgreementStream("ACME")] = adopted(t, waiving)
	given := unrated(t)
	h := given.And(domaintest.When(t, given, rate, knowing).Events()...)
	s := domaintest.Fold[domain.Shipment](h...)
	require.Equal(t, domain.Terms{Agreement: "ACME", Version: "2024", ApprovalAbove: usd("40.00"), PODWaiver: "ACME §7", BillWithExceptions: true, Rate: true}, s.Terms)
	// Then it is billed without one
	require.Equal(t, "1260.00 claimed", amounts(h)["linehaul"])
	// And an accessorial by hand goes by its threshold; without one, all wait
	require.Equal(t, "41.00 pending-approval", amounts(played(t, h, enter("X", domain.Accessorial, "41.00")))["X"])
	waiving.Clauses = rating.Clauses{}
	knowing[domain.AgreementStream("ACME")] = adopted(t, waiving)
	h = given.And(domaintest.When(t, given, rate, knowing).Events()...)
	require.Equal(t, "0.01 pending-approval", amounts(played(t, h, enter("X", domain.Accessorial, "0.01")))["X"])
}

func TestOnlyTimesOfDayInAZoneAreTimestamps(t *testing.T) {
	order := ratedOrder()
	order.WeightKg = "500"
	stay := func(change func(*domain.Milestone)) rating.Facts {
		arrived := zoned(2, domain.ArrivedDelivery, "2024-03-05T08:10:00")
		change(&arrived.Milestone)
		h := played(t, domaintest.Given(order), zoned(1, domain.ArrivedPickup, "2024-03-03T10:00:00"), zoned(1, domain.Loaded, "2024-03-04T10:00:00"), arrived,
			zoned(2, domain.Unloaded, "2024-03-05T11:00:00"), zoned(2, domain.DepartedDelivery, "2024-03-05T11:20:00"))
		return domaintest.When(t, h, rate, told(t)).Events()[0].(domain.ShipmentRated).Facts
	}
	facts := stay(func(*domain.Milestone) {})
	require.Equal(t, "eld", facts.Stops[1].Arrive.Source)
	require.Equal(t, "2024-03-04", facts.PickedUp)
	require.Equal(t, "500 kg", facts.Weight.Value.String()+" "+facts.Weight.Unit)
	require.Equal(t, domain.MediumDesk, stay(func(m *domain.Milestone) { m.Medium = "" }).Stops[1].Arrive.Source)
	require.True(t, stay(func(m *domain.Milestone) { m.At = at("2024-03-05") }).Stops[1].Arrive.IsZero())
	require.True(t, stay(func(m *domain.Milestone) { m.At = at("2024-03-05T08:10:00") }).Stops[1].Arrive.IsZero())
}

func TestWhatCannotBeRatedSaysSoUntilItCan(t *testing.T) {
	given := unrated(t)
	h := given.And(domaintest.When(t, given, rate).Events()...)
	require.Contains(t, domaintest.Fold[domain.Shipment](h...).BillingHolds()[1], "cannot be rated: ")
	// Also in another currency than the shipment's
	euros := terms()
	euros.Currency = "EUR"
	blocked := domaintest.When(t, given, rate, domaintest.Told{domain.AgreementStream("ACME"): adopted(t, euros)}).Events()
	require.Contains(t, blocked[0].(domain.RatingBlocked).Reason, "EUR")
	h = h.And(domaintest.When(t, h, rate, told(t)).Events()...)
	require.Equal(t, []string{"no verified proof of delivery"}, domaintest.Fold[domain.Shipment](h...).BillingHolds())

	domaintest.When(t, nil, rate).Refused(domain.NotFound)
	domaintest.When(t, released(), rate).Refused(domain.NotReady)
	domaintest.When(t, domaintest.Given(ratedOrder()), rate).Refused(domain.NotReady)
}
