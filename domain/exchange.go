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
// currency in that of its books. It is no [rating.Exchange]: that is a clause of
// an agreement, looked up for a date of the shipment, whose arithmetic is steps of
// a charge's sheet. Both choose the rate by [rating.Need].
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

// Equation is the rate as it is read, "1 USD = 1.3643 CAD", of a document in a
// currency.
func (x Exchange) Equation(currency money.Currency) string {
	per, in := currency, x.book()
	if x.Per == in {
		per, in = in, per
	}
	return fmt.Sprintf("1 %s = %s %s", per, x.Rate.Value, in)
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
	terms, named := issuer.bookRate(currency)
	if !named {
		blocked.Detail = fmt.Sprintf("registrant %s keeps its books in %s and names no series of rates for %s", by.registrant.ID, issuer.Book, currency)
		return nil, blocked, nil
	}
	index, err := known[Index](c.knowledge, IndexStream(terms.Index))
	if err != nil {
		return nil, nil, err
	}
	x, found := terms.exchange(v, date, issuer.Book, index.Values)
	if !found {
		blocked.Index, blocked.Values = terms.Index, len(index.Values)
		blocked.Detail = fmt.Sprintf("series %s has no rate of %s for %s in effect on %s or in the %d days before", terms.Index, currency, issuer.Book, x.On, terms.days())
		return nil, blocked, nil
	}
	return &x, nil, nil
}

// beyond says that a rate leads to an amount beyond bounds: somebody has
// published a wrong one. That of an invoice that is raised does not change.
func (c SealCandidate) beyond(v Invoice, by *sealing, x *Exchange, err error) *ExchangeBlocked {
	blocked := &ExchangeBlocked{Invoice: v.ID, Candidate: v.Candidate, Registrant: by.registrant.ID, Changes: by.registrant.Changes,
		Detail: fmt.Sprintf("at %s: %v", x.Equation(v.Candidate.Currency), err)}
	if v.Candidate.Raises == (Raised{}) {
		blocked.Index, blocked.Values = x.Rate.Index, x.Known
	}
	return blocked
}

// hold is what holds the candidate.
func (e *ExchangeBlocked) hold() *blocked { return &blocked{lack{HoldExchange, e.Detail}, *e} }

func (i Issuer) bookRate(c money.Currency) (BookRate, bool) {
	at := slices.IndexFunc(i.Exchange, func(r BookRate) bool { return r.Currency == c })
	if at < 0 {
		return BookRate{}, false
	}
	return i.Exchange[at], true
}

// exchange chooses the rate of a candidate that is sealed on a date; no amount
// is stated yet.
func (r BookRate) exchange(v Invoice, date string, book money.Currency, values []rating.IndexValue) (x Exchange, found bool) {
	x = Exchange{Per: r.Per, On: date, Known: len(values), Net: money.Zero(book), Tax: money.Zero(book), Total: money.Zero(book)}
	if r.On == RateOnService {
		x.On = v.lastService()
	}
	x.Rate, found = r.pick(values, x.On)
	return x, found
}

// ExchangedAgain is the exchange that a seal should state of the invoice as it
// was before it: by the terms of its issuer and the values of their series, as
// far as both were known. A debit memo goes by the exchange of the invoice that
// it raises, and a seal that only takes lines off by that of the one before. The
// error tells what lets none be chosen.
func (v Invoice) ExchangedAgain(e CandidateSealed, by Issuer, values []rating.IndexValue, raised *Exchange) (*Exchange, error) {
	x := cmp.Or(v.Exchange, raised)
	if by.Book == v.Candidate.Currency {
		return nil, nil
	}
	if x == nil {
		terms, named := by.bookRate(v.Candidate.Currency)
		if !named {
			return nil, fmt.Errorf("the issuer names no series of rates for %s", v.Candidate.Currency)
		}
		chosen, found := terms.exchange(v, e.IssueDate, by.Book, values)
		if !found {
			return nil, fmt.Errorf("series %s has no rate for %s", terms.Index, chosen.On)
		}
		x = &chosen
	}
	return x.stating(e.Net, e.Tax, by.Book)
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
