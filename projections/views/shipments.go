package views

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Shipment is one shipment in a list.
type Shipment struct {
	ID         domain.ShipmentID  `json:"id"`
	Customer   domain.CustomerID  `json:"customer"`
	Mode       string             `json:"mode"`
	Incoterm   string             `json:"incoterm"`
	Currency   money.Currency     `json:"currency"`
	Carrier    string             `json:"carrier"`
	Status     string             `json:"status"`
	Promised   string             `json:"promised"`  // local, as stated
	Delivered  string             `json:"delivered"` // local, as stated
	POD        string             `json:"pod"`       // its state, "" when there is none
	PODVersion int                `json:"pod_version"`
	Exceptions int                `json:"open_exceptions"`
	Holds      []string           `json:"billing_holds"` // why ready charges are not billed
	References []domain.Reference `json:"references"`
	Charged    money.Money        `json:"charged"`  // asked for or yet to be: pending, ready and claimed
	Claimed    money.Money        `json:"claimed"`  // on an invoice or its candidate
	Released   time.Time          `json:"released"` // recorded times
	Changed    time.Time          `json:"changed"`
	Revision   uint64             `json:"revision"` // of the last event
}

// shipments folds each shipment and writes its row and its charges' rows.
type shipments struct{ *folded[shipmentState] }

type shipmentState struct {
	Shipment domain.Shipment
	Released time.Time
	Changed  time.Time
	Revision uint64
	touched  []domain.ChargeID // since the last flush
}

func newShipments() shipments { return shipments{newFolded[shipmentState]("shipment_states")} }

func (shipments) Name() string { return "shipments" }
func (shipments) Version() int { return 3 }
func (p shipments) Forget()    { p.forget() }

func (p shipments) Schema() []string {
	return []string{`CREATE TABLE shipments (id TEXT PRIMARY KEY, customer TEXT NOT NULL, mode TEXT NOT NULL, incoterm TEXT NOT NULL,
	currency TEXT NOT NULL, carrier TEXT NOT NULL, status TEXT NOT NULL, promised TEXT NOT NULL, delivered TEXT NOT NULL,
	pod TEXT NOT NULL, pod_version INTEGER NOT NULL, exceptions INTEGER NOT NULL, holds TEXT NOT NULL, refs TEXT NOT NULL,
	charged, claimed, released TEXT NOT NULL, changed TEXT NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID`,
		"CREATE INDEX shipments_status ON shipments (status)",
		"CREATE INDEX shipments_customer ON shipments (customer)",
		p.schema(), chargesTable, chargesByStatus, chargesByInvoice}
}

func (p shipments) Handle(tx *projections.Tx, e eventstore.Decoded) error {
	if !strings.HasPrefix(e.Stream, "shipment-") {
		return nil
	}
	s, err := p.change(tx, e.Stream)
	if err != nil {
		return err
	}
	if e.Revision == 0 {
		s.Released = e.Meta.RecordedAt
	}
	s.Shipment = s.Shipment.Evolve(e.Event)
	s.Changed, s.Revision = e.Meta.RecordedAt, e.Revision
	s.touched = appendCharges(s.touched, e.Event)
	return nil
}

func (p shipments) Flush(tx *projections.Tx) error {
	return p.flush(tx, func(_ string, s *shipmentState) error {
		if err := writeCharges(tx, s); err != nil {
			return err
		}
		s.touched = s.touched[:0]
		return writeShipment(tx, s)
	})
}

func writeShipment(tx *projections.Tx, s *shipmentState) error {
	m := s.Shipment
	holds, err := json.Marshal(notNil(m.BillingHolds()))
	if err != nil {
		return err
	}
	refs, err := json.Marshal(notNil(m.References))
	if err != nil {
		return err
	}
	charged, claimed := chargeTotals(m)
	return tx.Exec("INSERT OR REPLACE INTO shipments VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		string(m.ID), string(m.Customer), m.Mode, m.Incoterm, string(m.Currency), m.Tender.Carrier, m.Status(), m.Promised.Local, m.Delivered.Local,
		m.POD.State, m.POD.Version, m.OpenExceptions(), string(holds), string(refs),
		stored(charged), stored(claimed), instant(s.Released), instant(s.Changed), int64(s.Revision))
}

// chargeTotals adds up what is asked for. A sum beyond the bounds of money is
// left out rather than wrong.
func chargeTotals(m domain.Shipment) (charged, claimed money.Money) {
	var asked, onInvoice []money.Money
	for _, c := range m.Charges {
		switch c.Status {
		case domain.ChargeClaimed, domain.ChargeWrittenOff:
			onInvoice = append(onInvoice, c.Amount)
			asked = append(asked, c.Amount)
		case domain.ChargePending, domain.ChargeReady:
			asked = append(asked, c.Amount)
		}
	}
	sum := func(parts []money.Money) money.Money {
		total, err := money.Sum(m.Currency, parts...)
		if err != nil {
			return money.Money{}
		}
		return total
	}
	return sum(asked), sum(onInvoice)
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// ShipmentFilter narrows a list; empty fields do not.
type ShipmentFilter struct {
	Page
	Customer domain.CustomerID
	Status   string
	Held     bool // only with billing holds
}

const shipmentColumns = `id, customer, mode, incoterm, currency, carrier, status, promised, delivered, pod, pod_version, exceptions, holds, refs,
	charged, claimed, released, changed, revision`

// Shipments lists shipments in order of id.
func (v *Views) Shipments(ctx context.Context, f ShipmentFilter) ([]Shipment, error) {
	return selectAll(ctx, v.db, scanShipment, "SELECT "+shipmentColumns+` FROM shipments
		WHERE id > ? AND (? = '' OR customer = ?) AND (? = '' OR status = ?) AND (NOT ? OR holds <> '[]') ORDER BY id LIMIT +?`,
		f.After, string(f.Customer), string(f.Customer), f.Status, f.Status, f.Held, f.limit())
}

// Shipment finds one; false when it is not known.
func (v *Views) Shipment(ctx context.Context, id domain.ShipmentID) (Shipment, bool, error) {
	return selectOne(ctx, v.db, scanShipment, "SELECT "+shipmentColumns+" FROM shipments WHERE id = ?", string(id))
}

func scanShipment(r row) (s Shipment, err error) {
	var holds, refs string
	var charged, claimed amount
	if err = r.Scan(&s.ID, &s.Customer, &s.Mode, &s.Incoterm, &s.Currency, &s.Carrier, &s.Status, &s.Promised, &s.Delivered, &s.POD, &s.PODVersion,
		&s.Exceptions, &holds, &refs, &charged, &claimed, when{&s.Released}, when{&s.Changed}, &s.Revision); err != nil {
		return s, err
	}
	if err = json.Unmarshal([]byte(holds), &s.Holds); err != nil {
		return s, err
	}
	if err = json.Unmarshal([]byte(refs), &s.References); err != nil {
		return s, err
	}
	return s, moneyIn(s.Currency, charged, &s.Charged, claimed, &s.Claimed)
}
