package bank

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/domain/money"
)

// Kind is what a movement is, where its direction does not say it.
type Kind = domain.MovementKind

// Kinds of movements. Without one, a credit is a receipt and a debit is not.
const (
	KindReceipt  = domain.MovementReceipt
	KindReversal = domain.MovementReversal // a debit that takes an earlier receipt back
	KindFee      = domain.MovementFee
	KindInterest = domain.MovementInterest
	KindTransfer = domain.MovementTransfer // between own accounts
	KindOther    = domain.MovementOther
)

// Kinds lists the kinds.
func Kinds() []Kind {
	return []Kind{KindReceipt, KindReversal, KindFee, KindInterest, KindTransfer, KindOther}
}

// Profile says how a bank writes its CSV statements; nothing is guessed.
type Profile domain.CSVProfile

// The sign conventions.
const (
	SignMinus     domain.CSVSign = "minus"     // debits are negative
	SignColumns   domain.CSVSign = "columns"   // a column for credits and one for debits
	SignIndicator domain.CSVSign = "indicator" // a column says it
)

// CSVChannel is how statements of a CSV profile come in; the profile's name is
// part of it so that a statement that is replayed is read by its own profile.
func CSVChannel(profile string) string { return "bank-csv-" + profile }

// Channel is the profile's channel.
func (p Profile) Channel() string { return CSVChannel(p.Name) }

// ProfileOf is the name of the profile that reads a channel; false when none
// does.
func ProfileOf(channel string) (name string, ok bool) {
	return strings.CutPrefix(channel, CSVChannel(""))
}

// eachColumn lists the columns that are there, by what they are for.
func eachColumn(c domain.CSVColumns, visit func(use, column string)) {
	for _, f := range []struct{ use, column string }{{"booked", c.Booked}, {"value", c.Value}, {"amount", c.Amount}, {"credit", c.Credit}, {"debit", c.Debit},
		{"indicator", c.Indicator}, {"currency", c.Currency}, {"account", c.Account}, {"status", c.Status}, {"kind", c.Kind}, {"reference", c.Reference},
		{"end_to_end", c.EndToEnd}, {"creditor_reference", c.Creditor}, {"invoice", c.Invoice}, {"payer_name", c.PayerName}, {"payer_account", c.PayerAccount}} {
		if f.column != "" {
			visit(f.use, f.column)
		}
	}
	for _, column := range c.Text {
		visit("text", column)
	}
}

// profileMost bounds a profile's bytes.
const profileMost = 1 << 20

// ReadProfile reads a profile as JSON. The error says what is wrong with it.
func ReadProfile(r io.Reader) (Profile, error) {
	var p Profile
	if err := readJSON(r, &p); err != nil {
		return p, fmt.Errorf("read the profile: %w", err)
	}
	return p, p.Check()
}

// Check refuses a profile that cannot be read by, and says why.
func (p Profile) Check() error {
	if err := p.check(); err != nil {
		return fmt.Errorf("profile %s: %w", quote(p.Name), err)
	}
	return nil
}

// readJSON reads one bounded value that has no unknown fields.
func readJSON(r io.Reader, to any) error {
	d := json.NewDecoder(io.LimitReader(r, profileMost))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is data after its end")
	}
	return nil
}

