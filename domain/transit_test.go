package domain_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// overTransit is an order whose revenue is earned on the way to a promised day.
func overTransit(promised string) domain.OrderReleased {
	return orderWith(func(o *domain.OrderReleased) {
		o.Terms.Recognition = domain.RecognizedOverTransit
		o.Promised = at(promised)
	})
}

func depart(when string) domain.RecordMilestone { return record(1, domain.DepartedPickup, when) }

// accruals lists what was accrued: date, charge and amount.
func accruals(events []domain.Event) (list []string) {
	for _, e := range events {
		if e, ok := e.(domain.RevenueAccrued); ok {
			for _, line := range e.Lines {
				list = append(list, fmt.Sprintf("%s %s %s %s", e.Date, e.Customer, line.Charge, line.Amount.Format()))
			}
		}
	}
	return list
}

func lastOf(events []domain.Event) domain.Event { return events[len(events)-1] }

// moving is a ledger on 28 March with 1,000.00 of freight that left on that day
// and is promised for 7 April: 10 days, 4 of them in March.
func moving(t testing.TB) *ledger {
	t.Helper()
	l := newLedger(domain.Policy{})
	require.NoError(t, l.wait(27*day))
	l.must(t, syncAcme(true), domain.ReleaseOrder{OrderReleased: overTransit("2024-04-07")}, enter("F", domain.Freight, "1000.00"), depart("2024-03-28T16:00:00"))
	return l
}

func TestRule44FreightThatMovesOverAMonthsEndIsEarnedInBothMonths(t *testing.T) {
	// Given freight on its way, while March lasts nothing is earned …
	l := moving(t)
	require.NoError(t, l.wait(4*day-time.Second))
	require.Empty(t, accruals(l.all))
	// … when March has ended four days of ten are …
	require.NoError(t, l.wait(time.Second))
	require.Equal(t, []string{"2024-03-31 ACME F 400.00"}, accruals(l.all))
	require.Equal(t, "400.00", l.balances(t)[domain.Unbilled])
	require.Equal(t, "-400.00", l.balances(t)[domain.AccruedRevenue])
	require.Equal(t, domain.TransitShare{Price: usd("1000.00"), Before: usd("0.00"), PickedUp: "2024-03-28", Planned: "2024-04-07", Elapsed: 4, Days: 10},
		*lastOf(l.streams[shipment.Stream()]).(domain.RevenueAccrued).Lines[0].Share)
	// … the rest on delivery …
	require.NoError(t, l.wait(5*day))
	l.must(t, unload("2024-04-06T09:00:00"))
	require.Equal(t, []string{"2024-03-31 ACME F 400.00", "2024-04-06 ACME F 600.00"}, accruals(l.all))
	require.Equal(t, "1000.00", l.balances(t)[domain.Unbilled])
	// … and the invoice reverses both.
	l.must(t, receivePOD("2024-04-06"), verifyPOD(domain.PODClean))
	require.NoError(t, l.wait(60*day))
	require.Equal(t, []string{"ACME_2024-04_USD_1 issued"}, l.statuses())
	books := l.balances(t)
	require.Equal(t, [5]string{"0.00", "0.00", "-1000.00", "1000.00", ""},
		[5]string{books[domain.Unbilled], books[domain.AccruedRevenue], books[domain.Revenue], books[domain.Receivable], books[domain.AccrualVariance]})
	require.Equal(t, []string{"2024-03-31 ACME F 400.00", "2024-04-06 ACME F 600.00"}, accruals(l.all))
	require.Empty(t, l.refused)
}

func TestTheBooksAreTheSameWhenTheDeliveryIsLearnedOfBeforeTheMonthsEnd(t *testing.T) {
	// A history from before the ledger: all of it is told on one day
	l := newLedger(domain.Policy{ByPeriod: true})
	l.must(t, domain.ReleaseOrder{OrderReleased: overTransit("2024-05-07")}, enter("F", domain.Freight, "1000.00"), depart("2024-03-28"), unload("2024-05-06T09:00:00"))
	// 4 and 34 days of 40
	want := []string{"2024-03-31 ACME F 100.00", "2024-04-30 ACME F 750.00", "2024-05-06 ACME F 150.00"}
	require.Equal(t, want, accruals(l.all))
	require.NoError(t, l.wait(400*day))
	require.Equal(t, want, accruals(l.all))
}

