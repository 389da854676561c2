package tax

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNamesAreLettersDigitsAndWhatStandsBetweenThem(t *testing.T) {
	for _, good := range []string{"a", "azAZ09", "2025-1", "a.b_c-d", strings.Repeat("x", 64)} {
		require.True(t, isName(good), "%q", good)
	}
	for _, bad := range []string{"", ".a", "_a", "-a", "a b", "a/b", "a:b", "a@b", "a[b", "a`b", "a{b", "é", strings.Repeat("x", 65)} {
		require.False(t, isName(bad), "%q", bad)
	}
}

func TestJurisdictionsAreCountriesAndPartsOfThem(t *testing.T) {
	for _, good := range []string{"CA", "AZ", "CA-QC", "AT-9", "GB-ENG", "FR-09", "AZ-AZ"} {
		require.True(t, isJurisdiction(good), "%q", good)
	}
	for _, bad := range []string{"", "C", "CAN", "ca", "C1", "@A", "[A", "CA-", "CA-ABCD", "CA-qc", "CA-Q!", "CA-/0", "CA-:0", "CA-Q-C", "-QC"} {
		require.False(t, isJurisdiction(bad), "%q", bad)
	}
}

func TestReasonsForNoTaxAreCodesOfTheCEFList(t *testing.T) {
	longest := "VATEX-" + strings.Repeat("A", 58)
	for _, good := range []string{"VATEX-EU-AE", "VATEX-EU-146-1E", "VATEX-FR-CNWVAT", longest} {
		require.True(t, isVATEX(good), "%q", good)
	}
	for _, bad := range []string{"", "VATEX", "VATEX-", "EU-AE", "VATEX-eu-ae", "VATEX-EU AE", longest + "A"} {
		require.False(t, isVATEX(bad), "%q", bad)
	}
}
