package persistent

import (
	"cmp"
	"slices"
)

// trail follows a sequence of places that are finished out of order, and knows
// up to which place all are.
type trail struct {
	steps []step // in order of place; the first is open

	through uint64 // all up to this place are finished
	moved   bool   // through has a meaning
	events  int    // finished up to through since the last checkpoint
	skipped int    // likewise, those that were never handed out
}

type step struct {
	place   uint64
	done    bool
	skipped int
}

// add puts an open place at the end.
func (t *trail) add(place uint64) { t.steps = append(t.steps, step{place: place}) }

// skip puts finished places at the end, n of them up to a place.
func (t *trail) skip(place uint64, n int) {
	if last := len(t.steps) - 1; last >= 0 && t.steps[last].skipped > 0 {
		t.steps[last].place = place
		t.steps[last].skipped += n
		return
	}
	t.steps = append(t.steps, step{place: place, done: true, skipped: n})
	t.advance()
}

func (t *trail) finish(place uint64) {
	i, ok := slices.BinarySearchFunc(t.steps, place, func(s step, p uint64) int { return cmp.Compare(s.place, p) })
	if !ok {
		return
	}
	t.steps[i].done = true
	t.advance()
}

func (t *trail) advance() {
	n := 0
	for ; n < len(t.steps) && t.steps[n].done; n++ {
		t.through, t.moved = t.steps[n].place, true
		t.skipped += t.steps[n].skipped
		if t.steps[n].skipped == 0 {
			t.events++
		}
	}
	t.steps = t.steps[n:]
	if len(t.steps) == 0 {
		t.steps = nil
	}
}

// written notes that a checkpoint was written at a place.
func (t *trail) written(events, skipped int) {
	t.events -= events
	t.skipped -= skipped
}
