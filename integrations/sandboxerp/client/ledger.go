package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/integrations/sandboxerp"
)

// Entry is one entry of the ledger, with its document's columns beside it.
type Entry struct {
	ID         int64
	DocumentID int64
	Number     string // of the document
	Kind       string
	Customer   string
	Date       string
	Period     string
	Currency   string // three capitals, not always in ISO 4217: books can be edited
	Ref        string
	Account    string
	Debit      decimal.Decimal // zero when it is a credit
	Credit     decimal.Decimal
	Memo       string
	BookedAt   time.Time
	// ModifiedAt and DocumentModifiedAt are zero for what was never edited.
	ModifiedAt         time.Time
	DocumentModifiedAt time.Time
}

// Kinds of fault in an extract.
var (
	// ErrExtractEmpty: there was not even a header.
	ErrExtractEmpty = errors.New("the extract is empty")
	// ErrExtractTruncated: it ends before its trailer.
	ErrExtractTruncated = errors.New("the extract was cut short")
	// ErrExtractOrder: its entries do not come in order.
	ErrExtractOrder = errors.New("the extract is out of order")
	// ErrExtractRepeated: an entry comes twice.
	ErrExtractRepeated = errors.New("the extract repeats an entry")
	// ErrExtractTotals: the entries are not those that the trailer counts.
	ErrExtractTotals = errors.New("the extract disagrees with its trailer")
	// ErrExtractForm: something in it cannot be read, or is not what was asked for.
	ErrExtractForm = errors.New("the extract cannot be read")
)

// ExtractError is why an extract must not be believed: ask for a new one.
// It wraps one of the kinds above.
type ExtractError struct {
	Kind   error
	Line   int64 // from 1
	Detail string
}

func (e *ExtractError) Error() string {
	return fmt.Sprintf("ledger extract, line %d: %v: %s", e.Line, e.Kind, e.Detail)
}

func (e *ExtractError) Unwrap() error { return e.Kind }

// maxRecordBytes bounds one record of an extract.
const maxRecordBytes = 1 << 20

// Extract is the ledger as of one instant. Nothing in it may be believed
// before Entries has ended without an error.
type Extract struct {
	AsOf     time.Time
	From, To string // months, inclusive; "" bounds nothing

	in      *bufio.Reader
	close   func() error
	line    int64
	count   int64
	last    Entry
	current string
	sums    *[2]decimal.Decimal // of the currency at hand
	totals  map[string]*[2]decimal.Decimal
	scratch sandboxerp.LedgerEntry
}

// Ledger asks for the ledger of some months; an empty month bounds nothing.
// The caller closes the extract.
func (c *Client) Ledger(ctx context.Context, from, to string) (*Extract, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	stalled := time.AfterFunc(c.opts.Stall, func() {
		cancel(fmt.Errorf("the ERP sent nothing for %s", c.opts.Stall))
	})
	done := func() { stalled.Stop(); cancel(nil) }
	response, err := c.open(ctx, "GET /ledger", "GET", "/ledger"+periodQuery(from, to), nil)
	if err != nil {
		done()
		return nil, err
	}
	x, err := ReadExtract(&patientReader{ctx, response.Body, stalled, c.opts.Stall})
	if err == nil && (x.From != from || x.To != to) {
		err = &ExtractError{ErrExtractForm, 1, fmt.Sprintf("months %q to %q were asked for, %.20q to %.20q came", from, to, x.From, x.To)}
	}
	if err != nil {
		_ = response.Body.Close()
		done()
		return nil, err
	}
	x.close = func() error { defer done(); return response.Body.Close() }
	return x, nil
}

func periodQuery(from, to string) string {
	query := url.Values{}
	if from != "" {
		query.Set("period_from", from)
	}
	if to != "" {
		query.Set("period_to", to)
	}
	if len(query) == 0 {
		return ""
	}
	return "?" + query.Encode()
}

// patientReader gives up on a body that stalls.
type patientReader struct {
	ctx   context.Context
	body  io.Reader
	timer *time.Timer
	stall time.Duration
}

