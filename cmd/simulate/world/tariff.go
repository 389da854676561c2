package world

import (
	"time"

	"github.com/freightledger/freightledger/cmd/simulate/kernel"
	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
)

// tariffs are the agreements under which some customers' freight is rated, and
// the index that their fuel goes by. Both are often published too late, so that
// freight waits for them, and an agreement is superseded.
type tariffs struct {
	w     *World
	rated map[domain.CustomerID]rating.Agreement // its first version
	end   time.Time                              // by then all is published
	weeks []domain.PublishIndex                  // the first values, by week
	quiet bool                                   // nothing is reported of rated freight after its delivery
}

const fuelIndex = "DIESEL"

// begin draws who has an agreement, and when it and the index are published.
func (t *tariffs) begin(end time.Time) {
	t.end, t.rated = end, map[domain.CustomerID]rating.Agreement{}
	k := t.w.k
	if k.OneIn(3) {
		return
	}
	t.quiet = k.OneIn(2)
	for i, id := range t.w.customers {
		if k.OneIn(3) {
			continue
		}
		first := t.version(id, currencyOf(i), "1", "2024-01-01")
		t.rated[id] = first
		t.publish(t.late(0, 8), domain.AdoptAgreement{Terms: first, By: "sales"})
		if k.OneIn(3) {
			days := k.Between(0, 14)
			second := t.version(id, currencyOf(i), "2", k.Now().AddDate(0, 0, days).Format(domain.DayLayout))
			t.publish(t.late(days, 3), domain.AdoptAgreement{Terms: second, By: "sales"})
		}
	}
	if len(t.rated) == 0 {
		return
	}
	for monday := k.Now().AddDate(0, 0, -7); monday.Before(end); monday = monday.AddDate(0, 0, 7) {
		week := int(monday.Sub(k.Now()).Hours()) / 24
		value := t.value(monday, monday)
		t.weeks = append(t.weeks, value)
		t.publish(t.late(week, 1), value)
		if k.OneIn(4) {
			t.publish(t.late(week+2, 3), t.value(monday.AddDate(0, 0, 2), monday)) // a revision
		}
	}
}

// late is about a day from the beginning on, and often long after it.
func (t *tariffs) late(day, days int) time.Duration {
	k := t.w.k
	at := time.Duration(day)*24*time.Hour + k.During(0, time.Duration(days)*24*time.Hour)
	if k.OneIn(2) {
		at += k.During(24*time.Hour, 16*24*time.Hour)
	}
	return at
}

// publish has something published in a while, when the troubles end at the
// latest.
func (t *tariffs) publish(in time.Duration, c domain.Command) {
	k := t.w.k
	k.After(min(in, t.end.Sub(k.Now())), "publish", func() { t.w.people.ask(c) })
}

func (t *tariffs) value(published, week time.Time) domain.PublishIndex {
	price := money.FromMinor(int64(t.w.k.Between(250, 480)), "USD").Amount()
	return domain.PublishIndex{Index: fuelIndex, Values: []rating.IndexValue{{Published: published.Format(domain.DayLayout),
		Effective: week.AddDate(0, 0, 1).Format(domain.DayLayout), Value: rating.MustDecimal(price.String())}}}
}

// waits is told of freight that waits: somebody may publish what is missing just
// then, while the ledger still takes note of it.
func (t *tariffs) waits(e domain.Event) {
	k := t.w.k
	if k.OneIn(4) {
		return
	}
	switch e := e.(type) {
	case domain.RatingBlocked:
		customer := state[domain.Shipment](t.w, e.Shipment.Stream()).Customer
		t.w.people.askWithin(300*time.Millisecond, domain.AdoptAgreement{Terms: t.rated[customer], By: "sales"})
	case domain.ShipmentRated:
		for _, week := range t.weeks {
			if len(e.Awaits) > 0 && week.Values[0].Published <= k.Now().Format(domain.DayLayout) {
				t.w.people.askWithin(300*time.Millisecond, week)
			}
		}
	}
}

