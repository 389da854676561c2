package rating

import (
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

func (c checker) accessorials(s spot) {
	s = s.field("accessorials")
	if !s.atMost(len(c.Accessorials), maxAccessorials) {
		return
	}
	for i, a := range c.Accessorials {
		at := s.item(i, called("accessorial", a.Code, i))
		at.field("code").id(a.Code)
		at.field("name").neededText(a.Name)
		c.accessorial(at, a)
		for j, b := range c.Accessorials[:i] {
			c.apart(at, a, b, j)
		}
	}
}

// clocked tells a trigger that counts time at a stop.
func (t Trigger) clocked() bool { return t == TriggerDetention || t == TriggerLayover }

// derived tells a trigger that the shipment's own course pulls; the others
// are pulled by a service recorded under the code.
func (t Trigger) derived() bool {
	return t.clocked() || t == TriggerNotUsed || t == TriggerStopOff
}

// apart refuses two accessorials of which nobody could say which one counts. A
// code or a derived trigger may be there twice only for time at pickups and
// time at deliveries.
func (c checker) apart(s spot, a, b Accessorial, earlier int) {
	if a.Trigger == b.Trigger && a.Trigger.clocked() && a.At != "" && b.At != "" && a.At != b.At {
		return
	}
	other := fmt.Sprintf("%s, number %d", called("accessorial", b.Code, earlier), earlier+1)
	switch {
	case a.Code == b.Code && a.Code != "":
		s.field("code").refuse("is that of number %d as well: give each its own, or for detention and layover one at pickup and one at delivery", earlier+1)
	case a.Trigger == b.Trigger && a.Trigger.derived():
		s.field("trigger").refuse("%s is that of %s as well, so both would charge the same: keep one, or for detention and layover one at pickup and one at delivery", a.Trigger, other)
	}
}

func (c checker) accessorial(s spot, a Accessorial) {
	known := oneOf(s.field("trigger"), a.Trigger, TriggerDetention, TriggerLayover, TriggerNotUsed, TriggerStopOff,
		TriggerRedelivery, TriggerReconsigned, TriggerPassThrough, TriggerService)
	if known {
		c.price(s.field("price"), a)
		c.time(s, a)
	}
	if a.At != "" && oneOf(s.field("at"), a.At, "pickup", "delivery") && known && !a.Trigger.clocked() {
		s.field("at").refuse("means nothing to %s: leave it out", a.Trigger)
	}
	s.field("fee").payable(a.Fee, c.Currency)
	if known && a.Trigger != TriggerPassThrough {
		s.absent("fee", a.Fee.IsZero(), "it is what a pass-through adds to its receipt")
	}
	if a.Payor != "" {
		oneOf(s.field("payor"), a.Payor, "bill-to", "shipper", "consignee", "consignees")
	}
	s.field("approval_above").nonNegative(a.ApprovalAbove)
	s.field("evidence").names(evidence(a.Evidence), func(at spot, name string) {
		e := Evidence(name)
		if oneOf(at, e, NeedsTimes, NeedsNotice, NeedsApproval, NeedsReceipt, NeedsPOD) && known && !a.Trigger.clocked() &&
			slices.Contains([]Evidence{NeedsTimes, NeedsNotice, NeedsPOD}, e) {
			at.refuse("%s is about time at a stop, which %s does not count: leave it out", e, a.Trigger)
		}
	})
	s.field("notice_minutes").within(a.NoticeMinutes, 0, maxMinutes)
	s.absent("notice_minutes", a.NoticeMinutes == 0 || slices.Contains(a.Evidence, NeedsNotice), "no notice is asked for in evidence")
}

func evidence(list []Evidence) []string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = string(e)
	}
	return names
}

// pricedPer are the units for which each trigger has a number to multiply.
func (t Trigger) pricedPer() []Unit {
	switch t {
	case TriggerDetention:
		return []Unit{PerHour, Flat}
	case TriggerLayover:
		return []Unit{PerNight, PerHour, Flat}
	case TriggerNotUsed:
		return []Unit{Flat, PerMile, PerKm}
	case TriggerStopOff:
		return []Unit{PerStop, Flat}
	case TriggerRedelivery, TriggerReconsigned:
		return []Unit{Flat, PerMile, PerKm, PerCWT, Per100kg, PerLb, PerKg, PerPallet, PerPiece, PerHour, OfNet, OfGross}
	}
	return []Unit{Flat, PerMile, PerKm, PerCWT, Per100kg, PerLb, PerKg, PerPallet, PerPiece, PerHour, PerNight, PerStop, OfNet, OfGross}
}

