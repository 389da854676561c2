package rating

import (
	"fmt"
	"slices"
	"strings"
)

func (c checker) regions(s spot) {
	s = s.field("regions")
	if !s.atMost(len(c.Regions), maxRegions) {
		return
	}
	seen := map[string]int{}
	for i, r := range c.Regions {
		at := s.item(i, called("region", r.Region, i))
		at.field("region").id(r.Region)
		at.once(seen, r.Region, i, "region "+shown(r.Region))
		c.regionIDs[r.Region] = true
		areas := at.field("areas")
		if len(r.Areas) == 0 {
			areas.refuse("is missing: a region is one area or more")
		}
		if !areas.atMost(len(r.Areas), maxAreas) {
			continue
		}
		for j, a := range r.Areas {
			a.check(areas.item(j, fmt.Sprintf("area %d", j+1)))
		}
	}
}

func (a Area) check(s spot) {
	if !isUpper(a.Country, 2, 2, "") {
		s.field("country").refuse("%s is no country: write the two capitals of ISO 3166-1, as in US", shown(a.Country))
	}
	s.field("states").names(a.States, func(at spot, state string) {
		if !isUpper(state, 1, 3, decimalDigits) {
			at.refuse("%s is no state: write the capitals of ISO 3166-2 after the country, as in TX", shown(state))
		}
	})
	s.field("cities").places(a.Cities, spot.neededText)
	postal := func(at spot, text string) {
		if _, why := parsePostal(a.Country, text); why != "" {
			at.refuse("%s %s", shown(text), why)
		}
	}
	s.field("postal").places(a.Postal, postal)
	s.field("exclude").places(a.Exclude, postal)
}

// places checks a longer list than names does; the same place twice does no
// harm in it.
func (s spot) places(places []string, each func(spot, string)) {
	if !s.atMost(len(places), maxPlaces) {
		return
	}
	for i, place := range places {
		each(s.item(i, fmt.Sprintf("%s %d", lastWord(s.words), i+1)), place)
	}
}

func lastWord(words string) string { return words[strings.LastIndex(words, " ")+1:] }

const decimalDigits = "0123456789"

// isUpper tells ASCII capitals, and what else is given, of some length.
func isUpper(text string, least, most int, also string) bool {
	return len(text) >= least && len(text) <= most && strings.IndexFunc(text, func(c rune) bool {
		return !('A' <= c && c <= 'Z' || strings.ContainsRune(also, c))
	}) < 0
}

func (c checker) lanes(s spot) {
	s = s.field("lanes")
	if len(c.Lanes) == 0 {
		s.refuse("is missing: without a lane nothing can be rated")
	}
	if !s.atMost(len(c.Lanes), maxLanes) {
		return
	}
	seen, conditions := map[string]int{}, map[string]int{}
	for i, lane := range c.Lanes {
		at := s.item(i, called("lane", lane.Lane, i))
		at.field("lane").id(lane.Lane)
		at.once(seen, lane.Lane, i, "lane "+shown(lane.Lane))
		c.lane(at, lane)
		key := lane.condition()
		if first, again := conditions[key]; again {
			at.refuse("never counts, because %s comes first and is for the same shipments: keep one, or tell them apart by regions, modes, equipment or distance",
				called("lane", c.Lanes[first].Lane, first))
		} else {
			conditions[key] = i
		}
	}
}

// condition is what a lane asks of a shipment, the same for the same.
func (l Lane) condition() string {
	sorted := func(names []string) string {
		names = slices.Clone(names)
		for i, n := range names {
			names[i] = strings.ToLower(n)
		}
		slices.Sort(names)
		return strings.Join(names, "\x01")
	}
	from, below := l.Distance.From.Exact(), ""
	if !l.Distance.Below.IsZero() {
		below = l.Distance.Below.Exact().String()
	}
	return strings.Join([]string{l.From, l.To, sorted(l.Modes), sorted(l.Equipment), from.String(), below, l.Linehaul.distanceUnit()}, "\x00")
}

