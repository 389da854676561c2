package storetest

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
)

// appending is an append as it was asked for.
type appending struct {
	stream   string
	expected eventstore.Revision
	ids      []uuid.UUID
}

// reading is a read of a stream as it was asked for.
type reading struct {
	stream string
	from   int
}

// The answers to an append: its last revision, that the stream is elsewhere,
// or nothing that is certain.
type (
	stored  struct{ last eventstore.Revision }
	wrong   struct{ actual eventstore.Revision }
	unknown struct{}
)

// read is the answer to a read.
type read struct{ ids []uuid.UUID }

// streamState is what a stream holds. Its ids are never changed in place.
type streamState struct {
	ids []uuid.UUID
	sum uint64 // of the ids in their order
}

func (s streamState) head() eventstore.Revision { return eventstore.Revision(len(s.ids)) - 1 }

func (s streamState) with(ids []uuid.UUID) streamState {
	h := fnv.New64a()
	fmt.Fprint(h, s.sum)
	for _, id := range ids {
		h.Write(id[:])
	}
	return streamState{ids: append(slices.Clip(s.ids), ids...), sum: h.Sum64()}
}

// has says whether an append was stored before.
func (s streamState) has(a appending) bool {
	begin := int(a.expected) + 1
	return begin+len(a.ids) <= len(s.ids) && slices.Equal(s.ids[begin:begin+len(a.ids)], a.ids)
}

// linear is the contract of one stream, as it is if calls happen one at a
// time. An append of unknown outcome may happen at any time after it was
// asked for, or never, which is the same as after everything else.
func linear() porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			var parts [][]porcupine.Operation
			place := make(map[string]int)
			for _, op := range history {
				i, ok := place[streamOf(op)]
				if !ok {
					i = len(parts)
					place[streamOf(op)] = i
					parts = append(parts, nil)
				}
				parts[i] = append(parts[i], op)
			}
			return parts
		},
		Init: func() any { return streamState{} },
		Step: func(state, input, output any) (bool, any) {
			s := state.(streamState)
			switch in := input.(type) {
			case appending:
				return s.step(in, output)
			case reading:
				return slices.Equal(s.ids[min(in.from, len(s.ids)):], output.(read).ids), s
			}
			return false, s
		},
		Equal: func(a, b any) bool {
			x, y := a.(streamState), b.(streamState)
			return len(x.ids) == len(y.ids) && x.sum == y.sum
		},
		DescribeOperation: func(input, output any) string {
			switch in := input.(type) {
			case appending:
				return fmt.Sprintf("append %d %s at %s: %T%v", len(in.ids), short(in.ids), in.expected, output, output)
			case reading:
				out := output.(read)
				return fmt.Sprintf("read from %d: %d to %s", in.from, len(out.ids), short(out.ids[max(0, len(out.ids)-1):]))
			}
			return "?"
		},
		DescribeState: func(state any) string {
			s := state.(streamState)
			return fmt.Sprintf("at %s, %s", s.head(), short(s.ids[max(0, len(s.ids)-1):]))
		},
	}
}

func (s streamState) step(in appending, output any) (bool, any) {
	fits := in.expected == s.head()
	switch out := output.(type) {
	case stored:
		if out.last != in.expected+eventstore.Revision(len(in.ids)) {
			return false, s
		}
		if fits {
			return true, s.with(in.ids)
		}
		return s.has(in), s
	case wrong:
		return !fits && !s.has(in) && out.actual == s.head(), s
	case unknown:
		if fits {
			return true, s.with(in.ids)
		}
		return true, s
	}
	return false, s
}

// settled takes out of a history what makes the search for an order long and
// cannot change its result. The history ends with a read of each stream.
//
// An append of unknown outcome that no read shows did not happen before the
// last read, and may as well not have happened. One that is shown happened
// before the end of the first call that knows of it. And of several askings for
// the same append, the first may stand for those of unknown outcome after it,
// which might have happened at fewer times.
func settled(history []porcupine.Operation) []porcupine.Operation {
	shown := make(map[uuid.UUID]int64) // when a call that knows of an event ended
	for _, op := range history {
		var ids []uuid.UUID
		switch out := op.Output.(type) {
		case read:
			ids = out.ids
		case stored:
			ids = op.Input.(appending).ids
		}
		for _, id := range ids {
			if at, ok := shown[id]; !ok || op.Return < at {
				shown[id] = op.Return
			}
		}
	}
	sorted := slices.Clone(history)
	slices.SortStableFunc(sorted, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	asked := make(map[uuid.UUID]bool)
	var kept []porcupine.Operation
	for _, op := range sorted {
		if in, ok := op.Input.(appending); ok && op.Output == (unknown{}) {
			known := false
			for _, id := range in.ids {
				if at, ok := shown[id]; ok {
					known = true
					op.Return = min(op.Return, max(op.Call, at))
				}
			}
			if !known || asked[in.ids[0]] {
				continue
			}
			asked[in.ids[0]] = true
		}
		kept = append(kept, op)
	}
	return kept
}

func streamOf(op porcupine.Operation) string {
	switch in := op.Input.(type) {
	case appending:
		return in.stream
	case reading:
		return in.stream
	}
	return ""
}

// short tells a first id from others.
func short(ids []uuid.UUID) string {
	if len(ids) == 0 {
		return "-"
	}
	return ids[0].String()[:8]
}
