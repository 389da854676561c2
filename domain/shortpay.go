package domain

import (
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/shopspring/decimal"
)

// A short pay is cash that falls short of what is open (rules 46, 47). The
// payer's deductions are kept with their reasons, on the charge lines that the
// advice names, else on the invoice. What becomes of the residual is the
// customer's account's to say: it is contested, a small one is given up, or it
// stays open.

// Deduction is what a payer keeps back of an invoice.
type Deduction struct {
	Line   string      `json:"line,omitempty"` // as the payer names it: see Adjustment
	Reason string      `json:"reason"`         // X12 element 426
	Amount money.Money `json:"amount"`         // positive
}

// Deductions are the parts of an item that its payer keeps back; additions are
// none of them.
func (i RemittanceItem) Deductions() []Deduction {
	var list []Deduction
	for _, a := range i.Adjustments {
		if a.Amount.IsNegative() {
			list = append(list, Deduction{a.Line, a.Reason, a.Amount.Neg()})
		}
	}
	return list
}

// ShortPart is a part of a residual: of a charge line, or of the invoice when
// it names none.
type ShortPart struct {
	Shipment ShipmentID  `json:"shipment,omitempty"`
	Charge   ChargeID    `json:"charge,omitempty"`
	Reason   string      `json:"reason"`
	Amount   money.Money `json:"amount"`
}

// Short is a residual with its reasons, as an invoice keeps it.
type Short struct {
	Case     DisputeID
	Date     string
	Reason   string
	Residual money.Money
	Parts    []ShortPart
}

// ShortPaid is the residual that a payer gives reasons for.
type ShortPaid struct {
	Invoice  InvoiceID   `json:"invoice"`
	Number   string      `json:"number"`
	Customer CustomerID  `json:"customer"`
	Payment  PaymentID   `json:"payment"`
	Case     DisputeID   `json:"case"` // names the dispute that it may become
	Date     string      `json:"date"`
	Open     money.Money `json:"open"`     // before the cash
	Residual money.Money `json:"residual"` // after it
	Reason   string      `json:"reason"`
	Parts    []ShortPart `json:"parts"` // sum to the residual
}

func (ShortPaid) EventType() string { return "ShortPaid" }

// DisputeShortPay contests what is left of a residual, by policy.
type DisputeShortPay struct {
	Invoice InvoiceID `json:"invoice"`
	Case    DisputeID `json:"case"`
}

func (c DisputeShortPay) Stream() Stream    { return c.Invoice.Stream() }
func (DisputeShortPay) CommandName() string { return "DisputeShortPay" }

// Decide contests the residual on the lines that the payer named, and what it
// named none for in proportion to what is left of the lines. Credits, cash and
// disputes since then make it less, or nothing.
func (c DisputeShortPay) Decide(v Invoice) ([]Event, error) {
	if err := v.mustBeIssued(c.Invoice); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(v.Shorts, func(s Short) bool { return s.Case == c.Case })
	if i < 0 {
		return nil, refuse(NotFound, "invoice %s has no short pay %s", v.Number, c.Case)
	}
	if slices.ContainsFunc(v.Disputes, func(d DisputedLines) bool { return d.Dispute == c.Case }) {
		return nil, nil
	}
	left, err := v.uncontested()
	if err != nil {
		return nil, err
	}
	if left, err = left.Min(v.Shorts[i].Residual); err != nil || left.Sign() <= 0 {
		return nil, err
	}
	lines, err := v.shortLines(v.Shorts[i].Parts, left)
	if err != nil {
		return nil, err
	}
	terms, err := v.shortTerms(v.Shorts[i])
	if err != nil {
		return nil, err
	}
	return []Event{LinesDisputed{v.ID, c.Case, v.Candidate.Customer, v.Shorts[i].Reason, lines, terms}}, nil
}

