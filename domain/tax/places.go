package tax

import (
	"slices"
	"strings"
)

// truth is what is known of a condition. A state that nobody stated leaves a
// condition on it undecided, which is neither yes nor no: tax is not guessed.
type truth int8

const (
	no      truth = -1
	unknown truth = 0
	yes     truth = 1
)

func holds(b bool) truth {
	if b {
		return yes
	}
	return no
}

// match tells whether a place lies in a country "CA" or a state "CA-QC".
func match(pattern string, at Place) truth {
	country, state, ofState := strings.Cut(pattern, "-")
	switch {
	case at.Country != country:
		return no
	case !ofState || at.State == state:
		return yes
	case at.State == "":
		return unknown
	}
	return no
}

// covers tells whether all of b lies in a.
func covers(a, b string) bool { return a == b || strings.HasPrefix(b, a+"-") }

// expand replaces the names of regions by their places.
func (r Rules) expand(names []string) []string {
	var out []string
	for _, name := range names {
		i := slices.IndexFunc(r.Regions, func(g Region) bool { return g.Region == name })
		if i < 0 {
			out = append(out, name)
			continue
		}
		out = append(out, r.Regions[i].Places...)
	}
	return out
}

// lies tells whether any of the places is in the set, and none where it must
// not be.
func (r Rules) lies(p Places, at ...Place) truth {
	in := func(patterns []string) truth {
		found := no
		for _, pattern := range r.expand(patterns) {
			for _, place := range at {
				found = max(found, match(pattern, place))
			}
		}
		return found
	}
	result := yes
	if len(p.In) > 0 {
		result = in(p.In)
	}
	return min(result, -in(p.NotIn))
}

// issued tells whether a tax id of the jurisdiction is in the set. An id of a
// country is not one of its states.
func (r Rules) issued(patterns []string, jurisdiction string) bool {
	return slices.ContainsFunc(r.expand(patterns), func(p string) bool { return covers(p, jurisdiction) })
}

// registered is lies for the jurisdictions of tax ids.
func (r Rules) registered(p Places, ids []TaxID) bool {
	in := func(patterns []string) bool {
		return slices.ContainsFunc(ids, func(id TaxID) bool { return r.issued(patterns, id.Jurisdiction) })
	}
	return (len(p.In) == 0 || in(p.In)) && !in(p.NotIn)
}

// have tells whether any of the names is in the set, and none where it must not
// be.
func (n Names) have(names ...string) bool {
	in := func(set []string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(set, name) })
	}
	return (len(n.In) == 0 || in(n.In)) && !in(n.NotIn)
}

// same tells whether two places lie in the same area.
func same(a Area, x, y Place) truth {
	if a == Country || x.Country != y.Country {
		return holds(x.Country == y.Country)
	}
	if x.State == "" || y.State == "" {
		return unknown
	}
	return holds(x.State == y.State)
}
