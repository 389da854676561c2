package views

import (
	"context"
	"encoding/json"
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
	"github.com/freightledger/freightledger/projections"
)

// Dispute is a customer's case.
type Dispute struct {
	ID           domain.DisputeID     `json:"id"`
	Invoice      domain.InvoiceID     `json:"invoice"`
	Customer     domain.CustomerID    `json:"customer"`
	Status       domain.DisputeStatus `json:"status"`
	Reason       string               `json:"reason"`
	Lines        []domain.CreditLine  `json:"lines"`
	Acknowledged string               `json:"acknowledged_by"`
	DecidedBy    string               `json:"decided_by"`
	Decision     string               `json:"decision"` // the reason given
	Upheld       []domain.CreditLine  `json:"upheld"`   // what was found for the customer
	Opened       time.Time            `json:"opened"`   // recorded times
	Changed      time.Time            `json:"changed"`
	Amount       money.Money          `json:"amount"` // disputed in all
}

type disputes struct{ plain }

func (disputes) Name() string { return "disputes" }
func (disputes) Version() int { return 1 }

func (disputes) Schema() []string {
	return []string{`CREATE TABLE disputes (id TEXT PRIMARY KEY, invoice TEXT NOT NULL, customer TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
	lines TEXT NOT NULL, acknowledged_by TEXT NOT NULL, decided_by TEXT NOT NULL, decision TEXT NOT NULL, upheld TEXT NOT NULL,
	opened TEXT NOT NULL, changed TEXT NOT NULL) WITHOUT ROWID`, "CREATE INDEX disputes_invoice ON disputes (invoice)"}
}

func (disputes) Handle(tx *projections.Tx, e eventstore.Decoded) error {
	at := e.Meta.RecordedAt
	decide := func(id domain.DisputeID, status domain.DisputeStatus, by, reason string, upheld []domain.CreditLine) error {
		lines, err := json.Marshal(notNil(upheld))
		if err != nil {
			return err
		}
		return tx.Exec("UPDATE disputes SET status = ?, decided_by = ?, decision = ?, upheld = ?, changed = ? WHERE id = ?",
			string(status), by, reason, string(lines), instant(at), string(id))
	}
	switch d := e.Event.(type) {
	case domain.DisputeOpened:
		lines, err := json.Marshal(notNil(d.Lines))
		if err != nil {
			return err
		}
		return tx.Exec("INSERT OR REPLACE INTO disputes VALUES (?,?,?,?,?,?,'','','','[]',?,?)", string(d.Dispute), string(d.Invoice), string(d.Customer),
			string(domain.DisputeIsOpen), d.Reason, string(lines), instant(at), instant(at))
	case domain.DisputeAcknowledged:
		return tx.Exec("UPDATE disputes SET status = ?, acknowledged_by = ?, changed = ? WHERE id = ?",
			string(domain.DisputeIsAcknowledged), d.By, instant(at), string(d.Dispute))
	case domain.DisputeUpheld:
		return decide(d.Dispute, domain.DisputeIsUpheld, d.By, d.Reason, d.Lines)
	case domain.DisputeDenied:
		return decide(d.Dispute, domain.DisputeIsDenied, d.By, d.Reason, nil)
	case domain.DisputeWithdrawn:
		return decide(d.Dispute, domain.DisputeIsWithdrawn, d.By, "", nil)
	}
	return nil
}

// DisputeFilter narrows a list; empty fields do not.
type DisputeFilter struct {
	Page
	Invoice  domain.InvoiceID
	OpenOnly bool
}

// Disputes lists disputes in order of id.
func (v *Views) Disputes(ctx context.Context, f DisputeFilter) ([]Dispute, error) {
	return selectAll(ctx, v.db, func(r row) (d Dispute, err error) {
		var lines, upheld string
		if err = r.Scan(&d.ID, &d.Invoice, &d.Customer, &d.Status, &d.Reason, &lines, &d.Acknowledged, &d.DecidedBy, &d.Decision, &upheld,
			when{&d.Opened}, when{&d.Changed}); err != nil {
			return d, err
		}
		if err = json.Unmarshal([]byte(lines), &d.Lines); err != nil {
			return d, err
		}
		if err = json.Unmarshal([]byte(upheld), &d.Upheld); err != nil {
			return d, err
		}
		for _, line := range d.Lines {
			if line.Amount.IsSet() {
				d.Amount, err = linesTotal(line.Amount.Currency(), d.Lines)
				break
			}
		}
		return d, err
	}, "SELECT * FROM disputes WHERE id > ? AND (? = '' OR invoice = ?) AND (NOT ? OR status IN ('open', 'acknowledged')) ORDER BY id LIMIT ?",
		f.After, string(f.Invoice), string(f.Invoice), f.OpenOnly, f.limit())
}
