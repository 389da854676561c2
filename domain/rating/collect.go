package rating

import (
	"fmt"
	"time"
)

// Watch is time that runs at a stop where a truck still stands: what it will
// cost from when, and what has to be asked for before it is too late.
type Watch struct {
	Code string `json:"code"`
	Stop int    `json:"stop"`
	// From is when charged time begins: the end of free time for detention, the
	// boundary for layover, as far as the delays are known. It is zero where
	// the opening hours that are known end before.
	From  time.Time `json:"from,omitzero"`
	Lacks []Lack    `json:"lacks,omitempty"`
}

// Collect is what dispatch should see to now, stop by stop, while the truck is
// there: it has arrived, and the end of its stay has not been reported. The
// agreement knows no clock: whether Watch.From has passed is for the caller.
//
// Beside the evidence that the agreement names it asks for what rule 19 needs
// of any agreement: an arrival from an admissible source.
func (a Agreement) Collect(f Facts) []Watch {
	x := newExtras(a, f, moved{})
	var out []Watch
	for _, stop := range x.stops {
		if stop.Arrive.IsZero() {
			continue
		}
		for _, trigger := range []Trigger{TriggerDetention, TriggerLayover} {
			for _, acc := range x.at(trigger, stop) {
				if w, runs := x.watch(acc, stop); runs {
					out = append(out, w)
				}
			}
		}
	}
	return out
}

// watch tells false where nothing runs, or nothing can become due.
func (x *extras) watch(acc Accessorial, stop Stop) (Watch, bool) {
	t, after := x.terms(acc, stop)
	end := stop.Depart
	if t.Ends == ToWorked {
		end = stop.Worked
	}
	arrived := moment(stop.Arrive.Instant)
	never := acc.Trigger == TriggerLayover && after == 0
	if never || !end.IsZero() || !stop.Depart.IsZero() || t.forfeited(stop, arrived) > 0 {
		return Watch{}, false
	}
	w := Watch{Code: acc.Code, Stop: stop.Seq}
	var lacks []Lack
	if why := t.objection("arrival", stop.Arrive); why != "" {
		lacks = append(lacks, Lack{Evidence: NeedsTimes, Detail: why})
	}
	for _, why := range t.unclear(stop) {
		lacks = append(lacks, Lack{Evidence: NeedsTimes, Detail: why})
	}
	if len(t.unclear(stop)) == 0 {
		c := t.run(stop, arrived, later(arrived, moment(stop.From)).Add(longest))
		from, _ := c.due(acc.Trigger == TriggerLayover, after)
		w.From = c.reached(from)
	}
	w.Lacks = append(lacks, x.lacks(acc, &stop, nil, w.From)...)
	return w, true
}

// lacks is the evidence that an accessorial names and the facts do not have
// yet. stop is nil for what happened at none, svc for what is no service;
// begins is when charged time does. The timestamps are not among them: without
// them nothing is charged at all.
func (x *extras) lacks(acc Accessorial, stop *Stop, svc *Service, begins time.Time) (lacks []Lack) {
	at := 0
	switch {
	case stop != nil:
		at = stop.Seq
	case svc != nil:
		at = svc.Stop
	}
	if svc == nil {
		svc = x.recorded(acc, at)
	}
	if svc == nil {
		svc = &Service{}
	}
	for _, e := range acc.Evidence {
		lack := Lack{Evidence: e}
		switch e {
		case NeedsApproval:
			if svc.Approval == "" {
				lack.Detail = "the customer's approval with its reference"
			}
		case NeedsReceipt:
			switch {
			case !svc.Receipt.IsSet():
				lack.Detail = "the receipt"
			case svc.Document == "":
				lack.Detail = "the document of the receipt for " + svc.Receipt.String()
			}
		case NeedsNotice:
			if stop != nil {
				lack = acc.notice(*stop, begins)
			}
		case NeedsPOD:
			if stop != nil && !stop.Signed {
				lack.Detail = "the times of arrival and departure on the signed receipt"
			}
		}
		if lack.Detail != "" {
			lacks = append(lacks, lack)
		}
	}
	return lacks
}

// notice must be given to the customer within so many minutes of the end of
// free time, or of the beginning of layover; it may be given before.
func (acc Accessorial) notice(stop Stop, begins time.Time) Lack {
	lack := Lack{Evidence: NeedsNotice}
	if !begins.IsZero() {
		lack.Until = begins.Add(minutes(acc.NoticeMinutes))
	}
	switch {
	case stop.Notice == nil || stop.Notice.IsZero():
		lack.Detail = "notice to the customer"
		if !begins.IsZero() {
			lack.Detail += fmt.Sprintf(" by %s: charged time begins at %s", stamp(lack.Until), stamp(begins))
		}
	case !lack.Until.IsZero() && moment(stop.Notice.Instant).After(lack.Until):
		given := moment(stop.Notice.Instant)
		lack.TooLate = true
		lack.Detail = fmt.Sprintf("notice by %s: it was given at %s", stamp(lack.Until), stamp(given))
	}
	return lack
}
