package domain

import (
	"slices"
	"strings"
)

// Before a candidate is sealed, a person may take lines off it: to a part of
// their own, which becomes an invoice of its own, or to another candidate that
// is open. The shipment's claim goes with them by policy (MoveClaim), so that
// a charge is claimed by the candidate that bills it (rule 12).

// LinesMoved takes a shipment's lines off a candidate by hand.
type LinesMoved struct {
	Invoice  InvoiceID  `json:"invoice"`
	Shipment ShipmentID `json:"shipment"`
	Lines    []BillLine `json:"lines"` // as they were
	To       Candidate  `json:"to"`
	By       string     `json:"by"`
	Reason   string     `json:"reason"`
}

func (LinesMoved) EventType() string { return "LinesMoved" }

// MovedLine is a charge that was moved off a candidate by hand.
type MovedLine struct {
	ChargeRef
	To InvoiceID
}

// MoveLines takes lines off a candidate by hand. Either To names another open
// candidate of the same payor, issuer, currency and days to pay, or Part names
// the part that is split off: its candidate is opened by the first lines that
// come.
type MoveLines struct {
	Invoice InvoiceID   `json:"invoice"`
	To      InvoiceID   `json:"to,omitempty"`
	Part    string      `json:"part,omitempty"`
	Lines   []ChargeRef `json:"lines,omitempty"` // with To, none are all of them
	By      string      `json:"by"`
	Reason  string      `json:"reason"`

	knowledge Knowledge
}

func (c MoveLines) Stream() Stream            { return c.Invoice.Stream() }
func (MoveLines) CommandName() string         { return "MoveLines" }
func (c MoveLines) Learn(k Knowledge) Command { c.knowledge = k; return c }

func (c MoveLines) Decide(v Invoice) ([]Event, error) {
	switch by := strings.TrimSpace(c.By); {
	case v.ID == "":
		return nil, refuse(NotFound, "invoice %s is not known", c.Invoice)
	case by == "" || strings.EqualFold(by, itself) || c.Reason == "":
		return nil, refuse(Invalid, "invoice %s: say who moves lines and why", v.ID)
	case (c.To == "") == (c.Part == ""):
		return nil, refuse(Invalid, "invoice %s: name either the candidate that the lines go to or the part that they become", v.ID)
	case c.Part != "" && len(c.Lines) == 0:
		return nil, refuse(Invalid, "invoice %s: name the lines that become part %s", v.ID, c.Part)
	}
	to, err := c.target(v)
	if err != nil {
		return nil, err
	}
	lines, err := c.chosen(v, to.ID())
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	if err := c.mayMove(v, to, lines); err != nil {
		return nil, err
	}
	var events []Event
	for _, line := range lines {
		i := slices.IndexFunc(events, func(e Event) bool { return e.(LinesMoved).Shipment == line.Shipment })
		if i < 0 {
			i = len(events)
			events = append(events, LinesMoved{Invoice: v.ID, Shipment: line.Shipment, To: to, By: c.By, Reason: c.Reason})
		}
		e := events[i].(LinesMoved)
		e.Lines = append(e.Lines, line)
		events[i] = e
	}
	for _, e := range events {
		v = v.Evolve(e)
	}
	changed, err := v.concludeLess()
	return append(events, changed...), err
}

// target is the candidate that the lines go to.
func (c MoveLines) target(v Invoice) (Candidate, error) {
	to := v.Candidate
	if c.Part != "" {
		if err := CheckID("part of invoice "+string(v.ID), c.Part); err != nil {
			return to, err
		}
		if to.Raises != (Raised{}) {
			return to, refuse(Conflict, "invoice %s is a debit memo to %s: it has no parts", v.ID, to.Raises.Number)
		}
		to.Part, to.Number = c.Part, 1
	} else {
		// Payor, issuer and currency of a candidate are for ever.
		other, err := known[Invoice](c.knowledge, c.To.Stream())
		switch {
		case err != nil:
			return to, err
		case other.ID == "":
			return to, refuse(NotFound, "invoice %s is not known: name a part to have one opened", c.To)
		}
		to = other.Candidate
	}
	if to.ID() == v.ID {
		return to, refuse(Invalid, "invoice %s: its lines are there already", v.ID)
	}
	return to, nil
}

