package domain_test

import (
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/stretchr/testify/require"
)

func served(change func(*domain.ServiceRecorded)) domain.RecordService {
	e := domain.ServiceRecorded{Shipment: shipment, By: "dispatch desk", Service: rating.Service{Service: "lumper", Code: "LUM", Stop: 2, Receipt: usd("80.00"), Document: "receipt 55"}}
	change(&e)
	return domain.RecordService{ServiceRecorded: e}
}

func as(*domain.ServiceRecorded) {}

func TestAServiceIsKeptOnceAndCorrectedWithAReason(t *testing.T) {
	h := played(t, released(), served(as))
	domaintest.When(t, h, served(as)).Nothing()
	dearer := func(e *domain.ServiceRecorded) { e.Service.Receipt = usd("90.00") }
	domaintest.When(t, h, served(dearer)).Refused(domain.Conflict)
	corrected := served(func(e *domain.ServiceRecorded) { dearer(e); e.Reason = "misread" })
	h = h.And(domaintest.When(t, h, corrected).Events()...)
	h = played(t, h, served(func(e *domain.ServiceRecorded) { e.Service.Service = "a-first" }))
	services := domaintest.Fold[domain.Shipment](h...).Services
	require.Equal(t, []string{"a-first", "lumper"}, []string{services[0].Service, services[1].Service})
	require.Equal(t, "90.00", services[1].Receipt.Format())
}

func TestAServiceThatCannotBeIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*domain.ServiceRecorded)
		code   domain.Code
	}{
		"no id":              {func(e *domain.ServiceRecorded) { e.Service.Service = "" }, domain.Invalid},
		"no code":            {func(e *domain.ServiceRecorded) { e.Service.Code = "" }, domain.Invalid},
		"a code too long":    {func(e *domain.ServiceRecorded) { e.Service.Code = "ABCDEFGHIJKLMNOPQRSTU" }, domain.Invalid},
		"nobody":             {func(e *domain.ServiceRecorded) { e.By = "" }, domain.Invalid},
		"no such stop":       {func(e *domain.ServiceRecorded) { e.Service.Stop = 9 }, domain.NotFound},
		"below nought":       {func(e *domain.ServiceRecorded) { e.Service.Quantity = number6("-1") }, domain.Invalid},
		"miles below nought": {func(e *domain.ServiceRecorded) { e.Service.Miles = number6("-1") }, domain.Invalid},
		"nothing was paid":   {func(e *domain.ServiceRecorded) { e.Service.Receipt = usd("0.00") }, domain.Invalid},
		"parts of a cent":    {func(e *domain.ServiceRecorded) { e.Service.Receipt = usd("1.001") }, domain.Invalid},
	} {
		t.Run(name, func(t *testing.T) { domaintest.When(t, released(), served(test.change)).Refused(test.code) })
	}
	domaintest.When(t, nil, served(as)).Refused(domain.NotFound)
	// At no stop, and with quantity and miles, it is one.
	played(t, released(), served(func(e *domain.ServiceRecorded) {
		e.Service.Stop, e.Service.Code, e.Service.Quantity, e.Service.Miles = 0, "ABCDEFGHIJKLMNOPQRST", number6("2"), number6("3")
	}))
}

func delayed(id string, stop int, from, until, reason string) domain.RecordDelay {
	return domain.RecordDelay{DelayRecorded: domain.DelayRecorded{Shipment: shipment, Delay: id, Stop: stop, From: inChicago("2024-03-05T" + from), Until: inChicago("2024-03-05T" + until), Reason: reason}}
}

func TestTimeLostIsKeptByStopAndCorrectedUnderItsID(t *testing.T) {
	h := played(t, released(), delayed("b", 2, "09:00:00", "09:40:00", "AI"), delayed("a", 2, "10:00:00", "10:10:00", "AH"), delayed("c", 1, "07:00:00", "07:10:00", "AH"))
	domaintest.When(t, h, delayed("b", 2, "09:00:00", "09:40:00", "AI")).Nothing()
	h = played(t, h, delayed("b", 2, "09:00:00", "09:50:00", "AI"))
	var kept []string
	for _, d := range domaintest.Fold[domain.Shipment](h...).Delays {
		kept = append(kept, d.Delay+" "+d.Until.Local[11:16])
	}
	require.Equal(t, []string{"c 07:10", "a 10:10", "b 09:50"}, kept)

	for _, c := range map[string]domain.RecordDelay{"no time passes": delayed("d", 2, "09:00:00", "09:00:00", "AI"), "no reason": delayed("d", 2, "09:00:00", "09:10:00", ""),
		"no id": delayed("", 2, "09:00:00", "09:10:00", "AI")} {
		domaintest.When(t, released(), c).Refused(domain.Invalid)
	}
	domaintest.When(t, released(), delayed("d", 9, "09:00:00", "09:10:00", "AI")).Refused(domain.NotFound)
	days := delayed("d", 2, "09:00:00", "09:10:00", "AI")
	days.From = at("2024-03-04")
	domaintest.When(t, released(), days).Refused(domain.Invalid)
	domaintest.When(t, nil, delayed("d", 2, "09:00:00", "09:10:00", "AI")).Refused(domain.NotFound)
}