func TestWhatIsEarnedOnTheWayGoesByTheDaysOfItsPlan(t *testing.T) {
	appointment := func(from, until string) func(*domain.OrderReleased) {
		return func(o *domain.OrderReleased) {
			o.Promised = domain.Moment{}
			if from != "" {
				o.Stops[1].From = at(from)
			}
			if until != "" {
				o.Stops[1].Until = at(until)
			}
		}
	}
	for name, test := range map[string]struct {
		change func(*domain.OrderReleased)
		pickup domain.RecordMilestone
		want   []string // through June
	}{
		"by the promise":           {func(*domain.OrderReleased) {}, depart("2024-03-28"), []string{"2024-03-31 ACME F 40.00", "2024-04-30 ACME F 60.00"}},
		"by the window's end":      {appointment("2024-04-01T08:00:00", "2024-04-02T08:00:00"), depart("2024-03-28"), []string{"2024-03-31 ACME F 80.00", "2024-04-30 ACME F 20.00"}},
		"by the window's begin":    {appointment("2024-04-01T08:00:00", ""), depart("2024-03-28T23:00:00"), []string{"2024-03-31 ACME F 100.00"}},
		"loaded is picked up":      {func(*domain.OrderReleased) {}, record(1, domain.Loaded, "2024-03-31"), []string{"2024-03-31 ACME F 14.29", "2024-04-30 ACME F 85.71"}},
		"later than its plan":      {func(*domain.OrderReleased) {}, depart("2024-04-09"), []string{"2024-04-30 ACME F 100.00"}},
		"a plan of a year":         {func(o *domain.OrderReleased) { o.Promised = at("2025-03-29") }, depart("2024-03-28"), []string{"2024-03-31 ACME F 1.09", "2024-04-30 ACME F 8.20", "2024-05-31 ACME F 8.47", "2024-06-30 ACME F 8.20"}},
		"no plan that is believed": {func(o *domain.OrderReleased) { o.Promised = at("2025-03-30") }, depart("2024-03-28"), nil},
		"no plan at all":           {appointment("", ""), depart("2024-03-28"), nil},
		"by way of a stop that may be left out": {func(o *domain.OrderReleased) {
			o.Promised = domain.Moment{}
			o.Stops = []domain.Stop{{Seq: 3, Kind: domain.StopPickup, Optional: true}, {Seq: 1, Kind: domain.StopPickup, Until: at("2024-05-01")},
				{Seq: 2, Kind: domain.StopDelivery, Until: at("2024-04-02")}, {Seq: 4, Kind: domain.StopDelivery, Until: at("2024-04-20"), Optional: true}}
		}, depart("2024-03-28"), []string{"2024-03-31 ACME F 80.00", "2024-04-30 ACME F 20.00"}},
		"a delivery before the pickup": {func(o *domain.OrderReleased) {
			o.Stops = append([]domain.Stop{{Seq: 3, Kind: domain.StopDelivery, Optional: true}}, o.Stops...)
		}, depart("2024-03-28"), []string{"2024-03-31 ACME F 40.00", "2024-04-30 ACME F 60.00"}},
		"a pickup behind the delivery": {func(o *domain.OrderReleased) {
			appointment("", "2024-04-02")(o)
			o.Stops = append(o.Stops, domain.Stop{Seq: 3, Kind: domain.StopPickup, Until: at("2024-04-20")})
		}, depart("2024-03-28"), []string{"2024-03-31 ACME F 80.00", "2024-04-30 ACME F 20.00"}},
		"only arrived there": {func(*domain.OrderReleased) {}, record(1, domain.ArrivedPickup, "2024-03-28"), nil},
		"on delivery":        {func(o *domain.OrderReleased) { o.Terms.Recognition = domain.RecognizedOnDelivery }, depart("2024-03-28"), nil},
		"by default":         {func(o *domain.OrderReleased) { o.Terms.Recognition = "" }, depart("2024-03-28"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := overTransit("2024-04-07")
			test.change(&o)
			l := newLedger(domain.Policy{})
			l.must(t, domain.ReleaseOrder{OrderReleased: o}, enter("F", domain.Freight, "100.00"), test.pickup)
			for range 4 {
				require.NoError(t, l.wait(31*day))
			}
			require.Equal(t, test.want, accruals(l.all))
			require.Equal(t, test.want != nil, slices.Contains(types(l.all), "TransitDue"))
			// Whatever was earned on the way, in the end it is the price.
			l.must(t, unload("2024-07-01"))
			require.Equal(t, "100.00", l.balances(t)[domain.Unbilled])
		})
	}
}

