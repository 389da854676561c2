package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded/internal/segment"
)

// index finds records in the segments. It holds nothing that they do not, and
// is made again from them whenever it is lost, behind, damaged or not to be
// trusted. Numbers are big endian, so that keys sort as their numbers do.
//
//	key                                   value
//	m/covered                             see covered
//	p/ sequence(8)                        offset(4) of a record in its segment, one
//	                                      for about 64 KiB of them
//	s/ length(2) stream revision(8)       sequence(8), offset(4), length(4) of
//	                                      the stream's event
//
// The sequence is the record's number, which says in which segment it is. The
// length before a stream's name keeps one stream's entries together, whatever
// bytes the names hold.
//
// The storage engine keeps no log for it: what a crash takes is read again from
// the segments. A group's entries and the new m/covered are one batch, which is
// written once the group is synced, so that the index is always that of some
// earlier moment.
type index struct {
	db     *pebble.DB
	memory uint64 // bytes of one of the engine's buffers

	// For the committer and recovery:
	batch *pebble.Batch
	key   []byte
	thin  segment.Place // of the last p/ entry
}

const (
	indexFolder  = "index"
	indexVersion = 1

	placePrefix   = "p/"
	placeEnd      = "p0" // after every key with the prefix
	streamsPrefix = "s/"
	streamsEnd    = "s0"
	coveredKey    = "m/covered"

	placeEvery = 64 << 10
)

// covered says how far the index goes.
type covered struct {
	before segment.State // the place before the last group in the index
	ledger uint64        // the last event before it that is not of a system stream
	chain  segment.Chain // of that group
}

func (c covered) encode() []byte {
	b := make([]byte, 0, 128)
	b = append(b, indexVersion)
	for _, n := range []uint64{c.before.Groups, c.before.Records, c.before.Segment, uint64(c.before.Offset), c.ledger} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return append(append(b, c.before.Chain[:]...), c.chain[:]...)
}

func decodeCovered(b []byte) (c covered, ok bool) {
	if len(b) != 1+5*8+2*len(c.chain) || b[0] != indexVersion {
		return c, false
	}
	n := func(i int) uint64 { return binary.BigEndian.Uint64(b[1+8*i:]) }
	c.before = segment.State{Groups: n(0), Records: n(1), Segment: n(2), Offset: int64(n(3))}
	c.ledger = n(4)
	copy(c.before.Chain[:], b[41:])
	copy(c.chain[:], b[41+len(c.chain):])
	return c, true
}

func placeKey(seq uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(placePrefix), seq)
}

// streamPrefix is what all index keys of one stream begin with.
func streamPrefix[T string | []byte](key []byte, stream T) []byte {
	key = append(key, streamsPrefix...)
	key = binary.BigEndian.AppendUint16(key, uint16(len(stream)))
	return append(key, stream...)
}

func indexKey(stream string, revision uint64) []byte {
	key := make([]byte, 0, 2+2+len(stream)+9)
	return binary.BigEndian.AppendUint64(streamPrefix(key, stream), revision)
}

