// Package recompute computes every amount in a history again: each charge from
// the basis that is stored with it, each rating from its stored facts under
// the version of the agreement and the index values that the history held at
// that point, each invoice from its lines, with the tax that the rules of its
// issuer decide, each accrual under way from the days of its journey. What
// differs by a cent, by a step of a sheet or by a rule, is named.
//
// [Run] takes the whole history and keeps no more than the agreements, the
// indexes, the tax rules and one shipment's last rating, whatever its length.
// [Of] does the same for one shipment or invoice from the few streams that it
// rests on.
package recompute

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/domain/tax"
	"github.com/freightledger/freightledger/eventstore"
)

// History is what is read.
type History interface {
	ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error]
}

// Report says what was computed again, and what differs.
type Report struct {
	Events   uint64 `json:"events"`
	Ratings  int    `json:"ratings"`  // shipments rated again from their facts
	Charges  int    `json:"charges"`  // amounts computed again from their basis
	Stated   int    `json:"stated"`   // amounts that somebody entered: there is nothing to compute
	Invoices int    `json:"invoices"` // and credit memos: lines and tax summed again
	Taxed    int    `json:"taxed"`    // lines of invoices whose tax was decided again by the rules of their issuer
	Shares   int    `json:"shares"`   // accruals of freight under way, computed from their days
	// Differences are bounded by MaxDifferences; Differ counts all.
	Differences []Difference `json:"differences"`
	Differ      int          `json:"differ"`
}

// MaxDifferences bounds what a Report lists.
const MaxDifferences = 1000

// Equal tells that every amount was reproduced.
func (r Report) Equal() bool { return r.Differ == 0 }

// WriteText writes the report for people. An error of the writer ends it.
func (r Report) WriteText(w io.Writer) {
	for _, d := range r.Differences {
		fmt.Fprintf(w, "%s event %d, %s: %s\n  stored    %s\n  computed  %s\n", d.Stream, d.Revision, d.Type, d.What, d.Stored, d.Computed)
	}
	fmt.Fprintf(w, "%d events: %d shipments were rated again, %d charges computed from their basis, %d invoices\nand credit memos from their lines, %d accruals under way from their days; %d amounts were entered\nwithout a basis. The tax of %d lines was decided again by the rules of their issuers. %d differ.\n",
		r.Events, r.Ratings, r.Charges, r.Invoices, r.Shares, r.Stated, r.Taxed, r.Differ)
}

// Difference is an event whose amounts are not what they should be.
type Difference struct {
	Stream   string `json:"stream"`
	Revision uint64 `json:"revision"`
	Type     string `json:"type"`
	What     string `json:"what"` // "charge fuel", "rating", "total"
	Stored   string `json:"stored"`
	Computed string `json:"computed"`
}

// Run reads the whole history. Progress, if not nil, is told of every ten
// thousand events.
func Run(ctx context.Context, h History, codec eventstore.Codec, progress func(events uint64)) (Report, error) {
	r := newRun()
	for e, err := range codec.DecodeAll(ctx, func(ctx context.Context) iter.Seq2[eventstore.Record, error] { return h.ReadAll(ctx, eventstore.Start) }) {
		if err != nil {
			return r.report, fmt.Errorf("recompute, after %d events: %w", r.report.Events, err)
		}
		r.report.Events++
		r.take(e)
		if progress != nil && r.report.Events%10_000 == 0 {
			progress(r.report.Events)
		}
	}
	return r.report, nil
}

type run struct {
	report     Report
	agreements map[string]domain.Agreement
	indexes    map[string]domain.Index
	taxRules   map[string]tax.Versions // by registrant
	// The rating whose charges follow in the same stream.
	rated   string
	result  rating.Result
	byPayor bool // it says who pays
}

func newRun() *run {
	return &run{report: Report{Differences: []Difference{}}, agreements: map[string]domain.Agreement{}, indexes: map[string]domain.Index{}, taxRules: map[string]tax.Versions{}}
}

