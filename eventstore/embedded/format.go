package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
)

// The format of a data folder, version 1. Numbers are big endian, so that keys
// sort as their numbers do.
//
//	key                                       value
//	m/format                                  the format's version, decimal
//	e/ sequence(8)                            a record
//	s/ length(2) stream revision(8)           sequence(8) of the stream's event
//
// The sequence counts all events from 1 without gaps; it is the event's
// position. The length before a stream's name keeps one stream's entries
// together, whatever bytes the names hold.
//
// A record:
//
//	checksum(4)   CRC32C of the rest
//	sequence(8)   the key again, so that a record found at another place shows
//	revision(8)
//	created(8)    nanoseconds since 1970 UTC, signed
//	id(16)
//	flags(1)      1: the data are not JSON
//	stream, type, data, metadata: each its length (uvarint), then its bytes
//
// Beside the storage engine's own files lies HIGHWATER, see [mark].
const formatVersion = 1

const (
	recordPrefix = "e/"
	indexPrefix  = "s/"
	formatKey    = "m/format"

	recordFixed = 4 + 8 + 8 + 8 + 16 + 1

	flagBinary = 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func recordKey(seq uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 10), recordPrefix...), seq)
}

func recordSeq(key []byte) (uint64, bool) {
	if len(key) != 10 || string(key[:2]) != recordPrefix {
		return 0, false
	}
	return binary.BigEndian.Uint64(key[2:]), true
}

// streamPrefix is what all index keys of one stream begin with. CheckAppend
// holds names to 512 bytes; a longer one has no events.
func streamPrefix(stream string) []byte {
	key := make([]byte, 0, 4+len(stream)+9)
	key = append(key, indexPrefix...)
	key = binary.BigEndian.AppendUint16(key, uint16(len(stream)))
	return append(key, stream...)
}

func indexKey(stream string, revision uint64) []byte {
	return binary.BigEndian.AppendUint64(streamPrefix(stream), revision)
}

// indexEnd is after every index key of the stream.
func indexEnd(stream string) []byte {
	return append(streamPrefix(stream), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
}

func parseIndexKey(key []byte) (stream string, revision uint64, ok bool) {
	if len(key) < 12 || string(key[:2]) != indexPrefix {
		return "", 0, false
	}
	if n := int(binary.BigEndian.Uint16(key[2:])); len(key) != 12+n {
		return "", 0, false
	}
	return string(key[4 : len(key)-8]), binary.BigEndian.Uint64(key[len(key)-8:]), true
}

// encode lays out the records of one append in one buffer, all but what only
// the committer knows, see seal. The appender does this on its own time.
func encode(stream string, events []RawEvent) [][]byte {
	total := 0
	for _, e := range events {
		total += recordSize(stream, e.Proposed)
	}
	buf := make([]byte, 0, total)
	records := make([][]byte, len(events))
	for i, e := range events {
		start := len(buf)
		buf = append(buf, make([]byte, recordFixed-17)...)
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
		records[i] = buf[start:len(buf):len(buf)]
	}
	return records
}

func recordSize(stream string, e eventstore.Proposed) int {
	return recordFixed + len(stream) + len(e.Type) + len(e.Data) + len(e.Metadata) + 4*binary.MaxVarintLen32
}

func appendString[T string | []byte](buf []byte, s T) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(s))), s...)
}

// seal writes an encoded record's place and time, and its checksum.
func seal(record []byte, seq, revision uint64, created time.Time) {
	binary.BigEndian.PutUint64(record[4:], seq)
	binary.BigEndian.PutUint64(record[12:], revision)
	binary.BigEndian.PutUint64(record[20:], uint64(created.UnixNano()))
	binary.BigEndian.PutUint32(record, crc32.Checksum(record[4:], castagnoli))
}

// decode reads the record that should be number seq. The record keeps parts of
// value, which is the caller's to give away.
func decode(value []byte, seq uint64) (RawRecord, error) {
	if len(value) < recordFixed {
		return RawRecord{}, fmt.Errorf("%d bytes are too few for a record", len(value))
	}
	if want, got := binary.BigEndian.Uint32(value), crc32.Checksum(value[4:], castagnoli); want != got {
		return RawRecord{}, fmt.Errorf("checksum is %08x, the bytes have %08x", want, got)
	}
	if got := binary.BigEndian.Uint64(value[4:]); got != seq {
		return RawRecord{}, fmt.Errorf("holds record %d", got)
	}
	if value[44]&^flagBinary != 0 {
		return RawRecord{}, fmt.Errorf("flags are %08b", value[44])
	}
	r := RawRecord{Binary: value[44]&flagBinary != 0, Record: eventstore.Record{
		ID:       uuid.UUID(value[28:44]),
		Revision: binary.BigEndian.Uint64(value[12:]),
		Position: eventstore.Position{Commit: seq, Prepare: seq},
		Created:  time.Unix(0, int64(binary.BigEndian.Uint64(value[20:]))).UTC(),
	}}
	rest := value[recordFixed:]
	var fields [4][]byte
	for i := range fields {
		n, width := binary.Uvarint(rest)
		if width <= 0 || n > uint64(len(rest)-width) {
			return RawRecord{}, errors.New("a length points outside the record")
		}
		end := width + int(n)
		fields[i] = rest[width:end:end]
		rest = rest[end:]
	}
	if len(rest) != 0 {
		return RawRecord{}, fmt.Errorf("%d bytes follow the record", len(rest))
	}
	r.Stream, r.Type, r.Data, r.Metadata = string(fields[0]), string(fields[1]), fields[2], fields[3]
	if len(r.Metadata) == 0 {
		r.Metadata = nil
	}
	return r, nil
}

// recordPlace and indexPlace name a place in a Corrupt.
func recordPlace(seq uint64) string { return fmt.Sprintf("record %d", seq) }

func indexPlace(stream string, revision uint64) string {
	return fmt.Sprintf("stream %.80q revision %d", strings.ToValidUTF8(stream, "?"), revision)
}