// indexEnd is after every index key of the stream.
func indexEnd(stream string) []byte {
	key := make([]byte, 0, 2+2+len(stream)+9)
	return append(streamPrefix(key, stream), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
}

func parseIndexKey(key []byte) (stream []byte, revision uint64, ok bool) {
	if len(key) < 12 || string(key[:2]) != streamsPrefix {
		return nil, 0, false
	}
	if n := int(binary.BigEndian.Uint16(key[2:])); len(key) != 12+n {
		return nil, 0, false
	}
	return key[4 : len(key)-8], binary.BigEndian.Uint64(key[len(key)-8:]), true
}

func appendPlace(b []byte, p segment.Place) []byte {
	b = binary.BigEndian.AppendUint64(b, p.Number)
	b = binary.BigEndian.AppendUint32(b, uint32(p.Offset))
	return binary.BigEndian.AppendUint32(b, uint32(p.Length))
}

func parsePlace(b []byte) (p segment.Place, ok bool) {
	if len(b) != 16 {
		return p, false
	}
	return segment.Place{Number: binary.BigEndian.Uint64(b), Offset: int64(binary.BigEndian.Uint32(b[8:])),
		Length: int(binary.BigEndian.Uint32(b[12:]))}, true
}

// parseSparse reads a p/ entry.
func parseSparse(key, value []byte) (p segment.Place, ok bool) {
	if len(key) != 10 || string(key[:2]) != placePrefix || len(value) != 4 {
		return p, false
	}
	return segment.Place{Number: binary.BigEndian.Uint64(key[2:]), Offset: int64(binary.BigEndian.Uint32(value))}, true
}

// add notes where an event is; commit makes it known.
func (x *index) add(stream string, revision uint64, p segment.Place) error {
	if x.batch == nil {
		x.batch = x.db.NewBatch()
	}
	x.key = binary.BigEndian.AppendUint64(streamPrefix(x.key[:0], stream), revision)
	set := x.batch.SetDeferred(len(x.key), 16)
	copy(set.Key, x.key)
	appendPlace(set.Value[:0], p)
	if err := set.Finish(); err != nil {
		return err
	}
	if p.Offset >= x.thin.Offset && p.Offset < x.thin.Offset+placeEvery {
		return nil
	}
	x.thin = p
	return x.batch.Set(placeKey(p.Number), binary.BigEndian.AppendUint32(nil, uint32(p.Offset)), nil)
}

// commit makes what was added known, and that the index goes this far.
func (x *index) commit(c covered) error {
	err := x.batch.Set([]byte(coveredKey), c.encode(), nil)
	if err == nil {
		err = x.batch.Commit(pebble.NoSync)
	}
	err = errors.Join(err, x.batch.Close())
	x.batch = nil
	return err
}

// covers says how far the index goes; it may be new and say nothing.
func (x *index) covers() (c covered, ok bool, err error) {
	value, ok, err := x.get([]byte(coveredKey))
	if err != nil || !ok {
		return c, false, err
	}
	if c, ok = decodeCovered(value); !ok {
		return c, false, errors.New("it does not say how far it goes")
	}
	return c, true, nil
}

// get gives a copy of a value.
func (x *index) get(key []byte) (_ []byte, ok bool, err error) {
	value, closer, err := x.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return bytes.Clone(value), true, closer.Close()
}

// place finds a record from which reading to the one with number seq is short.
func (s *Store) place(seq uint64) (p segment.Place, err error) {
	it, err := s.index.db.NewIter(&pebble.IterOptions{LowerBound: []byte(placePrefix), UpperBound: placeKey(seq + 1)})
	if err != nil {
		return p, s.mistrust(recordPlace(seq), "the storage engine cannot read it", err)
	}
	defer func() { err = s.ended(it, recordPlace(seq), err) }()
	if it.Last() {
		var ok bool
		if p, ok = parseSparse(it.Key(), it.Value()); !ok {
			return p, s.mistrust(recordPlace(seq), fmt.Sprintf("key %.80q is no place of a record", it.Key()), nil)
		}
	}
	return p, nil // an error of the iterator comes again when it is closed
}

// find gives the place of a stream's event.
func (s *Store) find(stream string, revision uint64) (p segment.Place, ok bool, err error) {
	value, ok, err := s.index.get(indexKey(stream, revision))
	if err != nil {
		return p, false, s.mistrust(indexPlace(stream, revision), "the storage engine cannot read it", err)
	}
	if !ok {
		return p, false, nil
	}
	if p, ok = parsePlace(value); !ok {
		return p, false, s.mistrust(indexPlace(stream, revision), fmt.Sprintf("its entry has %d bytes", len(value)), nil)
	}
	return p, true, nil
}

// findPage gives the places of a stream's next events.
func (s *Store) findPage(stream string, from uint64) (places []segment.Place, err error) {
	tip := s.tip.get().seq
	place := func() string { return indexPlace(stream, from+uint64(len(places))) }
	it, err := s.index.db.NewIter(&pebble.IterOptions{LowerBound: indexKey(stream, from), UpperBound: indexEnd(stream)})
	if err != nil {
		return nil, s.mistrust(place(), "the storage engine cannot read it", err)
	}
	defer func() { err = s.ended(it, place(), err) }()
	for ok := it.First(); ok && len(places) < pageEvents; ok = it.Next() {
		want := from + uint64(len(places))
		if _, got, ok := parseIndexKey(it.Key()); !ok || got != want {
			// A reader may ask for events beyond the end, never amid a gap.
			return places, s.mistrust(place(), fmt.Sprintf("its entry is missing, the next is of revision %d", got), nil)
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return places, s.mistrust(place(), "the storage engine cannot read it", err)
		}
		p, ok := parsePlace(value)
		if !ok {
			return places, s.mistrust(place(), fmt.Sprintf("its entry has %d bytes", len(value)), nil)
		}
		if p.Number > tip {
			break // not shown yet
		}
		places = append(places, p)
	}
	return places, nil
}

// lastRevision is the revision of the stream's last event among those up to a
// number. Entries after it are of a group that is not shown yet. Of a stream
// that does not exist, as those that an append creates, it costs one look at a
// filter.
func (s *Store) lastRevision(stream string, until uint64) (at eventstore.Revision, err error) {
	if p, ok, err := s.find(stream, 0); err != nil || !ok || p.Number > until {
		return eventstore.NoStream, err
	}
	it, err := s.index.db.NewIter(&pebble.IterOptions{LowerBound: indexKey(stream, 0), UpperBound: indexEnd(stream)})
	if err != nil {
		return 0, s.mistrust(indexPlace(stream, 0), "the storage engine cannot read it", err)
	}
	defer func() { err = s.ended(it, indexPlace(stream, 0), err) }()
	for ok := it.Last(); ok; ok = it.Prev() {
		_, revision, isKey := parseIndexKey(it.Key())
		if !isKey {
			return 0, s.mistrust(indexPlace(stream, 0), fmt.Sprintf("key %.80q is not an entry's", it.Key()), nil)
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return 0, s.mistrust(indexPlace(stream, revision), "the storage engine cannot read it", err)
		}
		p, isPlace := parsePlace(value)
		if !isPlace {
			return 0, s.mistrust(indexPlace(stream, revision), fmt.Sprintf("its entry has %d bytes", len(value)), nil)
		}
		if p.Number <= until {
			return eventstore.Revision(revision), nil
		}
	}
	if err := it.Error(); err != nil {
		return 0, s.mistrust(indexPlace(stream, 0), "the storage engine cannot read it", err)
	}
	return 0, s.mistrust(indexPlace(stream, 0), "its entry can be found, but not among its stream's", nil)
}

// ended closes an iterator. What it met on its way is told unless there is an
// error already.
func (s *Store) ended(it *pebble.Iterator, place string, err error) error {
	if closing := it.Close(); closing != nil && err == nil {
		return s.mistrust(place, "the storage engine cannot read it", closing)
	}
	return err
}
