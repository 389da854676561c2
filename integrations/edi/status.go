package edi

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/edi/x12"
)

// statusLoop is one LX of a 214: reports about one stop, and what else is said
// of it.
type statusLoop struct {
	reports []report
	stop    x12.Segment // L11 with qualifier QN
	osd     []x12.Segment
	remarks []string
}

type report struct {
	status x12.Segment // AT7
	place  x12.Segment // MS1
}

// statusReport maps a 214: its reports, its exceptions and the carrier's
// numbers, all of them or none.
func (s *set) statusReport(ctx context.Context, v *view) (domain.Command, error) {
	b10, ok := s.first("B10")
	if !ok {
		return nil, s.missing("B10", "it names the shipment")
	}
	pro, id, carrier, at := text(b10, 1), text(b10, 2), text(b10, 3), 2
	if isSCAC(id) && !isSCAC(carrier) {
		s.noteAt(b10, "B10-02 %s looks like a carrier's code and B10-03 %s does not: read as shipment, carrier, PRO", quote(id), quote(carrier))
		pro, id, carrier, at = carrier, pro, id, 1
	}
	header, loops, err := s.statusLoops()
	if err != nil {
		return nil, err
	}
	refs := []domain.Reference{}
	if id != "" {
		refs = append(refs, knownAs(id)...)
	}
	if pro != "" {
		refs = append(refs, reference("CN", pro))
	}
	var add domain.Together
	for _, seg := range header {
		switch qualifier, value := text(seg, 2), text(seg, 1); {
		case value == "":
		case qualifier == "SI" || qualifier == "BM" || qualifier == "CN":
			refs = append(refs, reference(qualifier, value))
		}
	}
	if id == "" && len(refs) == 0 {
		return nil, s.fault(CodeMissing, b10, 2, "ask the sender to name the shipment", "neither the shipment's id (B10-02) nor the PRO (B10-01) is stated")
	}
	known, err := v.find(ctx, s, b10, at, id, refs)
	if err != nil {
		return nil, err
	}
	if pro != "" {
		add = append(add, s.addReference(known.ID, "CN", pro, b10))
	}
	for _, seg := range header {
		if text(seg, 2) == "SI" && text(seg, 1) != "" {
			add = append(add, s.addReference(known.ID, "SI", text(seg, 1), seg))
		}
	}
	if carrier != "" && known.Tender.Carrier != "" && carrier != known.Tender.Carrier {
		s.noteAt(b10, "carrier %s reports on a shipment tendered to %s", quote(carrier), known.Tender.Carrier)
	}
	s.compareWeights(known)
	reported := s.reportedAt()
	batch := add
	for _, loop := range loops {
		commands, err := s.loopCommands(known, loop, reported)
		if err != nil {
			return nil, err
		}
		batch = append(batch, commands...)
	}
	return batch, nil
}

