// Package rates reads rates of exchange as central banks publish them, so that
// nobody types them: each currency becomes an index, by which agreements are
// billed in other currencies and issuers state invoices in that of their books.
//
//	European Central Bank  eurofxref-hist.csv, eurofxref.csv, or the zip of either  ECB-USD: 1 EUR = value USD
//	Bank of Canada         observations of FXUSDCAD and the like, as CSV            BOC-USD: 1 USD = value CAD
//
// A rate is published and in effect on the day that its row is of. A file may
// have what was read before: only what is news is recorded, and what was
// published first for a day stays the rate of that day (rule 23).
//
// Files are bounded before they are parsed. What is not as it should be in the
// file's build, such as a row that was cut off, refuses the whole file and names
// the line; a rate that is no number refuses its currency only.
package rates

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
	"github.com/freightledger/freightledger/domain/rating"
	"github.com/freightledger/freightledger/integrations/inbox"
)

// Channel is how files of rates come in.
const Channel = "rates"

const kind = "rates of exchange"

// Bounds of a file. The history of the European Central Bank since 1999 has 2 MB
// and 300,000 cells.
const (
	MaxBytes    = 16 << 20 // unpacked, too
	maxCells    = 1_000_000
	maxColumns  = 200 // more than there are currencies
	maxPreamble = 1_000
	// maxAtOnce values are published by one command, so that its event stays
	// well below what a store takes.
	maxAtOnce = 2_500
	// maxQuoted bytes of a file are named as where rates stand: as many as
	// somebody who follows an invoice back can look through.
	maxQuoted = 4 << 10
)

// Items reads a file of rates for the inbox: an item a currency, or several when
// it has many rates. A currency that ISO 4217 no longer lists is passed over,
// since nothing is billed in it; its item says so.
func Items(_ context.Context, id domain.MessageID, content []byte) ([]inbox.Item, error) {
	text, packed, err := unpacked(content)
	if err != nil {
		return nil, err
	}
	if err := bounded(text); err != nil {
		return nil, err
	}
	t, err := read(text)
	if err != nil {
		return nil, err
	}
	source := domain.Source{Message: id}
	if length := t.end - t.begin; !packed && length <= maxQuoted {
		source.Offset, source.Length = t.begin, length
	}
	var items []inbox.Item
	for _, s := range t.series {
		if s != nil {
			items = append(items, s.items(source)...)
		}
	}
	return items, nil
}

func bounded(content []byte) error {
	cells := bytes.Count(content, []byte("\n")) + bytes.Count(content, []byte(","))
	switch {
	case len(content) > MaxBytes:
		return &Fault{Reason: fmt.Sprintf("it has more than %d bytes", MaxBytes)}
	case cells > maxCells:
		return &Fault{Reason: fmt.Sprintf("it has more than %d lines and values", maxCells)}
	}
	return nil
}

// table is a file being read.
type table struct {
	csv    *csv.Reader
	bank   bank
	series []*series // of each column after the date's; nil where it has no name
	lines  map[string]int
	// Bytes of the file between which the rates stand.
	begin, end int64
}

