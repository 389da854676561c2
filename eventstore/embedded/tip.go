package embedded

import "sync"

// tip is the number of the last durable event. Readers see nothing after it:
// the storage engine shows a batch before its sync has ended, and an event that
// was read must not be lost.
type tip struct {
	mu      sync.Mutex
	seq     uint64
	changed chan struct{} // closed at the next publish; nil while nobody waits
}

func (t *tip) get() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seq
}

func (t *tip) publish(seq uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seq = seq
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}

// after gives a channel that is closed once the tip is beyond seq.
func (t *tip) after(seq uint64) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seq > seq {
		now := make(chan struct{})
		close(now)
		return now
	}
	if t.changed == nil {
		t.changed = make(chan struct{})
	}
	return t.changed
}
