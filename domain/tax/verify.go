package tax

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Verify computes a bill again from what its lines say, nothing else, and tells
// the first thing that is stated otherwise: an amount, a share, a subtotal or a
// sum (rules 26, 33).
func (b Bill) Verify() error {
	again := Bill{Lines: clone(b.Lines), Notices: b.Notices}
	if err := again.compute(b.Net.Currency()); err != nil {
		return err
	}
	for i, line := range again.Lines {
		for j, a := range line.Amounts {
			if err := alike(fmt.Sprintf("line %s, %s", line.Line, a.Tax), b.Lines[i].Amounts[j], a); err != nil {
				return err
			}
		}
		if err := alike("line "+line.Line, b.Lines[i], line); err != nil {
			return err
		}
	}
	if len(again.Subtotals) != len(b.Subtotals) {
		return fmt.Errorf("%d subtotals are stated, there are %d", len(b.Subtotals), len(again.Subtotals))
	}
	for i, s := range again.Subtotals {
		if err := alike(fmt.Sprintf("subtotal %d, %s %s", i+1, s.Code, s.Tax), b.Subtotals[i], s); err != nil {
			return err
		}
	}
	return alike("bill", b, again)
}

// alike compares two values by the form in which they are stored.
func alike(what string, stated, is any) error {
	s, err := json.Marshal(stated)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	i, err := json.Marshal(is)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if !bytes.Equal(s, i) {
		return fmt.Errorf("%s: stated is %s, it is %s", what, s, i)
	}
	return nil
}

// clone copies lines deep enough to compute in them.
func clone(lines []LineTax) []LineTax {
	lines = slices.Clone(lines)
	for i := range lines {
		lines[i].Amounts = slices.Clone(lines[i].Amounts)
	}
	return lines
}
