package rating

import (
	"fmt"
	"time"
)

// noStep is no step of a sheet.
const noStep ref = -1

// charged puts a stay on a sheet: the reports, the clock, what does not count,
// free time, the boundary of layover, and the minutes to charge. most is the
// step that rounding must not go beyond.
func (c *clock) charged(s *sheet, acc Accessorial, after int, afterFrom string, elsewhere spans) (n, most ref) {
	on, most := c.write(s), noStep
	free := c.writeFree(s, acc)
	switch {
	case after == 0:
		n = s.do("minutes to charge", Sub, on, free)
	case acc.Trigger == TriggerLayover:
		begin := s.counted("layover begins after, minutes", afterFrom, int64(after))
		if free != noStep {
			begin = s.do("layover begins after free time too, minutes", Max, begin, free)
		}
		n = s.do("minutes to charge", Sub, on, begin)
	default:
		begin := s.counted("layover begins after, minutes", afterFrom, int64(after))
		n = s.do("minutes to charge", Sub, s.do("minutes before layover", Min, on, begin), free)
		most = s.do("most minutes before layover", Sub, begin, free)
	}
	if len(elsewhere) > 0 {
		others := pieces(s, "counted by another accessorial", fmt.Sprintf("fact stops/%d", c.stop.Seq), elsewhere)
		n = s.do("minutes left to charge", Sub, n, others)
		most = n
	}
	return n, most
}

// write puts the clock on a sheet, down to the minutes at the stop that run.
func (c *clock) write(s *sheet) ref {
	day := c.arrived
	if !c.window.IsZero() {
		day = earlier(day, c.window)
	}
	day = day.Truncate(24 * time.Hour)
	of := ", minutes of " + day.Format(time.DateOnly) + " UTC"
	at := fmt.Sprintf("fact stops/%d/", c.stop.Seq)
	reported := func(r Report) string { return " " + stamp(moment(r.Instant)) + " " + r.Source }

	arrived := lasting(s, "arrived"+of, at+"arrived"+reported(c.stop.Arrive), c.arrived.Sub(day))
	start := arrived
	if !c.window.IsZero() && c.terms.Starts != FromArrival {
		window := lasting(s, "appointment"+of, at+"from "+stamp(c.window), c.window.Sub(day))
		if c.terms.Starts == FromWindow {
			start = window
		} else {
			start = s.do("time starts"+of, Max, arrived, window)
		}
	}
	what, report := "departed", c.stop.Depart
	if c.terms.Ends == ToWorked {
		what, report = "worked", c.stop.Worked
	}
	end := lasting(s, what+of, at+what+reported(report), c.end.Sub(day))
	on := s.do("minutes from start to end", Sub, end, start)
	var not []ref
	for _, gap := range []struct {
		label, from string
		spans       spans
	}{
		{"closed", at + "open", c.closed},
		{"the carrier's own delay", at + "delays", c.own},
		{"before the arrival", at + "arrived", c.absent},
	} {
		if len(gap.spans) > 0 {
			not = append(not, pieces(s, gap.label, gap.from, gap.spans))
		}
	}
	if len(not) > 0 {
		on = s.do("minutes that count", Sub, append([]ref{on}, total(s, "minutes that do not count", not))...)
	}
	return on
}

// writeFree puts the free time on a sheet; a layover need not have any.
func (c *clock) writeFree(s *sheet, acc Accessorial) ref {
	if acc.Trigger == TriggerLayover && c.terms.FreeMinutes == 0 {
		return noStep
	}
	free := s.counted("free minutes", clauseOf(acc)+"/time/free_minutes", int64(c.terms.FreeMinutes))
	if len(c.absent) == 0 {
		return free
	}
	gone := lasting(s, "free minutes gone before the arrival", fmt.Sprintf("fact stops/%d/arrived", c.stop.Seq), c.absent.length())
	left := s.do("free minutes at the arrival", Sub, free, gone)
	return s.do("free minutes left", Max, left, s.counted("nought", "definition 0", 0))
}

// maxPieces bounds a sheet: more stretches stand on it as their sum.
const maxPieces = 20

// pieces puts stretches of time on a sheet, and gives their minutes.
func pieces(s *sheet, label, from string, of spans) ref {
	if len(of) > maxPieces {
		return lasting(s, fmt.Sprintf("%s, minutes in %d stretches", label, len(of)), from, of.length())
	}
	refs := make([]ref, len(of))
	for i, p := range of {
		refs[i] = lasting(s, fmt.Sprintf("%s, minutes from %s to %s", label, stamp(p.from), stamp(p.until)), from, p.until.Sub(p.from))
	}
	return total(s, label+", minutes", refs)
}

// total adds where there is more than one.
func total(s *sheet, label string, refs []ref) ref {
	if len(refs) == 1 {
		return refs[0]
	}
	return s.do(label, Add, refs...)
}

// lasting notes a time in minutes; one with seconds as they are, sixty to the
// minute.
func lasting(s *sheet, label, from string, d time.Duration) ref {
	if d%time.Minute == 0 {
		return s.counted(label, from, int64(d/time.Minute))
	}
	seconds := s.counted("seconds", from, int64(d/time.Second))
	return s.do(label, Div, seconds, s.counted("seconds in a minute", "definition 1 min = 60 s", 60))
}
