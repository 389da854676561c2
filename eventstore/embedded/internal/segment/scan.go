package segment

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Entry is a record as a scan finds it.
type Entry struct {
	Number uint64
	Offset int64  // of the record in its segment
	Body   []byte // only until the visit returns
}

// Visit receives a whole, checked group and the place before it.
type Visit func(before State, chain Chain, entries []Entry) error

// ErrNoPlace says that a State is not one of this log.
var ErrNoPlace = errors.New("the log has no such place")

// errInvalid says that there is no valid group.
var errInvalid = errors.New("no valid group")

// Scan goes through all groups from a place on, until the log ends, and gives
// the place of the end. What follows it was cut short.
//
// Errors: ErrNoPlace, *Damage, what visit answers, what the file system answers.
func (l *Log) Scan(from State, visit Visit) (State, error) {
	if len(l.segments) == 0 {
		return from, nil
	}
	s, ok := l.segmentOf(from.Records + 1)
	if !ok || s.record != from.Segment {
		return from, ErrNoPlace
	}
	for {
		end, err := l.scanSegment(s, from, visit)
		if err != nil {
			return end, err
		}
		next, ok := l.next(s)
		if !ok {
			return end, nil
		}
		if next.group != end.Groups+1 || next.record != end.Records+1 || next.chain != end.Chain {
			return end, &Damage{File: s.name, Offset: end.Offset, Record: end.Records + 1,
				Reason: fmt.Sprintf("group %d is not what was written, for %s begins with group %d", end.Groups+1, next.name, next.group)}
		}
		s, from = next, next.state()
	}
}

// scanSegment scans a segment to its end, or to what is no valid group.
func (l *Log) scanSegment(s segment, from State, visit Visit) (State, error) {
	f, err := l.files.get(s.name)
	if err != nil {
		return from, err
	}
	defer f.release()
	w := borrow(f)
	defer w.giveBack()
	var entries []Entry
	for {
		end, found, err := w.group(from, s.history, true, entries[:0])
		if errors.Is(err, errInvalid) {
			return from, l.cutShort(s, f, from)
		}
		if err != nil {
			return from, err
		}
		if err := visit(from, end.Chain, found); err != nil {
			return from, err
		}
		from, entries = end, found
	}
}

// cutShort tells a write that was cut short, nil, from damage.
func (l *Log) cutShort(s segment, f io.ReaderAt, at State) error {
	later, _, err := groupAfter(f, s.history, at)
	if err != nil {
		return err
	}
	if later.number > 0 {
		return &Damage{File: s.name, Offset: at.Offset, Record: at.Records + 1,
			Reason: fmt.Sprintf("group %d is not what was written, for group %d follows", at.Groups+1, later.number)}
	}
	return nil
}

// groupAfter looks for a valid header of a group that comes later than the one
// that should be at a place.
func groupAfter(f io.ReaderAt, id history, at State) (h groupHeader, offset int64, err error) {
	w := borrow(f)
	defer w.giveBack()
	from := at.Offset
	if b, err := w.at(from, GroupHeader); err != nil {
		return h, 0, err
	} else if h, ok := decodeGroupHeader(b, id); ok && h.number == at.Groups+1 {
		from += GroupHeader + int64(h.length) // its records may look like anything
	}
	return w.header(from, id, at.Groups+2)
}

// header looks for a valid header, from an offset on, of a group whose number
// is at least min.
func (w *window) header(from int64, id history, min uint64) (h groupHeader, at int64, err error) {
	for {
		b, err := w.at(from, GroupHeader)
		if err != nil || len(b) < GroupHeader {
			return groupHeader{}, 0, err
		}
		i := bytes.Index(b, []byte(groupMagic))
		if i < 0 {
			from += int64(len(b) - len(groupMagic) + 1)
			continue
		}
		from += int64(i)
		if b, err = w.at(from, GroupHeader); err != nil {
			return groupHeader{}, 0, err
		}
		if h, ok := decodeGroupHeader(b, id); ok && h.number >= min {
			return h, from, nil
		}
		from++
	}
}

// group reads and checks the group that should be at a place, and whether it is
// linked to the group before. Its entries are valid until the next call.
func (w *window) group(at State, id history, linked bool, entries []Entry) (end State, _ []Entry, err error) {
	b, err := w.at(at.Offset, GroupHeader)
	if err != nil {
		return at, nil, err
	}
	h, ok := decodeGroupHeader(b, id)
	if !ok || h.number != at.Groups+1 || h.record != at.Records+1 {
		return at, nil, errInvalid
	}
	size := GroupHeader + int(h.length)
	if b, err = w.at(at.Offset, size); err != nil {
		return at, nil, err
	}
	if len(b) < size || linked && link(at.Chain, b[:size]) != h.chain {
		return at, nil, errInvalid
	}
	b = b[:size]
	end = at
	end.Groups++
	end.Chain = h.chain
	end.Offset += int64(size)
	for i := GroupHeader; i < size; {
		n, ok := bodyLength(b[i:min(i+RecordHeader, size)])
		if !ok || i+RecordHeader+n > size {
			return at, nil, errInvalid
		}
		record := b[i : i+RecordHeader+n]
		end.Records++
		if checkRecord(record, end.Records) != nil {
			return at, nil, errInvalid
		}
		entries = append(entries, Entry{end.Records, at.Offset + int64(i), record[RecordHeader:]})
		i += len(record)
	}
	if len(entries) != int(h.count) {
		return at, nil, errInvalid
	}
	return end, entries, nil
}

// chunkBytes is how much is read from a file at once.
const chunkBytes = 256 << 10

// window reads a file forwards, in chunks.
type window struct {
	file io.ReaderAt
	buf  []byte
	from int64
	most int64 // do not read beyond it; 0: to the file's end
}

// windows are lent for the time of a page or a scan, so that a reader that
// waits needs no memory.
var windows = sync.Pool{New: func() any { return new(window) }}

func borrow(f io.ReaderAt) *window {
	w := windows.Get().(*window)
	*w = window{file: f, buf: w.buf[:0]}
	return w
}

func (w *window) giveBack() {
	w.file = nil
	if cap(w.buf) <= 8*chunkBytes {
		windows.Put(w)
	}
}

// at gives at least n bytes at an offset, or as many as there are. They are
// valid until the next call.
func (w *window) at(offset int64, n int) ([]byte, error) {
	if offset >= w.from && offset+int64(n) <= w.from+int64(len(w.buf)) {
		return w.buf[offset-w.from:], nil
	}
	size := max(n, chunkBytes)
	if w.most > 0 {
		size = int(max(0, min(int64(size), w.most-offset)))
	}
	if cap(w.buf) < size {
		w.buf = make([]byte, size)
	}
	got, err := w.file.ReadAt(w.buf[:size], offset)
	w.buf, w.from = w.buf[:got], offset
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return w.buf, err
}

// eachChunk gives a file's bytes from an offset on.
func eachChunk(f io.ReaderAt, from int64, visit func(at int64, b []byte) error) error {
	w := borrow(f)
	defer w.giveBack()
	for {
		b, err := w.at(from, chunkBytes)
		if err != nil || len(b) == 0 {
			return err
		}
		if err := visit(from, b); err != nil {
			return err
		}
		from += int64(len(b))
	}
}

func allZero(b []byte) bool { return len(bytes.TrimLeft(b, "\x00")) == 0 }
