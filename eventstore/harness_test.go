package eventstore_test

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

const series = "INV-2026"

var codec = eventstore.NewCodec(domain.Events())

// open opens a data folder; the returned function closes it early.
func open(t testing.TB, dir string) (store *embedded.Store, shut func()) {
	t.Helper()
	store, err := embedded.Open(dir, embedded.Options{MinFree: -1})
	require.NoError(t, err)
	closed := false
	shut = func() {
		if !closed {
			closed = true
			require.NoError(t, store.Close())
		}
	}
	t.Cleanup(shut)
	return store, shut
}

// ticking is a clock that goes on by a second whenever it is read, so that no
// two commands are recorded at the same instant.
func ticking() func() time.Time {
	var seconds atomic.Int64
	return func() time.Time {
		return time.Date(2026, 3, 1, 12, 0, int(seconds.Add(1)), 0, time.FixedZone("", 3600))
	}
}

func executor(store eventstore.Backend) *eventstore.Executor {
	return eventstore.NewExecutor(store, codec, ticking())
}

func numberFor(document string) domain.AssignNumber {
	return domain.AssignNumber{Series: series, For: domain.NumberFor{Invoice: domain.InvoiceID(document)}}
}

// id is a command's id that stays the same from run to run.
func id(name string) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceOID, []byte(name)) }

func ask(name string) eventstore.Request { return eventstore.Request{ID: id(name), Actor: "test"} }

func execute(t testing.TB, x *eventstore.Executor, cmd domain.Command, name string) eventstore.Result {
	t.Helper()
	result, err := x.Execute(t.Context(), cmd, ask(name))
	require.NoError(t, err)
	return result
}

// history is a stream as it is stored.
func history(t testing.TB, store eventstore.StreamReader, stream domain.Stream) []eventstore.Decoded {
	t.Helper()
	var all []eventstore.Decoded
	for r, err := range store.ReadStream(context.Background(), string(stream), 0) {
		require.NoError(t, err)
		e, err := codec.Decode(r)
		require.NoError(t, err)
		all = append(all, e)
	}
	return all
}

// numbers are what the series gave, in order.
func numbers(t testing.TB, store eventstore.StreamReader) []int64 {
	t.Helper()
	var all []int64
	for _, e := range history(t, store, domain.SeriesStream(series)) {
		all = append(all, e.Event.(domain.NumberAssigned).N)
	}
	return all
}

func upTo(n int) []int64 {
	all := make([]int64, n)
	for i := range all {
		all[i] = int64(i + 1)
	}
	return all
}

// requireSame compares events but for their position, which an append answers
// only for its last one.
func requireSame(t testing.TB, want, got []eventstore.Decoded) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		w, g := want[i], got[i]
		if i < len(want)-1 {
			w.Position, g.Position = eventstore.Start, eventstore.Start
		}
		require.True(t, w.Meta.RecordedAt.Equal(g.Meta.RecordedAt), "recorded %s and %s", w.Meta.RecordedAt, g.Meta.RecordedAt)
		w.Created, w.Meta.RecordedAt = g.Created, g.Meta.RecordedAt
		require.Equal(t, w, g)
	}
}

// wrapped is a real store with something between it and its caller.
type wrapped struct {
	eventstore.Store
	append  func(attempt int, next func() (eventstore.Appended, error)) (eventstore.Appended, error)
	read    func(r eventstore.Record) (eventstore.Record, error)
	appends atomic.Int64
	asked   []string // stream, expected revision and ids of each append; not for concurrent use
}

func (w *wrapped) Append(ctx context.Context, stream string, expected eventstore.Revision, events []eventstore.Proposed) (eventstore.Appended, error) {
	attempt := int(w.appends.Add(1))
	next := func() (eventstore.Appended, error) { return w.Store.Append(ctx, stream, expected, events) }
	if w.append == nil {
		return next()
	}
	line := fmt.Sprintf("%s at %s:", stream, expected)
	for _, e := range events {
		line += " " + e.ID.String()
	}
	w.asked = append(w.asked, line)
	return w.append(attempt, next)
}

func (w *wrapped) ReadStream(ctx context.Context, stream string, from uint64) iter.Seq2[eventstore.Record, error] {
	if w.read == nil {
		return w.Store.ReadStream(ctx, stream, from)
	}
	return func(yield func(eventstore.Record, error) bool) {
		for r, err := range w.Store.ReadStream(ctx, stream, from) {
			if err == nil {
				r, err = w.read(r)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// message is the content of a message in two parts, as commands.
func message(name string, part []byte) (domain.ReceiveMessage, domain.StorePart, domain.StorePart) {
	id := domain.MessageID(name)
	return domain.ReceiveMessage{MessageReceived: domain.MessageReceived{Message: id, Channel: "test", Name: name, Size: int64(2 * len(part)), Parts: 2}},
		domain.StorePart{MessagePart: domain.MessagePart{Message: id, Part: 0, Content: part}},
		domain.StorePart{MessagePart: domain.MessagePart{Message: id, Part: 1, Content: part}}
}
