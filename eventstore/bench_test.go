package eventstore_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
)

// BenchmarkExecute is a command from its decision to its durable event, each
// caller with shipments of its own.
func BenchmarkExecute(b *testing.B) {
	for _, callers := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			store, _ := open(b, b.TempDir())
			x := eventstore.NewExecutor(store, codec, nil)
			b.ReportAllocs()
			b.ResetTimer()
			var next atomic.Int64
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for {
						n := next.Add(1)
						if n > int64(b.N) {
							return
						}
						// A tenth of the commands open a shipment, the others add to one.
						shipment := domain.ShipmentID(fmt.Sprintf("S%d", n/10))
						release := domain.ReleaseOrder{OrderReleased: domain.OrderReleased{Shipment: shipment, Customer: "ACME", Currency: "USD",
							Stops: []domain.Stop{{Seq: 1, Kind: domain.StopDelivery}}}}
						reference := domain.AddReference{ReferenceAdded: domain.ReferenceAdded{Shipment: shipment, Reference: domain.Reference{Kind: "PO", Value: fmt.Sprint(n)}}}
						if _, err := x.Execute(b.Context(), domain.Together{release, reference}, ask(fmt.Sprint(n))); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
		})
	}
}
