package domain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/domaintest"
	"github.com/stretchr/testify/require"
)

// chart is the built-in one under another name, with rows before its own.
func chart(version, from string, first ...domain.ChartRow) domain.ChartVersion {
	c := domain.BuiltInChart()
	c.Version, c.Title, c.From = version, "", from
	c.Rows = append(first, c.Rows...)
	return c
}

// moved is the same with every account on another number.
func moved(c domain.ChartVersion, suffix string) domain.ChartVersion {
	c.Rows = append([]domain.ChartRow{}, c.Rows...)
	for i := range c.Rows {
		c.Rows[i].Account += domain.Account(suffix)
	}
	return c
}

func adoptChart(c domain.ChartVersion) domain.AdoptChart {
	return domain.AdoptChart{Terms: c, By: "finance desk"}
}

func TestAChartIsAdoptedOnceAndNeverChanged(t *testing.T) {
	first := chart("2024-04", "2024-04-01")
	adopted := domain.ChartAdopted{Chart: domain.DefaultChart, Terms: first, By: "finance desk"}
	domaintest.When(t, nil, adoptChart(first)).Then(adopted)
	h := domaintest.Given(adopted)

	// The same again changes nothing, whoever sends it
	domaintest.When(t, h, domain.AdoptChart{Terms: first, By: "somebody else"}).Nothing()
	// Another text under its name is refused, and so is another version from its day
	domaintest.When(t, h, adoptChart(moved(first, "-B"))).Refused(domain.Conflict)
	domaintest.When(t, h, adoptChart(chart("2024-04a", "2024-04-01"))).Refused(domain.Conflict)
	later := first
	later.From = "2026-04-01"
	domaintest.When(t, h, adoptChart(later)).Refused(domain.Conflict)
	// Later and earlier days are free
	domaintest.When(t, h, adoptChart(chart("2025", "2025-01-01"))).Then(domain.ChartAdopted{Chart: domain.DefaultChart, Terms: chart("2025", "2025-01-01"), By: "finance desk"})
	domaintest.When(t, h, adoptChart(chart("2023", "2023-01-01"))).Then(domain.ChartAdopted{Chart: domain.DefaultChart, Terms: chart("2023", "2023-01-01"), By: "finance desk"})
	// Somebody adopts it
	domaintest.When(t, nil, domain.AdoptChart{Terms: first}).Refused(domain.Invalid)
}

