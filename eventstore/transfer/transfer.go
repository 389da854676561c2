// Package transfer moves a history from one event store to another: every
// event with its id, stream, revision, type, data, metadata and its place in
// the order of all. It proves that nothing was lost by reading the copy again.
package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/freightledger/freightledger/eventstore"
)

// appendEvents bounds how many events of one stream, next to each other in the
// history, are appended at once.
const appendEvents = 500

// Target takes a history in.
type Target interface {
	eventstore.Appender
	eventstore.Follower
}

// Options adjust a transfer. The zero Options are good.
type Options struct {
	// Progress is told how many events were compared and copied so far.
	Progress func(Progress)
}

// Progress is how far a transfer has come.
type Progress struct {
	Stage string // "compare", "copy" or "verify"
	Done  uint64 // events of the stage
}

// Report is what a transfer did.
type Report struct {
	Events uint64 `json:"events"` // in both stores
	Copied uint64 `json:"copied"` // by this run
	Digest string `json:"digest"` // of both histories
}

// Differs says that the target holds something else than the source.
type Differs struct {
	Event  uint64 // its number in the order of all, from 1
	Reason string
}

func (e *Differs) Error() string {
	return fmt.Sprintf("event %d of the target is not that of the source: %s; a history is moved into an empty store, or into one that holds its beginning", e.Event, e.Reason)
}

// Run copies a history into a store that is empty, or holds the beginning of
// the same history because an earlier run was stopped; then it goes on where
// that one was. Nothing may write to either store meanwhile. At the end both
// are read again and their digests compared.
//
// Errors: *Differs when the target holds something else, nothing is written
// then; or an error of one of the stores. Run may be repeated after any error.
func Run(ctx context.Context, from eventstore.Follower, to Target, o Options) (Report, error) {
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	had, after, err := compare(ctx, from, to, o)
	if err != nil {
		return Report{}, err
	}
	copied, err := fill(ctx, from, to, after, o)
	report := Report{Events: had + copied, Copied: copied}
	if err != nil {
		return report, fmt.Errorf("after %d events were copied: %w; run it again, it goes on there", copied, err)
	}
	report.Digest, err = verify(ctx, from, to, o)
	return report, err
}

// compare reads what the target has beside the source, and says how many
// events that are and after which place of the source to go on.
func compare(ctx context.Context, from, to eventstore.Follower, o Options) (n uint64, after eventstore.Position, err error) {
	next, stop := iter.Pull2(from.ReadAll(ctx, eventstore.Start))
	defer stop()
	for have, err := range to.ReadAll(ctx, eventstore.Start) {
		if err != nil {
			return n, after, fmt.Errorf("read the target: %w", err)
		}
		n++
		want, err, ok := next()
		switch {
		case !ok:
			return n, after, &Differs{n, "the source has no more events"}
		case err != nil:
			return n, after, fmt.Errorf("read the source: %w", err)
		}
		if reason := difference(want, have); reason != "" {
			return n, after, &Differs{n, reason}
		}
		after = want.Position
		if n%1000 == 0 {
			o.Progress(Progress{"compare", n})
		}
	}
	return n, after, nil
}

func difference(want, have eventstore.Record) string {
	switch {
	case want.Stream != have.Stream || want.Revision != have.Revision:
		return fmt.Sprintf("it is event %d of stream %s, there it is event %d of stream %s", have.Revision, have.Stream, want.Revision, want.Stream)
	case want.ID != have.ID:
		return fmt.Sprintf("event %d of stream %s has id %s, there it is %s", have.Revision, have.Stream, have.ID, want.ID)
	case want.Type != have.Type || !bytes.Equal(want.Data, have.Data) || !bytes.Equal(want.Metadata, have.Metadata):
		return fmt.Sprintf("event %d of stream %s has the same id and other content", have.Revision, have.Stream)
	}
	return ""
}

// fill appends the source's events after a place, in their order: one append
// at a time, because only so the target numbers them as the source did.
func fill(ctx context.Context, from eventstore.Follower, to Target, after eventstore.Position, o Options) (copied uint64, err error) {
	var run []eventstore.Record // of one stream, not appended yet
	size := 0
	flush := func() error {
		if len(run) == 0 {
			return nil
		}
		if err := put(ctx, to, run); err != nil {
			return err
		}
		copied += uint64(len(run))
		run, size = run[:0], 0
		o.Progress(Progress{"copy", copied})
		return nil
	}
	for r, err := range from.ReadAll(ctx, after) {
		if err != nil {
			return copied, fmt.Errorf("read the source: %w", err)
		}
		bytes := proposed(r).Size()
		if len(run) > 0 && (run[0].Stream != r.Stream || len(run) == appendEvents || size+bytes > eventstore.MaxAppendBytes) {
			if err := flush(); err != nil {
				return copied, err
			}
		}
		run, size = append(run, r), size+bytes
	}
	return copied, flush()
}

func put(ctx context.Context, to Target, run []eventstore.Record) error {
	first := run[0]
	events := make([]eventstore.Proposed, len(run))
	for i, r := range run {
		if r.Revision != first.Revision+uint64(i) {
			return fmt.Errorf("stream %s of the source goes from event %d to %d: verify the source", r.Stream, first.Revision+uint64(i)-1, r.Revision)
		}
		events[i] = proposed(r)
	}
	_, err := to.Append(ctx, first.Stream, eventstore.Revision(first.Revision)-1, events)
	if err != nil {
		return fmt.Errorf("append to the target: %w", err)
	}
	return nil
}

func proposed(r eventstore.Record) eventstore.Proposed {
	return eventstore.Proposed{ID: r.ID, Type: r.Type, Data: r.Data, Metadata: r.Metadata}
}

// verify reads both histories from their beginnings.
func verify(ctx context.Context, from, to eventstore.Follower, o Options) (string, error) {
	source, err := digest(ctx, from, func(uint64) {})
	if err != nil {
		return "", fmt.Errorf("read the source again: %w", err)
	}
	target, err := digest(ctx, to, func(n uint64) { o.Progress(Progress{"verify", n}) })
	if err != nil {
		return "", fmt.Errorf("read the target again: %w", err)
	}
	if source.String() != target.String() {
		return "", errors.New("the digests differ: source " + source.String() + " of " + fmt.Sprint(source.Events()) +
			" events, target " + target.String() + " of " + fmt.Sprint(target.Events()) + ": something wrote to one of them meanwhile; use the source, and move it into an empty store")
	}
	return source.String(), nil
}

func digest(ctx context.Context, s eventstore.Follower, progress func(uint64)) (*eventstore.Digest, error) {
	d := eventstore.NewDigest()
	for r, err := range s.ReadAll(ctx, eventstore.Start) {
		if err != nil {
			return nil, err
		}
		if d.Add(r); d.Events()%1000 == 0 {
			progress(d.Events())
		}
	}
	return d, nil
}
