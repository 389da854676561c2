package rating

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/freightledger/freightledger/domain/money"
)

// stays charges detention and layover, stop by stop.
//
// Time runs on the clock of each accessorial. Detention is what runs after its
// free time, and ends where layover begins: at the boundary that its own terms
// name or those of a layover at the stop, whichever comes first. Layover is
// what runs from its boundary on. It is counted before detention, and detention
// takes no moment from its beginning on, so that none is in both (rules 20,
// 21), also where their terms count differently. Of two accessorials of one
// kind at a stop the first in the agreement takes the time.
func (x *extras) stays() {
	for _, stop := range x.stops {
		if x.facts.Cancelled != nil && untouched(stop) {
			continue
		}
		var taken spans
		for _, acc := range x.at(TriggerLayover, stop) {
			taken = unite(slices.Concat(taken, x.stay(acc, stop, taken))...)
		}
		if len(taken) > 0 {
			taken = unite(span{taken[0].from, taken[len(taken)-1].until.Add(longest)})
		}
		for _, acc := range x.at(TriggerDetention, stop) {
			taken = unite(slices.Concat(taken, x.stay(acc, stop, taken))...)
		}
	}
}

// at are the accessorials of a trigger that count at a stop.
func (x *extras) at(trigger Trigger, stop Stop) []Accessorial {
	return slices.DeleteFunc(slices.Clone(x.agreement.Accessorials), func(acc Accessorial) bool {
		return acc.Trigger != trigger || acc.At != "" && acc.At != stop.Kind
	})
}

// boundary is the earliest beginning of layover in minutes; 0 if none is named.
func boundary(accessorials ...Accessorial) int {
	first := 0
	for _, acc := range accessorials {
		if after := acc.time().LayoverAfter; after > 0 && (first == 0 || after < first) {
			first = after
		}
	}
	return first
}

func (acc Accessorial) time() Time {
	if acc.Time == nil {
		return Time{}
	}
	return *acc.Time
}

// untouched tells a stop of which nothing was reported.
func untouched(s Stop) bool { return s.Arrive.IsZero() && s.Worked.IsZero() && s.Depart.IsZero() }

// stay charges the time at a stop under one accessorial, and gives the time
// that it took.
func (x *extras) stay(acc Accessorial, stop Stop, taken spans) spans {
	t, after := x.terms(acc, stop)
	layover := acc.Trigger == TriggerLayover
	if layover && after == 0 {
		x.note(acc, stop, "the agreement does not say after how many minutes layover begins")
		return nil
	}
	c, note, missing := t.read(stop)
	for _, m := range missing {
		unknown := remark(acc, stop, m)
		unknown.Unknown = true
		x.missing = append(x.missing, unknown)
	}
	if note != "" {
		x.note(acc, stop, note)
	}
	if c == nil {
		return nil
	}
	from, until := c.due(layover, after)
	switch {
	case until > from:
	case layover:
		x.note(acc, stop, fmt.Sprintf("%d minutes, layover begins after %d", wholeMinutes(until), wholeMinutes(from)))
		return nil
	default:
		x.note(acc, stop, fmt.Sprintf("%d minutes within %d free", wholeMinutes(until), wholeMinutes(from)))
		return nil
	}
	due := c.present.first(until).less(c.present.first(from))
	mine, elsewhere := due.less(taken), due.and(taken)
	if len(mine) == 0 {
		x.note(acc, stop, fmt.Sprintf("all %d minutes are counted by another accessorial", wholeMinutes(due.length())))
		return nil
	}

	s := newSheet(clauseOf(acc))
	n, most := c.charged(s, acc, after, x.layoverTerm(acc, stop), elsewhere)
	billable := t.billable(s, acc, n, most)
	if s.values[billable].sign() <= 0 {
		x.note(acc, stop, fmt.Sprintf("%d minutes are less than an increment", wholeMinutes(mine.length())))
		return mine
	}
	units, why := x.stayUnits(s, acc, billable)
	if why != "" {
		x.miss(acc, stop, why)
		return mine
	}
	x.price(s, acc, units, acc.Price.Rate, "price/rate")
	x.charge(acc, Charge{Charge: acc.Code + "-" + strconv.Itoa(stop.Seq), Stop: stop.Seq}, s, x.lacks(acc, &stop, nil, c.reached(from)))
	return mine
}

