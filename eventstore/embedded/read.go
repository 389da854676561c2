package embedded

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded/internal/segment"
)

// Reading goes by pages: a page is read, the files are let go, and only then
// does the caller see the events. A slow reader so holds up nobody, and needs
// no more memory than a page.
const (
	pageEvents = 256     // of a stream
	pageBytes  = 1 << 20 // of any page, or one event
)

// ReadStream implements eventstore.StreamReader.
func (s *Store) ReadStream(ctx context.Context, stream string, from uint64) iter.Seq2[eventstore.Record, error] {
	return records(func(yield func(RawRecord, error) bool) {
		from, types := from, make(names)
		s.pages(ctx, yield, func(page []RawRecord) ([]RawRecord, bool, error) {
			page, more, err := s.streamPage(page, stream, from, types)
			from += uint64(len(page))
			return page, more, err
		})
	})
}

// ReadAll implements eventstore.Follower.
func (s *Store) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return records(func(yield func(RawRecord, error) bool) {
		h := s.history(before(after))
		s.pages(ctx, yield, h.page)
	})
}

// Follow implements eventstore.Follower. Closing the store ends it with
// ErrClosed.
func (s *Store) Follow(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return records(func(yield func(RawRecord, error) bool) {
		h := s.history(before(after))
		s.pages(ctx, yield, func(page []RawRecord) ([]RawRecord, bool, error) {
			select {
			case <-s.tip.after(h.seq):
			case <-ctx.Done():
				return page, false, ctx.Err()
			case <-s.closing:
				return page, false, eventstore.ErrClosed
			}
			page, _, err := h.page(page)
			return page, true, err
		})
	})
}

// Head implements eventstore.Follower. It is the last event that ReadAll gives.
func (s *Store) Head(ctx context.Context) (eventstore.Position, error) {
	if err := ctx.Err(); err != nil {
		return eventstore.Start, err
	}
	if !s.enter() {
		return eventstore.Start, eventstore.ErrClosed
	}
	defer s.use.RUnlock()
	seq := s.tip.get().ledger
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

// history reads the whole history forwards, and keeps its place.
type history struct {
	s     *Store
	seq   uint64          // the number of the event before the next
	until uint64          // the last event wanted; 0: the tip
	at    *segment.Reader // nil before the first page
	types names
}

func (s *Store) history(seq uint64) *history { return &history{s: s, seq: seq, types: make(names)} }

// page appends the next events to page; more says that there may be further
// ones. The events before an error are good.
func (h *history) page(page []RawRecord) (_ []RawRecord, more bool, err error) {
	s := h.s
	if !s.enter() {
		return page, false, eventstore.ErrClosed
	}
	defer s.use.RUnlock()
	tip := s.tip.get().seq
	if h.until > 0 {
		tip = min(tip, h.until)
	}
	if h.seq >= tip {
		return page, false, nil
	}
	sought := h.at == nil
	if sought {
		p, err := s.place(h.seq + 1)
		if err != nil {
			return page, false, err
		}
		if h.at, err = s.log.From(h.seq+1, p); err != nil {
			h.at = nil
			return page, false, s.blame(h.seq+1, err)
		}
	}
	err = h.at.Page(tip, pageBytes, func(e segment.Entry) error {
		f, err := split(e.Body)
		if err != nil {
			return s.unreadable(e.Number, err)
		}
		page = append(page, f.copied().record(e.Number, string(f.stream), h.types.of(f.typ)))
		h.seq = e.Number
		return nil
	})
	if err != nil {
		if sought && len(page) == 0 {
			err = s.blame(h.seq+1, err)
		}
		h.at = nil
		return page, false, s.corrupt(err)
	}
	return page, h.seq < tip, nil
}

// streamPage appends the stream's events from a revision on to page.
func (s *Store) streamPage(page []RawRecord, stream string, from uint64, types names) (_ []RawRecord, more bool, err error) {
	if !s.enter() {
		return page, false, eventstore.ErrClosed
	}
	defer s.use.RUnlock()
	if len(stream) > maxName {
		return page, false, nil
	}
	places, err := s.findPage(stream, from)
	size := 0
	for i, p := range places {
		if size >= pageBytes {
			return page, true, nil
		}
		r, err := s.record(p, stream, from+uint64(i), types)
		if err != nil {
			return page, false, err
		}
		page = append(page, r)
		size += p.Length
	}
	return page, len(places) == pageEvents, err
}

// record reads the event that the index says is at a place.
func (s *Store) record(p segment.Place, stream string, revision uint64, types names) (RawRecord, error) {
	body, err := s.log.Read(p)
	if err != nil {
		return RawRecord{}, s.blame(p.Number, err)
	}
	f, err := split(body)
	if err != nil {
		return RawRecord{}, s.unreadable(p.Number, err)
	}
	if string(f.stream) != stream || f.revision() != revision {
		return RawRecord{}, s.mistrust(indexPlace(stream, revision),
			fmt.Sprintf("its entry points to record %d, which is %s", p.Number, indexPlace(string(f.stream), f.revision())), nil)
	}
	return f.record(p.Number, stream, types.of(f.typ)), nil
}

// unreadable is for a record whose checksum is right, but which is no event.
func (s *Store) unreadable(seq uint64, err error) error {
	return &Corrupt{Dir: s.dir, Place: recordPlace(seq), Reason: "it is no event", Err: err}
}

// blame says what is damaged when a record was not found where the index says:
// the record, or the index. It reads the record by going through its segment.
func (s *Store) blame(seq uint64, err error) error {
	var damage *segment.Damage
	if !errors.As(err, &damage) {
		return s.corrupt(err)
	}
	if seq == 0 || seq > s.tip.get().seq {
		return s.mistrust(recordPlace(seq), "there is no such record", nil)
	}
	r, again := s.log.From(seq, segment.Place{})
	if again == nil {
		again = r.Page(seq, 1, func(segment.Entry) error { return nil })
	}
	if again == nil {
		return s.mistrust(recordPlace(seq), "it is not where it should be: "+damage.Reason, nil)
	}
	return s.corrupt(again)
}
