package domain

import (
	"cmp"
	"fmt"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/shopspring/decimal"
)

// A credit gives back the tax that was billed, and computes none anew: whatever
// the parts, all of them together are all of it (rule 36).

// CreditedLevy is what a credit gives back of one tax of a line.
type CreditedLevy struct {
	Shipment ShipmentID `json:"shipment"`
	Charge   ChargeID   `json:"charge"`
	Levied
}

// creditSeries is the numbering series of the invoice's credit memos.
func (v Invoice) creditSeries() string {
	if v.Taxed == nil {
		return CreditSeries
	}
	return cmp.Or(v.Taxed.Seller.Series.Credit, CreditSeries)
}

// left is what is left of a line's tax after credits and write-offs, as package
// tax states it: by levy. What was written off is no levy's in particular, and
// taken from each in proportion.
func (v Invoice) leftTax(line BillLine) (tax.LineTax, bool, error) {
	left, ok := v.Taxed.LineTax(line)
	if !ok {
		return left, false, nil
	}
	rest, restTax, err := v.creditable(line)
	if err != nil {
		return left, true, err
	}
	weights := make([]decimal.Decimal, len(left.Amounts))
	for i := range left.Amounts {
		a := &left.Amounts[i]
		for _, credit := range v.Credits {
			for _, given := range credit.Levies {
				if given.Shipment == line.Shipment && given.Charge == line.Charge && given.Tax == a.Tax && given.Jurisdiction == a.Jurisdiction {
					if a.Amount, err = a.Amount.Sub(given.Amount); err != nil {
						return left, true, err
					}
				}
			}
		}
		a.Net, weights[i] = rest, a.Amount.Amount().Abs()
	}
	left.Net, left.Tax = rest, restTax
	shares, err := allocated(restTax, weights)
	for i := range shares {
		left.Amounts[i].Amount = shares[i]
	}
	return left, true, err
}

// allocated is Allocate where there may be nothing to share.
func allocated(m money.Money, weights []decimal.Decimal) ([]money.Money, error) {
	if m.IsZero() {
		shares := make([]money.Money, len(weights))
		for i := range shares {
			shares[i] = money.Zero(m.Currency())
		}
		return shares, nil
	}
	return m.Allocate(weights)
}

// levyShare is the tax that goes with a part of what is left of a line, by levy.
func levyShare(left tax.LineTax, part money.Money) (total money.Money, levies []money.Money, err error) {
	credit, err := tax.Credit(left, money.Zero(part.Currency()), part)
	for _, a := range credit.Amounts {
		levies = append(levies, a.Amount.Neg())
	}
	return credit.Tax.Neg(), levies, err
}

// mirrored completes the lines of a credit with the tax that goes with them,
// where none is stated. A stated one may be off by what the rounding of a gross
// amount makes of it, or be given back alone.
func (v Invoice) mirrored(lines []CreditLine) error {
	for i, credit := range lines {
		line := v.line(credit.Shipment, credit.Charge)
		if line == nil {
			continue // told where the lines are checked
		}
		left, taxed, err := v.leftTax(*line)
		if err != nil {
			return err
		}
		if !taxed || !within(credit.Amount, left.Net) || !orZero(credit.Amount, left.Net).IsWholeMinor() || credit.Tax.IsSet() && !credit.Amount.IsSet() {
			continue
		}
		goes, _, err := levyShare(left, orZero(credit.Amount, left.Net))
		if err != nil {
			return fmt.Errorf("invoice %s: %w", v.Number, err)
		}
		if !credit.Tax.IsSet() {
			lines[i].Tax = goes
			continue
		}
		if credit.Amount.IsZero() {
			continue
		}
		off, err := goes.Sub(credit.Tax)
		if err != nil || off.Amount().Abs().GreaterThan(decimal.New(1, -off.Currency().Digits())) {
			return refuseByRule(36, Invalid, "invoice %s, charge %s of shipment %s: %s has %s of tax with it, not %s: leave the tax out", v.Number, credit.Charge, credit.Shipment, credit.Amount, goes, credit.Tax)
		}
	}
	return nil
}

// levied says of which taxes a credit's is.
func (v Invoice) levied(lines []CreditLine) ([]CreditedLevy, error) {
	var levies []CreditedLevy
	for _, credit := range lines {
		line := v.line(credit.Shipment, credit.Charge)
		if line == nil || !credit.Tax.IsSet() || credit.Tax.IsZero() {
			continue
		}
		left, taxed, err := v.leftTax(*line)
		if err != nil {
			return nil, err
		}
		if !taxed {
			continue
		}
		goes, shares, err := levyShare(left, orZero(credit.Amount, left.Net))
		if err == nil && !goes.Equal(credit.Tax) { // stated otherwise
			weights := make([]decimal.Decimal, len(left.Amounts))
			for i, a := range left.Amounts {
				weights[i] = a.Amount.Amount().Abs()
			}
			shares, err = credit.Tax.Allocate(weights)
		}
		if err != nil {
			return nil, fmt.Errorf("invoice %s, charge %s: %w", v.Number, credit.Charge, err)
		}
		for i, a := range left.Amounts {
			levies = append(levies, CreditedLevy{credit.Shipment, credit.Charge, Levied{a.Tax, a.Jurisdiction, shares[i]}})
		}
	}
	return levies, nil
}

// requested is the request of a credit.
func (v Invoice) requested(c Credit, date, by string) (CreditRequested, error) {
	var err error
	c.Levies, err = v.levied(c.Lines)
	return CreditRequested{Invoice: v.ID, Of: v.Number, Customer: v.Candidate.Customer, Series: v.creditSeries(), Date: date, By: by, Credit: c}, err
}

// levies are those of one line.
func (c Credit) levies(line CreditLine) []Levied {
	var of []Levied
	for _, levy := range c.Levies {
		if levy.Shipment == line.Shipment && levy.Charge == line.Charge {
			of = append(of, levy.Levied)
		}
	}
	return of
}
