package sandboxerp

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"
)

const (
	flushBytes   = 256 << 10
	writePatient = 30 * time.Second // a reader that takes nothing for so long is cut off
	lastPeriod   = "9999-12"
)

// Both cursors of the extract take the same order from the same index, without
// sorting. They walk side by side, so that a document's columns are read once
// rather than with each of its entries.
const (
	extractDocuments = `SELECT id, number, kind, customer, date, period, currency, booked_at, modified_at
		FROM documents INDEXED BY documents_by_number
		WHERE period BETWEEN ? AND ? ORDER BY number, id`
	extractEntries = `SELECT d.id, e.id, e.ref, e.account, e.debit, e.credit, e.memo, e.booked_at, e.modified_at
		FROM documents d INDEXED BY documents_by_number CROSS JOIN entries e ON e.document = d.id
		WHERE d.period BETWEEN ? AND ? ORDER BY d.number, d.id, e.ref, e.id`
)

// periodRange reads period_from and period_to, both inclusive.
func periodRange(values url.Values) (from, to string, err error) {
	from, to = values.Get("period_from"), values.Get("period_to")
	for name, period := range map[string]string{"period_from": from, "period_to": to} {
		if period != "" && !validPeriod(period) {
			return "", "", badRequest("%s is %q, want a month such as 2026-01", name, period)
		}
	}
	return from, to, nil
}

// snapshot is a read transaction that sees the books as of one instant: what was
// booked up to it and nothing after.
type snapshot struct {
	conn *sql.Conn
	tx   *sql.Tx
	asOf time.Time
}

func (e *ERP) snapshot(ctx context.Context) (*snapshot, error) {
	// The connection comes first: waiting for one must not hold up the writer.
	conn, err := e.readers.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("take a reading connection: %w", err)
	}
	e.writing.Lock()
	defer e.writing.Unlock()
	// Cancelling is checked between pages instead, which is far cheaper than per row.
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err == nil {
		var pinned int64 // SQLite fixes the snapshot at the first read
		if err = tx.QueryRow(`SELECT value FROM counters WHERE name = 'document'`).Scan(&pinned); err != nil {
			_ = tx.Rollback()
		}
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("begin a snapshot: %w", err)
	}
	return &snapshot{conn: conn, tx: tx, asOf: e.now()}, nil
}

func (s *snapshot) close() {
	_ = s.tx.Rollback() // it only read
	_ = s.conn.Close()
}

// streamLedger writes the extract as it reads it, so its memory does not grow
// with the ledger. Whatever stops it midway leaves the trailer out.
func (e *ERP) streamLedger(w http.ResponseWriter, r *http.Request) {
	query, err := checkQuery(r, "period_from", "period_to")
	if err == nil {
		var from, to string
		if from, to, err = periodRange(query); err == nil {
			select {
			case e.extracts <- struct{}{}:
				defer func() { <-e.extracts }()
				err = e.extract(w, r, from, to)
			case <-r.Context().Done():
				return
			case <-e.closing:
				err = &problem{http.StatusServiceUnavailable, CodeClosing, "the ERP is shutting down; try again when it is back"}
			}
		}
	}
	if err != nil {
		e.writeProblem(w, r, err)
	}
}

