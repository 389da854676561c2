package node

import (
	"encoding/binary"

	"github.com/google/uuid"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// Events are most of what a node sends, and the generated code spends most of
// a reading's time on their messages. So they are written here, straight from
// the store's record into the bytes that go out; encode_test.go compares the
// two. Field numbers are those of streams.proto.

// codec is the protocol's own, with a way past it for an outgoing event, and
// for what comes in and is not looked at.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(proto.Name)} }

// Marshal implements encoding.CodecV2.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if e, ok := v.(*outgoing); ok {
		return e.marshal(), nil
	}
	return c.CodecV2.Marshal(v)
}

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if s, ok := v.(*skipped); ok {
		*s += skipped(data.Len())
		return nil
	}
	return c.CodecV2.Unmarshal(data, v)
}

// skipped counts the bytes of messages that are not looked at.
type skipped int

// outgoing is a streams.ReadResp that holds an event.
type outgoing struct {
	resolved
	textIDs bool
}

func (o *outgoing) marshal() mem.BufferSlice {
	event, link := newRecorded(o.Event, o.textIDs), newRecorded(o.Link, o.textIDs)
	commit := o.original().Position.Commit
	size := 1 + protowire.SizeVarint(commit)
	if event.there() {
		size += 1 + protowire.SizeBytes(event.size)
	}
	if link.there() {
		size += 1 + protowire.SizeBytes(link.size)
	}
	pool := mem.DefaultBufferPool()
	buffer := pool.Get(1 + protowire.SizeBytes(size))
	b := (*buffer)[:0]
	b = appendHead(b, 1, size) // ReadResp.event
	if event.there() {
		b = event.append(appendHead(b, 1, event.size)) // ReadEvent.event
	}
	if link.there() {
		b = link.append(appendHead(b, 2, link.size)) // ReadEvent.link
	}
	b = appendNumber(b, 3, commit) // ReadEvent.commit_position
	*buffer = b
	return mem.BufferSlice{mem.NewBuffer(buffer, pool)}
}

// recordedEvent is a ReadResp.ReadEvent.RecordedEvent with its lengths known.
type recordedEvent struct {
	*event
	textID               string // empty: the id is sent as two numbers
	created, content     string
	id, stream, metadata int // bytes of the fields' messages
	size                 int
}

// there is false for an event that is not sent.
func (r *recordedEvent) there() bool { return r.event != nil }

// high and low are the halves of an id.
func high(id uuid.UUID) uint64 { return binary.BigEndian.Uint64(id[:8]) }
func low(id uuid.UUID) uint64  { return binary.BigEndian.Uint64(id[8:]) }

func newRecorded(e *event, textID bool) recordedEvent {
	if e == nil {
		return recordedEvent{}
	}
	r := recordedEvent{event: e, created: stamp(e), content: contentType(e)}
	if textID {
		r.textID = e.ID.String()
		r.id = 1 + protowire.SizeBytes(len(r.textID))
	} else {
		r.id = 1 + protowire.SizeBytes(r.halves())
	}
	r.stream = 1 + protowire.SizeBytes(len(e.Stream))
	r.metadata = entrySize("type", e.Type) + entrySize("created", r.created) + entrySize("content-type", r.content)
	r.size = 1 + protowire.SizeBytes(r.id) + 1 + protowire.SizeBytes(r.stream) + r.metadata +
		numberSize(e.Revision) + numberSize(e.Position.Prepare) + numberSize(e.Position.Commit) +
		bytesSize(e.Metadata) + bytesSize(e.Data)
	return r
}

// halves is the length of the id as two numbers.
func (r *recordedEvent) halves() int { return numberSize(high(r.ID)) + numberSize(low(r.ID)) }

func (r *recordedEvent) append(b []byte) []byte {
	b = appendHead(b, 1, r.id)
	if r.textID != "" {
		b = append(appendHead(b, 2, len(r.textID)), r.textID...)
	} else {
		b = appendHead(b, 1, r.halves())
		b = appendNumber(b, 1, high(r.ID))
		b = appendNumber(b, 2, low(r.ID))
	}
	b = appendHead(b, 2, r.stream)
	b = append(appendHead(b, 3, len(r.Stream)), r.Stream...)
	b = appendNumber(b, 3, r.Revision)
	b = appendNumber(b, 4, r.Position.Prepare)
	b = appendNumber(b, 5, r.Position.Commit)
	b = appendEntry(b, "type", r.Type)
	b = appendEntry(b, "created", r.created)
	b = appendEntry(b, "content-type", r.content)
	if len(r.Metadata) > 0 {
		b = append(appendHead(b, 7, len(r.Metadata)), r.Metadata...)
	}
	if len(r.Data) > 0 {
		b = append(appendHead(b, 8, len(r.Data)), r.Data...)
	}
	return b
}

// appendHead begins a field that has a length. All fields here have numbers
// under 16, whose tags are one byte.
func appendHead(b []byte, field protowire.Number, length int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.BytesType), uint64(length))
}

// appendNumber leaves out a zero, as the format has it.
func appendNumber(b []byte, field protowire.Number, n uint64) []byte {
	if n == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), n)
}

func numberSize(n uint64) int {
	if n == 0 {
		return 0
	}
	return 1 + protowire.SizeVarint(n)
}

func bytesSize(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	return 1 + protowire.SizeBytes(len(b))
}

// An entry of a map is a message of key and value; RecordedEvent.metadata is
// field 6.
func entryLength(key, value string) int {
	return 1 + protowire.SizeBytes(len(key)) + 1 + protowire.SizeBytes(len(value))
}

func entrySize(key, value string) int { return 1 + protowire.SizeBytes(entryLength(key, value)) }

func appendEntry(b []byte, key, value string) []byte {
	b = appendHead(b, 6, entryLength(key, value))
	b = append(appendHead(b, 1, len(key)), key...)
	return append(appendHead(b, 2, len(value)), value...)
}
