package sandboxerp

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"
)

// The edits of this file go straight to the tables, past every rule of booking
// but one: what is written must still be readable. They ask for no permission,
// heed no closed period and keep no balance, as direct edits never do.

// changes collects the columns an edit sets.
type changes struct {
	columns []string
	args    []any
}

func (c *changes) set(column string, value any) {
	c.columns = append(c.columns, column+" = ?")
	c.args = append(c.args, value)
}

func (c *changes) apply(tx *sql.Tx, now time.Time, table, where string, key ...any) error {
	c.set("modified_at", now.UnixMicro())
	_, err := tx.Exec(`UPDATE `+table+` SET `+strings.Join(c.columns, ", ")+` WHERE `+where, append(c.args, key...)...)
	return err
}

func checkAccount(tx *sql.Tx, code string) error {
	var one int
	err := tx.QueryRow(`SELECT 1 FROM accounts WHERE code = ?`, code).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return unacceptable(CodeUnknownAccount, "there is no account %q", code)
	}
	return err
}

// entryOwner finds the document an entry belongs to and its currency.
func entryOwner(tx *sql.Tx, id int64) (document int64, currency string, err error) {
	err = tx.QueryRow(`SELECT d.id, d.currency FROM entries e JOIN documents d ON d.id = e.document WHERE e.document = ? AND e.id = ?`, documentOf(id), id).
		Scan(&document, &currency)
	if errors.Is(err, sql.ErrNoRows) {
		err = notFound("there is no entry %d", id)
	}
	return document, currency, err
}

func documentCurrency(tx *sql.Tx, id int64) (currency string, err error) {
	err = tx.QueryRow(`SELECT currency FROM documents WHERE id = ?`, id).Scan(&currency)
	if errors.Is(err, sql.ErrNoRows) {
		err = notFound("there is no document %d", id)
	}
	return currency, err
}

func touchDocument(tx *sql.Tx, id int64, now time.Time) error {
	_, err := tx.Exec(`UPDATE documents SET modified_at = ? WHERE id = ?`, now.UnixMicro(), id)
	return err
}

