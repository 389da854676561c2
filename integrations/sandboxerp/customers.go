package sandboxerp

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/mux"
)

const maxTermsDays = 3650

// Credit statuses of a customer.
const (
	CreditGood = "good"
	CreditHold = "hold"
)

func (c CustomerInput) check() error {
	if !validCode(c.Code) {
		return fmt.Errorf("the customer code %q is not 1 to %d letters, digits, dots, dashes or underscores", c.Code, maxCodeBytes)
	}
	if err := checkText("name", c.Name, maxNameBytes, true); err != nil {
		return fmt.Errorf("customer %s: %w", c.Code, err)
	}
	if c.TermsDays < 0 || c.TermsDays > maxTermsDays {
		return fmt.Errorf("customer %s: terms_days is %d, want 0 to %d", c.Code, c.TermsDays, maxTermsDays)
	}
	if c.CreditStatus != "" && c.CreditStatus != CreditGood && c.CreditStatus != CreditHold {
		return fmt.Errorf("customer %s: credit_status is %q, want good or hold", c.Code, c.CreditStatus)
	}
	if c.Currency != "" && !validCurrency(c.Currency) {
		return fmt.Errorf("customer %s: currency is %q, want three capitals such as USD", c.Code, c.Currency)
	}
	if c.Tax != nil {
		if err := c.Tax.check(); err != nil {
			return fmt.Errorf("customer %s: tax: %w", c.Code, err)
		}
	}
	return nil
}

const maxTaxEntries = 50

func (t CustomerTax) check() error {
	if len(t.IDs) > maxTaxEntries || len(t.Certificates) > maxTaxEntries {
		return fmt.Errorf("more than %d ids or certificates", maxTaxEntries)
	}
	texts := []string{t.Status, t.Country, t.Region}
	for _, id := range t.IDs {
		texts = append(texts, id.Jurisdiction, id.Number)
	}
	for _, c := range t.Certificates {
		texts = append(texts, c.Certificate, c.Number, c.From, c.Through)
	}
	for _, text := range texts {
		if err := checkText("text", text, maxNameBytes, false); err != nil {
			return err
		}
	}
	return nil
}

const customerColumns = `code, name, terms_days, credit_status, active, currency, updated_at`

const selectCustomers = `SELECT c.code, name, terms_days, credit_status, active, currency, updated_at, coalesce(t.tax, '')
	FROM customers c LEFT JOIN customer_taxes t ON t.code = c.code`

func scanCustomer(scan func(...any) error) (Customer, error) {
	var c Customer
	var updated int64
	var tax string
	err := scan(&c.Code, &c.Name, &c.TermsDays, &c.CreditStatus, &c.Active, &c.Currency, &updated, &tax)
	c.UpdatedAt = micros(updated)
	if err == nil && tax != "" {
		err = json.Unmarshal([]byte(tax), &c.Tax)
	}
	return c, err
}

// writeTax writes what is known of a customer's tax; what is not sent is not
// known any more.
func writeTax(tx *sql.Tx, c CustomerInput, now time.Time) error {
	var was, is string
	if err := tx.QueryRow(`SELECT tax FROM customer_taxes WHERE code = ?`, c.Code).Scan(&was); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if c.Tax != nil {
		text, err := json.Marshal(c.Tax)
		if err != nil {
			return err
		}
		is = string(text)
	}
	if was == is {
		return nil
	}
	if _, err := tx.Exec(`INSERT INTO customer_taxes (code, tax) VALUES (?, ?) ON CONFLICT (code) DO UPDATE SET tax = excluded.tax`, c.Code, is); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE customers SET updated_at = ? WHERE code = ?`, now.UnixMicro(), c.Code)
	return err
}

func (e *ERP) writeCustomers(inputs []CustomerInput) error {
	return e.update(func(tx *sql.Tx, now time.Time) error {
		stmt, err := tx.Prepare(`
			INSERT INTO customers (` + customerColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (code) DO UPDATE SET
				name = excluded.name, terms_days = excluded.terms_days, credit_status = excluded.credit_status,
				active = excluded.active, currency = excluded.currency, updated_at = excluded.updated_at
			WHERE (name, terms_days, credit_status, active, currency) IS NOT
				(excluded.name, excluded.terms_days, excluded.credit_status, excluded.active, excluded.currency)`)
		if err != nil {
			return fmt.Errorf("write customers: %w", err)
		}
		defer stmt.Close()
		for _, c := range inputs {
			credit := c.CreditStatus
			if credit == "" {
				credit = CreditGood
			}
			active := c.Active == nil || *c.Active
			if _, err := stmt.Exec(c.Code, c.Name, c.TermsDays, credit, active, c.Currency, now.UnixMicro()); err != nil {
				return fmt.Errorf("write customer %s: %w", c.Code, err)
			}
			if err := writeTax(tx, c, now); err != nil {
				return fmt.Errorf("write customer %s: tax: %w", c.Code, err)
			}
		}
		return nil
	})
}

func (e *ERP) readCustomer(r *http.Request, code string) (any, error) {
	row := e.readers.QueryRowContext(r.Context(), selectCustomers+` WHERE c.code = ?`, code)
	c, err := scanCustomer(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound("there is no customer %s", code)
	}
	if err != nil {
		return nil, fmt.Errorf("read customer %s: %w", code, err)
	}
	return c, nil
}

func (e *ERP) getCustomer(r *http.Request) (any, error) {
	return e.readCustomer(r, mux.Vars(r)["code"])
}

func (e *ERP) putCustomer(r *http.Request) (any, error) {
	code := mux.Vars(r)["code"]
	var input CustomerInput
	if err := decode(r, &input); err != nil {
		return nil, err
	}
	if input.Code != "" && input.Code != code {
		return nil, badRequest("the body is for customer %s and the path for %s", input.Code, code)
	}
	input.Code = code
	if err := input.check(); err != nil {
		return nil, badRequest("%v", err)
	}
	if err := e.writeCustomers([]CustomerInput{input}); err != nil {
		return nil, err
	}
	return e.readCustomer(r, code)
}

func (e *ERP) postCustomers(r *http.Request) (any, error) {
	var batch CustomerBatch
	if err := decode(r, &batch); err != nil {
		return nil, err
	}
	if len(batch.Customers) > MaxCustomerBatch {
		return nil, badRequest("%d customers in one batch, at most %d fit", len(batch.Customers), MaxCustomerBatch)
	}
	for i, c := range batch.Customers {
		if err := c.check(); err != nil {
			return nil, badRequest("customers[%d]: %v", i, err)
		}
	}
	if err := e.writeCustomers(batch.Customers); err != nil {
		return nil, err
	}
	return CustomerBatchAnswer{Written: len(batch.Customers)}, nil
}

func (e *ERP) listCustomers(r *http.Request) (any, error) {
	query, err := checkQuery(r, "after", "limit")
	if err != nil {
		return nil, err
	}
	limit, err := pageLimit(query)
	if err != nil {
		return nil, err
	}
	rows, err := e.readers.QueryContext(r.Context(),
		selectCustomers+` WHERE c.code > ? ORDER BY c.code LIMIT ?`, query.Get("after"), limit+1)
	if err != nil {
		return nil, fmt.Errorf("list customers: %w", err)
	}
	defer rows.Close()
	page := CustomerPage{Customers: []Customer{}}
	for rows.Next() {
		c, err := scanCustomer(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list customers: %w", err)
		}
		if len(page.Customers) == limit { // the row beyond the page says that there is a next one
			page.Next = page.Customers[limit-1].Code
			break
		}
		page.Customers = append(page.Customers, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list customers: %w", err)
	}
	return page, nil
}
