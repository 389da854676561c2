package domain

import (
	"fmt"
	"slices"

	"github.com/freightledger/freightledger/domain/money"
)

// DunningLevel is a step of reminding a customer of what is overdue.
type DunningLevel struct {
	AfterDays int    `json:"after_days"` // past due
	Name      string `json:"name"`
}

// maxDunningLevels bounds the steps of a customer's rules.
const maxDunningLevels = 9

// Reminder is an item that a customer is to be reminded of.
type Reminder struct {
	OpenItem
	DaysOverdue int         `json:"days_overdue"`
	Level       int         `json:"level"` // from 1
	Name        string      `json:"name"`
	Amount      money.Money `json:"amount"` // open and not disputed
}

// Dun says what a customer is to be reminded of as of a civil date, oldest
// first: each item at the last level that it has reached, without what is
// disputed of it (rule 39). Without levels nobody is reminded of anything.
func Dun(items []OpenItem, levels []DunningLevel, asOf string) ([]Reminder, error) {
	var reminders []Reminder
	for _, item := range slices.SortedFunc(slices.Values(items), OpenItem.compare) {
		days, err := DaysOverdue(item.DueDate, asOf)
		if err != nil {
			return nil, fmt.Errorf("invoice %s: %w", item.Number, err)
		}
		amount, err := item.undisputed()
		if err != nil {
			return nil, fmt.Errorf("invoice %s: %w", item.Number, err)
		}
		if amount.Sign() <= 0 {
			continue
		}
		for i, level := range slices.Backward(levels) {
			if days >= level.AfterDays {
				reminders = append(reminders, Reminder{item, days, i + 1, level.Name, amount})
				break
			}
		}
	}
	return reminders, nil
}

// checkDunning refuses levels that do not follow each other.
func checkDunning(levels []DunningLevel) error {
	if len(levels) > maxDunningLevels {
		return refuse(Invalid, "%d levels of dunning; at most %d are taken", len(levels), maxDunningLevels)
	}
	after := 0
	for i, level := range levels {
		if level.AfterDays <= after || level.Name == "" {
			return refuse(Invalid, "level %d of dunning, %.40q after %d days: want a name, and more than %d days", i+1, level.Name, level.AfterDays, after)
		}
		after = level.AfterDays
	}
	return nil
}
