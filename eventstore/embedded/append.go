package embedded

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/freightledger/freightledger/eventstore"
)

const (
	// batchBytes ends a batch; the next append goes into the following one.
	batchBytes = 2 << 20
	// headsKept bounds the memory for stream heads to a few MiB.
	headsKept = 16384
)

// request is one append on its way to the committer.
type request struct {
	stream   string
	expected eventstore.Revision
	records  [][]byte
	size     int
	state    atomic.Int32
	answer   chan answer // holds one
}

// A request waits until either the committer takes it or its caller, whose
// context ended, withdraws it.
const (
	waiting int32 = iota
	taken
	withdrawn
)

type answer struct {
	appended eventstore.Appended
	// behind says that the stream is at another revision, at.
	behind bool
	at     eventstore.Revision
	err    error
}

// Append implements eventstore.Appender. When ctx ends while the append is
// being written, the answer is ErrUnknownOutcome, together with the context's
// error. Further errors: *DiskFull, *Corrupt.
func (s *Store) Append(ctx context.Context, stream string, expected eventstore.Revision, events []eventstore.Proposed) (eventstore.Appended, error) {
	if err := eventstore.CheckAppend(stream, expected, events); err != nil {
		return eventstore.Appended{}, err
	}
	raw := make([]RawEvent, len(events))
	for i, e := range events {
		raw[i].Proposed = e
	}
	return s.append(ctx, stream, expected, raw)
}

func (s *Store) append(ctx context.Context, stream string, expected eventstore.Revision, events []RawEvent) (eventstore.Appended, error) {
	if err := ctx.Err(); err != nil {
		return eventstore.Appended{}, fmt.Errorf("append to %s: %w", stream, err)
	}
	r := &request{stream: stream, expected: expected, records: encode(stream, events), answer: make(chan answer, 1)}
	for _, rec := range r.records {
		r.size += len(rec)
	}
	if !s.queue.add(r) {
		return eventstore.Appended{}, eventstore.ErrClosed
	}
	var a answer
	select {
	case a = <-r.answer:
	case <-ctx.Done():
		if r.state.CompareAndSwap(waiting, withdrawn) {
			return eventstore.Appended{}, fmt.Errorf("append to %s: %w", stream, ctx.Err())
		}
		return eventstore.Appended{}, fmt.Errorf("append to %s: %w: %w", stream, eventstore.ErrUnknownOutcome, ctx.Err())
	}
	switch {
	case a.err != nil:
		return eventstore.Appended{}, a.err
	case a.behind:
		return s.settle(stream, expected, a.at, events)
	}
	return a.appended, nil
}

// settle answers an append whose stream is at another revision: as the first
// time if these events are what follows the expected revision, or else with
// *WrongRevision. Events are never changed, so this needs no order with other
// appends and does not hold up the committer.
func (s *Store) settle(stream string, expected, at eventstore.Revision, events []RawEvent) (eventstore.Appended, error) {
	wrong := &eventstore.WrongRevision{Stream: stream, Expected: expected, Actual: at}
	if at-expected < eventstore.Revision(len(events)) {
		return eventstore.Appended{}, wrong
	}
	if !s.enter() {
		return eventstore.Appended{}, eventstore.ErrClosed
	}
	defer s.use.RUnlock()
	var last RawRecord
	for i, e := range events {
		r, err := s.streamRecord(stream, uint64(expected+1)+uint64(i))
		if err != nil {
			return eventstore.Appended{}, err
		}
		if r.ID != e.ID {
			return eventstore.Appended{}, wrong
		}
		last = r
	}
	return eventstore.Appended{Last: eventstore.Revision(last.Revision), Position: last.Position}, nil
}

// streamRecord reads one event that the stream must have.
func (s *Store) streamRecord(stream string, revision uint64) (RawRecord, error) {
	seq, ok, err := s.index(stream, revision)
	if err != nil {
		return RawRecord{}, err
	}
	if !ok {
		return RawRecord{}, s.corrupt(indexPlace(stream, revision), "index entry is missing", nil)
	}
	return s.record(seq, stream, revision)
}

// queue holds the appends that wait for the committer.
type queue struct {
	mu     sync.Mutex
	reqs   []*request
	closed bool
	wake   chan struct{} // holds one
}

func (q *queue) add(r *request) bool {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return false
	}
	q.reqs = append(q.reqs, r)
	q.mu.Unlock()
	q.ring()
	return true
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.ring()
}

func (q *queue) ring() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// swap gives all that wait, in order, and takes an empty slice in return.
func (q *queue) swap(empty []*request) (reqs []*request, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	reqs, q.reqs = q.reqs, empty
	return reqs, q.closed
}

// commit is the committer: it runs until the queue is closed.
func (s *Store) commit() {
	b := &batcher{
		store: s,
		heads: newHeads(headsKept),
		seq:   s.tip.get(),
		moved: make(map[string]eventstore.Revision),
	}
	var todo, spare []*request
	for {
		if len(todo) == 0 {
			<-s.queue.wake
		}
		arrived, closed := s.queue.swap(spare)
		todo = append(todo, arrived...)
		clear(arrived)
		spare = arrived[:0]
		if closed {
			for _, r := range todo {
				r.answer <- answer{err: eventstore.ErrClosed}
			}
			return
		}
		if len(todo) > 0 {
			todo = b.write(todo)
		}
	}
}

