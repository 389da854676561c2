package storetest

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

func openMemory(t *testing.T) eventstore.Store {
	t.Helper()
	s, err := embedded.Open("data", embedded.Options{FS: vfs.NewMem(), MinFree: -1, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// lying is a real store that now and then does wrong, and says nothing of it.
type lying struct {
	eventstore.Store
	append func(next eventstore.Store, ctx context.Context, stream string, expected eventstore.Revision, evs []eventstore.Proposed) (eventstore.Appended, error)
	read   func(next iter.Seq2[eventstore.Record, error]) iter.Seq2[eventstore.Record, error]
	follow func(next iter.Seq2[eventstore.Record, error]) iter.Seq2[eventstore.Record, error]

	mu     sync.Mutex
	random *rand.Rand
	lies   int
}

// lie says whether now is the time, once in so many calls.
func (l *lying) lie(in int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.random.IntN(in) > 0 {
		return false
	}
	l.lies++
	return true
}

// told is how often it did wrong.
func (l *lying) told() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lies
}

func (l *lying) Append(ctx context.Context, stream string, expected eventstore.Revision, evs []eventstore.Proposed) (eventstore.Appended, error) {
	if l.append == nil || !l.lie(40) {
		return l.Store.Append(ctx, stream, expected, evs)
	}
	return l.append(l.Store, ctx, stream, expected, evs)
}

func (l *lying) ReadStream(ctx context.Context, stream string, from uint64) iter.Seq2[eventstore.Record, error] {
	seq := l.Store.ReadStream(ctx, stream, from)
	if l.read == nil || !l.lie(40) {
		return seq
	}
	return l.read(seq)
}

func (l *lying) Follow(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	seq := l.Store.Follow(ctx, after)
	if l.follow == nil {
		return seq
	}
	return l.follow(seq)
}

// The checker finds what each of these stores does wrong, and nothing in the
// one that is honest.
func TestHistoriesShowWhatAStoreDoesWrong(t *testing.T) {
	appendOK := eventstore.Appended{Position: eventstore.Position{Commit: 1, Prepare: 1}}
	for name, liar := range map[string]*lying{
		"nothing": {},
		"nothing, but loses answers": {append: func(s eventstore.Store, ctx context.Context, stream string, expected eventstore.Revision, evs []eventstore.Proposed) (eventstore.Appended, error) {
			if _, err := s.Append(ctx, stream, expected, evs); err != nil {
				return appendOK, err
			}
			return appendOK, eventstore.ErrUnknownOutcome
		}},
		"acknowledges without storing": {append: func(_ eventstore.Store, _ context.Context, _ string, expected eventstore.Revision, evs []eventstore.Proposed) (eventstore.Appended, error) {
			a := appendOK
			a.Last = expected + eventstore.Revision(len(evs))
			return a, nil
		}},
		"stores and says that it did not": {append: func(s eventstore.Store, ctx context.Context, stream string, expected eventstore.Revision, evs []eventstore.Proposed) (eventstore.Appended, error) {
			if _, err := s.Append(ctx, stream, expected, evs); err != nil {
				return appendOK, err
			}
			return appendOK, fmt.Errorf("stream %s: refused", stream)
		}},
		"stores a part": {append: func(s eventstore.Store, ctx context.Context, stream string, expected eventstore.Revision, evs []eventstore.Proposed) (eventstore.Appended, error) {
			a, err := s.Append(ctx, stream, expected, evs[:1])
			a.Last = expected + eventstore.Revision(len(evs))
			return a, err
		}},
		"stores twice": {append: func(s eventstore.Store, ctx context.Context, stream string, expected eventstore.Revision, evs []eventstore.Proposed) (eventstore.Appended, error) {
			a, err := s.Append(ctx, stream, expected, evs)
			if err != nil {
				return a, err
			}
			_, err = s.Append(ctx, stream, a.Last, evs)
			return a, err
		}},
		"stores wherever the stream is": {append: func(s eventstore.Store, ctx context.Context, stream string, _ eventstore.Revision, evs []eventstore.Proposed) (eventstore.Appended, error) {
			got, err := collect(s.ReadStream(ctx, stream, 0))
			if err != nil {
				return appendOK, err
			}
			return s.Append(ctx, stream, eventstore.Revision(len(got)-1), evs[:1])
		}},
		"forgets whose the unknown outcome was": {append: func(s eventstore.Store, ctx context.Context, stream string, expected eventstore.Revision, evs []eventstore.Proposed) (eventstore.Appended, error) {
			changed := append([]eventstore.Proposed(nil), evs...)
			for i := range changed {
				changed[i].ID = uuid.New()
			}
			if _, err := s.Append(ctx, stream, expected, changed); err != nil {
				return appendOK, err
			}
			return appendOK, eventstore.ErrUnknownOutcome
		}},
		"reads what is old": {read: func(seq iter.Seq2[eventstore.Record, error]) iter.Seq2[eventstore.Record, error] {
			return func(yield func(eventstore.Record, error) bool) {
				all, err := collect(seq)
				if err != nil {
					yield(eventstore.Record{}, err)
					return
				}
				for _, r := range all[:max(0, len(all)-4)] {
					if !yield(r, nil) {
						return
					}
				}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := newSeed(t)
			liar.Store = openMemory(t)
			liar.random = rand.New(rand.NewPCG(seed, 7))
			h := record(t, liar, nil, seed)
			begin := time.Now()
			result := porcupine.CheckOperationsTimeout(linear(), settled(h.calls), checking)
			if plain := porcupine.CheckOperationsTimeout(linear(), h.calls, 5*time.Second); plain != porcupine.Unknown {
				require.Equal(t, plain, result, "settling changes no result")
			}
			t.Logf("%d calls, %d lies, %s after %s", len(h.calls), liar.told(), result, time.Since(begin))
			if strings.HasPrefix(name, "nothing") {
				require.Equal(t, porcupine.Ok, result)
				return
			}
			require.Positive(t, liar.told())
			require.Equal(t, porcupine.Illegal, result)
		})
	}
}
