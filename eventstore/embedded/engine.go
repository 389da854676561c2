package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// engineFormat is pinned, so that upgrading the engine does not change data
// folders by the way. From this format on tables carry a checksum in their
// footers too.
const engineFormat = pebble.FormatTableFormatV6

// How many buffers, and how many layers of new tables, make the engine hold up
// writers.
const (
	memTablesStop = 4
	l0Stop        = 12
)

// exitDamaged is how the process ends when it cannot write.
const exitDamaged = 70

// fatal ends the process, because nobody knows what is on the disk.
func fatal(log *slog.Logger, format string, args ...any) {
	log.Error("event store: ending the process, because what was written may not be on disk; "+
		"check the disk, then start again: acknowledged events are safe", "reason", fmt.Sprintf(format, args...))
	os.Exit(exitDamaged)
}

func engineOptions(o Options, h *health) *pebble.Options {
	opts := &pebble.Options{
		FS:                          &folderFS{o.FS, o.Logger},
		DisableWAL:                  true,
		CacheSize:                   o.CacheBytes,
		MemTableSize:                uint64(o.MemTableBytes),
		MemTableStopWritesThreshold: memTablesStop,
		L0StopWritesThreshold:       l0Stop,
		MaxOpenFiles:                256,
		FormatMajorVersion:          engineFormat,
		Logger:                      engineLog{o.Logger},
		EventListener: &pebble.EventListener{
			FlushEnd: func(info pebble.FlushInfo) {
				if info.Err == nil {
					h.trouble.Store(nil)
					h.flushed.Store(true)
				}
			},
			CompactionEnd: func(info pebble.CompactionInfo) {
				if info.Err == nil {
					h.trouble.Store(nil)
				}
			},
			BackgroundError: func(err error) { h.failed(o.Logger, err) },
			// Without this the engine ends the process when a reader meets a
			// damaged block. The reader's error says more to its caller.
			DataCorruption: func(info pebble.DataCorruptionInfo) {
				o.Logger.Error("event store: damaged file of the index", "file", info.Path, "detail", info.String())
			},
			DiskSlow: func(info pebble.DiskSlowInfo) {
				o.Logger.Warn("event store: the disk is slow", "detail", info.String())
			},
		},
	}
	for i := range opts.Levels {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	opts.WithFSDefaults() // reports a slow disk
	return opts
}

// health is that of the engine's background work. When the engine cannot write
// its tables it tries again, keeps what it could not write in memory, and at
// last holds up whoever writes. Before it comes to that, appends are refused.
type health struct {
	trouble atomic.Pointer[error] // nil when the latest work succeeded
	flushed atomic.Bool           // there was a flush since this was last cleared
	again   chan struct{}         // after each failure; holds one
}

// folderFS ends the process when the index's folder cannot be synced, and says
// why: the engine would panic, in a goroutine of its own.
type folderFS struct {
	vfs.FS
	log *slog.Logger
}

// Unwrap implements vfs.FS.
func (f *folderFS) Unwrap() vfs.FS { return f.FS }

// OpenDir implements vfs.FS.
func (f *folderFS) OpenDir(name string) (vfs.File, error) {
	dir, err := f.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &folder{dir, f, name}, nil
}

type folder struct {
	vfs.File
	of   *folderFS
	name string
}

func (d *folder) Sync() error {
	err := d.File.Sync()
	if err != nil {
		fatal(d.of.log, "sync folder %s: %v", d.name, err)
	}
	return err
}

func (h *health) failed(log *slog.Logger, err error) {
	if h.trouble.Swap(&err) == nil {
		log.Error("event store: the index cannot be written; it will be tried again", "error", err)
	}
	select {
	case h.again <- struct{}{}:
	default:
	}
}

// backlog says why so much waits to be written that no more may be added.
func (x *index) backlog(h *health) error {
	err := h.trouble.Load()
	if err == nil {
		return nil
	}
	m := x.db.Metrics()
	if m.MemTable.Size < x.memory*memTablesStop/2 && m.Levels[0].Sublevels < l0Stop-2 {
		return nil
	}
	return *err
}

// engineLog hands the engine's messages to a slog.Logger. Fatalf must end the
// process: the engine goes on as if nothing had been when it returns.
type engineLog struct{ to *slog.Logger }

func (l engineLog) Infof(format string, args ...any) {
	l.to.Debug("event store: " + fmt.Sprintf(format, args...))
}

func (l engineLog) Errorf(format string, args ...any) {
	l.to.Error("event store: " + fmt.Sprintf(format, args...))
}

func (l engineLog) Fatalf(format string, args ...any) {
	fatal(l.to, "the index: "+format, args...)
}

// lock takes the folder for this process.
func lock(fsys vfs.FS, dir string) (*pebble.Lock, error) {
	l, err := pebble.LockDirectory(dir, fsys)
	if err == nil {
		return l, nil
	}
	// A lock held elsewhere is a bare errno. The same errno inside a
	// PathError is about the file's permissions.
	var path *os.PathError
	held := errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) && !errors.As(err, &path)
	if held || err.Error() == "lock held by current process" {
		return nil, &Locked{Dir: dir, Err: err}
	}
	return nil, fmt.Errorf("lock data folder %s: %w", dir, err)
}
