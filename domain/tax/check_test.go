package tax

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
)

// smallRules are the least that makes sense, with one of everything.
func smallRules() Rules {
	return Rules{
		Registrant: "carrier", Version: "1", From: "2025-01-01", Home: "CA-ON",
		Sources:       []Source{{Source: "act", Title: "the act"}},
		Regions:       []Region{{"west", []string{"CA-AB", "CA-BC"}}},
		Options:       []Option{{"opted", "a choice", []Period{{From: "2025-02-01", Through: "2025-02-28"}}}},
		Circumstances: []Circumstance{{"noted", "a note"}},
		Registrations: []Registration{{[]string{"CA", "CA-ON"}, "R1"}},
		Rounding:      []RoundingIn{{[]string{"CA", "CA-ON"}, Rounding{PerLine, Combined, money.HalfUp, MustDecimal("0.01")}}},
		Rules: []Rule{
			{Rule: "export", When: When{Destination: Places{NotIn: []string{"CA"}}}, Then: Outcome{
				Code: ZeroRated, Jurisdiction: "CA", Needs: []Need{{Evidence: ExportProof}}, Lacking: Hold, Basis: Basis{Text: "s. 1", Source: "act"}, Category: "Z"}},
			{Rule: "certified", When: When{Certificates: []string{"diplomat"}}, Then: Outcome{
				Code: Exempt, Jurisdiction: "CA", Needs: []Need{{Evidence: CertificateHeld, Certificates: []string{"diplomat"}}}, Lacking: Hold,
				Basis: Basis{Text: "s. 2", Source: "act"}, Category: "E"}},
			{Rule: "opted", Option: "opted", Then: standard("CA-ON", "7")},
			{Rule: "noted", When: When{Circumstances: Names{In: []string{"noted"}}}, Then: standard("CA-ON", "8")},
			{Rule: "detention", When: When{Codes: Names{In: []string{"DET"}}}, Then: standard("CA-ON", "9")},
			{Rule: "through-us", When: When{Via: Places{In: []string{"US"}}}, Then: standard("CA-ON", "10")},
			{Rule: "not-west", When: When{Crosses: State, Origin: Places{NotIn: []string{"west"}}}, Then: standard("CA-ON", "11")},
			{Rule: "within", When: When{Within: State}, Then: standard("CA-ON", "12")},
			{Rule: "all", Then: standard("CA-ON", "13")},
		},
	}
}

func standard(jurisdiction, percent string) Outcome {
	return Outcome{Code: Standard, Jurisdiction: jurisdiction, Components: []Component{{Name: "HST", Percent: MustDecimal(percent)}},
		Basis: Basis{Text: "s. 3", Source: "act"}, Category: "S"}
}

func TestEachConditionDecides(t *testing.T) {
	r := smallRules()
	require.NoError(t, r.Check())
	home := freight("2025-06-30", "CA-AB", "CA-ON")
	certified := home
	certified.Customer.Certificates = []Certificate{{"diplomat", "7", "2025-01-01", "2025-06-30"}}
	expired := home
	expired.Customer.Certificates = []Certificate{{"diplomat", "7", "", "2025-06-29"}}
	february := home
	february.TaxDate = "2025-02-28"
	detention := home
	detention.ChargeCode = "DET"
	through := home
	through.Via = []Place{at("US-MN"), at("US-MI")}
	for _, c := range []struct {
		rule string
		f    Facts
	}{
		{"export", freight("2025-06-30", "CA-ON", "US-NY")}, {"certified", certified}, {"all", expired}, {"opted", february}, {"noted", home.under("noted")},
		{"detention", detention}, {"through-us", through}, {"not-west", freight("2025-06-30", "CA-MB", "CA-ON")},
		{"within", freight("2025-06-30", "CA-ON", "CA-ON")}, {"all", home},
	} {
		d := determined(t, r, c.f)
		require.Equal(t, c.rule, d.Rule, "%s", c.f)
	}
	// Whether both lie in one state cannot be told without it
	_, err := r.Determine(freight("2025-06-30", "CA-AB", "CA"))
	var missing *FactError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "origin and destination", missing.Fact)

	d := determined(t, r, certified)
	require.Equal(t, []Evidence{{CertificateHeld, "diplomat 7", ""}}, d.Evidence)
	require.Equal(t, "s. 2 [the act]", d.Basis)
}

