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

// Dispute is a customer's case.
type Dispute struct {
	ID           domain.DisputeID     `json:"id"`
	Invoice      domain.InvoiceID     `json:"invoice"`
	Customer     domain.CustomerID    `json:"customer"`
	Status       domain.DisputeStatus `json:"status"`
	Code         domain.DisputeReason `json:"code"` // X12 element 426
	Reason       string               `json:"reason"`
	Lines        []domain.CreditLine  `json:"lines"`
	OpenedOn     string               `json:"opened_on"`  // civil dates, as stated
	AnswerDue    string               `json:"answer_due"` // "" in old disputes
	Acknowledged string               `json:"acknowledged_by"`
	EscalatedTo  string               `json:"escalated_to"`
	DecidedBy    string               `json:"decided_by"`
	Decision     string               `json:"decision"` // the reason given
	Upheld       []domain.CreditLine  `json:"upheld"`   // what was found for the customer
	End          domain.DisputeEnd    `json:"end"`      // what the invoice did about that
	Credit       string               `json:"credit"`   // number of the credit memo
	Evidence     int                  `json:"evidence"` // documents
	Opened       time.Time            `json:"opened"`   // recorded times
	Changed      time.Time            `json:"changed"`
	Amount       money.Money          `json:"amount"` // disputed in all
}

type disputes struct{ *folded[disputeState] }

// disputeState is a dispute and what people said about it.
type disputeState struct {
	Dispute                                                domain.Dispute
	Reason, Acknowledged, EscalatedTo, DecidedBy, Decision string
	Upheld                                                 []domain.CreditLine
	Opened, Changed                                        time.Time
}

func newDisputes() disputes { return disputes{newFolded[disputeState]("dispute_states")} }

func (disputes) Name() string { return "disputes" }
func (disputes) Version() int { return 2 }
func (p disputes) Forget()    { p.forget() }

func (p disputes) Schema() []string {
	return []string{`CREATE TABLE disputes (id TEXT PRIMARY KEY, invoice TEXT NOT NULL, customer TEXT NOT NULL, status TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL,
	lines TEXT NOT NULL, opened_on TEXT NOT NULL, answer_due TEXT NOT NULL, acknowledged_by TEXT NOT NULL, escalated_to TEXT NOT NULL, decided_by TEXT NOT NULL, decision TEXT NOT NULL,
	upheld TEXT NOT NULL, ended TEXT NOT NULL, credit TEXT NOT NULL, evidence INTEGER NOT NULL, opened TEXT NOT NULL, changed TEXT NOT NULL) WITHOUT ROWID`,
		"CREATE INDEX disputes_invoice ON disputes (invoice)", p.schema()}
}

func (p disputes) Handle(tx *projections.Tx, e eventstore.Decoded) error {
	if !strings.HasPrefix(e.Stream, "dispute-") {
		return nil
	}
	s, err := p.change(tx, e.Stream)
	if err != nil {
		return err
	}
	s.Dispute, s.Changed = s.Dispute.Evolve(e.Event), e.Meta.RecordedAt
	switch d := e.Event.(type) {
	case domain.DisputeOpened:
		s.Reason, s.Opened = d.Reason, e.Meta.RecordedAt
	case domain.DisputeAcknowledged:
		s.Acknowledged = d.By
	case domain.DisputeEscalated:
		s.EscalatedTo = d.To
	case domain.DisputeUpheld:
		s.DecidedBy, s.Decision, s.Upheld = d.By, d.Reason, d.Lines
	case domain.DisputePartlyUpheld:
		s.DecidedBy, s.Decision, s.Upheld = d.By, d.Reason, d.Lines
	case domain.DisputeDenied:
		s.DecidedBy, s.Decision = d.By, d.Reason
	case domain.DisputeWithdrawn:
		s.DecidedBy = d.By
	}
	return nil
}

func (p disputes) Flush(tx *projections.Tx) error {
	return p.flush(tx, func(_ string, s *disputeState) error { return s.write(tx) })
}

func (s *disputeState) write(tx *projections.Tx) error {
	d := s.Dispute
	lines, err := json.Marshal(notNil(d.Lines))
	if err != nil {
		return err
	}
	upheld, err := json.Marshal(notNil(s.Upheld))
	if err != nil {
		return err
	}
	return tx.Exec("INSERT OR REPLACE INTO disputes VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", string(d.ID), string(d.Invoice), string(d.Customer), string(d.Status),
		string(d.Terms.Code), s.Reason, string(lines), d.Terms.Opened, d.Terms.AnswerDue, s.Acknowledged, s.EscalatedTo, s.DecidedBy, s.Decision,
		string(upheld), string(d.End), d.Credit, len(d.Evidence), instant(s.Opened), instant(s.Changed))
}

// DisputeFilter narrows a list; empty fields do not.
type DisputeFilter struct {
	Page
	Invoice  domain.InvoiceID
	OpenOnly bool
}

// openDisputes are the statuses of a case that waits for its decision.
const openDisputes = "('open', 'acknowledged', 'escalated')"

// Disputes lists disputes in order of id.
func (v *Views) Disputes(ctx context.Context, f DisputeFilter) ([]Dispute, error) {
	return selectAll(ctx, v.db, func(r row) (d Dispute, err error) {
		var lines, upheld string
		if err = r.Scan(&d.ID, &d.Invoice, &d.Customer, &d.Status, &d.Code, &d.Reason, &lines, &d.OpenedOn, &d.AnswerDue, &d.Acknowledged, &d.EscalatedTo, &d.DecidedBy,
			&d.Decision, &upheld, &d.End, &d.Credit, &d.Evidence, when{&d.Opened}, when{&d.Changed}); err != nil {
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
	}, "SELECT * FROM disputes WHERE id > ? AND (? = '' OR invoice = ?) AND (NOT ? OR status IN "+openDisputes+") ORDER BY id LIMIT +?",
		f.After, string(f.Invoice), string(f.Invoice), f.OpenOnly, f.limit())
}
