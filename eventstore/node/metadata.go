package node

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded"
)

// rules are what the metadata of one stream say, from the last event of its "$$" stream.
// Keys: https://docs.kurrent.io/server/v24.10/features/streams.html.
type rules struct {
	maxCount       uint64        // $maxCount; 0: all count
	maxAge         time.Duration // $maxAge; 0: for ever
	truncateBefore uint64        // $tb: the first revision that counts
	acl            *acl          // $acl; nil: not stated
	tombstoned     bool
}

// acl names the users and roles that may do something with a stream. A list
// that is nil was not stated.
type acl struct {
	Read      names `json:"$r"`
	Write     names `json:"$w"`
	Delete    names `json:"$d"`
	MetaRead  names `json:"$mr"`
	MetaWrite names `json:"$mw"`
}

// names is written as one name or as a list of them.
type names []string

// UnmarshalJSON implements json.Unmarshaler.
func (n *names) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*n = names{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(n))
}

func (m *rules) softDeleted() bool { return m.truncateBefore == lastRevision }

// parseMetadata reads what a client stored. What cannot be read has no effect,
// as the server it stands in for has it.
func parseMetadata(e *event) *rules {
	if e.Type == typeDeleted {
		return &rules{tombstoned: true}
	}
	var stored struct {
		MaxCount       int64 `json:"$maxCount"`
		MaxAge         int64 `json:"$maxAge"` // seconds
		TruncateBefore int64 `json:"$tb"`
		ACL            *acl  `json:"$acl"`
	}
	if e.Binary || json.Unmarshal(e.Data, &stored) != nil {
		return &rules{}
	}
	// A span that a Duration cannot hold is for ever.
	age := time.Duration(0)
	if stored.MaxAge > 0 && stored.MaxAge < int64(1<<63-1)/int64(time.Second) {
		age = time.Duration(stored.MaxAge) * time.Second
	}
	return &rules{
		maxCount:       uint64(max(0, stored.MaxCount)),
		maxAge:         age,
		truncateBefore: uint64(max(0, stored.TruncateBefore)),
		acl:            stored.ACL,
	}
}

const (
	stripes      = 2048
	keptOfStripe = 16   // metadata remembered in a stripe
	keptBytes    = 4096 // longer metadata are read anew each time
)

// stripe orders what happens to the streams whose names fall on it.
type stripe struct {
	// change is held for writing while the metadata of a stream change, and for
	// reading by appends, which must not pass a deletion.
	change sync.RWMutex
	// tail is held by the one that stores appends for itself and others which
	// have to find out where their stream ends.
	tail sync.Mutex

	mu      sync.Mutex
	kept    map[string]*rules
	waiting []*waiting // for tail, in order
}

// stripe is the same for a stream and its metadata. The seed is the process's
// own, so that no client can aim.
func (h *history) stripe(stream string) *stripe {
	for strings.HasPrefix(stream, metaPrefix) {
		stream = stream[len(metaPrefix):]
	}
	return &h.stripes[maphash.String(h.seed, stream)%stripes]
}

// described gives the stream whose metadata a metastream holds.
func described(stream string) (of string, meta bool) { return strings.CutPrefix(stream, metaPrefix) }

// rules are those of a stream just now.
func (h *history) rules(ctx context.Context, stream string) (*rules, error) {
	s := h.stripe(stream)
	if m := s.get(stream); m != nil {
		return m, nil
	}
	s.change.RLock()
	defer s.change.RUnlock()
	return h.ruled(ctx, s, stream)
}

// ruled is rules for those who hold the stripe against change.
func (h *history) ruled(ctx context.Context, s *stripe, stream string) (*rules, error) {
	if of, meta := described(stream); meta {
		m := &rules{maxCount: 1}
		if _, again := described(of); !again {
			own, err := h.ruled(ctx, s, of)
			if err != nil {
				return nil, err
			}
			m.tombstoned = own.tombstoned
		}
		return m, nil
	}
	if m := s.get(stream); m != nil {
		return m, nil
	}
	m, size := &rules{}, 0
	for e, err := range h.raw.ReadStream(ctx, metaPrefix+stream, embedded.End, embedded.Backwards) {
		if err != nil {
			return nil, err
		}
		m, size = parseMetadata(&e), len(e.Data)
		break
	}
	if size <= keptBytes {
		s.keep(stream, m)
	}
	return m, nil
}

func (s *stripe) get(stream string) *rules {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[stream]
}

func (s *stripe) keep(stream string, m *rules) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = make(map[string]*rules)
	}
	if len(s.kept) >= keptOfStripe {
		for other := range s.kept {
			delete(s.kept, other)
			break
		}
	}
	s.kept[stream] = m
}

// forget comes before metadata change: whoever is woken by the change, and asks
// at once, then waits for it to be over, and does not find what was before.
func (s *stripe) forget(stream string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, stream)
}

// truncated is a metadata document with another $tb and all else kept; ok is
// false when the document is not an object.
func truncated(document []byte, before uint64) (_ []byte, ok bool) {
	var keys map[string]json.RawMessage
	if json.Unmarshal(document, &keys) != nil || keys == nil {
		return nil, false
	}
	keys["$tb"], _ = json.Marshal(before)
	out, err := json.Marshal(keys)
	return out, err == nil
}

// rawMetadata is the metadata document as it was stored last.
func (h *history) rawMetadata(ctx context.Context, stream string) (document []byte, at eventstore.Revision, err error) {
	for e, err := range h.raw.ReadStream(ctx, metaPrefix+stream, embedded.End, embedded.Backwards) {
		if err != nil {
			return nil, 0, err
		}
		return e.Data, eventstore.Revision(e.Revision), nil
	}
	return nil, eventstore.NoStream, nil
}
