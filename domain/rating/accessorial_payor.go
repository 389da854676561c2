package rating

import (
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

// payorMark stands between the id of a charge and the party that pays a share
// of it: "DET-2:C-100".
const payorMark = ":"

// maxShares bounds the payors of one charge, each of which has all the weights
// on its sheet.
const maxShares = 50

// shared gives the charge to those who pay it. Several share it by weight, to
// the last minor unit (rule 28). Who pays is never guessed: it says what is
// missing, and then there is no charge.
func (x *extras) shared(acc Accessorial, c Charge, s *sheet) (parts []Charge, missing string) {
	switch acc.Payor {
	case "", "bill-to":
		return []Charge{c}, ""
	case "shipper":
		c.Payor, missing = x.party("pickup", c.Stop)
		return []Charge{c}, missing
	case "consignee":
		c.Payor, missing = x.party("delivery", c.Stop)
		return []Charge{c}, missing
	case "consignees":
		return x.byWeight(c, s)
	}
	return nil, fmt.Sprintf("payor %q is not known", acc.Payor)
}

// party is the shipper (kind "pickup") or consignee ("delivery") of a charge:
// that of its own stop, else the only one there is.
func (x *extras) party(kind string, stop int) (party, missing string) {
	role := "consignee"
	if kind == "pickup" {
		role = "shipper"
	}
	var parties []string
	for _, s := range x.stops {
		if s.Kind != kind {
			continue
		}
		if s.Seq == stop {
			parties = []string{s.Party}
			break
		}
		parties = append(parties, s.Party)
	}
	slices.Sort(parties)
	parties = slices.Compact(parties)
	switch {
	case len(parties) == 0 || parties[0] == "":
		return "", "the " + role + " pays, and is not known"
	case len(parties) > 1:
		return "", fmt.Sprintf("the %s pays, and there are %d: record the stop that it was for", role, len(parties))
	}
	return parties[0], ""
}

// byWeight shares a charge between the consignees, in the order of their first
// stops. Each sheet goes on from the whole amount to the share.
func (x *extras) byWeight(c Charge, s *sheet) (out []Charge, missing string) {
	parts, err := SharesByWeight(c.Amount, x.stops)
	switch {
	case err != nil:
		return nil, "the consignees pay: " + err.Error()
	case len(parts) > maxShares:
		return nil, fmt.Sprintf("%d consignees: at most %d share a charge", len(parts), maxShares)
	case len(parts) == 1:
		c.Payor = parts[0].Customer
		return []Charge{c}, ""
	}
	for _, part := range parts {
		if part.Amount.Sign() == 0 {
			continue
		}
		share := c
		share.Charge, share.Payor, share.Amount = c.Charge+payorMark+part.Customer, part.Customer, part.Amount
		t := &sheet{clause: s.clause, steps: slices.Clone(s.steps), values: slices.Clone(s.values)}
		x.writeShare(t, part)
		amount, derivation, err := t.end(c.Amount.Currency())
		if err != nil || !amount.Equal(part.Amount) {
			return nil, fmt.Sprintf("the share of %s comes to %s on its sheet and to %s by allocation: %v", part.Customer, amount, part.Amount, err)
		}
		share.Derivation = derivation
		out = append(out, share)
	}
	return out, ""
}

// writeShare takes a sheet from the whole amount to the share of one payor.
func (x *extras) writeShare(s *sheet, part Part) {
	whole, own := ref(len(s.steps)-1), noStep
	parties, weights := x.weights()
	all := make([]ref, len(parties))
	for i, party := range parties {
		all[i] = s.given("weight for "+party, "fact stops, weight for "+party, weights[i])
		if party == part.Customer {
			own = all[i]
		}
	}
	exact := s.do("share by weight", Div, s.do("amount times weight", Mul, whole, own), total(s, "weight of all", all))
	minor := minorUnit(part.Amount.Currency())
	share := s.round("share in whole minor units", exact, Round{money.Down, minor})
	if s.values[share].cmp(numberOf(part.Amount)) < 0 {
		s.do("share", Add, share, s.given("left over, to the largest remainder", "definition 1 minor unit", minor))
	}
}

// weights are those delivered to each consignee, in the order of their first
// stops.
func (x *extras) weights() (parties []string, weights []Decimal) {
	for _, stop := range x.stops {
		if stop.Kind != "delivery" {
			continue
		}
		i := slices.Index(parties, stop.Party)
		if i < 0 {
			i = len(parties)
			parties, weights = append(parties, stop.Party), append(weights, Decimal{})
		}
		sum := weights[i].value.Add(stop.Weight.Exact())
		weights[i] = Decimal{sum.String(), sum}
	}
	return parties, weights
}
