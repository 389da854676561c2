package domain

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/shopspring/decimal"
)

// An invoice in another currency than its issuer's books says what it is in
// these, and keeps the published rate that it went by (rule 29). The rate is
// chosen when the candidate is sealed, and is that of the invoice for ever: a
// credit memo goes by it, and so does a debit memo that raises the invoice.
//
// Which rate it has to be is the law of the issuer's country: in the European
// Union the latest published when tax becomes due (Directive 2006/112/EC,
// articles 91(2) and 230), in the United Kingdom a market rate or the period
// rate of HMRC (VAT Notice 700, section 7.7). So the issuer names the series.

// RateDate is the date for which a rate is looked up.
type RateDate string

// Dates of rates.
const (
	RateOnIssue   RateDate = "issue"   // of the invoice
	RateOnService RateDate = "service" // the last on which a line was delivered
)

// BookRate says at which published rate an issuer states invoices in another
// currency in that of its books.
type BookRate struct {
	Currency money.Currency `json:"currency"` // of the invoices
	Index    string         `json:"index"`    // the series of rates
	// Per is the one of the two currencies of which a rate prices one unit:
	// EUR for 1 EUR = 1.0857 USD.
	Per money.Currency `json:"per"`
	On  RateDate       `json:"on,omitempty"` // RateOnIssue when ""
	// WithinDays is how many days before that date a rate may have come into
	// effect; defaultRateDays when 0.
	WithinDays int `json:"within_days,omitempty"`
}

// Bounds of book rates.
const (
	defaultRateDays = 7 // a week has a day on which rates are published
	maxRateDays     = 366
	maxBookRates    = 200 // more than there are currencies
)

func checkBookRates(id string, book money.Currency, rates []BookRate) error {
	if len(rates) > maxBookRates {
		return refuseByRule(29, Invalid, "registrant %s: %d rates of exchange; at most %d are taken", id, len(rates), maxBookRates)
	}
	for i, r := range rates {
		twice := slices.ContainsFunc(rates[:i], func(s BookRate) bool { return s.Currency == r.Currency })
		switch {
		case !r.Currency.Known() || r.Currency == book || twice:
			return refuseByRule(29, Invalid, "registrant %s: the rate of exchange of %.20q: want each currency of ISO 4217 but %s at most once", id, string(r.Currency), book)
		case r.Per != r.Currency && r.Per != book:
			return refuseByRule(29, Invalid, "registrant %s: the rate of exchange of %s is per %.20q: say of which of %s and %s it prices one unit", id, r.Currency, string(r.Per), r.Currency, book)
		case r.On != "" && r.On != RateOnIssue && r.On != RateOnService:
			return refuseByRule(29, Invalid, "registrant %s: the rate of exchange of %s is on %.20q: want %s or %s", id, r.Currency, string(r.On), RateOnIssue, RateOnService)
		case r.WithinDays < 0 || r.WithinDays > maxRateDays:
			return refuseByRule(29, Invalid, "registrant %s: the rate of exchange of %s may be %d days old: want up to %d", id, r.Currency, r.WithinDays, maxRateDays)
		}
		if err := CheckID("index", r.Index); err != nil {
			return err
		}
	}
	return nil
}

// Exchange is what a document is in the currency of its issuer's books.
type Exchange struct {
	Per  money.Currency    `json:"per"` // of which the rate prices one unit
	Rate rating.IndexValue `json:"rate"`
	On   string            `json:"on"` // the civil date for which it was looked up
	// Known is of how many values of the series it was chosen, the first that
	// history has.
	Known int `json:"known"`
	// Each of net and tax is rounded half-up to the minor unit; the total is
	// their sum.
	Net   money.Money `json:"net"`
	Tax   money.Money `json:"tax"`
	Total money.Money `json:"total"`
}

