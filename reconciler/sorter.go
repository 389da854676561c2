package reconciler

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// sorter sorts records by number (bytewise) and then by the order in which they
// came, in bounded memory: what exceeds the budget is written out as a sorted
// run, and the runs are merged at the end.
//
// A record is a head (length of the body, length of the number, order), the
// number and the body. Runs hold records as memory does.
type sorter struct {
	budget int
	dir    string // of the runs; made when the first one is written
	parent string
	chunks [][]byte // filled one after the other
	filled int      // chunks in use
	used   int      // bytes in use, index included
	index  []place
	order  uint64
	runs   []string
	named  int // runs named so far
	spills int
}

type place struct{ chunk, offset uint32 }

const (
	headSize    = 4 + 2 + 8
	placeSize   = 8
	fanIn       = 64 // runs that are merged at once, and files open
	maxNumber   = 1 << 10
	maxRecord   = 64 << 20
	smallestRun = 4 << 10
)

func newSorter(budget int, parent string) *sorter {
	return &sorter{budget: max(budget, smallestRun), parent: parent}
}

func (s *sorter) chunkSize() int { return min(max(s.budget/8, smallestRun), 1<<20) }

// ioSize keeps the buffers of a whole merge within the budget.
func (s *sorter) ioSize() int { return min(max(s.budget/fanIn, 1<<10), 128<<10) }

// add takes a record; number and body are copied.
func (s *sorter) add(number string, body []byte) error {
	size := headSize + len(number) + len(body)
	switch {
	case len(number) > maxNumber:
		return fmt.Errorf("document number of %d bytes (%.80q…): at most %d are compared", len(number), number, maxNumber)
	case size > maxRecord:
		return fmt.Errorf("document %.80q takes %d bytes: at most %d are compared", number, size, maxRecord)
	}
	if s.used+size+placeSize > s.budget && len(s.index) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	chunk := s.room(size)
	at := place{uint32(s.filled - 1), uint32(len(*chunk))}
	b := binary.BigEndian.AppendUint32(*chunk, uint32(len(body)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(number)))
	b = binary.BigEndian.AppendUint64(b, s.order)
	b = append(b, number...)
	*chunk = append(b, body...)
	s.index = append(s.index, at)
	s.order++
	s.used += size + placeSize
	return nil
}

// room gives a chunk that takes size more bytes without growing.
func (s *sorter) room(size int) *[]byte {
	if s.filled > 0 {
		if last := &s.chunks[s.filled-1]; cap(*last)-len(*last) >= size {
			return last
		}
	}
	if s.filled < len(s.chunks) && cap(s.chunks[s.filled]) >= size {
		s.filled++
		return &s.chunks[s.filled-1]
	}
	s.chunks = slices.Insert(s.chunks, s.filled, make([]byte, 0, max(s.chunkSize(), size)))
	s.filled++
	return &s.chunks[s.filled-1]
}

// record gives the bytes of a record in memory.
func (s *sorter) record(p place) record {
	b := s.chunks[p.chunk][p.offset:]
	return record(b[:recordSize(b)])
}

func (s *sorter) sort() {
	slices.SortFunc(s.index, func(a, b place) int { return s.record(a).compare(s.record(b)) })
}

// spill writes what is in memory as a sorted run.
func (s *sorter) spill() error {
	s.sort()
	next := 0
	path, err := s.write(func() (record, error) {
		if next == len(s.index) {
			return nil, io.EOF
		}
		next++
		return s.record(s.index[next-1]), nil
	})
	if err != nil {
		return err
	}
	s.runs = append(s.runs, path)
	s.spills++
	s.index, s.used, s.filled = s.index[:0], 0, 0
	// A chunk made for one large record would never be filled again.
	s.chunks = slices.DeleteFunc(s.chunks, func(c []byte) bool { return cap(c) > s.chunkSize() })
	for i := range s.chunks {
		s.chunks[i] = s.chunks[i][:0]
	}
	if len(s.runs) < fanIn {
		return nil
	}
	return s.combine()
}

// combine makes one run of all, so that the number of open files stays bounded.
func (s *sorter) combine() error {
	m, err := openRuns(s.runs, s.ioSize())
	if err != nil {
		return err
	}
	path, err := s.write(m.next)
	if err := errors.Join(err, m.close()); err != nil {
		return err
	}
	for _, old := range s.runs {
		if err := os.Remove(old); err != nil {
			return fmt.Errorf("remove merged run: %w", err)
		}
	}
	s.runs = append(s.runs[:0], path)
	return nil
}