func (p Profile) check() error {
	if err := domain.CheckID("name", p.Name); err != nil || len(p.Name) > 40 {
		return fmt.Errorf("the name has to be a short one of letters, digits and dashes")
	}
	if p.Encoding != "utf-8" && p.Encoding != "windows-1252" {
		return fmt.Errorf("encoding %s: write utf-8 or windows-1252", quote(p.Encoding))
	}
	if n := len([]rune(p.Delimiter)); n != 1 || strings.ContainsAny(p.Delimiter, "\"\r\n\uFFFD") {
		return fmt.Errorf("delimiter %s: write one character", quote(p.Delimiter))
	}
	if p.Skip < 0 || p.Skip > 1000 {
		return fmt.Errorf("%d lines to skip: at most 1000", p.Skip)
	}
	if _, err := p.layout(); err != nil {
		return err
	}
	if p.Decimal != "." && p.Decimal != "," {
		return fmt.Errorf("decimal sign %s: write . or ,", quote(p.Decimal))
	}
	if !slices.Contains([]string{"", ",", ".", " ", "'"}, p.Grouping) || p.Grouping == p.Decimal {
		return fmt.Errorf("grouping %s beside decimal sign %s", quote(p.Grouping), quote(p.Decimal))
	}
	if p.Currency != "" {
		if _, err := money.ParseCurrency(p.Currency); err != nil {
			return err
		}
	}
	for text, kind := range p.Kinds {
		if !slices.Contains(Kinds(), kind) {
			return fmt.Errorf("kind %s of %s: write one of %v", quote(string(kind)), quote(text), Kinds())
		}
	}
	return p.checkColumns()
}

func (p Profile) checkColumns() error {
	c := p.Columns
	need := func(ok bool, format string, args ...any) error {
		if ok {
			return nil
		}
		return fmt.Errorf(format, args...)
	}
	errs := []error{
		need(c.Booked != "", "columns: booked is missing"),
		need((c.Account == "") != (p.Account == ""), "name either an account or its column"),
		need((c.Currency == "") != (p.Currency == ""), "name either a currency or its column"),
		need((c.Status == "") == (p.Booked == ""), "a status column and what it says of booked rows go together"),
		need((c.Kind == "") == (len(p.Kinds) == 0), "a kind column and the kinds go together"),
	}
	switch p.Sign {
	case SignMinus:
		errs = append(errs, need(c.Amount != "" && c.Credit == "" && c.Debit == "" && c.Indicator == "", "sign %s wants the column amount alone", p.Sign))
	case SignColumns:
		errs = append(errs, need(c.Amount == "" && c.Credit != "" && c.Debit != "" && c.Indicator == "", "sign %s wants the columns credit and debit", p.Sign))
	case SignIndicator:
		errs = append(errs, need(c.Amount != "" && c.Credit == "" && c.Debit == "" && c.Indicator != "", "sign %s wants the columns amount and indicator", p.Sign),
			need(p.CreditIs != "" && p.DebitIs != "" && p.CreditIs != p.DebitIs, "sign %s wants credit_is and debit_is", p.Sign))
	default:
		errs = append(errs, fmt.Errorf("sign %s: write minus, columns or indicator", quote(string(p.Sign))))
	}
	if !p.Header {
		eachColumn(c, func(use, column string) {
			if n, err := strconv.Atoi(column); err != nil || n < 1 || n > columnsMost {
				errs = append(errs, fmt.Errorf("column %s of %s: without a header, columns are numbered from 1", quote(column), use))
			}
		})
	}
	return errors.Join(errs...)
}

// layout is the date layout as package time has it.
func (p Profile) layout() (string, error) {
	var layout strings.Builder
	count := map[byte]int{}
	for s := p.Dates; s != ""; {
		matched := false
		for _, part := range []struct{ written, layout string }{{"YYYY", "2006"}, {"YY", "06"}, {"MM", "01"}, {"M", "1"}, {"DD", "02"}, {"D", "2"}} {
			if rest, ok := strings.CutPrefix(s, part.written); ok {
				layout.WriteString(part.layout)
				count[part.written[0]]++
				s, matched = rest, true
				break
			}
		}
		if matched {
			continue
		}
		if !strings.ContainsRune("./- ", rune(s[0])) {
			return "", fmt.Errorf("dates %s: write them of YYYY, MM, DD and . / - or blanks", quote(p.Dates))
		}
		layout.WriteByte(s[0])
		s = s[1:]
	}
	if count['Y'] != 1 || count['M'] != 1 || count['D'] != 1 {
		return "", fmt.Errorf("dates %s: year, month and day are each needed once", quote(p.Dates))
	}
	return layout.String(), nil
}
