package domain

import (
	"cmp"
	"time"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/shopspring/decimal"
)

// Revenue over transit: where the customer has the benefit of carriage as the
// freight moves (ASC 606-10-25-27(a), IFRS 15.35(a)), what a shipment has
// earned at the end of a month is its price times the days that have passed of
// the days that were planned. The last part is earned on delivery.

// When a shipment's revenue is recognised, as [Terms.Recognition] says, or the
// version of its agreement.
const (
	RecognizedOnDelivery  = rating.OnDelivery // also when nothing is said
	RecognizedOverTransit = rating.OverTransit
)

// recognition is what counts of the two words; "" when nothing was said.
func (t Terms) recognition() string { return cmp.Or(t.Recognition, t.Billing.Recognition) }

func checkRecognition(id ShipmentID, word string) error {
	switch word {
	case "", RecognizedOnDelivery, RecognizedOverTransit:
		return nil
	}
	return refuse(Invalid, "shipment %s: recognition %.80q: want %q or %q", id, word, RecognizedOnDelivery, RecognizedOverTransit)
}

// maxTransitDays is the longest journey that is believed: a plan beyond it is a
// wrong date, and its revenue is recognised on delivery.
const maxTransitDays = 366

// Transit is how far the revenue of a shipment under way was recognised. Both
// are civil dates, the last days of months.
type Transit struct {
	Due     string // when it is recognised next, "" when it is not
	Through string // through when it was recognised, "" when it was not
}

// TransitShare is what a part of the price follows from: Price × Elapsed ÷
// Days, rounded half-up to the minor unit, less what was accrued before.
type TransitShare struct {
	Price    money.Money `json:"price"`
	Before   money.Money `json:"before"`
	PickedUp string      `json:"picked_up"` // civil date
	Planned  string      `json:"planned"`   // civil date of the planned delivery
	Elapsed  int         `json:"elapsed"`   // days through the date of the accrual, at most Days
	Days     int         `json:"days"`      // from pickup to the planned delivery, at least 1
}

// Events of revenue over transit.
type (
	// TransitDue: a shipment is under way, and a part of its revenue is
	// recognised at the end of a month.
	TransitDue struct {
		Shipment ShipmentID `json:"shipment"`
		Date     string     `json:"date"` // the last day of the month
	}
	// TransitMeasured: the month has ended before the freight was delivered.
	// What was earned of each charge by then follows as [RevenueAccrued].
	TransitMeasured struct {
		Shipment ShipmentID `json:"shipment"`
		Date     string     `json:"date"`
	}
)

func (TransitDue) EventType() string      { return "TransitDue" }
func (TransitMeasured) EventType() string { return "TransitMeasured" }

// AccrueTransit recognises what a shipment under way has earned by the end of a
// month. Once it is delivered, nothing is left to do.
type AccrueTransit struct {
	Shipment ShipmentID `json:"shipment"`
	Date     string     `json:"date"`
}

func (c AccrueTransit) Stream() Stream    { return c.Shipment.Stream() }
func (AccrueTransit) CommandName() string { return "AccrueTransit" }

func (c AccrueTransit) Decide(s Shipment) ([]Event, error) {
	switch {
	case !s.Released():
		return nil, refuse(NotFound, "shipment %s is not known", c.Shipment)
	case c.Date == "" || c.Date != s.Transit.Due || !s.earned().IsZero():
		return nil, nil
	}
	return s.conclude(TransitMeasured(c)), nil
}

// concludeTransit asks for the next month's end of a shipment under way, as
// long as it can still earn by moving. A pickup that was earlier than was
// reported first asks for the earlier month. What is to be rated earns nothing
// before it was.
func (s Shipment) concludeTransit() []Event {
	share, ok := s.shareThrough(s.Transit.Through)
	if !ok || !s.earned().IsZero() || share.Elapsed == share.Days || s.unpriced() {
		return nil
	}
	date := monthEnd(share.PickedUp)
	if s.Transit.Through >= date {
		date = monthEnd(dayAfter(s.Transit.Through))
	}
	if s.Transit.Due != "" && s.Transit.Due <= date {
		return nil
	}
	return []Event{TransitDue{s.ID, date}}
}

// concludeMonths recognises what was earned by the month's ends before the
// delivery that concludes now, so that the books are the same whether the
// delivery or the end of the month is learned of first.
func (s Shipment) concludeMonths() []Event {
	if !s.earned().IsZero() {
		return s.lateMonths()
	}
	return s.monthsBefore(s.delivery().Day())
}

// monthsBefore recognises what was earned by the month's ends before a day.
func (s Shipment) monthsBefore(day string) []Event {
	var events []Event
	then := func(more ...Event) {
		for _, e := range more {
			s = s.Evolve(e)
		}
		events = append(events, more...)
	}
	for s.Transit.Due != "" && s.Transit.Due < day {
		then(TransitMeasured{s.ID, s.Transit.Due})
		then(s.concludeAccrual()...)
		then(s.concludeTransit()...)
	}
	return events
}