func (c checker) price(s spot, a Accessorial) {
	p := a.Price
	s.field("minimum").payable(p.Minimum, c.Currency)
	s.field("maximum").payable(p.Maximum, c.Currency)
	if !p.Minimum.IsZero() && !p.Maximum.IsZero() && p.Maximum.Cmp(p.Minimum) < 0 {
		s.field("maximum").refuse("is %s, below the minimum of %s", p.Maximum, p.Minimum)
	}
	s.amountRound("round", p.Round, c.Currency)
	if a.Trigger == TriggerPassThrough {
		why := "a pass-through costs what its receipt says"
		s.absent("per", p.Per == "", why)
		s.absent("rate", p.Rate.IsZero(), why)
		s.absent("tiers", len(p.Tiers) == 0, why)
		s.absent("minimum", p.Minimum.IsZero(), why)
		return
	}
	per := p.Per
	if per == "" {
		per = Flat
	}
	known := oneOf(s.field("per"), per, a.Trigger.pricedPer()...)
	switch {
	case len(p.Tiers) == 0:
		if s.field("rate").number(p.Rate, atLeast) && (per == OfNet || per == OfGross) {
			s.field("rate").percent(p.Rate)
		}
	case !p.Rate.IsZero():
		s.field("rate").refuse("is there beside tiers: keep one of them")
	case known && !slices.Contains([]Unit{PerStop, PerNight, PerHour, PerPallet, PerPiece}, per):
		s.field("tiers").refuse("count units, a price per %s has none: write one rate", per)
	default:
		tiers := s.field("tiers")
		c.breaks(tiers, p.Tiers, "1")
		for i, t := range p.Tiers {
			if !t.From.Exact().IsInteger() {
				tiers.item(i, fmt.Sprintf("tier %d", i+1)).field("from").refuse("is %s: a tier begins at a whole unit", t.From)
			}
		}
	}
}

// maxMinutes bounds times: four weeks.
const maxMinutes = 28 * 24 * 60

func (c checker) time(s spot, a Accessorial) {
	switch {
	case a.Time == nil && a.Trigger == TriggerDetention:
		s.field("time").refuse("is missing: %s counts time, write at least free_minutes", a.Trigger)
	case a.Trigger == TriggerLayover && (a.Time == nil || a.Time.LayoverAfter == 0) && !c.entersLayover(a.At):
		s.field("time").field("layover_after").refuse("is missing here and in the detention at the same stops: nothing would begin the layover")
	case a.Time != nil && !a.Trigger.clocked():
		s.field("time").refuse("means nothing to %s, which counts no time: leave it out", a.Trigger)
	}
	if a.Time == nil {
		return
	}
	s, t := s.field("time"), *a.Time
	s.field("free_minutes").within(t.FreeMinutes, 0, maxMinutes)
	s.field("increment_minutes").within(t.IncrementMinutes, 0, maxMinutes)
	if t.IncrementRound != "" {
		oneOf(s.field("increment_round"), t.IncrementRound, money.HalfUp, money.HalfEven, money.Down, money.Up, money.Floor, money.Ceiling)
	}
	if t.Starts != "" {
		oneOf(s.field("starts"), t.Starts, FromArrivalOrWindow, FromArrival, FromWindow)
	}
	if t.Ends != "" {
		oneOf(s.field("ends"), t.Ends, ToDeparture, ToWorked)
	}
	if t.LateArrival != "" {
		oneOf(s.field("late_arrival"), t.LateArrival, LateCounts, LateForfeit)
	}
	s.field("admissible").names(t.Admissible, spot.neededText)
	s.field("carrier_reasons").names(t.CarrierReasons, spot.neededText)
	s.field("max_minutes").within(t.MaxMinutes, 0, maxMinutes)
	s.field("layover_after").within(t.LayoverAfter, 0, maxMinutes)
	if a.Trigger == TriggerDetention && t.LayoverAfter > 0 && t.LayoverAfter <= t.FreeMinutes {
		s.field("layover_after").refuse("is %d minutes, of which %d are free: there would be no detention before the layover", t.LayoverAfter, t.FreeMinutes)
	}
	if t.LayoverAfter > 0 && a.Trigger == TriggerDetention && !c.hasLayover(a.At) {
		s.field("layover_after").refuse("ends detention, and no accessorial charges the layover at the same stops: add one, or cap detention by max_minutes")
	}
}

// entersLayover tells that detention at all the stops meant turns into layover.
func (c checker) entersLayover(at string) bool {
	return c.covers(at, func(a Accessorial) bool {
		return a.Trigger == TriggerDetention && a.Time != nil && a.Time.LayoverAfter > 0
	})
}

func (c checker) hasLayover(at string) bool {
	return c.covers(at, func(a Accessorial) bool { return a.Trigger == TriggerLayover })
}

// covers tells that some accessorial that is meant holds at pickups, at
// deliveries, or at both when at is "".
func (c checker) covers(at string, meant func(Accessorial) bool) bool {
	there := func(end string) bool {
		return slices.ContainsFunc(c.Accessorials, func(a Accessorial) bool {
			return meant(a) && (a.At == "" || a.At == end)
		})
	}
	if at == "" {
		return there("pickup") && there("delivery")
	}
	return there(at)
}
