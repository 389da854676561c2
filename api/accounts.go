package api

import (
	"fmt"
	"strconv"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/views"
)

// What is said of customers' accounts at the end of a date. Except for
// reminders the answers are whole: their rows only mean something together.

// today is the civil date in UTC.
func (s *server) today() string { return s.Clock().UTC().Format(domain.DayLayout) }

type receivablesAnswer struct {
	AsOf   string             `json:"as_of"`
	Items  []views.Receivable `json:"items"`
	Totals []views.Receivable `json:"totals"` // one a currency
}

func (s *server) receivables(r *request) (answer, error) {
	asOf, err := r.date("as_of", s.today())
	if err != nil {
		return answer{}, err
	}
	all, err := s.Views.Receivables(r.Context(), asOf, domain.CustomerID(r.query.Get("customer")))
	if err != nil {
		return answer{}, err
	}
	totals, err := views.ReceivableTotals(all)
	return answer{body: receivablesAnswer{asOf, all, totals}}, err
}

func (s *server) reminders(r *request) (answer, error) {
	asOf, err := r.date("as_of", s.today())
	if err != nil {
		return answer{}, err
	}
	key := func(m domain.Reminder) []string { return []string{string(m.Customer), m.DueDate, m.Number} }
	return listed(r, 3, func(after []string, limit int) ([]domain.Reminder, error) {
		all, err := s.Views.Reminders(r.Context(), asOf, domain.CustomerID(r.query.Get("customer")))
		return beyond(all, after, limit, key), err
	}, key)
}

// Bounds of the days that outstanding counts the billing of.
const (
	defaultDays = 90
	maxDays     = 3660
)

func (s *server) outstanding(r *request) (answer, error) {
	asOf, err := r.date("as_of", s.today())
	if err != nil {
		return answer{}, err
	}
	days := defaultDays
	if text := r.query.Get("days"); text != "" {
		if days, err = strconv.Atoi(text); err != nil || days < 1 || days > maxDays {
			return answer{}, badQuery("days", fmt.Sprintf("want a number from 1 to %d", maxDays))
		}
	}
	all, err := s.Views.DaysOutstanding(r.Context(), asOf, days, domain.CustomerID(r.query.Get("customer")))
	return answer{body: page[views.DSO]{Items: all}}, err
}

// maxStatementDays bounds the period of a statement, which is told whole
// because each line has the balance after it.
const maxStatementDays = 366

func (s *server) statement(r *request) (answer, error) {
	id := r.id("id")
	if _, ok, err := s.Views.Customer(r.Context(), domain.CustomerID(id)); err != nil {
		return answer{}, err
	} else if !ok {
		return answer{}, noSuch("customer", id)
	}
	from, err := r.date("from", "")
	if err != nil {
		return answer{}, err
	}
	if from == "" {
		return answer{}, badQuery("from", "want the first date of the period, like 2013-10-01")
	}
	to, err := r.date("to", s.today())
	if err != nil {
		return answer{}, err
	}
	switch days, err := domain.DaysOverdue(from, to); {
	case err != nil:
		return answer{}, err
	case days < 0:
		return answer{}, badQuery("to", "the period ends before it begins")
	case days >= maxStatementDays:
		return answer{}, badQuery("from", fmt.Sprintf("the period is of %d days: at most %d are told at once", days+1, maxStatementDays))
	}
	all, err := s.Views.Statements(r.Context(), domain.CustomerID(id), from, to)
	return answer{body: page[views.Statement]{Items: all}}, err
}