// ExchangeBlocked says that there is no rate for a candidate. It waits for its
// issuer to name a series, and for the series to go on.
type ExchangeBlocked struct {
	Invoice    InvoiceID `json:"invoice"`
	Candidate  Candidate `json:"candidate"`
	Registrant string    `json:"registrant"`
	Changes    int       `json:"changes"`          // of the registrant, that were known
	Index      string    `json:"index,omitempty"`  // "" where no series is named
	Values     int       `json:"values,omitempty"` // of the series, that were known
	Detail     string    `json:"detail"`
}

func (ExchangeBlocked) EventType() string { return "ExchangeBlocked" }

// At is what an amount is at the rate, rounded half-up to the minor unit of the
// currency of the books. The error tells an amount beyond bounds, or a rate
// that is none.
func (x Exchange) At(amount money.Money, book money.Currency) (money.Money, error) {
	rate := x.Rate.Value.Exact()
	if rate.Sign() <= 0 {
		return money.Money{}, fmt.Errorf("a rate of exchange of %s", x.Rate.Value)
	}
	if x.Per == book {
		return money.New(amount.Amount().DivRound(rate, book.Digits()), book) // ties away from zero, of the exact quotient
	}
	same, err := money.New(amount.Amount(), book)
	if err != nil {
		return money.Money{}, err
	}
	at := same.Mul(rate, money.HalfUp)
	return at, at.Check()
}

// stating is the exchange with what net and tax are at its rate.
func (x Exchange) stating(net, tax money.Money, book money.Currency) (_ *Exchange, err error) {
	if x.Net, err = x.At(net, book); err == nil {
		if x.Tax, err = x.At(tax, book); err == nil {
			x.Total, err = x.Net.Add(x.Tax)
		}
	}
	return &x, err
}

// book is the currency that it is stated in.
func (x Exchange) book() money.Currency { return x.Total.Currency() }

// exchange finds the rate for a candidate: none where it is in the currency of
// the books, nor where no book is known.
func (c SealCandidate) exchange(v Invoice, date string, by *sealing) (*Exchange, *ExchangeBlocked, error) {
	currency := v.Candidate.Currency
	if by.registrant.Issuer.Book == currency {
		return nil, nil, nil
	}
	if raises := v.Candidate.Raises; raises != (Raised{}) {
		raised, err := known[Invoice](c.knowledge, raises.Invoice.Stream())
		if err != nil {
			return nil, nil, err
		}
		if raised.Exchange != nil {
			return raised.Exchange, nil, nil
		}
	}
	issuer := by.registrant.Issuer
	blocked := &ExchangeBlocked{Invoice: v.ID, Candidate: v.Candidate, Registrant: by.registrant.ID, Changes: by.registrant.Changes}
	i := slices.IndexFunc(issuer.Exchange, func(r BookRate) bool { return r.Currency == currency })
	if i < 0 {
		blocked.Detail = fmt.Sprintf("registrant %s keeps its books in %s and names no series of rates for %s", by.registrant.ID, issuer.Book, currency)
		return nil, blocked, nil
	}
	terms := issuer.Exchange[i]
	index, err := known[Index](c.knowledge, IndexStream(terms.Index))
	if err != nil {
		return nil, nil, err
	}
	x := Exchange{Per: terms.Per, On: date, Known: len(index.Values), Net: money.Zero(issuer.Book), Tax: money.Zero(issuer.Book), Total: money.Zero(issuer.Book)}
	if terms.On == RateOnService {
		x.On = v.lastService()
	}
	var found bool
	if x.Rate, found = terms.pick(index.Values, x.On); !found {
		blocked.Index, blocked.Values = terms.Index, len(index.Values)
		blocked.Detail = fmt.Sprintf("series %s has no rate of %s for %s in effect on %s or in the %d days before", terms.Index, currency, issuer.Book, x.On, terms.days())
		return nil, blocked, nil
	}
	return &x, nil, nil
}

// pick is the rate that counts on a date: the last that came into effect by
// then, as it was published first.
func (r BookRate) pick(values []rating.IndexValue, on string) (rating.IndexValue, bool) {
	return rating.Need{Index: r.Index, Date: on, MaxAgeDays: r.days()}.Pick(values)
}

