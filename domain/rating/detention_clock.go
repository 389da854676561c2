package rating

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// clock is the time of one stay that counts under the terms of an accessorial
// (rule 19). All of it is in UTC, so that a stay over the change of clocks has
// as many minutes as really passed, and in whole seconds: what a report says
// beyond them is dropped.
type clock struct {
	terms   Time
	stop    Stop
	arrived time.Time
	window  time.Time // zero: no appointment, first come, first served
	start   time.Time
	end     time.Time

	closed  spans // outside opening hours: not counted
	own     spans // the carrier's own delay: not counted
	absent  spans // after the start and before the arrival: uses free time up, is never charged
	present spans // counted, at the stop
}

// longest bounds a stay whose end is not known yet.
const longest = 365 * 24 * time.Hour

// read gives the clock of a stay that has ended. Without it, note says why
// there is no time to count, or missing what must be known first.
func (t Time) read(stop Stop) (c *clock, note string, missing []string) {
	end, what := stop.Depart, "departure"
	if t.Ends == ToWorked {
		end, what = stop.Worked, "end of loading or unloading"
	}
	missing = slices.DeleteFunc([]string{t.objection("arrival", stop.Arrive), t.objection(what, end)}, isBlank)
	missing = append(missing, t.unclear(stop)...)
	if len(missing) > 0 {
		return nil, "", missing
	}
	arrived, ended := moment(stop.Arrive.Instant), moment(end.Instant)
	if !ended.After(arrived) {
		return nil, fmt.Sprintf("the %s at %s is not after the arrival at %s: no time to count", what, stamp(ended), stamp(arrived)), nil
	}
	if late := t.forfeited(stop, arrived); late > 0 {
		return nil, fmt.Sprintf("the arrival at %s is %d minutes after the appointment: the agreement forfeits the time", stamp(arrived), wholeMinutes(late)), nil
	}
	c = t.run(stop, arrived, ended)
	if !c.end.After(c.start) {
		return nil, fmt.Sprintf("the %s at %s is not after %s, from when time counts", what, stamp(ended), stamp(c.start)), nil
	}
	return c, "", nil
}

// run counts from an arrival to an end. What is unclear about the stop has
// been asked before.
func (t Time) run(stop Stop, arrived, end time.Time) *clock {
	c := &clock{terms: t, stop: stop, arrived: arrived, start: arrived, end: end}
	if !stop.From.IsZero() {
		c.window = moment(stop.From)
	}
	switch {
	case c.window.IsZero() || t.Starts == FromArrival:
	case t.Starts == FromWindow:
		c.start = c.window
	default:
		c.start = later(arrived, c.window)
	}
	on := unite(span{c.start, end})
	if t.OpenHoursOnly {
		open := make([]span, len(stop.Open))
		for i, w := range stop.Open {
			open[i] = window(w)
		}
		c.closed = on.less(unite(open...))
	}
	var own []span
	for _, d := range t.ownDelays(stop) {
		own = append(own, window(d.Window))
	}
	c.own = unite(own...).and(on).less(c.closed)
	on = on.less(c.closed).less(c.own)
	c.absent = on.and(unite(span{c.start, arrived}))
	c.present = on.less(c.absent)
	return c
}

// free is what of the free time is left for the stay: an appointment that
// starts the clock uses it up while the truck is still to come.
func (c *clock) free() time.Duration {
	return max(0, minutes(c.terms.FreeMinutes)-c.absent.length())
}

// reached is when d of the time at the stop has passed; zero where the opening
// hours that are known end before.
func (c *clock) reached(d time.Duration) time.Time {
	passed := c.present.first(d)
	switch {
	case len(c.present) == 0 || passed.length() < d:
		return time.Time{}
	case len(passed) == 0:
		return c.present[0].from
	}
	return passed[len(passed)-1].until
}

// objection says why a report does not count, or "".
func (t Time) objection(what string, r Report) string {
	switch {
	case r.IsZero():
		return fmt.Sprintf("no report of the %s%s", what, t.admissible())
	case len(t.Admissible) > 0 && !slices.Contains(t.Admissible, r.Source):
		source := r.Source
		if source == "" {
			source = "nobody named"
		}
		return fmt.Sprintf("the %s is reported by %s%s", what, source, t.admissible())
	}
	return ""
}

func (t Time) admissible() string {
	if len(t.Admissible) == 0 {
		return ""
	}
	return "; only " + strings.Join(t.Admissible, ", ") + " counts"
}

// unclear is what must be known of a stop beside its reports.
func (t Time) unclear(stop Stop) (missing []string) {
	if t.Starts == FromWindow && stop.From.IsZero() {
		missing = append(missing, "no appointment, from which time counts")
	}
	if t.OpenHoursOnly {
		if len(stop.Open) == 0 {
			missing = append(missing, "no opening hours, within which time counts")
		}
		for _, w := range stop.Open {
			missing = append(missing, vague("opening hours", w))
		}
	}
	for _, d := range t.ownDelays(stop) {
		missing = append(missing, vague("the carrier's own delay "+d.Reason, d.Window))
	}
	missing = slices.DeleteFunc(missing, isBlank)
	slices.Sort(missing)
	return slices.Compact(missing)
}

// vague says that a window cannot be counted.
func vague(what string, w Window) string {
	switch {
	case w.From.IsZero() || w.Until.IsZero():
		return what + ": the beginning or the end is not known"
	case w.Until.UTC.Before(w.From.UTC):
		return fmt.Sprintf("%s: the end at %s is before the beginning at %s", what, stamp(moment(w.Until)), stamp(moment(w.From)))
	}
	return ""
}

func (t Time) ownDelays(stop Stop) []Delay {
	return slices.DeleteFunc(slices.Clone(stop.Delays), func(d Delay) bool { return !slices.Contains(t.CarrierReasons, d.Reason) })
}

// forfeited is by how much an arrival comes after the appointment where that
// forfeits the time. Without an appointment nothing is late.
func (t Time) forfeited(stop Stop, arrived time.Time) time.Duration {
	last := stop.Until
	if last.IsZero() {
		last = stop.From
	}
	if t.LateArrival != LateForfeit || last.IsZero() {
		return 0
	}
	return max(0, arrived.Sub(moment(last)))
}

func moment(i Instant) time.Time { return i.UTC.UTC().Truncate(time.Second) }

func window(w Window) span { return span{moment(w.From), moment(w.Until)} }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

func wholeMinutes(d time.Duration) int64 { return int64(d / time.Minute) }

func isBlank(s string) bool { return s == "" }
