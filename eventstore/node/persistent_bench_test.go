package node_test

import (
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore/node"
)

// BenchmarkPersistentSubscription hands events to one consumer, which
// acknowledges ten at a time.
func BenchmarkPersistentSubscription(b *testing.B) {
	s := serve(b, node.Options{})
	c := s.client()
	for done := 0; done < b.N; {
		n := min(b.N-done, 1000)
		s.append(c, "order-1", esdb.Any{}, notes(n)...)
		done += n
	}
	s.makeGroup(c, "order-1", esdb.Start{}, esdb.SubscriptionSettingsDefault())
	desk := s.consume(c, "order-1", 200)
	b.ResetTimer()
	var batch []*esdb.ResolvedEvent
	for i := range b.N {
		batch = append(batch, desk.next().Event)
		if len(batch) == 10 || i == b.N-1 {
			require.NoError(b, desk.Ack(batch...))
			batch = nil
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
