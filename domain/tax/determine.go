package tax

import (
	"fmt"
	"slices"
)

// Decision is what the rules say of a charge, complete: amounts follow from it
// without the rules.
type Decision struct {
	Registrant   string `json:"registrant"`
	Version      string `json:"version"`
	Rule         string `json:"rule"`
	TaxDate      string `json:"tax_date"`
	Code         Code   `json:"code"`
	Jurisdiction string `json:"jurisdiction"`
	Registration string `json:"registration,omitempty"` // the seller's number there
	Levies       []Levy `json:"levies,omitempty"`       // of the standard code alone
	Basis        string `json:"basis"`                  // the law, and where it was read
	Unconfirmed  string `json:"unconfirmed,omitempty"`
	Notice       string `json:"notice,omitempty"` // text that the invoice must print
	Category     string `json:"category"`         // UNCL5305
	VATEX        string `json:"vatex,omitempty"`

	Evidence []Evidence `json:"evidence,omitempty"` // on which the rule counts
	// Lacks is evidence without which the charge must not be billed.
	Lacks []Need `json:"lacks,omitempty"`
	// PassedOver are rules that would have counted had their evidence been at
	// hand.
	PassedOver []PassedOver `json:"passed_over,omitempty"`
}

// Levy is a tax that is rounded on its own.
type Levy struct {
	Tax          string      `json:"tax"` // "HST", "QST"
	Jurisdiction string      `json:"jurisdiction"`
	Registration string      `json:"registration"` // the number to print
	Percent      Decimal     `json:"percent"`
	Parts        []Component `json:"parts,omitempty"` // that were put together
	Round        Rounding    `json:"round"`
}

// PassedOver is a rule that did not count for want of evidence.
type PassedOver struct {
	Rule  string `json:"rule"`
	Lacks []Need `json:"lacks"`
}

// Held tells a decision that waits for evidence (rule 32).
func (d Decision) Held() bool { return len(d.Lacks) > 0 }

// NotInForceError is a tax date that a version does not cover.
type NotInForceError struct {
	Registrant, Version string // Version "" when no version covers the date
	TaxDate             string
}

func (e *NotInForceError) Error() string {
	if e.Version == "" {
		return fmt.Sprintf("tax rules %s: no version is in force on %s: adopt one", e.Registrant, e.TaxDate)
	}
	return fmt.Sprintf("tax rules %s %s are not in force on %s: use the version that is", e.Registrant, e.Version, e.TaxDate)
}

// NoRuleError is a charge that no rule speaks of.
type NoRuleError struct {
	Registrant, Version string
	Facts               Facts
	Tried               []Miss // every rule, in order
}

// Miss is the first condition of a rule that did not hold.
type Miss struct{ Rule, Condition string }

func (e *NoRuleError) Error() string {
	return fmt.Sprintf("tax rules %s %s: none of %d rules matches %s: correct the facts, or add a rule in a new version", e.Registrant, e.Version, len(e.Tried), e.Facts)
}

// Determine finds the first rule that counts. Its errors are a *FactError, a
// *NotInForceError or a *NoRuleError. The rules must have passed Check.
func (r Rules) Determine(f Facts) (Decision, error) {
	if err := f.check(); err != nil {
		return Decision{}, err
	}
	if !during(r.From, r.Through, f.TaxDate) {
		return Decision{}, &NotInForceError{r.Registrant, r.Version, f.TaxDate}
	}
	var passed []PassedOver
	var tried []Miss
	for _, rule := range r.Rules {
		verdict, condition := r.judge(rule, f)
		switch verdict {
		case no:
			tried = append(tried, Miss{rule.Rule, condition})
			continue
		case unknown:
			return Decision{}, &FactError{condition, fmt.Sprintf("rule %s of tax rules %s %s asks for the state, which is not stated", rule.Rule, r.Registrant, r.Version)}
		}
		evidence, lacks := r.weigh(rule.Then.Needs, f)
		if len(lacks) > 0 && rule.Then.Lacking == NextRule {
			passed = append(passed, PassedOver{rule.Rule, lacks})
			tried = append(tried, Miss{rule.Rule, "evidence"})
			continue
		}
		d := r.decide(rule, f)
		d.TaxDate, d.Evidence, d.Lacks, d.PassedOver = f.TaxDate, evidence, lacks, passed
		return d, nil
	}
	return Decision{}, &NoRuleError{r.Registrant, r.Version, f, tried}
}

