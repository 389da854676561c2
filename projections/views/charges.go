package views

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/projections"
)

// Charge is one charge in a list. Disposition says how it ended or where it
// waits: "billed" once its invoice is issued, else its status.
type Charge struct {
	Shipment    domain.ShipmentID   `json:"shipment"`
	Charge      domain.ChargeID     `json:"charge"`
	Customer    domain.CustomerID   `json:"customer"` // of the shipment
	Payor       domain.CustomerID   `json:"payor"`    // who pays it
	Kind        domain.ChargeKind   `json:"kind"`
	Code        string              `json:"code"`
	Description string              `json:"description"`
	Amount      money.Money         `json:"amount"` // null when there is no figure
	Status      domain.ChargeStatus `json:"status"`
	Disposition string              `json:"disposition"`
	Reason      string              `json:"reason"` // why it is not billed, "" when it is
	RequestedBy string              `json:"requested_by"`
	ApprovedBy  string              `json:"approved_by"`
	BilledBy    domain.ChargeRef    `json:"billed_by,omitzero"`
	Invoice     domain.InvoiceID    `json:"invoice"`
	Number      string              `json:"number"` // of the invoice
	Source      domain.Source       `json:"source,omitzero"`
}

// Billed is the disposition of a charge whose invoice is issued.
const Billed = "billed"

// Charges are written by the shipments projection, which folds them.
const (
	chargesTable = `CREATE TABLE charges (shipment TEXT NOT NULL, charge TEXT NOT NULL, customer TEXT NOT NULL, payor TEXT NOT NULL, kind TEXT NOT NULL, code TEXT NOT NULL,
	description TEXT NOT NULL, currency TEXT NOT NULL, amount, accrued, status TEXT NOT NULL, reason TEXT NOT NULL, requested_by TEXT NOT NULL,
	approved_by TEXT NOT NULL, billed_by_shipment TEXT NOT NULL, billed_by_charge TEXT NOT NULL, invoice TEXT NOT NULL,
	message TEXT NOT NULL, place TEXT NOT NULL, source_offset INTEGER NOT NULL, source_length INTEGER NOT NULL,
	PRIMARY KEY (shipment, charge)) WITHOUT ROWID`
	chargesByStatus  = "CREATE INDEX charges_status ON charges (status)"
	chargesByInvoice = "CREATE INDEX charges_invoice ON charges (invoice) WHERE invoice <> ''"
)

// appendCharges adds the charges that an event changes.
func appendCharges(to []domain.ChargeID, e domain.Event) []domain.ChargeID {
	add := func(id domain.ChargeID) {
		if !slices.Contains(to, id) {
			to = append(to, id)
		}
	}
	switch e := e.(type) {
	case domain.ChargeEntered:
		add(e.Charge)
	case domain.ChargeAmended:
		add(e.Charge)
	case domain.ChargeAssigned:
		add(e.Charge)
	case domain.ChargeApproved:
		add(e.Charge)
	case domain.ApprovalVoided:
		add(e.Charge)
	case domain.ChargeRejected:
		add(e.Charge)
	case domain.ChargeWaived:
		add(e.Charge)
	case domain.ChargeLinked:
		add(e.Charge)
	case domain.ChargeNotBillable:
		add(e.Charge)
	case domain.ChargeHeld:
		add(e.Charge)
	case domain.RevenueAccrued:
		for _, line := range e.Lines {
			add(line.Charge)
		}
	case domain.ChargesClaimed:
		for _, line := range e.Lines {
			add(line.Charge)
		}
	case domain.ChargesReturned:
		for _, id := range e.Charges {
			add(id)
		}
	case domain.ChargesReleased:
		for _, id := range e.Charges {
			add(id)
		}
	case domain.ChargesWrittenOff:
		for _, id := range e.Charges {
			add(id)
		}
	case domain.ChargesReinstated:
		for _, id := range e.Charges {
			add(id)
		}
	}
	return to
}

func writeCharges(tx *projections.Tx, s *shipmentState) error {
	m := s.Shipment
	for _, c := range m.Charges {
		if !slices.Contains(s.touched, c.ID) {
			continue
		}
		if err := tx.Exec("INSERT OR REPLACE INTO charges VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			string(m.ID), string(c.ID), string(m.Customer), string(cmp.Or(c.Payor, m.Customer)), string(c.Kind), c.Code, c.Description, string(m.Currency), stored(c.Amount), stored(c.Accrued),
			string(c.Status), c.Reason, c.RequestedBy, c.ApprovedBy, string(c.BilledBy.Shipment), string(c.BilledBy.Charge), string(c.Invoice),
			string(c.Source.Message), c.Source.Place, c.Source.Offset, c.Source.Length); err != nil {
			return err
		}
	}
	return nil
}

