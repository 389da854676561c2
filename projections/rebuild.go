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

// InUse refuses to swap a file that somebody has open.
type InUse struct {
	Path string
	Err  error
}

func (e *InUse) Error() string {
	return fmt.Sprintf("read model %s is in use: stop what serves it, then rebuild again", e.Path)
}

func (e *InUse) Unwrap() error { return e.Err }

// Rebuild builds a read model from the beginning of the history into a new
// file beside path, and then puts it in path's place in one step. Until then
// the old file serves; a rebuild that is broken off leaves it as it is. The
// old file must be closed when the new one is ready, else *InUse.
//
// projections must be fresh instances.
func Rebuild(ctx context.Context, path, name string, store eventstore.Follower, codec eventstore.Codec, projections []Projection,
	log *slog.Logger, progress func(Progress)) (Checkpoint, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("rebuild read model: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		if err := refuseForeign(path); err != nil {
			return Checkpoint{}, err
		}
	}
	building := path + ".rebuild"
	if err := removeFile(building); err != nil {
		return Checkpoint{}, err
	}
	db, err := OpenDB(ctx, building, LayoutOf(name, projections), log)
	if err != nil {
		return Checkpoint{}, err
	}
	at, err := build(ctx, db, store, codec, projections, log, progress)
	if err = errors.Join(err, db.Close()); err != nil {
		return Checkpoint{}, errors.Join(err, removeFile(building))
	}
	if err := standAlone(ctx, building); err != nil {
		return Checkpoint{}, err
	}
	if err := standAlone(ctx, path); err != nil {
		return Checkpoint{}, err
	}
	if err := swap(building, path); err != nil {
		return Checkpoint{}, err
	}
	return at, nil
}

func build(ctx context.Context, db *DB, store eventstore.Follower, codec eventstore.Codec, projections []Projection,
	log *slog.Logger, progress func(Progress)) (Checkpoint, error) {
	r, err := NewRunner(ctx, db, store, codec, projections, Options{Logger: log})
	if err != nil {
		return Checkpoint{}, err
	}
	if _, err := r.CatchUp(ctx, progress); err != nil {
		return Checkpoint{}, err
	}
	return r.At(), nil
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
