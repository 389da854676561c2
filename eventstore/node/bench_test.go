//go:build unix

package node_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/node"
)

// nothing answers appends and stores none: what the wire and the client cost.
type nothing struct {
	api.UnimplementedStreamsServer
	serverfeatures.UnimplementedServerFeaturesServer
	next atomic.Uint64
}

func (n *nothing) Append(call api.Streams_AppendServer) error {
	events := uint64(0)
	for {
		m, err := call.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if m.GetProposedMessage() != nil {
			events++
		}
	}
	at := n.next.Add(events)
	return call.SendAndClose(&api.AppendResp{Result: &api.AppendResp_Success_{Success: &api.AppendResp_Success{
		CurrentRevisionOption: &api.AppendResp_Success_CurrentRevision{CurrentRevision: events - 1},
		PositionOption:        &api.AppendResp_Success_Position{Position: &api.AppendResp_Position{CommitPosition: at, PreparePosition: at}},
	}}})
}

func (n *nothing) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	return &serverfeatures.SupportedMethods{EventStoreServerVersion: node.Version}, nil
}

func serveNothing(b *testing.B) *served {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	s := grpc.NewServer(grpc.MaxRecvMsgSize(16<<20), grpc.NumStreamWorkers(64))
	n := &nothing{}
	api.RegisterStreamsServer(s, n)
	serverfeatures.RegisterServerFeaturesServer(s, n)
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(l) })
	b.Cleanup(func() { s.Stop(); serving.Wait() })
	return &served{t: b, addr: l.Addr().String()}
}

// BenchmarkAppend is an append through the official client, to a server that
// stores nothing, to a node whose data folder is in memory, where a sync costs
// nothing, and to one whose data folder is on the machine's disk.
func BenchmarkAppend(b *testing.B) {
	for _, load := range []struct{ callers, events int }{{1, 1}, {64, 1}, {256, 1}, {8, 100}} {
		for _, side := range []string{"nothing", "memory", "disk"} {
			b.Run(fmt.Sprintf("callers=%d/events=%d/by=%s", load.callers, load.events, side), func(b *testing.B) {
				var s *served
				switch side {
				case "nothing":
					s = serveNothing(b)
				case "memory":
					store, err := embedded.Open("data", embedded.Options{MinFree: -1, Logger: quiet(), FS: vfs.NewMem()})
					require.NoError(b, err)
					b.Cleanup(func() { require.NoError(b, store.Close()) })
					s = serveStore(b, store, node.Options{})
				case "disk":
					s = serve(b, node.Options{})
				}
				appendMany(b, s.client(), load.callers, load.events)
			})
		}
	}
}

// BenchmarkAppendToOneStream has all callers append to the same stream, with
// any revision.
func BenchmarkAppendToOneStream(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			c := serve(b, node.Options{}).client()
			var next atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for range callers {
				all.Go(func() {
					for next.Add(1) <= int64(b.N) {
						_, err := c.AppendToStream(context.Background(), "shipment-1", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, notes(1)...)
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
		})
	}
}

// appendMany makes b.N appends, each caller to a stream of its own that grows.
func appendMany(b *testing.B, c *esdb.Client, callers, events int) {
	body := []byte(`{"shipment":"S-100042","stop":2,"arrived":"2026-03-01T12:00:00Z","carrier":"ACME Freight","miles":412}`)
	var next atomic.Int64
	var all sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	cpu := cpuTime(b)
	for caller := range callers {
		all.Go(func() {
			stream := fmt.Sprintf("shipment-%d-%d", caller, b.N)
			var at esdb.ExpectedRevision = esdb.NoStream{}
			for next.Add(1) <= int64(b.N) {
				batch := make([]esdb.EventData, events)
				for i := range batch {
					batch[i] = esdb.EventData{EventID: uuid.New(), EventType: "stop-arrived.v1", ContentType: esdb.ContentTypeJson, Data: body}
				}
				done, err := c.AppendToStream(context.Background(), stream, esdb.AppendToStreamOptions{ExpectedRevision: at}, batch...)
				if err != nil {
					b.Error(err)
					return
				}
				at = esdb.Revision(done.NextExpectedVersion)
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(b.N), "cpu-µs/append")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
	b.ReportMetric(float64(b.N*events)/b.Elapsed().Seconds(), "events/s")
}

// cpuTime is what the process has used so far, client and server together:
// a measure that other programs on the machine do not change.
func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkReadAll is a client that reads a history of 200,000 events.
func BenchmarkReadAll(b *testing.B) {
	const events = 200_000
	s := serve(b, node.Options{})
	body := []byte(`{"shipment":"S-100042","stop":2,"arrived":"2026-03-01T12:00:00Z","carrier":"ACME Freight","miles":412}`)
	for n := range events / 1000 {
		batch := make([]embedded.RawEvent, 1000)
		for i := range batch {
			batch[i] = embedded.RawEvent{Proposed: eventstore.Proposed{ID: uuid.New(), Type: "stop-arrived.v1", Data: body}}
		}
		_, err := s.store.Raw().Append(b.Context(), fmt.Sprintf("shipment-%d", n), eventstore.NoStream, batch, eventstore.MaxAppendBytes)
		require.NoError(b, err)
	}
	c := s.client()
	b.ReportAllocs()
	b.ResetTimer()
	cpu := cpuTime(b)
	for range b.N {
		r, err := c.ReadAll(context.Background(), esdb.ReadAllOptions{From: esdb.Start{}}, math.MaxUint64)
		require.NoError(b, err)
		n := 0
		for ; ; n++ {
			if _, err := r.Recv(); err != nil {
				require.ErrorIs(b, err, io.EOF)
				break
			}
		}
		r.Close()
		require.Equal(b, events, n)
	}
	b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(events*b.N), "cpu-µs/event")
	b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
}
