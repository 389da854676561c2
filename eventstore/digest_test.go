package eventstore_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/freightledger/freightledger/eventstore"
)

func TestTheDigestSeesEveryDifference(t *testing.T) {
	one := eventstore.Record{ID: uuid.UUID{1}, Stream: "invoice-1", Revision: 3, Type: "T", Data: []byte("{}"), Metadata: []byte("[]")}
	sum := func(records ...eventstore.Record) string {
		d := eventstore.NewDigest()
		for _, r := range records {
			d.Add(r)
		}
		return d.String()
	}
	seen := map[string]bool{sum(): true, sum(one): true, sum(one, one): true}
	for _, change := range []func(*eventstore.Record){
		func(r *eventstore.Record) { r.ID = uuid.UUID{2} },
		func(r *eventstore.Record) { r.Stream = "invoice-2" },
		func(r *eventstore.Record) { r.Revision = 4 },
		func(r *eventstore.Record) { r.Type = "U" },
		func(r *eventstore.Record) { r.Data = []byte("{ }") },
		func(r *eventstore.Record) { r.Metadata = nil },
		func(r *eventstore.Record) { r.Data, r.Metadata = []byte("{}["), []byte("]") },
		func(r *eventstore.Record) { r.Stream, r.Type = "invoice-1T", "" },
	} {
		r := one
		change(&r)
		require.False(t, seen[sum(r)], "%+v", r)
		seen[sum(r)] = true
	}
	moved := one
	moved.Position = eventstore.Position{Commit: 9, Prepare: 9}
	require.Equal(t, sum(one), sum(moved))
	require.Equal(t, "0a6afce033cb30c3", sum(one)[:16], "the digest of a history never changes")
}
