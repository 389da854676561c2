// Package recompute computes every amount in a history again: each charge from
// the basis that is stored with it, each rating from its stored facts under
// the version of the agreement and the index values that the history held at
// that point, each invoice from its lines, with the tax that the rules of its
// issuer decide and its rate of exchange, each credit memo from its invoice and
// what was given back of it before, each accrual under way from the days of its
// journey. What differs by a cent, by a step of a sheet or by a rule, is named.
//
// A version of an agreement or of tax rules has to be the one that choosing
// again gives. One that was adopted while the decision was made may not have
// been known to it. A decision reads what it needs after it knows its own stream
// and what caused it, so all that was adopted before those was known: see
// run.horizon.
//
// [Run] takes the whole history and keeps no more than the agreements, the
// indexes, the tax rules, one shipment's last rating, the invoices between their
// seal and their issue and a few that are credited, whatever its length. What
// it needs of an invoice that is credited, it reads from the invoice's stream.
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
	"github.com/freightledger/freightledger/eventstore"
)

// History is what is read: all of it once, and the streams of what is credited.
type History interface {
	eventstore.StreamReader
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
	Credited int    `json:"credited"` // lines of credit memos that were decided again from their invoices
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
	fmt.Fprintf(w, "%d events: %d shipments were rated again, %d charges computed from their basis, %d invoices\nand credit memos from their lines, %d accruals under way from their days; %d amounts were entered\nwithout a basis. The tax of %d lines was decided again by the rules of their issuers, and %d lines of\ncredit memos from their invoices. %d differ.\n",
		r.Events, r.Ratings, r.Charges, r.Invoices, r.Shares, r.Stated, r.Taxed, r.Credited, r.Differ)
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
	r := newRun(h, codec)
	for e, err := range codec.DecodeAll(ctx, func(ctx context.Context) iter.Seq2[eventstore.Record, error] { return h.ReadAll(ctx, eventstore.Start) }) {
		if err != nil {
			return r.report, fmt.Errorf("recompute, after %d events: %w", r.report.Events, err)
		}
		r.report.Events++
		if err := r.take(ctx, e); err != nil {
			return r.report, fmt.Errorf("recompute event %d of %s: %w", e.Revision, e.Stream, err)
		}
		if progress != nil && r.report.Events%10_000 == 0 {
			progress(r.report.Events)
		}
	}
	return r.report, nil
}

type run struct {
	report Report
	reader
	agreements map[string]*agreement
	indexes    map[string]*index
	issuers    map[string]*issuer
	numbers    map[string]domain.NumberAssigned           // the last of each series
	given      map[domain.NumberFor]domain.NumberAssigned // to documents that are not issued yet
	seals      map[string]seal                            // of invoices that are not issued yet, by stream
	folds      []*fold                                    // of invoices that were credited, the last used one last
	// The rating whose charges follow in the same stream.
	rated   string
	result  rating.Result
	byPayor bool // it says who pays
}

func newRun(streams eventstore.StreamReader, codec eventstore.Codec) *run {
	return &run{report: Report{Differences: []Difference{}}, reader: reader{streams, codec}, agreements: map[string]*agreement{}, indexes: map[string]*index{},
		issuers: map[string]*issuer{}, numbers: map[string]domain.NumberAssigned{}, given: map[domain.NumberFor]domain.NumberAssigned{}, seals: map[string]seal{}}
}

// take computes an event again. The error is the store's.
func (r *run) take(ctx context.Context, d eventstore.Decoded) error {
	switch e := d.Event.(type) {
	case domain.AgreementAdopted:
		a := of(r.agreements, e.Agreement)
		a.versions, a.news = append(a.versions, e.Terms), append(a.news, newsOf(d, 1))
	case domain.IndexPublished:
		x := of(r.indexes, e.Index)
		x.values, x.news = append(x.values, e.Values...), append(x.news, newsOf(d, len(e.Values)))
	case domain.IssuerSet, domain.TaxRulesAdopted:
		r.changed(d)
	case domain.ShipmentRated:
		return r.rating(ctx, d, e)
	case domain.ChargeEntered:
		r.charge(d, e.Charge, e.Amount, e.Basis)
		r.payor(d, e)
	case domain.ChargeAmended:
		r.charge(d, e.Charge, e.Amount, e.Basis)
	case domain.RevenueAccrued:
		r.shares(d, e)
	case domain.CandidateSealed:
		return r.sealed(ctx, d, e)
	case domain.NumberAssigned:
		r.number(d, e)
	case domain.InvoiceIssued:
		r.report.Invoices++
		r.invoiceNumber(d, e)
		lines := make([]money.Money, 0, 2*len(e.Lines))
		for _, line := range e.Lines {
			lines = append(lines, line.Amount)
			if line.Tax.IsSet() {
				lines = append(lines, line.Tax)
			}
		}
		r.total(d, e.Total, lines)
		r.tax(d, e)
	case domain.CreditRequested:
		return r.credit(ctx, d, e)
	case domain.CreditIssued:
		r.report.Invoices++
		return r.creditMemo(ctx, d, e)
	}
	return nil
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

// compare names two values that store as different texts.
func (r *run) compare(d eventstore.Decoded, what string, stored, computed any) {
	if stored, computed := text(stored), text(computed); stored != computed {
		r.differ(d, what, stored, computed)
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
