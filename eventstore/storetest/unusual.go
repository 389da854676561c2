package storetest

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
)

// The tests of this file have what is legal and seldom: a store keeps it byte
// for byte.

func testUnusualNames(t *testing.T, ctx context.Context, s eventstore.Store) {
	for name, stream := range map[string]string{
		"512 bytes, three a letter":   "货-" + strings.Repeat("运", 169) + "x",
		"512 bytes, four a letter":    "ss-" + strings.Repeat("🚚", 127) + "x",
		"spaces":                      "shipment- 1 ",
		"a path":                      "shipment-../../1?a=b&c=%2F#d",
		"what a server writes a link": "shipment-0@invoice-1",
		"quotes, line end, zero":      "shipment-\"'\\\n\t\x00",
		"right to left":               "شحنة-١",
		"a dollar further on":         "shipment-$all",
		"only dashes":                 "s-------",
	} {
		require.LessOrEqual(t, len(stream), 512, name)
		evs := events(2)
		a := mustAppend(t, ctx, s, stream, eventstore.NoStream, evs)
		requireStored(t, stream, 0, evs, readStream(t, ctx, s, stream))
		requireSame(t, ctx, s, a, stream, eventstore.NoStream, evs)
		requireWrong(t, ctx, s, 1, stream, eventstore.NoStream, events(2))
		require.Len(t, readStream(t, ctx, s, stream), 2, name)
	}
}

func testUnusualEvents(t *testing.T, ctx context.Context, s eventstore.Store) {
	var evs []eventstore.Proposed
	add := func(typ, data, metadata string) {
		evs = append(evs, eventstore.Proposed{ID: uuid.New(), Type: typ, Data: []byte(data), Metadata: []byte(metadata)})
	}
	for _, typ := range []string{"T", "货物已送达.v1", "a type, with \"quotes\"\n", strings.Repeat("é", 256), "shipment-noted.v1 "} {
		add(typ, `{}`, `{}`)
	}
	for _, json := range []string{
		`0`, `null`, `""`, `[]`, " {\r\n\t} ", `{"a":1,"a":2,"A":3}`, `{"":"é😀"}`, `"\u0000\ud83d\ude00\ud800\/"`,
		`1` + strings.Repeat("0", 400) + `.50e+10`, `"` + "\u2028\ufeff😀" + `"`,
		strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
	} {
		add("shipment-noted.v1", json, "")
		add("shipment-noted.v1", `{}`, json)
	}
	add("shipment-noted.v1", `{}`, string(load(eventstore.MaxAppendBytes/2)))
	ids := []uuid.UUID{
		uuid.Max, {15: 1}, {0: 0x80}, {0: 0xff, 8: 0x80}, {7: 0xff, 8: 0x7f, 15: 0xff},
		uuid.NewSHA1(uuid.NameSpaceOID, []byte("shipment")), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewUUID()),
	}
	for _, id := range ids {
		e := event("")
		e.ID = id
		evs = append(evs, e)
	}

	a := mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, evs)
	requireStored(t, "shipment-1", 0, evs, readStream(t, ctx, s, "shipment-1"))
	requireStored(t, "shipment-1", 0, evs, readAll(t, ctx, s, eventstore.Start))
	requireSame(t, ctx, s, a, "shipment-1", eventstore.NoStream, evs)
	got, err := follow(ctx, s, eventstore.Start, len(evs))
	require.NoError(t, err)
	requireStored(t, "shipment-1", 0, evs, got)
}

// testSameIDs has one append whose events share an id, as nothing forbids.
func testSameIDs(t *testing.T, ctx context.Context, s eventstore.Store) {
	three := events(3)
	three[1].ID, three[2].ID = three[0].ID, three[0].ID
	a := mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, three)
	requireSame(t, ctx, s, a, "shipment-1", eventstore.NoStream, three)
	requireStored(t, "shipment-1", 0, three, readStream(t, ctx, s, "shipment-1"))
}

func testManyTiny(t *testing.T, ctx context.Context, s eventstore.Store) {
	const n = 10_000
	tiny := make([]eventstore.Proposed, n)
	for i := range tiny {
		tiny[i] = eventstore.Proposed{ID: uuid.New(), Type: "T", Data: []byte("0")}
	}
	a := mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, tiny)
	requireStored(t, "shipment-1", 0, tiny, readStream(t, ctx, s, "shipment-1"))
	requireSame(t, ctx, s, a, "shipment-1", eventstore.NoStream, tiny)
	requireWrong(t, ctx, s, n-1, "shipment-1", eventstore.NoStream, tiny[1:])
	mustAppend(t, ctx, s, "shipment-1", n-1, events(1))
}

