package bank

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/freightledger/freightledger/domain/money"
	"golang.org/x/text/encoding/charmap"
)

// columnsMost bounds the columns of a row.
const columnsMost = 200

// ReadCSV reads a CSV statement by its profile, as a stream, and hands its rows
// out as entries, in their order. There is a statement for each account of the
// file; none has balances, so nothing is added up.
//
// An error means that the file is not as its profile says: a *Fault that names
// line and column, visit's own error or the reader's.
func ReadCSV(r io.Reader, p Profile, limits Limits, visit func(*Statement, *Entry) error) ([]*Statement, error) {
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("profile %s: %w", quote(p.Name), err)
	}
	limits = limits.withDefaults()
	t := &table{profile: p, meter: newMeter(r, limits), limits: limits, byAccount: map[string]*Statement{}}
	t.dates, _ = p.layout()
	if err := t.open(); err != nil {
		return nil, err
	}
	for {
		row, err := t.next()
		if err == io.EOF {
			return t.statements, nil
		}
		if err == nil {
			err = t.row(row, visit)
		}
		if err != nil {
			return t.statements, err
		}
	}
}

// table is one CSV file being read.
type table struct {
	profile    Profile
	dates      string
	meter      *meter
	limits     Limits
	csv        *csv.Reader
	skipped    int // lines before what the CSV reader sees
	columns    map[string]int
	text       []int
	rows       int
	statements []*Statement
	byAccount  map[string]*Statement
}

// open finds the columns.
func (t *table) open() error {
	for range t.profile.Skip {
		for {
			b, err := t.meter.ReadByte()
			if err == io.EOF {
				return t.fault(t.skipped+1, 0, CodeMissing, "the file ends before its first row")
			}
			if err != nil {
				return err
			}
			if b == '\n' {
				break
			}
		}
		t.skipped++
		t.meter.done()
	}
	var from io.Reader = t.meter
	if t.profile.Encoding == "windows-1252" {
		from = charmap.Windows1252.NewDecoder().Reader(from)
	} else if start, err := t.meter.from.Peek(3); err == nil && t.skipped == 0 && string(start) == "\ufeff" {
		t.meter.from.Discard(3)
	}
	t.csv = csv.NewReader(from)
	t.csv.Comma, _ = utf8.DecodeRuneInString(t.profile.Delimiter)
	t.csv.FieldsPerRecord = -1
	t.csv.ReuseRecord = true
	names := map[string]int{}
	if t.profile.Header {
		header, err := t.next()
		if err == io.EOF {
			return t.fault(t.skipped+1, 0, CodeMissing, "the file has no header")
		}
		if err != nil {
			return err
		}
		for i, name := range header {
			name = strings.TrimSpace(name)
			if _, twice := names[name]; twice {
				names[name] = -1
				continue
			}
			names[name] = i
		}
	}
	t.columns = map[string]int{}
	var err error
	eachColumn(t.profile.Columns, func(use, column string) {
		at, ok := names[column]
		if !t.profile.Header {
			n, bad := strconv.Atoi(column)
			at, ok = n-1, bad == nil
		}
		switch {
		case err != nil:
		case !ok:
			err = t.fault(t.skipped+1, 0, CodeMissing, "the header has no column %s (%s)", quote(column), use)
		case at < 0:
			err = t.fault(t.skipped+1, 0, CodeInvalid, "the header has the column %s (%s) twice", quote(column), use)
		case use == "text":
			t.text = append(t.text, at)
		default:
			t.columns[use] = at
		}
	})
	return err
}

// next reads a row; its fields are good until the next one.
func (t *table) next() ([]string, error) {
	row, err := t.csv.Read()
	t.meter.done()
	var syntax *csv.ParseError
	switch {
	case errors.As(err, &syntax):
		f := t.fault(t.skipped+syntax.Line, 0, CodeMalformed, "%v", syntax.Err)
		f.Place += fmt.Sprintf(", byte %d", syntax.Column)
		return nil, f
	case err != nil:
		return nil, err
	case len(row) > columnsMost:
		return nil, t.fault(t.line(), 0, CodeLimit, "the row has over %d columns", columnsMost)
	}
	for i, field := range row {
		if !utf8.ValidString(field) || t.profile.Encoding == "windows-1252" && strings.ContainsFunc(field, noLetter) {
			return nil, t.faultAt(i, CodeMalformed, "there are bytes that are no %s", t.profile.Encoding)
		}
	}
	return row, nil
}

