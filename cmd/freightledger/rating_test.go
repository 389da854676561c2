package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// contracted are a desk's records of one shipment under agreement ACME-TL: at
// the consignee from 08:10 to a given time.
func contracted(departed string) string {
	at := func(local, zone, utc string) string {
		return fmt.Sprintf(`{"utc":"%sZ","local":"%s","zone":"%s"}`, utc, local, zone)
	}
	milestone := func(stop int, kind, at string) string {
		return fmt.Sprintf(`{"command":"RecordMilestone","body":{"shipment":"SH-1","stop":%d,"kind":%q,"at":%s,"medium":"eld"}}`, stop, kind, at)
	}
	const zone = "America/Chicago"
	return strings.Join([]string{
		`{"command":"ReleaseOrder","body":{"shipment":"SH-1","customer":"ACME","currency":"USD","mode":"TL",
			"measures":{"distance":{"value":"612.4","unit":"mi","source":"practical miles"}},
			"stops":[{"seq":1,"kind":"pickup","zone":"America/Chicago"},{"seq":2,"kind":"delivery","zone":"America/Chicago"}],
			"terms":{"agreement":"ACME-TL","rate":true,"approval_above":null}}}`,
		milestone(1, "loaded", at("2026-03-04T10:00:00", zone, "2026-03-04T16:00:00")),
		milestone(2, "arrived-delivery", at("2026-03-05T08:10:00", zone, "2026-03-05T14:10:00")),
		milestone(2, "unloaded", at("2026-03-05T11:00:00", zone, "2026-03-05T17:00:00")),
		milestone(2, "departed-delivery", at("2026-03-05T"+departed, zone, "2026-03-05T"+departed)),
		`{"command":"ReceivePOD","body":{"shipment":"SH-1","document":"receipt 1","signed_by":"dock","at":{"utc":"2026-03-05T00:00:00Z","local":"2026-03-05"}}}`,
		`{"command":"VerifyPOD","body":{"shipment":"SH-1","outcome":"clean","by":"billing"}}`,
	}, "\n")
}

// From files of terms to charges of which every amount is proven.
func TestFreightUnderAnAgreementIsRatedPricedOtherwiseAndProven(t *testing.T) {
	o := newOffice(t)
	write := func(name, text string) string {
		path := filepath.Join(o.dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "RATING.md"))
	require.NoError(t, err)
	example := func(fence string) string {
		_, rest, found := strings.Cut(string(page), "```"+fence+"\n")
		require.True(t, found)
		text, _, _ := strings.Cut(rest, "```")
		return text
	}
	agreement, index := write("acme.yaml", example("yaml agreement")), write("diesel.yaml", example("yaml index"))

	// Given an agreement that was checked and adopted; a wrong one is told by its line
	wrong := o.run("terms", "check", write("wrong.yaml", strings.Replace(example("yaml agreement"), "miles_per_gallon: 6.5", "miles_per_gallon: 0", 1)))
	require.NotZero(t, wrong.code)
	require.Regexp(t, `wrong\.yaml:\d+:\d+: `, wrong.errs)
	require.Contains(t, o.must("terms", "check", agreement, index).out, "ACME-TL")
	o.must("import", "terms", agreement, "--no-settle")

	// When freight moves under it before the index is known, it waits and says for what
	o.must("import", "desk", write("desk.jsonl", strings.ReplaceAll(contracted("17:20:00"), "\n\t\t\t", " ")))
	require.Contains(t, o.must("missing", "SH-1").out, "EIA-DIESEL-US")
	require.Contains(t, o.must("replay", "SH-1").out, "1289.10")

	// And when it comes, the shipment is rated to the end: 190 minutes less 120 are four quarters
	o.must("import", "terms", index)
	charges := o.must("replay", "SH-1").out
	for _, amount := range []string{"1289.10", "249.76", "50.00"} {
		require.Contains(t, charges, amount)
	}
	require.Contains(t, o.must("trace", "SH-1", "--charge", "fuel").out, "2651/6500")

	// What would have been is priced, and nothing recorded
	whatIf := o.must("whatif", "SH-1", "--report", "2 arrived-delivery 2026-03-05T08:40:00 America/Chicago").out
	require.Contains(t, whatIf, "-25.00")

	// Every amount can be computed again
	require.Contains(t, o.must("recompute").out, "0 differ")
}
