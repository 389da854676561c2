package domain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
)

// A credit memo gives a part of an issued invoice back, or all of it to bill it
// again (rules 36 and 37).

// Credit reduces lines of an issued invoice.
type Credit struct {
	ID     string       `json:"credit"` // within the invoice
	Number string       `json:"number,omitempty"`
	Reason string       `json:"reason"`
	Lines  []CreditLine `json:"lines"`
	Rebill bool         `json:"rebill,omitempty"`
	// Levies say of which taxes the lines' is, where the issuer's rules decided it.
	Levies []CreditedLevy `json:"levies,omitempty"`
	Date   string         `json:"-"` // of the request, until the credit is issued; events carry their own
}

// CreditLine is the part of a line that is given back.
type CreditLine struct {
	Shipment ShipmentID  `json:"shipment"`
	Charge   ChargeID    `json:"charge"`
	Kind     ChargeKind  `json:"kind"`
	Amount   money.Money `json:"amount"`
	Tax      money.Money `json:"tax"`
	// As the line has them:
	Code       string     `json:"code,omitempty"`
	Dimensions Dimensions `json:"dimensions,omitzero"`
}

// part is a part of the line.
func (line BillLine) part(amount, tax money.Money) CreditLine {
	return CreditLine{line.Shipment, line.Charge, line.Kind, amount, tax, line.Code, line.Dimensions}
}

// Events of credits.
type (
	// CreditRequested reserves the part of the lines that is given back; a
	// credit memo number is asked for.
	CreditRequested struct {
		Invoice  InvoiceID  `json:"invoice"`
		Of       string     `json:"of"` // number of the invoice
		Customer CustomerID `json:"customer"`
		Series   string     `json:"series"` // of its number: CreditSeries or one of its issuer's
		Date     string     `json:"date"`   // that was stated; "" for the day on which it is numbered
		By       string     `json:"by"`
		Credit
	}
	// CreditIssued is the credit memo.
	CreditIssued struct {
		Invoice  InvoiceID   `json:"invoice"`
		Of       string      `json:"of"` // number of the invoice
		Customer CustomerID  `json:"customer"`
		Date     string      `json:"date"`
		Total    money.Money `json:"total"`
		// In the currency of the issuer's books, at the invoice's rate; absent
		// where that is the invoice's own.
		Exchange *Exchange `json:"exchange,omitempty"`
		Credit
	}
)

func (CreditRequested) EventType() string { return "CreditRequested" }
func (CreditIssued) EventType() string    { return "CreditIssued" }

// Commands of credits.
type (
	// CreditInvoice gives a part of an issued invoice back; without lines, all
	// that is left of it. Rebill releases the credited charges for a new
	// invoice, which is then a full credit (rule 37).
	CreditInvoice struct {
		Invoice InvoiceID    `json:"invoice"`
		Credit  string       `json:"credit"`
		Lines   []CreditLine `json:"lines,omitempty"`
		Rebill  bool         `json:"rebill,omitempty"`
		Date    string       `json:"date,omitempty"`
		Reason  string       `json:"reason"`
		By      string       `json:"by"`
	}
	// IssueCredit issues a requested credit under its number.
	IssueCredit struct {
		Invoice InvoiceID `json:"invoice"`
		Credit  string    `json:"credit"`
		Number  string    `json:"number"`
		Date    string    `json:"date,omitempty"` // that came with the number
	}
)

func (c CreditInvoice) Stream() Stream { return c.Invoice.Stream() }
func (c IssueCredit) Stream() Stream   { return c.Invoice.Stream() }

func (CreditInvoice) CommandName() string { return "CreditInvoice" }
func (IssueCredit) CommandName() string   { return "IssueCredit" }

