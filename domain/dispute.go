package domain

import (
	"encoding/hex"
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

// A dispute is a customer's case against lines of an invoice. The invoice
// guards what may be disputed (rule 38); the dispute carries the case, and what
// the invoice did about its outcome.

// DisputeStatus is where a case stands.
type DisputeStatus string

// Statuses of a dispute.
const (
	DisputeIsOpen         DisputeStatus = "open"
	DisputeIsAcknowledged DisputeStatus = "acknowledged"
	DisputeIsEscalated    DisputeStatus = "escalated"
	DisputeIsUpheld       DisputeStatus = "upheld"
	DisputeIsPartlyUpheld DisputeStatus = "partly-upheld"
	DisputeIsDenied       DisputeStatus = "denied"
	DisputeIsWithdrawn    DisputeStatus = "withdrawn"
)

// Dispute is the state of a dispute's stream.
type Dispute struct {
	ID       DisputeID
	Invoice  InvoiceID
	Customer CustomerID
	Status   DisputeStatus
	Lines    []CreditLine
	Terms    DisputeTerms
	Evidence []DisputeEvidence
	End      DisputeEnd // what the invoice did about it, "" before it did
	Credit   string     // number of the credit memo that answers it
}

// DisputeEvidence is a document that speaks for or against a dispute. The
// document itself is kept elsewhere.
type DisputeEvidence struct {
	Document string `json:"document"` // where it is kept
	SHA256   string `json:"sha256"`   // of its bytes, in hexadecimal
	By       string `json:"by"`
	At       Moment `json:"at"`
	Note     string `json:"note,omitempty"`
}

// maxDisputeEvidence bounds the documents of one dispute.
const maxDisputeEvidence = 200

// Events of disputes.
type (
	// DisputeOpened begins a case.
	DisputeOpened struct {
		Dispute  DisputeID    `json:"dispute"`
		Invoice  InvoiceID    `json:"invoice"`
		Customer CustomerID   `json:"customer"`
		Reason   string       `json:"reason"`
		Lines    []CreditLine `json:"lines"`
		DisputeTerms
	}
	// DisputeEvidenceAttached adds a document to the case.
	DisputeEvidenceAttached struct {
		Dispute DisputeID `json:"dispute"`
		DisputeEvidence
	}
	// DisputeAcknowledged tells the customer that it is looked at.
	DisputeAcknowledged struct {
		Dispute DisputeID `json:"dispute"`
		By      string    `json:"by"`
	}
	// DisputeEscalated hands the case on to somebody who may decide it.
	DisputeEscalated struct {
		Dispute DisputeID `json:"dispute"`
		By      string    `json:"by"`
		To      string    `json:"to"`
		Reason  string    `json:"reason"`
	}
	// DisputeUpheld finds for the customer: the lines are credited.
	DisputeUpheld struct {
		Dispute DisputeID    `json:"dispute"`
		Invoice InvoiceID    `json:"invoice"`
		By      string       `json:"by"`
		Reason  string       `json:"reason"`
		Lines   []CreditLine `json:"lines"`
	}
	// DisputePartlyUpheld finds for the customer for a part: these lines are
	// credited, the rest is owed.
	DisputePartlyUpheld struct {
		Dispute  DisputeID    `json:"dispute"`
		Invoice  InvoiceID    `json:"invoice"`
		By       string       `json:"by"`
		Reason   string       `json:"reason"`
		Lines    []CreditLine `json:"lines"`
		Disputed money.Money  `json:"disputed"` // in all, tax included
		Upheld   money.Money  `json:"upheld"`   // tax included
	}
	// DisputeDenied finds against the customer.
	DisputeDenied struct {
		Dispute DisputeID `json:"dispute"`
		Invoice InvoiceID `json:"invoice"`
		By      string    `json:"by"`
		Reason  string    `json:"reason"`
	}
	// DisputeWithdrawn ends it by the customer's own word.
	DisputeWithdrawn struct {
		Dispute DisputeID `json:"dispute"`
		Invoice InvoiceID `json:"invoice"`
		By      string    `json:"by"`
	}
	// DisputeSettled says what the invoice did about what was upheld.
	DisputeSettled struct {
		Dispute  DisputeID   `json:"dispute"`
		Invoice  InvoiceID   `json:"invoice"`
		End      DisputeEnd  `json:"end"`
		Credit   string      `json:"credit,omitempty"` // number of the credit memo
		Credited money.Money `json:"credited"`         // by it: less than was upheld when a part was given back before
	}
)

func (DisputeOpened) EventType() string           { return "DisputeOpened" }
func (DisputeEvidenceAttached) EventType() string { return "DisputeEvidenceAttached" }
func (DisputeAcknowledged) EventType() string     { return "DisputeAcknowledged" }
func (DisputeEscalated) EventType() string        { return "DisputeEscalated" }
func (DisputeUpheld) EventType() string           { return "DisputeUpheld" }
func (DisputePartlyUpheld) EventType() string     { return "DisputePartlyUpheld" }
func (DisputeDenied) EventType() string           { return "DisputeDenied" }
func (DisputeWithdrawn) EventType() string        { return "DisputeWithdrawn" }
func (DisputeSettled) EventType() string          { return "DisputeSettled" }

// Commands of disputes. OpenDispute follows from DisputeLines on the invoice.
type (
	// OpenDispute begins a case.
	OpenDispute struct{ DisputeOpened }
	// AcknowledgeDispute tells the customer that it is looked at.
	AcknowledgeDispute struct{ DisputeAcknowledged }
	// AttachDisputeEvidence adds a document to the case, also after it was
	// decided.
	AttachDisputeEvidence struct{ DisputeEvidenceAttached }
	// EscalateDispute hands the case on; it stays open.
	EscalateDispute struct{ DisputeEscalated }
	// UpholdDispute finds for the customer; without lines, for all that is
	// disputed, with a part of it only for that.
	UpholdDispute struct{ DisputeUpheld }
	// DenyDispute finds against the customer.
	DenyDispute struct{ DisputeDenied }
	// WithdrawDispute ends it by the customer's own word.
	WithdrawDispute struct{ DisputeWithdrawn }
	// SettleDispute records what the invoice did about what was upheld.
	SettleDispute struct{ DisputeSettled }
)

func (c OpenDispute) Stream() Stream           { return c.Dispute.Stream() }
func (c AcknowledgeDispute) Stream() Stream    { return c.Dispute.Stream() }
func (c AttachDisputeEvidence) Stream() Stream { return c.Dispute.Stream() }
func (c EscalateDispute) Stream() Stream       { return c.Dispute.Stream() }
func (c UpholdDispute) Stream() Stream         { return c.Dispute.Stream() }
func (c DenyDispute) Stream() Stream           { return c.Dispute.Stream() }
func (c WithdrawDispute) Stream() Stream       { return c.Dispute.Stream() }
func (c SettleDispute) Stream() Stream         { return c.Dispute.Stream() }

func (OpenDispute) CommandName() string           { return "OpenDispute" }
func (AcknowledgeDispute) CommandName() string    { return "AcknowledgeDispute" }
func (AttachDisputeEvidence) CommandName() string { return "AttachDisputeEvidence" }
func (EscalateDispute) CommandName() string       { return "EscalateDispute" }
func (UpholdDispute) CommandName() string         { return "UpholdDispute" }
func (DenyDispute) CommandName() string           { return "DenyDispute" }
func (WithdrawDispute) CommandName() string       { return "WithdrawDispute" }
func (SettleDispute) CommandName() string         { return "SettleDispute" }

func (c OpenDispute) Decide(d Dispute) ([]Event, error) {
	if d.ID != "" {
		return nil, nil
	}
	if err := CheckID("dispute", string(c.Dispute)); err != nil {
		return nil, err
	}
	return []Event{c.DisputeOpened}, nil
}

func (c AcknowledgeDispute) Decide(d Dispute) ([]Event, error) {
	if err := d.mustBeOpen(c.Dispute); err != nil || d.Status != DisputeIsOpen {
		return nil, err
	}
	return []Event{c.DisputeAcknowledged}, nil
}

func (c AttachDisputeEvidence) Decide(d Dispute) ([]Event, error) {
	hash, err := hex.DecodeString(c.SHA256)
	switch {
	case d.ID == "":
		return nil, noDispute(c.Dispute)
	case c.Document == "" || len(c.Document) > 200 || len(c.Note) > 1000 || c.By == "":
		return nil, refuse(Invalid, "dispute %s: evidence names its document, of at most 200 bytes, and who attaches it; a note has at most 1000", d.ID)
	case err != nil || len(hash) != 32:
		return nil, refuse(Invalid, "dispute %s: evidence %.80q: state the SHA-256 of its bytes as 64 hexadecimal digits", d.ID, c.Document)
	case slices.ContainsFunc(d.Evidence, func(e DisputeEvidence) bool { return e.Document == c.Document && e.SHA256 == c.SHA256 }):
		return nil, nil
	case len(d.Evidence) >= maxDisputeEvidence:
		return nil, refuse(Invalid, "dispute %s has %d documents: no more are taken", d.ID, len(d.Evidence))
	}
	if err := c.At.check("dispute " + string(d.ID) + ": evidence"); err != nil {
		return nil, err
	}
	return []Event{c.DisputeEvidenceAttached}, nil
}

func (c EscalateDispute) Decide(d Dispute) ([]Event, error) {
	if err := d.mustBeOpen(c.Dispute); err != nil || d.Status == DisputeIsEscalated {
		return nil, err
	}
	if c.By == "" || c.To == "" || c.Reason == "" {
		return nil, refuse(Invalid, "dispute %s: say who escalates it, to whom and why", d.ID)
	}
	return []Event{c.DisputeEscalated}, nil
}

func (c UpholdDispute) Decide(d Dispute) ([]Event, error) {
	if d.upheld() {
		return nil, nil
	}
	if err := d.mustBeOpen(c.Dispute); err != nil {
		return nil, err
	}
	if c.By == "" || c.Reason == "" {
		return nil, refuse(Invalid, "dispute %s: say who upholds it and why", c.Dispute)
	}
	e := c.DisputeUpheld
	e.Invoice = d.Invoice
	if len(e.Lines) == 0 {
		e.Lines = d.Lines
	}
	if twice := namedTwice(e.Lines); twice != "" {
		return nil, refuseByRule(38, Invalid, "dispute %s: charge %s is named twice: sum it up", d.ID, twice)
	}
	for _, line := range e.Lines {
		if !d.contests(line) {
			return nil, refuseByRule(38, Invalid, "dispute %s does not contest %s of charge %s, shipment %s", d.ID, line.Amount, line.Charge, line.Shipment)
		}
	}
	if d.isWhole(e.Lines) {
		return []Event{e}, nil
	}
	currency := currencyOf(d.Lines)
	disputed, err := Credit{Lines: d.Lines}.total(currency)
	if err != nil {
		return nil, err
	}
	upheld, err := Credit{Lines: e.Lines}.total(currency)
	if err != nil {
		return nil, err
	}
	if upheld.IsZero() {
		return nil, refuse(Invalid, "dispute %s: nothing is upheld: deny it with the reason", d.ID)
	}
	return []Event{DisputePartlyUpheld{d.ID, d.Invoice, e.By, e.Reason, e.Lines, disputed, upheld}}, nil
}

// isWhole tells whether lines are all that is disputed.
func (d Dispute) isWhole(lines []CreditLine) bool {
	return len(lines) == len(d.Lines) && !slices.ContainsFunc(d.Lines, func(disputed CreditLine) bool {
		return !slices.ContainsFunc(lines, func(line CreditLine) bool {
			return line.Shipment == disputed.Shipment && line.Charge == disputed.Charge &&
				orZero(line.Amount, disputed.Amount).Equal(orZero(disputed.Amount, line.Amount)) && orZero(line.Tax, disputed.Tax).Equal(orZero(disputed.Tax, line.Tax))
		})
	})
}

// currencyOf is the one currency of lines, "" when they state no amount.
func currencyOf(lines []CreditLine) money.Currency {
	for _, line := range lines {
		for _, m := range []money.Money{line.Amount, line.Tax} {
			if m.IsSet() {
				return m.Currency()
			}
		}
	}
	return ""
}

func (c DenyDispute) Decide(d Dispute) ([]Event, error) {
	if d.Status == DisputeIsDenied {
		return nil, nil
	}
	if err := d.mustBeOpen(c.Dispute); err != nil {
		return nil, err
	}
	if c.By == "" || c.Reason == "" {
		return nil, refuse(Invalid, "dispute %s: say who denies it and why", c.Dispute)
	}
	e := c.DisputeDenied
	e.Invoice = d.Invoice
	return []Event{e}, nil
}

func (c WithdrawDispute) Decide(d Dispute) ([]Event, error) {
	if d.Status == DisputeIsWithdrawn {
		return nil, nil
	}
	if err := d.mustBeOpen(c.Dispute); err != nil {
		return nil, err
	}
	e := c.DisputeWithdrawn
	e.Invoice = d.Invoice
	return []Event{e}, nil
}

func (c SettleDispute) Decide(d Dispute) ([]Event, error) {
	switch {
	case d.ID == "":
		return nil, noDispute(c.Dispute)
	case d.End != "":
		return nil, nil
	case !d.upheld():
		return nil, refuse(Conflict, "dispute %s is %s: its invoice owes it nothing", d.ID, d.Status)
	}
	return []Event{c.DisputeSettled}, nil
}

// upheld tells whether something was found for the customer.
func (d Dispute) upheld() bool {
	return d.Status == DisputeIsUpheld || d.Status == DisputeIsPartlyUpheld
}

// noDispute refuses what comes before the case. Its lines may be disputed on the
// invoice already: the case follows by policy.
func noDispute(id DisputeID) error {
	return refuse(NotFound, "dispute %s is not known: if DisputeLines has just put it in, its case waits until what follows from that is done (while the ledger is served it is at once, else with the next settle): ask again then", id)
}

func (d Dispute) mustBeOpen(id DisputeID) error {
	switch {
	case d.ID == "":
		return noDispute(id)
	case d.Status != DisputeIsOpen && d.Status != DisputeIsAcknowledged && d.Status != DisputeIsEscalated:
		return refuse(TooLate, "dispute %s is %s", id, d.Status)
	}
	return nil
}

func (d Dispute) contests(line CreditLine) bool {
	for _, disputed := range d.Lines {
		if disputed.Shipment == line.Shipment && disputed.Charge == line.Charge {
			return within(line.Amount, disputed.Amount) && within(line.Tax, orZero(disputed.Tax, line.Tax))
		}
	}
	return false
}

// orZero reads an amount that was left out of an event as nought.
func orZero(m, like money.Money) money.Money {
	if m.IsSet() {
		return m
	}
	return money.Zero(like.Currency())
}

// Evolve applies an event to the dispute.
func (d Dispute) Evolve(e Event) Dispute {
	switch e := e.(type) {
	case DisputeOpened:
		d = Dispute{ID: e.Dispute, Invoice: e.Invoice, Customer: e.Customer, Status: DisputeIsOpen, Lines: e.Lines, Terms: e.DisputeTerms}
	case DisputeEvidenceAttached:
		d.Evidence = append(slices.Clip(d.Evidence), e.DisputeEvidence)
	case DisputeEscalated:
		d.Status = DisputeIsEscalated
	case DisputeAcknowledged:
		d.Status = DisputeIsAcknowledged
	case DisputeUpheld:
		// A part was recorded as the whole before it had a name of its own.
		d.Status = DisputeIsPartlyUpheld
		if d.isWhole(e.Lines) {
			d.Status = DisputeIsUpheld
		}
	case DisputePartlyUpheld:
		d.Status = DisputeIsPartlyUpheld
	case DisputeSettled:
		d.End, d.Credit = e.End, e.Credit
	case DisputeDenied:
		d.Status = DisputeIsDenied
	case DisputeWithdrawn:
		d.Status = DisputeIsWithdrawn
	}
	return d
}
