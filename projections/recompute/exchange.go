package recompute

import (
	"context"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
)

// exchange chooses the rate of an invoice again, among the values that the seal
// says were known, and proves that as many were known as there had to be.
func (r *run) exchange(ctx context.Context, d eventstore.Decoded, e domain.InvoiceIssued, was seal) error {
	x := e.Exchange
	if x == nil || e.Taxed == nil {
		return nil
	}
	r.report.Exchanged++
	series := of(r.indexes, x.Rate.Index)
	var raised *domain.Exchange
	if raises := e.Candidate.Raises.Invoice; raises != "" {
		var err error
		if raised, err = r.raised(ctx, raises.Stream()); err != nil {
			return err
		}
	}
	if raised == nil { // the rate was chosen
		all := series.through(was.position)
		if x.Known > all {
			r.differ(d, "values of the rate", fmt.Sprintf("%d were known", x.Known), fmt.Sprintf("%d had been published", all))
			return nil
		}
		if x.Known < all {
			from, err := r.horizon(ctx, d)
			if err != nil {
				return err
			}
			if least := series.before(from); x.Known < least {
				r.differ(d, "values of the rate", fmt.Sprintf("%d were known", x.Known), fmt.Sprintf("%d had to be", least))
			}
		}
	}
	var stated []domain.BookRate
	for _, change := range of(r.issuers, e.Taxed.Registrant).changes {
		set, _ := change.(domain.IssuerSet)
		for _, terms := range set.Issuer.Exchange {
			if terms.On == domain.RateOnService || x.On == was.date || was.date == "" {
				stated = append(stated, terms)
			}
		}
	}
	again, err := e.ExchangedAgain(stated, series.values, raised)
	if err != nil {
		r.differ(d, "rate of exchange", text(x.Rate), err.Error())
		return nil
	}
	r.exchanged(d, x, again)
	return nil
}

// raised is the exchange of the invoice that a debit memo raises.
func (r *run) raised(ctx context.Context, stream domain.Stream) (*domain.Exchange, error) {
	for e, err := range r.from(ctx, string(stream), 0) {
		if err != nil {
			return nil, err
		}
		if e, ok := e.Event.(domain.InvoiceIssued); ok {
			return e.Exchange, nil
		}
	}
	return nil, nil
}

// exchanged compares what a document is in the currency of the books.
func (r *run) exchanged(d eventstore.Decoded, stored, again *domain.Exchange) {
	if stored == nil || again == nil {
		r.compare(d, "in the books", stored, again)
		return
	}
	r.compare(d, "in the books, net", stored.Net, again.Net)
	r.compare(d, "in the books, tax", stored.Tax, again.Tax)
	r.compare(d, "in the books, total", stored.Total, again.Total)
	was, is := *stored, *again
	was.Net, was.Tax, was.Total = is.Net, is.Tax, is.Total
	r.compare(d, "rate of exchange", was, is)
}