func TestFactsThatMakeNoSenseAreRefusedWithTheirPlace(t *testing.T) {
	r := smallRules()
	good := freight("2025-06-30", "CA-AB", "CA-ON")
	for fact, change := range map[string]func(*Facts){
		"tax_date":                func(f *Facts) { f.TaxDate = "2025-02-30" },
		"origin":                  func(f *Facts) { f.Origin = Place{} },
		"destination":             func(f *Facts) { f.Destination = Place{"CA-ON", ""} },
		"via/0":                   func(f *Facts) { f.Via = []Place{{"Canada", ""}} },
		"shipped_from":            func(f *Facts) { f.ShippedFrom = Place{State: "ON"} },
		"shipped_to":              func(f *Facts) { f.ShippedTo = Place{"ca", "ON"} },
		"customer/established":    func(f *Facts) { f.Customer.Established = Place{} },
		"customer/status":         func(f *Facts) { f.Customer.Status = "" },
		"customer/tax_ids/0":      func(f *Facts) { f.Customer.TaxIDs = []TaxID{{"FR", ""}} },
		"customer/certificates/0": func(f *Facts) { f.Customer.Certificates = []Certificate{{"diplomat", "", "", ""}} },
		"charge":                  func(f *Facts) { f.Charge = "" },
		"evidence/0":              func(f *Facts) { f.Evidence = []Evidence{{ExportProof, "", ""}} },
	} {
		f := good
		change(&f)
		_, err := r.Determine(f)
		var refused *FactError
		require.ErrorAs(t, err, &refused, fact)
		require.Equal(t, fact, refused.Fact)
	}
	good.TaxDate = "2024-12-31"
	_, err := r.Determine(good)
	var early *NotInForceError
	require.ErrorAs(t, err, &early)
}

