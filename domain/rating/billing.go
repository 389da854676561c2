package rating

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
)

// Period is the billing period of a shipment that was delivered on a civil
// date: a key that can be part of an id, and the date on which the period
// closes. Both are "" for what is no date.
//
//	Monthly               "2026-03", its last day
//	Weekly                "2026-W10" by ISO 8601, its Sunday
//	PerShipment           "2026-03-04", the same day; the shipment makes it one invoice
//	PerDelivery           "2026-03-04", the same day; the stop makes it one invoice
func (b Billing) Period(delivered string) (key, closes string) {
	day, ok := civilDate(delivered)
	if !ok {
		return "", ""
	}
	switch cmp.Or(b.Cycle, Monthly) {
	case PerShipment, PerDelivery:
		return delivered, delivered
	case Weekly:
		year, week := day.ISOWeek()
		toSunday := (7 - int(day.Weekday())) % 7
		return fmt.Sprintf("%04d-W%02d", year, week), day.AddDate(0, 0, toSunday).Format(time.DateOnly)
	}
	return day.Format("2006-01"), time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// PeriodCloses is the date on which a period closes, of which Period gives the
// key; false for what is no such key.
func PeriodCloses(key string) (string, bool) {
	for _, cycle := range []struct {
		cycle Cycle
		first string // a day of the period
	}{{Monthly, key + "-01"}, {Weekly, mondayOf(key)}, {PerShipment, key}} {
		if again, closes := (Billing{Cycle: cycle.cycle}).Period(cycle.first); again == key && key != "" {
			return closes, true
		}
	}
	return "", false
}

// mondayOf is the first day of a week like "2026-W10", "" for what is none. The
// 4th of January is always in the first week.
func mondayOf(week string) string {
	year, number, _ := strings.Cut(week, "-W")
	fourth, ok := civilDate(year + "-01-04")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 1 || n > 53 {
		return ""
	}
	sinceMonday := (int(fourth.Weekday()) + 6) % 7
	return fourth.AddDate(0, 0, 7*(n-1)-sinceMonday).Format(time.DateOnly)
}

// Part is what one payor has to pay of an amount.
type Part struct {
	Customer string      `json:"customer"` // "" the bill-to
	Amount   money.Money `json:"amount"`
}

// Shares splits an amount between the payors by their per cent, to the last
// minor unit: what truncation leaves goes to the largest remainders, and among
// equal ones to the payor named first (rule 28). Without a split all of it is
// the bill-to's.
func (b Billing) Shares(m money.Money) ([]Part, error) {
	if len(b.Split) == 0 {
		return []Part{{Amount: m}}, nil
	}
	parts, weights := make([]Part, len(b.Split)), make([]decimal.Decimal, len(b.Split))
	for i, s := range b.Split {
		parts[i].Customer, weights[i] = s.Customer, s.Percent.Exact()
	}
	return allot(m, parts, weights)
}

// SharesByWeight splits an amount between the consignees by the weight that was
// delivered to each, as SplitByWeight wants it and by the same rule as
// [Billing.Shares]. A consignee with several stops has one part, where its first
// stop is.
func SharesByWeight(m money.Money, stops []Stop) ([]Part, error) {
	var parts []Part
	var weights []decimal.Decimal
	for _, s := range stops {
		if s.Kind != "delivery" {
			continue
		}
		if s.Weight.Sign() <= 0 || s.Party == "" {
			return nil, fmt.Errorf("stop %d: its consignee and weight must be known to share by weight", s.Seq)
		}
		i := slices.IndexFunc(parts, func(p Part) bool { return p.Customer == s.Party })
		if i < 0 {
			i = len(parts)
			parts, weights = append(parts, Part{Customer: s.Party}), append(weights, decimal.Decimal{})
		}
		weights[i] = weights[i].Add(s.Weight.Exact())
	}
	return allot(m, parts, weights)
}

func allot(m money.Money, parts []Part, weights []decimal.Decimal) ([]Part, error) {
	amounts, err := m.Allocate(weights)
	if err != nil {
		return nil, fmt.Errorf("share between payors: %w", err)
	}
	for i := range parts {
		parts[i].Amount = amounts[i]
	}
	return parts, nil
}
