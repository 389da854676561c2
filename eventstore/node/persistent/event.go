package persistent

import (
	"container/list"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore/embedded"
)

// Event is what a source gives: an event, a link with the event that it points
// to, or a link alone when that event is gone.
type Event struct {
	Place uint64 // in the source: its order and where reading goes on
	Event *embedded.RawRecord
	Link  *embedded.RawRecord
}

// Original is the record that lies in the source itself. Consumers answer by
// its id.
func (e Event) Original() *embedded.RawRecord {
	if e.Link != nil {
		return e.Link
	}
	return e.Event
}

func (e Event) size() int {
	n := 0
	for _, r := range []*embedded.RawRecord{e.Event, e.Link} {
		if r != nil {
			n += len(r.Data) + len(r.Metadata) + len(r.Type) + len(r.Stream)
		}
	}
	return n
}

// key is what an event is pinned by.
func (e Event) key(s Strategy) string {
	r := e.Event
	if r == nil {
		r = e.Link
	}
	if s == PinnedByCorrelation {
		var meta struct {
			ID string `json:"$correlationId"`
		}
		if json.Unmarshal(r.Metadata, &meta) == nil && meta.ID != "" {
			return meta.ID
		}
	}
	if r.Type == linkType {
		if _, stream, ok := strings.Cut(string(r.Data), "@"); ok {
			return stream
		}
	}
	return r.Stream
}

// linkType is the protocol's type of links; their data are
// "revision@stream".
const linkType = "$>"

// Message is an event as it is handed to a consumer.
type Message struct {
	Event
	Retries int // how often it was handed out before
}

// message is an event in the group.
type message struct {
	Message
	id       uuid.UUID
	bytes    int
	key      string // what it is pinned by, if the strategy pins
	replayed bool   // it comes from the parked, and
	parked   uint64 // this is its place among them
	reason   string // why it is being parked

	// While it is in hand:
	by       *Consumer // holds a slot for it; nil once the consumer said that it stops
	from     *Consumer // was handed it
	deadline time.Time // zero is never
	flight   *list.Element
}
