package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// modelStream is all that can be known of a stream.
type modelStream struct {
	ids        []uuid.UUID // of every event that was ever stored
	described  bool        // there are metadata
	maxCount   int
	before     uint64 // $tb
	tombstoned bool
}

func (m *modelStream) last() eventstore.Revision { return eventstore.Revision(len(m.ids) - 1) }
func (m *modelStream) deleted() bool             { return m.before == lastRevision }

// model is what the protocol says of appends, deletions and metadata, written
// down in the plainest way.
type model struct {
	streams map[string]*modelStream
	known   map[uuid.UUID]string // written since the start: "revision@stream"
}

const (
	mOK      = "stored"
	mWrong   = "wrong revision"
	mDeleted = "deleted"
	mMissing = "not found"
)

// append answers what is to happen, and the last event's revision.
func (m *model) append(name string, expected eventstore.Revision, ids []uuid.UUID) (string, eventstore.Revision) {
	s := m.streams[name]
	switch {
	case s.tombstoned, expected == streamExists && s.deleted():
		return mDeleted, 0
	case expected == streamExists && len(s.ids) == 0 && !s.described:
		return mWrong, 0
	case expected < eventstore.NoStream:
		places := 0
		at := eventstore.Revision(-1)
		for _, id := range ids {
			var revision eventstore.Revision
			var stream string
			if _, err := fmt.Sscanf(m.known[id], "%d@%s", &revision, &stream); err != nil || stream != name {
				break
			}
			places++
			at = revision
		}
		if places == len(ids) {
			return mOK, at
		}
		if places > 0 {
			return mWrong, 0
		}
	case expected > s.last():
		return mWrong, 0
	case expected < s.last():
		stored := s.ids[expected+1:]
		if len(ids) <= len(stored) && slices.Equal(ids, stored[:len(ids)]) {
			for i, id := range ids { // who repeats an append reminds the node of it
				m.known[id] = fmt.Sprintf("%d@%s", int(expected)+1+i, name)
			}
			return mOK, expected + eventstore.Revision(len(ids))
		}
		if expected != eventstore.NoStream || !s.deleted() || stored[0] == ids[0] {
			return mWrong, 0
		}
	}
	if s.deleted() {
		s.before = uint64(len(s.ids))
	}
	for _, id := range ids {
		m.known[id] = fmt.Sprintf("%d@%s", len(s.ids), name)
		s.ids = append(s.ids, id)
	}
	return mOK, s.last()
}

func (m *model) remove(name string, expected eventstore.Revision, forGood bool) string {
	s := m.streams[name]
	nothing := len(s.ids) == 0 && !s.described
	switch {
	case s.tombstoned, expected == streamExists && s.deleted():
		return mDeleted
	case expected >= eventstore.NoStream && expected != s.last() && !(expected == eventstore.NoStream && s.deleted()),
		nothing && (expected == streamExists || !forGood):
		return mWrong
	case forGood:
		s.tombstoned = true
		return mOK
	}
	s.described, s.before, s.maxCount = true, lastRevision, 0
	return mOK
}

func (m *model) describe(name string, maxCount int, before uint64) string {
	s := m.streams[name]
	if s.tombstoned {
		return mDeleted
	}
	if s.deleted() {
		before = uint64(len(s.ids))
	}
	s.described, s.maxCount, s.before = true, maxCount, before
	return mOK
}

func (m *model) read(name string) (string, []uuid.UUID) {
	s := m.streams[name]
	switch {
	case s.tombstoned:
		return mDeleted, nil
	case len(s.ids) == 0, s.deleted():
		return mMissing, nil
	}
	first := min(s.before, uint64(len(s.ids)))
	if s.maxCount > 0 {
		first = max(first, uint64(max(0, len(s.ids)-s.maxCount)))
	}
	return mOK, s.ids[first:]
}

// outcome puts an error into the model's words.
func outcome(t *rapid.T, err error) string {
	var wrong *eventstore.WrongRevision
	var deleted *streamDeleted
	switch {
	case err == nil:
		return mOK
	case errors.As(err, &wrong):
		return mWrong
	case errors.As(err, &deleted):
		return mDeleted
	case errors.Is(err, errNoStream):
		return mMissing
	}
	t.Fatalf("unexpected: %v", err)
	return ""
}

