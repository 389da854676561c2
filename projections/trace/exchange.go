package trace

import (
	"context"
	"slices"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
)

// ExchangeTrace is what an invoice is in the currency of its issuer's books, and
// where its rate was published.
type ExchangeTrace struct {
	domain.Exchange
	Published *Hop    `json:"published,omitempty"` // the event that has the rate
	Source    *Source `json:"source,omitempty"`    // nil when no raw message says so
	Entered   *Entry  `json:"entered,omitempty"`
}

func (t *Tracer) exchange(ctx context.Context, x *domain.Exchange) (*ExchangeTrace, error) {
	if x == nil {
		return nil, nil
	}
	trace := ExchangeTrace{Exchange: *x}
	series, err := t.read(ctx, domain.IndexStream(x.Rate.Index))
	if err != nil {
		return nil, err
	}
	var raw sources
	for _, e := range series {
		if p, ok := e.Event.(domain.IndexPublished); ok && slices.ContainsFunc(p.Values, func(v rating.IndexValue) bool {
			return v.Published == x.Rate.Published && v.Effective == x.Rate.Effective && v.Value.Equal(x.Rate.Value)
		}) {
			hop := hopOf(e)
			trace.Published = &hop
			trace.Source, trace.Entered = raw.of(p.Source, e)
			break
		}
	}
	return &trace, t.load(ctx, &raw)
}

func (x *ExchangeTrace) write(p printer, currency money.Currency) {
	if x == nil {
		return
	}
	p.line(1, "in %s: net %s, tax %s, total %s: %s, %s of %s, in effect on %s, looked up for %s", x.Total.Currency(), x.Net.Format(), x.Tax.Format(), x.Total.Format(),
		x.Equation(currency), x.Rate.Index, x.Rate.Published, x.Rate.Effective, x.On)
	if x.Published == nil {
		p.line(2, "! no event of the series has this rate")
		return
	}
	p.hop(2, *x.Published)
	p.source(2, x.Source, x.Entered)
}
