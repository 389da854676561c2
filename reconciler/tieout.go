package reconciler

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// TieOut is one account in one period and currency. Balances are debits less
// credits.
type TieOut struct {
	Account    string `json:"account"`
	Period     string `json:"period"`
	Expected   Figure `json:"expected"` // what the ERP should hold
	Actual     Figure `json:"actual"`
	Difference Figure `json:"difference"` // actual less expected
	InFlight   Figure `json:"in_flight"`  // on its way, not in Expected
}

// Ties tells whether the account agrees.
func (t TieOut) Ties() bool { return t.Difference.Amount.IsZero() }

// Total sums one currency's debits on both sides.
type Total struct {
	Currency       string `json:"currency"`
	ExpectedDebit  Figure `json:"expected_debit"`
	ExpectedCredit Figure `json:"expected_credit"`
	ActualDebit    Figure `json:"actual_debit"`
	ActualCredit   Figure `json:"actual_credit"`
	InFlightDebit  Figure `json:"in_flight_debit"`
}

type balanceKey struct{ account, period, currency string }

type balance struct{ expected, actual, inFlight decimal.Decimal }

type turnover struct{ expectedDebit, expectedCredit, actualDebit, actualCredit, inFlightDebit decimal.Decimal }

// tally sums both sides as they pass. A ledger is read in runs of one period
// and currency, so the last keys are kept at hand.
type tally struct {
	balances  map[balanceKey]*balance
	turnovers map[string]*turnover
}

func newTally() *tally {
	return &tally{map[balanceKey]*balance{}, map[string]*turnover{}}
}

func (t *tally) balance(account, period, currency string) *balance {
	key := balanceKey{account, period, currency}
	b := t.balances[key]
	if b == nil {
		// The key outlives the record that its strings are cut from.
		key = balanceKey{strings.Clone(account), strings.Clone(period), strings.Clone(currency)}
		b = &balance{}
		t.balances[key] = b
	}
	return b
}

func (t *tally) turnover(currency string) *turnover {
	s := t.turnovers[currency]
	if s == nil {
		s = &turnover{}
		t.turnovers[strings.Clone(currency)] = s
	}
	return s
}

func (t *tally) expects(d *expected, period string, inFlight bool) {
	s := t.turnover(d.currency)
	for _, e := range d.entries {
		b := t.balance(e.account, period, d.currency)
		debit, credit := e.sides()
		if inFlight {
			b.inFlight = b.inFlight.Add(e.net())
			s.inFlightDebit = s.inFlightDebit.Add(debit)
			continue
		}
		b.expected = b.expected.Add(e.net())
		s.expectedDebit, s.expectedCredit = s.expectedDebit.Add(debit), s.expectedCredit.Add(credit)
	}
}

func (t *tally) holds(e *LedgerEntry, debit, credit decimal.Decimal) {
	b := t.balance(e.Account, e.Period, e.Currency)
	b.actual = b.actual.Add(debit).Sub(credit)
	s := t.turnover(e.Currency)
	s.actualDebit, s.actualCredit = s.actualDebit.Add(debit), s.actualCredit.Add(credit)
}

// rows gives the tie-out in order of account, period and currency.
func (t *tally) rows() []TieOut {
	rows := make([]TieOut, 0, len(t.balances))
	for key, b := range t.balances {
		in := func(d decimal.Decimal) Figure { return Figure{d, key.currency} }
		rows = append(rows, TieOut{key.account, key.period, in(b.expected), in(b.actual), in(b.actual.Sub(b.expected)), in(b.inFlight)})
	}
	slices.SortFunc(rows, func(a, b TieOut) int {
		if c := strings.Compare(a.Account, b.Account); c != 0 {
			return c
		}
		if c := strings.Compare(a.Period, b.Period); c != 0 {
			return c
		}
		return strings.Compare(a.Expected.Currency, b.Expected.Currency)
	})
	return rows
}

func (t *tally) totals() []Total {
	totals := make([]Total, 0, len(t.turnovers))
	for currency, s := range t.turnovers {
		in := func(d decimal.Decimal) Figure { return Figure{d, currency} }
		totals = append(totals, Total{currency, in(s.expectedDebit), in(s.expectedCredit), in(s.actualDebit), in(s.actualCredit), in(s.inFlightDebit)})
	}
	slices.SortFunc(totals, func(a, b Total) int { return strings.Compare(a.Currency, b.Currency) })
	return totals
}
