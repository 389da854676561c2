package sandboxerp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/mux"
)

// Statuses of a period.
const (
	PeriodOpen   = "open"
	PeriodClosed = "closed"
)

func (e *ERP) listAccounts(r *http.Request) (any, error) {
	rows, err := e.readers.QueryContext(r.Context(), `SELECT code, name, type FROM accounts ORDER BY code`)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	defer rows.Close()
	list := AccountList{Accounts: []Account{}}
	for rows.Next() {
		var a Account
		if err := rows.Scan(&a.Code, &a.Name, &a.Type); err != nil {
			return nil, fmt.Errorf("list accounts: %w", err)
		}
		list.Accounts = append(list.Accounts, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return list, nil
}

func (e *ERP) putAccount(r *http.Request) (any, error) {
	code := mux.Vars(r)["code"]
	var input AccountInput
	if err := decode(r, &input); err != nil {
		return nil, err
	}
	if !validCode(code) {
		return nil, badRequest("the account code %q is not 1 to %d letters, digits, dots, dashes or underscores", code, maxCodeBytes)
	}
	if err := checkText("name", input.Name, maxNameBytes, true); err != nil {
		return nil, badRequest("account %s: %v", code, err)
	}
	if !slices.Contains([]string{"asset", "liability", "equity", "revenue", "contra-revenue", "expense"}, input.Type) {
		return nil, badRequest("account %s: type is %q, want asset, liability, equity, revenue, contra-revenue or expense", code, input.Type)
	}
	err := e.update(func(tx *sql.Tx, _ time.Time) error {
		_, err := tx.Exec(`INSERT INTO accounts (code, name, type) VALUES (?, ?, ?)
			ON CONFLICT (code) DO UPDATE SET name = excluded.name, type = excluded.type`, code, input.Name, input.Type)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("write account %s: %w", code, err)
	}
	return Account{Code: code, Name: input.Name, Type: input.Type}, nil
}

// statusOf applies the closing date to a month that nobody opened or closed by hand.
func (e *ERP) statusOf(period, byHand string) string {
	if byHand != "" {
		return byHand
	}
	if period < e.closedBefore {
		return PeriodClosed
	}
	return PeriodOpen
}

// querier is a transaction or a pool of readers.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func readPeriods(ctx context.Context, from querier) ([]Period, error) {
	rows, err := from.QueryContext(ctx, `SELECT period, status FROM periods ORDER BY period`)
	if err != nil {
		return nil, fmt.Errorf("read periods: %w", err)
	}
	defer rows.Close()
	periods := []Period{}
	for rows.Next() {
		var p Period
		if err := rows.Scan(&p.Period, &p.Status); err != nil {
			return nil, fmt.Errorf("read periods: %w", err)
		}
		periods = append(periods, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read periods: %w", err)
	}
	return periods, nil
}

func (e *ERP) listPeriods(r *http.Request) (any, error) {
	periods, err := readPeriods(r.Context(), e.readers)
	if err != nil {
		return nil, err
	}
	return PeriodList{Periods: periods, ClosedBefore: e.closedBefore}, nil
}

func (e *ERP) getPeriod(r *http.Request) (any, error) {
	period := mux.Vars(r)["period"]
	if !validPeriod(period) {
		return nil, badRequest("%q is not a month such as 2026-01", period)
	}
	var byHand string
	err := e.readers.QueryRowContext(r.Context(), `SELECT status FROM periods WHERE period = ?`, period).Scan(&byHand)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read period %s: %w", period, err)
	}
	return Period{Period: period, Status: e.statusOf(period, byHand)}, nil
}

func (e *ERP) putPeriod(r *http.Request) (any, error) {
	period := mux.Vars(r)["period"]
	var input PeriodInput
	if err := decode(r, &input); err != nil {
		return nil, err
	}
	if !validPeriod(period) {
		return nil, badRequest("%q is not a month such as 2026-01", period)
	}
	if input.Status != PeriodOpen && input.Status != PeriodClosed {
		return nil, badRequest("status is %q, want open or closed", input.Status)
	}
	err := e.update(func(tx *sql.Tx, _ time.Time) error {
		_, err := tx.Exec(`INSERT INTO periods (period, status) VALUES (?, ?)
			ON CONFLICT (period) DO UPDATE SET status = excluded.status`, period, input.Status)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("write period %s: %w", period, err)
	}
	return Period{Period: period, Status: input.Status}, nil
}