func noticed(stop int, when, medium string) domain.RecordNotice {
	return domain.RecordNotice{NoticeRecorded: domain.NoticeRecorded{Shipment: shipment, Stop: stop, At: inChicago("2024-03-05T" + when), Medium: medium}}
}

func TestANoticeIsKeptOnceAndTheFirstOneCounts(t *testing.T) {
	h := played(t, released(), noticed(2, "10:30:00", "phone"), noticed(2, "10:00:00", "e-mail"))
	domaintest.When(t, h, noticed(2, "10:00:00", "e-mail")).Nothing()
	require.Len(t, domaintest.When(t, h, noticed(2, "10:00:00", "phone")).Events(), 1)
	require.Equal(t, "e-mail", domaintest.Fold[domain.Shipment](h...).Notices[0].Medium)

	domaintest.When(t, released(), noticed(9, "10:00:00", "phone")).Refused(domain.NotFound)
	domaintest.When(t, released(), noticed(2, "10:00:00", "")).Refused(domain.Invalid)
	day := noticed(2, "10:00:00", "phone")
	day.At = at("2024-03-05")
	domaintest.When(t, released(), day).Refused(domain.Invalid)
	domaintest.When(t, nil, noticed(2, "10:00:00", "phone")).Refused(domain.NotFound)
}

// The carrier's own delay and the notice of a stop reach the rating of that
// stop and no other.
func TestWhatHappenedAtAStopIsRatedAtThatStop(t *testing.T) {
	given := played(t, unrated(t), delayed("a", 1, "08:10:00", "11:00:00", "AI"))
	agreement := terms()
	agreement.Accessorials[0].Time.CarrierReasons = []string{"AI"}
	agreement.Accessorials[0].Evidence = []rating.Evidence{rating.NeedsNotice}
	agreement.Accessorials[0].NoticeMinutes = 30
	knowing := told(t)
	knowing[domain.AgreementStream("ACME")] = adopted(t, agreement)
	h := given.And(domaintest.When(t, given, rate, knowing).Events()...)
	require.Equal(t, "50.00 ready", amounts(h)["DET-2"])

	h = played(t, h, delayed("b", 2, "08:10:00", "08:50:00", "AI"), noticed(2, "10:20:00", "phone"))
	events := domaintest.When(t, h, rate, knowing).Events()
	require.Empty(t, events[0].(domain.ShipmentRated).Lacks)
	require.Equal(t, "25.00 ready", amounts(h.And(events...))["DET-2"])
}

func TestAnAgreementIsAdoptedBySomebodyAndAnIndexHasFigures(t *testing.T) {
	domaintest.When(t, nil, domain.AdoptAgreement{Terms: terms()}).Refused(domain.Invalid)
	publish := func(values ...rating.IndexValue) domain.PublishIndex {
		return domain.PublishIndex{Index: "DIESEL", Values: values}
	}
	domaintest.When(t, nil, publish()).Refused(domain.Invalid)
	domaintest.When(t, nil, publish(diesel("2024-03", "4.05"))).Refused(domain.Invalid).ByRule(23)
	domaintest.When(t, nil, publish(diesel("2024-03-04", "0"))).Refused(domain.Invalid).ByRule(23)
	h := played(t, nil, publish(diesel("2024-03-04", "4.05")))
	domaintest.When(t, h, publish(diesel("2024-03-04", "4.050"), diesel("2024-03-04", "4.05"))).Nothing()
	more := domaintest.When(t, h, publish(diesel("2024-03-04", "4.05"), diesel("2024-03-11", "4.10"), diesel("2024-03-11", "4.10"))).Events()
	require.Len(t, more[0].(domain.IndexPublished).Values, 1)
	require.Equal(t, "DIESEL", more[0].(domain.IndexPublished).Values[0].Index)

	// Those who wait are told once.
	await := domain.AwaitIndex{IndexAwaited: domain.IndexAwaited{Index: "DIESEL", Shipment: shipment}}
	h = played(t, h, await)
	domaintest.When(t, h, await).Nothing()
	published := domaintest.When(t, h, publish(diesel("2024-03-11", "4.10"))).Events()
	require.Equal(t, []domain.Reaction{{Command: rate}}, domain.Policy{}.React(published[0], at("2024-03-12").UTC))
	require.Empty(t, domaintest.Fold[domain.Index](h.And(published...)...).Waiting)
}

