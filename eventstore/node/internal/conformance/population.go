package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// The suite expects a database of which it brings along some sixty events,
// with ids, times and positions, and the positions and revisions of thirty
// more. The others it only counts. The population is these, at their places,
// and between them as many events as the streams are to have.

// fixture is an event as the suite's files have it.
type fixture struct {
	Event struct {
		Stream   string `json:"streamId"`
		Revision struct {
			Value uint64 `json:"value"`
		} `json:"streamRevision"`
		ID       uuid.UUID `json:"eventId"`
		Type     string    `json:"eventType"`
		Data     bytesList `json:"eventData"`
		Metadata bytesList `json:"userMetadata"`
		Created  struct {
			Seconds int64 `json:"seconds"`
			Nanos   int64 `json:"nanos"`
		} `json:"created"`
		Position    eventstore.Position `json:"position"`
		ContentType string              `json:"contentType"`
	} `json:"event"`
}

// bytesList is written as a list of numbers.
type bytesList []byte

func (b *bytesList) UnmarshalJSON(text []byte) error {
	var numbers []uint16
	if err := json.Unmarshal(text, &numbers); err != nil {
		return err
	}
	*b = make([]byte, len(numbers))
	for i, n := range numbers {
		(*b)[i] = byte(n)
	}
	return nil
}

// planned is an event of the population.
type planned struct {
	at       uint64 // its position, both numbers
	stream   string
	revision uint64
	created  time.Time
	fixed    bool // a fixture says where it is
	event    embedded.RawEvent
}

// extent is how many events a stream has, and between which positions lie
// those that no fixture places.
type extent struct {
	stream   string
	events   uint64
	from, to uint64
	typed    func(revision uint64) string
}

// extents are the streams that have more events than the fixtures tell.
var extents = []extent{
	{"dataset20M-0", 2000, 108_809, 407_513, func(r uint64) string { return fmt.Sprintf("eventType-%d", r%200) }},
	{"dataset20M-1800", 2000, 11_607_400, 12_237_400, func(r uint64) string { return fmt.Sprintf("eventType-%d", 1800+r%200) }},
	{"dataset20M-0", 6000, 12_300_000, 13_000_000, func(r uint64) string { return fmt.Sprintf("eventType-%d", r%200) }},
	{"$projections-$master", 321, 13_100_000, 20_390_000, func(uint64) string { return "$statistics-report" }},
	{"$stats-0.0.0.0:2113", 12, 13_100_000, 20_390_000, func(uint64) string { return "$statsCollected" }},
}

