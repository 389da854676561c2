package rating

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/domain/money"
)

var update = flag.Bool("update", false, "write the goldens of derivations: only when a sheet was meant to change")

// rated is what the ledger keeps of a rating: enough to do it again.
type rated struct {
	Agreement Agreement `json:"agreement"`
	Facts     Facts     `json:"facts"`
	Result    Result    `json:"result"`
}

func TestTheSheetsOfTheExamplesStayAsTheyAre(t *testing.T) {
	known := map[string]bool{}
	for _, e := range ratingExamples() {
		t.Run(e.name, func(t *testing.T) {
			// Given an agreement that can be rated by
			require.NoError(t, e.agreement.Check())

			// When the facts are rated
			result, err := e.agreement.Rate(e.facts)
			require.NoError(t, err)

			// Then the charges, their sheets and their text are those of the golden
			var text strings.Builder
			for _, c := range result.Charges {
				text.WriteString(c.Charge + ": " + c.Description + ", " + c.Amount.String() + "\n" + c.Derivation.Text() + "\n")
			}
			for _, n := range result.Notes {
				text.WriteString("note, " + n.Clause + ": " + n.Text + "\n")
			}
			for _, n := range result.Missing {
				text.WriteString("missing, " + n.Clause + ": " + n.Text + "\n")
			}
			stored := inGolden(t, e.name+".json", pretty(t, rated{e.agreement, e.facts, result}), known)
			inGolden(t, e.name+".txt", []byte(text.String()), known)

			// And what is stored proves itself, with nothing but the file (rule 15)
			var kept rated
			require.NoError(t, json.Unmarshal(stored, &kept))
			require.NoError(t, kept.Result.Verify(kept.Agreement, kept.Facts))
			require.Equal(t, string(stored), string(pretty(t, kept)))
		})
	}
	files, err := filepath.Glob(filepath.Join("testdata", "derivations", "*"))
	require.NoError(t, err)
	for _, file := range files {
		require.True(t, known[file], "%s belongs to no example", file)
	}
}

func pretty(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, json.Indent(&out, raw, "", "  "))
	out.WriteByte('\n')
	return out.Bytes()
}

func inGolden(t *testing.T, name string, got []byte, known map[string]bool) []byte {
	t.Helper()
	path := filepath.Join("testdata", "derivations", name)
	known[path] = true
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run go test ./domain/rating -run Examples -update once, and read what it wrote")
	require.Equal(t, string(want), string(got))
	return want
}

func TestTheTextOfASheetIsSafeWhateverItHolds(t *testing.T) {
	for name, test := range map[string]struct {
		sheet Derivation
		want  string
	}{
		"empty":                 {Derivation{}, "\n"},
		"no such argument":      {Derivation{"x", []Step{{Label: "a", Op: Add, Args: []int{-1, 0, 9}, Value: "1"}}}, "x\n0  a  ? + ? + ?  1\n"},
		"unknown operation":     {Derivation{"x", []Step{{Label: "a", Op: "sqrt", Value: "1/0"}}}, "x\n0  a  sqrt  1/0\n"},
		"too few":               {Derivation{"x", []Step{{Label: "a", Op: Percent, Value: "1"}, {Label: "b", Op: Rounded, Args: []int{0}, Value: "1"}}}, "x\n0  a  percent  1\n1  b  round 1  1\n"},
		"new lines and colours": {Derivation{"x\ny", []Step{{Label: "a\tb\r\n\x1b[31m", Op: Given, From: "\v", Value: "1"}}}, "x y\n0  a b   [31m  given  1\n"},
		"a negative argument and a third": {Derivation{"x", []Step{
			{Label: "a", Op: Given, From: "f", Value: "-2"}, {Label: "b", Op: Given, From: "f", Value: "1/3"}, {Label: "c", Op: Sub, Args: []int{1, 0}, Value: "7/3"},
		}}, "x\n0  a  given         -2              f\n1  b  given         1/3 ≈ 0.333333  f\n2  c  (1/3) − (-2)  7/3 ≈ 2.333333\n"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, test.sheet.Text())
		})
	}
}

func TestRule15AStoredResultThatWasChangedIsFound(t *testing.T) {
	for _, e := range ratingExamples() {
		if e.name != "truckload" {
			continue
		}
		fresh := func() Result {
			r, err := e.agreement.Rate(e.facts)
			require.NoError(t, err)
			return r
		}
		require.NoError(t, fresh().Verify(e.agreement, e.facts))
		cent := money.MustParse("0.01", "USD")
		for name, change := range map[string]struct {
			to    func(r *Result)
			wants Difference
		}{
			"an amount":       {func(r *Result) { r.Charges[0].Amount = cent }, Difference{Charge: "linehaul", What: "amount by its own sheet"}},
			"a missing line":  {func(r *Result) { r.Charges = r.Charges[:len(r.Charges)-1] }, Difference{Charge: "LUM-L1", What: "amount"}},
			"an added line":   {func(r *Result) { r.Charges = append(r.Charges, r.Charges[0]) }, Difference{Charge: "linehaul", What: "amount"}},
			"another version": {func(r *Result) { r.Version = "2025" }, Difference{What: "version"}},
			"another date":    {func(r *Result) { r.Effective = "2026-03-05" }, Difference{What: "effective date"}},
			"a payor":         {func(r *Result) { r.Charges[1].Payor = "C-2" }, Difference{Charge: "fuel", What: "what is said of it"}},
			"a receipt":       {func(r *Result) { r.Charges[3].Receipt = cent }, Difference{Charge: "LUM-L1", What: "what is said of it"}},
			"a label":         {func(r *Result) { r.Charges[0].Derivation.Steps[0].Label = "miles" }, Difference{Charge: "linehaul", What: "step 0, distance in mi"}},
			"a source":        {func(r *Result) { r.Charges[0].Derivation.Steps[1].From = "lane X" }, Difference{Charge: "linehaul", What: "step 1, rate per mile"}},
			"a clause":        {func(r *Result) { r.Charges[0].Derivation.Clause = "lane X" }, Difference{Charge: "linehaul", What: "clause"}},
			"a whole sheet that foots": {func(r *Result) {
				s := newSheet("lane ALL")
				s.round("linehaul", s.given("distance in mi", "fact distance, PC*MILER 38 practical", MustDecimal("3000")), e.agreement.Round)
				amount, d, err := s.end("USD")
				require.NoError(t, err)
				r.Charges[0].Amount, r.Charges[0].Derivation = amount, d
			}, Difference{Charge: "linehaul", What: "amount"}},
		} {
			t.Run(name, func(t *testing.T) {
				r := fresh()
				change.to(&r)
				var found *Difference
				require.ErrorAs(t, r.Verify(e.agreement, e.facts), &found)
				require.Equal(t, change.wants.Charge, found.Charge)
				require.Equal(t, change.wants.What, found.What)
			})
		}
		t.Run("a fact", func(t *testing.T) {
			var found *Difference
			require.ErrorAs(t, fresh().Verify(e.agreement, e.facts.going("1437", "mi")), &found)
			require.Equal(t, "linehaul", found.Charge)
		})
	}
}
