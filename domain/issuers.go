package domain

import "slices"

// Issuers is the list of all registrants that bill: which is the default, and
// whose each numbering series is. What it says is never taken back, so that a
// series never has two owners (rule 34).
type Issuers struct {
	Default string // registrant; "" while there is none
	Listed  []IssuerListed
}

// IssuersStream is the one stream of the list.
const IssuersStream Stream = "issuers-all"

// IssuerListed enters a registrant.
type IssuerListed struct {
	Registrant string `json:"registrant"`
	Default    bool   `json:"default,omitempty"`
	Series     Series `json:"series"`
}

func (IssuerListed) EventType() string { return "IssuerListed" }

// ListIssuer enters a registrant, by policy.
type ListIssuer struct{ IssuerListed }

func (ListIssuer) Stream() Stream      { return IssuersStream }
func (ListIssuer) CommandName() string { return "ListIssuer" }

func (c ListIssuer) Decide(l Issuers) ([]Event, error) {
	if _, listed := l.issuer(c.Registrant); listed {
		return nil, nil
	}
	if err := l.take(c.IssuerListed); err != nil {
		return nil, err
	}
	return []Event{c.IssuerListed}, nil
}

// listing is what the list keeps of a registrant.
func (e IssuerSet) listing() IssuerListed {
	if e.Issuer.Default {
		return IssuerListed{e.Registrant, true, DefaultSeries()}
	}
	return IssuerListed{e.Registrant, false, e.Issuer.Series}
}

// take refuses a registrant that is not listed yet and claims what another one
// has.
func (l Issuers) take(e IssuerListed) error {
	for _, other := range l.Listed {
		if other.Default && e.Default {
			return refuseByRule(34, Conflict, "registrant %s: the default issuer is %s: leave default out, and name the issuer in the terms of its orders", e.Registrant, other.Registrant)
		}
		for _, name := range e.Series.names() {
			if slices.Contains(other.Series.names(), name) {
				return refuseByRule(34, Conflict, "registrant %s: series %s is that of registrant %s: choose another", e.Registrant, name, other.Registrant)
			}
		}
	}
	return nil
}

func (l Issuers) issuer(registrant string) (IssuerListed, bool) {
	i := slices.IndexFunc(l.Listed, func(e IssuerListed) bool { return e.Registrant == registrant })
	if i < 0 {
		return IssuerListed{}, false
	}
	return l.Listed[i], true
}

// Evolve applies an event to the list.
func (l Issuers) Evolve(e Event) Issuers {
	if e, ok := e.(IssuerListed); ok {
		l.Listed = append(slices.Clip(l.Listed), e)
		if e.Default {
			l.Default = e.Registrant
		}
	}
	return l
}