func TestRulesThatMakeNoSenseAreRefusedWithPlaceAndRemedy(t *testing.T) {
	then := func(f func(*Outcome)) func(*Rules) {
		return func(r *Rules) { f(&r.Rules[8].Then) }
	}
	when := func(f func(*When)) func(*Rules) {
		return func(r *Rules) { f(&r.Rules[3].When) }
	}
	const all, noted = "rules/8 all", "rules/3 noted"
	for _, c := range []struct {
		place  string
		change func(*Rules)
	}{
		{"registrant", func(r *Rules) { r.Registrant = "" }},
		{"version", func(r *Rules) { r.Version = "" }},
		{"from", func(r *Rules) { r.From = "1.1.2025" }},
		{"through", func(r *Rules) { r.Through = "2024-12-31" }},
		{"home", func(r *Rules) { r.Home = "Ontario" }},
		{"from", func(r *Rules) { r.From = "" }},
		{"through", func(r *Rules) { r.Through = "2025-13-01" }},
		{"title", func(r *Rules) { r.Title = "a\nb" }},
		{"sources/0/source", func(r *Rules) { r.Sources[0].Source = "the act" }},
		{"sources/1", func(r *Rules) { r.Sources = append(r.Sources, r.Sources[0]) }},
		{"sources/0/title", func(r *Rules) { r.Sources[0].Title = "" }},
		{"sources/0/url", func(r *Rules) { r.Sources[0].URL = "ftp://example.com" }},
		{"sources/0/url", func(r *Rules) { r.Sources[0].URL = "https://example.com/\n" }},
		{"regions/0/region", func(r *Rules) { r.Regions[0].Region = "" }},
		{"regions/0/region", func(r *Rules) { r.Regions[0].Region = "far west" }},
		{"regions/0/region", func(r *Rules) { r.Regions[0].Region = "4corners" }},
		{"regions/0/places", func(r *Rules) { r.Regions[0].Places = nil }},
		{"regions/0/region", func(r *Rules) { r.Regions = append([]Region{{"CA", []string{"CA"}}}, r.Regions...) }},
		{"regions/1", func(r *Rules) { r.Regions = append(r.Regions, r.Regions[0]) }},
		{"regions/0/places", func(r *Rules) { r.Regions[0].Places = []string{"west"} }},
		{"options/0/chosen/0", func(r *Rules) { r.Options[0].Chosen[0].From = "" }},
		{"options/0/option", func(r *Rules) { r.Options[0].Option = "Opted" }},
		{"options/0/meaning", func(r *Rules) { r.Options[0].Meaning = "" }},
		{"options/0/chosen/0/from", func(r *Rules) { r.Options[0].Chosen[0].From = "2025-02-30" }},
		{"options/0/chosen/0/through", func(r *Rules) { r.Options[0].Chosen[0].Through = "2025-01-31" }},
		{"options/0/chosen/0/reference", func(r *Rules) { r.Options[0].Chosen[0].Reference = "a\nb" }},
		{"options/1", func(r *Rules) { r.Options = append(r.Options, r.Options[0]) }},
		{"circumstances/0/circumstance", func(r *Rules) { r.Circumstances[0].Circumstance = "Noted" }},
		{"circumstances/1", func(r *Rules) { r.Circumstances = append(r.Circumstances, r.Circumstances[0]) }},
		{"circumstances/0/meaning", func(r *Rules) { r.Circumstances[0].Meaning = "" }},
		{"registrations/0/number", func(r *Rules) { r.Registrations[0].Number = "" }},
		{"registrations/0/jurisdictions", func(r *Rules) { r.Registrations[0].Jurisdictions = nil }},
		{"registrations/0", func(r *Rules) { r.Registrations[0].Jurisdictions = []string{"CA-ON", "Canada"} }},
		{"registrations/1", func(r *Rules) { r.Registrations = append(r.Registrations, r.Registrations[0]) }},
		{"rounding/0/jurisdictions", func(r *Rules) { r.Rounding[0].Jurisdictions = nil }},
		{"rounding/0", func(r *Rules) { r.Rounding[0].Jurisdictions = []string{"CA-ON", "Canada"} }},
		{"rounding/0", func(r *Rules) { r.Rounding[0].Per = "" }},
		{"rounding/0", func(r *Rules) { r.Rounding[0].Parts = "" }},
		{"rounding/0", func(r *Rules) { r.Rounding[0].Mode = money.Floor }},
		{"rounding/0", func(r *Rules) { r.Rounding[0].Step = MustDecimal("0") }},
		{"rounding/1", func(r *Rules) { r.Rounding = append(r.Rounding, r.Rounding[0]) }},
		{"rules", func(r *Rules) { r.Rules = nil }},
		{"rules/1 export", func(r *Rules) { r.Rules[1].Rule = "export" }},
		{"rules/3 not ed", func(r *Rules) { r.Rules[3].Rule = "not ed" }},
		{noted, func(r *Rules) { r.Rules[3].Through = "2024-06-30" }},
		{noted, func(r *Rules) { r.Through, r.Rules[3].From = "2025-12-31", "2026-01-01" }},
		{noted + "/from", func(r *Rules) { r.Rules[3].From = "2025-1-1" }},
		{noted + "/option", func(r *Rules) { r.Rules[3].Option = "unheard-of" }},
		{noted + "/when/circumstances", when(func(w *When) { w.Circumstances = Names{NotIn: []string{"notd"}} })},
		{noted + "/when/circumstances", when(func(w *When) { w.Circumstances.NotIn = []string{"noted"} })},
		{noted + "/when/origin", when(func(w *When) { w.Origin = Places{In: []string{"east"}} })},
		{noted + "/when/origin", when(func(w *When) { w.Origin = Places{In: []string{"CA-AB"}, NotIn: []string{"west"}} })},
		{noted + "/when", when(func(w *When) { w.Within, w.Crosses = State, State })},
		{noted + "/when/within", when(func(w *When) { w.Within = "city" })},
		{noted + "/when/status", when(func(w *When) { w.Status = "charity" })},
		{noted + "/when/charges/in", when(func(w *When) { w.Charges = Names{In: []string{"a b"}} })},
		{noted + "/when/charges/not_in", when(func(w *When) { w.Charges = Names{NotIn: []string{"a b"}} })},
		{noted + "/when/certificates", when(func(w *When) { w.Certificates = []string{"a b"} })},
		{all + "/then/code", then(func(o *Outcome) { o.Code = "reduced" })},
		{all + "/then/jurisdiction", then(func(o *Outcome) { o.Jurisdiction = "" })},
		{all + "/then/jurisdiction", then(func(o *Outcome) { o.Jurisdiction = OfCustomer })},
		{all + "/then/components", then(func(o *Outcome) { o.Components = nil })},
		{all + "/then/components", then(func(o *Outcome) { o.Code, o.Category = Exempt, "E" })},
		{all + "/then/components/0/percent", then(func(o *Outcome) { o.Components[0].Percent = MustDecimal("100.1") })},
		{all + "/then/components/0/percent", then(func(o *Outcome) { o.Components[0].Percent = MustDecimal("0") })},
		{all + "/then/components/0/percent", then(func(o *Outcome) { o.Components[0].Percent = Decimal{} })},
		{all + "/then/components/0", then(func(o *Outcome) { o.Jurisdiction = "CA-QC" })}, // neither number nor rounding there
		{all + "/then/components/1", then(func(o *Outcome) { o.Components = append(o.Components, o.Components[0]) })},
		{all + "/then/components/0/name", then(func(o *Outcome) { o.Components[0].Name = "" })},
		{all + "/then/components/0/of", then(func(o *Outcome) { o.Components[0].Of = "a\nb" })},
		{all + "/then/components/0/jurisdiction", then(func(o *Outcome) { o.Components[0].Jurisdiction = "Ontario" })},
		{all + "/then/components/0", then(func(o *Outcome) { o.Components[0].Jurisdiction = "CA-QC" })},
		{all + "/then/basis/unconfirmed", then(func(o *Outcome) { o.Basis.Unconfirmed = "a\nb" })},
		{all + "/then/notice", then(func(o *Outcome) { o.Notice = "a\nb" })},
		{all + "/then/basis/text", then(func(o *Outcome) { o.Basis.Text = "" })},
		{all + "/then/basis/source", then(func(o *Outcome) { o.Basis.Source = "hearsay" })},
		{all + "/then/category", then(func(o *Outcome) { o.Category = "Z" })},
		{all + "/then/vatex", then(func(o *Outcome) { o.VATEX = "VATEX-EU-O" })},
		{all + "/then/notice", then(func(o *Outcome) { o.Code, o.Category, o.Components = ReverseCharge, "AE", nil })},
		{all + "/then/needs", then(func(o *Outcome) { o.Code, o.Category, o.Components = ZeroRated, "Z", nil })}, // rule 32
		{all + "/then/lacking", then(func(o *Outcome) { o.Needs = []Need{{Evidence: Declaration}} })},
		{all + "/then/lacking", then(func(o *Outcome) { o.Lacking = Hold })},
		{all + "/then/needs/0/evidence", then(func(o *Outcome) { o.Needs, o.Lacking = []Need{{Evidence: "hunch"}}, Hold })},
		{all + "/then/needs/0/of", then(func(o *Outcome) {
			o.Needs, o.Lacking = []Need{{Evidence: Declaration, Of: Places{In: []string{"CA"}}}}, Hold
		})},
		{all + "/then/needs/0/of", then(func(o *Outcome) {
			o.Needs, o.Lacking = []Need{{Evidence: Declaration, Of: Places{NotIn: []string{"CA"}}}}, Hold
		})},
		{all + "/then/needs/0/of", then(func(o *Outcome) {
			o.Needs, o.Lacking = []Need{{Evidence: CustomerTaxID, Of: Places{In: []string{"east"}}}}, Hold
		})},
		{all + "/then/needs/0/detail", then(func(o *Outcome) { o.Needs, o.Lacking = []Need{{Evidence: Declaration, Detail: "a\nb"}}, Hold })},
		{all + "/then/needs/0/certificates", then(func(o *Outcome) {
			o.Needs, o.Lacking = []Need{{Evidence: CertificateHeld, Certificates: []string{"a b"}}}, Hold
		})},
		{all + "/then/needs/0/certificates", then(func(o *Outcome) { o.Needs, o.Lacking = []Need{{Evidence: CertificateHeld}}, Hold })},
	} {
		r := smallRules()
		c.change(&r)
		err := r.Check()
		require.Error(t, err, c.place)
		var places []string
		for _, p := range problems(err) {
			places = append(places, p.Place)
			require.NotEmpty(t, p.What)
			require.NotEmpty(t, p.Remedy)
		}
		require.Contains(t, places, c.place, "%v", err)
	}
}