func TestACorrectionOnTheWayAddsOrTakesBackTheDifference(t *testing.T) {
	earlier := depart("2024-03-18")
	earlier.ReportedAt = at("2024-04-02")
	farEarlier := depart("2023-04-01")
	farEarlier.ReportedAt = at("2024-04-02")
	for name, test := range map[string]struct {
		commands []domain.Command
		more     []string // than 400.00
	}{
		"a pickup that was earlier":  {[]domain.Command{earlier}, []string{"2024-03-31 ACME F 300.00"}}, // 14 of 20
		"one that nobody believes":   {[]domain.Command{farEarlier}, []string{"2024-03-31 ACME F -400.00"}},
		"a price that rises":         {[]domain.Command{amend("F", "1100.00")}, []string{"2024-03-31 ACME F 40.00"}},
		"a price that falls":         {[]domain.Command{amend("F", "900.01")}, []string{"2024-03-31 ACME F -40.00"}},
		"a charge that is new":       {[]domain.Command{enter("G", domain.FuelSurcharge, "99.99")}, []string{"2024-03-31 ACME G 40.00"}},
		"a discount":                 {[]domain.Command{enter("D", domain.Discount, "-0.99")}, []string{"2024-03-31 ACME D -0.40"}},
		"one that waits":             {[]domain.Command{enter("L", domain.Accessorial, "60.00")}, nil},
		"one that was approved":      {[]domain.Command{enter("L", domain.Accessorial, "60.00"), approve("L", "60.00", "desk lead")}, []string{"2024-03-31 ACME L 24.00"}},
		"one that is rejected":       {[]domain.Command{reject("F")}, []string{"2024-03-31 ACME F -400.00"}},
		"one that is waived":         {[]domain.Command{waive("F")}, []string{"2024-03-31 ACME F -400.00"}},
		"another who pays":           {[]domain.Command{domain.AssignCharge{ChargeAssigned: domain.ChargeAssigned{Shipment: shipment, Charge: "F", Payor: "BETA", By: "billing desk", Reason: "collect"}}}, []string{"2024-03-31 ACME F -400.00", "2024-03-31 BETA F 400.00"}},
		"what is carried back":       {[]domain.Command{record(2, domain.Returned, "2024-04-03"), reject("F")}, []string{"2024-03-31 ACME F -400.00"}},
		"a delivery before the end":  {[]domain.Command{unload("2024-03-30")}, []string{"2024-03-30 ACME F 600.00"}},
		"a delivery that is put off": {[]domain.Command{unload("2024-04-03"), func() domain.Command { c := unload("2024-04-05"); c.ReportedAt = at("2024-04-06"); return c }()}, []string{"2024-04-03 ACME F 600.00"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := moving(t)
			require.NoError(t, l.wait(6*day))
			l.must(t, test.commands...)
			require.Equal(t, append([]string{"2024-03-31 ACME F 400.00"}, test.more...), accruals(l.all))
		})
	}
}

func TestAMonthsEndIsAskedForOnce(t *testing.T) {
	// Given freight on its way, and March's end asked for
	h := played(t, domaintest.Given(overTransit("2024-04-09")), enter("F", domain.Freight, "100.00"), depart("2024-03-30"))
	require.Equal(t, domain.TransitDue{Shipment: shipment, Date: "2024-03-31"}, lastOf(h))

	// Then neither another charge asks for it again, nor a pickup in a later month
	domaintest.When(t, h, enter("G", domain.FuelSurcharge, "9.00")).Then(charge("G", domain.FuelSurcharge, "9.00"))
	later := depart("2024-04-02")
	later.ReportedAt = at("2024-04-03")
	require.NotContains(t, types(domaintest.When(t, h, later).Events()), "TransitDue")

	// and of what is delivered nothing is asked, though its pickup is learned of later
	delivered := played(t, domaintest.Given(overTransit("2024-04-09")), enter("F", domain.Freight, "100.00"), unload("2024-03-31"))
	require.NotContains(t, types(domaintest.When(t, delivered, depart("2024-03-30")).Events()), "TransitDue")
}

