package domain

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/freightledger/freightledger/domain/rating"
)

// Bounds of a chart.
const (
	maxChartRows     = 2_000
	maxChartText     = 200
	maxAccount       = 60 // bytes
	maxUnit          = 60 // bytes
	maxChartProblems = 100
)

// InvalidChart is what [ChartVersion.Check] refuses a chart with: all that is
// wrong with it, so that it can be mended in one go.
type InvalidChart struct {
	Chart, Version string
	Problems       []rating.Problem // the first hundred
	More           int              // how many there are beyond them
}

func (e *InvalidChart) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "chart %.60q, version %.60q, cannot be booked by", e.Chart, e.Version)
	for _, p := range e.Problems {
		b.WriteString("\n\t" + p.String())
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\n\tand %d more", e.More)
	}
	return b.String()
}

func (e *InvalidChart) refuse(pointer, place, format string, args ...any) {
	if len(e.Problems) == maxChartProblems {
		e.More++
		return
	}
	e.Problems = append(e.Problems, rating.Problem{Pointer: pointer, Place: place, Text: fmt.Sprintf(format, args...)})
}

// Check refuses, by an [*InvalidChart], a chart that leaves an entry without an
// account, or holds a row that no entry would ever meet.
func (v ChartVersion) Check() error {
	found := &InvalidChart{Chart: v.Chart, Version: v.Version}
	for _, f := range []struct{ name, id string }{{"chart", v.Chart}, {"version", v.Version}} {
		if err := CheckID(f.name, f.id); err != nil {
			found.refuse("/"+f.name, f.name, "%v", err)
		}
	}
	if !readable(v.Title, maxChartText) {
		found.refuse("/title", "title", "write at most %d bytes of plain text", maxChartText)
	}
	if _, err := time.Parse(DayLayout, v.From); err != nil {
		found.refuse("/from", "from", "%.40q is no date: write year, month and day as in 2026-03-31", v.From)
	}
	if len(v.Rows) > maxChartRows {
		found.refuse("/rows", "rows", "%d rows: at most %d are taken", len(v.Rows), maxChartRows)
	} else {
		v.checkRows(found)
	}
	if len(found.Problems) > 0 {
		return found
	}
	return nil
}

func (v ChartVersion) checkRows(found *InvalidChart) {
	scopes := map[Role]scope{}
	var names []string
	for _, r := range roles() {
		scopes[r.Role] = r.scope
		names = append(names, string(r.Role))
	}
	last := map[Role]int{} // of each role, from 1
	for i, row := range v.Rows {
		pointer, place := fmt.Sprintf("/rows/%d", i), v.name(i)
		scope, known := scopes[row.Role]
		if !known {
			found.refuse(pointer+"/role", place, "role %.40q is not known: write one of %s", row.Role, strings.Join(names, ", "))
			continue
		}
		last[row.Role] = i + 1
		row.check(scope, func(field, format string, args ...any) { found.refuse(pointer+"/"+field, place, format, args...) })
		if by := slices.IndexFunc(v.Rows[:i], func(earlier ChartRow) bool { return earlier.covers(row) }); by >= 0 {
			found.refuse(pointer, place, "%s comes before and takes all that this row is for: put the narrower row first, or take one out", v.name(by))
		}
	}
	for _, role := range names {
		switch i := last[Role(role)]; {
		case i == 0:
			found.refuse("/rows", "role "+role, "has no row: write one with an account and no conditions")
		case v.Rows[i-1].conditional():
			found.refuse(fmt.Sprintf("/rows/%d", i-1), v.name(i-1), "is the last one of role %s and has conditions: let a row without any end the role, for whatever the others leave", role)
		}
	}
}

// name tells a row, counted from 1.
func (v ChartVersion) name(i int) string {
	r := v.Rows[i]
	name := fmt.Sprintf("row %d (%.40s", i+1, r.Role)
	for _, c := range []struct{ name, is string }{{"kind", string(r.Kind)}, {"code", r.Code}, {"unit", r.Unit}, {"origin", r.Origin},
		{"destination", r.Destination}, {"jurisdiction", r.Jurisdiction}} {
		if c.is != "" {
			name += fmt.Sprintf(", %s %.40s", c.name, c.is)
		}
	}
	return name + ")"
}

// placeName is a country, or a country and its state.
var placeName = regexp.MustCompile(`^[A-Z]{2}(-[A-Z0-9][A-Z0-9 .]{0,39})?$`)

func (r ChartRow) check(s scope, refuse func(field, format string, args ...any)) {
	if r.Account == "" || !readable(string(r.Account), maxAccount) || strings.TrimSpace(string(r.Account)) != string(r.Account) {
		refuse("account", "account %.40q: write the ledger's own number of the account, at most %d bytes without spaces around it", r.Account, maxAccount)
	}
	switch r.Kind {
	case "", Freight, Insurance, FuelSurcharge, Accessorial, Discount:
	default:
		refuse("kind", "kind %.40q is not known: write one of freight, insurance, fuel-surcharge, accessorial, discount", r.Kind)
	}
	for _, f := range []struct {
		name, is string
		most     int
	}{{"code", r.Code, maxCode}, {"unit", r.Unit, maxUnit}, {"jurisdiction", r.Jurisdiction, maxUnit}} {
		if !readable(f.is, f.most) {
			refuse(f.name, "%s %.40q: write at most %d bytes of plain text", f.name, f.is, f.most)
		}
	}
	for _, f := range []struct{ name, is string }{{"origin", r.Origin}, {"destination", r.Destination}} {
		if f.is != "" && !placeName.MatchString(f.is) {
			refuse(f.name, "%s %.60q: write a country, or a country and a state, in capitals: US, US-IL", f.name, f.is)
		}
	}
	switch {
	case s == ofDocument && r.conditional():
		refuse("role", "role %s has one entry for a whole document, whatever its charges: leave the conditions out", r.Role)
	case s == ofLine && r.Jurisdiction != "":
		refuse("jurisdiction", "jurisdiction is of tax: leave it out for role %s", r.Role)
	}
}

// readable tells text without control characters, of a bounded length.
func readable(text string, most int) bool {
	return len(text) <= most && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