// isSCAC tells the shape of a carrier's code: two to four capital letters.
func isSCAC(value string) bool {
	return len(value) >= 2 && len(value) <= 4 && strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// statusLoops cuts the set into its header's references and its loops. Some
// senders leave the LX out: reports before the first LX are a loop too.
func (s *set) statusLoops() (header []x12.Segment, loops []statusLoop, err error) {
	var stop x12.Segment // QN in the header, for loops without their own
	count, open := 0, false
	here := func() *statusLoop {
		if !open {
			loops = append(loops, statusLoop{stop: stop})
			open = true
		}
		return &loops[len(loops)-1]
	}
	for _, seg := range s.tx.Segments {
		switch seg.ID {
		case "LX":
			loops, open = append(loops, statusLoop{stop: stop}), true
		case "AT7", "Q7":
			if count++; count > reportsMost {
				return nil, nil, s.fault(CodeLimit, seg, 0, "ask the sender to split the set", "more than %d reports", reportsMost)
			}
			loop := here()
			if seg.ID == "Q7" {
				loop.osd = append(loop.osd, seg)
				continue
			}
			loop.reports = append(loop.reports, report{status: seg})
		case "MS1":
			if loop := here(); len(loop.reports) > 0 {
				loop.reports[len(loop.reports)-1].place = seg
			}
		case "L11":
			switch {
			case text(seg, 2) == "QN" && open:
				here().stop = seg
			case text(seg, 2) == "QN":
				stop = seg
			case !open || len(loops) == 0:
				if len(header) == referencesMost {
					return nil, nil, s.fault(CodeLimit, seg, 0, "ask the sender to split the set", "more than %d references", referencesMost)
				}
				header = append(header, seg)
			}
		case "K1":
			remark := clip(text(seg, 1)+" "+text(seg, 2), textBytesMost)
			if open {
				here().remarks = append(here().remarks, remark)
			} else {
				s.noteAt(seg, "remark: %s", quote(remark))
			}
		}
	}
	if count == 0 {
		return nil, nil, s.missing("AT7", "the set reports nothing")
	}
	return header, loops, nil
}

// compareWeights notes a weight (AT8) that is not the order's: the carrier may
// bill by it. Nothing is changed; no weight (0) says nothing.
func (s *set) compareWeights(known domain.Shipment) {
	for _, seg := range s.tx.Segments {
		if seg.ID != "AT8" || known.WeightKg == "" {
			continue
		}
		weight, err := x12.R(text(seg, 3))
		if err != nil || weight.IsZero() {
			continue
		}
		if kilograms, ok := inKilograms(weight, []string{text(seg, 2)}); ok && kilograms != known.WeightKg {
			s.noteAt(seg, "the carrier states %s kg, the order %s kg", kilograms, known.WeightKg)
		}
	}
}

// loopCommands are the milestones and exceptions of one loop.
func (s *set) loopCommands(known domain.Shipment, loop statusLoop, reported domain.Moment) (domain.Together, error) {
	var batch domain.Together
	var last domain.Milestone
	for _, r := range loop.reports {
		m, err := s.milestone(known, loop, r)
		if err != nil {
			return nil, err
		}
		m.ReportedAt = reported
		batch = append(batch, domain.RecordMilestone{Milestone: m})
		last = m
	}
	remark := clip(strings.Join(loop.remarks, "; "), textBytesMost)
	for _, seg := range loop.osd {
		code := text(seg, 1)
		meaning := ladingException(code)
		if meaning == "" {
			return nil, s.fault(CodeUnknownCode, seg, 1, "ask the sender for a code of element 33", "lading exception %s is not known", quote(code))
		}
		detail := strings.TrimSpace(code + " " + meaning + " " + clip(text(seg, 3), 20) + " " + clip(text(seg, 2), 10))
		if remark != "" {
			detail += ": " + remark
		}
		batch = append(batch, domain.RaiseException{ExceptionRaised: domain.ExceptionRaised{Shipment: known.ID,
			Exception: clip(fmt.Sprintf("osd-%s-%d-%s-%s", code, last.Stop, last.At.Local, clip(text(seg, 3), 20)), 100),
			Kind:      domain.ExceptionOther, Detail: clip(detail, textBytesMost), Source: s.source(seg)}})
	}
	if remark != "" && len(loop.osd) == 0 {
		s.note("remark: %s", quote(remark))
	}
	return batch, nil
}

// milestone maps one AT7.
func (s *set) milestone(known domain.Shipment, loop statusLoop, r report) (domain.Milestone, error) {
	seg := r.status
	m := domain.Milestone{Shipment: known.ID, Medium: domain.MediumEDI, Source: s.source(seg)}
	happened, appointed := text(seg, 1), text(seg, 3)
	var meaning Status
	var ok bool
	switch {
	case happened != "" && appointed != "":
		return m, s.fault(CodeInvalid, seg, 3, "ask the sender for one AT7 each", "AT7 states both a status (01 %s) and an appointment (03 %s)", quote(happened), quote(appointed))
	case happened != "":
		if meaning, ok = s.options.Statuses[happened]; !ok {
			if meaning, ok = Statuses()[happened]; !ok {
				return m, s.fault(CodeUnknownCode, seg, 1, "agree its meaning with the sender and state it in the partner's options, then replay", "status %s has no agreed meaning", quote(happened))
			}
		}
		m.Reason = clip(text(seg, 2), 12)
	case appointed != "":
		if meaning, ok = Appointments()[appointed]; !ok {
			return m, s.fault(CodeUnknownCode, seg, 3, "ask the sender for a code of element 1652", "appointment status %s has no agreed meaning", quote(appointed))
		}
		m.Reason = clip(text(seg, 4), 12)
	default:
		return m, s.fault(CodeMissing, seg, 1, "ask the sender for the status", "AT7 states neither a status (01) nor an appointment (03)")
	}
	m.Kind, m.Estimate = meaning.Kind, meaning.Estimate
	m.Place = place(text(r.place, 1), text(r.place, 2), "", text(r.place, 3))
	stop, err := s.stopOf(known, loop, r, meaning)
	if err != nil {
		return m, err
	}
	zone := zoneOf(text(r.place, 2), text(r.place, 3))
	if stop != nil {
		m.Stop = stop.Seq
		if stop.Zone != "" {
			zone = stop.Zone
		}
	}
	if text(seg, 5) == "" {
		return m, s.fault(CodeMissing, seg, 5, "ask the sender for the date", "AT7-05, the date, is missing")
	}
	m.At, err = s.moment(seg, 5, 6, 7, zone)
	return m, err
}

// stopOf is the stop that a report belongs to: the one it names (QN), else of
// the stops of its kind the one at its place, the only one, or the last
// delivery and the first pickup. It depends on the order alone, never on what
// was reported before, so that reports may come in any order.
func (s *set) stopOf(known domain.Shipment, loop statusLoop, r report, meaning Status) (*domain.Stop, error) {
	if loop.stop.ID != "" {
		return s.namedStop(known, loop.stop, meaning)
	}
	if meaning.At == "" {
		return nil, nil
	}
	var all, here []*domain.Stop
	for i := range known.Stops {
		stop := &known.Stops[i]
		if stop.Kind != meaning.At {
			continue
		}
		all = append(all, stop)
		if isIn(stop, text(r.place, 1), text(r.place, 2)) {
			here = append(here, stop)
		}
	}
	switch {
	case len(all) == 0:
		return nil, s.fault(CodeConflict, r.status, 1, "correct the order, or ask the sender what is meant", "shipment %s has no %s stop", known.ID, meaning.At)
	case len(here) == 1:
		return here[0], nil
	case len(all) == 1:
		if text(r.place, 1) != "" && all[0].Place != "" {
			s.noteAt(r.place, "the report is from %s, the only %s stop is %s", quote(place(text(r.place, 1), text(r.place, 2), "", "")), meaning.At, quote(all[0].Place))
		}
		return all[0], nil
	}
	chosen := all[0]
	if meaning.At == domain.StopDelivery {
		chosen = all[len(all)-1]
	}
	s.noteAt(r.status, "the report names no stop (L11 QN) and its place tells none of %d %s stops: stop %d is taken", len(all), meaning.At, chosen.Seq)
	return chosen, nil
}

func (s *set) namedStop(known domain.Shipment, seg x12.Segment, meaning Status) (*domain.Stop, error) {
	number, err := strconv.Atoi(text(seg, 1))
	if err != nil {
		return nil, s.fault(CodeInvalid, seg, 1, "ask the sender for the stop's number", "stop number %s", quote(text(seg, 1)))
	}
	for i := range known.Stops {
		stop := &known.Stops[i]
		if stop.Seq != number {
			continue
		}
		if meaning.At != "" && meaning.At != stop.Kind {
			return nil, s.fault(CodeDisagrees, seg, 1, "ask the sender which stop is meant", "%s belongs to a %s stop, stop %d of shipment %s is a %s", meaning.Kind, meaning.At, number, known.ID, stop.Kind)
		}
		return stop, nil
	}
	return nil, s.fault(CodeNotFound, seg, 1, "ask the sender which stop is meant, or correct the order, then replay", "shipment %s has no stop %d", known.ID, number)
}

// isIn tells whether a stop is in a city.
func isIn(stop *domain.Stop, city, state string) bool {
	if city == "" || state == "" {
		return false
	}
	rest, ok := strings.CutPrefix(strings.ToUpper(stop.Place), strings.ToUpper(city+", "+state))
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == ',')
}