func TestADeliveryInTheMonthLeavesNothingToItsEnd(t *testing.T) {
	// Given freight that was delivered on the month's last day, or before it
	for _, delivered := range []string{"2024-03-30", "2024-03-31"} {
		h := played(t, domaintest.Given(overTransit("2024-04-09")), enter("F", domain.Freight, "100.00"), depart("2024-03-29"), unload(delivered))
		require.Equal(t, []string{delivered + " ACME F 100.00"}, accruals(h))

		// When it is learned later that it was delivered in the next month, what is earned stays
		putOff := unload("2024-04-05")
		putOff.ReportedAt = at("2024-04-06")
		events := domaintest.When(t, h, putOff).Events()
		require.NotContains(t, types(events), "TransitMeasured")
		require.Empty(t, accruals(events))
	}
}

func TestWhatWasPickedUpIsNotCancelled(t *testing.T) {
	l := moving(t)
	err := l.do(domain.CancelShipment{ShipmentCancelled: domain.ShipmentCancelled{Shipment: shipment, Reason: "order withdrawn", At: at("2024-03-29")}})
	require.True(t, domaintest.IsRefusal(err), err)
}

func TestAPickupThatWasInAnEarlierMonthAsksForThatMonth(t *testing.T) {
	// Given freight that was said to leave in April, when it had left in March …
	corrected := depart("2024-03-30")
	corrected.ReportedAt = at("2024-04-02")
	h := played(t, domaintest.Given(overTransit("2024-04-09")), enter("F", domain.Freight, "100.00"), depart("2024-04-01"), corrected)
	require.Equal(t, domain.Transit{Due: "2024-03-31"}, domaintest.Fold[domain.Shipment](h...).Transit)
	// … the end of April, which was asked for first, does not come before that of March
	domaintest.When(t, h, domain.AccrueTransit{Shipment: shipment, Date: "2024-04-30"}).Nothing()
	domaintest.When(t, h, domain.AccrueTransit{Shipment: shipment, Date: "2024-03-31"}).Then(
		domain.TransitMeasured{Shipment: shipment, Date: "2024-03-31"}, domain.TransitDue{Shipment: shipment, Date: "2024-04-30"},
		domain.RevenueAccrued{Shipment: shipment, Customer: customer, Document: "ACC-SH-1-1", Date: "2024-03-31", Lines: []domain.AccrualLine{{Charge: "F", Kind: domain.Freight, Amount: usd("20.00"),
			Share: &domain.TransitShare{Price: usd("100.00"), Before: usd("0.00"), PickedUp: "2024-03-30", Planned: "2024-04-09", Elapsed: 2, Days: 10}}}})
	// Once
	h = played(t, h, domain.AccrueTransit{Shipment: shipment, Date: "2024-03-31"})
	domaintest.When(t, h, domain.AccrueTransit{Shipment: shipment, Date: "2024-03-31"}).Nothing()
	domaintest.When(t, nil, domain.AccrueTransit{Shipment: shipment, Date: "2024-03-31"}).Refused(domain.NotFound)
}

func TestAMonthsEndIsAnsweredWhenTheNextMonthBegins(t *testing.T) {
	require.Equal(t, []domain.Reaction{{Command: domain.AccrueTransit{Shipment: shipment, Date: "2024-02-29"}, NotBefore: at("2024-03-01").UTC}},
		domain.Policy{}.React(domain.TransitDue{Shipment: shipment, Date: "2024-02-29"}, at("2024-02-20").UTC))
	require.True(t, domain.Policy{}.Answers("TransitDue"))
}

func TestAnOrderSaysHowRevenueIsRecognized(t *testing.T) {
	domaintest.When(t, nil, domain.ReleaseOrder{OrderReleased: orderWith(func(o *domain.OrderReleased) { o.Terms.Recognition = "monthly" })}).Refused(domain.Invalid)
}

