package eventstore

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/google/uuid"
)

// Meta travels with every event beside its body.
type Meta struct {
	Version     int       `json:"version"`        // of the event's form
	Correlation uuid.UUID `json:"$correlationId"` // the business transaction
	Causation   uuid.UUID `json:"$causationId"`   // the event or request that led here
	Command     uuid.UUID `json:"command"`        // repeats of it answer as the first time
	CommandHash string    `json:"command_hash"`   // of its body
	Actor       string    `json:"actor"`          // who, or which part of freightledger
	RecordedAt  time.Time `json:"recorded_at"`    // when we learned it, UTC
	Via         string    `json:"via,omitempty"`  // channel: "import scms", "POST /v1/…"
}

// Decoded is a stored event, read.
type Decoded struct {
	Record
	Event domain.Event
	Meta  Meta
}

// Codec turns domain events into records and back.
type Codec struct{ registry domain.Registry }

// NewCodec returns a codec for a registry.
func NewCodec(r domain.Registry) Codec { return Codec{r} }

// Encode gives the stored form of an event; meta's Version is filled in.
func (c Codec) Encode(id uuid.UUID, e domain.Event, meta Meta) (Proposed, error) {
	name, version, data, err := c.registry.Encode(e)
	if err != nil {
		return Proposed{}, err
	}
	meta.Version = version
	metadata, err := json.Marshal(meta)
	if err != nil {
		return Proposed{}, fmt.Errorf("encode metadata of %s: %w", name, err)
	}
	return Proposed{ID: id, Type: name, Data: data, Metadata: metadata}, nil
}

// Decode reads a record. It fails loudly: an event that cannot be read stops
// whoever reads, because a history with holes is none.
func (c Codec) Decode(r Record) (Decoded, error) {
	var meta Meta
	if err := json.Unmarshal(r.Metadata, &meta); err != nil {
		return Decoded{}, fmt.Errorf("read metadata of event %d of stream %s: %w", r.Revision, r.Stream, err)
	}
	e, err := c.registry.Decode(r.Type, meta.Version, r.Data)
	if err != nil {
		return Decoded{}, fmt.Errorf("read event %d of stream %s: %w", r.Revision, r.Stream, err)
	}
	return Decoded{Record: r, Event: e, Meta: meta}, nil
}