// chosen are the lines that are to go and have not gone there before.
func (c MoveLines) chosen(v Invoice, to InvoiceID) ([]BillLine, error) {
	if len(c.Lines) == 0 {
		return v.Lines, nil
	}
	var lines []BillLine
	for _, ref := range c.Lines {
		line := v.line(ref.Shipment, ref.Charge)
		switch {
		case line == nil && slices.Contains(v.Moved, MovedLine{ref, to}):
		case line == nil:
			return nil, refuse(NotFound, "invoice %s has no charge %s of shipment %s", v.ID, ref.Charge, ref.Shipment)
		case !slices.ContainsFunc(lines, func(l BillLine) bool { return l.Shipment == ref.Shipment && l.Charge == ref.Charge }):
			lines = append(lines, *line)
		}
	}
	return lines, nil
}

// mayMove refuses what would bill somebody else, in other money or on other
// terms, and what is settled already.
func (c MoveLines) mayMove(v Invoice, to Candidate, lines []BillLine) error {
	from := v.Candidate
	switch {
	case v.Status == InvoiceSealed:
		return refuse(TooLate, "invoice %s is sealed: its lines are fixed", v.ID)
	case !v.gathers():
		return refuseByRule(35, TooLate, "invoice %s is %s: credit it and bill again", v.ID, v.Status)
	case to.Customer != from.Customer:
		return refuse(Conflict, "invoice %s bills %s and %s bills %s: who pays a charge is named by AssignCharge", v.ID, from.Customer, to.ID(), to.Customer)
	case to.Issuer != from.Issuer:
		return refuse(Conflict, "invoice %s is billed by issuer %q, %s by %q", v.ID, from.Issuer, to.ID(), to.Issuer)
	case to.Currency != from.Currency:
		return refuseByRule(29, Conflict, "invoice %s is in %s, %s in %s", v.ID, from.Currency, to.ID(), to.Currency)
	case to.TermsDays != from.TermsDays:
		return refuse(Conflict, "invoice %s has other days to pay than %s: an invoice has one due date", v.ID, to.ID())
	case to.Raises != from.Raises:
		return refuseByRule(35, Conflict, "invoices %s and %s do not raise the same invoice", v.ID, to.ID())
	}
	date, err := to.BillingDate()
	if err != nil {
		return err
	}
	for _, line := range lines {
		if line.ServiceDate > date {
			return refuseByRule(34, Conflict, "charge %s of shipment %s was earned on %s, after the period of invoice %s, which ends on %s", line.Charge, line.Shipment, line.ServiceDate, to.ID(), date)
		}
	}
	// What is closed stays closed, or takes lines again by a later candidate.
	other, err := known[Invoice](c.knowledge, to.ID().Stream())
	if err == nil && other.ID != "" && !other.gathers() {
		return refuse(TooLate, "invoice %s is %s: it takes no lines", other.ID, other.Status)
	}
	return err
}

// withMoved takes the lines off and remembers where they went.
func (v Invoice) withMoved(e LinesMoved) Invoice {
	v.Lines, v.Moved = lessLines(v.Lines, e.Lines), slices.Clip(v.Moved)
	for _, line := range e.Lines {
		v.Moved = append(v.Moved, MovedLine{ChargeRef{line.Shipment, line.Charge}, e.To.ID()})
	}
	return v
}

// notMoved forgets that lines were moved off: they are here again.
func (v Invoice) notMoved(lines []BillLine) Invoice {
	v.Moved = slices.DeleteFunc(slices.Clone(v.Moved), func(m MovedLine) bool {
		return slices.ContainsFunc(lines, func(l BillLine) bool { return l.Shipment == m.Shipment && l.Charge == m.Charge })
	})
	return v
}
