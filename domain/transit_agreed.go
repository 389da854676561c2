package domain

import (
	"errors"
	"slices"
	"time"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
)

// An agreement may say that the freight under it is earned over its transit.
// Which version counts is known only when the freight has left, and may be
// learned of much later. The books of each month are the same in the end,
// whatever is learned first: departure, version or delivery.

// dueOnDeparture asks for the rating of freight that has just left, where its
// agreement has it earned on its way, or has no version yet that could say so.
// Other freight is rated on its delivery.
func (s Shipment) dueOnDeparture(events []Event, k Knowledge) ([]Event, error) {
	before := s.departure()
	for _, e := range events {
		s = s.Evolve(e)
	}
	if !s.unpriced() || s.Terms.recognition() != "" || s.departure() == before || !s.moving() {
		return nil, nil
	}
	book, err := known[Agreement](k, AgreementStream(s.Terms.Agreement))
	if err != nil {
		return nil, err
	}
	facts := s.facts()
	version, err := rating.Choose(book.Versions, facts)
	_, none := errors.AsType[*rating.NotInForceError](err)
	if !none && (err != nil || version.Billing.Recognition != RecognizedOverTransit) {
		return nil, nil
	}
	return []Event{RatingDue{s.ID, s.Terms.Agreement, digestOf(facts)}}, nil
}

// moving tells of a shipment on its way that it may be one that earns by it.
func (s Shipment) moving() bool {
	_, ok := s.journey("")
	return ok && s.earned().IsZero() && s.Terms.Recognition != RecognizedOnDelivery
}

// rateTheWay is the first rating of freight that is delivered already, where it
// was earned on its way: by what had happened when the last month ended before
// the delivery, as it would have been rated then.
func (s Shipment) rateTheWay(k Knowledge, version rating.Agreement) ([]Event, error) {
	agreed := s
	agreed.Terms = s.Terms.under(version, s.facts())
	if !s.unpriced() || !agreed.pastMonths() {
		return nil, nil
	}
	p, err := s.asOf(monthBefore(s.Delivered.Day())).priceBy(version, k)
	if err != nil || p.Blocked != "" {
		return nil, err
	}
	events := s.rate(p)
	for _, e := range events {
		s = s.Evolve(e)
	}
	return append(events, s.lateMonths()...), nil
}

// lateMonths recognises the months that ended on the way of a shipment, when it
// is learned after its delivery that it was earned on it, or when it left. What
// was earned by the delivery is taken back on that day, and earned again.
func (s Shipment) lateMonths() []Event {
	if s.unpriced() || s.Transit != (Transit{}) || !s.pastMonths() {
		return nil
	}
	var accruals []RevenueAccrued
	for _, c := range s.Charges {
		if accrued := orZero(c.Accrued, money.Zero(s.Currency)); s.unbilled(c) && !accrued.IsZero() {
			accruals = s.accrue(accruals, c, accrued.Neg(), nil)
		}
	}
	var events []Event
	way := s
	way.Delivered = Moment{}
	then := func(more ...Event) {
		for _, e := range more {
			way = way.Evolve(e)
		}
		events = append(events, more...)
	}
	for _, e := range accruals {
		then(e)
	}
	then(way.concludeTransit()...)
	then(way.monthsBefore(s.Delivered.Day())...)
	return events
}

// unbilled tells a charge that earns and is on no invoice.
func (s Shipment) unbilled(c Charge) bool { return c.Status == ChargeReady && s.owes(c) }

// pastMonths tells whether a month ended on the way of delivered freight that is
// recognised over its transit.
func (s Shipment) pastMonths() bool {
	share, ok := s.shareThrough("")
	return ok && !s.Delivered.IsZero() && monthEnd(share.PickedUp) < s.Delivered.Day()
}

// asOf is the shipment as it was at the end of a day on its way, as far as it
// matters to rating.
func (s Shipment) asOf(day string) Shipment {
	later := func(m Moment) bool { return m.Day() > day }
	s.Delivered, s.POD = Moment{}, POD{}
	s.Actuals = slices.DeleteFunc(slices.Clone(s.Actuals), func(m Milestone) bool { return later(m.At) })
	s.Delays = slices.DeleteFunc(slices.Clone(s.Delays), func(d DelayRecorded) bool { return later(d.From) })
	s.Notices = slices.DeleteFunc(slices.Clone(s.Notices), func(n NoticeRecorded) bool { return later(n.At) })
	s.Services = slices.DeleteFunc(slices.Clone(s.Services), func(v rating.Service) bool { return !v.At.UTC.IsZero() && v.At.UTC.Format(DayLayout) > day })
	return s
}

// monthBefore is the last day of the month before a civil date's.
func monthBefore(day string) string {
	t, err := time.Parse(DayLayout, day)
	if err != nil {
		return ""
	}
	return time.Date(t.Year(), t.Month(), 0, 0, 0, 0, 0, time.UTC).Format(DayLayout)
}
