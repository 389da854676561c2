package terms_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/integrations/terms"
)

const small = `# A flat price.
kind: agreement
agreement: SMALL
version: "1"
currency: USD
from: 2026-01-01
round: {mode: half-up, step: 0.01}
lanes:
  - lane: ANY
    linehaul:
      per: mile
      rate: 2.150
`

const smallJSON = `{
  "kind": "agreement", "agreement": "SMALL", "version": "1", "currency": "USD",
  "from": "2026-01-01", "round": {"mode": "half-up", "step": 0.01},
  "lanes": [{"lane": "ANY", "linehaul": {"per": "mile", "rate": 2.150}}]
}`

func TestAnAgreementIsReadFromYAMLAndJSONAlike(t *testing.T) {
	fromYAML, err := terms.Read("small.yaml", strings.NewReader(small), nil)
	require.NoError(t, err)
	fromJSON, err := terms.Read("small.json", strings.NewReader(smallJSON), nil)
	require.NoError(t, err)

	require.Equal(t, fromYAML, fromJSON)
	require.Equal(t, "SMALL", fromYAML.Agreements[0].Agreement)
	require.Equal(t, "2026-01-01", fromYAML.Agreements[0].From)

	// A file without a known end is told by how it begins.
	for _, content := range []string{small, smallJSON} {
		unnamed, err := terms.Read("body", strings.NewReader(content), nil)
		require.NoError(t, err)
		require.Equal(t, fromYAML, unnamed)
	}
}

func TestNumbersKeepTheirDigits(t *testing.T) {
	for _, digits := range []string{"2.15", "2.150", "0.1", "123456789012345.123456", "900719925474099.300001", "0", "100"} {
		for name, content := range map[string]string{"a.yaml": small, "a.json": smallJSON} {
			got, err := terms.Read(name, strings.NewReader(strings.Replace(content, "2.150", digits, 1)), nil)
			require.NoError(t, err)
			rate := got.Agreements[0].Lanes[0].Linehaul.Rate
			require.Equal(t, digits, rate.String(), name)
			require.True(t, rate.Equal(rating.MustDecimal(digits)))
		}
	}
}

func TestAFileMayHoldSeveralDocuments(t *testing.T) {
	other := strings.Replace(small, "SMALL", "OTHER", 1)
	index := "kind: index\nindex: EIA\nunit: USD/gal\nsource: eia.gov\nvalues:\n- {published: 2026-03-02, effective: 2026-03-03, value: 3.999}\n"

	got, err := terms.Read("several.yaml", strings.NewReader(small+"---\n"+index+"---\n"+other), nil)

	require.NoError(t, err)
	require.Len(t, got.Agreements, 2)
	require.Equal(t, "OTHER", got.Agreements[1].Agreement)
	require.Equal(t, []rating.IndexValue{{Index: "EIA", Published: "2026-03-02", Effective: "2026-03-03", Value: rating.MustDecimal("3.999"), Source: "eia.gov"}}, got.Indexes[0].Series())

	lines, err := terms.Read("several.json", strings.NewReader(smallJSON+"\n"+strings.Replace(smallJSON, "SMALL", "OTHER", 1)), nil)
	require.NoError(t, err)
	require.Equal(t, got.Agreements, lines.Agreements)
}

func TestOtherKindsAreReadByWhomTheCallerNames(t *testing.T) {
	type rules struct {
		Registrant string         `json:"registrant"`
		Rate       rating.Decimal `json:"rate"`
	}
	var got rules
	kinds := terms.Kinds{"tariff-notes": func(d terms.Document) error {
		if err := d.Decode(&got); err != nil {
			return err
		}
		if got.Rate.Sign() < 0 {
			return d.Refuse("/rate", "rate is %s: write 0 or more", got.Rate)
		}
		return nil
	}}

	_, err := terms.Read("tax.yaml", strings.NewReader("kind: tariff-notes\nregistrant: CA-1\nrate: 13.0\n"), kinds)
	require.NoError(t, err)
	require.Equal(t, rules{"CA-1", rating.MustDecimal("13.0")}, got)

	_, err = terms.Read("tax.yaml", strings.NewReader("kind: tariff-notes\nregistrant: CA-1\nrate: -1\n"), kinds)
	require.EqualError(t, err, "tax.yaml:3:1: rate is -1: write 0 or more")

	_, err = terms.Read("tax.yaml", strings.NewReader("kind: tariff-notes\nregistrant: CA-1\n"), nil)
	require.EqualError(t, err, `tax.yaml:1:1: kind "tariff-notes" is not known here: write agreement, index, chart, issuer or tax-rules`)
}

