package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/freightledger/freightledger/eventstore"
)

// model is the contract in its shortest form.
type model struct {
	all     []eventstore.Record
	streams map[string][]eventstore.Record
	begun   []repeatable // appends that were stored, to be repeated
}

type repeatable struct {
	stream   string
	expected eventstore.Revision
	events   []eventstore.Proposed
	answer   eventstore.Appended
}

// append tells what a store must answer: stored before, new, or neither.
func (m *model) append(stream string, expected eventstore.Revision, evs []eventstore.Proposed) (known *eventstore.Record, isNew bool) {
	have := m.streams[stream]
	if int(expected)+1 == len(have) {
		return nil, true
	}
	if int(expected)+1+len(evs) > len(have) {
		return nil, false
	}
	for i, e := range evs {
		if have[int(expected)+1+i].ID != e.ID {
			return nil, false
		}
	}
	return &have[int(expected)+len(evs)], false
}

// testModel runs random operations against a store and the model. One store
// serves all runs; each run has streams of its own.
func testModel(t *testing.T, open Open, reopen Reopen) {
	s := open(t)
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		runs++
		run := runs
		start, err := s.Head(ctx)
		check(rt, err)
		m := &model{streams: make(map[string][]eventstore.Record)}
		stream := rapid.Custom(func(rt *rapid.T) string {
			return fmt.Sprintf("%s-%d", rapid.SampledFrom([]string{"shipment", "charge", "s"}).Draw(rt, "category"), run)
		})
		ops := map[string]func(*rapid.T){
			"append": func(rt *rapid.T) {
				name := stream.Draw(rt, "stream")
				at := eventstore.Revision(len(m.streams[name]) - 1)
				expected := max(eventstore.NoStream, at+eventstore.Revision(rapid.SampledFrom([]int{0, 0, 0, 0, -1, 1, -3}).Draw(rt, "off")))
				m.check(rt, ctx, s, name, expected, drawEvents(rt))
			},
			"repeat": func(rt *rapid.T) {
				if len(m.begun) == 0 {
					rt.Skip("nothing was stored yet")
				}
				r := rapid.SampledFrom(m.begun).Draw(rt, "of")
				evs := slices.Clone(r.events)
				switch rapid.SampledFrom([]string{"same", "same", "fewer", "other"}).Draw(rt, "how") {
				case "fewer":
					evs = evs[:1]
				case "other":
					evs[len(evs)-1].ID = uuid.New()
				}
				m.check(rt, ctx, s, r.stream, r.expected, evs)
			},
			"read": func(rt *rapid.T) {
				name := stream.Draw(rt, "stream")
				from := rapid.IntRange(0, len(m.streams[name])+1).Draw(rt, "from")
				got, err := collect(s.ReadStream(ctx, name, uint64(from)))
				check(rt, err)
				same(rt, m.streams[name][min(from, len(m.streams[name])):], got)
			},
			"read all": func(rt *rapid.T) {
				from := rapid.IntRange(0, len(m.all)).Draw(rt, "from")
				after := start
				if from > 0 {
					after = m.all[from-1].Position
				}
				got, err := collect(s.ReadAll(ctx, after))
				check(rt, err)
				same(rt, m.all[from:], got)
			},
		}
		if reopen != nil {
			ops["reopen"] = func(rt *rapid.T) {
				// Seldom, because it is slow.
				if rapid.IntRange(0, 19).Draw(rt, "dice") != 0 {
					rt.Skip("not now")
				}
				s = reopen(t, s)
			}
		}
		rt.Repeat(ops)
		got, err := collect(s.ReadAll(ctx, start))
		check(rt, err)
		same(rt, m.all, got)
	})
}

func drawEvents(rt *rapid.T) []eventstore.Proposed {
	evs := make([]eventstore.Proposed, rapid.IntRange(1, 4).Draw(rt, "events"))
	for i := range evs {
		evs[i] = event(rapid.StringN(0, 20, 60).Draw(rt, "note"))
	}
	return evs
}

// check appends and compares the answer with the model's.
func (m *model) check(rt *rapid.T, ctx context.Context, s eventstore.Store, stream string, expected eventstore.Revision, evs []eventstore.Proposed) {
	known, isNew := m.append(stream, expected, evs)
	got, err := s.Append(ctx, stream, expected, evs)
	switch {
	case known != nil:
		check(rt, err)
		if got.Last != eventstore.Revision(known.Revision) || got.Position != known.Position {
			rt.Fatalf("repeat in %s at %s: answered %+v, stored was %+v", stream, expected, got, *known)
		}
	case isNew:
		check(rt, err)
		if got.Last != expected+eventstore.Revision(len(evs)) {
			rt.Fatalf("append to %s at %s: answered %+v", stream, expected, got)
		}
		m.store(rt, ctx, s, stream, expected, evs, got)
	default:
		var wrong *eventstore.WrongRevision
		if !errors.As(err, &wrong) || *wrong != (eventstore.WrongRevision{Stream: stream, Expected: expected,
			Actual: eventstore.Revision(len(m.streams[stream]) - 1)}) {
			rt.Fatalf("append to %s at %s: answered %+v, %v, want WrongRevision", stream, expected, got, err)
		}
	}
}

// store takes over what only the store can know, positions and times, and
// leaves everything else as proposed.
func (m *model) store(rt *rapid.T, ctx context.Context, s eventstore.Store, stream string, expected eventstore.Revision,
	evs []eventstore.Proposed, answer eventstore.Appended) {
	stored, err := collect(s.ReadStream(ctx, stream, uint64(expected+1)))
	check(rt, err)
	if len(stored) != len(evs) {
		rt.Fatalf("append to %s at %s: stored %d events of %d", stream, expected, len(stored), len(evs))
	}
	for i, e := range evs {
		r := eventstore.Record{ID: e.ID, Stream: stream, Revision: uint64(expected+1) + uint64(i),
			Position: stored[i].Position, Type: e.Type, Data: e.Data, Metadata: e.Metadata, Created: stored[i].Created}
		m.all = append(m.all, r)
		m.streams[stream] = append(m.streams[stream], r)
	}
	if last := stored[len(stored)-1]; last.Position != answer.Position {
		rt.Fatalf("append to %s at %s: answered %+v, stored is %+v", stream, expected, answer, last)
	}
	m.begun = append(m.begun, repeatable{stream, expected, evs, answer})
}

func same(rt *rapid.T, want, got []eventstore.Record) {
	if !slices.EqualFunc(want, got, func(a, b eventstore.Record) bool {
		return a.ID == b.ID && a.Stream == b.Stream && a.Revision == b.Revision && a.Position == b.Position && a.Type == b.Type &&
			slices.Equal(a.Data, b.Data) && slices.Equal(a.Metadata, b.Metadata) && a.Created.Equal(b.Created)
	}) {
		rt.Fatalf("read %d events that are not the %d stored", len(got), len(want))
	}
}

func check(rt *rapid.T, err error) {
	if err != nil {
		rt.Fatal(err)
	}
}
