package sandboxerp

import (
	"fmt"
	"net/http"
)

func (e *ERP) getTrialBalance(r *http.Request) (any, error) {
	query, err := checkQuery(r, "period_from", "period_to")
	if err != nil {
		return nil, err
	}
	from, to, err := periodRange(query)
	if err != nil {
		return nil, err
	}
	upTo := to
	if upTo == "" {
		upTo = lastPeriod
	}
	s, err := e.snapshot(r.Context())
	if err != nil {
		return nil, err
	}
	defer s.close()
	balance := TrialBalance{AsOf: s.asOf, From: from, To: to, Rows: []TrialBalanceRow{}}
	err = each(r.Context(), s.tx, `SELECT e.account, d.period, d.currency, `+debitSums+`, `+creditSums+`
		FROM entries e CROSS JOIN documents d ON d.id = e.document
		WHERE d.period BETWEEN ? AND ?
		GROUP BY e.account, d.period, d.currency ORDER BY e.account, d.period, d.currency`,
		[]any{from, upTo}, func(scan func(...any) error) error {
			var row TrialBalanceRow
			var debitHigh, debitLow, creditHigh, creditLow int64
			if err := scan(&row.Account, &row.Period, &row.Currency, &debitHigh, &debitLow, &creditHigh, &creditLow); err != nil {
				return err
			}
			row.Debit = joinHalves(debitHigh, debitLow).text(row.Currency)
			row.Credit = joinHalves(creditHigh, creditLow).text(row.Currency)
			balance.Rows = append(balance.Rows, row)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("trial balance: %w", err)
	}
	return balance, nil
}