// shortTerms are the terms of the dispute that a short pay becomes: the
// payer's reason where there is one and only one, and the day of the payment.
// A payment contests by what it leaves out whenever it comes, so that its
// dispute is never too late.
func (v Invoice) shortTerms(s Short) (DisputeTerms, error) {
	terms := DisputeTerms{Code: ReasonOther, Opened: max(s.Date, v.IssueDate)}
	reasons := map[string]bool{}
	for _, p := range s.Parts {
		reasons[p.Reason] = true
	}
	if code := DisputeReason(s.Reason); len(reasons) <= 1 && code.Name() != "" {
		terms.Code = code
	}
	if last, err := addDays(v.IssueDate, ContestDays); err != nil {
		return terms, err
	} else if terms.Opened > last {
		terms.LateAllowedBy, terms.LateReason = itself, "short paid on "+s.Date
	}
	return terms.checked(v)
}

// shortLines puts an amount on lines: named parts first, the rest on all.
func (v Invoice) shortLines(parts []ShortPart, left money.Money) ([]CreditLine, error) {
	claims := v.claims()
	var lines []CreditLine
	for _, p := range parts {
		line := v.line(p.Shipment, p.Charge)
		if line == nil || left.IsZero() {
			continue
		}
		rest, tax, err := line.leaves(v.given(), claims)
		if err != nil {
			return nil, err
		}
		amount, err := rest.Add(tax)
		if err == nil {
			amount, err = amount.Min(p.Amount)
		}
		if err == nil {
			amount, err = amount.Min(left)
		}
		if err != nil || amount.Sign() <= 0 {
			continue
		}
		taken, err := share(amount, []CreditLine{line.part(rest, tax)})
		if err != nil {
			return nil, err
		}
		claims = append(claims, Credit{Lines: taken})
		lines = append(lines, taken...)
		if left, err = left.Sub(amount); err != nil {
			return nil, err
		}
	}
	if left.IsZero() {
		return merged(lines)
	}
	rests, err := v.rests(claims)
	if err != nil {
		return nil, err
	}
	others, err := share(left, rests)
	if err != nil {
		return nil, err
	}
	return merged(append(lines, others...))
}

// shortParts divides a residual by its reasons.
func (v Invoice) shortParts(residual money.Money, deductions []Deduction, reason string) (parts []ShortPart, err error) {
	left := residual
	for _, d := range deductions {
		amount, err := d.Amount.Min(left)
		if err != nil {
			return nil, err
		}
		if amount.Sign() <= 0 {
			continue
		}
		part := ShortPart{Reason: d.Reason, Amount: amount}
		if line := v.lineNamed(d.Line); line != nil {
			part.Shipment, part.Charge = line.Shipment, line.Charge
		}
		parts = append(parts, part)
		if left, err = left.Sub(amount); err != nil {
			return nil, err
		}
	}
	if !left.IsZero() {
		parts = append(parts, ShortPart{Reason: reason, Amount: left})
	}
	return parts, nil
}

// lineNamed finds the one line that a payer can mean by a name.
func (v Invoice) lineNamed(name string) *BillLine {
	var found *BillLine
	for i, line := range v.Lines {
		switch name {
		case "":
		case string(line.Charge), string(line.Shipment), line.Code, string(line.Shipment) + "/" + string(line.Charge):
			if found != nil {
				return nil
			}
			found = &v.Lines[i]
		}
	}
	return found
}

// reasonOf is the reason that was given, else those of the deductions.
func reasonOf(reason string, deductions []Deduction) string {
	if reason != "" {
		return reason
	}
	var reasons []string
	for _, d := range deductions {
		if d.Reason != "" && !slices.Contains(reasons, d.Reason) {
			reasons = append(reasons, d.Reason)
		}
	}
	return strings.Join(reasons, ", ")
}

// claims is everything that was taken off the lines or may yet be: credits,
// what stands of write-offs, and open disputes.
func (v Invoice) claims() []Credit {
	claims := v.given()
	for _, d := range v.Disputes {
		if v.contested(d) {
			claims = append(claims, Credit{Lines: d.Lines})
		}
	}
	return claims
}

