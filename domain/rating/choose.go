package rating

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Term is for how long a version is in force, and what it was asked about.
type Term struct {
	Version       string
	From, Through string // Through is "" when it is open
	Basis         DateBasis
	Date          string // of the shipment, by Basis
}

// NotInForceError says that no version of an agreement is in force on the date
// that it goes by: adopt one that is, or correct the date.
type NotInForceError struct {
	Agreement string
	Terms     []Term // of all versions, as adopted; none when there are none
}

func (e *NotInForceError) Error() string {
	if len(e.Terms) == 0 {
		return fmt.Sprintf("agreement %s: no version has been adopted", shown(e.Agreement))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "agreement %s: no version is in force for the shipment: ", shown(e.Agreement))
	const most = 10 // the last ones; a reader needs no more
	first := max(0, len(e.Terms)-most)
	for i, t := range e.Terms[first:] {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s counts from %s", t.Version, t.From)
		if t.Through != "" {
			b.WriteString(" through " + t.Through)
		}
		fmt.Fprintf(&b, ", %s was %s", t.Basis, t.Date)
	}
	b.WriteString(": adopt a version for that date, or correct the date")
	return b.String()
}

// DateUnknownError says that the shipment does not have the date yet by which
// the version is chosen.
type DateUnknownError struct {
	Agreement, Version string
	Basis              DateBasis
}

func (e *DateUnknownError) Error() string {
	return fmt.Sprintf("agreement %s, version %s, goes by the date of %s, which is not known yet: rate the shipment when it is",
		shown(e.Agreement), shown(e.Version), e.Basis)
}

// Choose gives the version of one agreement that is in force for a shipment.
// versions are in the order of their adoption.
//
// Each version says by which date it goes. Of several that are in force the one
// adopted last counts: a version is never changed, so an amendment supersedes
// the open one before it from its own first day on. Errors are
// [*NotInForceError], and [*DateUnknownError] when a version that might count
// goes by a date that is not known yet.
func Choose(versions []Agreement, f Facts) (Agreement, error) {
	none := &NotInForceError{}
	for _, a := range slices.Backward(versions) {
		date, known := a.EffectiveDate(f)
		if !known {
			return Agreement{}, &DateUnknownError{a.Agreement, a.Version, a.dateBasis()}
		}
		if a.From <= date && (a.Through == "" || date <= a.Through) {
			return a, nil
		}
		none.Agreement = a.Agreement
		none.Terms = append(none.Terms, Term{a.Version, a.From, a.Through, a.dateBasis(), date})
	}
	slices.Reverse(none.Terms)
	return Agreement{}, none
}

func (a Agreement) dateBasis() DateBasis { return cmp.Or(a.DateBasis, ByPickup) }

// EffectiveDate is the civil date of the shipment by which the version is
// chosen; false while it is not known.
func (a Agreement) EffectiveDate(f Facts) (string, bool) { return f.date(a.dateBasis()) }

// date is a date of the shipment. A cancelled one that was never picked up goes
// by the day for which its truck was ordered.
func (f Facts) date(basis DateBasis) (string, bool) {
	date := ""
	switch basis {
	case ByPickup:
		date = f.PickedUp
	case ByDelivery:
		date = f.Delivered
	case ByOrder:
		date = f.Ordered
	}
	if date == "" && f.Cancelled != nil {
		if stop, ok := f.first("pickup"); ok {
			date = stop.From.civil()
		}
	}
	_, ok := civilDate(date)
	return date, ok
}

// civil is the date of the local reading, "" where none was stated.
func (t Instant) civil() string {
	if len(t.Local) >= len(time.DateOnly) {
		return t.Local[:len(time.DateOnly)]
	}
	return ""
}

// first is the stop of a kind that comes first by its number.
func (f Facts) first(kind string) (Stop, bool) {
	return f.stop(kind, func(a, b Stop) bool { return a.Seq < b.Seq })
}

// last is the stop of a kind that comes last by its number.
func (f Facts) last(kind string) (Stop, bool) {
	return f.stop(kind, func(a, b Stop) bool { return a.Seq > b.Seq })
}

func (f Facts) stop(kind string, before func(a, b Stop) bool) (found Stop, ok bool) {
	for _, s := range f.Stops {
		if s.Kind == kind && (!ok || before(s, found)) {
			found, ok = s, true
		}
	}
	return found, ok
}

// lane is the first lane for the shipment's mode, equipment, distance, first
// pickup and last delivery. What a lane asks for and the facts do not tell does
// not match.
func (a Agreement) lane(f Facts) (Lane, bool) {
	from, _ := f.first("pickup")
	to, _ := f.last("delivery")
	starts, ends := a.regionsOf(from.Place), a.regionsOf(to.Place)
	for _, l := range a.Lanes {
		if named(l.Modes, f.Mode) && named(l.Equipment, f.Equipment) && l.Distance.holds(f.Distance, l.Linehaul.distanceUnit()) && starts(l.From) && ends(l.To) {
			return l, true
		}
	}
	return Lane{}, false
}

func named(names []string, name string) bool {
	return len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// regionsOf tells of a region whether it holds the place, and looks once.
func (a Agreement) regionsOf(p Place) func(region string) bool {
	known := map[string]bool{"": true}
	return func(region string) bool {
		in, asked := known[region]
		if !asked {
			i := slices.IndexFunc(a.Regions, func(r Region) bool { return r.Region == region })
			in = i >= 0 && a.Regions[i].holds(p)
			known[region] = in
		}
		return in
	}
}

// holds tells a distance in the range, which is in the unit.
func (r Range) holds(q Quantity, unit string) bool {
	if r.From.IsZero() && r.Below.IsZero() {
		return true
	}
	d, ok := distanceIn(q, unit)
	return ok && d.Cmp(r.From.rat()) >= 0 && (r.Below.IsZero() || d.Cmp(r.Below.rat()) < 0)
}

// distanceIn converts between miles and kilometres, exactly: the international
// mile is 1.609344 km.
func distanceIn(q Quantity, unit string) (*big.Rat, bool) {
	mile := big.NewRat(1609344, 1000000)
	switch {
	case q.Value.IsZero():
		return nil, false
	case q.Unit == unit:
		return q.Value.rat(), true
	case q.Unit == miles && unit == kilometres:
		return new(big.Rat).Mul(q.Value.rat(), mile), true
	case q.Unit == kilometres && unit == miles:
		return new(big.Rat).Quo(q.Value.rat(), mile), true
	}
	return nil, false
}
