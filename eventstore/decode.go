package eventstore

import (
	"context"
	"iter"
	"runtime"
)

// A batch is what one goroutine decodes at a time: enough that handing it over
// costs little for each event, and bounded in memory.
const (
	batchEvents = 256
	batchBytes  = 1 << 20
)

// DecodeAll reads a sequence of records, on all cores, and gives them in their
// order. It reads ahead, at most two batches for each core; the sequence gets
// a context that ends when its reader leaves. The first error, of the
// sequence, of an event or of ctx, ends it, after all that came before.
func (c Codec) DecodeAll(ctx context.Context, records func(context.Context) iter.Seq2[Record, error]) iter.Seq2[Decoded, error] {
	return func(yield func(Decoded, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		workers := runtime.GOMAXPROCS(0)
		todo := make(chan *batch, workers)  // to any worker
		order := make(chan *batch, workers) // the same, to the caller
		defer func() {
			stop()
			for range order { // ends with the reader
			}
		}()
		for range workers {
			go func() {
				for b := range todo {
					b.decode(c)
				}
			}()
		}
		go func() {
			defer close(order)
			defer close(todo)
			collect(records(ctx), func(b *batch) bool {
				select {
				case order <- b:
				case <-ctx.Done():
					return false
				}
				todo <- b // a worker is never stuck
				return true
			})
		}()
		for b := range order {
			select {
			case <-b.done:
			case <-ctx.Done():
				yield(Decoded{}, ctx.Err())
				return
			}
			for i := range b.events {
				if !yield(b.events[i], nil) {
					return
				}
			}
			if b.err != nil {
				yield(Decoded{}, b.err)
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(Decoded{}, err)
		}
	}
}

// batch is some records, and then what they say.
type batch struct {
	records []Record
	size    int
	done    chan struct{} // closed when events and err are there
	events  []Decoded
	err     error // of the record after the events
}

func newBatch() *batch { return &batch{done: make(chan struct{})} }

// collect cuts a sequence into batches until take has enough.
func collect(records iter.Seq2[Record, error], take func(*batch) bool) {
	b := newBatch()
	for r, err := range records {
		if err != nil {
			b.err = err
			break
		}
		if b.records == nil {
			b.records = make([]Record, 0, batchEvents)
		}
		b.records = append(b.records, r)
		if b.size += len(r.Data) + len(r.Metadata); len(b.records) == batchEvents || b.size >= batchBytes {
			if !take(b) {
				return
			}
			b = newBatch()
		}
	}
	take(b)
}

func (b *batch) decode(c Codec) {
	defer close(b.done)
	b.events = make([]Decoded, 0, len(b.records))
	for _, r := range b.records {
		e, err := c.Decode(r)
		if err != nil {
			b.err = err // comes before the error of the sequence
			break
		}
		b.events = append(b.events, e)
	}
	b.records = nil
}
