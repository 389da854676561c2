package edi

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a stop's zone must mean the same on every machine

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/edi/x12"
)

// moment reads a date, a time and a time code (element 623) of a segment;
// element 0 stands for one that the segment does not have. zone is the IANA
// zone of the place, "" when it is not known: then a local time is kept as it
// was written.
func (s *set) moment(seg x12.Segment, date, clock, code int, zone string) (domain.Moment, error) {
	written := text(seg, date)
	day, err := x12.Date8(written)
	if len(written) == 6 {
		if day, err = x12.Date6(written); err == nil {
			s.noteAt(seg, "the year of date %s has two digits: %s is taken", quote(written), day)
		}
	}
	if err != nil {
		return domain.Moment{}, s.fault(CodeInvalid, seg, date, "ask the sender for a date CCYYMMDD", "%v", err)
	}
	if text(seg, clock) == "" {
		return domain.DayMoment(day.Year, day.Month, day.Day), nil
	}
	at, err := x12.Time(text(seg, clock))
	if err != nil {
		return domain.Moment{}, s.fault(CodeInvalid, seg, clock, "ask the sender for a time HHMM or HHMMSS", "%v", err)
	}
	at.Hundredths = 0
	stated, ok := x12.Zone(text(seg, code))
	if !ok {
		return domain.Moment{}, s.fault(CodeUnknownCode, seg, code, "ask the sender for a code of element 623, or leave it out for local time", "time code %s is not known", quote(text(seg, code)))
	}
	if stated.Local && zone == "" {
		s.noteAt(seg, "%s %s is local to a place whose zone is not known: it is kept as written", day, at)
		return unstated(day, at), nil
	}
	location, err := stated.Location()
	name := stated.IANA
	switch {
	case stated.Local:
		name = zone
		location, err = time.LoadLocation(zone)
	case name == "" && stated.Offset == 0:
		name = "UTC"
	case name == "":
		name = day.At(at, location).Format("-07:00")
	}
	if err != nil {
		return domain.Moment{}, fmt.Errorf("zone %s: %w", name, err)
	}
	t, doubt := instant(day, at, location)
	if doubt != "" {
		s.noteAt(seg, "%s %s in %s %s: %s is taken", day, at, name, doubt, t.UTC().Format(time.RFC3339))
	}
	return domain.Moment{UTC: t.UTC(), Local: unstated(day, at).Local, Zone: name}, nil
}

// unstated is a reading without a zone.
func unstated(day x12.Date, at x12.Clock) domain.Moment {
	t := day.At(at, time.UTC)
	return domain.Moment{UTC: t, Local: t.Format(domain.LocalLayout)}
}

// instant is when clocks at a place show a reading. Where clocks were set
// back the reading is double and the earlier one is taken; where they were set
// forward it never was.
func instant(day x12.Date, at x12.Clock, location *time.Location) (t time.Time, doubt string) {
	wall := day.At(at, time.UTC)
	t = day.At(at, location)
	var readings []time.Time
	for _, near := range []time.Time{t.Add(-24 * time.Hour), t.Add(24 * time.Hour)} {
		_, offset := near.Zone()
		candidate := wall.Add(-time.Duration(offset) * time.Second)
		if candidate.In(location).Format(domain.LocalLayout) == wall.Format(domain.LocalLayout) && (len(readings) == 0 || !readings[0].Equal(candidate)) {
			readings = append(readings, candidate)
		}
	}
	switch len(readings) {
	case 0:
		return t, "was skipped when clocks were set forward"
	case 2:
		if readings[1].Before(readings[0]) {
			readings[0] = readings[1]
		}
		return readings[0], "came twice when clocks were set back"
	}
	return readings[0], ""
}

// reportedAt is when the sender made the group (GS04, GS05), or else the
// interchange (ISA09, ISA10); neither states a zone.
func (s *set) reportedAt() domain.Moment {
	for _, stamp := range []struct {
		date, clock string
		read        func(string) (x12.Date, error)
	}{{s.group.Date, s.group.Time, x12.Date8}, {s.group.Date, s.group.Time, x12.Date6}, {s.interchange.Date, s.interchange.Time, x12.Date6}} {
		day, err := stamp.read(strings.TrimSpace(stamp.date))
		if err != nil {
			continue
		}
		at, err := x12.Time(strings.TrimSpace(stamp.clock))
		if err != nil {
			continue
		}
		at.Hundredths = 0
		return unstated(day, at)
	}
	s.note("neither the group (GS04, GS05) nor the interchange (ISA09, ISA10) says when it was made")
	return domain.Moment{}
}

// zoneOf is the IANA zone of a US state or Canadian province that has only
// one, "" for the others and for other countries.
func zoneOf(state, country string) string {
	const (
		eastern  = "America/New_York"
		central  = "America/Chicago"
		mountain = "America/Denver"
		pacific  = "America/Los_Angeles"
	)
	switch strings.ToUpper(country) {
	case "", "US", "USA", "CA", "CAN":
	default:
		return ""
	}
	// Left out, because towns in them keep different time: AK AZ FL ID IN KS KY
	// MI ND NE NV OR SD TN TX, and BC NL NT NU ON QC SK.
	switch strings.ToUpper(state) {
	case "CT", "DC", "DE", "GA", "MA", "MD", "ME", "NC", "NH", "NJ", "NY", "OH", "PA", "RI", "SC", "VA", "VT", "WV":
		return eastern
	case "AL", "AR", "IA", "IL", "LA", "MN", "MO", "MS", "OK", "WI":
		return central
	case "CO", "MT", "NM", "UT", "WY":
		return mountain
	case "CA", "WA":
		return pacific
	case "HI":
		return "Pacific/Honolulu"
	case "PR":
		return "America/Puerto_Rico"
	case "NS", "PE":
		return "America/Halifax"
	case "NB":
		return "America/Moncton"
	case "AB":
		return "America/Edmonton"
	case "MB":
		return "America/Winnipeg"
	case "YT":
		return "America/Whitehorse"
	}
	return ""
}

// place words a city as the desk reads it: "WEST ALLIS, WI 53214, US".
func place(city, state, postal, country string) string {
	var parts []string
	for _, part := range []string{city, strings.TrimSpace(state + " " + postal), country} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return clip(strings.Join(parts, ", "), textBytesMost)
}