func (c CreditInvoice) Decide(v Invoice) ([]Event, error) {
	if err := v.mustBeIssued(c.Invoice); err != nil {
		return nil, err
	}
	if v.credit(c.Credit) != nil {
		return nil, nil
	}
	if c.Credit == "" || c.Reason == "" || c.By == "" {
		return nil, refuse(Invalid, "invoice %s: a credit needs its id, a reason and who grants it", v.Number)
	}
	if c.Rebill && v.standing() {
		return nil, refuseByRule(37, Conflict, "invoice %s: a part of it is written off: reverse that before it is billed again", v.Number)
	}
	if strings.HasPrefix(c.Credit, disputeCredits) || c.Credit == cancellationCredit {
		return nil, refuse(Invalid, "invoice %s: credit %s has the id of one that follows from a dispute or a cancellation: take another", v.Number, c.Credit)
	}
	lines := c.Lines
	if len(lines) == 0 {
		for _, line := range v.Lines {
			rest, restTax, err := v.creditable(line)
			if err != nil {
				return nil, err
			}
			if !rest.IsZero() || !restTax.IsZero() {
				lines = append(lines, line.part(rest, restTax))
			}
		}
	} else if c.Rebill {
		return nil, refuseByRule(37, Invalid, "invoice %s: a rebill credits the whole invoice: name no lines", v.Number)
	}
	if len(lines) == 0 {
		return nil, refuseByRule(36, Conflict, "invoice %s is credited in full already", v.Number)
	}
	if twice := namedTwice(lines); twice != "" {
		return nil, refuseByRule(36, Invalid, "invoice %s: charge %s is named twice in one credit: sum it up", v.Number, twice)
	}
	lines = slices.Clone(lines)
	if err := v.mirrored(lines); err != nil {
		return nil, err
	}
	for i, credit := range lines {
		line := v.line(credit.Shipment, credit.Charge)
		if line == nil {
			return nil, refuse(NotFound, "invoice %s has no line for charge %s of shipment %s", v.Number, credit.Charge, credit.Shipment)
		}
		rest, restTax, err := v.creditable(*line)
		if err != nil {
			return nil, err
		}
		lines[i] = line.part(credit.Amount, credit.Tax)
		if credit.Amount.IsSet() && credit.Amount.Currency() != v.Candidate.Currency || credit.Tax.IsSet() && credit.Tax.Currency() != v.Candidate.Currency {
			return nil, refuseByRule(29, Invalid, "invoice %s is in %s", v.Number, v.Candidate.Currency)
		}
		if credit.Amount.IsSet() && !credit.Amount.IsWholeMinor() || credit.Tax.IsSet() && !credit.Tax.IsWholeMinor() {
			return nil, refuseByRule(30, Invalid, "invoice %s, charge %s: %s and tax %s have more decimals than %s has", v.Number, credit.Charge, credit.Amount, credit.Tax, v.Candidate.Currency)
		}
		if !within(credit.Amount, rest) || !within(credit.Tax, restTax) {
			return nil, refuseByRule(36, Conflict, "invoice %s, charge %s of shipment %s: %s is left to credit (tax %s)", v.Number, credit.Charge, credit.Shipment, rest, restTax)
		}
	}
	if c.Date != "" {
		if err := checkDay("invoice "+v.Number+": the credit", c.Date); err != nil {
			return nil, err
		}
	}
	e, err := v.requested(Credit{ID: c.Credit, Reason: c.Reason, Lines: lines, Rebill: c.Rebill}, c.Date, c.By)
	if err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

// within: part lies between zero and whole, on whole's side of zero.
func within(part, whole money.Money) bool {
	if !part.IsSet() || part.IsZero() {
		return true
	}
	if part.Sign() != whole.Sign() {
		return false
	}
	over, err := part.Cmp(whole)
	return err == nil && over*whole.Sign() <= 0
}

// creditable is what is left of a line after its credits (rule 36) and what
// was written off.
func (v Invoice) creditable(line BillLine) (amount, tax money.Money, err error) {
	return line.less(v.given())
}

func (c IssueCredit) Decide(v Invoice) ([]Event, error) {
	i := slices.IndexFunc(v.Credits, func(credit Credit) bool { return credit.ID == c.Credit })
	if i < 0 {
		return nil, refuse(NotFound, "invoice %s has no credit %s", c.Invoice, c.Credit)
	}
	credit := v.Credits[i]
	switch {
	case credit.Number == c.Number:
		return nil, nil
	case credit.Number != "":
		return nil, refuseByRule(34, Conflict, "credit %s of invoice %s has number %s already", c.Credit, v.Number, credit.Number)
	}
	exchange, err := v.creditExchange(credit)
	if err != nil {
		return nil, err
	}
	credit.Number = c.Number
	total, err := credit.total(v.Candidate.Currency)
	if err != nil {
		return nil, err
	}
	// A credit memo is not dated before its invoice.
	date := max(cmp.Or(c.Date, credit.Date), v.IssueDate)
	credit.Date = ""
	e := CreditIssued{v.ID, v.Number, v.Candidate.Customer, date, total, exchange, credit}
	released, err := v.Evolve(e).concludeCash(e)
	if err != nil {
		return nil, err
	}
	return slices.Concat([]Event{e}, v.concludeDispute(e), released, v.concludeCancellation(e)), nil
}

func (c Credit) total(currency money.Currency) (money.Money, error) {
	var parts []money.Money
	for _, line := range c.Lines {
		for _, part := range []money.Money{line.Amount, line.Tax} {
			if part.IsSet() {
				parts = append(parts, part)
			}
		}
	}
	return money.Sum(currency, parts...)
}
