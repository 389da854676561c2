package edi

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/stretchr/testify/require"
)

// orders are the shipments that a fuzzed file may speak of.
type orders map[domain.ShipmentID]domain.Shipment

func (o orders) Shipment(_ context.Context, id domain.ShipmentID) (domain.Shipment, error) {
	return o[id], nil
}

// Whatever the bytes, every item is a command, a refusal with its place and
// remedy, or an acknowledgement with a note; names are unique, sources lie
// within the file, and the same bytes give the same items.
func FuzzItems(f *testing.F) {
	for _, pattern := range []string{"*/*.edi", "*/*.txt", "*/*.x12"} {
		paths, err := filepath.Glob(filepath.Join(sampleFolder, pattern))
		require.NoError(f, err)
		for _, path := range paths {
			body, err := os.ReadFile(path)
			require.NoError(f, err)
			if len(body) < 10_000 {
				f.Add(body)
			}
		}
	}
	f.Add(interchange(f, envelope{control: 1}, deliverySets()...))
	f.Add(interchange(f, envelope{control: 1}, written{"820", advice()}, written{"214", statusBody("AT7*D1*NS***20260211*1030*LT", "L11*2*QN", "Q7*D*PLT*3", "K1*X")}))

	release := domain.OrderReleased{Shipment: "LOAD-1", Customer: "MILL", Currency: "USD",
		Stops: []domain.Stop{{Seq: 1, Kind: domain.StopPickup, Place: "CHICAGO, IL", Zone: "America/Chicago"}, {Seq: 2, Kind: domain.StopDelivery}}}
	known := orders{}
	for _, id := range []domain.ShipmentID{"LOAD-1", "SHP-001", "75027674", "7727019"} {
		release.Shipment = id
		known[id] = domain.Shipment{}.Evolve(release)
	}
	m := &Mapper{Shipments: known}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 64<<10 {
			t.Skip("large files are the tokenizer's fuzz")
		}
		started := time.Now()
		items, err := m.Items(context.Background(), "x12-fuzz", body)
		require.Less(t, time.Since(started), 5*time.Second)
		if err != nil {
			var fault *Fault
			require.ErrorAs(t, err, &fault)
			require.NotEmpty(t, fault.Place)
			return
		}
		again, err := m.Items(context.Background(), "x12-fuzz", body)
		require.NoError(t, err)
		require.Equal(t, items, again)
		names := map[string]bool{}
		for _, item := range items {
			require.False(t, names[item.Name], item.Name)
			names[item.Name] = true
			require.NotEmpty(t, item.Name)
			require.LessOrEqual(t, len(item.Name), 200)
			require.LessOrEqual(t, len(item.Notes), notesMost+1)
			if item.Refusal != nil {
				require.Nil(t, item.Command)
				require.NotEmpty(t, item.Refusal.Code)
				require.NotEmpty(t, item.Refusal.Place)
				require.NotEmpty(t, item.Refusal.Reason)
				require.NotEmpty(t, item.Refusal.Remedy)
				continue
			}
			if item.Command == nil {
				require.NotEmpty(t, item.Notes)
				continue
			}
			stream := item.Command.Stream()
			require.NoError(t, domain.CheckID("subject", stream.ID()))
			commands, _ := item.Command.(domain.Together)
			for _, c := range commands {
				require.Equal(t, stream, c.Stream())
				if r, ok := c.(domain.RecordMilestone); ok {
					require.GreaterOrEqual(t, r.Source.Offset, int64(0))
					require.LessOrEqual(t, r.Source.Offset+r.Source.Length, int64(len(body)))
					require.Equal(t, "AT7", string(body[r.Source.Offset:r.Source.Offset+3]))
				}
			}
		}
	})
}
