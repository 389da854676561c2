// Package embedded is the event store for one machine: a data folder, opened by
// one process, with nothing to install beside it. It keeps the contract of
// package eventstore on Pebble, an embedded key-value engine.
//
// # How an append becomes durable
//
// Appenders lay out their records and queue them. One goroutine, the committer,
// takes all that wait, compares each expected revision with its stream, numbers
// the events that pass, writes them as one batch and syncs it, once, to the
// disk. Only then does it show the events to readers and answer. While it
// syncs, the next batch gathers, so that many appenders share the cost of one
// sync.
//
// # What happens when things break
//
// When the engine cannot write or sync its log, the process ends with status
// 70: nobody knows what is on the disk, and only opening the folder again can
// tell. Appends that were not answered are then to be repeated with the same
// ids. While little disk space is left, appends are refused with *DiskFull
// before it comes to that, and reading goes on.
//
// Every record carries a checksum, its number and its place in its stream,
// which are checked whenever it is read; a difference is a *Corrupt error. The
// file HIGHWATER says how far the history went, so that a folder that lost its
// end is refused. After a power failure that file may be some seconds late:
// damage to the last 32 KiB of the log, on top of the failure, can then pass
// for a write that was cut short. And what one machine cannot give is a second
// copy: against the loss of the disk there are backups, or a cluster of
// EventStoreDB.
//
// The format is described at formatVersion in format.go.
package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/freightledger/freightledger/eventstore"
)

var _ eventstore.Store = (*Store)(nil)

// Options adjust a Store. The zero Options are good.
type Options struct {
	// Clock gives Record.Created; the default is the machine's clock.
	Clock func() time.Time
	// Logger receives what the operator should know; the default is
	// slog.Default().
	Logger *slog.Logger
	// FS holds the data folder; the default is the machine's file system.
	FS vfs.FS
	// CacheBytes is the memory for blocks read from disk; the default is 16 MiB.
	CacheBytes int64
	// MemTableBytes is the size of one of up to four buffers of events that
	// are not in a table yet; the default is 8 MiB.
	MemTableBytes int
	// MinFree is the disk space in bytes under which appends are refused. The
	// default is 64 MiB; a negative number never refuses.
	MinFree int64
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 16 << 20
	}
	if o.MemTableBytes == 0 {
		o.MemTableBytes = 8 << 20
	}
	if o.MinFree == 0 {
		o.MinFree = 64 << 20
	}
	return o
}

// Store is an open data folder. Its methods may be called concurrently.
type Store struct {
	dir  string
	opts Options
	lock *pebble.Lock
	db   *pebble.DB
	tip  tip

	queue   queue
	workers sync.WaitGroup
	closing chan struct{} // closed when Close begins

	unfit   atomic.Pointer[error] // why appends are refused, see scan
	trouble chan error            // the latest of the engine's background work; holds one

	mark    *mark       // set by the committer alone, after Open
	flushed atomic.Bool // the mark is to be synced

	// use is held for reading while the engine is read, never while a caller's
	// code runs; Close takes it for writing.
	use    sync.RWMutex
	closed bool

	closeOnce sync.Once
	closeErr  error
}

// Open opens the data folder, and creates it if there is none.
//
// Errors: *Locked, *NewerFormat, *Corrupt, or what the file system answers.
func Open(dir string, opts Options) (*Store, error) {
	opts = opts.withDefaults()
	if err := opts.FS.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("create data folder %s: %w", dir, err)
	}
	lock, err := lock(opts.FS, dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, opts: opts, lock: lock, closing: make(chan struct{}), trouble: make(chan error, 1)}
	s.queue.wake = make(chan struct{}, 1)
	if err := s.open(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	s.workers.Go(s.commit)
	return s, nil
}

func (s *Store) open() error {
	marked, err := readMark(s.opts.FS, s.dir)
	if err != nil {
		return err
	}
	if marked.format > formatVersion {
		return &NewerFormat{Dir: s.dir, Have: marked.format, Want: formatVersion}
	}
	tables, err := tableNames(s.opts.FS, s.dir)
	if err != nil {
		return err
	}
	files := &keeper{FS: s.opts.FS}
	engine := engineOptions(s.opts, files, func() { s.flushed.Store(true) }, func(err error) {
		select {
		case s.trouble <- err:
		default:
		}
	})
	engine.Lock = s.lock
	if s.db, err = pebble.Open(s.dir, engine); err != nil {
		if pebble.IsCorruptionError(err) {
			return &Corrupt{Dir: s.dir, Place: "its files", Reason: "the storage engine refuses them", Err: err}
		}
		return fmt.Errorf("open data folder %s: %w", s.dir, err)
	}
	if err := s.inspect(marked); err != nil {
		return errors.Join(err, s.db.Close())
	}
	doubtful, err := unlisted(s.db, tables)
	if err != nil {
		return errors.Join(err, s.mark.close(), s.db.Close())
	}
	if doubtful {
		s.workers.Go(func() { s.scan(files) })
	} else {
		s.release(files)
	}
	return nil
}

