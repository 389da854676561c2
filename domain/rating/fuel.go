package rating

import (
	"fmt"

	"github.com/freightledger/freightledger/domain/money"
)

// fuelled is what a fuel clause comes to: a charge, or a note why there is
// none, or what is missing for it.
type fuelled struct {
	charge        *Charge
	note, missing string
}

// surcharge prices a fuel clause for a movement. The value of the index is the
// one kept with the facts: revisions that are published later do not re-rate
// (rule 23). with is the bases of percentages; a surcharge is never negative.
func (a Agreement) surcharge(fuel Fuel, index IndexValue, f Facts, net, gross base) (fuelled, error) {
	s := newSheet("fuel " + fuel.Fuel)
	read := "index " + index.Index + " of " + index.Published
	value := s.given("index", read, index.Value)
	rate, out := fuel.rate(s, value, index)
	if out.note != "" || out.missing != "" {
		return out, nil
	}
	if fuel.RateRound != nil {
		rate = s.round("rate as published", rate, *fuel.RateRound)
	}
	if s.err != nil {
		return fuelled{}, s.err
	}
	if s.values[rate].sign() <= 0 {
		return fuelled{note: read + ", " + index.Value.String() + ", gives no surcharge"}, nil
	}
	unit := fuel.Unit
	if fuel.Method == FuelFormula {
		unit = PerMile // what miles per gallon make of a price per gallon
	}
	price := rate
	switch unit {
	case PerMile, PerKm:
		distance, missing := s.measure(f, unit)
		if missing != "" {
			return fuelled{missing: missing}, nil
		}
		price = s.do("surcharge", Mul, rate, distance)
	case OfNet, OfGross:
		of := net
		if unit == OfGross {
			of = gross
		}
		if len(of.parts) == 0 {
			return fuelled{missing: "it is a percentage of the linehaul, which has no price"}, nil
		}
		price = s.do("surcharge", Percent, of.note(s, "base of the surcharge"), rate)
	case Flat:
	default:
		return fuelled{missing: "no fuel surcharge is per " + string(unit)}, nil
	}
	round := a.Round
	if fuel.Round != nil {
		round = *fuel.Round
	}
	s.round("fuel surcharge", price, round)
	amount, derivation, err := s.end(a.Currency)
	if err != nil {
		return fuelled{}, err
	}
	if amount.Sign() <= 0 {
		return fuelled{note: read + ", " + index.Value.String() + ", gives a surcharge below the smallest amount"}, nil
	}
	return fuelled{charge: &Charge{
		Charge: fuelID, Kind: KindFuel, Code: fuelCode, Description: "fuel surcharge " + fuel.Fuel,
		Amount: amount, Rounding: round.Mode, Derivation: derivation,
	}}, nil
}

// rate notes the steps from the index to the surcharge's rate.
func (u Fuel) rate(s *sheet, value ref, index IndexValue) (rate ref, out fuelled) {
	at := s.clause + "/"
	if u.Method == FuelBands {
		i := u.band(index.Value)
		if i < 0 {
			return 0, fuelled{missing: fmt.Sprintf("index %s of %s, %s, is in no band", index.Index, index.Published, index.Value)}
		}
		b := u.Bands[i]
		label := rateLabel(u.Unit) + " from " + b.From.String()
		if !b.Below.IsZero() {
			label += " to below " + b.Below.String()
		}
		return s.given(label, at+"bands/"+whole(int64(i)).String()+"/rate", b.Rate), out
	}
	if index.Value.Cmp(u.Peg) <= 0 {
		return 0, fuelled{note: fmt.Sprintf("index %s of %s, %s, is not above the peg of %s", index.Index, index.Published, index.Value, u.Peg)}
	}
	above := s.do("above the peg", Sub, value, s.given("peg", at+"peg", u.Peg))
	switch u.Method {
	case FuelFormula:
		return s.do("rate per mile", Div, above, s.given("miles per gallon", at+"miles_per_gallon", u.MilesPerGallon)), out
	case FuelSteps:
		steps := s.do("steps above the peg", Div, above, s.given("step", at+"step", u.Step))
		mode, label := u.StepRound, "begun steps"
		if mode == "" {
			mode = money.Down
		}
		if mode == money.Down || mode == money.Floor {
			label = "whole steps"
		}
		steps = s.round(label, steps, Round{mode, MustDecimal("1")})
		return s.do(rateLabel(u.Unit), Mul, steps, s.given("rate of a step", at+"per_step", u.PerStep)), out
	}
	return 0, fuelled{missing: fmt.Sprintf("method %q is not known", u.Method)}
}

// band is the one that holds the index, or -1.
func (u Fuel) band(index Decimal) int {
	for i, b := range u.Bands {
		if index.Cmp(b.From) >= 0 && (b.Below.IsZero() || index.Cmp(b.Below) < 0) {
			return i
		}
	}
	return -1
}

func rateLabel(unit Unit) string {
	switch unit {
	case OfNet:
		return "per cent of net"
	case OfGross:
		return "per cent of gross"
	case Flat:
		return "amount"
	}
	return "rate per " + string(unit)
}