// testFarTooLarge has appends that no transport takes in either.
func testFarTooLarge(t *testing.T, ctx context.Context, s eventstore.Store) {
	for _, size := range []int{5 << 20, 40 << 20} {
		one := events(1)
		one[0].Data = load(size)
		_, err := s.Append(ctx, "shipment-1", eventstore.NoStream, one)
		var large *eventstore.TooLarge
		require.ErrorAs(t, err, &large)
		require.Equal(t, one[0].Size(), large.Size)
	}
	require.Empty(t, readAll(t, ctx, s, eventstore.Start))
	mustAppend(t, ctx, s, "shipment-1", eventstore.NoStream, events(1))
}

// testWrongShapes has every relation that an append's place can have to the
// events that its stream holds, with ids that are new and with those stored.
func testWrongShapes(t *testing.T, ctx context.Context, s eventstore.Store) {
	const have = 4
	stored := events(have)
	mustAppend(t, ctx, s, "charge-1", eventstore.NoStream, stored)
	before := readAll(t, ctx, s, eventstore.Start)
	for expected := eventstore.NoStream; expected < have+3; expected++ {
		if expected == have-1 {
			continue // that is where the stream is
		}
		for n := 1; n <= have+2; n++ {
			requireWrong(t, ctx, s, have-1, "charge-1", expected, events(n))
			if begin := int(expected) + 1; begin+n <= have {
				requireSame(t, ctx, s, eventstore.Appended{Last: expected + eventstore.Revision(n), Position: before[begin+n-1].Position},
					"charge-1", expected, stored[begin:begin+n])
			} else if begin < have {
				// It begins as what is stored, and goes on beyond it.
				requireWrong(t, ctx, s, have-1, "charge-1", expected, append(stored[begin:have:have], events(n)...))
			}
		}
		requireWrong(t, ctx, s, eventstore.NoStream, "charge-2", max(0, expected), stored)
	}
	for _, expected := range []eventstore.Revision{math.MaxInt32, math.MaxUint32, math.MaxInt64 - 1, math.MaxInt64} {
		requireWrong(t, ctx, s, have-1, "charge-1", expected, events(1))
		requireWrong(t, ctx, s, eventstore.NoStream, "charge-2", expected, events(1))
	}
	require.Equal(t, before, readAll(t, ctx, s, eventstore.Start), "what was refused or repeated stores nothing")
}

// testResumeEverywhere resumes after every single event of a history that is
// longer than a page, through what a caller keeps of a position.
func testResumeEverywhere(t *testing.T, ctx context.Context, s eventstore.Store) {
	for i := range 45 {
		fill(t, ctx, s, fmt.Sprintf("shipment-%d", i), 1+i%13)
	}
	all := readAll(t, ctx, s, eventstore.Start)
	require.Greater(t, len(all), 256)
	for i, r := range all {
		kept, err := eventstore.ParsePosition(r.Position.String())
		require.NoError(t, err)
		wait := min(len(all)-i-1, 5)
		got, err := follow(ctx, s, kept, wait)
		require.NoError(t, err)
		require.Len(t, got, wait)
		for j := range got {
			require.Equal(t, all[i+1+j], got[j])
		}
	}
	// After the last there is only what comes.
	live := events(1)
	mustAppend(t, ctx, s, "shipment-live", eventstore.NoStream, live)
	got, err := follow(ctx, s, all[len(all)-1].Position, 1)
	require.NoError(t, err)
	requireStored(t, "shipment-live", 0, live, got)
}

// testEveryRevision reads a stream that is longer than a page from each of its
// events.
func testEveryRevision(t *testing.T, ctx context.Context, s eventstore.Store) {
	const n = 530
	fill(t, ctx, s, "shipment-1", n)
	all := readStream(t, ctx, s, "shipment-1")
	require.Len(t, all, n)
	for from := range all {
		if from%64 > 2 && from%50 > 1 && from < n-3 {
			continue // the edges are what matters
		}
		got, err := collect(s.ReadStream(ctx, "shipment-1", uint64(from)))
		require.NoError(t, err)
		require.Equal(t, all[from:], got)
	}
}
