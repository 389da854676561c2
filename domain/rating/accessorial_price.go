package rating

import "strconv"

// price ends a sheet with units times the rate, within minimum and maximum, and
// rounds once (rule 27). Tiers count where rate is not stated.
func (x *extras) price(s *sheet, acc Accessorial, units ref, rate Decimal, from string) {
	p, at := acc.Price, clauseOf(acc)+"/"
	var amount ref
	switch {
	case p.Per == OfNet || p.Per == OfGross:
		amount = s.do("price", Percent, units, s.given("rate in per cent", at+from, rate))
	case len(p.Tiers) > 0 && rate.IsZero():
		amount = p.tiered(s, at, units)
	default:
		amount = s.do("price", Mul, units, s.given(p.rateLabel(), at+from, rate))
	}
	if !p.Minimum.IsZero() {
		amount = s.do("at least the minimum", Max, amount, s.given("minimum", at+"price/minimum", p.Minimum))
	}
	if !p.Maximum.IsZero() {
		amount = s.do("at most the maximum", Min, amount, s.given("maximum", at+"price/maximum", p.Maximum))
	}
	s.round("amount", amount, x.rounding(acc))
}

func (p Price) rateLabel() string {
	if p.Per == "" || p.Per == Flat {
		return "rate"
	}
	return "rate per " + string(p.Per)
}

// nth is the rate of the n-th unit, and where it is written.
func (p Price) nth(n int) (rate Decimal, from string) {
	rate, from = p.Rate, "price/rate"
	for i, t := range p.Tiers {
		if t.From.Cmp(MustDecimal(strconv.Itoa(n))) <= 0 {
			rate, from = t.Rate, tier(i)+"/rate"
		}
	}
	return rate, from
}

// tiered prices each unit by its tier: a tier from 3 is for what is above 2
// units, so that a part of a unit counts to the tier of the whole one.
func (p Price) tiered(s *sheet, at string, units ref) ref {
	one := s.counted("one unit", "definition 1", 1)
	begins := make([]ref, 0, len(p.Tiers))
	for i, t := range p.Tiers {
		begin := s.do("units before the tier", Sub, s.given("tier begins with unit", at+tier(i)+"/from", t.From), one)
		if s.values[units].cmp(s.values[begin]) <= 0 {
			s.keep(begin - 2) // no unit is in this tier or a later one
			break
		}
		begins = append(begins, begin)
	}
	var prices []ref
	for i, begin := range begins {
		in := units
		if i+1 < len(begins) {
			in = begins[i+1]
		}
		in = s.do("units in the tier", Sub, in, begin)
		rate := s.given(p.rateLabel(), at+tier(i)+"/rate", p.Tiers[i].Rate)
		prices = append(prices, s.do("price in the tier", Mul, in, rate))
	}
	if len(prices) == 0 {
		return s.do("price", Mul, units, s.counted("no tier", at+"price/tiers", 0))
	}
	return total(s, "price", prices)
}

func tier(i int) string { return "price/tiers/" + strconv.Itoa(i) }

// units is how many units of the price a recorded service is; svc is nil where
// none is recorded. What is flat is charged once, whatever was counted. A
// quantity that was not stated is one of what is counted by hand; a distance or
// a weight is not made up: a truck that went again or elsewhere carried the
// shipment's weight, and of anything else it must be known.
func (x *extras) units(s *sheet, acc Accessorial, svc *Service) (units ref, missing string) {
	per := acc.Price.Per
	switch per {
	case "", Flat:
		return s.counted("times", clauseOf(acc)+"/price/per flat", 1), ""
	case OfNet, OfGross:
		amount, label := x.moved.net, "linehaul after discount"
		if per == OfGross {
			amount, label = x.moved.gross, "linehaul before discount"
		}
		if !amount.IsSet() {
			return 0, "a percentage of the linehaul, which has no price"
		}
		return s.billed(label, "charges linehaul and discount", amount), ""
	}
	if svc == nil {
		return 0, "a price per " + string(per) + " needs a service recorded under code " + acc.Code
	}
	from := "fact services/" + svc.Service + "/"
	again := acc.Trigger == TriggerRedelivery || acc.Trigger == TriggerReconsigned
	switch {
	case !svc.Quantity.IsZero():
		return s.given("quantity, "+string(per), from+"quantity", svc.Quantity), ""
	case per == PerMile && !svc.Miles.IsZero():
		return s.given("miles", from+"miles", svc.Miles), ""
	case per == PerKm && !svc.Miles.IsZero():
		return s.do("km", Mul, s.given("miles", from+"miles", svc.Miles), s.kmPerMile()), ""
	case again && thresholdUnit(per) != "" && per != PerMile && per != PerKm:
		amount, missing := s.measure(x.facts, per)
		if missing != "" {
			return 0, missing
		}
		return s.units(amount, per), ""
	case per == PerHour || per == PerNight || per == PerStop || per == PerPallet || per == PerPiece:
		return s.counted("quantity not stated, so one", from+"quantity", 1), ""
	}
	return 0, "service " + svc.Service + ": the quantity to charge per " + string(per) + " is not known"
}