func TestErrorsNameFileLineColumnAndRemedy(t *testing.T) {
	yaml := func(old, with string) string { return strings.Replace(small, old, with, 1) }
	json := func(old, with string) string { return strings.Replace(smallJSON, old, with, 1) }
	for _, c := range []struct{ name, file, content, want string }{
		{"an unknown field", "a.yaml", yaml("rate:", "rates:"), `a.yaml:12:7: field "rates" is not known here: correct its name or take it out`},
		{"a repeated field", "a.yaml", yaml("version:", "agreement: B\nversion:"), `a.yaml:4:1: field "agreement" is there twice: keep one`},
		{"a field in capitals", "a.yaml", yaml("currency:", "Currency:"), `a.yaml:5:1: field "Currency" is not known here`},
		{"a number where text is wanted", "a.yaml", yaml(`"1"`, "2026"), `a.yaml:4:1: version: here stands a number, wanted is text: put it in quotes`},
		{"a text that is no amount", "a.yaml", yaml("2.150", "cheap"), `a.yaml:12:7: rate: "cheap": not an amount; write digits with a point`},
		{"a list that is none", "a.yaml", yaml("version:", "customers: C-1\nversion:"), `a.yaml:4:1: customers: here stands text, wanted is a list`},
		{"a value that is missing", "a.yaml", yaml("2.150", ""), "a.yaml:12:12: a value is missing: write one, or take the field out"},
		{"a text that is empty", "a.yaml", yaml(`"1"`, `""`), "a.yaml:4:10: the text is empty"},
		{"a list that is empty", "a.yaml", yaml("version:", "customers: []\nversion:"), "a.yaml:4:12: the list is empty"},
		{"zeros in front", "a.yaml", yaml("2.150", "02.15"), `a.yaml:12:13: "02.15" is no number as it is written here: write digits without leading zeros`},
		{"a number in hexadecimal", "a.yaml", yaml("2.150", "0x10"), `a.yaml:12:13: "0x10" is no number`},
		{"a number with an exponent", "a.yaml", yaml("2.150", "2e3"), `a.yaml:12:13: "2e3" is no number`},
		{"infinity", "a.yaml", yaml("2.150", ".inf"), `a.yaml:12:13: ".inf" is no number`},
		{"an anchor", "a.yaml", yaml("2.150", "&r 2.150"), "a.yaml:12:13: anchors and aliases are not read: write the value out"},
		{"an alias of nothing", "a.yaml", yaml("2.150", "*r"), "a.yaml:12:13: cannot be read as YAML: unknown anchor"},
		{"a tag", "a.yaml", yaml("2.150", "!!float 2.150"), `a.yaml:12:13: tag "!!float" is not read`},
		{"a tag of one's own", "a.yaml", yaml("2.150", "!rate 2.150"), `a.yaml:12:13: tag "!rate" is not read`},
		{"a merge", "a.yaml", yaml("rate: 2.150", "<<: {rate: 2.150}"), `a.yaml:12:7: field "<<" is not known here`},
		{"a field without a name", "a.yaml", yaml("version:", "? [a]\n: b\nversion:"), "a.yaml:4:3: the name of a field is a word"},
		{"what is no YAML", "a.yaml", yaml("{mode: half-up, step: 0.01}", "{mode: half-up"), "a.yaml:8:6: cannot be read as YAML"},
		{"a tab", "a.yaml", yaml("  - lane", "\t- lane"), "a.yaml:9:1: cannot be read as YAML"},
		{"no kind", "a.yaml", yaml("kind: agreement\n", ""), "a.yaml:2:1: kind is missing"},
		{"an unknown kind", "a.yaml", yaml("kind: agreement", "kind: tariff"), `a.yaml:2:1: kind "tariff" is not known here`},
		{"a kind that is a list", "a.yaml", yaml("kind: agreement", "kind: [agreement]"), "a.yaml:2:1: kind is a word"},
		{"a list of documents", "a.yaml", "- kind: agreement\n", "a.yaml:1:1: a document is fields with values"},
		{"an empty file", "a.yaml", "", "a.yaml: holds no document"},
		{"an empty document", "a.yaml", small + "---\n", "a.yaml:14:1: a value is missing"},

		{"an unknown field of JSON", "a.json", json(`"rate"`, `"rates"`), `a.json:4:57: field "rates" is not known here`},
		{"a repeated field of JSON", "a.json", json(`"version"`, `"agreement": "B", "version"`), `a.json:2:46: field "agreement" is there twice`},
		{"a missing value in JSON", "a.json", json("2.150", "null"), "a.json:4:65: a value is missing"},
		{"an empty text in JSON", "a.json", json(`"mile"`, `""`), "a.json:4:49: the text is empty"},
		{"an exponent in JSON", "a.json", json("2.150", "2.15e0"), `a.json:4:65: "2.15e0" is no number as it is written here`},
		{"a place behind letters of two bytes", "a.json", json(`"version": "1"`, `"title": "Québec–Lévis", "version": 1`), `a.json:2:71: version: here stands a number`},
		{"a comma too many", "a.json", json("}]\n", "}],\n"), "a.json:4:73: cannot be read as JSON"},
		{"an end too early", "a.json", smallJSON[:len(smallJSON)-1], "a.json:5:1: cannot be read as JSON: unexpected EOF"},
		{"JSON that is YAML", "a.json", small, "a.json:1:1: cannot be read as JSON"},
		{"not UTF-8", "a.yaml", small + "# \xff\n", "a.yaml: is not in UTF-8: save it as UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := terms.Read(c.file, strings.NewReader(c.content), nil)
			require.Error(t, err)
			require.Contains(t, err.Error(), c.want)
			var at *terms.Error
			require.ErrorAs(t, err, &at)
			require.Equal(t, c.file, at.File)
			require.Empty(t, got)
		})
	}
}

