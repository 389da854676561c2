package x12

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// ValueError refuses the text of a typed element.
type ValueError struct {
	Type   string // "date CCYYMMDD", "time", "N2", "R"
	Value  string // the text refused, shortened
	Reason string // what is wrong, and what was expected
}

// Error names the type, the text and the reason.
func (e *ValueError) Error() string {
	return fmt.Sprintf("%s %q: %s", e.Type, e.Value, e.Reason)
}

func refuseValue(kind, value, reason string) *ValueError {
	return &ValueError{Type: kind, Value: shorten(value, 40), Reason: reason}
}

// Date is a calendar day without a zone, as element 373 carries it. The zero
// Date is no date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// String is the day as YYYY-MM-DD.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// At is the instant that clock and location give the day. When clocks are set
// forward or back at that hour the reading is missing or double, and the result
// is the one [time.Date] picks: callers that must know compare with the neighbours.
func (d Date) At(c Clock, location *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, c.Hour, c.Minute, c.Second, c.Hundredths*int(10*time.Millisecond), location)
}

// Date8 reads CCYYMMDD, years 1900 to 2199: "20160726".
func Date8(s string) (Date, error) {
	const kind = "date CCYYMMDD"
	if len(s) != 8 || !allDigits(s) {
		return Date{}, refuseValue(kind, s, "8 digits expected")
	}
	year := number(s[:4])
	if year < 1900 || year > 2199 {
		return Date{}, refuseValue(kind, s, "the year is outside 1900 to 2199")
	}
	return calendarDay(kind, s, year, s[4:])
}

// Date6 reads YYMMDD, as ISA09 and old versions write it. The century is a fixed
// window, so that a file reads the same in every year: 70 to 99 are 1970 to 1999,
// 00 to 69 are 2000 to 2069.
func Date6(s string) (Date, error) {
	const kind = "date YYMMDD"
	if len(s) != 6 || !allDigits(s) {
		return Date{}, refuseValue(kind, s, "6 digits expected")
	}
	year := 2000 + number(s[:2])
	if year >= 2070 {
		year -= 100
	}
	return calendarDay(kind, s, year, s[2:])
}

func calendarDay(kind, whole string, year int, monthDay string) (Date, error) {
	d := Date{Year: year, Month: time.Month(number(monthDay[:2])), Day: number(monthDay[2:])}
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	if t.Month() != d.Month || t.Day() != d.Day {
		return Date{}, refuseValue(kind, whole, "no such day in the calendar")
	}
	return d, nil
}

// Clock is a time of day without a zone, as element 337 carries it.
type Clock struct {
	Hour, Minute, Second, Hundredths int
}

// String is HH:MM:SS, with hundredths when there are any.
func (c Clock) String() string {
	if c.Hundredths != 0 {
		return fmt.Sprintf("%02d:%02d:%02d.%02d", c.Hour, c.Minute, c.Second, c.Hundredths)
	}
	return fmt.Sprintf("%02d:%02d:%02d", c.Hour, c.Minute, c.Second)
}

// Time reads HHMM, HHMMSS, HHMMSSD (tenths) or HHMMSSDD (hundredths). Hours run
// from 00 to 23: 2400 is refused, because it names no agreed day.
func Time(s string) (Clock, error) {
	const kind = "time"
	if !allDigits(s) || (len(s) != 4 && (len(s) < 6 || len(s) > 8)) {
		return Clock{}, refuseValue(kind, s, "HHMM, HHMMSS, HHMMSSD or HHMMSSDD expected")
	}
	c := Clock{Hour: number(s[:2]), Minute: number(s[2:4])}
	if len(s) >= 6 {
		c.Second = number(s[4:6])
	}
	switch len(s) {
	case 7:
		c.Hundredths = 10 * number(s[6:])
	case 8:
		c.Hundredths = number(s[6:])
	}
	if c.Hour > 23 || c.Minute > 59 || c.Second > 59 {
		return Clock{}, refuseValue(kind, s, "no such time of day")
	}
	return c, nil
}

// digitsMost bounds a number: X12 allows 18 digits in an amount.
const digitsMost = 18

// N2 reads a number with two implied decimals: "5165" is 51.65. A written
// decimal point is refused, never guessed at: "3200.00" could mean 3200 or 32.
func N2(s string) (decimal.Decimal, error) { return N(s, 2) }

// N reads a number with the given implied decimals, 0 to 9: X12 types N0 to N9.
func N(s string, places int) (decimal.Decimal, error) {
	if places < 0 || places > 9 {
		return decimal.Decimal{}, fmt.Errorf("read N%d: X12 has N0 to N9", places)
	}
	kind := fmt.Sprintf("N%d", places)
	digits := strings.TrimPrefix(s, "-")
	switch {
	case strings.Contains(s, "."):
		return decimal.Decimal{}, refuseValue(kind, s,
			fmt.Sprintf("a decimal point is written where %d decimals are implied; state in the partner's profile what it means", places))
	case !allDigits(digits):
		return decimal.Decimal{}, refuseValue(kind, s, "digits expected, with at most a leading minus")
	case len(digits) > digitsMost:
		return decimal.Decimal{}, refuseValue(kind, s, fmt.Sprintf("more than %d digits", digitsMost))
	}
	whole, err := decimal.NewFromString(s)
	if err != nil {
		return decimal.Decimal{}, refuseValue(kind, s, err.Error())
	}
	return whole.Shift(-int32(places)), nil
}

// R reads a number with an explicit decimal point, or none: "557.21", "-143.76",
// ".5", "5472.". Exponents are refused.
func R(s string) (decimal.Decimal, error) {
	const kind = "R"
	unsigned := strings.TrimPrefix(s, "-")
	whole, fraction, _ := strings.Cut(unsigned, ".")
	digits := whole + fraction
	switch {
	case !allDigits(digits):
		return decimal.Decimal{}, refuseValue(kind, s, "digits expected, with at most a leading minus and one decimal point")
	case len(digits) > digitsMost:
		return decimal.Decimal{}, refuseValue(kind, s, fmt.Sprintf("more than %d digits", digitsMost))
	}
	value, err := decimal.NewFromString(s)
	if err != nil {
		return decimal.Decimal{}, refuseValue(kind, s, err.Error())
	}
	return value, nil
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// number is the value of a few digits already checked.
func number(digits string) int {
	n := 0
	for i := 0; i < len(digits); i++ {
		n = 10*n + int(digits[i]-'0')
	}
	return n
}
