package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Milestone is a report of something that happened, or is expected, on the
// way. Reports arrive late, twice, out of order and contradicting each other;
// which one counts depends on what they say and never on when they arrived
// (rule 11): of several for the same stop and kind the one that was reported
// last by its sender, then the later event, then the greater of what else they
// say.
type Milestone struct {
	Shipment ShipmentID `json:"shipment"`
	Stop     int        `json:"stop,omitempty"` // Stop.Seq; 0 between stops
	Kind     string     `json:"kind"`
	Estimate bool       `json:"estimate,omitempty"` // never sets an actual (rule 7)
	At       Moment     `json:"at"`
	Reason   string     `json:"reason,omitempty"` // X12 element 1651
	Place    string     `json:"place,omitempty"`
	// Medium is the kind of source that took the time, which decides whether
	// it is admissible for what is charged by time (rule 19).
	Medium     string `json:"medium,omitempty"`
	ReportedAt Moment `json:"reported_at,omitzero"` // by the sender's clock
	Source     Source `json:"source,omitzero"`
}

// Kinds of milestone.
const (
	Acknowledged     = "acknowledged"
	ArrivedPickup    = "arrived-pickup"
	Loaded           = "loaded"
	DepartedPickup   = "departed-pickup"
	EnRoute          = "en-route"
	ArrivedTerminal  = "arrived-terminal"
	DepartedTerminal = "departed-terminal"
	ArrivedDelivery  = "arrived-delivery"
	Unloaded         = "unloaded" // delivered at its stop
	DepartedDelivery = "departed-delivery"
	Appointment      = "appointment"
	Delayed          = "delayed"
	Attempted        = "delivery-attempted"
	NotCompleted     = "delivery-not-completed"
	Refused          = "refused"
	Damaged          = "damaged"
	Returned         = "returned"
	Reconsigned      = "reconsigned"
	CarrierCancelled = "cancelled-by-carrier"
	PaperworkOnly    = "paperwork-without-goods"
)

// Kinds of source, as [Milestone.Medium] names them. Agreements may name others.
const (
	MediumELD     = "eld" // electronic logging device
	MediumGPS     = "gps"
	MediumEDI     = "edi"
	MediumDriver  = "driver"
	MediumReceipt = "receipt" // times on the signed receipt
	MediumDesk    = "desk"    // entered by hand
)

// knownMilestones says of each kind whether it puts a shipment into exception.
func knownMilestone(kind string) (exception, known bool) {
	switch kind {
	case Acknowledged, ArrivedPickup, Loaded, DepartedPickup, EnRoute, ArrivedTerminal, DepartedTerminal,
		ArrivedDelivery, Unloaded, DepartedDelivery, Appointment, Delayed, Attempted:
		return false, true
	case NotCompleted, Refused, Damaged, Returned, Reconsigned, CarrierCancelled, PaperworkOnly:
		return true, true
	}
	return false, false
}

// MilestoneRecorded keeps a report.
type MilestoneRecorded struct {
	Milestone
}

// ShipmentDelivered follows when every mandatory delivery stop has its
// delivery event (rule 4), and again when a report corrects the time.
type ShipmentDelivered struct {
	Shipment ShipmentID `json:"shipment"`
	At       Moment     `json:"at"`
}

func (MilestoneRecorded) EventType() string { return "MilestoneRecorded" }
func (ShipmentDelivered) EventType() string { return "ShipmentDelivered" }

// RecordMilestone keeps a report; a repeated report changes nothing (rule 10).
// Of a departure it learns whether the agreement has freight earned on its way.
type RecordMilestone struct {
	Milestone

	knowledge Knowledge
}

func (c RecordMilestone) Stream() Stream            { return c.Shipment.Stream() }
func (RecordMilestone) CommandName() string         { return "RecordMilestone" }
func (c RecordMilestone) Learn(k Knowledge) Command { c.knowledge = k; return c }

func (c RecordMilestone) Decide(s Shipment) ([]Event, error) {
	if err := s.mustBeLive(c.Shipment); err != nil {
		return nil, err
	}
	exceptional, known := knownMilestone(c.Kind)
	if !known {
		return nil, refuse(Invalid, "shipment %s: milestone %q is not one of the known kinds", c.Shipment, c.Kind)
	}
	if err := c.At.check("shipment " + string(c.Shipment) + ": " + c.Kind); err != nil {
		return nil, err
	}
	if c.Stop != 0 && s.stop(c.Stop) == nil {
		return nil, refuse(NotFound, "shipment %s has no stop %d", c.Shipment, c.Stop)
	}
	same := func(m Milestone) bool { return m.sameReport(c.Milestone) }
	if slices.ContainsFunc(s.Actuals, same) || slices.ContainsFunc(s.Reports, same) {
		return nil, nil
	}
	events := []Event{MilestoneRecorded{c.Milestone}}
	if id := fmt.Sprintf("%s-%d-%s", c.Kind, c.Stop, c.At.Local); exceptional && !c.Estimate && s.exception(id) == nil {
		events = append(events, ExceptionRaised{c.Shipment, id, c.Kind, c.Reason, c.Source})
	}
	events = s.conclude(events...)
	due, err := s.dueOnDeparture(events, c.knowledge)
	if err != nil {
		return nil, err
	}
	return append(events, due...), nil
}

// sameReport ignores where the report was read: the same news in a second
// message is no news.
func (m Milestone) sameReport(n Milestone) bool {
	return m.Stop == n.Stop && m.Kind == n.Kind && m.Estimate == n.Estimate && m.compare(n) == 0
}

// outranks tells which of two reports of the same stop and kind counts.
func (m Milestone) outranks(n Milestone) bool { return m.compare(n) > 0 }