// noLetter tells what the bytes stand for that Windows-1252 does not use.
func noLetter(r rune) bool { return r == utf8.RuneError || 0x80 <= r && r <= 0x9f }

func (t *table) line() int {
	line, _ := t.csv.FieldPos(0)
	return t.skipped + line
}

func (t *table) fault(line, column int, code, format string, args ...any) *Fault {
	f := &Fault{Code: code, Place: fmt.Sprintf("line %d", line), Reason: fmt.Sprintf(format, args...), whole: true,
		Remedy: "see whether the file is of profile " + t.profile.Name + ", and correct the one or the other"}
	if column > 0 {
		f.Place += fmt.Sprintf(", column %d", column)
	}
	return f
}

// faultAt names a field of the present row.
func (t *table) faultAt(field int, code, format string, args ...any) *Fault {
	line, _ := t.csv.FieldPos(field)
	return t.fault(t.skipped+line, field+1, code, format, args...)
}

// row makes an entry of a row.
func (t *table) row(row []string, visit func(*Statement, *Entry) error) error {
	if t.rows++; t.rows > t.limits.Entries {
		return t.fault(t.line(), 0, CodeLimit, "the file has over %d rows", t.limits.Entries)
	}
	for use, at := range t.columns {
		if at >= len(row) {
			return t.fault(t.line(), 0, CodeMissing, "the row has %d columns, %s is column %d", len(row), use, at+1)
		}
	}
	field := func(use string) string {
		if at, ok := t.columns[use]; ok {
			return clip(row[at], textMost)
		}
		return ""
	}
	refuse := func(use, format string, args ...any) error {
		return t.faultAt(t.columns[use], CodeInvalid, format, args...)
	}
	p := t.profile
	account := accountNumber(p.Account)
	if account == "" {
		if account = accountNumber(field("account")); account == "" {
			return refuse("account", "the account is missing")
		}
	}
	currency := money.Currency(p.Currency)
	if currency == "" {
		var err error
		if currency, err = money.ParseCurrency(field("currency")); err != nil {
			return refuse("currency", "%v", err)
		}
	}
	e := &Entry{Line: t.line(), Status: StatusBooked, Reference: bankReference(field("reference"))}
	var err error
	if e.Booked, err = t.date(field("booked")); err != nil {
		return refuse("booked", "%v", err)
	}
	if e.Value = field("value"); e.Value != "" {
		if e.Value, err = t.date(e.Value); err != nil {
			return refuse("value", "%v", err)
		}
	}
	use, err := t.amount(e, field, currency)
	if err != nil {
		return refuse(use, "%v", err)
	}
	if p.Columns.Status != "" && field("status") != p.Booked {
		e.Status = clip(field("status"), 40)
		if e.Status == "" || e.Status == StatusBooked {
			e.Status = StatusPending
		}
	}
	e.Bank = clip(field("kind"), 40)
	e.Kind = p.Kinds[field("kind")]
	e.Reversal = e.Kind == KindReversal
	d := Detail{Amount: e.Amount, Credit: e.Credit, EndToEnd: bankReference(field("end_to_end")),
		Payer: Party{Name: clip(field("payer_name"), 140), Account: accountNumber(field("payer_account"))}}
	d.Remittance.Reference = clip(field("creditor_reference"), 80)
	if number := clip(field("invoice"), 80); number != "" {
		d.Remittance.Documents = []Document{{Number: number}}
	}
	for _, at := range t.text {
		if at >= len(row) {
			return t.fault(t.line(), 0, CodeMissing, "the row has %d columns, text is column %d", len(row), at+1)
		}
		if text := clip(row[at], textMost); text != "" {
			d.Remittance.Text = append(d.Remittance.Text, text)
		}
	}
	e.Details = []Detail{d}
	s, err := t.statement(account, currency, e)
	if err != nil {
		return err
	}
	s.Entries++
	e.Number = s.Entries
	s.count(e)
	if s.Fault != nil {
		return s.Fault
	}
	return visit(s, e)
}

