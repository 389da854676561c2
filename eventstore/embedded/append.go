package embedded

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded/internal/segment"
)

const (
	// groupBytes ends a group; the next append goes into the following one.
	groupBytes = 2 << 20
	// maxAppend bounds one append, so that it fits into a group.
	maxAppend = 8 << 20
	// headsKept bounds the memory for stream heads to a few MiB.
	headsKept = 16384
	// longestGather bounds the wait for others on a slow disk.
	longestGather = time.Millisecond
)

// request is one append on its way to the committer.
type request struct {
	stream   string
	expected eventstore.Revision
	bodies   [][]byte
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
	r := &request{stream: stream, expected: expected, bodies: encode(stream, events), answer: make(chan answer, 1)}
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
	p, ok, err := s.find(stream, revision)
	if err != nil {
		return RawRecord{}, err
	}
	if !ok {
		return RawRecord{}, s.mistrust(indexPlace(stream, revision), "its entry is missing", nil)
	}
	return s.record(p, stream, revision, nil)
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

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.reqs)
}

// gather lets other goroutines run, for no longer than so much time, until so
// many appends wait.
func (q *queue) gather(n int, most time.Duration) {
	for begin := time.Now(); q.len() < n && time.Since(begin) < most; {
		runtime.Gosched()
	}
}

// commit is the committer: it runs until the queue is closed.
//
// Callers who were answered together tend to come back together, some
// microseconds apart. The first of them would have a sync for itself, and the
// others wait for it. So the committer waits for as many as were there lately,
// but never longer than a third of what the last group took to write, or
// longestGather. One caller alone waits for nobody.
func (s *Store) commit() {
	b := &batcher{store: s, heads: newHeads(headsKept), at: s.tip.get(), moved: make(map[string]eventstore.Revision)}
	var todo, spare []*request
	var company int
	var took time.Duration
	for {
		if len(todo) == 0 {
			<-s.queue.wake
		}
		if company > 1 {
			s.queue.gather(company-len(todo), min(took/3, longestGather))
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
		if len(todo) == 0 {
			continue
		}
		begin, n := time.Now(), len(todo)
		todo = b.write(todo)
		took, company = time.Since(begin), n-len(todo)+s.queue.len()
	}
}

// refusal says why nothing may be written just now, if so.
func (s *Store) refusal() error {
	if err := s.index.backlog(&s.health); err != nil {
		if segment.IsFull(err) {
			return &DiskFull{Dir: s.dir, Err: err}
		}
		return fmt.Errorf("the index of data folder %s cannot be written; check the disk, then repeat the append: %w", s.dir, err)
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
