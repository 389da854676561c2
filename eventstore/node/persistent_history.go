package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
	"github.com/freightledger/freightledger/eventstore/node/persistent"
)

// Bounds of one reading for a group, besides the number of events.
const (
	groupReadBytes      = 4 << 20
	groupReadConsidered = 2_000 // events of $all that are looked at
)

// groupSource is the stream, or $all, that a group shares out. Places are
// revisions, or the store's numbers of events.
type groupSource struct {
	history *history
	name    groupName
	links   bool
	filter  *filter
	head    uint64 // the store's last event when Read began; Read and Changed are called in turn
}

// Read implements persistent.Source.
func (s *groupSource) Read(ctx context.Context, from uint64, n int) (events []persistent.Event, skipped int, next uint64, err error) {
	h := s.history
	s.head = h.raw.Head().Commit
	seq := h.stream(ctx, s.name.Stream, from, embedded.Forwards)
	if s.name.all() {
		seq = h.numbered(ctx, max(1, from), embedded.Forwards)
	}
	bytes := 0
	next = from
	for e, err := range seq {
		if err != nil {
			return events, skipped, next, gone(err)
		}
		place := e.Revision
		if s.name.all() {
			place = h.positions.Number(e.Position)
		}
		next = place + 1
		bytes += len(e.Data) + len(e.Metadata)
		if s.name.all() && !s.filter.takes(&e) {
			skipped++
		} else {
			r := resolved{Event: &e}
			if s.links {
				if r, err = h.resolve(ctx, e); err != nil {
					return events, skipped, place, err
				}
			}
			events = append(events, persistent.Event{Place: place, Event: r.Event, Link: r.Link})
		}
		if len(events) == n || bytes >= groupReadBytes || len(events)+skipped >= groupReadConsidered {
			break
		}
	}
	return events, skipped, next, nil
}

// Changed implements persistent.Source.
func (s *groupSource) Changed(uint64) <-chan struct{} {
	more, _ := s.history.raw.Changed(eventstore.Position{Commit: s.head, Prepare: s.head})
	return more
}

// gone makes nothing of a stream that is not there.
func gone(err error) error {
	var deleted *streamDeleted
	if errors.Is(err, errNoStream) || errors.As(err, &deleted) {
		return nil
	}
	return err
}

// end is the place after the last event.
func (s *groupSource) end(ctx context.Context) (uint64, error) {
	if s.name.all() {
		return s.history.raw.Head().Commit + 1, nil
	}
	last, err := s.history.raw.Last(ctx, s.name.Stream)
	return uint64(last + 1), err
}

// groupMemory keeps a group's progress and what it parked.
type groupMemory struct {
	history *history
	name    groupName
	links   bool
	through atomic.Pointer[uint64] // the place of the last checkpoint
}

// load reads the last checkpoint; nil when there is none.
func (m *groupMemory) load(ctx context.Context) (*uint64, error) {
	stream := m.name.checkpointStream()
	for e, err := range m.history.stream(ctx, stream, embedded.End, embedded.Backwards) {
		if err != nil {
			return nil, gone(err)
		}
		place, err := m.parse(e.Data)
		if err != nil {
			return nil, fmt.Errorf("%s %d: %w", stream, e.Revision, err)
		}
		m.through.Store(&place)
		return &place, nil
	}
	return nil, nil
}

func (m *groupMemory) parse(data []byte) (uint64, error) {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return 0, err
	}
	if !m.name.all() {
		return strconv.ParseUint(text, 10, 64)
	}
	p, err := parsePositionText(text)
	return m.history.positions.Number(p), err
}

// Checkpoint implements persistent.Memory.
func (m *groupMemory) Checkpoint(ctx context.Context, place uint64) error {
	err := m.history.note(ctx, m.name.checkpointStream(), typeGroupProgress, m.history.placeText(m.name, place))
	if err == nil {
		m.through.Store(&place)
	}
	return err
}

// Park implements persistent.Memory: it stores a link.
func (m *groupMemory) Park(ctx context.Context, e persistent.Event, reason string) error {
	link := linkTo(uuid.New(), e.Original())
	var err error
	if link.Metadata, err = json.Marshal(struct {
		Added  time.Time `json:"added"`
		Reason string    `json:"reason"`
	}{m.history.clock().UTC(), reason}); err != nil {
		return err
	}
	_, err = m.history.append(ctx, m.name.parkedStream(), anyRevision, []rawEvent{link})
	return err
}

// Parked implements persistent.Memory.
func (m *groupMemory) Parked(ctx context.Context, from, end uint64, n int) (events []persistent.ParkedEvent, next uint64, err error) {
	bytes := 0
	for link, err := range m.history.stream(ctx, m.name.parkedStream(), from, embedded.Forwards) {
		if err != nil {
			return events, end, gone(err)
		}
		if link.Revision >= end {
			break
		}
		e, err := m.unpark(ctx, link)
		if err != nil {
			return nil, from, err
		}
		if r := e.Original(); r != nil {
			bytes += len(r.Data) + len(r.Metadata)
		}
		events = append(events, e)
		if len(events) == n || bytes >= groupReadBytes {
			return events, link.Revision + 1, nil
		}
	}
	return events, end, nil
}

// unpark finds what a parked link points to, as the group's consumers first
// saw it.
func (m *groupMemory) unpark(ctx context.Context, link event) (persistent.ParkedEvent, error) {
	parked := persistent.ParkedEvent{Number: link.Revision}
	r, err := m.history.resolve(ctx, link)
	if err != nil || r.Event == nil {
		return parked, err
	}
	r.Link = nil
	if m.links {
		if r, err = m.history.resolve(ctx, *r.Event); err != nil {
			return parked, err
		}
	}
	parked.Event = persistent.Event{Place: link.Revision, Event: r.Event, Link: r.Link}
	return parked, nil
}

// Unpark implements persistent.Memory.
func (m *groupMemory) Unpark(ctx context.Context, before uint64) error {
	stream := m.name.parkedStream()
	document, at, err := m.history.rawMetadata(ctx, stream)
	if err != nil {
		return err
	}
	changed, ok := truncated(document, before)
	if !ok {
		changed = fmt.Appendf(nil, `{"$tb":%d}`, before)
	}
	_, err = m.history.append(ctx, metaPrefix+stream, at,
		[]rawEvent{{Proposed: eventstore.Proposed{ID: uuid.New(), Type: typeMetadata, Data: changed}}})
	return err
}

// Parking implements persistent.Memory.
func (m *groupMemory) Parking(ctx context.Context) (first, end uint64, err error) {
	b, err := m.history.bounds(ctx, m.name.parkedStream())
	if err != nil {
		return 0, 0, gone(err)
	}
	return min(b.first, b.next), b.next, nil
}

// forget deletes what a group kept.
func (m *groupMemory) forget(ctx context.Context) error {
	for _, stream := range []string{m.name.checkpointStream(), m.name.parkedStream()} {
		_, err := m.history.remove(ctx, stream, anyRevision, false)
		var nothing *eventstore.WrongRevision
		if err != nil && !errors.As(err, &nothing) {
			return err
		}
	}
	return nil
}
