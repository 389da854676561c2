package trace_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/trace"
	"github.com/stretchr/testify/require"
)

// arrivedAt is the counterfactual of a dispute: another arrival.
func arrivedAt(hour, minute int) []domain.Milestone {
	return []domain.Milestone{{Stop: 2, Kind: domain.ArrivedDelivery, At: domain.MomentIn(time.Date(2013, 5, 3, hour, minute, 0, 0, time.UTC), time.UTC)}}
}

func TestADisputeIsPricedAsIfSomethingElseHadBeenReported(t *testing.T) {
	d := seeded.Open(t, 1)
	d.Contract()
	d.Contracted("S1", time.Date(2013, 5, 3, 0, 0, 0, 0, time.UTC))
	tracer := trace.New(d.Store, d.Codec)
	head, err := d.Store.Head(t.Context())
	require.NoError(t, err)

	// Given detention for three hours from ten; when the customer says 10:35,
	w, err := tracer.Ask(t.Context(), "S1", time.Time{}, arrivedAt(10, 35))
	require.NoError(t, err)

	// Then it is a quarter of an hour instead of an hour, and nothing else changes.
	require.Equal(t, "A 1", w.Version)
	changed := map[string]string{}
	for _, l := range w.Lines {
		changed[l.Charge] = l.Before.Format() + " to " + l.After.Format()
	}
	require.Equal(t, map[string]string{"DET-2": "50.00 to 12.50", "fuel": "227.23 to 227.23", "linehaul": "1263.00 to 1263.00"}, changed)
	require.Equal(t, "-37.50", w.Change.Format())
	var text bytes.Buffer
	require.NoError(t, w.WriteText(&text))
	require.Contains(t, text.String(), "DET-2")

	// And nothing was recorded.
	after, err := d.Store.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, head, after)
}

func TestACounterfactualKnowsOnlyWhatWasKnownThen(t *testing.T) {
	d := seeded.Open(t, 1)
	d.Contract()
	d.Contracted("S1", time.Date(2013, 5, 3, 0, 0, 0, 0, time.UTC))
	before := d.Clock()
	d.Pass(24 * time.Hour)
	// A departure at 15:00 that was reported a day later
	late := seeded.Milestone("S1", 2, domain.DepartedDelivery, time.Date(2013, 5, 3, 15, 0, 0, 0, time.UTC), domain.Source{})
	late.ReportedAt = domain.MomentIn(d.Clock(), time.UTC)
	d.Must(late)
	tracer := trace.New(d.Store, d.Codec)

	then, err := tracer.Ask(t.Context(), "S1", before, arrivedAt(9, 0))
	require.NoError(t, err)
	now, err := tracer.Ask(t.Context(), "S1", time.Time{}, arrivedAt(9, 0))
	require.NoError(t, err)
	require.Equal(t, "50.00", then.Change.Format())
	require.Equal(t, "50.00", now.Change.Format())
	require.Equal(t, "100.00", now.After.Amount().Sub(then.After.Amount()).StringFixed(2))

	_, err = tracer.Ask(t.Context(), "S1", time.Time{}, []domain.Milestone{{Stop: 7, Kind: domain.ArrivedDelivery, At: arrivedAt(9, 0)[0].At}})
	var no *domain.Refusal
	require.ErrorAs(t, err, &no)
	require.Equal(t, domain.NotFound, no.Code)
}