// raiseMark notes how far the history is known to be on disk.
func (s *Store) raiseMark(seq uint64) {
	err := s.mark.set(seq)
	if err == nil && s.flushed.Swap(false) {
		err = s.mark.sync()
	}
	if err != nil {
		s.opts.Logger.Error("event store: the next start cannot tell how far the history went", "file", markFile, "error", err)
	}
}

// batcher is the committer's state.
type batcher struct {
	store *Store
	heads *heads
	seq   uint64 // the last number given

	// For the batch in hand:
	moved    map[string]eventstore.Revision // heads after it
	accepted []*request
	answers  []answer
}

// write takes requests into one batch until it is full, commits it, answers
// them, and gives back those that must wait for the next: they come after the
// batch's end, or their stream moved in this batch and its new events can be
// compared with them only once they are stored.
func (b *batcher) write(reqs []*request) (later []*request) {
	s := b.store
	batch := s.db.NewBatch()
	refusal := s.refusal()
	created := time.Unix(0, s.opts.Clock().UnixNano()).UTC()
	later = reqs[:0]
	for _, r := range reqs {
		if batch.Len() > batchBytes {
			later = append(later, r)
			continue
		}
		if !r.state.CompareAndSwap(waiting, taken) && r.state.Load() == withdrawn {
			continue
		}
		at, moved := b.moved[r.stream]
		if !moved {
			var err error
			if at, err = b.head(r.stream); err != nil {
				r.answer <- answer{err: err}
				continue
			}
		}
		switch {
		case at != r.expected && moved:
			later = append(later, r)
		case at != r.expected:
			r.answer <- answer{behind: true, at: at}
		case refusal != nil:
			r.answer <- answer{err: refusal}
		default:
			if err := b.put(batch, r, created); err != nil {
				engineLog{s.opts.Logger}.Fatalf("fill a batch: %v", err)
			}
		}
	}
	clear(reqs[len(later):])
	b.finish(batch)
	return later
}

func (b *batcher) put(batch *pebble.Batch, r *request, created time.Time) error {
	var seqs [8]byte
	revision := uint64(r.expected + 1)
	index := indexKey(r.stream, 0)
	for i, rec := range r.records {
		b.seq++
		seal(rec, b.seq, revision+uint64(i), created)
		if err := batch.Set(recordKey(b.seq), rec, nil); err != nil {
			return err
		}
		binary.BigEndian.PutUint64(index[len(index)-8:], revision+uint64(i))
		binary.BigEndian.PutUint64(seqs[:], b.seq)
		if err := batch.Set(index, seqs[:], nil); err != nil {
			return err
		}
	}
	last := r.expected + eventstore.Revision(len(r.records))
	b.moved[r.stream] = last
	b.accepted = append(b.accepted, r)
	b.answers = append(b.answers, answer{appended: eventstore.Appended{
		Last: last, Position: eventstore.Position{Commit: b.seq, Prepare: b.seq},
	}})
	return nil
}

// finish makes the batch durable, shows it to readers, then answers.
func (b *batcher) finish(batch *pebble.Batch) {
	s := b.store
	if len(b.accepted) > 0 {
		// The engine itself ends the process when its log fails; there is no
		// other error that a writable store could answer and go on with.
		if err := batch.Commit(pebble.Sync); err != nil {
			engineLog{s.opts.Logger}.Fatalf("commit a batch: %v", err)
		}
		for stream, at := range b.moved {
			b.heads.set(stream, at)
		}
		s.raiseMark(b.seq)
		s.tip.publish(b.seq)
		for i, r := range b.accepted {
			r.answer <- b.answers[i]
		}
	}
	if err := batch.Close(); err != nil {
		s.opts.Logger.Error("event store: close a batch", "error", err)
	}
	clear(b.moved)
	clear(b.accepted)
	b.accepted, b.answers = b.accepted[:0], b.answers[:0]
}

// head finds a stream's last revision. A stream that does not exist, as those
// that an append creates, costs one look at a filter.
func (b *batcher) head(stream string) (eventstore.Revision, error) {
	if at, ok := b.heads.get(stream); ok {
		return at, nil
	}
	at, err := b.store.lastRevision(stream)
	if err == nil {
		b.heads.set(stream, at)
	}
	return at, err
}

// refusal says why nothing may be written just now, if so.
func (s *Store) refusal() error {
	if err := s.unfit.Load(); err != nil {
		return *err
	}
	if s.opts.MinFree < 0 {
		return nil
	}
	usage, err := s.opts.FS.GetDiskUsage(s.dir)
	if err != nil || usage.AvailBytes >= uint64(s.opts.MinFree) {
		return nil // a file system that cannot tell will refuse by itself
	}
	return &DiskFull{Dir: s.dir, Free: usage.AvailBytes, Need: uint64(s.opts.MinFree)}
}

func (s *Store) enter() bool {
	s.use.RLock()
	if s.closed {
		s.use.RUnlock()
		return false
	}
	return true
}