// due is from when to when the time at the stop is charged, counted from its
// beginning. There is nothing to charge where until is not after from.
func (c *clock) due(layover bool, after int) (from, until time.Duration) {
	from, until = c.free(), c.present.length()
	switch {
	case layover:
		from = max(from, minutes(after))
	case after > 0:
		until = min(until, minutes(after))
	}
	return from, until
}

// terms are those by which time counts at a stop, and the boundary of layover
// in minutes, 0 if there is none. A layover that states no terms of its own
// goes by those of the detention at the stop that it takes over from.
func (x *extras) terms(acc Accessorial, stop Stop) (t Time, after int) {
	if acc.Trigger == TriggerDetention {
		return acc.time(), boundary(append(x.at(TriggerLayover, stop), acc)...)
	}
	detentions := x.at(TriggerDetention, stop)
	if acc.Time != nil {
		t = *acc.Time
	} else if len(detentions) > 0 {
		of := detentions[0].time()
		t = Time{
			Starts: of.Starts, Ends: of.Ends, LateArrival: of.LateArrival, OpenHoursOnly: of.OpenHoursOnly,
			Admissible: of.Admissible, CarrierReasons: of.CarrierReasons,
		}
	}
	if after = t.LayoverAfter; after == 0 {
		after = boundary(detentions...)
	}
	return t, after
}

// layoverTerm is where the boundary at a stop is written.
func (x *extras) layoverTerm(acc Accessorial, stop Stop) string {
	_, after := x.terms(acc, stop)
	for _, of := range slices.Concat([]Accessorial{acc}, x.at(TriggerLayover, stop), x.at(TriggerDetention, stop)) {
		if of.time().LayoverAfter == after {
			return clauseOf(of) + "/time/layover_after"
		}
	}
	return clauseOf(acc) + "/time/layover_after"
}

// billable brings counted minutes into increments: a begun one as the terms
// say, never beyond the boundary of layover or the cap (rule 20). most is the
// step that bounds them, noStep if none does.
func (t Time) billable(s *sheet, acc Accessorial, n, most ref) ref {
	mode, step := t.IncrementRound, max(t.IncrementMinutes, 1)
	if mode == "" {
		mode = money.Down
	}
	n = s.round("minutes in increments", n, Round{mode, MustDecimal(strconv.Itoa(step))})
	if most != noStep {
		n = s.do("minutes in increments, within the boundary", Min, n, most)
	}
	if t.MaxMinutes > 0 {
		limit := s.counted("most minutes that are charged", clauseOf(acc)+"/time/max_minutes", int64(t.MaxMinutes))
		n = s.do("minutes charged, capped", Min, n, limit)
	}
	return n
}

// stayUnits are the units of price in minutes of a stay. A night is each begun
// 24 hours: "layover after 9 h $350/night" says no more, and a truck that is
// held over once is held overnight.
func (x *extras) stayUnits(s *sheet, acc Accessorial, billable ref) (ref, string) {
	switch acc.Price.Per {
	case PerHour:
		return s.do("hours", Div, billable, s.counted("minutes in an hour", "definition 1 h = 60 min", 60)), ""
	case PerNight:
		nights := s.do("24 hours", Div, billable, s.counted("minutes in 24 hours", "definition 24 h = 1440 min", 1440))
		return s.round("nights, each begun 24 hours", nights, Round{money.Up, MustDecimal("1")}), ""
	}
	return x.units(s, acc, nil)
}
