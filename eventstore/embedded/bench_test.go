package embedded_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// The append benchmarks measure durable single-event appends of 500 bytes by a
// number of writers, each to streams of its own; "bare" writes the same bytes
// under the same two keys straight to the engine, a synced batch each.

var benchWriters = []int{1, 64, 256}

const benchStream = 20 // events a stream gets before its writer begins another

func benchEvent() eventstore.Proposed {
	data := make([]byte, 500)
	for i := range data {
		data[i] = "0123456789abcdef"[(i*7+i/16)%16]
	}
	return eventstore.Proposed{ID: uuid.New(), Type: "shipment-noted.v1", Data: data}
}

// share runs n pieces of work on a number of goroutines.
func share(b *testing.B, writers int, work func(writer, i int) error) {
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := 0; left.Add(-1) >= 0; i++ {
				if err := work(w, i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkAppend(b *testing.B) {
	for _, writers := range benchWriters {
		b.Run(fmt.Sprintf("%dwriters", writers), func(b *testing.B) {
			s, err := embedded.Open(b.TempDir(), embedded.Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			share(b, writers, func(w, i int) error {
				e := benchEvent()
				_, err := s.Append(context.Background(), fmt.Sprintf("shipment-%d.%d", w, i/benchStream),
					eventstore.Revision(i%benchStream-1), []eventstore.Proposed{e})
				return err
			})
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func BenchmarkPebbleBare(b *testing.B) {
	for _, writers := range benchWriters {
		b.Run(fmt.Sprintf("%dwriters", writers), func(b *testing.B) {
			opts := &pebble.Options{CacheSize: 16 << 20, MemTableSize: 8 << 20, MemTableStopWritesThreshold: 4,
				FormatMajorVersion: pebble.FormatTableFormatV6, Logger: bareLog{}}
			for i := range opts.Levels {
				opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
			}
			db, err := pebble.Open(b.TempDir(), opts)
			if err != nil {
				b.Fatal(err)
			}
			var seq atomic.Uint64
			share(b, writers, func(w, i int) error {
				e := benchEvent()
				n := seq.Add(1)
				stream := fmt.Sprintf("shipment-%d.%d", w, i/benchStream)
				record := make([]byte, 0, 44+len(stream)+len(e.Type)+len(e.Data)+5)
				record = append(record, make([]byte, 44)...)
				record = append(append(append(record, stream...), e.Type...), e.Data...)
				key := binary.BigEndian.AppendUint64([]byte("e/"), n)
				index := binary.BigEndian.AppendUint64(append([]byte("s/00"), stream...), uint64(i%benchStream))
				batch := db.NewBatch()
				if err := batch.Set(key, record, nil); err != nil {
					return err
				}
				if err := batch.Set(index, key[2:], nil); err != nil {
					return err
				}
				if err := batch.Commit(pebble.Sync); err != nil {
					return err
				}
				return batch.Close()
			})
			if err := db.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

type bareLog struct{}

func (bareLog) Infof(string, ...any)           {}
func (bareLog) Errorf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }
func (bareLog) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }

// benchHistory is a store with 100,000 events in 5,000 streams.
func benchHistory(b *testing.B) *embedded.Store {
	s, err := embedded.Open(b.TempDir(), embedded.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	var wg sync.WaitGroup
	for w := range 50 {
		wg.Go(func() {
			for i := range 2000 {
				_, err := s.Append(context.Background(), fmt.Sprintf("shipment-%d", w*100+i%100), eventstore.Revision(i/100-1),
					[]eventstore.Proposed{benchEvent()})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return s
}

func BenchmarkReadAll(b *testing.B) {
	s := benchHistory(b)
	events := 0
	b.ResetTimer()
	for range b.N {
		for _, err := range s.ReadAll(context.Background(), eventstore.Start) {
			if err != nil {
				b.Fatal(err)
			}
			events++
		}
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkReadStream(b *testing.B) {
	s := benchHistory(b)
	events := 0
	b.ResetTimer()
	for i := range b.N {
		for _, err := range s.ReadStream(context.Background(), fmt.Sprintf("shipment-%d", i*7919%5000), 0) {
			if err != nil {
				b.Fatal(err)
			}
			events++
		}
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkFollowLag is the time from the start of an append to its arrival
// at a follower.
func BenchmarkFollowLag(b *testing.B) {
	s, err := embedded.Open(b.TempDir(), embedded.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	arrived := make(chan time.Time)
	go func() {
		for _, err := range s.Follow(ctx, eventstore.Start) {
			if err == nil {
				arrived <- time.Now()
			}
		}
		close(arrived)
	}()
	b.ResetTimer()
	var lag time.Duration
	for i := range b.N {
		start := time.Now()
		if _, err := s.Append(ctx, "shipment-1", eventstore.Revision(i-1), []eventstore.Proposed{benchEvent()}); err != nil {
			b.Fatal(err)
		}
		lag += (<-arrived).Sub(start)
	}
	b.ReportMetric(float64(lag.Microseconds())/float64(b.N), "lag-µs")
	b.StopTimer()
	cancel()
	<-arrived
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
