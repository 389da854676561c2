package tax

import (
	"fmt"
	"slices"
)

// reach refuses a rule that an earlier one leaves nothing, as far as that can be
// told from two rules: whenever the later one matches, so does the earlier, which
// is first. It never refuses a rule that can count; it may miss one that several
// earlier rules cover only together.
func (c *checker) reach() {
	for j, later := range c.rules.Rules {
		for i, earlier := range c.rules.Rules[:j] {
			if c.rules.shadows(earlier, later) {
				c.refuse(fmt.Sprintf("rules/%d %s", j, later.Rule), fmt.Sprintf("rules/%d %s matches whatever it matches, and comes first", i, earlier.Rule),
					"put the narrower rule first, or leave one out")
				break
			}
		}
	}
}

func (r Rules) shadows(earlier, later Rule) bool {
	if len(earlier.Then.Needs) > 0 && earlier.Then.Lacking == NextRule {
		return false // without the evidence the later one counts
	}
	from, through := max(later.From, r.From), later.Through
	if through == "" || r.Through != "" && r.Through < through {
		through = r.Through
	}
	if earlier.From > from || earlier.Through != "" && (through == "" || through > earlier.Through) {
		return false
	}
	if earlier.Option != "" && earlier.Option != later.Option {
		return false
	}
	e, l := earlier.When, later.When
	return r.implied(e.Origin, l.Origin, false) && r.implied(e.Destination, l.Destination, false) && r.implied(e.Via, l.Via, true) &&
		r.implied(e.ShippedFrom, l.ShippedFrom, false) && r.implied(e.ShippedTo, l.ShippedTo, false) &&
		r.implied(e.Established, l.Established, false) && r.implied(e.Registered, l.Registered, true) &&
		impliedNames(e.Charges, l.Charges, false) && impliedNames(e.Codes, l.Codes, false) && impliedNames(e.Circumstances, l.Circumstances, true) &&
		impliedNames(Names{In: e.Certificates}, Names{In: l.Certificates}, true) &&
		(e.Status == "" || e.Status == l.Status) &&
		(e.Within == "" || e.Within == l.Within || e.Within == Country && l.Within == State) &&
		(e.Crosses == "" || e.Crosses == l.Crosses || e.Crosses == State && l.Crosses == Country)
}

// implied tells whether a place that meets b must meet a. Of many places, some
// may lie inside a set and some outside, so that "in" says nothing of "not_in".
func (r Rules) implied(a, b Places, many bool) bool {
	in, notIn := r.expand(b.In), r.expand(b.NotIn)
	if len(a.In) > 0 {
		if len(in) == 0 {
			return false
		}
		wide := r.expand(a.In)
		for _, p := range in {
			if !slices.ContainsFunc(wide, func(w string) bool { return covers(w, p) }) {
				return false
			}
		}
	}
	for _, not := range r.expand(a.NotIn) {
		excluded := slices.ContainsFunc(notIn, func(n string) bool { return covers(n, not) })
		apart := !many && len(in) > 0 && !slices.ContainsFunc(in, func(p string) bool { return covers(p, not) || covers(not, p) })
		if !excluded && !apart {
			return false
		}
	}
	return true
}

func impliedNames(a, b Names, many bool) bool {
	if len(a.In) > 0 && (len(b.In) == 0 || slices.ContainsFunc(b.In, func(n string) bool { return !slices.Contains(a.In, n) })) {
		return false
	}
	for _, not := range a.NotIn {
		apart := !many && len(b.In) > 0 && !slices.Contains(b.In, not)
		if !slices.Contains(b.NotIn, not) && !apart {
			return false
		}
	}
	return true
}
