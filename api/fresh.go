package api

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Behind tells that the read models are too far behind the history.
type Behind struct{ Events int }

func (e *Behind) Error() string {
	return fmt.Sprintf("the read models are more than %d events behind the history: wait until they have caught up", e.Events)
}

// Freshness tells how far a file of read models has followed the history.
type Freshness struct {
	DB      *projections.DB
	History eventstore.Follower
	// Projection is one of the file's; all of them stand at the same place.
	Projection string
	// MaxBehind is how many events the read models may lag and still be ready.
	MaxBehind int
}

// pollEvery is how often a waiting reader looks again: read models commit in
// pages, a few milliseconds apart.
const pollEvery = 10 * time.Millisecond

// At is the position that the read models have reached.
func (f *Freshness) At(ctx context.Context) (eventstore.Position, error) {
	var text string
	err := f.DB.Read().QueryRowContext(ctx, "SELECT position FROM checkpoint WHERE projection = ?", f.Projection).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return eventstore.Start, nil // nothing was handled yet
	}
	if err != nil {
		return eventstore.Position{}, fmt.Errorf("read the checkpoint of %s: %w", f.Projection, err)
	}
	return eventstore.ParsePosition(text)
}

// WaitFor returns once the read models have reached a position, or with ctx's
// error.
func (f *Freshness) WaitFor(ctx context.Context, position eventstore.Position) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		at, err := f.At(ctx)
		if err != nil {
			return errors.Join(ctx.Err(), err)
		}
		if at.Compare(position) >= 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Ready answers a *Behind when the read models lag too far, or the store's
// error when it cannot be read.
func (f *Freshness) Ready(ctx context.Context) error {
	if _, err := f.History.Head(ctx); err != nil {
		return fmt.Errorf("read the history's head: %w", err)
	}
	at, err := f.At(ctx)
	if err != nil {
		return err
	}
	behind := 0
	for _, err := range f.History.ReadAll(ctx, at) {
		if err != nil {
			return fmt.Errorf("read the history: %w", err)
		}
		if behind++; behind > f.MaxBehind {
			return &Behind{f.MaxBehind}
		}
	}
	return nil
}
