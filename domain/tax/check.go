package tax

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem is something that rules must not say.
type Problem struct {
	Place  string // "rules/3 on-hst/then/components/0"
	What   string
	Remedy string
}

func (p *Problem) Error() string { return p.Place + ": " + p.What + ": " + p.Remedy }

// Bounds of rules that come from outside.
const (
	maxRules  = 200
	maxPlaces = 300 // in one condition, with those of its regions
	maxName   = 64
	maxText   = 1000
)

// Check refuses rules that make no sense, all problems at once, each a *Problem
// with its place and remedy: what is missing, unknown or out of range; a rule
// that an earlier one leaves nothing; zero-rating without evidence (rule 32);
// tax where no registration or rounding is stated (rule 33).
func (r Rules) Check() error {
	c := checker{rules: r}
	c.head()
	c.vocabulary()
	c.registrant()
	if len(r.Rules) == 0 || len(r.Rules) > maxRules {
		c.refuse("rules", fmt.Sprintf("%d rules", len(r.Rules)), fmt.Sprintf("state 1 to %d", maxRules))
		return errors.Join(c.problems...)
	}
	seen := map[string]bool{}
	for i, rule := range r.Rules {
		place := fmt.Sprintf("rules/%d %.64s", i, rule.Rule)
		c.name(place, rule.Rule)
		c.once(place, seen, rule.Rule)
		c.rule(place, rule)
	}
	if len(c.problems) == 0 { // reach is only told of rules that make sense
		c.reach()
	}
	return errors.Join(c.problems...)
}

type checker struct {
	rules    Rules
	problems []error
}

func (c *checker) refuse(place, what, remedy string) {
	c.problems = append(c.problems, &Problem{place, what, remedy})
}

func (c *checker) head() {
	r := c.rules
	c.name("registrant", r.Registrant)
	c.name("version", r.Version)
	c.optional("title", r.Title)
	if r.Note != "" && utf8.RuneCountInString(r.Note) > 10*maxText {
		c.refuse("note", "it is too long", fmt.Sprintf("keep it to %d characters", 10*maxText))
	}
	if !isDay(r.From) {
		c.refuse("from", fmt.Sprintf("%q is no civil date", r.From), "state the first tax date, like 2025-04-01")
	}
	c.period("", Period{From: r.From, Through: r.Through})
	c.jurisdiction("home", r.Home)
}

// vocabulary checks what rules refer to.
func (c *checker) vocabulary() {
	r := c.rules
	seen := map[string]bool{}
	for i, s := range r.Sources {
		place := fmt.Sprintf("sources/%d", i)
		c.name(place+"/source", s.Source)
		c.once(place, seen, "source "+s.Source)
		c.text(place+"/title", s.Title)
		if s.URL != "" && !strings.HasPrefix(s.URL, "https://") && !strings.HasPrefix(s.URL, "http://") {
			c.refuse(place+"/url", fmt.Sprintf("%.80q", s.URL), "begin with https://")
		}
		c.optional(place+"/url", s.URL)
	}
	for i, g := range r.Regions {
		place := fmt.Sprintf("regions/%d", i)
		c.word(place+"/region", g.Region)
		c.once(place, seen, "region "+g.Region)
		c.filled(place+"/places", g.Places)
		if len(g.Places) > maxPlaces {
			c.refuse(place+"/places", "too many places", fmt.Sprintf("name at most %d", maxPlaces))
		}
		for _, p := range g.Places {
			c.jurisdiction(place+"/places", p)
		}
	}
	for i, o := range r.Options {
		place := fmt.Sprintf("options/%d", i)
		c.word(place+"/option", o.Option)
		c.once(place, seen, "option "+o.Option)
		c.text(place+"/meaning", o.Meaning)
		for j, p := range o.Chosen {
			if p.From == "" {
				c.refuse(fmt.Sprintf("%s/chosen/%d", place, j), "no first day", "state from when the option is exercised")
			}
			c.period(fmt.Sprintf("%s/chosen/%d/", place, j), p)
			c.optional(fmt.Sprintf("%s/chosen/%d/reference", place, j), p.Reference)
		}
	}
	for i, s := range r.Circumstances {
		place := fmt.Sprintf("circumstances/%d", i)
		c.word(place+"/circumstance", s.Circumstance)
		c.once(place, seen, "circumstance "+s.Circumstance)
		c.text(place+"/meaning", s.Meaning)
	}
}

// registrant checks what is fixed for the seller.
func (c *checker) registrant() {
	seen := map[string]bool{}
	for i, g := range c.rules.Registrations {
		place := fmt.Sprintf("registrations/%d", i)
		c.text(place+"/number", g.Number)
		c.filled(place+"/jurisdictions", g.Jurisdictions)
		for _, j := range g.Jurisdictions {
			c.jurisdiction(place, j)
			c.once(place, seen, "registration in "+j)
		}
	}
	for i, g := range c.rules.Rounding {
		place := fmt.Sprintf("rounding/%d", i)
		c.filled(place+"/jurisdictions", g.Jurisdictions)
		for _, j := range g.Jurisdictions {
			c.jurisdiction(place, j)
			c.once(place, seen, "rounding in "+j)
		}
		if err := g.check(); err != nil {
			c.refuse(place, "rounding", err.Error())
		}
	}
}

func (c *checker) once(place string, seen map[string]bool, what string) {
	if seen[what] {
		c.refuse(place, fmt.Sprintf("%.80q is there twice", what), "leave one out")
	}
	seen[what] = true
}

func (c *checker) filled(place string, list []string) {
	if len(list) == 0 {
		c.refuse(place, "there is none", "name at least one")
	}
}

func (c *checker) period(place string, p Period) {
	for _, d := range []struct{ name, day string }{{"from", p.From}, {"through", p.Through}} {
		if d.day != "" && !isDay(d.day) {
			c.refuse(place+d.name, fmt.Sprintf("%.64q is no civil date", d.day), "write it like 2025-04-01")
		}
	}
	if p.Through != "" && p.Through < p.From {
		c.refuse(place+"through", "it ends before it begins", "correct one of the dates")
	}
}

func (c *checker) jurisdiction(place, s string) {
	if !isJurisdiction(s) {
		c.refuse(place, fmt.Sprintf("%.64q is no jurisdiction", s), "write a country CA or a state CA-QC")
	}
}

// name checks an id: letters, digits, and between them points, lines and dashes.
func (c *checker) name(place, s string) {
	if !isName(s) {
		c.refuse(place, fmt.Sprintf("%.64q is no name", s), "use 1 to 64 of letters, digits, . _ -, beginning with a letter or digit")
	}
}

// word checks an id in small letters, which no place could be taken for.
func (c *checker) word(place, s string) {
	if !isName(s) || strings.ToLower(s) != s || s[0] < 'a' {
		c.refuse(place, fmt.Sprintf("%.64q is no name in small letters", s), "use 1 to 64 of a-z, 0-9, . _ -, beginning with a letter")
	}
}

func (c *checker) text(place, s string) {
	if s == "" {
		c.refuse(place, "it is empty", "state it")
	}
	c.optional(place, s)
}

func (c *checker) optional(place, s string) {
	if utf8.RuneCountInString(s) > maxText || strings.ContainsFunc(s, unicode.IsControl) {
		c.refuse(place, "it is too long or has control characters", fmt.Sprintf("keep it to %d characters on one line", maxText))
	}
}
