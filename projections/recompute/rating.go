package recompute

import (
	"cmp"
	"context"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/eventstore"
)

// agreement is what was adopted of an agreement.
type agreement struct {
	history
	versions []rating.Agreement
}

// index is what was published of an index.
type index struct {
	history
	values []rating.IndexValue
}

// rating rates the stored facts again, by the version that they name and the
// index values that had been published by then.
func (r *run) rating(ctx context.Context, d eventstore.Decoded, e domain.ShipmentRated) error {
	r.report.Ratings++
	r.rated, r.result = d.Stream, rating.Result{}
	var version *rating.Agreement
	book := of(r.agreements, e.Agreement)
	for i, v := range book.versions {
		if v.Version == e.Version {
			version = &book.versions[i]
		}
	}
	if version == nil {
		r.differ(d, "rating", e.Agreement+" "+e.Version, "no such version was adopted before")
		return nil
	}
	if err := r.version(ctx, d, e, book); err != nil {
		return err
	}
	facts := e.Facts
	facts.Indexes = nil
	for _, need := range version.Needs(facts) {
		if value, ok := need.Pick(of(r.indexes, need.Index).values); ok {
			facts.Indexes = append(facts.Indexes, value)
		}
	}
	if text(e.Facts.Indexes) != text(facts.Indexes) {
		earlier, err := r.earlierValues(ctx, d, *version, e.Facts)
		if err != nil {
			return err
		}
		if !earlier {
			r.differ(d, "index values", text(e.Facts.Indexes), text(facts.Indexes))
			return nil
		}
		facts.Indexes = e.Facts.Indexes
	}
	terms := *version
	if !e.ByPayor {
		terms.Billing = rating.Billing{}
	}
	result, err := terms.Rate(facts)
	if err != nil {
		r.differ(d, "rating", e.Agreement+" "+e.Version, err.Error())
		return nil
	}
	r.result = result
	var charges []domain.RatedCharge
	for _, c := range result.Charges {
		rated := domain.RatedCharge{Charge: domain.ChargeID(c.Charge), Amount: c.Amount.Format()}
		if e.ByPayor {
			rated.Payor = domain.CustomerID(c.Payor)
		}
		charges = append(charges, rated)
	}
	r.byPayor = e.ByPayor
	r.compare(d, "date of the version", e.Effective, result.Effective)
	r.compare(d, "charges", e.Charges, charges)
	r.compare(d, "notes", e.Notes, result.Notes)
	r.compare(d, "what is missing", e.Missing, result.Missing)
	return nil
}

// version chooses the version of the agreement again, among all that had been
// adopted, and, where that gives another, among those of which the decision
// must have known.
func (r *run) version(ctx context.Context, d eventstore.Decoded, e domain.ShipmentRated, book *agreement) error {
	gives := func(known int) bool {
		v, err := rating.Choose(book.versions[:known], e.Facts)
		return err == nil && v.Version == e.Version
	}
	all := len(book.versions)
	if gives(all) {
		return nil
	}
	from, err := r.horizon(ctx, d)
	if err != nil {
		return err
	}
	least := book.before(from)
	for known := all - 1; known >= least; known-- {
		if gives(known) {
			return nil
		}
	}
	v, err := rating.Choose(book.versions[:cmp.Or(least, all)], e.Facts)
	if err != nil {
		r.differ(d, "version of the agreement", e.Version, err.Error())
		return nil
	}
	computed := v.Version
	for i := range book.versions {
		if book.versions[i].Version == v.Version {
			computed = fmt.Sprintf("%s, %s, is the one in force", v.Version, book.adopted(i))
		}
	}
	r.differ(d, "version of the agreement", e.Version, computed)
	return nil
}

// earlierValues tells whether the values that a rating states are those of an
// index before something was published while it was decided.
func (r *run) earlierValues(ctx context.Context, d eventstore.Decoded, version rating.Agreement, facts rating.Facts) (bool, error) {
	from, err := r.horizon(ctx, d)
	if err != nil {
		return false, err
	}
	stated := facts.Indexes
	facts.Indexes = nil
	for _, need := range version.Needs(facts) {
		x := of(r.indexes, need.Index)
		found := false
		for known := len(x.values); known >= x.before(from) && !found; known-- {
			value, ok := need.Pick(x.values[:known])
			switch {
			case !ok:
				found = len(stated) == 0 || stated[0].Index != need.Index
			case len(stated) > 0 && text(stated[0]) == text(value):
				found, stated = true, stated[1:]
			}
		}
		if !found {
			return false, nil
		}
	}
	return len(stated) == 0, nil
}

// charge computes an amount from its basis, and compares a rated one's sheet
// with that of the rating before it.
func (r *run) charge(d eventstore.Decoded, id domain.ChargeID, amount money.Money, basis domain.Basis) {
	what := "charge " + string(id)
	if basis.Formula == "" {
		r.report.Stated++
		return
	}
	r.report.Charges++
	computed, err := basis.Amount(amount.Currency())
	switch {
	case err != nil:
		r.differ(d, what, amount.String(), err.Error())
	case !computed.Equal(amount):
		r.differ(d, what, amount.String(), computed.String())
	}
	if basis.Sheet == nil {
		return
	}
	if d.Stream != r.rated {
		r.differ(d, what, text(basis.Sheet), "no rating goes before it")
		return
	}
	for _, c := range r.result.Charges {
		if c.Charge != string(id) {
			continue
		}
		if stored, again := text(basis.Sheet), text(c.Derivation); stored != again {
			r.differ(d, what+", sheet", stored, again)
		}
		return
	}
	r.differ(d, what, amount.String(), "the rating does not give it")
}

// payor compares who pays a rated charge with whom the rating before it names.
func (r *run) payor(d eventstore.Decoded, e domain.ChargeEntered) {
	if e.Basis.Sheet == nil || d.Stream != r.rated || !r.byPayor {
		return
	}
	for _, c := range r.result.Charges {
		if c.Charge == string(e.Charge) && c.Payor != string(e.Payor) {
			r.differ(d, "payor of charge "+c.Charge, string(e.Payor), c.Payor)
		}
	}
}

// shares computes what was accrued under way from the days of the journey.
func (r *run) shares(d eventstore.Decoded, e domain.RevenueAccrued) {
	for _, line := range e.Lines {
		if line.Share == nil {
			continue
		}
		r.report.Shares++
		what := "accrual of charge " + string(line.Charge)
		computed, counted := line.Share.Accrues(e.Date)
		switch {
		case !counted:
			r.differ(d, what+", days", fmt.Sprintf("%d of %d", line.Share.Elapsed, line.Share.Days),
				fmt.Sprintf("others through %s, from pickup on %s to delivery on %s", e.Date, line.Share.PickedUp, line.Share.Planned))
		case !computed.Equal(line.Amount):
			r.differ(d, what, line.Amount.String(), computed.String())
		}
	}
}
