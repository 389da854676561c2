package main

import (
	"path/filepath"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
)

// Real files from public parsers' test suites: each is taken in, or refused
// with the segment and position named, kept, listed and replayable.
func TestTheSamplesAreTakenInOrRefusedWithTheirPlace(t *testing.T) {
	root := shared(t, "samples")
	files, err := filepath.Glob(filepath.Join(root, "*", "*"))
	require.NoError(t, err)
	require.Greater(t, len(files), 25)
	// The carrier's messages come before the order they belong to.
	sort.Sort(sort.Reverse(sort.StringSlice(files)))

	o := newOffice(t)
	a := o.run(append([]string{"import", "edi", "--json"}, files...)...)
	require.Equal(t, exitRefused, a.code, a.errs)
	report := decode[importAnswer](t, a)
	require.Len(t, report.Messages, len(files))
	refused := map[string]string{}
	for _, m := range report.Messages {
		require.Equal(t, m.Items, m.Applied+m.Unchanged+len(m.Refused), m.Name)
		for _, r := range m.Refused {
			require.NotEmpty(t, r.Place, m.Name)
			require.NotEmpty(t, r.Remedy, m.Name)
			refused[m.Name] = r.Code
		}
	}
	require.Equal(t, "edifact", refused["hellooops_syntaxVersion4.edifact"])
	require.Equal(t, "unsupported-set", refused["hellooops_multiple_transactions.x12"])
	require.Equal(t, "not-found", refused["indice-edinet_214-MGCTLYST.edi"], "a status before its order")
	require.NotContains(t, refused, "indice-edinet_204-MGCTLYST.edi")
	require.NotContains(t, refused, "indice-edinet_x12.820.issue140.edi")

	// When the dead letters are replayed, now that the order is known
	o.run("dead-letters", "replay", "--all")

	// Then the status of the order has its effect, and the acceptance too
	replay := o.must("replay", "75027674").out
	require.Contains(t, replay, "delivered 2016-07-26T12:30:00")
	require.Contains(t, replay, "TenderAccepted: by carrier SCAC")
	require.Contains(t, replay, "segment 13 (AT7)")

	// And importing everything again adds no event
	before := events(o)
	o.run(append([]string{"import", "edi", "--no-settle"}, files...)...)
	require.Equal(t, before, events(o))
}
