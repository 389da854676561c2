package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
)

// segmentBytes is the size of one of the files that hold the records.
const segmentBytes = 128 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// log is an append-only sequence of records over files of a fixed size, which
// get their space beforehand, so that a sync need not write the file's length.
type log struct {
	dir  string
	file *os.File
	base int64 // of the file in the log
	at   int64 // in the file
	buf  []byte
}

func (l *log) path(base int64) string { return filepath.Join(l.dir, fmt.Sprintf("%016x.events", base)) }

func (l *log) open(base int64) (err error) {
	if l.file, err = os.OpenFile(l.path(base), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	l.base, l.at = base, 0
	return syscall.Fallocate(int(l.file.Fd()), 0, 0, segmentBytes)
}

// append writes a group behind the last one and syncs it. Records get a
// header: length, checksum.
func (l *log) append(group []event, placed func(e event, at int64)) error {
	l.buf = l.buf[:0]
	size := 0
	for _, e := range group {
		size += 8 + len(e.record)
	}
	if l.at+int64(size)+8 > segmentBytes {
		if err := errors.Join(l.file.Sync(), l.file.Close()); err != nil {
			return err
		}
		if err := l.open(l.base + segmentBytes); err != nil {
			return err
		}
	}
	for _, e := range group {
		placed(e, l.base+l.at+int64(len(l.buf)))
		l.buf = binary.BigEndian.AppendUint32(l.buf, uint32(len(e.record)))
		l.buf = binary.BigEndian.AppendUint32(l.buf, crc32.Checksum(e.record, castagnoli))
		l.buf = append(l.buf, e.record...)
	}
	if _, err := l.file.WriteAt(l.buf, l.at); err != nil {
		return err
	}
	l.at += int64(len(l.buf))
	return syscall.Fdatasync(int(l.file.Fd()))
}

// scan visits all records from a place in the log on, and leaves the log ready
// for appending.
func (l *log) scan(from int64, visit func(record []byte, at int64) error) error {
	base := from / segmentBytes * segmentBytes
	if err := l.open(base); err != nil {
		return err
	}
	l.at = from - base
	chunk := make([]byte, 1<<20)
	for {
		n, err := l.file.ReadAt(chunk, l.at)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		part := chunk[:n]
		read := 0
		for len(part)-read >= 8 {
			size := int(binary.BigEndian.Uint32(part[read:]))
			if size == 0 || len(part)-read < 8+size {
				break
			}
			record := part[read+8 : read+8+size]
			if crc32.Checksum(record, castagnoli) != binary.BigEndian.Uint32(part[read+4:]) {
				break
			}
			if err := visit(record, l.base+l.at+int64(read)); err != nil {
				return err
			}
			read += 8 + size
		}
		l.at += int64(read)
		if read > 0 {
			continue
		}
		if _, err := os.Stat(l.path(l.base + segmentBytes)); err != nil {
			return nil
		}
		if err := l.file.Close(); err != nil {
			return err
		}
		if err := l.open(l.base + segmentBytes); err != nil {
			return err
		}
	}
}

// file is the log alone.
type file struct{ log log }

func openFile(dir string) (design, error) {
	f := &file{log{dir: dir}}
	return f, f.log.scan(0, func([]byte, int64) error { return nil })
}

func (f *file) write(group []event) error { return f.log.append(group, func(event, int64) {}) }

func (f *file) all(visit func([]byte)) error {
	return (&log{dir: f.log.dir}).scan(0, func(r []byte, _ int64) error { visit(r); return nil })
}

func (f *file) stream(string, func([]byte)) error { return nil }

// segments is the log and an index of it.
type segments struct {
	log   log
	index *pebble.DB
	files map[int64]*os.File
}

var coveredKey = []byte("m/covered")

func openSegments(dir string) (design, error) {
	index, err := openEngine(filepath.Join(dir, "index"), func(o *pebble.Options) { o.DisableWAL = true })
	if err != nil {
		return nil, err
	}
	s := &segments{log: log{dir: dir}, index: index, files: map[int64]*os.File{}}
	covered := int64(0)
	if value, closer, err := index.Get(coveredKey); err == nil {
		covered = int64(binary.BigEndian.Uint64(value))
		if err := closer.Close(); err != nil {
			return nil, err
		}
	}
	return s, s.log.scan(covered, func(r []byte, at int64) error {
		seq := binary.BigEndian.Uint64(r[4:])
		// A bare record does not say its revision; the number keeps the order.
		return s.enter([]event{{seq: seq, stream: streamOf(r), revision: seq, record: r}}, []int64{at})
	})
}

func streamOf(r []byte) string { return string(r[20:42]) }

func (s *segments) enter(group []event, places []int64) error {
	batch := s.index.NewBatch()
	var value [20]byte
	for i, e := range group {
		binary.BigEndian.PutUint64(value[:], uint64(places[i]))
		binary.BigEndian.PutUint64(value[8:], e.seq)
		binary.BigEndian.PutUint32(value[16:], uint32(len(e.record)))
		if err := batch.Set(indexKey(e.stream, e.revision), value[:], nil); err != nil {
			return err
		}
	}
	last := len(group) - 1
	binary.BigEndian.PutUint64(value[:], uint64(places[last])+8+uint64(len(group[last].record)))
	if err := batch.Set(coveredKey, value[:8], nil); err != nil {
		return err
	}
	return errors.Join(batch.Commit(pebble.NoSync), batch.Close())
}

func (s *segments) write(group []event) error {
	places := make([]int64, 0, len(group))
	if err := s.log.append(group, func(_ event, at int64) { places = append(places, at) }); err != nil {
		return err
	}
	return s.enter(group, places)
}

func (s *segments) all(visit func([]byte)) error {
	return (&log{dir: s.log.dir}).scan(0, func(r []byte, _ int64) error { visit(r); return nil })
}

func (s *segments) stream(name string, visit func([]byte)) error {
	it, err := s.index.NewIter(&pebble.IterOptions{LowerBound: indexKey(name, 0), UpperBound: append(indexKey(name, 1<<63), 0xff)})
	if err != nil {
		return err
	}
	for ok := it.First(); ok; ok = it.Next() {
		at, size := int64(binary.BigEndian.Uint64(it.Value())), binary.BigEndian.Uint32(it.Value()[16:])
		f := s.files[at/segmentBytes]
		if f == nil {
			if f, err = os.Open(s.log.path(at / segmentBytes * segmentBytes)); err != nil {
				return err
			}
			s.files[at/segmentBytes] = f
		}
		buf := make([]byte, 8+size)
		if _, err := f.ReadAt(buf, at%segmentBytes); err != nil {
			return err
		}
		if crc32.Checksum(buf[8:], castagnoli) != binary.BigEndian.Uint32(buf[4:]) {
			return errors.New("checksum")
		}
		visit(buf[8:])
	}
	return it.Close()
}