func (r *patientReader) Read(p []byte) (int, error) {
	r.timer.Reset(r.stall)
	n, err := r.body.Read(p)
	if err != nil && err != io.EOF && context.Cause(r.ctx) != nil {
		err = context.Cause(r.ctx)
	}
	return n, err
}

// ReadExtract reads an extract that was kept, up to its header.
func ReadExtract(r io.Reader) (*Extract, error) {
	x := &Extract{in: bufio.NewReaderSize(r, maxRecordBytes), close: func() error { return nil }, totals: map[string]*[2]decimal.Decimal{}}
	line, err := x.next()
	if err != nil {
		if x.line == 1 && len(line) == 0 && errors.Is(err, ErrExtractTruncated) {
			return nil, x.fault(ErrExtractEmpty, "ask the ERP for a new one")
		}
		return nil, err
	}
	var h sandboxerp.LedgerHeader
	if err := json.Unmarshal(line, &h); err != nil || h.Record != "header" || h.AsOf.IsZero() {
		return nil, x.fault(ErrExtractForm, "it does not begin with a header")
	}
	x.AsOf, x.From, x.To = h.AsOf.UTC(), h.From, h.To
	return x, nil
}

// Close lets the extract go.
func (x *Extract) Close() error { return x.close() }

// Count is how many entries were read so far.
func (x *Extract) Count() int64 { return x.count }

// Entries reads the entries in the order of document number, document id, ref
// and entry id, once. It ends after a trailer that agrees with them, or with
// an error: an *ExtractError, or what broke the connection.
func (x *Extract) Entries() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for {
			line, err := x.next()
			if err != nil {
				yield(Entry{}, err)
				return
			}
			kind, err := x.kindOf(line)
			switch {
			case err != nil:
				yield(Entry{}, err)
				return
			case kind == "trailer":
				if err := x.finish(line); err != nil {
					yield(Entry{}, err)
				}
				return
			}
			entry, err := x.entry(line)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if !yield(entry, nil) {
				return
			}
		}
	}
}

func (x *Extract) fault(kind error, detail string) error {
	return &ExtractError{kind, x.line, detail}
}

// next reads a line; the slice holds until the next call.
func (x *Extract) next() ([]byte, error) {
	x.line++
	line, err := x.in.ReadSlice('\n')
	switch {
	case err == nil:
		return line[:len(line)-1], nil
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF):
		return line, x.fault(ErrExtractTruncated, fmt.Sprintf("it ends after %d entries without a trailer", x.count))
	case err == bufio.ErrBufferFull:
		return nil, x.fault(ErrExtractForm, fmt.Sprintf("a record has over %d bytes", maxRecordBytes))
	}
	return nil, fmt.Errorf("ledger extract, line %d: %w", x.line, err)
}

func (x *Extract) kindOf(line []byte) (string, error) {
	if bytes.HasPrefix(line, []byte(`{"record":"entry",`)) {
		return "entry", nil
	}
	var record struct {
		Record string `json:"record"`
	}
	if err := json.Unmarshal(line, &record); err != nil {
		return "", x.fault(ErrExtractForm, err.Error())
	}
	if record.Record != "entry" && record.Record != "trailer" {
		return "", x.fault(ErrExtractForm, fmt.Sprintf("a record of kind %.40q", record.Record))
	}
	return record.Record, nil
}

