package world

import (
	"slices"
	"time"

	"github.com/freightledger/freightledger/eventstore"
)

// flight is an append that the store was asked for and has not acknowledged.
type flight struct {
	stream   string
	expected eventstore.Revision
	events   []eventstore.Proposed
	over     bool // stored, or lost
}

// fly has the store get to an append in a while, if it has power until then.
func (w *World) fly(stream string, expected eventstore.Revision, events []eventstore.Proposed, in time.Duration) *flight {
	f := &flight{stream: stream, expected: expected, events: slices.Clone(events)}
	w.flying = append(w.flying, f)
	if in > 0 {
		w.k.After(in, "late append", func() { w.land(f) })
	}
	return f
}

// land has the store do what it was asked for.
func (w *World) land(f *flight) {
	if f.over {
		return
	}
	f.over = true
	w.flying = slices.DeleteFunc(w.flying, func(g *flight) bool { return g == f })
	_, err := w.history.append(f.stream, f.expected, f.events)
	w.k.Tracef("late append to %s at %s: %v", f.stream, f.expected, err)
}

// powerLoss takes the store's power while it was asked for some appends, in their
// order. The first of them may have reached its disk, the others are gone, and
// nobody is told. What was acknowledged stays. It is back after a while; the
// processes may have been on the same machine.
func (w *World) powerLoss(own *node) {
	kept := w.k.Int(len(w.flying) + 1)
	w.k.Tracef("the store loses its power with %d appends under way, of which it keeps %d", len(w.flying), kept)
	w.darkUntil = w.k.Now().Add(w.k.During(100*time.Millisecond, 3*time.Minute))
	for i, f := range slices.Clone(w.flying) {
		if i < kept {
			w.land(f)
		} else {
			f.over = true
			w.k.Count("fault: append lost with the store's power")
		}
	}
	w.flying = nil
	if !w.k.OneIn(2) {
		return
	}
	for _, n := range w.nodes {
		if n.up && (n == own || w.k.OneIn(2)) {
			n.crash("the power is out")
		}
	}
}

// dark tells that the store has no power.
func (w *World) dark() bool { return w.k.Now().Before(w.darkUntil) }
