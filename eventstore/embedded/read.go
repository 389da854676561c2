package embedded

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/cockroachdb/pebble/v2"

	"github.com/freightledger/freightledger/eventstore"
)

// Reading goes by pages: a page is read, the engine is let go, and only then
// does the caller see the events. A slow reader so holds up nobody, and needs
// no more memory than a page.
const (
	pageEvents = 256
	pageBytes  = 1 << 20
)

// ReadStream implements eventstore.StreamReader.
func (s *Store) ReadStream(ctx context.Context, stream string, from uint64) iter.Seq2[eventstore.Record, error] {
	return records(func(yield func(RawRecord, error) bool) {
		from := from
		s.pages(ctx, yield, func(page []RawRecord) ([]RawRecord, bool, error) {
			page, more, err := s.streamPage(page, stream, from)
			from += uint64(len(page))
			return page, more, err
		})
	})
}

// ReadAll implements eventstore.Follower.
func (s *Store) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return records(func(yield func(RawRecord, error) bool) {
		seq := before(after)
		s.pages(ctx, yield, func(page []RawRecord) ([]RawRecord, bool, error) {
			page, more, err := s.allPage(page, seq)
			seq += uint64(len(page))
			return page, more, err
		})
	})
}

// Follow implements eventstore.Follower. Closing the store ends it with
// ErrClosed.
func (s *Store) Follow(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return records(func(yield func(RawRecord, error) bool) {
		seq := before(after)
		s.pages(ctx, yield, func(page []RawRecord) ([]RawRecord, bool, error) {
			select {
			case <-s.tip.after(seq):
			case <-ctx.Done():
				return page, false, ctx.Err()
			case <-s.closing:
				return page, false, eventstore.ErrClosed
			}
			page, _, err := s.allPage(page, seq)
			seq += uint64(len(page))
			return page, true, err
		})
	})
}

// Head implements eventstore.Follower.
func (s *Store) Head(ctx context.Context) (eventstore.Position, error) {
	if err := ctx.Err(); err != nil {
		return eventstore.Start, err
	}
	if !s.enter() {
		return eventstore.Start, eventstore.ErrClosed
	}
	defer s.use.RUnlock()
	seq := s.tip.get()
	return eventstore.Position{Commit: seq, Prepare: seq}, nil
}

// before is the number of the last event that is not after p.
func before(p eventstore.Position) uint64 {
	if p.Prepare < p.Commit {
		return p.Commit - 1
	}
	return p.Commit
}

// pages yields what next gives, page by page, until there is no more.
func (s *Store) pages(ctx context.Context, yield func(RawRecord, error) bool,
	next func([]RawRecord) (page []RawRecord, more bool, err error)) {
	var page []RawRecord
	for more := true; more; {
		page = page[:0]
		err := ctx.Err()
		if err == nil {
			page, more, err = next(page)
		}
		// The events before an error are good and come first.
		for i := range page {
			if ctx.Err() != nil {
				break
			}
			if !yield(page[i], nil) {
				return
			}
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(RawRecord{}, err)
			return
		}
		clear(page)
	}
}

// allPage appends the events after number seq to page; more says that there
// may be further ones.
func (s *Store) allPage(page []RawRecord, seq uint64) (_ []RawRecord, more bool, err error) {
	if !s.enter() {
		return page, false, eventstore.ErrClosed
	}
	defer s.use.RUnlock()
	tip := s.tip.get()
	if seq >= tip {
		return page, false, nil
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: recordKey(seq + 1), UpperBound: recordKey(tip + 1)})
	if err != nil {
		return page, false, s.broken(recordPlace(seq+1), err)
	}
	defer func() { err = s.ended(it, recordPlace(seq+1), err) }()
	size := 0
	for ok := it.First(); len(page) < pageEvents && size < pageBytes && seq < tip; ok = it.Next() {
		seq++
		if !ok {
			if err := it.Error(); err != nil {
				return page, false, s.broken(recordPlace(seq), err)
			}
			return page, false, s.corrupt(recordPlace(seq), "it is missing", nil)
		}
		if got, ok := recordSeq(it.Key()); !ok || got != seq {
			return page, false, s.corrupt(recordPlace(seq), "it is missing", nil)
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return page, false, s.broken(recordPlace(seq), err)
		}
		r, err := decode(bytes.Clone(value), seq)
		if err != nil {
			return page, false, s.corrupt(recordPlace(seq), "it cannot be right", err)
		}
		page = append(page, r)
		size += len(value)
	}
	return page, seq < tip, nil
}

// streamPage appends the stream's events from a revision on to page.
func (s *Store) streamPage(page []RawRecord, stream string, from uint64) (_ []RawRecord, more bool, err error) {
	if !s.enter() {
		return page, false, eventstore.ErrClosed
	}
	defer s.use.RUnlock()
	if len(stream) > maxName {
		return page, false, nil
	}
	seqs, err := s.indexPage(stream, from)
	size := 0
	for i, seq := range seqs {
		if size >= pageBytes {
			return page, true, nil
		}
		r, err := s.record(seq, stream, from+uint64(i))
		if err != nil {
			return page, false, err
		}
		page = append(page, r)
		size += len(r.Data) + len(r.Metadata)
	}
	return page, len(seqs) == pageEvents, err
}

