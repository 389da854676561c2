package embedded_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// The append benchmarks measure durable appends of events of 500 bytes by a
// number of writers, each to streams of its own. BenchmarkPebbleBare writes the
// same bytes under two keys each straight to Pebble, a synced batch an append;
// BenchmarkFileBare writes them to one file, which is synced for all that wait.

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
		for _, by := range []struct {
			name   string
			append func(b *testing.B, writers int)
		}{{"pebble", appendToPebble}, {"store", appendToStore}, {"file", appendToFile}} {
			b.Run(fmt.Sprintf("writers=%d/by=%s", writers, by.name), func(b *testing.B) { by.append(b, writers) })
		}
	}
}

func appendToStore(b *testing.B, writers int) {
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
}

// BenchmarkAppend100 appends a hundred events at once.
func BenchmarkAppend100(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s, err := embedded.Open(b.TempDir(), embedded.Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			share(b, writers, func(w, i int) error {
				batch := make([]eventstore.Proposed, 100)
				for j := range batch {
					batch[j] = benchEvent()
				}
				_, err := s.Append(context.Background(), fmt.Sprintf("shipment-%d.%d", w, i), eventstore.NoStream, batch)
				return err
			})
			b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "events/s")
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func appendToFile(b *testing.B, writers int) {
	f, err := vfs.Default.OpenReadWrite(filepath.Join(b.TempDir(), "log"), vfs.WriteCategoryUnspecified)
	if err != nil {
		b.Fatal(err)
	}
	type request struct {
		record []byte
		done   chan error
	}
	requests := make(chan request, writers)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var at int64
		var buf []byte
		for r := range requests {
			waiting := []request{r}
			buf = append(buf[:0], r.record...)
			for len(requests) > 0 {
				r := <-requests
				waiting = append(waiting, r)
				buf = append(buf, r.record...)
			}
			_, err := f.WriteAt(buf, at)
			err = errors.Join(err, f.SyncData())
			at += int64(len(buf))
			for _, r := range waiting {
				r.done <- err
			}
		}
	}()
	share(b, writers, func(w, i int) error {
		e := benchEvent()
		r := request{append(make([]byte, 90, 600), e.Data...), make(chan error, 1)}
		requests <- r
		return <-r.done
	})
	close(requests)
	<-ended
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

func appendToPebble(b *testing.B, writers int) {
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
}

type bareLog struct{}

func (bareLog) Infof(string, ...any)           {}
func (bareLog) Errorf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }
func (bareLog) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }

// benchHistory is a store with a history of streams of 20 events.
func benchHistory(b *testing.B, events int) *embedded.Store {
	b.Helper()
	s, err := embedded.Open(b.TempDir(), embedded.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := populate(s, events); err != nil {
		b.Fatal(err)
	}
	return s
}

// populate appends events one by one, from many writers.
func populate(s *embedded.Store, events int) error {
	const writers, streams = 200, 5
	var g errgroup.Group
	for w := range writers {
		g.Go(func() error {
			for i := range events / writers {
				// A writer goes round some streams, so that a stream is spread out.
				round, at := i/(streams*benchStream), i%(streams*benchStream)
				_, err := s.Append(context.Background(), fmt.Sprintf("shipment-%d.%d.%d", w, round, at%streams),
					eventstore.Revision(at/streams-1), []eventstore.Proposed{benchEvent()})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// BenchmarkReadAll replays a million events, undecoded.
func BenchmarkReadAll(b *testing.B) {
	s := benchHistory(b, 1_000_000)
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
	s := benchHistory(b, 100_000)
	events := 0
	b.ResetTimer()
	for i := range b.N {
		for _, err := range s.ReadStream(context.Background(), fmt.Sprintf("shipment-%d.%d.%d", i*7919%200, i%5, i%5), 0) {
			if err != nil {
				b.Fatal(err)
			}
			events++
		}
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkOpenAfterKill opens a million events that a killed process left.
func BenchmarkOpenAfterKill(b *testing.B) {
	for range b.N {
		b.StopTimer()
		dir := b.TempDir()
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir, childFill+"=1000000")
		var exit *exec.ExitError
		if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
			b.Fatal("the child was not killed: ", err)
		}
		b.StartTimer()
		s, err := embedded.Open(dir, embedded.Options{Logger: slog.New(slog.DiscardHandler)})
		b.StopTimer()
		if err != nil {
			b.Fatal(err)
		}
		if head := s.Raw().Head(); head.Commit != 1_000_000 {
			b.Fatal("the head is ", head)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
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
