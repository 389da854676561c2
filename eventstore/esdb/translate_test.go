package esdb

import (
	"math"
	"testing"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/freightledger/freightledger/eventstore"
)

func TestPositionsGoThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := eventstore.Position{Commit: rapid.Uint64().Draw(t, "commit"), Prepare: rapid.Uint64().Draw(t, "prepare")}
		require.Equal(t, p, positionOf(position(p)))
		require.Equal(t, client.Position{Commit: p.Commit, Prepare: p.Prepare}, position(p))
	})
	require.Equal(t, client.Start{}, from(eventstore.Start))
	require.Equal(t, client.Position{Commit: 7, Prepare: 5}, from(eventstore.Position{Commit: 7, Prepare: 5}))
}

func TestAnAppendNeverExpectsJustAnything(t *testing.T) {
	for revision, want := range map[eventstore.Revision]client.ExpectedRevision{
		eventstore.NoStream: client.NoStream{},
		0:                   client.Revision(0),
		41:                  client.Revision(41),
	} {
		got, err := expected(revision)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, revision := range []eventstore.Revision{-2, -4, -1 << 63} {
		_, err := expected(revision)
		require.ErrorContains(t, err, "exact revision")
	}
}

func TestEventsKeepWhatTheySay(t *testing.T) {
	events := []eventstore.Proposed{
		{ID: uuid.New(), Type: "OrderReleased", Data: []byte(`{"shipment":"S1"}`), Metadata: []byte(`{"version":1}`)},
		{ID: uuid.New(), Type: "OrderTendered", Data: []byte(`{}`)},
	}
	sent := proposed(events)
	require.Len(t, sent, 2)
	for i, e := range sent {
		require.Equal(t, client.ContentTypeJson, e.ContentType)

		// Given that the server gives it back as it came, in a zone of its own
		created := time.Date(2026, 3, 1, 13, 0, 0, 100, time.FixedZone("CET", 3600))
		got, err := record(&client.ResolvedEvent{Event: &client.RecordedEvent{EventID: e.EventID, EventType: e.EventType, ContentType: "application/json",
			StreamID: "shipment-S1", EventNumber: uint64(i), Position: client.Position{Commit: 90, Prepare: 80}, CreatedDate: created, Data: e.Data, UserMetadata: e.Metadata}})
		require.NoError(t, err)
		require.Equal(t, eventstore.Record{ID: events[i].ID, Stream: "shipment-S1", Revision: uint64(i), Position: eventstore.Position{Commit: 90, Prepare: 80},
			Type: events[i].Type, Data: events[i].Data, Metadata: events[i].Metadata, Created: created.UTC()}, got)
	}
}

func TestWhatIsNotTheLedgersIsRefused(t *testing.T) {
	event := client.RecordedEvent{StreamID: "shipment-S1", EventNumber: 3, ContentType: "application/json"}
	link := client.RecordedEvent{StreamID: "$ce-shipment", EventNumber: 9, EventType: "$>"}
	binary, high, deleted, pointer, nowhere := event, event, event, event, event
	binary.ContentType = "application/octet-stream"
	high.EventNumber = 1 << 63
	deleted.EventType = "$streamDeleted"
	pointer.EventType = "$>"
	nowhere.Position = client.Position{Commit: math.MaxUint64, Prepare: math.MaxUint64}
	for name, resolved := range map[string]*client.ResolvedEvent{
		"nothing":                       nil,
		"a link whose event is gone":    {Link: &link},
		"an event that a link led to":   {Link: &link, Event: &event},
		"another content type":          {Event: &binary},
		"a number that no stream has":   {Event: &high},
		"neither an event nor a link":   {},
		"the end of a deleted stream":   {Event: &deleted},
		"a link that was not followed":  {Event: &pointer},
		"an event without its place":    {Event: &nowhere},
		"an event without content type": {Event: &client.RecordedEvent{StreamID: "shipment-S1"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := record(resolved)
			require.Error(t, err)
			require.Equal(t, eventstore.Record{}, got)
		})
	}
	_, err := record(&client.ResolvedEvent{Event: &event})
	require.NoError(t, err)
}

func TestAnAnswerNamesItsPlace(t *testing.T) {
	got, err := appended(&client.WriteResult{CommitPosition: 9, PreparePosition: 8, NextExpectedVersion: 4})
	require.NoError(t, err)
	require.Equal(t, eventstore.Appended{Last: 4, Position: eventstore.Position{Commit: 9, Prepare: 8}}, got)
	_, err = appended(&client.WriteResult{NextExpectedVersion: 1})
	require.ErrorIs(t, err, eventstore.ErrUnknownOutcome)
	_, err = appended(&client.WriteResult{CommitPosition: 9, NextExpectedVersion: 1 << 63})
	require.Error(t, err)
}