// indexPage gives the numbers of the stream's next events.
func (s *Store) indexPage(stream string, from uint64) (seqs []uint64, err error) {
	tip := s.tip.get()
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: indexKey(stream, from), UpperBound: indexEnd(stream)})
	if err != nil {
		return nil, s.broken(indexPlace(stream, from), err)
	}
	defer func() { err = s.ended(it, indexPlace(stream, from+uint64(len(seqs))), err) }()
	for ok := it.First(); ok && len(seqs) < pageEvents; ok = it.Next() {
		want := from + uint64(len(seqs))
		if _, got, ok := parseIndexKey(it.Key()); !ok || got != want {
			// A reader may ask for events beyond the end, never amid a gap.
			return seqs, s.corrupt(indexPlace(stream, want), fmt.Sprintf("index entry is missing, the next is of revision %d", got), nil)
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return seqs, s.broken(indexPlace(stream, want), err)
		}
		if len(value) != 8 {
			return seqs, s.corrupt(indexPlace(stream, want), fmt.Sprintf("index entry has %d bytes", len(value)), nil)
		}
		seq := binary.BigEndian.Uint64(value)
		if seq > tip {
			break // not durable yet
		}
		seqs = append(seqs, seq)
	}
	if err := it.Error(); err != nil {
		return seqs, s.broken(indexPlace(stream, from+uint64(len(seqs))), err)
	}
	return seqs, nil
}

// lastSeq is the number of the last record, 0 if there is none.
func (s *Store) lastSeq() (seq uint64, err error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte(recordPrefix), UpperBound: []byte("e0")})
	if err != nil {
		return 0, s.broken("the last record", err)
	}
	defer func() { err = s.ended(it, "the last record", err) }()
	if !it.Last() {
		if err := it.Error(); err != nil {
			return 0, s.broken("the last record", err)
		}
		return 0, nil
	}
	seq, ok := recordSeq(it.Key())
	if !ok {
		return 0, s.corrupt("the last record", fmt.Sprintf("key %.40q is not a record's", it.Key()), nil)
	}
	return seq, nil
}

// lastRevision is the stream's head according to the index.
func (s *Store) lastRevision(stream string) (at eventstore.Revision, err error) {
	if _, ok, err := s.index(stream, 0); err != nil || !ok {
		return eventstore.NoStream, err
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: indexKey(stream, 0), UpperBound: indexEnd(stream)})
	if err != nil {
		return 0, s.broken(indexPlace(stream, 0), err)
	}
	defer func() { err = s.ended(it, indexPlace(stream, 0), err) }()
	if !it.Last() {
		if err := it.Error(); err != nil {
			return 0, s.broken(indexPlace(stream, 0), err)
		}
		return 0, s.corrupt(indexPlace(stream, 0), "index entry can be found, but not among its stream's", nil)
	}
	_, revision, _ := parseIndexKey(it.Key())
	return eventstore.Revision(revision), nil
}

// index finds the number of a stream's event.
func (s *Store) index(stream string, revision uint64) (seq uint64, ok bool, err error) {
	value, ok, err := s.get(indexKey(stream, revision), indexPlace(stream, revision))
	if err != nil || !ok {
		return 0, false, err
	}
	if len(value) != 8 {
		return 0, false, s.corrupt(indexPlace(stream, revision), fmt.Sprintf("index entry has %d bytes", len(value)), nil)
	}
	return binary.BigEndian.Uint64(value), true, nil
}

// record reads the event that an index entry points to.
func (s *Store) record(seq uint64, stream string, revision uint64) (RawRecord, error) {
	value, ok, err := s.get(recordKey(seq), recordPlace(seq))
	if err != nil {
		return RawRecord{}, err
	}
	if !ok {
		return RawRecord{}, s.corrupt(recordPlace(seq), "it is missing, but "+indexPlace(stream, revision)+" points to it", nil)
	}
	r, err := decode(value, seq)
	if err != nil {
		return RawRecord{}, s.corrupt(recordPlace(seq), "it cannot be right", err)
	}
	if r.Stream != stream || r.Revision != revision {
		return RawRecord{}, s.corrupt(indexPlace(stream, revision),
			fmt.Sprintf("index entry points to record %d, which is %s", seq, indexPlace(r.Stream, r.Revision)), nil)
	}
	return r, nil
}

// get gives a copy of a value.
func (s *Store) get(key []byte, place string) (_ []byte, ok bool, err error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, s.broken(place, err)
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	return bytes.Clone(value), true, nil
}

// ended closes an iterator. It may have met damage beyond what was asked for,
// which is told unless there is an error already.
func (s *Store) ended(it *pebble.Iterator, place string, err error) error {
	if closing := it.Close(); closing != nil && err == nil {
		return s.broken(place, closing)
	}
	return err
}

// broken tells damage from the file system's errors.
func (s *Store) broken(place string, err error) error {
	if pebble.IsCorruptionError(err) {
		return s.corrupt(place, "the storage engine cannot read it", err)
	}
	return fmt.Errorf("read %s in %s: %w", place, s.dir, err)
}

func (s *Store) corrupt(place, reason string, err error) error {
	return &Corrupt{Dir: s.dir, Place: place, Reason: reason, Err: err}
}
