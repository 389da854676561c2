package domain

import "time"

// Moment is when something happened: the instant in UTC beside the local time
// and the zone as they were stated. A date without a time of day has a Local
// of ten characters; a Moment without a Zone was stated without one, and its
// UTC is the local reading taken as UTC.
type Moment struct {
	UTC   time.Time `json:"utc"`
	Local string    `json:"local"`          // "2013-10-30" or "2013-10-30T14:05:00"
	Zone  string    `json:"zone,omitempty"` // IANA name or "+05:00"; "" when not stated
}

// Layouts of Moment.Local.
const (
	DayLayout   = "2006-01-02"
	LocalLayout = "2006-01-02T15:04:05"
)

// DayMoment is a civil date without time of day or zone.
func DayMoment(year int, month time.Month, day int) Moment {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return Moment{UTC: t, Local: t.Format(DayLayout)}
}

// MomentIn is an instant read in a zone. The zero location is UTC.
func MomentIn(t time.Time, zone *time.Location) Moment {
	if zone == nil {
		zone = time.UTC
	}
	local := t.In(zone)
	return Moment{UTC: t.UTC(), Local: local.Format(LocalLayout), Zone: zone.String()}
}

// IsZero tells a moment that was not stated.
func (m Moment) IsZero() bool { return m.UTC.IsZero() }

// DayOnly tells a date without a time of day.
func (m Moment) DayOnly() bool { return len(m.Local) == len(DayLayout) }

// Day is the civil date at the place, "2006-01-02".
func (m Moment) Day() string {
	if len(m.Local) < len(DayLayout) {
		return ""
	}
	return m.Local[:len(DayLayout)]
}

// same tells equal moments, whatever location their UTC carries.
func (m Moment) same(n Moment) bool {
	return m.UTC.Equal(n.UTC) && m.Local == n.Local && m.Zone == n.Zone
}

// Before compares instants, or civil dates where one of the two has no time
// of day: a date alone is not before an hour of the same date.
func (m Moment) Before(n Moment) bool {
	if m.DayOnly() || n.DayOnly() {
		return m.Day() < n.Day()
	}
	return m.UTC.Before(n.UTC)
}

// checkDay refuses what is not a civil date.
func checkDay(what, day string) error {
	if _, err := time.Parse(DayLayout, day); err != nil {
		return refuse(Invalid, "%s: date %.20q: want year, month and day like 2013-10-30", what, day)
	}
	return nil
}

// check refuses a moment that is missing or whose parts disagree in form.
func (m Moment) check(what string) error {
	if m.IsZero() {
		return refuse(Invalid, "%s: the time is missing", what)
	}
	layout := LocalLayout
	if m.DayOnly() {
		layout = DayLayout
	}
	if _, err := time.Parse(layout, m.Local); err != nil {
		return refuse(Invalid, "%s: local time %q is neither a date nor a date with time", what, m.Local)
	}
	return nil
}