func (r BookRate) days() int { return cmp.Or(r.WithinDays, defaultRateDays) }

// lastService is the last day on which a line of the candidate was delivered,
// the end of its period when none says.
func (v Invoice) lastService() string {
	last := ""
	for _, line := range v.Lines {
		last = max(last, line.ServiceDate)
	}
	return cmp.Or(last, v.BillingDate)
}

// creditExchange is what a credit is in the currency of the books, at the rate
// of its invoice: what all credits so far come to with it, less what they came
// to without it. So credits of all of an invoice come to what the invoice came
// to, to the cent.
func (v Invoice) creditExchange(c Credit) (*Exchange, error) {
	if v.Exchange == nil {
		return nil, nil
	}
	var net, tax decimal.Decimal
	for _, other := range v.Credits {
		if other.Number != "" {
			n, t := other.parts()
			net, tax = net.Add(n), tax.Add(t)
		}
	}
	moreNet, moreTax := c.parts()
	x, book := *v.Exchange, v.Exchange.book()
	var err error
	if x.Net, err = x.between(net, net.Add(moreNet), v.Candidate.Currency, book); err != nil {
		return nil, err
	}
	if x.Tax, err = x.between(tax, tax.Add(moreTax), v.Candidate.Currency, book); err != nil {
		return nil, err
	}
	x.Total, err = x.Net.Add(x.Tax)
	return &x, err
}

// between is what lies between two amounts at the rate.
func (x Exchange) between(before, after decimal.Decimal, from, book money.Currency) (money.Money, error) {
	var at [2]money.Money
	for i, d := range []decimal.Decimal{before, after} {
		amount, err := money.New(d, from)
		if err != nil {
			return money.Money{}, err
		}
		if at[i], err = x.At(amount, book); err != nil {
			return money.Money{}, err
		}
	}
	return at[1].Sub(at[0])
}

// parts sums what a credit gives back, net and tax.
func (c Credit) parts() (net, tax decimal.Decimal) {
	for _, line := range c.Lines {
		net, tax = net.Add(line.Amount.Amount()), tax.Add(line.Tax.Amount())
	}
	return net, tax
}

// ExchangedAgain is the exchange of an invoice as it should be: the rate chosen
// anew among the values of its series that were known, by the terms that its
// issuer has stated at one time or another, and the amounts at that rate. A debit
// memo has the rate of the invoice that it raises, which is told. An invoice
// without Exchange has none. The error tells what does not let it be chosen.
func (e InvoiceIssued) ExchangedAgain(stated []BookRate, values []rating.IndexValue, raised *Exchange) (*Exchange, error) {
	x := e.Exchange
	if x == nil {
		return nil, nil
	}
	again := *x
	if raised != nil {
		again = *raised
	} else if err := again.choose(e, stated, values); err != nil {
		return nil, err
	}
	return again.stating(e.Net, e.Tax, x.book())
}

func (x *Exchange) choose(e InvoiceIssued, stated []BookRate, values []rating.IndexValue) error {
	if x.Known < 1 || x.Known > len(values) {
		return fmt.Errorf("it was chosen of %d values of %s, and %d had been published", x.Known, x.Rate.Index, len(values))
	}
	serviced := Invoice{Lines: e.Lines}.lastService()
	var chosen []rating.IndexValue
	for _, terms := range stated {
		if terms.Currency != e.Total.Currency() || terms.Index != x.Rate.Index || terms.Per != x.Per {
			continue
		}
		if terms.On == RateOnService && x.On != serviced || x.On > e.IssueDate {
			continue
		}
		if rate, found := terms.pick(values[:x.Known], x.On); found {
			if same(rate, x.Rate) {
				return nil
			}
			chosen = append(chosen, rate)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("the terms of registrant %s give no rate of %s per %s for %s on %s", cmp.Or(e.Candidate.Issuer, "by default"), x.Rate.Index, x.Per, e.Total.Currency(), x.On)
	}
	x.Rate = chosen[len(chosen)-1]
	return nil
}
