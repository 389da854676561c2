package terms_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/integrations/terms"
)

var update = flag.Bool("update", false, "write the results into docs/RATING.md")

// block is the text of a fenced block of a page, by what stands behind its fence.
func block(t *testing.T, page, fence string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "```"+fence+"\n")
	require.True(t, found, "docs/RATING.md has no block %q", fence)
	text, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	return text
}

// What docs/RATING.md shows is what comes out.
func TestTheExampleOfTheDocumentationIsTrue(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "RATING.md")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	page := string(text)

	agreed, err := terms.Read("agreement.yaml", strings.NewReader(block(t, page, "yaml agreement")), nil)
	require.NoError(t, err)
	published, err := terms.Read("index.yaml", strings.NewReader(block(t, page, "yaml index")), nil)
	require.NoError(t, err)
	var facts rating.Facts
	require.NoError(t, json.Unmarshal([]byte(block(t, page, "json facts")), &facts))
	agreement, err := rating.Choose(agreed.Agreements, facts)
	require.NoError(t, err)
	for _, need := range agreement.Needs(facts) {
		value, known := need.Pick(published.Indexes[0].Series())
		require.True(t, known)
		facts.Indexes = append(facts.Indexes, value)
	}
	result, err := agreement.Rate(facts)
	require.NoError(t, err)
	require.NoError(t, result.Verify(agreement, facts))

	var out strings.Builder
	for _, c := range result.Charges {
		out.WriteString(c.Charge + ": " + c.Amount.String() + "\n" + c.Derivation.Text())
		for _, lack := range c.Lacks {
			out.WriteString("lacks: " + lack.Detail + "\n")
		}
		out.WriteString("\n")
	}
	got := strings.TrimRight(out.String(), "\n") + "\n"
	want := block(t, page, "text charges")
	if *update && got != want {
		require.NoError(t, os.WriteFile(path, []byte(strings.Replace(page, "```text charges\n"+want+"```", "```text charges\n"+got+"```", 1)), 0o644))
		want = got
	}
	require.Equal(t, want, got)
}
