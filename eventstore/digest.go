package eventstore

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// Digest is one number for a whole history. Two stores that give the same
// digest hold the same events with the same bytes, in the same streams, at the
// same revisions and in the same order. Positions and the times at which a
// store took events in are its own and do not count.
//
// It is SHA-256 over, for each event in order: the lengths of stream, type,
// data and metadata and the revision, 8 bytes each, big endian; the id, 16
// bytes; then stream, type, data and metadata.
type Digest struct {
	sum    hash.Hash
	events uint64
}

// NewDigest is the digest of an empty history.
func NewDigest() *Digest { return &Digest{sum: sha256.New()} }

// Add takes the next event in.
func (d *Digest) Add(r Record) {
	head := make([]byte, 0, 5*8+16)
	for _, n := range []int{len(r.Stream), len(r.Type), len(r.Data), len(r.Metadata)} {
		head = binary.BigEndian.AppendUint64(head, uint64(n))
	}
	head = binary.BigEndian.AppendUint64(head, r.Revision)
	d.sum.Write(append(head, r.ID[:]...)) // a hash never fails
	d.sum.Write([]byte(r.Stream))
	d.sum.Write([]byte(r.Type))
	d.sum.Write(r.Data)
	d.sum.Write(r.Metadata)
	d.events++
}

// Events is how many there were.
func (d *Digest) Events() uint64 { return d.events }

// String is the digest so far, in hexadecimal.
func (d *Digest) String() string { return hex.EncodeToString(d.sum.Sum(nil)) }
