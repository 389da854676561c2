package flow_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/flow"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/stretchr/testify/require"
)

// BenchmarkSettle takes claimed charges to issued invoices with their postings.
func BenchmarkSettle(b *testing.B) {
	reactions := 0
	for b.Loop() {
		b.StopTimer()
		d := seeded.Open(b, 1)
		for i := range 40 {
			d.Sync(domain.CustomerID(fmt.Sprintf("C%02d", i)), 30)
		}
		d.ShipMany(3000)
		r, err := flow.Open(b.Context(), filepath.Join(b.TempDir(), "flow.db"), d.Store, d.Codec, d.Exec, policy, flow.Options{Clock: d.Clock, Logger: d.Log})
		require.NoError(b, err)
		b.StartTimer()
		done, err := r.Settle(b.Context(), nil)
		require.NoError(b, err)
		reactions += done.Reactions
		d.Pass(2 * 365 * 24 * time.Hour)
		done, err = r.Settle(b.Context(), nil)
		require.NoError(b, err)
		reactions += done.Reactions
		b.StopTimer()
		require.NoError(b, r.Close())
		b.StartTimer()
	}
	b.ReportMetric(float64(reactions)/b.Elapsed().Seconds(), "reactions/s")
	b.ReportMetric(float64(reactions)/float64(b.N), "reactions")
}
