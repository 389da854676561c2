package rating

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Rate prices the facts under the version: linehaul, discount and fuel
// surcharge of the lane, then the accessorials, always in this order and with
// the same ids; then it exchanges them into the currency that is billed, and at
// last it splits them between their payors. It takes the version as it is: [Choose] finds the one in force,
// and [Agreement.Check] what a version must be before anything is rated by it.
//
// What cannot be priced yet is in Result.Missing and the rest is rated all the
// same. A shipment that was cancelled before its pickup has no linehaul and no
// fuel surcharge, since nothing moved (rule 22). Percentages of fuel are of the
// accessorials too that the agreement counts in, as rated and whether or not
// they are approved yet.
//
// The error is a [*FactError], or tells an amount beyond any use, or what
// [Agreement.Check] would have told.
func (a Agreement) Rate(f Facts) (Result, error) {
	if err := f.Check(); err != nil {
		return Result{}, err
	}
	r := Result{Agreement: a.Agreement, Version: a.Version}
	if date, known := a.EffectiveDate(f); known {
		r.Effective = date
	} else {
		r.miss("agreement "+a.Agreement, "the date of %s is not known, by which the version is chosen", a.dateBasis())
	}
	var err error
	if f.Cancelled != nil {
		r.note("agreement "+a.Agreement, "cancelled before its pickup: no linehaul and no fuel surcharge")
		r.add(a.accessorials(f, moved{}))
	} else {
		err = r.movement(a, f)
	}
	if err == nil {
		err = r.exchange(a, f)
	}
	if err == nil {
		err = r.split(a, f)
	}
	if err == nil {
		err = r.distinct()
	}
	if err != nil {
		return Result{}, fmt.Errorf("rate shipment %s under %s, version %s: %w", shown(f.Shipment), a.Agreement, a.Version, err)
	}
	return r, nil
}

// movement adds the charges of a shipment that moves.
func (r *Result) movement(a Agreement, f Facts) error {
	lane, ok := a.lane(f)
	if !ok {
		r.miss("lanes", "no lane is for a shipment %s", sought(f))
		r.add(a.accessorials(f, moved{}))
		return nil
	}
	m, missing, err := a.move(f, lane)
	if err != nil {
		return err
	}
	priced := missing == ""
	extras, notes, lacking := a.accessorials(f, moved{&lane, m.gross.amount, m.net.amount})
	fuel, err := a.fuel(f, m, extras)
	if err != nil {
		return err
	}
	if priced && m.short(fuel) {
		switch {
		case fuel.missing != "":
			priced, missing = false, "the minimum is of linehaul and fuel surcharge, and the surcharge is not known"
		case fuel.charge == nil:
			err = m.raise(nil)
		default: // the surcharge is the same, and read where the sheet now has it
			if err = m.raise(fuel.charge); err == nil {
				fuel, err = a.fuel(f, m, extras)
			}
		}
		if err != nil {
			return err
		}
	}
	if priced {
		r.Charges = append(r.Charges, m.charges()...)
	} else {
		r.miss("lane "+lane.Lane, "%s", missing)
	}
	switch clause := "fuel " + lane.Fuel; {
	case fuel.charge != nil:
		r.Charges = append(r.Charges, *fuel.charge)
	case fuel.missing != "":
		r.miss(clause, "%s", fuel.missing)
	case fuel.note != "":
		r.note(clause, fuel.note)
	}
	r.add(extras, notes, lacking)
	return nil
}

// fuel prices the surcharge of the movement's lane, with the accessorials that
// count to the base of a percentage.
func (a Agreement) fuel(f Facts, m movement, extras []Charge) (fuelled, error) {
	name := m.lane.Fuel
	if name == "" {
		return fuelled{}, nil
	}
	i := slices.IndexFunc(a.Fuel, func(fuel Fuel) bool { return fuel.Fuel == name })
	if i < 0 {
		return fuelled{missing: "the agreement has no such clause"}, nil
	}
	need, known := a.Fuel[i].need(f)
	if !known {
		return fuelled{missing: fmt.Sprintf("the date of %s is not known, for which index %s is looked up", cmp.Or(a.Fuel[i].Basis, ByPickup), a.Fuel[i].Index)}, nil
	}
	index, found := need.Pick(f.Indexes)
	if !found {
		return fuelled{missing: fmt.Sprintf("index %s has no value for %s", need.Index, need.Date)}, nil
	}
	net, gross := m.net, m.gross
	if percent := a.Fuel[i].Unit == OfNet || a.Fuel[i].Unit == OfGross; percent && len(net.parts) > 0 {
		for _, c := range extras {
			if !a.withFuel(c, f) {
				continue
			}
			var err error
			if net, err = net.plus(c); err != nil {
				return fuelled{}, err
			}
			if gross, err = gross.plus(c); err != nil {
				return fuelled{}, err
			}
		}
	}
	return a.surcharge(a.Fuel[i], index, f, net, gross)
}

// withFuel tells whether a charge counts to the base of a percentage of fuel. A
// code may be there twice, for pickups and for deliveries.
func (a Agreement) withFuel(c Charge, f Facts) bool {
	for _, acc := range a.Accessorials {
		if acc.Code != c.Code {
			continue
		}
		at := slices.IndexFunc(f.Stops, func(s Stop) bool { return s.Seq == c.Stop })
		if acc.At == "" || at >= 0 && f.Stops[at].Kind == acc.At {
			return acc.WithFuel
		}
	}
	return false
}

func (r *Result) add(charges []Charge, notes, missing []Note) {
	r.Charges = append(r.Charges, charges...)
	r.Notes = append(r.Notes, notes...)
	r.Missing = append(r.Missing, missing...)
}

func (r *Result) note(clause, text string) {
	r.Notes = append(r.Notes, Note{Clause: clause, Text: text})
}

func (r *Result) miss(clause, format string, args ...any) {
	r.Missing = append(r.Missing, Note{Clause: clause, Text: fmt.Sprintf(format, args...)})
}

// distinct refuses two charges of one id, which the ledger would take for one.
func (r *Result) distinct() error {
	seen := make(map[string]bool, len(r.Charges))
	for _, c := range r.Charges {
		if seen[c.Charge] {
			return fmt.Errorf("charge %s is there twice", c.Charge)
		}
		seen[c.Charge] = true
	}
	return nil
}

// sought says what a lane was looked for by.
func sought(f Facts) string {
	from, _ := f.first("pickup")
	to, _ := f.last("delivery")
	text := "from " + from.Place.text() + " to " + to.Place.text()
	for _, more := range []struct{ what, value string }{
		{"mode", f.Mode}, {"equipment", f.Equipment}, {"distance", strings.TrimSpace(f.Distance.Value.String() + " " + f.Distance.Unit)},
	} {
		if more.value != "" {
			text += ", " + more.what + " " + shown(more.value)
		}
	}
	return text
}

func (p Place) text() string {
	parts := slices.DeleteFunc([]string{p.Country, p.State, p.City, p.Postal}, func(s string) bool { return s == "" })
	if len(parts) == 0 {
		return "a place that is not known"
	}
	return strings.Join(parts, " ")
}