func TestAllThatCheckFindsIsToldWithItsLine(t *testing.T) {
	content := strings.Replace(strings.Replace(small, "2.150", "-2.150", 1), "step: 0.01", "step: 0.001", 1) + `fuel:
  - fuel: doe
    index: EIA
    method: bands
    unit: mile
    bands:
      - {from: 1.00, below: 1.99, rate: 0.05}
      - {from: 2.00, rate: 0.06}
`
	_, err := terms.Read("acme.yaml", strings.NewReader(content), nil)

	require.EqualError(t, err, `acme.yaml:7:24: round, step: is 0.001: an amount in USD has 2 decimals, so the step is a multiple of 0.01
acme.yaml:20:9: fuel doe, bands 1 and 2: 1.99 to 2.00 belongs to no band: begin band 2 at 1.99, where the one before ends
acme.yaml:12:7: lane ANY, linehaul, rate: is -2.150: write no number below 0`)
}

func TestAnIndexIsChecked(t *testing.T) {
	for _, c := range []struct{ values, want string }{
		{"- {published: 2026-03-02, effective: 2026-03-33, value: 3}", `a.yaml:4:27: value 1: effective "2026-03-33" is no date`},
		{"- {published: 2026-03-02, effective: 2026-03-03}", "a.yaml:4:3: value 1: value \"\" is no price: write a number above 0"},
		{"- {published: 2026-03-02, effective: 2026-03-03, value: -3}", `a.yaml:4:50: value 1: value "-3" is no price`},
		{"- {published: 2026-03-02, effective: 2026-03-03, value: 3}\n- {published: 2026-03-02, effective: 2026-03-03, value: 4}", "a.yaml:5:3: value 2: number 1 was published and is effective on the same days: keep one"},
	} {
		_, err := terms.Read("a.yaml", strings.NewReader("kind: index\nindex: EIA\nvalues:\n"+c.values+"\n"), nil)
		require.ErrorContains(t, err, c.want)
	}
	_, err := terms.Read("a.yaml", strings.NewReader("kind: index\nindex: E I A\ntitle: "+strings.Repeat("x", 201)+"\n"), nil)
	require.ErrorContains(t, err, "a.yaml:2:1: ")
	require.ErrorContains(t, err, "a.yaml:3:1: title is 201 bytes long")
	require.ErrorContains(t, err, "a.yaml:1:1: values has 0 entries")
}

