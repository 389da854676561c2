// Package trace answers where an amount comes from and what was known when,
// from the history's own streams.
//
// A trace goes from an invoice to its lines, from a line to its charge and
// the proof of delivery that let it be billed, from there to the delivery, and
// from each of them to the raw message that said so, down to its bytes. Every
// step names the stream, the revision, the event, when it was recorded and by
// whom. A replay folds a shipment as it was known at an instant.
//
// Nothing here is read from read models, so a trace can be held against them.
// The way from a number to its invoice is the numbering series itself: number
// n of a series is event n of its stream.
package trace

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
)

// Tracer reads streams. It is safe for concurrent use.
type Tracer struct {
	streams eventstore.StreamReader
	codec   eventstore.Codec
}

// New returns a tracer of a history.
func New(streams eventstore.StreamReader, codec eventstore.Codec) *Tracer {
	return &Tracer{streams, codec}
}

// Hop is one event on the way of a trace.
type Hop struct {
	Stream   string    `json:"stream"`
	Revision uint64    `json:"revision"`
	Event    uuid.UUID `json:"event"`
	Type     string    `json:"type"`
	Happened string    `json:"happened,omitempty"` // at the place, as stated
	Recorded time.Time `json:"recorded"`
	Actor    string    `json:"actor"`
	Via      string    `json:"via,omitempty"`
	Says     string    `json:"says,omitempty"`
}

func hopOf(e eventstore.Decoded) Hop {
	h := Hop{Stream: e.Stream, Revision: e.Revision, Event: e.ID, Type: e.Type, Recorded: e.Meta.RecordedAt, Actor: e.Meta.Actor, Via: e.Meta.Via, Says: says(e.Event)}
	if at, zone := happened(e.Event); at != "" {
		h.Happened = strings.TrimSpace(at + " " + zone)
	}
	return h
}

// read gives a stream's events, none when there is no such stream.
func (t *Tracer) read(ctx context.Context, stream domain.Stream) ([]eventstore.Decoded, error) {
	var all []eventstore.Decoded
	for r, err := range t.streams.ReadStream(ctx, string(stream), 0) {
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", stream, err)
		}
		e, err := t.codec.Decode(r)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// Numbered says when the document with a number got it: what was known then is
// what it was made of. It answers a *domain.Refusal with code NotFound when no
// document has the number.
func (t *Tracer) Numbered(ctx context.Context, number string) (time.Time, error) {
	_, at, err := t.numbered(ctx, number)
	if err == nil && at.IsZero() {
		return at, notFound("no document has the number %.80q", number)
	}
	return at, err
}

// numbered finds the document that has a number, and when it got it; the zero
// time when no series gave it.
func (t *Tracer) numbered(ctx context.Context, number string) (document domain.NumberFor, at time.Time, err error) {
	cut := strings.LastIndexByte(number, '-')
	if cut <= 0 {
		return document, at, nil
	}
	n, err := strconv.ParseUint(number[cut+1:], 10, 63)
	if err != nil || n == 0 {
		return document, at, nil
	}
	stream := domain.SeriesStream(number[:cut])
	for r, err := range t.streams.ReadStream(ctx, string(stream), n-1) {
		if err != nil {
			return document, at, fmt.Errorf("read %s: %w", stream, err)
		}
		e, err := t.codec.Decode(r)
		if err != nil {
			return document, at, err
		}
		if assigned, ok := e.Event.(domain.NumberAssigned); ok && assigned.Number == number {
			return assigned.For, e.Meta.RecordedAt, nil
		}
		break
	}
	return document, at, nil
}

func notFound(format string, args ...any) error {
	return &domain.Refusal{Code: domain.NotFound, Text: fmt.Sprintf(format, args...)}
}