func TestFreightOfAnAgreementIsRatedOnTheWay(t *testing.T) {
	// Given 600 miles at 2.10 under an agreement without fuel, recognised over 10 days of which 4 are in March …
	agreement := terms()
	agreement.Lanes[0].Fuel = ""
	o := ratedOrder()
	o.Terms.Recognition, o.Promised = domain.RecognizedOverTransit, at("2024-04-07")
	l := newLedger(domain.Policy{})
	l.must(t, syncAcme(true), domain.AdoptAgreement{Terms: agreement, By: "pricing desk"}, domain.ReleaseOrder{OrderReleased: o}, depart("2024-03-28T16:00:00"))
	// … it has its price when it leaves …
	require.Equal(t, "1260.00", l.shipment().Charges[0].Amount.Format())
	require.Equal(t, domain.RecognizedOverTransit, l.shipment().Terms.Recognition)
	require.NoError(t, l.wait(31*day))
	require.Equal(t, []string{"2024-03-31 ACME linehaul 504.00"}, accruals(l.all))
	// … and the rest on delivery, when it is rated again
	l.must(t, unload("2024-04-06T09:00:00"), receivePOD("2024-04-06"), verifyPOD(domain.PODClean))
	require.Equal(t, []string{"2024-03-31 ACME linehaul 504.00", "2024-04-06 ACME linehaul 756.00"}, accruals(l.all))
	require.NoError(t, l.wait(60*day))
	require.Equal(t, "0.00", l.balances(t)[domain.Unbilled])
	require.Empty(t, l.refused)
}

func TestASharesDaysAreCountedAgain(t *testing.T) {
	share := domain.TransitShare{Price: usd("100.00"), Before: usd("10.00"), PickedUp: "2024-03-28", Planned: "2024-04-07", Elapsed: 4, Days: 10}
	added, counted := share.Accrues("2024-03-31")
	require.True(t, counted)
	require.Equal(t, usd("30.00"), added)
	for name, change := range map[string]func(*domain.TransitShare){
		"another day":    func(s *domain.TransitShare) { s.Elapsed = 5 },
		"another length": func(s *domain.TransitShare) { s.Days = 11 },
		"another pickup": func(s *domain.TransitShare) { s.PickedUp = "2024-03-27" },
		"no date":        func(s *domain.TransitShare) { s.Planned = "soon" },
	} {
		t.Run(name, func(t *testing.T) {
			changed := share
			change(&changed)
			_, counted := changed.Accrues("2024-03-31")
			require.False(t, counted)
		})
	}
}

func TestAShareWithoutItsDatesIsNotCountedAndOneOfNoDaysIsThePrice(t *testing.T) {
	share := domain.TransitShare{Price: usd("100.00"), Before: usd("10.00"), PickedUp: "2024-03-28", Planned: "soon", Elapsed: 1, Days: 1}
	_, counted := share.Accrues("2024-03-31")
	require.False(t, counted)
	require.Equal(t, usd("100.00"), domain.TransitShare{Price: usd("100.00")}.Earned())
	require.Equal(t, usd("100.00"), domain.TransitShare{Price: usd("100.00"), Elapsed: 12, Days: 10}.Earned())
}

