package terms_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/integrations/terms"
)

// chartFile writes the built-in chart as a file would have it, with rows before
// its own.
func chartFile(version, from string, first ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "kind: chart\nchart: default\nversion: %q\nfrom: %s\nrows:\n", version, from)
	for _, row := range first {
		fmt.Fprintf(&b, "  - {%s}\n", row)
	}
	for _, row := range domain.BuiltInChart().Rows {
		fmt.Fprintf(&b, "  - {role: %s, ", row.Role)
		if row.Kind != "" {
			fmt.Fprintf(&b, "kind: %s, ", row.Kind)
		}
		fmt.Fprintf(&b, "account: %q}\n", row.Account)
	}
	return b.String()
}

func TestAChartIsReadAndAdopted(t *testing.T) {
	file := chartFile("2026-01", "2026-01-01", `role: revenue, kind: freight, unit: reefer, origin: US-IL, destination: CA, account: "4011"`)
	read, err := terms.Read("chart.yaml", strings.NewReader(file), nil)
	require.NoError(t, err)
	want := domain.BuiltInChart()
	want.Version, want.Title, want.From = "2026-01", "", "2026-01-01"
	want.Rows = append([]domain.ChartRow{{Role: domain.Revenue, Kind: domain.Freight, Unit: "reefer", Origin: "US-IL", Destination: "CA", Account: "4011"}}, want.Rows...)
	require.Equal(t, []domain.ChartVersion{want}, read.Charts)

	items, err := terms.Items("finance desk")(context.Background(), "terms-1", []byte(file))
	require.NoError(t, err)
	require.Len(t, items, 1)
	require.Equal(t, domain.AdoptChart{Terms: want, By: "finance desk", Source: domain.Source{Message: "terms-1", Place: "chart default 2026-01"}}, items[0].Command)
}

func TestAWrongChartIsToldByItsLines(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		told []string
	}{
		"rows that nothing reaches, and a role that is none": {
			chartFile("1", "2026-01-01", `role: revenue, origin: US, account: "1"`, `role: revenue, origin: US-IL, account: "2"`, `role: goodwill, account: "3"`),
			[]string{"chart.yaml:7:5: row 2 (revenue, origin US-IL): row 1 (revenue, origin US) comes before", "chart.yaml:8:6: row 3 (goodwill): role \"goodwill\" is not known"}},
		"a role without a row":        {strings.Replace(chartFile("1", "2026-01-01"), `  - {role: bad-debt, account: "6010"}`+"\n", "", 1), []string{"role bad-debt: has no row"}},
		"an account that is a number": {chartFile("1", "2026-01-01", "role: revenue, unit: reefer, account: 4011"), []string{"chart.yaml:6:35: account: here stands a number, wanted is text: put it in quotes"}},
		"two versions from one day":   {chartFile("1", "2026-01-01") + "---\n" + chartFile("2", "2026-01-01"), []string{"version 1 is in force from 2026-01-01 as well"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := terms.Read("chart.yaml", strings.NewReader(c.file), nil)
			for _, told := range c.told {
				require.ErrorContains(t, err, told)
			}
		})
	}
}

// The schema takes what Check takes of a file with every field, and has the
// words of the types.
func TestTheSchemaOfAChartIsTrue(t *testing.T) {
	tree, err := jsonschema.UnmarshalJSON(strings.NewReader(domain.ChartSchema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("chart.schema.json", tree))
	schema, err := compiler.Compile("chart.schema.json")
	require.NoError(t, err)
	validate := func(file string) error {
		docs, err := terms.Documents("chart.yaml", strings.NewReader(file))
		require.NoError(t, err)
		parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(docs[0].JSON()))
		require.NoError(t, err)
		return schema.Validate(parsed)
	}
	full := `role: tax, kind: freight, code: "400", unit: reefer, origin: US-IL, destination: CA, jurisdiction: CA-ON, account: "2201"`
	require.NoError(t, validate(strings.Replace(chartFile("2026-01", "2026-01-01", full), "from:", "title: reefer\nfrom:", 1)))
	row := tree.(map[string]any)["properties"].(map[string]any)["rows"].(map[string]any)["items"].(map[string]any)["properties"].(map[string]any)
	for name, described := range row {
		require.NotEmpty(t, described.(map[string]any)["description"], name)
		require.Contains(t, full, name+":")
	}
	words := map[string]bool{}
	for _, word := range row["role"].(map[string]any)["enum"].([]any) {
		words[word.(string)] = true
	}
	for _, r := range domain.BuiltInChart().Rows {
		require.True(t, words[string(r.Role)], r.Role)
	}
	require.Len(t, words, 12)
	for _, wrong := range []string{`role: goodwill, account: "1"`, `role: revenue`, `role: revenue, kind: storage, account: "1"`, `role: revenue, origin: Illinois, account: "1"`, `role: revenue, place: US, account: "1"`} {
		require.Error(t, validate(chartFile("1", "2026-01-01", wrong)), wrong)
	}
}
