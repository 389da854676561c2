package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded/internal/segment"
)

// The format of a data folder, version 2. Package segment describes the files
// that hold the records. A record's number is the event's position: it counts
// all events from 1 without gaps. Its body, with numbers big endian:
//
//	revision(8)
//	created(8)    nanoseconds since 1970 UTC, signed
//	id(16)
//	flags(1)      1: the data are not JSON
//	stream, type, data, metadata: each its length (uvarint), then its bytes
//
// Beside the segments lie HIGHWATER, see [mark], the folder index, see [index],
// and LOCK.
const formatVersion = segment.Version

const (
	bodyFixed  = 8 + 8 + 16 + 1
	flagBinary = 1
)

// encode lays out the bodies of one append's records in one buffer, all but
// what only the committer knows, see seal. The appender does this on its own
// time.
func encode(stream string, events []RawEvent) [][]byte {
	total := 0
	for _, e := range events {
		total += bodyFixed + len(stream) + len(e.Type) + len(e.Data) + len(e.Metadata) + 4*binary.MaxVarintLen32
	}
	buf := make([]byte, 0, total)
	bodies := make([][]byte, len(events))
	for i, e := range events {
		start := len(buf)
		buf = append(buf, make([]byte, 16)...)
		buf = append(buf, e.ID[:]...)
		var flags byte
		if e.Binary {
			flags = flagBinary
		}
		buf = append(buf, flags)
		buf = appendString(buf, stream)
		buf = appendString(buf, e.Type)
		buf = appendString(buf, e.Data)
		buf = appendString(buf, e.Metadata)
		bodies[i] = buf[start:len(buf):len(buf)]
	}
	return bodies
}

func appendString[T string | []byte](buf []byte, s T) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(s))), s...)
}

// seal writes an encoded body's place in its stream and its time.
func seal(body []byte, revision uint64, created time.Time) {
	binary.BigEndian.PutUint64(body, revision)
	binary.BigEndian.PutUint64(body[8:], uint64(created.UnixNano()))
}

// fields are the parts of a body, not copied.
type fields struct {
	fixed                       []byte
	stream, typ, data, metadata []byte
}

func (f fields) revision() uint64 { return binary.BigEndian.Uint64(f.fixed) }

// split finds the parts of a body.
func split(body []byte) (f fields, err error) {
	if len(body) < bodyFixed {
		return f, fmt.Errorf("%d bytes are too few for an event", len(body))
	}
	f.fixed = body[:bodyFixed]
	if flags := body[32]; flags&^flagBinary != 0 {
		return f, fmt.Errorf("flags are %08b", flags)
	}
	rest := body[bodyFixed:]
	for _, part := range []*[]byte{&f.stream, &f.typ, &f.data, &f.metadata} {
		n, width := binary.Uvarint(rest)
		if width <= 0 || n > uint64(len(rest)-width) {
			return f, errors.New("a length points outside the record")
		}
		end := width + int(n)
		*part = rest[width:end:end]
		rest = rest[end:]
	}
	if len(rest) != 0 {
		return f, fmt.Errorf("%d bytes follow the event", len(rest))
	}
	return f, nil
}

// record is the event with number seq. It keeps the parts of f.
func (f fields) record(seq uint64, stream, typ string) RawRecord {
	r := RawRecord{Binary: f.fixed[32]&flagBinary != 0, Record: eventstore.Record{
		ID:       uuid.UUID(f.fixed[16:32]),
		Stream:   stream,
		Revision: f.revision(),
		Position: eventstore.Position{Commit: seq, Prepare: seq},
		Type:     typ,
		Data:     f.data,
		Created:  time.Unix(0, int64(binary.BigEndian.Uint64(f.fixed[8:]))).UTC(),
	}}
	if len(f.metadata) > 0 {
		r.Metadata = f.metadata
	}
	return r
}

// copied gives the fields with data and metadata of their own.
func (f fields) copied() fields {
	n := len(f.data)
	own := make([]byte, n+len(f.metadata))
	copy(own, f.data)
	copy(own[n:], f.metadata)
	f.data, f.metadata = own[:n:n], own[n:]
	return f
}

// names holds the names that a reader met, so that each is kept once; nil keeps
// none.
type names map[string]string

// namesKept bounds the memory of names.
const namesKept = 1024

func (n names) of(b []byte) string {
	if s, ok := n[string(b)]; ok {
		return s
	}
	s := string(b)
	if n != nil && len(n) < namesKept {
		n[s] = s
	}
	return s
}

// recordPlace and indexPlace name a place in a Corrupt.
func recordPlace(seq uint64) string { return fmt.Sprintf("record %d", seq) }

func indexPlace(stream string, revision uint64) string {
	return fmt.Sprintf("stream %.80q revision %d", strings.ToValidUTF8(stream, "?"), revision)
}
