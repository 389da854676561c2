package erp

import (
	"encoding/json"
	"fmt"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// storedDocument is a document in the outbox file. Its shape may change with
// schemaVersion, because the file is derived.
type storedDocument struct {
	Kind      string         `json:"k"`
	Customer  string         `json:"c"`
	Date      string         `json:"d"`
	DueDate   string         `json:"u,omitempty"`
	Reference string         `json:"r,omitempty"`
	Currency  money.Currency `json:"y"`
	Entries   []storedEntry  `json:"e"`
}

type storedEntry struct {
	Ref     string         `json:"r"`
	Account domain.Account `json:"a"`
	Debit   string         `json:"d,omitempty"`
	Credit  string         `json:"c,omitempty"`
	Memo    string         `json:"m,omitempty"`
}

func encodeDocument(d domain.Document) ([]byte, error) {
	s := storedDocument{Kind: d.Kind, Customer: string(d.Customer), Date: d.Date, DueDate: d.DueDate, Reference: d.Reference,
		Currency: d.Currency, Entries: make([]storedEntry, len(d.Entries))}
	for i, e := range d.Entries {
		s.Entries[i] = storedEntry{Ref: e.Ref, Account: e.Account, Memo: e.Memo}
		amount := e.Amount.Amount().String()
		if e.Side == domain.DebitSide {
			s.Entries[i].Debit = amount
		} else {
			s.Entries[i].Credit = amount
		}
	}
	body, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("keep document %s: %w", d.Number, err)
	}
	return body, nil
}

func decodeDocument(number string, body []byte) (domain.Document, error) {
	var s storedDocument
	if err := json.Unmarshal(body, &s); err != nil {
		return domain.Document{}, fmt.Errorf("read document %s from the outbox: %w", number, err)
	}
	d := domain.Document{Number: number, Kind: s.Kind, Customer: domain.CustomerID(s.Customer), Date: s.Date, DueDate: s.DueDate,
		Reference: s.Reference, Currency: s.Currency, Entries: make([]domain.Entry, len(s.Entries))}
	for i, e := range s.Entries {
		side, text := domain.DebitSide, e.Debit
		if text == "" {
			side, text = domain.CreditSide, e.Credit
		}
		amount, err := money.Parse(text, s.Currency)
		if err != nil {
			return domain.Document{}, fmt.Errorf("read document %s from the outbox, entry %s: %w", number, e.Ref, err)
		}
		d.Entries[i] = domain.Entry{Ref: e.Ref, Account: e.Account, Side: side, Amount: amount, Memo: e.Memo}
	}
	return d, nil
}

// debits is the sum by which a document is recognised in the books.
func debits(d domain.Document) (money.Money, error) {
	sum := money.Zero(d.Currency)
	for _, e := range d.Entries {
		if e.Side != domain.DebitSide {
			continue
		}
		var err error
		if sum, err = sum.Add(e.Amount); err != nil {
			return sum, fmt.Errorf("sum document %s: %w", d.Number, err)
		}
	}
	return sum, nil
}
