// Package segment keeps a log of numbered records in append-only files, the
// segments. It knows nothing of what the records hold.
//
// # Groups
//
// Records are written in groups, and a group is what one sync of the disk
// covers. Group n+1 is begun only after the sync of group n has returned. So
// when a valid group follows bytes that are none, those bytes were on the disk
// once: they are damaged. When nothing valid follows, they are a write that was
// cut short, and that nobody was told of: it may be cleared away.
//
// Every group's header holds a hash of its records and of the hash before it.
// The last of these hashes is a digest of the whole log.
//
// # Files
//
// A segment is named by the number of its first record and never changes once
// the next one is begun. Space is taken in steps, before it is needed, so that
// a sync seldom has to write more than the records, and so that a full disk
// shows before anything is written. What is not used holds zeros.
//
// Numbers are big endian. A segment begins with a header of 128 bytes:
//
//	magic(8)      "FLEVENTS"
//	version(4)    of this format
//	ordinal(4)    0 for the first segment
//	history(16)   drawn when the log was begun; tells logs apart
//	record(8)     the number of the first record; records count from 1
//	group(8)      the number of the first group; groups count from 1
//	chain(32)     of the group before, zeros before the first
//	zeros(44)
//	checksum(4)   CRC32C of the above
//
// Groups follow each other without gaps. A group's header has 64 bytes:
//
//	magic(4)      f1 47 52 50
//	checksum(4)   CRC32C of the history and the rest of the header
//	number(8)
//	record(8)     the number of the first record
//	count(4)      of records
//	length(4)     of the records in bytes
//	chain(32)     SHA-256 of the chain of the group before, number to length,
//	              and the records
//
// A record can be read and checked alone:
//
//	length(4)     of the body, at least 1 and less than 2^24
//	checksum(4)   CRC32C of number and body
//	number(8)
//	body
package segment

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Version is the format's.
const Version = 2

const (
	fileMagic  = "FLEVENTS"
	groupMagic = "\xf1GRP"

	// FileHeader is where a segment's first group begins.
	FileHeader = 128
	// GroupHeader is the size in bytes of what comes before a group's records.
	GroupHeader = 64
	// RecordHeader is the size in bytes of what comes before a record's body.
	RecordHeader = 16

	// MaxBody bounds a record's body.
	MaxBody = 1<<24 - 1
	// MaxGroup bounds the bytes of a group's records.
	MaxGroup = 1<<25 - 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Chain is the hash that a group's header holds.
type Chain [sha256.Size]byte

// history tells the files of one log from those of others.
type history [16]byte

// fileHeader is a segment's.
type fileHeader struct {
	version uint32
	ordinal uint32
	history history
	record  uint64
	group   uint64
	chain   Chain
}

func (h fileHeader) encode() []byte {
	b := make([]byte, 0, FileHeader)
	b = append(b, fileMagic...)
	b = binary.BigEndian.AppendUint32(b, h.version)
	b = binary.BigEndian.AppendUint32(b, h.ordinal)
	b = append(b, h.history[:]...)
	b = binary.BigEndian.AppendUint64(b, h.record)
	b = binary.BigEndian.AppendUint64(b, h.group)
	b = append(b, h.chain[:]...)
	b = append(b, make([]byte, FileHeader-4-len(b))...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// decodeFileHeader reads a header. The version of a later format is all that
// can be said of it.
func decodeFileHeader(b []byte) (h fileHeader, ok bool) {
	if len(b) < FileHeader || string(b[:8]) != fileMagic ||
		crc32.Checksum(b[:FileHeader-4], castagnoli) != binary.BigEndian.Uint32(b[FileHeader-4:]) {
		return fileHeader{}, false
	}
	h.version = binary.BigEndian.Uint32(b[8:])
	h.ordinal = binary.BigEndian.Uint32(b[12:])
	copy(h.history[:], b[16:])
	h.record = binary.BigEndian.Uint64(b[32:])
	h.group = binary.BigEndian.Uint64(b[40:])
	copy(h.chain[:], b[48:])
	return h, true
}

// groupHeader is a group's.
type groupHeader struct {
	number uint64
	record uint64
	count  uint32
	length uint32
	chain  Chain
}

// put writes the header in front of the records in group, and gives their chain.
func (h groupHeader) put(group []byte, id history, before Chain) Chain {
	copy(group, groupMagic)
	binary.BigEndian.PutUint64(group[8:], h.number)
	binary.BigEndian.PutUint64(group[16:], h.record)
	binary.BigEndian.PutUint32(group[24:], h.count)
	binary.BigEndian.PutUint32(group[28:], h.length)
	chain := link(before, group)
	copy(group[32:], chain[:])
	binary.BigEndian.PutUint32(group[4:], groupChecksum(id, group))
	return chain
}

// link hashes a group, header included.
func link(before Chain, group []byte) (c Chain) {
	sum := sha256.New()
	sum.Write(before[:])
	sum.Write(group[8:32])
	sum.Write(group[GroupHeader:])
	sum.Sum(c[:0])
	return c
}

func groupChecksum(id history, header []byte) uint32 {
	return crc32.Update(crc32.Checksum(id[:], castagnoli), castagnoli, header[8:GroupHeader])
}

func decodeGroupHeader(b []byte, id history) (h groupHeader, ok bool) {
	if len(b) < GroupHeader || string(b[:4]) != groupMagic || binary.BigEndian.Uint32(b[4:]) != groupChecksum(id, b) {
		return groupHeader{}, false
	}
	h.number = binary.BigEndian.Uint64(b[8:])
	h.record = binary.BigEndian.Uint64(b[16:])
	h.count = binary.BigEndian.Uint32(b[24:])
	h.length = binary.BigEndian.Uint32(b[28:])
	copy(h.chain[:], b[32:])
	return h, h.length <= MaxGroup
}

// putRecord fills in the header of a record whose body is in its place.
func putRecord(record []byte, number uint64) {
	binary.BigEndian.PutUint32(record, uint32(len(record)-RecordHeader))
	binary.BigEndian.PutUint64(record[8:], number)
	binary.BigEndian.PutUint32(record[4:], crc32.Checksum(record[8:], castagnoli))
}

// bodyLength says how long the body of the record is that begins b, which has
// at least 4 bytes. What begins otherwise, as a group does, has none.
func bodyLength(b []byte) (int, bool) {
	n := binary.BigEndian.Uint32(b)
	return int(n), n > 0 && n <= MaxBody
}

// checkRecord checks that record is the one with a number, and nothing more.
func checkRecord(record []byte, number uint64) error {
	if len(record) < RecordHeader {
		return fmt.Errorf("%d bytes are too few for a record", len(record))
	}
	if n, ok := bodyLength(record); !ok || n != len(record)-RecordHeader {
		return fmt.Errorf("its length is said to be %d, not %d", n, len(record)-RecordHeader)
	}
	if want, got := binary.BigEndian.Uint32(record[4:]), crc32.Checksum(record[8:], castagnoli); want != got {
		return fmt.Errorf("its checksum is %08x, the bytes have %08x", want, got)
	}
	if got := binary.BigEndian.Uint64(record[8:]); got != number {
		return fmt.Errorf("it is record %d", got)
	}
	return nil
}