// problems takes an error of Check apart.
func problems(err error) []*Problem {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return nil
	}
	var out []*Problem
	for _, e := range joined.Unwrap() {
		var p *Problem
		if errors.As(e, &p) {
			out = append(out, p)
		}
	}
	return out
}

func TestARuleThatAnEarlierOneLeavesNothingIsRefused(t *testing.T) {
	rule := func(name string, w When) Rule { return Rule{Rule: name, When: w, Then: standard("CA-ON", "13")} }
	in := func(p ...string) Places { return Places{In: p} }
	notIn := func(p ...string) Places { return Places{NotIn: p} }
	for _, c := range []struct {
		name           string
		earlier, later When
		dead           bool
	}{
		{"anything before something", When{}, When{Status: Business}, true},
		{"something before anything", When{Status: Business}, When{}, false},
		{"country before its state", When{Origin: in("CA")}, When{Origin: in("CA-ON")}, true},
		{"state before its country", When{Origin: in("CA-ON")}, When{Origin: in("CA")}, false},
		{"region before its places", When{Origin: in("west")}, When{Origin: in("CA-AB", "CA-BC")}, true},
		{"places before their region", When{Origin: in("CA-AB", "CA-BC", "CA-ON")}, When{Origin: in("west")}, true},
		{"some places before their region", When{Origin: in("CA-AB")}, When{Origin: in("west")}, false},
		{"abroad before a country", When{Origin: notIn("CA")}, When{Origin: in("US")}, true},
		{"abroad before the country", When{Origin: notIn("CA")}, When{Origin: in("CA-ON")}, false},
		{"not a state before its country", When{Origin: notIn("CA-ON")}, When{Origin: in("CA")}, false},
		{"not a state before not its country", When{Origin: notIn("CA-ON")}, When{Origin: notIn("CA")}, true},
		{"not a country before not a state", When{Origin: notIn("CA")}, When{Origin: notIn("CA-ON")}, false},
		{"via none before via another", When{Via: notIn("US")}, When{Via: in("MX")}, false},
		{"within country before state", When{Within: Country}, When{Within: State}, true},
		{"crossing states before countries", When{Crosses: State}, When{Crosses: Country}, true},
		{"crossing countries before states", When{Crosses: Country}, When{Crosses: State}, false},
		{"charges", When{Charges: Names{NotIn: []string{"fuel"}}}, When{Charges: Names{In: []string{"freight"}}}, true},
		{"circumstances are many", When{Circumstances: Names{NotIn: []string{"noted"}}}, When{Circumstances: Names{In: []string{"other"}}}, false},
		{"charges of no kind named", When{Charges: Names{NotIn: []string{"fuel"}}}, When{}, false},
		{"within the same", When{Within: State}, When{Within: State}, true},
		{"within a country before anywhere", When{Within: Country}, When{}, false},
		{"crossing the same", When{Crosses: Country}, When{Crosses: Country}, true},
		{"crossing states before anywhere", When{Crosses: State}, When{}, false},
		{"different conditions", When{Origin: in("CA")}, When{Destination: in("CA")}, false},
	} {
		r := smallRules()
		r.Circumstances = append(r.Circumstances, Circumstance{"other", "another"})
		r.Rules = []Rule{rule("earlier", c.earlier), rule("later", c.later)}
		err := r.Check()
		if !c.dead {
			require.NoError(t, err, c.name)
			continue
		}
		require.ErrorContains(t, err, "rules/1 later: rules/0 earlier matches whatever it matches", c.name)

		// Also where it hangs on an option, or the earlier one waits for evidence
		opted := r
		opted.Rules = slices.Clone(r.Rules)
		opted.Rules[1].Option = "opted"
		require.Error(t, opted.Check(), c.name)
		opted.Rules[0].Option = "opted"
		require.Error(t, opted.Check(), c.name)
		held := r
		held.Rules = slices.Clone(r.Rules)
		held.Rules[0].Then.Needs, held.Rules[0].Then.Lacking = []Need{{Evidence: Declaration}}, Hold
		require.Error(t, held.Check(), c.name)

		// It is reached when the earlier one leaves it days, hangs on an
		// option, or leaves the charge to the next rule
		days := r
		days.Rules = slices.Clone(r.Rules)
		days.Rules[0].Through = "2025-06-30"
		require.NoError(t, days.Check(), c.name)
		days.Rules[1].Through = "2025-06-30"
		require.Error(t, days.Check(), c.name)
		option := r
		option.Rules = slices.Clone(r.Rules)
		option.Rules[0].Option = "opted"
		require.NoError(t, option.Check(), c.name)
		evidence := r
		evidence.Rules = slices.Clone(r.Rules)
		evidence.Rules[0].Then.Needs, evidence.Rules[0].Then.Lacking = []Need{{Evidence: Declaration}}, NextRule
		require.NoError(t, evidence.Check(), c.name)
	}
}

