package domaintest

import (
	"time"

	"github.com/freightledger/freightledger/domain"
	"github.com/shopspring/decimal"
)

// onTheWay is what a charge has earned by the end of a day before its delivery,
// counted day by day from the reports.
func onTheWay(s domain.Shipment, c domain.Charge, through string) decimal.Decimal {
	day := func(text string) time.Time {
		t, err := time.Parse(domain.DayLayout, text)
		if err != nil {
			return time.Time{}
		}
		return t
	}
	var left, due domain.Moment
	for _, stop := range s.Stops {
		if departed, ok := s.Actual(stop.Seq, domain.DepartedPickup); ok && left.IsZero() {
			left = departed.At
		} else if loaded, ok := s.Actual(stop.Seq, domain.Loaded); ok && left.IsZero() {
			left = loaded.At
		}
		if stop.Kind == domain.StopDelivery && !stop.Optional {
			if due = stop.Until; due.IsZero() {
				due = stop.From
			}
		}
	}
	if !s.Promised.IsZero() {
		due = s.Promised
	}
	if left.IsZero() || due.IsZero() {
		return decimal.Decimal{}
	}
	planned, passed := 0, 0
	for d := day(left.Day()); d.Before(day(due.Day())); d = d.AddDate(0, 0, 1) {
		planned++
	}
	for d := day(left.Day()); !d.After(day(through)); d = d.AddDate(0, 0, 1) {
		passed++
	}
	if planned > 366 { // a wrong date, which nobody earns by
		return decimal.Decimal{}
	}
	planned = max(planned, 1)
	passed = min(passed, planned)
	return c.Amount.Amount().Mul(decimal.NewFromInt(int64(passed))).DivRound(decimal.NewFromInt(int64(planned)), c.Amount.Currency().Digits())
}