// ChargeFilter narrows a list; empty fields do not.
type ChargeFilter struct {
	After       domain.ChargeRef
	Limit       int
	Shipment    domain.ShipmentID
	Kind        domain.ChargeKind
	Disposition string
	Invoice     domain.InvoiceID
	NotBilled   bool // everything that is neither billed nor was written off then
}

// disposition and the reason are told where the rows are joined: a charge does
// not know whether its invoice is issued.
const (
	disposition = "CASE WHEN c.status = 'claimed' AND COALESCE(i.number, '') <> '' THEN 'billed' ELSE c.status END"
	whyNot      = `CASE
		WHEN c.status = 'claimed' AND COALESCE(i.number, '') <> '' THEN ''
		WHEN c.status = 'claimed' AND COALESCE(i.holds, '[]') <> '[]' THEN 'its invoice is held: ' || (SELECT group_concat(value, ', ') FROM json_each(i.holds))
		WHEN c.status = 'claimed' THEN 'its invoice is not issued yet'
		WHEN c.status = 'linked' THEN 'billed by charge ' || c.billed_by_charge || ' of shipment ' || c.billed_by_shipment || CASE c.reason WHEN '' THEN '' ELSE ': ' || c.reason END
		WHEN c.status = 'pending-approval' THEN 'waits for approval' || CASE c.reason WHEN '' THEN '' ELSE ': ' || c.reason END
		WHEN c.status = 'ready' THEN COALESCE((SELECT group_concat(value, ', ') FROM json_each(s.holds)), '')
		ELSE c.reason END`
)

// Charges lists charges in order of shipment and charge.
func (v *Views) Charges(ctx context.Context, f ChargeFilter) ([]Charge, error) {
	where := []string{"(c.shipment, c.charge) > (?, ?)"}
	args := []any{string(f.After.Shipment), string(f.After.Charge)}
	only := func(on bool, clause string, arg ...any) {
		if on {
			where = append(where, clause)
			args = append(args, arg...)
		}
	}
	only(f.Shipment != "", "c.shipment = ?", string(f.Shipment))
	only(f.Kind != "", "c.kind = ?", string(f.Kind))
	only(f.Invoice != "", "c.invoice = ?", string(f.Invoice))
	only(f.Disposition != "", disposition+" = ?", f.Disposition)
	only(f.NotBilled, disposition+" NOT IN ('billed', 'written-off')")
	return selectAll(ctx, v.db, scanCharge, `SELECT c.shipment, c.charge, c.customer, c.payor, c.kind, c.code, c.description, c.currency, c.amount, c.status, `+disposition+`, `+whyNot+`,
		c.requested_by, c.approved_by, c.billed_by_shipment, c.billed_by_charge, c.invoice, COALESCE(i.number, ''), c.message, c.place, c.source_offset, c.source_length
		FROM charges c JOIN shipments s ON s.id = c.shipment LEFT JOIN invoices i ON i.id = c.invoice
		WHERE `+strings.Join(where, " AND ")+" ORDER BY c.shipment, c.charge LIMIT +?", append(args, Page{Limit: f.Limit}.limit())...)
}

func scanCharge(r row) (c Charge, err error) {
	var currency money.Currency
	var figure amount
	if err = r.Scan(&c.Shipment, &c.Charge, &c.Customer, &c.Payor, &c.Kind, &c.Code, &c.Description, &currency, &figure, &c.Status, &c.Disposition, &c.Reason,
		&c.RequestedBy, &c.ApprovedBy, &c.BilledBy.Shipment, &c.BilledBy.Charge, &c.Invoice, &c.Number,
		&c.Source.Message, &c.Source.Place, &c.Source.Offset, &c.Source.Length); err != nil {
		return c, err
	}
	return c, moneyIn(currency, figure, &c.Amount)
}

// Disposition counts the charges of one kind that ended, or wait, in one way.
type Disposition struct {
	Kind        domain.ChargeKind `json:"kind"`
	Disposition string            `json:"disposition"`
	Currency    money.Currency    `json:"currency"`
	Count       int               `json:"count"`
	NoFigure    int               `json:"no_figure"` // how many of them have no amount
	Amount      money.Money       `json:"amount"`
}

// Dispositions accounts for every charge there ever was: none vanishes.
func (v *Views) Dispositions(ctx context.Context) ([]Disposition, error) {
	return selectAll(ctx, v.db, func(r row) (d Disposition, err error) {
		var sum total
		if err = r.Scan(&d.Kind, &d.Disposition, &d.Currency, &d.Count, &d.NoFigure, &sum.whole, &sum.odd); err != nil {
			return d, err
		}
		d.Amount, err = sum.in(d.Currency)
		return d, err
	}, "SELECT c.kind, "+disposition+" AS d, c.currency, COUNT(*), SUM(c.amount IS NULL), "+sumOf("c.amount")+
		" FROM charges c LEFT JOIN invoices i ON i.id = c.invoice GROUP BY c.kind, d, c.currency ORDER BY c.kind, d, c.currency")
}