// underWay tells that a shipment earns by moving: it is worth a price before it
// is delivered.
func (s Shipment) underWay() bool {
	_, ok := s.shareThrough("")
	return ok && s.earned().IsZero()
}

// shareThrough gives how much of the journey lies behind at the end of a day,
// without a price; false when the shipment is not recognised over its transit,
// was not picked up, or nobody has planned its delivery.
func (s Shipment) shareThrough(day string) (TransitShare, bool) {
	if s.Terms.recognition() != RecognizedOverTransit {
		return TransitShare{}, false
	}
	return s.journey(day)
}

// journey is the same however the shipment is recognised.
func (s Shipment) journey(day string) (TransitShare, bool) {
	share := TransitShare{PickedUp: s.departure().Day(), Planned: s.planned().Day()}
	from, known := civilDay(share.PickedUp)
	until, planned := civilDay(share.Planned)
	if !known || !planned {
		return TransitShare{}, false
	}
	share.Days = max(1, until-from)
	through, _ := civilDay(day) // none lies before all
	share.Elapsed = min(max(0, through+1-from), share.Days)
	return share, share.Days <= maxTransitDays
}

// departure is when the freight began to move: when it left the first pickup,
// or was loaded there.
func (s Shipment) departure() Moment {
	for _, stop := range s.Stops {
		if stop.Kind != StopPickup || stop.Optional {
			continue
		}
		for _, kind := range []string{DepartedPickup, Loaded} {
			if m, ok := s.Actual(stop.Seq, kind); ok {
				return m.At
			}
		}
		break
	}
	return Moment{}
}

// planned is when the freight is to be delivered: as promised, else by the
// appointment at the last stop.
func (s Shipment) planned() Moment {
	if !s.Promised.IsZero() {
		return s.Promised
	}
	var last Moment
	for _, stop := range s.Stops {
		if stop.Kind != StopDelivery || stop.Optional {
			continue
		}
		if last = stop.Until; last.IsZero() {
			last = stop.From
		}
	}
	return last
}

// earnedOf is what a ready charge has earned: its price once the freight is
// delivered, before that the share of the journey that was last recognised.
func (s Shipment) earnedOf(c Charge) (money.Money, *TransitShare) {
	if !s.earned().IsZero() {
		return c.Amount, nil
	}
	share, ok := s.shareThrough(s.Transit.Through)
	if !ok {
		return money.Zero(s.Currency), nil
	}
	share.Price, share.Before = c.Amount, orZero(c.Accrued, c.Amount)
	return share.Earned(), &share
}

// recognizedOn is the civil date of what is accrued or taken back now.
func (s Shipment) recognizedOn() string {
	if s.earned().IsZero() {
		return s.Transit.Through
	}
	return s.earned().Day()
}

// Earned is the part of the price that has been earned.
func (t TransitShare) Earned() money.Money {
	if t.Elapsed >= t.Days {
		return t.Price
	}
	part := t.Price.Amount().Mul(decimal.NewFromInt(int64(t.Elapsed))).DivRound(decimal.NewFromInt(int64(t.Days)), t.Price.Currency().Digits())
	earned, err := money.New(part, t.Price.Currency())
	if err != nil {
		return money.Zero(t.Price.Currency()) // unreachable: a part of an amount is one
	}
	return earned
}

// Accrues computes what an accrual of a date adds, and counts the days again.
// False when the days are not those of its dates.
func (t TransitShare) Accrues(date string) (money.Money, bool) {
	from, known := civilDay(t.PickedUp)
	until, planned := civilDay(t.Planned)
	through, dated := civilDay(date)
	days := max(1, until-from)
	if !known || !planned || !dated || t.Days != days || t.Elapsed != min(max(0, through+1-from), days) {
		return money.Money{}, false
	}
	added, err := t.Earned().Sub(t.Before)
	return added, err == nil
}

func (s Shipment) withTransit(e Event) Shipment {
	switch e := e.(type) {
	case TransitDue:
		s.Transit.Due = e.Date
	case TransitMeasured:
		s.Transit = Transit{Through: e.Date}
	}
	return s
}

// civilDay counts a civil date's days from a fixed one; what is none lies before
// all that are meant.
func civilDay(day string) (int, bool) {
	t, err := time.Parse(DayLayout, day)
	return int(t.Unix() / (24 * 60 * 60)), err == nil
}

// monthEnd is the last day of a civil date's month.
func monthEnd(day string) string {
	t, err := time.Parse(DayLayout, day)
	if err != nil {
		return ""
	}
	return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Format(DayLayout)
}

func dayAfter(day string) string {
	t, err := time.Parse(DayLayout, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, 1).Format(DayLayout)
}
