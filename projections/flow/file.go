package flow

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections"
	"github.com/google/uuid"
)

const checkpointName = "flow"

// timeLayout has a fixed width, so that texts sort as instants do.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

// A waiting reaction is kept as the event that it follows from; asking the
// policy again gives the command.
func layout() projections.Layout {
	return projections.Layout{Name: "flow", Statements: []string{
		`CREATE TABLE waiting (id TEXT PRIMARY KEY, due TEXT NOT NULL, stream TEXT NOT NULL, revision INTEGER NOT NULL,
			command TEXT NOT NULL, target TEXT NOT NULL) WITHOUT ROWID`,
		"CREATE INDEX waiting_due ON waiting (due)",
		`CREATE TABLE refused (id TEXT PRIMARY KEY, cause TEXT NOT NULL, type TEXT NOT NULL, stream TEXT NOT NULL, revision INTEGER NOT NULL,
			command TEXT NOT NULL, target TEXT NOT NULL, code TEXT NOT NULL, rule INTEGER NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID`,
	}}
}

func keepWaiting(tx *projections.Tx, x reaction) error {
	return tx.Exec("INSERT OR IGNORE INTO waiting VALUES (?,?,?,?,?,?)", x.id.String(), x.notBefore.UTC().Format(timeLayout),
		x.cause.Stream, int64(x.cause.Revision), x.command.CommandName(), string(x.command.Stream()))
}

func (r *Reactor) keepRefused(tx *projections.Tx, refused []refusal) error {
	now := r.opts.Clock().UTC().Format(timeLayout)
	for _, x := range refused {
		r.opts.Logger.Warn("reaction was refused", "command", x.command.CommandName(), "stream", string(x.command.Stream()),
			"cause", place(x.cause), "code", string(x.no.Code), "reason", x.no.Error())
		if err := tx.Exec("INSERT OR REPLACE INTO refused VALUES (?,?,?,?,?,?,?,?,?,?,?)", x.id.String(), x.cause.ID.String(), x.cause.Type, x.cause.Stream,
			int64(x.cause.Revision), x.command.CommandName(), string(x.command.Stream()), string(x.no.Code), x.no.Rule, x.no.Text, now); err != nil {
			return err
		}
	}
	return nil
}

// loadDue gives the waiting reactions whose time has come, in the order in
// which they became due.
func (r *Reactor) loadDue(ctx context.Context, now time.Time) (due []reaction, err error) {
	waiting, err := r.waiting(ctx, "WHERE due <= ? ORDER BY due, stream, revision, id", now.UTC().Format(timeLayout))
	if err != nil {
		return nil, err
	}
	for _, w := range waiting {
		x, err := r.again(ctx, w)
		if err != nil {
			return nil, err
		}
		due = append(due, x)
	}
	return due, nil
}

// again asks the policy once more for a waiting reaction.
func (r *Reactor) again(ctx context.Context, w Waiting) (reaction, error) {
	for record, err := range r.history.ReadStream(ctx, w.Stream, w.Revision) {
		if err != nil {
			return reaction{}, fmt.Errorf("read %s: %w", w.Stream, err)
		}
		e, err := r.codec.Decode(record)
		if err != nil {
			return reaction{}, err
		}
		for _, x := range r.reactions(e) {
			if x.id == w.ID {
				return x, nil
			}
		}
		return reaction{}, fmt.Errorf("the policy no longer has %s follow from %s: delete %s, everything is then reacted to again", w.Command, place(e), r.db.Path())
	}
	return reaction{}, fmt.Errorf("event %d of stream %s, which %s waits for, is not in the history: delete %s, everything is then reacted to again",
		w.Revision, w.Stream, w.Command, r.db.Path())
}

func (r *Reactor) nextDue(ctx context.Context) (due time.Time, some bool, err error) {
	var text sql.NullString
	if err := r.db.Read().QueryRowContext(ctx, "SELECT MIN(due) FROM waiting").Scan(&text); err != nil {
		return due, false, fmt.Errorf("read waiting reactions: %w", err)
	}
	if !text.Valid {
		return due, false, nil
	}
	due, err = time.Parse(timeLayout, text.String)
	return due, true, err
}

// Waiting is a reaction whose time has not come.
type Waiting struct {
	ID       uuid.UUID     `json:"id"`
	Due      time.Time     `json:"due"`
	Stream   string        `json:"stream"` // of the event that causes it
	Revision uint64        `json:"revision"`
	Command  string        `json:"command"`
	Target   domain.Stream `json:"target"`
}

// Waiting lists the reactions that wait, the soonest first.
func (r *Reactor) Waiting(ctx context.Context, limit int) ([]Waiting, error) {
	return r.waiting(ctx, "ORDER BY due, stream, revision, id LIMIT +?", limit)
}

func (r *Reactor) waiting(ctx context.Context, where string, args ...any) (all []Waiting, err error) {
	rows, err := r.db.Read().QueryContext(ctx, "SELECT id, due, stream, revision, command, target FROM waiting "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read waiting reactions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var w Waiting
		var due string
		if err := rows.Scan(&w.ID, &due, &w.Stream, &w.Revision, &w.Command, &w.Target); err != nil {
			return nil, fmt.Errorf("read waiting reactions: %w", err)
		}
		if w.Due, err = time.Parse(timeLayout, due); err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, rows.Err()
}

// Refused is a reaction that the domain said no to.
type Refused struct {
	ID       uuid.UUID     `json:"id"`
	Cause    uuid.UUID     `json:"cause"` // the event
	Type     string        `json:"type"`  // its type
	Stream   string        `json:"stream"`
	Revision uint64        `json:"revision"`
	Command  string        `json:"command"`
	Target   domain.Stream `json:"target"`
	Code     domain.Code   `json:"code"`
	Rule     int           `json:"rule,omitempty"`
	Text     string        `json:"text"`
	At       time.Time     `json:"at"`
}

// Refused lists refused reactions in order of id, after one.
func (r *Reactor) Refused(ctx context.Context, after uuid.UUID, limit int) (all []Refused, err error) {
	from := ""
	if after != uuid.Nil {
		from = after.String()
	}
	rows, err := r.db.Read().QueryContext(ctx, `SELECT id, cause, type, stream, revision, command, target, code, rule, text, at
		FROM refused WHERE id > ? ORDER BY id LIMIT +?`, from, limit)
	if err != nil {
		return nil, fmt.Errorf("read refused reactions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	all = []Refused{}
	for rows.Next() {
		var x Refused
		var at string
		if err := rows.Scan(&x.ID, &x.Cause, &x.Type, &x.Stream, &x.Revision, &x.Command, &x.Target, &x.Code, &x.Rule, &x.Text, &at); err != nil {
			return nil, fmt.Errorf("read refused reactions: %w", err)
		}
		if x.At, err = time.Parse(timeLayout, at); err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, rows.Err()
}
