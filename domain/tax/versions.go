package tax

import (
	"errors"
	"fmt"
	"time"
)

// Versions are the versions of one registrant's rules, in the order of their
// first days.
type Versions []Rules

// Check refuses versions that do not belong together: of different registrants,
// out of order, overlapping, or with another rounding for a jurisdiction than
// the version before had, since that is fixed (rule 33).
func (v Versions) Check() error {
	var problems []error
	names := map[string]bool{}
	rounded := map[string]string{} // jurisdiction to rounding
	for i, r := range v {
		if err := r.Check(); err != nil {
			problems = append(problems, err)
		}
		refuse := func(what, remedy string) {
			problems = append(problems, &Problem{fmt.Sprintf("tax rules %s %s", r.Registrant, r.Version), what, remedy})
		}
		if names[r.Version] {
			refuse("the version is there twice", "give each version a name of its own")
		}
		names[r.Version] = true
		if i > 0 {
			before := v[i-1]
			switch {
			case r.Registrant != before.Registrant:
				refuse("they follow rules of "+before.Registrant, "keep registrants apart")
			case r.From <= before.From:
				refuse("they begin on "+r.From+", not after version "+before.Version, "order versions by their first days")
			case before.Through != "" && before.Through >= r.From:
				refuse("they begin on "+r.From+", while version "+before.Version+" holds through "+before.Through, "end that one before")
			}
		}
		for _, g := range r.Rounding {
			for _, j := range g.Jurisdictions {
				if was, ok := rounded[j]; ok && was != g.String() {
					refuse("tax of "+j+" is rounded "+g.String()+", before it was "+was, "keep the method: it is fixed for registrant and jurisdiction (rule 33)")
				}
				rounded[j] = g.String()
			}
		}
	}
	return errors.Join(problems...)
}

// On is the version in force on a tax date: the last that has begun, unless it
// has ended. The error is a *NotInForceError.
func (v Versions) On(day string) (Rules, error) {
	for i := len(v) - 1; i >= 0; i-- {
		if v[i].From > day {
			continue
		}
		if during(v[i].From, v[i].Through, day) {
			return v[i], nil
		}
		break
	}
	registrant := ""
	if len(v) > 0 {
		registrant = v[0].Registrant
	}
	return Rules{}, &NotInForceError{Registrant: registrant, TaxDate: day}
}

// during tells whether a day lies between two, both inclusive; "" is open. All
// are civil dates, whose order is that of their letters.
func during(from, through, day string) bool {
	return from <= day && (through == "" || day <= through)
}

func isDay(s string) bool {
	_, err := time.Parse("2006-01-02", s)
	return err == nil
}
