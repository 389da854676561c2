package reconciler_test

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// memory is a history of chosen events, some of which could not come about by
// commands.
type memory struct {
	t         testing.TB
	records   []eventstore.Record
	revisions map[domain.Stream]uint64
}

func newMemory(t testing.TB) *memory { return &memory{t: t, revisions: map[domain.Stream]uint64{}} }

// add records events of a stream, a minute after what is there.
func (m *memory) add(stream domain.Stream, events ...domain.Event) {
	m.t.Helper()
	for _, e := range events {
		n := len(m.records)
		at := time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC)
		id := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, n))
		p, err := codec().Encode(id, e, eventstore.Meta{RecordedAt: at, Actor: "test"})
		require.NoError(m.t, err)
		m.records = append(m.records, eventstore.Record{ID: id, Stream: string(stream), Revision: m.revisions[stream], Type: p.Type,
			Position: eventstore.Position{Commit: uint64(n + 1), Prepare: uint64(n + 1)}, Data: p.Data, Metadata: p.Metadata, Created: at})
		m.revisions[stream]++
	}
}

func (m *memory) ReadAll(_ context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) {
		for i := int(after.Commit); i < len(m.records); i++ {
			if !yield(m.records[i], nil) {
				return
			}
		}
	}
}
