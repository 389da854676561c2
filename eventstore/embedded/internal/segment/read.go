package segment

import (
	"errors"
	"fmt"
	"io"
)

// Place is where a record lies: its number says in which segment.
type Place struct {
	Number uint64
	Offset int64
	Length int // with its header; 0 if not known
}

// Read gives the body of the record at a place. The body is the caller's.
//
// Errors: *Damage; what the file system answers.
func (l *Log) Read(p Place) ([]byte, error) {
	s, ok := l.segmentOf(p.Number)
	if !ok || p.Offset < FileHeader || p.Length <= RecordHeader || p.Length > RecordHeader+MaxBody {
		return nil, &Damage{File: Name(p.Number), Offset: p.Offset, Record: p.Number, Reason: "no record can be there"}
	}
	f, err := l.files.get(s.name)
	if err != nil {
		return nil, err
	}
	defer f.release()
	b := make([]byte, p.Length)
	n, err := f.ReadAt(b, p.Offset)
	if n < len(b) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := checkRecord(b[:n], p.Number); err != nil {
		return nil, &Damage{File: s.name, Offset: p.Offset, Record: p.Number, Reason: err.Error()}
	}
	return b[RecordHeader:], nil
}

// Reader reads records forwards and keeps its place. It is for one goroutine
// at a time.
type Reader struct {
	log *Log
	at  segment
	pos Place // of the next record, or of the group that it begins
}

// From gives a reader of the records from a number on. The place is that of a
// record which is not after it, or of the group which that record begins.
func (l *Log) From(number uint64, p Place) (*Reader, error) {
	s, ok := l.segmentOf(number)
	if !ok {
		return nil, &Damage{File: Name(number), Record: number, Reason: "the file is missing"}
	}
	if p.Number < s.record || p.Offset < FileHeader {
		p = Place{Number: s.record, Offset: FileHeader}
	}
	r := &Reader{l, s, p}
	for more := r.pos.Number < number; more; {
		err := r.page(number-1, chunkBytes, false, func(Entry) error { return nil })
		if err != nil {
			return nil, err
		}
		more = r.pos.Number < number
	}
	return r, nil
}

// Next is the number of the record that the reader gives next.
func (r *Reader) Next() uint64 { return r.pos.Number }

// Page visits the next records, up to the one numbered last, and not many more
// bytes than size. At least one record is visited if last is not before it.
//
// Errors: *Damage, in the midst of a page too; what visit answers; what the
// file system answers.
func (r *Reader) Page(last uint64, size int, visit func(Entry) error) error {
	return r.page(last, size, true, visit)
}

func (r *Reader) page(last uint64, size int, check bool, visit func(Entry) error) error {
	w := borrow(nil)
	defer w.giveBack()
	for taken := 0; r.pos.Number <= last && taken < size; {
		n, more, err := r.some(w, last, size-taken, check, visit)
		taken += n
		if err != nil {
			return err
		}
		if more {
			continue
		}
		next, ok := r.log.next(r.at)
		if !ok || next.record != r.pos.Number {
			return r.damage("the record is missing")
		}
		r.at, r.pos = next, Place{Number: next.record, Offset: FileHeader}
	}
	return nil
}

// some visits records of one segment and says how many bytes they have, and
// whether the segment has more.
func (r *Reader) some(w *window, last uint64, size int, check bool, visit func(Entry) error) (taken int, more bool, err error) {
	f, err := r.log.files.get(r.at.name)
	if err != nil {
		return 0, false, err
	}
	defer f.release()
	*w = window{file: f, buf: w.buf[:0]}
	if end := r.log.End(); end.Segment == r.at.record {
		w.most = end.Offset
	}
	for taken < size && r.pos.Number <= last {
		b, err := w.at(r.pos.Offset, RecordHeader)
		if err != nil {
			return taken, false, err
		}
		if len(b) < RecordHeader || allZero(b[:RecordHeader]) {
			return taken, false, nil
		}
		if b[0] == groupMagic[0] {
			if b, err = w.at(r.pos.Offset, GroupHeader); err != nil {
				return taken, false, err
			}
			if h, ok := decodeGroupHeader(b, r.at.history); !ok || h.record != r.pos.Number {
				return taken, false, r.damage("the header of its group is not what was written")
			}
			r.pos.Offset += GroupHeader
			continue
		}
		n, ok := bodyLength(b)
		if !ok {
			return taken, false, r.damage("it has no length")
		}
		n += RecordHeader
		if b, err = w.at(r.pos.Offset, n); err != nil {
			return taken, false, err
		}
		if len(b) < n {
			return taken, false, r.damage(fmt.Sprintf("its length of %d bytes points outside the log", n))
		}
		if check {
			if err := checkRecord(b[:n], r.pos.Number); err != nil {
				return taken, false, r.damage(err.Error())
			}
			if err := visit(Entry{r.pos.Number, r.pos.Offset, b[RecordHeader:n]}); err != nil {
				return taken, false, err
			}
		}
		r.pos.Number++
		r.pos.Offset += int64(n)
		taken += n
	}
	return taken, true, nil
}

func (r *Reader) damage(reason string) error {
	return &Damage{File: r.at.name, Offset: r.pos.Offset, Record: r.pos.Number, Reason: reason}
}
