package recompute

import (
	"cmp"
	"context"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/eventstore"
)

// credit decides a request again, on the invoice as it was: what was left to
// give back, its tax, and of which taxes that is.
func (r *run) credit(ctx context.Context, d eventstore.Decoded, e domain.CreditRequested) error {
	v, err := r.invoice(ctx, d)
	if err != nil {
		return err
	}
	upheld, err := r.upheld(ctx, d, e.Credit)
	if err != nil {
		return err
	}
	again, err := e.CreditedAgain(v, upheld)
	if err != nil {
		r.differ(d, "credit", e.ID, err.Error())
		return nil
	}
	r.credited(d, e.Credit, again.Credit)
	r.compare(d, "series", e.Series, again.Series)
	e.Credit, again.Credit, e.Series, again.Series = domain.Credit{}, domain.Credit{}, "", ""
	r.compare(d, "credit", e, again)
	return nil
}

// creditMemo decides again what a request and its number make of it.
func (r *run) creditMemo(ctx context.Context, d eventstore.Decoded, e domain.CreditIssued) error {
	r.report.Credited += len(e.Lines)
	v, err := r.invoice(ctx, d)
	if err != nil {
		return err
	}
	given, numbered := r.numbered(domain.NumberFor{Invoice: v.ID, Credit: e.ID})
	if !numbered {
		r.differ(d, "number", e.Credit.Number, "no series gave it to this credit memo before")
		given = domain.NumberAssigned{Number: e.Credit.Number, Date: e.Date}
	}
	again, err := e.IssuedAgain(v, given)
	if err != nil {
		r.differ(d, "credit", e.ID, err.Error())
		var parts []money.Money
		for _, line := range e.Lines {
			for _, part := range []money.Money{line.Amount, line.Tax} {
				if part.IsSet() {
					parts = append(parts, part)
				}
			}
		}
		r.total(d, e.Total, parts)
		return nil
	}
	r.credited(d, e.Credit, again.Credit)
	r.compare(d, "number", e.Credit.Number, again.Credit.Number)
	r.compare(d, "date", e.Date, again.Date)
	r.compare(d, "total", e.Total, again.Total)
	e.Credit, e.Date, e.Total = domain.Credit{}, "", money.Money{}
	again.Credit, again.Date, again.Total = domain.Credit{}, "", money.Money{}
	r.compare(d, "credit memo", e, again)
	return nil
}

// credited compares the lines and levies of a credit.
func (r *run) credited(d eventstore.Decoded, stored, again domain.Credit) {
	for i := range max(len(stored.Lines), len(again.Lines)) {
		was, is := nth(stored.Lines, i), nth(again.Lines, i)
		what := fmt.Sprintf("line %s %s, ", cmp.Or(is.Shipment, was.Shipment), cmp.Or(is.Charge, was.Charge))
		r.compare(d, what+"amount", was.Amount, is.Amount)
		r.compare(d, what+"tax", was.Tax, is.Tax)
		was.Amount, was.Tax, is.Amount, is.Tax = money.Money{}, money.Money{}, money.Money{}, money.Money{}
		r.compare(d, what+"as billed", was, is)
	}
	for i := range max(len(stored.Levies), len(again.Levies)) {
		was, is := nth(stored.Levies, i), nth(again.Levies, i)
		r.compare(d, fmt.Sprintf("line %s %s, %s", cmp.Or(is.Shipment, was.Shipment), cmp.Or(is.Charge, was.Charge), cmp.Or(is.Tax, was.Tax)), was, is)
	}
	r.compare(d, "reason", stored.Reason, again.Reason)
	r.compare(d, "rebill", stored.Rebill, again.Rebill)
}

// nth is an element of a list, the zero value where there are fewer.
func nth[T any](list []T, i int) (x T) {
	if i < len(list) {
		x = list[i]
	}
	return x
}

// upheld is what the dispute of a credit had found for the customer before it.
func (r *run) upheld(ctx context.Context, d eventstore.Decoded, credit domain.Credit) ([]domain.CreditLine, error) {
	dispute, follows := credit.Dispute()
	if !follows {
		return nil, nil
	}
	var lines []domain.CreditLine
	for e, err := range r.from(ctx, string(dispute.Stream()), 0) {
		if err != nil {
			return nil, err
		}
		if e.Position.Compare(d.Position) > 0 {
			break
		}
		switch e := e.Event.(type) {
		case domain.DisputeUpheld:
			lines = e.Lines
		case domain.DisputePartlyUpheld:
			lines = e.Lines
		}
	}
	return lines, nil
}

// number checks that a series goes on by one, and with the dates (rule 34).
func (r *run) number(d eventstore.Decoded, e domain.NumberAssigned) {
	last := domain.Numbering{Series: e.Series, Last: int64(d.Revision)} // a series holds nothing but its numbers
	if before, ok := r.numbers[e.Series]; ok {
		last.Date = before.Date
	}
	r.numbers[e.Series] = e
	decided, err := domain.AssignNumber{Series: e.Series, For: e.For, Date: e.Date}.Decide(last)
	if err != nil {
		r.differ(d, "number", e.Number, err.Error())
	}
	for _, again := range decided {
		r.compare(d, "number", e, again)
	}
	r.given[e.For] = e
}

// numbered is the number that a document was given and has not taken yet.
func (r *run) numbered(document domain.NumberFor) (domain.NumberAssigned, bool) {
	given, ok := r.given[document]
	delete(r.given, document)
	return given, ok
}

// invoiceNumber compares the number of an invoice with that of its series.
func (r *run) invoiceNumber(d eventstore.Decoded, e domain.InvoiceIssued) {
	if given, ok := r.numbered(domain.NumberFor{Invoice: e.Invoice}); !ok {
		r.differ(d, "number", e.Number, "no series gave it to this invoice before")
	} else {
		r.compare(d, "number", e.Number, given.Number)
	}
}