// readFixtures makes the population from the suite's files.
func readFixtures(dir string) ([]planned, error) {
	type place struct {
		stream   string
		revision uint64
	}
	known := map[place]planned{}
	for _, name := range []string{"all-e0-e10.json", "all-c1788-p1788.json", "all-back-c3386-p3386.json", "all-back-e0-e10.json",
		"dataset20M-1800-e0-e10.json", "dataset20M-1800-e1999-e1990.json"} {
		var list []fixture
		if err := readJSON(filepath.Join(dir, name), &list); err != nil {
			return nil, err
		}
		for _, f := range list {
			e := f.Event
			known[place{e.Stream, e.Revision.Value}] = planned{
				at: e.Position.Commit, stream: e.Stream, revision: e.Revision.Value, fixed: true,
				created: time.Unix(e.Created.Seconds, e.Created.Nanos).UTC(),
				event: embedded.RawEvent{Binary: e.ContentType != "application/json",
					Proposed: eventstore.Proposed{ID: e.ID, Type: e.Type, Data: e.Data, Metadata: e.Metadata}},
			}
		}
	}
	var positions []eventstore.Position
	var revisions []uint64
	if err := readJSON(filepath.Join(dir, "all-positions-filtered-stream-194-e0-e30.json"), &positions); err != nil {
		return nil, err
	}
	if err := readJSON(filepath.Join(dir, "all-versions-filtered-stream-194-e0-e30.json"), &revisions); err != nil {
		return nil, err
	}
	if len(positions) != len(revisions) {
		return nil, fmt.Errorf("%s: %d positions, but %d revisions", dir, len(positions), len(revisions))
	}
	for i, p := range positions {
		x := extents[0]
		if p.Commit >= extents[1].from {
			x = extents[1]
		}
		known[place{x.stream, revisions[i]}] = filler(x, revisions[i], p.Commit, true)
	}
	filled := map[string]uint64{}
	for _, x := range extents {
		before := x.from
		for r := filled[x.stream]; r < x.events; r++ {
			if p, ok := known[place{x.stream, r}]; ok {
				before = max(before, p.at)
				continue
			}
			after, at := x.to, x.events
			for next := r + 1; next < x.events; next++ {
				if p, ok := known[place{x.stream, next}]; ok {
					after, at = p.at, next
					break
				}
			}
			if after > before {
				before += (after - before) / (at - r + 1)
			}
			known[place{x.stream, r}] = filler(x, r, before, false)
		}
		filled[x.stream] = x.events
	}
	all := make([]planned, 0, len(known))
	for _, p := range known {
		all = append(all, p)
	}
	return all, arrange(all)
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// filler is an event of which the suite does not say what it is like.
func filler(x extent, revision, at uint64, fixed bool) planned {
	return planned{at: at, stream: x.stream, revision: revision, fixed: fixed,
		created: time.Date(2020, 1, 12, 18, 15, 0, 0, time.UTC),
		event: embedded.RawEvent{Proposed: eventstore.Proposed{
			ID:   uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%s/%d", x.stream, revision)),
			Type: x.typed(revision), Data: []byte(`{}`), Metadata: []byte(`{}`),
		}},
	}
}

// arrange orders the population by position, moves events that lie on another
// to the next free place, and checks that it can be stored.
func arrange(all []planned) error {
	byPlace := func(a, b planned) int {
		switch {
		case a.at != b.at:
			if a.at < b.at {
				return -1
			}
			return 1
		case a.fixed != b.fixed:
			if a.fixed {
				return -1
			}
			return 1
		case a.stream != b.stream:
			if a.stream < b.stream {
				return -1
			}
			return 1
		}
		return int(a.revision) - int(b.revision)
	}
	slices.SortFunc(all, byPlace)
	next := map[string]uint64{}
	for i := range all {
		p := &all[i]
		if i > 0 && p.at <= all[i-1].at {
			if p.fixed {
				return fmt.Errorf("population: %s %d has to be at %d, after %d", p.stream, p.revision, p.at, all[i-1].at)
			}
			p.at = all[i-1].at + 1
		}
		if p.revision != next[p.stream] {
			return fmt.Errorf("population: %s %d comes where %d is due, at %d", p.stream, p.revision, next[p.stream], p.at)
		}
		next[p.stream]++
	}
	return nil
}

// history is the clock and the positions of a store that holds the population.
type history struct {
	all []planned
	now atomic.Pointer[time.Time] // nil: the machine's clock
}

func (h *history) clock() time.Time {
	if at := h.now.Load(); at != nil {
		return *at
	}
	return time.Now()
}

// gap is between the positions of events beyond the population.
const gap = 100

// Wire implements node.Positions.
func (h *history) Wire(number uint64) eventstore.Position {
	last := uint64(len(h.all))
	at := uint64(0)
	if number > last {
		at = h.all[last-1].at + (number-last)*gap
	} else if number > 0 {
		at = h.all[number-1].at
	}
	return eventstore.Position{Commit: at, Prepare: at}
}

// Number implements node.Positions.
func (h *history) Number(p eventstore.Position) uint64 {
	last := uint64(len(h.all))
	if p.Commit > math.MaxInt64 {
		return math.MaxInt64
	}
	if end := h.all[last-1].at; p.Commit > end {
		return last + (p.Commit-end+gap-1)/gap
	}
	i, _ := slices.BinarySearchFunc(h.all, p.Commit, func(e planned, at uint64) int {
		switch {
		case e.at < at:
			return -1
		case e.at > at:
			return 1
		}
		return 0
	})
	return uint64(i) + 1
}

// fill stores the population.
func (h *history) fill(ctx context.Context, raw embedded.Raw) error {
	for i := 0; i < len(h.all); {
		first := h.all[i]
		end := i + 1
		for end < len(h.all) && end-i < 500 && h.all[end].stream == first.stream && h.all[end].created.Equal(first.created) {
			end++
		}
		events := make([]embedded.RawEvent, 0, end-i)
		for _, p := range h.all[i:end] {
			events = append(events, p.event)
		}
		h.now.Store(&first.created)
		if _, err := raw.Append(ctx, first.stream, eventstore.Revision(first.revision)-1, events, math.MaxInt32); err != nil {
			return fmt.Errorf("populate: %w", err)
		}
		i = end
	}
	h.now.Store(nil)
	return nil
}
