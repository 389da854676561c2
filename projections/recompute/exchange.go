package recompute

import (
	"context"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/eventstore"
)

// exchange chooses the rate of a seal again, by the terms of its issuer and the
// values of their series that were known, and states the amounts at it. As many
// values were known as there had to be.
func (r *run) exchange(ctx context.Context, d eventstore.Decoded, e domain.CandidateSealed) error {
	if e.Taxed == nil || e.Exchange == nil && e.Changes == 0 { // seals of before stated none
		r.compare(d, "exchange", e.Exchange, (*domain.Exchange)(nil))
		return nil
	}
	issuer := of(r.issuers, e.Taxed.Registrant).set(e.Changes)
	if e.Exchange == nil && issuer.Book == e.Total.Currency() {
		return nil // it is in the currency of the books
	}
	v, err := r.invoice(ctx, d)
	if err != nil {
		return err
	}
	raised, err := r.raised(ctx, d, v)
	if err != nil {
		return err
	}
	var x index
	known := 0
	if e.Exchange != nil {
		known = e.Exchange.Known
		x = *of(r.indexes, e.Exchange.Rate.Index)
	}
	if known > len(x.values) {
		r.differ(d, "values of "+e.Exchange.Rate.Index, fmt.Sprintf("%d were known", known), fmt.Sprintf("%d had been published", len(x.values)))
		return nil
	}
	again, err := v.ExchangedAgain(e, issuer, x.values[:known], raised)
	if err != nil {
		r.differ(d, "exchange", text(e.Exchange), err.Error())
		return nil
	}
	r.compare(d, "exchange", e.Exchange, again)
	if known == len(x.values) || v.Exchange != nil || raised != nil {
		return nil
	}
	from, err := r.horizon(ctx, d)
	if err != nil {
		return err
	}
	if least := x.before(from); known < least {
		r.differ(d, "values of "+e.Exchange.Rate.Index, fmt.Sprintf("%d were known", known), fmt.Sprintf("%d had to be", least))
	}
	return nil
}

// raised is the exchange of the invoice that a debit memo raises.
func (r *run) raised(ctx context.Context, d eventstore.Decoded, v domain.Invoice) (*domain.Exchange, error) {
	if v.Candidate.Raises == (domain.Raised{}) {
		return nil, nil
	}
	for e, err := range r.from(ctx, string(v.Candidate.Raises.Invoice.Stream()), 0) {
		if err != nil {
			return nil, err
		}
		if issued, ok := e.Event.(domain.InvoiceIssued); ok && e.Position.Compare(d.Position) < 0 {
			return issued.Exchange, nil
		}
	}
	return nil, nil
}

// set is the issuer as the last of the first changes sets it.
func (is *issuer) set(changes int) (set domain.Issuer) {
	for _, e := range is.changes[:min(changes, len(is.changes))] {
		if e, ok := e.(domain.IssuerSet); ok {
			set = e.Issuer
		}
	}
	return set
}