// compare orders reports by all that they say, so that of two different ones
// the same counts in whatever order they came (rule 11).
func (m Milestone) compare(n Milestone) int {
	return cmp.Or(
		m.ReportedAt.UTC.Compare(n.ReportedAt.UTC),
		m.At.UTC.Compare(n.At.UTC),
		strings.Compare(m.Reason, n.Reason),
		strings.Compare(m.At.Local, n.At.Local),
		strings.Compare(m.At.Zone, n.At.Zone),
		strings.Compare(m.ReportedAt.Local, n.ReportedAt.Local),
		strings.Compare(m.ReportedAt.Zone, n.ReportedAt.Zone),
		strings.Compare(m.Place, n.Place),
		strings.Compare(m.Medium, n.Medium),
	)
}

func (s Shipment) withMilestone(m Milestone) Shipment {
	if m.Estimate {
		s.Reports = append(slices.Clip(s.Reports), m)
		return s
	}
	i := slices.IndexFunc(s.Actuals, func(a Milestone) bool { return a.Stop == m.Stop && a.Kind == m.Kind })
	if i < 0 {
		s.Actuals = append(slices.Clip(s.Actuals), m)
		return s
	}
	if m.outranks(s.Actuals[i]) {
		s.Actuals = slices.Clone(s.Actuals)
		m, s.Actuals[i] = s.Actuals[i], m
	}
	s.Reports = append(slices.Clip(s.Reports), m)
	return s
}

// Actual is the report that counts for a stop and kind.
func (s Shipment) Actual(stop int, kind string) (Milestone, bool) {
	i := slices.IndexFunc(s.Actuals, func(a Milestone) bool { return a.Stop == stop && a.Kind == kind })
	if i < 0 {
		return Milestone{}, false
	}
	return s.Actuals[i], true
}

func (s Shipment) stop(seq int) *Stop {
	if i := slices.IndexFunc(s.Stops, func(t Stop) bool { return t.Seq == seq }); i >= 0 {
		return &s.Stops[i]
	}
	return nil
}

// reached tells whether any stop of a kind has an actual.
func (s Shipment) reached(kind string) bool {
	return slices.ContainsFunc(s.Actuals, func(a Milestone) bool {
		stop := s.stop(a.Stop)
		return stop != nil && stop.Kind == kind && (a.Kind == ArrivedPickup || a.Kind == ArrivedDelivery || a.Kind == Loaded || a.Kind == Unloaded)
	})
}

func (s Shipment) pickedUp() bool {
	return slices.ContainsFunc(s.Actuals, func(a Milestone) bool {
		switch a.Kind {
		case Loaded, DepartedPickup, EnRoute, ArrivedTerminal, DepartedTerminal, ArrivedDelivery, Unloaded, DepartedDelivery:
			return true
		}
		return false
	})
}

// concludeDelivery: delivered when every mandatory delivery stop is (rule 4),
// at the last of them. A correction of that time is a further event, so that
// the delivery is the same in whatever order the reports came (rule 11); what
// was accrued or claimed before keeps the date it was booked under (rule 3).
func (s Shipment) concludeDelivery() []Event {
	at := s.delivery()
	if at.IsZero() || at.same(s.Delivered) {
		return nil
	}
	return []Event{ShipmentDelivered{s.ID, at}}
}

// delivery is when the last mandatory delivery stop was done; the zero moment
// while one is not.
func (s Shipment) delivery() Moment {
	var last Moment
	for _, stop := range s.Stops {
		if stop.Kind != StopDelivery || stop.Optional {
			continue
		}
		done, ok := s.Actual(stop.Seq, Unloaded)
		if !ok {
			return Moment{}
		}
		if last.IsZero() || last.Before(done.At) {
			last = done.At
		}
	}
	return last
}

// concludeStopTimes keeps one exception a contradiction in step with the
// actuals that count: raised when they contradict, resolved when they no
// longer do, whatever order the reports came in (rules 5, 6, 11).
func (s Shipment) concludeStopTimes() []Event {
	var events []Event
	keep := func(id, kind, detail string, wrong bool) {
		events = append(events, s.keepException(id, kind, detail, wrong)...)
	}
	var previous *Milestone
	for _, stop := range s.Stops {
		arrival, departure := ArrivedPickup, DepartedPickup
		if stop.Kind == StopDelivery {
			arrival, departure = ArrivedDelivery, DepartedDelivery
		}
		arrived, hasArrived := s.Actual(stop.Seq, arrival)
		departed, hasDeparted := s.Actual(stop.Seq, departure)
		keep(fmt.Sprintf("%s-%d", ExceptionStopTimes, stop.Seq), ExceptionStopTimes,
			fmt.Sprintf("stop %d: departed %s before it arrived %s", stop.Seq, departed.At.Local, arrived.At.Local),
			hasArrived && hasDeparted && departed.At.Before(arrived.At))
		if hasArrived {
			keep(fmt.Sprintf("%s-%d", ExceptionStopOrder, stop.Seq), ExceptionStopOrder,
				fmt.Sprintf("stop %d was reached before an earlier stop", stop.Seq),
				previous != nil && arrived.At.Before(previous.At))
			previous = &arrived
		}
	}
	return events
}

// keepException raises a contradiction that the reports show and resolves one
// that they no longer show. What a person has resolved stays resolved.
func (s Shipment) keepException(id, kind, detail string, wrong bool) []Event {
	x := s.exception(id)
	switch {
	case wrong && (x == nil || !x.Open && x.ResolvedBy == itself):
		return []Event{ExceptionRaised{Shipment: s.ID, Exception: id, Kind: kind, Detail: detail}}
	case !wrong && x != nil && x.Open:
		return []Event{ExceptionResolved{s.ID, id, "the reports no longer contradict each other", itself}}
	}
	return nil
}