// rests is what claims leave of each line.
func (v Invoice) rests(claims []Credit) ([]CreditLine, error) {
	given, taken := byCharge(v.given()), byCharge(claims)
	var rests []CreditLine
	for _, line := range v.Lines {
		ref := ChargeRef{line.Shipment, line.Charge}
		amount, tax, err := line.leaves(given[ref], taken[ref])
		if err != nil {
			return nil, err
		}
		rests = append(rests, line.part(amount, tax))
	}
	return rests, nil
}

// byCharge gathers what claims take off each charge.
func byCharge(claims []Credit) map[ChargeRef][]Credit {
	taken := map[ChargeRef][]Credit{}
	for _, claim := range claims {
		for _, line := range claim.Lines {
			ref := ChargeRef{line.Shipment, line.Charge}
			taken[ref] = append(taken[ref], Credit{Lines: []CreditLine{line}})
		}
	}
	return taken
}

// uncontested is what is open and in no open dispute: never more than what is
// open, as a contested discount alone would make it.
func (v Invoice) uncontested() (money.Money, error) {
	open, err := v.Open()
	if err != nil {
		return open, err
	}
	contested, err := v.Contested()
	if err != nil {
		return open, err
	}
	left, err := open.Sub(contested)
	if err != nil {
		return left, err
	}
	return left.Min(open)
}

// Contested is what open disputes contest of what was not given back.
func (v Invoice) Contested() (money.Money, error) {
	none := money.Zero(v.Candidate.Currency)
	if !slices.ContainsFunc(v.Disputes, v.contested) {
		return none, nil // as of most invoices, and those are long
	}
	with, err := v.rests(v.given())
	if err != nil {
		return none, err
	}
	without, err := v.rests(v.claims())
	if err != nil {
		return none, err
	}
	whole, err := Credit{Lines: with}.total(v.Candidate.Currency)
	if err != nil {
		return none, err
	}
	left, err := Credit{Lines: without}.total(v.Candidate.Currency)
	if err != nil {
		return none, err
	}
	return whole.Sub(left)
}

// share puts an amount on lines that leave as much, tax included: all that is
// left of them, or in proportion to it, to the cent (rule 28).
func share(amount money.Money, rests []CreditLine) ([]CreditLine, error) {
	whole, err := Credit{Lines: rests}.total(amount.Currency())
	if err != nil {
		return nil, err
	}
	var shares []CreditLine
	if whole.Equal(amount) {
		for _, line := range rests {
			if !line.Amount.IsZero() || !line.Tax.IsZero() {
				shares = append(shares, line)
			}
		}
		return shares, nil
	}
	// Lines that are below nought, discounts, take no part.
	var weights []decimal.Decimal
	for _, line := range rests {
		for _, part := range []money.Money{line.Amount, line.Tax} {
			weights = append(weights, decimal.Max(part.Amount(), decimal.Zero))
		}
	}
	parts, err := amount.Allocate(weights)
	if err != nil {
		return nil, err
	}
	for i, line := range rests {
		line.Amount, line.Tax = parts[2*i], parts[2*i+1]
		if !line.Amount.IsZero() || !line.Tax.IsZero() {
			shares = append(shares, line)
		}
	}
	return shares, nil
}

// merged sums lines of one charge up.
func merged(lines []CreditLine) ([]CreditLine, error) {
	var out []CreditLine
	for _, line := range lines {
		i := slices.IndexFunc(out, func(o CreditLine) bool { return o.Shipment == line.Shipment && o.Charge == line.Charge })
		if i < 0 {
			out = append(out, line)
			continue
		}
		var err error
		if out[i].Amount, err = out[i].Amount.Add(line.Amount); err != nil {
			return nil, err
		}
		if out[i].Tax, err = out[i].Tax.Add(line.Tax); err != nil {
			return nil, err
		}
	}
	return out, nil
}
