package embedded

import (
	"sync"

	"github.com/freightledger/freightledger/eventstore/embedded/internal/segment"
)

// extent says how far the history goes.
type extent struct {
	seq    uint64        // the last event
	ledger uint64        // the last event that is not of a system stream
	chain  segment.Chain // the digest of all events
}

// tip is the end of the durable history. Readers see nothing after it: an
// event that was read must not be lost.
type tip struct {
	mu      sync.Mutex
	at      extent
	changed chan struct{} // closed at the next publish; nil while nobody waits
}

func (t *tip) get() extent {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.at
}

func (t *tip) publish(at extent) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at = at
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}

// after gives a channel that is closed once the tip is beyond seq.
func (t *tip) after(seq uint64) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at.seq > seq {
		now := make(chan struct{})
		close(now)
		return now
	}
	if t.changed == nil {
		t.changed = make(chan struct{})
	}
	return t.changed
}