func TestARuleThatEndsWithItsVersionLeavesNothingAfterIt(t *testing.T) {
	r := smallRules()
	r.Through = "2025-12-31"
	r.Rules = []Rule{{Rule: "earlier", Through: "2025-12-31", Then: standard("CA-ON", "13")}, {Rule: "later", Then: standard("CA-ON", "13")}}
	require.ErrorContains(t, r.Check(), "rules/0 earlier matches whatever it matches")
	r.Rules[1].Through = "2026-06-30" // which the version does not live to see
	require.ErrorContains(t, r.Check(), "rules/0 earlier matches whatever it matches")
	r.Rules[1].Through = ""
	r.Rules[0].Through = "2025-12-30"
	require.NoError(t, r.Check())
	r.Rules[0].From, r.Rules[0].Through = "2025-01-02", ""
	require.NoError(t, r.Check())
	r.Rules[0].From = "2025-01-01"
	require.Error(t, r.Check())
}

func TestRule33VersionsKeepTheRounding(t *testing.T) {
	one, two := smallRules(), smallRules()
	two.Version, two.From = "2", "2026-01-01"
	v := Versions{one, two}
	require.NoError(t, v.Check())
	for day, version := range map[string]string{"2025-01-01": "1", "2025-12-31": "1", "2026-01-01": "2"} {
		r, err := v.On(day)
		require.NoError(t, err)
		require.Equal(t, version, r.Version)
	}
	var none *NotInForceError
	_, err := v.On("2024-12-31")
	require.ErrorAs(t, err, &none)
	require.Equal(t, "tax rules carrier: no version is in force on 2024-12-31: adopt one", none.Error())
	_, err = Versions{}.On("2025-01-01")
	require.ErrorAs(t, err, &none)

	changed := two.rounded(PerInvoice, Combined, money.HalfUp)
	require.ErrorContains(t, Versions{one, changed}.Check(), "rule 33")
	require.Error(t, Versions{two, one}.Check(), "out of order")
	require.Error(t, Versions{one, one}.Check(), "twice")
	again := two
	again.Version = one.Version
	require.ErrorContains(t, Versions{one, again}.Check(), "the version is there twice")
	again = two
	again.From = one.From
	require.ErrorContains(t, Versions{one, again}.Check(), "not after version 1")
	broken := two
	broken.Home = ""
	require.ErrorContains(t, Versions{one, broken}.Check(), "home: ")
	other := two
	other.Registrant = "another"
	require.Error(t, Versions{one, other}.Check())
	ends := one
	ends.Through = "2026-01-01"
	require.Error(t, Versions{ends, two}.Check(), "overlapping")
	ends.Through = "2025-11-30"
	require.NoError(t, Versions{ends, two}.Check())
	_, err = Versions{ends, two}.On("2025-12-15")
	require.ErrorAs(t, err, &none)
}