func weigh(stop int, party domain.CustomerID, weight, reason string) domain.RecordStopFacts {
	c := domain.RecordStopFacts{StopFactsRecorded: domain.StopFactsRecorded{Shipment: shipment, Stop: stop, Party: party, By: "dispatch desk", Reason: reason}}
	if weight != "" {
		c.Weight = number6(weight)
	}
	return c
}

func TestTheWeightOfAStopIsSuppliedLaterAndTheBillGoesOn(t *testing.T) {
	// Given freight for two consignees who share by weight, and an order that names neither
	agreement := terms()
	agreement.Lanes[0].Fuel, agreement.Billing.SplitByWeight = "", true
	o := ratedOrder()
	o.Stops = append(o.Stops, domain.Stop{Seq: 3, Kind: domain.StopDelivery, Place: "Houston", Zone: "America/Chicago"})
	l := newLedger(domain.Policy{})
	l.must(t, syncAcme(true), domain.AdoptAgreement{Terms: agreement, By: "pricing desk"}, domain.ReleaseOrder{OrderReleased: o},
		zoned(1, domain.Loaded, "2024-03-04T10:00:00"), zoned(2, domain.Unloaded, "2024-03-05T11:00:00"), zoned(3, domain.Unloaded, "2024-03-05T15:00:00"),
		receivePOD("2024-03-05"), verifyPOD(domain.PODClean))
	require.Empty(t, l.invoices())
	require.NotEmpty(t, l.shipment().BillingHolds())

	// When the weights come, one of them with its consignee at first …
	l.must(t, weigh(2, "STORE-1", "", ""), weigh(2, "", "250", ""))
	require.Empty(t, l.invoices())
	l.must(t, weigh(3, "STORE-2", "750", ""))

	// … then the bill that waited is shared, with nobody in between
	require.Empty(t, l.shipment().BillingHolds())
	shares := map[domain.CustomerID]string{}
	for _, v := range l.invoices() {
		shares[v.Candidate.Customer] = v.Lines[0].Amount.Format()
	}
	require.Equal(t, map[domain.CustomerID]string{"STORE-1": "315.00", "STORE-2": "945.00"}, shares)
	require.Empty(t, l.refused)
}

func TestFactsOfAStopAreCorrectedWithAReason(t *testing.T) {
	h := released()
	for _, wrong := range []domain.RecordStopFacts{weigh(2, "", "", ""), weigh(2, "", "-1", ""), weigh(2, "no id", "1", ""),
		{StopFactsRecorded: domain.StopFactsRecorded{Shipment: shipment, Stop: 2, Weight: number6("1")}}} {
		domaintest.When(t, h, wrong).Refused(domain.Invalid)
	}
	domaintest.When(t, h, weigh(9, "", "1", "")).Refused(domain.NotFound)
	domaintest.When(t, nil, weigh(2, "", "1", "")).Refused(domain.NotFound)
	h = played(t, h, weigh(2, "STORE-1", "250", ""))
	domaintest.When(t, h, weigh(2, "STORE-1", "250.0", "")).Nothing()
	domaintest.When(t, h, weigh(2, "", "251", "")).Refused(domain.Conflict)
	domaintest.When(t, h, weigh(2, "STORE-2", "", "")).Refused(domain.Conflict)
	h = played(t, h, weigh(2, "STORE-2", "251", "weighed again"))
	require.Equal(t, "STORE-2 251", string(domaintest.Fold[domain.Shipment](h...).Stops[1].Party)+" "+domaintest.Fold[domain.Shipment](h...).Stops[1].Weight.String())
}