// extract returns an error only while the answer has not begun.
func (e *ERP) extract(w http.ResponseWriter, r *http.Request, from, to string) error {
	s, err := e.snapshot(r.Context())
	if err != nil {
		return err
	}
	defer s.close()
	upTo := to
	if upTo == "" {
		upTo = lastPeriod
	}
	documents, err := s.tx.Query(extractDocuments, from, upTo)
	if err != nil {
		return fmt.Errorf("read documents: %w", err)
	}
	defer documents.Close()
	entries, err := s.tx.Query(extractEntries, from, upTo)
	if err != nil {
		return fmt.Errorf("read entries: %w", err)
	}
	defer entries.Close()

	w.Header().Set("Content-Type", "application/x-ndjson")
	out := &ledgerWriter{w: w, control: http.NewResponseController(w), totals: map[string]*[2]total{}}
	err = out.header(LedgerHeader{Record: "header", AsOf: s.asOf, From: from, To: to})
	for err == nil && entries.Next() {
		if err = entries.Scan(&out.document, &out.entry, &out.ref, &out.account, &out.debit, &out.credit,
			&out.memo, &out.booked, &out.modified); err != nil {
			break
		}
		for err == nil && out.current != out.document {
			err = out.nextDocument(documents)
		}
		if err == nil {
			out.writeEntry()
			if len(out.buffer) >= flushBytes {
				if err = e.stillWanted(r); err == nil {
					err = out.flush()
				}
			}
		}
	}
	if err == nil {
		err = entries.Err()
	}
	if err == nil {
		err = out.trailer()
	}
	if err != nil {
		// The status line is out already: cutting the connection is the only
		// way left to say that this extract is not whole.
		if r.Context().Err() == nil {
			e.log.Error("sandbox ERP cut an extract short", "entries", out.count, "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (e *ERP) stillWanted(r *http.Request) error {
	select {
	case <-e.closing:
		return fmt.Errorf("the ERP is shutting down")
	case <-r.Context().Done():
		return r.Context().Err()
	default:
		return nil
	}
}

// ledgerWriter builds the records by hand: the extract is the one answer whose
// speed matters, and every record has the same shape.
type ledgerWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	buffer  []byte
	count   int64
	totals  map[string]*[2]total // currency → debit, credit

	// the entry at hand
	document, entry    int64
	ref, account, memo sql.RawBytes
	debit, credit      int64
	booked, modified   sql.NullInt64

	// the document at hand, with the parts of a record that it fixes
	current     int64
	currency    string
	sums        *[2]total
	front       []byte // from "document" to "currency"
	bookedAt    []byte
	docModified []byte
}

func (l *ledgerWriter) header(h LedgerHeader) error {
	line, err := json.Marshal(h)
	l.buffer = append(append(l.buffer, line...), '\n')
	return err
}

func (l *ledgerWriter) nextDocument(rows *sql.Rows) error {
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return fmt.Errorf("entry %d belongs to document %d, which is not in the books", l.entry, l.document)
	}
	var number, kind, customer, date, period sql.RawBytes
	var booked int64
	var modified sql.NullInt64
	if err := rows.Scan(&l.current, &number, &kind, &customer, &date, &period, &l.currency, &booked, &modified); err != nil {
		return err
	}
	f := append(l.front[:0], `,"document":`...)
	f = strconv.AppendInt(f, l.current, 10)
	f = appendText(append(f, `,"number":`...), number)
	f = appendText(append(f, `,"kind":`...), kind)
	f = appendText(append(f, `,"customer":`...), customer)
	f = appendText(append(f, `,"date":`...), date)
	f = appendText(append(f, `,"period":`...), period)
	l.front = appendText(append(f, `,"currency":`...), []byte(l.currency))
	l.bookedAt = appendInstant(l.bookedAt[:0], sql.NullInt64{Int64: booked, Valid: true})
	l.docModified = appendInstant(l.docModified[:0], modified)
	l.sums = l.totals[l.currency]
	if l.sums == nil {
		l.sums = new([2]total)
		l.totals[l.currency] = l.sums
	}
	return nil
}

func (l *ledgerWriter) writeEntry() {
	b := append(l.buffer, `{"record":"entry","entry":`...)
	b = strconv.AppendInt(b, l.entry, 10)
	b = append(b, l.front...)
	b = appendText(append(b, `,"ref":`...), l.ref)
	b = appendText(append(b, `,"account":`...), l.account)
	b = appendAmount(append(b, `,"debit":"`...), amount(l.debit), l.currency)
	b = appendAmount(append(b, `","credit":"`...), amount(l.credit), l.currency)
	b = appendText(append(b, `","memo":`...), l.memo)
	b = append(b, `,"booked_at":`...)
	if l.booked.Valid {
		b = appendInstant(b, l.booked)
	} else {
		b = append(b, l.bookedAt...)
	}
	b = appendInstant(append(b, `,"modified_at":`...), l.modified)
	b = append(append(b, `,"doc_modified_at":`...), l.docModified...)
	l.buffer = append(b, '}', '\n')
	l.count++
	l.sums[0].add(amount(l.debit))
	l.sums[1].add(amount(l.credit))
}

func (l *ledgerWriter) flush() error {
	// A recorder has no deadline to set, and no reader that could stall either.
	_ = l.control.SetWriteDeadline(time.Now().Add(writePatient))
	_, err := l.w.Write(l.buffer)
	l.buffer = l.buffer[:0]
	return err
}

func (l *ledgerWriter) trailer() error {
	t := LedgerTrailer{Record: "trailer", Entries: l.count, Debit: map[string]string{}, Credit: map[string]string{}}
	for currency, sums := range l.totals {
		t.Debit[currency], t.Credit[currency] = sums[0].text(currency), sums[1].text(currency)
	}
	line, err := json.Marshal(t)
	if err != nil {
		return err
	}
	l.buffer = append(append(l.buffer, line...), '\n')
	return l.flush()
}

func appendInstant(b []byte, at sql.NullInt64) []byte {
	if !at.Valid {
		return append(b, "null"...)
	}
	b = micros(at.Int64).AppendFormat(append(b, '"'), time.RFC3339Nano)
	return append(b, '"')
}

// appendText writes a JSON string; plain ASCII, which nearly all of a ledger is,
// goes through as it stands.
func appendText(b, text []byte) []byte {
	for _, c := range text {
		if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			encoded, _ := json.Marshal(string(text)) // a string always encodes
			return append(b, encoded...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}
