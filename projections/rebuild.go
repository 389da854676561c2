package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/freightledger/freightledger/eventstore"
)

// InUse refuses to take a file away that a process has open.
type InUse struct {
	Path string
	Err  error
}

func (e *InUse) Error() string {
	return fmt.Sprintf("read model %s is in use: stop the processes that have it open, then try again", e.Path)
}

func (e *InUse) Unwrap() error { return e.Err }

// RebuildOptions adjust a rebuild. The zero RebuildOptions are good.
type RebuildOptions struct {
	Logger   *slog.Logger
	Progress func(Progress)
	// Ready is called when the new file is complete and is about to take the
	// old one's place. Whoever serves the old file closes it here and opens it
	// again after Rebuild.
	Ready func() error
}

// Rebuild builds a read model from the beginning of the history into a new
// file beside path, and then puts it in path's place in one step. Until then
// the old file serves; a rebuild that is broken off leaves it as it is. No
// process may have the old file open when the new one is ready, else *InUse; and
// one rebuild runs at a time.
//
// projections must be fresh instances.
func Rebuild(ctx context.Context, path, name string, store eventstore.Follower, codec eventstore.Codec, projections []Projection, opts RebuildOptions) (at Checkpoint, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return Checkpoint{}, fmt.Errorf("rebuild read model: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		if err := refuseForeign(path); err != nil {
			return Checkpoint{}, err
		}
	}
	building := path + ".rebuild"
	alone, err := lockFile(ctx, building, exclusive)
	if err != nil {
		return Checkpoint{}, err
	}
	defer func() { err = errors.Join(err, alone.release()) }()
	if err := removeFile(building); err != nil {
		return Checkpoint{}, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeFile(building))
		}
	}()
	if at, err = build(ctx, building, name, store, codec, projections, opts); err != nil {
		return Checkpoint{}, err
	}
	if opts.Ready != nil {
		if err := opts.Ready(); err != nil {
			return Checkpoint{}, err
		}
	}
	lock, err := lockFile(ctx, path, exclusive)
	if err != nil {
		return Checkpoint{}, err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	for _, file := range []string{building, path} {
		if err := standAlone(ctx, file); err != nil {
			return Checkpoint{}, err
		}
	}
	return at, swap(building, path)
}

func build(ctx context.Context, path, name string, store eventstore.Follower, codec eventstore.Codec, projections []Projection, opts RebuildOptions) (at Checkpoint, err error) {
	layout := LayoutOf(name, projections)
	db, err := openAlone(ctx, path, layout)
	if err != nil {
		return Checkpoint{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.create(ctx, layout); err != nil {
		return Checkpoint{}, err
	}
	r, err := NewRunner(ctx, db, store, codec, projections, Options{Logger: opts.Logger, Lease: LeaseOptions{Log: opts.Logger}})
	if err != nil {
		return Checkpoint{}, err
	}
	_, err = r.CatchUp(ctx, opts.Progress)
	return r.At(), err
}

// standAlone puts everything that SQLite's log holds into the file and removes
// the log: a log left behind would be read into the file that takes the place.
func standAlone(ctx context.Context, path string) (err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return removeFile(path) // a log without its file
	}
	db, err := sql.Open("sqlite", source(path)+"?_pragma=busy_timeout(2000)")
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode = DELETE").Scan(&mode); err != nil || mode != "delete" {
		return &InUse{path, err}
	}
	return nil
}

// swap renames, and makes both the content and the name durable.
func swap(from, to string) error {
	if err := syncPath(from); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("put the rebuilt read model in place: %w", err)
	}
	return syncPath(filepath.Dir(to))
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return nil
}
