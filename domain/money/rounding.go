package money

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// Rounding names what happens to a fraction of a minor unit. The names are
// permanent: they are stored in agreements and in history.
type Rounding string

const (
	HalfUp   Rounding = "half-up"   // to the nearest; ties away from zero
	HalfEven Rounding = "half-even" // to the nearest; ties to the even neighbour
	Down     Rounding = "down"      // toward zero: truncate
	Up       Rounding = "up"        // away from zero
	Floor    Rounding = "floor"     // toward minus infinity
	Ceiling  Rounding = "ceiling"   // toward plus infinity
)

// ParseRounding accepts exactly the six permanent names.
func ParseRounding(s string) (Rounding, error) {
	if r := Rounding(s); r.Known() {
		return r, nil
	}
	return "", fmt.Errorf("%s: %w; use half-up, half-even, down, up, floor or ceiling", quote(s), ErrRounding)
}

// Known reports whether r is one of the six modes.
func (r Rounding) Known() bool {
	switch r {
	case HalfUp, HalfEven, Down, Up, Floor, Ceiling:
		return true
	}
	return false
}

func (r Rounding) apply(d decimal.Decimal, digits int32) decimal.Decimal {
	switch r {
	case HalfUp:
		return d.Round(digits)
	case HalfEven:
		return d.RoundBank(digits)
	case Down:
		return d.RoundDown(digits)
	case Up:
		return d.RoundUp(digits)
	case Floor:
		return d.RoundFloor(digits)
	case Ceiling:
		return d.RoundCeil(digits)
	}
	panic(fmt.Sprintf("money: rounding mode %s is unknown; modes from outside go through ParseRounding", quote(string(r))))
}
