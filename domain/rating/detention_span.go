package rating

import (
	"slices"
	"time"
)

// span is a stretch of time, from inclusive to until exclusive.
type span struct{ from, until time.Time }

// spans are in order and do not touch: no moment is in two of them, so that
// nothing is counted twice.
type spans []span

// unite is the time that is in any of the stretches.
func unite(stretches ...span) spans {
	sorted := slices.Clone(stretches)
	slices.SortFunc(sorted, func(a, b span) int { return a.from.Compare(b.from) })
	var out spans
	for _, s := range sorted {
		last := len(out) - 1
		switch {
		case !s.until.After(s.from):
		case last >= 0 && !s.from.After(out[last].until):
			out[last].until = later(out[last].until, s.until)
		default:
			out = append(out, s)
		}
	}
	return out
}

// and is the time in both.
func (s spans) and(t spans) spans {
	var out spans
	for i, j := 0, 0; i < len(s) && j < len(t); {
		both := span{later(s[i].from, t[j].from), earlier(s[i].until, t[j].until)}
		if both.until.After(both.from) {
			out = append(out, both)
		}
		if s[i].until.Before(t[j].until) {
			i++
		} else {
			j++
		}
	}
	return out
}

// less is the time in s and not in t.
func (s spans) less(t spans) spans {
	var out spans
	for _, left := range s {
		for _, cut := range t {
			if !cut.from.Before(left.until) {
				break
			}
			if cut.from.After(left.from) {
				out = append(out, span{left.from, cut.from})
			}
			left.from = later(left.from, cut.until)
		}
		if left.until.After(left.from) {
			out = append(out, left)
		}
	}
	return out
}

// first is the first d of the time.
func (s spans) first(d time.Duration) spans {
	var out spans
	for _, next := range s {
		if d <= 0 {
			break
		}
		if next.until.Sub(next.from) > d {
			next.until = next.from.Add(d)
		}
		d -= next.until.Sub(next.from)
		out = append(out, next)
	}
	return out
}

func (s spans) length() time.Duration {
	var total time.Duration
	for _, next := range s {
		total += next.until.Sub(next.from)
	}
	return total
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
