package projections_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/views"
	"github.com/stretchr/testify/require"
)

// BenchmarkRebuild builds every read model from a history that went all the
// way from dispatch to issued invoices.
func BenchmarkRebuild(b *testing.B) {
	d := billed(b)
	var err error
	var at projections.Checkpoint
	b.ResetTimer()
	for b.Loop() {
		at, err = projections.Rebuild(b.Context(), filepath.Join(b.TempDir(), "views.db"), views.Name, d.Store, d.Codec, views.Projections(), projections.RebuildOptions{Logger: d.Log})
		require.NoError(b, err)
	}
	b.ReportMetric(float64(at.Events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(at.Events), "events")
}

// billed is a desk whose history went from dispatch to issued invoices.
func billed(b *testing.B) *seeded.Desk {
	b.Helper()
	d := seeded.Open(b, 1)
	for i := range 40 {
		d.Sync(domain.CustomerID(fmt.Sprintf("C%02d", i)), 30)
	}
	d.ShipMany(3000)
	react := reactor(b, d)
	_, err := react.Settle(b.Context(), nil)
	require.NoError(b, err)
	d.Pass(2 * 365 * 24 * time.Hour)
	_, err = react.Settle(b.Context(), nil)
	require.NoError(b, err)
	return d
}
