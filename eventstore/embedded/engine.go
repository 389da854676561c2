package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// engineFormat is pinned, so that upgrading the engine does not change data
// folders by the way. From this format on a log says how far it was synced,
// which tells a damaged log from one that a crash cut short, and tables
// carry a checksum in their footers too.
const engineFormat = pebble.FormatTableFormatV6

// exitDamaged is how the process ends when the engine cannot write.
const exitDamaged = 70

func engineOptions(o Options, files *keeper, flushed func(), trouble func(error)) *pebble.Options {
	log := engineLog{o.Logger}
	opts := &pebble.Options{
		FS:                          files,
		CacheSize:                   o.CacheBytes,
		MemTableSize:                uint64(o.MemTableBytes),
		MemTableStopWritesThreshold: 4,
		MaxOpenFiles:                256,
		FormatMajorVersion:          engineFormat,
		Logger:                      log,
		EventListener: &pebble.EventListener{
			FlushEnd: func(info pebble.FlushInfo) {
				if info.Err == nil {
					flushed()
				}
			},
			BackgroundError: func(err error) {
				o.Logger.Error("event store: background work stopped; it will be repeated", "error", err)
				trouble(err)
			},
			// Without this the engine ends the process when a reader meets a
			// damaged block. The reader's error says more to its caller.
			DataCorruption: func(info pebble.DataCorruptionInfo) {
				o.Logger.Error("event store: damaged file", "file", info.Path, "detail", info.String())
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

// engineLog hands the engine's messages to a slog.Logger.
//
// Fatalf must end the process: after a failed write of its log the engine
// calls Fatalf and, should that return, reports success.
type engineLog struct{ to *slog.Logger }

func (l engineLog) Infof(format string, args ...any) {
	l.to.Debug("event store: " + fmt.Sprintf(format, args...))
}

func (l engineLog) Errorf(format string, args ...any) {
	l.to.Error("event store: " + fmt.Sprintf(format, args...))
}

func (l engineLog) Fatalf(format string, args ...any) {
	l.to.Error("event store: ending the process, because what was written may not be on disk; "+
		"check the disk, then start again: acknowledged events are safe", "reason", fmt.Sprintf(format, args...))
	os.Exit(exitDamaged)
}

// keeper is the file system as the engine sees it. It puts off deleting tables,
// logs and manifests until the folder has proved to be whole: a damaged
// manifest makes good files look superfluous, and a folder that is refused
// should keep them for a repair.
type keeper struct {
	vfs.FS
	mu      sync.Mutex
	decided bool
	kept    []string
}

func (k *keeper) Remove(name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if base := k.PathBase(name); !k.decided &&
		(strings.HasSuffix(base, ".sst") || strings.HasSuffix(base, ".log") || strings.HasPrefix(base, "MANIFEST-")) {
		k.kept = append(k.kept, name)
		return nil
	}
	return k.FS.Remove(name)
}

// Unwrap implements vfs.FS.
func (k *keeper) Unwrap() vfs.FS { return k.FS }

// release deletes what was put off, and from now on deletes at once.
func (k *keeper) release() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.decided = true
	var errs []error
	for _, name := range k.kept {
		if err := k.FS.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	k.kept = nil
	return errors.Join(errs...)
}

// tableNames lists the tables that lie in a folder.
func tableNames(fsys vfs.FS, dir string) ([]string, error) {
	names, err := fsys.List(dir)
	if err != nil {
		return nil, fmt.Errorf("list data folder %s: %w", dir, err)
	}
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, ".sst") }), nil
}

// unlisted says whether one of these tables is not part of the database.
func unlisted(db *pebble.DB, tables []string) (bool, error) {
	levels, err := db.SSTables()
	if err != nil {
		return false, fmt.Errorf("list tables: %w", err)
	}
	live := make(map[string]bool)
	for _, level := range levels {
		for _, t := range level {
			live[fmt.Sprintf("%06d.sst", uint64(t.BackingSSTNum))] = true
		}
	}
	return slices.ContainsFunc(tables, func(name string) bool { return !live[name] }), nil
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
