package eventstore_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPositionsSortAsTheirTextDoes(t *testing.T) {
	number := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 20), rapid.Just(^uint64(0)))
	place := rapid.Custom(func(t *rapid.T) eventstore.Position {
		return eventstore.Position{Commit: number.Draw(t, "commit"), Prepare: number.Draw(t, "prepare")}
	})
	rapid.Check(t, func(t *rapid.T) {
		p, q := place.Draw(t, "p"), place.Draw(t, "q")
		require.Equal(t, strings.Compare(p.String(), q.String()), p.Compare(q))
		require.Equal(t, -q.Compare(p), p.Compare(q))
		require.GreaterOrEqual(t, p.Compare(eventstore.Start), 0)
		back, err := eventstore.ParsePosition(p.String())
		require.NoError(t, err)
		require.Equal(t, p, back)
	})
}

func TestParsePositionTakesNothingElse(t *testing.T) {
	good := eventstore.Position{Commit: 255, Prepare: 16}.String()
	for _, s := range []string{"", ".", "255.16", good[1:], good + "0", strings.ReplaceAll(good, ".", ","), strings.ReplaceAll(good, "f", "g"),
		"+" + good[1:], good[:17] + "-" + good[18:], " " + good, strings.Repeat("0", 1000)} {
		_, err := eventstore.ParsePosition(s)
		require.Error(t, err, "%q", s)
		require.Less(t, len(err.Error()), 300)
	}
}

func TestRevisionsAreToldInWords(t *testing.T) {
	require.Equal(t, "no stream", eventstore.NoStream.String())
	require.Equal(t, "0", eventstore.Revision(0).String())
	err := &eventstore.WrongRevision{Stream: "shipment-S1", Expected: eventstore.NoStream, Actual: 4}
	require.EqualError(t, err, "stream shipment-S1: expected revision no stream, is at 4")
}

func TestCheckAppend(t *testing.T) {
	event := eventstore.Proposed{ID: uuid.New(), Type: "T", Data: []byte("{}"), Metadata: []byte("{}")}
	with := func(change func(*eventstore.Proposed)) []eventstore.Proposed {
		e := event
		change(&e)
		return []eventstore.Proposed{event, e}
	}
	sized := func(size int) []eventstore.Proposed {
		e := event
		e.Data = bytes.Repeat([]byte("1"), size-e.Size()+len(e.Data))
		require.Equal(t, size, e.Size())
		return []eventstore.Proposed{e}
	}
	one := []eventstore.Proposed{event}
	for name, c := range map[string]struct {
		stream   string
		expected eventstore.Revision
		events   []eventstore.Proposed
		taken    bool
		large    bool
	}{
		"an event for a new stream":      {"shipment-S1", eventstore.NoStream, one, true, false},
		"an event for an old one":        {"shipment-S1", 41, one, true, false},
		"a dash in the id":               {"numbering-INV-2026", 0, one, true, false},
		"a name of 512 bytes":            {"a-" + strings.Repeat("b", 510), 0, one, true, false},
		"no metadata":                    {"a-b", 0, with(func(e *eventstore.Proposed) { e.Metadata = nil }), true, false},
		"exactly the limit":              {"a-b", 0, sized(eventstore.MaxAppendBytes), true, false},
		"a name of 513 bytes":            {"a-" + strings.Repeat("b", 511), 0, one, false, false},
		"no name":                        {"", 0, one, false, false},
		"no category":                    {"-S1", 0, one, false, false},
		"no id":                          {"shipment-", 0, one, false, false},
		"no dash":                        {"shipment", 0, one, false, false},
		"a name that a server keeps":     {"$ce-shipment", 0, one, false, false},
		"a name that is not UTF-8":       {"a-\xff", 0, one, false, false},
		"a type that is not UTF-8":       {"a-b", 0, with(func(e *eventstore.Proposed) { e.Type = "\xff" }), false, false},
		"a type of 513 bytes":            {"a-b", 0, with(func(e *eventstore.Proposed) { e.Type = strings.Repeat("t", 513) }), false, false},
		"any revision":                   {"a-b", -2, one, false, false},
		"no events":                      {"a-b", 0, nil, false, false},
		"an event without id":            {"a-b", 0, with(func(e *eventstore.Proposed) { e.ID = uuid.Nil }), false, false},
		"an event without type":          {"a-b", 0, with(func(e *eventstore.Proposed) { e.Type = "" }), false, false},
		"an event without data":          {"a-b", 0, with(func(e *eventstore.Proposed) { e.Data = nil }), false, false},
		"one byte over the limit":        {"a-b", 0, sized(eventstore.MaxAppendBytes + 1), false, true},
		"over the limit only as a whole": {"a-b", 0, append(sized(eventstore.MaxAppendBytes-1), event), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			err := eventstore.CheckAppend(c.stream, c.expected, c.events)
			if c.taken {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			var large *eventstore.TooLarge
			if c.large {
				require.ErrorAs(t, err, &large)
				require.Greater(t, large.Size, large.Limit)
			} else {
				require.NotErrorAs(t, err, &large)
			}
			require.Less(t, len(err.Error()), 300)
		})
	}
}