// statement is that of an account.
func (t *table) statement(account string, c money.Currency, e *Entry) (*Statement, error) {
	s := t.byAccount[account]
	if s == nil {
		s = &Statement{Format: "csv " + t.profile.Name, Account: account, Currency: c, From: e.Booked, To: e.Booked, Line: e.Line, Booked: money.Zero(c)}
		t.byAccount[account] = s
		t.statements = append(t.statements, s)
	}
	if s.Currency != c {
		return nil, t.faultAt(t.columns["currency"], CodeInvalid, "the row is in %s, earlier ones of account %s are in %s", c, account, s.Currency)
	}
	s.From, s.To = min(s.From, e.Booked), max(s.To, e.Booked)
	return s, nil
}

func (t *table) date(s string) (string, error) {
	at, err := time.Parse(t.dates, s)
	if err != nil {
		return "", fmt.Errorf("%s is not a date of the form %s", quote(s), t.profile.Dates)
	}
	return at.Format(time.DateOnly), nil
}

// amount reads amount and direction; use names the column that is wrong.
func (t *table) amount(e *Entry, field func(string) string, c money.Currency) (use string, err error) {
	p := t.profile
	use, e.Credit = "amount", true
	if p.Sign == SignColumns {
		credit, debit := field("credit"), field("debit")
		switch use = "credit"; {
		case (credit == "") == (debit == ""):
			return use, errors.New("either the credit or the debit has to be there")
		case credit == "":
			use, e.Credit = "debit", false
		}
	}
	if e.Amount, err = p.amount(field(use), c); err != nil {
		return use, err
	}
	switch p.Sign {
	case SignMinus:
		if e.Credit = !e.Amount.IsNegative(); !e.Credit {
			e.Amount = e.Amount.Neg()
		}
	case SignColumns:
		// Some banks write debits with a minus even in their own column.
		if e.Amount.IsNegative() && use == "debit" {
			e.Amount = e.Amount.Neg()
		}
	case SignIndicator:
		switch field("indicator") {
		case p.CreditIs:
		case p.DebitIs:
			e.Credit = false
		default:
			return "indicator", fmt.Errorf("%s is neither %s nor %s", quote(field("indicator")), quote(p.CreditIs), quote(p.DebitIs))
		}
	}
	if e.Amount.IsNegative() {
		return use, fmt.Errorf("%s is negative", e.Amount)
	}
	return use, nil
}

// amount reads a number as the profile writes them.
func (p Profile) amount(s string, c money.Currency) (money.Money, error) {
	sign, digits := "", s
	switch {
	case strings.HasPrefix(s, "-"):
		sign, digits = "-", s[1:]
	case strings.HasPrefix(s, "+"):
		digits = s[1:]
	}
	whole, fraction, point := strings.Cut(digits, p.Decimal)
	if p.Grouping != "" {
		groups := strings.Split(whole, p.Grouping)
		for i, g := range groups {
			if len(groups) > 1 && (i > 0 && len(g) != 3 || i == 0 && (len(g) < 1 || len(g) > 3)) {
				return money.Money{}, fmt.Errorf("%s is not an amount: its thousands are not grouped by three", quote(s))
			}
		}
		whole = strings.Join(groups, "")
	}
	if point {
		whole += "." + fraction
	}
	m, err := money.Parse(sign+whole, c)
	if err != nil {
		return m, fmt.Errorf("%s is not an amount of the form 1%s234%s50", quote(s), p.Grouping, p.Decimal)
	}
	if !m.IsWholeMinor() {
		return m, fmt.Errorf("%s: %w", m, money.ErrFraction)
	}
	return m, nil
}
