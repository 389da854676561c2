package trace_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/stretchr/testify/require"
)

func TestEachEntryOfAnInvoiceSaysWhichRowChoseItsAccount(t *testing.T) {
	d, tracer := billed(t)
	// Given a chart from May on that comes after all of it was booked
	later := domain.BuiltInChart()
	later.Version, later.From, later.Rows[1].Account = "2013-05", "2013-05-01", "1299"
	d.Must(domain.AdoptChart{Terms: later, By: "finance desk"})

	v, err := tracer.Invoice(t.Context(), "INV-2013-000001")
	require.NoError(t, err)
	require.NoError(t, tracer.Accounts(t.Context(), d.Store, &v))

	// Then every document of the invoice has entries that balance, by the chart of then
	require.Greater(t, len(v.Postings), 1)
	rows := domain.BuiltInChart().Rows
	for _, p := range v.Postings {
		require.NotEmpty(t, p.Entries, p.Document)
		for _, e := range p.Entries {
			require.Equal(t, "built-in", e.Chart)
			require.Equal(t, rows[e.Row-1].Account, e.Account)
			require.Equal(t, rows[e.Row-1].Role, e.Role)
		}
	}
	require.Equal(t, domain.Account("1200"), v.Postings[0].Entries[0].Account)

	// And a history that breaks is told
	broken := errors.New("the disk is gone")
	require.ErrorIs(t, tracer.Accounts(t.Context(), brokenHistory{broken}, &v), broken)
}

type brokenHistory struct{ err error }

func (b brokenHistory) ReadAll(context.Context, eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) { yield(eventstore.Record{}, b.err) }
}
