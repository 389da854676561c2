package rating

import (
	"cmp"
	"slices"
	"time"
)

// Needs are the index values without which the shipment cannot be rated: that
// of its lane's fuel, once the date is known that the fuel goes by. A cancelled
// shipment moved nothing and needs none.
func (a Agreement) Needs(f Facts) []Need {
	var needs []Need
	if need, ok := a.needsFuel(f); ok {
		needs = append(needs, need)
	}
	if x, named := a.exchangeFor(f.Currency); named && a.abroad(f) {
		if need, ok := x.need(f); ok && !slices.ContainsFunc(needs, func(n Need) bool { return n.Index == need.Index && n.Date == need.Date }) {
			needs = append(needs, need)
		}
	}
	return needs
}

func (a Agreement) needsFuel(f Facts) (Need, bool) {
	if f.Cancelled != nil {
		return Need{}, false
	}
	lane, ok := a.lane(f)
	if !ok || lane.Fuel == "" {
		return Need{}, false
	}
	i := slices.IndexFunc(a.Fuel, func(fuel Fuel) bool { return fuel.Fuel == lane.Fuel })
	if i < 0 {
		return Need{}, false
	}
	return a.Fuel[i].need(f)
}

// need is what the surcharge asks for; false while its date is not known.
func (fuel Fuel) need(f Facts) (Need, bool) {
	date, ok := f.date(cmp.Or(fuel.Basis, ByPickup))
	return Need{
		Fuel: fuel.Fuel, Index: fuel.Index, Date: date,
		Lookup: cmp.Or(fuel.Lookup, LookupEffective), MaxAgeDays: fuel.MaxAgeDays,
	}, ok
}

// Pick is the value that counts (rule 23); false when the series does not have
// it yet. Of several values for the same day the one published first counts: a
// later revision does not re-rate what was rated.
//
// LookupMid follows the rule of the U.S. Surface Deployment and Distribution
// Command for freight tenders (SDDC TR-12): the price of the month's first
// Monday holds from the 15th to the 14th of the next month. It takes the first
// value published before the 15th, because the first Monday may be a holiday.
func (n Need) Pick(series []IndexValue) (IndexValue, bool) {
	date, ok := civilDate(n.Date)
	if !ok {
		return IndexValue{}, false
	}
	if n.Lookup == LookupMid {
		return n.pickMid(series, date)
	}
	best, found := IndexValue{}, false
	for _, v := range series {
		if !n.has(v) || v.Effective > n.Date {
			continue
		}
		if !found || v.Effective > best.Effective || v.Effective == best.Effective && v.Published < best.Published {
			best, found = v, true
		}
	}
	if found && n.MaxAgeDays > 0 {
		from, _ := civilDate(best.Effective)
		found = !from.AddDate(0, 0, n.MaxAgeDays).Before(date)
	}
	if !found {
		return IndexValue{}, false
	}
	return best, true
}

func (n Need) pickMid(series []IndexValue, date time.Time) (best IndexValue, found bool) {
	const mid = 15
	first := time.Date(date.Year(), date.Month(), 1, 0, 0, 0, 0, time.UTC)
	if date.Day() < mid {
		first = first.AddDate(0, -1, 0)
	}
	from, before := first.Format(time.DateOnly), first.AddDate(0, 0, mid-1).Format(time.DateOnly)
	for _, v := range series {
		if n.has(v) && from <= v.Published && v.Published < before && (!found || v.Published < best.Published) {
			best, found = v, true
		}
	}
	return best, found
}

// has tells a value of the series with two dates and a number.
func (n Need) has(v IndexValue) bool {
	_, published := civilDate(v.Published)
	_, effective := civilDate(v.Effective)
	return v.Index == n.Index && published && effective && !v.Value.IsZero()
}