func TestAFileIsReadStrictly(t *testing.T) {
	good, err := json.Marshal(smallRules())
	require.NoError(t, err)
	_, err = Decode(good)
	require.NoError(t, err)
	for name, change := range map[string][2]string{
		"an unknown key":      {`"version":"1"`, `"version":"1","versoin":"1"`},
		"an unknown deep key": {`"when":{"within":"state"}`, `"when":{"withn":"state"}`},
		"a repeated key":      {`"version":"1"`, `"version":"1","version":"1"`},
		"capitals":            {`"version":"1"`, `"Version":"1"`},
		"a number":            {`"percent":"13"`, `"percent":13`},
		"an exponent":         {`"percent":"13"`, `"percent":"1.3e1"`},
		"null":                {`"version":"1"`, `"version":null`},
		"empty text":          {`"version":"1"`, `"version":"1","title":""`},
		"bad UTF-8":           {`"version":"1"`, `"version":"1","title":"` + "\xff" + `"`},
	} {
		require.Contains(t, string(good), change[0], name)
		_, err := Decode([]byte(strings.Replace(string(good), change[0], change[1], 1)))
		require.Error(t, err, name)
	}
	for name, raw := range map[string]string{
		"nothing": "", "a list": "[]", "two": string(good) + string(good), "cut": string(good[:len(good)-1]), "not UTF-8": "\xff",
		"deep": strings.Repeat("[", 1000), "long": strings.Repeat(" ", MaxBytes+1),
	} {
		_, err := Decode([]byte(raw))
		require.Error(t, err, name)
	}
	// The remedy names what is wrong
	for change, want := range map[[2]string]string{
		{`"percent":"13"`, `"percent":13`}:                    "write the decimal as a string",
		{`"version":"1"`, `"version":"1","Zone":"1"`}:         "small letters",
		{`"version":"1"`, `"version":"1","zone":"1"`}:         "unknown field",
		{`"version":"1"`, `"version":"1","a":{"b":1,"b":2}`}:  "/a/b is there twice",
		{`"version":"1"`, `"version":"1","a":[{"b":1},null]`}: "/a/1: nothing is stated",
	} {
		_, err := Decode([]byte(strings.Replace(string(good), change[0], change[1], 1)))
		require.ErrorContains(t, err, want)
	}
	require.Error(t, new(Decimal).UnmarshalJSON(nil))
}

func TestAFileIsBounded(t *testing.T) {
	good, err := json.Marshal(smallRules())
	require.NoError(t, err)
	padded := func(size int) []byte { return append(slices.Clone(good), bytes.Repeat([]byte(" "), size-len(good))...) }
	_, err = Decode(padded(MaxBytes))
	require.NoError(t, err)
	_, err = Decode(padded(MaxBytes + 1))
	require.ErrorContains(t, err, "at most 262144 are read")

	// Of nested lists and objects the seventeenth is still looked into
	for name, nest := range map[string]func(int) string{
		"lists":   func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) },
		"objects": func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) },
	} {
		_, err = Decode([]byte(nest(maxDepth)))
		require.NotContains(t, err.Error(), "nested too deep", name)
		_, err = Decode([]byte(nest(maxDepth + 2)))
		require.ErrorContains(t, err, "nested too deep", name)
	}
	_, err = Decode([]byte(strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1)))
	require.NotContains(t, err.Error(), "nested too deep")
}
