package segment

import (
	"errors"
	"fmt"
)

// Check goes through the whole log up to a place, as Scan does, and on after
// every damage, of which it tells. It visits what records are good.
//
// Errors: what visit answers; what the file system answers.
func (l *Log) Check(to State, visit func([]Entry) error, damaged func(*Damage)) error {
	c := checker{log: l, to: to, visit: visit, damaged: damaged}
	for record, more := uint64(1), true; more; {
		s, ok := l.segmentOf(record)
		if !ok {
			return nil
		}
		next, followed := l.next(s)
		if err := c.segment(s, next, followed); err != nil {
			return err
		}
		record, more = next.record, followed && next.record <= to.Records
	}
	return nil
}

type checker struct {
	log     *Log
	to      State
	visit   func([]Entry) error
	damaged func(*Damage)
}

// segment checks one file, which ends where the next begins.
func (c *checker) segment(s, next segment, followed bool) error {
	var damage *Damage
	if _, err := c.log.header(s.name); errors.As(err, &damage) {
		c.damaged(damage)
	} else if err != nil {
		return err
	}
	f, err := c.log.files.get(s.name)
	if err != nil {
		return err
	}
	defer f.release()
	end := c.to
	if followed && next.group <= end.Groups {
		end = State{Groups: next.group - 1, Records: next.record - 1, Chain: next.chain}
	}
	w := borrow(f)
	defer w.giveBack()
	at, linked := s.state(), true
	var entries []Entry
	for at.Groups < end.Groups {
		after, found, err := w.group(at, s.history, linked, entries[:0])
		if errors.Is(err, errInvalid) {
			var ok bool
			if after, linked, ok, err = c.damage(w, s, at, end); err != nil || !ok {
				return err
			}
			at = after
			continue
		}
		if err == nil {
			err = c.visit(found)
		}
		if err != nil {
			return err
		}
		at, linked, entries = after, true, found
	}
	if linked && (at.Groups != end.Groups || at.Records != end.Records || at.Chain != end.Chain) {
		c.damaged(&Damage{File: s.name, Offset: at.Offset, Record: at.Records,
			Reason: fmt.Sprintf("the log up to here is not the one that goes on with group %d", end.Groups+1)})
	}
	if !followed {
		return nil
	}
	return eachChunk(f, at.Offset, func(offset int64, b []byte) error {
		if !allZero(b) {
			c.damaged(&Damage{File: s.name, Offset: offset, Reason: "bytes follow the last group"})
		}
		return nil
	})
}

// damage tells of a group that is not whole and finds where to go on; linked
// says whether the chain is known there.
func (c *checker) damage(w *window, s segment, at, end State) (after State, linked, ok bool, err error) {
	b, err := w.at(at.Offset, GroupHeader)
	if err != nil {
		return at, false, false, err
	}
	h, whole := decodeGroupHeader(b, s.history)
	if whole && h.number == at.Groups+1 && h.record == at.Records+1 {
		after = State{Groups: h.number, Records: at.Records + uint64(h.count), Chain: h.chain,
			Segment: at.Segment, Offset: at.Offset + GroupHeader + int64(h.length)}
		return after, true, true, c.records(w, s, at, after)
	}
	h, offset, err := w.header(at.Offset+1, s.history, at.Groups+2)
	if err != nil {
		return at, false, false, err
	}
	d := &Damage{File: s.name, Offset: at.Offset, Record: at.Records + 1}
	if h.number == 0 || h.number > end.Groups {
		d.Reason = fmt.Sprintf("group %d is not what was written, nor are the records up to %d", at.Groups+1, end.Records)
		c.damaged(d)
		return at, false, false, nil
	}
	d.Reason = fmt.Sprintf("the header of group %d is not what was written; the next good one is that of group %d", at.Groups+1, h.number)
	c.damaged(d)
	after = State{Groups: h.number - 1, Records: h.record - 1, Segment: at.Segment, Offset: offset}
	return after, false, true, nil
}

// records goes through a group whose header is good, record by record.
func (c *checker) records(w *window, s segment, at, after State) error {
	size := int(after.Offset - at.Offset)
	b, err := w.at(at.Offset, size)
	if err != nil {
		return err
	}
	b = b[:min(size, len(b))]
	var entries []Entry
	bad := 0
	number := at.Records + 1
	i := GroupHeader
	for ; number <= after.Records && i+RecordHeader <= len(b); number++ {
		n, ok := bodyLength(b[i:])
		if !ok || i+RecordHeader+n > len(b) {
			break
		}
		record := b[i : i+RecordHeader+n]
		offset := at.Offset + int64(i)
		if err := checkRecord(record, number); err == nil {
			entries = append(entries, Entry{number, offset, record[RecordHeader:]})
		} else {
			bad++
			c.damaged(&Damage{File: s.name, Offset: offset, Record: number, Reason: err.Error(), Body: record[RecordHeader:]})
		}
		i += len(record)
	}
	switch offset := at.Offset + int64(i); {
	case number <= after.Records:
		c.damaged(&Damage{File: s.name, Offset: offset, Record: number,
			Reason: fmt.Sprintf("nor can the records up to %d be made out", after.Records)})
	case bad == 0:
		c.damaged(&Damage{File: s.name, Offset: at.Offset, Record: at.Records + 1,
			Reason: fmt.Sprintf("group %d does not have the hash that was written", at.Groups+1)})
	}
	return c.visit(entries)
}
