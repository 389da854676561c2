package embedded

import (
	"errors"
	"time"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded/internal/segment"
)

// batcher is the committer's state.
type batcher struct {
	store *Store
	heads *heads
	at    extent // of what was written

	// For the group in hand:
	group    segment.Group
	moved    map[string]eventstore.Revision // heads after it
	accepted []*request
	entries  []entry
}

// entry is an event of the group in hand.
type entry struct {
	stream   string
	revision uint64
	offset   int // in the group
	length   int
}

// write takes requests into one group until it is full, writes it, answers
// them, and gives back those that must wait for the next: they come after the
// group's end, or their stream moved in this group and its new events can be
// compared with them only once they are stored.
func (b *batcher) write(reqs []*request) (later []*request) {
	s := b.store
	b.group.Reset()
	b.entries = b.entries[:0]
	refusal := s.refusal()
	created := s.opts.Clock()
	later = reqs[:0]
	for _, r := range reqs {
		if b.group.Len() > groupBytes {
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
			b.put(r, created)
		}
	}
	clear(reqs[len(later):])
	if len(b.accepted) > 0 {
		b.finish()
	}
	clear(b.moved)
	clear(b.accepted)
	b.accepted = b.accepted[:0]
	return later
}

// put lays an append's records into the group.
func (b *batcher) put(r *request, created time.Time) {
	seq := b.at.seq + uint64(len(b.entries))
	for i, body := range r.bodies {
		revision := uint64(r.expected+1) + uint64(i)
		seal(body, revision, created)
		offset := b.group.Add(seq+1+uint64(i), body)
		b.entries = append(b.entries, entry{r.stream, revision, offset, segment.RecordHeader + len(body)})
	}
	b.moved[r.stream] = r.expected + eventstore.Revision(len(r.bodies))
	b.accepted = append(b.accepted, r)
}

// finish makes the group durable, shows it and answers.
func (b *batcher) finish() {
	s := b.store
	err := s.log.Reserve(&b.group)
	var full *segment.Full
	if errors.As(err, &full) {
		for _, r := range b.accepted {
			r.answer <- answer{err: &DiskFull{Dir: s.dir, Err: full.Err}}
		}
		return
	}
	if err != nil {
		fatal(s.opts.Logger, "take space for events: %v", err)
	}
	before, err := s.log.Append(&b.group)
	if err != nil {
		fatal(s.opts.Logger, "write events: %v", err)
	}
	if err := b.enter(before); err != nil {
		fatal(s.opts.Logger, "enter events into the index: %v", err)
	}
	s.raiseMark(b.at.seq)
	s.tip.publish(b.at)
	seq := before.Records
	for _, r := range b.accepted {
		last := r.expected + eventstore.Revision(len(r.bodies))
		b.heads.set(r.stream, last)
		seq += uint64(len(r.bodies))
		r.answer <- answer{appended: eventstore.Appended{Last: last, Position: eventstore.Position{Commit: seq, Prepare: seq}}}
	}
}

// enter enters the group, which lies behind a place, into the index.
func (b *batcher) enter(before segment.State) error {
	x := b.store.index
	c := covered{before, b.at.ledger, b.store.log.End().Chain}
	for i, e := range b.entries {
		b.at.seq++
		if !system(e.stream) {
			b.at.ledger = b.at.seq
		}
		p := segment.Place{Number: before.Records + 1 + uint64(i), Offset: before.Offset + int64(e.offset), Length: e.length}
		if err := x.add(e.stream, e.revision, p); err != nil {
			return err
		}
	}
	b.at.chain = c.chain
	return x.commit(c)
}

// head finds a stream's last revision.
func (b *batcher) head(stream string) (eventstore.Revision, error) {
	if at, ok := b.heads.get(stream); ok {
		return at, nil
	}
	at, err := b.store.lastRevision(stream, b.at.seq)
	if err == nil {
		b.heads.set(stream, at)
	}
	return at, err
}
