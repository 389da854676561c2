package rating

import (
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

func (c checker) fuels(s spot) {
	s = s.field("fuel")
	if !s.atMost(len(c.Fuel), maxFuels) {
		return
	}
	seen := map[string]int{}
	for i, f := range c.Fuel {
		at := s.item(i, called("fuel", f.Fuel, i))
		at.field("fuel").id(f.Fuel)
		at.once(seen, f.Fuel, i, "fuel "+shown(f.Fuel))
		c.fuelIDs[f.Fuel] = true
		c.fuel(at, f)
	}
}

func (c checker) fuel(s spot, f Fuel) {
	s.field("index").id(f.Index)
	if f.Basis != "" {
		oneOf(s.field("basis"), f.Basis, ByPickup, ByDelivery, ByOrder)
	}
	if f.Lookup != "" {
		oneOf(s.field("lookup"), f.Lookup, LookupEffective, LookupMid)
	}
	s.field("max_age_days").within(f.MaxAgeDays, 0, 366)
	s.round("rate_round", f.RateRound)
	s.amountRound("round", f.Round, c.Currency)
	if !oneOf(s.field("method"), f.Method, FuelFormula, FuelSteps, FuelBands) {
		return
	}

	// What belongs to one method only, and would be ignored by the others.
	why := "it means nothing to the method " + string(f.Method)
	s.absent("peg", f.Method != FuelBands || f.Peg.IsZero(), why)
	s.absent("miles_per_gallon", f.Method == FuelFormula || f.MilesPerGallon.IsZero(), why)
	s.absent("step", f.Method == FuelSteps || f.Step.IsZero(), why)
	s.absent("step_round", f.Method == FuelSteps || f.StepRound == "", why)
	s.absent("per_step", f.Method == FuelSteps || f.PerStep.IsZero(), why)
	s.absent("bands", f.Method == FuelBands || len(f.Bands) == 0, why)

	units := []Unit{PerMile, PerKm, OfNet, OfGross, Flat}
	switch f.Method {
	case FuelFormula:
		s.field("peg").number(f.Peg, atLeast)
		s.field("miles_per_gallon").number(f.MilesPerGallon, above)
		if f.Unit != "" {
			oneOf(s.field("unit"), f.Unit, PerMile)
		}
	case FuelSteps:
		s.field("peg").number(f.Peg, atLeast)
		s.field("step").number(f.Step, above)
		s.field("per_step").number(f.PerStep, atLeast)
		if f.StepRound != "" {
			oneOf(s.field("step_round"), f.StepRound, money.HalfUp, money.HalfEven, money.Down, money.Up, money.Floor, money.Ceiling)
		}
		oneOf(s.field("unit"), f.Unit, units...)
	case FuelBands:
		oneOf(s.field("unit"), f.Unit, units...)
		f.bands(s.field("bands"))
	}
}

// bands must hold every value from where the first begins to where the last
// ends, each in one of them.
func (f Fuel) bands(s spot) {
	if len(f.Bands) == 0 {
		s.refuse("is missing: write from, below and rate of each band")
	}
	if !s.atMost(len(f.Bands), maxBands) {
		return
	}
	percent := slices.Contains([]Unit{OfNet, OfGross}, f.Unit)
	for i, b := range f.Bands {
		at := s.item(i, fmt.Sprintf("band %d", i+1))
		if at.field("rate").number(b.Rate, atLeast) && percent {
			at.field("rate").percent(b.Rate)
		}
		if !at.field("from").number(b.From, atLeast) || !at.field("below").nonNegative(b.Below) {
			continue
		}
		last := i == len(f.Bands)-1
		switch {
		case b.Below.IsZero() && !last:
			at.field("below").refuse("is missing: only the last band may be without end")
		case !b.Below.IsZero() && b.Below.Cmp(b.From) <= 0:
			at.refuse("from %s to below %s holds nothing: write the smaller number first", b.From, b.Below)
		}
		if i == 0 || f.Bands[i-1].Below.IsZero() {
			continue
		}
		both, before := s.item(i, fmt.Sprintf("bands %d and %d", i, i+1)), f.Bands[i-1].Below
		switch order := b.From.Cmp(before); {
		case order > 0:
			both.refuse("%s to %s belongs to no band: begin band %d at %s, where the one before ends", before, b.From, i+1, before)
		case order < 0:
			both.refuse("%s to %s belongs to both, they overlap: begin band %d at %s, where the one before ends", b.From, before, i+1, before)
		}
	}
}