// version draws a version of a customer's agreement.
func (t *tariffs) version(customer domain.CustomerID, currency money.Currency, version, from string) rating.Agreement {
	k := t.w.k
	step, cents := "0.01", int64(1)
	if currency == "JPY" {
		step, cents = "1", 100
	}
	price := func(low, high int) rating.Decimal {
		return rating.MustDecimal(money.FromMinor(int64(k.Between(low, high))*cents, "USD").Amount().String())
	}
	a := rating.Agreement{Agreement: "RATES-" + string(customer), Version: version, Customers: []string{string(customer)}, Currency: currency, From: from,
		Round: rating.Round{Mode: money.HalfUp, Step: rating.MustDecimal(step)},
		Lanes: []rating.Lane{{Lane: "anywhere", Linehaul: rating.Linehaul{Per: rating.PerMile, Rate: price(120, 310), Minimum: price(10_000, 60_000)}, Fuel: "diesel"}},
		Fuel: []rating.Fuel{{Fuel: "diesel", Index: fuelIndex, Method: rating.FuelFormula, Unit: rating.PerMile, MaxAgeDays: kernel.Pick(k, []int{0, 6, 6}),
			Peg: rating.MustDecimal("1.2"), MilesPerGallon: rating.MustDecimal("6.5")}},
		Accessorials: []rating.Accessorial{
			{Code: "DET", Name: "detention", Trigger: rating.TriggerDetention, Price: rating.Price{Per: rating.PerHour, Rate: price(3_000, 6_000)},
				Time:     &rating.Time{FreeMinutes: 120, IncrementMinutes: 15, Ends: rating.ToWorked, CarrierReasons: []string{"AH", "AI"}, MaxMinutes: 900},
				Evidence: []rating.Evidence{rating.NeedsTimes, rating.NeedsNotice}, NoticeMinutes: 60},
			{Code: "VOR", Name: "truck not used", Trigger: rating.TriggerNotUsed, Price: rating.Price{Rate: price(10_000, 20_000)}},
			{Code: "LUM", Name: "lumper", Trigger: rating.TriggerPassThrough, Fee: price(500, 1_000), Evidence: []rating.Evidence{rating.NeedsReceipt}},
			{Code: "TARP", Name: "tarpaulin", Trigger: rating.TriggerService, Price: rating.Price{Rate: price(5_000, 9_000)}, WithFuel: true},
		},
		Clauses: rating.Clauses{ApprovalAbove: price(4_000, 40_000), BillWithExceptions: k.OneIn(3)}}
	if k.OneIn(3) {
		a.Clauses.PODWaiver = "clause 9"
	}
	return a
}

// order puts an order under the agreement of its customer, if it has one.
func (t *tariffs) order(o *domain.OrderReleased) {
	a, rated := t.rated[o.Customer]
	if !rated {
		return
	}
	k := t.w.k
	o.Terms.Agreement, o.Terms.Rate = a.Agreement, true
	o.Measures.Distance = rating.Quantity{Value: rating.MustDecimal(kernel.Pick(k, []string{"212", "612.4", "1204.5"})), Unit: "mi", Source: "practical miles"}
	for i := range o.Stops {
		from := k.Now().AddDate(0, 0, 1+i).Truncate(time.Hour)
		o.Stops[i].From, o.Stops[i].Until = domain.MomentIn(from, nil), domain.MomentIn(from.Add(4*time.Hour), nil)
	}
}

// What desks and drivers record of what is charged by an agreement: late, in any
// order, and again.
func tariffActions() []action {
	return []action{
		{"service", 5, service},
		{"delay", 3, func(p *people) domain.Command {
			s, ok := p.ratedShipment()
			if !ok {
				return nil
			}
			k := p.w.k
			d := domain.DelayRecorded{Shipment: s.ID, Delay: p.name("D"), Stop: k.Between(1, 2), From: p.ago(48 * time.Hour), Reason: kernel.Pick(k, []string{"AI", "AH", "NS"})}
			if len(s.Delays) > 0 && k.OneIn(3) {
				d = kernel.Pick(k, s.Delays) // again, or corrected
			}
			d.Until = domain.MomentIn(d.From.UTC.Add(k.During(time.Minute, 3*time.Hour)).Truncate(time.Minute), nil)
			return domain.RecordDelay{DelayRecorded: d}
		}},
		{"notice", 3, func(p *people) domain.Command {
			s, ok := p.ratedShipment()
			if !ok {
				return nil
			}
			n := domain.NoticeRecorded{Shipment: s.ID, Stop: p.w.k.Between(1, 2), At: p.ago(24 * time.Hour), Medium: kernel.Pick(p.w.k, []string{"e-mail", "phone"})}
			if len(s.Notices) > 0 && p.w.k.OneIn(3) {
				n = kernel.Pick(p.w.k, s.Notices)
			}
			return domain.RecordNotice{NoticeRecorded: n}
		}},
	}
}

func service(p *people) domain.Command {
	s, ok := p.ratedShipment()
	if !ok {
		return nil
	}
	k := p.w.k
	e := domain.ServiceRecorded{Shipment: s.ID, Service: rating.Service{Service: p.name("V"), Code: kernel.Pick(k, []string{"LUM", "TARP"}), Stop: k.Between(1, 2)}, By: "driver"}
	if len(s.Services) > 0 && k.OneIn(3) {
		e.Service, e.Reason = kernel.Pick(k, s.Services), "the receipt says otherwise"
	}
	if e.Service.Code == "LUM" && !k.OneIn(4) {
		e.Service.Receipt, e.Service.Document = p.amount(s.Currency, 20_000), "receipt"
	}
	return domain.RecordService{ServiceRecorded: e}
}

// silent tells freight of which nothing is reported any more.
func (t *tariffs) silent(s domain.Shipment) bool {
	return t.quiet && s.Terms.Rate && !s.Delivered.IsZero()
}

// ratedShipment picks a shipment that is rated by an agreement.
func (p *people) ratedShipment() (domain.Shipment, bool) {
	for range 4 {
		if s, ok := p.shipment(); ok && s.Terms.Rate && !p.w.tariffs.silent(s) {
			return s, true
		}
	}
	return domain.Shipment{}, false
}

// ago is some moment in the last hours.
func (p *people) ago(most time.Duration) domain.Moment {
	return domain.MomentIn(p.w.k.Now().Add(-p.w.k.During(0, most)).Truncate(time.Minute), nil)
}
