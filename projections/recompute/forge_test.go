package recompute_test

import (
	"path/filepath"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections/flow"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/freightledger/freightledger/projections/recompute"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// settle lets everything follow that follows.
func settle(d *seeded.Desk) {
	d.T.Helper()
	r, err := flow.Open(d.T.Context(), filepath.Join(d.T.TempDir(), "flow.db"), d.Store, d.Codec, d.Exec, domain.Policy{ByPeriod: true}, flow.Options{Clock: d.Clock, Logger: d.Log})
	require.NoError(d.T, err)
	_, err = r.Settle(d.T.Context(), nil)
	require.NoError(d.T, err)
	require.NoError(d.T, r.Close())
}

// rewritten is a history like the desk's, with other events in place of some:
// what somebody would have who can write to the store.
func rewritten(d *seeded.Desk, instead func(eventstore.Decoded) []eventstore.Decoded) *seeded.Desk {
	d.T.Helper()
	other := seeded.Open(d.T, 1)
	other.Forged = true
	next := map[string]eventstore.Revision{}
	for _, e := range d.All() {
		for _, e := range instead(e) {
			p, err := other.Codec.Encode(e.ID, e.Event, e.Meta)
			require.NoError(d.T, err)
			_, err = other.Store.Append(d.T.Context(), e.Stream, next[e.Stream]-1, []eventstore.Proposed{p})
			require.NoError(d.T, err)
			next[e.Stream]++
		}
	}
	return other
}

// inserted is a history with an event more, before the first for which it is
// so.
func inserted(d *seeded.Desk, stream domain.Stream, more domain.Event, before func(eventstore.Decoded) bool) *seeded.Desk {
	done := false
	return rewritten(d, func(e eventstore.Decoded) []eventstore.Decoded {
		if done || !before(e) {
			return []eventstore.Decoded{e}
		}
		done = true
		x := eventstore.Decoded{Event: more, Meta: eventstore.Meta{RecordedAt: e.Meta.RecordedAt, Command: uuid.New()}}
		x.ID, x.Stream = uuid.New(), string(stream)
		return []eventstore.Decoded{x, e}
	})
}

// changed is a history in which every event of a type is otherwise.
func changed[E domain.Event](d *seeded.Desk, change func(*E)) *seeded.Desk {
	return rewritten(d, func(e eventstore.Decoded) []eventstore.Decoded {
		if was, ok := e.Event.(E); ok {
			change(&was)
			e.Event = was
		}
		return []eventstore.Decoded{e}
	})
}

// what names what differs.
func what(r recompute.Report) []string {
	var names []string
	for _, x := range r.Differences {
		names = append(names, x.What)
	}
	return names
}

// is tells events of a type.
func is[E domain.Event](e eventstore.Decoded) bool { _, ok := e.Event.(E); return ok }
