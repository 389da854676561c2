package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/storetest"
)

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

// What can happen to a caller of the embedded store, which has no wire.
const (
	lostAnswer = "the caller loses the answer"
	noTime     = "the caller's time runs out"
	restart    = "the store is closed and opened again"
)

// library is the embedded store and callers with bad luck. Its followers resume
// after the last event they saw, as the ledger's do.
type library struct {
	fs vfs.FS

	mu     sync.Mutex
	random *rand.Rand
	armed  map[string]int
	fired  map[string]int
	cut    chan struct{} // closed by Disconnect
	live   int           // followers

	open  sync.RWMutex // held while the store is used; restarting takes it for writing
	store *embedded.Store
}

func openLibrary(t *testing.T, seed uint64) storetest.Faulty {
	t.Helper()
	l := &library{fs: vfs.NewMem(), random: rand.New(rand.NewPCG(seed, 3)), armed: make(map[string]int), fired: make(map[string]int), cut: make(chan struct{})}
	var err error
	l.store, err = embedded.Open("data", l.options())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.store.Close()) })
	return l
}

func (l *library) options() embedded.Options {
	return embedded.Options{FS: l.fs, MinFree: -1, Logger: silent, MemTableBytes: 256 << 10}
}

func (l *library) Faults() []string { return []string{lostAnswer, noTime, restart} }

func (l *library) Disturb(fault string) {
	if fault == restart {
		// Readers and appends under way meet the closing of the store.
		l.at().Close()
		l.open.Lock()
		defer l.open.Unlock()
		store, err := embedded.Open("data", l.options())
		if err != nil {
			panic(fmt.Sprintf("open again: %v", err)) // everything after would fail
		}
		l.store = store
		l.count(restart)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed[fault]++
}

func (l *library) at() *embedded.Store {
	l.open.RLock()
	defer l.open.RUnlock()
	return l.store
}

func (l *library) count(fault string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fired[fault]++
}

// take says whether a fault is to strike now.
func (l *library) take(fault string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.armed[fault] == 0 {
		return false
	}
	l.armed[fault]--
	return true
}

func (l *library) Heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.armed)
}

func (l *library) Fired() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.fired)
}

func (l *library) Disconnect() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.cut)
	l.cut = make(chan struct{})
	return l.live
}

func (l *library) Append(ctx context.Context, stream string, expected eventstore.Revision, evs []eventstore.Proposed) (eventstore.Appended, error) {
	if l.take(noTime) {
		l.mu.Lock()
		d := time.Duration(l.random.IntN(300)) * time.Microsecond
		l.mu.Unlock()
		short, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		a, err := l.at().Append(short, stream, expected, evs)
		if errors.Is(err, context.DeadlineExceeded) {
			l.count(noTime)
		} else {
			l.Disturb(noTime) // it was fast enough: the next
		}
		return a, err
	}
	a, err := l.at().Append(ctx, stream, expected, evs)
	if err == nil && l.take(lostAnswer) {
		l.count(lostAnswer)
		return eventstore.Appended{}, fmt.Errorf("append to %s: %w", stream, eventstore.ErrUnknownOutcome)
	}
	return a, err
}

func (l *library) ReadStream(ctx context.Context, stream string, from uint64) iter.Seq2[eventstore.Record, error] {
	return l.at().ReadStream(ctx, stream, from)
}

func (l *library) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return l.at().ReadAll(ctx, after)
}

func (l *library) Head(ctx context.Context) (eventstore.Position, error) { return l.at().Head(ctx) }

func (l *library) Follow(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) {
		l.mu.Lock()
		l.live++
		l.mu.Unlock()
		defer func() {
			l.mu.Lock()
			l.live--
			l.mu.Unlock()
		}()
		for {
			again, err := l.session(ctx, &after, yield)
			if !again {
				return
			}
			if !errors.Is(err, context.Canceled) && !errors.Is(err, eventstore.ErrClosed) || ctx.Err() != nil {
				yield(eventstore.Record{}, err)
				return
			}
		}
	}
}

// session follows until something ends it.
func (l *library) session(ctx context.Context, after *eventstore.Position, yield func(eventstore.Record, error) bool) (again bool, err error) {
	l.mu.Lock()
	cut := l.cut
	l.mu.Unlock()
	session, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-cut:
			cancel()
		case <-done:
		}
	}()
	for r, err := range l.at().Follow(session, *after) {
		if err != nil {
			return true, err
		}
		*after = r.Position
		if !yield(r, nil) {
			return false, nil
		}
	}
	return true, errors.New("following ended without an error")
}

func TestTheEmbeddedStoreUnderFaults(t *testing.T) {
	storetest.RunFaults(t, openLibrary)
}

func TestTheEmbeddedStoresHistoriesAreLinear(t *testing.T) {
	storetest.RunHistories(t, openLibrary, 5)
}
