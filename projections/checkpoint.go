package projections

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/freightledger/freightledger/eventstore"
)

// Checkpoint says what a file has handled: everything up to its last event.
type Checkpoint struct {
	Position eventstore.Position
	Events   int64
	Digest   [sha256.Size]byte // chained over id, stream and revision of each event

	// The last event.
	ID       uuid.UUID
	Stream   string
	Revision uint64
}

// Next is the checkpoint after one more event.
func (c Checkpoint) Next(e eventstore.Decoded) Checkpoint {
	buf := make([]byte, 0, 128)
	buf = append(buf, c.Digest[:]...)
	buf = append(buf, e.ID[:]...)
	buf = binary.BigEndian.AppendUint64(buf, e.Revision)
	buf = append(buf, e.Stream...) // last: the parts before it have fixed lengths
	return Checkpoint{e.Position, c.Events + 1, sha256.Sum256(buf), e.ID, e.Stream, e.Revision}
}

// OtherHistory refuses to go on with a history that is not the one that was
// followed up to a checkpoint: another ledger's, one that was moved to another
// store, where positions are others, or one that was restored from before.
type OtherHistory struct{ Checkpoint }

func (e *OtherHistory) Error() string {
	return fmt.Sprintf("what was derived from a history stands at its event %d (event %d of stream %s), which this history does not have there: "+
		"name the right event store, or delete views.db, flow.db and outbox.db: they are made anew from this history", e.Events, e.Revision, e.Stream)
}

// In checks that the last event that was handled is in a history, where it was.
// It reads one event. Errors: *OtherHistory, or the store's.
func (c Checkpoint) In(ctx context.Context, history eventstore.StreamReader) error {
	if c.Events == 0 {
		return nil
	}
	for r, err := range history.ReadStream(ctx, c.Stream, c.Revision) {
		switch {
		case err != nil:
			return fmt.Errorf("read the last event that was handled: %w", err)
		case r.ID == c.ID && r.Revision == c.Revision && r.Position == c.Position:
			return nil
		}
		break
	}
	return &OtherHistory{c}
}

// Checkpoint reads the checkpoint kept under a name, zero when there is none.
func (d *DB) Checkpoint(ctx context.Context, name string) (Checkpoint, error) {
	return checkpoint(name, d.reader.row(ctx))
}

// Checkpoint reads the checkpoint kept under a name, zero when there is none.
func (t *Tx) Checkpoint(name string) (Checkpoint, error) { return checkpoint(name, t.Row) }

const checkpointTable = "CREATE TABLE checkpoint (projection TEXT PRIMARY KEY, position TEXT NOT NULL, events INTEGER NOT NULL, digest TEXT NOT NULL, " +
	"id TEXT NOT NULL, stream TEXT NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID"

const checkpointColumns = "position, events, digest, id, stream, revision"

// checkpointRow is a checkpoint as its table keeps it.
type checkpointRow struct {
	c                    Checkpoint
	position, digest, id string
}

// into is where its columns are scanned to.
func (r *checkpointRow) into() []any {
	return []any{&r.position, &r.c.Events, &r.digest, &r.id, &r.c.Stream, &r.c.Revision}
}

func (r checkpointRow) checkpoint(name string) (c Checkpoint, err error) {
	c = r.c
	if c.Position, err = eventstore.ParsePosition(r.position); err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint of %s: %w", name, err)
	}
	if n, err := hex.Decode(c.Digest[:], []byte(r.digest)); err != nil || n != len(c.Digest) {
		return Checkpoint{}, fmt.Errorf("checkpoint of %s: digest %.80q cannot be read: delete the file, it is built anew from the history", name, r.digest)
	}
	if c.ID, err = uuid.Parse(r.id); err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint of %s: id %.80q cannot be read: delete the file, it is built anew from the history", name, r.id)
	}
	return c, nil
}

func checkpoint(name string, row scanRow) (Checkpoint, error) {
	var r checkpointRow
	ok, err := row("SELECT "+checkpointColumns+" FROM checkpoint WHERE projection = ?", []any{name}, r.into()...)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint of %s: %w", name, err)
	}
	if !ok {
		return Checkpoint{}, nil
	}
	return r.checkpoint(name)
}

// checkpoints reads those of all projections, as they stood together.
func (d *DB) checkpoints(ctx context.Context) (all map[string]Checkpoint, err error) {
	rows, err := d.reader.QueryContext(ctx, "SELECT projection, "+checkpointColumns+" FROM checkpoint")
	if err != nil {
		return nil, fmt.Errorf("read the checkpoints of %s: %w", d.path, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	all = map[string]Checkpoint{}
	for rows.Next() {
		var name string
		var r checkpointRow
		if err := rows.Scan(append([]any{&name}, r.into()...)...); err != nil {
			return nil, fmt.Errorf("read the checkpoints of %s: %w", d.path, err)
		}
		if all[name], err = r.checkpoint(name); err != nil {
			return nil, err
		}
	}
	return all, rows.Err()
}

// Advance moves the checkpoint kept under a name. It fails if somebody else
// moved it meanwhile.
func (t *Tx) Advance(name string, from, to Checkpoint) error {
	at, err := t.Checkpoint(name)
	if err != nil {
		return err
	}
	if at != from {
		return fmt.Errorf("%s: checkpoint of %s was moved from event %d to event %d by another process: end all processes on this file but those of this version",
			t.db.path, name, from.Events, at.Events)
	}
	return t.Exec("INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?)", name, to.Position.String(), to.Events, hex.EncodeToString(to.Digest[:]),
		to.ID.String(), to.Stream, int64(to.Revision))
}
