package views

import (
	"context"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Exception is what holds, or held, a shipment's bill.
type Exception struct {
	Shipment   domain.ShipmentID `json:"shipment"`
	Exception  string            `json:"exception"`
	Kind       string            `json:"kind"`
	Detail     string            `json:"detail"`
	Open       bool              `json:"open"`
	Raised     time.Time         `json:"raised"` // recorded times
	Resolved   time.Time         `json:"resolved,omitzero"`
	Resolution string            `json:"resolution,omitempty"`
	ResolvedBy string            `json:"resolved_by,omitempty"`
	Source     domain.Source     `json:"source,omitzero"`
}

type exceptions struct{ plain }

func (exceptions) Name() string { return "exceptions" }
func (exceptions) Version() int { return 1 }

func (exceptions) Schema() []string {
	return []string{`CREATE TABLE exceptions (shipment TEXT NOT NULL, exception TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL, open INTEGER NOT NULL,
	raised TEXT NOT NULL, resolved TEXT NOT NULL, resolution TEXT NOT NULL, resolved_by TEXT NOT NULL,
	message TEXT NOT NULL, place TEXT NOT NULL, source_offset INTEGER NOT NULL, source_length INTEGER NOT NULL, PRIMARY KEY (shipment, exception)) WITHOUT ROWID`,
		"CREATE INDEX exceptions_open ON exceptions (shipment, exception) WHERE open"}
}

func (exceptions) Handle(tx *projections.Tx, e eventstore.Decoded) error {
	switch x := e.Event.(type) {
	case domain.ExceptionRaised:
		return tx.Exec("INSERT OR REPLACE INTO exceptions VALUES (?,?,?,?,1,?,'','','',?,?,?,?)", string(x.Shipment), x.Exception, x.Kind, x.Detail,
			instant(e.Meta.RecordedAt), string(x.Source.Message), x.Source.Place, x.Source.Offset, x.Source.Length)
	case domain.ExceptionResolved:
		return tx.Exec("UPDATE exceptions SET open = 0, resolved = ?, resolution = ?, resolved_by = ? WHERE shipment = ? AND exception = ?",
			instant(e.Meta.RecordedAt), x.Resolution, x.By, string(x.Shipment), x.Exception)
	}
	return nil
}

// ExceptionKey is a place in the list of exceptions.
type ExceptionKey struct {
	Shipment  domain.ShipmentID
	Exception string
}

// Exceptions lists exceptions in order of shipment, only the open ones or also
// those that were resolved.
func (v *Views) Exceptions(ctx context.Context, after ExceptionKey, limit int, resolvedToo bool) ([]Exception, error) {
	query := "SELECT * FROM exceptions WHERE open AND (shipment, exception) > (?, ?) ORDER BY shipment, exception LIMIT +?"
	if resolvedToo {
		query = "SELECT * FROM exceptions WHERE (shipment, exception) > (?, ?) ORDER BY shipment, exception LIMIT +?"
	}
	return selectAll(ctx, v.db, func(r row) (x Exception, err error) {
		err = r.Scan(&x.Shipment, &x.Exception, &x.Kind, &x.Detail, &x.Open, when{&x.Raised}, when{&x.Resolved}, &x.Resolution, &x.ResolvedBy,
			&x.Source.Message, &x.Source.Place, &x.Source.Offset, &x.Source.Length)
		return x, err
	}, query, string(after.Shipment), after.Exception, Page{Limit: limit}.limit())
}

// plain is the part of a projection that writes at once.
type plain struct{}

func (plain) Flush(*projections.Tx) error { return nil }
func (plain) Forget()                     {}
