package rates

import (
	"strings"
	"time"
)

// bank is who publishes rates, and how its files are built.
type bank struct {
	name    string
	prefix  string   // of its indexes
	header  string   // first cell of the header
	layouts []string // of dates
	example string   // of a column
	series  string   // "" where the column names it
	// Around the code of the currency in a column's name.
	before, after string
}

func banks() [2]bank { return [2]bank{europe(), canada()} }

// europe is the European Central Bank. Its euro foreign exchange reference rates
// (https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates)
// are what 1 euro is in each currency, published at about 16:00 CET of each
// working day. The history has a row a day, the latest first, with dates like
// 2026-02-27; the file of a day has one, with a date like 27 February 2026 and
// spaces behind its commas. Rows end in a comma.
func europe() bank {
	return bank{name: "the European Central Bank", prefix: "ECB", header: "Date", layouts: []string{time.DateOnly, "2 January 2006"}, example: "USD",
		series: "euro foreign exchange reference rates"}
}

// canada is the Bank of Canada. Series FXUSDCAD of its Valet service
// (https://www.bankofcanada.ca/valet/docs) is what 1 US dollar is in Canadian
// dollars, the average of a day, published by 16:30 of it in Ottawa. Before the
// header stand the terms of use and the names of the series.
func canada() bank {
	return bank{name: "the Bank of Canada", prefix: "BOC", header: "date", layouts: []string{time.DateOnly}, example: "FXUSDCAD", before: "FX", after: "CAD"}
}

// currency is what a column is of; false when it is none of the bank's daily
// rates.
func (b bank) currency(column string) (string, bool) {
	code, ok := strings.CutPrefix(column, b.before)
	if !ok {
		return "", false
	}
	code, ok = strings.CutSuffix(code, b.after)
	const codeBytes = 3
	capitals := func(r rune) bool { return r < 'A' || r > 'Z' }
	return code, ok && len(code) == codeBytes && !strings.ContainsFunc(code, capitals)
}

// source names the bank and its series, as each value keeps it.
func (b bank) source(column string) string {
	series := b.series
	if series == "" {
		series = column
	}
	return strings.TrimPrefix(b.name, "the ") + ", " + series
}

// date reads the day of a row.
func (b bank) date(text string) (string, error) {
	var err error
	for _, layout := range b.layouts {
		day, bad := time.Parse(layout, text)
		if bad == nil {
			return day.Format(time.DateOnly), nil
		}
		err = bad
	}
	return "", err
}
