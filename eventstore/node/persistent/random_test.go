package persistent

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever happens in whatever order, every event is in one place until it is
// finished, none is lost, and the checkpoint never passes one that is open.
func TestNothingIsLostWhateverHappens(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		settings := usual()
		settings.Strategy = rapid.SampledFrom([]Strategy{RoundRobin, DispatchToSingle, Pinned, PinnedByCorrelation}).Draw(r, "strategy")
		settings.MaxRetries = rapid.IntRange(0, 3).Draw(r, "retries")
		settings.HistoryBuffer, settings.ReadBatch = rapid.IntRange(5, 40).Draw(r, "buffer"), 4
		s := given(t, settings)
		finished := map[uint64]bool{}
		var consumers []*Consumer
		number := uint64(0)
		var storing []*message // being parked
		drain := func() {
			for _, n := range consumers {
				got(n)
			}
		}
		inHand := func() []*message {
			var all []*message
			for e := s.c.flights.Front(); e != nil; e = e.Next() {
				all = append(all, e.Value.(*message))
			}
			return all
		}
		pick := func() *message {
			all := inHand()
			if len(all) == 0 {
				r.Skip("nothing is in hand")
			}
			return all[rapid.IntRange(0, len(all)-1).Draw(r, "which")]
		}
		r.Repeat(map[string]func(*rapid.T){
			"join": func(r *rapid.T) {
				n := &Consumer{number: number, slots: rapid.IntRange(1, 5).Draw(r, "slots")}
				n.out = make(chan Message, n.slots)
				number++
				require.True(r, s.c.join(n))
				consumers = append(consumers, n)
			},
			"leave": func(r *rapid.T) {
				if len(consumers) == 0 {
					r.Skip("nobody is there")
				}
				i := rapid.IntRange(0, len(consumers)-1).Draw(r, "who")
				s.c.leave(consumers[i])
				require.Zero(r, consumers[i].flying)
				consumers = slices.Delete(consumers, i, i+1)
			},
			"read": func(r *rapid.T) {
				var events []Event
				next := s.c.next
				for range s.c.room() {
					next += uint64(rapid.IntRange(0, 2).Draw(r, "hidden"))
					events = append(events, eventAt(next, rapid.SampledFrom([]string{"order-1", "order-2", "order-3"}).Draw(r, "stream")))
					next++
				}
				s.c.take(events, rapid.IntRange(0, 1).Draw(r, "skipped"), next)
			},
			"ack": func(*rapid.T) {
				m := pick()
				finished[m.Place] = true
				s.c.ack(m.id)
			},
			"nack": func(r *rapid.T) {
				m := pick()
				if m.by == nil {
					r.Skip("its consumer stopped")
				}
				a := rapid.SampledFrom([]Action{Retry, Park, Skip, Stop}).Draw(r, "action")
				finished[m.Place] = a == Skip
				s.c.nack(m.by, m.id, a, "so")
			},
			"begin to park": func(r *rapid.T) {
				if len(storing) > 0 {
					r.Skip("one at a time")
				}
				storing = s.c.toPark()
			},
			"park": func(r *rapid.T) {
				n := rapid.IntRange(0, len(storing)).Draw(r, "stored")
				for _, m := range storing[:n] {
					finished[m.Place] = true
				}
				s.c.parked(storing[:n], storing[n:])
				storing = nil
			},
			"wait": func(r *rapid.T) {
				s.now = s.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(r, "seconds")) * time.Second)
				s.c.expire(s.now)
			},
			"": func(r *rapid.T) {
				drain()
				s.c.deliver(s.now)
				drain()
				bytes, seen := 0, map[uint64]int{}
				held := map[*Consumer]int{}
				for _, m := range slices.Concat(s.c.fresh, s.c.retries, s.c.parking, storing, inHand()) {
					bytes += m.bytes
					seen[m.Place]++
					require.LessOrEqual(r, m.Retries, settings.MaxRetries)
					if m.by != nil {
						held[m.by]++
					}
				}
				require.Equal(r, bytes, s.c.bytes)
				require.Equal(r, len(inHand()), len(s.c.flying))
				open := 0
				for _, step := range s.c.place.steps {
					if step.skipped > 0 {
						continue
					}
					require.Equal(r, finished[step.place], step.done)
					if step.done {
						continue
					}
					open++
					require.Equal(r, 1, seen[step.place], "event %d is in the group once", step.place)
					require.True(r, !s.c.place.moved || s.c.place.through < step.place)
				}
				require.Equal(r, open, len(seen))
				for _, n := range consumers {
					require.Equal(r, held[n], n.flying)
					require.LessOrEqual(r, n.flying, n.slots)
				}
			},
		})
	})
}
