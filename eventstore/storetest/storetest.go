// Package storetest is the contract of package eventstore as a test suite.
// Every store passes it:
//
//	storetest.Run(t, open, reopen)
//
// The tests draw what is random from a seed that they print.
package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
)

// Open gives a store with an empty history. It fails the test when it cannot,
// and closes the store with the test's Cleanup.
type Open func(t *testing.T) eventstore.Store

// Reopen ends a store in an orderly way and gives the same history again.
type Reopen func(t *testing.T, s eventstore.Store) eventstore.Store

// patience bounds every test, so that a store that hangs fails.
const patience = 2 * time.Minute

// Run tests a store. Where reopen is nil, what needs it is skipped.
func Run(t *testing.T, open Open, reopen Reopen) {
	suite := []struct {
		name string
		test func(t *testing.T, ctx context.Context, s eventstore.Store)
	}{
		{"an append is read back", testReadBack},
		{"an append names the exact revision", testExactRevision},
		{"an append of several events is one", testAtomic},
		{"unusable appends are refused", testRefusals},
		{"the size limit is exact", testSizeLimit},
		{"an append whose context has ended stores nothing", testCancelledAppend},
		{"stream names are kept apart", testStreamNames},
		{"every wrong revision is refused", testWrongShapes},
		{"unusual names are kept", testUnusualNames},
		{"unusual events are kept", testUnusualEvents},
		{"an append of very many small events is one", testManyTiny},
		{"an append far over the limit is refused", testFarTooLarge},

		{"a repeat is answered as the first time", testRepeat},
		{"a repeat is known after later appends", testRepeatLater},
		{"a partial or altered repeat is refused", testRepeatAltered},
		{"the same ids in another stream are other events", testRepeatElsewhere},
		{"an append at the head is new whatever its ids", testRepeatAtHead},
		{"events may share an id", testSameIDs},

		{"a stream is read from any revision", testReadStreamFrom},
		{"all events are read in order of appending", testReadAllOrder},
		{"reading resumes after every position", testReadAllResume},
		{"pages have no edges", testPages},
		{"a long stream is read from every revision", testEveryRevision},
		{"reading stops when the reader does", testReadBreak},
		{"reading ends when its context does", testReadCancelled},
		{"the head is the last event", testHead},
		{"what the caller holds is the caller's own", testCopies},

		{"following an empty history waits", testFollowEmpty},
		{"following begins after any position", testFollowFrom},
		{"following resumes after every event of a long history", testResumeEverywhere},
		{"following goes from history to live", testFollowLive},
		{"following survives disconnects under load", testFollowResume},
		{"following ends when its context does", testFollowCancelled},
		{"a slow follower misses nothing", testFollowSlow},

		{"writers of one stream take turns", testWritersOneStream},
		{"writers of many streams do not disturb each other", testWritersManyStreams},
		{"racing repeats are stored once", testRacingRepeats},
		{"readers see streams and history agree", testReadersAgree},
	}
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			s := open(t)
			c.test(t, ctx, s)
			requireConsistent(t, ctx, s)
		})
	}
	t.Run("a store behaves as its model", func(t *testing.T) { testModel(t, open, reopen) })
	for name, test := range map[string]func(*testing.T, eventstore.Store, Reopen){
		"a history outlives its process":      testReopen,
		"a repeat is known after a new start": testRepeatAfterRestart,
	} {
		t.Run(name, func(t *testing.T) {
			if reopen == nil {
				t.Skip("this store cannot be opened again by the test")
			}
			test(t, open(t), reopen)
		})
	}
}

// load is a valid JSON payload of n bytes, at least 2.
func load(n int) []byte { return []byte(`"` + strings.Repeat("x", n-2) + `"`) }

// event makes an event that is like no other.
func event(note string) eventstore.Proposed {
	id := uuid.New()
	data, err := json.Marshal(map[string]string{"note": note, "seen": id.String()})
	if err != nil {
		panic(err) // a map of strings is always JSON
	}
	return eventstore.Proposed{
		ID:       id,
		Type:     "shipment-noted.v1",
		Data:     data,
		Metadata: []byte(`{"$correlationId":"` + id.String() + `"}`),
	}
}

func events(n int) []eventstore.Proposed {
	made := make([]eventstore.Proposed, n)
	for i := range made {
		made[i] = event(fmt.Sprintf("stop %d", i))
	}
	return made
}

func mustAppend(t *testing.T, ctx context.Context, s eventstore.Appender, stream string, expected eventstore.Revision, evs []eventstore.Proposed) eventstore.Appended {
	t.Helper()
	a, err := s.Append(ctx, stream, expected, evs)
	require.NoError(t, err)
	require.Equal(t, expected+eventstore.Revision(len(evs)), a.Last)
	require.Positive(t, a.Position.Compare(eventstore.Start))
	return a
}

// collect reads a sequence to its end.
func collect(seq iter.Seq2[eventstore.Record, error]) ([]eventstore.Record, error) {
	var all []eventstore.Record
	for r, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, r)
	}
	return all, nil
}

func readStream(t *testing.T, ctx context.Context, s eventstore.StreamReader, stream string) []eventstore.Record {
	t.Helper()
	all, err := collect(s.ReadStream(ctx, stream, 0))
	require.NoError(t, err)
	return all
}

func readAll(t *testing.T, ctx context.Context, s eventstore.Follower, after eventstore.Position) []eventstore.Record {
	t.Helper()
	all, err := collect(s.ReadAll(ctx, after))
	require.NoError(t, err)
	return all
}

// requireStored checks that records are what was proposed, at their place.
func requireStored(t *testing.T, stream string, from uint64, want []eventstore.Proposed, got []eventstore.Record) {
	t.Helper()
	require.Len(t, got, len(want))
	for i, r := range got {
		require.Equal(t, want[i].ID, r.ID)
		require.Equal(t, stream, r.Stream)
		require.Equal(t, from+uint64(i), r.Revision)
		require.Equal(t, want[i].Type, r.Type)
		require.True(t, bytes.Equal(want[i].Data, r.Data), "data of %s revision %d", stream, r.Revision)
		require.True(t, bytes.Equal(want[i].Metadata, r.Metadata), "metadata of %s revision %d", stream, r.Revision)
		require.Equal(t, time.UTC, r.Created.Location())
		if i > 0 {
			require.Positive(t, r.Position.Compare(got[i-1].Position))
		}
	}
}

// requireConsistent checks that the history and its streams are the same
// events: it ends every test.
func requireConsistent(t *testing.T, ctx context.Context, s eventstore.Store) {
	t.Helper()
	all := readAll(t, ctx, s, eventstore.Start)
	byStream := make(map[string][]eventstore.Record)
	for i, r := range all {
		if i > 0 {
			require.Positive(t, r.Position.Compare(all[i-1].Position), "positions ascend")
		}
		byStream[r.Stream] = append(byStream[r.Stream], r)
	}
	for stream, want := range byStream {
		for i, r := range want {
			require.EqualValues(t, i, r.Revision, "revisions of %s", stream)
		}
		require.Equal(t, want, readStream(t, ctx, s, stream))
	}
	head, err := s.Head(ctx)
	require.NoError(t, err)
	if len(all) == 0 {
		require.Equal(t, eventstore.Start, head)
	} else {
		require.Equal(t, all[len(all)-1].Position, head)
	}
}

// seeded gives random numbers that another run can have again.
func seeded(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