// edit runs one direct edit and wraps what broke, but not what was refused.
func (e *ERP) edit(what string, fn func(tx *sql.Tx, now time.Time) (EditAnswer, error)) (any, error) {
	var done EditAnswer
	err := e.update(func(tx *sql.Tx, now time.Time) error {
		var err error
		done, err = fn(tx, now)
		return err
	})
	var refused *problem
	if errors.As(err, &refused) {
		return nil, refused
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return done, nil
}

func (e *ERP) patchEntry(r *http.Request) (any, error) {
	id, err := pathID(r, mux.Vars(r))
	if err != nil {
		return nil, err
	}
	var patch EntryPatch
	if err := decode(r, &patch); err != nil {
		return nil, err
	}
	if patch == (EntryPatch{}) {
		return nil, badRequest("the patch changes nothing; name account, debit, credit or memo")
	}
	if patch.Memo != nil {
		if err := checkText("memo", *patch.Memo, maxTextBytes, false); err != nil {
			return nil, badRequest("%v", err)
		}
	}
	return e.edit(fmt.Sprintf("edit entry %d", id), func(tx *sql.Tx, now time.Time) (EditAnswer, error) {
		document, currency, err := entryOwner(tx, id)
		if err != nil {
			return EditAnswer{}, err
		}
		var c changes
		if patch.Account != nil {
			if err := checkAccount(tx, *patch.Account); err != nil {
				return EditAnswer{}, err
			}
			c.set("account", *patch.Account)
		}
		for _, side := range []struct {
			column string
			text   *string
		}{{"debit", patch.Debit}, {"credit", patch.Credit}} {
			if side.text == nil {
				continue
			}
			n, err := parseAmount(*side.text, currency)
			if err != nil {
				return EditAnswer{}, unacceptable(CodeBadAmount, "%s: %v", side.column, err)
			}
			c.set(side.column, int64(n))
		}
		if patch.Memo != nil {
			c.set("memo", *patch.Memo)
		}
		return EditAnswer{Document: document, Entry: id}, c.apply(tx, now, "entries", "document = ? AND id = ?", document, id)
	})
}

func (e *ERP) deleteEntry(r *http.Request) (any, error) {
	id, err := pathID(r, mux.Vars(r))
	if err != nil {
		return nil, err
	}
	return e.edit(fmt.Sprintf("delete entry %d", id), func(tx *sql.Tx, now time.Time) (EditAnswer, error) {
		document, _, err := entryOwner(tx, id)
		if err != nil {
			return EditAnswer{}, err
		}
		if _, err := tx.Exec(`DELETE FROM entries WHERE document = ? AND id = ?`, document, id); err != nil {
			return EditAnswer{}, err
		}
		return EditAnswer{Document: document, Entry: id}, touchDocument(tx, document, now)
	})
}

func (e *ERP) postEntry(r *http.Request) (any, error) {
	var stray StrayEntry
	if err := decode(r, &stray); err != nil {
		return nil, err
	}
	for _, err := range []error{
		checkText("ref", stray.Ref, maxNameBytes, true),
		checkText("memo", stray.Memo, maxTextBytes, false),
	} {
		if err != nil {
			return nil, badRequest("%v", err)
		}
	}
	return e.edit(fmt.Sprintf("add an entry to document %d", stray.Document), func(tx *sql.Tx, now time.Time) (EditAnswer, error) {
		currency, err := documentCurrency(tx, stray.Document)
		if err != nil {
			return EditAnswer{}, err
		}
		if err := checkAccount(tx, stray.Account); err != nil {
			return EditAnswer{}, err
		}
		debit, err := parseAmount(stray.Debit, currency)
		if err != nil {
			return EditAnswer{}, unacceptable(CodeBadAmount, "debit: %v", err)
		}
		credit, err := parseAmount(stray.Credit, currency)
		if err != nil {
			return EditAnswer{}, unacceptable(CodeBadAmount, "credit: %v", err)
		}
		var n int64
		err = tx.QueryRow(`UPDATE documents SET entries = entries + 1, modified_at = ? WHERE id = ? RETURNING entries`,
			now.UnixMicro(), stray.Document).Scan(&n)
		if err != nil {
			return EditAnswer{}, err
		}
		if n >= entriesOfOne {
			return EditAnswer{}, unacceptable(CodeTooManyLines, "document %d was given %d entries already", stray.Document, n-1)
		}
		id := entryID(stray.Document, n)
		_, err = tx.Exec(`INSERT INTO entries (id, document, ref, account, debit, credit, memo, booked_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, id, stray.Document, stray.Ref, stray.Account,
			int64(debit), int64(credit), stray.Memo, now.UnixMicro())
		return EditAnswer{Document: stray.Document, Entry: id}, err
	})
}

func (e *ERP) patchDocument(r *http.Request) (any, error) {
	id, err := pathID(r, mux.Vars(r))
	if err != nil {
		return nil, err
	}
	var patch DocumentPatch
	if err := decode(r, &patch); err != nil {
		return nil, err
	}
	var c changes
	if patch.Customer != nil {
		if err := checkText("customer", *patch.Customer, maxCodeBytes, false); err != nil {
			return nil, badRequest("%v", err)
		}
		c.set("customer", *patch.Customer)
	}
	if patch.Date != nil {
		if _, err := parseDate(*patch.Date); err != nil {
			return nil, badRequest("date: %v", err)
		}
		c.set("date", *patch.Date)
	}
	if patch.Period != nil {
		if !validPeriod(*patch.Period) {
			return nil, badRequest("period: %q is not a month such as 2026-01", *patch.Period)
		}
		c.set("period", *patch.Period)
	}
	if patch.Currency != nil {
		if !validCurrency(*patch.Currency) {
			return nil, badRequest("currency: %q is not three capitals such as USD", *patch.Currency)
		}
		c.set("currency", *patch.Currency)
	}
	if patch.Reference != nil {
		if err := checkText("reference", *patch.Reference, maxNameBytes, false); err != nil {
			return nil, badRequest("%v", err)
		}
		c.set("reference", *patch.Reference)
	}
	if len(c.columns) == 0 {
		return nil, badRequest("the patch changes nothing; name customer, date, period, currency or reference")
	}
	return e.edit(fmt.Sprintf("edit document %d", id), func(tx *sql.Tx, now time.Time) (EditAnswer, error) {
		if _, err := documentCurrency(tx, id); err != nil {
			return EditAnswer{}, err
		}
		return EditAnswer{Document: id}, c.apply(tx, now, "documents", "id = ?", id)
	})
}

func (e *ERP) deleteDocument(r *http.Request) (any, error) {
	id, err := pathID(r, mux.Vars(r))
	if err != nil {
		return nil, err
	}
	return e.edit(fmt.Sprintf("delete document %d", id), func(tx *sql.Tx, _ time.Time) (EditAnswer, error) {
		if _, err := documentCurrency(tx, id); err != nil {
			return EditAnswer{}, err
		}
		_, err := tx.Exec(`DELETE FROM documents WHERE id = ?`, id) // its entries go with it
		return EditAnswer{Document: id}, err
	})
}

// duplicateDocument books a copy of a document as it stands, under the same number.
func (e *ERP) duplicateDocument(r *http.Request) (any, error) {
	id, err := pathID(r, mux.Vars(r))
	if err != nil {
		return nil, err
	}
	var answer EditAnswer
	err = e.book(nil, func(b *batch) error {
		original, err := scanDocument(b.tx.QueryRow(`SELECT `+documentColumns+` FROM documents d WHERE d.id = ?`, id).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return notFound("there is no document %d", id)
		}
		if err != nil {
			return fmt.Errorf("read document %d: %w", id, err)
		}
		d := draft{period: original.Period, Document: Document{
			Number: original.Number, Kind: original.Kind, Customer: original.Customer, Date: original.Date,
			Currency: original.Currency, DueDate: original.DueDate, Reference: original.Reference,
		}}
		err = each(r.Context(), b.tx, `SELECT ref, account, debit, credit, memo FROM entries WHERE document = ? ORDER BY ref, id`,
			[]any{id}, func(scan func(...any) error) error {
				var entry draftEntry
				err := scan(&entry.ref, &entry.account, &entry.debit, &entry.credit, &entry.memo)
				d.entries = append(d.entries, entry)
				return err
			})
		if err != nil {
			return fmt.Errorf("read entries of document %d: %w", id, err)
		}
		answer.Document, err = b.insert(d)
		return err
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}
