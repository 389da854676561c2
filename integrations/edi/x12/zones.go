package x12

import (
	"fmt"
	"time"
)

// TimeZone is what a time code (element 623) says. Exactly one of three holds:
// Local, an IANA zone, or a fixed offset.
type TimeZone struct {
	Code   string        // as written
	Local  bool          // LT or absent: the stop's own zone, which this element does not tell
	IANA   string        // "America/New_York": a zone that keeps daylight time by the season
	Offset time.Duration // east of UTC; used when Local is false and IANA is empty
}

// Location is the zone to read a clock in. Local is an error: resolve it by the
// stop's zone. An IANA zone needs the zone database, of the system or of
// time/tzdata.
func (z TimeZone) Location() (*time.Location, error) {
	switch {
	case z.Local:
		return nil, fmt.Errorf("time code %q is local to the stop: resolve it by the stop's zone", z.Code)
	case z.IANA != "":
		location, err := time.LoadLocation(z.IANA)
		if err != nil {
			return nil, fmt.Errorf("load zone of time code %s: %w", z.Code, err)
		}
		return location, nil
	case z.Offset == 0:
		return time.UTC, nil
	}
	return time.FixedZone(z.Code, int(z.Offset/time.Second)), nil
}

// Zone reads a time code of element 623. Seasonal codes (ET) are IANA zones;
// standard and daylight codes (ES, ED) are fixed offsets, also out of season,
// because that is what the sender wrote. 01 to 12 are hours east of UTC, 13 to
// 24 are 12 to 1 hours west. LT and "" are Local. HT is read as Honolulu, which
// keeps no daylight time, and TT as Halifax. ok is false for any other text.
func Zone(code string) (zone TimeZone, ok bool) {
	zone.Code = code
	switch code {
	case "", "LT":
		zone.Local = true
	case "UT", "GM":
	case "ET":
		zone.IANA = "America/New_York"
	case "CT":
		zone.IANA = "America/Chicago"
	case "MT":
		zone.IANA = "America/Denver"
	case "PT":
		zone.IANA = "America/Los_Angeles"
	case "AT":
		zone.IANA = "America/Anchorage"
	case "HT":
		zone.IANA = "Pacific/Honolulu"
	case "NT":
		zone.IANA = "America/St_Johns"
	case "TT":
		zone.IANA = "America/Halifax"
	case "ND":
		zone.Offset = -(2*time.Hour + 30*time.Minute)
	case "NS":
		zone.Offset = -(3*time.Hour + 30*time.Minute)
	case "TD":
		zone.Offset = -3 * time.Hour
	case "TS", "ED":
		zone.Offset = -4 * time.Hour
	case "ES", "CD":
		zone.Offset = -5 * time.Hour
	case "CS", "MD":
		zone.Offset = -6 * time.Hour
	case "MS", "PD":
		zone.Offset = -7 * time.Hour
	case "PS", "AD":
		zone.Offset = -8 * time.Hour
	case "AS", "HD":
		zone.Offset = -9 * time.Hour
	case "HS":
		zone.Offset = -10 * time.Hour
	default:
		return numberedZone(code)
	}
	return zone, true
}

func numberedZone(code string) (TimeZone, bool) {
	if len(code) != 2 || !allDigits(code) {
		return TimeZone{}, false
	}
	hours := number(code)
	switch {
	case hours == 0 || hours > 24:
		return TimeZone{}, false
	case hours > 12:
		hours -= 25
	}
	return TimeZone{Code: code, Offset: time.Duration(hours) * time.Hour}, true
}
