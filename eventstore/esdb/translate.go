package esdb

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/freightledger/freightledger/eventstore"
)

// The server's names for what the ledger has to know.
const (
	jsonType    = "application/json" // content type of events that were written as JSON
	deletedType = "$streamDeleted"   // last event of a stream that was deleted for good
)

// system says whether a stream or a type of events is the server's own.
func system(name string) bool { return strings.HasPrefix(name, "$") }

// positionOf keeps both numbers: they are byte offsets that leave gaps, and
// only as a pair do they order all events.
func positionOf(p client.Position) eventstore.Position {
	return eventstore.Position{Commit: p.Commit, Prepare: p.Prepare}
}

// position is what the server was told before.
func position(p eventstore.Position) client.Position {
	return client.Position{Commit: p.Commit, Prepare: p.Prepare}
}

// from is where reading all events goes on after a position. A subscription
// begins after it too, but reading begins with it: the reader drops the first
// event when it is the one at the position.
func from(p eventstore.Position) client.AllPosition {
	if p == eventstore.Start {
		return client.Start{}
	}
	return position(p)
}

// expected is the exact revision, or that there is no stream.
func expected(r eventstore.Revision) (client.ExpectedRevision, error) {
	switch {
	case r == eventstore.NoStream:
		return client.NoStream{}, nil
	case r < 0:
		return nil, fmt.Errorf("expected revision %d: name the exact revision or NoStream", int64(r))
	}
	return client.Revision(uint64(r)), nil
}

// proposed is an append's events, copied: the client may still look at them
// when its caller has long given up. The metadata are JSON as the data are, so
// that the server's own tools show them, and find $correlationId and
// $causationId in them.
func proposed(events []eventstore.Proposed) []client.EventData {
	data := make([]client.EventData, len(events))
	for i, e := range events {
		data[i] = client.EventData{EventID: e.ID, EventType: e.Type, ContentType: client.ContentTypeJson, Data: bytes.Clone(e.Data), Metadata: bytes.Clone(e.Metadata)}
	}
	return data
}

// record is an event as the server gave it.
func record(resolved *client.ResolvedEvent) (eventstore.Record, error) {
	if resolved == nil || resolved.Event == nil {
		return eventstore.Record{}, fmt.Errorf("the server gave a link whose event is gone: restore the stream it points to")
	}
	e := resolved.Event
	if resolved.Link != nil {
		return eventstore.Record{}, fmt.Errorf("event %d of stream %s came by a link from %s: read without resolving links", e.EventNumber, e.StreamID, resolved.Link.StreamID)
	}
	switch {
	case e.EventType == deletedType:
		return eventstore.Record{}, &Lost{Stream: e.StreamID, Reason: fmt.Sprintf("it was deleted for good at %s", positionOf(e.Position))}
	case system(e.EventType):
		return eventstore.Record{}, fmt.Errorf("event %d of stream %s is of the server's own type %.40q: it is no event of the ledger", e.EventNumber, e.StreamID, e.EventType)
	case e.Position.Commit == math.MaxUint64:
		return eventstore.Record{}, fmt.Errorf("event %d of stream %s came without its position: the server is too old", e.EventNumber, e.StreamID)
	case e.EventNumber > math.MaxInt64:
		return eventstore.Record{}, fmt.Errorf("event of stream %s has number %d, over the highest revision there is", e.StreamID, e.EventNumber)
	case e.ContentType != jsonType:
		return eventstore.Record{}, fmt.Errorf("event %d of stream %s has content type %.40q, the ledger's events have %s: it is another program's", e.EventNumber, e.StreamID, e.ContentType, jsonType)
	}
	return eventstore.Record{
		ID:       e.EventID,
		Stream:   e.StreamID,
		Revision: e.EventNumber,
		Position: positionOf(e.Position),
		Type:     e.EventType,
		Data:     e.Data,
		Metadata: e.UserMetadata,
		Created:  e.CreatedDate.UTC(),
	}, nil
}

// appended is the answer to an append. The server does not say when it stored
// the events: whoever needs that reads the last one. An answer without a
// position is refused, because positions are what readers go by.
func appended(result *client.WriteResult) (eventstore.Appended, error) {
	if result.NextExpectedVersion > math.MaxInt64 {
		return eventstore.Appended{}, fmt.Errorf("append: the server answered revision %d, over the highest there is", result.NextExpectedVersion)
	}
	if result.CommitPosition == 0 && result.PreparePosition == 0 {
		return eventstore.Appended{}, fmt.Errorf("append: the server answered no position: %w", eventstore.ErrUnknownOutcome)
	}
	return eventstore.Appended{
		Last:     eventstore.Revision(result.NextExpectedVersion),
		Position: eventstore.Position{Commit: result.CommitPosition, Prepare: result.PreparePosition},
	}, nil
}
