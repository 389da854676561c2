package domain_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/stretchr/testify/require"
)

// earnedOnTheWay is a version under which revenue is earned over transit.
func earnedOnTheWay(a rating.Agreement) rating.Agreement {
	a.Billing.Recognition = rating.OverTransit
	return a
}

// onTheWay is 600 miles at 2.10 without fuel, earned over transit, with detention
// that needs no approval.
func onTheWay() rating.Agreement {
	a := earnedOnTheWay(terms())
	a.Lanes[0].Fuel = ""
	a.Accessorials[0].ApprovalAbove = number6("1000")
	return a
}

// wayOrder says nothing of recognition, and is promised 10 days after 28 March.
func wayOrder() domain.OrderReleased {
	o := ratedOrder()
	o.Promised = at("2024-04-07")
	return o
}

// netted sums accruals by month and charge, as the books show them in the end.
func netted(t testing.TB, events []domain.Event) []string {
	t.Helper()
	sums := map[string]string{}
	for _, e := range events {
		if e, ok := e.(domain.RevenueAccrued); ok {
			for _, line := range e.Lines {
				key := fmt.Sprintf("%s %s", e.Date[:7], line.Charge)
				if before, booked := sums[key]; booked {
					sums[key] = add(t, usd(before), line.Amount).Format()
				} else {
					sums[key] = line.Amount.Format()
				}
			}
		}
	}
	var list []string
	for key, sum := range sums {
		if sum != "0.00" {
			list = append(list, key+" "+sum)
		}
	}
	slices.Sort(list)
	return list
}

func TestRule44AnAgreementSaysThatFreightIsEarnedOnItsWay(t *testing.T) {
	// Given freight under an agreement that has it earned over its transit …
	l := newLedger(domain.Policy{})
	l.must(t, syncAcme(true), domain.AdoptAgreement{Terms: onTheWay(), By: "pricing desk"}, domain.ReleaseOrder{OrderReleased: wayOrder()})
	// … it has its price when it leaves …
	l.must(t, depart("2024-03-28T16:00:00"))
	require.Equal(t, "1260.00", l.shipment().Charges[0].Amount.Format())
	require.NoError(t, l.wait(31*day))
	require.Equal(t, []string{"2024-03-31 ACME linehaul 504.00"}, accruals(l.all))
	// … and the rest on delivery.
	l.must(t, unload("2024-04-06T09:00:00"), receivePOD("2024-04-06"), verifyPOD(domain.PODClean))
	require.Equal(t, []string{"2024-03-31 ACME linehaul 504.00", "2024-04-06 ACME linehaul 756.00"}, accruals(l.all))
	require.NoError(t, l.wait(60*day))
	require.Equal(t, "0.00", l.balances(t)[domain.Unbilled])
	require.Empty(t, l.refused)
}

func TestTheOrdersOwnWordOnRecognitionWins(t *testing.T) {
	for _, test := range []struct{ order, agreement, first string }{
		{"", "", "2024-04-06"},
		{"", rating.OnDelivery, "2024-04-06"},
		{"", rating.OverTransit, "2024-03-31"},
		{rating.OnDelivery, rating.OverTransit, "2024-04-06"},
		{rating.OverTransit, "", "2024-03-31"},
		{rating.OverTransit, rating.OnDelivery, "2024-03-31"},
	} {
		t.Run(fmt.Sprintf("order %q, agreement %q", test.order, test.agreement), func(t *testing.T) {
			a, o := onTheWay(), wayOrder()
			a.Billing.Recognition, o.Terms.Recognition = test.agreement, test.order
			l := newLedger(domain.Policy{})
			l.must(t, domain.AdoptAgreement{Terms: a, By: "pricing desk"}, domain.ReleaseOrder{OrderReleased: o}, depart("2024-03-28T16:00:00"))
			require.NoError(t, l.wait(31*day))
			l.must(t, unload("2024-04-06T09:00:00"))
			require.Equal(t, test.first, accruals(l.all)[0][:10])
			require.Equal(t, test.order, l.shipment().Terms.Recognition)
			require.Equal(t, "1260.00", l.balances(t)[domain.Unbilled])
		})
	}
}

func TestOtherFreightDoesNotPayForAgreementsThatHaveItEarnedOnItsWay(t *testing.T) {
	// Given an agreement that has freight earned on delivery, or none that could say more
	for name, h := range map[string]domaintest.History{
		"earned on delivery": played(t, nil, domain.AdoptAgreement{Terms: terms(), By: "pricing desk"}),
		"the version goes by the delivery": played(t, nil, domain.AdoptAgreement{By: "pricing desk", Terms: func() rating.Agreement {
			a := onTheWay()
			a.DateBasis = rating.ByDelivery
			return a
		}()}),
	} {
		t.Run(name, func(t *testing.T) {
			// Then it leaves without being rated
			domaintest.When(t, domaintest.Given(wayOrder()), depart("2024-03-28"), domaintest.Told{domain.AgreementStream("ACME"): h}).
				Then(domain.MilestoneRecorded{Milestone: depart("2024-03-28").Milestone})
		})
	}
}

