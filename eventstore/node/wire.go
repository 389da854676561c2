package node

import (
	"encoding/binary"
	"strconv"
	"unicode/utf8"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
)

// Content types of events.
const (
	contentJSON   = "application/json"
	contentBinary = "application/octet-stream"
)

// stamp is the text of an event's "created": ticks of 100 ns since 1970.
func stamp(e *event) string { return strconv.FormatInt(e.Created.UnixNano()/100, 10) }

// contentType is the text of an event's "content-type".
func contentType(e *event) string {
	if e.Binary {
		return contentBinary
	}
	return contentJSON
}

// wireID is an id as a client asked for it.
func wireID(id uuid.UUID, text bool) *shared.UUID {
	if text {
		return &shared.UUID{Value: &shared.UUID_String_{String_: id.String()}}
	}
	return &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
		MostSignificantBits:  int64(binary.BigEndian.Uint64(id[:8])),
		LeastSignificantBits: int64(binary.BigEndian.Uint64(id[8:])),
	}}}
}

// parseID reads an id in either form; ok is false for one that is missing,
// zero or not an id.
func parseID(id *shared.UUID) (_ uuid.UUID, ok bool) {
	var parsed uuid.UUID
	switch v := id.GetValue().(type) {
	case *shared.UUID_Structured_:
		binary.BigEndian.PutUint64(parsed[:8], uint64(v.Structured.GetMostSignificantBits()))
		binary.BigEndian.PutUint64(parsed[8:], uint64(v.Structured.GetLeastSignificantBits()))
	case *shared.UUID_String_:
		if len(v.String_) > 64 {
			return uuid.Nil, false
		}
		var err error
		if parsed, err = uuid.Parse(v.String_); err != nil {
			return uuid.Nil, false
		}
	}
	return parsed, parsed != uuid.Nil
}

func identifier(stream string) *shared.StreamIdentifier {
	return &shared.StreamIdentifier{StreamName: []byte(stream)}
}

// parseName reads and bounds a stream's name.
func parseName(id *shared.StreamIdentifier) (string, error) {
	name := id.GetStreamName()
	switch {
	case len(name) == 0:
		return "", invalid("a stream needs a name")
	case len(name) > maxStreamBytes:
		return "", invalid("stream %.40q…: its name has %d bytes, over the limit of %d", name, len(name), maxStreamBytes)
	case !utf8.Valid(name):
		return "", invalid("stream %.40q: its name is not UTF-8", name)
	}
	return string(name), nil
}

// writable refuses names that are no stream's.
func writable(stream string) error {
	if stream == allStream || stream == metaPrefix {
		return invalid("%s is not a stream that can be written", stream)
	}
	return nil
}

// parseEvent reads and bounds an event that a client proposes. The bytes are
// the message's own.
func parseEvent(id *shared.UUID, properties map[string]string, custom, data []byte) (rawEvent, error) {
	kind, ok := properties["type"]
	if !ok || kind == "" {
		return rawEvent{}, missingProperty("type")
	}
	content, ok := properties["content-type"]
	if !ok {
		return rawEvent{}, missingProperty("content-type")
	}
	if len(kind) > maxTypeBytes {
		return rawEvent{}, invalid("event type %.40q…: %d bytes, over the limit of %d", kind, len(kind), maxTypeBytes)
	}
	parsed, ok := parseID(id)
	if !ok {
		return rawEvent{}, invalid("event of type %q: its id is missing, zero or not a UUID", kind)
	}
	return rawEvent{Proposed: eventstore.Proposed{ID: parsed, Type: kind, Data: data, Metadata: custom}, Binary: content != contentJSON}, nil
}

func checkpointMessage(p eventstore.Position) *api.ReadResp {
	return &api.ReadResp{Content: &api.ReadResp_Checkpoint_{Checkpoint: &api.ReadResp_Checkpoint{CommitPosition: p.Commit, PreparePosition: p.Prepare}}}
}

func notFoundMessage(stream string) *api.ReadResp {
	return &api.ReadResp{Content: &api.ReadResp_StreamNotFound_{StreamNotFound: &api.ReadResp_StreamNotFound{StreamIdentifier: identifier(stream)}}}
}

func confirmationMessage() *api.ReadResp {
	return &api.ReadResp{Content: &api.ReadResp_Confirmation{Confirmation: &api.ReadResp_SubscriptionConfirmation{SubscriptionId: uuid.NewString()}}}
}

func caughtUpMessage() *api.ReadResp {
	return &api.ReadResp{Content: &api.ReadResp_CaughtUp_{CaughtUp: &api.ReadResp_CaughtUp{}}}
}

func firstMessage(revision uint64) *api.ReadResp {
	return &api.ReadResp{Content: &api.ReadResp_FirstStreamPosition{FirstStreamPosition: revision}}
}

func lastMessage(revision uint64) *api.ReadResp {
	return &api.ReadResp{Content: &api.ReadResp_LastStreamPosition{LastStreamPosition: revision}}
}
