package rating

import "github.com/freightledger/freightledger/domain/money"

// Units of facts.
const (
	pounds     = "lb"
	kilograms  = "kg"
	miles      = "mi"
	kilometres = "km"
)

// thresholdUnit is what a rate counts, and states its thresholds in: pounds for
// a rate per hundredweight. It is "" for a rate of nothing that is measured.
func thresholdUnit(per Unit) string {
	switch per {
	case PerCWT, PerLb:
		return pounds
	case Per100kg, PerKg:
		return kilograms
	case PerMile:
		return miles
	case PerKm:
		return kilometres
	case PerPallet:
		return "pallets"
	case PerPiece:
		return "pieces"
	}
	return ""
}

// thresholdUnit is that of the rate; a flat one goes by miles.
func (l Linehaul) thresholdUnit() string {
	if l.Per == Flat {
		return miles
	}
	return thresholdUnit(l.Per)
}

// measure notes how much the shipment has of what a rate counts. What is not
// known is missing.
func (s *sheet) measure(f Facts, per Unit) (amount ref, missing string) {
	return s.measureIn(f, thresholdUnit(per))
}

func (s *sheet) measureIn(f Facts, unit string) (amount ref, missing string) {
	switch unit {
	case pounds, kilograms:
		if !f.Weight.Value.IsZero() {
			return s.quantity("weight", f.Weight, unit), ""
		}
		return 0, "the weight is not known"
	case miles, kilometres:
		if !f.Distance.Value.IsZero() {
			return s.quantity("distance", f.Distance, unit), ""
		}
		return 0, "the distance is not known"
	case "pallets":
		if !f.Pallets.IsZero() {
			return s.given("pallets", "fact pallets", f.Pallets), ""
		}
		return 0, "the number of pallets is not known"
	case "pieces":
		if !f.Pieces.IsZero() {
			return s.given("pieces", "fact pieces", f.Pieces), ""
		}
		return 0, "the number of pieces is not known"
	}
	return 0, "nothing that is measured has this price"
}

// units is how many units of the rate an amount is.
func (s *sheet) units(amount ref, per Unit) ref {
	switch per {
	case PerCWT:
		return s.do("hundredweight", Div, amount, s.constant("lb in a hundredweight", "definition 1 cwt = 100 lb", whole(100)))
	case Per100kg:
		return s.do("hundreds of kg", Div, amount, s.constant("kg in a hundred", "definition 100 kg", whole(100)))
	}
	return amount
}

// quantity notes a fact in the unit that is asked for. The factors are those of
// the international yard and pound agreement of 1959, and exact.
func (s *sheet) quantity(what string, q Quantity, unit string) ref {
	from := "fact " + what
	if q.Source != "" {
		from += ", " + q.Source
	}
	stated := s.given(what+" in "+q.Unit, from, q.Value)
	if q.Unit == unit {
		return stated
	}
	label := what + " in " + unit
	switch q.Unit {
	case pounds:
		return s.do(label, Mul, stated, s.kgPerLb())
	case kilograms:
		return s.do(label, Div, stated, s.kgPerLb())
	case miles:
		return s.do(label, Mul, stated, s.kmPerMile())
	}
	return s.do(label, Div, stated, s.kmPerMile())
}

func (s *sheet) kgPerLb() ref {
	return s.constant("kg in a pound", "definition 1 lb = 0.45359237 kg", narrow(45359237, 8))
}

func (s *sheet) kmPerMile() ref {
	return s.constant("km in a mile", "definition 1 mi = 1.609344 km", narrow(1609344, 6))
}

// numberOf is an amount as a number.
func numberOf(m money.Money) number {
	amount := m.Amount()
	if amount.NumDigits() <= 18 {
		return narrow(amount.CoefficientInt64(), -int(amount.Exponent()))
	}
	return ofRat(amount.Rat())
}