func read(content []byte) (*table, error) {
	text := bytes.TrimPrefix(content, []byte("\ufeff"))
	mark := int64(len(content) - len(text))
	t := &table{csv: csv.NewReader(bytes.NewReader(text)), lines: map[string]int{}}
	t.csv.FieldsPerRecord = -1
	t.csv.ReuseRecord = true
	if err := t.open(); err != nil {
		return nil, err
	}
	t.begin = mark + t.csv.InputOffset()
	for {
		row, err := t.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = t.row(row)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(t.lines) == 0 {
		return nil, &Fault{Reason: "no rates follow the header"}
	}
	t.end = mark + t.csv.InputOffset()
	return t, nil
}

// open finds the header, which tells whose file it is.
func (t *table) open() error {
	for range maxPreamble {
		row, err := t.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for _, b := range banks() {
			if row[0] == b.header {
				t.bank = b
				return t.header(row[1:])
			}
		}
	}
	return &Fault{Line: 1, Reason: `it has no header "Date,USD,…" of the European Central Bank nor "date","FXUSDCAD" of the Bank of Canada`}
}

func (t *table) header(names []string) error {
	seen := map[string]bool{}
	for i, name := range names {
		if name == "" && i == len(names)-1 {
			t.series = append(t.series, nil) // the comma that ends the bank's rows
			break
		}
		currency, ok := t.bank.currency(name)
		if !ok {
			return t.fault("column %.40q is not one of %s: want columns like %s", name, t.bank.name, t.bank.example)
		}
		if seen[name] {
			return t.fault("column %s is there twice", name)
		}
		seen[name] = true
		t.series = append(t.series, &series{bank: t.bank, column: name, currency: money.Currency(currency)})
	}
	if len(seen) == 0 {
		return t.fault("the header names no currency")
	}
	return nil
}

// next reads a row; its fields are good until the next one.
func (t *table) next() ([]string, error) {
	row, err := t.csv.Read()
	if syntax, ok := errors.AsType[*csv.ParseError](err); ok {
		return nil, &Fault{Line: syntax.Line, Reason: syntax.Err.Error()}
	}
	if err != nil {
		return nil, err
	}
	if len(row) > maxColumns {
		return nil, t.fault("it has more than %d columns", maxColumns)
	}
	for i := range row {
		row[i] = strings.TrimSpace(row[i])
	}
	return row, nil
}

// row reads the rates of a day.
func (t *table) row(row []string) error {
	if len(row) != 1+len(t.series) {
		return t.fault("it has %d columns, the header %d: the file was cut off or changed", len(row), 1+len(t.series))
	}
	day, err := t.bank.date(row[0])
	if err != nil {
		return t.fault("%.40q is no date: want one like %s", row[0], t.bank.layouts[0])
	}
	line, _ := t.csv.FieldPos(0)
	if first, again := t.lines[day]; again {
		return t.fault("%s stands on line %d already", day, first)
	}
	t.lines[day] = line
	for i, s := range t.series {
		if text := row[i+1]; s != nil {
			s.add(day, text, line)
		} else if text != "" {
			return t.fault("%.40q stands behind the last currency: the file was changed", text)
		}
	}
	return nil
}

func (t *table) fault(format string, args ...any) error {
	line, _ := t.csv.FieldPos(0)
	return &Fault{Line: line, Reason: fmt.Sprintf(format, args...)}
}

// series is what a file has of one currency.
type series struct {
	bank     bank
	column   string
	currency money.Currency
	values   []rating.IndexValue
	refusal  *inbox.Refusal // the first
}

func (s *series) index() string { return s.bank.prefix + "-" + string(s.currency) }

// add takes the rate of a day. Without one, as on a holiday or before and after
// the currency was quoted, the banks write "N/A" or nothing.
func (s *series) add(day, text string, line int) {
	if text == "" || text == "N/A" || !s.currency.Known() {
		return
	}
	value, err := rating.ParseDecimal(text)
	if err == nil && value.Sign() <= 0 {
		err = fmt.Errorf("a rate of %s", text)
	}
	if err != nil {
		if s.refusal == nil {
			s.refusal = &inbox.Refusal{Code: unreadable, Place: fmt.Sprintf("line %d, %s", line, s.column), Reason: err.Error(), Remedy: remedy}
		}
		return
	}
	s.values = append(s.values, rating.IndexValue{Index: s.index(), Published: day, Effective: day, Value: value, Source: s.bank.source(s.column)})
}

// items publishes the series, the oldest rates first.
func (s *series) items(source domain.Source) []inbox.Item {
	switch {
	case s.refusal != nil:
		return []inbox.Item{{Name: s.index(), Kind: kind, Refusal: s.refusal}}
	case !s.currency.Known():
		return []inbox.Item{{Name: s.index(), Kind: kind, Notes: []string{string(s.currency) + " is no active currency of ISO 4217: passed over"}}}
	case len(s.values) == 0:
		return []inbox.Item{{Name: s.index(), Kind: kind, Notes: []string{"the file has no rate of it"}}}
	}
	slices.SortFunc(s.values, func(a, b rating.IndexValue) int { return cmp.Compare(a.Effective, b.Effective) })
	var items []inbox.Item
	for values := range slices.Chunk(s.values, maxAtOnce) {
		source.Place = s.index() + " from " + values[0].Effective
		items = append(items, inbox.Item{Name: source.Place, Kind: kind, Command: domain.PublishIndex{Index: s.index(), Values: values, Source: source}})
	}
	return items
}

// Fault is why a file cannot be read.
type Fault struct {
	Line   int // from 1; 0 where the file as a whole is meant
	Reason string
}

const (
	unreadable = "unreadable"
	remedy     = "download the file again and leave it as it is; rates from elsewhere are a file of kind index"
)

func (f *Fault) Error() string { return f.place() + ": " + f.Reason }

func (f *Fault) place() string {
	if f.Line == 0 {
		return "the file"
	}
	return fmt.Sprintf("line %d", f.Line)
}

// Refusal is the fault as a dead letter has it.
func (f *Fault) Refusal() inbox.Refusal {
	return inbox.Refusal{Code: unreadable, Place: f.place(), Reason: f.Reason, Remedy: remedy}
}
