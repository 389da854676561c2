package tax

import (
	"fmt"
	"slices"
	"strings"
)

func (c *checker) rule(place string, rule Rule) {
	r := c.rules
	c.period(place+"/", Period{From: rule.From, Through: rule.Through})
	if rule.Through != "" && rule.Through < r.From || r.Through != "" && rule.From > r.Through {
		c.refuse(place, "it is in force on no day of this version", "leave it out, or correct its dates")
	}
	if rule.Option != "" && !slices.ContainsFunc(r.Options, func(o Option) bool { return o.Option == rule.Option }) {
		c.refuse(place+"/option", fmt.Sprintf("%.64q is not declared", rule.Option), "declare it under options, chosen or not")
	}
	c.when(place+"/when", rule.When)
	c.outcome(place+"/then", rule.Then)
}

func (c *checker) when(place string, w When) {
	for _, p := range []struct {
		name   string
		places Places
	}{
		{"origin", w.Origin}, {"destination", w.Destination}, {"via", w.Via}, {"shipped_from", w.ShippedFrom}, {"shipped_to", w.ShippedTo},
		{"established", w.Established}, {"registered", w.Registered},
	} {
		if !c.places(place+"/"+p.name, p.places) {
			continue
		}
		left := func(in string) bool {
			return !slices.ContainsFunc(c.rules.expand(p.places.NotIn), func(not string) bool { return covers(not, in) })
		}
		if in := c.rules.expand(p.places.In); len(in) > 0 && !slices.ContainsFunc(in, left) {
			c.refuse(place+"/"+p.name, "not_in leaves nothing of in", "the rule could never count: correct one of them")
		}
	}
	for _, n := range []struct {
		name string
		Names
	}{{"charges", w.Charges}, {"codes", w.Codes}, {"circumstances", w.Circumstances}} {
		c.names(place+"/"+n.name+"/in", n.In)
		c.names(place+"/"+n.name+"/not_in", n.NotIn)
		if len(n.In) > 0 && !slices.ContainsFunc(n.In, func(in string) bool { return !slices.Contains(n.NotIn, in) }) {
			c.refuse(place+"/"+n.name, "not_in leaves nothing of in", "the rule could never count: correct one of them")
		}
	}
	for _, n := range slices.Concat(w.Circumstances.In, w.Circumstances.NotIn) {
		if !slices.ContainsFunc(c.rules.Circumstances, func(s Circumstance) bool { return s.Circumstance == n }) {
			c.refuse(place+"/circumstances", fmt.Sprintf("%.64q is not declared", n), "declare it under circumstances")
		}
	}
	c.names(place+"/certificates", w.Certificates)
	if w.Status != "" && w.Status != Business && w.Status != Consumer {
		c.refuse(place+"/status", fmt.Sprintf("%.64q is not known", w.Status), "say business or consumer")
	}
	for _, a := range []struct {
		name string
		area Area
	}{{"within", w.Within}, {"crosses", w.Crosses}} {
		if a.area != "" && a.area != Country && a.area != State {
			c.refuse(place+"/"+a.name, fmt.Sprintf("%.64q is not known", a.area), "say country or state")
		}
	}
	if w.Within != "" && (w.Crosses == Country || w.Crosses == w.Within) {
		c.refuse(place, fmt.Sprintf("nothing lies within one %s and crosses a %s", w.Within, w.Crosses), "the rule could never count: leave one out")
	}
}

func (c *checker) outcome(place string, o Outcome) {
	if !o.Code.Known() {
		c.refuse(place+"/code", fmt.Sprintf("%.64q is not known", o.Code), "say standard, zero-rated, exempt, reverse-charge or out-of-scope")
	}
	if o.Jurisdiction != OfCustomer || o.Code == Standard {
		c.jurisdiction(place+"/jurisdiction", o.Jurisdiction)
	}
	if o.Code == Standard && len(o.Components) == 0 {
		c.refuse(place+"/components", "the standard code without a percentage", "state its components, or another code")
	}
	if o.Code != Standard && len(o.Components) > 0 {
		c.refuse(place+"/components", fmt.Sprintf("the code %s with a percentage", o.Code), "leave the components out: only the standard code has them")
	}
	named := map[string]bool{}
	for i, part := range o.Components {
		c.component(fmt.Sprintf("%s/components/%d", place, i), part, o.Jurisdiction, named)
	}
	c.needs(place, o)
	c.text(place+"/basis/text", o.Basis.Text)
	c.optional(place+"/basis/unconfirmed", o.Basis.Unconfirmed)
	if !slices.ContainsFunc(c.rules.Sources, func(s Source) bool { return s.Source == o.Basis.Source }) {
		c.refuse(place+"/basis/source", fmt.Sprintf("%.64q is not declared", o.Basis.Source), "name one of the sources of the file")
	}
	c.optional(place+"/notice", o.Notice)
	if o.Code == ReverseCharge && o.Notice == "" {
		c.refuse(place+"/notice", "a reverse charge that the invoice does not mention", "state the text to print, like: Reverse charge")
	}
	if o.Code.Known() && !slices.Contains(o.Code.categories(), o.Category) {
		c.refuse(place+"/category", fmt.Sprintf("%.64q does not go with code %s", o.Category, o.Code), "use one of "+strings.Join(o.Code.categories(), ", "))
	}
	if o.VATEX != "" && !(reasoned(o.Category) && isVATEX(o.VATEX)) {
		c.refuse(place+"/vatex", fmt.Sprintf("%.64q with category %.64q", o.VATEX, o.Category), "state a code like VATEX-EU-AE, and none for S, Z, L and M")
	}
}