func (x *Extract) entry(line []byte) (Entry, error) {
	x.scratch = sandboxerp.LedgerEntry{}
	r := &x.scratch
	if err := json.Unmarshal(line, r); err != nil {
		return Entry{}, x.fault(ErrExtractForm, err.Error())
	}
	e := Entry{ID: r.Entry, DocumentID: r.Document, Number: r.Number, Kind: r.Kind, Customer: r.Customer, Date: r.Date, Period: r.Period,
		Currency: r.Currency, Ref: r.Ref, Account: r.Account, Memo: r.Memo, BookedAt: r.BookedAt.UTC()}
	var err error
	if e.Debit, err = amountOf(r.Debit); err == nil {
		e.Credit, err = amountOf(r.Credit)
	}
	if err != nil {
		return Entry{}, x.fault(ErrExtractForm, err.Error())
	}
	if r.ModifiedAt != nil {
		e.ModifiedAt = r.ModifiedAt.UTC()
	}
	if r.DocModifiedAt != nil {
		e.DocumentModifiedAt = r.DocModifiedAt.UTC()
	}
	if x.count > 0 {
		switch order := compareEntries(x.last, e); {
		case order == 0:
			return Entry{}, x.fault(ErrExtractRepeated, fmt.Sprintf("entry %d of document %s comes again", e.ID, e.Number))
		case order > 0:
			return Entry{}, x.fault(ErrExtractOrder, fmt.Sprintf("document %s ref %s comes after document %s ref %s", e.Number, e.Ref, x.last.Number, x.last.Ref))
		}
	}
	x.count++
	x.last = e
	if x.sums == nil || x.current != e.Currency {
		if x.sums = x.totals[e.Currency]; x.sums == nil {
			if len(x.totals) >= 1000 {
				return Entry{}, x.fault(ErrExtractForm, "it has over 1000 currencies")
			}
			x.sums = new([2]decimal.Decimal)
			x.totals[e.Currency] = x.sums
		}
		x.current = e.Currency
	}
	x.sums[0], x.sums[1] = x.sums[0].Add(e.Debit), x.sums[1].Add(e.Credit)
	return e, nil
}

func amountOf(text string) (decimal.Decimal, error) {
	if text == "" {
		return decimal.Decimal{}, nil
	}
	return money.ParseDecimal(text)
}

func compareEntries(a, b Entry) int {
	if c := strings.Compare(a.Number, b.Number); c != 0 {
		return c
	}
	if a.DocumentID != b.DocumentID {
		return sign(a.DocumentID < b.DocumentID)
	}
	if c := strings.Compare(a.Ref, b.Ref); c != 0 {
		return c
	}
	if a.ID != b.ID {
		return sign(a.ID < b.ID)
	}
	return 0
}

func sign(before bool) int {
	if before {
		return -1
	}
	return 1
}

// finish compares the trailer with what was read, and makes sure that nothing
// follows it.
func (x *Extract) finish(line []byte) error {
	var t sandboxerp.LedgerTrailer
	if err := json.Unmarshal(line, &t); err != nil {
		return x.fault(ErrExtractForm, err.Error())
	}
	if t.Entries != x.count {
		return x.fault(ErrExtractTotals, fmt.Sprintf("the trailer counts %d entries, %d came", t.Entries, x.count))
	}
	for i, side := range []struct {
		name   string
		stated map[string]string
	}{{"debits", t.Debit}, {"credits", t.Credit}} {
		if len(side.stated) != len(x.totals) {
			return x.fault(ErrExtractTotals, fmt.Sprintf("the trailer sums %s in %d currencies, entries came in %d", side.name, len(side.stated), len(x.totals)))
		}
		for currency, sums := range x.totals {
			// Totals may be longer than any amount, but not than this.
			stated, ok := side.stated[currency]
			if len(stated) > 60 || strings.ContainsAny(stated, "eE") {
				return x.fault(ErrExtractForm, fmt.Sprintf("a total of %s in %.10q is not a number", side.name, currency))
			}
			total, err := decimal.NewFromString(stated)
			if !ok || err != nil || !total.Equal(sums[i]) {
				return x.fault(ErrExtractTotals, fmt.Sprintf("%s in %s: the trailer says %.60q, the entries sum to %s", side.name, currency, stated, sums[i]))
			}
		}
	}
	if rest, err := x.next(); err == nil || len(rest) > 0 {
		return x.fault(ErrExtractForm, "something follows its trailer")
	} else if !errors.Is(err, ErrExtractTruncated) {
		return err
	}
	return nil
}