func (c checker) lane(s spot, l Lane) {
	for _, end := range []struct{ field, region string }{{"from", l.From}, {"to", l.To}} {
		if end.region != "" && !c.regionIDs[end.region] {
			s.field(end.field).refuse("region %s is not in the agreement: add it to regions, or leave it out for anywhere", shown(end.region))
		}
	}
	s.field("modes").names(l.Modes, spot.neededText)
	s.field("equipment").names(l.Equipment, spot.neededText)
	if d := s.field("distance"); d.field("from").nonNegative(l.Distance.From) && d.field("below").nonNegative(l.Distance.Below) &&
		!l.Distance.Below.IsZero() && l.Distance.Below.Cmp(l.Distance.From) <= 0 {
		d.refuse("from %s to below %s holds nothing: write the smaller number first", l.Distance.From.Exact(), l.Distance.Below)
	}
	if l.Fuel != "" && !c.fuelIDs[l.Fuel] {
		s.field("fuel").refuse("fuel %s is not in the agreement: add it to fuel, or leave it out for no surcharge", shown(l.Fuel))
	}
	c.linehaul(s.field("linehaul"), l.Linehaul)
}

func (c checker) linehaul(s spot, l Linehaul) {
	known := oneOf(s.field("per"), l.Per, Flat, PerMile, PerKm, PerCWT, Per100kg, PerLb, PerKg, PerPallet, PerPiece)
	switch {
	case len(l.Breaks) == 0:
		s.field("rate").number(l.Rate, atLeast)
	case !l.Rate.IsZero():
		s.field("rate").refuse("is there beside breaks: keep one of them")
	default:
		c.breaks(s.field("breaks"), l.Breaks, "0")
	}
	if l.DistanceUnit != "" && oneOf(s.field("distance_unit"), l.DistanceUnit, miles, kilometres) {
		if own := (Linehaul{Per: l.Per}).distanceUnit(); (l.Per == PerMile || l.Per == PerKm) && own != l.DistanceUnit {
			s.field("distance_unit").refuse("is %s while the rate is per %s: leave it out", l.DistanceUnit, l.Per)
		}
	}
	if l.Deficit && len(l.Breaks) < 2 {
		s.field("deficit").refuse("needs two breaks or more: leave it out")
	} else if l.Deficit && known && slices.Contains([]Unit{Flat, PerMile, PerKm}, l.Per) {
		s.field("deficit").refuse("is about weights and numbers, the rate is per %s: leave it out", l.Per)
	}
	s.field("discount").percent(l.Discount)
	s.field("minimum").payable(l.Minimum, c.Currency)
	if l.MinimumAt != "" {
		oneOf(s.field("minimum_at"), l.MinimumAt, AfterDiscount, BeforeDiscount, AfterFuel)
		s.absent("minimum_at", !l.Minimum.IsZero(), "there is no minimum that it could apply to")
	}
	s.amountRound("round", l.Round, c.Currency)
}

// breaks checks the breaks of a linehaul or the tiers of a price: they begin at
// first and rise.
func (c checker) breaks(s spot, breaks []Break, first string) {
	if !s.atMost(len(breaks), maxBreaks) {
		return
	}
	one := strings.TrimSuffix(lastWord(s.words), "s")
	for i, b := range breaks {
		at := s.item(i, fmt.Sprintf("%s %d", one, i+1))
		at.field("rate").number(b.Rate, atLeast)
		switch stated := at.field("from").number(b.From, atLeast); {
		case !stated:
		case i == 0 && !b.From.Equal(MustDecimal(first)):
			at.field("from").refuse("is %s: the first begins at %s", b.From, first)
		case i > 0 && b.From.Cmp(breaks[i-1].From) <= 0:
			at.field("from").refuse("is %s, the one before begins at %s: write them in rising order", b.From, breaks[i-1].From)
		}
	}
}
