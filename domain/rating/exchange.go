package rating

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

// Exchange is the published rate at which what an agreement charges is billed in
// another currency than the agreement's (rule 29). Everything is priced in the
// agreement's currency: minimums, caps and percentages are its own. The last
// step of each charge's sheet is the exchange, rounded half-up to the minor
// unit of the currency that is billed.
type Exchange struct {
	Currency money.Currency `json:"currency"` // that is billed
	Index    string         `json:"index"`    // the series of rates
	// Per is the one of the two currencies of which a rate prices one unit: USD
	// for 1 USD = 1.3643 CAD.
	Per        money.Currency `json:"per"`
	Basis      DateBasis      `json:"basis,omitempty"`        // ByPickup when ""
	MaxAgeDays int            `json:"max_age_days,omitempty"` // for how many days a rate counts; 0 is for ever
}

// Exchanges tells whether the agreement can be billed in a currency: its own, or
// one that it names a rate for.
func (a Agreement) Exchanges(c money.Currency) bool {
	_, named := a.exchangeFor(c)
	return c == a.Currency || named
}

func (a Agreement) exchangeFor(c money.Currency) (Exchange, bool) {
	i := slices.IndexFunc(a.Exchange, func(x Exchange) bool { return x.Currency == c })
	if i < 0 {
		return Exchange{}, false
	}
	return a.Exchange[i], true
}

// abroad tells facts that are billed in another currency than the agreement's.
func (a Agreement) abroad(f Facts) bool { return f.Currency != "" && f.Currency != a.Currency }

// need is what the exchange asks for; false while its date is not known.
func (x Exchange) need(f Facts) (Need, bool) {
	date, ok := f.date(cmp.Or(x.Basis, ByPickup))
	return Need{Index: x.Index, Date: date, Lookup: LookupEffective, MaxAgeDays: x.MaxAgeDays}, ok
}

// In is an amount of the agreement's, such as a limit, in the currency that is
// billed; false while the rate is not known.
func (a Agreement) In(f Facts, amount Decimal) (money.Money, bool) {
	if !a.abroad(f) {
		m, err := money.New(amount.Exact(), a.Currency)
		return m, err == nil
	}
	x, value, missing := a.rateFor(f)
	if missing != "" {
		return money.Money{}, false
	}
	s := newSheet("exchange " + string(x.Currency))
	x.convert(s, s.given("limit", "clause", amount), value)
	m, _, err := s.end(x.Currency)
	return m, err == nil
}

// rateFor finds the rate, or says what is missing for it.
func (a Agreement) rateFor(f Facts) (x Exchange, value IndexValue, missing string) {
	x, named := a.exchangeFor(f.Currency)
	if !named {
		return x, value, fmt.Sprintf("the agreement is in %s, the shipment in %s, and no rate of exchange is named", a.Currency, f.Currency)
	}
	need, known := x.need(f)
	if !known {
		return x, value, fmt.Sprintf("the date of %s is not known, for which the rate of exchange %s is looked up", cmp.Or(x.Basis, ByPickup), x.Index)
	}
	value, found := need.Pick(f.Indexes)
	if !found {
		return x, value, fmt.Sprintf("index %s has no value for %s", need.Index, need.Date)
	}
	return x, value, ""
}

// exchange makes of charges in the agreement's currency those that are billed.
// Without a rate there are none.
func (r *Result) exchange(a Agreement, f Facts) error {
	if !a.abroad(f) {
		return nil
	}
	x, value, missing := a.rateFor(f)
	if missing != "" {
		r.Charges = nil
		r.miss("exchange "+string(f.Currency), "%s", missing)
		return nil
	}
	for i := range r.Charges {
		if err := r.Charges[i].exchange(x, value); err != nil {
			return err
		}
	}
	return nil
}

// exchange goes on with the charge's sheet to the amount that is billed. What
// it passes on is stated in that currency too: the receipt at the rate, and as
// fee what else there is.
func (c *Charge) exchange(x Exchange, value IndexValue) error {
	was := c.Amount
	s, err := sheetOf(c.Derivation)
	if err != nil {
		return err
	}
	x.convert(s, ref(len(s.steps)-1), value)
	if c.Amount, c.Derivation, err = s.end(x.Currency); err != nil {
		return fmt.Errorf("charge %s: %w", c.Charge, err)
	}
	c.Rounding = money.HalfUp
	if !c.Receipt.IsSet() {
		return nil
	}
	limit := c.Receipt
	if c.Fee.IsSet() {
		if limit, err = limit.Add(c.Fee); err != nil {
			return err
		}
	}
	receipt, err := x.amount(c.Receipt, value)
	if err != nil {
		return err
	}
	whole := c.Amount
	if !limit.Equal(was) {
		if whole, err = x.amount(limit, value); err != nil {
			return err
		}
	}
	fee, err := whole.Sub(receipt)
	if err != nil {
		return err
	}
	if c.Receipt = receipt; c.Fee.IsSet() || !fee.IsZero() {
		c.Fee = fee
	}
	return nil
}

// amount is an amount at the rate.
func (x Exchange) amount(m money.Money, value IndexValue) (money.Money, error) {
	s := newSheet("exchange " + string(x.Currency))
	x.convert(s, s.billed("amount", "receipt", m), value)
	amount, _, err := s.end(x.Currency)
	return amount, err
}

// convert notes the steps from an amount of the agreement's to that which is
// billed.
func (x Exchange) convert(s *sheet, amount ref, value IndexValue) {
	rate := s.given("rate of exchange per "+string(x.Per), "index "+value.Index+" of "+value.Published, value.Value)
	at := Mul
	if x.Per == x.Currency {
		at = Div
	}
	s.round("in "+string(x.Currency), s.do("at the rate", at, amount, rate), Round{money.HalfUp, minorUnit(x.Currency)})
}

// maxExchanges is more than there are currencies.
const maxExchanges = 200

func (c checker) exchanges(s spot) {
	if !s.atMost(len(c.Exchange), maxExchanges) {
		return
	}
	seen := map[string]int{}
	for i, x := range c.Exchange {
		at := s.item(i, called("exchange", string(x.Currency), i))
		if !x.Currency.Known() || x.Currency == c.Currency {
			at.field("currency").refuse("%s is billed: write an active code of ISO 4217 other than the agreement's own, %s", shown(string(x.Currency)), shown(string(c.Currency)))
		}
		at.once(seen, string(x.Currency), i, "currency "+shown(string(x.Currency)))
		at.field("index").id(x.Index)
		if x.Per != x.Currency && x.Per != c.Currency {
			at.field("per").refuse("%s is neither: write of which of %s and %s a rate prices one unit", shown(string(x.Per)), shown(string(c.Currency)), shown(string(x.Currency)))
		}
		if x.Basis != "" {
			oneOf(at.field("basis"), x.Basis, ByPickup, ByDelivery, ByOrder)
		}
		at.field("max_age_days").within(x.MaxAgeDays, 0, 366)
	}
}