// Whatever happens on the way, revenue is where the charges say it is behind
// every decision (the ledger of these tests checks that), a share is never more
// than its price, without a correction it does not fall, and in the end the
// invoice has all of it.
func TestPropertyRule44RevenueOverTransitEndsOnTheInvoice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dated := func(label string, most int) string {
			return at("2024-03-01").UTC.AddDate(0, 0, rapid.IntRange(0, most).Draw(t, label)).Format(domain.DayLayout)
		}
		l := newLedger(domain.Policy{})
		try := func(c domain.Command) {
			if err := l.do(c); err != nil && !domaintest.IsRefusal(err) {
				t.Fatalf("%s: %v", c.CommandName(), err)
			}
		}
		o := overTransit(dated("promised", 120))
		if rapid.Bool().Draw(t, "by_appointment") {
			o.Promised, o.Stops[1].Until = domain.Moment{}, o.Promised
		}
		try(syncAcme(true))
		try(domain.ReleaseOrder{OrderReleased: o})
		cents := rapid.Int64Range(1, 500_000)
		reported := 0
		tell := func(c domain.RecordMilestone) {
			reported++
			c.ReportedAt = domain.MomentIn(at("2024-03-01").UTC.Add(time.Duration(reported)*time.Minute), nil)
			try(c)
		}
		charges := []domain.ChargeID{"A", "B", "C"}
		kinds := map[domain.ChargeID]domain.ChargeKind{"A": domain.Freight, "B": domain.FuelSurcharge, "C": domain.Accessorial}
		accrued := func() map[domain.ChargeID]decimal.Decimal {
			sums := map[domain.ChargeID]decimal.Decimal{}
			for _, c := range l.shipment().Charges {
				sums[c.ID] = c.Accrued.Amount()
				if c.Status == domain.ChargeReady {
					require.True(t, c.Accrued.Amount().LessThanOrEqual(c.Amount.Amount()), "charge %s of %s has accrued %s", c.ID, c.Amount, c.Accrued)
				}
			}
			return sums
		}
		amount := func() string { return decimal.New(cents.Draw(t, "cents"), -2).StringFixed(2) }
		which := func() domain.ChargeID { return rapid.SampledFrom(charges).Draw(t, "charge") }
		for range rapid.IntRange(4, 25).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0, 1:
				id := which()
				try(enter(id, kinds[id], amount()))
			case 2:
				try(amend(which(), amount()))
			case 3:
				for _, c := range l.shipment().Charges {
					try(approve(c.ID, c.Amount.Format(), "desk lead"))
				}
			case 4:
				try(rapid.SampledFrom([]domain.Command{reject("C"), waive("C")}).Draw(t, "end"))
			case 5, 6:
				tell(record(1, rapid.SampledFrom([]string{domain.DepartedPickup, domain.Loaded}).Draw(t, "kind"), dated("left", 60)))
			case 7:
				if rapid.IntRange(0, 3).Draw(t, "arrives") == 0 {
					tell(unload(dated("delivered", 150)))
				}
			default:
				before := accrued()
				require.NoError(t, l.wait(time.Duration(rapid.IntRange(1, 40).Draw(t, "days"))*day))
				if l.shipment().Delivered.IsZero() {
					for id, now := range accrued() {
						require.True(t, now.GreaterThanOrEqual(before[id]), "charge %s fell from %s to %s while nothing but time passed", id, before[id], now)
					}
				}
			}
			accrued()
		}
		// The end: it is delivered, proven, approved and billed.
		try(enter("Z", domain.Freight, "1.00"))
		tell(unload(dated("delivered_at_last", 150)))
		try(receivePOD("2024-09-01"))
		try(verifyPOD(domain.PODClean))
		for range 3 {
			for _, x := range l.shipment().Exceptions {
				try(resolve(x.ID))
			}
			for _, c := range l.shipment().Charges {
				if c.Status == domain.ChargePending {
					try(approve(c.ID, c.Amount.Format(), "desk lead"))
				}
			}
			require.NoError(t, l.wait(200*day))
		}
		require.Empty(t, l.refused)
		books := l.balances(t)
		require.Equal(t, "0.00", books[domain.Unbilled])
		require.Equal(t, "0.00", books[domain.AccruedRevenue])
		require.NotContains(t, books, domain.AccrualVariance)
	})
}

func TestTheAgreementOfARatedShipmentMayBeMissingOnTheWay(t *testing.T) {
	// Without an agreement nothing is priced, and nothing is earned before delivery
	o := ratedOrder()
	o.Terms.Recognition, o.Promised = domain.RecognizedOverTransit, at("2024-04-07")
	l := newLedger(domain.Policy{})
	l.must(t, domain.ReleaseOrder{OrderReleased: o}, depart("2024-03-28T16:00:00"))
	require.NoError(t, l.wait(31*day))
	require.Empty(t, accruals(l.all))
	// Adopted in April, it prices what was earned in March
	agreement := terms()
	agreement.Lanes = []rating.Lane{{Lane: "any", Linehaul: rating.Linehaul{Per: rating.PerMile, Rate: number6("2.10")}}}
	l.must(t, domain.AdoptAgreement{Terms: agreement, By: "pricing desk"})
	require.Equal(t, []string{"2024-03-31 ACME linehaul 504.00"}, accruals(l.all))
}
