package rating

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/freightledger/freightledger/domain/money"
)

// payorMark stands between the id of a charge and the party that pays a share
// of it: "DET-2:C-100".
const payorMark = ":"

// maxShares bounds the payors of one charge, each of which may have all the
// weights on its sheet.
const maxShares = 50

// split is the last step of a rating: each charge that is the bill-to's becomes
// the charges of those between whom the agreement splits what it bills. A
// charge whose clause names who pays it stays that payor's. A charge that
// cannot be split is missing: who pays is never guessed.
func (r *Result) split(a Agreement, f Facts) error {
	b := a.Billing
	if len(b.Split) == 0 && !b.SplitByWeight {
		return nil
	}
	stops := slices.SortedStableFunc(slices.Values(f.Stops), func(a, b Stop) int { return cmp.Compare(a.Seq, b.Seq) })
	var charges []Charge
	for _, c := range r.Charges {
		if c.Payor != "" || c.Amount.IsZero() {
			charges = append(charges, c)
			continue
		}
		var parts []Charge
		var missing string
		if b.SplitByWeight {
			parts, missing = shareByWeight(c, stops)
		} else {
			parts, missing = b.share(c)
		}
		if missing != "" {
			r.miss("billing", "charge %s: %s", c.Charge, missing)
			continue
		}
		if err := sumTo(c, parts); err != nil {
			return err
		}
		charges = append(charges, parts...)
	}
	r.Charges = charges
	return nil
}

// sumTo refuses parts that do not come to their charge, exactly (rule 28).
func sumTo(c Charge, parts []Charge) error {
	amounts := make([]money.Money, len(parts))
	for i, p := range parts {
		amounts[i] = p.Amount
	}
	sum, err := money.Sum(c.Amount.Currency(), amounts...)
	if err == nil && !sum.Equal(c.Amount) {
		err = fmt.Errorf("the parts of charge %s come to %s, not to %s", c.Charge, sum, c.Amount)
	}
	return err
}

// share splits a charge between the payors by their per cent.
func (b Billing) share(c Charge) (out []Charge, missing string) {
	parts, err := b.Shares(c.Amount)
	if err != nil {
		return nil, err.Error()
	}
	return sharedBetween(c, parts, func(s *sheet, amount ref, i int) ref {
		at := "billing/split/" + strconv.Itoa(i) + "/percent"
		return s.do("share by per cent", Percent, amount, s.given("share of "+parts[i].Customer+" in per cent", at, b.Split[i].Percent))
	})
}

// shareByWeight shares a charge between the consignees, in the order of their
// first stops.
func shareByWeight(c Charge, stops []Stop) (out []Charge, missing string) {
	parts, err := SharesByWeight(c.Amount, stops)
	switch {
	case err != nil:
		return nil, "the consignees pay: " + err.Error()
	case len(parts) > maxShares:
		return nil, fmt.Sprintf("%d consignees: at most %d share a charge", len(parts), maxShares)
	}
	return sharedBetween(c, parts, func(s *sheet, amount ref, i int) ref {
		all := make([]ref, len(parts))
		for j, weight := range weights(parts, stops) {
			all[j] = s.given("weight for "+parts[j].Customer, "fact stops, weight for "+parts[j].Customer, weight)
		}
		return s.do("share by weight", Div, s.do("amount times weight", Mul, amount, all[i]), total(s, "weight of all", all))
	})
}

// weights are those delivered to each consignee.
func weights(parts []Part, stops []Stop) []Decimal {
	sums := make([]Decimal, len(parts))
	for _, stop := range stops {
		if i := slices.IndexFunc(parts, func(p Part) bool { return p.Customer == stop.Party }); i >= 0 && stop.Kind == "delivery" {
			sum := sums[i].value.Add(stop.Weight.Exact())
			sums[i] = Decimal{sum.String(), sum}
		}
	}
	return sums
}

// sharedBetween makes of a charge one of each part. Each sheet goes on from the
// whole amount to the share, whose exact value exact notes.
func sharedBetween(c Charge, parts []Part, exact func(s *sheet, amount ref, i int) ref) (out []Charge, missing string) {
	if len(parts) == 1 {
		c.Payor = parts[0].Customer
		return []Charge{c}, ""
	}
	for i, part := range parts {
		if part.Amount.IsZero() {
			continue
		}
		s, err := sheetOf(c.Derivation)
		if err != nil {
			return nil, err.Error()
		}
		minor := minorUnit(part.Amount.Currency())
		share := s.round("share in whole minor units", exact(s, ref(len(s.steps)-1), i), Round{money.Down, minor})
		// What is left over goes to the largest remainders, in the direction of
		// the amount.
		left := Add
		if part.Amount.IsNegative() {
			left = Sub
		}
		if s.values[share].cmp(numberOf(part.Amount)) != 0 {
			s.do("share", left, share, s.given("left over, to the largest remainder", "definition 1 minor unit", minor))
		}
		amount, derivation, err := s.end(c.Amount.Currency())
		if err == nil && !amount.Equal(part.Amount) {
			err = errors.New("sheet and allocation differ")
		}
		if err != nil {
			return nil, fmt.Sprintf("the share of %s comes to %s on its sheet and to %s by allocation: %v", part.Customer, amount, part.Amount, err)
		}
		p := c
		p.Charge, p.Payor, p.Amount, p.Derivation = c.Charge+payorMark+part.Customer, part.Customer, part.Amount, derivation
		out = append(out, p)
	}
	return out, ""
}

// sheetOf goes on with a derivation, which stays as it is.
func sheetOf(d Derivation) (*sheet, error) {
	s := newSheet(d.Clause)
	for _, step := range d.Steps {
		v, err := parseNumber(step.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", d.Clause, step.Label, err)
		}
		s.note(step, v)
	}
	return s, nil
}