func TestFilesAreBoundedBeforeTheyAreParsed(t *testing.T) {
	long := func(r io.Reader) error {
		_, err := terms.Read("big.yaml", r, nil)
		return err
	}
	require.ErrorContains(t, long(io.MultiReader(strings.NewReader(small+"# "), endless('x'))), "big.yaml: has more than 8388608 bytes")
	require.ErrorContains(t, long(strings.NewReader(strings.Repeat("-\n", 600_000))), "big.yaml: has more than 500000 lines and values")
	require.ErrorContains(t, long(strings.NewReader("kind: agreement\na: "+strings.Repeat("[", 40))), "max depth of 32")
	require.ErrorContains(t, long(strings.NewReader(strings.Repeat("a: b\n---\n", 1002))), "more than 1000 documents")

	_, err := terms.Read("deep.json", strings.NewReader(`{"a": `+strings.Repeat("[", 40)), nil)
	require.ErrorContains(t, err, "deep.json:1:38: nested deeper than 32")
	_, err = terms.Read("many.json", strings.NewReader(strings.Repeat(`{"a": "b"}`, 1002)), nil)
	require.ErrorContains(t, err, "more than 1000 documents")

	broken := errors.New("disk on fire")
	_, err = terms.Read("a.yaml", iotest.ErrReader(broken), nil)
	require.ErrorIs(t, err, broken)
}

type endless byte

func (e endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(e)
	}
	return len(b), nil
}

func TestABombOfAliasesIsNotExpanded(t *testing.T) {
	var b strings.Builder
	b.WriteString("kind: agreement\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 20; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	_, err := terms.Read("bomb.yaml", strings.NewReader(b.String()), nil)
	require.ErrorContains(t, err, "bomb.yaml:2:5: anchors and aliases are not read")
}

// Whatever bytes come: no panic, errors of bounded length with a place, and
// what is read passes Check and is the same after its stored form.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("../../domain/rating/testdata/*/*.yaml")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add("a.yaml", content)
	}
	f.Add("a.json", []byte(smallJSON))
	f.Add("a", []byte("{"))
	f.Add("a.yaml", []byte("kind: index\nindex: &a [*a]\n---\n? x\n: !!int 1\n"))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		if len(content) > 1<<16 || len(name) > 100 {
			return
		}
		got, err := terms.Read(name, bytes.NewReader(content), nil)
		if err != nil {
			require.Less(t, len(err.Error()), 128<<10+len(content))
			require.Empty(t, got)
			return
		}
		for _, a := range got.Agreements {
			require.NoError(t, a.Check())
		}
		docs, err := terms.Documents(name, bytes.NewReader(content))
		require.NoError(t, err)
		for _, doc := range docs {
			// The JSON of a document with its kind reads as the document.
			again := append([]byte(`{"kind":"`+doc.Kind+`",`), doc.JSON()[1:]...)
			same, err := terms.Documents("again.json", bytes.NewReader(again))
			require.NoError(t, err, "%s", again)
			require.Equal(t, string(doc.JSON()), string(same[0].JSON()))
		}
	})
}
