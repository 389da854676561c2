package esdb_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/esdb"
	"github.com/freightledger/freightledger/eventstore/node"
)

// forgetting is a server that answers every append and stores nothing.
type forgetting struct {
	streams.UnimplementedStreamsServer
	appends atomic.Uint64
}

func (f *forgetting) Append(s streams.Streams_AppendServer) error {
	last, revision := uint64(0), int64(-1)
	for {
		m, err := s.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if options := m.GetOptions(); options != nil {
			if at, ok := options.ExpectedStreamRevision.(*streams.AppendReq_Options_Revision); ok {
				revision = int64(at.Revision)
			}
			continue
		}
		revision++
		last = f.appends.Add(1)
	}
	return s.SendAndClose(&streams.AppendResp{Result: &streams.AppendResp_Success_{Success: &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(revision)},
		PositionOption:        &streams.AppendResp_Success_Position{Position: &streams.AppendResp_Position{CommitPosition: last, PreparePosition: last}},
	}}})
}

func (f *forgetting) Read(*streams.ReadReq, streams.Streams_ReadServer) error { return nil }

// forget starts a server that stores nothing.
func forget(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	s := grpc.NewServer(grpc.MaxConcurrentStreams(4096))
	streams.RegisterStreamsServer(s, &forgetting{})
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	b.Cleanup(func() {
		s.Stop()
		require.NoError(b, <-served)
	})
	return l.Addr().String()
}

func bare(b *testing.B, address string) *client.Client {
	config, err := client.ParseConnectionString("esdb://" + address + "?tls=false")
	require.NoError(b, err)
	config.Logger = client.NoopLogging()
	c, err := client.NewClient(config)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, c.Close()) })
	return c
}

// spread runs b.N appends by callers, each to streams of its own.
func spread(b *testing.B, callers int, appendTo func(stream string, revision int64) error) {
	b.Helper()
	var next atomic.Int64
	done := make(chan error, callers)
	b.ResetTimer()
	for c := range callers {
		go func() {
			stream := fmt.Sprintf("bench-%d-%s", c, uuid.NewString())
			for at := int64(-1); next.Add(1) <= int64(b.N); at++ {
				if err := appendTo(stream, at); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
}

func notes(n int) []eventstore.Proposed {
	made := make([]eventstore.Proposed, n)
	for i := range made {
		made[i] = eventstore.Proposed{ID: uuid.New(), Type: "shipment-noted.v1", Data: []byte(`{"note":"` + uuid.NewString() + `","at":"2026-03-01T12:00:00Z","pieces":12}`), Metadata: []byte(`{"version":1}`)}
	}
	return made
}

// Appending over the wire: the bare client and the adapter on a server that
// stores nothing, so that their difference is the adapter's cost, and the
// adapter on a node with its disk.
func BenchmarkAppend(b *testing.B) {
	for _, shape := range []struct{ callers, events int }{{1, 1}, {64, 1}, {256, 1}, {1, 100}, {64, 100}} {
		name := fmt.Sprintf("callers=%d/events=%d", shape.callers, shape.events)
		b.Run(name+"/by=client", func(b *testing.B) {
			c := bare(b, forget(b))
			spread(b, shape.callers, func(stream string, at int64) error {
				var revision client.ExpectedRevision = client.NoStream{}
				if at >= 0 {
					revision = client.Revision(uint64(at))
				}
				made := notes(shape.events)
				data := make([]client.EventData, len(made))
				for i, e := range made {
					data[i] = client.EventData{EventID: e.ID, EventType: e.Type, ContentType: client.ContentTypeJson, Data: e.Data, Metadata: e.Metadata}
				}
				_, err := c.AppendToStream(context.Background(), stream, client.AppendToStreamOptions{ExpectedRevision: revision}, data...)
				return err
			})
		})
		adapter := func(b *testing.B, s *esdb.Store) {
			spread(b, shape.callers, func(stream string, at int64) error {
				_, err := s.Append(context.Background(), stream, eventstore.Revision((at+1)*int64(shape.events)-1), notes(shape.events))
				return err
			})
		}
		b.Run(name+"/by=adapter", func(b *testing.B) {
			s, err := esdb.Open(b.Context(), esdb.Config{Connection: "esdb://" + forget(b) + "?tls=false", Logger: quiet()})
			require.NoError(b, err)
			b.Cleanup(func() { require.NoError(b, s.Close()) })
			adapter(b, s)
		})
		b.Run(name+"/by=adapter-on-node", func(b *testing.B) { adapter(b, serveOnDisk(b).open()) })
	}
}

// Replaying a history over the wire.
func BenchmarkRead(b *testing.B) {
	const total = 100_000
	server := serveOnDisk(b)
	s := server.open()
	for at := 0; at < total; at += 1000 {
		_, err := s.Append(b.Context(), stream(at/1000%50), eventstore.Revision(at/50_000*1000-1), notes(1000))
		require.NoError(b, err)
	}
	report := func(b *testing.B, read func() (int, error)) {
		b.ResetTimer()
		for range b.N {
			n, err := read()
			if err != nil || n != total {
				b.Fatal(n, err)
			}
		}
		b.ReportMetric(total*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	}
	b.Run("by=client", func(b *testing.B) {
		c := bare(b, server.address)
		report(b, func() (n int, _ error) {
			all, err := c.ReadAll(b.Context(), client.ReadAllOptions{From: client.Start{}}, total)
			if err != nil {
				return 0, err
			}
			defer all.Close()
			for {
				if _, err := all.Recv(); errors.Is(err, io.EOF) {
					return n, nil
				} else if err != nil {
					return n, err
				}
				n++
			}
		})
	})
	b.Run("by=ReadAll", func(b *testing.B) {
		report(b, func() (n int, _ error) {
			for _, err := range s.ReadAll(b.Context(), eventstore.Start) {
				if err != nil {
					return n, err
				}
				n++
			}
			return n, nil
		})
	})
	b.Run("by=Follow", func(b *testing.B) {
		report(b, func() (n int, _ error) {
			for _, err := range s.Follow(b.Context(), eventstore.Start) {
				if err != nil {
					return n, err
				}
				if n++; n == total {
					break
				}
			}
			return n, nil
		})
	})
}

// How long followers take to hear of an append.
func BenchmarkFollowLive(b *testing.B) {
	s := serveOnDisk(b).open()
	ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
	defer cancel()
	heard := make(chan struct{})
	go func() {
		for _, err := range s.Follow(ctx, eventstore.Start) {
			if err != nil {
				return
			}
			heard <- struct{}{}
		}
	}()
	at := eventstore.NoStream
	for b.Loop() {
		a, err := s.Append(ctx, stream(0), at, notes(1))
		if err != nil {
			b.Fatal(err)
		}
		at = a.Last
		<-heard
	}
}

// serveOnDisk serves a history in a folder.
func serveOnDisk(b *testing.B) *server {
	s := &server{t: b, opts: node.Options{Logger: quiet()}, address: "127.0.0.1:0", dir: b.TempDir()}
	s.start()
	b.Cleanup(s.end)
	return s
}
