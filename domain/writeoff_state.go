package domain

import (
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

// writeOff finds a write-off, also one that was reversed.
func (v Invoice) writeOff(id string) *WriteOff {
	if i := slices.IndexFunc(v.WriteOffs, func(w WriteOff) bool { return w.ID == id }); i >= 0 {
		return &v.WriteOffs[i]
	}
	return nil
}

// standing tells whether anything is written off.
func (v Invoice) standing() bool {
	return slices.ContainsFunc(v.WriteOffs, func(w WriteOff) bool { return len(w.Lines) > 0 })
}

// writtenOff tells whether somebody gave a part of the invoice up.
func (v Invoice) writtenOff() bool {
	return slices.ContainsFunc(v.WriteOffs, func(w WriteOff) bool { return len(w.Lines) > 0 && !w.Small })
}

// WrittenOff is what stands of its write-offs.
func (v Invoice) WrittenOff() (money.Money, error) {
	var lines []CreditLine
	for _, w := range v.WriteOffs {
		lines = append(lines, w.Lines...)
	}
	return Credit{Lines: lines}.total(v.Candidate.Currency)
}

// given is what was taken off the lines for good: credits, and what stands of
// write-offs.
func (v Invoice) given() []Credit {
	given := slices.Clip(v.Credits)
	for _, w := range v.WriteOffs {
		given = append(given, Credit{Lines: w.Lines})
	}
	return given
}

// giveUp writes an amount off that is open and undisputed, in proportion to
// what is left of the lines.
func (v Invoice) giveUp(amount money.Money, e WrittenOff) (Event, error) {
	rests, err := v.rests(v.claims())
	if err != nil {
		return nil, err
	}
	if e.Lines, err = share(amount, rests); err != nil {
		return nil, err
	}
	if e.Open, err = v.Open(); err != nil {
		return nil, err
	}
	e.Invoice, e.Number, e.Customer, e.Amount = v.ID, v.Number, v.Candidate.Customer, amount
	e.Document = fmt.Sprintf("WOF-%s-%d", v.Number, len(v.WriteOffs)+1)
	is := v.withWriteOff(e).spent()
	for _, line := range e.Lines {
		if ref := (ChargeRef{line.Shipment, line.Charge}); is[ref] {
			e.Ended = append(e.Ended, ref)
		}
	}
	return e, nil
}

// spent are the charges of which nothing is left because it was written off.
func (v Invoice) spent() map[ChargeRef]bool {
	spent := map[ChargeRef]bool{}
	rests, err := v.rests(v.given())
	if err != nil {
		return spent // unreachable: one currency an invoice
	}
	touched := map[ChargeRef]bool{}
	for _, w := range v.WriteOffs {
		for _, line := range w.Lines {
			touched[ChargeRef{line.Shipment, line.Charge}] = true
		}
	}
	for _, line := range rests {
		ref := ChargeRef{line.Shipment, line.Charge}
		spent[ref] = touched[ref] && line.Amount.IsZero() && line.Tax.IsZero()
	}
	return spent
}

// reverse makes lines of a write-off owed again.
func (v Invoice) reverse(w WriteOff, lines []CreditLine, date, by, reason string) (Event, error) {
	amount, err := Credit{Lines: lines}.total(v.Candidate.Currency)
	if err != nil {
		return nil, err
	}
	e := WriteOffReversed{Invoice: v.ID, Number: v.Number, Customer: v.Candidate.Customer, WriteOff: w.ID, Date: date, Amount: amount, Small: w.Small,
		Document: fmt.Sprintf("WOR-%s-%d", v.Number, v.Reversals+1), Reason: reason, By: by, Lines: lines}
	was, is := v.spent(), v.withWriteOff(e).spent()
	for _, line := range lines {
		if ref := (ChargeRef{line.Shipment, line.Charge}); was[ref] && !is[ref] {
			e.Reopened = append(e.Reopened, ref)
		}
	}
	return e, nil
}

// recover takes write-offs back for cash that is more than what is open, the
// last one first. An invoice that is credited beyond its cash owes nothing.
func (v Invoice) recover(c ApplyPayment) (Invoice, []Event, error) {
	var events []Event
	for i := len(v.WriteOffs) - 1; i >= 0; i-- {
		open, err := v.Open()
		if err != nil {
			return v, nil, err
		}
		over, err := c.Amount.Sub(open)
		if err != nil {
			return v, nil, err
		}
		w := v.WriteOffs[i]
		if len(w.Lines) == 0 || over.Sign() <= 0 || open.IsNegative() {
			continue
		}
		stands, err := Credit{Lines: w.Lines}.total(v.Candidate.Currency)
		if err != nil {
			return v, nil, err
		}
		if over, err = over.Min(stands); err != nil {
			return v, nil, err
		}
		lines, err := share(over, w.Lines)
		if err != nil {
			return v, nil, err
		}
		e, err := v.reverse(w, lines, c.Date, itself, "payment "+string(c.Payment)+" came after all")
		if err != nil {
			return v, nil, err
		}
		v, events = v.withWriteOff(e), append(events, e)
	}
	return v, events, nil
}

func (v Invoice) withWriteOff(e Event) Invoice {
	switch e := e.(type) {
	case WriteOffRequested:
		v.Asked = WriteOffRequest{e.WriteOff, e.By, e.Amount, e.Open, e.Date, e.Reason}
	case WriteOffDeclined:
		v.Asked = WriteOffRequest{}
	case WrittenOff:
		v.Asked = WriteOffRequest{}
		v.WriteOffs = append(slices.Clip(v.WriteOffs), WriteOff{e.WriteOff, e.Small, e.Lines})
	case WriteOffReversed:
		v.Asked = WriteOffRequest{}
		v.Reversals++
		v.WriteOffs = slices.Clone(v.WriteOffs)
		if w := v.writeOff(e.WriteOff); w != nil {
			w.Lines = without(w.Lines, e.Lines)
		}
	}
	return v
}

// without takes parts off lines; what is nought goes.
func without(lines, parts []CreditLine) []CreditLine {
	var left []CreditLine
	for _, line := range lines {
		for _, part := range parts {
			if part.Shipment != line.Shipment || part.Charge != line.Charge {
				continue
			}
			// All in the invoice's one currency, so Sub cannot fail.
			if rest, err := line.Amount.Sub(part.Amount); err == nil {
				line.Amount = rest
			}
			if rest, err := line.Tax.Sub(part.Tax); err == nil {
				line.Tax = rest
			}
		}
		if !line.Amount.IsZero() || !line.Tax.IsZero() {
			left = append(left, line)
		}
	}
	return left
}
