package node

import (
	"hash/maphash"
	"sync"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
)

// writtenBytes bounds the memory of written, and writtenEach is about what one
// event takes of it, in the ring and in the map.
const (
	writtenBytes = 8 << 20
	writtenEach  = 128
)

// written remembers the events stored last, by id, so that an append which
// names no revision can be repeated. It forgets the oldest first, and all when
// the node stops, as the protocol's first server does.
type written struct {
	mu   sync.Mutex
	seed maphash.Seed
	at   map[uuid.UUID]place
	ring []uuid.UUID
	next int
	most int // ids
}

// place is where an event was stored. Streams are told apart by a hash, which
// a client cannot aim at.
type place struct {
	stream   uint64
	revision eventstore.Revision
	number   uint64
}

func newWritten(bytes int) *written {
	return &written{seed: maphash.MakeSeed(), at: make(map[uuid.UUID]place), most: bytes / writtenEach}
}

// add notes events that were stored next to each other, the last at a place.
func (w *written) add(stream string, events []rawEvent, last eventstore.Appended) {
	hash := maphash.String(w.seed, stream)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, e := range events {
		back := len(events) - 1 - i
		if _, known := w.at[e.ID]; !known {
			if len(w.ring) < w.most {
				w.ring = append(w.ring, e.ID)
			} else {
				delete(w.at, w.ring[w.next])
				w.ring[w.next] = e.ID
				w.next = (w.next + 1) % len(w.ring)
			}
		}
		w.at[e.ID] = place{hash, last.Last - eventstore.Revision(back), last.Position.Commit - uint64(back)}
	}
}

// repeat says whether events were stored in the stream before. Partly is true
// when the first was, and another was not.
func (w *written) repeat(stream string, events []rawEvent) (last eventstore.Appended, repeated, partly bool) {
	hash := maphash.String(w.seed, stream)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, e := range events {
		at, known := w.at[e.ID]
		if !known || at.stream != hash {
			return eventstore.Appended{}, false, i > 0
		}
		last = eventstore.Appended{Last: at.revision, Position: eventstore.Position{Commit: at.number, Prepare: at.number}}
	}
	return last, len(events) > 0, false
}
