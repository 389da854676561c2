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

// BenchmarkAsk asks a file what is asked of it all the time.
func BenchmarkAsk(b *testing.B) {
	d := seeded.Open(b, 1)
	d.Sync("C1", 30)
	d.ShipMany(200)
	r := follow(b, d, filepath.Join(b.TempDir(), "views.db"), 0)
	defer r.db.Close() //nolint:errcheck // it only reads
	_, err := r.CatchUp(b.Context(), nil)
	require.NoError(b, err)
	v := views.New(r.db)
	all, err := v.Shipments(b.Context(), views.ShipmentFilter{})
	require.NoError(b, err)
	for _, question := range []struct {
		name string
		ask  func() error
	}{
		{"checkpoint", func() error { _, err := r.db.Checkpoint(b.Context(), "shipments"); return err }},
		{"shipment", func() error { _, _, err := v.Shipment(b.Context(), all[0].ID); return err }},
		{"page", func() error {
			_, err := v.Shipments(b.Context(), views.ShipmentFilter{Page: views.Page{Limit: 20}})
			return err
		}},
		{"step", func() error { _, err := r.Step(b.Context()); return err }},
	} {
		b.Run(question.name, func(b *testing.B) {
			for b.Loop() {
				require.NoError(b, question.ask())
			}
		})
	}
}
