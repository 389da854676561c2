package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded/internal/segment"
)

// Digest is a SHA-256 over all events up to a position, in the groups in which
// they were stored: a folder and its copies have the same digest.
type Digest struct {
	Head eventstore.Position `json:"head"`
	Sum  segment.Chain       `json:"-"`
}

// String is the digest in hexadecimal.
func (d Digest) String() string { return fmt.Sprintf("%x", d.Sum[:]) }

// Digest is that of the history up to its present head.
func (s *Store) Digest() Digest { return s.tip.get().digest() }

func (e extent) digest() Digest {
	return Digest{Head: eventstore.Position{Commit: e.seq, Prepare: e.seq}, Sum: e.chain}
}

// Checked is what a verification went through.
type Checked struct {
	Head    eventstore.Position // the history up to here
	Digest  string              // of it, see Digest
	Events  uint64              // good ones
	Streams uint64
	Damages uint64
}

// Verify checks the history up to its present head: every file, every group
// with its hash and the hash before it, every record with its checksum and
// number; every record has its entry in the index and every entry its record,
// streams have no gaps; and nothing else lies in the folder or the index. It
// tells report, if not nil, each damage as it is found, and goes on. It may take
// as long as reading everything; appending goes on meanwhile.
//
// The error is the first damage, a *Corrupt, or the reason why the
// verification stopped before its end.
func (s *Store) Verify(ctx context.Context, report func(*Corrupt)) (Checked, error) {
	if !s.enter() {
		return Checked{}, eventstore.ErrClosed
	}
	defer s.use.RUnlock()
	// A group that is synced may still be on its way into the index.
	end := s.log.End()
	if end.Records > 0 {
		<-s.tip.after(end.Records - 1)
	}
	v := &verification{store: s, ctx: ctx, end: end, report: report}
	v.checked.Head = eventstore.Position{Commit: end.Records, Prepare: end.Records}
	v.checked.Digest = Digest{Sum: end.Chain}.String()
	for _, part := range []func() error{v.places, v.records, v.entries, v.strangers, v.files} {
		if err := part(); err != nil {
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
	ctx     context.Context // of the one call of Verify
	end     segment.State
	known   []segment.Place // from which reading begins
	entered uint64          // events that have their entry
	lost    bool            // the engine cannot read the index, which is no more asked
	report  func(*Corrupt)
	checked Checked
	first   *Corrupt
}

// ended says why to stop, if so.
func (v *verification) ended() error {
	select {
	case <-v.ctx.Done():
		return fmt.Errorf("verify %s: %w", v.store.dir, v.ctx.Err())
	case <-v.store.closing:
		return eventstore.ErrClosed
	default:
		return nil
	}
}

// note reports a damage.
func (v *verification) note(damage *Corrupt) {
	v.checked.Damages++
	if v.first == nil {
		v.first = damage
	}
	if v.report != nil {
		v.report(damage)
	}
}

// noteIndex reports what the index has wrong.
func (v *verification) noteIndex(place, reason string, err error) {
	v.noteIndexError(v.store.mistrust(place, reason, err))
}

func (v *verification) noteIndexError(err error) {
	var damage *Corrupt
	if errors.As(err, &damage) {
		v.note(damage)
		v.lost = v.lost || damage.Err != nil
	}
}

// keys visits all keys of the index from one on, up to another.
func (v *verification) keys(from, to string, visit func(key, value []byte)) error {
	place := fmt.Sprintf("keys %q to %q", from, to)
	it, err := v.store.index.db.NewIter(&pebble.IterOptions{LowerBound: []byte(from), UpperBound: []byte(to)})
	if err != nil {
		v.noteIndex(place, "the storage engine cannot read them", err)
		return nil
	}
	n := 0
	for ok := it.First(); ok; ok = it.Next() {
		if n++; n%1024 == 0 {
			if err := v.ended(); err != nil {
				return errors.Join(err, it.Close())
			}
		}
		value, err := it.ValueAndErr()
		if err != nil {
			break // comes again when it is closed
		}
		visit(it.Key(), value)
	}
	if err := it.Close(); err != nil {
		v.noteIndex(place, "the storage engine cannot read them", err)
	}
	return nil
}

// places gathers the places that the index has for reading on.
func (v *verification) places() error {
	return v.keys(placePrefix, placeEnd, func(key, value []byte) {
		if p, ok := parseSparse(key, value); !ok {
			v.noteIndex(fmt.Sprintf("key %.80q", key), "it is no place of a record", nil)
		} else if p.Number <= v.end.Records {
			v.known = append(v.known, p)
		}
	})
}

// records goes through the log, and from each record to its entry.
func (v *verification) records() error {
	s := v.store
	known := v.known
	err := s.log.Check(v.end, func(entries []segment.Entry) error {
		if err := v.ended(); err != nil {
			return err
		}
		for _, e := range entries {
			for len(known) > 0 && known[0].Number <= e.Number {
				if known[0].Number == e.Number && known[0].Offset != e.Offset {
					v.noteIndex(recordPlace(e.Number), fmt.Sprintf("it is said to be at byte %d, not %d", known[0].Offset, e.Offset), nil)
				}
				known = known[1:]
			}
			v.record(e)
		}
		return nil
	}, func(d *segment.Damage) {
		v.note(&Corrupt{Dir: s.dir, Place: s.placeOf(d), Reason: d.Reason})
	})
	var damage *Corrupt
	if err == nil || errors.Is(err, eventstore.ErrClosed) || v.ctx.Err() != nil || errors.As(err, &damage) {
		return err
	}
	return s.corrupt(err)
}

func (v *verification) record(e segment.Entry) {
	s := v.store
	f, err := split(e.Body)
	if err != nil {
		v.note(&Corrupt{Dir: s.dir, Place: recordPlace(e.Number), Reason: "it is no event", Err: err})
		return
	}
	v.checked.Events++
	if v.lost {
		return
	}
	stream, revision := string(f.stream), f.revision()
	want := segment.Place{Number: e.Number, Offset: e.Offset, Length: segment.RecordHeader + len(e.Body)}
	switch p, ok, err := s.find(stream, revision); {
	case err != nil:
		v.noteIndexError(err)
	case !ok:
		v.noteIndex(indexPlace(stream, revision), fmt.Sprintf("its entry is missing; it is record %d", e.Number), nil)
	case p != want:
		v.noteIndex(indexPlace(stream, revision), fmt.Sprintf("its entry is %+v, not %+v", p, want), nil)
	default:
		v.entered++
	}
}

// entries goes through the index. Every good record has its entry, so if there
// are as many entries as such records, every entry has its record.
func (v *verification) entries() error {
	if v.lost {
		return nil
	}
	var stream []byte
	var next, entered uint64
	var last segment.Place
	err := v.keys(streamsPrefix, streamsEnd, func(key, value []byte) {
		name, revision, ok := parseIndexKey(key)
		p, good := parsePlace(value)
		switch {
		case !ok:
			v.noteIndex(fmt.Sprintf("key %.80q", key), "it is not an entry's", nil)
			return
		case !good:
			v.noteIndex(indexPlace(string(name), revision), fmt.Sprintf("its entry has %d bytes", len(value)), nil)
			return
		case p.Number > v.end.Records:
			return // appended since the verification began
		}
		entered++
		if !bytes.Equal(name, stream) || v.checked.Streams == 0 {
			stream, next, last = append(stream[:0], name...), 0, segment.Place{}
			v.checked.Streams++
		}
		switch {
		case revision != next:
			v.noteIndex(indexPlace(string(name), next), fmt.Sprintf("its entry is missing, the next is of revision %d", revision), nil)
		case p.Number <= last.Number:
			v.noteIndex(indexPlace(string(name), revision), fmt.Sprintf("it is record %d, which is not after record %d", p.Number, last.Number), nil)
		}
		next, last = revision+1, p
	})
	if err != nil || v.lost || entered == v.entered {
		return err
	}
	return v.keys(streamsPrefix, streamsEnd, func(key, value []byte) {
		name, revision, ok := parseIndexKey(key)
		p, good := parsePlace(value)
		if !ok || !good || p.Number > v.end.Records {
			return
		}
		var damage *Corrupt
		if _, err := v.store.record(p, string(name), revision, nil); errors.As(err, &damage) && damage.Index {
			v.note(damage) // a record's own damage was told already
		}
	})
}

// strangers looks for keys that the index does not have.
func (v *verification) strangers() error {
	if v.lost {
		return nil
	}
	for _, gap := range [][2]string{{"\x00", coveredKey}, {coveredKey + "\x00", placePrefix}, {placeEnd, streamsPrefix}, {streamsEnd, "\xff\xff\xff\xff"}} {
		if err := v.keys(gap[0], gap[1], func(key, _ []byte) {
			v.noteIndex(fmt.Sprintf("key %.80q", key), "it belongs to nothing", nil)
		}); err != nil {
			return err
		}
	}
	return nil
}

// files looks for files that the folder does not have.
func (v *verification) files() error {
	s := v.store
	names, err := s.opts.FS.List(s.dir)
	if err != nil {
		return fmt.Errorf("list data folder %s: %w", s.dir, err)
	}
	known := append(s.log.Segments(), markFile, "LOCK", indexFolder, discarded, "lost+found")
	for _, name := range names {
		if !slices.Contains(known, name) {
			v.note(&Corrupt{Dir: s.dir, Place: "file " + name, Reason: "it belongs to nothing"})
		}
	}
	return nil
}