func (r *run) take(d eventstore.Decoded) {
	switch e := d.Event.(type) {
	case domain.AgreementAdopted:
		r.agreements[e.Agreement] = r.agreements[e.Agreement].Evolve(e)
	case domain.IndexPublished:
		r.indexes[e.Index] = r.indexes[e.Index].Evolve(e)
	case domain.TaxRulesAdopted:
		r.taxRules[e.Registrant] = append(r.taxRules[e.Registrant], e.Rules)
	case domain.ShipmentRated:
		r.rating(d, e)
	case domain.ChargeEntered:
		r.charge(d, e.Charge, e.Amount, e.Basis)
		r.payor(d, e)
	case domain.ChargeAmended:
		r.charge(d, e.Charge, e.Amount, e.Basis)
	case domain.RevenueAccrued:
		r.shares(d, e)
	case domain.InvoiceIssued:
		r.report.Invoices++
		lines := make([]money.Money, 0, 2*len(e.Lines))
		for _, line := range e.Lines {
			lines = append(lines, line.Amount)
			if line.Tax.IsSet() {
				lines = append(lines, line.Tax)
			}
		}
		r.total(d, e.Total, lines)
		r.tax(d, e)
	case domain.CreditIssued:
		r.report.Invoices++
		var lines []money.Money
		for _, line := range e.Lines {
			for _, part := range []money.Money{line.Amount, line.Tax} {
				if part.IsSet() {
					lines = append(lines, part)
				}
			}
		}
		r.total(d, e.Total, lines)
	}
}

// rating rates the stored facts again, by the version that they name and the
// index values that had been published by then.
func (r *run) rating(d eventstore.Decoded, e domain.ShipmentRated) {
	r.report.Ratings++
	r.rated, r.result = d.Stream, rating.Result{}
	var version *rating.Agreement
	for i, v := range r.agreements[e.Agreement].Versions {
		if v.Version == e.Version {
			version = &r.agreements[e.Agreement].Versions[i]
		}
	}
	if version == nil {
		r.differ(d, "rating", e.Agreement+" "+e.Version, "no such version was adopted before")
		return
	}
	facts := e.Facts
	facts.Indexes = nil
	for _, need := range version.Needs(facts) {
		if value, ok := need.Pick(r.indexes[need.Index].Values); ok {
			facts.Indexes = append(facts.Indexes, value)
		}
	}
	if stored, computed := text(e.Facts.Indexes), text(facts.Indexes); stored != computed {
		r.differ(d, "index values", stored, computed)
		return
	}
	terms := *version
	if !e.ByPayor {
		terms.Billing = rating.Billing{}
	}
	result, err := terms.Rate(facts)
	if err != nil {
		r.differ(d, "rating", e.Agreement+" "+e.Version, err.Error())
		return
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
	for _, part := range []struct {
		what             string
		stored, computed any
	}{
		{"date of the version", e.Effective, result.Effective}, {"charges", e.Charges, charges},
		{"notes", e.Notes, result.Notes}, {"what is missing", e.Missing, result.Missing},
	} {
		if stored, computed := text(part.stored), text(part.computed); stored != computed {
			r.differ(d, part.what, stored, computed)
		}
	}
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

func (r *run) total(d eventstore.Decoded, total money.Money, lines []money.Money) {
	sum, err := money.Sum(total.Currency(), lines...)
	switch {
	case err != nil:
		r.differ(d, "total", total.String(), err.Error())
	case !sum.Equal(total):
		r.differ(d, "total", total.String(), sum.String())
	}
}

func (r *run) differ(d eventstore.Decoded, what, stored, computed string) {
	r.report.Differ++
	if len(r.report.Differences) < MaxDifferences {
		r.report.Differences = append(r.report.Differences, Difference{d.Stream, d.Revision, d.Type, what, stored, computed})
	}
}

// text is a value as it is stored; what is absent and what is empty are the
// same there.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	if string(b) == "null" {
		return "[]"
	}
	return string(b)
}
