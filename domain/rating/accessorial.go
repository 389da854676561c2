package rating

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/freightledger/freightledger/domain/money"
)

// accessorials prices all that the agreement charges beyond the movement. What
// it does not charge is told by notes, and what cannot be priced yet, by
// missing: a fact that is not known is never taken for granted.
//
// It does not matter in which order the facts list stops, delays and services:
// stops go by their number and services by their id.
func (a Agreement) accessorials(f Facts, m moved) (charges []Charge, notes, missing []Note) {
	x := newExtras(a, f, m)
	x.stays()
	x.stopOffs()
	x.notUsed()
	x.performed()
	return x.charges, x.notes, x.missing
}

// extras is the pricing of a shipment's accessorials under way.
type extras struct {
	agreement Agreement
	facts     Facts
	moved     moved
	stops     []Stop    // by their number
	services  []Service // by their id

	charges        []Charge
	notes, missing []Note
}

func newExtras(a Agreement, f Facts, m moved) *extras {
	x := &extras{agreement: a, facts: f, moved: m, stops: slices.Clone(f.Stops), services: slices.Clone(f.Services)}
	slices.SortStableFunc(x.stops, func(a, b Stop) int { return cmp.Compare(a.Seq, b.Seq) })
	slices.SortStableFunc(x.services, func(a, b Service) int { return cmp.Compare(a.Service, b.Service) })
	return x
}

func (x *extras) note(acc Accessorial, stop Stop, text string) {
	x.notes = append(x.notes, remark(acc, stop, text))
}

func (x *extras) miss(acc Accessorial, stop Stop, text string) {
	x.missing = append(x.missing, remark(acc, stop, text))
}

// remark says something about an accessorial, at a stop if it has a number.
func remark(acc Accessorial, stop Stop, text string) Note {
	if stop.Seq != 0 {
		text = fmt.Sprintf("stop %d: %s", stop.Seq, text)
	}
	return Note{Clause: clauseOf(acc), Text: text}
}

func clauseOf(acc Accessorial) string { return "accessorial " + acc.Code }

// stopOffs charges each stop beyond one pickup and one delivery: all but the
// first pickup and the last delivery. They are counted by the shipment's plan,
// so that a report that comes late does not change the price of another stop;
// one is charged when something was reported of it.
func (x *extras) stopOffs() {
	if x.facts.Cancelled != nil {
		return // before its pickup: no stop was made
	}
	first := slices.IndexFunc(x.stops, func(s Stop) bool { return s.Kind == "pickup" })
	last := len(x.stops) - 1
	for last >= 0 && x.stops[last].Kind != "delivery" {
		last--
	}
	for _, acc := range x.agreement.Accessorials {
		if acc.Trigger != TriggerStopOff {
			continue
		}
		n := 0
		for i, stop := range x.stops {
			if i == first || i == last {
				continue
			}
			n++
			if untouched(stop) {
				x.miss(acc, stop, "no report of this extra stop: it is charged when there is one")
				continue
			}
			s := newSheet(clauseOf(acc))
			one := s.counted("extra stop, number "+strconv.Itoa(n), fmt.Sprintf("fact stops/%d", stop.Seq), 1)
			rate, from := acc.Price.nth(n)
			x.price(s, acc, one, rate, from)
			x.charge(acc, Charge{Charge: acc.Code + "-" + strconv.Itoa(stop.Seq), Stop: stop.Seq}, s, x.lacks(acc, &stop, nil, time.Time{}))
		}
	}
}

// notUsed charges a truck that was ordered and not used: cancelled when it was
// on its way, and not by the carrier. Where the movement itself is charged, it
// is not (rule 22).
func (x *extras) notUsed() {
	cancelled := x.facts.Cancelled
	if cancelled == nil {
		return
	}
	for _, acc := range x.agreement.Accessorials {
		switch {
		case acc.Trigger != TriggerNotUsed:
		case x.moved.lane != nil:
			x.note(acc, Stop{}, "the movement is charged, so the truck was used")
		case cancelled.ByCarrier:
			x.note(acc, Stop{}, "cancelled by the carrier")
		case !cancelled.Dispatched:
			x.note(acc, Stop{}, "cancelled before a truck was dispatched")
		default:
			s := newSheet(clauseOf(acc))
			svc := x.recorded(acc, 0)
			units, why := x.units(s, acc, svc)
			if why != "" {
				x.miss(acc, Stop{}, why)
				continue
			}
			x.price(s, acc, units, acc.Price.Rate, "price/rate")
			x.charge(acc, Charge{Charge: acc.Code}, s, x.lacks(acc, nil, svc, time.Time{}))
		}
	}
}

// recorded is the service under an accessorial's code at a stop, nil if there
// is none. Beside what the shipment's course charges, it brings the distance
// and the customer's approval.
func (x *extras) recorded(acc Accessorial, stop int) *Service {
	for i, svc := range x.services {
		if svc.Code == acc.Code && svc.Stop == stop {
			return &x.services[i]
		}
	}
	return nil
}

// charge ends a sheet: approval and shares of the payors.
func (x *extras) charge(acc Accessorial, c Charge, s *sheet, lacks []Lack) {
	amount, derivation, err := s.end(x.agreement.Currency)
	at := Stop{Seq: c.Stop}
	switch {
	case err != nil:
		x.miss(acc, at, "no amount: "+err.Error())
		return
	case amount.Sign() == 0:
		x.note(acc, at, "comes to "+amount.String())
		return
	}
	c.Kind, c.Code, c.Description = KindAccessorial, acc.Code, acc.Name
	c.Amount, c.Derivation, c.Lacks = amount, derivation, lacks
	if c.Rounding == "" {
		c.Rounding = x.rounding(acc).Mode
	}
	c.NeedsApproval = x.needsApproval(acc, amount)
	parts, why := x.shared(acc, c)
	if why != "" {
		x.miss(acc, at, why)
		return
	}
	x.charges = append(x.charges, parts...)
}

// needsApproval: the accessorial's own threshold, else that of the agreement;
// where neither is stated, all need it (rule 16). Of a charge that is shared
// the whole counts.
func (x *extras) needsApproval(acc Accessorial, amount money.Money) bool {
	threshold := acc.ApprovalAbove
	if threshold.IsZero() {
		threshold = x.agreement.Clauses.ApprovalAbove
	}
	return threshold.IsZero() || amount.Amount().Cmp(threshold.Exact()) > 0
}

func (x *extras) rounding(acc Accessorial) Round {
	if acc.Price.Round != nil {
		return *acc.Price.Round
	}
	return x.agreement.Round
}