func (s *Store) release(files *keeper) {
	if err := files.release(); err != nil {
		s.opts.Logger.Warn("event store: files that are not needed stay", "dir", s.dir, "error", err)
	}
}

// scan reads the history once, when tables lie in the folder that the engine
// does not know of and will delete. Most often a crash came between a compaction and the
// deletion of what it replaced. But it may be that the manifest is damaged, and
// a table from the midst of the history has dropped out. Then the tables stay,
// and appends are refused.
func (s *Store) scan(files *keeper) {
	tip := s.tip.get()
	var page []RawRecord
	for seq := uint64(0); seq < tip; seq += uint64(len(page)) {
		select {
		case <-s.closing:
			return // the next start decides
		default:
		}
		var err error
		if page, _, err = s.allPage(page[:0], seq); err != nil {
			s.opts.Logger.Error("event store: the history cannot be read and takes no more events", "dir", s.dir, "error", err)
			s.unfit.Store(&err)
			return
		}
	}
	s.release(files)
}

// inspect checks the format, finds the head and opens the mark.
func (s *Store) inspect(marked marked) error {
	head, err := s.lastSeq()
	if err != nil {
		return err
	}
	switch format, err := s.format(); {
	case err != nil:
		return err
	case format == 0 && head == 0 && marked.head == 0:
		if err := s.db.Set([]byte(formatKey), []byte(strconv.Itoa(formatVersion)), pebble.Sync); err != nil {
			return fmt.Errorf("write format of %s: %w", s.dir, err)
		}
	case format == 0:
		return &Corrupt{Dir: s.dir, Place: "key " + formatKey, Reason: "there are events, but the format is not stated"}
	case format > formatVersion:
		return &NewerFormat{Dir: s.dir, Have: format, Want: formatVersion}
	}
	if head < marked.head {
		return &Corrupt{Dir: s.dir, Place: fmt.Sprintf("record %d", head+1),
			Reason: fmt.Sprintf("the history ends at event %d, but %s says that event %d was acknowledged", head, markFile, marked.head)}
	}
	if marked.format == 0 && head > 0 {
		s.opts.Logger.Warn("event store: the file "+markFile+" is missing and is written anew; verify the folder",
			"dir", s.dir, "head", head)
	}
	s.tip.seq = head
	s.mark, err = openMark(s.opts.FS, s.dir, head)
	return err
}

// format is 0 when none is stated.
func (s *Store) format() (int, error) {
	value, ok, err := s.get([]byte(formatKey), "key "+formatKey)
	if err != nil || !ok {
		return 0, err
	}
	n, err := strconv.Atoi(string(value))
	if err != nil || n < 1 {
		return 0, &Corrupt{Dir: s.dir, Place: "key " + formatKey, Reason: fmt.Sprintf("%.20q is not a format", value)}
	}
	return n, nil
}

// Close ends all following and reading with ErrClosed, refuses appends that
// are not being written yet, and leaves the folder such that damage to its log
// cannot matter. Closing again answers the same.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
		s.queue.close()
		s.workers.Wait()
		s.use.Lock()
		defer s.use.Unlock()
		s.closed = true
		s.flush()
		err := errors.Join(s.mark.close(), s.db.Close(), s.lock.Close())
		if err != nil {
			s.closeErr = fmt.Errorf("close data folder %s: %w", s.dir, err)
		}
	})
	return s.closeErr
}

// flush moves what is in the log into tables, where every block has a checksum.
// On a disk that takes no more tables the engine would try for ever. The events
// are as safe in the log, so this is left then.
func (s *Store) flush() {
	select {
	case <-s.trouble: // is of the past
	default:
	}
	done, err := s.db.AsyncFlush()
	if err == nil {
		select {
		case <-done:
		case err = <-s.trouble:
		}
	}
	if err != nil {
		s.opts.Logger.Warn("event store: closed without moving the last events from the log into a table", "dir", s.dir, "error", err)
	}
}
