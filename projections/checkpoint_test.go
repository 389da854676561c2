package projections_test

import (
	"path/filepath"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/stretchr/testify/require"
)

func TestACheckpointBelongsToOneHistory(t *testing.T) {
	// Given read models of a history
	d := seeded.Open(t, 1)
	d.Sync("C1", 30)
	d.ShipMany(3)
	r := follow(t, d, filepath.Join(t.TempDir(), "views.db"), 0)
	_, err := r.CatchUp(t.Context(), nil)
	require.NoError(t, err)
	at := r.At()
	require.NoError(t, r.db.Close())
	require.NoError(t, at.In(t.Context(), d.Store))
	require.NoError(t, projections.Checkpoint{}.In(t.Context(), d.Store), "nothing was handled yet")

	// When it has grown, they still belong to it
	d.Sync("C2", 30)
	require.NoError(t, at.In(t.Context(), d.Store))

	// But they do not belong to one that lacks their last event, that has
	// another in its place, or that has it at another place
	other := seeded.Open(t, 2)
	other.Sync(domain.CustomerID("C1"), 30)
	require.ErrorAs(t, at.In(t.Context(), other.Store), new(*projections.OtherHistory))
	for _, change := range []func(*projections.Checkpoint){
		func(c *projections.Checkpoint) { c.ID[0]++ },
		func(c *projections.Checkpoint) { c.Revision++ },
		func(c *projections.Checkpoint) { c.Stream = "customer-C1" },
		func(c *projections.Checkpoint) { c.Position = eventstore.Position{Commit: 1 << 40} },
	} {
		c := at
		change(&c)
		require.ErrorAs(t, c.In(t.Context(), d.Store), new(*projections.OtherHistory))
	}
}
