package eventstore

import (
	"encoding/json"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/google/uuid"
)

// Decoded is a stored event, read.
type Decoded struct {
	Record
	Event domain.Event
	Meta  Meta
}

// Codec turns domain events into records and back.
type Codec struct {
	registry domain.Registry
	wanted   func(eventType string) bool // nil: all
}

// NewCodec returns a codec for a registry.
func NewCodec(r domain.Registry) Codec { return Codec{registry: r} }

// Only returns a codec that reads the bodies of wanted types alone; of the
// others it gives the record without Event and Meta. A type that nobody knows
// is an error all the same.
func (c Codec) Only(wanted func(eventType string) bool) Codec {
	c.wanted = wanted
	return c
}

// Encode gives the stored form of an event; meta's Version is filled in.
func (c Codec) Encode(id uuid.UUID, e domain.Event, meta Meta) (Proposed, error) {
	p, _, err := c.encode(id, e, meta)
	return p, err
}

// encode also gives the metadata as they are stored.
func (c Codec) encode(id uuid.UUID, e domain.Event, meta Meta) (Proposed, Meta, error) {
	name, version, data, err := c.registry.Encode(e)
	if err != nil {
		return Proposed{}, Meta{}, err
	}
	meta.Version = version
	metadata, err := json.Marshal(meta)
	if err != nil {
		return Proposed{}, Meta{}, fmt.Errorf("encode metadata of %s: %w", name, err)
	}
	return Proposed{ID: id, Type: name, Data: data, Metadata: metadata}, meta, nil
}

// Decode reads a record. It fails loudly: an event that cannot be read stops
// whoever reads, because a history with holes is none.
func (c Codec) Decode(r Record) (Decoded, error) {
	if c.wanted != nil && c.registry.Knows(r.Type) && !c.wanted(r.Type) {
		return Decoded{Record: r}, nil
	}
	meta, err := readMeta(r.Metadata)
	if err != nil {
		return Decoded{}, fmt.Errorf("read metadata of event %d of stream %s: %w", r.Revision, r.Stream, err)
	}
	e, err := c.registry.Decode(r.Type, meta.Version, r.Data)
	if err != nil {
		return Decoded{}, fmt.Errorf("read event %d of stream %s: %w", r.Revision, r.Stream, err)
	}
	return Decoded{Record: r, Event: e, Meta: meta}, nil
}
