package rating

import (
	"fmt"
	"slices"
)

// shared gives the charge to those who pay it. Several share it by weight, to
// the last minor unit (rule 28). Who pays is never guessed: it says what is
// missing, and then there is no charge.
func (x *extras) shared(acc Accessorial, c Charge) (parts []Charge, missing string) {
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
		return shareByWeight(c, x.stops)
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
