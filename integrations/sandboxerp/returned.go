package sandboxerp

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"

	"github.com/gorilla/mux"
)

// postReturn books that the bank took a receipt back: the opposite of its
// entries, once a receipt. The feed keeps the receipt's line: it is what the
// bank had said.
func (e *ERP) postReturn(r *http.Request) (any, error) {
	var input ReturnInput
	if err := decode(r, &input); err != nil {
		return nil, err
	}
	number := mux.Vars(r)["number"]
	var customer, currency string
	var pays int64
	err := e.readers.QueryRowContext(r.Context(), `SELECT r.customer, r.currency, r.amount FROM receipts r WHERE printf('RCPT-%08d', r.n) = ?`, number).Scan(&customer, &currency, &pays)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound("there is no receipt %s", number)
	}
	if err != nil {
		return nil, fmt.Errorf("look for receipt %s: %w", number, err)
	}
	returned := Returned{Number: "RTRN-" + number[len("RCPT-"):], Receipt: number, Amount: formatAmount(amount(pays), currency), Currency: currency, Date: input.Date}
	// It obeys the rules of a document, so it is read and weighed as one.
	d, rejected := read(Document{
		Number: returned.Number, Kind: KindReceipt, Customer: customer, Date: input.Date, Currency: currency, Reference: input.Reason,
		Lines: []Line{
			{Ref: "1", Account: e.own.Bank, Credit: returned.Amount, Memo: input.Reason},
			{Ref: "2", Account: e.own.UnappliedCash, Debit: returned.Amount, Memo: input.Reason},
		},
	})
	if rejected != nil {
		return nil, unacceptable(rejected.code, "%s", rejected.message)
	}
	err = e.book([]string{customer}, func(b *batch) error {
		err := b.tx.QueryRow(`SELECT id, date FROM documents WHERE number = ? ORDER BY id LIMIT 1`, returned.Number).Scan(&returned.Document, &returned.Date)
		if !errors.Is(err, sql.ErrNoRows) {
			return err // taken back before
		}
		if rejected := b.weigh(d); rejected != nil {
			return unacceptable(rejected.code, "%s", rejected.message)
		}
		returned.Document, err = b.insert(d)
		return err
	})
	return returned, err
}
