package embedded

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/freightledger/freightledger/eventstore"
)

// Checked is what a verification went through.
type Checked struct {
	Head    eventstore.Position // the history up to here
	Events  uint64              // good ones
	Streams uint64
	Damages uint64
}

// Verify checks the history up to its present head: every record is there with
// its checksum and number, every record has its place in its stream's index and
// every index entry its record, streams have no gaps, and nothing else lies in
// the folder's tables. It tells report, if not nil, each damage as it is found.
// It may take as long as reading everything; appending goes on meanwhile.
//
// The error is the first damage, a *Corrupt, or the reason why the
// verification stopped before its end.
func (s *Store) Verify(ctx context.Context, report func(*Corrupt)) (Checked, error) {
	v := &verification{store: s, tip: s.tip.get(), report: report}
	v.checked.Head = eventstore.Position{Commit: v.tip, Prepare: v.tip}
	for _, part := range []func(context.Context) error{v.records, v.indexes, v.strangers} {
		if err := part(ctx); err != nil {
			return v.checked, err
		}
	}
	if v.first != nil {
		return v.checked, v.first
	}
	return v.checked, nil
}

type verification struct {
	store   *Store
	tip     uint64
	report  func(*Corrupt)
	checked Checked
	first   *Corrupt
}

// note reports err if it is a damage; any other error it gives back.
func (v *verification) note(err error) error {
	var damage *Corrupt
	if !errors.As(err, &damage) {
		return err
	}
	v.checked.Damages++
	if v.first == nil {
		v.first = damage
	}
	if v.report != nil {
		v.report(damage)
	}
	return nil
}

// records goes from each record to its index entry.
func (v *verification) records(ctx context.Context) error {
	s := v.store
	var page []RawRecord
	for seq := uint64(0); seq < v.tip; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("verify %s: %w", s.dir, err)
		}
		var damage error
		page, _, damage = s.allPage(page[:0], seq)
		for _, r := range page {
			if err := v.note(v.located(r)); err != nil {
				return err
			}
		}
		seq += uint64(len(page))
		if damage != nil {
			if err := v.note(damage); err != nil {
				return err
			}
			seq++ // the next may be whole
		}
	}
	return nil
}

func (v *verification) located(r RawRecord) error {
	s := v.store
	if !s.enter() {
		return eventstore.ErrClosed
	}
	defer s.use.RUnlock()
	v.checked.Events++
	switch seq, ok, err := s.index(r.Stream, r.Revision); {
	case err != nil:
		return err
	case !ok:
		return s.corrupt(indexPlace(r.Stream, r.Revision), fmt.Sprintf("index entry is missing, record %d is without a place", r.Position.Commit), nil)
	case seq != r.Position.Commit:
		return s.corrupt(indexPlace(r.Stream, r.Revision), fmt.Sprintf("index entry points to record %d, not to %d", seq, r.Position.Commit), nil)
	}
	return nil
}

// entry is one index entry.
type entry struct {
	stream   string
	revision uint64
	seq      uint64
}

// indexes goes from each index entry to its record.
func (v *verification) indexes(ctx context.Context) error {
	s := v.store
	from := []byte(indexPrefix)
	var stream string
	var next uint64
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("verify %s: %w", s.dir, err)
		}
		var entries []entry
		var damage error
		entries, from, more, damage = s.entries(from)
		for _, e := range entries {
			if e.seq > v.tip {
				continue // appended since the verification began
			}
			if e.stream != stream {
				stream, next = e.stream, 0
				v.checked.Streams++
			}
			if err := v.note(v.pointed(e, next)); err != nil {
				return err
			}
			next = e.revision + 1
		}
		if err := v.note(damage); err != nil {
			return err
		}
	}
	return nil
}

func (v *verification) pointed(e entry, next uint64) error {
	s := v.store
	if e.revision != next {
		return s.corrupt(indexPlace(e.stream, next), fmt.Sprintf("index entry is missing, the next is of revision %d", e.revision), nil)
	}
	if !s.enter() {
		return eventstore.ErrClosed
	}
	defer s.use.RUnlock()
	_, err := s.record(e.seq, e.stream, e.revision)
	return err
}

// entries reads a page of the whole index, beginning at a key. A key or value
// that is no index entry is a damage, and the page after it begins behind it.
func (s *Store) entries(from []byte) (page []entry, next []byte, more bool, err error) {
	if !s.enter() {
		return nil, from, false, eventstore.ErrClosed
	}
	defer s.use.RUnlock()
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: []byte("s0")})
	if err != nil {
		return nil, from, false, s.broken("the index", err)
	}
	defer func() { err = s.ended(it, fmt.Sprintf("the index after %.80q", from), err) }()
	ok := it.First()
	for ; ok && len(page) < pageEvents; ok = it.Next() {
		from = append(append(from[:0:0], it.Key()...), 0)
		stream, revision, good := parseIndexKey(it.Key())
		if !good {
			return page, from, true, s.corrupt("the index", fmt.Sprintf("key %.80q is not an index entry's", it.Key()), nil)
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return page, from, true, s.broken(indexPlace(stream, revision), err)
		}
		if len(value) != 8 {
			return page, from, true, s.corrupt(indexPlace(stream, revision), fmt.Sprintf("index entry has %d bytes", len(value)), nil)
		}
		page = append(page, entry{stream, revision, binary.BigEndian.Uint64(value)})
	}
	if err := it.Error(); err != nil {
		return page, from, false, s.broken(fmt.Sprintf("the index after %.80q", from), err)
	}
	return page, from, ok, nil
}

// strangers looks for keys that this format does not have.
func (v *verification) strangers(context.Context) error {
	for _, gap := range [][2]string{{"", recordPrefix}, {"e0", formatKey}, {formatKey + "\x00", indexPrefix}, {"s0", "\xff\xff\xff\xff"}} {
		if err := v.note(v.empty(gap[0], gap[1])); err != nil {
			return err
		}
	}
	return nil
}

func (v *verification) empty(from, to string) (err error) {
	s := v.store
	if !s.enter() {
		return eventstore.ErrClosed
	}
	defer s.use.RUnlock()
	bounds := pebble.IterOptions{UpperBound: []byte(to)}
	if from != "" {
		bounds.LowerBound = []byte(from) // the engine takes an empty bound ill
	}
	it, err := s.db.NewIter(&bounds)
	if err != nil {
		return s.broken("unused keys", err)
	}
	defer func() { err = s.ended(it, "unused keys", err) }()
	if it.First() {
		return s.corrupt(fmt.Sprintf("key %.80q", it.Key()), "it belongs to nothing", nil)
	}
	if err := it.Error(); err != nil {
		return s.broken("unused keys", err)
	}
	return nil
}
