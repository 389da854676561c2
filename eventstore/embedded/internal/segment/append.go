package segment

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Group gathers the records of the next group. It may be used again after
// Reset.
type Group struct {
	buf   []byte
	count int
}

// Reset empties the group.
func (g *Group) Reset() {
	if cap(g.buf) < GroupHeader {
		g.buf = make([]byte, 0, 64<<10)
	}
	g.buf, g.count = g.buf[:GroupHeader], 0
}

// Add lays a record into the group and says where in the group it begins.
func (g *Group) Add(number uint64, body []byte) (offset int) {
	offset = len(g.buf)
	g.buf = append(g.buf, make([]byte, RecordHeader)...)
	g.buf = append(g.buf, body...)
	putRecord(g.buf[offset:], number)
	g.count++
	return offset
}

// Len is the group's size in bytes.
func (g *Group) Len() int { return len(g.buf) }

// Continue makes the log ready for appending at its end, which Scan gave.
// Behind it may be a write that was cut short, which is then cleared.
func (l *Log) Continue(end State) (cleared bool, err error) {
	if l.stub != "" {
		if err := l.fs.Remove(l.path(l.stub)); err != nil {
			return false, err
		}
		l.stub = ""
	}
	if len(l.segments) == 0 {
		h := fileHeader{version: Version, record: 1, group: 1}
		if _, err := rand.Read(h.history[:]); err != nil {
			return false, err
		}
		if err := l.begin(h); err != nil {
			return false, err
		}
		end = l.segments[0].state()
	} else if cleared, err = l.clear(end.Offset); err != nil {
		return cleared, err
	}
	l.end.Store(&end)
	return cleared, l.syncDir()
}

// clear zeroes the last segment from an offset on, where it is not zero.
func (l *Log) clear(from int64) (cleared bool, err error) {
	err = eachChunk(l.file, from, func(at int64, b []byte) error {
		if allZero(b) {
			return nil
		}
		cleared = true
		clear(b)
		_, err := l.file.WriteAt(b, at)
		return err
	})
	if err == nil && cleared {
		err = l.file.Sync()
	}
	return cleared, err
}

// Reserve sees to it that there is space for a group. The group may be given
// up afterwards.
//
// Errors: *Full; after any other the log must not be written any more.
func (l *Log) Reserve(g *Group) error {
	end := l.End()
	if end.Offset+int64(g.Len()) > l.size && end.Offset > FileHeader {
		last := l.segments[len(l.segments)-1]
		err := l.begin(fileHeader{version: Version, ordinal: last.ordinal + 1, history: last.history,
			record: end.Records + 1, group: end.Groups + 1, chain: end.Chain})
		if err != nil {
			return err
		}
		end.Segment, end.Offset = end.Records+1, FileHeader
		l.end.Store(&end)
	}
	if want := end.Offset + int64(g.Len()); want > l.reserved {
		return l.reserve(l.file, want)
	}
	return nil
}

// reserve makes the last segment longer, to hold at least want bytes.
func (l *Log) reserve(f vfs.File, want int64) error {
	from := l.reserved
	by := min(step, max(l.size, want))
	to := (want + by - 1) / by * by
	err := f.Preallocate(from, to-from)
	if err == nil {
		_, err = f.WriteAt([]byte{0}, to-1)
	} else if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
		_, err = f.WriteAt(make([]byte, to-from), from)
	}
	if IsFull(err) {
		return &Full{err}
	}
	if err != nil {
		return fmt.Errorf("take space in %s: %w", l.dir, err)
	}
	l.reserved = to
	return nil
}

// begin makes a segment the last one. If it cannot, the last one stays.
func (l *Log) begin(h fileHeader) (err error) {
	name := Name(h.record)
	path := l.path(name)
	if err := l.fs.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := l.fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if IsFull(err) {
		return &Full{err}
	}
	if err != nil {
		return err
	}
	before := l.reserved
	l.reserved = 0
	if err = l.reserve(f, FileHeader); err == nil {
		_, err = f.WriteAt(h.encode(), 0)
	}
	if err == nil {
		err = errors.Join(f.Sync(), l.syncDir())
	}
	if err != nil {
		l.reserved = before
		err = errors.Join(err, f.Close(), l.fs.Remove(path))
		if IsFull(err) {
			return &Full{err}
		}
		return err
	}
	if l.file != nil {
		if err := l.file.Close(); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	l.file = f
	l.mu.Lock()
	defer l.mu.Unlock()
	l.segments = append(l.segments, segment{h, name})
	return nil
}

// Append writes the group that was reserved for, and syncs it. It gives the
// place before the group. After an error nobody knows what is on the disk: the
// log must be opened again.
func (l *Log) Append(g *Group) (before State, err error) {
	before = l.End()
	end := before
	h := groupHeader{number: end.Groups + 1, record: end.Records + 1, count: uint32(g.count), length: uint32(len(g.buf) - GroupHeader)}
	end.Chain = h.put(g.buf, l.segments[0].history, end.Chain)
	end.Groups++
	end.Records += uint64(g.count)
	end.Offset += int64(len(g.buf))
	if _, err := l.file.WriteAt(g.buf, before.Offset); err != nil {
		return before, err
	}
	if err := l.file.SyncData(); err != nil {
		return before, err
	}
	l.end.Store(&end)
	return before, nil
}

func (l *Log) syncDir() error {
	d, err := l.fs.OpenDir(l.dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