func (s *sorter) write(next func() (record, error)) (path string, err error) {
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp(s.parent, "freightledger-reconcile-"); err != nil {
			return "", fmt.Errorf("make a folder for sorted runs (set the temporary folder to one with room): %w", err)
		}
	}
	path = filepath.Join(s.dir, fmt.Sprintf("run-%06d", s.named))
	s.named++
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("create a sorted run: %w", err)
	}
	w := bufio.NewWriterSize(f, s.ioSize())
	for {
		r, err := next()
		if err == io.EOF {
			break
		}
		if err == nil {
			_, err = w.Write(r)
		}
		if err != nil {
			return "", errors.Join(fmt.Errorf("write sorted run %s: %w", path, err), f.Close())
		}
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		return "", fmt.Errorf("write sorted run %s (is the disk full?): %w", path, err)
	}
	return path, nil
}

// sorted ends the adding and gives the records in order; each is valid until
// the next is asked for, and io.EOF ends them.
func (s *sorter) sorted() (func() (record, error), func() error, error) {
	if len(s.runs) == 0 {
		s.sort()
		next := 0
		return func() (record, error) {
			if next == len(s.index) {
				return nil, io.EOF
			}
			next++
			return s.record(s.index[next-1]), nil
		}, func() error { return nil }, nil
	}
	if len(s.index) > 0 {
		if err := s.spill(); err != nil {
			return nil, nil, err
		}
	}
	s.chunks, s.index = nil, nil
	m, err := openRuns(s.runs, s.ioSize())
	if err != nil {
		return nil, nil, err
	}
	return m.next, m.close, nil
}

// close removes every run.
func (s *sorter) close() error {
	if s.dir == "" {
		return nil
	}
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("remove sorted runs: %w", err)
	}
	return nil
}

// record is a head, a number and a body.
type record []byte

func recordSize(head []byte) int {
	return headSize + int(binary.BigEndian.Uint32(head)) + int(binary.BigEndian.Uint16(head[4:]))
}

func (r record) number() []byte { return r[headSize : headSize+int(binary.BigEndian.Uint16(r[4:]))] }
func (r record) order() uint64  { return binary.BigEndian.Uint64(r[6:]) }
func (r record) body() []byte   { return r[headSize+len(r.number()):] }

func (r record) compare(o record) int {
	if c := bytes.Compare(r.number(), o.number()); c != 0 {
		return c
	}
	return cmp.Compare(r.order(), o.order())
}

// merge reads several runs as one.
type merge struct {
	runs    []*run // a heap by their first record
	files   []*os.File
	started bool
}

type run struct {
	file *os.File
	in   *bufio.Reader
	head record
	buf  []byte
}

func openRuns(paths []string, size int) (*merge, error) {
	m := &merge{}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open sorted run: %w", err), m.close())
		}
		m.files = append(m.files, f)
		r := &run{file: f, in: bufio.NewReaderSize(f, size)}
		switch err := r.advance(); err {
		case nil:
			m.runs = append(m.runs, r)
		case io.EOF:
		default:
			return nil, errors.Join(err, m.close())
		}
	}
	heap.Init(m)
	return m, nil
}

func (r *run) advance() error {
	var head [headSize]byte
	if _, err := io.ReadFull(r.in, head[:]); err != nil {
		if err == io.EOF {
			return err
		}
		return fmt.Errorf("read sorted run %s: %w", r.file.Name(), err)
	}
	size := recordSize(head[:])
	if size > maxRecord {
		return fmt.Errorf("read sorted run %s: a record of %d bytes: the file was damaged", r.file.Name(), size)
	}
	r.buf = slices.Grow(r.buf[:0], size)[:size]
	copy(r.buf, head[:])
	if _, err := io.ReadFull(r.in, r.buf[headSize:]); err != nil {
		return fmt.Errorf("read sorted run %s: %w", r.file.Name(), err)
	}
	r.head = r.buf
	return nil
}

// next gives the smallest record; the run it came from moves on only when the
// following one is asked for, so the record stays valid until then.
func (m *merge) next() (record, error) {
	if m.started && len(m.runs) > 0 {
		switch err := m.runs[0].advance(); err {
		case nil:
			heap.Fix(m, 0)
		case io.EOF:
			heap.Pop(m)
		default:
			return nil, err
		}
	}
	m.started = true
	if len(m.runs) == 0 {
		return nil, io.EOF
	}
	return m.runs[0].head, nil
}

func (m *merge) close() error {
	var all error
	for _, f := range m.files {
		all = errors.Join(all, f.Close())
	}
	m.files = nil
	return all
}

// Len, Less, Swap, Push and Pop are heap.Interface.
func (m *merge) Len() int           { return len(m.runs) }
func (m *merge) Less(i, j int) bool { return m.runs[i].head.compare(m.runs[j].head) < 0 }
func (m *merge) Swap(i, j int)      { m.runs[i], m.runs[j] = m.runs[j], m.runs[i] }
func (m *merge) Push(r any)         { m.runs = append(m.runs, r.(*run)) }
func (m *merge) Pop() any {
	last := m.runs[len(m.runs)-1]
	m.runs = m.runs[:len(m.runs)-1]
	return last
}
