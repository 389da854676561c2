package duplicates_test

import (
	"testing"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/duplicates"
	"github.com/freightledger/freightledger/projections/internal/seeded"
	"github.com/stretchr/testify/require"
)

func TestTheWholeHistoryIsSearched(t *testing.T) {
	// Given two shipments that one carrier brought under one PRO number, far
	// apart in the history, and others between them
	d := seeded.Open(t, 1)
	delivered := time.Date(2013, 5, 3, 12, 0, 0, 0, time.UTC)
	d.Ship("S1", "ACME", delivered, domain.Source{})
	pro := func(id domain.ShipmentID) {
		d.Must(domain.AddReference{ReferenceAdded: domain.ReferenceAdded{Shipment: id, Reference: domain.Reference{Kind: "PRO", Value: "1177"}}})
	}
	pro("S1")
	d.ShipMany(100)
	d.Ship("S2", "ACME", delivered, domain.Source{})
	pro("S2")

	told := 0
	found, err := duplicates.Find(t.Context(), d.Store, d.Codec, func(events int) { told = events })
	require.NoError(t, err)
	require.Equal(t, []domain.Duplicate{{Kind: domain.SameCarrierAndPRO, Carrier: "ABCD", Number: "1177", Shipments: []domain.ShipmentID{"S1", "S2"}}}, found)
	require.Equal(t, 1000, told)
}