// Whatever of the departure, the version and the delivery is learned first, and
// whenever, the books of each month are the same in the end.
func TestRule44TheBooksAreTheSameInWhateverOrderTheAgreementIsLearned(t *testing.T) {
	leave := zoned(1, domain.DepartedPickup, "2024-03-28T16:00:00")
	arrived, unloaded, departed := zoned(2, domain.ArrivedDelivery, "2024-05-06T08:10:00"), zoned(2, domain.Unloaded, "2024-05-06T11:00:00"), zoned(2, domain.DepartedDelivery, "2024-05-06T11:25:00")
	adopt := domain.AdoptAgreement{Terms: onTheWay(), By: "pricing desk"}
	entered := enter("BY-HAND", domain.Freight, "400.00")
	// 4 and 34 days of 40; detention is earned where the freight is delivered
	want := []string{"2024-03 BY-HAND 40.00", "2024-03 linehaul 126.00", "2024-04 BY-HAND 300.00", "2024-04 linehaul 945.00",
		"2024-05 BY-HAND 60.00", "2024-05 DET-2 62.50", "2024-05 linehaul 189.00"}
	facts := map[string][]domain.Command{"departure": {leave}, "version": {adopt}, "delivery": {arrived, unloaded, departed}}
	for _, order := range [][]string{{"departure", "version", "delivery"}, {"departure", "delivery", "version"}, {"version", "departure", "delivery"},
		{"version", "delivery", "departure"}, {"delivery", "version", "departure"}, {"delivery", "departure", "version"}} {
		for _, apart := range []time.Duration{0, day, 20 * day, 40 * day, 70 * day} {
			t.Run(fmt.Sprintf("%v, %s apart", order, apart), func(t *testing.T) {
				o := wayOrder()
				o.Promised = at("2024-05-07")
				l := newLedger(domain.Policy{})
				l.must(t, domain.ReleaseOrder{OrderReleased: o}, entered)
				for _, fact := range order {
					require.NoError(t, l.wait(apart))
					l.must(t, facts[fact]...)
				}
				require.NoError(t, l.wait(100*day))
				require.Equal(t, want, netted(t, l.all))
				require.Empty(t, l.refused)
				require.Equal(t, "1722.50", l.balances(t)[domain.Unbilled])
			})
		}
	}
}

// What is earned on the way is what would have been known on it, though all of
// it is learned later.
func TestFreightIsRatedForItsMonthsByWhatHadHappenedInThem(t *testing.T) {
	// Given freight that left on the last day of March and was delivered in May, with what was done on the way
	on := func(name string, when domain.Moment) domain.RecordService {
		return served(func(e *domain.ServiceRecorded) {
			e.Service.Service, e.Service.Document, e.Service.At = name, name, rating.Instant{UTC: when.UTC, Local: when.Local, Zone: when.Zone}
		})
	}
	o := wayOrder()
	o.Promised = at("2024-05-07")
	late := delayed("D1", 2, "09:00:00", "09:40:00", "AI")
	late.From, late.Until = inChicago("2024-05-06T09:00:00"), inChicago("2024-05-06T09:40:00")
	notice := domain.RecordNotice{NoticeRecorded: domain.NoticeRecorded{Shipment: shipment, Stop: 2, At: inChicago("2024-05-06T10:20:00"), Medium: "e-mail", To: "dock at ACME"}}
	h := played(t, domaintest.Given(o), zoned(1, domain.DepartedPickup, "2024-03-31T16:00:00"), zoned(2, domain.ArrivedDelivery, "2024-05-06T08:10:00"),
		zoned(2, domain.Unloaded, "2024-05-06T11:00:00"), late, notice,
		on("MARCH", inChicago("2024-03-31T17:00:00")), on("APRIL-30", inChicago("2024-04-30T12:00:00")), on("MAY-1", inChicago("2024-05-01T12:00:00")), on("AT-NO-TIME", domain.Moment{}))

	// When it is rated, then first by what had happened when April ended, and then by all
	var facts []rating.Facts
	for _, e := range domaintest.When(t, h, rate, domaintest.Told{domain.AgreementStream("ACME"): played(t, nil, domain.AdoptAgreement{Terms: onTheWay(), By: "pricing desk"})}).Events() {
		if e, ok := e.(domain.ShipmentRated); ok {
			facts = append(facts, e.Facts)
		}
	}
	require.Len(t, facts, 2)
	services := func(f rating.Facts) (names []string) {
		for _, s := range f.Services {
			names = append(names, s.Service)
		}
		slices.Sort(names)
		return names
	}
	require.Equal(t, []string{"APRIL-30", "AT-NO-TIME", "MARCH"}, services(facts[0]))
	require.Equal(t, []string{"APRIL-30", "AT-NO-TIME", "MARCH", "MAY-1"}, services(facts[1]))
	require.Equal(t, [2]string{"", "2024-05-06"}, [2]string{facts[0].Delivered, facts[1].Delivered})
	require.Equal(t, [2]string{"2024-03-31", "2024-03-31"}, [2]string{facts[0].PickedUp, facts[1].PickedUp})
	require.Empty(t, facts[0].Stops[1].Delays)
	require.Len(t, facts[1].Stops[1].Delays, 1)
	require.Nil(t, facts[0].Stops[1].Notice)
	require.NotNil(t, facts[1].Stops[1].Notice)
}