// judge names the condition that decides against a rule, or that cannot be
// decided.
func (r Rules) judge(rule Rule, f Facts) (truth, string) {
	w, within, crosses := rule.When, yes, yes
	if w.Within != "" {
		within = same(w.Within, f.Origin, f.Destination)
	}
	if w.Crosses != "" {
		crosses = -same(w.Crosses, f.Origin, f.Destination)
	}
	conditions := []struct {
		name  string
		holds truth
	}{
		{"dates", holds(during(rule.From, rule.Through, f.TaxDate))},
		{"option " + rule.Option, holds(rule.Option == "" || r.chosen(rule.Option, f.TaxDate))},
		{"charge", holds(w.Charges.have(f.Charge))},
		{"charge_code", holds(w.Codes.have(f.ChargeCode))},
		{"circumstances", holds(w.Circumstances.have(f.Circumstances...))},
		{"customer/status", holds(w.Status == "" || w.Status == f.Customer.Status)},
		{"customer/established", r.lies(w.Established, f.Customer.Established)},
		{"customer/tax_ids", holds(r.registered(w.Registered, f.Customer.TaxIDs))},
		{"customer/certificates", holds(len(w.Certificates) == 0 || f.certificate(w.Certificates) != nil)},
		{"shipped_from", r.lies(w.ShippedFrom, f.from())},
		{"shipped_to", r.lies(w.ShippedTo, f.to())},
		{"origin", r.lies(w.Origin, f.Origin)},
		{"destination", r.lies(w.Destination, f.Destination)},
		{"via", r.lies(w.Via, f.Via...)},
		{"origin and destination", min(within, crosses)},
	}
	verdict, name := yes, ""
	for _, c := range conditions {
		if c.holds < verdict {
			verdict, name = c.holds, c.name
		}
	}
	return verdict, name
}

func (r Rules) chosen(option, day string) bool {
	return slices.ContainsFunc(r.Options, func(o Option) bool {
		return o.Option == option && slices.ContainsFunc(o.Chosen, func(p Period) bool { return during(p.From, p.Through, day) })
	})
}

// certificate is the first of the customer's certificates that bears one of the
// names and is valid on the tax date.
func (f Facts) certificate(names []string) *Certificate {
	i := slices.IndexFunc(f.Customer.Certificates, func(c Certificate) bool {
		return slices.Contains(names, c.Certificate) && during(c.From, c.Through, f.TaxDate)
	})
	if i < 0 {
		return nil
	}
	return &f.Customer.Certificates[i]
}

// weigh finds the evidence that serves each need, and the needs that none
// serves.
func (r Rules) weigh(needs []Need, f Facts) (found []Evidence, lacks []Need) {
	for _, need := range needs {
		if e := r.serving(need, f); e != nil {
			found = append(found, *e)
		} else {
			lacks = append(lacks, need)
		}
	}
	return found, lacks
}

func (r Rules) serving(need Need, f Facts) *Evidence {
	switch need.Evidence {
	case CustomerTaxID:
		for _, id := range f.Customer.TaxIDs {
			if r.registered(need.Of, []TaxID{id}) {
				return &Evidence{CustomerTaxID, id.Number, id.Jurisdiction}
			}
		}
	case CertificateHeld:
		if c := f.certificate(need.Certificates); c != nil {
			return &Evidence{CertificateHeld, c.Certificate + " " + c.Number, ""}
		}
	default:
		for _, e := range f.Evidence {
			if e.Evidence == need.Evidence {
				return &e
			}
		}
	}
	return nil
}

// decide states a rule's outcome with what the registrant has fixed for its
// jurisdictions.
func (r Rules) decide(rule Rule, f Facts) Decision {
	o := rule.Then
	if o.Jurisdiction == OfCustomer {
		o.Jurisdiction = f.Customer.Established.Country
	}
	d := Decision{
		Registrant: r.Registrant, Version: r.Version, Rule: rule.Rule,
		Code: o.Code, Jurisdiction: o.Jurisdiction, Registration: r.number(o.Jurisdiction),
		Basis: o.Basis.Text, Unconfirmed: o.Basis.Unconfirmed,
		Notice: o.Notice, Category: o.Category, VATEX: o.VATEX,
	}
	if i := slices.IndexFunc(r.Sources, func(s Source) bool { return s.Source == o.Basis.Source }); i >= 0 {
		d.Basis += " [" + r.Sources[i].Title + "]"
	}
	for _, c := range o.Components {
		if c.Jurisdiction == "" {
			c.Jurisdiction = o.Jurisdiction
		}
		round := r.rounding(c.Jurisdiction)
		if c.Of == "" || round.Parts != Combined {
			d.Levies = append(d.Levies, Levy{c.Name, c.Jurisdiction, r.number(c.Jurisdiction), c.Percent, nil, round})
			continue
		}
		i := slices.IndexFunc(d.Levies, func(l Levy) bool {
			return l.Tax == c.Of && l.Jurisdiction == c.Jurisdiction && len(l.Parts) > 0
		})
		if i < 0 {
			i = len(d.Levies)
			d.Levies = append(d.Levies, Levy{Tax: c.Of, Jurisdiction: c.Jurisdiction, Registration: r.number(c.Jurisdiction), Round: round})
		}
		d.Levies[i].Percent = d.Levies[i].Percent.plus(c.Percent)
		d.Levies[i].Parts = append(d.Levies[i].Parts, c)
	}
	return d
}

// number is the registrant's number in a jurisdiction; "" where it has none.
func (r Rules) number(jurisdiction string) string {
	for _, g := range r.Registrations {
		if slices.Contains(g.Jurisdictions, jurisdiction) {
			return g.Number
		}
	}
	return ""
}

func (r Rules) rounding(jurisdiction string) Rounding {
	for _, g := range r.Rounding {
		if slices.Contains(g.Jurisdictions, jurisdiction) {
			return g.Rounding
		}
	}
	return Rounding{}
}
