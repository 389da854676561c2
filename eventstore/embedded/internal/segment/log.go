package segment

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Suffix ends the name of every segment.
const Suffix = ".events"

// Name is that of the segment whose first record has a number.
func Name(record uint64) string { return fmt.Sprintf("%020d%s", record, Suffix) }

// Damage says that stored bytes are not what was written.
type Damage struct {
	File   string
	Offset int64
	Record uint64 // the one that is missing or wrong, 0 if that cannot be said
	Reason string
	Body   []byte // of the record if it can be made out; its checksum is wrong
}

func (d *Damage) Error() string {
	return fmt.Sprintf("%s, byte %d, record %d: %s", d.File, d.Offset, d.Record, d.Reason)
}

// Newer says that a segment is in a format of the future.
type Newer struct{ Version int }

func (e *Newer) Error() string { return fmt.Sprintf("segments are in format %d", e.Version) }

// Full says that the disk has no space for a group, of which nothing was
// written.
type Full struct{ Err error }

func (e *Full) Error() string { return "no space for more records: " + e.Err.Error() }

func (e *Full) Unwrap() error { return e.Err }

// State is a place between two groups.
type State struct {
	Groups  uint64 // the number of the group before
	Records uint64 // the number of the record before
	Chain   Chain  // of the group before
	Segment uint64 // the first record of the segment
	Offset  int64  // in the segment
}

// segment is one file.
type segment struct {
	fileHeader
	name string
}

// state is the place before a segment's first group.
func (s segment) state() State {
	return State{Groups: s.group - 1, Records: s.record - 1, Chain: s.chain, Segment: s.record, Offset: FileHeader}
}

// Log is an open log. Reading may go on beside appending; appending is for one
// goroutine at a time.
type Log struct {
	fs   vfs.FS
	dir  string
	size int64 // of a segment

	mu       sync.RWMutex
	segments []segment // in order

	files handles
	end   atomic.Pointer[State] // all before is synced

	stub     string // a segment whose header was cut short
	file     vfs.File
	reserved int64 // the length of file
}

// Step is how much space is taken at once.
const step = 4 << 20

// Open finds the segments of a log in a folder. Continue must come before
// appending. size is that of new segments.
//
// Errors: *Damage, *Newer, or what the file system answers.
func Open(fs vfs.FS, dir string, size int64) (*Log, error) {
	l := &Log{fs: fs, dir: dir, size: size}
	l.files.open = func(name string) (vfs.File, error) { return fs.Open(fs.PathJoin(dir, name)) }
	names, err := fs.List(dir)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, Suffix) })
	slices.Sort(names)
	for i, name := range names {
		s, err := l.header(name)
		var damage *Damage
		if errors.As(err, &damage) && i == len(names)-1 {
			if err = l.abandoned(name, damage); err == nil {
				l.stub = name
				break
			}
		}
		if err == nil {
			err = l.follows(s)
		}
		if err != nil {
			return nil, err
		}
		l.segments = append(l.segments, s)
	}
	if len(l.segments) == 0 {
		return l, nil
	}
	// What an earlier process wrote and did not get to sync counts as soon as
	// it has been read: it must not be lost later.
	return l, l.openLast()
}

func (l *Log) path(name string) string { return l.fs.PathJoin(l.dir, name) }

func (l *Log) openLast() error {
	f, err := l.fs.OpenReadWrite(l.path(l.segments[len(l.segments)-1].name), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.file, l.reserved = f, info.Size()
	return nil
}

func (l *Log) header(name string) (segment, error) {
	f, err := l.fs.Open(l.path(name))
	if err != nil {
		return segment{}, err
	}
	defer f.Close()
	b := make([]byte, FileHeader)
	if n, err := f.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return segment{}, err
	} else if n < FileHeader {
		b = b[:n]
	}
	h, ok := decodeFileHeader(b)
	switch {
	case !ok:
		return segment{}, &Damage{File: name, Reason: "the file's header is not what was written"}
	case h.version > Version:
		return segment{}, &Newer{int(h.version)}
	case Name(h.record) != name:
		return segment{}, &Damage{File: name, Reason: fmt.Sprintf("the file is the one named %s", Name(h.record))}
	}
	return segment{h, name}, nil
}

// follows checks that a segment comes after those known.
func (l *Log) follows(s segment) error {
	n := len(l.segments)
	wrong := func(format string, args ...any) error {
		return &Damage{File: s.name, Record: s.record, Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case int(s.ordinal) != n:
		return wrong("it is file number %d of the log, and number %d is missing", s.ordinal+1, n+1)
	case n == 0 && (s.record != 1 || s.group != 1 || s.chain != Chain{}):
		return wrong("the log does not begin with it")
	case n > 0 && s.history != l.segments[0].history:
		return wrong("it belongs to another log")
	}
	return nil
}

// abandoned says whether the last file was being made when the process ended:
// its first group is begun only once its header is synced.
func (l *Log) abandoned(name string, damage *Damage) error {
	f, err := l.fs.Open(l.path(name))
	if err != nil {
		return err
	}
	defer f.Close()
	return eachChunk(f, FileHeader, func(_ int64, b []byte) error {
		if !allZero(b) {
			return damage
		}
		return nil
	})
}

// segmentOf gives the segment that a record is in.
func (l *Log) segmentOf(record uint64) (segment, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	i, found := slices.BinarySearchFunc(l.segments, record, func(s segment, r uint64) int { return cmp.Compare(s.record, r) })
	if !found {
		i--
	}
	if i < 0 {
		return segment{}, false
	}
	return l.segments[i], true
}

// next gives the segment after another.
func (l *Log) next(s segment) (segment, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if i := int(s.ordinal) + 1; i < len(l.segments) {
		return l.segments[i], true
	}
	return segment{}, false
}

// Start is the place before the first group.
func (l *Log) Start() State {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if len(l.segments) == 0 {
		return State{}
	}
	return l.segments[0].state()
}

// End is the place behind the last group that was synced.
func (l *Log) End() State { return *l.end.Load() }

// Segments names the segments, in order; all but the last never change again.
func (l *Log) Segments() []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	names := make([]string, len(l.segments))
	for i, s := range l.segments {
		names[i] = s.name
	}
	return names
}

// Close ends appending and reading.
func (l *Log) Close() error {
	err := l.files.close()
	if l.file != nil {
		err = errors.Join(err, l.file.Close())
	}
	return err
}

// IsFull says that an error is that of a disk without space.
func IsFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
