package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// mark is the file HIGHWATER: the format, and the number of an event that was
// durable when the mark was set. A history that ends before it has lost
// acknowledged events. The log alone cannot tell: without its last groups it is
// as good as before.
//
// The mark is set after every group, before it is answered, without waiting for
// the disk: it is exact when a process ends, whichever way, and some seconds
// late when the machine loses its power. It is synced when the store opens and
// closes and when the index has been written.
//
// The file has two lines of 512 bytes, filled up with spaces, that are set in
// turn: a line that a power failure cut short leaves the other. Every later
// version of the format keeps this:
//
//	freightledger events format 1 head 42 crc 1a2b3c4d
type mark struct {
	file vfs.File
	line int // the one to be set next
}

const (
	markFile    = "HIGHWATER"
	markPattern = "freightledger events format %d head %d"
	markLine    = 512
)

func markText(format int, head uint64) []byte {
	s := fmt.Sprintf(markPattern, format, head)
	s = fmt.Sprintf("%s crc %08x", s, crc32.Checksum([]byte(s), crc32.MakeTable(crc32.Castagnoli)))
	return []byte(s + strings.Repeat(" ", markLine-1-len(s)) + "\n")
}

// marked is what a mark says; the zero marked is that of an absent one.
type marked struct {
	format int
	head   uint64
}

func readMark(fsys vfs.FS, dir string) (marked, error) {
	f, err := fsys.Open(fsys.PathJoin(dir, markFile))
	if errors.Is(err, fs.ErrNotExist) {
		return marked{}, nil
	}
	if err != nil {
		return marked{}, fmt.Errorf("read %s of %s: %w", markFile, dir, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 2*markLine))
	if err != nil {
		return marked{}, fmt.Errorf("read %s of %s: %w", markFile, dir, err)
	}
	var latest marked
	for line := range bytes.Lines(text) {
		var m marked
		if _, err := fmt.Sscanf(string(line), markPattern, &m.format, &m.head); err != nil || !bytes.Equal(markText(m.format, m.head), line) {
			continue
		}
		if m.format > latest.format || m.format == latest.format && m.head > latest.head {
			latest = m
		}
	}
	// A machine that lost its power while it made the file may leave zeros.
	if latest.format == 0 && len(bytes.Trim(text, "\x00")) > 0 {
		return marked{}, &Corrupt{Dir: dir, Place: "file " + markFile,
			Reason: "no line agrees with its checksum (when the rest of the folder verifies, this file may be removed)"}
	}
	return latest, nil
}

// openMark opens the mark for setting, makes it if there is none, and sets it.
func openMark(fsys vfs.FS, dir string, head uint64) (*mark, error) {
	f, err := fsys.OpenReadWrite(fsys.PathJoin(dir, markFile), vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, fmt.Errorf("open %s of %s: %w", markFile, dir, err)
	}
	m := &mark{file: f}
	err = errors.Join(m.set(head), m.set(head), m.sync())
	if err == nil {
		err = syncDir(fsys, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("write %s of %s: %w", markFile, dir, errors.Join(err, f.Close()))
	}
	return m, nil
}

// set says that the event with number head is durable.
func (m *mark) set(head uint64) error {
	if _, err := m.file.WriteAt(markText(formatVersion, head), int64(m.line*markLine)); err != nil {
		return err
	}
	m.line = 1 - m.line
	return nil
}

// raiseMark notes how far the history is known to be on disk.
func (s *Store) raiseMark(seq uint64) {
	err := s.mark.set(seq)
	if err == nil && s.health.flushed.Swap(false) {
		err = s.mark.sync()
	}
	if err != nil {
		s.opts.Logger.Error("event store: the next start cannot tell how far the history went", "file", markFile, "error", err)
	}
}

func (m *mark) sync() error { return m.file.Sync() }

func (m *mark) close() error { return errors.Join(m.sync(), m.file.Close()) }

func syncDir(fsys vfs.FS, dir string) error {
	d, err := fsys.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
