// Package duplicates looks through a history for freight that may be billed
// twice (rule 48). What is alike is for [domain.Duplicates] to say; here the
// history is read.
package duplicates

import (
	"context"
	"fmt"
	"iter"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
)

// History is what is read.
type History interface {
	ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error]
}

// Find reads the whole history. Progress, if not nil, is told of every
// thousand events.
func Find(ctx context.Context, h History, codec eventstore.Codec, progress func(events int)) ([]domain.Duplicate, error) {
	var all domain.Duplicates
	n := 0
	for e, err := range codec.DecodeAll(ctx, func(ctx context.Context) iter.Seq2[eventstore.Record, error] { return h.ReadAll(ctx, eventstore.Start) }) {
		if err != nil {
			return nil, fmt.Errorf("look for duplicates, after %d events: %w", n, err)
		}
		all.Fold(e.Event)
		if n++; progress != nil && n%1000 == 0 {
			progress(n)
		}
	}
	return all.Found(), nil
}
