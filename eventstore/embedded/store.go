// Package embedded is the event store for one machine: a data folder, opened by
// one process, with nothing to install beside it. It keeps the contract of
// package eventstore in append-only files, and finds events in them by an
// index that can always be made anew.
//
// # How an append becomes durable
//
// Appenders lay out their records and queue them. One goroutine, the committer,
// takes all that wait, compares each expected revision with its stream, numbers
// the events that pass, writes them as one group and syncs it, once, to the
// disk. Only then does it enter them into the index, show them to readers and
// answer. While it syncs, the next group gathers, so that many appenders share
// the cost of one sync.
//
// # What happens when things break
//
// Every record carries a checksum and its number, and every group of records a
// hash of itself and of the hash before it. Group n+1 is begun only after the
// sync of group n has returned. So when the store opens and finds, at the end,
// a group that is not whole, it knows what that is: if a whole group follows,
// the bytes were good once, and the folder is refused with *Corrupt; if none
// follows, the write was cut short and nobody was told of it, and it is cleared
// away. What is found whole counts, also when nobody was told of it: its
// appenders got no answer, and repeat the same ids. The file HIGHWATER says how
// far the history went, so that a folder that lost its end is refused. After a
// power failure that file may be some seconds late: damage to the very last
// group, on top of the failure, can then pass for a write that was cut short.
//
// When the log of events cannot be written or synced, the process ends with
// status 70: nobody knows what is on the disk, and only opening the folder
// again can tell. Appends that were not answered are then to be repeated with
// the same ids. While little disk space is left, or no space for another step
// of a segment, appends are refused with *DiskFull, and reading goes on.
//
// The index is never ahead of the log. Opening catches up what it lacks, and
// makes it anew when the engine refuses it or it contradicts the log. A
// contradiction that a reader meets is a *Corrupt error of the index, and the
// next opening makes it anew.
//
// What one machine cannot give is a second copy: against the loss of the disk
// there are backups, or a cluster of EventStoreDB.
//
// The format is described at formatVersion, at index, and in package segment.
package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/eventstore/embedded/internal/segment"
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
	// SegmentBytes is the size of the files that hold the events; the default
	// is 64 MiB, the most is 1 GiB. It may differ each time a folder is opened.
	SegmentBytes int64
	// CacheBytes is the memory for blocks of the index read from disk; the
	// default is 16 MiB.
	CacheBytes int64
	// MemTableBytes is the size of one of up to four buffers of index entries
	// that are not in a table yet; the default is 8 MiB.
	MemTableBytes int
	// MinFree is the disk space in bytes under which appends are refused. The
	// default is 64 MiB; a negative number never refuses.
	MinFree int64
	// RebuildIndex makes the index anew.
	RebuildIndex bool
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
	if o.SegmentBytes == 0 {
		o.SegmentBytes = 64 << 20
	}
	o.SegmentBytes = min(o.SegmentBytes, 1<<30) // the index gives a place four bytes
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
	dir   string
	opts  Options
	lock  *pebble.Lock
	log   *segment.Log
	index *index
	tip   tip

	queue   queue
	workers sync.WaitGroup
	closing chan struct{} // closed when Close begins

	health  health
	suspect atomic.Bool // the next opening makes the index anew
	mark    *mark       // set by the committer alone, after Open

	// use is held for reading while files are read, never while a caller's
	// code runs; Close takes it for writing.
	use    sync.RWMutex
	closed bool

	closeOnce sync.Once
	closeErr  error
}

// Open opens the data folder, and creates it if there is none. After a crash it
// reads what the index lacks, which takes well under a second; making an index
// anew takes about a second for a million events.
//
// Errors: *Locked, *NewerFormat, *OlderFormat, *Corrupt, or what the file
// system answers.
func Open(dir string, opts Options) (*Store, error) {
	opts = opts.withDefaults()
	if err := makeFolder(opts.FS, dir); err != nil {
		return nil, fmt.Errorf("create data folder %s: %w", dir, err)
	}
	lock, err := lock(opts.FS, dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, opts: opts, lock: lock, closing: make(chan struct{}), health: health{again: make(chan struct{}, 1)}}
	s.queue.wake = make(chan struct{}, 1)
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.closeFiles())
	}
	s.workers.Go(s.commit)
	return s, nil
}

// Close ends all following and reading with ErrClosed, refuses appends that
// are not being written yet, and writes the index so that the next opening need
// not catch up. Closing again answers the same.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
		s.queue.close()
		s.workers.Wait()
		s.use.Lock()
		defer s.use.Unlock()
		s.closed = true
		s.flush()
		if err := s.closeFiles(); err != nil {
			s.closeErr = fmt.Errorf("close data folder %s: %w", s.dir, err)
		}
	})
	return s.closeErr
}

// flush writes the index. On a disk that takes no more tables the engine would
// try for ever. The events are safe in the log, so this is left then.
func (s *Store) flush() {
	select {
	case <-s.health.again: // is of the past
	default:
	}
	done, err := s.index.db.AsyncFlush()
	for err == nil {
		select {
		case <-done:
			return
		case <-s.health.again:
			if trouble := s.health.trouble.Load(); trouble != nil {
				err = *trouble
			}
		}
	}
	s.opts.Logger.Warn("event store: closed without writing the index; the next start catches up", "dir", s.dir, "error", err)
}

// closeFiles closes what is open.
func (s *Store) closeFiles() error {
	var errs []error
	if s.mark != nil {
		errs = append(errs, s.mark.close())
	}
	if s.index != nil {
		errs = append(errs, s.index.db.Close())
	}
	if s.log != nil {
		errs = append(errs, s.log.Close())
	}
	return errors.Join(append(errs, s.lock.Close())...)
}

// enter begins reading, unless the store is closed.
func (s *Store) enter() bool {
	s.use.RLock()
	if s.closed {
		s.use.RUnlock()
		return false
	}
	return true
}

// corrupt tells damage to the log from other errors.
func (s *Store) corrupt(err error) error {
	var damage *segment.Damage
	switch {
	case err == nil, errors.As(err, new(*Corrupt)):
		return err
	case errors.As(err, &damage):
		return &Corrupt{Dir: s.dir, Place: s.placeOf(damage), Reason: damage.Reason}
	}
	return fmt.Errorf("read data folder %s: %w", s.dir, err)
}

func (s *Store) placeOf(d *segment.Damage) string {
	place := fmt.Sprintf("file %s byte %d", d.File, d.Offset)
	if d.Record > 0 {
		place = recordPlace(d.Record) + " (" + place
		if f, err := split(d.Body); err == nil {
			place += ", " + indexPlace(string(f.stream), f.revision())
		}
		place += ")"
	}
	return place
}
