package sandboxerp

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/gorilla/mux"
)

const documentColumns = `d.id, d.number, d.kind, d.customer, d.date, d.period, d.currency, d.due_date, d.reference, d.booked_at, d.modified_at`

func scanDocument(scan func(...any) error, more ...any) (BookedDocument, error) {
	var d BookedDocument
	var booked int64
	var modified sql.NullInt64
	into := []any{&d.ID, &d.Number, &d.Kind, &d.Customer, &d.Date, &d.Period, &d.Currency, &d.DueDate, &d.Reference, &booked, &modified}
	err := scan(append(into, more...)...)
	d.BookedAt, d.ModifiedAt = micros(booked), microsOrNil(modified)
	return d, err
}

func (e *ERP) getDocuments(r *http.Request) (any, error) {
	query, err := checkQuery(r, "number")
	if err != nil {
		return nil, err
	}
	return e.probe(r, query["number"])
}

func (e *ERP) probeDocuments(r *http.Request) (any, error) {
	var request ProbeRequest
	if err := decode(r, &request); err != nil {
		return nil, err
	}
	return e.probe(r, request.Numbers)
}

func (e *ERP) probe(r *http.Request, numbers []string) (any, error) {
	if len(numbers) == 0 {
		return nil, badRequest("there is no number to look for")
	}
	if len(numbers) > MaxProbeNumbers {
		return nil, badRequest("%d numbers in one probe, at most %d fit", len(numbers), MaxProbeNumbers)
	}
	list, err := json.Marshal(numbers)
	if err != nil {
		return nil, fmt.Errorf("name the numbers: %w", err)
	}
	found := ProbeAnswer{Documents: []BookedDocument{}}
	err = each(r.Context(), e.readers, `SELECT `+documentColumns+`, count(e.id), `+debitSums+`
		FROM documents d LEFT JOIN entries e ON e.document = d.id
		WHERE d.number IN (SELECT value FROM json_each(?))
		GROUP BY d.number, d.id ORDER BY d.number, d.id`, []any{string(list)}, func(scan func(...any) error) error {
		var high, low int64
		var lines int
		d, err := scanDocument(scan, &lines, &high, &low)
		if err != nil {
			return err
		}
		d.LineCount = lines
		d.TotalDebit = joinHalves(high, low).text(d.Currency)
		found.Documents = append(found.Documents, d)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("probe documents: %w", err)
	}
	return found, nil
}

func (e *ERP) getDocument(r *http.Request) (any, error) {
	id, err := pathID(r, mux.Vars(r))
	if err != nil {
		return nil, err
	}
	tx, err := e.readers.BeginTx(r.Context(), nil)
	if err != nil {
		return nil, fmt.Errorf("read document %d: %w", id, err)
	}
	defer func() { _ = tx.Rollback() }() // it only reads
	d, err := scanDocument(tx.QueryRow(`SELECT `+documentColumns+` FROM documents d WHERE d.id = ?`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound("there is no document %d", id)
	}
	if err != nil {
		return nil, fmt.Errorf("read document %d: %w", id, err)
	}
	var debits total
	err = each(r.Context(), tx, `SELECT id, ref, account, debit, credit, memo, modified_at
		FROM entries WHERE document = ? ORDER BY ref, id`, []any{id}, func(scan func(...any) error) error {
		var entry BookedEntry
		var debit, credit int64
		var modified sql.NullInt64
		if err := scan(&entry.Entry, &entry.Ref, &entry.Account, &debit, &credit, &entry.Memo, &modified); err != nil {
			return err
		}
		debits.add(amount(debit))
		entry.Debit = formatAmount(amount(debit), d.Currency)
		entry.Credit = formatAmount(amount(credit), d.Currency)
		entry.ModifiedAt = microsOrNil(modified)
		d.Lines = append(d.Lines, entry)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read entries of document %d: %w", id, err)
	}
	d.LineCount, d.TotalDebit = len(d.Lines), debits.text(d.Currency)
	return d, nil
}
