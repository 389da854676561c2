package views

import (
	"context"

	"github.com/freightledger/freightledger/domain"
)

// References finds shipments by a number that they are known by.
type References struct{ views *Views }

// NewReferences returns the lookup of read models.
func NewReferences(v *Views) References { return References{v} }

// ShipmentByReference finds the shipments that have a reference of a kind, such
// as "PRO" or "BOL".
func (r References) ShipmentByReference(ctx context.Context, kind, value string) ([]domain.ShipmentID, error) {
	hits, err := r.views.Search(ctx, value, 20)
	if err != nil {
		return nil, err
	}
	var ids []domain.ShipmentID
	for _, hit := range hits {
		if hit.Kind == kind && hit.Value == value && hit.Stream.Category() == "shipment" {
			ids = append(ids, domain.ShipmentID(hit.Stream.ID()))
		}
	}
	return ids, nil
}