func TestAChartIsRefusedWithTheRowNamed(t *testing.T) {
	without := func(role domain.Role) domain.ChartVersion {
		c := chart("1", "2024-04-01")
		var rows []domain.ChartRow
		for _, row := range c.Rows {
			if row.Role != role {
				rows = append(rows, row)
			}
		}
		c.Rows = rows
		return c
	}
	row := func(r domain.ChartRow) domain.ChartVersion { return chart("1", "2024-04-01", r) }
	titled := func(title string) domain.ChartVersion {
		c := chart("1", "2024-04-01")
		c.Title = title
		return c
	}
	rows := func(n int) domain.ChartVersion {
		c := chart("1", "2024-04-01")
		var narrow []domain.ChartRow
		for i := range n - len(c.Rows) {
			narrow = append(narrow, domain.ChartRow{Role: domain.Revenue, Unit: fmt.Sprint("unit ", i), Account: "4011"})
		}
		c.Rows = append(narrow, c.Rows...)
		return c
	}
	onlyWhere := without(domain.CreditsGiven)
	onlyWhere.Rows = append(onlyWhere.Rows, domain.ChartRow{Role: domain.CreditsGiven, Kind: domain.Freight, Account: "4900"})
	for name, c := range map[string]struct {
		chart          domain.ChartVersion
		pointer, place string
	}{
		"a role without a row":                 {without(domain.BadDebt), "/rows", "role bad-debt"},
		"a role that ends in a condition":      {onlyWhere, "/rows/14", "row 15 (credits, kind freight)"},
		"a role that is none":                  {row(domain.ChartRow{Role: "goodwill", Account: "1900"}), "/rows/0/role", "row 1 (goodwill)"},
		"a row behind one that takes it all":   {row(domain.ChartRow{Role: domain.Revenue, Kind: domain.Insurance, Account: "4000"}), "/rows/7", "row 8 (revenue, kind insurance)"},
		"a state behind its country":           {chart("1", "2024-04-01", domain.ChartRow{Role: domain.Revenue, Origin: "US", Account: "1"}, domain.ChartRow{Role: domain.Revenue, Origin: "US-IL", Kind: domain.Freight, Account: "2"}), "/rows/1", "row 2 (revenue, kind freight, origin US-IL)"},
		"a condition that the role never has":  {row(domain.ChartRow{Role: domain.Receivable, Unit: "reefer", Account: "1201"}), "/rows/0/role", "row 1 (receivable, unit reefer)"},
		"a jurisdiction of what is not tax":    {row(domain.ChartRow{Role: domain.Revenue, Jurisdiction: "US-TX", Account: "4011"}), "/rows/0/jurisdiction", "row 1 (revenue, jurisdiction US-TX)"},
		"a kind of charge that is none":        {row(domain.ChartRow{Role: domain.Revenue, Kind: "storage", Account: "4011"}), "/rows/0/kind", "row 1 (revenue, kind storage)"},
		"a place that is none":                 {row(domain.ChartRow{Role: domain.Revenue, Origin: "Illinois", Account: "4011"}), "/rows/0/origin", "row 1 (revenue, origin Illinois)"},
		"no account":                           {row(domain.ChartRow{Role: domain.Revenue, Unit: "reefer"}), "/rows/0/account", "row 1 (revenue, unit reefer)"},
		"an account with a line end":           {row(domain.ChartRow{Role: domain.Revenue, Unit: "reefer", Account: "40\n11"}), "/rows/0/account", "row 1 (revenue, unit reefer)"},
		"too long a title":                     {titled(strings.Repeat("t", 201)), "/title", "title"},
		"a title of two lines":                 {titled("freight\nand more"), "/title", "title"},
		"a title that is no text":              {titled("caf\xe9"), "/title", "title"},
		"more rows than anybody has":           {rows(2_001), "/rows", "rows"},
		"too long a code":                      {row(domain.ChartRow{Role: domain.Revenue, Code: strings.Repeat("c", 21), Account: "4011"}), "/rows/0/code", "row 1 (revenue, code ccccccccccccccccccccc)"},
		"a day that is none":                   {chart("1", "April"), "/from", "from"},
		"a name that could not name a version": {chart("a version", "2024-04-01"), "/version", "version"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.chart.Check()
			var invalid *domain.InvalidChart
			require.ErrorAs(t, err, &invalid)
			require.Len(t, invalid.Problems, 1, "%v", err)
			require.Equal(t, [2]string{c.pointer, c.place}, [2]string{invalid.Problems[0].Pointer, invalid.Problems[0].Place})
			require.Equal(t, fmt.Sprintf("chart \"default\", version %q, cannot be booked by\n\t%s", c.chart.Version, invalid.Problems[0]), fmt.Sprint(err))
			domaintest.When(t, nil, adoptChart(c.chart)).Refused(domain.Invalid)
		})
	}
	require.NoError(t, domain.BuiltInChart().Check())
	require.NoError(t, titled(strings.Repeat("t", 200)).Check())
	require.NoError(t, rows(2_000).Check())

	// All that is wrong is told at once, up to a bound
	many := chart("1", "2024-04-01")
	for range 150 {
		many.Rows = append(many.Rows, domain.ChartRow{Role: "goodwill", Account: "1"})
	}
	var invalid *domain.InvalidChart
	require.ErrorAs(t, many.Check(), &invalid)
	require.Equal(t, [2]int{100, 50}, [2]int{len(invalid.Problems), invalid.More})
	require.Contains(t, invalid.Error(), "and 50 more")
}