func TestStreamsLiveAndDieAsTheModelSays(t *testing.T) {
	store, err := embedded.Open("data", embedded.Options{FS: vfs.NewMem(), MinFree: -1, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	require.NoError(t, err)
	defer store.Close()
	life := 0
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		h := newHistory(store.Raw(), Options{}.withDefaults())
		life++
		names := []string{fmt.Sprintf("shipment-%d", life), fmt.Sprintf("order-%d", life)}
		m := &model{streams: map[string]*modelStream{}, known: map[uuid.UUID]string{}}
		for _, n := range names {
			m.streams[n] = &modelStream{}
		}
		var appended [][]uuid.UUID
		stream := rapid.Map(rapid.IntRange(0, 1), func(i int) string { return names[i] })
		expectation := rapid.OneOf(rapid.SampledFrom([]eventstore.Revision{anyRevision, streamExists, eventstore.NoStream}), rapid.Map(rapid.IntRange(0, 8), func(n int) eventstore.Revision { return eventstore.Revision(n) }))

		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				name, expected := stream.Draw(t, "stream"), expectation.Draw(t, "expected")
				if rapid.Bool().Draw(t, "at the end") {
					expected = m.streams[name].last()
				}
				var ids []uuid.UUID
				if len(appended) > 0 && rapid.IntRange(0, 2).Draw(t, "repeat") == 0 {
					ids = slices.Clone(rapid.SampledFrom(appended).Draw(t, "which"))
					if rapid.IntRange(0, 3).Draw(t, "changed") == 0 {
						ids[len(ids)-1] = uuid.New()
					}
				} else {
					for range rapid.IntRange(1, 3).Draw(t, "events") {
						ids = append(ids, uuid.New())
					}
					appended = append(appended, ids)
				}
				var events []rawEvent
				for _, id := range ids {
					events = append(events, rawEvent{Proposed: eventstore.Proposed{ID: id, Type: "noted"}})
				}
				want, last := m.append(name, expected, ids)
				done, err := h.append(ctx, name, expected, events)
				require.Equal(t, want, outcome(t, err), "append %v at %d to %+v", ids, expected, m.streams[name])
				if err == nil {
					require.Equal(t, last, done.Last)
				}
			},
			"delete": func(t *rapid.T) {
				name, expected := stream.Draw(t, "stream"), expectation.Draw(t, "expected")
				forGood := rapid.IntRange(0, 9).Draw(t, "for good") == 0
				want := m.remove(name, expected, forGood)
				_, err := h.remove(ctx, name, expected, forGood)
				require.Equal(t, want, outcome(t, err))
			},
			"describe": func(t *rapid.T) {
				name := stream.Draw(t, "stream")
				count, before := rapid.IntRange(0, 4).Draw(t, "count"), rapid.Uint64Max(9).Draw(t, "before")
				want := m.describe(name, count, before)
				_, err := h.append(ctx, metaPrefix+name, anyRevision, []rawEvent{{Proposed: eventstore.Proposed{ID: uuid.New(), Type: typeMetadata,
					Data: fmt.Appendf(nil, `{"$maxCount":%d,"$tb":%d}`, count, before)}}})
				require.Equal(t, want, outcome(t, err))
			},
			"start anew": func(t *rapid.T) {
				h = newHistory(store.Raw(), Options{}.withDefaults())
				clear(m.known)
			},
			"": func(t *rapid.T) {
				for _, name := range names {
					want, ids := m.read(name)
					for _, d := range []embedded.Direction{embedded.Forwards, embedded.Backwards} {
						from := uint64(0)
						if d == embedded.Backwards {
							from = math.MaxUint64
						}
						got, failure := []uuid.UUID{}, error(nil)
						for e, err := range h.stream(ctx, name, from, d) {
							if failure = err; err == nil {
								got = append(got, e.ID)
							}
						}
						if d == embedded.Backwards {
							slices.Reverse(got)
						}
						require.Equal(t, want, outcome(t, failure), "%+v", m.streams[name])
						require.Equal(t, append([]uuid.UUID{}, ids...), got, "%+v", m.streams[name])
					}
				}
			},
		})
	})
}
