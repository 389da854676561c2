package projections_test

import (
	"testing"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
	"github.com/stretchr/testify/require"
)

// BenchmarkDecode reads the bodies and metadata of a history that went all the
// way from dispatch to issued invoices: on one core, and by Pages.
func BenchmarkDecode(b *testing.B) {
	d := billed(b)
	var records []eventstore.Record
	bytes := 0
	for r, err := range d.Store.ReadAll(b.Context(), eventstore.Start) {
		require.NoError(b, err)
		records = append(records, r)
		bytes += len(r.Data) + len(r.Metadata)
	}
	b.Run("one core", func(b *testing.B) {
		for b.Loop() {
			for _, r := range records {
				if _, err := d.Codec.Decode(r); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(len(records)*b.N)/b.Elapsed().Seconds(), "events/s")
		b.ReportMetric(float64(bytes)/float64(len(records)), "bytes/event")
	})
	b.Run("pages", func(b *testing.B) {
		for b.Loop() {
			for _, err := range projections.Pages(b.Context(), d.Store, d.Codec, eventstore.Start, projections.PageEvents) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(len(records)*b.N)/b.Elapsed().Seconds(), "events/s")
	})
}