func (c *checker) component(place string, part Component, jurisdiction string, named map[string]bool) {
	c.text(place+"/name", part.Name)
	c.once(place, named, part.Name)
	c.optional(place+"/of", part.Of)
	if !percentage(part.Percent) {
		c.refuse(place+"/percent", fmt.Sprintf("%q", part.Percent), "state one above 0 and at most 100")
	}
	if part.Jurisdiction != "" {
		c.jurisdiction(place+"/jurisdiction", part.Jurisdiction)
		jurisdiction = part.Jurisdiction
	}
	if c.rules.number(jurisdiction) == "" {
		c.refuse(place, fmt.Sprintf("no registration in %.64q", jurisdiction), "state the number under which its tax is charged")
	}
	if c.rules.rounding(jurisdiction).Per == "" {
		c.refuse(place, fmt.Sprintf("no rounding in %.64q", jurisdiction), "state how its tax is rounded (rule 33)")
	}
}

func (c *checker) needs(place string, o Outcome) {
	if o.Code == ZeroRated && len(o.Needs) == 0 {
		c.refuse(place+"/needs", "zero-rating without evidence", "name the evidence it needs (rule 32)")
	}
	switch {
	case len(o.Needs) == 0 && o.Lacking != "":
		c.refuse(place+"/lacking", "nothing can be lacking", "leave it out, or state the needs")
	case len(o.Needs) > 0 && o.Lacking != Hold && o.Lacking != NextRule:
		c.refuse(place+"/lacking", fmt.Sprintf("%.64q is not known", o.Lacking), "say hold or next-rule")
	}
	for i, n := range o.Needs {
		here := fmt.Sprintf("%s/needs/%d", place, i)
		if !n.Evidence.Known() {
			c.refuse(here+"/evidence", fmt.Sprintf("%.64q is not known", n.Evidence), "use one of the kinds that the schema lists")
		}
		c.optional(here+"/detail", n.Detail)
		c.places(here+"/of", n.Of)
		c.names(here+"/certificates", n.Certificates)
		if n.Evidence != CustomerTaxID && len(n.Of.In)+len(n.Of.NotIn) > 0 {
			c.refuse(here+"/of", "jurisdictions of what is no tax id", "leave them out")
		}
		if (n.Evidence == CertificateHeld) != (len(n.Certificates) > 0) {
			c.refuse(here+"/certificates", fmt.Sprintf("%d names for a %s", len(n.Certificates), n.Evidence), "name the certificates that serve, and only for a certificate")
		}
	}
}

// places tells whether a condition on places is in order.
func (c *checker) places(place string, p Places) bool {
	before := len(c.problems)
	if len(p.In)+len(p.NotIn) > maxPlaces || len(c.rules.expand(p.In))+len(c.rules.expand(p.NotIn)) > maxPlaces {
		c.refuse(place, "too many places", fmt.Sprintf("name at most %d, with those of the regions", maxPlaces))
		return false
	}
	for _, set := range [][]string{p.In, p.NotIn} {
		for _, name := range set {
			if !isJurisdiction(name) && !slices.ContainsFunc(c.rules.Regions, func(g Region) bool { return g.Region == name }) {
				c.refuse(place, fmt.Sprintf("%.64q is no place", name), "write a country CA, a state CA-QC or a declared region")
			}
		}
	}
	return len(c.problems) == before
}

func (c *checker) names(place string, names []string) {
	for _, n := range names {
		c.name(place, n)
	}
}
